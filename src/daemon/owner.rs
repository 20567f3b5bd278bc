//! One owner: the process that holds the lock polls, settles and writes; all others read, or ask it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Proof that this process owns the state folder; it ends with the value, or with the process.
#[derive(Debug)]
pub struct Owner {
    /// The folder itself, and the file in it that says whose it is, where one can be written.
    _locks: Vec<File>,
    path: PathBuf,
    /// The last owner did not say that it had ended.
    pub was_unclean: bool,
}

/// The state folder has an owner already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another courant (process {pid}) owns the state folder")]
pub struct AlreadyOwned {
    pub pid: String,
}

impl Owner {
    /// Takes the lock of a state folder, which is created where it does not exist. `Ok(Err(_))`: somebody has it. On a disk
    /// that takes nothing the folder is locked, which needs no room.
    pub fn take(state_dir: &Path) -> std::io::Result<Result<Owner, AlreadyOwned>> {
        create_private(state_dir)?;
        let path = state_dir.join("courant.lock");
        let folder = File::open(state_dir)?;
        let file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
            Err(error) if takes_nothing(&error) => File::open(&path).ok(),
            opened => Some(opened?),
        };
        let mut locks = Vec::new();
        for lock in [file, Some(folder)].into_iter().flatten() {
            match lock.try_lock() {
                Ok(()) => locks.push(lock),
                Err(TryLockError::WouldBlock) => return Ok(Err(AlreadyOwned { pid: said(&path) })),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        let was_unclean = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        // Whose it is helps people; a full or read-only disk need not know.
        if let Err(error) = std::fs::write(&path, std::process::id().to_string()) {
            tracing::debug!(%error, "the lock does not say whose it is");
        }
        Ok(Ok(Owner { _locks: locks, path, was_unclean }))
    }
}

impl Owner {
    /// Ends it as it should end: the next owner need not look whether the database is whole.
    pub fn end(self) {
        if let Err(error) = File::options().write(true).truncate(true).open(&self.path) {
            tracing::debug!(%error, "the next start looks whether the database is whole");
        }
    }
}

fn takes_nothing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The number of the process that holds the lock. It may not have been written yet.
fn said(path: &Path) -> String {
    let mut pid = String::new();
    let read = File::open(path).and_then(|file| file.take(20).read_to_string(&mut pid));
    if read.is_err() || pid.is_empty() { "?".into() } else { crate::text::one_line(&pid) }
}

/// The owner and the group may look in, nobody else: what somebody reads is private.
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)
}
