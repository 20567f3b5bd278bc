//! Failed logins are counted an address: who guesses is not listened to for a while.

use crate::model::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// So many may fail within the time …
const MAX_FAILURES: u32 = 10;
pub const WINDOW: Duration = Duration::from_secs(60);

/// … and so many addresses are remembered. Who has more than that makes us forget others' failures, but guesses 128 random
/// bits all the same.
const MAX_ADDRESSES: usize = 4096;

#[derive(Debug, Default)]
pub struct Throttle {
    /// When the first of them failed, and how many did.
    failures: HashMap<IpAddr, (Timestamp, u32)>,
}

impl Throttle {
    /// Whether this address is not listened to.
    pub fn is_shut(&self, peer: IpAddr, now: Timestamp) -> bool {
        self.failures.get(&peer).is_some_and(|(since, n)| *n >= MAX_FAILURES && now.since(*since) < WINDOW)
    }

    pub fn failed(&mut self, peer: IpAddr, now: Timestamp) {
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures.retain(|_, (since, _)| now.since(*since) < WINDOW);
        }
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures.clear();
        }
        let (since, n) = self.failures.entry(peer).or_insert((now, 0));
        if now.since(*since) >= WINDOW {
            (*since, *n) = (now, 0);
        }
        *n += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_a_minute_and_no_more() {
        let (mut throttle, guesser, other) = (Throttle::default(), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let at = |seconds: i64| Timestamp::from_secs(1_790_000_000 + seconds);
        for n in 0..10 {
            assert!(!throttle.is_shut(guesser, at(n)), "{n}");
            throttle.failed(guesser, at(n));
        }
        assert!(throttle.is_shut(guesser, at(59)) && !throttle.is_shut(other, at(59)));
        assert!(!throttle.is_shut(guesser, at(60)));
        throttle.failed(guesser, at(60));
        assert!(!throttle.is_shut(guesser, at(61)));
    }
}
