//! Connections of the server: accepted one by one, so many of one peer and in all, and ended where nothing comes.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What a peer may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the end of an answer, or the connection's begin, to the end of the next request's head.
    pub idle: Duration,
    /// Connections of one peer at a time.
    pub per_peer: usize,
}

/// A connection is ended after this long in any case: who takes an answer more slowly does not read it.
const LONGEST: Duration = Duration::from_secs(600);

/// After an error in accepting (descriptors are all in use) the next one is accepted so much later.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until told to stop; running answers are finished.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stopped: watch::Receiver<bool>) {
    let mut told = stopped.clone();
    let seats = Seats::new(limits.per_peer);
    let service = TowerToHyperService::new(app);
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = told_to_stop(&mut told) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match seats.take(peer.ip()) {
                    Some(seat) => _ = tasks.spawn(converse(stream, service.clone(), limits.idle, seat, stopped.clone())),
                    None => tracing::debug!(peer = %peer.ip(), "a connection too many is closed"),
                },
                Err(error) => {
                    tracing::debug!(%error, "a connection has to wait");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = tasks.join_next() => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

async fn converse(
    stream: TcpStream,
    service: TowerToHyperService<Router>,
    idle: Duration,
    seat: Seat,
    mut stopped: watch::Receiver<bool>,
) {
    let mut builder = http1::Builder::new();
    let peer = Peer(seat.network);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        hyper::service::Service::call(&service, request)
    });
    let connection = builder.timer(TokioTimer::new()).header_read_timeout(idle).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut ended = tokio::select! {
        ended = &mut connection => Some(ended),
        () = told_to_stop(&mut stopped) => None,
        () = tokio::time::sleep(LONGEST) => return,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        ended = Some(connection.await);
    }
    if let Some(Err(error)) = ended {
        tracing::trace!(%error, "a connection ended early");
    }
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: the service is ending.
    _ = stopped.wait_for(|stop| *stop).await;
}

/// Who asks, as far as limits go: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Who is connected.
#[derive(Clone)]
struct Seats {
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_peer: usize,
    in_all: usize,
}

impl Seats {
    fn new(per_peer: usize) -> Seats {
        // A quarter of the descriptors: polling, the database and the log have the rest.
        let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
        let in_all = files.map_or(1024, |files| (files / 4).clamp(8, 1024));
        Seats { taken: Arc::default(), per_peer: per_peer.min(in_all), in_all }
    }

    fn take(&self, peer: IpAddr) -> Option<Seat> {
        let network = network(peer);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.in_all {
            return None;
        }
        let of_peer = taken.entry(network).or_default();
        if *of_peer >= self.per_peer {
            return None;
        }
        *of_peer += 1;
        Some(Seat { seats: self.clone(), network })
    }
}

/// One connection's place; it is free again when this is dropped.
struct Seat {
    seats: Seats,
    network: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = taken.get_mut(&self.network) {
            *n -= 1;
            if *n == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

/// One peer: an IPv4 address, or the network of an IPv6 one, of which each site has as many as it likes.
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}
