//! What several tests share: the demo's world on loopback, and a configuration that may reach it.

#![allow(dead_code)] // each test uses its part

use courant::config::Config;
use courant::demo::world;
use courant::fetch::address::Allowed;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a host says: by its number, path and query, and the addresses of all; a content type and a body.
pub type Answer = fn(usize, &str, &[String]) -> Option<(&'static str, Vec<u8>)>;

/// Hosts on free ports of loopback, the demo's world as a rule; they end with the process.
pub struct World {
    pub bases: Vec<String>,
    /// Requests for anything but robots.txt.
    pub n_requests: Arc<AtomicUsize>,
}

impl World {
    pub fn start() -> World {
        World::of(world::PUBLISHERS, world::answer)
    }

    /// So many hosts that answer by `answer(host, path and query, the addresses of all)`: a content type and a body.
    pub fn of(n_hosts: usize, answer: Answer) -> World {
        let n_requests = Arc::new(AtomicUsize::new(0));
        let listeners: Vec<_> = (0..n_hosts).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let bases: Vec<String> = listeners.iter().map(|listener| format!("http://{}", listener.local_addr().unwrap())).collect();
        let (shared, counter) = (bases.clone(), n_requests.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let mut servers = Vec::new();
                for (host, listener) in listeners.into_iter().enumerate() {
                    listener.set_nonblocking(true).unwrap();
                    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                    let (bases, counter) = (shared.clone(), counter.clone());
                    let app = axum::Router::new().fallback(move |uri: axum::http::Uri| {
                        let answer = answer(host, uri.path_and_query().map_or("/", |path| path.as_str()), &bases);
                        if uri.path() != "/robots.txt" {
                            counter.fetch_add(1, Ordering::SeqCst);
                        }
                        async move {
                            use axum::response::IntoResponse;
                            match answer {
                                Some((kind, body)) => ([("content-type", kind)], body).into_response(),
                                None => axum::http::StatusCode::NOT_FOUND.into_response(),
                            }
                        }
                    });
                    servers.push(tokio::spawn(async move { axum::serve(listener, app).await }));
                }
                for server in servers {
                    server.await.unwrap().unwrap();
                }
            });
        });
        World { bases, n_requests }
    }

    pub fn feeds(&self) -> Vec<String> {
        self.bases.iter().enumerate().map(|(publisher, base)| format!("{base}{}", world::feed_path(publisher))).collect()
    }

    /// A configuration whose state is in `folder`.
    pub fn config(&self, folder: &Path) -> Config {
        let mut config = Config { state_dir: folder.join("state"), feeds: folder.join("feeds.toml"), ..Config::default() };
        config.poll.host_spacing = std::time::Duration::ZERO;
        config.poll.per_host = 4;
        config.serve.listen = "127.0.0.1:0".into();
        config.fetch.allow_private = vec![Allowed { network: "127.0.0.1/32".parse().unwrap(), port: None }];
        std::fs::create_dir_all(&config.state_dir).unwrap();
        config
    }

    /// The same as files; returns the configuration's.
    pub fn files(&self, folder: &Path) -> std::path::PathBuf {
        let feeds: String = self.feeds().iter().map(|url| format!("[[feed]]\nurl = \"{url}\"\n")).collect();
        std::fs::write(folder.join("feeds.toml"), feeds).unwrap();
        let file = folder.join("courant.toml");
        let text = "state_dir = \"state\"\n[poll]\nhost_spacing = \"0s\"\nper_host = 4\n[fetch]\nallow_private = [\"127.0.0.1\"]\n[serve]\nlisten = \"127.0.0.1:0\"\n";
        std::fs::write(&file, text).unwrap();
        file
    }
}
