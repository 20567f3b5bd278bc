//! Retention, carried out: in small commits, while the service runs. What an older version kept goes only after that was said.

use super::parts::clock;
use crate::config::Store as Settings;
use crate::config::values::Keep;
use crate::model::Timestamp;
use crate::records::{Command, Reply, Retention};
use crate::store::{Readers, Writer};
use std::time::Duration;

/// Entries that go in one commit: a few tens of milliseconds.
pub const BATCH: usize = 100;

/// Days of the last month in which was polled, before anything goes by itself.
const VOUCHING_DAYS: i64 = 2;

/// So long before anything goes for the first time it is said.
const NOTICE: Duration = Duration::from_secs(14 * 86_400);

/// What the configuration says of it.
pub fn retention(settings: &Settings) -> Retention {
    Retention {
        keep: match settings.keep {
            Keep::Forever => None,
            Keep::For(keep) => Some(keep),
        },
        keep_stories: settings.keep_stories,
        max_bytes: settings.max_size as u64,
    }
}

/// What pruning needs.
pub struct Pruner {
    pub policy: Retention,
    pub readers: Readers,
    pub writer: Writer,
}

impl Pruner {
    /// Removes what is old enough, all of it; returns how many stories went. `at_once`: a person wants it, without notice.
    pub async fn work(&self, at_once: bool) -> anyhow::Result<usize> {
        let (policy, now) = (self.policy, clock());
        if !at_once {
            let may = self.is_vouched_for(now).await? && self.may_begin(now).await?;
            if !may {
                return Ok(0);
            }
        }
        let (mut n_stories, mut up_to) = (0, None);
        while let Some(batch) = self.readers.ask(move |reader| reader.prunable(&policy, BATCH, now, up_to)).await? {
            let stories = batch.stories;
            up_to = Some(batch.up_to);
            let n_pruned = match self.writer.submit(Command::Prune { stories, at: now }).await?.reply {
                Reply::Removed { n_stories } => n_stories,
                other => anyhow::bail!("the writer answered {other:?} to a pruning"),
            };
            // Those that have changed meanwhile stay: another time.
            n_stories += n_pruned;
        }
        if n_stories > 0 {
            tracing::info!(n_stories, "old stories were pruned");
        }
        Ok(n_stories)
    }

    /// Whether earlier days vouch for this one: a clock that jumped ahead by years would make everything old.
    async fn is_vouched_for(&self, now: Timestamp) -> anyhow::Result<bool> {
        Ok(self.readers.ask(move |reader| reader.days_polled_before(now)).await? >= VOUCHING_DAYS)
    }

    /// Says, where something would go for the first time, that it will.
    async fn may_begin(&self, now: Timestamp) -> anyhow::Result<bool> {
        if let Some(from) = self.readers.ask(|reader| reader.prunes_from()).await? {
            return Ok(from <= now);
        }
        let policy = self.policy;
        let something = self.readers.ask(move |reader| reader.prunable(&policy, 1, now, None)).await?.is_some();
        let from = if something { now.plus(NOTICE) } else { now };
        if something {
            tracing::warn!(
                from = from.rfc3339(),
                "this database holds stories that are older than store.keep: from then on they are pruned; \
                 `courant db prune --dry-run` says which, store.keep = \"forever\" keeps them"
            );
        }
        self.writer.submit(Command::PruneFrom { from }).await?;
        Ok(!something)
    }
}
