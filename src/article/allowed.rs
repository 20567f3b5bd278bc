//! What may be in a body: the one list of elements and attributes. The writer writes by it, and what was written is
//! held to it again by who knows nothing of our writer: a plain body tag by tag, any other by ammonia.
//!
//! No element whose content the parser reads as raw text is in it, and nothing of SVG or MathML, so parsing a body
//! again cannot turn text into markup.

use super::tag::Tag;
use crate::text::any_byte;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `<p>`, `<div>` and the like: its text is a paragraph.
    Paragraph,
    /// Holds blocks and lines: list item, cell, figure.
    Box,
    /// Holds blocks only: lists, tables, rows, quotes.
    Frame,
    /// A block of inlines: heading, `<pre>`.
    Leaf,
    Inline,
    /// Has no content.
    Void,
    /// Not written; what it holds is.
    Through,
}

type Element = (Tag, &'static [&'static str]);

/// The elements that are written, with the attributes that they may have. `rel` of links is always the same.
#[rustfmt::skip]
const ELEMENTS: &[(Role, &[Element])] = &[
    (Role::Paragraph, &[(Tag::P, &[])]),
    (Role::Leaf, &[
        (Tag::H2, &[]), (Tag::H3, &[]), (Tag::H4, &[]), (Tag::H5, &[]), (Tag::H6, &[]), (Tag::Pre, &["class"]), (Tag::Dt, &[]),
        (Tag::Caption, &[]),
    ]),
    (Role::Frame, &[
        (Tag::Ul, &[]), (Tag::Ol, &["start"]), (Tag::Dl, &[]), (Tag::Table, &[]), (Tag::Tr, &[]), (Tag::Blockquote, &[]),
    ]),
    (Role::Box, &[
        (Tag::Li, &[]), (Tag::Dd, &[]), (Tag::Td, &["colspan", "rowspan"]), (Tag::Th, &["colspan", "rowspan"]), (Tag::Figure, &[]),
        (Tag::Figcaption, &[]),
    ]),
    (Role::Inline, &[
        (Tag::A, &["href"]), (Tag::Abbr, &["title"]), (Tag::B, &[]), (Tag::Cite, &[]), (Tag::Code, &["class"]), (Tag::Del, &[]),
        (Tag::Dfn, &[]), (Tag::Em, &[]), (Tag::I, &[]), (Tag::Ins, &[]), (Tag::Kbd, &[]), (Tag::Mark, &[]), (Tag::Q, &[]),
        (Tag::Rp, &[]), (Tag::Rt, &[]), (Tag::Ruby, &[]), (Tag::S, &[]), (Tag::Samp, &[]), (Tag::Small, &[]), (Tag::Strong, &[]),
        (Tag::Sub, &[]), (Tag::Sup, &[]), (Tag::U, &[]), (Tag::Var, &[]),
    ]),
    (Role::Void, &[(Tag::Br, &[]), (Tag::Hr, &[]), (Tag::Img, &["src", "alt", "width", "height"])]),
];

/// The parser puts it around the rows of a table.
const IMPLIED: Tag = Tag::Tbody;

/// What every link says: the page behind it is told nothing of the reader and cannot reach the reader's page.
pub const LINK_REL: &str = "noopener noreferrer";

/// The tag that is written for a tag that is read.
pub fn role(tag: Tag) -> (Role, Tag) {
    let written = match tag {
        Tag::H1 => Tag::H2,
        Tag::Menu => Tag::Ul,
        Tag::Strike => Tag::S,
        Tag::Tt => Tag::Code,
        tag => tag,
    };
    let listed = ELEMENTS.iter().find(|(_, tags)| tags.iter().any(|(tag, _)| *tag == written));
    match listed {
        Some((role, _)) => (*role, written),
        None if tag.is_block() => (Role::Paragraph, Tag::P),
        None => (Role::Through, tag),
    }
}

static NET: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let all = || ELEMENTS.iter().flat_map(|(_, tags)| tags.iter());
    let tags: HashSet<&str> = all().map(|(tag, _)| tag.name()).chain([IMPLIED.name()]).collect();
    let attributes: HashMap<&str, HashSet<&str>> =
        all().map(|(tag, attributes)| (tag.name(), attributes.iter().copied().collect())).collect();
    let mut net = ammonia::Builder::empty();
    net.tags(tags)
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some(LINK_REL))
        .attribute_filter(filter);
    net
});

/// Values that the lists of ammonia cannot say.
fn filter<'a>(_: &str, attribute: &str, value: &'a str) -> Option<Cow<'a, str>> {
    let fits = match attribute {
        "src" => value.starts_with("http://") || value.starts_with("https://"),
        "class" => value.starts_with("language-") && !value.contains(char::is_whitespace),
        "width" | "height" | "colspan" | "rowspan" | "start" => value.bytes().all(|b| b.is_ascii_digit()),
        _ => true,
    };
    fits.then_some(Cow::Borrowed(value))
}

/// What was written, sanitised by ammonia. A body is a small part of its page, so this costs little beside it.
///
/// Most bodies hold nothing that ammonia would have to judge: each tag in them is known to the letter.
pub fn sanitise(written: String) -> String {
    if is_plain(&written) {
        debug_assert_eq!(NET.clean(&in_pieces(&written)).to_string(), written);
        return written;
    }
    // Ammonia reads references as slowly as the first parser does, and writes them by name again.
    let few = super::prepass::with_few_references(Cow::Borrowed(&written));
    NET.clean(&in_pieces(&few)).to_string()
}

/// Whether there is no tag but these, each as it stands here, each closed where it was opened, and no reference but to
/// the characters of markup. Whatever reads it finds no other element, and no attribute but addresses of http and https.
fn is_plain(written: &str) -> bool {
    const TAGS: [&str; 20] = [
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "figure",
        "figcaption",
        "pre",
        "b",
        "code",
        "em",
        "i",
        "strong",
        "sub",
        "sup",
    ];
    const LINK_END: &str = "\" rel=\"noopener noreferrer\">";
    let mut open: Vec<&str> = Vec::new();
    let mut rest = written;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        if !is_plain_text(&rest[..at]) {
            return false;
        }
        rest = &rest[at + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            match open.pop().and_then(|name| closing.strip_prefix(name)?.strip_prefix('>')) {
                Some(after) => rest = after,
                None => return false,
            }
        } else if let Some(after) = rest.strip_prefix("br>") {
            rest = after;
        } else if let Some(address) = rest.strip_prefix("a href=\"") {
            let Some((address, after)) = address.split_once(LINK_END) else { return false };
            if !is_plain_address(address) || open.contains(&"a") {
                return false;
            }
            open.push("a");
            rest = after;
        } else if let Some(address) = rest.strip_prefix("img src=\"") {
            let Some(after) = plain_image(address) else { return false };
            rest = after;
        } else {
            let Some((name, after)) = rest.split_once('>') else { return false };
            // A line feed there is dropped by who reads.
            if !TAGS.contains(&name) || name == "pre" && after.starts_with('\n') {
                return false;
            }
            open.push(name);
            rest = after;
        }
    }
    open.is_empty() && is_plain_text(rest)
}

/// What follows an image from its address on: its text, then at most width and height, in digits.
fn plain_image(from: &str) -> Option<&str> {
    let (address, after) = from.split_once("\" alt=\"")?;
    let (alt, mut rest) = after.split_once('"')?;
    for name in [" width=\"", " height=\""] {
        if let Some(value) = rest.strip_prefix(name) {
            let (digits, after) = value.split_once('"')?;
            rest = after;
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
        }
    }
    (is_plain_address(address) && is_plain_value(alt)).then_some(rest.strip_prefix('>')?)
}

fn is_plain_address(address: &str) -> bool {
    (address.starts_with("https://") || address.starts_with("http://"))
        && address.bytes().all(|b| b.is_ascii_graphic())
        && is_plain_value(address)
}

/// Text that is written as it is read: a no-break space has a name, a line feed has several forms.
fn is_plain_text(text: &str) -> bool {
    only_references(text, &["&amp;", "&lt;", "&gt;"])
}

fn is_plain_value(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'<' | b'"')) && only_references(text, &["&amp;", "&quot;"])
}

fn only_references(text: &str, known: &[&str]) -> bool {
    let bytes = text.as_bytes();
    if !any_byte(bytes, |b| (b == b'\0') | (b == b'\r') | (b == b'>') | (b == b'&') | (b == 0xc2)) {
        return true;
    }
    let other = |at: usize, byte: u8| match byte {
        b'\0' | b'\r' | b'>' => true,
        b'&' => !known.iter().any(|reference| bytes[at..].starts_with(reference.as_bytes())),
        // U+00A0, which would be written as a reference.
        0xc2 => bytes.get(at + 1) == Some(&0xa0),
        _ => false,
    };
    !bytes.iter().enumerate().any(|(at, byte)| other(at, *byte))
}

/// A text without a tag that is longer is cut.
const MAX_TEXT: usize = 1 << 11;

/// Ammonia's writer looks for the next `<` of a text again after each `&` and each character that starts with 0xC2, which
/// is quadratic (1.9 MB took 2 s). An element that it removes cuts long texts into pieces and leaves no trace.
fn in_pieces(written: &str) -> Cow<'_, str> {
    if written.len() <= MAX_TEXT {
        return written.into();
    }
    let mut out = String::with_capacity(written.len() + written.len() / 1024);
    // Where the current piece of text starts; what is in a tag is no text.
    let mut piece = Some(0);
    let mut kept = 0;
    for (at, byte) in written.bytes().enumerate() {
        match byte {
            b'<' => piece = None,
            b'>' => piece = Some(at + 1),
            b'&' | 0xC2 if piece.is_some_and(|start| at - start > MAX_TEXT) => {
                out.push_str(&written[kept..at]);
                out.push_str("<wbr>");
                (kept, piece) = (at, Some(at));
            }
            _ => {}
        }
    }
    out.push_str(&written[kept..]);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_the_letter_is_plain() {
        let plain = "<p>a &amp; b <a href=\"https://a.example/?x&amp;y\" rel=\"noopener noreferrer\">c</a><br>\
                     <img src=\"http://a.example/i\" alt=\"d &quot;e&quot;\" width=\"1\"></p>";
        assert!(is_plain(plain));
        assert_eq!(NET.clean(plain).to_string(), plain);
        for other in [
            "<p>a",
            "<p>a</b></p>",
            "<p onclick=\"x\">a</p>",
            "<script>x</script>",
            "<p>&nbsp;</p>",
            "a > b",
            "<a href=\"javascript:x\" rel=\"noopener noreferrer\">c</a>",
            "<a href=\"https://a.example/\"onclick=x\" rel=\"noopener noreferrer\">c</a>",
            "<a href=\"https://a.example/\">c</a>",
            "<img src=\"https://a.example/\"onerror=x\" alt=\"\">",
            "<img src=\"https://a.example/\" alt=\"\" onerror=\"x\">",
            "<img src=\"https://a.example/\" alt=\"\" width=\"1x\">",
            "<!-- x -->",
        ] {
            assert!(!is_plain(other), "{other}");
        }
    }
}
