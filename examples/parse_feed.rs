//! Reads a feed, however damaged, and prints its entries.
//!
//!     cargo run --example parse_feed -- FILE [ADDRESS]

use courant::feed::{self, Document, NotAFeed};

/// A line an entry: date, title, link. `address`: where the bytes came from, the base of relative links.
pub fn lines(bytes: &[u8], address: &str) -> Result<Vec<String>, NotAFeed> {
    let feed = feed::parse(&Document { bytes, content_type: None, url: address })?;
    let line = |entry: &feed::ParsedEntry| {
        let date = entry.published.or(entry.updated).map(|at| at.rfc3339()).unwrap_or_default();
        format!("{date}\t{}\t{}", entry.title.as_deref().unwrap_or_default(), entry.link.as_deref().unwrap_or_default())
    };
    Ok(feed.entries.iter().map(line).collect())
}

#[allow(dead_code)] // the test of the examples calls `lines`
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: parse_feed FILE [ADDRESS]")?;
    let address = arguments.next().unwrap_or_default();
    for line in lines(&std::fs::read(file)?, &address)? {
        println!("{line}");
    }
    Ok(())
}
