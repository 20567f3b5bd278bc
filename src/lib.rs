//! courant turns many news feeds into one clean feed: every story once, in full, with every source that
//! carried it named.
//!
//! # The rooms, in reading order
//!
//! | room | what it does |
//! |---|---|
//! | [`model`], [`text`], [`tracking`], [`date_words`] | the words of the house; text from strangers made harmless; parameters that follow readers; words of dates |
//! | [`config`] | text → validated configuration; the list of subscriptions |
//! | [`feed`] | bytes → entries |
//! | [`article`] | page → body |
//! | [`listing`] | a page and a person's selectors → entries |
//! | [`story`] | entry and candidates → decision with its evidence |
//! | [`schedule`] | (now, feed state, outcome) → next poll |
//! | [`health`] | how a feed is, in plain sentences |
//! | [`websub`] | what is asked of a hub, and what its questions and pushes mean |
//! | [`publish`] | stories → Atom, RSS, JSON Feed, OPML, HTML |
//! | [`fetch`] | the only HTTP client |
//! | [`store`] | the only SQL |
//! | [`serve`] | the only HTTP server |
//! | [`daemon`] | the loop that joins them |
//! | [`cli`] | one file a command |
//! | [`demo`] | the small built-in world of `courant demo` |
//!
//! The rooms from `feed` to `publish` are pure: no files, network, clock, randomness, async or logging.
//! The way of the data and the invariants are in `ARCHITECTURE.md`.

pub mod article;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod date_words;
pub mod demo;
pub mod feed;
pub mod fetch;
pub mod health;
pub mod listing;
pub mod model;
pub mod publish;
pub mod schedule;
pub mod serve;
pub mod store;
pub mod story;
pub mod text;
pub mod tracking;
pub mod websub;
