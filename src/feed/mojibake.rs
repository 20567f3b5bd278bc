//! UTF-8 that somebody read as Windows-1252 and wrote as UTF-8 once more: `donâ€™t` for `don’t`. Common where an old
//! database is behind a feed, and then in single fields, so that no label of the document tells it.

use encoding_rs::{EncoderResult, WINDOWS_1252};
use std::borrow::Cow;

/// The text that was meant, where the whole of `text` is such a reading of valid UTF-8; otherwise `text` itself. One
/// character that the mistake cannot have made is proof against it.
pub(super) fn undo(text: Cow<'_, str>) -> Cow<'_, str> {
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
    let mut encoder = WINDOWS_1252.new_encoder();
    let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
    (result == EncoderResult::InputEmpty).then(|| String::from_utf8(bytes).ok()).flatten()
}
