//! What is remembered of entries that retention removed: 8 bytes for the key and 8 for the link with the title, ascending, in
//! rows of a few dozen. An index says in which row a key would be, so that a document costs what it asks for, however
//! much its feed has behind it.

use super::base::Store;
use super::read::Reader;
use crate::model::{FeedId, Key, Timestamp};
use crate::records::{Pruned, pruned_key, pruned_link};
use rusqlite::{Connection, OptionalExtension, params};

/// A row that has more bytes becomes two: three and more stand on a page.
const ROW_BYTES: usize = 1_024;

/// Keys of a feed, ascending.
struct Keys {
    id: i64,
    keys: Vec<u64>,
}

impl Keys {
    /// The row in which a key is, if it is anywhere; `None`: all are greater.
    fn around(connection: &Connection, feed: i64, key: u64) -> rusqlite::Result<Option<Keys>> {
        Keys::one(
            connection,
            "SELECT id, keys FROM pruned WHERE feed_id = ? AND substr(keys, 1, 8) <= ? ORDER BY substr(keys, 1, 8) DESC LIMIT 1",
            params![feed, key.to_be_bytes()],
        )
    }

    fn first(connection: &Connection, feed: i64) -> rusqlite::Result<Option<Keys>> {
        let sql = "SELECT id, keys FROM pruned WHERE feed_id = ? ORDER BY substr(keys, 1, 8) LIMIT 1";
        Keys::one(connection, sql, params![feed])
    }

    fn one(connection: &Connection, sql: &str, given: impl rusqlite::Params) -> rusqlite::Result<Option<Keys>> {
        let row = connection.prepare_cached(sql)?.query_row(given, |row| {
            let (whole, _) = row.get_ref(1)?.as_blob()?.as_chunks::<8>();
            Ok(Keys { id: row.get(0)?, keys: whole.iter().map(|key| u64::from_be_bytes(*key)).collect() })
        });
        row.optional()
    }
}

fn bytes(keys: &[u64]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_be_bytes()).collect()
}

impl Reader {
    /// Which of these are among a feed's entries that are kept no more. After [`Reader::known`], so that what is removed
    /// meanwhile raises the revision.
    pub fn pruned(&self, feed: FeedId, asked: &[u64]) -> rusqlite::Result<Pruned> {
        let newest: Option<i64> = self
            .connection
            .prepare_cached("SELECT newest FROM pruned_feeds WHERE feed_id = ?")?
            .query_row([feed.0], |row| row.get(0))
            .optional()?;
        let mut pruned = Pruned { newest: newest.map(Timestamp), ..Pruned::default() };
        if newest.is_none() {
            return Ok(pruned);
        }
        let mut asked = asked.to_vec();
        asked.sort_unstable();
        let mut row: Option<Keys> = None;
        for key in asked {
            let covers = row.as_ref().is_some_and(|row| row.keys.last().is_some_and(|last| key <= *last));
            if !covers {
                row = Keys::around(&self.connection, feed.0, key)?;
            }
            if row.as_ref().is_some_and(|row| row.keys.binary_search(&key).is_ok()) {
                pruned.keys.insert(key);
            }
        }
        Ok(pruned)
    }
}

impl Store {
    /// Keeps the keys of an entry that goes, and its date where no other had a later one.
    pub(super) fn remember(&self, entry: i64, feed: i64, key: &Key, title: &str, at: i64) -> rusqlite::Result<()> {
        let link: Option<Key> = self
            .connection
            .prepare_cached("SELECT key FROM entry_addresses WHERE entry_id = ? AND kind = 0")?
            .query_row([entry], |row| row.get(0))
            .optional()?;
        self.remember_key(feed, pruned_key(key))?;
        if let Some(link) = link {
            self.remember_key(feed, pruned_link(&link, title))?;
        }
        self.connection
            .prepare_cached(
                "INSERT INTO pruned_feeds(feed_id, n_entries, newest) VALUES(?, 1, ?)
                 ON CONFLICT DO UPDATE SET n_entries = n_entries + 1, newest = max(newest, excluded.newest)",
            )?
            .execute(params![feed, at])?;
        Ok(())
    }

    fn remember_key(&self, feed: i64, key: u64) -> rusqlite::Result<()> {
        let row = match Keys::around(&self.connection, feed, key)? {
            Some(row) => Some(row),
            None => Keys::first(&self.connection, feed)?,
        };
        let mut add = self.connection.prepare_cached("INSERT INTO pruned(feed_id, keys) VALUES(?, ?)")?;
        let Some(Keys { id, mut keys }) = row else {
            add.execute(params![feed, bytes(&[key])])?;
            return Ok(());
        };
        let Err(place) = keys.binary_search(&key) else { return Ok(()) };
        keys.insert(place, key);
        let upper = if keys.len() * 8 > ROW_BYTES { keys.split_off(keys.len() / 2) } else { Vec::new() };
        self.connection.prepare_cached("UPDATE pruned SET keys = ? WHERE id = ?")?.execute(params![bytes(&keys), id])?;
        if !upper.is_empty() {
            add.execute(params![feed, bytes(&upper)])?;
        }
        Ok(())
    }
}
