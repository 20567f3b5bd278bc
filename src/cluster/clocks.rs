//! Whose wall clock is wrong. Pure. Leases are kept by other clocks; but by its wall clock a node says when a feed is due next, and
//! when an entry came.

/// Clocks are one that are no further apart, in milliseconds: a correction that is made in steps, and what is not counted of the way.
pub const MOST_APART_MS: u64 = 120_000;

/// By how many milliseconds this clock is ahead of most (below 0: behind them), if that is too far. `None` where it is not, and where too
/// few others are known to tell whose is wrong.
pub fn wrong_by(ours: i64, others: &[i64]) -> Option<i64> {
    let mut all: Vec<i64> = others.iter().copied().chain([ours]).collect();
    all.sort_unstable();
    if all.len() < 3 {
        return None;
    }
    // Of an even number both that are in the middle.
    let off = |middle: i64| ours.saturating_sub(middle);
    let (low, high) = (off(all[(all.len() - 1) / 2]), off(all[all.len() / 2]));
    let nearer = if low.unsigned_abs() < high.unsigned_abs() { low } else { high };
    (nearer.unsigned_abs() > MOST_APART_MS).then_some(nearer)
}
