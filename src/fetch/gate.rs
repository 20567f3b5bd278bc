//! Whose turn it is: how many requests are in flight, in all and to one host, and how far apart they start.
//!
//! A request waits for its host first and takes one of the global slots only then, so that a host that hangs
//! holds its own slots and no others. Waiting is first come, first served.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

/// Idle hosts are swept out when this many are known, or twice as many as were left by the last sweep.
const SWEEP_FROM: usize = 1024;

/// A request waits this long for the answer to another one at its host, whose connection it then uses: a new one costs
/// both sides more than a request does.
const REUSE_WAIT: Duration = Duration::from_millis(50);

/// A request that may not be sent looks again after this.
const LICENCE_WAIT: Duration = Duration::from_millis(50);

/// Crawl delays that are remembered: as many as hosts whose robots.txt is.
const MOST_DELAYS: usize = 20_000;

pub struct Gate {
    per_host: usize,
    spacing: Duration,
    slots: Semaphore,
    state: Mutex<State>,
    /// Whether a request may be sent at all; unset: always.
    licence: OnceLock<Licence>,
}

/// Whether a request may be sent, asked right before it is.
pub type Licence = Box<dyn Fn() -> bool + Send + Sync>;

struct State {
    hosts: HashMap<Arc<str>, Arc<Host>>,
    /// What robots.txt asks for beyond our own spacing; as many as robots records are kept.
    crawl_delays: HashMap<Arc<str>, Duration>,
    sweep_at: usize,
    /// Somebody else may have asked any host until then.
    others_until: Option<Instant>,
}

struct Host {
    name: Arc<str>,
    slots: Semaphore,
    /// When the last request started. Held while the next one waits for its start, so that starts are in order.
    last_start: tokio::sync::Mutex<Option<Instant>>,
    counts: Mutex<Counts>,
    /// Told whenever a request was sent or has ended.
    moved: Notify,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    /// Turns given out and being waited for: while there are any, the host is not swept out.
    users: usize,
    waiting: usize,
    /// Requests that have a connection, or will open one, and have not ended.
    under_way: usize,
    /// When the last of them was sent; `None`: it still waits for its global slot.
    sent: Option<Instant>,
    /// Connections that requests have left for the next ones.
    idle: usize,
}

/// A slot at one host. Given back when dropped.
pub struct Turn<'a> {
    gate: &'a Gate,
    host: Arc<Host>,
    holds_slot: bool,
    connection: Connection,
}

/// What a turn has of the host's connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    None,
    Claimed,
    Used,
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
                others_until: None,
            }),
            licence: OnceLock::new(),
        }
    }

    /// Waits for one of the host's slots.
    pub async fn enter(&self, host: &str) -> Turn<'_> {
        let host = self.host(host);
        let mut turn = Turn { gate: self, host, holds_slot: false, connection: Connection::None };
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
    pub async fn start(&self, turn: &mut Turn<'_>) -> Option<Slot<'_>> {
        let slot = self.wait_for_slot(turn).await;
        while self.licence.get().is_some_and(|may_send| !may_send()) {
            // It is renewed in a moment, or whoever waits is told, and drops it.
            tokio::time::sleep(LICENCE_WAIT).await;
        }
        slot
    }

    /// Nothing is sent from now on while this says so.
    pub fn set_licence(&self, may_send: Licence) {
        // There is one for a client's life.
        let _ = self.licence.set(may_send);
    }

    /// Somebody else may have asked any host until now: each waits once for its spacing.
    pub fn take_over(&self) {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.others_until = Some(now);
        for host in state.hosts.values() {
            // Where one waits for its start this gate has asked the host itself all the time.
            if let Ok(mut last_start) = host.last_start.try_lock() {
                *last_start = Some(now);
            }
        }
    }

    async fn wait_for_slot(&self, turn: &mut Turn<'_>) -> Option<Slot<'_>> {
        let spacing = self.spacing_of(&turn.host.name);
        if spacing.is_zero() {
            turn.claim_connection().await;
            let slot = match self.slots.try_acquire() {
                Ok(slot) => Some(slot),
                Err(_) => {
                    let _waiting = Waiting::new(&turn.host);
                    self.slots.acquire().await.ok()
                }
            };
            turn.sends();
            return slot;
        }
        let host = &turn.host;
        let _waiting = Waiting::new(host);
        let mut last_start = host.last_start.lock().await;
        if let Some(last) = *last_start {
            tokio::time::sleep_until(last + spacing).await;
        }
        let slot = self.slots.acquire().await.ok();
        *last_start = Some(Instant::now());
        slot
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
        if state.crawl_delays.len() >= MOST_DELAYS {
            state.crawl_delays.clear(); // they come back with each host's next robots.txt
        }
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
            last_start: tokio::sync::Mutex::new(state.others_until),
            counts: Mutex::new(Counts { users: 1, ..Counts::default() }),
            moved: Notify::new(),
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

    /// Waits until one of the host's connections is free, or none is open, or the requests on them take their time.
    async fn claim_connection(&mut self) {
        while self.connection == Connection::None {
            let patience = {
                let mut counts = lock(&self.host.counts);
                let until = counts.sent.map(|sent| sent + REUSE_WAIT);
                if counts.idle > 0 || counts.under_way == 0 || until.is_some_and(|until| until <= Instant::now()) {
                    counts.under_way += 1;
                    counts.sent = None;
                    counts.idle = counts.idle.saturating_sub(1);
                    self.connection = Connection::Claimed;
                    return;
                }
                until
            };
            let _waiting = Waiting::new(&self.host);
            match patience {
                // Whether it was told or lost patience is seen in the next round.
                Some(until) => _ = tokio::time::timeout_at(until, self.host.moved.notified()).await,
                None => self.host.moved.notified().await,
            }
        }
    }

    fn sends(&mut self) {
        if self.connection == Connection::Claimed {
            self.connection = Connection::Used;
            lock(&self.host.counts).sent = Some(Instant::now());
            // Those who wait know now for how long.
            self.host.moved.notify_waiters();
        }
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
        if self.connection != Connection::None {
            counts.under_way = counts.under_way.saturating_sub(1);
            counts.idle += usize::from(self.connection == Connection::Used);
            self.host.moved.notify_one();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When (in seconds) each of `n` requests of a second's length started, asked for at once.
    async fn starts(gate: &Gate, host: &str, n: usize, began: Instant) -> Vec<u64> {
        let mut starts: Vec<u64> = futures(n, || async {
            let mut turn = gate.enter(host).await;
            let _slot = gate.start(&mut turn).await;
            let at = began.elapsed();
            tokio::time::sleep(SECOND).await;
            at.as_secs()
        })
        .await;
        starts.sort_unstable();
        starts
    }

    /// Runs all at once on this task.
    async fn futures<T, F: Future<Output = T>>(n: usize, make: impl Fn() -> F) -> Vec<T> {
        let mut running: Vec<_> = (0..n).map(|_| Box::pin(make())).collect();
        let mut done = Vec::new();
        std::future::poll_fn(|context| {
            running.retain_mut(|future| match future.as_mut().poll(context) {
                std::task::Poll::Ready(value) => {
                    done.push(value);
                    false
                }
                std::task::Poll::Pending => true,
            });
            if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        done
    }

    #[tokio::test(start_paused = true)]
    async fn starts_keep_their_distance_and_slots_their_number() {
        let began = Instant::now();
        let gate = Gate::new(100, 2, 3 * SECOND);
        assert_eq!(starts(&gate, "a", 4, began).await, [0, 3, 6, 9]);
        // A host that rests is asked at once; one that was just asked is not, in another call either.
        assert_eq!(starts(&gate, "b", 1, Instant::now()).await, [0]);
        assert_eq!(starts(&gate, "b", 1, Instant::now()).await, [2]);
        let gate = Gate::new(100, 2, Duration::ZERO);
        assert_eq!(starts(&gate, "a", 6, Instant::now()).await, [0, 0, 1, 1, 2, 2]);
        let gate = Gate::new(3, 100, Duration::ZERO);
        assert_eq!(starts(&gate, "a", 6, Instant::now()).await, [0, 0, 0, 1, 1, 1]);
    }

    /// After how many milliseconds each of four requests started that take so long.
    async fn starts_of_four(gate: &Gate, length: Duration) -> Vec<u128> {
        let began = Instant::now();
        futures(4, || async {
            let mut turn = gate.enter("a").await;
            let _slot = gate.start(&mut turn).await;
            let at = began.elapsed().as_millis();
            tokio::time::sleep(length).await;
            at
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_a_connection_but_not_for_long() {
        let gate = Gate::new(100, 4, Duration::ZERO);
        assert_eq!(starts_of_four(&gate, REUSE_WAIT / 5).await, [0, 10, 20, 30]);
        assert_eq!(starts_of_four(&gate, SECOND).await, [0, 50, 100, 150]);
        // While the first waits for its global slot the others cannot know how long it will take.
        let gate = Gate::new(1, 4, Duration::ZERO);
        let mut other = gate.enter("b").await;
        let slot = gate.start(&mut other).await;
        let waiting = starts_of_four(&gate, REUSE_WAIT / 5);
        let (starts, ()) = tokio::join!(waiting, async {
            tokio::time::sleep(SECOND).await;
            drop(slot);
        });
        assert_eq!(starts, [1000, 1010, 1020, 1030]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_holds_nobody_up() {
        let gate = Gate::new(1, 4, Duration::ZERO);
        let mut other = gate.enter("b").await;
        let slot = gate.start(&mut other).await;
        let first = async {
            let mut turn = gate.enter("a").await;
            gate.start(&mut turn).await.is_some()
        };
        // It waits for the global slot, and the second one for it.
        let first = tokio::time::timeout(SECOND, first);
        let second = async {
            let mut turn = gate.enter("a").await;
            gate.start(&mut turn).await.is_some()
        };
        let (first, second, ()) = tokio::join!(first, second, async {
            tokio::time::sleep(2 * SECOND).await;
            drop(slot);
        });
        assert!(first.is_err() && second);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crawl_delay_is_the_least_spacing() {
        let gate = Gate::new(100, 4, SECOND);
        gate.set_crawl_delay("slow", Some(10 * SECOND));
        gate.set_crawl_delay("fast", Some(SECOND / 2));
        assert_eq!(starts(&gate, "slow", 3, Instant::now()).await, [0, 10, 20]);
        assert_eq!(starts(&gate, "fast", 3, Instant::now()).await, [0, 1, 2]);
        gate.set_crawl_delay("slow", None);
        assert_eq!(starts(&gate, "slow", 2, Instant::now()).await, [0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_are_forgotten_when_they_rest() {
        let gate = Gate::new(100, 1, SECOND);
        for n in 0..5 * SWEEP_FROM {
            drop(gate.enter(&format!("host {n}")).await);
        }
        assert!(lock(&gate.state).hosts.len() <= SWEEP_FROM);
        let gate = Gate::new(100, 1, Duration::ZERO);
        drop(gate.enter("a").await);
        assert!(lock(&gate.state).hosts.is_empty());
    }
}
