//! The whole daemon on the demo's world: a pass, a second pass, the service with its outputs and its socket.

mod common;

use common::World;
use courant::cli::service;
use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::socket::{self, ControlRequest, ControlResponse};
use courant::daemon::{self, Engine, Owner};
use courant::demo::world;
use courant::store::{Reader, Selection};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn pass(config: &Config, feeds: &[String], all: bool) -> daemon::PassReport {
    let list: Vec<_> = feeds.iter().map(Subscription::new).collect();
    let (report, writer) = block_on(async {
        let (engine, writer) = Engine::start(config.clone(), list, None).unwrap();
        (daemon::once(&engine, all).await.unwrap(), writer)
    });
    writer.join().unwrap();
    report
}

#[test]
fn one_pass_yields_every_story_once() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    let report = pass(&config, &world.feeds(), true);
    let (entries, stories) = world::expected();
    assert_eq!(report.failures, []);
    assert_eq!((report.entries as usize, report.stories as usize, report.held_back), (entries, stories, 0));

    // Each article in full, and nothing of what stood around it.
    let reader = Reader::open(&config.database()).unwrap();
    let ids = reader.select(&Selection { limit: 1000, ..Selection::default() }).unwrap();
    let bodies: Vec<String> =
        reader.published(&ids).unwrap().iter().map(|story| courant::article::plain_text(&story.html)).collect();
    for junk in ["圖片", "图片", "Leave a reply", "發表"] {
        assert!(!bodies.iter().any(|body| body.contains(junk)), "{junk}");
    }
    for body in &bodies {
        let articles = world::articles();
        let whole = articles.iter().find(|article| article.paragraphs.iter().all(|paragraph| body.contains(paragraph)));
        let Some(whole) = whole else { panic!("a body that is none of the texts: {body}") };
        let around = whole.paragraphs.iter().fold(body.clone(), |rest, paragraph| rest.replace(paragraph, ""));
        // A lead, a caption, or the agency's line.
        let around = around.replace(whole.summary, "");
        assert!(around.trim().chars().count() <= 60, "{}: {around}", whole.title);
    }

    // The same world again: nothing is new, no page is fetched twice, not a byte changes.
    let before = reader.published(&ids).unwrap();
    let n_requests = world.n_requests.load(Ordering::SeqCst);
    let again = pass(&config, &world.feeds(), true);
    assert_eq!((again.new_entries, again.edited, again.articles), (0, 0, 0));
    assert_eq!(world.n_requests.load(Ordering::SeqCst) - n_requests, world::PUBLISHERS);
    assert_eq!(format!("{before:?}"), format!("{:?}", reader.published(&ids).unwrap()));
}

/// An article on three numbered pages, of which the last one is not to be had.
fn paged(_: usize, path: &str, bases: &[String]) -> Option<(&'static str, Vec<u8>)> {
    let page = |n: u32, next: &str| {
        let text =
            format!("On page {n} the engineers said that the crane had been moved, though nobody knew where to. ").repeat(6);
        Some(("text/html", format!("<title>Cranes</title><article><h1>Cranes</h1><p>{text}</p></article>{next}").into_bytes()))
    };
    match path {
        "/feed" => Some((
            "application/rss+xml",
            format!(
                "<rss version='2.0'><channel><title>F</title><item><guid>1</guid><title>Cranes</title><link>{}/cranes</link></item></channel></rss>",
                bases[0]
            )
            .into_bytes(),
        )),
        "/cranes" => page(1, "<a rel=next href='/cranes?page=2'>Next</a>"),
        "/cranes?page=2" => page(2, "<a rel=next href='/cranes?page=3'>Next</a>"),
        _ => None,
    }
}

#[test]
fn the_pages_of_an_article_are_one_body() {
    let (world, folder) = (World::of(1, paged), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    let report = pass(&config, &[format!("{}/feed", world.bases[0])], true);
    assert_eq!((report.failures, report.articles), (vec![], 1));
    let reader = Reader::open(&config.database()).unwrap();
    let ids = reader.select(&Selection::default()).unwrap();
    let body = courant::article::plain_text(&reader.published(&ids).unwrap()[0].html);
    assert!(body.starts_with("On page 1 ") && body.contains("On page 2 "), "{body}");
}

#[test]
fn what_is_not_due_is_not_polled() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    pass(&config, &world.feeds(), false);
    let n_requests = world.n_requests.load(Ordering::SeqCst);
    let again = pass(&config, &world.feeds(), false);
    assert_eq!((again.polled, world.n_requests.load(Ordering::SeqCst) - n_requests), (0, 0));
}

#[test]
fn a_pass_that_finds_nothing_builds_no_index() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    let list: Vec<_> = world.feeds().iter().map(Subscription::new).collect();
    for (turn, is_built) in [("first", true), ("second", false)] {
        let writer = block_on(async {
            let (engine, writer) = Engine::start(config.clone(), list.clone(), None).unwrap();
            daemon::once(&engine, true).await.unwrap();
            assert_eq!(engine.writer.has_index(), is_built, "{turn}");
            writer
        });
        writer.join().unwrap();
    }
}

#[test]
fn one_bad_feed_harms_only_itself() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    let broken = folder.path().join("broken.xml");
    std::fs::write(&broken, "<html>this is not a feed").unwrap();
    let mut feeds = world.feeds();
    feeds.push(format!("file://{}", broken.display()));
    feeds.push(format!("{}/no-such-feed", world.bases[0]));
    feeds.push("http://10.0.0.1/private".into());
    let report = pass(&config, &feeds, true);
    assert_eq!((report.failed, report.failures.len()), (3, 3));
    assert_eq!(report.entries as usize, world::expected().0);
}

#[test]
fn a_file_is_a_feed_too() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    let file = folder.path().join("feed.xml");
    std::fs::write(&file, "<rss version='2.0'><channel><title>F</title><item><guid>1</guid><title>One</title><description>Words</description></item></channel></rss>")
        .unwrap();
    let report = pass(&config, &[format!("file://{}", file.display())], true);
    assert_eq!((report.entries, report.stories, report.failed), (1, 1, 0));
}

#[test]
fn a_command_is_a_feed_too_and_a_bad_one_says_why() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let mut config = world.config(folder.path());
    config.fetch.timeout = std::time::Duration::from_secs(5);
    config.fetch.max_feed_bytes = 10_000;
    let feeds = [
        "exec:/bin/sh -c 'echo \"<rss version=2.0><channel><title>F</title><item><guid>1</guid><title>One</title></item></channel></rss>\"'",
        "exec:/bin/sh -c 'echo no luck >&2; exit 3'",
        "exec:/bin/sh -c 'yes'",
        "exec:/bin/sh -c 'test -z \"$HOME$USER\" && exit 4'",
        "exec:/no/such/program",
    ];
    let report = pass(&config, &feeds.map(String::from), true);
    assert_eq!((report.entries, report.failed), (1, 4), "{:?}", report.failures);
    let failures = format!("{:?}", report.failures);
    for says in ["exit status: 3): no luck", "fetch.max_feed_bytes", "exit status: 4", "cannot be started"] {
        assert!(failures.contains(says), "{says}: {failures}");
    }
}

fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request}\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_service_serves_and_answers_on_its_socket() {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.config(folder.path());
    let _owner = Owner::take(&config.state_dir).unwrap().unwrap();
    assert!(Owner::take(&config.state_dir).unwrap().is_err(), "there is one owner");
    let list: Vec<_> = world.feeds().iter().map(Subscription::new).collect();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (up, ready) = std::sync::mpsc::channel();
    let state_dir = config.state_dir.clone();
    let service = std::thread::spawn(move || {
        let writer = block_on(async {
            let (engine, writer) = Engine::start(config, list, None).unwrap();
            let stopped = async { stopped.await.unwrap() };
            let listener = service::handle(&service::listener(&engine.config.get().serve.listen).unwrap()).unwrap();
            service::run(engine, listener, stopped, |address| up.send(address).unwrap()).await.unwrap();
            writer
        });
        writer.join().unwrap();
    });
    let address = ready.recv().unwrap();
    let Some(ControlResponse::Pass(report)) = socket::ask(&state_dir, &ControlRequest::Once { all: false }).unwrap() else {
        panic!("no pass")
    };
    let (entries, stories) = world::expected();
    assert_eq!((report.entries as usize, report.stories as usize, report.held_back), (entries, stories, 0));

    let atom = http(address, "GET /feeds/all.atom HTTP/1.1");
    assert_eq!(atom.matches("<entry").count(), stories);
    let etag = atom.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().trim().to_owned();
    assert!(!atom.to_ascii_lowercase().contains("last-modified"));
    assert!(http(address, &format!("GET /feeds/all.atom HTTP/1.1\r\nIf-None-Match: {etag}")).starts_with("HTTP/1.1 304"));
    assert!(
        http(address, &format!("GET /feeds/all.atom HTTP/1.1\r\nIf-None-Match: W/\"x\", {etag}")).starts_with("HTTP/1.1 304")
    );
    assert!(http(address, "GET /feeds/all.rss HTTP/1.1\r\nAccept-Encoding: gzip").contains("content-encoding: gzip"));
    assert!(!http(address, "GET /feeds/all.rss HTTP/1.1\r\nAccept-Encoding: gzip;q=0").contains("content-encoding"));
    assert!(http(address, "GET /feeds/all.json HTTP/1.1").contains("https://jsonfeed.org/version/1.1"));
    assert!(http(address, "GET / HTTP/1.1").contains("/feeds/all.atom"));
    assert!(http(address, "GET /healthz HTTP/1.1").ends_with("ok\n"));
    assert!(http(address, "GET /feeds/nobody.atom HTTP/1.1").starts_with("HTTP/1.1 404"));
    let id = atom.split("urn:uuid:").nth(2).unwrap().split('<').next().unwrap();
    assert!(http(address, &format!("GET /story/{id} HTTP/1.1")).starts_with("HTTP/1.1 200"));
    for path in ["/sources", "/status", "/opml", "/opml/outputs", "/page.js", "/icon.svg", "/manifest.webmanifest", "/robots.txt"]
    {
        assert!(http(address, &format!("GET {path} HTTP/1.1")).starts_with("HTTP/1.1 200"), "{path}");
    }
    assert!(http(address, "HEAD /feeds/all.atom HTTP/1.1").starts_with("HTTP/1.1 200"));
    for path in ["/feed.atom?q=lan%3Aen", "/feed.atom?limit=0", "/feed.rss?before=x", "/feeds/all.atom?before=1_2"] {
        assert!(http(address, &format!("GET {path} HTTP/1.1")).starts_with("HTTP/1.1 400"), "{path}");
    }
    // Walked to its end by its own links, an output gives each story once.
    let mut path = "/feed.atom?q=&limit=7".to_owned();
    let mut walked: Vec<String> = Vec::new();
    loop {
        let page = http(address, &format!("GET {path} HTTP/1.1"));
        walked.extend(page.split("<entry").skip(1).filter_map(|entry| Some(entry.split("urn:uuid:").nth(1)?[..36].to_owned())));
        let Some(next) = page.lines().find(|line| line.contains("rel=\"next\"")) else { break };
        let url = next.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        path = url[url.find("/feed.atom").unwrap()..].to_owned();
    }
    let distinct: std::collections::HashSet<&String> = walked.iter().collect();
    assert_eq!((walked.len(), distinct.len()), (stories, stories));

    assert!(
        matches!(socket::ask(&state_dir, &ControlRequest::Reload).unwrap(), Some(ControlResponse::Misconfigured(_))),
        "there is no feeds.toml here"
    );
    stop.send(()).unwrap();
    service.join().unwrap();
    assert!(socket::ask(&state_dir, &ControlRequest::Reload).unwrap().is_none(), "the socket goes with the service");
}
