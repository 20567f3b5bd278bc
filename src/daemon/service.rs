//! The service: polls, fetches and settles until it is told to stop.

use super::clocks::{Anew, Moment, come_back, resume};
use super::disk::{self, turn};
use super::engine::Engine;
use super::hubs::HubCall;
use super::lists::{self, ListCall};
use super::notify::InFlight;
use super::parts::{clock, looping};
use super::pass::{save_robots, start_pages, start_polls};
#[cfg(feature = "cluster")]
use super::reload::reload;
use super::reload::{reload_on_hangup, watch_files};
use super::socket;
use super::summary;
use super::systemd::notify_alive;
use crate::model::Timestamp;
use crate::records::Command;
use crate::store::Effort;
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

/// Runs until `shutdown`. `hub_calls`: what comes to the callback of hubs; `list_calls`: what apps want changed in the list. `Err`: a task died; the process must end non-zero.
pub async fn run(
    engine: Arc<Engine>,
    hub_calls: mpsc::Receiver<HubCall>,
    list_calls: mpsc::Receiver<ListCall>,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    let commands = socket::bind(&engine.config.get().state_dir)?;
    let pulse = Arc::new(Pulse { start: Instant::now(), last: AtomicU64::new(0) });
    let (stop, stopped) = watch::channel(false);
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    tasks.spawn(looping(poll_loop(engine.clone(), pulse.clone(), stopped.clone())));
    tasks.spawn(looping(page_loop(engine.clone(), stopped.clone())));
    tasks.spawn(looping(settle_loop(engine.clone(), stopped.clone())));
    tasks.spawn(looping(judge_loop(engine.clone(), stopped.clone())));
    tasks.spawn(looping(notify_loop(engine.clone(), stopped.clone())));
    tasks.spawn(looping(hub_loop(engine.clone(), stopped.clone())));
    tasks.spawn(looping(answer_hubs(engine.clone(), hub_calls, stopped.clone())));
    tasks.spawn(looping(answer_lists(engine.clone(), list_calls, stopped.clone())));
    tasks.spawn(looping(socket::serve(engine.clone(), commands, stopped.clone())));
    tasks.spawn(looping(watchdog(engine.clone(), pulse, stopped.clone())));
    tasks.spawn(looping(tidy_loop(engine.clone(), stopped.clone())));
    tasks.spawn(looping(disk::try_again(engine.writer.clone(), stopped.clone())));
    tasks.spawn(looping(summary::tell(engine.clone(), stopped.clone())));
    tasks.spawn(looping(watch_files(engine.clone(), stopped.clone())));
    #[cfg(feature = "cluster")]
    if let Some(node) = engine.node.clone() {
        let parts = engine.node_parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let parts = parts.context("the service of a node runs once")?;
        let engine = engine.clone();
        let take_over = async move {
            // What is wrong with the files is logged, and told by `status`.
            _ = reload(&engine).await;
        };
        tasks.spawn(looping(super::cluster::run(node, parts, take_over, stopped.clone())));
    }
    tasks.spawn(looping(reload_on_hangup(engine, stopped)));

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

/// The same for what is the leader's to do, where there are several.
async fn may_lead(engine: &Engine, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = told_to_stop(stopped) => return false,
        () = engine.duties.to_lead() => {}
    }
    may_work(engine, stopped).await
}

/// Returns when there is something to do for a loop: the disk takes writes. `false`: the service is to stop.
async fn may_work(engine: &Engine, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = told_to_stop(stopped) => false,
        () = engine.writer.writable() => true,
    }
}

async fn poll_loop(engine: Arc<Engine>, pulse: Arc<Pulse>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let mut looked = Looked::default();
    while may_work(&engine, &mut stopped).await {
        pulse.beat();
        if !engine.duties.polls() {
            tokio::select! {
                () = told_to_stop(&mut stopped) => break,
                Some(ended) = tasks.join_next() => ended.context("a poll died")?,
                () = engine.duties.to_poll() => {}
                () = tokio::time::sleep(LONGEST_NAP) => {}
            }
            continue;
        }
        let Some(due) = turn(&engine.writer, poll_turn(&engine, &mut tasks, &mut looked)).await? else { continue };
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            Some(ended) = tasks.join_next() => ended.context("a poll died")?,
            () = nap(due, SHORTEST_NAP, &engine.bells.feeds_changed) => {}
        }
        // Whatever else has ended meanwhile is taken in the same turn.
        while let Some(ended) = tasks.try_join_next() {
            ended.context("a poll died")?;
        }
    }
    engine.polls.unchanged.flush().await;
    Ok(())
}

/// What the poll loop saw at its last turn.
#[derive(Default)]
struct Looked {
    at: Option<Moment>,
    was_down: bool,
}

/// Starts the polls that are due; returns when the next one will be.
async fn poll_turn(engine: &Arc<Engine>, tasks: &mut JoinSet<()>, looked: &mut Looked) -> anyhow::Result<Option<Timestamp>> {
    // Who leads plans for all.
    let leads = engine.duties.leads();
    match looked.at {
        None if leads => resume(engine, Anew::All).await?,
        Some(before) if before.jumped() => {
            tracing::info!("the clock was set, or the machine slept; polls are planned anew");
            engine.client.woke(clock());
            if leads {
                resume(engine, Anew::All).await?;
            }
        }
        None | Some(_) => {}
    }
    let is_down = engine.client.down().is_some();
    if looked.was_down && !is_down && leads {
        come_back(engine).await?;
    }
    looked.was_down = is_down;
    let now = Moment::now();
    looked.at = Some(now);
    start_polls(engine, tasks).await?;
    // What is due already and was not claimed waits for a busy host, whose next answer wakes us.
    let after = if tasks.is_empty() { Timestamp(i64::MIN) } else { now.wall };
    engine.claims.next_feed(after).await
}

async fn page_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    while may_work(&engine, &mut stopped).await {
        if !engine.duties.polls() {
            tokio::select! {
                () = told_to_stop(&mut stopped) => break,
                Some(ended) = tasks.join_next() => ended.context("a page's fetch died")?,
                () = engine.duties.to_poll() => {}
            }
            continue;
        }
        let work = async {
            start_pages(&engine, &mut tasks).await?;
            save_robots(&engine).await?;
            engine.claims.next_page().await
        };
        let Some(due) = turn(&engine.writer, work).await? else { continue };
        // As above, but asked again now and then.
        let shortest = if tasks.is_empty() { SHORTEST_NAP } else { Duration::from_secs(1) };
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            Some(ended) = tasks.join_next() => ended.context("a page's fetch died")?,
            () = nap(due, shortest, &engine.bells.pages_wanted) => {}
        }
        while let Some(ended) = tasks.try_join_next() {
            ended.context("a page's fetch died")?;
        }
    }
    Ok(())
}

async fn settle_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    while may_lead(&engine, &mut stopped).await {
        let work = async {
            engine.settler.build_index().await?;
            engine.settler.settle_ready().await?;
            engine.settler.next_wait_end().await
        };
        let Some(due) = turn(&engine.writer, work).await? else { continue };
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            () = nap(due, SHORTEST_NAP, &engine.bells.entries_ready) => {}
        }
    }
    Ok(())
}

async fn judge_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    while may_lead(&engine, &mut stopped).await {
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            judged = turn(&engine.writer, engine.judge.work()) => { judged?; }
        }
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            () = nap(None, SHORTEST_NAP, &engine.bells.stories_changed) => {}
        }
    }
    Ok(())
}

/// Sends what somebody is to be told. A receiver that is slow, or takes nothing, keeps no other one waiting.
async fn notify_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut in_flight = InFlight::default();
    while may_lead(&engine, &mut stopped).await {
        let Some(due) = turn(&engine.writer, engine.notifier.start_due(&mut in_flight)).await? else { continue };
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            ended = in_flight.one_ends() => ended.context("a notification's task died")?,
            () = nap(due, SHORTEST_NAP, &engine.bells.notices_made) => {}
        }
    }
    // What is on its way is waited for, so that it need not be sent again.
    in_flight.all_end().await;
    Ok(())
}

/// Tidies now and then, while nothing else is to be done.
async fn tidy_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut n_turns = 0_u32;
    while may_work(&engine, &mut stopped).await {
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            () = tokio::time::sleep(TIDY_EVERY) => {}
        }
        if n_turns.is_multiple_of(PRUNE_EVERY) && engine.duties.leads() {
            tokio::select! {
                () = told_to_stop(&mut stopped) => break,
                pruned = prune(&engine) => { pruned?; }
            }
        }
        let leads = engine.duties.leads();
        if n_turns.is_multiple_of(if leads { PRUNE_EVERY } else { PREPARE_EVERY }) {
            tokio::select! {
                () = told_to_stop(&mut stopped) => break,
                // A cache: what fails costs time of the next start alone.
                kept = engine.settler.keep_prepared(leads) => if let Err(error) = kept {
                    tracing::debug!(error = format!("{error:#}"), "what was prepared is not kept");
                }
            }
        }
        let backups = engine.backups();
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            () = backups.make_due() => {}
        }
        n_turns = n_turns.wrapping_add(1);
        tokio::select! {
            () = told_to_stop(&mut stopped) => break,
            tidied = turn(&engine.writer, engine.tidy.work(engine.duties.leads(), BODIES_A_TURN, Effort::Thorough)) => { tidied?; }
        }
    }
    Ok(())
}

async fn prune(engine: &Engine) -> anyhow::Result<Option<usize>> {
    turn(&engine.writer, engine.pruner().work(false)).await
}

/// A quarter of a million bodies a day, for an older database; a new entry is packed within a minute.
const TIDY_EVERY: Duration = Duration::from_secs(30);
const BODIES_A_TURN: usize = 256;
/// Turns between two looks at what is old: an hour.
const PRUNE_EVERY: u32 = 120;
/// The same on a node that may lead next, and waits then for what it has not prepared: ten minutes.
const PREPARE_EVERY: u32 = 20;

/// Asks hubs for subscriptions and renews them, where hubs can reach us.
async fn hub_loop(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    if engine.config.get().callback_base().is_none() {
        told_to_stop(&mut stopped).await;
        return Ok(());
    }
    while may_lead(&engine, &mut stopped).await {
        let work = async {
            engine.hubs.ask_due().await?;
            Ok(engine.claims.not_while_down(engine.readers.ask(|reader| reader.next_hub_due()).await?))
        };
        let asked = tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            asked = turn(&engine.writer, work) => asked?,
        };
        let Some(due) = asked else { continue };
        tokio::select! {
            () = told_to_stop(&mut stopped) => return Ok(()),
            () = nap(due, SHORTEST_NAP, &engine.bells.hubs_found) => {}
        }
    }
    Ok(())
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

/// Answers what apps want changed in the list of subscriptions.
async fn answer_lists(
    engine: Arc<Engine>,
    calls: mpsc::Receiver<ListCall>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    tokio::select! {
        () = told_to_stop(&mut stopped) => return Ok(()),
        () = lists::answer_all(&engine, calls) => {}
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
        match engine.writer.submit(Command::Heartbeat { at: clock() }).await {
            Ok(_) => {}
            // It lives, and waits for its disk, or for a leader; so does the scheduler.
            Err(error) if error.passes() => pulse.beat(),
            Err(error) => return Err(error.into()),
        }
        let age = pulse.age();
        if age < LONGEST_NAP * 2 {
            notify_alive();
        } else {
            tracing::error!(age_s = age.as_secs(), "the scheduler is stuck; leaving it to the watchdog");
        }
    }
}
