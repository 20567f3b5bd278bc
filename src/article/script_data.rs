//! Texts among the data of a page's scripts, for pages whose HTML carries no article: the state of an application
//! (Next.js, Nuxt, Apollo), answers of a content system. No script is run.
//!
//! What is found is HTML, and goes the way of every page: it is parsed, read and sanitised.

use super::plain;
use super::tree::weight;
use crate::text::{fold, is_cjk};
use serde_json::Value;
use std::borrow::Cow;

/// Data beyond this are a catalogue.
const MAX_BYTES: usize = 4 << 20;
/// Values that are looked at.
const MAX_VALUES: usize = 20_000;
/// Texts that may be the article.
const MAX_TEXTS: usize = 64;
/// Less is a teaser.
const MIN_WEIGHT: u32 = 150;

/// The longest text, as HTML, that has words of the headline, or of what else is known of the article.
/// `least`: the share of those words that it must have.
pub fn article(scripts: &[&str], told: &[Option<&str>], least: f32) -> Option<String> {
    let mut found = Vec::new();
    let mut left = MAX_VALUES;
    for script in scripts.iter().filter(|script| script.len() <= MAX_BYTES) {
        let script = unescaped(script);
        let values = values(&script);
        let before = found.len();
        for value in &values {
            collect(value, 0, &mut left, &mut found);
        }
        // What is code, or no JSON to the letter (`undefined`), has its texts in quotes all the same.
        if found.len() == before {
            for text in quoted(&script) {
                collect(&Value::String(text), 0, &mut left, &mut found);
            }
        }
    }
    let known: Vec<Vec<String>> = told.iter().flatten().map(|text| words(text)).filter(|words| !words.is_empty()).collect();
    found.retain(|html| {
        let folded = fold(html);
        known.is_empty() || known.iter().any(|words| share(&folded, words) >= least)
    });
    found.into_iter().max_by_key(|html| weight(html))
}

/// What is JSON in a script: all of it, or what it assigns.
fn values(script: &str) -> Vec<Value> {
    let start = |text: &str| text.find(['{', '[']);
    let mut found = Vec::new();
    let mut rest = script;
    // `self.__next_f.push([1,"…"])` holds JSON in a string; `window.a = {…}; window.b = {…}` one after the other.
    while let Some(at) = start(rest).filter(|_| found.len() < 8) {
        let mut stream = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                let read = stream.byte_offset().max(1);
                found.push(value);
                rest = &rest[at + read..];
            }
            // What a function does is no data: on to the next line.
            _ => {
                let next = rest[at..].find('\n').map_or(rest.len(), |line| at + line + 1);
                if next >= rest.len() || found.is_empty() && next > 4096 {
                    break;
                }
                rest = &rest[next..];
            }
        }
    }
    found
}

/// A value of an attribute as its script reads it.
fn unescaped(script: &str) -> Cow<'_, str> {
    if !script.starts_with(['{', '[']) || !script.contains("&quot;") {
        return script.into();
    }
    script.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").into()
}

/// The long texts in quotes of a script, as they are meant.
fn quoted(script: &str) -> Vec<String> {
    let bytes = script.as_bytes();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() && found.len() < MAX_TEXTS {
        let quote = bytes[at];
        if !matches!(quote, b'"' | b'\'' | b'`') {
            at += 1;
            continue;
        }
        let start = at + 1;
        at = start;
        while at < bytes.len() && bytes[at] != quote && (bytes[at] != b'\n' || quote == b'`') {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        let end = at.min(bytes.len());
        // An apostrophe in a comment ends with its line.
        if end - start >= MIN_WEIGHT as usize && bytes.get(end) == Some(&quote) {
            found.extend(script.get(start..end).map(meant));
        }
        at = end + 1;
    }
    found
}

/// What the signs after a `\` stand for.
fn meant(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let mut after = rest[at + 1..].chars();
        let sign = after.next();
        let hex = |n: usize| rest.get(at + 2..at + 2 + n).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let (told, length) = match sign {
            Some('n' | 'r') => (Some('\n'), 1),
            Some('t') => (Some(' '), 1),
            Some('u') => (hex(4).and_then(char::from_u32), 5),
            Some('x') => (hex(2).and_then(char::from_u32), 3),
            Some(other) => (Some(other), other.len_utf8()),
            None => (None, 0),
        };
        out.extend(told);
        rest = rest.get(at + 1 + length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn collect(value: &Value, depth: usize, left: &mut usize, found: &mut Vec<String>) {
    if *left == 0 || depth > 40 || found.len() >= MAX_TEXTS {
        return;
    }
    *left -= 1;
    match value {
        // JSON in a string, as in `JSON.parse("…")`.
        Value::String(text) if text.starts_with(['{', '[']) && depth < 8 => match serde_json::from_str::<Value>(text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => collect(&value, depth + 8, left, found),
            _ => found.extend(html(text)),
        },
        Value::String(text) => found.extend(html(text)),
        Value::Array(items) => {
            found.extend(paragraphs(items));
            items.iter().for_each(|item| collect(item, depth + 1, left, found));
        }
        Value::Object(fields) => fields.values().for_each(|field| collect(field, depth + 1, left, found)),
        _ => {}
    }
}

/// A text that is HTML, or runs on for several sentences.
fn html(text: &str) -> Option<String> {
    if text.len() < MIN_WEIGHT as usize || weight(text) < MIN_WEIGHT {
        return None;
    }
    if ["</p>", "<br", "</div>", "<p>"].iter().any(|tag| text.contains(tag)) {
        return Some(text.to_owned());
    }
    if text.contains("&lt;/p&gt;") {
        return Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"));
    }
    let n_ends = text.matches(". ").count() + text.matches(['。', '\n']).count();
    let is_prose = n_ends >= 2
        && !text.contains(['{', '}', '<'])
        && (text.matches(' ').count() * 4 > text.len() / 4 || text.chars().any(is_cjk));
    is_prose.then(|| plain::paragraphs(text))
}

/// An array of typed paragraphs: `[{"type": "paragraph", "text": "…"}, …]`, or of texts.
fn paragraphs(items: &[Value]) -> Option<String> {
    const KEYS: [&str; 11] =
        ["html", "text", "content", "value", "children", "body", "markup", "paragraph", "data", "spans", "attributes"];
    // The parts of a paragraph, words in bold among them, follow each other.
    fn text(item: &Value, depth: usize) -> Option<Cow<'_, str>> {
        match item {
            Value::String(text) => Some(text.into()),
            Value::Object(fields) if depth < 5 => KEYS.iter().find_map(|key| text(fields.get(*key)?, depth + 1)),
            Value::Array(parts) if (1..=2).contains(&depth) && parts.len() < 200 => {
                let whole: String = parts.iter().filter_map(|part| text(part, depth + 1)).collect();
                (!whole.is_empty()).then_some(whole.into())
            }
            _ => None,
        }
    }
    if items.len() < 2 || items.len() > 2_000 {
        return None;
    }
    let mut out = String::new();
    let mut n_texts = 0;
    for part in items.iter().filter_map(|item| text(item, 0)).filter(|part| part.contains(' ') || part.chars().any(is_cjk)) {
        n_texts += 1;
        match part.contains('<') {
            true => out.extend(["<div>", &part, "</div>"]),
            false => out.push_str(&plain::paragraphs(&part)),
        }
    }
    (n_texts * 2 >= items.len() && weight(&out) >= MIN_WEIGHT).then_some(out)
}

fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let letters: Vec<char> = folded.chars().filter(|c| is_cjk(*c)).collect();
    let pairs = letters.windows(2).map(|pair| pair.iter().collect());
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 3 && !word.chars().any(is_cjk))
        .map(str::to_owned)
        .chain(pairs)
        .take(200)
        .collect()
}

/// The share of the words that a text has.
fn share(folded: &str, words: &[String]) -> f32 {
    words.iter().filter(|word| folded.contains(word.as_str())).count() as f32 / words.len() as f32
}
