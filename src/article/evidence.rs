//! What others say of the article's words: the feed's summary and the `articleBody` of JSON-LD.
//!
//! Neither is a source. Summaries are short, and of the pages with an `articleBody` one in eight has another text there
//! than the page (measured on the evaluation's pages). But a body with none of their words is the wrong one if another
//! element has them.

use super::lines::{Line, Sums};
use super::tag::Tag;
use super::tree::{Tree, weight};
use crate::text::{fold, is_cjk};
use std::collections::HashSet;

/// Less is a headline or a teaser about the article, not words of it.
const MIN_WEIGHT: u32 = 60;
/// More says nothing new.
const MAX_BYTES: usize = 1 << 14;
/// Runs of words that a line must have to be told by them.
const MIN_LINE: usize = 6;
/// Words that follow each other in both texts: alone each is in any text.
const RUN: usize = 3;

/// Hashes of runs of words.
pub struct Evidence(HashSet<u64>);

impl Evidence {
    /// `None` where the text is too short to say anything.
    pub fn new(text: &str) -> Option<Evidence> {
        let text = crate::text::clip(text, MAX_BYTES);
        let runs: HashSet<u64> = runs(text).into_iter().collect();
        (weight(text) >= MIN_WEIGHT && runs.len() >= 6).then_some(Evidence(runs))
    }

    /// Whether a body has nearly nothing of it. One quotation is not enough.
    pub fn is_missing_in(&self, body: &str) -> bool {
        let found: HashSet<u64> = runs(body).into_iter().filter(|run| self.0.contains(run)).collect();
        found.len() * 10 < self.0.len()
    }

    /// Whether the words of a line are among its words.
    pub fn holds(&self, line: &str) -> bool {
        let runs = runs(line);
        runs.len() >= MIN_LINE && runs.iter().filter(|run| self.0.contains(run)).count() * 5 >= runs.len() * 4
    }

    /// The deepest element whose lines have most of what the page has of it; `None` where that is not most of it.
    pub fn container(&self, tree: &Tree, lines: &[Line]) -> Option<u32> {
        let mut left = self.0.clone();
        let mut hits = Vec::with_capacity(lines.len());
        for line in lines {
            let text = if line.is_linky() { String::new() } else { tree.line_text(line.first, line.end, MAX_BYTES) };
            hits.push(runs(&text).into_iter().filter(|run| left.remove(run)).count() as i64);
        }
        let mut next = hits.iter();
        let sums = {
            // `Sums` asks for each line once, in order.
            let next = std::cell::RefCell::new(&mut next);
            Sums::new(tree, lines, |_| next.borrow_mut().next().copied().unwrap_or(0))
        };
        if (sums.total() as usize) * 2 < self.0.len() {
            return None;
        }
        let elements = (0..tree.nodes.len() as u32).filter(|&at| tree.nodes[at as usize].tag != Tag::Text);
        let deepest = elements.filter(|&at| sums.of(tree, at) * 10 >= sums.total() * 8).max()?;
        // A summary may be one paragraph; the article is what that stands in.
        let holds = |at: &u32| {
            matches!(
                tree.nodes[*at as usize].tag,
                Tag::Div | Tag::Section | Tag::Article | Tag::Main | Tag::Td | Tag::Center | Tag::Form | Tag::Body
            )
        };
        tree.ancestors(deepest).find(holds)
    }
}

fn runs(text: &str) -> Vec<u64> {
    let folded = fold(text);
    let mut words: Vec<u64> = Vec::new();
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        let hash = |part: &str| xxhash_rust::xxh3::xxh3_64(part.as_bytes());
        if word.chars().any(is_cjk) {
            let mut buffer = [0; 4];
            words.extend(word.chars().map(|c| hash(c.encode_utf8(&mut buffer))));
        } else {
            words.push(hash(word));
        }
    }
    words.windows(RUN).map(|run| run.iter().fold(0, |sum: u64, word| sum.rotate_left(21) ^ word)).collect()
}
