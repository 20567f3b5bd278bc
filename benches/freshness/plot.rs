//! The table as a picture: requests across, delay upwards, both logarithmic; our curve, and a point for each of the others.

use crate::Point;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 50.0;

/// Requests of a feed a day, and minutes, that the axes reach from and to; and their marks.
const REQUESTS: (f64, f64) = (2.0, 128.0);
const MINUTES: (f64, f64) = (4.0, 256.0);
const REQUEST_MARKS: [f64; 7] = [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
const MINUTE_MARKS: [f64; 7] = [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// An SVG of white ground, that is read in the dark too.
pub fn svg(points: &[Point]) -> String {
    let x = |requests: f64| LEFT + (WIDTH - LEFT - RIGHT) * share(requests, REQUESTS);
    let y = |minutes: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share(minutes, MINUTES);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>How old an entry is when it is found, for how many requests</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    let mut line = |text: std::fmt::Arguments| {
        // Writing into a text cannot fail.
        let _ = svg.write_fmt(text);
        svg.push('\n');
    };
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for mark in REQUEST_MARKS {
        let x = x(mark);
        line(format_args!("<path d=\"M{x:.0} {TOP}V{bottom}\" stroke=\"#ddd\"/>"));
        line(format_args!("<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#444\">{mark}</text>", bottom + 18.0));
    }
    for mark in MINUTE_MARKS {
        let y = y(mark);
        line(format_args!("<path d=\"M{LEFT} {y:.0}H{right}\" stroke=\"#ddd\"/>"));
        line(format_args!("<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\" fill=\"#444\">{mark}</text>", LEFT - 8.0, y + 4.0));
    }
    let middle = (LEFT + right) / 2.0;
    line(format_args!(
        "<text x=\"{middle:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#222\">requests of a feed a day</text>",
        HEIGHT - 10.0
    ));
    line(format_args!(
        "<text transform=\"translate(18 {:.0}) rotate(-90)\" text-anchor=\"middle\" fill=\"#222\">mean age of an entry when found, minutes</text>",
        (TOP + bottom) / 2.0
    ));
    let (ours, peers): (Vec<&Point>, Vec<&Point>) = points.iter().partition(|point| point.interval.is_some());
    let curve: Vec<String> = ours.iter().map(|point| format!("{:.0},{:.0}", x(point.requests_a_day), y(point.mean))).collect();
    line(format_args!("<polyline points=\"{}\" fill=\"none\" stroke=\"#0a6\" stroke-width=\"2.5\"/>", curve.join(" ")));
    for point in ours {
        let (x, y) = (x(point.requests_a_day), y(point.mean));
        line(format_args!("<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"3.5\" fill=\"#0a6\"/>"));
        if let Some(minutes) = point.interval.filter(|minutes| [15, 60, 240].contains(minutes)) {
            line(format_args!(
                "<text x=\"{:.0}\" y=\"{:.0}\" fill=\"#063\">courant, interval {minutes}m</text>",
                x + 7.0,
                y - 7.0
            ));
        }
    }
    for point in peers {
        let (x, y) = (x(point.requests_a_day), y(point.mean));
        line(format_args!("<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"4.5\" fill=\"#c40\"/>"));
        let name = point.name;
        // One lies beside the fixed hour, the other at the edge.
        let to_the_left = ["FreshRSS", "Feedbin"].contains(&name);
        let (dx, dy, anchor) = if to_the_left { (-8.0, 5.0, "end") } else { (8.0, -6.0, "start") };
        line(format_args!("<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\" fill=\"#711\">{name}</text>", x + dx, y + dy));
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where a value lies between two, from 0 to 1 and logarithmic; what lies outside is drawn at the edge.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    ((value / low).ln() / (high / low).ln()).clamp(0.0, 1.0)
}
