//! Settling: entries that wait no more are assigned to stories. The assignment, its evidence, the addresses, the text
//! index and the story's new face are one commit.

use super::entries::{PROVISIONAL, SETTLED};
use super::{Store, key_of};
use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use crate::story::{AddressHit, AddressKey, AddressKind, Constraints, Decision, Evidence, Item, Prepared, Rung};
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

/// An entry that can be settled, with all that is known of it.
#[derive(Clone, Debug)]
pub struct ToSettle {
    pub entry: EntryId,
    pub feed: FeedId,
    pub title: String,
    /// The article's body, else the feed's own.
    pub html: String,
    pub language: Option<String>,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
    pub link: Option<String>,
    pub final_url: Option<String>,
    pub canonical_url: Option<String>,
    pub og_url: Option<String>,
    /// What the feed's own settings say.
    pub dedupe: Option<Dedupe>,
    /// Its article is still awaited: it is published without, and settled again later.
    pub provisional: bool,
    /// Changes with every edit.
    pub version: Timestamp,
}

/// Everything that can be computed of an entry before its turn.
#[derive(Clone, Debug)]
pub struct Ready {
    pub dedupe: Dedupe,
    pub keys: Vec<AddressKey>,
    /// `None` where nothing is compared by text.
    pub prepared: Option<Prepared>,
    /// For the text index.
    pub terms: String,
    pub language: Option<String>,
}

/// An entry that is stored, with what was computed of it.
#[derive(Clone, Debug)]
pub struct Settled {
    pub entry: EntryId,
    pub version: Timestamp,
    pub provisional: bool,
    pub ready: Ready,
}

/// What goes into the text index.
struct Searchable {
    entry: EntryId,
    terms: String,
    replaces: bool,
}

/// The stored entry, as far as settling goes.
struct Row {
    feed: FeedId,
    feed_key: String,
    key: super::Key,
    at: Timestamp,
    first_seen: Timestamp,
    story: Option<StoryId>,
    language: Option<String>,
    ready: bool,
    updated: Timestamp,
}

/// The entry that a story begins with.
pub(super) struct Founder<'a> {
    pub entry: EntryId,
    pub feed_key: &'a str,
    pub key: &'a super::Key,
    pub at: Timestamp,
    pub first_seen: Timestamp,
}

impl Row {
    fn founder(&self, entry: EntryId) -> Founder<'_> {
        Founder { entry, feed_key: &self.feed_key, key: &self.key, at: self.at, first_seen: self.first_seen }
    }
}

/// How many holders of one address are looked at: a key that more share is not an identity anyway.
const MAX_HOLDERS: usize = 64;

impl Store {
    /// Entries that waited long enough are published without their article. Returns how many.
    pub fn end_waits(&mut self, now: Timestamp) -> rusqlite::Result<usize> {
        self.connection
            .prepare_cached("UPDATE entries SET ready = 1 WHERE state = 0 AND ready = 0 AND wait_until <= ?")?
            .execute([now.0])
    }

    /// When the next entry stops waiting.
    pub fn next_wait_end(&self) -> rusqlite::Result<Option<Timestamp>> {
        let at: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(wait_until) FROM entries WHERE state = 0 AND ready = 0 AND wait_until IS NOT NULL")?
            .query_row([], |row| row.get(0))?;
        Ok(at.map(Timestamp))
    }

    /// Assigns a batch, in the order given. Returns how many were settled: an entry that was edited since it was read
    /// is left for the next batch. Without an index nothing is settled (see [`Store::has_index`]).
    pub fn settle(&mut self, batch: Vec<Settled>, now: Timestamp) -> rusqlite::Result<usize> {
        let Some(mut index) = self.index.take() else { return Ok(0) };
        index.expire(now);
        self.index = Some(index);
        let mut searchable = Vec::with_capacity(batch.len());
        for entry in batch {
            searchable.extend(self.settle_one(entry, now)?);
        }
        // FTS5 collects ascending rows in memory and writes all it has whenever one does not ascend: in the order of
        // the dates that was nearly every row.
        searchable.sort_unstable_by_key(|text| text.entry);
        for text in &searchable {
            if text.replaces {
                self.connection.prepare_cached("DELETE FROM search WHERE rowid = ?")?.execute([text.entry.0])?;
            }
            self.connection
                .prepare_cached("INSERT INTO search(rowid, terms) VALUES(?, ?)")?
                .execute(params![text.entry.0, text.terms])?;
        }
        Ok(searchable.len())
    }

    /// Writes the text index of the entries that were settled with their polls: once a commit, because FTS5 writes out
    /// all it has at each savepoint, and a poll has one.
    pub(super) fn index_settled(&mut self) -> rusqlite::Result<()> {
        for (entry, terms) in self.unindexed.drain(..) {
            self.connection.prepare_cached("INSERT INTO search(rowid, terms) VALUES(?, ?)")?.execute(params![entry.0, terms])?;
        }
        Ok(())
    }

    /// `None`: it was edited since it was read.
    fn settle_one(&mut self, new: Settled, now: Timestamp) -> rusqlite::Result<Option<Searchable>> {
        let Some(row) = self.settling_row(&new)? else { return Ok(None) };
        if let Some(index) = &mut self.index {
            index.remove(new.entry);
        }
        let ready = &new.ready;
        let Some(decision) = self.decide((new.entry, row.feed, row.at), ready, ready.prepared.as_ref())? else { return Ok(None) };
        let story = self.assign(&new, &row, decision, now)?;
        self.save_addresses(new.entry, &new.ready.keys)?;
        let searchable = Searchable { entry: new.entry, terms: new.ready.terms, replaces: row.story.is_some() };
        if let (Some(index), Some(prepared)) = (&mut self.index, new.ready.prepared) {
            index.insert(prepared, story);
        }
        self.generation += 1;
        Ok(Some(searchable))
    }

    /// Where an entry belongs; `None` without an index.
    pub(super) fn decide(
        &mut self,
        (entry, feed, at): (EntryId, FeedId, Timestamp),
        ready: &Ready,
        prepared: Option<&Prepared>,
    ) -> rusqlite::Result<Option<Decision>> {
        let hits = self.address_hits(entry, ready)?;
        let constraints = self.constraints(entry)?;
        let Some(index) = &mut self.index else { return Ok(None) };
        Ok(Some(match prepared {
            Some(prepared) => index.decide(prepared, ready.dedupe, &hits, &constraints),
            None => {
                let item = Item { entry, feed, title: "", link: None, text: "", at };
                index.decide(&crate::story::prepare(&item), ready.dedupe, &hits, &constraints)
            }
        }))
    }

    /// `None`: it was edited since it was read, or it is gone.
    fn settling_row(&self, new: &Settled) -> rusqlite::Result<Option<Row>> {
        let row = self.entry_row(new.entry).optional()?;
        Ok(row.filter(|row| row.ready && row.updated == new.version))
    }

    fn entry_row(&self, entry: EntryId) -> rusqlite::Result<Row> {
        self.connection
            .prepare_cached(
                "SELECT e.feed_id, f.key, e.key, e.claimed, e.first_seen, e.story_id, e.language, e.ready, e.updated
                 FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.id = ?",
            )?
            .query_row([entry.0], |row| {
                let (claimed, first_seen): (Option<i64>, i64) = (row.get(3)?, row.get(4)?);
                Ok(Row {
                    feed: FeedId(row.get(0)?),
                    feed_key: row.get(1)?,
                    key: row.get(2)?,
                    at: Timestamp(claimed.unwrap_or(first_seen).min(first_seen)),
                    first_seen: Timestamp(first_seen),
                    story: row.get::<_, Option<i64>>(5)?.map(StoryId),
                    language: row.get(6)?,
                    ready: row.get(7)?,
                    updated: Timestamp(row.get(8)?),
                })
            })
    }

    /// A story of its own for an entry that is in one already; its face is still to be made.
    pub(super) fn found_story(&mut self, entry: EntryId, now: Timestamp) -> rusqlite::Result<StoryId> {
        let row = self.entry_row(entry)?;
        let stamp = self.stamp(now);
        self.create_story(&row.founder(entry), row.language.as_deref(), stamp)
    }

    /// Other entries under the same addresses.
    fn address_hits(&self, entry: EntryId, ready: &Ready) -> rusqlite::Result<Vec<AddressHit>> {
        let mut hits = Vec::new();
        if ready.dedupe == Dedupe::Off {
            return Ok(hits);
        }
        let mut holders = self.connection.prepare_cached(
            "SELECT a.entry_id, a.kind, e.feed_id, e.story_id FROM entry_addresses a JOIN entries e ON e.id = a.entry_id
             WHERE a.key = ? AND a.entry_id <> ? AND e.story_id IS NOT NULL ORDER BY a.entry_id LIMIT ?",
        )?;
        for key in &ready.keys {
            let found: Vec<(i64, i64, i64, i64)> = holders
                .query_map(params![key_of(&key.key), entry.0, MAX_HOLDERS as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let n_entries = found.len() as u32;
            hits.extend(found.into_iter().map(|(entry, kind, feed, story)| AddressHit {
                key: key.key.clone(),
                kind: key.kind,
                their_kind: kind_of(kind),
                entry: EntryId(entry),
                feed: FeedId(feed),
                story: StoryId(story),
                n_entries,
            }));
        }
        Ok(hits)
    }

    /// What a person said of an entry, as the stories that its partners are in now.
    fn constraints(&self, entry: EntryId) -> rusqlite::Result<Constraints> {
        let mut said = self.connection.prepare_cached(
            "SELECT c.kind, e.story_id FROM constraints c JOIN entries e ON e.id = iif(c.entry_a = ?1, c.entry_b, c.entry_a)
             WHERE c.undone IS NULL AND (c.entry_a = ?1 OR c.entry_b = ?1) AND e.story_id IS NOT NULL ORDER BY c.id",
        )?;
        let mut constraints = Constraints::default();
        let mut rows = said.query([entry.0])?;
        while let Some(row) = rows.next()? {
            let story = StoryId(row.get(1)?);
            if row.get_ref(0)?.as_str()? == "must" { constraints.must.push(story) } else { constraints.cannot.push(story) }
        }
        Ok(constraints)
    }

    /// Carries a decision out and returns the entry's story.
    fn assign(&mut self, new: &Settled, row: &Row, decision: Decision, now: Timestamp) -> rusqlite::Result<StoryId> {
        let stamp = self.stamp(now);
        let story = match (row.story, decision.join) {
            (None, None) => self.create_story(&row.founder(new.entry), new.ready.language.as_deref(), stamp)?,
            // An edited or completed entry that would now open a story of its own stays where people have seen it.
            (Some(old), None) => old,
            (_, Some(joined)) => joined,
        };
        let stays = row.story == Some(story) && decision.join.is_none();
        self.connection
            .prepare_cached(
                "UPDATE entries SET state = ?2, ready = 0, settled = iif(?2 = 2, coalesce(settled, ?3), settled), story_id = ?4, language = coalesce(?5, language),
                   rung = iif(?10, rung, ?6), evidence = iif(?10, evidence, ?7), duplicate_of = iif(?10, duplicate_of, ?8), model = ?9,
                   joined = iif(story_id IS ?4, joined, ?3) WHERE id = ?1",
            )?
            .execute(params![
                new.entry.0,
                if new.provisional { PROVISIONAL } else { SETTLED },
                stamp.0,
                story.0,
                new.ready.language,
                rung_name(decision.rung),
                serde_json::to_string(&decision.evidence).unwrap_or_default(),
                decision.duplicate_of.map(|entry| entry.0),
                crate::story::MODEL_VERSION,
                stays,
            ])?;
        match row.story {
            None if decision.join.is_none() => {}
            Some(old) if old != story => {
                refresh_story(self, story, now)?;
                self.leave_story(old, story, now)?;
            }
            _ => refresh_story(self, story, now)?,
        }
        Ok(story)
    }

    pub(super) fn create_story(
        &mut self,
        founder: &Founder,
        language: Option<&str>,
        stamp: Timestamp,
    ) -> rusqlite::Result<StoryId> {
        for n in 0.. {
            let urn = published_id(self.instance, founder.feed_key, founder.key, n);
            let made = self
                .connection
                .prepare_cached(
                    "INSERT INTO stories(urn, representative, sort_at, first_seen, updated, n_sources, language) VALUES(?, ?, ?, ?, ?, 1, ?)
                     ON CONFLICT(urn) DO NOTHING",
                )?
                .execute(params![urn.as_bytes(), founder.entry.0, founder.at.0, founder.first_seen.0, stamp.0, language])?;
            if made == 1 {
                break;
            }
            // The entry has founded a story before, which was merged into another and redirects: this is its next.
        }
        Ok(StoryId(self.connection.last_insert_rowid()))
    }

    /// A story that an entry left: if nobody is left in it, it redirects for ever.
    pub(super) fn leave_story(&mut self, old: StoryId, to: StoryId, now: Timestamp) -> rusqlite::Result<()> {
        let left: bool = self
            .connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM entries WHERE story_id = ?)")?
            .query_row([old.0], |row| row.get(0))?;
        if left {
            return refresh_story(self, old, now);
        }
        self.connection
            .prepare_cached("UPDATE stories SET redirect_to = ?2 WHERE id = ?1 OR redirect_to = ?1")?
            .execute(params![old.0, to.0])?;
        Ok(())
    }

    pub(super) fn save_addresses(&self, entry: EntryId, keys: &[AddressKey]) -> rusqlite::Result<()> {
        let mut save = self
            .connection
            .prepare_cached("INSERT INTO entry_addresses(key, entry_id, kind) VALUES(?, ?, ?) ON CONFLICT DO NOTHING")?;
        for key in keys {
            save.execute(params![key_of(&key.key), entry.0, key.kind as i64])?;
        }
        Ok(())
    }
}

/// `urn:uuid:` of a story: derived from the database, the feed and the first entry, so that it comes out equal when it
/// has to be minted again. `n` counts the stories that one entry founded.
fn published_id(instance: Uuid, feed_key: &str, entry_key: &super::Key, n: u32) -> Uuid {
    let mut name = feed_key.as_bytes().to_vec();
    name.push(b'\n');
    name.extend_from_slice(entry_key);
    if n > 0 {
        name.extend_from_slice(&n.to_be_bytes());
    }
    Uuid::new_v5(&instance, &name)
}

/// Computes a story's face anew from its members: who represents it, when it began, how many carried it.
pub(super) fn refresh_story(store: &mut Store, story: StoryId, now: Timestamp) -> rusqlite::Result<()> {
    let stamp = store.stamp(now);
    store
        .connection
        .prepare_cached(
            "WITH members AS (
               SELECT e.id, e.feed_id, e.duplicate_of, e.language, e.first_seen, min(coalesce(e.claimed, e.first_seen), e.first_seen) AS at, f.priority, f.private,
                 CASE WHEN a.state = 1 THEN 2 WHEN octet_length(b.html) > 2000 THEN 1 ELSE 0 END AS completeness
               FROM entries e JOIN feeds f ON f.id = e.feed_id LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN entry_bodies b ON b.entry_id = e.id
               WHERE e.story_id = ?1),
             best AS (SELECT id, language FROM members ORDER BY private, priority DESC, completeness DESC, at, id LIMIT 1)
             UPDATE stories SET representative = (SELECT id FROM best), language = (SELECT language FROM best), updated = ?2,
               sort_at = (SELECT min(at) FROM members), first_seen = (SELECT min(first_seen) FROM members),
               n_sources = (SELECT max(count(DISTINCT feed_id), 1) FROM members WHERE duplicate_of IS NULL) WHERE id = ?1 AND EXISTS(SELECT 1 FROM members)",
        )?
        .execute(params![story.0, stamp.0])?;
    Ok(())
}

fn kind_of(stored: i64) -> AddressKind {
    match stored {
        0 => AddressKind::Link,
        1 => AddressKind::Final,
        2 => AddressKind::Canonical,
        _ => AddressKind::OpenGraph,
    }
}

pub(super) fn rung_name(rung: Rung) -> &'static str {
    match rung {
        Rung::First => "first",
        Rung::Address => "address",
        Rung::Text => "text",
        Rung::Story => "story",
        Rung::Person => "person",
    }
}

/// Stored evidence; what an older version wrote otherwise is shown as far as it can be read.
pub(super) fn evidence_of(json: Option<String>) -> Evidence {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}
