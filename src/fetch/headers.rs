//! The headers that matter, read. Pure: `now` is an argument.

use super::Validators;
use crate::model::Timestamp;
use crate::text::{clip, one_line};
use http::HeaderMap;
use http::header::{self, HeaderName};
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

/// A longer validator is dropped: it would have to be sent with every poll, and servers refuse long headers.
const MAX_VALIDATOR_BYTES: usize = 2 * 1024;

/// Content types are short; a longer one is noise for an error message.
const MAX_CONTENT_TYPE_BYTES: usize = 200;

const MAX_LINKS: usize = 16;

/// No server means more than a year; it keeps sums far from overflow.
const MAX_SECONDS: u64 = 366 * 24 * 3600;

/// A header as text: one harmless line.
pub fn text(headers: &HeaderMap, name: HeaderName, max_bytes: usize) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    let line = one_line(&String::from_utf8_lossy(&value[..value.len().min(4 * max_bytes)]));
    Some(clip(&line, max_bytes).to_owned()).filter(|line| !line.is_empty())
}

pub fn content_type(headers: &HeaderMap) -> Option<String> {
    text(headers, header::CONTENT_TYPE, MAX_CONTENT_TYPE_BYTES)
}

/// As they came, byte for byte; `None` where there are none.
pub fn validators(headers: &HeaderMap, url: &str) -> Option<Validators> {
    let bytes = |name| {
        let value = headers.get(name)?.as_bytes();
        (!value.is_empty() && value.len() <= MAX_VALIDATOR_BYTES).then(|| value.to_vec())
    };
    let (etag, last_modified) = (bytes(header::ETAG), bytes(header::LAST_MODIFIED));
    (etag.is_some() || last_modified.is_some()).then(|| Validators { url: url.to_owned(), etag, last_modified })
}

/// `Cache-Control: max-age`, else `Expires` less `Date`; zero with `no-cache` or `no-store`.
pub fn max_age(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let mut max_age = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        for directive in value.as_bytes().split(|&b| b == b',').filter_map(|d| std::str::from_utf8(d).ok()) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let name = name.trim();
            if name.eq_ignore_ascii_case("no-cache") && value.is_empty() || name.eq_ignore_ascii_case("no-store") {
                return Some(Duration::ZERO);
            }
            if name.eq_ignore_ascii_case("max-age") && max_age.is_none() {
                max_age = seconds(value.trim().trim_matches('"'));
            }
        }
    }
    max_age.or_else(|| {
        let expires = headers.get(header::EXPIRES)?;
        // An unreadable date ("0", "-1") means "already" (RFC 9111 5.3).
        let Some(expires) = date(expires) else { return Some(Duration::ZERO) };
        let from = headers.get(header::DATE).and_then(date).unwrap_or(now);
        Some(expires.since(from).min(Duration::from_secs(MAX_SECONDS)))
    })
}

/// `Retry-After`, in seconds or as a date; a date is measured from the server's own `Date`, so that neither
/// clock has to be right.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = headers.get(header::RETRY_AFTER)?;
    if let Some(wait) = value.to_str().ok().and_then(|text| seconds(text.trim())) {
        return Some(now.plus(wait));
    }
    let until = date(value)?;
    let from = headers.get(header::DATE).and_then(date).unwrap_or(now);
    Some(now.plus(until.since(from).min(Duration::from_secs(MAX_SECONDS))))
}

/// Whether a part (206) is all there is: `Content-Range: bytes 0-99/100`.
pub fn is_whole_range(headers: &HeaderMap) -> bool {
    let range = headers.get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let parts = range.and_then(|range| range.trim().strip_prefix("bytes")?.trim_start().split_once('/'));
    let Some((range, size)) = parts else { return false };
    let ends = range.split_once('-').map(|(first, last)| (first.trim().parse::<u64>(), last.trim().parse::<u64>()));
    matches!((ends, size.trim().parse::<u64>()), (Some((Ok(0), Ok(last))), Ok(size)) if last.checked_add(1) == Some(size))
}

/// WebSub: (rel, absolute address) of `Link` headers with `rel=hub` or `rel=self`.
pub fn links(headers: &HeaderMap, base: &Url) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for value in headers.get_all(header::LINK) {
        let Ok(value) = value.to_str() else { continue };
        for link in value.split('<').skip(1) {
            let Some((target, parameters)) = link.split_once('>') else { continue };
            let Ok(target) = base.join(target.trim()) else { continue };
            for parameter in parameters.split(';') {
                let Some((name, value)) = parameter.split_once('=') else { continue };
                if !name.trim().eq_ignore_ascii_case("rel") {
                    continue;
                }
                let value = value.trim().trim_end_matches(',').trim().trim_matches('"');
                for rel in value.split_ascii_whitespace().map(str::to_ascii_lowercase) {
                    if matches!(rel.as_str(), "hub" | "self") && found.len() < MAX_LINKS {
                        found.push((rel, target.to_string()));
                    }
                }
            }
        }
    }
    found
}

/// Digits only; more than fit mean "very long".
fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX).min(MAX_SECONDS)))
}

/// Any of the three spellings of RFC 9110 5.6.7.
fn date(value: &http::HeaderValue) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(value.to_str().ok()?.trim()).ok()?;
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
}
