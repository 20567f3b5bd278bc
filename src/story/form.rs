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
const CJK: u32 = 3;
const WHAT: u32 = 3;

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

fn unit(word: &str, what: u32) -> u32 {
    (xxh3_64(word.as_bytes()) >> 32) as u32 & !WHAT | what
}

/// Whether two titles fill in one form.
pub fn one_form(a: &[u32], b: &[u32]) -> bool {
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let same = |x: u32, y: u32| x & !WHAT == y & !WHAT;
    // The longest common subsequence, from the ends.
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
    let (mut i, mut j, mut run, mut best_run, mut names) = (0, 0, 0, 0, 0);
    // What stands in a gap on either side: bits 1 for a name, 2 for a number.
    let (mut gap_a, mut gap_b, mut filled, mut renamed) = (0, 0, false, false);
    let mut close = |gap_a: &mut u32, gap_b: &mut u32| {
        filled |= *gap_a != 0 && *gap_b != 0;
        renamed |= *gap_a & *gap_b & NAME != 0;
        (*gap_a, *gap_b) = (0, 0);
    };
    let specific = |unit: u32| if unit & WHAT == CJK { 0 } else { unit & WHAT };
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && same(a[i], b[j]) {
            close(&mut gap_a, &mut gap_b);
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
            gap_a |= specific(a[i]);
            i += 1;
        } else {
            gap_b |= specific(b[j]);
            j += 1;
        }
    }
    close(&mut gap_a, &mut gap_b);
    let shared = f32::from(longest[0]) / a.len().min(b.len()) as f32;
    let framed = best_run >= MIN_RUN * MIN_RUN_CJK || longest[0] >= MIN_EQUAL && shared >= HALF_EQUAL;
    framed && if names == 0 { filled } else { renamed && shared >= MOSTLY_EQUAL }
}
