//! Rules in the store: what was found is taken only while it is still true, in an order that apps can page by, and nothing
//! that may be kept goes before it is judged.

use crate::bed::*;
use courant::config::subscriptions::Subscription;
use courant::model::{StoryId, Timestamp};
use courant::records::{Command, Judged, Reply, Retention};
use courant::rules::{Rule, Trigger};
use courant::store::Effort;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const KEEP: Retention = Retention { keep: Some(Duration::from_secs(30 * 86_400)), keep_stories: 0, max_bytes: 0 };

fn rule(query: &str) -> Rule {
    Rule { name: "it".into(), query: query.parse().unwrap(), mute: true, ..Rule::default() }
}

fn keeping(query: &str) -> Rule {
    Rule { mute: false, keep: true, ..rule(query) }
}

impl Bed {
    fn watch(&mut self, rule: Rule) {
        self.commit(Command::Watch { rules: vec![rule], triggers: Vec::new(), at: NOW });
    }

    /// Entries with these titles, each a story of its own.
    fn tell(&mut self, titles: &[&str]) {
        let entries = titles.iter().map(|title| entry(title, &format!("https://a.example/{title}"), title)).collect();
        self.poll(self.feed, NOW, entries);
        self.settle();
    }

    fn judged(&self) -> Vec<Judged> {
        self.reader().judge(100).unwrap()
    }

    fn take(&mut self, verdicts: Vec<Judged>) {
        self.commit(Command::Judge { verdicts, at: NOW });
    }

    /// For how many stories the rule holds, and how many are still to be judged.
    fn state(&self) -> (i64, i64) {
        (self.reader().reach_of("it").unwrap().0, self.reader().n_unruled().unwrap())
    }

    fn waiting(&self) -> Vec<StoryId> {
        self.judged().iter().map(|judged| judged.story).collect()
    }
}

#[test]
fn what_a_rule_may_keep_does_not_go_before_it_is_judged() {
    let mut bed = bed();
    bed.watch(keeping("crab"));
    bed.tell(&["crab", "lobster"]);
    bed.take(bed.judged());
    let old = bed.reader().prunable(&KEEP, 100, NOW.plus(DAY * 60), None).unwrap().unwrap();
    assert_eq!((bed.state(), old.stories.len()), ((1, 0), 1));
    // Another rule of the same name: for a while it holds for nothing.
    bed.watch(keeping(""));
    assert_eq!(bed.state(), (0, 2));
    assert!(bed.reader().prunable(&KEEP, 100, NOW.plus(DAY * 60), None).unwrap().is_none());
    // Nor does what was chosen before.
    let pruned = bed.commit(Command::Prune { stories: old.stories, at: NOW.plus(DAY * 60) });
    assert_eq!(pruned.reply, Reply::Removed { n_stories: 0 });
    bed.take(bed.judged());
    assert_eq!(bed.state(), (2, 0));
    assert!(bed.reader().prunable(&KEEP, 100, NOW.plus(DAY * 60), None).unwrap().is_none());
}

#[test]
fn what_was_found_by_rules_that_are_others_now_is_not_taken() {
    let mut bed = bed();
    bed.watch(rule("crab"));
    bed.tell(&["crab", "lobster"]);
    let found = bed.judged();
    bed.watch(rule("zebra"));
    bed.take(found.clone());
    assert_eq!(bed.state(), (0, 2), "still to be judged");
    bed.take(bed.judged());
    assert_eq!(bed.state(), (0, 0));
    // What waits anew is not what waited before.
    bed.watch(rule("crab"));
    let found = bed.judged();
    bed.watch(rule("zebra"));
    bed.take(bed.judged());
    assert_eq!(bed.state(), (0, 0));
    bed.take(found.clone());
    assert_eq!(bed.state(), (0, 0));
    bed.watch(rule("zebrafish"));
    bed.take(found);
    assert_eq!(bed.state(), (0, 2));
}

#[test]
fn what_was_found_by_tags_that_are_others_now_is_not_taken() {
    let mut bed = bed();
    bed.watch(rule("tag:crab"));
    bed.tell(&["one", "two"]);
    let found = bed.judged();
    bed.subscribe_to(vec![Subscription { tags: vec!["crab".into()], ..Subscription::new("https://a.example/feed") }]);
    bed.take(found);
    assert_eq!(bed.state(), (0, 2));
    bed.take(bed.judged());
    assert_eq!(bed.state(), (2, 0));
}

#[test]
fn new_stories_are_judged_in_their_order_and_before_all_others() {
    let mut bed = bed();
    bed.tell(&["1", "2", "3", "4", "5"]);
    bed.watch(rule("crab"));
    bed.tell(&["6", "7", "8"]);
    let numbers = |n: &[i64]| n.iter().map(|n| StoryId(*n)).collect::<Vec<_>>();
    assert_eq!(bed.waiting(), numbers(&[6, 7, 8, 5, 4, 3, 2, 1]));
    // One that changed meanwhile keeps those behind it waiting, or apps would have paged past it.
    let found = bed.judged();
    let mut edited = entry("7", "https://a.example/7", "7");
    edited.summary = Some("<p>crab</p>".into());
    bed.poll(bed.feed, NOW.plus(DAY), vec![edited]);
    bed.settle();
    bed.take(found);
    assert_eq!(bed.waiting(), numbers(&[7, 8, 5, 4, 3, 2, 1]));
    bed.take(bed.judged());
    assert_eq!(bed.state(), (1, 0));
}

#[test]
fn a_story_whose_text_is_damaged_is_judged_without_it() {
    let mut bed = bed();
    bed.watch(rule("crab"));
    let text = |title: &str, words: &str| told(title, &format!("https://a.example/{title}"), title, words);
    bed.poll(bed.feed, NOW, vec![text("crab", TEXTS[0]), text("two", &format!("{} crab", TEXTS[1]))]);
    bed.settle();
    let by_titles = bed.reader().judge_by_titles(100).unwrap();
    assert_eq!(by_titles.iter().map(|judged| judged.verdict.rules.len()).sum::<usize>(), 1);
    let bodies = bed.reader().pack(20, Effort::Quick).unwrap();
    assert_eq!(bodies.len(), 2);
    bed.commit(Command::Pack { bodies });
    assert_eq!(bed.judged().iter().map(|judged| judged.verdict.rules.len()).sum::<usize>(), 2);
    bed.raw("UPDATE bodies SET data = x'0011223344'");
    let found = bed.judged();
    assert_eq!(found, by_titles);
    bed.take(found);
    assert_eq!(bed.state(), (1, 0));
}

#[test]
fn whoever_was_told_by_a_clock_that_was_ahead_is_told_when_it_is_right() {
    let mut bed = bed();
    let ahead = NOW.plus(DAY * 30);
    let trigger = Trigger { name: "me".into(), query: Some("crab".parse().unwrap()), feeds: false };
    bed.commit(Command::Watch { rules: vec![keeping("crab")], triggers: vec![trigger], at: ahead });
    let later = |bed: &mut Bed, at: Timestamp, title: &str| {
        bed.poll(bed.feed, at, vec![entry(title, &format!("https://a.example/{title}"), title)]);
        bed.settle();
        let verdicts = bed.judged();
        bed.commit(Command::Judge { verdicts, at });
    };
    later(&mut bed, ahead, "crab");
    bed.commit(Command::Dispatch { notifier: "me".into(), token: "t".into(), n: 9, at: ahead });
    bed.commit(Command::PutOff { delivery: 1, error: "busy".into(), next_try: ahead.plus(DAY / 24) });
    let now = NOW.plus(Duration::from_secs(60));
    bed.commit(Command::SetBack { at: now });
    let latest = |sql: &str| -> i64 {
        rusqlite::Connection::open(&bed.path).unwrap().query_row(&format!("SELECT max({sql}"), [], |row| row.get(0)).unwrap()
    };
    for moment in ["since) FROM notifiers", "made) FROM notices", "made) FROM deliveries", "at) FROM rule_effects"] {
        assert!(latest(moment) <= now.0, "{moment}");
    }
    assert_eq!(latest("next_try) FROM deliveries"), now.plus(DAY / 24).0);
    later(&mut bed, NOW.plus(Duration::from_secs(90)), "crab-two");
    let n_told: i64 = rusqlite::Connection::open(&bed.path)
        .unwrap()
        .query_row("SELECT count(*) FROM notices WHERE said LIKE '%crab-two%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(n_told, 1);
}
