//! Notices, sent: what waits for somebody becomes a delivery, which is tried until it arrives. A delivery has one id for ever:
//! where a process ends between the receiver's answer and its commit, it is sent again under the same one.

use super::parts::clock;
use super::process::{self, Bounds};
use crate::config::{Config, Live, Notify, secrets};
use crate::fetch::{Client, FetchError, OwnHeaders, Post, Settings, address};
use crate::model::Timestamp;
use crate::notify::{Format, LONGEST_RETRY, Message, message};
use crate::records::{Command, Delivery};
use crate::store::{Readers, Writer};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Notices in one delivery.
const MOST: usize = 100;
/// A receiver that takes nothing is asked no more after so long.
const GIVE_UP_AFTER: Duration = Duration::from_secs(7 * 86_400);
/// Tries after which a person is told.
const TELL_AFTER: u32 = 3;
/// Of what a command says on its output nothing is wanted.
const MAX_OUTPUT: usize = 64 * 1024;

/// What sending needs. Cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    pub config: Live<Config>,
    pub readers: Readers,
    pub writer: Writer,
    pub clients: Arc<Clients>,
}

/// Webhooks are a person's own and may be on this machine: they have clients of their own, made when the first is used. Several
/// of one host are independent, and each has one request at a time.
pub struct Clients {
    pub settings: Settings,
    direct: OnceCell<Client>,
    proxied: OnceCell<Client>,
}

impl Clients {
    pub fn new(settings: Settings) -> Clients {
        Clients { settings, direct: OnceCell::new(), proxied: OnceCell::new() }
    }

    async fn of(&self, url: &str) -> Result<&Client, FetchError> {
        // What is in the house is not for a proxy outside.
        let is_public = address::check(url, &[]).is_ok();
        let (cell, proxy) = match is_public {
            true => (&self.proxied, self.settings.proxy.clone()),
            false => (&self.direct, String::new()),
        };
        let everywhere = ["0.0.0.0/0", "::/0"].iter().filter_map(|network| network.parse().ok());
        let allow_private = everywhere.map(|network| address::Allowed { network, port: None }).collect();
        let make = || async {
            let per_host = self.settings.concurrency;
            let settings = Settings { proxy, allow_private, per_host, host_spacing: Duration::ZERO, ..self.settings.clone() };
            Client::new(settings, Vec::new()).map_err(|error| FetchError::Local(format!("{error:#}")))
        };
        cell.get_or_try_init(make).await
    }
}

/// Deliveries that are being tried.
#[derive(Default)]
pub struct InFlight {
    tasks: JoinSet<String>,
    to: HashSet<String>,
}

impl InFlight {
    /// Returns when one of them has ended; never, where there is none.
    pub async fn one_ends(&mut self) -> anyhow::Result<()> {
        match self.tasks.join_next().await {
            Some(ended) => {
                self.to.remove(&ended?);
                Ok(())
            }
            None => std::future::pending().await,
        }
    }

    /// Returns when all have.
    pub async fn all_end(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Notifier {
    /// Starts what is to be sent now; says when there will be more.
    pub async fn start_due(&self, in_flight: &mut InFlight) -> anyhow::Result<Option<Timestamp>> {
        let (config, now) = (self.config.get(), clock());
        let mut next: Option<Timestamp> = None;
        let mut sooner = |at: Timestamp| next = Some(next.map_or(at, |next| next.min(at)));
        for (name, since) in self.readers.ask(|reader| reader.waiting_notices()).await? {
            let Some(notify) = config.notify.iter().find(|notify| notify.name == name) else { continue };
            let at = since.plus(notify.wait);
            if at > now {
                sooner(at);
                continue;
            }
            let token = Uuid::new_v4().simple().to_string();
            self.writer.submit(Command::Dispatch { notifier: name, token, n: MOST, at: now }).await?;
            // There may be more than one delivery holds.
            sooner(now);
        }
        for delivery in self.readers.ask(move |reader| reader.due_deliveries(now)).await? {
            let notify = config.notify.iter().find(|notify| notify.name == delivery.notifier);
            let Some(notify) = notify.filter(|notify| in_flight.to.insert(notify.name.clone())) else { continue };
            let (notifier, notify) = (self.clone(), notify.clone());
            in_flight.tasks.spawn(async move {
                notifier.deliver(&notify, delivery).await;
                notify.name
            });
        }
        if let Some(at) = self.readers.ask(move |reader| reader.next_delivery(now)).await? {
            sooner(at);
        }
        Ok(next)
    }

    /// Tries a delivery, and commits what came of it.
    async fn deliver(&self, notify: &Notify, delivery: Delivery) {
        let sent = self.send(notify, &delivery).await;
        let (n_tries, n_notices, at) = (delivery.n_tries + 1, delivery.notices.len(), clock());
        let command = match sent {
            Ok(()) => {
                tracing::debug!(notify = notify.name, n_notices, n_tries, "delivered");
                Command::Delivered { delivery: delivery.id, at }
            }
            Err(error) if at.since(delivery.made) > GIVE_UP_AFTER => {
                tracing::error!(
                    notify = notify.name,
                    n_notices,
                    n_tries,
                    error,
                    "a notification was never taken; it is given up"
                );
                Command::Delivered { delivery: delivery.id, at }
            }
            Err(error) => {
                let wait = notify.retry.saturating_mul(1 << delivery.n_tries.min(16)).min(LONGEST_RETRY);
                match n_tries {
                    TELL_AFTER => tracing::warn!(notify = notify.name, n_tries, error, "a notification does not arrive"),
                    _ => tracing::debug!(notify = notify.name, n_tries, error, "a notification is tried again"),
                }
                Command::PutOff { delivery: delivery.id, error, next_try: at.plus(wait) }
            }
        };
        if let Err(error) = self.writer.submit(command).await {
            // It is due still, and tried again under its id.
            tracing::error!(notify = notify.name, %error, "what came of a notification could not be stored");
        }
    }

    async fn send(&self, notify: &Notify, delivery: &Delivery) -> Result<(), String> {
        let message = message(notify.format, &notify.name, &notify.to, &delivery.token, &delivery.notices);
        if notify.webhook.is_empty() {
            let too_large = |limit| FetchError::Local(format!("the command wrote more than {limit} bytes"));
            let bounds = Bounds { patience: self.clients.settings.timeout, limit: MAX_OUTPUT, too_large };
            return process::run(&notify.command, Some(message.body.into_bytes()), bounds)
                .await
                .map(drop)
                .map_err(|error| error.to_string());
        }
        let url = notify.address(&delivery.token);
        let own = self.headers(notify, &url, delivery, &message).await?;
        let put = notify.format == Format::Matrix;
        let post = Post { url: &url, put, content_type: message.content_type, body: message.body, own: &own };
        let client = self.clients.of(&url).await.map_err(|error| error.to_string())?;
        match client.post(post, clock()).await {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(format!("HTTP {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn headers(&self, notify: &Notify, url: &str, delivery: &Delivery, message: &Message) -> Result<OwnHeaders, String> {
        let mut own = OwnHeaders::new(url);
        own.set("x-courant-delivery", &delivery.token)?;
        if notify.format == Format::Ntfy {
            own.set("title", &message.title)?;
        }
        if let Some(login) = &notify.auth {
            own.set_login(login.user.as_deref(), login.header.as_deref(), &self.secret(&login.secret).await?)?;
        }
        if !notify.sign.is_empty() {
            let secret = self.secret(&notify.sign).await?;
            own.set("x-courant-signature", &crate::notify::signature(&secret, message.body.as_bytes()))?;
        }
        Ok(own)
    }

    async fn secret(&self, name: &str) -> Result<String, String> {
        let (name, places) = (name.to_owned(), self.config.get().secrets.clone());
        let secret = tokio::task::spawn_blocking(move || secrets::read(&name, &places)).await;
        secret.map_err(|_| "the secret could not be read".to_owned())?
    }
}
