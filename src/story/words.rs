//! A title or text → its terms: words and numbers of Latin, Cyrillic and other spaced scripts, pairs of Han letters,
//! and what the glossary makes of Chinese names. Dictionary-free, so that nothing needs loading.

use super::{fold, glossary, stopwords};
use crate::text::is_cjk;
use std::collections::{HashMap, HashSet};
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
    /// As a person would recognise it; empty for common words, which are never shown.
    pub shown: String,
}

/// The 32 bits under which a term is known.
pub fn term(text: &str) -> u32 {
    (xxh3_64(text.as_bytes()) >> 32) as u32
}

static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| stopwords::ENGLISH.iter().copied().collect());
static STOP_HAN: LazyLock<HashSet<char>> = LazyLock::new(|| stopwords::HAN.chars().collect());

type Entry = (&'static str, &'static str, bool);
static GLOSSARY: LazyLock<HashMap<char, Vec<Entry>>> = LazyLock::new(|| {
    let mut by_first: HashMap<char, Vec<Entry>> = HashMap::new();
    let names = glossary::NAMES.iter().map(|(han, english)| (*han, *english, true));
    let words = glossary::WORDS.iter().map(|(han, english)| (*han, *english, false));
    for entry in names.chain(words) {
        if let Some(first) = entry.0.chars().next() {
            by_first.entry(first).or_default().push(entry);
        }
    }
    by_first.values_mut().for_each(|rows| rows.sort_by_key(|row| std::cmp::Reverse(row.0.len())));
    by_first
});

/// A run of letters and digits of one script, with how it was written.
struct Run {
    /// Folded.
    text: String,
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
    let runs = runs(text);
    let spaced: Vec<&Run> = runs.iter().filter(|run| !run.han && !run.digits).collect();
    let capitals = spaced.iter().filter(|run| run.capital).count();
    let shouting = title && spaced.len() >= 4 && capitals * 10 >= spaced.len() * 7;
    let among_han = runs.iter().any(|run| run.han);
    let mut out = Vec::new();
    let mut previous_name: Option<&str> = None;
    for run in &runs {
        if run.han {
            han_tokens(&run.text, &mut out);
            previous_name = None;
            continue;
        }
        if run.digits {
            // A number alone says little below two digits; after a name it is a version.
            if let Some(name) = previous_name.filter(|_| run.attached) {
                let model = format!("{name} {}", run.text);
                out.push(Token { term: term(&model), kind: Kind::Model, shown: model });
            }
            if run.text.len() >= 2 {
                out.push(Token { term: term(&run.text), kind: Kind::Number, shown: run.text.clone() });
            }
            previous_name = None;
            continue;
        }
        let stem = stem(&run.text);
        if STOP.contains(run.text.as_str()) || (run.text.len() < 2 && !among_han) {
            previous_name = None;
            continue;
        }
        let name = run.text.len() >= 2 && (among_han || (run.capital && !run.first && !shouting));
        let kind = if name { Kind::Name } else { Kind::Word };
        let shown = if name { run.text.clone() } else { String::new() };
        out.push(Token { term: term(stem), kind, shown });
        previous_name = Some(&run.text);
    }
    out
}

fn han_tokens(run: &str, out: &mut Vec<Token>) {
    let letters: Vec<(usize, char)> = run.char_indices().collect();
    for (i, (at, c)) in letters.iter().enumerate() {
        if let Some(rows) = GLOSSARY.get(c)
            && let Some((han, english, name)) = rows.iter().find(|(han, ..)| run[*at..].starts_with(han))
        {
            let kind = if *name { Kind::Name } else { Kind::Word };
            let shown = if *name { (*han).to_owned() } else { String::new() };
            out.extend(english.split(' ').map(|word| Token { term: term(stem(word)), kind, shown: shown.clone() }));
        }
        if let Some((next_at, next)) = letters.get(i + 1)
            && !STOP_HAN.contains(c)
            && !STOP_HAN.contains(next)
        {
            let pair = &run[*at..next_at + next.len_utf8()];
            out.push(Token { term: term(pair), kind: Kind::Word, shown: pair.to_owned() });
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

fn runs(text: &str) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    let mut first = true;
    let mut gap = usize::MAX;
    let characters: Vec<char> = text.chars().collect();
    let mut i = 0;
    while i < characters.len() {
        let c = characters[i];
        if !c.is_alphanumeric() {
            let ends_sentence = matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '\n' | ':' | '：');
            if ends_sentence {
                first = true;
                gap = usize::MAX;
            } else if matches!(c, '-' | ' ' | '\u{a0}' | '‑' | '–') {
                gap = gap.saturating_add(1);
            } else if !matches!(c, '\'' | '’') {
                gap = gap.saturating_add(2);
            }
            i += 1;
            continue;
        }
        let start = i;
        let han = is_cjk(c);
        let digits = !han && is_digit(c);
        while i < characters.len() {
            let c = characters[i];
            let goes_on = if han {
                is_cjk(c)
            } else if digits {
                let point =
                    matches!(c, '.' | ',' | '．' | '，') && i > start && characters.get(i + 1).copied().is_some_and(is_digit);
                is_digit(c) || point
            } else {
                c.is_alphanumeric() && !is_cjk(c) && !is_digit(c)
            };
            if !goes_on {
                break;
            }
            i += 1;
        }
        let raw: String = characters[start..i].iter().collect();
        let mut text = fold::comparable(&raw);
        if digits {
            text.retain(|c| c != ',');
        }
        out.push(Run { han, digits, capital: c.is_uppercase() || digits, attached: gap <= 1, first, text });
        // "¥5亿" and "5亿" alike; letters right after digits are another run and attached to it.
        first = false;
        gap = 0;
    }
    out
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}
