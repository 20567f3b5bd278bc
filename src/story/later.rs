//! A later look at a story: what the first look, which knew only what came before, would not do again.
//!
//! Two small stories that turn out one are merged; a member that its story does not hold is let go. Both are proposals with
//! evidence: the caller carries them out, logs them, keeps them undoable, and never proposes against a person's word.

use super::decide::shared_names;
use super::index::{Index, Slot};
use super::prepare::Prepared;
use super::{Evidence, evidence, marks, score};
use crate::model::{EntryId, StoryId};

/// What a later look proposes.
#[derive(Clone, Debug, PartialEq)]
pub enum Revision {
    /// Both are one; `into` began earlier and keeps its id.
    Merge { from: StoryId, into: StoryId, evidence: Evidence },
    /// The member tells something else.
    LetGo { from: StoryId, entry: EntryId, evidence: Evidence },
}

/// Larger stories are not merged: a wrong merge of them hides too much.
const SMALL: usize = 4;

/// How much more than the threshold of the first look each member of a story must score in the other.
const SURER: f32 = 0.25;

/// A member is let go that has no more in common with any other, unless identifiers tell it apart.
const NOTHING: f32 = 0.04;

/// A grown story is looked at when it has so many members: each look costs as much as deciding all of them.
const SIZES: &[usize] = &[2, 3, 5, 9, 17, 33, 65];

/// Members that are looked at.
const MOST_MEMBERS: usize = 16;

impl Index {
    /// Whether a story that just grew is looked at now.
    pub fn is_to_be_looked_at(&self, story: StoryId) -> bool {
        self.stories.get(&story).is_some_and(|known| SIZES.contains(&known.members.len()))
    }

    /// Looks at a story again, when it grew or its time is over. `fixed`: entries whose place a person or an address decided;
    /// they stay, and so does a story with one.
    pub fn look_again(&self, story: StoryId, fixed: &dyn Fn(EntryId) -> bool) -> Vec<Revision> {
        let Some(known) = self.stories.get(&story) else { return Vec::new() };
        let members: Vec<&Slot> = known.members.iter().rev().take(MOST_MEMBERS).filter_map(|at| self.at(*at)).collect();
        if let Some(merge) = self.merge(story, &members, fixed) {
            return vec![merge];
        }
        if known.members.len() < 3 {
            return Vec::new();
        }
        // One at a time: without it the others may hold together.
        let found = members.iter().filter(|slot| !fixed(slot.entry)).find_map(|slot| self.let_go(story, &members, slot));
        found.into_iter().collect()
    }

    fn merge(&self, story: StoryId, members: &[&Slot], fixed: &dyn Fn(EntryId) -> bool) -> Option<Revision> {
        if members.is_empty() || members.len() > SMALL || members.iter().any(|slot| fixed(slot.entry)) {
            return None;
        }
        let surely = self.model.threshold + SURER;
        let (mut into, mut told) = (None, None);
        for slot in members {
            let again = again(slot);
            let others = self.likely(&again).into_iter().filter(|found| found.story != story);
            let best = others.max_by(|a, b| a.score.total_cmp(&b.score).then(b.story.cmp(&a.story)))?;
            if best.score < surely || into.is_some_and(|known| known != best.story) {
                return None;
            }
            into = Some(best.story);
            let names = self.slot(best.entry).map(|other| shared_names(&again, other)).unwrap_or_default();
            told.get_or_insert(evidence::merged(&best, surely, &names));
        }
        let (into, evidence) = (into?, told?);
        let other = self.stories.get(&into)?;
        let fixed_there = other.members.iter().filter_map(|at| self.at(*at)).any(|slot| fixed(slot.entry));
        if other.members.len() > SMALL || fixed_there {
            return None;
        }
        let first = |story: StoryId| self.stories.get(&story).map(|known| (known.first, story));
        let (from, into) = if first(into) <= first(story) { (story, into) } else { (into, story) };
        Some(Revision::Merge { from, into, evidence })
    }

    fn let_go(&self, story: StoryId, members: &[&Slot], slot: &Slot) -> Option<Revision> {
        let again = again(slot);
        let newcomer = self.newcomer(&again);
        let (mut n, mut n_apart) = (0, 0);
        for other in members.iter().filter(|other| other.entry != slot.entry) {
            let apart = marks::compare(&again.marks, &other.marks, false).apart;
            if !apart && score::pair(&newcomer.side, &other.side())[score::ALL_COSINE] >= NOTHING {
                return None;
            }
            n += 1;
            n_apart += usize::from(apart);
        }
        // A copy of another member belongs to it, whatever the words are worth today.
        if self.has_copy(&again, story) {
            return None;
        }
        Some(Revision::LetGo { from: story, entry: slot.entry, evidence: evidence::outlier(n_apart, n) })
    }

    fn has_copy(&self, new: &Prepared, story: StoryId) -> bool {
        let newcomer = self.newcomer(new);
        let pairs = self.pairs_of(&newcomer);
        self.copy_of(&newcomer, &pairs, &|other| other != story, &mut Vec::new()).is_ok()
    }
}

/// A member as if it came anew. Its shingles were dropped when it was taken in: those of its sample that are known by name
/// find nothing, so that copies are found by title and terms.
fn again(slot: &Slot) -> Prepared {
    Prepared {
        entry: slot.entry,
        feed: slot.feed,
        at: slot.at,
        site: slot.site,
        marks: slot.marks.clone(),
        headline: slot.headline,
        roundup: slot.roundup,
        advice: slot.advice,
        han: slot.han,
        title: slot.title,
        has_title: slot.has_title,
        units: slot.units.clone(),
        n_head: slot.n_head,
        han_text: slot.han_text,
        has_text: slot.has_text,
        terms: slot.terms.clone(),
        sketch: slot.sketch.clone(),
        shingles: Box::default(),
        shown: Vec::new(),
    }
}
