//! Rules for sites: where on a host's pages the article is, for hosts where a rule beats scoring.
//!
//! A rule is a table `[[site]]` of CSS selectors; ours are in `config/site-rules/`, built into the program, and a
//! person's own come before them. A rule that finds nothing on a page is passed over, and the page is scored.

use super::tree::{Tree, weight};
use scraper::node::Element;
use scraper::{Html, Selector};
use serde::Deserialize;
use std::sync::LazyLock;

/// One `[[site]]` as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    /// Host names; `*.example.com` means all below `example.com`.
    hosts: Vec<String>,
    /// What the address's path must hold; empty: any.
    path: String,
    body: Vec<String>,
    strip: Vec<String>,
    title: Vec<String>,
    author: Vec<String>,
    date: Vec<String>,
    next: Vec<String>,
}

/// Where the article is on the pages of some hosts. Lists of selectors are alternatives, the first that finds something
/// counts; of `strip` all do.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    hosts: Vec<String>,
    path: String,
    body: Vec<Selector>,
    strip: Vec<Selector>,
    title: Vec<Selector>,
    author: Vec<Selector>,
    date: Vec<Selector>,
    next: Vec<Selector>,
}

/// Rules, the first that fits an address counts.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

const BUILT_IN: [&str; 4] = [
    include_str!("../../config/site-rules/code.toml"),
    include_str!("../../config/site-rules/discussion.toml"),
    include_str!("../../config/site-rules/platforms.toml"),
    include_str!("../../config/site-rules/chinese.toml"),
];

static OURS: LazyLock<Rules> = LazyLock::new(|| {
    // A test loads each file, so none is passed over here.
    Rules(BUILT_IN.iter().filter_map(|text| Rules::parse("site-rules", text).ok()).flat_map(|rules| rules.0).collect())
});

impl Rules {
    /// Reads a file of rules; the error is a sentence that names the place.
    pub fn parse(file: &str, text: &str) -> Result<Rules, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct List {
            #[serde(default, rename = "site")]
            sites: Vec<Written>,
        }
        let list: List = toml::from_str(text).map_err(|error| format!("{file}: {error}"))?;
        let rule = |site: Written| {
            if site.hosts.is_empty() {
                return Err(format!("{file}: a [[site]] names no hosts"));
            }
            let one = |s: &String| selector(s).map_err(|error| format!("{file}: {error}"));
            let all = |list: &[String]| list.iter().map(one).collect::<Result<Vec<_>, _>>();
            Ok(Rule {
                body: all(&site.body)?,
                strip: all(&site.strip)?,
                title: all(&site.title)?,
                author: all(&site.author)?,
                date: all(&site.date)?,
                next: all(&site.next)?,
                hosts: site.hosts,
                path: site.path,
            })
        };
        list.sites.into_iter().map(rule).collect::<Result<_, _>>().map(Rules)
    }

    /// The rules that are built into the program.
    pub fn built_in() -> &'static Rules {
        &OURS
    }

    /// These, then the others.
    pub fn and(mut self, others: Rules) -> Rules {
        self.0.extend(others.0);
        self
    }

    /// The rule for an address.
    pub fn find(&self, address: &url::Url) -> Option<&Rule> {
        let host = address.host_str()?;
        let fits = |pattern: &String| match pattern.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.')),
            None => host.strip_prefix("www.").unwrap_or(host) == pattern,
        };
        self.0.iter().find(|rule| address.path().contains(&rule.path) && rule.hosts.iter().any(fits))
    }
}

impl Rule {
    /// What a person said of one feed (`select` and `strip` of its `[[feed]]`), on top of the rule for the host.
    /// `None` where neither says anything.
    pub fn for_feed(select: &[String], strip: &[String], host: Option<&Rule>) -> Option<Rule> {
        if select.is_empty() && strip.is_empty() {
            return host.cloned();
        }
        // The configuration checked them.
        let all = |list: &[String]| list.iter().filter_map(|s| selector(s).ok()).collect::<Vec<_>>();
        let mut rule = host.cloned().unwrap_or_default();
        if !select.is_empty() {
            rule.body = all(select);
        }
        rule.strip.extend(all(strip));
        Some(rule)
    }

    pub(super) fn names_body(&self) -> bool {
        !self.body.is_empty()
    }

    pub(super) fn title(&self, html: &Html) -> Option<String> {
        text(&self.title, html)
    }

    pub(super) fn author(&self, html: &Html) -> Option<String> {
        text(&self.author, html)
    }

    /// The first that is a date, in an attribute or in words.
    pub(super) fn date(&self, html: &Html) -> Option<super::dates::Told> {
        let elements = self.date.iter().flat_map(|selector| html.select(selector).take(4));
        elements.into_iter().find_map(|e| {
            let attribute = ["datetime", "content", "title"].iter().find_map(|name| super::dates::parse(e.attr(name)?));
            attribute.or_else(|| super::dates::find(&e.text().take(40).collect::<String>()))
        })
    }

    pub(super) fn next<'a>(&self, html: &'a Html) -> Option<&'a str> {
        self.next.iter().find_map(|selector| html.select(selector).next()?.attr("href"))
    }

    /// The elements that hold the article, outermost only, in the order of the page; empty where the rule finds no text.
    pub(super) fn body(&self, html: &Html, tree: &Tree) -> Vec<u32> {
        for selector in &self.body {
            let found: Vec<*const Element> = html.select(selector).map(|e| std::ptr::from_ref(e.value())).collect();
            let mut parts: Vec<u32> = Vec::new();
            if !found.is_empty() {
                let wanted: std::collections::HashSet<*const Element> = found.into_iter().collect();
                for (at, node) in tree.nodes.iter().enumerate() {
                    let inside = parts.last().is_some_and(|&last| tree.holds(last, at as u32));
                    if !inside && node.element.is_some_and(|e| wanted.contains(&std::ptr::from_ref(e))) {
                        parts.push(at as u32);
                    }
                }
            }
            let text = |&at: &u32| {
                tree.nodes[at as usize..tree.nodes[at as usize].end as usize].iter().map(|n| weight(n.text)).sum::<u32>()
            };
            if parts.iter().map(text).sum::<u32>() > 0 {
                return parts;
            }
        }
        Vec::new()
    }

    /// The elements that are never article.
    pub(super) fn stripped(&self, html: &Html) -> Vec<*const Element> {
        self.strip.iter().flat_map(|selector| html.select(selector)).map(|e| std::ptr::from_ref(e.value())).collect()
    }
}

fn text(selectors: &[Selector], html: &Html) -> Option<String> {
    selectors.iter().find_map(|selector| {
        let element = html.select(selector).next()?;
        let text = match element.attr("content") {
            Some(content) => content.to_owned(),
            None => element.text().take(100).collect::<String>(),
        };
        Some(crate::text::one_line(crate::text::clip(&text, 600))).filter(|text| !text.is_empty())
    })
}

/// Reads one selector; the error names it, and says what to write instead.
pub fn selector(text: &str) -> Result<Selector, String> {
    use scraper::error::SelectorErrorKind::{EndOfLine, UnexpectedToken};
    Selector::parse(text).map_err(|error| {
        let why = match error {
            _ if text.trim().is_empty() => "it is empty",
            EndOfLine => "something is missing at its end",
            UnexpectedToken => "a sign in it stands where none can",
            _ => "it asks for what cannot be found in a page that lies still",
        };
        format!("{text:?} is not a CSS selector, {why}; write it like \"article .text\", \"#main\" or \"time[datetime]\"")
    })
}
