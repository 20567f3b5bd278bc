//! A person's word: splits, merges, and that undone.

use crate::bed::*;
use courant::model::{Dedupe, StoryId, Timestamp};
use courant::records::Correction;
use courant::store::Selection;
use proptest::prelude::*;

#[test]
fn a_split_holds_through_edits_and_restarts_and_can_be_undone() {
    let (mut bed, other) = Bed::two_stories();
    assert_eq!(bed.partition(), [vec!["a1", "b1"], vec!["a2", "b2"]]);
    let (split, story) = bed.titled("b1");
    bed.correct(Correction::Split { story, entries: vec![split] }).unwrap();
    assert_eq!(bed.partition(), [vec!["a1"], vec!["a2", "b2"], vec!["b1"]]);
    // Its address still says that it is one story; the person's word is stronger, after a restart too.
    bed.store = open(&bed.path);
    bed.poll(other, NOW, vec![entry("1", "https://a.example/story/one", "b1 edited")]);
    bed.settle();
    assert_eq!(bed.partition(), [vec!["a1"], vec!["a2", "b2"], vec!["b1 edited"]]);
    let member = bed.reader().story(bed.titled("b1").1).unwrap().unwrap().members.remove(0);
    assert_eq!(member.rung, "person");

    bed.correct(Correction::Undo).unwrap();
    assert_eq!(bed.partition(), [vec!["a1", "b1 edited"], vec!["a2", "b2"]]);
    assert!(bed.correct(Correction::Undo).unwrap_err().contains("nothing"));
}

#[test]
fn a_merge_redirects_for_as_long_as_it_holds() {
    let (mut bed, _) = Bed::two_stories();
    let ((_, into), (_, from)) = (bed.titled("a2"), bed.titled("a1"));
    let reader = bed.reader();
    let urn = reader.published(&[from]).unwrap().remove(0).id;
    bed.correct(Correction::Merge { into, from }).unwrap();
    assert_eq!(bed.partition(), [vec!["a1", "a2", "b1", "b2"]]);
    assert_eq!(reader.find_story(&urn).unwrap(), Some(into));
    assert_eq!(reader.select(&Selection::default()).unwrap(), [into]);
    assert_eq!(reader.select(&Selection { query: "sources:>=2".parse().unwrap(), ..Selection::default() }).unwrap(), [into]);
    bed.correct(Correction::Undo).unwrap();
    assert_eq!(bed.partition(), [vec!["a1", "b1"], vec!["a2", "b2"]]);
    assert_eq!(reader.find_story(&urn).unwrap(), Some(from));
    assert_eq!(reader.published(&[from]).unwrap().remove(0).id, urn);
}

#[test]
fn corrections_that_cannot_be_change_nothing() {
    let (mut bed, _) = Bed::two_stories();
    let before = crate::tables::rows(&bed.path);
    let ((a1, one), (b1, _), (a2, two)) = (bed.titled("a1"), bed.titled("b1"), bed.titled("a2"));
    let epoch = bed.store.epoch();
    for wrong in [
        Correction::Split { story: one, entries: vec![a2] },
        Correction::Split { story: one, entries: vec![a1, b1] },
        Correction::Split { story: one, entries: vec![] },
        Correction::Split { story: StoryId(99), entries: vec![a1] },
        Correction::Merge { into: one, from: one },
        Correction::Merge { into: two, from: StoryId(99) },
        Correction::Undo,
    ] {
        assert!(bed.correct(wrong.clone()).is_err(), "{wrong:?}");
    }
    assert_eq!(crate::tables::rows(&bed.path), before);
    assert!(bed.store.epoch() == epoch && bed.store.has_index());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is said, in whatever order, with edits between: what was last said holds, and undoing all of it
    /// brings back what was.
    #[test]
    fn what_a_person_said_holds(steps in prop::collection::vec((0..3_u8, 0..4_usize, 0..4_usize), 1..12)) {
        let (mut bed, other) = Bed::two_stories();
        let before = bed.partition();
        let titles = ["a1", "b1", "a2", "b2"];
        let mut n_said = 0;
        for (at, (kind, a, b)) in steps.into_iter().enumerate() {
            let ((first, of_first), (second, of_second)) = (bed.titled(titles[a]), bed.titled(titles[b]));
            if kind == 0 {
                let (feed, id) = (if titles[a].starts_with('a') { bed.feed } else { other }, &titles[a][1..]);
                let link = format!("https://a.example/story/{}", if id == "1" { "one" } else { "two" });
                bed.poll(feed, NOW, vec![entry(id, &link, &format!("{} {at}", titles[a]))]);
                bed.settle();
                continue;
            }
            let said = match kind {
                1 => Correction::Split { story: of_first, entries: vec![first] },
                _ => Correction::Merge { into: of_first, from: of_second },
            };
            if bed.correct(said.clone()).is_ok() {
                n_said += 1;
                bed.settle();
                let (now, then) = (bed.titled(titles[a]).1, bed.titled(titles[b]).1);
                prop_assert_eq!(kind == 2 || first == second, now == then, "{:?}", said);
            }
        }
        for _ in 0..n_said {
            bed.correct(Correction::Undo).unwrap();
        }
        let plain = |partition: Vec<Vec<String>>| -> Vec<Vec<String>> {
            partition.into_iter().map(|story| story.into_iter().map(|title| title[..2].to_owned()).collect()).collect()
        };
        prop_assert_eq!(plain(bed.partition()), plain(before));
    }
}

#[test]
fn a_rehearsal_says_what_would_change_and_changes_nothing() {
    let (mut bed, _) = Bed::two_stories();
    let rehearse = |bed: &Bed, dedupe: Dedupe| courant::daemon::recluster(&bed.reader(), WINDOW, dedupe, Timestamp(0)).unwrap();
    let same = rehearse(&bed, Dedupe::Address);
    assert_eq!((same.n_entries, same.n_stories, same.n_stories_anew, same.changes.len()), (4, 2, 2, 0));
    // What a person said would come out again.
    let (split, story) = bed.titled("b1");
    bed.correct(Correction::Split { story, entries: vec![split] }).unwrap();
    let stored = bed.partition();
    let after = rehearse(&bed, Dedupe::Address);
    assert_eq!((after.n_stories, after.changes.len()), (3, 0));
    // With nothing compared, every entry would be alone.
    let alone = rehearse(&bed, Dedupe::Off);
    assert_eq!((alone.n_stories_anew, alone.changes.len()), (4, 1));
    assert_eq!(bed.partition(), stored);
}
