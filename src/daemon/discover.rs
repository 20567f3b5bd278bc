//! The feeds at an address that a person gave, or of the page there.

use super::duties::Duties;
use super::parts::clock;
use crate::feed::{self, Document, NotAFeed};
use crate::fetch::{Body, Client, FetchError, Kind, Outcome as Fetched, Request};

/// Candidates of one page that are tried at most.
const MAX_CANDIDATES: usize = 12;

/// What is found at an address.
pub enum Discovered {
    /// It is a feed's own.
    Feed(Box<feed::ParsedFeed>),
    /// A page's, with these feeds: those that the page declares or that its site is known to have, else what its links and the
    /// usual places offer.
    Page(Vec<Candidate>),
    Nothing(Tried),
}

/// Asks, as `client` may. `duties`: where the domains asked may be other nodes' of a cluster; `None`: this process is alone.
pub async fn discover(client: &Client, duties: Option<&Duties>, address: &str) -> Discovered {
    let errand = &Errand { client, duties };
    let mut candidates = feed::known_feeds(address);
    let mut guesses = Vec::new();
    match get(errand, address).await {
        Ok(answer) => match answer.parse() {
            Ok(feed) => return Discovered::Feed(Box::new(feed)),
            Err(NotAFeed::Html { feeds }) => {
                candidates.extend(feeds);
                guesses = feed::guess_feeds(&feed::page_text(&answer.body, answer.content_type.as_deref()), &answer.url);
            }
            Err(other) if candidates.is_empty() => return Discovered::Nothing(Tried::NotAFeed(other)),
            Err(_) => {}
        },
        Err(problem) if candidates.is_empty() => return Discovered::Nothing(problem),
        Err(_) => {}
    }
    let mut feeds = try_all(errand, &candidates).await;
    if feeds.is_empty() {
        feeds = try_all(errand, &guesses).await;
    }
    Discovered::Page(feeds)
}

/// A candidate that turned out to be a feed.
pub struct Candidate {
    pub url: String,
    pub feed: feed::ParsedFeed,
}

impl Candidate {
    /// The same entries in another format, or at another address.
    fn is_same(&self, other: &Candidate) -> bool {
        let entries = |feed: &feed::ParsedFeed| -> Vec<_> {
            feed.entries.iter().map(|entry| entry.link.clone().unwrap_or_else(|| feed::entry_key(entry))).collect()
        };
        !self.feed.entries.is_empty() && entries(&self.feed) == entries(&other.feed)
    }
}

/// The candidates that are feeds, each once, in the order given.
async fn try_all(errand: &Errand<'_>, candidates: &[String]) -> Vec<Candidate> {
    let mut feeds: Vec<Candidate> = Vec::new();
    let mut asked = std::collections::HashSet::new();
    // However a page writes an address, it is asked once and kept as all others are.
    let normal = candidates.iter().map(|url| feed::normal_address(url).unwrap_or_else(|| url.clone()));
    for url in normal.filter(|url| asked.insert(url.clone())).take(MAX_CANDIDATES) {
        let Ok(answer) = get(errand, &url).await else { continue };
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

/// Through which door it is asked.
struct Errand<'a> {
    client: &'a Client,
    duties: Option<&'a Duties>,
}

async fn get(errand: &Errand<'_>, address: &str) -> Result<Answered, Tried> {
    let request = Request { url: address, kind: Kind::Feed, validators: None, own: None };
    let asking = errand.client.get(request, clock());
    let outcome = match errand.duties {
        None => Some(asking.await),
        Some(duties) => duties.ask_anywhere(address, asking).await,
    };
    match outcome {
        Some(outcome) => answered(outcome),
        None => Err(Tried::Fetch("another node of the cluster asks there, and could not leave it to this one now".to_owned())),
    }
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
