//! Puts entries together that tell one story: JSON lines in, a line a story out.
//!
//!     cargo run --example cluster_file -- FILE
//!
//! A line: `{"feed": "a", "title": "…", "text": "…", "link": "…", "published": "2026-11-24T08:00:00Z"}`, in the order of the dates.

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::{self, Constraints, Index, Item};
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
struct Line {
    feed: String,
    title: String,
    #[serde(default)]
    text: String,
    link: Option<String>,
    published: chrono::DateTime<chrono::FixedOffset>,
}

/// The titles of each story.
pub fn stories(lines: &str) -> Result<Vec<Vec<String>>, serde_json::Error> {
    // Entries are compared with those of the last four days.
    let mut index = Index::new(Duration::from_secs(4 * 86_400));
    let mut feeds: Vec<String> = Vec::new();
    let mut stories: Vec<Vec<String>> = Vec::new();
    for (n, line) in lines.lines().enumerate() {
        let line: Line = serde_json::from_str(line)?;
        let feed = feeds.iter().position(|known| *known == line.feed).unwrap_or_else(|| {
            feeds.push(line.feed.clone());
            feeds.len() - 1
        });
        let at = Timestamp(line.published.timestamp_millis());
        let item = Item {
            entry: EntryId(n as i64),
            feed: FeedId(feed as i64),
            title: &line.title,
            link: line.link.as_deref(),
            text: &line.text,
            at,
        };
        let entry = story::prepare(&item);
        index.expire(at);
        // What the entries' addresses say could be given too (`story::address_keys`), and what a person has said.
        let decision = index.decide(&entry, Dedupe::Story, &[], &Constraints::default());
        let story = decision.join.map_or(stories.len(), |StoryId(story)| story as usize);
        if story == stories.len() {
            stories.push(Vec::new());
        }
        stories[story].push(line.title);
        index.insert(entry, StoryId(story as i64));
    }
    Ok(stories)
}

#[allow(dead_code)] // the test of the examples calls `stories`
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: cluster_file FILE")?;
    for titles in stories(&std::fs::read_to_string(file)?)? {
        println!("{}", titles.join(" | "));
    }
    Ok(())
}
