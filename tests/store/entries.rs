//! Entries: known again by id, else by link; edited, never doubled; searched.

use crate::bed::*;
use courant::feed::ParsedEntry;
use courant::model::Timestamp;
use courant::store::Selection;
use std::time::Duration;

#[test]
fn a_poll_twice_is_a_poll_once() {
    let mut bed = bed();
    let entries = vec![entry("1", "https://a.example/1", "One"), entry("2", "https://a.example/2", "Two")];
    let first = bed.poll(bed.feed, NOW, entries.clone());
    let again = bed.poll(bed.feed, NOW, entries);
    assert_eq!((first.new.len(), again.new.len(), again.edited.len()), (2, 0, 0));
    assert_eq!(bed.settle(), 2);
    assert_eq!(bed.settle(), 0);
    let counts = bed.reader().counts().unwrap();
    assert_eq!((counts.entries, counts.stories, counts.pending), (2, 2, 0));
}

#[test]
fn an_entry_that_comes_back_under_a_new_id_is_the_same_entry() {
    let mut bed = bed();
    for poll in 0..5 {
        bed.poll(bed.feed, NOW, vec![entry(&format!("id{poll}"), "https://a.example/1", "One")]);
    }
    assert_eq!(bed.reader().counts().unwrap().entries, 1);
    // Both ids in one document: two entries, whatever they link to.
    let both = vec![entry("x", "https://a.example/both", "X"), entry("y", "https://a.example/both", "Y")];
    bed.poll(bed.feed, NOW, both.clone());
    assert_eq!(bed.reader().counts().unwrap().entries, 3);
    bed.poll(bed.feed, NOW, both);
    assert_eq!(bed.reader().counts().unwrap().entries, 3);
    // A link that two entries have says of neither that it came back.
    bed.poll(bed.feed, NOW, vec![entry("z", "https://a.example/both", "Z")]);
    assert_eq!(bed.reader().counts().unwrap().entries, 4);
}

#[test]
fn an_entry_that_is_renamed_is_known_by_its_new_id_and_not_by_the_old_one() {
    let mut bed = bed();
    let polled = |bed: &mut Bed, id: &str, link: &str, title: &str| {
        let committed = bed.poll(bed.feed, NOW, vec![entry(id, link, title)]);
        (committed.new.len(), committed.edited.len())
    };
    assert_eq!(polled(&mut bed, "old", "https://a.example/1", "One"), (1, 0));
    assert_eq!(polled(&mut bed, "new", "https://a.example/1", "One"), (0, 0));
    // By its id alone, with another link.
    assert_eq!(polled(&mut bed, "new", "https://a.example/moved", "One"), (0, 1));
    assert_eq!(polled(&mut bed, "old", "https://a.example/other", "Another"), (1, 0));
    // Renamed and edited at once.
    let edited = told("newest", "https://a.example/moved", "One", "Told at length.");
    let committed = bed.poll(bed.feed, NOW, vec![edited]);
    assert_eq!((committed.new.len(), committed.edited.len()), (0, 1));
    // Another id at the old link, and nothing in common: another entry.
    assert_eq!(polled(&mut bed, "next", "https://a.example/moved", "Two"), (1, 0));
    assert_eq!(bed.reader().counts().unwrap().entries, 3);
}

#[test]
fn an_edit_keeps_the_entry_and_the_published_id() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "Before")]);
    bed.settle();
    let before = bed.published().remove(0);
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "After")]);
    bed.settle();
    let after = bed.published().remove(0);
    assert_eq!((before.id.as_str(), before.published, after.title.as_str()), (after.id.as_str(), after.published, "After"));
    assert!(after.updated > before.updated);
}

#[test]
fn edits_without_end_are_bounded() {
    let mut bed = bed();
    let edited: usize = (0..100)
        .map(|n| bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", &format!("Counter {n}"))]).edited.len())
        .sum();
    assert!((1..=30).contains(&edited), "{edited}");
}

#[test]
fn the_same_address_is_one_story_with_both_sources() {
    let mut bed = bed();
    let other = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/story/one", "One")]);
    bed.poll(other, NOW, vec![entry("7", "https://a.example/story/one?utm_source=b", "One")]);
    bed.settle();
    let stories = bed.published();
    assert_eq!((stories.len(), stories[0].sources.len()), (1, 2));
    let two = Selection { query: "sources:>=2".parse().unwrap(), ..Selection::default() };
    assert!(bed.reader().select(&two).unwrap().is_empty(), "a copy counts with its original");
}

#[test]
fn ids_are_minted_equal_again() {
    let publish = |bed: &mut Bed| {
        bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
        bed.settle();
        bed.published().remove(0).id
    };
    let mut bed = bed();
    // The second database is the first as it was before the poll: as after a power loss.
    let second = bed.copy("second.db");
    let first = publish(&mut bed);
    (bed.store, bed.path) = (open(&second), second);
    assert_eq!(bed.reader().counts().unwrap().entries, 0);
    assert_eq!(first, publish(&mut bed));
    assert!(first.starts_with("urn:uuid:"));
}

#[test]
fn search_finds_words_and_parts_of_chinese() {
    let mut bed = bed();
    let entries = vec![
        entry("1", "https://a.example/1", "谷歌一劍封喉奧特曼"),
        entry("2", "https://a.example/2", "Rust 2.0; DROP TABLE entries -- \" OR 1"),
        entry("3", "https://a.example/3", "Trusted computing"),
    ];
    bed.poll(bed.feed, NOW, entries);
    bed.settle();
    assert_eq!(bed.find("谷歌"), ["谷歌一劍封喉奧特曼"]);
    assert_eq!(bed.find("劍"), ["谷歌一劍封喉奧特曼"]);
    assert_eq!(bed.find("谷一"), [""; 0]);
    assert_eq!(bed.find("rust").len(), 1);
    assert_eq!(bed.find("rust -drop").len(), 0);
    assert_eq!(bed.find("Rust 2.0; DROP TABLE entries -- \" OR 1").len(), 1);
    assert_eq!(bed.find("").len(), 3);
}

#[test]
fn moments_never_tie_and_never_go_back() {
    let mut bed = bed();
    let entries = (0..50).map(|n| entry(&n.to_string(), &format!("https://a.example/{n}"), &format!("Entry {n}"))).collect();
    bed.poll(bed.feed, NOW, entries);
    // Ten years back: the clock, not the order.
    let past = NOW.minus(Duration::from_secs(10 * 366 * 86_400));
    bed.poll(bed.feed, past, vec![entry("later", "https://a.example/later", "Later")]);
    bed.settle();
    let stories = bed.published();
    let mut updated: Vec<Timestamp> = stories.iter().map(|story| story.updated).collect();
    assert_eq!(stories[0].title, "Later");
    updated.sort();
    updated.dedup();
    assert_eq!(updated.len(), 51);
}

#[test]
fn a_page_of_its_own_for_talk_is_a_discussion_and_the_entry_s_page_is_none() {
    let mut bed = bed();
    let board = bed.subscribe(&["https://a.example/feed", "https://board.example/rss"])[0];
    let talked = |id: &str, comments: &str| ParsedEntry {
        comments: Some(comments.into()),
        ..entry(id, "https://a.example/1", "A record neutrino")
    };
    bed.poll(bed.feed, NOW, vec![talked("1", "https://a.example/1/#comments")]);
    bed.poll(board, NOW, vec![talked("7", "https://board.example/item?id=7")]);
    bed.settle();
    let reader = bed.reader();
    let story = reader.published(&reader.select(&Selection::default()).unwrap()).unwrap().remove(0);
    let urls: Vec<_> = story.discussions.iter().map(|discussion| discussion.url.as_str()).collect();
    assert_eq!(urls, ["https://board.example/item?id=7"]);
    assert_eq!(story.discussions[0].feed_title, story.sources[1].feed_title);
}
