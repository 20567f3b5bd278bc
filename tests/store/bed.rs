//! What the store's tests stand on: a database with one feed, and polls made of entries by the ingest room.

use courant::config::subscriptions::Subscription;
use courant::daemon;
use courant::feed::{ParsedEntry, ParsedFeed};
use courant::fetch::Validators;
use courant::ingest::{self, EntryPolicy, Source};
use courant::model::{ArticleMode, Dedupe, EntryId, FeedId, StoryId, Timestamp, key_of};
use courant::publish::PublishedStory;
use courant::records::{Claim, Command, Committed, Corrected, Correction, Document, IndexPlan, Leases, Poll, Reply, SyncReport};
use courant::schedule::FeedState;
use courant::store::{Opening, Reader, Selection, Store};
use courant::story;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp(1_790_000_000_000);
pub const WINDOW: Duration = Duration::from_secs(96 * 3600);

/// Undoes the migrations since the one that brought items, but for the version, where nothing was pruned.
pub const BEFORE_ITEMS: &str =
    "DROP INDEX stories_covered; DROP INDEX stories_covered_seen; DROP TABLE samples; DROP TABLE pruned_feeds; DROP TABLE pruned; CREATE TABLE pruned(id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL,
    keys BLOB NOT NULL, newest INTEGER NOT NULL) STRICT; CREATE INDEX pruned_of ON pruned(feed_id); DROP TRIGGER story_gone; DROP TRIGGER story_redirected; DROP TABLE rules; DROP TABLE rule_effects;
    DROP TABLE unruled; DROP TABLE notifiers; DROP TABLE notices; DROP TABLE deliveries; DROP TABLE items; DROP TABLE apps;
    DROP TABLE replica; DROP TABLE members; DROP TABLE forwarded; DROP TABLE texts; DROP TABLE replies; DROP TABLE passed_over; DROP TABLE loans;";

/// Entries want no page, and are compared by address, in a batch of their own.
pub const BY_ADDRESS: EntryPolicy =
    EntryPolicy { article: ArticleMode::Never, max_wait: Duration::from_secs(6 * 3600), dedupe: Dedupe::Address, compare: false };

/// Entries are compared in every way, in the commit that brings them.
pub const AT_ONCE: EntryPolicy = EntryPolicy { dedupe: Dedupe::Story, compare: true, ..BY_ADDRESS };

/// Texts that have nothing to do with one another, each long enough to be known again.
pub const TEXTS: [&str; 4] = [
    "Neutrino detectors under the Mediterranean have seen a particle with more energy than any before, say \
     physicists who spent two years checking whether their instrument, a lattice of glass spheres, had fooled them.",
    "The harbour of Rotterdam will electrify its quays by the end of the decade, so that container ships can switch \
     their diesel generators off while cranes unload them; neighbours have complained about soot for thirty years.",
    "A cookery school in Lyon teaches retired footballers to bake bread, and the waiting list has grown to four \
     hundred names since a documentary showed a former goalkeeper weeping over his first successful sourdough loaf.",
    "Astronomers have given up on the oldest radio dish of the southern desert, whose bearings were worn out by sand; \
     its steel is to become a bridge across a canyon where herders have crossed a river on ropes until today.",
];

pub struct Bed {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
    pub store: Store,
    pub leases: Leases,
    pub feed: FeedId,
}

pub fn bed() -> Bed {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let store = open(&path);
    let mut bed = Bed { folder, path, store, leases: Leases::default(), feed: FeedId(0) };
    bed.feed = bed.subscribe(&["https://a.example/feed"])[0];
    bed
}

pub fn open(path: &Path) -> Store {
    Store::open(path, Opening { at: NOW, instance: Uuid::from_u128(7) }).unwrap()
}

pub fn claim() -> Claim {
    Claim {
        n: 100,
        lease: Duration::from_secs(60),
        not_hosts: Vec::new(),
        per_host: 100,
        whole_hosts: false,
        held: Default::default(),
        probe: false,
        share: None,
    }
}

/// An entry as a feed's reader gives it.
pub fn entry(id: &str, link: &str, title: &str) -> ParsedEntry {
    ParsedEntry {
        id: Some(id.to_owned()),
        link: Some(link.to_owned()),
        title: Some(title.to_owned()),
        summary: Some(format!("<p>{title}</p>")),
        ..ParsedEntry::default()
    }
}

/// The same with a text.
pub fn told(id: &str, link: &str, title: &str, text: &str) -> ParsedEntry {
    ParsedEntry { content: Some(format!("<p>{text}</p>")), ..entry(id, link, title) }
}

/// What a document with these entries changes, as the database is now.
pub fn document(path: &Path, feed: FeedId, at: Timestamp, entries: Vec<ParsedEntry>, policy: &EntryPolicy) -> Document {
    let reader = Reader::open(path).unwrap();
    let settings = reader.feeds().unwrap().into_iter().find(|row| row.id == feed).unwrap().settings;
    let source = Source {
        feed,
        settings: &settings,
        habit: &Default::default(),
        content_type: None,
        final_url: &settings.url,
        is_delta: false,
        at,
    };
    let parsed = ParsedFeed { title: Some("A".into()), entries, ..ParsedFeed::default() };
    let mut read = ingest::Document::of(parsed, key_of("body"), &Default::default());
    let mut known = reader.known(feed, &read.asks()).unwrap();
    if let Some(wanted) = read.doubts(&source, &known) {
        read.recognise(&source, &known, &reader.recall(feed, &wanted).unwrap());
    }
    known.pruned = reader.pruned(feed, &read.asks_pruned(&known)).unwrap();
    read.take_in(&source, &known, policy).document
}

/// A poll that changed nothing but the feed's times.
pub fn unchanged(feed: FeedId, at: Timestamp) -> Poll {
    Poll {
        feed,
        at,
        state: FeedState::default(),
        next_poll: Some(at.plus(Duration::from_secs(3600))),
        reasons: vec!["interval 1h".into()],
        error: None,
        trouble: None,
        event: None,
        moved_to: None,
        held: None,
        validators: None,
        hub: None,
        wire_bytes: 100,
        document: None,
    }
}

/// A poll that brought a document.
pub fn brought(feed: FeedId, at: Timestamp, document: Document) -> Poll {
    let validators = Validators { url: "https://a.example/feed".into(), etag: Some(b"\"1\"".to_vec()), last_modified: None };
    Poll { validators: Some(Some(validators)), document: Some(document), ..unchanged(feed, at) }
}

/// A poll with these entries, decided by what is stored now.
pub fn poll(path: &Path, feed: FeedId, at: Timestamp, entries: Vec<ParsedEntry>) -> Poll {
    brought(feed, at, document(path, feed, at, entries, &BY_ADDRESS))
}

/// The index as the database has it, everything compared in every way.
pub fn index_of(path: &Path) -> story::Index {
    daemon::read_index(&Reader::open(path).unwrap(), &PLAN, None).unwrap()
}

pub const PLAN: IndexPlan = IndexPlan { window: WINDOW, since: Timestamp(0), dedupe: Dedupe::Story };

impl Bed {
    pub fn commit(&mut self, command: Command) -> Committed {
        self.store.commit(command).unwrap()
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.path).unwrap()
    }

    /// The database as it is now, beside itself.
    pub fn copy(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(name);
        rusqlite::Connection::open(&self.path).unwrap().execute("VACUUM INTO ?", [copy.to_str()]).unwrap();
        copy
    }

    /// Takes over a list; returns the feeds that are new.
    pub fn subscribe(&mut self, urls: &[&str]) -> Vec<FeedId> {
        self.subscribe_to(urls.iter().map(|url| Subscription::new(*url)).collect()).added
    }

    pub fn subscribe_to(&mut self, list: Vec<Subscription>) -> SyncReport {
        match self.commit(Command::Subscribe { list, at: NOW }).reply {
            Reply::Subscribed(report) => report,
            other => panic!("{other:?}"),
        }
    }

    pub fn save(&mut self, poll: Poll) -> Committed {
        self.leases.feeds.remove(&poll.feed);
        self.commit(Command::Polled(Box::new(poll)))
    }

    /// Polls a feed that has these entries now.
    pub fn poll(&mut self, feed: FeedId, at: Timestamp, entries: Vec<ParsedEntry>) -> Committed {
        let poll = poll(&self.path, feed, at, entries);
        self.save(poll)
    }

    /// The same, its new entries compared in every way, and at once.
    pub fn poll_at_once(&mut self, feed: FeedId, entries: Vec<ParsedEntry>) -> Committed {
        let document = document(&self.path, feed, NOW, entries, &AT_ONCE);
        self.save(brought(feed, NOW, document))
    }

    /// Settles everything that is ready, each entry compared by address only; returns how many were.
    pub fn settle(&mut self) -> usize {
        if !self.store.has_index() {
            let epoch = self.store.epoch();
            assert!(self.store.set_index(story::Index::new(WINDOW), epoch));
        }
        self.settle_by(Dedupe::Address)
    }

    /// The same by an index that was handed over before, or not at all.
    pub fn settle_by(&mut self, dedupe: Dedupe) -> usize {
        let waiting = self.reader().to_settle(1000).unwrap();
        let batch = waiting.iter().map(|entry| ingest::settling(entry, dedupe)).collect();
        self.commit(Command::Settle { batch, at: NOW }).n_settled
    }

    /// Changes rows behind the store's back.
    pub fn raw(&self, sql: &str) {
        rusqlite::Connection::open(&self.path).unwrap().execute_batch(sql).unwrap();
    }

    /// Hands over an index that was read this moment.
    pub fn index_now(&mut self) {
        let epoch = self.store.epoch();
        assert!(self.store.set_index(index_of(&self.path), epoch));
    }

    pub fn correct(&mut self, correction: Correction) -> Result<Corrected, String> {
        match self.commit(Command::Correct { correction, at: NOW }).reply {
            Reply::Corrected(said) => said,
            other => panic!("{other:?}"),
        }
    }

    pub fn remove(&mut self, feed: FeedId, purge: bool) -> usize {
        match self.commit(Command::Remove { feed, purge, at: NOW }).reply {
            Reply::Removed { n_stories } => n_stories,
            other => panic!("{other:?}"),
        }
    }

    /// What a person is shown, newest first.
    pub fn published(&self) -> Vec<PublishedStory> {
        let reader = self.reader();
        reader.published(&reader.select(&Selection::default()).unwrap()).unwrap()
    }

    /// The titles of the stories that a query finds.
    pub fn find(&self, query: &str) -> Vec<String> {
        let reader = self.reader();
        let ids = reader.select(&Selection { query: query.parse().unwrap(), ..Selection::default() }).unwrap();
        reader.published(&ids).unwrap().into_iter().map(|story| story.title).collect()
    }

    /// An entry that is in a story, by how its title begins.
    pub fn titled(&self, title: &str) -> (EntryId, StoryId) {
        let mut found = None;
        self.reader()
            .settled(Timestamp(0), |entry, story, _| {
                if entry.title.starts_with(title) {
                    found = Some((entry.entry, story));
                }
            })
            .unwrap();
        found.unwrap()
    }

    /// The titles of each story, sorted.
    pub fn partition(&self) -> Vec<Vec<String>> {
        let mut by_story = std::collections::BTreeMap::<StoryId, Vec<String>>::new();
        self.reader().settled(Timestamp(0), |entry, story, _| by_story.entry(story).or_default().push(entry.title)).unwrap();
        let mut partition: Vec<Vec<String>> = by_story.into_values().collect();
        partition.iter_mut().for_each(|story| story.sort());
        partition.sort();
        partition
    }

    /// Two feeds with the same two addresses: two stories of two entries each. Returns the second feed.
    pub fn two_stories() -> (Bed, FeedId) {
        let mut bed = bed();
        let other = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
        let entries = |feed: &str| {
            vec![
                entry("1", "https://a.example/story/one", &format!("{feed}1")),
                entry("2", "https://a.example/story/two", &format!("{feed}2")),
            ]
        };
        bed.poll(bed.feed, NOW, entries("a"));
        bed.poll(other, NOW, entries("b"));
        bed.settle();
        (bed, other)
    }
}

/// Breaks the invariant "nothing hidden": the entries that were in a story, or were settled, and that nobody is shown.
pub fn hidden(path: &Path) -> Vec<String> {
    let reader = Reader::open(path).unwrap();
    let shown = reader.select(&Selection { limit: 100_000, ..Selection::default() }).unwrap();
    let mut hidden = Vec::new();
    let mut seen = std::collections::BTreeMap::<EntryId, usize>::new();
    for story in &shown {
        match reader.story(*story).unwrap() {
            None => hidden.push(format!("story {story} is selected, and cannot be published")),
            Some(detail) if detail.members.is_empty() => hidden.push(format!("story {story} has no member")),
            Some(detail) => detail.members.iter().for_each(|member| *seen.entry(member.entry).or_default() += 1),
        }
    }
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut all =
        connection.prepare("SELECT id, state, story_id, title FROM entries WHERE state > 0 OR story_id IS NOT NULL").unwrap();
    let rows = all
        .query_map([], |row| {
            let told = (row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?, row.get::<_, String>(3)?);
            Ok((EntryId(row.get(0)?), told))
        })
        .unwrap();
    for row in rows {
        let (entry, (state, story, title)) = row.unwrap();
        if seen.get(&entry) != Some(&1) {
            let times = seen.get(&entry).unwrap_or(&0);
            hidden.push(format!("entry {entry} \"{title}\", state {state}, story {story:?}, is shown {times} times"));
        }
    }
    hidden
}
