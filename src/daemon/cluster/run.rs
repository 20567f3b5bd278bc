//! The tasks of a node, side by side.

use super::super::parts::{clock, looping};
use super::node::{Ask, Node, Parts};
use crate::config::Config;
use crate::records::{Command, NodeStanding};
use crate::store::{Readers, Replica};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// The nodes' tables are compared so often.
const CHECK_EVERY: Duration = Duration::from_secs(24 * 3600);
/// Between two looks whether they are to be.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Whose database it is; an error where it is nobody's, or another node's.
pub fn replica_of(readers: &Readers, config: &Config) -> anyhow::Result<Replica> {
    let Some(replica) = readers.ask_here(|reader| reader.replica())? else {
        anyhow::bail!(
            "{} belongs to no cluster: `courant cluster create` makes one of it, `courant cluster join` begins with another's database",
            config.database().display()
        );
    };
    anyhow::ensure!(
        replica.node == config.cluster.node,
        "{} is node \"{}\", and cluster.node is \"{}\"",
        config.database().display(),
        replica.node,
        config.cluster.node
    );
    Ok(replica)
}

/// Runs until told to stop, or until a snapshot is here that is to take the place of this node's database ([`super::NeedsSnapshot`]). `take_over`: takes this
/// node's files over, as after a change of them.
pub async fn run(
    node: Arc<Node>,
    parts: Parts,
    take_over: impl Future<Output = ()> + Send + 'static,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let Parts { outbox, checks, .. } = parts;
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    tasks.spawn(looping(node.clone().be_member()));
    tasks.spawn(looping(node.clone().be_leader()));
    tasks.spawn(looping(node.clone().follow()));
    tasks.spawn(looping(node.clone().hand_over()));
    tasks.spawn(looping(node.clone().forward(outbox)));
    tasks.spawn(looping(node.clone().hear_answers()));
    tasks.spawn(looping(node.clone().end_doubts()));
    tasks.spawn(looping(node.clone().borrow()));
    tasks.spawn(looping(node.clone().carry_out()));
    tasks.spawn(looping(node.clone().keep_snapshots()));
    tasks.spawn(looping(node.clone().keep_list()));
    tasks.spawn(looping(node.clone().until_diverged()));
    tasks.spawn(looping(node.clone().check(checks)));
    tasks.spawn(looping(settle_list(node.clone(), take_over)));
    let ended = tokio::select! {
        // An error means that the sender is gone: the service is ending.
        _ = stopped.wait_for(|stop| *stop) => Ok(()),
        ended = tasks.join_next() => match ended {
            Some(Ok(Err(error))) => Err(error),
            Some(Err(died)) => Err(anyhow::anyhow!("a task of the node died: {died}")),
            Some(Ok(Ok(()))) | None => Err(anyhow::anyhow!("a task of the node ended by itself")),
        },
    };
    tasks.shutdown().await;
    node.leave().await;
    ended
}

/// Once this node is in touch with the others: whose list of subscriptions holds.
async fn settle_list(node: Arc<Node>, take_over: impl Future<Output = ()>) -> anyhow::Result<()> {
    node.duties.to_poll().await;
    if node.settle_list().await? {
        // The file here is the list of all.
        take_over.await;
    }
    std::future::pending().await
}

impl Node {
    /// Says what tables hash to, and asks for that once a day.
    async fn check(self: Arc<Node>, mut checks: mpsc::UnboundedReceiver<(u64, u128)>) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                checked = checks.recv() => match checked {
                    Some(checked) => self.state(|state| state.checked = Some(checked)),
                    None => std::future::pending().await,
                },
                () = tokio::time::sleep(LOOK_EVERY) => {
                    let last = self.readers.ask(|reader| reader.last_check()).await?;
                    if self.duties.leads() && last.is_none_or(|last| clock().since(last) > CHECK_EVERY) {
                        // Another time, where it cannot be now.
                        _ = self.writer.submit(Command::Check { at: clock() }).await;
                    }
                }
            }
        }
    }

    /// The others need not wait for this node's leases to end.
    async fn leave(&self) {
        let patience = Duration::from_secs(1);
        self.licences.end_poll();
        let left = async {
            self.duties.lapse().await;
            self.stop_leading().await;
            if let Some(session) = self.state(|state| state.session.take()) {
                _ = self.engine.leave(&self.name, session).await;
            }
        };
        if tokio::time::timeout(patience, left).await.is_err() {
            tracing::debug!("the others will see by themselves that this node is gone");
        }
        self.fail_pending("this node is stopping");
        self.leave_doubts("this node is stopping");
    }
}

/// What a person asks of the running node.
pub async fn act(node: &Node, ask: Ask) -> anyhow::Result<NodeStanding> {
    match ask {
        Ask::Status => {}
        Ask::Yield => {
            anyhow::ensure!(node.duties.leads(), "this node does not lead");
            node.pass_the_lead_on().await;
        }
        Ask::Check => _ = node.writer.submit(Command::Check { at: clock() }).await?,
    }
    Ok(node.standing())
}
