//! What is kept of the story index for the next start: an index that is made with it is the one that is made without it.

use crate::bed::*;
use courant::daemon;
use courant::model::Dedupe;
use courant::records::{Command, Correction};
use courant::store::Reader;
use std::path::{Path, PathBuf};

/// An index in full: every slot, posting, number and centroid of it.
fn made(path: &Path, kept: Option<&Path>) -> String {
    format!("{:?}", daemon::read_index(&Reader::open(path).unwrap(), &PLAN, kept).unwrap())
}

/// Two feeds that report four things each, three of them the same, settled by all that is compared.
fn reported() -> (Bed, PathBuf) {
    let mut bed = bed();
    let other = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
    let entries = |site: &str, from: usize| {
        let numbered = TEXTS.iter().enumerate().skip(from);
        numbered
            .map(|(n, text)| told(&format!("{n}"), &format!("https://{site}/{n}"), &format!("{n} of {site}: {text:.40}"), text))
            .collect()
    };
    bed.index_now();
    bed.poll(bed.feed, NOW, entries("a.example", 0));
    bed.poll(other, NOW, entries("b.example", 1));
    bed.settle_by(Dedupe::Story);
    assert_eq!(bed.partition().iter().filter(|story| story.len() == 2).count(), 3, "{:?}", bed.partition());
    let kept = bed.folder.path().join("courant.prepared");
    (bed, kept)
}

#[test]
fn what_is_kept_is_used_and_gives_the_same_index() {
    let (bed, kept) = reported();
    let without = made(&bed.path, None);
    assert_eq!(made(&bed.path, Some(&kept)), without);
    let written = std::fs::read(&kept).unwrap();
    assert_eq!(made(&bed.path, Some(&kept)), without);
    assert_eq!(std::fs::read(&kept).unwrap(), written, "nothing is written where nothing is new");
    // A body that changed without a stamp, which no command does, is not looked at.
    bed.raw("UPDATE entry_bodies SET html = '<p>nothing</p>', body = NULL");
    assert_eq!(made(&bed.path, Some(&kept)), without);
    assert_ne!(made(&bed.path, None), without);
}

#[test]
fn whatever_happens_to_the_database_meanwhile_the_index_is_the_same() {
    let (mut bed, kept) = reported();
    let mut steps = 0;
    let mut same = |bed: &Bed| {
        steps += 1;
        assert_eq!(made(&bed.path, Some(&kept)), made(&bed.path, None), "step {steps}");
    };
    same(&bed);
    // New ones, and an edit.
    bed.poll(
        bed.feed,
        NOW,
        vec![
            told("0", "https://a.example/0", "Now it is quite another thing", TEXTS[1]),
            told("9", "https://a.example/9", "New", TEXTS[2]),
        ],
    );
    same(&bed);
    bed.settle_by(Dedupe::Story);
    same(&bed);
    // A split, a merge, and both undone.
    let (entry, story) = bed.titled("1 of b");
    bed.correct(Correction::Split { story, entries: vec![entry] }).unwrap();
    same(&bed);
    bed.correct(Correction::Merge { into: bed.titled("2 of a").1, from: bed.titled("1 of b").1 }).unwrap();
    same(&bed);
    bed.correct(Correction::Undo).unwrap();
    bed.correct(Correction::Undo).unwrap();
    same(&bed);
    // A process that was killed before any of that was kept, and one that had kept what was never committed.
    let before = bed.copy("before.db");
    let old = std::fs::read(&kept).unwrap();
    bed.poll(bed.feed, NOW, vec![told("10", "https://a.example/10", "Later", TEXTS[3])]);
    bed.settle_by(Dedupe::Story);
    same(&bed);
    assert_eq!(made(&before, Some(&kept)), made(&before, None));
    std::fs::write(&kept, old).unwrap();
    same(&bed);
    // Entries that leave.
    let (feed, n_entries) = (bed.feed, bed.partition().concat().len());
    bed.remove(feed, true);
    assert!(bed.partition().concat().len() < n_entries);
    same(&bed);
    bed.commit(Command::Subscribe { list: Vec::new(), at: NOW });
    same(&bed);
}

#[test]
fn a_file_that_is_damaged_or_anothers_changes_nothing() {
    let (bed, kept) = reported();
    let without = made(&bed.path, None);
    made(&bed.path, Some(&kept));
    let whole = std::fs::read(&kept).unwrap();
    let tried = |bytes: &[u8]| {
        std::fs::write(&kept, bytes).unwrap();
        assert_eq!(made(&bed.path, Some(&kept)), without);
        // And what was not to be used is there again.
        assert_eq!(made(&bed.path, Some(&kept)), without);
    };
    for cut in (0..whole.len()).step_by(211) {
        tried(&whole[..cut]);
    }
    for at in (0..whole.len()).step_by(173) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        tried(&damaged);
    }
    tried(&[0xff; 4096]);
    // Of another database with the same entries.
    let other = bed.copy("other.db");
    rusqlite::Connection::open(&other).unwrap().execute("UPDATE meta SET value = 'other' WHERE key = 'instance'", []).unwrap();
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute("UPDATE entry_bodies SET html = '<p>other</p>', body = NULL", [])
        .unwrap();
    tried(&whole);
    assert_eq!(made(&other, Some(&kept)), made(&other, None));
    // Where no file can be.
    std::fs::remove_file(&kept).unwrap();
    std::fs::create_dir(&kept).unwrap();
    assert_eq!(made(&bed.path, Some(&kept)), without);
}

#[test]
fn the_file_does_not_grow_with_what_has_left() {
    let (mut bed, kept) = reported();
    let mut sizes = Vec::new();
    for round in 0..20 {
        let entries = (0..50).map(|n| {
            let text: String =
                (0..500).map(|word| format!("word{} ", (word * 7919 + n * 104_729 + round * 15_485_863) % 99_991)).collect();
            told(&format!("{n}"), &format!("https://a.example/{n}"), &format!("Number {n} in round {round}"), &text)
        });
        bed.poll(bed.feed, NOW, entries.collect());
        bed.settle_by(Dedupe::Story);
        made(&bed.path, Some(&kept));
        sizes.push(std::fs::metadata(&kept).unwrap().len());
    }
    assert!(sizes.windows(2).any(|pair| pair[1] < pair[0]), "it is written anew: {sizes:?}");
    assert!(sizes.iter().all(|size| *size < 3 << 20), "{sizes:?}");
    assert_eq!(made(&bed.path, Some(&kept)), made(&bed.path, None));
}
