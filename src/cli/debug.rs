//! `courant debug …`: one stage alone. JSON lines in, JSON lines out, each answered at once.

use super::dedupe::Stream;
use crate::model::Timestamp;
use crate::{article, feed, fetch};
use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, Write};

/// The stages that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// {"id","path","content_type","base_url"} → the feed in that file
    Parse,
    /// {"id","url","html"} → the article
    Extract,
    /// {"id","feed","url","canonical_url","title","text","published"} → its story; later looks correct earlier answers
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
        Stage::Parse => json_lines(|row| [parse(row)]),
        Stage::Extract => json_lines(|row| [extract(row, explain)]),
        Stage::Dedupe => {
            let mut stream = Stream::new();
            json_lines(|row| stream.dedupe(row))
        }
        Stage::Discover => json_lines(|row| [discover(row)]),
        Stage::Address => json_lines(|row| [address(row)]),
        Stage::Sanitize => json_lines(|row| [sanitize(row)]),
    }
}

/// Answers each line, at least by one; a line that is not a request is answered with an error and does not end the stream.
fn json_lines<Row: for<'a> Deserialize<'a>, Answers: IntoIterator<Item = Value>>(
    mut answer: impl FnMut(Row) -> Answers,
) -> anyhow::Result<()> {
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
        let write = |output: &mut std::io::StdoutLock, reply: &Value| -> anyhow::Result<()> {
            serde_json::to_writer(&mut *output, reply)?;
            Ok(output.write_all(b"\n")?)
        };
        match serde_json::from_slice(&line) {
            Ok(row) => answer(row).into_iter().try_for_each(|reply| write(&mut output, &reply))?,
            Err(error) => write(&mut output, &json!({"error": format!("not a request: {error}")}))?,
        }
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
