//! Small questions about text that may be HTML: is it, what does it say in plain words, and where do its links go.

use super::entities::{self, Dialect};
use super::names::is_html_element;
use super::tokens::{Attribute, Token, Tokens, starts_with_ignoring_case};
use crate::text::one_line;
use std::borrow::Cow;
use std::collections::HashMap;
use url::Url;

/// The text on one line without markup. Only names that HTML knows are markup, so that `Vec<T>` survives.
pub(super) fn plain(html: &str) -> String {
    plain_where(html, |_, _| true)
}

/// Elements that show or play something or lead somewhere without a word.
const SHOWN: [&str; 13] =
    ["a", "img", "picture", "source", "canvas", "video", "audio", "iframe", "object", "embed", "svg", "math", "script"];

/// Whether markup has neither a word nor anything to see or hear.
pub(super) fn is_blank(html: &str) -> bool {
    let shows = |(at, _): (usize, &str)| {
        let tag = &html[at + 1..];
        SHOWN.iter().any(|name| {
            let after = tag.as_bytes().get(name.len());
            // A link without an attribute leads nowhere, and a script without an address shows nothing.
            let has_more = !matches!(*name, "a" | "script") || after.is_some_and(u8::is_ascii_whitespace);
            starts_with_ignoring_case(tag, name) && has_more
        })
    };
    plain(html).trim().is_empty() && !html.match_indices('<').any(shows)
}

/// As [`plain`], of a headline, where the name of a tag may be a word: `A guide to <head>`. A tag is markup where it
/// has attributes, where it is void and made for text, and where its pair is there too.
pub(super) fn headline(html: &str) -> String {
    if memchr::memchr(b'<', html.as_bytes()).is_none() {
        return plain(html);
    }
    let pairs = Pairs::of(html);
    plain_where(html, |at, tag| tag.has_more || is_void_in_text(tag.name) || pairs.contains(at, tag))
}

fn is_void_in_text(name: &str) -> bool {
    ["br", "wbr", "img"].iter().any(|void| name.eq_ignore_ascii_case(void))
}

/// Where tags of each name open first and close last.
#[derive(Default)]
struct Pairs(HashMap<String, (usize, usize)>);

impl Pairs {
    fn of(html: &str) -> Pairs {
        let mut pairs = Pairs::default();
        for at in memchr::memchr_iter(b'<', html.as_bytes()) {
            let Some(tag) = tag(&html[at..]).filter(|tag| !tag.name.is_empty()) else { continue };
            let (first_open, last_close) = pairs.0.entry(tag.name.to_ascii_lowercase()).or_insert((usize::MAX, 0));
            match tag.is_close {
                true => *last_close = at,
                false => *first_open = (*first_open).min(at),
            }
        }
        pairs
    }

    /// Whether an opening tag is closed behind, or a closing one was opened before. What closes nothing but is made for
    /// text is left over from a cut, and is markup too.
    fn contains(&self, at: usize, tag: &Tag) -> bool {
        let Some((first_open, last_close)) = self.0.get(&tag.name.to_ascii_lowercase()) else { return true };
        if tag.is_close { *first_open < at || tag.is_inline || tag.name.eq_ignore_ascii_case("p") } else { *last_close > at }
    }
}

fn plain_where(html: &str, is_markup: impl Fn(usize, &Tag) -> bool) -> String {
    if !html.contains(['<', '&']) {
        return one_line(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match tag(rest).filter(|tag| tag.name.is_empty() || is_markup(html.len() - rest.len(), tag)) {
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

struct Tag<'a> {
    /// Empty for a comment.
    name: &'a str,
    length: usize,
    /// Attributes, or the slash of an empty element.
    has_more: bool,
    is_inline: bool,
    is_close: bool,
    /// The element's inside is no text.
    hides: Option<&'static str>,
}

/// A comment, or a tag that HTML knows, at the start of the text.
fn tag(text: &str) -> Option<Tag<'_>> {
    if text.starts_with("<!--") {
        let length = memchr::memmem::find(text.as_bytes(), b"-->")? + 3;
        return Some(Tag { name: "", length, has_more: false, is_inline: true, is_close: false, hides: None });
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
    let has_more = !text[name_at + n_name..length - 1].trim().is_empty();
    Some(Tag { name, length, has_more, is_inline, is_close, hides })
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
        for attribute in &tokens.attributes {
            let Some(absolute) = rebased(attribute, base) else { continue };
            // The value is a slice of `html`.
            let start = attribute.value.as_ptr() as usize - html.as_ptr() as usize;
            out.push_str(&html[copied..start]);
            out.push_str(&escape(&absolute));
            copied = start + attribute.value.len();
        }
    }
    if copied == 0 {
        return html;
    }
    out.push_str(&html[copied..]);
    out
}

/// The value of an attribute that holds a relative address, made absolute.
pub(super) fn rebased(attribute: &Attribute, base: &Url) -> Option<String> {
    if !ADDRESSES.iter().any(|name| attribute.name.eq_ignore_ascii_case(name)) {
        return None;
    }
    let value = entities::decode(attribute.value.trim(), Dialect::Html, &Default::default());
    if value.is_empty() || value.starts_with('#') || Url::parse(&value).is_ok() {
        return None;
    }
    base.join(&value).ok().map(String::from)
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
    // Encoded once more than it should be: no address means to have such a parameter.
    let single = ["&amp;", "&#38;", "&#038;", "&#x26;"]
        .iter()
        .any(|twice| address.contains(twice))
        .then(|| address.replace("&#38;", "&").replace("&#038;", "&").replace("&#x26;", "&").replace("&amp;", "&"));
    let address = single.as_deref().unwrap_or(address);
    // In the standard's spelling, so that both readers name one page by one address.
    let parsed = match (Url::parse(address), base) {
        (Err(url::ParseError::RelativeUrlWithoutBase), base) if lacks_its_scheme(address) => {
            let scheme = base.map(Url::scheme).filter(|scheme| *scheme == "http").unwrap_or("https");
            Url::parse(&format!("{scheme}://{address}"))
        }
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(address),
        (parsed, _) => parsed,
    };
    let absolute = parsed.map_or_else(|_| one_line(address), String::from);
    Some(absolute).filter(|address| !address.is_empty())
}

/// `www.harbour.example/tides`: who writes so means a host, and no file of that name.
pub(super) fn lacks_its_scheme(address: &str) -> bool {
    const FILES: [&str; 6] = ["html", "htm", "php", "asp", "aspx", "jsp"];
    let host = address.split(['/', '?', '#', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let last = host.strip_prefix("www.").and_then(|rest| rest.rsplit_once('.')).map(|(_, last)| last);
    is_name && last.is_some_and(|last| !last.is_empty() && !FILES.contains(&last))
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
