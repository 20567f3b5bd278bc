//! Stories that hold words, in the order of a selection.
//!
//! The text index tells the entries that may hold the words in the order in which they came, which is not that of the stories.
//! So there are two ways, which find the same; what they may cost alone decides where a page ends that is not full
//! ([`Limits`](super::limits::Limits)), and the next begins there:
//!
//! - to look up the story of each of these entries, and to read the texts in the order that is wanted: good for words of few
//!   entries, and for the newest stories of a database that has grown day by day, where what came last is also the newest;
//! - to walk through the stories in their order, and to read the texts of those that the index tells: good for words of many
//!   entries, of which enough are met soon.
//!
//! The first is begun with. Where the second is likely to be shorter than the rest of it, that goes on where the first stopped;
//! and where it was not, the other way round. Of what was seen since a time the index tells the entries at once: there is no
//! walk, which would pass all other stories too.

use super::order::{Cursor, Rank, Stretch, of_rank, rank, stretches};
use super::read::Reader;
use super::select::{FACE, Face, Found, Selection};
use crate::model::EntryId;
use crate::query::Order;
use crate::rules::Rule;
use rusqlite::params_from_iter;
use std::collections::{BinaryHeap, HashSet};

/// What it costs to look up the story of an entry, in stories that are walked past.
const LOOK_UP_COST: usize = 2;

/// The entries that the text index tells, those first that are likely to be in the first stories.
#[derive(Default)]
struct Told {
    entries: Vec<i64>,
    /// The earliest is first, not the latest.
    ascends: bool,
    /// There are no more.
    is_all: bool,
}

impl Told {
    /// Whether an entry is among them, as far as that is known.
    fn may_hold(&self, entry: i64) -> bool {
        let is_reached = |last: i64| if self.ascends { entry <= last } else { entry >= last };
        match self.entries.last() {
            Some(last) if is_reached(*last) => {
                let beside = |told: &i64| if self.ascends { told.cmp(&entry) } else { entry.cmp(told) };
                self.entries.binary_search_by(beside).is_ok()
            }
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
        if search.look_up(selection.since.is_none())? == Outcome::GivenUp && search.walk()? == Outcome::GivenUp {
            search.look_up(false)?;
        }
        Ok(search.found)
    }
}

impl Search<'_> {
    fn order(&self) -> Order {
        self.selection.query.order
    }

    /// Whether the index is to tell the earliest entry first. What was seen since a time is all told in any case, from the end
    /// where it is.
    fn ascends(&self) -> bool {
        self.order() == Order::Oldest && self.selection.since.is_none()
    }

    /// The order of the index.
    fn direction(&self) -> &'static str {
        if self.ascends() { "ASC" } else { "DESC" }
    }

    /// The first way; `may_give_up`: for the second one.
    fn look_up(&mut self, may_give_up: bool) -> rusqlite::Result<Outcome> {
        let order = self.order();
        let mut all = self.reader.connection.prepare_cached(&format!(
            "SELECT x.rowid, e.first_seen, s.id, s.sort_at, s.n_sources FROM search x JOIN entries e ON e.id = x.rowid
             JOIN stories s ON s.id = e.story_id WHERE search MATCH ? ORDER BY x.rowid {}",
            self.direction()
        ))?;
        let mut rows = all.query([self.expression])?;
        self.told = Told { ascends: self.ascends(), ..Told::default() };
        // Stories whose turn has not come, the first on top.
        let mut waiting: BinaryHeap<Rank> = BinaryHeap::new();
        let mut seen: HashSet<i64> = HashSet::new();
        while let Some(row) = rows.next()? {
            let (entry, seen_at): (i64, i64) = (row.get(0)?, row.get(1)?);
            // No story was seen later than any of its entries; and what came before this one was seen before it.
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
            if may_give_up && self.told.entries.len() == self.reader.limits.looked_up_first && self.is_walked_sooner()? {
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
        let (first, last) = self.ends("stories")?;
        let n_wanted = self.selection.limit - self.found.places.len();
        Ok(n_wanted.saturating_mul(n_between(first, last)) / n_told.max(1))
    }

    /// The lowest and the highest number in a table, which are the ends of a tree.
    fn ends(&self, table: &str) -> rusqlite::Result<(i64, i64)> {
        self.reader
            .connection
            .prepare_cached(&format!(
                "SELECT coalesce((SELECT min(id) FROM {table}), 0), coalesce((SELECT max(id) FROM {table}), 0)"
            ))?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Whether to ask the index for the rest costs more than to read texts instead, told by the first that it tells.
    fn is_dear(&self, told: &[i64]) -> rusqlite::Result<bool> {
        let (Some(first), Some(last)) = (told.first(), told.last()) else { return Ok(false) };
        let (lowest, highest) = self.ends("entries")?;
        let (n_before, n_from) = match self.ascends() {
            true => (first - lowest, n_between(*first, highest)),
            false => (highest - first, n_between(lowest, *first)),
        };
        let n_about = told.len().saturating_mul(n_from) / n_between(*first, *last).max(1);
        // Where the stories lie as the entries do, those are passed first that came before the first of them.
        let n_passed = usize::try_from(n_before).unwrap_or(0);
        Ok(n_about > self.steps(n_about)?.saturating_mul(self.reader.limits.text_cost).saturating_add(n_passed))
    }

    fn all_told(&self) -> rusqlite::Result<Told> {
        let mut all = self
            .reader
            .connection
            .prepare_cached(&format!("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid {}", self.direction()))?;
        let mut rows = all.query([self.expression])?;
        let mut told = Told { ascends: self.ascends(), ..Told::default() };
        let limits = self.reader.limits;
        while let Some(row) = rows.next()? {
            let n_told = told.entries.len();
            if n_told >= limits.told || n_told == limits.told_first && self.is_dear(&told.entries)? {
                return Ok(told);
            }
            told.entries.push(row.get(0)?);
        }
        told.is_all = true;
        Ok(told)
    }

    /// How many stories are walked past at most, and what then. Where all is known that the index tells, to look it up is at
    /// hand: that is done after twice what it would have cost, and before so long a walk that it stopped. Where it is more
    /// than can be looked up, the walk stops.
    fn most_walked(&self) -> (usize, Outcome) {
        let most = self.reader.limits.rows;
        match self.told.is_all {
            true => (most.min(self.told.entries.len() * LOOK_UP_COST * 2), Outcome::GivenUp),
            false => (most, Outcome::Ended),
        }
    }

    /// The second way.
    fn walk(&mut self) -> rusqlite::Result<Outcome> {
        let order = self.order();
        let (most, then) = self.most_walked();
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
                        if then == Outcome::Ended {
                            self.found.stopped = self.behind.map(|place| of_rank(order, place));
                        }
                        return Ok(then);
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
        if self.n_checked >= self.reader.limits.checked {
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

/// Numbers from one to the other, whichever is the lower.
fn n_between(a: i64, b: i64) -> usize {
    usize::try_from(a.abs_diff(b)).unwrap_or(usize::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_index_was_not_asked_of_may_hold_the_words() {
        let told = |is_all| Told { entries: vec![9, 7, 4], ascends: false, is_all };
        let known = |told: Told| (1..=10).filter(|entry| told.may_hold(*entry)).collect::<Vec<i64>>();
        assert_eq!(known(told(true)), [4, 7, 9]);
        assert_eq!(known(told(false)), [1, 2, 3, 4, 7, 9]);
        let ascending = |is_all| Told { entries: vec![4, 7, 9], ascends: true, is_all };
        assert_eq!(known(ascending(true)), [4, 7, 9]);
        assert_eq!(known(ascending(false)), [4, 7, 9, 10]);
        assert!(known(Told { is_all: true, ..Told::default() }).is_empty());
    }
}
