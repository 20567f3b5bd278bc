//! What runs out, and what is too long: descriptors, connections that say nothing, the name of the state folder.

#[path = "common/service.rs"]
mod service;

use service::{Service, courant, run, said, until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::Duration;

fn home(serve: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let config = format!("state_dir = \"state\"\n[store]\nreserve = \"0B\"\n[serve]\nlisten = \"127.0.0.1:0\"\n{serve}");
    std::fs::write(home.path().join("courant.toml"), config).unwrap();
    std::fs::write(home.path().join("feeds.toml"), "").unwrap();
    home
}

/// Whether the other side has closed the connection.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    match stream.read(&mut [0]) {
        Ok(0) => true,
        Ok(_) => panic!("it says something"),
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

#[test]
fn out_of_descriptors_the_service_lives_and_the_command_line_works() {
    let home = home("idle_timeout = \"5s\"\n");
    let mut command = courant(home.path(), &["run"]);
    // Safety: setrlimit is async-signal-safe, and nothing else happens between fork and exec.
    unsafe {
        command.pre_exec(|| {
            let limit = rustix::process::Rlimit { current: Some(64), maximum: Some(64) };
            rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).map_err(Into::into)
        })
    };
    let mut service = Service::start(command);
    let clients: Vec<TcpStream> = (0..80).map(|_| TcpStream::connect(service.address).unwrap()).collect();
    let asked = run(home.path(), &["once"]);
    assert!(asked.status.success(), "{}", said(&asked));
    assert!(run(home.path(), &["status"]).status.success());
    assert!(service.is_alive());
    drop(clients);
    until("it serves again", || service.get("/healthz").ends_with("ok\n"));
    service.stop();
}

#[test]
fn connections_that_say_nothing_or_half_are_ended() {
    let home = home("idle_timeout = \"1s\"\n");
    let mut service = Service::start(courant(home.path(), &["run"]));
    let mut idle = TcpStream::connect(service.address).unwrap();
    let mut half = TcpStream::connect(service.address).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut kept = TcpStream::connect(service.address).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = [0; 1024];
    let n = kept.read(&mut answer).unwrap();
    assert!(answer[..n].starts_with(b"HTTP/1.1 200"));
    for stream in [&mut idle, &mut kept] {
        until("it is closed", || is_closed(stream));
    }
    // What was sent in half may be told that it took too long.
    half.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    half.read_to_end(&mut Vec::new()).unwrap();
    assert!(service.get("/healthz").ends_with("ok\n"));
    service.stop();
}

#[test]
fn one_peer_has_so_many_connections_and_others_have_theirs() {
    let home = home("per_peer = 4\nidle_timeout = \"30s\"\n");
    let mut service = Service::start(courant(home.path(), &["run"]));
    let mut clients: Vec<TcpStream> = (0..6).map(|_| TcpStream::connect(service.address).unwrap()).collect();
    until("two are closed", || clients.iter_mut().filter_map(|client| is_closed(client).then_some(())).count() == 2);
    // Another address of loopback is another peer.
    let other = health_from("127.0.0.2", service.address);
    assert!(other.contains("200 OK"), "{other}");
    drop(clients);
    until("there is room again", || service.get("/healthz").ends_with("ok\n"));
    service.stop();
}

/// Asks for the health from an address of our choice.
fn health_from(from: &str, to: std::net::SocketAddr) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    let mut stream = stream;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_state_folder_may_have_a_long_name() {
    let home = home("");
    let long = Path::new(&"a-folder-with-a-long-name".repeat(4)).join("and-another-one".repeat(4));
    let config = format!("state_dir = {long:?}\n[store]\nreserve = \"0B\"\n[serve]\nlisten = \"127.0.0.1:0\"\n");
    std::fs::write(home.path().join("courant.toml"), config).unwrap();
    let mut service = Service::start(courant(home.path(), &["run"]));
    let asked = run(home.path(), &["once"]);
    assert!(asked.status.success(), "{}", said(&asked));
    assert!(said(&run(home.path(), &["doctor"])).contains("service        running"));
    service.stop();
    assert!(!home.path().join(&long).join("courant.sock").exists());
}
