//! What nodes of a cluster agree on, as rows: who polls, the shared list, which commands were carried out for whom.

use super::base::Store;
use super::error::WriteError;
use super::read::Reader;
use crate::model::{Key, Timestamp, key_of};
use crate::records::{Loan, Reply, View, ViewedNode, first_submission, membership_of};
use rusqlite::{Connection, OptionalExtension, params};

/// Under which key of `meta` the number of the view is.
const VIEW: &str = "view";
/// … and when every node was asked last what its tables hash to.
const CHECKED: &str = "checked";
/// Under which name of `texts` the list of subscriptions is.
const LIST: &str = "feeds.toml";

/// Replies that are kept, the newest: more than people have asked for and not heard of, and …
const MOST_REPLIES: i64 = 512;
/// … submissions of one node that were passed over: more than it may have out.
const MOST_PASSED_OVER: u64 = 4096;

/// What a leader does with a submission.
pub(super) enum Turn {
    /// It is to be carried out now, and noted as that.
    First,
    /// It was carried out, and came to that.
    Done(Reply),
}

impl Store {
    /// Whether a command that a node submitted was carried out before. A membership that is over has nothing more to say.
    pub(super) fn turn_of(&mut self, node: &str, session: u64, n: u64) -> Result<Turn, WriteError> {
        let is_member: Option<i64> = self
            .connection
            .prepare_cached("SELECT 1 FROM members WHERE node = ? AND session = ?")?
            .query_row(params![node, session as i64], |row| row.get(0))
            .optional()?;
        if is_member.is_none() {
            return Err(WriteError::NotAMember);
        }
        let last = self
            .connection
            .prepare_cached("SELECT session, n FROM forwarded WHERE node = ?")?
            .query_row([node], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))
            .optional()?;
        let before = match last {
            Some((of, last)) if of == session && n <= last => {
                let was_passed = self.connection.execute("DELETE FROM passed_over WHERE n = ?", [n as i64])? > 0;
                return Ok(if was_passed { Turn::First } else { Turn::Done(reply(&self.connection, n)?.unwrap_or_default()) });
            }
            Some((of, last)) if of == session => last,
            Some((_, last)) => {
                self.forget_passed_over(first_submission(last), last)?;
                first_submission(n) - 1
            }
            None => first_submission(n) - 1,
        };
        if before + 1 < n {
            self.forget_passed_over(first_submission(n), n.saturating_sub(MOST_PASSED_OVER))?;
            let mut pass = self.connection.prepare_cached("INSERT OR IGNORE INTO passed_over(n) VALUES(?)")?;
            for passed in (before + 1).max(n.saturating_sub(MOST_PASSED_OVER))..n {
                pass.execute([passed as i64])?;
            }
        }
        self.connection
            .prepare_cached(
                "INSERT INTO forwarded(node, session, n) VALUES(?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET session = excluded.session, n = excluded.n",
            )?
            .execute(params![node, session as i64, n as i64])?;
        Ok(Turn::First)
    }

    fn forget_passed_over(&self, from: u64, to: u64) -> rusqlite::Result<()> {
        self.connection.execute("DELETE FROM passed_over WHERE n BETWEEN ? AND ?", params![from as i64, to as i64])?;
        Ok(())
    }

    /// Keeps what somebody waits for.
    pub(super) fn keep_reply(&self, n: u64, reply: &Reply) -> rusqlite::Result<()> {
        let text = serde_json::to_string(reply).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        self.connection.execute("INSERT INTO replies(n, reply) VALUES(?, ?)", params![n as i64, text])?;
        self.connection
            .execute("DELETE FROM replies WHERE id <= ?", [self.connection.last_insert_rowid() - MOST_REPLIES])
            .map(drop)
    }

    pub(super) fn set_view(&mut self, view: &View) -> rusqlite::Result<()> {
        self.set_meta(VIEW, view.n as i64)?;
        self.connection.execute("DELETE FROM members", [])?;
        let mut add = self.connection.prepare_cached("INSERT INTO members(node, session, url) VALUES(?, ?, ?)")?;
        for node in &view.nodes {
            add.execute(params![node.node, node.session as i64, node.url])?;
        }
        self.connection.execute("DELETE FROM loans", [])?;
        let mut lend = self.connection.prepare_cached("INSERT INTO loans(domain, node) VALUES(?, ?)")?;
        for loan in &view.loans {
            lend.execute(params![loan.domain, loan.node])?;
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
        let mut lent = self.connection.prepare_cached("SELECT domain, node FROM loans ORDER BY domain")?;
        let loan = |row: &rusqlite::Row| Ok(Loan { domain: row.get(0)?, node: row.get(1)? });
        Ok(View {
            n: n.unwrap_or(0) as u64,
            nodes: all.query_map([], node)?.collect::<rusqlite::Result<_>>()?,
            loans: lent.query_map([], loan)?.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// What a submission that somebody waits for came to; `None`: it was not carried out. One whose reply is not kept any more
    /// was, where its membership has come so far and it was not passed over: it is answered without words, as who leads would.
    pub fn reply_to(&self, n: u64) -> rusqlite::Result<Option<Reply>> {
        if let Some(kept) = reply(&self.connection, n)? {
            return Ok(Some(kept));
        }
        let was_done: bool = self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM forwarded WHERE session = ?1 AND n >= ?2)
                    AND NOT EXISTS (SELECT 1 FROM passed_over WHERE n = ?2)",
            )?
            .query_row(params![membership_of(n) as i64, n as i64], |row| row.get(0))?;
        Ok(was_done.then(Reply::default))
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

fn reply(connection: &Connection, n: u64) -> rusqlite::Result<Option<Reply>> {
    let text: Option<String> =
        connection.prepare_cached("SELECT reply FROM replies WHERE n = ?")?.query_row([n as i64], |row| row.get(0)).optional()?;
    // One of another version is an answer without words.
    Ok(text.map(|text| serde_json::from_str(&text).unwrap_or_default()))
}
