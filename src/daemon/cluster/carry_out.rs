//! Commands of the other nodes, while this node leads.

use super::forward::{pack, refusal_of, unpack};
use super::node::Node;
use crate::cluster::{Bell, Submission};
use crate::records::{Answered, Command, Refusal, Submitted};
use crate::store::WriteError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Submissions that are in hand at one time: enough that the writer always has a next one, …
const IN_HAND: usize = 512;
/// … and that are read at one time: each may be a feed's whole document.
const AT_A_TIME: usize = 64;
/// The inbox is looked at so often, whoever rings.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const BREATH: Duration = Duration::from_millis(250);

impl Node {
    /// Carries out what others submit; of each node in its order.
    pub(super) async fn carry_out(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            self.duties.to_lead().await;
            tokio::select! {
                done = self.carry_out_while_leading() => done?,
                () = self.until_not_leading() => {}
            }
        }
    }

    pub(super) async fn until_not_leading(&self) {
        let mut leads = self.leads.clone();
        // An error means that the writer has ended, and the service with it.
        _ = leads.wait_for(|leads| !leads).await;
    }

    async fn carry_out_while_leading(self: &Arc<Node>) -> anyhow::Result<()> {
        let (done, mut answers) = mpsc::unbounded_channel::<(u64, Vec<u8>)>();
        let (mut in_hand, mut heard) = (Vec::<u64>::new(), 0);
        loop {
            let mut ready = Vec::new();
            while let Ok(answer) = answers.try_recv() {
                ready.push(answer);
            }
            if !ready.is_empty() {
                if let Err(error) = self.engine.answer(&ready).await {
                    self.not_heard(&error);
                    tokio::time::sleep(BREATH).await;
                    ready.into_iter().for_each(|answer| _ = done.send(answer));
                    continue;
                }
                in_hand.retain(|id| !ready.iter().any(|(ready, _)| ready == id));
            }
            let room = u32::try_from(IN_HAND.saturating_sub(in_hand.len()).min(AT_A_TIME)).unwrap_or(0);
            let submissions = match self.engine.inbox(&in_hand, room).await {
                Ok(submissions) => submissions,
                Err(error) => {
                    self.not_heard(&error);
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            if submissions.is_empty() {
                tokio::select! {
                    again = self.engine.wait(Bell::Inbox, heard, LOOK_EVERY) => heard = again,
                    Some(answer) = answers.recv() => done.send(answer)?,
                }
                continue;
            }
            for submission in submissions {
                in_hand.push(submission.id);
                self.begin(submission, &done).await?;
            }
        }
    }

    /// Gives a command to the writer; its answer comes by `done`.
    async fn begin(self: &Arc<Node>, submission: Submission, done: &mpsc::UnboundedSender<(u64, Vec<u8>)>) -> anyhow::Result<()> {
        let Submission { id, node, session, body } = submission;
        let answer = move |seq: u64, result| pack(&Answered { n: id, seq, result });
        let refused = |why: &str| answer(0, Err(Refusal::NotNow(why.into())));
        let is_member = self.state(|state| state.view.nodes.iter().any(|known| known.node == node && known.session == session));
        let command = match unpack(&body) {
            Ok(Submitted::Command { .. } | Submitted::Lend { .. }) if !is_member => {
                done.send((id, refused("the membership of this node is over, or not known yet")?))?;
                return Ok(());
            }
            Ok(Submitted::Command { command, .. }) => command,
            // Who is told that it has nothing asks again.
            Ok(Submitted::Lend { domain }) => {
                let body = match self.lend(&node, domain) {
                    true => answer(0, Ok(Default::default()))?,
                    false => refused("the domain is lent to another node")?,
                };
                done.send((id, body))?;
                return Ok(());
            }
            Ok(Submitted::GiveBack { domain }) => {
                if is_member {
                    self.take_back(&node, &domain);
                }
                done.send((id, answer(0, Ok(Default::default()))?))?;
                return Ok(());
            }
            Ok(Submitted::Snapshot) => {
                self.snapshot_wanted.notify_one();
                // Whoever asks looks whether it is there.
                done.send((id, answer(0, Ok(Default::default()))?))?;
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(node, %error, "a node submitted what cannot be read");
                let why = "it is of another version, and cannot read the command".to_owned();
                done.send((id, answer(0, Err(Refusal::Failed(why)))?))?;
                return Ok(());
            }
        };
        let answered = self.writer.give(Command::Forwarded { node, session, n: id, command }).await?;
        let (done, of) = (done.clone(), self.clone());
        tokio::spawn(async move {
            let result = match answered.await {
                Ok(Ok(committed)) => {
                    if committed.cluster.list {
                        of.list_moved.notify_one();
                    }
                    Ok(committed)
                }
                // The lead is lost: whoever leads next carries it out.
                Ok(Err(WriteError::Cluster(_) | WriteError::InDoubt(_) | WriteError::Ended)) | Err(_) => return,
                Ok(Err(error)) => Err(refusal_of(&error)),
            };
            let seq = *of.applied.borrow();
            // Nobody hears it where the lead was lost.
            if let Ok(body) = answer(seq, result) {
                let _ = done.send((id, body));
            }
        });
        Ok(())
    }
}
