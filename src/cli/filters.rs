//! Why a query found nothing: which of its filters asks for what is not there, and what is.

use super::output::local_time;
use crate::config::diagnose;
use crate::model::Timestamp;
use crate::query::{Filter, Query, State};
use crate::store::{FeedRow, Reader, Selection};
use crate::text;
use std::collections::BTreeSet;

/// Names that are listed at most.
const SHOWN: usize = 30;

/// The first thing at fault, as a sentence with what to do; where no part is at fault by itself, the words are.
pub fn fault(reader: &Reader, query: &Query, now: Timestamp) -> rusqlite::Result<String> {
    let counts = reader.counts()?;
    if counts.stories == 0 {
        return Ok(match (counts.feeds, counts.entries) {
            (0, _) => "no story yet: no feed is subscribed; `courant feed add https://example.org/`, then `courant run`".into(),
            (_, 0) => "no story yet: nothing was read so far; `courant status` says how it goes".into(),
            (_, n) => format!("no story yet: {n} entries wait for their articles; `courant status` says how it goes"),
        });
    }
    let feeds: Vec<FeedRow> = reader.feeds()?.into_iter().filter(|feed| feed.subscribed || feed.n_entries > 0).collect();
    let rules = reader.rules()?;
    let tags: BTreeSet<&String> =
        feeds.iter().flat_map(|feed| &feed.settings.tags).chain(rules.iter().flat_map(|rule| &rule.tags)).collect();
    let is_tag = |wanted: &String| tags.iter().any(|tag| text::fold(tag) == text::fold(wanted));
    if let Some(wanted) = query.tags.wanted.iter().find(|group| !group.iter().any(is_tag)) {
        return Ok(nothing("feed has the tag", wanted, "tags", tags.iter().map(|tag| tag.as_str())));
    }
    let named: Vec<(String, String)> = feeds.iter().map(|feed| (feed.name(), feed.url.clone())).collect();
    for group in &query.feeds.wanted {
        let asked = Query { feeds: Filter::any_of(group.clone()), ..Query::default() };
        if !named.iter().any(|feed| asked.feeds_hold(std::slice::from_ref(feed))) {
            return Ok(nothing("feed is called", group, "feeds", named.iter().map(|(name, _)| name.as_str())));
        }
    }
    let languages = reader.languages()?;
    for group in &query.languages.wanted {
        let asked = Query { languages: Filter::any_of(group.clone()), ..Query::default() };
        if !languages.iter().any(|language| asked.language_holds(Some(language))) {
            return Ok(nothing("story is in", group, "languages", languages.iter().map(String::as_str)));
        }
    }
    for group in &query.states.wanted {
        let asked = Query { states: Filter::any_of(group.clone()), ..Query::default() };
        if reader.select(&Selection::of(asked, 1, now))?.is_empty() {
            return Ok(group.iter().map(|state| nobody_is(*state)).collect::<Vec<_>>().join(", and "));
        }
    }
    if query.since.is_some() {
        let ever = Selection::of(Query { since: None, ..query.clone() }, 1, now);
        if let Some(story) = reader.published(&reader.select(&ever)?)?.first() {
            let at = local_time(story.published);
            let date = at.get(..10).unwrap_or_default();
            return Ok(format!("no story since then; the newest is of {at}: look further back with --since {date}"));
        }
    }
    if query.words.is_empty() && (query.sources.least > 1 || query.sources.most < u32::MAX) {
        return Ok("no story is told by so many feeds in words of their own; a copy counts with its original".into());
    }
    if query.words.is_empty() {
        return Ok("no story; each filter finds some, but no story has all of them".into());
    }
    Ok("no story; try fewer words".into())
}

/// That no story is in this state, and how one comes to be.
fn nobody_is(state: State) -> &'static str {
    match state {
        State::Unread => "every story is read",
        State::Read => "no story is marked as read; `courant story read ID` and reading apps do so",
        State::Starred => "no story is starred; `courant story star ID`, reading apps and rules do so",
        State::Muted => "no story is muted; a [[rule]] with mute = true does so",
    }
}

/// "no feed has the tag nosuch; did you mean …", or all that there are.
fn nothing<'a>(what: &str, wanted: &[String], noun: &str, there: impl Iterator<Item = &'a str>) -> String {
    let there: Vec<String> = there.map(text::one_line).collect();
    let shown = wanted.iter().map(|name| format!("{:?}", text::one_line(name))).collect::<Vec<_>>().join(" or ");
    let near = wanted.iter().find_map(|name| diagnose::nearest(name, there.iter().map(String::as_str)));
    let mut listed: Vec<&str> = there.iter().take(SHOWN).map(String::as_str).collect();
    if there.len() > SHOWN {
        listed.push("…");
    }
    let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    match near {
        Some(near) => format!("no {what} {shown}; did you mean {near:?}? {noun}: {listed}"),
        None => format!("no {what} {shown}; {noun}: {listed}"),
    }
}
