//! How a page's fetch ended, and whether it is tried again.

use crate::article::{self, Article, NoArticle};
use crate::fetch::{self, FetchError, Head, Outcome};
use crate::model::Timestamp;
use crate::records::{DuePage, FoundPage, PageOutcome};
use std::time::Duration;

/// What an answer without a page means. `Err`: it has one, which is to be read first.
pub fn without_page(due: &DuePage, outcome: Outcome, now: Timestamp) -> Result<PageOutcome, Box<(Head, fetch::Body)>> {
    let later = |why: String, retry_after: Option<Timestamp>| match backoff(due.n_tries) {
        Some(wait) => PageOutcome::Later(why, now.plus(wait).max(retry_after.unwrap_or_default())),
        None => PageOutcome::Never(why),
    };
    Ok(match outcome {
        Outcome::Fetched(head, body) => return Err(Box::new((head, body))),
        Outcome::NotModified(head) | Outcome::Gone(head) => PageOutcome::Never(format!("HTTP {}", head.status)),
        Outcome::Throttled(head) => later(format!("HTTP {}", head.status), head.retry_after),
        Outcome::Refused(head) if head.status >= 500 => later(format!("HTTP {}", head.status), head.retry_after),
        Outcome::Refused(head) => PageOutcome::Never(format!("HTTP {}", head.status)),
        Outcome::Failed(error) | Outcome::Doubtful { error, .. } => match error {
            FetchError::Timeout(_)
            | FetchError::Headers(_)
            | FetchError::Drip(_)
            | FetchError::Connect(_)
            | FetchError::Broken(_)
            | FetchError::Tls(_)
            | FetchError::Offline => later(error.to_string(), None),
            FetchError::Address(_)
            | FetchError::Robots { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Ratio(_)
            | FetchError::Redirects(_)
            | FetchError::Local(_) => PageOutcome::Never(error.to_string()),
        },
    })
}

/// What was made of a page.
pub fn extracted(found: Result<Article, NoArticle>, final_url: String) -> PageOutcome {
    match found {
        Err(why) => PageOutcome::Never(why.to_string()),
        Ok(found) => PageOutcome::Found(Box::new(FoundPage {
            title: found.title,
            author: found.author,
            published: found.published,
            language: found.language,
            site_name: found.site_name,
            final_url,
            canonical_url: found.canonical_url,
            og_url: found.og_url,
            lead_image: found.lead_image,
            html: found.html,
            lines: found.blocks,
        })),
    }
}

/// A page's bytes as the article room takes them: with the headline and the summary of the entry that asked for it.
pub fn extract(
    due: &DuePage,
    head: &Head,
    body: &[u8],
    rules: &article::rules::Rules,
    memory: &article::memory::Memory,
) -> Result<Article, NoArticle> {
    let address = if head.final_url.is_empty() { &due.url } else { &head.final_url };
    let summary = article::plain_text(&due.summary);
    let host = url::Url::parse(address).ok().and_then(|address| rules.find(&address));
    let rule = article::rules::Rule::for_feed(&due.select, &due.strip, host);
    let page = article::Page {
        bytes: body,
        content_type: head.content_type.as_deref(),
        url: address,
        title: Some(due.title.as_str()).filter(|title| !title.is_empty()),
        summary: Some(summary.as_str()).filter(|summary| !summary.is_empty()),
    };
    article::extract_with(&page, &article::Guide { rule: rule.as_ref(), memory: Some(memory), max_nodes: None })
}

/// How long a page that could not be had is left alone, by the tries so far; `None`: it is given up.
fn backoff(n_tries: u32) -> Option<Duration> {
    const MINUTES: [u64; 5] = [1, 5, 30, 120, 720];
    MINUTES.get(n_tries as usize).map(|minutes| Duration::from_secs(minutes * 60))
}
