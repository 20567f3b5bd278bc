//! One article page: fetch, extract. It ends in one command, whatever happens.

use super::claims::Claims;
use super::cpu::{Cpu, Panicked};
use super::parts::{Stats, clock};
use crate::article::memory::{self, Memory};
use crate::article::rules::Rules;
use crate::article::{self, Article, NoArticle};
use crate::config::Live;
use crate::fetch::{Body, Client, FetchError, Head, Kind, Outcome, Request};
use crate::ingest;
use crate::model::ArticleId;
use crate::records::{Command, DuePage, PageOutcome};
use crate::store::{Readers, Writer};
use crate::text;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What pages need.
pub struct Pages {
    pub client: Client,
    /// A person's own rules for sites, then the built-in ones.
    pub rules: Live<Rules>,
    pub claims: Claims,
    pub cpu: Cpu,
    pub readers: Readers,
    pub writer: Writer,
    pub stats: Arc<Stats>,
}

/// Pages of one article that are joined; a longer one is a gallery or a forum.
const MAX_PAGES: usize = 8;

impl Pages {
    /// Fetches a page and commits what came of it.
    pub async fn fetch(&self, due: DuePage) {
        let (page, asked, url) = (due.id, due.url.clone(), text::redact_url(&due.url));
        let Some(outcome) = self.outcome(Arc::new(due)).await else {
            // The network is down: nothing was tried, and the page is due still.
            self.claims.page_is_back(page);
            self.stats.pages_in_flight.fetch_sub(1, Ordering::Relaxed);
            return;
        };
        match &outcome {
            PageOutcome::Found(_) => tracing::debug!(article.url = url, "extracted"),
            PageOutcome::Never(why) => tracing::debug!(article.url = url, why, "no article: the feed's own text stays"),
            PageOutcome::Later(why, at) => tracing::debug!(article.url = url, why, next = at.rfc3339(), "no article yet"),
        }
        match self.writer.submit_at_last(Command::Page { page, url: asked, outcome, at: clock() }).await {
            Ok(_) => self.claims.page_is_back(page),
            // It is wanted still, and fetched again when the disk takes it.
            Err(error) if error.passes() => self.claims.page_is_back(page),
            // Its lease ends by itself, and it is fetched again.
            Err(error) => tracing::error!(article.url = url, %error, "an article could not be stored"),
        }
        self.stats.pages_in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// A fetch was dropped before it ended: nothing of it is stored, and the page is due still.
    pub fn dropped(&self, page: ArticleId) {
        self.claims.page_is_back(page);
        self.stats.pages_in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// `None`: the network is down.
    async fn outcome(&self, due: Arc<DuePage>) -> Option<PageOutcome> {
        let got = self.get(&due.url).await;
        if matches!(got, Outcome::Failed(FetchError::Offline)) {
            return None;
        }
        let (head, body) = match ingest::without_page(&due, got, clock()) {
            Ok(outcome) => return Some(outcome),
            Err(page) => *page,
        };
        let final_url = head.final_url.clone();
        Some(match self.extract(&due, head, body).await {
            Err(panicked) => PageOutcome::Never(panicked.to_string()),
            Ok(Err(why)) => ingest::extracted(Err(why), final_url),
            Ok(Ok(mut found)) => {
                self.join_pages(&due, &mut found).await;
                ingest::extracted(Ok(found), final_url)
            }
        })
    }

    async fn get(&self, url: &str) -> Outcome {
        self.client.get(Request { url, kind: Kind::Page, validators: None, own: None }, clock()).await
    }

    async fn extract(&self, due: &Arc<DuePage>, head: Head, body: Body) -> Result<Result<Article, NoArticle>, Panicked> {
        let (due, rules, readers) = (due.clone(), self.rules.get(), self.readers.clone());
        let extracted = self.cpu.run(move || {
            // Without its memory a host's page is read as that of a host never seen.
            let lines = readers.ask_here(|reader| reader.host_lines(&due.url, memory::MIN_ARTICLES)).unwrap_or_default();
            ingest::extract(&due, &head, &body, &rules, &Memory::new(lines))
        });
        extracted.await
    }

    /// Fetches the further pages of an article and joins their bodies. What cannot be had ends the article there: its
    /// first page is worth more than none.
    async fn join_pages(&self, due: &Arc<DuePage>, article: &mut Article) {
        let mut bodies = vec![article.html.clone()];
        let mut seen = vec![due.url.clone()];
        let mut next = article.next_page.take();
        while let Some(url) = next.filter(|url| bodies.len() < MAX_PAGES && !seen.contains(url)) {
            let Outcome::Fetched(head, body) = self.get(&url).await else { break };
            let Ok(Ok(page)) = self.extract(due, head, body).await else { break };
            // A site that answers any number with its last page would go on for ever.
            if bodies.contains(&page.html) {
                break;
            }
            bodies.push(page.html);
            seen.push(url);
            next = page.next_page;
        }
        if bodies.len() > 1
            && let Ok(joined) = self.cpu.run(move || article::join_pages(&bodies)).await
        {
            article.html = joined;
        }
    }
}
