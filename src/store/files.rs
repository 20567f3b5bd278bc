//! The files of a database: its own, and what SQLite keeps beside it.

use std::path::{Path, PathBuf};

/// What is behind a database's name in that of its log, …
pub const LOG: &str = "-wal";
/// … and of the memory that those share who have it open.
pub const SHARED: &str = "-shm";

/// A file that SQLite keeps beside a database.
pub fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Bytes of a database's files; of one that is not there, none.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub database: u64,
    /// Not copied into the database yet, or room for what comes.
    pub log: u64,
}

impl Sizes {
    pub fn of(database: &Path) -> Sizes {
        let size = |file: &Path| std::fs::metadata(file).map_or(0, |file| file.len());
        Sizes { database: size(database), log: size(&beside(database, LOG)) }
    }
}
