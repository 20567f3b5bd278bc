//! What is served, rendered once a change: the first request after a commit renders, the others get the same bytes.

use super::edition::{Asked, Imprint};
use super::packing::{Coding, Effort};
use super::pages::{STANDING_LASTS, View};
use crate::config::Live;
use crate::model::Timestamp;
use crate::publish::{self, Format, Troubles};
use crate::query::Query;
use crate::store::{Cursor, DiskTrouble, Reader, Readers, Writer};
use bytes::Bytes;
use http::HeaderValue;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Mutex, OnceCell, Semaphore, watch};

/// A document that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The page at `/`, its own words in this language.
    River(Asked, Language),
    Story(String, Language),
    Sources(Language),
    Status(Language),
    /// An output, from behind a story on.
    Feed(String, Format, Option<Cursor>),
    /// The stories of a query, which [`Query`] can read.
    Asked(Asked, Format),
    Subscriptions,
    Outlets,
}

/// Of the pages' own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    English,
    SimplifiedChinese,
    TraditionalChinese,
}

impl Language {
    /// A BCP 47 tag.
    fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::SimplifiedChinese => "zh-Hans",
            Language::TraditionalChinese => "zh-Hant",
        }
    }

    /// The one of ours that a browser likes best: `Accept-Language` names them in the order of a person's liking.
    pub fn accepted(header: &str) -> Language {
        let known = header.split(',').find_map(|range| {
            let tag = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let mut parts = tag.split('-');
            match parts.next() {
                Some("en") => Some(Language::English),
                Some("zh") if parts.any(|part| matches!(part, "hant" | "tw" | "hk" | "mo")) => Some(Language::TraditionalChinese),
                Some("zh") => Some(Language::SimplifiedChinese),
                _ => None,
            }
        });
        known.unwrap_or_default()
    }
}

/// A page for one person alone, which is kept for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal {
    /// A story, with what the person did with it. `proof`: what its forms bring back.
    Story {
        id: String,
        proof: String,
    },
    Login {
        failed: bool,
    },
}

impl What {
    /// `all.atom`, `all.rss`, `all.json`; a bare name is Atom.
    fn of_file(file: &str, after: Option<Cursor>, imprint: &Imprint) -> Option<What> {
        let (name, format) = match file.rsplit_once('.') {
            Some((name, extension)) => (name, Format::of_extension(extension)?),
            None => (file, Format::Atom),
        };
        imprint.outputs.iter().any(|output| output.name == name).then(|| What::Feed(name.to_owned(), format, after))
    }

    /// Tells how polling stands, which changes with every poll.
    fn tells_standing(&self) -> bool {
        matches!(self, What::River(..) | What::Story(..) | What::Sources(_) | What::Status(_))
    }

    /// How hard it is packed.
    fn effort(&self) -> Effort {
        match self {
            What::Asked(..) | What::Feed(_, _, Some(_)) => Effort::Passing,
            What::River(asked, _) if asked.after.is_some() || !asked.query.is_empty() => Effort::Passing,
            _ => Effort::Lasting,
        }
    }

    fn content_type(&self) -> &'static str {
        match self {
            What::River(..) | What::Story(..) | What::Sources(_) | What::Status(_) => publish::HTML,
            What::Feed(_, format, _) | What::Asked(_, format) => format.media_type(),
            What::Subscriptions | What::Outlets => "text/x-opml",
        }
    }
}

/// A document, ready to be sent.
pub struct Document {
    pub body: Bytes,
    /// Strong, one for each coding.
    etag: HeaderValue,
    /// In the order of [`Coding::ALL`].
    packed: [Packed; 3],
    effort: Effort,
    pub content_type: &'static str,
    /// Its hub and its own address, for the header `Link` (WebSub 4), where it is pushed.
    pub links: Option<HeaderValue>,
    basis: Basis,
}

/// A document in a coding: packed when it is first asked for.
struct Packed {
    bytes: OnceCell<Bytes>,
    etag: HeaderValue,
}

impl Document {
    /// `None`: as it is.
    pub fn etag(&self, coding: Option<Coding>) -> &HeaderValue {
        coding.map_or(&self.etag, |coding| &self.packed[coding as usize].etag)
    }

    fn n_bytes(&self) -> usize {
        let packed = self.packed.iter().filter_map(|packed| packed.bytes.get()).map(Bytes::len);
        self.body.len() + packed.sum::<usize>()
    }

    /// Of all codings.
    pub fn etags(&self) -> impl Iterator<Item = &HeaderValue> + Clone {
        std::iter::once(&self.etag).chain(self.packed.iter().map(|packed| &packed.etag))
    }
}

/// What a document was rendered from, and when.
struct Basis {
    /// Of the database.
    generation: u64,
    imprint: Arc<Imprint>,
    rendered: Timestamp,
    troubles: Troubles,
}

/// A document, for readers who are told another address than the configured one.
type Key = (What, Option<String>);

/// One document's place: locked while it is rendered.
type Slot = Arc<Mutex<Option<Arc<Document>>>>;

/// Documents that are kept, and their bytes: those of a query are anybody's choice.
const MAX_KEPT: usize = 256;
const MAX_KEPT_BYTES: usize = 64 << 20;

/// Tells what keeps polls from being made, but for the disk, which the writer tells.
pub type Around = Box<dyn Fn() -> Troubles + Send + Sync>;

pub struct Cache {
    readers: Readers,
    generation: watch::Receiver<u64>,
    trouble: watch::Receiver<Option<DiskTrouble>>,
    imprint: Live<Imprint>,
    /// For outputs that ask for an age.
    clock: fn() -> Timestamp,
    /// The pages say it.
    around: Around,
    documents: Mutex<HashMap<Key, Slot>>,
    /// Of the documents that are kept, about: what is being rendered while others are let go is not in it.
    kept_bytes: AtomicUsize,
    /// Rendering takes the processor: as many at once as there are cores.
    turns: Arc<Semaphore>,
}

impl Cache {
    pub fn new(readers: Readers, writer: &Writer, imprint: Live<Imprint>, clock: fn() -> Timestamp, around: Around) -> Cache {
        let (generation, trouble) = (writer.generation(), writer.watch_trouble());
        let turns = Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, |n| n.get())));
        Cache {
            readers,
            generation,
            trouble,
            imprint,
            clock,
            around,
            documents: Mutex::default(),
            kept_bytes: AtomicUsize::new(0),
            turns,
        }
    }

    /// The document that a file's name means: `all.atom`, `all.rss`, `all.json`; a bare name is Atom.
    pub fn named(&self, file: &str, after: Option<Cursor>) -> Option<What> {
        What::of_file(file, after, &self.imprint.get())
    }

    /// A page for one person; `None`: there is none.
    pub async fn personal(&self, what: Personal, language: Language, base_url: Option<String>) -> anyhow::Result<Option<String>> {
        let imprint = imprint_for(&self.imprint.get(), base_url);
        let (now, troubles) = ((self.clock)(), self.troubles());
        let question = move |reader: &Reader| {
            let view = View { language: language.tag(), now, troubles };
            match &what {
                Personal::Story { id, proof } => imprint.story(reader, id, Some(proof), &view),
                Personal::Login { failed } => imprint.login(reader, *failed, &view).map(Some),
            }
        };
        self.readers.ask(|reader| reader.at_one_moment(question)).await
    }

    fn troubles(&self) -> Troubles {
        Troubles { disk: self.trouble.borrow().map(|trouble| trouble.sentence()), ..(self.around)() }
    }

    /// The document as it is now; `None`: there is none. `base_url`: what the reader is told instead of ours.
    pub async fn get(&self, what: What, base_url: Option<String>) -> anyhow::Result<Option<Arc<Document>>> {
        let ours = self.imprint.get();
        let imprint = imprint_for(&ours, base_url.clone());
        let slot = self.slot((what.clone(), base_url)).await;
        // Held while rendering: those who ask meanwhile wait for the same bytes.
        let mut slot = slot.lock().await;
        let (generation, now) = (*self.generation.borrow(), (self.clock)());
        // Feeds are documents for programs, which know that they were there.
        let troubles = match what.tells_standing() {
            true => self.troubles(),
            false => Troubles::default(),
        };
        let is_current = |document: &&Arc<Document>| {
            let document = &document.basis;
            document.generation == generation
                && Arc::ptr_eq(&document.imprint, &ours)
                && document.troubles == troubles
                && (!what.tells_standing() || now.since(document.rendered) < STANDING_LASTS)
        };
        if let Some(document) = slot.as_ref().filter(is_current) {
            return Ok(Some(document.clone()));
        }
        let turn = self.turns.clone().acquire_owned().await?;
        let asked = what.clone();
        let question = move |reader: &Reader| render(reader, &imprint, &asked, now, troubles);
        let Some(text) = self.readers.ask(|reader| reader.at_one_moment(question)).await? else {
            return Ok(None);
        };
        drop(turn);
        let links = links(&what, &ours)?;
        let basis = Basis { generation, imprint: ours, rendered: now, troubles };
        let document = ready(text, &what, links, basis)?;
        let document = Arc::new(document);
        let replaced = slot.replace(document.clone()).map_or(0, |replaced| replaced.n_bytes());
        self.count_bytes(|n_bytes| (n_bytes + document.body.len()).saturating_sub(replaced));
        Ok(Some(document))
    }

    /// What a hub is told of: the address of each output's documents, and what tells one state of it from another.
    pub async fn topics(&self) -> anyhow::Result<Vec<(String, HeaderValue)>> {
        let imprint = self.imprint.get();
        let mut topics = Vec::new();
        for (output, format) in imprint.outputs.iter().flat_map(|output| Format::ALL.map(|format| (output, format))) {
            let what = What::Feed(output.name.clone(), format, None);
            let Some(document) = self.get(what, None).await? else { continue };
            topics.push((imprint.feed_url(output, format), document.etag.clone()));
        }
        Ok(topics)
    }

    /// A document's bytes in a coding. Who asks for a coding first packs it, the others get the same bytes.
    pub async fn packed(&self, document: &Document, coding: Coding) -> anyhow::Result<Bytes> {
        let pack = || async {
            let turn = self.turns.clone().acquire_owned().await?;
            let (text, effort) = (document.body.clone(), document.effort);
            // Whoever asked may be gone: the work goes on, and so does its turn.
            let packing = move || {
                let _turn = turn;
                coding.pack(&text, effort)
            };
            let packed = tokio::task::spawn_blocking(packing).await??;
            self.count_bytes(|n_bytes| n_bytes + packed.len());
            anyhow::Ok(packed)
        };
        document.packed[coding as usize].bytes.get_or_try_init(pack).await.cloned()
    }

    fn count_bytes(&self, count: impl Fn(usize) -> usize) {
        // Some is always given: it does not fail.
        _ = self.kept_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n_bytes| Some(count(n_bytes)));
    }

    async fn slot(&self, key: Key) -> Slot {
        let mut documents = self.documents.lock().await;
        let is_full = documents.len() >= MAX_KEPT || self.kept_bytes.load(Ordering::Relaxed) > MAX_KEPT_BYTES;
        if is_full && !documents.contains_key(&key) {
            documents.retain(|(kept, base_url), _| base_url.is_none() && matches!(kept, What::Feed(_, _, None)));
            let kept = documents.values().filter_map(|slot| Some(slot.try_lock().ok()?.as_ref()?.n_bytes())).sum();
            self.count_bytes(|_| kept);
        }
        documents.entry(key).or_default().clone()
    }
}

/// Ours, with what the reader is told instead of our address.
fn imprint_for(ours: &Arc<Imprint>, base_url: Option<String>) -> Arc<Imprint> {
    match base_url {
        Some(base_url) => Arc::new(Imprint { base_url, ..(**ours).clone() }),
        None => ours.clone(),
    }
}

/// `None`: there is no such document.
fn render(
    reader: &Reader,
    imprint: &Imprint,
    what: &What,
    now: Timestamp,
    troubles: Troubles,
) -> rusqlite::Result<Option<String>> {
    let view = |language: Language| View { language: language.tag(), now, troubles };
    match what {
        What::River(asked, language) => imprint.river(reader, asked, &view(*language)).map(Some),
        What::Story(id, language) => imprint.story(reader, id, None, &view(*language)),
        What::Sources(language) => imprint.sources(reader, &view(*language)).map(Some),
        What::Status(language) => imprint.status(reader, &view(*language)).map(Some),
        What::Feed(name, format, after) => match imprint.outputs.iter().find(|output| output.name == *name) {
            Some(output) => imprint.feed(reader, output, *format, *after, now).map(Some),
            None => Ok(None),
        },
        What::Asked(asked, format) => match asked.query.parse::<Query>() {
            Ok(query) => imprint.asked(reader, asked, query, *format, now).map(Some),
            Err(_) => Ok(None),
        },
        What::Subscriptions => imprint.subscriptions(reader).map(Some),
        What::Outlets => Ok(Some(imprint.outlets())),
    }
}

/// The links of a document that is pushed.
fn links(what: &What, imprint: &Imprint) -> anyhow::Result<Option<HeaderValue>> {
    let (What::Feed(name, format, None), Some(hub)) = (what, &imprint.hub) else { return Ok(None) };
    let Some(output) = imprint.outputs.iter().find(|output| output.name == *name) else { return Ok(None) };
    let own = imprint.feed_url(output, *format);
    Ok(Some(HeaderValue::try_from(format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\""))?))
}

fn ready(text: String, what: &What, links: Option<HeaderValue>, basis: Basis) -> anyhow::Result<Document> {
    let hash = xxhash_rust::xxh3::xxh3_128(text.as_bytes());
    let etag = |ending: &str| HeaderValue::try_from(format!("\"{hash:032x}{ending}\""));
    let packed = |coding: Coding| anyhow::Ok(Packed { bytes: OnceCell::new(), etag: etag(&format!("-{}", coding.name()))? });
    let [br, zstd, gzip] = Coding::ALL.map(packed);
    Ok(Document {
        etag: etag("")?,
        packed: [br?, zstd?, gzip?],
        effort: what.effort(),
        body: Bytes::from(text),
        content_type: what.content_type(),
        links,
        basis,
    })
}
