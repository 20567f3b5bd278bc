//! `courant rules …`

use super::failure::{Failure, Outcome};
use super::output::local_time;
use super::setup;
use crate::daemon::clock;
use crate::rules::Rule;
use crate::store::{Reader, Selection};
use crate::text;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// For which stories of the last 30 days the rules of courant.toml would hold; changes nothing
    Test {
        /// Only this rule
        name: Option<String>,
        /// Stories that are printed of each
        #[arg(long, default_value_t = 10)]
        limit: usize,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The rules that are in force, and for how many stories each holds
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// How far back a test looks.
const LOOKED_BACK: Duration = Duration::from_secs(30 * 86_400);

/// … and at how many stories at most, the newest: each is read for it, a tenth of a millisecond.
const LOOKED_AT: usize = 20_000;

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let config = setup::config(named)?.config;
    match command {
        Command::Test { name, limit, json } => {
            if config.rules.is_empty() {
                return Err(Failure::NothingFound("courant.toml has no [[rule]]".into()));
            }
            if let Some(name) = name
                && !config.rules.iter().any(|rule| rule.name == *name)
            {
                let known: Vec<&str> = config.rules.iter().map(|rule| rule.name.as_str()).collect();
                return Err(Failure::NothingFound(format!("no rule is named {name:?}; there are: {}", known.join(", "))));
            }
            test(&setup::reader(&config)?, &config.rules, name.as_deref(), *limit, *json)
        }
        Command::List { json } => list(&setup::reader(&config)?, *json),
    }
}

/// A rule with the stories for which it would hold.
struct Tested<'a> {
    rule: &'a Rule,
    n_stories: usize,
    /// Number and title of the newest.
    newest: Vec<(i64, String)>,
}

fn test(reader: &Reader, rules: &[Rule], only: Option<&str>, limit: usize, as_json: bool) -> Outcome {
    let since = clock().minus(LOOKED_BACK);
    let selected = reader.selected(&Selection { since: Some(since), limit: LOOKED_AT, ..Selection::default() })?;
    let stories = selected.stories;
    let mut tested: Vec<Tested> = rules.iter().map(|rule| Tested { rule, n_stories: 0, newest: Vec::new() }).collect();
    for story in &stories {
        // All rules, also where one is asked for: its query may look for tags of those before it.
        let Some(judged) = reader.judge_one(*story, rules, &[])? else { continue };
        for tested in tested.iter_mut().filter(|tested| judged.verdict.rules.contains(&tested.rule.name)) {
            tested.n_stories += 1;
            if tested.newest.len() < limit
                && let Some(published) = reader.published(&[*story])?.pop()
            {
                tested.newest.push((story.0, published.title));
            }
        }
    }
    if selected.next.is_some() {
        say!("courant: only the newest {LOOKED_AT} of the last 30 days are looked at");
    }
    tested.retain(|tested| only.is_none_or(|name| tested.rule.name == name));
    let mut out = std::io::stdout().lock();
    if as_json {
        let rows: Vec<_> = tested
            .iter()
            .map(|t| {
                let newest: Vec<_> = t.newest.iter().map(|(id, title)| json!({"id": id, "title": title})).collect();
                json!({"rule": t.rule.name, "does": t.rule.deeds(), "stories": t.n_stories, "of": stories.len(), "newest": newest})
            })
            .collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
        return Ok(());
    }
    for Tested { rule, n_stories, newest } in &tested {
        writeln!(out, "{} {}: {n_stories} of {} stories of the last 30 days", rule.name, rule.deeds(), stories.len())?;
        for (id, title) in newest {
            writeln!(out, "  {id:>6}  {}", text::one_line(title))?;
        }
        if *n_stories > newest.len() {
            writeln!(out, "          … and {} more; --limit", n_stories - newest.len())?;
        }
    }
    Ok(())
}

fn list(reader: &Reader, as_json: bool) -> Outcome {
    let rules = reader.rules()?;
    let mut out = std::io::stdout().lock();
    let mut rows = Vec::with_capacity(rules.len());
    for rule in &rules {
        let (n_stories, last) = reader.reach_of(&rule.name)?;
        rows.push((rule, n_stories, last));
    }
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(rule, n_stories, last)| {
                json!({"rule": rule.name, "query": rule.query, "does": rule.deeds(), "stories": n_stories, "last": last.map(|at| at.rfc3339())})
            })
            .collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        for (rule, n_stories, last) in &rows {
            let last = last.map_or(String::new(), |at| format!(", last {}", local_time(at)));
            let noun = if *n_stories == 1 { "story" } else { "stories" };
            writeln!(out, "{} ({}) {}: {n_stories} {noun}{last}", rule.name, rule.query, rule.deeds())?;
        }
    }
    let waiting = reader.n_unruled()?;
    if waiting > 0 {
        say!("{waiting} stories are still to be judged");
    }
    if rows.is_empty() { Err(Failure::NothingFound("no rule is in force".into())) } else { Ok(()) }
}
