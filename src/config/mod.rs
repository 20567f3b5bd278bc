//! Text → validated configuration: `courant.toml`, `COURANT_…` variables, and where things are.
//!
//! Every default stands in one place, the `Default` of the structs here and in `keeping`; `config/courant.toml` shows them and a test
//! holds the two together. Subscriptions are in [`subscriptions`].

mod cluster;
pub mod diagnose;
mod keeping;
mod live;
mod logs;
mod notify;
pub mod reference;
mod reload;
pub mod secrets;
pub mod site_rules;
pub mod sources;
pub mod subscriptions;
pub mod sync;
mod validate;
pub mod values;

pub use cluster::Cluster;
pub use keeping::{Backup, Recover, Store};
pub use live::Live;
pub use logs::{Level, Log, LogFormat};
pub use notify::Notify;
pub use reload::Renewed;

use crate::fetch::address::Allowed;
use crate::model::{ArticleMode, Content, Dedupe};
use crate::query::Query;
use crate::rules::{Rule, Trigger};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that `courant.toml` can say.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where `courant.db`, the lock and the socket live; by default `$STATE_DIRECTORY`, else
    /// `$XDG_STATE_HOME/courant`, else `~/.local/state/courant`.
    pub state_dir: PathBuf,
    /// The list of subscriptions; relative to the configuration file.
    pub feeds: PathBuf,
    pub poll: Poll,
    pub fetch: Fetch,
    pub article: Article,
    pub story: Story,
    pub store: Store,
    pub backup: Backup,
    pub serve: Serve,
    pub sync: sync::Sync,
    pub cluster: Cluster,
    #[serde(rename = "output")]
    pub outputs: Vec<Output>,
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    pub notify: Vec<Notify>,
    pub log: Log,
    /// Found by [`load`]: `$CREDENTIALS_DIRECTORY` and `fetch.secrets`.
    #[serde(skip)]
    pub secrets: secrets::Places,
    /// Found by [`load`]: how it is read again.
    #[serde(skip)]
    pub origin: Option<Origin>,
    /// `feeds` is where it is by default: a list may be made there.
    #[serde(skip)]
    pub has_usual_feeds: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Poll {
    #[serde(with = "values::duration")]
    pub interval: Duration,
    #[serde(with = "values::duration")]
    pub min_interval: Duration,
    #[serde(with = "values::duration")]
    pub max_interval: Duration,
    pub adaptive: bool,
    pub jitter: f64,
    pub concurrency: usize,
    pub per_host: usize,
    #[serde(with = "values::duration")]
    pub host_spacing: Duration,
    pub permanent_after: u32,
    pub permanent_days: u32,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    #[serde(with = "values::duration")]
    pub timeout: Duration,
    #[serde(with = "values::duration")]
    pub connect_timeout: Duration,
    #[serde(with = "values::duration")]
    pub header_timeout: Duration,
    #[serde(deserialize_with = "values::size")]
    pub max_feed_bytes: usize,
    #[serde(deserialize_with = "values::size")]
    pub max_page_bytes: usize,
    #[serde(deserialize_with = "values::size")]
    pub max_wire_bytes: usize,
    pub max_ratio: usize,
    pub max_redirects: usize,
    /// `http://`, `https://` or `socks5://`; empty: none. Never the environment's.
    pub proxy: String,
    /// The folder of secrets, relative to the configuration file.
    pub secrets: PathBuf,
    pub contact: String,
    #[serde(deserialize_with = "values::allowed")]
    pub allow_private: Vec<Allowed>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Article {
    pub mode: ArticleMode,
    #[serde(with = "values::duration")]
    pub max_wait: Duration,
    /// A folder of rules for sites, relative to the configuration file; they come before the built-in ones.
    pub site_rules: PathBuf,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Story {
    pub dedupe: Dedupe,
    #[serde(with = "values::duration")]
    pub window: Duration,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Serve {
    pub listen: String,
    /// What readers are told the address is; without a slash at the end. Empty: `http://` and `listen`.
    pub base_url: String,
    /// Without a `base_url`, and where `listen` means every address of this machine, readers are told the host that they
    /// asked: an IP address, `localhost` or one of these names.
    pub hosts: Vec<String>,
    /// A connection on which nothing comes for so long is closed.
    #[serde(with = "values::duration")]
    pub idle_timeout: Duration,
    /// Connections of one address at a time.
    pub per_peer: usize,
    /// A proxy that adds HTTPS stands before us: passwords of apps are taken where `listen` is not loopback, too, and who asks
    /// is whom the last `X-Forwarded-For` names.
    pub behind_proxy: bool,
    /// Whether `/metrics` is there.
    pub metrics: Metrics,
    /// How our own pages show pictures of articles.
    pub images: Images,
    /// The WebSub hub that outputs name, and that is told when they change; empty: none.
    pub hub: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Metrics {
    /// Where `listen` is an address of loopback.
    #[default]
    Auto,
    On,
    Off,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Images {
    /// From their publishers, who see who reads.
    #[default]
    Linked,
    /// Fetched by the service and handed on.
    Proxied,
    Off,
}

/// A feed that we publish: a query over stories with a name.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    pub name: String,
    pub title: String,
    /// What a story must be and hold (`tag:`, `lang:`, `sources:`, words …); empty: every story.
    pub query: Query,
    /// A story is taken if one of its feeds has one of these tags; empty: any.
    pub tags: Vec<String>,
    /// Primary language subtags ("en", "zh"); empty: any.
    pub languages: Vec<String>,
    /// Feeds that tell the story in words of their own.
    pub min_sources: u32,
    pub limit: usize,
    pub content: Content,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            state_dir: PathBuf::new(),
            feeds: "feeds.toml".into(),
            poll: Poll::default(),
            fetch: Fetch::default(),
            article: Article::default(),
            story: Story::default(),
            store: Store::default(),
            backup: Backup::default(),
            serve: Serve::default(),
            sync: sync::Sync::default(),
            cluster: Cluster::default(),
            outputs: vec![Output { name: "all".into(), title: "All stories".into(), ..Output::default() }],
            rules: Vec::new(),
            notify: Vec::new(),
            log: Log::default(),
            secrets: secrets::Places::default(),
            origin: None,
            has_usual_feeds: true,
        }
    }
}

impl Default for Poll {
    fn default() -> Poll {
        Poll {
            interval: Duration::from_secs(3600),
            min_interval: Duration::from_secs(15 * 60),
            max_interval: Duration::from_secs(24 * 3600),
            adaptive: true,
            jitter: 0.1,
            concurrency: 128,
            per_host: 1,
            host_spacing: Duration::from_secs(1),
            permanent_after: 3,
            permanent_days: 3,
        }
    }
}

impl Default for Fetch {
    fn default() -> Fetch {
        Fetch {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(10),
            max_feed_bytes: 10_000_000,
            max_page_bytes: 5_000_000,
            max_wire_bytes: 5_000_000,
            max_ratio: 200,
            max_redirects: 10,
            proxy: String::new(),
            secrets: "secrets".into(),
            contact: "https://github.com/courant-feeds/courant".into(),
            allow_private: Vec::new(),
        }
    }
}

impl Default for Article {
    fn default() -> Article {
        Article { mode: ArticleMode::Auto, max_wait: Duration::from_secs(600), site_rules: "site-rules".into() }
    }
}

impl Default for Story {
    fn default() -> Story {
        Story { dedupe: Dedupe::Story, window: Duration::from_secs(96 * 3600) }
    }
}

impl Default for Serve {
    fn default() -> Serve {
        Serve {
            listen: "127.0.0.1:8080".into(),
            base_url: String::new(),
            hosts: Vec::new(),
            idle_timeout: Duration::from_secs(15),
            per_peer: 64,
            behind_proxy: false,
            metrics: Metrics::Auto,
            images: Images::Linked,
            hub: String::new(),
        }
    }
}

impl Default for Output {
    fn default() -> Output {
        Output {
            name: String::new(),
            title: String::new(),
            query: Query::default(),
            tags: Vec::new(),
            languages: Vec::new(),
            min_sources: 1,
            limit: 100,
            content: Content::Full,
        }
    }
}

/// What is wrong with a configuration: a sentence that names the place, the value and the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl ConfigError {
    /// A file that cannot be read or written.
    pub fn reading(file: &Path, error: &std::io::Error) -> ConfigError {
        let hint = if error.kind() == std::io::ErrorKind::PermissionDenied { PERMISSION_HINT } else { "" };
        ConfigError(format!("{}: {error}{hint}", file.display()))
    }
}

/// What to do where permission is denied: the service's files are for its group.
pub const PERMISSION_HINT: &str = "; be in the group courant, or use sudo";

/// Where a process looks for things: the variables of the environment that matter, so that a test can fake them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    pub variables: Vec<(String, String)>,
}

impl Environment {
    pub fn of_process() -> Environment {
        let known = |name: &str| {
            name.starts_with("COURANT_")
                || [
                    "HOME",
                    "XDG_CONFIG_HOME",
                    "XDG_STATE_HOME",
                    "STATE_DIRECTORY",
                    "CONFIGURATION_DIRECTORY",
                    "CREDENTIALS_DIRECTORY",
                ]
                .contains(&name)
        };
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Environment { variables: variables.filter(|(name, _)| known(name)).collect() }
    }

    /// A variable's value; an empty one is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The variable that sets a key, and its value: `COURANT_POLL_INTERVAL` sets `poll.interval`, and `COURANT_LOG` the level.
    pub fn set_by(&self, key: &str) -> Option<(String, &str)> {
        if key == "log.level" && self.has_level() {
            return self.get("COURANT_LOG").map(|value| ("COURANT_LOG".into(), value));
        }
        let variable = format!("COURANT_{}", key.replace('.', "_").to_ascii_uppercase());
        let value = self.get(&variable)?;
        Some((variable, value))
    }

    /// What is wrong with `COURANT_LOG`, which is not heeded then: no level of the log keeps anything from its work.
    pub fn wrong_level(&self) -> Option<String> {
        let level = toml::Value::String(self.get("COURANT_LOG")?.to_ascii_lowercase());
        let wrong = level.try_into::<Level>().err()?;
        let wrong = diagnose::diagnose("", "", &wrong);
        Some(format!("COURANT_LOG: {}; log.level holds", wrong.trim_start_matches(": ")))
    }

    /// Whether `COURANT_LOG` names a level.
    fn has_level(&self) -> bool {
        self.get("COURANT_LOG").is_some() && self.wrong_level().is_none()
    }

    /// Where `courant.toml` is looked for, best first.
    pub fn config_dirs(&self) -> Vec<PathBuf> {
        let user = match (self.get("XDG_CONFIG_HOME"), self.get("HOME")) {
            (Some(base), _) => Some(Path::new(base).join("courant")),
            (None, Some(home)) => Some(Path::new(home).join(".config/courant")),
            (None, None) => None,
        };
        // systemd joins several folders with colons; the first is ours.
        let service = self.get("CONFIGURATION_DIRECTORY").and_then(|all| all.split(':').next()).map(PathBuf::from);
        service.into_iter().chain(user).chain([PathBuf::from("/etc/courant")]).collect()
    }

    fn state_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(first) = self.get("STATE_DIRECTORY").and_then(|all| all.split(':').next()) {
            return Ok(first.into());
        }
        match (self.get("XDG_STATE_HOME"), self.get("HOME")) {
            (Some(base), _) => Ok(Path::new(base).join("courant")),
            (None, Some(home)) => Ok(Path::new(home).join(".local/state/courant")),
            (None, None) => {
                Err(ConfigError("no home folder is known; set state_dir in courant.toml, or COURANT_STATE_DIR".into()))
            }
        }
    }
}

/// Where a configuration came from, so that it can be read again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The file that a person named.
    pub named: Option<PathBuf>,
    pub environment: Environment,
    /// How a person wanted the log, whatever the file says.
    pub log_format: Option<LogFormat>,
}

/// A configuration and the file that it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// `None`: the built-in defaults.
    pub file: Option<PathBuf>,
}

/// Loads the configuration: `named` (which must exist), else `COURANT_CONFIG`, else the first `courant.toml` of the
/// usual folders, else the defaults; then the `COURANT_…` variables.
pub fn load(named: Option<&Path>, environment: &Environment) -> Result<Loaded, ConfigError> {
    let file = file_of(named, environment);
    let text = match &file {
        None => String::new(),
        Some(file) => std::fs::read_to_string(file).map_err(|error| ConfigError::reading(file, &error))?,
    };
    let name = file.as_ref().map_or_else(|| "courant.toml".into(), |file| file.display().to_string());
    let mut config = parse(&name, &text, environment)?;

    if config.state_dir.as_os_str().is_empty() {
        config.state_dir = environment.state_dir()?;
    }
    let base = match &file {
        Some(file) => file.parent().map(Path::to_owned).unwrap_or_default(),
        None => default_feeds_dir(environment, &config.state_dir),
    };
    config.state_dir = base.join(&config.state_dir);
    config.has_usual_feeds = config.feeds == Config::default().feeds;
    config.feeds = base.join(&config.feeds);
    config.backup.folder = match config.backup.folder.as_os_str().is_empty() {
        true => config.state_dir.join("backups"),
        false => base.join(&config.backup.folder),
    };
    config.article.site_rules = base.join(&config.article.site_rules);
    config.fetch.secrets = base.join(&config.fetch.secrets);
    config.secrets = secrets::Places {
        credentials: environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        folder: config.fetch.secrets.clone(),
    };
    config.origin = Some(Origin { named: named.map(Path::to_owned), environment: environment.clone(), log_format: None });
    Ok(Loaded { config, file })
}

fn file_of(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let chosen = named.map(Path::to_owned).or_else(|| environment.get("COURANT_CONFIG").map(PathBuf::from));
    chosen.or_else(|| environment.config_dirs().iter().map(|dir| dir.join("courant.toml")).find(|file| file.exists()))
}

/// The state folder as a configuration that cannot be loaded names it, by its line alone: the rest of it may be anything.
pub fn state_dir_of(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Line {
        state_dir: PathBuf,
    }
    let file = file_of(named, environment)?;
    let base = file.parent().map(Path::to_owned).unwrap_or_default();
    let variable = environment.get("COURANT_STATE_DIR").map(PathBuf::from);
    let in_file = || {
        let text = std::fs::read_to_string(&file).ok()?;
        text.lines().find_map(|line| toml::from_str::<Line>(line).ok()).map(|line| line.state_dir)
    };
    let named = variable.or_else(in_file).or_else(|| environment.state_dir().ok())?;
    Some(base.join(named))
}

/// Without a configuration file the subscriptions are where a person would put one; under systemd, whose
/// configuration folder is read-only, in the state folder.
fn default_feeds_dir(environment: &Environment, state_dir: &Path) -> PathBuf {
    if environment.get("STATE_DIRECTORY").is_some() {
        return state_dir.to_owned();
    }
    environment.config_dirs().into_iter().next().unwrap_or_else(|| state_dir.to_owned())
}

/// Parses and validates; paths stay as they are written.
pub fn parse(file: &str, text: &str, environment: &Environment) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|error| ConfigError(diagnose::diagnose(file, text, &error)))?;
    let config = override_from(environment, text, config)?;
    config.check().map_err(|wrong| located(file, text, environment, &wrong))?;
    Ok(config)
}

/// A complaint that begins with the key that it is about, with the place where that is set: the variable, or the line.
fn located(file: &str, text: &str, environment: &Environment, wrong: &str) -> ConfigError {
    let key = wrong.split([' ', ':']).next().unwrap_or_default();
    if let Some((variable, _)) = environment.set_by(key) {
        return ConfigError(format!("{variable}: {wrong}"));
    }
    match diagnose::find(text, key) {
        Some(at) => ConfigError(format!("{}: {wrong}", diagnose::place(file, text, at))),
        None => ConfigError(format!("{file}: {wrong}")),
    }
}

/// Keys that can be set by a variable: `COURANT_POLL_INTERVAL` is `poll.interval`.
const SECTIONS: [&str; 10] = ["poll", "fetch", "article", "story", "store", "backup", "serve", "sync", "cluster", "log"];

fn override_from(environment: &Environment, text: &str, config: Config) -> Result<Config, ConfigError> {
    let mut table: toml::Table = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
    let mut any = false;
    for (variable, value) in &environment.variables {
        let Some(name) = variable.strip_prefix("COURANT_").map(str::to_ascii_lowercase) else { continue };
        // The short name of the level beats the long one.
        let has_level = environment.has_level();
        if name == "config" || name == "log" && !has_level || name == "log_level" && has_level {
            continue;
        }
        let (name, value) = match name.as_str() {
            "log" => ("log_level".to_owned(), &value.to_ascii_lowercase()),
            _ => (name, value),
        };
        // A value that is not TOML (1h, debug) is a string.
        let value = toml::from_str::<toml::Table>(&format!("v = {value}"))
            .ok()
            .and_then(|mut table| table.remove("v"))
            .unwrap_or_else(|| toml::Value::String(value.clone()));
        let section = SECTIONS.iter().find_map(|section| Some((*section, name.strip_prefix(section)?.strip_prefix('_')?)));
        let mut changed = table.clone();
        match section {
            Some((section, key)) => {
                let inside = changed.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
                if let Some(inside) = inside.as_table_mut() {
                    inside.insert(key.to_owned(), value);
                }
            }
            None => {
                changed.insert(name, value);
            }
        }
        Config::deserialize(toml::Value::Table(changed.clone())).map_err(|error| {
            ConfigError(format!("{variable}: {}", diagnose::diagnose("", "", &error).trim_start_matches(": ")))
        })?;
        (table, any) = (changed, true);
    }
    if !any {
        return Ok(config);
    }
    Config::deserialize(toml::Value::Table(table)).map_err(|error| ConfigError(error.to_string()))
}

impl Output {
    /// Its whole query: what its other keys say belongs to it.
    pub fn whole_query(&self) -> Query {
        let mut query = self.query.clone();
        query.tags.want_any(self.tags.iter().cloned());
        query.languages.want_any(self.languages.iter().cloned());
        query.sources.least = query.sources.least.max(self.min_sources);
        query
    }
}

impl Config {
    /// The address that readers are told, without a slash at the end.
    pub fn base_url(&self) -> String {
        match self.serve.base_url.trim_end_matches('/') {
            "" => format!("http://{}", self.serve.listen),
            given => given.to_owned(),
        }
    }

    /// The names of this machine that readers may be told; `None`: they are told [`Config::base_url`], whatever they asked.
    pub fn asked_hosts(&self) -> Option<&[String]> {
        let is_any = self.serve.listen.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_unspecified());
        (self.serve.base_url.is_empty() && is_any).then_some(self.serve.hosts.as_slice())
    }

    /// Whether `serve.listen` is an address of loopback. A socket that systemd opened may be another.
    pub fn listens_on_loopback(&self) -> bool {
        self.serve.listen.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
    }

    /// Whether passwords would pass a network in clear where this is served: then no app is listened to.
    pub fn exposes_passwords(&self, on_loopback: bool) -> bool {
        !on_loopback && !self.serve.behind_proxy
    }

    /// Where WebSub hubs can call us back: `serve.base_url`, if its host is public.
    pub fn callback_base(&self) -> Option<&str> {
        let base = self.serve.base_url.trim_end_matches('/');
        crate::fetch::address::check(base, &[]).is_ok().then_some(base)
    }

    /// The hub of our outputs. It reads them under `serve.base_url`, without which there is none.
    pub fn hub(&self) -> Option<&str> {
        let Serve { hub, base_url, .. } = &self.serve;
        (!hub.is_empty() && !base_url.is_empty()).then_some(hub)
    }

    /// Of what somebody is told.
    pub fn triggers(&self) -> Vec<Trigger> {
        self.notify.iter().map(Notify::trigger).collect()
    }

    pub fn has_metrics(&self, on_loopback: bool) -> bool {
        match self.serve.metrics {
            Metrics::Auto => on_loopback,
            Metrics::On => true,
            Metrics::Off => false,
        }
    }

    pub fn database(&self) -> PathBuf {
        self.state_dir.join("courant.db")
    }

    /// What was prepared of the entries of the window: a cache, which may go at any time.
    pub fn prepared(&self) -> PathBuf {
        self.state_dir.join("courant.prepared")
    }
}
