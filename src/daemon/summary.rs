//! What was done, told now and then: a line in the log, one for systemd, and a sample for the page at `/status`.

use super::engine::Engine;
use super::pass::Done;
use super::sample;
use super::systemd::notify_status;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const EVERY: Duration = Duration::from_secs(15 * 60);

/// Tells every quarter of an hour in which something was done.
pub(super) async fn tell(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut before = Done::of(&engine.stats);
    loop {
        tokio::select! {
            // An error means that the sender is gone: the service is ending.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = Done::of(&engine.stats);
        let done = now.since(before);
        before = now;
        if done.polled + done.articles + done.settled > 0 {
            tracing::info!(
                polled = done.polled,
                unchanged = done.unchanged,
                failed = done.failed,
                new_entries = done.new_entries,
                edited = done.edited,
                articles = done.articles,
                without_article = done.without_article,
                settled = done.settled,
                "in a quarter of an hour"
            );
        }
        note(&engine, &done).await;
        match engine.readers.ask(|reader| reader.standing()).await {
            Ok(standing) => notify_status(&format!(
                "{} feeds, {} of them fail; in a quarter of an hour {} polls, {} new entries, {} articles",
                standing.n_feeds, standing.n_failing, done.polled, done.new_entries, done.articles
            )),
            Err(error) => tracing::debug!(error = format!("{error:#}"), "systemd is told nothing new"),
        }
    }
}

/// A picture has a gap where it fails: on a full disk nothing is written.
async fn note(engine: &Engine, done: &Done) {
    if let Err(error) = sample::note(engine, done).await {
        tracing::debug!(error = format!("{error:#}"), "how things stand was not noted");
    }
}
