//! Atom 1.0 (RFC 4287): the format that says most.

use super::item::{Item, channel_language, channel_title};
use super::types::GENERATOR;
use super::xml::Xml;
use super::{Channel, Format};
use crate::model::Content;

pub(super) fn render(channel: &Channel, items: &[Item]) -> String {
    let language = channel_language(channel);
    let title = channel_title(channel);
    let mut xml = Xml::new();
    xml.open(
        "feed",
        &[("xmlns", "http://www.w3.org/2005/Atom"), ("xmlns:media", "http://search.yahoo.com/mrss/"), ("xml:lang", &language)],
    );
    xml.leaf("id", &[], channel.id);
    xml.plain_leaf("title", &[], &title);
    xml.leaf("updated", &[], &channel.updated.rfc3339_millis());
    xml.empty("link", &[("rel", "self"), ("type", Format::Atom.media_type()), ("href", channel.self_url)]);
    xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", channel.home_url)]);
    if let Some(next) = channel.next_url {
        xml.empty("link", &[("rel", "next"), ("type", Format::Atom.media_type()), ("href", next)]);
    }
    if let Some(hub) = channel.hub_url {
        xml.empty("link", &[("rel", "hub"), ("href", hub)]);
    }
    // An entry without an author of its own inherits this one; the specification demands it.
    xml.open("author", &[]);
    xml.plain_leaf("name", &[], &title);
    xml.close("author");
    xml.leaf("generator", &[("version", GENERATOR.1)], GENERATOR.0);
    for item in items {
        entry(&mut xml, item, &language, channel.content);
    }
    xml.close("feed");
    xml.finish()
}

fn entry(xml: &mut Xml, item: &Item, channel_language: &str, content: Content) {
    match item.language.as_deref().filter(|language| *language != channel_language) {
        Some(language) => xml.open("entry", &[("xml:lang", language)]),
        None => xml.open("entry", &[]),
    }
    xml.leaf("id", &[], item.id);
    xml.plain_leaf("title", &[], &item.title);
    if let Some(link) = &item.link {
        xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", link)]);
    }
    // The feed that the representative came by, as `source` says it in RSS. No atom:source: a merged story is
    // ours, with an id of ours.
    if let Some(first) = item.sources.first()
        && let Some(feed) = &first.feed_url
    {
        xml.empty("link", &[("rel", "via"), ("title", &first.name), ("href", feed)]);
    }
    for talk in &item.discussions {
        xml.empty("link", &[("rel", "via"), ("type", "text/html"), ("title", &talk.name), ("href", &talk.url)]);
    }
    for source in item.sources.iter().skip(1) {
        if let Some(link) = source.link.as_ref().filter(|link| item.link.as_ref() != Some(link)) {
            let title = if source.title.is_empty() { source.name.clone() } else { format!("{}: {}", source.name, source.title) };
            xml.empty("link", &[("rel", "related"), ("type", "text/html"), ("title", &title), ("href", link)]);
        }
    }
    for related in &item.related {
        if let Some(link) = &related.link {
            xml.empty("link", &[("rel", "related"), ("type", "text/html"), ("title", &related.title), ("href", link)]);
        }
    }
    for enclosure in &item.enclosures {
        let length = enclosure.length.map(|length| length.to_string());
        let mut attributes = vec![("rel", "enclosure"), ("type", enclosure.media_type.as_str())];
        attributes.extend(length.as_deref().map(|length| ("length", length)));
        attributes.push(("href", &enclosure.url));
        xml.empty("link", &attributes);
    }
    if let Some(published) = item.published {
        xml.leaf("published", &[], &published.rfc3339());
    }
    xml.leaf("updated", &[], &item.updated.rfc3339_millis());
    if let Some(author) = &item.author {
        xml.open("author", &[]);
        xml.plain_leaf("name", &[], author);
        xml.close("author");
    }
    for tag in &item.tags {
        xml.empty("category", &[("term", tag)]);
    }
    if let Some(image) = &item.image {
        xml.empty("media:thumbnail", &[("url", image)]);
    }
    match content {
        Content::Full => xml.leaf("content", &[("type", "html")], &item.html),
        Content::Summary if item.link.is_some() => xml.leaf("summary", &[("type", "text")], &item.summary),
        // An entry has a page or a content (RFC 4287 4.1.2).
        Content::Summary => xml.leaf("content", &[("type", "text")], &item.summary),
    }
    xml.close("entry");
}
