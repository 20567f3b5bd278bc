//! Checkpoints behind the writer: what is in the log is copied into the database by a thread of its own, so that no commit
//! waits for it. While the writer never rests the log cannot be begun anew; then SQLite makes the rest of a checkpoint at a
//! commit, at twice [`EARLY_PAGES`] nearly, most of which is done by then.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Pages of log from which it is copied, 8 MB.
const EARLY_PAGES: i64 = 2_000;

/// The thread, until this is dropped.
pub(super) struct Checkpoints {
    /// `None`: there is no thread, and all is left to SQLite.
    asked: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// For the database that the writer has open.
    pub fn start(writer: &Connection) -> Checkpoints {
        let none = Checkpoints { asked: None, thread: None };
        // In memory, or without a name: nothing to copy.
        let Some(path) = writer.path().filter(|path| !path.is_empty()).map(std::path::PathBuf::from) else { return none };
        let (asked, asking) = sync_channel(1);
        match std::thread::Builder::new().name("checkpoint".into()).spawn(move || run(&path, &asking)) {
            Ok(thread) => Checkpoints { asked: Some(asked), thread: Some(thread) },
            Err(error) => {
                tracing::debug!(%error, "no thread for checkpoints: the writer makes them");
                none
            }
        }
    }

    /// To be told of each commit.
    pub fn committed(&self, writer: &Connection) {
        let Some(asked) = &self.asked else { return };
        let pages =
            writer.prepare_cached("PRAGMA wal_checkpoint(NOOP)").and_then(|mut asked| asked.query_row([], |row| row.get(1)));
        match pages {
            // One that is being made, or waits, sees what this commit has brought.
            Ok(pages) if i64::ge(&pages, &EARLY_PAGES) => _ = asked.try_send(()),
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the length of the log is not known"),
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.asked = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that makes checkpoints died");
        }
    }
}

fn run(path: &Path, asking: &Receiver<()>) {
    let mut kept = None;
    while asking.recv().is_ok() {
        let made = kept.take().map_or_else(|| open(path), Ok).and_then(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            Ok(connection)
        });
        match made {
            Ok(connection) => kept = Some(connection),
            // A disk that takes nothing: the writer meets it too, and says so. Another connection tries again: one that met
            // such a disk may stay as it was.
            Err(error) => tracing::debug!(%error, "a checkpoint failed"),
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    match connection.is_readonly("main")? {
        false => Ok(connection),
        true => Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY), None)),
    }
}
