//! The client put together: its one door, and what stands behind it.

use super::base_headers::BaseHeaders;
use super::types::{FetchError, Outcome, Request, RobotsRecord, Settings};
use super::{body, gate, permission, transport};
use crate::model::Timestamp;
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
            inner: Arc::new(Inner { settings, transport, gate, rooms: body::Rooms::new(), permission, decoding, headers }),
        })
    }

    /// Fetches. Waits for its turn at the host, follows redirects by hand, checks every address, reads the
    /// whole body within the limits. `now` is the wall clock (for Retry-After dates and robots expiry).
    /// Pages are asked of robots.txt first (which costs a request a host a day).
    pub async fn get(&self, request: Request<'_>, now: Timestamp) -> Outcome {
        self.inner.get(request, now).await
    }

    /// Posts a form, through the same door: its turn at the host, address checks, limits; a redirect is not followed.
    /// Gives the status; the answer's body is of no interest.
    pub async fn post_form(&self, url: &str, form: String) -> Result<u16, FetchError> {
        self.inner.post_form(url, form).await
    }

    /// How many requests wait for a turn at each host that has any.
    pub fn waiting(&self) -> Vec<(String, usize)> {
        self.inner.gate.waiting()
    }

    /// robots.txt records that were fetched since the last call, for the store.
    pub fn take_robots(&self) -> Vec<RobotsRecord> {
        self.inner.permission.take()
    }
}
