//! Who tells, and whether the same teller tells the same event again.
//!
//! The teller is the feed, or the site of the link where a feed links to many sites, as planets and link lists do. One teller
//! seldom tells one event twice: its releases, episodes, advisories and daily columns are alike in all but what matters. So
//! entries of one teller are one only if the later is the earlier published again: the same headline but for words like
//! *update*, and the text of the earlier one, soon after. The same text days later is a standing text.

use super::index::{Index, Newcomer, Slot};
use super::likeness::Guard;
use super::{form, marks, refilled, score, shingle, told};
use crate::model::StoryId;
use std::time::Duration;

/// How soon something is published again: what comes back each day is a column.
const AGAIN: Duration = Duration::from_secs(18 * 3600);

/// How soon a teller says a thing again in other words.
const ANEW: Duration = Duration::from_secs(24 * 3600);

/// … and how much of either headline the other entry then names.
const NAMED_BY_BOTH: f32 = 0.4;
const NAMED_BY_ONE: f32 = 0.6;

/// … or how much of a headline the other entry tells at least (where all nouns have capitals any two texts share names), how
/// much alike their texts are, what names and numbers they share, by rarity, and how much of either at most
/// stands in the other word for word.
const TOLD_AT_ALL: f32 = 0.25;
const TEXTS_ALIKE: f32 = 0.24;
const NAMES_SHARED: f32 = 1.0;
const MOULD: f32 = 0.35;

/// … or one of the headlines is told by the other text, which shares so many rare terms with its own and is so much alike,
/// and not more of which stands in the other word for word, unless it tells the headline whole.
const TOLD_BY_ONE: f32 = 0.5;
const TOLD_WHOLE: f32 = 0.9;
const DETAILS: f32 = 7.0;
const DETAILED: f32 = 0.25;
const MOULD_OF_DETAILS: f32 = 0.45;

/// One in so many members of a story may bear other identifiers: a large one has some in passing.
const MANY: u32 = 4;

/// The share of either text that the other one keeps, and of a short one, of which a form leaves as much.
const KEPT: f32 = 0.8;
const KEPT_SHORT: f32 = 0.95;

impl Index {
    /// Whether one teller speaks in both.
    pub(super) fn one_teller(&self, newcomer: &Newcomer, old: &Slot) -> bool {
        let new = newcomer.new;
        let one_site = new.site != 0 && new.site == old.site;
        if new.feed != old.feed {
            return one_site && (newcomer.many_sites || self.sites.many(old.feed));
        }
        one_site || !newcomer.many_sites || new.site == 0 || old.site == 0
    }

    /// Whether they may be one text: not two things, and of one teller only if published again.
    pub(super) fn may_be_copy(&self, newcomer: &Newcomer, old: &Slot) -> bool {
        let one_teller = self.one_teller(newcomer, old);
        if !one_teller && is_a_forms(newcomer, old) {
            return false;
        }
        // A title that was cut short may have lost the end of an identifier.
        let cut = !one_teller && form::is_cut(&newcomer.new.units, &old.units);
        (cut || !marks::compare(&newcomer.new.marks, &old.marks, one_teller).apart) && (!one_teller || is_again(newcomer, old))
    }

    /// What says that they cannot tell one event: other things, or one teller whose titles do not say the same in other words.
    pub(super) fn may_not_be_one(&self, newcomer: &Newcomer, old: &Slot) -> Option<Guard> {
        let one_teller = self.one_teller(newcomer, old);
        if marks::compare(&newcomer.new.marks, &old.marks, one_teller).apart {
            return Some(Guard::Marks);
        }
        if !one_teller && is_a_forms(newcomer, old) {
            return Some(Guard::Form);
        }
        (one_teller && !is_again(newcomer, old) && !self.says_it_anew(newcomer, old)).then_some(Guard::Teller)
    }

    /// Whether an entry tells what another one of its teller told, in other words: soon after, not by a form, and each naming
    /// what the other's headline names, or with texts of the same names in other sentences, or telling one of the headlines
    /// in a text of the same rare details. Sentences that return are a mould's.
    fn says_it_anew(&self, newcomer: &Newcomer, old: &Slot) -> bool {
        let new = newcomer.new;
        let apart = Duration::from_millis(new.at.0.abs_diff(old.at.0));
        // One headline over two texts is a column's.
        if apart > ANEW || !new.has_text || !old.has_text || new.headline == old.headline {
            return false;
        }
        let (mine, theirs) = self.supports_of(newcomer, old);
        let (one, both) = (mine.max(theirs), mine.min(theirs));
        if form::one_form(&new.units, &old.units) {
            return false;
        }
        let detailed = one >= TOLD_BY_ONE && same_details(newcomer, old, one);
        if refilled::filled_in(&new.units, &old.units) {
            return one >= TOLD_WHOLE && detailed;
        }
        both >= NAMED_BY_BOTH && one >= NAMED_BY_ONE || one >= TOLD_AT_ALL && same_names(newcomer, old) || detailed
    }

    /// How far each title is named by the other entry: the shares of its terms by their rarity.
    fn supports_of(&self, newcomer: &Newcomer, old: &Slot) -> (f32, f32) {
        let mine = newcomer.new.terms.iter().copied().zip(newcomer.side.idf.iter().copied());
        let theirs = old.terms.iter().filter(|term| term.in_title() > 0).map(|term| (*term, self.rarity(*term)));
        (told::named(mine, &old.terms), told::named(theirs, &newcomer.new.terms))
    }

    /// Whether a story's members leave room for a newcomer: none of his own teller tells another thing, and not more of them
    /// bear other identifiers than bear his, but for one in [`MANY`]. `Some(true)`: his own teller is among them.
    pub(super) fn room(&self, newcomer: &Newcomer, story: StoryId) -> Option<bool> {
        let Some(known) = self.stories.get(&story) else { return Some(false) };
        let (mut n_apart, mut n_together, mut told) = (0, 0, false);
        for slot in known.members.iter().filter_map(|at| self.at(*at)) {
            if self.one_teller(newcomer, slot) {
                if !self.leaves_room(newcomer, slot) {
                    return None;
                }
                told |= !is_again(newcomer, slot);
            }
            let told = marks::compare(&newcomer.new.marks, &slot.marks, false);
            n_apart += u32::from(told.apart);
            n_together += u32::from(told.together && !told.apart);
        }
        (n_apart <= n_together.max(known.members.len() as u32 / MANY)).then_some(told)
    }

    fn leaves_room(&self, newcomer: &Newcomer, old: &Slot) -> bool {
        let new = newcomer.new;
        is_again(newcomer, old) || !marks::compare(&new.marks, &old.marks, false).apart && !form::one_form(&new.units, &old.units)
    }
}

/// Whether two texts have the same names and little else word for word.
fn same_names(newcomer: &Newcomer, old: &Slot) -> bool {
    let pair = score::pair(&newcomer.side, &old.side());
    if pair[score::TEXT_COSINE] < TEXTS_ALIKE || pair[score::ALL_NAMES] + pair[score::ALL_NUMBERS] < NAMES_SHARED {
        return false;
    }
    let overlap = shingle::overlap(&newcomer.new.sketch, &old.sketch, false);
    overlap.of_new.max(overlap.of_old) <= MOULD
}

/// Whether two texts share the details that only one event has. `told`: how much of a headline the other one tells.
fn same_details(newcomer: &Newcomer, old: &Slot, told: f32) -> bool {
    let pair = score::pair(&newcomer.side, &old.side());
    if pair[score::RARE_SHARED] < DETAILS || pair[score::TEXT_COSINE] < DETAILED {
        return false;
    }
    let overlap = shingle::overlap(&newcomer.new.sketch, &old.sketch, false);
    told >= TOLD_WHOLE || overlap.of_new.max(overlap.of_old) <= MOULD_OF_DETAILS
}

/// Whether one short headline stands over texts of other names or numbers, as `Store manager` does wherever one is wanted.
fn is_a_forms(newcomer: &Newcomer, old: &Slot) -> bool {
    let new = newcomer.new;
    let standing = new.headline != 0 && new.headline == old.headline && new.title == 0;
    standing && shingle::facts_differ(&new.sketch, &old.sketch)
}

/// Whether a teller publishes an entry again: under a headline that is written once (or over a long text), without another name
/// or number in the text. `Structure fire`, `Store manager` and `Market update` stand over many short texts of one mould.
fn is_again(newcomer: &Newcomer, old: &Slot) -> bool {
    let new = newcomer.new;
    if new.headline == 0 || new.headline != old.headline || Duration::from_millis(new.at.0.abs_diff(old.at.0)) > AGAIN {
        return false;
    }
    if new.sketch.is_empty() || old.sketch.is_empty() {
        return false;
    }
    let short = new.sketch.is_short() || old.sketch.is_short();
    if short && new.title == 0 || shingle::facts_differ(&new.sketch, &old.sketch) {
        return false;
    }
    let overlap = shingle::overlap(&new.sketch, &old.sketch, true);
    overlap.jaccard.max(overlap.of_old).max(overlap.of_new) >= if short { KEPT_SHORT } else { KEPT }
}
