//! One poll: fetch, read, decide when next. It ends in one command, whatever happens.

use super::claims::Claims;
use super::cpu::Cpu;
use super::disk;
use super::metrics::Metrics;
use super::parts::{Stats, clock};
use super::source::{self, Commands};
use super::unchanged::Unchanged;
use crate::config::subscriptions::Subscription;
use crate::config::{Config, Live};
use crate::feed;
use crate::fetch::{Body, Client, FetchError, Head, Outcome, Room};
use crate::ingest::{self, EntryPolicy, Poller, Said, Source, Taken};
use crate::model::{FeedId, Timestamp};
use crate::network::Verdict;
use crate::records::{Command, Document, DueFeed, Poll};
use crate::schedule::{self, Policy, Push};
use crate::store::{Readers, SchemaError, WriteError, Writer};
use crate::websub::{self, HubOffer};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use uuid::Uuid;

/// What polls need.
pub struct Polls {
    pub config: Live<Config>,
    pub client: Client,
    pub commands: Commands,
    pub claims: Claims,
    pub documents: Documents,
    pub unchanged: Unchanged,
    pub writer: Writer,
    pub stats: Arc<Stats>,
    pub metrics: Arc<Metrics>,
}

/// Documents are taken in anew where their feed changed meanwhile (a hub pushed), at most so often.
const MAX_TRIES: usize = 3;

/// Why a poll is put off.
const NETWORK_DOWN: &str = "the network is down";

impl Polls {
    /// Polls a feed and commits what came of it.
    pub async fn poll(&self, due: Arc<DueFeed>) {
        let look = due.validators.as_ref().and_then(|_| schedule::unconditional(clock(), &due.state));
        let validators = due.validators.as_ref().filter(|_| look.is_none());
        let asked = Instant::now();
        let mut outcome =
            source::get(&self.client, &self.commands, &self.config.get(), &due.settings, &due.url, validators).await;
        self.metrics.polled(asked.elapsed());
        // Its room in memory is free again when what was read is stored.
        let _room: Option<Room> = outcome.take_room();
        // In a box, so that the many polls that wait for their answers are small.
        Box::pin(self.take(&due, look, outcome)).await;
        self.stats.polls_in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// A poll was dropped before it ended: nothing of it is stored, and the feed is due still.
    pub fn dropped(&self, feed: FeedId) {
        self.claims.feed_is_back(feed);
        self.stats.polls_in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Decides what an answer means, and commits it.
    async fn take(&self, due: &Arc<DueFeed>, look: Option<String>, outcome: Outcome) {
        let policy = policy(&self.config.get(), &due.settings, due.push);
        let at = clock();
        let mut state = None;
        let mut says_nothing = false;
        if let Outcome::Fetched(head, body) = &outcome {
            let is_empty = body.iter().all(u8::is_ascii_whitespace);
            if is_empty || due.state.n_empty > 0 {
                let state = state.insert(due.state.clone());
                says_nothing = schedule::empty_is_unchanged(state, head.conditional, is_empty);
            }
        }
        let state = state.as_ref().unwrap_or(&due.state);
        let poller = Poller { due, policy: &policy, at, state, look: look.as_deref() };
        if matches!(outcome, Outcome::Failed(FetchError::Offline)) {
            return self.postpone(&poller, NETWORK_DOWN).await;
        }
        match ingest::without_document(&poller, outcome) {
            Ok(poll) if poll.is_unchanged() => self.unchanged.save(due.clone(), poll).await,
            Ok(poll) => self.save(due, poll).await,
            Err(answer) if says_nothing => {
                self.client.answered(&answer.0.asked, at);
                self.unchanged.save(due.clone(), ingest::nothing_said(&poller, &answer.0)).await;
            }
            Err(answer) => {
                let (head, body) = *answer;
                Box::pin(self.read(&poller, due.clone(), head, body)).await;
            }
        }
    }

    /// Reads a document and commits what it says.
    async fn read(&self, poller: &Poller<'_>, due: Arc<DueFeed>, head: Head, body: Body) {
        // A redirect is adopted only after a feed was read there, so what lies behind one is always read.
        let is_delta = head.status == 226;
        let hash = ingest::body_hash(&body);
        let is_same = due.body_hash == Some(hash) && head.final_url == due.url;
        if is_same && !is_delta && !schedule::edit_is_due(poller.at, &due.state) {
            self.client.answered(&head.asked, poller.at);
            let poll = ingest::document_read(poller, head, None, None);
            return match poll.is_unchanged() {
                true => self.unchanged.save(due.clone(), poll).await,
                false => self.save(&due, poll).await,
            };
        }
        let origin =
            Origin { due: due.clone(), content_type: head.content_type.clone(), final_url: head.final_url.clone(), is_delta };
        let mut kept = Some(Arc::new((origin, body)));
        for _ in 0..MAX_TRIES {
            // Nobody but its hub changes a feed beside its poll: without one the body is not needed again.
            let origin = if due.push.is_some() { kept.clone() } else { kept.take() };
            let Some(origin) = origin else { break };
            let read = self.documents.read(origin, poller.at).await;
            let is_page = matches!(read, Err(Unread::NotAFeed(feed::NotAFeed::Html { .. })));
            let verdict = match (is_page, due.fresh) {
                // A page where a feed was may be a portal's; where none was nobody can tell.
                (true, false) => self.client.page_instead(&head.asked, ingest::page_mark(&head, hash), clock()).await,
                (true, true) => Verdict::Counts,
                (false, _) => {
                    self.client.answered(&head.asked, poller.at);
                    Verdict::Counts
                }
            };
            let poll = match read {
                Err(Unread::Stage(why)) => ingest::stage_failed(poller, why),
                Err(Unread::NotAFeed(body)) => match verdict {
                    Verdict::Spared => return self.postpone(poller, NETWORK_DOWN).await,
                    Verdict::Doubtful { others_heard } => ingest::doubtful_body(poller, &body, others_heard),
                    Verdict::Counts | Verdict::Undecided { .. } => ingest::not_a_feed(poller, &body),
                },
                Err(Unread::Database(error)) if disk::passes_to_read(&error) => return self.claims.feed_is_back(due.id),
                // The feed's lease ends by itself, and it is polled again.
                Err(Unread::Database(error)) => {
                    return tracing::error!(feed.url = due.log_name(), %error, "what is known of a feed could not be read");
                }
                Ok(taken) => {
                    let hub = self.offer(&head, &taken.hints);
                    let said = Said {
                        hints: &taken.hints,
                        entry_times: &taken.entry_times,
                        n_unknown: taken.n_unknown,
                        // A part of the feed says nothing of its other entries.
                        put_off: taken.put_off.or(due.state.put_off.filter(|_| is_delta)),
                        document: taken.document,
                    };
                    ingest::document_read(poller, head.clone(), Some(said), hub)
                }
            };
            if self.save_once(&due, poll).await {
                return;
            }
        }
        self.postpone(poller, "it changed while its document was read").await;
    }

    /// Nothing was decided, and nothing is stored but that the feed is asked again soon.
    async fn postpone(&self, poller: &Poller<'_>, why: &str) {
        let (feed, url) = (poller.due.id, poller.due.log_name());
        match self.writer.submit_at_last(Command::Postponed(Box::new(ingest::postponed(poller, why)))).await {
            Ok(_) => {
                self.claims.feed_is_back(feed);
                tracing::debug!(feed.url = url, why, "a poll was put off");
            }
            // It is due still, and polled again when the disk takes it.
            Err(WriteError::Disk(_)) => self.claims.feed_is_back(feed),
            // The feed's lease ends by itself, and it is polled again.
            Err(problem) => tracing::error!(feed.url = url, error = %problem, "a poll could not be put off"),
        }
    }

    /// The hub that the feed names, where hubs can reach us.
    fn offer(&self, head: &Head, hints: &feed::Hints) -> Option<Option<HubOffer>> {
        self.config.get().callback_base()?;
        let hub = websub::discover(&head.links, &hints.hubs, hints.self_url.as_deref());
        Some(hub.map(|hub| HubOffer {
            hub,
            token: Uuid::new_v4().simple().to_string(),
            secret: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
        }))
    }

    async fn save(&self, due: &DueFeed, poll: Poll) {
        self.save_once(due, poll).await;
    }

    /// `false`: the feed changed after what was decided on was read.
    async fn save_once(&self, due: &DueFeed, poll: Poll) -> bool {
        let url = due.log_name();
        let (error, n_errors, unchanged) = (poll.error.clone(), poll.state.n_errors, poll.document.is_none());
        match self.writer.submit_at_last(Command::Polled(Box::new(poll))).await {
            Ok(committed) => {
                self.claims.feed_is_back(due.id);
                match error {
                    Some(error) => tracing::debug!(feed.url = url, error, n_errors, "a feed could not be polled"),
                    None => tracing::debug!(
                        feed.url = url,
                        unchanged,
                        n_new = committed.new.len(),
                        n_edited = committed.edited.len(),
                        "polled"
                    ),
                }
            }
            Err(WriteError::Stale) => return false,
            Err(WriteError::FeedGone) => tracing::debug!(feed.url = url, "the feed was removed while it was polled"),
            // It is due still, and polled again when the disk takes it; the log has it from the writer, once.
            Err(problem) if problem.passes() => self.claims.feed_is_back(due.id),
            // The feed's lease ends by itself, and it is polled again.
            Err(problem) => tracing::error!(feed.url = url, error = %problem, "a poll could not be stored"),
        }
        true
    }
}

/// Reads documents, on CPU threads: what a feed's answer and a hub's push have in common.
#[derive(Clone)]
pub struct Documents {
    pub config: Live<Config>,
    pub cpu: Cpu,
    pub readers: Readers,
    pub writer: Writer,
}

/// Where a document came from.
pub struct Origin {
    pub due: Arc<DueFeed>,
    pub content_type: Option<String>,
    pub final_url: String,
    /// Not the whole feed.
    pub is_delta: bool,
}

/// What a document says.
pub struct TakenIn {
    pub document: Document,
    hints: feed::Hints,
    entry_times: Vec<Timestamp>,
    n_unknown: usize,
    put_off: Option<Timestamp>,
}

/// Why a document was not read.
pub enum Unread {
    NotAFeed(feed::NotAFeed),
    Stage(String),
    Database(SchemaError),
}

impl Documents {
    pub async fn read<B>(&self, origin: Arc<(Origin, B)>, at: Timestamp) -> Result<TakenIn, Unread>
    where
        B: std::ops::Deref<Target = [u8]> + Send + Sync + 'static,
    {
        let documents = self.clone();
        let read = self.cpu.run(move || documents.read_here(&origin.0, &origin.1, at)).await;
        read.unwrap_or_else(|panicked| Err(Unread::Stage(panicked.to_string())))
    }

    fn read_here(&self, origin: &Origin, body: &[u8], at: Timestamp) -> Result<TakenIn, Unread> {
        let due = &origin.due;
        let source = Source {
            feed: due.id,
            settings: &due.settings,
            habit: &due.habit,
            content_type: origin.content_type.as_deref(),
            final_url: &origin.final_url,
            is_delta: origin.is_delta,
            at,
        };
        let mut document = ingest::read(&source, body).map_err(Unread::NotAFeed)?;
        for warning in &document.feed.warnings {
            tracing::debug!(feed.url = due.log_name(), warning, "repaired");
        }
        let asked = document.asks();
        let mut known = self.readers.ask_here(|reader| reader.known(due.id, &asked)).map_err(Unread::Database)?;
        if let Some(wanted) = document.doubts(&source, &known) {
            let recalled = self.readers.ask_here(|reader| reader.recall(due.id, &wanted)).map_err(Unread::Database)?;
            document.recognise(&source, &known, &recalled);
        }
        // Most polls bring nothing that is not known.
        let unknown = document.asks_pruned(&known);
        if !unknown.is_empty() {
            known.pruned = self.readers.ask_here(|reader| reader.pruned(due.id, &unknown)).map_err(Unread::Database)?;
        }
        let config = self.config.get();
        let policy = EntryPolicy {
            article: config.article.mode,
            max_wait: config.article.max_wait,
            dedupe: config.story.dedupe,
            compare: self.writer.has_index(),
        };
        let (hints, entry_times) = (document.feed.hints.clone(), document.entry_times());
        let n_unknown = document.n_unknown(&known);
        let Taken { document, put_off } = document.take_in(&source, &known, &policy);
        Ok(TakenIn { document, hints, entry_times, n_unknown, put_off })
    }
}

/// What a person set for a feed's polling, and what its hub does for it.
pub fn policy(config: &Config, feed: &Subscription, push: Option<Push>) -> Policy {
    let poll = &config.poll;
    Policy {
        interval: feed.interval.unwrap_or(poll.interval),
        min_interval: poll.min_interval,
        max_interval: poll.max_interval,
        // A feed's own interval is a person's word.
        adaptive: poll.adaptive && feed.interval.is_none(),
        jitter: poll.jitter,
        permanent_after: poll.permanent_after,
        permanent_days: poll.permanent_days,
        push,
    }
}
