//! The author as readers see it, for pages whose data do not name one.

use super::classes::Marks;
use super::lines::Line;
use super::select::Selection;
use super::tree::{Tree, weight};
use crate::text::{fold, is_cjk};

/// What stands before a name. A row that ends in a letter needs a space, or a capital, after it.
const INTRODUCTIONS: [&str; 15] =
    ["by", "von", "par", "por", "di", "text:", "作者：", "作者:", "文/", "文／", "文｜", "文|", "文 ", "記者", "记者"];
/// A byline says little else.
const MAX_WEIGHT: u32 = 60;
/// Lines before and after the headline among which the byline is.
const LINES_BEFORE: usize = 3;
const LINES_AFTER: usize = 6;
/// "Jo van der Doe".
const MAX_WORDS: usize = 5;
const MAX_NAMES: usize = 5;

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
    near.filter(|line| !line.tag.is_heading()).find_map(|line| {
        let text = tree.line_text(line.first, line.end, 200);
        names(name_part(&text)?, line.marks.has(Marks::BYLINE.and(Marks::AUTHOR_BOX)))
    })
}

fn name_part(line: &str) -> Option<&str> {
    INTRODUCTIONS.iter().find_map(|introduction| {
        let (start, rest) = line.split_at_checked(introduction.len())?;
        if !start.eq_ignore_ascii_case(introduction) {
            return None;
        }
        let apart = !introduction.ends_with(|c: char| c.is_ascii_alphabetic()) || rest.starts_with([' ', ':']);
        apart.then(|| rest.trim_start_matches([' ', ':', '：', '|', '｜']))
    })
}

/// The names at the start of what follows "by". Where no class calls the line a byline only names may be in it.
fn names(text: &str, is_byline: bool) -> Option<String> {
    let end = text.find(|c: char| c.is_ascii_digit() || "|｜·•()（）–—@".contains(c)).unwrap_or(text.len());
    let (text, rest) = text.split_at(end);
    if text.chars().next().is_some_and(is_cjk) {
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '·').collect();
        return (2..=6).contains(&name.chars().count()).then_some(name);
    }
    let parts =
        text.split([',', '&', ';']).flat_map(|part| part.split(" and ")).map(|part| part.trim().trim_end_matches(['.', '-']));
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
        && !super::dates::is_month(&fold(words[0]))
}
