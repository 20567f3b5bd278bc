//! What a writer did, as lines of JSON: the debug switch `--record` writes them, `courant db replay` does them again.

use super::Command;
use crate::model::{Dedupe, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// One line. Commands that failed are not among them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// A process began; the database had, or got, this id.
    Opened {
        at: Timestamp,
        instance: Uuid,
    },
    Command(Box<Command>),
    /// The story index was handed over, built by this.
    Indexed(IndexPlan),
    /// … or lost, after a command that failed.
    IndexLost,
}

/// By what the story index is built from the tables.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexPlan {
    pub window: Duration,
    /// Entries first seen since then.
    pub since: Timestamp,
    /// How a feed that says nothing of it is compared.
    pub dedupe: Dedupe,
}
