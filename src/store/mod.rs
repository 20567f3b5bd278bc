//! The only SQL. One SQLite file holds everything; one writer changes it, any number of readers read it.
//!
//! No network, no async but the writer's queue, no policy: the daemon hands in what was decided, the writer commits it
//! together with all that belongs to it. A [`Store`] is the writer's side, a [`Reader`] everyone else's.
//!
//! | file | what it does |
//! |---|---|
//! | `open`, `schema` | the file, its tables and migrations |
//! | `writer`, `apply`, `base` | commands one after the other, several in a transaction; what the writer keeps in memory |
//! | `record` | what the writer carried out, written down as JSON lines |
//! | `subscribe`, `polls`, `entries`, `pages`, `settle`, `faces`, `correct`, `purge`, `hubs` | what each command does to the rows |
//! | `claims`, `known`, `read`, `select`, `stories` | questions: they only read |
//! | `rekey` | stored addresses, where the tables that decide their keys have changed |
//! | `readers` | connections that are kept for the next question |
//! | `rows` | how single columns are read |

mod apply;
mod base;
mod claims;
mod correct;
mod entries;
mod error;
mod faces;
mod hubs;
mod known;
mod look;
mod open;
mod pages;
mod polls;
mod purge;
mod read;
mod readers;
mod record;
mod rekey;
mod rows;
mod schema;
mod select;
mod settle;
mod stories;
mod subscribe;
mod writer;

pub use base::{Opening, Store};
pub use error::WriteError;
pub use read::{Counts, FeedRow, HeldBack, Reader};
pub use readers::Readers;
pub use record::Recorder;
pub use schema::SchemaError;
pub use select::Selection;
pub use stories::{ArticleRow, Member, StoryDetail};
pub use writer::{Listener, Writer};
