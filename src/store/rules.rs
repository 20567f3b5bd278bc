//! Rules and triggers as they are configured; stories that wait to be judged, and what was found; notices, each once.

use super::base::Store;
use crate::model::{StoryId, Timestamp};
use crate::notify::Notice;
use crate::records::{Judged, StoryChange};
use crate::rules::{Rule, Trigger};
use rusqlite::{OptionalExtension, params};

/// What was told is remembered so long, so that nothing is told twice; stories that are older are told no more.
const REMEMBERED_DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;

impl Store {
    /// Takes over rules and triggers. What a rule did that goes, or is another now, is undone at once; then all stories are
    /// judged anew behind the running service, the newest first.
    pub(super) fn watch(&mut self, rules: &[Rule], triggers: &[Trigger], now: Timestamp) -> rusqlite::Result<()> {
        let json = |rule: &Rule| (rule.name.clone(), serde_json::to_string(rule).unwrap_or_default());
        let new: Vec<(String, String)> = rules.iter().map(json).collect();
        let old: Vec<(String, String)> = {
            let mut all = self.connection.prepare_cached("SELECT name, rule FROM rules ORDER BY position")?;
            all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?
        };
        if old != new {
            for gone in old.iter().filter(|rule| !new.contains(rule)) {
                self.connection.execute("DELETE FROM rule_effects WHERE rule = ?", [&gone.0])?;
            }
            self.connection.execute("DELETE FROM rules", [])?;
            for (position, (name, rule)) in new.iter().enumerate() {
                self.connection.prepare_cached("INSERT INTO rules(name, position, rule) VALUES(?, ?, ?)")?.execute(params![
                    name,
                    position as i64,
                    rule
                ])?;
            }
            self.unstar_as_ruled(None, now)?;
            let turn = self.next_turn()?;
            if new.is_empty() {
                self.connection.execute("UPDATE unruled SET turn = ?", [turn])?;
            } else {
                self.connection.execute(
                    "INSERT INTO unruled SELECT id, 0, ? FROM stories WHERE redirect_to IS NULL
                     ON CONFLICT DO UPDATE SET turn = excluded.turn",
                    [turn],
                )?;
            }
            self.changed.published = true;
            self.changed.n_unruled += new.len();
        }
        self.take_triggers(triggers, now)?;
        if rules.is_empty() && triggers.is_empty() {
            self.connection.execute("DELETE FROM unruled", [])?;
        }
        self.is_watched = None;
        Ok(())
    }

    fn take_triggers(&mut self, triggers: &[Trigger], now: Timestamp) -> rusqlite::Result<()> {
        let known: Vec<String> = {
            let mut all = self.connection.prepare_cached("SELECT name FROM notifiers")?;
            all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        for gone in known.iter().filter(|name| !triggers.iter().any(|trigger| trigger.name == **name)) {
            let waiting = "SELECT count(*) FROM notices WHERE notifier = ? AND sent IS NULL";
            let n_waiting: i64 = self.connection.query_row(waiting, [gone], |row| row.get(0))?;
            if n_waiting > 0 {
                tracing::warn!(notify = gone, n_waiting, "nobody is told of what waited for a [[notify]] that is gone");
            }
            for table in ["notices", "deliveries"] {
                self.connection.execute(&format!("DELETE FROM {table} WHERE notifier = ?"), [gone])?;
            }
            self.connection.execute("DELETE FROM notifiers WHERE name = ?", [gone])?;
        }
        for trigger in triggers {
            self.connection
                .prepare_cached(
                    "INSERT INTO notifiers(name, what, since) VALUES(?, ?, ?)
                     ON CONFLICT DO UPDATE SET what = excluded.what, since = excluded.since WHERE what <> excluded.what",
                )?
                .execute(params![trigger.name, serde_json::to_string(trigger).unwrap_or_default(), now.0])?;
        }
        Ok(())
    }

    /// Whether anything is configured.
    fn is_watched(&mut self) -> rusqlite::Result<bool> {
        if self.is_watched.is_none() {
            let mut asked =
                self.connection.prepare_cached("SELECT EXISTS(SELECT 1 FROM rules) OR EXISTS(SELECT 1 FROM notifiers)")?;
            self.is_watched = Some(asked.query_row([], |row| row.get(0))?);
        }
        Ok(self.is_watched == Some(true))
    }

    /// A number that no story waited under before: what was found by then of one that is queued (again) is not taken.
    fn next_turn(&self) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached(
                "INSERT INTO meta(key, value) VALUES('last_turn', 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
            )?
            .query_row([], |row| row.get(0))
    }

    /// Notes the stories that the command founded or changed, to be judged.
    pub(super) fn queue_stories(&mut self) -> rusqlite::Result<()> {
        if self.changed.stories.is_empty() || !self.is_watched()? {
            return Ok(());
        }
        let turn = self.next_turn()?;
        let mut queue = self.connection.prepare_cached(
            "INSERT INTO unruled SELECT id, ?2, ?3 FROM stories WHERE id = ?1 AND redirect_to IS NULL
             ON CONFLICT DO UPDATE SET turn = excluded.turn",
        )?;
        for (story, change) in &self.changed.stories {
            let is_new = *change == StoryChange::Founded;
            if is_new || *change == StoryChange::Changed {
                self.changed.n_unruled += queue.execute(params![story.0, is_new, turn])?;
            }
        }
        Ok(())
    }

    /// The same of all stories of a feed, of which something else is said now.
    pub(super) fn queue_feed(&mut self, feed: i64) -> rusqlite::Result<()> {
        if self.is_watched()? {
            let turn = self.next_turn()?;
            self.changed.n_unruled += self
                .connection
                .prepare_cached(
                    "INSERT INTO unruled SELECT DISTINCT story_id, 0, ?2 FROM entries WHERE feed_id = ?1 AND story_id IS NOT NULL
                     ON CONFLICT DO UPDATE SET turn = excluded.turn",
                )?
                .execute([feed, turn])?;
        }
        Ok(())
    }

    /// Stores what was found of stories; one that changed meanwhile, or of which rules or feeds say something else now, is
    /// judged again.
    pub(super) fn judge(&mut self, verdicts: &[Judged], now: Timestamp) -> rusqlite::Result<()> {
        for judged in verdicts {
            let story = judged.story;
            let waiting: Option<(bool, i64, bool)> = self
                .connection
                .prepare_cached(
                    "SELECT u.is_new, s.first_seen, u.turn = ?2 AND s.updated = ?3 FROM unruled u JOIN stories s ON s.id = u.story_id
                     WHERE u.story_id = ?1 AND s.redirect_to IS NULL",
                )?
                .query_row([story.0, judged.turn, judged.version.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (is_new, first_seen) = match waiting {
                Some((is_new, first_seen, true)) => (is_new, first_seen),
                // Those after it wait too: apps that page by number would never come back to it.
                Some((true, _, false)) => break,
                Some((false, _, false)) | None => continue,
            };
            let changed = self.save_effects(story, &judged.verdict.rules, now)?;
            self.connection.prepare_cached("DELETE FROM unruled WHERE story_id = ?")?.execute([story.0])?;
            self.changed.published |= changed || is_new;
            if let Some(notice) = &judged.notice {
                for trigger in &judged.verdict.triggers {
                    self.tell(trigger, &format!("story {story}"), notice, Timestamp(first_seen), now)?;
                }
            }
        }
        Ok(())
    }

    /// Which rules hold for a story from now on; `true`: others than before.
    fn save_effects(&mut self, story: StoryId, holding: &[String], now: Timestamp) -> rusqlite::Result<bool> {
        let mut changed = 0;
        let before: Vec<String> = {
            let mut all = self.connection.prepare_cached("SELECT rule FROM rule_effects WHERE story_id = ?")?;
            all.query_map([story.0], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        for gone in before.iter().filter(|rule| !holding.contains(rule)) {
            changed += self
                .connection
                .prepare_cached("DELETE FROM rule_effects WHERE story_id = ? AND rule = ?")?
                .execute(params![story.0, gone])?;
        }
        for rule in holding.iter().filter(|rule| !before.contains(rule)) {
            // A rule that went meanwhile holds no more.
            changed += self
                .connection
                .prepare_cached("INSERT INTO rule_effects(story_id, rule, at) SELECT ?1, name, ?3 FROM rules WHERE name = ?2")?
                .execute(params![story.0, rule, now.0])?;
        }
        if changed > 0 {
            self.star_as_ruled(story, now)?;
            let stamp = self.stamp(now);
            self.connection.prepare_cached("UPDATE stories SET updated = ? WHERE id = ?")?.execute(params![stamp.0, story.0])?;
        }
        Ok(changed > 0)
    }

    /// Notes what somebody is to be told, once; what began before anybody wanted to be told is not.
    fn tell(&mut self, notifier: &str, subject: &str, notice: &Notice, began: Timestamp, now: Timestamp) -> rusqlite::Result<()> {
        if began.0 < now.0 - REMEMBERED_DAYS * DAY_MS {
            return Ok(());
        }
        let said = serde_json::to_string(notice).unwrap_or_default();
        self.changed.n_notices += self
            .connection
            .prepare_cached(
                "INSERT INTO notices(notifier, subject, said, made) SELECT name, ?2, ?3, ?4 FROM notifiers WHERE name = ?1 AND since <= ?5
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![notifier, subject, said, now.0, began.0])?;
        Ok(())
    }

    /// Tells whoever wants to know of feeds that a person should look at this one.
    pub(super) fn tell_of_feed(&mut self, feed: i64, name: &str, what: &str, now: Timestamp) -> rusqlite::Result<()> {
        if !self.is_watched()? {
            return Ok(());
        }
        let told: Vec<String> = {
            let mut all = self.connection.prepare_cached("SELECT name FROM notifiers WHERE json_extract(what, '$.feeds')")?;
            all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        let notice = Notice { title: name.to_owned(), sources: vec![what.to_owned()], ..Notice::default() };
        for notifier in told {
            self.tell(&notifier, &format!("feed {feed} {}", now.0), &notice, now, now)?;
        }
        Ok(())
    }

    /// Puts what waits for somebody on its way, as one delivery.
    pub(super) fn dispatch(&mut self, notifier: &str, token: &str, n: usize, now: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO deliveries(notifier, token, made, next_try) VALUES(?1, ?2, ?3, ?3)")?
            .execute(params![notifier, token, now.0])?;
        let delivery = self.connection.last_insert_rowid();
        let n_taken = self
            .connection
            .prepare_cached(
                "UPDATE notices SET delivery = ?1 WHERE id IN (SELECT id FROM notices WHERE notifier = ?2 AND delivery IS NULL ORDER BY id LIMIT ?3)",
            )?
            .execute(params![delivery, notifier, n as i64])?;
        if n_taken == 0 {
            self.connection.execute("DELETE FROM deliveries WHERE id = ?", [delivery])?;
        }
        Ok(())
    }

    /// A delivery came to its end: it arrived, or nobody will take it any more.
    pub(super) fn delivered(&mut self, delivery: i64, now: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE notices SET sent = ?2 WHERE delivery = ?1 AND sent IS NULL")?
            .execute(params![delivery, now.0])?;
        self.connection.prepare_cached("DELETE FROM deliveries WHERE id = ?")?.execute([delivery])?;
        self.connection.prepare_cached("DELETE FROM notices WHERE sent < ?")?.execute([now.0 - REMEMBERED_DAYS * DAY_MS])?;
        Ok(())
    }

    /// … or did not, and is tried again.
    pub(super) fn put_off(&mut self, delivery: i64, error: &str, next_try: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE deliveries SET n_tries = n_tries + 1, next_try = ?2, error = ?3 WHERE id = ?1")?
            .execute(params![delivery, next_try.0, error])?;
        Ok(())
    }
}
