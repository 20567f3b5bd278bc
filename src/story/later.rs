//! A later look at a story: what the first look, which knew only what came before, would not do again.
//!
//! Two stories that turn out one are merged; a member that its story does not hold is let go. Both are proposals with
//! evidence: the caller carries them out, logs them, keeps them undoable, and never proposes against a person's word.

use super::decide::shared_names;
use super::index::{Index, Slot};
use super::prepare::Prepared;
use super::score::Term;
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

/// Two stories of so many members at most are merged if each member of the one is surely the other's. Of larger ones, which
/// began as two because some of their headlines fill in one frame, so must be a share of the youngest members of either, and
/// what marks the titles of the one must stand in those of the other: a wrong merge of them hides more.
const SMALL: usize = 4;
const AGREED: f32 = 0.5;

/// How much more than the threshold of the first look a member that is surely another story's scores there.
const SURER: f32 = 0.25;

/// The words that mark a story's titles: so many of those that most of its titles have and few others, and the share of another
/// story's titles that have each of them if both tell of one thing.
const MARKING: usize = 2;
const MARKED: f32 = 0.5;

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
        let (into, evidence) = self.leads_to(story, members)?;
        let (known, other) = (self.stories.get(&story)?, self.stories.get(&into)?);
        let mut all = known.members.iter().chain(&other.members).filter_map(|at| self.at(*at));
        if all.any(|slot| fixed(slot.entry)) {
            return None;
        }
        if known.members.len().max(other.members.len()) > SMALL {
            let theirs: Vec<&Slot> = other.members.iter().rev().take(MOST_MEMBERS).filter_map(|at| self.at(*at)).collect();
            if !self.marked_alike(members, &theirs) || self.leads_to(into, &theirs)?.0 != story {
                return None;
            }
        }
        let (from, into) = if (other.first, into) <= (known.first, story) { (story, into) } else { (into, story) };
        Some(Revision::Merge { from, into, evidence })
    }

    /// The other story whose the members surely are, all of a few and [`AGREED`] of many, and what says so of the youngest.
    fn leads_to(&self, story: StoryId, members: &[&Slot]) -> Option<(StoryId, Evidence)> {
        let surely = self.model.threshold + SURER;
        let least = if members.len() > SMALL { AGREED } else { 1.0 } * members.len() as f32;
        let mut told: Vec<(StoryId, usize, Evidence)> = Vec::new();
        for (n_asked, slot) in members.iter().enumerate() {
            let most = told.iter().map(|(_, n, _)| *n).max().unwrap_or(0);
            if ((most + members.len() - n_asked) as f32) < least {
                return None;
            }
            let again = again(slot);
            let others = self.likely(&again).into_iter().filter(|found| found.story != story);
            let best = others.max_by(|a, b| a.score.total_cmp(&b.score).then(b.story.cmp(&a.story)));
            let Some(best) = best.filter(|best| best.score >= surely) else { continue };
            match told.iter_mut().find(|(into, ..)| *into == best.story) {
                Some((_, n, _)) => *n += 1,
                None => {
                    let names = self.slot(best.entry).map(|other| shared_names(&again, other)).unwrap_or_default();
                    told.push((best.story, 1, evidence::merged(&best, surely, &names)));
                }
            }
        }
        let found = told.into_iter().max_by_key(|(into, n, _)| (*n, std::cmp::Reverse(*into)))?;
        (found.1 as f32 >= least).then_some((found.0, found.2))
    }

    /// Whether the titles of two stories are marked by the same words: other people and companies do the same things.
    fn marked_alike(&self, a: &[&Slot], b: &[&Slot]) -> bool {
        let marked = |a: &[&Slot], b: &[&Slot]| self.marking(a).iter().all(|word| share_of_titles(*word, b) >= MARKED);
        marked(a, b) && marked(b, a)
    }

    /// The words that most of these titles have and few other entries.
    fn marking(&self, slots: &[&Slot]) -> Vec<Term> {
        let mut words: Vec<Term> =
            slots.iter().flat_map(|slot| slot.terms.iter().copied()).filter(|term| term.in_title() > 0).collect();
        words.sort_unstable_by_key(|term| term.key());
        words.dedup_by_key(|term| term.key());
        let weigh = |word: Term| {
            let share = share_of_titles(word, slots);
            (share * self.rarity_beside(word, share * slots.len() as f32), word)
        };
        let mut weighed: Vec<(f32, Term)> = words.into_iter().map(weigh).collect();
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.key().cmp(&b.1.key())));
        weighed.into_iter().take(MARKING).map(|(_, word)| word).collect()
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

fn share_of_titles(word: Term, slots: &[&Slot]) -> f32 {
    let found = |slot: &&&Slot| {
        slot.terms.binary_search_by_key(&word.key(), |term| term.key()).is_ok_and(|at| slot.terms[at].in_title() > 0)
    };
    slots.iter().filter(found).count() as f32 / slots.len().max(1) as f32
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
