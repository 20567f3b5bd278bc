//! Headlines of one frame with other words filled in: `Government to ban sale of disposable vapes` and `… of peat compost`.
//!
//! Where neither entry has a text that tells what the other headline says, the order of the words is all there is to go by. Who
//! reports one event anew leaves words out, adds some, or turns them about; who fills in a frame has something of his own
//! wherever the headlines differ, and the rest is equal. What both say in other words of one meaning is equal as well.

use super::form::{CJK, WHAT, common, unit};
use super::spread::{Map, Set};
use super::{stopwords, synonyms};
use std::sync::LazyLock;

/// What stands before the first word that two titles share, between such words, and behind the last one: how many words each
/// has of its own.
pub type Gap = (usize, usize);

/// `None` if they share nothing, or share it in another order.
pub fn gaps(a: &[u32], b: &[u32]) -> Option<Vec<Gap>> {
    let same = |x: u32, y: u32| x & !WHAT == y & !WHAT;
    let longest = common(a, b);
    let width = b.len() + 1;
    let n_ordered = usize::from(longest[0]);
    let mut left: Vec<u32> = b.to_vec();
    let n_shared = a.iter().filter(|x| left.iter().position(|y| same(**x, *y)).map(|at| left.swap_remove(at)).is_some()).count();
    if n_ordered == 0 || n_ordered * 5 < n_shared * 4 {
        return None;
    }
    let (mut i, mut j, mut gap) = (0, 0, (0, 0));
    let mut gaps = Vec::with_capacity(n_ordered + 1);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && same(a[i], b[j]) {
            gaps.push(std::mem::take(&mut gap));
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || i < a.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            gap.0 += 1;
            i += 1;
        } else {
            gap.1 += 1;
            j += 1;
        }
    }
    gaps.push(gap);
    Some(gaps)
}

pub fn is_filled(gap: &Gap) -> bool {
    gap.0 > 0 && gap.1 > 0
}

/// Whether each title has something of its own wherever they differ.
pub fn all_filled(gaps: &[Gap]) -> bool {
    gaps.iter().any(is_filled) && gaps.iter().all(|gap| is_filled(gap) || *gap == (0, 0))
}

/// Whether one title may be the other with something else filled in: what they share stands in the same order, and each has
/// something of its own at the start, where the subject stands, or wherever they differ. Who says a thing in other words also
/// adds some. Much less than `form::one_form` asks for: it is for titles of one feed.
pub fn filled_in(a: &[u32], b: &[u32]) -> bool {
    let Some(gaps) = gaps(a, b) else { return false };
    gaps.first().is_some_and(is_filled) || all_filled(&gaps)
}

/// Whether two titles are one frame filled in anew: at least half of what the shorter one says stands in both, in the same
/// order, and each has words of its own wherever they differ. Two fifths are enough where they differ in one place alone:
/// `Scientists find gold in tree needles`, `Scientists find caffeine in sea birds`.
pub fn refilled(a: &[u32], b: &[u32]) -> bool {
    let (a, b) = (telling(a), telling(b));
    let Some(gaps) = gaps(&a, &b) else { return false };
    let n_places = gaps.iter().filter(|gap| **gap != (0, 0)).count();
    let (n_shared, n_said) = (gaps.len() - 1, a.len().min(b.len()));
    let framed = n_shared * 2 >= n_said || n_places == 1 && n_shared * 5 >= n_said * 2;
    framed && (all_filled(&gaps) || all_filled(&without_chance(&gaps, &a)))
}

/// A single Han letter that stands in both fillings is there by chance: 绿色工厂, 工业设计.
fn without_chance(gaps: &[Gap], a: &[u32]) -> Vec<Gap> {
    let mut out: Vec<Gap> = Vec::with_capacity(gaps.len());
    let mut at = 0;
    for (n, gap) in gaps.iter().enumerate() {
        // The word that both share before this gap.
        let before = n.checked_sub(1).map(|_| a[at - 1]);
        let alone = *gap != (0, 0) && out.last().is_some_and(|last| *last != (0, 0));
        match out.last_mut() {
            Some(last) if alone && before.is_some_and(|word| word & WHAT == CJK) => {
                *last = (last.0 + gap.0 + 1, last.1 + gap.1 + 1);
            }
            _ => out.push(*gap),
        }
        at += gap.0 + 1;
    }
    out
}

/// The words of a title that say something, those of one meaning as one.
fn telling(units: &[u32]) -> Vec<u32> {
    static SILENT: LazyLock<Set<u32>> = LazyLock::new(|| {
        let words = stopwords::ENGLISH.iter().map(|word| unit(word, 0));
        // The letters of Japanese endings say what becomes of the words before them.
        let letters = stopwords::HAN.chars().chain('\u{3041}'..='\u{3096}');
        words.chain(letters.map(letter)).collect()
    });
    static ONE: LazyLock<Map<u32, u32>> = LazyLock::new(|| {
        let words = |row: &&[&str]| row.iter().flat_map(|word| synonyms::inflected(word)).map(|word| unit(&word, 0)).collect();
        let rows = synonyms::ENGLISH.iter().map(words);
        rows.flat_map(|row: Vec<u32>| row.clone().into_iter().map(move |word| (word, row[0]))).collect()
    });
    static ONE_HAN: LazyLock<Map<(u32, u32), u32>> = LazyLock::new(|| {
        let rows = synonyms::HAN.iter().flat_map(|row| row.iter().map(move |word| (pair(word), unit(row[0], 0))));
        rows.collect()
    });
    let hash = |word: u32| word & !WHAT;
    let mut out = Vec::with_capacity(units.len());
    let mut i = 0;
    while i < units.len() {
        let pair = units.get(i + 1).and_then(|next| ONE_HAN.get(&(hash(units[i]), hash(*next))));
        if let Some(one) = pair {
            // Two letters weigh as two.
            out.extend([one | CJK, one.wrapping_add(WHAT + 1) | CJK]);
            i += 2;
            continue;
        }
        if !SILENT.contains(&hash(units[i])) {
            out.push(ONE.get(&hash(units[i])).map_or(units[i], |one| one | units[i] & WHAT));
        }
        i += 1;
    }
    out
}

fn pair(word: &str) -> (u32, u32) {
    let mut letters = word.chars().map(letter);
    (letters.next().unwrap_or(0), letters.next().unwrap_or(0))
}

fn letter(c: char) -> u32 {
    unit(c.encode_utf8(&mut [0; 4]), 0)
}

#[cfg(test)]
mod tests {
    use super::super::form::units;
    use super::*;

    fn is(a: &str, b: &str) -> bool {
        refilled(&units(a), &units(b))
    }

    #[test]
    fn frames_are_filled_in_anew() {
        for (a, b) in [
            ("Government to ban sale of disposable vapes", "Government to ban sale of peat compost"),
            ("Supreme court to hear case on gun law", "Supreme court to hear case on school prayer"),
            ("Labour wins Runcorn by-election", "Plaid Cymru wins Caerphilly by-election"),
            ("Scientists find gold in tree needles", "Scientists find caffeine in sea birds"),
            ("Deal: Roborock vacuum for $299", "Deal: Dyson vacuum for $349"),
            ("Госдума приняла закон о рекламе", "Госдума приняла закон о такси"),
            ("证监会核准宏图股份非公开发行", "证监会核准海陆重工非公开发行"),
            ("工信部公示绿色工厂名单", "工信部公示工业设计中心名单"),
            ("経産省、半導体支援策を発表", "経産省、蓄電池支援策を発表"),
        ] {
            assert!(is(a, b), "{a} | {b}");
        }
    }

    #[test]
    fn who_tells_it_in_other_words_fills_in_nothing() {
        for (a, b) in [
            ("Spotify raises prices in Europe", "Spotify hikes prices across Europe"),
            ("Supreme Court to hear case on birthright citizenship", "Supreme Court agrees to hear birthright citizenship case"),
            ("Meta to shut down Threads in Turkey", "Meta shutting down Threads in Turkey"),
            ("特斯拉召回12万辆Model Y", "特斯拉宣布召回12万辆Model Y汽车"),
            ("华为发布新款折叠手机", "华为推出新款折叠手机"),
            ("Storm hits Skye", "Storm hits Skye"),
        ] {
            assert!(!is(a, b), "{a} | {b}");
        }
    }
}
