//! Nearly the same text: shingles, samples of them, and the two guards.
//!
//! A text is the set of its shingles (3 words; 5 letters where Han letters are frequent). Long texts keep a
//! sample: the hashes with enough trailing zeros (FracMinHash), so that shares of two texts can be estimated from
//! samples of different density; and the first shingles in full, because an excerpt or a teaser lies there.

use super::{fold, words};
use crate::text::is_cjk;
use xxhash_rust::xxh3::xxh3_64;

/// Shorter texts do not take part: a shared sentence says nothing.
const MIN_CHARS: usize = 50;

/// What is read of a text; the rest changes no decision.
const MAX_CHARS: usize = 40_000;

/// A sample holds at most this many hashes: ±5 % on a share of one half.
const SAMPLE: usize = 160;

/// Shingles of the start, kept in full.
const HEAD: usize = 112;

/// Facts are read from this much of a text …
const FACT_CHARS: usize = 700;

/// … and for the guard against templates, from its first sentences.
const HEAD_FACT_CHARS: usize = 260;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// Hashes of the sample, sorted. Those with `level` trailing zeros or more.
    pub sample: Box<[u32]>,
    pub level: u8,
    /// Distinct shingles of the whole text.
    pub n_shingles: u32,
    /// Hashes of the first shingles, sorted.
    pub head: Box<[u32]>,
    /// Numbers and names of the start of the text, sorted.
    pub facts: Box<[u32]>,
    /// Numbers of the first sentences, sorted.
    pub numbers: Box<[u32]>,
}

/// How much two texts have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    pub jaccard: f32,
    /// The share of the newcomer that the older text has.
    pub of_new: f32,
    /// The share of the older text that the newcomer has.
    pub of_old: f32,
    /// The share of the newcomer that the start of the older text has.
    pub in_head: f32,
    /// The share of the older text's start that the start of the newcomer has.
    pub head_in_head: f32,
}

/// What the text rung makes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A copy, an edit, an excerpt.
    Copy,
    /// Little in common.
    Different,
    /// Much in common, but the newcomer also says other things: a round-up or a quotation.
    Quotes,
    /// One template, other facts.
    Template,
}

impl Sketch {
    pub fn is_empty(&self) -> bool {
        self.n_shingles == 0
    }

    /// Hashes under which an older text is found: all of a short one, fewer of a long one.
    pub fn posted(&self) -> impl Iterator<Item = u32> {
        let every = match self.n_shingles {
            0..=24 => 1,
            25..=80 => 2,
            81..=200 => 4,
            _ => 6,
        };
        let from_head = self.head.iter().copied().filter(move |hash| hash.wrapping_mul(0x9e37_79b1) % every == 0);
        let mut posted: Vec<u32> = from_head.collect();
        posted.extend(self.sample.iter().copied().filter(|hash| hash.wrapping_mul(0x9e37_79b1) % (2 * every) == 0));
        posted.sort_unstable();
        posted.dedup();
        posted.into_iter()
    }

    /// Hashes with which a newcomer looks for older texts.
    pub fn asked(&self) -> Vec<u32> {
        let mut asked = self.head.to_vec();
        asked.extend_from_slice(&self.sample);
        asked.sort_unstable();
        asked.dedup();
        asked
    }
}

/// `text`: without boilerplate, with its capitals.
pub fn sketch(text: &str) -> Sketch {
    let raw = cut(text, MAX_CHARS);
    let text = fold::comparable(raw);
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.len() < MIN_CHARS.min(60) * 4 / 5 {
        return Sketch::default();
    }
    let cjk = letters.iter().filter(|c| is_cjk(**c)).count();
    let hashes: Vec<u32> = if cjk * 4 > letters.len() {
        letters
            .windows(5)
            .map(|window| {
                let mut bytes = [0; 20];
                for (i, c) in window.iter().enumerate() {
                    bytes[i * 4..i * 4 + 4].copy_from_slice(&u32::from(*c).to_le_bytes());
                }
                (xxh3_64(&bytes) >> 32) as u32
            })
            .collect()
    } else {
        let words: Vec<u64> = text
            .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
            .filter(|word| !word.is_empty())
            .map(|word| xxh3_64(word.as_bytes()))
            .collect();
        words
            .windows(3)
            .map(|window| {
                let mut bytes = [0; 24];
                for (i, word) in window.iter().enumerate() {
                    bytes[i * 8..i * 8 + 8].copy_from_slice(&word.to_le_bytes());
                }
                (xxh3_64(&bytes) >> 32) as u32
            })
            .collect()
    };
    if hashes.len() < 4 {
        return Sketch::default();
    }
    let mut head = hashes[..hashes.len().min(HEAD)].to_vec();
    let mut sample = hashes;
    for set in [&mut head, &mut sample] {
        set.sort_unstable();
        set.dedup();
    }
    let n_shingles = sample.len() as u32; // at most MAX_CHARS
    let mut level = 0;
    while sample.len() > SAMPLE {
        level += 1;
        sample.retain(|hash| hash.trailing_zeros() >= u32::from(level));
    }
    Sketch {
        sample: sample.into(),
        level,
        n_shingles,
        head: head.into(),
        facts: facts(cut(raw, FACT_CHARS)),
        numbers: numbers(cut(&text, HEAD_FACT_CHARS)),
    }
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

fn facts(text: &str) -> Box<[u32]> {
    let mut facts: Vec<u32> =
        words::tokens(text, false).iter().filter(|token| token.kind != words::Kind::Word).map(|token| token.term).collect();
    facts.sort_unstable();
    facts.dedup();
    facts.truncate(48);
    facts.into()
}

fn numbers(text: &str) -> Box<[u32]> {
    let mut numbers: Vec<u32> = text
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
        .map(|number| number.trim_matches(['.', ',']))
        .filter(|number| !number.is_empty())
        .map(|number| words::term(&number.replace(',', "")))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(24);
    numbers.into()
}

/// How many two sorted lists share.
pub fn shared(a: &[u32], b: &[u32]) -> usize {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                n += 1;
                i += 1;
                j += 1;
            }
        }
    }
    n
}

/// So few samples say nothing of a share.
const FEW_SAMPLES: usize = 6;

pub fn overlap(new: &Sketch, old: &Sketch) -> Overlap {
    let level = new.level.max(old.level);
    let at_level = |hash: &&u32| hash.trailing_zeros() >= u32::from(level);
    let (mut i, mut both) = (0, 0);
    let mut n_new = 0;
    let old_sample: Vec<u32> = old.sample.iter().filter(at_level).copied().collect();
    for hash in new.sample.iter().filter(at_level) {
        n_new += 1;
        while i < old_sample.len() && old_sample[i] < *hash {
            i += 1;
        }
        both += usize::from(i < old_sample.len() && old_sample[i] == *hash);
    }
    let n_old = old_sample.len();
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f32 / whole as f32 };
    let heads = shared(&new.head, &old.head);
    let (in_head, head_in_head) = (share(heads, new.head.len()), share(heads, old.head.len()));
    let mut of_new = share(both, n_new);
    // Too few samples of a short text in a long one: its head is known in full.
    if n_new < 16 && new.level < old.level {
        of_new = if n_new < FEW_SAMPLES { in_head } else { of_new.max(in_head) };
    }
    Overlap { jaccard: share(both, n_new + n_old - both), of_new, of_old: share(both, n_old), in_head, head_in_head }
}

/// A newcomer of which the older text has at least this share says nothing else …
const COVERED: f32 = 0.78;

/// … and one that holds the whole older text may add this much: a notice, a new sentence.
const WHOLE: f32 = 0.9;
const COVERED_WITH_WHOLE: f32 = 0.55;

/// Accepts copies, edits and excerpts; refuses round-ups, quotations and templates. `alike`: the titles' cosine.
pub fn verdict(new: &Sketch, old: &Sketch, o: &Overlap, alike: f32) -> Verdict {
    let longer = new.n_shingles > old.n_shingles;
    let close = o.of_new >= COVERED && o.jaccard >= 0.4;
    // A newcomer is an excerpt only if it starts as the older text does, or says it is the same thing.
    let excerpt = !longer && o.of_new >= COVERED && (o.in_head >= 0.45 || o.of_old >= 0.3 || alike >= 0.35);
    // The other way round more is asked: whoever quotes or collects also holds other texts whole.
    let extended = o.of_old >= WHOLE && o.of_new >= COVERED_WITH_WHOLE;
    let full_text = longer && o.of_old >= 0.8 && o.head_in_head >= 0.75 && alike >= 0.75;
    if !(close || excerpt || extended || full_text) {
        let quotes = o.of_old >= 0.5 || o.of_new >= 0.3;
        return if quotes { Verdict::Quotes } else { Verdict::Different };
    }
    // Short texts under titles that share nothing: what they share is the site's, not the article's.
    if alike < 0.05 && new.n_shingles.min(old.n_shingles) < 100 && o.jaccard < 0.95 {
        return Verdict::Different;
    }
    if is_template(new, old, o) { Verdict::Template } else { Verdict::Copy }
}

/// Whether what the newcomer has beside `old` is largely a third text: then it puts two texts together.
pub fn puts_together(new: &Sketch, old: &Sketch, third: &Sketch) -> bool {
    let level = new.level.max(old.level).max(third.level);
    let at_level = |sketch: &Sketch| -> Vec<u32> {
        sketch.sample.iter().copied().filter(|hash| hash.trailing_zeros() >= u32::from(level)).collect()
    };
    let (all, old, third) = (at_level(new), at_level(old), at_level(third));
    let rest: Vec<u32> = all.iter().copied().filter(|hash| old.binary_search(hash).is_err()).collect();
    rest.len() >= 8 && rest.len() * 8 >= all.len() && shared(&rest, &third) * 2 >= rest.len()
}

/// One form filled in with other facts: the numbers of the first sentences differ, or the names do.
fn is_template(new: &Sketch, old: &Sketch, o: &Overlap) -> bool {
    let n = shared(&new.numbers, &old.numbers);
    let (only_new, only_old) = (new.numbers.len() - n, old.numbers.len() - n);
    let short = new.n_shingles < 260 && old.n_shingles < 260;
    if short && only_new >= 1 && only_old >= 1 && n * 2 < n + only_new + only_old {
        return true;
    }
    let facts = shared(&new.facts, &old.facts);
    let least = new.facts.len().min(old.facts.len());
    o.jaccard < 0.9 && least >= 4 && facts * 5 < least * 2
}
