//! The service put together: the daemon and the server side by side.

use crate::config::{Config, Images, Live};
use crate::daemon::{self, Engine, Topic, TopicsDoor, clock};
use crate::outputs::{Cache, Imprint, PageImages};
use crate::publish::Troubles;
use crate::serve::{
    self, ConnectionLimits, Desk, DeskSettings, House, HubDoor, Limits, ListDoor, MetricsDoor, Person, Picture, PictureDoor,
    Pictures,
};
use anyhow::Context;
use listenfd::ListenFd;
use ring::rand::{SecureRandom, SystemRandom};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Runs both until `shutdown`; `ready` is told the address once it is served. `Err`: one of them died; the process must end
/// non-zero.
pub async fn run(
    engine: Arc<Engine>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let config = engine.config.get();
    let address = listener.local_addr()?;
    let (hubs, hub_calls) = HubDoor::new();
    let (lists, list_calls) = ListDoor::new();
    let watched = engine.clone();
    let around = Box::new(move || Troubles {
        offline_since: watched.network().map(|down| down.since),
        n_behind: watched.node().map_or(0, |node| node.head.saturating_sub(node.applied)),
        disk: None,
    });
    let on_loopback = address.ip().is_loopback();
    let asked = engine.clone();
    let is_unwell = Box::new(move || asked.is_unwell());
    let images = page_images(config.serve.images)?;
    let (imprint, settings) =
        (Live::new(imprint_of(&config, &images, on_loopback)), Live::new(settings_of(&config, on_loopback)));
    let base_path = imprint.get().path().to_owned();
    let renewed = (imprint.clone(), settings.clone(), images.clone());
    engine.reloads.tell(move |config| {
        renewed.0.set(imprint_of(config, &renewed.2, on_loopback));
        renewed.1.set(settings_of(config, on_loopback));
    });
    let documents = Arc::new(Cache::new(engine.readers.clone(), &engine.writer, imprint, clock, around));
    let desk = Desk::new(Box::new(move || settings.get()), engine.readers.clone(), engine.writer.clone(), clock, lists);
    let asked_hosts = config.asked_hosts().map(<[String]>::to_vec);
    let hub = config.hub().map(str::to_owned);
    let topics = topics_door(documents.clone());
    let house = House {
        person: Person {
            documents: documents.clone(),
            desk: desk.clone(),
            images_are_linked: images == PageImages::Linked,
            asked_hosts: asked_hosts.clone(),
        },
        documents,
        base_path,
        asked_hosts,
        readers: engine.readers.clone(),
        writer: engine.writer.clone(),
        clock,
        is_unwell,
        hubs,
        desk,
        limits: Limits { max_body_bytes: config.fetch.max_feed_bytes, timeout: config.fetch.timeout },
        pictures: pictures(&engine, &images),
        metrics: config.has_metrics(on_loopback).then(|| metrics_door(engine.clone())),
        connections: ConnectionLimits { idle: config.serve.idle_timeout, per_peer: config.serve.per_peer },
    };
    let (stop, stopped) = watch::channel(false);
    let mut announcing = tokio::spawn(announcing(engine.clone(), hub, topics, stopped.clone()));
    let mut server = tokio::spawn(serve::run(house, listener, stopped));
    let mut served = Ok(());
    // The daemon ends when it is told to, or when the server has ended.
    let told = async {
        tokio::select! {
            () = shutdown => {}
            ended = &mut server => served = match ended {
                Ok(()) => Err(anyhow::anyhow!("the server ended by itself")),
                Err(died) => Err(anyhow::anyhow!("the server died: {died}")),
            },
            ended = &mut announcing => served = match ended {
                Ok(()) => Err(anyhow::anyhow!("the hub's task ended by itself")),
                Err(died) => Err(anyhow::anyhow!("the hub's task died: {died}")),
            },
        }
    };
    let ended = daemon::run(engine.clone(), hub_calls, list_calls, told, || ready(address)).await;
    // Nobody listening is fine: then the server has ended already.
    let _ = stop.send(true);
    ended.and(served)
}

fn imprint_of(config: &Config, images: &PageImages, on_loopback: bool) -> Imprint {
    Imprint {
        outputs: config.outputs.clone(),
        base_url: config.base_url(),
        is_served: true,
        node: config.cluster.is_on().then(|| config.cluster.node.clone()),
        images: images.clone(),
        tells_sizes: config.has_metrics(on_loopback),
        hub: config.hub().map(str::to_owned),
    }
}

/// With a new key, where pictures are handed on: it is good as long as the process.
fn page_images(images: Images) -> anyhow::Result<PageImages> {
    Ok(match images {
        Images::Linked => PageImages::Linked,
        Images::Off => PageImages::Off,
        Images::Proxied => {
            let mut key = [0; 32];
            SystemRandom::new().fill(&mut key).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
            PageImages::Proxied(Arc::new(key))
        }
    })
}

fn pictures(engine: &Arc<Engine>, images: &PageImages) -> Option<Pictures> {
    let PageImages::Proxied(key) = images else { return None };
    let fetched = Arc::new(daemon::Pictures::new(engine.clone()));
    let door: PictureDoor = Box::new(move |address| {
        let fetched = fetched.clone();
        Box::pin(async move {
            let (media_type, bytes) = fetched.get(&address).await?;
            Some(Picture { media_type, bytes })
        })
    });
    Some(Pictures::new(**key, door))
}

fn settings_of(config: &Config, on_loopback: bool) -> DeskSettings {
    DeskSettings {
        base_url: config.base_url(),
        asked_hosts: config.asked_hosts().map(<[String]>::to_vec),
        outputs: config.outputs.iter().map(|output| (output.name.clone(), output.whole_query())).collect(),
        behind_proxy: config.serve.behind_proxy,
        is_exposed: config.exposes_passwords(on_loopback),
    }
}

/// Tells the hub of our outputs of their changes, where there is one, until the service is to stop.
async fn announcing(engine: Arc<Engine>, hub: Option<String>, topics: TopicsDoor, mut stopped: watch::Receiver<bool>) {
    match hub {
        Some(hub) => daemon::announce(engine, hub, topics, stopped).await,
        // An error means that the sender is gone: the service is ending.
        None => _ = stopped.wait_for(|stop| *stop).await,
    }
}

fn topics_door(documents: Arc<Cache>) -> TopicsDoor {
    Box::new(move || {
        let documents = documents.clone();
        Box::pin(async move {
            let topics = documents.topics().await?.into_iter();
            Ok(topics.map(|(url, etag)| Topic { url, state: String::from_utf8_lossy(etag.as_bytes()).into_owned() }).collect())
        })
    })
}

fn metrics_door(engine: Arc<Engine>) -> MetricsDoor {
    Box::new(move || {
        let engine = engine.clone();
        Box::pin(async move { daemon::metrics(&engine).await })
    })
}

/// The socket that systemd opened for us (systemd.socket(5)), else one of our own. It is given once in a process's life.
pub fn listener(listen: &str) -> anyhow::Result<std::net::TcpListener> {
    let opened = match ListenFd::from_env().take_tcp_listener(0).context("systemd's socket is no TCP socket")? {
        Some(opened) => opened,
        None => std::net::TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen} (serve.listen)"))?,
    };
    opened.set_nonblocking(true)?;
    Ok(opened)
}

/// A second handle of it, for the runtime that serves now.
pub fn handle(listener: &std::net::TcpListener) -> std::io::Result<TcpListener> {
    TcpListener::from_std(listener.try_clone()?)
}
