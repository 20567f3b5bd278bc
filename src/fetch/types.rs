//! What goes into the room, and what comes out of it.

use super::address;
use super::body::{Body, Room};
use super::own::OwnHeaders;
use crate::model::Timestamp;
use crate::network::Sign;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// What the client is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `courant/VERSION (+CONTACT)`.
    pub user_agent: String,
    /// The whole request, redirects included.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// From the start of one hop, connecting included, to the end of its headers.
    pub header_timeout: Duration,
    /// Decoded sizes, bytes.
    pub max_feed_bytes: usize,
    pub max_page_bytes: usize,
    /// Compressed, as they come over the wire.
    pub max_wire_bytes: usize,
    /// Decoded to compressed.
    pub max_ratio: usize,
    pub max_redirects: usize,
    /// A proxy that everything goes through; empty: none.
    pub proxy: String,
    /// Private addresses that may be dialled all the same.
    pub allow_private: Vec<address::Allowed>,
    /// Requests in flight, in all and to one host.
    pub concurrency: usize,
    pub per_host: usize,
    /// From the start of one request to a host to the start of the next.
    pub host_spacing: Duration,
}

/// What is fetched: it decides `Accept`, the body limit, and whether robots.txt is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Feed,
    Page,
}

/// Validators as a server gave them: opaque bytes, echoed as they came, and only to the URL that gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub url: String,
    pub etag: Option<Vec<u8>>,
    pub last_modified: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub url: &'a str,
    pub kind: Kind,
    /// Sent to the hop whose URL equals theirs.
    pub validators: Option<&'a Validators>,
    /// A person's own headers for this feed.
    pub own: Option<&'a OwnHeaders>,
}

/// What is sent to an address of the person's own.
#[derive(Clone, Debug)]
pub struct Post<'a> {
    pub url: &'a str,
    /// Put instead of posted.
    pub put: bool,
    pub content_type: &'static str,
    pub body: String,
    pub own: &'a OwnHeaders,
}

/// One redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub to: Url,
    /// 301 or 308.
    pub permanent: bool,
}

/// The head of an answer, of a 304 too.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub status: u16,
    /// Where redirects ended.
    pub final_url: String,
    pub hops: Vec<Hop>,
    pub content_type: Option<String>,
    /// As given by `final_url`; `None` where it gave none.
    pub validators: Option<Validators>,
    /// `Cache-Control: max-age`, else `Expires` less `Date`; zero with `no-cache`.
    pub max_age: Option<Duration>,
    /// When the server allows the next request (429, 503, and wherever else it says so).
    pub retry_after: Option<Timestamp>,
    /// WebSub `Link: <…>; rel=hub` and `rel=self`.
    pub links: Vec<(String, String)>,
    /// Bytes on the wire, compressed.
    pub wire_bytes: u64,
    /// A validator was sent, to which this is the answer.
    pub conditional: bool,
    /// What the answer says of the network, once it is known that whoever was meant gave it: [`super::Client::answered`].
    pub asked: Asked,
}

/// When a request was sent, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of the address that was asked for; redirects may have led elsewhere. Empty where nobody was asked.
    pub host: String,
    pub at: Timestamp,
    /// The answer came over a connection whose certificate was accepted.
    pub is_https: bool,
}

/// Which requests are held back because the network is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub http: bool,
    pub https: bool,
    /// Also those to hosts that are not public.
    pub private_too: bool,
}

impl Held {
    /// Whether a request to this address is held back.
    pub fn holds(&self, url: &str) -> bool {
        if *self == Held::default() {
            return false;
        }
        let Ok(url) = Url::parse(url) else { return false };
        let is_held = match url.scheme() {
            "http" => self.http,
            "https" => self.https,
            _ => false,
        };
        is_held && (self.private_too || url.host_str().is_some_and(address::is_public_host))
    }
}

/// How a request ended; nothing here is an exception.
#[derive(Debug)]
pub enum Outcome {
    /// 200 (or 201, 203, 206 of all there is, 226), whole.
    Fetched(Head, Body),
    NotModified(Head),
    /// 429, or 503 with Retry-After.
    Throttled(Head),
    /// 410.
    Gone(Head),
    /// Any other status.
    Refused(Head),
    Failed(FetchError),
    /// As if the network were down, and nobody else was heard in time. `others_heard`: when another host was last asked
    /// that answered.
    Doubtful {
        error: FetchError,
        others_heard: Option<Timestamp>,
    },
}

impl Outcome {
    /// The room of the body, if there is one: see [`Body::take_room`].
    pub fn take_room(&mut self) -> Option<Room> {
        match self {
            Outcome::Fetched(_, body) => body.take_room(),
            _ => None,
        }
    }
}

/// Why there was no whole answer. Its text never holds secrets of the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Address(#[from] address::Refusal),
    #[error("robots.txt of {host} forbids it")]
    Robots { host: String },
    #[error("no answer within {0:?} (fetch.timeout)")]
    Timeout(Duration),
    #[error("no headers within {0:?} (fetch.header_timeout)")]
    Headers(Duration),
    #[error("the body only drips: {0} bytes in half of the time for the whole request")]
    Drip(usize),
    #[error("cannot connect: {0}")]
    Connect(Unreached),
    #[error("certificate not accepted: {0}")]
    Tls(BadCertificate),
    #[error("larger than {limit} bytes ({key})")]
    TooLarge { limit: usize, key: &'static str },
    #[error("decompresses to more than {0} times its size (fetch.max_ratio)")]
    Ratio(usize),
    #[error("{0}")]
    Redirects(Circle),
    #[error("broken answer: {0}")]
    Broken(String),
    /// Something of this machine: a secret, a file, a command.
    #[error("{0}")]
    Local(String),
    /// It says nothing of the server, which may not even have been asked.
    #[error("the network is down")]
    Offline,
}

/// No connection, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Unreached {
    /// Already its name was not found.
    pub no_name: bool,
    pub text: String,
}

/// A certificate that was refused, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct BadCertificate {
    pub fault: CertificateFault,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// By our clock.
    NotYetValid,
    /// By our clock.
    Expired,
    Other,
}

/// Redirects without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    pub max_redirects: usize,
    /// It came back to an address that it had been at, and cookies were set on the way.
    pub sets_cookies: bool,
}

impl std::fmt::Display for Circle {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self.sets_cookies {
            true => write!(out, "redirects in a circle and sets cookies: it wants a browser that gives them back"),
            false => write!(out, "more than {} redirects (fetch.max_redirects)", self.max_redirects),
        }
    }
}

impl FetchError {
    /// What the failure may say of the network at large; `None`: nothing.
    pub fn sign(&self) -> Option<Sign> {
        match self {
            FetchError::Connect(Unreached { no_name: true, .. }) => Some(Sign::Name),
            FetchError::Connect(_) => Some(Sign::Connection),
            FetchError::Tls(BadCertificate { fault, .. }) => Some(match fault {
                CertificateFault::NotYetValid => Sign::NotYetValid,
                CertificateFault::Expired => Sign::Expired,
                CertificateFault::Other => Sign::Certificate,
            }),
            FetchError::Address(address::Refusal::Network { .. }) => Some(Sign::Astray),
            _ => None,
        }
    }
}

/// What robots.txt of a host said: kept by the store, handed to the client at start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsRecord {
    /// `scheme://host[:port]`.
    pub origin: String,
    /// The text of robots.txt; `None`: there is none, everything is allowed. A host whose robots.txt could
    /// not be had (5xx, no answer) is recorded as `Disallow: /` with an early expiry.
    pub text: Option<String>,
    pub expires: Timestamp,
}

impl Validators {
    /// These, refreshed by what a 304 carried: each field that it gave replaces ours (RFC 9111 4.3.4). A 304
    /// that gave none leaves them as they are.
    pub fn refreshed(&self, by: Option<&Validators>) -> Validators {
        let mut fresh = self.clone();
        if let Some(by) = by {
            fresh.etag = by.etag.clone().or(fresh.etag);
            fresh.last_modified = by.last_modified.clone().or(fresh.last_modified);
        }
        fresh
    }
}
