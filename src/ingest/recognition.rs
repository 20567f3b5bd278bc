//! Entries that a document's keys do not know, or know wrongly: held against what is stored. Pure.
//!
//! Most documents give no reason: then nothing is read and nothing computed. A reason is that an unusual share of a document
//! is unknown (its ids and links may have been made anew), that its feed has done so before, that an unknown entry stands
//! between known ones by its date (its address was perhaps corrected), or that a known key stands at another title (its ids
//! may be numbers of places). What is decided then is [`identity::recognise`]'s; here the stored
//! entries are chosen that it needs.

use super::document::{Document, Keyed, Recognised, Source, clean, link_of, title_of};
use super::said::{said, stored};
use crate::feed::identity::{self, Decision, Identified, Marks, Name, Stored, Verdict};
use crate::model::{EntryId, Key, Timestamp, key_of};
use crate::records::{Known, KnownEntry, Recalled, Recollection};
use crate::story;
use std::collections::{HashMap, HashSet};

/// So many unknown entries, and half of a document at least, are unusual.
const UNUSUAL: usize = 2;

impl Document {
    /// Which stored entries have to be looked at more closely; `None`: nothing gives a reason to.
    pub fn doubts(&mut self, source: &Source, known: &Known) -> Option<Recollection> {
        if !known.has_entries {
            return None;
        }
        let mut wanted = Recollection::default();
        for keyed in &self.entries {
            let Some(stored) = known.by_key.get(&keyed.key) else { continue };
            let title = title_of(&keyed.entry);
            if !title.is_empty() && title != stored.title {
                wanted.entries.push(stored.id);
                wanted.keys.push(key_of(&identity::slot(&keyed.entry)));
                wanted.links.extend(keyed.link_key);
            }
        }
        let linked = |key: Option<Key>| key.and_then(|key| known.by_link.get(&key)).filter(|found| found.len() == 1);
        let n_entries = self.entries.len();
        let known_here = self.entries.iter().filter(|keyed| known.by_key.contains_key(&keyed.key));
        let newest = known_here.filter_map(claimed_by).max();
        let mut unknown: Vec<&mut Keyed> = Vec::new();
        for keyed in self.entries.iter_mut().filter(|keyed| !known.by_key.contains_key(&keyed.key)) {
            match linked(keyed.link_key) {
                None => unknown.push(keyed),
                // An old address at which another title stands: an edit, where the text is the old one.
                Some(found) => {
                    let is_edited = |stored: &&KnownEntry| stored.title != title_of(&keyed.entry);
                    wanted.entries.extend(found.iter().filter(is_edited).map(|stored| stored.id));
                }
            }
        }
        let is_unusual = unknown.len() >= UNUSUAL && unknown.len() * 2 >= n_entries;
        let may_rotate = is_unusual || source.habit.n_rotations > 0;
        if !may_rotate {
            // What comes on top is new as a rule; what comes between known ones was perhaps there before.
            unknown.retain(|keyed| claimed_by(keyed).is_some_and(|at| newest.is_some_and(|newest| at <= newest)));
        }
        // A part of a feed says nothing of what the feed has no more.
        if !source.is_delta && !unknown.is_empty() {
            for keyed in unknown {
                let said = said(title_of(&keyed.entry), &clean(source, &keyed.entry));
                keyed.said = Some(said);
                wanted.contents.push(stored(said));
                let title = Some(title_of(&keyed.entry)).filter(|title| may_rotate && !title.is_empty());
                wanted.titles.extend(title.map(str::to_owned));
            }
            let former = self.entries.iter().filter_map(|keyed| known.by_key.get(&keyed.former?));
            wanted.entries.extend(former.chain(known.by_link.values().flatten()).map(|stored| stored.id));
        }
        (wanted != Recollection::default()).then_some(wanted)
    }

    /// Decides which entry each entry is, by what was recalled of [`Document::doubts`].
    pub fn recognise(&mut self, source: &Source, known: &Known, recalled: &[Recalled]) {
        let name = |keyed: &Keyed| Name {
            key: text_of(&keyed.key),
            former: keyed.former.as_ref().map(text_of),
            slot: text_of(&key_of(&identity::slot(&keyed.entry))),
            marks: Marks { link: link_mark(link_of(&keyed.entry)), ..identity::marks(&keyed.entry) },
        };
        let names: Vec<Name> = self.entries.iter().map(name).collect();
        let mut known_as: HashMap<String, (&KnownEntry, Marks)> = HashMap::new();
        for (keyed, name) in self.entries.iter().zip(&names) {
            if let Some(entry) = known.by_key.get(&keyed.key) {
                // What was not recalled gave no reason to doubt it.
                known_as.insert(name.key.clone(), (entry, name.marks));
            }
        }
        let at_key: HashMap<Key, usize> = self.entries.iter().enumerate().map(|(at, keyed)| (keyed.key, at)).collect();
        let at_words: HashMap<u64, usize> =
            self.entries.iter().enumerate().filter_map(|(at, keyed)| Some((keyed.said?, at))).collect();
        for recalled in recalled {
            let mut marks = stored_marks(recalled);
            let says = |title: &str| at_words.get(&said(title, &recalled.html)).map(|at| &names[*at]);
            // Of one without a title its first words are stored in the title's place.
            let untitled = || says("").filter(|name| name.marks.title.is_none());
            if let Some(name) = says(&recalled.entry.title).or_else(untitled) {
                // What is stored was cleaned, so that it may look different.
                marks = Marks { claimed: marks.claimed, link: marks.link, ..name.marks };
            } else if let Some(&at) = at_key.get(&recalled.entry.key)
                && identity::marks_of(None, Some(&clean(source, &self.entries[at].entry)), None, None, None).text == marks.text
            {
                marks.text = names[at].marks.text;
            }
            known_as.insert(text_of(&recalled.entry.key), (&recalled.entry, marks));
        }
        let listed: Vec<Stored> = known_as.iter().map(|(key, (_, marks))| Stored { key: key.clone(), marks: *marks }).collect();
        let silent: HashSet<EntryId> =
            recalled.iter().filter(|recalled| recalled.enclosure.is_none()).map(|recalled| recalled.entry.id).collect();
        let before = self.habit.as_ref().unwrap_or(source.habit);
        let document = Identified { names, habit: before.clone(), warnings: Vec::new() };
        let (verdicts, mut learnt) = identity::recognise(&document, &listed);
        let mut whys: Vec<&'static str> = Vec::new();
        for ((verdict, name), keyed) in verdicts.into_iter().zip(&document.names).zip(&mut self.entries) {
            keyed.recognised = match verdict {
                Verdict::New { why: None, .. } => None,
                Verdict::New { key, why: Some(why) } => {
                    whys.push(why);
                    Some(Recognised::New { key: key_of_text(&key) })
                }
                Verdict::Known { stored_as, why } => {
                    whys.extend(why);
                    let found = known_as.get(&stored_as).filter(|_| stored_as != name.key);
                    // An enclosure that comes with the new id is more than was said.
                    let says_the_same = found.is_some_and(|(entry, marks)| {
                        marks.content == name.marks.content && (keyed.entry.enclosures.is_empty() || !silent.contains(&entry.id))
                    });
                    found.map(|(entry, _)| Recognised::Known { entry: (*entry).clone(), says_the_same })
                }
            };
        }
        if let Some(why) = whys.first() {
            let n_entries = whys.iter().filter(|other| *other == why).count();
            learnt.last =
                Some(Decision { at: source.at, n_entries: u32::try_from(n_entries).unwrap_or(u32::MAX), why: (*why).to_owned() });
        }
        if learnt != *before {
            self.habit = Some(learnt);
        }
    }
}

fn stored_marks(recalled: &Recalled) -> Marks {
    let Recalled { entry, link, enclosure, html } = recalled;
    let marks = identity::marks_of(Some(&entry.title), Some(html), None, enclosure.as_deref(), entry.claimed);
    Marks { link: link_mark(link.as_deref()), ..marks }
}

/// Links are compared by where they lead: another campaign makes no other link.
fn link_mark(link: Option<&str>) -> Option<u64> {
    link.map(|link| xxhash_rust::xxh3::xxh3_64(story::link_key(link).as_bytes()))
}

fn claimed_by(keyed: &Keyed) -> Option<Timestamp> {
    keyed.entry.published.or(keyed.entry.updated)
}

/// Keys as the feed room takes them: texts.
fn text_of(key: &Key) -> String {
    format!("{:032x}", u128::from_be_bytes(*key))
}

fn key_of_text(text: &str) -> Key {
    // It was made by `text_of`.
    u128::from_str_radix(text, 16).unwrap_or_default().to_be_bytes()
}
