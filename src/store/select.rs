//! Which stories a query finds, and in which order.

use super::dictionaries::BEST_BODY;
use super::held::Tellers;
use super::order::{Cursor, Rank, Stretch, of_rank, rank, stretches};
use super::read::Reader;
use crate::article;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::query::{Order, Query, State, Words};
use crate::rules::{Rule, is_muted};
use rusqlite::{OptionalExtension, Row, params_from_iter};
use std::cmp::Reverse;
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

/// Of the stories that were seen since a time.
#[derive(Clone, Copy)]
enum Seen {
    All,
    /// Those that several tell.
    Covered,
}

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
pub(super) struct Found {
    pub places: Vec<Cursor>,
    pub stopped: Option<Cursor>,
}

/// A walk through stories, and how far it has come.
struct Walk {
    rules: Vec<Rule>,
    /// Only what comes behind this is still to be found.
    behind: Option<Rank>,
    found: Found,
    n_checked: usize,
}

/// Whether a selection is of all stories, and no rule takes any out of it.
fn is_every_story(selection: &Selection, rules: &[Rule]) -> bool {
    let Query { order, sources, .. } = selection.query;
    // Each story has one source at least.
    let is_any = sources.holds(1) && sources.holds(u32::MAX);
    is_any && selection.since.is_none() && rules.is_empty() && selection.query == Query { order, sources, ..Query::default() }
}

impl Face {
    pub(super) fn place(&self) -> Cursor {
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
        let mut one_more = Selection { limit: selection.limit.saturating_add(1), ..selection.clone() };
        let Found { places: mut found, stopped } = self.at_one_moment(|reader| {
            one_more.after = selection.after.map(|after| reader.place_in(selection.query.order, after)).transpose()?;
            match selection.query.words.expression() {
                Some(expression) => reader.search(&one_more, &expression),
                None => reader.walk(&one_more),
            }
        })?;
        let has_more = found.len() > selection.limit;
        found.truncate(selection.limit);
        let next = if has_more { found.last().copied() } else { stopped };
        Ok(Selected { stories: found.into_iter().map(|place| StoryId(place.story)).collect(), next })
    }

    /// The same; it goes on where a search stopped, until it has so many, and begins so many times at most.
    pub fn selected_on(&self, selection: &Selection, least: usize, n_begun: usize) -> rusqlite::Result<Selected> {
        let mut found = self.selected(selection)?;
        for _ in 1..n_begun {
            let n_found = found.stories.len();
            let Some(next) = found.next.filter(|_| n_found < least.min(selection.limit)) else { break };
            let rest = Selection { limit: selection.limit - n_found, after: Some(next), ..selection.clone() };
            let more = self.selected(&rest)?;
            found.stories.extend(more.stories);
            found.next = more.next;
        }
        Ok(found)
    }

    /// A place as an order needs it.
    fn place_in(&self, order: Order, after: Cursor) -> rusqlite::Result<Cursor> {
        if order != Order::Sources || after.n_sources > 0 {
            return Ok(after);
        }
        let mut one = self.connection.prepare_cached("SELECT n_sources FROM stories WHERE id = ?")?;
        let n_sources: Option<i64> = one.query_row([after.story], |row| row.get(0)).optional()?;
        Ok(Cursor { n_sources: n_sources.unwrap_or(1).max(1), ..after })
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
        let order = selection.query.order;
        let mut walk = Walk {
            rules: self.rules()?,
            behind: selection.after.map(|after| rank(order, after)),
            found: Found::default(),
            n_checked: 0,
        };
        if order != Order::Sources && is_every_story(selection, &walk.rules) {
            return self.every_story(selection);
        }
        if let Some(since) = selection.since {
            let sources = &selection.query.sources;
            let has_all = if !sources.holds(0) && !sources.holds(1) {
                self.walk_since(&mut walk, selection, Seen::Covered, since)?;
                true
            } else if self.n_since(since, self.limits.few_since)? < self.limits.few_since {
                self.walk_since(&mut walk, selection, Seen::All, since)?;
                true
            } else {
                order == Order::Sources && !self.walk_since(&mut walk, selection, Seen::Covered, since)?
            };
            if has_all {
                return Ok(walk.found);
            }
            if order == Order::Sources {
                // All that several tell are dealt with.
                let alone = (2, i64::MIN, i64::MIN);
                walk.behind = Some(walk.behind.map_or(alone, |behind| behind.min(alone)));
            }
        }
        let mut n_rows = 0;
        for Stretch { index, condition, values, order } in stretches(order, walk.behind) {
            let mut all = self.connection.prepare_cached(&format!(
                "SELECT {FACE}, s.representative FROM stories s INDEXED BY {index} WHERE {condition} ORDER BY {order}"
            ))?;
            let mut rows = all.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                if let Some(since) = selection.since
                    && n_rows >= self.limits.walked_since
                {
                    self.walk_since(&mut walk, selection, Seen::All, since)?;
                    return Ok(walk.found);
                }
                n_rows += 1;
                if !self.take(&mut walk, selection, row)? {
                    return Ok(walk.found);
                }
            }
        }
        Ok(walk.found)
    }

    /// By date, whatever they are: the index of dates knows it all.
    fn every_story(&self, selection: &Selection) -> rusqlite::Result<Found> {
        let order = selection.query.order;
        let mut found = Found::default();
        for Stretch { index, condition, mut values, order: by } in
            stretches(order, selection.after.map(|after| rank(order, after)))
        {
            let mut all = self.connection.prepare_cached(&format!(
                "SELECT s.sort_at, s.id FROM stories s INDEXED BY {index} WHERE {condition} ORDER BY {by} LIMIT ?"
            ))?;
            values.push(i64::try_from(selection.limit).unwrap_or(i64::MAX));
            let places = all.query_map(params_from_iter(values), |row| {
                Ok(Cursor { n_sources: 0, sort_at: row.get(0)?, story: row.get(1)? })
            })?;
            for place in places {
                found.places.push(place?);
            }
        }
        Ok(found)
    }

    /// The same of those alone that were seen since a time, which are sorted. `false`: it is enough.
    fn walk_since(&self, walk: &mut Walk, selection: &Selection, which: Seen, since: Timestamp) -> rusqlite::Result<bool> {
        let order = selection.query.order;
        let (index, which) = match which {
            Seen::All => ("stories_seen", ""),
            Seen::Covered => ("stories_covered_seen", " AND s.n_sources > 1"),
        };
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT s.n_sources, s.sort_at, s.id FROM stories s INDEXED BY {index} WHERE s.redirect_to IS NULL{which} AND s.first_seen >= ?",
        ))?;
        let rows = all.query_map([since.0], |row| {
            Ok(rank(order, Cursor { n_sources: row.get(0)?, sort_at: row.get(1)?, story: row.get(2)? }))
        })?;
        let mut places = rows.collect::<rusqlite::Result<Vec<Rank>>>()?;
        places.retain(|place| walk.behind.is_none_or(|behind| *place < behind));
        places.sort_unstable_by_key(|place| Reverse(*place));
        let mut one =
            self.connection.prepare_cached(&format!("SELECT {FACE}, s.representative FROM stories s WHERE s.id = ?"))?;
        for place in places {
            let mut rows = one.query([of_rank(order, place).story])?;
            if let Some(row) = rows.next()?
                && !self.take(walk, selection, row)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many stories were seen since a time, so many at most.
    fn n_since(&self, since: Timestamp, most: i64) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM stories s INDEXED BY stories_seen WHERE s.redirect_to IS NULL AND s.first_seen >= ? LIMIT ?)",
            )?
            .query_row([since.0, most], |row| row.get(0))
    }

    /// Takes a story in where it is one that is wanted. `false`: it is enough.
    fn take(&self, walk: &mut Walk, selection: &Selection, row: &Row) -> rusqlite::Result<bool> {
        if walk.found.places.len() >= selection.limit {
            return Ok(false);
        }
        let (order, words) = (selection.query.order, &selection.query.words);
        if walk.n_checked >= self.limits.checked {
            walk.found.stopped = walk.behind.map(|behind| of_rank(order, behind));
            return Ok(false);
        }
        let face = Face::read(row)?;
        walk.behind = Some(rank(order, face.place()));
        if self.fits(&face, selection, &walk.rules)? {
            walk.n_checked += usize::from(!words.is_empty());
            if words.is_empty() || self.entry_matches(EntryId(row.get(FACE_COLUMNS)?), words)? {
                walk.found.places.push(face.place());
            }
        }
        Ok(walk.found.places.len() < selection.limit)
    }

    /// Whether a story is what the query asks for, its words left aside.
    pub(super) fn fits(&self, face: &Face, selection: &Selection, rules: &[Rule]) -> rusqlite::Result<bool> {
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

    pub(super) fn entry_matches(&self, entry: EntryId, words: &Words) -> rusqlite::Result<bool> {
        let mut texts = self.connection.prepare_cached(&format!(
            "SELECT e.title, {BEST_BODY} FROM entries e LEFT JOIN entry_bodies b ON b.entry_id = e.id
             LEFT JOIN article_bodies ab ON ab.article_id = e.article_id WHERE e.id = ?",
        ))?;
        texts.query_row([entry.0], |row| {
            let title = row.get_ref(0)?.as_str()?;
            // Most that are found by few words have them in their titles, and no body is unpacked.
            if words.unwanted.is_empty() && words.matches(title, "") {
                return Ok(true);
            }
            Ok(words.matches(title, &article::plain_text(&self.body(row.get_ref(1)?)?)))
        })
    }
}
