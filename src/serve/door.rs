//! The ways into the house: what hubs send to the callback, and what apps want changed in the list, is handed on and waits
//! for its answer.

use crate::records::{HubReply, HubRequest, ListEdit, ListReply};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

/// Pushes that are taken in at once: what they hold is bounded, however many come.
const MAX_PUSHES: usize = 8;
/// How long a push waits for its turn before its hub is told to come again.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The server's end.
#[derive(Debug)]
pub struct HubDoor {
    calls: mpsc::Sender<(HubRequest, oneshot::Sender<HubReply>)>,
    /// The turns of pushes, whose bodies are held while they are read.
    pushes: Semaphore,
}

impl HubDoor {
    /// The door, and the other end, where somebody answers.
    pub fn new() -> (HubDoor, mpsc::Receiver<(HubRequest, oneshot::Sender<HubReply>)>) {
        let (calls, coming) = mpsc::channel(64);
        (HubDoor { calls, pushes: Semaphore::new(MAX_PUSHES) }, coming)
    }

    /// Where nobody answers, the hub may try again.
    pub async fn ask(&self, request: HubRequest) -> HubReply {
        let (answer, answered) = oneshot::channel();
        match self.calls.send((request, answer)).await {
            Ok(()) => answered.await.unwrap_or(HubReply::Failed),
            Err(_) => HubReply::Failed,
        }
    }

    /// A turn for one push, taken before its body is read; `None`: too many are being taken in.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(MAX_WAIT, self.pushes.acquire()).await.ok()?.ok()
    }
}

/// A change of the list, and where its answer goes.
pub type ListCall = (ListEdit, oneshot::Sender<ListReply>);

/// The way to the list of subscriptions.
#[derive(Clone, Debug)]
pub struct ListDoor {
    calls: mpsc::Sender<ListCall>,
}

impl ListDoor {
    /// The door, and the other end, where somebody answers.
    pub fn new() -> (ListDoor, mpsc::Receiver<ListCall>) {
        let (calls, coming) = mpsc::channel(8);
        (ListDoor { calls }, coming)
    }

    /// `None`: nobody answers; the service is ending.
    pub async fn ask(&self, edit: ListEdit) -> Option<ListReply> {
        let (answer, answered) = oneshot::channel();
        self.calls.send((edit, answer)).await.ok()?;
        answered.await.ok()
    }
}
