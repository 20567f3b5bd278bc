//! What we publish is valid, whatever was read: every format of every feed that the tests have, and where the evaluation data lie
//! beside the checkout of those too.

#[path = "common/valid.rs"]
mod valid;

use courant::feed::{self, ParsedEntry, ParsedFeed};
use courant::model::{Content, Timestamp};
use courant::publish::{Channel, Discussion, Format, PublishedStory, Source, Subscription, opml, render};
use std::path::{Path, PathBuf};

const NOW: Timestamp = Timestamp(1_795_426_200_042);

fn story(n: usize, feed: &ParsedFeed, entry: &ParsedEntry) -> PublishedStory {
    let base = entry.link.as_deref().unwrap_or("https://feed.example/feed");
    let body = entry.content.as_deref().or(entry.summary.as_deref()).unwrap_or_default();
    let source = |link: Option<String>| Source {
        feed_title: feed.title.clone().unwrap_or_default(),
        feed_url: "https://feed.example/feed?a=1&b=<2>".into(),
        site_url: feed.link.clone(),
        link,
        title: entry.title.clone().unwrap_or_default(),
        published: entry.published.unwrap_or(NOW),
    };
    PublishedStory {
        id: format!("urn:uuid:6f1c2d3e-0000-5000-8000-{n:012}"),
        title: entry.title.clone().unwrap_or_default(),
        link: entry.link.clone(),
        author: entry.author.clone(),
        published: entry.published.unwrap_or(NOW),
        updated: Timestamp(NOW.0 + n as i64),
        language: entry.language.clone().or(feed.language.clone()),
        tags: entry.categories.clone(),
        html: courant::article::clean(body, base, entry.title.as_deref()),
        lead_image: entry.enclosures.first().map(|enclosure| enclosure.url.clone()),
        enclosures: entry.enclosures.clone(),
        sources: vec![source(entry.link.clone()), source(Some("https://other.example/é?a=<b>".into()))],
        discussions: entry.comments.iter().map(|url| Discussion { feed_title: String::new(), url: url.clone() }).collect(),
        ..PublishedStory::default()
    }
}

/// What is wrong with what is published of these stories.
fn wrong(title: &str, language: &str, stories: &[PublishedStory]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (format, content) in Format::ALL.into_iter().flat_map(|format| [(format, Content::Full), (format, Content::Summary)]) {
        let own = format!("https://news.example/feeds/all.{}", format.extension());
        let channel = Channel {
            name: "all",
            title,
            id: "urn:uuid:0b6b2a4e-3a1c-5f0e-9d55-0d7d5a6e2b11",
            self_url: &own,
            home_url: "https://news.example/",
            language,
            updated: NOW,
            next_url: Some("https://news.example/feeds/all.atom?before=1_2_3"),
            hub_url: Some("https://hub.example/"),
            content,
        };
        let document = render(&channel, stories, format);
        let said = match format {
            Format::Atom => valid::atom(&document),
            Format::Rss => valid::rss(&document),
            Format::Json => valid::json(&document),
        };
        wrong.extend(said.into_iter().map(|said| format!("{}, {content:?}: {said}", format.label())));
    }
    wrong
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(path),
        }
    }
}

#[test]
fn what_is_made_of_any_feed_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("tests/feeds"), &mut found);
    files(&root.join("../shared/eval/feeds/files"), &mut found);
    found.sort();
    let (mut n_read, mut all) = (0, Vec::new());
    for file in &found {
        let bytes = std::fs::read(file).unwrap();
        let document = feed::Document { bytes: &bytes, content_type: None, url: "https://feed.example/feed" };
        let Ok(read) = feed::parse(&document) else { continue };
        n_read += 1;
        let stories: Vec<_> = read.entries.iter().enumerate().map(|(n, entry)| story(n, &read, entry)).collect();
        let (title, language) = (read.title.as_deref().unwrap_or_default(), read.language.as_deref().unwrap_or_default());
        all.extend(wrong(title, language, &stories).into_iter().map(|said| format!("{}: {said}", file.display())));
    }
    assert!(n_read > 30, "{n_read} feeds");
    assert!(all.is_empty(), "{} in {n_read} feeds\n{}", all.len(), all.join("\n"));
}

/// What a body may try, each in a story of its own.
#[test]
fn what_is_made_of_hostile_bodies_is_valid() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/eval/hostile/xss.jsonl");
    let own = [
        "<p style='color:red' onclick='x()'>a</p><a href='javascript:alert(1)'>b</a><img src='a.png' onerror=x>",
        "<a href='page.html'>c</a><iframe src='//x.example'></iframe><form action=/x><input name=a></form>",
        "\u{0}\u{b}\u{fffe}]]><![CDATA[ & &amp; &nbsp; &#0; &#x1F; <b>d",
    ];
    let more = std::fs::read_to_string(vectors).unwrap_or_default();
    let more = more
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["html"].as_str().unwrap_or_default().to_owned());
    let bodies = own.into_iter().map(str::to_owned).chain(more);
    let feed = ParsedFeed::default();
    let stories: Vec<_> = bodies
        .enumerate()
        .map(|(n, body)| {
            story(n, &feed, &ParsedEntry { title: Some(body.clone()), content: Some(body), ..ParsedEntry::default() })
        })
        .collect();
    let wrong = wrong("\u{1}<b>&", "nonsense_", &stories);
    assert!(wrong.is_empty(), "{} of {} stories\n{}", wrong.len(), stories.len(), wrong.join("\n"));
}

#[test]
fn lists_of_feeds_are_valid() {
    let feed = |url: &str, title: Option<&str>, site: Option<&str>| Subscription {
        url: url.to_owned(),
        title: title.map(str::to_owned),
        site_url: site.map(str::to_owned),
        tags: vec!["a <tag>".into(), "\u{1}".into()],
    };
    let list = opml(
        "All & <more>",
        &[
            feed("https://a.example/f?a=1&b=%3C2%3E", Some("A \"title\" \u{b}"), Some("https://a.example/é")),
            feed("https://b.example/", None, None),
            feed("https://c.example/", Some(" "), Some("javascript:alert(1)")),
        ],
    );
    assert_eq!(valid::opml(&list), Vec::<String>::new(), "{list}");
    for (from, to) in [
        ("version=\"2.0\"", "version=\"7\""),
        ("xmlUrl=\"https:", "xmlUrl=\""),
        (" text=\"", " label=\""),
        ("<body>", "<body><p/>"),
    ] {
        assert!(list.contains(from), "{from}\n{list}");
        assert!(!valid::opml(&list.replacen(from, to, 1)).is_empty(), "{to}");
    }
}

/// The checks find what is wrong: each of these documents is spoilt in one place.
#[test]
fn what_is_not_valid_is_found() {
    let one = [story(1, &ParsedFeed::default(), &ParsedEntry { content: Some("<p>x</p>".into()), ..ParsedEntry::default() })];
    let channel = || Channel {
        name: "all",
        title: "All",
        id: "urn:uuid:0b6b2a4e-3a1c-5f0e-9d55-0d7d5a6e2b11",
        self_url: "https://news.example/feeds/all",
        home_url: "https://news.example/",
        language: "en",
        updated: NOW,
        next_url: None,
        hub_url: None,
        content: Content::Full,
    };
    let document = |format| render(&channel(), &one, format);
    let spoilt = |format, from: &str, to: &str| {
        let text = document(format);
        assert!(text.contains(from), "{from}\n{text}");
        text.replacen(from, to, 1)
    };
    for (from, to) in [
        ("<id>urn:", "<id>no "),
        ("</title>", "</title><title>again</title>"),
        ("rel=\"self\"", "rel=\"me\""),
        ("<updated>2", "<updated>yesterday 2"),
        ("&lt;p&gt;x", "&lt;p style=''&gt;x"),
        ("&lt;p&gt;x", "&lt;img src='a.png'&gt;x"),
        ("<entry>", "<entry><colour/>"),
        ("</feed>", "</fee>"),
        ("<author>", "<author></author><author>"),
    ] {
        assert!(!valid::atom(&spoilt(Format::Atom, from, to)).is_empty(), "{to}");
    }
    for (from, to) in [
        ("version=\"2.0\"", "version=\"3.0\""),
        ("isPermaLink=\"false\"", ""),
        ("<pubDate>", "<pubDate>x"),
        ("&lt;p&gt;x", "&lt;a href='javascript:x'&gt;x"),
        ("<language>en", "<language>e n"),
        ("<item>", "<item><image/>"),
    ] {
        assert!(!valid::rss(&spoilt(Format::Rss, from, to)).is_empty(), "{to}");
    }
    for (from, to) in [("version/1.1", "version/2"), ("\"content_html\"", "\"body\""), ("\"id\":", "\"key\":"), ("T", "x")] {
        assert!(!valid::json(&spoilt(Format::Json, from, to)).is_empty(), "{to}");
    }
    assert_eq!(
        (valid::atom(&document(Format::Atom)), valid::rss(&document(Format::Rss)), valid::json(&document(Format::Json))),
        (vec![], vec![], vec![])
    );
}
