//! After an unclean stop: the database is looked through behind the running service, and a damaged one gives way to the last
//! good backup. It is set aside under a name that is said, never deleted.

use super::backup::Backups;
use super::parts::clock;
use crate::config::{Config, Recover};
use crate::store::{self, Readers, SchemaError};
use anyhow::Context;
use std::path::PathBuf;

/// Says for the next start that the database is damaged, and how.
fn mark(config: &Config) -> PathBuf {
    config.state_dir.join("courant.damaged")
}

/// Before the database is opened, by its owner: puts the last good backup in the place of one that is known to be damaged, or
/// cannot even be opened.
pub fn prepare(config: &Config) -> anyhow::Result<()> {
    let (database, mark) = (config.database(), mark(config));
    let Some(first) = damage(config) else { return Ok(()) };
    let backups = Backups { settings: config.backup.clone(), database: database.clone() };
    let good = backups.all().into_iter().find(|file| store::check_backup(file).is_ok());
    let (Recover::Backup, Some(good)) = (config.backup.recover, &good) else {
        let next = match good {
            Some(good) => format!("`courant db restore {}` puts the last good backup in its place", good.display()),
            None => format!(
                "no backup is there; `courant db check` says more, and `sqlite3 {} .recover` may save some",
                database.display()
            ),
        };
        anyhow::bail!("{} is damaged ({first}); {next}. It is left as it is", database.display());
    };
    let aside = store::restore(good, &database, &format!(".damaged-{}", clock().0))?;
    let aside = aside.map_or_else(String::new, |aside| aside.display().to_string());
    tracing::error!(damage = first, backup = %good.display(), aside, "the database was damaged: it is set aside, and the last good backup is in its place");
    match std::fs::remove_file(&mark) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context(mark.display().to_string()),
        _ => Ok(()),
    }
}

/// What is known to be wrong with it; `None`: nothing.
fn damage(config: &Config) -> Option<String> {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let database = config.database();
    if !database.exists() {
        return None;
    }
    if let Ok(first) = std::fs::read_to_string(mark(config)) {
        return Some(crate::text::one_line(&first));
    }
    match store::Reader::open(&database).map(|reader| reader.size()) {
        Err(SchemaError::Sqlite(error)) | Ok(Err(error))
            if error.sqlite_error_code().is_some_and(|code| matches!(code, DatabaseCorrupt | NotADatabase)) =>
        {
            Some(error.to_string())
        }
        // Another error is said by whoever opens it to write.
        _ => None,
    }
}

/// Behind the running service: ends with an error where the database is damaged, so that the next start mends it.
pub async fn look_through(config: &Config, readers: &Readers) -> anyhow::Result<()> {
    let damage = match readers.ask(|reader| reader.damage()).await {
        Ok(damage) => damage,
        Err(error) => vec![format!("{error:#}")],
    };
    let Some(first) = damage.first() else {
        tracing::info!("the last stop was unclean; the database is whole");
        return Ok(());
    };
    std::fs::write(mark(config), first).with_context(|| mark(config).display().to_string())?;
    anyhow::bail!("the database is damaged: {first}; the next start sees to it")
}

/// It was restored, or a person saw to it: nothing is known to be wrong any more.
pub fn forget(config: &Config) -> std::io::Result<()> {
    match std::fs::remove_file(mark(config)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
