//! The configuration and the list of subscriptions, taken over again while the service runs: wholly, or not at all.

use super::clocks::{Anew, resume};
use super::engine::Engine;
use super::parts::clock;
use super::reloads::{Look, Standing, look};
use super::systemd::notify_status;
use crate::article::rules::Rules;
use crate::config::subscriptions::{self, Subscription};
use crate::config::{Config, ConfigError, Renewed, site_rules};
use crate::records::{Command, Committed, Reply, SyncReport};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What was taken over.
#[derive(Clone, Debug)]
pub struct Reloaded {
    pub feeds: SyncReport,
    /// Keys whose new values hold after a restart.
    pub waiting: Vec<String>,
}

/// What was read of the files, before anything is changed.
struct Read {
    renewed: Renewed,
    /// The list as it is written, and as it is meant.
    text: String,
    list: Vec<Subscription>,
    site_rules: Rules,
}

/// Who asks for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// A command, or a signal.
    ByPerson,
    /// A file changed: perhaps somebody is still writing it.
    ByChange,
}

/// Takes the configuration and the list of subscriptions over again; where one of them is wrong nothing changes. What came
/// of it is logged.
pub async fn reload(engine: &Engine) -> anyhow::Result<Reloaded> {
    reload_asked(engine, Asked::ByPerson).await
}

async fn reload_asked(engine: &Engine, asked: Asked) -> anyhow::Result<Reloaded> {
    let _turn = engine.reloads.turn.lock().await;
    let taken = take_over(engine, asked).await;
    match &taken {
        Ok(reloaded) => {
            let waiting = reloaded.waiting.clone();
            engine.reloads.note(|standing| *standing = Standing { failed: None, waiting });
            tracing::info!(
                n_feeds = reloaded.feeds.n_feeds,
                n_added = reloaded.feeds.added.len(),
                n_removed = reloaded.feeds.n_removed,
                "the configuration is reloaded"
            );
            if !reloaded.waiting.is_empty() {
                tracing::warn!(keys = reloaded.waiting.join(", "), "these keys hold after a restart");
            }
        }
        Err(error) => {
            let why = format!("{error:#}");
            notify_status(&format!("the files were not taken over: {why}"));
            tracing::warn!(error = why, "the configuration is not reloaded: all of it stays as it was");
            engine.reloads.note(|standing| standing.failed = Some((clock(), why)));
        }
    }
    taken
}

async fn take_over(engine: &Engine, asked: Asked) -> anyhow::Result<Reloaded> {
    let running = engine.config.get();
    let read = tokio::task::spawn_blocking(move || {
        // Looked at first: what changes while they are read is read again.
        let files = look(&running);
        (files, read(&running))
    });
    let (files, read) = read.await?;
    let before = engine.reloads.seen();
    engine.reloads.saw(files.clone());
    let Read { renewed, text, list, site_rules } = read?;
    if asked == Asked::ByChange {
        let n_subscribed = engine.readers.ask(|reader| reader.n_subscribed()).await?;
        not_half_written(&before, &files, &renewed.config.feeds_file(), (n_subscribed, list.len()))?;
    }
    let (rules, triggers) = (renewed.config.rules.clone(), renewed.config.triggers());
    // Rules are judged by the tags that feeds have now.
    let committed = subscribe(engine, text, list).await?;
    let Reply::Subscribed(feeds) = committed.reply else {
        anyhow::bail!("the writer answered {:?} to a list of subscriptions", committed.reply);
    };
    // Where there are several nodes, the leader's hold.
    if engine.duties.leads() {
        engine.writer.submit(Command::Watch { rules, triggers, at: clock() }).await?;
    }
    engine.site_rules.set(site_rules);
    engine.reloads.took_over(&renewed.config);
    engine.config.set(renewed.config);
    let planned = async {
        engine.watch_network().await?;
        // What is planned later than the new intervals allow.
        resume(engine, Anew::TooLate).await
    };
    if let Err(error) = planned.await {
        tracing::error!(error = format!("{error:#}"), "feeds are planned as before the reload");
    }
    engine.bells.feeds_changed.notify_one();
    engine.bells.notices_made.notify_one();
    Ok(Reloaded { feeds, waiting: renewed.waiting })
}

/// From so many subscriptions on, half of them do not go because a file changed.
const MANY_FEEDS: usize = 8;

/// Refuses files that look as if somebody were still writing them, or had cut them: nobody loses feeds or rules by that.
/// `n_feeds`: that are subscribed, and that are listed now.
fn not_half_written(before: &[Look], now: &[Look], list: &Path, n_feeds: (usize, usize)) -> Result<(), ConfigError> {
    let wrong = |file: &Path, what: String| {
        Err(ConfigError(format!("{}: {what}; `courant reload` takes it over if that is meant", file.display())))
    };
    for (file, found) in now.iter().filter(|(file, _)| file != list) {
        let was_there = || before.iter().any(|(known, found)| known == file && found.is_some());
        match found {
            Some((_, 0)) => return wrong(file, "it is empty".into()),
            None if was_there() => return wrong(file, "it is gone".into()),
            _ => {}
        }
    }
    match n_feeds {
        (n, 0) if n > 0 => wrong(list, format!("it lists no feed, and {n} are subscribed")),
        (n, left) if n >= MANY_FEEDS && left * 2 < n => wrong(list, format!("it lists {left} feeds, and {n} are subscribed")),
        _ => Ok(()),
    }
}

fn read(running: &Config) -> Result<Read, ConfigError> {
    let renewed = running.renewed(running.read_again()?);
    let file = renewed.config.feeds_file();
    let no_file = || ConfigError(format!("{}: no such file", file.display()));
    let text = std::fs::read_to_string(&file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => no_file(),
        _ => ConfigError::reading(&file, &error),
    })?;
    let list = subscriptions::parse(&file.display().to_string(), &text)?;
    let site_rules = site_rules::read(&renewed.config.article.site_rules)?;
    Ok(Read { renewed, text, list, site_rules })
}

/// Commits the list, and where there are several nodes its text too.
#[cfg_attr(not(feature = "cluster"), expect(unused_variables))]
async fn subscribe(engine: &Engine, text: String, list: Vec<Subscription>) -> anyhow::Result<Committed> {
    #[cfg(feature = "cluster")]
    if let Some(node) = &engine.node {
        return node.share_list(text, list).await;
    }
    Ok(engine.writer.submit(Command::Subscribe { list, at: clock() }).await?)
}

/// Files are looked at so often. By their times and lengths: watching by the kernel sees no change through network file
/// systems and mounts of containers, and two looks a few seconds apart show that whoever writes has ended.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Takes over what changes in the files, once it has stood still from one look to the next.
pub(super) async fn watch_files(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut before: Option<Vec<Look>> = None;
    loop {
        tokio::select! {
            // An error means that the sender is gone: the service is ending.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let config = engine.config.get();
        let now = tokio::task::spawn_blocking(move || look(&config)).await?;
        if now != engine.reloads.seen() && before.as_ref() == Some(&now) {
            // What came of it is logged, and told by `status`.
            _ = reload_asked(&engine, Asked::ByChange).await;
        }
        before = Some(now);
    }
}

/// Takes them over at SIGHUP.
pub(super) async fn reload_on_hangup(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            _ = hangup.recv() => {}
        }
        _ = reload(&engine).await;
    }
}
