//! The file: bodies packed without a reader noticing, copies stored once, a log that does not stay large, room given back.

use crate::bed::*;
use courant::feed::ParsedEntry;
use courant::records::Command;
use courant::store::{Effort, Reader};
use std::path::Path;

/// A text of its own for each number, of a few thousand letters: longer than what a dictionary is made of.
fn long(n: usize) -> String {
    let sentence =
        |i: usize| format!("In line {i} of story {n} the {} said – {} times – that {}. ", i * 7 % 31, n + i, TEXTS[(n + i) % 4]);
    (0..12).map(sentence).collect()
}

fn entries(range: std::ops::Range<usize>) -> Vec<ParsedEntry> {
    range.map(|n| told(&n.to_string(), &format!("https://a.example/{n}"), &format!("Number {n}"), &long(n))).collect()
}

fn count(path: &Path, sql: &str) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn pack_all(bed: &mut Bed) {
    let reader = bed.reader();
    if let Some(dictionary) = reader.train(NOW).unwrap() {
        bed.commit(Command::AddDictionary { dictionary });
    }
    loop {
        let bodies = reader.pack(100, Effort::Quick).unwrap();
        if bodies.is_empty() {
            break;
        }
        bed.commit(Command::Pack { bodies });
    }
}

#[test]
fn packed_bodies_are_read_as_they_were() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, entries(0..600));
    while bed.settle() > 0 {}
    let (before, plain) =
        (format!("{:?}", bed.published()), count(&bed.path, "SELECT sum(octet_length(html)) FROM entry_bodies"));
    let found = bed.find("rotterdam \"story 7 \"");
    pack_all(&mut bed);
    assert_eq!(count(&bed.path, "SELECT count(*) FROM dictionaries"), 1);
    assert_eq!(count(&bed.path, "SELECT sum(octet_length(html)) FROM entry_bodies"), 0);
    let packed = count(&bed.path, "SELECT sum(octet_length(data)) FROM bodies");
    assert!(packed * 4 < plain, "{packed} of {plain}");
    assert_eq!(format!("{:?}", bed.published()), before);
    assert_eq!(bed.find("rotterdam \"story 7 \""), found);
    assert_eq!(hidden(&bed.path), [""; 0]);
    // An edit is plain again, and leaves no packed body behind.
    let mut edited = entries(0..1);
    edited[0].content = Some("<p>All of it was wrong.</p>".into());
    bed.poll(bed.feed, NOW, edited);
    bed.settle();
    assert_eq!(count(&bed.path, "SELECT count(*) FROM bodies"), 599);
    assert!(bed.find("wrong").len() == 1);
    pack_all(&mut bed);
    assert_eq!(count(&bed.path, "SELECT count(*) FROM bodies"), 600);
    // A purge takes all of them.
    bed.remove(bed.feed, true);
    assert_eq!(count(&bed.path, "SELECT count(*) FROM bodies"), 0);
}

#[test]
fn another_dictionary_is_made_where_it_is_worth_it_and_not_tried_with_every_body() {
    let mut bed = bed();
    let n_dictionaries = |bed: &Bed| count(&bed.path, "SELECT count(*) FROM dictionaries");
    bed.poll(bed.feed, NOW, entries(0..600));
    pack_all(&mut bed);
    assert!(bed.reader().train(NOW).unwrap().is_none(), "there is nothing new yet");
    // As much again of the same kind: one is tried, and is not worth it.
    bed.poll(bed.feed, NOW, entries(600..1_250));
    pack_all(&mut bed);
    assert!(bed.reader().train(NOW).unwrap().is_some_and(|tried| tried.data.is_none()));
    pack_all(&mut bed);
    assert!(bed.reader().train(NOW).unwrap().is_none(), "that is remembered");
    assert_eq!(n_dictionaries(&bed), 1);
    // Feeds that write in another way.
    let other = |n: usize| {
        let words = |i: usize| format!("Satz {i}: {} Boote liefen um {} Uhr aus, so das Hafenamt von Husum. ", n + i, i * 5 % 24);
        told(
            &format!("de-{n}"),
            &format!("https://a.example/de/{n}"),
            &format!("Nummer {n}"),
            &(0..12).map(words).collect::<String>(),
        )
    };
    bed.poll(bed.feed, NOW, (0..1_400).map(other).collect());
    pack_all(&mut bed);
    pack_all(&mut bed);
    assert_eq!(n_dictionaries(&bed), 2);
    while bed.settle() > 0 {}
    assert!(bed.find("\"story 7 \"").len() == 1 && !bed.find("husum").is_empty(), "what the old one packed is read still");
    assert_eq!(hidden(&bed.path), [""; 0]);
}

#[test]
fn a_copy_is_stored_once() {
    let mut bed = bed();
    let other = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
    bed.poll(bed.feed, NOW, entries(0..5));
    bed.poll(other, NOW, entries(0..5));
    pack_all(&mut bed);
    assert_eq!(count(&bed.path, "SELECT count(*) FROM bodies WHERE n_uses = 2"), 5);
    bed.remove(other, true);
    assert_eq!(count(&bed.path, "SELECT count(*) FROM bodies WHERE n_uses = 1"), 5);
    bed.settle();
    assert!(bed.published().iter().all(|story| story.html.contains("In line 0")));
}

#[test]
fn a_body_that_changed_while_it_was_packed_stays_as_it_is() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, entries(0..1));
    let bodies = bed.reader().pack(10, Effort::Quick).unwrap();
    let mut edited = entries(0..1);
    edited[0].content = Some("<p>Another text.</p>".into());
    bed.poll(bed.feed, NOW, edited);
    bed.commit(Command::Pack { bodies });
    assert_eq!(count(&bed.path, "SELECT count(*) FROM bodies"), 0);
    bed.settle();
    assert!(bed.published()[0].html.contains("Another text"));
}

#[test]
fn a_reader_that_holds_a_snapshot_leaves_no_large_log_behind() {
    let mut bed = bed();
    let log = bed.path.with_file_name("courant.db-wal");
    let size = || log.metadata().unwrap().len();
    let holder = rusqlite::Connection::open(&bed.path).unwrap();
    holder.execute_batch("BEGIN; SELECT count(*) FROM entries").unwrap();
    for n in 0..60 {
        bed.poll(bed.feed, NOW, entries(n * 100..(n + 1) * 100));
    }
    assert!(size() > 20_000_000, "{}", size());
    holder.execute_batch("COMMIT").unwrap();
    for n in 0..3 {
        bed.poll(bed.feed, NOW, entries(n..n + 1));
        bed.commit(Command::Heartbeat { at: NOW });
    }
    assert!(size() <= 16_400_000, "{}", size());
}

#[test]
fn what_the_log_held_back_during_a_backup_is_not_left_to_the_next_commit() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, entries(0..50));
    // As it lies, without the log.
    let in_file = || {
        let address = format!("file://{}?immutable=1", bed.path.display());
        let file = rusqlite::Connection::open(address).unwrap();
        file.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0)).unwrap_or(0)
    };
    assert_eq!(in_file(), 0);
    bed.reader().back_up(&bed.path.with_file_name("copy.db")).unwrap();
    assert_eq!(in_file(), 0, "whoever makes a copy only reads");
    courant::store::empty_log(&bed.path);
    assert_eq!(in_file(), 50);
}

#[tokio::test]
async fn room_is_given_back_while_nothing_else_is_to_be_done() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, entries(0..500));
    bed.settle();
    bed.remove(bed.feed, true);
    let pages = |path: &Path| (count(path, "PRAGMA page_count"), count(path, "PRAGMA freelist_count"));
    let before = pages(&bed.path);
    assert!(before.1 > 500, "{before:?}");
    let Bed { folder: _folder, path, store, .. } = bed;
    let (writer, thread) = crate::writer::start(store);
    while writer.tidy().await.unwrap() {}
    let after = pages(&path);
    assert!(after.1 == 0 && after.0 < before.0 - 500, "{before:?} {after:?}");
    drop(writer);
    thread.join().unwrap();
    assert!(Reader::open(&path).unwrap().damage().unwrap().is_empty());
}

#[test]
fn compacting_makes_an_older_file_one_that_gives_room_back() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, entries(0..50));
    bed.settle();
    let before = format!("{:?}", bed.published());
    let older = rusqlite::Connection::open(&bed.path).unwrap();
    older.execute_batch("PRAGMA auto_vacuum = NONE; VACUUM").unwrap();
    drop(older);
    assert_eq!(count(&bed.path, "PRAGMA auto_vacuum"), 0);
    bed.store.compact().unwrap();
    assert_eq!((count(&bed.path, "PRAGMA auto_vacuum"), count(&bed.path, "PRAGMA freelist_count")), (2, 0));
    assert_eq!(format!("{:?}", bed.published()), before);
}
