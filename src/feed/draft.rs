//! What a reader found, before it is decided what it means. Both readers fill these drafts and
//! [`FeedDraft::finish`] turns them into the room's result, so that one feed means one thing.

use super::markup;
use super::{Attribution, Enclosure, Hints, MAX_ENTRIES, ParsedEntry, ParsedFeed};
use crate::model::Timestamp;
use crate::mojibake;
use crate::text::one_line;
use std::borrow::Cow;
use url::Url;

/// Enough for every gallery; more are dropped.
const MAX_ENCLOSURES: usize = 64;
const MAX_CATEGORIES: usize = 64;
const MAX_AUTHORS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Says that it is plain text.
    Plain,
    /// HTML, its references to be decoded once more.
    Html,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub value: String,
    pub kind: Kind,
}

impl Text {
    pub fn title(&self) -> Option<String> {
        let value = mojibake::undo(Cow::Borrowed(&self.value));
        let plain = self.kind == Kind::Plain && !markup::looks_like_html(&value);
        Some(if plain { one_line(&value) } else { markup::headline(&value) }).filter(|title| !title.is_empty())
    }

    pub fn body(self) -> Option<String> {
        let value = mojibake::undo(Cow::Owned(self.value)).into_owned();
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return None;
        }
        if self.kind == Kind::Plain && !markup::looks_like_html(&value) {
            return Some(markup::body_of_plain(&value));
        }
        Some(if trimmed.len() == value.len() { value } else { trimmed.to_owned() })
    }
}

/// The best value so far: the lowest rank holds, of equals the first.
#[derive(Clone, Debug)]
pub(super) struct Best<T>(Option<(u8, T)>);

impl<T> Default for Best<T> {
    fn default() -> Self {
        Best(None)
    }
}

impl<T> Best<T> {
    pub fn offer(&mut self, rank: u8, value: T) {
        if self.0.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.0 = Some((rank, value));
        }
    }

    /// As `offer`, but of equals the last holds: where feeds say a date twice, the later one is the newer.
    pub fn offer_last(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.0.as_ref().is_none_or(|(best, _)| rank <= *best)
        {
            self.0 = Some((rank, value));
        }
    }

    pub fn offer_some(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value {
            self.offer(rank, value);
        }
    }

    pub fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }

    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct FeedDraft {
    pub title: Best<String>,
    pub link: Best<String>,
    pub description: Best<String>,
    pub language: Best<String>,
    pub authors: Authors,
    pub entries: Vec<EntryDraft>,
    pub hints: Hints,
    /// `sy:updatePeriod` in seconds, `sy:updateFrequency`.
    pub update: (Option<u64>, Option<u64>),
    pub warnings: Vec<String>,
    /// Entries that were read and are not kept, because there are too many.
    pub n_left_out: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct EntryDraft {
    pub id: Best<String>,
    pub link: Best<String>,
    pub title: Best<String>,
    pub published: Best<Timestamp>,
    pub updated: Best<Timestamp>,
    pub authors: Authors,
    pub summary: Best<String>,
    pub content: Option<String>,
    pub language: Option<String>,
    pub categories: Vec<String>,
    pub enclosures: Vec<Enclosure>,
    pub comments: Option<String>,
    pub source: Option<Attribution>,
}

/// Names of one rank; a better rank replaces them all.
#[derive(Clone, Debug, Default)]
pub(super) struct Authors {
    rank: u8,
    names: Vec<String>,
}

impl Authors {
    pub fn add(&mut self, rank: u8, name: &str) {
        let Some(name) = person(name) else { return };
        if self.names.is_empty() || rank < self.rank {
            self.names.clear();
            self.rank = rank;
        }
        if rank == self.rank && self.names.len() < MAX_AUTHORS && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn finish(self) -> Option<String> {
        Some(self.names.join(", ")).filter(|names| !names.is_empty())
    }
}

/// The name in `mail@host (Name)`, `Name <mail@host>`, `Name (mail@host)`; the address where there is no name.
fn person(text: &str) -> Option<String> {
    let text = markup_free(text);
    let text = text.trim();
    let Some(at) = text.find('@') else {
        return Some(text.to_owned()).filter(|name| !name.is_empty());
    };
    let is_part = |c: char| !c.is_whitespace() && !matches!(c, '(' | ')' | '<' | '>' | '（' | '）' | '"' | ',' | ';' | '[' | ']');
    let start = text[..at].rfind(|c| !is_part(c)).map_or(0, |at| text.ceil_char_boundary(at + 1));
    let end = text[at..].find(|c| !is_part(c)).map_or(text.len(), |end| at + end);
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '（' | '）' | '"' | ',' | ';' | '[' | ']');
    let name = [&text[..start], &text[end..]].map(|side| side.trim_matches(is_edge)).into_iter().max_by_key(|side| side.len());
    let mail = text[start..end].strip_prefix("mailto:").unwrap_or(&text[start..end]);
    Some(name.filter(|name| !name.is_empty()).unwrap_or(mail).to_owned()).filter(|name| !name.is_empty())
}

/// A name has no tags, but angle brackets around an address are none.
fn markup_free(text: &str) -> String {
    let text = mojibake::undo(Cow::Borrowed(text));
    if text.contains("</") || text.contains('&') { markup::plain(&text) } else { one_line(&text) }
}

impl EntryDraft {
    /// The longest body wins: feeds repeat the same text in several forms, and cut some of them.
    pub fn offer_content(&mut self, body: Option<String>) {
        if let Some(body) = body.filter(|body| self.content.as_ref().is_none_or(|old| old.len() < body.len())) {
            self.content = Some(body);
        }
    }

    pub fn add_category(&mut self, category: &str) {
        let category = markup::plain(&mojibake::undo(Cow::Borrowed(category)));
        if !category.is_empty() && self.categories.len() < MAX_CATEGORIES && !self.categories.contains(&category) {
            self.categories.push(category);
        }
    }

    pub fn add_enclosure(&mut self, url: Option<String>, media_type: Option<&str>, length: Option<&str>) {
        let Some(url) = url else { return };
        if self.enclosures.len() < MAX_ENCLOSURES && !self.enclosures.iter().any(|known| known.url == url) {
            let media_type = media_type.map(one_line).filter(|kind| !kind.is_empty());
            let length = length.and_then(|length| length.trim().parse().ok());
            self.enclosures.push(Enclosure { url, media_type, length });
        }
    }

    fn claimed(&self) -> Option<Timestamp> {
        self.published.get().or(self.updated.get()).copied()
    }

    fn finish(self, feed_author: Option<&String>) -> ParsedEntry {
        ParsedEntry {
            id: self.id.take().map(|id| one_line(&id)).filter(|id| !id.is_empty()),
            link: self.link.take(),
            title: self.title.take(),
            published: self.published.take(),
            updated: self.updated.take(),
            author: self.authors.finish().or_else(|| feed_author.cloned()),
            summary: self.summary.take(),
            content: self.content,
            language: self.language,
            categories: self.categories,
            enclosures: self.enclosures,
            comments: self.comments,
            source: self.source.filter(|source| source.title.is_some() || source.url.is_some()),
        }
    }
}

impl FeedDraft {
    /// Keeps an entry, in bounded memory: where there are too many, those that are older are let go.
    pub fn add_entry(&mut self, entry: EntryDraft) {
        self.entries.push(entry);
        if self.entries.len() >= 2 * MAX_ENTRIES {
            self.keep_newest();
        }
    }

    /// The newest [`MAX_ENTRIES`] by their dates, in the document's order; where most have no date, the document's first.
    fn keep_newest(&mut self) {
        let n_read = self.entries.len();
        if n_read <= MAX_ENTRIES {
            return;
        }
        self.n_left_out += n_read - MAX_ENTRIES;
        if self.entries.iter().filter(|entry| entry.claimed().is_some()).count() * 2 < n_read {
            self.entries.truncate(MAX_ENTRIES);
            return;
        }
        // One without a date is as old as the one before it.
        let mut before = Timestamp(i64::MAX);
        let mut dated: Vec<(Timestamp, usize)> = Vec::with_capacity(n_read);
        for (at, entry) in self.entries.iter().enumerate() {
            before = entry.claimed().unwrap_or(before);
            dated.push((before, at));
        }
        dated.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut kept = vec![false; n_read];
        for (_, at) in dated.iter().take(MAX_ENTRIES) {
            kept[*at] = true;
        }
        let mut at = 0;
        self.entries.retain(|_| {
            at += 1;
            kept[at - 1]
        });
    }

    pub fn finish(mut self) -> ParsedFeed {
        self.keep_newest();
        if self.n_left_out > 0 {
            let n_left_out = self.n_left_out;
            self.warnings.push(format!("more than {MAX_ENTRIES} entries: the newest are taken, {n_left_out} are left out"));
        }
        let (period, frequency) = self.update;
        if period.is_some() || frequency.is_some() {
            // The module's defaults: daily, once.
            self.hints.update_period_seconds = Some(period.unwrap_or(86_400) / frequency.unwrap_or(1).max(1));
        }
        self.hints.skip_hours.sort_unstable();
        self.hints.skip_hours.dedup();
        self.hints.skip_days.sort_unstable();
        self.hints.skip_days.dedup();
        let author = self.authors.finish();
        ParsedFeed {
            title: self.title.take(),
            link: self.link.take(),
            description: self.description.take(),
            language: self.language.take(),
            entries: self.entries.into_iter().map(|entry| entry.finish(author.as_ref())).collect(),
            hints: self.hints,
            warnings: self.warnings,
        }
    }
}

/// A link of Atom: what its `rel` makes of it. `None`: it is of no use to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rel {
    /// The page itself, with the rank among links of its kind: HTML before other types.
    Alternate(u8),
    Enclosure,
    Comments,
    Hub,
    SelfFeed,
    Next,
}

pub(super) fn rel(rel: &str, media_type: &str) -> Option<Rel> {
    let rel = rel.trim().to_ascii_lowercase();
    let rel = rel.strip_prefix("http://www.iana.org/assignments/relation/").unwrap_or(&rel);
    let is_page = media_type.is_empty() || media_type.to_ascii_lowercase().contains("html");
    match rel {
        "" | "alternate" => Some(Rel::Alternate(if is_page { 0 } else { 1 })),
        "enclosure" => Some(Rel::Enclosure),
        "replies" if is_page => Some(Rel::Comments),
        "hub" => Some(Rel::Hub),
        "self" => Some(Rel::SelfFeed),
        "next" => Some(Rel::Next),
        _ => None,
    }
}

impl FeedDraft {
    pub fn add_link(&mut self, relation: &str, media_type: &str, href: &str, base: Option<&Url>) {
        let Some(url) = markup::absolute(href, base) else { return };
        match rel(relation, media_type) {
            Some(Rel::Alternate(rank)) => self.link.offer(rank, url),
            Some(Rel::Hub) if self.hints.hubs.len() < 8 && !self.hints.hubs.contains(&url) => self.hints.hubs.push(url),
            Some(Rel::SelfFeed) => {
                self.hints.self_url.get_or_insert(url);
            }
            Some(Rel::Next) => {
                self.hints.next_url.get_or_insert(url);
            }
            _ => {}
        }
    }
}
