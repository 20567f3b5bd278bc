//! What the stories would be if they were made anew by this version: a rehearsal that changes nothing.

use crate::article;
use crate::ingest::Compared;
use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use crate::store::Reader;
use crate::story::{AddressHit, AddressKind, Constraints, Index};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// The stories of a time as they are, against what they would be.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Recluster {
    pub n_entries: usize,
    pub n_stories: usize,
    pub n_stories_anew: usize,
    pub changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum Change {
    /// The entries of one story that would be several, each list one of them.
    Split { story: StoryId, parts: Vec<Vec<EntryId>> },
    /// Stories whose entries would be one story, at least in part.
    Merge { stories: Vec<StoryId> },
}

/// Holders of one address that are looked at, as the store does.
const MAX_HOLDERS: usize = 64;

/// Decides every entry that was first seen since `since` once more, in the order in which they came, under all that a
/// person said.
pub fn recluster(reader: &Reader, window: Duration, default: Dedupe, since: Timestamp) -> rusqlite::Result<Recluster> {
    let mut index = Index::new(window);
    let mut holders: HashMap<String, Vec<(EntryId, FeedId, AddressKind)>> = HashMap::new();
    let mut anew: HashMap<EntryId, StoryId> = HashMap::new();
    let mut was: Vec<(EntryId, StoryId)> = Vec::new();
    reader.settled(since, |entry, story, said| {
        let text = article::plain_text(&entry.html);
        let new = Compared::of(&entry, &text).settle_input(entry.dedupe.unwrap_or(default));
        let mut constraints = Constraints::default();
        for (must, other) in said {
            let list = if must { &mut constraints.must } else { &mut constraints.cannot };
            list.extend(anew.get(&other));
        }
        let mut hits = Vec::new();
        for key in &new.keys {
            let known = holders.entry(key.key.clone()).or_default();
            hits.extend(known.iter().filter_map(|(other, feed, kind)| {
                let n_entries = known.len() as u32;
                let story = *anew.get(other)?;
                Some(AddressHit {
                    key: key.key.clone(),
                    kind: key.kind,
                    their_kind: *kind,
                    entry: *other,
                    feed: *feed,
                    story,
                    n_entries,
                })
            }));
            if known.len() < MAX_HOLDERS {
                known.push((entry.entry, entry.feed, key.kind));
            }
        }
        let prepared = new.prepared.unwrap_or_else(|| {
            let nothing =
                crate::story::Item { entry: entry.entry, feed: entry.feed, title: "", link: None, text: "", at: entry.at };
            crate::story::prepare(&nothing)
        });
        // As a batch does: what has left the window is not a candidate, and counts for nothing.
        index.expire(entry.at);
        let decision = index.decide(&prepared, new.dedupe, &hits, &constraints);
        // A new story is called by its first entry.
        let joined = decision.join.unwrap_or(StoryId(entry.entry.0));
        if new.dedupe >= Dedupe::Text {
            index.insert(prepared, joined);
        }
        anew.insert(entry.entry, joined);
        was.push((entry.entry, story));
    })?;
    Ok(compare(&was, &anew))
}

fn compare(was: &[(EntryId, StoryId)], anew: &HashMap<EntryId, StoryId>) -> Recluster {
    let mut by_old: BTreeMap<StoryId, BTreeMap<StoryId, Vec<EntryId>>> = BTreeMap::new();
    let mut by_new: BTreeMap<StoryId, BTreeSet<StoryId>> = BTreeMap::new();
    for (entry, old) in was {
        let Some(new) = anew.get(entry) else { continue };
        by_old.entry(*old).or_default().entry(*new).or_default().push(*entry);
        by_new.entry(*new).or_default().insert(*old);
    }
    let splits = by_old.iter().filter(|(_, parts)| parts.len() > 1);
    let splits = splits.map(|(story, parts)| Change::Split { story: *story, parts: parts.values().cloned().collect() });
    let merges = by_new.values().filter(|stories| stories.len() > 1);
    let merges = merges.map(|stories| Change::Merge { stories: stories.iter().copied().collect() });
    Recluster {
        n_entries: was.len(),
        n_stories: by_old.len(),
        n_stories_anew: by_new.len(),
        changes: splits.chain(merges).collect(),
    }
}
