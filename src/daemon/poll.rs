//! One poll: fetch, parse, decide when next. It ends in one [`PollRecord`], whatever happens.

use super::engine::{Engine, Stats, clock};
use super::settle::Compared;
use super::{quiet, source};
use crate::feed::{self, NotAFeed, ParsedEntry, ParsedFeed};
use crate::fetch::{self, FetchError, Head, Outcome, Room, Validators};
use crate::health::{self, Trouble};
use crate::model::{ArticleMode, Dedupe, EntryId, Timestamp};
use crate::schedule::{self, Polled, Redirect};
use crate::store::{Draft, DueFeed, Extra, FeedChange, Key, PollRecord, Read, WantedArticle, key_of};
use crate::websub::{self, Hub};
use crate::{article, listing, story, text};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Polls a feed and commits what came of it.
pub async fn poll(engine: &Arc<Engine>, due: Arc<DueFeed>) {
    // Its room in memory is free again when what was read is stored.
    let (record, _room) = record(engine, &due).await;
    match record.is_quiet() {
        true => quiet::save(engine, due, record).await,
        false => save(engine, &due, record).await,
    }
    engine.stats.polls_out.fetch_sub(1, Ordering::Relaxed);
}

async fn save(engine: &Engine, due: &DueFeed, record: PollRecord) {
    let url = log_name(due);
    let (error, unchanged) = (record.error.clone(), record.error.is_none() && record.read.is_none());
    let n_errors = record.state.n_errors;
    let names_hub = matches!(record.hub, Some(Some(_)));
    match engine.writer.write(move |store| store.save_poll(&record)).await {
        Ok(change) => {
            report(engine, &url, error.map(|error| (error, n_errors)), unchanged, change);
            if names_hub {
                engine.hubs_found.notify_one();
            }
        }
        // The feed's lease ends by itself, and it is polled again.
        Err(problem) => tracing::error!(feed.url = url, error = %problem, "a poll could not be stored"),
    }
}

/// A feed as logs may call it: a private one by its number.
pub(super) fn log_name(due: &DueFeed) -> String {
    if due.settings.private { format!("private feed {}", due.id) } else { text::redact_url(&due.url) }
}

fn report(engine: &Engine, url: &str, error: Option<(String, u32)>, unchanged: bool, change: FeedChange) {
    let stats = &engine.stats;
    Stats::add(&stats.polled, 1);
    Stats::add(&stats.unchanged, usize::from(unchanged));
    Stats::add(&stats.new_entries, change.n_new);
    Stats::add(&stats.edited, change.n_edited);
    Stats::add(&stats.settled, change.n_settled);
    wake(engine, change);
    match error {
        Some((error, n_errors)) => {
            Stats::add(&stats.failed, 1);
            // A feed that fails now and then mends itself; one that goes on failing needs a person, who is told once.
            if n_errors == schedule::GIVE_UP_AFTER {
                tracing::warn!(feed.url = url, error, n_errors, "a feed goes on failing; it is asked once a day from now on");
            } else {
                tracing::debug!(feed.url = url, error, n_errors, "a feed could not be polled");
            }
        }
        None => tracing::debug!(feed.url = url, unchanged, n_new = change.n_new, n_edited = change.n_edited, "polled"),
    }
}

/// Wakes the loops that have work now.
pub(super) fn wake(engine: &Engine, change: FeedChange) {
    if change.n_wanted > 0 {
        engine.articles_wanted.notify_one();
    }
    if change.n_ready > 0 {
        engine.entries_ready.notify_one();
    }
}

/// What a poll brought, before it is known when the next one is.
struct Brought {
    error: Option<String>,
    validators: Option<Option<Validators>>,
    wire_bytes: u64,
    read: Option<Read>,
    moved_to: Option<String>,
    trouble: Option<Trouble>,
    held: Option<(String, Timestamp)>,
    hub: Option<Option<Hub>>,
    next: schedule::Next,
}

async fn record(engine: &Arc<Engine>, due: &Arc<DueFeed>) -> (PollRecord, Option<Room>) {
    let (client, commands, config) = (&engine.client, &engine.commands, &engine.config);
    let mut outcome = source::get(client, commands, config, &due.settings, &due.url, due.validators.as_ref()).await;
    let room = outcome.take_room();
    let at = clock();
    let brought = Box::pin(take_in(engine, due, outcome, at)).await;
    let record = PollRecord {
        feed: due.id,
        at,
        state: brought.next.state,
        next_poll: brought.next.at,
        reasons: brought.next.reasons,
        event: health::event(
            due.trouble,
            brought.trouble,
            brought.error.as_deref(),
            brought.moved_to.as_deref().map(text::redact_url).as_deref(),
        ),
        error: brought.error,
        trouble: brought.trouble,
        moved_to: brought.moved_to,
        held: brought.held,
        validators: brought.validators,
        hub: brought.hub,
        wire_bytes: brought.wire_bytes,
        read: brought.read,
    };
    (record, room)
}

async fn take_in(engine: &Arc<Engine>, due: &Arc<DueFeed>, outcome: Outcome, at: Timestamp) -> Brought {
    let decide = |polled: &Polled| schedule::next(at, &due.key, &engine.policy(&due.settings, due.push), &due.state, polled);
    let failed = |trouble: Trouble, error: String, polled: &Polled| Brought {
        error: Some(error),
        trouble: Some(trouble),
        validators: None,
        wire_bytes: 0,
        read: None,
        moved_to: None,
        held: None,
        hub: None,
        next: decide(polled),
    };
    match outcome {
        Outcome::Failed(error) => failed(trouble_of(&error), error.to_string(), &Polled::Failed { retry_after: None }),
        Outcome::Gone(_) => failed(Trouble::Gone, "the feed is gone (HTTP 410)".into(), &Polled::Gone),
        Outcome::Throttled(head) => {
            let error = format!("the server asks for patience (HTTP {})", head.status);
            let brought = failed(Trouble::Throttled, error, &Polled::Throttled { retry_after: head.retry_after });
            // At a private address many unrelated feeds may come from one bridge: there it is the URL alone that waits.
            let domain = fetch::address::registrable_domain(&head.final_url).filter(|_| head.status == 429);
            Brought { held: domain.zip(brought.next.state.hold_until), ..brought }
        }
        Outcome::Refused(head) => {
            let trouble = Trouble::of_status(head.status);
            failed(trouble, format!("HTTP {}", head.status), &Polled::Failed { retry_after: head.retry_after })
        }
        Outcome::NotModified(head) => {
            let next = decide(&Polled::NotModified {
                max_age: head.max_age,
                redirect: permanent_path(&head).as_deref().map(|to| Redirect { to }),
            });
            Brought {
                error: None,
                trouble: None,
                // What a 304 does not repeat still holds; what it repeats is stored already.
                validators: head.validators.as_ref().zip(due.validators.as_ref()).and_then(|(new, known)| {
                    let refreshed = known.refreshed(Some(new));
                    (refreshed != *known).then_some(Some(refreshed))
                }),
                wire_bytes: head.wire_bytes,
                read: None,
                moved_to: next.moved_to.clone(),
                held: None,
                hub: None,
                next,
            }
        }
        Outcome::Fetched(head, body) => {
            let work = Work {
                engine: engine.clone(),
                due: due.clone(),
                content_type: head.content_type.clone(),
                final_url: head.final_url.clone(),
                delta: head.status == 226,
                at,
            };
            match engine.on_cpu(move || work.parse(&body)).await {
                Err(panicked) => failed(Trouble::Other, panicked.to_string(), &Polled::Failed { retry_after: None }),
                Ok(Err(not_a_feed)) => {
                    failed(what_it_is(&not_a_feed), not_a_feed.to_string(), &Polled::Failed { retry_after: None })
                }
                Ok(Ok(parsed)) => {
                    let redirect = permanent_path(&head);
                    let redirect = redirect.as_deref().map(|to| Redirect { to });
                    let next = match &parsed.feed {
                        // The same bytes as last time: nothing was parsed, and the hints are what they were.
                        None => decide(&Polled::NotModified { max_age: head.max_age, redirect }),
                        Some(feed) => decide(&Polled::Feed {
                            hints: &feed.hints,
                            max_age: head.max_age,
                            entry_times: &parsed.entry_times,
                            n_new: parsed.n_unknown,
                            redirect,
                        }),
                    };
                    // Hubs are of use only where they can reach us.
                    let hub = parsed
                        .feed
                        .as_ref()
                        .filter(|_| engine.config.callback_base().is_some())
                        .map(|feed| websub::discover(&head.links, &feed.hints.hubs, feed.hints.self_url.as_deref()));
                    Brought {
                        error: None,
                        trouble: None,
                        validators: (head.validators != due.validators).then_some(head.validators),
                        wire_bytes: head.wire_bytes,
                        moved_to: next.moved_to.clone(),
                        held: None,
                        hub,
                        read: parsed.read,
                        next,
                    }
                }
            }
        }
    }
}

/// What a failed request means for a person.
fn trouble_of(error: &FetchError) -> Trouble {
    match error {
        FetchError::Address(_) => Trouble::Refused,
        FetchError::Timeout(_) | FetchError::Headers(_) | FetchError::Drip(_) => Trouble::Slow,
        FetchError::Connect(_) => Trouble::Unreachable,
        FetchError::Tls(_) => Trouble::Certificate,
        FetchError::TooLarge { .. } | FetchError::Ratio(_) => Trouble::TooLarge,
        FetchError::Robots { .. } | FetchError::Redirects(_) | FetchError::Broken(_) | FetchError::Local(_) => Trouble::Other,
    }
}

/// The same of a body that is no feed.
fn what_it_is(body: &NotAFeed) -> Trouble {
    match body {
        NotAFeed::Html { .. } => Trouble::WebPage,
        _ => Trouble::NotAFeed,
    }
}

/// Where the wholly permanent beginning of a chain of redirects ends.
fn permanent_path(head: &Head) -> Option<String> {
    head.hops.iter().take_while(|hop| hop.permanent).last().map(|hop| hop.to.to_string())
}

/// A body on its way through the feed room, on a CPU thread.
pub(super) struct Work {
    pub engine: Arc<Engine>,
    pub due: Arc<DueFeed>,
    pub content_type: Option<String>,
    pub final_url: String,
    /// Not the whole feed: what is new since the validator that was sent (RFC 3229), or what a hub pushed.
    pub delta: bool,
    pub at: Timestamp,
}

pub(super) struct Parsed {
    /// `None`: the same bytes as last time.
    feed: Option<ParsedFeed>,
    pub read: Option<Read>,
    entry_times: Vec<Timestamp>,
    n_unknown: usize,
}

/// A body's title and text are kept up to this many bytes: more is no headline, and no summary.
const MAX_TITLE_BYTES: usize = 1024;
const MAX_BODY_BYTES: usize = 512 * 1024;

/// Where a poll brings more new entries than this, they are compared with others in batches of their own: a commit must
/// not hold the writer for long.
const MAX_COMPARED: usize = 64;

/// The number of an entry that is not stored yet.
const UNNUMBERED: EntryId = EntryId(0);

impl Work {
    pub fn parse(self, body: &[u8]) -> Result<Parsed, NotAFeed> {
        let body_hash = xxhash_rust::xxh3::xxh3_128(body).to_be_bytes();
        // A redirect is adopted only after a feed was read there, so what lies behind one is always read.
        if self.due.body_hash == Some(body_hash) && self.final_url == self.due.url && !self.delta {
            return Ok(Parsed { feed: None, read: None, entry_times: Vec::new(), n_unknown: 0 });
        }
        let document = feed::Document { bytes: body, content_type: self.content_type.as_deref(), url: &self.final_url };
        let mut feed = match &self.due.settings.page {
            Some(selectors) => listing::read(&document, selectors).map_err(|why| NotAFeed::Unreadable(why.to_string()))?,
            None => feed::parse(&document)?,
        };
        for warning in &feed.warnings {
            tracing::debug!(feed.url = log_name(&self.due), warning, "repaired");
        }
        let entries = std::mem::take(&mut feed.entries);
        let entry_times = entries.iter().filter_map(|entry| entry.published.or(entry.updated)).collect();
        let keys: Vec<Key> = entries.iter().map(|entry| key_of(&feed::entry_key(entry))).collect();
        let known = match self.due.fresh {
            true => vec![None; keys.len()],
            // Where they cannot be read every entry counts as new here, and the writer finds it known.
            false => self
                .engine
                .read_here(|reader| reader.content_hashes(self.due.id, &keys))
                .unwrap_or_else(|_| vec![None; keys.len()]),
        };
        let n_unknown = known.iter().filter(|known| known.is_none()).count();
        let drafts = entries.into_iter().zip(keys).zip(known);
        let compare = n_unknown <= MAX_COMPARED && self.engine.indexed.load(Ordering::Relaxed);
        let drafts = drafts.map(|((entry, key), known)| self.draft(entry, key, known, &feed, compare));
        let drafts = drafts.collect();
        let read = Read {
            // A delta is not the feed: the next whole body is not compared with it.
            body_hash: if self.delta { Key::default() } else { body_hash },
            title: feed.title.clone(),
            site_url: feed.link.clone(),
            language: feed.language.clone(),
            drafts,
        };
        Ok(Parsed { feed: Some(feed), read: Some(read), entry_times, n_unknown })
    }

    /// `compare`: a new entry can be compared with others in the commit that brings it.
    fn draft(&self, entry: ParsedEntry, key: Key, known: Option<Key>, feed: &ParsedFeed, compare: bool) -> Draft {
        let title = text::clip(entry.title.as_deref().unwrap_or_default(), MAX_TITLE_BYTES);
        let content = entry.content.as_deref().filter(|content| !content.trim().is_empty());
        let body = text::clip(content.or(entry.summary.as_deref()).unwrap_or_default(), MAX_BODY_BYTES);
        let content_hash = content_hash(title, entry.link.as_deref(), entry.author.as_deref(), body);
        let link = entry.link.filter(|link| link.starts_with("http://") || link.starts_with("https://"));
        let address = link.as_deref().map(|link| story::address_key(link).unwrap_or_else(|| link.to_owned()));
        let html = (known != Some(content_hash)).then(|| {
            let rule = article::rules::Rule::for_feed(&[], &self.due.settings.strip, None);
            article::clean_with(body, link.as_deref().unwrap_or(&self.final_url), Some(title), rule.as_ref())
        });
        let mode = self.due.settings.article.unwrap_or(self.engine.config.article.mode);
        let article = match (&html, &link, &address) {
            (Some(html), Some(link), Some(address)) if wants_article(mode, content.is_some(), html, link) => {
                Some(WantedArticle {
                    key: key_of(address),
                    url: link.clone(),
                    wait_until: self.at.plus(self.engine.config.article.max_wait),
                })
            }
            _ => None,
        };
        let title = match title.is_empty() {
            // An entry without a title is called by its first words.
            true => text::one_line(&text::excerpt(&article::plain_text(html.as_deref().unwrap_or_default()), 80)),
            false => title.to_owned(),
        };
        let language = entry.language.or_else(|| feed.language.clone());
        let claimed = entry.published.or(entry.updated);
        let dedupe = self.due.settings.dedupe.unwrap_or(self.engine.config.story.dedupe);
        let ready = match (&html, &article) {
            (Some(html), None) if known.is_none() && (compare || dedupe == Dedupe::Off) => {
                let compared = Compared {
                    entry: UNNUMBERED,
                    feed: self.due.id,
                    title: &title,
                    html,
                    language: language.as_deref(),
                    at: claimed.map_or(self.at, |at| at.min(self.at)),
                    link: link.as_deref(),
                    final_url: None,
                    canonical_url: None,
                    og_url: None,
                };
                Some(compared.ready(dedupe))
            }
            _ => None,
        };
        Draft {
            key,
            link_key: address.as_deref().map(key_of),
            link,
            title,
            author: entry.author,
            language,
            claimed,
            html,
            content_hash,
            extra: Extra::new(entry.categories, entry.enclosures.first(), entry.comments, entry.source.as_ref()),
            article,
            ready,
        }
    }
}

/// Of what a reader sees; dates are not in it.
fn content_hash(title: &str, link: Option<&str>, author: Option<&str>, body: &str) -> Key {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for part in [title, link.unwrap_or_default(), author.unwrap_or_default(), body] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.digest128().to_be_bytes()
}

/// A text of this many characters is taken for a whole article and no teaser: a choice, not a measurement.
const WHOLE_ARTICLE_CHARS: usize = 1500;
/// … and in Chinese, Japanese and Korean, which say as much in a third of the characters.
const WHOLE_ARTICLE_CJK_CHARS: usize = 500;

/// Whether the page behind an entry is to be fetched.
fn wants_article(mode: ArticleMode, has_content: bool, html: &str, link: &str) -> bool {
    /// What a link may end in that is no page.
    const NOT_PAGES: [&str; 12] =
        [".mp3", ".m4a", ".mp4", ".pdf", ".zip", ".png", ".jpg", ".jpeg", ".gif", ".webm", ".ogg", ".epub"];
    let path = link.split(['?', '#']).next().unwrap_or(link).to_ascii_lowercase();
    if NOT_PAGES.iter().any(|end| path.ends_with(end)) {
        return false;
    }
    match mode {
        ArticleMode::Always => true,
        ArticleMode::Never => false,
        ArticleMode::Auto if !has_content => true,
        ArticleMode::Auto => {
            let text = article::plain_text(html);
            let n_chars = text.chars().count();
            let n_cjk = text.chars().filter(|c| text::is_cjk(*c)).count();
            let whole = if n_cjk * 3 > n_chars { WHOLE_ARTICLE_CJK_CHARS } else { WHOLE_ARTICLE_CHARS };
            let cut = ["…", "...", "[…]", "[...]", "»"].iter().any(|end| text.trim_end().ends_with(end));
            n_chars < whole || cut
        }
    }
}

/// How long a claimed feed is nobody else's: longer than any wait at a slow host.
pub const LEASE: Duration = Duration::from_secs(3600);
