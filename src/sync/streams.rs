//! Google Reader's streams: names of lists of items.

use super::account::Account;
use crate::model::FeedId;
use std::collections::HashSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Everything.
    ReadingList,
    Read,
    /// What is unread, also by the name `kept-unread`.
    Unread,
    Starred,
    Label(String),
    Feed(FeedId),
    /// By its address.
    FeedAt(String),
    /// A state that we do not keep: broadcast, like, tracking-….
    Other,
}

/// What stands before a state's name, behind the user.
const STATE: &str = "state/com.google/";

impl Stream {
    /// `None`: this names no stream at all.
    pub fn read(text: &str) -> Option<Stream> {
        if let Some(feed) = text.strip_prefix("feed/") {
            return Some(match feed.parse() {
                Ok(number) => Stream::Feed(FeedId(number)),
                Err(_) => Stream::FeedAt(feed.to_owned()),
            });
        }
        let (_, rest) = text.strip_prefix("user/")?.split_once('/')?;
        if let Some(label) = rest.strip_prefix("label/") {
            return Some(Stream::Label(label.to_owned()));
        }
        Some(match rest.strip_prefix(STATE)? {
            "reading-list" => Stream::ReadingList,
            "read" => Stream::Read,
            "unread" | "kept-unread" => Stream::Unread,
            "starred" => Stream::Starred,
            _ => Stream::Other,
        })
    }

    /// The feeds of a folder or of a feed; `None`: it is neither. What is not there has none.
    pub fn feeds(&self, account: &Account) -> Option<HashSet<FeedId>> {
        match self {
            Stream::Label(label) => Some(account.feeds_in(label)),
            Stream::Feed(feed) => Some(account.feed(*feed).into_iter().map(|feed| feed.id).collect()),
            Stream::FeedAt(url) => Some(account.feed_at(url).into_iter().map(|feed| feed.id).collect()),
            _ => None,
        }
    }
}

/// A moment as clients write it, in microseconds: 16 digits and more are microseconds, 13 are milliseconds, fewer are seconds.
/// Zero and nothing are `None`: now.
pub fn microseconds(text: Option<&str>) -> Result<Option<i64>, String> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number: i64 = text.parse().map_err(|_| "ts is not a number".to_owned())?;
    Ok(match number {
        0 => None,
        _ if text.len() >= 16 => Some(number),
        _ if text.len() >= 13 => Some(number.saturating_mul(1000)),
        _ => Some(number.saturating_mul(1_000_000)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_streams() {
        assert_eq!(Stream::read("user/-/state/com.google/reading-list"), Some(Stream::ReadingList));
        assert_eq!(Stream::read("user/42/state/com.google/kept-unread"), Some(Stream::Unread));
        assert_eq!(Stream::read("user/-/state/com.google/like"), Some(Stream::Other));
        assert_eq!(Stream::read("user/-/label/Café & Co/x"), Some(Stream::Label("Café & Co/x".into())));
        assert_eq!(Stream::read("feed/7"), Some(Stream::Feed(FeedId(7))));
        assert_eq!(Stream::read("feed/https://a.example/f"), Some(Stream::FeedAt("https://a.example/f".into())));
        for wrong in ["", "nonsense", "user/-", "user/-/state/other/read"] {
            assert_eq!(Stream::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments() {
        assert_eq!(microseconds(Some("1790000000")), Ok(Some(1_790_000_000_000_000)));
        assert_eq!(microseconds(Some("1790000000123456")), Ok(Some(1_790_000_000_123_456)));
        assert_eq!((microseconds(None), microseconds(Some("0"))), (Ok(None), Ok(None)));
        assert!(microseconds(Some("x")).is_err());
    }
}
