//! What an entry is known by, for ever. A change here gives every stored entry a new key and shows readers
//! everything again: the tests hold the exact keys.

use super::ParsedEntry;
use super::markup;
use xxhash_rust::xxh3::Xxh3;

/// Longer ids and links are hashed, so that an index stays small.
const MAX_KEY_BYTES: usize = 256;

/// What a key is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id,
    Link,
    /// Id and link, with a blank between them.
    Both,
}

/// `id:…`, `link:…` or `text:…`; where the value is long, `id#…` or `link#…` with its hash. A value can neither
/// be taken for another kind nor a hash for a value, as the kind comes first and ends in its own mark.
pub(super) fn entry_key(entry: &ParsedEntry) -> String {
    let known = |value: &Option<String>| value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    if let Some(id) = known(&entry.id) {
        return key(Key::Id, &id);
    }
    match known(&entry.link) {
        Some(link) => key(Key::Link, &link),
        None => content(entry),
    }
}

/// The last rung: what the entry says.
pub(super) fn content(entry: &ParsedEntry) -> String {
    let mut hash = Xxh3::new();
    let enclosure = entry.enclosures.first().map(|enclosure| enclosure.url.as_str());
    let texts = [entry.title.as_deref(), entry.content.as_deref().or(entry.summary.as_deref()), enclosure];
    for text in texts {
        // The words alone: the same text with other markup is the same entry. Lengths part the fields.
        let plain = text.map(markup::plain).unwrap_or_default();
        hash.update(&(plain.len() as u64).to_le_bytes());
        hash.update(plain.as_bytes());
    }
    format!("text:{:032x}", hash.digest128())
}

pub(super) fn key(kind: Key, value: &str) -> String {
    let kind = match kind {
        Key::Id => "id",
        Key::Link => "link",
        Key::Both => "both",
    };
    if value.len() <= MAX_KEY_BYTES {
        format!("{kind}:{value}")
    } else {
        format!("{kind}#{:032x}", xxhash_rust::xxh3::xxh3_128(value.as_bytes()))
    }
}
