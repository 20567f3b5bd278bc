//! The one writer: a thread that owns the [`Store`], takes commands, and commits several together.
//!
//! Each command has a savepoint of its own: one that fails undoes only itself. Its answer is given only after the commit, so
//! that whoever has an answer knows that it lasts. What a transaction changed is told to the listener, once, before that.

use super::base::Store;
use super::error::WriteError;
use super::record::Recorder;
use crate::records::{Command, Committed, IndexPlan, Recorded};
use crate::story;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// After this long a transaction takes no further command in: none may last over 100 ms, and one alone takes up to 50.
const BATCH_TIME: Duration = Duration::from_millis(40);
/// Commands in one transaction, however short they are: whoever waits for an answer waits for all of them.
const BATCH_COMMANDS: usize = 256;

/// Told of each transaction what it changed, on the writer's thread: it must not take long.
pub type Listener = Box<dyn FnMut(&Committed) + Send>;

enum Job {
    Command { command: Box<Command>, answer: oneshot::Sender<Result<Committed, WriteError>> },
    Index { index: Box<story::Index>, plan: IndexPlan, epoch: u64, answer: oneshot::Sender<bool> },
}

/// The way to the writer; cheap to clone. The writer ends when all are gone.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    generation: watch::Receiver<u64>,
    gauge: Arc<Gauge>,
}

/// What may be known of the writer's memory without asking it.
#[derive(Debug, Default)]
struct Gauge {
    epoch: AtomicU64,
    has_index: AtomicBool,
}

impl Gauge {
    fn read(&self, store: &Store) {
        self.epoch.store(store.epoch(), Ordering::SeqCst);
        self.has_index.store(store.has_index(), Ordering::SeqCst);
    }
}

impl Writer {
    /// Starts the writer's thread. It ends, after all accepted commands are committed, when the last `Writer` is dropped.
    pub fn start(store: Store, listener: Listener, recorder: Option<Recorder>) -> (Writer, std::thread::JoinHandle<()>) {
        // A command waits here only while a transaction runs; a full channel makes polls wait, which is the backpressure.
        let (jobs, queue) = mpsc::channel(1024);
        let (changed, generation) = watch::channel(0);
        let gauge = Arc::new(Gauge::default());
        let work = Work { store, listener, recorder, changed, gauge: gauge.clone() };
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || work.run(queue));
        // The process has just started: if no thread can be had now, nothing can be done at all.
        let thread = thread.unwrap_or_else(|error| panic!("cannot start the writer's thread: {error}"));
        (Writer { jobs, generation, gauge }, thread)
    }

    /// Moves whenever a commit changed what is published.
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.generation.clone()
    }

    /// Whether there is an index by which entries are compared.
    pub fn has_index(&self) -> bool {
        self.gauge.has_index.load(Ordering::SeqCst)
    }

    /// Asked before the tables are read from which an index is built.
    pub fn epoch(&self) -> u64 {
        self.gauge.epoch.load(Ordering::SeqCst)
    }

    /// Carries a command out; the answer comes after its commit.
    pub async fn submit(&self, command: Command) -> Result<Committed, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Command { command: Box::new(command), answer };
        self.jobs.send(job).await.map_err(|_| WriteError::Ended)?;
        answered.await.map_err(|_| WriteError::Ended)?
    }

    /// Hands the index over that was built by `plan`, with the epoch asked for before. `false`: see [`Store::set_index`].
    pub async fn hand_over(&self, index: story::Index, plan: IndexPlan, epoch: u64) -> Result<bool, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Index { index: Box::new(index), plan, epoch, answer };
        self.jobs.send(job).await.map_err(|_| WriteError::Ended)?;
        answered.await.map_err(|_| WriteError::Ended)
    }
}

/// The thread's own.
struct Work {
    store: Store,
    listener: Listener,
    recorder: Option<Recorder>,
    changed: watch::Sender<u64>,
    gauge: Arc<Gauge>,
}

/// A command that was carried out, to be answered after the commit.
type Answered = (oneshot::Sender<Result<Committed, WriteError>>, Committed);

impl Work {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
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
                Job::Command { command, answer } => waiting = self.transaction(command, answer, &mut queue),
            }
        }
        if let Err(error) = self.store.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::debug!(%error, "the last checkpoint was not done; the next start does it");
        }
    }

    /// Carries out a command and those that wait behind it; returns the job that the transaction could not take in.
    fn transaction(
        &mut self,
        first: Box<Command>,
        answer: oneshot::Sender<Result<Committed, WriteError>>,
        queue: &mut mpsc::Receiver<Job>,
    ) -> Option<Job> {
        let started = Instant::now();
        let durable = first.is_durable();
        let (had_index, last_stamp) = (self.store.has_index(), self.store.last_stamp);
        if let Err(error) = self.store.begin(durable) {
            tracing::error!(%error, "cannot begin a transaction");
            // Whoever asked may have gone: then nobody needs the answer.
            let _ = answer.send(Err(error.into()));
            return None;
        }
        let (mut answers, mut refused, mut n_commands): (Vec<Answered>, Vec<_>, usize) = (Vec::new(), Vec::new(), 0);
        let mut next = Some((first, answer));
        let mut left = None;
        while let Some((command, answer)) = next.take() {
            n_commands += 1;
            match self.carry_out(*command) {
                Ok(committed) => answers.push((answer, committed)),
                Err(error) => refused.push((answer, error)),
            }
            if n_commands >= BATCH_COMMANDS || started.elapsed() >= BATCH_TIME {
                break;
            }
            match queue.try_recv() {
                Ok(Job::Command { command, answer }) if durable || !command.is_durable() => next = Some((command, answer)),
                Ok(other) => left = Some(other),
                Err(_) => {}
            }
        }
        let committed = self.store.end();
        match &committed {
            Ok(()) => self.tell(&answers),
            Err(error) => {
                tracing::error!(%error, "a transaction could not be committed; what it held is done again");
                self.store.roll_back(false);
                self.store.last_stamp = last_stamp;
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
        self.gauge.read(&self.store);
        if started.elapsed() > Duration::from_millis(100) {
            tracing::debug!(duration_ms = started.elapsed().as_millis() as u64, n_commands, "a long transaction");
        }
        // Only now: whoever has an answer may ask whether there is an index.
        for (answer, error) in refused {
            let _ = answer.send(Err(error));
        }
        for (answer, changed) in answers {
            let told = match &committed {
                Ok(()) => Ok(changed),
                Err(error) => Err(WriteError::Sqlite(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(error.sqlite_error().map_or(1, |e| e.extended_code)),
                    Some(error.to_string()),
                ))),
            };
            let _ = answer.send(told);
        }
        left
    }

    /// Tells the listener, and whoever waits for another generation, what was committed.
    fn tell(&mut self, answers: &[Answered]) {
        let mut all = Committed::default();
        for (_, committed) in answers {
            all.add(committed);
        }
        (self.listener)(&all);
        if all.published {
            self.changed.send_modify(|generation| *generation += 1);
        }
    }

    /// Carries a command out in a savepoint; one that fails or panics leaves nothing behind.
    fn carry_out(&mut self, command: Command) -> Result<Committed, WriteError> {
        self.store.execute("SAVEPOINT command")?;
        let mark = self.recorder.as_mut().map(|recorder| {
            let mark = recorder.mark();
            recorder.note(&Recorded::Command(Box::new(command.clone())));
            mark
        });
        let store = &mut self.store;
        let (n_searchable, n_polls) = (store.searchable.len(), store.polls.len());
        let (had_index, last_stamp) = (store.index.is_some(), store.last_stamp);
        // A purge takes out of what others left here.
        let searchable = matches!(command, Command::Remove { purge: true, .. }).then(|| store.searchable.clone());
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.apply(command)));
        let done = done.unwrap_or(Err(WriteError::Panicked));
        if let Err(error) = &done {
            if !error.keeps_index() {
                store.index = None;
            }
            match searchable {
                Some(before) => store.searchable = before,
                None => store.searchable.truncate(n_searchable),
            }
            store.polls.truncate(n_polls);
            // Nothing was stored under the moments that it took: they are given again, as where it was never tried.
            store.last_stamp = last_stamp;
            store.execute("ROLLBACK TO command")?;
            if let (Some(recorder), Some(mark)) = (&mut self.recorder, mark) {
                recorder.forget(mark);
                // Here, and not at the end: what follows in this transaction is settled without it.
                if had_index && store.index.is_none() {
                    recorder.note(&Recorded::IndexLost);
                }
            }
        }
        self.store.execute("RELEASE command")?;
        done
    }
}
