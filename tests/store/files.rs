//! The file and its list of feeds: opened, migrated or refused; feeds that move, go, and come back.

use crate::bed::*;
use courant::config::subscriptions::Subscription;
use courant::model::{Dedupe, Sample, Timestamp};
use courant::records::Command;
use courant::store::{Opening, Reader, Store};

#[test]
fn a_moved_feed_is_the_same_feed() {
    let mut bed = bed();
    let mut moved = poll(&bed.path, bed.feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
    moved.moved_to = Some("https://new.example/feed".into());
    bed.save(moved);
    // The person follows the move in the list, later.
    let report = bed.subscribe_to(vec![Subscription::new("https://new.example/feed")]);
    assert_eq!((report.added.len(), report.n_removed), (0, 0));
    let reader = bed.reader();
    assert_eq!(reader.feed_of("https://a.example/feed").unwrap(), Some(bed.feed));
    assert_eq!(reader.feeds().unwrap()[0].url, "https://new.example/feed");
}

#[test]
fn another_spelling_of_an_address_is_the_same_feed() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
    for spelling in ["HTTPS://A.example:443/feed", "https://a.example/./feed#top", "https://a.example/feed"] {
        let report = bed.subscribe_to(vec![Subscription::new(spelling)]);
        assert_eq!((report.added.len(), report.n_removed), (0, 0), "{spelling}");
        let (reader, feed) = (bed.reader(), bed.reader().feeds().unwrap().remove(0));
        assert_eq!((reader.feed_of(spelling).unwrap(), feed.url.as_str()), (Some(bed.feed), spelling));
        assert_eq!(feed.health(NOW).state, courant::health::State::Well, "it has not moved");
    }
    // Two spellings in one list are one feed.
    let twice = ["https://a.example/feed", "https://A.EXAMPLE/feed"].map(Subscription::new);
    assert_eq!(bed.subscribe_to(twice.to_vec()).added.len(), 0);
    assert_eq!(bed.reader().feeds().unwrap().len(), 1);
}

#[test]
fn removing_keeps_or_purges() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
    bed.settle();
    let reader = bed.reader();
    assert_eq!(bed.remove(bed.feed, false), 0);
    assert_eq!(reader.counts().unwrap().stories, 1);
    assert_eq!(bed.remove(bed.feed, true), 1);
    assert_eq!((reader.counts().unwrap().stories, reader.counts().unwrap().entries), (0, 0));
    let again = bed.subscribe(&["https://a.example/feed"])[0];
    assert_ne!(again, bed.feed, "a number is never used again");
}

#[test]
fn settings_that_another_version_wrote_keep_what_this_one_knows() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
    bed.settle();
    let stored = r#"{"url":"https://a.example/feed","title":"Mine","tags":["x","y"],"colour":"red","dedupe":"perhaps","priority":"high","article":"always"}"#;
    let connection = rusqlite::Connection::open(&bed.path).unwrap();
    assert_eq!(connection.execute("UPDATE feeds SET settings = ?", [stored]).unwrap(), 1);
    let feed = bed.reader().feeds().unwrap().remove(0);
    assert_eq!((feed.name().as_str(), feed.settings.url.as_str()), ("Mine", "https://a.example/feed"));
    assert_eq!(feed.settings.tags, ["x", "y"]);
    assert_eq!((feed.settings.dedupe, feed.settings.priority), (None::<Dedupe>, 0));
    assert_eq!(feed.settings.article, Some(courant::model::ArticleMode::Always));
    // Whoever reads them: what is published, and what is polled.
    let story = bed.published().remove(0);
    assert_eq!((story.tags, story.sources[0].feed_title.as_str()), (vec!["x".to_owned(), "y".to_owned()], "Mine"));
    let later = NOW.plus(std::time::Duration::from_secs(3600));
    let due = bed.reader().claim_feeds(&claim(), &mut bed.leases, later).unwrap();
    assert_eq!(due[0].settings, feed.settings);
    // The list taken over again puts them right.
    bed.subscribe_to(vec![Subscription { title: Some("Mine".into()), ..Subscription::new("https://a.example/feed") }]);
    let feed = bed.reader().feeds().unwrap().remove(0);
    assert_eq!((feed.name().as_str(), feed.settings.tags.len()), ("Mine", 0));
    // What is no JSON at all says nothing, and the feed is there all the same.
    connection.execute("UPDATE feeds SET settings = 'not json'", []).unwrap();
    let feed = bed.reader().feeds().unwrap().remove(0);
    assert_eq!((feed.settings.url.as_str(), feed.name().as_str()), ("https://a.example/feed", "A"));
}

#[test]
fn an_import_gives_no_number_again_that_was_given() {
    let mut bed = bed();
    bed.poll(bed.feed, NOW, vec![entry("1", "https://a.example/1", "One")]);
    bed.settle();
    let gone = bed.titled("One").1;
    bed.remove(bed.feed, true);
    let mut lines = Vec::new();
    bed.reader().export(&mut lines).unwrap();
    let imported = bed.path.with_file_name("imported.db");
    courant::store::import(lines.as_slice(), &imported, NOW).unwrap();
    bed.path = imported;
    bed.store = open(&bed.path);
    bed.index_now();
    bed.feed = bed.subscribe(&["https://b.example/feed"])[0];
    bed.poll(bed.feed, NOW, vec![entry("2", "https://b.example/2", "Two")]);
    bed.settle();
    assert!(bed.titled("Two").1 > gone, "an app would show the one for the other");
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let bed = bed();
    drop(bed.store);
    rusqlite::Connection::open(&bed.path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let refused = Store::open(&bed.path, Opening::now(NOW)).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("newer courant"), "{refused}");
    assert!(Reader::open(&bed.path).is_err());
}

#[test]
fn an_older_database_is_migrated_by_its_owner_and_by_nobody_else() {
    let bed = bed();
    drop(bed.store);
    let older = rusqlite::Connection::open(&bed.path).unwrap();
    older.execute_batch(BEFORE_ITEMS).unwrap();
    older
        .execute_batch(
            "DROP INDEX feeds_host; DROP INDEX entries_unsettled; DROP TABLE websub; DROP TABLE feed_events; ALTER TABLE feeds DROP COLUMN trouble;
             DROP TRIGGER entry_body_left; DROP TRIGGER entry_body_gone; DROP TRIGGER article_body_left; DROP TRIGGER article_body_gone;
             DROP INDEX entry_bodies_plain; DROP INDEX article_bodies_plain; ALTER TABLE entry_bodies DROP COLUMN body;
             ALTER TABLE article_bodies DROP COLUMN body; DROP TABLE bodies; DROP TABLE dictionaries; DROP TABLE pruned; DROP INDEX stories_redirect;
             ALTER TABLE feeds DROP COLUMN revision; ALTER TABLE feeds DROP COLUMN habit;
             DROP INDEX entries_content; ALTER TABLE entries DROP COLUMN content; ALTER TABLE entries DROP COLUMN n_dates; PRAGMA user_version = 3",
        )
        .unwrap();
    drop(older);
    let refused = Reader::open(&bed.path).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("older courant") && refused.contains("courant run"), "{refused}");
    drop(Store::open(&bed.path, Opening::now(NOW)).unwrap());
    // As it was before: the version that made it could be installed again.
    let copy = rusqlite::Connection::open(bed.path.with_file_name("backups/courant-schema-3.db")).unwrap();
    assert_eq!(copy.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), 3);
    assert!(Reader::open(&bed.path).unwrap().feeds().is_ok());
}

#[test]
fn a_foreign_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
    assert!(Store::open(&path, Opening::now(NOW)).is_err());
}

#[test]
fn samples_are_kept_for_a_fortnight_and_none_of_a_clock_that_was_ahead() {
    let mut bed = bed();
    let sample = |quarter: i64| Sample { at: Timestamp(NOW.0 + quarter * 900_000), n_polls: 7, ..Sample::default() };
    for quarter in [0, 1, 500_000, 2] {
        bed.commit(Command::Sample { sample: sample(quarter) });
    }
    assert_eq!(bed.reader().samples().unwrap(), [sample(0), sample(1), sample(2)]);
    // A machine without a clock of its own begins in 1970.
    bed.commit(Command::Sample { sample: Sample { at: Timestamp(5_000), ..Sample::default() } });
    assert_eq!(bed.reader().samples().unwrap(), [sample(0), sample(1), sample(2)]);
    for quarter in 3..1400 {
        bed.commit(Command::Sample { sample: sample(quarter) });
    }
    let kept = bed.reader().samples().unwrap();
    assert_eq!((kept.len(), kept.last()), (1344, Some(&sample(1399))));
}
