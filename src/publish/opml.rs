//! OPML 2.0 out, and OPML of any kind in.
//!
//! Readers and their exports are careless with OPML: wrong versions, bare ampersands, `xmlurl`, files cut in
//! the middle. An XML parser stops at the first of these and loses a person's subscriptions, so a small
//! scanner reads nothing but the outlines, in one pass.

use super::xml::{self, Xml};
use super::{Subscription, link};
use std::collections::HashMap;
use url::Url;

/// So many folders around an outline, and so many categories, become tags: nobody has more, but a hostile file
/// may, and each of its outlines would copy them all.
const MAX_FOLDERS: usize = 8;
/// Outlines nested deeper than this are not looked at for folders.
const MAX_DEPTH: usize = 64;
/// How much of a name a report shows.
const SHOWN_CHARS: usize = 80;

/// The subscriptions under one heading, each with its tags as they are written.
#[derive(Default)]
struct Folder<'a> {
    name: Option<String>,
    members: Vec<(&'a Subscription, Vec<String>)>,
}

pub(super) fn write(title: &str, subscriptions: &[Subscription]) -> String {
    // The first tag is the folder, because readers know folders; several tags are in `category` as well.
    let mut folders = vec![Folder::default()];
    let mut places: HashMap<String, usize> = HashMap::new();
    for subscription in subscriptions {
        // A comma divides categories, so a tag cannot hold one.
        let tags = subscription.tags.iter().map(|tag| xml::plain(&tag.replace(',', " ")));
        let tags: Vec<String> = tags.filter(|tag| !tag.is_empty()).collect();
        let at = match tags.first() {
            None => 0,
            Some(tag) => *places.entry(tag.clone()).or_insert_with(|| {
                folders.push(Folder { name: Some(tag.clone()), members: Vec::new() });
                folders.len() - 1
            }),
        };
        folders[at].members.push((subscription, tags));
    }
    let mut xml = Xml::new();
    xml.open("opml", &[("version", "2.0")]);
    xml.open("head", &[]);
    xml.plain_leaf("title", &[], &xml::plain(title));
    xml.close("head");
    xml.open("body", &[]);
    for Folder { name: folder, members } in &folders {
        // No `title`: beside a missing `type` it is a warning, and a folder has no type.
        if let Some(folder) = folder {
            xml.open("outline", &[("text", folder)]);
        }
        for (subscription, tags) in members {
            write_outline(&mut xml, subscription, tags);
        }
        if folder.is_some() {
            xml.close("outline");
        }
    }
    xml.close("body");
    xml.close("opml");
    xml.finish()
}

fn write_outline(xml: &mut Xml, subscription: &Subscription, tags: &[String]) {
    let title = xml::plain(subscription.title.as_deref().unwrap_or_default());
    let title = if title.is_empty() { xml::plain(&subscription.url) } else { title };
    let site = subscription.site_url.as_deref().and_then(link::web_url);
    let categories = tags.join(",");
    let mut attributes = vec![("type", "rss"), ("text", &*title), ("title", &title), ("xmlUrl", &subscription.url)];
    attributes.extend(site.as_ref().map(|site| ("htmlUrl", site.as_str())));
    if tags.len() > 1 {
        attributes.push(("category", &categories));
    }
    xml.empty("outline", &attributes);
}

pub(super) fn read(bytes: &[u8]) -> (Vec<Subscription>, Vec<String>) {
    let text = decode(bytes);
    let mut found = Found::default();
    let mut scanner = Scanner { rest: &text, comments_end: false };
    // The names of the open outlines; `None` for one that is a subscription itself.
    let mut folders: Vec<Option<String>> = Vec::new();
    while let Some(piece) = scanner.next() {
        match piece {
            Piece::End => {
                folders.pop();
            }
            Piece::Damaged(excerpt) => {
                found
                    .skipped
                    .push(format!("damaged outline skipped: {}", crate::text::excerpt(&xml::plain(&excerpt), SHOWN_CHARS)));
            }
            Piece::Outline { attributes, is_open } => {
                let folder = found.take(&attributes, &folders, is_open);
                if is_open {
                    folders.push(folder);
                }
            }
        }
    }
    if found.subscriptions.is_empty() && found.skipped.is_empty() {
        found.skipped.push(if text.contains("<outline") || text.contains("<opml") {
            "the file lists no feeds".to_owned()
        } else {
            "not an OPML file: it has no outlines".to_owned()
        });
    }
    (found.subscriptions, found.skipped)
}

/// What was read so far.
#[derive(Default)]
struct Found {
    subscriptions: Vec<Subscription>,
    skipped: Vec<String>,
    by_url: HashMap<String, usize>,
}

impl Found {
    /// Takes an outline; gives back its name where it is a folder.
    fn take(&mut self, attributes: &[(String, String)], folders: &[Option<String>], is_open: bool) -> Option<String> {
        let get =
            |name: &str| attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|v| !v.is_empty());
        let name = get("title").or(get("text")).map(xml::plain).filter(|name| !name.is_empty());
        let kind = get("type").unwrap_or_default().to_ascii_lowercase();
        // Old exports put the feed's address in `url`; in a `link` or an `include` that is some other page.
        let is_other = matches!(kind.as_str(), "link" | "include");
        let address = get("xmlurl").or(get("url").filter(|_| !is_other));
        let shown = || match &name {
            Some(name) => crate::text::excerpt(name, SHOWN_CHARS),
            None => "an outline without a name".to_owned(),
        };
        let Some(address) = address else {
            if is_other {
                self.skipped.push(format!("{}: a link, not a feed", shown()));
            } else if !is_open || kind == "rss" {
                self.skipped.push(format!("{}: has no feed address", shown()));
            }
            return name;
        };
        let Some(url) = feed_url(address) else {
            let shown_address = crate::text::excerpt(&crate::text::redact_url(address), 200);
            self.skipped.push(format!("{}: not an http(s) address: {shown_address}", shown()));
            return None;
        };
        let tags = tags(folders, get("category"));
        if let Some(&at) = self.by_url.get(&url) {
            // The same feed in two folders is how readers give it two tags.
            let first = &mut self.subscriptions[at];
            for tag in tags {
                if first.tags.len() < 2 * MAX_FOLDERS && !first.tags.contains(&tag) {
                    first.tags.push(tag);
                }
            }
            self.skipped.push(format!("{}: listed twice: {}", shown(), crate::text::redact_url(&url)));
            return None;
        }
        let site_url = get("htmlurl").and_then(link::web_url);
        self.by_url.insert(url.clone(), self.subscriptions.len());
        self.subscriptions.push(Subscription { url, title: name, site_url, tags });
        None
    }
}

/// The address of a feed in its normal form; `None`: not one of the web.
fn feed_url(address: &str) -> Option<String> {
    let url = Url::parse(&crate::feed::normal_address(address)?).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// The names of the folders around an outline, then its categories, each once.
fn tags(folders: &[Option<String>], category: Option<&str>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let folders = folders.iter().take(MAX_DEPTH).flatten().take(MAX_FOLDERS).cloned();
    let categories = category.unwrap_or_default().split(',').flat_map(|category| {
        let category = category.trim();
        // OPML 2.0 writes a hierarchy as "/Boston/Weather"; a slash elsewhere belongs to the word ("ci/cd").
        let parts: Vec<&str> = if category.starts_with('/') { category.split('/').collect() } else { vec![category] };
        parts.into_iter().map(xml::plain).collect::<Vec<_>>()
    });
    for tag in folders.chain(categories.take(MAX_FOLDERS)) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// Text of the file: byte order mark, else the XML declaration, else UTF-8.
fn decode(bytes: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or_else(|| {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        let label = head.split_once("encoding=")?.1;
        let quote = label.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        encoding_rs::Encoding::for_label(label[1..].split(quote).next()?.as_bytes())
    });
    encoding.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
}

enum Piece {
    Outline {
        /// Names in lower case, values decoded.
        attributes: Vec<(String, String)>,
        /// Whether it is closed by an end tag of its own.
        is_open: bool,
    },
    End,
    /// The first words of an outline that could not be read.
    Damaged(String),
}

/// Finds outlines in text that may or may not be XML. Each byte is looked at a bounded number of times.
struct Scanner<'a> {
    rest: &'a str,
    /// No `-->` follows: looked for once, or a file full of `<!--` would be searched to its end each time.
    comments_end: bool,
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<Piece> {
        loop {
            self.rest = &self.rest[self.rest.find('<')?..];
            if let Some(after) = self.rest.strip_prefix("<!--") {
                // An unclosed comment is a stray mark, not the end of the list.
                let end = if self.comments_end { None } else { after.find("-->") };
                self.comments_end |= end.is_none();
                self.rest = end.map_or(after, |end| &after[end + 3..]);
            } else if let Some(after) = tag(self.rest, "</outline") {
                self.rest = after;
                return Some(Piece::End);
            } else if let Some(after) = tag(self.rest, "<outline") {
                let start = self.rest;
                let mut cursor = Cursor { rest: after };
                let read = cursor.attributes();
                self.rest = cursor.rest;
                return Some(match read {
                    Some((attributes, is_open)) => Piece::Outline { attributes, is_open },
                    None => Piece::Damaged(crate::text::clip(start, 160).to_owned()),
                });
            } else {
                self.rest = &self.rest[1..];
            }
        }
    }
}

/// What follows a tag's name, `None` where it is another tag.
fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.get(..name.len())?;
    let after = &text[name.len()..];
    let ends = after.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')) || after.is_empty();
    (head.eq_ignore_ascii_case(name) && ends).then_some(after)
}

/// Reads the attributes of one outline.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// The attributes up to the end of the tag, and whether it stays open; `None` where the file ends or the
    /// next outline begins inside the tag, with the cursor there.
    fn attributes(&mut self) -> Option<(Vec<(String, String)>, bool)> {
        let mut found = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace());
            if let Some(after) = self.rest.strip_prefix("/>") {
                self.rest = after;
                return Some((found, false));
            }
            let c = self.rest.chars().next()?;
            match c {
                '>' => {
                    self.rest = &self.rest[1..];
                    return Some((found, true));
                }
                '<' => return None,
                '/' | '=' | '"' | '\'' => self.rest = &self.rest[1..],
                _ => {
                    let name = self.until(|c| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<' | '"' | '\''));
                    self.rest = self.rest.trim_start();
                    let Some(after) = self.rest.strip_prefix('=') else { continue };
                    self.rest = after.trim_start();
                    let value = self.value()?;
                    // No outline has thirty attributes; a hostile one may have a million.
                    if found.len() < 32 {
                        found.push((name.to_ascii_lowercase(), decode_entities(value)));
                    }
                }
            }
        }
    }

    fn value(&mut self) -> Option<&'a str> {
        match self.rest.chars().next()? {
            quote @ ('"' | '\'') => {
                self.rest = &self.rest[1..];
                let text = self.rest;
                let mut end = 0;
                // A bare `<` in a title is common; the start of another outline is a quote that was never closed.
                loop {
                    let step = text[end..].find([quote, '<'])?;
                    end += step;
                    if text[end..].starts_with(quote) {
                        self.rest = &text[end + 1..];
                        return Some(&text[..end]);
                    }
                    if tag(&text[end..], "<outline").is_some() || tag(&text[end..], "</outline").is_some() {
                        self.rest = &text[end..];
                        return None;
                    }
                    end += 1;
                }
            }
            _ => Some(self.until(|c| c.is_whitespace() || matches!(c, '>' | '<'))),
        }
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(stop).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }
}

/// The five entities of XML and references by number; everything else stays as it is, bare `&` included.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let decoded = rest.bytes().take(12).position(|b| b == b';').and_then(|end| Some((end, entity(&rest[1..end])?)));
        match decoded {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
