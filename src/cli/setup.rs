//! What several commands do first: load the configuration, find the list, open the database, start the runtime.

use super::failure::Failure;
use crate::config::subscriptions::{self, Subscription};
use crate::config::{Config, ConfigError, Environment, Loaded, load, state_dir_of};
use crate::daemon::{Owner, clock, recovery};
use crate::records::{Command, Reply};
use crate::store::{Opening, Reader, Store};
use crate::text;
use anyhow::Context;
use rustix::process::Resource;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Loads the configuration that a command was given, or finds.
pub fn config(named: Option<&Path>) -> Result<Loaded, ConfigError> {
    load(named, &environment())
}

/// The process's, of which it is said what is not heeded.
fn environment() -> Environment {
    let environment = Environment::of_process();
    if let Some(wrong) = environment.wrong_level() {
        say!("courant: {}", text::one_line(&wrong));
    }
    environment
}

/// The same for who only looks at what is there: a configuration that is wrong now does not hide what was gathered under a right
/// one. Then the defaults stand for it, at its state folder, and the error is to be told after all else.
pub fn config_to_look(named: Option<&Path>) -> Result<(Config, Option<ConfigError>), ConfigError> {
    let environment = environment();
    let wrong = match load(named, &environment) {
        Ok(loaded) => return Ok((loaded.config, None)),
        Err(wrong) => wrong,
    };
    match state_dir_of(named, &environment).map(|state_dir| Config { state_dir, ..Config::default() }) {
        Some(config) if config.database().exists() => Ok((config, Some(wrong))),
        _ => Err(wrong),
    }
}

/// The subscriptions; where there is no list yet, the starter list is written first: beside the configuration, or in the
/// state folder where that cannot be written. A list that a person named is never made up.
pub fn subscriptions(loaded: &mut Loaded) -> Result<Vec<Subscription>, ConfigError> {
    if let Some(list) = subscriptions::read(&loaded.config.feeds)? {
        return Ok(list);
    }
    if !loaded.config.has_usual_feeds {
        return Err(no_list(&loaded.config.feeds));
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
    say!("courant: wrote the starter subscriptions to {}", loaded.config.feeds.display());
    subscriptions::parse(&loaded.config.feeds.display().to_string(), subscriptions::STARTER)
}

fn no_list(file: &Path) -> ConfigError {
    ConfigError(format!("{}: no such file, which `feeds` names; make it, or correct the name", file.display()))
}

/// The list's file as a command that edits it finds it.
pub fn feeds_file(loaded: &Loaded) -> PathBuf {
    loaded.config.feeds_file()
}

/// The list as it is; `None`: a usual one that is not there yet.
pub fn listed(loaded: &Loaded) -> Result<Option<Vec<Subscription>>, ConfigError> {
    let file = feeds_file(loaded);
    match subscriptions::read(&file)? {
        None if !loaded.config.has_usual_feeds => Err(no_list(&file)),
        list => Ok(list),
    }
}

/// Whether there is a database. A folder that cannot be looked into is an error, not a database that is not there.
pub fn has_database(config: &Config) -> anyhow::Result<bool> {
    let path = config.database();
    path.try_exists().map_err(|error| unreadable(&path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("{}", ConfigError::reading(path, error))
}

/// Opens the database to read.
pub fn reader(config: &Config) -> anyhow::Result<Reader> {
    let path = config.database();
    if !has_database(config)? {
        anyhow::bail!("there is no database yet at {}; start with `courant run` or `courant once`", path.display());
    }
    Reader::open(&path).map_err(|error| match (std::fs::File::open(&path), error) {
        (Err(denied), _) if denied.kind() == std::io::ErrorKind::PermissionDenied => unreadable(&path, &denied),
        (_, error) if recovery::is_damage(&error) => {
            anyhow::anyhow!("{} is damaged ({error}); `courant db restore FILE` puts a backup in its place", path.display())
        }
        (_, other) => anyhow::anyhow!("{}: {other}", path.display()),
    })
}

/// What a file holds; `-` is the input.
pub fn read_input(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file).map_err(|error| anyhow::anyhow!("{}", ConfigError::reading(file, &error)));
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).context("the input cannot be read")?;
    Ok(bytes)
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

/// Whether one command alone may work on the database as a service would: a node's of a cluster only works among the others.
pub fn works_alone(config: &Config) -> Result<(), Failure> {
    match config.cluster.is_on() {
        true => Err(Failure::Error(anyhow::anyhow!("this machine is a node of a cluster: start `courant run`, and ask it"))),
        false => Ok(()),
    }
}

/// The runtime: one thread drives all connections. What takes the processor runs beside it.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    raise_file_limit();
    // Blocking threads: readers, what decodes and packs, and name look-ups, which may hang for seconds each.
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

/// SIGTERM (systemd) or SIGINT (Ctrl-C).
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut stop = Stop::default();
    stop.listen()?;
    Ok(async move { stop.told().await })
}

/// The same for who waits for it in one runtime after the other: what comes in between is not lost.
#[derive(Default)]
pub struct Stop {
    signals: Option<(Signal, Signal)>,
    was_told: bool,
}

impl Stop {
    /// From now on it is heard, and does not end the process by itself. In a runtime; later ones hear it too.
    pub fn listen(&mut self) -> std::io::Result<()> {
        if self.signals.is_none() {
            self.signals = Some((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?));
        }
        Ok(())
    }

    /// Returns when the process was told to stop, since it listens: at once, where that was before.
    pub async fn told(&mut self) {
        if self.was_told {
            return;
        }
        match &mut self.signals {
            Some((terminate, interrupt)) => tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            },
            None => std::future::pending().await,
        }
        self.was_told = true;
    }
}
