//! The story room at its door: addresses, copies, stories, constraints, and that it always decides alike.

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::{
    AddressHit, AddressKind, Constraints, Decision, Index, Item, Prepared, Revision, Rung, address_key, address_keys, prepare,
    sort_batch,
};
use proptest::prelude::*;
use std::time::Duration;

const HOUR: i64 = 3_600_000;

fn entry(id: i64, feed: i64, hour: i64, title: &str, text: &str) -> Prepared {
    prepare(&Item { entry: EntryId(id), feed: FeedId(feed), title, link: None, text, at: Timestamp(hour * HOUR) })
}

fn window() -> Duration {
    Duration::from_secs(96 * 3600)
}

/// Decides and takes in, as the store does; a new story gets its entry's number.
fn take(index: &mut Index, new: Prepared, constraints: &Constraints) -> (StoryId, Decision) {
    let decision = index.decide(&new, Dedupe::Story, &[], constraints);
    let story = decision.join.unwrap_or(StoryId(new.entry.0));
    index.insert(new, story);
    (story, decision)
}

fn stories(entries: &[Prepared]) -> Vec<i64> {
    let mut index = Index::new(window());
    entries.iter().map(|new| take(&mut index, new.clone(), &Constraints::default()).0.0).collect()
}

const DAM: &str = "Engineers closed the spillway of the Harlan dam on Tuesday after sensors showed movement in its western \
    wall. The operator said that 4,200 people downstream were asked to leave their homes while divers inspect the \
    foundation. Water levels had risen by three metres since the weekend, and two turbines were stopped as a precaution. \
    A decision on reopening the road across the crest is expected on Friday.";

const FERRY: &str = "The night ferry between Lorne and Castell will not sail this winter, the company announced, because \
    its only ship needs a new engine that the yard cannot deliver before March. Islanders fear for their supplies; the \
    council wants to charter a freighter, which would cost about 90,000 a week.";

const QUAKE_ZH: &str = "據地震台網測定,北京時間昨日下午四點,海岸以東六十公里處發生地震,震源深度三十公里。當地政府表示,\
    暫時沒有收到人員傷亡的報告,沿海的鐵路已經停運檢查,預計今天早上恢復。";
const QUAKE_ZH_SIMPLE: &str = "据地震台网测定,北京时间昨日下午四点,海岸以东六十公里处发生地震,震源深度三十公里。当地政府表示,\
    暂时没有收到人员伤亡的报告,沿海的铁路已经停运检查,预计今天早上恢复。";

#[test]
fn one_page_has_one_key() {
    let same = [
        &[
            "https://www.site.example/2026/08/new-thing.html",
            "http://site.example/2026/08/new-thing.html?utm_source=feed&fbclid=abc#comments",
            "http://m.site.example:80/2026/08//new%2Dthing.html/",
            "https://site.example/2026/08/new-thing.html/amp",
            "https://site-example.cdn.ampproject.org/c/s/www.site.example/2026/08/new-thing.html",
            "https://www.google.com/amp/s/www.site.example/2026/08/new-thing.html",
            "https://www.google.com/url?q=https%3A%2F%2Fsite.example%2F2026%2F08%2Fnew-thing.html&sa=t",
            "https://web.archive.org/web/20260811120000/https://site.example/2026/08/new-thing.html",
            "https://site.example/2026/08/new-thing.html?a=&amp;utm_medium=x",
        ][..],
        &["https://www.youtube.com/watch?v=aB1&t=4s", "https://youtu.be/aB1?si=x", "https://m.youtube.com/shorts/aB1"],
        &["https://x.com/someone/status/55?s=20", "https://mobile.twitter.com/other/status/55"],
        &["https://arxiv.org/abs/2608.00001v3", "http://arxiv.org/pdf/2608.00001", "https://arxiv.org/pdf/2608.00001v1.pdf"],
        &["https://old.reddit.com/r/rust/comments/q1/title/?share_id=z", "https://redd.it/q1"],
        &["http://127.0.1.1:8900/p/1?utm_source=a#top", "http://127.0.1.1:8900/p/1"],
        &["https://forum.example/viewtopic.php?t=7&sid=0a1b2c3d", "https://forum.example/viewtopic.php?t=7"],
        &["https://bücher.example/neu-2026", "https://xn--bcher-kva.example/neu-2026"],
        &["https://site.example/a/?b=2&a=1", "https://site.example/a/index.html?a=1&b=2"],
    ];
    for group in same {
        let first = address_key(group[0]);
        assert!(first.is_some(), "{}", group[0]);
        for address in group {
            assert_eq!(address_key(address), first, "{address}");
        }
    }
}

#[test]
fn other_pages_have_other_keys() {
    let different = [
        ("https://shop.example/guitar", "https://shop.example/guitar/amp"),
        ("https://site.example/list?page=2", "https://site.example/list?page=3"),
        ("https://site.example/Case-1", "https://site.example/case-1"),
        ("https://site.example/story?id=1", "https://site.example/story?id=2"),
        ("https://de.wikipedia.example/wiki/X", "https://en.wikipedia.example/wiki/X"),
        ("http://127.0.1.1:8900/p/1", "http://127.0.1.1:8901/p/1"),
        ("https://www.youtube.com/watch?v=aB1", "https://www.youtube.com/watch?v=Ab1"),
        ("https://site.example/story.pl?sid=101&x=1", "https://site.example/story.pl?sid=102&x=1"),
        ("https://site.example/app#!/one", "https://site.example/app#!/two"),
    ];
    for (a, b) in different {
        assert_ne!(address_key(a), address_key(b), "{a} {b}");
    }
}

#[test]
fn what_names_no_article_has_no_key() {
    for address in
        ["https://site.example/", "https://www.site.example", "https://site.example/index.html", "mailto:a@b.example", "", "x"]
    {
        assert_eq!(address_key(address), None, "{address}");
    }
    let keys = address_keys(Some("https://a.example/1-x"), None, Some("https://a.example/"), Some("http://localhost/1-x"));
    assert_eq!(keys.len(), 1);
    // A relative canonical belongs to its page.
    let keys = address_keys(Some("https://a.example/amp/1-xyz-2026?x=1"), None, Some("/1-xyz-2026"), None);
    assert_eq!(keys[1].key, "a.example/1-xyz-2026");
    assert_eq!(keys[1].kind, AddressKind::Canonical);
}

#[test]
fn a_traditional_chinese_copy_is_the_same_text() {
    let mut index = Index::new(window());
    take(&mut index, entry(1, 1, 0, "海岸以东发生地震,铁路停运", QUAKE_ZH_SIMPLE), &Constraints::default());
    let (story, decision) = take(&mut index, entry(2, 2, 2, "海岸以東發生地震,鐵路停運", QUAKE_ZH), &Constraints::default());
    assert_eq!((story, decision.rung, decision.duplicate_of), (StoryId(1), Rung::Text, Some(EntryId(1))));
    assert!(decision.evidence.why.contains("same text"), "{}", decision.evidence.why);
}

#[test]
fn of_many_only_those_still_in_the_window_are_found() {
    let mut index = Index::new(window());
    // A title word that all share, and a text of its own for each.
    let text = |i: i64| {
        let words: Vec<String> = (0..40).map(|word| format!("w{}", (i * 40 + word) * 7_919 % 100_003)).collect();
        words.join(" ")
    };
    let make = |id: i64, i: i64, hour: i64| entry(id, id % 5, hour, &format!("Report on Lumenta number {i}"), &text(i));
    let n = 300;
    for round in 0..3 {
        let hour = round * 24 * 15;
        index.expire(Timestamp(hour * HOUR));
        for i in round * n..(round + 1) * n {
            index.insert(make(i, i, hour), StoryId(i));
        }
        assert_eq!(index.len(), n as usize);
        for i in (0..(round + 1) * n).step_by(7) {
            let found = index.decide(&make(10_000, i, hour), Dedupe::Text, &[], &Constraints::default());
            let wanted = (i >= round * n).then_some(EntryId(i));
            assert_eq!(found.duplicate_of, wanted, "{i} in round {round}: {:?}", found.evidence);
        }
    }
}

#[test]
fn one_event_in_other_words_is_one_story_and_says_why() {
    let mut index = Index::new(window());
    let none = Constraints::default();
    for (i, (title, text)) in
        [("Ferry company cancels winter sailings", FERRY), ("Councils argue about parking fees", "")].iter().enumerate()
    {
        take(&mut index, entry(i as i64 + 1, 9, 0, title, text), &none);
    }
    take(
        &mut index,
        entry(10, 1, 1, "Lumenta acquires chip designer Korvex for $7 billion", "Lumenta said it will buy Korvex."),
        &none,
    );
    let new = entry(
        11,
        2,
        3,
        "Lumenta buys Korvex in $7 billion chip deal",
        "The maker of chips Korvex goes to Lumenta for $7 billion.",
    );
    let (story, decision) = take(&mut index, new, &none);
    assert_eq!((story, decision.rung), (StoryId(10), Rung::Story), "{:?}", decision.evidence);
    assert_eq!(decision.duplicate_of, None);
    assert!(decision.evidence.why.starts_with("same story:"), "{}", decision.evidence.why);
    assert_eq!(decision.evidence.with, Some(EntryId(10)));
}

#[test]
fn each_feed_says_how_far_it_goes() {
    let mut index = Index::new(window());
    take(&mut index, entry(1, 1, 0, "Harlan dam closes spillway", DAM), &Constraints::default());
    let copy = entry(2, 2, 1, "Harlan dam closes spillway", DAM);
    let hit = AddressHit {
        key: "a.example/1".into(),
        kind: AddressKind::Link,
        their_kind: AddressKind::Link,
        entry: EntryId(1),
        feed: FeedId(1),
        story: StoryId(1),
        n_entries: 1,
    };
    let rung = |dedupe, hits: &[AddressHit]| index.decide(&copy, dedupe, hits, &Constraints::default()).rung;
    let hits = [hit];
    assert_eq!(rung(Dedupe::Off, &hits), Rung::First);
    assert_eq!(rung(Dedupe::Address, &hits), Rung::Address);
    assert_eq!(rung(Dedupe::Address, &[]), Rung::First);
    assert_eq!(rung(Dedupe::Text, &[]), Rung::Text);
}

#[test]
fn a_shared_canonical_joins_nothing() {
    let mut index = Index::new(window());
    take(&mut index, entry(1, 1, 0, "Harlan dam closes spillway", DAM), &Constraints::default());
    let hit = AddressHit {
        key: "a.example/section".into(),
        kind: AddressKind::Canonical,
        their_kind: AddressKind::Canonical,
        entry: EntryId(1),
        feed: FeedId(1),
        story: StoryId(1),
        n_entries: 9,
    };
    let new = entry(2, 1, 1, "No night ferry to Castell this winter", FERRY);
    assert_eq!(index.decide(&new, Dedupe::Story, &[hit], &Constraints::default()).join, None);
}

#[test]
fn a_story_ends() {
    let first = entry(1, 1, 0, "Harlan dam closes spillway", DAM);
    let mut index = Index::new(window());
    take(&mut index, first, &Constraints::default());
    index.expire(Timestamp(24 * 30 * HOUR));
    assert!(index.is_empty());
    let late = entry(2, 2, 24 * 30, "Harlan dam closes spillway", DAM);
    assert_eq!(take(&mut index, late, &Constraints::default()).1.rung, Rung::First);
}

/// Headlines that touch one another in many ways.
fn arbitrary_entry() -> impl Strategy<Value = (u8, i64, Vec<&'static str>, u8)> {
    let words = prop::sample::select(vec![
        "Lumenta", "Korvex", "chip", "deal", "dam", "ferry", "winter", "robot", "芯片", "收购", "地震", "铁路", "7.5", "billion",
        "早报", ";",
    ]);
    (0u8..4, 0i64..200, prop::collection::vec(words, 0..7), 0u8..4)
}

fn build(rows: &[(u8, i64, Vec<&'static str>, u8)]) -> Vec<Prepared> {
    let texts = ["", DAM, FERRY, QUAKE_ZH];
    rows.iter()
        .enumerate()
        .map(|(i, (feed, hour, words, text))| {
            entry(i as i64, i64::from(*feed), *hour, &words.join(" "), texts[usize::from(*text)])
        })
        .collect()
}

#[test]
fn what_is_near_but_not_joined_is_related() {
    let none = Constraints::default();
    // From near to far: at some distance it is related, and no more from there on.
    let titles = [
        "Lumenta buys chip designer Korvex for $7 billion",
        "Chip designer Korvex goes to Lumenta",
        "What Lumenta wants from Korvex, the designer of chips, and why it pays",
        "After the chip deal: Lumenta and the long way to a fab of its own in the north",
        "Lumenta and five other makers of chips whose shares rose on a quiet day in Ulm",
        "Councils argue about parking fees",
    ];
    let mut n_related = 0;
    for hours in [1, 40, 80] {
        for title in titles {
            let mut index = Index::new(window());
            take(&mut index, entry(1, 1, 0, "Lumenta acquires chip designer Korvex for $7 billion", ""), &none);
            let new = entry(2, 2, hours, title, "");
            let decision = index.decide(&new, Dedupe::Story, &[], &none);
            // What is joined is not also related, and what a person forbade is neither.
            assert!(decision.evidence.related.iter().all(|near| Some(near.story) != decision.join));
            n_related += decision.evidence.related.len();
            let cannot = Constraints { must: vec![], cannot: vec![StoryId(1)] };
            let decision = index.decide(&new, Dedupe::Story, &[], &cannot);
            assert!(decision.evidence.related.is_empty() && decision.join.is_none());
        }
    }
    assert!(n_related > 0);
}

#[test]
fn a_later_look_merges_small_stories_and_lets_outliers_go() {
    let text = "Lumenta will buy the chip designer Korvex for $7 billion in cash, both said on Monday in Ulm. Korvex has 900 \
        workers and makes memory controllers; its founder Ida Moss will lead the new division.";
    let deal = |id, feed, hour, title| entry(id, feed, hour, title, text);
    let nobody = |_: EntryId| false;
    let mut index = Index::new(window());
    index.insert(entry(8, 8, 0, "Councils argue about parking fees", FERRY), StoryId(8));
    index.insert(deal(1, 1, 0, "Lumenta acquires chip designer Korvex for $7 billion"), StoryId(1));
    index.insert(deal(2, 2, 1, "Lumenta buys chip designer Korvex in $7 billion deal"), StoryId(2));
    let found = index.look_again(StoryId(2), &nobody);
    let [Revision::Merge { from, into, evidence }] = &found[..] else { panic!("{found:?}") };
    assert_eq!((*from, *into), (StoryId(2), StoryId(1)));
    assert!(evidence.why.starts_with("a later look found one story in two: same story:"), "{}", evidence.why);
    assert_eq!(index.look_again(StoryId(2), &|entry| entry == EntryId(2)), [], "a person's word stays");
    // Merged, and with a member that has nothing to do with it.
    index.insert(deal(2, 2, 1, "Lumenta buys chip designer Korvex in $7 billion deal"), StoryId(1));
    index.insert(entry(3, 3, 2, "Harlan dam closes spillway", DAM), StoryId(1));
    let found = index.look_again(StoryId(1), &nobody);
    let [Revision::LetGo { entry: EntryId(3), from: StoryId(1), .. }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(index.look_again(StoryId(1), &|entry| entry == EntryId(3)), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn addresses_never_panic_and_keys_are_stable(address in "\\PC{0,60}", host in "[a-z]{1,8}", path in "[ -~]{0,40}") {
        let _ = address_key(&address);
        if let Some(key) = address_key(&format!("https://{host}.example/{path}")) {
            prop_assert!(!key.contains("://"));
        }
    }

    #[test]
    fn any_text_can_be_prepared(title in "\\PC{0,80}", text in "\\PC{0,400}") {
        let mut index = Index::new(window());
        take(&mut index, entry(1, 1, 0, &title, &text), &Constraints::default());
        take(&mut index, entry(2, 2, 0, &title, &text), &Constraints::default());
    }

    #[test]
    fn a_replay_decides_alike_and_so_does_a_rebuilt_index(rows in prop::collection::vec(arbitrary_entry(), 1..24)) {
        let mut entries = build(&rows);
        sort_batch(&mut entries);
        prop_assert_eq!(stories(&entries), stories(&entries));
        let (old, new) = entries.split_at(entries.len() / 2);
        let mut running = Index::new(window());
        let placed: Vec<StoryId> = old.iter().map(|new| take(&mut running, new.clone(), &Constraints::default()).0).collect();
        let mut rebuilt = Index::new(window());
        old.iter().zip(placed).for_each(|(entry, story)| rebuilt.insert(entry.clone(), story));
        for entry in new {
            let a = take(&mut running, entry.clone(), &Constraints::default());
            let b = take(&mut rebuilt, entry.clone(), &Constraints::default());
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn any_order_of_a_batch_gives_one_partition(rows in prop::collection::vec(arbitrary_entry(), 1..20), seed in any::<u64>()) {
        let mut entries = build(&rows);
        let mut shuffled = entries.clone();
        let n = shuffled.len();
        for i in 0..n {
            shuffled.swap(i, (seed.rotate_left(i as u32 * 7) % n as u64) as usize);
        }
        sort_batch(&mut entries);
        sort_batch(&mut shuffled);
        prop_assert_eq!(stories(&entries), stories(&shuffled));
    }

    #[test]
    fn constraints_hold(rows in prop::collection::vec(arbitrary_entry(), 2..20), must in 0i64..20, cannot in prop::collection::vec(0i64..20, 0..6)) {
        let mut entries = build(&rows);
        sort_batch(&mut entries);
        let constraints = Constraints { must: vec![], cannot: cannot.into_iter().map(StoryId).collect() };
        let forced = Constraints { must: vec![StoryId(must)], ..constraints.clone() };
        let mut index = Index::new(window());
        for new in entries {
            let hit = AddressHit {
                key: "k".into(), kind: AddressKind::Link, their_kind: AddressKind::Link,
                entry: EntryId(99), feed: FeedId(99), story: StoryId(must), n_entries: 1,
            };
            let decision = index.decide(&new, Dedupe::Story, &[hit], &constraints);
            prop_assert!(decision.join.is_none_or(|story| !constraints.cannot.contains(&story)));
            let decision = index.decide(&new, Dedupe::Story, &[], &forced);
            match constraints.cannot.contains(&StoryId(must)) {
                true => prop_assert!(decision.join.is_none_or(|story| !constraints.cannot.contains(&story))),
                false => prop_assert_eq!(decision.join, Some(StoryId(must))),
            }
            take(&mut index, new, &constraints);
        }
    }

    #[test]
    fn removing_all_leaves_nothing(rows in prop::collection::vec(arbitrary_entry(), 1..16)) {
        let entries = build(&rows);
        let mut index = Index::new(window());
        for new in &entries {
            take(&mut index, new.clone(), &Constraints::default());
        }
        for new in &entries {
            index.remove(new.entry);
        }
        prop_assert!(index.is_empty());
        for new in &entries {
            prop_assert_eq!(index.decide(new, Dedupe::Story, &[], &Constraints::default()).rung, Rung::First);
        }
    }
}
