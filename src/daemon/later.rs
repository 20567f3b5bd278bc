//! Later looks: which stories grew, and whose time is over, is handed to the writer, whose index looks at them again.

use super::parts::clock;
use super::settle::Settler;
use crate::model::{StoryId, Timestamp};
use crate::records::Command;
use std::time::Duration;

/// Stories in one command: each look takes up to two milliseconds of the writer.
const BATCH: usize = 16;

/// How often it is asked whose time is over, and how many are looked at then.
const EVERY: Duration = Duration::from_secs(600);
const ENDING: usize = 64;

impl Settler {
    /// Looks at what grew since the last time and at what ends now. Where there is no index nothing is looked at, and what
    /// grew is forgotten: it is looked at when it ends.
    pub(super) async fn look_again(&self) -> anyhow::Result<()> {
        let grown = self.grown.take();
        if !self.writer.has_index() {
            return Ok(());
        }
        for stories in grown.chunks(BATCH) {
            self.submit(stories.to_vec(), Vec::new(), None).await?;
        }
        let ended = clock().minus(self.config.get().story.window);
        let Some(after) = self.readers.ask(|reader| reader.looked_until()).await? else {
            // What ended before anyone looked is old news.
            return self.submit(Vec::new(), Vec::new(), Some(ended)).await;
        };
        if ended.since(after) < EVERY {
            return Ok(());
        }
        let ending = self.readers.ask(move |reader| reader.began_between(after, ended, ENDING)).await?;
        // Where more have ended, the rest has its turn next time.
        let until = if ending.len() < ENDING { ended } else { ending.last().map_or(ended, |(_, began)| *began) };
        let stories: Vec<StoryId> = ending.into_iter().map(|(story, _)| story).collect();
        for stories in stories.chunks(BATCH) {
            self.submit(Vec::new(), stories.to_vec(), None).await?;
        }
        self.submit(Vec::new(), Vec::new(), Some(until)).await
    }

    async fn submit(&self, grew: Vec<StoryId>, end: Vec<StoryId>, until: Option<Timestamp>) -> anyhow::Result<()> {
        let dedupe = self.config.get().story.dedupe;
        self.writer.submit(Command::LookAgain { grew, end, dedupe, until, at: clock() }).await?;
        Ok(())
    }
}
