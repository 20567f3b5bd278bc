//! What a table is: rows of data, or the layout of a page.

use super::lines::Line;
use super::tag::Tag;
use super::tree::{Tree, attribute};

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

/// Which lines are data of a text. Lines are asked of in their order, and each table is looked at once.
#[derive(Default)]
pub struct Data {
    asked: Option<(u32, bool)>,
}

impl Data {
    /// Whether a line is a cell of a table, or a term with its explanation below it, without a link, where text goes before the
    /// table or the list and comes after it: `Search`, `Comments` and `Print` are what a program can do there. `is_text`: of a line's
    /// number.
    pub fn holds(&mut self, tree: &Tree, lines: &[Line], i: usize, is_text: impl Fn(usize) -> bool) -> bool {
        let tag = |at: u32| tree.nodes[at as usize].tag;
        let line = &lines[i];
        let home = tree.ancestors(line.first).find(|at| matches!(tag(*at), Tag::Table | Tag::Dl));
        let Some(at) = home.filter(|_| line.link == 0) else { return false };
        let is_list = tag(at) == Tag::Dl;
        let is_explained = || line.tag == Tag::Dt && lines.get(i + 1).is_some_and(|next| next.tag == Tag::Dd);
        if is_list && !is_explained() {
            return false;
        }
        if let Some((_, is_data)) = self.asked.filter(|(asked, _)| *asked == at) {
            return is_data;
        }
        let first = lines.partition_point(|line| line.first < at);
        let end = lines.partition_point(|line| line.first < tree.nodes[at as usize].end);
        let is_grid = || Shape::of(tree, at).is_some_and(|shape| shape.is_grid() && !shape.holds_texts());
        let is_data = (0..first).any(&is_text) && (end..lines.len()).any(&is_text) && (is_list || is_grid());
        self.asked = Some((at, is_data));
        is_data
    }
}
