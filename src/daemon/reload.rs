//! The list of subscriptions, taken over again while the service runs.

use super::engine::Engine;
use super::parts::clock;
use crate::config::ConfigError;
use crate::config::subscriptions::{self, Subscription};
use crate::records::{Command, Reply, SyncReport};

/// Takes the list of subscriptions over again; a damaged one changes nothing.
pub async fn reload(engine: &Engine) -> anyhow::Result<SyncReport> {
    let file = engine.config.feeds.clone();
    let list = tokio::task::spawn_blocking(move || -> Result<Vec<Subscription>, ConfigError> {
        subscriptions::read(&file)?.ok_or_else(|| ConfigError(format!("{}: no such file", file.display())))
    })
    .await??;
    let committed = engine.writer.submit(Command::Subscribe { list, at: clock() }).await?;
    engine.watch_network().await?;
    engine.bells.feeds_changed.notify_one();
    match committed.reply {
        Reply::Subscribed(report) => Ok(report),
        other => anyhow::bail!("the writer answered {other:?} to a list of subscriptions"),
    }
}
