//! What the routes of all protocols stand on: who asks, of which account, and how an answer goes out.

use super::super::answers::{asked_base, guarded, is_known};
use super::super::coding;
use super::super::connections::network;
use super::super::door::ListDoor;
use super::throttle::{Throttle, WINDOW};
use crate::model::{StoryId, Timestamp};
use crate::outputs::Coding;
use crate::publish;
use crate::query::Query;
use crate::records::{App, Command, ListEdit, ListReply, Marking};
use crate::store::{ItemFilter, Reader, Readers, Writer};
use crate::sync::{Account, Fields};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What apps are told and may do.
#[derive(Clone, Debug)]
pub struct DeskSettings {
    /// Without a slash at the end.
    pub base_url: String,
    /// See [`super::super::House::asked_hosts`].
    pub asked_hosts: Option<Vec<String>>,
    /// The outputs that are accounts: name and whole query.
    pub outputs: Vec<(String, Query)>,
    /// A proxy stands before us, whose `X-Forwarded-For` says who asks.
    pub behind_proxy: bool,
    /// Passwords would pass a network in clear: nobody is listened to.
    pub is_exposed: bool,
}

/// Where reading apps ask. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub(super) inner: Arc<Inner>,
}

/// They may change while it is served.
pub type LiveSettings = Box<dyn Fn() -> Arc<DeskSettings> + Send + Sync>;

pub(super) struct Inner {
    settings: LiveSettings,
    pub readers: Readers,
    pub writer: Writer,
    pub clock: fn() -> Timestamp,
    lists: ListDoor,
    throttle: Mutex<Throttle>,
    folders: Mutex<Folders>,
}

/// What apps did with folders that the list of subscriptions cannot say.
#[derive(Debug, Default)]
struct Folders {
    /// Those that an app made before it put a feed into them.
    empty: Vec<String>,
    /// Under which name the folder of a number is found that had another name when the number was given.
    renamed: Vec<(i64, String)>,
}

/// Stories that one transaction marks: polls do not wait for longer than that takes.
const MOST_MARKED: usize = 10_000;

/// Folders that are remembered.
const MAX_FOLDERS: usize = 64;

/// Who asks, and what of.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub app: String,
    pub base_url: String,
    /// The output that is the account; "" for all stories.
    pub output: String,
    pub query: Query,
}

/// A request whose sender is known.
pub(super) struct Call {
    pub visitor: Visitor,
    pub method: Method,
    /// Behind the protocol's own path.
    pub path: String,
    pub fields: Fields,
    pub body: Bytes,
}

/// Bodies that are smaller are not worth compressing.
const SMALL_BYTES: usize = 1024;

impl Desk {
    /// `lists`: where changes of the list of subscriptions go.
    pub fn new(settings: LiveSettings, readers: Readers, writer: Writer, clock: fn() -> Timestamp, lists: ListDoor) -> Desk {
        let inner = Inner { settings, readers, writer, clock, lists, throttle: Mutex::default(), folders: Mutex::default() };
        Desk { inner: Arc::new(inner) }
    }
}

impl Inner {
    pub fn settings(&self) -> Arc<DeskSettings> {
        (self.settings)()
    }

    pub async fn apps(&self) -> anyhow::Result<Vec<App>> {
        self.readers.ask(|reader| reader.apps()).await
    }

    /// The address that counts as who asks.
    pub fn peer(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let forwarded = || {
            let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?;
            last.trim().parse().ok().map(network)
        };
        if self.settings().behind_proxy { forwarded().unwrap_or(peer) } else { peer }
    }

    pub fn is_shut(&self, peer: IpAddr) -> bool {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).is_shut(peer, (self.clock)())
    }

    /// A login failed.
    pub fn failed(&self, peer: IpAddr) {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).failed(peer, (self.clock)());
        tracing::warn!(%peer, "an app was refused: wrong name or password");
    }

    /// The account of an output, or of all stories; `None`: there is no such output.
    pub fn visitor(&self, app: &App, output: Option<&str>, headers: &HeaderMap) -> Option<Visitor> {
        let settings = self.settings();
        let query = match output {
            None => Query::default(),
            Some(name) => settings.outputs.iter().find(|(known, _)| known == name)?.1.clone(),
        };
        let base_url = asked_base(settings.asked_hosts.as_deref(), headers).unwrap_or_else(|| settings.base_url.clone());
        Some(Visitor { app: app.name.clone(), base_url, output: output.unwrap_or_default().to_owned(), query })
    }

    /// Asks the database for an account, on a thread of its own.
    pub async fn ask<T: Send + 'static>(
        &self,
        visitor: &Visitor,
        question: impl FnOnce(&Asking) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let (visitor, now) = (visitor.clone(), (self.clock)());
        let empty_folders = self.folders().empty.clone();
        self.readers
            .ask(move |reader| {
                let feeds = reader.listed_feeds()?;
                let account =
                    Account { name: &visitor.app, base_url: &visitor.base_url, feeds: &feeds, empty_folders: &empty_folders };
                question(&Asking { reader, account, output: &visitor.output, query: &visitor.query, now })
            })
            .await
    }

    pub async fn mark(&self, stories: Vec<StoryId>, marking: Marking) -> anyhow::Result<()> {
        let at = (self.clock)();
        for part in stories.chunks(MOST_MARKED) {
            self.writer.submit(Command::Mark { stories: part.to_vec(), marking, at }).await?;
        }
        Ok(())
    }

    pub async fn edit(&self, edit: ListEdit) -> anyhow::Result<ListReply> {
        self.lists.ask(edit).await.ok_or_else(|| anyhow::anyhow!("the service is ending"))
    }

    /// Remembers a folder until a feed is in it.
    pub fn make_folder(&self, name: &str) {
        let mut folders = self.folders();
        if folders.empty.len() < MAX_FOLDERS && !folders.empty.iter().any(|known| known == name) {
            folders.empty.push(name.to_owned());
        }
    }

    /// Forgets an empty folder. `false`: there is none.
    pub fn forget_folder(&self, name: &str) -> bool {
        let mut folders = self.folders();
        let n_before = folders.empty.len();
        folders.empty.retain(|known| known != name);
        folders.empty.len() < n_before
    }

    /// A number goes on meaning a folder that has another name now.
    pub fn renamed_folder(&self, number: i64, name: &str) {
        let mut folders = self.folders();
        folders.renamed.retain(|(known, _)| *known != number);
        if folders.renamed.len() >= MAX_FOLDERS {
            folders.renamed.remove(0);
        }
        folders.renamed.push((number, name.to_owned()));
    }

    /// The name that a folder has now whose number is not of its name any more.
    pub fn name_of_renamed(&self, number: i64) -> Option<String> {
        self.folders().renamed.iter().find(|(known, _)| *known == number).map(|(_, name)| name.clone())
    }

    fn folders(&self) -> std::sync::MutexGuard<'_, Folders> {
        // Poisoned or not, it is a list of names.
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An account and the database, for one question.
pub(super) struct Asking<'a> {
    pub reader: &'a Reader,
    pub account: Account<'a>,
    output: &'a str,
    pub query: &'a Query,
    pub now: Timestamp,
}

impl Asking<'_> {
    /// All items of the account.
    pub fn filter(&self) -> ItemFilter {
        ItemFilter { output: self.output.to_owned(), query: self.query.clone(), ..ItemFilter::default() }
    }
}

/// An answer before it is packed.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    kind: &'static str,
    pub body: String,
    /// It is asked for again and again, and told apart by an ETag.
    is_list: bool,
}

pub(super) const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

impl Answer {
    pub fn json(body: impl Into<String>) -> Answer {
        Answer { status: StatusCode::OK, kind: JSON, body: body.into(), is_list: false }
    }

    pub fn list(body: String) -> Answer {
        Answer { is_list: true, ..Answer::json(body) }
    }

    pub fn text(status: StatusCode, body: impl Into<String>) -> Answer {
        Answer { status, kind: TEXT, body: body.into(), is_list: false }
    }

    pub fn opml(body: String) -> Answer {
        Answer { kind: "text/x-opml; charset=utf-8", ..Answer::json(body) }
    }

    pub fn with(self, status: StatusCode) -> Answer {
        Answer { status, ..self }
    }

    /// With its headers, compressed where that is understood. Nothing of it may be kept by anyone on the way.
    pub fn pack(self, asked: &HeaderMap) -> Response {
        let mut headers = guarded(self.kind);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, authorization"));
        let is_packed = self.body.len() > SMALL_BYTES && coding::best(asked, &[Coding::Gzip]).is_some();
        if self.is_list {
            // Strong, one for each encoding.
            let hash = xxhash_rust::xxh3::xxh3_128(self.body.as_bytes());
            let mark = if is_packed { "-gz" } else { "" };
            if let Ok(etag) = HeaderValue::try_from(format!("\"{hash:032x}{mark}\"")) {
                let known = is_known(asked, std::iter::once(&etag));
                headers.insert(header::ETAG, etag);
                if known {
                    return (StatusCode::NOT_MODIFIED, headers).into_response();
                }
            }
        }
        if is_packed {
            let mut gzip = flate2::write::GzEncoder::new(Vec::with_capacity(self.body.len() / 4), flate2::Compression::fast());
            // Writing to memory does not fail; if it did, the answer goes as it is.
            if gzip.write_all(self.body.as_bytes()).is_ok()
                && let Ok(packed) = gzip.finish()
            {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                return (self.status, headers, packed).into_response();
            }
        }
        (self.status, headers, self.body).into_response()
    }
}

/// What an address gets that failed too often.
pub(super) fn too_many() -> Response {
    let mut response = Answer::text(StatusCode::TOO_MANY_REQUESTS, "too many failed logins\n").pack(&HeaderMap::new());
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(WINDOW.as_secs()));
    response
}

/// The subscriptions as OPML; those whose addresses are somebody's secret are left out, as `courant feed export` does.
pub(super) fn export(account: &Account) -> String {
    let public: Vec<publish::Subscription> = account
        .feeds
        .iter()
        .filter_map(|feed| {
            Some(publish::Subscription {
                url: feed.public_url.clone()?,
                title: Some(feed.name.clone()),
                site_url: feed.site_url.clone(),
                tags: feed.tags.clone(),
            })
        })
        .collect();
    publish::opml("courant subscriptions", &public)
}
