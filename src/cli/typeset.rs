//! A body set for a terminal: headings, lists, code, quotes, tables, and links as footnotes, wrapped to its width.

use super::terminal::Terminal;
use crate::{article, text};
use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;
use std::ops::Range;
use unicode_linebreak::BreakOpportunity;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Where so little is left, indents leave text no room.
const NARROWEST: usize = 16;

/// The lines of a body (HTML as it is stored), and below them its links.
pub fn body(html: &str, terminal: &Terminal) -> String {
    let page = article::parse_page(html.as_bytes(), Some("text/html; charset=utf-8"));
    let mut setter = Setter {
        terminal,
        width: terminal.width.map(|width| width.clamp(NARROWEST, WIDEST)),
        out: String::new(),
        line: String::new(),
        dressed: Vec::new(),
        indents: Vec::new(),
        gap: false,
        links: Vec::new(),
    };
    setter.children(page.tree.root());
    setter.end_block();
    let mut out = setter.out;
    if !setter.links.is_empty() {
        out.push('\n');
    }
    for (n, link) in setter.links.iter().enumerate() {
        let shown = text::one_line(link);
        out.push_str(&format!("{} {}\n", terminal.dim(&format!("[{}]", n + 1)), terminal.link(&shown, &shown)));
    }
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dress {
    Bold,
    Dim,
}

/// What stands before the lines of a block: its first one, and the others.
struct Indent {
    first: String,
    rest: String,
    is_used: bool,
}

struct Setter<'a> {
    terminal: &'a Terminal,
    width: Option<usize>,
    out: String,
    /// The text of the block that is being read, and what of it is dressed how.
    line: String,
    dressed: Vec<(Range<usize>, Dress)>,
    indents: Vec<Indent>,
    /// An empty line comes before the next block.
    gap: bool,
    links: Vec<String>,
}

impl Setter<'_> {
    fn children(&mut self, node: NodeRef<Node>) {
        for child in node.children() {
            match child.value() {
                Node::Text(words) => self.text(words),
                Node::Element(element) => self.element(child, element),
                _ => self.children(child),
            }
        }
    }

    fn element(&mut self, node: NodeRef<Node>, element: &Element) {
        match element.name() {
            "head" | "script" | "style" | "template" | "rt" | "rp" => {}
            "br" => self.line.push('\n'),
            "hr" => {
                self.block();
                self.line.push_str("* * *");
                self.end_block();
            }
            "img" => {
                let words = element.attr("alt").map(text::one_line).filter(|words| !words.is_empty());
                self.text(&words.map_or_else(|| " [picture] ".to_owned(), |words| format!(" [picture: {words}] ")));
            }
            name @ ("h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                self.block();
                let from = self.line.len();
                self.line.push_str(if matches!(name, "h1" | "h2") { "## " } else { "### " });
                self.children(node);
                self.dress(from, Dress::Bold);
                self.end_block();
            }
            "b" | "strong" | "dt" | "th" => {
                if element.name() == "dt" {
                    self.block();
                }
                let from = self.line.len();
                self.children(node);
                self.dress(from, Dress::Bold);
                if element.name() == "th" {
                    self.line.push_str(" | ");
                }
            }
            "td" => {
                self.children(node);
                self.line.push_str(" | ");
            }
            "tr" => {
                self.end_block();
                self.children(node);
                self.line.truncate(self.line.trim_end_matches([' ', '|']).len());
                self.end_line();
            }
            "code" | "kbd" | "samp" => {
                self.line.push('`');
                self.children(node);
                self.line.push('`');
            }
            "a" => self.anchor(node, element),
            "pre" => self.listing(node),
            "ul" | "ol" => self.list(node, element),
            "blockquote" => self.indented("│ ", "│ ", node),
            "dd" => self.indented("    ", "    ", node),
            "p" | "div" | "section" | "article" | "figure" | "figcaption" | "table" | "caption" | "details" | "summary"
            | "dl" => {
                self.block();
                self.children(node);
                self.end_block();
            }
            _ => self.children(node),
        }
    }

    /// Words of a line; white space is as good as a blank.
    fn text(&mut self, words: &str) {
        let words = text::harmless(words);
        for part in words.split_inclusive(char::is_whitespace) {
            let word = part.trim_end();
            self.line.push_str(word);
            let ends = self.line.chars().next_back();
            if word.len() < part.len() && ends.is_some_and(|c| !c.is_whitespace()) {
                self.line.push(' ');
            }
        }
    }

    /// Dresses what was read since a place in the line.
    fn dress(&mut self, from: usize, how: Dress) {
        let end = self.line.trim_end().len();
        if from < end {
            self.dressed.push((from..end, how));
        }
    }

    fn anchor(&mut self, node: NodeRef<Node>, element: &Element) {
        let from = self.line.len();
        self.children(node);
        let Some(address) = element.attr("href").filter(|address| address.contains("://") || address.starts_with("mailto:"))
        else {
            return;
        };
        // A picture that leads to its larger self, and an address as its own text, need no note.
        let words = self.line[from.min(self.line.len())..].trim();
        if words.is_empty() || words == address {
            return;
        }
        let known = self.links.iter().position(|link| link == address);
        let n = known.unwrap_or_else(|| {
            self.links.push(address.to_owned());
            self.links.len() - 1
        });
        let after = self.line.split_off(self.line.trim_end().len());
        let from = self.line.len();
        self.line.push_str(&format!("[{}]", n + 1));
        self.dress(from, Dress::Dim);
        self.line.push_str(&after);
    }

    /// Code: its lines as they are.
    fn listing(&mut self, node: NodeRef<Node>) {
        self.block();
        let mut code = String::new();
        for part in node.descendants() {
            match part.value() {
                Node::Text(words) => code.push_str(words),
                Node::Element(element) if element.name() == "br" => code.push('\n'),
                _ => {}
            }
        }
        for line in text::harmless(&code).trim_matches('\n').lines() {
            let before = self.before_line();
            self.out.push_str(format!("{before}    {}", line.replace('\t', "    ")).trim_end());
            self.out.push('\n');
        }
        self.gap = true;
    }

    fn list(&mut self, node: NodeRef<Node>, element: &Element) {
        let is_inner = self.indents.last().is_some_and(|indent| indent.first != indent.rest);
        if is_inner {
            self.end_line()
        } else {
            self.block()
        }
        let mut is_first = true;
        let mut number = element.attr("start").and_then(|start| start.parse::<i64>().ok()).unwrap_or(1);
        for item in node.children() {
            let Some(tag) = item.value().as_element() else { continue };
            if tag.name() != "li" {
                self.element(item, tag);
                continue;
            }
            let first = if element.name() == "ol" { format!("{number}. ") } else { "• ".to_owned() };
            number = number.saturating_add(1);
            let rest = " ".repeat(first.chars().count());
            self.gap &= !is_inner && std::mem::take(&mut is_first);
            self.indents.push(Indent { first, rest, is_used: false });
            self.children(item);
            self.end_line();
            self.indents.pop();
            self.gap = false;
        }
        self.gap = !is_inner;
    }

    fn indented(&mut self, first: &str, rest: &str, node: NodeRef<Node>) {
        self.block();
        if std::mem::take(&mut self.gap) && !self.out.is_empty() {
            self.empty_line();
        }
        self.indents.push(Indent { first: first.to_owned(), rest: rest.to_owned(), is_used: false });
        self.children(node);
        self.end_line();
        self.indents.pop();
        self.gap = true;
    }

    /// A block begins: what was before it is set.
    fn block(&mut self) {
        self.end_line();
        // The first block of an item stands on the item's line.
        self.gap |= !self.out.is_empty() && self.indents.last().is_none_or(|indent| indent.is_used);
    }

    fn end_block(&mut self) {
        let had_text = !self.line.trim().is_empty();
        self.end_line();
        self.gap |= had_text;
    }

    /// Sets the text read so far.
    fn end_line(&mut self) {
        let (line, dressed) = (std::mem::take(&mut self.line), std::mem::take(&mut self.dressed));
        let before: usize = self.indents.iter().map(|indent| indent.rest.chars().count()).sum();
        let width = self.width.map_or(usize::MAX, |width| width.saturating_sub(before).max(NARROWEST));
        for range in wrap(&line, width) {
            let before = self.before_line();
            self.out.push_str(&before);
            let mut at = range.start;
            for (part, how) in &dressed {
                let part = part.start.clamp(at, range.end)..part.end.clamp(at, range.end);
                if part.is_empty() {
                    continue;
                }
                self.out.push_str(&line[at..part.start]);
                self.out.push_str(&match how {
                    Dress::Bold => self.terminal.bold(&line[part.clone()]),
                    Dress::Dim => self.terminal.dim(&line[part.clone()]),
                });
                at = part.end;
            }
            self.out.push_str(&line[at..range.end]);
            self.out.push('\n');
        }
    }

    /// What stands before the next line, the empty line that is due above it.
    fn before_line(&mut self) -> String {
        if std::mem::take(&mut self.gap) && !self.out.is_empty() {
            self.empty_line();
        }
        let mut before = String::new();
        for indent in &mut self.indents {
            before.push_str(if indent.is_used { &indent.rest } else { &indent.first });
            indent.is_used = true;
        }
        before
    }

    fn empty_line(&mut self) {
        let quoted: String = self.indents.iter().map(|indent| indent.rest.as_str()).collect();
        self.out.push_str(quoted.trim_end());
        self.out.push('\n');
    }
}

/// The lines of a text that are not empty. Where one may end is Unicode's to say (UAX 14): between CJK characters, but not
/// before a full stop. A word that is wider than a line is cut.
pub fn wrap(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut line = 0..0;
    let mut used = 0;
    let mut end_line = |line: &mut Range<usize>, next: usize| {
        let found = &text[line.clone()];
        let start = line.start + (found.len() - found.trim_start().len());
        let end = line.start + found.trim_end().len();
        if start < end {
            lines.push(start..end);
        }
        *line = next..next;
    };
    for (end, opportunity) in unicode_linebreak::linebreaks(text) {
        let part = &text[line.end..end];
        if used + part.trim_end().width() > width {
            let next = line.end;
            end_line(&mut line, next);
            used = 0;
        }
        if part.trim_end().width() > width {
            for (at, c) in part.char_indices() {
                let c_width = c.width().unwrap_or(0);
                if used + c_width > width {
                    let next = end - part.len() + at;
                    line.end = next;
                    end_line(&mut line, next);
                    used = 0;
                }
                used += c_width;
            }
        } else {
            used += part.width();
        }
        line.end = end;
        if opportunity == BreakOpportunity::Mandatory {
            end_line(&mut line, end);
            used = 0;
        }
    }
    end_line(&mut line, text.len());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: usize, html: &str) -> String {
        body(html, &Terminal { width: Some(width), ..Terminal::PLAIN })
    }

    #[test]
    fn blocks_are_set() {
        let html = "<h2>What is new</h2><p>A <b>short</b> <a href=\"https://a.example/x\">text</a>, with <code>code</code>.</p>\
            <ul><li>one</li><li><p>two, with a long line that has to be wrapped</p><ul><li>inner</li></ul></li></ul>\
            <ol start=\"3\"><li>three</li></ol><blockquote><p>said</p><p>twice</p></blockquote>\
            <pre><code>fn main() {\n\tloop {}\n}</code></pre><p>End <a href=\"https://a.example/x\">again</a></p>";
        let expected = "\
## What is new

A short text[1], with `code`.

• one
• two, with a long line that
  has to be wrapped
  • inner

3. three

│ said
│
│ twice

    fn main() {
        loop {}
    }

End again[1]

[1] https://a.example/x
";
        assert_eq!(at(30, html), expected);
    }

    #[test]
    fn lines_fit_and_chinese_breaks_where_it_may() {
        let html =
            "<p>谷歌周四发布了新一代模型，并宣布将其全部开源。这一消息在社区引发了广泛讨论，Rust 与 C++ 的开发者反应不一。</p>";
        for width in NARROWEST..60 {
            for line in at(width, html).lines() {
                assert!(line.width() <= width, "{width}: {line}");
                assert!(!line.starts_with(['，', '。']), "{width}: {line}");
            }
        }
        assert!(at(40, html).lines().next().unwrap().width() >= 38, "a line is filled");
    }

    #[test]
    fn strangers_cannot_reach_the_terminal() {
        let html = "<p>a\u{1b}[31mb\u{202e}c <a href=\"https://a.example/\u{1b}]0;x\u{7}\">l\u{9b}k</a><img alt=\"\u{1b}[2J\"></p><pre>\u{1b}[1m</pre>";
        let set = at(40, html);
        assert!(set.contains("lk[1]"), "{set:?}");
        assert!(!set.chars().any(|c| c != '\n' && text::is_hostile(c)), "{set:?}");
    }

    #[test]
    fn into_a_pipe_nothing_is_wrapped() {
        let long = "word ".repeat(100);
        assert_eq!(body(&format!("<p>{long}</p>"), &Terminal::PLAIN).lines().count(), 1);
    }
}
