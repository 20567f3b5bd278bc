//! What is handed out and not back yet. Leases live in memory and die with the process, so that nothing waits for a
//! process that is gone.

use crate::fetch::Held;
use crate::model::{ArticleId, FeedId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Feeds and pages that are handed out, and until when nobody else gets them; and what a person wants beyond what is due.
#[derive(Debug, Default)]
pub struct Leases {
    pub feeds: HashMap<FeedId, Timestamp>,
    pub pages: HashMap<ArticleId, Timestamp>,
    /// Feeds that are wanted although they are not due, and since when.
    pub wanted: Vec<FeedId>,
    pub wanted_at: Timestamp,
}

impl Leases {
    /// Forgets leases that have ended.
    pub fn expire(&mut self, now: Timestamp) {
        self.feeds.retain(|_, until| *until > now);
        self.pages.retain(|_, until| *until > now);
    }
}

/// Which addresses are one node's of several to ask.
#[derive(Clone)]
pub struct Share(pub Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Share {
    pub fn holds(&self, url: &str) -> bool {
        (self.0)(url)
    }
}

impl std::fmt::Debug for Share {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Share")
    }
}

/// Which feeds, or pages, to hand out.
#[derive(Clone, Debug)]
pub struct Claim {
    pub n: u32,
    pub lease: Duration,
    /// Hosts that have enough waiting already.
    pub not_hosts: Vec<String>,
    /// Of one host at most so many, so that feeds of one that hangs are never all that is handed out.
    pub per_host: usize,
    /// With each feed whatever else of its host is due, so that all of it goes over one connection.
    pub whole_hosts: bool,
    /// What is not handed out, because the network is down …
    pub held: Held,
    /// … but for one of it, which shows whether it is back.
    pub probe: bool,
    /// What is asked by this process; `None`: everything.
    pub share: Option<Share>,
}

impl Claim {
    pub fn begin(&self) -> ClaimTally<'_> {
        ClaimTally { claim: self, n: 0, by_host: HashMap::new(), probe: self.probe }
    }
}

/// How many of each host a claim has taken so far.
pub struct ClaimTally<'a> {
    claim: &'a Claim,
    n: usize,
    by_host: HashMap<String, usize>,
    probe: bool,
}

impl ClaimTally<'_> {
    pub fn is_full(&self) -> bool {
        self.n >= self.claim.n as usize
    }

    /// Whether any of the host was to be taken before.
    pub fn has_asked(&self, host: &str) -> bool {
        self.by_host.contains_key(host)
    }

    /// Whether one more of the host, at this address, is taken.
    pub fn take(&mut self, host: &str, url: &str) -> bool {
        if self.claim.share.as_ref().is_some_and(|share| !share.holds(url)) {
            return false;
        }
        let is_held = self.claim.held.holds(url);
        if is_held && !self.probe {
            return false;
        }
        let more = self.take_of(host);
        self.probe &= !(is_held && more);
        more
    }

    fn take_of(&mut self, host: &str) -> bool {
        let of_host = self.by_host.entry(host.to_owned()).or_default();
        let more = *of_host < self.claim.per_host;
        *of_host += usize::from(more);
        self.n += usize::from(more);
        more
    }
}
