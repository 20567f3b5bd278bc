//! Wakes who waits for the engine.

use std::time::Duration;
use tokio::sync::watch;

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bell {
    /// Records in the log.
    Log,
    /// Submissions, for the leader.
    Inbox,
    /// Answers, for those who submitted.
    Answers,
}

/// One counter a bell.
pub struct Bells {
    log: watch::Sender<u64>,
    inbox: watch::Sender<u64>,
    answers: watch::Sender<u64>,
}

impl Bells {
    pub fn new() -> Bells {
        let bell = || watch::Sender::new(1);
        Bells { log: bell(), inbox: bell(), answers: bell() }
    }

    pub fn ring(&self, bell: Bell) {
        self.of(bell).send_modify(|n| *n += 1);
    }

    pub async fn wait(&self, bell: Bell, heard: u64, timeout: Duration) -> u64 {
        let mut rung = self.of(bell).subscribe();
        let waited = tokio::time::timeout(timeout, rung.wait_for(|n| *n != heard)).await;
        match waited {
            Ok(Ok(n)) => *n,
            // Too late; or there is nobody left to ring, which cannot be while `self` is there.
            _ => heard,
        }
    }

    fn of(&self, bell: Bell) -> &watch::Sender<u64> {
        match bell {
            Bell::Log => &self.log,
            Bell::Inbox => &self.inbox,
            Bell::Answers => &self.answers,
        }
    }
}
