//! The author as readers see it, for pages whose data do not name one.

use super::classes::Marks;
use super::lines::Line;
use super::select::Selection;
use super::tag::Tag;
use super::tree::{Tree, attribute, weight};
use crate::text::{fold, is_cjk};

/// What stands before a name. A row that ends in a letter needs a space, or a capital, after it.
#[rustfmt::skip]
const INTRODUCTIONS: [&str; 31] = [
    "by", "written by", "posted by", "published by", "von", "text von", "par", "por", "di", "text:", "автор:", "авторы:", "автор", "текст:", "autor:",
    "autorka:", "autorin:", "tekst:", "συντάκτης:", "γράφει ο", "γράφει η", "作者：", "作者:", "文/", "文／", "文｜", "文|", "文 ", "文・", "記者", "记者",
];
/// A byline says little else; where each letter weighs three, with the day, the source and a counter.
const MAX_WEIGHT: u32 = 60;
const MAX_CJK_WEIGHT: u32 = 140;
/// Lines before and after the headline among which the byline is.
const LINES_BEFORE: usize = 3;
const LINES_AFTER: usize = 6;
/// "Jo van der Doe".
const MAX_WORDS: usize = 5;
const MAX_NAMES: usize = 5;

/// What stands between a name and a paper's, or the day.
const FOR: [&str; 5] = [" for ", " at ", " on ", " für ", " pour "];

/// `By Jo Doe`, alone on its line.
pub fn introduces(line: &str) -> bool {
    weight(line) < MAX_WEIGHT && name_part(line).is_some()
}

/// The names that a byline beside the headline gives.
pub fn author(tree: &Tree, lines: &[Line], selection: &Selection) -> Option<String> {
    let headline = selection.headline?;
    let from = headline.saturating_sub(LINES_BEFORE);
    let to = (headline + LINES_AFTER).min(lines.len());
    let near = (headline + 1..to).chain(from..headline).map(|i| &lines[i]).filter(|line| line.weight < MAX_WEIGHT);
    // Some set the name as a heading.
    let is_named = |line: &Line| line.marks.has(Marks::BYLINE.and(Marks::AUTHOR_BOX));
    let near: Vec<&Line> = near.filter(|line| !line.tag.is_heading() || is_named(line)).collect();
    let labelled = (headline + 1..to).map(|i| &lines[i]).filter(|line| (MAX_WEIGHT..MAX_CJK_WEIGHT).contains(&line.weight));
    let labelled = labelled.filter(|line| !line.is_prose() && !line.tag.is_heading());
    let labelled = || {
        labelled.clone().find_map(|line| {
            let text = tree.line_text(line.first, line.end, 200);
            let part = LABELS.iter().find_map(|word| text.split_once(word).map(|(_, rest)| rest.trim_start()))?;
            names(part, false).filter(|name| name.chars().all(is_cjk))
        })
    };
    let introduced = near.iter().find_map(|line| {
        let text = tree.line_text(line.first, line.end, 200);
        let part = name_part(&text)
            .or_else(|| INSIDE.iter().find_map(|word| text.split_once(word).map(|(_, rest)| rest.trim_start())))
            .or_else(|| reporter(&text))?;
        names(part, line.marks.has(Marks::BYLINE.and(Marks::AUTHOR_BOX)))
    });
    introduced
        .or_else(labelled)
        .or_else(|| near.iter().find_map(|line| linked(tree, line)))
        .or_else(|| near.iter().find_map(|line| called(tree, line)))
        .or_else(|| near.iter().find_map(|line| with_role(tree, line)))
}

/// `Jo Doe, staff writer`, alone on its line; below a picture it says who is seen.
fn with_role(tree: &Tree, line: &Line) -> Option<String> {
    let of_picture = |at: u32| {
        let node = &tree.nodes[at as usize];
        matches!(node.tag, Tag::Figure | Tag::Figcaption) || node.marks.has(Marks::PICTURE.and(Marks::CAPTION))
    };
    if line.marks.has(Marks::PICTURE.and(Marks::CAPTION)) || tree.ancestors(line.first).any(of_picture) {
        return None;
    }
    let text = tree.line_text(line.first, line.end, 120);
    let (name, role) = text.split_once(", ")?;
    let is_role = role.split_whitespace().count() <= MAX_WORDS && super::voice::names_role(role);
    let name = name_part(name).unwrap_or(name);
    (is_role && name.split_whitespace().count() >= 2).then(|| names(name, false)).flatten()
}

/// What stands before a name in the middle of a line too.
const INSIDE: [&str; 6] = ["作者：", "作者:", "记者：", "記者：", "撰文：", "文／"];

/// Of these, what names one person in a line of several labels.
const LABELS: [&str; 3] = ["作者：", "作者:", "撰文："];

/// What the name of an agency, a paper or a department ends in, before its reporter: `河报记者 李晓明`. A spokesman's answers to
/// reporters have a verb there.
const AGENCIES: &str = "社报報网網台臺刊讯訊电電视視闻聞京津沪滬市省县縣州港澳约約驻駐";

/// The rest of a line behind `记者`, where an agency or a place is before it and a name alone behind it.
fn reporter(text: &str) -> Option<&str> {
    ["記者", "记者"].iter().find_map(|word| {
        let (before, rest) = text.split_once(word)?;
        let before = before.chars().next_back();
        let rest = rest.trim_start();
        let n_letters = rest.chars().take_while(|c| c.is_alphanumeric()).count();
        let is_name = (2..=4).contains(&n_letters) && rest.chars().take(n_letters).all(is_cjk);
        (is_name && before.is_none_or(|c| AGENCIES.contains(c) || !c.is_alphanumeric())).then_some(rest)
    })
}
/// What joins two names.
const AND: [&str; 8] = [" and ", " und ", " et ", " y ", " e ", " и ", " i ", " και "];

/// Parts of the addresses of pages about a person.
const PERSONS: [&str; 12] = [
    "/author/",
    "/authors/",
    "/autor/",
    "/autoren/",
    "/auteur/",
    "/by/",
    "/people/",
    "/staff/",
    "/profile/",
    "/contributor/",
    "/contributors/",
    "/redaktion/",
];

/// A name that is a link to a page about its bearer.
fn linked(tree: &Tree, line: &Line) -> Option<String> {
    elements(tree, line).find_map(|at| {
        let href = attribute(tree.nodes[at as usize].element?, "href")?.to_ascii_lowercase();
        PERSONS.iter().any(|part| href.contains(part)).then(|| alone(tree, at)).flatten()
    })
}

/// A name in an element that is called the author.
fn called(tree: &Tree, line: &Line) -> Option<String> {
    elements(tree, line).find_map(|at| {
        let class = attribute(tree.nodes[at as usize].element?, "class")?.to_ascii_lowercase();
        let words = class.split(|c: char| !c.is_ascii_alphabetic());
        let names = words.clone().any(|word| NAMED.contains(&word));
        names.then(|| alone(tree, at)).flatten()
    })
}

/// Words of classes of an author's name.
const NAMED: [&str; 14] = [
    "author",
    "authors",
    "authorname",
    "byline",
    "autor",
    "autoren",
    "autorin",
    "auteur",
    "auteurs",
    "avtor",
    "fn",
    "writer",
    "reporter",
    "journalist",
];

/// The elements around and in a line, from the nearest on.
fn elements<'b>(tree: &'b Tree, line: &Line) -> impl Iterator<Item = u32> + 'b {
    let (first, end) = (line.first, line.end);
    let inside = (first..end).filter(|&at| tree.nodes[at as usize].element.is_some());
    // No further than the elements that hold this line alone.
    let around = tree.ancestors(first).take(3).filter(move |&at| tree.nodes[at as usize].end <= end + 2);
    around.chain(inside)
}

/// The text of an element that is a name, or names, and nothing else.
fn alone(tree: &Tree, at: u32) -> Option<String> {
    let text = tree.line_text(at, tree.nodes[at as usize].end, 120);
    let text = name_part(&text).unwrap_or(&text);
    let n_words = text.split_whitespace().count();
    (n_words >= 2).then(|| names(text, false)).flatten()
}

fn name_part(line: &str) -> Option<&str> {
    INTRODUCTIONS.iter().find_map(|introduction| {
        let (start, rest) = line.split_at_checked(introduction.len())?;
        if start.to_lowercase() != *introduction {
            return None;
        }
        let apart = !introduction.ends_with(|c: char| c.is_alphabetic() && !is_cjk(c)) || rest.starts_with([' ', ':']);
        apart.then(|| rest.trim_start_matches([' ', ':', '：', '|', '｜']))
    })
}

/// The names at the start of what follows "by". Where no class calls the line a byline only names may be in it.
fn names(text: &str, is_byline: bool) -> Option<String> {
    // `Jo Doe for the Example`
    let text = FOR.iter().filter_map(|word| text.find(word)).min().map_or(text, |at| &text[..at]);
    let end = text.find(|c: char| c.is_ascii_digit() || "|｜·•()（）–—@".contains(c)).unwrap_or(text.len());
    let (text, rest) = text.split_at(end);
    if text.chars().next().is_some_and(is_cjk) {
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '·').collect();
        return (2..=5).contains(&name.chars().count()).then_some(name);
    }
    let text = AND.iter().fold(text.to_owned(), |text, and| text.replace(and, ", "));
    let parts = text.split([',', '&', ';']).map(|part| part.trim().trim_end_matches(['.', '-']));
    let names: Vec<&str> = parts.take_while(|part| is_name(part)).take(MAX_NAMES).collect();
    let only_names = rest.is_empty() && names.join("").len() + 8 * names.len() >= text.len();
    (!names.is_empty() && (is_byline || only_names || !rest.is_empty())).then(|| names.join(", "))
}

fn is_name(part: &str) -> bool {
    let words: Vec<&str> = part.split_whitespace().collect();
    let capital = |word: &&&str| word.chars().next().is_some_and(char::is_uppercase);
    (1..=MAX_WORDS).contains(&words.len())
        && words.first().iter().chain(words.last().iter()).all(capital)
        && words.iter().all(|word| word.chars().all(|c| c.is_alphabetic() || "'’.-".contains(c)))
        // Jan is a name too; with another name after it, it is no month.
        && !(words.len() == 1 && super::dates::is_month(&fold(words[0])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reporter_is_a_name_alone_behind_an_agency_or_a_place() {
        for (line, name) in [
            ("河报记者 李晓明 2023-11-05", Some("李晓明")),
            ("新华社记者王明", Some("王明")),
            ("外交部发言人回答记者提问", None),
            ("新华社记者采访了三位专家", None),
        ] {
            assert_eq!(reporter(line).and_then(|rest| names(rest, false)).as_deref(), name, "{line}");
        }
    }
}
