//! How much the room costs over bare feed-rs, on the same feeds in one run: clean feeds by whichever reader is chosen,
//! the same by feed-rs as we call it (scan, panic guard, drafts) and by our own reader, and damaged feeds (every title
//! has a bare `&`).
//!
//! `cargo bench --bench feed`; the bars are 1.5 times bare feed-rs for clean feeds and 4 times for damaged ones.

use courant::feed::{Document, Reader, parse_with};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;

#[path = "common/feeds.rs"]
mod feeds;

fn reading(criterion: &mut Criterion) {
    for (name, make) in feeds::FORMATS {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
        for n_entries in feeds::SIZES {
            let clean = make(n_entries);
            let damaged = feeds::damage(&clean);
            group.throughput(Throughput::Bytes(clean.len() as u64));
            let run = |text: &str, reader: Reader| {
                let document = Document { bytes: text.as_bytes(), content_type: None, url: "https://example.org/feed" };
                let feed = parse_with(&document, reader).expect("a feed");
                assert_eq!(feed.entries.len(), n_entries);
                feed
            };
            group.bench_function(BenchmarkId::new("feed-rs", n_entries), |b| {
                b.iter(|| feed_rs::parser::parse(clean.as_bytes()).unwrap())
            });
            group.bench_function(BenchmarkId::new("clean", n_entries), |b| b.iter(|| run(&clean, Reader::Choose)));
            group.bench_function(BenchmarkId::new("guarded", n_entries), |b| b.iter(|| run(&clean, Reader::FeedRs)));
            group.bench_function(BenchmarkId::new("own", n_entries), |b| b.iter(|| run(&clean, Reader::Own)));
            group.bench_function(BenchmarkId::new("damaged", n_entries), |b| b.iter(|| run(&damaged, Reader::Choose)));
        }
        group.finish();
    }
}

criterion_group!(benches, reading);
criterion_main!(benches);
