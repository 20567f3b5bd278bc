//! The loop that joins the rooms: claims what is due, runs the stages off the async threads, hands results to the writer.
//!
//! No SQL and no HTML here. [`Engine`] is what all tasks share; [`run`] is the service, [`once`] a single pass.

mod articles;
mod engine;
mod owner;
mod pass;
mod poll;
pub mod push;
mod quiet;
mod recluster;
mod service;
mod settle;
pub mod socket;
pub mod source;

pub use engine::{Engine, Stats, clock};
pub use owner::{Owner, Taken};
pub use pass::{PassReport, once};
pub use recluster::{Change, Recluster, recluster};
pub use service::{Listening, notify_ready, notify_stopping, run};
pub use socket::until_idle;
