//! What is kept, and what goes.

use crate::model::{StoryId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Entries go this long after they were first seen; `None`: never. A feed may say otherwise.
    pub keep: Option<Duration>,
    /// So many of the newest stories stay, however old.
    pub keep_stories: usize,
    /// Where the database is larger, the oldest stories go until it is not; 0: whatever its size.
    pub max_bytes: u64,
}

/// A story that goes, as it was when that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldStory {
    pub story: StoryId,
    /// One that has changed since stays.
    pub updated: Timestamp,
}

/// Why stories go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    OfAge,
    OfSize,
}

/// Some stories that go.
#[derive(Clone, Debug, PartialEq)]
pub struct Prunable {
    pub stories: Vec<OldStory>,
    pub n_entries: usize,
    /// Stories that were looked at to find these.
    pub n_looked_at: usize,
    /// How far was looked.
    pub up_to: LookedAt,
}

/// The last story that was looked at: the next batch begins behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedAt {
    pub because: Because,
    pub first_seen: Timestamp,
    pub story: StoryId,
}
