//! Stories → Atom, RSS, JSON Feed, OPML, HTML. Pure: no files, network, clock, randomness, async or logging.
//!
//! The same stories always give the same bytes, so that a reader that asks again gets a 304.

use crate::model::Timestamp;

/// The formats of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Atom,
    Rss,
    Json,
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

/// The document of an output.
pub fn render(channel: &Channel, stories: &[PublishedStory], format: Format) -> String {
    let _ = (channel, stories, format);
    String::new()
}

/// A subscription, as OPML carries it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subscription {
    pub url: String,
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub tags: Vec<String>,
}

/// Subscriptions → OPML 2.0.
pub fn opml(title: &str, subscriptions: &[Subscription]) -> String {
    let _ = (title, subscriptions);
    String::new()
}

/// OPML of any version, also damaged → subscriptions, and a sentence for each outline that was skipped.
pub fn read_opml(bytes: &[u8]) -> (Vec<Subscription>, Vec<String>) {
    let _ = bytes;
    (Vec::new(), Vec::new())
}

/// The page at `/`: the outputs and the latest stories.
pub fn page(title: &str, outputs: &[(String, String)], stories: &[PublishedStory]) -> String {
    let _ = (title, outputs, stories);
    String::new()
}
