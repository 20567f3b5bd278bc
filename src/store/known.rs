//! What is stored of a feed's entries, read before a document is taken in.

use super::open::address_version;
use super::read::Reader;
use crate::model::{EntryId, FeedId, Key, Timestamp, key_of};
use crate::records::{Known, KnownEntry, Recalled, Recollection};
use crate::story;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{HashMap, HashSet};

const COLUMNS: &str = "e.id, e.key, e.content_hash, e.n_edits, e.title, e.claimed, e.n_dates";

fn entry(row: &Row) -> rusqlite::Result<KnownEntry> {
    Ok(KnownEntry {
        id: EntryId(row.get(0)?),
        key: row.get(1)?,
        content_hash: row.get(2)?,
        n_edits: row.get(3)?,
        title: row.get(4)?,
        claimed: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        n_dates: row.get(6)?,
    })
}

/// A feed whose entries all have one title is not looked at for longer.
const MOST_WITHOUT_CONTENT: usize = 1000;

fn recalled(row: &Row) -> rusqlite::Result<Recalled> {
    Ok(Recalled { entry: entry(row)?, link: row.get(7)?, enclosure: row.get(8)?, html: row.get(9)? })
}

impl Reader {
    /// What is known under these keys; under the link where the key is not known. The revision is read first: where a
    /// document is committed meanwhile, the writer refuses what is decided by this.
    pub fn known(&self, feed: FeedId, keys: &[(Key, Option<Key>)]) -> rusqlite::Result<Known> {
        let (revision, is_empty): (i64, bool) = self
            .connection
            .prepare_cached("SELECT revision, NOT EXISTS(SELECT 1 FROM entries WHERE feed_id = ?1) FROM feeds WHERE id = ?1")?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut known = Known { revision, has_entries: !is_empty, ..Known::default() };
        if is_empty {
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
        if !keyed_anew {
            known.by_link = self.by_links(feed)?;
        }
        Ok(known)
    }

    /// What is stored of entries that give reason to look at them more closely; of those that say the same as an entry of
    /// the document two at most, because then nobody can tell which it is.
    pub fn recall(&self, feed: FeedId, wanted: &Recollection) -> rusqlite::Result<Vec<Recalled>> {
        let mut found: HashMap<EntryId, Recalled> = HashMap::new();
        let with_text = format!(
            "SELECT {COLUMNS}, e.link, e.extra ->> '$.enclosure.url', coalesce(b.html, '')
             FROM entries e LEFT JOIN entry_bodies b ON b.entry_id = e.id"
        );
        let mut by_content =
            self.connection.prepare_cached(&format!("{with_text} WHERE e.content = ? AND e.feed_id = ? LIMIT 2"))?;
        for content in &wanted.contents {
            for recalled in by_content.query_map(params![content, feed.0], recalled)? {
                let recalled = recalled?;
                found.insert(recalled.entry.id, recalled);
            }
        }
        let mut by_id = self.connection.prepare_cached(&format!("{with_text} WHERE e.id = ? AND e.feed_id = ?"))?;
        let mut by_key = self.connection.prepare_cached(&format!("{with_text} WHERE e.key = ? AND e.feed_id = ?"))?;
        for entry in &wanted.entries {
            found.extend(by_id.query_row(params![entry.0, feed.0], recalled).optional()?.map(|recalled| (*entry, recalled)));
        }
        for entry in self.without_content(feed, &wanted.titles)? {
            found.extend(by_id.query_row(params![entry.0, feed.0], recalled).optional()?.map(|recalled| (entry, recalled)));
        }
        let mut by_link = self.connection.prepare_cached(
            "SELECT e.id FROM entry_addresses a JOIN entries e ON e.id = a.entry_id WHERE a.key = ? AND a.kind = 0 AND e.feed_id = ? LIMIT 2",
        )?;
        for link in &wanted.links {
            for entry in by_link.query_map(params![link, feed.0], |row| row.get(0).map(EntryId))? {
                let entry = entry?;
                found.extend(by_id.query_row(params![entry.0, feed.0], recalled).optional()?.map(|recalled| (entry, recalled)));
            }
        }
        for key in &wanted.keys {
            let recalled = by_key.query_row(params![key, feed.0], recalled).optional()?;
            found.extend(recalled.map(|recalled| (recalled.entry.id, recalled)));
        }
        let mut found: Vec<Recalled> = found.into_values().collect();
        found.sort_unstable_by_key(|recalled| recalled.entry.id);
        Ok(found)
    }

    /// Entries with these titles of which was not noted what they say, because an older version stored them. One pass over
    /// the feed's entries.
    fn without_content(&self, feed: FeedId, titles: &HashSet<String>) -> rusqlite::Result<Vec<EntryId>> {
        let mut found = Vec::new();
        if titles.is_empty() {
            return Ok(found);
        }
        let mut all = self.connection.prepare_cached("SELECT id, title FROM entries WHERE feed_id = ? AND content IS NULL")?;
        let mut rows = all.query([feed.0])?;
        while let Some(row) = rows.next()? {
            if titles.contains(row.get_ref(1)?.as_str()?) && found.len() < MOST_WITHOUT_CONTENT {
                found.push(EntryId(row.get(0)?));
            }
        }
        Ok(found)
    }

    /// While the stored addresses are keyed anew: each link of the feed under the key that it has now.
    fn by_links(&self, feed: FeedId) -> rusqlite::Result<HashMap<Key, Vec<KnownEntry>>> {
        let mut by_link: HashMap<Key, Vec<KnownEntry>> = HashMap::new();
        let mut all = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS}, e.link FROM entries e WHERE e.feed_id = ? AND e.link IS NOT NULL"))?;
        let mut rows = all.query([feed.0])?;
        while let Some(row) = rows.next()? {
            let link: String = row.get(7)?;
            let key = key_of(&story::address_key(&link).unwrap_or(link));
            by_link.entry(key).or_default().push(entry(row)?);
        }
        Ok(by_link)
    }
}
