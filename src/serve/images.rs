//! Pictures of articles, handed on: asked for at a door, of addresses that our own pages name, and kept for a while.

use super::answers::{guarded, plain};
use crate::publish::image_key;
use crate::sync::secret;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// A picture as it is handed on.
#[derive(Clone, Debug)]
pub struct Picture {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Fetches the picture at an address; `None`: there is none.
pub type PictureDoor = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = Option<Picture>> + Send>> + Send + Sync>;

/// Pictures that are kept, in all.
const MAX_KEPT_BYTES: usize = 32 << 20;

/// A picture is asked for anew after so long, …
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// … and so is one that could not be had: its publisher is not asked by each look at a page.
const MISSED_FOR: Duration = Duration::from_secs(600);

/// What somebody asked for first is fetched once, for all who ask meanwhile.
#[derive(Clone)]
struct Slot {
    cell: Arc<OnceCell<Option<Picture>>>,
    until: Instant,
}

/// The pictures of a server.
pub struct Pictures {
    /// Signs addresses.
    pub key: [u8; 32],
    door: PictureDoor,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    slots: HashMap<String, Slot>,
    /// The oldest first, with their sizes.
    order: VecDeque<(String, usize)>,
    bytes: usize,
}

impl Pictures {
    pub fn new(key: [u8; 32], door: PictureDoor) -> Pictures {
        Pictures { key, door, kept: Mutex::default() }
    }

    async fn get(&self, address: &str) -> Option<Picture> {
        let cell = self.with_kept(|kept| kept.slot(address, Instant::now()));
        let fetched = || async {
            let picture = (self.door)(address.to_owned()).await;
            self.with_kept(|kept| kept.note(address, picture.as_ref(), Instant::now()));
            picture
        };
        cell.get_or_init(fetched).await.clone()
    }

    fn with_kept<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    /// Where what is asked for is, or will be.
    fn slot(&mut self, address: &str, now: Instant) -> Arc<OnceCell<Option<Picture>>> {
        if self.slots.get(address).is_some_and(|slot| slot.until <= now) {
            self.forget(address);
        }
        // One that nobody ends is begun anew by the next who asks.
        let new = || Slot { cell: Arc::default(), until: now + MISSED_FOR };
        self.slots.entry(address.to_owned()).or_insert_with(new).cell.clone()
    }

    /// Keeps what was fetched, or that it could not be; the oldest go.
    fn note(&mut self, address: &str, picture: Option<&Picture>, now: Instant) {
        let Some(slot) = self.slots.get_mut(address) else { return };
        slot.until = now + if picture.is_some() { KEPT_FOR } else { MISSED_FOR };
        // An address is text that is kept too.
        let n_bytes = address.len() + picture.map_or(0, |picture| picture.bytes.len());
        self.bytes += n_bytes;
        self.order.push_back((address.to_owned(), n_bytes));
        while self.bytes > MAX_KEPT_BYTES
            && let Some((oldest, n_bytes)) = self.order.pop_front()
        {
            self.bytes -= n_bytes;
            self.slots.remove(&oldest);
        }
    }

    fn forget(&mut self, address: &str) {
        self.slots.remove(address);
        if let Some(at) = self.order.iter().position(|(kept, _)| kept == address)
            && let Some((_, n_bytes)) = self.order.remove(at)
        {
            self.bytes -= n_bytes;
        }
    }
}

/// `None`: none are handed on.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(pictures: Option<Pictures>) -> Router<S> {
    Router::new().route("/image", get(image)).with_state(Arc::new(pictures))
}

#[derive(Deserialize)]
struct Asked {
    url: String,
    key: String,
}

/// `/image?url=…&key=…`
async fn image(State(pictures): State<Arc<Option<Pictures>>>, Query(asked): Query<Asked>) -> Response {
    let not_ours = || plain(StatusCode::NOT_FOUND, "no picture of our pages\n");
    let Some(pictures) = pictures.as_ref() else { return not_ours() };
    if !secret::is_equal(&image_key(&pictures.key, &asked.url), &asked.key) {
        return not_ours();
    }
    match pictures.get(&asked.url).await {
        Some(picture) => {
            let mut headers = guarded(picture.media_type);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
            (headers, picture.bytes).into_response()
        }
        None => plain(StatusCode::BAD_GATEWAY, "its publisher does not give it\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_publisher_is_asked_once_for_what_it_has_and_seldom_for_what_it_has_not() {
        let n_asked = Arc::new(AtomicUsize::new(0));
        let counted = n_asked.clone();
        let door: PictureDoor = Box::new(move |address| {
            counted.fetch_add(1, Ordering::SeqCst);
            let picture = Picture { media_type: "image/png", bytes: Bytes::from_static(b"png") };
            Box::pin(async move { address.ends_with("here").then_some(picture) })
        });
        let pictures = Pictures::new([0; 32], door);
        for (address, later, n) in [
            ("https://a.example/here", Duration::ZERO, 1),
            ("https://a.example/gone", Duration::ZERO, 2),
            ("https://a.example/gone", MISSED_FOR / 2, 2),
            ("https://a.example/gone", MISSED_FOR, 3),
            ("https://a.example/here", MISSED_FOR, 3),
            ("https://a.example/here", KEPT_FOR, 4),
        ] {
            tokio::time::advance(later).await;
            assert_eq!(pictures.get(address).await.is_some(), address.ends_with("here"), "{address}");
            assert_eq!(n_asked.load(Ordering::SeqCst), n, "{address} after {later:?}");
        }
    }
}
