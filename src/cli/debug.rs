//! `courant debug …`: one stage alone. JSON lines in, JSON lines out, each answered at once.

use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use crate::{article, feed, fetch, story};
use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// The stages that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// {"id","path","content_type","base_url"} → the feed in that file
    Parse,
    /// {"id","url","html"} → the article
    Extract,
    /// {"id","feed","url","canonical_url","title","text","published"} → its story
    Dedupe,
    /// {"id","path","base_url"} → the feeds of a page
    Discover,
    /// {"id","url"} → whether it may be fetched
    Address,
    /// {"id","html"} → harmless HTML
    Sanitize,
}

pub fn run(stage: Stage, explain: bool) -> anyhow::Result<()> {
    match stage {
        Stage::Parse => json_lines(parse),
        Stage::Extract => json_lines(|row| extract(row, explain)),
        Stage::Dedupe => {
            let mut stream = Stream::default();
            json_lines(|row| stream.dedupe(row))
        }
        Stage::Discover => json_lines(discover),
        Stage::Address => json_lines(address),
        Stage::Sanitize => json_lines(sanitize),
    }
}

/// Answers each line; a line that is not a request is answered with an error and does not end the stream.
fn json_lines<Row: for<'a> Deserialize<'a>>(mut answer: impl FnMut(Row) -> Value) -> anyhow::Result<()> {
    // Requests hold whole pages: a pipe's worth is taken at once.
    let mut input = std::io::BufReader::with_capacity(1 << 16, std::io::stdin().lock());
    let mut output = std::io::stdout().lock();
    let mut line = Vec::new();
    while {
        line.clear();
        input.read_until(b'\n', &mut line).context("cannot read standard input")? > 0
    } {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let reply = match serde_json::from_slice(&line) {
            Ok(row) => answer(row),
            Err(error) => json!({"error": format!("not a request: {error}")}),
        };
        serde_json::to_writer(&mut output, &reply)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct ParseRow {
    id: Value,
    path: String,
    content_type: Option<String>,
    base_url: Option<String>,
    /// `own` or `feed-rs`: that reader alone, to compare the two.
    reader: Option<String>,
}

fn parse(row: ParseRow) -> Value {
    let bytes = match std::fs::read(&row.path) {
        Ok(bytes) => bytes,
        Err(error) => return json!({"id": row.id, "ok": false, "error": format!("{}: {error}", row.path)}),
    };
    let document = feed::Document {
        bytes: &bytes,
        content_type: row.content_type.as_deref(),
        url: row.base_url.as_deref().unwrap_or_default(),
    };
    let reader = match row.reader.as_deref() {
        None => feed::Reader::Choose,
        Some("own") => feed::Reader::Own,
        Some("feed-rs") => feed::Reader::FeedRs,
        Some(other) => return json!({"id": row.id, "ok": false, "error": format!("no reader is called {other}")}),
    };
    match feed::parse_with(&document, reader) {
        Err(error) => json!({"id": row.id, "ok": false, "error": error.to_string()}),
        Ok(parsed) => json!({
            "id": row.id,
            "ok": true,
            "feed": {"title": parsed.title, "link": parsed.link},
            "entries": parsed.entries.iter().map(|entry| json!({
                "id": entry.id,
                "link": entry.link,
                "title": entry.title,
                "published": entry.published.map(Timestamp::rfc3339),
                "updated": entry.updated.map(Timestamp::rfc3339),
                "author": entry.author,
                "summary": entry.summary,
                "content": entry.content,
                "enclosures": entry.enclosures.iter().map(|e| &e.url).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "warnings": parsed.warnings,
        }),
    }
}

#[derive(Deserialize)]
struct ExtractRow {
    id: Value,
    url: Option<String>,
    html: String,
}

fn extract(row: ExtractRow, explain: bool) -> Value {
    let page = article::Page {
        bytes: row.html.as_bytes(),
        content_type: Some("text/html; charset=utf-8"),
        url: row.url.as_deref().unwrap_or_default(),
        title: None,
        summary: None,
    };
    let (found, explanation) = match explain {
        true => {
            let (found, explanation) = article::explain(&page, &article::Guide::default());
            (found, Some(explanation))
        }
        false => (article::extract(&page), None),
    };
    let mut reply = match &found {
        Err(error) => json!({"id": row.id, "title": null, "text": "", "html": "", "why": error.to_string()}),
        Ok(found) => json!({
            "id": row.id,
            "title": found.title,
            "text": article::plain_text(&found.html),
            "html": found.html,
            "published": found.published.map(Timestamp::rfc3339),
            "byline": found.author,
            "lang": found.language,
            "canonical_url": found.canonical_url,
            "image": found.lead_image,
        }),
    };
    if let Some(explanation) = explanation {
        let removed = found.iter().flat_map(|found| &found.removed);
        reply["removed"] = removed.map(|r| json!({"what": r.what, "excerpt": r.excerpt})).collect();
        reply["reading"] = explanation.reading.into();
        reply["blocks"] = blocks(&explanation.blocks);
    }
    reply
}

fn blocks(blocks: &[article::Block]) -> Value {
    blocks
        .iter()
        .map(
            |b| json!({"text": b.text, "path": b.path, "score": b.score, "marks": b.marks, "removed": b.removed, "rule": b.rule}),
        )
        .collect()
}

#[derive(Deserialize)]
struct DedupeRow {
    id: String,
    feed: String,
    url: Option<String>,
    canonical_url: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    published: Option<String>,
}

/// A stream of entries with what the store would remember of it.
#[derive(Default)]
struct Stream {
    index: Option<story::Index>,
    names: Vec<String>,
    feeds: HashMap<String, FeedId>,
    addresses: HashMap<String, Vec<(story::AddressKind, EntryId, FeedId)>>,
    stories: HashMap<EntryId, StoryId>,
    next_story: i64,
}

impl Stream {
    fn dedupe(&mut self, row: DedupeRow) -> Value {
        let entry = EntryId(self.names.len() as i64);
        let next_feed = FeedId(self.feeds.len() as i64);
        let feed = *self.feeds.entry(row.feed).or_insert(next_feed);
        let at = row.published.as_deref().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
        let at = Timestamp(at.map_or(0, |at| at.timestamp_millis()));
        let keys = story::address_keys(row.url.as_deref(), None, row.canonical_url.as_deref(), None);
        let mut hits = Vec::new();
        for found in &keys {
            let holders = self.addresses.entry(found.key.clone()).or_default();
            let n_entries = holders.len() as u32;
            hits.extend(holders.iter().take(8).map(|&(their_kind, entry, feed)| story::AddressHit {
                key: found.key.clone(),
                kind: found.kind,
                their_kind,
                entry,
                feed,
                story: self.stories[&entry],
                n_entries,
            }));
            holders.push((found.kind, entry, feed));
        }
        let item = story::Item { entry, feed, title: &row.title, link: row.url.as_deref(), text: &row.text, at };
        let prepared = story::prepare(&item);
        let index = self.index.get_or_insert_with(|| story::Index::new(std::time::Duration::from_secs(96 * 3600)));
        index.expire(at);
        let decision = index.decide(&prepared, Dedupe::Story, &hits, &story::Constraints::default());
        let story = decision.join.unwrap_or_else(|| {
            self.next_story += 1;
            StoryId(self.next_story)
        });
        index.insert(prepared, story);
        self.stories.insert(entry, story);
        let of = decision.duplicate_of.map(|of| self.names[of.0 as usize].clone());
        let reply =
            json!({"id": row.id, "duplicate_of": of, "story": story.0, "rung": decision.rung, "evidence": decision.evidence});
        self.names.push(row.id);
        reply
    }
}

#[derive(Deserialize)]
struct DiscoverRow {
    id: Value,
    path: Option<String>,
    base_url: String,
}

fn discover(row: DiscoverRow) -> Value {
    let feeds = match &row.path {
        None => feed::known_feeds(&row.base_url),
        Some(path) => match std::fs::read(path) {
            Ok(bytes) => feed::discover(&feed::page_text(&bytes, None), &row.base_url),
            Err(error) => return json!({"id": row.id, "feeds": [], "error": format!("{path}: {error}")}),
        },
    };
    json!({"id": row.id, "feeds": feeds})
}

#[derive(Deserialize)]
struct AddressRow {
    id: Value,
    url: String,
}

fn address(row: AddressRow) -> Value {
    match fetch::address::check(&row.url, &[]) {
        Ok(_) => json!({"id": row.id, "allow": true}),
        Err(refusal) => json!({"id": row.id, "allow": false, "why": refusal.to_string()}),
    }
}

#[derive(Deserialize)]
struct SanitizeRow {
    id: Value,
    html: String,
    #[serde(default)]
    url: String,
}

fn sanitize(row: SanitizeRow) -> Value {
    json!({"id": row.id, "html": article::sanitize(&row.html, &row.url)})
}
