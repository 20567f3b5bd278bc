//! Decisions in sentences for people, with the figures they rest on.

use super::likeness::Likeness;
use super::score::{self, FEATURES};
use super::shingle::{Overlap, Verdict};
use super::{AddressHit, AddressKind, Evidence, Nearest};
use crate::model::{Dedupe, EntryId};

fn percent(share: f32) -> u32 {
    (share * 100.0).round() as u32
}

pub fn address(hit: &AddressHit) -> Evidence {
    let kind = |kind: AddressKind| match kind {
        AddressKind::Link => "link",
        AddressKind::Final => "address after redirects",
        AddressKind::Canonical => "canonical address",
        AddressKind::OpenGraph => "og:url",
    };
    let why = match (hit.kind, hit.their_kind) {
        (mine, theirs) if mine == theirs => format!("same address: both have the {} {}", kind(mine), hit.key),
        (mine, theirs) => format!("same address: its {} is the other's {}, {}", kind(mine), kind(theirs), hit.key),
    };
    Evidence {
        why,
        with: Some(hit.entry),
        figures: vec![("entries_with_address".to_owned(), hit.n_entries as f32)],
        ..Evidence::default()
    }
}

pub fn text(with: EntryId, overlap: &Overlap, by_title: bool) -> Evidence {
    let (new, old) = (percent(overlap.of_new), percent(overlap.of_old));
    let why = if by_title && overlap.jaccard == 0.0 {
        "same headline, word for word".to_owned()
    } else if by_title {
        format!("same headline, and {new} % of its text is in the other")
    } else if new >= 98 && old >= 98 {
        "same text".to_owned()
    } else {
        format!("nearly the same text: {new} % of it is in the other, which has {old} % in common with it")
    };
    let figures = vec![
        ("share_of_new".to_owned(), overlap.of_new),
        ("share_of_old".to_owned(), overlap.of_old),
        ("jaccard".to_owned(), overlap.jaccard),
        ("old_start_in_new".to_owned(), overlap.head_in_head),
    ];
    Evidence { why, with: Some(with), figures, ..Evidence::default() }
}

pub fn not_a_copy(verdict: Verdict, overlap: &Overlap) -> String {
    match verdict {
        Verdict::Template => format!(
            "{} % of the text is the same, but its names or numbers differ: a form filled in anew",
            percent(overlap.of_new)
        ),
        _ => format!("only {} % of its text is in the other: it quotes it", percent(overlap.of_new)),
    }
}

fn likeness(pair: &Likeness, names: &[String]) -> String {
    let mut parts = Vec::new();
    if !names.is_empty() {
        let named: Vec<String> = names.iter().take(3).map(|name| format!("“{name}”")).collect();
        parts.push(format!("both titles name {}", named.join(", ")));
    }
    parts.push(format!("titles {} % alike", percent(pair.features[score::TITLE_COSINE])));
    parts.push(format!("titles and texts {} %", percent(pair.features[score::ALL_COSINE])));
    let hours = pair.apart.as_secs_f32() / 3600.0;
    parts.push(if hours < 1.0 { format!("{:.0} min apart", hours * 60.0) } else { format!("{hours:.0} h apart") });
    parts.join(", ")
}

pub fn story(found: &Likeness, threshold: f32, names: &[String]) -> Evidence {
    let score = found.score;
    let why = format!("same story: {}; score {score:.2}, threshold {:.2}", likeness(found, names), threshold);
    let mut figures = vec![("score".to_owned(), score), ("threshold".to_owned(), threshold)];
    let told = FEATURES.iter().zip(found.features).filter(|(_, value)| *value != 0.0);
    figures.extend(told.map(|(name, value)| ((*name).to_owned(), value)));
    Evidence { why, with: Some(found.entry), figures, ..Evidence::default() }
}

pub fn missing(found: &Likeness, threshold: f32) -> String {
    format!("score {:.2} of {:.2}: {}", found.score, threshold, likeness(found, &[]))
}

/// Of a member that its story does not hold: `n_apart` of its `n` other members bear other identifiers, the rest have
/// nothing in common with it.
pub fn outlier(n_apart: usize, n: usize) -> Evidence {
    let why = match n_apart {
        0 => format!("a later look let it go: it has nothing in common with the {n} others of its story"),
        _ => format!("a later look let it go: {n_apart} of the {n} others of its story bear other identifiers"),
    };
    Evidence { why, figures: vec![("others".to_owned(), n as f32), ("apart".to_owned(), n_apart as f32)], ..Evidence::default() }
}

/// Of members whose story turned out to be another one.
pub fn merged(found: &Likeness, threshold: f32, names: &[String]) -> Evidence {
    let told = story(found, threshold, names);
    Evidence { why: format!("a later look found one story in two: {}", told.why), ..told }
}

pub fn first(dedupe: Dedupe, roundup: bool, nearest: Option<Nearest>) -> Evidence {
    let why = match (dedupe, roundup, &nearest) {
        (Dedupe::Off, ..) => "its feed is not compared with others",
        (Dedupe::Story, true, _) => "a round-up stays a story of its own",
        (_, _, Some(_)) => "nothing near enough in the window",
        _ => "nothing like it in the window",
    };
    Evidence { why: why.to_owned(), nearest, ..Evidence::default() }
}
