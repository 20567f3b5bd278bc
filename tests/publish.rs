//! The publish room at its door: three formats that say the same, OPML both ways, the pages.

use courant::feed::Enclosure;
use courant::model::{Content, Sample, Timestamp};
use courant::publish::*;
use proptest::prelude::*;
use serde_json::Value;

/// 2026-11-23T09:30:00.042Z.
const NOW: Timestamp = Timestamp(1_795_426_200_042);

fn channel(format: Format) -> (String, &'static str) {
    (format!("https://news.example/feeds/all.{}", format.extension()), "https://news.example/")
}

fn document(stories: &[PublishedStory], format: Format) -> String {
    let (self_url, home_url) = channel(format);
    let channel = Channel {
        name: "all",
        title: "All & everything",
        id: "urn:uuid:0b6b2a4e-3a1c-5f0e-9d55-0d7d5a6e2b11",
        self_url: &self_url,
        home_url,
        language: "en",
        updated: NOW,
        next_url: None,
        hub_url: None,
        content: Content::Full,
    };
    render(&channel, stories, format)
}

const SITE: Site = Site {
    title: "courant",
    language: "en",
    base: "",
    outputs: &[],
    standing: Standing {
        n_feeds: 0,
        n_failing: 0,
        last_read: None,
        troubles: Troubles { offline_since: None, disk: None, n_behind: 0 },
    },
    images: Images::Linked,
    node: None,
};

fn id(n: u32) -> String {
    format!("urn:uuid:6f1c2d3e-0000-5000-8000-{n:012}")
}

fn source(n: u32) -> Source {
    Source {
        feed_title: format!("Paper {n}"),
        feed_url: format!("https://paper{n}.example/feed.xml"),
        site_url: Some(format!("https://paper{n}.example/")),
        link: Some(format!("https://paper{n}.example/2026/story?a=1&b=2")),
        title: format!("Headline {n}"),
        published: NOW,
    }
}

fn story(n: u32) -> PublishedStory {
    PublishedStory {
        id: id(n),
        title: format!("Story {n}"),
        link: Some(format!("https://paper1.example/{n}")),
        author: Some("Ada Writer".into()),
        published: Timestamp(NOW.0 - 60_000),
        updated: Timestamp(NOW.0 + i64::from(n)),
        language: Some("en".into()),
        tags: vec!["rust".into(), "rust".into(), " ".into(), "compilers".into()],
        own_tags: vec!["rust".into()],
        html: "<p>First words of it.</p><p>And <b>more</b> &amp; more.</p>".into(),
        lead_image: Some("https://paper1.example/a picture.jpg".into()),
        enclosures: vec![Enclosure { url: "https://paper1.example/talk.mp3".into(), media_type: None, length: None }],
        sources: vec![source(1)],
        discussions: Vec::new(),
        related: Vec::new(),
    }
}

fn json(stories: &[PublishedStory]) -> Value {
    serde_json::from_str(&document(stories, Format::Json)).expect("JSON")
}

fn parsed(stories: &[PublishedStory], format: Format) -> feed_rs::model::Feed {
    let document = document(stories, format);
    feed_rs::parser::parse(document.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{document}"))
}

#[test]
fn three_formats_say_the_same() {
    let mut merged = story(2);
    merged.sources.extend([source(2), source(3)]);
    let stories = [story(1), merged];
    let json = json(&stories);
    let atom = parsed(&stories, Format::Atom);
    let rss = parsed(&stories, Format::Rss);
    for (n, item) in json["items"].as_array().expect("items").iter().enumerate() {
        let (atom, rss) = (&atom.entries[n], &rss.entries[n]);
        assert_eq!(item["id"], atom.id.as_str());
        assert_eq!(item["id"], rss.id.as_str());
        let body = item["content_html"].as_str().expect("body");
        assert_eq!(atom.content.as_ref().and_then(|content| content.body.as_deref()), Some(body));
        assert_eq!(rss.content.as_ref().and_then(|content| content.body.as_deref()), Some(body));
        assert_eq!(item["title"], atom.title.as_ref().expect("title").content);
        assert_eq!(item["title"], rss.title.as_ref().expect("title").content);
        assert_eq!(item["url"], atom.links[0].href);
        assert_eq!(item["url"], rss.links[0].href);
    }
    assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(json["feed_url"], "https://news.example/feeds/all.json");
    assert_eq!(json["items"][0]["tags"], serde_json::json!(["rust", "compilers"]));
    assert_eq!(json["items"][0]["image"], "https://paper1.example/a%20picture.jpg");
    assert_eq!(json["items"][0]["authors"][0]["name"], "Ada Writer");
    assert_eq!(json["items"][0]["attachments"][0]["mime_type"], "audio/mpeg");
    assert_eq!(json["items"][1]["_courant"]["sources"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["items"][1]["_courant"]["sources"][1]["url"], "https://paper2.example/2026/story?a=1&b=2");
}

#[test]
fn every_source_is_named() {
    let mut merged = story(1);
    merged.sources.extend([source(2), source(3), source(3)]);
    let body = json(&[merged.clone()])["items"][0]["content_html"].as_str().expect("body").to_owned();
    assert!(body.ends_with(concat!(
        "\n<footer><p>From <a href=\"https://paper1.example/2026/story?a=1&amp;b=2\">Paper 1</a>. Also covered by ",
        "<a href=\"https://paper2.example/2026/story?a=1&amp;b=2\">Paper 2</a>, ",
        "<a href=\"https://paper3.example/2026/story?a=1&amp;b=2\">Paper 3</a>.</p></footer>"
    )));
    for (language, words) in
        [("zh-Hant-TW", "其他報導："), ("zh_CN", "其他报道："), ("zh-TW", "其他報導："), ("de", "Also covered by ")]
    {
        merged.language = Some(language.into());
        assert!(
            json(&[merged.clone()])["items"][0]["content_html"].as_str().is_some_and(|body| body.contains(words)),
            "{language}"
        );
    }
    let alone = json(&[story(1)]);
    assert!(alone["items"][0]["content_html"].as_str().is_some_and(|body| !body.contains("<footer>")));

    let atom = document(&[merged.clone()], Format::Atom);
    assert!(atom.contains(r#"<link rel="via" title="Paper 1" href="https://paper1.example/feed.xml"/>"#));
    assert!(atom.contains(r#"rel="related" type="text/html" title="Paper 2: Headline 2""#));
    assert!(atom.contains(r#"<entry xml:lang="de">"#));
    let rss = document(&[merged], Format::Rss);
    assert!(rss.contains(r#"<source url="https://paper1.example/feed.xml">Paper 1</source>"#));
}

#[test]
fn a_feed_is_not_said_to_cover_its_own_story() {
    let mut twice = story(1);
    let again = |n: u32| Source { link: Some(format!("https://paper1.example/again/{n}")), ..source(1) };
    twice.sources.push(again(2));
    let body =
        |story: &PublishedStory| json(std::slice::from_ref(story))["items"][0]["content_html"].as_str().expect("body").to_owned();
    assert!(
        body(&twice).ends_with("Paper 1</a> (<a href=\"https://paper1.example/again/2\">2</a>).</p></footer>"),
        "{}",
        body(&twice)
    );
    assert!(!body(&twice).contains("Also"));
    twice.sources.extend([source(2), again(3)]);
    let told = body(&twice);
    let (own, others) = told.split_once("Also covered by ").expect("others");
    assert!(own.contains(">2</a>, <a href=\"https://paper1.example/again/3\">3</a>)."), "{own}");
    assert!(others.contains("Paper 2") && !others.contains("Paper 1"), "{others}");
    // On the list of stories likewise.
    let river = page(&Page { site: SITE, stories: &[twice], query: "", by_date: true, marked: &[], wrong: None, older: None });
    let line = river.split("class=\"who\"").nth(1).unwrap().split("<time").next().unwrap();
    assert_eq!((line.matches("Paper 1</a>").count(), line.matches("Paper 2</a>").count()), (1, 1), "{line}");
}

#[test]
fn what_is_related_is_linked_to() {
    let mut near = story(1);
    near.related.push(Related {
        id: id(7),
        title: "The other <deal>".into(),
        link: Some("https://paper2.example/deal?a=1&b=2".into()),
    });
    near.related.push(Related { id: id(8), title: "Without a page".into(), link: None });
    let atom = document(&[near.clone()], Format::Atom);
    let link =
        r#"<link rel="related" type="text/html" title="The other &lt;deal&gt;" href="https://paper2.example/deal?a=1&amp;b=2"/>"#;
    assert!(atom.contains(link), "{atom}");
    assert_eq!(
        json(&[near.clone()])["items"][0]["_courant"]["related"],
        serde_json::json!([
            {"id": id(7), "title": "The other <deal>", "url": "https://paper2.example/deal?a=1&b=2"},
            {"id": id(8), "title": "Without a page"},
        ])
    );
    let alone =
        |story: &PublishedStory| story_page(&StoryPage { site: SITE, story, why: &[], marks: None, newer: None, older: None });
    let page = alone(&near);
    assert!(page.contains("<h2>Related</h2>") && page.contains("href=\"/story/6f1c2d3e-0000-5000-8000-000000000007\""), "{page}");
    assert!(!alone(&story(1)).contains("Related"));
}

#[test]
fn rss_keeps_the_rules_of_validators() {
    let rss = document(&[story(1)], Format::Rss);
    let at = |needle: &str| rss.find(needle).unwrap_or_else(|| panic!("no {needle} in {rss}"));
    assert!(at("<description>") < at("<content:encoded>"));
    at(r#"<guid isPermaLink="false">urn:uuid:"#);
    at("<pubDate>Mon, 23 Nov 2026 09:29:00 GMT</pubDate>");
    at("<dc:creator>Ada Writer</dc:creator>");
    at(r#"<enclosure url="https://paper1.example/talk.mp3" length="0" type="audio/mpeg"/>"#);
    at(r#"<atom:link rel="self" type="application/rss+xml" href="https://news.example/feeds/all.rss"/>"#);
    at("<title>All &#x26; everything</title>");
    let atom = document(&[story(1)], Format::Atom);
    assert!(atom.contains("<updated>2026-11-23T09:30:00.043Z</updated>"), "{atom}");
    assert!(atom.contains(r#"<link rel="self" type="application/atom+xml" href="https://news.example/feeds/all.atom"/>"#));
}

#[test]
fn dates_that_cannot_be_are_left_out() {
    let mut early = story(1);
    early.published = Timestamp(0);
    let mut late = story(2);
    late.published = Timestamp::MAX;
    let json = json(&[early, late]);
    assert_eq!(json["items"][0].get("date_published"), None);
    assert_eq!(json["items"][1]["date_published"], "2026-11-23T09:30:00Z");
}

#[test]
fn addresses_become_ascii_or_nothing() {
    for (given, expected) in [
        ("https://bücher.example/ä b?q=[ü]|^`{}", Some("https://xn--bcher-kva.example/%C3%A4%20b?q=%5B%C3%BC%5D%7C%5E%60%7B%7D")),
        ("http://me:secret@a.example/x", Some("http://a.example/x")),
        ("https://a.example/100%/x#a#b", Some("https://a.example/100%25/x#a%23b")),
        ("https://[2001:db8::1]:8080/x", Some("https://[2001:db8::1]:8080/x")),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("//a.example/x", None),
        ("", None),
    ] {
        let mut one = story(1);
        one.link = Some(given.into());
        let json = json(&[one]);
        assert_eq!(json["items"][0].get("url").and_then(Value::as_str), expected, "{given}");
    }
}

#[test]
fn hostile_text_cannot_break_out() {
    let evil = "]]></title><script>alert(1)</script>\u{7}\u{1b}[31m\u{202e}\u{fffe}\u{fffd}\u{85} &amp; \"'<Vec<T>>";
    let mut one = story(1);
    one.title = evil.into();
    one.author = Some(evil.into());
    one.tags = vec![evil.into()];
    one.html = "<p>body \u{7}\u{0}\u{ffff} ]]&gt; words</p>".into();
    one.sources = vec![
        Source { feed_title: evil.into(), title: evil.into(), link: Some("javascript:alert(1)".into()), ..source(1) },
        Source { feed_title: evil.into(), title: evil.into(), site_url: Some("data:x".into()), ..source(2) },
    ];
    let stories = [one];
    let plain = "]]></title><script>alert(1)</script>[31m &amp; \"'<Vec<T>>";
    assert_eq!(parsed(&stories, Format::Atom).entries[0].title.as_ref().expect("title").content, plain);
    assert_eq!(json(&stories)["items"][0]["title"], plain);
    let rss = parsed(&stories, Format::Rss).entries[0].title.as_ref().expect("title").content.clone();
    assert!(!rss.contains("<s") && !rss.contains("</") && rss.contains("‹script›"), "{rss}");
    for format in Format::ALL {
        let text = document(&stories, format);
        assert!(
            !text.chars().any(|c| c != '\n' && (c.is_control() || "\u{202e}\u{fffd}\u{fffe}\u{ffff}".contains(c))),
            "{format:?}"
        );
        assert!(format == Format::Json || !text.contains("<script"));
        assert!(!text.contains("javascript:"));
    }
    let outputs = [OutputLink { name: "a/../b", title: evil }];
    let site = Site {
        title: evil,
        language: "\"><script>",
        base: "",
        outputs: &outputs,
        standing: Standing::default(),
        node: None,
        images: Images::Linked,
    };
    let marked = ["script".to_owned()];
    let model =
        Page { site, stories: &stories, query: evil, by_date: true, marked: &marked, wrong: Some(evil), older: Some("\"<") };
    let joined = Joined { name: evil.into(), title: evil.into(), why: evil.into() };
    let feed = FeedState {
        name: evil.into(),
        feed_url: "javascript:alert(1)".into(),
        site_url: Some("data:x".into()),
        sentence: evil.into(),
        reasons: vec![evil.into()],
        ..FeedState::default()
    };
    let why = [joined.clone(), joined];
    let alone = StoryPage { site, story: &stories[0], why: &why, marks: None, newer: Some(evil), older: Some(evil) };
    for text in [page(&model), story_page(&alone), sources_page(&site, &[feed])] {
        let text = text.replace("<script src=\"/page.js\" defer></script>", "");
        assert!(!text.contains("<script") && !text.contains("javascript:") && !text.contains("data:x"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')));
    }
    assert!(page(&model).contains("/feeds/a%2F..%2Fb.atom"));
}

#[test]
fn addresses_of_an_opml_file_have_one_form() {
    let outlines: String =
        ["FEED://One.example:80/a/../f#top", "http://one.example/f", "feed:https://two.example/f", "pcast://three.example/f"]
            .map(|url| format!("<outline text='x' type='rss' xmlUrl='{url}'/>"))
            .concat();
    let (found, skipped) = courant::publish::read_opml(format!("<opml><body>{outlines}</body></opml>").as_bytes());
    let urls: Vec<String> = found.into_iter().map(|feed| feed.url).collect();
    assert_eq!(urls, ["http://one.example/f", "https://two.example/f", "http://three.example/f"]);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
}

#[test]
fn a_story_with_nothing_still_validates() {
    let bare = PublishedStory { id: id(1), updated: NOW, ..PublishedStory::default() };
    let mut linked = bare.clone();
    linked.id = id(2);
    linked.link = Some("https://a.example/x".into());
    let json = json(&[bare, linked]);
    assert_eq!(json["items"][0]["content_html"], "<p>—</p>");
    assert_eq!(json["items"][1]["title"], "https://a.example/x");
    assert_eq!(json["items"][1]["content_html"], "<p><a href=\"https://a.example/x\">https://a.example/x</a></p>");
    for format in Format::ALL {
        let empty = document(&[], format);
        feed_rs::parser::parse(empty.as_bytes()).unwrap_or_else(|error| panic!("{format:?}: {error}"));
    }
}

#[test]
fn an_id_comes_once_and_the_bytes_are_the_same() {
    let stories = [story(1), story(2), story(1)];
    for format in Format::ALL {
        assert_eq!(document(&stories, format), document(&stories[..2], format));
    }
}

#[test]
fn where_a_story_is_discussed_is_told_in_every_format_and_is_no_source() {
    let mut discussed = story(1);
    discussed.discussions = vec![
        Discussion { feed_title: "Orange Board".into(), url: "https://board.example/item?id=7".into() },
        Discussion { feed_title: " ".into(), url: "https://crabs.example/s/x".into() },
        Discussion { feed_title: "Evil".into(), url: "javascript:alert(1)".into() },
    ];
    let stories = [discussed];
    let atom = document(&stories, Format::Atom);
    for (title, address) in [("Orange Board", "https://board.example/item?id=7"), ("crabs.example", "https://crabs.example/s/x")]
    {
        let via = format!("<link rel=\"via\" type=\"text/html\" title=\"{title}\" href=\"{address}\"/>");
        assert!(atom.contains(&via), "{atom}");
    }
    let rss = document(&stories, Format::Rss);
    assert_eq!(rss.matches("<comments>https://board.example/item?id=7</comments>").count(), 1, "{rss}");
    let json = json(&stories);
    let extension = &json["items"][0]["_courant"];
    assert_eq!(extension["discussions"][1]["url"], "https://crabs.example/s/x");
    assert_eq!(
        (extension["discussions"].as_array().map(Vec::len), extension["sources"].as_array().map(Vec::len)),
        (Some(2), Some(1))
    );
    let body = json["items"][0]["content_html"].as_str().unwrap();
    let told = "<footer><p>Discussed at <a href=\"https://board.example/item?id=7\">Orange Board</a>, \
                <a href=\"https://crabs.example/s/x\">crabs.example</a>.</p></footer>";
    assert!(body.ends_with(told) && !body.contains("javascript"), "{body}");
    let page = page(&Page { site: SITE, stories: &stories, query: "", by_date: true, marked: &[], wrong: None, older: None });
    assert!(page.contains("Discussed at </span><a href=\"https://board.example/item?id=7\">Orange Board</a>"), "{page}");
}

#[test]
fn tags_and_languages_lead_to_what_has_them() {
    let mut other = story(1);
    other.language = Some("zh-Hant".into());
    other.tags = vec!["two words".into(), "theirs".into()];
    other.own_tags = vec!["two words".into()];
    let stories = [story(2), other];
    let site = Site { base: "/courant", ..SITE };
    let page = page(&Page { site, stories: &stories, query: "", by_date: true, marked: &[], wrong: None, older: None });
    for link in [
        "<a class=\"tag\" href=\"/courant/?q=tag%3Arust\">rust</a>",
        "<a class=\"tag\" href=\"/courant/?q=tag%3A%22two%20words%22\">two words</a>",
        "<a class=\"lang\" href=\"/courant/?q=lang%3Azh-Hant\">zh-Hant</a>",
        // A feed's own category is found by no `tag:`.
        "<span class=\"tag\">theirs</span>",
    ] {
        assert!(page.contains(link), "{link}\n{page}");
    }
}

#[test]
fn the_status_page_draws_what_was_noted_and_no_line_over_a_gap() {
    let at = |hours: i64| Timestamp(NOW.0 + hours * 3_600_000);
    let sample = |hours, n| Sample { at: at(hours), n_polls: n, database_bytes: 1_500_000, ..Sample::default() };
    let samples = [sample(0, 4), sample(1, 8), sample(5, 2)];
    let html = status_page(&SITE, &samples, true);
    assert!(html.contains("Polls in a quarter of an hour: <strong>2</strong> · ≤ 8"), "{html}");
    assert!(html.contains("Database: <strong>1.5 MB</strong> · ≤ 1.5 MB"), "{html}");
    assert!(
        html.contains("<polyline points=\"0.0,30.0 119.6,1.0\"></polyline><polyline points=\"598.0,44.5 600.0,44.5\">"),
        "{html}"
    );
    // Of what nobody knows nothing is drawn.
    assert_eq!(html.matches("<svg").count(), 6);
    assert!(status_page(&SITE, &[], true).contains("Nothing has been noted yet."));
}

#[test]
fn pictures_are_linked_or_handed_on_or_described() {
    let mut pictured = story(1);
    let img = "<p>a</p><img src=\"https://cdn.example/a.png?x=1&amp;y=2\" alt=\"A &lt;cat&gt;\" width=\"3\"><p>b</p>";
    pictured.html = img.into();
    let shown = |images, story: &PublishedStory| {
        let site = Site { base: "/courant", images, ..SITE };
        story_page(&StoryPage { site, story, why: &[], marks: None, newer: None, older: None })
    };
    assert!(shown(Images::Linked, &pictured).contains(img));
    let off = shown(Images::Off, &pictured);
    assert!(off.contains("<p>a</p>A &lt;cat&gt;<p>b</p>"), "{off}");
    let key = image_key(&[7; 32], "https://cdn.example/a.png?x=1&y=2");
    let ours = format!(
        "<p>a</p><img src=\"/courant/image?url=https%3A%2F%2Fcdn.example%2Fa.png%3Fx%3D1%26y%3D2&amp;key={key}\" \
         alt=\"A &lt;cat&gt;\" width=\"3\"><p>b</p>"
    );
    let proxied = shown(Images::Proxied { key: &[7; 32] }, &pictured);
    assert!(proxied.contains(&ours), "{proxied}");
    assert!(image_key(&[8; 32], "https://cdn.example/a.png?x=1&y=2") != key && key.len() == 32);
    // What is no address of the web is not asked for.
    pictured.html = "<img src=\"data:image/png;base64,AA\" alt=\"none\">".into();
    let page = shown(Images::Proxied { key: &[7; 32] }, &pictured);
    assert!(!page.contains("<img") && page.contains("none"));
}

#[test]
fn the_page_groups_by_day_and_names_everything() {
    let mut merged = story(1);
    merged.sources.push(source(2));
    let mut older = story(2);
    older.published = Timestamp(NOW.0 - 86_400_000);
    older.language = Some("zh-Hant".into());
    let stories = [merged, older];
    let outputs = [OutputLink { name: "all", title: "All" }];
    let standing = Standing { n_feeds: 12, n_failing: 1, last_read: Some(NOW), troubles: Troubles::default() };
    let site =
        Site { title: "News", language: "en", base: "/courant", outputs: &outputs, standing, node: None, images: Images::Linked };
    let asked = ["story 2".to_owned()];
    let model =
        Page { site, stories: &stories, query: "tag:dev", by_date: true, marked: &asked, wrong: None, older: Some("1_2_3") };
    let html = page(&model);
    for needle in [
        "<time datetime=\"2026-11-23\">Monday, 23 November 2026</time>",
        "<time datetime=\"2026-11-22\">Sunday, 22 November 2026</time>",
        "Paper 1</a> + <a",
        "Paper 2</a>",
        "href=\"/courant/story/6f1c2d3e-0000-5000-8000-000000000001\"",
        "<link rel=\"alternate\" type=\"application/feed+json\" title=\"All (JSON Feed)\" href=\"/courant/feeds/all.json\">",
        "href=\"/courant/feed.rss?q=tag%3Adev\"",
        "href=\"/courant/?q=tag%3Adev%20order%3Asources\"",
        "href=\"/courant/?q=tag%3Adev&amp;before=1_2_3\"",
        "<mark>Story 2</mark>",
        "12 feeds, last read <time datetime=\"2026-11-23T09:30:00Z\">",
        "<article lang=\"zh-Hant\">",
        "<html lang=\"en\">",
    ] {
        assert!(html.contains(needle), "no {needle} in {html}");
    }
    assert!(html.contains(&format!("<style>{STYLE}</style>")));
    assert!(page(&Page { stories: &[], query: "", ..model }).contains("No stories yet"));
    assert!(page(&Page { stories: &[], ..model }).contains("No story is what you asked for."));
    assert!(page(&Page { site: Site { language: "zh-Hant", ..site }, ..model }).contains("2026年11月23日 星期一"));
    assert!(!page(&Page { by_date: false, ..model }).contains("Monday"));
    let down = Standing { n_failing: 12, ..standing };
    assert!(page(&Page { site: Site { standing: down, ..site }, ..model }).contains("No feed can be read"));
    let joined = |n: u32, why: &str| Joined { name: format!("Paper {n}"), title: format!("Headline {n}"), why: why.into() };
    let why = [joined(1, "nothing like it"), joined(2, "same text")];
    let alone = story_page(&StoryPage { site, story: &stories[0], why: &why, marks: None, newer: None, older: Some("x") });
    for needle in ["same text", "Headline 2", "Read at the publisher", "href=\"/courant/story/x\""] {
        assert!(alone.contains(needle), "no {needle} in {alone}");
    }
    assert!(!alone.contains("Also covered by"), "the page lists the sources itself");
}

fn subscription(url: &str, title: &str, tags: &[&str]) -> Subscription {
    Subscription {
        url: url.into(),
        title: Some(title.into()),
        site_url: None,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    }
}

#[test]
fn opml_comes_back_as_it_went() {
    let mut with_site = subscription("https://a.example/f?x=1&y=2", "A <b> & \"c\" 谷歌", &[]);
    with_site.site_url = Some("https://a.example/".into());
    let subscriptions = [
        with_site,
        subscription("https://b.example/f", "B", &["ai", "ci/cd", "科技"]),
        subscription("https://c.example/f", "C", &["ai"]),
        subscription("https://d.example/f", "D", &["science"]),
    ];
    let text = opml("My feeds", &subscriptions);
    let (back, skipped) = read_opml(text.as_bytes());
    assert_eq!(back, subscriptions);
    assert_eq!(skipped, Vec::<String>::new());
}

#[test]
fn opml_is_read_however_it_was_written() {
    let (found, skipped) = read_opml(
        br#"<opml><body>
        <outline text="Tech & more"><outline text='AI'>
          <OUTLINE type="rss" title="One" xmlurl="https://one.example/feed" HTMLURL="https://one.example" category="/x/y,z"/>
        </outline>
        <outline text="a &lt; b <i>" type=rss xmlUrl=feed://two.example/rss />
        </outline>
        <!-- <outline xmlUrl="https://comment.example/"/> -->
        <outline text="Three" type="rss" url="https://three.example/old"/>
        <outline text="Page" type="link" url="https://page.example/"/>
        <outline text="Ftp" xmlUrl="ftp://four.example/feed"/>
        <outline text="Nothing"/>
        <outline text="Empty folder"></outline>
        <outline text="Again"><outline text="One again" xmlUrl="https://one.example:443/feed"/></outline>
        <outline text="Broken xmlUrl="https://five.example/feed/>
        <outline text="Six" xmlUrl="https://six.example/feed"/>
        <outline text="Cut" xmlUrl="https://seven.exam"#,
    );
    let urls: Vec<&str> = found.iter().map(|subscription| subscription.url.as_str()).collect();
    assert_eq!(
        urls,
        ["https://one.example/feed", "http://two.example/rss", "https://three.example/old", "https://six.example/feed"]
    );
    assert_eq!(found[0].tags, ["Tech & more", "AI", "x", "y", "z", "Again"]);
    assert_eq!(found[0].site_url.as_deref(), Some("https://one.example/"));
    assert_eq!(found[1].title.as_deref(), Some("a < b <i>"));
    let reasons = skipped.join("\n");
    for reason in [
        "Page: a link",
        "Ftp: not an http(s)",
        "Nothing: has no feed",
        "One again: listed twice",
        "Broken xmlUrl=: has no feed",
        "damaged outline skipped: <outline text=\"Cut",
    ] {
        assert!(reasons.contains(reason), "no {reason:?} in {reasons}");
    }
    assert_eq!(skipped.len(), 6, "{reasons}");
}

#[test]
fn opml_in_other_encodings_and_none() {
    let gbk = encoding_rs::GBK.encode("<?xml version='1.0' encoding='GB2312'?><opml version='3.0'><body><outline text='新闻' xmlUrl='https://a.example/'/></body></opml>").0.into_owned();
    assert_eq!(read_opml(&gbk).0[0].title.as_deref(), Some("新闻"));
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("<opml><outline text='新聞' xmlUrl='https://a.example/'/>".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(read_opml(&utf16).0[0].title.as_deref(), Some("新聞"));
    assert_eq!(read_opml(b"<html>").1, ["not an OPML file: it has no outlines"]);
    assert_eq!(read_opml(b"<opml version='2.0'><body/></opml>").1, ["the file lists no feeds"]);
}

#[test]
fn opml_of_any_size_is_read_in_linear_time() {
    // Each of these was quadratic in one careless way of writing the scanner.
    for piece in [
        "<outline text=\"",
        "<!--",
        "<outline ",
        "<outline a='",
        "<",
        "<outline text='a'>",
        "<outline text='a' xmlUrl='http://a.example/'>",
        "&amp",
        "<outline x=\"&",
    ] {
        let text = piece.repeat(400_000 / piece.len());
        read_opml(text.as_bytes());
    }
}

proptest! {
    #[test]
    fn whatever_the_text_it_parses_back(title in any::<String>(), author in any::<String>(), tag in any::<String>(), body in any::<String>(), name in any::<String>()) {
        // The body is sanitised before it comes here: any text, but no markup of its own.
        let html = format!("<p>{}</p>", body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
        let mut one = story(1);
        one.title = title;
        one.author = Some(author);
        one.tags = vec![tag];
        one.html = html;
        one.sources = vec![source(1), Source { feed_title: name, ..source(2) }];
        let stories = [one];
        let json = json(&stories);
        let body = json["items"][0]["content_html"].as_str().expect("body");
        for format in [Format::Atom, Format::Rss] {
            let feed = parsed(&stories, format);
            prop_assert_eq!(feed.entries.len(), 1);
            prop_assert_eq!(&feed.entries[0].id, &id(1));
            let found = feed.entries[0].content.as_ref().and_then(|content| content.body.as_deref()).unwrap_or_default();
            prop_assert_eq!(found, body);
        }
    }

    #[test]
    fn opml_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "(<outline|</outline>|[a-z =\"'<>/&;谷]|xmlUrl=|https://a.example/){0,60}") {
        read_opml(&bytes);
        read_opml(text.as_bytes());
    }

    #[test]
    fn opml_round_trip(names in prop::collection::vec(any::<String>(), 1..8)) {
        let subscriptions: Vec<Subscription> = names.iter().enumerate()
            .map(|(n, name)| subscription(&format!("https://a.example/{n}"), name, &[])).collect();
        let (back, skipped) = read_opml(opml("x", &subscriptions).as_bytes());
        prop_assert_eq!(back.len(), subscriptions.len());
        prop_assert!(skipped.is_empty());
    }
}
