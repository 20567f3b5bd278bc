//! Reading apps at the door: who they are is found out first, then the file of their protocol answers. Until a first app is
//! added nothing is here.
//!
//! | file | what it does |
//! |---|---|
//! | `desk` | what all protocols stand on: accounts, answers, the ways to the writer and to the list |
//! | `greader`, `miniflux`, `fever` | the calls of each protocol |
//! | `session` | who is logged in at the page |
//! | `throttle` | failed logins |

mod desk;
mod fever;
mod greader;
mod miniflux;
mod session;
mod throttle;

pub use desk::{Desk, DeskSettings};
pub use session::Login;

use super::answers::{guarded, plain};
use super::connections::Peer;
use crate::records::App;
use crate::sync::{self, Asked, Fields, Protocol, secret};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use desk::{Answer, Call, Inner, too_many};
use std::net::IpAddr;
use std::time::Duration;

/// A form of ten thousand long ids has 0.6 MB; more than this is no app's.
const MAX_BODY_BYTES: usize = 4 << 20;
/// What those may send who have not said yet who they are: a login, or a form with the key in it.
const MAX_STRANGERS_BYTES: usize = 256 << 10;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Bodies and answers of more bytes are worked on beside the thread of all connections.
const LARGE_BYTES: usize = 32 << 10;

/// Of Google Reader's API: the one call that comes before all others.
const LOGIN: &str = "accounts/ClientLogin";

/// All routes; which call an address means says [`sync::path`].
pub fn routes<S: Clone + Send + Sync + 'static>(desk: Desk) -> Router<S> {
    let everything = [
        "/accounts/ClientLogin",
        "/reader/api/0/{*call}",
        "/api/greader.php/{*call}",
        "/v1/{*call}",
        "/fever",
        "/fever/",
        "/fever/index.php",
        "/sync/{*call}",
    ];
    let routes = everything.into_iter().fold(Router::new(), |routes, path| routes.route(path, any(enter)));
    routes.with_state(desk)
}

async fn enter(
    State(Desk { inner: desk }): State<Desk>,
    peer: Option<Extension<Peer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // Every connection of ours names its peer.
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |Extension(Peer(address))| address);
    let peer = desk.peer(peer, &headers);
    let answer = match answer(&desk, peer, method, &uri, &headers, body).await {
        Ok(Said::Answer(answer)) => answer,
        Ok(Said::Response(response)) => return response,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "an app could not be answered");
            Answer::text(StatusCode::SERVICE_UNAVAILABLE, "not now; see the log\n")
        }
    };
    if answer.body.len() < LARGE_BYTES {
        return answer.pack(&headers);
    }
    match tokio::task::spawn_blocking(move || answer.pack(&headers)).await {
        Ok(response) => response,
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "not now; see the log\n"),
    }
}

/// An answer of an account, or what is said before it is known whose.
enum Said {
    Answer(Answer),
    Response(Response),
}

async fn answer(desk: &Inner, peer: IpAddr, method: Method, uri: &Uri, headers: &HeaderMap, body: Body) -> anyhow::Result<Said> {
    let apps = desk.apps().await?;
    let nothing = || Ok(Said::Response(plain(StatusCode::NOT_FOUND, "not found\n")));
    if apps.is_empty() {
        return nothing();
    }
    if let Some(svg) = sync::icon(uri.path()) {
        let mut about = guarded("image/svg+xml");
        about.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
        return Ok(Said::Response((about, svg).into_response()));
    }
    let Some(Asked { output, protocol, call }) = sync::path(uri.path()) else { return nothing() };
    if desk.settings().is_exposed {
        return Ok(Said::Response(plain(StatusCode::FORBIDDEN, EXPOSED)));
    }
    let known = by_headers(&apps, protocol, headers);
    let max_bytes = if known.is_some() { MAX_BODY_BYTES } else { MAX_STRANGERS_BYTES };
    let Ok(Ok(body)) = tokio::time::timeout(BODY_TIME, to_bytes(body, max_bytes)).await else {
        return Ok(Said::Response(plain(StatusCode::PAYLOAD_TOO_LARGE, "too large, too slow, or cut short\n")));
    };
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fields = read(uri.query().unwrap_or_default(), content_type, &body).await?;
    if protocol == Protocol::GoogleReader && call == LOGIN {
        return Ok(Said::Response(login(desk, &apps, peer, &fields, headers)));
    }
    let Some(app) = known.or_else(|| by_fields(&apps, protocol, &fields)) else {
        if has_credentials(protocol, headers, &fields) {
            if desk.is_shut(peer) {
                return Ok(Said::Response(too_many()));
            }
            desk.failed(peer);
        }
        return Ok(Said::Response(stranger(protocol)));
    };
    let Some(visitor) = desk.visitor(app, output.as_deref(), headers) else {
        return Ok(Said::Response(plain(StatusCode::NOT_FOUND, "no such output\n")));
    };
    let call = Call { visitor, method, path: call, fields, body };
    Ok(Said::Answer(match protocol {
        Protocol::GoogleReader => greader::answer(desk, call).await?,
        Protocol::Miniflux => miniflux::answer(desk, call).await?,
        Protocol::Fever => fever::answer(desk, call).await?,
    }))
}

const EXPOSED: &str = "passwords would pass the network in clear: let courant listen on loopback behind a proxy that adds HTTPS, \
    or set serve.behind_proxy = true\n";

async fn read(query: &str, content_type: &str, body: &bytes::Bytes) -> anyhow::Result<Fields> {
    if body.len() < LARGE_BYTES {
        return Ok(Fields::read(query, content_type, body));
    }
    let (query, content_type, body) = (query.to_owned(), content_type.to_owned(), body.clone());
    Ok(tokio::task::spawn_blocking(move || Fields::read(&query, &content_type, &body)).await?)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Who a request's headers say that it is.
fn by_headers<'a>(apps: &'a [App], protocol: Protocol, headers: &HeaderMap) -> Option<&'a App> {
    let authorization = text(headers, "authorization");
    match protocol {
        Protocol::GoogleReader => secret::by_auth(apps, sync::google_login(authorization?)?),
        Protocol::Miniflux => match text(headers, "x-auth-token") {
            Some(token) => secret::by_token(apps, token.trim()),
            None => {
                let (name, password) = sync::basic(authorization?)?;
                secret::by_password(apps, &name, &password)
            }
        },
        Protocol::Fever => None,
    }
}

/// The same of a form: liferea 1.14 sends its word as `T`, and no header.
fn by_fields<'a>(apps: &'a [App], protocol: Protocol, fields: &Fields) -> Option<&'a App> {
    match protocol {
        Protocol::GoogleReader => secret::by_auth(apps, fields.get("T")?.trim()),
        Protocol::Fever => secret::by_fever(apps, fields.get("api_key")?),
        Protocol::Miniflux => None,
    }
}

/// Whether somebody tried; who sends nothing guesses nothing.
fn has_credentials(protocol: Protocol, headers: &HeaderMap, fields: &Fields) -> bool {
    let is_some = |word: Option<&str>| word.is_some_and(|word| !word.trim().is_empty());
    match protocol {
        Protocol::GoogleReader => is_some(text(headers, "authorization").and_then(sync::google_login)),
        Protocol::Miniflux => is_some(text(headers, "x-auth-token")) || text(headers, "authorization").is_some(),
        Protocol::Fever => is_some(fields.get("api_key")),
    }
}

/// What those are told who are not known. The third protocol has no other way to say it.
fn stranger(protocol: Protocol) -> Response {
    let nobody = HeaderMap::new();
    match protocol {
        Protocol::GoogleReader => {
            let mut response = Answer::text(StatusCode::UNAUTHORIZED, "Unauthorized\n").pack(&nobody);
            // By it Capy asks for another token, and NetNewsWire logs in again.
            response.headers_mut().insert("x-reader-google-bad-token", HeaderValue::from_static("true"));
            response
        }
        Protocol::Miniflux => {
            let body = sync::miniflux::error("Access Unauthorized");
            Answer::json(body).with(StatusCode::UNAUTHORIZED).pack(&nobody)
        }
        Protocol::Fever => Answer::json(serde_json::Value::Object(sync::fever::greeting(None)).to_string()).pack(&nobody),
    }
}

/// Google Reader's login: the word for a name and a password.
fn login(desk: &Inner, apps: &[App], peer: IpAddr, fields: &Fields, headers: &HeaderMap) -> Response {
    if desk.is_shut(peer) {
        return too_many();
    }
    let (name, password) = (fields.get("Email").unwrap_or_default(), fields.get("Passwd").unwrap_or_default());
    let as_json = fields.get("output") == Some("json");
    match secret::by_password(apps, name, password) {
        Some(app) => {
            let body = sync::greader::login(&secret::auth(&app.name, password), as_json);
            if as_json { Answer::json(body) } else { Answer::text(StatusCode::OK, body) }.pack(headers)
        }
        None => {
            if !password.is_empty() {
                desk.failed(peer);
            }
            Answer::text(StatusCode::UNAUTHORIZED, "Error=BadAuthentication\n").pack(headers)
        }
    }
}
