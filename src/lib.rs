//! courant turns many news feeds into one clean feed: every story once, in full, with every source that
//! carried it named.
//!
//! # The rooms, in reading order
//!
//! | room | what it does |
//! |---|---|
//! | [`model`], [`text`], [`duration`], [`date_words`], [`mojibake`], [`tracking`] | the words of the house; text from strangers made harmless; lengths of time as people write them; words of dates; text encoded twice; parameters that follow readers |
//! | [`query`] | what a person asks for among stories |
//! | [`rules`] | what a person wants done with stories |
//! | [`notify`] | what somebody outside is told, and in which form |
//! | [`feed`] | bytes → entries |
//! | [`article`] | page → body |
//! | [`listing`] | a page and a person's selectors → entries |
//! | [`story`] | entry and candidates → decision with its evidence |
//! | [`schedule`] | (now, feed state, outcome) → next poll |
//! | [`network`] | how requests ended → is the network there at all |
//! | [`health`] | how a feed is, in plain sentences |
//! | [`websub`] | what is asked of a hub, and what its questions and pushes mean |
//! | [`publish`] | stories → Atom, RSS, JSON Feed, OPML, HTML |
//! | [`config`] | text → validated configuration; the list of subscriptions |
//! | [`fetch`] | the only HTTP client |
//! | [`records`] | what crosses rooms: commands, and what they changed |
//! | `cluster` | what several machines share (with the feature `cluster`) |
//! | [`sync`] | what reading apps ask and are answered |
//! | [`ingest`] | an answer and what is known → a command |
//! | [`store`] | the only SQL |
//! | [`outputs`] | a query → an edition of stories → bytes |
//! | [`serve`] | the only HTTP server |
//! | [`daemon`] | the loop that joins them |
//! | [`cli`] | one file a command |
//! | [`demo`] | the small built-in world of `courant demo` |
//!
//! The rooms from `model` to `publish`, and `demo`, are pure: no files, network, clock, randomness, async or logging.
//! The way of the data and the invariants are in `ARCHITECTURE.md`.

pub mod article;
pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod config;
pub mod daemon;
pub mod date_words;
pub mod demo;
pub mod duration;
pub mod feed;
pub mod fetch;
pub mod health;
pub mod ingest;
pub mod listing;
pub mod model;
pub mod mojibake;
pub mod network;
pub mod notify;
pub mod outputs;
pub mod publish;
pub mod query;
pub mod records;
pub mod rules;
pub mod schedule;
pub mod serve;
pub mod store;
pub mod story;
pub mod sync;
pub mod text;
pub mod tracking;
pub mod websub;
