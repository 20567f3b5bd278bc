//! `courant status`: the database in figures, and feeds that need attention.

use super::failure::Outcome;
use super::output::local_time;
use super::setup;
use crate::text;
use std::io::Write;
use std::path::Path;

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let (counts, held, feeds) = (reader.counts()?, reader.held_back()?, reader.feeds()?);
    let bytes = std::fs::metadata(config.database()).map_or(0, |file| file.len());
    let mut out = std::io::stdout().lock();
    if options.format == Format::Json {
        let mut status = serde_json::to_value(counts)?;
        status["database_bytes"] = bytes.into();
        status["held_until"] = held.until.map(|at| at.rfc3339()).into();
        status["failing"] = feeds
            .iter()
            .filter(|feed| feed.subscribed && feed.error.is_some())
            .map(|feed| serde_json::json!({"url": text::redact_url(&feed.url), "failures": feed.n_errors, "error": feed.error, "next_poll": feed.next_poll.map(|at| at.rfc3339())}))
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
    writeln!(out, "database  {:.1} MB, {}", bytes as f64 / 1e6, config.database().display())?;
    for feed in feeds.iter().filter(|feed| feed.subscribed && feed.error.is_some()) {
        let error = text::one_line(feed.error.as_deref().unwrap_or_default());
        let next = feed
            .next_poll
            .map_or("never again; remove it with `courant feed remove`".into(), |at| format!("next try {}", local_time(at)));
        writeln!(out, "failing   {}: {error} ({} in a row; {next})", text::one_line(&feed.name()), feed.n_errors)?;
    }
    Ok(())
}
