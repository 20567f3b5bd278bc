//! What is remembered of reloads: who is told, how the last one went, the files as they were read.

use crate::config::Config;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// How taking over went last, for whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// When it failed, and why; `None`: what is in the files holds.
    pub failed: Option<(Timestamp, String)>,
    /// Keys whose new values hold after a restart.
    pub waiting: Vec<String>,
}

type Hearer = Box<dyn Fn(&Config) + Send + Sync>;

/// Who is told of a new configuration, and how it went.
#[derive(Default)]
pub struct Reloads {
    pub(super) turn: tokio::sync::Mutex<()>,
    hearers: Mutex<Vec<Hearer>>,
    standing: Mutex<Standing>,
    /// The files as they were when they were last read.
    seen: Mutex<Vec<Look>>,
}

impl Reloads {
    /// `hear` is given each configuration that is taken over.
    pub fn tell(&self, hear: impl Fn(&Config) + Send + Sync + 'static) {
        self.hearers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(hear));
    }

    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration is taken over: everybody is told.
    pub(super) fn took_over(&self, config: &Config) {
        for hear in self.hearers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            hear(config);
        }
    }

    /// What keeps the files from being taken over, or that nothing does.
    pub(super) fn note(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.standing.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The files as they were when they were last read.
    pub(super) fn seen(&self) -> Vec<Look> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One of them was written by this process.
    #[cfg(feature = "cluster")]
    pub(super) fn saw_file(&self, file: &std::path::Path) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter_mut().filter(|(known, _)| known == file).for_each(|look| *look = look_at(look.0.clone()));
    }

    pub(super) fn saw(&self, files: Vec<Look>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }
}

/// A file as it lies there; `None`: it does not.
pub(super) type Look = (PathBuf, Option<(SystemTime, u64)>);

pub(super) fn look(config: &Config) -> Vec<Look> {
    config.files().into_iter().map(look_at).collect()
}

fn look_at(file: PathBuf) -> Look {
    let found = std::fs::metadata(&file).ok().and_then(|found| Some((found.modified().ok()?, found.len())));
    (file, found)
}
