//! What a full, read-only or failing disk means for the loops: they wait and go on, and somebody tries the disk again.

use super::parts::clock;
use crate::records::Command;
use crate::store::{DiskTrouble, SchemaError, WriteError, Writer};
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;

/// A disk that takes nothing is tried again after so long, and then twice as long each time, …
const FIRST_TRY: Duration = Duration::from_secs(1);
/// … up to this.
const LAST_TRY: Duration = Duration::from_secs(15);

/// After an error of the database that passes, a loop waits so long.
const BREATH: Duration = Duration::from_secs(1);

/// Whether an error passes by itself: the disk takes nothing, no file can be opened, another process holds the database.
pub fn passes(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let read = cause.downcast_ref::<rusqlite::Error>().is_some_and(passes_by_itself);
        let opened = cause.downcast_ref().is_some_and(passes_to_read);
        let written = cause.downcast_ref::<WriteError>().is_some_and(|error| error.passes() || error.disk().is_some());
        read || opened || written
    })
}

/// What an error says of the disk; `None`: nothing.
pub fn trouble(error: &anyhow::Error) -> Option<DiskTrouble> {
    error.chain().find_map(|cause| match (cause.downcast_ref::<SchemaError>(), cause.downcast_ref::<WriteError>()) {
        (Some(SchemaError::Sqlite(error)), _) => DiskTrouble::of(error),
        (_, Some(error)) => error.disk(),
        _ => None,
    })
}

/// The same of an error met in reading.
pub fn passes_to_read(error: &SchemaError) -> bool {
    matches!(error, SchemaError::Sqlite(error) if passes_by_itself(error))
}

fn passes_by_itself(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, FileLockingProtocolFailed, OutOfMemory};
    let busy = |code| matches!(code, DatabaseBusy | DatabaseLocked | FileLockingProtocolFailed | OutOfMemory);
    DiskTrouble::of(error).is_some() || error.sqlite_error_code().is_some_and(busy)
}

/// One turn of a loop; where it failed by what passes, that is waited out. `None`: the next turn begins at once.
pub async fn turn<T>(writer: &Writer, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<Option<T>> {
    match work.await {
        Ok(value) => Ok(Some(value)),
        Err(error) if passes(&error) => {
            tracing::debug!(error = format!("{error:#}"), "waiting for the database");
            tokio::time::sleep(BREATH).await;
            writer.writable().await;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// While the disk takes nothing, tries it again and again.
pub async fn try_again(writer: Writer, mut stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut trouble = writer.watch_trouble();
    let mut pause = FIRST_TRY;
    loop {
        // Where the writer is gone the service is ending.
        let gone = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => true,
            told = trouble.wait_for(Option::is_some) => told.is_err(),
        };
        if gone {
            return Ok(());
        }
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        if let Err(error) = writer.submit(Command::Heartbeat { at: clock() }).await {
            tracing::debug!(%error, "the disk was tried");
        }
        pause = if writer.trouble().is_some() { (pause * 2).min(LAST_TRY) } else { FIRST_TRY };
    }
}
