//! Headers of a person's own for one feed, and where they may go: to the origin that the person named, never to another,
//! wherever redirects, a move or a page's links lead. What they are is never shown: each value is marked sensitive.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::{Origin, Url};

#[derive(Clone, Debug)]
pub struct OwnHeaders {
    home: Option<Origin>,
    headers: HeaderMap,
}

impl OwnHeaders {
    /// For the feed at this address, as the person wrote it.
    pub fn new(address: &str) -> OwnHeaders {
        // An address that is none has no origin, and nothing is sent.
        OwnHeaders { home: Url::parse(address).ok().map(|url| url.origin()), headers: HeaderMap::new() }
    }

    /// Errors name the header, never its value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no name of a header"))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| format!("the value of {name} cannot be sent in a header"))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    pub fn set_basic(&mut self, user: &str, password: &str) -> Result<(), String> {
        self.set(header::AUTHORIZATION.as_str(), &format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
    }

    pub fn set_bearer(&mut self, token: &str) -> Result<(), String> {
        self.set(header::AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// A secret under a user's name, in a header of its own, or as a bearer's token.
    pub fn set_login(&mut self, user: Option<&str>, header: Option<&str>, secret: &str) -> Result<(), String> {
        match (user, header) {
            (Some(user), _) => self.set_basic(user, secret),
            (None, Some(header)) => self.set(header, secret),
            (None, None) => self.set_bearer(secret),
        }
    }

    /// What goes to this address; another scheme, host or port is another origin.
    pub(super) fn for_hop(&self, url: &Url) -> Option<&HeaderMap> {
        self.home.as_ref().filter(|home| home.is_tuple() && **home == url.origin()).map(|_| &self.headers)
    }
}

/// RFC 4648; two uses do not justify a dependency.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, i| word << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { letter.into() } else { '=' });
        }
    }
    out
}
