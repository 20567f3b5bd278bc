//! Where the article starts and ends in its container, and what inside it is not article.
//!
//! Works on lines and on marked elements; the result is a fate for each node, and a note of each thing that
//! was taken out. Order matters: marked elements, link lists, the end, the start, single lines, and at last
//! what these left behind (headings over nothing).

use super::classes::Marks;
use super::cues::{self, Cue, Said};
use super::dates;
use super::evidence::Evidence;
use super::lines::{JUNK, Line, Sums, squash};
use super::memory::{self, Memory};
use super::select::Selection;
use super::tag::Tag;
use super::tree::{Tree, weight};
use super::write::Fate;
use super::{Removed, byline};
use crate::text::{excerpt, fold};

/// Lines heavier than this are never taken for a cue: real paragraphs start with such words too.
const MAX_CUE_WEIGHT: u32 = 240;
/// A key point says at least this much.
const MIN_POINT: u32 = 30;
/// Prose that no list of related articles has, however long the article before it.
const LONG_TAIL: u32 = 800;
/// A sentence that introduces a list is no label (`More:`).
const MIN_INTRODUCTION: u32 = 24;
/// Paragraphs in a row that are a second copy.
const MIN_AGAIN: usize = 2;
/// Bytes by which two paragraphs are the same.
const MAX_TWICE: usize = 2_000;
/// Pictures between the headline and the text that stay.
const MAX_LEADS: usize = 2;
/// Smaller ones are a face or a sign.
const MIN_LEAD: f32 = 200.0;
/// Headings of a front page.
const MIN_INDEX: usize = 5;
/// Nodes of a quoted post.
const MAX_POST: usize = 80;
/// Lines beside a line that are asked whether it stands in a text.
const MAX_BESIDE: usize = 12;
/// A person looks at these; a page can have thousands.
const MAX_REMOVED: usize = 64;

pub struct Pruned {
    pub fates: Vec<Fate>,
    pub removed: Vec<Removed>,
    /// Why each line of the container went.
    pub why: Vec<Option<Why>>,
    /// Whether running text is among what stayed.
    pub has_prose: bool,
    /// Whether what stayed is a row of headings that lead elsewhere, with some words each.
    pub is_index: bool,
    /// The lines at the ends of what stayed, for the host's memory.
    pub blocks: Vec<u64>,
}

/// Why a line went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why {
    /// What it is, for people.
    pub what: &'static str,
    /// The rule that took it, for who measures the rules.
    pub rule: &'static str,
}

/// Not in the container.
pub const OUTSIDE: Why = Why { what: "outside", rule: "container" };

struct Work<'a, 'b> {
    tree: &'b Tree<'a>,
    lines: &'b [Line],
    gone: Vec<Option<Why>>,
    /// The rule at work.
    rule: &'static str,
    texts: Vec<Option<String>>,
    fates: Vec<Fate>,
    removed: Vec<Removed>,
    /// What others say of the article's words: a line that has them stays.
    evidence: &'b [Evidence],
}

/// The article in what was selected.
pub fn prune(
    tree: &Tree,
    all: &[Line],
    believed: &[Marks],
    selection: &Selection,
    title: Option<&str>,
    memory: Option<&Memory>,
    evidence: &[Evidence],
) -> Pruned {
    let mut work = Work::new(tree, all, selection.outer);
    work.evidence = evidence;
    let title = title.map(squash).unwrap_or_default();
    let headline = selection.headline.map(|i| all[i].first);
    work.marked(selection.outer, believed);
    work.threads();
    work.outside(selection.container, headline);
    work.link_lists(selection.container);
    work.end();
    work.teasers();
    work.start(&title);
    work.single_lines(&title);
    work.twice();
    let blocks = work.repeated(memory);
    work.loose_ends();
    work.done(blocks)
}

/// A body that a feed gave is all article: only what names itself junk goes.
pub fn prune_feed_body(tree: &Tree, all: &[Line], believed: &[Marks], title: Option<&str>) -> Pruned {
    let mut work = Work::new(tree, all, 0);
    let title = title.map(squash).unwrap_or_default();
    work.marked(0, believed);
    work.single_lines(&title);
    work.done(Vec::new())
}

/// The parts that a site's rule names are all article too; the rest of the page is not.
pub fn prune_to(tree: &Tree, all: &[Line], believed: &[Marks], parts: &[u32], title: Option<&str>) -> Pruned {
    let mut work = Work::new(tree, all, 0);
    let title = title.map(squash).unwrap_or_default();
    let inside = |at: u32| parts.iter().any(|&part| tree.holds(part, at));
    for (i, line) in all.iter().enumerate() {
        work.gone[i] = (!inside(line.first)).then_some(OUTSIDE);
    }
    work.fates = (0..tree.nodes.len() as u32).map(|at| if inside(at) { Fate::Keep } else { Fate::Drop }).collect();
    for &part in parts {
        work.marked(part, believed);
    }
    work.single_lines(&title);
    work.done(Vec::new())
}

impl<'a, 'b> Work<'a, 'b> {
    fn new(tree: &'b Tree<'a>, all: &'b [Line], container: u32) -> Work<'a, 'b> {
        let end = tree.nodes[container as usize].end;
        let from = all.partition_point(|line| line.first < container);
        let to = all.partition_point(|line| line.first < end);
        let lines = &all[from..to];
        Work {
            tree,
            lines,
            gone: vec![None; lines.len()],
            rule: "",
            texts: vec![None; lines.len()],
            fates: vec![Fate::Keep; tree.nodes.len()],
            removed: Vec::new(),
            evidence: &[],
        }
    }

    fn done(mut self, blocks: Vec<u64>) -> Pruned {
        // A stroke between two links of a breadcrumb is no first word.
        if let Some(first) = (0..self.lines.len()).find(|&i| self.gone[i].is_none()).map(|i| self.lines[i].first) {
            for at in 0..first as usize {
                let node = &self.tree.nodes[at];
                if node.tag == Tag::Text && weight(node.text) == 0 && node.text.is_ascii() {
                    self.fates[at] = Fate::Drop;
                }
            }
        }
        let has_prose = self.kept_prose().next().is_some();
        let is_index = self.is_index();
        Pruned { is_index, fates: self.fates, removed: self.removed, why: self.gone, has_prose, blocks }
    }

    fn text(&mut self, i: usize) -> &str {
        let line = &self.lines[i];
        let tree = self.tree;
        self.texts[i].get_or_insert_with(|| tree.line_text(line.first, line.end, 400))
    }

    fn note(&mut self, what: &'static str, text: &str) {
        if self.removed.len() < MAX_REMOVED && !text.is_empty() {
            self.removed.push(Removed { what, excerpt: excerpt(&crate::text::one_line(text), 80) });
        }
    }

    fn drop_line(&mut self, i: usize, what: &'static str) {
        if self.gone[i].is_some() {
            return;
        }
        let text = self.text(i).to_owned();
        self.note(what, &text);
        self.gone[i] = Some(Why { what, rule: self.rule });
        let line = &self.lines[i];
        for at in line.first..line.end {
            if self.tree.nodes[at as usize].tag == Tag::Text || self.tree.nodes[at as usize].tag == Tag::Img {
                self.fates[at as usize] = Fate::Drop;
            }
        }
    }

    fn drop_nodes(&mut self, from: u32, to: u32, what: &'static str) {
        let first = self.lines.partition_point(|line| line.first < from);
        let last = self.lines.partition_point(|line| line.first < to);
        let text = self.tree.line_text(from, to, 200);
        self.note(what, &text);
        // A line that is more than these nodes stays.
        for i in first..last {
            if self.lines[i].end <= to {
                self.gone[i] = Some(Why { what, rule: self.rule });
            }
        }
        for at in from..to {
            if self.tree.nodes[at as usize].end <= to {
                self.fates[at as usize] = Fate::Drop;
            }
        }
    }

    /// Readers' comments and boxes of other articles.
    fn threads(&mut self) {
        self.rule = "thread";
        for i in 0..self.lines.len() {
            if self.lines[i].marks.has(Marks::THREAD) {
                let marks = self.lines[i].marks;
                let what = match () {
                    () if marks.has(Marks::RELATED) => "related links",
                    () if marks.has(Marks::NOTICE) => "notice",
                    () => "comment form",
                };
                self.drop_line(i, what);
            }
        }
    }

    /// Whether what a line says of itself is believed. Any sentence of a text may begin with such words, so a line of running
    /// text is held to more: where it stands, how much the words say, whether it leads elsewhere.
    fn believes(&mut self, i: usize, said: Said) -> bool {
        let line = &self.lines[i];
        let text_around = self.stands_in_text(i);
        if !line.is_prose() {
            let sentence = line.ends_sentence && line.own() >= 30 && !line.is_linky();
            return !(sentence && text_around && said.n_words() == 1 && !said.is_label() && said.cue != Cue::Alone);
        }
        let cjk = said.phrase.chars().any(crate::text::is_cjk);
        if cjk || said.phrase.is_empty() {
            return said.is_label() || said.n_words() > 1 || said.what == "date or byline" || !text_around;
        }
        if self.is_told(i) {
            return false;
        }
        let line = &self.lines[i];
        let links = line.link > 0;
        if said.is_label() {
            return !text_around || links;
        }
        !text_around && (said.n_words() >= 3 || links)
    }

    /// Whether running text goes before a line and comes after it.
    fn stands_in_text(&self, i: usize) -> bool {
        let prose = |j: usize| self.gone[j].is_none() && self.lines[j].is_prose();
        (0..i).rev().take(MAX_BESIDE).any(prose) && (i + 1..self.lines.len()).take(MAX_BESIDE).any(prose)
    }

    /// Whether the feed or the page's data have the line's words.
    fn is_told(&mut self, i: usize) -> bool {
        let evidence = self.evidence;
        !evidence.is_empty() && {
            let text = self.text(i);
            evidence.iter().any(|evidence| evidence.holds(text))
        }
    }

    fn kept_prose(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().filter(|(i, line)| self.gone[*i].is_none() && line.is_prose())
    }

    /// Elements that say what they are.
    fn marked(&mut self, container: u32, believed: &[Marks]) {
        self.rule = "class";
        let end = self.tree.nodes[container as usize].end;
        let mut at = container + 1;
        while at < end {
            let node = &self.tree.nodes[at as usize];
            let marks = believed[at as usize];
            if node.tag == Tag::Text {
                at += 1;
                continue;
            }
            // The question of a folded answer is a button in a heading.
            let question = node.tag == Tag::Button && self.tree.nodes[node.parent as usize].tag.is_heading();
            if let Some(what) = reason(marks, node.tag).filter(|_| !question && self.removable(at, marks)) {
                self.drop_nodes(at, node.end, what);
                at = node.end;
                continue;
            }
            if marks.has(Marks::CAPTION) || self.is_picture(at) {
                self.fates[at as usize] = Fate::Caption;
                let first = self.lines.partition_point(|line| line.first < at);
                let last = self.lines.partition_point(|line| line.first < node.end);
                self.gone[first..last].fill(Some(Why { what: "caption", rule: "caption" }));
                at = node.end;
                continue;
            }
            at += 1;
        }
    }

    /// A figure without a caption of its own, whose text is one.
    fn is_picture(&self, at: u32) -> bool {
        let tree = self.tree;
        let node = &tree.nodes[at as usize];
        if node.tag != Tag::Figure && !node.marks.has(Marks::PICTURE) {
            return false;
        }
        let inside = &tree.nodes[at as usize + 1..node.end as usize];
        let texts: u32 = inside.iter().filter(|n| n.tag == Tag::Text).map(|n| weight(n.text)).sum();
        (1..400).contains(&texts)
            && inside.iter().filter(|n| n.tag == Tag::P).count() < 3
            && inside.iter().any(|n| n.tag == Tag::Img)
            && !inside.iter().any(|n| matches!(n.tag, Tag::Figcaption | Tag::Pre | Tag::Table | Tag::Blockquote))
    }

    fn removable(&self, at: u32, marks: Marks) -> bool {
        let node = &self.tree.nodes[at as usize];
        // The headline's own element, a code listing, a summary: kept whatever else they are called.
        if marks.has(Marks::CODE) && !marks.has(Marks::SHARE) || node.tag == Tag::Pre {
            return false;
        }
        !marks.has(Marks::BODY)
    }

    /// Around the container only a lead stays: prose, or what calls itself a summary, between headline and text.
    fn outside(&mut self, container: u32, headline: Option<u32>) {
        let tree = self.tree;
        for i in 0..self.lines.len() {
            let line = &self.lines[i];
            if self.gone[i].is_some() || tree.holds(container, line.first) {
                continue;
            }
            let between = headline.is_some_and(|h| h < line.first) && line.first < container;
            let key_point = between && self.is_key_point(i);
            let line = &self.lines[i];
            let lead = !line.is_linky()
                && (line.is_prose()
                    || (line.marks.has(Marks::SUMMARY) && line.own() >= 40)
                    || (line.tag == Tag::H2 && line.own() >= 60));
            if between && (lead || key_point) && !line.marks.has(JUNK) {
                continue;
            }
            self.gone[i] = Some(OUTSIDE);
        }
        let mut n_leads = 0;
        for at in 0..tree.nodes.len() as u32 {
            let node = &tree.nodes[at as usize];
            if node.tag == Tag::Img
                && n_leads < MAX_LEADS
                && headline.is_some_and(|h| h < at)
                && at < container
                && self.is_lead(at)
            {
                n_leads += 1;
                continue;
            }
            let shown = matches!(node.tag, Tag::Img | Tag::Iframe | Tag::Video | Tag::Audio | Tag::Br | Tag::Hr);
            if shown && !tree.holds(container, at) {
                self.fates[at as usize] = Fate::Drop;
            }
        }
        for i in 0..self.lines.len() {
            if self.gone[i] == Some(OUTSIDE) {
                let line = &self.lines[i];
                self.fates[line.first as usize..line.end as usize].fill(Fate::Drop);
            }
        }
    }

    /// A row of other articles: each heading a link, and hardly more below it than a paragraph.
    fn is_index(&self) -> bool {
        let kept = || self.lines.iter().zip(&self.gone).filter(|(_, gone)| gone.is_none()).map(|(line, _)| line);
        let n_headings = kept().filter(|line| line.tag.is_heading() && line.is_linky()).count();
        let n_prose = kept().filter(|line| line.is_prose()).count();
        let begins = kept().find(|line| line.is_prose() || line.tag.is_heading()).is_some_and(|line| line.is_linky());
        n_headings >= MIN_INDEX && begins && n_prose <= n_headings * 3 / 2
    }

    /// Whether a picture between the headline and the text is the article's: large, as far as it says, and in nothing else.
    fn is_lead(&self, at: u32) -> bool {
        let number = |name: &str| {
            let told = super::tree::attribute(self.tree.nodes[at as usize].element?, name)?;
            told.trim().trim_end_matches("px").parse::<f32>().ok()
        };
        let is_small = ["width", "height"].iter().any(|name| number(name).is_some_and(|n| n < MIN_LEAD));
        let other = self.tree.ancestors(at).take(8).any(|at| {
            let node = &self.tree.nodes[at as usize];
            node.marks.has(JUNK) && !node.marks.has(Marks::ARTICLE) || node.tag == Tag::A && !self.is_picture_link(at)
        });
        !is_small && !other
    }

    /// A link around a picture that leads to a picture.
    fn is_picture_link(&self, at: u32) -> bool {
        let href =
            self.tree.nodes[at as usize].element.and_then(|element| super::tree::attribute(element, "href")).unwrap_or_default();
        let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"].iter().any(|end| path.ends_with(end))
    }

    /// Lists, tables and boxes that are mostly links.
    fn link_lists(&mut self, container: u32) {
        self.rule = "link list";
        let gone = &self.gone;
        let mut index = 0;
        let mut value = |f: fn(&Line) -> u32| {
            index = 0;
            Sums::new(self.tree, self.lines, |line| {
                let i = self.lines.partition_point(|l| l.first < line.first);
                if gone[i].is_some() { 0 } else { i64::from(f(line)) }
            })
        };
        let weight = value(|line| line.weight);
        let link = value(|line| line.link);
        let prose = value(|line| u32::from(line.is_prose()));
        let count = value(|_| 1);
        let mut drops = Vec::new();
        let end = self.tree.nodes[container as usize].end;
        let mut at = container + 1;
        while at < end {
            let node = &self.tree.nodes[at as usize];
            let dense = matches!(
                node.tag,
                Tag::Ul | Tag::Ol | Tag::Dl | Tag::Table | Tag::Div | Tag::Section | Tag::Form | Tag::Fieldset
            ) && prose.of(self.tree, at) == 0
                && weight.of(self.tree, at) > 0
                && link.of(self.tree, at) * 10 > weight.of(self.tree, at) * 6
                && (count.of(self.tree, at) > 1 || matches!(node.tag, Tag::Ul | Tag::Ol | Tag::Div));
            if dense && !self.is_introduced(at) && !self.is_one_post(at) {
                drops.push(at);
                at = node.end;
            } else {
                at += 1;
            }
        }
        for at in drops {
            self.drop_nodes(at, self.tree.nodes[at as usize].end, "related links");
        }
    }

    /// Whether a sentence that ends in a colon goes before an element: a list of links is what it speaks of.
    fn is_introduced(&self, at: u32) -> bool {
        let next = self.lines.partition_point(|line| line.first < at);
        let before = (0..next).rev().take(3).find(|&i| self.gone[i].is_none());
        before.is_some_and(|i| {
            let line = &self.lines[i];
            let text = self.tree.line_text(line.last_text(self.tree), line.end, 400);
            !line.tag.is_heading()
                && text.trim_end().ends_with([':', '：'])
                && line.own() >= MIN_INTRODUCTION
                && self.lines[..i].iter().zip(&self.gone).any(|(line, gone)| gone.is_none() && line.is_prose())
        })
    }

    /// Whether an element is, or is in, a post that the text quotes; such a post is often one link.
    fn is_quoted(&self, at: u32) -> bool {
        let quotes = |at: u32| {
            let node = &self.tree.nodes[at as usize];
            node.tag == Tag::Blockquote || (node.marks.has(Marks::EMBED) && node.tag != Tag::Ol && node.tag != Tag::Ul)
        };
        quotes(at) || self.tree.ancestors(at).take(6).any(quotes)
    }

    /// A quoted post: all its links lead to the same place.
    fn is_one_post(&self, at: u32) -> bool {
        let node = &self.tree.nodes[at as usize];
        let inside = &self.tree.nodes[at as usize..node.end as usize];
        let address = |node: &super::tree::Node| {
            node.element.and_then(|element| super::tree::attribute(element, "href").map(str::to_owned))
        };
        let mut addresses = inside.iter().take(MAX_POST).filter(|node| node.tag == Tag::A).filter_map(address);
        let first = addresses.next();
        inside.len() < MAX_POST && self.is_quoted(at) && first.is_some_and(|first| addresses.all(|other| other == first))
    }

    /// The first line after which no article comes.
    fn end(&mut self) {
        self.rule = "end cue";
        let total: u32 = self.kept_prose().map(|(_, line)| line.own()).sum();
        if total == 0 {
            return;
        }
        let mut before = 0;
        for i in 0..self.lines.len() {
            if self.gone[i].is_some() {
                continue;
            }
            let line = &self.lines[i];
            let own = if line.is_prose() { line.own() } else { 0 };
            if line.weight <= MAX_CUE_WEIGHT {
                let folded = fold(self.text(i));
                if let Some(said) = cues::cue(&folded).filter(|said| said.cue == Cue::End)
                    && self.believes(i, said)
                {
                    let what = said.what;
                    let after = total - before - own;
                    let share = after * 100 / total;
                    let rest = || {
                        self.lines[i + 1..]
                            .iter()
                            .zip(&self.gone[i + 1..])
                            .filter(|(_, gone)| gone.is_none())
                            .map(|(line, _)| line)
                    };
                    let (weight, link) = rest().fold((0, 0), |(w, l), line| (w + line.weight, l + line.link));
                    // A section that is all text and no links is the article's own, whatever its heading.
                    let long = share > 8 || after > LONG_TAIL;
                    let text_only = what == "related links" && long && link * 8 < weight;
                    // As many links as texts: other articles, each with its first words.
                    let (n_linky, n_prose) =
                        rest().fold((0, 0), |(l, p), line| (l + u32::from(line.is_linky()), p + u32::from(line.is_prose())));
                    let (_, longest) = rest().fold((0, 0), |(run, longest): (u32, u32), line| match () {
                        () if line.is_linky() => (0, longest),
                        () if line.is_prose() => (run + 1, longest.max(run + 1)),
                        () => (run, longest),
                    });
                    let first = rest().next().is_some_and(Line::is_linky);
                    let teasers =
                        what == "related links" && before >= 160 && n_linky >= 3 && (n_linky >= n_prose || first && longest <= 3);
                    let limit = if teasers {
                        100
                    } else if text_only {
                        0
                    } else if what == "comment form" {
                        50
                    } else {
                        25
                    };
                    if share <= limit && before > 0 {
                        let to = self.lines.last().map_or(0, |l| l.end);
                        let from = self.lines[i].first;
                        self.drop_nodes(from, to, what);
                        return;
                    }
                    // In the middle: this line, and the links under it.
                    self.drop_line(i, what);
                    let mut next = i + 1;
                    while next < self.lines.len() && (self.gone[next].is_some() || self.lines[next].is_linky()) {
                        self.drop_line(next, what);
                        next += 1;
                    }
                }
            }
            before += own;
        }
    }

    /// What stands before the text: headline, date, byline, share bar.
    fn start(&mut self, title: &str) {
        self.rule = "start";
        let Some(first_prose) = self.kept_prose().map(|(i, _)| i).next() else { return };
        // The last headline before the text; what is above it is the site's.
        let repeats = (0..first_prose).rev().find(|&i| self.gone[i].is_none() && same(&squash(self.text(i)), title));
        // Where one repeats the title, a first-level heading below it is the text's own; so is one of several.
        let n_first = self.lines.iter().filter(|line| line.tag == Tag::H1).count();
        let headline = repeats.or_else(|| {
            (0..first_prose).rev().find(|&i| {
                let line = &self.lines[i];
                self.gone[i].is_none()
                    && ((line.tag == Tag::H1 && n_first < 3)
                        || (line.marks.has(Marks::HEADLINE) && !line.marks.has(Marks::SUMMARY)))
            })
        });
        if let Some(headline) = headline {
            for i in 0..headline {
                self.drop_line(i, "page head");
            }
            self.drop_line(headline, "repeated headline");
        }
        for i in 0..first_prose {
            if self.gone[i].is_some() {
                continue;
            }
            let line = &self.lines[i];
            if line.marks.has(Marks::SUMMARY) && line.own() > 40 && !line.is_linky() {
                continue;
            }
            if self.is_key_point(i) {
                continue;
            }
            let sentence = line.ends_sentence && (line.own() >= 60 || (line.own() >= 12 && !line.is_linky()));
            let line = &self.lines[i];
            let paragraph = !line.tag.is_heading() && line.weight >= 24 && !line.is_linky() && self.beside(i, first_prose);
            let text = fold(self.text(i));
            let line = &self.lines[i];
            let said = cues::cue(&text).is_some_and(|said| self.believes(i, said));
            if dates::is_dateline(&text) || said {
                self.drop_line(i, "date or byline");
            } else if paragraph && !byline::introduces(&text) {
            } else if !sentence && line.tag != Tag::Pre && (!line.tag.is_heading() || i + 1 != first_prose) {
                self.drop_line(i, "page head");
            }
        }
    }

    /// Whether a line is one of several items of a list that say something each: what a text is about, in short.
    fn is_key_point(&self, i: usize) -> bool {
        let says = |line: &Line| line.tag == Tag::Li && line.own() >= MIN_POINT && line.link == 0 && !line.marks.has(JUNK);
        let list = |i: usize| {
            self.tree.ancestors(self.lines[i].first).find(|&at| matches!(self.tree.nodes[at as usize].tag, Tag::Ul | Tag::Ol))
        };
        let beside = |j: Option<usize>| {
            j.and_then(|j| self.lines.get(j).map(|line| (j, line))).is_some_and(|(j, line)| says(line) && list(j) == list(i))
        };
        says(&self.lines[i]) && (beside(i.checked_sub(1)) || beside(Some(i + 1)))
    }

    /// Whether two lines are paragraphs of the same element.
    fn beside(&self, one: usize, other: usize) -> bool {
        let home = |i: usize| {
            let block = self.tree.ancestors(self.lines[i].first).find(|&at| self.tree.nodes[at as usize].tag.is_block())?;
            let node = &self.tree.nodes[block as usize];
            Some(if node.tag == Tag::P { node.parent } else { block })
        };
        home(one).is_some() && home(one) == home(other)
    }

    fn single_lines(&mut self, title: &str) {
        self.rule = "line cue";
        for i in 0..self.lines.len() {
            if self.gone[i].is_some() || self.lines[i].weight > MAX_CUE_WEIGHT || self.lines[i].tag == Tag::Pre {
                continue;
            }
            let folded = fold(self.text(i));
            // A line with twice as many letters is no headline, whatever folding makes of them.
            if self.lines[i].weight as usize <= 2 * title.len() && same(&squash(&folded), title) {
                self.drop_line(i, "repeated headline");
                continue;
            }
            let said = cues::cue(&folded).filter(|said| self.believes(i, *said));
            match said {
                Some(said) => self.drop_line(i, said.what),
                None => {
                    // A bare address is a source that the text names.
                    let bare = self.text(i).starts_with("http") || self.text(i).starts_with("www.");
                    let line = &self.lines[i];
                    let quoted = line.is_linky() && line.weight >= 24 && self.is_quoted(line.first);
                    if line.is_linky()
                        && !bare
                        && !quoted
                        && (!line.ends_sentence || line.own() == 0)
                        && !line.tag.is_heading()
                        && line.tag != Tag::Li
                        && line.tag != Tag::Td
                    {
                        self.drop_line(i, "related links");
                    }
                }
            }
        }
    }

    /// Paragraphs that stood above in the same order, in another element: the text again, for print.
    fn twice(&mut self) {
        self.rule = "twice";
        let mut seen = std::collections::HashMap::new();
        let (mut again, mut last, mut total) = (Vec::new(), None, 0);
        // It begins as the text does.
        let start = self.kept_prose().map(|(i, _)| i).next();
        for i in 0..self.lines.len() {
            let line = &self.lines[i];
            if self.gone[i].is_some() || !line.is_prose() {
                continue;
            }
            total += line.weight;
            let text = squash(&self.tree.line_text(line.first, line.end, MAX_TWICE));
            let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
            match seen.get(&hash).copied() {
                Some(first) if last.map_or(Some(first) == start && !self.beside(first, i), |last| first > last) => {
                    again.push(i);
                    last = Some(first);
                }
                // New text between: the paragraph is a refrain.
                _ => {
                    seen.entry(hash).or_insert(i);
                    if again.len() < MIN_AGAIN {
                        again.clear();
                        last = None;
                    }
                }
            }
        }
        if again.len() >= MIN_AGAIN && again.iter().map(|&i| self.lines[i].weight).sum::<u32>() * 4 >= total {
            again.into_iter().for_each(|i| self.drop_line(i, "repeated text"));
        }
    }

    /// What the host repeats in its articles; returns the lines that are to be counted for the next.
    fn repeated(&mut self, memory: Option<&Memory>) -> Vec<u64> {
        self.rule = "memory";
        let kept: Vec<usize> = (0..self.lines.len()).filter(|&i| self.gone[i].is_none()).collect();
        let hashes: Vec<Option<u64>> = kept.iter().map(|&i| memory::hash(&squash(self.text(i)))).collect();
        if let Some(memory) = memory {
            let repeated: Vec<usize> = kept.iter().zip(&hashes).filter(|(_, hash)| memory.has(**hash)).map(|(i, _)| *i).collect();
            let weigh = |lines: &[usize]| lines.iter().map(|&i| self.lines[i].weight).sum::<u32>();
            if weigh(&repeated) * 2 < weigh(&kept) {
                repeated.into_iter().for_each(|i| self.drop_line(i, "site boilerplate"));
            }
        }
        memory::ends(hashes.into_iter().flatten().collect())
    }

    /// Headings with nothing under them, and what sites put after the last sentence.
    fn loose_ends(&mut self) {
        self.rule = "loose end";
        let n_kept = self.gone.iter().filter(|g| g.is_none()).count();
        let mut n_gone = 0;
        // A post of a few short lines has no last sentence that the others could follow.
        let has_prose = self.kept_prose().next().is_some();
        for i in (0..self.lines.len()).rev() {
            if self.gone[i].is_some() {
                continue;
            }
            // Never a whole short article.
            if n_gone * 3 > n_kept || n_gone + 1 == n_kept {
                break;
            }
            let line = &self.lines[i];
            let listed = matches!(line.tag, Tag::Li | Tag::Pre | Tag::Td | Tag::Th | Tag::Dd);
            let short = has_prose && !line.ends_sentence && line.weight < if line.tag == Tag::P { 40 } else { 60 } && !listed;
            let folded = fold(self.text(i));
            let line = &self.lines[i];
            let links = line.link > 0;
            let boilerplate = line.weight < 420
                && (cues::is_boilerplate(&folded, links) || cues::tells_of_author(self.text(i)))
                && !self.is_told(i);
            let line = &self.lines[i];
            if line.tag.is_heading()
                || (line.is_linky() && !line.ends_sentence)
                || short
                || boilerplate
                || dates::is_dateline(&folded)
            {
                self.drop_line(i, if boilerplate { "boilerplate" } else { "loose end" });
                n_gone += 1;
                continue;
            }
            break;
        }
    }

    /// After most of the text, headings that are all links: a list of other articles.
    fn teasers(&mut self) {
        self.rule = "teasers";
        let total: u32 = self.kept_prose().map(|(_, line)| line.own()).sum();
        let mut seen = 0;
        let mut first = None;
        let mut n_linked = 0;
        // Headings of a text that are links stand in all of it, beside its paragraphs.
        let mut n_before = 0;
        let parent = |i: usize| {
            let block = self.tree.ancestors(self.lines[i].first).find(|&at| self.tree.nodes[at as usize].tag.is_block());
            block.map(|at| self.tree.nodes[at as usize].parent)
        };
        let home = self.kept_prose().map(|(i, _)| i).next().and_then(parent);
        for (i, line) in self.lines.iter().enumerate() {
            if self.gone[i].is_some() {
                continue;
            }
            if line.is_prose() {
                seen += line.own();
            }
            if line.tag.is_heading() && line.weight > 0 {
                if line.is_linky() && seen * 2 > total {
                    first = first.or(Some(i));
                    n_linked += 1;
                } else {
                    n_before += usize::from(line.is_linky() && parent(i) == home);
                    first = None;
                    n_linked = 0;
                }
            }
        }
        if let Some(first) = first.filter(|_| n_linked >= 2 && n_before == 0) {
            let to = self.lines.last().map_or(0, |l| l.end);
            self.drop_nodes(self.lines[first].first, to, "related links");
        }
    }
}

/// What a mark calls the thing that goes.
fn reason(marks: Marks, tag: Tag) -> Option<&'static str> {
    const NAMES: [(Marks, &str); 13] = [
        (Marks::COMMENTS, "comment form"),
        (Marks::SHARE, "share bar"),
        (Marks::RELATED, "related links"),
        (Marks::NEWSLETTER, "newsletter"),
        (Marks::ADVERT, "advertisement"),
        (Marks::NAVIGATION, "navigation"),
        (Marks::AUTHOR_BOX, "author box"),
        (Marks::BYLINE, "date or byline"),
        (Marks::TAGS, "tags"),
        (Marks::NOTICE, "notice"),
        (Marks::CONSENT, "notice"),
        (Marks::SIDEBAR, "sidebar"),
        (Marks::FOOTER, "footer"),
    ];
    if marks.has(JUNK) {
        return NAMES.iter().find(|(mark, _)| marks.has(*mark)).map(|(_, name)| *name);
    }
    match tag {
        Tag::Button | Tag::Label | Tag::Legend => Some("form"),
        _ => None,
    }
}

fn same(line: &str, title: &str) -> bool {
    !title.is_empty()
        && !line.is_empty()
        && (line == title || (line.len() > 24 && line.len() * 10 >= title.len() * 7 && title.contains(line)))
}
