//! Page → body. Pure: no files, network, clock, randomness, async or logging.
//!
//! The article is found in the page, cleaned of what is not article, sanitised, and goes to the story room
//! and the store as HTML; its plain text is always [`plain_text`] of that HTML.

mod allowed;
mod classes;
mod cues;
mod dates;
mod decode;
mod images;
mod lines;
mod markup;
mod meta;
mod plain;
mod prepass;
mod prune;
mod published;
mod select;
mod tree;
mod wall;
mod write;

use crate::model::Timestamp;
use lines::Trust;
use tree::{Hidden, Tree};
use url::Url;

/// A page as it was fetched, with what the feed said about it.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub bytes: &'a [u8],
    /// The `Content-Type` header, whole.
    pub content_type: Option<&'a str>,
    /// The final address: the base of relative links.
    pub url: &'a str,
    /// The entry's headline, where a feed gave one.
    pub title: Option<&'a str>,
    /// The feed's own summary as plain text: its words say where the article is.
    pub summary: Option<&'a str>,
}

/// An article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Article {
    pub title: Option<String>,
    pub author: Option<String>,
    pub published: Option<Timestamp>,
    /// A BCP 47 tag.
    pub language: Option<String>,
    pub site_name: Option<String>,
    /// `rel=canonical`, absolute.
    pub canonical_url: Option<String>,
    /// `og:url`, absolute.
    pub og_url: Option<String>,
    pub lead_image: Option<String>,
    /// Sanitised, links absolute, no active content.
    pub html: String,
    /// What was taken out, for a person to see.
    pub removed: Vec<Removed>,
}

/// A piece of a page that is not article.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    /// "comment form", "image placeholder", "share bar", "related links", …
    pub what: &'static str,
    /// The first words of it.
    pub excerpt: String,
}

/// Why a page gave no article.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoArticle {
    #[error("the page has no text")]
    Empty,
    #[error("not an HTML page")]
    NotHtml,
    #[error("a paywall stands before the article")]
    Paywall,
    #[error("the site asks for consent or checks for robots first")]
    Wall,
}

/// Finds the article in a page. Never panics; the work is bounded by the page's size.
pub fn extract(page: &Page) -> Result<Article, NoArticle> {
    if let Some(kind) = page.content_type
        && !is_html(kind)
    {
        return Err(NoArticle::NotHtml);
    }
    let text = decode::decode(page.bytes, page.content_type);
    if text.trim().is_empty() {
        return Err(NoArticle::Empty);
    }
    let prepared = prepass::prepare(&text);
    let html = scraper::Html::parse_document(&prepared.html);
    let mut found = meta::read(&html, &prepared.json_ld, page);
    let base = found.base.clone();
    let title = found.article.title.clone();
    let attempt = |hidden, trust| body(&html, title.as_deref(), base.as_ref(), hidden, trust);
    let mut body = attempt(Hidden::Drop, Trust::Normal);
    // Never nothing where there is text: first less belief in classes, then what styles hide.
    for (hidden, trust) in [(Hidden::Drop, Trust::Little), (Hidden::Keep, Trust::Little)] {
        let have = body.as_ref().map_or(0, |b| tree::weight(&plain::plain_text(&b.html)));
        if have >= MIN_WEIGHT {
            break;
        }
        let other = attempt(hidden, trust);
        if other.as_ref().is_some_and(|b| tree::weight(&plain::plain_text(&b.html)) > have * 2) {
            body = other;
        }
    }
    let Some(body) = body.filter(|body| !body.html.is_empty()) else { return Err(NoArticle::Empty) };
    found.dates.extend(body.dates);
    if found.dates.is_empty() {
        found.dates.extend(published::in_scripts(&text).map(|told| (published::Source::Script, told)));
    }
    found.article.published = published::choose(&found.dates, found.article.language.as_deref());
    if let Some(wall) = wall::wall(&body.html, found.article.title.as_deref(), found.says_paid) {
        return Err(wall);
    }
    found.article.html = body.html;
    found.article.removed = body.removed;
    Ok(found.article)
}

/// One line of a page with why it stayed or went.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The first words.
    pub text: String,
    /// The elements around it, innermost last: `article.post > div.entry-content > p`.
    pub path: String,
    /// What counted for (positive) or against it when the container was chosen.
    pub score: i64,
    /// The marks that classes, tags and roles gave it.
    pub marks: String,
    /// `None` where it stayed.
    pub removed: Option<&'static str>,
}

/// Every line of a page and what became of it: the long form of [`Article::removed`], for people who tune.
pub fn explain(page: &Page) -> Vec<Block> {
    let text = decode::decode(page.bytes, page.content_type);
    let prepared = prepass::prepare(&text);
    let html = scraper::Html::parse_document(&prepared.html);
    let found = meta::read(&html, &prepared.json_ld, page);
    let tree = Tree::new(&html, Hidden::Drop);
    let mut lines = lines::lines(&tree);
    let title = found.article.title.as_deref();
    let believed = lines::mark(&tree, &mut lines, title, Trust::Normal);
    let Some(selection) = select::select(&tree, &lines, title) else { return Vec::new() };
    let pruned = prune::prune(&tree, &lines, &believed, &selection, title);
    let inside = |line: &lines::Line| tree.holds(selection.outer, line.first);
    let first = lines.iter().position(inside).unwrap_or(0);
    let blocks = lines.iter().enumerate().map(|(i, line)| Block {
        text: crate::text::excerpt(&tree.line_text(line.first, line.end, 400), 80),
        path: tree.path(line.first),
        score: select::score(line),
        marks: line.marks.to_string(),
        removed: if inside(line) { pruned.why.get(i - first).copied().flatten() } else { Some("outside") },
    });
    blocks.collect()
}

/// A body lighter than this is not trusted to be the whole article.
const MIN_WEIGHT: u32 = 150;

struct Body {
    html: String,
    /// The dates that readers see.
    dates: published::Dates,
    removed: Vec<Removed>,
}

fn body(html: &scraper::Html, title: Option<&str>, base: Option<&Url>, hidden: Hidden, trust: Trust) -> Option<Body> {
    let tree = Tree::new(html, hidden);
    let mut lines = lines::lines(&tree);
    let believed = lines::mark(&tree, &mut lines, title, trust);
    let selection = select::select(&tree, &lines, title)?;
    let pruned = prune::prune(&tree, &lines, &believed, &selection, title);
    let html = write::write(&tree, selection.outer, &pruned.fates, base);
    let dates = published::seen(&tree, &lines, &selection);
    Some(Body { html, dates, removed: pruned.removed })
}

fn is_html(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty() || kind.contains("html") || kind.contains("xml") || kind == "text/plain" || kind == "application/octet-stream"
}

/// A body that a feed gave, cleaned and sanitised by the same steps as an extracted one: links absolute
/// against `base_url`, placeholders and tracking pixels gone, the repeated headline gone. May be plain text.
pub fn clean(html: &str, base_url: &str, title: Option<&str>) -> String {
    if !html.contains('<') {
        return plain::paragraphs(html);
    }
    let prepared = prepass::prepare(html);
    let parsed = scraper::Html::parse_document(&prepared.html);
    let tree = Tree::new(&parsed, Hidden::Drop);
    if tree.nodes.is_empty() {
        return String::new();
    }
    let base = Url::parse(base_url).ok();
    let mut lines = lines::lines(&tree);
    let believed = lines::mark(&tree, &mut lines, title, Trust::Normal);
    let pruned = prune::prune_feed_body(&tree, &lines, &believed, title);
    let cleaned = write::write(&tree, 0, &pruned.fates, base.as_ref());
    // A body that is nothing but a caption or a link is still what the feed has to say.
    if cleaned.is_empty() { write::write(&tree, 0, &[], base.as_ref()) } else { cleaned }
}

/// Only what makes HTML harmless: a tight allowlist. Idempotent.
pub fn sanitize(html: &str, base_url: &str) -> String {
    let prepared = prepass::prepare(html);
    let parsed = scraper::Html::parse_document(&prepared.html);
    let tree = Tree::new(&parsed, Hidden::Drop);
    write::write(&tree, 0, &[], Url::parse(base_url).ok().as_ref())
}

/// The text of sanitised HTML, a line a block; captions and placeholders are no text. Linear and cheap: it
/// is computed whenever it is needed instead of being stored.
pub fn plain_text(html: &str) -> String {
    plain::plain_text(html)
}
