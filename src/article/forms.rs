//! Forms with the boxes around them, and readers' votes: what asks for something, marked before any line is looked at.

use super::classes::Marks;
use super::tag::Tag;
use super::tree::{MAX_LOOK, Node, Tree, attribute, weight};

impl Tree<'_> {
    /// What is called a form around one, with little else in it: its heading, and what it says before the first field.
    pub(super) fn mark_form_boxes(&mut self) {
        let forms = (0..self.nodes.len()).filter(|&at| self.nodes[at].tag == Tag::Form && self.nodes[at].marks.has(Marks::FORM));
        let forms: Vec<usize> = forms.take(MAX_FORMS).collect();
        for form in forms {
            let Some(outer) = self.form_box(form) else { continue };
            let node = &mut self.nodes[outer];
            node.marks = node.marks.and(Marks::FORM);
        }
    }

    /// A field for an address below a heading and a few words asks for a subscription, whatever its classes.
    pub(super) fn mark_subscriptions(&mut self, fields: &[u32]) {
        for &field in fields {
            let Some(form) = self.ancestors(field).find(|&at| self.nodes[at as usize].tag == Tag::Form) else { continue };
            let heads = |at: &u32| {
                let mut inside = self.nodes[*at as usize..form as usize].iter().filter(|node| node.tag.is_block());
                inside.any(|node| node.tag.is_heading() && node.tag != Tag::H1)
            };
            let around: Vec<u32> = self.ancestors(self.nodes[form as usize].parent).take(MAX_AROUND).collect();
            let found = around.into_iter().take_while(|&at| self.is_small_box(at)).filter(heads).last();
            let Some(found) = found else { continue };
            let node = &mut self.nodes[found as usize];
            node.marks = node.marks.and(Marks::FORM);
        }
    }

    /// Whether an element is a box with few words, one heading at most, and no part of a text.
    fn is_small_box(&self, at: u32) -> bool {
        let node = &self.nodes[at as usize];
        let inside = &self.nodes[at as usize..node.end as usize];
        matches!(node.tag, Tag::Div | Tag::Section | Tag::Aside)
            && inside.len() <= MAX_LOOK
            && !node.marks.has(Marks::BODY.and(Marks::ARTICLE))
            && letters(inside, MAX_SUBSCRIPTION) <= MAX_SUBSCRIPTION
            && inside.iter().filter(|node| node.tag.is_heading()).nth(1).is_none()
            && !inside
                .iter()
                .any(|node| matches!(node.tag, Tag::H1 | Tag::Article | Tag::Main | Tag::Table | Tag::Pre | Tag::Img))
    }

    /// The outermost of the boxes around a form that are called one. Each step adds what the box has beside the one before.
    fn form_box(&self, form: usize) -> Option<usize> {
        let (mut inner, mut found, mut said) = (form, None, 0);
        for at in self.ancestors(self.nodes[form].parent).take(MAX_BOXES) {
            let at = at as usize;
            let (node, before) = (&self.nodes[at], &self.nodes[inner]);
            let named = node.element.and_then(|element| attribute(element, "class")).is_some_and(names_form);
            if !named || node.tag != Tag::Div || node.end as usize - at > MAX_LOOK {
                break;
            }
            for added in [&self.nodes[at..inner], &self.nodes[before.end as usize..node.end as usize]] {
                said += letters(added, MAX_POLL);
            }
            if said > MAX_POLL {
                break;
            }
            (inner, found) = (at, Some(at));
        }
        found
    }

    /// The smallest elements with several choices, and the question above them, ask readers for their vote.
    pub(super) fn mark_polls(&mut self, choices: &[u32]) {
        for pair in choices.windows(2) {
            let Some(holder) = self.ancestors(pair[0]).find(|&at| self.holds(at, pair[1])) else { continue };
            if self.is_vote(holder)
                && let Some(poll) =
                    self.ancestors(holder).take(MAX_POLL_DEPTH).take_while(|&at| self.only_asks(at, holder)).last()
            {
                let node = &mut self.nodes[poll as usize];
                node.marks = node.marks.and(Marks::FORM);
            }
        }
    }

    /// Whether an element is choices with their labels, and little beside them. Choices without a label are signs to press
    /// (stars, a switch) or a list to be printed, and those beside a text show a part of it (tabs, a question with its answer explained).
    fn is_vote(&self, holder: u32) -> bool {
        let is_labelled = |at: u32| {
            self.ancestors(at).take_while(|&above| above != holder).any(|above| self.nodes[above as usize].tag == Tag::Label)
        };
        let end = self.nodes[holder as usize].end;
        if (end - holder) as usize > MAX_LOOK || letters(&self.nodes[holder as usize..end as usize], MAX_POLL) > MAX_POLL {
            return false;
        }
        let says = |at: &u32| self.nodes[*at as usize].tag == Tag::Text && weight(self.nodes[*at as usize].text) > 0;
        let (labelled, others): (Vec<u32>, Vec<u32>) = (holder + 1..end).filter(says).partition(|&at| is_labelled(at));
        labelled.len() >= 2 && self.asks_once(&others) && !(holder..end).any(|at| self.is_of_a_text(at))
    }

    /// Whether an element around the choices adds no more than their question and what is pressed.
    fn only_asks(&self, at: u32, holder: u32) -> bool {
        let (node, inner) = (&self.nodes[at as usize], self.nodes[holder as usize].end);
        let whole = matches!(node.tag, Tag::Article | Tag::Main | Tag::Body | Tag::Html);
        if whole || (node.end - at) as usize > MAX_LOOK {
            return false;
        }
        let added = || (at..holder).chain(inner..node.end);
        let says = |at: &u32| self.nodes[*at as usize].tag == Tag::Text && weight(self.nodes[*at as usize].text) > 0;
        let texts: Vec<u32> = added().filter(says).collect();
        self.asks_once(&texts) && !added().any(|at| self.is_of_a_text(at))
    }

    /// Whether texts are one question at most, and short links or buttons.
    fn asks_once(&self, texts: &[u32]) -> bool {
        let mut asked = 0;
        texts.iter().all(|&at| {
            let node = &self.nodes[at as usize];
            let text = node.text.trim();
            let said = weight(text);
            asked += u32::from(!node.in_link);
            node.in_link && said <= MAX_BUTTON || asked == 1 && said <= MAX_QUESTION && text.ends_with(['?', '？', '؟', ';'])
        })
    }

    /// What a vote never has: a listing, a table, steps, a heading, a picture with its caption.
    fn is_of_a_text(&self, at: u32) -> bool {
        let tag = self.nodes[at as usize].tag;
        tag.is_heading() || matches!(tag, Tag::Pre | Tag::Table | Tag::Ol | Tag::Figure | Tag::Blockquote)
    }
}

/// Letters of nodes; no more are counted when they are more than `most`.
fn letters(nodes: &[Node], most: u32) -> u32 {
    let mut sum = 0;
    for node in nodes {
        sum += weight(node.text);
        if sum > most {
            break;
        }
    }
    sum
}

/// Whether a class has the word `form`: `signup-form`, `subscriptFormBox`, and no `platform`. A long form is a text, and so is a free one.
fn names_form(class: &str) -> bool {
    let lower = class.to_ascii_lowercase();
    lower.match_indices("form").any(|(at, _)| {
        let head = &class[..at];
        let after = class[at + 4..].chars().next();
        let begins = !head.ends_with(char::is_alphabetic) || class[at..].starts_with('F');
        let word = lower[..at].trim_end_matches(['-', '_']);
        begins && !after.is_some_and(char::is_lowercase) && !["long", "free"].iter().any(|kind| word.ends_with(kind))
    })
}

/// Forms of a page that are looked at; letters of a vote with its question and answers, and elements around its choices.
const MAX_FORMS: usize = 64;
const MAX_POLL: u32 = 400;
const MAX_POLL_DEPTH: usize = 3;
const MAX_QUESTION: u32 = 100;
const MAX_BUTTON: u32 = 40;
/// Letters of a box that asks for an address, and boxes around its form.
const MAX_SUBSCRIPTION: u32 = 300;
const MAX_AROUND: usize = 3;
/// Boxes around a form.
const MAX_BOXES: usize = 4;
