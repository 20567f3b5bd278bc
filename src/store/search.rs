//! Stories that hold words, in the order of a selection.
//!
//! The text index tells the entries that may hold the words in the order in which they came, which is not that of the stories.
//! So there are two ways, which find the same:
//!
//! - to look up the story of each of these entries, and to read the texts in the order that is wanted: good for words of few
//!   entries, and for the newest stories of a database that has grown day by day, where what came last is also the newest;
//! - to walk through the stories in their order, and to read the texts of those that the index tells: good for words of many
//!   entries, of which enough are met soon.
//!
//! The first is begun with. Where the second is likely to be shorter than the rest of it, that goes on where the first stopped;
//! and where it was not, the other way round.

use super::order::{Rank, Stretch, of_rank, rank, stretches};
use super::read::Reader;
use super::select::{Cursor, FACE, Face, Found, MAX_CHECKED, MAX_ROWS, Selection};
use crate::model::EntryId;
use crate::query::Order;
use crate::rules::Rule;
use rusqlite::params_from_iter;
use std::collections::{BinaryHeap, HashSet};

/// So many entries are looked up before the other way is thought of.
const LOOKED_UP_FIRST: usize = 500;

/// So many entries the index tells for the walk; the texts of those that came before are read.
const MOST_TOLD: usize = 200_000;
/// After so many it is known about how many hold the words …
const TOLD_FIRST: usize = 5_000;
/// … and whether it is less work to ask for the rest or to read texts, one of which costs as much as so many entries.
const TEXT_COST: usize = 200;

/// What it costs to look up the story of an entry, in stories that are walked past.
const LOOK_UP_COST: usize = 2;

/// The entries that the text index tells, the latest first.
#[derive(Default)]
struct Told {
    entries: Vec<i64>,
    /// There are no more.
    is_all: bool,
}

impl Told {
    /// Whether an entry is among them, as far as that is known.
    fn may_hold(&self, entry: i64) -> bool {
        match self.entries.last() {
            Some(last) if entry >= *last => self.entries.binary_search_by(|told| entry.cmp(told)).is_ok(),
            _ => !self.is_all,
        }
    }
}

/// A search, and how far it has come.
struct Search<'a> {
    reader: &'a Reader,
    selection: &'a Selection,
    expression: &'a str,
    rules: Vec<Rule>,
    told: Told,
    found: Found,
    n_checked: usize,
    /// Only what comes behind this is still to be found.
    behind: Option<Rank>,
}

#[derive(PartialEq)]
enum Outcome {
    /// All that is wanted was found, or there is no more, or it cost too much.
    Ended,
    /// It goes on another way.
    GivenUp,
}

impl Reader {
    /// Stories with an entry that holds the words.
    pub(super) fn search(&self, selection: &Selection, expression: &str) -> rusqlite::Result<Found> {
        let mut search = Search {
            reader: self,
            selection,
            expression,
            rules: self.rules()?,
            told: Told::default(),
            found: Found::default(),
            n_checked: 0,
            behind: selection.after.map(|after| rank(selection.query.order, after)),
        };
        if search.look_up(true)? == Outcome::GivenUp && search.walk()? == Outcome::GivenUp {
            search.look_up(false)?;
        }
        Ok(search.found)
    }
}

impl Search<'_> {
    fn order(&self) -> Order {
        self.selection.query.order
    }

    /// The first way; `may_give_up`: for the second one.
    fn look_up(&mut self, may_give_up: bool) -> rusqlite::Result<Outcome> {
        let order = self.order();
        let mut all = self.reader.connection.prepare_cached(
            "SELECT x.rowid, e.first_seen, s.id, s.sort_at, s.n_sources FROM search x JOIN entries e ON e.id = x.rowid
             JOIN stories s ON s.id = e.story_id WHERE search MATCH ? ORDER BY x.rowid DESC",
        )?;
        let mut rows = all.query([self.expression])?;
        self.told = Told::default();
        // Stories whose turn has not come, the first on top.
        let mut waiting: BinaryHeap<Rank> = BinaryHeap::new();
        let mut seen: HashSet<i64> = HashSet::new();
        while let Some(row) = rows.next()? {
            let (entry, seen_at): (i64, i64) = (row.get(0)?, row.get(1)?);
            // No story was seen later than any of its entries.
            if self.selection.since.is_some_and(|since| seen_at < since.0) {
                break;
            }
            self.told.entries.push(entry);
            let place = Cursor { story: row.get(2)?, sort_at: row.get(3)?, n_sources: row.get(4)? };
            if self.behind.is_none_or(|behind| rank(order, place) < behind) && seen.insert(place.story) {
                waiting.push(rank(order, place));
            }
            // Nor is it newer than any of them was seen: what is newer than this one is complete.
            while order == Order::Newest && waiting.peek().is_some_and(|next| next.1 > seen_at) {
                if let Some(next) = waiting.pop()
                    && !self.consider(next)?
                {
                    return Ok(Outcome::Ended);
                }
            }
            if may_give_up && self.told.entries.len() == LOOKED_UP_FIRST && self.is_walked_sooner()? {
                return Ok(Outcome::GivenUp);
            }
        }
        self.told.is_all = true;
        while let Some(next) = waiting.pop() {
            if !self.consider(next)? {
                break;
            }
        }
        Ok(Outcome::Ended)
    }

    /// Whether the walk is likely to be shorter than looking up the rest. Where it is, all that the index tells is known then.
    fn is_walked_sooner(&mut self) -> rusqlite::Result<bool> {
        let told = self.all_told()?;
        let n_rest = told.entries.len() - self.told.entries.len();
        let is_sooner = !told.is_all || self.steps(told.entries.len())? < n_rest * LOOK_UP_COST;
        if is_sooner {
            self.told = told;
        }
        Ok(is_sooner)
    }

    /// How many stories are walked past until enough are found, if those that hold the words lie evenly.
    fn steps(&self, n_told: usize) -> rusqlite::Result<usize> {
        let mut last = self.reader.connection.prepare_cached("SELECT coalesce(max(id), 0) FROM stories")?;
        let n_stories = usize::try_from(last.query_row([], |row| row.get::<_, i64>(0))?).unwrap_or(0);
        let n_wanted = self.selection.limit - self.found.places.len();
        Ok(n_wanted.saturating_mul(n_stories) / n_told.max(1))
    }

    fn all_told(&self) -> rusqlite::Result<Told> {
        let mut all =
            self.reader.connection.prepare_cached("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC")?;
        let mut rows = all.query([self.expression])?;
        let mut entries: Vec<i64> = Vec::new();
        while let Some(row) = rows.next()? {
            let is_dear = entries.len() == TOLD_FIRST && {
                let (first, last) = (entries[0], entries[TOLD_FIRST - 1]);
                let n_about = TOLD_FIRST as i64 * first / (first - last).max(1);
                let n_about = usize::try_from(n_about).unwrap_or(0);
                n_about > self.steps(n_about)? * TEXT_COST
            };
            if is_dear || entries.len() >= MOST_TOLD {
                return Ok(Told { entries, is_all: false });
            }
            entries.push(row.get(0)?);
        }
        Ok(Told { entries, is_all: true })
    }

    /// The second way.
    fn walk(&mut self) -> rusqlite::Result<Outcome> {
        let order = self.order();
        // Twice what it would have cost to look up all of them.
        let most = if self.told.is_all { self.told.entries.len() * LOOK_UP_COST * 2 } else { usize::MAX };
        let mut n_walked = 0;
        for Stretch { index, condition, values, order: by } in stretches(order, self.behind) {
            // How many tell it is not in the index of dates.
            let n_sources = if order == Order::Sources { "s.n_sources" } else { "0" };
            let mut all = self.reader.connection.prepare_cached(&format!(
                "SELECT {n_sources}, s.sort_at, s.id, e.id FROM stories s INDEXED BY {index} CROSS JOIN entries e INDEXED BY entries_story
                 WHERE {condition} AND e.story_id = s.id AND e.story_id IS NOT NULL ORDER BY {by}"
            ))?;
            let mut rows = all.query(params_from_iter(values))?;
            let mut past: Option<Rank> = None;
            while let Some(row) = rows.next()? {
                let place = rank(order, Cursor { n_sources: row.get(0)?, sort_at: row.get(1)?, story: row.get(2)? });
                if past != Some(place) {
                    self.behind = past.or(self.behind);
                    if n_walked >= most {
                        return Ok(Outcome::GivenUp);
                    }
                    if n_walked >= MAX_ROWS {
                        self.found.stopped = self.behind.map(|place| of_rank(order, place));
                        return Ok(Outcome::Ended);
                    }
                    n_walked += 1;
                } else if self.behind == past {
                    // Another of its entries brought it here.
                    continue;
                }
                past = Some(place);
                if self.told.may_hold(row.get(3)?) && !self.consider(place)? {
                    return Ok(Outcome::Ended);
                }
            }
        }
        Ok(Outcome::Ended)
    }

    /// Takes the next story in where it is one that is wanted. `false`: it is enough.
    fn consider(&mut self, place: Rank) -> rusqlite::Result<bool> {
        if self.found.places.len() >= self.selection.limit {
            return Ok(false);
        }
        if self.n_checked >= MAX_CHECKED {
            self.found.stopped = self.behind.map(|behind| of_rank(self.order(), behind));
            return Ok(false);
        }
        self.behind = Some(place);
        let reader = self.reader;
        let story = of_rank(self.order(), place).story;
        let face = reader
            .connection
            .prepare_cached(&format!("SELECT {FACE} FROM stories s WHERE s.id = ?"))?
            .query_row([story], Face::read)?;
        if !reader.fits(&face, self.selection, &self.rules)? {
            return Ok(true);
        }
        self.n_checked += 1;
        let mut entries = reader.connection.prepare_cached("SELECT id FROM entries WHERE story_id = ?")?;
        let mut entries = entries.query([story])?;
        while let Some(entry) = entries.next()? {
            let entry = entry.get(0)?;
            if self.told.may_hold(entry) && reader.entry_matches(EntryId(entry), &self.selection.query.words)? {
                self.found.places.push(face.place());
                break;
            }
        }
        Ok(self.found.places.len() < self.selection.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_index_was_not_asked_of_may_hold_the_words() {
        let told = |is_all| Told { entries: vec![9, 7, 4], is_all };
        let known = |told: Told| (1..=10).filter(|entry| told.may_hold(*entry)).collect::<Vec<i64>>();
        assert_eq!(known(told(true)), [4, 7, 9]);
        assert_eq!(known(told(false)), [1, 2, 3, 4, 7, 9]);
        assert!(known(Told { entries: Vec::new(), is_all: true }).is_empty());
    }
}
