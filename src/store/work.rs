//! The writer's thread: it takes jobs, and commits several commands together.
//!
//! Each command has a savepoint of its own: one that fails undoes only itself. Its answer is given only after the commit, so
//! that whoever has an answer knows that it lasts. What a transaction changed is told to the listener, once, before that.
//! A disk that takes nothing ends nothing: see `patience`.

use super::base::Store;
use super::checkpoint::Checkpoints;
use super::disk::DiskTrouble;
use super::error::WriteError;
#[cfg(feature = "cluster")]
use super::job::ClusterJob;
use super::job::{Answer, Gauge, Job, Listener};
#[cfg(feature = "cluster")]
use super::node::Node;
use super::patience::{Door, Opened, Opener, Patience, answer as told};
use super::record::Recorder;
use crate::records::{Command, Committed, Recorded};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// After this long a transaction takes no further command in: none may last over 100 ms, and one alone takes up to 50.
const BATCH_TIME: Duration = Duration::from_millis(40);
/// Commands in one transaction, however short they are: whoever waits for an answer waits for all of them.
const BATCH_COMMANDS: usize = 256;

const WORKS_AGAIN: &str = "the disk takes writes again: polling goes on";

/// What the thread begins with, before the database is open.
pub struct Begin {
    pub listener: Listener,
    pub changed: watch::Sender<u64>,
    pub gauge: Arc<Gauge>,
    pub patience: Patience,
    #[cfg(feature = "cluster")]
    pub node: Option<Node>,
}

impl Begin {
    pub fn run(mut self, door: Door, mut queue: mpsc::Receiver<Job>) {
        let opened = match door {
            Door::Open(opened) => Some(*opened),
            Door::Shut(trouble, opener) => self.wait(trouble, opener, &mut queue),
        };
        let Some(Opened { store, recorder }) = opened else { return };
        self.gauge.read(&store);
        let Begin { listener, changed, gauge, patience, .. } = self;
        let work = Work {
            checkpoints: Checkpoints::start(&store.connection),
            store,
            listener,
            recorder,
            changed,
            gauge,
            patience,
            #[cfg(feature = "cluster")]
            node: self.node,
        };
        work.run(queue);
    }

    /// Refuses everything until the database could be opened; `None`: nobody waits for that any more.
    fn wait(&mut self, trouble: DiskTrouble, mut opener: Opener, queue: &mut mpsc::Receiver<Job>) -> Option<Opened> {
        while let Some(job) = queue.blocking_recv() {
            // Whoever asked may have gone: then nobody needs the answer.
            match job {
                Job::Index { answer, .. } | Job::Tidy { answer } => _ = answer.send(false),
                Job::Command { command, answer } => {
                    if matches!(*command, Command::Heartbeat { .. }) {
                        match opener() {
                            Ok(opened) => {
                                if self.patience.wrote() {
                                    tracing::info!("{WORKS_AGAIN}");
                                }
                                self.changed.send_modify(|generation| *generation += 1);
                                _ = answer.send(Ok(Committed::default()));
                                return Some(opened);
                            }
                            Err(error) => tracing::debug!(error, "the database cannot be opened to write yet"),
                        }
                    }
                    _ = answer.send(Err(WriteError::Disk(trouble)));
                }
                // Dropped unanswered: whoever gave it tries again.
                #[cfg(feature = "cluster")]
                Job::Cluster(_) => {}
            }
        }
        None
    }
}

/// The thread's own.
pub struct Work {
    pub(super) store: Store,
    pub(super) listener: Listener,
    recorder: Option<Recorder>,
    pub(super) changed: watch::Sender<u64>,
    gauge: Arc<Gauge>,
    patience: Patience,
    pub(super) checkpoints: Checkpoints,
    /// What it has to do with others, where there are any.
    #[cfg(feature = "cluster")]
    pub(super) node: Option<Node>,
}

/// A command that was carried out, to be answered after the commit.
type Answered = (Answer, Committed);

/// Why a command was not carried out.
struct Failed {
    error: WriteError,
    /// SQLite undid the whole transaction, or it cannot be undone in part: nothing of it may be committed.
    whole: bool,
}

impl Work {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        #[cfg(feature = "cluster")]
        if self.node.is_some() {
            self.follow_from_here();
        }
        let mut waiting: Option<Job> = None;
        while let Some(job) = waiting.take().or_else(|| queue.blocking_recv()) {
            match job {
                Job::Index { index, plan, epoch, answer } => {
                    let taken = self.store.set_index(*index, epoch);
                    if taken && let Some(recorder) = &mut self.recorder {
                        recorder.note(&Recorded::Indexed(plan));
                        recorder.write();
                    }
                    self.gauge.read(&self.store);
                    // Whoever built it may have gone.
                    let _ = answer.send(taken);
                }
                Job::Tidy { answer } => {
                    let more = self.store.tidy().unwrap_or_else(|error| {
                        tracing::debug!(%error, "no room was given back");
                        false
                    });
                    // Whoever asked may have gone.
                    let _ = answer.send(more);
                }
                Job::Command { command, answer } => match self.patience.refuses(&command) {
                    Some(refused) => _ = answer.send(Err(refused)),
                    #[cfg(feature = "cluster")]
                    None => {
                        if let Some((command, answer)) = self.not_forwarded(command, answer) {
                            waiting = self.transaction(command, answer, &mut queue);
                        }
                    }
                    #[cfg(not(feature = "cluster"))]
                    None => waiting = self.transaction(command, answer, &mut queue),
                },
                #[cfg(feature = "cluster")]
                Job::Cluster(job) => self.of_cluster(job),
            }
        }
        drop(self.checkpoints);
        if let Err(error) = self.store.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::debug!(%error, "the last checkpoint was not done; the next start does it");
        }
    }

    /// Carries out a command and those that wait behind it; returns the job that the transaction could not take in.
    fn transaction(&mut self, first: Box<Command>, answer: Answer, queue: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let started = Instant::now();
        let durable = first.is_durable();
        let (had_index, last_stamp) = (self.store.has_index(), self.store.last_stamp);
        let begun = self.store.begin(durable);
        #[cfg(feature = "cluster")]
        let (begun, capture) = match begun.and_then(|()| self.capture()) {
            Ok(capture) => (Ok(()), capture),
            Err(error) => (Err(error), None),
        };
        if let Err(error) = begun {
            let error = WriteError::from(error);
            match error.disk() {
                Some(trouble) => self.disk_failed(trouble),
                None => tracing::error!(%error, "cannot begin a transaction"),
            }
            // Whoever asked may have gone: then nobody needs the answer.
            let _ = answer.send(told(Err(error)));
            return None;
        }
        let mut proves_life = false;
        let mut lost = None;
        let (mut answers, mut refused, mut n_commands): (Vec<Answered>, Vec<_>, usize) = (Vec::new(), Vec::new(), 0);
        let mut next = Some((first, answer));
        let mut left = None;
        while let Some((command, answer)) = next.take() {
            n_commands += 1;
            proves_life |= matches!(*command, Command::Heartbeat { .. });
            match self.carry_out(*command) {
                Ok(committed) => answers.push((answer, committed)),
                Err(Failed { error, whole }) => {
                    lost = whole.then(|| again(&error));
                    refused.push((answer, error));
                }
            }
            if lost.is_some() {
                break;
            }
            if n_commands >= BATCH_COMMANDS || started.elapsed() >= BATCH_TIME {
                break;
            }
            match queue.try_recv() {
                Ok(Job::Command { command, answer }) if durable || !command.is_durable() => match self.patience.refuses(&command)
                {
                    Some(trouble) => refused.push((answer, trouble)),
                    None => next = Some((command, answer)),
                },
                Ok(other) => left = Some(other),
                Err(_) => {}
            }
        }
        let all = together(&answers, started.elapsed());
        let committed: Result<(), WriteError> = match lost {
            Some(error) => Err(error.into()),
            #[cfg(feature = "cluster")]
            None => match capture {
                Some(capture) => self.commit_logged(capture, &all),
                None => self.store.end().map_err(WriteError::from),
            },
            #[cfg(not(feature = "cluster"))]
            None => self.store.end().map_err(WriteError::from),
        };
        match &committed {
            Ok(()) => {
                self.tell(&all);
                self.checkpoints.committed(&self.store.connection);
            }
            Err(error) => {
                if error.disk().is_none() && !error.passes() {
                    tracing::error!(%error, "a transaction could not be committed; what it held is done again");
                }
                self.store.roll_back(false);
                self.store.last_stamp = last_stamp;
                #[cfg(feature = "cluster")]
                self.step_down();
            }
        }
        if let Some(recorder) = &mut self.recorder {
            if committed.is_err() {
                recorder.forget(0);
                if had_index {
                    recorder.note(&Recorded::IndexLost);
                }
            }
            recorder.write();
        }
        let failed =
            refused.iter().filter(|(_, error)| !matches!(error, WriteError::Disk(_))).find_map(|(_, error)| error.disk());
        match failed.or(committed.as_ref().err().and_then(WriteError::disk)) {
            Some(trouble) => self.disk_failed(trouble),
            None if proves_life && committed.is_ok() => self.disk_works(),
            None => {}
        }
        self.gauge.read(&self.store);
        if started.elapsed() > Duration::from_millis(100) {
            tracing::debug!(duration_ms = started.elapsed().as_millis() as u64, n_commands, "a long transaction");
        }
        // Only now: whoever has an answer may ask whether there is an index.
        for (answer, error) in refused {
            let _ = answer.send(told(Err(error)));
        }
        for (answer, changed) in answers {
            let _ = answer.send(told(match &committed {
                Ok(()) => Ok(changed),
                Err(WriteError::Cluster(why)) => Err(WriteError::Cluster(why.clone())),
                Err(WriteError::InDoubt(why)) => Err(WriteError::InDoubt(why.clone())),
                Err(error) => Err(WriteError::Sqlite(again(error))),
            }));
        }
        left
    }

    #[cfg(feature = "cluster")]
    fn of_cluster(&mut self, job: ClusterJob) {
        // Whoever asked may have gone, in each case.
        match job {
            ClusterJob::Follow { records, answer } => _ = answer.send(self.follow(records)),
            ClusterJob::Lead { log, answer } => _ = answer.send(self.lead(log)),
            ClusterJob::StepDown { answer } => {
                self.step_down();
                _ = answer.send(());
            }
            ClusterJob::NoteList { hash, answer } => _ = answer.send(self.store.note_list(&hash)),
        }
        self.gauge.read(&self.store);
    }

    /// Says once that the disk takes nothing, and makes what room there can be made.
    pub(super) fn disk_failed(&mut self, trouble: DiskTrouble) {
        if !self.patience.failed(trouble) {
            return;
        }
        tracing::error!("{trouble}");
        // What is in the log already needs room in the database only, which the reserve has just given back.
        if let Err(error) = self.store.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::debug!(%error, "the log could not be emptied");
        }
        // The page says it too.
        self.changed.send_modify(|generation| *generation += 1);
    }

    pub(super) fn disk_works(&mut self) {
        if self.patience.wrote() {
            tracing::info!("{WORKS_AGAIN}");
            self.changed.send_modify(|generation| *generation += 1);
        }
    }

    /// Tells the listener, and whoever waits for another generation, what was committed.
    fn tell(&mut self, all: &Committed) {
        (self.listener)(all);
        if all.published {
            self.changed.send_modify(|generation| *generation += 1);
        }
    }

    /// Carries a command out in a savepoint; one that fails or panics leaves nothing behind.
    fn carry_out(&mut self, command: Command) -> Result<Committed, Failed> {
        if let Err(error) = self.store.execute("SAVEPOINT command") {
            return Err(Failed { error: error.into(), whole: true });
        }
        let mark = self.recorder.as_mut().map(|recorder| {
            let mark = recorder.mark();
            recorder.note(&Recorded::Command(Box::new(command.clone())));
            mark
        });
        let store = &mut self.store;
        let (n_searchable, n_polls) = (store.searchable.len(), store.polls.len());
        let n_searched = store.searched.as_ref().map_or(0, Vec::len);
        let (had_index, last_stamp) = (store.index.is_some(), store.last_stamp);
        // A purge takes out of what others left here.
        let searchable = command.makes_room().then(|| store.searchable.clone());
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.apply(command)));
        let error = match done.unwrap_or(Err(WriteError::Panicked)) {
            Ok(committed) => {
                return match store.execute("RELEASE command") {
                    Ok(()) => Ok(committed),
                    Err(error) => Err(Failed { error: error.into(), whole: true }),
                };
            }
            Err(error) => error,
        };
        if !error.keeps_index() {
            store.index = None;
        }
        match searchable {
            Some(before) => store.searchable = before,
            None => store.searchable.truncate(n_searchable),
        }
        store.polls.truncate(n_polls);
        if let Some(searched) = &mut store.searched {
            searched.truncate(n_searched);
        }
        // Nothing was stored under the moments that it took: they are given again, as where it was never tried.
        store.last_stamp = last_stamp;
        if let (Some(recorder), Some(mark)) = (&mut self.recorder, mark) {
            recorder.forget(mark);
            // Here, and not at the end: what follows in this transaction is settled without it.
            if had_index && store.index.is_none() {
                recorder.note(&Recorded::IndexLost);
            }
        }
        // A disk that fails makes SQLite undo the whole transaction by itself; then there is no savepoint to go back to.
        let undone = match store.connection.is_autocommit() {
            true => false,
            false => store.execute("ROLLBACK TO command").and_then(|()| store.execute("RELEASE command")).is_ok(),
        };
        Err(Failed { error, whole: !undone })
    }
}

/// What the commands of a transaction changed together.
fn together(answers: &[Answered], took: Duration) -> Committed {
    let mut all = Committed { took, ..Committed::default() };
    for (_, committed) in answers {
        all.add(committed);
    }
    all
}

/// The error by which a transaction was lost, for those who had been carried out before.
fn again(error: &WriteError) -> rusqlite::Error {
    match error {
        WriteError::Sqlite(error) => copy(error),
        other => rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT), Some(other.to_string())),
    }
}

fn copy(error: &rusqlite::Error) -> rusqlite::Error {
    let code = error.sqlite_error().map_or(rusqlite::ffi::SQLITE_ERROR, |e| e.extended_code);
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()))
}
