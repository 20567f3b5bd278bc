//! A feed as a person calls it: by its address, its title, or a part of either that no other has.

use super::failure::Failure;
use super::setup;
use crate::config::subscriptions::{self, Subscription};
use crate::config::{Loaded, diagnose};
use crate::store::FeedRow;
use crate::{feed, text};
use std::collections::HashMap;

/// The feed that was meant: as the list has it, as the database has it, or both.
pub struct Called {
    /// The list's address, or the one that it had.
    pub url: String,
    pub listed: Option<Subscription>,
    pub stored: Option<FeedRow>,
}

/// Feeds that are named where a part fits several.
const SHOWN: usize = 8;

/// Finds a feed. An error names those that it could be, or is near to.
pub fn find(loaded: &Loaded, wanted: &str) -> Result<Called, Failure> {
    let mut all = all(loaded)?;
    let at = match by_address(&all, wanted) {
        Some(at) => Some(at),
        None => by_old_address(loaded, &all, wanted)?,
    };
    if let Some(at) = at {
        return Ok(all.swap_remove(at));
    }
    let folded = text::fold(wanted.trim());
    let titled: Vec<usize> = (0..all.len()).filter(|&n| text::fold(&all[n].title()) == folded).collect();
    if let [one] = titled.as_slice() {
        return Ok(all.swap_remove(*one));
    }
    // A whole address means the feed there, never another that begins with it.
    let is_address = wanted.contains("://") || ["file:", "exec:"].iter().any(|scheme| wanted.starts_with(scheme));
    let holds = |called: &Called| called.names().iter().any(|name| text::fold(name).contains(&folded));
    let fitting: Vec<usize> = if titled.is_empty() && !is_address && !folded.is_empty() {
        (0..all.len()).filter(|&n| all[n].listed.is_some() && holds(&all[n])).collect()
    } else {
        titled
    };
    match fitting.as_slice() {
        [one] => Ok(all.swap_remove(*one)),
        [] => Err(nobody(&all, wanted)),
        several => {
            let mut lines: Vec<String> = several.iter().take(SHOWN).map(|&n| format!("  {}", all[n].line())).collect();
            if several.len() > SHOWN {
                lines.push(format!("  … and {} more", several.len() - SHOWN));
            }
            Err(Failure::Usage(format!(
                "{:?} could be several feeds; say more of one:\n{}",
                text::one_line(wanted),
                lines.join("\n")
            )))
        }
    }
}

/// Every feed that is listed, and those that are stored and were.
fn all(loaded: &Loaded) -> Result<Vec<Called>, Failure> {
    let listed = setup::listed(loaded)?.unwrap_or_default();
    let config = &loaded.config;
    let stored = if setup::has_database(config)? { setup::reader(config)?.feeds()? } else { Vec::new() };
    let mut stored: HashMap<String, FeedRow> = stored.into_iter().map(|row| (row.settings.url.clone(), row)).collect();
    let mut all: Vec<Called> = Vec::with_capacity(listed.len());
    for feed in listed {
        all.push(Called { url: feed.url.clone(), stored: stored.remove(&feed.url), listed: Some(feed) });
    }
    all.extend(stored.into_iter().map(|(url, row)| Called { url, listed: None, stored: Some(row) }));
    Ok(all)
}

/// By an address that it has or had, however that is written.
fn by_address(all: &[Called], wanted: &str) -> Option<usize> {
    let addresses = |called: &Called| [Some(called.url.clone()), called.stored.as_ref().map(|row| row.url.clone())];
    let is = |wanted: &str| all.iter().position(|called| addresses(called).iter().flatten().any(|url| url == wanted));
    let is_same = |called: &Called| {
        called.listed.as_ref().is_some_and(|feed| subscriptions::find(std::slice::from_ref(feed), wanted).is_some())
    };
    is(wanted).or_else(|| all.iter().position(is_same)).or_else(|| is(&feed::normal_address(wanted)?))
}

/// By an address that it had once.
fn by_old_address(loaded: &Loaded, all: &[Called], wanted: &str) -> Result<Option<usize>, Failure> {
    if all.iter().all(|called| called.stored.is_none()) {
        return Ok(None);
    }
    let reader = setup::reader(&loaded.config)?;
    let mut id = reader.feed_of(wanted)?;
    if let (None, Some(normal)) = (id, feed::normal_address(wanted)) {
        id = reader.feed_of(&normal)?;
    }
    let is = |called: &Called| called.stored.as_ref().is_some_and(|row| Some(row.id) == id);
    Ok(all.iter().position(is))
}

impl Called {
    fn title(&self) -> String {
        let own = self.listed.as_ref().and_then(|feed| feed.title.clone());
        own.or_else(|| self.stored.as_ref().map(FeedRow::name)).unwrap_or_default()
    }

    /// All that it may be called by a part of.
    fn names(&self) -> Vec<String> {
        let stored = self.stored.as_ref();
        let known = [stored.map(|row| row.url.clone()), stored.and_then(|row| row.title.clone())];
        [self.title(), self.url.clone()].into_iter().chain(known.into_iter().flatten()).collect()
    }

    fn line(&self) -> String {
        let title = self.title();
        let title = if title.is_empty() { "(no title)" } else { title.as_str() };
        format!("{}  {}", text::one_line(title), text::redact_url(&self.url))
    }
}

fn nobody(all: &[Called], wanted: &str) -> Failure {
    let wanted = text::one_line(wanted);
    let folded = text::fold(&wanted);
    // Titles, their words, and hosts: what people remember.
    let mut known: Vec<(String, &Called)> = Vec::new();
    for called in all.iter().filter(|called| called.listed.is_some()) {
        let title = text::fold(&called.title());
        let host = url::Url::parse(&called.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        known.extend(title.split_whitespace().map(str::to_owned).chain([title.clone()]).chain(host).map(|name| (name, called)));
    }
    let nearest = diagnose::nearest(&folded, known.iter().map(|(name, _)| name.as_str()));
    let meant = nearest.and_then(|name| known.iter().find(|(known, _)| known == name)).map(|(_, called)| called.line());
    Failure::NothingFound(match meant {
        Some(meant) => format!("no feed is called {wanted:?}; did you mean {meant}?"),
        None => format!("no feed is called {wanted:?}; `courant feed list` names all"),
    })
}
