//! Character references: the complete HTML table, and what browsers make of the odd ones.
//!
//! Our own because the table in quick-xml 0.42 gives a wrong character for 444 names. The rows of `entities.txt`
//! are the HTML standard's list (§ 13.5): a name with its semicolon (106 old names also without one), then the
//! code points.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::OnceLock;

const ROWS: &str = include_str!("entities.txt");

/// No name in the table is longer; what is longer is no reference.
const LONGEST_NAME: usize = 33;

/// What windows-1252 has at 0x80–0x9f; U+0000 where it has nothing. Authors who write `&#151;` mean a dash.
const WINDOWS_1252: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0, 0x2018,
    0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
];

/// Which names count as references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Every name needs its semicolon, as in XML.
    Xml,
    /// The old names also hold without one, as in HTML text.
    Html,
}

/// Entities that a document declares for itself.
#[derive(Debug)]
pub(super) struct Declared {
    /// Name without `&` and `;` → text.
    texts: HashMap<String, String>,
    /// Bytes that they may still grow to: a short reference to a long text is a bomb.
    budget: Cell<usize>,
}

/// A document's own entities are names and addresses; together they are shorter than this.
const MAX_EXPANSION: usize = 1 << 20;
/// Entities of one document, and the length of each text.
const MAX_ENTITIES: usize = 512;
const MAX_ENTITY_BYTES: usize = 2_000;

impl Default for Declared {
    fn default() -> Self {
        Declared { texts: HashMap::new(), budget: Cell::new(MAX_EXPANSION) }
    }
}

impl Declared {
    /// Plain entities of a DOCTYPE. Neither files nor entities within entities: both are attacks.
    pub fn add_doctype(&mut self, doctype: &str) {
        let mut rest = doctype;
        while let Some(at) = rest.find("<!ENTITY") {
            rest = rest[at + 8..].trim_start();
            let Some((name, after)) = rest.split_once(|c: char| c.is_ascii_whitespace()) else { return };
            rest = after.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((value, after)) = rest[1..].split_once(quote) else { return };
            rest = after;
            if value.len() > MAX_ENTITY_BYTES || self.texts.len() >= MAX_ENTITIES {
                continue;
            }
            let text = decode(value, Dialect::Xml, &Declared::default()).into_owned();
            // `&#38;` is how an ampersand is declared.
            let is_nested = text.contains('&') && text.contains(';') && !value.starts_with("&#38;");
            if !is_nested {
                self.texts.entry(name.to_owned()).or_insert(text);
            }
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let text = self.texts.get(name)?;
        let left = self.budget.get().checked_sub(text.len())?;
        self.budget.set(left);
        Some(text)
    }
}

fn table() -> &'static HashMap<&'static str, &'static str> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| ROWS.lines().filter_map(|row| row.split_once(' ')).collect())
}

/// Appends the character of a name that is written as in the table; false where it is unknown.
fn push_named(name: &str, out: &mut String) -> bool {
    // The five that make up nearly all references.
    let common = match name {
        "amp;" => '&',
        "lt;" => '<',
        "gt;" => '>',
        "quot;" => '"',
        "apos;" => '\'',
        "nbsp;" => '\u{a0}',
        _ => {
            let Some(points) = table().get(name) else { return false };
            out.extend(points.split(' ').filter_map(|hex| u32::from_str_radix(hex, 16).ok()).filter_map(char::from_u32));
            return true;
        }
    };
    out.push(common);
    true
}

/// Appends the character of a number; nothing for one that no text may hold.
fn push_number(number: u32, out: &mut String) {
    let number = match number {
        0x80..=0x9f => u32::from(WINDOWS_1252[(number - 0x80) as usize]),
        other => other,
    };
    if let Some(c) = char::from_u32(number).filter(|c| is_xml_char(*c)) {
        out.push(c);
    }
}

/// Whether XML 1.0 allows the character.
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Text with its references replaced. A `&` that begins none stays.
pub(super) fn decode<'a>(text: &'a str, dialect: Dialect, declared: &Declared) -> Cow<'a, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    decode_into(text, dialect, declared, &mut out);
    Cow::Owned(out)
}

/// As [`decode`], appended to `out`; true where a `&` began no reference.
pub(super) fn decode_into(text: &str, dialect: Dialect, declared: &Declared, out: &mut String) -> bool {
    let mut rest = text;
    let mut bare = false;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest, dialect, declared, out) {
            Some(length) => rest = &rest[length..],
            None => {
                bare = true;
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    bare
}

/// Reads the reference at the start of `text` (which begins with `&`) and returns its length.
fn reference(text: &str, dialect: Dialect, declared: &Declared, out: &mut String) -> Option<usize> {
    let body = &text.as_bytes()[1..];
    if body.first() == Some(&b'#') {
        let hex = matches!(body.get(1), Some(b'x' | b'X'));
        let digits_at = if hex { 2 } else { 1 };
        let is_digit = |b: &&u8| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
        let n_digits = body[digits_at..].iter().take(16).take_while(is_digit).count();
        if n_digits == 0 {
            return None;
        }
        let end = digits_at + n_digits;
        // ASCII digits only, so the cut is between characters.
        let digits = &text[1 + digits_at..1 + end];
        let number = u32::from_str_radix(digits, if hex { 16 } else { 10 }).unwrap_or(0);
        let length = 1 + end + usize::from(body.get(end) == Some(&b';'));
        if (0xd800..0xdc00).contains(&number)
            && let Some((low, n_low)) = low_surrogate(&text[length..])
        {
            push_number(0x10000 + (number - 0xd800) * 0x400 + (low - 0xdc00), out);
            return Some(length + n_low);
        }
        push_number(number, out);
        return Some(length);
    }
    let n_name = body.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    if n_name == 0 {
        return None;
    }
    if body.get(n_name) == Some(&b';') {
        if let Some(own) = declared.get(&text[1..1 + n_name]) {
            out.push_str(own);
            return Some(n_name + 2);
        }
        if n_name < LONGEST_NAME && push_named(&text[1..n_name + 2], out) {
            return Some(n_name + 2);
        }
    }
    if dialect == Dialect::Html {
        // Longest first; the longest of the old names has six letters.
        for length in (2..=n_name.min(6)).rev() {
            if push_named(&text[1..1 + length], out) {
                return Some(1 + length);
            }
        }
    }
    None
}

/// The second half of a character that was written as the two numbers of UTF-16 (`&#55357;&#56832;` for 😀), and the
/// length of its reference.
fn low_surrogate(text: &str) -> Option<(u32, usize)> {
    let body = text.strip_prefix("&#")?;
    let (digits, radix) = match body.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (body, 10),
    };
    let n_digits = digits.bytes().take(8).take_while(u8::is_ascii_alphanumeric).count();
    let number = u32::from_str_radix(&digits[..n_digits], radix).ok()?;
    let length = text.len() - digits.len() + n_digits + usize::from(digits.as_bytes().get(n_digits) == Some(&b';'));
    (0xdc00..0xe000).contains(&number).then_some((number, length))
}
