//! The Unix socket in the state folder, by which other commands ask the owner to act: one JSON line a request, one JSON
//! line an answer.

use super::engine::Engine;
use super::parts::{Stats, clock};
use super::pass::{Done, PassReport, report};
use super::refetch::{Refetched, refetch};
use super::reload::{Reloaded, reload};
use super::reloads::Standing;
use crate::config::ConfigError;
use crate::model::StoryId;
use crate::model::Timestamp;
use crate::network::Down;
use crate::records::{App, Command, Corrected, Correction, Marking, Reply};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
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
    /// How the owner itself is.
    Health,
    /// Poll what is due (or all) and say what came of it when nothing is left to do now.
    Once { all: bool },
    /// Read the configuration and feeds.toml again.
    Reload,
    /// Forget a feed that feeds.toml no longer lists.
    Remove { url: String, purge: bool },
    /// Ask for everything of a feed anew, now.
    Refetch { url: String },
    /// Whether the network is down.
    Network,
    /// Remove what is older than is kept, now.
    Prune,
    /// Split or merge stories by hand, or undo that.
    Correct { correction: Correction },
    /// Mark stories: at most [`MOST_MARKED`].
    Mark { stories: Vec<StoryId>, marking: Marking },
    /// How this node of a cluster is, and what it is to do.
    #[cfg(feature = "cluster")]
    Cluster { what: super::cluster::Ask },
    /// Let an app read and mark.
    AddApp { app: App },
    /// Do so no longer.
    RemoveApp { name: String },
}

/// Stories that one request may mark: it is one line, whose length is limited.
pub const MOST_MARKED: usize = 2000;

/// What the owner answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlResponse {
    Alive,
    /// In one line, what keeps it from polling.
    Health {
        trouble: Option<String>,
        /// How the files were last taken over.
        #[serde(default)]
        reload: Standing,
        /// In one line, what it is among several, where it is.
        #[serde(default)]
        node: Option<String>,
    },
    Pass(Box<PassReport>),
    Reloaded {
        n_feeds: usize,
        n_added: usize,
        n_removed: usize,
        /// Keys whose new values hold after a restart.
        #[serde(default)]
        waiting: Vec<String>,
    },
    /// How many stories went with the feed.
    Removed {
        n_stories: usize,
    },
    Corrected(Corrected),
    /// How many stories were not so before.
    Marked {
        n_stories: usize,
    },
    /// Whether the app was not there before, or was.
    App {
        is_done: bool,
    },
    Refetched(Refetched),
    #[cfg(feature = "cluster")]
    Node(Box<crate::records::NodeStanding>),
    /// What is wrong with the network, if anything is.
    Network(Option<Down>),
    /// The files cannot be taken over as they are.
    Misconfigured(String),
    Error(String),
}

/// The socket's place.
fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("courant.sock")
}

/// The place under a name that is short enough for a socket's address, whatever the folder is called.
struct Place {
    path: PathBuf,
    /// The folder, held open where the name leads through it.
    _folder: Option<File>,
}

/// Bytes of a path that fit into a socket's address everywhere, with the zero behind it.
const LONGEST_PATH: usize = 103;

impl Place {
    fn of(state_dir: &Path) -> std::io::Result<Place> {
        use std::os::fd::AsRawFd;
        let path = path(state_dir);
        if path.as_os_str().len() <= LONGEST_PATH {
            return Ok(Place { path, _folder: None });
        }
        let folder = File::open(state_dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/courant.sock", folder.as_raw_fd()));
        Ok(Place { path, _folder: Some(folder) })
    }
}

/// Asks the owner; `Ok(None)`: there is none.
pub fn ask(state_dir: &Path, ask: &ControlRequest) -> anyhow::Result<Option<ControlResponse>> {
    let connected = Place::of(state_dir).and_then(|place| UnixStream::connect(&place.path));
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error).context("cannot ask the running courant"),
    };
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line).context("cannot ask the running courant")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).context("the running courant did not answer")?;
    anyhow::ensure!(
        !answer.is_empty(),
        "the running courant ended before it answered: look whether it was done before you ask again"
    );
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

/// Binds the socket. We hold the lock, so one that lies there is a dead owner's. `None`: the disk takes no socket now.
pub(super) fn bind(state_dir: &Path) -> anyhow::Result<Option<UnixListener>> {
    match try_bind(state_dir) {
        Ok(listener) => Ok(Some(listener)),
        Err(error)
            if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem | ErrorKind::QuotaExceeded) =>
        {
            tracing::debug!(%error, "other commands cannot ask this process before the disk takes its socket");
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {}", path(state_dir).display())),
    }
}

fn try_bind(state_dir: &Path) -> std::io::Result<UnixListener> {
    let place = Place::of(state_dir)?;
    match std::fs::remove_file(&place.path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&place.path)?;
    std::fs::set_permissions(&place.path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Answers until told to stop; then the socket goes.
pub(super) async fn serve(
    engine: Arc<Engine>,
    mut listener: Option<UnixListener>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = accept(&engine, &mut listener) => {
                let engine = engine.clone();
                tasks.spawn(async move {
                    if let Err(error) = converse(&engine, accepted).await {
                        tracing::debug!(error = format!("{error:#}"), "a conversation on the socket ended early");
                    }
                });
            }
            Some(_) = tasks.join_next() => {}
        }
    }
    // One that stays is taken away by the next owner.
    if let Err(error) = std::fs::remove_file(path(&engine.config.get().state_dir)) {
        tracing::debug!(%error, "the socket could not be removed");
    }
    Ok(())
}

/// The next conversation. What keeps it from being accepted passes: descriptors that are all in use, a disk that takes no
/// socket.
async fn accept(engine: &Engine, listener: &mut Option<UnixListener>) -> tokio::net::UnixStream {
    /// Between two tries.
    const BREATH: Duration = Duration::from_millis(500);
    loop {
        let Some(bound) = listener else {
            engine.writer.writable().await;
            match try_bind(&engine.config.get().state_dir) {
                Ok(bound) => *listener = Some(bound),
                Err(error) => {
                    tracing::debug!(%error, "the socket cannot be bound yet");
                    tokio::time::sleep(BREATH).await;
                }
            }
            continue;
        };
        match bound.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::debug!(%error, "a conversation on the socket has to wait");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
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
        #[cfg(feature = "cluster")]
        ControlRequest::Cluster { what } => {
            let node =
                engine.node.as_ref().ok_or_else(|| anyhow::anyhow!("this courant is alone: [cluster] names no database"))?;
            Ok(ControlResponse::Node(Box::new(super::cluster::act(node, what).await?)))
        }
        ControlRequest::Network => Ok(ControlResponse::Network(engine.network())),
        ControlRequest::Health => {
            let trouble = engine.writer.trouble().map(|trouble| trouble.to_string());
            Ok(ControlResponse::Health {
                trouble,
                reload: engine.reloads.standing(),
                node: engine.node().map(|node| node.sentence()),
            })
        }
        ControlRequest::Reload => {
            let Reloaded { feeds, waiting } = match reload(engine).await.map_err(|error| error.downcast::<ConfigError>()) {
                Ok(reloaded) => reloaded,
                Err(Ok(ConfigError(why))) => return Ok(ControlResponse::Misconfigured(why)),
                Err(Err(error)) => return Err(error),
            };
            let (n_feeds, n_added, n_removed) = (feeds.n_feeds, feeds.added.len(), feeds.n_removed);
            Ok(ControlResponse::Reloaded { n_feeds, n_added, n_removed, waiting })
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
        ControlRequest::Prune => Ok(ControlResponse::Removed { n_stories: engine.pruner().work(true).await? }),
        ControlRequest::Correct { correction } => {
            match engine.writer.submit(Command::Correct { correction, at: clock() }).await?.reply {
                Reply::Corrected(corrected) => Ok(corrected.map_or_else(ControlResponse::Error, ControlResponse::Corrected)),
                other => anyhow::bail!("the writer answered {other:?} to a correction"),
            }
        }
        ControlRequest::Mark { stories, marking } => {
            match engine.writer.submit(Command::Mark { stories, marking, at: clock() }).await?.reply {
                Reply::Marked { n_stories } => Ok(ControlResponse::Marked { n_stories }),
                other => anyhow::bail!("the writer answered {other:?} to a mark"),
            }
        }
        ControlRequest::AddApp { app } => app_reply(engine, Command::AddApp { app, at: clock() }).await,
        ControlRequest::RemoveApp { name } => app_reply(engine, Command::RemoveApp { name }).await,
        ControlRequest::Once { all } => {
            if let Some(trouble) = engine.writer.trouble() {
                anyhow::bail!("{trouble}");
            }
            let (started, before) = (clock(), Done::of(&engine.stats));
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

async fn app_reply(engine: &Arc<Engine>, command: Command) -> anyhow::Result<ControlResponse> {
    match engine.writer.submit(command).await?.reply {
        Reply::App(is_done) => Ok(ControlResponse::App { is_done }),
        other => anyhow::bail!("the writer answered {other:?} to an app"),
    }
}

/// Waits until the loops of the service have nothing left to do now.
pub async fn until_idle(engine: &Arc<Engine>) -> anyhow::Result<()> {
    engine.duties.to_poll().await;
    while !idle(engine).await? {
        if let Some(trouble) = engine.writer.trouble() {
            anyhow::bail!("{trouble}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Nothing is due, on its way, or ready to be settled.
async fn idle(engine: &Arc<Engine>) -> anyhow::Result<bool> {
    let now = clock();
    let soonest = [engine.claims.next_feed(Timestamp(i64::MIN)).await?, engine.claims.next_page().await?];
    let due = soonest.into_iter().flatten().any(|at| at <= now);
    let ready = engine.readers.ask(|reader| Ok(!reader.to_settle(1)?.is_empty() || reader.n_unruled()? > 0)).await?;
    // Last: what was claimed while the others were looked up is on its way by now.
    let busy = Stats::get(&engine.stats.polls_in_flight) + Stats::get(&engine.stats.pages_in_flight) > 0;
    Ok(!busy && !due && !ready)
}
