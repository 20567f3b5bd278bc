//! Settling: entries that wait no more are prepared off the writer's thread and assigned on it, in batches. The index by
//! which they are compared is built here and handed to the writer.

use super::cpu::Cpu;
use super::parts::{Grown, clock};
use super::prepared::PreparedFile;
use crate::article;
use crate::config::{Config, Live};
use crate::ingest::{self, Compared};
use crate::model::{Dedupe, EntryId, Timestamp};
use crate::records::{Command, IndexPlan};
use crate::store::{InWindow, Reader, Readers, Writer};
use crate::story::{self, Index, Prepared};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Entries in one commit: more make the text index cheaper and hold the writer longer, for which 100 ms are the limit.
const BATCH: usize = 192;

/// A story is open for this long at most, so the index never needs older entries.
const MAX_WINDOW: Duration = Duration::from_secs(14 * 86_400);

/// An index that a person overtook while it was built is built again, at most so often in one turn.
const MAX_TRIES: usize = 4;

/// What settling needs.
pub struct Settler {
    pub config: Live<Config>,
    pub cpu: Cpu,
    pub readers: Readers,
    pub writer: Writer,
    /// Held while the index is built.
    pub building: Mutex<()>,
    /// What is to be looked at again.
    pub grown: Arc<Grown>,
}

impl Settler {
    /// Settles everything that can be settled now, and looks again at what grew.
    pub async fn settle_ready(&self) -> anyhow::Result<()> {
        self.writer.submit(Command::EndWaits { at: clock() }).await?;
        self.settle_all().await?;
        self.look_again().await
    }

    async fn settle_all(&self) -> anyhow::Result<()> {
        loop {
            let batch = self.readers.ask(|reader| reader.to_settle(BATCH)).await?;
            if batch.is_empty() {
                return Ok(());
            }
            if !self.writer.has_index() {
                self.build_index().await?;
            }
            let default = self.config.get().story.dedupe;
            let batch = self.cpu.run(move || batch.iter().map(|entry| ingest::settling(entry, default)).collect()).await?;
            let committed = self.writer.submit(Command::Settle { batch, at: clock() }).await?;
            if committed.n_settled == 0 {
                // All of them were edited in this instant, or the index was lost: the next call finds them again.
                return Ok(());
            }
        }
    }

    /// When the next entry stops waiting.
    pub async fn next_wait_end(&self) -> anyhow::Result<Option<Timestamp>> {
        self.readers.ask(|reader| reader.next_wait_end()).await
    }

    /// Builds the index of the window from the database and hands it to the writer. The writer settles nothing that is
    /// compared meanwhile, so that nothing can be missing from it; what a person moved meanwhile makes it stale.
    pub async fn build_index(&self) -> anyhow::Result<()> {
        let _building = self.building.lock().await;
        self.rekey().await?;
        for _ in 0..MAX_TRIES {
            if self.writer.has_index() {
                return Ok(());
            }
            // A cache takes no room of a disk that has none.
            let file = self.writer.trouble().is_none().then(|| self.config.get().prepared());
            let (plan, epoch) = (self.plan(), self.writer.epoch());
            let index = self.readers.ask(move |reader| read_index(reader, &plan, file.as_deref())).await?;
            tracing::debug!(n_entries = index.len(), "the story index is built");
            if self.writer.hand_over(index, plan, epoch).await? {
                return Ok(());
            }
            tracing::debug!("stories were corrected while their index was built; it is built again");
        }
        Ok(())
    }

    /// Of which entries the index is made now.
    fn plan(&self) -> IndexPlan {
        let config = self.config.get();
        let story = &config.story;
        IndexPlan { window: story.window, since: clock().minus(story.window.max(MAX_WINDOW)), dedupe: story.dedupe }
    }

    /// Keeps what is prepared of the window for the next start, where there is an index and nobody builds it; `leads`: or for
    /// the time when this process leads, where another does.
    pub async fn keep_prepared(&self, leads: bool) -> anyhow::Result<()> {
        let Ok(_building) = self.building.try_lock() else { return Ok(()) };
        if leads && !self.writer.has_index() || self.writer.trouble().is_some() {
            return Ok(());
        }
        let (plan, file) = (self.plan(), self.config.get().prepared());
        self.readers.ask(move |reader| keep_prepared(reader, &plan, &file)).await
    }
}

/// Entries whose addresses are keyed anew in one commit.
const REKEY_BATCH: usize = 1000;

impl Settler {
    /// Keys the stored addresses anew where the tables are another version's; nothing is compared before.
    async fn rekey(&self) -> anyhow::Result<()> {
        let version = story::ADDRESS_VERSION;
        if self.readers.ask(|reader| reader.address_version()).await? == version {
            return Ok(());
        }
        tracing::info!(version, "the tables of addresses have changed: stored addresses are keyed anew");
        let mut after = EntryId(0);
        loop {
            let batch = self.readers.ask(move |reader| reader.addresses(after, REKEY_BATCH)).await?;
            let last = batch.len() < REKEY_BATCH;
            after = batch.last().map_or(after, |addresses| addresses.entry);
            let ingest::Rekeyed { entries, pages } = self.cpu.run(move || ingest::rekeyed(&batch)).await?;
            self.writer.submit(Command::Rekey { version, entries, pages, last }).await?;
            if last {
                return Ok(());
            }
        }
    }
}

/// The index of the entries that the plan names, as the database has them. `kept`: what was prepared of them before, in which
/// the rest is put.
pub fn read_index(reader: &Reader, plan: &IndexPlan, kept: Option<&Path>) -> rusqlite::Result<Index> {
    let mut index = Index::new(plan.window);
    let mut kept = kept.map(|file| open_prepared(reader, file)).transpose()?;
    if reader.compares_texts(plan.dedupe)? {
        reader.in_window(plan.since, |standing| {
            if standing.dedupe.unwrap_or(plan.dedupe) >= Dedupe::Text {
                let known = kept.as_mut().and_then(|kept| kept.get(standing.entry, standing.version));
                let prepared = match known {
                    Some(prepared) => prepared,
                    None => prepare_anew(reader, &standing, kept.as_mut())?,
                };
                // As it was taken in then: what its feed had dated long before stays as long as what it dated that day.
                index.expire(standing.first_seen);
                index.insert(prepared, standing.story);
            }
            Ok(())
        })?;
    }
    if let Some(kept) = kept {
        kept.close();
    }
    Ok(index)
}

/// Prepares what is in the window and not in the file yet, so that the next start need not.
fn keep_prepared(reader: &Reader, plan: &IndexPlan, file: &Path) -> rusqlite::Result<()> {
    if !reader.compares_texts(plan.dedupe)? {
        return Ok(());
    }
    let mut kept = open_prepared(reader, file)?;
    reader.in_window(plan.since, |standing| {
        if standing.dedupe.unwrap_or(plan.dedupe) >= Dedupe::Text && !kept.has(standing.entry, standing.version) {
            prepare_anew(reader, &standing, Some(&mut kept))?;
        }
        Ok(())
    })?;
    kept.close();
    Ok(())
}

fn open_prepared(reader: &Reader, file: &Path) -> rusqlite::Result<PreparedFile> {
    Ok(PreparedFile::open(file, &reader.instance()?))
}

fn prepare_anew(reader: &Reader, standing: &InWindow, kept: Option<&mut PreparedFile>) -> rusqlite::Result<Prepared> {
    let entry = reader.of_window(standing.entry)?;
    let text = article::plain_text(&entry.html);
    let prepared = Compared::of(&entry, &text).prepared();
    if let Some(kept) = kept {
        kept.add(standing.version, &prepared);
    }
    Ok(prepared)
}
