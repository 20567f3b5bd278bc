//! The shared list of subscriptions and this node's file: whoever changes the file changes it for all.

use super::super::parts::clock;
use super::node::Node;
use crate::config::subscriptions::{self, Subscription};
use crate::model::{Key, key_of};
use crate::records::{Command, Committed};
use crate::store::WriteError;
use std::path::Path;
use std::sync::Arc;

impl Node {
    /// The file was read here: it is the list of all nodes from now on, if nobody else has changed that since this node's file
    /// was it.
    pub(in super::super) async fn share_list(&self, text: String, list: Vec<Subscription>) -> anyhow::Result<Committed> {
        let _turn = self.list_turn.lock().await;
        let (hash, seen) = (key_of(&text), self.readers.ask(|reader| reader.replica()).await?.and_then(|replica| replica.list));
        let shared = self.readers.ask(|reader| reader.shared_list()).await?;
        if shared.as_deref() == Some(&text) {
            // As it is written everywhere: only what each node makes of it is asked for.
            self.writer.note_list(hash).await?;
        }
        let from = if shared.as_deref() == Some(&text) { Some(hash) } else { seen };
        let command = Command::ShareList { from, text, list, at: clock() };
        match self.writer.submit(command).await {
            Err(WriteError::Stale) => {
                self.list_moved.notify_one();
                anyhow::bail!(
                    "the list of subscriptions was changed on another node meanwhile: it is written here now, and what was here is \
                     kept as feeds.toml.mine; make the change again"
                )
            }
            shared => {
                let committed = shared?;
                self.writer.note_list(hash).await?;
                Ok(committed)
            }
        }
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
        let (file, hash) = (self.config.get().feeds_file(), key_of(&text));
        let seen = self.readers.ask(|reader| reader.replica()).await?.and_then(|replica| replica.list);
        let reloads = self.reloads.clone();
        tokio::task::spawn_blocking(move || {
            write_if_other(&file, &text, seen)?;
            // What this node writes itself it need not take over.
            reloads.saw_file(&file);
            anyhow::Ok(())
        })
        .await??;
        self.writer.note_list(hash).await?;
        Ok(())
    }

    /// At the start: a file that was changed by hand while the node was down changes the list of all, where nobody else
    /// changed it meanwhile; else the shared list is written here. `true`: the file here is to be taken over.
    pub(super) async fn settle_list(&self) -> anyhow::Result<bool> {
        let seen = self.readers.ask(|reader| reader.replica()).await?.and_then(|replica| replica.list);
        let shared = self.readers.ask(|reader| reader.shared_list()).await?.map(|text| key_of(&text));
        let file = self.config.get().feeds_file();
        let ours = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await?.ok().map(|text| key_of(&text));
        let is_edited = ours.is_some() && ours != seen && ours != shared;
        if shared.is_none() || is_edited && shared == seen {
            return Ok(true);
        }
        self.take_list().await;
        Ok(false)
    }
}

/// Writes the shared list in the place of this node's. A text that was never shared (`seen` is what the file was last known as)
/// is somebody's work: it is kept beside it.
fn write_if_other(file: &Path, text: &str, seen: Option<Key>) -> anyhow::Result<()> {
    let found = std::fs::read_to_string(file).ok();
    if found.as_deref() == Some(text) {
        return Ok(());
    }
    if let Some(found) = found
        && Some(key_of(&found)) != seen
    {
        let mine = file.with_extension("toml.mine");
        subscriptions::write(&mine, &found).map_err(|error| anyhow::anyhow!("{error}"))?;
        tracing::warn!(
            kept = %mine.display(),
            "feeds.toml was changed here, and the list of subscriptions on another node: that one holds, and what was here is kept"
        );
    }
    subscriptions::write(file, text).map_err(|error| anyhow::anyhow!("{error}"))
}
