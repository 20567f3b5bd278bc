//! Forms with the boxes around them, and readers' votes: what asks for something, marked before any line is looked at.

use super::classes::Marks;
use super::tag::Tag;
use super::tree::{MAX_LOOK, Node, Tree, attribute, weight};

impl Tree<'_> {
    /// What is called a form around one, with little else in it: its heading, and what it says before the first field.
    pub(super) fn mark_form_boxes(&mut self) {
        let weight_of = |nodes: &[Node]| nodes.iter().map(|node| weight(node.text)).sum::<u32>();
        for form in 0..self.nodes.len() {
            if self.nodes[form].tag != Tag::Form || !self.nodes[form].marks.has(Marks::FORM) {
                continue;
            }
            let own = weight_of(&self.nodes[form..self.nodes[form].end as usize]);
            let is_box = |&at: &u32| {
                let node = &self.nodes[at as usize];
                let named = node.element.and_then(|element| attribute(element, "class")).is_some_and(names_form);
                named && node.tag == Tag::Div && weight_of(&self.nodes[at as usize..node.end as usize]) <= own + MAX_POLL
            };
            if let Some(outer) = self.ancestors(self.nodes[form].parent).take_while(is_box).last() {
                let node = &mut self.nodes[outer as usize];
                node.marks = node.marks.and(Marks::FORM);
            }
        }
    }

    /// The smallest elements with several choices, and the question above them, ask readers for their vote.
    pub(super) fn mark_polls(&mut self, choices: &[u32]) {
        for pair in choices.windows(2) {
            let Some(holder) = self.ancestors(pair[0]).find(|&at| self.holds(at, pair[1])) else { continue };
            let fits = |&at: &u32| {
                let inside = &self.nodes[at as usize..self.nodes[at as usize].end as usize];
                let whole = matches!(self.nodes[at as usize].tag, Tag::Article | Tag::Main | Tag::Body | Tag::Html);
                !whole && inside.len() < MAX_LOOK && inside.iter().map(|node| weight(node.text)).sum::<u32>() <= MAX_POLL
            };
            if let Some(poll) = self.ancestors(holder).take_while(fits).take(MAX_POLL_DEPTH).last() {
                let node = &mut self.nodes[poll as usize];
                node.marks = node.marks.and(Marks::FORM);
            }
        }
    }
}

/// Whether a class has the word `form`: `signup-form`, `subscriptFormBox`, and no `platform`.
fn names_form(class: &str) -> bool {
    let lower = class.to_ascii_lowercase();
    lower.match_indices("form").any(|(at, _)| {
        let before = class[..at].chars().next_back();
        let after = class[at + 4..].chars().next();
        let begins = !before.is_some_and(char::is_alphabetic) || class[at..].starts_with('F');
        begins && !after.is_some_and(char::is_lowercase)
    })
}

/// Choices of a page that are looked at; letters of a vote with its question and answers, and elements around its choices.
pub(super) const MAX_CHOICES: usize = 64;
const MAX_POLL: u32 = 400;
const MAX_POLL_DEPTH: usize = 3;
