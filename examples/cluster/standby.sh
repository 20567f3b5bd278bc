#!/usr/bin/env bash
# At the first start the standby is a copy of the primary; from then on it follows.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  PGPASSWORD=$(cat /run/secrets/password)
  export PGPASSWORD
  until pg_isready -q -h primary -U courant; do sleep 1; done
  pg_basebackup -h primary -U courant -D "$PGDATA" --checkpoint=fast --write-recovery-conf -d application_name=standby
  chown -R postgres:postgres "$PGDATA"
fi
chmod 700 "$PGDATA"
exec gosu postgres postgres
