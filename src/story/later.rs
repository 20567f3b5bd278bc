//! A later look at a story: what the first look, which knew only what came before, would not do again.
//!
//! Two small stories that turn out one are merged; a member that its story does not hold is let go. Both are proposals with
//! evidence: the caller carries them out, logs them, keeps them undoable, and never proposes against a person's word.

use super::decide::shared_names;
use super::index::{Index, Slot};
use super::prepare::Prepared;
use super::{Evidence, evidence};
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
const SURER: f32 = 0.15;

/// A member that scores less in its own story than this share of what is near is let go.
const OUTLIER: f32 = 0.25;

/// Members that are looked at.
const MOST_MEMBERS: usize = 16;

impl Index {
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
        members.iter().filter(|slot| !fixed(slot.entry)).filter_map(|slot| self.let_go(story, slot)).collect()
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
            told.get_or_insert(evidence::story(&best, surely, &names));
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

    fn let_go(&self, story: StoryId, slot: &Slot) -> Option<Revision> {
        let again = again(slot);
        let own = self.likely(&again).into_iter().find(|found| found.story == story);
        let score = own.as_ref().map_or(0.0, |found| found.score);
        // A copy of another member belongs to it, whatever the words are worth today.
        let is_copy = self.has_copy(&again, story);
        if is_copy || score >= OUTLIER * self.model.near {
            return None;
        }
        Some(Revision::LetGo { from: story, entry: slot.entry, evidence: evidence::outlier(own.as_ref(), self.model.near) })
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
