//! What was changed, as data: the one thing to listen to. Progress, log lines, the rendered outputs and the loops that
//! have work now all read it.

use super::{ClusterNews, Corrected};
use crate::health::Trouble;
use crate::model::{EntryId, FeedId, StoryId};
use crate::schedule;
use crate::story::Rung;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a command changed, or all commands of one transaction together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Committed {
    /// Something that is published is another than before.
    pub published: bool,
    pub polls: PollTally,
    pub new: Vec<EntryId>,
    pub edited: Vec<EntryId>,
    /// Entries that wait for an article, entries that can be settled, and entries that were.
    pub n_wanted: usize,
    pub n_ready: usize,
    pub n_settled: usize,
    /// Stories that are to be judged by rules, and notices for somebody.
    pub n_unruled: usize,
    pub n_notices: usize,
    pub pages: PageTally,
    pub stories: Vec<(StoryId, StoryChange)>,
    /// How entries that joined a story came to it.
    pub joined: Vec<Rung>,
    /// Feeds whose health took a turn.
    pub feeds: Vec<FeedTurn>,
    /// Feeds that named a hub.
    pub n_hubs: usize,
    /// What nodes of a cluster act on.
    #[serde(default)]
    pub cluster: ClusterNews,
    /// How long the transaction took.
    pub took: Duration,
    /// The answer to whoever gave the command; in a transaction of several, none.
    pub reply: Reply,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollTally {
    pub n: usize,
    pub n_unchanged: usize,
    pub n_failed: usize,
    /// Of their answers, as they came over the wire.
    pub wire_bytes: u64,
    /// Bytes that feeds which had not changed did not send again.
    pub saved_bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageTally {
    pub n_found: usize,
    pub n_never: usize,
}

/// What became of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoryChange {
    Founded,
    /// Its members, its face or its times.
    Changed,
    /// Nobody is left in it; its id leads to the other.
    Redirected(StoryId),
    Removed,
}

/// A turn in a feed's health, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedTurn {
    pub feed: FeedId,
    /// As logs may call it.
    pub name: String,
    pub what: String,
    /// `None`: it is well.
    pub trouble: Option<Trouble>,
    pub n_errors: u32,
    /// It failed before, for so long.
    pub failed_for: Option<Duration>,
}

impl FeedTurn {
    /// A feed that fails now and then mends itself; one that goes on failing, is gone or wants a login needs a person, who is
    /// told once.
    pub fn needs_person(&self) -> bool {
        self.n_errors == schedule::GIVE_UP_AFTER
            || self.n_errors == 1 && matches!(self.trouble, Some(Trouble::Gone | Trouble::Login))
    }
}

/// What a command is answered beside what it changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    #[default]
    Done,
    Subscribed(SyncReport),
    /// How many stories went with the feed.
    Removed {
        n_stories: usize,
    },
    /// The inner error says, for the person, why it cannot be; then nothing was changed.
    Corrected(Result<Corrected, String>),
    /// How many of the stories were not so before.
    Marked {
        n_stories: usize,
    },
    /// Whether the app was not there before, or was.
    App(bool),
    /// Whether the subscription is meant.
    HubVerified(bool),
}

/// What taking over the list changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    pub n_feeds: usize,
    pub added: Vec<FeedId>,
    pub n_removed: usize,
}

impl Committed {
    /// Adds what a later command of the same transaction changed.
    pub fn add(&mut self, other: &Committed) {
        self.published |= other.published;
        self.polls.n += other.polls.n;
        self.polls.n_unchanged += other.polls.n_unchanged;
        self.polls.n_failed += other.polls.n_failed;
        self.polls.wire_bytes += other.polls.wire_bytes;
        self.polls.saved_bytes += other.polls.saved_bytes;
        self.joined.extend_from_slice(&other.joined);
        self.new.extend_from_slice(&other.new);
        self.edited.extend_from_slice(&other.edited);
        self.n_wanted += other.n_wanted;
        self.n_ready += other.n_ready;
        self.n_settled += other.n_settled;
        self.n_unruled += other.n_unruled;
        self.n_notices += other.n_notices;
        self.pages.n_found += other.pages.n_found;
        self.pages.n_never += other.pages.n_never;
        self.stories.extend_from_slice(&other.stories);
        self.feeds.extend_from_slice(&other.feeds);
        self.n_hubs += other.n_hubs;
        self.cluster.view |= other.cluster.view;
        self.cluster.list |= other.cluster.list;
        self.cluster.check |= other.cluster.check;
    }
}
