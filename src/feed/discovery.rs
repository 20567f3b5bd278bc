//! The feeds of an HTML page: those that it declares, and where else one may look.

use super::entities::{self, Dialect};
use super::tokens::{Attribute, Token, Tokens};
use url::Url;

/// A page that declares more is no page.
const MAX_FEEDS: usize = 64;

/// Media types of feeds, in lower case and without parameters.
const FEED_TYPES: [&str; 8] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "application/x.atom+xml",
    "application/x-atom+xml",
    "text/rss+xml",
];

/// Elements whose inside is no markup. A page is read as by a browser that runs scripts, but `noscript` may hold
/// a declaration that was meant.
const RAW: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// `link` elements as the HTML standard has them: `rel` holds `alternate` or `feed`, the type is one of a feed.
pub(super) fn declared(html: &str, base_url: &str) -> Vec<String> {
    walk(html, base_url, |name, attributes| {
        if !name.eq_ignore_ascii_case("link") {
            return None;
        }
        let rel = value(attributes, "rel")?;
        let is_feed =
            rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("alternate") || word.eq_ignore_ascii_case("feed"));
        let media_type = value(attributes, "type").unwrap_or_default().to_ascii_lowercase();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let href = value(attributes, "href")?;
        // The API of WordPress says that it is JSON; it is no feed.
        (is_feed && FEED_TYPES.contains(&media_type) && !href.contains("/wp-json/")).then_some(href)
    })
}

/// Links whose address looks like a feed's.
pub(super) fn linked(html: &str, base_url: &str) -> Vec<String> {
    walk(html, base_url, |name, attributes| {
        if !(name.eq_ignore_ascii_case("a") || name.eq_ignore_ascii_case("area")) {
            return None;
        }
        let href = value(attributes, "href")?;
        looks_like_feed(&href).then_some(href)
    })
}

/// Last words of a path that feeds have, and words that their addresses hold.
const FEED_ENDS: [&str; 12] =
    [".rss", ".atom", ".rdf", "/feed", "/feed/", "/rss", "/rss/", "/atom", "feed.xml", "rss.xml", "atom.xml", "feed.json"];

fn looks_like_feed(href: &str) -> bool {
    let href = href.to_ascii_lowercase();
    let path = href.split(['?', '#']).next().unwrap_or_default();
    FEED_ENDS.iter().any(|end| path.ends_with(end))
        || href.contains("feed=rss")
        || href.contains("format=rss")
        || href.contains("format=feed")
}

/// Where sites keep a feed that they do not declare; asked last, in this order.
const WELL_KNOWN: [&str; 9] =
    ["feed", "rss", "feed.xml", "rss.xml", "atom.xml", "index.xml", "feed.json", "index.rss", "feeds/posts/default"];

/// The well-known places beside the page and at the root of its site.
pub(super) fn well_known(page_url: &str) -> Vec<String> {
    let Ok(page) = Url::parse(page_url) else { return Vec::new() };
    let mut found = Vec::new();
    for folder in ["/", "./"] {
        for name in WELL_KNOWN {
            let Ok(url) = page.join(folder).and_then(|folder| folder.join(name)) else { continue };
            if !found.contains(&String::from(url.clone())) {
                found.push(url.into());
            }
        }
    }
    found
}

/// The addresses that `pick` takes from a page's elements: absolute, in order, each once.
fn walk(html: &str, base_url: &str, pick: impl Fn(&str, &[Attribute]) -> Option<String>) -> Vec<String> {
    let document = Url::parse(base_url).ok();
    let mut own_base = None;
    let mut hrefs = Vec::new();
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        let Token::Open { name, .. } = token else { continue };
        if own_base.is_none() && name.eq_ignore_ascii_case("base") {
            own_base = value(&tokens.attributes, "href").filter(|href| !href.is_empty());
        }
        if hrefs.len() < MAX_FEEDS {
            hrefs.extend(pick(name, &tokens.attributes).filter(|href| !href.is_empty()));
        }
        if let Some(raw) = RAW.iter().find(|raw| name.eq_ignore_ascii_case(raw)) {
            tokens.raw_text(raw);
        }
    }
    // The first `base` holds for the whole page, for what stands before it too.
    let base = match (&document, own_base) {
        (Some(document), Some(own)) => document.join(&own).ok().or(Some(document.clone())),
        (None, Some(own)) => Url::parse(&own).ok(),
        (document, None) => document.clone(),
    };
    let mut feeds = Vec::new();
    for href in hrefs {
        let url = match &base {
            Some(base) => base.join(&href).ok(),
            None => Url::parse(&href).ok(),
        };
        if let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")).map(String::from)
            && !feeds.contains(&url)
        {
            feeds.push(url);
        }
    }
    feeds
}

/// An attribute by its name in any case, decoded and trimmed.
fn value(attributes: &[Attribute], name: &str) -> Option<String> {
    let found = attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name))?;
    Some(entities::decode(found.value, Dialect::Html, &Default::default()).trim().to_owned())
}
