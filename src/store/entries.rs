//! Entries: what a document changes, taken in. Identity was decided before (`ingest`); nothing is looked up here.

use super::base::Store;
use super::error::WriteError;
use super::pages::WANTED;
use super::settle::{Placing, rung_name};
use crate::model::{Dedupe, EntryId, FeedId, Key, Timestamp};
use crate::records::{Document, EntryChange, EntryText, NewEntry, SettleInput};
use rusqlite::{OptionalExtension, params};

/// The feed whose entries are taken in.
struct Feed {
    id: FeedId,
    key: String,
}

impl Store {
    /// Takes in what a document changes; all of it, or nothing where it was decided on another state of the feed.
    pub(super) fn take_in(&mut self, feed: FeedId, document: Document, at: Timestamp) -> Result<(), WriteError> {
        let state: Option<(String, i64)> = self
            .connection
            .prepare_cached("SELECT key, revision FROM feeds WHERE id = ?")?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((key, revision)) = state else { return Err(WriteError::FeedGone) };
        if revision != document.revision {
            return Err(WriteError::Stale);
        }
        if let Some(habit) = &document.habit {
            self.connection
                .prepare_cached("UPDATE feeds SET habit = ? WHERE id = ?")?
                .execute(params![serde_json::to_string(habit).unwrap_or_default(), feed.0])?;
        }
        if document.changes.is_empty() {
            return Ok(());
        }
        self.connection.prepare_cached("UPDATE feeds SET revision = revision + 1 WHERE id = ?")?.execute([feed.0])?;
        if let Some(index) = &mut self.index {
            index.expire(at);
        }
        let feed = Feed { id: feed, key };
        for change in document.changes {
            match change {
                EntryChange::New(new) => self.insert(&feed, *new, at)?,
                EntryChange::Edited { entry, text } => self.update(entry, &text, at)?,
                EntryChange::Refreshed { entry, text } => self.refresh(entry, &text)?,
                EntryChange::Renamed { entry, key } => {
                    self.connection.prepare_cached("UPDATE entries SET key = ? WHERE id = ?")?.execute(params![key, entry.0])?;
                }
                EntryChange::Relinked { entry, link, link_key, content_hash } => {
                    self.relink(entry, link.as_deref(), link_key, &content_hash)?;
                }
                EntryChange::Dated { entry, claimed } => self.date(entry, claimed)?,
            }
        }
        Ok(())
    }

    fn insert(&mut self, feed: &Feed, new: NewEntry, at: Timestamp) -> rusqlite::Result<()> {
        let NewEntry { key, text, article: wanted, settle } = new;
        let first_seen = self.stamp(at);
        let article = match &wanted {
            Some(wanted) => self.want_page(wanted, at)?,
            None => None,
        };
        // An article that another entry already brought is here at once.
        let waits = matches!(article, Some((_, WANTED)));
        let wait_until = wanted.filter(|_| waits).map(|wanted| wanted.wait_until.0);
        self.changed.n_wanted += usize::from(waits);
        let settle = settle.filter(|input| article.is_none() && (self.index.is_some() || input.dedupe == Dedupe::Off));
        if let Some(input) = settle {
            return self.insert_settled(feed, &key, &text, input, first_seen);
        }
        self.changed.n_ready += usize::from(!waits);
        self.connection
            .prepare_cached(
                "INSERT INTO entries(feed_id, key, link, title, author, language, claimed, first_seen, updated, content_hash, extra, state, ready, wait_until, article_id, content)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, 0, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                feed.id.0,
                key,
                text.link,
                text.title,
                text.author,
                text.language,
                text.claimed.map(|at| at.0),
                first_seen.0,
                text.content_hash,
                serde_json::to_string(&text.extra).unwrap_or_default(),
                !waits,
                wait_until,
                article.map(|(id, _)| id),
                text.content,
            ])?;
        let entry = EntryId(self.connection.last_insert_rowid());
        self.insert_rest(entry, &text)
    }

    /// An entry that waits for nothing, with its story: written once, as settling would leave it.
    fn insert_settled(
        &mut self,
        feed: &Feed,
        key: &Key,
        text: &EntryText,
        mut input: SettleInput,
        first_seen: Timestamp,
    ) -> rusqlite::Result<()> {
        let last: Option<i64> = self.connection.prepare_cached("SELECT max(id) FROM entries")?.query_row([], |row| row.get(0))?;
        let entry = EntryId(last.unwrap_or(0) + 1);
        let at = text.claimed.map_or(first_seen, |claimed| claimed.min(first_seen));
        if let Some(prepared) = &mut input.prepared {
            (prepared.entry, prepared.at) = (entry, at);
        }
        let placing = Placing { entry, feed: feed.id, feed_key: &feed.key, key, at, first_seen, story: None };
        // There is an index, or nothing is compared: one of the two was asked for.
        let Some(placed) = self.decide(&placing, &mut input, first_seen)? else { return Ok(()) };
        self.connection
            .prepare_cached(
                "INSERT INTO entries(id, feed_id, key, link, title, author, language, claimed, first_seen, settled, updated, content_hash, extra, state,
                   ready, story_id, rung, evidence, duplicate_of, model, joined, content)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?9, ?10, ?11, 2, 0, ?12, ?13, ?14, ?15, ?16, ?9, ?17)",
            )?
            .execute(params![
                entry.0,
                feed.id.0,
                key,
                text.link,
                text.title,
                text.author,
                input.language,
                text.claimed.map(|at| at.0),
                first_seen.0,
                text.content_hash,
                serde_json::to_string(&text.extra).unwrap_or_default(),
                placed.story.0,
                rung_name(placed.decision.rung),
                serde_json::to_string(&placed.decision.evidence).unwrap_or_default(),
                placed.decision.duplicate_of.map(|entry| entry.0),
                crate::story::MODEL_VERSION,
                text.content,
            ])?;
        self.insert_rest(entry, text)?;
        self.join(&placing, placed, &input.keys, input.terms, first_seen)
    }

    /// What is kept of an entry beside its row.
    fn insert_rest(&mut self, entry: EntryId, text: &EntryText) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO entry_bodies(entry_id, html) VALUES(?, ?)")?
            .execute(params![entry.0, text.html])?;
        self.changed.new.push(entry);
        self.save_link(entry, text)
    }

    fn save_link(&self, entry: EntryId, text: &EntryText) -> rusqlite::Result<()> {
        text.link_key.map_or(Ok(()), |link_key| self.save_address(entry, &link_key))
    }

    fn save_address(&self, entry: EntryId, link_key: &Key) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO entry_addresses(key, entry_id, kind) VALUES(?, ?, 0) ON CONFLICT DO NOTHING")?
            .execute(params![link_key, entry.0])?;
        Ok(())
    }

    /// An edited entry keeps its identity, its place and its article; its own assignment is made again, unless it waits to
    /// be assigned for the first time.
    fn update(&mut self, entry: EntryId, text: &EntryText, at: Timestamp) -> rusqlite::Result<()> {
        let updated = self.stamp(at);
        self.connection
            .prepare_cached(
                // The first date that a feed claims stays: one that moves with every poll would pin its entry to the top.
                "UPDATE entries SET link = ?2, title = ?3, author = ?4, language = ?5, claimed = coalesce(claimed, ?6), updated = ?7,
                   content_hash = ?8, extra = ?9, content = ?10, n_edits = n_edits + 1, ready = iif(state > 0, 1, ready) WHERE id = ?1",
            )?
            .execute(params![
                entry.0,
                text.link,
                text.title,
                text.author,
                text.language,
                text.claimed.map(|at| at.0),
                updated.0,
                text.content_hash,
                serde_json::to_string(&text.extra).unwrap_or_default(),
                text.content,
            ])?;
        self.connection
            .prepare_cached("UPDATE entry_bodies SET html = ?, body = NULL WHERE entry_id = ?")?
            .execute(params![text.html, entry.0])?;
        self.changed.edited.push(entry);
        self.changed.n_ready += 1;
        self.save_link(entry, text)
    }
    /// The same to a reader, with the addresses as they are good now; it is shown with whatever is new next.
    fn refresh(&mut self, entry: EntryId, text: &EntryText) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE entries SET link = ?2, content_hash = ?3, extra = ?4 WHERE id = ?1")?
            .execute(params![entry.0, text.link, text.content_hash, serde_json::to_string(&text.extra).unwrap_or_default()])?;
        self.connection
            .prepare_cached("UPDATE entry_bodies SET html = ?, body = NULL WHERE entry_id = ?")?
            .execute(params![text.html, entry.0])?;
        Ok(())
    }

    /// The same words at another address: no edit, and nothing that is shown as new. The old address is forgotten, because a
    /// feed may give a new one with each poll.
    fn relink(&mut self, entry: EntryId, link: Option<&str>, link_key: Option<Key>, content_hash: &Key) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE entries SET link = coalesce(?2, link), content_hash = ?3 WHERE id = ?1")?
            .execute(params![entry.0, link, content_hash])?;
        if let Some(link_key) = link_key {
            self.connection
                .prepare_cached("DELETE FROM entry_addresses WHERE entry_id = ?1 AND kind = 0 AND key <> ?2")?
                .execute(params![entry.0, link_key])?;
            self.save_address(entry, &link_key)?;
        }
        self.changed.published |= link.is_some();
        Ok(())
    }

    /// Another date: its story may stand elsewhere, and is as read, or unread, as before.
    fn date(&mut self, entry: EntryId, claimed: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE entries SET claimed = ?2, n_dates = n_dates + 1 WHERE id = ?1")?
            .execute(params![entry.0, claimed.0])?;
        self.connection
            .prepare_cached(
                "UPDATE stories SET sort_at = (SELECT min(min(coalesce(e.claimed, e.first_seen), e.first_seen)) FROM entries e WHERE e.story_id = stories.id)
                 WHERE id = (SELECT story_id FROM entries WHERE id = ?1)",
            )?
            .execute([entry.0])?;
        self.changed.published = true;
        Ok(())
    }
}
