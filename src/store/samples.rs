//! How things went over the last days, kept for pictures.

use super::base::Store;
use super::clock::NOT_BEFORE;
use super::read::Reader;
use crate::model::Sample;
use rusqlite::params;

/// As many as a fortnight has quarters of an hour.
const MOST: i64 = 14 * 24 * 4;

impl Store {
    pub(super) fn save_sample(&self, sample: &Sample) -> rusqlite::Result<()> {
        // With a clock that is behind, all that is kept would be of the future.
        if sample.at < NOT_BEFORE {
            return Ok(());
        }
        let text = serde_json::to_string(sample).unwrap_or_default();
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO samples(at, sample) VALUES(?, ?)")?
            .execute(params![sample.at.0, text])?;
        // Those of a clock that was ahead, and those that are too many: by their number, because by the time one of a clock that is
        // ahead would take all others with it.
        self.connection.prepare_cached("DELETE FROM samples WHERE at > ?")?.execute([sample.at.0])?;
        self.connection
            .prepare_cached("DELETE FROM samples WHERE at < (SELECT at FROM samples ORDER BY at DESC LIMIT 1 OFFSET ?)")?
            .execute([MOST - 1])?;
        Ok(())
    }
}

impl Reader {
    /// The earliest first.
    pub fn samples(&self) -> rusqlite::Result<Vec<Sample>> {
        let mut all = self.connection.prepare_cached("SELECT sample FROM samples ORDER BY at")?;
        let all = all.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        // What another version wrote is shown as far as it can be read.
        Ok(all.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }
}
