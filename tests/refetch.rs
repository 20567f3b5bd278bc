//! Validators, and servers that are wrong about them: `courant feed refetch`, a look without them once in a while, and answers
//! with nothing in them.

use courant::cli::service;
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
            let listener = service::handle(&service::listener(&engine.config.get().serve.listen).unwrap()).unwrap();
            service::run(engine.clone(), listener, stopped, |_| up.send(()).unwrap()).await.unwrap();
        });
    });
    ready.recv().unwrap();
    let ask = |url: &str| socket::ask(&config.state_dir, &ControlRequest::Refetch { url: url.into() }).unwrap().unwrap();
    assert!(matches!(ask(&url), ControlResponse::Refetched(Refetched::Read { n_entries: 5 })));
    assert!(matches!(ask("https://nobody.example/"), ControlResponse::Error(_)));
    stop.send(()).unwrap();
    service.join().unwrap();
}

/// Moves what is remembered of the feed, so that time has passed.
fn remember(config: &Config, change: impl Fn(&mut serde_json::Value)) {
    let database = rusqlite::Connection::open(config.database()).unwrap();
    let state: String = database.query_row("SELECT state FROM feeds", [], |row| row.get(0)).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&state).unwrap();
    change(&mut state);
    assert_eq!(database.execute("UPDATE feeds SET state = ?", [state.to_string()]).unwrap(), 1);
}

fn reasons(config: &Config) -> String {
    Reader::open(&config.database()).unwrap().feeds().unwrap()[0].reasons.join("\n")
}

#[test]
fn validators_that_hide_entries_are_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let (config, (url, script)) = (config(folder.path()), stubborn());
    pass(&config, &url);
    pass(&config, &url);
    script.lock().unwrap().n_entries = 2;
    let ten_days = 10 * 86_400_000_i64;
    let days_pass = |state: &mut serde_json::Value| {
        let since = state["unmodified_since"].as_i64().unwrap();
        state["unmodified_since"] = (since - ten_days).into();
    };
    remember(&config, days_pass);
    assert_eq!(pass(&config, &url).new_entries, 1);
    assert_eq!(script.lock().unwrap().asked, [false, true, false]);
    assert!(reasons(&config).contains("asked for the whole once; found 1 new entries"), "{}", reasons(&config));
    // From now on it is looked at sooner, and in between asked as others are.
    pass(&config, &url);
    assert_eq!(script.lock().unwrap().asked.last(), Some(&true));
    remember(&config, |state| assert_eq!(state["validators_lie"], true));
}

#[test]
fn an_answer_with_nothing_is_unchanged_once() {
    let folder = tempfile::tempdir().unwrap();
    let (config, (url, script)) = (config(folder.path()), stubborn());
    pass(&config, &url);
    script.lock().unwrap().is_empty = true;
    let report = pass(&config, &url);
    assert_eq!((report.failed, report.unchanged), (0, 1));
    assert!(reasons(&config).contains("nothing at all"), "{}", reasons(&config));
    assert_eq!(pass(&config, &url).failed, 1, "it stays so");
    script.lock().unwrap().is_empty = false;
    assert_eq!(pass(&config, &url).failed, 0);
    remember(&config, |state| assert_eq!(state.get("n_errors"), None));
}
