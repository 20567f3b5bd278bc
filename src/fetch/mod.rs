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
//! | `line` | whether the network is there at all |
//! | `onward` | where a redirect leads (pure) |
//! | `reading` | a body, read within its limits |
//! | `hop` | one hop: a request, its answer, its body decoded |
//! | `request` | what was asked for: its hops, its outcome |
//! | `errands` | requests that are asked beside: robots.txt, a form for a hub |

pub mod address;
mod base_headers;
mod body;
mod client;
mod decode;
mod errands;
mod gate;
mod headers;
mod hop;
mod line;
mod onward;
mod own;
mod permission;
mod reading;
mod refresh;
mod request;
pub mod robots;
mod transport;
mod types;

pub use body::{Body, Room};
pub use client::Client;
pub use own::OwnHeaders;
pub use types::{
    Asked, BadCertificate, CertificateFault, Circle, FetchError, Head, Held, Hop, Kind, Outcome, Post, Request, RobotsRecord,
    Settings, Unreached, Validators,
};
