//! The client put together: its one door, and what stands behind it.

use super::base_headers::BaseHeaders;
use super::types::{Asked, FetchError, Held, Outcome, Post, Request, RobotsRecord, Settings};
use super::{body, gate, line, permission, transport};
use crate::model::Timestamp;
use crate::network::{Down, Sign, Verdict};
use std::sync::Arc;

/// The one door. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub settings: Arc<Settings>,
    pub transport: transport::Transport,
    pub gate: gate::Gate,
    pub rooms: body::Rooms,
    pub permission: permission::Permission,
    pub line: line::Line,
    /// Large bodies being decompressed.
    pub decoding: tokio::sync::Semaphore,
    /// The headers that every request of a kind carries.
    pub headers: BaseHeaders,
}

impl Client {
    /// Fails only where the TLS library cannot be set up. TLS roots are loaded at the first https request.
    pub fn new(settings: Settings, robots: Vec<RobotsRecord>) -> anyhow::Result<Client> {
        let settings = Arc::new(settings);
        let gate = gate::Gate::new(settings.concurrency, settings.per_host, settings.host_spacing);
        let permission = permission::Permission::new(robots, &gate);
        let headers = BaseHeaders::new(&settings)?;
        let transport = transport::Transport::new(settings.clone())?;
        let decoding = tokio::sync::Semaphore::new(std::thread::available_parallelism().map_or(1, |n| n.get()));
        Ok(Client {
            inner: Arc::new(Inner {
                settings,
                transport,
                gate,
                rooms: body::Rooms::new(),
                permission,
                line: line::Line::new(),
                decoding,
                headers,
            }),
        })
    }

    /// From now on a request is sent only while this says so, asked right before; what may not be sent waits until it
    /// may, or is dropped. Once in a client's life.
    pub fn only_while(&self, may_send: impl Fn() -> bool + Send + Sync + 'static) {
        self.inner.gate.set_licence(Box::new(may_send));
    }

    /// Hosts that others have asked until now are taken over, with what their robots.txt said: each waits once for its spacing.
    pub fn take_over(&self, robots: Vec<RobotsRecord>) {
        self.inner.permission.learn(robots, &self.inner.gate);
        self.inner.gate.take_over();
    }

    /// Fetches. Waits for its turn at the host, follows redirects by hand, checks every address, reads the
    /// whole body within the limits. `now` is the wall clock (for Retry-After dates and robots expiry).
    /// Pages are asked of robots.txt first (which costs a request a host a day).
    pub async fn get(&self, request: Request<'_>, now: Timestamp) -> Outcome {
        self.inner.get(request, now).await
    }

    /// Posts a form, through the same door: its turn at the host, address checks, limits; a redirect is not followed.
    /// Gives the status; the answer's body is of no interest.
    pub async fn post_form(&self, url: &str, form: String, now: Timestamp) -> Result<u16, FetchError> {
        self.inner.post_form(url, form, line::Clock::starting(now)).await
    }

    /// Posts what a person wants to be told, to an address of their own: the same door, no redirect.
    pub async fn post(&self, post: Post<'_>, now: Timestamp) -> Result<u16, FetchError> {
        self.inner.post(post, line::Clock::starting(now)).await
    }

    /// How many requests wait for a turn at each host that has any.
    pub fn waiting(&self) -> Vec<(String, usize)> {
        self.inner.gate.waiting()
    }

    /// robots.txt records that were fetched since the last call, for the store.
    pub fn take_robots(&self) -> Vec<RobotsRecord> {
        self.inner.permission.take()
    }

    /// Takes over the hosts of all feeds that are polled. From then on it is watched whether the network is there: a
    /// failure that may be the network's is judged before [`Client::get`] returns, and while the network is down only one
    /// host at a time is asked.
    pub fn watch(&self, hosts: &[String]) {
        self.inner.line.watch(hosts);
    }

    /// A whole answer ([`Outcome::Fetched`] to a request for a feed) was read, and came from whom it was meant for. Of all
    /// other answers this is known already.
    pub fn answered(&self, asked: &Asked, now: Timestamp) {
        self.inner.line.answered(now, asked);
    }

    /// Where a feed was before there is a web page, known by `page`. What that is worth, as soon as it is known.
    pub async fn page_instead(&self, asked: &Asked, page: u64, now: Timestamp) -> Verdict {
        match self.inner.line.failed(now, &asked.host, asked.at, Some(Sign::WebPage(page))) {
            Some(ticket) => self.inner.line.verdict(line::Clock::starting(now), ticket).await,
            None => Verdict::Counts,
        }
    }

    /// What is down, if anything is.
    pub fn down(&self) -> Option<Down> {
        self.inner.line.down()
    }

    /// Which requests are held back now, and whether one of them may be sent as a probe.
    pub fn held(&self, now: Timestamp) -> (Held, bool) {
        self.inner.line.held(now)
    }

    /// While the network is down, the next probe is due now.
    pub fn probe_now(&self, now: Timestamp) {
        self.inner.line.probe_now(now);
    }

    /// The machine slept, or its clock was set.
    pub fn woke(&self, now: Timestamp) {
        self.inner.line.woke(now);
    }

    /// How many requests have failed and wait until it is known what that is worth.
    pub fn n_undecided(&self) -> usize {
        self.inner.line.n_waiting()
    }

    /// Returns when at least so many of them wait.
    pub async fn undecided(&self, n: usize) {
        self.inner.line.wait_for(n).await;
    }

    /// Of a pass that began at `since` nothing more will be heard: what is undecided is judged by what was.
    pub fn conclude(&self, since: Timestamp, now: Timestamp) {
        self.inner.line.conclude(since, now);
    }
}
