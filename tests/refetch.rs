//! Validators, and servers that are wrong about them: `courant feed refetch`, a look without them once in a while, and answers
//! with nothing in them.

use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::socket::{self, ControlRequest, ControlResponse};
use courant::daemon::{self, Engine, Owner, PassReport, Refetched};
use courant::fetch::address::Allowed;
use courant::model::ArticleMode;
use courant::store::Reader;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the server does next, and what it was asked.
#[derive(Default)]
struct Script {
    n_entries: usize,
    /// An empty body in place of 304.
    is_empty: bool,
    /// Each request: whether it was conditional.
    asked: Vec<bool>,
}

/// A server whose ETag never changes.
fn stubborn() -> (String, Arc<Mutex<Script>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/feed", listener.local_addr().unwrap());
    let script = Arc::new(Mutex::new(Script { n_entries: 1, ..Script::default() }));
    let shared = script.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let is_conditional =
                lines.collect::<Vec<_>>().iter().any(|line| line.to_ascii_lowercase().starts_with("if-none-match"));
            let mut script = shared.lock().unwrap();
            script.asked.push(is_conditional);
            let items: String =
                (0..script.n_entries).map(|n| format!("<item><guid>{n}</guid><title>Item {n}</title></item>")).collect();
            let feed = format!("<rss version='2.0'><channel><title>S</title>{items}</channel></rss>");
            let (status, body) = match (is_conditional, script.is_empty) {
                (true, true) => ("200 OK", String::new()),
                (true, false) => ("304 Not Modified", String::new()),
                (false, _) => ("200 OK", feed),
            };
            let length = if status.starts_with("304") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
            let head =
                format!("HTTP/1.1 {status}\r\nETag: \"same\"\r\nContent-Type: text/xml\r\n{length}Connection: close\r\n\r\n");
            // Whoever asked may be gone.
            _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (url, script)
}

fn config(folder: &Path) -> Config {
    let mut config = Config { state_dir: folder.join("state"), feeds: folder.join("feeds.toml"), ..Config::default() };
    config.poll.host_spacing = std::time::Duration::ZERO;
    config.serve.listen = "127.0.0.1:0".into();
    config.article.mode = ArticleMode::Never;
    config.fetch.allow_private = vec![Allowed { network: "127.0.0.1/32".parse().unwrap(), port: None }];
    std::fs::create_dir_all(&config.state_dir).unwrap();
    config
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn engine<T>(config: &Config, url: &str, work: impl AsyncFnOnce(&Arc<Engine>) -> T) -> T {
    let (done, writer) = block_on(async {
        let (engine, writer) = Engine::start(config.clone(), vec![Subscription::new(url)], None).unwrap();
        (work(&engine).await, writer)
    });
    writer.join().unwrap();
    done
}

fn pass(config: &Config, url: &str) -> PassReport {
    engine(config, url, async |engine| daemon::once(engine, true).await.unwrap())
}

#[test]
fn a_person_can_ask_for_everything_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (config, (url, script)) = (config(folder.path()), stubborn());
    pass(&config, &url);
    script.lock().unwrap().n_entries = 3;
    assert_eq!(pass(&config, &url).entries, 1, "the server says that nothing has changed");
    let feed = Reader::open(&config.database()).unwrap().feed_of(&url).unwrap().unwrap();
    let refetched = engine(&config, &url, async |engine| daemon::refetch_alone(engine, feed).await.unwrap());
    assert_eq!(refetched, Refetched::Read { n_entries: 3 });
    assert_eq!(script.lock().unwrap().asked, [false, true, false]);
    // The validators of that answer are sent again.
    pass(&config, &url);
    assert_eq!(script.lock().unwrap().asked.last(), Some(&true));

    // The same through the socket of a running service.
    let _owner = Owner::take(&config.state_dir).unwrap().unwrap();
    script.lock().unwrap().n_entries = 5;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (up, ready) = std::sync::mpsc::channel();
    let (served, address) = (config.clone(), url.clone());
    let service = std::thread::spawn(move || {
        engine(&served, &address, async |engine| {
            let stopped = async { stopped.await.unwrap() };
            courant::cli::service::run(engine.clone(), stopped, |_| up.send(()).unwrap()).await.unwrap();
        });
    });
    ready.recv().unwrap();
    let ask = |url: &str| socket::ask(&config.state_dir, &ControlRequest::Refetch { url: url.into() }).unwrap().unwrap();
    assert!(matches!(ask(&url), ControlResponse::Refetched(Refetched::Read { n_entries: 5 })));
    assert!(matches!(ask("https://nobody.example/"), ControlResponse::Error(_)));
    stop.send(()).unwrap();
    service.join().unwrap();
}
