//! A story made ready for every format: the one place that decides what an output says of it. The formats
//! only spell it.

use super::words::{self, Words};
use super::{Channel, Discussion, PublishedStory, Reading, link, xml};
use crate::model::Timestamp;
use crate::{article, feed, text};
use std::collections::HashSet;

/// How much of the body is shown in a list or a summary: three lines on a wide screen, seven on a phone.
/// In columns, for a Chinese character is as wide as two letters and says as much.
const SUMMARY_COLUMNS: usize = 280;
/// A summary is made from so many bytes of the body: a render must not read megabytes to show three lines.
const SUMMARY_SOURCE_BYTES: usize = 8 * 1024;
/// Most bodies show enough in so many.
const SUMMARY_USUAL_BYTES: usize = 1536;
/// A reference (`&hellip;`) or a mark that a cut may have halved.
const CUT_COLUMNS: usize = 40;
/// So many tags of a story are published; more is a feed that stuffs them.
const MAX_TAGS: usize = 64;
/// How long a title is made up from a body that has none.
const TITLE_CHARS: usize = 80;
/// Claimed dates before this one (1990-01-01) are a broken clock, and validators call them implausible.
const EARLIEST: Timestamp = Timestamp(631_152_000_000);

/// A story with every text plain or sanitised, every address absolute, everything blank left out.
pub(super) struct Item<'a> {
    pub id: &'a str,
    pub title: String,
    pub link: Option<String>,
    pub author: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Timestamp,
    pub language: Option<String>,
    pub tags: Vec<String>,
    /// What `tag:` asks for.
    pub own_tags: Vec<String>,
    /// What people see before they open it: plain text.
    pub summary: String,
    /// The body, and under it who else has it.
    pub html: String,
    text_len: usize,
    pub image: Option<String>,
    pub enclosures: Vec<Enclosure>,
    /// The representative first.
    pub sources: Vec<Carrier>,
    pub discussions: Vec<Talk>,
    pub related: Vec<Neighbour>,
}

/// A related story, cleaned.
pub(super) struct Neighbour {
    pub id: String,
    /// Never empty.
    pub title: String,
    pub link: Option<String>,
}

/// A discussion, cleaned.
pub(super) struct Talk {
    /// Never empty.
    pub name: String,
    pub url: String,
}

pub(super) struct Enclosure {
    pub url: String,
    pub media_type: String,
    pub length: Option<u64>,
}

/// A source, cleaned.
pub(super) struct Carrier {
    /// Never empty.
    pub name: String,
    pub feed_url: Option<String>,
    pub site_url: Option<String>,
    pub link: Option<String>,
    pub title: String,
    pub published: Option<Timestamp>,
}

impl Item<'_> {
    /// The body without who else has it.
    pub fn text(&self) -> &str {
        &self.html[..self.text_len]
    }
}

/// The stories of an output, each once.
pub(super) fn items(stories: &[PublishedStory]) -> Vec<Item<'_>> {
    let mut seen = HashSet::new();
    stories.iter().filter(|story| seen.insert(story.id.as_str())).map(item).collect()
}

pub(super) fn item(story: &PublishedStory) -> Item<'_> {
    let link = story.link.as_deref().and_then(link::web_url);
    let sources = carriers(story);
    let html = xml::legal(&story.html);
    let title = title(&story.title, &html, link.as_deref());
    let summary = match summary(&opening(&html)) {
        summary if summary.is_empty() => title.clone(),
        summary => summary,
    };
    let mut html = body(&html, &title, link.as_deref());
    let text_len = html.len();
    let discussions = discussions(story);
    push_sources(&mut html, &sources, &discussions, story.language.as_deref());
    Item {
        id: &story.id,
        html,
        text_len,
        author: story.author.as_deref().map(xml::plain).filter(|author| !author.is_empty()),
        published: plausible(story.published, story.updated),
        updated: story.updated,
        language: story.language.as_deref().and_then(link::language_tag),
        tags: tags(&story.tags),
        own_tags: tags(&story.own_tags),
        summary,
        image: story.lead_image.as_deref().and_then(link::web_url),
        enclosures: story.enclosures.iter().filter_map(enclosure).collect(),
        related: neighbours(story),
        title,
        link,
        sources,
        discussions,
    }
}

/// The same for reading apps, which show titles and bodies alone.
pub(super) fn reading(story: &PublishedStory) -> Reading {
    let link = story.link.as_deref().and_then(link::web_url);
    let body_html = xml::legal(&story.html);
    let title = title(&story.title, &body_html, link.as_deref());
    let mut html = body(&body_html, &title, link.as_deref());
    push_sources(&mut html, &carriers(story), &discussions(story), story.language.as_deref());
    let enclosures = story.enclosures.iter().filter_map(enclosure).map(|enclosure| feed::Enclosure {
        url: enclosure.url,
        media_type: Some(enclosure.media_type),
        length: enclosure.length,
    });
    Reading {
        author: story.author.as_deref().map(xml::plain).filter(|author| !author.is_empty()),
        published: plausible(story.published, story.updated),
        enclosures: enclosures.collect(),
        title,
        link,
        html,
    }
}

fn enclosure(given: &feed::Enclosure) -> Option<Enclosure> {
    let url = link::web_url(&given.url)?;
    let media_type = given.media_type.as_deref().and_then(link::media_type);
    let media_type = media_type.unwrap_or_else(|| link::media_type_of(&url).to_owned());
    Some(Enclosure { url, media_type, length: given.length })
}

fn neighbours(story: &PublishedStory) -> Vec<Neighbour> {
    let related = story.related.iter().map(|related| Neighbour {
        id: xml::legal(&related.id).into_owned(),
        title: xml::plain(&related.title),
        link: related.link.as_deref().and_then(link::web_url),
    });
    related.filter(|related| !related.title.is_empty()).collect()
}

/// A story cannot have come out after its last change here; a claim from before the web is not a date.
fn plausible(published: Timestamp, updated: Timestamp) -> Option<Timestamp> {
    let published = published.min(updated);
    (published >= EARLIEST).then_some(published)
}

/// Every item has a title, because some readers show nothing else.
fn title(given: &str, html: &str, link: Option<&str>) -> String {
    let given = xml::plain(given);
    if !given.is_empty() {
        return given;
    }
    let text = article::plain_text(beginning(html, SUMMARY_SOURCE_BYTES));
    let first_line = text.lines().map(xml::plain).find(|line| !line.is_empty());
    match first_line {
        Some(line) => text::excerpt(&line, TITLE_CHARS),
        None => link.unwrap_or("—").to_owned(),
    }
}

/// The text of the first part of a body, on one line: as much as a summary takes, where there is so much.
fn opening(html: &str) -> String {
    let of = |n_bytes| xml::plain(&article::plain_text(beginning(html, n_bytes)));
    let short = of(SUMMARY_USUAL_BYTES);
    // Nothing that a summary shows or asks for is near the cut.
    let is_enough = html.len() <= SUMMARY_USUAL_BYTES || columns(&short) > SUMMARY_COLUMNS + CUT_COLUMNS;
    if is_enough { short } else { of(SUMMARY_SOURCE_BYTES) }
}

fn columns(text: &str) -> usize {
    text.chars().map(|c| if text::is_cjk(c) { 2 } else { 1 }).sum()
}

/// The first part of a body, not cut inside a tag.
fn beginning(html: &str, n_bytes: usize) -> &str {
    let part = text::clip(html, n_bytes);
    match part.rfind(['<', '>']) {
        Some(at) if part.len() < html.len() && part[at..].starts_with('<') => &part[..at],
        _ => part,
    }
}

fn summary(text: &str) -> String {
    let mut columns = 0;
    let fits = |c: &char| {
        columns += if text::is_cjk(*c) { 2 } else { 1 };
        columns <= SUMMARY_COLUMNS
    };
    let n_chars = text.chars().take_while(fits).count();
    text::excerpt(text, n_chars)
}

fn tags(given: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in given.iter().take(MAX_TAGS).map(|tag| xml::plain(tag)) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The carriers of a story, each page once.
fn carriers(story: &PublishedStory) -> Vec<Carrier> {
    let mut seen = HashSet::new();
    let mut carriers = Vec::with_capacity(story.sources.len());
    for source in &story.sources {
        let link = source.link.as_deref().and_then(link::web_url);
        let feed_url = link::web_url(&source.feed_url);
        let site_url = source.site_url.as_deref().and_then(link::web_url);
        let name = xml::plain(&source.feed_title);
        let address = [&site_url, &link, &feed_url].into_iter().flatten().next();
        let name = if name.is_empty() { address.and_then(|address| link::host(address)) } else { Some(name) };
        let Some(name) = name else { continue };
        if seen.insert((link.clone(), if link.is_some() { String::new() } else { name.clone() })) {
            let published = plausible(source.published, story.updated);
            carriers.push(Carrier { name, feed_url, site_url, link, title: xml::plain(&source.title), published });
        }
    }
    carriers
}

fn discussions(story: &PublishedStory) -> Vec<Talk> {
    let talk = |discussion: &Discussion| {
        let url = link::web_url(&discussion.url)?;
        let name = Some(xml::plain(&discussion.feed_title)).filter(|name| !name.is_empty()).or_else(|| link::host(&url))?;
        Some(Talk { name, url })
    };
    story.discussions.iter().filter_map(talk).collect()
}

/// The body; where there is none, where to read it.
fn body(html: &str, title: &str, link: Option<&str>) -> String {
    let mut out = String::with_capacity(html.len() + 256);
    if html.trim().is_empty() {
        // Validators and readers want a body; the honest one is where to read it.
        out.push_str("<p>");
        anchor(&mut out, link, title);
        out.push_str("</p>");
    } else {
        out.push_str(html.trim());
    }
    out
}

/// Everyone who carried a story, each feed once, where they are several; and where it is discussed.
fn push_sources(out: &mut String, sources: &[Carrier], discussions: &[Talk], language: Option<&str>) {
    let words = words::of(language);
    let mut told = String::new();
    if let [(first, own), others @ ..] = by_feed(sources).as_slice()
        && sources.len() > 1
    {
        told.push_str(words.from);
        pages(&mut told, first, own);
        told.push_str(words.stop);
        if !others.is_empty() {
            told.push_str(words.gap);
            told.push_str(words.also_covered_by);
            listed(&mut told, others, words, |out, (source, further)| pages(out, source, further));
        }
    }
    if !discussions.is_empty() {
        told.push_str(if told.is_empty() { "" } else { words.gap });
        told.push_str(words.discussed_at);
        listed(&mut told, discussions, words, |out, talk| anchor(out, Some(&talk.url), &talk.name));
    }
    if !told.is_empty() {
        out.push_str("\n<footer><p>");
        out.push_str(&told);
        out.push_str("</p></footer>");
    }
}

/// The end of a sentence that lists things.
fn listed<T>(out: &mut String, things: &[T], words: &Words, push: impl Fn(&mut String, &T)) {
    for (at, thing) in things.iter().enumerate() {
        if at > 0 {
            out.push_str(words.between);
        }
        push(out, thing);
    }
    out.push_str(words.stop);
}

/// The carriers by their feeds, each feed once, with its further pages.
pub(super) fn by_feed(sources: &[Carrier]) -> Vec<(&Carrier, Vec<&Carrier>)> {
    let mut feeds: Vec<(&Carrier, Vec<&Carrier>)> = Vec::new();
    for source in sources {
        match feeds.iter_mut().find(|(known, _)| known.is_of_feed_of(source)) {
            Some((_, further)) => further.push(source),
            None => feeds.push((source, Vec::new())),
        }
    }
    feeds
}

impl Carrier {
    /// Whether both came by one feed, or by feeds that people cannot tell apart.
    fn is_of_feed_of(&self, other: &Carrier) -> bool {
        self.name == other.name || self.feed_url.is_some() && self.feed_url == other.feed_url
    }
}

/// A feed's name, linked to its page, and its further pages: `Feed (2, 3)`.
fn pages(out: &mut String, first: &Carrier, further: &[&Carrier]) {
    anchor(out, first.link.as_deref(), &first.name);
    for (at, page) in further.iter().enumerate() {
        out.push_str(if at == 0 { " (" } else { ", " });
        anchor(out, page.link.as_deref(), &(at + 2).to_string());
    }
    if !further.is_empty() {
        out.push(')');
    }
}

/// A link, or the bare text where there is nothing to link to.
fn anchor(out: &mut String, link: Option<&str>, text: &str) {
    if let Some(link) = link {
        out.push_str("<a href=\"");
        xml::push_escaped(out, link);
        out.push_str("\">");
    }
    xml::push_escaped(out, text);
    if link.is_some() {
        out.push_str("</a>");
    }
}

/// The channel's title, never blank.
pub(super) fn channel_title(channel: &Channel) -> String {
    let title = xml::plain(channel.title);
    if title.is_empty() { "courant".to_owned() } else { title }
}

/// The channel's language, `en` where it has none that can be told.
pub(super) fn channel_language(channel: &Channel) -> String {
    link::language_tag(channel.language).unwrap_or_else(|| "en".to_owned())
}
