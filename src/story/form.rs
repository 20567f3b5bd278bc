//! Titles that fill in one form: "Acme raises $12 million to build robots", "Initech raises $7 million to build toys".
//!
//! What two such titles share is the form's, so that it is no evidence of one story, however rare its words are in a
//! young index. A form shows in the order: a run of equal words, and a gap where each side has a name or a number
//! of its own. Two reports of one event share names, or say it in other words.

use super::fold;
use crate::text::{is_alphanumeric, is_cjk};
use xxhash_rust::xxh3::xxh3_64;

/// Words (or letters of scripts without blanks) of a title that are looked at.
const MAX_UNITS: usize = 40;

/// Equal words in a row that make a form; letters of scripts without blanks say less each.
const MIN_RUN: usize = 3;
const MIN_RUN_CJK: usize = 5;

/// … or this many, if they are half of the shorter title.
const MIN_EQUAL: u8 = 4;
const HALF_EQUAL: f32 = 0.5;

/// … or so many, where the texts are asked as well.
const MIN_FRAME: u8 = 3;

/// A form with this share of equal words is one even if a name is among the equal words.
const MOSTLY_EQUAL: f32 = 0.6;

/// What an amount is counted in: no name, though some languages write it like one.
const AMOUNTS: &[&str] = &[
    "million",
    "millions",
    "millionen",
    "mio",
    "milliarde",
    "milliarden",
    "mrd",
    "billion",
    "billions",
    "billionen",
    "trillion",
    "milliard",
    "milliards",
    "millones",
    "milhões",
    "milioni",
    "miliardi",
    "euro",
    "euros",
    "dollar",
    "dollars",
    "dólares",
    "usd",
    "eur",
    "yuan",
    "rmb",
    "yen",
    "pounds",
    "prozent",
    "percent",
];

/// The lowest bits of a unit say what it may be; the rest is its hash.
const NAME: u32 = 1;
const NUMBER: u32 = 2;
pub(super) const CJK: u32 = 3;
pub(super) const WHAT: u32 = 3;

/// The words of a title in their order: hashes that also say whether a word may be a name or number.
pub fn units(title: &str) -> Box<[u32]> {
    let mut out = Vec::new();
    let mut word = String::new();
    // The first word of a sentence has a capital whatever it is.
    let mut first = false;
    for c in title.chars().chain([' ']) {
        let alone = stands_alone(c);
        if (alone || !is_alphanumeric(c)) && !word.is_empty() {
            let folded = fold::comparable(&word);
            let capital = word.chars().any(char::is_uppercase) && word.chars().nth(1).is_some();
            let what = match word.chars().any(char::is_numeric) {
                true => NUMBER,
                false if capital && !first && !AMOUNTS.contains(&&*folded) => NAME,
                false => 0,
            };
            out.push(unit(&folded, what));
            word.clear();
            first = false;
        }
        first |= matches!(c, ':' | '!' | '?');
        if alone {
            out.push(unit(c.encode_utf8(&mut [0; 4]), CJK));
        } else if is_alphanumeric(c) {
            word.push(c);
        }
    }
    out.truncate(MAX_UNITS);
    out.into()
}

/// Letters of scripts that put no blanks between words.
fn stands_alone(c: char) -> bool {
    is_cjk(c) || ('\u{3040}'..='\u{30ff}').contains(&c)
}

pub(super) fn unit(word: &str, what: u32) -> u32 {
    (xxh3_64(word.as_bytes()) >> 32) as u32 & !WHAT | what
}

/// The lengths of the longest common subsequences, from each pair of places to the ends.
pub(super) fn common(a: &[u32], b: &[u32]) -> Vec<u8> {
    let same = |x: u32, y: u32| x & !WHAT == y & !WHAT;
    let width = b.len() + 1;
    let mut longest = vec![0u8; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if same(a[i], b[j]) {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    longest
}

/// Words of a title that was cut short, at least.
const MIN_CUT: usize = 8;

/// Whether one title is the start of the other, but for its last word, which may be cut in two.
pub fn is_cut(a: &[u32], b: &[u32]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let n = short.len().saturating_sub(1);
    short.len() >= MIN_CUT && short.len() < long.len() && short[..n].iter().zip(long).all(|(x, y)| x & !WHAT == y & !WHAT)
}

/// What parts the head of a title from the rest.
const HEAD_MARKS: &[&str] = &[":", "：", " | ", "｜", "|", "丨", " – ", " — ", " - "];

/// How many units stand before the first mark of a head; 0 without one.
pub fn n_head(title: &str) -> u8 {
    let at = HEAD_MARKS.iter().filter_map(|mark| title.find(mark)).min();
    at.map_or(0, |at| units(&title[..at]).len().min(MAX_HEAD) as u8)
}

/// A longer head is a sentence.
const MAX_HEAD: usize = 12;

/// Whether two titles have one head and say unlike things below it: `Ask the vet: …`, `每日一词：…`.
pub fn under_one_head((a, n_a): (&[u32], u8), (b, n_b): (&[u32], u8)) -> bool {
    let n = usize::from(n_a);
    if n == 0 || n_a != n_b || n >= a.len() || n >= b.len() {
        return false;
    }
    let same = |(x, y): (&u32, &u32)| x & !WHAT == y & !WHAT;
    let (a_rest, b_rest) = (&a[n..], &b[n..]);
    let shared = common(a_rest, b_rest)[0];
    a[..n].iter().zip(&b[..n]).all(same) && usize::from(shared) * 5 < a_rest.len().min(b_rest.len())
}

/// Two titles, laid beside each other.
struct Beside {
    /// A run of equal words, or half of the words: what a form has.
    framed: bool,
    /// How many words are equal.
    equal: u8,
    /// The share of the shorter title that is equal.
    shared: f32,
    /// How many equal words are names or numbers.
    names: u32,
    /// How many gaps there are.
    places: u32,
    /// Some gap holds a word on both sides …
    differs: bool,
    /// … a name or a number …
    filled: bool,
    /// … a name.
    renamed: bool,
    /// Both begin with letters of their own: Chinese titles begin with who does it.
    subjects: bool,
}

fn beside(a: &[u32], b: &[u32]) -> Beside {
    let same = |x: u32, y: u32| x & !WHAT == y & !WHAT;
    let longest = common(a, b);
    let width = b.len() + 1;
    let (mut i, mut j, mut run, mut best_run, mut names) = (0, 0, 0, 0, 0);
    // What stands in a gap on either side: bits 1 for a name, 2 for a number, 4 for any word.
    const ANY: u32 = 4;
    let (mut gap_a, mut gap_b, mut filled) = (0, 0, 0);
    let mut subjects = false;
    let (mut n_a, mut n_b) = (0, 0);
    let specific = |unit: u32| if unit & WHAT == CJK { 0 } else { unit & WHAT };
    let mut places = 0;
    let mut close = |gap_a: &mut u32, gap_b: &mut u32| {
        let (a, b) = (std::mem::take(gap_a), std::mem::take(gap_b));
        places += u32::from(a | b != 0);
        let named = if a & WHAT != 0 && b & WHAT != 0 { NUMBER } else { 0 };
        a & b & (NAME | ANY) | named
    };
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && same(a[i], b[j]) {
            filled |= close(&mut gap_a, &mut gap_b);
            subjects |= n_a == i && n_b == j && i.min(j) >= 2 && a[0] & b[0] & WHAT == CJK;
            run += if a[i] & WHAT == CJK { MIN_RUN } else { MIN_RUN_CJK };
            best_run = best_run.max(run);
            // The first word of a sentence has a capital whatever it is.
            names += u32::from(specific(a[i]) & specific(b[j]) != 0 && (i > 0 || j > 0));
            (i, j) = (i + 1, j + 1);
            continue;
        }
        run = 0;
        let skip_a = j >= b.len() || i < a.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1];
        if skip_a {
            gap_a |= specific(a[i]) | ANY;
            n_a += 1;
            i += 1;
        } else {
            gap_b |= specific(b[j]) | ANY;
            n_b += 1;
            j += 1;
        }
    }
    filled |= close(&mut gap_a, &mut gap_b);
    let shared = f32::from(longest[0]) / a.len().min(b.len()).max(1) as f32;
    Beside {
        framed: best_run >= MIN_RUN * MIN_RUN_CJK || longest[0] >= MIN_EQUAL && shared >= HALF_EQUAL,
        equal: longest[0],
        shared,
        names,
        places,
        differs: filled & ANY != 0,
        filled: filled & NUMBER != 0,
        renamed: filled & NAME != 0,
        subjects,
    }
}

/// Whether two titles fill in one form.
pub fn one_form(a: &[u32], b: &[u32]) -> bool {
    let found = beside(a, b);
    found.framed
        && if found.subjects {
            true
        } else if found.names == 0 {
            found.filled
        } else {
            found.renamed && found.shared >= MOSTLY_EQUAL
        }
}

/// How two titles say something else each in one frame of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// In several places, or in a frame that is the smaller part of them.
    Loose,
    /// In one place, where both are filled in, and the frame is most of them.
    Tight,
}

/// Whether two titles have one frame: less than [`one_form`] asks for, so that the texts have to be asked whether they tell of
/// one thing all the same.
pub fn one_frame(a: &[u32], b: &[u32]) -> Option<Frame> {
    let found = beside(a, b);
    if !found.differs || !found.framed && (found.equal < MIN_FRAME || found.shared < HALF_EQUAL) {
        return None;
    }
    Some(if found.places == 1 && found.shared >= MOSTLY_EQUAL { Frame::Tight } else { Frame::Loose })
}
