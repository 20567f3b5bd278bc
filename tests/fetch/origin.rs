//! A small HTTP server on loopback whose answers are bytes: whatever a server may send can be sent.

use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is sent for one request.
pub enum Reply {
    /// These bytes; the connection stays open for the next request.
    Keep(Vec<u8>),
    /// These bytes, then the end of the connection.
    Close(Vec<u8>),
    /// These bytes, then nothing for ever.
    Hang(Vec<u8>),
    /// The first bytes, then the second ones again and again.
    Endless(Vec<u8>, Vec<u8>),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub target: String,
    /// Head, lines as sent.
    pub head: String,
    pub at: Instant,
    pub connection: usize,
}

impl Seen {
    /// A header's value; bytes above ASCII as Latin-1.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|h| h.1.trim())
    }
}

pub struct Origin {
    pub port: u16,
    pub host: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Origin {
    /// Answers every request by `answer(request, how many came before)`.
    pub async fn start(host: &str, answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Origin {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (seen.clone(), Arc::new(answer));
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, connection, log.clone(), answer.clone()));
            }
        });
        Origin { port, host: host.to_owned(), seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}:{}{path}", self.host, self.port)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    log: Arc<Mutex<Vec<Seen>>>,
    answer: Arc<impl Fn(&Seen, usize) -> Reply>,
) {
    let mut buffer = Vec::new();
    loop {
        while !buffer.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => buffer.push(byte),
                Err(_) => return,
            }
        }
        let head: String = std::mem::take(&mut buffer).into_iter().map(char::from).collect();
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let seen = Seen { target, head, at: Instant::now(), connection };
        let n_before = {
            let mut log = log.lock().unwrap();
            log.push(seen.clone());
            log.len() - 1
        };
        match answer(&seen, n_before) {
            Reply::Keep(bytes) => _ = stream.write_all(&bytes).await,
            Reply::Close(bytes) => {
                _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Hang(bytes) => {
                _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
            Reply::Endless(first, again) => {
                _ = stream.write_all(&first).await;
                while stream.write_all(&again).await.is_ok() {
                    tokio::task::yield_now().await;
                }
                return;
            }
        }
    }
}

/// An answer with a length, so that the connection is kept.
pub fn reply(status: u16, headers: &str, body: &[u8]) -> Reply {
    Reply::Keep(answer(status, headers, body))
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} X\r\n{headers}").into_bytes();
    if status != 304 {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}
