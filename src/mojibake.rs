//! UTF-8 that somebody read as Windows-1252 or Latin-1 and wrote as UTF-8 once more: `donâ€™t` for `don’t`. Common where an
//! old database is behind a feed or a site; in feeds in single fields, so that no label of the document tells it.

use encoding_rs::WINDOWS_1252;
use std::borrow::Cow;

/// The text that was meant, where the whole of `text` is such a reading of valid UTF-8; otherwise `text` itself. One
/// character that the mistake cannot have made is proof against it.
pub fn undo(text: Cow<'_, str>) -> Cow<'_, str> {
    match meant(&text) {
        Some(meant) => Cow::Owned(meant),
        None => text,
    }
}

fn meant(text: &str) -> Option<String> {
    // Every lead byte becomes a character whose own first byte this is: nearly all texts end here.
    let from = memchr::memchr(0xc3, text.as_bytes()).filter(|from| text.as_bytes()[..*from].is_ascii())?;
    let mut first = text[from..].chars();
    if !matches!(first.next()?, '\u{c2}'..='\u{f4}') || first.next()?.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend_from_slice(&text.as_bytes()[..from]);
    for c in text[from..].chars() {
        bytes.push(byte(c)?);
    }
    String::from_utf8(bytes).ok()
}

/// What was read as this character: by Latin-1, or by Windows-1252 where the two differ.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    let mut utf8 = [0; 4];
    let (bytes, _, unknown) = WINDOWS_1252.encode(c.encode_utf8(&mut utf8));
    if unknown { None } else { bytes.first().copied() }
}
