//! Addresses and tags as every format can carry them: absolute http(s) URIs in ASCII, media types and
//! language tags of the right shape. What cannot be made so is left out by the callers.

use url::{Position, Url};

/// The address as an ASCII URI, `None` where it is not an http(s) address. User name and password are dropped:
/// an output is public. The url crate leaves some characters that a URI must not have (`|`, `^`, a second
/// `#`, a lone `%`); they are encoded here.
pub(super) fn web_url(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    // These fail only on addresses that cannot have any.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut out = url[..Position::BeforePath].to_owned();
    let rest = &url[Position::BeforePath..];
    let mut in_fragment = false;
    for (at, byte) in rest.bytes().enumerate() {
        let keep = match byte {
            b'#' => !std::mem::replace(&mut in_fragment, true),
            b'%' => rest.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&byte),
        };
        if keep { out.push(char::from(byte)) } else { push_percent(&mut out, byte) }
    }
    Some(out)
}

/// One segment of a path.
pub(super) fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte))
        } else {
            push_percent(&mut out, byte)
        }
    }
    out
}

fn push_percent(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend(['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]);
}

/// The host of an address, for people, where a source has no title.
pub(super) fn host(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(|host| host.trim_start_matches("www.").to_owned())
}

/// `type/subtype` in lower case without parameters, `None` for anything else.
pub(super) fn media_type(given: &str) -> Option<String> {
    let given = given.split(';').next()?.trim().to_ascii_lowercase();
    let is_token = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let (main, sub) = given.split_once('/')?;
    (is_token(main) && is_token(sub)).then_some(given)
}

/// The media type that the end of an address promises, for enclosures that came without one.
pub(super) fn media_type_of(url: &str) -> &'static str {
    const KNOWN: [(&str, &str); 14] = [
        ("mp3", "audio/mpeg"),
        ("m4a", "audio/mp4"),
        ("ogg", "audio/ogg"),
        ("opus", "audio/ogg"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
        ("mp4", "video/mp4"),
        ("m4v", "video/mp4"),
        ("webm", "video/webm"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("pdf", "application/pdf"),
    ];
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit('.').next().unwrap_or_default();
    KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map_or("application/octet-stream", |(_, media)| media)
}

/// A language tag of the shape of BCP 47, `None` for anything else.
pub(super) fn language_tag(given: &str) -> Option<String> {
    let tag = given.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?;
    let is_primary = matches!(primary.len(), 2 | 3) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    let is_rest = parts.all(|part| matches!(part.len(), 1..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (is_primary && is_rest && tag.len() <= 35).then_some(tag)
}
