//! The list of subscriptions taken over; feeds planned anew, and forgotten.

use super::base::Store;
use super::purge::remove_entries;
use super::rows::host_of;
use crate::config::subscriptions::Subscription;
use crate::feed;
use crate::model::{FeedId, Key, Timestamp, key_of};
use crate::records::SyncReport;
use rusqlite::params;
use std::collections::{HashMap, HashSet};

/// Of an address, however it is written.
fn address_key(url: &str) -> Key {
    key_of(&feed::normal_address(url).unwrap_or_else(|| url.to_owned()))
}

impl Store {
    /// Takes over the list. A feed that is known by an old address is the same feed; one that is no longer listed is
    /// kept, but not polled. Writes only what differs.
    pub(super) fn subscribe(&mut self, list: &[Subscription], now: Timestamp) -> rusqlite::Result<SyncReport> {
        struct Known {
            subscribed: bool,
            settings: Key,
            /// Where it is polled now.
            url: Key,
        }
        // By their hashes: the texts of ten thousand feeds would take megabytes.
        let mut known: HashMap<i64, Known> = HashMap::new();
        let mut by_address: HashMap<Key, i64> = HashMap::new();
        {
            let mut all = self.connection.prepare("SELECT id, subscribed, settings, url FROM feeds")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let (settings, url) = (key_of(row.get_ref(2)?.as_str()?), address_key(row.get_ref(3)?.as_str()?));
                known.insert(row.get(0)?, Known { subscribed: row.get(1)?, settings, url });
            }
            let mut all = self.connection.prepare("SELECT url, feed_id FROM feed_addresses")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                by_address.insert(address_key(row.get_ref(0)?.as_str()?), row.get(1)?);
            }
        }
        let mut report = SyncReport { n_feeds: list.len(), ..SyncReport::default() };
        let (mut listed, mut again) = (HashSet::new(), Vec::new());
        for feed in list {
            // Serialising plain data to JSON cannot fail; an empty text would only be read as the defaults.
            let settings = serde_json::to_string(feed).unwrap_or_default();
            if let Some(&id) = by_address.get(&address_key(&feed.url)) {
                if !listed.insert(id) {
                    continue; // An old and a new address of one feed are both listed: the first counts.
                }
                let same = known.get(&id).is_some_and(|known| known.subscribed && known.settings == key_of(&settings));
                if !same {
                    self.respell(id, &feed.url, known.get(&id).is_some_and(|known| known.url == address_key(&feed.url)), now)?;
                    self.connection
                        .prepare_cached("UPDATE feeds SET subscribed = 1, paused = ?, private = ?, priority = ?, settings = ?, next_poll = iif(subscribed, next_poll, coalesce(next_poll, ?)) WHERE id = ?")?
                        .execute(params![feed.paused, feed.private, feed.priority, settings, now.0, id])?;
                    self.queue_feed(id)?;
                    again.extend(known.get(&id).filter(|known| !known.subscribed).map(|_| FeedId(id)));
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
            by_address.insert(address_key(&feed.url), id);
            listed.insert(id);
            report.added.push(FeedId(id));
        }
        let mut left = Vec::new();
        for (id, known) in &known {
            if known.subscribed && !listed.contains(id) {
                self.connection.execute("UPDATE feeds SET subscribed = 0 WHERE id = ?", [id])?;
                left.push(FeedId(*id));
                report.n_removed += 1;
            }
        }
        left.sort_unstable();
        for feed in left {
            self.rehome(feed)?;
        }
        for feed in again {
            self.list_again(feed)?;
        }
        Ok(report)
    }

    /// Notes an address as the list writes it; where it `is_polled` there, it is polled as the list writes it.
    fn respell(&self, feed: i64, url: &str, is_polled: bool, now: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO feed_addresses(url, feed_id, since, why) VALUES(?, ?, ?, 'spelt so') ON CONFLICT DO NOTHING",
            )?
            .execute(params![url, feed, now.0])?;
        if is_polled {
            self.connection.prepare_cached("UPDATE feeds SET url = ?, host = ? WHERE id = ?")?.execute(params![
                url,
                host_of(url),
                feed
            ])?;
        }
        Ok(())
    }

    /// Plans feeds anew.
    pub(super) fn replan(&mut self, plans: &[(FeedId, Timestamp)]) -> rusqlite::Result<()> {
        let mut plan = self.connection.prepare_cached("UPDATE feeds SET next_poll = ? WHERE id = ? AND next_poll IS NOT NULL")?;
        for (feed, at) in plans {
            plan.execute(params![at.0, feed.0])?;
        }
        Ok(())
    }

    /// Forgets what a feed's server said last: the next request asks for everything, and it is due now, also where it was
    /// gone. Retry-After still holds.
    pub(super) fn refetch(&mut self, feed: FeedId, now: Timestamp) -> rusqlite::Result<()> {
        self.connection.execute("DELETE FROM validators WHERE feed_id = ?", [feed.0])?;
        self.connection.execute(
            "UPDATE feeds SET body_hash = NULL, next_poll = max(?2, coalesce(hold_until, 0)) WHERE id = ?1",
            params![feed.0, now.0],
        )?;
        Ok(())
    }

    /// Removes a feed that is no longer listed. With `purge` its entries go too, with every story that has no other
    /// source; tombstones stay. Returns how many stories went.
    pub(super) fn remove_feed(&mut self, feed: FeedId, purge: bool, now: Timestamp) -> rusqlite::Result<usize> {
        self.connection.execute("UPDATE feeds SET subscribed = 0 WHERE id = ?", [feed.0])?;
        self.rehome(feed)?;
        if !purge {
            return Ok(0);
        }
        let removed = remove_entries(self, feed, now)?;
        let key: String = self.connection.query_row("SELECT key FROM feeds WHERE id = ?", [feed.0], |row| row.get(0))?;
        self.connection.execute(
            "INSERT INTO tombstones(kind, id, removed) VALUES('feed', ?, ?) ON CONFLICT DO UPDATE SET removed = excluded.removed",
            params![key_of(&key), now.0],
        )?;
        for table in ["feed_addresses", "validators", "websub", "feed_events", "pruned", "pruned_feeds"] {
            self.connection.execute(&format!("DELETE FROM {table} WHERE feed_id = ?"), [feed.0])?;
        }
        self.connection.execute("DELETE FROM feeds WHERE id = ?", [feed.0])?;
        self.changed.published = true;
        Ok(removed)
    }
}
