//! What several machines share: a log of what the leader's transactions changed, who leads, who is there, and who polls
//! which domain.
//!
//! ```text
//! leader ─ append ─▶ log ─ read ─▶ every other node ─▶ its own SQLite
//! node ─ submit ─▶ inbox ─▶ leader ─ answer ─▶ the node that asked
//! node ─ renew ─▶ members ─▶ view ─▶ owner of each domain
//! ```
//!
//! An [`Engine`] keeps these; it knows nothing of what the bodies hold. [`PostgresEngine`] is the real one, [`Memory`] the one of
//! tests. [`Licence`], [`owner`] and [`wrong_by`] are pure. Which commands make the records, and who applies them, is the
//! business of `store` and `daemon`.

mod bells;
mod boottime;
mod clocks;
mod engine;
mod lease;
mod memory;
mod ownership;
mod postgres;

pub use bells::Bell;
pub use boottime::boottime;
pub use clocks::{MOST_APART_MS, wrong_by};
pub use engine::{
    Append, Engine, EngineError, Head, LEADER_LEASE, Leader, Logged, MAX_CHUNK_BYTES, Member, MemberState, NODE_LEASE, Reply,
    Seen, Seq, Session, Snapshot, Submission, Term, session_of, submission_id,
};
pub use lease::Licence;
pub use memory::{Fault, Memory, MemoryNode};
pub use ownership::owner;
pub use postgres::PostgresEngine;
