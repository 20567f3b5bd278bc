//! What is stored of a feed's entries: by it the ingest room decides which entries of a document are new.

use super::Shown;
use crate::model::{EntryId, Key, Timestamp};
use std::collections::{HashMap, HashSet};

/// Read before a document is taken in; good as long as the feed's revision stays what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    pub revision: i64,
    /// The feed had entries before.
    pub has_entries: bool,
    pub last_polled: Option<Timestamp>,
    pub by_key: HashMap<Key, KnownEntry>,
    /// By the key of its link, of the links that were asked for; two entries at most, because a link that more than one
    /// entry has identifies nothing.
    pub by_link: HashMap<Key, Vec<KnownEntry>>,
    pub pruned: Pruned,
}

/// What was asked for among a feed's entries that are kept no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pruned {
    /// Those of the [`pruned_key`]s and [`pruned_link`]s asked for that one of them had.
    pub keys: HashSet<u64>,
    /// The latest date of any.
    pub newest: Option<Timestamp>,
}

/// An entry that is kept no more, by its key.
pub fn pruned_key(key: &Key) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key)
}

/// The same by its link and its title: as it would come back under a new id. Both, because there are feeds whose entries all
/// link to one page.
pub fn pruned_link(link: &Key, title: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(title.as_bytes(), pruned_key(link))
}

#[derive(Clone, Debug, PartialEq)]
pub struct KnownEntry {
    pub id: EntryId,
    pub key: Key,
    pub title: String,
    /// Of the entry as its feed wrote it.
    pub content_hash: Key,
    pub n_edits: i64,
    pub claimed: Option<Timestamp>,
    /// How often its feed gave it another date.
    pub n_dates: i64,
    pub updated: Timestamp,
    /// Of what is kept of it; only where it was asked for with another content.
    pub shown: Option<Shown>,
}

/// An entry of a document, as what is known of it is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedEntry {
    pub key: Key,
    pub link_key: Option<Key>,
    pub content_hash: Key,
}

/// Stored entries of a feed that are to be looked at more closely.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recollection {
    pub entries: Vec<EntryId>,
    pub keys: Vec<Key>,
    /// Keys of their links.
    pub links: Vec<Key>,
    /// Entries that say the same, whatever their keys: [`super::EntryText::content`].
    pub contents: Vec<i64>,
    /// Their titles: entries that were stored before what they say was noted are found by these.
    pub titles: HashSet<String>,
}

/// What is stored of one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    pub entry: KnownEntry,
    pub link: Option<String>,
    pub enclosure: Option<String>,
    /// Its own text, sanitised.
    pub html: String,
}
