//! Why a command was not carried out.

use super::disk::DiskTrouble;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The feed's entries were changed after what it was decided on was read: it is to be decided anew.
    #[error("the feed changed while its document was read")]
    Stale,
    #[error("the feed was removed meanwhile")]
    FeedGone,
    /// Nothing of it is stored: it is to be done again when the disk takes it.
    #[error("{0}")]
    Disk(DiskTrouble),
    /// The cluster cannot carry it out now: nobody leads, or its log cannot be reached. It passes by itself.
    #[error("{0}")]
    Cluster(String),
    /// It was given to the cluster, and no answer came: it may have been carried out, and nobody is there who knows.
    #[error("it is not known whether this was done: {0}. It was if it shows when this node is in touch with its cluster again")]
    InDoubt(String),
    /// Of a node whose membership is over.
    #[error("this node's membership in the cluster is over, or not known yet")]
    NotAMember,
    /// The leader of the cluster failed at it.
    #[error("the leader of the cluster could not do it: {0}")]
    Leader(String),
    #[error("internal error: the command panicked")]
    Panicked,
    #[error("the writer has ended")]
    Ended,
}

impl WriteError {
    /// What failed had not touched the story index: it is refused before anything of it is taken in.
    pub(super) fn keeps_index(&self) -> bool {
        matches!(self, WriteError::Stale | WriteError::FeedGone | WriteError::NotAMember)
    }

    /// Nothing is wrong with the command: it is done again when the disk takes it, or the cluster.
    pub fn passes(&self) -> bool {
        matches!(self, WriteError::Disk(_) | WriteError::Cluster(_) | WriteError::InDoubt(_) | WriteError::NotAMember)
    }

    /// What it says of the disk; `None`: nothing.
    pub fn disk(&self) -> Option<DiskTrouble> {
        match self {
            WriteError::Disk(trouble) => Some(*trouble),
            WriteError::Sqlite(error) => DiskTrouble::of(error),
            _ => None,
        }
    }
}
