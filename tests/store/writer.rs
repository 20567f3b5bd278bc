//! The writer's thread: commands side by side, each for itself, and what is settled in the commit that brings it.

use crate::bed::*;
use courant::config::subscriptions::Subscription;
use courant::ingest::{self, EntryPolicy};
use courant::model::{Dedupe, FeedId};
use courant::records::{Command, Committed, EntryChange, Poll, Recorded};
use courant::store::{Reader, Recorder, Selection, Store, WriteError, Writer};
use courant::story;
use std::path::Path;
use std::thread::JoinHandle;

pub fn start(store: Store) -> (Writer, JoinHandle<()>) {
    Writer::start(store, Box::new(|_| {}), None)
}

pub async fn submit(writer: &Writer, poll: Poll) -> Result<Committed, WriteError> {
    writer.submit(Command::Polled(Box::new(poll))).await
}

/// Nothing of it can be carried out: its last entry is there twice, after all others were taken in.
fn failing(mut poll: Poll) -> Poll {
    let changes = &mut poll.document.as_mut().unwrap().changes;
    assert!(matches!(changes.last(), Some(EntryChange::New(_))));
    changes.push(changes.last().unwrap().clone());
    poll
}

#[tokio::test]
async fn an_entry_that_is_compared_with_nothing_is_settled_with_its_poll() {
    let Bed { folder: _folder, path, store, feed, .. } = {
        let bed = bed();
        bed.copy("fresh.db");
        bed
    };
    let fresh = path.with_file_name("fresh.db");
    let (writer, thread) = start(store);
    let alone = EntryPolicy { dedupe: Dedupe::Off, ..BY_ADDRESS };
    let polled = |id: &str, title: &str| {
        let entries = vec![entry(id, &format!("https://a.example/{id}"), title)];
        brought(feed, NOW, document(&path, feed, NOW, entries, &alone))
    };
    let one = polled("1", "One");
    let change = submit(&writer, one).await.unwrap();
    assert_eq!((change.new.len(), change.n_settled, change.n_ready, change.n_wanted), (1, 1, 0, 0));
    assert!(change.published && change.stories.len() == 1);
    let again = submit(&writer, polled("1", "One")).await.unwrap();
    assert_eq!(Committed { polls: change.polls, ..Committed::default() }, again);
    // A poll that fails takes nothing of its entries into the text index.
    let failed = submit(&writer, failing(polled("2", "Two"))).await;
    assert!(matches!(failed, Err(WriteError::Sqlite(_))), "{failed:?}");
    drop(writer);
    thread.join().unwrap();
    let reader = Reader::open(&path).unwrap();
    let find = |words: &str| reader.select(&Selection { query: words.parse().unwrap(), ..Selection::default() }).unwrap();
    assert_eq!(find("one").len(), 1);
    assert!(find("two").is_empty());
    assert_eq!(reader.counts().unwrap().entries, 1);
    assert!(reader.to_settle(10).unwrap().is_empty());
    // It is the story that settling would have made of it.
    let story = |path: &Path| {
        let reader = Reader::open(path).unwrap();
        let id = reader.select(&Selection::default()).unwrap()[0];
        let rung = reader.story(id).unwrap().unwrap().members.remove(0).rung;
        (reader.published(&[id]).unwrap().remove(0).id, id, rung)
    };
    let mut bed = Bed { store: open(&fresh), path: fresh, ..bed() };
    bed.poll(feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
    bed.settle();
    assert_eq!(story(&path), story(&bed.path));
}

#[tokio::test]
async fn an_entry_that_waits_for_nothing_is_compared_in_the_commit_that_brings_it() {
    let mut bed = bed();
    let other = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
    let Bed { folder: _folder, path, store, feed, .. } = bed;
    let polled = |feed: FeedId, id: &str, title: &str, text: &str| {
        let entries = vec![told(id, &format!("https://x.example/{id}"), title, text)];
        brought(feed, NOW, document(&path, feed, NOW, entries, &AT_ONCE))
    };
    // Without an index nothing can be compared: a batch does it.
    let (writer, thread) = start(store);
    assert_eq!(submit(&writer, polled(feed, "0", "A long way down", "Short.")).await.unwrap().n_ready, 1);
    assert!(!writer.has_index());
    assert!(writer.hand_over(story::Index::new(WINDOW), PLAN, writer.epoch()).await.unwrap());
    assert!(writer.has_index());
    let change = submit(&writer, polled(feed, "1", "A record neutrino", TEXTS[0])).await.unwrap();
    assert_eq!((change.new.len(), change.n_settled, change.n_ready), (1, 1, 0));
    assert_eq!(submit(&writer, polled(other, "2", "The record neutrino", TEXTS[0])).await.unwrap().n_settled, 1);
    // A poll that fails may have left its entries in the index: it is built anew before anything else is settled.
    assert!(submit(&writer, failing(polled(other, "3", "A record neutrino", TEXTS[0]))).await.is_err());
    assert!(!writer.has_index());
    drop(writer);
    thread.join().unwrap();
    let reader = Reader::open(&path).unwrap();
    let found = reader.select(&Selection { query: "neutrino".parse().unwrap(), ..Selection::default() }).unwrap();
    let [found] = found[..] else { panic!("{found:?}") };
    let members = reader.story(found).unwrap().unwrap().members;
    assert_eq!(members.iter().map(|member| member.rung.as_str()).collect::<Vec<_>>(), ["first", "text"]);
}

#[tokio::test]
async fn a_document_that_was_decided_on_an_older_state_is_refused_and_taken_in_anew() {
    let mut bed = bed();
    bed.poll_at_once(bed.feed, vec![entry("1", "https://a.example/1", "One")]);
    bed.index_now();
    let twice = |bed: &Bed| {
        poll(
            &bed.path,
            bed.feed,
            NOW,
            vec![entry("1", "https://a.example/1", "One, edited"), entry("2", "https://a.example/2", "Two")],
        )
    };
    let older = twice(&bed);
    // The same document by another way, as a hub pushes what a poll finds too.
    let pushed = document(&bed.path, bed.feed, NOW, vec![entry("2", "https://a.example/2", "Two")], &AT_ONCE);
    let push = |document| Command::Pushed { feed: bed.feed, document, at: NOW };
    let (push, push_again) = (push(pushed.clone()), push(pushed));
    assert_eq!(bed.commit(push).n_settled, 1);
    let before = crate::tables::rows(&bed.path);
    let epoch = bed.store.epoch();
    for refused in [Command::Polled(Box::new(older.clone())), push_again.clone()] {
        assert!(matches!(bed.store.commit(refused), Err(WriteError::Stale)));
        assert_eq!(crate::tables::rows(&bed.path), before);
        assert!(bed.store.has_index() && bed.store.epoch() == epoch);
    }
    // Through the writer too, and those beside it in the transaction are not harmed.
    let Bed { folder: _folder, path, store, feed, .. } = bed;
    let (writer, thread) = start(store);
    assert!(writer.hand_over(index_of(&path), PLAN, writer.epoch()).await.unwrap());
    let after = Command::Heartbeat { at: NOW };
    let (stale, push, beat) = tokio::join!(submit(&writer, older), writer.submit(push_again), writer.submit(after));
    assert!(matches!((stale, push, beat), (Err(WriteError::Stale), Err(WriteError::Stale), Ok(_))));
    assert!(writer.has_index());
    // Taken in anew it says what is left to say.
    let anew = document(
        &path,
        feed,
        NOW,
        vec![entry("1", "https://a.example/1", "One, edited"), entry("2", "https://a.example/2", "Two")],
        &AT_ONCE,
    );
    let committed = submit(&writer, brought(feed, NOW, anew)).await.unwrap();
    assert_eq!((committed.new.len(), committed.edited.len()), (0, 1));
    drop(writer);
    thread.join().unwrap();
    assert_eq!(Reader::open(&path).unwrap().counts().unwrap().entries, 2);
    assert_eq!(hidden(&path), [""; 0]);
}

/// A command that fails takes the index with it: what follows in its transaction waits, here and where all of it is done
/// again.
#[tokio::test]
async fn a_record_knows_where_the_index_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (path, record) = (folder.path().join("courant.db"), folder.path().join("record.jsonl"));
    let store = open(&path);
    let mut recorder = Recorder::open(&record).unwrap();
    recorder.note(&Recorded::Opened { at: NOW, instance: store.instance() });
    let (writer, thread) = Writer::start(store, Box::new(|_| {}), Some(recorder));
    let list = ["a", "b", "c"].map(|name| Subscription::new(format!("https://{name}.example/feed"))).to_vec();
    writer.submit(Command::Subscribe { list, at: NOW }).await.unwrap();
    assert!(writer.hand_over(index_of(&path), PLAN, writer.epoch()).await.unwrap());
    let polled = |feed: i64| {
        let entries = vec![told("1", &format!("https://{feed}.example/1"), "A record neutrino", TEXTS[0])];
        brought(FeedId(feed), NOW, document(&path, FeedId(feed), NOW, entries, &AT_ONCE))
    };
    let (before, failed, after) = (polled(1), failing(polled(2)), polled(3));
    let (before, failed, after) = tokio::join!(submit(&writer, before), submit(&writer, failed), submit(&writer, after));
    assert!(failed.is_err());
    assert_eq!((before.unwrap().n_settled, after.unwrap().n_settled), (1, 0));
    assert!(writer.hand_over(index_of(&path), PLAN, writer.epoch()).await.unwrap());
    let waiting = Reader::open(&path).unwrap().to_settle(10).unwrap();
    let batch = waiting.iter().map(|entry| ingest::settling(entry, Dedupe::Story)).collect();
    assert_eq!(writer.submit(Command::Settle { batch, at: NOW }).await.unwrap().n_settled, 1);
    drop(writer);
    thread.join().unwrap();
    let again = folder.path().join("again.db");
    let record = std::fs::read(record).unwrap();
    assert_eq!(courant::daemon::replay(&record[..], &again).unwrap(), 4);
    assert_eq!(crate::tables::differences(&path, &again), [""; 0]);
}

#[tokio::test]
async fn what_is_committed_comes_from_the_log_into_the_database_behind_the_writer() {
    let Bed { folder: _folder, path, store, feed, .. } = bed();
    let (writer, thread) = start(store);
    let size = || std::fs::metadata(&path).unwrap().len();
    // More than the thread waits for, and less than the 4,000 pages of log that SQLite itself waits for at a commit.
    let text = "All work and no play. ".repeat(10_000);
    for n in 0..64 {
        let entries = vec![told(&n.to_string(), &format!("https://a.example/{n}"), &n.to_string(), &text)];
        let polled = brought(feed, NOW, document(&path, feed, NOW, entries, &BY_ADDRESS));
        submit(&writer, polled).await.unwrap();
    }
    let begun = std::time::Instant::now();
    let log = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
    assert!(log < 4_000 * 4_096, "{log} bytes of log");
    while size() < 8_000_000 {
        assert!(begun.elapsed().as_secs() < 60, "{} bytes", size());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    drop(writer);
    thread.join().unwrap();
}
