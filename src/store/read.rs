//! What is read: feeds and counts for status, what the loops begin with, entries to be settled. Stories are in `stories`.

use super::backup::{self, BackupError};
use super::dictionaries::{BEST_BODY, Dictionaries};
use super::limits::Limits;
use super::open::{ToRead, open_to_read};
use super::rows::{earlier, feed_name, host_of, settings_of, trouble_of};
use super::schema::SchemaError;
use crate::config::subscriptions::Subscription;
use crate::feed::identity::Habit;
use crate::fetch::RobotsRecord;
use crate::health::{self, Health, Trouble};
use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use crate::publish::{Lately, Standing, Troubles};
use crate::records::{PlannedFeed, ToSettle};
use crate::schedule::FeedState;
use crate::text;
use rusqlite::{Connection, OptionalExtension, Row};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// A connection that only reads; it never waits for the writer.
pub struct Reader {
    pub(super) connection: Connection,
    /// It sees what is written after it was opened.
    pub(super) follows: bool,
    pub(super) dictionaries: Dictionaries,
    pub(super) limits: Limits,
    /// How polling stood, and at which version of the data.
    stood: Cell<Option<(i64, Standing)>>,
    /// What each feed had brought, and when.
    pub(super) brought: RefCell<Option<(Timestamp, HashMap<FeedId, Lately>)>>,
}

/// The database in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub feeds: i64,
    pub entries: i64,
    pub stories: i64,
    /// Entries that have an extracted body; a shared one counts for each.
    pub articles: i64,
    pub pending: i64,
    pub provisional: i64,
    pub failing_feeds: i64,
    pub paused_feeds: i64,
    pub gone_feeds: i64,
    pub articles_wanted: i64,
}

/// What `once` leaves for later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    pub n_entries: i64,
    /// When the last of them will be published in any case.
    pub until: Option<Timestamp>,
}

/// A feed with its state.
#[derive(Clone, Debug)]
pub struct FeedRow {
    pub id: FeedId,
    pub url: String,
    pub subscribed: bool,
    pub settings: Subscription,
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub reasons: Vec<String>,
    pub next_poll: Option<Timestamp>,
    pub hold_until: Option<Timestamp>,
    pub added: Timestamp,
    pub last_polled: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
    pub last_new: Option<Timestamp>,
    pub n_errors: i64,
    pub error: Option<String>,
    pub n_entries: i64,
    pub state: FeedState,
    pub trouble: Option<Trouble>,
    /// When its present address was adopted.
    pub address_since: Option<Timestamp>,
}

impl FeedRow {
    /// What a person calls it.
    pub fn name(&self) -> String {
        feed_name(self.settings.title.as_deref().or(self.title.as_deref()), &self.url)
    }

    /// How it is, and what can be done about it.
    pub fn health(&self, now: Timestamp) -> Health {
        let moved = self.url != self.settings.url;
        health::health(
            now,
            &health::Facts {
                subscribed: self.subscribed,
                paused: self.settings.paused,
                ended: self.next_poll.is_none(),
                trouble: self.trouble,
                error: self.error.clone(),
                n_errors: u32::try_from(self.n_errors).unwrap_or(u32::MAX),
                failing_since: self.state.failing_since,
                last_polled: self.last_polled,
                newest: self.state.newest.or(self.last_new),
                moved_to: moved.then(|| text::redact_url(&self.url)),
                moved_at: self.address_since.filter(|_| moved),
            },
        )
    }
}

impl Reader {
    pub fn open(path: &Path) -> Result<Reader, SchemaError> {
        let ToRead { connection, follows } = open_to_read(path)?;
        Ok(Reader {
            connection,
            follows,
            dictionaries: Dictionaries::default(),
            limits: Limits::default(),
            stood: Cell::new(None),
            brought: RefCell::new(None),
        })
    }

    /// The same with other limits.
    pub fn within(self, limits: Limits) -> Reader {
        Reader { limits, ..self }
    }

    /// Answers a question of several parts as of one moment. It also costs less: the log is looked up once.
    pub fn at_one_moment<T>(&self, question: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        // Nothing is written: it ends with this. Inside of another it is a part of that.
        let _moment = match self.connection.is_autocommit() {
            true => Some(self.connection.unchecked_transaction()?),
            false => None,
        };
        question(self)
    }

    /// Writes the database as it is now into a new file: see [`backup::copy`].
    pub fn back_up(&self, to: &Path) -> Result<(), BackupError> {
        backup::copy(&self.connection, to)
    }

    /// How many entries and stories there are: of [`Reader::counts`] what costs little in a large database.
    pub fn size(&self) -> rusqlite::Result<(i64, i64)> {
        self.connection
            .prepare_cached("SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM stories WHERE redirect_to IS NULL)")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    pub fn n_subscribed(&self) -> rusqlite::Result<usize> {
        self.connection
            .query_row("SELECT count(*) FROM feeds WHERE subscribed = 1", [], |row| row.get::<_, i64>(0))
            .map(|n| n as usize)
    }

    pub fn counts(&self) -> rusqlite::Result<Counts> {
        self.connection.query_row(
            "SELECT
               (SELECT count(*) FROM feeds WHERE subscribed = 1),
               (SELECT count(*) FROM entries),
               (SELECT count(*) FROM stories WHERE redirect_to IS NULL),
               (SELECT count(*) FROM entries e JOIN articles a ON a.id = e.article_id WHERE a.state = 1),
               (SELECT count(*) FROM entries WHERE state = 0 AND state < 2),
               (SELECT count(*) FROM entries WHERE state = 1 AND state < 2),
               (SELECT count(*) FROM feeds WHERE subscribed = 1 AND paused = 0 AND n_errors > 0),
               (SELECT count(*) FROM feeds WHERE subscribed = 1 AND paused = 1),
               (SELECT count(*) FROM feeds WHERE subscribed = 1 AND next_poll IS NULL),
               (SELECT count(*) FROM articles WHERE state = 0)",
            [],
            |row| {
                Ok(Counts {
                    feeds: row.get(0)?,
                    entries: row.get(1)?,
                    stories: row.get(2)?,
                    articles: row.get(3)?,
                    pending: row.get(4)?,
                    provisional: row.get(5)?,
                    failing_feeds: row.get(6)?,
                    paused_feeds: row.get(7)?,
                    gone_feeds: row.get(8)?,
                    articles_wanted: row.get(9)?,
                })
            },
        )
    }

    /// How polling stands: feeds that are polled, those of them that fail, and when the latest was read.
    pub fn standing(&self) -> rusqlite::Result<Standing> {
        self.connection
            .prepare_cached(
                "SELECT count(*), coalesce(sum(n_errors > 0), 0), max(last_ok) FROM feeds WHERE subscribed = 1 AND paused = 0",
            )?
            .query_row([], |row| {
                let last_read = row.get::<_, Option<i64>>(2)?.map(Timestamp);
                Ok(Standing { n_feeds: row.get(0)?, n_failing: row.get(1)?, last_read, troubles: Troubles::default() })
            })
    }

    /// The same for a page. All feeds are looked at for it: once, as long as nothing is written.
    pub fn standing_kept(&self) -> rusqlite::Result<Standing> {
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if let Some((_, standing)) = self.stood.get().filter(|(at, _)| *at == version) {
            return Ok(standing);
        }
        let standing = self.standing()?;
        self.stood.set(Some((version, standing)));
        Ok(standing)
    }

    pub fn held_back(&self) -> rusqlite::Result<HeldBack> {
        self.connection.query_row("SELECT count(*), max(wait_until) FROM entries WHERE state = 0 AND state < 2", [], |row| {
            Ok(HeldBack { n_entries: row.get(0)?, until: row.get::<_, Option<i64>>(1)?.map(Timestamp) })
        })
    }

    /// The id of this database, part of every published id.
    pub fn instance(&self) -> rusqlite::Result<String> {
        self.connection.query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| row.get(0))
    }

    /// When the database was begun: the date of an output without stories.
    pub fn begun(&self) -> rusqlite::Result<Timestamp> {
        let at: Option<i64> = self.connection.query_row("SELECT min(added) FROM feeds", [], |row| row.get(0))?;
        Ok(Timestamp(at.unwrap_or_default()))
    }

    /// All feeds ever subscribed that were not purged, in order of subscription.
    pub fn feeds(&self) -> rusqlite::Result<Vec<FeedRow>> {
        let mut all = self.connection.prepare_cached(
            "SELECT id, url, subscribed, settings, title, site_url, reasons, next_poll, hold_until, added, last_polled, last_ok, last_new, n_errors, error,
               (SELECT count(*) FROM entries e WHERE e.feed_id = f.id), state, trouble,
               (SELECT since FROM feed_addresses a WHERE a.url = f.url) FROM feeds f ORDER BY id",
        )?;
        let time =
            |row: &Row, at: usize| -> rusqlite::Result<Option<Timestamp>> { Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp)) };
        let rows = all.query_map([], |row| {
            let (url, settings, reasons): (String, String, String) = (row.get(1)?, row.get(3)?, row.get(6)?);
            Ok(FeedRow {
                id: FeedId(row.get(0)?),
                subscribed: row.get(2)?,
                settings: settings_of(&settings, &url),
                url,
                title: row.get(4)?,
                site_url: row.get(5)?,
                reasons: serde_json::from_str(&reasons).unwrap_or_default(),
                next_poll: time(row, 7)?,
                hold_until: time(row, 8)?,
                added: Timestamp(row.get(9)?),
                last_polled: time(row, 10)?,
                last_ok: time(row, 11)?,
                last_new: time(row, 12)?,
                n_errors: row.get(13)?,
                error: row.get(14)?,
                n_entries: row.get(15)?,
                state: serde_json::from_str(&row.get::<_, String>(16)?).unwrap_or_default(),
                trouble: trouble_of(row.get(17)?),
                address_since: time(row, 18)?,
            })
        })?;
        rows.collect()
    }

    /// The feed that an address means, now or in the past.
    pub fn feed_of(&self, address: &str) -> rusqlite::Result<Option<FeedId>> {
        let found = self
            .connection
            .prepare_cached("SELECT feed_id FROM feed_addresses WHERE url = ?")?
            .query_row([address], |row| row.get(0))
            .optional()?;
        Ok(found.map(FeedId))
    }

    /// The feeds that will be polled, with their plans, one by one: together they would fill memory.
    pub fn planned(&self, mut each: impl FnMut(PlannedFeed)) -> rusqlite::Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT id, key, url, settings, state, next_poll FROM feeds WHERE subscribed = 1 AND paused = 0 AND next_poll IS NOT NULL",
        )?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let (url, settings, state): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
            each(PlannedFeed {
                id: FeedId(row.get(0)?),
                key: row.get(1)?,
                settings: settings_of(&settings, &url),
                state: serde_json::from_str(&state).unwrap_or_default(),
                next_poll: Timestamp(row.get(5)?),
            });
        }
        Ok(())
    }

    /// Whether entries of any feed are compared by their text.
    pub fn compares_texts(&self, default: Dedupe) -> rusqlite::Result<bool> {
        let mut asked = self
            .connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM feeds WHERE json_extract(settings, '$.dedupe') IN ('text', 'story'))")?;
        Ok(default >= Dedupe::Text || asked.query_row([], |row| row.get(0))?)
    }

    /// What is wrong with the file, as SQLite's quick check finds it; nothing, as a rule.
    pub fn damage(&self) -> rusqlite::Result<Vec<String>> {
        let mut check = self.connection.prepare("PRAGMA quick_check(10)")?;
        let found = check.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// Name and error of each feed whose last poll was since then, and failed.
    pub fn failures_since(&self, at: Timestamp) -> rusqlite::Result<Vec<(String, String)>> {
        let mut all = self.connection.prepare_cached(
            "SELECT url, settings, title, error FROM feeds WHERE subscribed = 1 AND error IS NOT NULL AND last_polled >= ? ORDER BY id",
        )?;
        let rows = all.query_map([at.0], |row| {
            let (url, settings, title): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let settings = settings_of(&settings, &url);
            Ok((feed_name(settings.title.as_deref().or(title.as_deref()), &url), row.get(3)?))
        })?;
        rows.collect()
    }

    /// How a feed names its entries.
    pub fn habit_of(&self, feed: FeedId) -> rusqlite::Result<Habit> {
        let habit: String = self.connection.query_row("SELECT habit FROM feeds WHERE id = ?", [feed.0], |row| row.get(0))?;
        // What another version wrote is learnt again.
        Ok(serde_json::from_str(&habit).unwrap_or_default())
    }

    /// The host of each feed that is polled, again for each of its feeds; empty for files and commands.
    pub fn hosts(&self) -> rusqlite::Result<Vec<String>> {
        let mut all = self.connection.prepare_cached("SELECT host FROM feeds WHERE subscribed = 1 AND paused = 0")?;
        all.query_map([], |row| row.get(0))?.collect()
    }

    /// Of a feed's latest entries (50 at most): how many there are, and for how many of them a page was wanted.
    pub fn pages_wanted(&self, feed: FeedId) -> rusqlite::Result<(i64, i64)> {
        self.connection
            .prepare_cached(
                "SELECT count(*), count(article_id) FROM (SELECT article_id FROM entries WHERE feed_id = ? ORDER BY id DESC LIMIT 50)",
            )?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The turns of a feed's life, oldest first.
    pub fn events_of(&self, feed: FeedId) -> rusqlite::Result<Vec<(Timestamp, String)>> {
        let mut all = self.connection.prepare_cached("SELECT at, what FROM feed_events WHERE feed_id = ? ORDER BY at")?;
        let rows = all.query_map([feed.0], |row| Ok((Timestamp(row.get(0)?), row.get(1)?)))?;
        rows.collect()
    }

    /// Where a feed was and is: address, since when, why.
    pub fn addresses_of(&self, feed: FeedId) -> rusqlite::Result<Vec<(String, Timestamp, String)>> {
        let mut all =
            self.connection.prepare_cached("SELECT url, since, why FROM feed_addresses WHERE feed_id = ? ORDER BY since, url")?;
        all.query_map([feed.0], |row| Ok((row.get(0)?, Timestamp(row.get(1)?), row.get(2)?)))?.collect()
    }

    /// What robots.txt of the hosts said, as far as it still holds.
    pub fn robots(&self, now: Timestamp) -> rusqlite::Result<Vec<RobotsRecord>> {
        let mut all = self.connection.prepare_cached("SELECT origin, robots, expires FROM hosts WHERE expires > ?")?;
        all.query_map([now.0], |row| {
            Ok(RobotsRecord { origin: row.get(0)?, text: row.get(1)?, expires: Timestamp(row.get(2)?) })
        })?
        .collect()
    }

    /// The lines that stood in at least `n_articles` articles of the host of an address.
    pub fn host_lines(&self, url: &str, n_articles: u32) -> rusqlite::Result<Vec<u64>> {
        let mut all = self.connection.prepare_cached("SELECT line FROM host_lines WHERE host = ? AND n >= ?")?;
        all.query_map(rusqlite::params![host_of(url), n_articles], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?.collect()
    }

    /// Entries that can be settled, in the order in which they are to be: the earliest first.
    pub fn to_settle(&self, limit: usize) -> rusqlite::Result<Vec<ToSettle>> {
        let mut ready = self.connection.prepare_cached(&format!(
            "SELECT {TO_SETTLE}, {BEST_BODY} AS body FROM (SELECT id FROM entries WHERE ready = 1 ORDER BY min(coalesce(claimed, first_seen), first_seen), id LIMIT ?) r
             JOIN entries e ON e.id = r.id {TO_SETTLE_JOINS} ORDER BY min(coalesce(e.claimed, e.first_seen), e.first_seen), e.id",
        ))?;
        ready.query_map([limit as i64], |row| self.to_settle_of(row))?.collect()
    }

    /// The entries of stories that were first seen since `since`, in the order in which they came, each with its story
    /// and what a person said of it: "must" or "cannot" be with another entry.
    pub fn settled(
        &self,
        since: Timestamp,
        mut each: impl FnMut(ToSettle, StoryId, Vec<(bool, EntryId)>),
    ) -> rusqlite::Result<()> {
        let mut all = self.connection.prepare(&format!(
            "SELECT {TO_SETTLE}, {BEST_BODY} AS body, e.story_id FROM entries e {TO_SETTLE_JOINS} WHERE e.story_id IS NOT NULL AND e.first_seen >= ? ORDER BY e.id",
        ))?;
        let mut said = self.connection.prepare(
            "SELECT kind = 'must', iif(entry_a = ?1, entry_b, entry_a) FROM constraints
             WHERE undone IS NULL AND (entry_a = ?1 OR entry_b = ?1) ORDER BY id",
        )?;
        let mut rows = all.query([since.0])?;
        while let Some(row) = rows.next()? {
            let (entry, story) = (self.to_settle_of(row)?, StoryId(row.get("story_id")?));
            let constraints = said.query_map([entry.entry.0], |row| Ok((row.get(0)?, EntryId(row.get(1)?))))?;
            let constraints = constraints.collect::<rusqlite::Result<_>>()?;
            each(entry, story, constraints);
        }
        Ok(())
    }
}

/// An entry of the window, without its body.
pub struct InWindow {
    pub entry: EntryId,
    pub story: StoryId,
    pub first_seen: Timestamp,
    /// What its feed is compared by, where a person said that of it.
    pub dedupe: Option<Dedupe>,
    /// Of all that [`ToSettle`] is made of: the same as long as nothing of it was changed.
    pub version: u64,
}

impl Reader {
    /// The entries of [`Reader::settled`] in the same order; bodies are not read. A body is changed with the stamp of its entry
    /// or of its page, or else says the same words ([`EntryChange::Refreshed`](crate::records::EntryChange::Refreshed)).
    pub fn in_window(&self, since: Timestamp, mut each: impl FnMut(InWindow) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut feeds = self.connection.prepare("SELECT id, settings, url FROM feeds")?;
        let dedupe = |row: &Row| Ok((row.get(0)?, settings_of(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?).dedupe));
        let dedupe: HashMap<i64, Option<Dedupe>> = feeds.query_map([], dedupe)?.collect::<rusqlite::Result<_>>()?;
        let mut all = self.connection.prepare(
            "SELECT e.id, e.story_id, e.feed_id, e.updated, e.claimed, e.first_seen, a.fetched, ab.article_id, e.title, e.link, a.title, a.final_url
             FROM entries e JOIN entry_bodies b ON b.entry_id = e.id
               LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN article_bodies ab ON ab.article_id = a.id
             WHERE e.story_id IS NOT NULL AND e.first_seen >= ? ORDER BY e.id",
        )?;
        let mut rows = all.query([since.0])?;
        while let Some(row) = rows.next()? {
            let feed: i64 = row.get(2)?;
            let mut version = Xxh3::new();
            for column in 2..8 {
                let number: Option<i64> = row.get(column)?;
                version.update(&[u8::from(number.is_some())]);
                version.update(&number.unwrap_or(0).to_le_bytes());
            }
            for column in 8..12 {
                let text = row.get_ref(column)?.as_str_or_null()?;
                version.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
                version.update(text.unwrap_or_default().as_bytes());
            }
            each(InWindow {
                entry: EntryId(row.get(0)?),
                story: StoryId(row.get(1)?),
                first_seen: Timestamp(row.get(5)?),
                dedupe: dedupe.get(&feed).copied().flatten(),
                version: version.digest(),
            })?;
        }
        Ok(())
    }

    /// An entry of the window with its body.
    pub fn of_window(&self, entry: EntryId) -> rusqlite::Result<ToSettle> {
        self.connection
            .prepare_cached(&format!("SELECT {TO_SETTLE}, {BEST_BODY} AS body FROM entries e {TO_SETTLE_JOINS} WHERE e.id = ?"))?
            .query_row([entry.0], |row| self.to_settle_of(row))
    }
}

/// The columns of [`Reader::to_settle_of`].
const TO_SETTLE: &str = "e.id, e.feed_id, e.title, coalesce(a.language, e.language), e.claimed, e.first_seen,
  e.link, a.final_url, a.canonical_url, a.og_url, f.settings, a.state IS 0, e.updated, f.url, a.title";
const TO_SETTLE_JOINS: &str = "JOIN feeds f ON f.id = e.feed_id JOIN entry_bodies b ON b.entry_id = e.id
  LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN article_bodies ab ON ab.article_id = a.id";

impl Reader {
    /// An entry as settling needs it, of the columns above and `body`.
    fn to_settle_of(&self, row: &Row) -> rusqlite::Result<ToSettle> {
        let (settings, url): (String, String) = (row.get(10)?, row.get(13)?);
        let (title, article_title): (String, Option<String>) = (row.get(2)?, row.get(14)?);
        Ok(ToSettle {
            entry: EntryId(row.get(0)?),
            feed: FeedId(row.get(1)?),
            title: if title.is_empty() { article_title.unwrap_or_default() } else { title },
            html: self.body(row.get_ref("body")?)?,
            language: row.get(3)?,
            at: earlier(row.get(4)?, row.get(5)?),
            link: row.get(6)?,
            final_url: row.get(7)?,
            canonical_url: row.get(8)?,
            og_url: row.get(9)?,
            dedupe: settings_of(&settings, &url).dedupe,
            provisional: row.get(11)?,
            version: Timestamp(row.get(12)?),
        })
    }
}
