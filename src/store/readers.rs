//! Connections that only read, kept for the next question.

use super::disk::DiskTrouble;
use super::read::Reader;
use super::schema::SchemaError;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// Questions that are answered at once, where there are not more cores: two, so that a long one (the window of the story
/// index) keeps nobody waiting. No more than that, because each takes a thread with a heap, and a connection with a cache.
const MIN_AT_ONCE: usize = 2;

/// Readers of one database; cheap to clone.
#[derive(Clone)]
pub struct Readers {
    kept: Arc<Kept>,
}

struct Kept {
    database: PathBuf,
    idle: Mutex<Vec<Reader>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub fn new(database: PathBuf) -> Readers {
        let at_once = std::thread::available_parallelism().map_or(1, |n| n.get()).max(MIN_AT_ONCE);
        Readers { kept: Arc::new(Kept { database, idle: Mutex::default(), turns: Arc::new(Semaphore::new(at_once)) }) }
    }

    /// Closes connections that wait for a question. One that was opened on a disk that could not be written makes SQLite share
    /// what it opened so with all others of the process.
    pub fn let_go(&self) {
        self.idle().clear();
    }

    /// Asks on a thread of its own, when it is this question's turn.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let turn = self.kept.turns.clone().acquire_owned().await?;
        let readers = self.clone();
        let (answer, answered) = oneshot::channel();
        // One kind of task for all questions: there are many, and each kind is code of its own.
        let asking: Box<dyn FnOnce() + Send> = Box::new(move || {
            let _turn = turn;
            // Whoever asked may be gone: the question goes on, and so does its turn.
            _ = answer.send(readers.ask_here(question));
        });
        tokio::task::spawn_blocking(asking).await?;
        Ok(answered.await??)
    }

    /// Asks on this thread, which must not be an async one.
    pub fn ask_here<T>(&self, question: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> Result<T, SchemaError> {
        let reader = self.take()?;
        let value = question(&reader);
        self.put_back(reader, value.as_ref().err());
        Ok(value?)
    }

    fn take(&self) -> Result<Reader, SchemaError> {
        let kept = self.idle().pop();
        kept.map_or_else(|| Reader::open(&self.kept.database), Ok)
    }

    fn put_back(&self, reader: Reader, error: Option<&rusqlite::Error>) {
        // One that met a disk that fails may not see what is written when it works again.
        let failed = error.is_some_and(|error| DiskTrouble::of(error).is_some());
        if reader.follows && !failed {
            self.idle().push(reader);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        // A poisoned list of connections is still a list of connections.
        self.kept.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
