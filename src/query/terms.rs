//! Which terms a text is indexed under.
//!
//! The index keeps no text and no positions, only which entries hold a term; a term is a word or, in CJK text, a
//! pair of neighbouring characters. So every hit is checked against the text itself ([`super::Words::matches`]), which
//! also gives exact substring search in CJK and exact phrases.

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
pub(super) fn for_each_term(folded: &str, query: bool, mut each: impl FnMut(&str)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_words_and_pairs() {
        assert_eq!(terms("谷歌一劍 AI", "The Café's AI-2 谷 x"), "谷歌 歌一 一劍 ai the café s 2 谷 x ");
    }
}
