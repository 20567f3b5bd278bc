//! Subscriptions at hubs: asked for, verified, renewed; and what the hubs push.

use super::base::Store;
use super::claims;
use super::error::WriteError;
use super::read::Reader;
use crate::model::{FeedId, Timestamp};
use crate::records::{Document, HubRow, Subscribed};
use crate::websub::{self, Hub, HubOffer};
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

impl Store {
    /// Remembers the hub that a feed names now; another one than before, or another topic, is asked anew under a new
    /// token and secret.
    pub(super) fn save_hub(&self, feed: FeedId, hub: Option<&HubOffer>, now: Timestamp) -> rusqlite::Result<()> {
        let Some(HubOffer { hub: Hub { hub, topic }, token, secret }) = hub else {
            self.connection.prepare_cached("DELETE FROM websub WHERE feed_id = ?")?.execute([feed.0])?;
            return Ok(());
        };
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

    /// These hubs count as asked from now on: a process that dies asks again after the time that a verification may take.
    pub(super) fn hubs_asked(&mut self, feeds: &[FeedId], now: Timestamp) -> rusqlite::Result<()> {
        let mut asked = self.connection.prepare_cached("UPDATE websub SET asked = ?, next_ask = ? WHERE feed_id = ?")?;
        for feed in feeds {
            asked.execute(params![now.0, websub::unverified(now).0, feed.0])?;
        }
        Ok(())
    }

    /// A hub refused, at once or later; it is asked again after a while. An older lease holds until it ends.
    pub(super) fn hub_refused(&mut self, token: &str, why: &str, now: Timestamp) -> rusqlite::Result<()> {
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
    pub(super) fn hub_verified(&mut self, token: &str, topic: &str, lease: Duration, now: Timestamp) -> rusqlite::Result<bool> {
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
    pub(super) fn save_push(&mut self, feed: FeedId, document: Document, at: Timestamp) -> Result<(), WriteError> {
        let n_before = self.changed.new.len();
        self.take_in(feed, document, at)?;
        self.connection.prepare_cached("UPDATE websub SET last_push = ? WHERE feed_id = ?")?.execute(params![at.0, feed.0])?;
        if self.changed.new.len() > n_before {
            self.connection.prepare_cached("UPDATE feeds SET last_new = ? WHERE id = ?")?.execute(params![at.0, feed.0])?;
        }
        Ok(())
    }
}

impl Reader {
    /// The subscription that a callback's token means.
    pub fn subscribed(&self, token: &str) -> rusqlite::Result<Option<Subscribed>> {
        let sql = format!(
            "SELECT {}, w.topic, w.secret, f.subscribed = 1 AND f.paused = 0 FROM {} WHERE w.token = ?",
            claims::DUE_COLUMNS,
            claims::DUE_TABLES
        );
        self.connection
            .prepare_cached(&sql)?
            .query_row([token], |row| {
                let after = claims::N_DUE_COLUMNS;
                Ok(Subscribed {
                    feed: claims::due_feed(row)?,
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
