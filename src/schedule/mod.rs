//! (now, feed state, outcome) → next poll. Pure: no files, network, clock, randomness, async or logging.
//!
//! Every hint of a server is obeyed; jitter is derived from the feed's key, so that the same call always gives
//! the same answer. The state is kept by the store as JSON, opaque to it, in the transaction of the poll.
//!
//! | file | what it does |
//! |---|---|
//! | `types` | what goes in, what is remembered, what comes out |
//! | `rhythm` | when a feed's entries come |
//! | `doubt` | failures that may be the network's |
//! | `looks` | servers whose answers are not believed for ever |
//! | `words` | lengths of time |

mod doubt;
mod looks;
mod rhythm;
mod types;
mod words;

pub use doubt::is_doubtful;
pub use looks::{edit_is_due, empty_is_unchanged, looked, unconditional};
pub use rhythm::Rhythm;
pub use types::{FeedState, Moving, Next, Policy, Polled, Push, Redirect};

use crate::model::Timestamp;
use doubt::{COME_BACK, NETWORK_RETRY, doubtful_wait};
use rhythm::{FIRST_CLAIM, HOUR_MS};
use std::time::Duration;
use words::{days, words};
use xxhash_rust::xxh3::xxh3_64;

/// A server's word (max-age, ttl, Retry-After) is kept up to here; longer ones are mistakes.
pub const LONGEST_HINT: Duration = days(7);

/// No poll is ever planned further ahead than this and our own longest interval (a hint, the days that
/// `skipDays` names, jitter). What lies further ahead was planned before the clock was set back: it is due.
const LONGEST_WAIT: Duration = days(21);

/// Failures back off up to here, and from [`GIVE_UP_AFTER`] failures in a row on it is the least wait.
const DAY: Duration = days(1);
pub const GIVE_UP_AFTER: u32 = 5;

/// An adaptive feed is polled when the entries that are expected since its last poll will have waited for this share of
/// `interval`, all of them together. A feed with six entries a day, at any hour, is polled once an `interval` then; one with a
/// hundredth of them a tenth as often.
const PATIENCE: u32 = 8;

/// A feed that never was read is asked again so soon after its first failure, and twice as long after each further one,
/// until its usual waits are reached: the address was just typed in, or its server was just being restarted.
const FIRST_RETRY: Duration = Duration::from_secs(5 * 60);

/// The share of the interval over which feeds are spread after their first poll.
const FIRST_SPREAD: f64 = 0.5;

/// Decides.
pub fn next(now: Timestamp, feed_key: &str, policy: &Policy, state: &FeedState, polled: &Polled) -> Next {
    let mut state = state.clone();
    let moved_to = remember(now, policy, &mut state, polled);
    watch_hub(now, policy.push, &mut state, polled);
    if state.gone {
        let reasons = vec!["the server says that the feed is gone (410): polled no more".to_owned()];
        return Next { state, at: None, reasons, moved_to };
    }
    let mut plan = Plan { wait: Duration::ZERO, reasons: Vec::new() };
    let own = own_interval(now, policy, &state, &mut plan);
    let own = rely_on_hub(now, policy.push, &state, own, &mut plan);
    if matches!(polled, Polled::NetworkDown) {
        // When the network is back is found out by probes, and what is due then is polled.
        let at = now.plus(NETWORK_RETRY).max(state.hold_until.unwrap_or(now));
        return Next { state, at: Some(at), reasons: vec!["the network is down".to_owned()], moved_to };
    }
    if state.doubted_since.is_some() {
        let wait = doubtful_wait(state.n_doubts.saturating_sub(1)).min(own.max(NETWORK_RETRY));
        let reason =
            format!("it failed, and nobody else was heard, so that it may be the network: asked again after {}", words(wait));
        let at = now.plus(wait).max(state.hold_until.unwrap_or(now));
        return Next { state, at: Some(at), reasons: vec![reason], moved_to };
    }
    let failed = state.n_errors > 0;
    let first = FIRST_RETRY.saturating_mul(1 << state.n_errors.saturating_sub(1).min(16));
    let step = match (failed, state.was_read) {
        (true, false) if first < own && matches!(polled, Polled::Failed { .. } | Polled::Doubtful { .. }) => first,
        (true, _) => backoff(own, state.n_errors),
        (false, _) => own,
    };
    if failed && step < own {
        plan = Plan { wait: Duration::ZERO, reasons: Vec::new() };
        plan.at_least(step, || format!("it was never read, and failed {}: {}", count(state.n_errors), words(step)));
    }
    if failed {
        plan.at_least(step, || format!("failed {}: {}", count(state.n_errors), words(step)));
    }
    obey_hints(&state, polled, &mut plan);
    if let Some(hold) = state.hold_until {
        plan.at_least(hold.since(now), || format!("Retry-After {} of the server", words(hold.since(now))));
    }
    // Added, never taken away: a share of our own step. Feeds that were added together are moved apart at once, all
    // others drift.
    let chance = chance(feed_key, now);
    let share = policy.jitter.clamp(0.0, 1.0);
    let share = if state.spread || share == 0.0 { share } else { share.max(FIRST_SPREAD) };
    state.spread = true;
    let jitter = Duration::from_secs_f64(step.min(LONGEST_HINT).as_secs_f64() * share * chance);
    let at = now.plus(plan.wait).plus(jitter);
    if !jitter.is_zero() {
        plan.reasons.push(format!("jitter {}", words(jitter)));
    }
    let at = skip(at, chance, &state, &mut plan.reasons);
    Next { state, at: Some(at), reasons: plan.reasons, moved_to }
}

/// When a feed may be polled although it is not due (`once --all`): our own intervals and a server's max-age
/// are overridden, Retry-After and 410 are not. `None`: never.
pub fn earliest(now: Timestamp, state: &FeedState) -> Option<Timestamp> {
    if state.gone {
        return None;
    }
    // A hold further ahead than we ever keep one was set before the clock was set back.
    let hold = state.hold_until.filter(|hold| hold.since(now) <= LONGEST_HINT);
    Some(hold.unwrap_or(now).max(now))
}

/// When a feed that was planned for `at` is due, judged when the network is back: what is overdue comes back over a minute,
/// not in one instant.
pub fn come_back(now: Timestamp, feed_key: &str, state: &FeedState, at: Timestamp) -> Timestamp {
    if at > now {
        return at;
    }
    let spread = Duration::from_secs_f64(COME_BACK.as_secs_f64() * chance(feed_key, now));
    earliest(now, state).unwrap_or(now).max(now.plus(spread))
}

/// When a feed that was planned for `at` is due, judged at start, after a sleep, or after the clock was set:
/// what is long overdue comes back over `spread` (see [`spread_of`]), not in one instant, and what was planned before the
/// clock was set back is not waited for.
pub fn resume(now: Timestamp, feed_key: &str, policy: &Policy, state: &FeedState, at: Timestamp, spread: Duration) -> Timestamp {
    if !is_out_of_time(now, policy, at) {
        return at;
    }
    let interval = policy.interval.max(policy.min_interval);
    let spread = Duration::from_secs_f64((interval / 4).min(spread).as_secs_f64() * chance(feed_key, now));
    earliest(now, state).unwrap_or(now).max(now.plus(spread))
}

/// Whether what was planned for `at` is long overdue, or was planned before the clock was set back.
pub fn is_out_of_time(now: Timestamp, policy: &Policy, at: Timestamp) -> bool {
    let interval = policy.interval.max(policy.min_interval);
    let ahead = at.since(now) > LONGEST_WAIT.saturating_add(interval.max(policy.max_interval));
    ahead || now.since(at) > interval / 2
}

/// Over which time so many feeds come back: two seconds for each, and five minutes at most.
pub fn spread_of(n_feeds: usize) -> Duration {
    const EACH: Duration = Duration::from_secs(2);
    const MOST: Duration = Duration::from_secs(300);
    EACH.saturating_mul(u32::try_from(n_feeds).unwrap_or(u32::MAX)).min(MOST)
}

/// The wait so far, with its reasons.
struct Plan {
    wait: Duration,
    reasons: Vec<String>,
}

impl Plan {
    /// The longest wait wins; a shorter one is no reason.
    fn at_least(&mut self, wait: Duration, reason: impl FnOnce() -> String) {
        if wait > self.wait {
            self.wait = wait;
            self.reasons.push(reason());
        }
    }
}

/// Takes into the state what the poll said. Gives the address to adopt.
fn remember(now: Timestamp, policy: &Policy, state: &mut FeedState, polled: &Polled) -> Option<String> {
    let is_doubtful = matches!(polled, Polled::Doubtful { others_heard } if is_doubtful(state, *others_heard));
    if is_doubtful {
        state.n_doubts = state.n_doubts.saturating_add(1);
        state.doubted_since = Some(state.doubted_since.map_or(now, |since| since.min(now)));
        return None;
    }
    (state.n_doubts, state.doubted_since) = (0, None);
    if matches!(polled, Polled::NetworkDown) {
        return None;
    }
    state.hold_until = None;
    state.rhythm.forget_what_is_to_come(now);
    let (redirect, proof) = match polled {
        Polled::Feed { hints, entry_times, n_new, redirect, .. } => {
            state.ttl_minutes = hints.ttl_minutes;
            state.update_period_seconds = hints.update_period_seconds;
            state.skip_hours = distinct(&hints.skip_hours, 24);
            state.skip_days = distinct(&hints.skip_days, 7);
            let is_claim = |at: &Timestamp| *at <= now && *at >= FIRST_CLAIM;
            state.newest = entry_times.iter().copied().filter(is_claim).max().max(state.newest.filter(is_claim));
            state.unmodified_since = None;
            state.rhythm.learn(now, state.last_read, entry_times, *n_new);
            state.last_read = Some(now);
            (redirect, true)
        }
        Polled::NotModified { redirect, .. } => {
            // A feed that an older version knew: its document may not come for long.
            if let Some(newest) = state.newest.filter(|_| state.rhythm == Rhythm::default()) {
                state.rhythm.learn(now, None, &[newest], 0);
            }
            state.last_read = Some(now);
            state.unmodified_since = Some(state.unmodified_since.map_or(now, |since| since.min(now)));
            (redirect, false)
        }
        Polled::NetworkDown => return None,
        Polled::Throttled { .. } | Polled::Failed { .. } | Polled::Doubtful { .. } => {
            let retry_after = match polled {
                Polled::Throttled { retry_after } | Polled::Failed { retry_after } => *retry_after,
                _ => None,
            };
            state.n_errors = state.n_errors.saturating_add(1);
            state.failing_since = Some(state.failing_since.map_or(now, |since| since.min(now)));
            state.hold_until = retry_after.filter(|at| *at > now).map(|at| at.min(now.plus(LONGEST_HINT)));
            return None;
        }
        Polled::Gone => {
            state.gone = true;
            return None;
        }
    };
    state.n_errors = 0;
    state.failing_since = None;
    state.gone = false;
    state.was_read = true;
    sight(now, policy, state, *redirect, proof)
}

/// Counts a permanent redirect; one that was seen often enough, for long enough, and led to a feed is adopted.
fn sight(now: Timestamp, policy: &Policy, state: &mut FeedState, redirect: Option<Redirect>, proof: bool) -> Option<String> {
    let Some(redirect) = redirect else {
        state.moving = None;
        return None;
    };
    let fresh = || Moving { to: redirect.to.to_owned(), first_seen: now, ..Moving::default() };
    let mut moving = state.moving.take().filter(|moving| moving.to == redirect.to).unwrap_or_else(fresh);
    moving.n_seen = moving.n_seen.saturating_add(1);
    moving.first_seen = moving.first_seen.min(now);
    moving.proven |= proof;
    let long_enough = now.since(moving.first_seen) >= days(policy.permanent_days.into());
    if moving.n_seen >= policy.permanent_after && long_enough && moving.proven {
        return Some(moving.to);
    }
    state.moving = Some(moving);
    None
}

/// Our own choice: what the person set, or the feed's rhythm.
fn own_interval(now: Timestamp, policy: &Policy, state: &FeedState, plan: &mut Plan) -> Duration {
    let longest = policy.max_interval.max(policy.min_interval);
    match state.rhythm.entries_a_day(now).filter(|_| policy.adaptive) {
        Some(a_day) => {
            let interval = state.rhythm.wait(now, policy.interval / PATIENCE, longest).clamp(policy.min_interval, longest);
            plan.at_least(interval, || format!("{}: interval {}", how_often(a_day), words(interval)));
            interval
        }
        None => {
            let interval = policy.interval.clamp(policy.min_interval, longest);
            plan.at_least(interval, || format!("interval {}", words(interval)));
            interval
        }
    }
}

/// "about 3.5 entries a day" …; rarer than that its hours are a guess.
fn how_often(a_day: f64) -> String {
    match a_day {
        1.0.. => format!("about {a_day:.1} entries a day"),
        0.02.. => format!("an entry in about {}", words(DAY.div_f64(a_day))),
        _ => "hardly an entry".to_owned(),
    }
}

/// A hub is relied on until polls have found so often, one after the other, what it had not pushed.
const MOST_MISSES: u32 = 2;

/// Counts what a hub kept from us, so that a hub that only takes subscriptions costs days of news at most once.
fn watch_hub(now: Timestamp, push: Option<Push>, state: &mut FeedState, polled: &Polled) {
    match (push.filter(|push| push.until > now), polled) {
        (None, _) => state.push_misses = 0,
        (Some(push), Polled::Feed { n_new, .. }) if *n_new > 0 && !push.delivered => {
            state.push_misses = state.push_misses.saturating_add(1);
        }
        (Some(Push { delivered: true, .. }), _) => state.push_misses = 0,
        _ => {}
    }
}

/// While a hub pushes, a poll a day sees that nothing was missed; but none later than the end of the lease.
fn rely_on_hub(now: Timestamp, push: Option<Push>, state: &FeedState, own: Duration, plan: &mut Plan) -> Duration {
    let Some(push) = push.filter(|push| push.until > now) else { return own };
    if state.push_misses >= MOST_MISSES {
        plan.reasons.push("its hub did not push what polls found: it is not relied on".to_owned());
        return own;
    }
    let wait = DAY.min(push.until.since(now)).max(own);
    plan.at_least(wait, || format!("its hub pushes until {}: polled once a day", push.until.rfc3339()));
    wait
}

/// The step, doubled with each further failure up to a day; after five in a row never less than a day.
fn backoff(step: Duration, n_errors: u32) -> Duration {
    if n_errors >= GIVE_UP_AFTER {
        return step.max(DAY);
    }
    step.saturating_mul(1 << (n_errors - 1)).min(DAY).max(step)
}

fn obey_hints(state: &FeedState, polled: &Polled, plan: &mut Plan) {
    let max_age = match polled {
        Polled::Feed { max_age, .. } | Polled::NotModified { max_age, .. } => *max_age,
        _ => None,
    };
    let ttl = state.ttl_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    let period = state.update_period_seconds.map(Duration::from_secs);
    for (hint, name) in [(max_age, "max-age"), (ttl, "ttl"), (period, "sy:updatePeriod")] {
        let Some(hint) = hint else { continue };
        let kept = hint.min(LONGEST_HINT);
        let cut = if kept < hint { ", cut to 7d" } else { "" };
        plan.at_least(kept, || {
            let whose = if name == "max-age" { "server" } else { "feed" };
            format!("{name} {} of the {whose}{cut}", words(hint))
        });
    }
}

/// Moves a moment out of the hours and days (GMT) that the feed asks to be spared. Feeds that skip the same
/// hours do not all come back on the stroke of the next one.
fn skip(at: Timestamp, chance: f64, state: &FeedState, reasons: &mut Vec<String>) -> Timestamp {
    if state.skip_hours.is_empty() && state.skip_days.is_empty() {
        return at;
    }
    let skipped = |hour: i64| {
        // 1970-01-01 was a Thursday: day 3 where Monday is 0.
        let (hour_of_day, weekday) = (hour.rem_euclid(24), (hour.div_euclid(24) + 3).rem_euclid(7));
        state.skip_hours.iter().any(|h| i64::from(*h) == hour_of_day) || state.skip_days.iter().any(|d| i64::from(*d) == weekday)
    };
    let first = at.0.div_euclid(HOUR_MS);
    match (first..first + 24 * 7).find(|&hour| !skipped(hour)) {
        None => {
            reasons.push("skipHours and skipDays leave no hour: ignored".to_owned());
            at
        }
        Some(hour) if hour == first => at,
        Some(hour) => {
            let offset = (HOUR_MS as f64 / 4.0 * chance) as i64;
            let moved = Timestamp(hour.saturating_mul(HOUR_MS).saturating_add(offset));
            reasons.push(format!("skipHours and skipDays of the feed: not before {}", moved.rfc3339()));
            moved
        }
    }
}

/// Valid values, each once; a list that names all of them is kept, and found to leave nothing.
fn distinct(values: &[u8], below: u8) -> Vec<u8> {
    let mut values: Vec<u8> = values.iter().copied().filter(|v| *v < below).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// From 0 to 1, the same for the same feed and moment.
fn chance(feed_key: &str, now: Timestamp) -> f64 {
    let mut seed = feed_key.as_bytes().to_vec();
    seed.extend_from_slice(&now.0.to_le_bytes());
    (xxh3_64(&seed) >> 11) as f64 / (1u64 << 53) as f64
}

fn count(n_times: u32) -> String {
    if n_times == 1 { "once".to_owned() } else { format!("{n_times} times in a row") }
}
