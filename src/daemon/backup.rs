//! Copies of the database that the service makes by itself, the oldest going for the newest.

use super::parts::clock;
use crate::config::Backup;
use crate::model::Timestamp;
use crate::store::{BackupError, PART, Reader, SchemaError, backup_folder, empty_log};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the copies that come and go are called: `courant-20261126T094200Z.db`. Others in the folder are left alone.
const BEGIN: &str = "courant-";
const END: &str = "Z.db";

/// An unfinished copy that was not written to for so long is nobody's: a page of it follows the other.
const ABANDONED: Duration = Duration::from_secs(3600);

/// What backups need.
#[derive(Clone)]
pub struct Backups {
    pub settings: Backup,
    pub database: PathBuf,
}

impl Backups {
    /// Makes a copy where the last one is old enough. What keeps it from being made is said, and it is tried again.
    pub async fn make_due(&self) {
        let backups = self.clone();
        match tokio::task::spawn_blocking(move || backups.make_if_due(clock())).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(file))) => tracing::info!(file = %file.display(), "the database is backed up"),
            Ok(Err(error)) => tracing::warn!(error = format!("{error:#}"), "the database could not be backed up"),
            Err(died) => tracing::error!(%died, "the backup died"),
        }
    }

    /// The copies, the newest first.
    pub fn all(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = files(&self.settings.folder).filter(|path| is_ours(name(path))).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all
    }

    /// Removes copies that were begun and never finished, because the process was killed: those that the service and a
    /// migration make, and on which nobody has worked for a while.
    pub fn remove_unfinished(&self) {
        let of_service = files(&self.settings.folder).filter(|path| name(path).strip_suffix(PART).is_some_and(is_ours));
        let of_migration = files(&backup_folder(&self.database)).filter(|path| {
            let schema = name(path).strip_prefix("courant-schema-").and_then(|rest| rest.strip_suffix(PART));
            schema.and_then(|rest| rest.strip_suffix(".db")).is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
        });
        for part in of_service.chain(of_migration).filter(|path| age(path).is_some_and(|age| age > ABANDONED)) {
            match std::fs::remove_file(&part) {
                Ok(()) => tracing::info!(file = %part.display(), "a backup that was never finished is removed"),
                Err(error) => tracing::warn!(file = %part.display(), %error, "an unfinished backup could not be removed"),
            }
        }
    }

    fn make_if_due(&self, now: Timestamp) -> anyhow::Result<Option<PathBuf>> {
        // The youngest by its age, because the name of one that was made while the clock was ahead comes first for years.
        let waits = self.all().iter().filter_map(|file| age(file)).min().is_some_and(|age| age < self.settings.every);
        // Tried again an hour after it failed, so that a full disk is not filled and emptied all the time.
        let failed = age(&self.failed()).is_some_and(|age| age < Duration::from_secs(3600));
        if self.settings.every.is_zero() || waits || failed {
            return Ok(None);
        }
        let made = self.make(now);
        empty_log(&self.database);
        match &made {
            // Where not even that can be noted it is tried again the sooner.
            Err(_) => _ = std::fs::write(self.failed(), ""),
            Ok(_) => _ = std::fs::remove_file(self.failed()),
        }
        made.map(Some)
    }

    /// A copy must not fill the disk on which the database grows.
    fn ensure_room(&self) -> anyhow::Result<()> {
        let folder = &self.settings.folder;
        let disk = rustix::fs::statvfs(folder).with_context(|| folder.display().to_string())?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let wanted = std::fs::metadata(&self.database).map_or(0, |file| file.len());
        anyhow::ensure!(
            free > wanted + wanted / 4,
            "{}: {} MB are free, and a backup may need {}; make room, or name another disk in backup.folder",
            folder.display(),
            free / 1_000_000,
            wanted / 1_000_000
        );
        Ok(())
    }

    fn failed(&self) -> PathBuf {
        self.settings.folder.join("last-one-failed")
    }

    /// Makes a copy now; the oldest ones go.
    pub fn make(&self, now: Timestamp) -> anyhow::Result<PathBuf> {
        std::fs::create_dir_all(&self.settings.folder).with_context(|| self.settings.folder.display().to_string())?;
        let moment: String = now.rfc3339().chars().take(19).filter(|c| c.is_ascii_digit() || *c == 'T').collect();
        let file = self.settings.folder.join(format!("{BEGIN}{moment}{END}"));
        self.ensure_room()?;
        write(&self.database, &file)?;
        for old in self.all().into_iter().skip(self.settings.keep) {
            std::fs::remove_file(&old).with_context(|| old.display().to_string())?;
        }
        Ok(file)
    }
}

/// What is in a folder; nothing, where it cannot be read.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|file| Some(file.ok()?.path()))
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Whether a copy that comes and goes is called so.
fn is_ours(name: &str) -> bool {
    let moment = name.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).unwrap_or_default();
    moment.len() == "20261126T094200".len() && moment.chars().all(|c| c.is_ascii_digit() || c == 'T')
}

/// Since it was last written to; `None`: it is not there, or is of the future.
fn age(file: &Path) -> Option<Duration> {
    file.metadata().and_then(|file| file.modified()).ok()?.elapsed().ok()
}

/// Copies a database into a new file.
pub fn write(database: &Path, to: &Path) -> anyhow::Result<()> {
    let reader = Reader::open(database).map_err(|error: SchemaError| anyhow::anyhow!("{}: {error}", database.display()))?;
    reader.back_up(to).map_err(|error: BackupError| error.into())
}
