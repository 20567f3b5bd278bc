//! The loops that join the rooms: they claim what is due, fetch it, run the pure stages off the async threads, and submit
//! commands to the writer.
//!
//! No SQL and no HTML here. Each loop is given only what it needs; [`Engine`] puts them together; [`run`] is the service,
//! [`once`] a single pass.
//!
//! | file | what it does |
//! |---|---|
//! | `polls`, `unchanged`, `source` | one feed: from the claim to its command |
//! | `pages`, `picture` | one article's page; a picture of one |
//! | `settle`, `prepared`, `later` | entries that wait no more, the story index, and what is kept of it for the next start; later looks at stories |
//! | `notify`, `process` | notices, sent; a person's commands, run within limits |
//! | `judge` | rules: stories that are new or have changed |
//! | `hubs` | WebSub: asks hubs, answers them, takes in what they push |
//! | `announce` | WebSub: tells the hub of our outputs of changes |
//! | `discover`, `lists` | the feeds of a page; changes of the list of subscriptions that apps ask for |
//! | `claims` | what is handed out |
//! | `clocks` | a wall clock that jumps |
//! | `cluster` | one node of several |
//! | `backup` | copies, one after the other |
//! | `prune` | retention |
//! | `recovery` | a database that is damaged |
//! | `tidy` | what is done while nothing else is to be done |
//! | `disk` | a disk that takes nothing is waited for |
//! | `duties` | what is this process's to do, where there are several |
//! | `cpu` | the threads of the stages that take the processor |
//! | `parts` | the clock, the counters, the bells that wake loops |
//! | `pass`, `refetch`, `service`, `socket`, `reload`, `reloads`, `owner` | one pass; one feed anew; the service; what it can be asked; its files, read again; its lock |
//! | `metrics`, `exposition` | what Prometheus is told |
//! | `summary`, `sample`, `systemd` | what was done, told and noted now and then; what systemd is told |
//! | `recluster`, `replay` | rehearsals: what stories would be, and a record done again |

mod announce;
pub mod backup;
mod claims;
mod clocks;
#[cfg(feature = "cluster")]
pub mod cluster;
mod cpu;
mod discover;
mod disk;
mod duties;
mod engine;
mod exposition;
mod hubs;
mod judge;
mod later;
mod lists;
mod metrics;
mod notify;
mod owner;
mod pages;
mod parts;
mod pass;
mod picture;
mod polls;
mod prepared;
mod process;
pub mod prune;
mod recluster;
pub mod recovery;
mod refetch;
mod reload;
mod reloads;
mod replay;
mod sample;
mod service;
mod settle;
pub mod socket;
pub mod source;
mod summary;
mod systemd;
mod tidy;
mod unchanged;

pub use announce::{Topic, TopicsDoor, announce};
pub use discover::{Candidate, Discovered, Tried, answered, discover};
pub use engine::{Engine, client_settings};
pub use exposition::metrics;
pub use hubs::HubCall;
pub use lists::ListCall;
pub use owner::{AlreadyOwned, Owner};
pub use parts::{Stats, clock};
pub use pass::{PassReport, once, refetch_alone};
pub use picture::Pictures;
pub use recluster::{Change, Recluster, recluster};
pub use refetch::Refetched;
pub use reloads::Standing;
pub use replay::replay;
pub use service::run;
pub use settle::read_index;
pub use socket::until_idle;
pub use systemd::{Starting, notify_alive, notify_ready, notify_stopping};
