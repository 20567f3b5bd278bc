//! Stories → Atom, RSS, JSON Feed, OPML, HTML. Pure: no files, network, clock, randomness, async or logging.
//!
//! The same stories always give the same bytes, so that a reader that asks again gets a 304.

//!
//! | file | what it does |
//! |---|---|
//! | `item` | a story made ready for every format: what is said of it |
//! | `atom`, `rss`, `json_feed` | the three spellings |
//! | `opml` | subscriptions out and in |
//! | `page` | the pages for people |
//! | `types` | what goes in, and what comes out |
//! | `xml`, `link`, `words` | what may stand in a document; addresses; our own sentences |

mod atom;
mod item;
mod json_feed;
mod link;
mod opml;
mod page;
mod rss;
mod types;
mod words;
mod xml;

pub use types::{Channel, Format, HTML, OutputLink, Page, PublishedStory, Related, STYLE, Source, Subscription};

/// The document of an output. Stories come in the order given, each id once.
pub fn render(channel: &Channel, stories: &[PublishedStory], format: Format) -> String {
    let items = item::items(stories);
    match format {
        Format::Atom => atom::render(channel, &items),
        Format::Rss => rss::render(channel, &items),
        Format::Json => json_feed::render(channel, &items),
    }
}

/// Subscriptions → OPML 2.0: a folder for each first tag, in the order of their first appearance.
pub fn opml(title: &str, subscriptions: &[Subscription]) -> String {
    opml::write(title, subscriptions)
}

/// OPML of any version, also damaged → subscriptions, and a sentence for each outline that was skipped.
/// Folders and categories become tags; a feed that is listed twice is reported and gets the tags of both.
pub fn read_opml(bytes: &[u8]) -> (Vec<Subscription>, Vec<String>) {
    opml::read(bytes)
}

/// The page at `/`: the outputs and the latest stories. No script; one inline style sheet, [`STYLE`].
pub fn page(page: &Page) -> String {
    page::page(page)
}

/// A story's own page. `language`: for a story that has none.
pub fn story_page(site_title: &str, language: &str, story: &PublishedStory) -> String {
    page::story_page(site_title, language, story)
}

/// The path of an output's document.
pub fn feed_path(name: &str, format: Format) -> String {
    page::feed_path(name, format)
}
