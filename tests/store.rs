//! The store at its door: one commit a poll, nothing lost, nothing twice.

use courant::config::subscriptions::Subscription;
use courant::fetch::Validators;
use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::schedule::FeedState;
use courant::store::{
    ArticleResult, Claim, Correction, Draft, Extra, FeedChange, FoundArticle, PollRecord, Read, Reader, Ready, Selection,
    Settled, Store, WantedArticle, Writer, key_of, search,
};
use courant::story;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn claim() -> Claim {
    Claim { n: 100, lease: Duration::from_secs(60), not_hosts: Vec::new(), per_host: 100, whole_hosts: false }
}

fn draft(id: &str, link: &str, title: &str) -> Draft {
    Draft {
        key: key_of(id),
        link_key: Some(key_of(&story::address_key(link).unwrap_or_else(|| link.to_owned()))),
        link: Some(link.to_owned()),
        title: title.to_owned(),
        author: None,
        language: None,
        claimed: None,
        html: Some(format!("<p>{title}</p>")),
        content_hash: key_of(title),
        extra: Extra::default(),
        article: None,
        ready: None,
    }
}

fn record(feed: FeedId, at: Timestamp, drafts: Vec<Draft>) -> PollRecord {
    PollRecord {
        feed,
        at,
        state: FeedState::default(),
        next_poll: Some(at.plus(Duration::from_secs(3600))),
        reasons: vec!["interval 1h".into()],
        error: None,
        trouble: None,
        event: None,
        hub: None,
        moved_to: None,
        held: None,
        validators: Some(Some(Validators {
            url: "https://a.example/feed".into(),
            etag: Some(b"\"1\"".to_vec()),
            last_modified: None,
        })),
        wire_bytes: 100,
        read: Some(Read { body_hash: key_of("body"), title: Some("A".into()), site_url: None, language: None, drafts }),
    }
}

/// What settling takes of an entry without a text.
fn ready(dedupe: Dedupe, title: &str) -> Ready {
    Ready { dedupe, keys: Vec::new(), prepared: None, terms: search::terms(title, ""), language: None }
}

/// Settles everything that is ready, each entry compared by address only.
fn settle(store: &mut Store, path: &Path) -> usize {
    let waiting = Reader::open(path).unwrap().to_settle(1000).unwrap();
    let batch = waiting
        .into_iter()
        .map(|entry| Settled {
            entry: entry.entry,
            version: entry.version,
            provisional: entry.provisional,
            ready: Ready {
                keys: story::address_keys(entry.link.as_deref(), None, None, None),
                ..ready(Dedupe::Address, &entry.title)
            },
        })
        .collect();
    if !store.has_index() {
        store.set_index(story::Index::new(Duration::from_secs(96 * 3600)));
    }
    store.settle(batch, NOW).unwrap()
}

struct Bed {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
    store: Store,
    feed: FeedId,
}

fn bed() -> Bed {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let mut store = Store::open(&path, NOW).unwrap();
    let feed = store.sync_feeds(&[Subscription::new("https://a.example/feed")], NOW).unwrap().added[0];
    Bed { _folder: folder, path, store, feed }
}

#[test]
fn a_poll_twice_is_a_poll_once() {
    let mut bed = bed();
    let drafts = vec![draft("1", "https://a.example/1", "One"), draft("2", "https://a.example/2", "Two")];
    let first = bed.store.save_poll(&record(bed.feed, NOW, drafts.clone())).unwrap();
    let again = bed.store.save_poll(&record(bed.feed, NOW, drafts)).unwrap();
    assert_eq!((first.n_new, again.n_new, again.n_edited), (2, 0, 0));
    assert_eq!(settle(&mut bed.store, &bed.path), 2);
    assert_eq!(settle(&mut bed.store, &bed.path), 0);
    let counts = Reader::open(&bed.path).unwrap().counts().unwrap();
    assert_eq!((counts.entries, counts.stories, counts.pending), (2, 2, 0));
}

#[test]
fn an_entry_that_comes_back_under_a_new_id_is_the_same_entry() {
    let mut bed = bed();
    for poll in 0..5 {
        bed.store.save_poll(&record(bed.feed, NOW, vec![draft(&format!("id{poll}"), "https://a.example/1", "One")])).unwrap();
    }
    assert_eq!(Reader::open(&bed.path).unwrap().counts().unwrap().entries, 1);
    // Both ids in one document: two entries, whatever they link to.
    let both = vec![draft("x", "https://a.example/both", "X"), draft("y", "https://a.example/both", "Y")];
    bed.store.save_poll(&record(bed.feed, NOW, both)).unwrap();
    assert_eq!(Reader::open(&bed.path).unwrap().counts().unwrap().entries, 3);
}

#[test]
fn an_edit_keeps_the_entry_and_the_published_id() {
    let mut bed = bed();
    bed.store.save_poll(&record(bed.feed, NOW, vec![draft("1", "https://a.example/1", "Before")])).unwrap();
    settle(&mut bed.store, &bed.path);
    let published = || {
        let reader = Reader::open(&bed.path).unwrap();
        reader.published(&reader.select(&Selection::default()).unwrap()).unwrap().remove(0)
    };
    let before = published();
    bed.store.save_poll(&record(bed.feed, NOW, vec![draft("1", "https://a.example/1", "After")])).unwrap();
    settle(&mut bed.store, &bed.path);
    let after = published();
    assert_eq!((before.id.as_str(), before.published, after.title.as_str()), (after.id.as_str(), after.published, "After"));
    assert!(after.updated > before.updated);
}

#[test]
fn edits_without_end_are_bounded() {
    let mut bed = bed();
    let edited: usize = (0..100)
        .map(|n| {
            bed.store
                .save_poll(&record(bed.feed, NOW, vec![draft("1", "https://a.example/1", &format!("Counter {n}"))]))
                .unwrap()
                .n_edited
        })
        .sum();
    assert!((1..=30).contains(&edited), "{edited}");
}

#[test]
fn the_same_address_is_one_story_with_both_sources() {
    let mut bed = bed();
    let list = [Subscription::new("https://a.example/feed"), Subscription::new("https://b.example/feed")];
    let other = bed.store.sync_feeds(&list, NOW).unwrap().added[0];
    bed.store.save_poll(&record(bed.feed, NOW, vec![draft("1", "https://a.example/story/one", "One")])).unwrap();
    bed.store.save_poll(&record(other, NOW, vec![draft("7", "https://a.example/story/one?utm_source=b", "One")])).unwrap();
    settle(&mut bed.store, &bed.path);
    let reader = Reader::open(&bed.path).unwrap();
    let stories = reader.published(&reader.select(&Selection::default()).unwrap()).unwrap();
    assert_eq!((stories.len(), stories[0].sources.len()), (1, 2));
    let two = Selection { min_sources: 2, ..Selection::default() };
    assert!(reader.select(&two).unwrap().is_empty(), "a copy counts with its original");
}

#[test]
fn ids_are_minted_equal_again() {
    let urns = |instance_of: Option<&Path>| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("courant.db");
        if let Some(earlier) = instance_of {
            std::fs::copy(earlier, &path).unwrap();
        }
        let mut store = Store::open(&path, NOW).unwrap();
        let added = store.sync_feeds(&[Subscription::new("https://a.example/feed")], NOW).unwrap().added;
        let feed = added.first().copied().unwrap_or(FeedId(1));
        let fresh = folder.path().join("fresh.db");
        drop(store);
        std::fs::copy(&path, &fresh).unwrap();
        let mut store = Store::open(&path, NOW).unwrap();
        store.save_poll(&record(feed, NOW, vec![draft("1", "https://a.example/1", "One")])).unwrap();
        settle(&mut store, &path);
        let reader = Reader::open(&path).unwrap();
        let id = reader.published(&reader.select(&Selection::default()).unwrap()).unwrap().remove(0).id;
        (folder, fresh, id)
    };
    // The second database is the first as it was before the poll: as after a power loss.
    let (_folder, fresh, first) = urns(None);
    let (_folder, _, second) = urns(Some(&fresh));
    assert_eq!(first, second);
    assert!(first.starts_with("urn:uuid:"));
}

#[test]
fn a_claim_is_held_until_its_poll_or_its_owner_ends() {
    let mut bed = bed();
    assert_eq!(bed.store.claim_due(&claim(), NOW).unwrap().len(), 1);
    assert_eq!(bed.store.claim_due(&claim(), NOW).unwrap().len(), 0);
    assert_eq!(bed.store.claim_due(&claim(), NOW.plus(Duration::from_secs(61))).unwrap().len(), 1, "the lease has ended");
    drop(bed.store);
    let mut next_owner = Store::open(&bed.path, NOW).unwrap();
    assert_eq!(next_owner.claim_due(&claim(), NOW).unwrap().len(), 1, "the owner has died");
    next_owner.save_poll(&record(bed.feed, NOW, Vec::new())).unwrap();
    assert_eq!(next_owner.claim_due(&claim(), NOW).unwrap().len(), 0, "not due");
    let due = next_owner.claim_due(&claim(), NOW.plus(Duration::from_secs(3600))).unwrap();
    assert_eq!(due[0].validators.as_ref().unwrap().etag.as_deref(), Some(&b"\"1\""[..]));
    assert_eq!(due[0].body_hash, Some(key_of("body")));
}

#[test]
fn retry_after_outlives_all() {
    let mut bed = bed();
    let hold = NOW.plus(Duration::from_secs(7200));
    let mut held = record(bed.feed, NOW, Vec::new());
    (held.state.hold_until, held.next_poll) = (Some(hold), Some(hold));
    bed.store.save_poll(&held).unwrap();
    bed.store.want_all(false, NOW.plus(Duration::from_secs(60))).unwrap();
    assert_eq!(bed.store.claim_due(&claim(), NOW.plus(Duration::from_secs(60))).unwrap().len(), 0);
    assert_eq!(bed.store.claim_due(&claim(), hold).unwrap().len(), 1);
}

#[test]
fn a_moved_feed_is_the_same_feed() {
    let mut bed = bed();
    let mut moved = record(bed.feed, NOW, vec![draft("1", "https://a.example/1", "One")]);
    moved.moved_to = Some("https://new.example/feed".into());
    bed.store.save_poll(&moved).unwrap();
    // The person follows the move in the list, later.
    let report = bed.store.sync_feeds(&[Subscription::new("https://new.example/feed")], NOW).unwrap();
    assert_eq!((report.added.len(), report.n_removed), (0, 0));
    let reader = Reader::open(&bed.path).unwrap();
    assert_eq!(reader.feed_of("https://a.example/feed").unwrap(), Some(bed.feed));
    assert_eq!(reader.feeds().unwrap()[0].url, "https://new.example/feed");
}

#[test]
fn removing_keeps_or_purges() {
    let mut bed = bed();
    bed.store.save_poll(&record(bed.feed, NOW, vec![draft("1", "https://a.example/1", "One")])).unwrap();
    settle(&mut bed.store, &bed.path);
    let reader = Reader::open(&bed.path).unwrap();
    assert_eq!(bed.store.remove_feed(bed.feed, false, NOW).unwrap(), 0);
    assert_eq!(reader.counts().unwrap().stories, 1);
    assert_eq!(bed.store.remove_feed(bed.feed, true, NOW).unwrap(), 1);
    assert_eq!((reader.counts().unwrap().stories, reader.counts().unwrap().entries), (0, 0));
    let again = bed.store.sync_feeds(&[Subscription::new("https://a.example/feed")], NOW).unwrap().added[0];
    assert_ne!(again, bed.feed, "a number is never used again");
}

#[test]
fn search_finds_words_and_parts_of_chinese() {
    let mut bed = bed();
    let drafts = vec![
        draft("1", "https://a.example/1", "谷歌一劍封喉奧特曼"),
        draft("2", "https://a.example/2", "Rust 2.0; DROP TABLE entries -- \" OR 1"),
        draft("3", "https://a.example/3", "Trusted computing"),
    ];
    bed.store.save_poll(&record(bed.feed, NOW, drafts)).unwrap();
    settle(&mut bed.store, &bed.path);
    let reader = Reader::open(&bed.path).unwrap();
    let find = |query: &str| {
        let ids = reader.select(&Selection { query: search::Query::parse(query), ..Selection::default() }).unwrap();
        reader.published(&ids).unwrap().into_iter().map(|story| story.title).collect::<Vec<_>>()
    };
    assert_eq!(find("谷歌"), ["谷歌一劍封喉奧特曼"]);
    assert_eq!(find("劍"), ["谷歌一劍封喉奧特曼"]);
    assert_eq!(find("谷一"), [""; 0]);
    assert_eq!(find("rust").len(), 1);
    assert_eq!(find("rust -drop").len(), 0);
    assert_eq!(find("Rust 2.0; DROP TABLE entries -- \" OR 1").len(), 1);
    assert_eq!(find("").len(), 3);
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let bed = bed();
    drop(bed.store);
    rusqlite::Connection::open(&bed.path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let refused = Store::open(&bed.path, NOW).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("newer courant"), "{refused}");
    assert!(Reader::open(&bed.path).is_err());
}

#[test]
fn an_older_database_is_migrated_by_its_owner_and_by_nobody_else() {
    let bed = bed();
    drop(bed.store);
    let older = rusqlite::Connection::open(&bed.path).unwrap();
    older
        .execute_batch(
            "DROP INDEX feeds_host; DROP INDEX entries_unsettled; DROP TABLE websub; DROP TABLE feed_events; ALTER TABLE feeds DROP COLUMN trouble; PRAGMA user_version = 3",
        )
        .unwrap();
    drop(older);
    let refused = Reader::open(&bed.path).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("older courant") && refused.contains("courant run"), "{refused}");
    drop(Store::open(&bed.path, NOW).unwrap());
    assert!(Reader::open(&bed.path).unwrap().feeds().is_ok());
}

#[test]
fn a_foreign_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
    assert!(Store::open(&path, NOW).is_err());
}

#[test]
fn moments_never_tie_and_never_go_back() {
    let mut bed = bed();
    let drafts = (0..50).map(|n| draft(&n.to_string(), &format!("https://a.example/{n}"), &format!("Entry {n}"))).collect();
    bed.store.save_poll(&record(bed.feed, NOW, drafts)).unwrap();
    // Ten years back: the clock, not the order.
    let past = NOW.minus(Duration::from_secs(10 * 366 * 86_400));
    bed.store.save_poll(&record(bed.feed, past, vec![draft("later", "https://a.example/later", "Later")])).unwrap();
    settle(&mut bed.store, &bed.path);
    let reader = Reader::open(&bed.path).unwrap();
    let stories = reader.published(&reader.select(&Selection::default()).unwrap()).unwrap();
    let mut updated: Vec<Timestamp> = stories.iter().map(|story| story.updated).collect();
    assert_eq!(stories[0].title, "Later");
    updated.sort();
    updated.dedup();
    assert_eq!(updated.len(), 51);
}

/// Story and title of each entry, in order of the entries.
fn stories(path: &Path) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    Reader::open(path).unwrap().settled(Timestamp(0), |entry, story, _| found.push((story.0, entry.title))).unwrap();
    found
}

/// Two feeds with the same two addresses: two stories of two entries each.
fn two_stories() -> (Bed, FeedId) {
    let mut bed = bed();
    let list = [Subscription::new("https://a.example/feed"), Subscription::new("https://b.example/feed")];
    let other = bed.store.sync_feeds(&list, NOW).unwrap().added[0];
    let drafts = |feed: &str| {
        vec![
            draft("1", "https://a.example/story/one", &format!("{feed}1")),
            draft("2", "https://a.example/story/two", &format!("{feed}2")),
        ]
    };
    bed.store.save_poll(&record(bed.feed, NOW, drafts("a"))).unwrap();
    bed.store.save_poll(&record(other, NOW, drafts("b"))).unwrap();
    settle(&mut bed.store, &bed.path);
    (bed, other)
}

/// The titles of each story, sorted.
fn partition(path: &Path) -> Vec<Vec<String>> {
    let mut by_story = std::collections::BTreeMap::<i64, Vec<String>>::new();
    for (story, title) in stories(path) {
        by_story.entry(story).or_default().push(title);
    }
    let mut partition: Vec<Vec<String>> = by_story.into_values().collect();
    partition.iter_mut().for_each(|story| story.sort());
    partition.sort();
    partition
}

fn titled(bed: &Bed, title: &str) -> (EntryId, StoryId) {
    let mut found = None;
    let reader = Reader::open(&bed.path).unwrap();
    reader
        .settled(Timestamp(0), |entry, story, _| {
            if entry.title.starts_with(title) {
                found = Some((entry.entry, story));
            }
        })
        .unwrap();
    found.unwrap()
}

#[test]
fn a_split_holds_through_edits_and_restarts_and_can_be_undone() {
    let (mut bed, other) = two_stories();
    let before = partition(&bed.path);
    assert_eq!(before, [vec!["a1", "b1"], vec!["a2", "b2"]]);
    let (entry, story) = titled(&bed, "b1");
    let split = Correction::Split { story, entries: vec![entry] };
    bed.store.correct(&split, NOW).unwrap().unwrap();
    assert_eq!(partition(&bed.path), [vec!["a1"], vec!["a2", "b2"], vec!["b1"]]);
    // Its address still says that it is one story; the person's word is stronger, after a restart too.
    bed.store = Store::open(&bed.path, NOW).unwrap();
    let edited = draft("1", "https://a.example/story/one", "b1 edited");
    bed.store.save_poll(&record(other, NOW, vec![edited])).unwrap();
    settle(&mut bed.store, &bed.path);
    assert_eq!(partition(&bed.path), [vec!["a1"], vec!["a2", "b2"], vec!["b1 edited"]]);
    let member = Reader::open(&bed.path).unwrap().story(titled(&bed, "b1").1).unwrap().unwrap().members.remove(0);
    assert_eq!(member.rung, "person");

    bed.store.correct(&Correction::Undo, NOW).unwrap().unwrap();
    assert_eq!(partition(&bed.path), [vec!["a1", "b1 edited"], vec!["a2", "b2"]]);
    assert!(bed.store.correct(&Correction::Undo, NOW).unwrap().unwrap_err().contains("nothing"));
}

#[test]
fn a_merge_redirects_for_as_long_as_it_holds() {
    let (mut bed, _) = two_stories();
    let ((_, into), (_, from)) = (titled(&bed, "a2"), titled(&bed, "a1"));
    let urn = Reader::open(&bed.path).unwrap().published(&[from]).unwrap().remove(0).id;
    bed.store.correct(&Correction::Merge { into, from }, NOW).unwrap().unwrap();
    let reader = Reader::open(&bed.path).unwrap();
    assert_eq!(partition(&bed.path), [vec!["a1", "a2", "b1", "b2"]]);
    assert_eq!(reader.find_story(&urn).unwrap(), Some(into));
    assert_eq!(reader.select(&Selection::default()).unwrap(), [into]);
    assert_eq!(reader.select(&Selection { min_sources: 2, ..Selection::default() }).unwrap(), [into]);
    bed.store.correct(&Correction::Undo, NOW).unwrap().unwrap();
    assert_eq!(partition(&bed.path), [vec!["a1", "b1"], vec!["a2", "b2"]]);
    assert_eq!(reader.find_story(&urn).unwrap(), Some(from));
    assert_eq!(reader.published(&[from]).unwrap().remove(0).id, urn);
}

#[test]
fn corrections_that_cannot_be_change_nothing() {
    let (mut bed, _) = two_stories();
    let before = partition(&bed.path);
    let ((a1, one), (b1, _), (a2, two)) = (titled(&bed, "a1"), titled(&bed, "b1"), titled(&bed, "a2"));
    for wrong in [
        Correction::Split { story: one, entries: vec![a2] },
        Correction::Split { story: one, entries: vec![a1, b1] },
        Correction::Split { story: one, entries: vec![] },
        Correction::Split { story: StoryId(99), entries: vec![a1] },
        Correction::Merge { into: one, from: one },
        Correction::Merge { into: two, from: StoryId(99) },
        Correction::Undo,
    ] {
        assert!(bed.store.correct(&wrong, NOW).unwrap().is_err(), "{wrong:?}");
    }
    assert_eq!(partition(&bed.path), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is said, in whatever order, with edits between: what was last said holds, and undoing all of it
    /// brings back what was.
    #[test]
    fn what_a_person_said_holds(steps in prop::collection::vec((0..3_u8, 0..4_usize, 0..4_usize), 1..12)) {
        let (mut bed, other) = two_stories();
        let before = partition(&bed.path);
        let titles = ["a1", "b1", "a2", "b2"];
        let mut n_said = 0;
        for (at, (kind, a, b)) in steps.into_iter().enumerate() {
            let ((first, of_first), (second, of_second)) = (titled(&bed, titles[a]), titled(&bed, titles[b]));
            if kind == 0 {
                let edit = draft(&titles[a][1..], &format!("https://a.example/story/{}", if titles[a].ends_with('1') { "one" } else { "two" }), &format!("{} {at}", titles[a]));
                bed.store.save_poll(&record(if titles[a].starts_with('a') { bed.feed } else { other }, NOW, vec![edit])).unwrap();
                settle(&mut bed.store, &bed.path);
                continue;
            }
            let said = match kind {
                1 => Correction::Split { story: of_first, entries: vec![first] },
                _ => Correction::Merge { into: of_first, from: of_second },
            };
            if bed.store.correct(&said, NOW).unwrap().is_ok() {
                n_said += 1;
                settle(&mut bed.store, &bed.path);
                let (now, then) = (titled(&bed, titles[a]).1, titled(&bed, titles[b]).1);
                prop_assert_eq!(kind == 2 || first == second, now == then, "{:?}", said);
            }
        }
        for _ in 0..n_said {
            bed.store.correct(&Correction::Undo, NOW).unwrap().unwrap();
        }
        let plain = |partition: Vec<Vec<String>>| -> Vec<Vec<String>> {
            partition.into_iter().map(|story| story.into_iter().map(|title| title[..2].to_owned()).collect()).collect()
        };
        prop_assert_eq!(plain(partition(&bed.path)), plain(before));
    }
}

#[test]
fn a_rehearsal_says_what_would_change_and_changes_nothing() {
    let (mut bed, _) = two_stories();
    let path = bed.path.clone();
    let rehearse = |dedupe: Dedupe| {
        let reader = Reader::open(&path).unwrap();
        courant::daemon::recluster(&reader, Duration::from_secs(96 * 3600), dedupe, Timestamp(0)).unwrap()
    };
    let same = rehearse(Dedupe::Address);
    assert_eq!((same.n_entries, same.n_stories, same.n_stories_anew, same.changes.len()), (4, 2, 2, 0));
    // What a person said would come out again.
    let (entry, story) = titled(&bed, "b1");
    bed.store.correct(&Correction::Split { story, entries: vec![entry] }, NOW).unwrap().unwrap();
    let stored = partition(&path);
    assert_eq!((rehearse(Dedupe::Address).n_stories, rehearse(Dedupe::Address).changes.len()), (3, 0));
    // With nothing compared, every entry would be alone.
    let alone = rehearse(Dedupe::Off);
    assert_eq!((alone.n_stories_anew, alone.changes.len()), (4, 1));
    assert_eq!(partition(&path), stored);
}

#[test]
fn the_lines_that_a_host_repeats_are_counted_and_bounded() {
    let mut bed = bed();
    let save = |bed: &mut Bed, n: usize, lines: Vec<u64>| {
        let url = format!("https://a.example/{n}");
        let article = WantedArticle { key: key_of(&url), url: url.clone(), wait_until: NOW };
        let draft = Draft { article: Some(article), ..draft(&url, &url, "One") };
        bed.store.save_poll(&record(bed.feed, NOW, vec![draft])).unwrap();
        let due = bed.store.claim_articles(&claim(), NOW).unwrap();
        let found = FoundArticle {
            article: courant::article::Article { html: "<p>x</p>".into(), blocks: lines, ..Default::default() },
            final_url: url,
        };
        bed.store.save_article(due[0].id, &ArticleResult::Found(Box::new(found)), NOW).unwrap();
    };
    for n in 0..3 {
        save(&mut bed, n, vec![u64::MAX, n as u64]);
    }
    let lines = |bed: &Bed, url: &str, n| Reader::open(&bed.path).unwrap().host_lines(url, n).unwrap();
    assert_eq!(lines(&bed, "https://a.example/new", 3), [u64::MAX]);
    assert!(lines(&bed, "https://b.example/new", 1).is_empty());
    // Thousands of lines that came once make room for each other, and never for one that came often.
    for n in 3..6 {
        save(&mut bed, n, (0..1000).map(|line| (n * 1000 + line) as u64).collect());
    }
    assert!(lines(&bed, "https://a.example/", 1).len() <= 2000);
    assert_eq!(lines(&bed, "https://a.example/", 3), [u64::MAX]);
}

#[test]
fn a_domain_that_asks_for_patience_is_held_as_a_whole() {
    let mut bed = bed();
    let urls = ["https://a.example/feed", "https://b.site.example/x", "https://site.example/y", "https://notsite.example/z"];
    bed.store.sync_feeds(&urls.map(Subscription::new), NOW).unwrap();
    let until = NOW.plus(Duration::from_secs(7200));
    let throttled = PollRecord {
        error: Some("the server asks for patience (HTTP 429)".into()),
        held: Some(("site.example".into(), until)),
        read: None,
        ..record(FeedId(2), NOW, Vec::new())
    };
    bed.store.save_poll(&throttled).unwrap();
    let feeds = Reader::open(&bed.path).unwrap().feeds().unwrap();
    let asks_for_patience = |feed: &courant::store::FeedRow| feed.reasons.iter().any(|why| why.contains("patience"));
    assert!(asks_for_patience(&feeds[2]));
    // One that was under way when its domain was held is held all the same.
    let under_way = PollRecord { read: None, validators: None, ..record(FeedId(3), NOW, Vec::new()) };
    assert!(under_way.is_quiet());
    bed.store.save_poll(&under_way).unwrap();
    let feeds = Reader::open(&bed.path).unwrap().feeds().unwrap();
    let held: Vec<bool> = feeds.iter().map(|feed| feed.next_poll.is_some_and(|at| at >= until)).collect();
    assert_eq!(held, [false, true, true, false]);
    assert!(asks_for_patience(&feeds[2]));
    // `once --all` does not override it.
    let soon = NOW.plus(Duration::from_secs(60));
    bed.store.want_all(false, soon).unwrap();
    let claimed: Vec<i64> = bed.store.claim_due(&claim(), soon).unwrap().iter().map(|feed| feed.id.0).collect();
    assert_eq!(claimed, [1, 4]);
}

#[test]
fn a_feed_that_is_wanted_is_polled_once() {
    let mut bed = bed();
    let urls = ["https://a.example/feed", "https://b.example/1", "https://b.example/2", "https://c.example/x"];
    bed.store.sync_feeds(&urls.map(Subscription::new), NOW).unwrap();
    for id in 1..=4 {
        bed.store.save_poll(&record(FeedId(id), NOW, Vec::new())).unwrap();
    }
    let soon = NOW.plus(Duration::from_secs(60));
    let ids = |due: Vec<Arc<courant::store::DueFeed>>| due.iter().map(|feed| feed.id.0).collect::<Vec<_>>();
    assert_eq!(bed.store.claim_due(&claim(), soon).unwrap().len(), 0);
    bed.store.want_all(false, soon).unwrap();
    assert_eq!(bed.store.next_due(Timestamp(i64::MIN)).unwrap(), Some(soon));
    // Those of a busy host stay wanted.
    let first = bed.store.claim_due(&Claim { not_hosts: vec!["b.example".into()], ..claim() }, soon).unwrap();
    assert_eq!(ids(first), [1, 4]);
    assert_eq!(ids(bed.store.claim_due(&Claim { per_host: 1, ..claim() }, soon).unwrap()), [2]);
    bed.store.save_poll(&record(FeedId(2), soon, Vec::new())).unwrap();
    assert_eq!(ids(bed.store.claim_due(&claim(), soon).unwrap()), [3]);
    assert_eq!(bed.store.claim_due(&claim(), soon).unwrap().len(), 0);
    assert!(bed.store.next_due(Timestamp(i64::MIN)).unwrap().is_some_and(|at| at > soon));
}

#[test]
fn feeds_of_a_host_are_claimed_together() {
    let mut bed = bed();
    let urls =
        ["https://a.example/feed", "https://b.example/1", "https://a.example/2", "https://b.example/2", "https://a.example/3"];
    bed.store.sync_feeds(&urls.map(Subscription::new), NOW).unwrap();
    let ids = |due: Vec<Arc<courant::store::DueFeed>>| due.iter().map(|feed| feed.id.0).collect::<Vec<_>>();
    let together = Claim { n: 3, whole_hosts: true, ..claim() };
    assert_eq!(ids(bed.store.claim_due(&together, NOW).unwrap()), [1, 3, 5]);
    assert_eq!(ids(bed.store.claim_due(&together, NOW).unwrap()), [2, 4]);
    for id in 1..=5 {
        bed.store.save_poll(&record(FeedId(id), NOW, Vec::new())).unwrap();
    }
    assert!(bed.store.claim_due(&together, NOW).unwrap().is_empty());
    // Those that are not due come in the same order.
    let soon = NOW.plus(Duration::from_secs(60));
    bed.store.want_all(true, soon).unwrap();
    assert_eq!(ids(bed.store.claim_due(&Claim { n: 4, ..together }, soon).unwrap()), [1, 3, 5, 2]);
}

#[tokio::test]
async fn an_entry_that_is_compared_with_nothing_is_settled_with_its_poll() {
    let one = || draft("1", "https://a.example/1", "One");
    let Bed { _folder, path, store, feed } = bed();
    drop(store);
    let fresh = _folder.path().join("fresh.db");
    std::fs::copy(&path, &fresh).unwrap();
    let (writer, thread) = Writer::start(Store::open(&path, NOW).unwrap());
    let alone = Draft { ready: Some(Ready { language: Some("en".into()), ..ready(Dedupe::Off, "One") }), ..one() };
    let poll = record(feed, NOW, vec![alone]);
    let again = poll.clone();
    let change = writer.write(move |store| store.save_poll(&poll)).await.unwrap();
    assert_eq!((change.n_new, change.n_settled, change.n_ready, change.n_wanted), (1, 1, 0, 0));
    assert_eq!(writer.write(move |store| store.save_poll(&again)).await.unwrap(), FeedChange::default());
    // A poll that fails takes nothing of its entries into the text index.
    let failed =
        record(feed, NOW, vec![Draft { ready: Some(ready(Dedupe::Off, "Two")), ..draft("2", "https://a.example/2", "Two") }]);
    let failed =
        writer.write(move |store| store.save_poll(&failed).and(Err::<(), _>(rusqlite::Error::QueryReturnedNoRows))).await;
    assert!(failed.is_err());
    drop(writer);
    thread.join().unwrap();
    let reader = Reader::open(&path).unwrap();
    let find = |words: &str| reader.select(&Selection { query: search::Query::parse(words), ..Selection::default() }).unwrap();
    assert_eq!(find("one").len(), 1);
    assert!(find("two").is_empty());
    assert!(reader.to_settle(10).unwrap().is_empty());
    // It is the story that settling would have made of it.
    let story = |path: &Path| {
        let reader = Reader::open(path).unwrap();
        let id = reader.select(&Selection::default()).unwrap()[0];
        let rung = reader.story(id).unwrap().unwrap().members.remove(0).rung;
        (reader.published(&[id]).unwrap().remove(0).id, id, rung)
    };
    let mut store = Store::open(&fresh, NOW).unwrap();
    store.save_poll(&record(feed, NOW, vec![one()])).unwrap();
    settle(&mut store, &fresh);
    assert_eq!(story(&path), story(&fresh));
}

#[tokio::test]
async fn an_entry_that_waits_for_nothing_is_compared_in_the_commit_that_brings_it() {
    let Bed { _folder, path, mut store, feed } = bed();
    let subscribed = ["https://a.example/feed", "https://b.example/feed"].map(Subscription::new);
    let other = store.sync_feeds(&subscribed, NOW).unwrap().added[0];
    let text = "Neutrino detectors under the Mediterranean have seen a particle with more energy than any before, say \
        physicists who spent two years checking whether their instrument, a lattice of glass spheres, had fooled them.";
    let brought = |feed: FeedId, id: &str, title: &str, text: &str| {
        let item = story::Item { entry: EntryId(0), feed, title, link: None, text, at: NOW };
        let ready = Ready { prepared: Some(story::prepare(&item)), ..ready(Dedupe::Story, title) };
        record(feed, NOW, vec![Draft { ready: Some(ready), ..draft(id, &format!("https://x.example/{id}"), title) }])
    };
    let poll = move |feed, id, title, text| {
        let record = brought(feed, id, title, text);
        move |store: &mut Store| store.save_poll(&record)
    };
    // Without an index nothing can be compared: a batch does it.
    let (writer, thread) = Writer::start(store);
    assert_eq!(writer.write(poll(feed, "0", "A long way down", "Short.")).await.unwrap().n_ready, 1);
    let index = story::Index::new(Duration::from_secs(96 * 3600));
    writer
        .write(|store| {
            store.set_index(index);
            Ok(())
        })
        .await
        .unwrap();
    let change = writer.write(poll(feed, "1", "A record neutrino", text)).await.unwrap();
    assert_eq!((change.n_new, change.n_settled, change.n_ready), (1, 1, 0));
    assert_eq!(writer.write(poll(other, "2", "The record neutrino", text)).await.unwrap().n_settled, 1);
    // A poll that fails may have left its entries in the index: it is built anew before anything else is settled.
    let failing = poll(other, "3", "A record neutrino", text);
    assert!(writer.write(move |store| failing(store).and(Err::<(), _>(rusqlite::Error::QueryReturnedNoRows))).await.is_err());
    assert!(!writer.write(|store| Ok(store.has_index())).await.unwrap());
    drop(writer);
    thread.join().unwrap();
    let reader = Reader::open(&path).unwrap();
    let found = reader.select(&Selection { query: search::Query::parse("neutrino"), ..Selection::default() }).unwrap();
    let [found] = found[..] else { panic!("{found:?}") };
    let members = reader.story(found).unwrap().unwrap().members;
    assert_eq!(members.iter().map(|member| member.rung.as_str()).collect::<Vec<_>>(), ["first", "text"]);
}

#[test]
fn a_claim_is_not_all_of_one_host() {
    let mut bed = bed();
    let of_one = (0..10).map(|n| Subscription::new(format!("https://b.example/{n}")));
    bed.store.sync_feeds(&of_one.chain([Subscription::new("https://a.example/feed")]).collect::<Vec<_>>(), NOW).unwrap();
    let claim = Claim { n: 6, per_host: 4, ..claim() };
    let hosts =
        |due: Vec<Arc<courant::store::DueFeed>>| due.iter().filter(|feed| feed.url.starts_with("https://b.example")).count();
    let first = bed.store.claim_due(&claim, NOW).unwrap();
    assert_eq!((first.len(), hosts(first)), (5, 4));
    assert_eq!(hosts(bed.store.claim_due(&claim, NOW).unwrap()), 4, "the next claim hands out more of it");
}
