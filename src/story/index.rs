//! The entries of the window, ready to be compared with: who is in it, and what it knows of him. `copies` and `likeness`
//! compare, `decide` decides.
//!
//! Everything a decision depends on is in the entries and in the order in which they were taken in: no clock, no
//! randomness, and no result depends on a map's order, so that the same calls give the same answers and an index
//! rebuilt from the store decides as the old one did.

use super::marks::Mark;
use super::postings::{Postings, SHARDS};
use super::prepare::Prepared;
use super::score::{self, Centroid, Model, Newer, Norms, Side, Term};
use super::shingle::{self, Sketch};
use super::sites::Sites;
use super::spread::Map;
use super::words::Kind;
use crate::model::{EntryId, FeedId, StoryId, Timestamp};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::time::Duration;

/// A shingle that this many entries have is boilerplate; more are not even noted.
const MAX_SHINGLE_HOLDERS: usize = 200;

/// A term that more entries than this have finds nothing in particular and is not noted.
pub(super) const MAX_TERM_FREQUENCY: u32 = 2_000;

/// The youngest members of a story, whose titles make its core.
pub(super) const CORE_MEMBERS: usize = 64;

/// A term is rare if at most this many entries, or this share of the window, have it.
const RARE_HOLDERS: f32 = 3.0;
const RARE_SHARE: f32 = 0.004;

/// The longest life of a story, and how long entries are kept, in windows.
const LIFE_IN_WINDOWS: f64 = 3.5;

/// All postings are swept once while one in so many entries leaves.
const SWEEPS: usize = 8;

#[derive(Debug)]
pub(super) struct Story {
    /// In the order in which they were taken in.
    pub members: Vec<u32>,
    /// When its earliest member appeared.
    pub first: Timestamp,
    /// `None` for a single member, which speaks for itself.
    pub centroid: Option<Box<Centroid>>,
}

/// What the index keeps of an entry.
#[derive(Debug)]
pub(super) struct Slot {
    pub entry: EntryId,
    pub feed: FeedId,
    pub at: Timestamp,
    /// The later of `at` and the index's clock when it was taken in: from then on it ages.
    seen: Timestamp,
    pub story: StoryId,
    pub site: u32,
    pub marks: Box<[Mark]>,
    pub headline: u32,
    pub roundup: bool,
    pub advice: bool,
    pub han: bool,
    pub has_title: bool,
    pub has_text: bool,
    pub han_text: bool,
    pub units: Box<[u32]>,
    pub n_head: u8,
    pub title: u64,
    pub terms: Box<[Term]>,
    pub norms: Norms,
    pub sketch: Sketch,
}

impl Slot {
    pub(super) fn side(&self) -> Side<'_> {
        Side { terms: &self.terms, norms: self.norms, han: self.han, has_text: self.has_text, feed: self.feed.0, at: self.at.0 }
    }
}

/// An entry to be decided, with the rarity of its terms as the index has it now.
pub(super) struct Newcomer<'a> {
    pub new: &'a Prepared,
    pub side: Newer<'a>,
    /// Whether its feed links to many sites.
    pub many_sites: bool,
}

impl Newcomer<'_> {
    /// The cosine of the titles.
    pub fn titles_alike(&self, old: &Slot) -> f32 {
        score::title_cosine(&self.side, &old.side())
    }
}

/// The entries of the window, ready to be compared with. Deterministic: the same calls give the same answers.
#[derive(Debug)]
pub struct Index {
    pub(super) window: Duration,
    pub(super) model: Model,
    clock: Timestamp,
    slots: Vec<Option<Box<Slot>>>,
    /// Whose slot it is, and a bit for each that is somebody's, beside the slots: candidates are counted before any slot
    /// is looked at.
    holders: Vec<EntryId>,
    taken: Vec<u64>,
    free: Vec<u32>,
    /// Slots left since the postings' sweeping began anew, and before that: the latter are free when it is through.
    left: Vec<u32>,
    left_before: Vec<u32>,
    next_shard: usize,
    owed: usize,
    by_entry: Map<EntryId, u32>,
    by_age: BTreeSet<(Timestamp, EntryId)>,
    pub(super) stories: Map<StoryId, Story>,
    pub(super) by_shingle: Postings,
    pub(super) by_term: Postings,
    pub(super) by_title: Postings,
    pub(super) frequency: Map<u32, u32>,
    pub(super) sites: Sites,
}

impl Default for Index {
    fn default() -> Index {
        Index::new(Duration::from_secs(96 * 3600))
    }
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
            holders: Vec::new(),
            taken: Vec::new(),
            free: Vec::new(),
            left: Vec::new(),
            left_before: Vec::new(),
            next_shard: 0,
            owed: 0,
            by_entry: Map::default(),
            by_age: BTreeSet::new(),
            stories: Map::default(),
            by_shingle: Postings::default(),
            by_term: Postings::default(),
            by_title: Postings::default(),
            frequency: Map::default(),
            sites: Sites::default(),
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

    /// Takes an entry in as a member of `story`; the caller has just stored that.
    pub fn insert(&mut self, new: Prepared, story: StoryId) {
        self.remove(new.entry);
        let norms = score::norms(&new.terms, &self.idf(&new.terms));
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.holders.push(new.entry);
            self.taken.resize(self.slots.len().div_ceil(64), 0);
            (self.slots.len() - 1) as u32
        });
        self.holders[at as usize] = new.entry;
        self.taken[at as usize / 64] |= 1 << (at % 64);
        for hash in shingle::posted(&new.shingles) {
            let holders = self.by_shingle.holders(hash).filter(|slot| self.is_taken(*slot));
            if holders.take(MAX_SHINGLE_HOLDERS).count() < MAX_SHINGLE_HOLDERS {
                self.by_shingle.insert(hash, at);
            }
        }
        for term in &new.terms {
            let frequency = self.frequency.entry(term.key()).or_default();
            *frequency += 1;
            if finds(*term) && *frequency <= MAX_TERM_FREQUENCY && !new.roundup {
                self.by_term.insert(term.key(), at);
            }
        }
        if new.title != 0 {
            self.by_title.insert(title_key(new.title), at);
        }
        let slot = Slot {
            entry: new.entry,
            feed: new.feed,
            at: new.at,
            seen: new.at.max(self.clock),
            story,
            site: new.site,
            marks: new.marks,
            headline: new.headline,
            roundup: new.roundup,
            advice: new.advice,
            han: new.han,
            has_title: new.has_title,
            units: new.units,
            n_head: new.n_head,
            has_text: new.has_text,
            han_text: new.han_text,
            title: new.title,
            norms,
            terms: new.terms,
            sketch: new.sketch,
        };
        self.by_entry.insert(slot.entry, at);
        self.sites.insert(slot.feed, slot.site);
        self.by_age.insert((slot.seen, slot.entry));
        let fresh = || Story { members: Vec::with_capacity(1), first: slot.at, centroid: None };
        let found = self.stories.entry(story).or_insert_with(fresh);
        found.members.push(at);
        found.first = found.first.min(slot.at);
        self.slots[at as usize] = Some(Box::new(slot));
        self.centre(story);
    }

    /// Takes an entry out again (removed, moved by a person, or about to be decided anew after an edit). Its postings
    /// stay until they are swept.
    pub fn remove(&mut self, entry: EntryId) {
        let Some(at) = self.by_entry.remove(&entry) else { return };
        let Some(slot) = self.slots[at as usize].take() else { return };
        self.taken[at as usize / 64] &= !(1 << (at % 64));
        for term in &slot.terms {
            if let Some(frequency) = self.frequency.get_mut(&term.key()) {
                *frequency -= 1;
                if *frequency == 0 {
                    self.frequency.remove(&term.key());
                }
            }
        }
        self.by_age.remove(&(slot.seen, entry));
        self.sites.remove(slot.feed, slot.site);
        self.leave(slot.story, at);
        self.left.push(at);
        self.owed += SWEEPS * SHARDS;
        if self.owed >= self.by_entry.len() {
            self.owed = self.owed.saturating_sub(self.by_entry.len().max(SWEEPS * SHARDS));
            self.sweep();
        }
    }

    /// Puts an entry into another story, where a person did that; the caller has just stored it. One that has left the
    /// window stays away.
    pub fn reassign(&mut self, entry: EntryId, to: StoryId) {
        let Some(at) = self.by_entry.get(&entry).copied() else { return };
        let Some(slot) = self.slots[at as usize].as_mut() else { return };
        let from = std::mem::replace(&mut slot.story, to);
        let (moved, first) = (from != to, slot.at);
        if !moved {
            return;
        }
        self.leave(from, at);
        let fresh = || Story { members: Vec::with_capacity(1), first, centroid: None };
        let found = self.stories.entry(to).or_insert_with(fresh);
        // In the order of their numbers, as a rebuilding takes them in.
        let holders = &self.holders;
        let place = found.members.partition_point(|member| holders[*member as usize] < entry);
        found.members.insert(place, at);
        found.first = found.first.min(first);
        self.centre(to);
    }

    /// A slot that is no longer a story's.
    fn leave(&mut self, story: StoryId, at: u32) {
        let Some(left) = self.stories.get_mut(&story) else { return };
        left.members.retain(|member| *member != at);
        let times = left.members.iter().filter_map(|at| self.slots[*at as usize].as_ref()).map(|slot| slot.at);
        match times.min() {
            None => drop(self.stories.remove(&story)),
            Some(first) => {
                left.first = first;
                self.centre(story);
            }
        }
    }

    /// Sweeps the next part of the postings; once through, the slots that were left before it began are free.
    fn sweep(&mut self) {
        let alive = |slot: u32| is_set(&self.taken, slot);
        for postings in [&mut self.by_shingle, &mut self.by_term, &mut self.by_title] {
            postings.sweep(self.next_shard, alive);
        }
        self.next_shard = (self.next_shard + 1) % SHARDS;
        if self.next_shard == 0 {
            self.free.append(&mut self.left_before);
            self.left_before = std::mem::take(&mut self.left);
        }
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
        let centroid = (found.members.len() >= 2).then(|| {
            let youngest = found.members.iter().rev().take(CORE_MEMBERS);
            let slots = youngest.filter_map(|at| self.at(*at));
            Box::new(Centroid::of(slots.map(|slot| (&*slot.terms, self.idf(&slot.terms)))))
        });
        if let Some(found) = self.stories.get_mut(&story) {
            found.centroid = centroid;
        }
    }

    pub(super) fn newcomer<'a>(&self, new: &'a Prepared) -> Newcomer<'a> {
        let idf = self.idf(&new.terms);
        let norms = score::norms(&new.terms, &idf);
        let side = Side { terms: &new.terms, norms, han: new.han, has_text: new.has_text, feed: new.feed.0, at: new.at.0 };
        Newcomer { new, many_sites: self.sites.many(new.feed), side: Newer::new(side, idf, self.rare()) }
    }

    fn idf(&self, terms: &[Term]) -> Vec<f32> {
        let rarity = Rarity::of(self.by_entry.len());
        terms.iter().map(|term| rarity.idf(self.n_holders(*term))).collect()
    }

    /// From 1 (never seen) to nearly 0 (in every entry).
    pub(super) fn rarity(&self, term: Term) -> f32 {
        Rarity::of(self.by_entry.len()).idf(self.n_holders(term))
    }

    /// … without so many of those that have it.
    pub(super) fn rarity_beside(&self, term: Term, n: f32) -> f32 {
        Rarity::of(self.by_entry.len()).idf((self.n_holders(term) - n).max(0.0))
    }

    fn n_holders(&self, term: Term) -> f32 {
        self.frequency.get(&term.key()).copied().unwrap_or(0) as f32
    }

    /// The least idf of a rare term.
    fn rare(&self) -> f32 {
        let n = self.by_entry.len();
        Rarity::of(n).idf(RARE_HOLDERS.max(RARE_SHARE * (n as f32 + UNSEEN)))
    }

    pub(super) fn slot(&self, entry: EntryId) -> Option<&Slot> {
        self.at(*self.by_entry.get(&entry)?)
    }

    pub(super) fn at(&self, slot: u32) -> Option<&Slot> {
        self.slots[slot as usize].as_deref()
    }

    /// Whether the slot's holder is still there.
    pub(super) fn is_taken(&self, slot: u32) -> bool {
        is_set(&self.taken, slot)
    }

    /// The `n` slots that weigh most; of those that weigh alike, those of the oldest entries.
    pub(super) fn foremost<W: Copy + PartialOrd>(&self, mut weighed: Vec<(W, u32)>, n: usize) -> Vec<u32> {
        let slot = |(_, slot): &(W, u32)| *slot;
        if weighed.len() <= n {
            return weighed.iter().map(slot).collect();
        }
        let heavier = |a: &(W, u32), b: &(W, u32)| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal);
        let least = weighed.select_nth_unstable_by(n - 1, heavier).1.0;
        let mut chosen: Vec<u32> = weighed.iter().filter(|(weight, _)| *weight > least).map(slot).collect();
        // Whose slots these are is looked up for no others: in a large window that is a miss of the cache each.
        let mut alike: Vec<u32> = weighed.iter().filter(|(weight, _)| *weight == least).map(slot).collect();
        let free = n - chosen.len();
        if alike.len() > free {
            alike.select_nth_unstable_by_key(free, |slot| self.holder(*slot));
            alike.truncate(free);
        }
        chosen.append(&mut alike);
        chosen
    }

    /// Whose slot it is, or was.
    pub(super) fn holder(&self, slot: u32) -> EntryId {
        self.holders[slot as usize]
    }
}

fn is_set(bits: &[u64], at: u32) -> bool {
    bits[at as usize / 64] >> (at % 64) & 1 == 1
}

/// As if so many entries without any of the terms asked for had been read before: a young index knows little.
const UNSEEN: f32 = 50.0;

/// What makes a term rare in a window of so many entries.
struct Rarity {
    n: f32,
    scale: f32,
}

impl Rarity {
    fn of(n_entries: usize) -> Rarity {
        let n = n_entries as f32 + UNSEEN;
        Rarity { n, scale: (1.0 + n / 0.5).ln() }
    }

    fn idf(&self, frequency: f32) -> f32 {
        (1.0 + self.n / (frequency + 0.5)).ln() / self.scale
    }
}

/// Under what a title is posted.
pub(super) fn title_key(title: u64) -> u32 {
    (title >> 32) as u32
}

/// Whether an older entry is found by this term: its title's, and the names of its text.
fn finds(term: Term) -> bool {
    term.in_title() > 0 || term.kind() != Kind::Word
}
