//! An answer and what is known → a [`Command`](crate::records::Command). Pure: no files, network, clock, randomness, async
//! or logging; what of these is needed comes in.
//!
//! | file | what it decides |
//! |---|---|
//! | `document` | bytes of a feed → its entries; which of them are new, edited or known, and what is kept of each |
//! | `recognition` | entries that their keys do not know, held against what is stored |
//! | `said` | what an entry says, as a number |
//! | `poll` | how a poll ended, what that means for a person, and when the next one is |
//! | `page` | how a page's fetch ended, and whether it is tried again |
//! | `settle` | everything of an entry that can be computed before it is assigned to a story |

mod document;
mod page;
mod poll;
mod recognition;
mod said;
mod settle;

pub use document::{Document, EntryPolicy, Source, Taken, body_hash, read};
pub use page::{extract, extracted, without_page};
pub use poll::{
    Poller, Said, document_read, doubtful_body, not_a_feed, nothing_said, page_mark, postponed, stage_failed, without_document,
};
pub use settle::{Compared, Rekeyed, rekeyed, settling};
