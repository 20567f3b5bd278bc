//! What a table is: rows of data, or the layout of a page.

use super::cues;
use super::lines::Line;
use super::tag::Tag;
use super::tree::{Tree, attribute};
use crate::text::fold;

/// No table that people read is wider.
const MAX_COLUMNS: usize = 100;

/// Bytes of a mean cell that is a whole text.
const MIN_TEXT: usize = 600;

/// How a table is filled; none that holds another one has such a shape.
pub struct Shape {
    rows: usize,
    cells: usize,
    columns: usize,
    bytes: usize,
}

impl Shape {
    pub fn of(tree: &Tree, table: u32) -> Option<Shape> {
        let nodes = &tree.nodes;
        let mut shape = Shape { rows: 0, cells: 0, columns: 0, bytes: 0 };
        for (i, node) in nodes.iter().enumerate().take(nodes[table as usize].end as usize).skip(table as usize + 1) {
            match node.tag {
                Tag::Table => return None,
                Tag::Tr => {
                    let is_filled = tree.children(i as u32).any(|c| matches!(nodes[c as usize].tag, Tag::Td | Tag::Th));
                    shape.rows += usize::from(is_filled);
                }
                Tag::Td | Tag::Th => {
                    shape.cells += 1;
                    let colspan = node.element.and_then(|e| attribute(e, "colspan")?.parse().ok());
                    shape.columns += colspan.unwrap_or(1).clamp(1, MAX_COLUMNS);
                }
                Tag::Text => shape.bytes += node.text.trim().len(),
                _ => {}
            }
        }
        Some(shape)
    }

    /// At least two rows of at least two columns.
    pub fn is_grid(&self) -> bool {
        self.rows >= 2 && self.columns >= 2 * self.rows
    }

    /// Cells that are texts lay out a page.
    pub fn holds_texts(&self) -> bool {
        self.bytes / self.cells.max(1) >= MIN_TEXT
    }
}

/// What a table, or a list of terms, of a text holds.
#[derive(Clone, Copy, Default)]
struct Held {
    /// Data, and not the buttons, the form or the stamp of a page.
    is_data: bool,
    /// Whole sentences, moments or answers as well, as readers' comments do.
    is_said: bool,
}

/// Which lines are data of a text. Lines are asked of in their order, and each table is looked at once.
#[derive(Default)]
pub struct Data {
    asked: Option<(u32, Held)>,
}

impl Data {
    /// Whether a line is a cell of a table, or a term with its explanation below it, without a link, where text goes before the
    /// table or the list and comes after it: `Search`, `Comments` and `Print` are what a program can do there. `ends`: whether readers'
    /// words may follow the line. `is_text`: of a line's number.
    pub fn holds(&mut self, tree: &Tree, lines: &[Line], i: usize, ends: bool, is_text: impl Fn(usize) -> bool) -> bool {
        let tag = |at: u32| tree.nodes[at as usize].tag;
        let line = &lines[i];
        let home = tree.ancestors(line.first).find(|at| matches!(tag(*at), Tag::Table | Tag::Dl));
        let Some(at) = home.filter(|_| line.link == 0) else { return false };
        let is_explained = || line.tag == Tag::Dt && lines.get(i + 1).is_some_and(|next| next.tag == Tag::Dd);
        if tag(at) == Tag::Dl && !is_explained() {
            return false;
        }
        let held = match self.asked {
            Some((asked, held)) if asked == at => held,
            _ => held(tree, lines, at, is_text),
        };
        self.asked = Some((at, held));
        held.is_data && !(ends && held.is_said)
    }
}

fn held(tree: &Tree, lines: &[Line], at: u32, is_text: impl Fn(usize) -> bool) -> Held {
    let first = lines.partition_point(|line| line.first < at);
    let end = lines.partition_point(|line| line.first < tree.nodes[at as usize].end);
    let is_table = tree.nodes[at as usize].tag == Tag::Table;
    if !(0..first).any(&is_text) || !(end..lines.len()).any(&is_text) || is_table && !is_filled_in(tree, at) {
        return Held::default();
    }
    let (mut n_stamps, mut says_more, mut is_said) = (0, false, false);
    for line in &lines[first..end] {
        let text = tree.line_text(line.first, line.end, 200);
        let folded = fold(&text);
        is_said |= line.is_prose() || cues::is_stamp(&text) || cues::is_answer(&folded);
        match cues::cue(&folded) {
            Some(said) => n_stamps += usize::from(said.what == "date or byline" && said.is_label()),
            None => says_more |= folded.contains(char::is_alphabetic),
        }
    }
    Held { is_data: says_more && n_stamps < 2, is_said }
}

/// Whether a table has two rows of two cells that say something, one behind the other, and asks for nothing.
fn is_filled_in(tree: &Tree, at: u32) -> bool {
    let nodes = &tree.nodes;
    if !Shape::of(tree, at).is_some_and(|shape| shape.is_grid() && !shape.holds_texts()) {
        return false;
    }
    let inside = || (at + 1)..nodes[at as usize].end;
    let asks = |n: u32| matches!(nodes[n as usize].tag, Tag::Input | Tag::Textarea | Tag::Select | Tag::Button);
    let spans = |n: u32| nodes[n as usize].element.is_some_and(|e| attribute(e, "colspan").is_some());
    let says = |n: u32| (n..nodes[n as usize].end).any(|n| !nodes[n as usize].text.trim().is_empty());
    let is_cell = |n: &u32| matches!(nodes[*n as usize].tag, Tag::Td | Tag::Th);
    let rows = inside().filter(|n| nodes[*n as usize].tag == Tag::Tr);
    let filled = rows.filter(|row| tree.children(*row).filter(|n| is_cell(n) && says(*n)).take(2).count() == 2);
    !inside().any(|n| asks(n) || spans(n)) && filled.take(2).count() == 2
}
