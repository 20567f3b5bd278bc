//! What one entry tells of what another one's title says: questions about terms, without weights. `score` weighs, `copies`,
//! `likeness` and `teller` ask.

use super::score::Term;
use super::words::Kind;

/// The rarest terms of a title that are looked for in the other entry.
const SUPPORTING_TERMS: usize = 4;

/// Whether two titles have the same terms, and so differ in nothing that counts.
pub fn same_title(a: &[Term], b: &[Term]) -> bool {
    let keys = |terms: &[Term]| terms.iter().filter(|term| term.in_title() > 0).map(|term| term.key()).collect::<Vec<_>>();
    let (a, b) = (keys(a), keys(b));
    !a.is_empty() && a == b
}

/// The share of a title's rarest terms that the other entry names anywhere.
pub fn title_support(title: impl Iterator<Item = (Term, f32)>, other: &[Term]) -> f32 {
    let mut title: Vec<(f32, u32)> = title.filter(|(term, _)| term.in_title() > 0).map(|(term, idf)| (idf, term.key())).collect();
    title.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    title.truncate(SUPPORTING_TERMS);
    let named = title.iter().filter(|(_, key)| other.binary_search_by_key(key, |term| term.key()).is_ok());
    if title.is_empty() { 1.0 } else { named.count() as f32 / title.len() as f32 }
}

/// The share of a title that the other entry names anywhere, by rarity.
pub fn named(title: impl Iterator<Item = (Term, f32)>, other: &[Term]) -> f32 {
    let (mut all, mut named) = (0.0, 0.0);
    for (term, idf) in title.filter(|(term, _)| term.in_title() > 0) {
        all += idf;
        if other.binary_search_by_key(&term.key(), |term| term.key()).is_ok() {
            named += idf;
        }
    }
    if all > 0.0 { named / all } else { 0.0 }
}

/// The share of what a title alone says that the other entry's text tells, by rarity; `None` if the other title says all of it.
pub fn own_told(title: impl Iterator<Item = (Term, f32)>, other: &[Term]) -> Option<f32> {
    let (mut all, mut told) = (0.0, 0.0);
    for (term, idf) in title.filter(|(term, _)| term.in_title() > 0) {
        let found = other.binary_search_by_key(&term.key(), |term| term.key()).ok().map(|at| other[at]);
        if found.is_some_and(|found| found.in_title() > 0) {
            continue;
        }
        all += idf;
        told += if found.is_some() { idf } else { 0.0 };
    }
    (all > 0.0).then(|| told / all)
}

/// Whether one entry names, anywhere, somebody or something that the other's title names; `None` if the title names nobody.
pub fn names_one_of(title: &[Term], other: &[Term]) -> Option<bool> {
    let mut names = title.iter().filter(|term| term.in_title() > 0 && term.kind() >= Kind::Name).peekable();
    names.peek()?;
    Some(names.any(|name| other.binary_search_by_key(&name.key(), |term| term.key()).is_ok()))
}

/// How many different words a text has, as far as it was read.
pub fn n_words(terms: &[Term]) -> usize {
    terms.iter().filter(|term| term.in_text() > 0).count()
}

/// Whether one of two texts, too short to be compared as such, has all words of the other.
pub fn one_note(a: &[Term], b: &[Term]) -> bool {
    let within = |a: &[Term], b: &[Term]| {
        let mut words = a.iter().filter(|term| term.in_text() > 0);
        words.all(|term| b.binary_search_by_key(&term.key(), |term| term.key()).is_ok())
    };
    within(a, b) || within(b, a)
}
