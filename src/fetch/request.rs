//! One request: its hops, its limits, its outcome.

use super::address::{Refusal, check_url};
use super::client::Inner;
use super::own::base64;
use super::permission::Found;
use super::{Body, Circle, FetchError, Head, Hop, Kind, Outcome, Request, Validators};
use super::{address, decode, headers, refresh, robots, transport};
use crate::model::Timestamp;
use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderValue};
use http::{StatusCode, Version};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// RFC 9309 2.3.1.2: at least five.
const MAX_ROBOTS_HOPS: usize = 5;
const ROBOTS_TIMEOUT: Duration = Duration::from_secs(10);

/// Up to here a body is decompressed in place: at most a few milliseconds, even for a bomb, and a trip to
/// another thread costs more than most feeds do.
const INLINE_WIRE_BYTES: usize = 32 * 1024;

/// What is read of a body that nobody wants, so that the connection can be used again.
const DRAIN_BYTES: usize = 16 * 1024;
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// How a body that is over its limit is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overlong {
    Refuse,
    Cut,
}

/// The most bytes that a body may have, and the key that a person raises it by.
#[derive(Clone, Copy)]
struct Limit {
    bytes: usize,
    key: &'static str,
}

impl Limit {
    fn exceeded(self) -> FetchError {
        FetchError::TooLarge { limit: self.bytes, key: self.key }
    }
}

/// The key of the limit of feeds.
const FEED_LIMIT: &str = "fetch.max_feed_bytes";

/// Of robots.txt, which is cut and never too large.
const ROBOTS_LIMIT: Limit = Limit { bytes: robots::MAX_BYTES, key: "robots.txt" };

/// What one hop needs to know.
struct Ask<'a> {
    base: &'a HeaderMap,
    validators: Option<&'a Validators>,
    authorization: Option<&'a HeaderValue>,
    own: Option<&'a HeaderMap>,
    limit: Limit,
    overlong: Overlong,
    now: Timestamp,
}

/// What one hop came to.
enum Answer {
    /// The body is still encoded.
    Body(Head, Bytes, Vec<decode::Encoding>),
    Redirect {
        location: Option<String>,
        permanent: bool,
        sets_cookie: bool,
    },
    NotModified(Head),
    Status(Head),
}

impl Inner {
    pub async fn get(&self, request: Request<'_>, now: Timestamp) -> Outcome {
        match self.follow(request, now).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error),
        }
    }

    async fn follow(&self, request: Request<'_>, now: Timestamp) -> Result<Outcome, FetchError> {
        let mut url = address::check(request.url, &self.settings.allow_private)?;
        let credentials = take_credentials(&mut url);
        let home = credentials.as_ref().map(|_| url.origin());
        let (base, limit) = match request.kind {
            Kind::Feed => (&self.headers.feed, Limit { bytes: self.settings.max_feed_bytes, key: FEED_LIMIT }),
            Kind::Page => (&self.headers.page, Limit { bytes: self.settings.max_page_bytes, key: "fetch.max_page_bytes" }),
        };
        let mut budget = self.settings.timeout;
        let mut hops: Vec<Hop> = Vec::new();
        let mut has_cookies = false;
        let mut turn = None;
        loop {
            if request.kind == Kind::Page {
                self.ask_robots(&url, now, &mut turn).await?;
            }
            let host = url.host_str().ok_or(Refusal::NoHost)?;
            let mut here = match turn.take().filter(|turn: &super::gate::Turn| turn.host() == host) {
                Some(here) => here,
                None => self.gate.enter(host).await,
            };
            let mut slot = self.gate.start(&mut here).await;
            let ask = Ask {
                base,
                validators: request
                    .validators
                    .filter(|v| v.url == url.as_str() && (v.etag.is_some() || v.last_modified.is_some())),
                authorization: credentials.as_ref().filter(|_| home.as_ref() == Some(&url.origin())),
                own: request.own.and_then(|own| own.for_hop(&url)),
                limit,
                overlong: Overlong::Refuse,
                now,
            };
            let conditional = ask.validators.is_some();
            let started = Instant::now();
            // In a box, so that the many requests that wait for their turn are small.
            let answer = tokio::time::timeout(budget, Box::pin(self.hop(&url, ask))).await;
            budget = budget.saturating_sub(started.elapsed());
            let answer = answer.map_err(|_| FetchError::Timeout(self.settings.timeout))??;
            if !matches!(answer, Answer::Body(..)) {
                drop(slot.take());
            }
            match answer {
                Answer::Redirect { location, permanent, sets_cookie } => {
                    has_cookies |= sets_cookie;
                    url = self.next_hop(&url, location.as_deref(), permanent, has_cookies, &mut hops)?;
                    turn = Some(here);
                }
                Answer::Body(mut head, wire, encodings) => {
                    drop(here);
                    head.hops = hops;
                    // The slot is kept until there is room: what cannot be taken in need not be asked for.
                    let room = self.rooms.take(wire.len(), !encodings.is_empty()).await;
                    drop(slot);
                    let body = self.decoded(wire, encodings, limit).await?;
                    // At a feed's address a page that leads on is meant as a redirect.
                    let onward = Some(request.kind).filter(|kind| *kind == Kind::Feed);
                    let onward = onward.and_then(|_| refresh::in_page(head.content_type.as_deref(), &body));
                    if let Some(location) = onward.filter(|location| is_elsewhere(&url, location)) {
                        hops = head.hops;
                        url = self.next_hop(&url, Some(&location), false, has_cookies, &mut hops)?;
                        continue;
                    }
                    head.conditional = conditional;
                    return Ok(Outcome::Fetched(head, Body::new(body, room)));
                }
                Answer::NotModified(_) if !conditional => {
                    return Err(FetchError::Broken("304 to a request without validators".into()));
                }
                Answer::NotModified(mut head) => {
                    head.hops = hops;
                    return Ok(Outcome::NotModified(head));
                }
                Answer::Status(mut head) => {
                    head.hops = hops;
                    return Ok(by_status(head));
                }
            }
        }
    }

    /// Where a redirect leads, judged and counted.
    fn next_hop(
        &self,
        from: &Url,
        location: Option<&str>,
        permanent: bool,
        has_cookies: bool,
        hops: &mut Vec<Hop>,
    ) -> Result<Url, FetchError> {
        let max_redirects = self.settings.max_redirects;
        if hops.len() >= max_redirects {
            let was_there = |url: &Url| url == from || hops.iter().any(|hop| hop.to == *url);
            let is_circle = target(from, location).is_ok_and(|url| was_there(&url));
            return Err(FetchError::Redirects(Circle { max_redirects, sets_cookies: is_circle && has_cookies }));
        }
        let url = target(from, location)?;
        check_url(&url, &self.settings.allow_private)?;
        hops.push(Hop { to: url.clone(), permanent });
        Ok(url)
    }

    async fn ask_robots(&self, url: &Url, now: Timestamp, turn: &mut Option<super::gate::Turn<'_>>) -> Result<(), FetchError> {
        // The slot of the last hop is given back first: robots.txt of the same host needs one.
        let held = turn.take();
        drop(held);
        let rules = self.permission.rules(&self.gate, url, now, async || self.get_robots(url, now).await).await;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if rules.allows(path) {
            return Ok(());
        }
        Err(FetchError::Robots { host: crate::text::one_line(url.host_str().unwrap_or_default()) })
    }

    /// robots.txt of the URL's origin, through the same door: turns, address checks, limits.
    pub async fn get_robots(&self, url: &Url, now: Timestamp) -> Found {
        let Ok(mut url) = url.join("/robots.txt") else { return Found::None { max_age: None } };
        let mut budget = ROBOTS_TIMEOUT.min(self.settings.timeout);
        for _ in 0..=MAX_ROBOTS_HOPS {
            let Some(host) = url.host_str() else { break };
            let mut turn = self.gate.enter(host).await;
            let slot = self.gate.start(&mut turn).await;
            let ask = Ask {
                base: &self.headers.robots,
                validators: None,
                authorization: None,
                own: None,
                limit: ROBOTS_LIMIT,
                overlong: Overlong::Cut,
                now,
            };
            let started = Instant::now();
            let answer = tokio::time::timeout(budget, self.hop(&url, ask)).await;
            budget = budget.saturating_sub(started.elapsed());
            drop((slot, turn));
            match answer {
                Ok(Ok(Answer::Redirect { location, .. })) => match target(&url, location.as_deref()) {
                    Ok(to) if check_url(&to, &self.settings.allow_private).is_ok() => url = to,
                    _ => break,
                },
                Ok(Ok(Answer::Body(head, wire, encodings))) => {
                    let max_age = head.max_age;
                    return match self.decoded(wire, encodings, ROBOTS_LIMIT).await {
                        Ok(body) => Found::Text { text: String::from_utf8_lossy(&body).into_owned(), max_age },
                        Err(_) => Found::Unreachable,
                    };
                }
                Ok(Ok(Answer::Status(head))) if (400..500).contains(&head.status) && head.status != 429 => {
                    return Found::None { max_age: head.max_age };
                }
                _ => return Found::Unreachable,
            }
        }
        // Redirected nowhere, or for ever: as if there were none (RFC 9309 2.3.1.2).
        Found::None { max_age: None }
    }

    pub async fn post_form(&self, address: &str, form: String) -> Result<u16, FetchError> {
        let mut url = address::check(address, &self.settings.allow_private)?;
        let authorization = take_credentials(&mut url);
        let mut turn = self.gate.enter(url.host_str().ok_or(Refusal::NoHost)?).await;
        let _slot = self.gate.start(&mut turn).await;
        let mut request = reqwest::Request::new(reqwest::Method::POST, url.clone());
        let sent = request.headers_mut();
        *sent = self.headers.form.clone();
        if let Some(authorization) = authorization {
            sent.insert(header::AUTHORIZATION, authorization);
        }
        *request.body_mut() = Some(form.into());
        let asked = async {
            self.transport.check_target(&url).await?;
            let response = self.transport.client(&url)?.execute(request).await.map_err(transport::explain)?;
            let status = response.status().as_u16();
            drain(response).await;
            Ok(status)
        };
        let answer = tokio::time::timeout(self.settings.timeout, asked).await;
        answer.map_err(|_| FetchError::Timeout(self.settings.timeout))?
    }

    /// One request and its answer, up to the end of the body. The caller holds the turn and the clock.
    async fn hop(&self, url: &Url, ask: Ask<'_>) -> Result<Answer, FetchError> {
        let mut request = reqwest::Request::new(reqwest::Method::GET, url.clone());
        let sent = request.headers_mut();
        *sent = ask.base.clone();
        if let Some(validators) = ask.validators {
            let validator = |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(|bytes| HeaderValue::from_bytes(bytes).ok());
            if let Some(etag) = validator(&validators.etag) {
                sent.insert(header::IF_NONE_MATCH, etag);
            }
            if let Some(at) = validator(&validators.last_modified) {
                sent.insert(header::IF_MODIFIED_SINCE, at);
            }
        }
        for (name, value) in ask.own.into_iter().flatten() {
            sent.insert(name, value.clone());
        }
        if let Some(authorization) = ask.authorization {
            sent.insert(header::AUTHORIZATION, authorization.clone());
        }
        let patience = self.settings.header_timeout;
        let answer = async {
            self.transport.check_target(url).await?;
            self.transport.client(url)?.execute(request).await.map_err(transport::explain)
        };
        let answer = tokio::time::timeout(patience, answer).await;
        let mut response = answer.map_err(|_| FetchError::Headers(patience))??;
        let status = response.status();
        if status.is_informational() {
            return Err(FetchError::Broken(format!("status {} to a plain request", status.as_u16())));
        }
        let received = response.headers();
        if response.version() < Version::HTTP_2
            && received.contains_key(header::TRANSFER_ENCODING)
            && received.contains_key(header::CONTENT_LENGTH)
        {
            return Err(FetchError::Broken("two different lengths (Transfer-Encoding and Content-Length)".into()));
        }
        let location = received.get(header::LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let is_empty = response.content_length() == Some(0);
        // A choice that names one, and what was made elsewhere, are redirects of today.
        let leads_on = match status.as_u16() {
            300 => location.is_some(),
            201 => location.is_some() && is_empty,
            _ => is_redirect(status),
        };
        // A `Refresh` beside a feed is for those who look at it in a browser.
        let is_page = || headers::content_type(received).is_none_or(|kind| kind.to_ascii_lowercase().contains("html"));
        let refresh = refresh::in_header(received).filter(|_| ask.limit.key == FEED_LIMIT && status == StatusCode::OK);
        let refresh = refresh.filter(|location| (is_empty || is_page()) && is_elsewhere(url, location));
        if leads_on || refresh.is_some() {
            let permanent = matches!(status.as_u16(), 301 | 308);
            let sets_cookie = received.contains_key(header::SET_COOKIE);
            drain(response).await;
            return Ok(Answer::Redirect { location: refresh.or(location), permanent, sets_cookie });
        }
        let is_all = status.as_u16() == 206 && headers::is_whole_range(received);
        let mut head = Head {
            status: status.as_u16(),
            final_url: url.as_str().to_owned(),
            hops: Vec::new(),
            content_type: headers::content_type(received),
            validators: headers::validators(received, url.as_str()),
            max_age: headers::max_age(received, ask.now),
            retry_after: headers::retry_after(received, ask.now),
            links: headers::links(received, url),
            wire_bytes: 0,
            conditional: false,
        };
        match status.as_u16() {
            // 203 is a 200 that a proxy touched, 201 one of a confused program; 226 is a delta, taken as a feed of its own.
            status if matches!(status, 200 | 201 | 203 | 226) || is_all => {
                let encodings = decode::encodings(received.get_all(header::CONTENT_ENCODING).iter().map(HeaderValue::as_bytes))?;
                let wire = Limit { bytes: self.settings.max_wire_bytes, key: "fetch.max_wire_bytes" };
                let limit = if encodings.is_empty() || ask.limit.bytes <= wire.bytes { ask.limit } else { wire };
                let body = read_body(&mut response, limit, ask.overlong, self.settings.timeout / 2).await?;
                head.wire_bytes = body.len() as u64;
                Ok(Answer::Body(head, body, encodings))
            }
            304 => Ok(Answer::NotModified(head)),
            _ => {
                drain(response).await;
                Ok(Answer::Status(head))
            }
        }
    }

    async fn decoded(&self, wire: Bytes, encodings: Vec<decode::Encoding>, limit: Limit) -> Result<Bytes, FetchError> {
        if encodings.is_empty() {
            return Ok(wire);
        }
        let n_wire = wire.len();
        let max_ratio = self.settings.max_ratio;
        let decode = move || {
            decode::decode(&wire, &encodings, limit.bytes, max_ratio).map(Bytes::from).map_err(|error| match error {
                FetchError::TooLarge { .. } => limit.exceeded(),
                other => other,
            })
        };
        if n_wire <= INLINE_WIRE_BYTES {
            return decode();
        }
        // Few at a time: the others wait compressed. The semaphore is never closed.
        let _permit = self.decoding.acquire().await;
        match tokio::task::spawn_blocking(decode).await {
            Ok(body) => body,
            // A decoder that panicked has met a body that nobody can read.
            Err(_) => Err(FetchError::Broken("the body cannot be decompressed".into())),
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn by_status(head: Head) -> Outcome {
    match head.status {
        429 => Outcome::Throttled(head),
        503 if head.retry_after.is_some() => Outcome::Throttled(head),
        // Behind a temporary redirect it is the other place that is gone, not the feed.
        410 if head.hops.iter().all(|hop| hop.permanent) => Outcome::Gone(head),
        _ => Outcome::Refused(head),
    }
}

/// Takes user and password out of the address: they go into a header, and nowhere else. The fragment goes too.
fn take_credentials(url: &mut Url) -> Option<HeaderValue> {
    url.set_fragment(None);
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair = percent_decode(url.username());
    pair.push(b':');
    pair.extend(percent_decode(url.password().unwrap_or_default()));
    // These fail only on addresses that cannot have a user; this one has.
    _ = url.set_username("");
    _ = url.set_password(None);
    let mut value = HeaderValue::try_from(format!("Basic {}", base64(&pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Whether a page that leads on does not only show itself anew.
fn is_elsewhere(from: &Url, location: &str) -> bool {
    target(from, Some(location)).is_ok_and(|url| url != *from)
}

/// Where a redirect leads: without fragment and credentials (a place that we are sent to does not choose whom
/// we say we are).
fn target(from: &Url, location: Option<&str>) -> Result<Url, FetchError> {
    let nowhere = || FetchError::Broken("a redirect to nowhere".into());
    let location = refresh::of_the_web(location.ok_or_else(nowhere)?.trim());
    if location.is_empty() {
        return Err(nowhere());
    }
    if location.len() > address::MAX_URL_BYTES {
        return Err(Refusal::TooLong(location.len()).into());
    }
    let mut url = from.join(&location).map_err(|error| Refusal::Malformed(error.to_string()))?;
    _ = take_credentials(&mut url);
    Ok(url)
}

/// A body that has not brought this much after half of the whole request's time is a drip: holding on would only keep
/// a connection busy, theirs and ours.
const FIRST_BYTES: usize = 1024;

async fn read_body(
    response: &mut reqwest::Response,
    limit: Limit,
    overlong: Overlong,
    patience: Duration,
) -> Result<Bytes, FetchError> {
    // A claimed length is believed only where it refuses; it never allocates.
    if overlong == Overlong::Refuse && response.content_length().is_some_and(|length| length > limit.bytes as u64) {
        return Err(limit.exceeded());
    }
    let until = Instant::now() + patience;
    let Some(first) = chunk_after(response, 0, until).await? else { return Ok(Bytes::new()) };
    let mut body = BytesMut::new();
    let mut next = Some(first);
    while let Some(chunk) = next {
        let room = limit.bytes - body.len();
        if chunk.len() > room {
            if overlong == Overlong::Refuse {
                return Err(limit.exceeded());
            }
            body.extend_from_slice(&chunk[..room]);
            break;
        }
        next = chunk_after(response, body.len() + chunk.len(), until).await?;
        if next.is_none() && body.is_empty() {
            return Ok(chunk); // one piece: no copy
        }
        if body.len() + chunk.len() > body.capacity() {
            // Doubled, but never beyond the limit.
            let wanted = (body.capacity() * 2).max(64 * 1024).min(limit.bytes).max(body.len() + chunk.len());
            body.reserve(wanted - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The next piece of a body of which `n_bytes` are here.
async fn chunk_after(response: &mut reqwest::Response, n_bytes: usize, until: Instant) -> Result<Option<Bytes>, FetchError> {
    let next = response.chunk();
    let next = if n_bytes < FIRST_BYTES {
        tokio::time::timeout_at(until, next).await.map_err(|_| FetchError::Drip(n_bytes))?
    } else {
        next.await
    };
    next.map_err(transport::explain)
}

/// Reads what is left of a short body, so that the connection can be used again.
async fn drain(mut response: reqwest::Response) {
    if response.content_length().is_some_and(|length| length > DRAIN_BYTES as u64) {
        return;
    }
    let reading = async {
        let mut n_bytes = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            n_bytes += chunk.len();
            if n_bytes > DRAIN_BYTES {
                break;
            }
        }
    };
    _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}
