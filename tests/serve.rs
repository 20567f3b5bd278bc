//! The server at its door: what it tells readers of its own address.

mod common;

use common::World;
use courant::cli::service;
use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::{Engine, clock};
use courant::model::Sample;
use courant::records::Command;
use courant::store::{Opening, Store};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Runs the service on the demo's world, and `ask` beside it.
fn serving(set: impl FnOnce(&mut Config), ask: impl FnOnce(SocketAddr)) {
    let world = World::start();
    serving_feeds(&world, world.feeds(), set, ask);
}

/// The same with these feeds.
fn serving_feeds(world: &World, feeds: Vec<String>, set: impl FnOnce(&mut Config), ask: impl FnOnce(SocketAddr)) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = world.config(folder.path());
    config.backup.folder = folder.path().join("backups");
    set(&mut config);
    let list: Vec<_> = feeds.iter().map(Subscription::new).collect();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (up, ready) = std::sync::mpsc::channel();
    let service = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let writer = runtime.block_on(async {
            let (engine, writer) = Engine::start(config, list, None).unwrap();
            let stopped = async { stopped.await.unwrap() };
            let listener = service::handle(&service::listener(&engine.config.get().serve.listen).unwrap()).unwrap();
            service::run(engine, listener, stopped, |address| up.send(address).unwrap()).await.unwrap();
            writer
        });
        // What still runs holds the writer.
        drop(runtime);
        writer.join().unwrap();
    });
    ask(ready.recv().unwrap());
    stop.send(()).unwrap();
    service.join().unwrap();
}

fn get(address: SocketAddr, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn below_a_path_every_link_has_it() {
    let set = |config: &mut Config| config.serve.base_url = "https://news.example/courant/".into();
    serving(set, |address| {
        // Whether the proxy takes the path away or not.
        for base in ["", "/courant"] {
            let page = get(address, "x", &format!("{base}/"));
            assert!(page.starts_with("HTTP/1.1 200"), "{base}: {page}");
            let own: Vec<&str> = page.split("href=\"/").skip(1).chain(page.split("src=\"/").skip(1)).collect();
            assert!(own.len() > 5 && own.iter().all(|link| link.starts_with("courant/")), "{page}");
            let atom = get(address, "x", &format!("{base}/feeds/all.atom"));
            assert!(atom.contains("href=\"https://news.example/courant/feeds/all.atom\""), "{atom}");
        }
    });
}

#[test]
fn without_an_address_of_its_own_it_tells_readers_the_host_that_they_asked() {
    let set = |config: &mut Config| {
        config.serve.listen = "0.0.0.0:0".into();
        config.serve.hosts = vec!["news.home".into()];
    };
    serving(set, |address| {
        let address = SocketAddr::from(([127, 0, 0, 1], address.port()));
        for (host, is_told) in [
            ("192.168.1.5:8080", true),
            ("[fe80::1]:8080", true),
            ("localhost:8080", true),
            ("News.home", true),
            ("evil.example", false),
        ] {
            let atom = get(address, host, "/feeds/all.atom");
            let link = format!("href=\"http://{}/feeds/all.atom\"", host.to_lowercase());
            assert_eq!(atom.contains(&link), is_told, "{host}: {atom}");
        }
    });
}

#[test]
fn what_was_read_and_starred_is_told_to_nobody_who_is_not_logged_in() {
    serving(
        |_| {},
        |address| {
            for path in ["/feed.json?q=is:starred", "/feed.atom?q=is:read", "/?q=is:unread", "/?q=-is:starred"] {
                let answer = get(address, "127.0.0.1", path);
                assert!(answer.starts_with("HTTP/1.1 403"), "{path}: {answer}");
            }
            assert!(get(address, "127.0.0.1", "/?q=is:muted").starts_with("HTTP/1.1 200"));
        },
    );
}

/// An answer's head and its bytes.
fn fetch(address: SocketAddr, path: &str, header: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}Connection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase(), answer[end + 4..].to_vec())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// What a reader sends as `Accept-Encoding`, and what it gets (RFC 9110 12.5.3).
const CODINGS: [(Option<&str>, Option<&str>); 22] = [
    (None, None),
    (Some(""), None),
    (Some("gzip"), Some("gzip")),
    (Some("GZIP"), Some("gzip")),
    (Some("x-gzip"), Some("gzip")),
    (Some("gzip;q=0"), None),
    (Some("gzip; Q=0.000"), None),
    (Some("gzip;q=0.001"), Some("gzip")),
    (Some("gzip, deflate, br, zstd"), Some("br")),
    (Some("gzip, zstd"), Some("zstd")),
    (Some("br;q=0.5, gzip;q=0.8"), Some("gzip")),
    (Some("*"), Some("br")),
    (Some("*;q=0"), None),
    (Some("br;q=0, *;q=0.1"), Some("zstd")),
    (Some("gzip, *;q=0"), Some("gzip")),
    (Some("deflate, compress"), None),
    (Some("identity"), None),
    (Some("identity, gzip;q=0.5"), None),
    (Some("identity;q=0.5, gzip"), Some("gzip")),
    (Some("identity;q=0"), None),
    // What is not a weight says nothing of its coding.
    (Some("gzip;q=2"), None),
    (Some("gzip;q=0.1234, zstd;q=x, br;q=0.2"), Some("br")),
];

#[test]
fn each_reader_gets_the_coding_that_it_likes_best() {
    serving(
        |_| {},
        |address| {
            let (head, plain) = fetch(address, "/opml/outputs", "");
            let mut etags = vec![header(&head, "etag").unwrap().to_owned()];
            for (asked, coding) in CODINGS {
                let asked = asked.map_or(String::new(), |value| format!("Accept-Encoding: {value}\r\n"));
                let (head, body) = fetch(address, "/opml/outputs", &asked);
                assert_eq!(header(&head, "content-encoding"), coding, "{asked}: {head}");
                let body = match coding {
                    Some("br") => {
                        let mut text = Vec::new();
                        brotli_decompressor::Decompressor::new(&*body, 4096).read_to_end(&mut text).unwrap();
                        text
                    }
                    Some("zstd") => zstd::decode_all(&*body).unwrap(),
                    Some(_) => {
                        let mut text = Vec::new();
                        flate2::read::GzDecoder::new(&*body).read_to_end(&mut text).unwrap();
                        text
                    }
                    None => body,
                };
                assert_eq!(body, plain, "{asked}");
                etags.push(header(&head, "etag").unwrap().to_owned());
            }
            etags.sort_unstable();
            etags.dedup();
            assert_eq!(etags.len(), 4, "one for each coding: {etags:?}");
            // Whatever a reader was sent, it is known again.
            for etag in etags {
                let (head, body) = fetch(address, "/opml/outputs", &format!("If-None-Match: {etag}\r\n"));
                assert!(head.starts_with("http/1.1 304") && body.is_empty(), "{head}");
            }
        },
    );
}

/// A hub that answers a form with such a status; what it was sent, form by form.
fn hub(status: fn(&str) -> u16) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hub", listener.local_addr().unwrap());
    let (sent, forms) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut request) = (stream.unwrap(), Vec::new());
            let mut part = [0; 4096];
            let form = loop {
                let n = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..n]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, form)) = text.split_once("\r\n\r\n") else { continue };
                let length = header(&head.to_ascii_lowercase(), "content-length").unwrap().parse::<usize>().unwrap();
                if form.len() >= length {
                    break form.to_owned();
                }
            };
            write!(stream, "HTTP/1.1 {} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status(&form)).unwrap();
            if sent.send(form).is_err() {
                return;
            }
        }
    });
    (address, forms)
}

#[test]
fn a_hub_is_named_by_outputs_and_told_when_they_change() {
    let (hub, forms) = hub(|_| 204);
    let set = |config: &mut Config| {
        config.serve.base_url = "https://news.example/courant/".into();
        config.serve.hub.clone_from(&hub);
    };
    serving(set, |address| {
        let topics = ["atom", "rss", "json"].map(|format| format!("https://news.example/courant/feeds/all.{format}"));
        for topic in &topics {
            let path = topic.strip_prefix("https://news.example").unwrap();
            let (head, body) = fetch(address, path, "");
            assert_eq!(header(&head, "link"), Some(format!("<{hub}>; rel=\"hub\", <{topic}>; rel=\"self\"").as_str()));
            let feed = courant::feed::Document { bytes: &body, content_type: None, url: topic };
            let feed = courant::feed::parse(&feed).unwrap();
            assert_eq!((feed.hints.hubs, feed.hints.self_url.as_ref()), (vec![hub.clone()], Some(topic)));
        }
        // Nobody announces what comes behind a story, or what a reader makes up: so nobody may wait for it.
        for path in ["/feeds/all.atom?before=1_1_1", "/feed.atom?q="] {
            let (head, body) = fetch(address, path, "");
            let body = String::from_utf8(body).unwrap();
            assert!(header(&head, "link").is_none() && !body.contains("rel=\"hub\"") && body.contains("rel=\"self\""), "{body}");
        }
        // Each of them at the start, and again when the first polls have brought stories.
        let mut told = std::collections::HashMap::<String, usize>::new();
        while topics.iter().any(|topic| told.get(topic).is_none_or(|n| *n < 2)) {
            let form = forms.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
            let fields: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            let [(mode, publish), (url, topic)] = fields.as_slice() else { panic!("{form}") };
            assert_eq!((mode.as_str(), publish.as_str(), url.as_str()), ("hub.mode", "publish", "hub.url"));
            assert!(topics.contains(topic), "{topic}");
            *told.entry(topic.clone()).or_default() += 1;
        }
    });
}

#[test]
fn what_a_hub_does_not_take_keeps_nothing_else_from_it() {
    let world = World::start();
    let refuses = |form: &str| match form {
        form if form.contains("all.atom") => 422,
        form if form.contains("all.rss") => 503,
        _ => 204,
    };
    let (hub, forms) = hub(refuses);
    let set = |config: &mut Config| {
        config.serve.base_url = "https://news.example/".into();
        config.serve.hub = hub.clone();
    };
    // Nothing changes: no feed is subscribed.
    serving_feeds(&world, Vec::new(), set, |_| {
        let of = |form: &str| ["atom", "rss", "json"].into_iter().find(|format| form.contains(&format!("all.{format}"))).unwrap();
        let next = |seconds| forms.recv_timeout(std::time::Duration::from_secs(seconds)).map(|form| of(&form));
        let mut first: Vec<&str> = (0..3).map(|_| next(20).unwrap()).collect();
        first.sort_unstable();
        assert_eq!(first, ["atom", "json", "rss"]);
    });
}

#[test]
fn sizes_are_told_where_metrics_are() {
    for (metrics, are_told) in [(courant::config::Metrics::On, true), (courant::config::Metrics::Off, false)] {
        serving(
            |config| {
                config.serve.metrics = metrics;
                // The first quarter of an hour is over.
                let mut store = Store::open(&config.database(), Opening::now(clock())).unwrap();
                let at = clock();
                let sample = Sample { at, database_bytes: 5_000_000, memory_bytes: Some(7_000_000), ..Sample::default() };
                store.commit(Command::Sample { sample }).unwrap();
            },
            |address| {
                let page = get(address, "127.0.0.1", "/status");
                assert!(page.contains("<figure"), "{page}");
                assert_eq!(page.contains(" MB"), are_told, "{page}");
            },
        );
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

/// A site with a feed of one story, in which are a picture and what only says that it is one; and how often each path was asked
/// for.
fn site() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (asked, paths) = std::sync::mpsc::channel();
    let own = base.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut request) = (stream.unwrap(), [0; 4096]);
            let n = stream.read(&mut request).unwrap();
            let path = String::from_utf8_lossy(&request[..n]).split(' ').nth(1).unwrap_or_default().to_owned();
            let pictures = format!("<p>Two cats.</p><img src='{own}/cat.png' alt='A cat'><img src='{own}/page.png' alt='None'>");
            let feed = format!(
                "<rss version='2.0'><channel><title>Cats</title><item><title>Cats</title><description><![CDATA[{pictures}]]></description></item></channel></rss>"
            );
            let (status, kind, body): (&str, &str, &[u8]) = match path.as_str() {
                "/feed.xml" => ("200 OK", "application/rss+xml", feed.as_bytes()),
                "/cat.png" => ("200 OK", "image/png", PNG),
                "/page.png" => ("200 OK", "image/png", b"<script>alert(1)</script>"),
                _ => ("404 Not Found", "text/plain", b""),
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )
            .unwrap();
            stream.write_all(body).unwrap();
            if asked.send(path).is_err() {
                return;
            }
        }
    });
    (base, paths)
}

#[test]
fn pictures_are_handed_on_and_nothing_that_is_none_or_that_nobody_names() {
    let ((base, paths), world) = (site(), World::start());
    let set = |config: &mut Config| {
        config.serve.images = courant::config::Images::Proxied;
        config.article.mode = courant::model::ArticleMode::Never;
    };
    serving_feeds(&world, vec![format!("{base}/feed.xml")], set, |address| {
        let first = || {
            let (_, feed) = fetch(address, "/feeds/all.atom", "");
            let feed = String::from_utf8(feed).unwrap();
            Some(feed.split("<entry").nth(1)?.split("urn:uuid:").nth(1)?.get(..36)?.to_owned())
        };
        let begun = std::time::Instant::now();
        let story = loop {
            if let Some(story) = first() {
                break story;
            }
            assert!(begun.elapsed().as_secs() < 60, "no story");
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        let (head, page) = fetch(address, &format!("/story/{story}"), "");
        let page = String::from_utf8(page).unwrap();
        assert!(head.contains("img-src 'self'") && !page.contains(&format!("src=\"{base}")), "{head}\n{page}");
        let ours: Vec<String> = page
            .split("src=\"")
            .filter(|part| part.starts_with("/image?"))
            .map(|part| part.split('"').next().unwrap().replace("&amp;", "&"))
            .collect();
        let [cat, none] = ours.as_slice() else { panic!("{page}") };
        for _ in 0..3 {
            let (head, body) = fetch(address, cat, "");
            assert!(
                head.starts_with("http/1.1 200") && head.contains("content-type: image/png") && head.contains("nosniff"),
                "{head}"
            );
            assert_eq!(body, PNG);
        }
        assert!(fetch(address, none, "").0.starts_with("http/1.1 502"));
        // Another address under the same key, and no key at all.
        for path in [cat.replace("cat.png", "dog.png"), cat.split("&key").next().unwrap().to_owned(), format!("{cat}0")] {
            assert!(fetch(address, &path, "").0.starts_with("http/1.1 40"), "{path}");
        }
        let asked: Vec<String> = paths.try_iter().collect();
        let n = |path: &str| asked.iter().filter(|asked| *asked == path).count();
        assert_eq!((n("/cat.png"), n("/page.png"), n("/dog.png")), (1, 1, 0), "{asked:?}");
    });
}
