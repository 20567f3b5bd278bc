//! Nearly the same text: shingles, samples of them, and the two guards.
//!
//! A text is the set of its shingles (3 words; 5 letters where Han letters are frequent). Long texts keep a
//! sample: the hashes with enough leading zeros (FracMinHash), so that shares of two texts can be estimated from
//! samples of different density; and the first shingles in full, because an excerpt or a teaser lies there.

use super::fold;
use super::words::{self, Kind, Token};
use crate::text::{cut, is_alphanumeric, is_cjk};
use xxhash_rust::xxh3::xxh3_64;

/// Texts of fewer letters and digits do not take part: a shared sentence says nothing.
const MIN_LETTERS: usize = 40;

/// What is read of a text; the rest changes no decision.
const MAX_CHARS: usize = 40_000;

/// A sample holds at most this many hashes: ±6 % on a share of one half.
const SAMPLE: usize = 128;

/// A text of fewer shingles is a sentence or two.
const SHORT_SHINGLES: u32 = 100;

/// A text of so many shingles tells something of its own.
const TOLD: u32 = 20;

/// Bits of a hash that a sketch keeps: two texts of a hundred shingles share one by chance in six pairs.
const KEPT_BITS: u32 = 16;

/// Shingles under which an older text is found, about: who shares a fifth of it meets several …
const POSTED: usize = 20;

/// … and by which a newcomer looks for older texts.
const ASKED: usize = 64;

/// Shingles of the start, kept in full.
const HEAD: usize = 112;

/// Its first sentences, whose numbers are looked at apart, for the guard against templates.
const HEAD_FACT_CHARS: usize = 260;

/// What is kept of a text: enough to estimate what it shares with another.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sketch {
    /// Four sorted lists, one behind the other; the others begin at `starts`. The sample: hashes with `level` leading
    /// zeros or more, [`KEPT_BITS`] of each from there on. The first shingles; none where the sample holds no others.
    /// Numbers and names of the start of the text. Numbers of the first sentences.
    kept: Box<[u16]>,
    starts: [u16; 3],
    level: u8,
    /// Distinct shingles of the whole text.
    pub n_shingles: u32,
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

impl Overlap {
    /// Whether one text may be a copy of the other, or at least quotes it.
    pub fn is_much(&self) -> bool {
        self.of_old >= 0.5 || self.of_new >= 0.3
    }
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

    /// Whether two such texts can be equal by chance, or because their sites say the same below everything.
    pub fn is_short(&self) -> bool {
        self.n_shingles < SHORT_SHINGLES
    }

    /// Whether the text has a shingle, as far as is known.
    pub fn has(&self, hash: u32) -> bool {
        let sampled = hash.leading_zeros() >= u32::from(self.level);
        let kept = (hash >> (32 - KEPT_BITS - u32::from(self.level))) as u16;
        sampled && self.sample().binary_search(&kept).is_ok() || self.first().binary_search(&((hash >> KEPT_BITS) as u16)).is_ok()
    }

    /// The least that is known of its shingles by name.
    pub fn n_known(&self) -> usize {
        self.sample().len().max(self.first().len())
    }

    fn list(&self, n: usize) -> &[u16] {
        let from = if n == 0 { 0 } else { usize::from(self.starts[n - 1]) };
        let to = self.starts.get(n).map_or(self.kept.len(), |end| usize::from(*end));
        &self.kept[from..to]
    }

    fn sample(&self) -> &[u16] {
        self.list(0)
    }

    fn first(&self) -> &[u16] {
        self.list(1)
    }

    fn head(&self) -> &[u16] {
        if self.first().is_empty() { self.sample() } else { self.first() }
    }

    fn facts(&self) -> &[u16] {
        self.list(2)
    }

    fn numbers(&self) -> &[u16] {
        self.list(3)
    }

    /// The sample as if the text had been sampled at level `high`, with as many bits of each hash as at level `low`.
    fn at<'a>(&'a self, low: u8, high: u8, room: &'a mut [u16; SAMPLE]) -> &'a [u16] {
        let shift = u32::from(self.level - low);
        let below = 1u32 << (KEPT_BITS - u32::from(high - self.level).min(KEPT_BITS));
        let sample = self.sample();
        let sample = &sample[..sample.partition_point(|kept| u32::from(*kept) < below)];
        if shift == 0 {
            return sample;
        }
        for (to, kept) in room.iter_mut().zip(sample) {
            *to = kept >> shift;
        }
        &room[..sample.len()]
    }
}

/// Of so many shingles `n` at most, about, and the same ones of whatever text as far as can be: whether this is one.
fn chosen(n_shingles: usize, n: usize) -> impl Fn(&u32) -> bool {
    let mask = (n_shingles / n).next_power_of_two() as u32 - 1;
    move |hash| (hash.wrapping_mul(0x9e37_79b1) >> 16) & mask == 0
}

/// Of the shingles that are known of a newcomer, those by which it looks for older texts.
pub fn asked(shingles: &[u32]) -> impl Iterator<Item = u32> {
    shingles.iter().copied().filter(chosen(shingles.len(), ASKED))
}

/// … and those under which it will be found itself.
pub fn posted(shingles: &[u32]) -> impl Iterator<Item = u32> {
    shingles.iter().copied().filter(chosen(shingles.len(), POSTED))
}

/// Whether a newcomer with so many known shingles is found under this one of them.
pub fn posts(n_shingles: usize, shingle: u32) -> bool {
    chosen(n_shingles, POSTED)(&shingle)
}

/// The sketch of a text, and the hashes of its sample and its first shingles, sorted. `text`: without
/// boilerplate, with its capitals; `start`: its first tokens.
pub fn sketch(text: &str, start: &[Token]) -> (Sketch, Box<[u32]>) {
    let text = fold::comparable(cut(text, MAX_CHARS));
    let (words, n_letters, n_cjk) = words_of(&text);
    if n_letters < MIN_LETTERS {
        return Default::default();
    }
    let hashes: Vec<u32> = if n_cjk * 4 > n_letters {
        let letters: Vec<u64> = text.chars().filter(|c| is_alphanumeric(*c)).map(u64::from).collect();
        letters.windows(5).map(hash).collect()
    } else {
        words.windows(3).map(hash).collect()
    };
    if hashes.len() < 4 {
        return Default::default();
    }
    let mut head = hashes[..hashes.len().min(HEAD)].to_vec();
    let mut sample = hashes;
    for set in [&mut head, &mut sample] {
        set.sort_unstable();
        set.dedup();
    }
    let n_shingles = sample.len() as u32; // at most MAX_CHARS
    let mut level = 0u32;
    while sample.len() > SAMPLE {
        level += 1;
        sample.retain(|hash| hash.leading_zeros() >= level);
    }
    let kept = |hashes: &[u32], level: u32| -> Box<[u16]> {
        let mut kept: Vec<u16> = hashes.iter().map(|hash| (hash >> (32 - KEPT_BITS - level)) as u16).collect();
        kept.dedup();
        kept.into()
    };
    let mut lists = kept(&sample, level).into_vec();
    let mut starts = [lists.len() as u16; 3];
    if n_shingles as usize > HEAD {
        lists.extend(kept(&head, 0));
    }
    starts[1] = lists.len() as u16;
    lists.extend(facts(start));
    starts[2] = lists.len() as u16;
    lists.extend(numbers(cut(&text, HEAD_FACT_CHARS)));
    // 40,000 shingles are 128 after nine halvings.
    let sketch = Sketch { kept: lists.into(), starts, level: level as u8, n_shingles };
    head.append(&mut sample);
    head.sort_unstable();
    head.dedup();
    (sketch, head.into())
}

/// Of a shingle; every bit depends on every letter or word of it and on their order.
fn hash(shingle: &[u64]) -> u32 {
    let mixed = shingle.iter().fold(0u64, |mixed, part| (mixed.rotate_left(29) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    ((mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32
}

/// The hashes of a text's words, and how many letters and digits it has, and how many of these are Han letters.
fn words_of(text: &str) -> (Vec<u64>, usize, usize) {
    let (mut words, mut n_letters, mut n_cjk) = (Vec::with_capacity(text.len() / 5), 0, 0);
    let (mut rest, mut at) = (text, 0);
    while let Some(&byte) = rest.as_bytes().get(at) {
        let (in_word, end) = if byte.is_ascii() {
            n_letters += usize::from(byte.is_ascii_alphanumeric());
            (byte.is_ascii_alphanumeric() || byte == b'\'', at + 1)
        } else {
            let Some(c) = rest[at..].chars().next() else { break };
            let letter = is_alphanumeric(c);
            n_letters += usize::from(letter);
            n_cjk += usize::from(letter && is_cjk(c));
            (letter || c == '’', at + c.len_utf8())
        };
        if in_word {
            at = end;
            continue;
        }
        if at > 0 {
            words.push(xxh3_64(&rest.as_bytes()[..at]));
        }
        (rest, at) = (&rest[end..], 0);
    }
    if at > 0 {
        words.push(xxh3_64(rest.as_bytes()));
    }
    (words, n_letters, n_cjk)
}

fn facts(start: &[Token]) -> Box<[u16]> {
    let facts = start.iter().filter(|token| token.kind != Kind::Word);
    let mut facts: Vec<u16> = facts.map(|token| (token.term >> 16) as u16).collect();
    facts.sort_unstable();
    facts.dedup();
    facts.truncate(48);
    facts.into()
}

fn numbers(text: &str) -> Box<[u16]> {
    let mut numbers: Vec<u16> = text
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
        .map(|number| number.trim_matches(['.', ',']))
        .filter(|number| !number.is_empty())
        .map(|number| (words::term(&number.replace(',', "")) >> 16) as u16)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(24);
    numbers.into()
}

/// How many two sorted lists share.
fn shared(a: &[u16], b: &[u16]) -> usize {
    let (mut i, mut j, mut n) = (0, 0, 0);
    // No branch depends on which is less: that is a coin's toss.
    while let (Some(mine), Some(theirs)) = (a.get(i), b.get(j)) {
        n += usize::from(mine == theirs);
        i += usize::from(mine <= theirs);
        j += usize::from(theirs <= mine);
    }
    n
}

/// So few samples say nothing of a share.
const FEW_SAMPLES: usize = 6;

/// `titled`: their titles are one. The starts of the texts are compared only where that can decide anything.
pub fn overlap(new: &Sketch, old: &Sketch, titled: bool) -> Overlap {
    let (low, high) = (new.level.min(old.level), new.level.max(old.level));
    let (mut mine, mut theirs) = ([0; SAMPLE], [0; SAMPLE]);
    let (mine, theirs) = (new.at(low, high, &mut mine), old.at(low, high, &mut theirs));
    let both = shared(mine, theirs);
    let (n_new, n_old) = (mine.len(), theirs.len());
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f32 / whole as f32 };
    let jaccard = share(both, n_new + n_old - both);
    let mut overlap =
        Overlap { jaccard, of_new: share(both, n_new), of_old: share(both, n_old), in_head: 0.0, head_in_head: 0.0 };
    let few = n_new < 16 && new.level < old.level;
    if few || titled || overlap.is_much() {
        let heads = shared(new.head(), old.head());
        overlap.in_head = share(heads, new.head().len());
        overlap.head_in_head = share(heads, old.head().len());
    }
    // Too few samples of a short text in a long one: its head is known in full.
    if few {
        overlap.of_new = if n_new < FEW_SAMPLES { overlap.in_head } else { overlap.of_new.max(overlap.in_head) };
    }
    overlap
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
        return if o.is_much() { Verdict::Quotes } else { Verdict::Different };
    }
    // Short texts under titles that share nothing: what they share is the site's, not the article's.
    let word_for_word = o.jaccard >= 0.97 && new.n_shingles >= TOLD;
    if alike < 0.05 && (new.is_short() || old.is_short()) && !word_for_word {
        return Verdict::Different;
    }
    if is_template(new, old, o) { Verdict::Template } else { Verdict::Copy }
}

/// Whether what the newcomer has beside `old` is largely a third text: then it puts two texts together.
pub fn puts_together(new: &Sketch, old: &Sketch, third: &Sketch) -> bool {
    let low = new.level.min(old.level).min(third.level);
    let high = new.level.max(old.level).max(third.level);
    let sample = |sketch: &Sketch| sketch.at(low, high, &mut [0; SAMPLE]).to_vec();
    let (all, old, third) = (sample(new), sample(old), sample(third));
    let rest: Vec<u16> = all.iter().copied().filter(|hash| old.binary_search(hash).is_err()).collect();
    rest.len() >= 8 && rest.len() * 8 >= all.len() && shared(&rest, &third) * 2 >= rest.len()
}

/// Whether the start of each text has a name or a number that the other's has not.
pub fn facts_differ(new: &Sketch, old: &Sketch) -> bool {
    let facts = shared(new.facts(), old.facts());
    let numbers = shared(new.numbers(), old.numbers());
    new.facts().len() > facts && old.facts().len() > facts || new.numbers().len() > numbers && old.numbers().len() > numbers
}

/// One form filled in with other facts: the numbers of the first sentences differ, or the names do.
fn is_template(new: &Sketch, old: &Sketch, o: &Overlap) -> bool {
    let n = shared(new.numbers(), old.numbers());
    let (only_new, only_old) = (new.numbers().len() - n, old.numbers().len() - n);
    let short = new.n_shingles < 260 && old.n_shingles < 260;
    if short && only_new >= 1 && only_old >= 1 && n * 2 < n + only_new + only_old {
        return true;
    }
    let facts = shared(new.facts(), old.facts());
    let least = new.facts().len().min(old.facts().len());
    o.jaccard < 0.9 && least >= 4 && facts * 5 < least * 2
}
