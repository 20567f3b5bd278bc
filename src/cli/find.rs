//! The feed at an address that a person gave, or of the page there.

use super::failure::Failure;
use super::progress::Waiting;
use super::setup;
use crate::config::{Config, subscriptions};
use crate::daemon::{self, clock};
use crate::feed::{self, Document, NotAFeed};
use crate::fetch::{Body, Client, FetchError, Kind, Outcome as Fetched, Request};
use crate::text;

/// The address as it is kept; `example.org` means `https://example.org`.
pub fn checked(address: &str) -> Result<String, Failure> {
    let address = feed::web_address(address.trim());
    // A file, as shells name it.
    if address.starts_with('/') || address.starts_with("./") || address.starts_with("../") {
        let file = std::fs::canonicalize(&address).map_err(|error| Failure::Error(anyhow::anyhow!("{address}: {error}")))?;
        return url::Url::from_file_path(file).map(String::from).map_err(|()| Failure::Usage(format!("{address} is not a file")));
    }
    let has_scheme = address.contains("://") || ["file:", "exec:"].iter().any(|scheme| address.starts_with(scheme));
    let whole = if has_scheme { address } else { format!("https://{address}") };
    let whole = feed::normal_address(&whole).unwrap_or(whole);
    match subscriptions::check_url(&whole) {
        // A line that somebody pasted must not become a program that runs every hour.
        Ok(url) if url.scheme() == "exec" => Err(Failure::Usage("write exec: sources into feeds.toml yourself".into())),
        Ok(_) => Ok(whole),
        Err(wrong) => Err(Failure::Usage(wrong)),
    }
}

/// Candidates of one page that are tried at most.
const MAX_CANDIDATES: usize = 12;

/// The feed at an address, or the one feed of the page there. Several are listed for choice.
pub fn find_feed(config: &Config, address: &str) -> Result<String, Failure> {
    let address = checked(address)?;
    if address.starts_with("file:") {
        return read_file(&address).map(|()| address);
    }
    let mut feeds = discover(config, &address)?;
    if feeds.len() > 1 {
        let lines: Vec<String> = feeds.iter().map(Candidate::line).collect();
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

/// The feed at a web address; else those that the page there declares or that its site is known to have; else what its links
/// and the usual places offer.
pub fn discover(config: &Config, address: &str) -> Result<Vec<Candidate>, Failure> {
    let _waiting = Waiting::start("looking for feeds");
    let client = Client::new(daemon::client_settings(config), Vec::new())?;
    setup::runtime()?.block_on(async {
        let mut candidates = feed::known_feeds(address);
        let mut guesses = Vec::new();
        match get(&client, address).await {
            Ok(answer) => match answer.parse() {
                Ok(feed) => return Ok(vec![Candidate { url: address.to_owned(), feed }]),
                Err(NotAFeed::Html { feeds }) => {
                    candidates.extend(feeds);
                    guesses = feed::guess_feeds(&feed::page_text(&answer.body, answer.content_type.as_deref()), &answer.url);
                }
                Err(other) if candidates.is_empty() => return Err(no_feed(address, &Tried::NotAFeed(other))),
                Err(_) => {}
            },
            Err(problem) if candidates.is_empty() => return Err(no_feed(address, &problem)),
            Err(_) => {}
        }
        let feeds = try_all(&client, &candidates).await;
        if !feeds.is_empty() {
            return Ok(feeds);
        }
        let feeds = try_all(&client, &guesses).await;
        if feeds.is_empty() { Err(none_there(address)) } else { Ok(feeds) }
    })
}

fn no_feed(address: &str, problem: &Tried) -> Failure {
    let next = match problem {
        Tried::NotDialled(_) => "allow it in fetch.allow_private if it is yours",
        _ => "add it all the same with --no-check",
    };
    Failure::Error(anyhow::anyhow!("{}: {problem}; {next}", text::redact_url(address)))
}

/// A candidate that turned out to be a feed.
pub struct Candidate {
    pub url: String,
    pub feed: feed::ParsedFeed,
}

impl Candidate {
    fn line(&self) -> String {
        let title = text::one_line(self.feed.title.as_deref().unwrap_or("(no title)"));
        format!("  {}  {title}, {} entries", text::redact_url(&self.url), self.feed.entries.len())
    }

    /// The same entries in another format, or at another address.
    fn is_same(&self, other: &Candidate) -> bool {
        let entries = |feed: &feed::ParsedFeed| -> Vec<_> {
            feed.entries.iter().map(|entry| entry.link.clone().unwrap_or_else(|| feed::entry_key(entry))).collect()
        };
        !self.feed.entries.is_empty() && entries(&self.feed) == entries(&other.feed)
    }
}

/// The candidates that are feeds, each once, in the order given.
async fn try_all(client: &Client, candidates: &[String]) -> Vec<Candidate> {
    let mut feeds: Vec<Candidate> = Vec::new();
    let mut asked = std::collections::HashSet::new();
    // However a page writes an address, it is asked once and kept as all others are.
    let normal = candidates.iter().map(|url| feed::normal_address(url).unwrap_or_else(|| url.clone()));
    for url in normal.filter(|url| asked.insert(url.clone())).take(MAX_CANDIDATES) {
        let Ok(answer) = get(client, &url).await else { continue };
        let Ok(feed) = answer.parse() else { continue };
        let found = Candidate { url, feed };
        if !feeds.iter().any(|known| known.is_same(&found)) {
            feeds.push(found);
        }
    }
    feeds
}

/// Why an address gave no feed.
#[derive(Debug, thiserror::Error)]
pub enum Tried {
    #[error("{0}")]
    Fetch(String),
    /// The address is not one of the public network's.
    #[error("{0}")]
    NotDialled(String),
    #[error("{0}")]
    NotAFeed(NotAFeed),
}

/// What an address gave, from wherever its redirects ended.
pub struct Answered {
    url: String,
    content_type: Option<String>,
    body: Body,
}

impl Answered {
    pub fn document(&self) -> Document<'_> {
        Document { bytes: &self.body, content_type: self.content_type.as_deref(), url: &self.url }
    }

    fn parse(&self) -> Result<feed::ParsedFeed, NotAFeed> {
        feed::parse(&self.document())
    }
}

async fn get(client: &Client, address: &str) -> Result<Answered, Tried> {
    answered(client.get(Request { url: address, kind: Kind::Feed, validators: None, own: None }, clock()).await)
}

pub fn answered(outcome: Fetched) -> Result<Answered, Tried> {
    match outcome {
        Fetched::Fetched(head, body) => Ok(Answered { url: head.final_url, content_type: head.content_type, body }),
        Fetched::Failed(FetchError::Address(refusal)) => Err(Tried::NotDialled(refusal.to_string())),
        Fetched::Failed(error) | Fetched::Doubtful { error, .. } => Err(Tried::Fetch(error.to_string())),
        Fetched::NotModified(head) | Fetched::Throttled(head) | Fetched::Gone(head) | Fetched::Refused(head) => {
            Err(Tried::Fetch(format!("HTTP {}", head.status)))
        }
    }
}
