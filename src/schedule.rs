//! (now, feed state, outcome) → next poll. Pure: no files, network, clock, randomness, async or logging.
//!
//! Every hint of a server is obeyed; jitter is derived from the feed's key, so that the same call always gives
//! the same answer. The state is kept by the store as JSON, opaque to it, in the transaction of the poll.

use crate::feed::Hints;
use crate::model::{Timestamp, is_default};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// A server's word (max-age, ttl, Retry-After) is kept up to here; longer ones are mistakes.
pub const LONGEST_HINT: Duration = days(7);

/// No poll is ever planned further ahead than this and our own longest interval (a hint, the days that
/// `skipDays` names, jitter). What lies further ahead was planned before the clock was set back: it is due.
const LONGEST_WAIT: Duration = days(21);

/// Failures back off up to here, and from [`GIVE_UP_AFTER`] failures in a row on it is the least wait.
const DAY: Duration = days(1);
pub const GIVE_UP_AFTER: u32 = 5;

/// An adaptive feed is asked this often between two of its usual entries: an entry waits an eighth of the
/// usual gap on average.
const POLLS_A_GAP: u32 = 4;

/// A feed that never was read is asked again so soon after its first failure, and twice as long after each further one,
/// until its usual waits are reached: the address was just typed in, or its server was just being restarted.
const FIRST_RETRY: Duration = Duration::from_secs(5 * 60);

/// The share of the interval over which feeds are spread after their first poll.
const FIRST_SPREAD: f64 = 0.5;

/// Gaps that are needed before a rhythm is believed, and entries that are looked at.
const LEAST_GAPS: usize = 4;
const MOST_TIMES: usize = 64;

/// Entries, and the days over which they must spread, before hours without one are believed to be quiet.
const LEAST_TIMES: usize = 24;
const LEAST_DAYS: i64 = 5;

const HOUR_MS: i64 = 3_600_000;

/// Entries that claim to be older (than 1990, before there was a web) have a broken clock behind them: what they claim
/// says nothing of a feed's rhythm or silence.
pub const FIRST_CLAIM: Timestamp = Timestamp(631_152_000_000);

const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 3600)
}

/// What a person set (`[poll]` and the feed's own `interval`).
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub interval: Duration,
    pub min_interval: Duration,
    pub max_interval: Duration,
    pub adaptive: bool,
    /// A share of the interval; only ever added.
    pub jitter: f64,
    /// Sightings of a permanent redirect, and the days over which they must spread, before it is adopted.
    pub permanent_after: u32,
    pub permanent_days: u32,
    /// A fact, no wish: what the feed's hub does for us.
    pub push: Option<Push>,
}

/// A hub pushes the feed's entries to us (WebSub), as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    /// When the lease ends.
    pub until: Timestamp,
    /// Something was pushed since the last poll.
    pub delivered: bool,
}

/// What is remembered of a feed between polls. Unknown fields of an older or newer version are ignored; what is as it
/// was in the beginning is not written down, because all of it is written with each poll.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// Failures in a row.
    #[serde(skip_serializing_if = "is_default")]
    pub n_errors: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub failing_since: Option<Timestamp>,
    /// Not before this, whatever else: Retry-After.
    #[serde(skip_serializing_if = "is_default")]
    pub hold_until: Option<Timestamp>,
    /// 410: polled no more.
    #[serde(skip_serializing_if = "is_default")]
    pub gone: bool,
    /// What the feed last said of its own polling: a 304 says nothing, so it is remembered.
    #[serde(skip_serializing_if = "is_default")]
    pub ttl_minutes: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub update_period_seconds: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    pub skip_hours: Vec<u8>,
    #[serde(skip_serializing_if = "is_default")]
    pub skip_days: Vec<u8>,
    /// The median gap between the feed's entries.
    #[serde(skip_serializing_if = "is_default")]
    pub median_gap_ms: Option<i64>,
    /// The hours of the day (GMT, the lowest bit is midnight's) in which, or beside which, its entries were published.
    #[serde(skip_serializing_if = "is_default")]
    pub busy_hours: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub moving: Option<Moving>,
    /// When its newest entry was published; times to come do not count.
    #[serde(skip_serializing_if = "is_default")]
    pub newest: Option<Timestamp>,
    /// Polls in a row that found what the hub had not pushed.
    #[serde(skip_serializing_if = "is_default")]
    pub push_misses: u32,
    /// It has its place between the feeds that were added together with it.
    #[serde(skip_serializing_if = "is_default")]
    pub spread: bool,
    /// A feed was read there at least once.
    #[serde(skip_serializing_if = "is_default")]
    pub was_read: bool,
    /// Since when the server has only ever said that nothing has changed.
    #[serde(skip_serializing_if = "is_default")]
    pub unmodified_since: Option<Timestamp>,
    /// Looks without a validator, since the last one that found what the validators had hidden, which found nothing.
    #[serde(skip_serializing_if = "is_default")]
    pub vain_looks: u32,
    /// Its validators have hidden entries.
    #[serde(skip_serializing_if = "is_default")]
    pub validators_lie: bool,
    /// Conditional requests in a row that were answered with an empty body.
    #[serde(skip_serializing_if = "is_default")]
    pub n_empty: u32,
}

/// A permanent redirect that was seen, not yet adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moving {
    pub to: String,
    pub n_seen: u32,
    pub first_seen: Timestamp,
    /// A feed was read from there, not only a 304.
    pub proven: bool,
}

/// How a poll ended, as far as scheduling is concerned.
#[derive(Clone, Debug)]
pub enum Polled<'a> {
    /// A feed was read: its hints, and the times its entries claim (for the adaptive interval).
    Feed {
        hints: &'a Hints,
        max_age: Option<Duration>,
        entry_times: &'a [Timestamp],
        n_new: usize,
        redirect: Option<Redirect<'a>>,
    },
    NotModified {
        max_age: Option<Duration>,
        redirect: Option<Redirect<'a>>,
    },
    Throttled {
        retry_after: Option<Timestamp>,
    },
    Gone,
    /// A status, a network failure, or a body that is no feed.
    Failed {
        retry_after: Option<Timestamp>,
    },
    /// It could not be asked, because the network was down ([`crate::network`]): says nothing of the feed.
    NetworkDown,
}

/// A wholly permanent path to where the feed was found.
#[derive(Clone, Copy, Debug)]
pub struct Redirect<'a> {
    pub to: &'a str,
}

/// The next poll, with every reason for it, in the order in which they were weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    pub state: FeedState,
    /// `None`: never again (410).
    pub at: Option<Timestamp>,
    /// "interval 1h", "max-age 2h of the server", "failed 3 times: 4h" …
    pub reasons: Vec<String>,
    /// The address to adopt from now on.
    pub moved_to: Option<String>,
}

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
    let failed = state.n_errors > 0;
    let first = FIRST_RETRY.saturating_mul(1 << state.n_errors.saturating_sub(1).min(16));
    let step = match (failed, state.was_read) {
        (true, false) if first < own && matches!(polled, Polled::Failed { .. }) => first,
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

/// When a feed that was planned for `at` is due, judged at start, after a sleep, or after the clock was set:
/// what is long overdue comes back over some minutes, not in one instant, and what was planned before the clock
/// was set back is not waited for.
pub fn resume(now: Timestamp, feed_key: &str, policy: &Policy, state: &FeedState, at: Timestamp) -> Timestamp {
    const MOST: Duration = Duration::from_secs(300);
    let interval = policy.interval.max(policy.min_interval);
    let ahead = at.since(now) > LONGEST_WAIT.saturating_add(interval.max(policy.max_interval));
    let overdue = now.since(at) > interval / 2;
    if !ahead && !overdue {
        return at;
    }
    let spread = Duration::from_secs_f64((interval / 4).min(MOST).as_secs_f64() * chance(feed_key, now));
    earliest(now, state).unwrap_or(now).max(now.plus(spread))
}

/// A feed that could not be asked because the network was down is due again so soon.
const NETWORK_RETRY: Duration = Duration::from_secs(60);

/// A feed whose server says that nothing has changed is looked at as if for the first time after so many of its usual
/// gaps, and within these bounds: some servers send one validator for ever.
const LOOK_AFTER_GAPS: u32 = 8;
const LOOK_AT_LEAST: Duration = days(2);
const LOOK_AT_MOST: Duration = days(60);
/// Where no rhythm is known.
const LOOK_USUALLY: Duration = days(7);
/// Where validators have hidden entries before.
const LOOK_AT_LIARS: Duration = Duration::from_secs(6 * 3600);

/// Whether the next poll is to be made without validators, and why. Each look that finds nothing doubles the wait for the
/// next one, so that an honest server that is silent for years is asked for its whole feed a few times a year.
pub fn unconditional(now: Timestamp, state: &FeedState) -> Option<String> {
    let since = state.unmodified_since?;
    let gap = state.median_gap_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
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

/// Whether a whole answer (200) counts as "unchanged": some servers say nothing where they mean 304. Once that is believed;
/// if it stays so the feed is gone, and the empty body is a failure. Called for each whole answer, before [`next`].
pub fn empty_is_unchanged(state: &mut FeedState, conditional: bool, is_empty: bool) -> bool {
    state.n_empty = if is_empty { state.n_empty.saturating_add(1) } else { 0 };
    is_empty && conditional && state.n_empty == 1
}

/// Takes in what a poll without validators brought that [`unconditional`] had asked for; before [`next`]. `had_same`: the
/// server gave the same validators as before. `n_new`: entries that were not known.
pub fn looked(now: Timestamp, state: &mut FeedState, had_same: bool, n_new: usize) {
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
    if matches!(polled, Polled::NetworkDown) {
        return None;
    }
    state.hold_until = None;
    let (redirect, proof) = match polled {
        Polled::Feed { hints, entry_times, redirect, .. } => {
            state.ttl_minutes = hints.ttl_minutes;
            state.update_period_seconds = hints.update_period_seconds;
            state.skip_hours = distinct(&hints.skip_hours, 24);
            state.skip_days = distinct(&hints.skip_days, 7);
            let is_claim = |at: &Timestamp| *at <= now && *at >= FIRST_CLAIM;
            state.newest = entry_times.iter().copied().filter(is_claim).max().max(state.newest.filter(is_claim));
            state.unmodified_since = None;
            if let Some(gap) = median_gap_ms(now, entry_times) {
                state.median_gap_ms = Some(gap);
            }
            state.busy_hours = busy_hours(now, entry_times).or(state.busy_hours);
            (redirect, true)
        }
        Polled::NotModified { redirect, .. } => {
            state.unmodified_since = Some(state.unmodified_since.map_or(now, |since| since.min(now)));
            (redirect, false)
        }
        Polled::NetworkDown => return None,
        Polled::Throttled { retry_after } | Polled::Failed { retry_after } => {
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
    let gap = state.median_gap_ms.filter(|_| policy.adaptive).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    match gap {
        Some(gap) => {
            let interval = (gap / POLLS_A_GAP).clamp(policy.min_interval, longest);
            plan.at_least(interval, || format!("an entry every {}: interval {}", words(gap), words(interval)));
            let quiet = state.busy_hours.map_or(Duration::ZERO, |busy| until_busy(now.plus(interval), busy));
            let later = (interval + quiet).min(longest);
            plan.at_least(later, || format!("its entries come at other hours of the day: interval {}", words(later)));
            later
        }
        None => {
            let interval = policy.interval.clamp(policy.min_interval, longest);
            plan.at_least(interval, || format!("interval {}", words(interval)));
            interval
        }
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

/// When the newest entries were published, newest first. Entries of one moment count once; times to come count not at all.
fn newest_times(now: Timestamp, times: &[Timestamp]) -> Vec<i64> {
    let mut times: Vec<i64> = times.iter().filter(|at| **at <= now && **at >= FIRST_CLAIM).map(|at| at.0).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times.dedup();
    times.truncate(MOST_TIMES);
    times
}

/// The hours of the day with an entry, and those beside them; `None`: too few entries, or of too few days, to tell.
fn busy_hours(now: Timestamp, times: &[Timestamp]) -> Option<u32> {
    let times = newest_times(now, times);
    let days = (times.first()? - times.last()?) / (24 * HOUR_MS);
    let hours = times.iter().map(|at| at.div_euclid(HOUR_MS));
    let beside = hours.flat_map(|hour| [hour - 1, hour, hour + 1]).map(|hour| 1 << hour.rem_euclid(24));
    (times.len() >= LEAST_TIMES && days >= LEAST_DAYS).then(|| beside.fold(0, |all, bit: u32| all | bit))
}

/// How long after a moment the next busy hour begins; nothing within one.
fn until_busy(at: Timestamp, busy: u32) -> Duration {
    let hour = at.0.div_euclid(HOUR_MS);
    let next = (hour..hour + 24).find(|hour| busy & (1 << hour.rem_euclid(24)) != 0);
    next.map_or(Duration::ZERO, |next| Timestamp(next.saturating_mul(HOUR_MS)).since(at))
}

/// The median gap between the newest entries.
fn median_gap_ms(now: Timestamp, times: &[Timestamp]) -> Option<i64> {
    let times = newest_times(now, times);
    let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[0] - pair[1]).collect();
    if gaps.len() < LEAST_GAPS {
        return None;
    }
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
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

/// `2d 3h`, `1h 5m`, `40s`, `250ms`: the two greatest units.
fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let greatest = units.iter().position(|unit| unit.0 > 0).unwrap_or(3);
    let shown = units.iter().skip(greatest).take(2).filter(|unit| unit.0 > 0);
    shown.map(|(n, unit)| format!("{n}{unit}")).collect::<Vec<_>>().join(" ")
}
