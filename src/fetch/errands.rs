//! Requests that are made beside the one that was asked for: robots.txt of a host, a form for a hub.

use super::address::{self, Refusal, check_url};
use super::client::Inner;
use super::hop::{Answer, Ask};
use super::line::{Clock, Failure};
use super::onward::{take_credentials, target};
use super::permission::Found;
use super::reading::{Limit, Overlong, drain};
use super::types::{Asked, Post};
use super::{FetchError, robots, transport};
use http::{HeaderMap, HeaderValue, Method, header};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// RFC 9309 2.3.1.2: at least five.
const MAX_ROBOTS_HOPS: usize = 5;
const ROBOTS_TIMEOUT: Duration = Duration::from_secs(10);

/// Of robots.txt, which is cut and never too large.
const ROBOTS_LIMIT: Limit = Limit { bytes: robots::MAX_BYTES, key: "robots.txt" };

impl Inner {
    /// robots.txt of the URL's origin, through the same door: turns, address checks, limits. `Err`: no connection, which
    /// may be the network's fault.
    pub async fn get_robots(&self, url: &Url, clock: Clock) -> Result<Found, Failure> {
        let Ok(mut url) = url.join("/robots.txt") else { return Ok(Found::None { max_age: None }) };
        let mut is_let = false;
        let mut budget = ROBOTS_TIMEOUT.min(self.settings.timeout);
        for _ in 0..=MAX_ROBOTS_HOPS {
            let Some(host) = url.host_str() else { break };
            let mut turn = self.gate.enter(host).await;
            let slot = self.gate.start(&mut turn).await;
            is_let = is_let || self.line.may_send(clock.now(), &url);
            if !is_let {
                return Err(FetchError::Offline.into());
            }
            let asked = Asked { host: host.to_owned(), at: clock.now(), is_https: url.scheme() == "https" };
            let ask = Ask {
                base: &self.headers.robots,
                validators: None,
                authorization: None,
                own: None,
                limit: ROBOTS_LIMIT,
                overlong: Overlong::Cut,
                now: clock.now(),
            };
            let started = Instant::now();
            let answer = tokio::time::timeout(budget, self.hop(&url, ask)).await;
            budget = budget.saturating_sub(started.elapsed());
            drop((slot, turn));
            if asked.is_https && matches!(answer, Ok(Ok(_))) || matches!(answer, Ok(Ok(Answer::Status(_)))) {
                self.line.answered(clock.now(), &asked);
            }
            match answer {
                Ok(Ok(Answer::Redirect { location, .. })) => match target(&url, location.as_deref()) {
                    Ok(to) if check_url(&to, &self.settings.allow_private).is_ok() => url = to,
                    _ => break,
                },
                Ok(Ok(Answer::Body(head, wire, encodings))) => {
                    let max_age = head.max_age;
                    return Ok(match self.decoded(wire, encodings, ROBOTS_LIMIT).await {
                        Ok(body) => Found::Text { text: String::from_utf8_lossy(&body).into_owned(), max_age },
                        Err(_) => Found::Unreachable,
                    });
                }
                Ok(Ok(Answer::Status(head))) if (400..500).contains(&head.status) && head.status != 429 => {
                    return Ok(Found::None { max_age: head.max_age });
                }
                Ok(Err(error)) => match self.line.failed(clock.now(), &asked.host, asked.at, error.sign()) {
                    Some(ticket) => return Err(Failure { error, ticket: Some(ticket) }),
                    None => return Ok(Found::Unreachable),
                },
                _ => return Ok(Found::Unreachable),
            }
        }
        // Redirected nowhere, or for ever: as if there were none (RFC 9309 2.3.1.2).
        Ok(Found::None { max_age: None })
    }

    /// Posts a form; gives the status.
    pub async fn post_form(&self, address: &str, form: String, clock: Clock) -> Result<u16, FetchError> {
        self.send(Method::POST, address, self.headers.form.clone(), form, clock).await
    }

    /// Posts, or puts, what a person wants to be told; gives the status.
    pub async fn post(&self, post: Post<'_>, clock: Clock) -> Result<u16, FetchError> {
        let mut headers = self.headers.form.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(post.content_type));
        if let Some(own) = Url::parse(post.url).ok().and_then(|url| post.own.for_hop(&url)) {
            headers.extend(own.clone());
        }
        let method = if post.put { Method::PUT } else { Method::POST };
        self.send(method, post.url, headers, post.body, clock).await
    }

    async fn send(
        &self,
        method: Method,
        address: &str,
        headers: HeaderMap,
        body: String,
        clock: Clock,
    ) -> Result<u16, FetchError> {
        let mut url = address::check(address, &self.settings.allow_private)?;
        let authorization = take_credentials(&mut url);
        let host = url.host_str().ok_or(Refusal::NoHost)?.to_owned();
        let mut turn = self.gate.enter(&host).await;
        let _slot = self.gate.start(&mut turn).await;
        if !self.line.may_send(clock.now(), &url) {
            return Err(FetchError::Offline);
        }
        let at = clock.now();
        let mut request = reqwest::Request::new(method, url.clone());
        let sent = request.headers_mut();
        *sent = headers;
        if let Some(authorization) = authorization {
            sent.insert(header::AUTHORIZATION, authorization);
        }
        *request.body_mut() = Some(body.into());
        let asked = async {
            self.transport.check_target(&url).await?;
            let response = self.transport.client(&url)?.execute(request).await.map_err(transport::explain)?;
            let status = response.status().as_u16();
            drain(response).await;
            Ok(status)
        };
        let answer = tokio::time::timeout(self.settings.timeout, asked).await;
        let answer = answer.map_err(|_| FetchError::Timeout(self.settings.timeout))?;
        match &answer {
            Ok(_) => self.line.answered(clock.now(), &Asked { is_https: url.scheme() == "https", host, at }),
            // A hub that was not reached is asked again in any case: nothing waits for the verdict.
            Err(error) => _ = self.line.failed(clock.now(), &host, at, FetchError::sign(error)),
        }
        answer
    }
}
