//! Pictures of articles, for our own pages: through the one client, only what is a picture by its first bytes, and no faster
//! than their publishers want.

use super::engine::Engine;
use super::parts::clock;
use crate::fetch::address::asked_domain;
use crate::fetch::{Kind, Outcome, Request};
use crate::model::Timestamp;
use crate::schedule::LONGEST_HINT;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// By what pictures begin, and what they are. No SVG, which is a document that can run.
const BEGINNINGS: [(&[u8], &str); 5] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF", "image/webp"),
];

/// Pictures that are fetched at one time, in all and of one publisher: one that is slow holds a quarter of them.
const AT_ONCE: usize = 8;
const OF_ONE: usize = 2;

/// How long a publisher that asks for patience without a number is left alone.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Fetches pictures, each publisher's in its own time.
pub struct Pictures {
    engine: Arc<Engine>,
    turns: Semaphore,
    publishers: Publishers,
}

impl Pictures {
    pub fn new(engine: Arc<Engine>) -> Pictures {
        Pictures { engine, turns: Semaphore::new(AT_ONCE), publishers: Publishers::default() }
    }

    /// The picture's media type and its bytes, up to `fetch.max_page_bytes`; `None`: it cannot be had, or is none, or its
    /// publisher asked for patience, or another node asks its domain.
    pub async fn get(&self, address: &str) -> Option<(&'static str, Bytes)> {
        let domain = asked_domain(address);
        // Never closed, neither of them.
        let of_publisher = self.publishers.turns(&domain, clock())?;
        let _its_turn = of_publisher.acquire().await.ok()?;
        let _turn = self.turns.acquire().await.ok()?;
        // It may have asked for patience while this one waited.
        self.publishers.turns(&domain, clock())?;
        if self.engine.duties.share().is_some_and(|share| !share.holds(address)) {
            return None;
        }
        let request = Request { url: address, kind: Kind::Page, validators: None, own: None };
        let getting = self.engine.client.get(request, clock());
        match self.engine.duties.ask_at(address, getting).await? {
            Outcome::Fetched(_, body) => Some((kind(&body)?, Bytes::copy_from_slice(&body))),
            Outcome::Throttled(head) => {
                // It may have sent us on to somebody else, who asks for it.
                for asked in [domain, asked_domain(&head.final_url)] {
                    self.publishers.leave_alone(asked, head.retry_after, clock());
                }
                None
            }
            _ => None,
        }
    }
}

/// Who publishes pictures, by the domains that are asked; forgotten when nothing is to be known of them any more.
#[derive(Default)]
struct Publishers(Mutex<HashMap<String, Publisher>>);

struct Publisher {
    turns: Arc<Semaphore>,
    /// It asked for patience until then.
    until: Timestamp,
}

impl Publisher {
    fn new() -> Publisher {
        Publisher { turns: Arc::new(Semaphore::new(OF_ONE)), until: Timestamp(0) }
    }
}

impl Publishers {
    /// `None`: the publisher is left alone for now.
    fn turns(&self, domain: &str, now: Timestamp) -> Option<Arc<Semaphore>> {
        let mut publishers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        publishers.retain(|_, publisher| publisher.until > now || Arc::strong_count(&publisher.turns) > 1);
        let publisher = publishers.entry(domain.to_owned()).or_insert_with(Publisher::new);
        (publisher.until <= now).then(|| publisher.turns.clone())
    }

    fn leave_alone(&self, domain: String, until: Option<Timestamp>, now: Timestamp) {
        let until = until.filter(|at| *at > now).unwrap_or(now.plus(PATIENCE)).min(now.plus(LONGEST_HINT));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(domain).or_insert_with(Publisher::new).until = until;
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    // ISO 14496-12: AVIF.
    if matches!(bytes.get(4..12), Some(b"ftypavif" | b"ftypavis")) {
        return Some("image/avif");
    }
    let (_, media_type) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning))?;
    (*media_type != "image/webp" || bytes.get(8..12) == Some(b"WEBP")).then_some(*media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_is_left_alone_as_long_as_it_asks_and_the_others_are_not() {
        let publishers = Publishers::default();
        let (now, hour) = (Timestamp(1_790_000_000_000), Duration::from_secs(3600));
        let turns = publishers.turns("a.example", now).unwrap();
        assert_eq!(turns.available_permits(), OF_ONE);
        publishers.leave_alone("a.example".into(), Some(now.plus(hour)), now);
        assert!(publishers.turns("a.example", now).is_none() && publishers.turns("b.example", now).is_some());
        assert!(publishers.turns("a.example", now.plus(hour)).is_some());
        // Without a number, or with one that is no patience.
        for until in [None, Some(now)] {
            publishers.leave_alone("a.example".into(), until, now);
            assert!(publishers.turns("a.example", now).is_none());
            assert!(publishers.turns("a.example", now.plus(PATIENCE)).is_some());
        }
        // Nobody is left alone for ever, and nothing is remembered of who is not.
        publishers.leave_alone("a.example".into(), Some(now.plus(LONGEST_HINT * 9)), now);
        assert!(publishers.turns("a.example", now.plus(LONGEST_HINT)).is_some());
        drop(turns);
        publishers.turns("c.example", now.plus(LONGEST_HINT)).unwrap();
        assert_eq!(publishers.0.lock().unwrap().len(), 1);
    }
}
