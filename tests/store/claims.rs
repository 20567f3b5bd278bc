//! What is due is handed out once, and politely.

use crate::bed::*;
use courant::config::subscriptions::Subscription;
use courant::fetch::Held;
use courant::model::{FeedId, Timestamp, key_of};
use courant::records::{Claim, DueFeed, Leases, Poll};
use std::sync::Arc;
use std::time::Duration;

/// Nothing is due before it.
const EVER: Timestamp = Timestamp(i64::MIN);

impl Bed {
    fn claim(&mut self, claim: &Claim, at: Timestamp) -> Vec<Arc<DueFeed>> {
        self.reader().claim_feeds(claim, &mut self.leases, at).unwrap()
    }

    fn claimed(&mut self, claim: &Claim, at: Timestamp) -> Vec<i64> {
        self.claim(claim, at).iter().map(|feed| feed.id.0).collect()
    }

    fn want_all(&mut self, whole_hosts: bool, at: Timestamp) {
        self.reader().want_all(whole_hosts, &mut self.leases, at).unwrap();
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.reader().next_due(EVER, None, &self.leases).unwrap()
    }

    /// Polls that bring an empty document.
    fn polled(&mut self, feed: i64, at: Timestamp) {
        self.poll(FeedId(feed), at, Vec::new());
    }
}

#[test]
fn a_claim_is_held_until_its_poll_or_its_owner_ends() {
    let mut bed = bed();
    assert_eq!(bed.claim(&claim(), NOW).len(), 1);
    assert_eq!(bed.claim(&claim(), NOW).len(), 0);
    assert_eq!(bed.claim(&claim(), NOW.plus(Duration::from_secs(61))).len(), 1, "the lease has ended");
    // The owner has died, and its leases with it.
    (bed.store, bed.leases) = (open(&bed.path), Leases::default());
    assert_eq!(bed.claim(&claim(), NOW).len(), 1);
    bed.polled(1, NOW);
    assert_eq!(bed.claim(&claim(), NOW).len(), 0, "not due");
    let due = bed.claim(&claim(), NOW.plus(Duration::from_secs(3600)));
    assert_eq!(due[0].validators.as_ref().unwrap().etag.as_deref(), Some(&b"\"1\""[..]));
    assert_eq!(due[0].body_hash, Some(key_of("body")));
}

#[test]
fn what_is_handed_out_is_not_what_is_due_next() {
    let mut bed = bed();
    assert_eq!(bed.next_due(), Some(NOW));
    bed.claim(&claim(), NOW);
    assert_eq!(bed.next_due(), None);
    bed.polled(1, NOW);
    assert_eq!(bed.next_due(), Some(NOW.plus(Duration::from_secs(3600))));
}

#[test]
fn retry_after_outlives_all() {
    let mut bed = bed();
    let hold = NOW.plus(Duration::from_secs(7200));
    let mut held = poll(&bed.path, bed.feed, NOW, Vec::new());
    (held.state.hold_until, held.next_poll) = (Some(hold), Some(hold));
    bed.save(held);
    let soon = NOW.plus(Duration::from_secs(60));
    bed.want_all(false, soon);
    assert_eq!(bed.claim(&claim(), soon).len(), 0);
    assert_eq!(bed.claim(&claim(), hold).len(), 1);
}

#[test]
fn a_domain_that_asks_for_patience_is_held_as_a_whole() {
    let mut bed = bed();
    bed.subscribe(&["https://a.example/feed", "https://b.site.example/x", "https://site.example/y", "https://notsite.example/z"]);
    let until = NOW.plus(Duration::from_secs(7200));
    bed.save(Poll {
        error: Some("the server asks for patience (HTTP 429)".into()),
        held: Some(("site.example".into(), until)),
        ..unchanged(FeedId(2), NOW)
    });
    let feeds = bed.reader().feeds().unwrap();
    let asks_for_patience = |feed: &courant::store::FeedRow| feed.reasons.iter().any(|why| why.contains("patience"));
    assert!(asks_for_patience(&feeds[2]));
    // One that was under way when its domain was held is held all the same.
    let under_way = unchanged(FeedId(3), NOW);
    assert!(under_way.is_unchanged());
    bed.save(under_way);
    let feeds = bed.reader().feeds().unwrap();
    let held: Vec<bool> = feeds.iter().map(|feed| feed.next_poll.is_some_and(|at| at >= until)).collect();
    assert_eq!(held, [false, true, true, false]);
    assert!(asks_for_patience(&feeds[2]));
    // `once --all` does not override it.
    let soon = NOW.plus(Duration::from_secs(60));
    bed.want_all(false, soon);
    assert_eq!(bed.claimed(&claim(), soon), [1, 4]);
}

#[test]
fn a_feed_that_is_wanted_is_polled_once() {
    let mut bed = bed();
    bed.subscribe(&["https://a.example/feed", "https://b.example/1", "https://b.example/2", "https://c.example/x"]);
    (1..=4).for_each(|id| bed.polled(id, NOW));
    let soon = NOW.plus(Duration::from_secs(60));
    assert_eq!(bed.claimed(&claim(), soon).len(), 0);
    bed.want_all(false, soon);
    assert_eq!(bed.next_due(), Some(soon));
    // Those of a busy host stay wanted.
    assert_eq!(bed.claimed(&Claim { not_hosts: vec!["b.example".into()], ..claim() }, soon), [1, 4]);
    assert_eq!(bed.claimed(&Claim { per_host: 1, ..claim() }, soon), [2]);
    bed.polled(2, soon);
    assert_eq!(bed.claimed(&claim(), soon), [3]);
    assert_eq!(bed.claimed(&claim(), soon).len(), 0);
    assert!(bed.next_due().is_some_and(|at| at > soon));
}

#[test]
fn feeds_of_a_host_are_claimed_together() {
    let mut bed = bed();
    bed.subscribe(&[
        "https://a.example/feed",
        "https://b.example/1",
        "https://a.example/2",
        "https://b.example/2",
        "https://a.example/3",
    ]);
    let together = Claim { n: 3, whole_hosts: true, ..claim() };
    assert_eq!(bed.claimed(&together, NOW), [1, 3, 5]);
    assert_eq!(bed.claimed(&together, NOW), [2, 4]);
    (1..=5).for_each(|id| bed.polled(id, NOW));
    assert!(bed.claimed(&together, NOW).is_empty());
    // Those that are not due come in the same order.
    let soon = NOW.plus(Duration::from_secs(60));
    bed.want_all(true, soon);
    assert_eq!(bed.claimed(&Claim { n: 4, ..together }, soon), [1, 3, 5, 2]);
}

#[test]
fn while_the_network_is_down_one_feed_is_asked_at_a_time() {
    let list =
        ["https://a.example/feed", "http://b.example/1", "https://b.example/2", "http://192.168.1.7/nas", "file:///tmp/f.xml"];
    let down = Held { http: true, https: true, private_too: false };
    for whole_hosts in [false, true] {
        let mut bed = bed();
        bed.subscribe(&list);
        let claim = |held, probe| Claim { held, probe, whole_hosts, ..claim() };
        // What is not asked over the internet is asked as always.
        assert_eq!(bed.claimed(&claim(down, false), NOW), [4, 5]);
        assert_eq!(bed.claimed(&claim(down, true), NOW), [1]);
        // Where it is the certificates, what needs none is asked.
        assert_eq!(bed.claimed(&claim(Held { http: false, ..down }, false), NOW), [2]);
        assert_eq!(bed.claimed(&claim(Held::default(), false), NOW), [3]);
    }
    let local = Held { private_too: true, ..down };
    assert!(local.holds("http://192.168.1.7/nas") && !local.holds("file:///tmp/f.xml") && !local.holds("nonsense"));
}

#[test]
fn a_claim_is_not_all_of_one_host() {
    let mut bed = bed();
    let of_one = (0..10).map(|n| Subscription::new(format!("https://b.example/{n}")));
    bed.subscribe_to(of_one.chain([Subscription::new("https://a.example/feed")]).collect());
    let claim = Claim { n: 6, per_host: 4, ..claim() };
    let hosts = |due: &[Arc<DueFeed>]| due.iter().filter(|feed| feed.url.starts_with("https://b.example")).count();
    let first = bed.claim(&claim, NOW);
    assert_eq!((first.len(), hosts(&first)), (5, 4));
    assert_eq!(hosts(&bed.claim(&claim, NOW)), 4, "the next claim hands out more of it");
}
