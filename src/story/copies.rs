//! The text rung, and the belief in addresses: of which entry of the window a newcomer is a copy, an edit or an excerpt.
//! Finds candidates by shingles, titles and terms, compares their sketches; the index decides.

use super::index::{Index, Newcomer, Slot, title_key};
use super::likeness::Pair;
use super::shingle::{self, Overlap, Verdict};
use super::spread::Map;
use super::{AddressHit, AddressKind, Nearest, evidence, form, marks, refilled, told};
use crate::model::StoryId;
use std::time::Duration;

/// Candidates that are compared exactly.
const CANDIDATES: usize = 12;

/// … and of those that are near by their terms, the nearest.
const NEAR_PAIRS: usize = 8;

/// The youngest holders of a shingle that many have which may be candidates all the same.
const SHARED_HOLDERS: usize = 40;

/// A shingle that more entries, and a larger share of the window, have is a template's …
const COMMON_HOLDERS: f32 = 8.0;
const COMMON_SHARE: f32 = 0.003;
const MAX_COMMON_HOLDERS: f32 = 100.0;

/// … and a copy shares at least this much of what is not.
const MIN_SPECIFIC: f32 = 0.7;

/// Texts of one feed under one link that share less are two entries.
const ONE_TEXT: f32 = 0.6;

/// Titles as much alike as this tell of one thing, if they do not fill in one form.
const ALIKE_TITLES: f32 = 0.5;

/// Texts that share this much are one, though only one of the titles is a round-up's.
const WHOLE: f32 = 0.85;

/// Two short texts that share this much are one, whatever stands over them.
const WORD_FOR_WORD: f32 = 0.97;

/// The least share of what one title says beyond the other that a text tells which stands under both.
const TOLD_BY_TEXT: f32 = 0.2;

/// How soon a headline that is written once stands over another text on the same event: days later it is a column's, or
/// asked anew.
const ONE_HEADLINE: Duration = Duration::from_secs(24 * 3600);

/// Titles that have no more in common share nothing.
const UNLIKE: f32 = 0.05;

/// The least share of a title's rarest terms that a copy under another title names.
const MIN_SUPPORT: f32 = 0.4;

/// An entry of which a newcomer is a copy.
pub(super) struct Copy<'a> {
    pub of: &'a Slot,
    pub overlap: Overlap,
    /// The headline decided, not the text.
    pub by_title: bool,
}

/// What a newcomer's shingles found.
struct Found {
    candidates: Vec<u32>,
    /// Of those of his shingles that he would post, and others like him have posted: those that few entries have, and
    /// those that a template has.
    specific: Vec<u32>,
    formed: Vec<u32>,
}

impl Index {
    /// The first hit that is to be believed.
    pub(super) fn believed<'a>(
        &self,
        newcomer: &Newcomer,
        hits: &'a [AddressHit],
        cannot: &dyn Fn(StoryId) -> bool,
    ) -> Option<&'a AddressHit> {
        let new = newcomer.new;
        let claimed = |kind: AddressKind| matches!(kind, AddressKind::Canonical | AddressKind::OpenGraph);
        let believed = |hit: &AddressHit| {
            // What the page claims, or what many entries hold, needs the entries to be alike. So does a feed that
            // gives all its entries one link.
            let doubtful = claimed(hit.kind) || claimed(hit.their_kind) || hit.n_entries >= 3 || hit.feed == new.feed;
            match self.slot(hit.entry) {
                _ if !doubtful => true,
                Some(old) if hit.feed == new.feed => self.is_same(newcomer, old),
                Some(old) => self.supports(newcomer, old),
                None => hit.n_entries <= 2 && hit.feed != new.feed,
            }
        };
        let mut order: Vec<&AddressHit> = hits.iter().filter(|hit| !cannot(hit.story) && hit.entry != new.entry).collect();
        order.sort_by_key(|hit| (hit.kind.max(hit.their_kind), hit.entry));
        order.into_iter().find(|hit| believed(hit))
    }

    /// Whether two entries of a feed under one address are one: feeds give one link to all that they have no page for.
    fn is_same(&self, newcomer: &Newcomer, old: &Slot) -> bool {
        let new = newcomer.new;
        if marks::compare(&new.marks, &old.marks, true).apart {
            return false;
        }
        let textless = new.sketch.is_empty() || old.sketch.is_empty();
        if new.headline != 0 && old.headline != 0 && new.headline != old.headline {
            return !textless && shingle::overlap(&new.sketch, &old.sketch, false).jaccard >= ONE_TEXT;
        }
        if textless {
            return told::one_note(&new.terms, &old.terms);
        }
        // One headline over texts of other names or numbers is a column's.
        let overlap = shingle::overlap(&new.sketch, &old.sketch, false);
        !shingle::facts_differ(&new.sketch, &old.sketch) && overlap.of_new.max(overlap.of_old) >= ONE_TEXT
    }

    /// Whether two entries are alike enough to have one address.
    fn supports(&self, newcomer: &Newcomer, old: &Slot) -> bool {
        let new = newcomer.new;
        if marks::compare(&new.marks, &old.marks, false).apart {
            return false;
        }
        let textless = new.sketch.is_empty() || old.sketch.is_empty();
        if textless && (!new.has_title || !old.has_title) || new.title != 0 && new.title == old.title {
            return true;
        }
        let overlap = shingle::overlap(&new.sketch, &old.sketch, false);
        if !textless && (overlap.of_new >= 0.3 || overlap.of_old >= 0.3) {
            return true;
        }
        newcomer.titles_alike(old) >= if textless || new.han != old.han { 0.2 } else { 0.35 }
    }

    /// The entry of which this is a copy, or the nearest that it is not a copy of. `forms` collects those that fill in
    /// the same form with other facts.
    pub(super) fn copy_of(
        &self,
        newcomer: &Newcomer,
        pairs: &[Pair],
        cannot: &dyn Fn(StoryId) -> bool,
        forms: &mut Vec<u32>,
    ) -> Result<Copy<'_>, Option<Nearest>> {
        let new = newcomer.new;
        let mut found = self.text_candidates(&new.shingles);
        found.candidates.extend(pairs.iter().take(NEAR_PAIRS).map(|pair| pair.slot));
        if new.title != 0 {
            let titled = self.by_title.holders(title_key(new.title)).filter(|slot| self.is_taken(*slot));
            found.candidates.extend(titled.take(CANDIDATES));
        }
        found.candidates.sort_unstable_by_key(|slot| self.holder(*slot));
        found.candidates.dedup();
        let mut best: Option<Copy> = None;
        let mut nearest: Option<(f32, Nearest)> = None;
        for at in found.candidates.iter().copied() {
            let Some(slot) = self.at(at).filter(|slot| slot.entry != new.entry && !cannot(slot.story)) else { continue };
            if !self.may_be_copy(newcomer, slot) {
                continue;
            }
            let titled = new.title != 0 && slot.title == new.title;
            let overlap = shingle::overlap(&new.sketch, &slot.sketch, titled);
            let apart = Duration::from_millis(new.at.0.abs_diff(slot.at.0));
            let soon = apart <= ONE_HEADLINE;
            let textless = new.sketch.is_empty() || slot.sketch.is_empty();
            let accepted = if textless {
                // A headline alone, word for word, from another feed at the same time.
                titled && apart <= self.window && !new.roundup && !slot.roundup
            } else {
                let verdict = self.verdict(newcomer, slot, &overlap);
                if verdict == Verdict::Template {
                    forms.push(at);
                }
                if matches!(verdict, Verdict::Quotes | Verdict::Template)
                    && nearest.as_ref().is_none_or(|(known, _)| overlap.jaccard > *known)
                {
                    let missing = evidence::not_a_copy(verdict, &overlap);
                    nearest = Some((overlap.jaccard, Nearest { story: slot.story, entry: slot.entry, missing }));
                }
                // A round-up has copies of itself, but no excerpts and no parts, unless its headline stands over them.
                let one_head = titled || form::is_cut(&new.units, &slot.units);
                let whole = !(new.roundup || slot.roundup)
                    || overlap.jaccard >= WHOLE
                    || new.roundup == slot.roundup && (overlap.jaccard >= 0.4 || one_head);
                let same = titled
                    && soon
                    && (overlap.head_in_head >= 0.9
                        || verdict != Verdict::Template
                            && (overlap.of_new >= 0.65 || overlap.of_old.max(overlap.head_in_head) >= 0.8));
                whole && (verdict == Verdict::Copy || same) && found.shares_its_own(newcomer, slot, soon)
            };
            let better = best.as_ref().is_none_or(|known| overlap.jaccard >= known.overlap.jaccard);
            if accepted && better && self.room(newcomer, slot.story).is_some() {
                best = Some(Copy { of: slot, overlap, by_title: titled && (textless || overlap.jaccard < 0.4) });
            }
        }
        let Some(copy) = best else { return Err(nearest.map(|(_, nearest)| nearest)) };
        if copy.overlap.of_new > 0.0 && copy.overlap.of_new < 0.88 {
            let others = found.candidates.iter().filter_map(|at| self.at(*at));
            let mut others = others.filter(|other| other.story != copy.of.story && other.entry != new.entry);
            if others.any(|other| shingle::puts_together(&new.sketch, &copy.of.sketch, &other.sketch)) {
                let missing = evidence::not_a_copy(Verdict::Quotes, &copy.overlap);
                return Err(Some(Nearest { story: copy.of.story, entry: copy.of.entry, missing }));
            }
        }
        Ok(copy)
    }

    /// What the texts say, and the titles of it.
    fn verdict(&self, newcomer: &Newcomer, old: &Slot, overlap: &Overlap) -> Verdict {
        let new = newcomer.new;
        if !overlap.is_much() {
            return Verdict::Different;
        }
        let alike = newcomer.titles_alike(old);
        let verdict = shingle::verdict(&new.sketch, &old.sketch, overlap, alike);
        let short = new.sketch.is_short() || old.sketch.is_short();
        let least = if short { WORD_FOR_WORD } else { 0.9 };
        let one_head = told::same_title(&newcomer.new.terms, &old.terms) || form::is_cut(&new.units, &old.units);
        let filled_in = short && !one_head && refilled::filled_in(&new.units, &old.units);
        // Word for word under headlines of which it tells neither: what a site puts under all of them.
        let tells_neither = || short && alike < UNLIKE && self.support(newcomer, old) < MIN_SUPPORT;
        if verdict == Verdict::Copy && overlap.jaccard >= least && !filled_in && tells_neither() {
            return Verdict::Template;
        }
        if verdict != Verdict::Copy || overlap.jaccard >= least && !filled_in {
            return verdict;
        }
        // One furniture under titles of one form; one text tells what both titles say.
        if short && overlap.jaccard >= least {
            return if self.own_told(newcomer, old) < TOLD_BY_TEXT { Verdict::Template } else { verdict };
        }
        let titled = new.title != 0 && old.title == new.title;
        let other_form =
            !one_head && (short || overlap.of_old < 0.75 || overlap.of_new < 0.55) && form::one_form(&new.units, &old.units);
        // Words of no kind fill in a form as well, if the texts do not tell both.
        let reworded = short
            && !one_head
            && form::one_frame(&new.units, &old.units).is_some()
            && self.own_told(newcomer, old) < TOLD_BY_TEXT;
        if other_form || reworded || !titled && self.support(newcomer, old) < MIN_SUPPORT { Verdict::Template } else { verdict }
    }

    /// How far each title's rarest terms are named by the other entry: the better of both directions.
    fn support(&self, newcomer: &Newcomer, old: &Slot) -> f32 {
        let mine = newcomer.new.terms.iter().copied().zip(newcomer.side.idf.iter().copied());
        let theirs = old.terms.iter().filter(|term| term.in_title() > 0).map(|term| (*term, self.rarity(*term)));
        told::title_support(mine, &old.terms).max(told::title_support(theirs, &newcomer.new.terms))
    }

    fn text_candidates(&self, shingles: &[u32]) -> Found {
        let common = COMMON_HOLDERS.max(COMMON_SHARE * self.len() as f32).min(MAX_COMMON_HOLDERS) as usize;
        let mut found = Found { candidates: Vec::new(), specific: Vec::new(), formed: Vec::new() };
        let mut counts: Map<u32, u32> = Map::with_capacity_and_hasher(256, Default::default());
        let (mut held, mut shared): (Vec<u32>, Vec<u32>) = Default::default();
        let taken = |slot: &u32| self.is_taken(*slot);
        for (hash, holders) in self.by_shingle.holders_of(shingle::asked(shingles)) {
            held.clear();
            held.extend(holders.filter(taken).take(common + 1));
            let few = held.len() <= common;
            if few {
                held.iter().for_each(|slot| *counts.entry(*slot).or_default() += 1);
            } else {
                shared.push(hash);
            }
            if shingle::posts(shingles.len(), hash) {
                if few { &mut found.specific } else { &mut found.formed }.push(hash);
            }
        }
        // What many have finds nothing in particular, unless there is nothing else.
        if counts.len() < CANDIDATES {
            for hash in shared {
                let holders = self.by_shingle.holders(hash).filter(taken).take(SHARED_HOLDERS);
                holders.for_each(|slot| *counts.entry(slot).or_default() += 1);
            }
        }
        found.candidates = self.foremost(counts.into_iter().map(|(slot, n)| (n, slot)).collect(), CANDIDATES);
        found
    }
}

impl Found {
    /// Whether two texts with much of a template in them also share what is not the template's. `soon`: after each other.
    fn shares_its_own(&self, newcomer: &Newcomer, old: &Slot, soon: bool) -> bool {
        let n_judged = self.specific.len() + self.formed.len();
        if self.formed.len() * 8 < n_judged {
            return true;
        }
        // Nothing but a template: then the titles tell, of what is published soon after each other.
        if self.specific.len() * 8 < n_judged {
            return soon
                && (newcomer.new.title != 0 && newcomer.new.title == old.title
                    || newcomer.titles_alike(old) >= ALIKE_TITLES && !form::one_form(&newcomer.new.units, &old.units));
        }
        let shared = |hashes: &[u32]| hashes.iter().filter(|hash| old.sketch.has(**hash)).count();
        let mut own = self.specific.len();
        if old.sketch.n_shingles < newcomer.new.sketch.n_shingles {
            // As many of the old text's as were judged of the newcomer's.
            let theirs = old.sketch.n_known() * n_judged / newcomer.new.shingles.len().max(1);
            own = own.min(theirs.saturating_sub(shared(&self.formed)));
        }
        shared(&self.specific) as f32 >= MIN_SPECIFIC * own as f32
    }
}
