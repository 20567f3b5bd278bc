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
use tokio::time::Instant;

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

/// To see what changed every document is rendered: no sooner than so long after the last time.
const LEAST_APART: Duration = Duration::from_secs(30);

struct Announcer<'a> {
    engine: &'a Engine,
    hub: &'a str,
    told: HashMap<String, Told>,
}

/// What the hub knows of a topic.
#[derive(Default)]
struct Told {
    /// The state that it took, or refused for good.
    state: Option<String>,
    /// How often in a row it could not be told, and when it is tried again.
    n_errors: u32,
    again: Option<Instant>,
}

/// Why the hub does not know a state.
enum Untold {
    /// It does not want it.
    Refused(String),
    Failed(String),
}

/// Tells `hub` of every change until `stopped`, while this process leads; each document once at the start, because what was
/// committed before the process ended may not have been told.
pub async fn announce(engine: Arc<Engine>, hub: String, topics: TopicsDoor, mut stopped: watch::Receiver<bool>) {
    let mut changed = engine.writer.generation();
    let mut announcer = Announcer { engine: &engine, hub: &hub, told: HashMap::new() };
    let work = async {
        loop {
            engine.duties.to_lead().await;
            let begun = Instant::now();
            changed.mark_unchanged();
            let again = match topics().await {
                Ok(topics) => announcer.tell(topics).await,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the hub is told nothing: the outputs cannot be rendered");
                    Some(begun + websub::tell_again(1))
                }
            };
            tokio::select! {
                () = tokio::time::sleep_until(again.unwrap_or(begun)), if again.is_some() => {}
                is_open = changed.changed() => if is_open.is_err() { return },
            }
            tokio::time::sleep_until((begun + LEAST_APART).max(Instant::now() + GATHER)).await;
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
    /// Tells what is not known there yet; gives when the first of those that could not be told is due again.
    async fn tell(&mut self, topics: Vec<Topic>) -> Option<Instant> {
        self.told.retain(|url, _| topics.iter().any(|topic| topic.url == *url));
        for Topic { url, state } in topics {
            let told = self.told.entry(url.clone()).or_default();
            if told.state.as_ref() == Some(&state) {
                told.again = None;
                continue;
            }
            if told.again.is_some_and(|again| again > Instant::now()) {
                continue;
            }
            let name = text::redact_url(self.hub);
            match post(self.engine, self.hub, &url).await {
                Ok(()) => {
                    tracing::debug!(hub = name, topic = url, "the hub was told of a change");
                    *told = Told { state: Some(state), ..Told::default() };
                }
                Err(Untold::Refused(why)) => {
                    tracing::warn!(hub = name, topic = url, why, "the hub (serve.hub) does not want to be told of this change");
                    *told = Told { state: Some(state), ..Told::default() };
                }
                Err(Untold::Failed(why)) => {
                    // One line for each time that it stays away.
                    if told.n_errors == 0 {
                        tracing::warn!(
                            hub = name,
                            topic = url,
                            why,
                            "the hub (serve.hub) could not be told of a change; it is tried again"
                        );
                    }
                    told.n_errors += 1;
                    told.again = Some(Instant::now() + websub::tell_again(told.n_errors));
                }
            }
        }
        self.told.values().filter_map(|told| told.again).min()
    }
}

async fn post(engine: &Engine, hub: &str, topic: &str) -> Result<(), Untold> {
    let posting = engine.client.post_form(hub, websub::publication_form(topic), clock());
    match engine.duties.ask_anywhere(hub, posting).await {
        Some(Ok(200..300)) => Ok(()),
        Some(Ok(status @ 400..500)) if status != 429 => Err(Untold::Refused(format!("HTTP {status}"))),
        Some(Ok(status)) => Err(Untold::Failed(format!("HTTP {status}"))),
        Some(Err(error)) => Err(Untold::Failed(error.to_string())),
        None => Err(Untold::Failed("this node may ask nobody now".to_owned())),
    }
}
