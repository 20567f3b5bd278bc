//! WebSub (W3C Recommendation, 2018): what is asked of a hub, what its questions and pushes mean, and when to ask again;
//! and what the hub of our own outputs is told. Pure: no files, network, clock, randomness, async or logging.
//!
//! A hub knows us by a callback address with a token that nobody can guess; what it pushes is signed with a secret of
//! that subscription alone. The daemon sends, the server receives, the store keeps.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// Where hubs call back, below `serve.base_url`; a token follows.
pub const CALLBACK_PATH: &str = "/websub/";

/// The lease that is asked for; a hub may grant another.
pub const LEASE_WANTED: Duration = Duration::from_secs(10 * 24 * 3600);

/// What a hub grants is taken within these bounds: a shorter lease would be renewed without end, a longer one would
/// trust for years what was verified once.
const SHORTEST_LEASE: Duration = Duration::from_secs(600);
const LONGEST_LEASE: Duration = Duration::from_secs(90 * 24 * 3600);

/// A hub that took a request verifies it within this time, or it is asked again.
const VERIFICATION: Duration = Duration::from_secs(3600);

/// A hub that refuses or is not there: an hour, doubled with each failure, up to a week.
const FIRST_RETRY: Duration = Duration::from_secs(3600);
const LONGEST_RETRY: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where a feed says that it is pushed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hub {
    pub hub: String,
    pub topic: String,
}

/// The hub that a feed names, with what a new subscription there would be known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubOffer {
    pub hub: Hub,
    /// In the callback's address.
    pub token: String,
    /// Signs what is pushed.
    pub secret: String,
}

/// The hub of a feed: its `Link` headers count before its document (WebSub 4), an https hub before others. `None`
/// where it names none, or not its own address.
pub fn discover(links: &[(String, String)], hubs: &[String], self_url: Option<&str>) -> Option<Hub> {
    let of = |rel: &'static str| links.iter().filter(move |(name, _)| name == rel).map(|(_, url)| url.as_str());
    let hubs: Vec<&str> = of("hub").chain(hubs.iter().map(String::as_str)).filter(|url| is_http(url)).collect();
    let hub = hubs.iter().find(|url| url.starts_with("https:")).or(hubs.first())?;
    let topic = of("self").chain(self_url).find(|url| is_http(url))?;
    Some(Hub { hub: (*hub).to_owned(), topic: topic.to_owned() })
}

fn is_http(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The form that asks a hub for a subscription, or for a longer one (WebSub 5.1).
pub fn subscription_form(topic: &str, callback: &str, secret: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.topic", topic)
        .append_pair("hub.callback", callback)
        .append_pair("hub.secret", secret)
        .append_pair("hub.lease_seconds", &LEASE_WANTED.as_secs().to_string())
        .finish()
}

/// The form that tells a hub that one of our own documents changed. WebSub leaves it to publisher and hub; this is what
/// hubs take.
pub fn publication_form(topic: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.mode", "publish").append_pair("hub.url", topic).finish()
}

/// When a hub is told again that could not be told for the `n_errors`th time in a row (1 or more): a minute, doubled with
/// each failure, up to an hour. Who is told late reads late, and what is told twice is read twice.
pub fn tell_again(n_errors: u32) -> Duration {
    Duration::from_secs(60).saturating_mul(1 << n_errors.saturating_sub(1).min(6)).min(Duration::from_secs(3600))
}

/// What a hub asks or tells at the callback (WebSub 5.2 and 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Did we ask for this? Then the challenge is echoed.
    Subscribe {
        topic: String,
        challenge: String,
        lease: Duration,
    },
    Unsubscribe {
        topic: String,
        challenge: String,
    },
    Denied {
        topic: String,
        reason: String,
    },
}

/// Reads the query of a GET at the callback.
pub fn question(query: &str) -> Option<Question> {
    let fields: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
    let topic = field("hub.topic")?;
    match field("hub.mode")?.as_str() {
        "subscribe" => {
            // A hub must say how long; one that does not is taken at what we asked for.
            let lease =
                field("hub.lease_seconds").and_then(|seconds| seconds.parse().ok()).map_or(LEASE_WANTED, Duration::from_secs);
            Some(Question::Subscribe {
                topic,
                challenge: field("hub.challenge")?,
                lease: lease.clamp(SHORTEST_LEASE, LONGEST_LEASE),
            })
        }
        "unsubscribe" => Some(Question::Unsubscribe { topic, challenge: field("hub.challenge")? }),
        "denied" => Some(Question::Denied { topic, reason: field("hub.reason").unwrap_or_default() }),
        _ => None,
    }
}

/// When a lease is renewed: at its half.
pub fn renewal(now: Timestamp, lease: Duration) -> Timestamp {
    now.plus(lease / 2)
}

/// When a hub that took a request, but has not verified it yet, is asked again.
pub fn unverified(now: Timestamp) -> Timestamp {
    now.plus(VERIFICATION)
}

/// When a hub is asked again that refused for the `n_errors`th time in a row (1 or more).
pub fn retry(now: Timestamp, n_errors: u32) -> Timestamp {
    let doublings = n_errors.saturating_sub(1).min(16);
    now.plus(FIRST_RETRY.saturating_mul(1 << doublings).min(LONGEST_RETRY))
}

/// Whether `X-Hub-Signature` (`method=hex`) is that of the body under the secret, compared in constant time. SHA-1 is
/// what most hubs still send; as an HMAC it holds.
pub fn is_signed(header: &str, secret: &str, body: &[u8]) -> bool {
    use ring::hmac;
    let Some((method, signature)) = header.trim().split_once('=') else { return false };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Some(signature) = from_hex(signature.trim()) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &signature).is_ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
