//! What happened since the process started and how things stand, for Prometheus: counted from what was committed, looked up
//! when it is asked for. Nothing here names a feed: there may be ten thousand, and a private one is nobody's business.

use crate::records::{Committed, NodeStanding, StoryChange};
use crate::store::Counts;
use crate::story::Rung;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

type Labels = [(&'static str, &'static str); 1];
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;

/// Seconds: an answer comes within tens of milliseconds, or times out after 30 s.
const POLL_SECONDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// The same of a transaction: 40 ms are meant, 100 ms are long.
const COMMIT_SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0];

pub struct Metrics {
    registry: Registry,
    polls: Counters,
    poll_seconds: Histogram,
    received_bytes: Counter,
    saved_bytes: Counter,
    entries: Counters,
    articles: Counters,
    stories: Counters,
    joins: Counters,
    commit_seconds: Histogram,
    feeds: Gauges,
    kept: Gauges,
    waiting: Gauges,
    bytes: Gauges,
    network_down: Gauge,
    reload_failed: Gauge,
    /// Of a node of a cluster; elsewhere it has no rows.
    node: Gauges,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("courant");
        let poll_seconds = Histogram::new(POLL_SECONDS);
        let commit_seconds = Histogram::new(COMMIT_SECONDS);
        let metrics = Metrics {
            polls: Counters::default(),
            poll_seconds: poll_seconds.clone(),
            received_bytes: Counter::default(),
            saved_bytes: Counter::default(),
            entries: Counters::default(),
            articles: Counters::default(),
            stories: Counters::default(),
            joins: Counters::default(),
            commit_seconds: commit_seconds.clone(),
            feeds: Gauges::default(),
            kept: Gauges::default(),
            waiting: Gauges::default(),
            bytes: Gauges::default(),
            network_down: Gauge::default(),
            reload_failed: Gauge::default(),
            node: Gauges::default(),
            registry: Registry::default(),
        };
        registry.register("polls", "Polls of feeds, by outcome", metrics.polls.clone());
        registry.register(
            "poll_seconds",
            "From the start of a poll's request to the end of its answer, turns at the host included",
            poll_seconds,
        );
        registry.register(
            "poll_received_bytes",
            "Bytes of the answers to polls, as they came over the wire",
            metrics.received_bytes.clone(),
        );
        registry.register(
            "poll_saved_bytes",
            "Bytes that unchanged feeds did not send again, by their last answers since the start",
            metrics.saved_bytes.clone(),
        );
        registry.register("entries", "Entries, by what became of them", metrics.entries.clone());
        registry.register("articles", "Pages of articles, by outcome", metrics.articles.clone());
        registry.register("stories", "Stories, by what became of them", metrics.stories.clone());
        registry.register("joins", "Entries that joined a story, by the rung of the decision", metrics.joins.clone());
        registry.register("commit_seconds", "Transactions of the writer", commit_seconds);
        registry.register("feeds", "Subscriptions, by state", metrics.feeds.clone());
        registry.register("kept", "What is in the database", metrics.kept.clone());
        registry.register("waiting", "Queues: what waits for what comes next", metrics.waiting.clone());
        registry.register("disk_bytes", "Files of the database", metrics.bytes.clone());
        registry.register("network_down", "1: the network is down, no feed is blamed", metrics.network_down.clone());
        registry.register(
            "reload_failed",
            "1: the files were changed and could not be taken over",
            metrics.reload_failed.clone(),
        );
        registry.register(
            "node",
            "Of a node of a cluster: whether it leads, its term, records applied and behind, seconds since the cluster's database answered, whether it is stale",
            metrics.node.clone(),
        );
        Metrics { registry, ..metrics }
    }
}

fn count(counters: &Counters, label: &'static str, value: &'static str, n: usize) {
    counters.get_or_create(&[(label, value)]).inc_by(n as u64);
}

impl Metrics {
    /// Told of each transaction.
    pub fn hear(&self, committed: &Committed) {
        let polls = &committed.polls;
        count(&self.polls, "outcome", "unchanged", polls.n_unchanged);
        count(&self.polls, "outcome", "failed", polls.n_failed);
        count(&self.polls, "outcome", "read", polls.n.saturating_sub(polls.n_unchanged + polls.n_failed));
        self.received_bytes.inc_by(polls.wire_bytes);
        self.saved_bytes.inc_by(polls.saved_bytes);
        count(&self.entries, "what", "new", committed.new.len());
        count(&self.entries, "what", "edited", committed.edited.len());
        count(&self.entries, "what", "settled", committed.n_settled);
        count(&self.articles, "outcome", "found", committed.pages.n_found);
        count(&self.articles, "outcome", "never", committed.pages.n_never);
        for (_, change) in &committed.stories {
            let what = match change {
                StoryChange::Founded => "founded",
                StoryChange::Changed => "changed",
                StoryChange::Redirected(_) => "merged",
                StoryChange::Removed => "removed",
            };
            count(&self.stories, "what", what, 1);
        }
        for rung in &committed.joined {
            let rung = match rung {
                Rung::First => "first",
                Rung::Address => "address",
                Rung::Text => "text",
                Rung::Story => "story",
                Rung::Person => "person",
            };
            count(&self.joins, "rung", rung, 1);
        }
        self.commit_seconds.observe(committed.took.as_secs_f64());
    }

    pub fn polled(&self, took: Duration) {
        self.poll_seconds.observe(took.as_secs_f64());
    }
}

/// How things stand when it is asked.
pub struct Figures {
    pub counts: Counts,
    pub polls_in_flight: u64,
    pub pages_in_flight: u64,
    /// Jobs that wait for the writer.
    pub n_writer: usize,
    pub database_bytes: u64,
    pub log_bytes: u64,
    pub network_is_down: bool,
    pub reload_failed: bool,
    pub node: Option<NodeStanding>,
}

impl Metrics {
    /// All of it as OpenMetrics text.
    pub fn text(&self, figures: &Figures) -> Result<String, std::fmt::Error> {
        let counts = &figures.counts;
        let attention = counts.failing_feeds + counts.paused_feeds + counts.gone_feeds;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        for (gauges, label, value, n) in [
            (&self.feeds, "state", "failing", counts.failing_feeds),
            (&self.feeds, "state", "paused", counts.paused_feeds),
            (&self.feeds, "state", "gone", counts.gone_feeds),
            (&self.feeds, "state", "well", (counts.feeds - attention).max(0)),
            (&self.kept, "what", "entries", counts.entries),
            (&self.kept, "what", "stories", counts.stories),
            (&self.kept, "what", "articles", counts.articles),
            (&self.waiting, "queue", "polls_in_flight", number(figures.polls_in_flight)),
            (&self.waiting, "queue", "pages_in_flight", number(figures.pages_in_flight)),
            (&self.waiting, "queue", "pages", counts.articles_wanted),
            (&self.waiting, "queue", "entries", counts.pending),
            (&self.waiting, "queue", "writer", number(figures.n_writer as u64)),
            (&self.bytes, "file", "database", number(figures.database_bytes)),
            (&self.bytes, "file", "log", number(figures.log_bytes)),
        ] {
            gauges.get_or_create(&[(label, value)]).set(n);
        }
        self.network_down.set(figures.network_is_down.into());
        self.reload_failed.set(figures.reload_failed.into());
        if let Some(node) = &figures.node {
            for (what, n) in [
                ("leads", node.leads.into()),
                ("term", node.term),
                ("applied", node.applied),
                ("behind", node.head.saturating_sub(node.applied)),
                ("silent_seconds", node.silent_s),
                ("stale", node.stale.is_some().into()),
            ] {
                self.node.get_or_create(&[("what", what)]).set(number(n));
            }
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
