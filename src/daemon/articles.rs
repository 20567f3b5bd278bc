//! One article page: fetch, extract. It ends in one [`ArticleResult`], whatever happens.

use super::engine::{Engine, Panicked, Stats, clock};
use crate::article::memory::{self, Memory};
use crate::article::rules::Rule;
use crate::article::{Article, NoArticle};
use crate::fetch::{Body, FetchError, Head, Kind, Outcome, Request};
use crate::model::Timestamp;
use crate::store::{ArticleResult, DueArticle, FoundArticle};
use crate::{article, text};
use std::sync::Arc;
use std::time::Duration;

/// Fetches a page and commits what came of it.
pub async fn fetch(engine: &Arc<Engine>, due: DueArticle) {
    let (id, url) = (due.id, text::redact_url(&due.url));
    let result = result(engine, due).await;
    match &result {
        ArticleResult::Found(_) => {
            Stats::add(&engine.stats.articles, 1);
            tracing::debug!(article.url = url, "extracted");
        }
        ArticleResult::Never(why) => {
            Stats::add(&engine.stats.without_article, 1);
            tracing::debug!(article.url = url, why, "no article: the feed's own text stays");
        }
        ArticleResult::Later(why, at) => tracing::debug!(article.url = url, why, next = at.rfc3339(), "no article yet"),
    }
    match engine.writer.write(move |store| store.save_article(id, &result, clock())).await {
        Ok(n_ready) if n_ready > 0 => engine.entries_ready.notify_one(),
        Ok(_) => {}
        // Its lease ends by itself, and it is fetched again.
        Err(error) => tracing::error!(article.url = url, %error, "an article could not be stored"),
    }
    engine.stats.articles_out.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
}

/// Pages of one article that are joined; a longer one is a gallery or a forum.
const MAX_PAGES: usize = 8;

async fn result(engine: &Arc<Engine>, due: DueArticle) -> ArticleResult {
    let now = clock();
    let request = Request { url: &due.url, kind: Kind::Page, validators: None, own: None };
    let outcome = engine.client.get(request, now).await;
    let later = |why: String, retry_after: Option<Timestamp>| match backoff(due.n_tries) {
        Some(wait) => ArticleResult::Later(why, clock().plus(wait).max(retry_after.unwrap_or_default())),
        None => ArticleResult::Never(why),
    };
    match outcome {
        Outcome::Fetched(head, body) => match extract(engine, &due, &head, body).await {
            Ok(Ok(mut article)) => {
                join_pages(engine, &due, &mut article).await;
                ArticleResult::Found(Box::new(FoundArticle { article, final_url: head.final_url }))
            }
            Ok(Err(why)) => ArticleResult::Never(why.to_string()),
            Err(panicked) => ArticleResult::Never(panicked.to_string()),
        },
        Outcome::NotModified(head) | Outcome::Gone(head) => ArticleResult::Never(format!("HTTP {}", head.status)),
        Outcome::Throttled(head) => later(format!("HTTP {}", head.status), head.retry_after),
        Outcome::Refused(head) if head.status >= 500 => later(format!("HTTP {}", head.status), head.retry_after),
        Outcome::Refused(head) => ArticleResult::Never(format!("HTTP {}", head.status)),
        Outcome::Failed(error) => match error {
            FetchError::Timeout(_)
            | FetchError::Headers(_)
            | FetchError::Drip(_)
            | FetchError::Connect(_)
            | FetchError::Broken(_)
            | FetchError::Tls(_) => later(error.to_string(), None),
            FetchError::Address(_)
            | FetchError::Robots { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Ratio(_)
            | FetchError::Redirects(_)
            | FetchError::Local(_) => ArticleResult::Never(error.to_string()),
        },
    }
}

async fn extract(
    engine: &Arc<Engine>,
    due: &DueArticle,
    head: &Head,
    body: Body,
) -> Result<Result<Article, NoArticle>, Panicked> {
    let content_type = head.content_type.clone();
    let address = if head.final_url.is_empty() { due.url.clone() } else { head.final_url.clone() };
    let (title, summary, rules) = (due.title.clone(), due.summary.clone(), engine.rules.clone());
    let (select, strip) = (due.select.clone(), due.strip.clone());
    let (reader, asked) = (engine.clone(), due.url.clone());
    let extracted = engine.on_cpu(move || {
        let summary = article::plain_text(&summary);
        let host = url::Url::parse(&address).ok().and_then(|address| rules.find(&address));
        // Without its memory a host's page is read as that of a host never seen.
        let lines = reader.read_here(|reader| reader.host_lines(&asked, memory::MIN_ARTICLES)).unwrap_or_default();
        let memory = Memory::new(lines);
        let rule = Rule::for_feed(&select, &strip, host);
        let page = article::Page {
            bytes: &body,
            content_type: content_type.as_deref(),
            url: &address,
            title: Some(title.as_str()).filter(|title| !title.is_empty()),
            summary: Some(summary.as_str()).filter(|summary| !summary.is_empty()),
        };
        article::extract_with(&page, &article::Guide { rule: rule.as_ref(), memory: Some(&memory), max_nodes: None })
    });
    extracted.await
}

/// Fetches the further pages of an article and joins their bodies. What cannot be had ends the article there: its
/// first page is worth more than none.
async fn join_pages(engine: &Arc<Engine>, due: &DueArticle, article: &mut Article) {
    let mut bodies = vec![article.html.clone()];
    let mut seen = vec![due.url.clone()];
    let mut next = article.next_page.take();
    while let Some(url) = next.filter(|url| bodies.len() < MAX_PAGES && !seen.contains(url)) {
        let request = Request { url: &url, kind: Kind::Page, validators: None, own: None };
        let Outcome::Fetched(head, body) = engine.client.get(request, clock()).await else { break };
        let Ok(Ok(page)) = extract(engine, due, &head, body).await else { break };
        // A site that answers any number with its last page would go on for ever.
        if bodies.contains(&page.html) {
            break;
        }
        bodies.push(page.html);
        seen.push(url);
        next = page.next_page;
    }
    if bodies.len() > 1
        && let Ok(joined) = engine.on_cpu(move || article::join_pages(&bodies)).await
    {
        article.html = joined;
    }
}

/// How long a page that could not be had is left alone, by the tries so far; `None`: it is given up.
fn backoff(n_tries: u32) -> Option<Duration> {
    const MINUTES: [u64; 5] = [1, 5, 30, 120, 720];
    MINUTES.get(n_tries as usize).map(|minutes| Duration::from_secs(minutes * 60))
}
