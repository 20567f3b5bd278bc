//! A query over stories → an edition of them → bytes: one way for everyone who asks (the server, `courant render`, the page).
//!
//! | file | what it does |
//! |---|---|
//! | `edition` | a query's stories, rendered in a format |
//! | `pages` | the pages for people, and everything as files |
//! | `cache` | documents, rendered once a change and kept, plain and packed |
//! | `packing` | the codings that they are packed with |

mod cache;
mod edition;
mod packing;
mod pages;

pub use cache::{Cache, Document, Language, Personal, What};
pub use edition::{Asked, Imprint, LIMIT, PageImages};
pub use packing::Coding;
pub use pages::View;
