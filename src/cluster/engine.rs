//! What an engine is asked, and what it answers. Two engines exist: PostgreSQL, and one in memory for tests.
//!
//! Leases are kept by the engine's clock alone, so that the clocks of nodes need not agree. Every call may be made again
//! when its answer did not come: it then changes nothing more than it did, or mints a number that nobody else has.

use super::bells::Bell;
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Place of a record in the log; the first is 1, and none is left out.
pub type Seq = u64;

/// Of a leader; grows with each.
pub type Term = u64;

/// Of a node's membership: a new one each time it joins. Below 2³¹, for [`submission_id`].
pub type Session = u64;

/// A leader that has not renewed for so long may be followed by another.
pub const LEADER_LEASE: Duration = Duration::from_secs(3);

/// A node that has not renewed for so long is a member no more, and its session is over.
pub const NODE_LEASE: Duration = Duration::from_secs(6);

/// A chunk of a snapshot is no longer than this: it travels as one message.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;

/// What an engine answers, when it does.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is in the log, and kept as safely as the engine keeps anything.
    Appended,
    /// Another record, or this very one, is at that place.
    Taken,
    /// The term is over: another leads, or nobody.
    Fenced,
    /// The record before it is not in the log, and no snapshot ends there: the engine has lost the newest part of it.
    Gap,
    /// No answer, and why: it may be there or not. Reading the log at its place tells.
    Unknown(String),
}

/// How far the log reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Of the newest record, or of the newest snapshot where that is beyond; 0 where there is none.
    pub newest: Seq,
    /// Of the oldest record that is kept; 0 where there is none.
    pub oldest: Seq,
}

/// A record as it is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub seq: Seq,
    pub term: Term,
    pub body: Vec<u8>,
}

/// Who leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    pub node: String,
    pub term: Term,
}

/// What a node says of itself with each renewal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberState {
    /// Of the program.
    pub version: String,
    /// Of its database.
    pub schema: u32,
    /// Whether it polls: one that only asks for a snapshot does not.
    pub polls: bool,
    /// Newest record that it has applied.
    pub applied: Seq,
    /// Newest view whose lost domains it has let go.
    pub view: u64,
    /// Where people reach it, if it says so.
    pub url: String,
    /// What its tables hash to at a record.
    pub checked: Option<(Seq, u128)>,
    /// Its wall clock, in milliseconds since 1970; 0 where it does not say.
    pub clock: i64,
}

/// A node whose lease holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub node: String,
    pub session: Session,
    pub state: MemberState,
    /// Until its lease ends, if it is not renewed.
    pub holds_for: Duration,
}

/// A node that has joined at some time, whether it is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub member: Member,
    /// Since its lease ended; `None` while it holds.
    pub lapsed: Option<Duration>,
    /// Refused until it is admitted again.
    pub removed: bool,
}

/// What a node wants the leader to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// As [`submission_id`] makes it.
    pub id: u64,
    pub node: String,
    pub session: Session,
    pub body: Vec<u8>,
}

/// A whole copy of a node's database, in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub id: u64,
    /// Newest record that is in it.
    pub seq: Seq,
    pub n_chunks: u32,
}

/// Why an engine does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Whether the call took effect is not known.
    #[error("the cluster's database does not answer: {0}")]
    Unreachable(String),
    #[error("there is no cluster in this database; make one with `courant cluster create`")]
    NotACluster,
    #[error("there is a cluster in this database already")]
    Exists,
    #[error("the cluster's tables are of format {0}, which a newer courant made; this one cannot use them")]
    NewerFormat(u32),
    #[error("node \"{0}\" was removed from the cluster")]
    Removed(String),
    #[error("no node is called \"{0}\"")]
    NoSuchNode(String),
    /// It will not be otherwise when it is asked again.
    #[error("the cluster's database refuses: {0}")]
    Refused(String),
}

/// The id of a node's `number`-th submission of a session: the same when it is sent again, another's never.
pub fn submission_id(session: Session, number: u32) -> u64 {
    (session << 32) | u64::from(number)
}

/// Of which session a submission is.
pub fn session_of(id: u64) -> Session {
    id >> 32
}

/// Keeps the log, leases, submissions and snapshots of one cluster. All of it is atomic a call.
pub trait Engine: Send + Sync + 'static {
    /// Makes an empty cluster. `cluster` is its UUID.
    fn create<'a>(&'a self, cluster: &'a str) -> Reply<'a, ()>;

    /// Makes what is lost anew and empties what is left: log, snapshots, inbox and answers. All sessions and the term end.
    /// The next record may be at any place.
    fn reseed<'a>(&'a self, cluster: &'a str) -> Reply<'a, ()>;

    /// The cluster's UUID.
    fn identity(&self) -> Reply<'_, String>;

    /// The engine's wall clock, in milliseconds since 1970.
    fn clock(&self) -> Reply<'_, i64>;

    fn head(&self) -> Reply<'_, Head>;

    /// Puts a record at `seq` where nothing is yet, `term` is the present one, and what is before it is there: a record, or a
    /// snapshot, or the log is empty. Rings [`Bell::Log`].
    fn append<'a>(&'a self, seq: Seq, term: Term, body: &'a [u8]) -> Pin<Box<dyn Future<Output = Append> + Send + 'a>>;

    /// Records behind `after` in order, about `max_bytes` of them, and one at least where there is one.
    fn read(&self, after: Seq, max_bytes: usize) -> Reply<'_, Vec<Logged>>;

    /// Takes the lead for [`LEADER_LEASE`] where nobody's lease holds; the new term.
    fn lead<'a>(&'a self, node: &'a str) -> Reply<'a, Option<Term>>;

    /// Renews the lead; whether it is still this node's in this term. Also clears away what sessions that are over left.
    fn keep<'a>(&'a self, node: &'a str, term: Term) -> Reply<'a, bool>;

    /// Gives the lead up at once; nothing where it is another's. The term is over with it.
    fn yield_lead<'a>(&'a self, node: &'a str, term: Term) -> Reply<'a, ()>;

    /// Who leads, while that lease holds.
    fn leader(&self) -> Reply<'_, Option<Leader>>;

    /// Makes the node a member for [`NODE_LEASE`], in a new session; one that it had is over.
    fn join<'a>(&'a self, node: &'a str, state: &'a MemberState) -> Reply<'a, Session>;

    /// Renews the membership and gives all whose leases hold, sorted by name. `None`: that session is over, because it
    /// lapsed, the node was removed, or has joined anew.
    fn renew<'a>(&'a self, node: &'a str, session: Session, state: &'a MemberState) -> Reply<'a, Option<Vec<Member>>>;

    /// Ends a session at once; nothing where it is over.
    fn leave<'a>(&'a self, node: &'a str, session: Session) -> Reply<'a, ()>;

    /// Ends the node's session, and has it refused until it is admitted.
    fn remove<'a>(&'a self, node: &'a str) -> Reply<'a, ()>;

    /// Lets a removed node join again.
    fn admit<'a>(&'a self, node: &'a str) -> Reply<'a, ()>;

    /// All nodes that ever joined, sorted by name.
    fn members(&self) -> Reply<'_, Vec<Seen>>;

    /// Hands submissions to the leader, `(id, body)` each; one that is there already stays as it is. `false`: the session is
    /// over, and nothing was taken. Rings [`Bell::Inbox`].
    fn submit<'a>(&'a self, node: &'a str, session: Session, submissions: &'a [(u64, Vec<u8>)]) -> Reply<'a, bool>;

    /// The oldest submissions by id that nobody has answered, but for those that the leader has `in_hand`.
    fn inbox<'a>(&'a self, in_hand: &'a [u64], max: u32) -> Reply<'a, Vec<Submission>>;

    /// Answers submissions, `(id, body)` each, and takes them out of the inbox. One that is not there is passed over.
    /// Rings [`Bell::Answers`].
    fn answer<'a>(&'a self, answers: &'a [(u64, Vec<u8>)]) -> Reply<'a, ()>;

    /// Answers to a session that this object has not given out yet, by id.
    fn answers(&self, session: Session) -> Reply<'_, Vec<(u64, Vec<u8>)>>;

    /// Begins a snapshot of the state at `seq`; its id.
    fn begin_snapshot(&self, seq: Seq) -> Reply<'_, u64>;

    /// Puts chunk `n` (from 0) of at most [`MAX_CHUNK_BYTES`].
    fn put_chunk<'a>(&'a self, id: u64, n: u32, body: &'a [u8]) -> Reply<'a, ()>;

    /// Makes a snapshot visible, if all its chunks are there, and deletes those before it.
    fn seal_snapshot(&self, id: u64, n_chunks: u32) -> Reply<'_, ()>;

    /// The newest whole one.
    fn snapshot(&self) -> Reply<'_, Option<Snapshot>>;

    /// A chunk; `None` where the snapshot has been followed by a newer one.
    fn chunk(&self, id: u64, n: u32) -> Reply<'_, Option<Vec<u8>>>;

    /// Deletes records below `below`, but never the newest.
    fn trim(&self, below: Seq) -> Reply<'_, ()>;

    /// Bytes of all records that are kept.
    fn log_bytes(&self) -> Reply<'_, u64>;

    /// Returns when a bell has rung since `heard`, or after `timeout`; gives what to pass as `heard` next time (0 at first).
    /// Bells only spare time: one may be missed, or rung for nothing.
    fn wait(&self, bell: Bell, heard: u64, timeout: Duration) -> Pin<Box<dyn Future<Output = u64> + Send + '_>>;
}
