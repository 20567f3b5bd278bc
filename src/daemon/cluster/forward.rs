//! Commands of a node that follows → the leader → their answers.

use super::node::{Doubt, Node, Pending};
use crate::cluster::{Bell, boottime, session_of, submission_id};
use crate::records::{Answered, Committed, Refusal, Submitted};
use crate::store::{Forwarded, WriteError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

/// Commands that go in one round trip, …
const BATCH: usize = 64;
/// … and their bytes, but for one that is larger: what a slow line carries well within the engine's patience.
const BATCH_BYTES: usize = 1 << 20;
/// Answers are looked for so often, whoever rings.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const BREATH: Duration = Duration::from_millis(250);
/// Submissions are packed as records are.
const LEVEL: i32 = 1;
/// What is unpacked is no larger than this.
const MOST_BYTES: u64 = 1 << 28;

/// Whoever waits for what became of a command is told after this that it is not known.
const MOST_DOUBT: Duration = Duration::from_secs(20);

impl Node {
    /// Submits what this node's writer hands on.
    pub(super) async fn forward(self: Arc<Node>, mut outbox: mpsc::UnboundedReceiver<Forwarded>) -> anyhow::Result<()> {
        while let Some(first) = outbox.recv().await {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = outbox.try_recv()
            {
                batch.push(next);
            }
            self.submit(batch).await;
        }
        std::future::pending().await
    }

    async fn submit(&self, batch: Vec<Forwarded>) {
        // What was planned and dated by a clock that was set since is not to be known to others.
        let Some(session) = self.state(|state| state.session).filter(|_| !self.licences.wall_was_set()) else {
            let error = || WriteError::Cluster("this node is not in touch with its cluster".into());
            // Whoever asked may have gone.
            batch.into_iter().for_each(|Forwarded { answer, .. }| _ = answer.send(Err(error())));
            return;
        };
        let mut submissions = Vec::with_capacity(batch.len());
        for Forwarded { command, answer } in batch {
            let id = submission_id(session, self.n_submitted.fetch_add(1, Ordering::SeqCst) as u32 + 1);
            let is_awaited = command.is_awaited();
            match pack(&Submitted::Command { n: id, command }) {
                Ok(body) => {
                    self.wait_for(id, Pending { answer, is_awaited });
                    submissions.push((id, body));
                }
                Err(error) => _ = answer.send(Err(WriteError::Cluster(error.to_string()))),
            }
        }
        let mut rest = submissions.as_slice();
        while !rest.is_empty() {
            let mut n_bytes = 0;
            let n = rest.iter().take_while(|(_, body)| {
                n_bytes += body.len();
                n_bytes <= BATCH_BYTES
            });
            let (now, later) = rest.split_at(n.count().max(1));
            self.hand_in(session, now).await;
            rest = later;
        }
    }

    /// One batch after the other, each until it is known to be there: of one node the leader sees no later one before it.
    pub(super) async fn hand_in(&self, session: u64, submissions: &[(u64, Vec<u8>)]) {
        while self.state(|state| state.session) == Some(session) {
            match self.engine.submit(&self.name, session, submissions).await {
                Ok(true) => return,
                Ok(false) => break,
                Err(error) => {
                    self.not_heard(&error);
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        // Of an earlier try it may be there all the same.
        let left: Vec<_> = submissions.iter().filter_map(|(id, _)| Some((*id, self.pending().remove(id)?))).collect();
        self.doubt_or_fail(left, "this node is not in touch with its cluster");
    }

    pub(super) fn wait_for(&self, id: u64, pending: Pending) {
        self.pending().insert(id, pending);
    }

    fn answer_pending(&self, id: u64, result: Result<Committed, WriteError>) {
        let pending = self.pending().remove(&id);
        // Whoever asked may have gone.
        if let Some(Pending { answer, .. }) = pending {
            _ = answer.send(result);
        }
    }

    /// Nobody will answer what is submitted.
    pub(super) fn fail_pending(&self, why: &str) {
        let all = std::mem::take(&mut *self.pending());
        self.doubt_or_fail(all, why);
    }

    /// A loop gives what is not answered again; a person is told when it is known what became of it.
    fn doubt_or_fail(&self, all: impl IntoIterator<Item = (u64, Pending)>, why: &str) {
        for (id, Pending { answer, is_awaited }) in all {
            match is_awaited {
                true => self.doubts().push(Doubt { id, session: session_of(id), answer, since: boottime() }),
                false => _ = answer.send(Err(WriteError::Cluster(why.into()))),
            }
        }
    }

    /// Finds out what became of commands whose answers were lost with this node's membership. While the others know it as a member
    /// the leader may still carry them out; from the view on that no longer does, this node's database says it.
    pub(super) async fn end_doubts(self: Arc<Node>) -> anyhow::Result<()> {
        let mut was_told = false;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.doubts().is_empty() {
                continue;
            }
            let view = self.state(|state| state.view.clone());
            let is_over = |session| !view.nodes.iter().any(|known| known.node == self.name && known.session == session);
            let over: Vec<u64> = self.doubts().iter().filter(|doubt| is_over(doubt.session)).map(|doubt| doubt.id).collect();
            for id in over {
                let reply = match self.readers.ask(move |reader| reader.reply_to(id)).await {
                    Ok(reply) => reply,
                    // A disk that fails for a moment: they stay in doubt, and are looked for again.
                    Err(error) => {
                        if !std::mem::replace(&mut was_told, true) {
                            tracing::warn!(error = format!("{error:#}"), "it cannot be read what became of commands in doubt");
                        }
                        break;
                    }
                };
                was_told = false;
                let why = "this node lost touch with its cluster, and it was not done; ask again";
                let result = match reply {
                    Some(reply) => Ok(Committed { reply, ..Committed::default() }),
                    None => Err(WriteError::Cluster(why.into())),
                };
                let known: Vec<Doubt> = self.doubts().extract_if(.., |doubt| doubt.id == id).collect();
                if let Some(Doubt { answer, .. }) = known.into_iter().next() {
                    // Whoever asked may have gone, here and below.
                    _ = answer.send(result);
                }
            }
            let now = boottime();
            let waits_too_long = |doubt: &mut Doubt| now.saturating_sub(doubt.since) > MOST_DOUBT;
            let unknown: Vec<Doubt> = self.doubts().extract_if(.., waits_too_long).collect();
            unknown.into_iter().for_each(|doubt| leave_in_doubt(doubt, "this node is not in touch with its cluster"));
        }
    }

    /// Whoever waits is told that it is not known.
    pub(super) fn leave_doubts(&self, why: &str) {
        std::mem::take(&mut *self.doubts()).into_iter().for_each(|doubt| leave_in_doubt(doubt, why));
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<u64, Pending>> {
        // A map is whole between any two statements.
        self.pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn doubts(&self) -> std::sync::MutexGuard<'_, Vec<Doubt>> {
        // So is a list.
        self.doubts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Hands answers on, each when this node's database shows what was done.
    pub(super) async fn hear_answers(self: Arc<Node>) -> anyhow::Result<()> {
        let mut heard = 0;
        let mut applied = self.applied.subscribe();
        loop {
            let Some(session) = self.state(|state| state.session) else {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let answers = match self.engine.answers(session).await {
                Ok(answers) => answers,
                Err(error) => {
                    self.not_heard(&error);
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            if answers.is_empty() {
                heard = self.engine.wait(Bell::Answers, heard, LOOK_EVERY).await;
                continue;
            }
            for (id, body) in answers {
                let Answered { seq, result, .. } = match unpack(&body) {
                    Ok(answered) => answered,
                    // It may well have been carried out: it must not simply be given again.
                    Err(error) => {
                        let why = format!("the leader answered in another version's words: {error}");
                        self.answer_pending(id, Err(WriteError::InDoubt(why)));
                        continue;
                    }
                };
                tokio::select! {
                    // The sender is here: it is not gone.
                    _ = applied.wait_for(|applied| *applied >= seq) => {}
                    // Nobody waits for it where this membership has ended.
                    () = self.session_ends(session) => {}
                }
                self.answer_pending(id, result.map_err(error_of));
            }
        }
    }

    pub(super) async fn session_ends(&self, session: u64) {
        while self.state(|state| state.session) == Some(session) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn leave_in_doubt(doubt: Doubt, why: &str) {
    // Whoever asked may have gone.
    _ = doubt.answer.send(Err(WriteError::InDoubt(why.into())));
}

/// A command's refusal as it travels.
pub(super) fn refusal_of(error: &WriteError) -> Refusal {
    match error {
        WriteError::Stale => Refusal::Stale,
        WriteError::FeedGone => Refusal::FeedGone,
        WriteError::Disk(_) | WriteError::Cluster(_) | WriteError::NotAMember | WriteError::Ended => {
            Refusal::NotNow(error.to_string())
        }
        other => Refusal::Failed(other.to_string()),
    }
}

fn error_of(refusal: Refusal) -> WriteError {
    match refusal {
        Refusal::Stale => WriteError::Stale,
        Refusal::FeedGone => WriteError::FeedGone,
        Refusal::NotNow(why) => WriteError::Cluster(why),
        Refusal::Failed(why) => WriteError::Leader(why),
    }
}

/// By way of a whole text, as records are written down and read: another way would have all that knows commands twice in the
/// program.
pub(super) fn pack<T: serde::Serialize>(value: &T) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(&serde_json::to_vec(value)?, LEVEL)
}

pub(super) fn unpack<T: serde::de::DeserializeOwned>(body: &[u8]) -> std::io::Result<T> {
    let mut text = String::new();
    let mut unpacker = std::io::Read::take(zstd::Decoder::new(body)?, MOST_BYTES);
    std::io::Read::read_to_string(&mut unpacker, &mut text)?;
    Ok(serde_json::from_str(&text)?)
}
