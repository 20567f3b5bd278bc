//! What goes into the room, and the formats that come out.

use crate::model::{Content, Timestamp};

/// Name and version, for `generator`.
pub const GENERATOR: (&str, &str) = ("courant", env!("CARGO_PKG_VERSION"));

/// The style sheet of the pages, between `<style>` and `</style>` in each.
pub const STYLE: &str = include_str!("page.css");

/// The script of the pages, which all work without it: keys, times of the reader's zone, and what a headline opens.
pub const SCRIPT: &str = include_str!("page.js");

/// The icon of the pages, as SVG.
pub const ICON: &str = include_str!("icon.svg");

/// Nobody's search engine is to show other publishers' texts as ours.
pub const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

/// By which a phone keeps the page among its applications.
pub const MANIFEST: &str = r#"{"name":"courant","start_url":"./","display":"minimal-ui","icons":[{"src":"icon.svg","sizes":"any","type":"image/svg+xml"}]}"#;

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

    pub fn of_extension(extension: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.extension() == extension)
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
    /// The address of the document with the stories that come after these (RFC 5005).
    pub next_url: Option<&'a str>,
    /// The hub that pushes this document.
    pub hub_url: Option<&'a str>,
    pub content: Content,
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
    /// Those of them that a person gave, to the feed or by a rule: what `tag:` asks for.
    pub own_tags: Vec<String>,
    /// Sanitised.
    pub html: String,
    pub lead_image: Option<String>,
    /// The first is the one for formats that have room for one.
    pub enclosures: Vec<crate::feed::Enclosure>,
    /// Everyone who carried it, the representative first; private feeds are left out by the store.
    pub sources: Vec<Source>,
    /// Where it is talked about: a carrier that leads to somebody else's page and has a page of its own for that.
    pub discussions: Vec<Discussion>,
    /// Stories that are near, but another event.
    pub related: Vec<Related>,
}

/// A story as reading apps get it: the same text as in an output, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Plain text, never empty.
    pub title: String,
    pub link: Option<String>,
    pub author: Option<String>,
    /// `None`: what was claimed is not a date.
    pub published: Option<Timestamp>,
    /// The body, and under it who else has it.
    pub html: String,
    pub enclosures: Vec<crate::feed::Enclosure>,
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

/// A page on which a story is discussed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discussion {
    /// Of the feed that names it.
    pub feed_title: String,
    pub url: String,
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

/// How pages show pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Images<'a> {
    /// From where they are.
    #[default]
    Linked,
    /// Fetched by us and handed on; the key signs their addresses, so that nobody else's are fetched.
    Proxied { key: &'a [u8; 32] },
    /// Not: what they say of themselves stands there.
    Off,
}

/// What all pages of a server have in common.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub title: &'a str,
    /// Of the pages' own words: English, or Chinese for `zh-…`.
    pub language: &'a str,
    /// What stands before every path: nothing, or `/courant` where a proxy has the server under a path.
    pub base: &'a str,
    pub outputs: &'a [OutputLink<'a>],
    pub standing: Standing,
    /// Which of several nodes serves; `None`: there is one.
    pub node: Option<&'a str>,
    pub images: Images<'a>,
}

/// How polling stands, for every page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub n_feeds: u32,
    pub n_failing: u32,
    pub last_read: Option<Timestamp>,
    pub troubles: Troubles,
}

/// What keeps all polls from being made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Since when the network is down.
    pub offline_since: Option<Timestamp>,
    /// What is wrong with the disk, in a sentence.
    pub disk: Option<&'static str>,
    /// Records of the cluster's log that this node has yet to apply.
    pub n_behind: u64,
}

/// What the page at `/` shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub site: Site<'a>,
    /// In the order in which they are shown; by date, a heading stands wherever the day (UTC) changes.
    pub stories: &'a [PublishedStory],
    /// What was asked for, in the query language; empty: everything.
    pub query: &'a str,
    pub by_date: bool,
    /// Phrases that are marked where they stand, in small letters.
    pub marked: &'a [String],
    /// Why the query means nothing.
    pub wrong: Option<&'a str>,
    /// Where the page with older stories begins.
    pub older: Option<&'a str>,
}

/// A story alone.
#[derive(Clone, Copy, Debug)]
pub struct StoryPage<'a> {
    pub site: Site<'a>,
    pub story: &'a PublishedStory,
    /// Why each of its entries is one of its, in the order in which they joined.
    pub why: &'a [Joined],
    /// For somebody who is logged in.
    pub marks: Option<Marks<'a>>,
    /// Published ids of its neighbours in time.
    pub newer: Option<&'a str>,
    pub older: Option<&'a str>,
}

/// What a person did with a story, and may do on its page.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    pub read: bool,
    pub starred: bool,
    /// What the form brings back, by which it is known to be ours.
    pub proof: &'a str,
}

/// An entry of a story, and what made it one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joined {
    pub name: String,
    pub title: String,
    pub why: String,
}

/// A feed, as people ask how it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedState {
    pub name: String,
    pub feed_url: String,
    pub site_url: Option<String>,
    /// Completes "The feed …".
    pub sentence: String,
    pub advice: String,
    pub needs_attention: bool,
    pub last_read: Option<Timestamp>,
    pub next_poll: Option<Timestamp>,
    /// Why then.
    pub reasons: Vec<String>,
    pub n_entries: u32,
    pub lately: Lately,
}

/// What a feed has brought in the last weeks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    /// New entries of each day, today's last; empty: none.
    pub days: Vec<u32>,
    /// What these are of.
    pub n_entries: u32,
    /// With a whole text, the feed's own or the page's.
    pub n_whole: u32,
    /// Copies of what was there.
    pub n_copies: u32,
}
