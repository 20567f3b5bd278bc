//! Whatever way a search is gone about, it finds what a plain look at every story would, in the same order, from any place on.
//!
//! What is expected is read from the tables, and filtered and sorted here. The limits are so small that each of them is met.

use crate::bed::*;
use courant::feed::ParsedEntry;
use courant::model::{StoryId, Timestamp};
use courant::store::{Limits, Reader, Selection};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

const N: u32 = 600;
const DAY_MS: i64 = 86_400_000;
const HOUR: Duration = Duration::from_secs(3600);

/// Which limits are met: of looking up, of the walk, of texts, of none.
fn limits() -> [Limits; 3] {
    let all = Limits::default();
    [
        Limits {
            checked: 30,
            rows: 80,
            looked_up_first: 10,
            told: 150,
            told_first: 20,
            text_cost: 2,
            few_since: 50,
            walked_since: 60,
        },
        // The walk is given up, and never stops.
        Limits { rows: 40, looked_up_first: 5, text_cost: 2, few_since: 1, walked_since: 9, ..all },
        all,
    ]
}

/// Scattered by a multiplication, the same in each run.
fn scattered(n: u32, below: u32) -> u32 {
    (n.wrapping_mul(2_654_435_761) >> 8) % below
}

/// Dated over a hundred days, with words that many, some and few have. `grew`: day by day.
fn dated(n: u32, grew: bool) -> ParsedEntry {
    let days_ago = if grew { 99 - n * 100 / N } else { scattered(n, 100) };
    let mut title = format!("Number {n}");
    let mut add = |word: &str, is_in: bool| {
        if is_in {
            title.push(' ');
            title.push_str(word);
        }
    };
    // In those alone that join a story, or in all others too.
    add("later", n % 3 == 2);
    add("everywhere", !n.is_multiple_of(3));
    for (word, of) in [("half", 2), ("tenth", 10), ("rare", 100), ("公司发布新品", 5)] {
        add(word, scattered(n + of, of) == 0);
    }
    // By when they came, and by their date.
    add("last", n >= N / 10 * 9);
    add("first", n < N / 10);
    add("young", days_ago < 10);
    add("old", days_ago >= 90);
    // Both words, side by side only in some of the oldest: the index cannot tell.
    add(if days_ago > 90 { "green lantern" } else { "lantern of green" }, scattered(n, 5) == 0);
    let published = Some(Timestamp(NOW.0 - i64::from(days_ago) * DAY_MS - i64::from(n % 7) * 1000));
    ParsedEntry { published, ..entry(&n.to_string(), &format!("https://a.example/{n}"), &title) }
}

/// All seen within hours. Every third entry joins the story of the one before it, and some that of one long before.
fn filled(grew: bool) -> Bed {
    let mut bed = bed();
    for (part, first) in (0..N).step_by(120).enumerate() {
        let at = NOW.plus(HOUR * part as u32);
        bed.poll(bed.feed, at, (first..first + 120).map(|n| dated(n, grew)).collect());
        while bed.settle() > 0 {}
    }
    bed.raw(
        "CREATE TEMP TABLE joins AS SELECT e.id AS entry, e.story_id AS was, t.story_id AS story FROM entries e
           JOIN entries t ON t.id = iif(e.id % 15 = 0 AND e.id > 301, e.id - 301, e.id - 1) WHERE e.id % 3 = 0;
         UPDATE entries SET story_id = (SELECT story FROM joins WHERE entry = id) WHERE id IN (SELECT entry FROM joins);
         UPDATE stories SET redirect_to = (SELECT story FROM joins WHERE was = id) WHERE id IN (SELECT was FROM joins);
         UPDATE stories SET
           first_seen = (SELECT min(first_seen) FROM entries e WHERE e.story_id = stories.id),
           sort_at = (SELECT min(min(coalesce(e.claimed, e.first_seen), e.first_seen)) FROM entries e WHERE e.story_id = stories.id),
           n_sources = 1 + (id % 7 = 0) + (id % 35 = 0) + (id % 70 = 0)
         WHERE redirect_to IS NULL",
    );
    bed
}

/// A story as the tables have it, with the titles of its members.
struct Told {
    id: i64,
    sort_at: i64,
    first_seen: i64,
    n_sources: i64,
    titles: Vec<String>,
}

fn told(bed: &Bed) -> Vec<Told> {
    let connection = rusqlite::Connection::open(&bed.path).unwrap();
    let mut titles: HashMap<i64, Vec<String>> = HashMap::new();
    let mut all = connection.prepare("SELECT story_id, title FROM entries").unwrap();
    let mut rows = all.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        titles.entry(row.get(0).unwrap()).or_default().push(row.get(1).unwrap());
    }
    let mut all = connection.prepare("SELECT id, sort_at, first_seen, n_sources FROM stories WHERE redirect_to IS NULL").unwrap();
    let stories = all.query_map([], |row| {
        let id = row.get(0)?;
        let titles = titles.remove(&id).unwrap();
        Ok(Told { id, sort_at: row.get(1)?, first_seen: row.get(2)?, n_sources: row.get(3)?, titles })
    });
    stories.unwrap().map(Result::unwrap).collect()
}

/// What is wanted of a query's words, told by the title alone.
type IsIn = fn(&str) -> bool;

const QUERIES: [(&str, IsIn); 16] = [
    ("number", |_| true),
    ("everywhere", |title| title.contains("everywhere")),
    ("later", |title| title.contains("later")),
    ("half", |title| title.contains("half")),
    ("tenth -half", |title| title.contains("tenth") && !title.contains("half")),
    ("number -half", |title| !title.contains("half")),
    ("rare", |title| title.contains("rare")),
    ("发布", |title| title.contains("发布")),
    ("发布 half", |title| title.contains("发布") && title.contains("half")),
    ("\"green lantern\"", |title| title.contains("green lantern")),
    ("half sources:>=2", |title| title.contains("half")),
    ("last", |title| title.contains("last")),
    ("first", |title| title.contains("first")),
    ("young", |title| title.contains("young")),
    ("old", |title| title.contains("old")),
    ("nowhere", |_| false),
];

/// Page by page, to the end; and how many of the pages were not full though others came after them.
fn pages(reader: &Reader, mut selection: Selection) -> (Vec<StoryId>, usize) {
    let (mut stories, mut n_early) = (Vec::new(), 0);
    loop {
        let page = reader.selected(&selection).unwrap();
        assert!(page.stories.len() <= selection.limit);
        n_early += usize::from(page.stories.len() < selection.limit && page.next.is_some());
        stories.extend(page.stories);
        match page.next {
            Some(next) => selection.after = Some(next),
            None => return (stories, n_early),
        }
    }
}

fn every_way_finds_the_same(grew: bool) {
    let bed = filled(grew);
    let mut stories = told(&bed);
    assert_eq!(stories.len(), N as usize / 3 * 2);
    // What came in the last hours, and all.
    let sinces = [None, Some(NOW.plus(HOUR * 3)), Some(NOW)];
    let readers = limits().map(|limits| bed.reader().within(limits));
    let mut n_early = [0; 3];
    for order in ["newest", "oldest", "sources"] {
        stories.sort_by_key(|story| match order {
            "newest" => Reverse((0, story.sort_at, story.id)),
            "oldest" => Reverse((0, -story.sort_at, -story.id)),
            _ => Reverse((story.n_sources, story.sort_at, story.id)),
        });
        for (query, is_in) in QUERIES {
            let is_wanted = |story: &&Told| {
                (!query.contains("sources") || story.n_sources > 1) && story.titles.iter().any(|title| is_in(title))
            };
            for since in sinces {
                let is_recent = |story: &&Told| since.is_none_or(|since| story.first_seen >= since.0);
                let plain = stories.iter().filter(is_wanted).filter(is_recent);
                let plain: Vec<StoryId> = plain.map(|story| StoryId(story.id)).collect();
                for (which, reader) in readers.iter().enumerate() {
                    for limit in [1, 13, N as usize] {
                        let selection = Selection {
                            query: format!("{query} order:{order}").parse().unwrap(),
                            limit,
                            since,
                            ..Selection::default()
                        };
                        // Story by story where there are few.
                        if limit == 1 && plain.len() > 12 {
                            continue;
                        }
                        let (found, early) = pages(reader, selection.clone());
                        n_early[which] += early;
                        assert_eq!(found, plain, "{query} order:{order}, {limit} a page since {since:?}, limits {which}");
                        let on = reader.selected_on(&selection, limit, usize::MAX).unwrap();
                        assert_eq!(on.stories, plain[..plain.len().min(limit)]);
                    }
                }
            }
        }
    }
    assert!(n_early[0] > 0, "no search stopped");
    assert_eq!(n_early[1..], [0, 0], "a search stopped that could have gone on");
}

#[test]
fn of_what_was_moved_from_elsewhere() {
    every_way_finds_the_same(false);
}

#[test]
fn of_what_grew_day_by_day() {
    every_way_finds_the_same(true);
}

#[test]
fn a_place_by_date_leads_on_by_sources() {
    let bed = filled(true);
    let reader = bed.reader();
    let select = |query: &str, limit, after| {
        reader.selected(&Selection { query: query.parse().unwrap(), limit, after, ..Selection::default() }).unwrap()
    };
    let by_sources = select("order:sources", N as usize, None).stories;
    let page = select("", 5, None);
    let at = by_sources.iter().position(|story| story == page.stories.last().unwrap()).unwrap();
    assert_eq!(select("order:sources", N as usize, page.next).stories, by_sources[at + 1..]);
}
