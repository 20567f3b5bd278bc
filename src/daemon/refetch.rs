//! One feed, asked for everything anew because a person wants it: what its server said last is forgotten first.

use super::engine::Engine;
use super::parts::{Stats, clock};
use crate::model::{FeedId, Timestamp};
use crate::records::Command;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
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
    let now = clock();
    if engine.readers.ask(move |reader| reader.feed_to_poll(feed)).await?.is_none() {
        return Ok(Refetched::NotPolled);
    }
    engine.writer.submit(Command::Refetch { feed, at: now }).await?;
    let Some(due) = engine.readers.ask(move |reader| reader.feed_to_poll(feed)).await? else { return Ok(Refetched::NotPolled) };
    if let Some(until) = due.state.hold_until.filter(|until| *until > now) {
        return Ok(Refetched::Held { until });
    }
    // Whoever asks wants to know whether the network is back.
    engine.client.probe_now(now);
    Stats::add(&engine.stats.polls_in_flight, 1);
    engine.polls.poll(Arc::new(due)).await;
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
