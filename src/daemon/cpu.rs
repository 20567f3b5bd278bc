//! Stages that take the processor (reading documents, extraction, preparing what is compared, packing bodies), on threads of
//! their own: at most as many as there are cores, and one more only when all that there are have work.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// A thread that has had nothing to do for so long ends, all but the first: what it keeps of memory is given back.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// When the last [`Cpu`] goes, stages that run are waited for so long; they only read, and may be left behind.
const LAST_STAGES: Duration = Duration::from_millis(500);

/// Why a stage gave no result: it panicked, which one feed or page must not spread.
#[derive(Debug, thiserror::Error)]
#[error("internal error: the stage panicked")]
pub struct Panicked;

type Stage = Box<dyn FnOnce() + Send>;

/// The way to the threads; cheap to clone. They end when all are gone.
#[derive(Clone)]
pub struct Cpu(Arc<Threads>);

struct Threads {
    queue: Arc<Queue>,
    n_most: usize,
}

#[derive(Default)]
struct Queue {
    standing: Mutex<Standing>,
    changed: Condvar,
}

#[derive(Default)]
struct Standing {
    /// As many as there are callers that wait, and of those that wait no more.
    stages: VecDeque<Stage>,
    n_threads: usize,
    n_resting: usize,
    is_closed: bool,
}

impl Cpu {
    /// Starts the first thread.
    pub fn start() -> std::io::Result<Cpu> {
        let n_most = std::thread::available_parallelism().map_or(2, |n| n.get());
        let threads = Threads { queue: Arc::default(), n_most };
        threads.one_more(&mut threads.queue.standing(), true)?;
        Ok(Cpu(Arc::new(threads)))
    }

    /// Runs a stage when it is its turn; stages begin in the order in which they were given. One that nobody waits for any more
    /// when its turn comes is left out.
    pub async fn run<T: Send + 'static>(&self, stage: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
        let (done, result) = oneshot::channel();
        self.0.give(Box::new(move || {
            if !done.is_closed() {
                // Whoever waited may have gone meanwhile.
                _ = done.send(stage());
            }
        }));
        result.await.map_err(|_| Panicked)
    }
}

impl Threads {
    fn give(&self, stage: Stage) {
        let mut standing = self.queue.standing();
        standing.stages.push_back(stage);
        let is_one_more = standing.stages.len() > standing.n_resting && standing.n_threads < self.n_most;
        if is_one_more && let Err(error) = self.one_more(&mut standing, false) {
            tracing::debug!(%error, "one more thread could not be started: there are fewer");
        }
        drop(standing);
        self.queue.changed.notify_one();
    }

    fn one_more(&self, standing: &mut Standing, is_first: bool) -> std::io::Result<()> {
        let queue = self.queue.clone();
        std::thread::Builder::new().name("cpu".into()).spawn(move || queue.work(is_first))?;
        standing.n_threads += 1;
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut standing = self.queue.standing();
        standing.is_closed = true;
        self.queue.changed.notify_all();
        // A stage that holds the last way to its own thread does not wait for itself.
        if std::thread::current().name() != Some("cpu") {
            // Whoever does not end in time is left behind.
            _ = self.queue.changed.wait_timeout_while(standing, LAST_STAGES, |standing| standing.n_threads > 0);
        }
    }
}

impl Queue {
    /// Whole between any two statements, whatever became of who held it.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, is_first: bool) {
        while let Some(stage) = self.next(is_first) {
            // The panic was told where it happened; whoever waits is told by the channel that closes.
            _ = catch_unwind(AssertUnwindSafe(stage));
        }
    }

    /// `None`: the thread is to end, and is counted no more.
    fn next(&self, is_first: bool) -> Option<Stage> {
        let mut standing = self.standing();
        let mut is_over = false;
        loop {
            if let Some(stage) = standing.stages.pop_front() {
                return Some(stage);
            }
            if standing.is_closed || is_over {
                standing.n_threads -= 1;
                self.changed.notify_all();
                return None;
            }
            standing.n_resting += 1;
            if is_first {
                standing = self.changed.wait(standing).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.changed.wait_timeout(standing, LONGEST_REST).unwrap_or_else(PoisonError::into_inner);
                is_over = waited.1.timed_out();
                standing = waited.0;
            }
            standing.n_resting -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_panic_ends_its_stage_alone() {
        let cpu = Cpu::start().unwrap();
        for _ in 0..2 * cpu.0.n_most {
            assert!(cpu.run(|| -> u32 { panic!("a stage of this test panics") }).await.is_err());
        }
        assert_eq!(cpu.run(|| 7).await.unwrap(), 7);
    }

    /// Has every thread at work, until the second barrier is met.
    async fn all_busy(cpu: &Cpu) -> (Vec<tokio::task::JoinHandle<Result<(), Panicked>>>, Arc<Barrier>) {
        let [busy, go_on] = [0, 1].map(|_| Arc::new(Barrier::new(cpu.0.n_most + 1)));
        let stages = (0..cpu.0.n_most)
            .map(|_| {
                let (cpu, busy, go_on) = (cpu.clone(), busy.clone(), go_on.clone());
                let wait = move || {
                    busy.wait();
                    go_on.wait();
                };
                tokio::spawn(async move { cpu.run(wait).await })
            })
            .collect();
        tokio::task::spawn_blocking(move || busy.wait()).await.unwrap();
        (stages, go_on)
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_left_out() {
        let cpu = Cpu::start().unwrap();
        let (stages, go_on) = all_busy(&cpu).await;
        let ran = Arc::new(AtomicBool::new(false));
        let told = ran.clone();
        assert!(timeout(Duration::ZERO, cpu.run(move || told.store(true, Ordering::SeqCst))).await.is_err());
        go_on.wait();
        for stage in stages {
            stage.await.unwrap().unwrap();
        }
        // When all are at work again none is at that stage.
        let (stages, go_on) = all_busy(&cpu).await;
        assert!(!ran.load(Ordering::SeqCst));
        go_on.wait();
        for stage in stages {
            stage.await.unwrap().unwrap();
        }
        assert_eq!(cpu.0.queue.standing().n_threads, cpu.0.n_most);
    }

    #[tokio::test]
    async fn one_thread_does_what_comes_one_by_one_and_ends_with_the_last_way_to_it() {
        let cpu = Cpu::start().unwrap();
        let queue = cpu.0.queue.clone();
        cpu.run(|| ()).await.unwrap();
        assert!(queue.standing().n_threads <= 2, "one that rests, or has not gone to rest yet");
        drop(cpu);
        assert_eq!(queue.standing().n_threads, 0);
    }
}
