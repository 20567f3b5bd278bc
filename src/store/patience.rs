//! What the writer does about a disk that takes nothing: says so, makes room, and tries again when it is asked to prove
//! that it lives.

use super::disk::{DiskTrouble, Reserve};
use super::record::Recorder;
use super::{Store, WriteError};
use crate::records::{Command, Committed};
use std::io::ErrorKind;
use tokio::sync::watch;

/// The open database, and where what is done to it is written down.
pub struct Opened {
    pub store: Store,
    pub recorder: Option<Recorder>,
}

/// Tries to open the database once more; the error is for the log.
pub type Opener = Box<dyn FnMut() -> Result<Opened, String> + Send>;

/// How the writer begins.
pub enum Door {
    Open(Box<Opened>),
    /// The disk does not let the database be opened to write; it can be read.
    Shut(DiskTrouble, Opener),
}

/// The writer's own view of the disk.
pub struct Patience {
    reserve: Reserve,
    trouble: watch::Sender<Option<DiskTrouble>>,
}

impl Patience {
    /// Takes the reserve, where the disk has room for it.
    pub fn new(reserve: Reserve, shut: Option<DiskTrouble>) -> Patience {
        let patience = Patience { reserve, trouble: watch::Sender::new(shut) };
        if shut.is_none()
            && let Some(trouble) = kept(patience.reserve.take())
        {
            tracing::error!("{trouble}");
            patience.turn(Some(trouble));
        }
        patience
    }

    pub fn watch(&self) -> watch::Receiver<Option<DiskTrouble>> {
        self.trouble.subscribe()
    }

    /// Whether a command is not even tried: only what makes room, what a person says and the proof of life are.
    pub fn refuses(&self, command: &Command) -> Option<WriteError> {
        let trouble = (*self.trouble.borrow())?;
        let tried = command.is_durable() || command.makes_room() || matches!(command, Command::Heartbeat { .. });
        (!tried).then_some(WriteError::Disk(trouble))
    }

    /// A transaction failed. `true`: that is news.
    pub fn failed(&self, trouble: DiskTrouble) -> bool {
        let known = *self.trouble.borrow();
        self.turn(Some(trouble));
        self.reserve.release();
        known != Some(trouble)
    }

    /// A proof of life was committed: where there is room for the reserve again, on a disk that was full for twice as much, the
    /// trouble is over. `true`: it is now.
    pub fn wrote(&self) -> bool {
        let Some(trouble) = *self.trouble.borrow() else { return false };
        let left = kept(match trouble {
            DiskTrouble::Full => self.reserve.take_again(),
            DiskTrouble::ReadOnly | DiskTrouble::Failing => self.reserve.take(),
        });
        self.turn(left);
        left.is_none()
    }

    fn turn(&self, trouble: Option<DiskTrouble>) {
        self.trouble.send_if_modified(|known| std::mem::replace(known, trouble) != trouble);
    }
}

/// What keeps the reserve from being taken.
fn kept(taken: std::io::Result<()>) -> Option<DiskTrouble> {
    let error = taken.err()?;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(DiskTrouble::Full),
        ErrorKind::ReadOnlyFilesystem => Some(DiskTrouble::ReadOnly),
        _ => {
            tracing::debug!(%error, "no room is kept in reserve for a full disk");
            None
        }
    }
}

/// A transaction whose commands are answered.
pub fn answer(result: Result<Committed, WriteError>) -> Result<Committed, WriteError> {
    result.map_err(|error| match error.disk() {
        Some(trouble) => WriteError::Disk(trouble),
        None => error,
    })
}
