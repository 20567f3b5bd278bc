//! What a process that owns the database is made of: each loop, with what it needs.

use super::claims::Claims;
use super::hubs::Hubs;
use super::pages::Pages;
use super::parts::{Bells, Cpu, Grown, Stats, clock, hear};
use super::polls::{Documents, Polls};
use super::settle::Settler;
use super::source::Commands;
use super::unchanged::Unchanged;
use crate::config::Config;
use crate::config::subscriptions::Subscription;
use crate::fetch::{Client, Settings};
use crate::records::{Command, Committed, Recorded};
use crate::store::{Opening, Readers, Recorder, Store, Writer};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Made once, by the process that owns the database.
pub struct Engine {
    pub config: Arc<Config>,
    pub writer: Writer,
    pub readers: Readers,
    pub stats: Arc<Stats>,
    pub(super) client: Client,
    pub(super) claims: Claims,
    pub(super) polls: Arc<Polls>,
    pub(super) pages: Arc<Pages>,
    pub(super) settler: Settler,
    pub(super) hubs: Hubs,
    pub(super) bells: Arc<Bells>,
}

impl Engine {
    /// Opens the database, takes over the subscriptions, starts the writer. `record`: where everything that changes the
    /// database is written down.
    pub fn start(
        config: Config,
        subscriptions: Vec<Subscription>,
        record: Option<&Path>,
    ) -> anyhow::Result<(Arc<Engine>, std::thread::JoinHandle<()>)> {
        let rules = Arc::new(crate::config::site_rules::read(&config.article.site_rules)?);
        let database = config.database();
        let opening = Opening::now(clock());
        let mut store = Store::open(&database, opening).map_err(|error| anyhow::anyhow!("{}: {error}", database.display()))?;
        let mut recorder = match record {
            Some(file) => Some(Recorder::open(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?),
            None => None,
        };
        let subscribe = Command::Subscribe { list: subscriptions, at: clock() };
        if let Some(recorder) = &mut recorder {
            recorder.note(&Recorded::Opened { at: opening.at, instance: store.instance() });
            recorder.note(&Recorded::Command(Box::new(subscribe.clone())));
            recorder.write();
        }
        store.commit(subscribe)?;
        let readers = Readers::new(database);
        let robots = readers.ask_here(|reader| reader.robots(clock()))?;
        let client = Client::new(client_settings(&config), robots)?;
        let (stats, bells, config) = (Arc::<Stats>::default(), Arc::<Bells>::default(), Arc::new(config));
        let grown = Arc::<Grown>::default();
        let listener = {
            let (stats, bells, grown) = (stats.clone(), bells.clone(), grown.clone());
            Box::new(move |committed: &Committed| {
                hear(&stats, &bells, committed);
                grown.hear(committed);
            })
        };
        let (writer, thread) = Writer::start(store, listener, recorder);
        let cpu = Cpu::new();
        let claims = Claims::new(readers.clone(), client.clone(), config.poll.host_spacing.is_zero());
        let documents = Documents { config: config.clone(), cpu: cpu.clone(), readers: readers.clone(), writer: writer.clone() };
        let engine = Engine {
            polls: Arc::new(Polls {
                config: config.clone(),
                client: client.clone(),
                commands: Commands::default(),
                claims: claims.clone(),
                documents: documents.clone(),
                unchanged: Unchanged::new(writer.clone(), claims.clone()),
                writer: writer.clone(),
                stats: stats.clone(),
            }),
            pages: Arc::new(Pages {
                client: client.clone(),
                rules,
                claims: claims.clone(),
                cpu: cpu.clone(),
                readers: readers.clone(),
                writer: writer.clone(),
                stats: stats.clone(),
            }),
            settler: Settler {
                config: config.clone(),
                cpu,
                readers: readers.clone(),
                writer: writer.clone(),
                building: Mutex::default(),
                grown,
            },
            hubs: Hubs {
                config: config.clone(),
                client: client.clone(),
                documents,
                readers: readers.clone(),
                writer: writer.clone(),
            },
            config,
            writer,
            readers,
            stats,
            client,
            claims,
            bells,
        };
        Ok((Arc::new(engine), thread))
    }
}

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
