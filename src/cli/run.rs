//! `courant run`: the service.

use super::failure::{Failure, Outcome};
#[cfg(feature = "cluster")]
use super::node;
use super::progress::Progress;
use super::{logging, service, setup};
use crate::config::subscriptions::Subscription;
use crate::config::{Config, LogFormat};
use crate::daemon::{self, Engine, Owner, Stats, recovery};
use crate::store;
use anyhow::Context;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Append every change of the database to this file as JSON lines, for `courant db replay`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// How the log is written: auto, text or json [default: log.format]
    #[arg(long, value_name = "FORMAT", value_parser = log_format)]
    log: Option<LogFormat>,
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("write auto, text or json".into()),
    }
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let mut loaded = setup::config(named)?;
    if let Some(format) = options.log {
        loaded.config.log.format = format;
        if let Some(origin) = &mut loaded.config.origin {
            origin.log_format = Some(format);
        }
    }
    let levels = Arc::new(logging::start(&loaded.config.log));
    let mut starting = Some(daemon::Starting::begin());
    let owner = own(&loaded.config)?;
    let mut stop = setup::Stop::default();
    #[cfg(feature = "cluster")]
    let listener = match node::join_first(&loaded.config, &mut stop) {
        Ok(node::Joined::Yes(listener)) => listener,
        // Nothing was begun.
        other => {
            owner.end();
            return other.map(drop);
        }
    };
    #[cfg(not(feature = "cluster"))]
    let listener = service::listener(&loaded.config.serve.listen)?;
    recovery::prepare(&loaded.config)?;
    let subscriptions = setup::subscriptions(&mut loaded)?;
    let mut once =
        |was_unclean| serve(&loaded.config, &subscriptions, options, (&listener, &levels, &mut starting, &mut stop), was_unclean);
    let ended = once(owner.was_unclean);
    #[cfg(feature = "cluster")]
    let ended = node::go_on(ended, &loaded.config, || once(false));
    ended?;
    owner.end();
    tracing::info!("stopped");
    Ok(())
}

/// Runs until told to stop, and returns when all of it has ended.
fn serve(
    config: &Config,
    subscriptions: &[Subscription],
    options: &Options,
    (listener, levels, starting, stop): (&TcpListener, &Arc<logging::Levels>, &mut Option<daemon::Starting>, &mut setup::Stop),
    was_unclean: bool,
) -> Outcome {
    let n_feeds = subscriptions.iter().filter(|feed| !feed.paused).count();
    let runtime = setup::runtime()?;
    let outcome = runtime.block_on(async {
        let (engine, writer) = Engine::start(config.clone(), subscriptions.to_vec(), options.record.as_deref())?;
        let levels = levels.clone();
        engine.reloads.tell(move |config| levels.set(&config.log));
        stop.listen()?;
        let mut first_pass = None;
        let looked = look_through(&engine, was_unclean);
        let mut damaged = Ok(());
        let stop = async {
            tokio::select! {
                () = stop.told() => {}
                found = looked => damaged = found,
            }
        };
        let ended = service::run(engine.clone(), service::handle(listener)?, stop, |address| {
            let config = engine.config.get();
            tracing::info!(
                n_feeds,
                feeds = %config.feeds.display(),
                database = %config.database().display(),
                url = format!("{}/", config.base_url()),
                "serving on http://{address}/"
            );
            drop(starting.take());
            daemon::notify_ready(&format!("serving on http://{address}/"));
            first_pass = Some(show_first_pass(engine.clone(), n_feeds));
        })
        .await;
        if let Some(task) = first_pass {
            task.abort();
        }
        // A node whose database is replaced serves again in a moment.
        #[cfg(feature = "cluster")]
        let stops = !matches!(&ended, Err(error) if error.is::<daemon::cluster::NeedsSnapshot>());
        #[cfg(not(feature = "cluster"))]
        let stops = true;
        if stops {
            daemon::notify_stopping();
        }
        Ok::<_, anyhow::Error>((ended.and(damaged), writer))
    });
    let (ended, writer) = outcome?;
    // Ends the tasks, and with them the last way to the writer, which commits what it has accepted and ends too.
    runtime.shutdown_timeout(Duration::from_millis(500));
    if writer.join().is_err() {
        return Err(Failure::Error(anyhow::anyhow!("the writer's thread died")));
    }
    Ok(ended?)
}

/// Looks through the database after an unclean stop; returns only where it is damaged.
async fn look_through(engine: &Engine, was_unclean: bool) -> anyhow::Result<()> {
    if was_unclean {
        recovery::look_through(&engine.config.get()).await?;
    }
    std::future::pending().await
}

/// Shows the progress of the first poll until every feed has been asked once, and says what came of it.
fn show_first_pass(engine: std::sync::Arc<Engine>, n_feeds: usize) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let progress = Progress::start(&engine, n_feeds);
        let ended = daemon::until_idle(&engine).await;
        drop(progress);
        let get = Stats::get;
        let stats = &engine.stats;
        match ended {
            Ok(()) if engine.network().is_some() => {
                tracing::debug!("the first poll waits for the network");
            }
            Ok(()) => tracing::info!(
                polled = get(&stats.polled),
                failed = get(&stats.failed),
                new_entries = get(&stats.new_entries),
                articles = get(&stats.articles),
                "everything that was due is polled; `courant status` names the feeds that failed"
            ),
            Err(error) => tracing::debug!(error = format!("{error:#}"), "the first poll is no longer watched"),
        }
    })
}

/// Takes the lock of the state folder, and finishes a restore that was cut short in it.
pub fn own(config: &Config) -> Result<Owner, Failure> {
    let state_dir = &config.state_dir;
    let taken = Owner::take(state_dir).with_context(|| state_dir.display().to_string())?;
    let owner = taken.map_err(|taken| Failure::Error(anyhow::anyhow!("{taken}: {}", state_dir.display())))?;
    store::finish_restore(&config.database())?;
    Ok(owner)
}
