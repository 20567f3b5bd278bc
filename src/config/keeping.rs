//! What `courant.toml` says of the database: how long what is in it is kept, and how it is copied.

use super::values;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// The database and its disk.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Room that is kept for a full disk.
    #[serde(deserialize_with = "values::size")]
    pub reserve: usize,
    /// Entries go this long after they were first seen.
    pub keep: values::Keep,
    /// So many of the newest stories stay, however old.
    pub keep_stories: usize,
    /// Where the database is larger the oldest stories go; 0: whatever its size.
    #[serde(deserialize_with = "values::size")]
    pub max_size: usize,
}

/// Copies that the service makes.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// 0: none.
    #[serde(with = "values::duration")]
    pub every: Duration,
    /// So many of them are kept.
    pub keep: usize,
    /// Empty: `backups` in the state folder.
    pub folder: PathBuf,
    pub recover: Recover,
}

/// What is done about a database that is damaged.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Recover {
    /// The last good backup takes its place; it is set aside.
    #[default]
    Backup,
    /// Nothing: the service says what can be done, and does not start.
    Stop,
}

impl Default for Store {
    fn default() -> Store {
        // As large as the log grows between two checkpoints: so much of the database may have to grow to empty it.
        // A year: what is searched for is rarely older, and at 1,000 entries a day it is some 2 GB. The largest output has
        // 1,000 stories, which silent feeds must not lose.
        Store {
            reserve: 16_000_000,
            keep: values::Keep::For(Duration::from_secs(365 * 86_400)),
            keep_stories: 1_000,
            max_size: 0,
        }
    }
}

impl Default for Backup {
    fn default() -> Backup {
        // Two: a good one is left while a bad one is noticed; each takes as much room as the database.
        Backup { every: Duration::from_secs(86_400), keep: 2, folder: PathBuf::new(), recover: Recover::Backup }
    }
}
