//! Small things that several loops hold: the clock, the counters, the bells that wake loops, what grew.

use crate::config::values::format_duration;
use crate::model::{StoryId, Timestamp};
use crate::records::{Committed, StoryChange};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// The wall clock.
pub fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What happened since the process started; for progress on a terminal, summaries and the watchdog.
#[derive(Debug, Default)]
pub struct Stats {
    pub polled: AtomicU64,
    pub unchanged: AtomicU64,
    pub failed: AtomicU64,
    pub new_entries: AtomicU64,
    pub edited: AtomicU64,
    pub articles: AtomicU64,
    pub without_article: AtomicU64,
    pub settled: AtomicU64,
    /// Requests that are being made or wait for their turn.
    pub polls_in_flight: AtomicU64,
    pub pages_in_flight: AtomicU64,
}

impl Stats {
    pub fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Ordering::Relaxed);
    }

    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// Rung when a loop may have work earlier than it believes.
#[derive(Debug, Default)]
pub struct Bells {
    pub feeds_changed: Notify,
    pub pages_wanted: Notify,
    pub entries_ready: Notify,
    pub hubs_found: Notify,
    pub stories_changed: Notify,
    pub notices_made: Notify,
}

/// Hears what each transaction changed: counts it, wakes the loops that have work now, and logs what a person must act on.
pub fn hear(stats: &Stats, bells: &Bells, committed: &Committed) {
    for (counter, n) in [
        (&stats.polled, committed.polls.n),
        (&stats.unchanged, committed.polls.n_unchanged),
        (&stats.failed, committed.polls.n_failed),
        (&stats.new_entries, committed.new.len()),
        (&stats.edited, committed.edited.len()),
        (&stats.articles, committed.pages.n_found),
        (&stats.without_article, committed.pages.n_never),
        (&stats.settled, committed.n_settled),
    ] {
        Stats::add(counter, n);
    }
    for (bell, n) in [
        (&bells.pages_wanted, committed.n_wanted),
        (&bells.entries_ready, committed.n_ready),
        (&bells.hubs_found, committed.n_hubs),
        (&bells.stories_changed, committed.n_unruled),
        (&bells.notices_made, committed.n_notices),
    ] {
        if n > 0 {
            bell.notify_one();
        }
    }
    for turn in &committed.feeds {
        if turn.needs_person() {
            let asked = if turn.n_errors > 1 { "; it is asked once a day from now on" } else { "" };
            tracing::warn!(feed.url = turn.name, error = turn.what, n_errors = turn.n_errors, "a feed goes on failing{asked}");
        } else if turn.n_errors == 1 && turn.trouble.is_some() {
            tracing::info!(feed.url = turn.name, what = turn.what, "a feed fails");
        } else if turn.trouble.is_none()
            && let Some(failed_for) = turn.failed_for
        {
            let failed_for = format_duration(Duration::from_secs(failed_for.as_secs()));
            tracing::info!(feed.url = turn.name, failed_for, "a feed is well again");
        } else {
            tracing::debug!(feed.url = turn.name, what = turn.what, n_errors = turn.n_errors, "a feed's health took a turn");
        }
    }
}

/// Stories that are remembered; those that grow meanwhile are looked at when their time is over.
const MOST_GROWN: usize = 4096;

/// Stories that grew since the last look.
#[derive(Debug, Default)]
pub struct Grown(Mutex<BTreeSet<StoryId>>);

impl Grown {
    /// Told of each transaction.
    pub fn hear(&self, committed: &Committed) {
        let mut grown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = committed.stories.iter().filter(|(_, change)| *change == StoryChange::Changed);
        let free = MOST_GROWN.saturating_sub(grown.len());
        grown.extend(changed.map(|(story, _)| *story).take(free));
    }

    /// What was heard since this was last asked.
    pub fn take(&self) -> Vec<StoryId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// A loop of the service, of whatever it is made: one kind of task for all of them, because each kind is code of its own.
pub type Loop = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// What a service spawns.
pub fn looping(work: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> Loop {
    Box::pin(work)
}
