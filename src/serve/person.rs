//! A person at the page: logs in with the name and password of an app (`courant sync add`), and marks stories there. The cookie
//! is the word that such an app gets: it goes to no other site, and dies with the password. What is changed needs a proof that
//! stands in the page alone, so that no other site's form changes anything.

use super::answers::{asked_base, guarded, page_policy, plain};
use super::connections::Peer;
use super::sync::{Desk, Login};
use crate::outputs::{Cache, Language, Personal};
use crate::publish;
use crate::records::Marking;
use crate::sync::Fields;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What a page's form has at most, and how long it may take to come.
const MAX_FORM_BYTES: usize = 8 << 10;
const FORM_TIME: Duration = Duration::from_secs(10);

/// Who marks on pages: what that needs. Cheap to clone.
#[derive(Clone)]
pub struct Person {
    pub documents: Arc<Cache>,
    pub desk: Desk,
    /// Pages show pictures of other sites.
    pub images_are_linked: bool,
    /// See `House::asked_hosts`.
    pub asked_hosts: Option<Vec<String>>,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>(person: Person) -> Router<S> {
    Router::new().route("/login", get(form).post(log_in)).route("/story/{id}/mark", post(mark)).with_state(person)
}

impl Person {
    /// A story's page with what this person did with it; `None`: nobody is logged in, and the page is everybody's.
    pub(super) async fn story(&self, id: &str, headers: &HeaderMap) -> Option<Response> {
        let session = self.desk.session(headers).await?;
        Some(self.page(Personal::Story { id: id.to_owned(), proof: session.proof }, headers).await)
    }

    async fn page(&self, what: Personal, headers: &HeaderMap) -> Response {
        let base_url = asked_base(self.asked_hosts.as_deref(), headers);
        match self.documents.personal(what, language(headers), base_url).await {
            Ok(Some(page)) => {
                let mut about = guarded(publish::HTML);
                about.insert(header::CONTENT_SECURITY_POLICY, page_policy(self.images_are_linked));
                about.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
                (about, page).into_response()
            }
            Ok(None) => plain(StatusCode::NOT_FOUND, "no such story\n"),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a page could not be rendered");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be rendered now; see the log\n")
            }
        }
    }
}

pub(super) fn language(headers: &HeaderMap) -> Language {
    Language::accepted(headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

async fn fields(body: Body) -> Option<Fields> {
    let whole = tokio::time::timeout(FORM_TIME, to_bytes(body, MAX_FORM_BYTES)).await;
    Some(Fields::read("", "", &whole.ok()?.ok()?))
}

fn to(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
        Err(_) => plain(StatusCode::BAD_REQUEST, "not an address\n"),
    }
}

async fn form(State(person): State<Person>, headers: HeaderMap) -> Response {
    match person.desk.is_open().await {
        true => person.page(Personal::Login { failed: false }, &headers).await,
        false => plain(StatusCode::NOT_FOUND, "nobody can log in: `courant sync add NAME` gives a password\n"),
    }
}

async fn log_in(State(person): State<Person>, peer: Option<Extension<Peer>>, headers: HeaderMap, body: Body) -> Response {
    if !person.desk.is_open().await {
        return plain(StatusCode::NOT_FOUND, "nobody can log in: `courant sync add NAME` gives a password\n");
    }
    let Some(fields) = fields(body).await else { return plain(StatusCode::PAYLOAD_TOO_LARGE, "too large, or too slow\n") };
    // Every connection of ours names its peer.
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |Extension(Peer(address))| address);
    let (name, password) = (fields.get("name").unwrap_or_default().trim(), fields.get("password").unwrap_or_default().trim());
    match person.desk.log_in(peer, &headers, name, password).await {
        Login::Shut => plain(StatusCode::TOO_MANY_REQUESTS, "too many failed logins; try again in a minute\n"),
        Login::Wrong => person.page(Personal::Login { failed: true }, &headers).await,
        Login::Here { cookie } => {
            let mut response = to(&person.desk.path("/"));
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
    }
}

async fn mark(State(person): State<Person>, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let Some(session) = person.desk.session(&headers).await else { return to(&person.desk.path("/login")) };
    let Some(fields) = fields(body).await else { return plain(StatusCode::PAYLOAD_TOO_LARGE, "too large, or too slow\n") };
    if !session.is_proven(fields.get("proof").unwrap_or_default()) {
        return plain(StatusCode::FORBIDDEN, "this form is not of our page\n");
    }
    let marking = match fields.get("as") {
        Some("read") => Marking::READ,
        Some("unread") => Marking::UNREAD,
        Some("starred") => Marking::STARRED,
        Some("unstarred") => Marking::UNSTARRED,
        _ => return plain(StatusCode::BAD_REQUEST, "a story is read, unread, starred or unstarred\n"),
    };
    match person.desk.mark_named(&id, marking).await {
        Ok(true) => to(&person.desk.path(&format!("/story/{id}"))),
        Ok(false) => plain(StatusCode::NOT_FOUND, "no such story\n"),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a story could not be marked");
            plain(StatusCode::SERVICE_UNAVAILABLE, "not now; see the log\n")
        }
    }
}
