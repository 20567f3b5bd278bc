//! The story rung: which entries of the window may report the same event as a newcomer, and how likely each of their
//! stories is his. Finds candidates by rare terms, compares pairs, judges stories; the index decides.

use super::index::{CORE_MEMBERS, Index, MAX_TERM_FREQUENCY, Newcomer, Slot, Story};
use super::prepare::Prepared;
use super::score::{self, Features, PairFeatures};
use super::shingle;
use super::spread::Map;
use super::told;
use crate::model::{EntryId, StoryId};
use std::time::Duration;

/// Candidates whose pairs are scored.
const CANDIDATES: usize = 32;

/// The rarest terms of a newcomer, by which candidates are found, and what is read of each.
const ASKED_TERMS: usize = 20;
const MAX_TERM_HOLDERS: usize = 40;

/// Members of a story that its score looks at.
const TOP_MEMBERS: usize = 6;

/// A pair with less in common than this is not scored.
const MIN_COSINE: f32 = 0.04;
/// … nor are two whole texts of one script with less than this: the same matter, but not the same event.
const MIN_TEXTS_COSINE: f32 = 0.23;
/// … and two whole texts with fewer rare terms in common are two stories. Titles hardly alike need twice as many, and
/// texts in two languages, which share few words, one while the window is small; but twice as many where the titles share
/// no more than one name or number: whoever has a name has several events in one week.
const MIN_RARE_SHARED: f32 = 2.0;
const MIN_RARE_CROSS: f32 = 1.0;
const UNLIKE_TITLES: f32 = 0.1;
/// What more than one name in both titles is worth, by rarity.
const MORE_THAN_ONE_NAME: f32 = 1.0;
/// … and two whole texts of a script with capitals with fewer names and numbers in common, by rarity: an event has someone, a
/// place or a time; advice on one matter has none of them.
const MIN_NAMED: f32 = 1.0;

/// The share of a text that is a mould's if another text has it too.
const MOULD: f32 = 0.4;

/// Words of a text that may tell what a headline says.
pub(super) const NOTE: usize = 6;

/// In a window of so many entries some share a name by chance.
const CROWDED: usize = 1_500;

/// Words that two headlines share at least, where there is nothing else.
const MIN_SHARED_WORDS: usize = 2;

/// A candidate, compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    entry: EntryId,
    story: StoryId,
    features: PairFeatures,
    nearness: f32,
    pub slot: u32,
}

/// What keeps two entries apart on the story rung, whatever they score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// A round-up, or advice.
    Kind,
    /// More than the window apart.
    Window,
    /// Other identifiers in the titles.
    Marks,
    /// One teller, which tells another thing.
    Teller,
    /// Titles of one script share nothing, and the texts do not tell otherwise.
    UnlikeTitles,
    /// Next to nothing in common.
    Cosine,
    /// Headlines alone with one word in common.
    OneWord,
    /// In a crowded window no rare term in common stands in a title.
    RareInTitle,
    /// Too few rare terms in common.
    RareShared,
    /// No name and no number in common.
    Nameless,
    /// Sentences that return under unlike titles.
    Mould,
    /// Titles that fill in one form.
    Form,
    /// Titles that say unlike things under one head.
    OneHead,
    /// Titles of one frame, of which neither text tells what the other one fills in.
    Frame,
    /// Each title names somebody, and neither entry anybody whom the other's title names.
    Subject,
    /// The story has a member that leaves no room.
    NoRoom,
}

/// A story that a newcomer may belong to, with what speaks for it.
#[derive(Clone, Copy, Debug)]
pub struct Likeness {
    pub story: StoryId,
    /// The member most like the newcomer.
    pub entry: EntryId,
    pub features: Features,
    pub score: f32,
    /// Between the newcomer and that member.
    pub apart: Duration,
}

impl Index {
    /// The candidates that are worth scoring, nearest first.
    pub(super) fn pairs_of(&self, newcomer: &Newcomer) -> Vec<Pair> {
        nearest_first(self.candidates(newcomer).into_iter().filter_map(|at| self.pair(newcomer, at)).collect())
    }

    /// The entries with which a newcomer shares most of his rarest terms.
    fn candidates(&self, newcomer: &Newcomer) -> Vec<u32> {
        let mut asked: Vec<(f32, u32)> =
            newcomer.new.terms.iter().zip(&newcomer.side.idf).map(|(term, idf)| (*idf, term.key())).collect();
        asked.retain(|(_, key)| self.frequency.get(key).is_some_and(|n| *n <= MAX_TERM_FREQUENCY));
        asked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        asked.truncate(ASKED_TERMS);
        let mut weights: Map<u32, f32> = Map::with_capacity_and_hasher(256, Default::default());
        let held = self.by_term.holders_of(asked.iter().map(|(_, key)| *key));
        for ((idf, _), (_, holders)) in asked.iter().zip(held) {
            let holders = holders.filter(|slot| self.is_taken(*slot)).take(MAX_TERM_HOLDERS);
            holders.for_each(|slot| *weights.entry(slot).or_default() += idf);
        }
        let least = if newcomer.new.has_text && self.len() >= CROWDED { MIN_RARE_SHARED * newcomer.side.rare } else { 0.0 };
        let found = weights.into_iter().filter(|(_, weight)| *weight >= least);
        self.foremost(found.map(|(slot, weight)| (weight, slot)).collect(), CANDIDATES)
    }

    /// `None` for a pair that nothing speaks for.
    fn pair(&self, newcomer: &Newcomer, at: u32) -> Option<Pair> {
        let slot = self.at(at)?;
        if self.told_apart(newcomer, slot).is_some() {
            return None;
        }
        let pair = self.compared(newcomer, at)?;
        self.too_little(newcomer, slot, &pair.features).is_none().then_some(pair)
    }

    /// Whatever keeps the two apart.
    fn compared(&self, newcomer: &Newcomer, at: u32) -> Option<Pair> {
        let slot = self.at(at)?;
        let features = score::pair(&newcomer.side, &slot.side());
        let nearness = score::nearness(&features);
        Some(Pair { entry: slot.entry, story: slot.story, nearness, features, slot: at })
    }

    /// What tells two entries apart before anything of them is weighed.
    fn told_apart(&self, newcomer: &Newcomer, slot: &Slot) -> Option<Guard> {
        let new = newcomer.new;
        if slot.entry == new.entry || slot.roundup || slot.advice {
            return Some(Guard::Kind);
        }
        if Duration::from_millis(new.at.0.abs_diff(slot.at.0)) > self.window {
            return Some(Guard::Window);
        }
        self.may_not_be_one(newcomer, slot)
    }

    /// What two entries of one event would have in common and these have not.
    fn too_little(&self, newcomer: &Newcomer, slot: &Slot, features: &PairFeatures) -> Option<Guard> {
        let new = newcomer.new;
        let cross = new.han_text != slot.han_text;
        let textless = !new.has_text || !slot.has_text;
        if textless && !cross && features[score::TITLE_COSINE] < score::UNLIKE_TITLES {
            return Some(Guard::UnlikeTitles);
        }
        // Texts alone may share a site's furniture: titles of one script that share nothing tell two stories, unless the
        // texts share what only one event has.
        let told_apart = !cross && features[score::TITLE_COSINE] < score::UNLIKE_TITLES;
        if told_apart && features[score::TEXTS_TELL] == 0.0 {
            return Some(Guard::UnlikeTitles);
        }
        if features[score::ALL_COSINE] < MIN_COSINE {
            return Some(Guard::Cosine);
        }
        let crowded = self.len() >= CROWDED;
        // One word or number in common makes no event of two headlines: a name has several in one week.
        if textless && score::n_shared_titles(&newcomer.side, &slot.terms) < MIN_SHARED_WORDS {
            return Some(Guard::OneWord);
        }
        // Two whole texts on one event share rare details; texts of one mould share only the mould.
        if new.has_text && slot.has_text {
            let named_in_titles = features[score::TITLE_NAMES] + features[score::TITLE_MODELS] + features[score::TITLE_NUMBERS];
            let least = match cross {
                true if named_in_titles < MORE_THAN_ONE_NAME => 2.0 * MIN_RARE_SHARED,
                true if crowded => MIN_RARE_SHARED,
                true => MIN_RARE_CROSS,
                false if features[score::TITLE_COSINE] < UNLIKE_TITLES => 2.0 * MIN_RARE_SHARED,
                false => MIN_RARE_SHARED,
            };
            let texts_tell = features[score::TEXTS_TELL] > 0.0;
            if !cross && !texts_tell && features[score::ALL_COSINE] < MIN_TEXTS_COSINE {
                return Some(Guard::Cosine);
            }
            // One of them stands in a title, or many texts would share some rare detail by chance.
            if crowded && features[score::RAREST_SHARED] < newcomer.side.rare {
                return Some(Guard::RareInTitle);
            }
            if features[score::RARE_SHARED] < least {
                return Some(Guard::RareShared);
            }
            // Han letters have no capitals: what is a name there only the glossary knows.
            let named = features[score::ALL_NAMES] + features[score::ALL_NUMBERS];
            if !cross && !new.han_text && named < MIN_NAMED {
                return Some(Guard::Nameless);
            }
            // Sentences that return under titles hardly alike are a mould's; a copy was found before.
            if features[score::TITLE_COSINE] < UNLIKE_TITLES {
                let overlap = shingle::overlap(&new.sketch, &slot.sketch, false);
                if overlap.of_new.max(overlap.of_old) >= MOULD {
                    return Some(Guard::Mould);
                }
            }
        }
        if let Some(guard) = self.filled_anew(newcomer, slot, || *features) {
            return Some(guard);
        }
        if cross || told::n_words(&new.terms).min(told::n_words(&slot.terms)) < NOTE {
            return None;
        }
        let subjects = (told::names_one_of(&new.terms, &slot.terms), told::names_one_of(&slot.terms, &new.terms));
        (subjects == (Some(false), Some(false))).then_some(Guard::Subject)
    }

    /// What keeps an entry and one of the window apart whatever they score, and what they score as a pair: for the table of
    /// guards in docs/stories.md. `None`: the other one is not there.
    pub fn guard(&self, new: &Prepared, other: EntryId) -> Option<(Option<Guard>, f32)> {
        let newcomer = self.newcomer(new);
        let slot = self.slot(other)?;
        let pair = score::pair(&newcomer.side, &slot.side());
        let cosine = pair[score::ALL_COSINE];
        let share = score::title_share(&newcomer.side, &slot.terms);
        let features = score::features(&pair, cosine, share, cosine);
        let guard = self.told_apart(&newcomer, slot).or_else(|| self.too_little(&newcomer, slot, &pair));
        let room = || {
            let members = self.core_of(self.stories.get(&slot.story)?);
            self.room(&newcomer, slot.story).filter(|_| !self.fills_in_a_member(&newcomer, &members, pair[score::TITLE_COSINE]))
        };
        let guard = guard.or_else(|| room().is_none().then_some(Guard::NoRoom));
        Some((guard, self.model.score(&features)))
    }

    /// The stories of the compared candidates, likeliest first. A story is judged by its nearest member and by its
    /// other members, so that one likeness alone does not chain stories together.
    pub(super) fn stories_of(&self, newcomer: &Newcomer, pairs: &[Pair]) -> Vec<Likeness> {
        likeliest_first(pairs, |story| self.likeness(newcomer, story, pairs))
    }

    fn core_of(&self, story: &Story) -> Vec<&Slot> {
        story.members.iter().rev().take(CORE_MEMBERS).filter_map(|at| self.at(*at)).collect()
    }

    /// `None` for a story whose time is over, or that has a member which leaves no room.
    fn likeness(&self, newcomer: &Newcomer, story: StoryId, pairs: &[Pair]) -> Option<Likeness> {
        let known = self.stories.get(&story).filter(|known| newcomer.new.at.since(known.first) <= self.retention())?;
        pairs.iter().find(|pair| pair.story == story)?;
        let told = self.room(newcomer, story)?;
        let found = self.weighed(newcomer, known, story, pairs, told)?;
        let compared = pairs.iter().filter(|pair| pair.story == story);
        let most_alike = compared.map(|pair| pair.features[score::TITLE_COSINE]).fold(0.0, f32::max);
        // Asked last, of the few stories that he might join or be told of.
        let is_filled = found.score >= self.model.near && self.fills_in_a_member(newcomer, &self.core_of(known), most_alike);
        (!is_filled).then_some(found)
    }

    /// `told`: whether the newcomer's teller has told the story before. `None` for a story without a compared member.
    fn weighed(&self, newcomer: &Newcomer, known: &Story, story: StoryId, pairs: &[Pair], told: bool) -> Option<Likeness> {
        let new = newcomer.new;
        let mut compared = pairs.iter().filter(|pair| pair.story == story);
        let best = compared.clone().next()?;
        let k = known.members.len().min(TOP_MEMBERS);
        let mean = compared.by_ref().take(k).map(|pair| pair.features[score::ALL_COSINE]).sum::<f32>() / k as f32;
        let youngest = self.core_of(known);
        let shares = youngest.iter().map(|slot| score::title_share(&newcomer.side, &slot.terms));
        let core = shares.sum::<f32>() / youngest.len() as f32;
        let centroid = match &known.centroid {
            None => best.features[score::ALL_COSINE],
            Some(centroid) => centroid.cosine(&newcomer.side),
        };
        let mut features = score::features(&best.features, mean, core, centroid);
        if told {
            features[score::SAME_FEED] = 1.0;
        }
        let at = self.at(best.slot).map_or(new.at, |slot| slot.at);
        let apart = Duration::from_millis(new.at.0.abs_diff(at.0));
        Some(Likeness { story, entry: best.entry, features, score: self.model.score(&features), apart })
    }

    /// The stories of the newcomer's candidates, likeliest first, if no guard but [`Guard::Kind`] and [`Guard::Window`] kept
    /// anything apart: for training.
    pub fn likely_unguarded(&self, new: &Prepared) -> Vec<Likeness> {
        let newcomer = self.newcomer(new);
        let comparable = |at: &u32| {
            let guard = self.at(*at).and_then(|slot| self.told_apart(&newcomer, slot));
            !matches!(guard, Some(Guard::Kind | Guard::Window))
        };
        let candidates = self.candidates(&newcomer).into_iter().filter(comparable);
        let pairs = nearest_first(candidates.filter_map(|at| self.compared(&newcomer, at)).collect());
        let weighed = |story: StoryId| {
            let known = self.stories.get(&story)?;
            let told = known.members.iter().filter_map(|at| self.at(*at)).any(|slot| self.one_teller(&newcomer, slot));
            self.weighed(&newcomer, known, story, &pairs, told)
        };
        likeliest_first(&pairs, weighed)
    }
}

fn nearest_first(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_by(|a, b| b.nearness.total_cmp(&a.nearness).then(a.entry.cmp(&b.entry)));
    pairs
}

fn likeliest_first(pairs: &[Pair], likeness: impl Fn(StoryId) -> Option<Likeness>) -> Vec<Likeness> {
    let mut stories: Vec<StoryId> = pairs.iter().map(|pair| pair.story).collect();
    stories.sort_unstable();
    stories.dedup();
    let mut found: Vec<Likeness> = stories.into_iter().filter_map(likeness).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.story.cmp(&b.story)));
    found
}
