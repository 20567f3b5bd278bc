//! The only SQL. One SQLite file holds everything; one writer changes it, any number of readers read it.
//!
//! No network, no async but the writer's queue, no policy: the daemon hands in what was decided, the writer commits it
//! together with all that belongs to it. A [`Store`] is the writer's side, a [`Reader`] everyone else's.
//!
//! | file | what it does |
//! |---|---|
//! | `open`, `schema` | the file, its tables and migrations |
//! | `writer`, `job`, `work`, `apply`, `base` | commands one after the other, several in a transaction; what the writer keeps in memory |
//! | `checkpoint` | the log copied into the database, behind the writer |
//! | `files` | the files on the disk, and their sizes |
//! | `disk`, `patience` | a disk that takes nothing: what is kept in reserve, who waits for what |
//! | `record` | what the writer carried out, written down as JSON lines |
//! | `subscribe`, `polls`, `entries`, `pages`, `settle`, `faces`, `correct`, `purge`, `prune`, `pruned`, `hubs`, `marks` | what each command does to the rows |
//! | `bodies`, `dictionaries`, `tidy` | bodies packed; room given back |
//! | `backup`, `export` | the whole of it copied, put back, written out |
//! | `clock` | what a clock that was ahead has left |
//! | `rules` | rules, triggers and notices |
//! | `claims`, `known`, `read`, `select`, `order`, `search`, `limits`, `lately`, `held`, `judge`, `notices`, `stories`, `items`, `check` | questions: they only read |
//! | `rekey` | stored addresses, where the tables that decide their keys have changed |
//! | `readers` | connections that are kept for the next question |
//! | `agreed`, `node`, `following`, `replica` | several machines: what they agree on; the writer that leads or follows; what a transaction changed, as a record of the log |
//! | `rows` | how single columns are read |

mod agreed;
mod apply;
mod backup;
mod base;
mod bodies;
mod check;
mod checkpoint;
mod claims;
mod clock;
mod correct;
mod dictionaries;
mod disk;
mod entries;
mod error;
mod export;
mod faces;
pub mod files;
#[cfg(feature = "cluster")]
mod following;
mod held;
mod hubs;
mod items;
mod job;
mod judge;
mod known;
mod lately;
mod limits;
mod look;
mod marks;
#[cfg(feature = "cluster")]
mod node;
mod notices;
mod open;
mod order;
mod pages;
mod patience;
mod polls;
mod prune;
mod pruned;
mod purge;
mod read;
mod readers;
mod record;
mod rekey;
#[cfg(feature = "cluster")]
mod replica;
mod rows;
mod rules;
mod samples;
mod schema;
mod search;
mod select;
mod settle;
mod stories;
mod subscribe;
mod tidy;
mod work;
mod writer;

pub use backup::{
    BackupError, PART, check as check_backup, empty_log, finish_restore, folder as backup_folder, mark_of_damage, restore,
    set_aside,
};
pub use base::{Opening, Store};
pub use bodies::Effort;
pub use clock::Ahead;
pub use disk::{DiskTrouble, Reserve};
pub use error::WriteError;
pub use export::{import, reindex};
pub use items::{ItemFilter, ItemOrder};
pub use job::Listener;
pub use limits::Limits;
#[cfg(feature = "cluster")]
pub use node::{Append, Followed, Forwarded, Log, NodeLinks};
pub use order::{Cursor, NotACursor};
pub use patience::{Door, Opened, Opener};
pub use prune::Growth;
pub use read::{Counts, FeedRow, HeldBack, InWindow, Reader};
pub use readers::Readers;
pub use record::Recorder;
#[cfg(feature = "cluster")]
pub use replica::{FollowError, Replica};
pub use schema::SchemaError;
#[cfg(feature = "cluster")]
pub use schema::known as schema_version;
pub use select::{Selected, Selection};
pub use stories::{ArticleRow, Member, StoryDetail};
pub use writer::Writer;
