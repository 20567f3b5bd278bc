//! A small built-in world of news: ten invented publishers, their feeds, and pages with everything around
//! the article that a cleaner has to take away.
//!
//! Pure data and pure functions; the demo command serves [`answer`] from one loopback listener a publisher.
//! All of it is fiction and our own words (`content/`): a text a story, a page template a publisher.
//!
//! The wire republishes others, in the two ways that matter: the same address with tracking parameters, and a
//! copy on its own host with an agency line before it. Two papers tell what another has told, in their own words; and one feed
//! is a series, whose releases are each a story of their own.

use super::publishers::{BUGLE, CHENGHU, FUTAO, HARBOUR, LOAM, Line, MINATO, QINGSHI, QUILLSTONE, WIRE, WORLD, WURZELWERK};
use super::writing::{atom, encode, home, json, page, rss};
use crate::model::Timestamp;

pub use super::publishers::{Article, PUBLISHERS};

/// A story where it first appeared.
struct Original {
    publisher: usize,
    path: &'static str,
    source: &'static str,
}

const fn original(publisher: usize, path: &'static str, source: &'static str) -> Original {
    Original { publisher, path, source }
}

const ORIGINALS: [Original; 25] = [
    original(HARBOUR, "/2026/11/open-cranes.html", include_str!("content/harbour-cranes.txt")),
    original(HARBOUR, "/2026/11/tessaly-moth-9.html", include_str!("content/tessaly-chip.txt")),
    original(HARBOUR, "/2026/11/lighthouse-notes.html", include_str!("content/lighthouse-archive.txt")),
    original(HARBOUR, "/2026/11/ketterwick-meters.html", include_str!("content/ketterwick-parking.txt")),
    original(LOAM, "/notes/quillstone-3", include_str!("content/quillstone-compiler.txt")),
    original(LOAM, "/notes/mothwing", include_str!("content/mothwing-database.txt")),
    original(LOAM, "/notes/oxley-map", include_str!("content/oxley-robots.txt")),
    original(QINGSHI, "/a/20261119/1183.htm", include_str!("content/yunlan-chip.txt")),
    original(QINGSHI, "/a/20261118/1179.htm", include_str!("content/nanping-dialect.txt")),
    original(QINGSHI, "/a/20261116/1164.htm", include_str!("content/bridge-inspection.txt")),
    original(FUTAO, "/archives/2418/", include_str!("content/island-solar.txt")),
    original(FUTAO, "/archives/2402/", include_str!("content/guyu-input.txt")),
    original(FUTAO, "/archives/2391/", include_str!("content/library-phones.txt")),
    original(WIRE, "/wire/penrose-relay-knocking", include_str!("content/penrose-satellite.txt")),
    original(BUGLE, "/2026/11/19/tent-pole-aerial/", include_str!("content/penrose-teacher.txt")),
    original(BUGLE, "/2026/11/17/ovens-and-wind/", include_str!("content/bakery-ovens.txt")),
    original(QUILLSTONE, "/releases/tag/v3.1.0", include_str!("content/quillstone-310.txt")),
    original(QUILLSTONE, "/releases/tag/v3.0.2", include_str!("content/quillstone-302.txt")),
    original(QUILLSTONE, "/releases/tag/v3.0.1", include_str!("content/quillstone-301.txt")),
    original(CHENGHU, "/local/202611/19/10482.html", include_str!("content/chenghu-shouye.txt")),
    original(CHENGHU, "/local/202611/16/10391.html", include_str!("content/chenghu-metro.txt")),
    original(WURZELWERK, "/wetterrechner/", include_str!("content/wetterrechner.txt")),
    original(WURZELWERK, "/loetkolben/", include_str!("content/loetkolben.txt")),
    original(MINATO, "/town/0412.html", include_str!("content/toudai.txt")),
    original(MINATO, "/port/0409.html", include_str!("content/nimotsu.txt")),
];

/// What the wire carries of others. `path`: its own page, `None` where it links to the original with tracking
/// parameters.
struct Copied {
    of: usize,
    path: Option<&'static str>,
    hours_later: i64,
}

const COPIES: [Copied; 4] = [
    Copied { of: 0, path: None, hours_later: 2 },
    Copied { of: 4, path: None, hours_later: 1 },
    Copied { of: 1, path: Some("/wire/tessaly-sleeping-chip"), hours_later: 3 },
    Copied { of: 5, path: Some("/wire/mothwing-forgets"), hours_later: 5 },
];

/// Two papers tell in their own words what another one has told: the satellite, and the chip that keeps no pictures.
const RETELLINGS: usize = 2;

/// What the wire appends to other people's addresses.
const TRACKING: &str = "?utm_source=northwire&utm_medium=feed&utm_campaign=evening&fbclid=demo";

/// The texts, for a test or a demonstration to compare with.
pub fn articles() -> Vec<Article> {
    ORIGINALS.iter().map(article).collect()
}

/// The number of entries in all feeds, and of stories that they tell.
pub fn expected() -> (usize, usize) {
    (ORIGINALS.len() + COPIES.len(), ORIGINALS.len() - RETELLINGS)
}

/// The path of a publisher's feed. Panics on a number that is not a publisher's.
pub fn feed_path(publisher: usize) -> &'static str {
    WORLD[publisher].feed_path
}

/// A publisher's name. Panics on a number that is not a publisher's.
pub fn publisher_title(publisher: usize) -> &'static str {
    WORLD[publisher].title
}

/// What a publisher answers: content type and body, `None` for "not found". `path` may have a query;
/// `base_urls` are the publishers' origins (`http://127.0.0.1:4001`), in order.
pub fn answer(publisher: usize, path: &str, base_urls: &[String]) -> Option<(&'static str, Vec<u8>)> {
    let world = WORLD.get(publisher)?;
    let base = base_urls.get(publisher)?.trim_end_matches('/');
    let path = path.split(['?', '#']).next()?;
    if path == world.feed_path {
        let entries = entries(publisher, base_urls)?;
        let feed = match publisher {
            LOAM | QUILLSTONE | WURZELWERK => atom(world, base, &entries),
            WIRE => json(world, base, &entries),
            _ => rss(world, base, &entries),
        };
        return Some((world.feed_type, encode(world.feed_encoding, &feed)));
    }
    match path {
        "/" => Some((world.page_type, encode(world.page_encoding, &home(world, &links(publisher, path))))),
        "/media/picture.png" => Some(("image/png", include_bytes!("content/picture.png").to_vec())),
        _ => {
            let (article, agency) = find(publisher, path)?;
            Some((
                world.page_type,
                encode(world.page_encoding, &page(world, &links(publisher, path), base, path, &article, agency)),
            ))
        }
    }
}

/// The story on a publisher's page, and the agency line before it.
fn find(publisher: usize, path: &str) -> Option<(Article, Option<&'static str>)> {
    if let Some(original) = ORIGINALS.iter().find(|original| original.publisher == publisher && original.path == path) {
        return Some((article(original), None));
    }
    let copy = COPIES.iter().find(|copy| publisher == WIRE && copy.path == Some(path))?;
    Some((copied(copy), Some("(Northwire) — ")))
}

fn article(original: &Original) -> Article {
    let (head, body) = original.source.split_once("\n\n").unwrap_or((original.source, ""));
    let get = |name: &str| {
        head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    };
    let published = chrono::DateTime::parse_from_rfc3339(get("date")).map_or(0, |at| at.timestamp_millis());
    Article {
        publisher: original.publisher,
        title: get("title"),
        author: get("author"),
        published: Timestamp(published),
        tags: get("tags").split(", ").collect(),
        summary: get("summary"),
        paragraphs: body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).collect(),
    }
}

fn copied(copy: &Copied) -> Article {
    let mut article = article(&ORIGINALS[copy.of]);
    article.published = Timestamp(article.published.0 + copy.hours_later * 3_600_000);
    article
}

/// A publisher's feed, newest first.
fn entries(publisher: usize, base_urls: &[String]) -> Option<Vec<Line>> {
    let base = |publisher: usize| base_urls.get(publisher).map(|base| base.trim_end_matches('/'));
    let mut lines = Vec::new();
    for (n, original) in ORIGINALS.iter().enumerate().filter(|(_, original)| original.publisher == publisher) {
        let url = format!("{}{}", base(publisher)?, original.path);
        lines.push(Line { url, article: article(original), id: format!("demo-{publisher}-{n}") });
    }
    for (n, copy) in COPIES.iter().enumerate().filter(|_| publisher == WIRE) {
        let original = &ORIGINALS[copy.of];
        let url = match copy.path {
            Some(path) => format!("{}{path}", base(WIRE)?),
            None => format!("{}{}{TRACKING}", base(original.publisher)?, original.path),
        };
        lines.push(Line { url, article: copied(copy), id: format!("demo-wire-{n}") });
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.article.published));
    Some(lines)
}

/// Path and title of the publisher's other pages; the front page where there are none.
fn links(publisher: usize, path: &str) -> Vec<(&'static str, &'static str)> {
    let others = ORIGINALS.iter().filter(|original| original.publisher == publisher && original.path != path);
    let links: Vec<_> = others.map(|original| (original.path, article(original).title)).collect();
    if links.is_empty() { vec![("/", WORLD[publisher].title)] } else { links }
}
