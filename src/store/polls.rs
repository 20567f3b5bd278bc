//! Polls committed: a feed's entries, validators, next poll and error count together.

use super::base::{PollCount, Store};
use super::error::WriteError;
use super::rows::{host_of, trouble_name};
use crate::fetch::Validators;
use crate::model::{FeedId, Timestamp};
use crate::records::{FeedTurn, Poll, Postponed, log_name};
use crate::schedule;
use rusqlite::params;
use std::collections::HashMap;

/// Turns of a feed's health that are kept.
const MAX_EVENTS: i64 = 50;

impl Store {
    /// Commits a poll: its entries, validators, next poll and error count together.
    pub(super) fn save_poll(&mut self, poll: Poll) -> Result<(), WriteError> {
        let feed = poll.feed.0;
        let (failed, unchanged) = (poll.error.is_some(), poll.error.is_none() && poll.document.is_none());
        let n_before = self.changed.new.len();
        let mut body_hash = None;
        if let Some(document) = poll.document {
            body_hash = Some(document.body_hash);
            let renamed = self
                .connection
                .prepare_cached(
                    "UPDATE feeds SET title = ?2, site_url = ?3, language = ?4
                     WHERE id = ?1 AND (title IS NOT ?2 OR site_url IS NOT ?3 OR language IS NOT ?4)",
                )?
                .execute(params![feed, document.title, document.site_url, document.language])?;
            // Who carries a story, and under which name, is part of what is published.
            self.changed.published |= renamed > 0;
            self.take_in(poll.feed, document, poll.at)?;
        }
        if let Some(validators) = &poll.validators {
            save_validators(self, feed, validators.as_ref())?;
        }
        if let Some(hub) = &poll.hub {
            self.save_hub(poll.feed, hub.as_ref(), poll.at)?;
            self.changed.n_hubs += usize::from(hub.is_some());
        }
        if let Some(moved_to) = &poll.moved_to {
            self.move_feed(poll.feed, moved_to, poll.at)?;
        }
        let n_new = self.changed.new.len() - n_before;
        let failing_since = poll.event.as_ref().map_or(Ok(None), |_| self.failing_since(poll.feed))?;
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
                serde_json::to_string(&poll.state).unwrap_or_default(),
                serde_json::to_string(&poll.reasons).unwrap_or_default(),
                poll.next_poll.map(|at| at.0),
                poll.state.hold_until.map(|at| at.0),
                poll.at.0,
                poll.error,
                n_new as i64,
                poll.state.n_errors,
                body_hash,
                poll.trouble.map(trouble_name),
                schedule::LONGEST_HINT.as_millis() as i64,
            ])?;
        if let Some(event) = &poll.event {
            self.add_event(poll.feed, event, poll.at)?;
        }
        if poll.event.is_some() || poll.state.n_errors == schedule::GIVE_UP_AFTER {
            let what = poll.event.or(poll.error).unwrap_or_default();
            let turn = FeedTurn {
                feed: poll.feed,
                name: self.name_for_logs(poll.feed)?,
                what,
                trouble: poll.trouble,
                n_errors: poll.state.n_errors,
                failed_for: failing_since.map(|since| poll.at.since(since)),
            };
            if turn.needs_person() {
                self.tell_of_feed(feed, &turn.name, &turn.what, poll.at)?;
            }
            self.changed.feeds.push(turn);
        }
        if let Some((domain, until)) = &poll.held {
            self.hold_domain(domain, *until)?;
        }
        self.changed.polls.n += 1;
        self.changed.polls.n_unchanged += usize::from(unchanged);
        self.changed.polls.n_failed += usize::from(failed);
        self.changed.polls.wire_bytes += poll.wire_bytes;
        if unchanged {
            let usual = self.answer_bytes.get(&poll.feed).copied().unwrap_or(0);
            self.changed.polls.saved_bytes += usual.saturating_sub(poll.wire_bytes);
        } else if !failed {
            self.answer_bytes.insert(poll.feed, poll.wire_bytes);
        }
        self.polls.push(PollCount {
            hour: poll.at.0.div_euclid(3_600_000),
            n_polls: 1,
            n_unchanged: unchanged.into(),
            n_failed: failed.into(),
            n_new: n_new as i64,
            wire_bytes: poll.wire_bytes as i64,
        });
        Ok(())
    }

    /// Moves a feed's next poll, and nothing that says how the feed is. A hold of its domain that came meanwhile is kept.
    pub(super) fn postpone(&mut self, postponed: &Postponed) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE feeds SET state = ?2, reasons = ?3,
                   next_poll = iif(hold_until BETWEEN ?5 AND ?5 + ?6, max(?4, hold_until), ?4) WHERE id = ?1",
            )?
            .execute(params![
                postponed.feed.0,
                serde_json::to_string(&postponed.state).unwrap_or_default(),
                serde_json::to_string(&postponed.reasons).unwrap_or_default(),
                postponed.next_poll.map(|at| at.0),
                postponed.at.0,
                schedule::LONGEST_HINT.as_millis() as i64,
            ])?;
        Ok(())
    }

    fn name_for_logs(&self, feed: FeedId) -> rusqlite::Result<String> {
        let (url, private): (String, bool) = self
            .connection
            .prepare_cached("SELECT url, private FROM feeds WHERE id = ?")?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(log_name(feed, &url, private))
    }

    /// Since when a feed has failed, before the poll that is being committed.
    fn failing_since(&self, feed: FeedId) -> rusqlite::Result<Option<Timestamp>> {
        let state: String =
            self.connection.prepare_cached("SELECT state FROM feeds WHERE id = ?")?.query_row([feed.0], |row| row.get(0))?;
        // What another version wrote says nothing.
        Ok(serde_json::from_str::<schedule::FeedState>(&state).unwrap_or_default().failing_since)
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
