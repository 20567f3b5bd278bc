//! Texts among the data of a page's scripts, for pages whose HTML carries no article: the state of an application
//! (Next.js, Nuxt, Apollo), answers of a content system. No script is run.
//!
//! What is found is HTML, and goes the way of every page: it is parsed, read and sanitised.

use super::plain;
use super::tree::weight;
use crate::text::{fold, is_cjk};
use serde_json::Value;

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
        for value in values(script) {
            collect(&value, 0, &mut left, &mut found);
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

fn collect(value: &Value, depth: usize, left: &mut usize, found: &mut Vec<String>) {
    if *left == 0 || depth > 40 || found.len() >= MAX_TEXTS {
        return;
    }
    *left -= 1;
    match value {
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
    let n_ends = text.matches(". ").count() + text.matches(['。', '\n']).count();
    let is_prose = n_ends >= 2
        && !text.contains(['{', '}', '<'])
        && (text.matches(' ').count() * 4 > text.len() / 4 || text.chars().any(is_cjk));
    is_prose.then(|| plain::paragraphs(text))
}

/// An array of typed paragraphs: `[{"type": "paragraph", "text": "…"}, …]`, or of texts.
fn paragraphs(items: &[Value]) -> Option<String> {
    const KEYS: [&str; 8] = ["html", "text", "content", "value", "body", "markup", "paragraph", "data"];
    fn text(item: &Value, depth: usize) -> Option<&str> {
        match item {
            Value::String(text) => Some(text),
            Value::Object(fields) if depth < 3 => KEYS.iter().find_map(|key| text(fields.get(*key)?, depth + 1)),
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
            true => out.extend(["<div>", part, "</div>"]),
            false => out.push_str(&plain::paragraphs(part)),
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
