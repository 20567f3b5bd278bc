//! When a feed's entries were published → how far apart they are, and at which hours of the day.

use crate::model::Timestamp;
use std::time::Duration;

/// Gaps that are needed before a rhythm is believed, and entries that are looked at.
const LEAST_GAPS: usize = 4;
const MOST_TIMES: usize = 64;

/// Entries, and the days over which they must spread, before hours without one are believed to be quiet.
const LEAST_TIMES: usize = 24;
const LEAST_DAYS: i64 = 5;

pub(super) const HOUR_MS: i64 = 3_600_000;

/// Entries that claim to be older (than 1990, before there was a web) have a broken clock behind them: what they claim
/// says nothing of a feed's rhythm or silence.
pub(super) const FIRST_CLAIM: Timestamp = Timestamp(631_152_000_000);

/// When the newest entries were published, newest first. Entries of one moment count once; times to come count not at all.
fn newest_times(now: Timestamp, times: &[Timestamp]) -> Vec<i64> {
    let mut times: Vec<i64> = times.iter().filter(|at| **at <= now && **at >= FIRST_CLAIM).map(|at| at.0).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times.dedup();
    times.truncate(MOST_TIMES);
    times
}

/// The hours of the day with an entry, and those beside them; `None`: too few entries, or of too few days, to tell.
pub(super) fn busy_hours(now: Timestamp, times: &[Timestamp]) -> Option<u32> {
    let times = newest_times(now, times);
    let days = (times.first()? - times.last()?) / (24 * HOUR_MS);
    let hours = times.iter().map(|at| at.div_euclid(HOUR_MS));
    let beside = hours.flat_map(|hour| [hour - 1, hour, hour + 1]).map(|hour| 1 << hour.rem_euclid(24));
    (times.len() >= LEAST_TIMES && days >= LEAST_DAYS).then(|| beside.fold(0, |all, bit: u32| all | bit))
}

/// How long after a moment the next busy hour begins; nothing within one.
pub(super) fn until_busy(at: Timestamp, busy: u32) -> Duration {
    let hour = at.0.div_euclid(HOUR_MS);
    let next = (hour..hour + 24).find(|hour| busy & (1 << hour.rem_euclid(24)) != 0);
    next.map_or(Duration::ZERO, |next| Timestamp(next.saturating_mul(HOUR_MS)).since(at))
}

/// The median gap between the newest entries.
pub(super) fn median_gap_ms(now: Timestamp, times: &[Timestamp]) -> Option<i64> {
    let times = newest_times(now, times);
    let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[0] - pair[1]).collect();
    if gaps.len() < LEAST_GAPS {
        return None;
    }
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}
