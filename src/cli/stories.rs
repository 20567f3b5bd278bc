//! `courant stories [QUERY]` and `courant search QUERY`: stories, newest first; `--watch` goes on with those that come.

use super::failure::{Failure, Outcome};
use super::mark::mark;
use super::output::{self, Format, Listing};
use super::table::Column;
use super::{filters, setup, since};
use crate::config::Config;
use crate::daemon::clock;
use crate::model::StoryId;
use crate::query::{Order, Query, QueryError, language_range};
use crate::records::Marking;
use crate::store::{Reader, Selection, StoryDetail};
use crate::text;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant stories                            what came in the last 24 hours
  courant stories --since yesterday --lang zh
  courant stories 'rust -game sources:>=3' --format md
  courant stories tag:dev --format urls | xargs -n1 firefox
  courant stories --watch                    and those that come, until Ctrl-C")]
pub struct Options {
    /// Words that a story holds; "…" for a phrase, -word (inside quotes: 'rust -game') for one that must not be there;
    /// tag:dev, lang:zh-Hant, feed:lwn.net, sources:>=3, since:7d, is:unread, is:read, is:starred, is:muted, order:sources for what is known of it
    query: Vec<String>,
    /// First seen within this time (24h, 7days), or since a day (today, yesterday, 2026-11-20)
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = since::parse)]
    since: Duration,
    #[command(flatten)]
    shown: Shown,
    /// Go on: print the stories that come, as they come
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant search 谷歌 lang:zh
  courant search '\"memory safety\"' -C++ --since 30d
  courant search kernel --format jsonl | jq .title")]
pub struct SearchOptions {
    /// What is looked for, in the words of `courant stories`
    #[arg(required = true)]
    query: Vec<String>,
    /// First seen within this time (24h, 7days), or since a day (today, yesterday, 2026-11-20) [default: ever]
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Duration>,
    #[command(flatten)]
    shown: Shown,
}

/// Which of them are printed, and how.
#[derive(Clone, Debug, clap::Args)]
struct Shown {
    /// So many at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    limit: usize,
    /// How they are printed
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Only of feeds with this tag; given more than once: with one of them
    #[arg(long)]
    tag: Vec<String>,
    /// Only in this language: en, zh, zh-Hant … (BCP 47); given more than once: in one of them
    #[arg(long, value_name = "LANGUAGE")]
    lang: Vec<String>,
    /// Only stories that so many feeds tell in words of their own; a copy counts with its original
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_sources: u32,
    /// Mark those that are shown as read
    #[arg(long)]
    mark_read: bool,
}

const COLUMNS: [Column; 6] = [
    Column { heading: "ID", key: "id", least: None, rank: 0 },
    Column { heading: "PUBLISHED", key: "published", least: None, rank: 2 },
    Column { heading: "TITLE", key: "title", least: Some(34), rank: 0 },
    Column { heading: "SOURCES", key: "sources", least: Some(10), rank: 1 },
    Column { heading: "TAGS", key: "tags", least: Some(8), rank: 3 },
    // Last, so that it is left out where there are no rules.
    Column { heading: "MUTED BY", key: "muted", least: Some(8), rank: 4 },
];

fn listing(reader: &Reader) -> rusqlite::Result<Listing<'static>> {
    let n_columns = COLUMNS.len() - usize::from(reader.rules()?.is_empty());
    Ok(Listing { columns: &COLUMNS[..n_columns], address: "link", linked: "title", times: &["published", "first_seen"] })
}

/// Stories are counted up to so many …
const COUNTED: usize = 1000;

/// … and up to so many that hold a word: each of them is read for it, a tenth of a millisecond.
const COUNTED_BY_WORDS: usize = 200;

const STOPPED: &str =
    "the search was stopped, because too many texts had to be read: add a word, or look less far back with --since";

/// A search that stops before it has found enough is begun again where it stopped: so many times in all, each a second or two.
const SEARCHES: usize = 10;

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let mut query = query(&options.query, &options.shown)?;
    query.since.get_or_insert(options.since);
    let (config, wrong) = setup::config_to_look(named)?;
    if options.watch {
        watch(&setup::reader(&config)?, query, &options.shown)?;
    } else {
        list(&config, query, &options.shown)?;
    }
    wrong.map_or(Ok(()), |wrong| Err(Failure::Config(wrong)))
}

pub fn search(named: Option<&Path>, options: &SearchOptions) -> Outcome {
    let mut query = query(&options.query, &options.shown)?;
    query.since = query.since.or(options.since);
    let (config, wrong) = setup::config_to_look(named)?;
    list(&config, query, &options.shown)?;
    wrong.map_or(Ok(()), |wrong| Err(Failure::Config(wrong)))
}

fn query(words: &[String], shown: &Shown) -> Result<Query, Failure> {
    let text = words.join(" ");
    let mut query: Query = text.parse().map_err(|error: QueryError| Failure::Usage(error.to_string()))?;
    if query == Query::default() && !text.trim().is_empty() {
        let text = text::one_line(&text);
        return Err(Failure::Usage(format!("{text} asks for nothing: a word has a letter or a digit, a phrase two quotes")));
    }
    query.tags.want_any(shown.tag.iter().cloned());
    let languages = shown.lang.iter().flat_map(|given| given.split(',')).map(|given| {
        language_range(given.trim())
            .ok_or_else(|| Failure::Usage(format!("--lang {given:?} is not a language; write it like en, zh or zh-Hant")))
    });
    query.languages.want_any(languages.collect::<Result<Vec<_>, _>>()?);
    query.sources.least = query.sources.least.max(shown.min_sources);
    Ok(query)
}

fn list(config: &Config, query: Query, shown: &Shown) -> Outcome {
    let reader = &setup::reader(config)?;
    let now = clock();
    let counted = if query.words.is_empty() { COUNTED } else { COUNTED_BY_WORDS };
    let selection = Selection::of(query.clone(), shown.limit.max(counted), now);
    let found = reader.selected_on(&selection, shown.limit, SEARCHES)?;
    // There may be more, which --limit does not show.
    let has_stopped = found.stories.len() < shown.limit && found.next.is_some();
    let ids = &found.stories[..found.stories.len().min(shown.limit)];
    let rows = rows(reader, ids)?;
    let listing = listing(reader)?;
    if rows.is_empty() && shown.limit > 0 {
        if !matches!(shown.format, Format::Table | Format::Md) {
            output::print(&listing, &rows, shown.format)?;
        }
        return Err(Failure::NothingFound(match has_stopped {
            true => format!("no story so far; {STOPPED}"),
            false => filters::fault(reader, &query, now)?,
        }));
    }
    output::print(&listing, &rows, shown.format)?;
    if shown.mark_read {
        let n_marked = mark(config, ids, Marking::READ)?;
        say!("marked {n_marked} stories as read");
    }
    if has_stopped {
        say!("{} so far; {STOPPED}", rows.len());
    } else if rows.len() < found.stories.len() || found.next.is_some() {
        let all =
            if found.next.is_some() { format!("more than {}", found.stories.len()) } else { found.stories.len().to_string() };
        let order = match query.order {
            Order::Newest => "newest",
            Order::Oldest => "oldest",
            Order::Sources => "most covered",
        };
        say!("{} of {all}, {order} first; --limit shows more", rows.len());
    }
    Ok(())
}

/// Between two looks for new stories.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Prints what is there, the newest last, and then what comes, until the process is told to end.
fn watch(reader: &Reader, mut query: Query, shown: &Shown) -> Outcome {
    if !matches!(shown.format, Format::Table | Format::Jsonl | Format::Urls) {
        return Err(Failure::Usage("--watch prints line by line: use --format table, jsonl or urls".into()));
    }
    query.order = Order::Newest;
    let listing = listing(reader)?;
    let started = clock();
    let mut selection = Selection::of(query, shown.limit, started);
    let mut seen: HashSet<StoryId> = HashSet::new();
    loop {
        let mut found = reader.select(&selection)?;
        found.retain(|id| seen.insert(*id));
        found.reverse();
        for row in rows(reader, &found)? {
            match shown.format {
                Format::Table => writeln!(std::io::stdout(), "{}", line(&row))?,
                format => output::print(&listing, &[row], format)?,
            }
        }
        // From now on those alone that were first seen since, however many a batch brings.
        selection.limit = COUNTED;
        selection.since = Some(started);
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A story on a line of its own.
fn line(row: &Value) -> String {
    let sources = row["sources"].as_array().map_or(0, Vec::len);
    let first = row["sources"][0]["feed"].as_str().map(text::one_line).unwrap_or_default();
    let more = if sources > 1 { format!(" +{}", sources - 1) } else { String::new() };
    format!("{}  {}  {first}{more}", row["id"], text::one_line(row["title"].as_str().unwrap_or_default()))
}

fn rows(reader: &Reader, ids: &[StoryId]) -> rusqlite::Result<Vec<Value>> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(reader.story(*id)?.map(|story| row(&story)));
    }
    Ok(rows)
}

fn row(story: &StoryDetail) -> Value {
    let published = &story.published;
    let first_seen = story.members.iter().map(|member| member.first_seen).min();
    let muted: Vec<&str> = story.rules.iter().filter(|(rule, _)| rule.mute).map(|(rule, _)| rule.name.as_str()).collect();
    let sources: Vec<Value> = published
        .sources
        .iter()
        .map(|source| {
            json!({
                "feed": source.feed_title, "link": source.link.as_deref().map(text::redact_url), "title": source.title,
                "published": source.published.rfc3339(),
            })
        })
        .collect();
    json!({
        "id": story.id.0,
        "urn": published.id,
        "title": published.title,
        "link": published.link,
        "published": published.published.rfc3339(),
        "first_seen": first_seen.map(|at| at.rfc3339_millis()),
        "updated": published.updated.rfc3339_millis(),
        "language": published.language,
        "author": published.author,
        "sources": sources,
        "tags": published.tags,
        "muted": muted,
    })
}
