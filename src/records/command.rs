//! Everything that changes the database, as data. The clock and every random value come in with it, so that the same
//! commands give the same rows: what a process did can be written down and done again.

use super::{
    App, Correction, Document, Judged, Marking, NewDictionary, OldStory, PackedBody, PageOutcome, Poll, Postponed, Settling, View,
};
use crate::config::subscriptions::Subscription;
use crate::fetch::RobotsRecord;
use crate::model::{ArticleId, Dedupe, EntryId, FeedId, Key, Sample, StoryId, Timestamp};
use crate::rules::{Rule, Trigger};
use crate::story::AddressKey;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// One poll, whatever came of it.
    Polled(Box<Poll>),
    /// Polls that move nothing but the times of their feeds.
    Unchanged(Vec<Poll>),
    /// A feed could not be asked, which was not its fault.
    Postponed(Box<Postponed>),
    /// A hub pushed (a part of) a feed: no validator and no next poll moves.
    Pushed { feed: FeedId, document: Document, at: Timestamp },
    /// A page was fetched, or could not be. By its address too: a number may mean another page after a purge.
    Page { page: ArticleId, url: String, outcome: PageOutcome, at: Timestamp },
    /// Entries that waited long enough for their pages are published without.
    EndWaits { at: Timestamp },
    /// Entries that wait no more are assigned to stories, in the order given.
    Settle { batch: Vec<Settling>, at: Timestamp },
    /// A later look at stories that `grew`, where it is worth it, and at those that `end`. `dedupe`: how a feed that says
    /// nothing of it is compared. `until`: stories that began before it have been looked at when their time was over.
    LookAgain { grew: Vec<StoryId>, end: Vec<StoryId>, dedupe: Dedupe, until: Option<Timestamp>, at: Timestamp },
    /// The list of subscriptions, whole.
    Subscribe { list: Vec<Subscription>, at: Timestamp },
    /// A feed that is no longer listed is forgotten; with `purge` its entries too.
    Remove { feed: FeedId, purge: bool, at: Timestamp },
    /// What a feed's server said last is forgotten, so that it is asked for everything anew, now.
    Refetch { feed: FeedId, at: Timestamp },
    /// A person's word.
    Correct { correction: Correction, at: Timestamp },
    /// A person read or starred these stories, or says that it is not so. Numbers of merged stories mean the survivor.
    Mark { stories: Vec<StoryId>, marking: Marking, at: Timestamp },
    /// An app may read and mark.
    AddApp { app: App, at: Timestamp },
    /// It may no longer.
    RemoveApp { name: String },
    /// Feeds are planned anew.
    Replan { plans: Vec<(FeedId, Timestamp)> },
    /// What robots.txt of hosts said.
    Robots { records: Vec<RobotsRecord> },
    /// These hubs are being asked for subscriptions.
    HubsAsked { feeds: Vec<FeedId>, at: Timestamp },
    /// A hub refused, at once or later.
    HubRefused { token: String, why: String, at: Timestamp },
    /// A hub asks whether a subscription is meant.
    HubVerified { token: String, topic: String, lease: Duration, at: Timestamp },
    /// Stored addresses under the keys that the tables of a version give them; with the last of them the version holds.
    Rekey { version: u32, entries: Vec<(EntryId, Vec<AddressKey>)>, pages: Vec<(ArticleId, Key)>, last: bool },
    /// Stories that are older than is kept go with all their entries; their keys stay.
    Prune { stories: Vec<OldStory>, at: Timestamp },
    /// From then on such stories go.
    PruneFrom { from: Timestamp },
    /// Bodies are packed by it from now on, where it is one.
    AddDictionary { dictionary: NewDictionary },
    /// Stored bodies, compressed: what is read of them stays.
    Pack { bodies: Vec<PackedBody> },
    /// The clock was ahead and is right now: what lies in the future by our own hand comes back.
    SetBack { at: Timestamp },
    /// Rules and triggers, whole.
    Watch { rules: Vec<Rule>, triggers: Vec<Trigger>, at: Timestamp },
    /// What they were found to say of stories.
    Judge { verdicts: Vec<Judged>, at: Timestamp },
    /// So many of the notices that wait for somebody are a delivery from now on, known by its token.
    Dispatch { notifier: String, token: String, n: usize, at: Timestamp },
    /// A delivery has come to its end.
    Delivered { delivery: i64, at: Timestamp },
    /// … or is tried again.
    PutOff { delivery: i64, error: String, next_try: Timestamp },
    /// How things went, and how they stand.
    Sample { sample: Sample },
    /// What another node of the cluster submitted: done once, however often it is given. `n`: see [`super::first_submission`].
    Forwarded { node: String, session: u64, n: u64, command: Box<Command> },
    /// Who polls and serves from now on, in a cluster.
    View { view: View },
    /// The list of subscriptions as its file is to be on every node of the cluster. `from`: the text that was changed, hashed;
    /// where another is shared by now it is refused.
    ShareList { from: Option<Key>, text: String, list: Vec<Subscription>, at: Timestamp },
    /// Every node of the cluster is to say what its tables hash to.
    Check { at: Timestamp },
    /// Proves the writer alive.
    Heartbeat { at: Timestamp },
}

impl Command {
    /// A person commanded it: it is on the disk when the answer comes. All else is done again after a power loss.
    pub fn is_durable(&self) -> bool {
        if let Command::Forwarded { command, .. } = self {
            return command.is_durable();
        }
        matches!(
            self,
            Command::Subscribe { .. }
                | Command::Remove { .. }
                | Command::Refetch { .. }
                | Command::Correct { .. }
                | Command::Mark { .. }
                | Command::AddApp { .. }
                | Command::ShareList { .. }
                | Command::RemoveApp { .. }
        )
    }

    /// Somebody waits for what it comes to: a person, or a hub that asked.
    pub fn is_awaited(&self) -> bool {
        self.is_durable() || matches!(self, Command::Check { .. } | Command::Prune { .. } | Command::HubVerified { .. })
    }

    /// What the leader of a cluster alone decides: on a node that leads no more it is refused, and whoever leads decides anew.
    #[cfg(feature = "cluster")]
    pub fn is_leaders(&self) -> bool {
        !matches!(
            self,
            Command::Polled(_)
                | Command::Unchanged(_)
                | Command::Postponed(_)
                | Command::Pushed { .. }
                | Command::Page { .. }
                | Command::Robots { .. }
                | Command::HubRefused { .. }
                | Command::HubVerified { .. }
                | Command::Remove { .. }
                | Command::Refetch { .. }
                | Command::Correct { .. }
                | Command::Mark { .. }
                | Command::AddApp { .. }
                | Command::RemoveApp { .. }
                | Command::ShareList { .. }
                | Command::Check { .. }
                | Command::Prune { .. }
                // What came of a delivery that it had begun.
                | Command::Delivered { .. }
                | Command::PutOff { .. }
        )
    }

    /// It takes entries away: tried on a full disk too.
    pub fn makes_room(&self) -> bool {
        match self {
            Command::Forwarded { command, .. } => command.makes_room(),
            _ => matches!(self, Command::Remove { purge: true, .. } | Command::Prune { .. }),
        }
    }
}
