//! JSON Feed 1.0 and 1.1, as tolerantly as XML: the outer object is taken apart by a small scanner, so that one
//! bad item or a missing end costs nothing else, and each item is read by serde_json alone.

use super::draft::{EntryDraft, FeedDraft, Kind, Text};
use super::markup::absolute;
use super::{Attribution, NotAFeed, dates};
use crate::text::one_line;
use serde_json::Value;
use url::Url;

pub(super) fn read(text: &str, url: &str) -> Result<FeedDraft, NotAFeed> {
    let base = Url::parse(url).ok().filter(|url| !url.cannot_be_a_base());
    let members = Scanner::new(text).members();
    if !is_feed(&members) {
        return Err(NotAFeed::Json);
    }
    let mut feed = FeedDraft::default();
    if !members.is_whole {
        feed.warnings.push("the document ends too early".to_owned());
    }
    let mut next_url = None;
    for (name, raw) in &members.pairs {
        if name == "items" {
            items(raw, &mut feed, base.as_ref());
            continue;
        }
        let Some(value) = value(raw) else { continue };
        match name.as_str() {
            "title" => feed.title.offer_some(0, title(&value)),
            "home_page_url" => feed.link.offer_some(0, address(&value, base.as_ref())),
            "description" => feed.description.offer_some(0, title(&value)),
            "language" => feed.language.offer_some(0, line(&value)),
            "feed_url" => feed.hints.self_url = address(&value, base.as_ref()),
            "next_url" => next_url = address(&value, base.as_ref()),
            "authors" | "author" => people(&value).iter().for_each(|name| feed.authors.add(0, name)),
            "hubs" => {
                let hubs =
                    value.as_array().into_iter().flatten().take(8).filter_map(|hub| address(hub.get("url")?, base.as_ref()));
                feed.hints.hubs = hubs.collect();
            }
            _ => {}
        }
    }
    feed.hints.next_url = next_url;
    Ok(feed)
}

/// A version that says so, or items that look like it.
fn is_feed(members: &Members) -> bool {
    let raw = |name: &str| members.pairs.iter().find(|(known, _)| known == name).map(|(_, raw)| *raw);
    let is_version = raw("version").is_some_and(|version| version.to_ascii_lowercase().contains("jsonfeed.org"));
    let has_items = raw("items").is_some_and(|items| items.trim_start().starts_with('['));
    is_version || (has_items && (raw("feed_url").is_some() || raw("home_page_url").is_some() || raw("title").is_some()))
}

fn items(raw: &str, feed: &mut FeedDraft, base: Option<&Url>) {
    let mut scanner = Scanner::new(raw);
    let mut n_bad = 0;
    if !scanner.enter() {
        return;
    }
    while let Some(raw) = scanner.element() {
        match value(raw) {
            Some(Value::Object(item)) => feed.add_entry(entry(&item, base)),
            _ => n_bad += 1,
        }
    }
    if n_bad > 0 {
        feed.warnings.push(format!("{n_bad} items cannot be read"));
    }
}

fn entry(item: &serde_json::Map<String, Value>, base: Option<&Url>) -> EntryDraft {
    let mut entry = EntryDraft::default();
    let get = |name: &str| item.get(name).filter(|value| !value.is_null());
    entry.id.offer_some(0, get("id").and_then(text));
    entry.link.offer_some(0, get("url").and_then(|url| address(url, base)));
    entry.link.offer_some(1, get("external_url").and_then(|url| address(url, base)));
    entry.title.offer_some(0, get("title").and_then(title));
    let html = get("content_html").and_then(text).and_then(|html| Text { value: html, kind: Kind::Html }.body());
    let plain = get("content_text").and_then(text).and_then(|plain| Text { value: plain, kind: Kind::Plain }.body());
    entry.content = html.or(plain);
    entry
        .summary
        .offer_some(0, get("summary").and_then(text).and_then(|summary| Text { value: summary, kind: Kind::Plain }.body()));
    entry.published.offer_some(0, get("date_published").and_then(text).and_then(|at| dates::parse(&at)));
    entry.updated.offer_some(0, get("date_modified").and_then(text).and_then(|at| dates::parse(&at)));
    for (rank, name) in ["authors", "author"].iter().enumerate() {
        get(name).map(people).unwrap_or_default().iter().for_each(|name| entry.authors.add(rank as u8, name));
    }
    entry.language = get("language").and_then(line);
    let tags = get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(Value::as_str).for_each(|tag| entry.add_category(tag));
    for attachment in get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let length = attachment.get("size_in_bytes").and_then(text);
        let url = attachment.get("url").and_then(|url| address(url, base));
        entry.add_enclosure(url, attachment.get("mime_type").and_then(Value::as_str), length.as_deref());
    }
    entry.source = get("_source").or(get("source")).and_then(|source| {
        let title = source.get("title").and_then(title);
        let url = source.get("url").or(source.get("home_page_url")).and_then(|url| address(url, base));
        Some(Attribution { title, url }).filter(|source| source.title.is_some() || source.url.is_some())
    });
    entry
}

/// Names of an author, a list of authors, or what was meant so.
fn people(value: &Value) -> Vec<String> {
    let name = |person: &Value| match person {
        Value::String(name) => Some(name.clone()),
        person => person.get("name").or(person.get("url")).and_then(Value::as_str).map(str::to_owned),
    };
    match value {
        Value::Array(people) => people.iter().take(8).filter_map(name).collect(),
        person => name(person).into_iter().collect(),
    }
}

/// A string, or a number as it is written.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.chars().filter(|c| super::entities::is_xml_char(*c)).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn line(value: &Value) -> Option<String> {
    text(value).map(|text| one_line(&text)).filter(|text| !text.is_empty())
}

fn title(value: &Value) -> Option<String> {
    Text { value: text(value)?, kind: Kind::Plain }.title()
}

fn address(value: &Value, base: Option<&Url>) -> Option<String> {
    absolute(value.as_str()?, base)
}

/// One value; raw control characters in strings, which serde_json refuses, are made blanks.
fn value(raw: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(raw) {
        return Some(value);
    }
    let cleaned: String = raw.chars().map(|c| if c.is_ascii_control() { ' ' } else { c }).collect();
    serde_json::from_str(&cleaned).or_else(|_| serde_json::from_str(&whole_surrogates(&cleaned))).ok()
}

/// Halves of surrogate pairs, which cost the item that holds one, made replacement characters: `"cut \\ud83d"`.
fn whole_surrogates(raw: &str) -> String {
    let unit = |at: usize| {
        let hex = raw.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    };
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
        let escape = at + found;
        out.push_str(&raw[at..escape]);
        let n_bytes = match (unit(escape), unit(escape + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                at = escape + 6;
                continue;
            }
            // The backslash and what it stands before, which may be one too.
            _ => 1 + raw[escape + 1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&raw[escape..escape + n_bytes]);
        at = escape + n_bytes;
    }
    out.push_str(&raw[at..]);
    out
}

/// The members of an object as written.
struct Members<'a> {
    pairs: Vec<(String, &'a str)>,
    is_whole: bool,
}

/// Finds where values begin and end, without reading them.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0 }
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|b| b.is_ascii_whitespace() || *b == b',') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn members(&mut self) -> Members<'a> {
        let mut members = Members { pairs: Vec::new(), is_whole: false };
        if self.peek() != Some(b'{') {
            return members;
        }
        self.at += 1;
        while members.pairs.len() < 256 {
            match self.peek() {
                Some(b'"') => {}
                Some(b'}') => {
                    members.is_whole = true;
                    break;
                }
                _ => break,
            }
            let (name, is_whole) = self.value();
            let name = serde_json::from_str::<String>(name).unwrap_or_default();
            if !is_whole || self.peek() != Some(b':') {
                break;
            }
            self.at += 1;
            if self.peek().is_none() {
                break;
            }
            let (raw, is_whole) = self.value();
            // The start of a list may hold whole elements.
            if is_whole || raw.starts_with('[') {
                members.pairs.push((name, raw));
            }
            if !is_whole {
                break;
            }
        }
        members
    }

    /// Steps into an array, if there is one here.
    fn enter(&mut self) -> bool {
        let is_array = self.peek() == Some(b'[');
        self.at += usize::from(is_array);
        is_array
    }

    /// The next whole element of the array, as written; a cut one at the end is left out.
    fn element(&mut self) -> Option<&'a str> {
        self.peek().filter(|b| *b != b']')?;
        let start = self.at;
        let (raw, is_whole) = self.value();
        (is_whole && self.at > start).then_some(raw)
    }

    /// One value from here, and whether it ends.
    fn value(&mut self) -> (&'a str, bool) {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(b) = bytes.get(self.at) {
            self.at += 1;
            match b {
                b'"' => {
                    loop {
                        match memchr::memchr2(b'"', b'\\', &bytes[self.at..]) {
                            None => {
                                self.at = bytes.len();
                                return (&self.text[start..], false);
                            }
                            Some(found) if bytes[self.at + found] == b'"' => {
                                self.at += found + 1;
                                break;
                            }
                            Some(found) => self.at = (self.at + found + 2).min(bytes.len()),
                        }
                    }
                    if depth == 0 {
                        return (&self.text[start..self.at], true);
                    }
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    if depth <= 1 {
                        // One too many ends the value that was before it.
                        self.at -= usize::from(depth == 0);
                        return (&self.text[start..self.at], true);
                    }
                    depth -= 1;
                }
                b',' if depth == 0 => {
                    self.at -= 1;
                    return (&self.text[start..self.at], true);
                }
                _ => {}
            }
        }
        (&self.text[start..], false)
    }
}

/// Whether the text looks like JSON at all.
pub(super) fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    let after = |open: char| text.strip_prefix(open).map(str::trim_start);
    after('{').is_some_and(|rest| rest.starts_with(['"', '}']))
        || after('[').is_some_and(|rest| rest.starts_with(['"', '{', '[', ']']))
}
