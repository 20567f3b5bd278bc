//! The one writer: a thread that owns the [`Store`], takes jobs, and commits several together.
//!
//! A job sees the store inside a transaction, each in a savepoint of its own: one that fails undoes only itself. Its
//! answer is given only after the commit, so that whoever has an answer knows that it lasts.

use super::Store;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// After this long a transaction takes no further job in: none may last over 100 ms, and a job itself takes up to 50.
const BATCH_TIME: Duration = Duration::from_millis(40);
/// Jobs in one transaction, however short they are: whoever waits for an answer waits for all of them.
const BATCH_JOBS: usize = 256;

type Work = Box<dyn FnOnce(&mut Store) -> rusqlite::Result<Box<dyn FnOnce(rusqlite::Result<()>) + Send>> + Send>;

struct Job {
    /// Commit with a sync of the disk: a person commanded it.
    durable: bool,
    work: Work,
}

/// The way to the writer; cheap to clone. The writer ends when all are gone.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    generation: watch::Receiver<u64>,
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the writer has ended")]
    Ended,
}

impl Writer {
    /// Starts the writer's thread. It ends, after all accepted jobs are committed, when the last `Writer` is dropped.
    pub fn start(store: Store) -> (Writer, std::thread::JoinHandle<()>) {
        // A job waits here only while a transaction runs; a full channel makes polls wait, which is the backpressure.
        let (jobs, queue) = mpsc::channel(1024);
        let (changed, generation) = watch::channel(0);
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || work(store, queue, &changed));
        // The process has just started: if no thread can be had now, nothing can be done at all.
        let thread = thread.unwrap_or_else(|error| panic!("cannot start the writer's thread: {error}"));
        (Writer { jobs, generation }, thread)
    }

    /// Moves whenever a commit changed what is published.
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.generation.clone()
    }

    /// Does a job; the answer comes after its commit.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.send(false, work).await
    }

    /// … that a person commanded: it is on the disk when the answer comes.
    pub async fn command<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.send(true, work).await
    }

    async fn send<T: Send + 'static>(
        &self,
        durable: bool,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |store| {
            let value = work(store);
            let failed = value.is_err();
            let tell: Box<dyn FnOnce(rusqlite::Result<()>) + Send> = Box::new(move |committed| {
                // Whoever asked may have gone: then nobody needs the answer.
                let _ = answer.send(committed.and(value));
            });
            if failed {
                tell(Ok(()));
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
            Ok(tell)
        });
        self.jobs.send(Job { durable, work }).await.map_err(|_| WriteError::Ended)?;
        answered.await.map_err(|_| WriteError::Ended)?.map_err(WriteError::Sqlite)
    }
}

fn work(mut store: Store, mut queue: mpsc::Receiver<Job>, changed: &watch::Sender<u64>) {
    let mut waiting: Option<Job> = None;
    while let Some(first) = waiting.take().or_else(|| queue.blocking_recv()) {
        let durable = first.durable;
        let started = Instant::now();
        let mut answers = Vec::new();
        let begun = begin(&store, durable);
        if let Err(error) = begun {
            tracing::error!(%error, "cannot begin a transaction");
            // Its sender sees that the answer is gone, and reports.
            continue;
        }
        let mut next = Some(first);
        while let Some(job) = next.take() {
            answers.extend(run(&mut store, job));
            if answers.len() >= BATCH_JOBS || started.elapsed() >= BATCH_TIME {
                break;
            }
            next = queue.try_recv().ok();
            if next.as_ref().is_some_and(|job| job.durable && !durable) {
                waiting = next.take();
            }
        }
        let committed = commit(&mut store);
        if let Err(error) = &committed {
            tracing::error!(%error, "a transaction could not be committed; what it held is done again");
            if let Err(error) = store.connection.execute_batch("ROLLBACK") {
                tracing::debug!(%error, "nothing to roll back");
            }
            // The index may hold members that the database does not: it is rebuilt before anything is settled.
            store.index = None;
            store.unindexed.clear();
            store.polls.clear();
        }
        if started.elapsed() > Duration::from_millis(100) {
            tracing::debug!(duration_ms = started.elapsed().as_millis() as u64, jobs = answers.len(), "a long transaction");
        }
        for answer in answers {
            answer(match &committed {
                Ok(()) => Ok(()),
                Err(error) => Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(error.sqlite_error().map_or(1, |e| e.extended_code)),
                    Some(error.to_string()),
                )),
            });
        }
        // Nobody may be listening yet.
        changed.send_if_modified(|seen| std::mem::replace(seen, store.generation) != store.generation);
    }
    if let Err(error) = store.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::debug!(%error, "the last checkpoint was not done; the next start does it");
    }
}

fn begin(store: &Store, durable: bool) -> rusqlite::Result<()> {
    store.connection.execute_batch(if durable {
        "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
    } else {
        "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"
    })
}

/// Commits, after what is written once a transaction.
fn commit(store: &mut Store) -> rusqlite::Result<()> {
    store.index_settled()?;
    store.count_polls()?;
    execute(store, "COMMIT")
}

/// A statement that comes again and again, parsed once.
fn execute(store: &Store, sql: &str) -> rusqlite::Result<()> {
    store.connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

type Answer = Box<dyn FnOnce(rusqlite::Result<()>) + Send>;

/// Runs a job in a savepoint; a failed or panicking one leaves nothing behind.
fn run(store: &mut Store, job: Job) -> Option<Answer> {
    if let Err(error) = execute(store, "SAVEPOINT job") {
        tracing::error!(%error, "cannot begin a job");
        return None;
    }
    let (n_unindexed, n_polls) = (store.unindexed.len(), store.polls.len());
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (job.work)(store)));
    let (answer, end) = match done {
        Ok(Ok(answer)) => (Some(answer), Ok(())),
        // The job has already told its sender what went wrong; after a panic the sender sees the answer gone.
        Ok(Err(_)) | Err(_) => {
            store.index = None;
            store.unindexed.truncate(n_unindexed);
            store.polls.truncate(n_polls);
            (None, execute(store, "ROLLBACK TO job"))
        }
    };
    if let Err(error) = end.and_then(|()| execute(store, "RELEASE job")) {
        tracing::error!(%error, "cannot end a job");
    }
    answer
}
