//! What several commands do first: load the configuration, find the list, open the database, start the runtime.

use super::failure::Failure;
use crate::config::subscriptions::{self, Subscription};
use crate::config::{Config, ConfigError, Environment, Loaded, load};
use crate::daemon::{Owner, clock};
use crate::records::{Command, Reply};
use crate::store::{Opening, Reader, SchemaError, Store};
use rustix::process::Resource;
use std::path::{Path, PathBuf};

/// Loads the configuration that a command was given, or finds.
pub fn config(named: Option<&Path>) -> Result<Loaded, ConfigError> {
    load(named, &Environment::of_process())
}

/// The subscriptions; where there is no list yet, the starter list is written first: beside the configuration, or in the
/// state folder where that cannot be written.
pub fn subscriptions(loaded: &mut Loaded) -> Result<Vec<Subscription>, ConfigError> {
    if let Some(list) = subscriptions::read(&loaded.config.feeds)? {
        return Ok(list);
    }
    let fallback = loaded.config.state_dir.join("feeds.toml");
    if fallback != loaded.config.feeds
        && let Some(list) = subscriptions::read(&fallback)?
    {
        loaded.config.feeds = fallback;
        return Ok(list);
    }
    if let Err(error) = subscriptions::write(&loaded.config.feeds, subscriptions::STARTER) {
        tracing::debug!(%error, "the starter subscriptions go into the state folder");
        subscriptions::write(&fallback, subscriptions::STARTER).map_err(|_| error)?;
        loaded.config.feeds = fallback;
    }
    eprintln!("courant: wrote the starter subscriptions to {}", loaded.config.feeds.display());
    subscriptions::parse(&loaded.config.feeds.display().to_string(), subscriptions::STARTER)
}

/// The list's file as a command that edits it finds it.
pub fn feeds_file(config: &Config) -> PathBuf {
    config.feeds_file()
}

/// Opens the database to read.
pub fn reader(config: &Config) -> anyhow::Result<Reader> {
    let path = config.database();
    if !path.exists() {
        anyhow::bail!("there is no database yet at {}; start with `courant run` or `courant once`", path.display());
    }
    Reader::open(&path).map_err(|error| match error {
        SchemaError::Sqlite(error) => anyhow::anyhow!("{}: {error}", path.display()),
        other => anyhow::anyhow!("{}: {other}", path.display()),
    })
}

/// Changes the database as its owner, durably: for commands that found no running courant to ask.
pub fn as_owner(config: &Config, command: Command) -> Result<Reply, Failure> {
    let owner = match Owner::take(&config.state_dir)? {
        Ok(owner) => owner,
        Err(owned) => return Err(Failure::Error(anyhow::anyhow!("{owned}, and does not answer"))),
    };
    let mut store = Store::open(&config.database(), Opening::now(clock()))?;
    let reply = store.commit(command)?.reply;
    drop(store);
    if !owner.was_unclean {
        owner.end();
    }
    Ok(reply)
}

/// The runtime: one thread drives all connections; parsing, extraction and rendering run on CPU threads beside it.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    raise_file_limit();
    // Blocking threads: CPU stages (as many as cores), readers, and name look-ups, which may hang for seconds each.
    // Timers are looked at after 8 events instead of 61: a flood of answers must not delay somebody else's timeout.
    tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(64).event_interval(8).build()
}

/// Files and connections that may be open at once, where more are allowed than the 1024 of old.
const OPEN_FILES: u64 = 8192;

fn raise_file_limit() {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    if limit.current.is_some_and(|current| current < most) {
        limit.current = Some(most);
        if let Err(error) = rustix::process::setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit of open files stays; fewer feeds are polled at once");
        }
    }
}
