//! What readers wrote below an article, known by its shape: blocks in a row, each with a name or a moment and a text.
//!
//! Half of the comments of the web stand in elements whose classes nobody can list (`opOpinia`, `coment`, none at
//! all), and below a short item they outweigh it. What is found here is marked, and counts neither for the container
//! nor for the text.

use super::classes::{JUNK, Marks};
use super::cues;
use super::lines::Line;
use super::select;
use super::tables::Data;
use super::tag::Tag;
use super::tree::{Tree, attribute};
use super::voice;
use crate::text::fold;
use std::collections::HashMap;

/// A name and a moment are no longer.
const MAX_STAMP: u32 = 90;
/// A heading over comments is no longer.
const MAX_HEADING: u32 = 36;
const MIN_STAMP: u32 = 6;
/// Fewer may be the article's own dates.
const MIN_STAMPS: usize = 3;
/// A page has no more comments.
const MAX_STAMPS: usize = 2_000;
/// Headings of a list without boxes, and lines from one to the next.
const MIN_TURNS: usize = 5;
const MAX_TURN: usize = 4;
/// Lines of the box of another article.
const MAX_BOX: usize = 6;
/// Lines beside a line that are asked whether it stands in a text.
const MAX_BESIDE: usize = 12;
/// Shorter notices are known by their cues.
const MIN_LEGAL: u32 = 60;
/// Lines of one comment.
const MAX_GAP: usize = 40;
/// Shorter text under a moment is a number or a button.
const MIN_TEXT: u32 = 12;

/// Marks the lines of comments.
pub fn mark(tree: &Tree, lines: &mut [Line], title: Option<&str>) {
    let mut found = vec![false; lines.len()];
    stamped(tree, lines, &mut found);
    below_heading(tree, lines, &mut found);
    let prose = |of: bool| -> u32 {
        lines.iter().zip(&found).filter(|(line, found)| **found == of && line.is_prose()).map(|(line, _)| line.own()).sum()
    };
    // A page that is all comments is a discussion, and they are what it has to say.
    if prose(false) < 60 {
        return;
    }
    let mut others = vec![false; lines.len()];
    teasers(tree, lines, &found, &mut others);
    let legal = legal(tree, lines, title);
    let is_text = |i: usize| lines[i].is_prose() && !legal[i];
    let has_text = (0..lines.len()).any(is_text);
    for (i, line) in lines.iter_mut().enumerate() {
        if found[i] {
            line.marks = line.marks.and(Marks::THREAD);
        } else if legal[i] && has_text {
            line.marks = line.marks.and(Marks::THREAD).and(Marks::NOTICE);
        } else if others[i] {
            line.marks = line.marks.and(Marks::THREAD).and(Marks::RELATED);
        }
    }
}

/// Runs of moments in elements of the same kind, with text between them.
fn stamped(tree: &Tree, lines: &[Line], found: &mut [bool]) {
    let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut n_stamps = 0;
    for (i, line) in lines.iter().enumerate() {
        if n_stamps == MAX_STAMPS {
            break;
        }
        // What is known for something else, as a box of related stories, has its own moments.
        let known = line.marks.has(JUNK.without(Marks::COMMENTS.and(Marks::BYLINE)));
        let short = !known && (MIN_STAMP..=MAX_STAMP).contains(&line.weight) && !matches!(line.tag, Tag::H1 | Tag::H2);
        if short && cues::is_stamp(&tree.line_text(line.first, line.end, 200)) {
            n_stamps += 1;
            groups.entry(kind(tree, line.first)).or_default().push(i);
        }
    }
    for stamps in groups.into_values().filter(|stamps| stamps.len() >= MIN_STAMPS) {
        // A run ends where nothing, or too much, stands between two moments.
        let mut run: Vec<usize> = Vec::new();
        for &i in &stamps {
            if let Some(&last) = run.last()
                && !holds_text(&lines[last + 1..i])
            {
                close(tree, lines, &run, found);
                run.clear();
            }
            run.push(i);
        }
        close(tree, lines, &run, found);
    }
}

/// What the site says in its own name, however long.
fn legal(tree: &Tree, lines: &[Line], title: Option<&str>) -> Vec<bool> {
    let how_much = |line: &Line| {
        let asked = line.weight >= MIN_LEGAL && line.own() * 2 > line.weight;
        if asked { voice::legal(&fold(&tree.line_text(line.first, line.end, 500))) } else { 0 }
    };
    let found: Vec<usize> = lines.iter().map(how_much).collect();
    if found.iter().all(|n| *n == 0) {
        return vec![false; lines.len()];
    }
    let parent = |i: usize| {
        let block = tree.ancestors(lines[i].first).find(|&at| tree.nodes[at as usize].tag.is_block());
        block.map(|at| tree.nodes[at as usize].parent)
    };
    // An article about the law speaks so: what holds the headline and the first text below it.
    let is_text = |i: usize| found[i] == 0 && (lines[i].is_prose() || lines[i].is_sentence());
    let first_of = |tag: Tag| lines.iter().position(|line| line.tag == tag);
    // Old pages have no headings; there the line that is the page's title is one.
    let heading = first_of(Tag::H1).or_else(|| first_of(Tag::H2)).or_else(|| select::headline(tree, lines, title));
    let first = (heading.unwrap_or(0)..lines.len()).find(|&i| is_text(i));
    let article = heading
        .zip(first)
        .and_then(|(heading, first)| tree.ancestors(lines[heading].first).find(|&at| tree.holds(at, lines[first].first)));
    // Paragraphs beside it go before it and come after it, or it is the first below the headline.
    let in_text = |i: usize| {
        let beside = |&j: &usize| is_text(j) && parent(j) == parent(i);
        let after = (i + 1..lines.len()).take(MAX_BESIDE).filter(beside).count();
        let in_article = article.is_some_and(|at| tree.holds(at, lines[i].first));
        let opens = || in_article && after >= MIN_FOLLOWING && heading.is_some_and(|at| (at + 1..=at + MAX_OPENING).contains(&i));
        let within = || (i.saturating_sub(MAX_BESIDE)..i).any(|j| beside(&j));
        after > 0 && ((found[i] == 1 || in_article) && within() || opens())
    };
    let mut legal: Vec<bool> = (0..lines.len()).map(|i| found[i] > 0 && !in_text(i)).collect();
    if !legal.contains(&true) {
        return legal;
    }
    // Of a block that is mostly that, all is.
    let mut blocks: HashMap<u32, Vec<usize>> = HashMap::new();
    for (i, line) in lines.iter().enumerate() {
        if let Some(block) = block_of(tree, line.first) {
            blocks.entry(block).or_default().push(i);
        }
    }
    for inside in blocks.into_values() {
        let n_legal = inside.iter().filter(|&&i| legal[i]).count();
        let speaks = |i: usize| voice::speaks_of_rights(&fold(&tree.line_text(lines[i].first, lines[i].end, 500)));
        let of_it = |i: usize| legal[i] || lines[i].weight < MIN_LEGAL || speaks(i);
        let mostly = || inside.iter().filter(|&&i| of_it(i)).count() * 2 > inside.len();
        let opens = first.is_some_and(|first| inside.contains(&first));
        let heads = inside.iter().any(|&i| lines[i].tag.is_heading());
        if n_legal >= MIN_NOTICES && !opens && !heads && mostly() {
            inside.into_iter().for_each(|i| legal[i] = true);
        }
    }
    legal
}

/// Lines below a headline with which a text begins, and paragraphs that follow there.
const MAX_OPENING: usize = 6;
const MIN_FOLLOWING: usize = 2;

/// Sentences about rights that make a notice of the block that they stand in.
const MIN_NOTICES: usize = 2;

fn block_of(tree: &Tree, at: u32) -> Option<u32> {
    tree.ancestors(at).find(|&at| tree.nodes[at as usize].tag.is_block() && tree.nodes[at as usize].tag != Tag::P)
}

fn holds_text(between: &[Line]) -> bool {
    between.len() <= MAX_GAP
        && between.iter().any(|line| line.own() >= MIN_TEXT)
        && !between.iter().any(|line| matches!(line.tag, Tag::H1 | Tag::H2) && !line.is_linky())
}

fn close(tree: &Tree, lines: &[Line], run: &[usize], found: &mut [bool]) {
    let (Some(&first), Some(&last)) = (run.first(), run.last()) else { return };
    if run.len() < MIN_STAMPS {
        return;
    }
    // The element that holds the whole run; its child with the first moment is the first comment.
    let Some(holder) = tree.ancestors(lines[first].first).find(|&at| tree.holds(at, lines[last].first)) else { return };
    let n_before = |at: u32| lines.partition_point(|line| line.first < at);
    let block = |i: usize| tree.ancestors(lines[i].first).take_while(|&at| at != holder).last();
    let longest = run.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(1);
    let has_prose = |lines: &[Line]| lines.iter().any(Line::is_prose);
    for (n, &i) in run.iter().enumerate() {
        let (from, to) = block(i).map_or((i, i + 1), |at| (n_before(at), n_before(tree.nodes[at as usize].end)));
        let own_text = lines[from..to].iter().enumerate().any(|(at, line)| from + at != i && line.own() >= MIN_TEXT);
        // The first text of the page is no comment on itself: there the moment stands below.
        let from = if n == 0 && has_prose(&lines[from..i]) && !has_prose(&lines[..from]) { i } else { from };
        if own_text {
            found[from..to].fill(true);
            continue;
        }
        // All comments are one flat run; the last is as long as the longest.
        let next = run.get(n + 1).copied().unwrap_or((i + longest).min(n_before(tree.nodes[holder as usize].end)));
        found[from.min(i)..next].fill(true);
    }
}

/// The tags and classes around a line: the comments of a page have the same ones.
fn kind(tree: &Tree, at: u32) -> u64 {
    let mut name = String::new();
    for at in tree.ancestors(at).take(3) {
        let node = &tree.nodes[at as usize];
        name.push_str(node.tag.name());
        let class = node.element.and_then(|element| attribute(element, "class")).unwrap_or_default();
        // The second of two in turns (`odd`, `even`) says nothing.
        name.push_str(class.split_ascii_whitespace().next().unwrap_or_default());
        name.push('>');
    }
    xxhash_rust::xxh3::xxh3_64(name.as_bytes())
}

/// The tag of a line's block and the element that this stands in: the items of a list have the same ones.
fn place(tree: &Tree, at: u32) -> u64 {
    let block = tree.ancestors(at).find(|&at| tree.nodes[at as usize].tag.is_block()).unwrap_or(at);
    let node = &tree.nodes[block as usize];
    let [a, b, c, d] = node.parent.to_le_bytes();
    xxhash_rust::xxh3::xxh3_64(&[node.tag as u8, a, b, c, d])
}

/// Boxes of a linked heading and some words each, beside the element that holds the first text: other articles.
fn teasers(tree: &Tree, lines: &[Line], found: &[bool], others: &mut [bool]) {
    let Some(text_at) = lines.iter().zip(found).position(|(line, found)| !found && line.is_prose() && !line.marks.has(JUNK))
    else {
        return;
    };
    let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
    for (i, pair) in lines.windows(2).enumerate().skip(text_at + 1) {
        let heads = pair[0].is_linky() && pair[0].weight >= MIN_TEXT && !pair[1].is_linky() && pair[1].own() >= 30;
        // The questions of folded answers are buttons.
        if heads && !pair[0].marks.has(JUNK.and(Marks::FOLDED)) {
            groups.entry(kind(tree, pair[0].first)).or_default().push(i);
            // In a list the items of an hour or a day may have a class of their own.
            groups.entry(place(tree, pair[0].first)).or_default().push(i);
        }
    }
    for heads in groups.into_values().filter(|heads| heads.len() >= MIN_STAMPS) {
        let (first, last) = (heads[0], heads[heads.len() - 1]);
        let Some(holder) = tree.ancestors(lines[first].first).find(|&at| tree.holds(at, lines[last].first)) else { continue };
        if tree.holds(holder, lines[text_at].first) {
            continue;
        }
        let boxes = heads.iter().map(|&i| {
            let block = tree.ancestors(lines[i].first).take_while(|&at| at != holder).last()?;
            let end = lines.partition_point(|line| line.first < tree.nodes[block as usize].end);
            (tree.holds(block, lines[i + 1].first) && end - i <= MAX_BOX).then_some((i, end))
        });
        let boxes: Option<Vec<(usize, usize)>> = boxes.collect();
        // Without boxes, a list of them in turns: heading, words, heading, words.
        let in_turns = heads.len() >= MIN_TURNS && heads.windows(2).all(|pair| pair[1] - pair[0] <= MAX_TURN);
        let flat = || if in_turns { heads.iter().map(|&i| (i, i + 2)).collect() } else { Vec::new() };
        for (from, to) in boxes.unwrap_or_else(flat) {
            others[from..to].fill(true);
        }
    }
}

/// From a heading that says so to the end of the element that holds the text and it.
fn below_heading(tree: &Tree, lines: &[Line], found: &mut [bool]) {
    let mut prose = 0;
    let mut last_prose = None;
    let mut data = Data::default();
    for i in 0..lines.len() {
        let line = &lines[i];
        if line.is_prose() && !found[i] {
            prose += line.own();
            last_prose = last_prose.or(Some(i));
            continue;
        }
        let Some(text_at) =
            last_prose.filter(|_| prose >= 60 && line.weight <= MAX_HEADING && !line.is_linky() && line.tag != Tag::Li)
        else {
            continue;
        };
        let text = fold(&tree.line_text(line.first, line.end, 200));
        let Some(counted) = cues::comments_heading(&text) else { continue };
        if data.holds(tree, lines, i, true, |j| lines[j].is_prose() && !found[j]) {
            continue;
        }
        let holder = tree.ancestors(line.first).find(|&at| tree.holds(at, lines[text_at].first));
        let Some(holder) = holder else { continue };
        let end = lines.partition_point(|line| line.first < tree.nodes[holder as usize].end);
        let answers = lines[i + 1..end].iter().take(MAX_GAP).any(|line| {
            line.weight <= MAX_STAMP && {
                let text = tree.line_text(line.first, line.end, 200);
                cues::is_stamp(&text) || cues::is_answer(&fold(&text))
            }
        });
        if counted || answers {
            found[i..end].fill(true);
            return;
        }
    }
}
