//! `courant db …`: what concerns the database as a whole.

use super::failure::{Failure, Outcome};
use super::setup;
use crate::config::values;
use crate::daemon::{Change, clock, recluster, replay};
use crate::records::{self, NewDictionary};
use crate::store::{Opening, Store};
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
        /// Entries first seen within this time
        #[arg(long, value_name = "TIME", default_value = "14d", value_parser = values::parse_duration)]
        since: Duration,
        #[arg(long)]
        json: bool,
    },
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
        Command::Compact => compact(named),
        Command::Replay { record, database } => {
            let file = File::open(record).map_err(|error| anyhow::anyhow!("{}: {error}", record.display()))?;
            let n_commands = replay(BufReader::new(file), database)?;
            eprintln!("{n_commands} commands replayed into {}", database.display());
            Ok(())
        }
    }
}

fn compact(named: Option<&Path>) -> Outcome {
    let config = setup::config(named)?.config;
    let _owner = super::run::own(&config.state_dir)?;
    let database = config.database();
    let size = || std::fs::metadata(&database).map_or(0, |file| file.len());
    let before = size();
    let mut store = Store::open(&database, Opening::now(clock()))?;
    let reader = setup::reader(&config)?;
    if let Some(data) = reader.train()? {
        store.commit(records::Command::AddDictionary { dictionary: NewDictionary { at: clock(), data } })?;
    }
    loop {
        let bodies = reader.pack(PACKED_AT_ONCE)?;
        if bodies.is_empty() {
            break;
        }
        store.commit(records::Command::Pack { bodies })?;
    }
    drop(reader);
    store.compact()?;
    eprintln!("{}: {:.1} MB, now {:.1} MB", database.display(), before as f64 / 1e6, size() as f64 / 1e6);
    Ok(())
}

/// Bodies in one commit.
const PACKED_AT_ONCE: usize = 256;

fn rehearse(named: Option<&Path>, since: Duration, json: bool) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let report = recluster(&reader, config.story.window, config.story.dedupe, clock().minus(since))?;
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
