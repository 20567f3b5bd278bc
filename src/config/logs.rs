//! What `courant.toml` says of the log.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: Level,
    pub format: LogFormat,
    /// Levels of single rooms, where they are not `level`.
    pub rooms: BTreeMap<String, Level>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// With a priority and no time for systemd's journal, which adds it; else text.
    #[default]
    Auto,
    Text,
    Json,
}

/// Rooms that write to the log.
const ROOMS: [&str; 5] = ["cli", "daemon", "fetch", "serve", "store"];

impl Log {
    pub(super) fn check(&self) -> Result<(), String> {
        match self.rooms.keys().find(|room| !ROOMS.contains(&room.as_str())) {
            Some(unknown) => Err(format!("log.rooms: {unknown:?} writes no log; known: {}", ROOMS.join(", "))),
            None => Ok(()),
        }
    }
}
