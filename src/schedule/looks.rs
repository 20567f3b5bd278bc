//! Answers that are not taken as they are: validators that never change, empty bodies that mean "unchanged", and documents
//! in which something was left for later.

use super::types::FeedState;
use super::words::{days, words};
use crate::model::Timestamp;
use std::time::Duration;

/// A feed whose server says that nothing has changed is looked at as if for the first time after so many of its usual
/// gaps, and within these bounds: some servers send one validator for ever.
const LOOK_AFTER_GAPS: u32 = 8;
const LOOK_AT_LEAST: Duration = days(2);
const LOOK_AT_MOST: Duration = days(60);
const DAY: Duration = days(1);
/// Where no rhythm is known.
const LOOK_USUALLY: Duration = days(7);
/// Where validators have hidden entries before.
const LOOK_AT_LIARS: Duration = Duration::from_secs(6 * 3600);

/// Whether the next poll is to be made without validators, and why. Each look that finds nothing doubles the wait for the
/// next one, so that an honest server that is silent for years is asked for its whole feed a few times a year.
pub fn unconditional(now: Timestamp, state: &FeedState) -> Option<String> {
    if edit_is_due(now, state) {
        return Some("an edit that was put off is due: asked for the whole".to_owned());
    }
    let since = state.unmodified_since?;
    let usual = state.rhythm.entries_a_day(state.newest.map_or(since, |newest| newest.min(since)));
    let gap = usual.map(|a_day| DAY.div_f64(a_day.max(1e-3)));
    let patience = match state.validators_lie {
        true => LOOK_AT_LIARS,
        false => {
            let first = gap.map_or(LOOK_USUALLY, |gap| gap.saturating_mul(LOOK_AFTER_GAPS)).clamp(LOOK_AT_LEAST, LOOK_AT_MOST);
            first.saturating_mul(1 << state.vain_looks.min(8)).min(LOOK_AT_MOST)
        }
    };
    let silent = now.since(since);
    (silent >= patience).then(|| match state.validators_lie {
        true => "its server has called a changed feed unchanged before: asked for the whole".to_owned(),
        false => format!("nothing has changed for {}, says its server: asked for the whole once", words(silent)),
    })
}

/// Whether a document is to be read although it is the one that was read before, because an edit in it was put off until now.
pub fn edit_is_due(now: Timestamp, state: &FeedState) -> bool {
    state.put_off.is_some_and(|due| due <= now)
}

/// Whether a whole answer (200) counts as "unchanged": some servers say nothing where they mean 304. Once that is believed;
/// if it stays so the feed is gone, and the empty body is a failure. Called for each whole answer, before [`next`].
pub fn empty_is_unchanged(state: &mut FeedState, conditional: bool, is_empty: bool) -> bool {
    state.n_empty = if is_empty { state.n_empty.saturating_add(1) } else { 0 };
    is_empty && conditional && state.n_empty == 1
}

/// Takes in what a poll without validators brought that [`unconditional`] had asked for; before [`next`]. `had_same`: the
/// server gave the same validators as before. `n_new`: entries that were not known.
pub fn looked(now: Timestamp, state: &mut FeedState, had_same: bool, n_new: usize) {
    // One for an edit says nothing of the validators.
    if edit_is_due(now, state) {
        return;
    }
    state.unmodified_since = Some(now);
    if had_same && n_new > 0 {
        state.validators_lie = true;
        state.vain_looks = 0;
    } else {
        state.vain_looks = state.vain_looks.saturating_add(1);
        // Eight in vain: the server has mended its ways.
        state.validators_lie &= state.vain_looks < 8;
    }
}
