//! Tables and migrations. A migration that has been released is never edited; a newer one is appended.

use rusqlite::Connection;

/// What SQLite's `application_id` says of our files: "crnt".
const APPLICATION_ID: i32 = 0x6372_6e74;

const MIGRATIONS: &[&str] = &[
    include_str!("schema/001.sql"),
    include_str!("schema/002.sql"),
    include_str!("schema/003.sql"),
    include_str!("schema/004.sql"),
    include_str!("schema/005.sql"),
    include_str!("schema/006.sql"),
    include_str!("schema/007.sql"),
    include_str!("schema/008.sql"),
    include_str!("schema/009.sql"),
    include_str!("schema/011.sql"),
    include_str!("schema/012.sql"),
    include_str!("schema/013.sql"),
    include_str!("schema/014.sql"),
    include_str!("schema/015.sql"),
    include_str!("schema/016.sql"),
    include_str!("schema/017.sql"),
    include_str!("schema/018.sql"),
    include_str!("schema/019.sql"),
    include_str!("schema/020.sql"),
];

/// Why a database cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("the database is of a newer courant (schema {found}, this one knows {known}); install that version again")]
    Newer { found: i32, known: i32 },
    #[error(
        "the database is of an older courant (schema {found}, this one writes {known}); start `courant run` of this version once"
    )]
    Older { found: i32, known: i32 },
    #[error("the file is a database of another program (application id {0:#x})")]
    Foreign(i32),
    #[error(
        "the database is node \"{0}\" of a cluster: only its service changes it (`courant run` with [cluster], docs/cluster.md)"
    )]
    OfCluster(String),
    #[error("the database was not brought up to this version, because no copy of it could be made before: {0}")]
    NoCopy(String),
    #[error("a restore was cut short, and cannot be finished: {0}")]
    Unfinished(String),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Brings a database up to the newest schema, one transaction a step.
pub fn migrate(connection: &mut Connection) -> Result<(), SchemaError> {
    make(connection, MIGRATIONS.len())
}

/// The same up to a version that this one knows: as an older one left it.
pub fn make(connection: &mut Connection, version: usize) -> Result<(), SchemaError> {
    let (found, known) = (version as i32, MIGRATIONS.len() as i32);
    if found > known {
        return Err(SchemaError::Newer { found, known });
    }
    let before = check(connection)?;
    for (done, sql) in MIGRATIONS.iter().enumerate().take(version).skip(before as usize) {
        let step = connection.transaction()?;
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", done as i32 + 1)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.commit()?;
    }
    Ok(())
}

/// The version of a database that is older than this one, and holds something.
pub fn is_older(connection: &Connection) -> Result<Option<i32>, SchemaError> {
    Ok(Some(check(connection)?).filter(|version| *version > 0 && *version < MIGRATIONS.len() as i32))
}

/// Whether a database can be read as it is: ours, and of just this version. A reader migrates nothing.
pub fn check_to_read(connection: &Connection) -> Result<(), SchemaError> {
    let (found, known) = (check(connection)?, MIGRATIONS.len() as i32);
    match found {
        0 => Err(SchemaError::Sqlite(rusqlite::Error::QueryReturnedNoRows)),
        _ if found < known => Err(SchemaError::Older { found, known }),
        _ => Ok(()),
    }
}

/// The version that this program writes.
#[cfg(feature = "cluster")]
pub fn known() -> i32 {
    MIGRATIONS.len() as i32
}

/// Whether a database is ours and not newer than we are; returns its version.
pub fn check(connection: &Connection) -> Result<i32, SchemaError> {
    let known = MIGRATIONS.len() as i32;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != 0 && application != APPLICATION_ID {
        return Err(SchemaError::Foreign(application));
    }
    if version > known {
        return Err(SchemaError::Newer { found: version, known });
    }
    if application == 0 {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 {
            return Err(SchemaError::Foreign(0));
        }
    }
    Ok(version)
}
