//! What rules and triggers were found to say of a story, and what somebody is to be told.

use crate::model::{StoryId, Timestamp};
use crate::rules::Verdict;
use serde::{Deserialize, Serialize};

/// A story that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub story: StoryId,
    /// When it changed last: one that changed meanwhile is judged again.
    pub version: Timestamp,
    pub verdict: Verdict,
    /// Where a trigger holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// One thing that somebody is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The published id of a story; empty: it is about a feed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who tells the story; of a feed, what is wrong with it.
    pub sources: Vec<String>,
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
