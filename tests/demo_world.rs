//! The built-in world of `courant demo`: complete, decodable, and as dirty as promised.

use courant::demo::world::*;
use std::collections::HashSet;

fn base_urls() -> Vec<String> {
    (0..PUBLISHERS).map(|n| format!("http://127.0.0.1:{}", 4001 + n)).collect()
}

/// The answer as text, decoded by the charset that the page or the feed itself declares.
fn text(publisher: usize, path: &str) -> String {
    let (content_type, bytes) = answer(publisher, path, &base_urls()).unwrap_or_else(|| panic!("{publisher} {path}: no answer"));
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let label = ["gbk", "gb2312", "big5", "shift_jis"].into_iter().find(|label| {
        content_type.contains(&format!("charset={label}"))
            || head.contains(&format!("charset={label}"))
            || head.contains(&format!("encoding=\"{label}\""))
    });
    let encoding = label.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes())).unwrap_or(encoding_rs::UTF_8);
    let (text, _, had_errors) = encoding.decode(&bytes);
    assert!(!had_errors, "{publisher} {path}");
    text.into_owned()
}

fn feed(publisher: usize) -> feed_rs::model::Feed {
    let text = text(publisher, feed_path(publisher));
    // Decoded: the declaration no longer holds.
    let text = text.split_once("?>").map_or(text.as_str(), |(_, rest)| rest);
    feed_rs::parser::parse(text.trim_start().as_bytes()).unwrap_or_else(|error| panic!("{publisher}: {error}"))
}

/// Publisher and path of an absolute address.
fn place(url: &str) -> (usize, String) {
    let rest = url.strip_prefix("http://127.0.0.1:").expect("loopback");
    let (port, path) = rest.split_once('/').expect("path");
    (port.parse::<usize>().expect("port") - 4001, format!("/{path}"))
}

#[test]
fn every_feed_parses_and_every_link_answers() {
    let mut n_entries = 0;
    let mut pages = HashSet::new();
    for publisher in 0..PUBLISHERS {
        let feed = feed(publisher);
        assert_eq!(feed.title.expect("title").content, publisher_title(publisher));
        for entry in feed.entries {
            n_entries += 1;
            let (at, path) = place(&entry.links[0].href);
            let title = entry.title.expect("title").content;
            assert!(text(at, &path).replace("&quot;", "\"").contains(&title), "{title}");
            assert!(entry.published.or(entry.updated).is_some(), "{title}");
            pages.insert((at, path.split('?').next().unwrap_or_default().to_owned()));
        }
    }
    assert_eq!(n_entries, expected().0);
    // Tracked copies are the same page; copies on the wire's own host are pages of their own.
    assert_eq!(pages.len(), articles().len() + 2);
}

#[test]
fn every_page_holds_its_article_and_junk() {
    let junk = [
        "Accept all",
        "Share this:",
        "责任编辑",
        "圖片",
        "Print",
        "Leave a Reply",
        "people reacted",
        "为您推荐",
        "Lesen Sie auch",
        "アクセスランキング",
    ];
    for publisher in 0..PUBLISHERS {
        for entry in feed(publisher).entries {
            let (at, path) = place(&entry.links[0].href);
            let page = text(at, &path).replace("&quot;", "\"").replace("&amp;", "&");
            let title = entry.title.expect("title").content;
            let article = articles().into_iter().find(|article| article.title == title).expect("its text");
            assert!((4..=10).contains(&article.paragraphs.len()), "{title}");
            for paragraph in &article.paragraphs {
                assert!(page.contains(paragraph), "{title}: {paragraph}");
            }
            assert!(page.contains(junk[at]), "{title}");
            assert!(page.matches(&title).count() >= 3, "{title}: the headline is repeated");
            assert!(!page.contains("{title}") && !page.contains("{rest}"), "{title}");
        }
    }
}

#[test]
fn copies_say_where_they_are_from() {
    assert!(text(4, "/wire/mothwing-forgets").contains("(Northwire) — Most databases"));
    let urls: Vec<String> = feed(4).entries.into_iter().map(|entry| entry.links[0].href.clone()).collect();
    assert_eq!(urls.iter().filter(|url| url.contains("utm_source=")).count(), 2);
}

#[test]
fn charsets_are_what_they_say() {
    let (content_type, gbk) = answer(2, feed_path(2), &base_urls()).expect("feed");
    assert_eq!(content_type, "text/xml; charset=gb2312");
    assert!(std::str::from_utf8(&gbk).is_err());
    let (_, big5) = answer(3, feed_path(3), &base_urls()).expect("feed");
    assert!(std::str::from_utf8(&big5).is_err());
    assert!(String::from_utf8_lossy(&big5).contains("encoding=\"Big5\""));
}

#[test]
fn what_is_not_there_is_not_found() {
    let base_urls = base_urls();
    assert_eq!(answer(0, "/robots.txt", &base_urls), None);
    assert_eq!(answer(PUBLISHERS, "/", &base_urls), None);
    assert_eq!(answer(1, "/feed.atom", &base_urls[..1]), None);
    assert!(answer(0, "/media/picture.png", &base_urls).is_some());
    assert!(answer(3, "/", &base_urls).is_some());
}
