//! One feed, asked for everything anew because a person wants it: what its server said last is forgotten first.

use super::engine::Engine;
use super::parts::{Stats, clock};
use crate::model::{FeedId, Timestamp};
use crate::records::Command;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refetched {
    /// It was read; so many entries are stored of it now.
    Read { n_entries: i64 },
    /// It is paused, or not in feeds.toml.
    NotPolled,
    /// Its server asked to be left alone until then; it is asked for everything afterwards.
    Held { until: Timestamp },
    /// It could not be read, and why; it is asked for everything the next time.
    Failed(String),
}

/// While somebody else polls the feed, it is looked again so often.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Polls one feed, whatever its turn is. Its pages and stories are left to who waits for them.
pub async fn refetch(engine: &Arc<Engine>, feed: FeedId) -> anyhow::Result<Refetched> {
    while !engine.claims.take(feed, clock()).await? {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let asked = ask(engine, feed).await;
    engine.claims.feed_is_back(feed);
    asked
}

async fn ask(engine: &Arc<Engine>, feed: FeedId) -> anyhow::Result<Refetched> {
    let Some(known) = engine.readers.ask(move |reader| reader.feed_to_poll(feed)).await? else { return Ok(Refetched::NotPolled) };
    let asked = engine.duties.ask_anywhere(known.asked_address(), ask_anew(engine, feed)).await;
    asked.unwrap_or_else(|| {
        Err(anyhow::anyhow!(
            "another node of the cluster asks there, and could not leave it to this one now; ask again, or there"
        ))
    })
}

async fn ask_anew(engine: &Arc<Engine>, feed: FeedId) -> anyhow::Result<Refetched> {
    let now = clock();
    engine.writer.submit(Command::Refetch { feed, at: now }).await?;
    let Some(due) = engine.readers.ask(move |reader| reader.feed_to_poll(feed)).await? else { return Ok(Refetched::NotPolled) };
    if let Some(until) = due.state.hold_until.filter(|until| *until > now) {
        return Ok(Refetched::Held { until });
    }
    // Whoever asks wants to know whether the network is back.
    engine.client.probe_now(now);
    let in_flight = InFlight::begin(&engine.stats);
    engine.polls.poll(Arc::new(due)).await;
    in_flight.ends_with_the_poll();
    engine.polls.unchanged.flush().await;
    if let Some(down) = engine.network() {
        return Ok(Refetched::Failed(format!("the network is {}", down.sentence())));
    }
    let rows = engine.readers.ask(|reader| reader.feeds()).await?;
    Ok(match rows.into_iter().find(|row| row.id == feed) {
        None => Refetched::NotPolled,
        Some(row) => match row.error {
            Some(error) => Refetched::Failed(error),
            None => Refetched::Read { n_entries: row.n_entries },
        },
    })
}

/// Counts a poll, also where it is dropped in its midst.
struct InFlight<'a>(Option<&'a Stats>);

impl<'a> InFlight<'a> {
    fn begin(stats: &'a Stats) -> InFlight<'a> {
        Stats::add(&stats.polls_in_flight, 1);
        InFlight(Some(stats))
    }

    /// A poll that ends counts itself.
    fn ends_with_the_poll(mut self) {
        self.0 = None;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(stats) = self.0 {
            stats.polls_in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
