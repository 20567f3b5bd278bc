//! The wall clock, where it moved otherwise than time does: it was set, or the machine slept.

use super::engine::Engine;
use super::parts::clock;
use super::polls::policy;
use crate::model::{FeedId, Timestamp};
use crate::records::{Command, PlannedFeed};
use crate::schedule;
use crate::store::{Ahead, Reader};
use std::time::{Duration, Instant};

/// A difference between wall clock and steady clock that no correction by NTP explains.
const JUMP: Duration = Duration::from_secs(120);

/// Both clocks at one moment.
#[derive(Clone, Copy)]
pub struct Moment {
    pub wall: Timestamp,
    steady: Instant,
}

impl Moment {
    pub fn now() -> Moment {
        Moment { wall: clock(), steady: Instant::now() }
    }

    /// Whether the wall clock has moved otherwise than time did since then.
    pub fn jumped(self) -> bool {
        let off = self.wall.plus(self.steady.elapsed()).0.abs_diff(clock().0);
        off > JUMP.as_millis() as u64
    }
}

/// Which feeds are planned anew.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Anew {
    /// Those that are long overdue are spread over time; those that a wrong clock planned too late are taken back.
    All,
    /// The latter alone: who makes a single pass wants what is overdue now.
    TooLate,
}

/// Mends what a clock that was wrong has left, and plans feeds anew.
pub async fn resume(engine: &Engine, which: Anew) -> anyhow::Result<()> {
    let now = clock();
    let last_stamp = engine.writer.last_stamp();
    match engine.readers.ask(move |reader| reader.ahead(last_stamp, now)).await? {
        Ahead::Nothing => {}
        Ahead::Something => {
            tracing::info!("the clock was ahead: what lies in the future by it comes back");
            engine.writer.submit(Command::SetBack { at: now }).await?;
        }
        Ahead::Everything => tracing::warn!(now = now.rfc3339(), "the clock is behind what feeds say; set it right"),
    }
    let config = engine.config.get();
    let of = move |feed: &PlannedFeed| policy(&config, &feed.settings, None);
    replan(engine, move |reader| {
        // Looked through twice: ten thousand feeds with all that is set of them are megabytes.
        let mut n_late = 0;
        reader.planned(|feed| n_late += usize::from(schedule::is_out_of_time(now, &of(&feed), feed.next_poll)))?;
        let spread = schedule::spread_of(n_late);
        let mut moved = Vec::new();
        reader.planned(|feed| {
            let at = schedule::resume(now, &feed.key, &of(&feed), &feed.state, feed.next_poll, spread);
            if at < feed.next_poll || at != feed.next_poll && which == Anew::All {
                moved.push((feed.id, at));
            }
        })?;
        Ok(moved)
    })
    .await
}

/// The network is back: what is overdue comes back over a minute.
pub async fn come_back(engine: &Engine) -> anyhow::Result<()> {
    let now = clock();
    replan(engine, move |reader| {
        let mut moved = Vec::new();
        reader.planned(|feed| {
            if feed.next_poll <= now {
                moved.push((feed.id, schedule::come_back(now, &feed.key, &feed.state, feed.next_poll)));
            }
        })?;
        Ok(moved)
    })
    .await
}

/// Plans feeds anew. A claimed one is left to its poll.
async fn replan(
    engine: &Engine,
    plan: impl FnOnce(&Reader) -> rusqlite::Result<Vec<(FeedId, Timestamp)>> + Send + 'static,
) -> anyhow::Result<()> {
    let plans = engine.claims.not_out(engine.readers.ask(plan).await?).await;
    if !plans.is_empty() {
        engine.writer.submit(Command::Replan { plans }).await?;
    }
    Ok(())
}
