//! `courant status`: the database in figures, and feeds that need attention.

use super::failure::{Failure, Outcome};
use super::output::local_time;
use super::setup;
use crate::config::Config;
use crate::daemon::Standing;
use crate::daemon::clock;
use crate::daemon::prune::retention;
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::health::Health;
use crate::store::FeedRow;
use crate::store::files::Sizes;
use crate::text;
use serde_json::json;
use std::io::Write;
use std::path::Path;

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// For people, or as one JSON object
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let (config, wrong) = setup::config_to_look(named)?;
    show(&config, options)?;
    wrong.map_or(Ok(()), |wrong| Err(Failure::Config(wrong)))
}

fn show(config: &Config, options: &Options) -> Outcome {
    let reader = setup::reader(config)?;
    let (counts, held, feeds) = (reader.counts()?, reader.held_back()?, reader.feeds()?);
    let bytes = Sizes::of(&config.database());
    let network = socket::network(&config.state_dir);
    let now = clock();
    let growth = reader.growth(&retention(&config.store), now)?;
    let prunes_from = reader.prunes_from()?.filter(|from| *from > now);
    let (disk, reload, node): (Option<String>, Standing, Option<String>) =
        match socket::ask(&config.state_dir, &ControlRequest::Health)? {
            Some(ControlResponse::Health { trouble, reload, node }) => (trouble, reload, node),
            // Nobody runs, or one of another version.
            _ => Default::default(),
        };
    let undelivered = reader.failing_deliveries()?;
    let troubled = feeds.iter().map(|feed| (feed, feed.health(now))).filter(|(_, health)| health.needs_attention());
    let mut out = std::io::stdout().lock();
    if options.format == Format::Json {
        let mut status = serde_json::to_value(counts)?;
        status["database_bytes"] = bytes.database.into();
        status["log_bytes"] = bytes.log.into();
        status["trouble"] = disk.into();
        status["node"] = node.into();
        status["undelivered"] = undelivered
            .iter()
            .map(|(notifier, n_tries, error)| json!({"notify": notifier, "tries": n_tries, "error": error}))
            .collect();
        status["reload"] = json!({
            "failed": reload.failed.as_ref().map(|(at, _)| at.rfc3339()), "error": reload.failed.map(|(_, why)| why),
            "after_restart": reload.waiting,
        });
        status["growth"] = serde_json::to_value(growth)?;
        status["prunes_from"] = prunes_from.map(|at| at.rfc3339()).into();
        status["held_until"] = held.until.map(|at| at.rfc3339()).into();
        status["network"] = serde_json::to_value(network)?;
        status["attention"] = troubled
            .map(|(feed, health)| {
                json!({
                    "url": text::redact_url(&feed.url), "state": health.state, "sentence": health.sentence,
                    "since": health.since.map(|at| at.rfc3339()), "advice": health.advice, "failures": feed.n_errors,
                    "error": feed.error, "next_poll": feed.next_poll.map(|at| at.rfc3339()),
                })
            })
            .collect();
        serde_json::to_writer_pretty(&mut out, &status)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(
        out,
        "feeds     {} ({} failing, {} paused, {} gone)",
        counts.feeds, counts.failing_feeds, counts.paused_feeds, counts.gone_feeds
    )?;
    writeln!(
        out,
        "entries   {} ({} waiting for their article, {} published without it so far)",
        counts.entries, counts.pending, counts.provisional
    )?;
    writeln!(out, "articles  {} ({} pages still to fetch)", counts.articles, counts.articles_wanted)?;
    writeln!(out, "stories   {}", counts.stories)?;
    let log = match bytes.log {
        0 => String::new(),
        log => format!(" and {:.1} MB of log", log as f64 / 1e6),
    };
    writeln!(out, "database  {:.1} MB{log}, {}", bytes.database as f64 / 1e6, config.database().display())?;
    let at_last = growth
        .bytes_at_last
        .map_or("without end: store.keep is \"forever\"".into(), |bytes| format!("up to about {:.1} MB", bytes as f64 / 1e6));
    writeln!(
        out,
        "growth    {:.0} entries a day, {:.1} KB each: {:.1} MB a day, {at_last}; {} entries pruned so far",
        growth.entries_a_day,
        growth.bytes_an_entry / 1e3,
        growth.entries_a_day * growth.bytes_an_entry / 1e6,
        growth.n_pruned
    )?;
    if let Some(node) = node {
        writeln!(out, "cluster   {}", text::one_line(&node))?;
    }
    if let Some(from) = prunes_from {
        writeln!(
            out,
            "attention from {} on stories older than store.keep are pruned; `courant db prune --dry-run` counts them",
            local_time(from)
        )?;
    }
    if let Some(disk) = disk {
        writeln!(out, "attention {}", text::one_line(&disk))?;
    }
    if let Some((at, why)) = reload.failed {
        writeln!(
            out,
            "attention the files were not taken over at {}, all is as before: {}",
            local_time(at),
            text::one_line(&why)
        )?;
    }
    for (notifier, n_tries, error) in &undelivered {
        writeln!(out, "attention notifications to {notifier} do not arrive ({n_tries} tries): {}", text::one_line(error))?;
    }
    if !reload.waiting.is_empty() {
        writeln!(out, "attention these keys hold after a restart: {}", reload.waiting.join(", "))?;
    }
    if let Some(down) = network {
        writeln!(out, "network   down since {}: {}", local_time(down.since), down.kind.sentence())?;
    }
    for (feed, health) in troubled {
        attention(&mut out, feed, &health)?;
    }
    Ok(())
}

/// A feed that a person should look at: what is wrong, since when, when it is tried again, and what can be done.
pub(super) fn attention(out: &mut impl Write, feed: &FeedRow, health: &Health) -> std::io::Result<()> {
    let since = health.since.map_or(String::new(), |at| format!(", since {}", local_time(at)));
    let next = feed.next_poll.map_or(String::new(), |at| format!("; next poll {}", local_time(at)));
    writeln!(out, "attention {} {}{since}{next}", text::one_line(&feed.name()), text::one_line(&health.sentence))?;
    writeln!(out, "          {}", health.advice)
}
