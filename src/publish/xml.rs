//! Text into XML and HTML: what may stand there, and how it is written. No document knows how to escape on
//! its own; all of them write through this file.
//!
//! What escapes is ours: a writer that lets a BEL through (as the feed crates do) makes a document that no reader can
//! parse.

use crate::text;
use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;
use std::borrow::Cow;

/// Whether a character may stand in an output: legal in XML 1.0, and none of those that the W3C validator
/// warns of (C1 controls, U+FFFD). Bidirectional marks stay: right-to-left bodies need them.
fn is_legal(c: char) -> bool {
    match c {
        '\t' | '\n' => true,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' => false,
        '\u{fffd}' => false,
        // The last two code points of every plane are not characters.
        _ => u32::from(c) & 0xfffe != 0xfffe,
    }
}

/// The text without what no output may carry.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    let may_be = |b: u8| (b < b' ') & (b != b'\t') & (b != b'\n') | (b == 0x7f) | (b == 0xc2) | (b == 0xef) | (b >= 0xf0);
    match text::holds(text, may_be, |c| !is_legal(c)) {
        false => text.into(),
        true => text.chars().filter(|c| is_legal(*c)).collect::<String>().into(),
    }
}

/// One line of plain text that is harmless wherever it is shown; empty where nothing is left.
pub(super) fn plain(text: &str) -> String {
    // White space at the ends may have stood behind an illegal character.
    text::one_line(&legal(text))
}

/// Appends text for an element or a quoted attribute, in XML and in HTML alike.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    push_replaced(out, text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    });
}

/// Text as it stands in a template of HTML: maud's own escaping lets through what no output may carry.
#[derive(Clone, Copy)]
pub(super) struct Escaped<'a>(pub &'a str);

impl maud::Render for Escaped<'_> {
    fn render_to(&self, out: &mut String) {
        push_escaped(out, self.0);
    }
}

/// Appends text with some characters replaced and those that no output may carry dropped.
fn push_replaced(out: &mut String, text: &str, replacement: impl Fn(char) -> Option<&'static str>) {
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        if let Some(instead) = replacement(c).or(if is_legal(c) { None } else { Some("") }) {
            out.push_str(&text[copied..at]);
            out.push_str(instead);
            copied = at + c.len_utf8();
        }
    }
    out.push_str(&text[copied..]);
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    push_escaped(&mut out, text);
    out
}

/// [`push_replaced`] into a text of its own.
fn replaced(text: &str, replacement: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    push_replaced(&mut out, text, replacement);
    out
}

/// An XML document in the making: quick-xml writes the tags, this file says what may stand in them.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    pub fn new() -> Xml {
        let mut xml = Xml { writer: Writer::new_with_indent(Vec::new(), b' ', 1) };
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        xml
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.write(Event::Start(tag(name, attributes)));
    }

    pub fn close(&mut self, name: &str) {
        self.write(Event::End(BytesEnd::new(name)));
    }

    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.write(Event::Empty(tag(name, attributes)));
    }

    /// An element with text in it.
    pub fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        // Quotes stay: a body is full of them, and escaping each makes the document a tenth longer.
        let text = replaced(text, |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            _ => None,
        });
        self.element(name, attributes, text);
    }

    /// An element with plain text in it that a careless reader may take for markup: `&` and `<` are written as
    /// the RSS Advisory Board's profile asks, by number, which says "text" (and which the validator honours).
    pub fn plain_leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        let text = replaced(text, |c| match c {
            '&' => Some("&#x26;"),
            '<' => Some("&#x3C;"),
            '>' => Some("&gt;"),
            _ => None,
        });
        self.element(name, attributes, text);
    }

    pub fn finish(self) -> String {
        let mut bytes = self.writer.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)], escaped: String) {
        self.open(name, attributes);
        self.write(Event::Text(BytesText::from_escaped(escaped)));
        self.close(name);
    }

    fn write(&mut self, event: Event) {
        // A vector takes all that is written to it.
        if let Err(error) = self.writer.write_event(event) {
            unreachable!("{error}");
        }
    }
}

/// A tag with its attributes, escaped.
fn tag<'a>(name: &'a str, attributes: &[(&'a str, &str)]) -> BytesStart<'a> {
    let mut tag = BytesStart::new(name);
    for (key, value) in attributes {
        tag.push_attribute(Attribute { key: QName(key), value: escaped(value).into() });
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::{is_legal, legal};

    #[test]
    fn every_character_is_judged_as_by_itself() {
        for c in ('\0'..'\u{3000}').chain('\u{f000}'..'\u{20001}') {
            let text = format!("plain {c} text");
            assert_eq!(legal(&text).contains(c) && legal(&text) == text, is_legal(c), "{:x}", u32::from(c));
        }
    }
}
