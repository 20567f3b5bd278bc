//! `config/feeds.toml`: what a fresh installation subscribes to.

use std::collections::HashSet;

#[test]
fn the_starter_subscriptions_are_whole() {
    let table: toml::Table = include_str!("../config/feeds.toml").parse().expect("TOML");
    let feeds = table["feed"].as_array().expect("[[feed]]");
    assert!(feeds.len() >= 30, "{}", feeds.len());
    let mut urls = HashSet::new();
    let mut languages = HashSet::new();
    for feed in feeds {
        let url = feed["url"].as_str().expect("url");
        let parsed = url::Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(parsed.scheme(), "https", "{url}");
        assert!(urls.insert(url), "{url}: listed twice");
        assert!(!feed["title"].as_str().expect("title").is_empty(), "{url}");
        let tags: Vec<&str> = feed["tags"].as_array().expect("tags").iter().map(|tag| tag.as_str().expect("tag")).collect();
        let language: Vec<&str> = tags.iter().copied().filter(|tag| ["en", "zh-Hans", "zh-Hant"].contains(tag)).collect();
        assert_eq!(language.len(), 1, "{url}: one language");
        languages.extend(language);
        assert!(tags.len() > 1, "{url}: a subject");
    }
    assert_eq!(languages.len(), 3);
}
