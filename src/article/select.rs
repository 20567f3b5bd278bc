//! Which element holds the article.
//!
//! Two readings: the subtree whose lines sum up highest (prose counts for, links and short lines against), and
//! the element that the page itself calls the article body. The second wins where it holds most of the prose
//! of the first.

use super::classes::Marks;
use super::lines::{JUNK, Line, Sums};
use super::tree::{Tag, Tree};

/// Prose beyond this in one line counts no further: a single huge line is a list or a licence.
const MAX_LINE: u32 = 1500;

pub fn container(tree: &Tree, lines: &[Line]) -> Option<u32> {
    let prose = Sums::new(tree, lines, |line| if counts(line) { i64::from(line.own().min(MAX_LINE)) } else { 0 });
    let score = Sums::new(tree, lines, score);
    let elements = || (0..tree.nodes.len() as u32).filter(|&at| tree.nodes[at as usize].tag != Tag::Text);
    // Later and deeper wins at equal sums: the smallest element with that sum.
    let mut best = elements().max_by_key(|&at| (score.of(tree, at), at))?;
    if prose.of(tree, best) == 0 {
        // No prose anywhere: the element with the most text of its own.
        let text = Sums::new(tree, lines, |line| if line.marks.has(JUNK) { 0 } else { i64::from(line.own()) });
        best = elements().max_by_key(|&at| (text.of(tree, at), at))?;
        return (text.of(tree, best) > 0).then_some(best);
    }
    // Down, while one child holds nearly all.
    while let Some(child) = tree.children(best).find(|&c| {
        tree.nodes[c as usize].tag != Tag::Text && holds_blocks(tree, c) && prose.of(tree, c) * 100 >= prose.of(tree, best) * 92
    }) {
        best = child;
    }
    let named = elements()
        .filter(|&at| tree.nodes[at as usize].marks.has(Marks::BODY) && prose.of(tree, at) * 100 >= prose.of(tree, best) * 60)
        .min_by_key(|&at| (tree.nodes[at as usize].end - at, at));
    if let Some(named) = named {
        best = named;
    }
    Some(best)
}

fn holds_blocks(tree: &Tree, at: u32) -> bool {
    let node = &tree.nodes[at as usize];
    !matches!(node.tag, Tag::P | Tag::Span | Tag::A | Tag::Pre | Tag::Li) || node.end - at > 30
}

fn counts(line: &Line) -> bool {
    line.is_prose() && !line.marks.has(JUNK)
}

fn score(line: &Line) -> i64 {
    let own = i64::from(line.own().min(MAX_LINE));
    let link = i64::from(line.link);
    if line.marks.has(JUNK) {
        return -20 - link / 4;
    }
    if line.is_prose() {
        return own - link;
    }
    if line.is_linky() {
        return -20 - link / 2;
    }
    match line.tag {
        tag if tag.is_heading() => -5,
        Tag::Pre => own / 2,
        _ if line.ends_sentence => own / 2 - 5,
        _ => -12,
    }
}
