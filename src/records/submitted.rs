//! What nodes of a cluster say to each other through its engine: commands for the leader, and its answers.

use super::{Command, Committed};
use serde::{Deserialize, Serialize};

/// What a node submits to the leader.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Submitted {
    /// The `n`th command of the node's membership.
    Command { n: u64, command: Box<Command> },
    /// It needs a newer snapshot than there is, because it cannot go on by the log.
    Snapshot,
    /// It has to ask at a domain that is another's.
    Lend { domain: String },
    /// It has asked.
    GiveBack { domain: String },
}

/// The first submission of the membership that the `n`th is of: they are numbered one by one, and each membership has 2³² of
/// its own.
pub fn first_submission(n: u64) -> u64 {
    n >> 32 << 32 | 1
}

/// The session of the membership that the `n`th submission is of.
pub fn membership_of(n: u64) -> u64 {
    n >> 32
}

/// What a command was answered with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    pub n: u64,
    /// The record by which it is in the log, at the latest: a node that is so far sees what was done.
    pub seq: u64,
    pub result: Result<Committed, Refusal>,
}

/// Why the leader did not carry a command out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    Stale,
    FeedGone,
    /// Nobody may do it now: it is given again. Why, in a line.
    NotNow(String),
    /// It failed, and will again. Why, in a line.
    Failed(String),
}
