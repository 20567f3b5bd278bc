//! What goes into a decision, what is remembered of a feed, and what comes out.

use super::rhythm::Rhythm;
use crate::feed::Hints;
use crate::model::{Timestamp, is_default};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a person set (`[poll]` and the feed's own `interval`).
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub interval: Duration,
    pub min_interval: Duration,
    pub max_interval: Duration,
    pub adaptive: bool,
    /// A share of the interval; only ever added.
    pub jitter: f64,
    /// Sightings of a permanent redirect, and the days over which they must spread, before it is adopted.
    pub permanent_after: u32,
    pub permanent_days: u32,
    /// A fact, no wish: what the feed's hub does for us.
    pub push: Option<Push>,
}

/// A hub pushes the feed's entries to us (WebSub), as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    /// When the lease ends.
    pub until: Timestamp,
    /// Something was pushed since the last poll.
    pub delivered: bool,
}

/// What is remembered of a feed between polls. Unknown fields of an older or newer version are ignored; what is as it
/// was in the beginning is not written down, because all of it is written with each poll.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// Failures in a row.
    #[serde(skip_serializing_if = "is_default")]
    pub n_errors: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub failing_since: Option<Timestamp>,
    /// Not before this, whatever else: Retry-After.
    #[serde(skip_serializing_if = "is_default")]
    pub hold_until: Option<Timestamp>,
    /// 410: polled no more.
    #[serde(skip_serializing_if = "is_default")]
    pub gone: bool,
    /// What the feed last said of its own polling: a 304 says nothing, so it is remembered.
    #[serde(skip_serializing_if = "is_default")]
    pub ttl_minutes: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub update_period_seconds: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    pub skip_hours: Vec<u8>,
    #[serde(skip_serializing_if = "is_default")]
    pub skip_days: Vec<u8>,
    /// When its entries come.
    #[serde(skip_serializing_if = "is_default")]
    pub rhythm: Rhythm,
    /// When it was last read, or said to be as it was.
    #[serde(skip_serializing_if = "is_default")]
    pub last_read: Option<Timestamp>,
    #[serde(skip_serializing_if = "is_default")]
    pub moving: Option<Moving>,
    /// When its newest entry was published; times to come do not count.
    #[serde(skip_serializing_if = "is_default")]
    pub newest: Option<Timestamp>,
    /// Polls in a row that found what the hub had not pushed.
    #[serde(skip_serializing_if = "is_default")]
    pub push_misses: u32,
    /// It has its place between the feeds that were added together with it.
    #[serde(skip_serializing_if = "is_default")]
    pub spread: bool,
    /// A feed was read there at least once.
    #[serde(skip_serializing_if = "is_default")]
    pub was_read: bool,
    /// Since when the server has only ever said that nothing has changed.
    #[serde(skip_serializing_if = "is_default")]
    pub unmodified_since: Option<Timestamp>,
    /// Looks without a validator, since the last one that found what the validators had hidden, which found nothing.
    #[serde(skip_serializing_if = "is_default")]
    pub vain_looks: u32,
    /// Its validators have hidden entries.
    #[serde(skip_serializing_if = "is_default")]
    pub validators_lie: bool,
    /// Conditional requests in a row that were answered with an empty body.
    #[serde(skip_serializing_if = "is_default")]
    pub n_empty: u32,
    /// When the first edit of an entry is due that was put off.
    #[serde(skip_serializing_if = "is_default")]
    pub put_off: Option<Timestamp>,
    /// Polls in a row of which nobody knows whether the feed or the network was at fault, and since when there are any.
    #[serde(skip_serializing_if = "is_default")]
    pub n_doubts: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub doubted_since: Option<Timestamp>,
}

/// A permanent redirect that was seen, not yet adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moving {
    pub to: String,
    pub n_seen: u32,
    pub first_seen: Timestamp,
    /// A feed was read from there, not only a 304.
    pub proven: bool,
}

/// How a poll ended, as far as scheduling is concerned.
#[derive(Clone, Debug)]
pub enum Polled<'a> {
    /// A feed was read: its hints, and the times its entries claim (for the adaptive interval).
    Feed {
        hints: &'a Hints,
        max_age: Option<Duration>,
        entry_times: &'a [Timestamp],
        n_new: usize,
        redirect: Option<Redirect<'a>>,
    },
    NotModified {
        max_age: Option<Duration>,
        redirect: Option<Redirect<'a>>,
    },
    Throttled {
        retry_after: Option<Timestamp>,
    },
    Gone,
    /// A status, a network failure, or a body that is no feed.
    Failed {
        retry_after: Option<Timestamp>,
    },
    /// It could not be asked, because the network was down ([`crate::network`]): says nothing of the feed.
    NetworkDown,
    /// It failed as if the network were down, and nobody else was heard. `others_heard`: when another host was last asked
    /// that answered.
    Doubtful {
        others_heard: Option<Timestamp>,
    },
}

/// A wholly permanent path to where the feed was found.
#[derive(Clone, Copy, Debug)]
pub struct Redirect<'a> {
    pub to: &'a str,
}

/// The next poll, with every reason for it, in the order in which they were weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    pub state: FeedState,
    /// `None`: never again (410).
    pub at: Option<Timestamp>,
    /// "interval 1h", "max-age 2h of the server", "failed 3 times: 4h" …
    pub reasons: Vec<String>,
    /// The address to adopt from now on.
    pub moved_to: Option<String>,
}
