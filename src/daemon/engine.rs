//! What all tasks of the daemon share.

use crate::article::rules::Rules;
use crate::config::Config;
use crate::config::subscriptions::Subscription;
use crate::fetch::{Client, Settings};
use crate::model::Timestamp;
use crate::schedule::{Policy, Push};
use crate::store::{Reader, SchemaError, Store, Writer};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::{Notify, Semaphore};

/// The wall clock.
pub fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What happened since the process started; for progress on a terminal, summaries and the watchdog.
#[derive(Debug, Default)]
pub struct Stats {
    pub polled: AtomicU64,
    pub unchanged: AtomicU64,
    pub failed: AtomicU64,
    pub new_entries: AtomicU64,
    pub edited: AtomicU64,
    pub articles: AtomicU64,
    pub without_article: AtomicU64,
    pub settled: AtomicU64,
    /// Requests that are being made or wait for their turn.
    pub polls_out: AtomicU64,
    pub articles_out: AtomicU64,
}

impl Stats {
    pub fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Ordering::Relaxed);
    }

    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// Everything that the tasks share; made once, by the process that owns the database.
pub struct Engine {
    pub config: Config,
    pub client: Client,
    /// A person's own rules for sites, then the built-in ones.
    pub rules: Arc<Rules>,
    pub writer: Writer,
    pub stats: Stats,
    /// Polls that found nothing, on their way to the writer.
    pub quiet: super::quiet::Quiet,
    /// The turns of `exec:` sources.
    pub commands: super::source::Commands,
    /// Something may have become due earlier than a loop believes.
    pub feeds_changed: Notify,
    pub articles_wanted: Notify,
    pub entries_ready: Notify,
    pub hubs_found: Notify,
    /// The turns of pushes, whose bodies are held while they are read.
    pub pushes: Semaphore,
    /// A rebuilding of the index is on its way.
    pub(super) rebuilding: AtomicBool,
    /// The index was built once: polls prepare what they bring, so that it can be settled with them.
    pub(super) indexed: AtomicBool,
    database: PathBuf,
    readers: Mutex<Vec<Reader>>,
    cpu: Arc<Semaphore>,
}

/// Why a stage on a CPU thread gave no result: it panicked, which one feed or page must not spread.
#[derive(Debug, thiserror::Error)]
#[error("internal error: the stage panicked")]
pub struct Panicked;

impl Engine {
    /// Opens the database, takes over the subscriptions, starts the writer.
    pub fn start(config: Config, subscriptions: &[Subscription]) -> anyhow::Result<(Arc<Engine>, std::thread::JoinHandle<()>)> {
        let rules = crate::config::site_rules::read(&config.article.site_rules)?;
        let database = config.database();
        let mut store = Store::open(&database, clock()).map_err(|error| anyhow::anyhow!("{}: {error}", database.display()))?;
        store.sync_feeds(subscriptions, clock())?;
        let robots = Reader::open(&database)?.robots(clock())?;
        let client = Client::new(Engine::client_settings(&config), robots)?;
        let (writer, thread) = Writer::start(store);
        let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
        let engine = Engine {
            config,
            client,
            rules: Arc::new(rules),
            writer,
            stats: Stats::default(),
            quiet: super::quiet::Quiet::default(),
            commands: super::source::Commands::default(),
            feeds_changed: Notify::new(),
            articles_wanted: Notify::new(),
            entries_ready: Notify::new(),
            hubs_found: Notify::new(),
            pushes: Semaphore::new(super::push::MAX_PUSHES),
            rebuilding: AtomicBool::new(false),
            indexed: AtomicBool::new(false),
            database,
            readers: Mutex::new(Vec::new()),
            cpu: Arc::new(Semaphore::new(cores)),
        };
        Ok((Arc::new(engine), thread))
    }

    /// Runs a stage on a CPU thread; at most as many at once as there are cores.
    pub async fn on_cpu<T: Send + 'static>(&self, stage: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
        let _turn = self.cpu.acquire().await.map_err(|_| Panicked)?;
        tokio::task::spawn_blocking(stage).await.map_err(|_| Panicked)
    }

    /// Reads the database on a CPU thread.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Engine>,
        read: impl FnOnce(&Reader) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let engine = self.clone();
        Ok(tokio::task::spawn_blocking(move || engine.read_here(read)).await.map_err(|_| Panicked)??)
    }

    /// Reads the database on this thread, which must not be an async one. Connections are kept for the next reader.
    pub fn read_here<T>(&self, read: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> Result<T, SchemaError> {
        // A poisoned list of connections is still a list of connections.
        let kept = self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        let reader = match kept {
            Some(reader) => reader,
            None => Reader::open(&self.database)?,
        };
        let value = read(&reader);
        self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(reader);
        Ok(value?)
    }

    /// What a person set for a feed's polling, and what its hub does for it.
    pub fn policy(&self, feed: &Subscription, push: Option<Push>) -> Policy {
        let poll = &self.config.poll;
        Policy {
            interval: feed.interval.unwrap_or(poll.interval),
            min_interval: poll.min_interval,
            max_interval: poll.max_interval,
            // A feed's own interval is a person's word.
            adaptive: poll.adaptive && feed.interval.is_none(),
            jitter: poll.jitter,
            permanent_after: poll.permanent_after,
            permanent_days: poll.permanent_days,
            push,
        }
    }
}

impl Engine {
    /// What the configuration means for the client.
    pub fn client_settings(config: &Config) -> Settings {
        let contact = config.fetch.contact.trim();
        let version = env!("CARGO_PKG_VERSION");
        Settings {
            user_agent: if contact.is_empty() { format!("courant/{version}") } else { format!("courant/{version} (+{contact})") },
            timeout: config.fetch.timeout,
            connect_timeout: config.fetch.connect_timeout,
            header_timeout: config.fetch.header_timeout,
            max_feed_bytes: config.fetch.max_feed_bytes,
            max_page_bytes: config.fetch.max_page_bytes,
            max_wire_bytes: config.fetch.max_wire_bytes,
            max_ratio: config.fetch.max_ratio,
            max_redirects: config.fetch.max_redirects,
            proxy: config.fetch.proxy.clone(),
            allow_private: config.fetch.allow_private.clone(),
            concurrency: config.poll.concurrency,
            per_host: config.poll.per_host,
            host_spacing: config.poll.host_spacing,
        }
    }
}
