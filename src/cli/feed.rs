//! `courant feed …`: subscriptions. The list is feeds.toml, which is edited here and nowhere else; a running courant
//! is told to read it again.

use super::failure::{Failure, Outcome};
use super::find::{Looking, checked, find_feed};
use super::list::tell_owner;
use super::names::{self, Called};
use super::output::{self, Format, Listing, local_time};
use super::progress::Waiting;
use super::table::Column;
use super::{feed_edit, list, setup};
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
    /// Subscribe to feeds, or to the feeds of pages
    #[command(after_help = "Examples:
  courant feed add https://example.org/              the feed of that page
  courant feed add example.org example.net           one of each
  courant feed add lobste.rs --tag dev --tag links
  courant feed add http://127.0.0.1:1200/feed --no-check")]
    Add {
        /// The address of a feed, or of a page that has one; `example.org` means https://example.org
        #[arg(value_name = "URL", required = true)]
        urls: Vec<String>,
        /// Its name here, instead of the feed's own; of one feed
        #[arg(long)]
        title: Option<String>,
        /// A tag, by which outputs and searches select; may be given more than once, or as a,b
        #[arg(long, alias = "tags", value_delimiter = ',')]
        tag: Vec<String>,
        /// Never name these feeds in anything that is published
        #[arg(long)]
        private: bool,
        /// Do not fetch them first
        #[arg(long)]
        no_check: bool,
    },
    /// List the feeds of a page: those that it declares, else what its links and the usual places offer
    Discover {
        /// The page's address; `example.org` means https://example.org
        url: String,
        /// How they are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Fetch a feed as a poll would and say what is in it, with everything that had to be repaired
    Test {
        /// A feed of the list, by address or name, or any other address
        #[arg(value_name = "FEED|URL")]
        feed: String,
    },
    /// All subscriptions and how they are
    List {
        /// How they are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// One subscription: when it is polled next, and why then
    Show(Which),
    /// Unsubscribe; its stories stay
    Remove {
        #[command(flatten)]
        which: Which,
        /// Remove its entries too, and the stories that nobody else carried
        #[arg(long)]
        purge: bool,
    },
    /// Keep a feed in the list without polling it
    Pause(Which),
    /// Poll a paused feed again
    Resume(Which),
    /// Change what feeds.toml says of a feed, or open the list in an editor
    Edit(feed_edit::Options),
    /// Ask a feed for everything anew, now: what its server said last ("unchanged since …") is forgotten first
    Refetch(Which),
    /// Subscribe to everything in an OPML file
    #[command(after_help = "Examples:
  courant feed import subscriptions.opml
  curl https://example.org/blogroll.opml | courant feed import -")]
    Import {
        /// The OPML file; - reads it from the input
        file: PathBuf,
    },
    /// Print the subscriptions as OPML, private ones left out
    Export,
}

/// A feed of the list.
#[derive(Clone, Debug, clap::Args)]
pub struct Which {
    /// The feed: its address, its title, or a part of either that no other feed has
    #[arg(value_name = "FEED")]
    feed: String,
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let loaded = setup::config(named)?;
    match command {
        Command::Add { urls, title, tag, private, no_check } => {
            let new = Subscription { title: title.clone(), tags: tag.clone(), private: *private, ..Subscription::new("") };
            add(&loaded, urls, &new, *no_check)
        }
        Command::Discover { url, format } => discover(&loaded, url, *format),
        Command::Test { feed } => test(&loaded, feed),
        Command::List { format } => list(&loaded, *format),
        Command::Show(which) => show(&loaded, &which.feed),
        Command::Remove { which, purge } => remove(&loaded, &which.feed, *purge),
        Command::Pause(which) => pause(&loaded, &which.feed, true),
        Command::Resume(which) => pause(&loaded, &which.feed, false),
        Command::Edit(options) => feed_edit::run(&loaded, options),
        Command::Refetch(which) => refetch(loaded, &which.feed),
        Command::Import { file } => import(&loaded, file),
        Command::Export => export(&loaded),
    }
}

/// Subscribes to the feed at each address, with what `new` says beside it. One that cannot be added keeps no other from it.
fn add(loaded: &Loaded, addresses: &[String], new: &Subscription, unchecked: bool) -> Outcome {
    if addresses.len() > 1 && new.title.is_some() {
        return Err(Failure::Usage("--title is the name of one feed: add the others without it".into()));
    }
    let looking = (!unchecked).then(|| Looking::new(&loaded.config)).transpose()?;
    let mut n_failed = 0;
    for address in addresses {
        match add_one(loaded, looking.as_ref(), address, new) {
            Err(failure) if addresses.len() == 1 => return Err(failure),
            Err(failure) => {
                failure.report();
                n_failed += 1;
            }
            Ok(()) => {}
        }
    }
    if n_failed < addresses.len() {
        tell_owner(&loaded.config)?;
    }
    match n_failed {
        0 => Ok(()),
        _ => Err(Failure::Error(anyhow::anyhow!("{n_failed} of {} were not added", addresses.len()))),
    }
}

/// `looking`: where it is to be fetched first.
fn add_one(loaded: &Loaded, looking: Option<&Looking>, address: &str, new: &Subscription) -> Outcome {
    already_listed(loaded, address)?;
    let url = looking.map_or_else(|| checked(address), |looking| find_feed(looking, address))?;
    let feed = Subscription { url, ..new.clone() };
    list::change(loaded, &[Edit::Add(&feed)])?;
    say!("subscribed to {}", text::redact_url(&feed.url));
    Ok(())
}

/// An error for an address that is in the list already, however it is written: known without asking anyone.
fn already_listed(loaded: &Loaded, address: &str) -> Outcome {
    let listed = setup::listed(loaded)?.unwrap_or_default();
    match subscriptions::find(&listed, &checked(address)?) {
        Some(feed) => Err(ConfigError(format!("{} is already there", text::redact_url(&feed.url))).into()),
        None => Ok(()),
    }
}

const FOUND: [Column; 3] = [
    Column { heading: "URL", key: "url", least: Some(24), rank: 0 },
    Column { heading: "TITLE", key: "title", least: Some(12), rank: 1 },
    Column { heading: "ENTRIES", key: "entries", least: None, rank: 2 },
];

fn discover(loaded: &Loaded, address: &str, format: Format) -> Outcome {
    let address = checked(address)?;
    if address.starts_with("file:") {
        return Err(Failure::Usage("a page of the web has feeds to find; `courant feed test` reads a file".into()));
    }
    let found = Looking::new(&loaded.config)?.discover(&address)?;
    let rows: Vec<_> = found
        .iter()
        .map(|found| json!({"url": text::redact_url(&found.url), "title": found.feed.title, "entries": found.feed.entries.len()}))
        .collect();
    output::print(&Listing { columns: &FOUND, address: "url", linked: "url", times: &[] }, &rows, format)?;
    Ok(())
}

/// A feed of the list, with what that says of it, else the feed at an address.
fn to_test(loaded: &Loaded, wanted: &str) -> Result<Subscription, Failure> {
    match names::find(loaded, wanted) {
        Ok(Called { listed: Some(feed), .. }) => Ok(feed),
        Ok(Called { url, .. }) => Ok(Subscription::new(url)),
        Err(Failure::NothingFound(_)) if wanted.contains(['.', ':', '/']) => Ok(Subscription::new(checked(wanted)?)),
        Err(other) => Err(other),
    }
}

fn test(loaded: &Loaded, wanted: &str) -> Outcome {
    let config = &loaded.config;
    let mut out = std::io::stdout().lock();
    let feed = to_test(loaded, wanted)?;
    let client = Client::new(daemon::client_settings(config), Vec::new())?;
    let commands = source::Commands::default();
    let waiting = Waiting::start("fetching the feed");
    let outcome = setup::runtime()?.block_on(source::get(&client, &commands, config, &feed, &feed.url, None));
    drop(waiting);
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
    Column { heading: "FEED", key: "name", least: Some(12), rank: 0 },
    Column { heading: "URL", key: "url", least: Some(20), rank: 3 },
    Column { heading: "TAGS", key: "tags", least: Some(8), rank: 5 },
    Column { heading: "ENTRIES", key: "entries", least: None, rank: 2 },
    Column { heading: "NEXT POLL", key: "next_poll", least: None, rank: 4 },
    Column { heading: "STATE", key: "state", least: Some(24), rank: 1 },
];

const LISTING: Listing = Listing { columns: &COLUMNS, address: "url", linked: "name", times: &["next_poll"] };

fn list(loaded: &Loaded, format: Format) -> Outcome {
    let config = &loaded.config;
    let listed = setup::listed(loaded)?.unwrap_or_default();
    let stored = if setup::has_database(config)? { setup::reader(config)?.feeds()? } else { Vec::new() };
    let now = clock();
    let rows: Vec<_> = listed
        .iter()
        .map(|feed| {
            let known = stored.iter().find(|row| row.settings.url == feed.url);
            json!({
                "name": known.map_or_else(|| feed.title.clone().unwrap_or_else(|| host_of(&feed.url)), FeedRow::name),
                "url": text::redact_url(&feed.url),
                "tags": feed.tags,
                "entries": known.map_or(0, |row| row.n_entries),
                "next_poll": known.and_then(|row| row.next_poll).map(|at| at.rfc3339()),
                "state": match known {
                    // What the list says holds before the owner has read it.
                    _ if feed.paused => "is paused".into(),
                    Some(row) => row.health(now).sentence,
                    None => "was not polled yet".into(),
                },
            })
        })
        .collect();
    output::print(&LISTING, &rows, format)?;
    if rows.is_empty() { Err(Failure::NothingFound("no subscriptions".into())) } else { Ok(()) }
}

/// What a feed is called before it has told its title.
fn host_of(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// A feed that the database knows.
fn stored(loaded: &Loaded, wanted: &str) -> Result<FeedRow, Failure> {
    let Called { url, stored, .. } = names::find(loaded, wanted)?;
    let unread = || format!("{} was not read yet; `courant once` polls what is due", text::redact_url(&url));
    stored.ok_or_else(|| Failure::NothingFound(unread()))
}

fn show(loaded: &Loaded, wanted: &str) -> Outcome {
    let config = &loaded.config;
    let mut out = std::io::stdout().lock();
    let feed = stored(loaded, wanted)?;
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

fn remove(loaded: &Loaded, wanted: &str, purge: bool) -> Outcome {
    let config = &loaded.config;
    let Called { url, listed, .. } = names::find(loaded, wanted)?;
    if listed.is_some() {
        list::change(loaded, &[Edit::Remove(&url)])?;
    }
    let n_stories = match socket::ask(&config.state_dir, &ControlRequest::Remove { url: url.clone(), purge })? {
        Some(ControlResponse::Removed { n_stories }) => n_stories,
        Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
        Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
        None if setup::has_database(config)? => remove_here(config, &url, purge)?,
        None => 0,
    };
    match purge {
        true => say!(
            "unsubscribed from {}; its entries are removed, and {n_stories} stories that nobody else carried",
            text::redact_url(&url)
        ),
        false => say!("unsubscribed from {}; its stories stay (--purge removes them)", text::redact_url(&url)),
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
fn refetch(mut loaded: Loaded, wanted: &str) -> Outcome {
    let feed = stored(&loaded, wanted)?;
    let name = text::redact_url(&feed.url);
    let refetched = match socket::ask(&loaded.config.state_dir, &ControlRequest::Refetch { url: feed.url })? {
        Some(ControlResponse::Refetched(refetched)) => refetched,
        Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
        Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
        None => {
            setup::works_alone(&loaded.config)?;
            let _owner = super::run::own(&loaded.config)?;
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
            say!("asked {name} for everything anew; {n_entries} entries are stored of it");
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

fn pause(loaded: &Loaded, wanted: &str, paused: bool) -> Outcome {
    let Called { url, listed, .. } = names::find(loaded, wanted)?;
    let shown = text::redact_url(&url);
    match listed {
        None => return Err(Failure::NothingFound(format!("{shown} is no longer in the list"))),
        Some(feed) if feed.paused == paused => {
            say!("{shown} {}; nothing is changed", if paused { "is paused already" } else { "is not paused" });
            return Ok(());
        }
        Some(_) => {}
    }
    list::change(loaded, &[Edit::Pause(&url, paused)])?;
    say!("{} {shown}", if paused { "paused" } else { "resumed" });
    tell_owner(&loaded.config)
}

fn import(loaded: &Loaded, file: &Path) -> Outcome {
    let bytes = setup::read_input(file)?;
    let shown = if file == Path::new("-") { "the input".to_owned() } else { file.display().to_string() };
    let (found, mut skipped) = publish::read_opml(&bytes);
    if found.is_empty() {
        let why = skipped.first().map_or_else(|| "no subscriptions in it".to_owned(), |why| text::one_line(why));
        return Err(Failure::NothingFound(format!("{shown}: {why}")));
    }
    let listed = setup::listed(loaded)?.unwrap_or_default();
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
    list::change(loaded, &new.iter().map(Edit::Add).collect::<Vec<_>>())?;
    for why in &skipped {
        say!("skipped {}", text::one_line(why));
    }
    say!("subscribed to {} feeds, skipped {}", new.len(), skipped.len());
    tell_owner(&loaded.config)
}

fn export(loaded: &Loaded) -> Outcome {
    let config = &loaded.config;
    let listed = setup::listed(loaded)?.unwrap_or_default();
    let stored = if setup::has_database(config)? { setup::reader(config)?.feeds()? } else { Vec::new() };
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
