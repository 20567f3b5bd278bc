//! After an unclean stop: the database is looked through behind the running service, and a damaged one gives way to the last
//! good backup. It is set aside under a name that is said, never deleted.

use super::backup::Backups;
use super::parts::clock;
use crate::config::{Config, Recover};
use crate::store::{self, SchemaError};
use anyhow::Context;
use std::time::Duration;

/// Before the database is opened, by its owner: finishes a restore, or puts the last good backup in the place of a database that
/// is known to be damaged, or cannot even be opened.
pub fn prepare(config: &Config) -> anyhow::Result<()> {
    let database = config.database();
    store::finish_restore(&database)?;
    let backups = Backups { settings: config.backup.clone(), database: database.clone() };
    backups.remove_unfinished();
    let Some(first) = damage(config) else { return Ok(()) };
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
    Ok(())
}

/// What is known to be wrong with it; `None`: nothing.
fn damage(config: &Config) -> Option<String> {
    let database = config.database();
    if !database.exists() {
        return None;
    }
    if let Ok(first) = std::fs::read_to_string(store::mark_of_damage(&database)) {
        return Some(crate::text::one_line(&first));
    }
    let read = store::Reader::open(&database).and_then(|reader| Ok(reader.size()?));
    // Another error is said by whoever opens it to write.
    read.err().filter(is_damage).map(|error| error.to_string())
}

/// Whether an error says that the file is not what it should be.
pub fn is_damage(error: &SchemaError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error, SchemaError::Sqlite(error) if error.sqlite_error_code().is_some_and(|code| matches!(code, DatabaseCorrupt | NotADatabase)))
}

/// After an error that passes.
const LATER: Duration = Duration::from_secs(60);

/// Behind the running service: ends with an error where the database is damaged, so that the next start mends it.
pub async fn look_through(config: &Config) -> anyhow::Result<()> {
    let damage = loop {
        // On a connection of its own: it may take minutes, and nobody's question waits for it.
        let database = config.database();
        let looked = move || store::Reader::open(&database).and_then(|reader| Ok(reader.damage()?));
        match tokio::task::spawn_blocking(looked).await? {
            Ok(damage) => break damage,
            Err(error) if is_damage(&error) => break vec![error.to_string()],
            // A disk or a table of descriptors that is full says nothing of the file.
            Err(error) => {
                tracing::debug!(%error, "the database is looked through later");
                tokio::time::sleep(LATER).await;
            }
        }
    };
    let Some(first) = damage.first() else {
        tracing::info!("the last stop was unclean; the database is whole");
        return Ok(());
    };
    let mark = store::mark_of_damage(&config.database());
    std::fs::write(&mark, first).with_context(|| mark.display().to_string())?;
    anyhow::bail!("the database is damaged: {first}; the next start sees to it")
}
