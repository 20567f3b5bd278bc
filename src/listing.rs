//! A page as a source: elements that a person's selectors name → entries. Pure.
//!
//! For sites that have no feed. The page is parsed under the same caps as an article's; the result is what a feed gives,
//! and goes the same way.

use crate::article::{self, rules};
use crate::feed::{self, MAX_ENTRIES, ParsedEntry, ParsedFeed};
use crate::text::{clip, one_line};
use scraper::{ElementRef, Selector};
use serde::{Deserialize, Serialize};
use url::Url;

/// `page = { item = "…", … }` of a `[[feed]]`: CSS selectors, all but `item` inside the item.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Selectors {
    pub item: String,
    /// By default the link's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// By default the item itself or its first link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// By default `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// Why a page gave no entries: its site was rebuilt, as a rule, and a person must look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEntries {
    #[error("{0}")]
    Selector(String),
    #[error("the page has no element that matches {0:?} (page.item in feeds.toml)")]
    NoItem(String),
    #[error("none of the {n_items} elements that match {item:?} has a link that matches {link:?}")]
    NoLink { item: String, n_items: usize, link: String },
}

/// What a title, an address or a date can be long, in bytes.
const MAX_SHORT_BYTES: usize = 4 * 1024;
const MAX_SUMMARY_BYTES: usize = 64 * 1024;

/// Reads the entries off a page.
pub fn read(page: &feed::Document, selectors: &Selectors) -> Result<ParsedFeed, NoEntries> {
    let select = |text: &str| rules::selector(text).map_err(NoEntries::Selector);
    let given = |text: &Option<String>| text.as_deref().map(select).transpose();
    let link_text = selectors.link.as_deref().unwrap_or("a[href]");
    let (item, link, date) = (select(&selectors.item)?, select(link_text)?, select(selectors.date.as_deref().unwrap_or("time"))?);
    let (title, summary) = (given(&selectors.title)?, given(&selectors.summary)?);

    let html = article::parse_page(page.bytes, page.content_type);
    let base = base(&html, page.url);
    let mut found = ParsedFeed { title: page_title(&html), link: Some(page.url.to_owned()), ..ParsedFeed::default() };
    found.language = html.root_element().attr("lang").map(one_line).filter(|language| !language.is_empty());
    let (mut n_items, mut n_linkless) = (0, 0);
    let mut seen = std::collections::HashSet::new();
    for element in html.select(&item) {
        n_items += 1;
        let linked = std::iter::once(element).filter(|e| link.matches(e)).chain(element.select(&link));
        let target = linked.into_iter().find_map(|e| Some((e, absolute(e.attr("href")?, base.as_ref())?)));
        let Some((anchor, url)) = target else {
            n_linkless += 1;
            continue;
        };
        if !seen.insert(url.clone()) {
            continue;
        }
        if found.entries.len() >= MAX_ENTRIES {
            found.warnings.push(format!("more than {MAX_ENTRIES} entries: the rest is left out"));
            break;
        }
        let first = |selector: &Selector| element.select(selector).next();
        let headline = title.as_ref().and_then(first).map(text).filter(|title| !title.is_empty()).unwrap_or_else(|| text(anchor));
        found.entries.push(ParsedEntry {
            id: Some(url.clone()),
            link: Some(url),
            title: Some(headline).filter(|title| !title.is_empty()),
            published: first(&date).and_then(moment),
            summary: summary.as_ref().and_then(first).map(|e| clip(&e.inner_html(), MAX_SUMMARY_BYTES).to_owned()),
            ..ParsedEntry::default()
        });
    }
    if n_items == 0 {
        return Err(NoEntries::NoItem(selectors.item.clone()));
    }
    if found.entries.is_empty() {
        return Err(NoEntries::NoLink { item: selectors.item.clone(), n_items, link: link_text.to_owned() });
    }
    if n_linkless > 0 {
        found.warnings.push(format!("{n_linkless} of {n_items} elements have no link and are left out"));
    }
    Ok(found)
}

fn page_title(html: &scraper::Html) -> Option<String> {
    // The selector is a constant that parses.
    let title = Selector::parse("title").ok()?;
    html.select(&title).next().map(text).filter(|title| !title.is_empty())
}

/// The page's own `base`, against its address.
fn base(html: &scraper::Html, page_url: &str) -> Option<Url> {
    let page = Url::parse(page_url).ok()?;
    let own = Selector::parse("base[href]").ok().and_then(|base| html.select(&base).next()?.attr("href"));
    own.and_then(|own| page.join(own).ok()).or(Some(page))
}

fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let mut url = base?.join(clip(href.trim(), MAX_SHORT_BYTES)).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

fn text(element: ElementRef) -> String {
    let mut text = String::new();
    for part in element.text() {
        if text.len() > MAX_SHORT_BYTES {
            break;
        }
        text.push_str(part);
        text.push(' ');
    }
    one_line(clip(&text, MAX_SHORT_BYTES))
}

/// In `datetime`, else in the text.
fn moment(element: ElementRef) -> Option<crate::model::Timestamp> {
    element.attr("datetime").and_then(feed::parse_date).or_else(|| feed::parse_date(&text(element)))
}
