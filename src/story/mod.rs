//! Entry and candidates → decision with its evidence. Pure: no files, network, clock, randomness, async or
//! logging.
//!
//! Three rungs: same address, same text, same story. Addresses are looked up by the caller (the store keeps
//! every one for ever); texts and stories of the window live in an [`Index`] that the store's writer owns and
//! rebuilds at start.

mod address;
mod address_forms;
mod address_tables;
mod address_wrappers;
mod boilerplate;
mod copies;
mod decide;
mod evidence;
mod fold;
mod form;
mod frames;
mod glossary;
mod index;
mod later;
mod likeness;
mod mark_tables;
mod marks;
mod postings;
mod prepare;
mod refilled;
mod representative;
mod roundup;
pub mod score;
mod shingle;
mod sites;
mod spread;
mod stopwords;
mod synonyms;
mod teller;
mod told;
mod types;
mod words;

pub use address::{address_key, address_keys, link_key};
pub use index::Index;
pub use later::Revision;
pub use likeness::{Guard, Likeness};
pub use prepare::{Prepared, prepare, sort_batch};
pub use representative::{Completeness, Face, representative};
pub use types::{AddressHit, AddressKey, AddressKind, Constraints, Decision, Evidence, Item, Nearest, Rung};

/// The version of the scores: stored with each membership, raised when a decision could come out otherwise.
pub const MODEL_VERSION: u32 = 11;

/// The version of the tables that decide what address keys come to: `address_tables.rs` and `tracking.rs`. Keys are stored,
/// so whoever changes a row raises it: the stored addresses are then keyed anew behind the running service.
pub const ADDRESS_VERSION: u32 = 3;
