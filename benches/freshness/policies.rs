//! When a feed is polled next: ours, and those of other programs as they document them or as their sources say (November
//! 2026). Each is given what it would see, and no more.

use crate::world::{DAY, Feed, HOUR, Hub, MINUTE};
use courant::model::Timestamp;
use courant::schedule::{self, FeedState, Polled, Push};
use std::time::Duration;

/// What a poll found.
pub struct Found<'a> {
    pub now: i64,
    /// When the entries in the feed appeared, oldest first, and as they claim.
    pub shown: &'a [i64],
    pub claimed: &'a [Timestamp],
    /// Entries that no poll and no push had brought.
    pub n_new: usize,
    /// The server said, or could have said, that nothing has changed.
    pub unchanged: bool,
    /// A hub has pushed since the last poll.
    pub pushed: bool,
}

#[derive(Clone, Debug)]
pub enum Policy {
    Ours(schedule::Policy),
    /// Every so often; a reader that is run by a timer.
    Fixed(i64),
    /// `POLLING_SCHEDULER=entry_frequency`, factor 1, from 5 minutes to 24 hours.
    Miniflux,
    /// `ttl_default` of an hour; pushed feeds are polled daily.
    FreshRss,
    /// Half of the mean gap, from 5 minutes to an hour; a fraction of four hours after a week's silence.
    CommaFeed,
    /// Its tiers for a feed with one subscriber who pays.
    NewsBlur,
    /// Every 15 minutes; it takes pushes.
    Feedbin,
}

impl Policy {
    /// What the table calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Policy::Ours(_) => "courant",
            Policy::Fixed(_) => "fixed, hourly",
            Policy::Miniflux => "Miniflux entry_frequency",
            Policy::FreshRss => "FreshRSS",
            Policy::CommaFeed => "CommaFeed empirical",
            Policy::NewsBlur => "NewsBlur",
            Policy::Feedbin => "Feedbin",
        }
    }

    /// Whether hubs push to it.
    pub fn takes_pushes(&self) -> bool {
        matches!(self, Policy::Ours(_) | Policy::FreshRss | Policy::NewsBlur | Policy::Feedbin)
    }

    /// When the next poll is. `state`: what ours remembers.
    pub fn next(&self, feed: &Feed, state: &mut FeedState, found: &Found, chance: f64) -> i64 {
        let now = found.now;
        let silence = found.shown.last().map_or(i64::MAX, |newest| now - newest);
        match self {
            Policy::Ours(policy) => ours(policy, feed, state, found),
            Policy::Fixed(every) => now + every,
            Policy::Miniflux => {
                let week: Vec<i64> = found.shown.iter().copied().filter(|at| *at >= now - 7 * DAY).collect();
                let mean = match week[..] {
                    [first, .., last] if last > first => (last - first) / (week.len() as i64 - 1),
                    _ => DAY,
                };
                // What a server asks for is heard where it sends the feed, not where it says that nothing has changed.
                let asked = if found.unchanged { 0 } else { feed.asked().min(DAY) };
                now + mean.clamp(5 * MINUTE, DAY).max(asked)
            }
            Policy::FreshRss if feed.hub == Some(Hub::Pushes) => now + DAY,
            Policy::FreshRss => now + HOUR.max(feed.max_age.map_or(0, |age| age.as_millis() as i64)),
            Policy::CommaFeed => {
                const LONGEST: i64 = 4 * HOUR;
                let mean = match found.shown {
                    [first, .., last] if last > first => (last - first) / (found.shown.len() as i64 - 1),
                    _ => 2 * LONGEST,
                };
                let own = match silence / DAY {
                    30.. => LONGEST,
                    14.. => LONGEST / 2,
                    7.. => LONGEST / 4,
                    _ => (mean / 2).clamp(5 * MINUTE, LONGEST / 4),
                };
                let asked = if found.unchanged { 0 } else { feed.max_age.map_or(0, |age| age.as_millis() as i64) };
                now + own.max(asked.min(LONGEST))
            }
            Policy::NewsBlur => {
                let a_day = found.shown.iter().filter(|at| **at >= now - 30 * DAY).count() as f64 / 30.0;
                let months = (silence as f64 / (30 * DAY) as f64).max(1.0);
                let minutes = match a_day {
                    1.0.. => 60.0,
                    0.0 => 720.0 * months,
                    _ => 720.0 - a_day * 720.0,
                };
                let minutes = if feed.hub == Some(Hub::Pushes) { minutes * 12.0 } else { minutes }.min(720.0);
                now + (minutes * MINUTE as f64 * (1.0 + chance / 4.0)) as i64
            }
            Policy::Feedbin => now + 15 * MINUTE,
        }
    }
}

fn ours(policy: &schedule::Policy, feed: &Feed, state: &mut FeedState, found: &Found) -> i64 {
    let push =
        feed.hub.map(|_| Push { until: Timestamp(found.now).plus(Duration::from_secs(9 * 86_400)), delivered: found.pushed });
    let policy = schedule::Policy { push, ..policy.clone() };
    let polled = match found.unchanged {
        true => Polled::NotModified { max_age: feed.max_age, redirect: None },
        false => Polled::Feed {
            hints: &feed.hints,
            max_age: feed.max_age,
            entry_times: found.claimed,
            n_new: found.n_new,
            redirect: None,
        },
    };
    let next = schedule::next(Timestamp(found.now), &feed.key, &policy, state, &polled);
    *state = next.state;
    let at = next.at.map_or(i64::MAX, |at| at.0);
    assert!(at >= found.now + feed.asked(), "a server's word is not broken: {:?}", next.reasons);
    at
}
