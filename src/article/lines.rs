//! The tree as lines: runs of inline content between block borders, measured once.

use super::classes::{self, JUNK, Marks};
use super::tag::Tag;
use super::tree::{Tree, weight};
use crate::text::{fold, is_cjk};

/// One line of the page.
#[derive(Clone, Debug)]
pub struct Line {
    /// The nodes it is made of: from the first text to after the last.
    pub first: u32,
    pub end: u32,
    /// What it is: the tag of `block`, or of a heading, list item or `pre` close above it.
    pub tag: Tag,
    pub weight: u32,
    /// The part of the weight that is inside links.
    pub link: u32,
    /// Commas and sentence ends.
    pub punctuation: u32,
    pub ends_sentence: bool,
    /// What the element and all around it say, where believed.
    pub marks: Marks,
}

impl Line {
    pub fn own(&self) -> u32 {
        self.weight - self.link
    }

    /// Running text, as an article has it.
    pub fn is_prose(&self) -> bool {
        let own = self.own();
        !self.tag.is_heading()
            && self.link * 2 < self.weight
            && ((own >= 60 && self.punctuation >= 1 && self.ends_sentence) || (own >= 90 && self.punctuation >= 2) || own >= 220)
    }

    /// A sentence without a link, however short: a text of few words has no other.
    pub fn is_sentence(&self) -> bool {
        !self.tag.is_heading() && self.link == 0 && self.ends_sentence && self.punctuation >= 1 && self.own() >= MIN_SENTENCE
    }

    /// Its last text node that says something.
    pub fn last_text(&self, tree: &Tree) -> u32 {
        let says = |at: &u32| !tree.nodes[*at as usize].text.trim().is_empty();
        (self.first..self.end).rev().find(says).unwrap_or(self.first)
    }

    pub fn is_linky(&self) -> bool {
        self.link * 3 > self.weight * 2
    }
}

/// Letters of a sentence.
const MIN_SENTENCE: u32 = 16;

/// Every line with some text, in document order.
pub fn lines(tree: &Tree) -> Vec<Line> {
    let mut out = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut line: Option<Line> = None;
    let mut last_char = ' ';
    // A break after this many letters may be one that a width made.
    let mut run = Run::default();
    for (at, node) in tree.nodes.iter().enumerate() {
        let at = at as u32;
        while let Some(&top) = open.last() {
            if tree.nodes[top as usize].end > at {
                break;
            }
            open.pop();
            finish(&mut line, last_char, &mut out);
            run = Run::default();
        }
        if node.tag == Tag::Br {
            let joins = line.is_some() && !run.breaks && !run.has_link && !".!?…。！？：:;；".contains(last_char);
            if joins && run.n_letters >= MIN_RUN {
                run.breaks = true;
            } else {
                finish(&mut line, last_char, &mut out);
                run = Run::default();
            }
            continue;
        }
        if node.tag == Tag::Text {
            if run.breaks && !node.text.trim().is_empty() {
                let goes_on = !node.in_link && run.goes_on(node.text, last_char);
                if !goes_on {
                    finish(&mut line, last_char, &mut out);
                }
                run = Run { is_wrapped: goes_on, ..Run::default() };
            }
            let block = open.last().copied().unwrap_or(0);
            let line = line.get_or_insert_with(|| Line {
                first: at,
                end: at + 1,
                tag: kind(tree, block),
                weight: 0,
                link: 0,
                punctuation: 0,
                ends_sentence: false,
                marks: Marks::NONE,
            });
            let more = weight(node.text);
            line.weight += more;
            line.link += if node.in_link { more } else { 0 };
            line.punctuation += punctuation(node.text);
            line.end = at + 1;
            run.n_letters += more;
            run.has_link |= node.in_link;
            if let Some(c) = node.text.chars().rev().find(|c| !c.is_whitespace()) {
                last_char = c;
            }
        } else if node.tag.is_block() {
            finish(&mut line, last_char, &mut out);
            run = Run::default();
            open.push(at);
        }
    }
    finish(&mut line, last_char, &mut out);
    out
}

/// Letters of a line that a width may have ended, where the next begins small.
const MIN_RUN: u32 = 16;
/// The same, where it begins with a capital.
const MIN_WRAPPED: u32 = 36;
const MAX_WRAPPED: u32 = 90;

/// Text since the last break. Mail, exports of org-mode and old pages end the lines of a paragraph with `<br>`: those are one line.
#[derive(Default)]
struct Run {
    n_letters: u32,
    has_link: bool,
    /// A break was seen after it.
    breaks: bool,
    /// A line of this paragraph began small: a width breaks its lines.
    is_wrapped: bool,
}

impl Run {
    fn goes_on(&self, next: &str, last_char: char) -> bool {
        let first = next.trim_start().chars().next().unwrap_or(' ');
        let wrapped = self.is_wrapped
            && (MIN_WRAPPED..=MAX_WRAPPED).contains(&self.n_letters)
            && (last_char.is_lowercase() || last_char == ',');
        first.is_lowercase() || (wrapped && first.is_alphanumeric() && !is_cjk(first))
    }
}

fn finish(line: &mut Option<Line>, last_char: char, out: &mut Vec<Line>) {
    if let Some(mut line) = line.take().filter(|line| line.weight > 0) {
        line.ends_sentence = ".!?…。！？：:;；」』”\"’)）»›—".contains(last_char);
        out.push(line);
    }
}

/// `<h2><div>…</div></h2>` is a heading too.
fn kind(tree: &Tree, block: u32) -> Tag {
    for at in tree.ancestors(block).take(3) {
        let tag = tree.nodes[at as usize].tag;
        if tag.is_heading()
            || matches!(tag, Tag::Li | Tag::Pre | Tag::Td | Tag::Th | Tag::Blockquote | Tag::Figcaption | Tag::Dd | Tag::Dt)
        {
            return tag;
        }
    }
    tree.nodes[block as usize].tag
}

fn punctuation(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let ends_word = |at: usize| {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let after = text[at + 1..].chars().next();
        (before.is_alphabetic() || before == '"' || before == ')')
            && after.is_none_or(|c| c.is_whitespace() || c == '"' || is_cjk(before))
    };
    // … 、 。 ！ ， ； ？
    let is_sign = |at: usize| {
        matches!(bytes[at..at + 3], [0xe2, 0x80, 0xa6] | [0xe3, 0x80, 0x81 | 0x82] | [0xef, 0xbc, 0x81 | 0x8c | 0x9b | 0x9f])
    };
    let ascii = memchr::memchr3_iter(b',', b'.', b';', bytes).chain(memchr::memchr2_iter(b'!', b'?', bytes));
    let others = memchr::memchr3_iter(0xe2, 0xe3, 0xef, bytes);
    (ascii.filter(|at| ends_word(*at)).count() + others.filter(|at| is_sign(*at)).count()) as u32
}

/// How far classes are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Normal,
    /// For pages on which nothing was left: only navigation, footers and consent.
    Little,
}

/// Sums over subtrees: `sum(at)` is that of all lines that start in the node.
pub struct Sums(Vec<i64>);

impl Sums {
    pub fn new(tree: &Tree, lines: &[Line], value: impl Fn(&Line) -> i64) -> Sums {
        let mut before = Vec::with_capacity(tree.nodes.len() + 1);
        let mut next = lines.iter().peekable();
        let mut sum = 0;
        for at in 0..=tree.nodes.len() {
            while let Some(line) = next.next_if(|line| (line.first as usize) < at) {
                sum += value(line);
            }
            before.push(sum);
        }
        Sums(before)
    }

    pub fn of(&self, tree: &Tree, at: u32) -> i64 {
        self.0[tree.nodes[at as usize].end as usize] - self.0[at as usize]
    }

    /// That of all lines that start before the node.
    pub fn before(&self, at: u32) -> i64 {
        self.0[at as usize]
    }

    pub fn total(&self) -> i64 {
        self.0.last().copied().unwrap_or(0)
    }
}

/// Believes the marks of the elements and hands them down to the lines. An element that holds most of the
/// page's prose is no sidebar, whatever its class.
/// Nor is one that holds the headline and some of the prose.
pub fn mark(tree: &Tree, lines: &mut [Line], title: Option<&str>, trust: Trust) -> Vec<Marks> {
    let title = title.map(squash).unwrap_or_default();
    let headline = Sums::new(tree, lines, |line| {
        let close = line.weight as usize <= title.len()
            && !title.is_empty()
            && (line.tag.is_heading() || line.marks.has(Marks::HEADLINE));
        i64::from(close && squash(&tree.line_text(line.first, line.end, 400)) == title)
    });
    let prose = Sums::new(tree, lines, |line| if line.is_prose() { i64::from(line.own()) } else { 0 });
    // A text of short sentences is none to be outweighed by the one long sentence that stands in a box beside it.
    let said = Sums::new(tree, lines, |line| if line.is_prose() || line.is_sentence() { i64::from(line.own()) } else { 0 });
    let total = said.total().max(1);
    // What is prose above the headline.
    let is_headline = |line: &&Line| headline.of(tree, line.first) > 0;
    let first = lines.iter().find(is_headline).map(|line| line.first);
    let above_text = first.map_or(0, |first| prose.before(first));
    let n_prose = Sums::new(tree, lines, |line| i64::from(line.is_prose()));
    let weight = Sums::new(tree, lines, |line| i64::from(line.weight));
    let link = Sums::new(tree, lines, |line| i64::from(line.link));
    let mut believed = vec![Marks::NONE; tree.nodes.len()];
    let mut inherited = vec![Marks::NONE; tree.nodes.len()];
    let mut next = 0;
    for (at, node) in tree.nodes.iter().enumerate() {
        let mut own = node.marks;
        if own != Marks::NONE {
            let at_u32 = at as u32;
            if trust == Trust::Little {
                own = own.without(JUNK.without(Marks::NAVIGATION.and(Marks::FOOTER).and(Marks::CONSENT)));
            }
            if own.has(JUNK) && is_named_by_heading(tree, lines, at_u32, own.has(Marks::COMMENTS), n_prose.of(tree, at_u32) > 0) {
                own = node.element.map_or(own, |element| classes::marks_without_id(node.tag, element));
            }
            while lines.get(next).is_some_and(|line| line.end <= at_u32) {
                next += 1;
            }
            if own.has(JUNK) && !node.tag.is_block() && lines.get(next).is_some_and(|line| is_word_of(tree, line, at_u32)) {
                own = own.without(JUNK);
            }
            if own.has(Marks::EMBED) || node.tag == Tag::Blockquote {
                own = own.without(QUOTABLE);
                if is_note(node) {
                    own = own.without(Marks::SIDEBAR.and(Marks::FOOTER));
                }
            }
            // What opens when it is clicked is a menu, or an answer.
            if own.has(Marks::FOLDED) && n_prose.of(tree, at_u32) > 0 {
                own = own.without(Marks::NAVIGATION);
            }
            // A text of several paragraphs with hardly a link: the class speaks of something else.
            let is_text = n_prose.of(tree, at_u32) >= 3
                && prose.of(tree, at_u32) >= 500
                && link.of(tree, at_u32) * 8 < weight.of(tree, at_u32);
            if is_text {
                own = own.without(TEXTLESS);
            }
            // What asks for consent has something to press; a recipe for cookies has lists.
            if own.has(Marks::CONSENT) && is_list_of_text(tree, at_u32) {
                own = own.without(Marks::CONSENT);
            }
            // A paragraph between paragraphs that leads nowhere sells nothing.
            if own.has(Marks::ADVERT) && node.tag == Tag::P && is_paragraph_among(tree, lines, at_u32) {
                own = own.without(Marks::ADVERT);
            }
            // What stands before all prose and links to nothing is the lead, which German sites call teaser.
            if own.has(Marks::RELATED) && prose.before(at_u32) == 0 && link.of(tree, at_u32) == 0 {
                own = own.without(Marks::RELATED);
            }
            // The first prose below the headline says what the form is for: a calculator's page is that and a form.
            if own.has(Marks::FORM) && node.tag != Tag::Form && prose.of(tree, at_u32) > 0 && prose.before(at_u32) <= above_text {
                own = own.without(Marks::FORM);
            }
            // A box of one or two sentences below a text that says more, be it in lists and short lines.
            let own_of = |sums: (i64, i64)| sums.0 - sums.1;
            let above = first.map_or(0, |first| own_of((weight.before(first), link.before(first))));
            let of_box = own_of((weight.of(tree, at_u32), link.of(tree, at_u32)));
            let is_box = own.has(BOXES)
                && n_prose.of(tree, at_u32) <= 2
                && of_box <= MAX_BOX
                && headline.of(tree, at_u32) == 0
                && headline.before(at_u32) > 0
                && own_of((weight.before(at_u32), link.before(at_u32))) - above > of_box;
            let boxed = if is_box { BOXES } else { Marks::NONE };
            // Of long sentences, where there are any, and of all.
            let of_prose = (prose.total() > 0).then(|| prose.of(tree, at_u32) * 100 / prose.total());
            let share = (said.of(tree, at_u32) * 100 / total).min(of_prose.unwrap_or(100));
            if matches!(node.tag, Tag::Html | Tag::Body) {
                own = Marks::NONE;
            }
            if share >= 25 {
                own = own.without(WEAK.without(boxed));
            }
            if share >= 50 {
                // Labels and agreements to tick are the most of a form; a page in a form has paragraphs.
                let n_lines =
                    lines.partition_point(|line| line.first < node.end) - lines.partition_point(|line| line.first < at_u32);
                let is_form = own.has(Marks::FORM) && n_prose.of(tree, at_u32) * MIN_LABELS <= n_lines as i64;
                let form = if is_form { Marks::FORM } else { Marks::NONE };
                own = own.without(JUNK.without(Marks::COMMENTS.and(Marks::FOOTER).and(form).and(boxed)));
            }
            if headline.of(tree, at as u32) > 0 {
                own = own.without(WEAK);
            }
            if prose.total() - prose.of(tree, at_u32) < 120
                || (share >= 15 && headline.of(tree, at as u32) > 0)
                || own.has(Marks::BODY)
            {
                own = own.without(JUNK.without(boxed));
            }
        }
        believed[at] = own;
        let above = if at == 0 { Marks::NONE } else { inherited[node.parent as usize] };
        inherited[at] = above.and(own);
    }
    for line in lines.iter_mut() {
        // What most of a paragraph says, not what its first node says: a counter may stand before a paragraph.
        let texts = (line.first..line.end).filter(|&at| tree.nodes[at as usize].tag == Tag::Text);
        let most = texts.max_by_key(|&at| (tree.nodes[at as usize].text.trim().len(), std::cmp::Reverse(at)));
        line.marks = inherited[most.filter(|_| line.is_prose()).unwrap_or(line.first) as usize];
    }
    believed
}

/// Whether an element's id is made of the words of the heading that it begins with.
fn is_named_by_heading(tree: &Tree, lines: &[Line], at: u32, comments: bool, has_prose: bool) -> bool {
    let node = &tree.nodes[at as usize];
    let Some(id) = node.element.and_then(|element| super::tree::attribute(element, "id")).filter(|id| id.len() >= 4) else {
        return false;
    };
    let first = lines.partition_point(|line| line.first < at);
    let heading = lines.get(first).filter(|line| line.tag.is_heading() && tree.holds(at, line.first));
    heading.is_some_and(|line| {
        let shown = tree.line_text(line.first, line.end, 200);
        let text = squash(&shown);
        let id = squash(id);
        // Of several words, or over running text: a heading that says "Share" over buttons is named so too, and "Comments" over those.
        let least = match () {
            () if comments => 12,
            () if has_prose => 4,
            () => 8,
        };
        // `newsletter` under "Newsletter" is a box of the site; a section of a text is called by more than that.
        let is_phrase = shown.split_whitespace().nth(1).is_some();
        is_phrase && text.len() >= least && (text == id || (id.len() >= 12 && text.starts_with(&id)))
    })
}

/// What is said in a box below a text: who wrote it, and what else is on offer.
const BOXES: Marks = Marks::AUTHOR_BOX.and(Marks::NEWSLETTER);
/// Letters of such a box.
const MAX_BOX: i64 = 600;

/// Whether an element has items of a list and nothing to press.
fn is_list_of_text(tree: &Tree, at: u32) -> bool {
    let node = &tree.nodes[at as usize];
    let inside = &tree.nodes[at as usize + 1..node.end as usize];
    let presses = |tag: Tag| matches!(tag, Tag::A | Tag::Button | Tag::Input | Tag::Form | Tag::Select | Tag::Textarea);
    inside.len() <= super::tree::MAX_LOOK
        && !inside.iter().any(|node| presses(node.tag))
        && inside.iter().filter(|node| node.tag == Tag::Li).nth(1).is_some()
}

/// Whether a paragraph is running text without a link, with such paragraphs right before and behind it.
fn is_paragraph_among(tree: &Tree, lines: &[Line], at: u32) -> bool {
    let i = lines.partition_point(|line| line.first < at);
    let home = tree.nodes[at as usize].parent;
    let says = |line: &Line, is_sentence: bool| {
        let block = tree.ancestors(line.first).find(|&at| tree.nodes[at as usize].tag.is_block());
        let of_it = block.is_some_and(|at| tree.nodes[at as usize].tag == Tag::P && tree.nodes[at as usize].parent == home);
        of_it && line.link == 0 && (line.is_prose() || is_sentence && line.is_sentence())
    };
    let beside = |i: Option<usize>| i.and_then(|i| lines.get(i)).is_some_and(|line| says(line, true));
    lines.get(i).is_some_and(|line| tree.holds(at, line.first) && line.punctuation > 0 && says(line, false))
        && beside(i.checked_sub(1))
        && beside(Some(i + 1))
}

/// Lines of a form for each that is running text.
const MIN_LABELS: i64 = 3;

/// Text beside an inline element that is looked at.
const MAX_BESIDE: u32 = 16;

/// Whether an inline element is part of a sentence: text goes before it and on after it, whatever its class.
fn is_word_of(tree: &Tree, line: &Line, at: u32) -> bool {
    let node = &tree.nodes[at as usize];
    if node.end > line.end || at + 1 == node.end {
        return false;
    }
    let text = |from: u32, to: u32| tree.line_text(from, to, 200);
    let own = text(at, node.end);
    let before = text(line.first.max(at.saturating_sub(MAX_BESIDE)).min(at), at);
    let after = text(node.end, line.end.min(node.end + MAX_BESIDE));
    let has_words = |text: &str| text.chars().filter(|c| c.is_alphabetic()).take(2).count() == 2;
    let (before, after) = (before.trim(), after.trim());
    if !own.chars().any(char::is_alphabetic) || own.len() > 120 {
        return false;
    }
    let goes_on = after.starts_with(|c: char| c.is_lowercase() || is_cjk(c) || ",.;:!?)’'".contains(c));
    let ends = before.ends_with(|c: char| ".!?…。！？|·•:：".contains(c));
    match (has_words(before), has_words(after)) {
        (true, true) => !ends || goes_on,
        (false, true) => goes_on && after.len() >= 20,
        (true, false) => !ends && !after.is_empty() && goes_on && before.len() >= 20,
        (false, false) => false,
    }
}

/// Whether an element is a footnote, whatever its tag.
fn is_note(node: &super::tree::Node) -> bool {
    let told =
        |name| node.element.and_then(|element| super::tree::attribute(element, name)).unwrap_or_default().to_ascii_lowercase();
    [told("class"), told("id"), told("role")].iter().any(|told| told.contains("footnote") || told.contains("endnote"))
}

/// Things that hold no text of several paragraphs.
const TEXTLESS: Marks = Marks::SHARE
    .and(Marks::NAVIGATION)
    .and(Marks::TAGS)
    .and(Marks::BYLINE)
    .and(Marks::ADVERT)
    .and(Marks::NOTICE)
    .and(Marks::NEWSLETTER)
    .and(Marks::CONSENT)
    .and(Marks::RELATED);

/// What a quoted post is called, though it is part of the text.
const QUOTABLE: Marks = Marks::SHARE.and(Marks::NOTICE).and(Marks::ADVERT).and(Marks::RELATED);

/// Classes that sites also give to the article itself.
const WEAK: Marks = Marks::NOTICE
    .and(Marks::SIDEBAR)
    .and(Marks::ADVERT)
    .and(Marks::TAGS)
    .and(Marks::BYLINE)
    .and(Marks::SHARE)
    .and(Marks::NEWSLETTER)
    .and(Marks::AUTHOR_BOX)
    .and(Marks::CAPTION);

/// Letters and digits only, folded: what is compared where white space and punctuation say nothing.
pub fn squash(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::punctuation;
    use crate::text::is_cjk;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn signs_are_counted_as_one_by_one(text in "([a-zé0-9 \")字か…、。！，；？（]|[,.;!?]){0,60}") {
            let counts = |(at, c): &(usize, char)| match c {
                ',' | '.' | ';' | '!' | '?' => {
                    let before = text[..*at].chars().next_back().unwrap_or(' ');
                    let after = text[at + 1..].chars().next();
                    (before.is_alphabetic() || matches!(before, '"' | ')'))
                        && after.is_none_or(|c| c.is_whitespace() || c == '"' || is_cjk(before))
                }
                c => "…、。！，；？".contains(*c),
            };
            prop_assert_eq!(punctuation(&text) as usize, text.char_indices().filter(counts).count());
        }
    }
}
