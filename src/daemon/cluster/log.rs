//! What this node commits while it leads → the log, before it is committed here.

use super::node::{Licences, Node};
use crate::cluster::{self, Engine, Term, boottime};
use crate::store::{Append, Log};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// So long it is tried to find out what became of a record whose answer did not come. The lead is lost before.
const PATIENCE: Duration = Duration::from_secs(6);
const BREATH: Duration = Duration::from_millis(150);

/// The log as the writer's thread sees it.
pub struct LeadersLog {
    engine: Arc<dyn Engine>,
    term: Term,
    licences: Arc<Licences>,
    applied: watch::Sender<u64>,
    runtime: tokio::runtime::Handle,
}

impl LeadersLog {
    pub fn new(node: &Node, term: Term) -> LeadersLog {
        LeadersLog {
            engine: node.engine.clone(),
            term,
            licences: node.licences.clone(),
            applied: node.applied.clone(),
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// Whether our record is at its place; `None`: nothing is.
    async fn is_ours(&self, seq: u64, body: &[u8]) -> Result<Option<bool>, cluster::EngineError> {
        let found = self.engine.read(seq - 1, 1).await?;
        Ok(found.first().filter(|record| record.seq == seq).map(|record| record.body == body))
    }

    async fn append_whole(&self, seq: u64, body: &[u8]) -> Append {
        let started = boottime();
        let mut in_doubt = false;
        loop {
            let answer = self.engine.append(seq, self.term, body).await;
            match answer {
                cluster::Append::Appended => return Append::Appended,
                cluster::Append::Gap => return Append::Refused,
                // Another try of ours may have got through before.
                cluster::Append::Taken | cluster::Append::Fenced => match self.is_ours(seq, body).await {
                    Ok(ours) => return if ours == Some(true) { Append::Appended } else { Append::Refused },
                    Err(_) if !in_doubt && answer == cluster::Append::Fenced => return Append::Refused,
                    Err(error) if boottime().saturating_sub(started) > PATIENCE => return Append::Unknown(error.to_string()),
                    Err(_) => {}
                },
                cluster::Append::Unknown(why) if boottime().saturating_sub(started) > PATIENCE => return Append::Unknown(why),
                cluster::Append::Unknown(_) => in_doubt = true,
            }
            tokio::time::sleep(BREATH).await;
        }
    }
}

impl Log for LeadersLog {
    fn append(&mut self, seq: u64, body: Vec<u8>) -> Append {
        // A leader whose licence is over may have a follower already; the engine would say so too.
        if !self.licences.may_lead() {
            return Append::Refused;
        }
        let appended = self.runtime.block_on(self.append_whole(seq, &body));
        if appended == Append::Appended {
            self.applied.send_replace(seq);
        }
        appended
    }
}
