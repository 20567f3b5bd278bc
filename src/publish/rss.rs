//! RSS 2.0, with content:encoded, dc:creator and atom:link as every reader knows them.

use super::item::{Item, channel_language, channel_title};
use super::types::GENERATOR;
use super::xml::{self, Xml};
use super::{Channel, Format};
use crate::model::Content;

pub(super) fn render(channel: &Channel, items: &[Item]) -> String {
    let title = channel_title(channel);
    let mut xml = Xml::new();
    xml.open(
        "rss",
        &[
            ("version", "2.0"),
            ("xmlns:atom", "http://www.w3.org/2005/Atom"),
            ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ("xmlns:media", "http://search.yahoo.com/mrss/"),
        ],
    );
    xml.open("channel", &[]);
    xml.plain_leaf("title", &[], &unmistakable(&title));
    xml.leaf("link", &[], channel.home_url);
    xml.plain_leaf("description", &[], &unmistakable(&title));
    xml.leaf("language", &[], &channel_language(channel));
    xml.leaf("lastBuildDate", &[], &channel.updated.rfc822());
    xml.leaf("generator", &[], &format!("{} {}", GENERATOR.0, GENERATOR.1));
    xml.empty("atom:link", &[("rel", "self"), ("type", Format::Rss.media_type()), ("href", channel.self_url)]);
    if let Some(next) = channel.next_url {
        xml.empty("atom:link", &[("rel", "next"), ("type", Format::Rss.media_type()), ("href", next)]);
    }
    if let Some(hub) = channel.hub_url {
        xml.empty("atom:link", &[("rel", "hub"), ("href", hub)]);
    }
    for item in items {
        write_item(&mut xml, item, channel.content);
    }
    xml.close("channel");
    xml.close("rss");
    xml.finish()
}

fn write_item(xml: &mut Xml, item: &Item, content: Content) {
    xml.open("item", &[]);
    xml.plain_leaf("title", &[], &unmistakable(&item.title));
    if let Some(link) = &item.link {
        xml.leaf("link", &[], link);
    }
    // RSS has room for one.
    if let Some(talk) = item.discussions.first() {
        xml.leaf("comments", &[], &talk.url);
    }
    xml.leaf("guid", &[("isPermaLink", "false")], item.id);
    if let Some(published) = item.published {
        xml.leaf("pubDate", &[], &published.rfc822());
    }
    xml.leaf("atom:updated", &[], &item.updated.rfc3339_millis());
    if let Some(author) = &item.author {
        xml.plain_leaf("dc:creator", &[], &unmistakable(author));
    }
    for tag in &item.tags {
        xml.plain_leaf("category", &[], &unmistakable(tag));
    }
    if let Some(first) = item.sources.first()
        && let Some(feed) = &first.feed_url
    {
        xml.plain_leaf("source", &[("url", feed)], &unmistakable(&first.name));
    }
    // A description is HTML, so plain text is escaped once for HTML and once for XML.
    xml.leaf("description", &[], &xml::escaped(&item.summary));
    if content == Content::Full {
        xml.leaf("content:encoded", &[], &item.html);
    }
    // One enclosure is what readers expect; the others are media.
    for (at, enclosure) in item.enclosures.iter().enumerate() {
        let length = enclosure.length.unwrap_or(0).to_string();
        if at == 0 {
            xml.empty("enclosure", &[("url", &enclosure.url), ("length", &length), ("type", &enclosure.media_type)]);
        } else {
            let mut attributes = vec![("url", enclosure.url.as_str()), ("type", &enclosure.media_type)];
            attributes.extend(enclosure.length.map(|_| ("fileSize", length.as_str())));
            xml.empty("media:content", &attributes);
        }
    }
    if let Some(image) = &item.image {
        xml.empty("media:thumbnail", &[("url", image)]);
    }
    xml.close("item");
}

/// RSS cannot say whether a title is text or HTML, and most readers take it for HTML: of "Vec<T>" they would
/// show "Vec". So an angle bracket that would open a tag becomes one that looks like it and cannot.
fn unmistakable(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    let mut is_open = false;
    let mut rest = title.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '<' if rest.peek().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')) => {
                is_open = true;
                out.push('‹');
            }
            '>' if is_open => {
                is_open = false;
                out.push('›');
            }
            c => out.push(c),
        }
    }
    out
}
