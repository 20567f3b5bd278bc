//! `courant article URL|FILE`: what the extractor makes of one page, for a person.

use super::failure::{Failure, Outcome};
use super::progress::Waiting;
use super::setup;
use crate::article::{self, Article, Explanation, Guide, Page, rules::Rules};
use crate::daemon::{client_settings, clock};
use crate::fetch::{self, Client, Kind, Request};
use crate::text;
use std::io::Write;
use std::path::Path;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant article https://example.org/story --explain
  curl https://example.org/story | courant article - --url https://example.org/story")]
pub struct Options {
    /// An http(s) address, or a file that holds the page; - reads it from the input
    #[arg(value_name = "URL|FILE")]
    page: String,
    /// The address that a file's page came from: the base of its links, and what site rules go by
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    url: String,
    /// The body as it is published, instead of its text
    #[arg(long)]
    html: bool,
    /// What was taken out, and each line of the page with why it stayed or went
    #[arg(long)]
    explain: bool,
}

pub fn run(named: Option<&Path>, options: &Options) -> Outcome {
    let config = setup::config(named)?.config;
    let rules = crate::config::site_rules::read(&config.article.site_rules)?;
    let remote = ["http://", "https://"].iter().any(|scheme| options.page.starts_with(scheme));
    let (bytes, content_type, address) = match remote {
        true => fetch(&config, &options.page)?,
        false => {
            let bytes = setup::read_input(Path::new(&options.page))?;
            (bytes, None, options.url.clone())
        }
    };
    let page = Page { bytes: &bytes, content_type: content_type.as_deref(), url: &address, title: None, summary: None };
    print(&page, &rules, options)
}

/// The page, its type and its final address.
fn fetch(config: &crate::config::Config, address: &str) -> Result<(Vec<u8>, Option<String>, String), Failure> {
    let client = Client::new(client_settings(config), Vec::new())?;
    let request = Request { url: address, kind: Kind::Page, validators: None, own: None };
    let waiting = Waiting::start("fetching the page");
    let outcome = setup::runtime()?.block_on(client.get(request, clock()));
    drop(waiting);
    let shown = text::redact_url(address);
    match outcome {
        fetch::Outcome::Fetched(head, body) => {
            let address = if head.final_url.is_empty() { address.to_owned() } else { head.final_url };
            Ok((body.to_vec(), head.content_type, address))
        }
        fetch::Outcome::NotModified(head)
        | fetch::Outcome::Throttled(head)
        | fetch::Outcome::Gone(head)
        | fetch::Outcome::Refused(head) => Err(Failure::Error(anyhow::anyhow!("{shown}: HTTP {}", head.status))),
        fetch::Outcome::Failed(error) | fetch::Outcome::Doubtful { error, .. } => {
            Err(Failure::Error(anyhow::anyhow!("{shown}: {error}")))
        }
    }
}

fn print(page: &Page, rules: &Rules, options: &Options) -> Outcome {
    let rule = url::Url::parse(page.url).ok().and_then(|address| rules.find(&address));
    let (found, explanation) = article::explain(page, &Guide { rule, memory: None, max_nodes: None });
    let mut out = std::io::stdout().lock();
    if options.explain {
        explain(&mut out, found.as_ref().ok(), &explanation)?;
    }
    let found = found.map_err(|why| Failure::NothingFound(why.to_string()))?;
    if options.html {
        writeln!(out, "{}", text::harmless(&found.html))?;
        return Ok(());
    }
    for line in [found.title.as_deref(), found.author.as_deref()].into_iter().flatten() {
        writeln!(out, "{}", text::one_line(line))?;
    }
    if let Some(at) = found.published {
        writeln!(out, "{}", at.rfc3339())?;
    }
    writeln!(out, "\n{}", text::harmless(&article::plain_text(&found.html)))?;
    if let Some(next) = &found.next_page {
        writeln!(out, "\nGoes on at {}", text::redact_url(next))?;
    }
    Ok(())
}

fn explain(out: &mut impl Write, found: Option<&Article>, explanation: &Explanation) -> std::io::Result<()> {
    if !explanation.reading.is_empty() {
        writeln!(out, "Where the article is was told by {}.", explanation.reading)?;
    }
    for block in &explanation.blocks {
        let fate = block.removed.map_or_else(|| "stays".to_owned(), |why| format!("- {why}"));
        writeln!(out, "{:>6}  {fate:20}  {}  [{}]", block.score, text::one_line(&block.text), text::one_line(&block.path))?;
    }
    for removed in found.iter().flat_map(|found| &found.removed) {
        writeln!(out, "taken out: {}: {}", removed.what, text::one_line(&removed.excerpt))?;
    }
    writeln!(out)
}
