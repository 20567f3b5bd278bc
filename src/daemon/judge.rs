//! Rules, carried out: stories that are new or have changed are judged off the writer's thread, and what was found is stored.

use super::parts::{Cpu, clock};
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
    /// Judges all stories that wait for it, the newest first.
    pub async fn work(&self) -> anyhow::Result<()> {
        loop {
            let readers = self.readers.clone();
            let verdicts = self.cpu.run(move || readers.ask_here(|reader| reader.judge(BATCH))).await??;
            if verdicts.is_empty() {
                return Ok(());
            }
            self.writer.submit(Command::Judge { verdicts, at: clock() }).await?;
        }
    }
}
