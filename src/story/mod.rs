//! Entry and candidates → decision with its evidence. Pure: no files, network, clock, randomness, async or
//! logging.
//!
//! Three rungs: same address, same text, same story. Addresses are looked up by the caller (the store keeps
//! every one for ever); texts and stories of the window live in an [`Index`] that the store's writer owns and
//! rebuilds at start.

mod address;
mod address_tables;
mod boilerplate;
mod copies;
mod decide;
mod evidence;
mod fold;
mod form;
mod glossary;
mod index;
mod later;
mod likeness;
mod mark_tables;
mod marks;
mod postings;
mod prepare;
mod representative;
mod roundup;
pub mod score;
mod shingle;
mod sites;
mod spread;
mod stopwords;
mod teller;
mod words;

pub use address::{address_key, address_keys};
pub use index::Index;
pub use later::Revision;
pub use likeness::Likeness;
pub use prepare::{Prepared, prepare};
pub use representative::{Completeness, Face, representative};

use crate::model::{EntryId, FeedId, StoryId, Timestamp};
use serde::{Deserialize, Serialize};

/// The version of the scores: stored with each membership, raised when a decision could come out otherwise.
pub const MODEL_VERSION: u32 = 5;

/// The version of the tables that decide what address keys come to: `address_tables.rs` and `tracking.rs`. Keys are stored,
/// so whoever changes a row raises it: the stored addresses are then keyed anew behind the running service.
pub const ADDRESS_VERSION: u32 = 2;

/// An entry as the story room sees it.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    pub entry: EntryId,
    pub feed: FeedId,
    pub title: &'a str,
    /// Whose site it leads to: in a feed that links to many, each tells for itself.
    pub link: Option<&'a str>,
    /// Plain text of the best body there is.
    pub text: &'a str,
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

/// The order in which a batch is decided: whatever order it arrived in, it gives the same stories.
pub fn sort_batch(batch: &mut [Prepared]) {
    batch.sort_by_key(|new| (new.at, new.entry));
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
    /// Stories that it did not join and that are near all the same, nearest first: shown beside it, never merged.
    pub related: Vec<Nearest>,
}

/// What a person has said about entries: it beats everything else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// Stories that the entry must be in (the first that exists wins).
    pub must: Vec<StoryId>,
    /// Stories that it must not be in.
    pub cannot: Vec<StoryId>,
}
