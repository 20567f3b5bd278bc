//! One hop: a request, its answer up to the end of the body, and the body decoded.

use super::client::Inner;
use super::onward::{is_elsewhere, is_redirect};
use super::reading::{Limit, Overlong, drain, read_body};
use super::types::Asked;
use super::{FetchError, Head, Validators};
use super::{decode, headers, refresh, transport};
use crate::model::Timestamp;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{StatusCode, Version};
use url::Url;

/// Up to here a body is decompressed in place: at most a few milliseconds, even for a bomb, and a trip to
/// another thread costs more than most feeds do.
const INLINE_WIRE_BYTES: usize = 32 * 1024;

/// The key of the limit of feeds.
pub const FEED_LIMIT: &str = "fetch.max_feed_bytes";

/// What one hop needs to know.
pub struct Ask<'a> {
    pub base: &'a HeaderMap,
    pub validators: Option<&'a Validators>,
    pub authorization: Option<&'a HeaderValue>,
    pub own: Option<&'a HeaderMap>,
    pub limit: Limit,
    pub overlong: Overlong,
    pub now: Timestamp,
}

/// What one hop came to.
pub enum Answer {
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
    /// One request and its answer, up to the end of the body. The caller holds the turn and the clock.
    pub async fn hop(&self, url: &Url, ask: Ask<'_>) -> Result<Answer, FetchError> {
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
            asked: Asked::default(),
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

    pub async fn decoded(&self, wire: Bytes, encodings: Vec<decode::Encoding>, limit: Limit) -> Result<Bytes, FetchError> {
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
