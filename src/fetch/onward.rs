//! Where a redirect leads, and what of an address goes there. Pure.

use super::address::{self, Refusal};
use super::own::base64;
use super::{FetchError, refresh};
use http::StatusCode;
use http::header::HeaderValue;
use url::Url;

pub fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Takes user and password out of the address: they go into a header, and nowhere else. The fragment goes too.
pub fn take_credentials(url: &mut Url) -> Option<HeaderValue> {
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
pub fn is_elsewhere(from: &Url, location: &str) -> bool {
    target(from, Some(location)).is_ok_and(|url| url != *from)
}

/// Where a redirect leads: without fragment and credentials (a place that we are sent to does not choose whom
/// we say we are).
pub fn target(from: &Url, location: Option<&str>) -> Result<Url, FetchError> {
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
