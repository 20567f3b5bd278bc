//! What is stored of a feed's entries, read before a document is taken in.

use super::dictionaries::OWN_BODY;
use super::open::address_version;
use super::read::Reader;
use crate::model::{EntryId, FeedId, Key, Timestamp, key_of};
use crate::records::{AskedEntry, EntryText, Known, KnownEntry, Recalled, Recollection};
use crate::story;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{HashMap, HashSet};

const COLUMNS: &str = "e.id, e.key, e.content_hash, e.n_edits, e.title, e.updated, e.claimed, e.n_dates";
const N_COLUMNS: usize = 8;

fn entry(row: &Row) -> rusqlite::Result<KnownEntry> {
    Ok(KnownEntry {
        id: EntryId(row.get(0)?),
        key: row.get(1)?,
        content_hash: row.get(2)?,
        n_edits: row.get(3)?,
        title: row.get(4)?,
        updated: Timestamp(row.get(5)?),
        shown: None,
        claimed: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        n_dates: row.get(7)?,
    })
}

/// A feed whose entries all have one title is not looked at for longer.
const MOST_WITHOUT_CONTENT: usize = 1000;

impl Reader {
    /// What is known under these keys; under the link where the key is not known. The revision is read first: where a
    /// document is committed meanwhile, the writer refuses what is decided by this.
    pub fn known(&self, feed: FeedId, asked: &[AskedEntry]) -> rusqlite::Result<Known> {
        let (revision, is_empty, last_polled): (i64, bool, Option<i64>) = self
            .connection
            .prepare_cached(
                "SELECT revision, NOT EXISTS(SELECT 1 FROM entries WHERE feed_id = ?1), last_polled FROM feeds WHERE id = ?1",
            )?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let last_polled = last_polled.map(Timestamp);
        let mut known = Known { revision, has_entries: !is_empty, last_polled, ..Known::default() };
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
        if !keyed_anew {
            known.by_link = self.by_links(feed)?;
        }
        for AskedEntry { key, link_key, content_hash } in asked {
            if let Some(found) = by_key.query_row(params![feed.0, key], entry).optional()? {
                known.by_key.insert(*key, self.with_shown(found, content_hash)?);
                continue;
            }
            let Some(link_key) = link_key else { continue };
            if keyed_anew && !known.by_link.contains_key(link_key) {
                let found = by_link.query_map(params![link_key, feed.0], entry)?.collect::<rusqlite::Result<_>>()?;
                known.by_link.insert(*link_key, found);
            }
            if let Some([one]) = known.by_link.get_mut(link_key).map(Vec::as_mut_slice) {
                *one = self.with_shown(one.clone(), content_hash)?;
            }
        }
        Ok(known)
    }

    /// An entry with what is kept of it, where that is not what its feed says now.
    fn with_shown(&self, found: KnownEntry, content_hash: &Key) -> rusqlite::Result<KnownEntry> {
        if found.content_hash == *content_hash || found.shown.is_some() {
            return Ok(found);
        }
        let mut kept = self.connection.prepare_cached(&format!(
            "SELECT e.link, e.title, e.author, e.extra, {OWN_BODY} FROM entries e JOIN entry_bodies b ON b.entry_id = e.id
             WHERE e.id = ?"
        ))?;
        let text = kept.query_row([found.id.0], |row| {
            Ok(EntryText {
                link_key: None,
                link: row.get(0)?,
                title: row.get(1)?,
                author: row.get(2)?,
                language: None,
                claimed: None,
                html: self.body(row.get_ref(4)?)?,
                content_hash: found.content_hash,
                content: None,
                extra: serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default(),
            })
        });
        Ok(KnownEntry { shown: text.optional()?.map(|text| text.shown()), ..found })
    }

    /// What is stored of entries that give reason to look at them more closely; of those that say the same as an entry of
    /// the document two at most, because then nobody can tell which it is.
    pub fn recall(&self, feed: FeedId, wanted: &Recollection) -> rusqlite::Result<Vec<Recalled>> {
        let mut found: HashMap<EntryId, Recalled> = HashMap::new();
        let recalled = |row: &Row| {
            let at = |n: usize| N_COLUMNS + n;
            let html = self.body(row.get_ref(at(2))?)?;
            Ok(Recalled { entry: entry(row)?, link: row.get(at(0))?, enclosure: row.get(at(1))?, html })
        };
        let with_text = format!(
            "SELECT {COLUMNS}, e.link, coalesce(e.extra ->> '$.enclosures[0].url', e.extra ->> '$.enclosure.url'), {OWN_BODY}
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
            let link: String = row.get(N_COLUMNS)?;
            let key = key_of(&story::address_key(&link).unwrap_or(link));
            by_link.entry(key).or_default().push(entry(row)?);
        }
        Ok(by_link)
    }
}
