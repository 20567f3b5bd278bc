//! Whether a newcomer fills in anew what another entry says, or what a member of a story says: then he tells another thing.
//!
//! A member that is near for another reason must not bring him in: `Albion sack manager after fifth defeat` is near `Rovers 2-1
//! Albion`, whose story has `Rovers sack manager after fifth defeat`. So each member is asked, and the nearest one decides. In a
//! large story of headlines some fill in one frame by chance: there it must be much nearer than the others.

use super::form::{self, Frame};
use super::index::{Index, Newcomer, Slot};
use super::likeness::{Guard, NOTE};
use super::score::{self, PairFeatures};
use super::{refilled, told};

/// What two names in both titles are worth, by rarity.
const TWO_NAMES: f32 = 1.3;

/// The least share of what a title says in another's frame that the other text tells, if both tell one thing.
const OWN_TOLD: f32 = 0.2;

/// In a story of so many members the nearest one decides …
const SMALL: usize = 3;

/// … and in a larger one a member that is so many times as near as those whose frame he does not fill in.
const NEARER: f32 = 2.0;

impl Index {
    /// Two things under one head, filled into one form, or into one frame that neither text tells. `features` are asked for
    /// where the order of the words alone does not say.
    pub(super) fn filled_anew(&self, newcomer: &Newcomer, slot: &Slot, features: impl FnOnce() -> PairFeatures) -> Option<Guard> {
        let new = newcomer.new;
        if form::one_form(&new.units, &slot.units) {
            return Some(Guard::Form);
        }
        // What two languages say under one name shares no words, alike or not.
        if new.han_text == slot.han_text && form::under_one_head((&new.units, new.n_head), (&slot.units, slot.n_head)) {
            return Some(Guard::OneHead);
        }
        if new.han_text != slot.han_text {
            return None;
        }
        let frame = form::one_frame(&new.units, &slot.units);
        let refilled = refilled::refilled(&new.units, &slot.units);
        if frame.is_none() && !refilled {
            return None;
        }
        let features = features();
        // A number in common is a detail of one event, and so are two names, but where one place differs in all. A few Han
        // letters in a row are somebody and a verb.
        let named = features[score::TITLE_NAMES] + features[score::TITLE_MODELS] >= TWO_NAMES;
        let framed = match frame {
            Some(Frame::Tight) => true,
            Some(Frame::Loose) => !named && !new.han,
            None => false,
        };
        let n_words = told::n_words(&new.terms).min(told::n_words(&slot.terms));
        let framed = framed && n_words >= NOTE && features[score::ALL_NUMBERS] == 0.0;
        // Headlines alone, or over notes, are asked for the order of their words; a number of the texts may be the frame's.
        let exempt = named && frame != Some(Frame::Tight) || features[score::TITLE_NUMBERS] > 0.0;
        let told_apart = framed || refilled && !exempt;
        (told_apart && self.own_told(newcomer, slot) < OWN_TOLD).then_some(Guard::Frame)
    }

    /// Whether a newcomer fills in anew what a member of a story says, to which he is nearer than to the others.
    /// `most_alike`: the greatest cosine of titles with a member whose frame he does not fill in.
    pub(super) fn fills_in_a_member(&self, newcomer: &Newcomer, members: &[&Slot], most_alike: f32) -> bool {
        let least = if members.len() <= SMALL { most_alike } else { NEARER * most_alike };
        members.iter().any(|slot| {
            newcomer.titles_alike(slot) >= least
                && self.filled_anew(newcomer, slot, || score::pair(&newcomer.side, &slot.side())).is_some()
        })
    }

    /// How far either entry's text tells what the other's title says beyond its own.
    pub(super) fn own_told(&self, newcomer: &Newcomer, old: &Slot) -> f32 {
        let mine = newcomer.new.terms.iter().copied().zip(newcomer.side.idf.iter().copied());
        let theirs = old.terms.iter().filter(|term| term.in_title() > 0).map(|term| (*term, self.rarity(*term)));
        let shares = [told::own_told(mine, &old.terms), told::own_told(theirs, &newcomer.new.terms)];
        // A title that says nothing beyond the other is told whole.
        shares.iter().fold(0.0, |most, share| share.unwrap_or(1.0).max(most))
    }
}
