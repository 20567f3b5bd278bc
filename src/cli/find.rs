//! The feed at an address that a person gave, or of the page there.

use super::failure::Failure;
use super::setup;
use crate::config::{Config, subscriptions};
use crate::daemon::{self, Candidate, Discovered, Tried};
use crate::fetch::Client;
use crate::text;

/// The address as it is kept; `example.org` means `https://example.org`.
pub fn checked(address: &str) -> Result<String, Failure> {
    subscriptions::written(address).map_err(Failure::Usage)
}

/// The feed at an address, or the one feed of the page there. Several are listed for choice.
pub fn find_feed(config: &Config, address: &str) -> Result<String, Failure> {
    let address = checked(address)?;
    if address.starts_with("file:") {
        return Ok(address);
    }
    let client = Client::new(daemon::client_settings(config), Vec::new())?;
    let found = match setup::runtime()?.block_on(daemon::discover(&client, &address)) {
        Discovered::Feed(_) => return Ok(address),
        Discovered::Page(found) => found,
        Discovered::Nothing(problem) => return Err(no_feed(&address, &problem)),
    };
    match found.as_slice() {
        [] => Err(Failure::NothingFound(format!("{}: no feed there, and none named by the page", text::redact_url(&address)))),
        [one] => Ok(one.url.clone()),
        several => {
            let lines: Vec<String> = several.iter().map(line).collect();
            Err(Failure::Usage(format!("the page has several feeds; add one of them:\n{}", lines.join("\n"))))
        }
    }
}

fn no_feed(address: &str, problem: &Tried) -> Failure {
    Failure::Error(anyhow::anyhow!("{}: {problem}; add it all the same with --no-check", text::redact_url(address)))
}

fn line(found: &Candidate) -> String {
    let title = text::one_line(found.feed.title.as_deref().unwrap_or("(no title)"));
    format!("  {}  {title}, {} entries", text::redact_url(&found.url), found.feed.entries.len())
}
