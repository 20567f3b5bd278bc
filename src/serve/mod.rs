//! The only HTTP server: outputs, the page, health, and reading apps. What is published is rendered from the database by the
//! publish room, once a change, and kept compressed; what apps ask (`sync`) is answered to those that have a password.

mod answers;
mod coding;
mod connections;
mod door;
mod images;
mod person;
mod sync;

pub use connections::Limits as ConnectionLimits;
pub use door::{HubDoor, ListDoor};
pub use images::{Picture, PictureDoor, Pictures};
pub use person::Person;
pub use sync::{Desk, DeskSettings};

use person::language;

use answers::{asked_base, guarded, is_known, page_policy, plain};

use crate::model::{Content, Timestamp};
use crate::outputs::{self, Asked, Cache, Coding, What};
use crate::publish::{self, Format};
use crate::query;
use crate::records::{Command, HubReply, HubRequest, Pushed};
use crate::store::{Cursor, Readers, Writer};
use crate::websub::CALLBACK_PATH;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Gives the text of all metrics (OpenMetrics 1.0).
pub type MetricsDoor = Box<dyn Fn() -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send>> + Send + Sync>;

/// What the server needs.
pub struct House {
    pub documents: Arc<Cache>,
    pub readers: Readers,
    /// For the proof of life at `/healthz`.
    pub writer: Writer,
    pub clock: fn() -> Timestamp,
    /// Why this node of several is not to be asked; `None`: nothing is wrong, or it is alone.
    pub is_unwell: Box<dyn Fn() -> Option<String> + Send + Sync>,
    pub hubs: HubDoor,
    /// Where reading apps ask.
    pub desk: Desk,
    /// Who marks stories on their pages.
    pub person: Person,
    pub limits: Limits,
    pub connections: ConnectionLimits,
    /// Pictures that are handed on; `None`: none are.
    pub pictures: Option<Pictures>,
    /// What `/metrics` says; `None`: there is no such address.
    pub metrics: Option<MetricsDoor>,
    /// What a proxy that passes our own path on puts before every path; empty: nothing.
    pub base_path: String,
    /// Names that a reader may have asked for this machine, and is told then; `None`: what was asked does not matter.
    pub asked_hosts: Option<Vec<String>>,
}

impl House {
    async fn document(&self, what: What, headers: &HeaderMap) -> Response {
        let base_url = asked_base(self.asked_hosts.as_deref(), headers);
        match self.answer(what, base_url, headers).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "an output could not be rendered");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "this output cannot be rendered now; see the log\n")
            }
        }
    }

    async fn answer(&self, what: What, base_url: Option<String>, asked: &HeaderMap) -> anyhow::Result<Response> {
        let Some(document) = self.documents.get(what, base_url).await? else {
            return Ok(plain(StatusCode::NOT_FOUND, "no such story\n"));
        };
        let coding = coding::best(asked, &Coding::ALL);
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, document.etag(coding).clone());
        let varies =
            if document.content_type == publish::HTML { "accept-encoding, accept-language, cookie" } else { "accept-encoding" };
        headers.insert(header::VARY, HeaderValue::from_static(varies));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        headers.extend(document.links.clone().map(|links| (header::LINK, links)));
        // No Last-Modified: newsboat ignores changed content whose date has not moved, and ours has no meaning of its own.
        if is_known(asked, document.etags()) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        headers.extend(guarded(document.content_type));
        if document.content_type == publish::HTML {
            headers.insert(header::CONTENT_SECURITY_POLICY, page_policy(self.person.images_are_linked));
        }
        let Some(coding) = coding else { return Ok((headers, document.body.clone()).into_response()) };
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        Ok((headers, self.documents.packed(&document, coding).await?).into_response())
    }
}

/// What the hubs may send.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_body_bytes: usize,
    pub timeout: Duration,
}

/// Serves until told to stop; running answers are finished.
pub async fn run(mut house: House, listener: TcpListener, stopped: watch::Receiver<bool>) {
    let limits = house.connections;
    let base_path = house.base_path.clone();
    let apps = sync::routes(house.desk.clone());
    let images = images::routes(house.pictures.take());
    let house = Arc::new(house);
    let routes = Router::new()
        .route("/", get(river))
        .route("/feeds/{file}", get(feed))
        .route("/{file}", get(asked))
        .route("/story/{id}", get(story))
        .route("/sources", get(sources))
        .route("/status", get(status))
        .route("/opml", get(subscriptions))
        .route("/opml/outputs", get(outlets))
        .route("/page.js", get(|| async { fixed("text/javascript; charset=utf-8", publish::SCRIPT) }))
        .route("/icon.svg", get(|| async { fixed("image/svg+xml", publish::ICON) }))
        .route("/manifest.webmanifest", get(|| async { fixed("application/manifest+json", publish::MANIFEST) }))
        .route("/robots.txt", get(|| async { fixed("text/plain; charset=utf-8", publish::ROBOTS) }))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route(&format!("{CALLBACK_PATH}{{token}}"), get(hub_asks).post(hub_pushes))
        .merge(apps)
        .merge(person::routes(house.person.clone()))
        .merge(images)
        .fallback(|| async { plain(StatusCode::NOT_FOUND, "not found\n") });
    let app = match base_path.as_str() {
        "" => routes,
        base => routes.clone().route(&format!("{base}/"), get(river)).nest(base, routes),
    };
    connections::serve(listener, app.with_state(house), limits, stopped).await;
}

/// Says why there is nothing to serve yet, whatever is asked, until told to stop.
pub async fn stand_in(listener: TcpListener, why: &'static str, limits: ConnectionLimits, stopped: watch::Receiver<bool>) {
    let app = Router::new().fallback(move || async move { plain(StatusCode::SERVICE_UNAVAILABLE, why) });
    connections::serve(listener, app, limits, stopped).await;
}

/// What an address asks for behind its question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    q: String,
    /// Only what comes behind this story.
    before: Option<String>,
    limit: Option<usize>,
    content: Content,
    /// `newest`, `oldest` or `sources`: the same as in the query.
    order: Option<String>,
}

/// Stories in a document that is asked for with a limit.
const MAX_LIMIT: usize = 1000;

impl Parameters {
    fn read(query: Option<&str>) -> Result<Parameters, String> {
        let address = format!("http://x/?{}", query.unwrap_or_default());
        let uri = address.parse::<axum::http::Uri>().map_err(|error| error.to_string())?;
        let Query(parameters) = Query::<Parameters>::try_from_uri(&uri).map_err(|error| error.body_text())?;
        Ok(parameters)
    }

    fn cursor(&self) -> Result<Option<Cursor>, String> {
        self.before.as_deref().map(|before| before.parse().map_err(|error| format!("before: {error}"))).transpose()
    }

    fn asked(self) -> Result<Asked, String> {
        let after = self.cursor()?;
        let limit = self.limit.unwrap_or(outputs::LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(format!("limit: {limit} is not between 1 and {MAX_LIMIT}"));
        }
        let query = match self.order {
            Some(order) => format!("{} order:{order}", self.q).trim().to_owned(),
            None => self.q.trim().to_owned(),
        };
        Ok(Asked { query, limit, content: self.content, after })
    }
}

/// What somebody read and starred is for who is logged in. An `[[output]]` that tells it was configured to.
async fn is_for(house: &House, query: &query::Query, headers: &HeaderMap) -> bool {
    let mut asked = query.states.wanted.iter().flatten().chain(&query.states.unwanted);
    !asked.any(|state| state.is_personal()) || house.desk.session(headers).await.is_some()
}

fn personal() -> Response {
    plain(StatusCode::FORBIDDEN, "is:unread, is:read and is:starred are for who is logged in, at /login\n")
}

async fn river(State(house): State<Arc<House>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    match Parameters::read(query.as_deref()).and_then(Parameters::asked) {
        Ok(asked) if !is_for(&house, &asked.query.parse().unwrap_or_default(), &headers).await => personal(),
        Ok(asked) => house.document(What::River(asked, language(&headers)), &headers).await,
        Err(wrong) => plain(StatusCode::BAD_REQUEST, &format!("{wrong}\n")),
    }
}

async fn feed(
    State(house): State<Arc<House>>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let after = match Parameters::read(query.as_deref()).and_then(|parameters| parameters.cursor()) {
        Ok(after) => after,
        Err(wrong) => return plain(StatusCode::BAD_REQUEST, &format!("{wrong}\n")),
    };
    match house.documents.named(&file, after) {
        Some(what) => house.document(what, &headers).await,
        None => plain(StatusCode::NOT_FOUND, "no such output; the page at / lists them\n"),
    }
}

/// `/feed.atom?q=…`: the stories of a query that is no output.
async fn asked(
    State(house): State<Arc<House>>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(format) = file.strip_prefix("feed.").and_then(Format::of_extension) else {
        return plain(StatusCode::NOT_FOUND, "not found\n");
    };
    let asked = Parameters::read(query.as_deref()).and_then(Parameters::asked);
    let parsed = asked.and_then(|asked| match asked.query.parse::<query::Query>() {
        Ok(query) => Ok((asked, query)),
        Err(wrong) => Err(wrong.to_string()),
    });
    match parsed {
        Ok((_, query)) if !is_for(&house, &query, &headers).await => personal(),
        Ok((asked, _)) => house.document(What::Asked(asked, format), &headers).await,
        Err(wrong) => plain(StatusCode::BAD_REQUEST, &format!("{wrong}\n")),
    }
}

async fn story(State(house): State<Arc<House>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match house.person.story(&id, &headers).await {
        Some(own) => own,
        None => house.document(What::Story(id, language(&headers)), &headers).await,
    }
}

async fn sources(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    house.document(What::Sources(language(&headers)), &headers).await
}

async fn status(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    house.document(What::Status(language(&headers)), &headers).await
}

async fn subscriptions(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    house.document(What::Subscriptions, &headers).await
}

async fn outlets(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    house.document(What::Outlets, &headers).await
}

/// What is the same for the life of the program.
fn fixed(content_type: &'static str, text: &'static str) -> Response {
    let mut headers = guarded(content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    (headers, text).into_response()
}

/// 200 as long as the writer commits, the database can be read, and the disk lets polling go on.
async fn health(State(house): State<Arc<House>>) -> Response {
    if let Some(trouble) = house.writer.trouble() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{trouble}\n"));
    }
    if let Some(why) = (house.is_unwell)() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{why}\n"));
    }
    let written = house.writer.submit(Command::Heartbeat { at: (house.clock)() }).await;
    match (written, house.readers.ask(|reader| reader.counts()).await) {
        (Ok(_), Ok(_)) => plain(StatusCode::OK, "ok\n"),
        (Err(error), _) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}\n")),
        (_, Err(error)) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}\n")),
    }
}

async fn metrics(State(house): State<Arc<House>>) -> Response {
    let Some(door) = &house.metrics else {
        return plain(StatusCode::NOT_FOUND, "off: serve.metrics is \"auto\" and this is not loopback, or it is \"off\"\n");
    };
    match door().await {
        Ok(text) => (guarded("application/openmetrics-text; version=1.0.0; charset=utf-8"), text).into_response(),
        Err(error) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}\n")),
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
