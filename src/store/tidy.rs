//! Room given back: free pages to the disk, segments of the text index merged, the log emptied. Only the file changes, no row
//! does, so that none of it is a command.

use super::base::Store;
use rusqlite::Connection;

/// Free pages that are given back at one time, and pages of the text index that are written in merging: a few milliseconds.
const FREED_PAGES: i64 = 256;
const MERGED_PAGES: i64 = 64;

impl Store {
    /// One step. `true`: there is more to do.
    pub(super) fn tidy(&self) -> rusqlite::Result<bool> {
        let free = |connection: &Connection| connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
        let before = free(&self.connection)?;
        if before > 0 {
            self.connection.execute_batch(&format!("PRAGMA incremental_vacuum({FREED_PAGES})"))?;
        }
        let left = free(&self.connection)?;
        let n_changes = self.connection.total_changes();
        self.connection.prepare_cached("INSERT INTO search(search, rank) VALUES('merge', ?)")?.execute([MERGED_PAGES])?;
        // One change is the command itself; more say that something was merged (the documentation of FTS5).
        let merged = self.connection.total_changes() - n_changes >= 2;
        if !merged && (left == before || left == 0) {
            // As far as nobody reads what is older; the next transaction begins the log anew, and shortens it.
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Makes the file as small as it can be: all free pages given back, everything else in order. For who has the store to
    /// himself; needs as much room again, and time.
    pub fn compact(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch(
            "INSERT INTO search(search) VALUES('optimize'); PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);",
        )
    }
}
