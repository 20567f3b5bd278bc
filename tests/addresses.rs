//! Keys of addresses are stored: whoever changes what decides them raises `story::ADDRESS_VERSION`.

use courant::story::ADDRESS_VERSION;

/// The version, and the hash of the tables and rules that it stands for.
const KNOWN: (u32, u64) = (3, 2989554613374679289);

#[test]
fn another_table_is_another_version() {
    let sources = [
        include_str!("../src/story/address.rs"),
        include_str!("../src/story/address_forms.rs"),
        include_str!("../src/story/address_tables.rs"),
        include_str!("../src/story/address_wrappers.rs"),
        include_str!("../src/tracking.rs"),
    ];
    // What is said about the rows is not what they say.
    let code = sources.iter().flat_map(|source| source.lines()).map(str::trim).filter(|line| !line.starts_with("//"));
    let hash = xxhash_rust::xxh3::xxh3_64(code.collect::<Vec<_>>().join("\n").as_bytes());
    assert_eq!(
        (ADDRESS_VERSION, hash),
        KNOWN,
        "the rules of addresses have changed: raise story::ADDRESS_VERSION if any address comes to another key, and write the new pair here"
    );
}
