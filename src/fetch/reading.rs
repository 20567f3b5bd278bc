//! A body, read within its limits: bytes, and time for its beginning.

use super::{FetchError, transport};
use bytes::{Bytes, BytesMut};
use std::time::Duration;
use tokio::time::Instant;

/// What is read of a body that nobody wants, so that the connection can be used again.
const DRAIN_BYTES: usize = 16 * 1024;
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// How a body that is over its limit is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Overlong {
    Refuse,
    Cut,
}

/// The most bytes that a body may have, and the key that a person raises it by.
#[derive(Clone, Copy)]
pub struct Limit {
    pub bytes: usize,
    pub key: &'static str,
}

impl Limit {
    pub fn exceeded(self) -> FetchError {
        FetchError::TooLarge { limit: self.bytes, key: self.key }
    }
}

/// A body that has not brought this much after half of the whole request's time is a drip: holding on would only keep
/// a connection busy, theirs and ours.
const FIRST_BYTES: usize = 1024;

pub async fn read_body(
    response: &mut reqwest::Response,
    limit: Limit,
    overlong: Overlong,
    patience: Duration,
) -> Result<Bytes, FetchError> {
    // A claimed length is believed only where it refuses; it never allocates.
    if overlong == Overlong::Refuse && response.content_length().is_some_and(|length| length > limit.bytes as u64) {
        return Err(limit.exceeded());
    }
    let until = Instant::now() + patience;
    let Some(first) = chunk_after(response, 0, until).await? else { return Ok(Bytes::new()) };
    let mut body = BytesMut::new();
    let mut next = Some(first);
    while let Some(chunk) = next {
        let room = limit.bytes - body.len();
        if chunk.len() > room {
            if overlong == Overlong::Refuse {
                return Err(limit.exceeded());
            }
            body.extend_from_slice(&chunk[..room]);
            break;
        }
        next = chunk_after(response, body.len() + chunk.len(), until).await?;
        if next.is_none() && body.is_empty() {
            return Ok(chunk); // one piece: no copy
        }
        if body.len() + chunk.len() > body.capacity() {
            // Doubled, but never beyond the limit.
            let wanted = (body.capacity() * 2).max(64 * 1024).min(limit.bytes).max(body.len() + chunk.len());
            body.reserve(wanted - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The next piece of a body of which `n_bytes` are here.
async fn chunk_after(response: &mut reqwest::Response, n_bytes: usize, until: Instant) -> Result<Option<Bytes>, FetchError> {
    let next = response.chunk();
    let next = if n_bytes < FIRST_BYTES {
        tokio::time::timeout_at(until, next).await.map_err(|_| FetchError::Drip(n_bytes))?
    } else {
        next.await
    };
    next.map_err(transport::explain)
}

/// Reads what is left of a short body, so that the connection can be used again.
pub async fn drain(mut response: reqwest::Response) {
    if response.content_length().is_some_and(|length| length > DRAIN_BYTES as u64) {
        return;
    }
    let reading = async {
        let mut n_bytes = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            n_bytes += chunk.len();
            if n_bytes > DRAIN_BYTES {
                break;
            }
        }
    };
    _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}
