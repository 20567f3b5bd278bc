//! Text into XML and HTML: what may stand there, and how it is written. No document knows how to escape on
//! its own; all of them write through this file.
//!
//! Plain escaping is enough: outputs are written front to back, and a writer that lets a BEL through (as the
//! feed crates do) makes a document that no reader can parse.

use crate::text;
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
    if text.chars().all(is_legal) { text.into() } else { text.chars().filter(|c| is_legal(*c)).collect::<String>().into() }
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

/// An XML document in the making.
pub(super) struct Xml {
    out: String,
    depth: usize,
}

impl Xml {
    pub fn new() -> Xml {
        Xml { out: String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"), depth: 0 }
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.depth += 1;
    }

    pub fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.end(name);
    }

    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// An element with text in it.
    pub fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        // Quotes stay: a body is full of them, and escaping each makes the document a tenth longer.
        push_replaced(&mut self.out, text, |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            _ => None,
        });
        self.end(name);
    }

    /// An element with plain text in it that a careless reader may take for markup: `&` and `<` are written as
    /// the RSS Advisory Board's profile asks, by number, which says "text" (and which the validator honours).
    pub fn plain_leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        push_replaced(&mut self.out, text, |c| match c {
            '&' => Some("&#x26;"),
            '<' => Some("&#x3C;"),
            '>' => Some("&gt;"),
            _ => None,
        });
        self.end(name);
    }

    pub fn finish(self) -> String {
        self.out
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push(' ');
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            self.out.push(' ');
            self.out.push_str(attribute);
            self.out.push_str("=\"");
            push_escaped(&mut self.out, value);
            self.out.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }
}
