//! A query's text ⇄ [`Query`].
//!
//! Only `key:value` with a known key is more than words: `http://x`, `c++:`, `10:30` and `note: this` are text. A key
//! that nearly is a known one is refused rather than searched for, because its words would find nothing. Full-width
//! signs, as Chinese keyboards write them, are the same as the ASCII ones.

use super::{Count, Filter, Order, Query, State, language};
use crate::{duration, text};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Why a text is not a query: it names the part, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error(
        "{part}: unknown key \"{key}\"; did you mean \"{nearest}:\"? (to search for these words, write \"{part}\" with its quotes)"
    )]
    UnknownKey { part: String, key: String, nearest: &'static str },
    #[error("{part}: {message}")]
    Value { part: String, message: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Tag,
    Lang,
    Feed,
    Sources,
    Since,
    Is,
    Order,
}

const KEYS: [(&str, Key); 7] = [
    ("tag", Key::Tag),
    ("lang", Key::Lang),
    ("feed", Key::Feed),
    ("sources", Key::Sources),
    ("since", Key::Since),
    ("is", Key::Is),
    ("order", Key::Order),
];

/// What people call a key when they learnt it elsewhere.
const OTHER_NAMES: [(&str, &str); 4] = [("language", "lang"), ("label", "tag"), ("sort", "order"), ("newer", "since")];

const STATES: [(&str, State); 4] =
    [("unread", State::Unread), ("read", State::Read), ("starred", State::Starred), ("muted", State::Muted)];

const ORDERS: [(&str, Order); 3] = [("newest", Order::Newest), ("oldest", Order::Oldest), ("sources", Order::Sources)];

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Query, QueryError> {
        let mut query = Query::default();
        let composed = text::compose(text);
        let mut rest = composed.trim_start();
        while !rest.is_empty() {
            let (unwanted, after) = match rest.strip_prefix('-') {
                Some(after) => (true, after),
                None => (false, rest),
            };
            let next = if let Some((key, value)) = key_of(after)? {
                let (values, next) = items(value);
                let part = rest[..rest.len() - next.len()].trim_end();
                query.add(key, unwanted, values).map_err(|message| QueryError::Value { part: part.to_owned(), message })?;
                next
            } else {
                let (phrase, next) = item(after, |_| false);
                query.words.add(unwanted, phrase);
                next
            };
            rest = next.trim_start();
        }
        Ok(query)
    }
}

/// A phrase in quotes, or all up to white space or a character that `ends` it; and what comes after.
fn item(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    match text.strip_prefix('"') {
        Some(inside) => inside.split_once('"').unwrap_or((inside, "")),
        None => text.split_at(text.find(|c: char| c.is_whitespace() || ends(c)).unwrap_or(text.len())),
    }
}

/// `a,"b c",d` → its items; and what comes after.
fn items(mut text: &str) -> (Vec<&str>, &str) {
    let mut items = Vec::new();
    loop {
        let (one, next) = item(text, |c| c == ',');
        items.push(one.trim());
        match next.strip_prefix(',') {
            Some(next) => text = next,
            None => return (items, next),
        }
    }
}

/// The key that a part begins with, and the text after its colon.
fn key_of(part: &str) -> Result<Option<(Key, &str)>, QueryError> {
    let Some((name, value)) = part.split_once(':') else { return Ok(None) };
    // An address, and a path in some language's code, are words.
    let is_word = name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic());
    if is_word || value.starts_with("//") || value.starts_with(':') {
        return Ok(None);
    }
    let name = name.to_ascii_lowercase();
    if let Some((_, key)) = KEYS.iter().find(|(known, _)| *known == name) {
        return Ok(Some((*key, value)));
    }
    let has_value = value.chars().next().is_some_and(|c| !c.is_whitespace());
    match nearest(&name) {
        Some(nearest) if has_value => {
            let end = part.find(char::is_whitespace).unwrap_or(part.len());
            Err(QueryError::UnknownKey { part: part[..end].to_owned(), key: name, nearest })
        }
        _ => Ok(None),
    }
}

/// The key that was meant. One slip of the finger, and none in names so short that each is near to any other.
fn nearest(name: &str) -> Option<&'static str> {
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == name).map(|(_, known)| *known);
    let close = |known: &&str| known.len() > 2 && name.len() > 2 && strsim::damerau_levenshtein(name, known) == 1;
    other.or_else(|| KEYS.iter().map(|(known, _)| *known).find(close))
}

impl Query {
    fn add(&mut self, key: Key, unwanted: bool, values: Vec<&str>) -> Result<(), String> {
        if values.iter().any(|value| value.is_empty()) {
            return Err("a value is missing; it stands right behind the colon, or the comma".into());
        }
        let texts = || values.iter().map(|value| (*value).to_owned());
        match key {
            Key::Tag => add(&mut self.tags, unwanted, texts()),
            Key::Feed => add(&mut self.feeds, unwanted, texts()),
            Key::Lang => {
                let range = |value: &&str| {
                    language::range(value)
                        .ok_or_else(|| format!("\"{value}\" is not a language; write it like en, zh or zh-Hant"))
                };
                add(&mut self.languages, unwanted, values.iter().map(range).collect::<Result<Vec<_>, _>>()?);
            }
            Key::Is => {
                let states = values.iter().map(|value| one_of(&STATES, value)).collect::<Result<Vec<_>, _>>()?;
                add(&mut self.states, unwanted, states);
            }
            Key::Sources => {
                let count = count(alone(unwanted, &values)?)?;
                let known = self.sources;
                self.sources = Count { least: known.least.max(count.least), most: known.most.min(count.most) };
            }
            Key::Since => {
                let age = duration::parse(alone(unwanted, &values)?)?;
                self.since = Some(self.since.map_or(age, |known| known.min(age)));
            }
            Key::Order => self.order = one_of(&ORDERS, alone(unwanted, &values)?)?,
        }
        Ok(())
    }
}

fn add<T>(filter: &mut Filter<T>, unwanted: bool, values: impl IntoIterator<Item = T>) {
    if unwanted { filter.unwanted.extend(values) } else { filter.want_any(values) }
}

/// The only value of a key that takes one, and no minus.
fn alone<'a>(unwanted: bool, values: &[&'a str]) -> Result<&'a str, String> {
    match values {
        _ if unwanted => Err("this key takes no minus".into()),
        [value] => Ok(value),
        _ => Err("this key takes one value".into()),
    }
}

fn one_of<T: Copy>(table: &[(&str, T)], value: &str) -> Result<T, String> {
    let value = value.to_ascii_lowercase();
    let known = || table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = table.iter().find(|(name, _)| *name == value);
    found.map(|(_, meant)| *meant).ok_or_else(|| format!("unknown value \"{value}\"; known: {}", known()))
}

/// `3`, `>=3`, `>2`, `<=5`, `<6`
fn count(text: &str) -> Result<Count, String> {
    let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (sign, number) = text.split_at(digits);
    let wrong = || format!("\"{text}\" is not a count; write it like >=3, <5 or 2");
    let number: u32 = number.trim().parse().map_err(|_| wrong())?;
    let all = Count::default();
    match sign.trim() {
        "" | "=" => Ok(Count { least: number, most: number }),
        ">=" => Ok(Count { least: number, ..all }),
        ">" => Ok(Count { least: number.checked_add(1).ok_or_else(wrong)?, ..all }),
        "<=" => Ok(Count { most: number, ..all }),
        "<" => Ok(Count { most: number.checked_sub(1).ok_or_else(wrong)?, ..all }),
        _ => Err(wrong()),
    }
}

/// The text that [`Query::from_str`] reads back.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.words.wanted.iter().map(|phrase| quoted_word(phrase)));
        parts.extend(self.words.unwanted.iter().map(|phrase| format!("-{}", quoted_word(phrase))));
        write_filter(&mut parts, "tag", &self.tags, |value| quoted_item(value));
        write_filter(&mut parts, "lang", &self.languages, Clone::clone);
        write_filter(&mut parts, "feed", &self.feeds, |value| quoted_item(value));
        write_filter(&mut parts, "is", &self.states, |state| name_in(&STATES, state).to_owned());
        let Count { least, most } = self.sources;
        if least == most {
            parts.push(format!("sources:{least}"));
        } else {
            parts.extend((least > 0).then(|| format!("sources:>={least}")));
            parts.extend((most < u32::MAX).then(|| format!("sources:<={most}")));
        }
        parts.extend(self.since.map(|age: Duration| format!("since:{}", duration::format(age))));
        parts.extend((self.order != Order::default()).then(|| format!("order:{}", name_in(&ORDERS, &self.order))));
        f.write_str(&parts.join(" "))
    }
}

fn write_filter<T>(parts: &mut Vec<String>, key: &str, filter: &Filter<T>, text_of: impl Fn(&T) -> String) {
    let list = |values: &[T]| values.iter().map(&text_of).collect::<Vec<_>>().join(",");
    parts.extend(filter.wanted.iter().map(|group| format!("{key}:{}", list(group))));
    parts.extend((!filter.unwanted.is_empty()).then(|| format!("-{key}:{}", list(&filter.unwanted))));
}

fn name_in<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    table.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
}

/// In quotes where it would be read as more than one word of text.
fn quoted_word(text: &str) -> String {
    quoted(text, text.starts_with('-') || key_of(text) != Ok(None))
}

/// In quotes where it would be read as more than one item of a list.
fn quoted_item(text: &str) -> String {
    quoted(text, text.is_empty() || text.contains(',') || text.starts_with(':') || text.starts_with("//"))
}

/// Text that holds a quote can only have been written without quotes round it; were it put together by a program so that
/// it needs them, its own are left out.
fn quoted(text: &str, needs_quotes: bool) -> String {
    let split = text.starts_with('"') || text.contains(char::is_whitespace);
    match text.contains('"') {
        false if needs_quotes || split => format!("\"{text}\""),
        true if split => format!("\"{}\"", text.replace('"', "")),
        _ => text.to_owned(),
    }
}

impl TryFrom<String> for Query {
    type Error = QueryError;
    fn try_from(text: String) -> Result<Query, QueryError> {
        text.parse()
    }
}

impl From<Query> for String {
    fn from(query: Query) -> String {
        query.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Query>().unwrap_err().to_string()
    }

    #[test]
    fn all_keys() {
        let text = "Rust \"Memory  Safety\" -game tag:dev,\"a, b\" -tag:ads TAG:x lang:ZH-hant feed:lobste.rs is:unread -is:starred sources:>2 since:1d order:oldest";
        let query: Query = text.parse().unwrap();
        assert_eq!(query.words.wanted, ["rust", "memory safety"]);
        assert_eq!(query.words.unwanted, ["game"]);
        assert_eq!(query.tags.wanted, [vec!["dev", "a, b"], vec!["x"]]);
        assert_eq!(query.tags.unwanted, ["ads"]);
        assert_eq!(query.languages.wanted, [["zh-Hant"]]);
        assert_eq!(query.feeds.wanted, [["lobste.rs"]]);
        assert_eq!(query.states.wanted, [[State::Unread]]);
        assert_eq!(query.states.unwanted, [State::Starred]);
        assert_eq!(query.sources, Count { least: 3, most: u32::MAX });
        assert_eq!(query.since, Some(Duration::from_secs(86_400)));
        assert_eq!(query.order, Order::Oldest);
        assert_eq!(
            query.to_string(),
            "rust \"memory safety\" -game tag:dev,\"a, b\" tag:x -tag:ads lang:zh-Hant feed:lobste.rs is:unread -is:starred sources:>=3 since:24h order:oldest"
        );
    }

    #[test]
    fn plain_words_are_words() {
        for (text, wanted) in [
            ("http://x.example/a:b", vec!["http://x.example/a:b"]),
            ("feed://x.example", vec!["feed://x.example"]),
            ("c++: note: this", vec!["c++:", "note:", "this"]),
            ("std::fs tags::x 10:30 re:invent a:b it:x", vec!["std::fs", "tags::x", "10:30", "re:invent", "a:b", "it:x"]),
            ("\"tag:x\" tagg: x", vec!["tag:x", "tagg:", "x"]),
            ("标题：内容", vec!["标题:内容"]),
        ] {
            assert_eq!(text.parse::<Query>().unwrap().words.wanted, wanted, "{text}");
        }
    }

    #[test]
    fn errors_name_the_part_and_the_next_step() {
        assert_eq!(
            error("rust tagg:dev x"),
            "tagg:dev: unknown key \"tagg\"; did you mean \"tag:\"? (to search for these words, write \"tagg:dev\" with its quotes)"
        );
        assert!(error("-language:en").contains("did you mean \"lang:\"?"));
        assert_eq!(error("tag: dev"), "tag:: a value is missing; it stands right behind the colon, or the comma");
        assert_eq!(error("tag:a,"), "tag:a,: a value is missing; it stands right behind the colon, or the comma");
        assert_eq!(error("lang:english"), "lang:english: \"english\" is not a language; write it like en, zh or zh-Hant");
        assert_eq!(error("is:new"), "is:new: unknown value \"new\"; known: unread, read, starred, muted");
        assert_eq!(error("sources:many"), "sources:many: \"many\" is not a count; write it like >=3, <5 or 2");
        assert!(error("since:24").starts_with("since:24: \"24\" is not a duration"));
        assert_eq!(error("-since:1d"), "-since:1d: this key takes no minus");
        assert_eq!(error("order:newest,oldest"), "order:newest,oldest: this key takes one value");
    }

    #[test]
    fn full_width_signs_are_signs() {
        let query: Query = "ｔａｇ：開發，資安　－遊戲".parse().unwrap();
        assert_eq!((query.tags.wanted, query.words.unwanted), (vec![vec!["開發".into(), "資安".into()]], vec!["遊戲".into()]));
    }
}
