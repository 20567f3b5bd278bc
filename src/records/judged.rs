//! What rules and triggers were found to say of a story, and what somebody is to be told.

use crate::model::{StoryId, Timestamp};
use crate::notify::Notice;
use crate::rules::Verdict;
use serde::{Deserialize, Serialize};

/// A story that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub story: StoryId,
    /// For which turn in the queue; 0: it waits in none.
    pub turn: i64,
    /// When it changed last: one that changed meanwhile is judged again.
    pub version: Timestamp,
    pub verdict: Verdict,
    /// Where a trigger holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// Notices on their way to somebody, under one id however often it is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub notifier: String,
    pub token: String,
    pub n_tries: u32,
    pub made: Timestamp,
    pub notices: Vec<Notice>,
}
