//! Rules, carried out: stories that are new or have changed are judged off the writer's thread, and what was found is stored.

use super::cpu::{Cpu, Panicked};
use super::parts::clock;
use crate::records::Command;
use crate::store::{Readers, Writer};

/// Stories in one commit: their texts may have to be unpacked, some milliseconds of a core.
const BATCH: usize = 64;

/// What judging needs.
pub struct Judge {
    pub cpu: Cpu,
    pub readers: Readers,
    pub writer: Writer,
}

impl Judge {
    /// Judges all stories that wait for it.
    pub async fn work(&self) -> anyhow::Result<()> {
        loop {
            let judge = |n, by_titles| {
                let readers = self.readers.clone();
                move || readers.ask_here(|reader| if by_titles { reader.judge_by_titles(n) } else { reader.judge(n) })
            };
            let Ok(verdicts) = judged(&self.cpu, judge).await else {
                tracing::error!("internal error: a story cannot be judged, and those behind it wait");
                return Ok(());
            };
            let verdicts = verdicts?;
            if verdicts.is_empty() {
                return Ok(());
            }
            self.writer.submit(Command::Judge { verdicts, at: clock() }).await?;
        }
    }
}

/// A batch, judged. Where that panics a smaller one is tried, so that the stories before the one that it came of are judged as
/// ever; that one, at last, by its titles. `judge` is told how many to judge, and whether by their titles.
async fn judged<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
    cpu: &Cpu,
    judge: impl Fn(usize, bool) -> F,
) -> Result<T, Panicked> {
    let mut n = BATCH;
    while n > 0 {
        if let Ok(verdicts) = cpu.run(judge(n, false)).await {
            return Ok(verdicts);
        }
        n /= 2;
    }
    tracing::warn!("internal error: a story cannot be judged by its text, and is by its title");
    cpu.run(judge(1, true)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_story_its_text_and_nobody_else() {
        // Of a hundred stories in a row the forty-first panics.
        const BAD: usize = 40;
        let cpu = Cpu::start().unwrap();
        let (mut n_done, mut by_title) = (0, Vec::new());
        while n_done < 100 {
            let judge = |n: usize, by_titles| {
                let batch = n_done..(n_done + n).min(100);
                move || {
                    assert!(by_titles || !batch.contains(&BAD), "as a text makes it");
                    (batch, by_titles)
                }
            };
            let (batch, by_titles) = judged(&cpu, judge).await.unwrap();
            assert_eq!(batch.start, n_done);
            if by_titles {
                by_title.extend(batch.clone());
            }
            n_done = batch.end;
        }
        assert_eq!(by_title, [BAD]);
    }
}
