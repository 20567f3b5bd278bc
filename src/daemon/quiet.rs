//! Polls that found nothing: each moves no more than the times of its feed, so that many are one job of the writer.

use super::engine::{Engine, Stats};
use super::poll;
use crate::store::{DueFeed, PollRecord};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Committed as soon as so many wait, …
const MOST: usize = 256;
/// … or this long after the first of them came. What waits when the process is killed is polled again.
const PATIENCE: Duration = Duration::from_millis(40);

/// Those that wait to be committed together.
#[derive(Default)]
pub struct Quiet {
    waiting: Mutex<Vec<(Arc<DueFeed>, PollRecord)>>,
    /// Held while they are being committed.
    committing: tokio::sync::Mutex<()>,
}

/// Commits a poll with others. The first of them waits for the others, and the last one that there is room for waits for
/// nobody; either returns when all are committed, the others at once.
pub async fn save(engine: &Engine, due: Arc<DueFeed>, record: PollRecord) {
    let n_waiting = {
        let mut waiting = engine.quiet.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((due, record));
        waiting.len()
    };
    match n_waiting {
        1 => tokio::time::sleep(PATIENCE).await,
        MOST => {}
        _ => return,
    }
    flush(engine).await;
}

/// Commits whatever waits; what others are committing is committed too when this returns.
pub async fn flush(engine: &Engine) {
    let _committing = engine.quiet.committing.lock().await;
    let taken = std::mem::take(&mut *engine.quiet.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    if taken.is_empty() {
        return;
    }
    let (feeds, records): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
    let n_polls = feeds.len();
    let saved = engine.writer.write(move |store| {
        for record in &records {
            store.save_poll(record)?;
        }
        Ok(())
    });
    match saved.await {
        Ok(()) => {
            Stats::add(&engine.stats.polled, n_polls);
            Stats::add(&engine.stats.unchanged, n_polls);
            if tracing::enabled!(tracing::Level::DEBUG) {
                for due in &feeds {
                    tracing::debug!(feed.url = poll::log_name(due), unchanged = true, "polled");
                }
            }
        }
        // The leases end by themselves, and the feeds are polled again.
        Err(problem) => tracing::error!(n_polls, error = %problem, "polls could not be stored"),
    }
}
