//! What nodes of a cluster agree on, as rows: who polls, the shared list, which commands were carried out for whom.

use super::base::Store;
use super::error::WriteError;
use super::read::Reader;
use crate::model::{Key, Timestamp, key_of};
use crate::records::{View, ViewedNode};
use rusqlite::{OptionalExtension, params};

/// Under which key of `meta` the number of the view is.
const VIEW: &str = "view";
/// … and when every node was asked last what its tables hash to.
const CHECKED: &str = "checked";
/// Under which name of `texts` the list of subscriptions is.
const LIST: &str = "feeds.toml";

impl Store {
    /// Whether a command that a node submitted was not carried out before; notes it.
    pub(super) fn is_first(&mut self, node: &str, session: u64, n: u64) -> rusqlite::Result<bool> {
        // A membership that is over has nothing more to say, and counts from the beginning in its next one.
        let noted = self
            .connection
            .prepare_cached(
                "INSERT INTO forwarded(node, session, n) VALUES(?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET session = excluded.session, n = excluded.n
                 WHERE excluded.session > session OR (excluded.session = session AND excluded.n > n)",
            )?
            .execute(params![node, session as i64, n as i64])?;
        Ok(noted > 0)
    }

    pub(super) fn set_view(&mut self, view: &View) -> rusqlite::Result<()> {
        self.set_meta(VIEW, view.n as i64)?;
        self.connection.execute("DELETE FROM members", [])?;
        let mut add = self.connection.prepare_cached("INSERT INTO members(node, session, url) VALUES(?, ?, ?)")?;
        for node in &view.nodes {
            add.execute(params![node.node, node.session as i64, node.url])?;
        }
        self.changed.cluster.view = true;
        Ok(())
    }

    pub(super) fn share_list(&mut self, from: Option<&Key>, text: &str) -> Result<(), WriteError> {
        let shared: Option<String> =
            self.connection.query_row("SELECT text FROM texts WHERE name = ?", [LIST], |row| row.get(0)).optional()?;
        if shared.as_deref().map(key_of).as_ref() != from {
            return Err(WriteError::Stale);
        }
        self.connection
            .execute("INSERT INTO texts(name, text) VALUES(?, ?) ON CONFLICT DO UPDATE SET text = excluded.text", [LIST, text])?;
        self.changed.cluster.list = true;
        Ok(())
    }

    pub(super) fn ask_for_check(&mut self, at: Timestamp) -> rusqlite::Result<()> {
        self.set_meta(CHECKED, at.0)?;
        self.changed.cluster.check = true;
        Ok(())
    }

    fn set_meta(&self, key: &str, value: i64) -> rusqlite::Result<()> {
        self.connection.execute(
            "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            params![key, value],
        )?;
        Ok(())
    }
}

impl Reader {
    /// Who polls and serves; nobody, where there is no cluster.
    pub fn view(&self) -> rusqlite::Result<View> {
        let n: Option<i64> = self.meta(VIEW)?;
        let mut all = self.connection.prepare_cached("SELECT node, session, url FROM members ORDER BY node")?;
        let node =
            |row: &rusqlite::Row| Ok(ViewedNode { node: row.get(0)?, session: row.get::<_, i64>(1)? as u64, url: row.get(2)? });
        Ok(View { n: n.unwrap_or(0) as u64, nodes: all.query_map([], node)?.collect::<rusqlite::Result<_>>()? })
    }

    /// The list of subscriptions as its file is to be on every node; `None`: nobody has shared one.
    pub fn shared_list(&self) -> rusqlite::Result<Option<String>> {
        self.connection.prepare_cached("SELECT text FROM texts WHERE name = ?")?.query_row([LIST], |row| row.get(0)).optional()
    }

    /// When every node was asked last what its tables hash to.
    pub fn last_check(&self) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.meta(CHECKED)?.map(Timestamp))
    }

    fn meta(&self, key: &str) -> rusqlite::Result<Option<i64>> {
        self.connection.prepare_cached("SELECT value FROM meta WHERE key = ?")?.query_row([key], |row| row.get(0)).optional()
    }
}
