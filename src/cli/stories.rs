//! `courant stories [QUERY]`: recent stories, newest first.

use super::failure::{Failure, Outcome};
use super::output::{self, Column, Format, local_time};
use super::setup;
use crate::config::values;
use crate::daemon::clock;
use crate::query::{Query, QueryError};
use crate::store::Selection;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Words that a story holds; "…" for a phrase, -word (inside quotes: 'rust -game') for one that must not be there;
    /// tag:dev, lang:zh-Hant, feed:lwn.net, sources:>=3, since:7d, order:sources for what is known of it
    query: Vec<String>,
    /// First seen within this time
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = since)]
    since: Duration,
    #[arg(long, default_value_t = 20)]
    limit: usize,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Only of feeds with this tag
    #[arg(long)]
    tag: Vec<String>,
    /// Only in this language (en, zh …)
    #[arg(long)]
    lang: Vec<String>,
    /// Only stories that so many feeds tell in words of their own; a copy counts with its original
    #[arg(long, default_value_t = 1)]
    min_sources: u32,
}

/// Any number of days, also more than there were: "9999d" is everything.
fn since(text: &str) -> Result<Duration, String> {
    values::parse_duration(text)
}

const COLUMNS: [Column; 6] = [
    Column { heading: "ID", key: "id", elastic: false },
    Column { heading: "SEEN", key: "seen", elastic: false },
    Column { heading: "TITLE", key: "title", elastic: true },
    Column { heading: "SOURCES", key: "sources", elastic: true },
    Column { heading: "TAGS", key: "tags", elastic: true },
    // Last, so that it is left out where there are no rules.
    Column { heading: "MUTED BY", key: "muted", elastic: true },
];

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let mut query: Query = options.query.join(" ").parse().map_err(|error: QueryError| Failure::Usage(error.to_string()))?;
    query.since.get_or_insert(options.since);
    query.tags.want_any(options.tag.iter().cloned());
    query.languages.want_any(options.lang.iter().cloned());
    query.sources.least = query.sources.least.max(options.min_sources);
    let selection = Selection::of(query, options.limit, clock());
    let ids = reader.select(&selection)?;
    let rules = reader.rules()?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(story) = reader.published(&[id])?.pop() else { continue };
        let mut sources: Vec<&str> = Vec::new();
        for source in &story.sources {
            if !sources.contains(&source.feed_title.as_str()) {
                sources.push(&source.feed_title);
            }
        }
        let held = reader.rules_of(id, &rules)?;
        let muted: Vec<&str> = held.iter().filter(|(rule, _)| rule.mute).map(|(rule, _)| rule.name.as_str()).collect();
        let row = json!({
            "id": id.0,
            "urn": story.id,
            "title": story.title,
            "link": story.link,
            "published": story.published.rfc3339(),
            "updated": story.updated.rfc3339_millis(),
            "seen": local_time(story.published),
            "language": story.language,
            "author": story.author,
            "sources": sources,
            "tags": story.tags,
            "muted": muted,
        });
        rows.push(row);
    }
    if rows.is_empty() && matches!(options.format, Format::Table | Format::Md) {
        let hint =
            if options.query.is_empty() { "look further back with --since 7d" } else { "try fewer words, or --since 9999d" };
        return Err(Failure::NothingFound(format!("no story; {hint}")));
    }
    let n_columns = COLUMNS.len() - usize::from(rules.is_empty());
    output::print(&COLUMNS[..n_columns], &rows, options.format)?;
    if rows.is_empty() { Err(Failure::NothingFound("no story".into())) } else { Ok(()) }
}
