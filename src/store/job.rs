//! What passes between whoever has the writer at hand and its thread.

use super::base::Store;
use super::error::WriteError;
#[cfg(feature = "cluster")]
use super::node::{Followed, Log};
#[cfg(feature = "cluster")]
use super::replica::FollowError;
#[cfg(feature = "cluster")]
use crate::model::Key;
use crate::records::{Command, Committed, IndexPlan};
use crate::story;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use tokio::sync::oneshot;

/// Told of each transaction what it changed, on the writer's thread: it must not take long.
pub type Listener = Box<dyn FnMut(&Committed) + Send>;

/// Where a command's answer goes.
pub type Answer = oneshot::Sender<Result<Committed, WriteError>>;

/// What the thread is to do.
pub enum Job {
    Command {
        command: Box<Command>,
        answer: Answer,
    },
    Index {
        index: Box<story::Index>,
        plan: IndexPlan,
        epoch: u64,
        answer: oneshot::Sender<bool>,
    },
    Tidy {
        answer: oneshot::Sender<bool>,
    },
    #[cfg(feature = "cluster")]
    Cluster(ClusterJob),
}

/// What a node of a cluster is told by the others.
#[cfg(feature = "cluster")]
pub enum ClusterJob {
    Follow { records: Vec<(u64, Vec<u8>)>, answer: oneshot::Sender<Result<Followed, FollowError>> },
    Lead { log: Box<dyn Log>, answer: oneshot::Sender<rusqlite::Result<()>> },
    StepDown { answer: oneshot::Sender<()> },
    NoteList { hash: Key, answer: oneshot::Sender<rusqlite::Result<()>> },
}

/// What may be known of the writer's memory without asking it.
#[derive(Debug, Default)]
pub struct Gauge {
    pub epoch: AtomicU64,
    pub has_index: AtomicBool,
    pub last_stamp: AtomicI64,
}

impl Gauge {
    pub fn read(&self, store: &Store) {
        self.epoch.store(store.epoch(), Ordering::SeqCst);
        self.has_index.store(store.has_index(), Ordering::SeqCst);
        self.last_stamp.store(store.last_stamp, Ordering::SeqCst);
    }
}
