//! Whose turn it is: how many requests are in flight, in all and to one host, and how far apart they start.
//!
//! A request waits for its host first and takes one of the global slots only then, so that a host that hangs
//! holds its own slots and no others. Waiting is first come, first served.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Idle hosts are swept out when this many are known, or twice as many as were left by the last sweep.
const SWEEP_FROM: usize = 1024;

/// A connection that nobody will use again within its idle time is only a descriptor held: beyond so many
/// requests in that time, the last one at each host closes its own. Far below the usual limit of 1,024.
const CROWD: usize = 256;

pub struct Gate {
    per_host: usize,
    spacing: Duration,
    slots: Semaphore,
    state: Mutex<State>,
}

struct State {
    hosts: HashMap<Arc<str>, Arc<Host>>,
    /// What robots.txt asks for beyond our own spacing; as many as robots records are kept.
    crawl_delays: HashMap<Arc<str>, Duration>,
    sweep_at: usize,
    recent: Recent,
}

/// Starts in this span of time and in the one before.
struct Recent {
    since: Instant,
    now: usize,
    before: usize,
}

struct Host {
    name: Arc<str>,
    slots: Semaphore,
    /// When the last request started. Held while the next one waits for its start, so that starts are in order.
    last_start: tokio::sync::Mutex<Option<Instant>>,
    counts: Mutex<Counts>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    /// Turns given out and being waited for: while there are any, the host is not swept out.
    users: usize,
    waiting: usize,
}

/// A slot at one host. Given back when dropped.
pub struct Turn<'a> {
    gate: &'a Gate,
    host: Arc<Host>,
    holds_slot: bool,
}

/// A global slot; given back when dropped.
pub type Slot<'a> = tokio::sync::SemaphorePermit<'a>;

/// The data are counters and maps that are whole between any two statements: a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub fn new(concurrency: usize, per_host: usize, spacing: Duration) -> Gate {
        Gate {
            per_host: per_host.max(1),
            spacing,
            slots: Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            state: Mutex::new(State {
                hosts: HashMap::new(),
                crawl_delays: HashMap::new(),
                sweep_at: SWEEP_FROM,
                recent: Recent { since: Instant::now(), now: 0, before: 0 },
            }),
        }
    }

    /// Waits for one of the host's slots.
    pub async fn enter(&self, host: &str) -> Turn<'_> {
        let host = self.host(host);
        let mut turn = Turn { gate: self, host, holds_slot: false };
        if let Ok(permit) = turn.host.slots.try_acquire() {
            permit.forget();
        } else {
            let _waiting = Waiting::new(&turn.host);
            // The semaphore is never closed.
            if let Ok(permit) = turn.host.slots.acquire().await {
                permit.forget();
            }
        }
        turn.holds_slot = true;
        turn
    }

    /// Waits until the host may be asked again, then for a global slot. From here the request is under way.
    pub async fn start(&self, turn: &Turn<'_>) -> Option<Slot<'_>> {
        let host = &turn.host;
        let spacing = self.spacing_of(&host.name);
        if spacing.is_zero() {
            if let Ok(slot) = self.slots.try_acquire() {
                return Some(slot);
            }
            let _waiting = Waiting::new(host);
            return self.slots.acquire().await.ok();
        }
        let _waiting = Waiting::new(host);
        let mut last_start = host.last_start.lock().await;
        if let Some(last) = *last_start {
            tokio::time::sleep_until(last + spacing).await;
        }
        let slot = self.slots.acquire().await.ok();
        *last_start = Some(Instant::now());
        slot
    }

    /// Whether the connection of this request should be closed after it: many hosts are being asked, and nobody
    /// else wants this one.
    pub fn close_after(&self, turn: &Turn<'_>) -> bool {
        let mut state = lock(&self.state);
        let recent = &mut state.recent;
        let elapsed = recent.since.elapsed();
        if elapsed >= super::transport::IDLE {
            let before = if elapsed < 2 * super::transport::IDLE { recent.now } else { 0 };
            *recent = Recent { since: Instant::now(), now: 0, before };
        }
        recent.now += 1;
        recent.now + recent.before > CROWD && lock(&turn.host.counts).users <= 1
    }

    /// How many requests wait at each host that has any.
    pub fn waiting(&self) -> Vec<(String, usize)> {
        let state = lock(&self.state);
        let waiting = state.hosts.iter().map(|(name, host)| (name, lock(&host.counts).waiting));
        waiting.filter(|&(_, n)| n > 0).map(|(name, n)| (name.to_string(), n)).collect()
    }

    /// What robots.txt of a host asks for; `None`: nothing.
    pub fn set_crawl_delay(&self, host: &str, delay: Option<Duration>) {
        let mut state = lock(&self.state);
        match delay.filter(|delay| *delay > self.spacing) {
            Some(delay) => _ = state.crawl_delays.insert(host.into(), delay),
            None => _ = state.crawl_delays.remove(host),
        }
    }

    fn spacing_of(&self, host: &str) -> Duration {
        lock(&self.state).crawl_delays.get(host).copied().unwrap_or(self.spacing)
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut state = lock(&self.state);
        if let Some(host) = state.hosts.get(name) {
            lock(&host.counts).users += 1;
            return host.clone();
        }
        if state.hosts.len() >= state.sweep_at {
            self.sweep(&mut state);
        }
        let name: Arc<str> = name.into();
        let host = Arc::new(Host {
            name: name.clone(),
            slots: Semaphore::new(self.per_host),
            last_start: tokio::sync::Mutex::new(None),
            counts: Mutex::new(Counts { users: 1, waiting: 0 }),
        });
        state.hosts.insert(name, host.clone());
        host
    }

    /// Forgets the hosts that nobody uses and that may be asked at once.
    fn sweep(&self, state: &mut State) {
        let State { hosts, crawl_delays, sweep_at, .. } = state;
        let now = Instant::now();
        hosts.retain(|name, host| {
            let spacing = crawl_delays.get(name).copied().unwrap_or(self.spacing);
            let rested = |last: &Option<Instant>| last.is_none_or(|last| last + spacing <= now);
            lock(&host.counts).users > 0 || !host.last_start.try_lock().is_ok_and(|last| rested(&last))
        });
        *sweep_at = SWEEP_FROM.max(hosts.len() * 2);
    }
}

impl Turn<'_> {
    pub fn host(&self) -> &str {
        &self.host.name
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.holds_slot {
            self.host.slots.add_permits(1);
        }
        // Under the map's lock, so that no sweep sees the host between two users.
        let mut state = lock(&self.gate.state);
        let mut counts = lock(&self.host.counts);
        counts.users = counts.users.saturating_sub(1);
        if counts.users == 0 && self.gate.spacing.is_zero() && !state.crawl_delays.contains_key(&self.host.name) {
            drop(counts);
            state.hosts.remove(&self.host.name);
        }
    }
}

struct Waiting<'a>(&'a Host);

impl<'a> Waiting<'a> {
    fn new(host: &'a Host) -> Waiting<'a> {
        lock(&host.counts).waiting += 1;
        Waiting(host)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut counts = lock(&self.0.counts);
        counts.waiting = counts.waiting.saturating_sub(1);
    }
}
