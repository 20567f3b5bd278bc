//! A stored body, compressed off the writer's thread.

use crate::model::{ArticleId, EntryId, Timestamp};
use serde::{Deserialize, Serialize};

/// Whose body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyOf {
    Entry(EntryId),
    Article(ArticleId),
}

/// A body, as it will be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PackedBody {
    pub of: BodyOf,
    /// Of its text: one that is another by now stays as it is.
    pub hash: i64,
    pub n_bytes: usize,
    /// By which it is compressed.
    pub dictionary: Option<i64>,
    pub data: Vec<u8>,
}

/// What came of making a dictionary of stored bodies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewDictionary {
    pub at: Timestamp,
    /// By which later bodies are compressed; `None`: it was hardly better than the one that is there.
    pub data: Option<Vec<u8>>,
    /// So many bodies had been packed by then.
    pub n_packed: i64,
}
