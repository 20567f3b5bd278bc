//! Stages that take the processor (reading documents, extraction, comparing, packing), on threads of their own: as many as there
//! are cores, always the same, so that no more of them keep memory than can work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Why a stage gave no result: it panicked, which one feed or page must not spread.
#[derive(Debug, thiserror::Error)]
#[error("internal error: the stage panicked")]
pub struct Panicked;

type Stage = Box<dyn FnOnce() + Send>;

/// The way to the threads; cheap to clone. They end when all are gone.
#[derive(Clone, Debug)]
pub struct Cpu(Sender<Stage>);

impl Cpu {
    /// Starts the threads.
    pub fn start() -> std::io::Result<Cpu> {
        let (stages, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for n in 0..std::thread::available_parallelism().map_or(2, |n| n.get()) {
            let queue = queue.clone();
            std::thread::Builder::new().name(format!("cpu-{n}")).spawn(move || work(&queue))?;
        }
        Ok(Cpu(stages))
    }

    /// Runs a stage when it is its turn; stages begin in the order in which they were given. One that nobody waits for any more
    /// when its turn comes is left out.
    pub async fn run<T: Send + 'static>(&self, stage: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
        let (done, result) = oneshot::channel();
        let work = move || {
            if !done.is_closed() {
                // Whoever waited may have gone meanwhile.
                _ = done.send(stage());
            }
        };
        self.0.send(Box::new(work)).map_err(|_| Panicked)?;
        result.await.map_err(|_| Panicked)
    }
}

fn work(queue: &Mutex<Receiver<Stage>>) {
    loop {
        // One thread waits for the next stage, the others for that one: a receiver is whole whatever became of who held it.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(stage) = next else { break };
        // The panic was told where it happened; whoever waits is told by the channel that closes.
        _ = catch_unwind(AssertUnwindSafe(stage));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_panic_ends_its_stage_alone() {
        let cpu = Cpu::start().unwrap();
        for _ in 0..2 * std::thread::available_parallelism().map_or(2, |n| n.get()) {
            assert!(cpu.run(|| -> u32 { panic!("a stage of this test panics") }).await.is_err());
        }
        assert_eq!(cpu.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_left_out() {
        let cpu = Cpu::start().unwrap();
        let n_threads = std::thread::available_parallelism().map_or(2, |n| n.get());
        let (busy, go_on) = (Arc::new(Barrier::new(n_threads + 1)), Arc::new(Barrier::new(n_threads + 1)));
        let stages: Vec<_> = (0..n_threads)
            .map(|_| {
                let (cpu, busy, go_on) = (cpu.clone(), busy.clone(), go_on.clone());
                let wait = move || {
                    busy.wait();
                    go_on.wait();
                };
                tokio::spawn(async move { cpu.run(wait).await })
            })
            .collect();
        tokio::task::yield_now().await;
        busy.wait();
        let ran = Arc::new(AtomicBool::new(false));
        let told = ran.clone();
        assert!(timeout(Duration::ZERO, cpu.run(move || told.store(true, Ordering::SeqCst))).await.is_err());
        go_on.wait();
        for stage in stages {
            stage.await.unwrap().unwrap();
        }
        cpu.run(|| ()).await.unwrap();
        assert!(!ran.load(Ordering::SeqCst));
    }
}
