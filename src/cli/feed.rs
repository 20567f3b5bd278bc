//! `courant feed …`: subscriptions. The list is feeds.toml, which is edited here and nowhere else; a running courant
//! is told to read it again.

use super::failure::{Failure, Outcome};
use super::find::{checked, find_feed};
use super::output::{self, Column, Format, local_time};
use super::setup;
use crate::config::subscriptions::{self, Edit, Subscription};
use crate::config::{Config, ConfigError, Loaded};
use crate::daemon::socket::{self, ControlRequest, ControlResponse};
use crate::daemon::{self, Engine, Refetched, clock, source};
use crate::feed;
use crate::fetch::Client;
use crate::model::ArticleMode;
use crate::records::{self, Reply};
use crate::store::FeedRow;
use crate::{listing, publish, text};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Subscribe to a feed, or to the feed of a page
    Add {
        url: String,
        #[arg(long)]
        title: Option<String>,
        #[arg(long)]
        tag: Vec<String>,
        /// Never name this feed in anything that is published
        #[arg(long)]
        private: bool,
        /// Do not fetch it first
        #[arg(long)]
        no_check: bool,
    },
    /// Fetch a feed as a poll would and say what is in it, with everything that had to be repaired
    Test { url: String },
    /// All subscriptions and how they are
    List {
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// One subscription: when it is polled next, and why then
    Show { url: String },
    /// Unsubscribe; its stories stay
    Remove {
        url: String,
        /// Remove its entries too, and the stories that nobody else carried
        #[arg(long)]
        purge: bool,
    },
    /// Keep a feed in the list without polling it
    Pause { url: String },
    /// Poll a paused feed again
    Resume { url: String },
    /// Ask a feed for everything anew, now: what its server said last ("unchanged since …") is forgotten first
    Refetch { url: String },
    /// Subscribe to everything in an OPML file
    Import { file: PathBuf },
    /// Print the subscriptions as OPML, private ones left out
    Export,
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let loaded = setup::config(named)?;
    let config = &loaded.config;
    match command {
        Command::Add { url, title, tag, private, no_check } => {
            already_listed(config, url)?;
            let url = if *no_check { checked(url)? } else { find_feed(config, url)? };
            let feed = Subscription { title: title.clone(), tags: tag.clone(), private: *private, ..Subscription::new(url) };
            change(config, &[Edit::Add(&feed)])?;
            eprintln!("subscribed to {}", text::redact_url(&feed.url));
            tell_owner(config)
        }
        Command::Test { url } => test(config, url),
        Command::List { format } => list(config, *format),
        Command::Show { url } => show(config, url),
        Command::Remove { url, purge } => remove(config, url, *purge),
        Command::Pause { url } => pause(config, url, true),
        Command::Resume { url } => pause(config, url, false),
        Command::Refetch { url } => refetch(loaded, url),
        Command::Import { file } => import(config, file),
        Command::Export => export(config),
    }
}

/// An error for an address that is in the list already, however it is written: known without asking anyone.
fn already_listed(config: &Config, address: &str) -> Outcome {
    let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
    match subscriptions::find(&listed, &checked(address)?) {
        Some(feed) => Err(ConfigError(format!("{} is already there", text::redact_url(&feed.url))).into()),
        None => Ok(()),
    }
}

/// Applies edits to the list, all or none.
fn change(config: &Config, edits: &[Edit]) -> Result<(), ConfigError> {
    subscriptions::change(&setup::feeds_file(config), edits)
}

/// Lets a running courant read the list again; where none runs the next start does.
fn tell_owner(config: &Config) -> Outcome {
    match socket::ask(&config.state_dir, &ControlRequest::Reload)? {
        Some(ControlResponse::Error(error)) => Err(Failure::Error(anyhow::anyhow!(error))),
        _ => Ok(()),
    }
}

fn test(config: &Config, address: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    // As a poll would: what feeds.toml says of it holds here too.
    let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
    let feed = match subscriptions::find(&listed, address) {
        Some(feed) => feed.clone(),
        None => Subscription::new(checked(address)?),
    };
    let client = Client::new(daemon::client_settings(config), Vec::new())?;
    let commands = source::Commands::default();
    let outcome = setup::runtime()?.block_on(source::get(&client, &commands, config, &feed, &feed.url, None));
    let parsed = daemon::answered(outcome).map_err(|problem| problem.to_string()).and_then(|answer| {
        let document = answer.document();
        match &feed.page {
            Some(selectors) => listing::read(&document, selectors).map_err(|problem| problem.to_string()),
            None => feed::parse(&document).map_err(|problem| problem.to_string()),
        }
    });
    let feed = match parsed {
        Ok(feed) => feed,
        Err(problem) => {
            return Err(Failure::Error(anyhow::anyhow!("{}: {}", text::redact_url(&feed.url), text::one_line(&problem))));
        }
    };
    writeln!(out, "{}: {} entries", text::one_line(feed.title.as_deref().unwrap_or("(no title)")), feed.entries.len())?;
    for entry in feed.entries.iter().take(5) {
        let date = entry.published.or(entry.updated).map_or("(no date)".into(), local_time);
        writeln!(out, "  {date}  {}", text::one_line(entry.title.as_deref().unwrap_or("(no title)")))?;
    }
    for warning in &feed.warnings {
        writeln!(out, "repaired: {}", text::one_line(warning))?;
    }
    for warning in feed::identity::identify(&feed.entries, &feed::identity::Habit::default()).warnings {
        writeln!(out, "found: {}", text::one_line(&warning))?;
    }
    Ok(())
}

const COLUMNS: [Column; 6] = [
    Column { heading: "FEED", key: "name", elastic: true },
    Column { heading: "URL", key: "url", elastic: true },
    Column { heading: "TAGS", key: "tags", elastic: true },
    Column { heading: "ENTRIES", key: "entries", elastic: false },
    Column { heading: "NEXT", key: "next", elastic: false },
    Column { heading: "STATE", key: "state", elastic: true },
];

fn list(config: &Config, format: Format) -> Outcome {
    let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
    let stored = if config.database().exists() { setup::reader(config)?.feeds()? } else { Vec::new() };
    let now = clock();
    let rows: Vec<_> = listed
        .iter()
        .map(|feed| {
            let known = stored.iter().find(|row| row.settings.url == feed.url);
            json!({
                "name": known.map_or_else(|| feed.title.clone().unwrap_or_default(), FeedRow::name),
                "url": text::redact_url(&feed.url),
                "tags": feed.tags,
                "entries": known.map_or(0, |row| row.n_entries),
                "next": known.and_then(|row| row.next_poll).map(local_time),
                "state": match known {
                    // What the list says holds before the owner has read it.
                    _ if feed.paused => "is paused".into(),
                    Some(row) => row.health(now).sentence,
                    None => "was not polled yet".into(),
                },
            })
        })
        .collect();
    output::print(&COLUMNS, &rows, format)?;
    if rows.is_empty() { Err(Failure::NothingFound("no subscriptions".into())) } else { Ok(()) }
}

/// The subscription that an address means, also an old address of it.
fn stored(config: &Config, address: &str) -> Result<FeedRow, Failure> {
    let reader = setup::reader(config)?;
    let missing = || Failure::NothingFound(format!("no subscription has the address {}", text::redact_url(address)));
    let id = match reader.feed_of(address)? {
        Some(id) => Some(id),
        // As the list writes it, else in its normal form.
        None => {
            let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
            let listed = subscriptions::find(&listed, address).map(|feed| feed.url.clone());
            match listed.or_else(|| feed::normal_address(address)) {
                Some(url) => reader.feed_of(&url)?,
                None => None,
            }
        }
    };
    let id = id.ok_or_else(missing)?;
    reader.feeds()?.into_iter().find(|feed| feed.id == id).ok_or_else(missing)
}

fn show(config: &Config, address: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    let feed = stored(config, address)?;
    let time = |at: Option<crate::model::Timestamp>| at.map_or("never".into(), local_time);
    writeln!(out, "{}", text::one_line(&feed.name()))?;
    writeln!(out, "address    {}", text::redact_url(&feed.url))?;
    let reader = setup::reader(config)?;
    for (url, since, why) in reader.addresses_of(feed.id)? {
        writeln!(out, "           {} since {} ({why})", text::redact_url(&url), local_time(since))?;
    }
    let health = feed.health(clock());
    let since = health.since.map_or(String::new(), |at| format!(", since {}", local_time(at)));
    writeln!(out, "state      {}{since}", text::one_line(&health.sentence))?;
    if !health.advice.is_empty() {
        writeln!(out, "           {}", health.advice)?;
    }
    writeln!(out, "entries    {}", feed.n_entries)?;
    let (latest, wanted) = reader.pages_wanted(feed.id)?;
    match feed.settings.article.unwrap_or(config.article.mode) {
        ArticleMode::Always => writeln!(out, "articles   always from their pages")?,
        ArticleMode::Never => writeln!(out, "articles   never from their pages: the feed's own text")?,
        ArticleMode::Auto => writeln!(
            out,
            "articles   auto: of the latest {latest} entries {} came whole, {wanted} were cut or empty, and their pages are fetched",
            latest - wanted
        )?,
    }
    writeln!(
        out,
        "polled     {} (well: {}; something new: {})",
        time(feed.last_polled),
        time(feed.last_ok),
        time(feed.last_new)
    )?;
    writeln!(out, "next poll  {}", time(feed.next_poll))?;
    for reason in &feed.reasons {
        writeln!(out, "           because: {}", text::one_line(reason))?;
    }
    if let Some(hub) = reader.hub_of(feed.id)? {
        let lease = match (&hub.error, hub.lease_until) {
            (Some(error), _) => text::one_line(error),
            (None, None) => "not verified yet".into(),
            (None, Some(until)) => format!("until {}; last push {}", local_time(until), time(hub.last_push)),
        };
        writeln!(out, "hub        {} ({lease})", text::redact_url(&hub.hub))?;
    }
    for (n, sentence) in reader.habit_of(feed.id)?.sentences().iter().enumerate() {
        writeln!(out, "{}  {}", if n == 0 { "identity " } else { "         " }, text::one_line(sentence))?;
    }
    for (at, what) in reader.events_of(feed.id)? {
        writeln!(out, "{}  {}", local_time(at), text::one_line(&what))?;
    }
    Ok(())
}

fn remove(config: &Config, address: &str, purge: bool) -> Outcome {
    let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
    // A moved feed may be named by its old or its new address; the list knows one of them.
    let url = match subscriptions::find(&listed, address) {
        Some(feed) => feed.url.clone(),
        None if config.database().exists() => stored(config, address)?.settings.url,
        None => return Err(Failure::NothingFound(format!("{} is not in the list", text::redact_url(address)))),
    };
    if listed.iter().any(|feed| feed.url == url) {
        change(config, &[Edit::Remove(&url)])?;
    }
    let n_stories = match socket::ask(&config.state_dir, &ControlRequest::Remove { url: url.clone(), purge })? {
        Some(ControlResponse::Removed { n_stories }) => n_stories,
        Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
        Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
        None if config.database().exists() => remove_here(config, &url, purge)?,
        None => 0,
    };
    match purge {
        true => eprintln!(
            "unsubscribed from {}; its entries are removed, and {n_stories} stories that nobody else carried",
            text::redact_url(&url)
        ),
        false => eprintln!("unsubscribed from {}; its stories stay (--purge removes them)", text::redact_url(&url)),
    }
    Ok(())
}

/// As the owner, because there is no other.
fn remove_here(config: &Config, url: &str, purge: bool) -> Result<usize, Failure> {
    let Some(feed) = setup::reader(config)?.feed_of(url)? else { return Ok(0) };
    match setup::as_owner(config, records::Command::Remove { feed, purge, at: clock() })? {
        Reply::Removed { n_stories } => Ok(n_stories),
        _ => Err(Failure::Error(anyhow::anyhow!("the writer answered something else"))),
    }
}

/// By the owner where there is one, else as the owner.
fn refetch(mut loaded: Loaded, address: &str) -> Outcome {
    let feed = stored(&loaded.config, address)?;
    let name = text::redact_url(&feed.url);
    let refetched = match socket::ask(&loaded.config.state_dir, &ControlRequest::Refetch { url: feed.url })? {
        Some(ControlResponse::Refetched(refetched)) => refetched,
        Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
        Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
        None => {
            let _owner = super::run::own(&loaded.config.state_dir)?;
            let list = setup::subscriptions(&mut loaded)?;
            let (refetched, writer) = setup::runtime()?.block_on(async {
                let (engine, writer) = Engine::start(loaded.config, list, None)?;
                Ok::<_, anyhow::Error>((daemon::refetch_alone(&engine, feed.id).await, writer))
            })?;
            if writer.join().is_err() {
                return Err(Failure::Error(anyhow::anyhow!("the writer's thread died")));
            }
            refetched?
        }
    };
    match refetched {
        Refetched::Read { n_entries } => {
            eprintln!("asked {name} for everything anew; {n_entries} entries are stored of it");
            Ok(())
        }
        Refetched::NotPolled => Err(Failure::NothingFound(format!("{name} is paused, or no longer in feeds.toml"))),
        Refetched::Held { until } => {
            let until = local_time(until);
            Err(Failure::Error(anyhow::anyhow!(
                "{name}: its server asks for patience until {until}; it is asked for everything then"
            )))
        }
        Refetched::Failed(why) => Err(Failure::Error(anyhow::anyhow!("{name}: {why}; it is asked for everything the next time"))),
    }
}

fn pause(config: &Config, address: &str, paused: bool) -> Outcome {
    change(config, &[Edit::Pause(address, paused)])?;
    eprintln!("{} {}", if paused { "paused" } else { "resumed" }, text::redact_url(address));
    tell_owner(config)
}

fn import(config: &Config, file: &Path) -> Outcome {
    let bytes = std::fs::read(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    let (found, mut skipped) = publish::read_opml(&bytes);
    let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
    let normal = |url: &str| feed::normal_address(url).unwrap_or_else(|| url.to_owned());
    let mut known: std::collections::HashSet<String> = listed.iter().map(|feed| normal(&feed.url)).collect();
    let mut new: Vec<Subscription> = Vec::new();
    for feed in found {
        let url = normal(&feed.url);
        if known.contains(&url) {
            skipped.push(format!("{}: already in the list", text::redact_url(&feed.url)));
        } else if let Err(wrong) = checked(&feed.url) {
            skipped.push(match wrong {
                Failure::Usage(why) => why,
                _ => "not an address".into(),
            });
        } else {
            known.insert(url.clone());
            new.push(Subscription { title: feed.title, tags: feed.tags, ..Subscription::new(url) });
        }
    }
    change(config, &new.iter().map(Edit::Add).collect::<Vec<_>>())?;
    for why in &skipped {
        eprintln!("skipped {}", text::one_line(why));
    }
    eprintln!("subscribed to {} feeds, skipped {}", new.len(), skipped.len());
    if new.is_empty() && skipped.is_empty() {
        return Err(Failure::NothingFound(format!("{}: no subscriptions in it", file.display())));
    }
    tell_owner(config)
}

fn export(config: &Config) -> Outcome {
    let listed = subscriptions::read(&setup::feeds_file(config))?.unwrap_or_default();
    let stored = if config.database().exists() { setup::reader(config)?.feeds()? } else { Vec::new() };
    let public: Vec<publish::Subscription> = listed
        .into_iter()
        .filter(|feed| !feed.private)
        .map(|feed| {
            let known = stored.iter().find(|row| row.settings.url == feed.url);
            publish::Subscription {
                title: feed.title.or_else(|| known.and_then(|row| row.title.clone())),
                site_url: known.and_then(|row| row.site_url.clone()),
                url: feed.url,
                tags: feed.tags,
            }
        })
        .collect();
    std::io::stdout().lock().write_all(publish::opml("courant subscriptions", &public).as_bytes())?;
    Ok(())
}
