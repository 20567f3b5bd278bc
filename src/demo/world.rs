//! A small built-in world of news: five invented publishers, their feeds, and pages with everything around
//! the article that a cleaner has to take away.
//!
//! Pure data and pure functions; the demo command serves [`answer`] from one loopback listener a publisher.
//! All of it is fiction and our own words (`content/`): a text a story, a page template a publisher.
//!
//! The wire republishes others, in the two ways that matter: the same address with tracking parameters, and a
//! copy on its own host with an agency line before it.

use crate::model::Timestamp;
use encoding_rs::{BIG5, Encoding, GBK, UTF_8};

/// How many publishers there are; the demo opens a listener for each.
pub const PUBLISHERS: usize = 5;

const HARBOUR: usize = 0;
const LOAM: usize = 1;
const QINGSHI: usize = 2;
const FUTAO: usize = 3;
const WIRE: usize = 4;

struct Publisher {
    title: &'static str,
    language: &'static str,
    feed_path: &'static str,
    feed_type: &'static str,
    feed_encoding: &'static Encoding,
    page: &'static str,
    page_type: &'static str,
    page_encoding: &'static Encoding,
    /// What stands around a paragraph, and around a link in a list of links.
    paragraph: (&'static str, &'static str),
    link: (&'static str, &'static str),
    /// chrono's format of the date on the page.
    date: &'static str,
}

static WORLD: [Publisher; PUBLISHERS] = [
    Publisher {
        title: "The Harbour Ledger",
        language: "en",
        feed_path: "/rss.xml",
        feed_type: "application/rss+xml; charset=utf-8",
        feed_encoding: UTF_8,
        page: include_str!("content/harbour.html"),
        page_type: "text/html; charset=utf-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%-d %B %Y",
    },
    Publisher {
        title: "Circuit & Loam",
        language: "en-GB",
        feed_path: "/feed.atom",
        feed_type: "application/atom+xml",
        feed_encoding: UTF_8,
        page: include_str!("content/loam.html"),
        page_type: "text/html",
        page_encoding: UTF_8,
        paragraph: ("<div class=\"t\">", "</div>"),
        link: ("<div>", "</div>"),
        date: "%d %b %Y",
    },
    Publisher {
        title: "青石科技",
        language: "zh-CN",
        feed_path: "/rss/news.xml",
        // Wrong on purpose, as such servers are: browsers read GB2312 as GBK, and so must we.
        feed_type: "text/xml; charset=gb2312",
        feed_encoding: GBK,
        page: include_str!("content/qingshi.html"),
        page_type: "text/html",
        page_encoding: GBK,
        paragraph: ("　　", "<br><br>"),
        link: ("<li>", "</li>"),
        date: "%Y-%m-%d %H:%M",
    },
    Publisher {
        title: "浮濤日報",
        language: "zh-TW",
        feed_path: "/feed/",
        // The charset is in the XML declaration alone.
        feed_type: "application/rss+xml",
        feed_encoding: BIG5,
        page: include_str!("content/futao.html"),
        page_type: "text/html; charset=UTF-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%Y 年 %-m 月 %-d 日",
    },
    Publisher {
        title: "Northwire",
        language: "en",
        feed_path: "/wire.json",
        feed_type: "application/feed+json",
        feed_encoding: UTF_8,
        page: include_str!("content/northwire.html"),
        page_type: "text/html; charset=utf-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%b %-d, %Y %H:%M GMT",
    },
];

/// A story where it first appeared.
struct Original {
    publisher: usize,
    path: &'static str,
    source: &'static str,
}

const fn original(publisher: usize, path: &'static str, source: &'static str) -> Original {
    Original { publisher, path, source }
}

const ORIGINALS: [Original; 14] = [
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

/// What the wire appends to other people's addresses.
const TRACKING: &str = "?utm_source=northwire&utm_medium=feed&utm_campaign=evening&fbclid=demo";

/// A story's text, as its file gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    pub publisher: usize,
    pub title: &'static str,
    pub author: &'static str,
    pub published: Timestamp,
    pub tags: Vec<&'static str>,
    pub summary: &'static str,
    /// Exactly what a clean body holds.
    pub paragraphs: Vec<&'static str>,
}

/// The distinct stories, for a test or a demonstration to compare with.
pub fn articles() -> Vec<Article> {
    ORIGINALS.iter().map(article).collect()
}

/// The number of entries in all feeds, and of stories that they tell.
pub fn expected() -> (usize, usize) {
    (ORIGINALS.len() + COPIES.len(), ORIGINALS.len())
}

/// The path of a publisher's feed. Panics on a number that is no publisher's.
pub fn feed_path(publisher: usize) -> &'static str {
    WORLD[publisher].feed_path
}

/// A publisher's name. Panics on a number that is no publisher's.
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
            LOAM => atom(world, base, &entries),
            WIRE => json(world, base, &entries),
            _ => rss(world, base, &entries),
        };
        return Some((world.feed_type, encode(world.feed_encoding, &feed)));
    }
    match path {
        "/" => Some((world.page_type, encode(world.page_encoding, &home(world, publisher)))),
        "/media/picture.png" => Some(("image/png", include_bytes!("content/picture.png").to_vec())),
        _ => {
            let (article, agency) = find(publisher, path)?;
            Some((world.page_type, encode(world.page_encoding, &page(publisher, base, path, &article, agency))))
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

/// A line of a feed.
struct Line {
    url: String,
    article: Article,
    /// A stable id, where the publisher gives one.
    id: String,
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

fn rss(world: &Publisher, base: &str, lines: &[Line]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"{}\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>{base}/</link>\
         <description>{0}</description><language>{}</language><ttl>60</ttl>\n",
        world.feed_encoding.name(),
        escaped(world.title),
        world.language,
    );
    for line in lines {
        let article = &line.article;
        // The publisher in GBK gives no ids: its entries are known by their links.
        let guid =
            if world.feed_encoding == GBK { String::new() } else { format!("<guid isPermaLink=\"false\">{}</guid>", line.id) };
        let categories: String = article.tags.iter().map(|tag| format!("<category>{}</category>", escaped(tag))).collect();
        out.push_str(&format!(
            "<item><title>{}</title><link>{}</link>{guid}<pubDate>{}</pubDate><author>{}</author>{categories}\
             <description>{}</description></item>\n",
            escaped(article.title),
            escaped(&line.url),
            article.published.rfc822(),
            escaped(article.author),
            escaped(&format!("<p>{}</p>", escaped(article.summary))),
        ));
    }
    out + "</channel></rss>\n"
}

fn atom(world: &Publisher, base: &str, lines: &[Line]) -> String {
    let updated = lines.iter().map(|line| line.article.published).max().unwrap_or_default();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\
         <id>tag:loam.invalid,2026:notes</id><title>{}</title><link href=\"{base}/\"/><link rel=\"self\" href=\"{base}{}\"/>\
         <updated>{}</updated>\n",
        world.language,
        escaped(world.title),
        world.feed_path,
        updated.rfc3339(),
    );
    for line in lines {
        let article = &line.article;
        let at = article.published.rfc3339();
        let categories: String = article.tags.iter().map(|tag| format!("<category term=\"{}\"/>", escaped(tag))).collect();
        out.push_str(&format!(
            "<entry><id>tag:loam.invalid,2026:{}</id><title>{}</title><link href=\"{}\"/><published>{at}</published>\
             <updated>{at}</updated><author><name>{}</name></author>{categories}<summary>{}</summary></entry>\n",
            line.id,
            escaped(article.title),
            escaped(&line.url),
            escaped(article.author),
            escaped(article.summary),
        ));
    }
    out + "</feed>\n"
}

fn json(world: &Publisher, base: &str, lines: &[Line]) -> String {
    let items: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            let article = &line.article;
            serde_json::json!({
                "id": line.id,
                "url": line.url,
                "title": article.title,
                "summary": article.summary,
                "content_text": format!("NORTHWIRE — {}", article.summary),
                "date_published": article.published.rfc3339(),
                "authors": [{"name": article.author}],
                "tags": article.tags,
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": world.title,
        "home_page_url": format!("{base}/"),
        "feed_url": format!("{base}{}", world.feed_path),
        "language": world.language,
        "items": items,
    })
    .to_string()
}

/// An article page: the publisher's template with the text in it.
fn page(publisher: usize, base: &str, path: &str, article: &Article, agency: Option<&str>) -> String {
    let world = &WORLD[publisher];
    let paragraphs: Vec<String> = article
        .paragraphs
        .iter()
        .enumerate()
        .map(|(n, paragraph)| {
            let agency = agency.filter(|_| n == 0).unwrap_or_default();
            format!("{}{agency}{}{}", world.paragraph.0, escaped(paragraph), world.paragraph.1)
        })
        .collect();
    let (first, rest) = paragraphs.split_at(paragraphs.len().min(2));
    let date = article.published.to_utc().map(|at| at.format(world.date).to_string()).unwrap_or_default();
    let values = [
        ("title", escaped(article.title)),
        ("author", escaped(article.author)),
        ("summary", escaped(article.summary)),
        ("iso", article.published.rfc3339()),
        ("date", date),
        ("base", base.to_owned()),
        ("path", path.to_owned()),
        ("related", links(publisher, path)),
        ("first", first.join("\n")),
        ("rest", rest.join("\n")),
    ];
    fill(world.page, &values)
}

fn home(world: &Publisher, publisher: usize) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"{}\"><title>{}</title>\
         <link rel=\"alternate\" type=\"{}\" href=\"{}\"></head><body><h1>{2}</h1><ul>\n{}\n</ul></body></html>\n",
        world.language,
        world.page_encoding.name(),
        escaped(world.title),
        world.feed_type.split(';').next().unwrap_or_default(),
        world.feed_path,
        links(publisher, "/"),
    )
}

/// Links to the publisher's other pages.
fn links(publisher: usize, path: &str) -> String {
    let world = &WORLD[publisher];
    let others = ORIGINALS.iter().filter(|original| original.publisher == publisher && original.path != path);
    let mut links: Vec<String> = others
        .map(|original| {
            let title = escaped(article(original).title);
            format!("{}<a href=\"{}\">{title}</a>{}", world.link.0, original.path, world.link.1)
        })
        .collect();
    if links.is_empty() {
        links.push(format!("{}<a href=\"/\">{}</a>{}", world.link.0, escaped(world.title), world.link.1));
    }
    links.join("\n")
}

/// Replaces `{name}` by its value, once over the template: values are not looked at again.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let value = values.iter().find(|(name, _)| rest[1..].strip_prefix(name).is_some_and(|after| after.starts_with('}')));
        match value {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len() + 2..];
            }
            // A brace of a script or a style sheet.
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// What cannot be said in the charset becomes a numeric reference, as publishers do it.
fn encode(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
