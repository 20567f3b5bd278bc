//! Stories → Atom, RSS, JSON Feed, OPML, HTML. Pure: no files, network, clock, randomness, async or logging.
//!
//! The same stories always give the same bytes, so that a reader that asks again gets a 304.

//!
//! | file | what it does |
//! |---|---|
//! | `item` | a story made ready for every format: what is said of it |
//! | `atom`, `rss`, `json_feed` | the three spellings |
//! | `opml` | subscriptions out and in |
//! | `river`, `story_page`, `sources_page`, `status_page`, `login_page` | the pages for people; `frame`: what they share |
//! | `types` | what goes in, and what comes out |
//! | `images` | how pages show the pictures of articles |
//! | `xml`, `link`, `words` | what may stand in a document; addresses; our own sentences |

mod atom;
mod frame;
mod images;
mod item;
mod json_feed;
mod link;
mod login_page;
mod opml;
mod river;
mod rss;
mod sources_page;
mod status_page;
mod story_page;
mod types;
mod words;
mod xml;

pub use images::image_key;
pub use types::{
    Channel, Discussion, FeedState, Format, HTML, ICON, Images, Joined, Lately, MANIFEST, Marks, OutputLink, Page,
    PublishedStory, ROBOTS, Reading, Related, SCRIPT, STYLE, Site, Source, Standing, StoryPage, Subscription, Troubles,
};

use crate::model::{Content, Sample};

/// The document of an output. Stories come in the order given, each id once.
pub fn render(channel: &Channel, stories: &[PublishedStory], format: Format) -> String {
    let items = item::items(stories);
    match format {
        Format::Atom => atom::render(channel, &items),
        Format::Rss => rss::render(channel, &items),
        Format::Json => json_feed::render(channel, &items),
    }
}

/// A story as reading apps get it.
pub fn reading(story: &PublishedStory) -> Reading {
    item::reading(story)
}

/// An address as documents carry it: an ASCII URI without user name and password; `None` where it is not http or https.
pub fn web_url(address: &str) -> Option<String> {
    link::web_url(address)
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

/// The page at `/`: stories in a river. One inline style sheet, [`STYLE`]; the script is [`SCRIPT`], at `/page.js`.
pub fn page(page: &Page) -> String {
    river::page(page)
}

/// A story's own page.
pub fn story_page(page: &StoryPage) -> String {
    story_page::page(page)
}

/// The page at `/login`. `failed`: name or password were wrong.
pub fn login_page(site: &Site, failed: bool) -> String {
    login_page::page(site, failed)
}

/// The page at `/sources`: how each feed is.
pub fn sources_page(site: &Site, feeds: &[FeedState]) -> String {
    sources_page::page(site, feeds)
}

/// The page at `/status`: how things went, the earliest sample first.
pub fn status_page(site: &Site, samples: &[Sample], tells_sizes: bool) -> String {
    status_page::page(site, samples, tells_sizes)
}

/// The path of an output's document.
pub fn feed_path(name: &str, format: Format) -> String {
    frame::feed_path(name, format)
}

/// The path of a document with the stories of a query, as text of the query language; with a limit where one is given.
pub fn query_path(query: &str, format: Format, content: Content, limit: Option<usize>) -> String {
    let mut path = format!("/feed.{}?q={}", format.extension(), link::segment(query));
    if content == Content::Summary {
        path.push_str("&content=summary");
    }
    if let Some(limit) = limit {
        path.push_str(&format!("&limit={limit}"));
    }
    path
}
