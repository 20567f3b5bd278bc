//! Full-text search: which terms a text is indexed under, and whether a text holds what was asked.
//!
//! The index keeps no text and no positions, only which entries hold a term; a term is a word or, in CJK text, a
//! pair of neighbouring characters. So every hit is checked against the text itself, which also gives exact
//! substring search in CJK and exact phrases.

use crate::text;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// A document's distinct terms, joined by blanks, as the index's tokenizer splits them again.
pub fn terms(title: &str, body: &str) -> String {
    // About as many as a text of this length has, so that the set need not grow.
    let mut seen: HashSet<u64, BuildHasherDefault<Identity>> =
        HashSet::with_capacity_and_hasher(body.len() / 16 + 16, BuildHasherDefault::default());
    let mut out = String::with_capacity(body.len() / 2 + 64);
    for part in [title, body] {
        let folded = text::fold(part);
        for_each_term(&folded, false, |term| {
            if seen.insert(xxhash_rust::xxh3::xxh3_64(term.as_bytes())) {
                out.push_str(term);
                out.push(' ');
            }
        });
    }
    out
}

/// A hash of a hash would be work for nothing.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn write(&mut self, _: &[u8]) {
        debug_assert!(false, "only hashes are kept");
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Longer words are cut: nobody types them, and hostile ones would fill the index.
const MAX_TERM_BYTES: usize = 40;

/// Calls `each` for every term of folded text. A lone CJK character is a term by itself; in a query it is left to the
/// check of the text, because in a longer run it was indexed only within its pairs.
fn for_each_term(folded: &str, query: bool, mut each: impl FnMut(&str)) {
    let mut word_start = None;
    let mut previous: Option<usize> = None; // where the CJK character before this one starts
    let mut run = 0;
    let end_of_run = |previous: Option<usize>, run: usize, end: usize, each: &mut dyn FnMut(&str)| {
        if let (Some(start), 1, false) = (previous, run, query) {
            each(&folded[start..end]);
        }
    };
    let bytes = folded.as_bytes();
    let mut next = 0;
    while next <= bytes.len() {
        if word_start.is_none() && previous.is_none() {
            // Words of ASCII between ASCII, most of most texts.
            while bytes.get(next).is_some_and(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric()) {
                next += 1;
            }
            let start = next;
            while bytes.get(next).is_some_and(u8::is_ascii_alphanumeric) {
                next += 1;
            }
            if start < next && bytes.get(next).is_none_or(u8::is_ascii) {
                each(text::clip(&folded[start..next], MAX_TERM_BYTES));
                continue;
            }
            word_start = (start < next).then_some(start);
        }
        let at = next;
        // The end ends what is open.
        let c = match bytes.get(at) {
            Some(byte) if !byte.is_ascii() => folded[at..].chars().next().unwrap_or(' '),
            Some(&byte) => char::from(byte),
            None => ' ',
        };
        next += c.len_utf8();
        if c.is_ascii_alphanumeric() {
            while bytes.get(next).is_some_and(u8::is_ascii_alphanumeric) {
                next += 1;
            }
        } else if text::is_cjk(c) {
            if let Some(start) = word_start.take() {
                each(text::clip(&folded[start..at], MAX_TERM_BYTES));
            }
            if let Some(before) = previous {
                each(&folded[before..at + c.len_utf8()]);
            }
            previous = Some(at);
            run += 1;
            continue;
        }
        end_of_run(previous.take(), run, at, &mut each);
        run = 0;
        if text::is_alphanumeric(c) {
            word_start.get_or_insert(at);
        } else if let Some(start) = word_start.take() {
            each(text::clip(&folded[start..at], MAX_TERM_BYTES));
        }
    }
}

/// What a person asked for: every word must be there; `"…"` is a phrase; `-word` must not be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub wanted: Vec<String>,
    pub unwanted: Vec<String>,
}

impl Query {
    /// Any text is a query; there are no syntax errors.
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        let folded = text::fold(text);
        let mut rest = folded.trim_start();
        while !rest.is_empty() {
            let (unwanted, after) = match rest.strip_prefix('-') {
                Some(after) => (true, after),
                None => (false, rest),
            };
            let (phrase, next) = match after.strip_prefix('"') {
                Some(inside) => inside.split_once('"').unwrap_or((inside, "")),
                None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
            if phrase.chars().any(char::is_alphanumeric) {
                if unwanted { query.unwanted.push(phrase) } else { query.wanted.push(phrase) }
            }
            rest = next.trim_start();
        }
        query
    }

    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// The index's own expression: every term quoted, so that no text is syntax. `None` where no term can be
    /// looked up (a single CJK character): then all entries must be checked.
    pub fn expression(&self) -> Option<String> {
        let mut out = String::new();
        for phrase in &self.wanted {
            for_each_term(phrase, true, |term| {
                if !out.is_empty() {
                    out.push_str(" AND ");
                }
                out.push('"');
                out.push_str(term);
                out.push('"');
            });
        }
        if out.is_empty() { None } else { Some(out) }
    }

    /// Whether title and text really hold what was asked.
    pub fn matches(&self, title: &str, body: &str) -> bool {
        let (title, body) = (text::fold(title), text::fold(body));
        let holds = |phrase: &String| holds(&title, phrase) || holds(&body, phrase);
        self.wanted.iter().all(holds) && !self.unwanted.iter().any(holds)
    }
}

/// Whether `phrase` stands in `text` with word boundaries at its ends, which CJK does not have.
fn holds(text: &str, phrase: &str) -> bool {
    let joined = |a: Option<char>, b: Option<char>| match (a, b) {
        (Some(a), Some(b)) => a.is_alphanumeric() && b.is_alphanumeric() && !text::is_cjk(a) && !text::is_cjk(b),
        _ => false,
    };
    text.match_indices(phrase).any(|(at, found)| {
        let before = joined(text[..at].chars().next_back(), phrase.chars().next());
        let after = joined(phrase.chars().next_back(), text[at + found.len()..].chars().next());
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_words_and_pairs() {
        assert_eq!(terms("谷歌一劍 AI", "The Café's AI-2 谷 x"), "谷歌 歌一 一劍 ai the café s 2 谷 x ");
    }

    #[test]
    fn queries_are_never_syntax() {
        let query = Query::parse("Rust -\"memory  leak\" 谷歌 OR \" ) NEAR(");
        assert_eq!(query.wanted, ["rust", "谷歌", "or", ") near("]);
        assert_eq!(query.unwanted, ["memory leak"]);
        assert_eq!(query.expression().unwrap(), "\"rust\" AND \"谷歌\" AND \"or\" AND \"near\"");
        assert_eq!(Query::parse("谷").expression(), None);
    }

    #[test]
    fn hits_are_checked() {
        assert!(Query::parse("歌一").matches("谷歌一劍", ""));
        assert!(!Query::parse("谷一").matches("谷歌一劍", ""));
        assert!(Query::parse("rust").matches("", "In Rust, of course"));
        assert!(!Query::parse("rust").matches("trust", "rusty"));
        assert!(Query::parse("gpt4").matches("用GPT4寫", ""));
    }
}
