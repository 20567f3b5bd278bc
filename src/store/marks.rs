//! What a person has read and starred, and the apps that may say so. An item is given with its story; it goes with it too.

use super::base::Store;
use crate::model::{FeedId, StoryId, Timestamp};
use crate::records::{App, Marking};
use rusqlite::{OptionalExtension, params};

/// Bits of `items.gave`.
const GAVE_READ: i64 = 1;
const GAVE_STAR: i64 = 2;
/// That no rule may star it.
const GAVE_REFUSAL: i64 = 4;
/// A star in the place of a refusal.
const ENDED_REFUSAL: i64 = 8;

/// `items.star_of`: whose word the star is, or its absence. 0: a person's star, or nobody has said anything.
const RULES_STAR: i64 = 1;
/// A person took the star away: no rule gives it again.
const REFUSED: i64 = 2;

/// A story on which a rule holds that stars.
const IS_TO_STAR: &str = "EXISTS(SELECT 1 FROM rule_effects x JOIN rules r ON r.name = x.rule
    WHERE x.story_id = items.story_id AND json_extract(r.rule, '$.star'))";

impl Store {
    /// Marks stories; returns how many were not so before. Numbers that mean no story are passed over.
    pub(super) fn mark(&mut self, stories: &[StoryId], marking: Marking, now: Timestamp) -> rusqlite::Result<usize> {
        let mut n_stories = 0;
        {
            let mut mark = self.connection.prepare_cached(&format!(
                "UPDATE items SET marked = ?4,
                   read_at = CASE ?2 WHEN 1 THEN coalesce(read_at, ?4) WHEN 0 THEN NULL ELSE read_at END,
                   starred_at = CASE ?3 WHEN 1 THEN coalesce(starred_at, ?4) WHEN 0 THEN NULL ELSE starred_at END,
                   star_of = CASE WHEN ?3 = 0 AND starred_at IS NOT NULL THEN {REFUSED} WHEN ?3 = 1 THEN 0 ELSE star_of END
                 WHERE story_id = (SELECT coalesce(redirect_to, id) FROM stories WHERE id = ?1)
                   AND ((read_at IS NOT NULL) <> ?2 OR (starred_at IS NOT NULL) <> ?3)"
            ))?;
            // Who stars what a rule has starred means it.
            let mut confirm = self.connection.prepare_cached(&format!(
                "UPDATE items SET star_of = 0
                 WHERE story_id = (SELECT coalesce(redirect_to, id) FROM stories WHERE id = ?) AND star_of = {RULES_STAR}"
            ))?;
            for story in stories {
                n_stories += mark.execute(params![story.0, marking.read, marking.starred, now.0])?;
                if marking.starred == Some(true) {
                    confirm.execute([story.0])?;
                }
            }
        }
        // Outputs may ask for it.
        self.changed.published |= n_stories > 0;
        Ok(n_stories)
    }

    /// Stars a story as the rules that hold for it want it, if nobody has said otherwise.
    pub(super) fn star_as_ruled(&mut self, story: StoryId, now: Timestamp) -> rusqlite::Result<()> {
        self.unstar_as_ruled(Some(story), now)?;
        self.connection
            .prepare_cached(&format!(
                "UPDATE items SET starred_at = ?2, marked = ?2, star_of = {RULES_STAR}
                 WHERE story_id = ?1 AND starred_at IS NULL AND star_of <> {REFUSED} AND {IS_TO_STAR}"
            ))?
            .execute([story.0, now.0])?;
        Ok(())
    }

    /// Takes away the stars of rules that hold no more, of one story or of all.
    pub(super) fn unstar_as_ruled(&mut self, story: Option<StoryId>, now: Timestamp) -> rusqlite::Result<()> {
        let which = if story.is_some() { "story_id = ?1" } else { "?1 IS NULL" };
        self.connection
            .prepare_cached(&format!(
                "UPDATE items SET starred_at = NULL, marked = ?2, star_of = 0 WHERE {which} AND star_of = {RULES_STAR} AND NOT {IS_TO_STAR}"
            ))?
            .execute(params![story.map(|story| story.0), now.0])?;
        Ok(())
    }

    /// A story can be seen from now on, under the feed that tells it.
    pub(super) fn show(&mut self, story: StoryId, feed: FeedId) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO items(story_id, shown, feed_id) VALUES(?1, max(1000 * ?2, coalesce((SELECT shown + 1 FROM items ORDER BY story_id DESC LIMIT 1), 0)), ?3)",
            )?
            .execute(params![story.0, self.now.0, feed.0])?;
        Ok(())
    }

    /// A story was merged into another, or stands for itself again.
    pub(super) fn hide(&mut self, story: StoryId, hidden: bool) -> rusqlite::Result<()> {
        self.connection.prepare_cached("UPDATE items SET hidden = ?2 WHERE story_id = ?1")?.execute(params![story.0, hidden])?;
        Ok(())
    }

    /// What was read or starred of a story that was merged is so of the other.
    pub(super) fn hand_on(&mut self, from: StoryId, to: StoryId) -> rusqlite::Result<()> {
        self.give(from, to, "read_at", GAVE_READ)?;
        self.hand_on_star(from, to)
    }

    /// The star alone.
    pub(super) fn hand_on_star(&mut self, from: StoryId, to: StoryId) -> rusqlite::Result<()> {
        let of =
            |star_of: i64, story: &str| format!("EXISTS(SELECT 1 FROM items WHERE story_id = {story} AND star_of = {star_of})");
        let asked = format!("SELECT {}, {}, {}", of(RULES_STAR, "?1"), of(REFUSED, "?1"), of(REFUSED, "?2"));
        let (rules, refused, other_refuses): (bool, bool, bool) = self
            .connection
            .prepare_cached(&asked)?
            .query_row([from.0, to.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if refused {
            return self.hand_on_refusal(from, to);
        }
        // A rule's star stays behind where a person took the other's away.
        if rules && other_refuses {
            return Ok(());
        }
        if self.give(from, to, "starred_at", GAVE_STAR)? {
            self.connection
                .prepare_cached("UPDATE items SET star_of = (SELECT star_of FROM items WHERE story_id = ?1) WHERE story_id = ?2")?
                .execute([from.0, to.0])?;
            if other_refuses {
                self.note_given(from, ENDED_REFUSAL)?;
            }
        }
        Ok(())
    }

    /// A person took the star of a story away: no rule stars the other either, unless a person has.
    fn hand_on_refusal(&mut self, from: StoryId, to: StoryId) -> rusqlite::Result<()> {
        let now = self.now.0;
        let given = self
            .connection
            .prepare_cached(&format!(
                "UPDATE items SET starred_at = NULL, star_of = {REFUSED}, marked = ?2
                 WHERE story_id = ?1 AND (star_of = {RULES_STAR} OR star_of = 0 AND starred_at IS NULL)"
            ))?
            .execute([to.0, now])?;
        if given > 0 { self.note_given(from, GAVE_REFUSAL) } else { Ok(()) }
    }

    fn note_given(&self, story: StoryId, bit: i64) -> rusqlite::Result<()> {
        self.connection.prepare_cached("UPDATE items SET gave = gave | ?2 WHERE story_id = ?1")?.execute([story.0, bit]).map(drop)
    }

    /// `true`: the other had none.
    fn give(&mut self, from: StoryId, to: StoryId, column: &str, bit: i64) -> rusqlite::Result<bool> {
        let now = self.now.0;
        let given = self
            .connection
            .prepare_cached(&format!(
                "UPDATE items SET {column} = (SELECT {column} FROM items WHERE story_id = ?1), marked = ?3
                 WHERE story_id = ?2 AND {column} IS NULL AND EXISTS(SELECT 1 FROM items WHERE story_id = ?1 AND {column} IS NOT NULL)"
            ))?
            .execute(params![from.0, to.0, now])?;
        if given > 0 {
            self.note_given(from, bit)?;
        }
        Ok(given > 0)
    }

    /// A merge is undone: the story stands for itself again as it was, and the other is without what it got by it.
    pub(super) fn take_back(&mut self, story: StoryId, from: StoryId) -> rusqlite::Result<()> {
        let now = self.now.0;
        for (column, bit) in [("read_at", GAVE_READ), ("starred_at", GAVE_STAR)] {
            self.connection
                .prepare_cached(&format!(
                    "UPDATE items SET {column} = NULL, marked = ?4 WHERE story_id = ?2
                       AND EXISTS(SELECT 1 FROM items g WHERE g.story_id = ?1 AND g.gave & ?3 <> 0 AND g.{column} = items.{column})"
                ))?
                .execute([story.0, from.0, bit, now])?;
        }
        // A star that is not there any more leaves the word that it had taken the place of; a refusal goes with who brought it.
        for (bit, was, is_now) in [(GAVE_REFUSAL, REFUSED, 0), (ENDED_REFUSAL, 0, REFUSED)] {
            self.connection
                .prepare_cached(&format!(
                    "UPDATE items SET star_of = ?4 WHERE story_id = ?2 AND star_of = ?3 AND starred_at IS NULL
                       AND EXISTS(SELECT 1 FROM items g WHERE g.story_id = ?1 AND g.gave & {bit} <> 0)"
                ))?
                .execute([story.0, from.0, was, is_now])?;
        }
        self.star_as_ruled(from, self.now)?;
        self.connection.prepare_cached("UPDATE items SET gave = 0 WHERE story_id = ?")?.execute([story.0])?;
        self.hide(story, false)
    }

    /// Items of a feed that is no longer subscribed are listed under another that tells them, where there is one.
    pub(super) fn rehome(&mut self, feed: FeedId) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE items SET feed_id = coalesce((SELECT e.feed_id FROM entries e JOIN feeds f ON f.id = e.feed_id
                   WHERE e.story_id = items.story_id AND f.subscribed = 1 ORDER BY e.joined, e.id LIMIT 1), feed_id) WHERE feed_id = ?",
            )?
            .execute([feed.0])?;
        Ok(())
    }

    /// A feed tells a story from now on, which is listed under it where the feed that has it is no longer subscribed.
    pub(super) fn list_under(&mut self, story: StoryId, feed: FeedId) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE items SET feed_id = ?2 WHERE story_id = ?1 AND EXISTS(SELECT 1 FROM feeds WHERE id = ?2 AND subscribed = 1)
                   AND NOT EXISTS(SELECT 1 FROM feeds WHERE id = items.feed_id AND subscribed = 1)",
            )?
            .execute([story.0, feed.0])?;
        Ok(())
    }

    /// A feed is subscribed again: what it tells is listed under it where no subscribed feed has it.
    pub(super) fn list_again(&mut self, feed: FeedId) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE items SET feed_id = ?1
                 WHERE story_id IN (SELECT story_id FROM entries WHERE feed_id = ?1 AND story_id IS NOT NULL)
                   AND NOT EXISTS(SELECT 1 FROM feeds WHERE id = items.feed_id AND subscribed = 1)",
            )?
            .execute([feed.0])?;
        Ok(())
    }

    /// The items of a story that goes, and of those that were merged into it.
    pub(super) fn forget_items(&mut self, story: StoryId) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "DELETE FROM items WHERE story_id = ?1 OR story_id IN (SELECT id FROM stories WHERE redirect_to = ?1)",
            )?
            .execute([story.0])?;
        Ok(())
    }

    pub(super) fn is_starred(&self, story: StoryId) -> rusqlite::Result<bool> {
        let starred = self
            .connection
            .prepare_cached("SELECT starred_at IS NOT NULL FROM items WHERE story_id = ?")?
            .query_row([story.0], |row| row.get(0))
            .optional()?;
        Ok(starred.unwrap_or(false))
    }

    /// `false`: an app of this name is there, and stays as it is.
    pub(super) fn add_app(&mut self, app: &App, now: Timestamp) -> rusqlite::Result<bool> {
        let added = self.connection.execute(
            "INSERT INTO apps(name, password, auth, fever, added) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            params![app.name, app.password, app.auth, app.fever, now.0],
        )?;
        Ok(added == 1)
    }

    /// `false`: there is none of this name.
    pub(super) fn remove_app(&mut self, name: &str) -> rusqlite::Result<bool> {
        Ok(self.connection.execute("DELETE FROM apps WHERE name = ?", [name])? == 1)
    }
}
