//! `courant doctor`: what is wrong with the installation and the feeds, and what to do. Changes nothing.

use super::advice::{self, Weight};
use super::failure::{Failure, Outcome};
use super::output::local_time;
use super::{setup, status};
use crate::daemon::clock;
use crate::daemon::socket::{self, ControlRequest};
use crate::health::State;
use crate::store::FeedRow;
use crate::text;
use crate::websub::CALLBACK_PATH;
use std::io::Write;
use std::path::Path;

/// Exit code 5 where a feed needs attention, 1 where the installation does.
pub fn run(named: Option<&Path>) -> Outcome {
    let loaded = setup::config(named)?;
    let config = &loaded.config;
    let mut out = std::io::stdout().lock();
    let file = loaded.file.as_ref().map_or("none: built-in defaults".into(), |file| file.display().to_string());
    writeln!(out, "configuration  {file}")?;
    let list = setup::feeds_file(&loaded);
    let listed = setup::listed(&loaded)?;
    match &listed {
        Some(feeds) => writeln!(out, "subscriptions  {} in {}", feeds.len(), list.display())?,
        None => writeln!(out, "subscriptions  {} does not exist yet; the first `courant run` writes it", list.display())?,
    }
    let advice = advice::all(&loaded, &listed.unwrap_or_default());
    for one in &advice {
        writeln!(out, "{}{}", if one.weight == Weight::Wrong { "wrong          " } else { "note           " }, one.sentence)?;
    }
    let n_wrong = advice.iter().filter(|one| one.weight == Weight::Wrong).count();
    let misfit = || Failure::Misfit(format!("{n_wrong} of what is configured cannot work as it is"));
    let running = socket::ask(&config.state_dir, &ControlRequest::Alive)?.is_some();
    writeln!(out, "service        {}", if running { "running" } else { "not running" })?;
    if let Some(down) = socket::network(&config.state_dir) {
        let (since, what) = (local_time(down.since), down.kind.sentence());
        writeln!(
            out,
            "network        down since {since}: {what}; no feed is blamed, one host at a time is asked until it is back"
        )?;
    }
    match (config.callback_base(), config.serve.base_url.is_empty()) {
        (Some(base), _) => writeln!(out, "hubs           can push to {base}{CALLBACK_PATH}")?,
        (None, true) => writeln!(out, "hubs           cannot push: serve.base_url is not set")?,
        (None, false) => writeln!(out, "hubs           cannot push: serve.base_url is not a public address")?,
    }
    if !setup::has_database(config)? {
        writeln!(out, "database       none yet")?;
        return if n_wrong > 0 { Err(misfit()) } else { Ok(()) };
    }
    let reader = setup::reader(config)?;
    let damage = reader.damage()?;
    match damage.first() {
        None => writeln!(out, "database       {}, whole", config.database().display())?,
        Some(first) => writeln!(out, "database       {} is damaged: {}", config.database().display(), text::one_line(first))?,
    }
    let now = clock();
    let feeds = reader.feeds()?;
    let mut n_troubled = 0;
    for feed in &feeds {
        let health = feed.health(now);
        if !health.needs_attention() {
            continue;
        }
        n_troubled += 1;
        status::attention(&mut out, feed, &health)?;
        if health.state == State::Moved {
            propose(&mut out, feed)?;
        }
    }
    writeln!(out, "{} feeds need attention, of {}", n_troubled, feeds.iter().filter(|feed| feed.subscribed).count())?;
    if !damage.is_empty() {
        return Err(Failure::Error(anyhow::anyhow!("the database is damaged; restore a backup")));
    }
    if n_wrong > 0 {
        return Err(misfit());
    }
    if n_troubled > 0 { Err(Failure::SomeFeedsFailed) } else { Ok(()) }
}

/// The edit of feeds.toml that a move asks for. The list is a person's: it is proposed, not made.
fn propose(out: &mut impl Write, feed: &FeedRow) -> std::io::Result<()> {
    writeln!(out, "          - url = {:?}", text::redact_url(&feed.settings.url))?;
    writeln!(out, "          + url = {:?}", text::redact_url(&feed.url))
}
