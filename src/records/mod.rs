//! What crosses rooms: plain data, without behaviour beyond its own invariants, that can be written down as JSON and read
//! back. A [`Command`] says what is to be changed, [`Committed`] what was.
//!
//! | file | what it holds |
//! |---|---|
//! | `command` | everything that changes the database |
//! | `committed` | what a command, or a transaction of several, changed |
//! | `poll` | a feed on its way out to be polled, and what came back |
//! | `shown` | what is shown of an entry, as numbers |
//! | `known` | what is stored of a feed's entries: by it identity is decided |
//! | `page` | the same of an article's page |
//! | `packed` | stored bodies, compressed |
//! | `recorded` | what a writer did, to be done again |
//! | `reading` | what is read and starred; the apps by which that is said, and what they list |
//! | `retention` | how much is kept, and what goes |
//! | `settle` | an entry on its way into a story |
//! | `story` | a person's corrections |
//! | `hub` | subscriptions at WebSub hubs, and what passes between server and daemon about them |
//! | `list` | changes of the list of subscriptions that an app asks for |
//! | `judged` | what rules say of stories, and what somebody is told |
//! | `cluster`, `submitted` | what nodes of a cluster agree on, and say to each other |
//! | `lease` | what is handed out and not back yet |

mod cluster;
mod command;
mod committed;
mod hub;
mod judged;
mod known;
mod lease;
mod list;
mod packed;
mod page;
mod poll;
mod reading;
mod recorded;
mod retention;
mod settle;
mod shown;
mod story;
mod submitted;

pub use cluster::{ClusterNews, Loan, NodeStanding, View, ViewedNode};
pub use command::Command;
pub use committed::{Committed, FeedTurn, PageTally, PollTally, Reply, StoryChange, SyncReport};
pub use hub::{DueHub, HubReply, HubRequest, HubRow, Pushed, Subscribed};
pub use judged::{Delivery, Judged};
pub use known::{AskedEntry, Known, KnownEntry, Pruned, Recalled, Recollection, pruned_key, pruned_link};
pub use lease::{Claim, ClaimTally, Leases, Share};
pub use list::{ListEdit, ListReply};
pub use packed::{BodyOf, NewDictionary, PackedBody};
pub use page::{DuePage, FoundPage, PageOutcome};
pub use poll::{
    Document, DueFeed, EntryChange, EntryText, Extra, NewEntry, PlannedFeed, Poll, Postponed, StoredEnclosure, WantedArticle,
    log_name,
};
pub use reading::{App, Item, ListedFeed, Marking};
pub use recorded::{IndexPlan, Recorded};
pub use retention::{Because, LookedAt, OldStory, Prunable, Retention};
pub use settle::{Addresses, SettleInput, Settling, ToSettle};
pub use shown::Shown;
pub use story::{Corrected, Correction};
pub use submitted::{Answered, Refusal, Submitted, first_submission, membership_of};
