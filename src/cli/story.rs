//! `courant story …` and `courant why ID`.

use super::failure::{Failure, Outcome};
use super::mark::mark;
use super::output::local_time;
use super::terminal::{self, Terminal};
use super::{setup, typeset};
use crate::daemon::clock;
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::model::{EntryId, StoryId};
use crate::publish::PublishedStory;
use crate::records::{self, Correction, Marking, Reply};
use crate::store::{Reader, StoryDetail};
use crate::{article, text};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// The story's text, its sources and its times
    Show(Id),
    /// Open the story's page in a browser: $BROWSER, else what the desktop has; without one its address is printed
    Open {
        /// The number that `courant stories` prints, or the published id
        id: String,
    },
    /// These entries are another story, for good; `courant why ID` prints the entries' numbers
    Split {
        /// The story that they are in: its number, or its published id
        id: String,
        /// The numbers of the entries that are another story
        #[arg(required = true, value_name = "ENTRY")]
        entries: Vec<i64>,
    },
    /// Two stories are one, for good; the first keeps its id, and the id of the second leads to it
    Merge {
        /// The story that stays: its number, or its published id
        id: String,
        /// The story that becomes part of it
        other: String,
    },
    /// Keep these stories: what is starred is never pruned
    Star {
        /// Their numbers, or their published ids
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// Take the stars of these stories away
    Unstar {
        /// Their numbers, or their published ids
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// These stories are read, for every app
    Read {
        /// Their numbers, or their published ids
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// These stories are unread again
    Unread {
        /// Their numbers, or their published ids
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// Undo the last split or merge that is not undone yet
    Undo,
}

#[derive(Clone, Debug, clap::Args)]
pub struct Id {
    /// The number that `courant stories` prints, or the published id; an id that was merged finds its story
    id: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    match command {
        Command::Show(id) => show(named, id),
        Command::Open { id } => open(named, id),
        Command::Split { id, entries } => correct(named, |reader| {
            Ok(Correction::Split { story: story_of(reader, id)?, entries: entries.iter().copied().map(EntryId).collect() })
        }),
        Command::Merge { id, other } => {
            correct(named, |reader| Ok(Correction::Merge { into: story_of(reader, id)?, from: story_of(reader, other)? }))
        }
        Command::Star { id } => mark_all(named, id, Marking::STARRED, "starred"),
        Command::Unstar { id } => mark_all(named, id, Marking::UNSTARRED, "no longer starred"),
        Command::Read { id } => mark_all(named, id, Marking::READ, "read"),
        Command::Unread { id } => mark_all(named, id, Marking::UNREAD, "unread"),
        Command::Undo => correct(named, |_| Ok(Correction::Undo)),
    }
}

/// Marks the stories of these ids. `is`: what they are then.
fn mark_all(named: Option<&Path>, ids: &[String], marking: Marking, is: &str) -> Outcome {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    let stories = ids.iter().map(|id| story_of(&reader, id)).collect::<Result<Vec<_>, _>>()?;
    let n_marked = mark(&config, &stories, marking)?;
    match (stories.len(), stories.len() - n_marked) {
        (1, 0) => say!("it is {is}"),
        (1, _) => say!("it is {is} already"),
        (n, 0) => say!("{n} stories are {is}"),
        (n, already) => say!("{n} stories are {is}, {already} of them already were"),
    }
    Ok(())
}

/// Says a correction to the running courant, or carries it out as the owner where none runs.
fn correct(named: Option<&Path>, what: impl FnOnce(&Reader) -> Result<Correction, Failure>) -> Outcome {
    let config = setup::config(named)?.config;
    let correction = what(&setup::reader(&config)?)?;
    let corrected = match socket::ask(&config.state_dir, &ControlRequest::Correct { correction: correction.clone() })? {
        Some(ControlResponse::Corrected(corrected)) => Ok(corrected),
        Some(ControlResponse::Error(why)) => Err(why),
        Some(_) => Err("the running courant answered something else".into()),
        None => match setup::as_owner(&config, records::Command::Correct { correction, at: clock() })? {
            Reply::Corrected(corrected) => corrected,
            _ => Err("the writer answered something else".into()),
        },
    };
    match corrected {
        Ok(corrected) => {
            say!("{}", corrected.what);
            Ok(())
        }
        Err(why) => Err(Failure::Usage(why)),
    }
}

fn show(named: Option<&Path>, id: &Id) -> Outcome {
    let story = find(named, &id.id)?;
    let published = &story.published;
    let mut out = std::io::stdout().lock();
    if id.json {
        let body = article::plain_text(&published.html);
        let sources = published
            .sources
            .iter()
            .map(|s| json!({"feed": s.feed_title, "link": s.link, "title": s.title, "published": s.published.rfc3339()}));
        let related = published.related.iter().map(|r| json!({"urn": r.id, "title": r.title, "link": r.link}));
        let row = json!({
            "id": story.id.0, "urn": published.id, "title": published.title, "link": published.link, "author": published.author,
            "published": published.published.rfc3339(), "updated": published.updated.rfc3339_millis(), "language": published.language,
            "tags": published.tags, "text": text::harmless(&body), "html": published.html, "sources": sources.collect::<Vec<_>>(),
            "related": related.collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut out, &row)?;
        writeln!(out)?;
        return Ok(());
    }
    drop(out);
    terminal::show(&set(published, &Terminal::of_stdout()))?;
    Ok(())
}

/// A story as a person reads it on a terminal.
fn set(story: &PublishedStory, terminal: &Terminal) -> String {
    let title = text::one_line(&story.title);
    let titled = match terminal.width {
        Some(width) => {
            let lines = typeset::wrap(&title, width);
            lines.into_iter().map(|line| terminal.bold(&title[line])).collect::<Vec<_>>().join("\n")
        }
        None => terminal.bold(&title),
    };
    let by = story.author.as_deref().map(|author| format!(" · {}", text::one_line(author))).unwrap_or_default();
    let mut out = format!("{titled}\n{}{by}\n", local_time(story.published));
    let mut line = |before: &str, name: &str, link: Option<&String>| {
        let (name, link) = (text::one_line(name), link.map(|link| text::redact_url(link)).unwrap_or_default());
        out.push_str(format!("{before}{name}  {}", terminal.dim(&terminal.link(&link, &link))).trim_end());
        out.push('\n');
    };
    for source in &story.sources {
        line("  ", &source.feed_title, source.link.as_ref());
    }
    out.push('\n');
    out.push_str(&typeset::body(&story.html, terminal));
    if !story.related.is_empty() {
        out.push('\n');
    }
    for related in &story.related {
        let link = related.link.as_deref().map(text::redact_url).unwrap_or_default();
        out.push_str(&format!("related: {}  {}\n", text::one_line(&related.title), terminal.dim(&terminal.link(&link, &link))));
    }
    out
}

/// Only the web's addresses are given to a program.
fn open(named: Option<&Path>, id: &str) -> Outcome {
    let story = find(named, id)?;
    let link = story.published.link.filter(|link| ["http://", "https://"].iter().any(|scheme| link.starts_with(scheme)));
    let Some(link) = link else {
        return Err(Failure::NothingFound(format!("story {} has no page; `courant story show {0}` prints it", story.id)));
    };
    let own = std::env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let browsers: Vec<&str> = match &own {
        Some(several) => several.split(':').collect(),
        None => vec!["xdg-open", "open"],
    };
    for browser in browsers {
        let mut command = std::process::Command::new(browser);
        command.arg(&link);
        // A browser of one's own may run on the terminal; what the desktop starts has nothing to say there.
        if own.is_none() {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        }
        if command.status().is_ok_and(|ended| ended.success()) {
            return Ok(());
        }
    }
    writeln!(std::io::stdout(), "{}", text::one_line(&link))?;
    Ok(())
}

pub fn why(named: Option<&Path>, id: &Id) -> Outcome {
    let story = find(named, &id.id)?;
    let mut out = std::io::stdout().lock();
    if id.json {
        let members: Vec<_> = story
            .members
            .iter()
            .map(|m| {
                json!({
                    "entry": m.entry, "feed": m.feed_name, "title": m.title, "link": m.link, "claimed": m.claimed.map(|at| at.rfc3339()),
                    "first_seen": m.first_seen.rfc3339_millis(), "settled": m.settled.map(|at| at.rfc3339_millis()), "rung": m.rung, "evidence": m.evidence,
                })
            })
            .collect();
        let rules: Vec<_> = story
            .rules
            .iter()
            .map(|(rule, since)| json!({"rule": rule.name, "query": rule.query, "does": rule.deeds(), "since": since.rfc3339()}))
            .collect();
        serde_json::to_writer_pretty(
            &mut out,
            &json!({"id": story.id.0, "urn": story.published.id, "title": story.published.title, "members": members, "rules": rules}),
        )?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "story {}: {}", story.id, text::one_line(&story.published.title))?;
    for (rule, since) in &story.rules {
        writeln!(
            out,
            "rule {} ({}) {}, since {}",
            rule.name,
            text::one_line(&rule.query.to_string()),
            rule.deeds(),
            local_time(*since)
        )?;
    }
    for member in &story.members {
        writeln!(out, "\nentry {} of {}: {}", member.entry, text::one_line(&member.feed_name), text::one_line(&member.title))?;
        let why = if member.evidence.why.is_empty() { "the first of its story" } else { &member.evidence.why };
        writeln!(out, "  {}: {}", member.rung, text::one_line(why))?;
        if !member.evidence.figures.is_empty() {
            let figures: Vec<String> = member.evidence.figures.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
            writeln!(out, "  {}", figures.join(", "))?;
        }
        if let Some(nearest) = &member.evidence.nearest {
            writeln!(out, "  nearest other: story {}, not joined: {}", nearest.story, text::one_line(&nearest.missing))?;
        }
        for related in &member.evidence.related {
            writeln!(out, "  related: story {}, {}", related.story, text::one_line(&related.missing))?;
        }
        let claimed = member.claimed.map_or("no date".into(), local_time);
        writeln!(out, "  claimed {claimed}, first seen {}", local_time(member.first_seen))?;
        match &member.article {
            Some(article) if article.here => writeln!(out, "  body: extracted from its page")?,
            Some(article) => writeln!(
                out,
                "  body: the feed's own; its page: {}",
                text::one_line(article.why.as_deref().unwrap_or("not fetched yet"))
            )?,
            None => writeln!(out, "  body: the feed's own")?,
        }
    }
    Ok(())
}

fn find(named: Option<&Path>, id: &str) -> Result<StoryDetail, Failure> {
    let config = setup::config(named)?.config;
    let reader = setup::reader(&config)?;
    reader.story(story_of(&reader, id)?)?.ok_or_else(|| no_story(id))
}

fn no_story(id: &str) -> Failure {
    Failure::NothingFound(format!("no story has the id {:?}; `courant stories` prints ids", text::one_line(id)))
}

fn story_of(reader: &Reader, id: &str) -> Result<StoryId, Failure> {
    reader.find_story(id)?.ok_or_else(|| no_story(id))
}
