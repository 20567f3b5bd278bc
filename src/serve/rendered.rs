//! What is served, rendered once a change: the first request after a commit renders, the others get the same bytes.

use crate::config::Output;
use crate::daemon::Engine;
use crate::publish::{self, Channel, Format, OutputLink, Page, PublishedStory};
use crate::store::search::Query;
use crate::store::{Reader, Selection};
use axum::body::Bytes;
use axum::http::HeaderValue;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::Mutex;
use uuid::Uuid;

/// A document that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Page,
    Feed(String, Format),
}

impl What {
    /// `all.atom`, `all.rss`, `all.json`; a bare name is Atom.
    pub fn of_file(file: &str, outputs: &[Output]) -> Option<What> {
        let (name, format) = match file.rsplit_once('.') {
            Some((name, extension)) => (name, Format::ALL.into_iter().find(|format| format.extension() == extension)?),
            None => (file, Format::Atom),
        };
        outputs.iter().any(|output| output.name == name).then(|| What::Feed(name.to_owned(), format))
    }
}

/// A document, ready to be sent.
pub struct Document {
    pub body: Bytes,
    pub gzip: Bytes,
    /// Strong, one for each encoding.
    pub etag: HeaderValue,
    pub gzip_etag: HeaderValue,
    pub content_type: &'static str,
    /// Of the database from which it was rendered.
    generation: u64,
}

/// The media type of our pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// One document's place: locked while it is rendered.
type Slot = Arc<Mutex<Option<Arc<Document>>>>;

pub struct Cache {
    engine: Arc<Engine>,
    documents: Mutex<HashMap<What, Slot>>,
}

impl Cache {
    pub fn new(engine: Arc<Engine>) -> Cache {
        Cache { engine, documents: Mutex::new(HashMap::new()) }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The document as it is now.
    pub async fn get(&self, what: What) -> anyhow::Result<Arc<Document>> {
        let slot = self.documents.lock().await.entry(what.clone()).or_default().clone();
        // Held while rendering: those who ask meanwhile wait for the same bytes.
        let mut slot = slot.lock().await;
        let generation = *self.engine.writer.generation().borrow();
        if let Some(document) = slot.as_ref().filter(|document| document.generation == generation) {
            return Ok(document.clone());
        }
        let engine = self.engine.clone();
        let document = self.engine.on_cpu(move || render(&engine, &what, generation)).await??;
        let document = Arc::new(document);
        *slot = Some(document.clone());
        Ok(document)
    }
}

fn render(engine: &Engine, what: &What, generation: u64) -> anyhow::Result<Document> {
    let base_url = engine.config.base_url();
    let text = match what {
        What::Page => engine.read_here(|reader| page(reader, &engine.config.outputs))?,
        What::Feed(name, format) => {
            let output = engine.config.outputs.iter().find(|output| output.name == *name);
            let output = output.ok_or_else(|| anyhow::anyhow!("no output is named {name:?}"))?;
            engine.read_here(|reader| feed(reader, output, *format, &base_url))?
        }
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::with_capacity(text.len() / 4), flate2::Compression::default());
    gzip.write_all(text.as_bytes())?;
    let hash = xxhash_rust::xxh3::xxh3_128(text.as_bytes());
    Ok(Document {
        body: Bytes::from(text),
        gzip: gzip.finish()?.into(),
        etag: HeaderValue::try_from(format!("\"{hash:032x}\""))?,
        gzip_etag: HeaderValue::try_from(format!("\"{hash:032x}-gz\""))?,
        content_type: match what {
            What::Page => HTML,
            What::Feed(_, format) => format.media_type(),
        },
        generation,
    })
}

/// The stories of an output, newest first.
pub fn selection(output: &Output) -> Selection {
    Selection {
        query: Query::parse(&output.query),
        since: None,
        tags: output.tags.clone(),
        languages: output.languages.clone(),
        min_sources: output.min_sources,
        limit: output.limit,
    }
}

/// An output's document, also for `courant render`.
pub fn feed(reader: &Reader, output: &Output, format: Format, base_url: &str) -> rusqlite::Result<String> {
    let stories = reader.published(&reader.select(&selection(output))?)?;
    let instance = Uuid::parse_str(&reader.instance()?).unwrap_or_default();
    let channel = Channel {
        name: &output.name,
        title: title(output),
        id: &Uuid::new_v5(&instance, format!("output\n{}", output.name).as_bytes()).urn().to_string(),
        self_url: &format!("{base_url}{}", publish::feed_path(&output.name, format)),
        home_url: &format!("{base_url}/"),
        language: &language(&stories),
        updated: match stories.iter().map(|story| story.updated).max() {
            Some(updated) => updated,
            None => reader.begun()?,
        },
    };
    Ok(publish::render(&channel, &stories, format))
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

/// Stories on the page.
const PAGE_STORIES: usize = 100;

fn page(reader: &Reader, outputs: &[Output]) -> rusqlite::Result<String> {
    let stories = reader.published(&reader.select(&Selection { limit: PAGE_STORIES, ..Selection::default() })?)?;
    let outputs: Vec<OutputLink> = outputs.iter().map(|output| OutputLink { name: &output.name, title: title(output) }).collect();
    let language = language(&stories);
    Ok(publish::page(&Page {
        title: "courant",
        language: &language,
        outputs: &outputs,
        stories: &stories,
        story_base: Some("/story/"),
        older: None,
    }))
}

/// A story's own page; `None`: there is no such story.
pub fn story(reader: &Reader, id: &str) -> rusqlite::Result<Option<String>> {
    let Some(id) = reader.find_story(id)? else { return Ok(None) };
    Ok(reader.published(&[id])?.first().map(|story| publish::story_page("courant", "en", story)))
}

fn title(output: &Output) -> &str {
    if output.title.is_empty() { &output.name } else { &output.title }
}
