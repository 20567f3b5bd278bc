//! What reading apps may send: whatever it is, it is read without a panic, and what is read is bounded by what was sent.
#![no_main]

use courant::sync::{self, Fields, Stream};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
    if let Some(asked) = sync::path(head) {
        assert!(asked.call.len() <= head.len() * 3);
    }
    if let Some(svg) = sync::icon(head) {
        assert!(svg.len() < 1000 && svg.matches('<').count() == 4);
    }
    sync::basic(head);
    sync::google_login(head);
    for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", head] {
        let fields = Fields::read(head, kind, body.as_bytes());
        for name in ["i", "a", "r", "s", "xt"] {
            for value in fields.all(name) {
                Stream::read(value);
                if let Some(story) = sync::item_number(value).filter(|story| (0..1_000_000_000_000_000).contains(&story.0)) {
                    // Written as lists write it, a number of ours is the same number.
                    assert_eq!(sync::item_number(&story.to_string()), Some(story));
                }
            }
        }
        let _ = (fields.number("ot"), sync::microseconds(fields.get("ts")));
    }
    if let Ok(marked) = sync::miniflux::marked(body.as_bytes()) {
        assert!(!marked.items.is_empty() && marked.items.len() <= body.len());
    }
});
