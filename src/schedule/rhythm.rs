//! When a feed's entries came → how many are to be expected at each coming moment, and how long they will have waited.
//!
//! The theory is that of polling under a budget (K. C. Sia, J. Cho, H. Cho, *Efficient Monitoring Algorithm for Fast News
//! Alerts*, IEEE TKDE 19 (7), 2007): where all entries count alike, the sum of their waits is least if each feed is polled
//! in proportion to the square root of its rate, not to the rate, and within a day when entries come. So a feed is polled
//! as soon as the entries that are expected since its last poll will have waited so long, all of them together.
//!
//! The expectation is a product: so many entries a day, × the hour of the day, × the day of the week, × the age of the newest
//! entry (after a daily column nothing comes for 20 hours; after the first of a burst more come soon). Each factor is what
//! was counted against what the others led one to expect, drawn towards 1 while little was counted. Old counts fade.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub(super) const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Entries that claim to be older (than 1990, before there was a web) have a broken clock behind them: what they claim
/// says nothing of a feed's rhythm or silence.
pub(super) const FIRST_CLAIM: Timestamp = Timestamp(631_152_000_000);

/// Entries of a document that are learnt from, the newest.
const MOST_TIMES: usize = 64;

/// Entries that appeared within a minute of each other count once: some feeds stamp all of them with one moment.
const ONE_MOMENT_MS: i64 = 60_000;

/// An entry may claim to be so much older than the poll before the one that found it; one that claims more appeared at an
/// hour that it does not tell (feeds that name only the day).
const LATE: Duration = Duration::from_secs(2 * 3600);

/// Where the feed was not read for longer, nobody knows at which hour such an entry appeared.
const VAGUE: Duration = Duration::from_secs(4 * 3600);

/// A feed that was filled anew within a time is polled twice in it, so that no entry leaves it unseen. Documents of fewer
/// entries say nothing of that, and after so many days the time counts double.
const LEAST_SHOWN: usize = 5;
const TURNOVER_DOUBLES: f64 = 14.0;

/// Nor is it less than such a part of the feed's silence: one that was filled once within minutes need not be looked at every
/// few minutes for weeks.
const SILENT_TURNOVERS: i64 = 96;

/// What was counted is worth half after so many days: the rate, which changes sooner, and the hours and weekdays.
const RATE_HALVES: f64 = 14.0;
const HABITS_HALVE: f64 = 90.0;

/// What is believed before anything was counted, in entries.
const RATE_PRIOR: f64 = 0.5;
const HABITS_PRIOR: f64 = 3.0;
const AGES_PRIOR: f64 = 1.0;

/// From so long a silence on it counts itself.
const LONG_SILENT_DAYS: f64 = 30.0;

/// Hours and weekdays are believed once entries were seen over so many days.
const LEAST_DAYS: i64 = 4;

/// Where the ages of the newest entry part, in hours; the last one is open.
const AGES: [f64; 10] = [0.5, 2.0, 8.0, 18.0, 22.0, 26.0, 60.0, 150.0, 162.0, 174.0];
const N_AGES: usize = AGES.len() + 1;

/// What is remembered of when a feed's entries came. Counts are kept in hundredths. Written as one short text, because it is
/// written with each poll.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Rhythm {
    /// When the oldest and the newest entry that was learnt from came, and up to which moment counts have faded.
    first: Timestamp,
    newest: Timestamp,
    faded: Timestamp,
    /// The newest moment that any entry claimed.
    claimed: Timestamp,
    turnover: Option<Turnover>,
    n_entries: u32,
    /// The days, faded, over which they came.
    days: u32,
    by_hour: [u32; 24],
    by_weekday: [u32; 7],
    by_age: [u32; N_AGES],
    /// Entries that hours and weekdays led one to expect at these ages.
    expected: [u32; N_AGES],
}

const HUNDREDTHS: f64 = 100.0;

/// Its numbers in hexadecimal with a blank behind each; nothing is zero.
impl From<Rhythm> for String {
    fn from(rhythm: Rhythm) -> String {
        let turnover = rhythm.turnover.map_or([0; 2], |turnover| [turnover.within, turnover.until.0]);
        let times = [rhythm.first.0, rhythm.newest.0, rhythm.faded.0, rhythm.claimed.0];
        let counts = [rhythm.n_entries, rhythm.days].into_iter().chain(rhythm.by_hour).chain(rhythm.by_weekday);
        let counts = counts.chain(rhythm.by_age).chain(rhythm.expected);
        let numbers = times.into_iter().chain(turnover).map(i64::cast_unsigned).chain(counts.map(u64::from));
        let mut text = String::with_capacity(256);
        for number in numbers {
            let n_digits = (u64::BITS - number.leading_zeros()).div_ceil(4);
            let digit = |place: u32| char::from_digit((number >> (4 * place)) as u32 & 0xf, 16);
            text.extend((0..n_digits).rev().filter_map(digit));
            text.push(' ');
        }
        text
    }
}

/// What cannot be read, because another version wrote it, is learnt anew.
impl From<String> for Rhythm {
    fn from(text: String) -> Rhythm {
        let mut numbers = text.split(' ').map(|number| if number.is_empty() { Ok(0) } else { u64::from_str_radix(number, 16) });
        let mut next = || numbers.next().and_then(Result::ok);
        let mut read = || -> Option<Rhythm> {
            let mut time = || Some(Timestamp(next()?.cast_signed()));
            let mut rhythm = Rhythm { first: time()?, newest: time()?, faded: time()?, claimed: time()?, ..Rhythm::default() };
            let (within, until) = (time()?.0, time()?);
            rhythm.turnover = (within > 0).then_some(Turnover { within, until });
            let Rhythm { n_entries, days, by_hour, by_weekday, by_age, expected, .. } = &mut rhythm;
            let counts = [n_entries, days].into_iter().chain(by_hour).chain(by_weekday).chain(by_age).chain(expected);
            for count in counts {
                *count = u32::try_from(next()?).ok()?;
            }
            Some(rhythm)
        };
        read().unwrap_or_default()
    }
}

/// The shortest time (ms) in which all entries of a document came, and when that was.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turnover {
    within: i64,
    until: Timestamp,
}

impl Turnover {
    /// The time (ms) as it counts now.
    fn at(self, now: Timestamp) -> i64 {
        let days = now.since(self.until).as_secs_f64() / 86_400.0;
        (self.within as f64 * 2f64.powf(days / TURNOVER_DOUBLES)).min(1e15) as i64
    }
}

impl Rhythm {
    /// Begins anew where anything that was learnt is still to come at `now`: a clock was ahead, and until then nothing that
    /// comes would be learnt from.
    pub fn forget_what_is_to_come(&mut self, now: Timestamp) {
        let turned_over = self.turnover.map_or(now, |turnover| turnover.until);
        if [self.newest, self.faded, self.claimed, turned_over].into_iter().any(|at| at > now) {
            *self = Rhythm::default();
        }
    }

    /// Learns from a document with `n_new` entries that were not known. `last_read`: when the feed was last read, before.
    pub fn learn(&mut self, now: Timestamp, last_read: Option<Timestamp>, times: &[Timestamp], n_new: usize) {
        let mut times: Vec<i64> = times.iter().filter(|at| **at <= now && **at >= FIRST_CLAIM).map(|at| at.0).collect();
        times.sort_unstable();
        self.see_turnover(now, &times);
        let known = self.claimed.0;
        times.retain(|at| *at > known);
        self.claimed = Timestamp(times.last().copied().unwrap_or(known));
        let skipped = times.len().saturating_sub(MOST_TIMES);
        let mut appeared: Vec<(i64, Hours)> = match last_read.filter(|read| self.first.0 != 0 && *read < now) {
            Some(read) => {
                let hours = if now.since(read) > VAGUE { Hours::Unknown } else { Hours::Told };
                let between = (read.plus(now.since(read) / 2).0, hours);
                let of = |at: i64| if at < read.minus(LATE).0 { between } else { (at, Hours::Told) };
                // New entries that claim no new moment: their feed names only the day.
                if times.is_empty() && n_new > 0 { vec![between] } else { times.into_iter().skip(skipped).map(of).collect() }
            }
            None => {
                let same = times.windows(2).all(|pair| (pair[1] - pair[0]) % DAY_MS == 0);
                let hours = || if same { Hours::Unknown } else { Hours::Told };
                times.into_iter().skip(skipped).map(|at| (at, hours())).collect()
            }
        };
        appeared.sort_unstable_by_key(|(at, _)| *at);
        appeared.dedup_by(|later, earlier| later.0 - earlier.0 < ONE_MOMENT_MS);
        for (at, hours) in appeared {
            self.learn_one(at, hours);
        }
    }

    /// Remembers in how short a time a whole document was filled.
    fn see_turnover(&mut self, now: Timestamp, times: &[i64]) {
        let mut moments = times.to_vec();
        moments.dedup_by(|later, earlier| *later - *earlier < ONE_MOMENT_MS);
        let (Some(first), Some(last)) = (moments.first(), moments.last()) else { return };
        let seen = Turnover { within: *last - *first, until: Timestamp(*last) };
        if moments.len() >= LEAST_SHOWN && self.turnover.is_none_or(|known| seen.at(now) <= known.at(now)) {
            self.turnover = Some(seen);
        }
    }

    fn learn_one(&mut self, at: i64, hours: Hours) {
        if self.first.0 == 0 {
            (self.first, self.faded) = (Timestamp(at), Timestamp(at));
        } else {
            if at <= self.newest.0 {
                return;
            }
            self.fade(at);
            let rates = Rates::of(self, at, Ages::Alike);
            let mut expected = [0.0; N_AGES];
            rates.walk(self.newest.0, |from, until, rate| {
                let middle = from / 2 + until / 2;
                if let Some(expected) = expected.get_mut(age_of(middle.saturating_sub(self.newest.0))) {
                    *expected += rate * (until - from) as f64;
                }
                until < at
            });
            for (kept, found) in self.expected.iter_mut().zip(expected) {
                *kept = kept.saturating_add((found * HUNDREDTHS) as u32);
            }
            count(&mut self.by_age, age_of(at - self.newest.0));
        }
        self.newest = Timestamp(at);
        self.n_entries = self.n_entries.saturating_add(HUNDREDTHS as u32);
        let hour = at.div_euclid(HOUR_MS);
        count(&mut self.by_weekday, weekday(hour));
        if matches!(hours, Hours::Told) {
            count(&mut self.by_hour, hour.rem_euclid(24) as usize);
        }
    }

    /// Lets counts fade up to a moment, by whole days.
    fn fade(&mut self, until: i64) {
        let days = until.saturating_sub(self.faded.0).div_euclid(DAY_MS);
        if days <= 0 {
            return;
        }
        self.faded = Timestamp(self.faded.0 + days * DAY_MS);
        let (rate, habits) = (0.5f64.powf(days as f64 / RATE_HALVES), 0.5f64.powf(days as f64 / HABITS_HALVE));
        let fade = |count: &mut u32, by: f64| *count = (f64::from(*count) * by) as u32;
        fade(&mut self.n_entries, rate);
        self.days = (f64::from(self.days) * rate + faded_days(days as f64) * HUNDREDTHS) as u32;
        self.by_hour.iter_mut().chain(&mut self.by_weekday).for_each(|count| fade(count, habits));
        self.by_age.iter_mut().chain(&mut self.expected).for_each(|count| fade(count, habits));
    }

    /// Entries a day, as is to be expected at `now`; `None`: nothing is known of when they come.
    pub fn entries_a_day(&self, now: Timestamp) -> Option<f64> {
        if self.first.0 == 0 {
            return None;
        }
        let since = now.since(self.faded).as_millis() as f64 / DAY_MS as f64;
        let by = 0.5f64.powf(since / RATE_HALVES);
        let n = f64::from(self.n_entries) / HUNDREDTHS * by;
        let days = f64::from(self.days) / HUNDREDTHS * by + faded_days(since);
        let rate = (n + RATE_PRIOR) / (days + RATE_PRIOR);
        // What has faded would leave a feed that has died with the rate that is believed of one that nobody knows.
        let silent = now.since(self.newest).as_secs_f64() / 86_400.0;
        Some(if silent > LONG_SILENT_DAYS { rate.min((1.0 + RATE_PRIOR) / silent) } else { rate })
    }

    /// How long after `now` the entries that came since will have waited for `patience`, all together, and `most` at most.
    pub fn wait(&self, now: Timestamp, patience: Duration, most: Duration) -> Duration {
        let silent = now.since(self.newest).as_millis() as i64 / SILENT_TURNOVERS;
        let turnover = self.turnover.map_or(i64::MAX, |turnover| turnover.at(now).max(silent) / 2);
        let (patience, most) = (patience.as_millis() as f64, (most.as_millis() as i64).min(turnover));
        let (mut n, mut waited, mut at) = (0.0, 0.0, now.0);
        Rates::of(self, now.0, Ages::Counted).walk(now.0, |from, until, rate| {
            // waited + n·t + rate·t²/2 = patience
            let t = (until - from) as f64;
            let then = waited + n * t + rate * t * t / 2.0;
            if then >= patience {
                let left = patience - waited;
                let t = 2.0 * left / (n + (n * n + 2.0 * rate * left).sqrt());
                at = from + t as i64;
                return false;
            }
            (waited, n, at) = (then, n + rate * t, until);
            at.saturating_sub(now.0) < most
        });
        Timestamp(at).since(now).min(Duration::from_millis(most as u64))
    }
}

/// What an hour of so many days is worth where all fade alike: ∫ of what is left.
fn faded_days(days: f64) -> f64 {
    RATE_HALVES / std::f64::consts::LN_2 * (1.0 - 0.5f64.powf(days / RATE_HALVES))
}

/// The day of the week of an hour since 1970, 0 = Monday; 1970-01-01 was a Thursday.
fn weekday(hour: i64) -> usize {
    (hour.div_euclid(24) + 3).rem_euclid(7) as usize
}

fn count(counts: &mut [u32], index: usize) {
    if let Some(count) = counts.get_mut(index) {
        *count = count.saturating_add(HUNDREDTHS as u32);
    }
}

fn age_of(ms: i64) -> usize {
    let hours = ms as f64 / HOUR_MS as f64;
    AGES.iter().position(|end| hours < *end).unwrap_or(N_AGES - 1)
}

#[derive(Clone, Copy)]
enum Hours {
    Told,
    Unknown,
}

enum Ages {
    Counted,
    Alike,
}

/// Entries a millisecond.
struct Rates {
    usual: f64,
    newest: i64,
    by_hour: [f64; 24],
    by_weekday: [f64; 7],
    by_age: [f64; N_AGES],
}

impl Rates {
    fn of(rhythm: &Rhythm, at: i64, ages: Ages) -> Rates {
        let usual = rhythm.entries_a_day(Timestamp(at)).unwrap_or(0.0) / DAY_MS as f64;
        let mut rates = Rates { usual, newest: rhythm.newest.0, by_hour: [1.0; 24], by_weekday: [1.0; 7], by_age: [1.0; N_AGES] };
        if rhythm.newest.since(rhythm.first) >= Duration::from_millis((LEAST_DAYS * DAY_MS) as u64) {
            rates.by_hour = shares(&smooth(&rhythm.by_hour));
            rates.by_weekday = shares(&rhythm.by_weekday.map(|count| f64::from(count) / HUNDREDTHS));
        }
        if matches!(ages, Ages::Counted) {
            for ((rate, counted), expected) in rates.by_age.iter_mut().zip(rhythm.by_age).zip(rhythm.expected) {
                let of = |count: u32| f64::from(count) / HUNDREDTHS + AGES_PRIOR;
                *rate = of(counted) / of(expected);
            }
        }
        rates
    }

    /// Calls `visit(from, until, rate)` for one stretch after the other with one rate in it, until it says `false`.
    fn walk(&self, from: i64, mut visit: impl FnMut(i64, i64, f64) -> bool) {
        let mut at = from;
        // What is further away than the last age and a week is not asked for.
        for _ in 0..24 * 24 {
            let hour = at.div_euclid(HOUR_MS);
            let age = age_of(at.saturating_sub(self.newest));
            let age_ends = AGES.get(age).map_or(i64::MAX, |end| self.newest.saturating_add((end * HOUR_MS as f64).ceil() as i64));
            let until = (hour + 1).saturating_mul(HOUR_MS).min(age_ends);
            let of = |rates: &[f64], index: usize| rates.get(index).copied().unwrap_or(1.0);
            let rate = self.usual * of(&self.by_hour, hour.rem_euclid(24) as usize) * of(&self.by_weekday, weekday(hour));
            if !visit(at, until, rate * of(&self.by_age, age)) {
                return;
            }
            at = until;
        }
    }
}

/// Each hour with a share of those beside it.
fn smooth(by_hour: &[u32; 24]) -> [f64; 24] {
    std::array::from_fn(|hour| {
        let of = |hour: usize| by_hour.get(hour % 24).map_or(0.0, |count| f64::from(*count) / HUNDREDTHS);
        0.6 * of(hour) + 0.2 * (of(hour + 1) + of(hour + 23))
    })
}

/// Counts as multiples of their mean, drawn towards 1 while there are few.
fn shares<const N: usize>(counts: &[f64; N]) -> [f64; N] {
    let sum: f64 = counts.iter().sum();
    counts.map(|count| (count * N as f64 + HABITS_PRIOR) / (sum + HABITS_PRIOR))
}
