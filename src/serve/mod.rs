//! The only HTTP server: outputs, the page, health. Read-only; everything is rendered from the database by the publish
//! room, once a change, and kept compressed.

mod connections;
mod door;

pub use connections::Limits as ConnectionLimits;
pub use door::HubDoor;

use crate::model::Timestamp;
use crate::outputs::{self, Cache, Document, What};
use crate::publish;
use crate::records::{Command, HubReply, HubRequest, Pushed};
use crate::store::{Readers, Writer};
use crate::websub::CALLBACK_PATH;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the server needs.
pub struct House {
    pub documents: Cache,
    pub readers: Readers,
    /// For the proof of life at `/healthz`.
    pub writer: Writer,
    pub clock: fn() -> Timestamp,
    pub hubs: HubDoor,
    pub limits: Limits,
    pub connections: ConnectionLimits,
}

/// What the hubs may send.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_body_bytes: usize,
    pub timeout: Duration,
}

/// Serves until told to stop; running answers are finished.
pub async fn run(house: House, listener: TcpListener, stopped: watch::Receiver<bool>) {
    let limits = house.connections;
    let house = Arc::new(house);
    let app = Router::new()
        .route("/", get(page))
        .route("/feeds/{file}", get(feed))
        .route("/story/{id}", get(story))
        .route("/healthz", get(health))
        .route(&format!("{CALLBACK_PATH}{{token}}"), get(hub_asks).post(hub_pushes))
        .fallback(|| async { plain(StatusCode::NOT_FOUND, "not found\n") })
        .with_state(house);
    connections::serve(listener, app, limits, stopped).await;
}

async fn page(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    answer(house.documents.get(What::Page).await, &headers)
}

async fn feed(State(house): State<Arc<House>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    match house.documents.named(&file) {
        Some(what) => answer(house.documents.get(what).await, &headers),
        None => plain(StatusCode::NOT_FOUND, "no such output; the page at / lists them\n"),
    }
}

async fn story(State(house): State<Arc<House>>, Path(id): Path<String>) -> Response {
    match house.readers.ask(move |reader| outputs::story(reader, &id)).await {
        Ok(Some(page)) => (guarded(publish::HTML), page).into_response(),
        Ok(None) => plain(StatusCode::NOT_FOUND, "no such story\n"),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a story could not be rendered");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "this story cannot be shown now; see the log\n")
        }
    }
}

/// 200 as long as the writer commits, the database can be read, and the disk lets polling go on.
async fn health(State(house): State<Arc<House>>) -> Response {
    if let Some(trouble) = house.writer.trouble() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{trouble}\n"));
    }
    let written = house.writer.submit(Command::Heartbeat { at: (house.clock)() }).await;
    match (written, house.readers.ask(|reader| reader.counts()).await) {
        (Ok(_), Ok(_)) => plain(StatusCode::OK, "ok\n"),
        (Err(error), _) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}\n")),
        (_, Err(error)) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}\n")),
    }
}

/// A WebSub hub verifies a subscription.
async fn hub_asks(State(house): State<Arc<House>>, Path(token): Path<String>, RawQuery(query): RawQuery) -> Response {
    hub_answer(house.hubs.ask(HubRequest::Asked { token, query: query.unwrap_or_default() }).await)
}

/// … or pushes what is new.
async fn hub_pushes(State(house): State<Arc<House>>, Path(token): Path<String>, headers: HeaderMap, body: Body) -> Response {
    match house.hubs.ask(HubRequest::Awaited { token: token.clone() }).await {
        HubReply::Taken => {}
        other => return hub_answer(other),
    }
    let Some(_turn) = house.hubs.turn().await else { return hub_answer(HubReply::Failed) };
    let whole = to_bytes(body, house.limits.max_body_bytes);
    let Ok(Ok(body)) = tokio::time::timeout(house.limits.timeout, whole).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "too large, too slow, or cut short\n");
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let pushed = Pushed { token, signature: text("x-hub-signature"), content_type: text("content-type"), body };
    hub_answer(house.hubs.ask(HubRequest::Pushed(Box::new(pushed))).await)
}

fn hub_answer(answer: HubReply) -> Response {
    match answer {
        HubReply::Echo(challenge) => plain(StatusCode::OK, &challenge),
        HubReply::Taken => plain(StatusCode::ACCEPTED, ""),
        HubReply::Unknown => plain(StatusCode::NOT_FOUND, "no such subscription\n"),
        HubReply::Malformed => plain(StatusCode::BAD_REQUEST, "not a question of WebSub\n"),
        HubReply::Failed => plain(StatusCode::SERVICE_UNAVAILABLE, "not now\n"),
    }
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text.to_owned()).into_response()
}

/// No script, no frame, nothing of ours from elsewhere; pictures of the articles are what the page is for.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn answer(document: anyhow::Result<Arc<Document>>, asked: &HeaderMap) -> Response {
    let document = match document {
        Ok(document) => document,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "an output could not be rendered");
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "this output cannot be rendered now; see the log\n");
        }
    };
    let gzip = accepts_gzip(asked);
    let etag = if gzip { &document.gzip_etag } else { &document.etag };
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, etag.clone());
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    // No Last-Modified: newsboat ignores changed content whose date has not moved, and ours has no meaning of its own.
    if known(asked, &document) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.extend(guarded(document.content_type));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        (headers, document.gzip.clone()).into_response()
    } else {
        (headers, document.body.clone()).into_response()
    }
}

/// The headers of every document: what it is, and what a browser must not do with it.
fn guarded(content_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
}

/// Whether `If-None-Match` names this document, in either encoding (RFC 9110 13.1.2: weak comparison).
fn known(asked: &HeaderMap, document: &Document) -> bool {
    let opaque = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let (plain, gzip) = (opaque(&document.etag), opaque(&document.gzip_etag));
    asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(
        |tag| {
            let tag = tag.trim();
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || tag == plain || tag == gzip
        },
    )
}

fn accepts_gzip(asked: &HeaderMap) -> bool {
    asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(
        |coding| {
            let mut parts = coding.split(';').map(str::trim);
            let refused = coding
                .split(';')
                .skip(1)
                .any(|q| matches!(q.trim().trim_start_matches("q=").parse::<f32>(), Ok(weight) if weight == 0.0));
            matches!(parts.next(), Some("gzip" | "x-gzip" | "*")) && !refused
        },
    )
}
