//! An entry → all that decisions look at: the dear part, done off the writer's thread.

use super::marks::{Mark, marks};
use super::score::{Term, terms};
use super::shingle::{Sketch, sketch};
use super::words::{Kind, tokens};
use super::{Item, boilerplate, fold, form, roundup, sites};
use crate::model::{EntryId, FeedId, Timestamp};
use crate::text::{self, clip, is_cjk};
use xxhash_rust::xxh3::xxh3_64;

/// Titles are names, not texts.
const MAX_TITLE_BYTES: usize = 1024;

/// With fewer different words a text is no text but a note ("82 points, 174 comments").
const MIN_TEXT_TERMS: usize = 12;

/// What is read of a text …
const MAX_TEXT_BYTES: usize = 128 * 1024;

/// … and of its start, for its terms and the facts in it.
const START_CHARS: usize = 400;

/// What the index compares: computed off the writer's thread. Opaque but for the three first fields.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Prepared {
    pub entry: EntryId,
    pub feed: FeedId,
    pub at: Timestamp,
    /// Whose site its link leads to; 0 for none.
    pub(super) site: u32,
    /// What tells it apart from others of its name.
    pub(super) marks: Box<[Mark]>,
    /// The hash of the title as `title`, of whatever length; 0 for none.
    pub(super) headline: u32,
    pub(super) roundup: bool,
    pub(super) advice: bool,
    /// Whether its title (else its text) is written in Han letters.
    pub(super) han: bool,
    /// The hash of the title without what publishers add to it; 0 where it is too short to identify anything.
    pub(super) title: u64,
    pub(super) has_title: bool,
    /// The title's words in their order.
    pub(super) units: Box<[u32]>,
    /// How many of them stand before a colon or a bar.
    pub(super) n_head: u8,
    /// Whether its text (else its title) is written in Han letters: a title may be full of foreign names.
    pub(super) han_text: bool,
    /// Whether there is a text that can be judged.
    pub(super) has_text: bool,
    pub(super) terms: Box<[Term]>,
    pub(super) sketch: Sketch,
    /// The shingles that are known of its text, sorted; dropped when the entry is taken in.
    pub(super) shingles: Box<[u32]>,
    /// Names in the title as a person would read them; dropped when the entry is taken in.
    pub(super) shown: Vec<(u32, String)>,
}

/// The order in which a batch is decided: whatever order it arrived in, it gives the same stories.
pub fn sort_batch(batch: &mut [Prepared]) {
    batch.sort_by_key(|new| (new.at, new.entry));
}

/// Computes the features of an item: the dear part of a decision.
pub fn prepare(item: &Item) -> Prepared {
    let title = clip(item.title, MAX_TITLE_BYTES);
    let raw_text = clip(item.text, MAX_TEXT_BYTES);
    let folded_title = fold::comparable(title);
    let text = boilerplate::strip(&text::compose(raw_text));
    let bare = bare_title(&folded_title);
    let mut title_tokens = tokens(without_site(title), true);
    title_tokens.truncate(64);
    let start = tokens(text::cut(&text, START_CHARS), false);
    let terms = terms(&title_tokens, &start);
    let mut shown: Vec<(u32, String)> = Vec::new();
    for token in &title_tokens {
        if token.kind != Kind::Word && !shown.iter().any(|(term, _)| *term == token.term) {
            shown.push((token.term, token.shown.clone()));
        }
    }
    let (sketch, shingles) = sketch(&text, &start);
    let letters = |text: &str| {
        let (han, all) = text
            .chars()
            .filter(|c| matches!(c, '\u{4e00}'..='\u{9fff}') || c.is_alphabetic())
            .take(200)
            .fold((0, 0), |(han, all), c| (han + usize::from(is_cjk(c)), all + 1));
        (all > 0).then_some(han * 4 > all)
    };
    Prepared {
        entry: item.entry,
        feed: item.feed,
        at: item.at,
        site: sites::site(item.link),
        marks: marks(&text::compose(title)),
        headline: if bare.is_empty() { 0 } else { (xxh3_64(bare.as_bytes()) >> 32) as u32 | 1 },
        roundup: roundup::is_roundup(&folded_title),
        advice: roundup::is_advice(&folded_title),
        han: letters(title).or_else(|| letters(raw_text)).unwrap_or(false),
        title: if identifies(&bare) { xxh3_64(bare.as_bytes()) | 1 } else { 0 },
        has_title: !bare.is_empty(),
        han_text: letters(&text).or_else(|| letters(title)).unwrap_or(false),
        units: form::units(without_site(title)),
        n_head: form::n_head(without_site(title)),
        has_text: terms.iter().filter(|term| term.in_text() > 0).count() >= MIN_TEXT_TERMS,
        terms,
        sketch,
        shingles,
        shown,
    }
}

/// Marks that publishers put before a title.
const PREFIXES: &[&str] = &[
    "独家",
    "突发",
    "最新",
    "快讯",
    "重磅",
    "热点",
    "首发",
    "转载",
    "agency",
    "breaking",
    "exclusive",
    "update",
    "updated",
    "watch",
    "video",
    "opinion",
    "show hn",
    "ask hn",
    "tell hn",
    "just in",
];

/// … and after it.
const SUFFIXES: &[&str] =
    &["(图)", "(组图)", "(视频)", ", report says", ",网友热议", ": report", " - report", "(video)", "(pdf)", "(updated)"];

/// `title - Site name - Section` without what follows the marks, where the title is much the longer part.
fn without_site(mut title: &str) -> &str {
    for _ in 0..2 {
        let cut = [" - ", " | ", " – ", " — ", "_", " :: "].iter().filter_map(|mark| title.rsplit_once(mark)).find(
            |(before, after)| {
                let (n_before, n_after) = (before.chars().count(), after.chars().count());
                n_before >= 12 && n_after * 2 <= n_before && n_after <= 30 && after.split(' ').count() <= 4
            },
        );
        match cut {
            Some((before, _)) => title = before.trim_end(),
            None => break,
        }
    }
    title
}

/// A folded title without marks, site names and anything but letters and digits.
fn bare_title(title: &str) -> String {
    let mut title = title.trim();
    for suffix in SUFFIXES {
        title = title.strip_suffix(suffix).unwrap_or(title).trim_end();
    }
    for _ in 0..2 {
        title = boilerplate::without_lead(title);
        let cut = PREFIXES.iter().find_map(|prefix| {
            let rest = title.strip_prefix(prefix)?.trim_start();
            let marked = rest.trim_start_matches([':', '|', '!', '-', '–', '—']);
            (marked.len() < rest.len()).then(|| marked.trim_start())
        });
        match cut {
            Some(rest) => title = rest,
            None => break,
        }
    }
    title = without_site(title);
    title
        .chars()
        .filter(|c| text::is_alphanumeric(*c) || *c == ' ')
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a bare title is long enough to be written only once: five words, or ten Han letters.
fn identifies(bare: &str) -> bool {
    let han = bare.chars().filter(|c| is_cjk(*c)).count();
    han >= 10 || bare.split(' ').count() + han / 2 >= 5 && bare.chars().count() >= 18
}
