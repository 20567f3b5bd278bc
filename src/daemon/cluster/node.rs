//! What the tasks of a node share.

use super::super::duties::Duties;
use super::super::parts::{Bells, clock};
use super::super::polls::Polls;
use super::super::reloads::Reloads;
use crate::cluster::{Engine, Licence, MOST_APART_MS, Session, Term, boottime};
use crate::config::{Config, Live};
use crate::fetch::Client;
use crate::records::{Committed, NodeStanding, View, ViewedNode};
use crate::store::{Forwarded, NodeLinks, Readers, Replica, WriteError, Writer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// This node's database cannot go on by the log: it is set aside, and a snapshot takes its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this node's database cannot go on by the log: {why}")]
pub struct NeedsSnapshot {
    pub why: String,
    /// A snapshot that ends before this record would not help.
    pub seq: u64,
}

/// A node that may have more of the log than is left of it has so long to come back and lead.
pub(super) const CHANCE: Duration = Duration::from_secs(12);

/// One node. Its tasks each hold it.
pub struct Node {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) name: String,
    pub(super) cluster: String,
    pub(super) config: Live<Config>,
    pub(super) writer: Writer,
    pub(super) readers: Readers,
    pub(super) client: Client,
    pub(super) duties: Duties,
    pub(super) bells: Arc<Bells>,
    pub(super) licences: Arc<Licences>,
    /// The last record that is in this node's database.
    pub(super) applied: watch::Sender<u64>,
    /// Held while records are applied, or the lead is taken.
    pub(super) following: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// Commands that the leader has in hand, by the ids they were submitted under.
    pub(super) pending: Mutex<HashMap<u64, Pending>>,
    /// Those that somebody waits for, of memberships that ended before they were answered.
    pub(super) doubts: Mutex<Vec<Doubt>>,
    /// Submissions so far in this session.
    pub(super) n_submitted: AtomicU64,
    /// Lists change: files are compared one after the other.
    pub(super) list_turn: tokio::sync::Mutex<()>,
    /// Who was to poll, in the views since the last one whose domains were handed over.
    pub(super) kept_views: tokio::sync::Mutex<Vec<View>>,
    /// Told whenever members, views or this node's own fate are others than before.
    pub(super) membership_moved: Notify,
    /// Others wait for what the next renewal says.
    pub(super) renew_soon: Notify,
    /// Others are there than the view says.
    pub(super) view_due: Notify,
    pub(super) snapshot_wanted: Notify,
    /// The shared list is another than before.
    pub(super) list_moved: Notify,
    pub(super) polls: Arc<Polls>,
    pub(super) reloads: Arc<Reloads>,
    /// Whether the writer leads.
    pub(super) leads: watch::Receiver<bool>,
}

/// What a node is made of.
pub struct Seat {
    pub engine: Arc<dyn Engine>,
    pub replica: Replica,
    pub config: Live<Config>,
    pub writer: Writer,
    pub readers: Readers,
    pub client: Client,
    pub duties: Duties,
    pub bells: Arc<Bells>,
    pub polls: Arc<Polls>,
    pub reloads: Arc<Reloads>,
    /// Whether the writer leads.
    pub leads: watch::Receiver<bool>,
}

/// Domain → who has borrowed it, and until when by the clock of licences.
pub(super) type Loans = BTreeMap<String, (String, Duration)>;

/// What a node may do by its own clock.
pub(super) struct Licences {
    poll: Mutex<Licence>,
    lead: Mutex<Licence>,
    /// By how much the wall clock was ahead of the clock of licences when this membership began, in milliseconds.
    wall: AtomicI64,
}

/// What a node knows of the others.
#[derive(Default)]
pub(super) struct State {
    pub session: Option<Session>,
    pub term: Option<Term>,
    pub leader: Option<String>,
    pub view: View,
    /// The newest view whose lost domains were let go.
    pub let_go: u64,
    /// Whether others have yet to let go what this node has gained.
    pub waits_for_others: bool,
    /// Live members as the last renewal of this session told of them; none before the first, which tells of this node too.
    pub members: BTreeMap<String, Standing>,
    /// The same as a view has them; while this node leads, none before a renewal that was sent since it does.
    pub viewed: Vec<ViewedNode>,
    /// When the first of the others' memberships ends, if it is not renewed.
    pub next_lapse: Option<Duration>,
    /// Since when this node leads, or led.
    pub led_since: Duration,
    /// While this node leads: what is lent to whom.
    pub loans: Loans,
    /// The log's newest record as it was last heard of.
    pub head: u64,
    /// When the engine answered last.
    pub heard: Duration,
    /// How far the engine's clock is ahead of the clock of licences, in milliseconds; `None`: it was not asked yet.
    pub engine_ahead: Option<i64>,
    /// Why this node's wall clock is not to be relied on.
    pub clock_off: Option<String>,
    /// Why records are not applied now.
    pub stuck: Option<String>,
    /// When the engine last said that this node's session was over.
    pub lost_session: Option<Duration>,
    /// Since when another leads with less of the log than this database has.
    pub ahead_since: Option<Duration>,
    /// Why they never will be: another database is to take this one's place.
    pub diverged: Option<NeedsSnapshot>,
    pub engine_error: Option<String>,
    /// This node gave the lead up, since the machine was started, and leaves it to others until then.
    pub no_lead_until: Duration,
    /// The log was begun anew, and memberships with it: until then others may have something out.
    pub no_view_until: Duration,
    /// What tables hash to, at which record: this node's, and as members say.
    pub checked: Option<(u64, u128)>,
}

/// How another node stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The newest view that it has let its lost domains go for, …
    pub let_go: u64,
    /// … and the last record that it had then: what it asked before is in it.
    pub applied: u64,
}

/// What a person asks of the running node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    Status,
    /// Gives the lead up.
    Yield,
    /// Has every node say what its tables hash to.
    Check,
}

/// A command that was submitted.
pub(super) struct Pending {
    pub answer: oneshot::Sender<Result<Committed, WriteError>>,
    /// Somebody waits for it: it is not simply given again.
    pub is_awaited: bool,
}

/// A command that may have been carried out.
pub(super) struct Doubt {
    pub id: u64,
    pub session: Session,
    pub answer: oneshot::Sender<Result<Committed, WriteError>>,
    /// By the clock of licences.
    pub since: Duration,
}

/// What is made before the writer starts, and used when the service runs.
pub struct Parts {
    pub outbox: mpsc::UnboundedReceiver<Forwarded>,
    pub checks: mpsc::UnboundedReceiver<(u64, u128)>,
    pub leads: watch::Receiver<bool>,
}

/// The clock of licences, in milliseconds.
pub(super) fn boot_ms() -> i64 {
    i64::try_from(boottime().as_millis()).unwrap_or(i64::MAX)
}

/// How far the wall clock is ahead of the clock of licences, in milliseconds: as far as ever, unless it is set.
fn wall_ahead() -> i64 {
    clock().0.saturating_sub(boot_ms())
}

impl Licences {
    pub fn new() -> Licences {
        Licences {
            poll: Mutex::new(Licence::to_poll()),
            lead: Mutex::new(Licence::to_lead()),
            wall: AtomicI64::new(wall_ahead()),
        }
    }

    fn lock(licence: &Mutex<Licence>) -> MutexGuard<'_, Licence> {
        // A moment is whole between any two statements.
        licence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn may_poll(&self) -> bool {
        !self.wall_was_set() && Self::lock(&self.poll).holds(boottime())
    }

    pub fn may_lead(&self) -> bool {
        !self.wall_was_set() && Self::lock(&self.lead).holds(boottime())
    }

    /// The wall clock was set since: what is said by it now is not to get to others before it was looked at.
    pub fn wall_was_set(&self) -> bool {
        wall_ahead().abs_diff(self.wall.load(Ordering::Relaxed)) > MOST_APART_MS
    }

    /// The wall clock is right as it is.
    pub fn trust_wall(&self) {
        self.wall.store(wall_ahead(), Ordering::Relaxed);
    }

    pub fn poll_ends(&self) -> Option<Duration> {
        Self::lock(&self.poll).ends()
    }

    pub fn renewed(&self, sent: Duration) {
        Self::lock(&self.poll).confirmed(sent);
    }

    pub fn kept(&self, sent: Duration) {
        Self::lock(&self.lead).confirmed(sent);
    }

    pub fn end_poll(&self) {
        Self::lock(&self.poll).ended();
    }

    pub fn end_lead(&self) {
        Self::lock(&self.lead).ended();
    }
}

impl State {
    /// Why records are not applied now, or never will be.
    fn stands_still(&self) -> Option<String> {
        let diverged = |needs: &NeedsSnapshot| format!("{needs}; a snapshot of the cluster's is being fetched");
        self.stuck.clone().or_else(|| self.diverged.as_ref().map(diverged))
    }
}

impl Node {
    pub fn new(seat: Seat) -> Arc<Node> {
        let Seat { engine, replica, config, writer, readers, client, duties, bells, polls, reloads, leads } = seat;
        let licences = Arc::new(Licences::new());
        let licence = licences.clone();
        client.only_while(move || licence.may_poll());
        Arc::new(Node {
            engine,
            name: replica.node,
            cluster: replica.cluster,
            config,
            writer,
            readers,
            client,
            duties,
            bells,
            licences,
            applied: watch::Sender::new(replica.seq),
            following: tokio::sync::Mutex::default(),
            state: Mutex::new(State { heard: boottime(), ..State::default() }),
            pending: Mutex::default(),
            doubts: Mutex::default(),
            n_submitted: AtomicU64::new(0),
            list_turn: tokio::sync::Mutex::default(),
            kept_views: tokio::sync::Mutex::default(),
            membership_moved: Notify::new(),
            renew_soon: Notify::new(),
            view_due: Notify::new(),
            snapshot_wanted: Notify::new(),
            list_moved: Notify::new(),
            polls,
            reloads,
            leads,
        })
    }

    pub(super) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        // Each look leaves it whole.
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The engine answered.
    pub(super) fn heard(&self) {
        self.state(|state| {
            state.heard = boottime();
            if let Some(error) = state.engine_error.take() {
                tracing::info!(before = error, "the cluster's database answers again");
            }
        });
    }

    /// The engine did not answer: said once.
    pub(super) fn not_heard(&self, error: &crate::cluster::EngineError) {
        let error = error.to_string();
        self.state(|state| {
            if state.engine_error.replace(error.clone()).is_none() {
                tracing::warn!(error, "the cluster's database does not answer: this node serves what it has, and polls nobody");
            }
        });
    }

    pub fn standing(&self) -> NodeStanding {
        let leads = self.duties.leads();
        let applied = *self.applied.borrow();
        let max_stale = self.config.get().cluster.max_stale;
        self.state(|state| {
            let silent = boottime().saturating_sub(state.heard);
            let late = (silent > max_stale).then(|| format!("the cluster's database has been silent for {} s", silent.as_secs()));
            NodeStanding {
                node: self.name.clone(),
                leads,
                leader: if leads { Some(self.name.clone()) } else { state.leader.clone() },
                term: state.term.unwrap_or(0),
                applied,
                head: state.head.max(applied),
                silent_s: silent.as_secs(),
                stale: state.stands_still().or(late).or_else(|| state.engine_error.clone()).or_else(|| state.clock_off.clone()),
                members: state.members.keys().cloned().collect(),
            }
        })
    }

    /// Whether this node is too far behind to be asked: `Some` says why.
    pub fn is_unwell(&self) -> Option<String> {
        let max_stale = self.config.get().cluster.max_stale;
        self.state(|state| {
            let silent = boottime().saturating_sub(state.heard);
            (silent > max_stale)
                .then(|| format!("stale: the cluster's database has been silent for {} s", silent.as_secs()))
                .or_else(|| state.stands_still().map(|why| format!("stale: {why}")))
        })
    }
}

/// What joins the writer to the tasks of a node.
pub fn links() -> (NodeLinks, Parts) {
    let ((to_outbox, outbox), (to_checks, checks)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let (told, leads) = watch::channel(false);
    (NodeLinks { outbox: to_outbox, checks: to_checks, leads: told }, Parts { outbox, checks, leads })
}
