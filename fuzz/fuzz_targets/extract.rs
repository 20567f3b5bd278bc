//! Any bytes as a page: no panic, and every body is harmless and a fixed point.
//!
//! `cargo +nightly fuzz run extract -- -max_len=65536 -timeout=10`

#![no_main]

use courant::article::{Guide, Page, clean, explain, extract, plain_text, sanitize};
use libfuzzer_sys::fuzz_target;

const ADDRESS: &str = "https://news.example/a/b";

fuzz_target!(|bytes: &[u8]| {
    let page = Page { bytes, content_type: Some("text/html"), url: ADDRESS, title: Some("Title"), summary: None };
    if let Ok(article) = extract(&page) {
        let again = sanitize(&article.html, ADDRESS);
        assert_eq!(plain_text(&again), plain_text(&article.html));
        assert_eq!(sanitize(&again, ADDRESS), again);
    }
    let _ = explain(&page, &Guide::default());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let once = sanitize(text, ADDRESS);
        assert_eq!(sanitize(&once, ADDRESS), once);
        let _ = clean(text, ADDRESS, Some("Title"));
        let _ = plain_text(text);
    }
});
