//! What the writer of a node of a cluster has to do with the others: the log while it leads, the leader while it follows.

use super::WriteError;
use crate::records::{Command, Committed};
use tokio::sync::{mpsc, oneshot, watch};

/// The log, as far as who leads needs it.
pub trait Log: Send {
    /// Appends a record; returns when it is known what became of it. It must not wait for ever.
    fn append(&mut self, seq: u64, body: Vec<u8>) -> Append;
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    Appended,
    /// Somebody else leads.
    Refused,
    /// Nobody knows; whoever reads the log again will see.
    Unknown(String),
}

/// A command that is the leader's to carry out.
#[derive(Debug)]
pub struct Forwarded {
    pub command: Box<Command>,
    pub answer: oneshot::Sender<Result<Committed, WriteError>>,
}

/// What the writer of a node has to do with the others.
pub struct NodeLinks {
    /// Where commands go while this node follows.
    pub outbox: mpsc::UnboundedSender<Forwarded>,
    /// What the tables hash to at a record that asks for it.
    pub checks: mpsc::UnboundedSender<(u64, u128)>,
    /// Whether it leads.
    pub leads: watch::Sender<bool>,
}

/// The writer's own view of the cluster.
pub struct Node {
    pub(super) links: NodeLinks,
    /// Of who leads.
    pub(super) log: Option<Box<dyn Log>>,
}

/// What applied records amount to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Followed {
    /// The last record that is in the database.
    pub seq: u64,
    pub news: Committed,
}

impl Node {
    pub fn new(links: NodeLinks) -> Node {
        Node { links, log: None }
    }

    pub fn leads(&self) -> bool {
        self.log.is_some()
    }

    pub(super) fn set_log(&mut self, log: Option<Box<dyn Log>>) {
        self.log = log;
        self.links.leads.send_replace(self.log.is_some());
    }
}
