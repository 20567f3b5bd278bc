//! The feeds of a page: whatever the page, every address found is absolute, and each stands there once.
#![no_main]

use courant::feed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let url = "https://site.example/blog/";
    let page = feed::page_text(bytes, None);
    for found in [feed::discover(&page, url), feed::guess_feeds(&page, url)] {
        for (at, address) in found.iter().enumerate() {
            assert!(address.starts_with("http://") || address.starts_with("https://"));
            assert!(!found[..at].contains(address));
        }
    }
    feed::known_feeds(&page);
});
