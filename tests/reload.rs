//! The service's files read again while it runs: wholly or not at all; its log and its socket.

mod common;
#[path = "common/service.rs"]
mod service;

use common::World;
use rustix::process::{Pid, Signal, kill_process};
use service::{Service, courant, json, run, said, until};
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Home {
    folder: tempfile::TempDir,
    _world: World,
    /// What the configuration begins with.
    base: String,
}

impl Home {
    fn new() -> Home {
        let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
        let file = world.files(folder.path());
        let base = std::fs::read_to_string(file).unwrap();
        Home { folder, _world: world, base }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn configure(&self, more: &str) {
        // As editors do: the old file or the new one is there, never half of one.
        let (new, file) = (self.path().join("new"), self.file());
        std::fs::write(&new, format!("{}{more}", self.base)).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.path().join("courant.toml")
    }

    fn start(&self) -> Service {
        Service::start(courant(self.path(), &["run"]))
    }
}

fn output(name: &str) -> String {
    format!("[[output]]\nname = \"{name}\"\n")
}

fn has(service: &Service, name: &str) -> bool {
    service.get(&format!("/feeds/{name}.atom")).starts_with("HTTP/1.1 200")
}

#[test]
fn a_reload_takes_all_of_the_files_or_nothing() {
    let home = Home::new();
    let mut service = home.start();
    assert!(has(&service, "all") && !has(&service, "crabs"));

    home.configure(&output("crabs"));
    let reloaded = run(home.path(), &["reload"]);
    assert!(reloaded.status.success(), "{}", said(&reloaded));
    assert!(has(&service, "crabs") && !has(&service, "all"), "outputs hold at once");

    // One of the two files is wrong: neither is taken.
    home.configure(&output("shrimps"));
    let feeds = home.path().join("feeds.toml");
    let list = std::fs::read_to_string(&feeds).unwrap();
    std::fs::write(&feeds, format!("{list}[[feed]]\nurll = \"x\"\n")).unwrap();
    let refused = run(home.path(), &["reload"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(said(&refused).contains("feeds.toml") && said(&refused).contains("did you mean \"url\""), "{}", said(&refused));
    assert!(has(&service, "crabs") && !has(&service, "shrimps"));
    let status = json(home.path(), &["status", "--format", "json"]);
    assert!(status["reload"]["error"].as_str().unwrap().contains("unknown key \"urll\""), "{status}");

    // Mended, it is taken, and the trouble is over; SIGHUP does the same.
    std::fs::write(&feeds, list).unwrap();
    kill_process(Pid::from_child(&service.child), Signal::HUP).unwrap();
    until("the new output", || has(&service, "shrimps"));
    until("no trouble", || json(home.path(), &["status", "--format", "json"])["reload"]["error"].is_null());
    assert!(service.is_alive());
    service.stop();
}

#[test]
fn a_broken_configuration_hides_nothing_of_what_runs() {
    let home = Home::new();
    let mut service = home.start();
    until("stories", || json(home.path(), &["status", "--format", "json"])["stories"].as_i64() > Some(0));
    for broken in ["[rulez]\n", "this is no TOML\n"] {
        std::fs::write(home.file(), format!("{}{broken}", home.base)).unwrap();
        let refused = run(home.path(), &["reload"]);
        assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
        for looking in [&["status"][..], &["stories", "--since", "9000d"], &["search", "the"]] {
            let shown = run(home.path(), looking);
            assert_eq!(shown.status.code(), Some(3), "{looking:?}: {}", said(&shown));
            let (out, errors) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
            assert!(out.lines().count() > 1 && errors.contains("courant.toml:"), "{looking:?}: {out}{errors}");
        }
    }
    // Without anything gathered there is only the error.
    let elsewhere = home.base.lines().map(|line| if line.starts_with("state_dir") { "state_dir = \"other\"" } else { line });
    std::fs::write(home.file(), elsewhere.collect::<Vec<_>>().join("\n") + "\nthis is no TOML\n").unwrap();
    let shown = run(home.path(), &["status"]);
    assert!(shown.status.code() == Some(3) && shown.stdout.is_empty(), "{}", said(&shown));
    service.stop();
}

#[test]
fn a_file_that_changes_is_taken_by_itself() {
    let home = Home::new();
    let mut service = home.start();
    home.configure(&output("crabs"));
    until("the new output", || has(&service, "crabs"));
    let mut feeds = home._world.feeds();
    feeds.pop();
    let list: String = feeds.iter().map(|feed| format!("[[feed]]\nurl = \"{feed}\"\n")).collect();
    std::fs::write(home.path().join("feeds.toml"), list).unwrap();
    until("one feed less", || json(home.path(), &["status", "--format", "json"])["feeds"] == feeds.len());
    // A broken one is told once, not at each look.
    home.configure("[[output]]\nname = \"A b\"\n");
    until("a warning", || service.logged("is not reloaded") == 1);
    std::thread::sleep(std::time::Duration::from_secs(7));
    assert_eq!(service.logged("is not reloaded"), 1, "{:#?}", service.log());
    service.stop();
}

#[test]
fn a_file_that_looks_cut_is_not_taken_by_itself() {
    let home = Home::new();
    let mut service = home.start();
    let n_feeds = || json(home.path(), &["status", "--format", "json"])["feeds"].as_u64();
    let before = n_feeds();
    std::fs::write(home.path().join("feeds.toml"), "").unwrap();
    until("a word of the list", || service.logged("it lists no feed") == 1);
    assert_eq!(n_feeds(), before);
    std::fs::write(home.file(), "").unwrap();
    until("a word of the configuration", || service.logged("it is empty") == 1);
    home.configure("");
    // Who asks for it means it.
    let reloaded = run(home.path(), &["reload"]);
    assert!(reloaded.status.success(), "{}", said(&reloaded));
    assert_eq!(n_feeds(), Some(0));
    service.stop();
}

#[test]
fn what_needs_a_restart_is_named_and_stays() {
    let home = Home::new();
    let mut service = home.start();
    let text = home.base.replace("host_spacing = \"0s\"", "host_spacing = \"2s\"\ninterval = \"2h\"");
    std::fs::write(home.file(), format!("{text}per_peer = 9\n")).unwrap();
    let reloaded = run(home.path(), &["reload"]);
    assert!(said(&reloaded).contains("after a restart: poll.host_spacing, serve\n"), "{}", said(&reloaded));
    let status = run(home.path(), &["status"]);
    assert!(said(&status).contains("after a restart: poll.host_spacing, serve"), "{}", said(&status));
    service.stop();
    assert!(said(&run(home.path(), &["reload"])).contains("no courant runs in"));
}

#[test]
fn levels_of_single_rooms_change_at_a_reload() {
    let home = Home::new();
    let mut service = home.start();
    until("the first poll", || service.logged("everything that was due is polled") == 1);
    assert_eq!(service.logged("DEBUG"), 0);
    home.configure("[log]\nrooms = { daemon = \"debug\" }\n");
    run(home.path(), &["reload"]);
    run(home.path(), &["once", "--all"]);
    until("a poll's line", || service.logged("DEBUG") > 0);
    service.stop();
    let text = format!("{}[log]\nrooms = {{ demon = \"debug\" }}\n", home.base);
    std::fs::write(home.file(), text).unwrap();
    assert!(said(&run(home.path(), &["config", "check"])).contains("log.rooms: \"demon\" writes no log"));
}

#[test]
fn the_journal_is_given_priorities_and_json_is_json() {
    let home = Home::new();
    // A feed that nobody serves, for a line that is no information.
    std::fs::write(home.path().join("feeds.toml"), "[[feed]]\nurl = \"http://127.0.0.1:1/x\"\n").unwrap();
    let (mut log, stderr) = std::io::pipe().unwrap();
    let place = rustix::fs::fstat(&stderr).unwrap();
    let mut command = courant(home.path(), &["run"]);
    command.env("JOURNAL_STREAM", format!("{}:{}", place.st_dev, place.st_ino)).env("COURANT_LOG", "debug").stderr(stderr);
    let mut child = command.spawn().unwrap();
    drop(command);
    std::thread::sleep(std::time::Duration::from_secs(2));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    assert!(text.lines().any(|line| line.starts_with("<6>") && line.contains("serving on")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("<7>")), "{text}");

    let mut service = Service::start(courant(home.path(), &["run", "--log", "json"]));
    let reloaded = said(&run(home.path(), &["reload"]));
    assert!(reloaded.starts_with("reloaded: 1 feeds, 0 new") && !reloaded.contains("after a restart"), "{reloaded}");
    service.stop();
    let line = service.log().into_iter().find(|line| line.contains("serving on")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["level"].as_str(), line["n_feeds"].as_i64()), (Some("INFO"), Some(1)), "{line}");
}

#[test]
fn a_socket_that_was_opened_for_it_is_served_and_decides_who_is_near() {
    let home = Home::new();
    // Wherever the configuration would listen: numbers of the machine are for who is on it.
    for (bound, metrics) in [("127.0.0.1:0", "HTTP/1.1 200"), ("0.0.0.0:0", "HTTP/1.1 404")] {
        let listener = TcpListener::bind(bound).unwrap();
        let address = listener.local_addr().unwrap();
        let given = courant(home.path(), &["run"]);
        // As systemd hands it over: the descriptor 3, and whose it is.
        let mut command = Command::new("sh");
        command.args(["-c", "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"", "sh"]);
        command.arg(given.get_program()).args(given.get_args()).env_clear().env("HOME", home.path());
        command.stdin(OwnedFd::from(listener));
        let mut service = Service::start(command);
        assert_eq!(service.address, address);
        assert!(has(&service, "all"));
        assert!(service.get("/metrics").starts_with(metrics), "{bound}");
        service.stop();
    }
}
