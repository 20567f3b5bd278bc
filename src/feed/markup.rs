//! Small questions about text that may be HTML: is it, what does it say in plain words, and where do its links go.

use super::entities::{self, Dialect};
use super::names::is_html_element;
use super::tokens::{Token, Tokens, starts_with_ignoring_case};
use crate::text::one_line;
use std::borrow::Cow;
use url::Url;

/// The text on one line without markup. Only names that HTML knows are markup, so that `Vec<T>` survives.
pub(super) fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return one_line(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match tag(rest) {
            Some(tag) => {
                if !tag.is_inline {
                    out.push(' ');
                }
                rest = &rest[tag.length..];
                if let Some(name) = tag.hides {
                    let end = memchr::memmem::find_iter(rest.as_bytes(), b"</")
                        .find(|at| starts_with_ignoring_case(&rest[at + 2..], name));
                    rest = end.map_or("", |end| &rest[end..]);
                }
            }
            None if rest.starts_with("<!--") => rest = &rest[4..],
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    one_line(&entities::decode(&out, Dialect::Html, &Default::default()))
}

struct Tag {
    length: usize,
    is_inline: bool,
    is_close: bool,
    /// The element's inside is no text.
    hides: Option<&'static str>,
}

/// A comment, or a tag that HTML knows, at the start of the text.
fn tag(text: &str) -> Option<Tag> {
    if text.starts_with("<!--") {
        let length = memchr::memmem::find(text.as_bytes(), b"-->")? + 3;
        return Some(Tag { length, is_inline: true, is_close: false, hides: None });
    }
    let is_close = text.as_bytes().get(1) == Some(&b'/');
    let name_at = 1 + usize::from(is_close);
    let n_name = text.as_bytes()[name_at..].iter().take(11).take_while(|b| b.is_ascii_alphanumeric()).count();
    let name = &text[name_at..name_at + n_name];
    let after = text.as_bytes().get(name_at + n_name)?;
    if !is_html_element(name) || !(after.is_ascii_whitespace() || matches!(after, b'>' | b'/')) {
        return None;
    }
    // A tag is not longer than a page's address and a few attributes.
    let window = &text.as_bytes()[..text.len().min(4_096)];
    let length = memchr::memchr(b'>', window)? + 1;
    let is_inline = matches!(
        name,
        "a" | "abbr"
            | "b"
            | "big"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "q"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "u"
    );
    let hides = ["script", "style"].into_iter().find(|hidden| !is_close && name.eq_ignore_ascii_case(hidden));
    Some(Tag { length, is_inline, is_close, hides })
}

/// Whether a text that claims to be plain is HTML after all: it closes an element, breaks a line or shows a
/// picture as HTML does, or refers to a character by name.
pub(super) fn looks_like_html(text: &str) -> bool {
    let bytes = text.as_bytes();
    let tags = memchr::memchr_iter(b'<', bytes).any(|at| {
        let rest = &text[at..];
        let is_void = ["<br", "<hr", "<img"].iter().any(|name| starts_with_ignoring_case(rest, name));
        tag(rest).is_some_and(|tag| tag.is_close || is_void)
    });
    tags || memchr::memchr_iter(b'&', bytes).any(|at| {
        let rest = &text[at..text.floor_char_boundary(at + 40)];
        rest.find(';').is_some_and(|end| {
            matches!(entities::decode(&rest[..=end], Dialect::Xml, &Default::default()), Cow::Owned(decoded) if decoded != rest[..=end])
        })
    })
}

/// Plain text as HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    push_escaped(text, &mut out);
    out
}

pub(super) fn push_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'>', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Plain text as a body: characters escaped, line breaks kept.
pub(super) fn body_of_plain(text: &str) -> String {
    let text = text.trim();
    let escaped = escape(text);
    if escaped.contains('\n') { escaped.replace('\n', "<br>\n") } else { escaped }
}

/// Attributes that hold one address.
const ADDRESSES: [&str; 4] = ["href", "src", "poster", "cite"];

/// HTML with its relative addresses made absolute. Whatever has none is given back untouched.
pub(super) fn rebase(html: String, base: &Url) -> String {
    let mut out = String::new();
    let mut copied = 0;
    let mut tokens = Tokens::new(&html);
    while let Some(token) = tokens.next() {
        if !matches!(token, Token::Open { .. }) {
            continue;
        }
        for attribute in tokens.attributes.iter().filter(|a| ADDRESSES.iter().any(|name| a.name.eq_ignore_ascii_case(name))) {
            let value = entities::decode(attribute.value.trim(), Dialect::Html, &Default::default());
            if value.is_empty() || value.starts_with('#') || Url::parse(&value).is_ok() {
                continue;
            }
            let Ok(absolute) = base.join(&value) else { continue };
            // The value is a slice of `html`.
            let start = attribute.value.as_ptr() as usize - html.as_ptr() as usize;
            out.push_str(&html[copied..start]);
            out.push_str(&escape(absolute.as_str()));
            copied = start + attribute.value.len();
        }
    }
    if copied == 0 {
        return html;
    }
    out.push_str(&html[copied..]);
    out
}

/// An address as the feed gave it, made absolute where that is possible.
pub(super) fn absolute(address: &str, base: Option<&Url>) -> Option<String> {
    let address: Cow<str> = if address.contains(['\n', '\r', '\t']) {
        address.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect::<String>().into()
    } else {
        address.into()
    };
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    // In the standard's spelling, so that both readers name one page by one address.
    let parsed = match (Url::parse(address), base) {
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(address),
        (parsed, _) => parsed,
    };
    let absolute = parsed.map_or_else(|_| one_line(address), String::from);
    Some(absolute).filter(|address| !address.is_empty())
}

/// Standard base64, white space ignored; `None` where it is none.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut n_bits) = (0_u32, 0);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            out.push((bits >> n_bits) as u8);
        }
    }
    Some(out)
}
