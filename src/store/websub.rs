//! Subscriptions at hubs: asked for, verified, renewed; and what the hubs push.

use super::feeds::{self, DueFeed, FeedChange, Read};
use super::{Reader, Store, entries};
use crate::model::{FeedId, Timestamp};
use crate::websub::{self, Hub};
use rusqlite::{OptionalExtension, params};
use std::time::Duration;
use uuid::Uuid;

/// A hub that is to be asked.
#[derive(Clone, Debug)]
pub struct DueHub {
    pub feed: FeedId,
    pub hub: String,
    pub topic: String,
    pub token: String,
    pub secret: String,
}

/// A subscription as a hub's question or push needs it.
#[derive(Clone, Debug)]
pub struct Subscribed {
    pub feed: DueFeed,
    pub topic: String,
    pub secret: String,
    /// The feed is still listed, and named this hub when it was last read.
    pub wanted: bool,
}

/// A subscription as people are told of it.
#[derive(Clone, Debug)]
pub struct HubRow {
    pub hub: String,
    pub lease_until: Option<Timestamp>,
    pub last_push: Option<Timestamp>,
    pub error: Option<String>,
}

impl Store {
    /// Remembers the hub that a feed names now; another one than before, or another topic, is asked anew under a new
    /// token and secret.
    pub(super) fn save_hub(&self, feed: FeedId, hub: Option<&Hub>, now: Timestamp) -> rusqlite::Result<()> {
        let Some(Hub { hub, topic }) = hub else {
            self.connection.prepare_cached("DELETE FROM websub WHERE feed_id = ?")?.execute([feed.0])?;
            return Ok(());
        };
        let token = Uuid::new_v4().simple().to_string();
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.connection
            .prepare_cached(
                "INSERT INTO websub(feed_id, hub, topic, token, secret, next_ask) VALUES(?, ?, ?, ?, ?, ?)
                 ON CONFLICT(feed_id) DO UPDATE SET hub = excluded.hub, topic = excluded.topic, token = excluded.token,
                   secret = excluded.secret, next_ask = excluded.next_ask, asked = NULL, lease_until = NULL, last_push = NULL,
                   n_errors = 0, error = NULL WHERE hub <> excluded.hub OR topic <> excluded.topic",
            )?
            .execute(params![feed.0, hub, topic, token, secret, now.0])?;
        Ok(())
    }

    /// Hands out hubs that are to be asked. Each counts as asked from now on: a process that dies asks again after the
    /// time that a verification may take.
    pub fn claim_hubs(&mut self, n: u32, now: Timestamp) -> rusqlite::Result<Vec<DueHub>> {
        let due: Vec<DueHub> = self
            .connection
            .prepare_cached(
                "SELECT w.feed_id, w.hub, w.topic, w.token, w.secret FROM websub w JOIN feeds f ON f.id = w.feed_id
                 WHERE w.next_ask <= ? AND f.subscribed = 1 AND f.paused = 0 ORDER BY w.next_ask LIMIT ?",
            )?
            .query_map(params![now.0, n], |row| {
                Ok(DueHub {
                    feed: FeedId(row.get(0)?),
                    hub: row.get(1)?,
                    topic: row.get(2)?,
                    token: row.get(3)?,
                    secret: row.get(4)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut asked = self.connection.prepare_cached("UPDATE websub SET asked = ?, next_ask = ? WHERE feed_id = ?")?;
        for hub in &due {
            asked.execute(params![now.0, websub::unverified(now).0, hub.feed.0])?;
        }
        Ok(due)
    }

    /// When the next hub is to be asked.
    pub fn next_hub_due(&self) -> rusqlite::Result<Option<Timestamp>> {
        let at: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT min(w.next_ask) FROM websub w JOIN feeds f ON f.id = w.feed_id WHERE f.subscribed = 1 AND f.paused = 0",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(at.map(Timestamp))
    }

    /// A hub refused, at once or later; it is asked again after a while. An older lease holds until it ends.
    pub fn hub_refused(&mut self, token: &str, why: &str, now: Timestamp) -> rusqlite::Result<()> {
        let n_errors: Option<u32> = self
            .connection
            .prepare_cached("UPDATE websub SET n_errors = n_errors + 1, error = ? WHERE token = ? RETURNING n_errors")?
            .query_row(params![why, token], |row| row.get(0))
            .optional()?;
        if let Some(n_errors) = n_errors {
            self.connection
                .prepare_cached("UPDATE websub SET next_ask = ? WHERE token = ?")?
                .execute(params![websub::retry(now, n_errors).0, token])?;
        }
        Ok(())
    }

    /// A hub asks whether we meant it: yes, if we have asked for this topic. `false`: we have not.
    pub fn hub_verified(&mut self, token: &str, topic: &str, lease: Duration, now: Timestamp) -> rusqlite::Result<bool> {
        let n_rows = self
            .connection
            .prepare_cached(
                "UPDATE websub SET lease_until = ?, next_ask = ?, n_errors = 0, error = NULL
                 WHERE token = ? AND topic = ? AND asked IS NOT NULL AND feed_id IN (SELECT id FROM feeds WHERE subscribed = 1)",
            )?
            .execute(params![now.plus(lease).0, websub::renewal(now, lease).0, token, topic])?;
        Ok(n_rows > 0)
    }

    /// Commits what a hub pushed. It may be the whole feed or a part: what it does not hold stays as it is, and so do
    /// validators, errors and the next poll.
    pub fn save_push(&mut self, feed: FeedId, read: &Read, at: Timestamp) -> rusqlite::Result<FeedChange> {
        let change = entries::save(self, feed, &read.drafts, at)?;
        self.connection.prepare_cached("UPDATE websub SET last_push = ? WHERE feed_id = ?")?.execute(params![at.0, feed.0])?;
        if change.n_new > 0 {
            self.connection.prepare_cached("UPDATE feeds SET last_new = ? WHERE id = ?")?.execute(params![at.0, feed.0])?;
        }
        Ok(change)
    }
}

impl Reader {
    /// The subscription that a callback's token means.
    pub fn subscribed(&self, token: &str) -> rusqlite::Result<Option<Subscribed>> {
        let sql = format!(
            "SELECT {}, w.topic, w.secret, f.subscribed = 1 AND f.paused = 0 FROM {} WHERE w.token = ?",
            feeds::DUE_COLUMNS,
            feeds::DUE_TABLES
        );
        self.connection
            .prepare_cached(&sql)?
            .query_row([token], |row| {
                let after = feeds::N_DUE_COLUMNS;
                Ok(Subscribed {
                    feed: feeds::due_feed(row)?,
                    topic: row.get(after)?,
                    secret: row.get(after + 1)?,
                    wanted: row.get(after + 2)?,
                })
            })
            .optional()
    }

    /// The subscription of a feed at its hub.
    pub fn hub_of(&self, feed: FeedId) -> rusqlite::Result<Option<HubRow>> {
        self.connection
            .prepare_cached("SELECT hub, lease_until, last_push, error FROM websub WHERE feed_id = ?")?
            .query_row([feed.0], |row| {
                let time = |at| row.get::<_, Option<i64>>(at).map(|at| at.map(Timestamp));
                Ok(HubRow { hub: row.get(0)?, lease_until: time(1)?, last_push: time(2)?, error: row.get(3)? })
            })
            .optional()
    }
}
