//! The one door, against a loopback origin that sends whatever bytes a test wants.

#[path = "fetch/origin.rs"]
mod origin;

use courant::fetch::address::{Allowed, Refusal, check};
use courant::fetch::robots::Rules;
use courant::fetch::{Circle, Client, FetchError, Head, Kind, Outcome, Request, RobotsRecord, Settings, Validators};
use courant::model::Timestamp;
use origin::{Origin, Reply, reply};
use proptest::prelude::*;
use std::io::Write;
use std::time::Duration;

/// 2026-11-23T12:30:00Z.
const NOW: Timestamp = Timestamp(1_795_437_000_000);

fn settings(origins: &[&Origin]) -> Settings {
    let rule =
        |origin: &&Origin| Allowed { network: origin.host.parse::<std::net::IpAddr>().unwrap().into(), port: Some(origin.port) };
    Settings {
        user_agent: "courant/0.0 (+https://courant.example/bot)".into(),
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(5),
        max_feed_bytes: 10_000_000,
        max_page_bytes: 5_000_000,
        header_timeout: Duration::from_secs(10),
        max_wire_bytes: 5_000_000,
        max_ratio: 200,
        max_redirects: 10,
        proxy: String::new(),
        allow_private: origins.iter().map(rule).collect(),
        concurrency: 16,
        per_host: 4,
        host_spacing: Duration::ZERO,
    }
}

fn client(origins: &[&Origin]) -> Client {
    Client::new(settings(origins), Vec::new()).unwrap()
}

async fn feed(client: &Client, url: &str) -> Outcome {
    client.get(Request { url, kind: Kind::Feed, validators: None, own: None }, NOW).await
}

async fn page(client: &Client, url: &str) -> Outcome {
    client.get(Request { url, kind: Kind::Page, validators: None, own: None }, NOW).await
}

async fn conditional(client: &Client, url: &str, validators: &Validators) -> Outcome {
    client.get(Request { url, kind: Kind::Feed, validators: Some(validators), own: None }, NOW).await
}

fn error(outcome: Outcome) -> FetchError {
    match outcome {
        Outcome::Failed(error) => error,
        other => panic!("not an error: {other:?}"),
    }
}

fn fetched(outcome: Outcome) -> (Head, Vec<u8>) {
    match outcome {
        Outcome::Fetched(head, body) => (head, body.to_vec()),
        other => panic!("not fetched: {other:?}"),
    }
}

/// What an origin that answers everything so makes of a feed request.
async fn one(answer: impl Fn() -> Reply + Send + Sync + 'static) -> Outcome {
    let origin = Origin::start("127.0.0.1", move |_, _| answer()).await;
    feed(&client(&[&origin]), &origin.url("/feed")).await
}

// -------------------------------------------------------------------------------------------- addresses

#[test]
fn only_public_addresses_pass() {
    let refused = [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:10.1.2.3]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[2001:db8::1]/",
        "http://169.254.169.254/",
        "http://localhost/",
        "http://a.LocalHost./",
        "http://nas/",
        "http://printer.local/",
        "http://x.internal/",
        "http://example.com:22/",
        "http://example.com:6379/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "//example.com/",
        "",
        "http://",
        "http://10.0.0.1%2f@example.com/",
        "http://example.com@10.0.0.1/",
        "http://[::1%25lo]/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://255.255.255.255/",
        "http://[ff02::1]/",
        "http://[3fff::1]/",
    ];
    for url in refused {
        assert!(check(url, &[]).is_err(), "{url} passed");
    }
    let passed = [
        "https://example.com/feed",
        "http://example.com:8080/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://172.32.0.1/",
        "https://[64:ff9b::101:101]/",
        "https://münchen.example/",
        "https://me:pw@example.com/",
        "https://example.com./feed",
        "https://internal.example/",
        "https://[::ffff:1.1.1.1]/",
    ];
    for url in passed {
        assert!(check(url, &[]).is_ok(), "{url} refused: {:?}", check(url, &[]));
    }
    assert!(matches!(check(&format!("http://example.com/{}", "a".repeat(9000)), &[]), Err(Refusal::TooLong(_))));
}

#[test]
fn an_exception_holds_for_its_network_and_port_only() {
    let rule = |network: &str, port| Allowed { network: network.parse().unwrap(), port };
    let rules = [rule("127.0.1.0/24", Some(8900)), rule("10.0.0.0/8", None)];
    for url in ["http://127.0.1.7:8900/", "http://[::ffff:127.0.1.7]:8900/", "http://10.1.1.1/", "http://10.1.1.1:8080/"] {
        assert!(check(url, &rules).is_ok(), "{url} refused");
    }
    for url in ["http://127.0.1.7:8901/", "http://127.0.2.7:8900/", "http://192.168.0.1/", "file:///etc/passwd"] {
        assert!(check(url, &rules).is_err(), "{url} passed");
    }
}

proptest! {
    #[test]
    fn no_address_panics(text in "\\PC*", host in "[0-9a-fx.:\\[\\]@%]{1,24}") {
        let _ = (check(&text, &[]), check(&format!("http://{host}/"), &[]));
    }

    #[test]
    fn no_robots_txt_panics_and_stars_are_linear(text in "(\\PC|\n){0,400}", path in "/\\PC{0,80}") {
        let _ = Rules::parse(&text).allows(&path);
        let stars = format!("user-agent: *\ndisallow: /{}b$", "*a".repeat(900));
        prop_assert!(Rules::parse(&stars).allows(&"/a".repeat(4000)));
    }
}

#[tokio::test]
async fn names_are_judged_by_what_they_resolve_to() {
    let origin = Origin::start("127.0.0.1", |_, _| reply(200, "", b"<rss/>")).await;
    let url = format!("http://localhost:{}/", origin.port);
    fetched(feed(&client(&[&origin]), &url).await);
    // A rule for this port lets a local name be resolved; where it leads is refused all the same.
    let mut other = settings(&[&origin]);
    other.allow_private[0].network = "10.0.0.0/8".parse().unwrap();
    let outcome = feed(&Client::new(other, Vec::new()).unwrap(), &url).await;
    assert!(matches!(error(outcome), FetchError::Address(Refusal::Network { .. })));
    let outcome = feed(&client(&[]), &url).await;
    assert!(matches!(error(outcome), FetchError::Address(Refusal::Name { .. })));
    assert_eq!(origin.seen().len(), 1);
}

// ------------------------------------------------------------------------------- manners and validators

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_more() {
    let origin = Origin::start("127.0.0.1", |_, _| reply(200, "Set-Cookie: a=b\r\n", b"<rss/>")).await;
    let client = client(&[&origin]);
    for _ in 0..2 {
        fetched(feed(&client, &origin.url("/feed?a=1&b=two%20words&c=#part")).await);
    }
    let seen = origin.seen();
    let last = &seen[1];
    assert_eq!(last.target, "/feed?a=1&b=two%20words&c=");
    assert!(last.head.starts_with("GET "));
    assert_eq!(last.header("user-agent"), Some("courant/0.0 (+https://courant.example/bot)"));
    assert_eq!((last.header("a-im"), last.header("accept-encoding")), (Some("feed"), Some("gzip, br, zstd, deflate")));
    assert!(last.header("accept").unwrap().contains("application/atom+xml"));
    for never in ["cookie", "referer", "authorization", "if-none-match", "if-modified-since"] {
        assert_eq!(last.header(never), None, "{never}");
    }
    assert_eq!(seen[0].connection, last.connection, "the connection is used again");
}

#[tokio::test]
async fn validators_are_echoed_byte_for_byte() {
    let odd = "ETag: W/\"a b\u{1}:+/=\"\r\nLast-Modified: Thursday, 02-Nov-23 07:11:13 GMT\r\n".replace('\u{1}', "\u{e9}");
    let origin = Origin::start("127.0.0.1", move |seen, _| match seen.header("if-none-match") {
        None => {
            // Latin-1, as headers are.
            let bytes: Vec<u8> = odd.chars().map(|c| c as u8).collect();
            let mut all = b"HTTP/1.1 200 X\r\n".to_vec();
            all.extend(bytes);
            all.extend(b"Content-Length: 6\r\n\r\n<rss/>");
            Reply::Keep(all)
        }
        Some(_) => reply(304, "ETag: \"second\"\r\nCache-Control: max-age=60\r\n", b""),
    })
    .await;
    let client = client(&[&origin]);
    let url = origin.url("/feed");
    let (head, _) = fetched(feed(&client, &url).await);
    let validators = head.validators.unwrap();
    assert_eq!(validators.url, url);
    let Outcome::NotModified(head) = conditional(&client, &url, &validators).await else { panic!("not a 304") };
    assert_eq!(head.max_age, Some(Duration::from_secs(60)));
    let last = &origin.seen()[1];
    assert_eq!(last.header("if-none-match"), Some("W/\"a b\u{e9}:+/=\""));
    assert_eq!(last.header("if-modified-since"), Some("Thursday, 02-Nov-23 07:11:13 GMT"));
    let fresh = validators.refreshed(head.validators.as_ref());
    assert_eq!(fresh.etag.as_deref(), Some(&b"\"second\""[..]));
    assert_eq!(fresh.last_modified, validators.last_modified);
    assert_eq!(validators.refreshed(None), validators);
}

#[tokio::test]
async fn validators_are_sent_to_the_url_that_gave_them() {
    let origin = Origin::start("127.0.0.1", |seen, _| match seen.target.as_str() {
        "/old" => reply(302, "Location: /new\r\n", b"moved"),
        _ if seen.header("if-none-match").is_some() => reply(304, "", b""),
        _ => reply(200, "ETag: \"1\"\r\n", b"<rss/>"),
    })
    .await;
    let client = client(&[&origin]);
    let (head, _) = fetched(feed(&client, &origin.url("/old")).await);
    let validators = head.validators.unwrap();
    assert_eq!(validators.url, origin.url("/new"));
    assert!(matches!(conditional(&client, &origin.url("/old"), &validators).await, Outcome::NotModified(_)));
    let seen = origin.seen();
    assert_eq!((seen[2].header("if-none-match"), seen[3].header("if-none-match")), (None, Some("\"1\"")));
    // Another URL of the same server did not give them.
    fetched(conditional(&client, &origin.url("/other"), &validators).await);
}

#[tokio::test]
async fn a_304_that_was_not_asked_for_is_an_error() {
    assert!(matches!(error(one(|| reply(304, "", b"")).await), FetchError::Broken(_)));
}

#[tokio::test]
async fn a_validator_of_100_kilobytes_is_not_kept() {
    let (head, _) = fetched(one(|| reply(200, &format!("ETag: \"{}\"\r\n", "e".repeat(100_000)), b"<rss/>")).await);
    assert_eq!(head.validators, None);
}

// ---------------------------------------------------------------------------------------------- statuses

#[tokio::test]
async fn each_status_is_what_it_means() {
    let gone = one(|| reply(410, "", b"gone")).await;
    assert!(matches!(gone, Outcome::Gone(Head { status: 410, .. })));
    let Outcome::Throttled(head) = one(|| reply(429, "Retry-After: 90\r\n", b"")).await else { panic!("not throttled") };
    assert_eq!(head.retry_after, Some(NOW.plus(Duration::from_secs(90))));
    assert!(matches!(one(|| reply(503, "Retry-After: soon\r\n", b"")).await, Outcome::Refused(Head { retry_after: None, .. })));
    // The server's clock is a year behind ours: its date is measured from its own.
    let date = "Date: Sun, 23 Nov 2025 12:00:00 GMT\r\nRetry-After: Sun, 23 Nov 2025 13:00:00 GMT\r\n";
    let Outcome::Throttled(head) = one(move || reply(503, date, b"")).await else { panic!("not throttled") };
    assert_eq!(head.retry_after, Some(NOW.plus(Duration::from_secs(3600))));
    for status in [401, 403, 404, 418, 500, 206, 204] {
        assert!(matches!(one(move || reply(status, "", b"")).await, Outcome::Refused(_)), "{status}");
    }
    let (head, _) = fetched(one(|| reply(226, "IM: feed\r\n", b"<rss/>")).await);
    assert_eq!(head.status, 226);
}

#[tokio::test]
async fn gone_behind_a_temporary_redirect_is_not_gone() {
    for (status, is_gone) in [(301, true), (302, false)] {
        let origin = Origin::start("127.0.0.1", move |seen, _| match seen.target.as_str() {
            "/feed" => reply(status, "Location: /there\r\n", b""),
            _ => reply(410, "", b""),
        })
        .await;
        let outcome = feed(&client(&[&origin]), &origin.url("/feed")).await;
        assert_eq!(matches!(outcome, Outcome::Gone(_)), is_gone, "{status}");
    }
}

#[tokio::test]
async fn freshness_is_read_as_the_standard_says() {
    let date = "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n";
    let cases = [
        ("Cache-Control: public, max-age=60\r\n".to_owned(), Some(60)),
        ("Cache-Control: private\r\nCache-Control: MAX-AGE=\"60\"\r\n".to_owned(), Some(60)),
        (format!("{date}Expires: Mon, 23 Nov 2026 14:00:00 GMT\r\n"), Some(7200)),
        (format!("{date}Expires: Mon, 23 Nov 2026 14:00:00 GMT\r\nCache-Control: max-age=60\r\n"), Some(60)),
        (format!("{date}Expires: Sun, 22 Nov 2026 14:00:00 GMT\r\n"), Some(0)),
        ("Expires: 0\r\n".to_owned(), Some(0)),
        ("Cache-Control: max-age=60, no-cache\r\n".to_owned(), Some(0)),
        ("Cache-Control: max-age=99999999999999999999\r\n".to_owned(), Some(366 * 24 * 3600)),
        ("Cache-Control: max-age=-5\r\n".to_owned(), None),
        (String::new(), None),
    ];
    for (headers, seconds) in cases {
        let shown = headers.clone();
        let (head, _) = fetched(one(move || reply(200, &headers, b"<rss/>")).await);
        assert_eq!(head.max_age.map(|age| age.as_secs()), seconds, "{shown}");
    }
}

#[tokio::test]
async fn hubs_are_found_in_link_headers() {
    let link = "Link: <https://hub.example/>; rel=\"hub\", </feed>; rel=\"self alternate\", <x>; rel=next\r\n";
    let origin = Origin::start("127.0.0.1", move |_, _| reply(200, link, b"<rss/>")).await;
    let (head, _) = fetched(feed(&client(&[&origin]), &origin.url("/feed")).await);
    let expected = [("hub", "https://hub.example/".to_owned()), ("self", origin.url("/feed"))];
    assert_eq!(head.links, expected.map(|(rel, url)| (rel.to_owned(), url)));
}

// --------------------------------------------------------------------------------------------- redirects

#[tokio::test]
async fn redirects_are_followed_by_hand_and_told() {
    let origin = Origin::start("127.0.0.1", |seen, _| match seen.target.as_str() {
        "/a" => reply(301, "Location: b?x=%41#part\r\n", b"moved"),
        "/b?x=%41" => reply(307, "Location: /c\r\n", b""),
        _ => reply(200, "Content-Type: text/xml\r\n", b"<rss/>"),
    })
    .await;
    let (head, _) = fetched(feed(&client(&[&origin]), &origin.url("/a")).await);
    assert_eq!(head.final_url, origin.url("/c"));
    let hops: Vec<_> = head.hops.iter().map(|hop| (hop.to.as_str().to_owned(), hop.permanent)).collect();
    assert_eq!(hops, [(origin.url("/b?x=%41"), true), (origin.url("/c"), false)]);
    let connections: Vec<_> = origin.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 0], "short bodies are read, so that the connection is used again");
}

#[tokio::test]
async fn a_redirect_loop_is_cut_after_ten() {
    let origin = Origin::start("127.0.0.1", |_, n| reply(302, &format!("Location: /{n}\r\n"), b"")).await;
    assert_eq!(
        error(feed(&client(&[&origin]), &origin.url("/")).await),
        FetchError::Redirects(Circle { max_redirects: 10, sets_cookies: false })
    );
    assert_eq!(origin.seen().len(), 11);
}

#[tokio::test]
async fn a_circle_that_sets_cookies_is_named() {
    let answer = |_: &origin::Seen, _| reply(302, "Location: /feed\r\nSet-Cookie: seen=1\r\n", b"");
    let origin = Origin::start("127.0.0.1", answer).await;
    let found = error(feed(&client(&[&origin]), &origin.url("/feed")).await);
    assert_eq!(found, FetchError::Redirects(Circle { max_redirects: 10, sets_cookies: true }));
    assert!(found.to_string().contains("cookies"));
}

#[tokio::test]
async fn what_leads_to_a_feed_is_followed_for_today() {
    let port = std::sync::Arc::new(std::sync::atomic::AtomicU16::new(0));
    let known = port.clone();
    let origin = Origin::start("127.0.0.1", move |seen, _| {
        let port = known.load(std::sync::atomic::Ordering::Relaxed);
        match seen.target.as_str() {
            "/refresh" => reply(200, "Content-Type: text/html\r\nRefresh: 0; url=/feed\r\n", b"<p>moved"),
            "/meta" => reply(200, "Content-Type: text/html\r\n", b"<meta http-equiv=refresh content='0; url=/feed'>"),
            "/reader" => reply(302, &format!("Location: feed://127.0.0.1:{port}/feed\r\n"), b""),
            "/choice" => reply(300, "Location: /feed\r\n", b"one of these"),
            "/made" => reply(201, "Location: /feed\r\n", b""),
            _ => reply(200, "Content-Type: text/xml\r\nRefresh: 60; url=/other\r\n", b"<rss/>"),
        }
    })
    .await;
    port.store(origin.port, std::sync::atomic::Ordering::Relaxed);
    for path in ["/refresh", "/meta", "/reader", "/choice", "/made"] {
        let (head, body) = fetched(feed(&client(&[&origin]), &origin.url(path)).await);
        assert_eq!((head.final_url, body), (origin.url("/feed"), b"<rss/>".to_vec()), "{path}");
        assert_eq!(head.hops.iter().map(|hop| hop.permanent).collect::<Vec<_>>(), [false], "{path}");
    }
    // A page is read as it is.
    let (head, _) = fetched(page(&client(&[&origin]), &origin.url("/meta")).await);
    assert!(head.hops.is_empty());
    // One that shows itself anew for ever is a page too.
    let itself =
        one(|| reply(200, "Content-Type: text/html\r\nRefresh: 5\r\n", b"<meta http-equiv=refresh content='0; url=/feed'>"))
            .await;
    assert!(fetched(itself).0.hops.is_empty());
}

#[tokio::test]
async fn odd_statuses_with_a_whole_body() {
    let (_, body) = fetched(one(|| reply(206, "Content-Range: bytes 0-5/6\r\n", b"<rss/>")).await);
    assert_eq!(body, b"<rss/>");
    let part = one(|| reply(206, "Content-Range: bytes 0-5/600\r\n", b"<rss/>")).await;
    assert!(matches!(part, Outcome::Refused(Head { status: 206, .. })), "{part:?}");
    assert!(matches!(one(|| reply(206, "", b"<rss/>")).await, Outcome::Refused(_)));
    let (_, body) = fetched(one(|| reply(201, "Location: /other\r\n", b"<rss/>")).await);
    assert_eq!(body, b"<rss/>");
    assert!(matches!(one(|| reply(300, "", b"choose")).await, Outcome::Refused(Head { status: 300, .. })));
}

#[tokio::test]
async fn a_line_among_the_headers_that_is_none_is_dropped() {
    let feed = "<rss version=\"2.0\"><channel><title>x</title></channel></rss>";
    for odd in ["PHP Warning - unable to load", "X-Odd : v", "X Odd: v"] {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n{odd}\r\nContent-Length: {}\r\n\r\n{feed}", feed.len());
        let (head, body) = fetched(one(move || Reply::Close(bytes.clone().into_bytes())).await);
        assert_eq!((head.content_type.as_deref(), body.as_slice()), (Some("text/xml"), feed.as_bytes()), "{odd}");
    }
}

#[tokio::test]
async fn failures_say_what_they_may_mean_for_the_network() {
    use courant::network::Sign;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody =
        Settings { allow_private: vec![Allowed { network: "127.0.0.1/32".parse().unwrap(), port: Some(free) }], ..settings(&[]) };
    let nobody = Client::new(nobody, Vec::new()).unwrap();
    let found = error(feed(&nobody, &format!("http://127.0.0.1:{free}/")).await);
    assert_eq!(found.sign(), Some(Sign::Connection), "{found:?}");
    let found = error(feed(&nobody, "http://no-such-name.invalid/").await);
    assert_eq!(found.sign(), Some(Sign::Name), "{found:?}");
    assert_eq!(FetchError::Drip(3).sign(), None);
}

#[tokio::test]
async fn a_redirect_leads_nowhere_that_is_refused() {
    let canary = Origin::start("127.0.0.2", |_, _| reply(200, "", b"secret")).await;
    let port = canary.port;
    let targets = [
        format!("http://127.0.0.2:{port}/"),
        format!("//127.0.0.2:{port}/"),
        format!("http://[::ffff:7f00:2]:{port}/"),
        format!("http://2130706434:{port}/"),
        format!("http://example.com@127.2:{port}/"),
        format!("http://localhost:{port}/"),
        "file:///etc/passwd".into(),
        "data:text/xml,<rss/>".into(),
        "http://[::".into(),
        format!("/{}", "a".repeat(9000)),
        String::new(),
    ];
    for target in targets {
        let location = format!("Location: {target}\r\n");
        let origin = Origin::start("127.0.0.1", move |_, _| reply(308, &location, b"")).await;
        let found = error(feed(&client(&[&origin]), &origin.url("/")).await);
        assert!(matches!(found, FetchError::Address(_) | FetchError::Broken(_)), "{target}: {found:?}");
        assert!(found.to_string().len() < 300);
    }
    assert_eq!(canary.seen().len(), 0);
}

#[tokio::test]
async fn credentials_stay_with_their_origin_and_out_of_sight() {
    let second = Origin::start("127.0.0.1", |_, _| reply(200, "ETag: \"1\"\r\n", b"<rss/>")).await;
    let away = format!("Location: http://thief:pw@127.0.0.1:{}/second\r\n", second.port);
    let first = Origin::start("127.0.0.1", move |seen, _| match seen.target.as_str() {
        "/feed" => reply(302, "Location: /here\r\n", b""),
        _ => reply(302, &away, b""),
    })
    .await;
    let url = format!("http://me:p%40ss@127.0.0.1:{}/feed", first.port);
    let (head, _) = fetched(feed(&client(&[&first, &second]), &url).await);
    let sent: Vec<_> = first.seen().iter().map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [Some("Basic bWU6cEBzcw==".to_owned()), Some("Basic bWU6cEBzcw==".to_owned())]);
    assert_eq!(second.seen()[0].header("authorization"), None);
    assert_eq!(second.seen()[0].header("referer"), None);
    assert!(!format!("{head:?}").contains("thief") && !format!("{head:?}").contains("ss@"), "{head:?}");
}

// ------------------------------------------------------------------------------------------------ bodies

const BODY: &[u8] = b"<rss version=\"2.0\"><channel><title>One whole feed</title></channel></rss>";

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A stream of one stored block (RFC 7932 9.2): window of 16 bits, not last, length, uncompressed; then an
/// empty last block.
fn brotli(body: &[u8]) -> Vec<u8> {
    let head = ((body.len() as u32 - 1) << 4) | 1 << 20;
    [&head.to_le_bytes()[..3], body, &[3]].concat()
}

/// A frame of one stored block (RFC 8878 3.1.1): a single segment with a length of one byte.
fn zstd(body: &[u8]) -> Vec<u8> {
    let block = (body.len() as u32) << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, body.len() as u8], &block.to_le_bytes()[..3], body].concat()
}

/// Blocks of one byte repeated, 128 KiB each.
fn zstd_bomb(n_blocks: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for n in 1..=n_blocks {
        let block = (128 * 1024) << 3 | 1 << 1 | u32::from(n == n_blocks);
        frame.extend(&block.to_le_bytes()[..3]);
        frame.push(b' ');
    }
    frame
}

async fn encoded(encoding: &'static str, body: Vec<u8>) -> Outcome {
    one(move || reply(200, &format!("Content-Encoding: {encoding}\r\n"), &body)).await
}

#[tokio::test]
async fn every_encoding_is_undone() {
    let (first, second) = BODY.split_at(30);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &zstd(BODY)].concat();
    let cases = [
        ("identity", BODY.to_vec()),
        ("gzip", gzip(BODY)),
        ("X-GZIP", gzip(BODY)),
        ("gzip", [gzip(first), gzip(second)].concat()),
        ("gzip", [gzip(BODY), b"\n\0garbage".to_vec()].concat()),
        ("gzip", BODY.to_vec()),
        ("deflate", zlib(BODY)),
        ("deflate", zlib(BODY)[2..].to_vec()),
        ("br", brotli(BODY)),
        ("zstd", zstd(BODY)),
        ("zstd", [zstd(first), zstd(second)].concat()),
        ("zstd", skippable),
        ("gzip, gzip", gzip(&gzip(BODY))),
        ("deflate, br", brotli(&zlib(BODY))),
    ];
    for (n, (encoding, bytes)) in cases.into_iter().enumerate() {
        let n_wire = bytes.len() as u64;
        let (head, body) = fetched(encoded(encoding, bytes).await);
        assert_eq!(body, BODY, "case {n}, {encoding}");
        assert_eq!(head.wire_bytes, n_wire);
    }
}

#[tokio::test]
async fn half_a_body_is_no_body() {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 9].to_vec();
    let mut bad_sum = gzip(BODY);
    let at = bad_sum.len() - 8;
    bad_sum[at] ^= 1;
    let cases = [
        ("gzip", cut(gzip(BODY))),
        ("gzip", [gzip(BODY), cut(gzip(BODY))].concat()),
        ("gzip", bad_sum),
        ("deflate", cut(zlib(BODY))),
        ("deflate", cut(zlib(BODY)[2..].to_vec())),
        ("br", cut(brotli(BODY))),
        ("zstd", cut(zstd(BODY))),
        ("x-evil", BODY.to_vec()),
        ("gzip, gzip, gzip", gzip(&gzip(&gzip(BODY)))),
        ("br", b"<html>".to_vec()),
    ];
    for (n, (encoding, bytes)) in cases.into_iter().enumerate() {
        let outcome = encoded(encoding, bytes).await;
        assert!(matches!(outcome, Outcome::Failed(FetchError::Broken(_))), "case {n}, {encoding}: {outcome:?}");
    }
    let short = [b"HTTP/1.1 200 X\r\nETag: \"t\"\r\nContent-Length: 900\r\n\r\n", BODY].concat();
    assert!(matches!(error(one(move || Reply::Close(short.clone())).await), FetchError::Broken(_)));
    let chunk = [b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n", &BODY[..20]].concat();
    assert!(matches!(error(one(move || Reply::Close(chunk.clone())).await), FetchError::Broken(_)));
    assert!(matches!(error(one(|| Reply::Close(Vec::new())).await), FetchError::Broken(_)));
}

#[tokio::test]
async fn bombs_are_stopped() {
    let zeros = vec![b' '; 12_000_000];
    for (encoding, bytes) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("zstd", zstd_bomb(8000))] {
        let found = error(encoded(encoding, bytes).await);
        assert!(matches!(&found, FetchError::Ratio(200)), "{encoding}: {found:?}");
    }
    // Within the ratio, over the size.
    let mut noise = Vec::new();
    let mut word = 1u64;
    while noise.len() < 11_000_000 {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        noise.extend((word >> 33).to_string().repeat(12).into_bytes());
    }
    assert_eq!(
        error(encoded("gzip", gzip(&noise)).await),
        FetchError::TooLarge { limit: 10_000_000, key: "fetch.max_feed_bytes" }
    );
}

#[tokio::test]
async fn a_body_over_its_limit_is_refused() {
    let claimed = || Reply::Hang(b"HTTP/1.1 200 X\r\nContent-Length: 1099511627776\r\n\r\n<rss>".to_vec());
    assert_eq!(error(one(claimed).await), FetchError::TooLarge { limit: 10_000_000, key: "fetch.max_feed_bytes" });
    let endless = || Reply::Endless(b"HTTP/1.1 200 X\r\n\r\n<rss>".to_vec(), vec![b'a'; 65_536]);
    assert_eq!(error(one(endless).await), FetchError::TooLarge { limit: 10_000_000, key: "fetch.max_feed_bytes" });
    let chunks = || {
        let chunk = [b"10000\r\n".to_vec(), vec![b'a'; 65_536], b"\r\n".to_vec()].concat();
        Reply::Endless(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), chunk)
    };
    assert_eq!(error(one(chunks).await), FetchError::TooLarge { limit: 10_000_000, key: "fetch.max_feed_bytes" });
}

#[tokio::test]
async fn answers_that_are_no_http_are_errors() {
    let heads: [&[u8]; 7] = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nodd\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"\0\x01\x02 hello\r\n\r\n",
        b"<rss version='2.0'></rss>",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss/>",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n<rss/>",
    ];
    for head in heads {
        let outcome = one(move || Reply::Close(head.to_vec())).await;
        assert!(matches!(outcome, Outcome::Failed(FetchError::Broken(_))), "{head:?}: {outcome:?}");
    }
    let many: String = (0..5000).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert!(matches!(error(one(move || reply(200, &many, b"<rss/>")).await), FetchError::Broken(_)));
}

#[tokio::test]
async fn the_whole_request_is_timed() {
    let hang = || Reply::Hang(Vec::new());
    let half = || {
        let head = b"HTTP/1.1 200 X\r\nContent-Length: 9000\r\n\r\n".to_vec();
        Reply::Hang([head, vec![b' '; 4096]].concat())
    };
    let hints = || Reply::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec());
    let answers: [fn() -> Reply; 3] = [hang, half, hints];
    for answer in answers {
        let origin = Origin::start("127.0.0.1", move |_, _| answer()).await;
        let timeout = Duration::from_millis(150);
        let client = Client::new(Settings { timeout, ..settings(&[&origin]) }, Vec::new()).unwrap();
        assert_eq!(error(feed(&client, &origin.url("/")).await), FetchError::Timeout(timeout));
    }
    let drip = || Reply::Hang(b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n<rss>".to_vec());
    let origin = Origin::start("127.0.0.1", move |_, _| drip()).await;
    let client = Client::new(Settings { timeout: Duration::from_secs(1), ..settings(&[&origin]) }, Vec::new()).unwrap();
    assert_eq!(error(feed(&client, &origin.url("/")).await), FetchError::Drip(5));
}

#[tokio::test]
async fn nobody_at_home_is_said_so() {
    let origin = Origin::start("127.0.0.1", |_, _| reply(200, "", b"")).await;
    let mut settings = settings(&[&origin]);
    settings.allow_private[0].port = None;
    let client = Client::new(settings, Vec::new()).unwrap();
    // Port 1024 of this address: nothing listens there.
    let found = error(feed(&client, "http://user:secret@127.0.0.1:1024/feed?token=secret").await);
    assert!(matches!(&found, FetchError::Connect(why) if !why.text.contains("secret")), "{found:?}");
    let found = error(feed(&client, &format!("https://127.0.0.1:{}/", origin.port)).await);
    assert!(matches!(found, FetchError::Connect(_) | FetchError::Tls(_)), "plain HTTP on a TLS port: {found:?}");
}

#[tokio::test]
async fn header_text_is_harmless() {
    let mut head = b"HTTP/1.1 200 X\r\nContent-Type: text/xml; \x9b31m\xe2\x80\xae charset=utf-8\r\n".to_vec();
    head.extend(b"Content-Length: 6\r\n\r\n<rss/>");
    let (head, _) = fetched(one(move || Reply::Keep(head.clone())).await);
    let shown = head.content_type.unwrap();
    assert!(!shown.chars().any(courant::text::is_hostile), "{shown:?}");
    assert!(shown.contains("charset=utf-8"));
}

// ------------------------------------------------------------------------------------------------ robots

fn allows(text: &str, path: &str) -> bool {
    Rules::parse(text).allows(path)
}

#[test]
fn robots_txt_is_read_as_the_standard_says() {
    let text = "\u{feff}# hello\nUser-agent: other\nDisallow: /\n\nUSER-AGENT: Courant/2.0 # us\nUser-agent: third\nDisallow: /private/\n\
                Allow: /private/open\nDisallow: /*.pdf$\nDisallow: /q?x=*&y\nCrawl-delay: 2.5\nSitemap: /s.xml\nUser-agent: *\nDisallow: /all\n";
    let rules = Rules::parse(text);
    assert_eq!(rules.crawl_delay, Some(Duration::from_millis(2500)));
    for (path, allowed) in [
        ("/", true),
        ("/all", true),
        ("/private/x", false),
        ("/private", true),
        ("/private/open/x", true),
        ("/a/b.pdf", false),
        ("/a/b.pdf?x", true),
        ("/q?x=1&y=2", false),
        ("/q?x=1", true),
        ("/robots.txt", true),
    ] {
        assert_eq!(rules.allows(path), allowed, "{path}");
    }
    assert!(!allows("user-agent: *\ndisallow: /all", "/all/x"));
    assert!(
        allows("user-agent: *\ndisallow: /all\nuser-agent: courant\ndisallow:", "/all/x"),
        "our group is the only one for us"
    );
    assert!(!allows("user-agent: courant\ndisallow: /a\nuser-agent: x\ndisallow: /\nuser-agent: courant\ndisallow: /b", "/b"));
    assert!(allows("user-agent: *\ndisallow: /a\nallow: /a", "/a"), "equally long: allowed");
    assert!(!allows("user-agent: *\ndisallow: /%66oo/ü", "/foo/%C3%BC"), "one spelling");
    assert!(!allows("user-agent: *\rdisallow: /\r", "/x"));
    assert!(allows("<html>404</html>", "/x") && allows("", "/x"));
    assert!(!allows("user-agent: *\ndisallow: *", "/x") && !allows("user-agent: *\ndisallow: /*/b*d$", "/a/bcd"));
    assert!(allows("user-agent: *\ndisallow: /*/b*d$", "/a/bcde") && allows("user-agent: *\ndisallow: /a$", "/ab"));
}

#[tokio::test]
async fn robots_txt_is_asked_once_for_pages_and_never_for_feeds() {
    let origin = Origin::start("127.0.0.1", |seen, _| match seen.target.as_str() {
        "/robots.txt" => reply(200, "Cache-Control: max-age=7200\r\n", b"User-agent: *\nDisallow: /no\n"),
        _ => reply(200, "", b"<html></html>"),
    })
    .await;
    let client = client(&[&origin]);
    fetched(feed(&client, &origin.url("/no/feed")).await);
    assert_eq!(origin.targets(), ["/no/feed"]);
    let (a, b, no) = (origin.url("/a"), origin.url("/b"), origin.url("/no/c"));
    let (first, second, third) = tokio::join!(page(&client, &a), page(&client, &b), page(&client, &no));
    fetched(first);
    fetched(second);
    assert_eq!(error(third), FetchError::Robots { host: "127.0.0.1".into() });
    assert_eq!(origin.targets().iter().filter(|target| *target == "/robots.txt").count(), 1);
    assert!(!origin.targets().contains(&"/no/c".to_owned()));

    let records = client.take_robots();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].origin, origin.url(""));
    assert_eq!(records[0].expires, NOW.plus(Duration::from_secs(7200)));
    assert!(client.take_robots().is_empty());

    // Another run takes them back; after two hours they are asked for again.
    let again = Client::new(settings(&[&origin]), records).unwrap();
    fetched(page(&again, &a).await);
    assert_eq!(origin.targets().iter().filter(|target| *target == "/robots.txt").count(), 1);
    let later = NOW.plus(Duration::from_secs(7201));
    fetched(again.get(Request { url: &a, kind: Kind::Page, validators: None, own: None }, later).await);
    assert_eq!(origin.targets().iter().filter(|target| *target == "/robots.txt").count(), 2);
}

#[tokio::test]
async fn a_robots_txt_that_cannot_be_had_forbids_and_none_allows() {
    for (status, allowed) in [(404, true), (403, true), (429, false), (500, false)] {
        let origin = Origin::start("127.0.0.1", move |seen, _| match seen.target.as_str() {
            "/robots.txt" => reply(status, "", b"User-agent: *\nDisallow: /\n"),
            _ => reply(200, "", b"<html></html>"),
        })
        .await;
        let client = client(&[&origin]);
        let outcome = page(&client, &origin.url("/a")).await;
        assert_eq!(matches!(outcome, Outcome::Fetched(..)), allowed, "{status}: {outcome:?}");
        let record = client.take_robots().remove(0);
        assert_eq!(record.text.is_none(), allowed);
        assert!(allowed || record.expires <= NOW.plus(Duration::from_secs(3600)));
    }
}

#[tokio::test]
async fn a_robots_txt_may_be_moved_and_may_be_long() {
    let origin = Origin::start("127.0.0.1", |seen, _| match seen.target.as_str() {
        "/robots.txt" => reply(301, "Location: /r/robots.txt\r\n", b""),
        "/r/robots.txt" => {
            let long = "User-agent: *\nDisallow: /no\n# ".to_owned() + &"long ".repeat(200_000);
            reply(200, "", long.as_bytes())
        }
        _ => reply(200, "", b"<html></html>"),
    })
    .await;
    let client = client(&[&origin]);
    assert!(matches!(error(page(&client, &origin.url("/no")).await), FetchError::Robots { .. }));
    fetched(page(&client, &origin.url("/yes")).await);
    assert!(client.take_robots()[0].text.as_ref().is_some_and(|text| text.len() <= 512_000));
}

#[tokio::test]
async fn robots_txt_of_every_hop_is_asked() {
    let second = Origin::start("127.0.0.2", |seen, _| match seen.target.as_str() {
        "/robots.txt" => reply(200, "", b"User-agent: *\nDisallow: /\n"),
        _ => reply(200, "", b"<html></html>"),
    })
    .await;
    let location = format!("Location: {}\r\n", second.url("/page"));
    let first = Origin::start("127.0.0.1", move |seen, _| match seen.target.as_str() {
        "/robots.txt" => reply(404, "", b""),
        _ => reply(302, &location, b""),
    })
    .await;
    let found = error(page(&client(&[&first, &second]), &first.url("/page")).await);
    assert_eq!(found, FetchError::Robots { host: "127.0.0.2".into() });
    assert_eq!(second.targets(), ["/robots.txt"]);
}

// -------------------------------------------------------------------------------------------------- gate

#[tokio::test]
async fn a_host_is_asked_so_often_and_no_more() {
    let origin = Origin::start("127.0.0.1", |_, _| reply(200, "", b"<rss/>")).await;
    let host_spacing = Duration::from_millis(25);
    let client = Client::new(Settings { per_host: 3, host_spacing, ..settings(&[&origin]) }, Vec::new()).unwrap();
    let urls: Vec<String> = (0..5).map(|n| origin.url(&format!("/{n}"))).collect();
    let (a, b, c, d, e) = tokio::join!(
        feed(&client, &urls[0]),
        feed(&client, &urls[1]),
        feed(&client, &urls[2]),
        page(&client, &urls[3]),
        feed(&client, &urls[4])
    );
    for outcome in [a, b, c, d, e] {
        fetched(outcome);
    }
    let seen = origin.seen();
    assert_eq!(seen.len(), 6, "five and robots.txt");
    // The server may see two starts closer together than they were sent; all of them took their time.
    assert!(seen[5].at - seen[0].at >= 5 * host_spacing - Duration::from_millis(20));
    assert!(client.waiting().is_empty());
}

#[tokio::test]
async fn a_hanging_host_holds_only_its_own_slots() {
    let dead = Origin::start("127.0.0.1", |_, _| Reply::Hang(Vec::new())).await;
    let alive = Origin::start("127.0.0.2", |_, _| reply(200, "", b"<rss/>")).await;
    let few = Settings { concurrency: 2, per_host: 1, ..settings(&[&dead, &alive]) };
    let client = Client::new(few, Vec::new()).unwrap();
    let hung: Vec<_> = (0..20)
        .map(|n| {
            let (client, url) = (client.clone(), dead.url(&format!("/{n}")));
            tokio::spawn(async move { feed(&client, &url).await })
        })
        .collect();
    while dead.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..5 {
        fetched(feed(&client, &alive.url("/")).await);
    }
    assert_eq!(client.waiting(), [("127.0.0.1".to_owned(), 19)]);
    assert_eq!(dead.seen().len(), 1);
    for task in hung {
        task.abort();
        _ = task.await;
    }
    assert!(client.waiting().is_empty(), "requests that were given up wait no more");
}

#[tokio::test]
async fn records_of_another_time_are_not_believed() {
    let origin = Origin::start("127.0.0.1", |seen, _| match seen.target.as_str() {
        "/robots.txt" => reply(404, "", b""),
        _ => reply(200, "", b"<html></html>"),
    })
    .await;
    let record = |expires| RobotsRecord { origin: origin.url(""), text: Some("User-agent: *\nDisallow: /\n".into()), expires };
    // Past, and ten years ahead (written before the clock was set back).
    for expires in [Timestamp(NOW.0 - 1), NOW.plus(Duration::from_secs(3650 * 24 * 3600))] {
        let client = Client::new(settings(&[&origin]), vec![record(expires)]).unwrap();
        fetched(page(&client, &origin.url("/a")).await);
    }
    let client = Client::new(settings(&[&origin]), vec![record(NOW.plus(Duration::from_secs(60)))]).unwrap();
    assert!(matches!(error(page(&client, &origin.url("/a")).await), FetchError::Robots { .. }));
}

#[test]
fn a_host_belongs_to_whoever_registered_its_domain() {
    let of = |url: &str| courant::fetch::address::registrable_domain(url);
    for (url, domain) in [
        ("https://feeds.bbc.co.uk/x", Some("bbc.co.uk")),
        ("https://a.b.tumblr.com/rss", Some("tumblr.com")),
        ("https://someone.github.io/feed", Some("someone.github.io")),
        ("https://github.io/", None),
        ("https://新闻.中国/", Some("xn--efvy88h.xn--fiqs8s")),
        ("http://127.0.0.1/rss", None),
        ("http://[::1]/rss", None),
        ("http://rsshub.internal/x", None),
        ("http://rsshub/x", None),
        ("file:///x", None),
        ("", None),
    ] {
        assert_eq!(of(url).as_deref(), domain, "{url}");
    }
}

// ------------------------------------------------------------------------------------- a person's own headers

#[tokio::test]
async fn own_headers_go_to_their_origin_only() {
    let other = Origin::start("127.0.0.1", |_, _| reply(200, "", b"<rss/>")).await;
    let away = other.url("/feed");
    let home = Origin::start("127.0.0.1", move |seen, _| match seen.target.as_str() {
        "/feed" => reply(302, "Location: /again\r\n", b""),
        "/again" => reply(302, &format!("Location: {away}\r\n"), b""),
        _ => reply(404, "", b""),
    })
    .await;
    let client = client(&[&home, &other]);
    let mut own = courant::fetch::OwnHeaders::new(&home.url("/feed"));
    own.set("X-Version", "2").unwrap();
    own.set_basic("me", "pw").unwrap();
    assert!(!format!("{own:?}").contains("bWU6cHc="));
    let url = home.url("/feed");
    fetched(client.get(Request { url: &url, kind: Kind::Page, validators: None, own: Some(&own) }, NOW).await);
    let headers =
        |seen: &origin::Seen| (seen.header("x-version").map(str::to_owned), seen.header("authorization").map(str::to_owned));
    for seen in home.seen() {
        let expected =
            if seen.target == "/robots.txt" { (None, None) } else { (Some("2".into()), Some("Basic bWU6cHc=".into())) };
        assert_eq!(headers(&seen), expected, "{}", seen.target);
    }
    assert!(!other.seen().is_empty() && other.seen().iter().all(|seen| headers(seen) == (None, None)));
    // A feed that has moved is asked there without them.
    let moved = other.url("/feed");
    fetched(client.get(Request { url: &moved, kind: Kind::Feed, validators: None, own: Some(&own) }, NOW).await);
    assert!(other.seen().iter().all(|seen| headers(seen) == (None, None)));
}

#[tokio::test]
async fn a_proxy_is_given_only_what_may_be_dialled() {
    let proxy = Origin::start("127.0.0.1", |_, _| reply(200, "", b"<rss/>")).await;
    // The proxy itself may be anywhere; what is asked of it is judged as ever.
    let behind = Settings { proxy: proxy.url("/"), ..settings(&[]) };
    let client = Client::new(behind, Vec::new()).unwrap();
    for private in ["http://10.0.0.1/", "http://127.0.0.1/", "http://localhost/"] {
        assert!(matches!(error(feed(&client, private).await), FetchError::Address(_)), "{private}");
    }
    assert!(proxy.seen().is_empty());
    fetched(feed(&client, "http://1.1.1.1/feed").await);
    assert_eq!(proxy.seen()[0].target, "http://1.1.1.1/feed");
}
