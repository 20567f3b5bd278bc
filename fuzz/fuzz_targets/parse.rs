//! Decode, repair and read: any bytes, by both ways in. Beyond not panicking, an answer must be the same twice,
//! and every key bounded.
#![no_main]

use courant::feed::{self, Document, Reader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let url = "https://site.example/feed.xml";
    for content_type in [None, Some("text/xml; charset=gbk")] {
        let document = Document { bytes, content_type, url };
        let first = feed::parse(&document);
        assert_eq!(first, feed::parse(&document));
        let _ = feed::parse_with(&document, Reader::Own);
        for entry in first.iter().flat_map(|feed| &feed.entries) {
            assert!(feed::entry_key(entry).len() <= 261);
        }
    }
});
