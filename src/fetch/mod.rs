//! The only HTTP client: address guard, redirects, body limits, robots, per-host manners.
//!
//! Knows nothing of HTML, feeds or the database. Every request of the program goes through [`Client::get`];
//! what comes back goes to the daemon, which hands it to the pure rooms.

//!
//! | file | what it does |
//! |---|---|
//! | [`address`] | which addresses may be dialled (pure) |
//! | [`robots`] | robots.txt → may this page be fetched (pure) |
//! | `headers`, `decode` | the headers that matter; content encodings (pure) |
//! | `gate` | whose turn it is at a host |
//! | `body` | how much may be in memory at one time |
//! | `own` | headers and credentials of a person's own, and where they may go |
//! | `permission` | robots.txt of each host, fetched once and kept |
//! | `transport` | reqwest, made safe |
//! | `refresh` | redirects that are no redirects of HTTP (pure) |
//! | `request` | one request: hops, limits, outcome |

pub mod address;
mod base_headers;
mod body;
mod client;
mod decode;
mod gate;
mod headers;
mod own;
mod permission;
mod refresh;
mod request;
pub mod robots;
mod transport;
mod types;

pub use body::{Body, Room};
pub use client::Client;
pub use own::OwnHeaders;
pub use types::{
    BadCertificate, CertificateFault, Circle, FetchError, Head, Hop, Kind, Outcome, Request, RobotsRecord, Settings, Unreached,
    Validators,
};
