//! WebSub: asks hubs for subscriptions, answers their questions, takes in what they push.

use super::engine::{Engine, Stats, clock};
use super::poll::{self, Work};
use crate::store::{DueHub, Subscribed};
use crate::text;
use crate::websub::{self, Question};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Where hubs call back, below `serve.base_url`; a token follows.
pub const CALLBACK_PATH: &str = "/websub/";

/// Hubs that are asked at one time.
const HUBS_AT_ONCE: u32 = 16;

/// Asks every hub that is due.
pub(super) async fn ask_hubs(engine: &Arc<Engine>) -> anyhow::Result<()> {
    loop {
        let due = engine.writer.write(|store| store.claim_hubs(HUBS_AT_ONCE, clock())).await?;
        if due.is_empty() {
            return Ok(());
        }
        let mut asking = JoinSet::new();
        for hub in due {
            let engine = engine.clone();
            asking.spawn(async move { ask(&engine, hub).await });
        }
        while let Some(asked) = asking.join_next().await {
            asked?;
        }
    }
}

async fn ask(engine: &Arc<Engine>, due: DueHub) {
    let Some(base) = engine.config.callback_base() else { return };
    let form = websub::subscription_form(&due.topic, &format!("{base}{CALLBACK_PATH}{}", due.token), &due.secret);
    let name = text::redact_url(&due.hub);
    let refused = match engine.client.post_form(&due.hub, form).await {
        Ok(status) if (200..300).contains(&status) => {
            tracing::debug!(hub = name, feed.id = due.feed.0, "asked for a subscription");
            return;
        }
        Ok(status) => format!("HTTP {status}"),
        Err(error) => error.to_string(),
    };
    tracing::debug!(hub = name, feed.id = due.feed.0, why = refused, "the hub gives no subscription");
    let token = due.token;
    if let Err(error) = engine.writer.write(move |store| store.hub_refused(&token, &refused, clock())).await {
        // It counts as asked, and is asked again later.
        tracing::error!(hub = name, %error, "a hub's answer could not be stored");
    }
}

/// What a hub is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The challenge, to be echoed.
    Echo(String),
    Taken,
    /// Never asked for, or wanted no more.
    Unknown,
    Malformed,
    /// It may try again.
    Failed,
}

/// A hub asks at the callback whether its subscription is meant, or tells that there will be none.
pub async fn answer(engine: &Arc<Engine>, token: String, query: &str) -> anyhow::Result<Answer> {
    let Some(question) = websub::question(query) else { return Ok(Answer::Malformed) };
    let question = match question {
        Question::Subscribe { topic, challenge, lease } => {
            let verified = engine.writer.write(move |store| store.hub_verified(&token, &topic, lease, clock())).await?;
            return Ok(if verified { Answer::Echo(challenge) } else { Answer::Unknown });
        }
        other => other,
    };
    Ok(match (question, find(engine, token.clone()).await?) {
        // We never ask to be left alone, but leave off answering; whoever asks it in our name is not obeyed while the
        // feed is wanted.
        (Question::Unsubscribe { challenge, .. }, None | Some(Subscribed { wanted: false, .. })) => Answer::Echo(challenge),
        (Question::Denied { topic, reason }, Some(known)) if known.topic == topic => {
            let why = format!("denied: {}", text::one_line(text::clip(&reason, 200)));
            engine.writer.write(move |store| store.hub_refused(&token, &why, clock())).await?;
            Answer::Taken
        }
        _ => Answer::Unknown,
    })
}

/// The subscription whose pushes are awaited under a token: asked before a body is read, so that a stranger cannot make us
/// hold one.
pub async fn awaited(engine: &Arc<Engine>, token: String) -> anyhow::Result<Option<Subscribed>> {
    Ok(find(engine, token).await?.filter(|known| known.wanted))
}

/// Pushes that are taken in at once: what they hold is bounded, however many come.
pub(super) const MAX_PUSHES: usize = 8;
/// How long a push waits for its turn before its hub is told to come again.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A turn for one push; `None`: too many are being taken in.
pub async fn turn(engine: &Engine) -> Option<tokio::sync::SemaphorePermit<'_>> {
    tokio::time::timeout(MAX_WAIT, engine.pushes.acquire()).await.ok()?.ok()
}

/// Takes in what a hub pushed. A body that is not signed with the subscription's secret is dropped, and the hub is not
/// told so (WebSub 8.1: whoever forges learns nothing).
pub async fn take_in(
    engine: &Arc<Engine>,
    known: Subscribed,
    signature: Option<&str>,
    content_type: Option<String>,
    body: bytes::Bytes,
) -> anyhow::Result<Answer> {
    let name = poll::log_name(&known.feed);
    if !signature.is_some_and(|signature| websub::is_signed(signature, &known.secret, &body)) {
        tracing::warn!(feed.url = name, "a push without a valid signature was dropped");
        return Ok(Answer::Taken);
    }
    let (feed, at) = (known.feed.id, clock());
    let work = Work { engine: engine.clone(), due: known.feed.into(), content_type, final_url: known.topic, delta: true, at };
    let read = match engine.on_cpu(move || work.parse(&body)).await? {
        Ok(parsed) => parsed.read,
        Err(not_a_feed) => {
            tracing::debug!(feed.url = name, error = %not_a_feed, "what a hub pushed is no feed");
            None
        }
    };
    // What cannot be read is not pushed again; the daily poll sees whether something was missed.
    let Some(read) = read else { return Ok(Answer::Taken) };
    let change = match engine.writer.write(move |store| store.save_push(feed, &read, at)).await {
        Ok(change) => change,
        Err(error) => {
            tracing::error!(feed.url = name, %error, "what a hub pushed could not be stored");
            return Ok(Answer::Failed);
        }
    };
    Stats::add(&engine.stats.new_entries, change.n_new);
    Stats::add(&engine.stats.edited, change.n_edited);
    Stats::add(&engine.stats.settled, change.n_settled);
    poll::wake(engine, change);
    tracing::debug!(feed.url = name, n_new = change.n_new, n_edited = change.n_edited, "pushed by its hub");
    Ok(Answer::Taken)
}

async fn find(engine: &Arc<Engine>, token: String) -> anyhow::Result<Option<Subscribed>> {
    engine.read(move |reader| reader.subscribed(&token)).await
}
