//! What each feed has brought in the last weeks.

use super::read::Reader;
use crate::model::{FeedId, Timestamp};
use crate::publish::Lately;
use crate::story::Completeness;
use std::collections::HashMap;
use std::time::Duration;

/// Days that are looked at, today with them.
const DAYS: usize = 28;
const DAY_MS: i64 = 86_400_000;
/// Entries that are looked at, the latest: where more came in these days, it is fewer days.
const MOST: usize = 50_000;

/// Where so many were looked at, which takes some 10 ms, a page tells it as it was up to a minute ago.
const MANY: usize = 2_000;
const KEPT: Duration = Duration::from_secs(60);

/// What a feed brought in one day.
#[derive(Clone, Copy, Default)]
struct Day {
    n_entries: u32,
    n_whole: u32,
    n_copies: u32,
}

impl Reader {
    /// What each feed has brought lately, for a page.
    pub fn lately_about(&self, now: Timestamp) -> rusqlite::Result<HashMap<FeedId, Lately>> {
        if let Some((at, lately)) = &*self.brought.borrow()
            && *at <= now
            && now.since(*at) < KEPT
        {
            return Ok(lately.clone());
        }
        let (n_rows, lately) = self.brought_of(now, MOST)?;
        self.brought.replace((n_rows >= MANY).then(|| (now, lately.clone())));
        Ok(lately)
    }

    /// What each feed has brought lately, by days that end with `now`: those that are wholly told, or what there is of the first.
    /// Of so many entries at most.
    pub fn lately(&self, now: Timestamp, most: usize) -> rusqlite::Result<HashMap<FeedId, Lately>> {
        Ok(self.brought_of(now, most)?.1)
    }

    /// The same, and how many entries were looked at.
    fn brought_of(&self, now: Timestamp, most: usize) -> rusqlite::Result<(usize, HashMap<FeedId, Lately>)> {
        let mut latest = self.connection.prepare_cached(
            "SELECT e.feed_id, e.first_seen, e.duplicate_of IS NOT NULL, a.state IS 1,
               coalesce((SELECT n_bytes FROM bodies WHERE id = b.body), octet_length(b.html), 0)
             FROM entries e LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN entry_bodies b ON b.entry_id = e.id
             ORDER BY e.id DESC",
        )?;
        let mut rows = latest.query([])?;
        let mut of_feeds: HashMap<FeedId, [Day; DAYS]> = HashMap::new();
        // As far as they are whole.
        let (mut n_rows, mut n_days, mut is_cut) = (0, 0, false);
        while let Some(row) = rows.next()? {
            // A clock that went back leaves entries of tomorrow.
            let days_ago = usize::try_from((now.0 - row.get::<_, i64>(1)?).max(0) / DAY_MS).unwrap_or(usize::MAX);
            if days_ago >= DAYS {
                n_days = DAYS;
                break;
            }
            // The day of the earliest is whole where another one comes before it.
            n_days = days_ago;
            is_cut = n_rows == most;
            if is_cut {
                break;
            }
            n_rows += 1;
            let own_bytes = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
            let day = &mut of_feeds.entry(FeedId(row.get(0)?)).or_insert([Day::default(); DAYS])[days_ago];
            day.n_entries += 1;
            day.n_copies += u32::from(row.get::<_, bool>(2)?);
            day.n_whole += u32::from(Completeness::of(row.get(3)?, own_bytes) > Completeness::Teaser);
        }
        // All that came in the last day, though it was not there for the whole of it.
        if !is_cut {
            n_days = n_days.max(1);
        }
        of_feeds.retain(|_, days| days[..n_days].iter().any(|day| day.n_entries > 0));
        Ok((n_rows, of_feeds.into_iter().map(|(feed, days)| (feed, told(&days[..n_days]))).collect()))
    }
}

/// `days`: today's first.
fn told(days: &[Day]) -> Lately {
    let sum = |n: fn(&Day) -> u32| days.iter().map(n).sum();
    Lately {
        days: days.iter().rev().map(|day| day.n_entries).collect(),
        n_entries: sum(|day| day.n_entries),
        n_whole: sum(|day| day.n_whole),
        n_copies: sum(|day| day.n_copies),
    }
}
