//! Which boxes of a container are the article's: lists of links, quoted posts, pictures; and whether all of it is a list.
//!
//! Steps of [`super::prune`], which gives their order.

use super::classes::{JUNK, Marks};
use super::cues;
use super::lines::{Line, Sums};
use super::prune::{Why, Work};
use super::tag::Tag;
use super::tree::weight;
use crate::text::fold;

/// A sentence that introduces a list is no label (`More:`).
const MIN_INTRODUCTION: u32 = 24;
/// Smaller ones are a face or a sign.
const MIN_LEAD: f32 = 200.0;
/// Headings of a front page.
const MIN_INDEX: usize = 5;
/// Nodes of a quoted post.
const MAX_POST: usize = 80;

impl Work<'_, '_> {
    /// A figure without a caption of its own, whose text is one.
    pub(super) fn is_picture(&self, at: u32) -> bool {
        let tree = self.tree;
        let node = &tree.nodes[at as usize];
        if node.tag != Tag::Figure && !node.marks.has(Marks::PICTURE) {
            return false;
        }
        // One paragraph beside a picture is its caption; several are a text, whatever it is called.
        let first = self.lines.partition_point(|line| line.first < at);
        let within = self.lines[first..].iter().take_while(|line| line.first < node.end);
        if node.tag != Tag::Figure && within.filter(|line| line.tag == Tag::P && line.is_prose()).nth(1).is_some() {
            return false;
        }
        let inside = &tree.nodes[at as usize + 1..node.end as usize];
        let texts: u32 = inside.iter().filter(|n| n.tag == Tag::Text).map(|n| weight(n.text)).sum();
        (1..400).contains(&texts)
            && inside.iter().filter(|n| n.tag == Tag::P).count() < 3
            && inside.iter().any(|n| n.tag == Tag::Img)
            && !inside.iter().any(|n| matches!(n.tag, Tag::Figcaption | Tag::Pre | Tag::Table | Tag::Blockquote))
    }

    /// A row of other articles: each heading a link, and hardly more below it than a paragraph.
    pub(super) fn is_index(&self) -> bool {
        // What went as a headline or as a teaser is of the row too.
        let counts = |line: &Line, gone: &Option<Why>| {
            gone.is_none_or(|why| line.is_linky() && why.rule == "start" || why.rule == "teasers")
        };
        let kept = || self.lines.iter().zip(&self.gone).filter(|(line, gone)| counts(line, gone)).map(|(line, _)| line);
        let n_headings = kept().filter(|line| line.tag.is_heading() && line.is_linky()).count();
        let n_prose = kept().filter(|line| line.is_prose()).count();
        let begins = kept().find(|line| line.is_prose() || line.tag.is_heading()).is_some_and(|line| line.is_linky());
        n_headings >= MIN_INDEX && begins && n_prose <= n_headings * 3 / 2
    }

    /// Whether a picture between the headline and the text is the article's: large, as far as it says, and in nothing else.
    pub(super) fn is_lead(&self, at: u32) -> bool {
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
    pub(super) fn is_picture_link(&self, at: u32) -> bool {
        let href =
            self.tree.nodes[at as usize].element.and_then(|element| super::tree::attribute(element, "href")).unwrap_or_default();
        let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"].iter().any(|end| path.ends_with(end))
    }

    /// Lists, tables and boxes that are mostly links.
    pub(super) fn link_lists(&mut self, container: u32) {
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
            // A heading that is a link, in a box of its own above a paragraph, is no list.
            let is_heading = |at: u32| {
                let first = self.lines.partition_point(|line| line.first < at);
                let heads = self.lines.get(first..first + 2).is_some_and(|pair| pair[0].tag.is_heading() && pair[1].is_prose());
                node.tag == Tag::Div && heads && count.of(self.tree, at) == 1
            };
            let dense = dense && !is_heading(at);
            let introduction = if dense { self.introduction(at) } else { None };
            if let Some(introduction) = introduction {
                let last = self.lines.partition_point(|line| line.first < node.end);
                let first = self.lines.partition_point(|line| line.first < at);
                // One link after a colon may be a button.
                let stays = last > first + 1 && !self.is_plea(introduction);
                self.listed[first..last].fill(stays);
                at = node.end;
            } else if dense && self.one_post(at).is_none() {
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

    /// The sentence that ends in a colon before an element: a list of links is what it speaks of.
    fn introduction(&self, at: u32) -> Option<usize> {
        let next = self.lines.partition_point(|line| line.first < at);
        let before = (0..next).rev().take(3).find(|&i| self.gone[i].is_none());
        before.filter(|&i| self.introduces(i))
    }

    /// Whether a line is a sentence of the text that ends in a colon, and no label.
    pub(super) fn introduces(&self, i: usize) -> bool {
        let line = &self.lines[i];
        if line.tag.is_heading() || line.own() < MIN_INTRODUCTION || !line.ends_sentence {
            return false;
        }
        let text = self.tree.line_text(line.last_text(self.tree), line.end, 400);
        text.trim_end().ends_with([':', '：'])
            && self.lines[..i].iter().zip(&self.gone).any(|(line, gone)| gone.is_none() && line.is_prose())
            && cues::cue(&fold(&self.tree.line_text(line.first, line.end, 400))).is_none()
    }

    /// Whether an element is, or is in, a post that the text quotes; such a post is often one link.
    pub(super) fn is_quoted(&self, at: u32) -> bool {
        self.tree.ancestors(at).take(7).any(|at| self.is_quote(at))
    }

    fn is_quote(&self, at: u32) -> bool {
        let node = &self.tree.nodes[at as usize];
        node.tag == Tag::Blockquote || (node.marks.has(Marks::EMBED) && node.tag != Tag::Ol && node.tag != Tag::Ul)
    }

    /// The quoted post that an element is, or is in, where all its links lead to the same place.
    pub(super) fn one_post(&self, at: u32) -> Option<u32> {
        let post = self.tree.ancestors(at).take(6).filter(|&at| self.is_quote(at)).last()?;
        let node = &self.tree.nodes[post as usize];
        let inside = &self.tree.nodes[post as usize..node.end as usize];
        let address = |node: &super::tree::Node| {
            node.element.and_then(|element| super::tree::attribute(element, "href").map(str::to_owned))
        };
        let mut addresses = inside.iter().take(MAX_POST).filter(|node| node.tag == Tag::A).filter_map(address);
        let first = addresses.next();
        (inside.len() < MAX_POST && first.is_some_and(|first| addresses.all(|other| other == first))).then_some(post)
    }
}
