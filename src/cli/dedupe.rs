//! `courant debug dedupe`: a stream of entries as the store would settle them, with the later looks at what grew.

use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use crate::story::{self, Evidence, Revision, Rung};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(96 * 3600);

#[derive(Deserialize)]
pub(super) struct Row {
    id: String,
    feed: String,
    url: Option<String>,
    canonical_url: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    published: Option<String>,
}

/// What came, with what the store would remember of it.
pub(super) struct Stream {
    index: story::Index,
    names: Vec<String>,
    feeds: HashMap<String, FeedId>,
    addresses: HashMap<String, Vec<(story::AddressKind, EntryId, FeedId)>>,
    stories: HashMap<EntryId, StoryId>,
    members: HashMap<StoryId, Vec<EntryId>>,
    /// What an entry is a copy of.
    copies: HashMap<EntryId, EntryId>,
    /// Whom an address placed: later looks leave them.
    placed: HashSet<EntryId>,
    next_story: i64,
}

impl Stream {
    pub(super) fn new() -> Stream {
        Stream {
            index: story::Index::new(WINDOW),
            names: Vec::new(),
            feeds: HashMap::new(),
            addresses: HashMap::new(),
            stories: HashMap::new(),
            members: HashMap::new(),
            copies: HashMap::new(),
            placed: HashSet::new(),
            next_story: 0,
        }
    }

    /// The entry's story, and what a later look makes of others.
    pub(super) fn dedupe(&mut self, row: Row) -> Vec<Value> {
        let entry = EntryId(self.names.len() as i64);
        let next_feed = FeedId(self.feeds.len() as i64);
        let feed = *self.feeds.entry(row.feed).or_insert(next_feed);
        let at = row.published.as_deref().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
        let at = Timestamp(at.map_or(0, |at| at.timestamp_millis()));
        let keys = story::address_keys(row.url.as_deref(), None, row.canonical_url.as_deref(), None);
        let mut hits = Vec::new();
        for found in &keys {
            let holders = self.addresses.entry(found.key.clone()).or_default();
            let n_entries = holders.len() as u32;
            hits.extend(holders.iter().take(8).map(|&(their_kind, entry, feed)| story::AddressHit {
                key: found.key.clone(),
                kind: found.kind,
                their_kind,
                entry,
                feed,
                story: self.stories[&entry],
                n_entries,
            }));
            holders.push((found.kind, entry, feed));
        }
        let item = story::Item { entry, feed, title: &row.title, link: row.url.as_deref(), text: &row.text, at };
        let prepared = story::prepare(&item);
        self.index.expire(at);
        let decision = self.index.decide(&prepared, Dedupe::Story, &hits, &story::Constraints::default());
        let story = decision.join.unwrap_or_else(|| self.found());
        self.index.insert(prepared, story);
        self.stories.insert(entry, story);
        self.members.entry(story).or_default().push(entry);
        if decision.rung == Rung::Address {
            self.placed.insert(entry);
        }
        self.names.push(row.id);
        self.copies.extend(decision.duplicate_of.map(|of| (entry, of)));
        let mut replies = vec![self.reply(entry, decision.rung, &decision.evidence)];
        if decision.join.is_some() && self.index.is_to_be_looked_at(story) {
            for revision in self.index.look_again(story, &|entry| self.placed.contains(&entry)) {
                replies.extend(self.revise(revision));
            }
        }
        replies
    }

    fn found(&mut self) -> StoryId {
        self.next_story += 1;
        StoryId(self.next_story)
    }

    fn revise(&mut self, revision: Revision) -> Vec<Value> {
        let (moving, to, evidence) = match revision {
            Revision::Merge { from, into, evidence } => (self.members.remove(&from).unwrap_or_default(), into, evidence),
            Revision::LetGo { from, entry, evidence } => {
                self.members.entry(from).or_default().retain(|member| *member != entry);
                self.copies.remove(&entry);
                (vec![entry], self.found(), evidence)
            }
        };
        for entry in &moving {
            self.index.reassign(*entry, to);
            self.stories.insert(*entry, to);
        }
        self.members.entry(to).or_default().extend(&moving);
        moving.into_iter().map(|entry| self.reply(entry, Rung::Story, &evidence)).collect()
    }

    fn reply(&self, entry: EntryId, rung: Rung, evidence: &Evidence) -> Value {
        let name = |entry: &EntryId| &self.names[entry.0 as usize];
        let (of, story) = (self.copies.get(&entry).map(name), self.stories[&entry].0);
        json!({"id": name(&entry), "duplicate_of": of, "story": story, "rung": rung, "evidence": evidence})
    }
}
