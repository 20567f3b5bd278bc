//! (now, feed state, outcome) → next poll. Pure: no files, network, clock, randomness, async or logging.
//!
//! Every hint of a server is obeyed; jitter is derived from the feed's key, so that the same call always gives
//! the same answer. The state is kept by the store as JSON, opaque to it, in the transaction of the poll.

use crate::feed::Hints;
use crate::model::Timestamp;
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
}

/// What is remembered of a feed between polls. Unknown fields of an older or newer version are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// Failures in a row.
    pub n_errors: u32,
    pub failing_since: Option<Timestamp>,
    /// Not before this, whatever else: Retry-After.
    pub hold_until: Option<Timestamp>,
    /// 410: polled no more.
    pub gone: bool,
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

/// Decides.
pub fn next(now: Timestamp, feed_key: &str, policy: &Policy, state: &FeedState, polled: &Polled) -> Next {
    let _ = (feed_key, polled);
    Next { state: state.clone(), at: Some(now.plus(policy.interval)), reasons: Vec::new(), moved_to: None }
}

/// When a feed may be polled although it is not due (`once --all`): our own intervals and a server's max-age
/// are overridden, Retry-After and 410 are not. `None`: never.
pub fn earliest(now: Timestamp, state: &FeedState) -> Option<Timestamp> {
    if state.gone { None } else { Some(state.hold_until.unwrap_or(now).max(now)) }
}
