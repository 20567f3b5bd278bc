//! What goes into the room, and what comes out of it.

use super::memory::Memory;
use super::rules::Rule;
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
    /// The next page of the same article, absolute, of the same host.
    pub next_page: Option<String>,
    /// Hashes of the lines at the ends of the body, for the [`Memory`] of its host.
    pub blocks: Vec<u64>,
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
    #[error("the page is a list of articles")]
    Index,
}

/// What is known of a page's site before the page is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guide<'a> {
    /// Where on the page the article is; `None`: as a built-in rule says, where there is one for the host.
    pub rule: Option<&'a Rule>,
    /// What the host repeats in its articles.
    pub memory: Option<&'a Memory>,
    /// The budget: nodes that may be made of the page, which every later step is linear in. `None`: 75,000, the largest
    /// number that stays below a quarter of a second.
    pub max_nodes: Option<usize>,
}

/// How an article was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What said where the article is.
    pub reading: &'static str,
    /// The lines of the page; none where the text did not come from them.
    pub blocks: Vec<Block>,
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
    /// What it was taken for; `None` where it stayed.
    pub removed: Option<&'static str>,
    /// The rule that took it.
    pub rule: Option<&'static str>,
}
