//! What goes into the room, and what comes out of it.

use super::markup;
use crate::model::Timestamp;

/// What a server sent as a feed.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The body with its transfer and content encodings removed.
    pub bytes: &'a [u8],
    /// The `Content-Type` header, whole.
    pub content_type: Option<&'a str>,
    /// Where it came from: the base of relative links.
    pub url: &'a str,
}

/// A feed as far as it could be read. Texts are decoded; `title` fields are plain text on one line with
/// hostile characters removed, bodies are HTML as the feed gave it (not yet sanitised).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedFeed {
    pub title: Option<String>,
    /// The site that the feed belongs to.
    pub link: Option<String>,
    pub description: Option<String>,
    /// A BCP 47 tag as the feed gave it.
    pub language: Option<String>,
    pub entries: Vec<ParsedEntry>,
    pub hints: Hints,
    /// What was repaired or dropped, for `courant feed test` and `debug parse`.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedEntry {
    /// The id that the feed gave; never one that we made up.
    pub id: Option<String>,
    /// Absolute where the feed allowed it.
    pub link: Option<String>,
    pub title: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub author: Option<String>,
    /// HTML.
    pub summary: Option<String>,
    /// HTML.
    pub content: Option<String>,
    pub language: Option<String>,
    pub categories: Vec<String>,
    pub enclosures: Vec<Enclosure>,
    /// The page with the discussion.
    pub comments: Option<String>,
    /// The feed that a planet took the entry from.
    pub source: Option<Attribution>,
}

impl ParsedEntry {
    /// Neither title nor text nor a link nor anything to hear or see: nobody could make anything of it.
    pub fn says_nothing(&self) -> bool {
        if self.link.is_some() || self.comments.is_some() || !self.enclosures.is_empty() {
            return false;
        }
        // `<p>&nbsp;</p>` says as little as a blank. A headline is text, which may be about a tag alone: `<head>`.
        let is_empty = |text: &Option<String>| text.as_deref().is_none_or(markup::is_blank);
        self.title.as_deref().is_none_or(|title| title.trim().is_empty()) && is_empty(&self.summary) && is_empty(&self.content)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enclosure {
    pub url: String,
    pub media_type: Option<String>,
    pub length: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    pub title: Option<String>,
    pub url: Option<String>,
}

/// What the feed says about its own polling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// RSS `ttl` in minutes.
    pub ttl_minutes: Option<u32>,
    /// Hours of the day (GMT, 0–23) in which not to poll.
    pub skip_hours: Vec<u8>,
    /// Days of the week in which not to poll, 0 = Monday.
    pub skip_days: Vec<u8>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`, in seconds.
    pub update_period_seconds: Option<u64>,
    /// WebSub hubs.
    pub hubs: Vec<String>,
    /// `rel=self`.
    pub self_url: Option<String>,
    /// `rel=next`, or the `next_url` of a JSON Feed.
    pub next_url: Option<String>,
}

/// Why a document is no feed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotAFeed {
    #[error("the body is empty")]
    Empty,
    #[error("an HTML page, not a feed")]
    Html {
        /// The feeds that the page declares, absolute.
        feeds: Vec<String>,
    },
    #[error("JSON, but not a JSON Feed")]
    Json,
    #[error("{0}, not a feed")]
    Other(&'static str),
    #[error("cannot be read as a feed: {0}")]
    Unreadable(String),
}

/// The most entries that are taken from one document: the newest, with a warning.
pub const MAX_ENTRIES: usize = 5_000;

/// Who reads: for benchmarks and for the test that holds the two readers to the same answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// feed-rs where the scan and the size allow it, else our own.
    Choose,
    /// Our own, whatever the document.
    Own,
    /// feed-rs or nobody: what the scan does not allow is [`NotAFeed::Unreadable`].
    FeedRs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_something_says_something() {
        let content = |html: &str| ParsedEntry { content: Some(html.into()), ..ParsedEntry::default() };
        for html in [
            "<script src=\"https://gist.example/1.js\"></script>",
            "<picture><source srcset=\"a.webp\"></picture>",
            "<canvas></canvas>",
            "<a\nhref=\"/post\"></a>",
        ] {
            assert!(!content(html).says_nothing(), "{html}");
        }
        for html in ["<p>&nbsp;</p>", "<article></article>", "<abbr></abbr>", "<script></script>", " "] {
            assert!(content(html).says_nothing(), "{html}");
        }
        let named = ParsedEntry { title: Some("<head>".into()), ..ParsedEntry::default() };
        assert!(!named.says_nothing());
    }
}
