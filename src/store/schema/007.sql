-- Counts the documents that changed a feed's entries: what was decided on an older state is not taken.
ALTER TABLE feeds ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
-- Leases of articles are in memory too: `lease_until` and `lease_owner` of articles are no longer written or read.
