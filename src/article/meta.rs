//! What the page says about itself: title, author, date, language, addresses, lead image.
//!
//! Sources in order of trust: JSON-LD of the article, `<meta>`, schema in attributes, the visible page.

use super::dates::{self, Told};
use super::lines::squash;
use super::markup::absolute;
use super::published::{Dates, Source};
use super::tree::attribute;
use super::{Article, Page};
use crate::text::{fold, is_cjk, one_line};
use scraper::node::{Element, Node};
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

pub struct Found {
    pub article: Article,
    /// `isAccessibleForFree` is false.
    pub says_paid: bool,
    pub base: Option<Url>,
    pub dates: Dates,
    /// `articleBody`, as plain text.
    pub ld_body: Option<String>,
}

/// JSON-LD beyond this is a catalogue, not an article.
const MAX_JSON: usize = 1 << 20;

#[derive(Default)]
struct Evidence<'a> {
    meta: HashMap<String, &'a str>,
    canonical: Option<&'a str>,
    amp_language: Option<&'a str>,
    base: Option<&'a str>,
    titles: Vec<String>,
    h1: Vec<(bool, String)>,
    prop_dates: Vec<&'a str>,
    times: Vec<(bool, String)>,
    authors: Vec<String>,
}

pub fn read(html: &scraper::Html, json_ld: &[&str], page: &Page) -> Found {
    let evidence = gather(html);
    let ld = LinkedData::read(json_ld);
    let page_url = Url::parse(page.url).ok();
    let base = match (evidence.base, &page_url) {
        (Some(base), page_url) => absolute(base.trim(), page_url.as_ref()).or_else(|| page_url.clone()),
        (None, page_url) => page_url.clone(),
    };
    let meta = |names: &[&str]| names.iter().find_map(|n| evidence.meta.get(*n).copied()).map(one_line).filter(|v| !v.is_empty());
    let site_name = meta(&["og:site_name", "application-name", "apple-mobile-web-app-title"]).or_else(|| ld.publisher.clone());
    let title = title(&evidence, &ld, site_name.as_deref(), page_url.as_ref())
        .or_else(|| page.title.map(one_line).filter(|t| !t.is_empty()));
    let address = |value: Option<&str>| {
        absolute(value?.trim(), base.as_ref()).filter(|u| matches!(u.scheme(), "http" | "https")).map(String::from)
    };
    let image = meta(&["og:image", "og:image:url", "twitter:image", "twitter:image:src"]).or_else(|| ld.image.clone());
    let article = Article {
        title,
        author: author(&evidence, &ld),
        published: None,
        language: language(&evidence),
        site_name,
        canonical_url: address(evidence.canonical),
        og_url: address(evidence.meta.get("og:url").copied()),
        lead_image: address(image.as_deref()),
        html: String::new(),
        next_page: None,
        blocks: Vec::new(),
        removed: Vec::new(),
    };
    let dates = dates(&evidence, &ld, page);
    Found { article, says_paid: ld.says_paid, base, dates, ld_body: ld.body }
}

fn gather(html: &scraper::Html) -> Evidence<'_> {
    let mut found = Evidence::default();
    for node in html.tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        let text = || {
            let mut out = String::new();
            for inner in node.descendants() {
                // The readings of ruby say the same twice.
                let is_reading =
                    |above: ego_tree::NodeRef<Node>| matches!(above.value(), Node::Element(e) if matches!(e.name(), "rt" | "rp"));
                if let Node::Text(text) = inner.value()
                    && !inner.parent().is_some_and(is_reading)
                {
                    out.push_str(text);
                }
                if out.len() > 600 {
                    break;
                }
            }
            one_line(&out)
        };
        match element.name() {
            "html" => found.amp_language = attribute(element, "lang").or_else(|| attribute(element, "xml:lang")),
            "base" if found.base.is_none() => found.base = attribute(element, "href"),
            "title" if found.titles.len() < 2 => found.titles.push(text()),
            "link"
                if found.canonical.is_none()
                    && attribute(element, "rel").is_some_and(|r| r.eq_ignore_ascii_case("canonical")) =>
            {
                found.canonical = attribute(element, "href");
            }
            "meta" => gather_meta(element, &mut found),
            "h1" if found.h1.len() < 8 => {
                let class = attribute(element, "class").unwrap_or_default().to_ascii_lowercase();
                let named = ["title", "headline", "heading"].iter().any(|w| class.contains(w))
                    || attribute(element, "itemprop").is_some_and(|p| p.contains("headline") || p.contains("name"));
                let text = text();
                if !text.is_empty() {
                    found.h1.push((named, text));
                }
            }
            "time" if found.times.len() < 16 => {
                let class = attribute(element, "class").unwrap_or_default().to_ascii_lowercase();
                let published = attribute(element, "pubdate").is_some()
                    || ["publish", "entry-date", "pubdate", "posted", "created"].iter().any(|w| class.contains(w));
                let value =
                    attribute(element, "datetime").map(str::to_owned).filter(|v| !v.trim().is_empty()).unwrap_or_else(text);
                if attribute(element, "itemprop").is_some_and(|p| p.contains("datePublished")) {
                    found.times.insert(0, (true, value));
                } else {
                    found.times.push((published, value));
                }
            }
            _ => gather_other(element, &mut found, &text),
        }
    }
    found
}

fn gather_meta<'a>(element: &'a Element, found: &mut Evidence<'a>) {
    let Some(content) = attribute(element, "content") else { return };
    for key in ["property", "name", "itemprop", "http-equiv"] {
        if let Some(name) = attribute(element, key) {
            if key == "itemprop" && name.eq_ignore_ascii_case("datepublished") {
                found.prop_dates.push(content);
            }
            if !content.trim().is_empty() && found.meta.len() < 256 {
                found.meta.entry(name.trim().to_ascii_lowercase()).or_insert(content);
            }
        }
    }
}

fn gather_other<'a>(element: &'a Element, found: &mut Evidence<'a>, text: &dyn Fn() -> String) {
    if let Some(prop) = attribute(element, "itemprop") {
        if prop.contains("datePublished")
            && let Some(value) = attribute(element, "content").or_else(|| attribute(element, "datetime"))
        {
            found.prop_dates.push(value);
        }
        if prop == "author" && found.authors.len() < 4 {
            found.authors.push(attribute(element, "content").map(str::to_owned).unwrap_or_else(text));
        }
    } else if attribute(element, "rel").is_some_and(|r| r.split_ascii_whitespace().any(|w| w == "author"))
        && found.authors.len() < 4
    {
        found.authors.push(text());
    }
}

fn title(evidence: &Evidence, ld: &LinkedData, site: Option<&str>, page: Option<&Url>) -> Option<String> {
    let meta = |name: &str| evidence.meta.get(name).map(|v| one_line(v)).filter(|v| !v.is_empty());
    let page_title = evidence.titles.iter().find(|t| !t.is_empty()).cloned();
    let og = meta("og:title").or_else(|| meta("twitter:title")).map(|t| without_site(&t, site, page));
    let tab = page_title.map(|t| without_site(&t, site, page));
    let shares = |h1: &str| {
        let h1 = squash(h1);
        [&og, &tab, &ld.headline].into_iter().flatten().any(|t| {
            let t = squash(t);
            !t.is_empty() && !h1.is_empty() && (t.contains(&h1) || h1.contains(&t))
        })
    };
    // The headline that people see, where the page's other names for itself confirm it …
    let h1 = evidence.h1.iter().find(|(_, t)| t.chars().count() > 8 && shares(t)).map(|(_, t)| t.clone());
    // … without the kicker or subtitle that some put into the same element.
    let h1 = h1.map(|h1| {
        let whole = squash(&h1);
        let part = [&og, &ld.headline, &tab].into_iter().flatten().find(|t| {
            let t = squash(t);
            t.len() >= 20 && t.len() < whole.len() && (whole.ends_with(&t) || whole.starts_with(&t)) && t.len() * 3 >= whole.len()
        });
        part.cloned().unwrap_or(h1)
    });
    let lone = || match evidence.h1.as_slice() {
        [(_, only)] if only.chars().count() > 12 => Some(only.clone()),
        several => several.iter().find(|(named, t)| *named && t.chars().count() > 12).map(|(_, t)| t.clone()),
    };
    // A heading that shares no word with the other names is the site's, or another story's.
    let related = |t: &String| [&og, &tab, &ld.headline].into_iter().flatten().any(|other| shares_words(t, other));
    let lone = || lone().filter(|t| (og.is_none() && ld.headline.is_none()) || related(t));
    h1.or_else(lone)
        .or_else(|| og.clone())
        .or_else(|| ld.headline.clone())
        .or_else(|| tab.clone())
        .map(|t| one_line(&t))
        .filter(|t| !t.is_empty())
}

/// Whether a third of the words (pairs of letters, in scripts without spaces) of one are in the other.
fn shares_words(one: &str, other: &str) -> bool {
    let other = fold(other);
    let one = fold(one);
    let mut words: Vec<String> =
        one.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 3).map(str::to_owned).collect();
    if one.chars().any(is_cjk) {
        let letters: Vec<char> = one.chars().filter(|c| c.is_alphanumeric()).collect();
        words = letters.windows(2).map(|pair| pair.iter().collect()).collect();
    }
    let found = words.iter().filter(|w| other.contains(w.as_str())).count();
    !words.is_empty() && found * 3 >= words.len()
}

/// `Headline - Site`: the site's part goes.
fn without_site(title: &str, site: Option<&str>, page: Option<&Url>) -> String {
    const SEPARATORS: [&str; 14] = [" - ", " | ", " – ", " — ", " · ", " » ", " :: ", " • ", "｜", "_", " / ", " ‹ ", "|", " : "];
    let host = page.and_then(Url::host_str).unwrap_or_default().trim_start_matches("www.").to_owned();
    let site = site.map(squash).unwrap_or_default();
    let mut rest = title.trim();
    // `Site | Headline`, where the site is known by that name from elsewhere.
    let first = SEPARATORS.iter().filter_map(|s| rest.find(s).map(|at| (at, *s))).min_by_key(|(at, _)| *at);
    if let Some((at, separator)) = first {
        let (before, after) = (rest[..at].trim(), rest[at + separator.len()..].trim());
        let head = squash(before);
        let names_site = head.len() >= 4 && (head == site || squash(&host).starts_with(&head));
        if names_site && super::tree::weight(after) >= 8 {
            rest = after;
        }
    }
    // `Site: Headline` too, where it is the site's whole name: a colon is in many headlines.
    if let Some((before, after)) = rest.split_once([':', '：'])
        && squash(before).len() >= 4
        && squash(before) == site
        && super::tree::weight(after) >= 8
    {
        rest = after.trim();
    }
    for _ in 0..3 {
        let Some((at, separator)) = SEPARATORS.iter().filter_map(|s| rest.rfind(s).map(|at| (at, *s))).max_by_key(|(at, _)| *at)
        else {
            break;
        };
        let (before, after) = (rest[..at].trim(), rest[at + separator.len()..].trim());
        let tail = squash(after);
        let names_site = !tail.is_empty()
            && (site.contains(&tail)
                || (!site.is_empty() && tail.contains(&site))
                || squash(&host).contains(&tail)
                || after.contains(&host) && !host.is_empty());
        let short = super::tree::weight(after) * 2 < super::tree::weight(before)
            && after.split_whitespace().count() <= 4
            && separator != " : ";
        if (names_site || short) && super::tree::weight(before) >= 8 {
            rest = before;
        } else {
            break;
        }
    }
    rest.to_owned()
}

/// Every date that the page's data tell, best first in each source.
fn dates(evidence: &Evidence, ld: &LinkedData, page: &Page) -> Dates {
    const NAMES: [&str; 26] = [
        "article:published_time",
        "og:published_time",
        "datepublished",
        "date",
        "dc.date.issued",
        "dc.date",
        "dcterms.date",
        "dcterms.created",
        "dc.date.created",
        "pubdate",
        "publishdate",
        "publish-date",
        "publish_date",
        "parsely-pub-date",
        "sailthru.date",
        "article.published",
        "published_time",
        "published-date",
        "originalpublicationdate",
        "article_date_original",
        "cxenseparse:recs:publishtime",
        "last-modified-date",
        "rnews:datepublished",
        "weibo:article:create_at",
        "article:published",
        "og:article:published_time",
    ];
    let meta = |names: &[&str]| names.iter().find_map(|name| evidence.meta.get(*name).and_then(|v| dates::parse(v)));
    let times = |published: bool| evidence.times.iter().filter(move |(p, _)| *p == published).find_map(|(_, v)| dates::parse(v));
    let description = ["description", "og:description"].iter().find_map(|n| evidence.meta.get(*n));
    let told = [
        (Source::LinkedData, ld.published),
        (Source::Meta, meta(&NAMES)),
        (Source::Property, evidence.prop_dates.iter().find_map(|v| dates::parse(v))),
        (Source::Time, times(true)),
        (Source::Address, dates::in_address(page.url)),
        (Source::OtherTime, times(false)),
        (Source::Description, description.and_then(|d| dates::find(d))),
        (Source::Image, evidence.meta.get("og:image").and_then(|address| dates::in_address(address))),
        (Source::Modified, meta(&["og:updated_time", "article:modified_time", "last-modified"])),
    ];
    told.into_iter().filter_map(|(source, told)| Some((source, told?))).collect()
}

fn author(evidence: &Evidence, ld: &LinkedData) -> Option<String> {
    let named = |name: &str| !name.is_empty() && name.len() < 100 && !name.contains("://") && !name.starts_with('@');
    let meta = || {
        [
            "author",
            "article:author",
            "dc.creator",
            "byl",
            "parsely-author",
            "sailthru.author",
            "og:author",
            "dcterms.creator",
            "twitter:creator",
        ]
        .iter()
        .filter_map(|n| evidence.meta.get(*n))
        .map(|v| one_line(v))
        .find(|v| named(v))
    };
    let ld = (!ld.authors.is_empty()).then(|| ld.authors.join(", "));
    ld.or_else(meta)
        .or_else(|| evidence.authors.iter().map(|a| one_line(a)).find(|a| named(a)))
        .map(|a| ["By ", "by ", "Von ", "von ", "Par "].iter().find_map(|p| a.strip_prefix(p)).unwrap_or(&a).trim().to_owned())
}

fn language(evidence: &Evidence) -> Option<String> {
    let declared = evidence
        .amp_language
        .or_else(|| evidence.meta.get("og:locale").copied())
        .or_else(|| evidence.meta.get("content-language").copied())?;
    let tag = declared.split([',', ';']).next()?.trim().replace('_', "-");
    let valid = (2..=35).contains(&tag.len())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && tag.split('-').next().is_some_and(|p| (2..=3).contains(&p.len()));
    valid.then_some(tag)
}

/// The article among the page's JSON-LD.
#[derive(Default)]
struct LinkedData {
    headline: Option<String>,
    authors: Vec<String>,
    published: Option<Told>,
    publisher: Option<String>,
    image: Option<String>,
    body: Option<String>,
    says_paid: bool,
}

impl LinkedData {
    fn read(blocks: &[&str]) -> LinkedData {
        let mut found = LinkedData::default();
        for block in blocks.iter().filter(|b| b.len() <= MAX_JSON) {
            let block = block
                .trim()
                .trim_start_matches("<!--")
                .trim_start_matches("//<![CDATA[")
                .trim_end_matches("-->")
                .trim_end_matches("//]]>")
                .trim()
                .trim_end_matches(';');
            let value: Option<Value> = serde_json::from_str(block).ok().or_else(|| {
                // Raw line breaks inside strings are the usual fault.
                let flat: String = block.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                serde_json::from_str(&flat).ok()
            });
            if let Some(value) = value {
                found.collect(&value, 0);
            }
        }
        found
    }

    fn collect(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(items) => items.iter().take(64).for_each(|item| self.collect(item, depth)),
            Value::Object(object) => {
                let kinds: Vec<&str> = match object.get("@type") {
                    Some(Value::String(kind)) => vec![kind],
                    Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
                    _ => Vec::new(),
                };
                let article =
                    kinds.iter().any(|k| k.ends_with("Article") || k.ends_with("Posting") || matches!(*k, "Report" | "Review"));
                if article {
                    self.article(object);
                } else if kinds.contains(&"WebPage") && self.published.is_none() {
                    self.published = object.get("datePublished").and_then(Value::as_str).and_then(dates::parse);
                }
                if depth < 4 {
                    for key in ["@graph", "mainEntity", "mainEntityOfPage", "hasPart"] {
                        if let Some(inner) = object.get(key) {
                            self.collect(inner, depth + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn article(&mut self, object: &serde_json::Map<String, Value>) {
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(unescape).filter(|t| !t.is_empty());
        self.says_paid |= object.get("isAccessibleForFree").is_some_and(|free| match free {
            Value::Bool(free) => !free,
            Value::String(free) => free.eq_ignore_ascii_case("false"),
            _ => false,
        });
        if self.headline.is_none() {
            self.headline = text("headline").or_else(|| text("name"));
            if let Some(at) = text("datePublished")
                .as_deref()
                .and_then(dates::parse)
                .or_else(|| text("dateCreated").as_deref().and_then(dates::parse))
            {
                self.published = Some(at);
            }
            self.authors = object.get("author").map(names).unwrap_or_default();
            self.publisher = object.get("publisher").map(names).and_then(|n| n.into_iter().next());
            self.image = object.get("image").and_then(image);
            self.body = object.get("articleBody").and_then(Value::as_str).map(words_only).filter(|b| !b.trim().is_empty());
        }
    }
}

/// Headlines in JSON are often escaped for HTML too.
fn unescape(text: &str) -> String {
    one_line(&super::plain::plain_text(&text.replace('<', "&lt;")))
}

/// A text in JSON, which may be HTML, or HTML that was escaped.
fn words_only(text: &str) -> String {
    let plain = if text.contains("</") { super::plain::plain_text(text) } else { text.to_owned() };
    if plain.contains("&lt;") { super::plain::plain_text(&plain.replace("&lt;", "<").replace("&gt;", ">")) } else { plain }
}

fn names(value: &Value) -> Vec<String> {
    let one = |v: &Value| match v {
        Value::String(name) => Some(unescape(name)),
        Value::Object(object) => object.get("name").and_then(|n| n.as_str().or_else(|| n.get(0)?.as_str())).map(unescape),
        _ => None,
    };
    let all: Vec<String> = match value {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    };
    all.into_iter().filter(|n| !n.is_empty() && !n.contains("://")).take(12).collect()
}

fn image(value: &Value) -> Option<String> {
    match value {
        Value::String(address) => Some(address.clone()),
        Value::Array(items) => items.first().and_then(image),
        Value::Object(object) => object.get("url").and_then(image),
        _ => None,
    }
}
