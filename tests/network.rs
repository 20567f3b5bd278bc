//! A network that is down, with the whole daemon: servers that are gone and come back. Each has an address of its own on
//! loopback; because the feeds have no public host at all, these are what the network is judged by (`src/fetch/line.rs`).

use courant::cli::service;
use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::socket::{self, ControlRequest, ControlResponse};
use courant::daemon::{self, Engine, Owner, PassReport};
use courant::fetch::address::Allowed;
use courant::model::ArticleMode;
use courant::store::Reader;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A site on a port of its own; while it is gone, nobody listens there.
struct Site {
    address: SocketAddr,
    n_requests: Arc<AtomicUsize>,
    n_entries: Arc<AtomicUsize>,
    /// It goes when it has answered for its feed.
    goes: Arc<AtomicBool>,
    /// Somebody else answers in its place.
    is_captive: Arc<AtomicBool>,
    running: Option<std::thread::JoinHandle<()>>,
}

impl Site {
    fn start(n: usize) -> Site {
        let address = TcpListener::bind(format!("127.0.3.{}:0", n + 1)).unwrap().local_addr().unwrap();
        let mut site = Site {
            address,
            n_requests: Arc::default(),
            n_entries: Arc::default(),
            goes: Arc::default(),
            is_captive: Arc::default(),
            running: None,
        };
        site.n_entries.store(1, Ordering::SeqCst);
        site.come_back();
        site
    }

    fn feed(&self) -> String {
        format!("http://{}/feed", self.address)
    }

    fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        self.goes.store(false, Ordering::SeqCst);
        let (address, n_requests, n_entries, goes) =
            (self.address, self.n_requests.clone(), self.n_entries.clone(), self.goes.clone());
        let is_captive = self.is_captive.clone();
        self.running = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = String::new();
                BufReader::new(&stream).read_line(&mut request).unwrap();
                if request.is_empty() {
                    return;
                }
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                n_requests.fetch_add(usize::from(path != "/robots.txt"), Ordering::SeqCst);
                let (kind, body) = match is_captive.load(Ordering::SeqCst) {
                    true => ("text/html", "<html><title>Welcome to Hotel Crane</title><p>Please log in.".to_owned()),
                    false => answer(&path, address, n_entries.load(Ordering::SeqCst)),
                };
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // Whoever asked may be gone.
                _ = stream.write_all(format!("{head}{body}").as_bytes());
                if path == "/feed" && goes.load(Ordering::SeqCst) {
                    return;
                }
            }
        }));
    }

    fn go(&mut self) {
        // An empty request ends it, if it has not ended by itself.
        drop(TcpStream::connect(self.address));
        self.running.take().unwrap().join().unwrap();
    }
}

fn answer(path: &str, address: SocketAddr, n_entries: usize) -> (&'static str, String) {
    if path == "/robots.txt" {
        return ("text/plain", "User-agent: *\nAllow: /\n".into());
    }
    if path != "/feed" {
        let text = format!("The crane at {path} was moved again, said its keeper, though nobody knew where to. ").repeat(8);
        return ("text/html", format!("<title>Cranes</title><article><h1>Cranes</h1><p>{text}</p></article>"));
    }
    let items: String = (0..n_entries)
        .map(|n| format!("<item><guid>{n}</guid><title>Crane {n} of {address}</title><link>http://{address}/{n}</link></item>"))
        .collect();
    ("application/rss+xml", format!("<rss version='2.0'><channel><title>{address}</title>{items}</channel></rss>"))
}

fn config(folder: &Path, article: ArticleMode) -> Config {
    let mut config = Config { state_dir: folder.join("state"), feeds: folder.join("feeds.toml"), ..Config::default() };
    config.poll.host_spacing = std::time::Duration::ZERO;
    config.serve.listen = "127.0.0.1:0".into();
    config.article.mode = article;
    config.fetch.allow_private = vec![Allowed { network: "127.0.3.0/24".parse().unwrap(), port: None }];
    std::fs::create_dir_all(&config.state_dir).unwrap();
    config
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn pass(config: &Config, sites: &[Site]) -> PassReport {
    let list: Vec<_> = sites.iter().map(|site| Subscription::new(site.feed())).collect();
    let (report, writer) = block_on(async {
        let (engine, writer) = Engine::start(config.clone(), list, None).unwrap();
        (daemon::once(&engine, true).await.unwrap(), writer)
    });
    writer.join().unwrap();
    report
}

fn n_errors(config: &Config) -> Vec<i64> {
    Reader::open(&config.database()).unwrap().feeds().unwrap().iter().map(|feed| feed.n_errors).collect()
}

fn n_requests(sites: &[Site]) -> Vec<usize> {
    sites.iter().map(|site| site.n_requests.load(Ordering::SeqCst)).collect()
}

#[test]
fn a_pass_without_a_network_blames_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), ArticleMode::Never);
    let mut sites: Vec<Site> = (0..5).map(Site::start).collect();
    assert_eq!((pass(&config, &sites).network, n_errors(&config)), (None, vec![0; 5]));
    sites.iter_mut().for_each(Site::go);
    let report = pass(&config, &sites);
    assert!(report.network.is_some_and(|network| network.contains("no server can be reached")));
    assert_eq!((report.failed, report.failures, n_errors(&config)), (0, vec![], vec![0; 5]));
    for site in &mut sites {
        site.n_entries.store(2, Ordering::SeqCst);
        site.come_back();
    }
    let report = pass(&config, &sites);
    assert_eq!((report.network, report.new_entries, n_errors(&config)), (None, 5, vec![0; 5]));
    assert_eq!(n_requests(&sites), [2; 5]);
}

#[test]
fn a_portal_that_answers_for_everyone_is_seen_through() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), ArticleMode::Never);
    let sites: Vec<Site> = (0..4).map(Site::start).collect();
    pass(&config, &sites);
    sites.iter().for_each(|site| site.is_captive.store(true, Ordering::SeqCst));
    let report = pass(&config, &sites);
    assert!(report.network.is_some_and(|network| network.contains("login to a network")));
    assert_eq!((report.failed, n_errors(&config)), (0, vec![0; 4]));
    sites.iter().for_each(|site| site.is_captive.store(false, Ordering::SeqCst));
    // One alone that has become a page is at fault.
    sites[1].is_captive.store(true, Ordering::SeqCst);
    let report = pass(&config, &sites);
    assert_eq!((report.network, n_errors(&config)), (None, vec![0, 1, 0, 0]));
}

#[test]
fn one_dead_server_among_others_is_at_fault_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), ArticleMode::Never);
    let mut sites: Vec<Site> = (0..4).map(Site::start).collect();
    pass(&config, &sites);
    sites[2].go();
    let report = pass(&config, &sites);
    assert_eq!((report.network, report.failed, n_errors(&config)), (None, 1, vec![0, 0, 1, 0]));
}

#[test]
fn three_dead_servers_among_others_are_no_outage() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), ArticleMode::Never);
    let mut sites: Vec<Site> = (0..6).map(Site::start).collect();
    pass(&config, &sites);
    sites[..3].iter_mut().for_each(Site::go);
    let report = pass(&config, &sites);
    assert_eq!((report.network, report.failed, n_errors(&config)), (None, 3, vec![1, 1, 1, 0, 0, 0]));
}

#[test]
fn pages_keep_their_tries() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), ArticleMode::Always);
    let mut sites: Vec<Site> = (0..4).map(Site::start).collect();
    // All go between the feeds and their pages.
    sites.iter().for_each(|site| site.goes.store(true, Ordering::SeqCst));
    let report = pass(&config, &sites);
    assert_eq!((report.new_entries, report.articles, report.without_article), (4, 0, 0));
    assert!(report.network.is_some());
    let tries = || {
        let database = rusqlite::Connection::open(config.database()).unwrap();
        database.query_row("SELECT sum(n_tries), sum(state = 2) FROM articles", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(tries(), (0, 0), "tries, and pages given up");
    sites.iter_mut().for_each(Site::go);
    sites.iter_mut().for_each(Site::come_back);
    let report = pass(&config, &sites);
    assert_eq!((report.articles, report.network), (4, None));
}

#[test]
fn the_service_waits_says_so_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), ArticleMode::Never);
    let mut sites: Vec<Site> = (0..5).map(Site::start).collect();
    let list: Vec<_> = sites.iter().map(|site| Subscription::new(site.feed())).collect();
    let _owner = Owner::take(&config.state_dir).unwrap().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (up, ready) = std::sync::mpsc::channel();
    let served = config.clone();
    let running = std::thread::spawn(move || {
        let writer = block_on(async {
            let (engine, writer) = Engine::start(served, list, None).unwrap();
            let listener = service::handle(&service::listener(&engine.config.get().serve.listen).unwrap()).unwrap();
            let told = |address| up.send(address).unwrap();
            service::run(engine, listener, async { stopped.await.unwrap() }, told).await.unwrap();
            writer
        });
        writer.join().unwrap();
    });
    let address = ready.recv().unwrap();
    let once = || match socket::ask(&config.state_dir, &ControlRequest::Once { all: true }).unwrap() {
        Some(ControlResponse::Pass(report)) => *report,
        other => panic!("{other:?}"),
    };
    let page = || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        std::io::read_to_string(stream).unwrap()
    };
    // The service's own first polls may still be on their way when we are answered.
    assert_eq!((0..100).map(|_| once().entries).find(|n_entries| *n_entries == 5), Some(5));
    assert!(socket::network(&config.state_dir).is_none() && !page().contains("network has been down"));

    sites.iter_mut().for_each(Site::go);
    let report = once();
    assert_eq!((report.failed, n_errors(&config)), (0, vec![0; 5]));
    assert!(report.network.is_some());
    let down = socket::network(&config.state_dir).unwrap();
    assert!(down.sentence().contains("no server can be reached"));
    assert!(page().contains("The network has been down since "));
    let file = folder.path().join("courant.toml");
    std::fs::write(&file, format!("state_dir = {:?}\n", config.state_dir)).unwrap();
    for command in ["status", "doctor"] {
        let mut courant = std::process::Command::new(env!("CARGO_BIN_EXE_courant"));
        let said = courant.args(["--config", file.to_str().unwrap(), command]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("network ")).collect();
        assert!(lines.len() == 1 && lines[0].contains("no server can be reached"), "{command}: {said}");
        assert!(!said.contains("attention "), "{command}: {said}");
    }

    let before = n_requests(&sites);
    for site in &mut sites {
        site.n_entries.store(2, Ordering::SeqCst);
        site.come_back();
    }
    let report = once();
    assert_eq!((report.network, report.entries, n_errors(&config)), (None, 10, vec![0; 5]));
    for (before, after) in before.iter().zip(n_requests(&sites)) {
        assert!(after - before <= 2, "{after} requests, {before} before");
    }
    assert!(!page().contains("network has been down"));
    stop.send(()).unwrap();
    running.join().unwrap();
}
