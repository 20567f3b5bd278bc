//! feed-rs, for the documents that [`super::scan`] has found clean: its entries, as drafts. What the feed says
//! about itself is read by our own reader, as feed-rs drops most hints.

use super::draft::{EntryDraft, FeedDraft, Kind, Rel, Text, rel};
use super::markup::absolute;
use super::scan::{Clean, Root};
use super::{dates, read_xml};
use crate::model::Timestamp;
use crate::text::one_line;
use feed_rs::model;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `None` where feed-rs refuses or panics, or a date cannot be read: then the document is for our own reader after all.
pub(super) fn read(text: &str, url: &str, clean: Clean) -> Option<FeedDraft> {
    let mut draft = read_xml::read(&text[..clean.head], url)?;
    // The head ends in the middle by intention.
    draft.warnings.clear();
    // feed-rs asserts and cuts strings here and there; nothing of ours is shared with it.
    let feed = catch_unwind(AssertUnwindSafe(|| parse(text, url))).ok().flatten()?;
    draft.entries.clear();
    feed.entries.into_iter().for_each(|item| draft.add_entry(entry(item, clean.root, clean.language)));
    Some(draft)
}

fn parse(text: &str, url: &str) -> Option<model::Feed> {
    let has_bad_date = Arc::new(AtomicBool::new(false));
    let bad = has_bad_date.clone();
    let feed = feed_rs::parser::Builder::new()
        .base_uri(url::Url::parse(url).ok().map(|_| url))
        // A made-up id is worse than none.
        .id_generator(|_, _, _| String::new())
        .sanitize_content(false)
        .timestamp_parser(move |text| {
            // A date that can be read two ways needs the others beside it.
            let reading = dates::read(text, None).ok().filter(|reading| !reading.is_ambiguous);
            let at = reading.and_then(|reading| reading.at.to_utc());
            bad.fetch_or(at.is_none(), Ordering::Relaxed);
            at
        })
        .build()
        .parse(text.as_bytes())
        .ok()?;
    // Our own reader says which date it was.
    (!has_bad_date.load(Ordering::Relaxed)).then_some(feed)
}

fn entry(item: model::Entry, root: Root, language: Option<&str>) -> EntryDraft {
    let mut entry = EntryDraft { language: language.map(one_line), ..EntryDraft::default() };
    entry.id.offer_some(0, Some(item.id).filter(|id| !id.trim().is_empty()));
    entry.title.offer_some(0, item.title.and_then(|title| text(title, root).title()));
    entry.summary.offer_some(0, item.summary.and_then(|summary| text(summary, root).body()));
    if let Some(content) = item.content {
        let kind = kind(content.content_type.as_str(), root);
        entry.content = content.body.and_then(|value| Text { value, kind }.body());
    }
    let moment = |at: chrono::DateTime<chrono::Utc>| Timestamp(at.timestamp_millis());
    entry.published.offer_some(0, item.published.map(moment));
    // For RSS feed-rs copies the one to the other.
    entry.updated.offer_some(0, item.updated.filter(|_| root == Root::Atom).map(moment));
    for person in item.authors {
        let rank = u8::from(person.role.as_deref() == Some("creator"));
        entry.authors.add(rank, person.name.or(person.email).as_deref().unwrap_or_default());
    }
    for category in item.categories {
        entry.add_category(category.label.as_deref().filter(|label| !label.is_empty()).unwrap_or(&category.term));
    }
    for link in item.links {
        add_link(&mut entry, link, root);
    }
    for content in item.media.into_iter().flat_map(|media| media.content) {
        let media_type = content.content_type.map(|kind| kind.to_string());
        let length = content.size.map(|size| size.to_string());
        entry.add_enclosure(content.url.map(String::from), media_type.as_deref(), length.as_deref());
    }
    entry
}

fn add_link(entry: &mut EntryDraft, mut link: model::Link, root: Root) {
    // feed-rs has made it absolute already; what is left is what both readers do to an address.
    link.href = absolute(&link.href, None).unwrap_or_default();
    if link.href.is_empty() {
        return;
    }
    let media_type = link.media_type.as_deref().unwrap_or_default();
    match link.target {
        Some(model::LinkTarget::Comments) => {
            entry.comments.get_or_insert(link.href);
            return;
        }
        Some(_) => return,
        None if root == Root::Rss => return entry.link.offer(0, link.href),
        None => {}
    }
    match rel(link.rel.as_deref().unwrap_or_default(), media_type) {
        Some(Rel::Alternate(rank)) => entry.link.offer(rank, link.href),
        Some(Rel::Enclosure) => {
            let length = link.length.map(|length| length.to_string());
            entry.add_enclosure(Some(link.href), Some(media_type), length.as_deref());
        }
        Some(Rel::Comments) => {
            entry.comments.get_or_insert(link.href);
        }
        _ => {}
    }
}

fn text(text: model::Text, root: Root) -> Text {
    Text { kind: kind(text.content_type.as_str(), root), value: text.content }
}

/// RSS does not say what its texts are; they are HTML.
fn kind(media_type: &str, root: Root) -> Kind {
    if root == Root::Atom && media_type == "text/plain" { Kind::Plain } else { Kind::Html }
}
