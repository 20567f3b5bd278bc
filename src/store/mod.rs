//! The only SQL. One SQLite file holds everything; one writer changes it, any number of readers read it.
//!
//! No network, no async, no policy: the daemon hands in what was decided, the writer commits it together with all that
//! belongs to it. A [`Store`] is the writer's side, a [`Reader`] everyone else's.

mod articles;
mod correct;
mod entries;
mod feeds;
mod read;
mod schema;
pub mod search;
mod settle;
mod stories;
mod websub;
mod writer;

pub use articles::{ArticleResult, DueArticle, FoundArticle};
pub use correct::{Corrected, Correction};
pub use entries::{Draft, Extra, WantedArticle};
pub use feeds::{Claim, DueFeed, FeedChange, PlannedFeed, PollRecord, Read, SyncReport};
pub use read::{Counts, FeedRow, HeldBack, Reader};
pub use schema::SchemaError;
pub use settle::{Ready, Settled, ToSettle};
pub use stories::{ArticleRow, Member, Selection, StoryDetail};
pub use websub::{DueHub, HubRow, Subscribed};
pub use writer::{WriteError, Writer};

use crate::model::{EntryId, FeedId, Timestamp};
use crate::{fetch, story};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// What identifies a thing in an index: 128 bits of xxh3.
pub type Key = [u8; 16];

/// The key of a text. The same for ever: xxh3 is a fixed algorithm.
pub fn key_of(text: &str) -> Key {
    xxhash_rust::xxh3::xxh3_128(text.as_bytes()).to_be_bytes()
}

/// The writer's side of the database.
pub struct Store {
    connection: Connection,
    /// Which database this is: part of every published id.
    instance: Uuid,
    /// Whose leases are alive: another value's are of a process that is gone.
    boot: Uuid,
    /// The last moment that was given out; see [`Store::stamp`].
    last_stamp: i64,
    /// `None` until it was rebuilt: nothing is settled before.
    index: Option<story::Index>,
    /// Counts commits that changed what is published.
    generation: u64,
    /// Entries that were settled in this transaction and are not in the text index yet, with their terms.
    unindexed: Vec<(EntryId, String)>,
    /// The polls of this transaction, to be counted once.
    polls: Vec<feeds::PollCount>,
    /// Feeds that are handed out, and until when nobody else gets them. They die with the process, so that they need
    /// not be written.
    leases: HashMap<FeedId, Timestamp>,
    /// Feeds that a person wants polled although they are not due, and since when.
    wanted: Vec<FeedId>,
    wanted_at: Timestamp,
}

/// How long a statement waits for another process: a command that reads while a checkpoint runs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens or creates the database. Only the process that holds the lock may.
    pub fn open(path: &Path, now: Timestamp) -> Result<Store, SchemaError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(128);
        schema::check(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What a person commands is committed with FULL; a poll that is lost with the power is polled again.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -2_048)?;
        // 16 MB of log between checkpoints: each costs a sync of the disk and holds the writer.
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        stable_plans(&connection)?;
        schema::migrate(&mut connection)?;
        let instance = instance(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        share_with_group(path);
        let last: Option<i64> = connection.query_row(
            "SELECT max(a) FROM (SELECT max(updated) AS a FROM stories UNION ALL SELECT max(first_seen) FROM entries WHERE id = (SELECT max(id) FROM entries)
             UNION ALL SELECT value FROM meta WHERE key = 'last_stamp')",
            [],
            |row| row.get(0),
        )?;
        let last_stamp = last.unwrap_or(0).max(now.0 - 1);
        Ok(Store {
            connection,
            instance,
            boot: Uuid::new_v4(),
            last_stamp,
            index: None,
            generation: 0,
            unindexed: Vec::new(),
            polls: Vec::new(),
            leases: HashMap::new(),
            wanted: Vec::new(),
            wanted_at: now,
        })
    }

    /// A moment that is later than every one given out before, and `now` wherever that is true of it: what is sorted
    /// by it never ties, and a clock that jumps back changes no order.
    fn stamp(&mut self, now: Timestamp) -> Timestamp {
        self.last_stamp = (self.last_stamp + 1).max(now.0);
        Timestamp(self.last_stamp)
    }

    /// Grows with each commit that changed what is published.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn instance(&self) -> Uuid {
        self.instance
    }

    /// Hands over the index that was rebuilt from [`Reader::settled`].
    pub fn set_index(&mut self, index: story::Index) {
        self.index = Some(index);
    }

    pub fn has_index(&self) -> bool {
        self.index.is_some()
    }

    /// Keeps what robots.txt said.
    pub fn save_robots(&mut self, records: &[fetch::RobotsRecord]) -> rusqlite::Result<()> {
        let mut save = self.connection.prepare_cached(
            "INSERT INTO hosts(origin, robots, expires) VALUES(?, ?, ?)
             ON CONFLICT DO UPDATE SET robots = excluded.robots, expires = excluded.expires",
        )?;
        for record in records {
            save.execute(params![record.origin, record.text, record.expires.0])?;
        }
        Ok(())
    }

    /// A small write that proves the writer alive, for the watchdog.
    pub fn heartbeat(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let stamp = self.last_stamp.max(now.0);
        self.connection
            .prepare_cached(
                "INSERT INTO meta(key, value) VALUES('last_stamp', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute([stamp])?;
        Ok(())
    }
}

/// Plans do not depend on the values that are bound. Without this, every statement on a table that has a partial index
/// is planned anew for each row: an eighth of a cold poll's CPU.
fn stable_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The instance id, minted with the database.
fn instance(connection: &Connection) -> rusqlite::Result<Uuid> {
    let found: Option<String> =
        connection.query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| row.get(0)).optional()?;
    if let Some(instance) = found.and_then(|text| Uuid::parse_str(&text).ok()) {
        return Ok(instance);
    }
    let minted = Uuid::new_v4();
    connection.execute("INSERT INTO meta(key, value) VALUES('instance', ?)", [minted.to_string()])?;
    Ok(minted)
}

/// Who reads a database that is being written marks in the shared-memory file where it reads: whoever may read the
/// database (the service's group) must be able to write that file, and that file alone.
fn share_with_group(database: &Path) {
    use std::os::unix::fs::PermissionsExt;
    const GROUP_READ: u32 = 0o040;
    const GROUP_WRITE: u32 = 0o020;
    let mut shared = database.as_os_str().to_owned();
    shared.push("-shm");
    let done = std::fs::metadata(database).and_then(|file| {
        let mode = file.permissions().mode();
        if mode & GROUP_READ == 0 {
            return Ok(());
        }
        std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(mode | GROUP_WRITE))
    });
    if let Err(error) = done {
        tracing::debug!(%error, "members of the group may not be able to query");
    }
}

/// Opens a database to read. Where no writer has it open and the folder cannot be written (a member of the
/// service's group asks while the service is down), the file is read as it lies.
fn open_to_read(path: &Path) -> Result<Connection, SchemaError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let try_open = |immutable: bool| -> Result<Connection, SchemaError> {
        let mut address = url::Url::from_file_path(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
            .map_or_else(|()| path.display().to_string(), |url| url.to_string());
        if immutable {
            address.push_str("?immutable=1");
        }
        let connection = Connection::open_with_flags(address, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -1_024)?;
        connection.set_prepared_statement_cache_capacity(64);
        stable_plans(&connection)?;
        schema::check_to_read(&connection)?;
        Ok(connection)
    };
    match try_open(false) {
        Err(SchemaError::Sqlite(rusqlite::Error::SqliteFailure(error, _)))
            if error.code == rusqlite::ErrorCode::CannotOpen && path.exists() =>
        {
            try_open(true)
        }
        other => other,
    }
}
