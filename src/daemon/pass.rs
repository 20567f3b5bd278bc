//! One pass: polls what is due, fetches the articles that can be had now, settles what can be settled now.
//!
//! The phases follow one another, so that all entries of a pass are assigned in the order of their dates.

use super::engine::{Engine, Stats, clock};
use super::{articles, poll, quiet, settle};
use crate::model::Timestamp;
use crate::store::{Claim, HeldBack};
use std::sync::{Arc, LazyLock};
use tokio::task::JoinSet;

/// What a pass did, and what it leaves.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct PassReport {
    pub polled: u64,
    pub unchanged: u64,
    pub failed: u64,
    pub new_entries: u64,
    pub edited: u64,
    pub articles: u64,
    pub without_article: u64,
    pub settled: u64,
    pub entries: i64,
    pub stories: i64,
    /// Entries that are not published yet, and until when at the latest (RFC 3339).
    pub held_back: i64,
    pub held_until: Option<String>,
    /// Name and reason of each feed that failed.
    pub failures: Vec<(String, String)>,
}

/// Polls, or fetches of pages, that are handed out and not finished: enough that slow hosts keep nobody waiting, and no
/// more than there may be connections, with as many again that are kept for their next use.
static OUT: LazyLock<u32> = LazyLock::new(|| {
    const MOST: u64 = 256;
    const OTHER_FILES: u64 = 128;
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let out = files.map_or(MOST, |files| (files.saturating_sub(OTHER_FILES) / 2).clamp(16, MOST));
    u32::try_from(out).unwrap_or(u32::MAX)
});

/// Requests that may wait for one host before its other feeds stay in the database: one slow host must not fill [`OUT`].
const WAITING_PER_HOST: usize = 16;

/// One pass. With `all` feeds are polled that are not due: our own intervals and a server's max-age are overridden,
/// never Retry-After, 410, robots.txt or the spacing of a host.
pub async fn once(engine: &Arc<Engine>, all: bool) -> anyhow::Result<PassReport> {
    let started = clock();
    let before = Snapshot::of(&engine.stats);
    if all {
        let whole_hosts = whole_hosts(engine);
        engine.writer.write(move |store| store.want_all(whole_hosts, started)).await?;
    }
    drain_polls(engine).await?;
    drain_articles(engine).await?;
    settle::settle_ready(engine).await?;
    report(engine, before, started).await
}

/// Polls until no feed is due.
async fn drain_polls(engine: &Arc<Engine>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        start_polls(engine, &mut tasks).await?;
        match tasks.join_next().await {
            None => break,
            Some(ended) => ended?,
        }
    }
    // Some of ours may be on their way with polls of the service.
    quiet::flush(engine).await;
    save_robots(engine).await
}

/// Fetches pages until none is due.
async fn drain_articles(engine: &Arc<Engine>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        start_articles(engine, &mut tasks).await?;
        match tasks.join_next().await {
            None => return save_robots(engine).await,
            Some(ended) => ended?,
        }
    }
}

/// Claims due feeds and starts their polls, when less than half of what may be out is out.
pub(super) async fn start_polls(engine: &Arc<Engine>, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    while let Some(claim) = next_claim(engine, tasks.len()) {
        let due = engine.writer.write(move |store| store.claim_due(&claim, clock())).await?;
        if due.is_empty() {
            break;
        }
        Stats::add(&engine.stats.polls_out, due.len());
        for feed in due {
            let engine = engine.clone();
            tasks.spawn(async move { poll::poll(&engine, feed).await });
        }
    }
    Ok(())
}

/// The same for pages.
pub(super) async fn start_articles(engine: &Arc<Engine>, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    while let Some(claim) = next_claim(engine, tasks.len()) {
        let due = engine.writer.write(move |store| store.claim_articles(&claim, clock())).await?;
        if due.is_empty() {
            break;
        }
        Stats::add(&engine.stats.articles_out, due.len());
        for article in due {
            let engine = engine.clone();
            tasks.spawn(async move { articles::fetch(&engine, article).await });
        }
    }
    Ok(())
}

fn next_claim(engine: &Engine, n_out: usize) -> Option<Claim> {
    let room = OUT.saturating_sub(u32::try_from(n_out).unwrap_or(u32::MAX));
    let busy = engine.client.waiting().into_iter().filter(|(_, n)| *n >= WAITING_PER_HOST).map(|(host, _)| host);
    (room >= *OUT / 2).then(|| Claim {
        n: room,
        lease: poll::LEASE,
        not_hosts: busy.collect(),
        per_host: WAITING_PER_HOST,
        whole_hosts: whole_hosts(engine),
    })
}

/// Where requests to one host must keep a distance, many hosts are asked in turn instead.
pub(super) fn whole_hosts(engine: &Engine) -> bool {
    engine.config.poll.host_spacing.is_zero()
}

/// Keeps what robots.txt of new hosts said, so that a restart asks nobody again.
pub(super) async fn save_robots(engine: &Arc<Engine>) -> anyhow::Result<()> {
    let records = engine.client.take_robots();
    if !records.is_empty() {
        engine.writer.write(move |store| store.save_robots(&records)).await?;
    }
    Ok(())
}

/// The counters at one moment.
#[derive(Clone, Copy)]
pub(super) struct Snapshot([u64; 8]);

impl Snapshot {
    pub(super) fn of(stats: &Stats) -> Snapshot {
        let counters = [
            &stats.polled,
            &stats.unchanged,
            &stats.failed,
            &stats.new_entries,
            &stats.edited,
            &stats.articles,
            &stats.without_article,
            &stats.settled,
        ];
        Snapshot(counters.map(Stats::get))
    }
}

/// What happened since `before`.
pub(super) async fn report(engine: &Arc<Engine>, before: Snapshot, started: Timestamp) -> anyhow::Result<PassReport> {
    let ((entries, stories), held, failures) =
        engine.read(move |reader| Ok((reader.size()?, reader.held_back()?, reader.failures_since(started)?))).await?;
    let held: HeldBack = held;
    let now = Snapshot::of(&engine.stats).0;
    let [polled, unchanged, failed, new_entries, edited, articles, without_article, settled] =
        std::array::from_fn(|i| now[i] - before.0[i]);
    Ok(PassReport {
        polled,
        unchanged,
        failed,
        new_entries,
        edited,
        articles,
        without_article,
        settled,
        entries,
        stories,
        held_back: held.n_entries,
        held_until: held.until.map(Timestamp::rfc3339),
        failures,
    })
}
