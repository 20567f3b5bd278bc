//! JSON Feed 1.1. What it has no word for, sources, discussions and related stories, is in the extension `_courant`.

use super::Channel;
use super::item::{Carrier, Item, Neighbour, channel_language, channel_title};
use crate::model::{Content, Timestamp};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hubs: Option<[Hub<'a>; 1]>,
    language: &'a str,
    authors: [Author<'a>; 1],
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct Hub<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<&'a str>,
    /// Where the whole body is not given: the specification wants one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_text: Option<&'a str>,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
    date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_courant", skip_serializing_if = "Extension::is_empty")]
    extension: Extension<'a>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
}

/// Everyone who carried the story, the representative first, where it is discussed, and what is near it.
#[derive(Serialize)]
struct Extension<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<JsonSource<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discussions: Vec<JsonDiscussion<'a>>,
    /// Stories that are near, but another event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<JsonRelated<'a>>,
}

#[derive(Serialize)]
struct JsonDiscussion<'a> {
    feed_title: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

impl Extension<'_> {
    fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.discussions.is_empty() && self.related.is_empty()
    }
}

#[derive(Serialize)]
struct JsonSource<'a> {
    feed_title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
}

pub(super) fn render(channel: &Channel, items: &[Item]) -> String {
    let title = channel_title(channel);
    let language = channel_language(channel);
    let document = Document {
        version: "https://jsonfeed.org/version/1.1",
        title: &title,
        home_page_url: channel.home_url,
        feed_url: channel.self_url,
        next_url: channel.next_url,
        hubs: channel.hub_url.map(|url| [Hub { kind: "WebSub", url }]),
        language: &language,
        authors: [Author { name: &title }],
        items: items.iter().map(|item| json_item(item, channel.content)).collect(),
    };
    // Proof: serde_json fails only on maps with keys that are not strings, and on writers that fail.
    serde_json::to_string(&document).expect("structs of strings and numbers serialise") + "\n"
}

fn json_item<'a>(item: &'a Item<'a>, content: Content) -> JsonItem<'a> {
    JsonItem {
        id: item.id,
        url: item.link.as_deref(),
        title: &item.title,
        content_html: (content == Content::Full).then_some(&item.html),
        content_text: (content == Content::Summary).then_some(&item.summary),
        summary: &item.summary,
        image: item.image.as_deref(),
        date_published: item.published.map(Timestamp::rfc3339),
        date_modified: item.updated.rfc3339_millis(),
        authors: item.author.iter().map(|name| Author { name }).collect(),
        tags: &item.tags,
        language: item.language.as_deref(),
        attachments: item
            .enclosures
            .iter()
            .map(|found| Attachment { url: &found.url, mime_type: &found.media_type, size_in_bytes: found.length })
            .collect(),
        extension: Extension {
            sources: item.sources.iter().map(json_source).collect(),
            discussions: item.discussions.iter().map(|talk| JsonDiscussion { feed_title: &talk.name, url: &talk.url }).collect(),
            related: item.related.iter().map(json_related).collect(),
        },
    }
}

fn json_related(related: &Neighbour) -> JsonRelated<'_> {
    JsonRelated { id: &related.id, title: &related.title, url: related.link.as_deref() }
}

fn json_source(source: &Carrier) -> JsonSource<'_> {
    JsonSource {
        feed_title: &source.name,
        feed_url: source.feed_url.as_deref(),
        site_url: source.site_url.as_deref(),
        url: source.link.as_deref(),
        title: &source.title,
        date_published: source.published.map(Timestamp::rfc3339),
    }
}
