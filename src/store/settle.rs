//! Settling: entries that wait no more are assigned to stories. The assignment, its evidence, the addresses, the text
//! index and the story's new face are one commit. There is one way for an entry that its poll settles and for one that
//! waited: [`Store::decide`] finds or founds its story, the caller writes its row, [`Store::join`] does the rest.

use super::base::{SearchChange, Searchable, Store};
use super::faces::refresh_story;
use super::rows::{PROVISIONAL, SETTLED, earlier};
use crate::model::{Dedupe, EntryId, FeedId, Key, StoryId, Timestamp, key_of};
use crate::records::{SettleInput, Settling, StoryChange};
use crate::story::{AddressHit, AddressKey, AddressKind, Constraints, Decision, Item, Prepared, Rung};
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

/// An entry whose story is to be found.
pub(super) struct Placing<'a> {
    pub entry: EntryId,
    pub feed: FeedId,
    pub feed_key: &'a str,
    pub key: &'a Key,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
    pub first_seen: Timestamp,
    /// Where it is now: it was edited, or its article is here.
    pub story: Option<StoryId>,
}

/// Where it belongs.
pub(super) struct Placed {
    pub story: StoryId,
    pub decision: Decision,
    /// The story was founded for it.
    pub founded: bool,
    prepared: Option<Prepared>,
}

/// The stored entry, as far as settling goes.
struct Row {
    feed: FeedId,
    feed_key: String,
    key: Key,
    at: Timestamp,
    first_seen: Timestamp,
    story: Option<StoryId>,
    language: Option<String>,
    ready: bool,
    updated: Timestamp,
}

impl Row {
    fn placing(&self, entry: EntryId) -> Placing<'_> {
        Placing {
            entry,
            feed: self.feed,
            feed_key: &self.feed_key,
            key: &self.key,
            at: self.at,
            first_seen: self.first_seen,
            story: self.story,
        }
    }
}

/// How many holders of one address are looked at: a key that more share is not an identity anyway.
const MAX_HOLDERS: usize = 64;

impl Store {
    /// Entries that waited long enough are published without their article.
    pub(super) fn end_waits(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let n_ready = self
            .connection
            .prepare_cached("UPDATE entries SET ready = 1 WHERE state = 0 AND ready = 0 AND wait_until <= ?")?
            .execute([now.0])?;
        self.changed.n_ready += n_ready;
        Ok(())
    }

    /// Assigns a batch, in the order given. An entry that was edited since it was read is left for the next batch.
    /// Without an index nothing is settled.
    pub(super) fn settle(&mut self, batch: Vec<Settling>, now: Timestamp) -> rusqlite::Result<()> {
        let Some(index) = &mut self.index else { return Ok(()) };
        index.expire(now);
        for new in batch {
            let row = self.entry_row(new.entry).optional()?;
            // Else it was edited since it was read, or it is gone.
            if let Some(row) = row.filter(|row| row.ready && row.updated == new.version) {
                self.settle_one(new, &row, now)?;
            }
        }
        Ok(())
    }

    fn settle_one(&mut self, new: Settling, row: &Row, now: Timestamp) -> rusqlite::Result<()> {
        if let Some(index) = &mut self.index {
            index.remove(new.entry);
        }
        let placing = row.placing(new.entry);
        let Settling { mut input, provisional, .. } = new;
        let stamp = self.stamp(now);
        let Some(placed) = self.decide(&placing, &mut input, stamp)? else { return Ok(()) };
        let Placed { story, decision, .. } = &placed;
        let stays = row.story == Some(*story) && decision.join.is_none();
        self.connection
            .prepare_cached(
                "UPDATE entries SET state = ?2, ready = 0, settled = iif(?2 = 2, coalesce(settled, ?3), settled), story_id = ?4, language = coalesce(?5, language),
                   rung = iif(?10, rung, ?6), evidence = iif(?10, evidence, ?7), duplicate_of = iif(?10, duplicate_of, ?8), model = ?9,
                   joined = iif(story_id IS ?4, joined, ?3) WHERE id = ?1",
            )?
            .execute(params![
                new.entry.0,
                if provisional { PROVISIONAL } else { SETTLED },
                stamp.0,
                story.0,
                input.language,
                rung_name(decision.rung),
                serde_json::to_string(&decision.evidence).unwrap_or_default(),
                decision.duplicate_of.map(|entry| entry.0),
                crate::story::MODEL_VERSION,
                stays,
            ])?;
        self.join(&placing, placed, &input.keys, input.terms, now)
    }

    /// Finds the story of an entry, or founds one. `None`: there is no index to compare it by.
    pub(super) fn decide(
        &mut self,
        entry: &Placing,
        input: &mut SettleInput,
        stamp: Timestamp,
    ) -> rusqlite::Result<Option<Placed>> {
        let prepared = input.prepared.take();
        let decision = match input.dedupe {
            // What never was in a story is compared with nothing, and no person can have said a word of it.
            Dedupe::Off if entry.story.is_none() => Decision::alone(),
            _ => match self.compare(entry, input, prepared.as_ref())? {
                Some(decision) => decision,
                None => return Ok(None),
            },
        };
        let (story, founded) = match (entry.story, decision.join) {
            (_, Some(joined)) => (joined, false),
            // An edited or completed entry that would now open a story of its own stays where people have seen it.
            (Some(old), None) => (old, false),
            (None, None) => (self.found_story(entry, input.language.as_deref(), stamp)?, true),
        };
        Ok(Some(Placed { story, decision, founded, prepared }))
    }

    fn compare(
        &mut self,
        entry: &Placing,
        input: &SettleInput,
        prepared: Option<&Prepared>,
    ) -> rusqlite::Result<Option<Decision>> {
        let hits = self.address_hits(entry.entry, input)?;
        let constraints = self.constraints(entry.entry)?;
        let Some(index) = &mut self.index else { return Ok(None) };
        Ok(Some(match prepared {
            Some(prepared) => index.decide(prepared, input.dedupe, &hits, &constraints),
            None => {
                let item = Item { entry: entry.entry, feed: entry.feed, title: "", link: None, text: "", at: entry.at };
                index.decide(&crate::story::prepare(&item), input.dedupe, &hits, &constraints)
            }
        }))
    }

    /// What follows once the entry's row names its story: addresses, the index, the text index, the faces of the story it
    /// joined and of the one it left.
    pub(super) fn join(
        &mut self,
        entry: &Placing,
        placed: Placed,
        keys: &[AddressKey],
        terms: String,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        let story = placed.story;
        if placed.decision.join.is_some() {
            self.changed.joined.push(placed.decision.rung);
        }
        self.save_addresses(entry.entry, keys)?;
        if !placed.founded {
            refresh_story(self, story, now)?;
            self.list_under(story, entry.feed)?;
        }
        if let Some(old) = entry.story.filter(|old| *old != story) {
            self.leave_story(old, story, now)?;
        }
        if let (Some(index), Some(prepared)) = (&mut self.index, placed.prepared) {
            index.insert(prepared, story);
        }
        self.searchable.push(Searchable { entry: entry.entry, terms, replaces: entry.story.is_some() });
        self.changed.n_settled += 1;
        self.changed.published = true;
        Ok(())
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
                    at: earlier(claimed, first_seen),
                    first_seen: Timestamp(first_seen),
                    story: row.get::<_, Option<i64>>(5)?.map(StoryId),
                    language: row.get(6)?,
                    ready: row.get(7)?,
                    updated: Timestamp(row.get(8)?),
                })
            })
    }

    /// A story of its own for an entry that is in one already; its face is still to be made.
    pub(super) fn found_another(&mut self, entry: EntryId, now: Timestamp) -> rusqlite::Result<StoryId> {
        let row = self.entry_row(entry)?;
        let stamp = self.stamp(now);
        self.found_story(&row.placing(entry), row.language.as_deref(), stamp)
    }

    /// Other entries under the same addresses.
    fn address_hits(&self, entry: EntryId, input: &SettleInput) -> rusqlite::Result<Vec<AddressHit>> {
        let mut hits = Vec::new();
        if input.dedupe == Dedupe::Off {
            return Ok(hits);
        }
        let mut holders = self.connection.prepare_cached(
            "SELECT a.entry_id, a.kind, e.feed_id, e.story_id FROM entry_addresses a JOIN entries e ON e.id = a.entry_id
             WHERE a.key = ? AND a.entry_id <> ? AND e.story_id IS NOT NULL ORDER BY a.entry_id LIMIT ?",
        )?;
        for key in &input.keys {
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

    fn found_story(&mut self, founder: &Placing, language: Option<&str>, stamp: Timestamp) -> rusqlite::Result<StoryId> {
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
        let story = StoryId(self.connection.last_insert_rowid());
        self.show(story, founder.feed)?;
        self.changed.stories.push((story, StoryChange::Founded));
        Ok(story)
    }

    /// A story that an entry left: if nobody is left in it, it redirects for ever, and what a person did with it counts for
    /// the other.
    pub(super) fn leave_story(&mut self, old: StoryId, to: StoryId, now: Timestamp) -> rusqlite::Result<()> {
        if self.redirect_left(old, to, now)? {
            self.hand_on(old, to)?;
        }
        Ok(())
    }

    /// The same without its state. Returns whether nobody was left in it.
    pub(super) fn redirect_left(&mut self, old: StoryId, to: StoryId, now: Timestamp) -> rusqlite::Result<bool> {
        let left: bool = self
            .connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM entries WHERE story_id = ?)")?
            .query_row([old.0], |row| row.get(0))?;
        if left {
            refresh_story(self, old, now)?;
            return Ok(false);
        }
        self.connection
            .prepare_cached("UPDATE stories SET redirect_to = ?2 WHERE id = ?1 OR redirect_to = ?1")?
            .execute(params![old.0, to.0])?;
        self.hide(old, true)?;
        self.changed.stories.push((old, StoryChange::Redirected(to)));
        Ok(true)
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

    /// Writes the text index of the entries that were settled: once a transaction, because FTS5 writes out all it has at
    /// each savepoint, and in ascending order, because it writes out all it has whenever a row does not ascend.
    pub(super) fn index_settled(&mut self) -> rusqlite::Result<()> {
        let mut searchable = std::mem::take(&mut self.searchable);
        searchable.sort_by_key(|text| text.entry);
        for text in searchable {
            self.search(SearchChange::Put(text.entry, text.terms, text.replaces))?;
        }
        Ok(())
    }

    /// Changes the text index.
    pub(super) fn search(&mut self, change: SearchChange) -> rusqlite::Result<()> {
        if let SearchChange::Put(entry, _, true) | SearchChange::Delete(entry) = &change {
            self.connection.prepare_cached("DELETE FROM search WHERE rowid = ?")?.execute([entry.0])?;
        }
        if let SearchChange::Put(entry, terms, _) = &change {
            self.connection.prepare_cached("INSERT INTO search(rowid, terms) VALUES(?, ?)")?.execute(params![entry.0, terms])?;
        }
        if let Some(searched) = &mut self.searched {
            searched.push(change);
        }
        Ok(())
    }
}

/// `urn:uuid:` of a story: derived from the database, the feed and the first entry, so that it comes out equal when it
/// has to be minted again. `n` counts the stories that one entry founded.
fn published_id(instance: Uuid, feed_key: &str, entry_key: &Key, n: u32) -> Uuid {
    let mut name = feed_key.as_bytes().to_vec();
    name.push(b'\n');
    name.extend_from_slice(entry_key);
    if n > 0 {
        name.extend_from_slice(&n.to_be_bytes());
    }
    Uuid::new_v5(&instance, &name)
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
