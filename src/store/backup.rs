//! The database copied while it is in use, put back, and set aside. Nothing that a person has is deleted here.

use super::files::{self, beside};
use super::schema::{self, SchemaError};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Why a copy was not made, or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("{} exists already; a backup replaces nothing", .0.display())]
    Exists(PathBuf),
    #[error("{}: {error}", path.display())]
    Database { path: PathBuf, error: SchemaError },
    #[error("{} is damaged: {first}", path.display())]
    Damaged { path: PathBuf, first: String },
}

fn of_file(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |error| BackupError::File { path, error }
}

fn of_database<E: Into<SchemaError>>(path: &Path) -> impl FnOnce(E) -> BackupError + use<E> {
    let path = path.to_owned();
    move |error| BackupError::Database { path, error: error.into() }
}

/// Of a copy that is being made.
pub const PART: &str = ".part";

/// Writes the database as it is now into a new file, whole or not at all. A writer is not held up; its log grows meanwhile.
pub fn copy(connection: &Connection, to: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::OpenOptionsExt;
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let part = beside(to, PART);
    // One that lies there is of a process that was killed in its work.
    remove(&part)?;
    // Empty, and nobody else's to read: what somebody reads is private.
    File::options().write(true).create_new(true).mode(0o600).open(&part).map_err(of_file(&part))?;
    let copied = connection.execute("VACUUM INTO ?", [part.to_string_lossy()]).map_err(of_database(&part));
    let whole = copied.and_then(|_| {
        check(&part)?;
        File::open(&part).and_then(|file| file.sync_all()).map_err(of_file(&part))?;
        std::fs::rename(&part, to).map_err(of_file(to))?;
        sync_folder(to)
    });
    if whole.is_err() {
        remove(&part)?;
    }
    whole
}

/// While a copy was made no checkpoint could pass it: what the log has held back is written here, on a connection of its own,
/// for which no writer waits. Left to the next commit it would hold the writer, 0.2 s for 64 MB of log. For who owns the state
/// folder: whoever else makes a copy only reads.
pub fn empty_log(database: &Path) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let emptied = Connection::open_with_flags(database, flags)
        .and_then(|own| own.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())));
    if let Err(error) = emptied {
        tracing::debug!(%error, "the next commit empties the log");
    }
}

/// Whether a file is a database of ours that this version can use, and whole.
pub fn check(file: &Path) -> Result<(), BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Opening creates nothing; what is not there is not a backup.
    File::open(file).map_err(of_file(file))?;
    let connection = Connection::open_with_flags(file, flags).map_err(of_database(file))?;
    let version = schema::check(&connection).map_err(of_database(file))?;
    if version == 0 {
        return Err(BackupError::Damaged { path: file.to_owned(), first: "it is empty".into() });
    }
    let first: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(of_database(file))?;
    if first == "ok" { Ok(()) } else { Err(BackupError::Damaged { path: file.to_owned(), first }) }
}

/// Puts a backup in the place of the database, which is set aside; returns under which name. For who owns the state folder.
///
/// It is decided in one step, by the name of a whole copy; whatever follows is done by [`finish_restore`], again where it was
/// cut short.
pub fn restore(backup: &Path, database: &Path, suffix: &str) -> Result<Option<PathBuf>, BackupError> {
    check(backup)?;
    finish_restore(database)?;
    let aside = beside(database, suffix);
    if aside.exists() {
        return Err(BackupError::Exists(aside));
    }
    let part = beside(database, PART);
    let whole = beside(database, &format!("{RESTORING}{suffix}"));
    let placed = std::fs::copy(backup, &part)
        .and_then(|_| File::open(&part)?.sync_all())
        .map_err(of_file(&part))
        .and_then(|()| std::fs::rename(&part, &whole).map_err(of_file(&whole)));
    if placed.is_err() {
        // Half of a copy would keep a full disk full.
        remove(&part)?;
    }
    placed?;
    sync_folder(database)?;
    put_in_place(&whole, database, &aside)?;
    Ok(aside.exists().then_some(aside))
}

/// Of a whole copy that is to take the database's place; behind it stands under which suffix the database is set aside.
const RESTORING: &str = ".restoring";

/// Finishes a restore that was decided on, where there is one. Before anybody opens the database to write.
pub fn finish_restore(database: &Path) -> Result<(), BackupError> {
    for (whole, suffix) in decided(database)? {
        let aside = beside(database, &suffix);
        let refused = match check(&whole) {
            Ok(()) if database.exists() && aside.exists() => BackupError::Exists(aside),
            Ok(()) => return put_in_place(&whole, database, &aside),
            Err(error) => error,
        };
        if !database.exists() {
            // It is set aside already, and in its place an empty one would be made.
            return Err(refused);
        }
        tracing::warn!(copy = %whole.display(), error = %refused, "what a restore left is of no use, and is ignored");
    }
    // Nothing is decided: half of a copy is nobody's.
    remove(&beside(database, PART))
}

fn put_in_place(whole: &Path, database: &Path, aside: &Path) -> Result<(), BackupError> {
    move_aside(database, aside)?;
    // What was known to be wrong is set aside.
    remove(&mark_of_damage(database))?;
    std::fs::rename(whole, database).map_err(of_file(database))?;
    sync_folder(database)
}

/// The copies that may take the database's place, and under which suffix the database is set aside for each. A name without
/// a suffix is one of another version's, whose copy may be half.
fn decided(database: &Path) -> Result<Vec<(PathBuf, String)>, BackupError> {
    let begin = format!("{}{RESTORING}", database.file_name().unwrap_or_default().to_string_lossy());
    let folder = folder_of(database);
    let files = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(of_file(folder))?,
    };
    let mut all = Vec::new();
    for file in files {
        let file = file.map_err(of_file(folder))?;
        let name = file.file_name();
        let suffix = name.to_str().and_then(|name| name.strip_prefix(&begin)).filter(|suffix| suffix.len() > 1);
        // Beside a copy that was looked through SQLite may leave files of its own.
        let is_own = |suffix: &&str| suffix.starts_with('.') && !suffix.ends_with(files::LOG) && !suffix.ends_with(files::SHARED);
        all.extend(suffix.filter(is_own).map(|suffix| (file.path(), suffix.to_owned())));
    }
    Ok(all)
}

/// The file that says of a database that it is damaged, and how.
pub fn mark_of_damage(database: &Path) -> PathBuf {
    database.with_file_name("courant.damaged")
}

/// Gives the database's files another name; returns the database's, `None` where there is none. For who owns the state folder.
pub fn set_aside(database: &Path, suffix: &str) -> Result<Option<PathBuf>, BackupError> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = beside(database, suffix);
    if aside.exists() {
        return Err(BackupError::Exists(aside));
    }
    move_aside(database, &aside)?;
    Ok(Some(aside))
}

/// What a database's files have behind its name.
const FILES: [&str; 3] = ["", files::LOG, files::SHARED];

/// Removes what was not made to its end: the files of a database that nobody has yet.
pub(super) fn remove_database(unfinished: &Path) -> Result<(), BackupError> {
    FILES.iter().try_for_each(|part| remove(&beside(unfinished, part)))
}

/// Those of its files that are there: the database first, because beside a log alone nobody makes a new one.
fn move_aside(database: &Path, aside: &Path) -> Result<(), BackupError> {
    for part in FILES {
        let (from, to) = (beside(database, part), beside(aside, part));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(of_file(&from)(error)),
            _ => {}
        }
    }
    sync_folder(database)
}

/// Where copies are, as a rule: beside the database.
pub fn folder(database: &Path) -> PathBuf {
    database.with_file_name("backups")
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(of_file(path)(error)),
        _ => Ok(()),
    }
}

/// A new name lasts once its folder is on the disk.
fn sync_folder(of: &Path) -> Result<(), BackupError> {
    let folder = folder_of(of);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(of_file(folder))
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
