//! What was done, told now and then: a line in the log and one for systemd.

use super::engine::Engine;
use super::pass::Snapshot;
use super::systemd::notify_status;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const EVERY: Duration = Duration::from_secs(15 * 60);

/// Tells every quarter of an hour in which something was done.
pub(super) async fn tell(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut before = Snapshot::of(&engine.stats);
    loop {
        tokio::select! {
            // An error means that the sender is gone: the service is ending.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = Snapshot::of(&engine.stats);
        let [polled, unchanged, failed, new_entries, edited, articles, without_article, settled] = now.since(before);
        before = now;
        if polled + articles + settled > 0 {
            tracing::info!(
                polled,
                unchanged,
                failed,
                new_entries,
                edited,
                articles,
                without_article,
                settled,
                "in a quarter of an hour"
            );
        }
        match engine.readers.ask(|reader| reader.standing()).await {
            Ok(standing) => notify_status(&format!(
                "{} feeds, {} of them fail; in a quarter of an hour {polled} polls, {new_entries} new entries, {articles} articles",
                standing.n_feeds, standing.n_failing
            )),
            Err(error) => tracing::debug!(error = format!("{error:#}"), "systemd is told nothing new"),
        }
    }
}
