//! A later look at stories: what the story index proposes once it knows more is carried out here, as part of one command.
//!
//! What a person or an address placed stays, and so does what its feed compares by less than its story. A story that is
//! merged redirects for ever; a member that is let go founds another story. A person undoes either by `story split` and
//! `story merge`, whose word later looks obey.

use super::base::Store;
use super::faces::refresh_story;
use super::read::Reader;
use super::rows::settings_of;
use super::settle::rung_name;
use crate::model::{Dedupe, EntryId, StoryId, Timestamp};
use crate::story::{Evidence, MODEL_VERSION, Revision, Rung};
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;

/// Under which key of `meta` stands until when stories began that were looked at when their time was over.
const LOOKED_UNTIL: &str = "looked_until";

impl Reader {
    /// Stories that began before this have been looked at when their time was over; `None` in a database in which none was.
    pub fn looked_until(&self) -> rusqlite::Result<Option<Timestamp>> {
        let mut asked = self.connection.prepare_cached("SELECT value FROM meta WHERE key = ?")?;
        asked.query_row([LOOKED_UNTIL], |row| row.get(0).map(Timestamp)).optional()
    }

    /// Stories of several feeds that began after `after` and no later than `until`, the earliest first, with when they began.
    pub fn began_between(&self, after: Timestamp, until: Timestamp, limit: usize) -> rusqlite::Result<Vec<(StoryId, Timestamp)>> {
        let mut asked = self.connection.prepare_cached(
            "SELECT id, sort_at FROM stories WHERE redirect_to IS NULL AND sort_at > ? AND sort_at <= ? AND n_sources > 1
             ORDER BY sort_at, id LIMIT ?",
        )?;
        let rows =
            asked.query_map(params![after.0, until.0, limit as i64], |row| Ok((StoryId(row.get(0)?), Timestamp(row.get(1)?))))?;
        rows.collect()
    }
}

impl Store {
    /// Looks at the stories again: those that `grew` if it is worth it, those that `end` in any case. Without an index
    /// nothing is done. `default`: how a feed that says nothing of it is compared. `until`: see [`Reader::looked_until`].
    pub(super) fn look_again(
        &mut self,
        (grew, end): (&[StoryId], &[StoryId]),
        default: Dedupe,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        for (story, grown) in grew.iter().map(|story| (*story, true)).chain(end.iter().map(|story| (*story, false))) {
            let Some(index) = &self.index else { return Ok(()) };
            if grown && !index.is_to_be_looked_at(story) {
                continue;
            }
            let failed = RefCell::new(None);
            let fixed = |entry: EntryId| {
                self.is_fixed(entry, default).unwrap_or_else(|error| {
                    failed.replace(Some(error));
                    true
                })
            };
            let found = index.look_again(story, &fixed);
            if let Some(error) = failed.into_inner() {
                return Err(error);
            }
            for revision in found {
                match revision {
                    Revision::Merge { from, into, evidence } => self.merge_later(from, into, &evidence, default, now)?,
                    Revision::LetGo { from, entry, evidence } => self.let_go(from, entry, &evidence, now)?,
                }
            }
        }
        if let Some(until) = until {
            self.connection
                .prepare_cached("INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")?
                .execute(params![LOOKED_UNTIL, until.0])?;
        }
        Ok(())
    }

    /// Whether an entry stays where it is: a person or an address placed it, a person said something of it, or its feed is
    /// compared by less than the story.
    fn is_fixed(&self, entry: EntryId, default: Dedupe) -> rusqlite::Result<bool> {
        let mut asked = self.connection.prepare_cached(
            "SELECT e.rung IN ('address', 'person') OR EXISTS(SELECT 1 FROM constraints WHERE undone IS NULL AND entry_a = e.id)
               OR EXISTS(SELECT 1 FROM constraints WHERE undone IS NULL AND entry_b = e.id), f.settings, f.url
             FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.id = ?",
        )?;
        let found: Option<(Option<bool>, String, String)> =
            asked.query_row([entry.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        Ok(found.is_none_or(|(fixed, settings, url)| {
            fixed.unwrap_or(true) || settings_of(&settings, &url).dedupe.unwrap_or(default) < Dedupe::Story
        }))
    }

    fn merge_later(
        &mut self,
        from: StoryId,
        into: StoryId,
        evidence: &Evidence,
        default: Dedupe,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        // Members that the index does not know any more count as well.
        let moving = self.members(from)?;
        for entry in moving.iter().chain(&self.members(into)?) {
            if self.is_fixed(*entry, default)? {
                return Ok(());
            }
        }
        for entry in moving {
            self.move_later(entry, into, evidence, true, now)?;
        }
        self.leave_story(from, into, now)?;
        refresh_story(self, into, now)?;
        tracing::info!(story = into.0, merged = from.0, why = evidence.why, "a later look merged two stories");
        Ok(())
    }

    fn let_go(&mut self, from: StoryId, entry: EntryId, evidence: &Evidence, now: Timestamp) -> rusqlite::Result<()> {
        let new = self.found_another(entry, now)?;
        self.move_later(entry, new, evidence, false, now)?;
        refresh_story(self, from, now)?;
        refresh_story(self, new, now)?;
        tracing::info!(story = from.0, founded = new.0, entry = entry.0, why = evidence.why, "a later look let an entry go");
        Ok(())
    }

    /// `with_its_own`: what it is a copy of goes with it.
    fn move_later(
        &mut self,
        entry: EntryId,
        to: StoryId,
        evidence: &Evidence,
        with_its_own: bool,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        let stamp = self.stamp(now);
        self.connection
            .prepare_cached(
                "UPDATE entries SET story_id = ?2, rung = ?3, evidence = ?4, duplicate_of = iif(?7, duplicate_of, NULL), model = ?5, joined = ?6 WHERE id = ?1",
            )?
            .execute(params![
                entry.0,
                to.0,
                rung_name(Rung::Story),
                serde_json::to_string(evidence).unwrap_or_default(),
                MODEL_VERSION,
                stamp.0,
                with_its_own,
            ])?;
        if let Some(index) = &mut self.index {
            index.reassign(entry, to);
        }
        self.changed.published = true;
        // An index that is being built from the tables may have read them before this.
        self.epoch += 1;
        Ok(())
    }
}
