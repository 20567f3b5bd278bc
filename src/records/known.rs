//! What is stored of a feed's entries: by it the ingest room decides which entries of a document are new.

use crate::model::{EntryId, Key};
use std::collections::{HashMap, HashSet};

/// Read before a document is taken in; good as long as the feed's revision stays what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    pub revision: i64,
    pub by_key: HashMap<Key, KnownEntry>,
    /// By the key of its link, of the links that were asked for; two entries at most, because a link that more than one
    /// entry has identifies nothing.
    pub by_link: HashMap<Key, Vec<KnownEntry>>,
    /// Of entries that are kept no more: [`pruned_key`] and [`pruned_link`].
    pub pruned: HashSet<u64>,
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
    pub content_hash: Key,
    pub n_edits: i64,
}
