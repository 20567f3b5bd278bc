#!/usr/bin/env bash
# Once, when the primary's database has been made: a standby may follow, and from the next start on commits wait for it.
set -euo pipefail
echo "host replication courant samenet scram-sha-256" >>"$PGDATA/pg_hba.conf"
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "ALTER SYSTEM SET synchronous_standby_names = 'standby'"
