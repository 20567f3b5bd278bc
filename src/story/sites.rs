//! The sites that links lead to: whose a page is, and which feeds link to many sites.

use super::spread::Map;
use crate::model::FeedId;
use url::{Host, Url};
use xxhash_rust::xxh3::xxh3_64;

/// A feed links to many sites if it does to so many at least …
const MANY_SITES: usize = 3;

/// … and none has more than this share of its entries.
const FOREMOST_SHARE: f32 = 0.67;

/// Whose a link's host is, hashed; 0 for none.
pub fn site(link: Option<&str>) -> u32 {
    let Some(url) = link.and_then(|link| Url::parse(link.trim()).ok()) else { return 0 };
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let owner = psl::domain_str(&name).unwrap_or(&name);
            (xxh3_64(owner.as_bytes()) >> 32) as u32 | 1
        }
        Some(host) => (xxh3_64(host.to_string().as_bytes()) >> 32) as u32 | 1,
        None => 0,
    }
}

/// The sites that the window's entries of each feed lead to, with their numbers.
#[derive(Debug, Default)]
pub struct Sites(Map<FeedId, Vec<(u32, u32)>>);

impl Sites {
    pub fn insert(&mut self, feed: FeedId, site: u32) {
        let sites = self.0.entry(feed).or_default();
        match sites.iter_mut().find(|(known, _)| *known == site) {
            Some((_, n)) => *n += 1,
            None => sites.push((site, 1)),
        }
    }

    pub fn remove(&mut self, feed: FeedId, site: u32) {
        let Some(sites) = self.0.get_mut(&feed) else { return };
        if let Some(at) = sites.iter().position(|(known, _)| *known == site) {
            sites[at].1 -= 1;
            if sites[at].1 == 0 {
                sites.swap_remove(at);
            }
        }
        if sites.is_empty() {
            self.0.remove(&feed);
        }
    }

    /// Whether the feed links to many sites, as far as is known.
    pub fn many(&self, feed: FeedId) -> bool {
        self.0.get(&feed).is_some_and(|sites| {
            let all: u32 = sites.iter().map(|(_, n)| n).sum();
            let most = sites.iter().map(|(_, n)| *n).max().unwrap_or(0);
            sites.len() >= MANY_SITES && most as f32 <= FOREMOST_SHARE * all as f32
        })
    }
}
