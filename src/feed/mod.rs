//! Bytes → entries. Pure: no files, network, clock, randomness, async or logging.
//!
//! What a server sent is decoded, read by feed-rs inside a panic guard where it is clean, and by our own
//! tolerant reader where it is not. The result goes to the store by way of the daemon.

mod addresses;
mod calendar;
mod clean;
mod dates;
mod decode;
mod discovery;
mod draft;
mod entities;
mod events;
pub mod identity;
mod ids;
mod json;
mod markup;
mod names;
mod nearly_utf8;
mod news_sitemap;
mod not_a_feed;
mod read_values;
mod read_xml;
mod scan;
mod sites;
mod tokens;
mod types;
mod zones;

pub use types::{Attribution, Document, Enclosure, Hints, MAX_ENTRIES, NotAFeed, ParsedEntry, ParsedFeed, Reader};

use crate::model::Timestamp;

/// Longer documents are for our own reader, which takes half the time of feed-rs inside its guard and once their size
/// in memory where feed-rs takes up to three times (`cargo bench --bench feed`, `--bench feed_memory`).
const MAX_FEED_RS_BYTES: usize = 128 * 1024;

/// Reads a feed. Never panics, whatever the bytes. Entries that say nothing are left out, with a warning.
pub fn parse(document: &Document) -> Result<ParsedFeed, NotAFeed> {
    let mut feed = parse_with(document, Reader::Choose)?;
    let n_read = feed.entries.len();
    feed.entries.retain(|entry| !entry.says_nothing());
    let n_empty = n_read - feed.entries.len();
    if n_empty > 0 {
        feed.warnings.push(format!("{n_empty} entries say nothing and are left out"));
    }
    // A root and nothing in it: an answer that was cut short, or one that was never meant to be read.
    if n_read == 0 && feed.title.is_none() && feed.link.is_none() {
        return Err(NotAFeed::Unreadable("it has neither a title nor a link nor entries".to_owned()));
    }
    Ok(feed)
}

/// All that stands in the document, by a reader of one's choice.
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

/// Where else the feed of a page may be: what it calls a feed without declaring one, links that look like feeds, each in
/// document order, then the well-known places of the site, links to any other XML, and the places beside the page. For pages that declare none; a candidate counts only if it parses.
pub fn guess_feeds(html: &str, page_url: &str) -> Vec<String> {
    let mut candidates = discovery::meant(html, page_url);
    let places = [
        discovery::linked(html, page_url),
        discovery::well_known(page_url, "/"),
        discovery::linked_xml(html, page_url),
        discovery::well_known(page_url, "./"),
    ];
    for place in places.into_iter().flatten() {
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

/// What an entry says, whoever publishes it: title and text without markup, case and punctuation. Two entries of a feed
/// with one content key may be one entry whose id and link have changed ([`identity::recognise`]).
pub fn content_key(entry: &ParsedEntry) -> u128 {
    identity::marks(entry).content
}

/// The one normal form of a feed's address: two addresses with one form are one subscription. `feed:` is resolved to what
/// it stands for. `None`: not an address that a feed can have.
pub fn normal_address(address: &str) -> Option<String> {
    addresses::normal(address)
}

/// An address with a scheme of the web where it had one of feed readers (`feed://a.example/f`), else as it is.
pub fn web_address(address: &str) -> String {
    addresses::of_the_web(address)
}
