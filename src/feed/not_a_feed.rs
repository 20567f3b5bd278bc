//! What a document is that is no feed: said so that a person knows what to do next.

use super::tokens::{Token, Tokens, starts_with_ignoring_case};
use super::{NotAFeed, discovery};

/// First bytes → what has them.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture, sound or film"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"\x7fELF", "a program"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ", "xz data"),
    (b"BZh", "bzip2 data"),
    (b"SQLite format 3", "a database"),
];

/// Names of root elements that are known and no feeds.
const ROOTS: &[(&str, &str)] = &[
    ("opml", "an OPML list of feeds"),
    ("urlset", "a sitemap without news"),
    ("sitemapindex", "an index of sitemaps (one of those that it lists may be a news sitemap)"),
    ("kml", "a KML map"),
    ("svg", "an SVG picture"),
    ("opensearchdescription", "an OpenSearch description"),
    ("service", "an Atom service document"),
    ("xrds", "an XRDS document"),
    ("manifest", "a manifest"),
    ("error", "an error message"),
    ("stylesheet", "a stylesheet"),
];

/// Words of pages that stand where a feed should be: in the title or at the start, in lower case.
const GATES: &[(&str, &str)] = &[
    ("just a moment", "a page that checks for robots"),
    ("attention required", "a page that checks for robots"),
    ("verify you are human", "a page that checks for robots"),
    ("are you a robot", "a page that checks for robots"),
    ("checking your browser", "a page that checks for robots"),
    ("enable javascript and cookies", "a page that checks for robots"),
    ("ddos protection", "a page that checks for robots"),
    ("captcha", "a page that checks for robots"),
    ("before you continue", "a consent page"),
    ("cookie consent", "a consent page"),
    ("your privacy choices", "a consent page"),
    ("sign in", "a login page"),
    ("log in", "a login page"),
    ("login", "a login page"),
    ("anmelden", "a login page"),
    ("se connecter", "a login page"),
    ("iniciar sesión", "a login page"),
    ("ログイン", "a login page"),
    ("登录", "a login page"),
];

/// What can be told without reading: nothing at all, or bytes that are no text.
pub(super) fn before_reading(bytes: &[u8], text: &str) -> Option<NotAFeed> {
    if text.trim().is_empty() {
        return Some(NotAFeed::Empty);
    }
    SIGNATURES.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, what)| NotAFeed::Other(what))
}

/// What a text without a feed in it is.
pub(super) fn after_reading(text: &str, url: &str) -> NotAFeed {
    let mut tokens = Tokens::new(text);
    let mut root = None;
    let mut title = None;
    for _ in 0..200 {
        match tokens.next() {
            None => break,
            Some(Token::Open { name, .. }) => {
                root.get_or_insert(name);
                if name.eq_ignore_ascii_case("title") {
                    title = Some(super::markup::plain(tokens.raw_text("title")));
                    break;
                }
            }
            Some(_) => {}
        }
    }
    let Some(root) = root else {
        return NotAFeed::Other("text without markup");
    };
    let local = root.rsplit(':').next().unwrap_or(root);
    if let Some((_, what)) = ROOTS.iter().find(|(name, _)| local.eq_ignore_ascii_case(name)) {
        return NotAFeed::Other(what);
    }
    let start = text.trim_start();
    let is_html = super::names::is_html_element(local)
        || starts_with_ignoring_case(start, "<!doctype html")
        || memchr::memmem::find(start.as_bytes(), b"</html>").is_some();
    if !is_html {
        return NotAFeed::Unreadable(format!("its root element is <{}>", crate::text::clip(&crate::text::one_line(root), 40)));
    }
    let feeds = discovery::declared(text, url);
    let title = title.unwrap_or_default().to_lowercase();
    match GATES.iter().find(|(words, _)| title.contains(words)) {
        Some((_, what)) if feeds.is_empty() => NotAFeed::Other(what),
        _ => NotAFeed::Html { feeds },
    }
}
