//! Who is logged in at the page: by the word that an app gets for its password, in a cookie.

use super::desk::Desk;
use crate::records::Marking;
use crate::sync::secret;
use axum::http::{HeaderMap, HeaderValue, header};
use std::net::IpAddr;

/// The cookie's name, and how long a browser keeps it: the password ends it sooner.
const COOKIE: &str = "courant";
const YEAR: u64 = 365 * 86_400;

/// What came of a login.
pub enum Login {
    /// This address is not listened to.
    Shut,
    Wrong,
    Here {
        cookie: HeaderValue,
    },
}

/// Somebody who is logged in.
pub struct LoggedIn {
    /// What a form of ours must bring back.
    pub proof: String,
}

impl LoggedIn {
    pub fn is_proven(&self, given: &str) -> bool {
        secret::is_equal(&self.proof, given)
    }
}

impl Desk {
    /// Whether there is anybody who could log in, and his password passes no network in clear.
    pub async fn is_open(&self) -> bool {
        !self.inner.settings().is_exposed && self.inner.apps().await.is_ok_and(|apps| !apps.is_empty())
    }

    pub async fn log_in(&self, peer: IpAddr, headers: &HeaderMap, name: &str, password: &str) -> Login {
        let peer = self.inner.peer(peer, headers);
        if self.inner.is_shut(peer) {
            return Login::Shut;
        }
        let apps = self.inner.apps().await.unwrap_or_default();
        let Some(app) = secret::by_password(&apps, name, password) else {
            self.inner.failed(peer);
            return Login::Wrong;
        };
        let secure = if self.inner.settings().base_url.starts_with("https:") { "; Secure" } else { "" };
        let (word, path) = (secret::auth(&app.name, password), self.path("/"));
        let cookie = format!("{COOKIE}={word}; Path={path}; Max-Age={YEAR}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::try_from(cookie).map_or(Login::Wrong, |cookie| Login::Here { cookie })
    }

    pub async fn session(&self, headers: &HeaderMap) -> Option<LoggedIn> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let word = cookies.flat_map(|all| all.split(';')).find_map(|one| one.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
        let apps = self.inner.apps().await.ok()?;
        secret::by_auth(&apps, word)?;
        Some(LoggedIn { proof: secret::proof(word) })
    }

    /// A path of ours, as this server's pages link to it.
    pub fn path(&self, path: &str) -> String {
        let settings = self.inner.settings();
        let rest = settings.base_url.split_once("://").map_or("", |(_, rest)| rest);
        format!("{}{path}", rest.find('/').map_or("", |at| &rest[at..]))
    }

    /// Marks the story of a number or published id; `false`: there is none.
    pub async fn mark_named(&self, id: &str, marking: Marking) -> anyhow::Result<bool> {
        let id = id.to_owned();
        let Some(story) = self.inner.readers.ask(move |reader| reader.find_story(&id)).await? else { return Ok(false) };
        self.inner.mark(vec![story], marking).await?;
        Ok(true)
    }
}
