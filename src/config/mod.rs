//! Text → validated configuration: `courant.toml`, `COURANT_…` variables ([`Environment`]), and where things are ([`load`]).
//!
//! Every default stands in one place, the `Default` of the structs here and in `keeping`; `config/courant.toml` shows them and a test
//! holds the two together. Subscriptions are in [`subscriptions`].

mod cluster;
pub mod diagnose;
mod environment;
mod error;
mod keeping;
mod live;
mod load;
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
pub use environment::{Environment, Origin};
pub use error::{ConfigError, PERMISSION_HINT};
pub use keeping::{Backup, Recover, Store};
pub use live::Live;
pub use load::{Loaded, load, parse, state_dir_of};
pub use logs::{Level, Log, LogFormat};
pub use notify::Notify;
pub use reload::Renewed;

use crate::fetch::address::Allowed;
use crate::model::{ArticleMode, Content, Dedupe};
use crate::query::Query;
use crate::rules::{Rule, Trigger};
use serde::Deserialize;
use std::path::PathBuf;
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
