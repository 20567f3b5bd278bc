//! What a process that owns the database is made of: each loop, with what it needs.

use super::backup::Backups;
use super::claims::Claims;
use super::cpu::Cpu;
use super::disk;
use super::duties::Duties;
use super::hubs::Hubs;
use super::judge::Judge;
use super::metrics::Metrics;
use super::notify::{Clients, Notifier};
use super::pages::Pages;
use super::parts::{Bells, Grown, Stats, clock, hear};
use super::polls::{Documents, Polls};
use super::prune::{Pruner, retention};
use super::reloads::{Reloads, look};
use super::settle::Settler;
use super::source::Commands;
use super::tidy::Tidy;
use super::unchanged::Unchanged;
use crate::article::rules::Rules;
use crate::config::subscriptions::Subscription;
use crate::config::{Config, Live};
use crate::fetch::{Client, Settings};
use crate::network::Down;
use crate::records::{Command, Committed, NodeStanding, Recorded};
use crate::store::{DiskTrouble, Door, Opened, Opening, Reader, Readers, Recorder, Reserve, Store, Writer};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Made once, by the process that owns the database.
pub struct Engine {
    pub config: Live<Config>,
    pub writer: Writer,
    pub readers: Readers,
    pub stats: Arc<Stats>,
    pub(super) client: Client,
    pub(super) claims: Claims,
    pub(super) duties: Duties,
    pub(super) polls: Arc<Polls>,
    pub(super) pages: Arc<Pages>,
    pub(super) settler: Settler,
    pub(super) hubs: Hubs,
    pub(super) judge: Judge,
    pub(super) notifier: Notifier,
    pub(super) tidy: Tidy,
    pub(super) bells: Arc<Bells>,
    pub(super) site_rules: Live<Rules>,
    pub reloads: Arc<Reloads>,
    pub(super) metrics: Arc<Metrics>,
    /// What it is among several, where it is.
    #[cfg(feature = "cluster")]
    pub node: Option<Arc<super::cluster::Node>>,
    #[cfg(feature = "cluster")]
    pub(super) node_parts: std::sync::Mutex<Option<super::cluster::Parts>>,
}

impl Engine {
    /// Opens the database, takes over the subscriptions, starts the writer. `record`: where everything that changes the
    /// database is written down.
    pub fn start(
        config: Config,
        subscriptions: Vec<Subscription>,
        record: Option<&Path>,
    ) -> anyhow::Result<(Arc<Engine>, std::thread::JoinHandle<()>)> {
        let site_rules = Live::new(crate::config::site_rules::read(&config.article.site_rules)?);
        let reloads = Arc::<Reloads>::default();
        reloads.saw(look(&config));
        let database = config.database();
        let reserve = Reserve::new(&config.state_dir, config.store.reserve as u64);
        let readers = Readers::new(database);
        let cpu = Cpu::start().context("no thread can be started; see `ulimit -u`, or TasksMax= of the unit")?;
        let is_node = config.cluster.is_on();
        let list = (!is_node).then_some(subscriptions);
        let door = open(&config, list, record.map(Path::to_owned), &reserve, &readers)?;
        #[cfg(feature = "cluster")]
        let replica = match is_node {
            true => Some(super::cluster::replica_of(&readers, &config)?),
            false => None,
        };
        let robots = readers.ask_here(|reader| reader.robots(clock()))?;
        let client = Client::new(client_settings(&config), robots)?;
        client.watch(&readers.ask_here(|reader| reader.hosts())?);
        let (stats, bells, config) = (Arc::<Stats>::default(), Arc::<Bells>::default(), Live::new(config));
        let (grown, metrics) = (Arc::<Grown>::default(), Arc::<Metrics>::default());
        let listener = {
            let (stats, bells, grown, metrics) = (stats.clone(), bells.clone(), grown.clone(), metrics.clone());
            Box::new(move |committed: &Committed| {
                hear(&stats, &bells, committed);
                grown.hear(committed);
                metrics.hear(committed);
            })
        };
        #[cfg(feature = "cluster")]
        let (links, parts) = super::cluster::links();
        #[cfg(feature = "cluster")]
        let (writer, thread) = match is_node {
            true => Writer::begin_node(door, reserve, listener, links),
            false => Writer::begin(door, reserve, listener),
        };
        #[cfg(not(feature = "cluster"))]
        let (writer, thread) = Writer::begin(door, reserve, listener);
        #[cfg(feature = "cluster")]
        let duties = if is_node { Duties::none() } else { Duties::all() };
        #[cfg(not(feature = "cluster"))]
        let duties = Duties::all();
        let claims = Claims::new(readers.clone(), client.clone(), duties.clone(), config.get().poll.host_spacing.is_zero());
        let documents = Documents { config: config.clone(), cpu: cpu.clone(), readers: readers.clone(), writer: writer.clone() };
        let polls = Arc::new(Polls {
            config: config.clone(),
            client: client.clone(),
            commands: Commands::default(),
            claims: claims.clone(),
            documents: documents.clone(),
            unchanged: Unchanged::new(writer.clone(), claims.clone()),
            writer: writer.clone(),
            stats: stats.clone(),
            metrics: metrics.clone(),
        });
        #[cfg(feature = "cluster")]
        let node = match replica {
            Some(replica) => Some(super::cluster::Node::new(super::cluster::Seat {
                engine: super::cluster::engine_of(&config.get())?,
                replica,
                config: config.clone(),
                writer: writer.clone(),
                readers: readers.clone(),
                client: client.clone(),
                duties: duties.clone(),
                bells: bells.clone(),
                polls: polls.clone(),
                reloads: reloads.clone(),
                leads: parts.leads.clone(),
            })),
            None => None,
        };
        let engine = Engine {
            polls,
            pages: Arc::new(Pages {
                client: client.clone(),
                rules: site_rules.clone(),
                claims: claims.clone(),
                cpu: cpu.clone(),
                readers: readers.clone(),
                writer: writer.clone(),
                stats: stats.clone(),
            }),
            settler: Settler {
                config: config.clone(),
                cpu: cpu.clone(),
                readers: readers.clone(),
                writer: writer.clone(),
                building: Mutex::default(),
                grown,
            },
            notifier: Notifier {
                config: config.clone(),
                readers: readers.clone(),
                writer: writer.clone(),
                clients: Arc::new(Clients::new(client_settings(&config.get()))),
            },
            judge: Judge { cpu: cpu.clone(), readers: readers.clone(), writer: writer.clone() },
            tidy: Tidy { cpu, readers: readers.clone(), writer: writer.clone(), stats: stats.clone() },
            hubs: Hubs {
                config: config.clone(),
                client: client.clone(),
                duties: duties.clone(),
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
            duties,
            bells,
            site_rules,
            reloads,
            metrics,
            #[cfg(feature = "cluster")]
            node_parts: std::sync::Mutex::new(node.is_some().then_some(parts)),
            #[cfg(feature = "cluster")]
            node,
        };
        Ok((Arc::new(engine), thread))
    }
}

impl Engine {
    /// What is wrong with the network, if anything is.
    pub fn network(&self) -> Option<Down> {
        self.client.down()
    }

    /// What it is among several, where it is.
    pub fn node(&self) -> Option<NodeStanding> {
        #[cfg(feature = "cluster")]
        return self.node.as_ref().map(|node| node.standing());
        #[cfg(not(feature = "cluster"))]
        None
    }

    /// Why it cannot be relied on among several: it is too far behind.
    pub fn is_unwell(&self) -> Option<String> {
        #[cfg(feature = "cluster")]
        return self.node.as_ref().and_then(|node| node.is_unwell());
        #[cfg(not(feature = "cluster"))]
        None
    }

    pub(super) fn pruner(&self) -> Pruner {
        let policy = retention(&self.config.get().store);
        Pruner { policy, readers: self.readers.clone(), writer: self.writer.clone() }
    }

    pub(super) fn backups(&self) -> Backups {
        let config = self.config.get();
        Backups { settings: config.backup.clone(), database: config.database() }
    }

    /// Tells the client whose answers show that the network is there: after each change of the list.
    pub(super) async fn watch_network(&self) -> anyhow::Result<()> {
        self.client.watch(&self.readers.ask(|reader| reader.hosts()).await?);
        Ok(())
    }
}

/// Opens the database and takes over the subscriptions; without a list it is a node's, which its cluster changes. On a disk that takes nothing the reserve is released for it; where
/// that is not enough and the database can be read at least, it is opened later.
fn open(
    config: &Config,
    list: Option<Vec<Subscription>>,
    record: Option<PathBuf>,
    reserve: &Reserve,
    readers: &Readers,
) -> anyhow::Result<Door> {
    let database = config.database();
    let file = database.clone();
    let (readers, rules, triggers) = (readers.clone(), config.rules.clone(), config.triggers());
    let opener = move || -> anyhow::Result<Opened> {
        readers.let_go();
        let opening = Opening::now(clock());
        let opened = match &list {
            Some(_) => Store::open(&file, opening),
            None => Store::open_any(&file, opening),
        };
        let mut store = opened.with_context(|| file.display().to_string())?;
        let mut recorder = None;
        if let Some(record) = &record {
            recorder = Some(Recorder::open(record).with_context(|| record.display().to_string())?);
        }
        let at = clock();
        if let Some(recorder) = &mut recorder {
            recorder.note(&Recorded::Opened { at: opening.at, instance: store.instance() });
        }
        let watch = Command::Watch { rules: rules.clone(), triggers: triggers.clone(), at };
        let subscribe = list.clone().map(|list| [Command::Subscribe { list, at }, watch]);
        for command in subscribe.into_iter().flatten() {
            if let Some(recorder) = &mut recorder {
                recorder.note(&Recorded::Command(Box::new(command.clone())));
                recorder.write();
            }
            store.commit(command)?;
        }
        Ok(Opened { store, recorder })
    };
    let error = match opener() {
        Ok(opened) => return Ok(Door::Open(Box::new(opened))),
        Err(error) => error,
    };
    let Some(mut trouble) = disk::trouble(&error) else { return Err(error) };
    let touched = std::fs::File::options().append(true).open(&database);
    if touched.is_err_and(|error| error.kind() == std::io::ErrorKind::ReadOnlyFilesystem) {
        trouble = DiskTrouble::ReadOnly;
    }
    if reserve.release()
        && let Ok(opened) = opener()
    {
        return Ok(Door::Open(Box::new(opened)));
    }
    // Who cannot read it either has nothing to serve.
    Reader::open(&database).with_context(|| database.display().to_string())?.size()?;
    tracing::error!(error = format!("{error:#}"), "{trouble}");
    Ok(Door::Shut(trouble, Box::new(move || opener().map_err(|error| format!("{error:#}")))))
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
