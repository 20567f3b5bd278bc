//! Bytes → text: unannounced compression, the encoding by evidence rather than by label, and no character that
//! XML forbids.

use super::entities::is_xml_char;
use super::nearly_utf8::NearlyUtf8;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::io::Read;

/// What an unannounced compressed body may grow to; more is a bomb. The fetcher's own limit is lower.
const MAX_INFLATED: u64 = 64 << 20;
/// A feed does not say more in fewer bytes than this, unless it is a bomb.
const MAX_RATIO: u64 = 200;

pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub warnings: Vec<String>,
}

pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    let mut warnings = Vec::new();
    let text = match inflate(bytes) {
        Some((bytes, is_whole)) => {
            warnings.push("the body is compressed without saying so".to_owned());
            if !is_whole {
                warnings.push("the compressed body is damaged or too large: read as far as possible".to_owned());
            }
            Cow::Owned(to_text(&bytes, content_type, &mut warnings).into_owned())
        }
        None => to_text(bytes, content_type, &mut warnings),
    };
    let text = plain_lines(drop_illegal(text, &mut warnings));
    Decoded { text, warnings }
}

/// The text of a page, for those who look for feeds in it.
pub(super) fn page_text(bytes: &[u8], content_type: Option<&str>) -> String {
    decode(bytes, content_type).text.into_owned()
}

/// A gzip or zlib body unpacked as far as it goes, and whether that was to its end.
fn inflate(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let limit = MAX_INFLATED.min((bytes.len() as u64).saturating_mul(MAX_RATIO).max(1 << 20));
    let mut out = Vec::new();
    let result = match bytes {
        [0x1f, 0x8b, 8, ..] => flate2::read::MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] if (u16::from(bytes[0]) << 8 | u16::from(bytes[1])) % 31 == 0 => {
            flate2::read::ZlibDecoder::new(bytes).take(limit).read_to_end(&mut out)
        }
        _ => return None,
    };
    // `x^…` may begin a text.
    if out.is_empty() && bytes[0] == 0x78 {
        return None;
    }
    let is_whole = result.is_ok() && (out.len() as u64) < limit;
    Some((out, is_whole))
}

/// Byte order mark, then the pattern of NULs, then UTF-8 whole or nearly so, then labels by what they can prove, then a
/// guess. Where labels were in conflict with the bytes or with each other there is a warning.
fn to_text<'a>(bytes: &'a [u8], content_type: Option<&str>, warnings: &mut Vec<String>) -> Cow<'a, str> {
    if let Some(text) = wide(bytes) {
        return Cow::Owned(text);
    }
    let mut bytes = bytes;
    // Some servers put the mark twice.
    while let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        bytes = rest;
    }
    let labels = [content_type.and_then(charset), declaration(bytes)];
    let encodings = || labels.into_iter().flatten().map(|label| label.encoding);
    let valid = match std::str::from_utf8(bytes) {
        // A document that was cut may end inside a character.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        valid => valid.ok(),
    };
    if let Some(text) = valid {
        // ISO-2022-JP and HZ are ASCII to the eye.
        let is_stateful = bytes.contains(&0x1b) && text.is_ascii();
        if let Some(encoding) = encodings().find(|e| e.name() == "ISO-2022-JP").filter(|_| is_stateful) {
            return encoding.decode_without_bom_handling(bytes).0;
        }
        let other = labels.into_iter().flatten().find(|label| label.encoding != UTF_8 || label.is_ascii);
        if let Some(other) = other.filter(|_| !text.is_ascii()) {
            warnings.push(format!("labelled {} but is UTF-8", other.name()));
        }
        return Cow::Borrowed(text);
    }
    let says_utf8 = encodings().any(|encoding| encoding == UTF_8);
    let nearly = NearlyUtf8::read(bytes);
    // Bytes of another encoding stand in words; noise stands alone.
    let is_noise = says_utf8 && nearly.n_good_bytes == 0 && !touches_letters(bytes) && !stands_in_runs(bytes);
    if nearly.is_proven(says_utf8) || is_noise {
        if nearly.n_bad_bytes > 0 {
            warnings.push(format!("{} bytes are not UTF-8 and were replaced", nearly.n_bad_bytes));
        }
        if nearly.n_surrogates > 0 {
            warnings.push(format!("{} characters were written as halves (CESU-8) and were joined", nearly.n_surrogates));
        }
        if let Some(other) = labels.into_iter().flatten().find(|label| label.encoding != UTF_8) {
            warnings.push(format!("labelled {} but is UTF-8", other.name()));
        }
        return Cow::Owned(nearly.text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let mut fitting: Vec<Fitting> = labels.into_iter().flatten().filter_map(|label| Fitting::of(label, bytes, guess)).collect();
    // The first of equals is the header's.
    fitting.sort_by_key(|fitting| std::cmp::Reverse(fitting.weight));
    let said: Vec<String> = labels.into_iter().flatten().map(|label| label.name()).collect();
    let Some(best) = fitting.into_iter().next() else {
        let but = if said.is_empty() { String::new() } else { format!("labelled {}, which does not fit: ", said.join(" and ")) };
        warnings.push(format!("{but}read as {}, which is a guess", guess.name()));
        return guess.decode_without_bom_handling(bytes).0;
    };
    let is_conflict = labels.into_iter().flatten().any(|label| label.encoding != best.encoding || label.is_ascii);
    if is_conflict {
        warnings.push(format!("labelled {}: read as {}", said.join(" and "), best.encoding.name()));
    } else if !best.is_clean {
        warnings.push(format!("some bytes are not {} and were replaced", best.encoding.name()));
    }
    best.encoding.decode_without_bom_handling(bytes).0
}

/// A label that the bytes do not disprove.
struct Fitting {
    encoding: &'static Encoding,
    is_clean: bool,
    weight: u8,
}

impl Fitting {
    /// That an encoding of several bytes decodes all is evidence, as it might not; that one of single bytes does is
    /// none, and `iso-8859-1` is what servers say who were told nothing.
    fn of(label: Label, bytes: &[u8], guess: &'static Encoding) -> Option<Fitting> {
        let encoding = label.encoding;
        if encoding == UTF_8 {
            return None;
        }
        let is_clean = encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some();
        let is_single = encoding.is_single_byte();
        if !is_clean && !is_single && !is_nearly(encoding, bytes) {
            return None;
        }
        let is_default = encoding == WINDOWS_1252;
        if is_default && guess != WINDOWS_1252 && stands_in_runs(bytes) {
            return None;
        }
        let kind = match (is_single, is_default) {
            (false, _) if is_clean => 4,
            (_, false) => 2,
            (_, true) => 0,
        };
        Some(Fitting { encoding, is_clean, weight: kind + u8::from(encoding == guess) })
    }
}

/// Characters beyond ASCII that an encoding of several bytes has read for each that it could not.
const READ_FOR_EACH_BAD: usize = 8;

/// Whether bytes in words of another script are text of an encoding of several bytes that was damaged in a few places.
fn is_nearly(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    if !stands_in_runs(bytes) {
        return false;
    }
    let text = encoding.decode_without_bom_handling(bytes).0;
    let n_bad = text.chars().filter(|c| *c == '\u{fffd}').count();
    let n_read = text.chars().filter(|c| !c.is_ascii()).count() - n_bad;
    n_read >= READ_FOR_EACH_BAD * n_bad
}

/// Whether most bytes beyond ASCII stand in runs of four and more: words of another script. In Latin scripts they stand
/// between letters of ASCII.
fn stands_in_runs(bytes: &[u8]) -> bool {
    let (mut n_high, mut n_in_runs) = (0, 0);
    for run in bytes.chunk_by(|a, b| a.is_ascii() == b.is_ascii()).filter(|run| !run[0].is_ascii()) {
        n_high += run.len();
        n_in_runs += if run.len() >= 4 { run.len() } else { 0 };
    }
    n_in_runs * 2 > n_high
}

/// Whether a byte beyond ASCII stands beside an ASCII letter.
fn touches_letters(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair[0].is_ascii() != pair[1].is_ascii() && pair.iter().any(u8::is_ascii_alphabetic))
}

/// UTF-16 and UTF-32, with a byte order mark or by the NULs that ASCII has in them.
fn wide(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0, 0, 0xfe, 0xff, rest @ ..] => return Some(utf32(rest, u32::from_be_bytes)),
        [0xff, 0xfe, 0, 0, rest @ ..] => return Some(utf32(rest, u32::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => return Some(UTF_16BE.decode_without_bom_handling(rest).0.into_owned()),
        [0xff, 0xfe, rest @ ..] => return Some(UTF_16LE.decode_without_bom_handling(rest).0.into_owned()),
        [0, 0, 0, b'<' | b'{' | b' ' | b'\n', ..] => return Some(utf32(bytes, u32::from_be_bytes)),
        [b'<' | b'{' | b' ' | b'\n', 0, 0, 0, ..] => return Some(utf32(bytes, u32::from_le_bytes)),
        _ => {}
    }
    // Markup is ASCII: in UTF-16 every second byte of the start is NUL, and hardly any of the others.
    let head = &bytes[..bytes.len().min(256) & !1];
    let count = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (count(0), count(1));
    let half = head.len() / 2;
    if half < 2 || head[0] == 0 && head[1] == 0 {
        return None;
    }
    if even * 4 > half * 3 && odd == 0 {
        Some(UTF_16BE.decode_without_bom_handling(bytes).0.into_owned())
    } else if odd * 4 > half * 3 && even == 0 {
        Some(UTF_16LE.decode_without_bom_handling(bytes).0.into_owned())
    } else {
        None
    }
}

fn utf32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> String {
    let unit = |unit: &[u8]| unit.try_into().map_or('\u{fffd}', |unit| char::from_u32(read(unit)).unwrap_or('\u{fffd}'));
    bytes.chunks_exact(4).map(unit).collect()
}

/// What somebody says of the encoding.
#[derive(Clone, Copy)]
struct Label {
    encoding: &'static Encoding,
    /// US-ASCII, which bytes beyond it disprove; the web's list takes it for windows-1252.
    is_ascii: bool,
}

impl Label {
    fn name(self) -> String {
        if self.is_ascii { "US-ASCII".to_owned() } else { self.encoding.name().to_owned() }
    }
}

/// The charset of a `Content-Type`.
fn charset(content_type: &str) -> Option<Label> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        name.trim().eq_ignore_ascii_case("charset").then(|| label(value)).flatten()
    })
}

/// The encoding of an XML declaration or of an HTML `meta` among the first bytes. One that says UTF-16 in bytes
/// that can be read is wrong.
fn declaration(bytes: &[u8]) -> Option<Label> {
    let head: String = bytes.iter().take(1024).map(|b| char::from(*b).to_ascii_lowercase()).collect();
    let found = |key: &str| {
        let after = &head[head.find(key)? + key.len()..];
        let after = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        after.split(['"', '\'', '?', '>', ' ', ';', '/']).next().and_then(label)
    };
    let label =
        if head.trim_start().starts_with("<?xml") || head.contains("<?xml") { found("encoding") } else { found("charset") };
    label.filter(|label| label.encoding != UTF_16LE && label.encoding != UTF_16BE)
}

/// Names of US-ASCII.
const ASCII: [&str; 6] = ["us-ascii", "ascii", "ansi_x3.4-1968", "iso-ir-6", "iso646-us", "us"];

/// Labels that the web's list does not have and feeds do.
const LABELS: &[(&str, &str)] = &[
    ("cp-1252", "windows-1252"),
    ("win-1251", "windows-1251"),
    ("windows1251", "windows-1251"),
    ("windows1252", "windows-1252"),
    ("cp936", "gbk"),
    ("cp932", "shift_jis"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("utf8mb4", "utf-8"),
    ("utf_8", "utf-8"),
    ("u8", "utf-8"),
    ("latin-1", "iso-8859-1"),
    ("iso8859_1", "iso-8859-1"),
];

fn label(label: &str) -> Option<Label> {
    let label = label.trim().to_ascii_lowercase();
    if ASCII.contains(&label.as_str()) {
        return Some(Label { encoding: WINDOWS_1252, is_ascii: true });
    }
    let encoding = Encoding::for_label(label.as_bytes()).or_else(|| {
        let (_, known) = LABELS.iter().find(|(odd, _)| *odd == label)?;
        Encoding::for_label(known.as_bytes())
    });
    encoding.map(|encoding| Label { encoding, is_ascii: false })
}

/// Without the characters that XML forbids; U+FEFF inside is a mark that somebody glued in.
fn drop_illegal<'a>(text: Cow<'a, str>, warnings: &mut Vec<String>) -> Cow<'a, str> {
    let is_bad_byte = |b: u8| b < 0x20 && b != b'\t' && b != b'\n' && b != b'\r';
    // U+FEFF, U+FFFE and U+FFFF all begin with 0xEF.
    // By blocks without a way out of them: the compiler makes vector code of that.
    let has_control = text.as_bytes().chunks(4_096).any(|block| block.iter().fold(false, |bad, b| bad | is_bad_byte(*b)));
    let has_bad = has_control
        || memchr::memchr_iter(0xef, text.as_bytes())
            .any(|at| matches!(text.as_bytes()[at + 1..at + 3], [0xbb | 0xbf, 0xbe | 0xbf]));
    if !has_bad {
        return text;
    }
    let kept: String = text.chars().filter(|c| is_xml_char(*c) && *c != '\u{feff}').collect();
    if kept.len() < text.len() {
        warnings.push("characters that XML forbids were dropped".to_owned());
    }
    Cow::Owned(kept)
}

/// Line ends as XML wants them read.
fn plain_lines(text: Cow<str>) -> Cow<str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return text;
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}
