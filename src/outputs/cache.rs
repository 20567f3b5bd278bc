//! What is served, rendered once a change: the first request after a commit renders, the others get the same bytes.

use super::edition;
use crate::config::Output;
use crate::model::Timestamp;
use crate::publish::Format;
use crate::store::{DiskTrouble, Reader, Readers, Writer};
use bytes::Bytes;
use http::HeaderValue;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, watch};

/// A document that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Page,
    Feed(String, Format),
}

impl What {
    /// `all.atom`, `all.rss`, `all.json`; a bare name is Atom.
    fn of_file(file: &str, outputs: &[Output]) -> Option<What> {
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

/// One document's place: locked while it is rendered.
type Slot = Arc<Mutex<Option<Arc<Document>>>>;

pub struct Cache {
    readers: Readers,
    generation: watch::Receiver<u64>,
    trouble: watch::Receiver<Option<DiskTrouble>>,
    outputs: Vec<Output>,
    base_url: String,
    /// For outputs that ask for an age.
    clock: fn() -> Timestamp,
    documents: Mutex<HashMap<What, Slot>>,
    /// Rendering takes the processor: as many at once as there are cores.
    turns: Semaphore,
}

impl Cache {
    pub fn new(readers: Readers, writer: &Writer, outputs: Vec<Output>, base_url: String, clock: fn() -> Timestamp) -> Cache {
        let (generation, trouble) = (writer.generation(), writer.watch_trouble());
        let turns = Semaphore::new(std::thread::available_parallelism().map_or(2, |n| n.get()));
        Cache { readers, generation, trouble, outputs, base_url, clock, documents: Mutex::default(), turns }
    }

    /// The document that a file's name means: `all.atom`, `all.rss`, `all.json`; a bare name is Atom.
    pub fn named(&self, file: &str) -> Option<What> {
        What::of_file(file, &self.outputs)
    }

    /// The document as it is now.
    pub async fn get(&self, what: What) -> anyhow::Result<Arc<Document>> {
        let slot = self.documents.lock().await.entry(what.clone()).or_default().clone();
        // Held while rendering: those who ask meanwhile wait for the same bytes.
        let mut slot = slot.lock().await;
        let generation = *self.generation.borrow();
        if let Some(document) = slot.as_ref().filter(|document| document.generation == generation) {
            return Ok(document.clone());
        }
        let _turn = self.turns.acquire().await?;
        let outputs = self.outputs.clone();
        let base_url = self.base_url.clone();
        let (asked, now) = (what.clone(), (self.clock)());
        let notice = self.trouble.borrow().map(|trouble| trouble.sentence());
        let text = self.readers.ask(move |reader| render(reader, &outputs, &base_url, &asked, notice, now)).await?;
        let text = text.ok_or_else(|| anyhow::anyhow!("no output has this name: {what:?}"))?;
        let document = tokio::task::spawn_blocking(move || pack(text, &what, generation)).await??;
        let document = Arc::new(document);
        *slot = Some(document.clone());
        Ok(document)
    }
}

/// `None`: no output has the name.
fn render(
    reader: &Reader,
    outputs: &[Output],
    base_url: &str,
    what: &What,
    notice: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    match what {
        What::Page => edition::page(reader, outputs, notice).map(Some),
        What::Feed(name, format) => match outputs.iter().find(|output| output.name == *name) {
            Some(output) => edition::feed(reader, output, *format, base_url, now).map(Some),
            None => Ok(None),
        },
    }
}

fn pack(text: String, what: &What, generation: u64) -> anyhow::Result<Document> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::with_capacity(text.len() / 4), flate2::Compression::default());
    gzip.write_all(text.as_bytes())?;
    let hash = xxhash_rust::xxh3::xxh3_128(text.as_bytes());
    Ok(Document {
        body: Bytes::from(text),
        gzip: gzip.finish()?.into(),
        etag: HeaderValue::try_from(format!("\"{hash:032x}\""))?,
        gzip_etag: HeaderValue::try_from(format!("\"{hash:032x}-gz\""))?,
        content_type: match what {
            What::Page => crate::publish::HTML,
            What::Feed(_, format) => format.media_type(),
        },
        generation,
    })
}
