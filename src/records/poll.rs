//! A feed on its way out to be polled, and what came back: everything that one poll commits.

use super::SettleInput;
use crate::config::subscriptions::Subscription;
use crate::feed::identity::Habit;
use crate::feed::{Attribution, Enclosure};
use crate::fetch::Validators;
use crate::health::Trouble;
use crate::model::{EntryId, FeedId, Key, Timestamp};
use crate::schedule::{FeedState, Push};
use crate::text;
use crate::websub::HubOffer;
use serde::{Deserialize, Serialize};

/// A feed that was handed out to be polled.
#[derive(Clone, Debug)]
pub struct DueFeed {
    pub id: FeedId,
    pub key: String,
    pub url: String,
    pub settings: Subscription,
    pub validators: Option<Validators>,
    pub state: FeedState,
    pub body_hash: Option<Key>,
    /// No poll of it has succeeded yet.
    pub fresh: bool,
    pub trouble: Option<Trouble>,
    /// How it names its entries.
    pub habit: Habit,
    /// Its hub pushes to us.
    pub push: Option<Push>,
}

impl DueFeed {
    /// Where it is asked in the end: behind its redirects.
    pub fn asked_address(&self) -> &str {
        self.validators.as_ref().map_or(&self.url, |validators| &validators.url)
    }

    /// As logs may call it.
    pub fn log_name(&self) -> String {
        log_name(self.id, &self.url, self.settings.private)
    }
}

/// A feed as logs may call it: a private one by its number.
pub fn log_name(id: FeedId, url: &str, private: bool) -> String {
    if private { format!("private feed {id}") } else { text::redact_url(url) }
}

/// When a feed is planned to be polled, and what that followed from.
#[derive(Clone, Debug)]
pub struct PlannedFeed {
    pub id: FeedId,
    pub key: String,
    pub settings: Subscription,
    pub state: FeedState,
    pub next_poll: Timestamp,
}

/// How one poll ended: everything that is committed with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Poll {
    pub feed: FeedId,
    pub at: Timestamp,
    pub state: FeedState,
    pub next_poll: Option<Timestamp>,
    pub reasons: Vec<String>,
    /// A sentence for a person; `None`: the poll was well.
    pub error: Option<String>,
    /// What kind of error that is.
    pub trouble: Option<Trouble>,
    /// A line for the feed's time line.
    pub event: Option<String>,
    pub moved_to: Option<String>,
    /// The domain whose other feeds wait too, and until when: a 429 is meant for whoever asks, not for one address.
    pub held: Option<(String, Timestamp)>,
    /// `None`: the stored ones stay. `Some(None)`: the server gave none.
    #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")]
    pub validators: Option<Option<Validators>>,
    /// `None`: the stored hub stays. `Some(None)`: the feed names none, or none that could reach us.
    #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")]
    pub hub: Option<Option<HubOffer>>,
    pub wire_bytes: u64,
    /// `None`: nothing was read (unchanged, or failed).
    pub document: Option<Document>,
}

/// A feed that could not be asked because the network was down: nothing but when it is asked next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Postponed {
    pub feed: FeedId,
    pub at: Timestamp,
    pub state: FeedState,
    pub next_poll: Option<Timestamp>,
    pub reasons: Vec<String>,
}

impl Poll {
    /// Nothing but the feed's times, and what is remembered with them, is to be written.
    pub fn is_unchanged(&self) -> bool {
        self.document.is_none()
            && self.error.is_none()
            && self.event.is_none()
            && self.moved_to.is_none()
            && self.held.is_none()
            && self.validators.is_none()
            && self.hub.is_none()
    }
}

/// "Leave it" and "there is none" are two things in JSON too: absent, and null.
mod double_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(to)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(from).map(Some)
    }
}

/// What a feed said, where it said something: its face, and every entry that is not as it is stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Document {
    /// The state of the feed's entries on which `changes` were decided. If another document was committed meanwhile it is
    /// another, and the document must be taken in anew.
    pub revision: i64,
    pub body_hash: Key,
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub language: Option<String>,
    /// How the feed names its entries, where this document taught something new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub habit: Option<Habit>,
    /// The earliest first.
    pub changes: Vec<EntryChange>,
}

/// What becomes of one entry. Identity is decided: the writer looks nothing up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryChange {
    New(Box<NewEntry>),
    /// It is known, and says something else than before.
    Edited {
        entry: EntryId,
        text: Box<EntryText>,
    },
    /// It says what it said; addresses in it are signed anew: nothing that a reader should be told.
    Refreshed {
        entry: EntryId,
        text: Box<EntryText>,
    },
    /// It is known under another key than it has now.
    Renamed {
        entry: EntryId,
        key: Key,
    },
    /// It says what it said, at another address, which is taken where one is given: nothing that a reader should be told.
    Relinked {
        entry: EntryId,
        link: Option<String>,
        link_key: Option<Key>,
        content_hash: Key,
    },
    /// Its feed gave it a date, or another one, and nothing else.
    Dated {
        entry: EntryId,
        claimed: Timestamp,
    },
}

/// What a reader sees of an entry, its body cleaned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryText {
    /// Of its link: by it the entry is known again where its feed gave it a new id.
    pub link_key: Option<Key>,
    pub link: Option<String>,
    pub title: String,
    pub author: Option<String>,
    pub language: Option<String>,
    pub claimed: Option<Timestamp>,
    /// Sanitised.
    pub html: String,
    /// Of the entry as its feed wrote it: where it is the same, nothing was edited. Dates are not in it.
    pub content_hash: Key,
    /// What title and text say, as a number (the ingest room's): by it the entry is known again where its feed gave it a new
    /// id and a new link.
    #[serde(default)]
    pub content: Option<i64>,
    pub extra: Extra,
}

/// An entry that its feed never had before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewEntry {
    /// By which it is known inside its feed.
    pub key: Key,
    pub text: EntryText,
    /// The page to fetch, where one is wanted.
    pub article: Option<WantedArticle>,
    /// Where nothing is waited for: it is settled in the commit that brings it, if it can be.
    pub settle: Option<SettleInput>,
}

/// The page behind an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WantedArticle {
    /// Of its normalised address.
    pub key: Key,
    pub url: String,
    /// Until when the entry waits for it before it is published without.
    pub wait_until: Timestamp,
}

/// What is kept of an entry beside the columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Audio first. An earlier version kept one, under another name.
    #[serde(alias = "enclosure", deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<StoredEnclosure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredEnclosure {
    pub url: String,
    pub media_type: Option<String>,
    pub length: Option<u64>,
}

/// Enclosures of an entry that are kept.
const MAX_ENCLOSURES: usize = 16;

impl StoredEnclosure {
    fn of(enclosure: &Enclosure) -> StoredEnclosure {
        StoredEnclosure { url: enclosure.url.clone(), media_type: enclosure.media_type.clone(), length: enclosure.length }
    }

    fn is_audio(&self) -> bool {
        self.media_type.as_deref().is_some_and(|media_type| media_type.starts_with("audio/"))
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<StoredEnclosure>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Many(Vec<StoredEnclosure>),
        One(StoredEnclosure),
    }
    Ok(match Stored::deserialize(deserializer)? {
        Stored::Many(enclosures) => enclosures,
        Stored::One(enclosure) => vec![enclosure],
    })
}

impl Extra {
    pub fn new(
        categories: Vec<String>,
        enclosures: &[Enclosure],
        comments: Option<String>,
        source: Option<&Attribution>,
    ) -> Extra {
        let mut enclosures: Vec<_> = enclosures.iter().take(MAX_ENCLOSURES).map(StoredEnclosure::of).collect();
        enclosures.sort_by_key(|enclosure| !enclosure.is_audio());
        Extra {
            categories,
            enclosures,
            comments,
            source_title: source.and_then(|s| s.title.clone()),
            source_url: source.and_then(|s| s.url.clone()),
        }
    }
}
