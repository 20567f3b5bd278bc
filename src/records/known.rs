//! What is stored of a feed's entries: by it the ingest room decides which entries of a document are new.

use crate::model::{EntryId, Key};
use std::collections::HashMap;

/// Read before a document is taken in; good as long as the feed's revision stays what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    pub revision: i64,
    pub by_key: HashMap<Key, KnownEntry>,
    /// By the key of its link, of the links that were asked for; two entries at most, because a link that more than one
    /// entry has identifies nothing.
    pub by_link: HashMap<Key, Vec<KnownEntry>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KnownEntry {
    pub id: EntryId,
    pub key: Key,
    pub title: String,
    pub content_hash: Key,
    pub n_edits: i64,
}
