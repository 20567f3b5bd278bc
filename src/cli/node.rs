//! `courant run` on a node of a cluster: where its database comes from the others.

use super::failure::{Failure, Outcome};
use super::{service, setup};
use crate::config::Config;
use crate::daemon::{self, cluster};
use crate::serve::{self, ConnectionLimits};
use std::net::TcpListener;
use std::time::Duration;
use tokio::sync::watch;

/// Between two tries to fetch a snapshot.
const BREATH: Duration = Duration::from_secs(2);

/// What everybody is answered before there is a database.
const JOINING: &str = "joining: this node has no database yet, and fetches the cluster's\n";

/// Whether there is a database to serve from, and where it is to be served.
pub enum Joined {
    Yes(TcpListener),
    /// Told to stop before there was.
    Stopped,
}

/// Has a new node's database fetched from the cluster, while whoever asks is told so. Nothing where there is one, or no cluster.
pub fn join_first(config: &Config, told_to_stop: &mut setup::Stop) -> Result<Joined, Failure> {
    let listener = service::listener(&config.serve.listen)?;
    if !config.cluster.is_on() || config.database().exists() {
        return Ok(Joined::Yes(listener));
    }
    let limits = ConnectionLimits { idle: config.serve.idle_timeout, per_peer: config.serve.per_peer };
    let runtime = setup::runtime()?;
    let joined = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve::stand_in(service::handle(&listener)?, JOINING, limits, stopped));
        told_to_stop.listen()?;
        tracing::info!("joining on http://{}/: this node has no database yet, and fetches the cluster's", listener.local_addr()?);
        let joined = tokio::select! {
            () = told_to_stop.told() => Ok(false),
            joined = join(config) => joined.map(|()| true),
        };
        // Who serves has ended already, or ends now.
        _ = stop.send(true);
        serving.await?;
        joined
    })?;
    Ok(if joined { Joined::Yes(listener) } else { Joined::Stopped })
}

/// Tries again where another time may be better: a server that does not answer, a cluster whose first node is being made.
async fn join(config: &Config) -> anyhow::Result<()> {
    let mut was_told = false;
    loop {
        daemon::notify_alive();
        match cluster::fetch_first(config).await {
            Ok(seq) => {
                tracing::info!(seq, "this node's database is a snapshot of the cluster's");
                return Ok(());
            }
            Err(error) if !cluster::may_pass(&error) => return Err(error),
            Err(error) if !std::mem::replace(&mut was_told, true) => {
                tracing::warn!(error = format!("{error:#}"), "the cluster's snapshot could not be fetched; it is tried again");
            }
            Err(error) => tracing::debug!(error = format!("{error:#}"), "the cluster's snapshot could not be fetched"),
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Begins anew as often as the database of this node cannot go on by the log: a snapshot, which is here by then, takes its place.
pub fn go_on(mut ended: Outcome, config: &Config, mut again: impl FnMut() -> Outcome) -> Outcome {
    while let Err(Failure::Error(error)) = &ended
        && error.is::<cluster::NeedsSnapshot>()
    {
        let aside = cluster::begin_anew(config)?;
        tracing::warn!(aside = %aside.display(), "the database that could not go on is set aside");
        ended = again();
    }
    ended
}
