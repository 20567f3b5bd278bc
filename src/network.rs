//! Is the network there at all? Pure: no files, network, clock, randomness, async or logging.
//!
//! When everything fails on names or connections, that is one state of this machine and not fifty of feeds. This is the
//! state machine that tells the two apart. It hears how each request to a public host ended and answers whether a
//! failure counts against its feed; while the network is down it says when the next probe is due.
//!
//! Two tracks, because they fail apart: *reach* (names, connections, a portal that answers every request with one page)
//! and *trust* (certificates: a portal in the middle, or a clock that is wrong). A track is down when several hosts have
//! failed on it, and for some seconds since the first of them nobody's answer has come. It is up again with the first
//! answer.
//!
//! A failure is judged late: until some other host has answered or failed nobody can know whose fault it is. So
//! [`Network::failed`] gives a ticket, and [`Network::verdict`] says later what it is worth. Nobody is asked more because
//! of it.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a failed request says of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The name was not found.
    Name,
    /// No connection, or none in time.
    Connection,
    /// A certificate that is not accepted, for another reason than its dates.
    Certificate,
    /// A certificate that is not valid yet: its day has not come by our clock.
    NotYetValid,
    /// A certificate that has expired by our clock.
    Expired,
    /// A web page where a feed was before; a hash of the page, so that one page everywhere is found out.
    WebPage(u64),
    /// A public name leads to an address that is not public.
    Astray,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No name is found.
    Names,
    /// Nothing can be connected to.
    Connections,
    /// Somebody answers in the place of everyone: a captive portal.
    Portal,
    /// No certificate is valid yet, or none any more.
    Clock,
}

impl Ticket {
    /// When the request failed.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl Down {
    /// In one line, for people.
    pub fn sentence(&self) -> String {
        format!("down since {}: {}", self.since.rfc3339(), self.kind.sentence())
    }
}

impl Kind {
    /// Completes "since TIME: …".
    pub fn sentence(self) -> &'static str {
        match self {
            Kind::Names => "no name can be looked up",
            Kind::Connections => "no server can be reached",
            Kind::Portal => "every server answers with one page or a strange certificate, as behind a login to a network",
            Kind::Clock => "no certificate is valid at this time, so that the clock of this machine must be wrong",
        }
    }
}

/// The network is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    pub since: Timestamp,
    pub kind: Kind,
    /// When one host may be asked, to see whether it is back.
    pub next_probe: Timestamp,
}

/// Which requests are held back while the network is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Reach,
    Trust,
}

/// A failure that waits for its judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    host: u64,
    side: Side,
    at: Timestamp,
}

/// What a failure is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the feed's own.
    Counts,
    /// The network was down; it says nothing of the feed.
    Spared,
    /// Nobody else was heard in time: it may be either. `others_heard`: when another host was last asked that answered.
    Doubtful { others_heard: Option<Timestamp> },
    /// Nobody knows yet: ask again when something was heard, or then.
    Undecided { until: Timestamp },
}

/// So many hosts must have failed, one after the other. With fewer feeds than this all of them, and two at least.
const HOSTS: usize = 3;

/// An answer that comes so long after a failure was under way when it failed: the network was there. One that comes sooner
/// may have been waiting for us.
const GRACE: Duration = Duration::from_secs(1);

/// Dead hosts fail at once, and the others take their time to answer: so long is waited for them.
const SETTLING: Duration = Duration::from_secs(2);

/// Where nothing more is heard for so long nobody knows whose the failure is.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first pause between probes, which doubles, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// More hosts need not be remembered to know that all fail.
const MOST_HOSTS: usize = 64;

/// … nor more that are suspected; with more all are forgotten, which costs a false alarm at most.
const MOST_SUSPECTS: usize = 1024;

/// What is known of the network. Lives in memory: a process that starts knows nothing, and has not polled anyone yet.
#[derive(Clone, Debug, Default)]
pub struct Network {
    reach: Track,
    trust: Track,
}

#[derive(Clone, Debug, Default)]
struct Track {
    /// Hosts that failed since the last answer, and how.
    failing: BTreeMap<u64, (Timestamp, Sign)>,
    /// When the latest request began that was answered, and which host it asked; and the same of the latest answer's end.
    answered: Option<(Timestamp, u64)>,
    ended: Option<(Timestamp, u64)>,
    down: Option<Down>,
    /// Hosts that failed when it was down last, and have not answered since: that they fail again shows nothing, unless most
    /// others do too.
    suspects: BTreeSet<u64>,
    /// When it was down last: failures of that time may still wait for their verdict.
    was_down: Option<(Timestamp, Timestamp)>,
    n_probes: u32,
}

impl Network {
    /// A request was answered, with whatever status. `began`: when it was sent. `is_https`: over a connection whose
    /// certificate was accepted. Gives what was down until now.
    pub fn answered(&mut self, now: Timestamp, host: &str, began: Timestamp, is_https: bool) -> Option<Down> {
        let host = hash(host);
        let reach = self.reach.answered(now, host, began);
        let trust = if is_https { self.trust.answered(now, host, began) } else { None };
        reach.or(trust)
    }

    /// A request failed in a way that may be the network's. `began`: when it was sent. `n_hosts`: how many different public
    /// hosts the feeds have. Gives a ticket, to ask for its verdict.
    pub fn failed(&mut self, now: Timestamp, host: &str, began: Timestamp, sign: Sign, n_hosts: usize) -> Ticket {
        let host = hash(host);
        let side = match sign {
            Sign::Name | Sign::Connection | Sign::WebPage(_) | Sign::Astray => Side::Reach,
            Sign::Certificate | Sign::NotYetValid | Sign::Expired => Side::Trust,
        };
        self.track_mut(side).failed(now, host, began, sign, n_hosts);
        Ticket { host, side, at: now }
    }

    /// What a failure is worth by now.
    pub fn verdict(&mut self, now: Timestamp, ticket: Ticket, n_hosts: usize) -> Verdict {
        let track = self.track_mut(ticket.side);
        track.look(now, n_hosts);
        if track.down.is_some_and(|down| down.since <= ticket.at) {
            return Verdict::Spared;
        }
        if track.was_down.is_some_and(|(since, until)| (since..=until).contains(&ticket.at)) {
            return Verdict::Spared;
        }
        // With one host nobody can tell; and who was asked later, or answered later, tells that the network was there.
        let is_other = |latest: Option<(Timestamp, u64)>| latest.filter(|(_, host)| *host != ticket.host).map(|(at, _)| at);
        let is_up = is_other(track.answered).is_some_and(|began| began > ticket.at)
            || is_other(track.ended).is_some_and(|ended| ended > ticket.at.plus(GRACE));
        if is_up || n_hosts < 2 {
            return Verdict::Counts;
        }
        let until = ticket.at.plus(PATIENCE);
        if let Some(settled) = track.settles(n_hosts).filter(|settled| *settled > now) {
            return Verdict::Undecided { until: settled.min(until) };
        }
        if now < until { Verdict::Undecided { until } } else { Verdict::Doubtful { others_heard: track.others_heard(ticket) } }
    }

    /// The same where nothing more will be heard, because a pass over feeds ends that began at `since`: never undecided. A
    /// pass in which several hosts failed and none answered found the network down, and so did one of which many hosts
    /// failed after the last answer.
    pub fn conclude(&mut self, now: Timestamp, ticket: Ticket, since: Timestamp, n_hosts: usize) -> Verdict {
        let track = self.track_mut(ticket.side);
        let others_heard = track.others_heard(ticket);
        let is_up = others_heard.is_some_and(|heard| heard >= since);
        if track.settles(n_hosts).is_some() || !is_up && track.failing.len() >= 2 {
            track.go_down(now);
        }
        match self.verdict(now, ticket, n_hosts) {
            Verdict::Undecided { .. } if is_up => Verdict::Counts,
            Verdict::Undecided { .. } => Verdict::Doubtful { others_heard },
            decided => decided,
        }
    }

    /// What is down, if anything is: what stops more first.
    pub fn down(&self) -> Option<Down> {
        self.reach.down.or(self.trust.down)
    }

    /// Whether a request may be made now. While the network is down only probes may: one host at a time, with growing
    /// pauses. A caller that is let through while it is down reports it with [`Network::probing`] first.
    pub fn may_ask(&self, now: Timestamp, is_https: bool) -> bool {
        let is_free = |track: &Track| track.down.is_none_or(|down| now >= down.next_probe);
        is_free(&self.reach) && (!is_https || is_free(&self.trust))
    }

    /// Whether all requests are held back but probes; else, while the network is down, only those over https are.
    pub fn holds_http(&self) -> bool {
        self.reach.down.is_some()
    }

    /// When a probe is due; `None` while nothing is down.
    pub fn next_probe(&self) -> Option<Timestamp> {
        self.down().map(|down| down.next_probe)
    }

    /// A probe is sent now: the next one waits.
    pub fn probing(&mut self, now: Timestamp) {
        self.reach.probing(now);
        self.trust.probing(now);
    }

    /// The machine slept, or its clock was set: what was heard before says nothing of now, and a probe is due.
    pub fn woke(&mut self, now: Timestamp) {
        for track in [&mut self.reach, &mut self.trust] {
            track.failing.clear();
            (track.answered, track.ended) = (None, None);
        }
        self.probe_now(now);
    }

    /// While the network is down: the next probe is due now, and the pauses begin anew.
    pub fn probe_now(&mut self, now: Timestamp) {
        for track in [&mut self.reach, &mut self.trust] {
            track.n_probes = 0;
            if let Some(down) = &mut track.down {
                down.next_probe = now;
            }
        }
    }

    fn track_mut(&mut self, side: Side) -> &mut Track {
        match side {
            Side::Reach => &mut self.reach,
            Side::Trust => &mut self.trust,
        }
    }
}

impl Track {
    fn answered(&mut self, now: Timestamp, host: u64, began: Timestamp) -> Option<Down> {
        if self.answered.is_none_or(|(latest, _)| began >= latest) {
            self.answered = Some((began, host));
        }
        if self.ended.is_none_or(|(latest, _)| now >= latest) {
            self.ended = Some((now, host));
        }
        // Heard late: by what was asked and answered before the first failure nothing is mended.
        let first = self.failing.values().map(|(at, _)| *at).min();
        if first.is_some_and(|first| now < first) {
            return None;
        }
        self.suspects.remove(&host);
        let down = self.down.take();
        if down.is_some() {
            // Others among them will answer soon; who does not was perhaps not the network's.
            if self.suspects.len() >= MOST_SUSPECTS {
                self.suspects.clear();
            }
            self.suspects.extend(self.failing.keys().filter(|other| **other != host));
        }
        self.failing.clear();
        self.n_probes = 0;
        self.was_down = down.map(|down| (down.since, now)).or(self.was_down);
        down
    }

    fn failed(&mut self, now: Timestamp, host: u64, began: Timestamp, sign: Sign, n_hosts: usize) {
        // Others were answered while this one waited in vain: it is no evidence.
        if self.down.is_none() && self.ended.is_some_and(|(ended, other)| other != host && ended > began) {
            return;
        }
        if self.failing.len() < MOST_HOSTS || self.failing.contains_key(&host) {
            let since = self.failing.get(&host).map_or(now, |(at, _)| *at);
            self.failing.insert(host, (since, sign));
        }
        self.look(now, n_hosts);
    }

    /// Goes down where enough hosts have failed, and those that might answer had their time.
    fn look(&mut self, now: Timestamp, n_hosts: usize) {
        if self.settles(n_hosts).is_some_and(|settled| now >= settled) {
            self.go_down(now);
        }
    }

    /// From when on the track is down if nobody answers until then; `None`: too few have failed.
    fn settles(&self, n_hosts: usize) -> Option<Timestamp> {
        let needed = HOSTS.min(n_hosts).max(2);
        let first = self.failing.values().map(|(at, _)| *at).min()?;
        let n_fresh = self.failing.keys().filter(|host| !self.suspects.contains(host)).count();
        let are_most = self.failing.len() >= needed && self.failing.len() * 2 > n_hosts;
        (n_fresh >= needed || are_most).then(|| first.plus(SETTLING))
    }

    /// Unless what failed has nothing in common.
    fn go_down(&mut self, now: Timestamp) {
        let Some(kind) = kind(self.failing.values().map(|(_, sign)| *sign)) else { return };
        let since = self.failing.values().map(|(at, _)| *at).min().unwrap_or(now);
        match &mut self.down {
            Some(down) => down.kind = kind,
            None => self.down = Some(Down { since, kind, next_probe: now.plus(FIRST_PAUSE) }),
        }
    }

    fn others_heard(&self, ticket: Ticket) -> Option<Timestamp> {
        self.answered.filter(|(_, host)| *host != ticket.host).map(|(began, _)| began)
    }

    fn probing(&mut self, now: Timestamp) {
        let Some(down) = &mut self.down else { return };
        self.n_probes = self.n_probes.saturating_add(1);
        down.next_probe = now.plus(FIRST_PAUSE.saturating_mul(1 << self.n_probes.min(8)).min(LONGEST_PAUSE));
    }
}

/// What failures of several hosts have in common; `None`: pages that differ are the feeds' own.
fn kind(signs: impl Iterator<Item = Sign> + Clone) -> Option<Kind> {
    let all = |wanted: fn(Sign) -> bool| signs.clone().all(wanted);
    let first_page = signs.clone().find_map(|sign| match sign {
        Sign::WebPage(page) => Some(page),
        _ => None,
    });
    if let Some(first) = first_page {
        // Some names may fail behind a portal; but all pages must be the one.
        let is_one = signs.clone().all(|sign| !matches!(sign, Sign::WebPage(page) if page != first));
        let n_pages = signs.clone().filter(|sign| matches!(sign, Sign::WebPage(_))).count();
        return (is_one && n_pages >= 2).then_some(Kind::Portal);
    }
    Some(if all(|sign| sign == Sign::Name) {
        Kind::Names
    } else if all(|sign| matches!(sign, Sign::Name | Sign::Connection)) {
        Kind::Connections
    } else if all(|sign| sign == Sign::NotYetValid) || all(|sign| sign == Sign::Expired) {
        Kind::Clock
    } else {
        Kind::Portal
    })
}

fn hash(host: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(host.as_bytes())
}
