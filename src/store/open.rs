//! How the file is opened: by the one who writes, and by those who read.

use super::backup::{self, BackupError};
use super::disk::DiskTrouble;
use super::files;
use super::schema::{self, SchemaError};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// How long a statement waits for another process: a command that reads while a checkpoint runs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages of log between checkpoints, 16 MB: each checkpoint costs a sync of the disk and holds the writer.
const LOG_PAGES: i64 = 4_000;
/// The same in bytes.
const LARGEST_LOG: i64 = LOG_PAGES * 4_096;

/// Opens or creates the database to write, of the newest schema.
pub fn prepare(path: &Path) -> Result<Connection, SchemaError> {
    // Where the old one is set aside already an empty one would be made here.
    backup::finish_restore(path).map_err(|error| SchemaError::Unfinished(error.to_string()))?;
    let mut connection = Connection::open(path)?;
    if connection.is_readonly("main")? {
        // SQLite opens to read what it cannot open to write; such a connection would stay what it is.
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(SchemaError::Sqlite(rusqlite::Error::SqliteFailure(code, None)));
    }
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    schema::check(&connection)?;
    // Of a new database alone: an older one is made so by `courant db compact`.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A reader that holds a snapshot lets the log grow; when it is begun anew it is cut.
    connection.pragma_update(None, "journal_size_limit", LARGEST_LOG)?;
    // What a person commands is committed with FULL; a poll that is lost with the power is polled again.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -2_048)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    stable_plans(&connection)?;
    if let Some(version) = schema::is_older(&connection)? {
        keep_copy(&connection, path, version)?;
    }
    schema::migrate(&mut connection)?;
    share_with_group(path);
    Ok(connection)
}

/// A copy of an older database, before it is migrated: with it that version can be installed again.
fn keep_copy(connection: &Connection, database: &Path, version: i32) -> Result<(), SchemaError> {
    let folder = backup::folder(database);
    let copy = folder.join(format!("courant-schema-{version}.db"));
    std::fs::create_dir_all(&folder).map_err(|error| SchemaError::NoCopy(format!("{}: {error}", folder.display())))?;
    let copied = backup::copy(connection, &copy);
    backup::empty_log(database);
    match copied {
        Ok(()) => tracing::info!(copy = %copy.display(), "the database is of an older version: a copy of it is kept"),
        // Of an attempt that got no further.
        Err(BackupError::Exists(_)) => {}
        Err(error) => return Err(SchemaError::NoCopy(error.to_string())),
    }
    Ok(())
}

/// Plans do not depend on the values that are bound. Without this, every statement on a table that has a partial index
/// is planned anew for each row: an eighth of a cold poll's CPU.
fn stable_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The id of the database: `minted`, where it has none yet.
pub fn instance(connection: &Connection, minted: Uuid) -> rusqlite::Result<Uuid> {
    let found: Option<String> =
        connection.query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| row.get(0)).optional()?;
    if let Some(instance) = found.and_then(|text| Uuid::parse_str(&text).ok()) {
        return Ok(instance);
    }
    connection.execute("INSERT INTO meta(key, value) VALUES('instance', ?)", [minted.to_string()])?;
    Ok(minted)
}

/// Under which key of `meta` the version of the stored address keys is.
pub const ADDRESS_VERSION: &str = "address_version";

/// The version whose keys are stored. A database that says nothing is of the first.
pub fn address_version(connection: &Connection) -> rusqlite::Result<u32> {
    let version: Option<u32> = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?")?
        .query_row([ADDRESS_VERSION], |row| row.get(0))
        .optional()?;
    Ok(version.unwrap_or(1))
}

/// Notes the version in a database that holds no entry yet.
pub fn begin_addresses(connection: &Connection, version: u32) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO meta(key, value) SELECT ?, ? WHERE NOT EXISTS(SELECT 1 FROM entries) ON CONFLICT DO NOTHING",
        params![ADDRESS_VERSION, version],
    )?;
    Ok(())
}

/// Who reads a database that is being written marks in the shared-memory file where it reads: whoever may read the
/// database (the service's group) must be able to write that file, and that file alone.
fn share_with_group(database: &Path) {
    use std::os::unix::fs::PermissionsExt;
    const GROUP_READ: u32 = 0o040;
    const GROUP_WRITE: u32 = 0o020;
    let shared = files::beside(database, files::SHARED);
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

/// A connection that reads, and whether it sees what is written after it was opened.
pub struct ToRead {
    pub connection: Connection,
    pub follows: bool,
}

/// Opens a database to read. Where no writer has it open and the folder cannot be written (a member of the service's group
/// asks while the service is down; the disk is full or read-only), the file is read as it lies.
pub fn open_to_read(path: &Path) -> Result<ToRead, SchemaError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let try_open = |follows: bool| -> Result<ToRead, SchemaError> {
        let mut address = url::Url::from_file_path(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
            .map_or_else(|()| path.display().to_string(), |url| url.to_string());
        if !follows {
            address.push_str("?immutable=1");
        }
        let connection = Connection::open_with_flags(address, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -512)?;
        connection.set_prepared_statement_cache_capacity(64);
        stable_plans(&connection)?;
        schema::check_to_read(&connection)?;
        Ok(ToRead { connection, follows })
    };
    match try_open(true) {
        Err(SchemaError::Sqlite(error)) if DiskTrouble::of(&error).is_some() && lies_still(path) => try_open(false),
        other => other,
    }
}

/// Whether the file holds everything: nothing waits beside it in the log.
fn lies_still(path: &Path) -> bool {
    path.exists() && files::Sizes::of(path).log == 0
}
