//! What goes into the room, and what comes out of it.

use crate::model::{EntryId, FeedId, StoryId, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// Stories that it did not join and that are near all the same, nearest first: shown beside it, never merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Nearest>,
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
