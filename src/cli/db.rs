//! `courant db …`: what concerns the database as a whole.

use super::failure::{Failure, Outcome};
use super::progress::Waiting;
use super::{copies, setup, since};
use crate::daemon::prune::{BATCH, retention};
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::daemon::{Change, clock, recluster, replay};
use crate::records::{self, Because, Reply};
use crate::store::{self, Effort, Opening, Store};
use crate::text;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// What this version would make of the stored entries: which stories it would split or merge
    Recluster {
        /// Only say it; stories that people have seen are not rearranged, so nothing else is offered
        #[arg(long, required = true)]
        dry_run: bool,
        /// Entries first seen within this time (14d, 2weeks), or since a day (yesterday, 2026-11-20)
        #[arg(long, value_name = "TIME", default_value = "14d", value_parser = since::parse)]
        since: Duration,
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Remove the stories that are older than is kept ([store] in courant.toml), now
    Prune {
        /// Only say how many would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Whether the database is whole, as SQLite and as courant see it; reads all of it
    Check,
    /// Copy the database while it is in use
    #[command(after_help = "Examples:
  courant db backup                    into backup.folder
  courant db backup /mnt/usb/courant.db")]
    Backup {
        /// A new file; else one in backup.folder, where the oldest one goes for it
        file: Option<PathBuf>,
    },
    /// Put a backup in the place of the database, which is set aside; while no courant runs
    #[command(after_help = "Examples:
  systemctl stop courant && courant db restore /mnt/usb/courant.db && systemctl start courant")]
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Write the whole database as JSON lines
    Export {
        /// A new file; else to the output
        file: Option<PathBuf>,
    },
    /// Make a new database of what was exported; while no courant runs
    Import {
        /// The export; - reads it from the input
        file: PathBuf,
    },
    /// Make the text index that searches use anew, of the stored texts; while no courant runs
    Reindex,
    /// Make the database's file as small as it can be; while no courant runs
    Compact,
    /// Do again what `--record` wrote down, into a new database
    Replay {
        /// The record
        record: PathBuf,
        /// The database to make
        database: PathBuf,
    },
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    match command {
        Command::Recluster { since, json, .. } => rehearse(named, *since, *json),
        Command::Prune { dry_run } => prune(named, *dry_run),
        Command::Check => check(named),
        Command::Backup { file } => copies::back_up(named, file.as_deref()),
        Command::Restore { file } => copies::restore(named, file),
        Command::Export { file } => copies::export(named, file.as_deref()),
        Command::Import { file } => copies::import(named, file),
        Command::Reindex => reindex(named),
        Command::Compact => compact(named),
        Command::Replay { record, database } => {
            let file = File::open(record).map_err(|error| anyhow::anyhow!("{}: {error}", record.display()))?;
            let n_commands = replay(BufReader::new(file), database)?;
            say!("{n_commands} commands replayed into {}", database.display());
            Ok(())
        }
    }
}

fn prune(named: Option<&Path>, dry_run: bool) -> Outcome {
    let config = setup::config(named)?.config;
    let (policy, now) = (retention(&config.store), clock());
    if dry_run {
        let reader = setup::reader(&config)?;
        let Some(all) = reader.prunable(&policy, usize::MAX, now, None)? else {
            println!("nothing is older than is kept");
            return Ok(());
        };
        let why = if all.up_to.because == Because::OfAge {
            "older than is kept"
        } else {
            "the oldest, in a database that is too large"
        };
        println!("{} stories of {} entries are {why}", all.stories.len(), all.n_entries);
        if let Some(from) = reader.prunes_from()?.filter(|from| *from > now) {
            println!("they go from {} on", from.rfc3339());
        }
        return Ok(());
    }
    let n_stories = match socket::ask(&config.state_dir, &ControlRequest::Prune)? {
        Some(ControlResponse::Removed { n_stories }) => n_stories,
        Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
        Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
        None => {
            let _owner = super::run::own(&config)?;
            let mut store = Store::open(&config.database(), Opening::now(now))?;
            let reader = setup::reader(&config)?;
            // What a new rule may keep waits to be judged, and stays meanwhile.
            store.commit(records::Command::Watch { rules: config.rules.clone(), triggers: config.triggers(), at: now })?;
            let (mut n_stories, mut up_to) = (0, None);
            while let Some(batch) = reader.prunable(&policy, BATCH, now, up_to)? {
                up_to = Some(batch.up_to);
                match store.commit(records::Command::Prune { stories: batch.stories, at: now })?.reply {
                    Reply::Removed { n_stories: n } => n_stories += n,
                    other => return Err(Failure::Error(anyhow::anyhow!("the writer answered {other:?} to a pruning"))),
                }
            }
            n_stories
        }
    };
    println!("{n_stories} stories pruned");
    Ok(())
}

fn check(named: Option<&Path>) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let waiting = Waiting::start("checking the database");
    let broken = reader.broken()?;
    drop(waiting);
    let Some(first) = broken.first() else {
        let (n_entries, n_stories) = reader.size()?;
        println!("{}: whole; {n_entries} entries, {n_stories} stories", config.database().display());
        return Ok(());
    };
    for line in &broken {
        println!("{}", text::one_line(line));
    }
    Err(Failure::Error(anyhow::anyhow!("the database is damaged: {first}; `courant db restore FILE` puts a backup in its place")))
}

fn reindex(named: Option<&Path>) -> Outcome {
    let config = setup::config(named)?.config;
    let owner = super::run::own(&config)?;
    let reader = setup::reader(&config)?;
    let store = Store::open(&config.database(), Opening::now(clock()))?;
    let waiting = Waiting::start("indexing");
    let n_entries = store::reindex(&store, &reader)?;
    drop(waiting);
    drop(store);
    if !owner.was_unclean {
        owner.end();
    }
    say!("{n_entries} entries indexed anew");
    Ok(())
}

fn compact(named: Option<&Path>) -> Outcome {
    let config = setup::config(named)?.config;
    let owner = super::run::own(&config)?;
    let database = config.database();
    let size = || std::fs::metadata(&database).map_or(0, |file| file.len());
    let before = size();
    let mut store = Store::open(&database, Opening::now(clock()))?;
    let reader = setup::reader(&config)?;
    let _waiting = Waiting::start("compacting the database");
    if let Some(dictionary) = reader.train(clock())? {
        store.commit(records::Command::AddDictionary { dictionary })?;
    }
    loop {
        let bodies = reader.pack(PACKED_AT_ONCE, Effort::Thorough)?;
        if bodies.is_empty() {
            break;
        }
        store.commit(records::Command::Pack { bodies })?;
    }
    drop(reader);
    store.compact()?;
    drop(store);
    if !owner.was_unclean {
        owner.end();
    }
    say!("{}: {:.1} MB, now {:.1} MB", database.display(), before as f64 / 1e6, size() as f64 / 1e6);
    Ok(())
}

/// Bodies in one commit.
const PACKED_AT_ONCE: usize = 256;

fn rehearse(named: Option<&Path>, since: Duration, json: bool) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let waiting = Waiting::start("comparing entries");
    let report = recluster(&reader, config.story.window, config.story.dedupe, clock().minus(since))?;
    drop(waiting);
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
        return Ok(());
    }
    if report.n_entries == 0 {
        return Err(Failure::NothingFound("no entries; look further back with --since 30d".into()));
    }
    for change in &report.changes {
        match change {
            Change::Split { story, parts } => {
                let parts: Vec<String> =
                    parts.iter().map(|part| part.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")).collect();
                writeln!(out, "story {story} would be {} stories, of the entries {}", parts.len(), parts.join(" | "))?;
            }
            Change::Merge { stories } => {
                let stories: Vec<String> = stories.iter().map(ToString::to_string).collect();
                writeln!(out, "stories {} would be one, at least in part", stories.join(", "))?;
            }
        }
    }
    writeln!(
        out,
        "{} entries: {} stories as they are, {} if they were made anew; {} changes",
        report.n_entries,
        report.n_stories,
        report.n_stories_anew,
        report.changes.len()
    )?;
    Ok(())
}
