//! Commands of a node that follows → the leader → their answers.

use super::node::Node;
use crate::cluster::{Bell, submission_id};
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

type Answer = tokio::sync::oneshot::Sender<Result<Committed, WriteError>>;

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
        let Some(session) = self.state(|state| state.session) else {
            let error = || WriteError::Cluster("this node is not in touch with its cluster".into());
            // Whoever asked may have gone.
            batch.into_iter().for_each(|Forwarded { answer, .. }| _ = answer.send(Err(error())));
            return;
        };
        let mut submissions = Vec::with_capacity(batch.len());
        for Forwarded { command, answer } in batch {
            let id = submission_id(session, self.n_submitted.fetch_add(1, Ordering::SeqCst) as u32 + 1);
            match pack(&Submitted::Command { n: id, command }) {
                Ok(body) => {
                    self.wait_for(id, answer);
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
    async fn hand_in(&self, session: u64, submissions: &[(u64, Vec<u8>)]) {
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
        for (id, _) in submissions {
            self.answer_pending(*id, Err(WriteError::Cluster("this node is not in touch with its cluster".into())));
        }
    }

    fn wait_for(&self, id: u64, answer: Answer) {
        self.pending().insert(id, answer);
    }

    fn answer_pending(&self, id: u64, result: Result<Committed, WriteError>) {
        let answer = self.pending().remove(&id);
        // Whoever asked may have gone.
        if let Some(answer) = answer {
            _ = answer.send(result);
        }
    }

    /// Nobody will answer what is submitted.
    pub(super) fn fail_pending(&self, why: &str) {
        let all = std::mem::take(&mut *self.pending());
        all.into_values().for_each(|answer| _ = answer.send(Err(WriteError::Cluster(why.into()))));
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<u64, Answer>> {
        // A map is whole between any two statements.
        self.pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
                    Err(error) => {
                        let why = format!("the leader answered in another version's words: {error}");
                        self.answer_pending(id, Err(WriteError::Cluster(why)));
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

    async fn session_ends(&self, session: u64) {
        while self.state(|state| state.session) == Some(session) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A command's refusal as it travels.
pub(super) fn refusal_of(error: &WriteError) -> Refusal {
    match error {
        WriteError::Stale => Refusal::Stale,
        WriteError::FeedGone => Refusal::FeedGone,
        WriteError::Disk(_) | WriteError::Cluster(_) | WriteError::Ended => Refusal::NotNow(error.to_string()),
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

pub(super) fn pack<T: serde::Serialize>(value: &T) -> std::io::Result<Vec<u8>> {
    let mut packer = zstd::Encoder::new(Vec::new(), LEVEL)?;
    serde_json::to_writer(&mut packer, value)?;
    packer.finish()
}

pub(super) fn unpack<T: serde::de::DeserializeOwned>(body: &[u8]) -> std::io::Result<T> {
    let unpacker = std::io::Read::take(zstd::Decoder::new(body)?, MOST_BYTES);
    Ok(serde_json::from_reader(std::io::BufReader::new(unpacker))?)
}
