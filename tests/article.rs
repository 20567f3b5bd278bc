//! The article room at its door: what is kept, what goes, and that nothing hostile comes out.

use courant::article::memory::Memory;
use courant::article::rules::{Rule, Rules};
use courant::article::{
    Guide, NoArticle, Page, clean, clean_with, explain, extract, extract_with, join_pages, plain_text, sanitize,
};
use proptest::prelude::*;

fn page(html: &str) -> Page<'_> {
    Page { bytes: html.as_bytes(), content_type: None, url: "https://news.example/2025/11/23/story", title: None, summary: None }
}

const PARAGRAPHS: [&str; 4] = [
    "The harbour was quiet on Monday, and the cranes, which had been moving since spring, stood still for the first time.",
    "Engineers said that a cable had snapped during the night, though nobody was hurt and the ships were moved to another quay.",
    "By noon the port authority had found a replacement, which it borrowed from a shipyard some forty kilometres to the north.",
    "Work is expected to resume on Thursday, provided that the inspection finds no further damage to the older machines.",
];

fn body() -> String {
    PARAGRAPHS.iter().map(|p| format!("<p>{p}</p>")).collect()
}

/// Every paragraph is in the text, and none of the junk.
fn check(html: &str, junk: &[&str]) -> String {
    let article = extract(&page(html)).expect("an article");
    let text = plain_text(&article.html);
    for paragraph in PARAGRAPHS {
        assert!(text.contains(paragraph), "missing {paragraph:?} in {text}");
    }
    for bad in junk {
        assert!(!text.contains(bad), "{bad:?} survived in {text}");
    }
    text
}

#[test]
fn placeholders_of_images_go_and_are_named() {
    let html = format!("<article>{}<p>圖片</p><p>{}</p></article>", body(), PARAGRAPHS[0]);
    let article = extract(&page(&html)).expect("an article");
    assert!(!plain_text(&article.html).contains("圖片"));
    assert!(article.removed.iter().any(|r| r.what == "image placeholder" && r.excerpt == "圖片"), "{:?}", article.removed);
}

#[test]
fn lazy_images_become_real_and_counters_go() {
    let html = "<p>Text <img src='data:image/gif;base64,R0lGOD' data-src='/big.jpg' alt='A ship'><img src=/count.gif width=1 height=1></p>";
    assert_eq!(sanitize(html, "https://a.example/x/y"), "<p>Text <img src=\"https://a.example/big.jpg\" alt=\"A ship\"></p>");
}

#[test]
fn attributes_that_are_cut_early_take_nothing_with_them() {
    let html = "<p onclick=\"alert('a>b')alert(1)\"class=x data-state='{\"a\": \"b>c\"}'>a <img alt='b' data-lazy-src='/real-image.png' \
                aria-label='some label here'data-json=verylongvalue/></p><p style='color: red; display: none'>c</p>";
    assert_eq!(sanitize(html, "https://a.example/"), "<p>a <img src=\"https://a.example/real-image.png\" alt=\"b\"></p>");
}

#[test]
fn links_lose_their_trackers() {
    let html = "<p><a href='/a?utm_source=x&id=7&fbclid=y'>a</a> <a href='/b?utm_medium=z'>b</a> <a href='#top'>c</a></p>";
    let rel = "rel=\"noopener noreferrer\"";
    assert_eq!(
        sanitize(html, "https://a.example/"),
        format!("<p><a href=\"https://a.example/a?id=7\" {rel}>a</a> <a href=\"https://a.example/b\" {rel}>b</a> c</p>")
    );
}

#[test]
fn players_become_links() {
    let html = sanitize("<p>Text</p><iframe src='https://www.youtube.com/embed/abc_1?x=2'></iframe>", "");
    assert!(html.contains("<a href=\"https://www.youtube.com/watch?v=abc_1\""), "{html}");
    assert!(!html.contains("iframe"));
    assert_eq!(plain_text(&html), "Text");
}

#[test]
fn captions_stay_apart_from_text() {
    let html =
        sanitize("<p>Text.</p><figure><img src=/a.jpg><figcaption>A <b>caption</b></figcaption></figure>", "https://a.example/");
    assert!(html.contains("<figcaption>A <b>caption</b></figcaption>"), "{html}");
    assert_eq!(plain_text(&html), "Text.");
}

#[test]
fn a_feed_body_is_cleaned() {
    assert_eq!(clean("Plain & simple\n\nsecond", "https://a.example/", None), "<p>Plain &amp; simple</p><p>second</p>");
    assert_eq!(clean("AT&amp;T", "https://a.example/", None), "<p>AT&amp;T</p>");
    let html = "<h2>Quiet harbour</h2><p>A ship <a href='/b?x=1&amp;y'>left</a>.</p><p>图片</p><div class=sharedaddy>Share</div>";
    assert_eq!(
        clean(html, "https://a.example/a", Some("Quiet harbour")),
        "<p>A ship <a href=\"https://a.example/b?x=1&amp;y\" rel=\"noopener noreferrer\">left</a>.</p>"
    );
}

#[test]
fn paragraphs_of_links_are_what_the_author_of_a_feed_links_to() {
    for html in [
        "<p><a href=\"https://b.example/w\">A long essay about whales</a></p><p>It says that whales sing in dialects.</p>",
        "<p>Links of the day: <a href=\"/a\">The harbour reopens</a>, <a href=\"/b\">A new pier</a></p><p>That is all.</p>",
    ] {
        assert_eq!(plain_text(&clean(html, "https://a.example/", None)), plain_text(html));
    }
}

#[test]
fn code_keeps_its_white_space() {
    let html = sanitize("<pre><code class='language-rust x'>fn main() {\n    a &lt; b;\n}</code></pre>", "");
    assert_eq!(html, "<pre><code class=\"language-rust\">fn main() {\n    a &lt; b;\n}</code></pre>");
    assert_eq!(plain_text(&html), "fn main() {\n    a < b;\n}");
}

#[test]
fn nothing_active_comes_out() {
    let vectors = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href=data:text/html,x>x</a>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<blockquote cite='javascript:alert(1)'>x</blockquote>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<form action=x><button formaction=javascript:alert(1)>x</button></form>",
        "<p id=x name=y style='color:red' data-x=1 onclick=z()>text</p>",
        "<iframe src=javascript:alert(1)></iframe><object data=x></object><embed src=x>",
        "<a href=https://b.example target=_blank>x</a>",
        "<!--><script>alert(1)</script>-->",
        "<textarea><script>alert(1)</script></textarea><title><img src=x onerror=y></title>",
        "<pre>\n\n<xmp><script>x</script></xmp></pre>",
    ];
    for vector in vectors {
        let once = sanitize(vector, "https://a.example/");
        judge(&once);
        assert_eq!(sanitize(&once, "https://a.example/"), once, "{vector}");
    }
}

/// Harmless by the tree that a parser makes of it.
fn judge(html: &str) {
    const TAGS: &str = " html head body p h2 h3 h4 h5 h6 pre dt dd dl caption ul ol li table tbody tr td th blockquote figure figcaption a abbr b \
         cite code del dfn em i ins kbd mark q rp rt ruby s samp small strong sub sup u var img br hr ";
    const ATTRIBUTES: &str = " href rel src alt width height colspan rowspan start class title ";
    let parsed = scraper::Html::parse_document(html);
    for element in parsed.tree.nodes().filter_map(|n| n.value().as_element()) {
        assert!(TAGS.contains(&format!(" {} ", element.name())), "<{}> in {html}", element.name());
        for (name, value) in element.attrs() {
            assert!(ATTRIBUTES.contains(&format!(" {name} ")), "{name} in {html}");
            if name == "href" || name == "src" {
                assert!(["http://", "https://", "mailto:"].iter().any(|s| value.starts_with(s)), "{value} in {html}");
            }
            if name == "class" {
                assert!(value.starts_with("language-"), "{value}");
            }
        }
        assert!(element.name() != "a" || element.attr("rel").is_some_and(|r| r.contains("noopener")), "{html}");
    }
}

#[test]
fn text_below_the_caps_is_read() {
    for deep in ["<div>", "<font>", "<b>", "<center>"] {
        let buried = format!("<title>Quiet harbour</title>{}{}", deep.repeat(200_000), body());
        let text = plain_text(&extract(&page(&buried)).expect("an article").html);
        assert!(text.contains(PARAGRAPHS[3]), "{deep}");
    }
    let escaped = format!("<p>{}{}</p>", PARAGRAPHS[0], " a &amp;amp; b &lt;i&gt; &copy;".repeat(20_000));
    let text = plain_text(&extract(&page(&escaped)).expect("an article").html);
    assert!(text.contains("a &amp; b <i> ©"));
    assert!(text.ends_with("a &amp; b <i> &copy;"), "names beyond the cap stay as they are");
}

#[test]
fn long_texts_are_sanitised_in_pieces_and_stay_whole() {
    let text = "q & a © ".repeat(30_000);
    let html = sanitize(&format!("<p>{text}</p>"), "");
    assert_eq!(html, format!("<p>{}</p>", text.trim_end().replace('&', "&amp;")));
}

#[test]
fn the_budget_is_kept() {
    let long = format!("{}{}", body(), "<p>More of the same.</p>".repeat(1000));
    let guide = Guide { max_nodes: Some(40), ..Guide::default() };
    let short = extract_with(&page(&long), &guide).expect("an article").html;
    assert!(short.contains("Engineers") && short.len() < 4000, "{}", short.len());
}

#[test]
fn the_words_of_the_feed_say_where_the_article_is() {
    let other =
        "The mayor opened a bridge in the south, and the crowd, which had waited since noon, cheered for long. ".repeat(20);
    let links = "<li><a href=/x>Another story about something else entirely</a></li>".repeat(60);
    let html = format!(
        "<title>News</title><main><p>{other}</p><p>{other}</p></main><ul>{links}</ul><section><div>{}</div></section>",
        body()
    );
    let told = Page { summary: Some(PARAGRAPHS[1]), ..page(&html) };
    let text = plain_text(&extract(&told).expect("an article").html);
    assert!(text.contains(PARAGRAPHS[0]) && !text.contains("mayor"), "{text}");
    // Words that are nowhere on the page say nothing.
    let wrong = Page {
        summary: Some("Shares of a maker of bicycles fell by a tenth after its quarterly report on Friday evening."),
        ..page(&html)
    };
    assert!(plain_text(&extract(&wrong).expect("an article").html).contains("mayor"));
}

#[test]
fn encodings_are_found() {
    let (gbk, _, _) = encoding_rs::GBK
        .encode("<meta charset=gb2312><p>港口周一很安静，起重机自春天以来第一次停了下来，船只被移到另一个码头。</p>");
    let article =
        extract(&Page { bytes: &gbk, content_type: Some("text/html"), url: "", title: None, summary: None }).expect("an article");
    assert!(plain_text(&article.html).starts_with("港口周一很安静"));
    let (big5, _, _) = encoding_rs::BIG5.encode("<p>港口週一很安靜，起重機自春天以來第一次停了下來，船隻被移到另一個碼頭。</p>");
    let page = Page { bytes: &big5, content_type: Some("text/html; charset=\"Big5\""), url: "", title: None, summary: None };
    assert!(plain_text(&extract(&page).expect("an article").html).starts_with("港口週一很安靜"));
}

#[test]
fn what_is_no_article_says_why() {
    assert_eq!(extract(&page("")), Err(NoArticle::Empty));
    assert_eq!(extract(&page("<html><body><script>x()</script></body></html>")), Err(NoArticle::Empty));
    let pdf = Page { content_type: Some("application/pdf"), ..page("%PDF") };
    assert_eq!(extract(&pdf), Err(NoArticle::NotHtml));
    let wall =
        "<title>Just a moment...</title><p>Checking your browser before accessing the site, please wait a few seconds.</p>";
    assert_eq!(extract(&page(wall)), Err(NoArticle::Wall));
}

#[test]
fn bombs_take_no_time() {
    // Quadratic in the parser when it sees them whole; the test's own time limit is the harness's.
    let attributes: String = (0..50_000).map(|i| format!(" a{i}=x")).collect();
    for bomb in [
        "<div>".repeat(100_000),
        "<ul><li>".repeat(50_000),
        "<font>".repeat(100_000),
        "<p><b class=x>y".repeat(30_000),
        "<svg>".repeat(100_000),
        "<noscript><a>".repeat(50_000),
        "<!-".repeat(100_000),
        format!("<p{attributes}>text"),
        format!("<body{attributes}>").repeat(4),
        "<table><tr><td>".repeat(30_000),
        "<a><b></a>".repeat(50_000),
        // Each form is in all of the boxes, and each choice in one with all of the text.
        format!("{}{}", "<div class=form>".repeat(100), "<form><input><input><input></form>".repeat(15_000)),
        "<div><label><input type=radio>Yes</label>".repeat(15_000),
    ] {
        let _ = extract(&page(&bomb));
        let _ = sanitize(&bomb, "https://a.example/");
    }
}

#[test]
fn the_built_in_rules_are_read() {
    let mut n_rules = 0;
    for file in std::fs::read_dir("config/site-rules").unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        Rules::parse(&path.display().to_string(), &text).unwrap();
        // Each file is built in: its first host has a rule.
        for line in text.lines().filter_map(|line| line.strip_prefix("hosts = [\"")) {
            let host = line.split('"').next().unwrap().replace("*.", "x.");
            let paths = ["/a", "/releases/", "/discussions/", "/abs/", "/item", "/s/", "/t/", "/questions/", "/a/"];
            let found = paths.iter().any(|path| {
                let address = url::Url::parse(&format!("https://{host}{path}")).unwrap();
                Rules::built_in().find(&address).is_some()
            });
            assert!(found, "{host}");
            n_rules += 1;
        }
    }
    assert!(n_rules >= 15, "{n_rules}");
}

#[test]
fn a_rule_says_where_the_article_is() {
    // What scoring would never take: the text is hidden, short, and in an element that calls itself comments.
    let html = "<title>x</title><h1>Wrong</h1><b id=name>Right</b><p>The page has a long paragraph beside it, with commas, which would win by weight alone.</p>\
                <div id=text class=comments style='visibility:hidden'><p>Short text.</p><p class=promo>Buy now.</p><p>圖片</p></div>";
    let rules = Rules::parse(
        "x",
        "[[site]]\nhosts = [\"*.example\"]\nbody = [\"#none\", \"#text\"]\nstrip = [\".promo\"]\ntitle = [\"#name\"]",
    )
    .unwrap();
    let address = url::Url::parse("https://news.example/a").unwrap();
    let guide = Guide { rule: rules.find(&address), ..Guide::default() };
    let article = extract_with(&page(html), &guide).unwrap();
    assert_eq!(article.html, "<p>Short text.</p>");
    assert_eq!(article.title.as_deref(), Some("Right"));
    assert!(rules.find(&url::Url::parse("https://other.test/").unwrap()).is_none());
    // A rule that finds nothing is passed over.
    assert!(extract_with(&page(&format!("<h1>Quiet harbour</h1>{}", body())), &guide).is_ok());
}

#[test]
fn a_rule_that_is_wrong_is_named() {
    let wrong = |text: &str| Rules::parse("mine.toml", text).unwrap_err();
    assert!(wrong("[[site]]\nbody = [\"p\"]").contains("mine.toml: a [[site]] names no hosts"));
    assert!(wrong("[[site]]\nhosts = [\"a.example\"]\nbody = [\"p[\"]").contains("\"p[\" is not a CSS selector"));
    assert!(wrong("[[site]]\nhots = []").contains("hots"));
}

#[test]
fn what_a_person_strips_goes_from_pages_and_feeds() {
    let rule = Rule::for_feed(&[], &["p.promo".into()], None).unwrap();
    assert_eq!(clean_with("<p>Text.</p><p class=promo>Buy.</p>", "https://a.example/", None, Some(&rule)), "<p>Text.</p>");
    let html = format!(
        "<h1>Quiet harbour</h1>{}<p class=promo>{}</p>",
        body(),
        "This sentence, long as it is, is only there to sell something."
    );
    let article = extract_with(&page(&html), &Guide { rule: Some(&rule), ..Guide::default() }).unwrap();
    assert!(!plain_text(&article.html).contains("sell") && plain_text(&article.html).contains(PARAGRAPHS[3]));
}

#[test]
fn the_next_page_is_known_by_its_address() {
    let next = |url: &str, link: &str| {
        let html = format!("<h1>Quiet harbour</h1>{}{link}", body());
        extract(&Page { url, ..page(&html) }).unwrap().next_page
    };
    let story = "https://news.example/2025/story";
    assert_eq!(next(story, "<a href='/2025/story/2'>2</a>").as_deref(), Some("https://news.example/2025/story/2"));
    assert_eq!(next(story, "<a rel=next href='?page=2'>more</a>").as_deref(), Some("https://news.example/2025/story?page=2"));
    assert_eq!(
        next("https://news.example/a/story_2.html", "<a href='story_3.html'>下一页</a>").as_deref(),
        Some("https://news.example/a/story_3.html")
    );
    // Another article, another host, a page that was, a number that is the article's own.
    assert_eq!(next(story, "<a rel=next href='/2025/another'>next</a>"), None);
    assert_eq!(next(story, "<a rel=next href='https://other.example/2025/story/2'>2</a>"), None);
    assert_eq!(next("https://news.example/2025/story/3", "<a href='/2025/story/2'>2</a>"), None);
    assert_eq!(next("https://news.example/a/7", "<a rel=next href='/a/8'>next</a>"), None);
}

#[test]
fn what_a_host_repeats_goes_and_never_all() {
    let motto = "The Example has told the harbour's stories since 1890, whatever the weather.";
    let html = format!("<h1>Quiet harbour</h1>{}<p>{motto}</p>", body());
    let first = extract(&page(&html)).unwrap();
    assert!(plain_text(&first.html).contains(motto) && !first.blocks.is_empty());
    // Another article of the host has the motto too.
    let other = extract(&page(&format!(
        "<h1>Loud harbour</h1><p>{}</p><p>{motto}</p>",
        "It is a story of its own, with commas, and long. ".repeat(9)
    )))
    .unwrap();
    let shared: Vec<u64> = other.blocks.iter().filter(|line| first.blocks.contains(line)).copied().collect();
    assert_eq!(shared.len(), 1);
    let recalled = |lines: Vec<u64>| {
        let memory = Memory::new(lines);
        extract_with(&page(&html), &Guide { memory: Some(&memory), ..Guide::default() }).unwrap()
    };
    let article = recalled(shared);
    assert!(!plain_text(&article.html).contains(motto) && plain_text(&article.html).contains(PARAGRAPHS[3]));
    assert!(article.removed.iter().any(|r| r.what == "site boilerplate"));
    // The same article at another address: nothing goes, and the same lines are counted.
    let again = recalled(first.blocks.clone());
    assert_eq!((again.html, again.blocks), (first.html, first.blocks));
}

#[test]
fn pages_are_joined_without_what_they_repeat() {
    let page = |text: &str| format!("<p>{}</p><p>{text}</p>", PARAGRAPHS[0]);
    let joined = join_pages(&[page(PARAGRAPHS[1]), page(PARAGRAPHS[2])]);
    assert_eq!(joined, format!("<p>{}</p><p>{}</p><p>{}</p>", PARAGRAPHS[0], PARAGRAPHS[1], PARAGRAPHS[2]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(html in "\\PC{0,200}", base in "\\PC{0,20}") {
        let _ = extract(&page(&html));
        let _ = clean(&html, &base, Some("x"));
        let _ = plain_text(&html);
    }

    #[test]
    fn sanitising_twice_changes_nothing(pieces in proptest::collection::vec(piece(), 0..24)) {
        let html = pieces.concat();
        let once = sanitize(&html, "https://a.example/b/c");
        judge(&once);
        prop_assert_eq!(sanitize(&once, "https://a.example/b/c"), once);
        judge(&clean(&html, "https://a.example/", None));
    }
}

fn piece() -> impl Strategy<Value = String> {
    let tag = prop::sample::select(vec![
        "p",
        "div",
        "b",
        "i",
        "a href=/x",
        "a",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "tbody",
        "caption",
        "pre",
        "code",
        "h1",
        "h2",
        "blockquote",
        "figure",
        "figcaption",
        "dl",
        "dt",
        "dd",
        "br",
        "hr",
        "img src=/i.png",
        "span",
        "section",
        "font",
        "ruby",
        "rt",
        "button",
        "object",
        "form",
        "select",
        "option",
        "svg",
        "math",
        "mi",
        "template",
        "noscript",
        "textarea",
        "title",
        "script",
        "style",
        "iframe src=https://www.youtube.com/embed/x",
        "nobr",
        "center",
        "details",
        "summary",
        "body",
        "frameset",
        "plaintext",
        "col",
        "tt",
    ]);
    prop_oneof![
        4 => tag.clone().prop_map(|t| format!("<{t}>")),
        3 => tag.prop_map(|t| format!("</{}>", t.split(' ').next().unwrap_or_default())),
        3 => prop::sample::select(vec!["text", " ", "\n", "a b", "&amp;lt;", "&nbsp;", "<", "\"", "圖片", "\u{202e}", "&#0;", "<!--", "-->"]).prop_map(str::to_owned),
    ]
}

/// The day that is found on a page with this head and this line beside the headline.
fn day(head: &str, line: &str) -> Option<String> {
    let html =
        format!("<html lang=de><head><title>Quiet harbour</title>{head}</head><body><h1>Quiet harbour</h1>{line}{}", body());
    let page = Page { url: "https://news.example/story", ..page(&html) };
    let found = extract(&page).expect("an article").published;
    found.map(|at| at.rfc3339()[..10].to_owned())
}

#[test]
fn dates_are_read_from_what_readers_see() {
    for line in [
        "<p>23. November 2025, 10:00 Uhr</p>",
        "<p class=date>November 23rd, 2025</p>",
        "<div>23 novembre 2025 à 10h00</div>",
        "<div>23 de noviembre de 2025</div>",
        "<div>2025年11月23日 10:00</div>",
        "<div>2025년 11월 23일</div>",
        "<span>Jo Doe</span> <span>23.11.25</span>",
        "<p>BERLIN, 23 November 2025 – The harbour was quiet on Monday, and the cranes, which moved since spring, stood still.</p>",
    ] {
        assert_eq!(day("", line).as_deref(), Some("2025-11-23"), "{line}");
    }
    assert_eq!(day("", ""), None);
}

#[test]
fn the_day_is_the_one_that_readers_saw() {
    let ld = |at: &str| {
        format!(
            "<script type=application/ld+json>{{\"@type\":\"Article\",\"headline\":\"Quiet harbour\",\"datePublished\":\"{at}\"}}</script>"
        )
    };
    // Universal time before midnight, where the page tells the local day.
    assert_eq!(day(&ld("2025-11-22T23:30:00Z"), "<p>23. November 2025</p>").as_deref(), Some("2025-11-23"));
    // A day kept as midnight in central Europe.
    assert_eq!(day(&ld("2025-11-22T23:00:00.000Z"), "").as_deref(), Some("2025-11-23"));
    assert_eq!(day(&ld("2025-11-23T00:30:00+02:00"), "").as_deref(), Some("2025-11-23"));
    // An import kept its own day among the data; readers see when it was published.
    assert_eq!(day(&ld("2024-02-01T10:00:00Z"), "<p class=date>23. November 2025</p>").as_deref(), Some("2025-11-23"));
    // A later update is no publication, an event none, and a day and month may have changed places.
    assert_eq!(day(&ld("2025-11-23T10:00:00Z"), "<p>Aktualisiert: 29. November 2025</p>").as_deref(), Some("2025-11-23"));
    assert_eq!(day(&ld("2025-11-23T10:00:00Z"), "<p>Termin: 29.12.2025</p>").as_deref(), Some("2025-11-23"));
    assert_eq!(day(&ld("2025-11-05T10:00:00Z"), "<p>05/11/2025</p>").as_deref(), Some("2025-11-05"));
    assert_eq!(day(&ld("2025-11-05T10:00:00Z"), "<p>11/05/2025</p>").as_deref(), Some("2025-11-05"));
}

#[test]
fn a_country_tells_the_zone_where_the_page_names_no_language() {
    let html = format!("<meta property=article:published_time content=2025-11-22T23:00:00Z>{}", body());
    let day = |url| extract(&Page { url, ..page(&html) }).expect("an article").published.map(|at| at.rfc3339()[..10].to_owned());
    assert_eq!(day("https://news.example.de/story").as_deref(), Some("2025-11-23"));
    assert_eq!(day("https://news.example/story").as_deref(), Some("2025-11-22"));
}

#[test]
fn a_date_is_found_among_the_data_of_scripts_at_last() {
    let script = "<script>window.state = {\"publishedAt\": \"2025-11-23T10:00:00Z\"}</script>";
    assert_eq!(day(script, "").as_deref(), Some("2025-11-23"));
}

#[test]
fn the_byline_names_the_author_where_the_data_do_not() {
    let author = |byline: &str| {
        let html = format!("<title>Quiet harbour</title><article><h1>Quiet harbour</h1>{byline}{}</article>", body());
        extract(&page(&html)).expect("an article").author
    };
    assert_eq!(author("<p class=byline>By Jo Doe, 3 May 2025</p>").as_deref(), Some("Jo Doe"));
    assert_eq!(author("<p>By Jo van Doe and Max O’Neil</p>").as_deref(), Some("Jo van Doe, Max O’Neil"));
    assert_eq!(author("<div>Von Anna Müller-Lüdenscheidt | 12.05.2025</div>").as_deref(), Some("Anna Müller-Lüdenscheidt"));
    assert_eq!(author("<div>2025-05-12</div><div>作者：张三 来源：某网</div>").as_deref(), Some("张三"));
    assert_eq!(author("<p>By noon everything was over.</p>"), None);
    assert_eq!(author("<p>By 2030</p>"), None);
    assert_eq!(author("<p>By May</p>"), None);
}

#[test]
fn the_explanation_says_which_reading_won_and_what_became_of_each_line() {
    let story = format!("<title>Quiet harbour</title><article><h1>Quiet harbour</h1>{}<p>Share this</p></article>", body());
    let (found, told) = explain(&page(&story), &Guide::default());
    assert_eq!(found, extract(&page(&story)));
    assert_eq!(told.reading, "the scores of the lines");
    let stayed = told.blocks.iter().filter(|block| block.removed.is_none()).count();
    assert_eq!((stayed, told.blocks.len()), (4, 6), "{:?}", told.blocks);
    // Also of a page without an article.
    let walled = "<title>Wait</title><p>Checking your browser before you are let in, which takes a moment, please wait.</p>";
    let (found, told) = explain(&page(walled), &Guide::default());
    assert_eq!((found, told.blocks.len()), (Err(NoArticle::Wall), 1));
    let links = "<ul><li><a href=/1>Another story about a harbour</a><li><a href=/2>A third story about cranes</a></ul>";
    let (found, told) = explain(&page(links), &Guide::default());
    assert_eq!(found, Err(NoArticle::Empty));
    assert!(told.blocks.iter().all(|block| block.removed.is_some()), "{:?}", told.blocks);
}

#[test]
fn a_sentence_that_begins_like_a_cue_stays_in_a_text() {
    for cue in [
        "Close",
        "Supported by",
        "First published",
        "Read more",
        "Share on",
        "Leave a comment for",
        "Related topics",
        "We use cookies",
        "Privacy policy",
        "Advertising",
    ] {
        let sentence = format!("{cue} the old quay, the men of the harbour had always kept a fire, and they let nobody near it.");
        let html = format!("<article><h1>Quiet harbour</h1>{}<p>{sentence}</p><p>{}</p></article>", body(), PARAGRAPHS[0]);
        assert!(check(&html, &[]).contains(&sentence), "{cue}");
    }
    // Alone, or naming what it leads to, it goes.
    check(
        &format!(
            "<article><h1>Quiet harbour</h1>{}<p>Read more: <a href=/x>A third story about cranes</a></p><p>Leave a reply</p></article>",
            body()
        ),
        &["A third story", "Leave a reply"],
    );
}
