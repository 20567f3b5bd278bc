//! One article page: fetch, extract. It ends in one [`ArticleResult`], whatever happens.

use super::engine::{Engine, Stats, clock};
use crate::fetch::{FetchError, Kind, Outcome, Request};
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

async fn result(engine: &Arc<Engine>, due: DueArticle) -> ArticleResult {
    let now = clock();
    let request = Request { url: &due.url, kind: Kind::Page, validators: None };
    let outcome = engine.client.get(request, now).await;
    let later = |why: String, retry_after: Option<Timestamp>| match backoff(due.n_tries) {
        Some(wait) => ArticleResult::Later(why, clock().plus(wait).max(retry_after.unwrap_or_default())),
        None => ArticleResult::Never(why),
    };
    match outcome {
        Outcome::Fetched(head, body) => {
            let (content_type, final_url, requested) = (head.content_type, head.final_url.clone(), due.url.clone());
            let (title, summary) = (due.title.clone(), due.summary.clone());
            let extracted = engine.on_cpu(move || {
                let summary = article::plain_text(&summary);
                let page = article::Page {
                    bytes: &body,
                    content_type: content_type.as_deref(),
                    url: if final_url.is_empty() { &requested } else { &final_url },
                    title: Some(title.as_str()).filter(|title| !title.is_empty()),
                    summary: Some(summary.as_str()).filter(|summary| !summary.is_empty()),
                };
                article::extract(&page)
            });
            match extracted.await {
                Ok(Ok(article)) => ArticleResult::Found(Box::new(FoundArticle { article, final_url: head.final_url })),
                Ok(Err(why)) => ArticleResult::Never(why.to_string()),
                Err(panicked) => ArticleResult::Never(panicked.to_string()),
            }
        }
        Outcome::NotModified(head) | Outcome::Gone(head) => ArticleResult::Never(format!("HTTP {}", head.status)),
        Outcome::Throttled(head) => later(format!("HTTP {}", head.status), head.retry_after),
        Outcome::Refused(head) if head.status >= 500 => later(format!("HTTP {}", head.status), head.retry_after),
        Outcome::Refused(head) => ArticleResult::Never(format!("HTTP {}", head.status)),
        Outcome::Failed(error) => match error {
            FetchError::Timeout(_)
            | FetchError::Drip(_)
            | FetchError::Connect(_)
            | FetchError::Broken(_)
            | FetchError::Tls(_) => later(error.to_string(), None),
            FetchError::Address(_) | FetchError::Robots { .. } | FetchError::TooLarge { .. } | FetchError::Redirects(_) => {
                ArticleResult::Never(error.to_string())
            }
        },
    }
}

/// How long a page that could not be had is left alone, by the tries so far; `None`: it is given up.
fn backoff(n_tries: u32) -> Option<Duration> {
    const MINUTES: [u64; 5] = [1, 5, 30, 120, 720];
    MINUTES.get(n_tries as usize).map(|minutes| Duration::from_secs(minutes * 60))
}
