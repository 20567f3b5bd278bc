//! The way to the one writer, which owns the [`Store`]: commands and other jobs are given to its thread (`work`).

use super::base::Store;
use super::disk::{DiskTrouble, Reserve};
use super::error::WriteError;
#[cfg(feature = "cluster")]
use super::job::ClusterJob;
use super::job::{Gauge, Job, Listener};
#[cfg(feature = "cluster")]
use super::node::{Followed, Log, Node, NodeLinks};
use super::patience::{Door, Opened, Patience};
use super::record::Recorder;
#[cfg(feature = "cluster")]
use super::replica::FollowError;
use super::work::Begin;
#[cfg(feature = "cluster")]
use crate::model::Key;
use crate::model::Timestamp;
use crate::records::{Command, Committed, IndexPlan};
use crate::story;
use std::sync::Arc;
use std::sync::atomic::Ordering;
#[cfg(feature = "cluster")]
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// What waits for a leader is given again so often.
#[cfg(feature = "cluster")]
const BETWEEN_LEADERS: Duration = Duration::from_millis(250);

/// The way to the writer; cheap to clone. The writer ends when all are gone.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    generation: watch::Receiver<u64>,
    trouble: watch::Receiver<Option<DiskTrouble>>,
    gauge: Arc<Gauge>,
    #[cfg(feature = "cluster")]
    is_node: bool,
}

impl Writer {
    /// Starts the writer's thread. It ends, after all accepted commands are committed, when the last `Writer` is dropped.
    pub fn start(store: Store, listener: Listener, recorder: Option<Recorder>) -> (Writer, std::thread::JoinHandle<()>) {
        Writer::begin(Door::Open(Box::new(Opened { store, recorder })), Reserve::none(), listener)
    }

    /// The same where the disk may be in the way, with room in reserve.
    pub fn begin(door: Door, reserve: Reserve, listener: Listener) -> (Writer, std::thread::JoinHandle<()>) {
        Writer::spawn(
            door,
            reserve,
            listener,
            #[cfg(feature = "cluster")]
            None,
        )
    }

    /// The same of a node of a cluster, which follows until it is told to lead.
    #[cfg(feature = "cluster")]
    pub fn begin_node(
        door: Door,
        reserve: Reserve,
        listener: Listener,
        links: NodeLinks,
    ) -> (Writer, std::thread::JoinHandle<()>) {
        Writer::spawn(door, reserve, listener, Some(Node::new(links)))
    }

    fn spawn(
        door: Door,
        reserve: Reserve,
        listener: Listener,
        #[cfg(feature = "cluster")] node: Option<Node>,
    ) -> (Writer, std::thread::JoinHandle<()>) {
        // A command waits here only while a transaction runs; a full channel makes polls wait, which is the backpressure.
        let (jobs, queue) = mpsc::channel(1024);
        let (changed, generation) = watch::channel(0);
        let gauge = Arc::new(Gauge::default());
        let shut = match &door {
            Door::Open(opened) => {
                gauge.read(&opened.store);
                None
            }
            Door::Shut(trouble, _) => Some(*trouble),
        };
        let patience = Patience::new(reserve, shut);
        let trouble = patience.watch();
        #[cfg(feature = "cluster")]
        let is_node = node.is_some();
        let begin = Begin {
            listener,
            changed,
            gauge: gauge.clone(),
            patience,
            #[cfg(feature = "cluster")]
            node,
        };
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || begin.run(door, queue));
        // The process has just started: if no thread can be had now, nothing can be done at all.
        let thread = thread.unwrap_or_else(|error| panic!("cannot start the writer's thread: {error}"));
        let writer = Writer {
            jobs,
            generation,
            trouble,
            gauge,
            #[cfg(feature = "cluster")]
            is_node,
        };
        (writer, thread)
    }

    /// Why nothing can be written now; `None`, as a rule.
    pub fn trouble(&self) -> Option<DiskTrouble> {
        *self.trouble.borrow()
    }

    /// Jobs that wait for their turn.
    pub fn n_waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Moves whenever that changes.
    pub fn watch_trouble(&self) -> watch::Receiver<Option<DiskTrouble>> {
        self.trouble.clone()
    }

    /// Returns when the disk takes writes, or the writer has ended.
    pub async fn writable(&self) {
        // An error means that the writer is gone, which whoever asks it next is told.
        _ = self.trouble.clone().wait_for(Option::is_none).await;
    }

    /// Moves whenever a commit changed what is published.
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.generation.clone()
    }

    /// Whether there is an index by which entries are compared.
    pub fn has_index(&self) -> bool {
        self.gauge.has_index.load(Ordering::SeqCst)
    }

    /// The last moment that was given out.
    pub fn last_stamp(&self) -> Timestamp {
        Timestamp(self.gauge.last_stamp.load(Ordering::SeqCst))
    }

    /// Asked before the tables are read from which an index is built.
    pub fn epoch(&self) -> u64 {
        self.gauge.epoch.load(Ordering::SeqCst)
    }

    /// Carries a command out; the answer comes after its commit.
    pub async fn submit(&self, command: Command) -> Result<Committed, WriteError> {
        self.give(command).await?.await.map_err(|_| WriteError::Ended)?
    }

    /// The same of what was asked of somebody else and is not to be asked again: while a cluster is between two leaders it is
    /// given again and again. Whoever drops it gives it up.
    #[cfg(feature = "cluster")]
    pub async fn submit_at_last(&self, command: Command) -> Result<Committed, WriteError> {
        if !self.is_node {
            return self.submit(command).await;
        }
        loop {
            match self.submit(command.clone()).await {
                Err(WriteError::Cluster(why) | WriteError::InDoubt(why)) => tracing::debug!(why, "a command waits for a leader"),
                other => return other,
            }
            tokio::time::sleep(BETWEEN_LEADERS).await;
        }
    }

    #[cfg(not(feature = "cluster"))]
    pub async fn submit_at_last(&self, command: Command) -> Result<Committed, WriteError> {
        self.submit(command).await
    }

    /// The same in two steps: when this returns it comes before all that are given later.
    pub async fn give(&self, command: Command) -> Result<oneshot::Receiver<Result<Committed, WriteError>>, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Command { command: Box::new(command), answer };
        self.jobs.send(job).await.map_err(|_| WriteError::Ended)?;
        Ok(answered)
    }

    /// Gives some room back: see [`Store::tidy`]. `false`: there is nothing more to do now.
    pub async fn tidy(&self) -> Result<bool, WriteError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Tidy { answer }).await.map_err(|_| WriteError::Ended)?;
        answered.await.map_err(|_| WriteError::Ended)
    }

    /// Hands the index over that was built by `plan`, with the epoch asked for before. `false`: see [`Store::set_index`].
    pub async fn hand_over(&self, index: story::Index, plan: IndexPlan, epoch: u64) -> Result<bool, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Index { index: Box::new(index), plan, epoch, answer };
        self.jobs.send(job).await.map_err(|_| WriteError::Ended)?;
        answered.await.map_err(|_| WriteError::Ended)
    }
}

#[cfg(feature = "cluster")]
impl Writer {
    /// Applies records of the cluster's log, in their order.
    pub async fn follow(&self, records: Vec<(u64, Vec<u8>)>) -> Result<Followed, FollowError> {
        self.ask(|answer| ClusterJob::Follow { records, answer }).await?
    }

    /// Leads from now on: what is committed goes to this log before.
    pub async fn lead(&self, log: Box<dyn Log>) -> Result<(), WriteError> {
        Ok(self.ask(|answer| ClusterJob::Lead { log, answer }).await??)
    }

    /// Follows from now on. What was accepted before is done.
    pub async fn step_down(&self) -> Result<(), WriteError> {
        self.ask(|answer| ClusterJob::StepDown { answer }).await
    }

    /// Notes that this node's file is the shared list that hashes to this.
    pub async fn note_list(&self, hash: Key) -> Result<(), WriteError> {
        Ok(self.ask(|answer| ClusterJob::NoteList { hash, answer }).await??)
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> ClusterJob) -> Result<T, WriteError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Cluster(job(answer))).await.map_err(|_| WriteError::Ended)?;
        answered.await.map_err(|_| WriteError::Ended)
    }
}
