//! The headers that every request of a kind carries.

use super::decode;
use super::types::Settings;
use anyhow::Context;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// The headers that every request of a kind carries.
pub struct BaseHeaders {
    pub feed: HeaderMap,
    pub page: HeaderMap,
    pub robots: HeaderMap,
    pub form: HeaderMap,
}

const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                           application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5";

impl BaseHeaders {
    pub fn new(settings: &Settings) -> anyhow::Result<BaseHeaders> {
        let agent = HeaderValue::from_str(&settings.user_agent).context("the User-Agent is no header value")?;
        let base = |accept: &'static str, encoding: &'static str| {
            HeaderMap::from_iter([
                (header::USER_AGENT, agent.clone()),
                (header::ACCEPT, HeaderValue::from_static(accept)),
                (header::ACCEPT_ENCODING, HeaderValue::from_static(encoding)),
            ])
        };
        let mut feed = base(ACCEPT_FEED, decode::ACCEPTED);
        // RFC 3229: only what is new may be sent. Of use with a validator only, harmless without.
        feed.insert(HeaderName::from_static("a-im"), HeaderValue::from_static("feed"));
        // Plain: a robots.txt that is too long is cut, which a compressed one cannot be.
        let mut form = base("*/*", "identity");
        form.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Ok(BaseHeaders {
            feed,
            page: base(ACCEPT_PAGE, decode::ACCEPTED),
            robots: base("text/plain, */*;q=0.5", "identity"),
            form,
        })
    }
}
