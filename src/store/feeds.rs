//! Feeds: the list of subscriptions taken over, due feeds claimed, polls committed.

use super::entries::{self, Draft};
use super::{Key, Store, key_of};
use crate::config::subscriptions::Subscription;
use crate::fetch::Validators;
use crate::health::Trouble;
use crate::model::{FeedId, Timestamp};
use crate::schedule::{self, FeedState, Push};
use crate::websub::Hub;
use rusqlite::{OptionalExtension, params};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// What taking over the list changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    pub n_feeds: usize,
    pub added: Vec<FeedId>,
    pub n_removed: usize,
}

/// A feed that was handed out to be polled.
#[derive(Clone, Debug)]
pub struct DueFeed {
    pub id: FeedId,
    pub key: String,
    pub url: String,
    pub settings: Subscription,
    pub validators: Option<Validators>,
    pub state: FeedState,
    pub body_hash: Option<Key>,
    /// No poll of it has succeeded yet.
    pub fresh: bool,
    pub trouble: Option<Trouble>,
    /// Its hub pushes to us.
    pub push: Option<Push>,
}

/// When a feed is planned to be polled, and what that followed from.
#[derive(Clone, Debug)]
pub struct PlannedFeed {
    pub id: FeedId,
    pub key: String,
    pub settings: Subscription,
    pub state: FeedState,
    pub next_poll: Timestamp,
}

/// Which feeds to hand out.
#[derive(Clone, Debug)]
pub struct Claim {
    pub n: u32,
    pub lease: Duration,
    /// Hosts that have enough waiting already.
    pub not_hosts: Vec<String>,
    /// Of one host at most so many, so that feeds of one that hangs are never all that is handed out.
    pub per_host: usize,
    /// With each feed whatever else of its host is due, so that all of it goes over one connection.
    pub whole_hosts: bool,
}

/// How many of each host a claim has taken so far.
pub(super) struct Taken<'a> {
    claim: &'a Claim,
    n: usize,
    by_host: HashMap<String, usize>,
}

impl Claim {
    pub(super) fn begin(&self) -> Taken<'_> {
        Taken { claim: self, n: 0, by_host: HashMap::new() }
    }
}

impl Taken<'_> {
    pub(super) fn is_full(&self) -> bool {
        self.n >= self.claim.n as usize
    }

    /// Whether any of the host was to be taken before.
    fn has_asked(&self, host: &str) -> bool {
        self.by_host.contains_key(host)
    }

    /// Whether one more of the host is taken.
    pub(super) fn take(&mut self, host: &str) -> bool {
        let of_host = self.by_host.entry(host.to_owned()).or_default();
        let more = *of_host < self.claim.per_host;
        *of_host += usize::from(more);
        self.n += usize::from(more);
        more
    }
}

/// How one poll ended: everything that is committed with it.
#[derive(Clone, Debug)]
pub struct PollRecord {
    pub feed: FeedId,
    pub at: Timestamp,
    pub state: FeedState,
    pub next_poll: Option<Timestamp>,
    pub reasons: Vec<String>,
    /// A sentence for a person; `None`: the poll was well.
    pub error: Option<String>,
    /// What kind of error that is.
    pub trouble: Option<Trouble>,
    /// A line for the feed's time line.
    pub event: Option<String>,
    pub moved_to: Option<String>,
    /// The domain whose other feeds wait too, and until when: a 429 is meant for whoever asks, not for one address.
    pub held: Option<(String, Timestamp)>,
    /// `None`: the stored ones stay. `Some(None)`: the server gave none.
    pub validators: Option<Option<Validators>>,
    /// `None`: the stored hub stays. `Some(None)`: the feed names none, or none that could reach us.
    pub hub: Option<Option<Hub>>,
    pub wire_bytes: u64,
    /// `None`: nothing was read (unchanged, or failed).
    pub read: Option<Read>,
}

impl PollRecord {
    /// Nothing but the feed's times, and what is remembered with them, is to be written.
    pub fn is_quiet(&self) -> bool {
        self.read.is_none()
            && self.error.is_none()
            && self.event.is_none()
            && self.moved_to.is_none()
            && self.held.is_none()
            && self.validators.is_none()
            && self.hub.is_none()
    }
}

/// What a feed said, where it said something.
#[derive(Clone, Debug, Default)]
pub struct Read {
    pub body_hash: Key,
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub language: Option<String>,
    pub drafts: Vec<Draft>,
}

/// What a poll changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedChange {
    pub n_new: usize,
    pub n_edited: usize,
    /// Entries that wait for an article, and entries that can be settled.
    pub n_wanted: usize,
    pub n_ready: usize,
    /// Entries that were settled at once.
    pub n_settled: usize,
}

/// What polls add to the row of their hour.
#[derive(Default)]
pub(super) struct PollCount {
    hour: i64,
    n_polls: i64,
    n_unchanged: i64,
    n_failed: i64,
    n_new: i64,
    wire_bytes: i64,
}

impl Store {
    /// Takes over the list. A feed that is known by an old address is the same feed; one that is no longer listed is
    /// kept, but not polled. Writes only what differs.
    pub fn sync_feeds(&mut self, list: &[Subscription], now: Timestamp) -> rusqlite::Result<SyncReport> {
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
                    self.generation += 1;
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

    /// Hands out feeds that are due, longest overdue first. A lease ends by itself, with its poll, or with the process.
    pub fn claim_due(&mut self, claim: &Claim, now: Timestamp) -> rusqlite::Result<Vec<Arc<DueFeed>>> {
        let not_hosts = serde_json::to_string(&claim.not_hosts).unwrap_or_default();
        let until = now.plus(claim.lease);
        self.leases.retain(|_, until| *until > now);
        let mut taken = claim.begin();
        let mut claimed = Vec::new();
        let mut all = self.connection.prepare_cached(
            "SELECT id, host FROM feeds WHERE next_poll <= ?1 AND subscribed = 1 AND paused = 0
               AND host NOT IN (SELECT value FROM json_each(?2)) ORDER BY next_poll",
        )?;
        let mut of_host = self.connection.prepare_cached(
            "SELECT id FROM feeds INDEXED BY feeds_host WHERE host = ?1 AND next_poll <= ?2 AND subscribed = 1 AND paused = 0 ORDER BY id",
        )?;
        let mut rows = all.query(params![now.0, not_hosts])?;
        while let Some(row) = rows.next()? {
            let (id, host): (FeedId, String) = (FeedId(row.get(0)?), row.get(1)?);
            if taken.is_full() {
                break;
            }
            if self.leases.contains_key(&id) {
                continue;
            }
            // Once for a host: what there was of it is taken, or is too much.
            let ids = match claim.whole_hosts {
                true if taken.has_asked(&host) => continue,
                true => of_host.query_map(params![host, now.0], feed_id)?.collect::<rusqlite::Result<_>>()?,
                false => vec![id],
            };
            for id in ids {
                if !self.leases.contains_key(&id) && !taken.is_full() && taken.take(&host) {
                    claimed.push(id);
                }
            }
        }
        // Who was polled meanwhile, is being polled, or may not be polled yet is wanted no more.
        let mut wanted = self.connection.prepare_cached(
            "SELECT host FROM feeds WHERE id = ?1 AND subscribed = 1 AND paused = 0 AND next_poll > ?2
               AND coalesce(hold_until, 0) <= ?2 AND coalesce(last_polled, 0) < ?3",
        )?;
        let mut later = Vec::new();
        for id in self.wanted.drain(..) {
            if taken.is_full() {
                later.push(id);
            } else if !self.leases.contains_key(&id) {
                let host = wanted.query_row(params![id.0, now.0, self.wanted_at.0], |row| row.get::<_, String>(0)).optional()?;
                let Some(host) = host else { continue };
                if !claim.not_hosts.contains(&host) && taken.take(&host) {
                    claimed.push(id);
                } else {
                    later.push(id);
                }
            }
        }
        self.wanted = later;
        let mut one = self.connection.prepare_cached(&format!("SELECT {DUE_COLUMNS} FROM {DUE_TABLES} WHERE f.id = ?"))?;
        let due = claimed.iter().map(|id| one.query_row([id.0], |row| Ok(Arc::new(due_feed(row)?))));
        let due = due.collect::<rusqlite::Result<_>>()?;
        self.leases.extend(claimed.into_iter().map(|id| (id, until)));
        Ok(due)
    }

    /// When the next feed after `after` is due, leased ones left out.
    pub fn next_due(&self, after: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
        if !self.wanted.is_empty() && self.wanted_at > after {
            return Ok(Some(self.wanted_at));
        }
        let mut planned = self.connection.prepare_cached(
            "SELECT id, next_poll FROM feeds WHERE subscribed = 1 AND paused = 0 AND next_poll > ? ORDER BY next_poll",
        )?;
        let mut rows = planned.query([after.0])?;
        while let Some(row) = rows.next()? {
            if !self.leases.contains_key(&FeedId(row.get(0)?)) {
                return Ok(Some(Timestamp(row.get(1)?)));
            }
        }
        Ok(None)
    }

    /// Plans feeds anew; a claimed one is left to its poll.
    pub fn replan(&mut self, plans: &[(FeedId, Timestamp)]) -> rusqlite::Result<()> {
        let mut plan = self.connection.prepare_cached("UPDATE feeds SET next_poll = ? WHERE id = ? AND next_poll IS NOT NULL")?;
        for (feed, at) in plans.iter().filter(|(feed, _)| !self.leases.contains_key(feed)) {
            plan.execute(params![at.0, feed.0])?;
        }
        Ok(())
    }

    /// Wants every feed polled that may be polled at all: our own intervals and a server's max-age are overridden,
    /// Retry-After and 410 are not. Nothing is written, so that a process that ends forgets it. `whole_hosts` as in
    /// [`Claim`].
    pub fn want_all(&mut self, whole_hosts: bool, now: Timestamp) -> rusqlite::Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT id FROM feeds WHERE subscribed = 1 AND paused = 0 AND next_poll > ?1 ORDER BY iif(?2, host, ''), id",
        )?;
        let ids = all.query_map(params![now.0, whole_hosts], feed_id)?;
        self.wanted = ids.collect::<rusqlite::Result<_>>()?;
        self.wanted_at = now;
        Ok(())
    }

    /// Commits a poll: its entries, validators, next poll and error count together.
    pub fn save_poll(&mut self, record: &PollRecord) -> rusqlite::Result<FeedChange> {
        let feed = record.feed.0;
        let mut change = FeedChange::default();
        if let Some(read) = &record.read {
            change = entries::save(self, record.feed, &read.drafts, record.at)?;
            let renamed = self
                .connection
                .prepare_cached(
                    "UPDATE feeds SET title = ?2, site_url = ?3, language = ?4
                     WHERE id = ?1 AND (title IS NOT ?2 OR site_url IS NOT ?3 OR language IS NOT ?4)",
                )?
                .execute(params![feed, read.title, read.site_url, read.language])?;
            // Who carries a story, and under which name, is part of what is published.
            self.generation += renamed as u64;
        }
        if let Some(validators) = &record.validators {
            save_validators(self, feed, validators.as_ref())?;
        }
        if let Some(hub) = &record.hub {
            self.save_hub(record.feed, hub.as_ref(), record.at)?;
        }
        if let Some(moved_to) = &record.moved_to {
            self.move_feed(record.feed, moved_to, record.at)?;
        }
        let failed = record.error.is_some();
        self.connection
            .prepare_cached(
                // A hold that is still to come is another feed's of the domain, which was told meanwhile.
                "UPDATE feeds SET state = ?2,
                   reasons = iif(hold_until BETWEEN ?6 AND ?6 + ?12, json_insert(?3, '$[#]', 'its domain asks for patience'), ?3),
                   next_poll = iif(hold_until BETWEEN ?6 AND ?6 + ?12, max(?4, hold_until), ?4),
                   hold_until = iif(hold_until BETWEEN ?6 AND ?6 + ?12, max(coalesce(?5, 0), hold_until), ?5), last_polled = ?6,
                   last_ok = iif(?7 IS NULL, ?6, last_ok), last_new = iif(?8 > 0, ?6, last_new), n_errors = ?9, error = ?7,
                   body_hash = coalesce(?10, body_hash), trouble = ?11 WHERE id = ?1",
            )?
            .execute(params![
                feed,
                serde_json::to_string(&record.state).unwrap_or_default(),
                serde_json::to_string(&record.reasons).unwrap_or_default(),
                record.next_poll.map(|at| at.0),
                record.state.hold_until.map(|at| at.0),
                record.at.0,
                record.error,
                change.n_new as i64,
                record.state.n_errors,
                record.read.as_ref().map(|read| read.body_hash),
                record.trouble.map(trouble_name),
                schedule::LONGEST_HINT.as_millis() as i64,
            ])?;
        if let Some(event) = &record.event {
            self.add_event(record.feed, event, record.at)?;
        }
        if let Some((domain, until)) = &record.held {
            self.hold_domain(domain, *until)?;
        }
        let unchanged = !failed && record.read.is_none();
        self.polls.push(PollCount {
            hour: record.at.0.div_euclid(3_600_000),
            n_polls: 1,
            n_unchanged: unchanged.into(),
            n_failed: failed.into(),
            n_new: change.n_new as i64,
            wire_bytes: record.wire_bytes as i64,
        });
        self.leases.remove(&record.feed);
        Ok(change)
    }

    /// Writes down the polls of a transaction in their hours.
    pub(super) fn count_polls(&mut self) -> rusqlite::Result<()> {
        let mut hours: HashMap<i64, PollCount> = HashMap::new();
        for poll in self.polls.drain(..) {
            let hour = hours.entry(poll.hour).or_default();
            hour.n_polls += poll.n_polls;
            hour.n_unchanged += poll.n_unchanged;
            hour.n_failed += poll.n_failed;
            hour.n_new += poll.n_new;
            hour.wire_bytes += poll.wire_bytes;
        }
        for (hour, count) in hours {
            self.connection
                .prepare_cached(
                    "INSERT INTO poll_hours(hour, n_polls, n_unchanged, n_failed, n_new, wire_bytes) VALUES(?, ?, ?, ?, ?, ?)
                     ON CONFLICT DO UPDATE SET n_polls = n_polls + excluded.n_polls, n_unchanged = n_unchanged + excluded.n_unchanged,
                       n_failed = n_failed + excluded.n_failed, n_new = n_new + excluded.n_new, wire_bytes = wire_bytes + excluded.wire_bytes",
                )?
                .execute([hour, count.n_polls, count.n_unchanged, count.n_failed, count.n_new, count.wire_bytes])?;
        }
        Ok(())
    }

    /// A turn in a feed's life; the oldest ones are forgotten.
    fn add_event(&self, feed: FeedId, what: &str, at: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO feed_events(feed_id, at, what) VALUES(?, ?, ?) ON CONFLICT DO NOTHING")?
            .execute(params![feed.0, at.0, what])?;
        self.connection
            .prepare_cached(
                "DELETE FROM feed_events WHERE feed_id = ?1 AND at <= (SELECT at FROM feed_events WHERE feed_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![feed.0, MAX_EVENTS])?;
        Ok(())
    }

    /// No feed of a domain is polled before `until`; then they come back over a minute, not in one instant.
    fn hold_domain(&self, domain: &str, until: Timestamp) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE feeds SET hold_until = ?2, next_poll = ?2 + (id * 7919) % 60000, reasons = json_insert(reasons, '$[#]', ?3)
                 WHERE (host = ?1 OR host LIKE '%.' || ?1) AND next_poll < ?2",
            )?
            .execute(params![domain, until.0, format!("{domain} asks for patience until {}", until.rfc3339())])?;
        Ok(())
    }

    /// Adopts a new address: the feed stays the same feed, and both addresses mean it from now on. An address that
    /// already is another feed's stays that feed's.
    fn move_feed(&mut self, feed: FeedId, to: &str, now: Timestamp) -> rusqlite::Result<()> {
        let taken = self
            .connection
            .prepare_cached(
                "INSERT INTO feed_addresses(url, feed_id, since, why) VALUES(?, ?, ?, 'moved')
                 ON CONFLICT DO UPDATE SET since = since RETURNING feed_id",
            )?
            .query_row(params![to, feed.0, now.0], |row| row.get::<_, i64>(0))?;
        if taken == feed.0 {
            self.connection.execute("UPDATE feeds SET url = ?, host = ? WHERE id = ?", params![to, host_of(to), feed.0])?;
        }
        Ok(())
    }

    /// Removes a feed that is no longer listed. With `purge` its entries go too, with every story that has no other
    /// source; tombstones stay. Returns how many stories went.
    pub fn remove_feed(&mut self, feed: FeedId, purge: bool, now: Timestamp) -> rusqlite::Result<usize> {
        self.connection.execute("UPDATE feeds SET subscribed = 0 WHERE id = ?", [feed.0])?;
        if !purge {
            return Ok(0);
        }
        let removed = entries::purge(self, feed, now)?;
        let key: String = self.connection.query_row("SELECT key FROM feeds WHERE id = ?", [feed.0], |row| row.get(0))?;
        self.connection.execute(
            "INSERT INTO tombstones(kind, id, removed) VALUES('feed', ?, ?) ON CONFLICT DO UPDATE SET removed = excluded.removed",
            params![key_of(&key), now.0],
        )?;
        for table in ["feed_addresses", "validators", "websub", "feed_events"] {
            self.connection.execute(&format!("DELETE FROM {table} WHERE feed_id = ?"), [feed.0])?;
        }
        self.connection.execute("DELETE FROM feeds WHERE id = ?", [feed.0])?;
        self.generation += 1;
        Ok(removed)
    }
}

/// Turns of a feed's life that are kept.
const MAX_EVENTS: i64 = 50;

fn trouble_name(trouble: Trouble) -> Option<String> {
    serde_json::to_value(trouble).ok()?.as_str().map(str::to_owned)
}

/// One that another version wrote is none that this one knows.
pub(super) fn trouble_of(name: Option<String>) -> Option<Trouble> {
    serde_json::from_value(serde_json::Value::String(name?)).ok()
}

/// What [`due_feed`] reads, and where from.
pub(super) const DUE_COLUMNS: &str =
    "f.id, f.key, f.url, f.settings, f.state, f.body_hash, f.last_ok IS NULL, v.etag, v.last_modified, v.url,
  w.lease_until, w.last_push > f.last_polled, f.trouble";
pub(super) const DUE_TABLES: &str = "feeds f LEFT JOIN validators v ON v.feed_id = f.id LEFT JOIN websub w ON w.feed_id = f.id";
pub(super) const N_DUE_COLUMNS: usize = 13;

fn feed_id(row: &rusqlite::Row) -> rusqlite::Result<FeedId> {
    row.get(0).map(FeedId)
}

pub(super) fn due_feed(row: &rusqlite::Row) -> rusqlite::Result<DueFeed> {
    let (settings, state): (String, String) = (row.get(3)?, row.get(4)?);
    let url: String = row.get(2)?;
    let validators_url: Option<String> = row.get(9)?;
    let (etag, last_modified) = (row.get(7)?, row.get(8)?);
    let lease_until: Option<i64> = row.get(10)?;
    let delivered: Option<bool> = row.get(11)?;
    Ok(DueFeed {
        id: FeedId(row.get(0)?),
        key: row.get(1)?,
        settings: settings_of(&settings, &url),
        url,
        validators: validators_url.map(|url| Validators { url, etag, last_modified }),
        state: serde_json::from_str(&state).unwrap_or_default(),
        body_hash: row.get(5)?,
        fresh: row.get(6)?,
        trouble: trouble_of(row.get(12)?),
        push: lease_until.map(|until| Push { until: Timestamp(until), delivered: delivered.unwrap_or(false) }),
    })
}

/// Stored only where they differ from what is stored, so that an ordinary 304 writes nothing here.
fn save_validators(store: &Store, feed: i64, validators: Option<&Validators>) -> rusqlite::Result<()> {
    match validators {
        Some(new) => store
            .connection
            .prepare_cached(
                "INSERT INTO validators(feed_id, url, etag, last_modified) VALUES(?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET url = excluded.url, etag = excluded.etag, last_modified = excluded.last_modified
                 WHERE etag IS NOT excluded.etag OR last_modified IS NOT excluded.last_modified OR url <> excluded.url",
            )?
            .execute(params![feed, new.url, new.etag, new.last_modified])?,
        None => store.connection.prepare_cached("DELETE FROM validators WHERE feed_id = ?")?.execute([feed])?,
    };
    Ok(())
}

/// The host that a URL is asked of, lower case; empty for a file.
pub(super) fn host_of(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Settings that an older or newer version wrote are read as far as they go.
pub(super) fn settings_of(json: &str, url: &str) -> Subscription {
    serde_json::from_str(json).unwrap_or_else(|_| Subscription::new(url))
}
