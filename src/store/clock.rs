//! A clock that was ahead and is right again: what lies in the future by our own hand comes back, in the order that it had.

use super::base::Store;
use super::read::Reader;
use crate::model::Timestamp;
use crate::notify;
use rusqlite::params;
use std::collections::BTreeMap;
use std::time::Duration;

/// Stamps run ahead of the clock by themselves where a poll brings thousands of entries: one millisecond each.
pub const TOLERANCE: Duration = Duration::from_secs(120);

/// Where stamps are kept: what [`Store::stamp`] gave out, each once, so that order is all that they must keep.
const STAMPS: [(&str, &str); 11] = [
    ("entries", "first_seen"),
    ("entries", "settled"),
    ("entries", "updated"),
    ("entries", "joined"),
    ("stories", "first_seen"),
    ("stories", "updated"),
    ("corrections", "said"),
    ("corrections", "undone"),
    ("constraints", "said"),
    ("constraints", "undone"),
    ("moves", "said"),
];

/// Moments that are only told, or compared with the clock.
const MOMENTS: [(&str, &str); 17] = [
    ("feeds", "added"),
    ("feeds", "last_polled"),
    ("feeds", "last_ok"),
    ("feeds", "last_new"),
    ("feed_addresses", "since"),
    ("websub", "asked"),
    ("websub", "last_push"),
    ("articles", "fetched"),
    ("tombstones", "removed"),
    ("items", "read_at"),
    ("items", "starred_at"),
    ("items", "marked"),
    ("notifiers", "since"),
    ("notices", "made"),
    ("notices", "sent"),
    ("deliveries", "made"),
    ("rule_effects", "at"),
];

/// What lies ahead of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    Nothing,
    /// Something, and the clock is right.
    Something,
    /// So much of what others say lies ahead too that it is the clock that is wrong.
    Everything,
}

/// 2026-01-01: before it this program was not. A machine without a clock of its own begins in 1970.
pub(super) const NOT_BEFORE: Timestamp = Timestamp(1_767_225_600_000);

impl Reader {
    /// `last_stamp`: the last one that the writer gave out.
    pub fn ahead(&self, last_stamp: Timestamp, now: Timestamp) -> rusqlite::Result<Ahead> {
        if now < NOT_BEFORE {
            return Ok(Ahead::Everything);
        }
        let limit = now.plus(TOLERANCE).0;
        let polled: bool = self
            .connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM feeds WHERE last_polled > ?)")?
            .query_row([limit], |row| row.get(0))?;
        if !polled && last_stamp.0 <= limit {
            return Ok(Ahead::Nothing);
        }
        // Dates of feeds are not ours: of entries that came while our clock was ahead few lie in the future.
        let (n_feeds, n_agree): (i64, i64) = self
            .connection
            .prepare_cached(
                "SELECT count(DISTINCT feed_id), count(DISTINCT iif(claimed > ?1, feed_id, NULL)) FROM entries WHERE first_seen > ?1",
            )?
            .query_row([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(if n_agree > 1 && n_agree * 2 > n_feeds { Ahead::Everything } else { Ahead::Something })
    }
}

impl Store {
    /// Moves everything that lies after `now` back to it. Stamps stay in their order, and after those that are right.
    pub(super) fn set_back(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        // When it truly was is not known: before whoever wants something now.
        let before = now.minus(TOLERANCE).0;
        for (table, column) in MOMENTS {
            self.connection.execute(&format!("UPDATE {table} SET {column} = ?2 WHERE {column} > ?1"), params![now.0, before])?;
        }
        // What is tried again after at most half a day, and was planned by the wrong clock.
        const LONGEST_RETRY: Duration = Duration::from_secs(13 * 3600);
        self.connection.execute("UPDATE articles SET next_try = ?1 WHERE next_try > ?2", [now.0, now.plus(LONGEST_RETRY).0])?;
        self.connection
            .execute("UPDATE deliveries SET next_try = ?1 WHERE next_try > ?1", [now.plus(notify::LONGEST_RETRY).0])?;
        let right = self.stamps_after(now)?;
        self.connection.execute_batch("CREATE TEMP TABLE moved(was INTEGER PRIMARY KEY, stamp INTEGER NOT NULL)")?;
        {
            let mut note = self.connection.prepare("INSERT INTO temp.moved(was, stamp) VALUES(?, ?)")?;
            for (was, stamp) in &right {
                note.execute([was, stamp])?;
            }
        }
        // An entry goes on waiting for its article as long as it would have.
        self.connection.execute(
            "UPDATE entries SET wait_until = wait_until - first_seen + (SELECT stamp FROM temp.moved WHERE was = first_seen)
             WHERE wait_until IS NOT NULL AND first_seen > ?",
            [now.0],
        )?;
        for (table, column) in STAMPS {
            self.connection.execute(
                &format!("UPDATE {table} SET {column} = (SELECT stamp FROM temp.moved WHERE was = {column}) WHERE {column} > ?"),
                [now.0],
            )?;
        }
        self.connection.execute(
            "UPDATE stories SET sort_at = (SELECT min(min(coalesce(e.claimed, e.first_seen), e.first_seen)) FROM entries e WHERE e.story_id = stories.id)
             WHERE sort_at > ? AND EXISTS(SELECT 1 FROM entries e WHERE e.story_id = stories.id)",
            [now.0],
        )?;
        self.connection.execute_batch("DROP TABLE temp.moved")?;
        self.set_items_back(now)?;
        let last = right.last_key_value().map_or(now.0, |(_, stamp)| *stamp);
        self.connection.execute(
            "INSERT INTO meta(key, value) VALUES('last_stamp', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            params![last],
        )?;
        self.last_stamp = last;
        // Its entries have other times now.
        self.index = None;
        self.epoch += 1;
        self.changed.published = true;
        Ok(())
    }

    /// Moments at which items were shown, in microseconds, are kept apart from stamps: they grow with the items' numbers.
    fn set_items_back(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let limit = now.0 * 1000;
        let (right, n_ahead): (Option<i64>, i64) = self.connection.query_row(
            "SELECT (SELECT max(shown) FROM items WHERE shown <= ?1), (SELECT count(*) FROM items WHERE shown > ?1)",
            [limit],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        self.connection.execute(
            "UPDATE items SET shown = m.moment FROM
               (SELECT story_id, ?1 + row_number() OVER (ORDER BY story_id) AS moment FROM items WHERE shown > ?2) m
             WHERE m.story_id = items.story_id",
            [right.unwrap_or(0).max(limit - n_ahead), limit],
        )?;
        Ok(())
    }

    /// Each stamp that lies after `now`, and the one that it becomes.
    fn stamps_after(&self, now: Timestamp) -> rusqlite::Result<BTreeMap<i64, i64>> {
        let mut stamps = BTreeMap::new();
        let mut newest_right = i64::MIN;
        for (table, column) in STAMPS {
            let right: Option<i64> =
                self.connection
                    .query_row(&format!("SELECT max({column}) FROM {table} WHERE {column} <= ?"), [now.0], |row| row.get(0))?;
            newest_right = newest_right.max(right.unwrap_or(i64::MIN));
            let mut ahead = self.connection.prepare(&format!("SELECT DISTINCT {column} FROM {table} WHERE {column} > ?"))?;
            let mut rows = ahead.query([now.0])?;
            while let Some(row) = rows.next()? {
                stamps.insert(row.get(0)?, 0);
            }
        }
        let begin = newest_right.max(now.0 - stamps.len() as i64);
        for (n, stamp) in stamps.values_mut().enumerate() {
            *stamp = begin + 1 + n as i64;
        }
        Ok(stamps)
    }
}
