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
use tokio::sync::{OnceCell, Semaphore};

/// A picture as it is handed on.
#[derive(Clone, Debug)]
pub struct Picture {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Fetches the picture at an address; `None`: there is none.
pub type PictureDoor = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = Option<Picture>> + Send>> + Send + Sync>;

/// Pictures that are kept, in all, and those that are fetched at one time.
const MAX_KEPT_BYTES: usize = 32 << 20;
const AT_ONCE: usize = 8;

/// What somebody asked for first is fetched once, for all who ask meanwhile.
type Slot = Arc<OnceCell<Option<Picture>>>;

/// The pictures of a server.
pub struct Pictures {
    /// Signs addresses.
    pub key: [u8; 32],
    door: PictureDoor,
    turns: Semaphore,
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
        Pictures { key, door, turns: Semaphore::new(AT_ONCE), kept: Mutex::default() }
    }

    async fn get(&self, address: &str) -> Option<Picture> {
        let slot = self.with_kept(|kept| kept.slots.entry(address.to_owned()).or_default().clone());
        let fetched = || async {
            // Never closed.
            let _turn = self.turns.acquire().await.ok()?;
            let picture = (self.door)(address.to_owned()).await;
            self.with_kept(|kept| kept.note(address, picture.as_ref()));
            picture
        };
        slot.get_or_init(fetched).await.clone()
    }

    fn with_kept<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    /// Keeps what was fetched, and lets the oldest go. What could not be had is asked for again.
    fn note(&mut self, address: &str, picture: Option<&Picture>) {
        let Some(picture) = picture else {
            self.slots.remove(address);
            return;
        };
        self.bytes += picture.bytes.len();
        self.order.push_back((address.to_owned(), picture.bytes.len()));
        while self.bytes > MAX_KEPT_BYTES
            && let Some((oldest, n_bytes)) = self.order.pop_front()
        {
            self.bytes -= n_bytes;
            self.slots.remove(&oldest);
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
