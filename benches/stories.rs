//! What assigning an entry costs, and what the index of the window takes, with 10,000, 100,000 and 1,000,000 entries in
//! the window. The bars: time an entry grows less than twofold from the smallest to the largest, 300 MB at 100,000, 1.2 GB
//! at 1,000,000.
//!
//! `cargo bench --bench stories [-- N_ENTRIES…]`. Entries are made up: headlines and texts of words as frequent as a
//! language's, one in five in Chinese, a third of them further reports, edits and copies of what others report. Each window
//! is filled with their true stories and then asked where the next ones belong, which is timed, preparing and inserting
//! included: some of one window, some of the next, and so on round, so that a machine whose speed wavers slows them all
//! alike. Memory is counted by the allocator, so that it is the same on every run; times are this machine's.

use allocator::{NOW, PEAK};
use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::{Constraints, Index, Item, Prepared, prepare};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

#[path = "common/allocator.rs"]
mod allocator;

/// Entries that are timed, those that follow on a window, and how many of them in a turn.
const TIMED: usize = 5_000;
const TURN: usize = 250;

const WINDOW: Duration = Duration::from_secs(96 * 3600);

fn main() {
    let mut sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    let mut windows: Vec<Window> = sizes.into_iter().map(Window::filled).collect();
    while windows.iter_mut().map(Window::turn).fold(false, |any, timed| any | timed) {}
    println!(
        "{:>9} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8}",
        "entries", "prepare µs", "decide µs", "insert µs", "whole µs", "p50 µs", "p99 µs", "MB", "peak MB"
    );
    windows.iter_mut().for_each(Window::print);
    if let [first, .., last] = &windows[..] {
        let growth = last.mean() / first.mean();
        println!("from {} to {} entries the time of one grows {growth:.2} times", first.n_entries, last.n_entries);
    }
}

/// An index with so many entries in it, and what those after them cost so far.
struct Window {
    n_entries: usize,
    index: Index,
    /// Those still to come, the next at the end.
    coming: Vec<(Report, StoryId)>,
    prepares: Duration,
    decides: Duration,
    inserts: Duration,
    /// Of each.
    whole: Vec<Duration>,
    /// Bytes.
    held: usize,
    peak: usize,
}

impl Window {
    fn filled(n_entries: usize) -> Window {
        let before = NOW.load(Relaxed);
        PEAK.store(before, Relaxed);
        let mut index = Index::new(WINDOW);
        let (send, receive) = std::sync::mpsc::sync_channel::<(Prepared, StoryId)>(1024);
        let making = std::thread::spawn(move || {
            let mut world = World::new(n_entries);
            for _ in 0..n_entries {
                let (report, story) = world.next();
                if send.send((prepare(&report.item()), story)).is_err() {
                    break;
                }
            }
            world
        });
        for (prepared, story) in receive {
            index.expire(prepared.at);
            index.insert(prepared, story);
        }
        let mut world = making.join().expect("the press has no reason to panic");
        let (held, peak) = (NOW.load(Relaxed) - before, PEAK.load(Relaxed) - before);
        let mut coming: Vec<(Report, StoryId)> = std::iter::repeat_with(|| world.next()).take(TIMED).collect();
        coming.reverse();
        let zero = Duration::ZERO;
        Window { n_entries, index, coming, prepares: zero, decides: zero, inserts: zero, whole: Vec::new(), held, peak }
    }

    /// Takes in some more; `false` once there are none.
    fn turn(&mut self) -> bool {
        let left = self.coming.len().saturating_sub(TURN);
        for (report, story) in self.coming.drain(left..).rev() {
            let started = Instant::now();
            let prepared = prepare(&report.item());
            let ready = started.elapsed();
            self.index.expire(prepared.at);
            let expired = started.elapsed();
            std::hint::black_box(self.index.decide(&prepared, Dedupe::Story, &[], &Constraints::default()));
            let decided = started.elapsed();
            self.index.insert(prepared, story);
            let inserted = started.elapsed();
            self.prepares += ready;
            self.decides += decided - expired;
            self.inserts += inserted - decided;
            self.whole.push(ready + (inserted - expired));
        }
        left > 0
    }

    /// µs.
    fn mean(&self) -> f64 {
        self.whole.iter().sum::<Duration>().as_secs_f64() * 1e6 / self.whole.len() as f64
    }

    fn print(&mut self) {
        self.whole.sort_unstable();
        let each = |sum: Duration| sum.as_secs_f64() * 1e6 / self.whole.len() as f64;
        let at = |share: usize| self.whole[self.whole.len() * share / 100].as_secs_f64() * 1e6;
        println!(
            "{:>9} {:>11.1} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {:>8.0} {:>8.0}",
            self.n_entries,
            each(self.prepares),
            each(self.decides),
            each(self.inserts),
            self.mean(),
            at(50),
            at(99),
            self.held as f64 / 1e6,
            self.peak as f64 / 1e6
        );
    }
}

/// A made-up press: it draws numbers from a counter, so that it says the same on every run.
struct World {
    state: u64,
    n_entries: usize,
    n_made: usize,
    /// What can be reported again: the events of the last day or so.
    events: Vec<Event>,
}

#[derive(Clone)]
struct Event {
    story: StoryId,
    han: bool,
    names: [u64; 4],
    words: [u64; 40],
    figure: u64,
}

struct Report {
    entry: EntryId,
    feed: FeedId,
    at: Timestamp,
    title: String,
    text: String,
}

impl Report {
    fn item(&self) -> Item<'_> {
        Item { entry: self.entry, feed: self.feed, title: &self.title, link: None, text: &self.text, at: self.at }
    }
}

const STOPWORDS: &[&str] = &["the", "of", "to", "and", "in", "a", "for", "is", "on", "that", "with", "as"];
const SYLLABLES: &[&str] = &[
    "ka", "lo", "mi", "ter", "ran", "su", "ve", "dor", "pin", "qua", "el", "shi", "bor", "nu", "gra", "zet", "fy", "hol", "wex",
    "jam",
];

/// Events that are still reported.
const OPEN_EVENTS: usize = 400;

impl World {
    fn new(n_entries: usize) -> World {
        World { state: 42, n_entries, n_made: 0, events: Vec::new() }
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % below
    }

    /// A rank below `n`, each about as frequent as Zipf's law has it.
    fn zipf(&mut self, n: u64) -> u64 {
        let u = self.draw(1 << 30) as f64 / (1u64 << 30) as f64;
        ((n as f64).powf(u) as u64 - 1).min(n - 1)
    }

    fn event(&mut self) -> Event {
        let mut words = [0; 40];
        let mut names = [0; 4];
        words.iter_mut().for_each(|word| *word = self.zipf(60_000));
        names.iter_mut().for_each(|name| *name = self.zipf(200_000));
        Event { story: StoryId(self.n_made as i64), han: self.draw(5) == 0, names, words, figure: self.draw(5_000) }
    }

    fn next(&mut self) -> (Report, StoryId) {
        let event = if self.events.len() >= OPEN_EVENTS && self.draw(3) == 0 {
            {
                let ago = self.draw(OPEN_EVENTS as u64) as usize;
                self.events[self.events.len() - 1 - ago].clone()
            }
        } else {
            let event = self.event();
            self.events.push(event.clone());
            if self.events.len() > 2 * OPEN_EVENTS {
                self.events.drain(..OPEN_EVENTS);
            }
            event
        };
        let (mut title, mut text) = (String::new(), String::new());
        for i in 0..9 {
            self.word(&event, i < 7, &mut title);
        }
        // Half are teasers, half are articles.
        let n_words = if self.draw(2) == 0 { 45 } else { 350 };
        for i in 0..n_words {
            let of_event = self.draw(3) == 0;
            self.word(&event, of_event, &mut text);
            if i % 17 == 16 {
                text.push_str(if event.han { "。" } else { ". " });
            }
        }
        let at = WINDOW.as_millis() as i64 * self.n_made as i64 / self.n_entries as i64;
        let report =
            Report { entry: EntryId(self.n_made as i64), feed: FeedId(self.draw(3_000) as i64), at: Timestamp(at), title, text };
        self.n_made += 1;
        (report, event.story)
    }

    /// Adds a word of the event's own or of the language.
    fn word(&mut self, event: &Event, of_event: bool, out: &mut String) {
        if event.han {
            let word = if of_event { event.words[self.draw(40) as usize] } else { self.zipf(60_000) };
            for part in [word % 1_777, word / 34 + 1] {
                out.extend(char::from_u32(0x4e00 + (part % 2_500) as u32 * 3));
            }
            return;
        }
        match (of_event, self.draw(8)) {
            (false, 0..=3) => out.push_str(STOPWORDS[self.draw(12) as usize]),
            (true, 0..=1) => capital(event.names[self.draw(4) as usize], out),
            (true, 2) => out.push_str(&format!("{}", event.figure)),
            (true, _) => lower(event.words[self.draw(40) as usize], out),
            (false, _) => lower(self.zipf(60_000), out),
        }
        out.push(' ');
    }
}

fn lower(mut rank: u64, out: &mut String) {
    loop {
        out.push_str(SYLLABLES[(rank % 20) as usize]);
        rank /= 20;
        if rank == 0 {
            break;
        }
    }
}

fn capital(rank: u64, out: &mut String) {
    out.push('X');
    lower(rank, out);
}
