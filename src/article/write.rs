//! The tree as harmless HTML: the one place that writes markup.
//!
//! Only what [`allowed`] lists is written, text is escaped, addresses are parsed and must be http, https (or
//! mailto in links). Blocks and inlines are kept apart the way the parser wants them (no block in `<p>`, no link in
//! a link, table parts only in tables), so that neither ammonia, which has the last word, nor sanitising twice
//! changes anything.

use super::allowed::{self, LINK_REL, Role, role};
use super::images;
use super::markup::{block_attributes, close, escape, escape_attribute, language, link};
use super::tables::Shape;
use super::tag::Tag;
use super::tree::{Node, Tree, attribute};
use crate::text::{any_byte, harmless, has_hostile, is_hostile};
use url::Url;

/// What becomes of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Keep,
    Drop,
    /// Its text is a caption.
    Caption,
}

/// Deeper lists, quotes and cells are written flat.
const MAX_NESTING: usize = 48;

/// Whether `tag` may be written inside `above`, the innermost open frame or box.
fn fits(tag: Tag, above: Option<Tag>) -> bool {
    use Tag::*;
    match tag {
        Li => matches!(above, Some(Ul | Ol)),
        Dt | Dd => above == Some(Dl),
        Tr | Caption => above == Some(Table),
        Td | Th => above == Some(Tr),
        Figcaption => above == Some(Figure),
        Figure => above != Some(Figure),
        _ => true,
    }
}

struct Writer<'a, 'b> {
    tree: &'b Tree<'a>,
    base: Option<&'b Url>,
    out: String,
    /// Frames, boxes and leaves: with whether the start tag is written yet (an empty element never is).
    open: Vec<Open>,
    /// Inline elements around the current place; the first `n_inline` of them are written.
    inline: Vec<(Tag, String)>,
    n_inline: usize,
    in_paragraph: bool,
    /// A paragraph is wanted before the next text.
    wants_paragraph: bool,
    /// White space and line breaks seen since the last text of this block.
    space: bool,
    breaks: usize,
    /// Something stands in the current block.
    filled: bool,
    images: std::collections::HashSet<String>,
    layout: Layout,
}

/// What is done with tables whose cells are whole texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Keep,
    Flatten,
}

struct Open {
    tag: Tag,
    role: Role,
    written: bool,
    attributes: String,
}

/// The element `root` without its own tags. `fates` has a row a node, or none at all.
pub fn write(tree: &Tree, root: u32, fates: &[Fate], base: Option<&Url>) -> String {
    let mut writer = Writer {
        tree,
        base,
        out: String::new(),
        open: Vec::new(),
        inline: Vec::new(),
        n_inline: 0,
        in_paragraph: false,
        wants_paragraph: true,
        space: false,
        breaks: 0,
        filled: false,
        images: std::collections::HashSet::new(),
        layout: if fates.is_empty() { Layout::Keep } else { Layout::Flatten },
    };
    writer.walk(root, fates);
    allowed::sanitise(writer.out)
}

/// How a node is left.
enum Leave {
    Nothing,
    Block,
    Inline,
    Open,
}

impl<'a> Writer<'a, '_> {
    fn walk(&mut self, root: u32, fates: &[Fate]) {
        let nodes = &self.tree.nodes;
        let Some(top) = nodes.get(root as usize) else { return };
        let mut leaving: Vec<(u32, Leave, bool)> = Vec::new();
        let mut at = if top.tag == Tag::Text { root } else { root + 1 };
        let end = top.end;
        loop {
            while leaving.last().is_some_and(|(until, ..)| *until <= at) {
                if let Some((_, leave, figure)) = leaving.pop() {
                    self.leave(leave);
                    if figure {
                        self.leave(Leave::Open);
                    }
                }
            }
            if at >= end {
                break;
            }
            let node = &nodes[at as usize];
            let fate = fates.get(at as usize).copied().unwrap_or_default();
            if fate == Fate::Drop {
                // Each node has its own fate: what is kept inside a dropped element is still written.
                if node.tag.is_block() && node.tag != Tag::Br {
                    self.block_border();
                    self.wants_paragraph = true;
                    leaving.push((node.end, Leave::Block, false));
                }
                at += 1;
                continue;
            }
            let figure = fate == Fate::Caption && node.tag != Tag::Text && !self.inside(Tag::Figcaption);
            if figure {
                self.block_border();
                let in_figure = self.frame() == Some(Tag::Figure);
                if !in_figure && self.can_open(Tag::Figure) {
                    self.push(Tag::Figure, Role::Box, String::new());
                }
                if self.can_open(Tag::Figcaption) {
                    self.push(Tag::Figcaption, Role::Box, String::new());
                    leaving.push((node.end, Leave::Open, !in_figure));
                } else {
                    leaving.push((node.end, Leave::Block, !in_figure && self.frame() == Some(Tag::Figure)));
                }
                at += 1;
                continue;
            }
            match node.tag {
                Tag::Text => self.text(node),
                Tag::Br => self.breaks += 1,
                Tag::Hr => self.rule(),
                Tag::Img => self.image(at),
                Tag::Iframe | Tag::Video | Tag::Audio | Tag::Embed => {
                    self.embed(node);
                    at = node.end;
                    continue;
                }
                _ => {
                    let leave = self.enter(node, at);
                    leaving.push((node.end, leave, false));
                }
            }
            at += 1;
        }
        self.block_border();
        while !self.open.is_empty() {
            self.leave(Leave::Open);
        }
    }

    fn frame(&self) -> Option<Tag> {
        self.open.last().map(|o| o.tag)
    }

    fn inside(&self, tag: Tag) -> bool {
        self.open.iter().rev().any(|o| o.tag == tag)
    }

    fn in_leaf(&self) -> bool {
        self.open.last().is_some_and(|o| o.role == Role::Leaf)
    }

    fn can_open(&self, tag: Tag) -> bool {
        self.open.len() < MAX_NESTING && !self.in_leaf() && fits(tag, self.frame())
    }

    fn enter(&mut self, node: &Node<'a>, at: u32) -> Leave {
        let (role, tag) = role(node.tag);
        match role {
            Role::Through | Role::Void => Leave::Nothing,
            Role::Inline => {
                let doubled = self.inline.iter().any(|(t, _)| *t == tag);
                let attributes = if doubled { None } else { self.inline_attributes(tag, node) };
                match attributes {
                    Some(attributes) => {
                        self.inline.push((tag, attributes));
                        Leave::Inline
                    }
                    None => Leave::Nothing,
                }
            }
            Role::Leaf | Role::Frame | Role::Box if self.can_open(tag) && (tag != Tag::Table || self.is_data_table(at)) => {
                self.block_border();
                let attributes = block_attributes(self.tree, at, tag);
                self.push(tag, role, attributes);
                Leave::Open
            }
            _ => {
                self.block_border();
                self.wants_paragraph = true;
                Leave::Block
            }
        }
    }

    fn leave(&mut self, leave: Leave) {
        match leave {
            Leave::Nothing => {}
            Leave::Block => {
                self.block_border();
                self.wants_paragraph = true;
            }
            Leave::Inline => {
                if self.n_inline == self.inline.len() {
                    self.n_inline -= 1;
                    if let Some((tag, _)) = self.inline.last() {
                        close(&mut self.out, *tag);
                    }
                }
                self.inline.pop();
            }
            Leave::Open => {
                self.end_line();
                if let Some(open) = self.open.pop().filter(|open| open.written) {
                    close(&mut self.out, open.tag);
                }
                self.wants_paragraph = true;
            }
        }
    }

    fn push(&mut self, tag: Tag, role: Role, attributes: String) {
        self.open.push(Open { tag, role, written: false, attributes });
        self.wants_paragraph = false;
        if matches!(tag, Tag::Td | Tag::Th) {
            // An empty cell still holds its place in the row.
            self.write_opens();
        }
    }

    /// A block begins or ends here.
    fn block_border(&mut self) {
        if self.in_leaf() {
            // A heading with blocks inside stays one line; code keeps its lines.
            if self.inside(Tag::Pre) {
                self.breaks = self.breaks.max(1);
            } else {
                self.space = true;
            }
            return;
        }
        self.end_line();
    }

    fn end_line(&mut self) {
        while self.n_inline > 0 {
            self.n_inline -= 1;
            close(&mut self.out, self.inline[self.n_inline].0);
        }
        if self.in_paragraph {
            close(&mut self.out, Tag::P);
            self.in_paragraph = false;
            self.wants_paragraph = true;
        } else if self.filled && !self.in_leaf() {
            self.wants_paragraph = true;
        }
        self.space = false;
        self.breaks = 0;
        self.filled = false;
    }

    fn write_opens(&mut self) {
        // Written from the outside in, so an open last one means that all are.
        if self.open.last().is_none_or(|o| o.written) {
            return;
        }
        for open in self.open.iter_mut().filter(|o| !o.written) {
            open.written = true;
            self.out.push('<');
            self.out.push_str(open.tag.name());
            self.out.push_str(&open.attributes);
            self.out.push('>');
        }
    }

    /// Everything that must be written before text or an image can be. False where it may not stand here.
    fn ready(&mut self) -> bool {
        if matches!(self.frame(), Some(Tag::Table | Tag::Tr)) {
            return false;
        }
        if self.breaks >= 2 && !self.in_leaf() {
            self.end_line();
            self.wants_paragraph = true;
        }
        self.write_opens();
        if self.filled {
            if self.breaks > 0 && self.frame() == Some(Tag::Pre) {
                (0..self.breaks.min(8)).for_each(|_| self.out.push('\n'));
            } else if self.breaks > 0 {
                self.out.push_str("<br>");
            } else if self.space {
                self.out.push(' ');
            }
        }
        self.breaks = 0;
        self.space = false;
        let loose = matches!(self.frame(), None | Some(Tag::Blockquote | Tag::Ul | Tag::Ol | Tag::Dl));
        if !self.in_paragraph && !self.in_leaf() && (loose || self.wants_paragraph) {
            self.out.push_str("<p>");
            self.in_paragraph = true;
        }
        self.wants_paragraph = false;
        while self.n_inline < self.inline.len() {
            let (tag, attributes) = &self.inline[self.n_inline];
            self.out.push('<');
            self.out.push_str(tag.name());
            self.out.push_str(attributes);
            self.out.push('>');
            self.n_inline += 1;
        }
        self.filled = true;
        true
    }

    fn text(&mut self, node: &Node<'a>) {
        if self.frame() == Some(Tag::Pre) {
            let text = harmless(node.text);
            let text = if self.filled { &*text } else { text.trim_start_matches('\n') };
            if !text.is_empty() && (self.filled || !text.trim().is_empty()) && self.ready() {
                escape(&mut self.out, text);
            }
            return;
        }
        let mut rest = node.text;
        let whole = rest.trim_matches(collapses);
        // Text that needs no folding inside is written at once.
        if whole.len() > 1 && !has_folds(whole.as_bytes()) && !has_hostile(whole) {
            self.space |= self.breaks == 0 && rest.starts_with(collapses);
            if self.ready() {
                escape(&mut self.out, whole);
            }
            self.space = rest.ends_with(collapses);
            return;
        }
        loop {
            let word = rest.trim_start_matches(collapses);
            if word.len() < rest.len() && self.breaks == 0 {
                self.space = true;
            }
            let end = word.find(collapses).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            if word.is_empty() {
                return;
            }
            // A word of hostile characters alone is no word.
            if word.chars().any(|c| !is_hostile(c)) && self.ready() {
                escape(&mut self.out, word);
            }
            rest = after;
        }
    }

    fn rule(&mut self) {
        if self.in_leaf() || !matches!(self.frame(), None | Some(Tag::Blockquote)) {
            return self.block_border();
        }
        self.end_line();
        self.wants_paragraph = true;
        if !self.out.is_empty() && !self.out.ends_with("<hr>") && self.open.iter().all(|o| o.written) {
            self.out.push_str("<hr>");
        }
    }

    fn image(&mut self, at: u32) {
        if self.inside(Tag::Pre) {
            return;
        }
        if images::is_stand_in(self.tree, at) {
            return;
        }
        match images::image(self.tree, at, self.base) {
            images::Image::Nothing => {}
            images::Image::Text(text) => {
                if self.ready() {
                    escape(&mut self.out, text);
                }
            }
            images::Image::Real { src, alt, width, height } => {
                // What the caption says is said once.
                let alt = if images::is_caption(self.tree, at, alt) { "" } else { alt };
                if self.images.insert(src.clone()) && self.ready() {
                    self.out.push_str("<img src=\"");
                    escape_attribute(&mut self.out, &src);
                    self.out.push_str("\" alt=\"");
                    escape_attribute(&mut self.out, alt);
                    self.out.push('"');
                    for (name, value) in [("width", width), ("height", height)] {
                        if let Some(value) = value {
                            self.out.push_str(&format!(" {name}=\"{value}\""));
                        }
                    }
                    self.out.push('>');
                }
            }
        }
    }

    /// A player becomes a link: no third party is loaded by who reads.
    fn embed(&mut self, node: &Node<'a>) {
        let post = self.tree.nodes.get(node.parent as usize).filter(|above| above.tag == Tag::Blockquote);
        let post = post.and_then(|above| link(attribute(above.element?, "cite")?, self.base));
        let Some(mut link) = node.element.and_then(|e| images::embed(e, self.base)) else { return };
        // A quoted post says where it stands.
        link.href = post.unwrap_or(link.href);
        if self.in_leaf() || !self.inline.is_empty() || self.inside(Tag::Figcaption) || self.open.len() + 2 > MAX_NESTING {
            return;
        }
        let in_figure = self.frame() == Some(Tag::Figure);
        if !in_figure && (self.inside(Tag::Figure) || !self.can_open(Tag::Figure)) {
            return;
        }
        self.block_border();
        if !in_figure {
            self.push(Tag::Figure, Role::Box, String::new());
        }
        self.push(Tag::Figcaption, Role::Box, String::new());
        if self.ready() {
            self.out.push_str("<a href=\"");
            escape_attribute(&mut self.out, &link.href);
            self.out.push_str("\" rel=\"");
            self.out.push_str(LINK_REL);
            self.out.push_str("\">");
            escape(&mut self.out, &link.label);
            self.out.push_str("</a>");
        }
        self.leave(Leave::Open);
        if !in_figure {
            self.leave(Leave::Open);
        }
    }

    /// `None` where the element is not worth writing.
    fn inline_attributes(&self, tag: Tag, node: &Node<'a>) -> Option<String> {
        let element = node.element?;
        match tag {
            Tag::A => {
                let href = link(attribute(element, "href")?, self.base)?;
                let mut out = String::with_capacity(href.len() + 40);
                out.push_str(" href=\"");
                escape_attribute(&mut out, &href);
                out.push_str("\" rel=\"");
                out.push_str(LINK_REL);
                out.push('"');
                Some(out)
            }
            Tag::Abbr => Some(attribute(element, "title").map_or(String::new(), |title| {
                let mut out = String::from(" title=\"");
                escape_attribute(&mut out, title.trim());
                out.push('"');
                out
            })),
            Tag::Code => Some(language(element)),
            _ => Some(String::new()),
        }
    }

    /// Anything else is only layout.
    fn is_data_table(&self, at: u32) -> bool {
        let keeps_texts = self.layout == Layout::Keep;
        Shape::of(self.tree, at).is_some_and(|shape| shape.is_grid() && (keeps_texts || !shape.holds_texts()))
    }
}

/// White space that HTML collapses; the no-break space is text.
fn collapses(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

/// Whether there is white space that is folded: two blanks, or anything else than a blank.
fn has_folds(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    pairs.fold(false, |found, (a, b)| found | ((*a == b' ') & (*b == b' ')))
        || any_byte(bytes, |b| (b == b'\n') | (b == b'\t') | (b == b'\r') | (b == b'\x0c'))
}
