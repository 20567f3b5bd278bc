//! What each feed has brought in the last weeks.

use super::read::Reader;
use crate::model::{FeedId, Timestamp};
use crate::publish::Lately;
use crate::story::Completeness;
use std::collections::HashMap;

/// Days that are looked at, today with them.
const DAYS: i64 = 28;
const DAY_MS: i64 = 86_400_000;
/// Entries that are looked at, the latest: where more came in these days, it is fewer days.
const MOST: i64 = 50_000;

impl Reader {
    /// What each feed has brought lately, by days that end with `now`.
    pub fn lately(&self, now: Timestamp) -> rusqlite::Result<HashMap<FeedId, Lately>> {
        let mut latest = self.connection.prepare_cached(
            "SELECT e.feed_id, e.first_seen, e.duplicate_of IS NOT NULL, a.state IS 1,
               coalesce((SELECT n_bytes FROM bodies WHERE id = b.body), octet_length(b.html), 0)
             FROM entries e LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN entry_bodies b ON b.entry_id = e.id
             ORDER BY e.id DESC LIMIT ?",
        )?;
        let mut rows = latest.query([MOST])?;
        let (mut of_feeds, mut n_rows, mut n_days) = (HashMap::<FeedId, Lately>::new(), 0, DAYS);
        while let Some(row) = rows.next()? {
            // A clock that went back leaves entries of tomorrow.
            let days_ago = (now.0 - row.get::<_, i64>(1)?).max(0) / DAY_MS;
            if days_ago >= DAYS {
                break;
            }
            n_rows += 1;
            if n_rows == MOST {
                // The earliest of these days is not whole.
                n_days = days_ago.max(1);
            }
            let own_bytes = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
            let lately = of_feeds.entry(FeedId(row.get(0)?)).or_default();
            lately.days.resize(DAYS as usize, 0);
            // `days_ago` is less than DAYS.
            lately.days[(DAYS - 1 - days_ago) as usize] += 1;
            lately.n_copies += u32::from(row.get::<_, bool>(2)?);
            lately.n_whole += u32::from(Completeness::of(row.get(3)?, own_bytes) > Completeness::Teaser);
        }
        for lately in of_feeds.values_mut() {
            lately.n_entries = lately.days.iter().sum();
            lately.days.drain(..(DAYS - n_days) as usize);
        }
        Ok(of_feeds)
    }
}
