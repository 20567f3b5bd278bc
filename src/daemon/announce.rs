//! WebSub, the publisher's side: tells the hub of our outputs which of them changed. What they are now is asked at a door,
//! because they are rendered by the server's side of the house.

use super::engine::Engine;
use super::parts::clock;
use crate::text;
use crate::websub;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Gives what the hub is told of: addresses, and what tells one state of a document from another.
pub type TopicsDoor = Box<dyn Fn() -> Pin<Box<dyn Future<Output = anyhow::Result<Vec<Topic>>> + Send>> + Send + Sync>;

/// One document of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub url: String,
    pub state: String,
}

/// Changes that come together are told together.
const GATHER: Duration = Duration::from_secs(2);

/// What the hub knows, and what it could not be told.
struct Announcer<'a> {
    engine: &'a Engine,
    hub: &'a str,
    /// The state of each topic that the hub took.
    told: HashMap<String, String>,
    n_errors: u32,
}

/// Tells `hub` of every change until `stopped`; each document once at the start, because what was committed before the
/// process ended may not have been told.
pub async fn announce(engine: Arc<Engine>, hub: String, topics: TopicsDoor, mut stopped: watch::Receiver<bool>) {
    let mut changed = engine.writer.generation();
    let mut announcer = Announcer { engine: &engine, hub: &hub, told: HashMap::new(), n_errors: 0 };
    let work = async {
        loop {
            changed.mark_unchanged();
            let is_done = match topics().await {
                Ok(topics) => announcer.tell(topics).await,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the hub is told nothing: the outputs cannot be rendered");
                    false
                }
            };
            announcer.n_errors = if is_done { 0 } else { announcer.n_errors + 1 };
            let again = websub::tell_again(announcer.n_errors.max(1));
            tokio::select! {
                () = tokio::time::sleep(again), if !is_done => {}
                is_open = changed.changed(), if is_done => if is_open.is_err() { return },
            }
            tokio::time::sleep(GATHER).await;
        }
    };
    tokio::select! {
        // An error means that the sender is gone: the service is ending.
        _ = stopped.wait_for(|stop| *stop) => return,
        () = work => {}
    }
    // The writer is gone, and the service ends with it.
    _ = stopped.wait_for(|stop| *stop).await;
}

impl Announcer<'_> {
    /// Tells what is not known there yet; `false`: not all could be told.
    async fn tell(&mut self, topics: Vec<Topic>) -> bool {
        for Topic { url, state } in topics {
            if self.told.get(&url) == Some(&state) {
                continue;
            }
            let posted = self.engine.client.post_form(self.hub, websub::publication_form(&url), clock()).await;
            let name = text::redact_url(self.hub);
            let why = match posted {
                Ok(status) if (200..300).contains(&status) => {
                    tracing::debug!(hub = name, topic = url, "the hub was told of a change");
                    self.told.insert(url, state);
                    continue;
                }
                Ok(status) => format!("HTTP {status}"),
                Err(error) => error.to_string(),
            };
            // One line for each time that it stays away.
            if self.n_errors == 0 {
                tracing::warn!(hub = name, why, "the hub (serve.hub) could not be told of a change; it is tried again");
            }
            return false;
        }
        true
    }
}
