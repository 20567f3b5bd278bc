//! What a person has read and starred: it outlives merges, splits and their undoing, retention and exports; and the numbers by
//! which apps know stories.

use crate::bed::*;
use courant::model::{FeedId, StoryId, Timestamp};
use courant::records::{Command, Correction, Item, Marking, Reply, Retention};
use courant::store::{ItemFilter, Reader, import};
use std::time::Duration;

const BOTH: Marking = Marking { read: Some(true), starred: Some(true) };

fn mark(bed: &mut Bed, stories: &[StoryId], marking: Marking) -> usize {
    match bed.commit(Command::Mark { stories: stories.to_vec(), marking, at: NOW }).reply {
        Reply::Marked { n_stories } => n_stories,
        other => panic!("{other:?}"),
    }
}

fn listed(bed: &Bed, filter: &ItemFilter) -> Vec<Item> {
    bed.reader().items(filter, usize::MAX, NOW).unwrap().0
}

/// Number, read, starred of each item, the lowest number first.
fn states(bed: &Bed) -> Vec<(i64, bool, bool)> {
    let items = listed(bed, &ItemFilter { ascending: true, ..ItemFilter::default() });
    items.iter().map(|item| (item.story.0, item.read, item.starred)).collect()
}

#[test]
fn a_mark_is_found_again_and_asked_for_in_queries() {
    let (mut bed, _) = Bed::two_stories();
    let (_, one) = bed.titled("a1");
    assert_eq!((bed.find("is:unread").len(), bed.find("is:read").len()), (2, 0));
    assert_eq!(mark(&mut bed, &[one, StoryId(99)], Marking::READ), 1);
    assert_eq!(mark(&mut bed, &[one], Marking::READ), 0, "it is so already");
    assert_eq!((bed.find("is:read").len(), bed.find("-is:read"), bed.find("is:unread").len()), (1, bed.find("is:unread"), 1));
    assert_eq!(mark(&mut bed, &[one], Marking::STARRED), 1);
    assert_eq!((bed.find("is:starred is:read").len(), bed.find("is:starred is:unread").len()), (1, 0));
    assert_eq!(mark(&mut bed, &[one], Marking { read: Some(false), starred: Some(false) }), 1);
    assert_eq!(bed.find("is:read,starred").len(), 0);
}

#[test]
fn a_merge_is_read_and_starred_if_either_was_and_undone_is_as_it_was() {
    for (of_into, of_from) in [(Marking::default(), BOTH), (BOTH, Marking::default()), (Marking::READ, Marking::STARRED)] {
        let (mut bed, _) = Bed::two_stories();
        let ((_, into), (_, from)) = (bed.titled("a1"), bed.titled("a2"));
        mark(&mut bed, &[into], of_into);
        mark(&mut bed, &[from], of_from);
        let before = states(&bed);
        bed.correct(Correction::Merge { into, from }).unwrap();
        assert_eq!(states(&bed), [(into.0, true, true)], "{of_into:?} {of_from:?}");
        bed.correct(Correction::Undo).unwrap();
        assert_eq!(states(&bed), before, "{of_into:?} {of_from:?}");
    }
}

#[test]
fn a_mark_on_a_merged_number_goes_to_the_survivor() {
    let (mut bed, _) = Bed::two_stories();
    let ((_, into), (_, from)) = (bed.titled("a1"), bed.titled("a2"));
    bed.correct(Correction::Merge { into, from }).unwrap();
    assert_eq!(mark(&mut bed, &[from], BOTH), 1);
    assert_eq!(states(&bed), [(into.0, true, true)]);
    assert_eq!(bed.reader().item(from).unwrap().map(|item| item.story), Some(into));
    bed.correct(Correction::Undo).unwrap();
    let states = states(&bed);
    assert!(
        states.contains(&(into.0, true, true)) && states.contains(&(from.0, false, false)),
        "said of the survivor: {states:?}"
    );
}

#[test]
fn what_leaves_a_story_is_a_new_item_and_unread() {
    let (mut bed, _) = Bed::two_stories();
    let (leaving, story) = bed.titled("b1");
    mark(&mut bed, &[story], BOTH);
    bed.correct(Correction::Split { story, entries: vec![leaving] }).unwrap();
    let (_, new) = bed.titled("b1");
    assert!(states(&bed).contains(&(story.0, true, true)) && states(&bed).contains(&(new.0, false, false)));
    let newest = listed(&bed, &ItemFilter::default()).remove(0);
    assert_eq!(newest.story, new, "it comes after everything that was shown before");
    bed.correct(Correction::Undo).unwrap();
    assert!(states(&bed).contains(&(story.0, true, true)) && !states(&bed).iter().any(|(number, ..)| *number == new.0));
}

#[test]
fn a_star_that_the_leaving_part_got_is_not_lost_with_it() {
    let (mut bed, _) = Bed::two_stories();
    let (leaving, story) = bed.titled("b1");
    bed.correct(Correction::Split { story, entries: vec![leaving] }).unwrap();
    let (_, new) = bed.titled("b1");
    mark(&mut bed, &[new], BOTH);
    bed.correct(Correction::Undo).unwrap();
    assert!(states(&bed).contains(&(story.0, false, true)), "{:?}", states(&bed));
}

#[test]
fn a_story_that_grows_or_changes_keeps_its_number_and_its_state() {
    let (mut bed, other) = Bed::two_stories();
    let (_, story) = bed.titled("a1");
    mark(&mut bed, &[story], BOTH);
    let before = states(&bed);
    let shown = bed.reader().item(story).unwrap().unwrap().shown;
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/story/one", "a1 in other words")]);
    let third = bed.subscribe(&["https://a.example/feed", "https://b.example/feed", "https://c.example/feed"])[0];
    bed.poll(third, NOW, vec![entry("1", "https://a.example/story/one", "c1")]);
    bed.settle();
    assert_eq!(bed.partition()[0], ["a1 in other words", "b1", "c1"]);
    assert_eq!((states(&bed), bed.reader().item(story).unwrap().unwrap().shown), (before, shown));
    assert_ne!(other, third);
}

#[test]
fn numbers_and_moments_grow_together_and_are_never_given_again() {
    let mut bed = bed();
    let numbered = |n: usize| entry(&n.to_string(), &format!("https://a.example/{n}"), &format!("Number {n}"));
    bed.poll(bed.feed, NOW, (0..20).map(numbered).collect());
    bed.settle();
    // A clock that goes back changes no order.
    bed.poll(bed.feed, NOW.minus(Duration::from_secs(3600)), (0..25).map(numbered).collect());
    bed.settle();
    let items = listed(&bed, &ItemFilter { ascending: true, ..ItemFilter::default() });
    assert_eq!(items.len(), 25);
    assert!(items.is_sorted_by(|a, b| a.story < b.story && a.shown < b.shown));
    let last = items[24].story;
    bed.subscribe_to(Vec::new());
    bed.remove(bed.feed, true);
    assert_eq!(listed(&bed, &ItemFilter::default()).len(), 0);
    let feed = bed.subscribe(&["https://a.example/feed"])[0];
    bed.poll(feed, NOW, vec![numbered(30)]);
    bed.settle();
    assert!(listed(&bed, &ItemFilter::default())[0].story > last);
}

#[test]
fn a_page_goes_on_behind_a_number_whatever_was_read_meanwhile() {
    let mut bed = bed();
    let numbered = |n: usize| entry(&n.to_string(), &format!("https://a.example/{n}"), &format!("Number {n}"));
    bed.poll(bed.feed, NOW, (0..100).map(numbered).collect());
    bed.settle();
    let (mut seen, mut below) = (Vec::new(), None);
    loop {
        let filter = ItemFilter { read: Some(false), below, ..ItemFilter::default() };
        let (items, more) = bed.reader().items(&filter, 7, NOW).unwrap();
        let page: Vec<StoryId> = items.iter().map(|item| item.story).collect();
        mark(&mut bed, &page, Marking::READ);
        below = page.last().copied();
        seen.extend(page);
        if !more {
            break;
        }
    }
    assert!(seen.len() == 100 && seen.is_sorted_by(|a, b| a > b));
}

#[test]
fn an_item_stays_under_its_feed_and_moves_only_when_that_goes() {
    let (mut bed, other) = Bed::two_stories();
    let (_, story) = bed.titled("a1");
    let feeds = |bed: &Bed| -> Vec<FeedId> { listed(bed, &ItemFilter::default()).iter().map(|item| item.feed).collect() };
    assert_eq!(feeds(&bed), [bed.feed, bed.feed]);
    bed.subscribe_to(vec![courant::config::subscriptions::Subscription::new("https://b.example/feed")]);
    assert_eq!(feeds(&bed), [other, other]);
    // Nobody who is left tells them: only what is starred can still be found.
    mark(&mut bed, &[story], Marking::STARRED);
    bed.subscribe_to(Vec::new());
    assert_eq!(feeds(&bed), []);
    let starred = listed(&bed, &ItemFilter { starred: Some(true), ..ItemFilter::default() });
    assert_eq!(starred.iter().map(|item| item.story).collect::<Vec<_>>(), [story]);
}

#[test]
fn a_story_that_nobody_listed_tells_comes_under_the_feed_that_tells_it_next() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/story", "a1")]);
    bed.settle();
    let b = courant::config::subscriptions::Subscription::new("https://b.example/feed");
    let other = bed.subscribe_to(vec![b]).added[0];
    assert_eq!(listed(&bed, &ItemFilter::default()), []);
    bed.poll(other, NOW, vec![entry("1", "https://a.example/story", "b1")]);
    bed.settle();
    let items = listed(&bed, &ItemFilter::default());
    assert_eq!(items.iter().map(|item| (item.story, item.feed)).collect::<Vec<_>>(), [(bed.titled("a1").1, other)]);
}

#[test]
fn a_feed_that_is_subscribed_again_lists_what_it_tells() {
    let mut bed = bed();
    let [a, b] = ["https://a.example/feed", "https://b.example/feed"].map(courant::config::subscriptions::Subscription::new);
    let other = bed.subscribe_to(vec![a.clone(), b.clone()]).added[0];
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/story", "a1")]);
    bed.settle();
    bed.poll(other, NOW, vec![entry("1", "https://a.example/story", "b1")]);
    bed.settle();
    bed.subscribe_to(Vec::new());
    assert_eq!(listed(&bed, &ItemFilter::default()), []);
    bed.subscribe_to(vec![b]);
    assert_eq!(listed(&bed, &ItemFilter::default())[0].feed, other);
    bed.subscribe_to(Vec::new());
    bed.subscribe_to(vec![a]);
    assert_eq!(listed(&bed, &ItemFilter::default())[0].feed, bed.feed);
}

#[test]
fn the_words_of_an_account_are_looked_for_in_every_teller_s_text() {
    let mut bed = bed();
    let other = bed.subscribe(&["https://a.example/feed", "https://b.example/feed"])[0];
    let link = |n: usize| format!("https://a.example/{n}");
    bed.poll(bed.feed, NOW, (0..3).map(|n| told(&n.to_string(), &link(n), &format!("Number {n}"), "of tides")).collect());
    bed.settle();
    bed.poll(other, NOW, vec![told("x", &link(1), "Number one", "of lanterns"), told("y", &link(9), "谷", "of tides")]);
    bed.settle();
    let found = |query: &str| listed(&bed, &ItemFilter { query: query.parse().unwrap(), ..ItemFilter::default() }).len();
    let queries = ["lanterns", "tides", "tides -number", "谷", "-谷", "lanterns feed:a.example", "lanterns is:read", "nowhere"];
    assert_eq!(queries.map(found), [1, 4, 1, 1, 3, 1, 0, 0]);
}

/// A list for people ends somewhere; an account has everything, however much must be looked through.
#[test]
fn an_account_of_words_is_never_cut() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/story", "谷")]);
    bed.settle();
    bed.raw(
        "INSERT INTO stories(urn, representative, sort_at, first_seen, updated, n_sources)
           SELECT randomblob(16), s.representative, s.sort_at, s.first_seen, s.updated, 1 FROM stories s, generate;
         INSERT INTO items(story_id, shown, feed_id) SELECT s.id, i.shown + s.id, i.feed_id FROM stories s, items i WHERE s.id <> i.story_id"
            .replace("generate", "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20100) SELECT i FROM n)")
            .as_str(),
    );
    assert_eq!(listed(&bed, &ItemFilter { query: "谷".parse().unwrap(), ..ItemFilter::default() }).len(), 20_101);
}

/// Compiling their patterns is what costs.
#[test]
fn items_are_told_whole_in_the_order_that_they_are_listed_in() {
    let mut bed = bed();
    let numbered = |n: usize| entry(&n.to_string(), &format!("https://a.example/{n}"), &format!("Number {n}"));
    bed.poll(bed.feed, NOW, (0..300).map(numbered).collect());
    bed.settle();
    let reader = bed.reader();
    let items = listed(&bed, &ItemFilter::default());
    let full = reader.full_items(&items).unwrap();
    assert!(full.len() == 300 && full.iter().zip(&items).all(|(full, item)| full.item == *item));
    for at in [0, 299] {
        assert_eq!(full[at].story.id, reader.published(&[items[at].story]).unwrap()[0].id);
    }
}

#[test]
fn what_is_starred_is_never_pruned() {
    let (mut bed, _) = Bed::two_stories();
    let (_, kept) = bed.titled("a1");
    mark(&mut bed, &[kept], Marking::STARRED);
    let policy = Retention { keep: Some(Duration::from_secs(86_400)), keep_stories: 0, max_bytes: 0 };
    let later = NOW.plus(Duration::from_secs(10 * 86_400));
    let batch = bed.reader().prunable(&policy, 100, later, None).unwrap().unwrap();
    assert_eq!(batch.stories.len(), 1);
    // … also where it was starred after it was decided what goes.
    let (_, doomed) = bed.titled("a2");
    mark(&mut bed, &[doomed], Marking::STARRED);
    bed.commit(Command::Prune { stories: batch.stories.clone(), at: later });
    assert_eq!(states(&bed).len(), 2);
    mark(&mut bed, &[doomed], Marking::UNSTARRED);
    bed.commit(Command::Prune { stories: batch.stories, at: later });
    assert_eq!(states(&bed), [(kept.0, false, true)]);
    let left = rusqlite::Connection::open(&bed.path).unwrap();
    assert_eq!(left.query_row("SELECT count(*) FROM items", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn marks_are_in_exports() {
    let (mut bed, _) = Bed::two_stories();
    let (_, story) = bed.titled("a1");
    mark(&mut bed, &[story], BOTH);
    let mut lines = Vec::new();
    bed.reader().export(&mut lines).unwrap();
    let copy = bed.path.with_file_name("imported.db");
    import(lines.as_slice(), &copy, NOW).unwrap();
    let item = Reader::open(&copy).unwrap().item(story).unwrap().unwrap();
    assert!(item.read && item.starred);
}

#[test]
fn a_database_of_before_has_an_item_for_each_story() {
    let (bed, _) = Bed::two_stories();
    let path = bed.path.clone();
    let before = listed(&bed, &ItemFilter::default());
    bed.raw(&format!("{BEFORE_ITEMS} PRAGMA user_version = 11"));
    drop(bed.store);
    drop(open(&path));
    let (after, _) = Reader::open(&path).unwrap().items(&ItemFilter::default(), usize::MAX, Timestamp(0)).unwrap();
    let told = |items: &[Item]| items.iter().map(|item| (item.story, item.feed, item.read)).collect::<Vec<_>>();
    assert_eq!(told(&after), told(&before));
    assert!(after[0].shown > after[1].shown);
}

#[test]
fn a_clock_that_was_ahead_leaves_the_order_of_items() {
    let mut bed = bed();
    let numbered = |n: usize| entry(&n.to_string(), &format!("https://a.example/{n}"), &format!("Number {n}"));
    bed.poll(bed.feed, NOW, (0..9).map(numbered).collect());
    bed.settle();
    bed.raw("UPDATE items SET shown = shown + 86400000000, read_at = shown / 1000 + 86400000 WHERE story_id > 4");
    let now = NOW.plus(Duration::from_secs(60));
    bed.commit(Command::SetBack { at: now });
    let items = listed(&bed, &ItemFilter { ascending: true, ..ItemFilter::default() });
    assert!(items.len() == 9 && items.is_sorted_by(|a, b| a.story < b.story && a.shown < b.shown));
    assert!(items.iter().all(|item| item.shown <= now.0 * 1000), "{items:?}");
    assert_eq!(bed.reader().broken().unwrap(), Vec::<String>::new());
}
