//! `courant once`: one pass, by the owner where there is one, else by us.

use super::failure::{Failure, Outcome};
use super::progress::Progress;
use super::{logging, setup};
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::daemon::{self, Engine, Owner, PassReport, recovery};
use crate::text;
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant once                         what is due
  courant once --all --json | jq .failures")]
pub struct Options {
    /// Poll feeds that are not due too; Retry-After, 410, robots.txt and the spacing of hosts still hold
    #[arg(long)]
    all: bool,
    /// The summary as JSON
    #[arg(long)]
    json: bool,
    /// Append every change of the database to this file as JSON lines, for `courant db replay`; not with a running courant
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let mut loaded = setup::config(named)?;
    logging::start(&loaded.config.log);
    let report = match Owner::take(&loaded.config.state_dir).with_context(|| loaded.config.state_dir.display().to_string())? {
        Ok(owner) => {
            setup::works_alone(&loaded.config)?;
            recovery::prepare(&loaded.config)?;
            let subscriptions = setup::subscriptions(&mut loaded)?;
            let runtime = setup::runtime()?;
            let (report, writer) = runtime.block_on(async {
                let n_feeds = subscriptions.len();
                let (engine, writer) = Engine::start(loaded.config, subscriptions, options.record.as_deref())?;
                let progress = Progress::start(&engine, n_feeds);
                let report = tokio::select! {
                    report = daemon::once(&engine, options.all) => report,
                    () = super::setup::stop_signal()? => Err(anyhow::anyhow!("stopped before the pass was over; what was stored stays")),
                };
                drop(progress);
                Ok::<_, anyhow::Error>((report, writer))
            })?;
            runtime.shutdown_timeout(Duration::from_millis(500));
            if writer.join().is_err() {
                return Err(Failure::Error(anyhow::anyhow!("the writer's thread died")));
            }
            let report = report?;
            // A service looks the database through after an unclean stop; a pass leaves that to it.
            if !owner.was_unclean {
                owner.end();
            }
            report
        }
        Err(owned) if options.record.is_some() => {
            return Err(Failure::Error(anyhow::anyhow!("{owned}; only the owner can record")));
        }
        Err(owned) => match socket::ask(&loaded.config.state_dir, &ControlRequest::Once { all: options.all })? {
            Some(ControlResponse::Pass(report)) => *report,
            Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
            Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
            None => {
                return Err(Failure::Error(anyhow::anyhow!(
                    "{owned}, and does not answer; it may be starting or another `once`"
                )));
            }
        },
    };
    print(&report, options.json)?;
    if !options.json && report.polled == 0 && report.stories == 0 {
        say!("no feed was due; `courant feed add https://example.org/` subscribes to one, `--all` asks those that are not due");
    }
    if report.failed > 0 || report.network.is_some() { Err(Failure::SomeFeedsFailed) } else { Ok(()) }
}

fn print(report: &PassReport, json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, report)?;
        return writeln!(out);
    }
    writeln!(
        out,
        "polled {} feeds: {} unchanged, {} failed; {} new entries, {} edited",
        report.polled, report.unchanged, report.failed, report.new_entries, report.edited
    )?;
    writeln!(
        out,
        "articles: {} extracted, {} without; settled {} entries",
        report.articles, report.without_article, report.settled
    )?;
    writeln!(out, "in the database: {} entries in {} stories", report.entries, report.stories)?;
    match &report.held_until {
        Some(until) if report.held_back > 0 => {
            writeln!(out, "held back: {} entries wait for their articles, until {until} at the latest", report.held_back)?
        }
        _ => writeln!(out, "held back: nothing")?,
    }
    if let Some(network) = &report.network {
        writeln!(out, "the network is {network}; what was not reached is asked when it is back")?;
    }
    for (name, why) in &report.failures {
        writeln!(out, "failed: {}: {}", text::one_line(name), text::one_line(why))?;
    }
    Ok(())
}
