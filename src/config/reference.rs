//! What `courant.toml` and `feeds.toml` can say, as data: for the manual, the JSON schema and `config show`.
//!
//! Nothing is said here a second time. Names, defaults and words are those of the commented examples in `config/`, which
//! a test holds to the code; what a key takes is what the reader of the configuration answers to a value that is nothing.

use super::{Config, subscriptions};
use serde_json::{Map, Value, json};

/// The commented configuration, as `courant init` writes it.
pub const EXAMPLE: &str = include_str!("../../config/courant.toml");

/// A section of the example: a table, or (`is_list`) one of several; the first has no name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    pub name: String,
    pub is_list: bool,
    pub words: String,
    pub groups: Vec<Group>,
}

/// Keys that one comment is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub words: String,
    pub keys: Vec<Key>,
}

/// A key, and its default as TOML; `None`: it has none that could be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub name: String,
    pub default: Option<String>,
}

/// The sections of a commented example, and what stands above them all.
pub fn sections(example: &str) -> (String, Vec<Section>) {
    let mut sections = vec![Section::default()];
    let mut head = None;
    let mut words: Vec<&str> = Vec::new();
    let mut in_group = false;
    for line in example.lines() {
        let comment = line.strip_prefix('#').map(str::trim);
        let bare = comment.unwrap_or(line).trim();
        let is_list = bare.starts_with("[[");
        let name = bare.trim_start_matches('[').trim_end_matches(']');
        let is_section = bare.starts_with('[') && bare.ends_with(']') && is_name(name);
        if is_section {
            sections.push(Section { name: name.to_owned(), is_list, words: words.join(" "), groups: Vec::new() });
            words.clear();
            in_group = false;
        } else if let Some((name, value)) = bare.split_once(" = ").filter(|(name, _)| is_name(name)) {
            let Some(section) = sections.last_mut() else { continue };
            if !in_group || !words.is_empty() {
                section.groups.push(Group { words: words.join(" "), keys: Vec::new() });
                words.clear();
            }
            in_group = true;
            let Some(group) = section.groups.last_mut() else { continue };
            // An example in a comment shows what the key below it may say.
            group.keys.retain(|key| key.name != name);
            let default = comment.is_none().then(|| value.trim().to_owned());
            group.keys.push(Key { name: name.to_owned(), default });
        } else if let Some(comment) = comment {
            words.push(comment);
        } else {
            // What stands above the first gap is about the whole file.
            head.get_or_insert_with(|| words.join(" "));
            words.clear();
            in_group = false;
        }
    }
    sections.retain(|section| !section.groups.is_empty());
    (head.unwrap_or_default(), sections)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.')
}

/// What is told of `feeds.toml` above the starter list.
pub fn about_feeds() -> impl Iterator<Item = &'static str> {
    subscriptions::STARTER.lines().map_while(|line| line.strip_prefix('#')).map(|line| line.strip_prefix(' ').unwrap_or(line))
}

/// The keys of `[[feed]]`.
pub fn feed_keys() -> Vec<String> {
    known(&said_of::<subscriptions::Subscription>("no_such_key = 1"))
}

/// A JSON schema (draft 2020-12) of `courant.toml`.
pub fn schema() -> Value {
    let (about, sections) = sections(EXAMPLE);
    let mut properties = Map::new();
    for section in &sections {
        let mut inside = Map::new();
        for key in section.groups.iter().flat_map(|group| group.keys.iter().map(move |key| (group, key))) {
            inside.insert(key.1.name.clone(), of_key(section, key.0, key.1));
        }
        if section.name.is_empty() {
            properties.extend(inside);
            continue;
        }
        let mut table = json!({"type": "object", "additionalProperties": false, "properties": inside});
        if !section.words.is_empty() {
            table["description"] = section.words.as_str().into();
        }
        let whole = if section.is_list { json!({"type": "array", "items": table}) } else { table };
        properties.insert(section.name.clone(), whole);
    }
    document("courant.toml", &about, properties)
}

/// A JSON schema of `feeds.toml`.
pub fn feeds_schema() -> Value {
    let mut properties = Map::new();
    for name in feed_keys() {
        let mut takes = taken(&said_of::<subscriptions::Subscription>(&format!("{name} = {{ no_such_key = 1 }}")));
        let prefix = format!("{name} = ");
        let words = about_feeds().find_map(|line| line.trim().strip_prefix(&prefix)?.split_once(" # "));
        if let Some((_, words)) = words {
            takes["description"] = words.trim().into();
        }
        properties.insert(name, takes);
    }
    let feed = json!({"type": "object", "additionalProperties": false, "required": ["url"], "properties": properties});
    let mut list = Map::new();
    list.insert("feed".into(), json!({"type": "array", "items": feed}));
    document("feeds.toml", "courant's subscriptions", list)
}

fn document(title: &str, about: &str, properties: Map<String, Value>) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": about,
        "type": "object", "additionalProperties": false, "properties": properties,
    })
}

fn of_key(section: &Section, group: &Group, key: &Key) -> Value {
    let line = format!("{} = {{ no_such_key = 1 }}", key.name);
    let probe = match (section.name.as_str(), section.is_list) {
        ("", _) => line,
        (name, true) => format!("[[{name}]]\n{line}"),
        (name, false) => format!("[{name}]\n{line}"),
    };
    let mut takes = taken(&said_of::<Config>(&probe));
    if !group.words.is_empty() {
        takes["description"] = group.words.as_str().into();
    }
    let default = key.default.as_ref().and_then(|text| toml::from_str::<toml::Table>(&format!("v = {text}")).ok()?.remove("v"));
    if let Some(default) = default.and_then(|value| serde_json::to_value(value).ok()) {
        takes["default"] = default;
    }
    takes
}

/// What the reader says of a text.
fn said_of<T: serde::de::DeserializeOwned>(text: &str) -> String {
    toml::from_str::<T>(text).err().map_or_else(String::new, |error| error.message().to_owned())
}

/// The names in backquotes that an error lists behind the unknown one.
fn known(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect()
}

/// What a key takes, by what was said of a table with one unknown key in its place.
fn taken(message: &str) -> Value {
    if message.starts_with("unknown variant") {
        return json!({"type": "string", "enum": known(message)});
    }
    if message.starts_with("unknown field") {
        let inside: Map<String, Value> = known(message).into_iter().map(|name| (name, json!({"type": "string"}))).collect();
        return json!({"type": "object", "additionalProperties": false, "properties": inside});
    }
    let expected = message.split_once("expected ").map_or("", |(_, expected)| expected.lines().next().unwrap_or_default());
    match expected {
        "a boolean" => json!({"type": "boolean"}),
        "a sequence" => json!({"type": "array", "items": {"type": "string"}}),
        "usize" | "u32" | "u64" => json!({"type": "integer", "minimum": 0}),
        "i32" | "i64" => json!({"type": "integer"}),
        "f64" => json!({"type": "number"}),
        "a duration" => json!({"type": "string", "pattern": "^([0-9]+ *(ms|s|m|h|d|w|[a-z]+) *)+$"}),
        "a size" => json!({"type": "string", "pattern": "^[0-9]+ *(B|kB|KB|MB|GB)$"}),
        // A table of texts takes the probe.
        "" => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        _ => json!({"type": "string"}),
    }
}
