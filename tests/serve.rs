//! The server at its door: what it tells readers of its own address.

mod common;

use common::World;
use courant::cli::service;
use courant::config::Config;
use courant::config::subscriptions::Subscription;
use courant::daemon::Engine;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Runs the service on the demo's world, and `ask` beside it.
fn serving(set: impl FnOnce(&mut Config), ask: impl FnOnce(SocketAddr)) {
    let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
    let mut config = world.config(folder.path());
    set(&mut config);
    let list: Vec<_> = world.feeds().iter().map(Subscription::new).collect();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (up, ready) = std::sync::mpsc::channel();
    let service = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let writer = runtime.block_on(async {
            let (engine, writer) = Engine::start(config, list, None).unwrap();
            let stopped = async { stopped.await.unwrap() };
            service::run(engine, stopped, |address| up.send(address).unwrap()).await.unwrap();
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
