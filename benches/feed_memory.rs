//! What reading a feed takes in memory beside the document itself, as a multiple of the document: bare feed-rs, and
//! this room on clean and on damaged feeds. The bar is 3.
//!
//! `cargo bench --bench feed_memory`; a counting allocator, so that the figures are the same on every run.

use allocator::{NOW, PEAK};
use courant::feed::{Document, parse};
use std::sync::atomic::Ordering::Relaxed;

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/feeds.rs"]
mod feeds;

/// The most that was held at once beyond what was held before.
fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    drop(work());
    PEAK.load(Relaxed) - before
}

fn main() {
    println!("{:6} {:>8} {:>10} {:>8} {:>8} {:>8}", "format", "entries", "KiB", "feed-rs", "clean", "damaged");
    for (name, make) in feeds::FORMATS {
        for n_entries in feeds::SIZES {
            let clean = make(n_entries);
            let damaged = feeds::damage(&clean);
            let read = |text: &str| {
                let document = Document { bytes: text.as_bytes(), content_type: None, url: "https://example.org/feed" };
                peak(|| parse(&document).expect("a feed")) as f64 / text.len() as f64
            };
            let bare = peak(|| feed_rs::parser::parse(clean.as_bytes()).expect("a feed")) as f64 / clean.len() as f64;
            let (own, repaired) = (read(&clean), read(&damaged));
            println!("{name:6} {n_entries:8} {:10} {bare:7.2}× {own:7.2}× {repaired:7.2}×", clean.len() / 1024);
        }
    }
}
