//! The Unix socket in the state folder, by which other commands ask the owner to act: one JSON line a request, one JSON
//! line an answer.

use super::engine::Engine;
use super::parts::{Stats, clock};
use super::pass::{PassReport, Snapshot, report};
use super::refetch::{Refetched, refetch};
use super::reload::reload;
use crate::model::Timestamp;
use crate::network::Down;
use crate::records::{Command, Corrected, Correction, Reply};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What can be asked of the owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase")]
pub enum ControlRequest {
    /// Nothing but an answer.
    Alive,
    /// Poll what is due (or all) and say what came of it when nothing is left to do now.
    Once { all: bool },
    /// Read feeds.toml again.
    Reload,
    /// Forget a feed that feeds.toml no longer lists.
    Remove { url: String, purge: bool },
    /// Ask for everything of a feed anew, now.
    Refetch { url: String },
    /// Whether the network is down.
    Network,
    /// Split or merge stories by hand, or undo that.
    Correct { correction: Correction },
}

/// What the owner answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlResponse {
    Alive,
    Pass(Box<PassReport>),
    Reloaded {
        n_feeds: usize,
        n_added: usize,
        n_removed: usize,
    },
    /// How many stories went with the feed.
    Removed {
        n_stories: usize,
    },
    Corrected(Corrected),
    Refetched(Refetched),
    /// What is wrong with the network, if anything is.
    Network(Option<Down>),
    Error(String),
}

pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("courant.sock")
}

/// Asks the owner; `Ok(None)`: there is none.
pub fn ask(state_dir: &Path, ask: &ControlRequest) -> anyhow::Result<Option<ControlResponse>> {
    let mut stream = match UnixStream::connect(path(state_dir)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error).context("cannot ask the running courant"),
    };
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line).context("cannot ask the running courant")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).context("the running courant did not answer")?;
    anyhow::ensure!(!answer.is_empty(), "the running courant ended before it answered");
    Ok(Some(serde_json::from_str(&answer).context("the running courant answered in another version's words")?))
}

/// What the owner knows to be wrong with the network; `None`: nothing, or there is no owner to ask.
pub fn network(state_dir: &Path) -> Option<Down> {
    match ask(state_dir, &ControlRequest::Network) {
        Ok(Some(ControlResponse::Network(down))) => down,
        // An owner of another version does not know; one that cannot be asked is seen elsewhere.
        _ => None,
    }
}

/// Binds the socket. We hold the lock, so one that lies there is a dead owner's.
pub(super) fn bind(state_dir: &Path) -> anyhow::Result<UnixListener> {
    let path = path(state_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context(format!("{}", path.display())),
        _ => {}
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot listen on {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Answers until told to stop; then the socket goes.
pub(super) async fn serve(engine: Arc<Engine>, listener: UnixListener, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let engine = engine.clone();
                tasks.spawn(async move {
                    if let Err(error) = converse(&engine, stream).await {
                        tracing::debug!(error = format!("{error:#}"), "a conversation on the socket ended early");
                    }
                });
            }
            Some(_) = tasks.join_next() => {}
        }
    }
    let path = path(&engine.config.state_dir);
    std::fs::remove_file(&path).with_context(|| format!("{}", path.display()))
}

async fn converse(engine: &Arc<Engine>, mut stream: tokio::net::UnixStream) -> anyhow::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    // No request is longer than an address, or the entries of a story.
    tokio::io::BufReader::new(read.take(64 * 1024)).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Err(error) => ControlResponse::Error(format!("not a request: {error}")),
        Ok(ask) => act(engine, ask).await.unwrap_or_else(|error| ControlResponse::Error(format!("{error:#}"))),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    Ok(())
}

async fn act(engine: &Arc<Engine>, ask: ControlRequest) -> anyhow::Result<ControlResponse> {
    match ask {
        ControlRequest::Alive => Ok(ControlResponse::Alive),
        ControlRequest::Refetch { url } => {
            let feed = engine.readers.ask(move |reader| reader.feed_of(&url)).await?;
            let feed = feed.ok_or_else(|| anyhow::anyhow!("no subscription has this address"))?;
            Ok(ControlResponse::Refetched(refetch(engine, feed).await?))
        }
        ControlRequest::Network => Ok(ControlResponse::Network(engine.network())),
        ControlRequest::Reload => {
            let report = reload(engine).await?;
            Ok(ControlResponse::Reloaded { n_feeds: report.n_feeds, n_added: report.added.len(), n_removed: report.n_removed })
        }
        ControlRequest::Remove { url, purge } => {
            let Some(feed) = engine.readers.ask(move |reader| reader.feed_of(&url)).await? else {
                return Ok(ControlResponse::Removed { n_stories: 0 });
            };
            match engine.writer.submit(Command::Remove { feed, purge, at: clock() }).await?.reply {
                Reply::Removed { n_stories } => Ok(ControlResponse::Removed { n_stories }),
                other => anyhow::bail!("the writer answered {other:?} to a removal"),
            }
        }
        ControlRequest::Correct { correction } => {
            match engine.writer.submit(Command::Correct { correction, at: clock() }).await?.reply {
                Reply::Corrected(corrected) => Ok(corrected.map_or_else(ControlResponse::Error, ControlResponse::Corrected)),
                other => anyhow::bail!("the writer answered {other:?} to a correction"),
            }
        }
        ControlRequest::Once { all } => {
            let (started, before) = (clock(), Snapshot::of(&engine.stats));
            // Whoever asks wants to know whether the network is back: one host is asked at once.
            engine.client.probe_now(started);
            if all {
                engine.claims.want_all(started).await?;
            }
            engine.bells.feeds_changed.notify_one();
            while !idle(engine).await? {
                // A pass is over when nothing but the judgement of failures is awaited.
                let n_busy = Stats::get(&engine.stats.polls_in_flight) + Stats::get(&engine.stats.pages_in_flight);
                if n_busy > 0 && n_busy == engine.client.n_undecided() as u64 {
                    engine.client.conclude(started, clock());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(ControlResponse::Pass(Box::new(report(engine, before, started).await?)))
        }
    }
}

/// Waits until the loops of the service have nothing left to do now.
pub async fn until_idle(engine: &Arc<Engine>) -> anyhow::Result<()> {
    while !idle(engine).await? {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Nothing is due, on its way, or ready to be settled.
async fn idle(engine: &Arc<Engine>) -> anyhow::Result<bool> {
    let now = clock();
    let soonest = [engine.claims.next_feed(Timestamp(i64::MIN)).await?, engine.claims.next_page().await?];
    let due = soonest.into_iter().flatten().any(|at| at <= now);
    let ready = !engine.readers.ask(|reader| reader.to_settle(1)).await?.is_empty();
    // Last: what was claimed while the others were looked up is on its way by now.
    let busy = Stats::get(&engine.stats.polls_in_flight) + Stats::get(&engine.stats.pages_in_flight) > 0;
    Ok(!busy && !due && !ready)
}
