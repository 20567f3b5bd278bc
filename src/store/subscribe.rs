//! The list of subscriptions taken over; feeds planned anew, and forgotten.

use super::base::Store;
use super::purge::remove_entries;
use super::rows::host_of;
use crate::config::subscriptions::Subscription;
use crate::model::{FeedId, Key, Timestamp, key_of};
use crate::records::SyncReport;
use rusqlite::params;
use std::collections::{HashMap, HashSet};

impl Store {
    /// Takes over the list. A feed that is known by an old address is the same feed; one that is no longer listed is
    /// kept, but not polled. Writes only what differs.
    pub(super) fn subscribe(&mut self, list: &[Subscription], now: Timestamp) -> rusqlite::Result<SyncReport> {
        struct Known {
            subscribed: bool,
            settings: Key,
        }
        // By their hashes: the texts of ten thousand feeds would take megabytes.
        let mut known: HashMap<i64, Known> = HashMap::new();
        let mut by_address: HashMap<Key, i64> = HashMap::new();
        {
            let mut all = self.connection.prepare("SELECT id, subscribed, settings FROM feeds")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                known.insert(row.get(0)?, Known { subscribed: row.get(1)?, settings: key_of(row.get_ref(2)?.as_str()?) });
            }
            let mut all = self.connection.prepare("SELECT url, feed_id FROM feed_addresses")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                by_address.insert(key_of(row.get_ref(0)?.as_str()?), row.get(1)?);
            }
        }
        let mut report = SyncReport { n_feeds: list.len(), ..SyncReport::default() };
        let mut listed = HashSet::new();
        for feed in list {
            // Serialising plain data to JSON cannot fail; an empty text would only be read as the defaults.
            let settings = serde_json::to_string(feed).unwrap_or_default();
            if let Some(&id) = by_address.get(&key_of(&feed.url)) {
                if !listed.insert(id) {
                    continue; // An old and a new address of one feed are both listed: the first counts.
                }
                let same = known.get(&id).is_some_and(|known| known.subscribed && known.settings == key_of(&settings));
                if !same {
                    self.connection
                        .prepare_cached("UPDATE feeds SET subscribed = 1, paused = ?, private = ?, priority = ?, settings = ?, next_poll = iif(subscribed, next_poll, coalesce(next_poll, ?)) WHERE id = ?")?
                        .execute(params![feed.paused, feed.private, feed.priority, settings, now.0, id])?;
                    // Who carries what, and under which name, is part of what is published.
                    self.changed.published = true;
                }
                continue;
            }
            self.connection
                .prepare_cached(
                    "INSERT INTO feeds(key, url, host, subscribed, paused, private, priority, settings, added, next_poll)
                     VALUES(?1, ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?7)",
                )?
                .execute(params![feed.url, host_of(&feed.url), feed.paused, feed.private, feed.priority, settings, now.0])?;
            let id = self.connection.last_insert_rowid();
            self.connection
                .prepare_cached("INSERT INTO feed_addresses(url, feed_id, since, why) VALUES(?, ?, ?, 'subscribed')")?
                .execute(params![feed.url, id, now.0])?;
            by_address.insert(key_of(&feed.url), id);
            listed.insert(id);
            report.added.push(FeedId(id));
        }
        for (id, known) in &known {
            if known.subscribed && !listed.contains(id) {
                self.connection.execute("UPDATE feeds SET subscribed = 0 WHERE id = ?", [id])?;
                report.n_removed += 1;
            }
        }
        Ok(report)
    }

    /// Plans feeds anew.
    pub(super) fn replan(&mut self, plans: &[(FeedId, Timestamp)]) -> rusqlite::Result<()> {
        let mut plan = self.connection.prepare_cached("UPDATE feeds SET next_poll = ? WHERE id = ? AND next_poll IS NOT NULL")?;
        for (feed, at) in plans {
            plan.execute(params![at.0, feed.0])?;
        }
        Ok(())
    }

    /// Removes a feed that is no longer listed. With `purge` its entries go too, with every story that has no other
    /// source; tombstones stay. Returns how many stories went.
    pub(super) fn remove_feed(&mut self, feed: FeedId, purge: bool, now: Timestamp) -> rusqlite::Result<usize> {
        self.connection.execute("UPDATE feeds SET subscribed = 0 WHERE id = ?", [feed.0])?;
        if !purge {
            return Ok(0);
        }
        let removed = remove_entries(self, feed, now)?;
        let key: String = self.connection.query_row("SELECT key FROM feeds WHERE id = ?", [feed.0], |row| row.get(0))?;
        self.connection.execute(
            "INSERT INTO tombstones(kind, id, removed) VALUES('feed', ?, ?) ON CONFLICT DO UPDATE SET removed = excluded.removed",
            params![key_of(&key), now.0],
        )?;
        for table in ["feed_addresses", "validators", "websub", "feed_events", "pruned"] {
            self.connection.execute(&format!("DELETE FROM {table} WHERE feed_id = ?"), [feed.0])?;
        }
        self.connection.execute("DELETE FROM feeds WHERE id = ?", [feed.0])?;
        self.changed.published = true;
        Ok(removed)
    }
}
