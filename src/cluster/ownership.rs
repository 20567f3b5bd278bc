//! Which node asks which domain. Pure.
//!
//! Rendezvous hashing (Thaler, Ravishankar, 1996): every member is weighed against the domain, the heaviest owns it. Whoever
//! leaves moves its own domains alone, and whoever comes takes an equal share from each.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The member that owns a registrable domain; the order of `members` does not matter. `None` where there is no member.
pub fn owner<'a>(domain: &str, members: &'a [String]) -> Option<&'a str> {
    let weight = |member: &str| xxh3_64_with_seed(domain.as_bytes(), xxh3_64(member.as_bytes()));
    members.iter().map(String::as_str).max_by_key(|member| (weight(member), *member))
}
