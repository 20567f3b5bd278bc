//! What goes into the room, and the formats that come out.

use crate::model::Timestamp;

/// Name and version, for `generator`.
pub const GENERATOR: (&str, &str) = ("courant", env!("CARGO_PKG_VERSION"));

/// The style sheet of the pages, between `<style>` and `</style>` in each: for the hash in a content security
/// policy.
pub const STYLE: &str = include_str!("page.css");

/// The media type of the pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// The formats of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Atom,
    Rss,
    Json,
}

impl Format {
    /// The best first.
    pub const ALL: [Format; 3] = [Format::Atom, Format::Rss, Format::Json];

    /// The end of its addresses, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Atom => "atom",
            Format::Rss => "rss",
            Format::Json => "json",
        }
    }

    /// Without a charset: all are UTF-8.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Atom => "application/atom+xml",
            Format::Rss => "application/rss+xml",
            Format::Json => "application/feed+json",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Format::Atom => "Atom",
            Format::Rss => "RSS",
            Format::Json => "JSON Feed",
        }
    }
}

/// What an output is, apart from its stories.
#[derive(Clone, Debug)]
pub struct Channel<'a> {
    /// The last part of its addresses, `all` in `/feeds/all.atom`.
    pub name: &'a str,
    pub title: &'a str,
    /// `urn:uuid:…`, stable for ever, different for each output.
    pub id: &'a str,
    /// The address under which this very document is fetched.
    pub self_url: &'a str,
    /// The page for people.
    pub home_url: &'a str,
    /// The language of most stories, a BCP 47 tag.
    pub language: &'a str,
    /// When any of its stories last changed; the feed's own start where it has none.
    pub updated: Timestamp,
}

/// A story as it is published.
#[derive(Clone, Debug, Default)]
pub struct PublishedStory {
    /// `urn:uuid:…`, stable for ever.
    pub id: String,
    /// Plain text.
    pub title: String,
    /// Where the representative's page is.
    pub link: Option<String>,
    pub author: Option<String>,
    pub published: Timestamp,
    /// Different for each story of the database.
    pub updated: Timestamp,
    pub language: Option<String>,
    pub tags: Vec<String>,
    /// Sanitised.
    pub html: String,
    pub lead_image: Option<String>,
    pub enclosure: Option<crate::feed::Enclosure>,
    /// Everyone who carried it, the representative first; private feeds are left out by the store.
    pub sources: Vec<Source>,
    /// Stories that are near, but another event.
    pub related: Vec<Related>,
}

/// Another story, as a story names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Related {
    /// `urn:uuid:…`
    pub id: String,
    /// Plain text.
    pub title: String,
    /// Where its representative's page is.
    pub link: Option<String>,
}

/// One carrier of a story.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    pub feed_title: String,
    /// The feed's address, redacted.
    pub feed_url: String,
    pub site_url: Option<String>,
    /// This carrier's page.
    pub link: Option<String>,
    pub title: String,
    pub published: Timestamp,
}

/// A subscription, as OPML carries it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subscription {
    pub url: String,
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub tags: Vec<String>,
}

/// An output as a page names it.
#[derive(Clone, Copy, Debug)]
pub struct OutputLink<'a> {
    /// `all` in `/feeds/all.atom`.
    pub name: &'a str,
    pub title: &'a str,
}

/// What the page at `/` shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub title: &'a str,
    /// Of the page's own words: English, or Chinese for `zh-…`.
    pub language: &'a str,
    pub outputs: &'a [OutputLink<'a>],
    /// Newest first; a heading stands wherever the day (UTC) changes.
    pub stories: &'a [PublishedStory],
    /// What stands before a story's UUID in the address of its own page (`/story/`); `None` where there are no
    /// such pages.
    pub story_base: Option<&'a str>,
    /// The address of the page with older stories.
    pub older: Option<&'a str>,
}
