//! One owner: the process that holds the lock polls, settles and writes; all others read, or ask it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Proof that this process owns the state folder; it ends with the value, or with the process.
#[derive(Debug)]
pub struct Owner {
    _lock: File,
}

/// The state folder has an owner already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another courant (process {pid}) owns the state folder")]
pub struct AlreadyOwned {
    pub pid: String,
}

impl Owner {
    /// Takes the lock of a state folder, which is created where it does not exist. `Ok(Err(_))`: somebody has it.
    pub fn take(state_dir: &Path) -> std::io::Result<Result<Owner, AlreadyOwned>> {
        create_private(state_dir)?;
        let path = state_dir.join("courant.lock");
        let mut lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0)?;
                lock.rewind()?;
                write!(lock, "{}", std::process::id())?;
                Ok(Ok(Owner { _lock: lock }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Whoever holds the lock may not have written its number yet.
                let _ = lock.take(20).read_to_string(&mut pid);
                Ok(Err(AlreadyOwned { pid: if pid.is_empty() { "?".into() } else { crate::text::one_line(&pid) } }))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The owner and the group may look in, nobody else: what somebody reads is private.
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)
}
