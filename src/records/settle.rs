//! An entry on its way into a story.

use crate::model::{ArticleId, Dedupe, EntryId, FeedId, Timestamp};
use crate::story::{AddressKey, Prepared};
use serde::{Deserialize, Serialize};

/// An entry that can be settled, with all that is known of it.
#[derive(Clone, Debug)]
pub struct ToSettle {
    pub entry: EntryId,
    pub feed: FeedId,
    pub title: String,
    /// The article's body, else the feed's own.
    pub html: String,
    pub language: Option<String>,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
    pub link: Option<String>,
    pub final_url: Option<String>,
    pub canonical_url: Option<String>,
    pub og_url: Option<String>,
    /// What the feed's own settings say.
    pub dedupe: Option<Dedupe>,
    /// Its article is still awaited: it is published without, and settled again later.
    pub provisional: bool,
    /// Changes with every edit.
    pub version: Timestamp,
}

/// Everything that can be computed of an entry before its turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettleInput {
    pub dedupe: Dedupe,
    pub keys: Vec<AddressKey>,
    /// `None` where nothing is compared by text.
    pub prepared: Option<Prepared>,
    /// For the text index.
    pub terms: String,
    pub language: Option<String>,
}

/// An entry that is stored, with what was computed of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settling {
    pub entry: EntryId,
    pub version: Timestamp,
    pub provisional: bool,
    pub input: SettleInput,
}

/// The addresses of a stored entry, as they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Addresses {
    pub entry: EntryId,
    pub link: Option<String>,
    /// Of its page: its number, the address it was asked for by, and those that it gave.
    pub page: Option<(ArticleId, String)>,
    pub final_url: Option<String>,
    pub canonical_url: Option<String>,
    pub og_url: Option<String>,
}
