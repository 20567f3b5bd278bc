//! Lengths of time, counted and told.

use std::time::Duration;

pub(super) const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 3600)
}

/// `2d 3h`, `1h 5m`, `40s`, `250ms`: the two greatest units.
pub(super) fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let greatest = units.iter().position(|unit| unit.0 > 0).unwrap_or(3);
    let shown = units.iter().skip(greatest).take(2).filter(|unit| unit.0 > 0);
    shown.map(|(n, unit)| format!("{n}{unit}")).collect::<Vec<_>>().join(" ")
}
