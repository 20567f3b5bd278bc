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
/// How deep a list's items may hold their text.
const MAX_LIST_DEPTH: usize = 12;
/// Between the items of a list, until it is known whether they are HTML.
const BREAK: char = '\u{2029}';
/// Less is a teaser.
const MIN_WEIGHT: u32 = 150;

/// The longest text, as HTML, that has words of the headline, or of what else is known of the article.
/// `attributes`: data in attributes, as written in the page. `least`: the share of those words that it must have.
pub fn article(scripts: &[&str], attributes: &[&str], told: &[Option<&str>], least: f32) -> Option<String> {
    let mut found = Vec::new();
    let mut left = MAX_VALUES;
    let scripts = scripts.iter().map(|script| Cow::Borrowed(*script)).chain(attributes.iter().map(|told| unescaped(told)));
    for script in scripts.filter(|script| script.len() <= MAX_BYTES) {
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

/// A value of an attribute as a script reads it. In a script itself such references are part of its texts.
fn unescaped(attribute: &str) -> Cow<'_, str> {
    if !attribute.contains('&') {
        return attribute.into();
    }
    attribute.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").into()
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
        let after = &rest[at + 1..];
        let Some(sign) = after.chars().next() else { return out };
        let told = &after[sign.len_utf8()..];
        let (said, length) = match sign {
            'n' | 'r' => (Some('\n'), 0),
            't' => (Some(' '), 0),
            'u' => code(told).unwrap_or((None, 0)),
            'x' => hex(told, 2).map_or((None, 0), |code| (char::from_u32(code), 2)),
            other => (Some(other), 0),
        };
        // What stands for no sign is left out; the text goes on after it.
        out.extend(said);
        rest = &told[length..];
    }
    out.push_str(rest);
    out
}

/// What the digits after `\u` stand for, and how many bytes they take: `00e9`, `{1F600}`, `d83d\ude00`.
fn code(told: &str) -> Option<(Option<char>, usize)> {
    if let Some((digits, _)) = told.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return Some((hex(digits, digits.len()).and_then(char::from_u32), digits.len() + 2));
    }
    let first = hex(told, 4)?;
    let second = told.get(4..).and_then(|rest| rest.strip_prefix("\\u")).and_then(|rest| hex(rest, 4));
    match second.filter(|second| (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(second)) {
        Some(second) => Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)), 10)),
        None => Some((char::from_u32(first), 4)),
    }
}

/// The number that so many digits at the start of a text give.
fn hex(text: &str, n_digits: usize) -> Option<u32> {
    let digits = text.get(..n_digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
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
    const KEYS: [&str; 12] =
        ["html", "text", "content", "value", "children", "items", "body", "markup", "paragraph", "data", "spans", "attributes"];
    // The parts of a paragraph, words in bold among them, follow each other; the items of a list are lines of their own.
    fn text(item: &Value, depth: usize, in_list: bool) -> Option<Cow<'_, str>> {
        match item {
            Value::String(text) => Some(text.into()),
            Value::Object(fields) if depth < if in_list { MAX_LIST_DEPTH } else { 5 } => {
                let in_list = in_list || is_called(item, &["list"]);
                KEYS.iter().find_map(|key| text(fields.get(*key)?, depth + 1, in_list))
            }
            Value::Array(parts) if depth > 0 && (in_list || depth <= 2) && parts.len() < 200 => {
                let mut whole = String::new();
                let mut was_block = false;
                for part in parts {
                    // Texts alone in a list are its items; beside typed ones they are words of one.
                    let is_block = is_called(part, &["item", "paragraph", "list", "heading"])
                        || in_list && parts.iter().all(Value::is_string);
                    let Some(told) = text(part, depth + 1, in_list) else { continue };
                    if !whole.is_empty() && (is_block || was_block) {
                        whole.push(BREAK);
                    }
                    whole.push_str(&told);
                    was_block = is_block;
                }
                (!whole.is_empty()).then_some(whole.into())
            }
            _ => None,
        }
    }
    // Whether the type of an object holds one of the words: `listItem`, `bulletList`, `list-item`, `li`.
    fn is_called(item: &Value, words: &[&str]) -> bool {
        let told = ["type", "_type", "nodeType", "tag"].iter().find_map(|key| item.get(key)?.as_str());
        told.map(str::to_ascii_lowercase).is_some_and(|told| {
            let told = match told.as_str() {
                "ul" | "ol" => "list",
                "li" => "item",
                "p" => "paragraph",
                told => told,
            };
            words.iter().any(|word| told.contains(word))
        })
    }
    if items.len() < 2 || items.len() > 2_000 {
        return None;
    }
    let mut out = String::new();
    let mut n_texts = 0;
    for part in items.iter().filter_map(|item| text(item, 0, false)).filter(|part| part.contains(' ') || part.chars().any(is_cjk))
    {
        n_texts += 1;
        match part.contains('<') {
            true => out.extend(["<div>", &part.replace(BREAK, "<br>"), "</div>"]),
            false => out.push_str(&plain::paragraphs(&part.replace(BREAK, "\n\n"))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_their_signs_and_bad_ones_end_nothing() {
        let cases = [
            (r"caf\u00e9 \ud83d\ude00 \u{1F600}", "café \u{1f600} \u{1f600}"),
            (r"half \ud83d pair", "half  pair"),
            (r"a \u12 word \xzz goes on", "a 12 word zz goes on"),
            (r"\x41\n\'b\'", "A\n'b'"),
            ("ends \\", "ends "),
        ];
        for (written, said) in cases {
            assert_eq!(meant(written), said, "{written}");
        }
    }

    #[test]
    fn references_in_scripts_are_part_of_their_texts() {
        let says = "She said &quot;no&quot; to the mayor, and the mason went home without a word. ".repeat(4);
        let script = format!(r#"{{"post":{{"body":"<p>{says}</p>"}}}}"#);
        let found = article(&[&script], &[], &[], 0.5);
        assert_eq!(found.as_deref(), Some(format!("<p>{says}</p>").as_str()));
        let attribute = script.replace('&', "&amp;").replace('"', "&quot;");
        assert_eq!(article(&[], &[&attribute], &[], 0.5), found);
    }

    #[test]
    fn items_of_lists_are_lines_of_their_own() {
        let says = "The bakery opened its doors again on Tuesday, three years after the flood that ruined its ovens. ";
        let text = |text: &str| format!(r#"{{"type":"paragraph","content":[{{"type":"text","text":"{text}"}}]}}"#);
        let item = |told: &str| format!(r#"{{"type":"listItem","content":[{}]}}"#, text(told));
        let list = format!(r#"{{"type":"bulletList","content":[{},{}]}}"#, item("First the rye"), item("Second the oats"));
        let doc = format!(r#"{{"doc":[{},{list},{}]}}"#, text(says), text(says));
        let found = article(&[&doc], &[], &[], 0.5).unwrap_or_default();
        assert!(found.contains("First the rye</p>") && found.contains("<p>Second the oats"), "{found}");
        let list = r#"{"type":"list","items":["First the rye","Second the oats"]}"#;
        let doc = format!(r#"{{"doc":[{},{list},{}]}}"#, text(says), text(says));
        let found = article(&[&doc], &[], &[], 0.5).unwrap_or_default();
        assert!(!found.contains("ryeSecond") && found.contains("Second the oats"), "{found}");
    }
}
