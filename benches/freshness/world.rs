//! Made-up feeds with the rhythms of real ones: when each publishes in a year and the months before it, what its server asks
//! for, and whether a hub pushes. The same seed makes the same feeds.

use courant::feed::Hints;
use std::time::Duration;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Monday 2026-01-05 00:00:00 GMT; what was published in the 90 days before it stands in the feeds when they are added.
pub const START: i64 = 1_767_571_200_000;
pub const END: i64 = START + 364 * DAY;
const BEFORE: i64 = 90 * DAY;

/// Offices are in six zones, hours east of Greenwich.
const ZONES: [i64; 6] = [-8, -5, 0, 1, 5, 8];

/// How a feed publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A news desk: 15 to 120 entries a day, most of them by day.
    Desk,
    /// A firm's or a trade's blog: one to eight entries on working days, in office hours.
    Office,
    /// A column at its minute, give or take some.
    Daily,
    /// A blog with a weekly day, and those without one.
    Weekly,
    /// Nothing for days, then many within hours.
    Bursts,
    /// A machine that publishes round the clock.
    Machine,
    /// Evenings and weekends, when there is something to say.
    Hobby,
    /// An office's blog whose entries all claim midnight.
    DateOnly,
    /// Three entries in the year, or none.
    Dead,
}

/// Of a hundred feeds.
pub const KINDS: [(Kind, usize); 9] = [
    (Kind::Desk, 10),
    (Kind::Office, 18),
    (Kind::Daily, 10),
    (Kind::Weekly, 18),
    (Kind::Bursts, 10),
    (Kind::Machine, 4),
    (Kind::Hobby, 8),
    (Kind::DateOnly, 4),
    (Kind::Dead, 18),
];

pub struct Feed {
    pub kind: Kind,
    pub key: String,
    /// When each entry appeared, in order (ms).
    pub entries: Vec<i64>,
    /// How many of the newest stand in the feed.
    pub n_shown: usize,
    pub hints: Hints,
    pub max_age: Option<Duration>,
    pub hub: Option<Hub>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hub {
    Pushes,
    /// It takes subscriptions, and never pushes.
    Silent,
}

impl Feed {
    /// What an entry says of when it was published.
    pub fn claimed(&self, at: i64) -> i64 {
        match self.kind {
            Kind::DateOnly => at.div_euclid(DAY) * DAY,
            _ => at,
        }
    }

    /// The longest wait that its server and the feed itself ask for.
    pub fn asked(&self) -> i64 {
        let ttl = self.hints.ttl_minutes.map_or(0, |minutes| i64::from(minutes) * MINUTE);
        let period = self.hints.update_period_seconds.map_or(0, |seconds| seconds as i64 * 1000);
        ttl.max(period).max(self.max_age.map_or(0, |age| age.as_millis() as i64))
    }
}

/// So many feeds; the kinds in their shares, or of one kind alone.
pub fn feeds(n_feeds: usize, seed: u64, only: Option<Kind>) -> Vec<Feed> {
    let mut kinds = KINDS.iter().flat_map(|&(kind, share)| std::iter::repeat_n(kind, share)).cycle();
    (0..n_feeds).map(|n| feed(n, seed, only.or_else(|| kinds.next()).unwrap_or(Kind::Dead))).collect()
}

fn feed(n: usize, seed: u64, kind: Kind) -> Feed {
    let mut chance = Chance(seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
    let zone = ZONES[chance.below(6) as usize] * HOUR;
    let mut entries = publish(kind, zone, &mut chance);
    entries.retain(|at| (START - BEFORE..END).contains(at));
    entries.sort_unstable();
    entries.dedup();
    let n_shown = [10, 15, 20, 30, 50][chance.below(5) as usize] * if kind == Kind::Desk { 2 } else { 1 };
    let mut feed = Feed { kind, key: format!("{seed} {n}"), entries, n_shown, hints: Hints::default(), max_age: None, hub: None };
    // A third ask for patience, most of them for less than an hour.
    match chance.below(18) {
        0 | 1 => feed.max_age = Some(Duration::from_secs([300, 600, 900, 1800, 3600][chance.below(5) as usize])),
        2 => feed.max_age = Some(Duration::from_secs([1800, 3600, 7200, 14_400][chance.below(4) as usize])),
        3 | 4 => feed.hints.ttl_minutes = Some([5, 15, 30, 60, 60, 180][chance.below(6) as usize]),
        5 => feed.hints.update_period_seconds = Some(3600),
        _ => {}
    }
    if chance.below(10) == 0 {
        feed.hub = Some(if chance.below(8) == 0 { Hub::Silent } else { Hub::Pushes });
    }
    feed
}

/// When a feed of this kind publishes (ms, in no order).
fn publish(kind: Kind, zone: i64, chance: &mut Chance) -> Vec<i64> {
    let days = || (START - BEFORE) / DAY - 1..END / DAY + 1;
    // Thursday 1970-01-01 is day 0.
    let weekday = |day: i64| (day + 3).rem_euclid(7);
    let local = |day: i64, hour: f64| day * DAY + (hour * HOUR as f64) as i64 - zone;
    let mut found = Vec::new();
    match kind {
        Kind::Desk => {
            let a_day = 15.0 * 8f64.powf(chance.unit());
            let weekend = 0.3 + 0.5 * chance.unit();
            for day in days() {
                let n = chance.poisson(a_day * if weekday(day) >= 5 { weekend } else { 1.0 });
                // Seven of eight between 6 and 22 o'clock, with a peak before noon.
                found.extend((0..n).map(|_| {
                    let hour = match chance.below(8) {
                        0 => 24.0 * chance.unit(),
                        1..=3 => 10.5 + 2.0 * chance.normal(),
                        _ => 6.0 + 16.0 * chance.unit(),
                    };
                    local(day, hour)
                }));
            }
        }
        Kind::Office | Kind::DateOnly => {
            let a_day = 8f64.powf(chance.unit());
            let middle = 11.0 + 4.0 * chance.unit();
            for day in days().filter(|day| weekday(*day) < 5) {
                found.extend((0..chance.poisson(a_day)).map(|_| local(day, (middle + 2.5 * chance.normal()).clamp(8.0, 19.0))));
            }
        }
        Kind::Daily => {
            let (hour, every_day) = (5.0 + 16.0 * chance.unit(), chance.below(2) == 0);
            let spread = [0.0, 0.02, 0.2, 0.5][chance.below(4) as usize];
            // Once in the year it moves to another hour.
            let (moves, moved) = (START / DAY + chance.below(364) as i64, 5.0 + 16.0 * chance.unit());
            for day in days().filter(|day| every_day || weekday(*day) < 5) {
                if chance.below(25) > 0 {
                    found.push(local(day, if day < moves { hour } else { moved } + spread * chance.normal()));
                }
            }
        }
        Kind::Weekly => {
            let (on, hour, regular) = (chance.below(7) as i64, 7.0 + 14.0 * chance.unit(), chance.below(3) > 0);
            for day in days() {
                let publishes = if regular { weekday(day) == on && chance.below(8) > 0 } else { chance.below(7) == 0 };
                if publishes {
                    found.push(local(day, if regular { hour + chance.normal() } else { 7.0 + 15.0 * chance.unit() }));
                }
            }
        }
        Kind::Bursts => {
            let (between, size) = (2.0 + 8.0 * chance.unit(), 4.0 + 16.0 * chance.unit());
            let mut at = START - BEFORE;
            while at < END {
                at += (between * chance.exponential() * DAY as f64) as i64;
                let mut entry = at;
                for _ in 0..1 + chance.poisson(size) {
                    found.push(entry);
                    entry += (0.25 * chance.exponential() * HOUR as f64) as i64;
                }
            }
        }
        Kind::Machine => {
            let gap = HOUR as f64 * (0.2 + 2.0 * chance.unit());
            let mut at = START - BEFORE;
            while at < END {
                at += (gap * chance.exponential()) as i64;
                found.push(at);
            }
        }
        Kind::Hobby => {
            let mut day = (START - BEFORE) / DAY;
            while day < END / DAY {
                // Now a day apart, now months.
                day += 1 + (chance.exponential().powi(2) * 6.0) as i64;
                let hour = if weekday(day) >= 5 { 10.0 + 12.0 * chance.unit() } else { 18.0 + 5.0 * chance.unit() };
                found.push(local(day, hour));
            }
        }
        Kind::Dead => {
            // What stood in it when it was alive.
            found.extend((0..chance.below(8)).map(|_| START - BEFORE + (chance.unit() * 20.0 * DAY as f64) as i64));
            found.extend((0..chance.below(4)).map(|_| START + (chance.unit() * 364.0 * DAY as f64) as i64));
        }
    }
    found
}

/// Chance that is the same on every run (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Mean 1.
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut n, mut sum) = (0, self.exponential());
        while sum < mean {
            n += 1;
            sum += self.exponential();
        }
        n
    }
}
