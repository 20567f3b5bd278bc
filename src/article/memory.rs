//! What a host repeats: lines that stood in several of its articles are its own, not theirs.
//!
//! The store counts the lines of each article's ends ([`super::Article::blocks`]) and hands them back for the host's next
//! page. Only lines are forgotten that could be spared: where they make up half of a body, another address of the
//! same article was counted, and nothing goes.

use std::collections::HashSet;

/// Articles that must have had a line before it is the host's.
pub const MIN_ARTICLES: u32 = 3;

/// Lines that are counted: boilerplate stands at the ends of a body.
const FIRST: usize = 6;
const LAST: usize = 14;
/// Shorter lines are too common to be told apart by their words alone.
const MIN_LETTERS: usize = 8;

/// The lines that a host repeats.
#[derive(Clone, Debug, Default)]
pub struct Memory(HashSet<u64>);

impl Memory {
    /// From hashes of [`super::Article::blocks`] that stood in at least [`MIN_ARTICLES`] articles.
    pub fn new(hashes: impl IntoIterator<Item = u64>) -> Memory {
        Memory(hashes.into_iter().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, hash: Option<u64>) -> bool {
        hash.is_some_and(|hash| self.0.contains(&hash))
    }
}

/// A line as it is counted; `None` where it is not.
pub(super) fn hash(squashed: &str) -> Option<u64> {
    (squashed.chars().take(MIN_LETTERS).count() == MIN_LETTERS).then(|| xxhash_rust::xxh3::xxh3_64(squashed.as_bytes()))
}

/// Of all lines of a body those at its ends, each once.
pub(super) fn ends(all: Vec<u64>) -> Vec<u64> {
    let from = all.len().saturating_sub(LAST).max(FIRST.min(all.len()));
    let mut seen = HashSet::new();
    all[..FIRST.min(all.len())].iter().chain(&all[from..]).copied().filter(|hash| seen.insert(*hash)).collect()
}
