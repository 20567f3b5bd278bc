//! WebSub: asks hubs for subscriptions, answers their questions, takes in what they push. The server hands on what comes to
//! the callback.

use super::duties::Duties;
use super::parts::clock;
use super::polls::{Documents, Origin, Unread};
use crate::config::{Config, Live};
use crate::fetch::Client;
use crate::records::{Command, DueHub, HubReply, HubRequest, Pushed, Reply, Subscribed};
use crate::store::{Readers, WriteError, Writer};
use crate::text;
use crate::websub::{self, CALLBACK_PATH, Question};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// Hubs that are asked at one time.
const HUBS_AT_ONCE: u32 = 16;

/// A document that its feed's poll overtook is taken in anew, at most so often.
const MAX_TRIES: usize = 3;

/// What came to the callback, and where the answer goes.
pub type HubCall = (HubRequest, oneshot::Sender<HubReply>);

/// What hubs need.
#[derive(Clone)]
pub struct Hubs {
    pub config: Live<Config>,
    pub client: Client,
    pub duties: Duties,
    pub documents: Documents,
    pub readers: Readers,
    pub writer: Writer,
}

impl Hubs {
    /// Answers what comes to the callback, until nothing can come.
    pub async fn answer_all(&self, mut coming: mpsc::Receiver<HubCall>) {
        let mut answering = JoinSet::new();
        while let Some((request, answer)) = coming.recv().await {
            let hubs = self.clone();
            answering.spawn(async move {
                let reply = hubs.answer(request).await.unwrap_or_else(|error| {
                    tracing::error!(error = format!("{error:#}"), "a hub could not be answered");
                    HubReply::Failed
                });
                // Who asked may have gone.
                let _ = answer.send(reply);
            });
            while answering.try_join_next().is_some() {}
        }
    }

    async fn answer(&self, request: HubRequest) -> anyhow::Result<HubReply> {
        match request {
            HubRequest::Asked { token, query } => self.answer_question(token, &query).await,
            HubRequest::Awaited { token } => Ok(match self.find(token).await? {
                Some(Subscribed { wanted: true, .. }) => HubReply::Taken,
                _ => HubReply::Unknown,
            }),
            HubRequest::Pushed(pushed) => self.take_in(*pushed).await,
        }
    }

    /// Asks every hub that is due, unless the network is down.
    pub async fn ask_due(&self) -> anyhow::Result<()> {
        while self.client.down().is_none() {
            let due = self.readers.ask(|reader| reader.due_hubs(HUBS_AT_ONCE, clock())).await?;
            if due.is_empty() {
                return Ok(());
            }
            let feeds = due.iter().map(|hub| hub.feed).collect();
            self.writer.submit(Command::HubsAsked { feeds, at: clock() }).await?;
            let mut asking = JoinSet::new();
            for hub in due {
                let hubs = self.clone();
                asking.spawn(async move { hubs.ask_one(hub).await });
            }
            while let Some(asked) = asking.join_next().await {
                asked?;
            }
        }
        Ok(())
    }

    async fn ask_one(&self, due: DueHub) {
        let config = self.config.get();
        let Some(base) = config.callback_base() else { return };
        let form = websub::subscription_form(&due.topic, &format!("{base}{CALLBACK_PATH}{}", due.token), &due.secret);
        let name = text::redact_url(&due.hub);
        let posting = self.client.post_form(&due.hub, form, clock());
        let Some(posted) = self.duties.ask_anywhere(&due.hub, posting).await else {
            // It counts as asked, and is asked again later.
            tracing::debug!(hub = name, feed.id = due.feed.0, "not asked: this node may ask nobody now");
            return;
        };
        let refused = match posted {
            Ok(status) if (200..300).contains(&status) => {
                tracing::debug!(hub = name, feed.id = due.feed.0, "asked for a subscription");
                return;
            }
            Ok(status) => format!("HTTP {status}"),
            Err(error) => error.to_string(),
        };
        tracing::debug!(hub = name, feed.id = due.feed.0, why = refused, "the hub gives no subscription");
        let refused = Command::HubRefused { token: due.token, why: refused, at: clock() };
        if let Err(error) = self.writer.submit(refused).await {
            // It counts as asked, and is asked again later.
            tracing::error!(hub = name, %error, "a hub's answer could not be stored");
        }
    }

    /// A hub asks at the callback whether its subscription is meant, or tells that there will be none.
    async fn answer_question(&self, token: String, query: &str) -> anyhow::Result<HubReply> {
        let Some(question) = websub::question(query) else { return Ok(HubReply::Malformed) };
        let question = match question {
            Question::Subscribe { topic, challenge, lease } => {
                let verified = self.writer.submit(Command::HubVerified { token, topic, lease, at: clock() }).await?;
                let meant = verified.reply == Reply::HubVerified(true);
                return Ok(if meant { HubReply::Echo(challenge) } else { HubReply::Unknown });
            }
            other => other,
        };
        Ok(match (question, self.find(token.clone()).await?) {
            // We never ask to be left alone, but leave off answering; whoever asks it in our name is not obeyed while the
            // feed is wanted.
            (Question::Unsubscribe { challenge, .. }, None | Some(Subscribed { wanted: false, .. })) => HubReply::Echo(challenge),
            (Question::Denied { topic, reason }, Some(known)) if known.topic == topic => {
                let why = format!("denied: {}", text::one_line(text::clip(&reason, 200)));
                self.writer.submit(Command::HubRefused { token, why, at: clock() }).await?;
                HubReply::Taken
            }
            _ => HubReply::Unknown,
        })
    }

    /// Takes in what a hub pushed. A body that is not signed with the subscription's secret is dropped, and the hub is not
    /// told so (WebSub 8.1: whoever forges learns nothing).
    async fn take_in(&self, pushed: Pushed) -> anyhow::Result<HubReply> {
        let Some(known) = self.find(pushed.token).await?.filter(|known| known.wanted) else { return Ok(HubReply::Unknown) };
        let (feed, name, at) = (known.feed.id, known.feed.log_name(), clock());
        if !pushed.signature.is_some_and(|signature| websub::is_signed(&signature, &known.secret, &pushed.body)) {
            tracing::warn!(feed.url = name, "a push without a valid signature was dropped");
            return Ok(HubReply::Taken);
        }
        let origin = Origin { due: known.feed.into(), content_type: pushed.content_type, final_url: known.topic, is_delta: true };
        let origin = Arc::new((origin, pushed.body));
        for _ in 0..MAX_TRIES {
            let document = match self.documents.read(origin.clone(), at).await {
                Ok(taken) => taken.document,
                // What cannot be read is not pushed again; the daily poll sees whether something was missed.
                Err(Unread::NotAFeed(error)) => {
                    tracing::debug!(feed.url = name, %error, "what a hub pushed is not a feed");
                    return Ok(HubReply::Taken);
                }
                Err(Unread::Stage(error)) => anyhow::bail!(error),
                Err(Unread::Database(error)) => return Err(error.into()),
            };
            match self.writer.submit(Command::Pushed { feed, document, at }).await {
                Ok(committed) => {
                    let (n_new, n_edited) = (committed.new.len(), committed.edited.len());
                    tracing::debug!(feed.url = name, n_new, n_edited, "pushed by its hub");
                    return Ok(HubReply::Taken);
                }
                Err(WriteError::Stale) => {}
                Err(error) => {
                    tracing::error!(feed.url = name, %error, "what a hub pushed could not be stored");
                    break;
                }
            }
        }
        Ok(HubReply::Failed)
    }

    async fn find(&self, token: String) -> anyhow::Result<Option<Subscribed>> {
        self.readers.ask(move |reader| reader.subscribed(&token)).await
    }
}
