//! Bodies and the room that they take in memory.
//!
//! Servers are faster than parsing and storing: without a bound a pass over thousands of feeds holds hundreds of decoded
//! bodies that wait for their turn. A body is decoded only when there is room for it; until then it waits compressed,
//! and holds its slot, so that no more is asked for than can be taken in.

use bytes::Bytes;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What room is counted in.
const UNIT: usize = 64 * 1024;
/// Decoded bodies that are here at one time: 1.5 MiB as they are expected to be, one body in any case.
const UNITS: usize = 24;
/// What feeds grow by when they are decoded, as a rule.
const USUAL_RATIO: usize = 8;

/// The whole body of an answer. Its room is given back when it, or what [`Body::take_room`] gave, is dropped.
#[derive(Debug)]
pub struct Body {
    bytes: Bytes,
    room: Option<Room>,
}

/// Room in memory, taken until this is dropped: keep it until what was read is stored.
#[derive(Debug)]
pub struct Room(#[expect(dead_code, reason = "held for its end")] OwnedSemaphorePermit);

impl Body {
    pub(super) fn new(bytes: Bytes, room: Option<Room>) -> Body {
        Body { bytes, room }
    }

    /// The room apart from the bytes, for what was made of them.
    pub fn take_room(&mut self) -> Option<Room> {
        self.room.take()
    }
}

/// A body that did not come over the network takes no room of ours.
impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body::new(bytes.into(), None)
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// All the room there is.
pub struct Rooms(Arc<Semaphore>);

impl Rooms {
    pub fn new() -> Rooms {
        Rooms(Arc::new(Semaphore::new(UNITS)))
    }

    /// Waits for room for a body of so many bytes on the wire.
    pub async fn take(&self, n_wire_bytes: usize, encoded: bool) -> Option<Room> {
        let expected = if encoded { n_wire_bytes.saturating_mul(USUAL_RATIO) } else { n_wire_bytes };
        let units = expected.div_ceil(UNIT).clamp(1, UNITS);
        // The semaphore is never closed, and the units fit into an u32.
        self.0.clone().acquire_many_owned(units as u32).await.ok().map(Room)
    }
}
