//! Notifications: every one arrives once, whatever the receiver does; nobody else waits; the examples are right.

mod common;
#[path = "common/service.rs"]
mod service;

use common::World;
use courant::config::{Environment, parse};
use serde_json::Value;
use service::{Service, courant, json, run, said, until};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const STORIES: usize = 1000;

/// A feed of a thousand entries with their whole text, and one that is gone.
fn feed(_: usize, path: &str, _: &[String]) -> Option<(&'static str, Vec<u8>)> {
    if path != "/feed" {
        return None;
    }
    let items: String = (0..STORIES)
        .map(|n| format!("<item><guid>{n}</guid><title>Lobster report {n}</title><link>http://x.example/{n}</link></item>"))
        .collect();
    Some(("application/rss+xml", format!("<rss version='2.0'><channel><title>F</title>{items}</channel></rss>").into_bytes()))
}

/// One request to the receiver.
#[derive(Clone)]
struct Posted {
    head: String,
    body: Vec<u8>,
    was_taken: bool,
}

impl Posted {
    fn header(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ str| line.split_once(": ").map(|(key, value)| (key.to_ascii_lowercase(), value.len()));
        self.head.lines().find_map(|line| of(line).filter(|(key, _)| key == name).map(|(_, n)| &line[line.len() - n..]))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A receiver that answers the n-th request (from 0) by `takes(n)`: 204, or 500 after it has read everything.
fn receiver(takes: fn(usize) -> bool) -> (SocketAddr, Arc<Mutex<Vec<Posted>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, all) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Posted>>>::default());
    let kept = all.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let Some((head, body)) = request(&mut stream) else { continue };
            let mut all = kept.lock().unwrap();
            let was_taken = takes(all.len());
            all.push(Posted { head, body, was_taken });
            let status = if was_taken { "204 No Content" } else { "500 Broken" };
            _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, all)
}

fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&piece[..n]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}

fn home(world: &World, folder: &Path, notify: &str) {
    let base = std::fs::read_to_string(world.files(folder)).unwrap();
    std::fs::write(folder.join("feeds.toml"), format!("[[feed]]\nurl = \"{}/feed\"\n", world.bases[0])).unwrap();
    std::fs::write(
        folder.join("courant.toml"),
        format!("{base}[article]\nmode = \"never\"\n[story]\ndedupe = \"off\"\n{notify}"),
    )
    .unwrap();
}

#[test]
fn of_a_thousand_stories_each_is_told_once_by_a_receiver_that_fails_half_the_time() {
    let (world, folder) = (World::of(1, feed), tempfile::tempdir().unwrap());
    let (address, posted) = receiver(|n| n % 2 == 1);
    // Another one never answers at all: nobody waits for it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let notify = format!(
        "[[notify]]\nname = \"deaf\"\nquery = \"lobster\"\nwebhook = \"http://{}/\"\nwait = \"0s\"\n\
         [[notify]]\nname = \"hook\"\nquery = \"lobster\"\nwebhook = \"http://{address}/x\"\nwait = \"100ms\"\nretry = \"50ms\"\nsign = \"key\"\n",
        silent.local_addr().unwrap()
    );
    home(&world, folder.path(), &notify);
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("key"), "crab").unwrap();
    std::fs::set_permissions(secrets.join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    let told = || {
        let posted = posted.lock().unwrap();
        let taken = posted.iter().filter(|post| post.was_taken);
        taken.map(|post| post.json()["notices"].as_array().unwrap().len()).sum::<usize>()
    };
    let mut service = Service::start(courant(folder.path(), &["run"]));
    until("some are told", || told() > 0);
    // All stories are here while they are told of.
    assert!(service.get("/feed.json?q=lobster&limit=1000").contains("Lobster report 999"));
    // A restart in the middle loses and doubles nothing.
    service.stop();
    let mut service = Service::start(courant(folder.path(), &["run"]));
    until("all are told", || told() >= STORIES);
    std::thread::sleep(Duration::from_millis(500));
    service.stop();

    let posted = posted.lock().unwrap().clone();
    let (mut stories, mut deliveries): (HashMap<String, usize>, HashMap<String, usize>) = Default::default();
    for post in posted.iter().filter(|post| post.was_taken) {
        let message = post.json();
        *deliveries.entry(message["id"].as_str().unwrap().to_owned()).or_default() += 1;
        assert_eq!(post.header("x-courant-delivery"), message["id"].as_str());
        for notice in message["notices"].as_array().unwrap() {
            *stories.entry(notice["title"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        // As a receiver checks it.
        let signed = post.header("x-courant-signature").unwrap().strip_prefix("sha256=").unwrap();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"crab");
        let bytes: Vec<u8> =
            (0..signed.len()).step_by(2).map(|at| u8::from_str_radix(&signed[at..at + 2], 16).unwrap()).collect();
        ring::hmac::verify(&key, &post.body, &bytes).unwrap();
    }
    assert_eq!(stories.len(), STORIES);
    assert!(stories.values().all(|n| *n == 1) && deliveries.values().all(|n| *n == 1));
    let n_failed = posted.iter().filter(|post| !post.was_taken).count();
    assert!(n_failed + 1 >= deliveries.len(), "{n_failed} of {} failed", posted.len());
    // A retry is the same message.
    let mut bodies: HashMap<String, Vec<u8>> = HashMap::new();
    for post in &posted {
        let first = bodies.entry(post.json()["id"].as_str().unwrap().to_owned()).or_insert_with(|| post.body.clone());
        assert!(*first == post.body);
    }
}

#[test]
fn a_command_is_told_of_feeds_in_trouble_and_status_of_a_receiver_that_fails() {
    let (world, folder) = (World::of(1, feed), tempfile::tempdir().unwrap());
    let (address, _) = receiver(|_| false);
    let told = folder.path().join("told");
    let script = format!("cat >> {}", told.display());
    let notify = format!(
        "[[notify]]\nname = \"mail\"\nfeeds = true\ncommand = [\"/bin/sh\", \"-c\", \"{script}\"]\nformat = \"mail\"\nto = \"me@example.org\"\nwait = \"0s\"\n\
         [[notify]]\nname = \"broken\"\nquery = \"lobster sources:>=1\"\nwebhook = \"http://{address}/\"\nwait = \"0s\"\nretry = \"20ms\"\n"
    );
    home(&world, folder.path(), &notify);
    // 404 is no trouble that needs a person at once; a login is.
    let login = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/private", login.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in login.incoming().map_while(Result::ok) {
            if request(&mut stream).is_some() {
                _ = write!(stream, "HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        }
    });
    let feeds = std::fs::read_to_string(folder.path().join("feeds.toml")).unwrap();
    std::fs::write(folder.path().join("feeds.toml"), format!("{feeds}[[feed]]\nurl = \"{url}\"\n")).unwrap();
    let mut service = Service::start(courant(folder.path(), &["run"]));
    until("mail", || std::fs::read_to_string(&told).is_ok_and(|mail| mail.contains("private")));
    let mail = std::fs::read_to_string(&told).unwrap();
    assert!(mail.starts_with("To: me@example.org\nSubject: courant: 1 feed in trouble\n"), "{mail}");
    assert_eq!(mail.matches("Subject:").count(), 1, "{mail}");
    until("a warning", || service.logged("a notification does not arrive") == 1);
    let status = json(folder.path(), &["status", "--format", "json"]);
    assert_eq!(
        (status["undelivered"][0]["notify"].as_str(), status["undelivered"][0]["error"].as_str()),
        (Some("broken"), Some("HTTP 500"))
    );
    assert!(said(&run(folder.path(), &["status"])).contains("notifications to broken do not arrive"));
    service.stop();
}

/// Two feeds that tell of one thing, each in words of its own that nobody takes for the other's.
fn two(_: usize, path: &str, _: &[String]) -> Option<(&'static str, Vec<u8>)> {
    let text = match path {
        "/a" => "The harbour has given its cranes to a program that anybody may read, its master said on Thursday.",
        "/b" => "Loading ships by open code: what a small port learnt in a year, and what it would do otherwise now.",
        _ => return None,
    };
    let item = format!(
        "<item><title>{}</title><link>http://x.example{path}</link><description>{text}</description></item>",
        &text[..20]
    );
    Some(("application/rss+xml", format!("<rss version='2.0'><channel><title>{path}</title>{item}</channel></rss>").into_bytes()))
}

#[test]
fn a_story_is_told_when_it_has_grown_so_far() {
    let (world, folder) = (World::of(1, two), tempfile::tempdir().unwrap());
    let (address, posted) = receiver(|_| true);
    let base = std::fs::read_to_string(world.files(folder.path())).unwrap();
    let notify =
        format!("[[notify]]\nname = \"hook\"\nquery = \"sources:>=2\"\nwebhook = \"http://{address}/\"\nwait = \"0s\"\n");
    std::fs::write(folder.path().join("courant.toml"), format!("{base}[article]\nmode = \"never\"\n{notify}")).unwrap();
    let feed = |path: &str| format!("[[feed]]\nurl = \"{}/{path}\"\n", world.bases[0]);
    std::fs::write(folder.path().join("feeds.toml"), feed("a") + &feed("b")).unwrap();
    let mut service = Service::start(courant(folder.path(), &["run"]));
    run(folder.path(), &["once"]);
    assert_eq!(posted.lock().unwrap().len(), 0, "each is told by one feed");
    let merged = run(folder.path(), &["story", "merge", "1", "2"]);
    assert!(merged.status.success(), "{}", said(&merged));
    until("it is told", || !posted.lock().unwrap().is_empty());
    run(folder.path(), &["once", "--all"]);
    let posted = posted.lock().unwrap();
    assert_eq!(posted.len(), 1);
    let notice = &posted[0].json()["notices"][0];
    assert_eq!(notice["sources"].as_array().unwrap().len(), 2, "{notice}");
    service.stop();
}

#[test]
fn what_was_there_before_is_not_told() {
    let (world, folder) = (World::of(1, feed), tempfile::tempdir().unwrap());
    home(&world, folder.path(), "");
    run(folder.path(), &["once", "--all"]);
    let (address, posted) = receiver(|_| true);
    home(
        &world,
        folder.path(),
        &format!("[[notify]]\nname = \"hook\"\nquery = \"lobster\"\nwebhook = \"http://{address}/\"\nwait = \"0s\"\n"),
    );
    let mut service = Service::start(courant(folder.path(), &["run"]));
    run(folder.path(), &["once", "--all"]);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(posted.lock().unwrap().len(), 0);
    service.stop();
}

#[test]
fn the_examples_are_right_and_mistakes_are_named() {
    let mut n = 0;
    for entry in std::fs::read_dir("examples/notify").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let config = parse(&path.display().to_string(), &text, &Environment::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(config.notify.len(), 1, "{}", path.display());
        n += 1;
    }
    assert_eq!(n, 5);
    let wrong =
        |text: &str| parse("courant.toml", &format!("[[notify]]\nname = \"n\"\n{text}"), &Environment::default()).unwrap_err().0;
    assert!(wrong("webhook = \"http://x.example/\"\n").contains("tells nothing"));
    assert!(wrong("feeds = true\n").contains("webhook or command"));
    assert!(wrong("feeds = true\nwebhook = \"mailto:x\"\n").contains("is not an http address"));
    assert!(wrong("feeds = true\ncommand = [\"sendmail\"]\n").contains("whole path"));
    assert!(wrong("feeds = true\nwebhook = \"http://x.example/\"\nformat = \"matrix\"\n").contains("{id}"));
    assert!(wrong("query = \"since:1d\"\nwebhook = \"http://x.example/\"\n").contains("since:"));
    assert!(wrong("feeds = true\nwebhook = \"http://x.example/\"\nformat = \"pigeon\"\n").contains("unknown value \"pigeon\""));
}
