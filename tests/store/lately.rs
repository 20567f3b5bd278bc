//! What each feed has brought lately, by known days.

use crate::bed::*;
use courant::model::Timestamp;
use courant::publish::Lately;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
const ALL: usize = 1_000;

/// A poll so many hours before now, with so many entries; the first with a whole text.
fn brought(bed: &mut Bed, hours_ago: u32, n: u32) {
    let entries = (0..n).map(|at| {
        let (id, text) = (format!("{hours_ago}-{at}"), "word ".repeat(if at == 0 { 600 } else { 3 }));
        told(&id, &format!("https://a.example/{id}"), &format!("Title {id}"), &text)
    });
    let now = NOW.plus(DAY * 40);
    bed.poll(bed.feed, now.minus(Duration::from_secs(3600) * hours_ago), entries.collect());
}

#[test]
fn days_that_are_whole() {
    let mut bed = bed();
    let now = NOW.plus(DAY * 40);
    let lately = |bed: &Bed, now: Timestamp, most| bed.reader().lately(now, most).unwrap().remove(&bed.feed);
    assert_eq!(lately(&bed, now, ALL), None);
    brought(&mut bed, 80, 2);
    // A database that began in the last day.
    let begun = lately(&bed, now.minus(3 * DAY), ALL).unwrap();
    assert_eq!(begun, Lately { days: vec![2], n_entries: 2, n_whole: 1, n_copies: 0 });
    brought(&mut bed, 50, 4);
    brought(&mut bed, 1, 3);
    bed.raw("UPDATE entries SET duplicate_of = 1 WHERE id IN (2, 4, 5)");
    // The first entry came 80 hours ago: that day is not whole.
    assert_eq!(lately(&bed, now, ALL), Some(Lately { days: vec![4, 0, 3], n_entries: 7, n_whole: 2, n_copies: 2 }));
    // Nor is one whose entries are too many to be looked at.
    assert_eq!(lately(&bed, now, 5), Some(Lately { days: vec![0, 3], n_entries: 3, n_whole: 1, n_copies: 0 }));
    assert_eq!(lately(&bed, now, 7), Some(Lately { days: vec![4, 0, 3], n_entries: 7, n_whole: 2, n_copies: 2 }));
    assert_eq!(lately(&bed, now, 2), None);
    // Twenty-eight days at most.
    let days = lately(&bed, now.plus(DAY * 26), ALL).unwrap().days;
    assert_eq!((days.len(), days.iter().sum::<u32>()), (28, 3));
    assert_eq!(lately(&bed, now.plus(DAY * 30), ALL), None);
}
