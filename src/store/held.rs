//! Which rules hold for a story, as it was found, and who tells it.

use super::read::Reader;
use super::rows::{feed_name, settings_of};
use crate::model::{StoryId, Timestamp};
use crate::rules::Rule;

/// Tags and names of a story's feeds.
pub(super) struct Tellers {
    pub tags: Vec<String>,
    /// Name and address of each.
    pub names: Vec<(String, String)>,
    /// The names of those that anybody may know.
    pub public: Vec<String>,
}

impl Reader {
    /// The rules that are in force, in their order.
    pub fn rules(&self) -> rusqlite::Result<Vec<Rule>> {
        let mut all = self.connection.prepare_cached("SELECT rule FROM rules ORDER BY position")?;
        let rules = all.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        // What another version wrote is taken over anew by its next start.
        Ok(rules.iter().filter_map(|rule| serde_json::from_str(rule).ok()).collect())
    }

    /// Which of the rules hold for a story, and since when.
    pub fn rules_of<'a>(&self, story: StoryId, rules: &'a [Rule]) -> rusqlite::Result<Vec<(&'a Rule, Timestamp)>> {
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = self.connection.prepare_cached("SELECT rule, at FROM rule_effects WHERE story_id = ?")?;
        let held: Vec<(String, i64)> =
            all.query_map([story.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let of = |rule: &'a Rule| held.iter().find(|(name, _)| *name == rule.name).map(|(_, at)| (rule, Timestamp(*at)));
        Ok(rules.iter().filter_map(of).collect())
    }

    /// Whether a new story is still to be judged.
    pub(super) fn is_unruled(&self, story: StoryId) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM unruled WHERE story_id = ? AND is_new)")?
            .query_row([story.0], |row| row.get(0))
    }

    pub(super) fn tellers(&self, story: StoryId) -> rusqlite::Result<Tellers> {
        let mut feeds = self.connection.prepare_cached(
            "SELECT DISTINCT f.settings, f.url, f.title, f.private FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.story_id = ?",
        )?;
        let mut tellers = Tellers { tags: Vec::new(), names: Vec::new(), public: Vec::new() };
        let mut rows = feeds.query([story.0])?;
        while let Some(row) = rows.next()? {
            let (settings, url, title): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let settings = settings_of(&settings, &url);
            let name = feed_name(settings.title.as_deref().or(title.as_deref()), &url);
            if !row.get::<_, bool>(3)? {
                tellers.public.push(name.clone());
            }
            tellers.names.push((name, url));
            tellers.tags.extend(settings.tags);
        }
        Ok(tellers)
    }
}
