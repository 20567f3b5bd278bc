//! The feed room at its door: what `parse`, `discover`, `known_feeds` and `entry_key` promise.

#[path = "common/fixtures.rs"]
mod fixtures;

use courant::feed::{self, Document, NotAFeed, ParsedEntry, ParsedFeed, Reader};
use courant::model::Timestamp;
use courant::publish::{self, Channel, PublishedStory};
use proptest::prelude::*;

const URL: &str = "https://site.example/blog/feed.xml";

fn try_parse(bytes: &[u8], content_type: Option<&str>) -> Result<ParsedFeed, NotAFeed> {
    feed::parse(&Document { bytes, content_type, url: URL })
}

fn parse(text: &str) -> ParsedFeed {
    try_parse(text.as_bytes(), Some("application/xml")).expect("a feed")
}

/// An RSS feed around the inside of one item.
fn rss(item: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title><link>https://site.example/</link>{item}</channel></rss>"
    )
}

fn item(inside: &str) -> ParsedEntry {
    let feed = parse(&rss(&format!("<item>{inside}</item>")));
    assert_eq!(feed.entries.len(), 1, "{inside}");
    feed.entries[0].clone()
}

fn date(text: &str) -> Option<String> {
    item(&format!("<title>x</title><pubDate>{text}</pubDate>")).published.map(Timestamp::rfc3339)
}

// Fixtures: what is in tests/feeds, and beside each document what is read of it

/// All that was read, a line a field; what is not there is not named.
fn shown(path: &std::path::Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let content_type = std::fs::read_to_string(path.with_extension("type")).ok();
    let document = Document { bytes: &bytes, content_type: content_type.as_deref().map(str::trim), url: URL };
    let feed = match feed::parse(&document) {
        Ok(feed) => feed,
        Err(why) => return format!("not a feed: {why}\n"),
    };
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            out += &format!("{name}: {}\n", value.replace('\n', "\\n"));
        }
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339).unwrap_or_default();
    line("title", text(&feed.title));
    line("link", text(&feed.link));
    line("description", text(&feed.description));
    line("language", text(&feed.language));
    if feed.hints != feed::Hints::default() {
        line("hints", format!("{:?}", feed.hints));
    }
    let document = feed::identity::identify(&feed.entries, &feed::identity::Habit::default());
    for (entry, name) in feed.entries.iter().zip(&document.names) {
        line("entry", name.key.clone());
        line("  id", text(&entry.id));
        line("  link", text(&entry.link));
        line("  title", text(&entry.title));
        line("  published", time(entry.published));
        line("  updated", time(entry.updated));
        line("  author", text(&entry.author));
        line("  summary", text(&entry.summary));
        line("  content", text(&entry.content));
        line("  language", text(&entry.language));
        line("  categories", entry.categories.join(", "));
        for enclosure in &entry.enclosures {
            let (kind, length) =
                (enclosure.media_type.as_deref().unwrap_or("?"), enclosure.length.map_or("?".into(), |n| n.to_string()));
            line("  enclosure", format!("{} {kind} {length}", enclosure.url));
        }
        line("  comments", text(&entry.comments));
        if let Some(source) = &entry.source {
            line("  source", format!("{} {}", text(&source.title), text(&source.url)));
        }
    }
    for warning in feed.warnings.iter().chain(&document.warnings) {
        line("warning", warning.clone());
    }
    out
}

#[test]
fn documents_are_read_as_expected() {
    fixtures::check("feeds", "xml", shown);
    fixtures::check("feeds", "json", shown);
}

#[test]
fn pages_have_the_feeds_expected() {
    fixtures::check("feeds", "html", |path| {
        let page = std::fs::read_to_string(path).unwrap();
        let url = "https://site.example/blog/post";
        let declared = feed::discover(&page, url).into_iter().map(|url| format!("declared {url}\n"));
        let guessed = feed::guess_feeds(&page, url).into_iter().map(|url| format!("guessed {url}\n"));
        declared.chain(guessed).collect()
    });
}

/// A feed that appends at its end is not read at its beginning for ever.
#[test]
fn of_too_many_entries_the_newest_are_taken() {
    let title = |entry: &ParsedEntry| entry.title.clone().unwrap_or_default();
    let many = |date: fn(usize) -> String| {
        let items = (0..6_000).map(|n| format!("<item><title>H {n}</title>{}</item>", date(n)));
        parse(&rss(&items.collect::<String>()))
    };
    let feed = many(|n| format!("<pubDate>{}</pubDate>", Timestamp::from_secs(1_770_000_000 + n as i64 * 3600).rfc822()));
    assert_eq!(feed.entries.len(), feed::MAX_ENTRIES);
    assert_eq!((title(&feed.entries[0]), title(&feed.entries[4_999])), ("H 1000".into(), "H 5999".into()));
    assert!(
        feed.warnings.iter().any(|warning| warning.contains("newest") && warning.contains("1000 are left out")),
        "{:?}",
        feed.warnings
    );
    // Without dates the document's order is all there is.
    assert_eq!(title(&many(|_| String::new()).entries[0]), "H 0");
    let json = (0..12_000).map(|n| {
        format!(
            "{{\"id\":\"{n}\",\"title\":\"H {n}\",\"date_published\":\"{}\"}}",
            Timestamp::from_secs(1_770_000_000 + n * 60).rfc3339()
        )
    });
    let json = format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{}]}}", json.collect::<Vec<_>>().join(","));
    let feed = parse(&json);
    assert_eq!((feed.entries.len(), title(&feed.entries[0])), (feed::MAX_ENTRIES, "H 7000".into()));
}

// Reading

#[test]
fn versions_of_rss_that_nobody_wrote_down() {
    for version in ["", "version='0.93'", "version='2.0.1'", "version='2.00'", "version='0.94'"] {
        let feed = parse(&format!("<rss {version}><channel><title>T</title><item><title>a</title></item></channel></rss>"));
        assert_eq!(feed.entries.len(), 1, "{version}");
    }
}

// Repairing

#[test]
fn damage_costs_only_itself() {
    let cases = [
        ("a bare ampersand", "<item><title>AT&T</title><link>https://a.example/?a=1&b=2</link></item>", "AT&T"),
        ("a misspelt end", "<item><title>one</titel><link>https://a.example/?a=1&b=2</link></item>", "one"),
        ("no end", "<item><title>one<link>https://a.example/?a=1&b=2</link></item>", "one"),
        ("a stray end", "<item><title>one</title></p></div><link>https://a.example/?a=1&b=2</link></item>", "one"),
        ("unclosed CDATA", "<item><link>https://a.example/?a=1&b=2</link><title><![CDATA[one</title></item>", "one"),
        (
            "an unquoted attribute",
            "<item nowrap a=b a=c><title x=1>one</title><link>https://a.example/?a=1&b=2</link></item>",
            "one",
        ),
        ("another case", "<ITEM><Title>one</Title><LINK>https://a.example/?a=1&b=2</LINK></ITEM>", "one"),
        (
            "a named reference",
            "<item><title>&alpha;&OElig;&l10;</title><link>https://a.example/?a=1&b=2</link></item>",
            "αŒ&l10;",
        ),
        ("a number of windows-1252", "<item><title>a&#150;b&#0;</title><link>https://a.example/?a=1&b=2</link></item>", "a–b"),
        ("HTML in a text", "<item><title>a <br>b</title><link>https://a.example/?a=1&b=2</link></item>", "a b"),
    ];
    for (what, damaged, title) in cases {
        let feed = parse(&rss(&format!("{damaged}<item><title>last</title></item>")));
        assert_eq!(feed.entries.len(), 2, "{what}: {feed:?}");
        assert_eq!(feed.entries[0].title.as_deref(), Some(title), "{what}");
        assert_eq!(feed.entries[0].link.as_deref(), Some("https://a.example/?a=1&b=2"), "{what}");
        assert_eq!(feed.entries[1].title.as_deref(), Some("last"), "{what}");
    }
}

#[test]
fn junk_around_the_root_is_skipped() {
    let inside = rss("<item><title>one</title></item>");
    for junk in ["<br />\n<b>Warning</b>: x in <b>y.php</b><br />\n", "\u{feff}\u{feff}", "\n\n  ", "noise ", "<!-- <item> -->"] {
        let feed = parse(&format!("{junk}{inside}<script>1</script> more"));
        assert_eq!((feed.title.as_deref(), feed.entries.len()), (Some("T"), 1), "{junk}");
    }
}

#[test]
fn namespaces_in_any_spelling() {
    for ns in ["http://www.w3.org/2005/Atom", "https://www.w3.org/2005/atom/", "http://purl.org/atom/ns#", "urn:made-up"] {
        let feed = parse(&format!("<feed xmlns='{ns}'><title>T</title><entry><id>1</id><title>x</title></entry></feed>"));
        assert_eq!((feed.title.as_deref(), feed.entries.len()), (Some("T"), 1), "{ns}");
    }
    // Prefixes that nobody declared mean what they usually mean.
    assert_eq!(item("<title>x</title><dc:creator>Ann</dc:creator>").author.as_deref(), Some("Ann"));
}

#[test]
fn mails_beside_other_scripts_do_not_panic() {
    for (author, name) in [
        ("张三（zhang@example.com）", "张三"),
        ("zhang@example.com（张三）", "张三"),
        ("a@b.example (Ann)", "Ann"),
        ("Ann <a@b.example>", "Ann"),
    ] {
        let author = author.replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(item(&format!("<title>x</title><author>{author}</author>")).author.as_deref(), Some(name));
    }
}

#[test]
fn titles_are_plain_lines() {
    let title = |text: &str| item(&format!("<title>{text}</title><link>https://a.example/</link>")).title;
    assert_eq!(title("&lt;b&gt;bold&lt;/b&gt; &amp;amp; more").as_deref(), Some("bold & more"));
    assert_eq!(title("<![CDATA[Vec<T> in\n Rust]]>").as_deref(), Some("Vec<T> in Rust"));
    assert_eq!(title("a\u{202e}b&#x1b;[31m").as_deref(), Some("ab[31m"));
    assert_eq!(title("  "), None);
}

/// UTF-8 that was encoded twice is meant once; a text with one character that the mistake cannot have made is left.
#[test]
fn fields_encoded_twice() {
    let entry = item(
        "<title>Weâ€™re â€œliveâ€\u{9d}</title><dc:creator>JosÃ©</dc:creator><description>&lt;p&gt;caf&#195;&#169;&lt;/p&gt;</description>",
    );
    assert_eq!(entry.title.as_deref(), Some("We’re “live”"));
    assert_eq!(entry.author.as_deref(), Some("José"));
    assert_eq!(entry.summary.as_deref(), Some("<p>café</p>"));
    for text in ["JosÃ© 谷歌", "Ã la carte", "Âme sœur", "naïve café", "Å", "Ünïcödé"] {
        assert_eq!(item(&format!("<title>{text}</title>")).title.as_deref(), Some(text));
    }
}

// Decoding

#[test]
fn encodings_by_evidence() {
    let text = rss("<item><title>Привет, мир: Ж</title></item>");
    let (koi, _, _) = encoding_rs::KOI8_R.encode(&text);
    let declared = text.replace("version=\"1.0\"?", "version=\"1.0\" encoding=\"koi8-r\"?");
    let (koi_declared, _, _) = encoding_rs::KOI8_R.encode(&declared);
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf32: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    let lying = "text/xml; charset=iso-8859-1";
    let cases: [(&str, &[u8], Option<&str>); 6] = [
        ("the header says it", &koi, Some("text/xml; charset=\"koi8-r\"")),
        ("the declaration says it", &koi_declared, None),
        ("UTF-16 without a mark", &utf16, None),
        ("UTF-32 without a mark", &utf32, None),
        ("UTF-8 against its label", text.as_bytes(), Some(lying)),
        ("UTF-8 against its declaration", declared.as_bytes(), None),
    ];
    for (what, bytes, content_type) in cases {
        let feed = try_parse(bytes, content_type).expect(what);
        assert_eq!(feed.entries[0].title.as_deref(), Some("Привет, мир: Ж"), "{what}");
    }
}

#[test]
fn gzip_that_nobody_announced() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(rss("<item><title>one</title></item>").as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    assert_eq!(try_parse(&packed, None).unwrap().entries.len(), 1);
    // Cut short it gives what it has.
    assert!(try_parse(&packed[..packed.len() - 12], None).is_ok());
}

// Dates

#[test]
fn dates_in_the_wild() {
    let ten = "2024-01-31T10:00:00Z";
    let cases = [
        ("Wed, 31 Jan 2024 10:00:00 GMT", ten),
        ("Wed, 31 Jan 2024 11:00:00 +0100", ten),
        ("Wednesday, 31-Jan-24 10:00:00 UTC", ten),
        ("2024-01-31T10:00:00Z", ten),
        ("2024-01-31T10:00:00.123+00:00", ten),
        ("2024-01-31 10:00:00", ten),
        ("20240131T100000Z", ten),
        ("20240131100000", ten),
        ("2024-031T10:00:00Z", ten),
        ("1706695200", ten),
        ("1706695200000", ten),
        ("01/31/2024 10:00:00 AM", ten),
        ("31.01.2024 10:00", ten),
        ("31/01/2024 10:00", ten),
        ("Jan 31, 2024, 10:00 a.m.", ten),
        ("January 31st, 2024 10:00", ten),
        ("31 janvier 2024 10:00", ten),
        ("mercredi 31 janvier 2024 10:00:00", ten),
        ("mardi, 30 janv. 2024 11:00:00 +0100", "2024-01-30T10:00:00Z"),
        ("Mittwoch, 31. Januar 2024 11:00 MEZ", ten),
        ("Di, 05 März 2024 10:00:00 GMT", "2024-03-05T10:00:00Z"),
        ("martes, 30 de enero de 2024 10:00", "2024-01-30T10:00:00Z"),
        ("mercoledì 31 gennaio 2024 10:00", ten),
        ("quarta-feira, 31 de janeiro de 2024 10:00", ten),
        ("woensdag 31 januari 2024 10:00", ten),
        ("maandag 29 januari 2024 10:00", "2024-01-29T10:00:00Z"),
        ("Ср, 31 января 2024 13:00:00 MSK", ten),
        ("środa, 31 stycznia 2024 10:00", ten),
        ("2024年1月31日 10:00", ten),
        ("2024年01月31日 18时00分00秒 +0800", ten),
        ("2024年1月31日（水） 午後7時00分 JST", ten),
        ("2024년 1월 31일 오전 10:00", ten),
        ("2024. 1. 31. 오후 7:00 KST", ten),
        ("2024-01-30 24:00:00", "2024-01-31T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("31 Jan 24 10:00 EST", "2024-01-31T15:00:00Z"),
        ("31 Jan 69 10:00 GMT", "2069-01-31T10:00:00Z"),
        ("31 Jan 99 10:00 GMT", "1999-01-31T10:00:00Z"),
        ("2024-01", "2024-01-01T00:00:00Z"),
        ("Fri, 31 Jan 2124 10:00:00 GMT", "2124-01-31T10:00:00Z"),
        // Weekdays that begin like months.
        ("mar., 24 nov. 2026 10:00:00 +0100", "2026-11-24T09:00:00Z"),
        ("Mar, 24/11/2026 - 10:00", "2026-11-24T10:00:00Z"),
        ("mar 24 mar 2026 10:00", "2026-03-24T10:00:00Z"),
        ("Sub, 21 Nov 2026 10:00:00 +0100", "2026-11-21T09:00:00Z"),
        ("Paz, 22 Kas 2026 10:00", "2026-11-22T10:00:00Z"),
        ("sex, 27 nov 2026 10:00", "2026-11-27T10:00:00Z"),
        ("Sal, 24 Kas 2026", "2026-11-24T00:00:00Z"),
        ("sri, 25 studenoga 2026 10:00", "2026-11-25T10:00:00Z"),
        ("czw, 26 lis 2026 10:00", "2026-11-26T10:00:00Z"),
        ("utorak, 20 listopada 2026 10:00", "2026-10-20T10:00:00Z"),
        ("wtorek, 24 listopada 2026 10:00", "2026-11-24T10:00:00Z"),
        ("tiistaina 24. marraskuuta 2026 klo 10.00", "2026-11-24T00:00:00Z"),
        ("25 листопада 2026 10:00", "2026-11-25T10:00:00Z"),
        ("Wed, 05/08/2026 10:00", "2026-08-05T10:00:00Z"),
        ("Fri, 05/08/2026 10:00", "2026-05-08T10:00:00Z"),
        // Weeks, and zones by name.
        ("2024-W10-1", "2024-03-04T00:00:00Z"),
        ("2024W101T10:00:00Z", "2024-03-04T10:00:00Z"),
        ("Sat, 18 Mar 2023 20:21:00 America/Los_Angeles", "2023-03-19T03:21:00Z"),
        ("2024-01-31T11:00:00+01:00[Europe/Berlin]", ten),
        ("2024-07-01 12:00 Europe/Berlin", "2024-07-01T10:00:00Z"),
        ("2024-01-31 21:00 Australia/Sydney", ten),
        ("2024-01-31 15:30:00 Asia/Kolkata", ten),
        ("24/Nov/2026:10:00:00 +0000", "2026-11-24T10:00:00Z"),
    ];
    for (text, want) in cases {
        assert_eq!(date(text).as_deref(), Some(want), "{text}");
    }
}

#[test]
fn zeros_of_clocks_are_no_dates() {
    for zero in [
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "0001-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "1970-01-01T01:00:00+01:00",
        "Wed, 31 Dec 1969 19:00:00 EST",
        "-0001-11-30T00:00:00+00:00",
        "1899-12-30T00:00:00",
        "1601-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "000000000",
    ] {
        let feed = parse(&rss(&format!("<item><title>x</title><pubDate>{zero}</pubDate></item>")));
        assert_eq!(feed.entries[0].published, None, "{zero}");
        assert!(feed.warnings.iter().any(|w| w.contains("zero of a clock")), "{zero}: {:?}", feed.warnings);
    }
    for old in ["Fri, 02 Oct 1942 10:00:00 GMT", "1970-01-05T00:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00Z"] {
        assert!(date(old).is_some(), "{old}");
    }
}

#[test]
fn dates_that_are_none() {
    for text in [
        "soon",
        "2024-02-30T10:00:00Z",
        "32 Jan 2024",
        "Mon, 01 Jan 999999999 00:00:00 GMT",
        "2024-01-31T25:00:00Z",
        "12345678901234567890",
    ] {
        let feed = parse(&rss(&format!("<item><title>x</title><pubDate>{text}</pubDate></item>")));
        assert_eq!(feed.entries[0].published, None, "{text}");
        assert!(feed.warnings.iter().any(|w| w.contains("dates cannot be read")), "{text}: {:?}", feed.warnings);
    }
}

// Ids

#[test]
fn keys_never_change() {
    let entry = |id: Option<&str>, link: Option<&str>| ParsedEntry {
        id: id.map(str::to_owned),
        link: link.map(str::to_owned),
        title: Some("T".into()),
        ..ParsedEntry::default()
    };
    assert_eq!(feed::entry_key(&entry(Some("a"), Some("b"))), "id:a");
    assert_eq!(feed::entry_key(&entry(None, Some("b"))), "link:b");
    assert_eq!(feed::entry_key(&entry(None, None)), "text:a19b966517c4f66c775a563cc0f0cca1");
    let long = "x".repeat(1_000);
    assert_eq!(feed::entry_key(&entry(Some(&long), None)), "id#50a1af5a5f2dcf01c0a4877b962cba82");
    // Neither the date nor markup makes another entry.
    let mut one = entry(None, None);
    one.content = Some("<p>some  <b>text</b></p>".into());
    let mut two = one.clone();
    two.content = Some("<div>some text</div>".into());
    two.published = Some(Timestamp(1));
    assert_eq!(feed::entry_key(&one), feed::entry_key(&two));
}

// What is not a feed

#[test]
fn what_is_not_a_feed_is_named() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "the body is empty"),
        (b" \n\xef\xbb\xbf ", "the body is empty"),
        (b"%PDF-1.7 x", "a PDF, not a feed"),
        (b"{\"error\":\"no\"}", "JSON, but not a JSON Feed"),
        (b"<opml version='2.0'><body><outline text='x'/></body></opml>", "an OPML list of feeds, not a feed"),
        (b"<html><head><title>Just a moment...</title></head></html>", "a page that checks for robots, not a feed"),
        (b"<html><head><title>Sign in - x</title></head></html>", "a login page, not a feed"),
        (b"plain words", "text without markup, not a feed"),
        (b"<note><to>x</to></note>", "cannot be read as a feed: its root element is <note>"),
    ];
    for (bytes, want) in cases {
        assert_eq!(try_parse(bytes, None).unwrap_err().to_string(), want);
    }
    let page = b"<!doctype html><html><head><link rel=alternate type=application/rss+xml href=/f></head></html>";
    assert_eq!(try_parse(page, None).unwrap_err(), NotAFeed::Html { feeds: vec!["https://site.example/f".into()] });
}

// Discovery

#[test]
fn known_sites() {
    let cases = [
        ("https://www.youtube.com/channel/UCx1", "https://www.youtube.com/feeds/videos.xml?channel_id=UCx1"),
        ("https://www.youtube.com/playlist?list=PLx1", "https://www.youtube.com/feeds/videos.xml?playlist_id=PLx1"),
        ("https://www.youtube.com/watch?v=a&list=PLx1", "https://www.youtube.com/feeds/videos.xml?playlist_id=PLx1"),
        ("https://www.reddit.com/r/rust/", "https://www.reddit.com/r/rust.rss"),
        ("https://github.com/o/r", "https://github.com/o/r/releases.atom"),
        ("https://github.com/o/r/commits/main", "https://github.com/o/r/commits/main.atom"),
        ("https://github.com/o", "https://github.com/o.atom"),
        ("https://mastodon.example/@ann", "https://mastodon.example/@ann.rss"),
        ("https://medium.com/@ann", "https://medium.com/feed/@ann"),
        ("https://ann.substack.com/p/x", "https://ann.substack.com/feed"),
        ("https://bsky.app/profile/ann.example", "https://bsky.app/profile/ann.example/rss"),
        ("https://ann.blogspot.com/2024/x.html", "https://ann.blogspot.com/feeds/posts/default"),
        ("https://news.ycombinator.com/", "https://news.ycombinator.com/rss"),
        ("https://tube.example/c/ann/videos", "https://tube.example/feeds/videos.xml?videoChannelName=ann"),
    ];
    for (page, want) in cases {
        let found = feed::known_feeds(page);
        assert!(found.contains(&want.to_owned()), "{page}: {found:?}");
    }
    for page in ["https://www.youtube.com/@ann", "https://site.example/", "not an address", "ftp://github.com/o/r"] {
        assert_eq!(feed::known_feeds(page), Vec::<String>::new(), "{page}");
    }
}

// Properties

/// A clean feed of either kind, as feed-rs may read it.
fn clean_feed() -> impl Strategy<Value = String> {
    let text =
        || "[a-zA-Zäé日本 .,!?]{1,20}".prop_map(|text| text.trim().to_owned()).prop_filter("empty", |text| !text.is_empty());
    let body = || {
        "[a-zA-Zäé日本 .,]{1,40}".prop_map(|text| format!("&lt;p&gt;x {} &amp;amp; &#38; &quot;y&quot;&lt;/p&gt;", text.trim()))
    };
    // From 1990: a day of the first year of Unix is no date.
    let entry = (text(), body(), text(), 631_152_000..2_000_000_000_i64, prop::option::of(text()), prop::bool::ANY);
    (prop::bool::ANY, text(), prop::collection::vec(entry, 1..6)).prop_map(|(is_atom, title, entries)| {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        if is_atom {
            out += &format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\"><title>{title}</title><author><name>Ed</name></author><id>urn:f</id>");
            for (at, (title, body, category, date, author, is_html)) in entries.into_iter().enumerate() {
                let date = Timestamp::from_secs(date).rfc3339();
                let author = author.map(|name| format!("<author><name>{name}</name></author>")).unwrap_or_default();
                let kind = if is_html { " type=\"html\"" } else { "" };
                out += &format!(
                    "<entry><id>urn:{at}</id><title{kind}>{title}</title><link href=\"/{at}?a=1&amp;b=2\"/>
                     <link rel=\"enclosure\" type=\"audio/mpeg\" length=\"5\" href=\"https://cdn.example/{at}\"/><updated>{date}</updated>
                     <published>{date}</published>{author}<category term=\"{category}\"/><content type=\"html\">{body}</content>
                     <summary>{title}</summary></entry>\n"
                );
            }
            out += "</feed>";
        } else {
            out += &format!(
                "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">
                 <channel><title>{title}</title><link>https://site.example</link><description>d</description><ttl>5</ttl>"
            );
            for (at, (title, body, category, date, author, is_cdata)) in entries.into_iter().enumerate() {
                let date = Timestamp::from_secs(date).rfc822();
                let author = author.map(|name| format!("<dc:creator>{name}</dc:creator>")).unwrap_or_default();
                let full = if is_cdata { format!("<![CDATA[<p>{title}</p> &amp; more]]>") } else { body.clone() };
                out += &format!(
                    "<item><title>{title}</title><link>https://site.example/{at}</link><guid isPermaLink=\"false\">g {at}</guid>
                     <pubDate>{date}</pubDate>{author}<category>{category}</category><description>{body}</description>
                     <content:encoded>{full}</content:encoded><comments>https://site.example/{at}/c</comments>
                     <enclosure url=\"https://cdn.example/{at}.mp3\" type=\"audio/mpeg\" length=\"7\"/></item>\r\n"
                );
            }
            out += "</channel></rss>\n";
        }
        out
    })
}

/// An entry as the publisher takes it.
fn as_story(entry: &ParsedEntry) -> PublishedStory {
    PublishedStory {
        id: entry.id.clone().unwrap(),
        title: entry.title.clone().unwrap(),
        link: entry.link.clone(),
        author: entry.author.clone(),
        published: entry.published.unwrap(),
        updated: entry.updated.or(entry.published).unwrap(),
        tags: entry.categories.clone(),
        html: entry.content.clone().unwrap(),
        enclosures: entry.enclosures.clone(),
        ..PublishedStory::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The two readers are one reader to whoever asks: a feed that is clean today and damaged tomorrow says the same.
    #[test]
    fn both_readers_give_the_same_answer(text in clean_feed()) {
        let document = Document { bytes: text.as_bytes(), content_type: None, url: URL };
        let ours = feed::parse_with(&document, Reader::Own).unwrap();
        let theirs = feed::parse_with(&document, Reader::FeedRs).expect("clean");
        prop_assert_eq!(ours, theirs);
    }

    /// What we publish is a feed that we read without loss: somebody's courant may follow another's.
    #[test]
    fn our_own_atom_is_read_back_with_every_field(text in clean_feed()) {
        let read = try_parse(text.as_bytes(), None).unwrap();
        let stories: Vec<PublishedStory> = read.entries.iter().map(as_story).collect();
        let channel = Channel {
            name: "all",
            title: read.title.as_deref().unwrap(),
            id: "urn:uuid:0b6b2a4e-3a1c-5f0e-9d55-0d7d5a6e2b11",
            self_url: "https://news.example/feeds/all.atom",
            home_url: "https://news.example/",
            language: "en",
            updated: Timestamp::from_secs(2_000_000_000),
            next_url: None,
            hub_url: None,
            content: courant::model::Content::Full,
        };
        let back = try_parse(publish::render(&channel, &stories, publish::Format::Atom).as_bytes(), None).unwrap();
        let read_title = &read.title;
        prop_assert_eq!(&back.title, read_title);
        prop_assert_eq!(back.hints.self_url.as_deref(), Some(channel.self_url));
        prop_assert_eq!(back.entries.len(), read.entries.len());
        for (back, read) in back.entries.iter().zip(&read.entries) {
            // The publisher adds who carried it behind the body; comments and summaries it does not publish.
            let body = read.content.as_ref().unwrap();
            prop_assert!(back.content.as_ref().is_some_and(|found| found.starts_with(body.as_str())), "{:?} {body}", back.content);
            // A claim from before the web is not published as a date; who has no author is the channel's.
            let expected = ParsedEntry {
                content: back.content.clone(),
                published: read.published.filter(|at| at.0 >= 631_152_000_000),
                updated: back.updated,
                author: read.author.clone().or(read_title.clone()),
                comments: None,
                summary: None,
                language: Some("en".to_owned()),
                ..read.clone()
            };
            prop_assert_eq!(back, &expected);
            prop_assert_eq!(back.updated, read.updated.or(read.published));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = try_parse(&bytes, None);
    }

    /// Bytes that get further than noise does.
    #[test]
    fn any_pieces_of_markup_are_answered(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.iter().map(|at| PIECES[*at]).collect();
        let _ = try_parse(text.as_bytes(), None);
        let _ = feed::discover(&text, URL);
        let _ = feed::guess_feeds(&text, URL);
    }

    #[test]
    fn any_date_is_answered(text in "[0-9a-zA-Z:+, ./年月日٣\u{ff10}-]{0,40}") {
        let _ = date(&text.replace('&', ""));
    }

    #[test]
    fn any_address_is_answered(text in "https?://[a-z.@]{1,20}/[a-zA-Z0-9/?=&@é-]{0,40}") {
        let _ = feed::known_feeds(&text);
    }

    #[test]
    fn keys_are_bounded_and_kinds_apart(id in prop::option::of(".{0,400}"), link in prop::option::of(".{0,400}")) {
        let entry = ParsedEntry { id: id.clone(), link, ..ParsedEntry::default() };
        let key = feed::entry_key(&entry);
        prop_assert!(key.len() <= 261);
        prop_assert_eq!(key.starts_with("id"), id.is_some_and(|id| !id.trim().is_empty()));
    }
}

const PIECES: &[&str] = &[
    "<rss version='2.0'>",
    "<channel>",
    "<item>",
    "</item>",
    "</channel>",
    "<feed xmlns='http://www.w3.org/2005/Atom'>",
    "<entry>",
    "</entry>",
    "<title>",
    "</title>",
    "<title type='xhtml'>",
    "<content type='xhtml'>",
    "<content type='application/xml'>",
    "</content>",
    "<link href='",
    "<link>",
    "</link>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE x [",
    "<!ENTITY a 'b'>",
    "]>",
    "<?xml ",
    "?>",
    "&",
    "&amp;",
    "&#x",
    "&eacute",
    "<",
    ">",
    "\"",
    "'",
    "=",
    "/",
    "é",
    "日",
    "\u{0}",
    "\u{feff}",
    "text ",
    "<description>",
    "</description>",
    "<media:group>",
    "<dc:date>",
    "<rdf:RDF xmlns='http://purl.org/rss/1.0/'>",
    "<x xml:base='//a'>",
    "<a href=b>",
    "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
    "{\"id\":\"",
    "\\",
    "}",
    "]",
];

#[test]
fn a_root_with_nothing_in_it_is_not_a_feed() {
    for bare in ["<rss/>", "<rss version='2.0'><channel></channel></rss>", "<feed xmlns='http://www.w3.org/2005/Atom'/>"] {
        assert!(try_parse(bare.as_bytes(), None).is_err(), "{bare}");
    }
    assert!(try_parse(b"<rss version='2.0'><channel><title>Nothing yet</title></channel></rss>", None).is_ok());
}

#[test]
fn a_cut_feed_keeps_its_whole_entries() {
    let entry = |at: usize| {
        format!(
            "<item><title>é {at}</title><link>https://a.example/{at}</link><guid>g{at}</guid>
             <description><![CDATA[<p>x &amp; y</p>]]></description></item>"
        )
    };
    let json = |at: usize| format!("{{\"id\":\"{at}\",\"content_html\":\"<p>é \\\"x\\\" {at}</p>\"}}");
    let rss = (String::from("<rss version='2.0'><channel><title>T</title>"), (0..4).map(entry).collect::<Vec<_>>(), "");
    let atom_entries = (0..4).map(|at| entry(at).replace("item>", "entry>").replace("guid>", "id>")).collect();
    let atom = (String::from("<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>"), atom_entries, "");
    let json = (
        String::from("{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":["),
        (0..4).map(json).collect(),
        ",",
    );
    for (head, entries, separator) in [rss, atom, json] {
        let whole = head.clone() + &entries.join(separator);
        let full = try_parse(whole.as_bytes(), None).unwrap().entries;
        assert_eq!(full.len(), 4);
        let mut ends = vec![head.len()];
        for entry in &entries {
            ends.push(ends.last().unwrap() + entry.len() + separator.len());
        }
        for cut in head.len()..=whole.len() {
            let n_whole = ends.iter().filter(|end| **end - separator.len() <= cut).count().saturating_sub(1);
            let kept = try_parse(&whole.as_bytes()[..cut], None).unwrap().entries;
            assert!(kept.len() >= n_whole, "cut at {cut}: {} of {n_whole}", kept.len());
            assert_eq!(kept[..n_whole], full[..n_whole], "cut at {cut}");
        }
    }
}

#[test]
fn a_sitemap_without_news_is_not_a_feed() {
    let parse = |text: &str| {
        courant::feed::parse(&courant::feed::Document {
            bytes: text.as_bytes(),
            content_type: None,
            url: "https://a.example/news.xml",
        })
    };
    for none in [
        "<urlset><url><loc>https://a.example/</loc></url></urlset>",
        "<urlset/>",
        "<sitemapindex><sitemap><loc>https://a.example/n.xml</loc></sitemap></sitemapindex>",
    ] {
        assert!(parse(none).unwrap_err().to_string().contains("sitemap"), "{none}");
    }
}

#[test]
fn selectors_make_entries_of_a_page() {
    use courant::listing::{Selectors, read};
    let page = "<html lang=en><title>News</title><article class=card><a href='/1#top'>One \u{202e}&amp; only</a><time datetime='2026-11-23T10:00:00Z'>today</time><p class=t>It <b>was</b>.</p></article><article class=card><h2>Two</h2><a href='/2'>more</a></article><article class=card>no link</article><article class=card><a href='javascript:x'>x</a></article>";
    let document =
        courant::feed::Document { bytes: page.as_bytes(), content_type: Some("text/html"), url: "https://a.example/news/" };
    let selectors =
        Selectors { item: "article.card".into(), title: Some("h2".into()), summary: Some(".t".into()), ..Selectors::default() };
    let feed = read(&document, &selectors).unwrap();
    let found: Vec<_> = feed.entries.iter().map(|e| (e.link.as_deref().unwrap(), e.title.as_deref().unwrap())).collect();
    assert_eq!(found, [("https://a.example/1", "One & only"), ("https://a.example/2", "Two")]);
    assert_eq!(feed.entries[0].published, Some(courant::model::Timestamp(1_795_428_000_000)));
    assert_eq!(feed.entries[0].summary.as_deref(), Some("It <b>was</b>."));
    assert_eq!(feed.warnings.len(), 1);
    let none = read(&document, &Selectors { item: "li".into(), ..Selectors::default() }).unwrap_err().to_string();
    assert!(none.contains("no element that matches \"li\""), "{none}");
}
