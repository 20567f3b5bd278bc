//! What is stored of a feed's entries, read before a document is taken in.

use super::open::address_version;
use super::read::Reader;
use crate::model::{EntryId, FeedId, Key, key_of};
use crate::records::{Known, KnownEntry};
use crate::story;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{HashMap, HashSet};

const COLUMNS: &str = "e.id, e.key, e.content_hash, e.n_edits, e.title";

fn entry(row: &Row) -> rusqlite::Result<KnownEntry> {
    Ok(KnownEntry {
        id: EntryId(row.get(0)?),
        key: row.get(1)?,
        content_hash: row.get(2)?,
        n_edits: row.get(3)?,
        title: row.get(4)?,
    })
}

impl Reader {
    /// What is known under these keys; under the link where the key is not known. The revision is read first: where a
    /// document is committed meanwhile, the writer refuses what is decided by this.
    pub fn known(&self, feed: FeedId, keys: &[(Key, Option<Key>)]) -> rusqlite::Result<Known> {
        let (revision, is_empty): (i64, bool) = self
            .connection
            .prepare_cached("SELECT revision, NOT EXISTS(SELECT 1 FROM entries WHERE feed_id = ?1) FROM feeds WHERE id = ?1")?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut known = Known { revision, ..Known::default() };
        if is_empty {
            known.pruned = self.pruned(feed)?;
            return Ok(known);
        }
        let mut by_key =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM entries e WHERE e.feed_id = ? AND e.key = ?"))?;
        let mut by_link = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry_addresses a JOIN entries e ON e.id = a.entry_id
             WHERE a.key = ? AND a.kind = 0 AND e.feed_id = ? LIMIT 2"
        ))?;
        let keyed_anew = address_version(&self.connection)? == story::ADDRESS_VERSION;
        for (key, link) in keys {
            if let Some(found) = by_key.query_row(params![feed.0, key], entry).optional()? {
                known.by_key.insert(*key, found);
            } else if let (true, Some(link)) = (keyed_anew, link.filter(|link| !known.by_link.contains_key(link))) {
                let found = by_link.query_map(params![link, feed.0], entry)?.collect::<rusqlite::Result<_>>()?;
                known.by_link.insert(link, found);
            }
        }
        // Most polls bring nothing that is not known.
        if known.by_key.len() < keys.len() {
            known.pruned = self.pruned(feed)?;
        }
        if !keyed_anew {
            known.by_link = self.by_links(feed)?;
        }
        Ok(known)
    }

    /// The keys of a feed's entries that are kept no more.
    fn pruned(&self, feed: FeedId) -> rusqlite::Result<HashSet<u64>> {
        let mut all = self.connection.prepare_cached("SELECT keys FROM pruned WHERE feed_id = ?")?;
        let mut keys = HashSet::new();
        let mut rows = all.query([feed.0])?;
        while let Some(row) = rows.next()? {
            let (whole, _) = row.get_ref(0)?.as_blob()?.as_chunks::<8>();
            // 0: there was no link.
            keys.extend(whole.iter().map(|key| u64::from_be_bytes(*key)).filter(|key| *key != 0));
        }
        Ok(keys)
    }

    /// While the stored addresses are keyed anew: each link of the feed under the key that it has now.
    fn by_links(&self, feed: FeedId) -> rusqlite::Result<HashMap<Key, Vec<KnownEntry>>> {
        let mut by_link: HashMap<Key, Vec<KnownEntry>> = HashMap::new();
        let mut all = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS}, e.link FROM entries e WHERE e.feed_id = ? AND e.link IS NOT NULL"))?;
        let mut rows = all.query([feed.0])?;
        while let Some(row) = rows.next()? {
            let link: String = row.get(5)?;
            let key = key_of(&story::address_key(&link).unwrap_or(link));
            by_link.entry(key).or_default().push(entry(row)?);
        }
        Ok(by_link)
    }
}
