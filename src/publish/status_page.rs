//! The page at `/status`: how things went over the last days, a picture a number.

use super::Site;
use super::frame::{self, Frame, minute};
use super::words::{self, Words};
use super::xml::{self, Escaped};
use crate::model::{Sample, Timestamp};
use maud::{Markup, html};
use std::time::Duration;

/// Of a picture, in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 60.0;

/// Where nothing was noted for longer, nothing ran: a line is not drawn over it.
const GAP: Duration = Duration::from_secs(3600);

/// One number of each sample; `None`: it was not known.
type Number = fn(&Sample) -> Option<u64>;

/// A number over time.
struct Chart {
    label: &'static str,
    number: Number,
    shown: fn(u64) -> String,
    /// Of the database or the process, which is not everybody's business.
    is_size: bool,
}

pub(super) fn page(site: &Site, samples: &[Sample], tells_sizes: bool) -> String {
    let words = words::of(Some(site.language));
    let body = html! {
        main id="main" { "\n"
            h1 { (words.status) } "\n"
            @match (samples.first(), samples.last()) {
                (Some(first), Some(last)) => {
                    p class="note" { (minute(first.at)) " – " (minute(last.at)) } "\n"
                    @for chart in charts(words).iter().filter(|chart| tells_sizes || !chart.is_size) { (picture(chart, samples)) }
                }
                _ => { p { (words.no_samples) } "\n" }
            }
        } "\n"
    };
    let title = format!("{} – {}", words.status, xml::plain(site.title));
    frame::document(site, Frame { title: &title, language: site.language, query: "", body })
}

fn charts(words: &Words) -> [Chart; 7] {
    let [polls, failed, entries, stories, waiting, size, memory] = words.charts;
    let chart = |label, number: Number| Chart { label, number, shown: |n| n.to_string(), is_size: false };
    let of_size = |label, number: Number| Chart { label, number, shown: megabytes, is_size: true };
    [
        chart(polls, |sample| Some(sample.n_polls)),
        chart(failed, |sample| Some(sample.n_failed)),
        chart(entries, |sample| Some(sample.n_entries)),
        chart(stories, |sample| Some(sample.n_stories)),
        chart(waiting, |sample| Some(sample.n_waiting)),
        of_size(size, |sample| Some(sample.database_bytes)),
        of_size(memory, |sample| sample.memory_bytes),
    ]
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn picture(chart: &Chart, samples: &[Sample]) -> Markup {
    let points: Vec<(Timestamp, u64)> =
        samples.iter().filter_map(|sample| (chart.number)(sample).map(|number| (sample.at, number))).collect();
    let most = points.iter().map(|(_, number)| *number).max().unwrap_or(0);
    html! {
        @if let (Some((first, _)), Some((last, now))) = (points.first(), points.last()) {
            figure class="chart" {
                figcaption {
                    (chart.label) ": " strong { (Escaped(&(chart.shown)(*now))) }
                    " · ≤ " (Escaped(&(chart.shown)(most)))
                }
                svg viewBox="0 0 600 60" preserveAspectRatio="none" aria-hidden="true" {
                    @for line in points.chunk_by(|(before, _), (after, _)| after.since(*before) <= GAP) {
                        polyline points=(line_of(line, *first, *last, most)) {}
                    }
                }
            } "\n"
        }
    }
}

/// The points of a line; one that is alone is drawn as a short one.
fn line_of(line: &[(Timestamp, u64)], first: Timestamp, last: Timestamp, most: u64) -> String {
    let whole = last.since(first).as_secs_f64().max(1.0);
    let mut points: Vec<String> = Vec::with_capacity(line.len() + 1);
    for (at, number) in line {
        let x = at.since(first).as_secs_f64() / whole * (WIDTH - 2.0);
        let y = HEIGHT - 1.0 - *number as f64 / most.max(1) as f64 * (HEIGHT - 2.0);
        points.push(format!("{x:.1},{y:.1}"));
        if line.len() == 1 {
            points.push(format!("{:.1},{y:.1}", x + 2.0));
        }
    }
    points.join(" ")
}
