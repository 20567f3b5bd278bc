//! The story index and a person's word: one that was read before it is refused, one that is there follows it.

use crate::bed::*;
use crate::writer::{start, submit};
use courant::feed::ParsedEntry;
use courant::model::{Dedupe, FeedId};
use courant::records::{Command, Correction, StoryChange};
use courant::store::Reader;

/// Feeds `a` and `b` with a story each, of texts that have nothing in common, and a third feed without entries.
fn two_texts() -> (Bed, FeedId, FeedId) {
    let mut bed = bed();
    let added = bed.subscribe(&["https://a.example/feed", "https://b.example/feed", "https://c.example/feed"]);
    bed.index_now();
    bed.poll_at_once(bed.feed, vec![told("1", "https://a.example/one", "a: neutrinos", TEXTS[0])]);
    bed.poll_at_once(added[0], vec![told("2", "https://b.example/two", "b: Rotterdam electrifies its quays", TEXTS[1])]);
    assert_eq!(bed.partition().len(), 2);
    (bed, added[0], added[1])
}

/// Another report with the text of story `b`, and nothing else of it.
fn same_text(id: &str) -> ParsedEntry {
    told(id, &format!("https://c.example/{id}"), "c: Rotterdam electrifies the quays", TEXTS[1])
}

/// Another report at the address of story `b`, and nothing else of it.
fn same_address(id: &str) -> ParsedEntry {
    told(id, "https://b.example/two?utm_source=c", "c: a bakery for goalkeepers", TEXTS[2])
}

/// What may come between the reading of an index and its handing over.
#[derive(Clone, Copy, Debug)]
enum Between {
    Merge,
    Split,
    Undo,
    Purge,
}

impl Between {
    /// The bed as the index is read, and the command that comes after.
    fn bed(self) -> (Bed, FeedId, Command) {
        let (mut bed, b, c) = two_texts();
        let ((_, into), (of_b, from)) = (bed.titled("a:"), bed.titled("b:"));
        let merge = Correction::Merge { into, from };
        let correction = match self {
            Between::Purge => return (bed, c, Command::Remove { feed: b, purge: true, at: NOW }),
            Between::Merge => merge,
            Between::Split => {
                bed.correct(merge).unwrap();
                Correction::Split { story: into, entries: vec![of_b] }
            }
            Between::Undo => {
                bed.correct(merge).unwrap();
                Correction::Undo
            }
        };
        (bed, c, Command::Correct { correction, at: NOW })
    }
}

/// The entry that came last joined the story of `b`.
fn is_of_both(titles: &[String]) -> bool {
    ["b:", "c:"].iter().all(|begin| titles.iter().any(|title| title.starts_with(begin)))
}

const ALL: [Between; 4] = [Between::Merge, Between::Split, Between::Undo, Between::Purge];

#[test]
fn an_index_that_was_read_before_a_correction_or_a_purge_is_refused() {
    for between in ALL {
        let (mut bed, c, command) = between.bed();
        bed.store.forget_index();
        let (epoch, read) = (bed.store.epoch(), index_of(&bed.path));
        bed.commit(command);
        assert!(!bed.store.set_index(read, epoch), "{between:?}");
        assert!(!bed.store.has_index());
        // Without one nothing is compared: it waits.
        let committed = bed.poll_at_once(c, vec![same_text("1")]);
        assert_eq!((committed.n_settled, committed.n_ready), (0, 1), "{between:?}");
        assert_eq!(bed.settle_by(Dedupe::Story), 0);
        bed.index_now();
        assert_eq!(bed.settle_by(Dedupe::Story), 1);
        assert_eq!(bed.partition().iter().any(|story| is_of_both(story)), !matches!(between, Between::Purge), "{between:?}");
        assert_eq!(hidden(&bed.path), [""; 0], "{between:?}");
    }
}

#[tokio::test]
async fn the_writer_refuses_it_too() {
    for between in ALL {
        let (bed, c, command) = between.bed();
        let Bed { folder: _folder, path, mut store, .. } = bed;
        store.forget_index();
        let (writer, thread) = start(store);
        let (epoch, read) = (writer.epoch(), index_of(&path));
        writer.submit(command).await.unwrap();
        assert!(!writer.hand_over(read, PLAN, epoch).await.unwrap(), "{between:?}");
        assert!(!writer.has_index());
        assert!(writer.hand_over(index_of(&path), PLAN, writer.epoch()).await.unwrap());
        assert!(writer.has_index());
        let joins = brought(c, NOW, document(&path, c, NOW, vec![same_text("1")], &AT_ONCE));
        let joined = submit(&writer, joins).await.unwrap();
        assert_eq!(joined.n_settled, 1);
        let founded = joined.stories.iter().any(|(_, change)| *change == StoryChange::Founded);
        assert_eq!(founded, matches!(between, Between::Purge), "{between:?}");
        assert_eq!(hidden(&path), [""; 0], "{between:?}");
        drop(writer);
        thread.join().unwrap();
        assert!(Reader::open(&path).unwrap().damage().unwrap().is_empty());
    }
}

/// What a rebuilding would not see is done by the index that is there.
#[test]
fn a_correction_keeps_the_index_and_what_follows_joins_where_the_person_put_it() {
    for (by_address, between) in [false, true].into_iter().flat_map(|by| ALL.map(|between| (by, between))) {
        let (mut bed, c, command) = between.bed();
        let was = bed.titled("b:").1;
        bed.commit(command);
        assert!(bed.store.has_index(), "{between:?}");
        let next = if by_address { same_address("1") } else { same_text("1") };
        assert_eq!(bed.poll_at_once(c, vec![next]).n_settled, 1);
        let joined = bed.titled("c:").1;
        match between {
            Between::Merge => assert_eq!((joined, bed.titled("b:").1), (bed.titled("a:").1, joined)),
            Between::Split | Between::Undo => {
                assert_eq!(joined, bed.titled("b:").1, "{between:?}, by address: {by_address}");
                assert_ne!(joined, bed.titled("a:").1, "{between:?}, by address: {by_address}");
            }
            Between::Purge => assert!(joined != was && joined != bed.titled("a:").1),
        }
        assert_eq!(hidden(&bed.path), [""; 0], "{between:?}, by address: {by_address}");
    }
}

#[test]
fn what_its_feed_dates_long_ago_is_compared_after_a_start_as_before_it() {
    for restarted in [false, true] {
        let mut bed = bed();
        let c = bed.subscribe(&["https://a.example/feed", "https://c.example/feed"])[0];
        bed.index_now();
        let old = Some(NOW.minus(WINDOW * 9));
        let report = |id, link, title| ParsedEntry { published: old, ..told(id, link, title, TEXTS[1]) };
        bed.poll_at_once(bed.feed, vec![report("1", "https://a.example/one", "a: Rotterdam electrifies its quays")]);
        if restarted {
            bed.index_now();
        }
        bed.poll_at_once(c, vec![report("2", "https://c.example/two", "c: Rotterdam electrifies the quays")]);
        assert_eq!(bed.partition().len(), 1, "restarted: {restarted}");
    }
}
