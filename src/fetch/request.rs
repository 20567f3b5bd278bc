//! One request: its hops, its limits, its outcome.

use super::address::{self, Refusal, check_url};
use super::client::Inner;
use super::gate::Turn;
use super::hop::{Answer, Ask, FEED_LIMIT};
use super::line::{Clock, Failure};
use super::onward::{is_elsewhere, take_credentials, target};
use super::reading::{Limit, Overlong};
use super::refresh;
use super::types::Asked;
use super::{Body, Circle, FetchError, Head, Hop, Kind, Outcome, Request};
use crate::model::Timestamp;
use crate::network::{Sign, Verdict};
use tokio::time::Instant;
use url::Url;

impl Inner {
    pub async fn get(&self, request: Request<'_>, now: Timestamp) -> Outcome {
        let clock = Clock::starting(now);
        match self.follow(request, clock).await {
            Ok(outcome) => outcome,
            Err(Failure { error, ticket: None }) => Outcome::Failed(error),
            // Whose fault it is is waited for without a turn or a slot.
            Err(Failure { error, ticket: Some(ticket) }) => match Box::pin(self.line.verdict(clock, ticket)).await {
                Verdict::Spared => Outcome::Failed(FetchError::Offline),
                Verdict::Doubtful { others_heard } => Outcome::Doubtful { error, others_heard },
                Verdict::Counts | Verdict::Undecided { .. } => Outcome::Failed(error),
            },
        }
    }

    async fn follow(&self, request: Request<'_>, clock: Clock) -> Result<Outcome, Failure> {
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
        let first_host = url.host_str().unwrap_or_default().to_owned();
        let mut is_let = false;
        loop {
            if request.kind == Kind::Page {
                Box::pin(self.ask_robots(&url, clock, &mut turn)).await?;
            }
            let host = url.host_str().ok_or(Refusal::NoHost)?;
            let mut here = match turn.take().filter(|turn: &super::gate::Turn| turn.host() == host) {
                Some(here) => here,
                None => self.gate.enter(host).await,
            };
            let mut slot = self.gate.start(&mut here).await;
            // Once for all hops: a probe may be redirected.
            is_let = is_let || self.line.may_send(clock.now(), &url);
            if !is_let {
                return Err(FetchError::Offline.into());
            }
            let asked = Asked { host: first_host.clone(), at: clock.now(), is_https: url.scheme() == "https" };
            let ask = Ask {
                base,
                validators: request
                    .validators
                    .filter(|v| v.url == url.as_str() && (v.etag.is_some() || v.last_modified.is_some())),
                authorization: credentials.as_ref().filter(|_| home.as_ref() == Some(&url.origin())),
                own: request.own.and_then(|own| own.for_hop(&url)),
                limit,
                overlong: Overlong::Refuse,
                now: clock.now(),
            };
            let conditional = ask.validators.is_some();
            let started = Instant::now();
            // In a box, so that the many requests that wait for their turn are small.
            let answer = tokio::time::timeout(budget, Box::pin(self.hop(&url, ask))).await;
            budget = budget.saturating_sub(started.elapsed());
            let answer = answer.map_err(|_| FetchError::Timeout(self.settings.timeout))?;
            let answer = answer.map_err(|error| self.unanswered(clock, &url, asked.at, error))?;
            if !matches!(answer, Answer::Body(..)) {
                drop(slot.take());
            }
            // A page instead of a feed, and a page over plain http, may be a portal's.
            let is_proof = match (&answer, request.kind) {
                (Answer::Body(..), Kind::Feed) | (Answer::Redirect { .. }, _) => false,
                (Answer::Body(..), Kind::Page) => asked.is_https,
                (Answer::NotModified(_) | Answer::Status(_), _) => true,
            };
            if let Answer::Status(Head { status: 511, .. }) = answer {
                let sign = Some(Sign::WebPage(511));
                let ticket = self.line.failed(clock.now(), &first_host, asked.at, sign);
                return Err(Failure {
                    error: FetchError::Broken("a login to the network is in the way (HTTP 511)".into()),
                    ticket,
                });
            }
            if is_proof {
                self.line.answered(clock.now(), &asked);
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
                    head.asked = asked;
                    return Ok(Outcome::Fetched(head, Body::new(body, room)));
                }
                Answer::NotModified(_) if !conditional => {
                    return Err(FetchError::Broken("304 to a request without validators".into()).into());
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

    /// What a hop that failed may mean for the network.
    fn unanswered(&self, clock: Clock, url: &Url, began: Timestamp, error: FetchError) -> Failure {
        let ticket = self.line.failed(clock.now(), url.host_str().unwrap_or_default(), began, error.sign());
        Failure { error, ticket }
    }

    async fn ask_robots(&self, url: &Url, clock: Clock, turn: &mut Option<Turn<'_>>) -> Result<(), Failure> {
        // The slot of the last hop is given back first: robots.txt of the same host needs one.
        let held = turn.take();
        drop(held);
        let ask = async || self.get_robots(url, clock).await;
        let rules = self.permission.rules(&self.gate, url, clock.now(), ask).await?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if rules.allows(path) {
            return Ok(());
        }
        Err(FetchError::Robots { host: crate::text::one_line(url.host_str().unwrap_or_default()) }.into())
    }
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
