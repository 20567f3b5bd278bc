//! What reading apps ask in three protocols, and what they are answered: Google Reader's, Miniflux's and Fever's. Text goes
//! in and comes out; who asks the database and speaks HTTP is the server (`serve/sync/`).
//!
//! | file | what it does |
//! |---|---|
//! | `path` | an address → which account, which protocol, which call |
//! | `fields` | a query and a body → fields, in every form that apps send |
//! | `numbers` | an item's number and a folder's, in every spelling |
//! | `account` | what all answers need to know of the account; a story as apps get it |
//! | `streams` | Google Reader's streams → which items |
//! | `greader`, `miniflux`, `fever` | the answers of each protocol |
//! | `secret` | passwords, and what is kept of them |
//! | `icon` | a feed's icon |

mod account;
pub mod fever;
mod fields;
pub mod greader;
mod icon;
pub mod miniflux;
mod numbers;
mod path;
pub mod secret;
mod streams;

pub use account::{Account, FullItem};
pub use fields::{Fields, basic, google_login};
pub use icon::icon;
pub use numbers::{folder_number, item_number};
pub use path::{Asked, Protocol, path};
pub use streams::{Stream, microseconds};
