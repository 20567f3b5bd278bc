//! robots.txt of each host: fetched once, kept until it expires, handed to the store and taken back at start.

use super::gate::Gate;
use super::robots::Rules;
use super::types::RobotsRecord;
use crate::model::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

/// RFC 9309 2.4: not longer than a day unless the server says so.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// What the server's own cache headers may make of it.
const SHORTEST: Duration = Duration::from_secs(3600);
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Where robots.txt could not be had, nothing is fetched until then.
const UNREACHABLE: Duration = Duration::from_secs(600);

/// Rules of more hosts than this are not held: expired ones go first, then all.
const MAX_ORIGINS: usize = 20_000;
/// Records that nobody took; the oldest are dropped (they only save a request after a restart).
const MAX_UNTAKEN: usize = 2_000;

/// The record of a host whose robots.txt could not be had.
const DENY_ALL: &str = "User-agent: *\nDisallow: /\n";

#[derive(Default)]
pub struct Permission {
    origins: Mutex<HashMap<String, Arc<Origin>>>,
    fresh: Mutex<Vec<RobotsRecord>>,
}

#[derive(Default)]
struct Origin {
    known: Mutex<Option<Known>>,
    /// Held by the one who fetches: the others wait for the same answer.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    rules: Arc<Rules>,
    expires: Timestamp,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a fetch of robots.txt came to.
pub enum Found {
    Text {
        text: String,
        max_age: Option<Duration>,
    },
    /// 4xx: there is none, everything is allowed.
    None {
        max_age: Option<Duration>,
    },
    /// 5xx, 429, no answer: nothing is allowed for a while.
    Unreachable,
}

impl Permission {
    pub fn new(records: Vec<RobotsRecord>, gate: &Gate) -> Permission {
        let permission = Permission::default();
        permission.learn(records, gate);
        permission
    }

    /// What robots.txt of hosts said to somebody else.
    pub fn learn(&self, records: Vec<RobotsRecord>, gate: &Gate) {
        let mut origins = lock(&self.origins);
        for record in records.into_iter().take(MAX_ORIGINS) {
            let rules = Rules::parse(record.text.as_deref().unwrap_or_default());
            let Ok(url) = Url::parse(&record.origin) else { continue };
            note_delay(gate, &url, &rules);
            let known = Mutex::new(Some(Known { rules: Arc::new(rules), expires: record.expires }));
            origins.insert(record.origin, Arc::new(Origin { known, ..Origin::default() }));
        }
    }

    pub fn take(&self) -> Vec<RobotsRecord> {
        std::mem::take(&mut *lock(&self.fresh))
    }

    /// The rules of the URL's origin, asked of it (`ask`) where we have none that hold.
    /// `Err`: they could not be asked for; nothing is remembered of that.
    pub async fn rules<E>(
        &self,
        gate: &Gate,
        url: &Url,
        now: Timestamp,
        ask: impl AsyncFnOnce() -> Result<Found, E>,
    ) -> Result<Arc<Rules>, E> {
        let name = url.origin().ascii_serialization();
        let origin = self.origin(&name, now);
        if let Some(rules) = origin.rules(now) {
            return Ok(rules);
        }
        let _fetching = origin.fetching.lock().await;
        if let Some(rules) = origin.rules(now) {
            return Ok(rules);
        }
        let (text, kept) = match ask().await? {
            Found::Text { text, max_age } => (Some(text), max_age.unwrap_or(KEPT).clamp(SHORTEST, LONGEST)),
            Found::None { max_age } => (None, max_age.unwrap_or(KEPT).clamp(SHORTEST, LONGEST)),
            Found::Unreachable => (Some(DENY_ALL.to_owned()), UNREACHABLE),
        };
        let rules = Arc::new(Rules::parse(text.as_deref().unwrap_or_default()));
        note_delay(gate, url, &rules);
        let expires = now.plus(kept);
        *lock(&origin.known) = Some(Known { rules: rules.clone(), expires });
        let mut fresh = lock(&self.fresh);
        if fresh.len() >= MAX_UNTAKEN {
            fresh.remove(0);
        }
        fresh.push(RobotsRecord { origin: name, text, expires });
        Ok(rules)
    }

    fn origin(&self, name: &str, now: Timestamp) -> Arc<Origin> {
        let mut origins = lock(&self.origins);
        if let Some(origin) = origins.get(name) {
            return origin.clone();
        }
        if origins.len() >= MAX_ORIGINS {
            origins.retain(|_, origin| origin.rules(now).is_some());
            if origins.len() >= MAX_ORIGINS {
                origins.clear();
            }
        }
        origins.entry(name.to_owned()).or_default().clone()
    }
}

impl Origin {
    /// A record from far in the future was written before the clock was set back: it is not believed.
    fn rules(&self, now: Timestamp) -> Option<Arc<Rules>> {
        let known = lock(&self.known);
        let holds = |known: &&Known| now < known.expires && known.expires <= now.plus(LONGEST);
        known.as_ref().filter(holds).map(|known| known.rules.clone())
    }
}

fn note_delay(gate: &Gate, url: &Url, rules: &Rules) {
    if let Some(host) = url.host_str() {
        gate.set_crawl_delay(host, rules.crawl_delay);
    }
}
