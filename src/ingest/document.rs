//! Bytes of a feed → what its document changes. Identity is decided here, once: the writer looks nothing up.

use super::said::{said, stored};
use super::settle::Compared;
use crate::config::subscriptions::Subscription;
use crate::feed::identity::{self, Habit};
use crate::feed::{self, NotAFeed, ParsedEntry, ParsedFeed};
use crate::model::{ArticleMode, Dedupe, EntryId, FeedId, Key, Timestamp, key_of};
use crate::records::{self, AskedEntry, EntryChange, EntryText, Extra, Known, KnownEntry, NewEntry, Pruned, WantedArticle};
use crate::{article, listing, story, text};
use std::borrow::Cow;
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
    pub(super) entries: Vec<Keyed>,
    /// How its feed names its entries, where it taught something new.
    pub(super) habit: Option<Habit>,
}

/// What a document changes, and what it leaves for later.
pub struct Taken {
    pub document: records::Document,
    /// When the first edit is due that was not taken.
    pub put_off: Option<Timestamp>,
}

/// An entry by what it is known.
pub(super) struct Keyed {
    pub key: Key,
    /// By which it may have been stored before its feed was found out.
    pub former: Option<Key>,
    pub link_key: Option<Key>,
    pub content_hash: Key,
    pub entry: ParsedEntry,
    /// What it says, where its key is not known and that is unusual.
    pub said: Option<u64>,
    /// What was decided of it by more than its key.
    pub recognised: Option<Recognised>,
}

/// What of a stored entry makes it this one.
pub(super) enum Recognised {
    /// It is this one. `says_the_same`: title and text are what they were.
    Known { entry: KnownEntry, says_the_same: bool },
    /// It is new, under this key.
    New { key: Key },
}

/// A title is kept up to this many bytes: more is not a headline.
const MAX_TITLE_BYTES: usize = 1024;
/// A body up to this many; it ends with a link to the rest then.
const MAX_BODY_BYTES: usize = 512 * 1024;

/// Where a document brings more new entries than this, they are compared with others in batches of their own: a commit must
/// not hold the writer for long.
const MAX_COMPARED: usize = 64;

/// An entry that was edited so often has a text that changes with every poll (a counter in it). It is edited once a day from
/// then on; at once where the words of its title change, up to another number, for some titles turn with every poll too.
const MANY_EDITS: i64 = 24;
const MANY_TITLES: i64 = 96;
const DAY: Duration = Duration::from_secs(24 * 3600);

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
pub(super) fn link_of(entry: &ParsedEntry) -> Option<&str> {
    entry.link.as_deref().filter(|link| link.starts_with("http://") || link.starts_with("https://"))
}

/// The normalised address of that page.
fn address_of(entry: &ParsedEntry) -> Option<String> {
    link_of(entry).map(story::link_key)
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
            content_hash: content_hash(&entry),
            entry,
            said: None,
            recognised: None,
        });
        Document { entries: keyed.collect(), feed, body_hash, habit: learnt }
    }

    /// What must be known of the stored entries.
    pub fn asks(&self) -> Vec<AskedEntry> {
        let asked = |keyed: &Keyed, key, link_key| AskedEntry { key, link_key, content_hash: keyed.content_hash };
        let former = self.entries.iter().filter_map(|keyed| Some(asked(keyed, keyed.former?, None)));
        self.entries.iter().map(|keyed| asked(keyed, keyed.key, keyed.link_key)).chain(former).collect()
    }

    /// By what those of its entries that are not known may be among what is kept no more ([`records::Pruned::keys`]).
    pub fn asks_pruned(&self, known: &Known) -> Vec<u64> {
        let of = |keyed: &Keyed| match &keyed.recognised {
            Some(Recognised::Known { .. }) => Vec::new(),
            Some(Recognised::New { key }) => vec![records::pruned_key(key)],
            None if known.by_key.contains_key(&keyed.key) => Vec::new(),
            None => {
                let keys = [Some(keyed.key), keyed.former].into_iter().flatten();
                keys.map(|key| records::pruned_key(&key)).chain(keyed.pruned_link()).collect()
            }
        };
        self.entries.iter().flat_map(of).collect()
    }

    /// The times that its entries claim, for the schedule.
    pub fn entry_times(&self) -> Vec<Timestamp> {
        self.entries.iter().filter_map(|keyed| keyed.entry.published.or(keyed.entry.updated)).collect()
    }

    /// How many of its entries are not known by their keys, nor recognised by more.
    pub fn n_unknown(&self, known: &Known) -> usize {
        let is_unknown = |keyed: &&Keyed| match &keyed.recognised {
            Some(Recognised::Known { .. }) => false,
            Some(Recognised::New { key }) => !known.pruned.keys.contains(&records::pruned_key(key)),
            None => !known.by_key.contains_key(&keyed.key) && !keyed.was_pruned(known),
        };
        self.entries.iter().filter(is_unknown).count()
    }

    /// What it changes.
    pub fn take_in(self, source: &Source, known: &Known, policy: &EntryPolicy) -> Taken {
        let compare = policy.compare && self.n_unknown(known) <= MAX_COMPARED;
        let taking = Taking { source, policy: &EntryPolicy { compare, ..*policy }, feed: &self.feed };
        let mut identity = Identity::of(known, self.entries.iter().map(|keyed| keyed.key).collect());
        let dates = DateChanges::of(&self.entries, known);
        let (mut changes, mut put_off) = (Vec::new(), None::<Timestamp>);
        // What is signed anew at each request is written a few times a day, by the first poll in each quarter of it.
        let quarter = |at: Timestamp| at.0.div_euclid(QUARTER_MS);
        let is_refreshed = known.last_polled.is_none_or(|last| quarter(last) != quarter(source.at));
        let mut entries = in_order(self.entries, source.at);
        // What is kept no more is not new again.
        entries.retain(|keyed| match &keyed.recognised {
            Some(Recognised::Known { .. }) => true,
            Some(Recognised::New { key }) => !known.pruned.keys.contains(&records::pruned_key(key)),
            None => known.by_key.contains_key(&keyed.key) || !keyed.was_pruned(known),
        });
        for Keyed { key, former, link_key, content_hash, entry, recognised, .. } in entries {
            let key = match &recognised {
                Some(Recognised::New { key }) => *key,
                _ => key,
            };
            let (found, says_the_same) = match recognised {
                Some(Recognised::New { .. }) => (None, false),
                Some(Recognised::Known { entry, says_the_same }) => (Some(identity.rename(entry, &key)), says_the_same),
                None => {
                    let found = identity.find(&key, link_key, &entry, &content_hash);
                    (found.or_else(|| identity.find_former(&key, former, &content_hash)), false)
                }
            };
            let Some(Found { known, renamed }) = found else {
                changes.push(EntryChange::New(Box::new(taking.new_entry(key, link_key, content_hash, entry))));
                continue;
            };
            if renamed {
                changes.push(EntryChange::Renamed { entry: known.id, key });
            }
            if let Some(claimed) = dates.taken(&known, &entry) {
                changes.push(EntryChange::Dated { entry: known.id, claimed });
            }
            if content_hash == known.content_hash {
                continue;
            }
            if says_the_same {
                // Of a feed that gives new links again and again the first ones are as good as the last.
                let link = link_of(&entry).filter(|_| source.habit.n_rotations == 0).map(str::to_owned);
                let link_key = link_key.filter(|_| link.is_some());
                changes.push(EntryChange::Relinked { entry: known.id, link, link_key, content_hash });
                continue;
            }
            let (text, _) = taking.text(link_key, content_hash, entry);
            match edit(&known, &text, source.at) {
                Edit::None => {}
                Edit::Unseen if is_refreshed => changes.push(EntryChange::Refreshed { entry: known.id, text: Box::new(text) }),
                Edit::Unseen => {}
                Edit::Now => changes.push(EntryChange::Edited { entry: known.id, text: Box::new(text) }),
                Edit::Later(due) => put_off = Some(put_off.map_or(due, |first| first.min(due))),
            }
        }
        let document = records::Document {
            revision: known.revision,
            body_hash: self.body_hash,
            title: self.feed.title,
            site_url: self.feed.link,
            language: self.feed.language,
            habit: self.habit,
            changes,
        };
        Taken { document, put_off }
    }
}

impl Keyed {
    /// As it would be among what is kept no more by its link and its title.
    fn pruned_link(&self) -> Option<u64> {
        let (link, _) = self.link_key.as_ref().zip(self.entry.title.as_ref())?;
        Some(records::pruned_link(link, title_of(&self.entry)))
    }

    /// It was stored once, and is kept no more. An old id with a date that none of those had may stand for something new:
    /// then link and title must be the old ones too.
    fn was_pruned(&self, known: &Known) -> bool {
        let Pruned { keys, newest } = &known.pruned;
        if keys.is_empty() {
            return false;
        }
        let holds = |key: &Key| keys.contains(&records::pruned_key(key));
        let by_link = || self.pruned_link().is_some_and(|link| keys.contains(&link));
        let claimed = self.entry.published.or(self.entry.updated);
        let is_later = match claimed {
            Some(claimed) => newest.is_some_and(|newest| claimed > newest),
            // Without a date nobody can tell, but by link and title.
            None => self.link_key.is_some() && self.entry.title.is_some(),
        };
        (!is_later && (holds(&self.key) || self.former.as_ref().is_some_and(holds))) || by_link()
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

struct Found<'a> {
    known: Cow<'a, KnownEntry>,
    /// It is to be known by another key than it was.
    renamed: bool,
}

/// Whether what is kept of an entry changed, and when that is taken.
enum Edit {
    None,
    /// Of what is kept, but not of what a reader sees.
    Unseen,
    Now,
    Later(Timestamp),
}

/// What changes at each request (the address of a counting image, a comment, a link's campaign) is gone from what is kept.
fn edit(known: &KnownEntry, text: &EntryText, now: Timestamp) -> Edit {
    let (before, now_shown) = (known.shown, text.shown());
    if before == Some(now_shown) {
        return Edit::None;
    }
    if before.is_some_and(|before| before.at_rest == now_shown.at_rest) {
        return Edit::Unseen;
    }
    let words = |title: &str| title.chars().filter(|c| !c.is_numeric()).collect::<String>();
    let is_renamed = || known.n_edits < MANY_TITLES && words(&text.title) != words(&known.title);
    let due = known.updated.plus(DAY);
    if known.n_edits < MANY_EDITS || due <= now || is_renamed() { Edit::Now } else { Edit::Later(due) }
}

impl<'a> Identity<'a> {
    fn of(known: &'a Known, present: HashSet<Key>) -> Identity<'a> {
        Identity { known, present, renamed: HashMap::new() }
    }

    /// By its key. Else it is an entry that came back under a new id: the same feed, the same link, and the old id is in
    /// the feed no more. Only where one known entry has that link: on a feed whose entries all link to one page a link says
    /// nothing.
    fn find(&mut self, key: &Key, link_key: Option<Key>, entry: &ParsedEntry, content_hash: &Key) -> Option<Found<'a>> {
        if let Some(known) = self.known.by_key.get(key) {
            return Some(Found { known: Cow::Borrowed(known), renamed: false });
        }
        let [known] = self.known.by_link.get(&link_key?)?.as_slice() else { return None };
        let key_now = self.renamed.get(&known.id).unwrap_or(&known.key);
        // What another entry says at an old address is new.
        let says_the_same = known.content_hash == *content_hash || (entry.title.is_some() && title_of(entry) == known.title);
        if self.present.contains(key_now) || !says_the_same {
            return None;
        }
        self.renamed.insert(known.id, *key);
        Some(Found { known: Cow::Borrowed(known), renamed: true })
    }

    /// One that was recognised by more than its key gets the key that it has now, unless that is another one's.
    fn rename(&mut self, entry: KnownEntry, key: &Key) -> Found<'a> {
        let renamed = !self.known.by_key.contains_key(key) && !self.renamed.contains_key(&entry.id) && entry.key != *key;
        if renamed {
            self.renamed.insert(entry.id, *key);
        }
        Found { known: Cow::Owned(entry), renamed }
    }

    /// By the key that it had before its feed was found out: only where what is stored there says the same, because of the
    /// entries that shared that key one was stored.
    fn find_former(&mut self, key: &Key, former: Option<Key>, content_hash: &Key) -> Option<Found<'a>> {
        let known = self.known.by_key.get(&former?).filter(|known| known.content_hash == *content_hash)?;
        if self.renamed.contains_key(&known.id) {
            return None;
        }
        self.renamed.insert(known.id, *key);
        Some(Found { known: Cow::Borrowed(known), renamed: true })
    }
}

/// An entry's date is corrected so often, and then left as it is: a date that moves with every poll says nothing.
const MAX_DATES: i64 = 3;

/// Which dates of a document are taken although their entries had others.
struct DateChanges {
    /// Most of its dates have moved: they are those of the document.
    say_nothing: bool,
}

impl DateChanges {
    fn of(entries: &[Keyed], known: &Known) -> DateChanges {
        let dates = entries.iter().filter_map(|keyed| Some((keyed.entry.published?, known.by_key.get(&keyed.key)?.claimed?)));
        let moved: Vec<bool> = dates.map(|(now, before)| now != before).collect();
        let n_moved = moved.iter().filter(|moved| **moved).count();
        DateChanges { say_nothing: n_moved >= 2 && n_moved * 2 > moved.len() }
    }

    /// The date that the entry gets: its first one, or one that corrects it. That of its last change is no correction.
    fn taken(&self, found: &KnownEntry, entry: &ParsedEntry) -> Option<Timestamp> {
        if found.n_dates >= MAX_DATES {
            return None;
        }
        match found.claimed {
            None => entry.published.or(entry.updated),
            Some(before) => entry.published.filter(|now| *now != before && !self.say_nothing),
        }
    }
}

/// What is the same for all entries of a document.
struct Taking<'a> {
    source: &'a Source<'a>,
    policy: &'a EntryPolicy,
    feed: &'a ParsedFeed,
}

impl Taking<'_> {
    fn new_entry(&self, key: Key, link_key: Option<Key>, content_hash: Key, entry: ParsedEntry) -> NewEntry {
        let has_content = content_of(&entry).is_some();
        let (text, plain) = self.text(link_key, content_hash, entry);
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
    fn text(&self, link_key: Option<Key>, content_hash: Key, entry: ParsedEntry) -> (EntryText, Option<String>) {
        let (title, link) = (title_of(&entry), link_of(&entry));
        let html = clean(self.source, &entry);
        let content = Some(stored(said(title, &html)));
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
            content,
            extra: Extra::new(entry.categories, &entry.enclosures, entry.comments, entry.source.as_ref()),
        };
        (text, plain)
    }
}

/// What is kept of an entry's body.
pub(super) fn clean(source: &Source, entry: &ParsedEntry) -> String {
    let rule = article::rules::Rule::for_feed(&[], &source.settings.strip, None);
    let link = link_of(entry);
    let base = link.unwrap_or(source.final_url);
    article::clean_with(&shortened(body_of(entry), link), base, Some(title_of(entry)), rule.as_ref())
}

pub(super) fn title_of(entry: &ParsedEntry) -> &str {
    text::clip(entry.title.as_deref().unwrap_or_default(), MAX_TITLE_BYTES)
}

fn content_of(entry: &ParsedEntry) -> Option<&str> {
    entry.content.as_deref().filter(|content| !content.trim().is_empty())
}

fn body_of(entry: &ParsedEntry) -> &str {
    content_of(entry).or(entry.summary.as_deref()).unwrap_or_default()
}

/// A body that is not too long to keep: cut at the end of a block, with a link to the rest of it.
fn shortened<'a>(body: &'a str, link: Option<&str>) -> Cow<'a, str> {
    const ENDS: [&str; 9] = ["</p>", "</li>", "</div>", "</pre>", "</table>", "</blockquote>", "<br>", "<br/>", "\n\n"];
    if body.len() <= MAX_BODY_BYTES {
        return body.into();
    }
    let kept = text::clip(body, MAX_BODY_BYTES);
    let end = ENDS.iter().filter_map(|end| Some(kept.rfind(end)? + end.len())).max().filter(|end| *end >= MAX_BODY_BYTES / 2);
    let end = end.or_else(|| kept.rfind(char::is_whitespace)).unwrap_or(kept.len());
    let mut short = kept[..end].to_owned();
    match link.and_then(|link| url::Url::parse(link).ok()) {
        // What a parser writes of an address has neither quotes nor angle brackets in it.
        Some(link) => short.push_str(&format!("<p><a href=\"{}\">[…]</a></p>", link.as_str().replace('&', "&amp;"))),
        None => short.push_str("<p>[…]</p>"),
    }
    short.into()
}

/// Of an entry as its feed wrote it; dates are not in it.
fn content_hash(entry: &ParsedEntry) -> Key {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    let mut part = |part: &str| {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    };
    part(title_of(entry));
    part(entry.link.as_deref().unwrap_or_default());
    part(entry.author.as_deref().unwrap_or_default());
    part(body_of(entry));
    entry.categories.iter().for_each(|category| part(category));
    entry.enclosures.iter().for_each(|enclosure| part(&enclosure.url));
    hash.digest128().to_be_bytes()
}

/// Of a day.
const QUARTER_MS: i64 = 6 * 3_600_000;

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
