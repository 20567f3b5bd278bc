//! A query's stories, rendered in a format; what we tell of ourselves as OPML.

use crate::config::Output;
use crate::model::{Content, Timestamp};
use crate::publish::{self, Channel, Format, OutputLink, PublishedStory, Subscription};
use crate::query::Query;
use crate::store::{Cursor, Reader, Selection};
use std::sync::Arc;
use uuid::Uuid;

/// What is the same for all that a server, or `courant render`, tells of itself.
#[derive(Clone, Debug)]
pub struct Imprint {
    pub outputs: Vec<Output>,
    /// The address that readers are told, without a slash at the end.
    pub base_url: String,
    /// Somebody answers questions: documents lead on to what comes after them.
    pub is_served: bool,
    /// Which of several nodes serves; `None`: there is one.
    pub node: Option<String>,
    /// How pages show pictures.
    pub images: PageImages,
    /// The page at `/status` tells how large the database and the process are.
    pub tells_sizes: bool,
    /// The hub that pushes the outputs.
    pub hub: Option<String>,
}

/// How pages show pictures, with the key that signs addresses of those that are handed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageImages {
    #[default]
    Linked,
    Proxied(Arc<[u8; 32]>),
    Off,
}

/// Stories that are asked for, and in which document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Of the query language.
    pub query: String,
    pub limit: usize,
    pub content: Content,
    /// Only what comes behind this.
    pub after: Option<Cursor>,
}

/// Stories in a document, or on a page, that does not say how many.
pub const LIMIT: usize = 100;

/// A search that stops before it has found any is begun again where it stopped: so many times in all, each a second or two.
pub(super) const SEARCHES: usize = 3;

impl Imprint {
    /// What stands before every path of ours: nothing, or `/courant` where a proxy has the server under a path.
    pub fn path(&self) -> &str {
        let rest = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..])
    }

    pub(super) fn links(&self) -> Vec<OutputLink<'_>> {
        self.outputs.iter().map(|output| OutputLink { name: &output.name, title: title(output) }).collect()
    }

    /// The address of an output's document.
    pub(super) fn feed_url(&self, output: &Output, format: Format) -> String {
        format!("{}{}", self.base_url, publish::feed_path(&output.name, format))
    }

    /// An output's document, also for `courant render`.
    pub fn feed(
        &self,
        reader: &Reader,
        output: &Output,
        format: Format,
        after: Option<Cursor>,
        now: Timestamp,
    ) -> rusqlite::Result<String> {
        let path = publish::feed_path(&output.name, format);
        let document = Document {
            name: &output.name,
            title: title(output),
            key: format!("output\n{}", output.name),
            selection: Selection {
                after,
                output: Some(output.name.clone()),
                ..Selection::of(output.whole_query(), output.limit, now)
            },
            content: output.content,
            // What comes behind a story is not pushed: nobody announces it.
            hub: self.hub.as_deref().filter(|_| after.is_none()),
            next_path: &|next| format!("{path}?before={next}"),
            path: &path,
        };
        self.render(reader, &document, format)
    }

    /// The document of a query that is no output.
    pub fn asked(
        &self,
        reader: &Reader,
        asked: &Asked,
        query: Query,
        format: Format,
        now: Timestamp,
    ) -> rusqlite::Result<String> {
        let path = publish::query_path(&asked.query, format, asked.content, (asked.limit != LIMIT).then_some(asked.limit));
        let document = Document {
            name: "",
            title: if asked.query.is_empty() { "courant" } else { &asked.query },
            key: format!("query\n{query}"),
            selection: Selection { after: asked.after, output: Some(String::new()), ..Selection::of(query, asked.limit, now) },
            content: asked.content,
            hub: None,
            next_path: &|next| format!("{path}&before={next}"),
            path: &path,
        };
        self.render(reader, &document, format)
    }

    fn render(&self, reader: &Reader, document: &Document, format: Format) -> rusqlite::Result<String> {
        let selected = reader.selected_on(&document.selection, 1, SEARCHES)?;
        let stories = reader.published_in(&selected.stories, document.name)?;
        let instance = Uuid::parse_str(&reader.instance()?).unwrap_or_default();
        let self_path = match document.selection.after {
            Some(after) => (document.next_path)(after),
            None => document.path.to_owned(),
        };
        let next_url =
            selected.next.filter(|_| self.is_served).map(|next| format!("{}{}", self.base_url, (document.next_path)(next)));
        let channel = Channel {
            name: document.name,
            title: document.title,
            id: &Uuid::new_v5(&instance, document.key.as_bytes()).urn().to_string(),
            self_url: &format!("{}{self_path}", self.base_url),
            home_url: &format!("{}/", self.base_url),
            language: &language(&stories),
            updated: match stories.iter().map(|story| story.updated).max() {
                Some(updated) => updated,
                None => reader.begun()?,
            },
            next_url: next_url.as_deref(),
            hub_url: document.hub,
            content: document.content,
        };
        Ok(publish::render(&channel, &stories, format))
    }

    /// The subscriptions that anybody may know of, as OPML.
    pub fn subscriptions(&self, reader: &Reader) -> rusqlite::Result<String> {
        let public: Vec<Subscription> = reader
            .feeds()?
            .into_iter()
            .filter(|feed| feed.subscribed && !feed.settings.private && feed.url.starts_with("http"))
            .map(|feed| Subscription {
                url: crate::text::redact_url(&feed.url),
                title: Some(feed.name()),
                site_url: feed.site_url,
                tags: feed.settings.tags,
            })
            .collect();
        Ok(publish::opml("courant subscriptions", &public))
    }

    /// The outputs, as OPML.
    pub fn outlets(&self) -> String {
        let outputs: Vec<Subscription> = self
            .outputs
            .iter()
            .map(|output| Subscription {
                url: self.feed_url(output, Format::Atom),
                title: Some(title(output).to_owned()),
                site_url: Some(format!("{}/", self.base_url)),
                tags: Vec::new(),
            })
            .collect();
        publish::opml("courant", &outputs)
    }
}

/// A document in the making.
struct Document<'a> {
    name: &'a str,
    title: &'a str,
    /// What its id is made of.
    key: String,
    selection: Selection,
    content: Content,
    hub: Option<&'a str>,
    /// Where it is found, and where what comes behind a story.
    path: &'a str,
    next_path: &'a dyn Fn(Cursor) -> String,
}

/// The language of most stories.
fn language(stories: &[PublishedStory]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for language in stories.iter().filter_map(|story| story.language.as_deref()) {
        match counts.iter_mut().find(|(known, _)| *known == language) {
            Some((_, n)) => *n += 1,
            None => counts.push((language, 1)),
        }
    }
    // On a tie the first in the alphabet, so that the same stories give the same document.
    counts.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    counts.first().map_or("en", |(language, _)| language).to_owned()
}

fn title(output: &Output) -> &str {
    if output.title.is_empty() { &output.name } else { &output.title }
}
