//! What all answers of the server share.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Our own script and search form, no frame, nothing of ours from elsewhere …
const OWN_PICTURES: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// … but pictures of the articles, which a page is for.
const ALL_PICTURES: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src http: https:; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What a page of ours may load.
pub(super) fn page_policy(images_are_linked: bool) -> HeaderValue {
    HeaderValue::from_static(if images_are_linked { ALL_PICTURES } else { OWN_PICTURES })
}

pub(super) fn plain(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text.to_owned()).into_response()
}

/// The headers of every document: what it is, and what a browser must not do with it.
pub(super) fn guarded(content_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(OWN_PICTURES));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
}

/// Whether `If-None-Match` names one of these (RFC 9110 13.1.2: weak comparison).
pub(super) fn is_known<'a>(asked: &HeaderMap, etags: impl Iterator<Item = &'a HeaderValue> + Clone) -> bool {
    asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(
        |tag| {
            let tag = tag.trim();
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag == "*" || etags.clone().any(|etag| etag.as_bytes() == tag.as_bytes())
        },
    )
}

/// The address that a reader is told, where it is the one that it asked. `names`: those of this machine that may be told;
/// `None`: what was asked does not matter.
pub(super) fn asked_base(names: Option<&[String]>, headers: &HeaderMap) -> Option<String> {
    let names = names?;
    let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
    let authority: axum::http::uri::Authority = host.parse().ok()?;
    let name = authority.host();
    let is_address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    // A name that somebody else made point here would be ours in what is published.
    let is_ours = is_address || name == "localhost" || names.iter().any(|known| known.eq_ignore_ascii_case(name));
    (is_ours && !host.contains('@')).then(|| format!("http://{host}"))
}
