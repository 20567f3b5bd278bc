//! A TOML error → `feeds.toml:12:9: unknown key "intervall"; did you mean "interval"?`: where it is, which key it is
//! about, and what to write instead.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Says where in `text` (the content of `file`) an error of its reader is, and what to write instead.
pub fn diagnose(file: &str, text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return format!("{file}: {}", explain(error.message(), None)) };
    let keys = keys(text);
    // The innermost key around the place: a value that is not there has its section's.
    let at = |key: &&Key| key.value.contains(&span.start) || key.name.contains(&span.start) || key.value == span;
    let key = keys.iter().filter(at).min_by_key(|key| key.value.len()).map(|key| key.path.clone());
    // Text that is not TOML has no keys: what stands before the sign of the line is meant.
    let key = key.or_else(|| if keys.is_empty() { key_of_line(text, span.start) } else { None });
    format!("{}: {}", place(file, text, span.start), explain(error.message(), key.as_deref()))
}

/// `file:12:9` of a byte offset.
pub fn place(file: &str, text: &str, offset: usize) -> String {
    let (line, column) = position(text, offset);
    format!("{file}:{line}:{column}")
}

/// Line and column (in characters) of a byte offset, both from 1.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = crate::text::clip(text, offset);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The line in which a key has its value; `None`: it is not set in this text.
pub fn line_of(text: &str, path: &str) -> Option<usize> {
    let key = keys(text).into_iter().find(|key| key.path == path)?;
    Some(position(text, key.value.start).0)
}

/// Where the value of a key stands in a text that is TOML: `poll.interval`, `output[1].limit`. Of a key that is not there,
/// where that is which it belongs to.
pub fn find(text: &str, path: &str) -> Option<usize> {
    let keys = keys(text);
    let mut path = path;
    loop {
        if let Some(key) = keys.iter().find(|key| key.path == path) {
            return Some(key.value.start);
        }
        path = &path[..path.rfind(['.', '['])?];
    }
}

/// A key of a document, and where it and its value stand.
struct Key {
    path: String,
    name: Range<usize>,
    value: Range<usize>,
}

/// All keys of a text, those inside others too; none where it is not TOML.
fn keys(text: &str) -> Vec<Key> {
    fn of_table(table: &DeTable, above: &str, out: &mut Vec<Key>) {
        for (name, value) in table {
            let path = if above.is_empty() { name.get_ref().to_string() } else { format!("{above}.{}", name.get_ref()) };
            of_value(value.get_ref(), &path, out);
            out.push(Key { path, name: name.span(), value: value.span() });
        }
    }
    fn of_value(value: &DeValue, path: &str, out: &mut Vec<Key>) {
        match value {
            DeValue::Table(table) => of_table(table, path, out),
            DeValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    let path = format!("{path}[{n}]");
                    of_value(item.get_ref(), &path, out);
                    out.push(Key { path, name: item.span(), value: item.span() });
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    if let Ok(document) = DeTable::parse(text) {
        of_table(document.get_ref(), "", &mut out);
    }
    out
}

/// The key of the line that an offset is in, with the section above it.
fn key_of_line(text: &str, offset: usize) -> Option<String> {
    let before = crate::text::clip(text, offset);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let name = text[start..].lines().next()?.split_once('=')?.0.trim();
    let section = before[..start].lines().rev().find_map(|line| line.trim().strip_prefix('['));
    let section = section.map(|rest| rest.trim_matches(['[', ']', ' ']));
    (!name.is_empty()).then(|| section.map_or_else(|| name.to_owned(), |section| format!("{section}.{name}")))
}

/// What the parser of TOML says → what to write instead.
const SYNTAX: [(&str, &str); 16] = [
    ("string values must be quoted", "a text stands in quotes, as in \"1h\""),
    ("key with no value", "write `key = value`"),
    ("missing value", "a value is missing behind the ="),
    ("duplicate key", "it is set twice; keep one of the two"),
    ("unclosed table", "the line of a section ends with a bracket, as in [poll]"),
    ("unclosed array table", "the line ends with two brackets, as in [[output]]"),
    ("missing table open", "the line of a section begins with a bracket, as in [poll]"),
    ("unclosed array", "a list ends with a bracket, as in [\"a\", \"b\"]"),
    ("missing array opening", "a list begins with a bracket, as in [\"a\", \"b\"]"),
    ("missing comma between array elements", "the parts of a list stand between commas, as in [\"a\", \"b\"]"),
    ("unclosed inline table", "a group ends with a brace, as in { secret = \"acme\" }"),
    ("missing comma between key-value pairs", "the parts of a group stand between commas"),
    ("invalid basic string", "a text ends with the quote that it began with, on its line; a backslash is written twice"),
    ("invalid literal string", "a text ends with the quote that it began with, on its line"),
    ("extra `=`", "one = is enough"),
    ("unexpected key or value", "one key a line; a text with blanks stands in quotes"),
];

/// Types as serde and TOML call them → what to write.
const EXPECTED: [(&str, &str); 13] = [
    ("a string", "write a text in quotes, as in \"…\""),
    ("path string", "write a path in quotes, as in \"…\""),
    ("a duration", "write it with its unit, as in \"30m\" or \"1h\""),
    ("a time", "write it with its unit, as in \"90d\", or \"forever\""),
    ("a size", "write it with its unit, as in \"10MB\""),
    ("a boolean", "write true or false, without quotes"),
    ("a sequence", "write a list, as in [\"a\", \"b\"]"),
    ("a map", "write a group, as in { name = \"value\" }"),
    ("usize", "write a whole number without quotes, 0 or more"),
    ("u32", "write a whole number without quotes, 0 or more"),
    ("i32", "write a whole number without quotes"),
    ("f64", "write a number without quotes"),
    ("struct ", "write it as a section: a line [name], and its keys below"),
];

fn explain(message: &str, key: Option<&str>) -> String {
    let first_line = message.lines().next().unwrap_or(message);
    if let Some(unknown) = unknown(first_line) {
        return unknown;
    }
    let of = |what: &str| key.map_or_else(|| what.to_owned(), |key| format!("{key}: {what}"));
    if let Some(missing) = first_line.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let whose = key.map_or(String::new(), |key| format!(" of {key}"));
        return format!("the key \"{missing}\"{whose} is missing; write {missing} = \"…\"");
    }
    let wrong = first_line.strip_prefix("invalid type: ").or_else(|| first_line.strip_prefix("invalid value: "));
    if let Some((found, expected)) = wrong.and_then(|rest| rest.split_once(", expected ")) {
        // serde's words for the kinds of values are TOML's, but for these.
        let found = found.replace("floating point", "number").replace("sequence", "list").replace("integer", "number");
        let advice = EXPECTED.iter().find(|(known, _)| expected.starts_with(known)).map_or(expected, |(_, advice)| advice);
        return of(&format!("{} is not what belongs here; {advice}", found.replace('`', "")));
    }
    match SYNTAX.iter().find(|(known, _)| first_line.starts_with(known)) {
        Some((_, advice)) => of(advice),
        None => of(first_line),
    }
}

/// serde's words for an unknown key hold the key and all known ones in backquotes.
fn unknown(message: &str) -> Option<String> {
    let nouns = [("unknown field ", "key"), ("unknown variant ", "value")];
    let (rest, noun) = nouns.iter().find_map(|(prefix, noun)| Some((message.strip_prefix(prefix)?, noun)))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    Some(match nearest(unknown, known.iter().copied()) {
        Some(nearest) => format!("unknown {noun} \"{unknown}\"; did you mean \"{nearest}\"?"),
        None => format!("unknown {noun} \"{unknown}\"; known: {}", known.join(", ")),
    })
}

/// The known name that was meant by one that is not known, where one is near enough.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &'a str| (strsim::damerau_levenshtein(unknown, known), known);
    known.map(distance).filter(|(distance, known)| *distance <= 1 + known.chars().count() / 3).min().map(|(_, known)| known)
}
