//! What is done to the database while nothing else is to be done: bodies packed, room given back.

use super::cpu::Cpu;
use super::parts::{Stats, clock};
use crate::records::Command;
use crate::store::{Effort, Readers, Writer};
use std::sync::Arc;

/// Bodies that are packed at one time: about a tenth of a second of one core.
const BATCH: usize = 64;

/// What tidying needs.
pub struct Tidy {
    pub cpu: Cpu,
    pub readers: Readers,
    pub writer: Writer,
    pub stats: Arc<Stats>,
}

impl Tidy {
    /// Packs up to so many bodies, where that `is_ours` to do, then gives room back; stops as soon as something else is to be
    /// done.
    pub async fn work(&self, is_ours: bool, mut n_bodies: usize, effort: Effort) -> anyhow::Result<()> {
        if is_ours {
            self.train().await?;
        }
        while is_ours && n_bodies > 0 && self.is_idle() {
            let (n, readers) = (BATCH.min(n_bodies), self.readers.clone());
            let packed = self.cpu.run(move || readers.ask_here(|reader| reader.pack(n, effort))).await??;
            if packed.is_empty() {
                break;
            }
            n_bodies -= packed.len();
            self.writer.submit(Command::Pack { bodies: packed }).await?;
        }
        while self.is_idle() && self.writer.tidy().await? {}
        Ok(())
    }

    async fn train(&self) -> anyhow::Result<()> {
        let readers = self.readers.clone();
        let now = clock();
        if let Some(dictionary) = self.cpu.run(move || readers.ask_here(|reader| reader.train(now))).await?? {
            let n_bytes = dictionary.data.as_ref().map_or(0, Vec::len);
            tracing::debug!(n_bytes, n_packed = dictionary.n_packed, "a dictionary was made of the stored bodies");
            self.writer.submit(Command::AddDictionary { dictionary }).await?;
        }
        Ok(())
    }

    fn is_idle(&self) -> bool {
        Stats::get(&self.stats.polls_in_flight) + Stats::get(&self.stats.pages_in_flight) == 0
    }
}
