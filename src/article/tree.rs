//! The parsed page as one flat array in document order, which every later step walks instead of the tree.
//!
//! A subtree is a range of the array, so sums over subtrees are differences of prefix sums and every step is
//! linear. What is never text (scripts, form controls, hidden elements) is not in the array at all.

use super::classes::{self, Marks};
use super::tag::Tag;
use crate::text::{is_alphanumeric, is_cjk};
use ego_tree::{NodeRef, iter::Edge};
use scraper::node::{Element, Node as Parsed};
use std::collections::HashMap;

pub struct Node<'a> {
    pub tag: Tag,
    pub parent: u32,
    /// The index after the last descendant.
    pub end: u32,
    pub marks: Marks,
    /// Inside `<a>` or a button.
    pub in_link: bool,
    pub in_pre: bool,
    pub text: &'a str,
    pub element: Option<&'a Element>,
}

pub struct Tree<'a> {
    pub nodes: Vec<Node<'a>>,
}

/// Whether the text of an element leads elsewhere. A heading's link to itself does not, nor does an anchor (`<a name=…>`).
fn is_link(node: &Node, nodes: &[Node]) -> bool {
    let of_heading = || nodes.get(node.parent as usize).is_some_and(|above| above.tag.is_heading());
    let has = |name| node.element.is_some_and(|e| attribute(e, name).is_some());
    let to_itself = || node.element.is_some_and(leads_within);
    match node.tag {
        Tag::Button => !of_heading() && !is_folded(node, nodes),
        Tag::A => {
            let opens = || address(node).is_none() && (has("name") || has("id") || is_folded(node, nodes));
            !(of_heading() && to_itself() || opens())
        }
        _ => false,
    }
}

/// Whether a node stands in what opens when it is clicked: the question of an answer.
fn is_folded(node: &Node, nodes: &[Node]) -> bool {
    let mut at = node.parent;
    for _ in 0..MAX_FOLDED {
        let Some(above) = nodes.get(at as usize) else { return false };
        if above.marks.has(Marks::FOLDED) {
            return true;
        }
        at = above.parent;
    }
    false
}

/// Elements from a question up to what holds it and its answer.
const MAX_FOLDED: usize = 3;

/// Whether a hidden element is an answer that its question, right before it, opens: a heading that can be clicked, and text.
fn is_answer(node: NodeRef<Parsed>) -> bool {
    let Some(before) = node.prev_siblings().find(|node| node.value().is_element()) else { return false };
    let names =
        |of: NodeRef<Parsed>, wanted: &[&str]| of.value().as_element().is_some_and(|element| wanted.contains(&element.name()));
    let is_heading = |of| names(of, &["h2", "h3", "h4", "h5", "h6", "dt", "summary"]);
    let is_click = |of: NodeRef<Parsed>| {
        let role = of.value().as_element().and_then(|element| attribute(element, "role"));
        names(of, &["button", "summary"]) || matches!(role, Some("button" | "tab"))
    };
    let near = || before.descendants().take(MAX_QUESTION);
    let texts = || node.descendants().take(MAX_LOOK).filter_map(|node| node.value().as_text());
    near().any(is_heading) && near().any(is_click) && texts().any(|text| is_paragraph(text))
}

/// Whether a hidden element is the rest of the text right before it, behind "Read more": several paragraphs beside several, hardly
/// a link, and none of them there before.
fn is_rest(node: NodeRef<Parsed>, marks: Marks) -> bool {
    if marks.has(classes::JUNK) {
        return false;
    }
    let name = |of: NodeRef<Parsed>| of.value().as_element().map_or("", |element| element.name()).to_owned();
    // The paragraph's text node alone: what is asked of each is only whether it says something, and whether it came before.
    fn paragraphs<'a>(of: NodeRef<'a, Parsed>) -> Vec<&'a str> {
        let inside = of.descendants().take(MAX_LOOK);
        let inside = inside.filter(|node| node.value().as_element().is_some_and(|element| element.name() == "p"));
        let texts = inside.filter_map(|p| {
            p.descendants()
                .take(MAX_QUESTION)
                .filter_map(|node| node.value().as_text())
                .map(|text| text.trim())
                .find(|text| is_paragraph(text))
        });
        texts.collect()
    }
    let rest = paragraphs(node);
    let n_links =
        node.descendants().take(MAX_LOOK).filter(|node| node.value().as_element().is_some_and(|e| e.name() == "a")).count();
    if rest.len() < MIN_REST || n_links > rest.len() {
        return false;
    }
    // A button and its kind may stand between.
    let before = node.prev_siblings().filter(|node| node.value().is_element()).take(MAX_BEFORE);
    let is_button = |of: &NodeRef<Parsed>| matches!(name(*of).as_str(), "button" | "a" | "span" | "hr" | "br");
    let before: Vec<NodeRef<Parsed>> = before.skip_while(is_button).collect();
    let text_before: Vec<&str> = before.iter().flat_map(|node| paragraphs(*node)).collect();
    let nearest = before.first().is_some_and(|node| !paragraphs(*node).is_empty());
    if !nearest || text_before.len() < MIN_BEFORE {
        return false;
    }
    rest.iter().all(|text| !text_before.contains(text))
}

/// Elements before a hidden one that are looked at, and paragraphs that it and they have at least.
const MAX_BEFORE: usize = 8;
const MIN_BEFORE: usize = 2;
const MIN_REST: usize = 3;

/// Nodes of a question.
const MAX_QUESTION: usize = 12;

/// Whether an element shows a picture that only a script puts into it.
fn is_late_picture(node: NodeRef<Parsed>, tag: Tag, element: &Element) -> bool {
    let told = attribute(element, "data-src").or_else(|| attribute(element, "data-original"));
    let of_kind = tag == Tag::Figure || tag == Tag::Div && attribute(element, "role") == Some("img");
    let is_picture = |node: NodeRef<Parsed>| {
        let name = node.value().as_element().map(|element| Tag::of(element.name()));
        matches!(name, Some(Tag::Img | Tag::Picture | Tag::Iframe | Tag::Video | Tag::Audio))
    };
    of_kind && told.is_some() && !node.descendants().skip(1).take(MAX_LOOK).any(is_picture)
}

/// An in-page link, of a footnote or a heading.
fn leads_within(element: &Element) -> bool {
    attribute(element, "href").is_some_and(|href| href.starts_with('#'))
}

/// Whether the text of a parsed element has such a character.
fn has(node: NodeRef<Parsed>, what: fn(char) -> bool) -> bool {
    node.descendants().take(MAX_LOOK).any(|node| node.value().as_text().is_some_and(|text| text.chars().any(what)))
}

/// What a formula of MathML was written as, where it says so: its elements alone lose what is above and below.
fn tex<'a>(math: NodeRef<'a, Parsed>) -> Option<&'a str> {
    let told = math.value().as_element().and_then(|element| attribute(element, "alttext"));
    let annotation = || {
        let is_tex = |e: &&Element| e.name() == "annotation" && attribute(e, "encoding").is_some_and(|kind| kind.contains("tex"));
        let node = math.descendants().take(MAX_LOOK).find(|node| node.value().as_element().as_ref().is_some_and(is_tex))?;
        node.first_child().and_then(|child| child.value().as_text().map(|text| &**text))
    };
    told.or_else(annotation).map(str::trim).filter(|text| !text.is_empty())
}

/// What is written before an element of a formula of MathML, so that its text alone can be read: `x_1`, `a/b`, `Q = XW`.
fn mathml_sign(node: NodeRef<Parsed>) -> Option<&'static str> {
    let name = |node: NodeRef<Parsed>| node.value().as_element().map(|element| element.name.local.to_string());
    let above = node.parent().and_then(name)?;
    if !above.starts_with('m') || above == "menu" || above == "main" || above == "mark" {
        return None;
    }
    let is_relation = |node: NodeRef<Parsed>| {
        let text = node.first_child().and_then(|child| child.value().as_text().map(|text| text.trim().to_owned()));
        name(node).as_deref() == Some("mo") && text.is_some_and(|text| RELATIONS.contains(&text.as_str()))
    };
    let before: Vec<NodeRef<Parsed>> = node.prev_siblings().filter(|node| node.value().is_element()).take(3).collect();
    match (above.as_str(), before.len()) {
        ("msub" | "munder", 1) | ("msubsup" | "munderover", 1) => Some("_"),
        ("msup" | "mover", 1) | ("msubsup" | "munderover", 2) => Some("^"),
        ("mfrac", 1) => Some("/"),
        ("msqrt", 0) => Some("√"),
        ("mtd" | "mtr", n) if n > 0 => Some(" "),
        _ if is_relation(node) || before.first().is_some_and(|before| is_relation(*before)) => Some(" "),
        _ => None,
    }
}

/// Signs of formulas that stand between blanks.
const RELATIONS: [&str; 14] = ["=", "≠", "<", ">", "≤", "≥", "≈", "∈", "→", "+", "−", "-", "⇒", "∼"];

fn address<'a>(node: &Node<'a>) -> Option<&'a str> {
    attribute(node.element?, "href")
}

/// One attribute, without the interning that `Element::attr` does for each question.
pub fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.attrs.iter().find(|(key, _)| &*key.local == name).map(|(_, value)| &**value)
}

impl<'a> Tree<'a> {
    /// The `<body>` of a parsed page; `hidden` keeps what a style hides, and the elements `without` are left out.
    pub fn new(html: &'a scraper::Html, hidden: Hidden, without: &[*const Element]) -> Tree<'a> {
        let mut nodes: Vec<Node<'a>> = Vec::with_capacity(1024);
        let mut open: Vec<u32> = Vec::new();
        let mut names = classes::Names::default();
        let mut skipping = 0usize;
        // The open forms, and how many fields each has.
        let mut forms: Vec<(u32, u32)> = Vec::new();
        // Choices: the elements that they stand in.
        let mut choices: Vec<u32> = Vec::new();
        // Fields for an address: the elements that they stand in.
        let mut fields: Vec<u32> = Vec::new();
        for edge in html.tree.root().traverse() {
            match edge {
                Edge::Open(node) => {
                    let parsed = node.value();
                    if skipping > 0 {
                        skipping += usize::from(parsed.is_element());
                        continue;
                    }
                    if let Some(sign) = parsed.as_element().and_then(|_| mathml_sign(node)) {
                        let at = nodes.len() as u32;
                        let leaf = Node {
                            tag: Tag::Text,
                            parent: open.last().copied().unwrap_or(0),
                            end: at + 1,
                            marks: Marks::NONE,
                            in_link: false,
                            in_pre: false,
                            text: sign,
                            element: None,
                        };
                        nodes.push(leaf);
                    }
                    let parent = open.last().copied();
                    let above = parent.map(|p| &nodes[p as usize]);
                    let (in_link, in_pre) =
                        above.map_or((false, false), |p| (p.in_link || is_link(p, &nodes), p.in_pre || p.tag == Tag::Pre));
                    let at = nodes.len() as u32;
                    match parsed {
                        Parsed::Text(text) if !text.is_empty() => nodes.push(Node {
                            tag: Tag::Text,
                            parent: parent.unwrap_or(0),
                            end: at + 1,
                            marks: Marks::NONE,
                            in_link,
                            in_pre,
                            text,
                            element: None,
                        }),
                        Parsed::Element(element) => {
                            let tag = Tag::of(element.name());
                            if let Some((_, fields)) = forms.last_mut().filter(|_| is_field(tag, element)) {
                                *fields += 1;
                            }
                            if tag == Tag::Input && choices.len() < MAX_CHOICES && attribute(element, "type") == Some("radio") {
                                choices.extend(parent);
                            }
                            if tag == Tag::Input && fields.len() < MAX_FIELDS && attribute(element, "type") == Some("email") {
                                fields.extend(parent);
                            }
                            let mut marks = classes::marks(tag, element, &mut names);
                            let is_silenced =
                                || attribute(element, "aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"));
                            if marks.has(Marks::NOTICE) && is_silenced() && is_answer(node) {
                                marks = marks.without(Marks::NOTICE);
                            }
                            let stripped = without.contains(&std::ptr::from_ref(element));
                            let repeats =
                                marks.has(Marks::DRAWN) || (marks.has(Marks::LINE_NUMBERS) && !has(node, char::is_alphabetic));
                            let is_sign = tag == Tag::A && leads_within(element) && !has(node, char::is_alphanumeric);
                            let folded = || marks.has(Marks::FOLDED) || above.is_some_and(|p| p.marks.has(Marks::FOLDED));
                            let hides = hidden == Hidden::Drop
                                && marks.has(Marks::HIDDEN)
                                && !folded()
                                && !is_answer(node)
                                && !is_rest(node, marks);
                            if tag.is_silent() || stripped || repeats || is_sign || hides {
                                skipping = 1;
                                continue;
                            }
                            let formula = (tag == Tag::Math).then(|| tex(node)).flatten();
                            // A post of another site of which only the address is here.
                            let class = attribute(element, "class").unwrap_or_default();
                            let is_fb = || class.split_ascii_whitespace().any(|word| matches!(word, "fb-post" | "fb-video"));
                            let is_post = (tag == Tag::Blockquote
                                || tag == Tag::Div && attribute(element, "data-href").is_some() && is_fb())
                                && (tag == Tag::Div
                                    || attribute(element, "cite").is_some()
                                    || attribute(element, "data-instgrm-permalink").is_some())
                                && !has(node, char::is_alphanumeric)
                                && !node
                                    .descendants()
                                    .any(|inner| inner.value().as_element().is_some_and(|e| SHOWN_ALONE.contains(&e.name())));
                            let tag = match tag {
                                _ if formula.is_some() => Tag::Code,
                                _ if is_post => Tag::Embed,
                                tag => tag,
                            };
                            nodes.push(Node {
                                tag,
                                parent: parent.unwrap_or(0),
                                end: at + 1,
                                marks,
                                in_link,
                                in_pre,
                                text: "",
                                element: Some(element),
                            });
                            if let Some(text) = formula {
                                let leaf =
                                    Node { tag: Tag::Text, parent: at, end: at + 2, text, element: None, ..nodes[at as usize] };
                                nodes[at as usize].end = at + 2;
                                nodes.push(leaf);
                                skipping = 1;
                                continue;
                            }
                            open.push(at);
                            if is_late_picture(node, tag, element) {
                                nodes.push(Node { tag: Tag::Img, parent: at, end: at + 2, text: "", ..nodes[at as usize] });
                            }
                            if tag == Tag::Form {
                                forms.push((at, 0));
                            }
                        }
                        _ => {}
                    }
                }
                Edge::Close(node) => {
                    if !node.value().is_element() {
                        continue;
                    }
                    if skipping > 0 {
                        skipping -= 1;
                    } else if let Some(at) = open.pop() {
                        nodes[at as usize].end = nodes.len() as u32;
                        if let Some((_, n_fields)) = forms.pop_if(|(form, _)| *form == at) {
                            if n_fields >= MIN_FIELDS {
                                nodes[at as usize].marks = nodes[at as usize].marks.and(Marks::FORM);
                            }
                            // Who asks for more than an address, asks for no subscription.
                            if n_fields > 1 {
                                fields.retain(|&field| field < at);
                            }
                        }
                    }
                }
            }
        }
        let mut tree = Tree { nodes };
        tree.mark_polls(&choices);
        tree.mark_form_boxes();
        tree.mark_subscriptions(&fields);
        tree.unlink_what_holds_all();
        tree
    }

    /// A link around most of the page's text is one that was never closed (the parser opens it again in each paragraph)
    /// or a box that can be clicked: its text is text.
    fn unlink_what_holds_all(&mut self) {
        let n_bytes = |nodes: &[Node]| nodes.iter().map(|node| node.text.len()).sum::<usize>();
        let n_sentences = |nodes: &[Node]| nodes.iter().filter(|node| is_paragraph(node.text)).count();
        // By address: bytes, and texts that are sentences.
        let mut by_address: HashMap<&str, (usize, usize)> = HashMap::new();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            at = match address(node).filter(|_| node.tag == Tag::A) {
                Some(address) => {
                    let inside = &self.nodes[at..node.end as usize];
                    let held = by_address.entry(address).or_default();
                    *held = (held.0 + n_bytes(inside), held.1 + n_sentences(inside));
                    node.end as usize
                }
                None => at + 1,
            };
        }
        let most = by_address.into_iter().max_by_key(|&(address, held)| (held, address));
        let Some((all, (held, n_held))) = most else { return };
        // Half of the page, or several paragraphs, which the box of a teaser has not.
        if (held < MIN_HELD || held * 2 <= n_bytes(&self.nodes)) && n_held < MIN_PARAGRAPHS {
            return;
        }
        let mut at = 0;
        while at < self.nodes.len() {
            let node = &self.nodes[at];
            let end = node.end as usize;
            if node.tag == Tag::A && address(node) == Some(all) {
                self.nodes[at..end].iter_mut().for_each(|node| node.in_link = false);
                at = end;
            } else {
                at += 1;
            }
        }
    }

    /// The text of a range of nodes on one line, at most about `max_bytes` of it.
    pub fn line_text(&self, from: u32, to: u32, max_bytes: usize) -> String {
        let mut out = String::new();
        for node in &self.nodes[from as usize..to as usize] {
            if node.tag == Tag::Text {
                for word in node.text.split_inclusive(char::is_whitespace) {
                    let trimmed = word.trim_end();
                    if trimmed.len() < word.len() || out.is_empty() {
                        if !trimmed.is_empty() {
                            out.push_str(trimmed);
                        }
                        if trimmed.len() < word.len() && !out.is_empty() && !out.ends_with(' ') {
                            out.push(' ');
                        }
                    } else {
                        out.push_str(word);
                    }
                }
            } else if node.tag.is_block() && !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            if out.len() > max_bytes {
                break;
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// Whether a button is the question of a folded answer: in a heading, or in what is called so.
    pub fn is_question(&self, at: u32) -> bool {
        let node = &self.nodes[at as usize];
        self.nodes[node.parent as usize].tag.is_heading() || is_folded(node, &self.nodes)
    }

    /// Whether `node` is `element` or inside it.
    pub fn holds(&self, element: u32, node: u32) -> bool {
        element <= node && node < self.nodes[element as usize].end
    }

    /// `div.post > p`, for people.
    pub fn path(&self, of: u32) -> String {
        let mut steps: Vec<String> = Vec::new();
        for at in self.ancestors(of) {
            let Some(element) = self.nodes[at as usize].element else { continue };
            let mut step = element.name().to_owned();
            for (name, sign) in [("id", "#"), ("class", ".")] {
                for word in attribute(element, name).unwrap_or_default().split_ascii_whitespace().take(3) {
                    step.push_str(sign);
                    step.push_str(crate::text::clip(word, 30));
                }
            }
            steps.push(step);
        }
        steps.reverse();
        steps.join(" > ")
    }

    pub fn children(&self, of: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.nodes[of as usize].end;
        let mut next = of + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let at = next;
                next = self.nodes[at as usize].end;
                at
            })
        })
    }

    /// The node, its parent, and so on.
    pub fn ancestors(&self, of: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = Some(of);
        std::iter::from_fn(move || {
            let at = next?;
            next = (at > 0).then(|| self.nodes[at as usize].parent);
            Some(at)
        })
    }
}

/// Fields of a form that is more than a search.
const MIN_FIELDS: u32 = 3;

/// Whether a form asks here for something to be written or chosen.
fn is_field(tag: Tag, element: &Element) -> bool {
    let kind = || attribute(element, "type").unwrap_or("text").to_ascii_lowercase();
    match tag {
        Tag::Select | Tag::Textarea => true,
        Tag::Input => matches!(kind().as_str(), "text" | "email" | "tel" | "password" | "number" | "date" | "url"),
        _ => false,
    }
}

/// What a quoted post may show without a word, so that it is not only an address.
const SHOWN_ALONE: [&str; 5] = ["iframe", "img", "amp-img", "video", "audio"];

/// Choices of a page that are looked at.
const MAX_CHOICES: usize = 64;
/// Fields for an address that are looked at.
const MAX_FIELDS: usize = 16;

/// Nodes below an element that are looked through before the element is read.
pub(super) const MAX_LOOK: usize = 500;

/// Paragraphs in one link that are more than a teaser.
const MIN_PARAGRAPHS: usize = 4;

fn is_paragraph(text: &str) -> bool {
    weight(text) >= 60 && text.trim_end().ends_with(|c: char| ".!?…。！？”」\"".contains(c))
}

/// Bytes of several paragraphs: more than the box of one teaser has.
const MIN_HELD: usize = 1_200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    Drop,
    Keep,
}

/// How much a text says: letters and digits, with a letter of a script without spaces counted three times
/// (a Chinese sentence has about a third of the letters of its English translation).
pub fn weight(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let (mut sum, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii() {
            // Up to the next character that is not ASCII; few enough at a time that a byte counts them.
            let ahead = &bytes[at..bytes.len().min(at + 64)];
            let run = if ahead.is_ascii() { ahead } else { &ahead[..ahead.iter().take_while(|b| b.is_ascii()).count()] };
            sum += u32::from(run.iter().map(|b| u8::from(b.is_ascii_alphanumeric())).sum::<u8>());
            at += run.len();
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        at += c.len_utf8();
        sum += match c {
            c if is_cjk(c) => 3,
            c if is_alphanumeric(c) => 1,
            _ => 0,
        };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::weight;
    use crate::text::{is_alphanumeric, is_cjk};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_weighs_what_its_letters_weigh(text in "(([a-zA-Z0-9 ,]{0,90})|[é字か…、 ]{0,9}){0,6}") {
            let of = |c: char| if is_cjk(c) { 3 } else { u32::from(is_alphanumeric(c)) };
            prop_assert_eq!(weight(&text), text.chars().map(of).sum::<u32>());
        }
    }
}
