//! A disk that is full, fails or cannot be written: polling pauses, all else goes on, and it recovers by itself. The disk is
//! `faults/shim.c`, which makes writes of the program fail.

#[path = "common/service.rs"]
mod service;

use service::{Service, courant, json, run, said, shim, until};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a configuration, and one feed that is a file.
struct Home {
    folder: tempfile::TempDir,
    shim: PathBuf,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let home = Home { folder, shim: shim("shim") };
        let config = "state_dir = \"state\"\n[store]\nreserve = \"1MB\"\n[serve]\nlisten = \"127.0.0.1:0\"\n";
        std::fs::write(home.path().join("courant.toml"), config).unwrap();
        let feed = home.path().join("feed.xml");
        std::fs::write(home.path().join("feeds.toml"), format!("[[feed]]\nurl = \"file://{}\"\n", feed.display())).unwrap();
        home.tell(1);
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The feed has so many entries now.
    fn tell(&self, n: usize) {
        let item =
            |n| format!("<item><guid>{n}</guid><title>Number {n}</title><description>Words of entry {n}</description></item>");
        let items: String = (1..=n).map(item).collect();
        let text = format!("<rss version='2.0'><channel><title>F</title>{items}</channel></rss>");
        std::fs::write(self.path().join("feed.xml"), text).unwrap();
    }

    /// `None`: the disk is well.
    fn disk(&self, how: Option<&str>) {
        let file = self.path().join("fault");
        match how {
            Some(how) => std::fs::write(file, how).unwrap(),
            None => std::fs::remove_file(file).unwrap(),
        }
    }

    fn service(&self) -> Command {
        self.shimmed(&["run"])
    }

    /// The program on this disk.
    fn shimmed(&self, arguments: &[&str]) -> Command {
        let mut command = courant(self.path(), arguments);
        command
            .env("LD_PRELOAD", &self.shim)
            .env("FAULT_DIR", self.path().join("state"))
            .env("FAULT_FILE", self.path().join("fault"));
        command
    }

    fn n_entries(&self) -> u64 {
        json(self.path(), &["status", "--format", "json"])["entries"].as_u64().unwrap()
    }

    fn once(&self) -> String {
        said(&run(self.path(), &["once", "--all"]))
    }

    fn trouble(&self) -> Option<String> {
        json(self.path(), &["status", "--format", "json"])["trouble"].as_str().map(str::to_owned)
    }

    /// While the disk is in the way: it reads, serves and says so; when it is well again it goes on.
    fn goes_on(&self, service: &mut Service, sentence: &str, n_before: u64) {
        until("somebody notices", || self.trouble().is_some_and(|trouble| trouble.contains(sentence)));
        self.tell(usize::try_from(n_before).unwrap() + 1);
        assert!(self.once().contains(sentence), "{}", self.once());
        assert!(service.get("/").contains(sentence), "the page says it");
        assert_eq!(service.get("/feeds/all.atom").matches("<entry").count() as u64, n_before);
        assert!(said(&run(self.path(), &["status"])).contains(sentence));
        assert!(service.is_alive());
        assert_eq!(self.n_entries(), n_before);
        self.disk(None);
        until("it goes on", || self.trouble().is_none());
        until("the page knows", || !service.get("/").contains(sentence));
        until("it polls", || {
            self.once();
            self.n_entries() == n_before + 1
        });
        assert_eq!(service.logged(sentence), 1, "{:#?}", service.log());
        assert_eq!(service.logged("writes again"), 1, "{:#?}", service.log());
    }
}

#[test]
fn on_a_full_disk_polling_pauses_and_goes_on_by_itself() {
    let home = Home::new();
    // Another feed, which will be removed.
    let (list, gone) = (home.path().join("feeds.toml"), home.path().join("gone.xml"));
    std::fs::copy(home.path().join("feed.xml"), &gone).unwrap();
    let feeds = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, format!("{feeds}[[feed]]\nurl = \"file://{}\"\n", gone.display())).unwrap();
    let mut service = Service::start(home.service());
    home.once();
    assert_eq!(home.n_entries(), 2);
    let reserve = home.path().join("state/courant.reserve");
    assert_eq!(reserve.metadata().unwrap().len(), 1_000_000);
    home.disk(Some("ENOSPC"));
    home.tell(2);
    until("a poll meets the disk", || {
        home.once();
        home.trouble().is_some()
    });
    assert_eq!(reserve.metadata().unwrap().len(), 0, "what was kept in reserve is given back");
    let n_entries = home.n_entries() - 1;
    // A person can still take something away, as long as the room that was kept lasts.
    let gone = format!("file://{}", home.path().join("gone.xml").display());
    let removed = run(home.path(), &["feed", "remove", &gone, "--purge"]);
    assert!(removed.status.success(), "{}", said(&removed));
    home.goes_on(&mut service, "the disk is full", n_entries);
    assert_eq!(reserve.metadata().unwrap().len(), 1_000_000, "and taken again");
    service.stop();
}

#[test]
fn on_a_disk_that_is_nearly_full_polling_does_not_begin_and_end_in_turn() {
    let home = Home::new();
    home.disk(Some("ENOSPC"));
    let mut command = home.service();
    // Room for the reserve, and for a few polls.
    command.env("FAULT_ROOM", "1400000");
    let mut service = Service::start(command);
    let mut n_told = 0;
    until("the disk is full", || {
        n_told += 200;
        home.tell(n_told);
        home.once();
        home.trouble().is_some()
    });
    let n_entries = home.n_entries();
    // Longer than the first tries of the disk, each of which finds room for the reserve alone.
    let tried = std::time::Instant::now();
    while tried.elapsed().as_secs() < 5 {
        assert!(home.once().contains("the disk is full"));
    }
    assert_eq!((home.n_entries(), service.logged("the disk is full"), service.logged("writes again")), (n_entries, 1, 0));
    home.disk(None);
    until("it polls", || {
        home.once();
        home.n_entries() == n_told as u64
    });
    assert_eq!(service.logged("writes again"), 1);
    service.stop();
}

#[test]
fn on_a_disk_that_fails_polling_pauses_and_goes_on_by_itself() {
    let home = Home::new();
    let mut service = Service::start(home.service());
    home.once();
    home.disk(Some("EIO"));
    home.once();
    home.goes_on(&mut service, "the disk fails", 1);
    service.stop();
}

#[test]
fn a_start_on_a_full_disk_serves() {
    let home = Home::new();
    home.once();
    home.disk(Some("ENOSPC"));
    // With room in reserve, and without.
    for n_entries in [1, 2] {
        let mut service = Service::start(home.service());
        home.goes_on(&mut service, "the disk is full", n_entries);
        service.stop();
        home.disk(Some("ENOSPC"));
        std::fs::remove_file(home.path().join("state/courant.reserve")).unwrap();
    }
}

#[test]
fn a_start_on_a_read_only_disk_serves() {
    let home = Home::new();
    home.once();
    home.disk(Some("EROFS"));
    let mut service = Service::start(home.service());
    home.goes_on(&mut service, "the disk is read-only", 1);
    service.stop();
}

#[test]
fn a_single_pass_on_a_full_disk_says_so() {
    let home = Home::new();
    home.once();
    home.tell(2);
    home.disk(Some("ENOSPC"));
    let mut command = home.shimmed(&["once", "--all"]);
    let output = command.output().unwrap();
    assert!(!output.status.success() && said(&output).contains("the disk is full"), "{}", said(&output));
    assert_eq!(home.n_entries(), 1);
    home.disk(None);
    home.once();
    assert_eq!(home.n_entries(), 2);
}
