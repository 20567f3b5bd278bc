//! Which entries of a feed are one entry: within a document, and between a document and what is known of the feed.
//!
//! Two questions, both decided here and nowhere else. [`identify`]: which rung of the ladder (id, link, both, content)
//! names an entry, where its own document may prove that an id or a link names nothing. [`recognise`]: is an entry that no
//! key knows an old one whose id and link have changed, and is one whose key is known another one in the same slot.
//!
//! The rule of all rules: when in doubt an entry is new. Dates never make two entries one; that they differ may be a
//! doubt.

use super::ids::{self, Key};
use super::{ParsedEntry, markup};
use crate::model::{Timestamp, is_default};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// What is remembered of how a feed names its entries, so that what was decided stays decided. Small: it is read and
/// written with each poll.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habit {
    /// Its ids name nothing: most of a document's entries had the id of another one.
    #[serde(skip_serializing_if = "is_default")]
    pub ids_disproved: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub links_disproved: bool,
    /// Single ids and links that were disproved, as hashes.
    #[serde(skip_serializing_if = "is_default")]
    pub disproved: Vec<u64>,
    /// Polls that brought old entries under new ids and links.
    #[serde(skip_serializing_if = "is_default")]
    pub n_rotations: u32,
    /// Polls that brought other entries under old ids.
    #[serde(skip_serializing_if = "is_default")]
    pub n_slots: u32,
    /// What was decided last of entries that their keys did not know, for people.
    #[serde(skip_serializing_if = "is_default")]
    pub last: Option<Decision>,
}

/// What was decided of entries of one document, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub at: Timestamp,
    pub n_entries: u32,
    pub why: String,
}

impl Habit {
    /// What is known of how the feed names its entries, in sentences; none where it does as it should.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        let times = |n: u32| if n == 1 { "once".to_owned() } else { format!("{n} times") };
        if self.ids_disproved {
            said.push("its ids name nothing, because different entries share them: entries are known by their links".to_owned());
        }
        if self.links_disproved {
            said.push(
                "its links name nothing, because different entries share them: entries are known by what they say".to_owned(),
            );
        }
        if !(self.disproved.is_empty() || self.ids_disproved || self.links_disproved) {
            said.push(format!("{} of its ids or links were shared by different entries, and name nothing", self.disproved.len()));
        }
        if self.n_rotations > 0 {
            said.push(format!(
                "it gave old entries new ids and links ({}): they are known by title and text",
                times(self.n_rotations)
            ));
        }
        if self.n_slots > 0 {
            said.push(format!("it put other entries under old ids ({}): they are new", times(self.n_slots)));
        }
        said.extend(self.last.as_ref().map(|last| format!("{}, {} entries: {}", last.at.rfc3339(), last.n_entries, last.why)));
        said
    }
}

/// Single ids and links that are remembered as disproved. With more the whole rung is.
const MAX_DISPROVED: usize = 64;

/// The entries of a document, named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identified {
    /// One a given entry, in order.
    pub names: Vec<Name>,
    pub habit: Habit,
    /// What was found out in this document, for people.
    pub warnings: Vec<String>,
}

/// What one entry is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// As [`super::entry_key`] where nothing was disproved.
    pub key: String,
    /// What [`super::entry_key`] gives, where that is another key: what the entry may have been stored under before its
    /// feed was found out.
    pub former: Option<String>,
    /// The key that the entry gets if it turns out to stand in another one's slot.
    pub slot: String,
    pub marks: Marks,
}

/// What an entry says, as hashes: stored with it, to know it again. `None`: it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    pub link: Option<u64>,
    pub title: Option<u64>,
    pub text: Option<u64>,
    /// Title and text together: [`super::content_key`].
    pub content: u128,
    /// So little is said that it may be said again: `Build failed`.
    pub is_weak: bool,
    pub claimed: Option<Timestamp>,
}

/// An entry of the feed that is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub key: String,
    pub marks: Marks,
}

/// What an entry of a document is.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Stored under this key already. `why` is given where it is not the entry's own key.
    Known { stored_as: String, why: Option<&'static str> },
    /// To be stored under this key.
    New { key: String, why: Option<&'static str> },
}

/// The keys of a document's entries, where nothing can be disproved: each has a key of its own, and so had all before. It is
/// what [`identify`] would say, without a look at what the entries say: most documents, a hundred times cheaper.
pub fn plain_names(entries: &[ParsedEntry], habit: &Habit) -> Option<Vec<String>> {
    if *habit != Habit::default() {
        return None;
    }
    let keys: Vec<String> = entries.iter().map(ids::entry_key).collect();
    let distinct: HashSet<&str> = keys.iter().map(String::as_str).collect();
    (distinct.len() == keys.len()).then_some(keys)
}

/// Names the entries of one document. The feed's habit comes from its earlier documents, and goes on to its later ones.
pub fn identify(entries: &[ParsedEntry], habit: &Habit) -> Identified {
    let marks: Vec<Marks> = entries.iter().map(marks).collect();
    let mut habit = habit.clone();
    let mut warnings = Vec::new();
    let ids: Vec<Option<&str>> = entries.iter().map(|entry| known(&entry.id)).collect();
    // Of a feed with ids the links are asked only where an id failed.
    // What says the same at two addresses is one entry, unless it says hardly anything.
    let shared_ids = shared(&ids, &marks, |a, b| differ(a, b) || (a.link != b.link && (a.is_weak || a.content != b.content)));
    if take_in(&ids, &shared_ids, Key::Id, &mut habit.ids_disproved, &mut habit.disproved) {
        warnings.push(format!("{} entries share their ids with others: they are known by other means", count(&ids, &shared_ids)));
    }
    let is_bad_id = |id: &str| habit.ids_disproved || habit.disproved.contains(&hash(Key::Id, id));
    let needs_link: Vec<bool> = ids.iter().map(|id| id.is_none_or(is_bad_id)).collect();
    let links: Vec<Option<&str>> =
        entries.iter().zip(&needs_link).map(|(entry, needed)| known(&entry.link).filter(|_| *needed)).collect();
    let shared_links = shared(&links, &marks, differ);
    if take_in(&links, &shared_links, Key::Link, &mut habit.links_disproved, &mut habit.disproved) {
        warnings.push(format!(
            "{} entries share their links with others: they are known by other means",
            count(&links, &shared_links)
        ));
    }
    let is_bad_id = |id: &str| habit.ids_disproved || habit.disproved.contains(&hash(Key::Id, id));
    let is_bad_link = |link: &str| habit.links_disproved || habit.disproved.contains(&hash(Key::Link, link));
    let pairs: Vec<Option<String>> = entries.iter().map(pair).collect();
    let shared_pairs = shared(&pairs.iter().map(Option::as_deref).collect::<Vec<_>>(), &marks, differ);
    let names = entries.iter().zip(marks).zip(&pairs).map(|((entry, marks), pair)| {
        let former = ids::entry_key(entry);
        let by_id = known(&entry.id).filter(|id| !is_bad_id(id)).map(|id| ids::key(Key::Id, id));
        let by_link = || known(&entry.link).filter(|link| !is_bad_link(link)).map(|link| ids::key(Key::Link, link));
        let by_pair = || pair.as_deref().filter(|pair| !shared_pairs.contains(pair)).map(|pair| ids::key(Key::Both, pair));
        let key = by_id.or_else(by_link).or_else(by_pair).unwrap_or_else(|| ids::content(entry));
        let slot = slot_by(entry, pair.as_deref());
        Name { former: Some(former).filter(|former| *former != key), key, slot, marks }
    });
    let names = names.collect();
    Identified { names, habit, warnings }
}

/// Which stored entry each entry of a document is, or none. `stored` holds at least those of the feed that share a key,
/// a link or a content key with an entry of the document; more does no harm.
pub fn recognise(document: &Identified, stored: &[Stored]) -> (Vec<Verdict>, Habit) {
    let by_key: HashMap<&str, &Stored> = stored.iter().map(|stored| (stored.key.as_str(), stored)).collect();
    let by_content = index(stored, |marks| Some(marks.content));
    let by_link = index(stored, |marks| marks.link.map(u128::from));
    // What the document still has is nobody else's.
    let own = |name: &Name| known_as(name, &by_key).filter(|stored| !is_other(&stored.marks, &name.marks));
    let here: HashSet<&str> = document.names.iter().filter_map(own).map(|stored| &*stored.key).collect();
    let dates_say_nothing = dates_say_nothing(document);
    let rotated = |name: &Name| {
        let stored = only(by_content.get(&name.marks.content)?)?;
        (!here.contains(stored.key.as_str())).then_some(stored)
    };
    let unknown: Vec<&Name> = document.names.iter().filter(|name| known_as(name, &by_key).is_none()).collect();
    let n_rotated = unknown.iter().filter(|name| rotated(name).is_some()).count();
    // One title that comes back is another entry; that most of a document comes back is a habit of its server.
    let is_rotation = n_rotated >= 2 && n_rotated * 2 >= document.names.len() || document.habit.n_rotations > 0;
    // That two puzzles come back every day is usual; that a whole list comes back unchanged is not.
    let dates_say_nothing = dates_say_nothing && n_rotated >= WHOLE_LIST && n_rotated * 2 >= document.names.len();
    let mut taken: HashSet<&str> = HashSet::new();
    let mut habit = document.habit.clone();
    let (mut n_moved, mut n_slots) = (0, 0);
    let mut verdicts = Vec::with_capacity(document.names.len());
    for name in &document.names {
        let as_known = known_as(name, &by_key);
        let is_slot = as_known.is_some_and(|stored| is_other(&stored.marks, &name.marks));
        if let Some(stored) = as_known.filter(|_| !is_slot) {
            let why = (stored.key != name.key).then_some("known by the key it had before its feed was found out");
            verdicts.push(Verdict::Known { stored_as: stored.key.clone(), why });
            continue;
        }
        // The same page with the same title or the same text.
        let moved = by_link.get(&name.marks.link.map_or(u128::MAX, u128::from)).and_then(|found| only(found));
        let moved = moved.filter(|stored| name.marks.link.is_some() && says_the_same(&stored.marks, &name.marks));
        if let Some(stored) = moved.filter(|stored| is_slot || !here.contains(stored.key.as_str()))
            && taken.insert(&stored.key)
        {
            n_slots += usize::from(is_slot);
            verdicts.push(Verdict::Known {
                stored_as: stored.key.clone(),
                why: Some("its link and what it says are known, under another id"),
            });
            continue;
        }
        if is_slot {
            n_slots += 1;
            let known = by_key.contains_key(name.slot.as_str());
            verdicts.push(match known {
                true => {
                    Verdict::Known { stored_as: name.slot.clone(), why: Some("in the slot of another entry, and known there") }
                }
                false => Verdict::New {
                    key: name.slot.clone(),
                    why: Some("title, text and link differ from what its id named before: another entry"),
                },
            });
            continue;
        }
        let same = rotated(name).filter(|stored| {
            let agree = name.marks.claimed.is_some() && name.marks.claimed == stored.marks.claimed;
            let differ = name.marks.claimed.is_some() && stored.marks.claimed.is_some() && !agree;
            agree || (is_rotation && !name.marks.is_weak && (!differ || dates_say_nothing))
        });
        match same.filter(|stored| taken.insert(&stored.key)) {
            Some(stored) => {
                n_moved += 1;
                verdicts.push(Verdict::Known {
                    stored_as: stored.key.clone(),
                    why: Some("title and text are known; its id and link have changed"),
                });
            }
            None => verdicts.push(Verdict::New { key: name.key.clone(), why: None }),
        }
    }
    habit.n_rotations = habit.n_rotations.saturating_add(u32::from(n_moved >= 2));
    habit.n_slots = habit.n_slots.saturating_add(u32::from(n_slots >= 2));
    (verdicts, habit)
}

/// What an entry says, as hashes.
pub fn marks(entry: &ParsedEntry) -> Marks {
    let text = entry.content.as_deref().or(entry.summary.as_deref());
    let enclosure = entry.enclosures.first().map(|enclosure| enclosure.url.as_str());
    marks_of(entry.title.as_deref(), text, known(&entry.link), enclosure, entry.published.or(entry.updated))
}

/// As [`marks`], of an entry that is stored in parts. `text` is HTML.
pub fn marks_of(
    title: Option<&str>,
    text: Option<&str>,
    link: Option<&str>,
    enclosure: Option<&str>,
    claimed: Option<Timestamp>,
) -> Marks {
    let plain = |text: Option<&str>| text.map(normal).filter(|text| !text.is_empty());
    let (title, text) = (plain(title), plain(text));
    let n_chars: usize = [&title, &text].into_iter().flatten().map(|text| text.chars().count()).sum();
    let mut content = Xxh3::new();
    for part in [title.as_deref(), text.as_deref(), enclosure.filter(|_| text.is_none())] {
        // Lengths part the fields.
        let part = part.unwrap_or_default();
        content.update(&(part.len() as u64).to_le_bytes());
        content.update(part.as_bytes());
    }
    Marks {
        link: link.map(|link| xxh3_64(link.as_bytes())),
        title: title.map(|title| xxh3_64(title.as_bytes())),
        text: text.map(|text| xxh3_64(text.as_bytes())),
        content: content.digest128(),
        is_weak: n_chars < WEAK_CHARS,
        claimed,
    }
}

/// So many old entries under new names, most of their document, are a list that was written anew.
const WHOLE_LIST: usize = 5;

/// What is shorter is a phrase, and comes back: a choice, not a measurement.
const WEAK_CHARS: usize = 16;

/// Words alone, in small letters: markup, punctuation and spaces are typeset anew by every version of a site.
fn normal(html: &str) -> String {
    let mut out = String::new();
    for word in markup::plain(html).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

fn known(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|value| !value.is_empty())
}

/// The key that an entry gets if it turns out to stand in another one's slot: of id and link together, else of what it says.
pub fn slot(entry: &ParsedEntry) -> String {
    slot_by(entry, pair(entry).as_deref())
}

fn slot_by(entry: &ParsedEntry, pair: Option<&str>) -> String {
    pair.map_or_else(|| ids::content(entry), |pair| ids::key(Key::Both, pair))
}

fn pair(entry: &ParsedEntry) -> Option<String> {
    Some(format!("{} {}", known(&entry.id)?, known(&entry.link)?))
}

fn hash(kind: Key, value: &str) -> u64 {
    xxh3_64(ids::key(kind, value).as_bytes())
}

/// Whether two entries of one document are two things: their titles differ; or, where these say nothing, their texts and
/// dates do. One entry may stand in a document twice.
fn differ(a: &Marks, b: &Marks) -> bool {
    let dates_differ = a.claimed.is_some() && b.claimed.is_some() && a.claimed != b.claimed;
    a.title != b.title || (a.text != b.text && (a.title.is_none() || dates_differ))
}

/// The values that several entries have which are two things.
fn shared<'a>(values: &[Option<&'a str>], marks: &[Marks], is_other: impl Fn(&Marks, &Marks) -> bool) -> HashSet<&'a str> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut shared = HashSet::new();
    for (at, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        let first = *first.entry(value).or_insert(at);
        if first != at && is_other(&marks[first], &marks[at]) {
            shared.insert(value);
        }
    }
    shared
}

fn count(values: &[Option<&str>], shared: &HashSet<&str>) -> usize {
    values.iter().flatten().filter(|value| shared.contains(*value)).count()
}

/// Remembers disproved values; true where there is something new to say. Where most entries are concerned the rung
/// itself is disproved, and with it the values to come.
fn take_in(values: &[Option<&str>], shared: &HashSet<&str>, kind: Key, rung: &mut bool, disproved: &mut Vec<u64>) -> bool {
    if shared.is_empty() {
        return false;
    }
    let (n_values, n_shared) = (values.iter().flatten().count(), count(values, shared));
    *rung |= n_shared >= 3 && n_shared * 2 > n_values;
    for hash in shared.iter().map(|value| hash(kind, value)) {
        if !*rung && !disproved.contains(&hash) {
            disproved.push(hash);
        }
    }
    if disproved.len() > MAX_DISPROVED {
        *rung = true;
        disproved.truncate(MAX_DISPROVED);
    }
    true
}

/// The stored entry that has the name's key, or the key that it had before.
fn known_as<'a>(name: &Name, by_key: &HashMap<&str, &'a Stored>) -> Option<&'a Stored> {
    let former = || {
        let stored = by_key.get(name.former.as_deref()?)?;
        // A key that was disproved says nothing by itself.
        says_the_same(&stored.marks, &name.marks).then_some(stored)
    };
    by_key.get(name.key.as_str()).or_else(former).copied()
}

/// Whether two entries have a title or a text in common.
fn says_the_same(a: &Marks, b: &Marks) -> bool {
    (a.title.is_some() && a.title == b.title) || (a.text.is_some() && a.text == b.text) || a.content == b.content
}

/// Whether under one key two entries follow each other: title, text and link all differ. An edit leaves one of them.
fn is_other(a: &Marks, b: &Marks) -> bool {
    let both_differ = |a: Option<u64>, b: Option<u64>| a.is_some() && b.is_some() && a != b;
    // What says nothing of its text is judged by title and link.
    let text_differs = a.text != b.text || (a.text.is_none() && b.text.is_none());
    both_differ(a.title, b.title) && text_differs && both_differ(a.link, b.link)
}

/// Dates that were written when the document was: all within minutes, for more than one entry.
fn dates_say_nothing(document: &Identified) -> bool {
    const MINUTES_MS: u64 = 10 * 60_000;
    let dates = || document.names.iter().filter_map(|name| name.marks.claimed);
    match (dates().min(), dates().max()) {
        (Some(first), Some(last)) => dates().count() > 1 && last.0.abs_diff(first.0) <= MINUTES_MS,
        _ => true,
    }
}

fn index(stored: &[Stored], key: impl Fn(&Marks) -> Option<u128>) -> HashMap<u128, Vec<&Stored>> {
    let mut index: HashMap<u128, Vec<&Stored>> = HashMap::new();
    for stored in stored {
        if let Some(key) = key(&stored.marks) {
            index.entry(key).or_default().push(stored);
        }
    }
    index
}

/// Two that say the same cannot be told apart.
fn only<'a>(found: &[&'a Stored]) -> Option<&'a Stored> {
    match found {
        [one] => Some(one),
        _ => None,
    }
}
