//! Whatever way a search is gone about, it finds what a plain look at every story would, in the same order, from any place on.

use crate::bed::*;
use courant::feed::ParsedEntry;
use courant::model::{StoryId, Timestamp};
use courant::store::{Reader, Selection};
use std::collections::HashMap;
use std::time::Duration;

const N: u32 = 3_600;
const DAY_MS: i64 = 86_400_000;

/// Scattered by a multiplication, the same in each run.
fn scattered(n: u32, below: u32) -> u32 {
    (n.wrapping_mul(2_654_435_761) >> 8) % below
}

/// Dated over a hundred days, with words that many, some and few have.
fn dated(n: u32) -> ParsedEntry {
    let days_ago = scattered(n, 100);
    let mut title = format!("Number {n} everywhere");
    for (word, of) in [("half", 2), ("tenth", 10), ("rare", 300), ("公司发布新品", 5)] {
        if scattered(n + of, of) == 0 {
            title.push_str(&format!(" {word}"));
        }
    }
    // Both words, side by side only in some of the oldest: the index cannot tell.
    if scattered(n, 5) == 0 {
        title.push_str(if days_ago > 90 { " green lantern" } else { " lantern of green" });
    }
    let published = Some(Timestamp(NOW.0 - i64::from(days_ago) * DAY_MS - i64::from(n % 7) * 1000));
    ParsedEntry { published, ..entry(&n.to_string(), &format!("https://a.example/{n}"), &title) }
}

/// How many are to tell a story: of most only one.
fn tellers(story: StoryId) -> usize {
    1 + [7, 35, 70].into_iter().filter(|of| story.0 % of == 0).count()
}

/// All seen within hours, as after a move from elsewhere.
fn moved() -> Bed {
    let mut bed = bed();
    for (part, first) in (0..N).step_by(600).enumerate() {
        let at = NOW.plus(Duration::from_secs(3600 * part as u64));
        bed.poll(bed.feed, at, (first..first + 600).map(dated).collect());
        while bed.settle() > 0 {}
    }
    bed.raw("UPDATE stories SET n_sources = 1 + (id % 7 = 0) + (id % 35 = 0) + (id % 70 = 0)");
    bed
}

/// The title of each story.
type Stories = HashMap<StoryId, String>;

/// What is wanted of a query's words, told by the title alone.
type IsIn = fn(&str) -> bool;

const QUERIES: [(&str, IsIn); 9] = [
    ("everywhere", |title| title.contains("everywhere")),
    ("half", |title| title.contains("half")),
    ("tenth -half", |title| title.contains("tenth") && !title.contains("half")),
    ("rare", |title| title.contains("rare")),
    ("发布", |title| title.contains("发布")),
    ("发布 half", |title| title.contains("发布") && title.contains("half")),
    ("\"green lantern\"", |title| title.contains("green lantern")),
    ("half sources:>=2", |title| title.contains("half")),
    ("nowhere", |_| false),
];

/// Page by page, to the end or so many pages.
fn pages(reader: &Reader, mut selection: Selection, most: usize) -> Vec<StoryId> {
    let mut stories = Vec::new();
    for _ in 0..most {
        let page = reader.selected(&selection).unwrap();
        stories.extend(page.stories);
        match page.next {
            Some(next) => selection.after = Some(next),
            None => break,
        }
    }
    stories
}

#[test]
fn every_way_finds_the_same() {
    let bed = moved();
    let reader = bed.reader();
    let everything = reader.select(&Selection { limit: N as usize, ..Selection::default() }).unwrap();
    assert_eq!(everything.len(), N as usize);
    let published = reader.published(&everything).unwrap();
    let stories: Stories = everything.iter().copied().zip(published.into_iter().map(|story| story.title)).collect();
    for order in ["newest", "oldest", "sources"] {
        let select = |query: &str, limit, since| Selection {
            query: format!("{query} order:{order}").parse().unwrap(),
            limit,
            since,
            ..Selection::default()
        };
        let all = reader.select(&select("", N as usize, None)).unwrap();
        let n_sources = |story: &StoryId| tellers(*story);
        match order {
            "newest" => assert_eq!(all, everything),
            "oldest" => assert!(all.iter().eq(everything.iter().rev())),
            _ => {
                let mut sorted = everything.clone();
                sorted.sort_by_key(|story| std::cmp::Reverse(n_sources(story)));
                assert_eq!(all, sorted);
            }
        }
        for (query, is_in) in QUERIES {
            let is_wanted = |story: &&StoryId| is_in(&stories[story]) && (!query.contains("sources") || n_sources(story) > 1);
            let plain: Vec<StoryId> = all.iter().filter(is_wanted).copied().collect();
            for limit in [1, 20, 100, N as usize] {
                let begins = pages(&reader, select(query, limit, None), 12);
                assert_eq!(begins, plain[..plain.len().min(12 * limit)], "{query} order:{order}, {limit} a page");
            }
            // What was seen in the last two hours, and all of it.
            for hours in [2, 100] {
                let since = NOW.plus(Duration::from_secs(5 * 3600)).minus(Duration::from_secs(hours * 3600));
                let recent: HashMap<StoryId, ()> =
                    reader.select(&select("", N as usize, Some(since))).unwrap().into_iter().map(|story| (story, ())).collect();
                assert_eq!(recent.len(), if hours == 2 { N as usize / 2 } else { N as usize });
                let plain: Vec<StoryId> = plain.iter().filter(|story| recent.contains_key(story)).copied().collect();
                let found = pages(&reader, select(query, 50, Some(since)), 8);
                assert_eq!(found, plain[..plain.len().min(400)], "{query} order:{order}, of {hours} hours");
            }
        }
    }
}
