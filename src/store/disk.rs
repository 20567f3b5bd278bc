//! A disk that takes nothing: how that is known, and the room that is kept in reserve for it.
//!
//! The writer notices it, releases the reserve, and refuses what would fill the disk again until there is room for the
//! reserve once more and as much again; the loops wait meanwhile, and who reads is not held up.

use rusqlite::ffi::{SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why nothing can be written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskTrouble {
    Full,
    ReadOnly,
    /// Reads or writes fail, or no file can be opened.
    Failing,
}

impl DiskTrouble {
    /// What an error of the database says of the disk; `None`: nothing.
    pub fn of(error: &rusqlite::Error) -> Option<DiskTrouble> {
        use rusqlite::ErrorCode::*;
        let error = error.sqlite_error()?;
        match error.code {
            DiskFull => Some(DiskTrouble::Full),
            // The file that readers and writer share could not be made longer.
            SystemIoFailure if matches!(error.extended_code, SQLITE_IOERR_SHMSIZE | SQLITE_IOERR_SHMOPEN) => {
                Some(DiskTrouble::Full)
            }
            ReadOnly => Some(DiskTrouble::ReadOnly),
            SystemIoFailure | CannotOpen => Some(DiskTrouble::Failing),
            _ => None,
        }
    }

    /// One line for people: what is wrong, and what goes on.
    pub fn sentence(self) -> &'static str {
        match self {
            DiskTrouble::Full => "the disk is full: polling pauses until there is room, reading goes on",
            DiskTrouble::ReadOnly => "the disk is read-only: polling pauses until it can be written, reading goes on",
            DiskTrouble::Failing => "the disk fails: polling pauses until the database can be written, reading goes on",
        }
    }
}

impl std::fmt::Display for DiskTrouble {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(self.sentence())
    }
}

/// Room that is kept free of the database, so that deleting and checkpointing still work on a full disk: a file that says
/// nothing, shortened when its room is needed.
#[derive(Clone, Debug)]
pub struct Reserve {
    file: PathBuf,
    n_bytes: u64,
}

impl Reserve {
    /// In the state folder. With 0 bytes there is none.
    pub fn new(state_dir: &Path, n_bytes: u64) -> Reserve {
        Reserve { file: state_dir.join("courant.reserve"), n_bytes }
    }

    /// None is kept.
    pub fn none() -> Reserve {
        Reserve { file: PathBuf::new(), n_bytes: 0 }
    }

    /// Takes the room, where it is not taken yet; all of it or nothing.
    pub fn take(&self) -> io::Result<()> {
        self.take_beside(0)
    }

    /// The same on a disk that was full: only where as much again stays free. Without that what is polled next fills it at
    /// once, and so in turn every few seconds.
    pub fn take_again(&self) -> io::Result<()> {
        self.take_beside(self.n_bytes)
    }

    /// So many bytes more must be free.
    fn take_beside(&self, free: u64) -> io::Result<()> {
        if self.n_bytes == 0 {
            return Ok(());
        }
        let taken = self.fill(self.n_bytes + free);
        if taken.is_err() {
            self.release();
        }
        taken
    }

    /// Makes the file so long, as far as it is shorter, and then as long as it stays.
    fn fill(&self, n_bytes: u64) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.file)?;
        let mut missing = n_bytes.saturating_sub(file.metadata()?.len());
        // Nothing is written where that is known to be in vain; only what is written is known to have had room.
        if let Ok(disk) = rustix::fs::fstatvfs(&file)
            && disk.f_bavail.saturating_mul(disk.f_frsize) < missing
        {
            return Err(ErrorKind::StorageFull.into());
        }
        // Written in full and without a pattern: a hole, or what a file system compresses, is not room.
        let mut chunk = vec![0; 64 * 1024];
        let mut noise = 0x9e37_79b9_7f4a_7c15_u64 ^ missing;
        while missing > 0 {
            for word in chunk.chunks_exact_mut(8) {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                word.copy_from_slice(&noise.to_ne_bytes());
            }
            let n = chunk.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
            file.write_all(&chunk[..n])?;
            missing -= n as u64;
        }
        // Only then is it known that the disk had the room.
        file.sync_all()?;
        if n_bytes > self.n_bytes { file.set_len(self.n_bytes) } else { Ok(()) }
    }

    /// Gives the room back to the disk. `true`: there was some.
    pub fn release(&self) -> bool {
        if self.n_bytes == 0 {
            return false;
        }
        let held = std::fs::metadata(&self.file).map_or(0, |file| file.len());
        if held == 0 {
            return false;
        }
        match OpenOptions::new().write(true).truncate(true).open(&self.file) {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(%error, "the room in reserve could not be released");
                false
            }
        }
    }
}
