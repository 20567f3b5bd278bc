//! Which stories a query finds, and in which order.

use super::dictionaries::BEST_BODY;
use super::held::Tellers;
use super::read::Reader;
use crate::article;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::query::{Order, Query, State, Words};
use crate::rules::{Rule, is_muted};
use rusqlite::{OptionalExtension, Row, params_from_iter};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Which stories are wanted, in the order that the query asks for.
#[derive(Clone, Debug)]
pub struct Selection {
    pub query: Query,
    /// First seen at or after.
    pub since: Option<Timestamp>,
    pub limit: usize,
    /// Only what comes behind this story.
    pub after: Option<Cursor>,
    /// For an output of this name, or for what is none (""): without what rules mute there.
    pub output: Option<String>,
}

/// A story's place in every order. As text (`3_1795500000000_17`) it is part of addresses. By date it stays good whatever
/// comes before it; a story that gains sources meanwhile may move past one by sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    n_sources: i64,
    sort_at: i64,
    story: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}_{}_{}", self.n_sources, self.sort_at, self.story)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        let mut numbers = text.split('_').map(|number| number.parse::<i64>().map_err(|_| NotACursor));
        let mut next = || numbers.next().unwrap_or(Err(NotACursor));
        let cursor = Cursor { n_sources: next()?, sort_at: next()?, story: next()? };
        numbers.next().is_none().then_some(cursor).ok_or(NotACursor)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list of ours")]
pub struct NotACursor;

/// Stories of a selection, and where those begin that come after them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    pub stories: Vec<StoryId>,
    pub next: Option<Cursor>,
}

impl Default for Selection {
    fn default() -> Selection {
        Selection { query: Query::default(), since: None, limit: 100, after: None, output: None }
    }
}

impl Selection {
    /// A query's age is told from `now`.
    pub fn of(query: Query, limit: usize, now: Timestamp) -> Selection {
        Selection { since: query.since.map(|age| now.minus(age)), query, limit, after: None, output: None }
    }
}

impl Selection {
    /// Whether a story comes behind the one where this begins.
    fn is_behind(&self, face: &Face) -> bool {
        let Some(after) = self.after else { return true };
        let (place, at) = (face.place(), |place: Cursor| (place.sort_at, place.story));
        match self.query.order {
            Order::Newest => at(place) < at(after),
            Order::Oldest => at(place) > at(after),
            Order::Sources => (place.n_sources, at(place)) < (after.n_sources, at(after)),
        }
    }
}

/// Stories whose text is checked at most for one search, and rows that are looked at: beyond it an unselective one stops
/// instead of reading the whole database, and goes on with the next page.
const MAX_CHECKED: usize = 20_000;
const MAX_ROWS: usize = 200_000;

/// The columns of [`Face`], of the stories `s`.
pub(super) const FACE: &str = "s.id, s.sort_at, s.first_seen, s.n_sources, s.language,
  (SELECT (read_at IS NOT NULL) + 2 * (starred_at IS NOT NULL) FROM items WHERE story_id = s.id)";
pub(super) const FACE_COLUMNS: usize = 6;

/// What a story is selected by.
pub(super) struct Face {
    pub story: StoryId,
    sort_at: i64,
    first_seen: i64,
    pub n_sources: i64,
    pub language: Option<String>,
    pub read: bool,
    pub starred: bool,
}

/// What one story after another is asked by, looked up once.
pub(super) struct Asked {
    selection: Selection,
    rules: Vec<Rule>,
    /// The entries in which the words may be, in order; `None` where no index says.
    hits: Option<Vec<i64>>,
}

/// Stories in their order; where a search stopped, that had to, before it found enough.
#[derive(Default)]
struct Found {
    faces: Vec<Face>,
    stopped: Option<Cursor>,
}

impl Face {
    fn place(&self) -> Cursor {
        Cursor { n_sources: self.n_sources, sort_at: self.sort_at, story: self.story.0 }
    }

    pub fn read(row: &Row) -> rusqlite::Result<Face> {
        let marks: i64 = row.get::<_, Option<i64>>(5)?.unwrap_or(0);
        Ok(Face {
            read: marks & 1 != 0,
            starred: marks & 2 != 0,
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
        Ok(self.selected(selection)?.stories)
    }

    /// The same, and where what comes after them begins.
    pub fn selected(&self, selection: &Selection) -> rusqlite::Result<Selected> {
        // One more than is wanted says whether there are more.
        let one_more = Selection { limit: selection.limit.saturating_add(1), ..selection.clone() };
        let Found { faces: mut found, stopped } = match selection.query.words.expression() {
            Some(expression) => self.search(&one_more, &expression)?,
            None => self.walk(&one_more)?,
        };
        let has_more = found.len() > selection.limit;
        found.truncate(selection.limit);
        let next = if has_more { found.last().map(Face::place) } else { stopped };
        Ok(Selected { stories: found.into_iter().map(|face| face.story).collect(), next })
    }

    /// The languages that stories are in, as feeds and pages call them.
    pub fn languages(&self) -> rusqlite::Result<Vec<String>> {
        let mut languages = self.connection.prepare_cached(
            "SELECT DISTINCT language FROM stories WHERE redirect_to IS NULL AND language <> '' ORDER BY language",
        )?;
        languages.query_map([], |row| row.get(0))?.collect()
    }

    /// Makes ready to ask of stories whether they are of a selection; its limit and its beginning do not count.
    pub(super) fn asked(&self, selection: Selection, rules: Vec<Rule>) -> rusqlite::Result<Asked> {
        let look_up = |expression: String| {
            let mut hits = self.connection.prepare_cached("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid")?;
            hits.query_map([expression], |row| row.get(0))?.collect()
        };
        let hits = selection.query.words.expression().map(look_up).transpose()?;
        Ok(Asked { selection, rules, hits })
    }

    /// Whether a story is one of a selection. The texts, which are what costs, are unpacked last.
    pub(super) fn is_selected(&self, story: StoryId, asked: &Asked) -> rusqlite::Result<bool> {
        let face = self
            .connection
            .prepare_cached(&format!("SELECT {FACE}, s.representative FROM stories s WHERE s.id = ?"))?
            .query_row([story.0], |row| Ok((Face::read(row)?, row.get::<_, i64>(FACE_COLUMNS)?)))
            .optional()?;
        let Some((face, representative)) = face else { return Ok(false) };
        let words = &asked.selection.query.words;
        let holders: Vec<i64> = match &asked.hits {
            Some(hits) => {
                let mut entries = self.connection.prepare_cached("SELECT id FROM entries WHERE story_id = ?")?;
                let entries = entries.query_map([story.0], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
                entries.into_iter().filter(|entry| hits.binary_search(entry).is_ok()).collect()
            }
            None => vec![representative],
        };
        if holders.is_empty() || !self.fits(&face, &asked.selection, &asked.rules)? {
            return Ok(false);
        }
        if words.is_empty() {
            return Ok(true);
        }
        for entry in holders {
            if self.entry_matches(EntryId(entry), words)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The stories beside one in time: the next newer one, and the next older one.
    pub fn neighbours(&self, story: StoryId) -> rusqlite::Result<(Option<Uuid>, Option<Uuid>)> {
        let beside = |compared: &str, direction: &str| {
            let mut one = self.connection.prepare_cached(&format!(
                "SELECT n.urn FROM stories s JOIN stories n ON n.redirect_to IS NULL AND (n.sort_at, n.id) {compared} (s.sort_at, s.id)
                 WHERE s.id = ? ORDER BY n.sort_at {direction}, n.id {direction} LIMIT 1"
            ))?;
            one.query_row([story.0], |row| row.get(0).map(Uuid::from_bytes)).optional()
        };
        Ok((beside(">", "ASC")?, beside("<", "DESC")?))
    }

    /// All stories in order, until there are enough: most selections take most stories.
    fn walk(&self, selection: &Selection) -> rusqlite::Result<Found> {
        let order = match selection.query.order {
            Order::Newest => "sort_at DESC, id DESC",
            Order::Oldest => "sort_at, id",
            Order::Sources => "n_sources DESC, sort_at DESC, id DESC",
        };
        let mut condition = "s.redirect_to IS NULL".to_owned();
        let mut values: Vec<i64> = Vec::new();
        if let Some(Cursor { n_sources, sort_at, story }) = selection.after {
            let (behind, place) = match selection.query.order {
                Order::Newest => (" AND (s.sort_at, s.id) < (?, ?)", vec![sort_at, story]),
                Order::Oldest => (" AND (s.sort_at, s.id) > (?, ?)", vec![sort_at, story]),
                Order::Sources => (" AND (s.n_sources, s.sort_at, s.id) < (?, ?, ?)", vec![n_sources, sort_at, story]),
            };
            condition.push_str(behind);
            values.extend(place);
        }
        // The most covered of a time are sorted: few of all stories, where it is a short one.
        if let (Order::Sources, Some(since)) = (selection.query.order, selection.since) {
            condition.push_str(" AND s.first_seen >= ?");
            values.push(since.0);
        }
        let mut all = self
            .connection
            .prepare_cached(&format!("SELECT {FACE}, s.representative FROM stories s WHERE {condition} ORDER BY {order}"))?;
        let rules = self.rules()?;
        let mut rows = all.query(params_from_iter(values))?;
        let (mut found, mut n_checked) = (Found::default(), 0);
        let mut last = None;
        while let Some(row) = rows.next()? {
            if found.faces.len() >= selection.limit {
                break;
            }
            if n_checked >= MAX_CHECKED {
                found.stopped = last;
                break;
            }
            let face = Face::read(row)?;
            if !self.fits(&face, selection, &rules)? {
                continue;
            }
            if !selection.query.words.is_empty() {
                n_checked += 1;
                last = Some(face.place());
                if !self.entry_matches(EntryId(row.get(FACE_COLUMNS)?), &selection.query.words)? {
                    continue;
                }
            }
            found.faces.push(face);
        }
        Ok(found)
    }

    /// Stories with an entry that holds the words. Entries are found in the order in which they were seen, and no story is
    /// newer than any of its entries was seen: where the newest are wanted that says when there are enough.
    fn search(&self, selection: &Selection, expression: &str) -> rusqlite::Result<Found> {
        let order = selection.query.order;
        let direction = if order == Order::Oldest { "ASC" } else { "DESC" };
        let mut hits = self.connection.prepare_cached(&format!(
            "SELECT {FACE}, e.id, e.first_seen FROM search x JOIN entries e ON e.id = x.rowid JOIN stories s ON s.id = e.story_id
             WHERE search MATCH ? ORDER BY x.rowid {direction}"
        ))?;
        let rules = self.rules()?;
        let mut rows = hits.query([expression])?;
        let mut ordered: Vec<Face> = Vec::new();
        let mut seen: HashSet<StoryId> = HashSet::new();
        // The dates of as many as are wanted, the oldest of them on top.
        let mut newest: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
        let (mut n_rows, mut n_checked) = (0, 0);
        let mut stopped = None;
        while let Some(row) = rows.next()? {
            let (face, seen_at): (Face, i64) = (Face::read(row)?, row.get(FACE_COLUMNS + 1)?);
            let is_older = |Reverse(oldest): &Reverse<i64>| *oldest > seen_at;
            if order == Order::Newest && newest.len() >= selection.limit && newest.peek().is_some_and(is_older) {
                break;
            }
            if n_checked >= MAX_CHECKED || n_rows >= MAX_ROWS {
                stopped = Some(seen_at);
                break;
            }
            n_rows += 1;
            if seen.contains(&face.story) || !selection.is_behind(&face) || !self.fits(&face, selection, &rules)? {
                continue;
            }
            n_checked += 1;
            if self.entry_matches(EntryId(row.get(FACE_COLUMNS)?), &selection.query.words)? {
                newest.push(Reverse(face.sort_at));
                if newest.len() > selection.limit {
                    newest.pop();
                }
                seen.insert(face.story);
                ordered.push(face);
            }
        }
        // Nothing newer than where it stopped is missing; what is as old or older is looked for from there on, if that is further on.
        let stopped = stopped.filter(|_| order == Order::Newest).map(|at| {
            ordered.retain(|face| face.sort_at > at);
            Cursor { n_sources: i64::MAX, sort_at: at, story: i64::MAX }
        });
        let stopped = stopped.filter(|place| selection.after.is_none_or(|after| place.sort_at < after.sort_at));
        ordered.sort_unstable_by_key(|face| match order {
            Order::Newest => (Reverse(0), Reverse(face.sort_at), Reverse(face.story)),
            Order::Oldest => (Reverse(0), Reverse(-face.sort_at), Reverse(StoryId(-face.story.0))),
            Order::Sources => (Reverse(face.n_sources), Reverse(face.sort_at), Reverse(face.story)),
        });
        ordered.truncate(selection.limit);
        Ok(Found { faces: ordered, stopped })
    }

    /// Whether a story is what the query asks for, its words left aside.
    fn fits(&self, face: &Face, selection: &Selection, rules: &[Rule]) -> rusqlite::Result<bool> {
        let query = &selection.query;
        let n_sources = u32::try_from(face.n_sources).unwrap_or(0);
        if !query.sources.holds(n_sources)
            || selection.since.is_some_and(|since| face.first_seen < since.0)
            || !query.language_holds(face.language.as_deref())
        {
            return Ok(false);
        }
        let held = self.rules_of(face.story, rules)?;
        let held = || held.iter().map(|(rule, _)| *rule);
        let is = |state: &State| match state {
            State::Unread => !face.read,
            State::Muted => held().any(|rule| rule.mute),
            State::Read => face.read,
            State::Starred => face.starred,
        };
        if !query.states.holds(is) {
            return Ok(false);
        }
        let asks_for_muted = query.states.wanted.iter().flatten().any(|state| *state == State::Muted);
        if let Some(output) = &selection.output
            && !asks_for_muted
            && (is_muted(held(), output) || rules.iter().any(|rule| rule.mute) && self.is_unruled(face.story)?)
        {
            return Ok(false);
        }
        if query.tags.is_empty() && query.feeds.is_empty() {
            return Ok(true);
        }
        let Tellers { mut tags, names, .. } = self.tellers(face.story)?;
        let output = selection.output.as_deref().unwrap_or_default();
        tags.extend(held().filter(|rule| rule.is_for(output)).flat_map(|rule| rule.tags.iter().cloned()));
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
