//! The shared list of subscriptions and this node's file: whoever changes the file changes it for all.

use super::super::parts::clock;
use super::node::Node;
use crate::config::subscriptions::{self, Subscription};
use crate::records::{Command, Committed};
use crate::store::{WriteError, text_hash};
use std::path::Path;
use std::sync::Arc;

impl Node {
    /// The file was read here: it is the list of all nodes from now on.
    pub(in super::super) async fn share_list(&self, text: String, list: Vec<Subscription>) -> Result<Committed, WriteError> {
        let _turn = self.list_turn.lock().await;
        let hash = text_hash(&text);
        let committed = self.writer.submit(Command::ShareList { text, list, at: clock() }).await?;
        self.writer.note_list(hash).await?;
        Ok(committed)
    }

    /// Writes the shared list into this node's file whenever it moves.
    pub(super) async fn keep_list(self: Arc<Node>) -> anyhow::Result<()> {
        loop {
            self.list_moved.notified().await;
            self.take_list().await;
        }
    }

    /// The list was changed on another node, or while this one was away: the file here becomes the same.
    pub(super) async fn take_list(&self) {
        let _turn = self.list_turn.lock().await;
        if let Err(error) = self.write_list().await {
            tracing::warn!(
                error = format!("{error:#}"),
                "the shared list of subscriptions holds, but this node's file could not be written: it says what was before"
            );
        }
        self.bells.feeds_changed.notify_one();
    }

    async fn write_list(&self) -> anyhow::Result<()> {
        let Some(text) = self.readers.ask(|reader| reader.shared_list()).await? else { return Ok(()) };
        let (file, hash) = (self.config.get().feeds_file(), text_hash(&text));
        let reloads = self.reloads.clone();
        tokio::task::spawn_blocking(move || {
            write_if_other(&file, &text)?;
            // What this node writes itself it need not take over.
            reloads.saw_file(&file);
            anyhow::Ok(())
        })
        .await??;
        self.writer.note_list(hash).await?;
        Ok(())
    }

    /// At the start: a file that was changed by hand while the node was down changes the list of all, where nobody else
    /// changed it meanwhile; else the shared list is written here.
    pub(super) async fn settle_list(&self) -> anyhow::Result<bool> {
        let replica = self.readers.ask(|reader| reader.replica()).await?;
        let shared = self.readers.ask(|reader| reader.shared_list()).await?.map(|text| text_hash(&text));
        let file = self.config.get().feeds_file();
        let ours = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await?.ok().map(|text| text_hash(&text));
        let seen = replica.and_then(|replica| replica.list);
        let edited_here = ours.is_some() && ours != seen && ours != shared;
        if shared.is_none() || edited_here && shared == seen {
            return Ok(true);
        }
        if edited_here && seen.is_some() {
            tracing::warn!(
                "feeds.toml was changed here and on another node while this one was down: the other's holds; this one is kept as feeds.toml.mine"
            );
            let file = self.config.get().feeds_file();
            tokio::task::spawn_blocking(move || std::fs::copy(&file, file.with_extension("toml.mine"))).await??;
        }
        self.take_list().await;
        Ok(false)
    }
}

fn write_if_other(file: &Path, text: &str) -> anyhow::Result<()> {
    if std::fs::read_to_string(file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    subscriptions::write(file, text).map_err(|error| anyhow::anyhow!("{error}"))
}
