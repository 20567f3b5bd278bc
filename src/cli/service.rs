//! The service put together: the daemon and the server side by side.

use crate::daemon::{self, Engine, clock};
use crate::outputs::{Cache, Imprint};
use crate::serve::{self, ConnectionLimits, Desk, DeskSettings, House, HubDoor, Limits, ListDoor, Person};
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;

/// Runs both until `shutdown`; `ready` is told the address once it is served. `Err`: one of them died, or the address could
/// not be had; the process must end non-zero.
pub async fn run(engine: Arc<Engine>, shutdown: impl Future<Output = ()>, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let config = &engine.config;
    let listen = &config.serve.listen;
    let listener =
        tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen} (serve.listen)"))?;
    let address = listener.local_addr()?;
    let (hubs, hub_calls) = HubDoor::new();
    let (lists, list_calls) = ListDoor::new();
    let desk = DeskSettings {
        base_url: config.base_url(),
        asked_hosts: config.asked_hosts().map(<[String]>::to_vec),
        outputs: config.outputs.iter().map(|output| (output.name.clone(), output.whole_query())).collect(),
        behind_proxy: config.serve.behind_proxy,
        is_exposed: config.exposes_passwords(),
    };
    let watched = engine.clone();
    let offline = Box::new(move || watched.network().map(|down| down.since));
    let imprint = Imprint { outputs: config.outputs.clone(), base_url: config.base_url(), is_served: true };
    let base_path = imprint.path().to_owned();
    let documents = Arc::new(Cache::new(engine.readers.clone(), &engine.writer, imprint, clock, offline));
    let desk = Desk::new(desk, engine.readers.clone(), engine.writer.clone(), clock, lists);
    let asked_hosts = config.asked_hosts().map(<[String]>::to_vec);
    let house = House {
        person: Person { documents: documents.clone(), desk: desk.clone(), asked_hosts: asked_hosts.clone() },
        documents,
        base_path,
        asked_hosts,
        readers: engine.readers.clone(),
        writer: engine.writer.clone(),
        clock,
        hubs,
        desk,
        limits: Limits { max_body_bytes: config.fetch.max_feed_bytes, timeout: config.fetch.timeout },
        connections: ConnectionLimits { idle: config.serve.idle_timeout, per_peer: config.serve.per_peer },
    };
    let (stop, stopped) = watch::channel(false);
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
        }
    };
    let ended = daemon::run(engine.clone(), hub_calls, list_calls, told, || ready(address)).await;
    // Nobody listening is fine: then the server has ended already.
    let _ = stop.send(true);
    ended.and(served)
}
