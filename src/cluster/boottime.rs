//! The clock of licences: it goes on while the machine sleeps, and nobody sets it.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Time since the machine was started (`CLOCK_BOOTTIME`).
pub fn boottime() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    // Neither part of this clock is ever negative.
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
