//! Whether what a line says of itself is believed: the tables of cues say what sites say, and any sentence, cell, item or heading of a
//! text may say the same.
//!
//! Asked by the steps in [`super::ends`].

use super::cues::{self, Cue, Said};
use super::dates;
use super::prune::Work;
use super::tag::Tag;
use super::tree::weight;
use super::voice::{self, MIN_STATEMENT};
use crate::text::fold;

/// A line of fewer letters says nothing alone.
pub(super) const MIN_WORDS: u32 = 16;
/// Lines beside a line that are asked whether it stands in a text.
pub(super) const MAX_BESIDE: usize = 12;
/// Letters of a sentence behind the words of a cue.
const MIN_REST: u32 = 10;
/// What a line about a picture begins with.
const PICTURES: [&str; 9] = ["photo", "image", "picture", "фото", "fot", "foto", "图", "圖", "bild"];
/// How a heading begins that is about who wrote a text.
const ABOUT: [&str; 6] = ["about ", "über ", "об ", "о себе", "关于", "作者简介"];
/// Lines below a heading among which others are looked for, and how many of these are read.
const MAX_NEAR: usize = 60;
const MAX_SIBLINGS: usize = 6;

impl Work<'_, '_> {
    /// Whether what a line says of itself is believed. Any sentence of a text may begin with such words, so a line of running
    /// text is held to more: where it stands, how much the words say, whether it leads elsewhere.
    pub(super) fn believes(&mut self, i: usize, said: Said) -> bool {
        let line = &self.lines[i];
        let text_around = self.stands_in_text(i);
        if !line.is_prose() {
            // A term with its explanation below it, in a text.
            let explained = line.tag == Tag::Dt && self.lines.get(i + 1).is_some_and(|next| next.tag == Tag::Dd) && text_around;
            let is_text = |j: usize| self.gone[j].is_none() && self.lines[j].is_prose();
            let ends = said.cue == Cue::End;
            let is_data = self.data.holds(self.tree, self.lines, i, ends, is_text);
            let is_item = !ends && said.what != "advertisement" && self.is_introduced(i);
            if explained || is_data || is_item || self.is_only_line(i) {
                return false;
            }
            if text_around && said.cue == Cue::Alone && !said.is_label() && self.heads_section(i) {
                return false;
            }
            let of_box = matches!(said.what, "newsletter" | "comment form" | "related links");
            let line = &self.lines[i];
            // So may a heading within a text: `Advertising in the village`.
            let heading = line.tag.is_heading() && line.weight > weight(said.phrase) + 3;
            let sentence = heading || line.ends_sentence && line.own() >= 30 && !line.is_linky();
            // Who took a picture is said in sentences too.
            let of_picture = || PICTURES.iter().any(|word| said.phrase.starts_with(word));
            let few = said.n_words() == 1 || said.n_words() == 2 && line.link == 0 && line.ends_sentence && !of_picture();
            if said.is_label() || said.cue == Cue::Alone || !said.phrase.contains(char::is_alphabetic) {
                return true;
            }
            let of_text = sentence && few && self.stands_among_sentences(i);
            let heads = heading && text_around && !of_box && self.heads_paragraph(i);
            return !(of_text || heads || self.goes_on_as_text(i, said));
        }
        if said.phrase.is_empty() {
            return true;
        }
        if self.is_told(i) || self.is_only_text(i) {
            return false;
        }
        let links = self.lines[i].link > 0;
        let long = self.lines[i].own() >= MIN_STATEMENT;
        let folded = fold(self.text(i));
        let rest = folded.replacen(said.phrase, " ", 1);
        let asks = {
            // `This entry was posted on Monday …`
            let dated = said.n_words() >= 4 && dates::names_day(&rest);
            dated || voice::speaks_to_readers(&rest) || voice::is_boilerplate(&rest, links)
        };
        if said.phrase.chars().any(crate::text::is_cjk) {
            // No blank says where a word ends: `图为` may be the beginning of a longer one.
            let says_much = said.is_label() || said.n_words() > 1;
            return if text_around {
                // A text about rights has their words too.
                let of_site = voice::speaks_to_readers(&rest) || voice::is_never_text(&rest) || dates::names_day(&rest);
                says_much && (asks && of_site || links)
            } else {
                says_much && asks || links || said.is_label() || !long
            };
        }
        if said.is_label() {
            return !text_around || links;
        }
        !text_around && (links || said.n_words() >= 3 && (asks || !long || said.what == "date or byline"))
    }

    /// Whether a paragraph that is no request stands right below a heading: links, forms and readers' words are below those of sites.
    fn heads_paragraph(&mut self, i: usize) -> bool {
        let Some(next) =
            self.next_kept(i).filter(|&j| self.lines[j].link == 0 && (self.lines[j].is_prose() || self.lines[j].is_sentence()))
        else {
            return false;
        };
        let folded = fold(self.text(next));
        !voice::speaks_to_readers(&folded) && !voice::is_boilerplate(&folded, false) && cues::cue(&folded).is_none()
    }

    /// Whether a line is an item, no link, of a list that a sentence with a colon introduces and the text goes on after.
    fn is_introduced(&self, i: usize) -> bool {
        let nodes = &self.tree.nodes;
        let line = &self.lines[i];
        let is_list = |at: &u32| matches!(nodes[*at as usize].tag, Tag::Ul | Tag::Ol);
        let list = self.tree.ancestors(line.first).find(is_list).filter(|_| line.tag == Tag::Li && line.link == 0);
        let Some(list) = list else { return false };
        let first = self.lines.partition_point(|line| line.first < list);
        let end = self.lines.partition_point(|line| line.first < nodes[list as usize].end);
        let before = (0..first).rev().find(|&j| self.gone[j].is_none());
        // Buttons may stand between a sentence and what it introduces.
        let mut items = self.lines[first..end].iter().take(MAX_BESIDE);
        before.is_some_and(|before| self.introduces(before))
            && (end..self.lines.len()).any(|j| self.gone[j].is_none() && self.lines[j].is_prose())
            && items.any(|line| cues::cue(&fold(&self.tree.line_text(line.first, line.end, 200))).is_none())
    }

    /// Whether a heading stands over a paragraph, and below it another of its level that says nothing of the site's: `Video` in a test of
    /// a telephone. The last one of a text may be about its author.
    fn heads_section(&mut self, i: usize) -> bool {
        let line = &self.lines[i];
        if !line.tag.is_heading() || line.link > 0 {
            return false;
        }
        // Who tests a thing says "we" and "you" in a text as well.
        let Some(next) = self.next_kept(i).filter(|&j| self.lines[j].link == 0 && self.lines[j].is_prose()) else { return false };
        let folded = fold(self.text(next));
        if voice::begins_request(&folded) || voice::is_boilerplate(&folded, false) || cues::cue(&folded).is_some() {
            return false;
        }
        let line = &self.lines[i];
        let (tag, home) = (line.tag, self.home_of(i, line.tag));
        let is_other = |j: &usize| self.gone[*j].is_none() && self.lines[*j].tag == tag && self.lines[*j].link == 0;
        let after = (next..self.lines.len()).take(MAX_NEAR).filter(is_other);
        let others: Vec<usize> = after.filter(|j| self.home_of(*j, tag) == home).take(MAX_SIBLINGS).collect();
        others.into_iter().any(|j| {
            let folded = fold(self.text(j));
            cues::cue(&folded).is_none() && !ABOUT.iter().any(|word| folded.starts_with(word))
        })
    }

    /// The next line that is left.
    pub(super) fn next_kept(&self, i: usize) -> Option<usize> {
        (i + 1..self.lines.len()).find(|&j| self.gone[j].is_none())
    }

    /// The element that holds the one of this tag around a line.
    pub(super) fn home_of(&self, i: usize, tag: Tag) -> Option<u32> {
        let nodes = &self.tree.nodes;
        let at = self.tree.ancestors(self.lines[i].first).find(|&at| nodes[at as usize].tag == tag)?;
        Some(nodes[at as usize].parent)
    }

    /// Whether nothing else that says something is left beside a line that is no link: a post of a few words.
    fn is_only_line(&self, i: usize) -> bool {
        let says = |j: usize| self.gone[j].is_none() && self.lines[j].own() >= MIN_WORDS && !self.lines[j].tag.is_heading();
        says(i) && !(0..self.lines.len()).any(|j| j != i && says(j))
    }

    /// Whether a line is the only running text that is left: a post of one sentence.
    fn is_only_text(&self, i: usize) -> bool {
        !self.kept_prose().any(|(j, _)| j != i)
    }

    /// Whether running text goes before a line and comes after it.
    pub(super) fn stands_in_text(&self, i: usize) -> bool {
        let prose = |j: usize| self.gone[j].is_none() && self.lines[j].is_prose();
        (0..i).rev().take(MAX_BESIDE).any(prose) && (i + 1..self.lines.len()).take(MAX_BESIDE).any(prose)
    }

    /// The same for a short sentence, which other short ones of its element may follow.
    fn stands_among_sentences(&self, i: usize) -> bool {
        let says =
            |j: usize| self.gone[j].is_none() && (self.lines[j].is_prose() || self.lines[j].is_sentence() && self.beside(i, j));
        (0..i).rev().take(MAX_BESIDE).any(says) && (i + 1..self.lines.len()).take(MAX_BESIDE).any(says)
    }

    /// Whether a line that begins with what sites say goes on as a sentence of the text does: with a small letter, without a link, to
    /// no reader, and right behind a paragraph of the same element. Labels and stamps go on with a name or a number.
    fn goes_on_as_text(&mut self, i: usize, said: Said) -> bool {
        let line = &self.lines[i];
        let is_behind = || {
            let before = (0..i).rev().find(|&j| self.gone[j].is_none());
            before.is_some_and(|j| (self.lines[j].is_prose() || self.lines[j].is_sentence()) && self.beside(i, j))
        };
        let of_picture = PICTURES.iter().any(|word| said.phrase.starts_with(word));
        let of_site = matches!(said.what, "newsletter" | "comment form" | "notice" | "editor line" | "date or byline");
        let is_told = said.n_words() == 1 && line.is_sentence() && !of_picture && !of_site;
        if !is_told || line.own() < weight(said.phrase) + MIN_REST || !is_behind() {
            return false;
        }
        let folded = fold(self.text(i));
        if voice::begins_request(&folded) || voice::speaks_to_readers(&folded) || voice::speaks_of_rights(&folded) {
            return false;
        }
        let text = self.text(i);
        // Folding keeps the words in their order, though not their letters.
        let n_words = said.phrase.split_whitespace().count();
        let small = text.split_whitespace().nth(n_words).is_some_and(|word| word.starts_with(char::is_lowercase));
        let rest = folded.replacen(said.phrase, " ", 1);
        small && !voice::is_boilerplate(&rest, false) && !dates::names_day(&rest)
    }

    /// Whether the feed or the page's data have the line's words.
    pub(super) fn is_told(&mut self, i: usize) -> bool {
        let evidence = self.evidence;
        !evidence.is_empty() && {
            let text = self.text(i);
            evidence.iter().any(|evidence| evidence.holds(text))
        }
    }
}
