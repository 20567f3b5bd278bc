//! Retention: old stories go whole, those that a person has corrected stay, and nothing that went is new again.

use crate::bed::*;
use courant::config::subscriptions::Subscription;
use courant::config::values::Keep;
use courant::feed::ParsedEntry;
use courant::model::{Key, Timestamp, key_of};
use courant::records::{Command, Correction, Reply, Retention, pruned_key};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const KEEP: Retention = Retention { keep: Some(Duration::from_secs(30 * 86_400)), keep_stories: 0, max_bytes: 0 };

fn later(days: u32) -> Timestamp {
    NOW.plus(DAY * days)
}

fn numbered(range: std::ops::Range<usize>) -> Vec<ParsedEntry> {
    range.map(|n| entry(&n.to_string(), &format!("https://a.example/{n}"), &format!("Number {n}"))).collect()
}

fn count(bed: &Bed, sql: &str) -> i64 {
    rusqlite::Connection::open(&bed.path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Entries in one commit.
const BATCH: usize = 7;

/// Prunes in small batches; returns how many stories went, and how many were looked at.
fn prune_and_count(bed: &mut Bed, policy: &Retention, now: Timestamp) -> (usize, usize) {
    let (mut n_stories, mut n_looked_at, mut up_to) = (0, 0, None);
    while let Some(batch) = bed.reader().prunable(policy, BATCH, now, up_to).unwrap() {
        up_to = Some(batch.up_to);
        n_looked_at += batch.n_looked_at;
        match bed.commit(Command::Prune { stories: batch.stories, at: now }).reply {
            Reply::Removed { n_stories: n } => n_stories += n,
            other => panic!("{other:?}"),
        }
    }
    (n_stories, n_looked_at)
}

fn prune(bed: &mut Bed, policy: &Retention, now: Timestamp) -> usize {
    prune_and_count(bed, policy, now).0
}

#[test]
fn what_is_old_goes_and_is_not_new_again() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, numbered(0..40));
    bed.settle();
    bed.poll(bed.feed, later(40), numbered(40..50));
    bed.settle();
    assert!(bed.reader().prunable(&KEEP, 100, later(20), None).unwrap().is_none());
    assert_eq!(prune(&mut bed, &KEEP, later(50)), 40);
    assert_eq!((bed.published().len(), count(&bed, "SELECT count(*) FROM entries")), (10, 10));
    assert_eq!(count(&bed, "SELECT count(*) FROM entry_bodies"), 10);
    assert!(bed.find("number").len() == 10 && hidden(&bed.path).is_empty());
    assert_eq!(bed.reader().growth(&KEEP, later(50)).unwrap().n_pruned, 40);
    // The archive again, the same under new ids, and one that is new at an old address.
    assert_eq!(bed.poll(bed.feed, later(51), numbered(0..50)).new.len(), 0);
    let mut churned = numbered(0..40);
    churned.iter_mut().for_each(|entry| entry.id = Some(format!("new-{}", entry.id.as_deref().unwrap())));
    assert_eq!(bed.poll(bed.feed, later(52), churned).new.len(), 0);
    // A migration dates everything anew; a counter that begins anew gives old ids to what is new.
    let dated = |entry: ParsedEntry| ParsedEntry { published: Some(later(52)), ..entry };
    assert_eq!(bed.poll(bed.feed, later(52), numbered(0..40).into_iter().map(dated).collect()).new.len(), 0);
    let reused = dated(entry("7", "https://a.example/2027/7", "Another story with an old number"));
    assert_eq!(bed.poll(bed.feed, later(52), vec![reused]).new.len(), 1);
    // Without a date link and title tell.
    let undated = entry("8", "https://a.example/2027/8", "One more story with an old number");
    assert_eq!(bed.poll(bed.feed, later(52), vec![undated]).new.len(), 1);
    let other = entry("other", "https://a.example/0", "Another story at the old place");
    assert_eq!(bed.poll(bed.feed, later(53), vec![other]).new.len(), 1);
    bed.settle();
    // All of them gone: the feed is not a new one.
    assert_eq!(prune(&mut bed, &KEEP, later(500)), 13);
    assert_eq!(bed.poll(bed.feed, later(501), numbered(0..50)).new.len(), 0);
    // 24 bytes an entry at most, whatever the number.
    let bytes = count(&bed, "SELECT sum(octet_length(keys)) FROM pruned");
    assert!(bytes <= 24 * 53, "{bytes}");
    assert_eq!(bed.reader().growth(&KEEP, later(501)).unwrap().n_pruned, 53);
}

#[test]
fn a_story_stays_while_one_of_its_entries_is_young_or_a_person_said_a_word_of_it() {
    let (mut bed, other) = Bed::two_stories();
    let [one, two] = ["a1", "a2"].map(|title| bed.titled(title).1);
    assert_ne!(one, two);
    // A third feed joins the first story much later.
    let third = bed.subscribe(&["https://a.example/feed", "https://b.example/feed", "https://c.example/feed"])[0];
    bed.poll(third, later(100), vec![entry("1", "https://a.example/story/one", "c1")]);
    bed.settle();
    assert_eq!(bed.titled("c1").1, one);
    assert_eq!(prune(&mut bed, &KEEP, later(110)), 1, "the second one goes");
    assert_eq!(bed.partition(), [["a1", "b1", "c1"]]);
    let leaves = bed.titled("b1").0;
    bed.correct(Correction::Split { story: one, entries: vec![leaves] }).unwrap();
    assert_eq!(prune(&mut bed, &KEEP, later(1000)), 0);
    bed.correct(Correction::Undo).unwrap();
    assert_eq!(prune(&mut bed, &KEEP, later(1000)), 1);
    assert_eq!(bed.poll(other, later(1001), vec![entry("1", "https://a.example/story/one", "b1")]).new.len(), 0);
    assert_eq!(count(&bed, "SELECT count(*) FROM stories"), 0);
}

#[test]
fn a_feed_may_keep_longer_and_the_newest_stories_stay() {
    let mut bed = bed();
    let kept = Subscription { keep: Some(Keep::Forever), ..Subscription::new("https://b.example/feed") };
    let forever = bed.subscribe_to(vec![Subscription::new("https://a.example/feed"), kept]).added[0];
    bed.poll(bed.feed, NOW, numbered(0..10));
    bed.poll(forever, NOW, vec![entry("x", "https://b.example/x", "Kept for ever")]);
    bed.settle();
    assert_eq!(prune(&mut bed, &Retention { keep_stories: 4, ..KEEP }, later(60)), 7);
    assert_eq!(prune(&mut bed, &KEEP, later(60)), 3);
    assert_eq!(bed.published().len(), 1);
    let by_size = Retention { keep: None, keep_stories: 0, max_bytes: 1 };
    assert_eq!(prune(&mut bed, &by_size, later(60)), 0, "what is kept for ever stays");
    bed.poll(bed.feed, later(61), numbered(10..20));
    bed.settle();
    assert_eq!(prune(&mut bed, &by_size, later(61)), 10);
    assert_eq!(prune(&mut bed, &Retention { keep: None, ..KEEP }, later(9000)), 0);
}

#[test]
fn of_a_feed_that_is_purged_nothing_is_counted() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, numbered(0..40));
    bed.settle();
    assert_eq!(prune(&mut bed, &KEEP, later(50)), 40);
    // What the version before left of such a feed.
    bed.raw("INSERT INTO pruned_feeds VALUES(999, 5, 5); DROP INDEX stories_covered; DROP INDEX stories_covered_seen; DROP TABLE samples; ALTER TABLE items DROP COLUMN star_of; DROP TABLE replies; DROP TABLE loans; DROP TABLE passed_over; PRAGMA user_version = 15");
    bed.store = open(&bed.path);
    assert_eq!(bed.reader().growth(&KEEP, later(50)).unwrap().n_pruned, 40);
    bed.remove(bed.feed, true);
    assert_eq!(bed.reader().growth(&KEEP, later(50)).unwrap().n_pruned, 0);
}

#[test]
fn of_what_was_pruned_a_document_reads_what_it_asks_for() {
    let mut bed = bed();
    let all = numbered(0..1_000);
    bed.poll(bed.feed, NOW, all.clone());
    bed.settle();
    let key = |title: &str| -> Key {
        let connection = rusqlite::Connection::open(&bed.path).unwrap();
        connection.query_row("SELECT key FROM entries WHERE title = ?", [title], |row| row.get(0)).unwrap()
    };
    let asked = [key("Number 3"), key("Number 999"), key_of("of none")].map(|key| pruned_key(&key));
    assert_eq!(prune(&mut bed, &KEEP, later(60)), 1_000);
    // In rows that a few pages hold each: not one for all.
    assert!(count(&bed, "SELECT count(*) FROM pruned") > 10);
    assert!(count(&bed, "SELECT max(octet_length(keys)) FROM pruned") <= 1_024);
    assert_eq!(bed.poll(bed.feed, later(61), all).new.len(), 0);
    let found = bed.reader().pruned(bed.feed, &asked).unwrap();
    assert_eq!(found.keys, asked[..2].iter().copied().collect());
    assert!(found.newest.is_some_and(|newest| newest >= NOW && newest < later(1)));
}

#[test]
fn what_an_older_version_pruned_is_known_still() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, numbered(0..300));
    bed.settle();
    assert_eq!(prune(&mut bed, &KEEP, later(60)), 300);
    // As it kept them: a key, then link and title or nothing, in the order in which they went.
    let rows = "SELECT n, key FROM (SELECT row_number() OVER (ORDER BY id DESC, at DESC) AS n, substr(keys, at, 8) AS key
        FROM pruned JOIN (WITH RECURSIVE p(at) AS (SELECT 1 UNION ALL SELECT at + 8 FROM p WHERE at < 1017) SELECT at FROM p) ON at < octet_length(keys))";
    bed.raw(&format!(
        "CREATE TABLE was AS {rows}; DROP TABLE pruned;
         CREATE TABLE pruned(id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL, keys BLOB NOT NULL, newest INTEGER NOT NULL) STRICT;
         CREATE INDEX pruned_of ON pruned(feed_id);
         INSERT INTO pruned(feed_id, keys, newest) SELECT {}, unhex(group_concat(hex(key), '')), {} FROM was GROUP BY n / 250;
         INSERT INTO pruned(feed_id, keys, newest) VALUES({}, x'00000000000000010000000000000000', 5);
         DROP TABLE was; DROP TABLE pruned_feeds; DROP INDEX stories_covered; DROP INDEX stories_covered_seen; DROP TABLE samples; ALTER TABLE items DROP COLUMN star_of; DROP TABLE replies; DROP TABLE loans; DROP TABLE passed_over; PRAGMA user_version = 14",
        bed.feed.0, NOW.0, bed.feed.0
    ));
    bed.store = open(&bed.path);
    assert_eq!(bed.reader().growth(&KEEP, later(60)).unwrap().n_pruned, 301);
    assert_eq!(bed.poll(bed.feed, later(61), numbered(0..301)).new.len(), 1);
}

#[test]
fn what_stays_is_not_looked_at_with_each_batch_again() {
    let mut bed = bed();
    let longer = Subscription { keep: Some(Keep::For(DAY * 900)), ..Subscription::new("https://b.example/feed") };
    let kept = bed.subscribe_to(vec![Subscription::new("https://a.example/feed"), longer]).added[0];
    let old: Vec<ParsedEntry> =
        (0..200).map(|n| entry(&n.to_string(), &format!("https://b.example/{n}"), &format!("Kept {n}"))).collect();
    bed.poll(kept, NOW, old);
    bed.settle();
    bed.poll(bed.feed, later(1), numbered(0..200));
    bed.settle();
    let (n_stories, n_looked_at) = prune_and_count(&mut bed, &KEEP, later(60));
    assert_eq!(n_stories, 200);
    // Each once, and the one with which a batch was full once more.
    assert!(n_looked_at <= 400 + 200 / BATCH, "{n_looked_at}");
}

#[test]
fn a_story_that_changed_meanwhile_stays() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, numbered(0..2));
    bed.settle();
    let batch = bed.reader().prunable(&KEEP, 100, later(60), None).unwrap().unwrap();
    assert_eq!((batch.stories.len(), batch.n_entries), (2, 2));
    let mut edited = numbered(0..1);
    edited[0].summary = Some("<p>Something else</p>".into());
    bed.poll(bed.feed, later(60), edited);
    bed.settle();
    assert_eq!(bed.commit(Command::Prune { stories: batch.stories, at: later(60) }).reply, Reply::Removed { n_stories: 1 });
    assert_eq!(bed.published().len(), 1);
}

#[test]
fn the_same_commands_give_the_same_rows() {
    let mut bed = bed();
    let before = bed.copy("before.db");
    let polled = poll(&bed.path, bed.feed, NOW, numbered(0..30));
    let mut commands = vec![Command::Polled(Box::new(polled))];
    bed.commit(commands[0].clone());
    bed.index_now();
    let settle = |bed: &Bed| {
        let waiting = bed.reader().to_settle(1000).unwrap();
        let batch = waiting.iter().map(|entry| courant::ingest::settling(entry, courant::model::Dedupe::Address));
        Command::Settle { batch: batch.collect(), at: NOW }
    };
    commands.push(settle(&bed));
    bed.commit(commands[1].clone());
    let bodies = bed.reader().pack(20, courant::store::Effort::Quick).unwrap();
    commands.push(Command::Pack { bodies });
    let stories = bed.reader().prunable(&KEEP, 9, later(60), None).unwrap().unwrap().stories;
    commands.extend([
        Command::PruneFrom { from: NOW },
        Command::Prune { stories, at: later(60) },
        Command::SetBack { at: NOW.minus(DAY * 40) },
        Command::Heartbeat { at: NOW },
    ]);
    commands[2..].iter().for_each(|command| _ = bed.commit(command.clone()));
    let mut again = open(&before);
    for (n, command) in commands.iter().enumerate() {
        if n == 1 {
            let epoch = again.epoch();
            assert!(again.set_index(index_of(&before), epoch));
        }
        // As a record keeps them.
        let command: Command = serde_json::from_str(&serde_json::to_string(command).unwrap()).unwrap();
        again.commit(command).unwrap();
    }
    assert_eq!(crate::tables::differences(&bed.path, &before), [""; 0]);
    // What lay ahead of the clock is not after it, and as it was in order.
    let latest = count(&bed, "SELECT max(updated) FROM stories");
    assert!(latest < NOW.minus(DAY * 39).0, "{latest}");
    assert_eq!(hidden(&bed.path), [""; 0]);
}
