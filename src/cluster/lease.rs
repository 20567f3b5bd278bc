//! What a node may do by its own clock. Pure: moments are arguments, each as the time since the machine was started.
//!
//! The engine lets a lease lapse some time after a renewal *arrived*; who holds it stops earlier than that after the
//! renewal was *sent*. So whoever takes over begins when the former has ended, whatever the network did with the answer,
//! while both clocks run at the same speed to one part in two.

use std::time::Duration;

/// Holds for a while after each renewal that was confirmed, counted from when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Licence {
    holds_for: Duration,
    sent: Option<Duration>,
}

impl Licence {
    /// To ask the domains that a node owns: 4 s, of the engine's 6.
    pub const fn to_poll() -> Licence {
        Licence { holds_for: Duration::from_secs(4), sent: None }
    }

    /// To lead: 2.5 s, of the engine's 3.
    pub const fn to_lead() -> Licence {
        Licence { holds_for: Duration::from_millis(2500), sent: None }
    }

    /// A renewal that was sent at `sent` was confirmed. Confirmations may come in any order.
    pub fn confirmed(&mut self, sent: Duration) {
        self.sent = self.sent.max(Some(sent));
    }

    /// The engine says that it is over.
    pub fn ended(&mut self) {
        self.sent = None;
    }

    /// When it ends, if nothing more is confirmed; `None` where it has.
    pub fn ends(&self) -> Option<Duration> {
        self.sent.map(|sent| sent + self.holds_for)
    }

    pub fn holds(&self, now: Duration) -> bool {
        self.ends().is_some_and(|ends| now < ends)
    }
}
