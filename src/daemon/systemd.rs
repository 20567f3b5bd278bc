//! What systemd is told: that the service is up, ending or still starting, that it lives, and how it is in a line. Outside
//! systemd nobody listens, which is not an error.

use sd_notify::NotifyState;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Serving and scheduling.
pub fn notify_ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

pub fn notify_stopping() {
    notify(&[NotifyState::Stopping]);
}

/// The line that `systemctl status` shows.
pub(super) fn notify_status(status: &str) {
    notify(&[NotifyState::Status(status)]);
}

pub fn notify_alive() {
    notify(&[NotifyState::Watchdog]);
}

fn notify(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Asks for patience while it lives: a migration of a large database, or putting a backup back, takes longer than a start may.
pub struct Starting {
    /// Its end is the end of the thread.
    _ended: mpsc::Sender<()>,
}

/// So often patience is asked for, and for how much more.
const ASK_EVERY: Duration = Duration::from_secs(10);
const ASK_FOR: Duration = Duration::from_secs(45);
/// A start that takes longer hangs.
const LONGEST_START: Duration = Duration::from_secs(4 * 3600);

impl Starting {
    pub fn begin() -> Starting {
        let (ended, wait) = mpsc::channel();
        let started = Instant::now();
        let ask = move || {
            while started.elapsed() < LONGEST_START && wait.recv_timeout(ASK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let more = u32::try_from(ASK_FOR.as_micros()).unwrap_or(u32::MAX);
                notify(&[NotifyState::ExtendTimeoutUsec(more), NotifyState::Status("preparing the database")]);
            }
        };
        if let Err(error) = std::thread::Builder::new().name("starting".into()).spawn(ask) {
            tracing::debug!(%error, "systemd is not asked for patience");
        }
        Starting { _ended: ended }
    }
}
