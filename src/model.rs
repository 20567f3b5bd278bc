//! The words of the house: ids, times, and the records that pass from room to room.
//!
//! Plain data with no behaviour beyond its own invariants. Everything here may be used everywhere.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What need not be written down: it is read back from nothing.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What identifies a thing in an index: 128 bits of xxh3.
pub type Key = [u8; 16];

/// The key of a text. The same for ever: xxh3 is a fixed algorithm.
pub fn key_of(text: &str) -> Key {
    xxhash_rust::xxh3::xxh3_128(text.as_bytes()).to_be_bytes()
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The latest moment that every output format can say: 9999-12-31T23:59:59Z.
    pub const MAX: Timestamp = Timestamp(253_402_300_799_000);

    pub fn from_secs(seconds: i64) -> Timestamp {
        Timestamp(seconds.saturating_mul(1000))
    }

    pub fn plus(self, duration: std::time::Duration) -> Timestamp {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.0.saturating_add(ms))
    }

    pub fn minus(self, duration: std::time::Duration) -> Timestamp {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.0.saturating_sub(ms))
    }

    /// The time from `earlier` to this, zero where `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `None` outside the years that chrono can hold.
    pub fn to_utc(self) -> Option<chrono::DateTime<chrono::Utc>> {
        chrono::DateTime::from_timestamp_millis(self.0)
    }

    /// `2026-11-23T21:13:19Z`; a moment out of range is clamped into it.
    pub fn rfc3339(self) -> String {
        self.clamped().format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// With milliseconds: `2026-11-23T21:13:19.042Z`.
    pub fn rfc3339_millis(self) -> String {
        self.clamped().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// `Mon, 23 Nov 2026 21:13:19 GMT` (RFC 822 as RSS wants it).
    pub fn rfc822(self) -> String {
        self.clamped().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    fn clamped(self) -> chrono::DateTime<chrono::Utc> {
        Timestamp(self.0.clamp(-62_135_596_800_000, Timestamp::MAX.0)).to_utc().unwrap_or_default()
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A feed's surrogate id: it stays when the feed's address moves.
    FeedId
);
id!(
    /// An entry's row id; grows in the order in which entries were first seen.
    EntryId
);
id!(
    /// An article's row id; several entries may share one article.
    ArticleId
);
id!(
    /// A story's row id, which people type; its published id is a UUID.
    StoryId
);

/// What two entries may be recognised by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dedupe {
    /// Each entry is a story of its own.
    Off,
    /// Entries with the same address.
    Address,
    /// … or nearly the same text.
    Text,
    /// … or that report the same event.
    #[default]
    Story,
}

/// How much of a story an output carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    #[default]
    Full,
    /// The first sentences.
    Summary,
}

/// When the page behind an entry is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArticleMode {
    /// Where the feed does not carry the whole text.
    #[default]
    Auto,
    Always,
    Never,
}

/// How the time since the last one went, and how things stood at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    pub at: Timestamp,
    pub n_polls: u64,
    pub n_failed: u64,
    /// New ones.
    pub n_entries: u64,
    /// All that there are.
    pub n_stories: u64,
    /// Pages that are wanted, and entries that wait.
    pub n_waiting: u64,
    pub database_bytes: u64,
    /// Of the process; `None`: the system does not say.
    pub memory_bytes: Option<u64>,
}
