//! What is stored of a feed's entries, read before a document is taken in.

use super::open::address_version;
use super::read::Reader;
use crate::model::{EntryId, FeedId, Key, Timestamp, key_of};
use crate::records::{AskedEntry, EntryText, Known, KnownEntry};
use crate::story;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::HashMap;

const COLUMNS: &str = "e.id, e.key, e.content_hash, e.n_edits, e.title, e.updated";
const N_COLUMNS: usize = 6;

fn entry(row: &Row) -> rusqlite::Result<KnownEntry> {
    Ok(KnownEntry {
        id: EntryId(row.get(0)?),
        key: row.get(1)?,
        content_hash: row.get(2)?,
        n_edits: row.get(3)?,
        title: row.get(4)?,
        updated: Timestamp(row.get(5)?),
        shown: None,
    })
}

impl Reader {
    /// What is known under these keys; under the link where the key is not known. The revision is read first: where a
    /// document is committed meanwhile, the writer refuses what is decided by this.
    pub fn known(&self, feed: FeedId, asked: &[AskedEntry]) -> rusqlite::Result<Known> {
        let (revision, is_empty): (i64, bool) = self
            .connection
            .prepare_cached("SELECT revision, NOT EXISTS(SELECT 1 FROM entries WHERE feed_id = ?1) FROM feeds WHERE id = ?1")?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut known = Known { revision, ..Known::default() };
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
        let mut kept = self.connection.prepare_cached(
            "SELECT e.link, e.title, e.author, e.extra, b.html FROM entries e JOIN entry_bodies b ON b.entry_id = e.id
             WHERE e.id = ?",
        )?;
        let text = kept.query_row([found.id.0], |row| {
            Ok(EntryText {
                link_key: None,
                link: row.get(0)?,
                title: row.get(1)?,
                author: row.get(2)?,
                language: None,
                claimed: None,
                html: row.get(4)?,
                content_hash: found.content_hash,
                extra: serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default(),
            })
        });
        Ok(KnownEntry { shown: text.optional()?.map(|text| text.shown()), ..found })
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
