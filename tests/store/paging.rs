//! Walked from page to page, a selection gives each of its stories once, in its order, however they came.

use crate::bed::*;
use courant::feed::ParsedEntry;
use courant::model::{StoryId, Timestamp};
use courant::store::Selection;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn dated(n: u32, title: &str) -> ParsedEntry {
    // Scattered over ten years, so that what is seen late is mostly old.
    let published = Some(Timestamp(NOW.0 - i64::from(n * 7919 % 87_600) * 3_600_000));
    ParsedEntry { published, ..entry(&n.to_string(), &format!("https://a.example/{n}"), title) }
}

/// All pages of a selection.
fn walked(bed: &Bed, query: &str, limit: usize) -> Vec<StoryId> {
    let reader = bed.reader();
    let mut selection = Selection { query: query.parse().unwrap(), limit, ..Selection::default() };
    let mut stories = Vec::new();
    loop {
        let page = reader.selected(&selection).unwrap();
        assert!(page.stories.len() <= limit);
        stories.extend(page.stories);
        match page.next {
            Some(next) => selection.after = Some(next),
            None => return stories,
        }
    }
}

#[test]
fn each_story_once_and_in_order() {
    let mut bed = bed();
    for part in 0..6 {
        let entries = (0..50).map(|n| part * 50 + n).map(|n| dated(n, &format!("Crane number {n}"))).collect();
        bed.poll(bed.feed, NOW.plus(HOUR * part), entries);
        bed.settle();
    }
    for query in ["", "crane", "order:oldest", "crane order:oldest", "order:sources", "crane order:sources", "-nothing"] {
        let whole =
            bed.reader().select(&Selection { query: query.parse().unwrap(), limit: 1000, ..Selection::default() }).unwrap();
        assert_eq!(whole.len(), 300, "{query}");
        assert_eq!(walked(&bed, query, 7), whole, "{query}");
    }
}
