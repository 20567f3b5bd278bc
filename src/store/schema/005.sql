-- Few entries are not settled: they are counted without a look at all others (`state < 2` must stand in the query).
CREATE INDEX entries_unsettled ON entries(state, wait_until) WHERE state < 2;
-- Leases of feeds are in memory: `lease_until` and `lease_owner` of feeds are no longer written or read.
