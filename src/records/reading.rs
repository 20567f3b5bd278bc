//! What a person has read and starred, and the apps by which that is said.

use crate::model::{FeedId, StoryId, Timestamp};
use serde::{Deserialize, Serialize};

/// What is to hold of stories from now on; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marking {
    pub read: Option<bool>,
    pub starred: Option<bool>,
}

impl Marking {
    pub const READ: Marking = Marking { read: Some(true), starred: None };
    pub const UNREAD: Marking = Marking { read: Some(false), starred: None };
    pub const STARRED: Marking = Marking { read: None, starred: Some(true) };
    pub const UNSTARRED: Marking = Marking { read: None, starred: Some(false) };
}

/// An app that may read and mark. Of its password, of the word that it gets for it, and of the key that Fever makes of name
/// and password, the SHA-256 only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub name: String,
    pub password: [u8; 32],
    pub auth: [u8; 32],
    pub fever: [u8; 32],
}

/// A story as apps list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number for apps too: 31 bits, never given twice.
    pub story: StoryId,
    /// When it could first be seen, in microseconds; strictly increasing with the number.
    pub shown: i64,
    /// Under which apps list it, for ever.
    pub feed: FeedId,
    pub read: bool,
    pub starred: bool,
}

/// A subscription as apps list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFeed {
    pub id: FeedId,
    pub name: String,
    /// As feeds.toml has it: not for answers, which say [`ListedFeed::public_url`].
    pub url: String,
    /// Its address, where that is nobody's secret.
    pub public_url: Option<String>,
    pub site_url: Option<String>,
    pub tags: Vec<String>,
    pub last_ok: Option<Timestamp>,
    pub n_errors: i64,
    /// Why the last poll failed, as far as that is nobody's secret.
    pub error: Option<String>,
    pub paused: bool,
}
