//! Bytes → entries. Pure: no files, network, clock, randomness, async or logging.
//!
//! What a server sent is decoded, read by feed-rs inside a panic guard where it is clean, and by our own
//! tolerant reader where it is not. The result goes to the store by way of the daemon.

mod calendar;
mod clean;
mod dates;
mod decode;
mod discovery;
mod draft;
mod entities;
mod events;
mod ids;
mod json;
mod markup;
mod mojibake;
mod names;
mod news_sitemap;
mod not_a_feed;
mod read_values;
mod read_xml;
mod scan;
mod sites;
mod tokens;
mod zones;

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

/// The most entries that are taken from one document; the rest is dropped with a warning.
pub const MAX_ENTRIES: usize = 5_000;

/// Longer documents are for our own reader, which takes half the time of feed-rs inside its guard and once their size
/// in memory where feed-rs takes up to three times (`cargo bench --bench feed`, `--bench feed_memory`).
const MAX_FEED_RS_BYTES: usize = 128 * 1024;

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

/// Reads a feed. Never panics, whatever the bytes.
pub fn parse(document: &Document) -> Result<ParsedFeed, NotAFeed> {
    parse_with(document, Reader::Choose)
}

/// As [`parse`], by a reader of one's choice.
pub fn parse_with(document: &Document, reader: Reader) -> Result<ParsedFeed, NotAFeed> {
    let decoded = decode::decode(document.bytes, document.content_type);
    let text = decoded.text.as_ref();
    if json::looks_like_json(text) {
        let mut draft = json::read(text, document.url)?;
        draft.warnings.splice(0..0, decoded.warnings);
        return Ok(draft.finish());
    }
    if let Some(what) = not_a_feed::before_reading(document.bytes, text) {
        return Err(what);
    }
    let is_for_feed_rs = match reader {
        Reader::Choose => text.len() <= MAX_FEED_RS_BYTES,
        Reader::Own => false,
        Reader::FeedRs => true,
    };
    let clean = if is_for_feed_rs { scan::clean(text) } else { None };
    let draft = clean.and_then(|clean| clean::read(text, document.url, clean));
    if draft.is_none() && reader == Reader::FeedRs {
        return Err(NotAFeed::Unreadable("not for feed-rs".to_owned()));
    }
    let draft = draft.or_else(|| read_xml::read(text, document.url)).or_else(|| news_sitemap::read(text, document.url));
    let Some(mut draft) = draft else {
        return Err(not_a_feed::after_reading(text, document.url));
    };
    draft.warnings.splice(0..0, decoded.warnings);
    Ok(draft.finish())
}

/// The feeds that an HTML page declares, in document order, absolute, each once.
pub fn discover(html: &str, base_url: &str) -> Vec<String> {
    discovery::declared(html, base_url)
}

/// The text of an HTML page, whatever its encoding: what [`discover`] and [`guess_feeds`] want.
pub fn page_text(bytes: &[u8], content_type: Option<&str>) -> String {
    decode::page_text(bytes, content_type)
}

/// Where else the feed of a page may be: links that look like feeds, in document order, then the well-known
/// places. For pages that declare none; a candidate counts only if it parses.
pub fn guess_feeds(html: &str, page_url: &str) -> Vec<String> {
    let mut candidates = discovery::linked(html, page_url);
    for place in discovery::well_known(page_url) {
        if !candidates.contains(&place) {
            candidates.push(place);
        }
    }
    candidates
}

/// The feeds that a known site is known to have at a page's address (a YouTube channel, a subreddit …),
/// without fetching anything.
pub fn known_feeds(page_url: &str) -> Vec<String> {
    sites::known_feeds(page_url)
}

/// A date as feeds and pages write it, in any of many forms and languages.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    dates::parse(text)
}

/// What an entry is known by inside its feed, for ever: its id, else its link, else its content. Never its
/// date. The three kinds cannot be taken for one another, and no key is longer than 261 bytes.
pub fn entry_key(entry: &ParsedEntry) -> String {
    ids::entry_key(entry)
}
