//! What a person says of stories.

use crate::model::{EntryId, StoryId};
use serde::{Deserialize, Serialize};

/// What a person wants changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Correction {
    /// These entries are another story: together, and apart from the rest.
    Split { story: StoryId, entries: Vec<EntryId> },
    /// `from` is the same story as `into`, which keeps its id.
    Merge { into: StoryId, from: StoryId },
    /// The last correction that is not undone yet was wrong.
    Undo,
}

/// What came of it: one sentence, and the stories that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub what: String,
    pub stories: Vec<StoryId>,
}
