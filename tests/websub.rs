//! WebSub: the pure room at its door, then the whole service between a hub and its feed.

mod common;

use courant::cli::service;
use courant::config::subscriptions::Subscription;
use courant::daemon::Engine;
use courant::model::Timestamp;
use courant::store::Reader;
use courant::websub::{self, Hub, Question};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

#[test]
fn a_header_counts_before_the_document_and_https_before_http() {
    let links = |pairs: &[(&str, &str)]| pairs.iter().map(|(rel, url)| (rel.to_string(), url.to_string())).collect::<Vec<_>>();
    let hub = |hub: &str, topic: &str| Some(Hub { hub: hub.into(), topic: topic.into() });
    let (document, own) = (["http://d.example/hub".to_owned()], Some("http://d.example/feed"));
    assert_eq!(websub::discover(&[], &document, own), hub("http://d.example/hub", "http://d.example/feed"));
    let header = links(&[("hub", "http://h.example/hub"), ("self", "http://h.example/feed")]);
    assert_eq!(websub::discover(&header, &document, own), hub("http://h.example/hub", "http://h.example/feed"));
    let secure = links(&[("hub", "http://h.example/hub"), ("hub", "https://s.example/hub")]);
    assert_eq!(websub::discover(&secure, &document, own), hub("https://s.example/hub", "http://d.example/feed"));
    assert_eq!(websub::discover(&[], &document, None), None);
    assert_eq!(websub::discover(&[], &["javascript:alert(1)".to_owned()], own), None);
}

#[test]
fn what_a_hub_asks_is_understood_and_bounded() {
    let lease = |seconds: &str| match websub::question(&format!(
        "hub.mode=subscribe&hub.topic=t&hub.challenge=c%26&hub.lease_seconds={seconds}"
    )) {
        Some(Question::Subscribe { topic, challenge, lease }) if topic == "t" && challenge == "c&" => lease.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(lease("864000"), 864_000);
    assert_eq!(lease("1"), 600);
    assert_eq!(lease("99999999999"), 90 * 24 * 3600);
    assert_eq!(lease("soon"), websub::LEASE_WANTED.as_secs());
    let denied = websub::question("hub.mode=denied&hub.topic=t&hub.reason=no");
    assert_eq!(denied, Some(Question::Denied { topic: "t".into(), reason: "no".into() }));
    for wrong in ["", "hub.mode=subscribe", "hub.mode=subscribe&hub.topic=t", "hub.mode=publish&hub.topic=t&hub.challenge=c"] {
        assert_eq!(websub::question(wrong), None, "{wrong}");
    }
    assert_eq!(websub::renewal(NOW, Duration::from_secs(100)), NOW.plus(Duration::from_secs(50)));
    let waits: Vec<u64> = (1..12).map(|n| websub::retry(NOW, n).since(NOW).as_secs() / 3600).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 168, 168, 168]);
}

#[test]
fn only_what_is_signed_with_the_secret_is_signed() {
    // RFC 2202 3 and RFC 4231 4.3, test case 2.
    let (secret, body) = ("Jefe", b"what do ya want for nothing?");
    let sha1 = "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    let sha256 = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert!(websub::is_signed(sha1, secret, body) && websub::is_signed(sha256, secret, body));
    assert!(!websub::is_signed(sha1, "jefe", body) && !websub::is_signed(sha1, secret, b"what"));
    for wrong in ["", "sha1=", "sha1", "md5=00", "sha1=zz", "sha256=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "sha1=日本"] {
        assert!(!websub::is_signed(wrong, secret, body), "{wrong}");
    }
}

/// One request of HTTP and what it is answered.
fn exchange(address: SocketAddr, request: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request}Host: courant.example\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const ENTRY: &str = "<item><guid>N</guid><title>Number N of the harbour letters</title><description>Words.</description></item>";

fn feed(base: &str, n: u32) -> String {
    format!(
        "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>Harbour</title>\
         <atom:link rel='hub' href='{base}/hub'/><atom:link rel='self' href='{base}/feed'/>{}</channel></rss>",
        ENTRY.replace('N', &n.to_string())
    )
}

/// A site that is its own hub: it serves one feed, and hands on the forms that are posted to it.
fn site() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (sender, forms) = mpsc::channel();
    let own = base.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            let (head, length) = loop {
                let n = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..n]);
                let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                if let Some(end) = text.find("\r\n\r\n") {
                    let length =
                        text.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
                    break (end + 4, length);
                }
                assert!(n > 0, "half a request");
            };
            while request.len() < head + length {
                let n = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..n]);
            }
            let (status, body) = if request.starts_with(b"POST /hub ") {
                sender.send(String::from_utf8(request[head..].to_vec()).unwrap()).unwrap();
                ("202 Accepted", String::new())
            } else {
                ("200 OK", feed(&own, 1))
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    (base, forms)
}

#[test]
fn a_hub_is_asked_verified_and_believed_only_when_it_signs() {
    let folder = tempfile::tempdir().unwrap();
    let (base, forms) = site();
    let mut config = common::World::of(0, |_, _, _| None).config(folder.path());
    config.serve.base_url = "https://courant.example/".into();
    let database = config.database();
    let list = vec![Subscription::new(format!("{base}/feed"))];
    let (engine, writer) = Engine::start(config, list, None).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, listening) = mpsc::channel();
    let service = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = service::handle(&service::listener(&engine.config.get().serve.listen)?)?;
            service::run(engine, listener, async { _ = stopped.await }, move |address| ready.send(address).unwrap()).await
        })
    });
    let address = listening.recv().unwrap();

    let form = forms.recv_timeout(Duration::from_secs(30)).unwrap();
    let form: std::collections::HashMap<String, String> =
        url::form_urlencoded::parse(form.as_bytes()).map(|(key, value)| (key.into(), value.into())).collect();
    assert_eq!((form["hub.mode"].as_str(), form["hub.topic"].clone()), ("subscribe", format!("{base}/feed")));
    let path = form["hub.callback"].strip_prefix("https://courant.example").unwrap().to_owned();
    assert!(path.starts_with("/websub/") && path.len() > 24 && form["hub.secret"].len() == 64);

    // Verified for the topic that was asked for, and for no other.
    let ask = |topic: &str| {
        let query = format!("hub.mode=subscribe&hub.topic={topic}&hub.challenge=echo-me&hub.lease_seconds=7200");
        exchange(address, &format!("GET {path}?{query} HTTP/1.1\r\n"), b"")
    };
    let answer = ask(&format!("{base}/other"));
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let answer = ask(&format!("{base}/feed"));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("echo-me"), "{answer}");

    // A push counts if it is signed; whoever forges one learns nothing.
    let push = |n: u32, secret: &str, path: &str| {
        let body = feed(&base, n);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let signature: String =
            ring::hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let request =
            format!("POST {path} HTTP/1.1\r\nContent-Type: application/rss+xml\r\nX-Hub-Signature: sha256={signature}\r\n");
        exchange(address, &request, body.as_bytes())
    };
    let entries = || Reader::open(&database).unwrap().feeds().unwrap()[0].n_entries;
    assert!(push(2, "not the secret", &path).starts_with("HTTP/1.1 202"));
    assert_eq!(entries(), 1);
    assert!(push(2, &form["hub.secret"], &path).starts_with("HTTP/1.1 202"));
    assert_eq!(entries(), 2);
    assert!(push(2, &form["hub.secret"], &path).starts_with("HTTP/1.1 202"));
    assert_eq!(entries(), 2, "twice is once");
    assert!(push(3, &form["hub.secret"], "/websub/0123456789abcdef").starts_with("HTTP/1.1 404"));

    let reader = Reader::open(&database).unwrap();
    let id = reader.feeds().unwrap()[0].id;
    let hub = reader.hub_of(id).unwrap().unwrap();
    assert!(hub.error.is_none() && hub.lease_until.is_some() && hub.last_push.is_some(), "{hub:?}");
    stop.send(()).unwrap();
    service.join().unwrap().unwrap();
    writer.join().unwrap();
}
