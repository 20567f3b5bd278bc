//! What binds each record to all before it. Pure.

use xxhash_rust::xxh3::Xxh3;

/// The chain behind a record, of the chain before it (0 at first) and its body: two logs with one chain are equal.
/// XXH3-128. It finds damage and forks, not malice.
pub fn next(previous: u128, body: &[u8]) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&previous.to_le_bytes());
    hash.update(body);
    hash.digest128()
}
