//! A title or text → its terms: words and numbers of Latin, Cyrillic and other spaced scripts, pairs of Han letters,
//! and what the glossary makes of Chinese names. Dictionary-free, so that nothing needs loading.

use super::spread::{Map, Set};
use super::{fold, glossary, stopwords};
use crate::text::{is_alphanumeric, is_cjk};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A pair of Han letters or an ordinary word.
    Word,
    /// A number or a word with digits.
    Number,
    /// A name: written with a capital, in Latin letters among Han, or in the glossary.
    Name,
    /// A name with the number that follows it: `gemini 3.7`.
    Model,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub term: u32,
    pub kind: Kind,
    /// A name or number of a title as a person would recognise it; empty for all else, which is never shown.
    pub shown: String,
}

/// The 32 bits under which a term is known.
pub fn term(text: &str) -> u32 {
    (xxh3_64(text.as_bytes()) >> 32) as u32
}

static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| stopwords::ENGLISH.iter().copied().collect());
static STOP_HAN: LazyLock<Set<char>> = LazyLock::new(|| stopwords::HAN.chars().collect());

/// Longer names first, by their first letters: the English in tokens as an English text gives them.
type Row = (&'static str, Vec<(u32, Kind)>);
static GLOSSARY: LazyLock<Map<char, Vec<Row>>> = LazyLock::new(|| {
    let mut by_first: Map<char, Vec<Row>> = Map::default();
    for (han, english, name) in glossary::rows() {
        let kind = if name { Kind::Name } else { Kind::Word };
        let terms =
            tokens(english, false).into_iter().filter(|token| token.kind < Kind::Model).map(|token| (token.term, kind)).collect();
        if let Some(first) = han.chars().next() {
            by_first.entry(first).or_default().push((han, terms));
        }
    }
    by_first.values_mut().for_each(|rows| rows.sort_by_key(|row| std::cmp::Reverse(row.0.len())));
    by_first
});

/// A run of letters and digits of one script, with how it was written.
struct Run {
    /// Where it stands in the folded text.
    at: Range<usize>,
    han: bool,
    digits: bool,
    /// Starts with a capital (or, unlike English words, stands among Han).
    capital: bool,
    /// Nothing but a hyphen or a single blank since the run before.
    attached: bool,
    /// The first of its sentence, where a capital says nothing.
    first: bool,
}

/// The terms of `text`, repeated as it repeats them. In a title in which most words have capitals, capitals say
/// nothing either.
pub fn tokens(text: &str, title: bool) -> Vec<Token> {
    let (folded, runs) = runs(text);
    let spaced = || runs.iter().filter(|run| !run.han && !run.digits);
    let (n_spaced, n_capitals) = (spaced().count(), spaced().filter(|run| run.capital).count());
    let shouting = title && n_spaced >= 4 && n_capitals * 10 >= n_spaced * 7;
    let among_han = runs.iter().any(|run| run.han);
    let show = |name: &str| if title { name.to_owned() } else { String::new() };
    let mut out = Vec::with_capacity(runs.len());
    let mut previous_name: Option<&str> = None;
    for (n, run) in runs.iter().enumerate() {
        let text = &folded[run.at.clone()];
        if run.han {
            han_tokens(text, title, &mut out);
            previous_name = None;
            continue;
        }
        if run.digits {
            // A number alone says little below two digits; after a name it is a version.
            if let Some(name) = previous_name.filter(|_| run.attached) {
                let model = format!("{name} {text}");
                out.push(Token { term: term(&model), kind: Kind::Model, shown: show(&model) });
            }
            let unit = runs.get(n + 1).filter(|next| next.attached).map(|next| &folded[next.at.clone()]);
            // 20亿 and 2 billion are one number.
            let amount = unit.and_then(magnitude).zip(text.parse::<f64>().ok()).map(|(times, number)| times * number);
            if let Some(amount) = amount {
                let amount = format!("{amount:.0} in all");
                out.push(Token { term: term(&amount), kind: Kind::Number, shown: show(text) });
            } else if let Some(kind) = weight_of(text) {
                out.push(Token { term: term(text), kind, shown: show(text) });
            }
            previous_name = None;
            continue;
        }
        if STOP.contains(text) || (text.len() < 2 && !among_han) {
            previous_name = None;
            continue;
        }
        let name = text.len() >= 2 && (among_han || (run.capital && !run.first && !shouting));
        let (kind, shown) = if name { (Kind::Name, show(text)) } else { (Kind::Word, String::new()) };
        out.push(Token { term: term(stem(text)), kind, shown });
        previous_name = Some(text);
    }
    out
}

/// How many a word behind a number makes of it. Longer ones first.
const MAGNITUDES: &[(&str, f64)] = &[
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("trillion", 1e12),
    ("mln", 1e6),
    ("bln", 1e9),
    ("bn", 1e9),
    ("tn", 1e12),
    ("k", 1e3),
    ("m", 1e6),
    ("b", 1e9),
    ("万亿", 1e12),
    ("百万", 1e6),
    ("千万", 1e7),
    ("亿", 1e8),
    ("万", 1e4),
];

fn magnitude(unit: &str) -> Option<f64> {
    let han = unit.starts_with(is_cjk);
    let row = MAGNITUDES.iter().find(|(name, _)| if han { unit.starts_with(name) } else { unit == *name });
    row.map(|(_, times)| *times)
}

/// What a number is worth alone: what counts days, people or reasons is shared by chance, and so is a year.
fn weight_of(number: &str) -> Option<Kind> {
    let year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    match number.len() {
        ..=2 => None,
        _ if year => Some(Kind::Word),
        _ => Some(Kind::Number),
    }
}

fn han_tokens(run: &str, title: bool, out: &mut Vec<Token>) {
    let mut letters = run.char_indices().peekable();
    let mut named = 0;
    while let Some((at, c)) = letters.next() {
        if at >= named
            && let Some(rows) = GLOSSARY.get(&c)
            && let Some((han, english)) = rows.iter().find(|(han, _)| run[at..].starts_with(han))
        {
            // What stands inside a longer name is no name of its own: 亚马逊 in 亚马逊云.
            named = at + han.len();
            let shown = |kind: Kind| if kind == Kind::Name && title { (*han).to_owned() } else { String::new() };
            out.extend(english.iter().map(|(term, kind)| Token { term: *term, kind: *kind, shown: shown(*kind) }));
        }
        if let Some(&(next_at, next)) = letters.peek()
            && !STOP_HAN.contains(&c)
            && !STOP_HAN.contains(&next)
        {
            let pair = &run[at..next_at + next.len_utf8()];
            out.push(Token { term: term(pair), kind: Kind::Word, shown: String::new() });
        }
    }
}

/// Cuts English endings; crude, but the same for both sides.
pub fn stem(word: &str) -> &str {
    if !word.is_ascii() || word.len() < 4 {
        return word;
    }
    for (ending, least) in
        [("ings", 8), ("ing", 7), ("ies", 6), ("ed", 6), ("es", 6), ("ers", 7), ("er", 7), ("ly", 7), ("s", 4), ("e", 5)]
    {
        if word.len() >= least
            && let Some(stem) = word.strip_suffix(ending)
            && !(ending == "s" && stem.ends_with(['s', 'u', 'i']))
        {
            return stem.strip_suffix('e').filter(|stem| stem.len() >= 4).unwrap_or(stem);
        }
    }
    word
}

/// The runs of a text, and the folded text that they stand in.
fn runs(text: &str) -> (String, Vec<Run>) {
    let (mut folded, mut out) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() / 5));
    let mut first = true;
    let mut gap = usize::MAX;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if !is_alphanumeric(c) {
            let ends_sentence = matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '\n' | ':' | '：');
            if ends_sentence {
                first = true;
                gap = usize::MAX;
            } else if matches!(c, '-' | ' ' | '\u{a0}' | '‑' | '–') {
                gap = gap.saturating_add(1);
            } else if !matches!(c, '\'' | '’') {
                gap = gap.saturating_add(2);
            }
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let han = is_cjk(c);
        let digits = !han && is_digit(c);
        let is_point = |c: char, at: usize| {
            matches!(c, '.' | ',' | '．' | '，') && rest[at + c.len_utf8()..].chars().next().is_some_and(is_digit)
        };
        let mut letters = rest.char_indices();
        let end = letters.find(|&(at, c)| match (han, digits) {
            (true, _) => !is_cjk(c),
            (_, true) => !is_digit(c) && !is_point(c, at),
            _ => !is_alphanumeric(c) || is_cjk(c) || is_digit(c),
        });
        let (raw, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        let from = folded.len();
        if raw.is_ascii() {
            folded.push_str(raw);
            folded[from..].make_ascii_lowercase();
        } else {
            folded.push_str(&fold::comparable(raw));
        }
        if digits && raw.contains([',', '，']) {
            let plain = folded.split_off(from).replace(',', "");
            folded.push_str(&plain);
        }
        out.push(Run { at: from..folded.len(), han, digits, capital: c.is_uppercase() || digits, attached: gap <= 1, first });
        // "¥5亿" and "5亿" alike; letters right after digits are another run and attached to it.
        first = false;
        gap = 0;
        rest = after;
    }
    (folded, out)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}
