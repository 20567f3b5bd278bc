//! The next page of the same article, where it has several.
//!
//! `rel=next` alone is not believed: sites also call the next article so. What counts is the address, which must be
//! this page's with the next number in it; words and `rel` only say which link to look at.

use super::markup::absolute;
use super::sanitize::sanitize;
use super::tree::attribute;
use scraper::{Html, Node};
use url::Url;

/// What links to a next page say.
const WORDS: [&str; 16] = [
    "next",
    "next page",
    "next ›",
    "next »",
    ">",
    "»",
    "›",
    "nächste",
    "nächste seite",
    "weiter",
    "page suivante",
    "下一页",
    "下一頁",
    "下页",
    "次へ",
    "다음",
];

/// The longest of them, in bytes.
const MAX_WORD: usize = 24;
/// Links of a page that are looked at.
const MAX_LINKS: usize = 4000;

/// The address of the page after `page`.
pub fn next(html: &Html, named: Option<&str>, page: &Url, base: Option<&Url>) -> Option<String> {
    let same_site = |href: &str| absolute(href.trim(), base).filter(|url| url.host_str() == page.host_str() && url != page);
    if let Some(named) = named.and_then(same_site) {
        return Some(named.into());
    }
    let (stem, number) = parts(page);
    let name = stem.split('?').next().unwrap_or_default().trim_end_matches('.').rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    let follows = |url: &Url| {
        let (other, other_number) = parts(url);
        other == stem && other_number == number + 1
    };
    let links = html.tree.nodes().filter_map(|node| match node.value() {
        Node::Element(element) if matches!(element.name(), "a" | "link") => Some((node, element)),
        _ => None,
    });
    for (node, element) in links.take(MAX_LINKS) {
        let Some(href) = attribute(element, "href") else { continue };
        // Nearly all links are told without parsing them: the next page is named like this one, or only counted.
        if !(href.starts_with('?') || href.len() <= 8 || href.contains(name)) || !href.bytes().any(|b| b.is_ascii_digit()) {
            continue;
        }
        let related = attribute(element, "rel")
            .is_some_and(|rel| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
        if !related && !says_next(node, number) {
            continue;
        }
        // Parsing an address costs more than all of the above; few links come so far.
        if let Some(url) = same_site(href).filter(&follows) {
            return Some(url.into());
        }
    }
    None
}

/// Whether a link's text is a word for the next page, or its number.
fn says_next(link: ego_tree::NodeRef<Node>, number: u32) -> bool {
    let mut text = String::new();
    for node in link.descendants() {
        if let Node::Text(more) = node.value() {
            text.push_str(more);
        }
        if text.trim().len() > MAX_WORD {
            return false;
        }
    }
    let folded = crate::text::fold(text.trim());
    WORDS.contains(&folded.as_str()) || folded == (number + 1).to_string()
}

/// An address without its page number, and the number: 1 where there is none.
fn parts(url: &Url) -> (String, u32) {
    const NAMES: [&str; 4] = ["page", "p", "seite", "pagenum"];
    let mut number = 1;
    let mut query: Vec<&str> = Vec::new();
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if NAMES.contains(&name) && small(value).is_some() => number = small(value).unwrap_or(1),
            _ => query.push(pair),
        }
    }
    let path = url.path().trim_end_matches('/');
    let (path, extension) = match path.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 5 && !extension.contains('/') => (stem, extension),
        _ => (path, ""),
    };
    // story/2, story/page/2, story_2.html, story-2.html; a number that is most of the name is the article's own.
    let mut stem = path;
    if let Some(at) = path.rfind(['/', '_', '-'])
        && let Some(n) = small(&path[at + 1..])
        && number == 1
    {
        let before = path[..at].trim_end_matches("/page");
        let name = before.rsplit('/').next().unwrap_or_default();
        if name.len() >= 3 {
            (stem, number) = (before, n);
        }
    }
    (format!("{}{}.{}?{}", url.host_str().unwrap_or_default(), stem, extension, query.join("&")), number)
}

fn small(text: &str) -> Option<u32> {
    (text.len() <= 2 && !text.starts_with('0')).then(|| text.parse().ok()).flatten()
}

/// The bodies of an article's pages as one: what a page repeats of those before it goes.
pub fn join(bodies: &[String]) -> String {
    let mut seen = std::collections::HashSet::new();
    let mut out = String::new();
    for (i, body) in bodies.iter().enumerate() {
        let mut rest = body.as_str();
        while !rest.is_empty() {
            // Blocks of a body stand side by side; one that is nested is taken with what follows it.
            let end = rest.find("</p>").map_or(rest.len(), |at| at + 4);
            let (block, after) = rest.split_at(end);
            let plain = super::plain::plain_text(block);
            if i == 0 || plain.chars().count() < 40 || !seen.contains(&plain) {
                out.push_str(block);
            }
            seen.insert(plain);
            rest = after;
        }
    }
    sanitize(&out, "")
}
