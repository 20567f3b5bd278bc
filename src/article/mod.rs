//! Page → body. Pure: no files, network, clock, randomness, async or logging.
//!
//! The article is found in the page, cleaned of what is not article, sanitised, and goes to the story room
//! and the store as HTML; its plain text is always [`plain_text`] of that HTML.

use crate::model::Timestamp;

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
    let _ = page;
    Err(NoArticle::Empty)
}

/// A body that a feed gave, cleaned and sanitised by the same steps as an extracted one: links absolute
/// against `base_url`, placeholders and tracking pixels gone, the repeated headline gone. May be plain text.
pub fn clean(html: &str, base_url: &str, title: Option<&str>) -> String {
    let _ = (html, base_url, title);
    String::new()
}

/// Only what makes HTML harmless: a tight allowlist. Idempotent.
pub fn sanitize(html: &str, base_url: &str) -> String {
    let _ = (html, base_url);
    String::new()
}

/// The text of sanitised HTML, a line a block; captions and placeholders are no text. Linear and cheap: it
/// is computed whenever it is needed instead of being stored.
pub fn plain_text(html: &str) -> String {
    let _ = html;
    String::new()
}
