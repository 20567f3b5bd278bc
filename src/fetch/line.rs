//! Is the network there: what each request heard of it, which requests wait until it is back, and what a failure is worth.
//! The judging is done in [`crate::network`]; here it is given ears.
//!
//! Which hosts are listened to: those with public names and addresses. A host of the local network answers while the
//! internet is gone, and the other way round. Only where the feeds have no public host at all, the others are the network,
//! and are listened to in their place. (What may be dialled is decided elsewhere, and by this not at all.)

use super::address::is_public_host;
use super::types::{Asked, FetchError, Held};
use crate::model::Timestamp;
use crate::network::{Down, Network, Sign, Ticket, Verdict};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

/// Knows nothing, and judges nothing, until it is told of the feeds' hosts.
pub struct Line {
    state: Mutex<State>,
    /// Raised with whatever was heard: who waits for a verdict looks again.
    heard: watch::Sender<u64>,
    /// Failures that wait for their verdict.
    waiting: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    network: Network,
    n_hosts: usize,
    private_too: bool,
    /// A pass that began at the first ended at the second: nothing more will be heard.
    concluded: Option<(Timestamp, Timestamp)>,
}

impl State {
    fn listens_to(&self, host: &str) -> bool {
        self.n_hosts > 0 && !host.is_empty() && (self.private_too || is_public_host(host))
    }
}

/// The wall clock of one request: it moves with time, and does not jump.
#[derive(Clone, Copy)]
pub struct Clock {
    started: Timestamp,
    since: Instant,
}

impl Clock {
    pub fn starting(now: Timestamp) -> Clock {
        Clock { started: now, since: Instant::now() }
    }

    pub fn now(&self) -> Timestamp {
        self.started.plus(self.since.elapsed())
    }
}

/// Why there was no answer; the ticket is judged before the caller is told.
pub struct Failure {
    pub error: FetchError,
    pub ticket: Option<Ticket>,
}

impl<E: Into<FetchError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure { error: error.into(), ticket: None }
    }
}

impl Line {
    pub fn new() -> Line {
        Line { state: Mutex::default(), heard: watch::Sender::new(0), waiting: watch::Sender::new(0) }
    }

    /// Takes over the hosts of all feeds that are polled.
    pub fn watch(&self, hosts: &[String]) {
        let distinct = |is_public: bool| -> HashSet<&str> {
            let hosts = hosts.iter().map(String::as_str).filter(|host| !host.is_empty());
            hosts.filter(|host| !is_public || is_public_host(host)).collect()
        };
        let n_public = distinct(true).len();
        let mut state = self.state();
        state.private_too = n_public == 0;
        state.n_hosts = if n_public == 0 { distinct(false).len() } else { n_public };
    }

    /// Whether a request to this address may be sent now. One that is let through while the network is down is the probe.
    pub fn may_send(&self, now: Timestamp, url: &Url) -> bool {
        let mut state = self.state();
        if state.network.down().is_none() || !state.listens_to(url.host_str().unwrap_or_default()) {
            return true;
        }
        let is_let = state.network.may_ask(now, url.scheme() == "https");
        if is_let {
            state.network.probing(now);
        }
        is_let
    }

    /// A request was answered by whom it was meant for.
    pub fn answered(&self, now: Timestamp, asked: &Asked) {
        let mut state = self.state();
        if !state.listens_to(&asked.host) {
            return;
        }
        let ended = state.network.answered(now, &asked.host, asked.at, asked.is_https);
        let still = state.network.down();
        drop(state);
        if let (Some(ended), None) = (ended, still) {
            let seconds = now.since(ended.since).as_secs();
            tracing::info!(down_s = seconds, "the network is back, after {}", words(seconds));
        }
        self.tell();
    }

    /// A request failed; `None`: in a way that says nothing of the network, or at a host that is not listened to.
    pub fn failed(&self, now: Timestamp, host: &str, began: Timestamp, sign: Option<Sign>) -> Option<Ticket> {
        let mut state = self.state();
        let sign = sign.filter(|_| state.listens_to(host))?;
        let before = state.network.down();
        let n_hosts = state.n_hosts;
        let ticket = state.network.failed(now, host, began, sign, n_hosts);
        let after = state.network.down();
        drop(state);
        tell_down(before, after);
        self.tell();
        Some(ticket)
    }

    /// What a failure is worth, as soon as that is known; never undecided.
    pub async fn verdict(&self, clock: Clock, ticket: Ticket) -> Verdict {
        let mut heard = self.heard.subscribe();
        let mut waiting = None;
        loop {
            // What is heard after this look is seen in the next round.
            heard.borrow_and_update();
            let until = match self.judge(clock.now(), ticket) {
                Verdict::Undecided { until } => until,
                verdict => return verdict,
            };
            waiting.get_or_insert_with(|| Waiting::new(&self.waiting));
            let patience = until.since(clock.now()).max(Duration::from_millis(1));
            // The sender lives as long as this line does.
            _ = tokio::time::timeout(patience, heard.changed()).await;
        }
    }

    fn judge(&self, now: Timestamp, ticket: Ticket) -> Verdict {
        let mut state = self.state();
        let n_hosts = state.n_hosts;
        let before = state.network.down();
        let verdict = match state.concluded.filter(|(_, until)| ticket.at() <= *until) {
            Some((since, _)) => state.network.conclude(now, ticket, since, n_hosts),
            None => state.network.verdict(now, ticket, n_hosts),
        };
        let after = state.network.down();
        drop(state);
        tell_down(before, after);
        verdict
    }

    /// Of a pass that began at `since` nothing more will be heard: what waits is judged by what was.
    pub fn conclude(&self, since: Timestamp, now: Timestamp) {
        self.state().concluded = Some((since, now));
        self.tell();
    }

    /// How many failures wait for their verdict.
    pub fn n_waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    /// Returns when at least so many failures wait for their verdict.
    pub async fn wait_for(&self, n: usize) {
        let mut waiting = self.waiting.subscribe();
        // The sender lives as long as this line does.
        _ = waiting.wait_for(|waiting| *waiting >= n).await;
    }

    /// What is down, if anything is.
    pub fn down(&self) -> Option<Down> {
        self.state().network.down()
    }

    /// Which requests are held back now; and whether one of them may be sent as a probe.
    pub fn held(&self, now: Timestamp) -> (Held, bool) {
        let state = self.state();
        let Some(down) = state.network.down() else { return (Held::default(), false) };
        let held = Held { http: state.network.holds_http(), private_too: state.private_too, https: true };
        (held, now >= down.next_probe)
    }

    /// While the network is down, the next probe is due now.
    pub fn probe_now(&self, now: Timestamp) {
        self.state().network.probe_now(now);
    }

    /// The machine slept, or its clock was set.
    pub fn woke(&self, now: Timestamp) {
        self.state().network.woke(now);
    }

    fn tell(&self) {
        self.heard.send_modify(|n| *n = n.wrapping_add(1));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counters and maps that are whole between any two statements: a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_down(before: Option<Down>, after: Option<Down>) {
    if let (None, Some(down)) = (before, after) {
        tracing::warn!("the network is {}; no feed is blamed, and one host at a time is asked until it is back", down.sentence());
    }
}

/// `3h 2m`
fn words(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}

struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a watch::Sender<usize>) -> Waiting<'a> {
        waiting.send_modify(|n| *n += 1);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n = n.saturating_sub(1));
    }
}
