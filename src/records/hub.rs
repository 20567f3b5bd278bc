//! Subscriptions at WebSub hubs. What a hub asks or pushes reaches the daemon from the server as a [`HubRequest`].

use super::DueFeed;
use crate::model::{FeedId, Timestamp};
use bytes::Bytes;

/// A hub that is to be asked.
#[derive(Clone, Debug)]
pub struct DueHub {
    pub feed: FeedId,
    pub hub: String,
    pub topic: String,
    pub token: String,
    pub secret: String,
}

/// A subscription as a hub's question or push needs it.
#[derive(Clone, Debug)]
pub struct Subscribed {
    pub feed: DueFeed,
    pub topic: String,
    pub secret: String,
    /// The feed is still listed, and named this hub when it was last read.
    pub wanted: bool,
}

/// A subscription as people are told of it.
#[derive(Clone, Debug)]
pub struct HubRow {
    pub hub: String,
    pub lease_until: Option<Timestamp>,
    pub last_push: Option<Timestamp>,
    pub error: Option<String>,
}

/// What came to the callback.
#[derive(Debug)]
pub enum HubRequest {
    /// A question of WebSub: the callback's token and the query.
    Asked {
        token: String,
        query: String,
    },
    /// Whether a push is awaited under a token: asked before a body is read, so that a stranger cannot make us hold one.
    Awaited {
        token: String,
    },
    Pushed(Box<Pushed>),
}

/// What a hub pushed.
#[derive(Debug)]
pub struct Pushed {
    pub token: String,
    pub signature: Option<String>,
    pub content_type: Option<String>,
    pub body: Bytes,
}

/// What a hub is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubReply {
    /// The challenge, to be echoed.
    Echo(String),
    Taken,
    /// Never asked for, or wanted no more.
    Unknown,
    Malformed,
    /// It may try again.
    Failed,
}
