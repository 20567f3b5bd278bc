//! A configuration read again while the service runs: what of it holds at once, and what after a restart.

use super::{Config, ConfigError, Origin, load};
use std::path::PathBuf;

/// A running configuration replaced by a new one.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewed {
    /// The new one, with the running values of what cannot change.
    pub config: Config,
    /// The keys that wait for a restart.
    pub waiting: Vec<String>,
}

/// Where keys differ the running value stays, and the key is named.
macro_rules! keep {
    ($running:ident, $new:ident, $waiting:ident: $($($key:ident).+),+ $(,)?) => {
        $(if $running.$($key).+ != $new.$($key).+ {
            $new.$($key).+ = $running.$($key).+.clone();
            $waiting.push(stringify!($($key).+).replace(' ', ""));
        })+
    };
}

impl Config {
    /// The same configuration as its files say it now; one that came from no file is what it is.
    pub fn read_again(&self) -> Result<Config, ConfigError> {
        let Some(origin) = &self.origin else { return Ok(self.clone()) };
        let mut config = load(origin.named.as_deref(), &origin.environment)?.config;
        config.log.format = origin.log_format.unwrap_or(config.log.format);
        config.origin = Some(origin.clone());
        Ok(config)
    }

    /// What the running service makes of a new configuration: sockets, the HTTP client, the story index and the place of the
    /// database are made once, at the start.
    pub fn renewed(&self, mut new: Config) -> Renewed {
        let (running, mut waiting) = (self, Vec::new());
        keep!(running, new, waiting:
            state_dir,
            poll.concurrency, poll.per_host, poll.host_spacing,
            fetch.timeout, fetch.connect_timeout, fetch.header_timeout, fetch.max_feed_bytes, fetch.max_page_bytes,
            fetch.max_wire_bytes, fetch.max_ratio, fetch.max_redirects, fetch.proxy, fetch.secrets, fetch.contact,
            fetch.allow_private,
            story.window,
            store.reserve,
            serve,
            cluster,
            log.format,
        );
        new.secrets.clone_from(&running.secrets);
        Renewed { config: new, waiting }
    }

    /// The files whose change means that the configuration is to be read again: those that are read, and those that would be
    /// if they were there.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = match &self.origin {
            Some(Origin { named: Some(file), .. }) => vec![file.clone()],
            Some(origin) => match origin.environment.get("COURANT_CONFIG") {
                Some(file) => vec![PathBuf::from(file)],
                None => origin.environment.config_dirs().iter().map(|folder| folder.join("courant.toml")).collect(),
            },
            None => Vec::new(),
        };
        files.push(self.feeds_file());
        files
    }

    /// The list's file; the usual one is in the state folder where it could not be written beside the configuration.
    pub fn feeds_file(&self) -> PathBuf {
        let fallback = self.state_dir.join("feeds.toml");
        if self.has_usual_feeds && !self.feeds.exists() && fallback.exists() { fallback } else { self.feeds.clone() }
    }
}
