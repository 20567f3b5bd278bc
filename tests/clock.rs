//! A clock that was ahead and is set right, or jumps: `faults/clock.c` adds to the wall clock of the program what a file
//! says.

#[path = "common/service.rs"]
mod service;

use service::{Service, courant, said, shim, until};
use std::path::{Path, PathBuf};
use std::process::Command;

const MONTH: i64 = 30 * 86_400;

struct Home {
    folder: tempfile::TempDir,
    shim: PathBuf,
}

impl Home {
    fn new() -> Home {
        let home = Home { folder: tempfile::tempdir().unwrap(), shim: shim("clock") };
        let config = "state_dir = \"state\"\n[store]\nreserve = \"0B\"\n[serve]\nlisten = \"127.0.0.1:0\"\n";
        std::fs::write(home.path().join("courant.toml"), config).unwrap();
        let feed = home.path().join("feed.xml");
        std::fs::write(home.path().join("feeds.toml"), format!("[[feed]]\nurl = \"file://{}\"\n", feed.display())).unwrap();
        home.set(0);
        home.tell(&["One"]);
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// How far ahead the clock is, in seconds.
    fn set(&self, ahead: i64) {
        let (file, new) = (self.path().join("clock"), self.path().join("clock.new"));
        std::fs::write(&new, ahead.to_string()).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    fn tell(&self, titles: &[&str]) {
        let items: String =
            titles.iter().map(|title| format!("<item><guid>{title}</guid><title>{title}</title></item>")).collect();
        let text = format!("<rss version='2.0'><channel><title>F</title>{items}</channel></rss>");
        std::fs::write(self.path().join("feed.xml"), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = courant(self.path(), arguments);
        command.env("LD_PRELOAD", &self.shim).env("CLOCK_OFF_FILE", self.path().join("clock"));
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// The titles of the output, newest first, each with whether its dates lie in the future.
    fn titles(&self) -> Vec<(String, bool)> {
        let feed: serde_json::Value = serde_json::from_str(&self.run(&["render", "all", "--format", "json"])).unwrap();
        let now = chrono::Utc::now() + chrono::Duration::minutes(1);
        let late = |at: &serde_json::Value| at.as_str().is_some_and(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap() > now);
        let items = feed["items"].as_array().unwrap().iter();
        items
            .map(|item| {
                (item["title"].as_str().unwrap().to_owned(), late(&item["date_published"]) || late(&item["date_modified"]))
            })
            .collect()
    }
}

#[test]
fn a_pass_after_a_clock_that_was_ahead_polls_and_mends() {
    let home = Home::new();
    home.run(&["once", "--all"]);
    home.set(MONTH);
    home.tell(&["Two", "One"]);
    assert!(home.run(&["once", "--all"]).contains("polled 1 feeds"));
    home.tell(&["Three", "Two", "One"]);
    assert!(home.run(&["once", "--all"]).contains("1 new entries"));
    assert!(home.titles().iter().any(|(_, late)| *late), "by a clock that is wrong");
    // Set right: the pass is not lost, and what lay ahead does no longer.
    home.set(0);
    home.tell(&["Four", "Three", "Two", "One"]);
    let pass = home.run(&["once", "--all"]);
    assert!(pass.contains("polled 1 feeds") && pass.contains("1 new entries"), "{pass}");
    let titles = ["Four", "Three", "Two", "One"].map(|title| (title.to_owned(), false));
    assert_eq!(home.titles(), titles, "in the order in which they came, and none in the future");
    // What the wrong clock had planned is due when it should be.
    let shown = home.run(&["feed", "list", "--format", "jsonl"]);
    let feed: serde_json::Value = serde_json::from_str(&shown).unwrap();
    for (_, at) in
        feed.as_object().unwrap().iter().filter(|(key, _)| ["last_polled", "last_ok", "last_new"].contains(&key.as_str()))
    {
        let at = chrono::DateTime::parse_from_rfc3339(at.as_str().unwrap()).unwrap();
        assert!(at <= chrono::Utc::now() + chrono::Duration::minutes(1), "{shown}");
    }
}

#[test]
fn a_clock_that_is_behind_moves_nothing() {
    let home = Home::new();
    let day = |ago: i64| (chrono::Utc::now() - chrono::Duration::days(ago)).to_rfc2822();
    let feeds: String = (0..3)
        .map(|n| {
            let file = home.path().join(format!("{n}.xml"));
            let item = format!("<item><guid>1</guid><title>Of {n}</title><pubDate>{}</pubDate></item>", day(n));
            std::fs::write(&file, format!("<rss version='2.0'><channel><title>F</title>{item}</channel></rss>")).unwrap();
            format!("[[feed]]\nurl = \"file://{}\"\n", file.display())
        })
        .collect();
    std::fs::write(home.path().join("feeds.toml"), feeds).unwrap();
    home.run(&["once", "--all"]);
    let before = home.run(&["render", "all"]);
    home.set(-3 * MONTH);
    assert!(home.run(&["once", "--all"]).contains("the clock is behind"));
    assert_eq!(home.run(&["render", "all"]), before);
}

#[test]
fn a_jump_forward_loses_no_pass_of_the_service() {
    let home = Home::new();
    let mut service = Service::start(home.command(&["run"]));
    home.run(&["once", "--all"]);
    for (days, titles) in [(1, &["Two", "One"][..]), (2, &["Three", "Two", "One"])] {
        home.set(days * 86_400);
        home.tell(titles);
        let pass = home.run(&["once", "--all"]);
        assert!(pass.contains("polled 1 feeds") && pass.contains("1 new entries"), "{pass}");
    }
    // And back.
    home.set(0);
    home.tell(&["Four", "Three", "Two", "One"]);
    let pass = home.run(&["once", "--all"]);
    assert!(pass.contains("1 new entries"), "{pass}");
    until("nothing lies in the future", || home.titles().iter().all(|(_, late)| !late));
    service.stop();
}

#[test]
fn an_older_database_is_told_before_anything_goes() {
    let home = Home::new();
    let config = "state_dir = \"state\"\n[store]\nreserve = \"0B\"\nkeep_stories = 0\n";
    std::fs::write(home.path().join("courant.toml"), config).unwrap();
    home.run(&["once", "--all"]);
    const DAY: i64 = 86_400;
    // Days before vouch for the day: a clock that jumped ahead prunes nothing.
    for days in [398, 399] {
        home.set(days * DAY);
        assert!(!home.run(&["once", "--all"]).contains("pruned"));
        assert_eq!(home.titles().len(), 1);
    }
    for days in [400, 410] {
        home.set(days * DAY);
        assert_eq!(home.run(&["once"]).contains("from then on they are pruned"), days == 400);
        assert_eq!(home.titles().len(), 1);
        let would = home.run(&["db", "prune", "--dry-run"]);
        assert!(would.contains("1 stories of 1 entries") && would.contains("they go from"), "{would}");
        assert!(home.run(&["status"]).contains("stories older than store.keep are pruned"));
    }
    home.set(415 * DAY);
    assert!(home.run(&["once"]).contains("old stories were pruned"));
    assert_eq!(home.titles().len(), 0);
    assert!(home.run(&["once", "--all"]).contains(" 0 new entries"), "the feed still has it");
    assert!(home.run(&["db", "prune", "--dry-run"]).contains("nothing is older"));
}
