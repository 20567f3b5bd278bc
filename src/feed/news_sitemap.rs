//! News sitemaps: what a publisher tells search engines of the last two days, where it has no feed.
//!
//! `<urlset>` with elements of the namespace `…/schemas/sitemap-news/…` (the sitemap protocol's news extension). A
//! sitemap without them lists all pages of a site and is no feed.

use super::dates;
use super::draft::{EntryDraft, FeedDraft};
use super::entities::{self, Dialect};
use super::markup::{self, absolute};
use super::tokens::{Token, Tokens};
use crate::text::{clip, one_line};
use url::Url;

/// In every version of the namespace's name.
const NAMESPACE: &str = "schemas/sitemap-news";
/// What an address, a title or a date can be long.
const MAX_VALUE_BYTES: usize = 16 * 1024;
/// The protocol allows ten; more than this is noise.
const MAX_KEYWORDS: usize = 32;

/// Where in the document the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Location,
    Title,
    Date,
    Keywords,
    Publication,
    Language,
}

/// Elements of a `<url>` → field; whether they are of the news namespace.
const FIELDS: [(&str, bool, Field); 6] = [
    ("loc", false, Field::Location),
    ("title", true, Field::Title),
    ("publication_date", true, Field::Date),
    ("keywords", true, Field::Keywords),
    ("name", true, Field::Publication),
    ("language", true, Field::Language),
];

#[derive(Default)]
struct Item {
    is_news: bool,
    entry: EntryDraft,
}

/// `None`: the text is no news sitemap.
pub(super) fn read(text: &str, url: &str) -> Option<FeedDraft> {
    let mut tokens = Tokens::new(text);
    loop {
        match tokens.next()? {
            Token::Open { name, .. } if local(name).eq_ignore_ascii_case("urlset") => break,
            Token::Open { .. } => return None,
            _ => {}
        }
    }
    let declared = tokens.attributes.iter().find(|a| a.value.contains(NAMESPACE));
    // Some declare it on each `news:news`; then it is the usual one.
    let prefix = declared.and_then(|a| a.name.strip_prefix("xmlns:")).unwrap_or("news");
    let is_declared = declared.is_some();
    let base = Url::parse(url).ok().filter(|url| !url.cannot_be_a_base());
    let mut feed = FeedDraft::default();
    if let Some(site) = base.as_ref().and_then(|base| base.join("/").ok()).filter(|site| site.scheme().starts_with("http")) {
        feed.link.offer(0, site.into());
    }
    let mut n_urls = 0;
    let mut item: Option<Item> = None;
    let mut field: Option<(Field, String)> = None;
    while let Some(token) = tokens.next() {
        match token {
            Token::Open { name, closed: false } if item.is_none() && name.eq_ignore_ascii_case("url") => {
                n_urls += 1;
                item = Some(Item::default());
            }
            Token::Open { name, closed: false } => {
                let Some(item) = &mut item else { continue };
                let is_news = name.split_once(':').is_some_and(|(its, _)| its == prefix);
                item.is_news |= is_news;
                let known = FIELDS.iter().find(|(known, news, _)| *news == is_news && local(name).eq_ignore_ascii_case(known));
                // `image:loc` is another's.
                let known = known.filter(|(_, news, _)| *news || !name.contains(':'));
                field = known.map(|(_, _, field)| (*field, String::new()));
            }
            Token::Text(part) => {
                if let Some((_, value)) = field.as_mut().filter(|(_, value)| value.len() < MAX_VALUE_BYTES) {
                    entities::decode_into(clip(part, MAX_VALUE_BYTES), Dialect::Xml, &Default::default(), value);
                }
            }
            Token::Cdata(part) => {
                if let Some((_, value)) = field.as_mut().filter(|(_, value)| value.len() < MAX_VALUE_BYTES) {
                    value.push_str(clip(part, MAX_VALUE_BYTES));
                }
            }
            Token::Close { name } => {
                if let (Some((field, value)), Some(item)) = (field.take(), &mut item) {
                    fill(&mut feed, item, field, &value, base.as_ref());
                }
                if name.eq_ignore_ascii_case("url")
                    && let Some(item) = item.take().filter(|item| item.is_news && item.entry.link.get().is_some())
                {
                    feed.add_entry(item.entry);
                }
            }
            _ => {}
        }
    }
    if item.is_some() {
        feed.warnings.push("the document ends too early".to_owned());
    }
    // One that means to list news and has none is of a publisher who was silent for two days.
    (is_declared && n_urls == 0 || !feed.entries.is_empty()).then_some(feed)
}

fn fill(feed: &mut FeedDraft, item: &mut Item, field: Field, value: &str, base: Option<&Url>) {
    let line = || Some(one_line(value)).filter(|line| !line.is_empty());
    match field {
        Field::Location => {
            let link = absolute(value, base);
            item.entry.id.offer_some(0, link.clone());
            item.entry.link.offer_some(0, link);
        }
        Field::Title => item.entry.title.offer_some(0, Some(markup::plain(value)).filter(|title| !title.is_empty())),
        Field::Date => item.entry.published.offer_some(0, dates::parse(value)),
        Field::Keywords => value.split([',', '，']).take(MAX_KEYWORDS).for_each(|word| item.entry.add_category(word)),
        Field::Publication => feed.title.offer_some(0, line()),
        Field::Language => {
            feed.language.offer_some(0, line());
            item.entry.language = item.entry.language.take().or_else(line);
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
