//! One node of several (docs/cluster.md): who leads, who polls what, and how what the leader commits gets into every
//! node's database.
//!
//! | file | what it does |
//! |---|---|
//! | `node` | what the tasks of a node share |
//! | `run` | the tasks of a node, side by side |
//! | `beat` | membership, the lead, and what follows from losing either |
//! | `follow` | the log → this node's database; who owns which domain |
//! | `log` | what this node commits while it leads → the log |
//! | `forward` | commands of a node that follows → the leader → their answers |
//! | `clocks` | whose wall clock is wrong |
//! | `carry_out` | commands of the others, while this node leads |
//! | `snapshot` | a whole database → the engine, and back |
//! | `loans` | domains that their owner leaves to another node for a while |
//! | `list` | the shared list of subscriptions and this node's file |

mod beat;
mod carry_out;
mod clocks;
mod follow;
mod forward;
mod list;
mod loans;
mod log;
mod node;
mod run;
mod snapshot;

pub use node::{Ask, NeedsSnapshot, Node};
pub(super) use node::{Parts, Seat, links};
pub use run::act;
pub(super) use run::{replica_of, run};
pub(super) use snapshot::engine_of;
pub use snapshot::{begin_anew, create, fetch_first, join, may_pass};
