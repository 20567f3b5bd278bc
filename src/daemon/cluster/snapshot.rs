//! A whole database → the engine, and back: how a node joins, and how the log is cut.

use super::super::backup;
use super::super::parts::clock;
use super::forward::pack;
use super::node::{NeedsSnapshot, Node};
use crate::cluster::{
    Bell, Engine, EngineError, MAX_CHUNK_BYTES, MemberState, NODE_LEASE, PostgresEngine, boottime, submission_id,
};
use crate::config::Config;
use crate::records::Submitted;
use crate::store::files::{LOG, SHARED, beside};
use crate::store::{Opening, Reader, Replica, Store, empty_log, restore};
use anyhow::Context;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The log is looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A snapshot takes the place of so many records at least.
const MANY_RECORDS: u64 = 256;
/// Databases are packed at this level: at the next the time doubles, and a twentieth is saved.
const LEVEL: i32 = 3;
/// A leader that makes a snapshot answers when it is there; else somebody else may lead by then.
const PATIENCE: Duration = Duration::from_secs(4);
const ANSWERS_EVERY: Duration = Duration::from_millis(100);

impl Node {
    /// Makes snapshots, where others need one or the log has grown, and cuts the log behind them.
    pub(super) async fn keep_snapshots(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            self.duties.to_lead().await;
            let wanted = tokio::select! {
                () = self.snapshot_wanted.notified() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            if !self.duties.leads() {
                continue;
            }
            if let Err(error) = self.make_due_snapshot(wanted).await {
                tracing::warn!(error = format!("{error:#}"), "no snapshot was made for the cluster; it is tried again");
            }
        }
    }

    async fn make_due_snapshot(&self, wanted: bool) -> anyhow::Result<()> {
        let (n_bytes, last, head) = (self.engine.log_bytes().await?, self.engine.snapshot().await?, self.engine.head().await?);
        let most = self.config.get().cluster.log_bytes as u64;
        let n_behind_it = last.map(|last| head.newest.saturating_sub(last.seq));
        let is_due = n_behind_it.is_none_or(|n| n > 0 && wanted || n > MANY_RECORDS && n_bytes > most);
        if is_due {
            let database = self.config.get().database();
            let seq = upload(&*self.engine, &database).await?;
            tracing::info!(seq, n_bytes, "a snapshot of the database is in the cluster");
            // Who is a little behind goes on by the log, as long as that is no longer than it may be.
            let members = self.engine.members().await?;
            let live = members.iter().filter(|seen| seen.lapsed.is_none() && seen.member.state.polls);
            let behind = live.map(|seen| seen.member.state.applied).fold(seq, u64::min);
            self.engine.trim(if n_bytes > most { seq } else { behind + 1 }).await?;
        }
        Ok(())
    }

    /// Begins the log anew from this node's database.
    pub(super) async fn reseed(&self) -> anyhow::Result<()> {
        self.engine.reseed(&self.cluster).await?;
        self.state(|state| state.no_view_until = boottime() + NODE_LEASE);
        upload(&*self.engine, &self.config.get().database()).await?;
        // All memberships ended with it. What this node has out goes on: its domains are nobody else's before the next view.
        self.state(|state| state.session = None);
        self.fail_pending("the cluster's log is begun anew");
        Ok(())
    }
}

/// The cluster that a configuration names. It is not asked yet.
pub(in super::super) fn engine_of(config: &Config) -> anyhow::Result<Arc<dyn Engine>> {
    let (cluster, secrets) = (config.cluster.clone(), config.secrets.clone());
    Ok(Arc::new(PostgresEngine::at(Box::new(move || cluster.address(&secrets))).context("cluster.url")?))
}

/// Makes a cluster of this machine's database, which is made where there is none. `anew`: there was one, whose log is lost.
pub async fn create(config: &Config, anew: bool) -> anyhow::Result<String> {
    let engine = engine_of(config)?;
    let database = config.database();
    let mut store = Store::open_any(&database, Opening::now(clock()))?;
    let node = config.cluster.node.clone();
    let found = store.replica()?;
    let cluster = match (&found, anew) {
        (Some(replica), _) => replica.cluster.clone(),
        (None, true) => anyhow::bail!("{} is no node's; `courant cluster create` makes a cluster of it", database.display()),
        (None, false) => Uuid::new_v4().to_string(),
    };
    if anew {
        let replica = found.context("a node's database says whose it is")?;
        store.be_replica(&Replica { node, ..replica })?;
        engine.reseed(&cluster).await?;
    } else {
        // Noted first: where this is cut short the next try goes on.
        let replica = Replica { cluster: cluster.clone(), node, seq: 0, chain: 0, list: None };
        store.be_replica(found.as_ref().unwrap_or(&replica))?;
        match engine.create(&cluster).await {
            Err(EngineError::Exists) if engine.identity().await? == cluster && engine.snapshot().await?.is_none() => {}
            Err(EngineError::Exists) if found.is_some() => anyhow::bail!(
                "{} is node \"{}\" of a cluster already; where the cluster's database has lost its log, `courant cluster reseed` \
                 begins it anew from here",
                database.display(),
                config.cluster.node
            ),
            Err(error) => {
                if found.is_none() {
                    store.be_nobodys()?;
                }
                return Err(error.into());
            }
            Ok(()) => {}
        }
    }
    // What lies in the log of the file is in it when it is copied.
    store.forget_index();
    drop(store);
    upload(&*engine, &database).await?;
    Ok(cluster)
}

/// Makes this machine a node: its database is the cluster's newest snapshot.
pub async fn join(config: &Config) -> anyhow::Result<u64> {
    let database = config.database();
    if [&database, &beside(&database, LOG)].iter().any(|file| file.exists()) {
        anyhow::bail!(
            "{} exists: a node begins with the cluster's database; move it away, or name another state_dir",
            database.display()
        );
    }
    let engine = engine_of(config)?;
    engine.admit(&config.cluster.node).await.or_else(|error| match error {
        EngineError::NoSuchNode(_) => Ok(()),
        other => Err(other),
    })?;
    fetch(&*engine, config).await
}

/// The same of a node that has none, when its service starts: one that was removed is not let in again by that.
pub async fn fetch_first(config: &Config) -> anyhow::Result<u64> {
    fetch(&*engine_of(config)?, config).await
}

/// Whether a snapshot may be had another time.
pub fn may_pass(error: &anyhow::Error) -> bool {
    error.downcast_ref::<EngineError>().is_some_and(|error| matches!(error, EngineError::Unreachable(_)))
        || error.is::<NoSnapshotYet>()
}

/// The node that made the cluster is making its first one.
#[derive(Debug, thiserror::Error)]
#[error("the cluster has no snapshot yet: start the node that made it")]
pub struct NoSnapshotYet;

/// For a node whose database cannot go on by the log: a snapshot that can, beside it. `Err`: there is none yet.
pub(super) async fn fetch_another(engine: &dyn Engine, config: &Config, needs: &NeedsSnapshot) -> anyhow::Result<()> {
    let newest = engine.snapshot().await?.map_or(0, |snapshot| snapshot.seq);
    if newest < needs.seq {
        ask_for_one(engine, &config.cluster.node).await?;
    }
    let newest = engine.snapshot().await?.map_or(0, |snapshot| snapshot.seq);
    anyhow::ensure!(
        newest >= needs.seq,
        "the cluster's snapshot ends at record {newest}, and one that ends at {} is needed",
        needs.seq
    );
    let seq = fetch_to(engine, config, &fetched(config)).await?;
    tracing::info!(seq, "a snapshot of the cluster's is here");
    Ok(())
}

/// Puts that snapshot in the database's place; where the database is now.
pub fn begin_anew(config: &Config) -> anyhow::Result<PathBuf> {
    let (database, fresh) = (config.database(), fetched(config));
    let aside = restore(&fresh, &database, &format!(".{}.diverged", clock().0))?;
    std::fs::remove_file(&fresh).with_context(|| fresh.display().to_string())?;
    Ok(aside.unwrap_or(database))
}

fn fetched(config: &Config) -> PathBuf {
    config.database().with_extension("snapshot")
}

/// Asks the leader for a snapshot; the node is a member as long as that takes.
async fn ask_for_one(engine: &dyn Engine, node: &str) -> anyhow::Result<()> {
    let session = engine.join(node, &MemberState::default()).await?;
    engine.submit(node, session, &[(submission_id(session, 1), pack(&Submitted::Snapshot)?)]).await?;
    let (started, mut heard) = (tokio::time::Instant::now(), 0);
    while started.elapsed() < PATIENCE && engine.answers(session).await?.is_empty() {
        heard = engine.wait(Bell::Answers, heard, ANSWERS_EVERY).await;
    }
    engine.leave(node, session).await?;
    Ok(())
}

async fn fetch(engine: &dyn Engine, config: &Config) -> anyhow::Result<u64> {
    let (database, part) = (config.database(), fetched(config));
    let seq = fetch_to(engine, config, &part).await?;
    std::fs::rename(&part, &database).with_context(|| database.display().to_string())?;
    Ok(seq)
}

/// Writes the newest snapshot into a file, which is this node's from then on.
async fn fetch_to(engine: &dyn Engine, config: &Config, to: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::OpenOptionsExt;
    let cluster = engine.identity().await?;
    // A newer one may take its place while it is read: then it begins again.
    for _ in 0..MOST_TRIES {
        let snapshot = engine.snapshot().await?.ok_or(NoSnapshotYet)?;
        for left in [beside(to, LOG), beside(to, SHARED)] {
            // Of an earlier try: it would be read into the new one.
            match std::fs::remove_file(&left) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| left.display().to_string());
                }
                _ => {}
            }
        }
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(to);
        let mut unpacker = zstd::stream::write::Decoder::new(file.with_context(|| to.display().to_string())?)?;
        let mut is_whole = true;
        for n in 0..snapshot.n_chunks {
            match engine.chunk(snapshot.id, n).await? {
                Some(chunk) => unpacker.write_all(&chunk)?,
                None => is_whole = false,
            }
        }
        if !is_whole {
            continue;
        }
        unpacker.flush()?;
        unpacker.into_inner().sync_all()?;
        let store = Store::open_any(to, Opening::now(clock()))?;
        let replica = store.replica()?.context("the snapshot is of no cluster")?;
        anyhow::ensure!(replica.cluster == cluster, "the snapshot is of another cluster");
        store.be_replica(&Replica { node: config.cluster.node.clone(), list: None, ..replica.clone() })?;
        return Ok(replica.seq);
    }
    anyhow::bail!("the cluster's snapshot was replaced again and again while it was read")
}

const MOST_TRIES: usize = 5;

/// Puts the database as it is now into the engine; the last record that is in it.
async fn upload(engine: &dyn Engine, database: &Path) -> anyhow::Result<u64> {
    let copy = database.with_extension("for-snapshot");
    let of = (database.to_owned(), copy.clone());
    let copied = tokio::task::spawn_blocking(move || copy_and_pack(&of.0, &of.1)).await?;
    let uploaded = async {
        let (seq, packed) = copied?;
        let id = engine.begin_snapshot(seq).await?;
        let mut file = File::open(&packed)?;
        let mut n_chunks = 0;
        loop {
            let mut chunk = Vec::with_capacity(MAX_CHUNK_BYTES);
            Read::by_ref(&mut file).take(MAX_CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                break;
            }
            engine.put_chunk(id, n_chunks, &chunk).await?;
            n_chunks += 1;
        }
        engine.seal_snapshot(id, n_chunks).await?;
        anyhow::Ok(seq)
    };
    let uploaded = uploaded.await;
    for left in [&copy, &packed_name(&copy)] {
        if let Err(error) = std::fs::remove_file(left)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(%error, file = %left.display(), "a copy made for a snapshot stays");
        }
    }
    uploaded
}

fn packed_name(copy: &Path) -> PathBuf {
    copy.with_extension("for-snapshot.zst")
}

fn copy_and_pack(database: &Path, copy: &Path) -> anyhow::Result<(u64, PathBuf)> {
    if copy.exists() {
        // Of a process that was killed in this work.
        std::fs::remove_file(copy)?;
    }
    let written = backup::write(database, copy);
    empty_log(database);
    written?;
    let seq = Reader::open(copy)?.replica()?.context("the database is no node's")?.seq;
    let packed = packed_name(copy);
    let mut packer = zstd::Encoder::new(File::create(&packed)?, LEVEL)?;
    std::io::copy(&mut File::open(copy)?, &mut packer)?;
    packer.finish()?;
    Ok((seq, packed))
}
