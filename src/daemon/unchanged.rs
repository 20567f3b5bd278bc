//! Polls that found nothing: each moves no more than the times of its feed, so that many are one command.

use super::claims::Claims;
use crate::records::{Command, DueFeed, Poll};
use crate::store::Writer;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Committed as soon as so many wait, …
const MAX_BATCH: usize = 256;
/// … or this long after the first of them came. What waits when the process is killed is polled again.
const MAX_DELAY: Duration = Duration::from_millis(40);

/// Those that wait to be committed together.
pub struct Unchanged {
    writer: Writer,
    claims: Claims,
    waiting: Mutex<Vec<(Arc<DueFeed>, Poll)>>,
    /// Held while they are being committed.
    committing: tokio::sync::Mutex<()>,
}

impl Unchanged {
    pub fn new(writer: Writer, claims: Claims) -> Unchanged {
        Unchanged { writer, claims, waiting: Mutex::default(), committing: tokio::sync::Mutex::default() }
    }

    /// Commits a poll with others. The first of them waits for the others, and the last one that there is room for waits
    /// for nobody; either returns when all are committed, the others at once.
    pub async fn save(&self, due: Arc<DueFeed>, poll: Poll) {
        let n_waiting = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push((due, poll));
            waiting.len()
        };
        match n_waiting {
            1 => tokio::time::sleep(MAX_DELAY).await,
            MAX_BATCH => {}
            _ => return,
        }
        self.flush().await;
    }

    /// Forgets what waits: it is due still.
    #[cfg(feature = "cluster")]
    pub fn forget(&self) {
        let taken = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        taken.iter().for_each(|(due, _)| self.claims.feed_is_back(due.id));
    }

    /// Commits whatever waits; what others are committing is committed too when this returns.
    pub async fn flush(&self) {
        let _committing = self.committing.lock().await;
        let taken = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return;
        }
        let (feeds, polls): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
        // Also where this is dropped before it ends: others have left theirs to it.
        let mut out = Out { feeds, claims: &self.claims };
        match self.writer.submit_at_last(Command::Unchanged(polls)).await {
            Ok(_) if tracing::enabled!(tracing::Level::DEBUG) => {
                out.feeds.iter().for_each(|due| tracing::debug!(feed.url = due.log_name(), unchanged = true, "polled"));
            }
            Ok(_) => {}
            // They are due still, and polled again when the disk takes them.
            Err(problem) if problem.passes() => {}
            Err(problem) => {
                // The leases end by themselves, and the feeds are polled again.
                let n_polls = std::mem::take(&mut out.feeds).len();
                tracing::error!(n_polls, error = %problem, "polls could not be stored");
            }
        }
    }
}

/// Feeds whose polls are being committed; they come back when this is dropped.
struct Out<'a> {
    feeds: Vec<Arc<DueFeed>>,
    claims: &'a Claims,
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        self.feeds.iter().for_each(|due| self.claims.feed_is_back(due.id));
    }
}
