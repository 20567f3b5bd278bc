//! A person's word: stories split and merged by hand, and that undone. What was said is kept as facts on entries, which
//! every later assignment obeys.

use super::base::Store;
use super::faces::refresh_story;
use super::settle::rung_name;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::records::{Corrected, Correction};
use crate::story::{Evidence, Rung};
use rusqlite::{OptionalExtension, params};

/// Pairs that one correction may write: stories by hand are small.
const MAX_PAIRS: usize = 100_000;

impl Store {
    /// Carries a correction out. The inner error says, for the person, why it cannot be; then nothing was changed.
    pub(super) fn correct(&mut self, correction: &Correction, now: Timestamp) -> rusqlite::Result<Result<Corrected, String>> {
        let corrected = match correction {
            Correction::Split { story, entries } => self.split(*story, entries, now)?,
            Correction::Merge { into, from } => self.merge(*into, *from, now)?,
            Correction::Undo => self.undo(now)?,
        };
        if corrected.is_ok() {
            self.changed.published = true;
            // An index that is being built from the tables may have read them before this.
            self.epoch += 1;
        }
        Ok(corrected)
    }

    fn split(&mut self, story: StoryId, entries: &[EntryId], now: Timestamp) -> rusqlite::Result<Result<Corrected, String>> {
        let members = self.members(story)?;
        if members.is_empty() {
            return Ok(Err(format!("there is no story {story}")));
        }
        if let Some(stranger) = entries.iter().find(|entry| !members.contains(entry)) {
            return Ok(Err(format!("entry {stranger} is not in story {story}")));
        }
        let mut out = entries.to_vec();
        out.sort_unstable();
        out.dedup();
        let stay: Vec<EntryId> = members.into_iter().filter(|entry| !out.contains(entry)).collect();
        let Some(first) = out.first().copied() else { return Ok(Err("no entry is named".into())) };
        if stay.is_empty() {
            return Ok(Err(format!("these are all entries of story {story}: nothing would be left of it")));
        }
        if out.len() * stay.len() > MAX_PAIRS {
            return Ok(Err(format!("story {story} is too large to be split by hand")));
        }
        let what = format!("split {} from story {story}", counted(out.len()));
        let said = self.say(&what, now)?;
        for leaving in &out {
            for staying in &stay {
                self.constrain("cannot", *leaving, *staying, said)?;
            }
            if *leaving != first {
                self.constrain("must", *leaving, first, said)?;
            }
        }
        let new = self.found_another(first, now)?;
        self.move_all(&out, new, &format!("a person split it from story {story}"), said)?;
        refresh_story(self, story, now)?;
        refresh_story(self, new, now)?;
        Ok(Ok(Corrected { what: format!("{what}; it is story {new} now"), stories: vec![story, new] }))
    }

    fn merge(&mut self, into: StoryId, from: StoryId, now: Timestamp) -> rusqlite::Result<Result<Corrected, String>> {
        if into == from {
            return Ok(Err(format!("story {into} is one story already")));
        }
        let (hosts, guests) = (self.members(into)?, self.members(from)?);
        for (story, members) in [(into, &hosts), (from, &guests)] {
            if members.is_empty() {
                return Ok(Err(format!("there is no story {story}")));
            }
        }
        if hosts.len() * guests.len() > MAX_PAIRS {
            return Ok(Err(format!("stories {into} and {from} are too large to be merged by hand")));
        }
        let what = format!("merged story {from} into story {into}");
        let said = self.say(&what, now)?;
        for guest in &guests {
            for host in &hosts {
                self.supersede("cannot", *guest, *host, said)?;
            }
            if let Some(host) = hosts.first() {
                self.constrain("must", *guest, *host, said)?;
            }
        }
        self.move_all(&guests, into, &format!("a person merged story {from} into this one"), said)?;
        self.leave_story(from, into, now)?;
        refresh_story(self, into, now)?;
        Ok(Ok(Corrected { what, stories: vec![into] }))
    }

    fn undo(&mut self, now: Timestamp) -> rusqlite::Result<Result<Corrected, String>> {
        let last: Option<(i64, String)> = self
            .connection
            .prepare_cached("SELECT said, what FROM corrections WHERE undone IS NULL ORDER BY said DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((said, what)) = last else { return Ok(Err("nothing was corrected by hand that is not undone".into())) };
        let stamp = self.stamp(now).0;
        self.connection.prepare_cached("UPDATE corrections SET undone = ?2 WHERE said = ?1")?.execute([said, stamp])?;
        self.connection
            .prepare_cached("UPDATE constraints SET undone = ?2 WHERE said = ?1 AND undone IS NULL")?
            .execute([said, stamp])?;
        // What it contradicted holds again.
        self.connection
            .prepare_cached("UPDATE constraints SET undone = NULL WHERE undone = ?1 AND said <> ?1")?
            .execute([said])?;
        // A story that was purged meanwhile is not there to go back to: who came from it stays where it is.
        let moves: Vec<(i64, i64, Option<i64>)> = self
            .connection
            .prepare_cached(
                "SELECT m.entry_id, m.from_story, e.story_id FROM moves m JOIN entries e ON e.id = m.entry_id
                 JOIN stories s ON s.id = m.from_story WHERE m.said = ?",
            )?
            .query_map([said], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut changed = Vec::new();
        for (entry, from, current) in &moves {
            self.connection
                .prepare_cached(
                    "UPDATE entries SET story_id = ?2, joined = ?3, (rung, evidence, duplicate_of) =
                       (SELECT rung, evidence, duplicate_of FROM moves WHERE said = ?4 AND entry_id = ?1) WHERE id = ?1",
                )?
                .execute([*entry, *from, stamp, said])?;
            if let Some(index) = &mut self.index {
                index.reassign(EntryId(*entry), StoryId(*from));
            }
            changed.push(StoryId(*from));
            changed.extend(current.map(StoryId));
        }
        changed.sort_unstable();
        changed.dedup();
        let back = moves.first().map(|(_, from, _)| StoryId(*from));
        for story in &changed {
            if !self.members(*story)?.is_empty() {
                let redirected: Option<i64> = self
                    .connection
                    .prepare_cached("SELECT redirect_to FROM stories WHERE id = ?")?
                    .query_row([story.0], |row| row.get(0))?;
                if let Some(to) = redirected {
                    self.take_back(*story, StoryId(to))?;
                }
                self.connection.prepare_cached("UPDATE stories SET redirect_to = NULL WHERE id = ?")?.execute([story.0])?;
                refresh_story(self, *story, now)?;
            } else if let Some(back) = back {
                // What was said before the correction holds again: only a star that was given since goes with it.
                if self.redirect_left(*story, back, now)? {
                    self.hand_on_star(*story, back)?;
                }
            }
        }
        let stories = changed.into_iter().filter(|story| self.members(*story).is_ok_and(|members| !members.is_empty())).collect();
        Ok(Ok(Corrected { what: format!("undone: {what}"), stories }))
    }

    /// Notes a correction; its time names it.
    fn say(&mut self, what: &str, now: Timestamp) -> rusqlite::Result<i64> {
        let said = self.stamp(now).0;
        self.connection.prepare_cached("INSERT INTO corrections(said, what) VALUES(?, ?)")?.execute(params![said, what])?;
        Ok(said)
    }

    /// The newer word beats an older one that says the contrary.
    fn constrain(&mut self, kind: &str, a: EntryId, b: EntryId, said: i64) -> rusqlite::Result<()> {
        self.supersede(if kind == "must" { "cannot" } else { "must" }, a, b, said)?;
        self.connection
            .prepare_cached("INSERT INTO constraints(kind, entry_a, entry_b, said) VALUES(?, ?, ?, ?)")?
            .execute(params![kind, a.0, b.0, said])?;
        Ok(())
    }

    fn supersede(&mut self, kind: &str, a: EntryId, b: EntryId, said: i64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE constraints SET undone = ?4 WHERE undone IS NULL AND kind = ?1 AND entry_a = ?2 AND entry_b = ?3
                   OR undone IS NULL AND kind = ?1 AND entry_a = ?3 AND entry_b = ?2",
            )?
            .execute(params![kind, a.0, b.0, said])?;
        Ok(())
    }

    /// In the order in which they joined.
    pub(super) fn members(&self, story: StoryId) -> rusqlite::Result<Vec<EntryId>> {
        let mut all = self.connection.prepare_cached("SELECT id FROM entries WHERE story_id = ? ORDER BY joined, id")?;
        all.query_map([story.0], |row| row.get(0).map(EntryId))?.collect()
    }

    fn move_all(&mut self, entries: &[EntryId], to: StoryId, why: &str, said: i64) -> rusqlite::Result<()> {
        let evidence = Evidence { why: why.to_owned(), ..Evidence::default() };
        let evidence = serde_json::to_string(&evidence).unwrap_or_default();
        for entry in entries {
            self.connection
                .prepare_cached(
                    "INSERT INTO moves(said, entry_id, from_story, rung, evidence, duplicate_of)
                     SELECT ?2, id, story_id, rung, evidence, duplicate_of FROM entries WHERE id = ?1",
                )?
                .execute([entry.0, said])?;
            self.connection
                .prepare_cached(
                    "UPDATE entries SET story_id = ?2, rung = ?3, evidence = ?4, duplicate_of = NULL, joined = ?5 WHERE id = ?1",
                )?
                .execute(params![entry.0, to.0, rung_name(Rung::Person), evidence, said])?;
            if let Some(index) = &mut self.index {
                index.reassign(*entry, to);
            }
        }
        Ok(())
    }
}

fn counted(n: usize) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}
