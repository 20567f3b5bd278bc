//! When the next poll is, and why: simulated time only.

use courant::feed::Hints;
use courant::model::Timestamp;
use courant::network::{Kind, Network, Sign, Ticket, Verdict};
use courant::schedule::{
    FeedState, Next, Policy, Polled, Push, Redirect, come_back, earliest, empty_is_unchanged, is_doubtful, looked, next, resume,
    spread_of, unconditional,
};
use proptest::prelude::*;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Monday 2026-11-23 12:30:00 GMT.
const NOW: Timestamp = Timestamp(1_795_437_000_000);

fn policy() -> Policy {
    Policy {
        interval: HOUR,
        min_interval: 15 * MINUTE,
        max_interval: DAY,
        adaptive: true,
        jitter: 0.0,
        permanent_after: 3,
        permanent_days: 3,
        push: None,
    }
}

fn feed(hints: &Hints) -> Polled<'_> {
    Polled::Feed { hints, max_age: None, entry_times: &[], n_new: 0, redirect: None }
}

fn not_modified() -> Polled<'static> {
    Polled::NotModified { max_age: None, redirect: None }
}

fn failed() -> Polled<'static> {
    Polled::Failed { retry_after: None }
}

fn wait(next: &Next, now: Timestamp) -> Duration {
    next.at.expect("a next poll").since(now)
}

#[test]
fn the_interval_is_the_wait() {
    let found = next(NOW, "k", &policy(), &FeedState::default(), &feed(&Hints::default()));
    assert_eq!((wait(&found, NOW), found.reasons), (HOUR, vec!["interval 1h".to_owned()]));
    let eager = Policy { interval: Duration::from_secs(1), ..policy() };
    assert_eq!(wait(&next(NOW, "k", &eager, &FeedState::default(), &not_modified()), NOW), 15 * MINUTE);
}

#[test]
fn the_longest_hint_wins_and_says_so() {
    let hints = Hints { ttl_minutes: Some(180), update_period_seconds: Some(86_400), ..Hints::default() };
    let polled = Polled::Feed { hints: &hints, max_age: Some(2 * HOUR), entry_times: &[], n_new: 0, redirect: None };
    let found = next(NOW, "k", &policy(), &FeedState::default(), &polled);
    assert_eq!(wait(&found, NOW), DAY);
    let reasons = ["interval 1h", "max-age 2h of the server", "ttl 3h of the feed", "sy:updatePeriod 1d of the feed"];
    assert_eq!(found.reasons, reasons);
}

#[test]
fn hints_of_the_feed_outlive_a_304_and_those_of_the_server_do_not() {
    let hints = Hints { ttl_minutes: Some(180), ..Hints::default() };
    let polled = Polled::Feed { hints: &hints, max_age: Some(DAY), entry_times: &[], n_new: 0, redirect: None };
    let first = next(NOW, "k", &policy(), &FeedState::default(), &polled);
    assert_eq!(wait(&next(NOW, "k", &policy(), &first.state, &not_modified()), NOW), 3 * HOUR);
    let fresh = Polled::NotModified { max_age: Some(5 * HOUR), redirect: None };
    assert_eq!(wait(&next(NOW, "k", &policy(), &first.state, &fresh), NOW), 5 * HOUR);
    // The feed has dropped its ttl.
    let without = next(NOW, "k", &policy(), &first.state, &feed(&Hints::default()));
    assert_eq!(wait(&without, NOW), HOUR);
}

#[test]
fn absurd_hints_are_cut() {
    let hints = Hints { ttl_minutes: Some(u32::MAX), update_period_seconds: Some(u64::MAX), ..Hints::default() };
    let polled =
        Polled::Feed { hints: &hints, max_age: Some(Duration::from_secs(u64::MAX)), entry_times: &[], n_new: 0, redirect: None };
    let found = next(NOW, "k", &policy(), &FeedState::default(), &polled);
    assert_eq!(wait(&found, NOW), 7 * DAY);
    let for_ever = Polled::Throttled { retry_after: Some(Timestamp(i64::MAX)) };
    assert_eq!(wait(&next(NOW, "k", &policy(), &FeedState::default(), &for_ever), NOW), 7 * DAY);
}

#[test]
fn skipped_hours_move_the_poll_to_the_next_one() {
    let hints = Hints { skip_hours: vec![13, 14, 15, 99], ..Hints::default() };
    let found = next(NOW, "k", &policy(), &FeedState::default(), &feed(&hints));
    let at = found.at.expect("a next poll");
    // Due at 13:30; 16:00 is the first hour that is not skipped, and the poll is somewhere in its first quarter.
    assert!(at.rfc3339().starts_with("2026-11-23T16:"), "{}", at.rfc3339());
    assert!(at.since(Timestamp(NOW.0 + 12_600_000)) < 15 * MINUTE);
    let all = Hints { skip_hours: (0..24).collect(), ..Hints::default() };
    assert_eq!(wait(&next(NOW, "k", &policy(), &FeedState::default(), &feed(&all)), NOW), HOUR);
}

#[test]
fn skipped_days_move_the_poll_to_the_next_one() {
    // Monday and Tuesday.
    let hints = Hints { skip_days: vec![0, 1], ..Hints::default() };
    let found = next(NOW, "k", &policy(), &FeedState::default(), &feed(&hints));
    assert!(found.at.expect("a next poll").rfc3339().starts_with("2026-11-25T00:"));
    let all = Hints { skip_days: (0..7).collect(), ..Hints::default() };
    assert_eq!(wait(&next(NOW, "k", &policy(), &FeedState::default(), &feed(&all)), NOW), HOUR);
}

#[test]
fn failures_back_off_to_a_day_and_a_success_ends_it() {
    let mut state = FeedState { was_read: true, ..FeedState::default() };
    let mut waits = Vec::new();
    for _ in 0..7 {
        let found = next(NOW, "k", &policy(), &state, &failed());
        waits.push(wait(&found, NOW).as_secs() / 3600);
        state = found.state;
    }
    assert_eq!(waits, [1, 2, 4, 8, 24, 24, 24]);
    assert_eq!((state.n_errors, state.failing_since), (7, Some(NOW)));
    let found = next(NOW, "k", &policy(), &state, &not_modified());
    assert_eq!((wait(&found, NOW), found.state.n_errors, found.state.failing_since), (HOUR, 0, None));
}

#[test]
fn retry_after_is_held_and_outlives_a_restart() {
    let until = NOW.plus(5 * HOUR);
    for polled in [Polled::Throttled { retry_after: Some(until) }, Polled::Failed { retry_after: Some(until) }] {
        let found = next(NOW, "k", &policy(), &FeedState::default(), &polled);
        assert_eq!(found.at, Some(until));
        assert_eq!(found.reasons.last().map(String::as_str), Some("Retry-After 5h of the server"));
        let kept: FeedState = serde_json::from_str(&serde_json::to_string(&found.state).unwrap()).unwrap();
        assert_eq!(earliest(NOW.plus(HOUR), &kept), Some(until));
        assert_eq!(earliest(NOW.plus(6 * HOUR), &kept), Some(NOW.plus(6 * HOUR)));
        // The next answer ends the hold.
        assert_eq!(next(until, "k", &policy(), &kept, &not_modified()).state.hold_until, None);
    }
    // A hold that is over, or shorter than our own wait, shortens nothing.
    let past = Polled::Throttled { retry_after: Some(NOW.minus(HOUR)) };
    assert_eq!(wait(&next(NOW, "k", &policy(), &FeedState::default(), &past), NOW), HOUR);
}

#[test]
fn gone_is_gone() {
    let found = next(NOW, "k", &policy(), &FeedState::default(), &Polled::Gone);
    assert!(found.at.is_none() && found.state.gone);
    assert_eq!(earliest(NOW, &found.state), None);
}

#[test]
fn a_permanent_redirect_is_adopted_after_sightings_over_days_and_a_feed() {
    let hints = Hints::default();
    let redirect = Some(Redirect { to: "https://new.example/feed" });
    let seen = |feed: bool| match feed {
        true => Polled::Feed { hints: &hints, max_age: None, entry_times: &[], n_new: 0, redirect },
        false => Polled::NotModified { max_age: None, redirect },
    };
    let run = |policy: &Policy, polls: &[(u64, bool)]| {
        let mut state = FeedState::default();
        let mut moved = None;
        for (day, feed) in polls {
            let found = next(NOW.plus(DAY * *day as u32), "k", policy, &state, &seen(*feed));
            (state, moved) = (found.state, found.moved_to);
        }
        moved
    };
    let at_once = Policy { permanent_days: 0, ..policy() };
    assert_eq!(run(&at_once, &[(0, true), (0, false)]), None);
    assert_eq!(run(&at_once, &[(0, true), (0, false), (0, false)]).as_deref(), Some("https://new.example/feed"));
    assert_eq!(run(&at_once, &[(0, false), (0, false), (0, false)]), None, "never a feed from there");
    assert_eq!(run(&policy(), &[(0, true), (1, true), (2, true)]), None, "only two days");
    assert!(run(&policy(), &[(0, true), (1, true), (3, true)]).is_some());
    // A poll without the redirect starts the count again.
    let mut state = FeedState::default();
    for (day, polled) in [(0, seen(true)), (1, seen(true)), (2, feed(&hints)), (3, seen(true)), (4, seen(true))] {
        let found = next(NOW.plus(DAY * day), "k", &policy(), &state, &polled);
        assert_eq!(found.moved_to, None);
        state = found.state;
    }
}

/// What is remembered of a feed whose document names these times, and when it is polled next.
fn read(policy: &Policy, state: &FeedState, now: Timestamp, entry_times: &[Timestamp], n_new: usize) -> Next {
    let polled = Polled::Feed { hints: &Hints::default(), max_age: None, entry_times, n_new, redirect: None };
    next(now, "k", policy, state, &polled)
}

/// Entries a gap apart, the newest now.
fn every(gap: Duration, n: u32) -> Vec<Timestamp> {
    (0..n).map(|i| NOW.minus(gap * i)).collect()
}

#[test]
fn a_feed_is_polled_in_proportion_to_the_root_of_its_rate() {
    let interval = |policy: &Policy, times: &[Timestamp]| {
        let found = read(policy, &FeedState::default(), NOW, times, 0);
        assert_eq!(wait(&next(NOW, "k", policy, &found.state, &not_modified()), NOW), wait(&found, NOW));
        wait(&found, NOW)
    };
    // Without rhythm in it: a sixteenth of the entries, a quarter of the polls.
    let spared = Policy { min_interval: MINUTE, ..policy() };
    let at = |gap: Duration| interval(&spared, &scattered(gap)).as_secs_f64();
    let ratio = at(8 * HOUR) / at(HOUR / 2);
    assert!((2.8..5.6).contains(&ratio), "{ratio}");
    assert!((30.0..90.0).contains(&(at(4 * HOUR) / 60.0)), "six entries a day: {} s", at(4 * HOUR));
    assert_eq!(interval(&policy(), &every(MINUTE, 20)), 15 * MINUTE, "not below min_interval");
    let bounded = Policy { max_interval: 3 * HOUR, ..policy() };
    assert_eq!(interval(&bounded, &every(60 * DAY, 20)), 3 * HOUR, "not above max_interval");
    assert_eq!(interval(&policy(), &[]), HOUR, "nothing is known");
    assert_eq!(interval(&policy(), &[NOW.minus(900 * DAY)]), DAY, "it has been silent for years");
    assert_eq!(interval(&Policy { adaptive: false, ..policy() }, &every(2 * HOUR, 20)), HOUR);
}

/// Entries at made-up distances with this mean, none of them at an hour of its own.
fn scattered(gap: Duration) -> Vec<Timestamp> {
    let mut at = NOW;
    let distances = [0.3, 1.7, 0.6, 1.1, 2.2, 0.1, 0.9, 0.4, 1.9, 0.8];
    let all = distances.iter().cycle().take(60);
    all.map(|share| {
        at = at.minus(gap.mul_f64(*share));
        at
    })
    .collect()
}

#[test]
fn hours_without_entries_are_slept_through() {
    // Seven days of an entry each hour from 7:30 to 18:30 GMT.
    let times: Vec<Timestamp> = (0..24 * 7)
        .map(|hour| Timestamp(NOW.0 - hour * 3_600_000))
        .filter(|at| (7..19).contains(&(at.0 / 3_600_000 % 24)))
        .collect();
    let noon = read(&policy(), &FeedState::default(), NOW, &times, 0);
    let evening = NOW.plus(8 * HOUR);
    let asleep = next(evening, "k", &policy(), &noon.state, &not_modified());
    assert!(wait(&asleep, evening) > 3 * wait(&noon, NOW), "{:?} {:?}", noon.reasons, asleep.reasons);
    assert!(asleep.reasons.iter().any(|reason| reason.starts_with("about ")), "{:?}", asleep.reasons);
    // Nor is any hour skipped where a person chose the interval.
    let fixed = Policy { adaptive: false, ..policy() };
    assert_eq!(wait(&next(evening, "k", &fixed, &noon.state, &not_modified()), evening), HOUR);
}

/// A feed that is polled as its schedule says, while its entries appear at these times; how old each is when it is found, and
/// the number of polls.
fn follow(policy: &Policy, entries: &[Timestamp], claimed: impl Fn(Timestamp) -> Timestamp) -> (Vec<Duration>, usize) {
    let (mut state, mut now, mut n_known, mut n_polls) = (FeedState::default(), NOW, 0, 0);
    let mut ages = Vec::new();
    while now < NOW.plus(90 * DAY) {
        n_polls += 1;
        let n_visible = entries.partition_point(|at| *at <= now);
        let shown: Vec<Timestamp> = entries[n_visible.saturating_sub(20)..n_visible].iter().map(|at| claimed(*at)).collect();
        let found = match n_visible == n_known && n_polls > 1 {
            true => next(now, "k", policy, &state, &not_modified()),
            false => read(policy, &state, now, &shown, n_visible - n_known),
        };
        // The last month, when all is learnt.
        if now > NOW.plus(60 * DAY) {
            ages.extend(entries[n_known..n_visible].iter().map(|at| now.since(*at)));
        }
        n_known = n_visible;
        (now, state) = (found.at.expect("a next poll"), found.state);
    }
    (ages, n_polls)
}

fn mean(ages: &[Duration]) -> Duration {
    ages.iter().sum::<Duration>() / u32::try_from(ages.len()).expect("few")
}

#[test]
fn a_daily_column_is_found_soon_with_few_polls() {
    let at_seven: Vec<Timestamp> = (-30i64..90).map(|day| Timestamp(NOW.0 - 5 * 3_600_000 + day * 86_400_000)).collect();
    let (ages, n_polls) = follow(&policy(), &at_seven, |at| at);
    assert!(n_polls < 90 * 6, "{n_polls}");
    assert!(mean(&ages) < 40 * MINUTE, "{:?}", mean(&ages));
}

#[test]
fn a_feed_that_names_only_the_day_is_not_waited_for_at_midnight() {
    let entries: Vec<Timestamp> = (-30i64..90)
        .flat_map(|day| [9, 12, 15].map(|hour| Timestamp(NOW.0 - 12 * 3_600_000 + day * 86_400_000 + hour * 3_600_000)))
        .collect();
    let midnight = |at: Timestamp| Timestamp(at.0.div_euclid(86_400_000) * 86_400_000);
    let (ages, n_polls) = follow(&policy(), &entries, midnight);
    let (of_times, n_of_times) = follow(&policy(), &entries, |at| at);
    assert!(mean(&ages) < 2 * mean(&of_times), "{:?} {:?}", mean(&ages), mean(&of_times));
    assert!(n_polls < 2 * n_of_times, "{n_polls} {n_of_times}");
}

#[test]
fn a_feed_whose_entries_are_soon_replaced_is_polled_before_they_are() {
    // Ten entries within four hours, once, and then nothing for a day.
    let times: Vec<Timestamp> = (0..10).map(|n| NOW.minus(DAY + 24 * MINUTE * n)).collect();
    let found = read(&policy(), &FeedState::default(), NOW, &times, 0);
    assert!(wait(&found, NOW) <= 2 * HOUR, "{:?}", found.reasons);
    let long_ago: Vec<Timestamp> = times.iter().map(|at| at.minus(300 * DAY)).collect();
    let silent = read(&policy(), &FeedState::default(), NOW, &long_ago, 0);
    assert!(wait(&silent, NOW) > 6 * HOUR, "{:?}", silent.reasons);
    // A feed that was filled within minutes and silent since is not asked at the shortest interval for weeks.
    let filled: Vec<Timestamp> = (0..5).map(|n| NOW.minus(2 * MINUTE * n)).collect();
    let (mut found, mut n_polls) = (read(&policy(), &FeedState::default(), NOW, &filled, 5), 1);
    assert!(wait(&found, NOW) == 15 * MINUTE, "{:?}", found.reasons);
    while let Some(at) = found.at.filter(|at| *at < NOW.plus(30 * DAY)) {
        (found, n_polls) = (next(at, "k", &policy(), &found.state, &not_modified()), n_polls + 1);
    }
    assert!(n_polls < 800, "{n_polls} in a month");
    // All of one moment say nothing of that.
    let stamped = read(&policy(), &FeedState::default(), NOW, &[NOW.minus(400 * DAY); 10], 0);
    assert!(wait(&stamped, NOW) > 12 * HOUR, "{:?}", stamped.reasons);
}

#[test]
fn jitter_only_adds_and_spreads() {
    let policy = Policy { jitter: 0.1, ..policy() };
    // At first over half of the interval, so that feeds that were added together part at once; then a little each time.
    for (before, most) in [(FeedState::default(), 30 * MINUTE), (FeedState { spread: true, ..FeedState::default() }, 6 * MINUTE)]
    {
        let mut tenths = [0u32; 10];
        for n in 0..1000 {
            let key = format!("feed {n}");
            let found = next(NOW, &key, &policy, &before, &not_modified());
            assert_eq!(found, next(NOW, &key, &policy, &before, &not_modified()), "the same answer again");
            assert!(found.state.spread);
            let extra = wait(&found, NOW) - HOUR;
            assert!(extra <= most);
            tenths[(extra.as_secs() * 10 / (most.as_secs() + 1)) as usize] += 1;
        }
        assert!(tenths.iter().all(|n| (60..150).contains(n)), "{tenths:?}");
    }
}

/// What a poll that found so many new entries makes of the next one, while a hub pushes.
fn relying(state: &FeedState, push: Push, n_new: usize) -> Next {
    let hints = Hints::default();
    let polled = Polled::Feed { hints: &hints, max_age: None, entry_times: &[], n_new, redirect: None };
    next(NOW, "k", &Policy { push: Some(push), ..policy() }, state, &polled)
}

#[test]
fn a_hub_that_pushes_is_relied_on_until_its_lease_ends_or_it_keeps_something_back() {
    let silent = Push { until: NOW.plus(5 * DAY), delivered: false };
    let found = relying(&FeedState::default(), silent, 0);
    assert!(wait(&found, NOW) >= DAY && found.reasons.iter().any(|why| why.contains("once a day")), "{:?}", found.reasons);
    // Never beyond the lease.
    let ending = relying(&FeedState::default(), Push { until: NOW.plus(3 * HOUR), ..silent }, 0);
    assert!(wait(&ending, NOW) < 5 * HOUR);
    let ended = relying(&FeedState::default(), Push { until: NOW, ..silent }, 0);
    assert_eq!(wait(&ended, NOW), wait(&next(NOW, "k", &policy(), &FeedState::default(), &feed(&Hints::default())), NOW));
    // Twice a poll finds what was not pushed: then it polls as if there were no hub, until the hub delivers again.
    let once = relying(&FeedState::default(), silent, 3);
    assert!(wait(&once, NOW) >= DAY);
    let twice = relying(&once.state, silent, 1);
    assert!(wait(&twice, NOW) < 2 * HOUR, "{:?}", twice.reasons);
    let mended = relying(&twice.state, Push { delivered: true, ..silent }, 0);
    assert!(wait(&mended, NOW) >= DAY);
}

#[test]
fn state_of_another_version_is_read() {
    let state: FeedState = serde_json::from_str(r#"{"n_errors":2,"what_is_this":[1,2],"rhythm":"1 2 x"}"#).unwrap();
    assert_eq!((state.n_errors, state.rhythm), (2, FeedState::default().rhythm));
    // What is written is read again as it was, and is short: it is written with each poll.
    for times in [vec![], every(HOUR, 60), scattered(5 * HOUR)] {
        let known = read(&policy(), &FeedState::default(), NOW, &times, 0).state;
        let written = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<FeedState>(&written).unwrap(), known);
        assert!(written.len() < 480, "{written}");
    }
}

/// A year of a thousand feeds: healthy ones, slow ones, throttled ones, dead ones.
#[test]
fn a_year_of_a_thousand_feeds() {
    let policy = Policy { interval: 4 * HOUR, jitter: 0.1, ..policy() };
    let year_end = NOW.plus(365 * DAY);
    let plain = Hints::default();
    let daily = Hints { ttl_minutes: Some(1440), ..Hints::default() };
    let mut busiest = std::collections::HashMap::<i64, u32>::new();
    let (mut n_polls, mut n_failing) = (0u64, 0u64);
    for n in 0..1000u32 {
        let key = format!("feed {n}");
        let mut state = FeedState { was_read: n % 20 == 0, ..FeedState::default() };
        let mut now = NOW;
        while now < year_end {
            let polled = match n % 10 {
                0 => failed(),
                1 => feed(&daily),
                2 => Polled::Throttled { retry_after: Some(now.plus(2 * HOUR)) },
                _ => feed(&plain),
            };
            n_failing += u64::from(n % 10 == 0);
            n_polls += 1;
            *busiest.entry(now.0 / 60_000).or_default() += 1;
            let found = next(now, &key, &policy, &state, &polled);
            let at = found.at.expect("a next poll");
            // A feed that was never read is asked again sooner, a few times.
            let least = if found.state.was_read { policy.min_interval } else { 5 * MINUTE };
            assert!(at.since(now) >= least && at.since(now) <= 8 * DAY);
            (state, now) = (found.state, at);
        }
    }
    assert!(n_failing < 100 * 370, "at most one request a day for a feed that fails: {n_failing}");
    assert!(n_polls > 700 * 365 * 5, "{n_polls}");
    // All began in the same minute; by the second month they have drifted apart.
    let later = NOW.plus(60 * DAY).0 / 60_000;
    let peak = busiest.iter().filter(|(minute, _)| **minute > later).map(|(_, n)| *n).max();
    assert!(peak.is_some_and(|n| n < 25), "{peak:?} polls in one minute");
}

#[test]
fn a_clock_that_jumps_makes_no_storm_and_no_stall() {
    let policy = Policy { jitter: 0.1, ..policy() };
    for (after, now) in
        [("ten years forward", NOW.plus(3650 * DAY)), ("ten years back", NOW.minus(3650 * DAY)), ("a day's sleep", NOW.plus(DAY))]
    {
        let mut dues: Vec<u64> = Vec::new();
        for n in 0..1000 {
            let key = format!("feed {n}");
            let before = next(NOW, &key, &policy, &FeedState::default(), &not_modified());
            let due = resume(now, &key, &policy, &before.state, before.at.expect("a next poll"), spread_of(1000));
            assert!(due.since(now) <= 5 * MINUTE, "{after}: {key} waits {:?}", due.since(now));
            dues.push(due.since(now).as_secs());
        }
        let worst = (0..300).map(|second| dues.iter().filter(|due| **due == second).count()).max();
        assert!(worst.is_some_and(|n| n < 20), "{after}: {worst:?} polls in one second");
    }
    // A few are not spread over minutes: a machine that wakes with three feeds has news at once.
    let spread = spread_of(3);
    assert!(resume(NOW, "k", &policy, &FeedState::default(), NOW.minus(DAY), spread).since(NOW) <= Duration::from_secs(6));
    // What is not long overdue keeps its time, and so does a hold.
    let state = FeedState::default();
    assert_eq!(resume(NOW, "k", &policy, &state, NOW.plus(HOUR), spread), NOW.plus(HOUR));
    assert_eq!(resume(NOW, "k", &policy, &state, NOW.minus(HOUR / 4), spread), NOW.minus(HOUR / 4));
    let held = FeedState { hold_until: Some(NOW.plus(2 * HOUR)), ..FeedState::default() };
    assert_eq!(resume(NOW, "k", &policy, &held, NOW.minus(DAY), spread), NOW.plus(2 * HOUR));
    // A hold from before the clock was set back is not waited for.
    assert_eq!(earliest(NOW.minus(3650 * DAY), &held), Some(NOW.minus(3650 * DAY)));
}

#[test]
fn what_a_clock_that_was_ahead_learnt_is_forgotten() {
    // A feed of an entry an hour; its first document was read half a year ahead, and one of its entries claims a coming date.
    let shown = |now: Timestamp| -> Vec<Timestamp> { (0..20).map(|n| now.minus(HOUR * n)).collect() };
    let (mut now, ahead) = (NOW, NOW.plus(180 * DAY));
    let mut state = read(&policy(), &FeedState::default(), ahead, &[shown(NOW), vec![NOW.plus(170 * DAY)]].concat(), 21).state;
    let mut found = read(&policy(), &state, now, &[], 0);
    for _ in 0..48 {
        now = now.plus(HOUR);
        found = read(&policy(), &state, now, &[shown(now), vec![NOW.plus(170 * DAY)]].concat(), 1);
        state = found.state.clone();
    }
    assert!(wait(&found, now) < HOUR, "{:?}", found.reasons);
    // As if that had never been read.
    let fresh = read(&policy(), &FeedState::default(), now, &shown(now), 20);
    assert!(wait(&found, now) < 2 * wait(&fresh, now), "{:?} {:?}", found.reasons, fresh.reasons);
}

proptest! {
    #[test]
    fn never_panics_and_never_before_the_least_interval(
        now in any::<i64>(),
        state in (any::<u32>(), any::<Option<i64>>(), any::<Option<u64>>(), any::<Option<i64>>(), any::<Option<u32>>()),
        times in proptest::collection::vec(any::<i64>(), 0..40),
        age in any::<Option<u64>>(),
        retry in any::<Option<i64>>(),
        kind in 0..4,
    ) {
        let now = Timestamp(now);
        let state = FeedState {
            n_errors: state.0,
            hold_until: state.1.map(Timestamp),
            update_period_seconds: state.2,
            last_read: state.3.map(Timestamp),
            ttl_minutes: state.4,
            skip_hours: vec![0, 5, 200],
            ..FeedState::default()
        };
        let times: Vec<Timestamp> = times.into_iter().map(Timestamp).collect();
        let hints = Hints { skip_days: vec![1, 9], ..Hints::default() };
        let before = Timestamp(state.last_read.map_or(0, |read| read.0));
        let state = FeedState { rhythm: read(&policy(), &state, before, &times, 3).state.rhythm, ..state };
        let max_age = age.map(Duration::from_secs);
        let polled = match kind {
            0 => Polled::Feed { hints: &hints, max_age, entry_times: &times, n_new: 0, redirect: None },
            1 => Polled::NotModified { max_age, redirect: Some(Redirect { to: "http://a.example/" }) },
            2 => Polled::Throttled { retry_after: retry.map(Timestamp) },
            _ => Polled::Failed { retry_after: retry.map(Timestamp) },
        };
        let policy = Policy { jitter: 0.3, ..policy() };
        let found = next(now, "k", &policy, &state, &polled);
        let at = found.at.expect("a next poll");
        prop_assert!(at == now.plus(policy.min_interval) || at.since(now) >= policy.min_interval || now.0 > i64::MAX - 2_000_000_000_000);
        prop_assert!(!found.reasons.is_empty());
        let _ = (earliest(now, &found.state), resume(now, "k", &policy, &found.state, at, spread_of(50)));
    }
}

// A network that is down

/// A feed of the simulation: when it is due, and what is remembered of it.
struct Simulated {
    host: String,
    state: FeedState,
    due: Timestamp,
    n_requests: usize,
}

/// Fifty feeds polled once an hour from `start` on, second by second, with a machine that may sleep. `fault`: what
/// happens to a request at a second, if anything does.
fn simulate(
    start: Timestamp,
    seconds: std::ops::Range<u64>,
    feeds: &mut [Simulated],
    network: &mut Network,
    fault: impl Fn(u64) -> Option<Sign>,
) -> Vec<(u64, usize)> {
    simulate_hosts(start, seconds, feeds, network, |second, _| fault(second))
}

/// The same where hosts may differ.
fn simulate_hosts(
    start: Timestamp,
    seconds: std::ops::Range<u64>,
    feeds: &mut [Simulated],
    network: &mut Network,
    fault: impl Fn(u64, &str) -> Option<Sign>,
) -> Vec<(u64, usize)> {
    let policy = Policy { adaptive: false, jitter: 0.0, ..policy() };
    let n_hosts = feeds.len();
    let mut healthy = Vec::new();
    let mut waiting = Vec::new();
    for second in seconds {
        let now = start.plus(Duration::from_secs(second));
        let hints = Hints::default();
        waiting.retain(|(at, ticket): &(usize, Ticket)| {
            let polled = match network.verdict(now, *ticket, n_hosts) {
                Verdict::Undecided { .. } => return true,
                Verdict::Counts => Polled::Failed { retry_after: None },
                Verdict::Spared => Polled::NetworkDown,
                Verdict::Doubtful { others_heard } => Polled::Doubtful { others_heard },
            };
            let feed = &mut feeds[*at];
            let next = next(now, &feed.host, &policy, &feed.state, &polled);
            (feed.state, feed.due) = (next.state, next.at.unwrap());
            false
        });
        if !network.may_ask(now, true) {
            continue;
        }
        let is_down = network.down().is_some();
        // As a service takes them: the one that is due for longest; while the network is down one alone.
        let mut due: Vec<usize> =
            (0..feeds.len()).filter(|at| feeds[*at].due <= now && !waiting.iter().any(|(other, _)| other == at)).collect();
        due.sort_by_key(|at| (feeds[*at].n_requests, feeds[*at].due));
        due.truncate(if is_down { 1 } else { 8 });
        if is_down && !due.is_empty() {
            network.probing(now);
        }
        for at in due {
            let feed = &mut feeds[at];
            feed.n_requests += 1;
            match fault(second, &feed.host) {
                Some(sign) => {
                    let ticket = network.failed(now, &feed.host, now, sign, n_hosts);
                    feed.due = now.plus(Duration::from_secs(3600));
                    waiting.push((at, ticket));
                }
                None => {
                    network.answered(now, &feed.host, now, true);
                    healthy.push((second, at));
                    let polled = Polled::Feed { hints: &hints, max_age: None, entry_times: &[], n_new: 0, redirect: None };
                    let next = next(now, &feed.host, &policy, &feed.state, &polled);
                    (feed.state, feed.due) = (next.state, next.at.unwrap());
                }
            }
        }
    }
    healthy
}

fn fifty(start: Timestamp) -> Vec<Simulated> {
    let feed = |n: u64| Simulated {
        host: format!("host-{n}.example"),
        state: FeedState { spread: true, was_read: true, ..FeedState::default() },
        due: start.plus(Duration::from_secs(n * 72)),
        n_requests: 0,
    };
    (0..50).map(feed).collect()
}

#[test]
fn three_hours_without_names_are_nobodys_fault() {
    const HOUR: u64 = 3600;
    for sign in [Sign::Name, Sign::Connection, Sign::Certificate, Sign::NotYetValid, Sign::WebPage(7), Sign::Astray] {
        let (mut feeds, mut network) = (fifty(NOW), Network::default());
        let down = HOUR + 100..4 * HOUR + 100;
        let fault = |second| down.contains(&second).then_some(sign);
        simulate(NOW, 0..down.end, &mut feeds, &mut network, fault);
        let found = network.down().expect("down");
        assert!(found.since < NOW.plus(Duration::from_secs(down.start + 300)), "{sign:?}");
        let kind = match sign {
            Sign::Name => Kind::Names,
            Sign::Connection => Kind::Connections,
            Sign::NotYetValid => Kind::Clock,
            _ => Kind::Portal,
        };
        assert_eq!(found.kind, kind);
        assert!(feeds.iter().all(|feed| feed.state.n_errors == 0), "{sign:?}");
        let before: Vec<usize> = feeds.iter().map(|feed| feed.n_requests).collect();
        let healthy = simulate(NOW, down.end..down.end + HOUR, &mut feeds, &mut network, fault);
        assert!(healthy[0].0 <= down.end + 120, "{sign:?}: {:?}", healthy[0]);
        assert!(healthy.iter().filter(|(second, _)| *second <= down.end + 240).count() >= 45, "all are caught up with");
        assert_eq!(network.down(), None);
        for (feed, before) in feeds.iter().zip(before) {
            assert!(feed.n_requests - before <= 2, "{sign:?}: {} asked {} times", feed.host, feed.n_requests - before);
            assert_eq!(feed.state.n_errors, 0);
        }
    }
}

#[test]
fn a_machine_that_wakes_before_its_network() {
    let (mut feeds, mut network) = (fifty(NOW), Network::default());
    simulate(NOW, 0..3600, &mut feeds, &mut network, |_| None);
    // A night later, and forty seconds until names are found.
    let morning = 9 * 3600;
    network.woke(NOW.plus(Duration::from_secs(morning)));
    let fault = |second| (second < morning + 40).then_some(Sign::Name);
    let healthy = simulate(NOW, morning..morning + 600, &mut feeds, &mut network, fault);
    assert!(healthy[0].0 <= morning + 40 + 60, "{:?}", healthy[0]);
    assert!(feeds.iter().all(|feed| feed.state.n_errors == 0));
}

#[test]
fn one_feed_that_fails_while_others_answer_is_at_fault() {
    let mut network = Network::default();
    let at = |second: u64| NOW.plus(Duration::from_secs(second));
    let ticket = network.failed(at(0), "dead.example", at(0), Sign::Name, 3);
    assert!(matches!(network.verdict(at(0), ticket, 3), Verdict::Undecided { .. }));
    // What was asked before the failure, and is here just after it, proves nothing: it may have been on its way.
    network.answered(at(0).plus(MINUTE / 120), "early.example", NOW.minus(Duration::from_secs(1)), true);
    assert!(matches!(network.verdict(at(1), ticket, 3), Verdict::Undecided { .. }));
    network.answered(at(3), "late.example", at(2), true);
    assert_eq!(network.verdict(at(3), ticket, 3), Verdict::Counts);
    // Three dead hosts fail at once, and many others, asked at the same time, answer later.
    let tickets = ["a.example", "b.example", "c.example"].map(|host| network.failed(at(5), host, at(5), Sign::Connection, 9));
    assert_eq!(network.down(), None);
    network.answered(at(5).plus(MINUTE / 200), "slow.example", at(5), true);
    network.answered(at(7), "slower.example", at(5), true);
    assert_eq!(tickets.map(|ticket| network.verdict(at(8), ticket, 9)), [Verdict::Counts; 3]);
    // Three time out after five seconds, in which others were answered.
    for host in ["a.example", "b.example", "c.example"] {
        network.failed(at(13), host, at(6), Sign::Connection, 9);
    }
    assert_eq!(network.verdict(at(18), tickets[0], 9), Verdict::Counts);
    assert_eq!(network.down(), None);
    // Different pages in place of feeds are their own; a wrong certificate with others right too.
    for (n, page) in [1, 2, 3].into_iter().enumerate() {
        network.failed(at(10), &format!("page-{n}.example"), at(10), Sign::WebPage(page), 9);
    }
    assert_eq!(network.down(), None);
    // With one host nobody can tell.
    let alone = network.failed(at(20), "alone.example", at(20), Sign::Name, 1);
    assert_eq!(network.verdict(at(20), alone, 1), Verdict::Counts);
}

#[test]
fn one_dead_feed_among_few_is_not_asked_for_ever() {
    // Five feeds an hour: when the dead one fails nobody else is asked within the half minute in which that would be proof.
    let mut feeds: Vec<Simulated> = fifty(NOW).into_iter().take(5).collect();
    for (n, feed) in feeds.iter_mut().enumerate() {
        feed.due = NOW.plus(Duration::from_secs(n as u64 * 720));
    }
    let mut network = Network::default();
    let dead = feeds[2].host.clone();
    simulate_hosts(NOW, 0..24 * 3600, &mut feeds, &mut network, |_, host| (host == dead).then_some(Sign::Connection));
    assert_eq!(network.down(), None);
    assert!(feeds[2].state.n_errors >= 3, "{:?}", feeds[2].state);
    assert!(feeds[2].n_requests <= 12, "asked {} times in a day", feeds[2].n_requests);
    assert!(feeds.iter().filter(|feed| feed.host != dead).all(|feed| feed.state.n_errors == 0 && feed.n_requests <= 25));
    // The same five, and nobody answers for two hours: no error is counted.
    let mut feeds: Vec<Simulated> = fifty(NOW).into_iter().take(5).collect();
    let mut network = Network::default();
    simulate(NOW, 0..2 * 3600, &mut feeds, &mut network, |second| (second > 100).then_some(Sign::Name));
    assert!(feeds.iter().all(|feed| feed.state.n_errors == 0));
    assert_eq!(network.down().map(|down| down.kind), Some(Kind::Names));
}

#[test]
fn what_is_dead_does_not_take_the_network_down_twice() {
    let mut network = Network::default();
    let at = |second: u64| NOW.plus(Duration::from_secs(second));
    let dead = ["a.example", "b.example", "c.example"];
    let fail = |network: &mut Network, second| {
        let tickets = dead.map(|host| network.failed(at(second), host, at(second), Sign::Name, 50));
        tickets.map(|ticket| network.verdict(at(second + 3), ticket, 50))
    };
    // In a quiet minute nobody can know better.
    assert_eq!(fail(&mut network, 0), [Verdict::Spared; 3]);
    assert!(network.answered(at(10), "d.example", at(10), true).is_some());
    assert!(fail(&mut network, 70).iter().all(|verdict| matches!(verdict, Verdict::Undecided { .. })));
    assert_eq!(network.down(), None);
    // Two of three are not all.
    let mut three = Network::default();
    let tickets = ["a.example", "b.example"].map(|host| three.failed(at(0), host, at(0), Sign::Name, 3));
    assert!(matches!(three.verdict(at(3), tickets[0], 3), Verdict::Undecided { .. }));
    assert_eq!(three.down(), None);
    // Others that fail with them are heard.
    for host in ["e.example", "f.example", "g.example"] {
        network.failed(at(75), host, at(75), Sign::Name, 50);
    }
    assert!(network.down().is_some());
}

#[test]
fn a_pass_that_hears_nobody_found_the_network_down() {
    let mut network = Network::default();
    let tickets = ["a.example", "b.example"].map(|host| network.failed(NOW, host, NOW, Sign::Name, 9));
    assert_eq!(network.down(), None, "a service would wait for a third");
    assert_eq!(network.conclude(NOW, tickets[0], NOW, 9), Verdict::Spared);
    // One alone may be at fault, unless another answered in this pass.
    let mut network = Network::default();
    let ticket = network.failed(NOW, "a.example", NOW, Sign::Name, 9);
    assert_eq!(network.conclude(NOW, ticket, NOW, 9), Verdict::Doubtful { others_heard: None });
    network.answered(NOW, "b.example", NOW, true);
    assert_eq!(network.conclude(NOW, ticket, NOW, 9), Verdict::Counts);
}

#[test]
fn doubts_end() {
    let mut state = FeedState { spread: true, was_read: true, ..FeedState::default() };
    let mut waits = Vec::new();
    while is_doubtful(&state, None) {
        let next = next(NOW, "k", &policy(), &state, &Polled::Doubtful { others_heard: None });
        waits.push(next.at.unwrap().since(NOW).as_secs() / 60);
        state = next.state;
    }
    assert_eq!((waits, state.n_errors), (vec![1, 2, 4, 8, 16, 32], 0));
    assert_eq!(next(NOW, "k", &policy(), &state, &Polled::Doubtful { others_heard: None }).state.n_errors, 1);
    // Others were heard since the first doubt: the network was there, and the feed failed again.
    let once = FeedState { n_doubts: 1, doubted_since: Some(NOW), ..FeedState::default() };
    assert!(is_doubtful(&once, Some(NOW)) && !is_doubtful(&once, Some(NOW.plus(MINUTE))));
    assert!(!is_doubtful(&FeedState { n_errors: 1, ..FeedState::default() }, None), "it was failing before");
    assert_eq!(come_back(NOW, "k", &state, NOW.plus(HOUR)), NOW.plus(HOUR));
    assert!(come_back(NOW, "k", &state, NOW.minus(HOUR)).since(NOW) <= MINUTE);
}

#[test]
fn a_feed_that_was_never_read_is_asked_again_soon() {
    let policy = Policy { jitter: 0.0, adaptive: false, interval: Duration::from_secs(3600), ..policy() };
    let mut state = FeedState { spread: true, ..FeedState::default() };
    let mut waits = Vec::new();
    for _ in 0..5 {
        let next = next(NOW, "k", &policy, &state, &Polled::Failed { retry_after: None });
        waits.push(next.at.unwrap().since(NOW).as_secs() / 60);
        state = next.state;
    }
    assert_eq!(waits[..4], [5, 10, 20, 40]);
    assert!(waits[4] >= 60);
    let read = FeedState { spread: true, was_read: true, ..FeedState::default() };
    let next = next(NOW, "k", &policy, &read, &Polled::Failed { retry_after: None });
    assert_eq!(next.at.unwrap().since(NOW), Duration::from_secs(3600));
}

#[test]
fn validators_that_never_change_are_found_out() {
    let policy = Policy { jitter: 0.0, ..policy() };
    let day = Duration::from_secs(86_400);
    let unmodified = Polled::NotModified { max_age: None, redirect: None };
    let known = read(&policy, &FeedState::default(), NOW, &every(day, 20), 0).state;
    let state = next(NOW, "k", &policy, &known, &unmodified).state;
    assert_eq!(unconditional(NOW.plus(day), &state), None);
    assert!(unconditional(NOW.plus(9 * day), &state).unwrap().contains("asked for the whole"));
    let mut honest = state.clone();
    looked(NOW.plus(9 * day), &mut honest, true, 0);
    assert_eq!(unconditional(NOW.plus(18 * day), &honest), None, "twice as long");
    assert!(unconditional(NOW.plus(26 * day), &honest).is_some());
    let mut liar = state;
    looked(NOW.plus(9 * day), &mut liar, true, 3);
    assert!(unconditional(NOW.plus(9 * day + day / 2), &liar).unwrap().contains("before"));
    assert_eq!(unconditional(NOW, &FeedState::default()), None);
}

#[test]
fn zeros_of_clocks_say_nothing_of_a_rhythm() {
    let times = [Timestamp(-62_135_596_800_000), Timestamp(0)];
    let polled = Polled::Feed { hints: &Hints::default(), max_age: None, entry_times: &times, n_new: 2, redirect: None };
    let old = FeedState { newest: Some(Timestamp(-62_135_596_800_000)), ..FeedState::default() };
    assert_eq!(next(NOW, "k", &policy(), &old, &polled).state.newest, None);
}

#[test]
fn an_empty_answer_is_unchanged_once() {
    let mut state = FeedState::default();
    assert!(!empty_is_unchanged(&mut state, false, true), "nobody had asked for a difference");
    assert!(!empty_is_unchanged(&mut state, true, false));
    assert!(empty_is_unchanged(&mut state, true, true));
    assert!(!empty_is_unchanged(&mut state, true, true));
    assert!(!empty_is_unchanged(&mut state, true, false));
    assert!(empty_is_unchanged(&mut state, true, true));
}
