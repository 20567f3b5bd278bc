//! The entries of the window, ready to be compared with.
//!
//! Everything a decision depends on is in the entries and in the order in which they were taken in: no clock, no
//! randomness, and maps are asked but never walked, so that the same calls give the same answers and an index
//! rebuilt from the store decides as the old one did.

use super::form;
use super::postings::Postings;
use super::prepare::Prepared;
use super::score::{self, Centroid, Features, Model, Norms, PairFeatures, Side, Term};
use super::shingle::{self, Overlap, Sketch, Verdict};
use super::words::Kind;
use super::{AddressHit, AddressKind, Constraints, Decision, Evidence, Nearest, Rung, evidence};
use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

/// Candidates of the text rung that are compared exactly.
const TEXT_CANDIDATES: usize = 24;

/// A shingle that this many entries have is boilerplate; more are not even noted.
const MAX_SHINGLE_HOLDERS: usize = 200;

/// Postings read for one newcomer at most: bounds the time of a text made of boilerplate.
const MAX_POSTINGS_READ: usize = 6_000;

/// Candidates of the story rung whose pairs are scored.
const STORY_CANDIDATES: usize = 48;

/// The rarest terms of a newcomer, by which candidates are found, and what is read of each.
const ASKED_TERMS: usize = 24;
const MAX_TERM_HOLDERS: usize = 80;

/// A term that more entries than this have finds nothing in particular and is not noted.
const MAX_TERM_FREQUENCY: u32 = 2_000;

/// Members of a story that its score looks at.
const TOP_MEMBERS: usize = 6;

/// The youngest members of a story, whose titles make its core.
const CORE_MEMBERS: usize = 16;

/// A pair with less in common than this is not scored.
const MIN_COSINE: f32 = 0.04;
/// … and two whole texts with fewer rare terms in common are two stories. Titles hardly alike need twice as many, and
/// texts in two languages, which share few words, one while the window is small.
const MIN_RARE_SHARED: f32 = 2.0;
const MIN_RARE_CROSS: f32 = 1.0;
const UNLIKE_TITLES: f32 = 0.1;

/// In a window of so many entries some share a name by chance.
const CROWDED: usize = 1_000;

/// A term is rare if at most this many entries, or this share of the window, have it.
const RARE_HOLDERS: f32 = 3.0;
const RARE_SHARE: f32 = 0.004;

/// A shingle that more entries, and a larger share of the window, have is a template's …
const COMMON_HOLDERS: f32 = 8.0;
const COMMON_SHARE: f32 = 0.003;

/// … and a copy shares at least this much of what is not.
const MIN_SPECIFIC: f32 = 0.7;

/// The least share of a title's rarest terms that a copy under another title names.
const MIN_SUPPORT: f32 = 0.4;
const MIN_TITLE_COSINE: f32 = 0.03;

/// The longest life of a story, and how long entries are kept, in windows.
const LIFE_IN_WINDOWS: f64 = 3.5;

#[derive(Debug, Default)]
struct Story {
    /// In the order in which they were taken in.
    members: Vec<u32>,
    /// Empty for a single member, which speaks for itself.
    centroid: Centroid,
}

#[derive(Debug)]
struct Slot {
    entry: EntryId,
    feed: FeedId,
    at: Timestamp,
    /// The later of `at` and the index's clock when it was taken in: from then on it ages.
    seen: Timestamp,
    story: StoryId,
    roundup: bool,
    advice: bool,
    han: bool,
    has_title: bool,
    units: Box<[u32]>,
    has_text: bool,
    han_text: bool,
    title: u64,
    terms: Box<[Term]>,
    norms: Norms,
    sketch: Sketch,
}

impl Slot {
    fn side(&self) -> Side<'_> {
        Side { terms: &self.terms, norms: self.norms, han: self.han, feed: self.feed.0, at: self.at.0, rare: score::RARE }
    }
}

/// Keys are ids and hashes already: one multiplication spreads them.
#[derive(Debug, Default, Clone, Copy)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;

/// The entries of the window, ready to be compared with. Deterministic: the same calls give the same answers.
#[derive(Debug)]
pub struct Index {
    window: Duration,
    model: Model,
    clock: Timestamp,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_entry: Map<EntryId, u32>,
    by_age: BTreeSet<(Timestamp, EntryId)>,
    stories: Map<StoryId, Story>,
    by_shingle: Postings,
    by_term: Postings,
    by_title: Postings,
    frequency: Map<u32, u32>,
}

impl Default for Index {
    fn default() -> Index {
        Index::new(Duration::from_secs(96 * 3600))
    }
}

/// A candidate of the story rung, compared.
#[derive(Clone, Copy, Debug)]
struct Pair {
    entry: EntryId,
    story: StoryId,
    features: PairFeatures,
    nearness: f32,
    slot: u32,
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
    slot: u32,
}

impl Index {
    /// `window`: how long after its last member a story can still be joined.
    pub fn new(window: Duration) -> Index {
        Index::with_model(window, Model::shipped().clone())
    }

    /// With other weights than those that ship: for training and for trying a new version.
    pub fn with_model(window: Duration, model: Model) -> Index {
        Index {
            window,
            model,
            clock: Timestamp(i64::MIN),
            slots: Vec::new(),
            free: Vec::new(),
            by_entry: Map::default(),
            by_age: BTreeSet::new(),
            stories: Map::default(),
            by_shingle: Postings::default(),
            by_term: Postings::default(),
            by_title: Postings::default(),
            frequency: Map::default(),
        }
    }

    /// How long an entry is kept after it was taken in: the index is rebuilt from the entries first seen since
    /// then, each after an `expire` with the time at which it was first seen.
    pub fn retention(&self) -> Duration {
        self.window.mul_f64(LIFE_IN_WINDOWS)
    }

    pub fn len(&self) -> usize {
        self.by_entry.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_entry.is_empty()
    }

    /// Decides where an entry belongs; changes nothing. `hits` are what the store found for its addresses.
    pub fn decide(&self, new: &Prepared, dedupe: Dedupe, hits: &[AddressHit], constraints: &Constraints) -> Decision {
        let cannot = |story: StoryId| constraints.cannot.contains(&story);
        let must = constraints.must.iter().copied().filter(|story| !cannot(*story));
        if let Some(story) = must.clone().find(|story| self.stories.contains_key(story)).or_else(|| must.clone().next()) {
            let evidence = Evidence { why: "a person put it there".to_owned(), ..Evidence::default() };
            return Decision { join: Some(story), duplicate_of: None, rung: Rung::Person, evidence };
        }
        let idf = self.idf(&new.terms);
        let norms = score::norms(&new.terms, &idf);
        let side = Side { terms: &new.terms, norms, han: new.han, feed: new.feed.0, at: new.at.0, rare: self.rare() };
        if dedupe >= Dedupe::Address
            && let Some((hit, distrusted)) = self.best_hit(new, &side, &idf, hits, &cannot)
            && !distrusted
        {
            return Decision {
                join: Some(hit.story),
                duplicate_of: Some(hit.entry),
                rung: Rung::Address,
                evidence: evidence::address(hit),
            };
        }
        let mut pairs = Vec::new();
        let mut nearest = None;
        if dedupe >= Dedupe::Text {
            pairs = self.pairs_of(new, &side, &idf);
            let mut forms = Vec::new();
            let copy = self.copy_of(new, &side, &idf, &pairs, &cannot, &mut forms);
            // Who fills in the same form reports something else, however alike the words.
            pairs.retain(|pair| !forms.contains(&pair.slot));
            match copy {
                Ok((slot, overlap, by_title)) => {
                    return Decision {
                        join: Some(slot.story),
                        duplicate_of: Some(slot.entry),
                        rung: Rung::Text,
                        evidence: evidence::text(slot.entry, &overlap, by_title),
                    };
                }
                Err(near) => nearest = near,
            }
        }
        if dedupe >= Dedupe::Story && !new.roundup && !new.advice {
            let likely = self.stories_of(new, &side, &idf, &pairs);
            if let Some(found) = likely.iter().find(|found| !cannot(found.story)) {
                let other = self.slots[found.slot as usize].as_ref();
                let threshold = self.model.threshold;
                if found.score >= threshold {
                    let names = other.map(|other| shared_names(new, other)).unwrap_or_default();
                    return Decision {
                        join: Some(found.story),
                        duplicate_of: None,
                        rung: Rung::Story,
                        evidence: evidence::story(found, threshold, &names),
                    };
                }
                if nearest.is_none() && found.score >= self.model.near {
                    let missing = evidence::missing(found, threshold);
                    nearest = Some(Nearest { story: found.story, entry: found.entry, missing });
                }
            }
        }
        let evidence = evidence::first(dedupe, new.roundup, nearest);
        Decision { join: None, duplicate_of: None, rung: Rung::First, evidence }
    }

    /// The stories that an entry may belong to, likeliest first: for training and for explaining.
    pub fn likely(&self, new: &Prepared) -> Vec<Likeness> {
        let idf = self.idf(&new.terms);
        let norms = score::norms(&new.terms, &idf);
        let side = Side { terms: &new.terms, norms, han: new.han, feed: new.feed.0, at: new.at.0, rare: self.rare() };
        self.stories_of(new, &side, &idf, &self.pairs_of(new, &side, &idf))
    }

    /// Takes an entry in as a member of `story`; the caller has just stored that.
    pub fn insert(&mut self, new: Prepared, story: StoryId) {
        self.remove(new.entry);
        let idf = self.idf(&new.terms);
        let slot = Slot {
            entry: new.entry,
            feed: new.feed,
            at: new.at,
            seen: new.at.max(self.clock),
            story,
            roundup: new.roundup,
            advice: new.advice,
            han: new.han,
            has_title: new.has_title,
            units: new.units,
            has_text: new.has_text,
            han_text: new.han_text,
            title: new.title,
            norms: score::norms(&new.terms, &idf),
            terms: new.terms,
            sketch: new.sketch,
        };
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        for hash in slot.sketch.posted() {
            if self.by_shingle.holders(hash).take(MAX_SHINGLE_HOLDERS).count() < MAX_SHINGLE_HOLDERS {
                self.by_shingle.insert(hash, at);
            }
        }
        for term in &slot.terms {
            let frequency = self.frequency.entry(term.term).or_default();
            *frequency += 1;
            if finds(term) && *frequency <= MAX_TERM_FREQUENCY && !slot.roundup {
                self.by_term.insert(term.term, at);
            }
        }
        if slot.title != 0 {
            self.by_title.insert((slot.title >> 32) as u32, at);
        }
        self.by_entry.insert(slot.entry, at);
        self.by_age.insert((slot.seen, slot.entry));
        self.stories.entry(story).or_default().members.push(at);
        self.slots[at as usize] = Some(slot);
        self.centre(story);
    }

    /// Takes an entry out again (removed, moved by a person, or about to be decided anew after an edit).
    pub fn remove(&mut self, entry: EntryId) {
        let Some(at) = self.by_entry.remove(&entry) else { return };
        let Some(slot) = self.slots[at as usize].take() else { return };
        for hash in slot.sketch.posted() {
            self.by_shingle.remove(hash, at);
        }
        for term in &slot.terms {
            if finds(term) {
                self.by_term.remove(term.term, at);
            }
            if let Some(frequency) = self.frequency.get_mut(&term.term) {
                *frequency -= 1;
                if *frequency == 0 {
                    self.frequency.remove(&term.term);
                }
            }
        }
        if slot.title != 0 {
            self.by_title.remove((slot.title >> 32) as u32, at);
        }
        self.by_age.remove(&(slot.seen, entry));
        if let Some(story) = self.stories.get_mut(&slot.story) {
            story.members.retain(|member| *member != at);
            if story.members.is_empty() {
                self.stories.remove(&slot.story);
            } else {
                self.centre(slot.story);
            }
        }
        self.free.push(at);
    }

    /// Drops what left the window, and sets the clock from which newcomers age.
    pub fn expire(&mut self, now: Timestamp) {
        self.clock = self.clock.max(now);
        let oldest = self.clock.minus(self.retention());
        while let Some(&(seen, entry)) = self.by_age.first()
            && seen < oldest
        {
            self.remove(entry);
        }
    }

    /// Computes a story's centroid anew: it depends on the members alone, not on how they came.
    fn centre(&mut self, story: StoryId) {
        let Some(found) = self.stories.get(&story) else { return };
        let centroid = if found.members.len() < 2 {
            Centroid::default()
        } else {
            let youngest = found.members.iter().rev().take(CORE_MEMBERS);
            let slots = youngest.filter_map(|at| self.slots[*at as usize].as_ref());
            Centroid::of(slots.map(|slot| (&*slot.terms, self.idf(&slot.terms))))
        };
        if let Some(found) = self.stories.get_mut(&story) {
            found.centroid = centroid;
        }
    }

    /// From 1 (never seen) to nearly 0 (in every entry).
    fn idf(&self, terms: &[Term]) -> Vec<f32> {
        // As if fifty entries without any of these terms had been read before: a young index knows little.
        let n = self.by_entry.len() as f32 + 50.0;
        let whole = (1.0 + n / 0.5).ln();
        terms
            .iter()
            .map(|term| {
                let frequency = self.frequency.get(&term.term).copied().unwrap_or(0);
                (1.0 + n / (frequency as f32 + 0.5)).ln() / whole
            })
            .collect()
    }

    /// How far each title's rarest terms are named by the other entry: the better of both directions.
    fn support(&self, new: &Prepared, idf: &[f32], old: &Slot) -> f32 {
        let theirs = self.idf(&old.terms);
        score::title_support(&new.terms, idf, &old.terms).max(score::title_support(&old.terms, &theirs, &new.terms))
    }

    /// The least idf of a rare term.
    fn rare(&self) -> f32 {
        let n = self.by_entry.len() as f32 + 50.0;
        let limit = RARE_HOLDERS.max(RARE_SHARE * n);
        (1.0 + n / (limit + 0.5)).ln() / (1.0 + n / 0.5).ln()
    }

    fn slot(&self, entry: EntryId) -> Option<&Slot> {
        self.slots[*self.by_entry.get(&entry)? as usize].as_ref()
    }

    /// The hit to believe, and whether even that one is not to be believed.
    fn best_hit<'a>(
        &self,
        new: &Prepared,
        side: &Side,
        idf: &[f32],
        hits: &'a [AddressHit],
        cannot: &dyn Fn(StoryId) -> bool,
    ) -> Option<(&'a AddressHit, bool)> {
        let claimed = |kind: AddressKind| matches!(kind, AddressKind::Canonical | AddressKind::OpenGraph);
        let believed = |hit: &AddressHit| {
            let support = self.slot(hit.entry).map(|old| {
                let untitled = !new.has_title || !old.has_title;
                let alike = score::pair(side, idf, &old.side());
                let overlap = shingle::overlap(&new.sketch, &old.sketch);
                let same_title = new.title != 0 && new.title == old.title;
                let textless = new.sketch.is_empty() || old.sketch.is_empty();
                let text = !textless && (overlap.of_new >= 0.3 || overlap.of_old >= 0.3);
                let cross = new.han != old.han;
                (untitled && textless)
                    || same_title
                    || text
                    || (textless || cross) && alike[score::TITLE_COSINE] >= 0.2
                    || alike[score::TITLE_COSINE] >= 0.35
            });
            // What the page claims, or what many entries hold, needs the entries to be alike. So does a feed that
            // gives all its entries one link.
            let doubtful = claimed(hit.kind) || claimed(hit.their_kind) || hit.n_entries >= 3 || hit.feed == new.feed;
            match (doubtful, support) {
                (false, _) => true,
                (true, Some(support)) => support,
                (true, None) => hit.n_entries <= 2 && hit.feed != new.feed,
            }
        };
        let mut order: Vec<&AddressHit> = hits.iter().filter(|hit| !cannot(hit.story) && hit.entry != new.entry).collect();
        order.sort_by_key(|hit| (hit.kind.max(hit.their_kind), hit.entry));
        match order.iter().find(|hit| believed(hit)) {
            Some(hit) => Some((hit, false)),
            None => order.first().map(|hit| (*hit, true)),
        }
    }

    /// The entry of which this is a copy, or the nearest that it is not a copy of. `forms` collects those that fill in
    /// the same form with other facts.
    fn copy_of(
        &self,
        new: &Prepared,
        side: &Side,
        idf: &[f32],
        pairs: &[Pair],
        cannot: &dyn Fn(StoryId) -> bool,
        forms: &mut Vec<u32>,
    ) -> Result<(&Slot, Overlap, bool), Option<Nearest>> {
        let mut candidates = self.text_candidates(new);
        candidates.extend(pairs.iter().take(8).map(|pair| pair.slot));
        let by_title = |slot: &Slot| new.title != 0 && slot.title == new.title;
        if new.title != 0 {
            candidates.extend(self.by_title.holders((new.title >> 32) as u32).take(TEXT_CANDIDATES));
        }
        candidates.sort_unstable();
        candidates.dedup();
        let common = COMMON_HOLDERS.max(COMMON_SHARE * self.by_entry.len() as f32) as usize;
        let asked = new.sketch.asked();
        let specific: Vec<u32> =
            asked.iter().copied().filter(|hash| self.by_shingle.holders(*hash).take(common + 1).count() <= common).collect();
        let own = specific.len() as f32;
        let formed = asked.len() - specific.len();
        let mut best: Option<(&Slot, Overlap, bool)> = None;
        let mut nearest: Option<(f32, Nearest)> = None;
        for at in candidates.iter().copied() {
            let Some(slot) = self.slots[at as usize].as_ref().filter(|slot| slot.entry != new.entry && !cannot(slot.story))
            else {
                continue;
            };
            let overlap = shingle::overlap(&new.sketch, &slot.sketch);
            let titled = by_title(slot);
            let textless = new.sketch.is_empty() || slot.sketch.is_empty();
            let accepted = if textless {
                // A headline alone, word for word, from another feed at the same time.
                let apart = Duration::from_millis(new.at.0.abs_diff(slot.at.0));
                titled && slot.feed != new.feed && apart <= self.window && !new.roundup && !slot.roundup
            } else {
                let alike = score::pair(side, idf, &slot.side())[score::TITLE_COSINE];
                let mut verdict = shingle::verdict(&new.sketch, &slot.sketch, &overlap, alike);
                let unsupported = || self.support(new, idf, slot) < MIN_SUPPORT;
                if verdict == Verdict::Copy
                    && overlap.jaccard < 0.9
                    && (overlap.of_old < 0.75 && form::one_form(&new.units, &slot.units) || !titled && unsupported())
                {
                    verdict = Verdict::Template;
                }
                if verdict == Verdict::Template {
                    forms.push(at);
                }
                if matches!(verdict, Verdict::Quotes | Verdict::Template) {
                    let reason = evidence::not_a_copy(verdict, &overlap);
                    let weight = overlap.jaccard;
                    if nearest.as_ref().is_none_or(|(known, _)| weight > *known) {
                        nearest = Some((weight, Nearest { story: slot.story, entry: slot.entry, missing: reason }));
                    }
                }
                // A round-up has copies of itself, but no excerpts and no parts.
                let whole = !(new.roundup || slot.roundup) || overlap.jaccard >= 0.4 && new.roundup == slot.roundup;
                if formed * 8 >= asked.len() {
                    let has = |sketch: &Sketch, hash: &u32| {
                        sketch.head.binary_search(hash).is_ok() || sketch.sample.binary_search(hash).is_ok()
                    };
                    let shared = specific.iter().filter(|hash| has(&slot.sketch, hash)).count() as f32;
                    let theirs = if slot.sketch.n_shingles < new.sketch.n_shingles {
                        let theirs = slot.sketch.asked();
                        theirs.iter().filter(|hash| self.by_shingle.holders(**hash).take(common + 1).count() <= common).count()
                            as f32
                    } else {
                        own
                    };
                    if shared < MIN_SPECIFIC * own.min(theirs) {
                        continue;
                    }
                }
                let whole_head = overlap.head_in_head >= 0.9;
                let same = titled
                    && (whole_head
                        || verdict != Verdict::Template
                            && (overlap.of_new >= 0.65 || overlap.of_old.max(overlap.head_in_head) >= 0.8));
                whole && (verdict == Verdict::Copy || same)
            };
            if !accepted {
                continue;
            }
            let better = match &best {
                None => true,
                Some((known, known_overlap, _)) => {
                    let order = overlap.jaccard.total_cmp(&known_overlap.jaccard);
                    order.then(known.entry.cmp(&slot.entry)).is_gt()
                }
            };
            if better {
                best = Some((slot, overlap, titled && (textless || overlap.jaccard < 0.4)));
            }
        }
        if let Some((old, overlap, _)) = best
            && overlap.of_new > 0.0
            && overlap.of_new < 0.88
        {
            let others = candidates.iter().filter_map(|at| self.slots[*at as usize].as_ref());
            let mut others = others.filter(|other| other.story != old.story && other.entry != new.entry);
            if others.any(|other| shingle::puts_together(&new.sketch, &old.sketch, &other.sketch)) {
                let missing = evidence::not_a_copy(Verdict::Quotes, &overlap);
                return Err(Some(Nearest { story: old.story, entry: old.entry, missing }));
            }
        }
        best.ok_or(nearest.map(|(_, nearest)| nearest))
    }

    fn text_candidates(&self, new: &Prepared) -> Vec<u32> {
        let mut read = Vec::new();
        for hash in new.sketch.asked() {
            read.extend(self.by_shingle.holders(hash));
            if read.len() >= MAX_POSTINGS_READ {
                break;
            }
        }
        read.sort_unstable();
        let mut counted: Vec<(u32, u32)> = Vec::new();
        for slot in read {
            match counted.last_mut() {
                Some((known, n)) if *known == slot => *n += 1,
                _ => counted.push((slot, 1)),
            }
        }
        counted.sort_unstable_by_key(|(slot, n)| {
            (std::cmp::Reverse(*n), self.slots[*slot as usize].as_ref().map(|slot| slot.entry))
        });
        counted.truncate(TEXT_CANDIDATES);
        counted.into_iter().map(|(slot, _)| slot).collect()
    }

    fn pairs_of(&self, new: &Prepared, side: &Side, idf: &[f32]) -> Vec<Pair> {
        let mut asked: Vec<(f32, u32)> = new.terms.iter().zip(idf).map(|(term, idf)| (*idf, term.term)).collect();
        asked.retain(|(_, term)| self.frequency.get(term).is_some_and(|n| *n <= MAX_TERM_FREQUENCY));
        asked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        asked.truncate(ASKED_TERMS);
        let mut read: Vec<(u32, f32)> = Vec::new();
        for (idf, term) in asked {
            read.extend(self.by_term.holders(term).take(MAX_TERM_HOLDERS).map(|slot| (slot, idf)));
        }
        read.sort_by_key(|(slot, _)| *slot);
        let mut weighed: Vec<(u32, f32)> = Vec::new();
        for (slot, weight) in read {
            match weighed.last_mut() {
                Some((known, sum)) if *known == slot => *sum += weight,
                _ => weighed.push((slot, weight)),
            }
        }
        let of = |slot: &u32| self.slots[*slot as usize].as_ref();
        weighed.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| of(&a.0).map(|s| s.entry).cmp(&of(&b.0).map(|s| s.entry))));
        weighed.truncate(STORY_CANDIDATES);
        let mut pairs: Vec<Pair> = weighed
            .iter()
            .filter_map(|(at, _)| {
                let slot = of(at).filter(|slot| slot.entry != new.entry && !slot.roundup && !slot.advice)?;
                if Duration::from_millis(new.at.0.abs_diff(slot.at.0)) > self.window {
                    return None;
                }
                let features = score::pair(side, idf, &slot.side());
                // Texts alone may share a site's furniture; titles of one script that share nothing tell two stories.
                let titles = new.han_text != slot.han_text || features[score::TITLE_COSINE] >= MIN_TITLE_COSINE;
                // Two whole texts on one event share rare details; texts of one mould share only the mould.
                let full = new.has_text && slot.has_text;
                let cross = new.han_text != slot.han_text;
                let crowded = self.by_entry.len() >= CROWDED;
                let least = match cross {
                    true if crowded => MIN_RARE_SHARED,
                    true => MIN_RARE_CROSS,
                    false if features[score::TITLE_COSINE] < UNLIKE_TITLES => 2.0 * MIN_RARE_SHARED,
                    false => MIN_RARE_SHARED,
                };
                let details = !full || features[score::RARE_SHARED] >= least;
                if full && form::one_form(&new.units, &slot.units) {
                    return None;
                }
                (titles && details && features[score::ALL_COSINE] >= MIN_COSINE).then(|| Pair {
                    entry: slot.entry,
                    story: slot.story,
                    nearness: score::nearness(&features),
                    features,
                    slot: *at,
                })
            })
            .collect();
        pairs.sort_by(|a, b| b.nearness.total_cmp(&a.nearness).then(a.entry.cmp(&b.entry)));
        pairs
    }

    /// The stories of the compared candidates, likeliest first. A story is judged by its nearest member and by its
    /// other members, so that one likeness alone does not chain stories together.
    fn stories_of(&self, new: &Prepared, side: &Side, idf: &[f32], pairs: &[Pair]) -> Vec<Likeness> {
        let mut stories: Vec<StoryId> = pairs.iter().map(|pair| pair.story).collect();
        stories.sort_unstable();
        stories.dedup();
        let mut found = Vec::new();
        for story in stories {
            let Some(Story { members, centroid }) = self.stories.get(&story) else { continue };
            let slots = members.iter().filter_map(|at| self.slots[*at as usize].as_ref());
            let first = slots.clone().map(|slot| slot.at).min();
            if first.is_none_or(|first| new.at.since(first) > self.retention()) {
                continue;
            }
            let mut compared = pairs.iter().filter(|pair| pair.story == story);
            let Some(best) = compared.clone().next() else { continue };
            let k = members.len().min(TOP_MEMBERS);
            let mean = compared.by_ref().take(k).map(|pair| pair.features[score::ALL_COSINE]).sum::<f32>() / k as f32;
            let recent = members.len().min(CORE_MEMBERS);
            let shares = slots.rev().take(recent).map(|slot| score::title_share(&new.terms, idf, &slot.terms));
            let core = shares.sum::<f32>() / recent as f32;
            let centroid = if members.len() < 2 { best.features[score::ALL_COSINE] } else { centroid.cosine(side, idf) };
            let features = score::features(&best.features, mean, core, centroid, members.len());
            let score = self.model.score(&features);
            let at = self.slots[best.slot as usize].as_ref().map_or(new.at, |slot| slot.at);
            let apart = Duration::from_millis(new.at.0.abs_diff(at.0));
            found.push(Likeness { story, entry: best.entry, features, score, apart, slot: best.slot });
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.story.cmp(&b.story)));
        found
    }
}

/// Whether an older entry is found by this term: its title's, and the names of its text.
fn finds(term: &Term) -> bool {
    term.title > 0 || term.kind != Kind::Word
}

/// The names that both titles hold, as the newcomer writes them.
fn shared_names(new: &Prepared, old: &Slot) -> Vec<String> {
    let in_title =
        |wanted: u32| old.terms.binary_search_by_key(&wanted, |term| term.term).is_ok_and(|at| old.terms[at].title > 0);
    let mut names: Vec<String> = Vec::new();
    for (term, name) in &new.shown {
        if in_title(*term) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}
