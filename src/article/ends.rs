//! Where a text starts and ends among the lines of its container, and what single lines say of themselves. What is loose at its end
//! is in [`super::loose`].
//!
//! Steps of [`super::prune`], which gives their order.

use super::believed::{MAX_BESIDE, MIN_WORDS};
use super::byline;
use super::classes::{JUNK, Marks};
use super::cues::{self, Cue};
use super::dates;
use super::lines::{Line, squash};
use super::prune::{Linked, Work};
use super::tag::Tag;
use super::tree::weight;
use super::voice;
use crate::date_words;
use crate::text::fold;

/// Lines heavier than this are never taken for a cue: real paragraphs start with such words too.
const MAX_CUE_WEIGHT: u32 = 240;
/// Letters of a sentence that opens a text.
const MIN_OPENING: u32 = 30;
/// An item of a list below the first sentence of a text; a button says less.
const MIN_ITEM: u32 = 8;
/// A key point says at least this much, and all of a list as much as a sentence.
const MIN_POINT: u32 = 14;
const MIN_POINTS: u32 = 60;
/// Prose that no list of related articles has, however long the article before it.
const LONG_TAIL: u32 = 800;
/// The share of a text that an introduction to a list of things is, at most: one in so many.
const INTRODUCTION: u32 = 5;
/// A linked line of a quoted post that says something.
const MIN_QUOTED: u32 = 24;
/// Headings or days in a row that are a list.
pub(super) const MIN_ROW: usize = 3;
/// What goes before a name that made a page, and a row of a schedule lacks.
const MAKERS: [&str; 10] = ["by", "von", "par", "por", "przez", "autor", "autorin", "автор", "作者", "编辑"];
/// Words of a row of a schedule beside its day.
const MIN_TOLD: usize = 3;
/// A heading alone before the first paragraph is no shorter.
const MIN_SUBHEAD: u32 = 24;

impl Work<'_, '_> {
    /// The first line after which no article comes.
    pub(super) fn end(&mut self) {
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
                    // What the line leads to is in it, and the text goes on right after it.
                    let next = self.next_kept(i);
                    let goes_on = |j: usize| self.lines[j].is_prose() && self.lines[j].link == 0 && self.beside(i, j);
                    let inset = what == "related links" && self.lines[i].link > 0 && next.is_some_and(goes_on);
                    // As many links as texts: other articles, each with its first words.
                    let (n_linky, n_prose) =
                        rest().fold((0, 0), |(l, p), line| (l + u32::from(line.is_linky()), p + u32::from(line.is_prose())));
                    let (_, longest) = rest().fold((0, 0), |(run, longest): (u32, u32), line| match () {
                        () if line.is_linky() => (0, longest),
                        () if line.is_prose() => (run + 1, longest.max(run + 1)),
                        () => (run, longest),
                    });
                    let first = rest().next().is_some_and(Line::is_linky);
                    // `Title - the first words`: a text that begins with a link is another one's.
                    let begins = |line: &&Line| line.is_prose() && self.tree.nodes[line.first as usize].in_link;
                    let n_led = rest().filter(begins).count() as u32;
                    let led = n_led >= 3 && (n_linky + n_led) * 2 >= n_linky + n_prose;
                    let linked = n_linky >= 3 && (n_linky >= n_prose || first && longest <= 3);
                    let teasers = what == "related links" && before >= 160 && (linked || led);
                    let limit = if teasers {
                        100
                    } else if text_only {
                        0
                    } else if what == "comment form" {
                        50
                    } else {
                        25
                    };
                    if share <= limit && before > 0 && !inset {
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
    pub(super) fn start(&mut self, title: &str) {
        self.rule = "start";
        let Some(first_prose) = self.kept_prose().map(|(i, _)| i).next() else { return };
        // The last headline before the text; what is above it is the site's.
        let repeats = (0..first_prose).rev().find(|&i| self.gone[i].is_none() && same(&squash(self.text(i)), title));
        // Where one repeats the title, a first-level heading below it is the text's own; so is one of several.
        let n_first = self.lines.iter().filter(|line| line.tag == Tag::H1).count();
        // Nor is one the headline where that stands above the text, outside of what holds it.
        // What says the same weighs the same: no other line's text need be looked at.
        let heavy = weight(title);
        let mut above = (0..first_prose).filter(|&i| self.gone[i].is_some() && self.lines[i].weight == heavy);
        let is_above = repeats.is_none()
            && heavy > 0
            && above.any(|i| squash(&self.tree.line_text(self.lines[i].first, self.lines[i].end, 400)) == title);
        let headline = repeats.or_else(|| {
            (0..if is_above { 0 } else { first_prose }).rev().find(|&i| {
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
        let schedule = self.schedule(first_prose);
        // One may be the headline in other words, where there is no other.
        let subheads: Vec<usize> =
            (0..first_prose).filter(|&i| self.gone[i].is_none() && self.heads_text(i, first_prose)).collect();
        // A text may open with a short sentence: the headings, lists and tables from there to the first long one are its own.
        let opening = (0..first_prose).find(|&i| self.gone[i].is_none() && self.opens_text(i, first_prose));
        for i in 0..first_prose {
            if self.gone[i].is_some() || schedule.contains(&i) {
                continue;
            }
            let line = &self.lines[i];
            let inside = opening.is_some_and(|opening| opening <= i);
            if line.marks.has(Marks::SUMMARY) && line.own() > 40 && !line.is_linky() {
                continue;
            }
            if self.is_key_point(i) {
                continue;
            }
            let sentence = line.ends_sentence && (line.own() >= 60 || (line.own() >= 12 && !line.is_linky()));
            let line = &self.lines[i];
            let is_open = line.tag == Tag::P && line.link == 0;
            let says = line.weight >= 24 || is_open && (line.ends_sentence || is_greeting(self.text(i)));
            let line = &self.lines[i];
            let paragraph = !line.tag.is_heading() && says && !line.is_linky() && self.beside(i, first_prose);
            let text = fold(self.text(i));
            let line = &self.lines[i];
            let said = cues::cue(&text).is_some_and(|said| self.believes(i, said));
            if dates::is_dateline(&text) || said {
                if !inside || line.tag == Tag::P {
                    self.drop_line(i, "date or byline");
                }
                continue;
            }
            // A short one may be the department's, or who wrote it.
            let alone = subheads.len() == 1 && headline.is_some() && self.lines[i].weight >= MIN_SUBHEAD;
            let heads = paragraph || (subheads.len() > 1 || alone) && subheads.contains(&i);
            let of_text = inside && line.link == 0 && is_part_of_text(line) || heads && !byline::introduces(&text);
            if !of_text && !sentence && line.tag != Tag::Pre && (!line.tag.is_heading() || i + 1 != first_prose) {
                self.drop_line(i, "page head");
            }
        }
    }

    /// Whether a short sentence is the first paragraph of a text: beside the first long one, and nothing that sites say there.
    fn opens_text(&mut self, i: usize, first_prose: usize) -> bool {
        let line = &self.lines[i];
        if !line.is_sentence() || line.own() < MIN_OPENING || line.tag != Tag::P || !self.beside(i, first_prose) {
            return false;
        }
        let folded = fold(self.text(i));
        cues::cue(&folded).is_none()
            && !dates::is_dateline(&folded)
            && !byline::introduces(&folded)
            && !voice::is_boilerplate(&folded, false)
    }

    /// Whether a line is a heading beside the first paragraph, though short lines stand between.
    fn heads_text(&self, i: usize, first_prose: usize) -> bool {
        let line = &self.lines[i];
        let lower = matches!(line.tag, Tag::H2 | Tag::H3 | Tag::H4);
        let home = self.home_of(first_prose, Tag::P);
        lower && line.link == 0 && !line.marks.has(Marks::HEADLINE) && home.is_some() && self.home_of(i, line.tag) == home
    }

    /// Lines before the text that name a day each and more: when something takes place, no date of the text.
    fn schedule(&mut self, first_prose: usize) -> std::ops::Range<usize> {
        let mut run = 0..0;
        for i in 0..first_prose {
            let line = &self.lines[i];
            let says = self.gone[i].is_none() && line.link == 0 && line.weight >= MIN_WORDS && line.weight < MAX_CUE_WEIGHT;
            if says && tells_of_day(self.text(i)) {
                run.start = if run.end == i { run.start } else { i };
                run.end = i + 1;
            } else if run.len() >= MIN_ROW {
                break;
            }
        }
        if run.len() >= MIN_ROW { run } else { 0..0 }
    }

    /// Whether a line is one of several items of a list that say something each: what a text is about, in short.
    pub(super) fn is_key_point(&self, i: usize) -> bool {
        let says = |i: usize| {
            let line = &self.lines[i];
            line.tag == Tag::Li && line.own() >= MIN_POINT && line.link == 0 && !line.marks.has(JUNK)
        };
        let list = |i: usize| {
            self.tree.ancestors(self.lines[i].first).find(|&at| matches!(self.tree.nodes[at as usize].tag, Tag::Ul | Tag::Ol))
        };
        if !says(i) {
            return false;
        }
        let home = list(i);
        let other = |j: &usize| says(*j) && list(*j) == home;
        let before = (0..i).rev().take(MAX_BESIDE).take_while(other);
        let after = (i + 1..self.lines.len()).take(MAX_BESIDE).take_while(other);
        let others: Vec<usize> = before.chain(after).collect();
        let whole = others.iter().map(|&j| self.lines[j].own()).sum::<u32>() + self.lines[i].own();
        let tells = |j: usize| {
            let line = &self.lines[j];
            let folded = fold(&self.tree.line_text(line.first, line.end, 200));
            !dates::is_dateline(&folded) && cues::cue(&folded).is_none()
        };
        !others.is_empty() && whole >= MIN_POINTS && tells(i) && others.into_iter().all(tells)
    }

    /// Whether two lines are paragraphs of the same element.
    pub(super) fn beside(&self, one: usize, other: usize) -> bool {
        let home = |i: usize| {
            let block = self.tree.ancestors(self.lines[i].first).find(|&at| self.tree.nodes[at as usize].tag.is_block())?;
            let node = &self.tree.nodes[block as usize];
            Some(if node.tag == Tag::P { node.parent } else { block })
        };
        home(one).is_some() && home(one) == home(other)
    }

    pub(super) fn single_lines(&mut self, title: &str, linked: Linked) {
        self.rule = "line cue";
        // Whether a sentence introduced the links that follow.
        let mut is_listing = false;
        // Whether running text went before.
        let mut has_prose = false;
        for i in 0..self.lines.len() {
            has_prose |= i > 0 && self.lines[i - 1].is_prose();
            let before = i.checked_sub(1).filter(|&before| self.gone[before].is_none());
            is_listing = before.is_some_and(|before| {
                let several = self.lines.get(i + 1).is_some_and(Line::is_linky);
                is_listing && self.lines[before].is_linky() || several && self.introduces(before) && !self.is_plea(before)
            });
            if is_listing && self.lines[i].is_linky() {
                self.listed[i] = true;
            }
            if self.gone[i].is_some() || self.lines[i].weight > MAX_CUE_WEIGHT || self.lines[i].tag == Tag::Pre {
                continue;
            }
            let folded = fold(self.text(i));
            // A line with twice as many letters is no headline, whatever folding makes of them; in a text only the same words are, and
            // there a heading of a lower level is a section's.
            let tag = self.lines[i].tag;
            let is_section = has_prose && tag.is_heading() && tag != Tag::H1 && {
                let home = self.home_of(i, tag);
                self.next_kept(i).is_some_and(|next| self.lines[next].is_prose() && self.home_of(next, Tag::P) == home)
            };
            if !is_section && self.lines[i].weight as usize <= 2 * title.len() && {
                let line = squash(&folded);
                same(&line, title) && (line == title || self.lines[i].tag == Tag::H1 || !has_prose)
            } {
                self.drop_line(i, "repeated headline");
                continue;
            }
            if let Some(said) = cues::cue(&folded).filter(|said| self.believes(i, *said)) {
                self.drop_line(i, said.what);
            } else if linked == Linked::Goes && !self.listed[i] && self.is_linked_line(i) {
                self.rule = "linked line";
                self.drop_line(i, "related links");
                self.rule = "line cue";
            }
        }
    }

    /// Whether a line after which no text comes speaks to readers: `Here you find more of this:`.
    pub(super) fn is_plea(&mut self, i: usize) -> bool {
        let after = self.kept_prose().any(|(j, _)| j > i);
        !after && voice::speaks_to_readers(&fold(self.text(i)))
    }

    /// A line that is one or more links and little else.
    fn is_linked_line(&mut self, i: usize) -> bool {
        // An address that is shown is a source that the text names.
        let has_words = self.lines[i].own() > 0;
        let text = self.text(i);
        let is_host = text.is_ascii() && !text.contains(' ') && text.trim_matches('.').contains('.');
        let names_account = has_words
            && text.split_whitespace().any(|word| word.len() > 2 && word.starts_with('@'))
            && !voice::begins_request(&fold(text));
        let is_quoted = |at: u32| self.tree.ancestors(at).any(|at| self.tree.nodes[at as usize].tag == Tag::Blockquote);
        let below_quotation = i.checked_sub(1).is_some_and(|before| is_quoted(self.lines[before].first));
        let text = self.text(i);
        // `[3] The title of a book`, `[example.org]`, `[The Paper]` below what it says
        let is_source = text.strip_prefix('[').is_some_and(|inner| {
            let named = inner.strip_suffix(']').unwrap_or_default();
            let names_host = !named.contains(' ') && named.trim_matches('.').contains('.');
            let names_source = below_quotation && !named.is_empty() && !named.contains(':');
            names_host || names_source || inner.starts_with(|c: char| c.is_ascii_digit())
        });
        let bare = text.contains("http") || text.starts_with("www.") || is_host || names_account || is_source;
        let line = &self.lines[i];
        let says = |line: &Line| line.weight >= MIN_QUOTED;
        // A post of which nothing longer is here stays as it is.
        let whole = || {
            let post = self.one_post(line.first).filter(|&post| self.tree.nodes[post as usize].tag == Tag::Blockquote);
            post.is_some_and(|post| !self.lines.iter().any(|line| says(line) && self.tree.holds(post, line.first)))
        };
        let quoted = line.is_linky() && (says(line) && self.is_quoted(line.first) || whole());
        line.is_linky()
            && !bare
            && !quoted
            && (!line.ends_sentence || line.own() == 0)
            && !line.tag.is_heading()
            && line.tag != Tag::Li
            && line.tag != Tag::Td
    }

    /// After most of the text, headings that are all links: a list of other articles.
    pub(super) fn teasers(&mut self) {
        self.rule = "teasers";
        let total: u32 = self.kept_prose().map(|(_, line)| line.own()).sum();
        let mut seen = 0;
        let mut first = None;
        let mut n_linked = 0;
        // Headings of a text that are links stand in all of it: beside its paragraphs, each with one in a box beside them, or from
        // the introduction on.
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
            // The questions of folded answers are links.
            if line.tag.is_heading() && line.weight > 0 && !line.marks.has(Marks::FOLDED) {
                if line.is_linky() && seen * 2 > total {
                    first = first.or(Some(i));
                    n_linked += 1;
                } else {
                    let inside = home.is_some_and(|home| self.tree.holds(home, line.first));
                    let heads = self.lines.get(i + 1).is_some_and(Line::is_prose);
                    let boxed = heads && (inside || seen * INTRODUCTION < total);
                    n_before += usize::from(line.is_linky() && (parent(i) == home || boxed));
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

/// Whether a row says what takes place on a day that it names. `Changed 3 May 2024 by …` is a stamp.
fn tells_of_day(text: &str) -> bool {
    let folded = fold(text);
    let words = || folded.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let beside = words().filter(|word| date_words::month(word).is_none() && date_words::weekdays(word) == 0);
    let (n_told, told) = beside.fold((0, 0), |(n, sum), word| (n + 1, sum + weight(word)));
    let is_cjk = folded.chars().any(crate::text::is_cjk);
    dates::names_day(text)
        && cues::cue(&folded).is_none()
        && told >= MIN_WORDS
        && (n_told >= MIN_TOLD || is_cjk)
        && !words().any(|word| MAKERS.contains(&word))
}

/// `Dear neighbours,`: some words with one comma behind them.
fn is_greeting(text: &str) -> bool {
    let text = text.trim();
    let words = text.strip_suffix([',', '，']).filter(|words| !words.contains([',', '，']));
    words.is_some_and(|words| (2..=4).contains(&words.split_whitespace().count()))
}

/// Whether a line below the first sentence of a text is of a list, a table, or says something: no button and no label of a player.
fn is_part_of_text(line: &Line) -> bool {
    match line.tag {
        Tag::Td | Tag::Th | Tag::Dt | Tag::Dd | Tag::P => true,
        Tag::Li => line.weight >= MIN_ITEM,
        tag => tag.is_heading(),
    }
}

fn same(line: &str, title: &str) -> bool {
    !title.is_empty()
        && !line.is_empty()
        && (line == title || (line.len() > 24 && line.len() * 10 >= title.len() * 7 && title.contains(line)))
}
