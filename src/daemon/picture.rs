//! A picture of an article, for our own pages: through the one client, and only what is a picture by its first bytes.

use super::engine::Engine;
use super::parts::clock;
use crate::fetch::{Kind, Outcome, Request};
use bytes::Bytes;

/// By what pictures begin, and what they are. No SVG, which is a document that can run.
const BEGINNINGS: [(&[u8], &str); 5] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF", "image/webp"),
];

/// The picture's media type and its bytes, up to `fetch.max_page_bytes`; `None`: it cannot be had, or is none, or another node
/// asks its domain.
pub async fn picture(engine: &Engine, address: &str) -> Option<(&'static str, Bytes)> {
    let request = Request { url: address, kind: Kind::Page, validators: None, own: None };
    if engine.duties.share().is_some_and(|share| !share.holds(address)) {
        return None;
    }
    let getting = engine.client.get(request, clock());
    let Outcome::Fetched(_, body) = engine.duties.ask_at(address, getting).await? else { return None };
    let media_type = kind(&body)?;
    Some((media_type, Bytes::copy_from_slice(&body)))
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    // ISO 14496-12: AVIF.
    if matches!(bytes.get(4..12), Some(b"ftypavif" | b"ftypavis")) {
        return Some("image/avif");
    }
    let (_, media_type) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning))?;
    (*media_type != "image/webp" || bytes.get(8..12) == Some(b"WEBP")).then_some(*media_type)
}
