//! What is handed out: feeds and pages that are due, each to one task at a time.
//!
//! The leases are held from before the database is read to after what was read is noted in them: what was polled and
//! committed meanwhile is either still leased, or read as it is now.

use super::duties::Duties;
use super::parts::clock;
use crate::fetch::Client;
use crate::model::{ArticleId, FeedId, Timestamp};
use crate::records::{Claim, DueFeed, DuePage, Leases};
use crate::store::{Reader, Readers};
use std::sync::{Arc, LazyLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a claimed feed is nobody else's: longer than any wait at a slow host.
const LEASE: Duration = Duration::from_secs(3600);

/// Polls, or fetches of pages, that are handed out and not finished: enough that slow hosts keep nobody waiting, and no
/// more than there may be connections, with as many again that are kept for their next use.
static MAX_IN_FLIGHT: LazyLock<u32> = LazyLock::new(|| {
    const MOST: u64 = 256;
    const OTHER_FILES: u64 = 128;
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let n = files.map_or(MOST, |files| (files.saturating_sub(OTHER_FILES) / 2).clamp(16, MOST));
    u32::try_from(n).unwrap_or(u32::MAX)
});

/// A probe that is not back by then is not waited for.
const LONGEST_PROBE: Duration = Duration::from_secs(120);

/// Requests that may wait for one host before its other feeds stay in the database: one slow host must not fill
/// [`MAX_IN_FLIGHT`].
const WAITING_PER_HOST: usize = 16;

type Back = (Vec<FeedId>, Vec<ArticleId>);

/// Cheap to clone.
#[derive(Clone)]
pub struct Claims {
    readers: Readers,
    client: Client,
    duties: Duties,
    leases: Arc<Mutex<Leases>>,
    /// What came back since the leases were last looked at: who gives something back does not wait for a claim.
    back: Arc<std::sync::Mutex<Back>>,
    /// While the network is down one feed at a time is out, to see whether it is back; and since when.
    probe: Arc<std::sync::Mutex<Option<(FeedId, Timestamp)>>>,
    /// Where requests to one host must keep a distance, many hosts are asked in turn; else a host's feeds go together.
    whole_hosts: bool,
}

impl Claims {
    pub fn new(readers: Readers, client: Client, duties: Duties, whole_hosts: bool) -> Claims {
        Claims { readers, client, duties, leases: Arc::default(), back: Arc::default(), probe: Arc::default(), whole_hosts }
    }

    /// Feeds to poll, where less than half of what may be in flight is.
    pub async fn feeds(&self, n_in_flight: usize) -> anyhow::Result<Vec<Arc<DueFeed>>> {
        let now = clock();
        let Some(claim) = self.claim(n_in_flight, now) else { return Ok(Vec::new()) };
        let held = claim.held;
        let due = self.ask(move |reader, leases| reader.claim_feeds(&claim, leases, now)).await?;
        if let Some(probe) = due.iter().find(|due| held.holds(&due.url)) {
            self.probe(|out| *out = Some((probe.id, now)));
        }
        Ok(due)
    }

    /// The same of pages.
    pub async fn pages(&self, n_in_flight: usize) -> anyhow::Result<Vec<DuePage>> {
        let now = clock();
        let Some(claim) = self.claim(n_in_flight, now) else { return Ok(Vec::new()) };
        // Feeds alone show whether the network is back: what a page should be nobody knows.
        let claim = Claim { probe: false, ..claim };
        self.ask(move |reader, leases| reader.claim_pages(&claim, leases, now)).await
    }

    /// Wants every feed polled that may be polled at all, from `now` on.
    pub async fn want_all(&self, now: Timestamp) -> anyhow::Result<()> {
        let whole_hosts = self.whole_hosts;
        self.ask(move |reader, leases| reader.want_all(whole_hosts, leases, now)).await
    }

    /// Takes one feed out of turn; `false`: somebody has it.
    pub async fn take(&self, feed: FeedId, now: Timestamp) -> anyhow::Result<bool> {
        let until = now.plus(LEASE);
        self.ask(move |_, leases| {
            leases.expire(now);
            let is_free = !leases.feeds.contains_key(&feed);
            if is_free {
                leases.feeds.insert(feed, until);
            }
            Ok(is_free)
        })
        .await
    }

    /// When the next feed is due after `after`, and the next page; while the network is down not before the next probe.
    pub async fn next_feed(&self, after: Timestamp) -> anyhow::Result<Option<Timestamp>> {
        let share = self.duties.share();
        Ok(self.not_while_down(self.ask(move |reader, leases| reader.next_due(after, share.as_ref(), leases)).await?))
    }

    pub async fn next_page(&self) -> anyhow::Result<Option<Timestamp>> {
        let share = self.duties.share();
        Ok(self.not_while_down(self.ask(move |reader, leases| reader.next_page_due(share.as_ref(), leases)).await?))
    }

    /// What is due then, or when the next probe is due if that is later.
    pub fn not_while_down(&self, due: Option<Timestamp>) -> Option<Timestamp> {
        let probe = self.client.down().map(|down| down.next_probe);
        due.map(|due| probe.map_or(due, |probe| due.max(probe)))
    }

    /// What came of it is committed.
    pub fn feed_is_back(&self, feed: FeedId) {
        self.probe(|probe| *probe = probe.filter(|(out, _)| *out != feed));
        self.back(|back| back.0.push(feed));
    }

    pub fn page_is_back(&self, page: ArticleId) {
        self.back(|back| back.1.push(page));
    }

    /// Of these, those that nobody has in hand.
    pub async fn not_out(&self, mut plans: Vec<(FeedId, Timestamp)>) -> Vec<(FeedId, Timestamp)> {
        let leases = self.leases().await;
        plans.retain(|(feed, _)| !leases.feeds.contains_key(feed));
        plans
    }

    fn claim(&self, n_in_flight: usize, now: Timestamp) -> Option<Claim> {
        // What failed, and waits for its judgement, asks nobody any more.
        let n_in_flight = n_in_flight.saturating_sub(self.client.n_undecided());
        let (held, probe) = self.client.held(now);
        // One that could not be stored comes back with its lease.
        let is_out = self.probe(|probe| probe.is_some_and(|(_, since)| now.since(since) < LONGEST_PROBE));
        let room = MAX_IN_FLIGHT.saturating_sub(u32::try_from(n_in_flight).unwrap_or(u32::MAX));
        let busy = || self.client.waiting().into_iter().filter(|(_, n)| *n >= WAITING_PER_HOST).map(|(host, _)| host);
        (room >= *MAX_IN_FLIGHT / 2).then(|| Claim {
            n: room,
            lease: LEASE,
            not_hosts: busy().collect(),
            per_host: WAITING_PER_HOST,
            whole_hosts: self.whole_hosts,
            held,
            probe: probe && !is_out,
            share: self.duties.share(),
        })
    }

    fn probe<T>(&self, note: impl FnOnce(&mut Option<(FeedId, Timestamp)>) -> T) -> T {
        note(&mut self.probe.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader, &mut Leases) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let mut leases = self.leases().await;
        self.readers.ask(move |reader| question(reader, &mut leases)).await
    }

    /// The leases, without what is back.
    async fn leases(&self) -> OwnedMutexGuard<Leases> {
        let mut leases = self.leases.clone().lock_owned().await;
        let (feeds, pages) = self.back(std::mem::take);
        for feed in feeds {
            leases.feeds.remove(&feed);
        }
        for page in pages {
            leases.pages.remove(&page);
        }
        leases
    }

    fn back<T>(&self, note: impl FnOnce(&mut Back) -> T) -> T {
        // A poisoned list is still a list.
        note(&mut self.back.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
