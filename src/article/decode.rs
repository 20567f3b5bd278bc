//! Bytes → text: the encoding of an HTML page as browsers find it.
//!
//! Order: byte order mark, `Content-Type`, `<meta>`, then UTF-8 if the bytes are valid, then a guess. A page that was wholly
//! encoded twice is read as it was meant, which browsers do not do.

use crate::mojibake;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Browsers look for `<meta charset>` in the first 1,024 bytes; real pages put it as late as this.
const META_BYTES: usize = 8 * 1024;
/// What the guess looks at: enough for any encoding to show itself.
const GUESS_BYTES: usize = 128 * 1024;

/// The page as text; malformed sequences become U+FFFD.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    mojibake::undo(as_labelled(bytes, content_type))
}

fn as_labelled<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, bom)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[bom..]).0;
    }
    let label = content_type.and_then(charset_of).or_else(|| meta_charset(&bytes[..bytes.len().min(META_BYTES)]));
    let valid = std::str::from_utf8(bytes);
    match (label, valid) {
        // Multi-byte text that is valid UTF-8 is UTF-8, whatever the label says: a false label is far commoner
        // than GBK or Latin-1 that happens to be valid.
        (_, Ok(text)) if !text.is_ascii() || label.is_none_or(|e| e.is_ascii_compatible()) => Cow::Borrowed(text),
        (Some(encoding), _) if encoding != UTF_8 || mostly_utf8(bytes) => encoding.decode_without_bom_handling(bytes).0,
        _ if mostly_utf8(bytes) => UTF_8.decode_without_bom_handling(bytes).0,
        _ => guess(bytes).decode_without_bom_handling(bytes).0,
    }
}

/// One broken sequence in a long page does not make it Latin-1.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(GUESS_BYTES)];
    let text = String::from_utf8_lossy(sample);
    let broken = text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
    let high = text.chars().filter(|c| !c.is_ascii()).count();
    broken * 20 <= high
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESS_BYTES)], true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let after = &lower[lower.find("charset")? + "charset".len()..];
    label(after.trim_start().strip_prefix('=')?)
}

fn label(text: &str) -> Option<&'static Encoding> {
    let name = text.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.+".contains(c))).unwrap_or(name.len());
    let encoding = Encoding::for_label(&name.as_bytes()[..end])?;
    // A page whose label could be read is no UTF-16 (HTML standard); x-user-defined means windows-1252.
    Some(match encoding {
        e if e == UTF_16BE || e == UTF_16LE => UTF_8,
        e if e.name() == "x-user-defined" => WINDOWS_1252,
        e => e,
    })
}

fn meta_charset(head: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    text.match_indices("<meta").find_map(|(at, _)| {
        let tag = &text[at..];
        let tag = tag.split('>').next().unwrap_or_default();
        let after = &tag[tag.find("charset")? + "charset".len()..];
        label(after.trim_start().strip_prefix('=')?)
    })
}
