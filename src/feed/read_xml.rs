//! Our own tolerant reader: events of any RSS, RDF or Atom → draft. It takes every feed; feed-rs only the clean ones.
//!
//! RSS and Atom names are one vocabulary here: feeds mix them, and where the same name means two things
//! (`link`, `category`, `author`) its form says which.

use super::Attribution;
use super::draft::{EntryDraft, FeedDraft, Kind, Rel, Text, rel};
use super::entities::{self, Dialect};
use super::events::{Event, Events};
use super::markup::absolute;
use super::names::{Ns, by_uri};
use super::read_values::{Reader, SeenDates};
use crate::text::one_line;
use url::Url;

/// Whether a root of a feed was found, and the draft. `None`: there is no feed in the text.
pub(super) fn read(text: &str, url: &str) -> Option<FeedDraft> {
    let base = Url::parse(url).ok().filter(|url| !url.cannot_be_a_base());
    let read = |dates: SeenDates| {
        let events = Events::new(text, base.clone());
        let mut reader = Reader { events, feed: FeedDraft::default(), is_atom: false, dates };
        reader.feed().then_some(reader)
    };
    let mut reader = read(SeenDates::default())?;
    // Day and month can be exchanged in some dates, and others prove their order: read again with that in mind.
    if let Some(habit) = reader.dates.learnt() {
        reader = read(SeenDates::with(Some(habit)))?;
    }
    reader.warn(text);
    Some(reader.feed)
}

impl<'a> Reader<'a> {
    /// Reads all; false where no root of a feed was met.
    fn feed(&mut self) -> bool {
        let mut is_feed = false;
        let mut is_after_link = false;
        while let Some(event) = self.events.next() {
            let Event::Open { ns, name } = event else {
                if let Some(link) = self.link_behind(event, &mut is_after_link) {
                    self.feed.link.offer_some(0, Some(link));
                }
                continue;
            };
            is_after_link = false;
            let is_core = matches!(ns, Ns::Rss | Ns::Atom);
            let depth = self.events.depth();
            if self.events.is_entry() {
                is_feed = true;
                self.is_atom |= depth == 1;
                let entry = self.entry(depth);
                self.feed.add_entry(entry);
            } else if self.events.is_container() {
                match name {
                    "feed" if is_core => {
                        is_feed = true;
                        self.is_atom = true;
                        let language = self.events.language().map(one_line);
                        self.feed.language.offer_some(2, language.filter(|language| !language.is_empty()));
                    }
                    "rss" if is_core => is_feed = true,
                    // RDF says many things; with the vocabulary of RSS it means to be a feed.
                    "rdf" => {
                        is_feed |= self.events.attributes().iter().any(|a| a.name == "xmlns" && by_uri(a.value) == Some(Ns::Rss))
                    }
                    "channel" if is_core => {
                        is_feed |= self.events.has_root();
                        // The Channel Definition Format has attributes.
                        let href = self.events.attribute("href").and_then(|href| absolute(href, self.events.base()));
                        self.feed.link.offer_some(4, href);
                        let language = self.events.language().map(one_line);
                        self.feed.language.offer_some(2, language.filter(|language| !language.is_empty()));
                    }
                    _ => {}
                }
            } else {
                let is_link = self.is_bare_link(ns, name);
                self.feed_field(ns, name, depth);
                is_after_link = is_link;
            }
        }
        is_feed
    }

    /// `<link/>` without attributes: its address stands behind it, where a page's serialiser closed it too early.
    fn is_bare_link(&self, ns: Ns, name: &str) -> bool {
        matches!(ns, Ns::Rss | Ns::Atom) && name == "link" && self.events.attributes().is_empty() && self.events.is_closed()
    }

    /// The address in a text behind such a link.
    fn link_behind(&self, event: Event, is_after_link: &mut bool) -> Option<String> {
        let (Event::Text(text) | Event::Cdata(text)) = event else { return None };
        if !std::mem::take(is_after_link) {
            return None;
        }
        let text = self.decoded(text);
        let text = text.trim();
        let is_address = text.starts_with("http://") || text.starts_with("https://");
        absolute(text, None).filter(|_| is_address && !text.contains(char::is_whitespace))
    }

    fn feed_field(&mut self, ns: Ns, name: &'static str, depth: usize) {
        match (ns, name) {
            (Ns::Rss | Ns::Atom, "title") => {
                let title = self.title(ns, depth);
                self.feed.title.offer_some(0, title);
            }
            (Ns::DublinCore, "title") => {
                let title = self.title(ns, depth);
                self.feed.title.offer_some(1, title);
            }
            (Ns::Rss | Ns::Atom, "link") => {
                if let Some(link) = self.link_attributes() {
                    let base = self.events.base().cloned();
                    self.feed.add_link(&link.rel, &link.media_type, &link.href, base.as_ref());
                    self.events.skip(depth);
                } else {
                    let link = self.address(depth);
                    self.feed.link.offer_some(0, link);
                }
            }
            (Ns::Rss | Ns::Atom, "homepage" | "url") => {
                let link = self.address(depth);
                self.feed.link.offer_some(3, link);
            }
            (Ns::Rss | Ns::Atom, "description" | "subtitle" | "tagline") => {
                let description = self.title(ns, depth);
                self.feed.description.offer_some(0, description);
            }
            (Ns::DublinCore, "description") | (Ns::Itunes, "summary" | "subtitle") => {
                let description = self.title(ns, depth);
                self.feed.description.offer_some(2, description);
            }
            (Ns::Rss | Ns::Atom | Ns::DublinCore, "language") => {
                let language = one_line(&self.short(depth));
                self.feed.language.offer_some(if ns == Ns::DublinCore { 1 } else { 0 }, Some(language).filter(|l| !l.is_empty()));
            }
            (Ns::Rss | Ns::Atom, "author") if self.is_atom => {
                let (name, mail) = self.person(depth);
                self.feed.authors.add(0, name.or(mail).as_deref().unwrap_or_default());
            }
            (Ns::Rss | Ns::Atom, "ttl") => {
                let minutes = self.short(depth).trim().parse().ok();
                self.feed.hints.ttl_minutes = self.feed.hints.ttl_minutes.or(minutes);
            }
            (Ns::Rss | Ns::Atom, "skiphours") => {
                let hours = self.list(depth, "hour").into_iter().filter_map(|hour| hour.trim().parse::<u8>().ok());
                // Some count from 1 to 24.
                self.feed.hints.skip_hours.extend(hours.filter(|hour| *hour <= 24).map(|hour| hour % 24));
            }
            (Ns::Rss | Ns::Atom, "skipdays") => {
                let days = self.list(depth, "day");
                self.feed.hints.skip_days.extend(days.iter().filter_map(|day| weekday(day)));
            }
            (Ns::Syndication, "updateperiod") => {
                let period = self.short(depth).trim().to_ascii_lowercase();
                let seconds = PERIODS.iter().find(|(name, _)| *name == period).map(|(_, seconds)| *seconds);
                self.feed.update.0 = self.feed.update.0.or(seconds);
            }
            (Ns::Syndication, "updatefrequency") => {
                let frequency = self.short(depth).trim().parse().ok();
                self.feed.update.1 = self.feed.update.1.or(frequency);
            }
            _ => self.events.skip(depth),
        }
    }

    fn entry(&mut self, depth: usize) -> EntryDraft {
        let mut entry = EntryDraft { language: self.events.language().map(one_line), ..EntryDraft::default() };
        let about = self.events.attributes().iter().find(|a| a.name == "about" || a.name.ends_with(":about")).map(|a| a.value);
        if let Some(about) = about.map(|about| self.decoded(about)).filter(|about| !about.trim().is_empty()) {
            if about.starts_with("http") {
                entry.link.offer_some(6, absolute(&about, self.events.base()));
            }
            entry.id.offer(2, about);
        }
        let href = self.events.attribute("href").map(|href| self.decoded(href));
        entry.link.offer_some(7, href.and_then(|href| absolute(&href, self.events.base())));
        let modified = self.events.attribute("lastmod").map(|at| self.decoded(at));
        entry.updated.offer_some(3, modified.and_then(|at| self.read_date(&at)));
        self.fields(&mut entry, depth);
        entry
    }

    /// The children of an entry, or of a group inside one.
    fn fields(&mut self, entry: &mut EntryDraft, depth: usize) {
        let mut is_after_link = false;
        while self.events.depth() >= depth {
            match self.events.next() {
                None => return,
                Some(Event::Open { ns, name }) => {
                    let depth = self.events.depth();
                    let is_link = self.is_bare_link(ns, name);
                    self.entry_field(entry, ns, name, depth);
                    is_after_link = is_link;
                }
                Some(event) => {
                    let link = self.link_behind(event, &mut is_after_link);
                    entry.link.offer_some(0, link);
                }
            }
        }
    }

    fn entry_field(&mut self, entry: &mut EntryDraft, ns: Ns, name: &'static str, depth: usize) {
        let is_core = matches!(ns, Ns::Rss | Ns::Atom);
        match (ns, name) {
            (Ns::Rss | Ns::Atom, "title") => {
                let title = self.title(ns, depth);
                entry.title.offer_some(0, title);
            }
            (Ns::DublinCore | Ns::Media | Ns::Itunes, "title") => {
                let title = self.title(ns, depth);
                entry.title.offer_some(if ns == Ns::DublinCore { 1 } else { 2 }, title);
            }
            (Ns::Rss | Ns::Atom, "link") => match self.link_attributes() {
                Some(link) => {
                    self.entry_link(entry, &link);
                    self.events.skip(depth);
                }
                None => {
                    let relation = self.events.attribute("rel").map(|rel| self.decoded(rel));
                    let link = self.address(depth);
                    match (relation, link) {
                        // Atom's attributes around RSS's text.
                        (Some(rel), Some(href)) => {
                            self.entry_link(entry, &LinkAttributes { href, rel, media_type: String::new(), length: None });
                        }
                        (_, link) => entry.link.offer_some(0, link),
                    }
                }
            },
            (Ns::Rss | Ns::Atom, "url") => {
                let link = self.address(depth);
                entry.link.offer_some(4, link);
            }
            (Ns::Rss | Ns::Atom, "guid") => {
                let is_permalink = self.events.attribute("isPermaLink");
                let is_permalink = is_permalink.map(|value| value.trim().to_ascii_lowercase());
                let base = self.events.base().cloned();
                let guid = self.short(depth);
                let guid = guid.trim();
                if guid.is_empty() {
                    return;
                }
                // A link where the feed says so; where it says nothing, if it looks like one.
                let looks_like_link = guid.starts_with("http://") || guid.starts_with("https://");
                if is_permalink
                    .as_deref()
                    .map_or(looks_like_link, |value| value == "true" || (value != "false" && looks_like_link))
                {
                    entry.link.offer_some(2, absolute(guid, base.as_ref()));
                }
                entry.id.offer_last(0, Some(guid.to_owned()));
            }
            (Ns::Rss | Ns::Atom, "id") => {
                let id = self.short(depth);
                entry.id.offer_some(1, Some(id).filter(|id| !id.trim().is_empty()));
            }
            (Ns::DublinCore, "identifier") => {
                let id = self.short(depth);
                entry.id.offer_some(3, Some(id).filter(|id| !id.trim().is_empty()));
            }
            (Ns::Rss, "content") | (Ns::Atom, "content") => {
                if let Some(src) = self.events.attribute("src") {
                    let src = self.decoded(src);
                    entry.link.offer_some(5, absolute(&src, self.events.base()));
                }
                let body = self.body(ns, depth);
                entry.offer_content(body);
            }
            (Ns::Content, "encoded") | (Ns::Xhtml | Ns::Rss | Ns::Other, "body") | (Ns::Rss | Ns::Atom, "fullitem") => {
                let body = self.body(ns, depth);
                entry.offer_content(body);
            }
            (Ns::Rss | Ns::Atom, "description" | "summary" | "abstract") => {
                let rank = if name == "abstract" { 2 } else { 0 };
                let body = self.body(ns, depth);
                // Two summaries, one of them the whole text: the second is content.
                if let Some(body) = body {
                    if entry.summary.get().is_some() && rank == 0 {
                        entry.offer_content(Some(body));
                    } else {
                        entry.summary.offer(rank, body);
                    }
                }
            }
            (Ns::DublinCore, "description" | "abstract")
            | (Ns::Itunes, "summary" | "subtitle")
            | (Ns::Media, "description")
            | (Ns::Content, "description") => {
                let rank = match (ns, name) {
                    (Ns::DublinCore, _) => 1,
                    (Ns::Itunes, "summary") => 3,
                    (Ns::Media, _) => 4,
                    _ => 5,
                };
                let body = self.body(ns, depth);
                entry.summary.offer_some(rank, body);
            }
            (Ns::Rss | Ns::Atom, "pubdate" | "published" | "issued") | (Ns::DublinCore, "created" | "issued") => {
                let rank = match (is_core, name) {
                    (true, _) => 0,
                    (false, "issued") => 2,
                    _ => 3,
                };
                let at = self.date(depth);
                entry.published.offer_last(rank, at);
            }
            (Ns::Rss | Ns::Atom, "created") => {
                let at = self.date(depth);
                entry.published.offer_last(1, at);
            }
            (Ns::Rss | Ns::Atom, "updated" | "modified") => {
                let at = self.date(depth);
                entry.updated.offer_last(0, at);
            }
            (Ns::DublinCore, "date" | "modified") | (Ns::Rss | Ns::Atom, "date" | "lastbuilddate") => {
                let at = self.date(depth);
                entry.updated.offer_last(1, at);
            }
            (Ns::Rss | Ns::Atom, "author") => {
                let (name, mail) = self.person(depth);
                entry.authors.add(0, name.or(mail).as_deref().unwrap_or_default());
            }
            (Ns::DublinCore, "creator" | "author") | (Ns::Itunes, "author") | (Ns::Media, "credit") => {
                let rank = match ns {
                    Ns::DublinCore => 1,
                    Ns::Itunes => 2,
                    _ => 3,
                };
                let name = self.short(depth);
                entry.authors.add(rank, &name);
            }
            (Ns::Rss | Ns::Atom, "category") | (Ns::DublinCore, "subject") => {
                let label = self.events.attribute("label").filter(|label| !label.is_empty()).or(self.events.attribute("term"));
                let label = label.map(|label| self.decoded(label));
                let text = self.short(depth);
                entry.add_category(label.as_deref().unwrap_or(&text));
            }
            (Ns::Rss | Ns::Atom, "enclosure") | (Ns::Media, "content") => {
                let address = self.events.attribute("url").or(self.events.attribute("href"));
                let address = address.map(|address| self.decoded(address));
                let length = self.events.attribute("length").or(self.events.attribute("fileSize"));
                let url = address.and_then(|address| absolute(&address, self.events.base()));
                entry.add_enclosure(url, self.events.attribute("type"), length);
                self.fields(entry, depth);
            }
            (Ns::Media, "group") => self.fields(entry, depth),
            (Ns::Rss, "comments") | (Ns::Atom, "comments") => {
                let comments = self.address(depth).filter(|comments| comments.starts_with("http"));
                entry.comments = entry.comments.take().or(comments);
            }
            (Ns::Rss | Ns::Atom, "source") => {
                let source = self.source(depth);
                entry.source.get_or_insert(source);
            }
            (Ns::DublinCore, "language") => {
                let language = one_line(&self.short(depth));
                if !language.is_empty() {
                    entry.language = Some(language);
                }
            }
            _ => self.events.skip(depth),
        }
    }

    fn entry_link(&mut self, entry: &mut EntryDraft, link: &LinkAttributes) {
        let Some(url) = absolute(&link.href, self.events.base()) else { return };
        match rel(&link.rel, &link.media_type) {
            Some(Rel::Alternate(rank)) => entry.link.offer(rank, url),
            Some(Rel::Enclosure) => entry.add_enclosure(Some(url), Some(&link.media_type), link.length.as_deref()),
            Some(Rel::Comments) => {
                entry.comments.get_or_insert(url);
            }
            _ => {}
        }
    }

    /// Where a planet took the entry from. The page where there is one, else the feed.
    fn source(&mut self, depth: usize) -> Attribution {
        let feed = self.events.attribute("url").map(|url| self.decoded(url));
        let feed = feed.and_then(|url| absolute(&url, self.events.base()));
        let (mut title, mut page, mut own) = (None, None, None);
        let mut text = String::new();
        while self.events.depth() >= depth {
            match self.events.next() {
                None => break,
                Some(Event::Open { ns, name }) => {
                    let inner = self.events.depth();
                    match (ns, name) {
                        (Ns::Rss | Ns::Atom, "title") => title = title.or(self.title(ns, inner)),
                        (Ns::Rss | Ns::Atom, "link") => {
                            if let Some(link) = self.link_attributes() {
                                let url = absolute(&link.href, self.events.base());
                                match rel(&link.rel, &link.media_type) {
                                    Some(Rel::Alternate(_)) => page = page.or(url),
                                    Some(Rel::SelfFeed) => own = own.or(url),
                                    _ => {}
                                }
                            }
                            self.events.skip(inner);
                        }
                        (Ns::Rss | Ns::Atom, "id") => {
                            let id = self.short(inner);
                            own = own.or(Some(id).filter(|id| id.starts_with("http")));
                        }
                        _ => self.events.skip(inner),
                    }
                }
                Some(Event::Text(part)) => {
                    entities::decode_into(part, Dialect::Xml, &self.events.declared, &mut text);
                }
                Some(Event::Cdata(part)) => text.push_str(part),
                Some(Event::Close { .. }) => {}
            }
        }
        let text = Text { value: text, kind: Kind::Html }.title();
        Attribution { title: title.or(text), url: page.or(feed).or(own) }
    }

    /// Name and mail of a person, from children or from the text.
    fn person(&mut self, depth: usize) -> (Option<String>, Option<String>) {
        let (mut name, mut mail, mut text) = (None, None, String::new());
        while self.events.depth() >= depth {
            match self.events.next() {
                None => break,
                Some(Event::Open { name: child, .. }) => {
                    let inner = self.events.depth();
                    match child {
                        "name" => name = name.or(Some(self.short(inner))),
                        "email" => mail = mail.or(Some(self.short(inner))),
                        "uri" | "url" | "homepage" => self.events.skip(inner),
                        _ => text.push_str(&self.short(inner)),
                    }
                }
                Some(Event::Text(part)) => {
                    entities::decode_into(part, Dialect::Xml, &self.events.declared, &mut text);
                }
                Some(Event::Cdata(part)) => text.push_str(part),
                Some(Event::Close { .. }) => {}
            }
        }
        let full = |text: &String| !text.trim().is_empty();
        (name.filter(full).or(Some(text).filter(full)), mail.filter(full))
    }

    /// The texts of the children with this name.
    fn list(&mut self, depth: usize, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        while self.events.depth() >= depth {
            match self.events.next() {
                None => break,
                Some(Event::Open { name: child, .. }) => {
                    let inner = self.events.depth();
                    if child == name && texts.len() < 32 {
                        texts.push(self.short(inner));
                    } else {
                        self.events.skip(inner);
                    }
                }
                Some(_) => {}
            }
        }
        texts
    }

    /// `None` where the link has its address as text.
    fn link_attributes(&self) -> Option<LinkAttributes> {
        let href = self.events.attribute("href")?;
        let decoded = |name| self.events.attribute(name).map(|value| self.decoded(value));
        Some(LinkAttributes {
            href: self.decoded(href),
            rel: decoded("rel").unwrap_or_default(),
            media_type: decoded("type").unwrap_or_default(),
            length: decoded("length"),
        })
    }
}

struct LinkAttributes {
    href: String,
    rel: String,
    media_type: String,
    length: Option<String>,
}

const PERIODS: &[(&str, u64)] =
    &[("hourly", 3_600), ("daily", 86_400), ("weekly", 604_800), ("monthly", 2_592_000), ("yearly", 31_536_000)];

/// 0 = Monday.
fn weekday(name: &str) -> Option<u8> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let name = name.trim().to_ascii_lowercase();
    DAYS.iter().position(|day| name.starts_with(day)).map(|at| at as u8)
}
