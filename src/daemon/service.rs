//! The service: polls, fetches and settles until it is told to stop.

use super::engine::Engine;
use super::hubs::HubCall;
use super::parts::clock;
use super::pass::{save_robots, start_pages, start_polls};
use super::polls::policy;
use super::reload::reload;
use super::socket;
use crate::model::{FeedId, Timestamp};
use crate::records::{Command, PlannedFeed};
use crate::schedule::{self, Policy};
use crate::store::Reader;
use anyhow::Context;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

/// A loop looks at the clock at least this often, so that a machine that slept, or a clock that jumped, delays nothing
/// for longer.
const LONGEST_NAP: Duration = Duration::from_secs(60);

/// The scheduler's sign of life for the watchdog: milliseconds since `start` at its last turn.
struct Pulse {
    start: Instant,
    last: AtomicU64,
}

impl Pulse {
    fn beat(&self) {
        self.last.store(self.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn age(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }
}

/// Runs until `shutdown`. `hub_calls`: what comes to the callback of hubs. `Err`: a task died; the process must end non-zero.
pub async fn run(
    engine: Arc<Engine>,
    hub_calls: mpsc::Receiver<HubCall>,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    let commands = socket::bind(&engine.config.state_dir)?;
    let pulse = Arc::new(Pulse { start: Instant::now(), last: AtomicU64::new(0) });
    let (stop, stopped) = watch::channel(false);
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    tasks.spawn(poll_loop(engine.clone(), pulse.clone(), stopped.clone()));
    tasks.spawn(page_loop(engine.clone(), stopped.clone()));
    tasks.spawn(settle_loop(engine.clone(), stopped.clone()));
    tasks.spawn(hub_loop(engine.clone(), stopped.clone()));
    tasks.spawn(answer_hubs(engine.clone(), hub_calls, stopped.clone()));
    tasks.spawn(socket::serve(engine.clone(), commands, stopped.clone()));
    tasks.spawn(watchdog(engine.clone(), pulse, stopped.clone()));
    #[cfg(unix)]
    tasks.spawn(reload_on_hangup(engine, stopped));

    ready();

    tokio::pin!(shutdown);
    let outcome = tokio::select! {
        () = &mut shutdown => Ok(()),
        ended = tasks.join_next() => match ended {
            Some(Ok(Ok(()))) | None => Err(anyhow::anyhow!("a task of the service ended by itself")),
            Some(Ok(Err(error))) => Err(error),
            Some(Err(died)) => Err(anyhow::anyhow!("a task of the service died: {died}")),
        },
    };
    // Nobody listening is fine: then everything has ended already.
    let _ = stop.send(true);
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    // What is in flight is dropped: nothing of it is stored yet, and its leases die with this process.
    if tokio::time::timeout(Duration::from_secs(2), all_ended).await.is_err() {
        tracing::debug!("some tasks were ended in their work");
    }
    outcome
}

/// Returns when the service is to stop.
async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: the service is ending.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn poll_loop(engine: Arc<Engine>, pulse: Arc<Pulse>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    resume(&engine).await?;
    let mut looked = (clock(), Instant::now());
    let mut was_down = false;
    loop {
        pulse.beat();
        if jumped(looked) {
            tracing::info!("the clock was set, or the machine slept; polls are planned anew");
            engine.client.woke(clock());
            resume(&engine).await?;
        }
        let is_down = engine.client.down().is_some();
        if was_down && !is_down {
            come_back(&engine).await?;
        }
        was_down = is_down;
        looked = (clock(), Instant::now());
        start_polls(&engine, &mut tasks).await?;
        // What is due already and was not claimed waits for a busy host, whose next answer wakes us.
        let after = if tasks.is_empty() { Timestamp(i64::MIN) } else { looked.0 };
        let due = engine.claims.next_feed(after).await?;
        tokio::select! {
            () = told_to_stop(&mut stopped) => {
                engine.polls.unchanged.flush().await;
                return Ok(());
            }
            Some(ended) = tasks.join_next() => ended.context("a poll died")?,
            () = nap(due, SHORTEST_NAP, &engine.bells.feeds_changed) => {}
        }
        // Whatever else has ended meanwhile is taken in the same turn.
        while let Some(ended) = tasks.try_join_next() {
            ended.context("a poll died")?;
        }
    }
}

/// Whether the wall clock moved otherwise than time did.
fn jumped((wall, steady): (Timestamp, Instant)) -> bool {
    let (now, passed) = (clock(), steady.elapsed());
    let off = wall.plus(passed).0.abs_diff(now.0);
    off > JUMP.as_millis() as u64
}

/// A difference between wall clock and steady clock that no correction by NTP explains.
const JUMP: Duration = Duration::from_secs(120);

/// Spreads polls that are long overdue, and takes back those that were planned by a clock that was wrong.
async fn resume(engine: &Arc<Engine>) -> anyhow::Result<()> {
    let now = clock();
    let config = engine.config.clone();
    let policy = move |feed: &PlannedFeed| policy(&config, &feed.settings, None);
    replan(engine, move |feeds| {
        let with_policy = |feed: PlannedFeed| {
            let policy = policy(&feed);
            (feed, policy)
        };
        let plans: Vec<(PlannedFeed, Policy)> = feeds.into_iter().map(with_policy).collect();
        let is_late = |(feed, policy): &&(PlannedFeed, Policy)| schedule::is_out_of_time(now, policy, feed.next_poll);
        let spread = schedule::spread_of(plans.iter().filter(is_late).count());
        let moved = plans.iter().map(|(feed, policy)| {
            (feed.id, schedule::resume(now, &feed.key, policy, &feed.state, feed.next_poll, spread), feed.next_poll)
        });
        moved.filter(|(_, at, before)| at != before).map(|(id, at, _)| (id, at)).collect()
    })
    .await
}

/// The network is back: what is overdue comes back over a minute.
async fn come_back(engine: &Arc<Engine>) -> anyhow::Result<()> {
    let now = clock();
    replan(engine, move |feeds| {
        let overdue = feeds.into_iter().filter(|feed| feed.next_poll <= now);
        overdue.map(|feed| (feed.id, schedule::come_back(now, &feed.key, &feed.state, feed.next_poll))).collect()
    })
    .await
}

/// Plans feeds anew. A claimed one is left to its poll.
async fn replan(
    engine: &Arc<Engine>,
    plan: impl FnOnce(Vec<PlannedFeed>) -> Vec<(FeedId, Timestamp)> + Send + 'static,
) -> anyhow::Result<()> {
    let moved = engine.readers.ask(move |reader: &Reader| {
        let mut planned = Vec::new();
        reader.planned(|feed| planned.push(feed))?;
        Ok(plan(planned))
    });
    let plans = engine.claims.not_out(moved.await?).await;
    if !plans.is_empty() {
        engine.writer.submit(Command::Replan { plans }).await?;
    }
    Ok(())
}

async fn page_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        start_pages(&engine, &mut tasks).await?;
        save_robots(&engine).await?;
        let due = engine.claims.next_page().await?;
        // As above, but asked again now and then.
        let shortest = if tasks.is_empty() { SHORTEST_NAP } else { Duration::from_secs(1) };
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            Some(ended) = tasks.join_next() => ended.context("a page's fetch died")?,
            () = nap(due, shortest, &engine.bells.pages_wanted) => {}
        }
        while let Some(ended) = tasks.try_join_next() {
            ended.context("a page's fetch died")?;
        }
    }
}

async fn settle_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    engine.settler.build_index().await?;
    loop {
        engine.settler.settle_ready().await?;
        let due = engine.settler.next_wait_end().await?;
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            () = nap(due, SHORTEST_NAP, &engine.bells.entries_ready) => {}
        }
    }
}

/// Asks hubs for subscriptions and renews them, where hubs can reach us.
async fn hub_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    if engine.config.callback_base().is_none() {
        told_to_stop(&mut stopped).await;
        return Ok(());
    }
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            asked = engine.hubs.ask_due() => asked?,
        }
        let due = engine.claims.not_while_down(engine.readers.ask(|reader| reader.next_hub_due()).await?);
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            () = nap(due, SHORTEST_NAP, &engine.bells.hubs_found) => {}
        }
    }
}

/// Answers what hubs ask and push at the callback.
async fn answer_hubs(
    engine: Arc<Engine>,
    calls: mpsc::Receiver<HubCall>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    tokio::select! {
        () = told_to_stop(&mut stopped) => return Ok(()),
        () = engine.hubs.answer_all(calls) => {}
    }
    // Where nothing serves, nothing comes.
    told_to_stop(&mut stopped).await;
    Ok(())
}

/// Between two looks at what is due.
const SHORTEST_NAP: Duration = Duration::from_millis(20);

/// Waits until something is due, or may be.
async fn nap(due: Option<Timestamp>, shortest: Duration, sooner: &Notify) {
    let wait = due.map_or(LONGEST_NAP, |due| due.since(clock())).clamp(shortest, LONGEST_NAP);
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = sooner.notified() => {}
    }
}

/// Tells systemd that we live, as long as the scheduler takes its turns and the writer commits.
async fn watchdog(engine: Arc<Engine>, pulse: Arc<Pulse>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let every = match sd_notify::watchdog_enabled() {
        Some(limit) => limit / 3,
        None => LONGEST_NAP,
    };
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            () = tokio::time::sleep(every) => {}
        }
        engine.writer.submit(Command::Heartbeat { at: clock() }).await?;
        let age = pulse.age();
        if age < LONGEST_NAP * 2 {
            notify_systemd(&[sd_notify::NotifyState::Watchdog]);
        } else {
            tracing::error!(age_s = age.as_secs(), "the scheduler is stuck; leaving it to the watchdog");
        }
    }
}

/// Tells systemd that the service is up: serving and scheduling.
pub fn notify_ready(status: &str) {
    notify_systemd(&[sd_notify::NotifyState::Ready, sd_notify::NotifyState::Status(status)]);
}

/// … and that it is ending.
pub fn notify_stopping() {
    notify_systemd(&[sd_notify::NotifyState::Stopping]);
}

/// Outside systemd nobody listens, which is not an error.
fn notify_systemd(states: &[sd_notify::NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

#[cfg(unix)]
async fn reload_on_hangup(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            _ = hangup.recv() => {}
        }
        match reload(&engine).await {
            Ok(report) => tracing::info!(
                n_feeds = report.n_feeds,
                n_added = report.added.len(),
                n_removed = report.n_removed,
                "subscriptions reloaded"
            ),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "subscriptions not reloaded; the old ones stay"),
        }
    }
}
