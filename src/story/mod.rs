//! Entry and candidates → decision with its evidence. Pure: no files, network, clock, randomness, async or
//! logging.
//!
//! Three rungs: same address, same text, same story. Addresses are looked up by the caller (the store keeps
//! every one for ever); texts and stories of the window live in an [`Index`] that the store's writer owns and
//! rebuilds at start.

use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use serde::{Deserialize, Serialize};

/// The version of the scores: stored with each membership, raised when a decision could come out otherwise.
pub const MODEL_VERSION: u32 = 1;

/// An entry as the story room sees it.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    pub entry: EntryId,
    pub feed: FeedId,
    pub title: &'a str,
    /// Plain text of the best body there is.
    pub text: &'a str,
    pub language: Option<&'a str>,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
}

/// Where an address of an entry came from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    Link,
    /// Where redirects ended.
    Final,
    Canonical,
    OpenGraph,
}

/// A normalised address: equal keys mean the same page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressKey {
    pub key: String,
    pub kind: AddressKind,
}

/// The key of an address, `None` where it cannot identify an article (not http, a home page).
pub fn address_key(address: &str) -> Option<String> {
    let _ = address;
    None
}

/// The keys of an entry's addresses, each once; distrusted ones are left out.
pub fn address_keys(
    link: Option<&str>,
    final_url: Option<&str>,
    canonical: Option<&str>,
    og_url: Option<&str>,
) -> Vec<AddressKey> {
    let _ = (link, final_url, canonical, og_url);
    Vec::new()
}

/// An entry that the store found under one of the new entry's address keys.
#[derive(Clone, Debug)]
pub struct AddressHit {
    pub key: String,
    /// How the new entry came by the key.
    pub kind: AddressKind,
    /// How the stored entry came by it.
    pub their_kind: AddressKind,
    pub entry: EntryId,
    pub feed: FeedId,
    pub story: StoryId,
    /// How many entries hold this key: a canonical that many share is distrusted.
    pub n_entries: u32,
}

/// What the index compares: computed off the writer's thread. Opaque.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub entry: EntryId,
    pub feed: FeedId,
    pub at: Timestamp,
}

/// Computes the features of an item: the dear part of a decision.
pub fn prepare(item: &Item) -> Prepared {
    Prepared { entry: item.entry, feed: item.feed, at: item.at }
}

/// The rung on which an entry joined its story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// The first of its story.
    First,
    Address,
    Text,
    Story,
    /// A person said so.
    Person,
}

/// Why an entry is where it is: stored with the membership as JSON, never recomputed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence for a person.
    pub why: String,
    /// The other entry that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<EntryId>,
    /// Named figures: "containment", "title_cosine", "threshold" …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<(String, f32)>,
    /// The nearest story that it did not join, and what was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    pub story: StoryId,
    pub entry: EntryId,
    pub missing: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// `None`: a new story.
    pub join: Option<StoryId>,
    /// On the rungs `Address` and `Text`: the entry of which this is a copy.
    pub duplicate_of: Option<EntryId>,
    pub rung: Rung,
    pub evidence: Evidence,
}

/// What a person has said about entries: it beats everything else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// Stories that the entry must be in (the first that exists wins).
    pub must: Vec<StoryId>,
    /// Stories that it must not be in.
    pub cannot: Vec<StoryId>,
}

/// The entries of the window, ready to be compared with. Deterministic: the same calls give the same answers.
#[derive(Debug, Default)]
pub struct Index {}

impl Index {
    /// `window`: how long after its last member a story can still be joined.
    pub fn new(window: std::time::Duration) -> Index {
        let _ = window;
        Index {}
    }

    /// Decides where an entry belongs; changes nothing. `hits` are what the store found for its addresses.
    pub fn decide(&self, new: &Prepared, dedupe: Dedupe, hits: &[AddressHit], constraints: &Constraints) -> Decision {
        let _ = (new, dedupe, hits, constraints);
        Decision { join: None, duplicate_of: None, rung: Rung::First, evidence: Evidence::default() }
    }

    /// Takes an entry in as a member of `story`; the caller has just stored that.
    pub fn insert(&mut self, new: Prepared, story: StoryId) {
        let _ = (new, story);
    }

    /// Takes an entry out again (removed, moved by a person, or about to be decided anew after an edit).
    pub fn remove(&mut self, entry: EntryId) {
        let _ = entry;
    }

    /// Drops what left the window.
    pub fn expire(&mut self, now: Timestamp) {
        let _ = now;
    }
}
