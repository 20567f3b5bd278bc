//! The engine of tests: one cluster in memory, asked by several nodes, by tokio's clock (which tests pause). Its network and
//! its memory fail on demand.

use super::bells::{Bell, Bells};
use super::engine::{
    Append, Engine, EngineError, Head, LEADER_LEASE, Leader, Logged, Member, MemberState, NODE_LEASE, Reply, Seen, Seq, Session,
    Snapshot, Submission, Term,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What goes wrong with the next append of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The record is not there, and the answer does not say so.
    LostBefore,
    /// The record is there, and the answer is lost.
    LostAfter,
}

/// The cluster; [`Memory::node`] gives what a node holds of it.
pub struct Memory {
    state: Mutex<State>,
    bells: Bells,
}

/// One node's way to the cluster.
pub struct MemoryNode {
    memory: Arc<Memory>,
    node: String,
    given: Mutex<HashSet<u64>>,
}

#[derive(Default)]
struct State {
    cluster: Option<String>,
    log: BTreeMap<Seq, (Term, Vec<u8>)>,
    term: Term,
    lead: Option<Lead>,
    sessions: Session,
    nodes: BTreeMap<String, Node>,
    inbox: BTreeMap<u64, Submission>,
    answers: BTreeMap<u64, (Session, Vec<u8>)>,
    snapshots: BTreeMap<u64, Chunks>,
    n_snapshots: u64,
    cut: HashSet<String>,
    faults: HashMap<String, Fault>,
}

struct Lead {
    node: String,
    until: Instant,
}

struct Node {
    session: Session,
    state: MemberState,
    until: Instant,
    removed: bool,
}

struct Chunks {
    seq: Seq,
    whole: bool,
    chunks: BTreeMap<u32, Vec<u8>>,
}

impl Memory {
    /// No cluster yet: a node creates it.
    pub fn new() -> Arc<Memory> {
        Arc::new(Memory { state: Mutex::default(), bells: Bells::new() })
    }

    pub fn node(self: &Arc<Memory>, node: &str) -> MemoryNode {
        MemoryNode { memory: self.clone(), node: node.to_owned(), given: Mutex::default() }
    }

    /// From now on the node reaches nothing.
    pub fn cut(&self, node: &str) {
        self.state().cut.insert(node.to_owned());
    }

    pub fn heal(&self, node: &str) {
        self.state().cut.remove(node);
    }

    /// The node's next append fails so.
    pub fn fail_next(&self, node: &str, fault: Fault) {
        self.state().faults.insert(node.to_owned(), fault);
    }

    /// Forgets the newest `n` records, as an engine that was not kept twice does.
    pub fn drop_newest(&self, n: usize) {
        let mut state = self.state();
        for _ in 0..n {
            state.log.pop_last();
        }
    }

    /// Flips the lowest bit of a record's byte; whether there is such a byte.
    pub fn flip(&self, seq: Seq, byte: usize) -> bool {
        let mut state = self.state();
        let found = state.log.get_mut(&seq).and_then(|(_, body)| body.get_mut(byte));
        found.map(|byte| *byte ^= 1).is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No call leaves the state half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_live(&self, node: &str, session: Session) -> bool {
        self.nodes.get(node).is_some_and(|known| known.session == session && !known.removed && Instant::now() < known.until)
    }

    fn live(&self) -> Vec<Member> {
        let live = self.nodes.iter().filter(|(_, known)| Instant::now() < known.until);
        live.map(|(node, known)| known.member(node)).collect()
    }

    fn sweep(&mut self) {
        let live: HashSet<Session> = self.live().into_iter().map(|member| member.session).collect();
        self.inbox.retain(|_, submission| live.contains(&submission.session));
        self.answers.retain(|_, (session, _)| live.contains(session));
    }

    fn append(&mut self, seq: Seq, term: Term, body: &[u8]) -> Append {
        if self.term != term || self.lead.is_none() {
            return Append::Fenced;
        }
        if self.log.contains_key(&seq) {
            return Append::Taken;
        }
        let is_whole = |snapshot: &Chunks| snapshot.whole && snapshot.seq == seq - 1;
        if !self.log.is_empty() && !self.log.contains_key(&(seq - 1)) && !self.snapshots.values().any(is_whole) {
            return Append::Gap;
        }
        self.log.insert(seq, (term, body.to_owned()));
        Append::Appended
    }
}

impl Node {
    fn member(&self, node: &str) -> Member {
        let holds_for = self.until.saturating_duration_since(Instant::now());
        Member { node: node.to_owned(), session: self.session, state: self.state.clone(), holds_for }
    }
}

impl MemoryNode {
    /// Does it at once, when it is awaited.
    fn ask<'a, T: Send + 'a>(&'a self, ask: impl FnOnce(&mut State) -> Result<T, EngineError> + Send + 'a) -> Reply<'a, T> {
        Box::pin(async move {
            let mut state = self.memory.state();
            if state.cut.contains(&self.node) {
                return Err(EngineError::Unreachable("it was cut off".to_owned()));
            }
            ask(&mut state)
        })
    }

    /// The same, of a cluster that exists.
    fn ask_cluster<'a, T: Send + 'a>(
        &'a self,
        ask: impl FnOnce(&mut State) -> Result<T, EngineError> + Send + 'a,
    ) -> Reply<'a, T> {
        self.ask(|state| if state.cluster.is_some() { ask(state) } else { Err(EngineError::NotACluster) })
    }
}

impl Engine for MemoryNode {
    fn create<'a>(&'a self, cluster: &'a str) -> Reply<'a, ()> {
        self.ask(move |state| match state.cluster {
            Some(_) => Err(EngineError::Exists),
            None => {
                state.cluster = Some(cluster.to_owned());
                Ok(())
            }
        })
    }

    fn reseed<'a>(&'a self, cluster: &'a str) -> Reply<'a, ()> {
        self.ask(move |state| {
            state.cluster = Some(cluster.to_owned());
            state.log.clear();
            state.snapshots.clear();
            state.inbox.clear();
            state.answers.clear();
            state.lead = None;
            state.term += 1;
            for known in state.nodes.values_mut() {
                known.until = Instant::now();
            }
            Ok(())
        })
    }

    fn identity(&self) -> Reply<'_, String> {
        self.ask(|state| state.cluster.clone().ok_or(EngineError::NotACluster))
    }

    fn clock(&self) -> Reply<'_, i64> {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.ask(move |_| Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
    }

    fn head(&self) -> Reply<'_, Head> {
        self.ask_cluster(|state| {
            let end = |seq: Option<(&Seq, _)>| seq.map_or(0, |(seq, _)| *seq);
            let snapshots = state.snapshots.values().filter(|snapshot| snapshot.whole).map(|snapshot| snapshot.seq);
            let newest = end(state.log.last_key_value()).max(snapshots.max().unwrap_or(0));
            Ok(Head { newest, oldest: end(state.log.first_key_value()) })
        })
    }

    fn append<'a>(&'a self, seq: Seq, term: Term, body: &'a [u8]) -> Pin<Box<dyn Future<Output = Append> + Send + 'a>> {
        Box::pin(async move {
            let done = self.ask_cluster(|state| {
                let fault = state.faults.remove(&self.node);
                if fault == Some(Fault::LostBefore) {
                    return Err(EngineError::Unreachable("the request was lost".to_owned()));
                }
                let done = state.append(seq, term, body);
                match fault {
                    Some(_) => Err(EngineError::Unreachable("the answer was lost".to_owned())),
                    None => Ok(done),
                }
            });
            let done = done.await.unwrap_or_else(|why| Append::Unknown(why.to_string()));
            self.memory.bells.ring(Bell::Log);
            done
        })
    }

    fn read(&self, after: Seq, max_bytes: usize) -> Reply<'_, Vec<Logged>> {
        self.ask_cluster(move |state| {
            let mut n_bytes = 0;
            let fit = state.log.range(after + 1..).take_while(|(_, (_, body))| {
                let fits = n_bytes < max_bytes || n_bytes == 0;
                n_bytes += body.len();
                fits
            });
            Ok(fit.map(|(seq, (term, body))| Logged { seq: *seq, term: *term, body: body.clone() }).collect())
        })
    }

    fn lead<'a>(&'a self, node: &'a str) -> Reply<'a, Option<Term>> {
        self.ask_cluster(move |state| {
            if state.lead.as_ref().is_some_and(|lead| Instant::now() < lead.until) {
                return Ok(None);
            }
            state.term += 1;
            state.lead = Some(Lead { node: node.to_owned(), until: Instant::now() + LEADER_LEASE });
            Ok(Some(state.term))
        })
    }

    fn keep<'a>(&'a self, node: &'a str, term: Term) -> Reply<'a, bool> {
        self.ask_cluster(move |state| {
            state.sweep();
            let now = state.term;
            let Some(lead) = state.lead.as_mut().filter(|lead| lead.node == node && now == term) else { return Ok(false) };
            lead.until = Instant::now() + LEADER_LEASE;
            Ok(true)
        })
    }

    fn yield_lead<'a>(&'a self, node: &'a str, term: Term) -> Reply<'a, ()> {
        self.ask_cluster(move |state| {
            if state.term == term && state.lead.as_ref().is_some_and(|lead| lead.node == node) {
                state.lead = None;
            }
            Ok(())
        })
    }

    fn leader(&self) -> Reply<'_, Option<Leader>> {
        self.ask_cluster(|state| {
            let lead = state.lead.as_ref().filter(|lead| Instant::now() < lead.until);
            Ok(lead.map(|lead| Leader { node: lead.node.clone(), term: state.term }))
        })
    }

    fn join<'a>(&'a self, node: &'a str, member: &'a MemberState) -> Reply<'a, Session> {
        self.ask_cluster(move |state| {
            if state.nodes.get(node).is_some_and(|known| known.removed) {
                return Err(EngineError::Removed(node.to_owned()));
            }
            state.sessions += 1;
            let joined =
                Node { session: state.sessions, state: member.clone(), until: Instant::now() + NODE_LEASE, removed: false };
            state.nodes.insert(node.to_owned(), joined);
            Ok(state.sessions)
        })
    }

    fn renew<'a>(&'a self, node: &'a str, session: Session, member: &'a MemberState) -> Reply<'a, Option<Vec<Member>>> {
        self.ask_cluster(move |state| {
            if !state.is_live(node, session) {
                return Ok(None);
            }
            if let Some(known) = state.nodes.get_mut(node) {
                known.until = Instant::now() + NODE_LEASE;
                known.state = member.clone();
            }
            Ok(Some(state.live()))
        })
    }

    fn leave<'a>(&'a self, node: &'a str, session: Session) -> Reply<'a, ()> {
        self.ask_cluster(move |state| {
            if state.is_live(node, session)
                && let Some(known) = state.nodes.get_mut(node)
            {
                known.until = Instant::now();
            }
            Ok(())
        })
    }

    fn remove<'a>(&'a self, node: &'a str) -> Reply<'a, ()> {
        self.ask_cluster(move |state| {
            let known = state.nodes.get_mut(node).ok_or_else(|| EngineError::NoSuchNode(node.to_owned()))?;
            // Its lease ends by itself: until then it may have something out.
            known.removed = true;
            Ok(())
        })
    }

    fn admit<'a>(&'a self, node: &'a str) -> Reply<'a, ()> {
        self.ask_cluster(move |state| {
            let known = state.nodes.get_mut(node).ok_or_else(|| EngineError::NoSuchNode(node.to_owned()))?;
            known.removed = false;
            Ok(())
        })
    }

    fn members(&self) -> Reply<'_, Vec<Seen>> {
        self.ask_cluster(|state| {
            let seen = state.nodes.iter().map(|(node, known)| {
                let now = Instant::now();
                let lapsed = (known.until <= now).then(|| now.duration_since(known.until));
                Seen { member: known.member(node), lapsed, removed: known.removed }
            });
            Ok(seen.collect())
        })
    }

    fn submit<'a>(&'a self, node: &'a str, session: Session, submissions: &'a [(u64, Vec<u8>)]) -> Reply<'a, bool> {
        self.ask_cluster(move |state| {
            if !state.is_live(node, session) {
                return Ok(false);
            }
            for (id, body) in submissions {
                let submission = Submission { id: *id, node: node.to_owned(), session, body: body.clone() };
                state.inbox.entry(*id).or_insert(submission);
            }
            self.memory.bells.ring(Bell::Inbox);
            Ok(true)
        })
    }

    fn inbox<'a>(&'a self, in_hand: &'a [u64], max: u32) -> Reply<'a, Vec<Submission>> {
        self.ask_cluster(move |state| {
            let others = state.inbox.values().filter(|submission| !in_hand.contains(&submission.id));
            Ok(others.take(max as usize).cloned().collect())
        })
    }

    fn answer<'a>(&'a self, answers: &'a [(u64, Vec<u8>)]) -> Reply<'a, ()> {
        self.ask_cluster(move |state| {
            for (id, body) in answers {
                if let Some(submission) = state.inbox.remove(id) {
                    state.answers.insert(*id, (submission.session, body.clone()));
                }
            }
            self.memory.bells.ring(Bell::Answers);
            Ok(())
        })
    }

    fn answers(&self, session: Session) -> Reply<'_, Vec<(u64, Vec<u8>)>> {
        self.ask_cluster(move |state| {
            // What was given out is deleted with the next call, as by an engine whose answers may be lost on the way.
            let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            state.answers.retain(|id, _| !given.contains(id));
            let mine: Vec<(u64, Vec<u8>)> =
                state.answers.iter().filter(|(_, (of, _))| *of == session).map(|(id, (_, body))| (*id, body.clone())).collect();
            *given = mine.iter().map(|(id, _)| *id).collect();
            Ok(mine)
        })
    }

    fn begin_snapshot(&self, seq: Seq) -> Reply<'_, u64> {
        self.ask_cluster(move |state| {
            state.n_snapshots += 1;
            state.snapshots.insert(state.n_snapshots, Chunks { seq, whole: false, chunks: BTreeMap::new() });
            Ok(state.n_snapshots)
        })
    }

    fn put_chunk<'a>(&'a self, id: u64, n: u32, body: &'a [u8]) -> Reply<'a, ()> {
        self.ask_cluster(move |state| {
            let snapshot = state.snapshots.get_mut(&id).filter(|snapshot| !snapshot.whole);
            let snapshot = snapshot.ok_or_else(|| EngineError::Refused(format!("snapshot {id} is not being made")))?;
            snapshot.chunks.insert(n, body.to_owned());
            Ok(())
        })
    }

    fn seal_snapshot(&self, id: u64, n_chunks: u32) -> Reply<'_, ()> {
        self.ask_cluster(move |state| {
            let all = |snapshot: &&mut Chunks| snapshot.chunks.keys().copied().eq(0..n_chunks);
            let snapshot = state.snapshots.get_mut(&id).filter(all);
            let snapshot = snapshot.ok_or_else(|| EngineError::Refused(format!("snapshot {id} has not all its chunks")))?;
            snapshot.whole = true;
            state.snapshots.retain(|other, _| *other >= id);
            Ok(())
        })
    }

    fn snapshot(&self) -> Reply<'_, Option<Snapshot>> {
        self.ask_cluster(|state| {
            let whole = state.snapshots.iter().rev().find(|(_, snapshot)| snapshot.whole);
            let n_chunks = |snapshot: &Chunks| u32::try_from(snapshot.chunks.len()).unwrap_or(u32::MAX);
            Ok(whole.map(|(id, snapshot)| Snapshot { id: *id, seq: snapshot.seq, n_chunks: n_chunks(snapshot) }))
        })
    }

    fn chunk(&self, id: u64, n: u32) -> Reply<'_, Option<Vec<u8>>> {
        self.ask_cluster(move |state| Ok(state.snapshots.get(&id).and_then(|snapshot| snapshot.chunks.get(&n).cloned())))
    }

    fn trim(&self, below: Seq) -> Reply<'_, ()> {
        self.ask_cluster(move |state| {
            let newest = state.log.last_key_value().map_or(0, |(seq, _)| *seq);
            state.log = state.log.split_off(&below.min(newest));
            Ok(())
        })
    }

    fn log_bytes(&self) -> Reply<'_, u64> {
        self.ask_cluster(|state| Ok(state.log.values().map(|(_, body)| body.len() as u64).sum()))
    }

    fn wait(&self, bell: Bell, heard: u64, timeout: Duration) -> Pin<Box<dyn Future<Output = u64> + Send + '_>> {
        Box::pin(self.memory.bells.wait(bell, heard, timeout))
    }
}
