//! The feed at an address that a person gave, or of the page there.

use super::failure::Failure;
use super::progress::Waiting;
use super::setup;
use crate::config::{Config, subscriptions};
use crate::daemon::{self, Candidate, Discovered, Tried};
use crate::feed::{self, Document};
use crate::fetch::Client;
use crate::text;

/// The address as it is kept; `example.org` means `https://example.org`, and a path the file there.
pub fn checked(address: &str) -> Result<String, Failure> {
    let address = address.trim();
    if address.starts_with('/') || address.starts_with("./") || address.starts_with("../") {
        let file = std::fs::canonicalize(address).map_err(|error| Failure::Error(anyhow::anyhow!("{address}: {error}")))?;
        return url::Url::from_file_path(file).map(String::from).map_err(|()| Failure::Usage(format!("{address} is not a file")));
    }
    subscriptions::written(address).map_err(Failure::Usage)
}

/// The feed at an address, or the one feed of the page there. Several are listed for choice.
pub fn find_feed(looking: &Looking, address: &str) -> Result<String, Failure> {
    let address = checked(address)?;
    if address.starts_with("file:") {
        return read_file(&address).map(|()| address);
    }
    let mut feeds = looking.discover(&address)?;
    if feeds.len() > 1 {
        let lines: Vec<String> = feeds.iter().map(line).collect();
        return Err(Failure::Usage(format!("the page has several feeds; add one of them:\n{}", lines.join("\n"))));
    }
    feeds.pop().map(|only| only.url).ok_or_else(|| none_there(&address))
}

/// Whether there is a feed in a file.
fn read_file(address: &str) -> Result<(), Failure> {
    let file = url::Url::parse(address).ok().and_then(|url| url.to_file_path().ok()).unwrap_or_default();
    let bytes = setup::read_input(&file)?;
    let document = Document { bytes: &bytes, content_type: None, url: address };
    feed::parse(&document).map(drop).map_err(|problem| no_feed(address, &Tried::NotAFeed(problem)))
}

fn none_there(address: &str) -> Failure {
    Failure::NothingFound(format!("{}: no feed there, and none named by the page", text::redact_url(address)))
}

/// Looks at addresses, one after the other, by one client: what a host asks for is remembered between them.
pub struct Looking {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Looking {
    pub fn new(config: &Config) -> Result<Looking, Failure> {
        Ok(Looking { client: Client::new(daemon::client_settings(config), Vec::new())?, runtime: setup::runtime()? })
    }

    /// The feed at a web address, else those of the page there.
    pub fn discover(&self, address: &str) -> Result<Vec<Candidate>, Failure> {
        let _waiting = Waiting::start("looking for feeds");
        match self.runtime.block_on(daemon::discover(&self.client, None, address)) {
            Discovered::Feed(feed) => Ok(vec![Candidate { url: address.to_owned(), feed: *feed }]),
            Discovered::Page(found) if found.is_empty() => Err(none_there(address)),
            Discovered::Page(found) => Ok(found),
            Discovered::Nothing(problem) => Err(no_feed(address, &problem)),
        }
    }
}

fn no_feed(address: &str, problem: &Tried) -> Failure {
    let next = match problem {
        Tried::NotDialled(_) => "allow it in fetch.allow_private if it is yours",
        _ => "add it all the same with --no-check",
    };
    Failure::Error(anyhow::anyhow!("{}: {problem}; {next}", text::redact_url(address)))
}

fn line(found: &Candidate) -> String {
    let title = text::one_line(found.feed.title.as_deref().unwrap_or("(no title)"));
    format!("  {}  {title}, {} entries", text::redact_url(&found.url), found.feed.entries.len())
}
