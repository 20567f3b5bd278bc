//! How much the room costs over bare feed-rs, on the same feeds in one run: clean feeds (scan, feed-rs, drafts),
//! the same by our own reader alone, and damaged feeds (every title has a bare `&`).
//!
//! `cargo bench --bench feed`; the bars are 1.5 times bare feed-rs for clean feeds and 4 times for damaged ones.

use courant::feed::{Document, Reader, parse_with};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;

const BODY: &str = "<p>The compiler now says <code>which</code> borrow lives too long, and why. It took us three years &amp; \
    a rewrite of the region solver.</p>\n<ul><li><a href=\"https://example.org/notes\">Notes</a></li><li>More</li></ul>\n";

fn rss(n_entries: usize) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel><title>News</title><link>https://example.org/</link><description>d</description>\n",
    );
    for at in 0..n_entries {
        out += &format!(
            "<item><title>Entry {at}: what changed</title><link>https://example.org/{at}</link><guid isPermaLink=\"false\">{at}</guid>\
             <dc:creator>Ann</dc:creator><pubDate>Tue, 02 Mar 2021 23:39:15 +0100</pubDate><category>rust</category>\
             <description>Short.</description><content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            BODY.repeat(18)
        );
    }
    out + "</channel></rss>\n"
}

fn atom(n_entries: usize) -> String {
    let body = BODY.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").repeat(18);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>News</title><id>urn:x</id>\n",
    );
    for at in 0..n_entries {
        out += &format!(
            "<entry><id>urn:x:{at}</id><title>Entry {at}: what changed</title><link href=\"https://example.org/{at}\"/>\
             <updated>2021-03-02T23:39:15Z</updated><author><name>Ann</name></author><content type=\"html\">{body}</content></entry>\n"
        );
    }
    out + "</feed>\n"
}

fn feeds(criterion: &mut Criterion) {
    for (name, make) in [("rss", rss as fn(usize) -> String), ("atom", atom)] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
        for n_entries in [50, 500, 5_000] {
            let clean = make(n_entries);
            let damaged = clean.replace("what changed", "what & changed");
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
            group.bench_function(BenchmarkId::new("clean", n_entries), |b| b.iter(|| run(&clean, Reader::FeedRs)));
            group.bench_function(BenchmarkId::new("own", n_entries), |b| b.iter(|| run(&clean, Reader::Own)));
            group.bench_function(BenchmarkId::new("damaged", n_entries), |b| b.iter(|| run(&damaged, Reader::Choose)));
        }
        group.finish();
    }
}

criterion_group!(benches, feeds);
criterion_main!(benches);
