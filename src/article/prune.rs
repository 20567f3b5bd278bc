//! Where the article starts and ends in its container, and what inside it is not article.
//!
//! Works on lines and on marked elements; the result is a fate for each node, and a note of each thing that
//! was taken out. Order matters: marked elements, what is known by its shape, link lists, the end, the start, single lines,
//! and at last what these left behind (headings over nothing). The steps on lines are in `ends` and `loose`, those on
//! boxes in `boxes`.

use super::Removed;
use super::classes::{JUNK, Marks};
use super::dates;
use super::evidence::Evidence;
use super::lines::{Line, squash};
use super::memory::{self, Memory};
use super::select::Selection;
use super::tables::Data;
use super::tag::Tag;
use super::tree::{Tree, weight};
use super::write::Fate;
use crate::date_words;
use crate::text::{excerpt, fold};
use url::Url;

/// Paragraphs in a row that are a second copy.
const MIN_AGAIN: usize = 2;
/// Bytes by which two paragraphs are the same.
const MAX_TWICE: usize = 2_000;
/// Letters of a dateline.
const MAX_DATELINE: usize = 80;
/// Pictures between the headline and the text that stay.
const MAX_LEADS: usize = 2;
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

pub(super) struct Work<'a, 'b> {
    pub(super) tree: &'b Tree<'a>,
    pub(super) lines: &'b [Line],
    pub(super) gone: Vec<Option<Why>>,
    /// The rule at work.
    pub(super) rule: &'static str,
    pub(super) texts: Vec<Option<String>>,
    pub(super) fates: Vec<Fate>,
    pub(super) removed: Vec<Removed>,
    /// Lines that are links which a sentence of the text introduces.
    pub(super) listed: Vec<bool>,
    pub(super) data: Data,
    /// What others say of the article's words: a line that has them stays.
    pub(super) evidence: &'b [Evidence],
    /// The page's address.
    pub(super) base: Option<&'b Url>,
}

/// What becomes of a line that is links and little else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Linked {
    /// On a page it leads to other articles.
    Goes,
    /// In what a feed gave it is what the author links to.
    Stays,
}

/// What is known of a page beside its text.
pub struct Known<'a> {
    pub title: Option<&'a str>,
    pub base: Option<&'a Url>,
    pub memory: Option<&'a Memory>,
    pub evidence: &'a [Evidence],
}

/// The article in what was selected.
pub fn prune(tree: &Tree, all: &[Line], believed: &[Marks], selection: &Selection, known: &Known) -> Pruned {
    let mut work = Work::new(tree, all, selection.outer);
    work.evidence = known.evidence;
    work.base = known.base;
    let title = known.title.map(squash).unwrap_or_default();
    let headline = selection.headline.map(|i| all[i].first);
    work.marked(selection.outer, believed);
    work.threads();
    work.outside(selection.container, headline);
    work.link_lists(selection.container);
    work.end();
    work.teasers();
    work.start(&title);
    work.single_lines(&title, Linked::Goes);
    work.twice();
    let blocks = work.repeated(known.memory);
    work.loose_ends();
    work.done(blocks)
}

/// A body that a feed gave is all article: only what names itself junk goes.
pub fn prune_feed_body(tree: &Tree, all: &[Line], believed: &[Marks], title: Option<&str>) -> Pruned {
    let mut work = Work::new(tree, all, 0);
    let title = title.map(squash).unwrap_or_default();
    work.marked(0, believed);
    work.single_lines(&title, Linked::Stays);
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
    work.single_lines(&title, Linked::Goes);
    work.done(Vec::new())
}

impl<'a, 'b> Work<'a, 'b> {
    pub(super) fn new(tree: &'b Tree<'a>, all: &'b [Line], container: u32) -> Work<'a, 'b> {
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
            listed: vec![false; lines.len()],
            data: Data::default(),
            evidence: &[],
            base: None,
        }
    }

    pub(super) fn done(mut self, blocks: Vec<u64>) -> Pruned {
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

    pub(super) fn text(&mut self, i: usize) -> &str {
        let line = &self.lines[i];
        let tree = self.tree;
        self.texts[i].get_or_insert_with(|| tree.line_text(line.first, line.end, 400))
    }

    pub(super) fn note(&mut self, what: &'static str, text: &str) {
        if self.removed.len() < MAX_REMOVED && !text.is_empty() {
            self.removed.push(Removed { what, excerpt: excerpt(&crate::text::one_line(text), 80) });
        }
    }

    pub(super) fn drop_line(&mut self, i: usize, what: &'static str) {
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

    pub(super) fn drop_nodes(&mut self, from: u32, to: u32, what: &'static str) {
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
    pub(super) fn threads(&mut self) {
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

    pub(super) fn kept_prose(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().filter(|(i, line)| self.gone[*i].is_none() && line.is_prose())
    }

    /// Elements that say what they are.
    pub(super) fn marked(&mut self, container: u32, believed: &[Marks]) {
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
            let question = node.tag == Tag::Button && self.tree.is_question(at);
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

    pub(super) fn removable(&self, at: u32, marks: Marks) -> bool {
        let node = &self.tree.nodes[at as usize];
        // The headline's own element, a code listing, a summary: kept whatever else they are called.
        if marks.has(Marks::CODE) && !marks.has(Marks::SHARE) || node.tag == Tag::Pre {
            return false;
        }
        !marks.has(Marks::BODY)
    }

    /// Around the container only a lead stays: prose, or what calls itself a summary, between headline and text.
    pub(super) fn outside(&mut self, container: u32, headline: Option<u32>) {
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

    /// Paragraphs that stood above in the same order, in another element: the text again, for print.
    pub(super) fn twice(&mut self) {
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
        // The lead again as the first paragraph.
        let lead: Vec<usize> = (0..self.lines.len()).filter(|&i| self.gone[i].is_none()).take(2).collect();
        if let [lead, first] = lead[..]
            && self.lines[lead].is_prose()
            && !self.beside(lead, first)
        {
            let text = |i: usize| squash(&self.tree.line_text(self.lines[i].first, self.lines[i].end, MAX_TWICE));
            let (of_lead, of_first) = (text(lead), text(first));
            if of_lead == of_first {
                self.drop_line(first, "repeated text");
            } else if let Some(before) = of_first.strip_suffix(&of_lead)
                && self.is_dateline_before(first, before)
            {
                self.drop_line(lead, "repeated text");
            }
        }
        if again.len() >= MIN_AGAIN && again.iter().map(|&i| self.lines[i].weight).sum::<u32>() * 4 >= total {
            again.into_iter().for_each(|i| self.drop_line(i, "repeated text"));
        }
    }

    /// Whether a line begins with a dateline that says no more than these squashed letters: `Place, day – agency. …`
    fn is_dateline_before(&self, i: usize, letters: &str) -> bool {
        let text = self.tree.line_text(self.lines[i].first, self.lines[i].end, MAX_TWICE);
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(MAX_DATELINE);
        let Some(end) = ends.filter(|&end| squash(&text[..end]) == letters).last() else { return false };
        let dateline = text[..end].trim_end();
        let Some(dash) = dateline.find(['-', '–', '—', '―']) else { return dateline.ends_with(['电', '電']) };
        let place = &dateline[..dash];
        let is_month = |word: &str| date_words::month(&fold(word.trim_matches(|c: char| !c.is_alphabetic()))).is_some();
        let is_name = |word: &str| word.chars().next().is_some_and(|c| !c.is_lowercase()) || is_month(word);
        dates::names_day(dateline) || place.split_whitespace().all(is_name)
    }

    /// What the host repeats in its articles; returns the lines that are to be counted for the next.
    pub(super) fn repeated(&mut self, memory: Option<&Memory>) -> Vec<u64> {
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
}

/// What a mark calls the thing that goes.
fn reason(marks: Marks, tag: Tag) -> Option<&'static str> {
    const NAMES: [(Marks, &str); 14] = [
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
        (Marks::FORM, "form"),
    ];
    if marks.has(JUNK) {
        return NAMES.iter().find(|(mark, _)| marks.has(*mark)).map(|(_, name)| *name);
    }
    match tag {
        Tag::Button | Tag::Label | Tag::Legend => Some("form"),
        _ => None,
    }
}
