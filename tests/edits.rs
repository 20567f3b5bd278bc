//! What becomes of an entry that its feed shows otherwise than before: the whole daemon on a feed in a file.

mod common;

use common::World;
use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::{self, Engine};
use courant::model::ArticleMode;
use courant::publish::PublishedStory;
use courant::store::{Reader, Selection};

/// A feed in a file, and the database that follows it.
struct Followed {
    config: Config,
    feed: std::path::PathBuf,
    /// Each poll finds another campaign in the entry's link.
    n_polls: std::cell::Cell<u32>,
    _folder: tempfile::TempDir,
}

impl Followed {
    fn new() -> Followed {
        let folder = tempfile::tempdir().unwrap();
        let mut config = World::start().config(folder.path());
        config.article.mode = ArticleMode::Never;
        Followed { config, feed: folder.path().join("feed.xml"), n_polls: Default::default(), _folder: folder }
    }

    /// Writes a feed of one entry, polls it, and tells how many entries were edited.
    fn poll(&self, title: &str, inside: &str) -> u64 {
        self.poll_as(1, title, inside)
    }

    /// The same of an entry with this number for an id.
    fn poll_as(&self, id: u32, title: &str, inside: &str) -> u64 {
        self.n_polls.set(self.n_polls.get() + 1);
        let link = format!("https://paper.example/1?utm_campaign=poll-{}", self.n_polls.get());
        let item = format!("<item><guid>{id}</guid><title>{title}</title><link>{link}</link>{inside}</item>");
        let text = format!(
            "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel><title>Paper</title>{item}</channel></rss>"
        );
        self.poll_bytes(Some(&text))
    }

    /// The same of a file as it is, or as it is written now.
    fn poll_bytes(&self, text: Option<&str>) -> u64 {
        if let Some(text) = text {
            std::fs::write(&self.feed, text).unwrap();
        }
        let list = vec![Subscription::new(format!("file://{}", self.feed.display()))];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (report, writer) = runtime.block_on(async {
            let (engine, writer) = Engine::start(self.config.clone(), list, None).unwrap();
            (daemon::once(&engine, true).await.unwrap(), writer)
        });
        writer.join().unwrap();
        assert_eq!((report.failures, report.entries), (vec![], 1));
        report.edited
    }

    fn story(&self) -> PublishedStory {
        let reader = Reader::open(&self.config.database()).unwrap();
        let ids = reader.select(&Selection::default()).unwrap();
        reader.published(&ids).unwrap().remove(0)
    }
}

fn description(html: &str) -> String {
    format!("<description><![CDATA[{html}]]></description>")
}

#[test]
fn what_changes_with_each_request_is_not_an_edit() {
    let followed = Followed::new();
    let noisy = |n: u32| {
        description(&format!(
            "<!-- request {n} --><p>The ferry <a href='https://port.example/f?id=7&utm_term=t{n}'>left</a> at dawn.</p>\
             <img src='https://count.example/i.gif?{n}' width=1 height=1><script nonce=n{n}>x()</script>"
        ))
    };
    followed.poll("Ferry", &noisy(1));
    let before = followed.story();
    for n in 2..30 {
        assert_eq!(followed.poll("Ferry", &noisy(n)), 0);
    }
    assert_eq!(format!("{before:?}"), format!("{:?}", followed.story()));
    assert_eq!(followed.poll("Ferry", &description("<p>The ferry did not leave.</p>")), 1);
    assert_eq!(followed.story().html, "<p>The ferry did not leave.</p>");
}

#[test]
fn an_address_that_is_signed_anew_each_time_is_taken_and_is_no_edit() {
    let followed = Followed::new();
    let signed = |n: u32| {
        let picture = format!("<p>The ferry left at dawn.</p><p><img src='https://cdn.example/f.jpg?expires={n}&sig=s{n}'></p>");
        let audio = format!("<enclosure url='https://cdn.example/f.mp3?token={n}' type='audio/mpeg' length='1'/>");
        description(&picture) + &audio
    };
    followed.poll("Ferry", &signed(1));
    let before = followed.story();
    for n in 2..30 {
        assert_eq!(followed.poll("Ferry", &signed(n)), 0);
    }
    assert!(followed.story().html.contains("expires=1&"), "not at every poll");
    let database = rusqlite::Connection::open(followed.config.database()).unwrap();
    database.execute("UPDATE feeds SET last_polled = last_polled - 86400000", []).unwrap();
    assert_eq!(followed.poll("Ferry", &signed(29)), 0);
    let after = followed.story();
    assert_eq!((before.updated, before.published), (after.updated, after.published));
    // An address of last week opens nothing any more.
    assert!(after.html.contains("expires=29") && after.enclosures[0].url.ends_with("?token=29"), "{after:?}");
    let another = signed(30).replace("f.jpg", "g.jpg");
    assert_eq!(followed.poll("Ferry", &another), 1, "another picture is an edit");
}

#[test]
fn an_entry_with_a_counter_in_it_still_takes_a_correction() {
    let followed = Followed::new();
    let counted: u64 = (0..30).map(|n| followed.poll("Ferry", &description(&format!("<p>Read {n} times.</p>")))).sum();
    assert_eq!(counted, 24);
    assert_eq!(followed.poll("Correction: ferry does not stop", &description("<p>Read 99 times.</p>")), 1);
    assert_eq!(followed.story().title, "Correction: ferry does not stop");
}

#[test]
fn an_edit_that_was_put_off_comes_without_another_change_of_the_feed() {
    let followed = Followed::new();
    for n in 0..30 {
        followed.poll("Ferry", &description(&format!("<p>Read {n} times.</p>")));
    }
    let poll_again = || followed.poll_bytes(None);
    assert_eq!(poll_again(), 0, "not yet");
    let database = rusqlite::Connection::open(followed.config.database()).unwrap();
    let state: String = database.query_row("SELECT state FROM feeds", [], |row| row.get(0)).unwrap();
    let due = serde_json::from_str::<serde_json::Value>(&state).unwrap()["put_off"].as_i64().unwrap();
    let updated: i64 = database.query_row("SELECT updated FROM entries", [], |row| row.get(0)).unwrap();
    assert_eq!(due, updated + 86_400_000, "a day after the last edit");
    // The day passes.
    database
        .execute_batch(
            "UPDATE entries SET updated = updated - 86400000;
             UPDATE feeds SET state = json_set(state, '$.put_off', (state ->> '$.put_off') - 86400000);",
        )
        .unwrap();
    drop(database);
    assert_eq!(poll_again(), 1);
    assert_eq!(followed.story().html, "<p>Read 29 times.</p>");
    assert_eq!(poll_again(), 0, "once");
}

#[test]
fn enclosures_are_all_taken_whenever_they_come_and_audio_is_the_first() {
    let followed = Followed::new();
    followed.poll("Talk", "");
    let image = "<enclosure url='https://cdn.example/1.jpg' type='image/jpeg' length='3'/>";
    let audio = "<enclosure url='https://cdn.example/1.mp3' type='audio/mpeg' length='5'/>";
    assert_eq!(followed.poll("Talk", image), 1);
    assert_eq!(followed.poll("Talk", &format!("{image}{audio}")), 1);
    // An episode that is published anew, now with its recording.
    let anew = Followed::new();
    anew.poll("Talk", &description("<p>Two people talk of cranes for an hour.</p>"));
    anew.poll_as(2, "Talk", &format!("{}{audio}", description("<p>Two people talk of cranes for an hour.</p>")));
    assert_eq!(anew.story().enclosures.len(), 1);
    let enclosures: Vec<String> = followed.story().enclosures.into_iter().map(|enclosure| enclosure.url).collect();
    assert_eq!(enclosures, ["https://cdn.example/1.mp3", "https://cdn.example/1.jpg"]);
}

#[test]
fn a_body_that_is_too_long_ends_with_a_paragraph_and_a_link_to_the_rest() {
    let followed = Followed::new();
    let paragraph = "<p>The ferry left the harbour at dawn, and the crew counted forty crates of apples.</p>";
    followed.poll("Long", &description(&paragraph.repeat(8_000)));
    let html = followed.story().html;
    let rest = "<p><a href=\"https://paper.example/1\" rel=\"noopener noreferrer\">[…]</a></p>";
    assert!(html.ends_with(&format!("of apples.</p>{rest}")), "{}", &html[html.len() - 300..]);
    assert!(html.len() > 500_000 && html.len() < 530_000, "{}", html.len());
}
