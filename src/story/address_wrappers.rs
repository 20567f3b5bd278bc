//! Addresses that stand around others: redirectors, AMP caches, translators, archives.

use super::address_tables::{PATH_WRAPPERS, REDIRECTORS};
use std::fmt::Write;
use url::Url;

/// Whether a host is a site's own, or under it.
pub fn is_or_under(host: &str, site: &str) -> bool {
    host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What an address at `host` (as it is compared) wraps; `None`: nothing.
pub fn unwrap(url: &Url, host: &str) -> Option<Url> {
    let from_parameter = REDIRECTORS
        .iter()
        .filter(|(site, path, _)| is_or_under(host, site) && path_starts(url.path(), path))
        .flat_map(|(_, _, names)| names.iter())
        .find_map(|name| url.query_pairs().find(|(given, _)| given == name))
        .and_then(|(_, value)| absolute(&value));
    if from_parameter.is_some() {
        return from_parameter;
    }
    if let Some(inner) = host.strip_suffix(".translate.goog") {
        // Dots became hyphens and hyphens were doubled.
        let original = inner.replace("--", "\u{0}").replace('-', ".").replace('\u{0}', "-");
        let mut translated = url.clone();
        translated.set_host(Some(&original)).ok()?;
        return Some(translated);
    }
    let rest = PATH_WRAPPERS
        .iter()
        .filter(|(site, _)| is_or_under(host, site))
        .filter_map(|(_, prefix)| url.path().strip_prefix(prefix))
        .min_by_key(|rest| rest.len())
        .or_else(|| is_or_under(host, "cdn.ampproject.org").then(|| url.path().trim_start_matches("/v/")))?;
    let rest = rest.trim_start_matches('/');
    // `s/` says https; archives put a date first: `20260811093000id_/`.
    let rest = rest.strip_prefix("s/").unwrap_or(rest);
    let rest = match rest.split_once('/') {
        Some((date, rest)) if date.len() >= 4 && date.starts_with(|c: char| c.is_ascii_digit()) && !date.contains('.') => rest,
        _ => rest,
    };
    let mut inner = rest.to_owned();
    if let Some(query) = url.query() {
        let _ = write!(inner, "?{query}"); // writing to a String cannot fail
    }
    absolute(&inner)
}

/// An address with or without its scheme; the host must look like one.
fn absolute(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = if text.starts_with("http://") || text.starts_with("https://") {
        Url::parse(text).ok()?
    } else if let Some(rest) = text.strip_prefix("https:/").or_else(|| text.strip_prefix("http:/")) {
        // Path normalisation ate a slash.
        Url::parse(&format!("https://{}", rest.trim_start_matches('/'))).ok()?
    } else {
        let host = text.split(['/', '?', '#']).next()?;
        if !host.contains('.') || host.starts_with('.') || host.contains('%') {
            return None;
        }
        Url::parse(&format!("https://{text}")).ok()?
    };
    url.host_str()?.contains('.').then_some(url)
}

/// Whether a path is this one or below it.
pub fn path_starts(path: &str, prefix: &str) -> bool {
    match path.strip_prefix(prefix) {
        Some(rest) => prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}
