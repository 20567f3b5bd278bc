//! How a feed is: a state with a plain sentence, since when, and what a person can do about it. Pure: no files, network,
//! clock, randomness, async or logging.
//!
//! Silence and moves are reported here and never scheduled on: when a feed is polled is the schedule room's alone.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What kept a poll from its feed, as far as it makes a difference to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    Login,
    Forbidden,
    NotFound,
    Gone,
    Throttled,
    Server,
    WebPage,
    NotAFeed,
    Certificate,
    Unreachable,
    Slow,
    TooLarge,
    Refused,
    Other,
}

impl Trouble {
    /// What is said of it (completes "The feed …"), and advised.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Trouble::Login => ("wants a login", "give it user and password in feeds.toml, or remove it"),
            Trouble::Forbidden => ("refuses us", "put your own page or mailbox into fetch.contact, or ask the publisher"),
            Trouble::NotFound => {
                ("is not there any more", "look for its new address: `courant feed add` with the address of its site")
            }
            Trouble::Gone => ("is gone for good and polled no more", "remove it: `courant feed remove`"),
            Trouble::Throttled => ("asks for patience", "nothing to do: it is polled when it allows it"),
            Trouble::Server => ("has trouble with its server", "wait; it is asked less and less often"),
            Trouble::WebPage => {
                ("returns a web page now", "look for its new address: `courant feed add` with the address of its site")
            }
            Trouble::NotAFeed => ("returns something that is no feed", "see what: `courant feed test`"),
            Trouble::Certificate => {
                ("has a certificate that is not accepted", "wait for the publisher to renew it, or tell them")
            }
            Trouble::Unreachable => ("cannot be reached", "wait; if its site is gone too, remove it"),
            Trouble::Slow => ("does not answer in time", "wait, or raise fetch.timeout"),
            Trouble::TooLarge => ("is larger than is taken", "raise fetch.max_feed_bytes"),
            Trouble::Refused => ("is at an address that is not dialled", "allow it in fetch.allow_private if it is yours"),
            Trouble::Other => ("cannot be polled", "see what happens: `courant feed test`"),
        }
    }

    /// What an HTTP status other than success means.
    pub fn of_status(status: u16) -> Trouble {
        match status {
            401 | 407 => Trouble::Login,
            403 | 451 => Trouble::Forbidden,
            404 => Trouble::NotFound,
            410 => Trouble::Gone,
            429 => Trouble::Throttled,
            500..=599 => Trouble::Server,
            _ => Trouble::Other,
        }
    }
}

/// Entries that claim to be older (than 1990) have a broken clock behind them.
const FIRST_CLAIM: Timestamp = Timestamp(631_152_000_000);

/// A feed that has brought nothing new for this long is silent.
const SILENT_AFTER: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is known of a feed.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub subscribed: bool,
    pub paused: bool,
    /// No poll is planned, ever.
    pub ended: bool,
    pub trouble: Option<Trouble>,
    /// The error of the last poll, in words.
    pub error: Option<String>,
    pub n_errors: u32,
    pub failing_since: Option<Timestamp>,
    pub last_polled: Option<Timestamp>,
    /// When its newest entry was published, or came.
    pub newest: Option<Timestamp>,
    /// Where it is polled now, if that is not what feeds.toml says; without secrets.
    pub moved_to: Option<String>,
    pub moved_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Well,
    /// Not polled yet.
    New,
    Paused,
    /// No longer in feeds.toml.
    Unlisted,
    Failing,
    Gone,
    Moved,
    Silent,
}

/// A feed's state in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    pub state: State,
    /// Completes "The feed …".
    pub sentence: String,
    pub since: Option<Timestamp>,
    /// What a person can do; empty: nothing to do.
    pub advice: String,
}

impl Health {
    /// Whether a person should look at it.
    pub fn needs_attention(&self) -> bool {
        !matches!(self.state, State::Well | State::New | State::Paused | State::Unlisted)
    }
}

/// The state that says most: what ends polling before what disturbs it, that before what is only worth knowing.
pub fn health(now: Timestamp, facts: &Facts) -> Health {
    let health = |state, sentence: String, since, advice: &str| Health { state, sentence, since, advice: advice.to_owned() };
    if !facts.subscribed {
        return health(State::Unlisted, "is no longer in feeds.toml".into(), None, "");
    }
    if facts.ended {
        let (words, advice) = Trouble::Gone.row();
        return health(State::Gone, words.into(), facts.last_polled, advice);
    }
    if facts.paused {
        return health(State::Paused, "is paused".into(), None, "");
    }
    if facts.n_errors > 0 {
        let (words, advice) = facts.trouble.unwrap_or(Trouble::Other).row();
        let error = facts.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        let times = if facts.n_errors == 1 { "once".to_owned() } else { format!("{} times in a row", facts.n_errors) };
        return health(State::Failing, format!("{words} ({times}){error}"), facts.failing_since, advice);
    }
    if facts.last_polled.is_none() {
        return health(State::New, "was not polled yet".into(), None, "");
    }
    if let Some(to) = &facts.moved_to {
        return health(State::Moved, format!("has moved to {to}"), facts.moved_at, "put its new address into feeds.toml");
    }
    // What was stored before zeros of clocks were known for what they are may claim the year 1.
    let newest = facts.newest.filter(|newest| *newest >= FIRST_CLAIM);
    match newest.filter(|newest| now.since(*newest) >= SILENT_AFTER) {
        Some(newest) => {
            let years = now.since(newest).as_secs() / SILENT_AFTER.as_secs();
            let time = if years == 1 { "a year".to_owned() } else { format!("{years} years") };
            health(State::Silent, format!("has brought nothing new for {time}"), Some(newest), "remove it if it has ended")
        }
        None => health(State::Well, "is well".into(), None, ""),
    }
}

/// What belongs into a feed's time line after a poll: `before` and `after` are its troubles.
pub fn event(before: Option<Trouble>, after: Option<Trouble>, error: Option<&str>, moved_to: Option<&str>) -> Option<String> {
    match (before, after) {
        (_, None) if moved_to.is_some() => moved_to.map(|to| format!("moved to {to}")),
        (Some(_), None) => Some("well again".to_owned()),
        (before, Some(trouble)) if before != after => {
            let (words, _) = trouble.row();
            Some(format!("{words}: {}", error.unwrap_or_default()))
        }
        _ => None,
    }
}
