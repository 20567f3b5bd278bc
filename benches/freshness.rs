//! How old an entry is when it is found, for how many requests: a simulated year of 2,000 made-up feeds with the rhythms of
//! real ones (`freshness/world.rs`), polled by ours and by what other programs document (`freshness/policies.rs`). Only the
//! schedule is asked: no network, no clock.
//!
//! `cargo bench --bench freshness [-- SEED…] [--kinds] [--svg FILE]`, about four minutes: `--kinds` tells each kind of feed
//! apart, `--svg` writes the plot. "Too soon": polls that came before a server, or the feed itself, wanted the next one. Ours is measured at several intervals (`poll.interval` and `poll.min_interval` together); between them its curve
//! is read off for the two questions: how old entries are at another's requests, and how many requests at its age.

use courant::model::Timestamp;
use courant::schedule::{self, FeedState};
use policies::{Found, Policy};
use std::time::Duration;
use world::{DAY, END, Feed, HOUR, Hub, KINDS, START};

#[path = "freshness/plot.rs"]
mod plot;
#[path = "freshness/policies.rs"]
mod policies;
#[path = "freshness/world.rs"]
mod world;

const N_FEEDS: usize = 2_000;

/// Minutes: `poll.interval`; `poll.min_interval` is a quarter of it.
const INTERVALS: [u64; 7] = [4, 8, 15, 30, 60, 120, 240];

/// An entry that is pushed is here after so long.
const PUSHED_AFTER: i64 = 5_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let svg = arguments.iter().position(|argument| argument == "--svg").and_then(|at| arguments.get(at + 1));
    let seeds: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let seeds = if seeds.is_empty() { vec![1] } else { seeds };
    let worlds = |only| seeds.iter().flat_map(|seed| world::feeds(N_FEEDS, *seed, only)).collect::<Vec<_>>();
    let points = table("all kinds", &worlds(None));
    let free: Vec<Feed> = worlds(None).into_iter().filter(|feed| feed.asked() == 0).collect();
    table("those whose servers ask for nothing", &free);
    if let Some(file) = svg {
        std::fs::write(file, plot::svg(&points)).expect("a file that can be written");
    }
    if arguments.iter().any(|argument| argument == "--kinds") {
        for (kind, _) in KINDS {
            table(&format!("{kind:?}"), &world::feeds(N_FEEDS / 10, seeds[0], Some(kind)));
        }
    }
}

/// A policy's year.
#[derive(Clone, Debug)]
pub struct Point {
    pub name: &'static str,
    /// Ours: `poll.interval` in minutes.
    pub interval: Option<u64>,
    /// Of a feed.
    pub requests_a_day: f64,
    /// Minutes.
    pub mean: f64,
    pub p90: f64,
    /// Of the entries: those that had left their feed before it was polled.
    pub lost: f64,
    /// Of the requests: those that came sooner than was asked for.
    pub too_soon: f64,
}

fn table(title: &str, feeds: &[Feed]) -> Vec<Point> {
    let n_entries: usize = feeds.iter().map(|feed| feed.entries.iter().filter(|at| **at >= START).count()).sum();
    println!("\n{title}: {} feeds, {n_entries} entries in the year", feeds.len());
    println!(
        "{:<26} {:>12} {:>9} {:>9} {:>7} {:>10}   at its requests  at its delay",
        "", "requests/day", "mean min", "p90 min", "lost %", "too soon %"
    );
    let ours: Vec<Point> = INTERVALS.iter().map(|minutes| year(&our_policy(*minutes), Some(*minutes), feeds)).collect();
    let peers = [Policy::Fixed(HOUR), Policy::FreshRss, Policy::Miniflux, Policy::CommaFeed, Policy::NewsBlur, Policy::Feedbin];
    let peers: Vec<Point> = peers.iter().map(|policy| year(policy, None, feeds)).collect();
    for point in ours.iter().chain(&peers) {
        let name = point.interval.map_or(point.name.to_owned(), |minutes| format!("{} {minutes} min", point.name));
        print!("{name:<26} {:>12.2} {:>9.1} {:>9.1}", point.requests_a_day, point.mean, point.p90);
        print!(" {:>7.2} {:>10.1}", 100.0 * point.lost, 100.0 * point.too_soon);
        if point.interval.is_none() {
            let delay = between(&ours, |p| p.requests_a_day, |p| p.mean, point.requests_a_day);
            let requests = between(&ours, |p| p.mean, |p| p.requests_a_day, point.mean);
            let share =
                |found: Option<f64>, of: f64| found.map_or("-".to_owned(), |found| format!("{:.0} %", 100.0 * found / of));
            print!("   {:>15}  {:>12}", share(delay, point.mean), share(requests, point.requests_a_day));
        }
        println!();
    }
    [ours, peers].concat()
}

fn our_policy(minutes: u64) -> Policy {
    let interval = Duration::from_secs(60 * minutes);
    Policy::Ours(schedule::Policy {
        interval,
        min_interval: interval / 4,
        max_interval: Duration::from_secs(86_400),
        adaptive: true,
        jitter: 0.1,
        permanent_after: 3,
        permanent_days: 3,
        push: None,
    })
}

/// What our curve says between two of its points, both of them logarithmic; `None` beside the curve.
fn between(ours: &[Point], x: impl Fn(&Point) -> f64, y: impl Fn(&Point) -> f64, at: f64) -> Option<f64> {
    ours.windows(2).find_map(|pair| {
        let ((x0, y0), (x1, y1)) = ((x(&pair[0]), y(&pair[0])), (x(&pair[1]), y(&pair[1])));
        let is_between = (x0.min(x1)..=x0.max(x1)).contains(&at);
        is_between.then(|| (y0.ln() + (y1 / y0).ln() * (at / x0).ln() / (x1 / x0).ln()).exp())
    })
}

fn year(policy: &Policy, interval: Option<u64>, feeds: &[Feed]) -> Point {
    let halves: Vec<Year> = std::thread::scope(|scope| {
        let half = feeds.len().div_ceil(2);
        let running: Vec<_> = feeds.chunks(half).map(|feeds| scope.spawn(move || live(policy, feeds))).collect();
        running.into_iter().map(|half| half.join().expect("a year that ends")).collect()
    });
    let n_requests: u64 = halves.iter().map(|half| half.n_requests).sum();
    let n_too_soon: u64 = halves.iter().map(|half| half.n_too_soon).sum();
    let n_lost: u64 = halves.iter().map(|half| half.n_lost).sum();
    let mut delays: Vec<i64> = halves.into_iter().flat_map(|half| half.delays).collect();
    delays.sort_unstable();
    let minutes = |ms: f64| ms / 60_000.0;
    let n_entries = delays.len().max(1);
    Point {
        name: policy.name(),
        interval,
        requests_a_day: n_requests as f64 / feeds.len() as f64 / ((END - START) / DAY) as f64,
        mean: minutes(delays.iter().sum::<i64>() as f64 / n_entries as f64),
        p90: minutes(delays.get(n_entries * 9 / 10).copied().unwrap_or(0) as f64),
        lost: n_lost as f64 / n_entries as f64,
        too_soon: n_too_soon as f64 / n_requests.max(1) as f64,
    }
}

#[derive(Default)]
struct Year {
    n_requests: u64,
    n_lost: u64,
    n_too_soon: u64,
    /// How old each entry was when it was found (ms).
    delays: Vec<i64>,
}

fn live(policy: &Policy, feeds: &[Feed]) -> Year {
    let mut year = Year::default();
    for (n, feed) in feeds.iter().enumerate() {
        let mut chance = world::Chance(n as u64);
        let pushes = policy.takes_pushes() && feed.hub == Some(Hub::Pushes);
        let mut state = FeedState::default();
        let mut now = START + (chance.unit() * HOUR as f64) as i64;
        let mut n_known: Option<usize> = None;
        let mut claimed: Vec<Timestamp> = Vec::new();
        while now < END {
            year.n_requests += 1;
            let n_visible = feed.entries.partition_point(|at| *at <= now);
            let coming = n_known.map_or(0..0, |n_known| n_known..n_visible);
            // Once the hub is subscribed, after the first poll.
            year.delays.extend(feed.entries[coming.clone()].iter().map(|at| if pushes { PUSHED_AFTER } else { now - at }));
            let n_new = if pushes { 0 } else { coming.len() };
            year.n_lost += n_new.saturating_sub(feed.n_shown) as u64;
            let shown = &feed.entries[n_visible.saturating_sub(feed.n_shown)..n_visible];
            let unchanged = n_known == Some(n_visible);
            if !unchanged {
                claimed = shown.iter().map(|at| Timestamp(feed.claimed(*at))).collect();
            }
            let found = Found { now, shown, claimed: &claimed, n_new, unchanged, pushed: pushes && !coming.is_empty() };
            n_known = Some(n_visible);
            let next = policy.next(feed, &mut state, &found, chance.unit());
            year.n_too_soon += u64::from(next < now + feed.asked());
            now = next;
        }
    }
    year
}
