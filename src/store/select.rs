//! Which stories a query finds, and in which order.

use super::dictionaries::BEST_BODY;
use super::read::Reader;
use super::rows::{feed_name, settings_of};
use crate::article;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::query::{Order, Query, State, Words};
use rusqlite::Row;
use std::cmp::Reverse;
use std::collections::HashSet;

/// Which stories are wanted, in the order that the query asks for.
#[derive(Clone, Debug)]
pub struct Selection {
    pub query: Query,
    /// First seen at or after.
    pub since: Option<Timestamp>,
    pub limit: usize,
}

impl Default for Selection {
    fn default() -> Selection {
        Selection { query: Query::default(), since: None, limit: 100 }
    }
}

impl Selection {
    /// A query's age is told from `now`.
    pub fn of(query: Query, limit: usize, now: Timestamp) -> Selection {
        Selection { since: query.since.map(|age| now.minus(age)), query, limit }
    }
}

/// Stories whose text is checked at most for one search: beyond it an unselective one stops instead of reading the
/// whole database.
const MAX_CHECKED: usize = 20_000;

/// The columns of [`Face`], of the stories `s`.
const FACE: &str = "s.id, s.sort_at, s.first_seen, s.n_sources, s.language";
const FACE_COLUMNS: usize = 5;

/// What a story is selected by.
struct Face {
    story: StoryId,
    sort_at: i64,
    first_seen: i64,
    n_sources: i64,
    language: Option<String>,
}

impl Face {
    fn read(row: &Row) -> rusqlite::Result<Face> {
        Ok(Face {
            story: StoryId(row.get(0)?),
            sort_at: row.get(1)?,
            first_seen: row.get(2)?,
            n_sources: row.get(3)?,
            language: row.get(4)?,
        })
    }
}

impl Reader {
    /// The ids of the stories of a selection, in its order.
    pub fn select(&self, selection: &Selection) -> rusqlite::Result<Vec<StoryId>> {
        match selection.query.words.expression() {
            Some(expression) => self.search(selection, &expression),
            None => self.walk(selection),
        }
    }

    /// All stories in order, until there are enough: most selections take most stories.
    fn walk(&self, selection: &Selection) -> rusqlite::Result<Vec<StoryId>> {
        let order = match selection.query.order {
            Order::Newest => "sort_at DESC, id DESC",
            Order::Oldest => "sort_at, id",
            Order::Sources => "n_sources DESC, sort_at DESC, id DESC",
        };
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT {FACE}, s.representative FROM stories s WHERE s.redirect_to IS NULL ORDER BY {order}"
        ))?;
        let mut rows = all.query([])?;
        let (mut found, mut n_checked) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            if found.len() >= selection.limit || n_checked >= MAX_CHECKED {
                break;
            }
            let face = Face::read(row)?;
            if !self.fits(&face, selection)? {
                continue;
            }
            if !selection.query.words.is_empty() {
                n_checked += 1;
                if !self.entry_matches(EntryId(row.get(FACE_COLUMNS)?), &selection.query.words)? {
                    continue;
                }
            }
            found.push(face.story);
        }
        Ok(found)
    }

    /// The newest entries that hold the words first; a story is as new as its newest matching entry, then put in order.
    fn search(&self, selection: &Selection, expression: &str) -> rusqlite::Result<Vec<StoryId>> {
        let order = selection.query.order;
        let direction = if order == Order::Oldest { "ASC" } else { "DESC" };
        let mut hits = self.connection.prepare_cached(&format!(
            "SELECT {FACE}, e.id FROM search x JOIN entries e ON e.id = x.rowid JOIN stories s ON s.id = e.story_id
             WHERE search MATCH ? ORDER BY x.rowid {direction} LIMIT {MAX_CHECKED}"
        ))?;
        let mut rows = hits.query([expression])?;
        let mut ordered: Vec<Face> = Vec::new();
        let mut seen: HashSet<StoryId> = HashSet::new();
        while let Some(row) = rows.next()? {
            let face = Face::read(row)?;
            if seen.contains(&face.story) || !self.fits(&face, selection)? {
                continue;
            }
            if self.entry_matches(EntryId(row.get(FACE_COLUMNS)?), &selection.query.words)? {
                seen.insert(face.story);
                ordered.push(face);
                // Entries are in the order in which they were seen, stories in that of their dates: some more are looked
                // at, so that the order at the end of the list is right in all but odd cases. For the most sources all are.
                if order != Order::Sources && ordered.len() >= selection.limit.saturating_mul(2).saturating_add(50) {
                    break;
                }
            }
        }
        ordered.sort_unstable_by_key(|face| match order {
            Order::Newest => (Reverse(0), Reverse(face.sort_at), Reverse(face.story)),
            Order::Oldest => (Reverse(0), Reverse(-face.sort_at), Reverse(StoryId(-face.story.0))),
            Order::Sources => (Reverse(face.n_sources), Reverse(face.sort_at), Reverse(face.story)),
        });
        Ok(ordered.into_iter().take(selection.limit).map(|face| face.story).collect())
    }

    /// Whether a story is what the query asks for, its words left aside.
    fn fits(&self, face: &Face, selection: &Selection) -> rusqlite::Result<bool> {
        let query = &selection.query;
        let n_sources = u32::try_from(face.n_sources).unwrap_or(0);
        if !query.sources.holds(n_sources)
            || selection.since.is_some_and(|since| face.first_seen < since.0)
            || !query.language_holds(face.language.as_deref())
            // Nobody marks stories yet: all are unread.
            || !query.states.holds(|state| *state == State::Unread)
        {
            return Ok(false);
        }
        if query.tags.is_empty() && query.feeds.is_empty() {
            return Ok(true);
        }
        let mut feeds = self.connection.prepare_cached(
            "SELECT DISTINCT f.settings, f.url, f.title FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.story_id = ?",
        )?;
        let (mut tags, mut names) = (Vec::new(), Vec::new());
        let mut rows = feeds.query([face.story.0])?;
        while let Some(row) = rows.next()? {
            let (settings, url, title): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let settings = settings_of(&settings, &url);
            names.push((feed_name(settings.title.as_deref().or(title.as_deref()), &url), url));
            tags.extend(settings.tags);
        }
        Ok(query.tags_hold(&tags) && query.feeds_hold(&names))
    }

    fn entry_matches(&self, entry: EntryId, words: &Words) -> rusqlite::Result<bool> {
        let (title, html): (String, String) = self
            .connection
            .prepare_cached(&format!(
                "SELECT e.title, {BEST_BODY} FROM entries e LEFT JOIN entry_bodies b ON b.entry_id = e.id
                 LEFT JOIN article_bodies ab ON ab.article_id = e.article_id WHERE e.id = ?",
            ))?
            .query_row([entry.0], |row| Ok((row.get(0)?, self.body(row.get_ref(1)?)?)))?;
        Ok(words.matches(&title, &article::plain_text(&html)))
    }
}
