//! The feeds of an HTML page: those that it declares, and where else one may look.

use super::addresses;
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
        (is_feed && FEED_TYPES.contains(&media_type) && !is_api(&href)).then_some(href)
    })
}

/// The API of WordPress says that it is JSON, and of an alternate of the page at that; it is not a feed.
fn is_api(href: &str) -> bool {
    href.contains("/wp-json/") || href.ends_with("/wp-json") || href.contains("rest_route=")
}

/// Media types that a feed may have among other things.
const XML_TYPES: [&str; 8] =
    ["", "text/xml", "application/xml", "text/plain", "text/rss", "text/atom", "text/atom+xml", "application/rss"];

/// Words by which pages call their feeds, in titles, labels and names of classes.
const FEED_WORDS: [&str; 8] = ["rss", "rss2", "atom", "feed", "feeds", "newsfeed", "xmlfeed", "syndication"];

/// What a page calls a feed without declaring one as the standard has it: an alternate without a type or with that of
/// any XML, `rel="feed"`, a link that is titled so. The words of `hreflang` and `media` mean other pages.
pub(super) fn meant(html: &str, base_url: &str) -> Vec<String> {
    walk(html, base_url, |name, attributes| {
        let href = value(attributes, "href").filter(|href| !is_api(href) && !href.starts_with('#'))?;
        let media_type = value(attributes, "type").unwrap_or_default().to_ascii_lowercase();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let rel = value(attributes, "rel").unwrap_or_default().to_ascii_lowercase();
        let has_rel = |wanted: &str| rel.split_ascii_whitespace().any(|word| word == wanted);
        let is_feed_type = media_type != "application/json" && FEED_TYPES.contains(&media_type);
        let is_xml = XML_TYPES.contains(&media_type);
        if name.eq_ignore_ascii_case("link") {
            let is_other_page =
                ["hreflang", "media"].iter().any(|other| value(attributes, other).is_some_and(|value| !value.is_empty()));
            let is_alternate = has_rel("alternate") && !has_rel("stylesheet") && !is_other_page && is_xml;
            return (is_alternate || is_feed_type || (has_rel("feed") && is_xml)).then_some(href);
        }
        if !(name.eq_ignore_ascii_case("a") || name.eq_ignore_ascii_case("area")) {
            return None;
        }
        let says_feed = |attribute: &&str| {
            let text = value(attributes, attribute).unwrap_or_default().to_lowercase();
            text.split(|c: char| !c.is_alphanumeric()).any(|word| FEED_WORDS.contains(&word))
        };
        let is_named = ["title", "aria-label", "class"].iter().any(says_feed);
        (has_rel("feed") || is_feed_type || is_named).then_some(href)
    })
}

/// Links whose address looks like a feed's.
pub(super) fn linked(html: &str, base_url: &str) -> Vec<String> {
    links_where(html, base_url, looks_like_feed)
}

/// Links to any other XML, which may be a feed: asked after all else.
pub(super) fn linked_xml(html: &str, base_url: &str) -> Vec<String> {
    links_where(html, base_url, |href| !looks_like_feed(href) && is_xml(href))
}

fn links_where(html: &str, base_url: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    walk(html, base_url, |name, attributes| {
        if !(name.eq_ignore_ascii_case("a") || name.eq_ignore_ascii_case("area")) {
            return None;
        }
        let href = value(attributes, "href")?;
        (fits(&href) && !is_api(&href)).then_some(href)
    })
}

/// Last words of a path that feeds have, and words that their addresses hold.
const FEED_ENDS: [&str; 12] =
    [".rss", ".atom", ".rdf", "/feed", "/feed/", "/rss", "/rss/", "/atom", "feed.xml", "rss.xml", "atom.xml", "feed.json"];

/// How the hosts of services begin that keep feeds for others.
const FEED_HOSTS: [&str; 3] = ["feeds.", "feed.", "rss."];

/// Words of the names of XML files that are not feeds.
const OTHER_XML: [&str; 8] = ["sitemap", "opensearch", "osd", "browserconfig", "crossdomain", "wlwmanifest", "rsd", "manifest"];

fn looks_like_feed(href: &str) -> bool {
    let href = href.to_ascii_lowercase();
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let host = path.split_once("//").map_or("", |(_, rest)| rest);
    FEED_ENDS.iter().any(|end| path.ends_with(end))
        || FEED_HOSTS.iter().any(|name| host.starts_with(name))
        || href.contains("feed=rss")
        || href.contains("format=rss")
        || href.contains("format=feed")
}

/// `/board.xml`, but not `/sitemap_index.xml` or `/rsd.xml`.
fn is_xml(href: &str) -> bool {
    let href = href.to_ascii_lowercase();
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".xml"));
    name.is_some_and(|name| !name.split(|c: char| !c.is_ascii_alphabetic()).any(|word| OTHER_XML.contains(&word)))
}

/// Where sites keep a feed that they do not declare, in this order.
const WELL_KNOWN: [&str; 9] =
    ["feed", "rss", "feed.xml", "rss.xml", "atom.xml", "index.xml", "feed.json", "index.rss", "feeds/posts/default"];

/// The well-known places in a folder: `/`, the root of the site, or `./`, beside the page.
pub(super) fn well_known(page_url: &str, folder: &str) -> Vec<String> {
    let Ok(folder) = Url::parse(page_url).and_then(|page| page.join(folder)) else { return Vec::new() };
    WELL_KNOWN.iter().filter_map(|name| folder.join(name).ok()).map(String::from).collect()
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
        let href = addresses::of_the_web(&href);
        let url = match &base {
            Some(base) => base.join(&href).ok(),
            None => Url::parse(&href).ok(),
        };
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        if let Some(url) = url.and_then(|url| addresses::normal(url.as_str())).filter(|url| !feeds.contains(url)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_that_keep_feeds_are_known_by_their_hosts() {
        for href in ["https://feeds.example/harbour", "//rss.example/12"] {
            assert!(looks_like_feed(href), "{href}");
        }
        assert!(!looks_like_feed("https://harbour.example/feeds.example"));
    }

    #[test]
    fn xml_that_is_no_feed_is_told_by_the_name_of_its_file() {
        for href in ["/board.xml", "/sitemaps-of-the-town/board.xml", "/wordsd/news.xml?all=1", "/thursday.xml"] {
            assert!(is_xml(href) && !looks_like_feed(href), "{href}");
        }
        for href in ["/sitemap_index.xml", "/rsd.xml", "/crossdomain.xml", "/a/wlwmanifest.xml", "/osd.xml", "/page.html"] {
            assert!(!is_xml(href), "{href}");
        }
    }
}
