//! `[[notify]]`: who is told of what, and how.

use super::sources::{self, Login};
use super::{secrets, values};
use crate::notify::Format;
use crate::query::Query;
use crate::rules::{Trigger, check_query};
use serde::Deserialize;
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    pub name: String,
    /// A story for which this comes to hold.
    pub query: Option<Query>,
    /// A feed that needs a person.
    pub feeds: bool,
    /// An address that is posted to; it is a person's own, and may be anywhere. `{id}` in it is the delivery's.
    pub webhook: String,
    /// Or a program, given the message on its input.
    pub command: Vec<String>,
    pub format: Format,
    /// Who gets mail.
    pub to: String,
    pub auth: Option<Box<Login>>,
    /// The name of the secret that signs what is posted; empty: nothing is signed.
    pub sign: String,
    /// What comes within this time is one message.
    #[serde(with = "values::duration")]
    pub wait: Duration,
    /// Before the first try again; twice as long before each further one, up to an hour.
    #[serde(with = "values::duration")]
    pub retry: Duration,
}

impl Default for Notify {
    fn default() -> Notify {
        Notify {
            name: String::new(),
            query: None,
            feeds: false,
            webhook: String::new(),
            command: Vec::new(),
            format: Format::Json,
            to: String::new(),
            auth: None,
            sign: String::new(),
            wait: Duration::from_secs(60),
            retry: Duration::from_secs(30),
        }
    }
}

impl Notify {
    pub fn trigger(&self) -> Trigger {
        Trigger { name: self.name.clone(), query: self.query.clone(), feeds: self.feeds }
    }

    /// The address for a delivery.
    pub fn address(&self, token: &str) -> String {
        self.webhook.replace("{id}", token)
    }

    /// What is wrong with it, and what to write instead.
    pub(super) fn check(&self) -> Result<(), String> {
        match &self.query {
            None if !self.feeds => return Err("tells nothing; say query, or feeds = true".into()),
            Some(query) => check_query(query)?,
            None => {}
        }
        if self.webhook.is_empty() == self.command.is_empty() {
            return Err("say webhook or command, one of them".into());
        }
        if self.webhook.is_empty() {
            if !self.command[0].starts_with('/') {
                return Err(format!("command needs the program's whole path, not {:?}", self.command[0]));
            }
            if self.auth.is_some() || !self.sign.is_empty() {
                return Err("auth and sign are for a webhook".into());
            }
        } else {
            match url::Url::parse(&self.address("x")) {
                Ok(url) if ["http", "https"].contains(&url.scheme()) && url.has_host() => {}
                _ => return Err(format!("webhook = {:?} is not an http address", crate::text::redact_url(&self.webhook))),
            }
        }
        if (self.format == Format::Mail) == self.to.is_empty() {
            return Err("format = \"mail\" and to = \"an address\" belong together".into());
        }
        if !self.to.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return Err("to must be one line of plain ASCII".into());
        }
        if self.format == Format::Matrix && !self.webhook.contains("{id}") {
            return Err("a Matrix room is told under an id: end the webhook with /send/m.room.message/{id}".into());
        }
        if self.wait > Duration::from_secs(86_400) || self.retry.is_zero() {
            return Err("wait is a day at most, and retry more than zero".into());
        }
        if !self.sign.is_empty() {
            secrets::check_name(&self.sign)?;
        }
        self.auth.as_deref().map_or(Ok(()), sources::check_login)
    }
}
