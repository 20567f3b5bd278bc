//! Retention: stories that are old enough go with all their entries, in small batches; their keys stay.
//!
//! A story goes whole or not at all: it stays while one of its entries is young, while it is among the newest, and for ever
//! where a person has said a word of it, or starred it, or where a rule keeps it. One that rules are still to judge waits.

use super::base::{SearchChange, Store};
use super::read::Reader;
use super::rows::settings_of;
use crate::config::values::Keep;
use crate::model::{EntryId, Key, StoryId, Timestamp};
use crate::records::{Because, LookedAt, OldStory, Prunable, Retention, StoryChange};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// The database's size, and how it grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Growth {
    /// Bytes that are in use in the file; free ones are used again.
    pub used_bytes: u64,
    pub entries_a_day: f64,
    pub bytes_an_entry: f64,
    /// How large it will be when the oldest entry is as old as `store.keep` lets it become; `None`: it grows for ever.
    pub bytes_at_last: Option<u64>,
    pub n_pruned: i64,
}

impl Reader {
    /// Up to so many of the oldest stories that go by now, with at most about as many entries as may go in one commit.
    /// `after`: how far the batch before came; what stays is not looked at with each batch again.
    pub fn prunable(
        &self,
        policy: &Retention,
        n_entries: usize,
        now: Timestamp,
        after: Option<LookedAt>,
    ) -> rusqlite::Result<Option<Prunable>> {
        let of = |because| after.filter(|after| after.because == because);
        if of(Because::OfSize).is_none()
            && let Some(of_age) = self.oldest(policy, n_entries, Some(now), of(Because::OfAge))?
        {
            return Ok(Some(of_age));
        }
        if policy.max_bytes == 0 || self.used_bytes()? <= policy.max_bytes {
            return Ok(None);
        }
        self.oldest(policy, n_entries, None, of(Because::OfSize))
    }

    /// `now`: only what is older than is kept.
    fn oldest(
        &self,
        policy: &Retention,
        most: usize,
        now: Option<Timestamp>,
        after: Option<LookedAt>,
    ) -> rusqlite::Result<Option<Prunable>> {
        let limits = Limits::of(self, policy, now)?;
        let Some(latest) = limits.latest() else { return Ok(None) };
        let newest_kept: Option<i64> = match policy.keep_stories.checked_sub(1) {
            None => Some(i64::MAX),
            Some(n) => self
                .connection
                .prepare_cached(
                    "SELECT sort_at FROM stories WHERE redirect_to IS NULL ORDER BY sort_at DESC, id DESC LIMIT 1 OFFSET ?",
                )?
                .query_row([n as i64], |row| row.get(0))
                .optional()?,
        };
        // There are not more than are kept in any case.
        let Some(newest_kept) = newest_kept else { return Ok(None) };
        // By the index of first_seen, whose order is that of the batches.
        let mut all = self.connection.prepare_cached(
            "SELECT id, updated, first_seen FROM stories s
             WHERE redirect_to IS NULL AND (first_seen, id) > (?1, ?2) AND first_seen < ?3 AND +sort_at < ?4
               AND NOT EXISTS(SELECT 1 FROM items i WHERE i.story_id = s.id AND i.starred_at IS NOT NULL)
               AND NOT EXISTS(SELECT 1 FROM rule_effects x JOIN rules r ON r.name = x.rule WHERE x.story_id = s.id AND json_extract(r.rule, '$.keep'))
               AND NOT EXISTS(SELECT 1 FROM unruled u WHERE u.story_id = s.id)
             ORDER BY first_seen, id",
        )?;
        let mut members = self.connection.prepare_cached(
            "SELECT feed_id, first_seen, EXISTS(SELECT 1 FROM constraints WHERE undone IS NULL AND entry_a = e.id)
               OR EXISTS(SELECT 1 FROM constraints WHERE undone IS NULL AND entry_b = e.id) FROM entries e WHERE story_id = ?",
        )?;
        let because = if now.is_some() { Because::OfAge } else { Because::OfSize };
        let from = after.map_or((i64::MIN, i64::MIN), |after| (after.first_seen.0, after.story.0));
        let (mut stories, mut n_entries, mut n_looked_at, mut up_to) = (Vec::new(), 0, 0, None);
        let mut rows = all.query(params![from.0, from.1, latest, newest_kept])?;
        while let Some(row) = rows.next()? {
            let old = OldStory { story: StoryId(row.get(0)?), updated: Timestamp(row.get(1)?) };
            n_looked_at += 1;
            let (mut n_members, mut goes) = (0, true);
            let mut of_story = members.query([old.story.0])?;
            while let Some(row) = of_story.next()? {
                n_members += 1;
                goes &= row.get::<_, i64>(1)? < limits.of_feed(row.get(0)?) && !row.get::<_, bool>(2)?;
            }
            if goes && !stories.is_empty() && n_entries + n_members > most {
                break;
            }
            up_to = Some(LookedAt { because, first_seen: Timestamp(row.get(2)?), story: old.story });
            if goes {
                stories.push(old);
                n_entries += n_members;
            }
        }
        Ok(up_to.filter(|_| !stories.is_empty()).map(|up_to| Prunable { stories, n_entries, n_looked_at, up_to }))
    }

    /// In how many days of the month before yesterday was polled.
    pub fn days_polled_before(&self, now: Timestamp) -> rusqlite::Result<i64> {
        let hour = now.0 / 3_600_000;
        self.connection
            .prepare_cached("SELECT count(DISTINCT hour / 24) FROM poll_hours WHERE hour BETWEEN ? AND ?")?
            .query_row([hour - 30 * 24, hour - 24], |row| row.get(0))
    }

    /// Bytes in use.
    pub fn used_bytes(&self) -> rusqlite::Result<u64> {
        let of = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let used = (of("page_count")? - of("freelist_count")?) * of("page_size")?;
        Ok(u64::try_from(used).unwrap_or(0))
    }

    /// From when on retention removes anything: an older database is told so first.
    pub fn prunes_from(&self) -> rusqlite::Result<Option<Timestamp>> {
        let from = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE key = ?")?
            .query_row([PRUNES_FROM], |row| row.get(0))
            .optional()?;
        Ok(from.map(Timestamp))
    }

    pub fn growth(&self, policy: &Retention, now: Timestamp) -> rusqlite::Result<Growth> {
        const DAYS: i64 = 30;
        let since = now.0 - DAYS * 86_400_000;
        let (n_entries, oldest): (i64, Option<i64>) = self.connection.query_row(
            "SELECT (SELECT count(*) FROM entries), (SELECT min(first_seen) FROM stories)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let n_new: i64 = self.connection.query_row(
            "SELECT count(*) FROM stories WHERE redirect_to IS NULL AND first_seen > ?",
            [since],
            |row| row.get(0),
        )?;
        let n_stories: i64 =
            self.connection.query_row("SELECT count(*) FROM stories WHERE redirect_to IS NULL", [], |row| row.get(0))?;
        let n_pruned: i64 =
            self.connection.query_row("SELECT coalesce(sum(n_entries), 0) FROM pruned_feeds", [], |row| row.get(0))?;
        let used_bytes = self.used_bytes()?;
        let days = oldest.map_or(0.0, |oldest| ((now.0 - oldest.max(since)) as f64 / 86_400_000.0).max(1.0));
        let entries_a_story = n_entries as f64 / n_stories.max(1) as f64;
        let entries_a_day = if days > 0.0 { n_new as f64 * entries_a_story / days } else { 0.0 };
        let bytes_an_entry = if n_entries > 0 { used_bytes as f64 / n_entries as f64 } else { 0.0 };
        let by_age = policy.keep.map(|keep| (entries_a_day * bytes_an_entry * keep.as_secs_f64() / 86_400.0) as u64);
        let by_size = (policy.max_bytes > 0).then_some(policy.max_bytes);
        let bytes_at_last = [by_age, by_size].into_iter().flatten().min();
        Ok(Growth { used_bytes, entries_a_day, bytes_an_entry, bytes_at_last, n_pruned })
    }
}

/// Under which key of `meta` is from when on retention removes anything.
const PRUNES_FROM: &str = "prunes_from";

/// Entries of a feed that were first seen before its limit may go.
struct Limits {
    usual: i64,
    by_feed: HashMap<i64, i64>,
}

impl Limits {
    fn of(reader: &Reader, policy: &Retention, now: Option<Timestamp>) -> rusqlite::Result<Limits> {
        // Where the file is too large age is not asked for; only what a feed keeps for ever stays.
        let limit = |keep: Option<std::time::Duration>| match (now, keep) {
            (None, _) => i64::MAX,
            (Some(now), Some(keep)) => now.minus(keep).0,
            (Some(_), None) => i64::MIN,
        };
        let mut by_feed = HashMap::new();
        let mut own = reader
            .connection
            .prepare_cached("SELECT id, url, settings FROM feeds WHERE json_extract(settings, '$.keep') IS NOT NULL")?;
        let mut rows = own.query([])?;
        while let Some(row) = rows.next()? {
            let (url, settings): (String, String) = (row.get(1)?, row.get(2)?);
            let limit = match settings_of(&settings, &url).keep {
                Some(Keep::For(keep)) => limit(Some(keep)),
                Some(Keep::Forever) => i64::MIN,
                None => continue,
            };
            by_feed.insert(row.get(0)?, limit);
        }
        Ok(Limits { usual: limit(policy.keep), by_feed })
    }

    fn of_feed(&self, feed: i64) -> i64 {
        self.by_feed.get(&feed).copied().unwrap_or(self.usual)
    }

    /// The latest of all; `None`: nothing goes.
    fn latest(&self) -> Option<i64> {
        self.by_feed.values().copied().chain([self.usual]).max().filter(|latest| *latest > i64::MIN)
    }
}

impl Store {
    /// Retention removes from then on.
    pub(super) fn prune_from(&mut self, from: Timestamp) -> rusqlite::Result<()> {
        self.connection.execute(
            "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            params![PRUNES_FROM, from.0],
        )?;
        Ok(())
    }

    /// Removes stories with their entries, those left out that have changed since it was decided; returns how many went.
    pub(super) fn prune(&mut self, stories: &[OldStory], now: Timestamp) -> rusqlite::Result<usize> {
        let mut n_stories = 0;
        for old in stories {
            let as_it_was: bool = self
                .connection
                .prepare_cached("SELECT EXISTS(SELECT 1 FROM stories WHERE id = ? AND updated = ? AND redirect_to IS NULL)")?
                .query_row([old.story.0, old.updated.0], |row| row.get(0))?;
            if as_it_was && !self.is_corrected(old.story)? && !self.is_starred(old.story)? && !self.waits(old.story)? {
                self.prune_one(old.story)?;
                n_stories += 1;
            }
        }
        self.connection.prepare_cached("DELETE FROM hosts WHERE expires < ?")?.execute([now.0])?;
        if n_stories > 0 {
            // An index that is being built from the tables may have read them before this.
            self.epoch += 1;
            self.changed.published = true;
        }
        Ok(n_stories)
    }

    /// A person has said a word of one of its entries.
    fn is_corrected(&self, story: StoryId) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(
                "SELECT EXISTS(SELECT 1 FROM entries e JOIN constraints c ON c.entry_a = e.id WHERE e.story_id = ?1 AND c.undone IS NULL)
                   OR EXISTS(SELECT 1 FROM entries e JOIN constraints c ON c.entry_b = e.id WHERE e.story_id = ?1 AND c.undone IS NULL)",
            )?
            .query_row([story.0], |row| row.get(0))
    }

    /// It is still to be judged: a rule may keep it.
    fn waits(&self, story: StoryId) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM unruled WHERE story_id = ?)")?
            .query_row([story.0], |row| row.get(0))
    }

    fn prune_one(&mut self, story: StoryId) -> rusqlite::Result<()> {
        type Row = (i64, i64, Key, String, Option<i64>, i64);
        let members: Vec<Row> = self
            .connection
            .prepare_cached(
                "SELECT id, feed_id, key, title, article_id, max(coalesce(claimed, first_seen), first_seen) FROM entries WHERE story_id = ?",
            )?
            .query_map([story.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (entry, feed, key, title, article, at) in members {
            self.remember(entry, feed, &key, &title, at)?;
            // A document that was decided on what was there is taken in anew.
            self.connection.prepare_cached("UPDATE feeds SET revision = revision + 1 WHERE id = ?")?.execute([feed])?;
            self.searchable.retain(|text| text.entry.0 != entry);
            self.search(SearchChange::Delete(EntryId(entry)))?;
            for sql in [
                "DELETE FROM entry_addresses WHERE entry_id = ?",
                "DELETE FROM entry_bodies WHERE entry_id = ?",
                "DELETE FROM entries WHERE id = ?",
                "DELETE FROM moves WHERE said IN (SELECT said FROM corrections WHERE undone IS NOT NULL) AND entry_id = ?",
                "DELETE FROM constraints WHERE undone IS NOT NULL AND entry_a = ?",
                "DELETE FROM constraints WHERE undone IS NOT NULL AND entry_b = ?",
            ] {
                self.connection.prepare_cached(sql)?.execute([entry])?;
            }
            if let Some(article) = article {
                for sql in [
                    "DELETE FROM article_bodies WHERE article_id = ?1 AND NOT EXISTS(SELECT 1 FROM entries WHERE article_id = ?1)",
                    "DELETE FROM articles WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM entries WHERE article_id = ?1)",
                ] {
                    self.connection.prepare_cached(sql)?.execute([article])?;
                }
            }
            if let Some(index) = &mut self.index {
                index.remove(EntryId(entry));
            }
        }
        self.forget_items(story)?;
        for sql in ["DELETE FROM stories WHERE id = ?", "DELETE FROM stories WHERE redirect_to = ?"] {
            self.connection.prepare_cached(sql)?.execute([story.0])?;
        }
        self.changed.stories.push((story, StoryChange::Removed));
        Ok(())
    }
}
