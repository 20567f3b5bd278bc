//! Bytes of a feed → what its document changes. Identity is decided here, once: the writer looks nothing up.

use super::settle::Compared;
use crate::config::subscriptions::Subscription;
use crate::feed::identity::{self, Habit};
use crate::feed::{self, NotAFeed, ParsedEntry, ParsedFeed};
use crate::model::{ArticleMode, Dedupe, EntryId, FeedId, Key, Timestamp, key_of};
use crate::records::{self, EntryChange, EntryText, Extra, Known, NewEntry, WantedArticle};
use crate::{article, listing, story, text};
use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Where a document comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub feed: FeedId,
    pub settings: &'a Subscription,
    /// How its earlier documents named their entries.
    pub habit: &'a Habit,
    pub content_type: Option<&'a str>,
    pub final_url: &'a str,
    /// Not the whole feed: what is new since the validator that was sent (RFC 3229), or what a hub pushed.
    pub is_delta: bool,
    pub at: Timestamp,
}

/// What the configuration says of entries.
#[derive(Clone, Copy, Debug)]
pub struct EntryPolicy {
    pub article: ArticleMode,
    pub max_wait: Duration,
    pub dedupe: Dedupe,
    /// A new entry can be compared with others in the commit that brings it.
    pub compare: bool,
}

/// A document that was read, its entries known by their keys.
pub struct Document {
    pub feed: ParsedFeed,
    body_hash: Key,
    entries: Vec<Keyed>,
    /// How its feed names its entries, where it taught something new.
    habit: Option<Habit>,
}

/// An entry by what it is known.
struct Keyed {
    key: Key,
    /// By which it may have been stored before its feed was found out.
    former: Option<Key>,
    link_key: Option<Key>,
    entry: ParsedEntry,
}

/// A body's title and text are kept up to this many bytes: more is neither a headline nor a summary.
const MAX_TITLE_BYTES: usize = 1024;
const MAX_BODY_BYTES: usize = 512 * 1024;

/// Where a document brings more new entries than this, they are compared with others in batches of their own: a commit must
/// not hold the writer for long.
const MAX_COMPARED: usize = 64;

/// An entry whose text changes with every poll (a counter in it) is updated this often and then left alone.
const MAX_EDITS: i64 = 24;

/// The number of an entry that is not stored yet.
const UNNUMBERED: EntryId = EntryId(0);

/// The hash by which a body is known to be the same as last time.
pub fn body_hash(body: &[u8]) -> Key {
    xxhash_rust::xxh3::xxh3_128(body).to_be_bytes()
}

/// Reads a feed's document, or a page as a person's selectors say.
pub fn read(source: &Source, body: &[u8]) -> Result<Document, NotAFeed> {
    let document = feed::Document { bytes: body, content_type: source.content_type, url: source.final_url };
    let feed = match &source.settings.page {
        Some(selectors) => listing::read(&document, selectors).map_err(|why| NotAFeed::Unreadable(why.to_string()))?,
        None => feed::parse(&document)?,
    };
    // A delta is not the feed: the next whole body is not compared with it.
    Ok(Document::of(feed, if source.is_delta { Key::default() } else { body_hash(body) }, source.habit))
}

/// The entry's link, where it leads to a page.
fn link_of(entry: &ParsedEntry) -> Option<&str> {
    entry.link.as_deref().filter(|link| link.starts_with("http://") || link.starts_with("https://"))
}

/// The normalised address of that page.
fn address_of(entry: &ParsedEntry) -> Option<String> {
    let link = link_of(entry)?;
    Some(story::address_key(link).unwrap_or_else(|| link.to_owned()))
}

impl Document {
    /// What a feed was parsed into; `body_hash` as of [`body_hash`], `habit` as its earlier documents left it.
    pub fn of(mut feed: ParsedFeed, body_hash: Key, habit: &Habit) -> Document {
        let entries = std::mem::take(&mut feed.entries);
        let (names, learnt) = match identity::plain_names(&entries, habit) {
            Some(keys) => (keys.into_iter().map(|key| (key, None)).collect(), None),
            None => {
                let identified = identity::identify(&entries, habit);
                feed.warnings.extend(identified.warnings);
                let names: Vec<_> = identified.names.into_iter().map(|name| (name.key, name.former)).collect();
                (names, (identified.habit != *habit).then_some(identified.habit))
            }
        };
        let keyed = entries.into_iter().zip(names).map(|(entry, (key, former))| Keyed {
            key: key_of(&key),
            former: former.as_deref().map(key_of),
            link_key: address_of(&entry).map(|key| key_of(&key)),
            entry,
        });
        Document { entries: keyed.collect(), feed, body_hash, habit: learnt }
    }

    /// What must be known of the stored entries: the keys of each entry here, and that of its link.
    pub fn keys(&self) -> Vec<(Key, Option<Key>)> {
        let former = self.entries.iter().filter_map(|keyed| Some((keyed.former?, None)));
        self.entries.iter().map(|keyed| (keyed.key, keyed.link_key)).chain(former).collect()
    }

    /// The times that its entries claim, for the schedule.
    pub fn entry_times(&self) -> Vec<Timestamp> {
        self.entries.iter().filter_map(|keyed| keyed.entry.published.or(keyed.entry.updated)).collect()
    }

    /// How many of its entries are not known by their keys.
    pub fn n_unknown(&self, known: &Known) -> usize {
        self.entries.iter().filter(|keyed| !known.by_key.contains_key(&keyed.key) && !keyed.was_pruned(known)).count()
    }

    /// What it changes.
    pub fn take_in(self, source: &Source, known: &Known, policy: &EntryPolicy) -> records::Document {
        let compare = policy.compare && self.n_unknown(known) <= MAX_COMPARED;
        let taking = Taking { source, policy: &EntryPolicy { compare, ..*policy }, feed: &self.feed };
        let mut identity = Identity::of(known, self.entries.iter().map(|keyed| keyed.key).collect());
        let mut changes = Vec::new();
        let mut entries = in_order(self.entries, source.at);
        // What is kept no more is not new again.
        entries.retain(|keyed| known.by_key.contains_key(&keyed.key) || !keyed.was_pruned(known));
        for Keyed { key, former, link_key, entry } in entries {
            let content_hash = taking.content_hash(&entry);
            let found = identity
                .find(&key, link_key, &entry, &content_hash)
                .or_else(|| identity.find_former(&key, former, &content_hash));
            let (entry_id, stored_hash, n_edits) = match found {
                None => {
                    changes.push(EntryChange::New(Box::new(taking.new_entry(key, link_key, entry))));
                    continue;
                }
                Some(found) => {
                    if found.renamed {
                        changes.push(EntryChange::Renamed { entry: found.id, key });
                    }
                    (found.id, found.content_hash, found.n_edits)
                }
            };
            if content_hash != stored_hash && n_edits < MAX_EDITS {
                let (text, _) = taking.text(link_key, entry);
                changes.push(EntryChange::Edited { entry: entry_id, text: Box::new(text) });
            }
        }
        records::Document {
            revision: known.revision,
            body_hash: self.body_hash,
            title: self.feed.title,
            site_url: self.feed.link,
            language: self.feed.language,
            habit: self.habit,
            changes,
        }
    }
}

impl Keyed {
    /// It was stored once, and is kept no more.
    fn was_pruned(&self, known: &Known) -> bool {
        if known.pruned.is_empty() {
            return false;
        }
        let holds = |key: &Key| known.pruned.contains(&records::pruned_key(key));
        let by_link = || match (&self.link_key, &self.entry.title) {
            (Some(link), Some(_)) => known.pruned.contains(&records::pruned_link(link, title_of(&self.entry))),
            _ => false,
        };
        holds(&self.key) || self.former.as_ref().is_some_and(holds) || by_link()
    }
}

/// One id twice in one document: the one that stands last counts, on every poll. The earliest is the first to have been
/// there; of those without a date, the one that stands last.
fn in_order(entries: Vec<Keyed>, now: Timestamp) -> Vec<Keyed> {
    let mut taken = HashSet::new();
    let mut ordered: Vec<Keyed> = entries.into_iter().rev().filter(|keyed| taken.insert(keyed.key)).collect();
    ordered.sort_by_key(|Keyed { entry, .. }| entry.published.or(entry.updated).map_or(now, |claimed| claimed.min(now)));
    ordered
}

/// Which stored entry an entry of the document is.
struct Identity<'a> {
    known: &'a Known,
    /// The keys of the document.
    present: HashSet<Key>,
    /// Entries that have another key now than was read.
    renamed: HashMap<EntryId, Key>,
}

struct Found {
    id: EntryId,
    content_hash: Key,
    n_edits: i64,
    /// By its link, under another key.
    renamed: bool,
}

impl<'a> Identity<'a> {
    fn of(known: &'a Known, present: HashSet<Key>) -> Identity<'a> {
        Identity { known, present, renamed: HashMap::new() }
    }

    /// By its key. Else it is an entry that came back under a new id: the same feed, the same link, and the old id is in
    /// the feed no more. Only where one known entry has that link: on a feed whose entries all link to one page a link says
    /// nothing.
    fn find(&mut self, key: &Key, link_key: Option<Key>, entry: &ParsedEntry, content_hash: &Key) -> Option<Found> {
        if let Some(known) = self.known.by_key.get(key) {
            return Some(Found { id: known.id, content_hash: known.content_hash, n_edits: known.n_edits, renamed: false });
        }
        let [known] = self.known.by_link.get(&link_key?)?.as_slice() else { return None };
        let key_now = self.renamed.get(&known.id).unwrap_or(&known.key);
        // What another entry says at an old address is new.
        let says_the_same = known.content_hash == *content_hash || (entry.title.is_some() && title_of(entry) == known.title);
        if self.present.contains(key_now) || !says_the_same {
            return None;
        }
        self.renamed.insert(known.id, *key);
        Some(Found { id: known.id, content_hash: known.content_hash, n_edits: known.n_edits, renamed: true })
    }

    /// By the key that it had before its feed was found out: only where what is stored there says the same, because of the
    /// entries that shared that key one was stored.
    fn find_former(&mut self, key: &Key, former: Option<Key>, content_hash: &Key) -> Option<Found> {
        let known = self.known.by_key.get(&former?).filter(|known| known.content_hash == *content_hash)?;
        if self.renamed.contains_key(&known.id) {
            return None;
        }
        self.renamed.insert(known.id, *key);
        Some(Found { id: known.id, content_hash: known.content_hash, n_edits: known.n_edits, renamed: true })
    }
}

/// What is the same for all entries of a document.
struct Taking<'a> {
    source: &'a Source<'a>,
    policy: &'a EntryPolicy,
    feed: &'a ParsedFeed,
}

impl Taking<'_> {
    fn new_entry(&self, key: Key, link_key: Option<Key>, entry: ParsedEntry) -> NewEntry {
        let has_content = content_of(&entry).is_some();
        let (text, plain) = self.text(link_key, entry);
        // Derived where it is asked for, and once.
        let plain = LazyCell::new(|| plain.unwrap_or_else(|| article::plain_text(&text.html)));
        let mode = self.source.settings.article.unwrap_or(self.policy.article);
        let article = match (&text.link, link_key) {
            (Some(link), Some(key)) if wants_article(mode, has_content, || &plain, link) => {
                Some(WantedArticle { key, url: link.clone(), wait_until: self.source.at.plus(self.policy.max_wait) })
            }
            _ => None,
        };
        let dedupe = self.source.settings.dedupe.unwrap_or(self.policy.dedupe);
        let settle = (article.is_none() && (self.policy.compare || dedupe == Dedupe::Off)).then(|| {
            let compared = Compared {
                entry: UNNUMBERED,
                feed: self.source.feed,
                title: &text.title,
                text: &plain,
                language: text.language.as_deref(),
                at: text.claimed.map_or(self.source.at, |at| at.min(self.source.at)),
                link: text.link.as_deref(),
                final_url: None,
                canonical_url: None,
                og_url: None,
            };
            compared.settle_input(dedupe)
        });
        drop(plain);
        NewEntry { key, text, article, settle }
    }

    /// What is kept of an entry; and the plain text of its body, where that was asked for already.
    fn text(&self, link_key: Option<Key>, entry: ParsedEntry) -> (EntryText, Option<String>) {
        let content_hash = self.content_hash(&entry);
        let (title, body) = (title_of(&entry), body_of(&entry));
        let link = link_of(&entry);
        let rule = article::rules::Rule::for_feed(&[], &self.source.settings.strip, None);
        let html = article::clean_with(body, link.unwrap_or(self.source.final_url), Some(title), rule.as_ref());
        let plain = title.is_empty().then(|| article::plain_text(&html));
        let title = match &plain {
            // An entry without a title is called by its first words.
            Some(plain) => text::one_line(&text::excerpt(plain, 80)),
            None => title.to_owned(),
        };
        let link = link.map(str::to_owned);
        let text = EntryText {
            link_key,
            link,
            title,
            author: entry.author,
            language: entry.language.or_else(|| self.feed.language.clone()),
            claimed: entry.published.or(entry.updated),
            html,
            content_hash,
            extra: Extra::new(entry.categories, entry.enclosures.first(), entry.comments, entry.source.as_ref()),
        };
        (text, plain)
    }

    fn content_hash(&self, entry: &ParsedEntry) -> Key {
        content_hash(title_of(entry), entry.link.as_deref(), entry.author.as_deref(), body_of(entry))
    }
}

fn title_of(entry: &ParsedEntry) -> &str {
    text::clip(entry.title.as_deref().unwrap_or_default(), MAX_TITLE_BYTES)
}

fn content_of(entry: &ParsedEntry) -> Option<&str> {
    entry.content.as_deref().filter(|content| !content.trim().is_empty())
}

fn body_of(entry: &ParsedEntry) -> &str {
    text::clip(content_of(entry).or(entry.summary.as_deref()).unwrap_or_default(), MAX_BODY_BYTES)
}

/// Of what a reader sees; dates are not in it.
fn content_hash(title: &str, link: Option<&str>, author: Option<&str>, body: &str) -> Key {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for part in [title, link.unwrap_or_default(), author.unwrap_or_default(), body] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.digest128().to_be_bytes()
}

/// A text of this many characters is taken for a whole article and no teaser: a choice, not a measurement.
const WHOLE_ARTICLE_CHARS: usize = 1500;
/// … and in Chinese, Japanese and Korean, which say as much in a third of the characters.
const WHOLE_ARTICLE_CJK_CHARS: usize = 500;

/// Whether the page behind an entry is to be fetched.
fn wants_article<'a>(mode: ArticleMode, has_content: bool, text: impl Fn() -> &'a str, link: &str) -> bool {
    /// What a link may end in that is not a page.
    const NOT_PAGES: [&str; 12] =
        [".mp3", ".m4a", ".mp4", ".pdf", ".zip", ".png", ".jpg", ".jpeg", ".gif", ".webm", ".ogg", ".epub"];
    let path = link.split(['?', '#']).next().unwrap_or(link).to_ascii_lowercase();
    if NOT_PAGES.iter().any(|end| path.ends_with(end)) {
        return false;
    }
    match mode {
        ArticleMode::Always => true,
        ArticleMode::Never => false,
        ArticleMode::Auto if !has_content => true,
        ArticleMode::Auto => {
            let text = text();
            let n_chars = text.chars().count();
            let n_cjk = text.chars().filter(|c| text::is_cjk(*c)).count();
            let whole = if n_cjk * 3 > n_chars { WHOLE_ARTICLE_CJK_CHARS } else { WHOLE_ARTICLE_CHARS };
            let cut = ["…", "...", "[…]", "[...]", "»"].iter().any(|end| text.trim_end().ends_with(end));
            n_chars < whole || cut
        }
    }
}
