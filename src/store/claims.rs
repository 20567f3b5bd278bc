//! What is due, and handed out: feeds, pages, hubs, entries that wait. Only reads: what is handed out is noted in the
//! [`Leases`], which the caller keeps.

use super::dictionaries::OWN_BODY;
use super::read::Reader;
use super::rows::{settings_of, trouble_of};
use crate::fetch::Validators;
use crate::model::{ArticleId, FeedId, Timestamp};
use crate::records::{Claim, DueFeed, DueHub, DuePage, Leases, Share};
use crate::schedule::Push;
use rusqlite::{OptionalExtension, params};
use std::sync::Arc;

impl Reader {
    /// Hands out feeds that are due, longest overdue first. The caller holds the leases from before this reads to after it.
    pub fn claim_feeds(&self, claim: &Claim, leases: &mut Leases, now: Timestamp) -> rusqlite::Result<Vec<Arc<DueFeed>>> {
        let not_hosts = serde_json::to_string(&claim.not_hosts).unwrap_or_default();
        let until = now.plus(claim.lease);
        leases.expire(now);
        let mut taken = claim.begin();
        let mut claimed = Vec::new();
        let asked = asked_address(claim.share.as_ref());
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT id, host, {asked} FROM feeds WHERE next_poll <= ?1 AND subscribed = 1 AND paused = 0
               AND host NOT IN (SELECT value FROM json_each(?2)) ORDER BY next_poll",
        ))?;
        let mut of_host = self.connection.prepare_cached(&format!(
            "SELECT id, {asked} FROM feeds INDEXED BY feeds_host WHERE host = ?1 AND next_poll <= ?2 AND subscribed = 1 AND paused = 0 ORDER BY id",
        ))?;
        let mut rows = all.query(params![now.0, not_hosts])?;
        while let Some(row) = rows.next()? {
            let (id, host): (FeedId, String) = (FeedId(row.get(0)?), row.get(1)?);
            if taken.is_full() {
                break;
            }
            if leases.feeds.contains_key(&id) {
                continue;
            }
            // Once for a host: what there was of it is taken, or is too much.
            let ids: Vec<(FeedId, String)> = match claim.whole_hosts {
                true if taken.has_asked(&host) => continue,
                true => {
                    let both = |row: &rusqlite::Row| Ok((FeedId(row.get(0)?), row.get(1)?));
                    of_host.query_map(params![host, now.0], both)?.collect::<rusqlite::Result<_>>()?
                }
                false => vec![(id, row.get(2)?)],
            };
            for (id, url) in ids {
                if !leases.feeds.contains_key(&id) && !taken.is_full() && taken.take(&host, &url) {
                    claimed.push(id);
                }
            }
        }
        // Who was polled meanwhile (and not in the future, by a clock that was wrong), is being polled, or may not be polled yet is wanted no more.
        let mut wanted = self.connection.prepare_cached(&format!(
            "SELECT host, {asked} FROM feeds WHERE id = ?1 AND subscribed = 1 AND paused = 0 AND next_poll > ?2
               AND coalesce(hold_until, 0) <= ?2 AND coalesce(last_polled, 0) NOT BETWEEN ?3 AND ?2",
        ))?;
        let mut later = Vec::new();
        for id in leases.wanted.drain(..) {
            if taken.is_full() {
                later.push(id);
            } else if !leases.feeds.contains_key(&id) {
                let both = |row: &rusqlite::Row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
                let found = wanted.query_row(params![id.0, now.0, leases.wanted_at.0], both).optional()?;
                let Some((host, url)) = found.filter(|(_, url)| is_shared(claim.share.as_ref(), url)) else { continue };
                if !claim.not_hosts.contains(&host) && taken.take(&host, &url) {
                    claimed.push(id);
                } else {
                    later.push(id);
                }
            }
        }
        leases.wanted = later;
        let mut one = self.connection.prepare_cached(&format!("SELECT {DUE_COLUMNS} FROM {DUE_TABLES} WHERE f.id = ?"))?;
        let due = claimed.iter().map(|id| one.query_row([id.0], |row| Ok(Arc::new(due_feed(row)?))));
        let due = due.collect::<rusqlite::Result<_>>()?;
        leases.feeds.extend(claimed.into_iter().map(|id| (id, until)));
        Ok(due)
    }

    /// A feed as it is handed out, whether it is due or not; `None`: it is not polled.
    pub fn feed_to_poll(&self, feed: FeedId) -> rusqlite::Result<Option<DueFeed>> {
        let wanted = "f.id = ? AND f.subscribed = 1 AND f.paused = 0";
        let mut one = self.connection.prepare_cached(&format!("SELECT {DUE_COLUMNS} FROM {DUE_TABLES} WHERE {wanted}"))?;
        one.query_row([feed.0], due_feed).optional()
    }

    /// When the next feed after `after` is due, leased ones left out, and those that others ask.
    pub fn next_due(&self, after: Timestamp, share: Option<&Share>, leases: &Leases) -> rusqlite::Result<Option<Timestamp>> {
        if !leases.wanted.is_empty() && leases.wanted_at > after {
            return Ok(Some(leases.wanted_at));
        }
        let asked = asked_address(share);
        let mut planned = self.connection.prepare_cached(&format!(
            "SELECT id, next_poll, {asked} FROM feeds WHERE subscribed = 1 AND paused = 0 AND next_poll > ? ORDER BY next_poll",
        ))?;
        let mut rows = planned.query([after.0])?;
        while let Some(row) = rows.next()? {
            if !leases.feeds.contains_key(&FeedId(row.get(0)?)) && is_shared(share, row.get_ref(2)?.as_str()?) {
                return Ok(Some(Timestamp(row.get(1)?)));
            }
        }
        Ok(None)
    }

    /// Wants every feed polled that may be polled at all, due ones too, which may be planned anew before they are claimed: our own intervals and a server's max-age are overridden,
    /// Retry-After and 410 are not. Nothing is written, so that a process that ends forgets it.
    /// `whole_hosts` as in [`Claim`].
    pub fn want_all(&self, whole_hosts: bool, leases: &mut Leases, now: Timestamp) -> rusqlite::Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT id FROM feeds WHERE subscribed = 1 AND paused = 0 AND next_poll IS NOT NULL ORDER BY iif(?, host, ''), id",
        )?;
        let ids = all.query_map(params![whole_hosts], feed_id)?;
        leases.wanted = ids.collect::<rusqlite::Result<_>>()?;
        leases.wanted_at = now;
        Ok(())
    }

    /// Hands out pages that are due, the newest entries' first.
    pub fn claim_pages(&self, claim: &Claim, leases: &mut Leases, now: Timestamp) -> rusqlite::Result<Vec<DuePage>> {
        let not_hosts = serde_json::to_string(&claim.not_hosts).unwrap_or_default();
        leases.expire(now);
        let mut taken = claim.begin();
        let mut due: Vec<DuePage> = Vec::new();
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT a.id, a.url, a.n_tries, coalesce(e.title, ''), {OWN_BODY}, coalesce(f.settings, ''), a.host FROM articles a
             LEFT JOIN entries e ON e.id = (SELECT min(id) FROM entries WHERE article_id = a.id)
             LEFT JOIN entry_bodies b ON b.entry_id = e.id
             LEFT JOIN feeds f ON f.id = e.feed_id
             WHERE a.state = 0 AND a.next_try <= ?1 AND a.host NOT IN (SELECT value FROM json_each(?2))
             ORDER BY a.next_try",
        ))?;
        let mut rows = all.query(params![now.0, not_hosts])?;
        while let Some(row) = rows.next()? {
            if taken.is_full() {
                break;
            }
            let id = ArticleId(row.get(0)?);
            if leases.pages.contains_key(&id) || !taken.take(row.get_ref(6)?.as_str()?, row.get_ref(1)?.as_str()?) {
                continue;
            }
            let url: String = row.get(1)?;
            let settings = settings_of(&row.get::<_, String>(5)?, &url);
            due.push(DuePage {
                id,
                url,
                select: settings.select,
                strip: settings.strip,
                n_tries: row.get(2)?,
                title: row.get(3)?,
                summary: self.body(row.get_ref(4)?)?,
            });
        }
        leases.pages.extend(due.iter().map(|page| (page.id, now.plus(claim.lease))));
        Ok(due)
    }

    /// When the next page is due, leased ones left out, and those that others ask.
    pub fn next_page_due(&self, share: Option<&Share>, leases: &Leases) -> rusqlite::Result<Option<Timestamp>> {
        let mut planned = self.connection.prepare_cached(
            "SELECT id, next_try, url FROM articles WHERE state = 0 AND next_try IS NOT NULL ORDER BY next_try",
        )?;
        let mut rows = planned.query([])?;
        while let Some(row) = rows.next()? {
            if !leases.pages.contains_key(&ArticleId(row.get(0)?)) && is_shared(share, row.get_ref(2)?.as_str()?) {
                return Ok(Some(Timestamp(row.get(1)?)));
            }
        }
        Ok(None)
    }

    /// When the next entry stops waiting.
    pub fn next_wait_end(&self) -> rusqlite::Result<Option<Timestamp>> {
        let at: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(wait_until) FROM entries WHERE state = 0 AND ready = 0 AND wait_until IS NOT NULL")?
            .query_row([], |row| row.get(0))?;
        Ok(at.map(Timestamp))
    }

    /// Hubs that are to be asked.
    pub fn due_hubs(&self, n: u32, now: Timestamp) -> rusqlite::Result<Vec<DueHub>> {
        self.connection
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
            .collect()
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
}

/// Where a feed is asked in the end: behind its redirects, where that makes a difference.
fn asked_address(share: Option<&Share>) -> &'static str {
    match share {
        None => "url",
        Some(_) => "coalesce((SELECT v.url FROM validators v WHERE v.feed_id = feeds.id), url)",
    }
}

fn is_shared(share: Option<&Share>, url: &str) -> bool {
    share.is_none_or(|share| share.holds(url))
}

/// What [`due_feed`] reads, and where from.
pub const DUE_COLUMNS: &str =
    "f.id, f.key, f.url, f.settings, f.state, f.body_hash, f.last_ok IS NULL, v.etag, v.last_modified, v.url,
  w.lease_until, w.last_push > f.last_polled, f.trouble, f.habit";
pub const DUE_TABLES: &str = "feeds f LEFT JOIN validators v ON v.feed_id = f.id LEFT JOIN websub w ON w.feed_id = f.id";
pub const N_DUE_COLUMNS: usize = 14;

fn feed_id(row: &rusqlite::Row) -> rusqlite::Result<FeedId> {
    row.get(0).map(FeedId)
}

pub fn due_feed(row: &rusqlite::Row) -> rusqlite::Result<DueFeed> {
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
        // What another version wrote is learnt again.
        habit: serde_json::from_str(row.get_ref(13)?.as_str()?).unwrap_or_default(),
        push: lease_until.map(|until| Push { until: Timestamp(until), delivered: delivered.unwrap_or(false) }),
    })
}
