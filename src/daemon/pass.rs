//! One pass: polls what is due, fetches the articles that can be had now, settles what can be settled now.
//!
//! The phases follow one another, so that all entries of a pass are assigned in the order of their dates.

use super::clocks::{self, Anew};
use super::engine::Engine;
use super::parts::{Stats, clock};
use super::refetch::{Refetched, refetch};
use crate::model::{FeedId, Timestamp};
use crate::records::Command;
use crate::store::{Effort, HeldBack, WriteError};
use std::sync::Arc;
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
    /// The network is down: since when, and what is wrong. What was not asked because of it has not failed.
    #[serde(default)]
    pub network: Option<String>,
}

/// One pass. With `all` feeds are polled that are not due: our own intervals and a server's max-age are overridden,
/// never Retry-After, 410, robots.txt or the spacing of a host.
pub async fn once(engine: &Arc<Engine>, all: bool) -> anyhow::Result<PassReport> {
    let started = clock();
    let before = Done::of(&engine.stats);
    clocks::resume(engine, Anew::TooLate).await?;
    if all {
        engine.claims.want_all(started).await?;
    }
    drain_polls(engine, started).await?;
    drain_pages(engine, started).await?;
    engine.settler.settle_ready().await?;
    engine.judge.work().await?;
    engine.pruner().work(false).await?;
    let report = report(engine, before, started).await?;
    // A service does it in its own time; of passes each does some of it, but for a first one, which has enough to do.
    if report.new_entries <= MANY {
        engine.tidy.work(true, BODIES_A_PASS, Effort::Quick).await?;
    }
    Ok(report)
}

const BODIES_A_PASS: usize = 64;
const MANY: u64 = 2_000;

/// Asks for everything of one feed anew, where no service runs: its pages and stories too.
pub async fn refetch_alone(engine: &Arc<Engine>, feed: FeedId) -> anyhow::Result<Refetched> {
    let started = clock();
    let polling = refetch(engine, feed);
    tokio::pin!(polling);
    let refetched = loop {
        tokio::select! {
            refetched = &mut polling => break refetched?,
            // Nobody else is asked, so that nobody will be heard.
            () = engine.client.undecided(1) => {
                engine.client.conclude(started, clock());
                tokio::task::yield_now().await;
            }
        }
    };
    drain_pages(engine, started).await?;
    engine.settler.settle_ready().await?;
    engine.judge.work().await?;
    Ok(refetched)
}

/// Polls until no feed is due, or the network is down.
async fn drain_polls(engine: &Arc<Engine>, started: Timestamp) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        start_polls(engine, &mut tasks).await?;
        if !one_ends(engine, &mut tasks, started).await? {
            break;
        }
    }
    // Some of ours may be on their way with polls of the service.
    engine.polls.unchanged.flush().await;
    save_robots(engine).await
}

/// Fetches pages until none is due, or the network is down.
async fn drain_pages(engine: &Arc<Engine>, started: Timestamp) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        start_pages(engine, &mut tasks).await?;
        if !one_ends(engine, &mut tasks, started).await? {
            return save_robots(engine).await;
        }
    }
}

/// Waits for the end of a task; `false`: there is none. Where all that are left have failed, and wait until somebody else is
/// heard, nobody will be: they are judged by what the pass has heard so far.
async fn one_ends(engine: &Engine, tasks: &mut JoinSet<()>, started: Timestamp) -> anyhow::Result<bool> {
    let n_tasks = tasks.len();
    if n_tasks == 0 {
        return Ok(false);
    }
    tokio::select! {
        ended = tasks.join_next() => if let Some(ended) = ended { ended? },
        () = engine.client.undecided(n_tasks) => engine.client.conclude(started, clock()),
    }
    Ok(true)
}

/// Claims due feeds and starts their polls, when less than half of what may be in flight is.
pub(super) async fn start_polls(engine: &Engine, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    loop {
        can_be_stored(engine)?;
        let due = engine.claims.feeds(tasks.len()).await?;
        if due.is_empty() {
            return Ok(());
        }
        Stats::add(&engine.stats.polls_in_flight, due.len());
        for feed in due {
            let (polls, duties) = (engine.polls.clone(), engine.duties.clone());
            // In a box: a task copies what it runs when it is made, when it ends and when it is taken back.
            tasks.spawn(Box::pin(async move {
                let (id, asked) = (feed.id, feed.asked_address().to_owned());
                if duties.ask_at(&asked, polls.poll(feed)).await.is_none() {
                    polls.dropped(id);
                }
            }));
        }
    }
}

/// Nothing is asked for that could not be stored.
fn can_be_stored(engine: &Engine) -> Result<(), WriteError> {
    engine.writer.trouble().map_or(Ok(()), |trouble| Err(WriteError::Disk(trouble)))
}

/// The same of pages.
pub(super) async fn start_pages(engine: &Engine, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    loop {
        can_be_stored(engine)?;
        let due = engine.claims.pages(tasks.len()).await?;
        if due.is_empty() {
            return Ok(());
        }
        Stats::add(&engine.stats.pages_in_flight, due.len());
        for page in due {
            let (pages, duties) = (engine.pages.clone(), engine.duties.clone());
            tasks.spawn(Box::pin(async move {
                let (id, url) = (page.id, page.url.clone());
                if duties.ask_at(&url, pages.fetch(page)).await.is_none() {
                    pages.dropped(id);
                }
            }));
        }
    }
}

/// Keeps what robots.txt of new hosts said, so that a restart asks nobody again.
pub(super) async fn save_robots(engine: &Engine) -> anyhow::Result<()> {
    let records = engine.client.take_robots();
    if !records.is_empty() {
        engine.writer.submit(Command::Robots { records }).await?;
    }
    Ok(())
}

/// The counters at one moment, or what was counted between two.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub polled: u64,
    pub unchanged: u64,
    pub failed: u64,
    pub new_entries: u64,
    pub edited: u64,
    pub articles: u64,
    pub without_article: u64,
    pub settled: u64,
}

impl Done {
    /// Since the process started.
    pub(super) fn of(stats: &Stats) -> Done {
        Done {
            polled: Stats::get(&stats.polled),
            unchanged: Stats::get(&stats.unchanged),
            failed: Stats::get(&stats.failed),
            new_entries: Stats::get(&stats.new_entries),
            edited: Stats::get(&stats.edited),
            articles: Stats::get(&stats.articles),
            without_article: Stats::get(&stats.without_article),
            settled: Stats::get(&stats.settled),
        }
    }

    /// What happened since an earlier moment.
    pub(super) fn since(self, before: Done) -> Done {
        Done {
            polled: self.polled - before.polled,
            unchanged: self.unchanged - before.unchanged,
            failed: self.failed - before.failed,
            new_entries: self.new_entries - before.new_entries,
            edited: self.edited - before.edited,
            articles: self.articles - before.articles,
            without_article: self.without_article - before.without_article,
            settled: self.settled - before.settled,
        }
    }
}

/// What happened since `before`.
pub(super) async fn report(engine: &Arc<Engine>, before: Done, started: Timestamp) -> anyhow::Result<PassReport> {
    let ((entries, stories), held, failures) =
        engine.readers.ask(move |reader| Ok((reader.size()?, reader.held_back()?, reader.failures_since(started)?))).await?;
    let held: HeldBack = held;
    let done = Done::of(&engine.stats).since(before);
    Ok(PassReport {
        polled: done.polled,
        unchanged: done.unchanged,
        failed: done.failed,
        new_entries: done.new_entries,
        edited: done.edited,
        articles: done.articles,
        without_article: done.without_article,
        settled: done.settled,
        entries,
        stories,
        held_back: held.n_entries,
        held_until: held.until.map(Timestamp::rfc3339),
        failures,
        network: engine.client.down().map(|down| down.sentence()),
    })
}
