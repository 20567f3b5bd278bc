//! What RFC 4287, RSS 2.0 and JSON Feed 1.1 ask of a document, and what validators warn of beyond that: a document goes in,
//! sentences come out.

use courant::text;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use serde_json::Value;
use std::collections::HashSet;
use url::Url;

/// An element: its name with the customary prefix of its namespace.
#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

/// The namespaces that our documents use.
const NAMESPACES: [(&str, &str); 5] = [
    ("http://www.w3.org/2005/Atom", "atom:"),
    ("http://search.yahoo.com/mrss/", "media:"),
    ("http://purl.org/rss/1.0/modules/content/", "content:"),
    ("http://purl.org/dc/elements/1.1/", "dc:"),
    ("", ""),
];

/// A child, how often it must be there at least, and at most.
type Child = (&'static str, usize, usize);
const ANY: usize = usize::MAX;

/// RFC 4287, 4.1.1.
const ATOM_FEED: [Child; 8] = [
    ("atom:id", 1, 1),
    ("atom:title", 1, 1),
    ("atom:updated", 1, 1),
    ("atom:link", 1, ANY),
    ("atom:author", 1, ANY),
    ("atom:generator", 0, 1),
    ("atom:subtitle", 0, 1),
    ("atom:entry", 0, ANY),
];
/// RFC 4287, 4.1.2.
const ATOM_ENTRY: [Child; 10] = [
    ("atom:id", 1, 1),
    ("atom:title", 1, 1),
    ("atom:updated", 1, 1),
    ("atom:published", 0, 1),
    ("atom:link", 0, ANY),
    ("atom:author", 0, ANY),
    ("atom:category", 0, ANY),
    ("atom:content", 0, 1),
    ("atom:summary", 0, 1),
    ("media:thumbnail", 0, ANY),
];
const RSS_CHANNEL: [Child; 8] = [
    ("title", 1, 1),
    ("link", 1, 1),
    ("description", 1, 1),
    ("language", 0, 1),
    ("lastBuildDate", 0, 1),
    ("generator", 0, 1),
    ("atom:link", 1, ANY),
    ("item", 0, ANY),
];
const RSS_ITEM: [Child; 14] = [
    ("title", 1, 1),
    ("link", 0, 1),
    ("comments", 0, 1),
    ("guid", 1, 1),
    ("pubDate", 0, 1),
    ("atom:updated", 0, 1),
    ("dc:creator", 0, 1),
    ("category", 0, ANY),
    ("source", 0, 1),
    ("description", 1, 1),
    ("content:encoded", 0, 1),
    ("enclosure", 0, 1),
    ("media:content", 0, ANY),
    ("media:thumbnail", 0, ANY),
];

/// What is wrong with an Atom document; nothing: it is valid.
pub fn atom(document: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(feed) = read(document, &mut wrong) else { return wrong };
    let mut say = |what: String| wrong.push(what);
    expect(feed.name == "atom:feed", || format!("the root is {}", feed.name), &mut say);
    children(&feed, &ATOM_FEED, &mut say);
    atom_common(&feed, &mut say);
    let own: Vec<&Element> = feed.links("self").collect();
    expect(own.len() == 1, || format!("{} links to itself", own.len()), &mut say);
    let (mut ids, mut updates) = (HashSet::new(), HashSet::new());
    for entry in feed.all("atom:entry") {
        let updated = entry.child("atom:updated");
        expect(updates.insert(updated), || format!("two entries updated at {updated}"), &mut say);
        children(entry, &ATOM_ENTRY, &mut say);
        atom_common(entry, &mut say);
        expect(ids.insert(entry.child("atom:id")), || format!("an id twice: {}", entry.child("atom:id")), &mut say);
        let has_content = entry.all("atom:content").next().is_some();
        expect(has_content || entry.links("alternate").next().is_some(), || "an entry without page and content".into(), &mut say);
        for body in entry.all("atom:content").chain(entry.all("atom:summary")) {
            match body.attribute("type") {
                Some("html") => html(&body.text, &mut say),
                Some("text") | None => {}
                other => say(format!("a body of type {other:?}")),
            }
        }
    }
    wrong
}

/// What feeds and entries have in common.
fn atom_common(element: &Element, say: &mut impl FnMut(String)) {
    absolute("an id", element.child("atom:id"), say);
    for at in element.all("atom:updated").chain(element.all("atom:published")) {
        date(&at.text, say);
    }
    for author in element.all("atom:author") {
        expect(!author.child("atom:name").trim().is_empty(), || "an author without a name".into(), say);
    }
    expect(!element.child("atom:title").trim().is_empty(), || "an empty title".into(), say);
    if let Some(language) = element.attribute("xml:lang") {
        tag(language, say);
    }
    let mut alternates = HashSet::new();
    for link in element.all("atom:link") {
        let href = link.attribute("href").unwrap_or_default();
        absolute("a link", href, say);
        if let Some(media_type) = link.attribute("type") {
            expect(is_media_type(media_type), || format!("a link of type {media_type}"), say);
        }
        if let Some(length) = link.attribute("length") {
            expect(length.parse::<u64>().is_ok(), || format!("a link's length is {length}"), say);
        }
        if link.attribute("rel") == Some("alternate") {
            expect(alternates.insert(link.attribute("type")), || format!("two pages of one type: {href}"), say);
        }
    }
    for category in element.all("atom:category") {
        expect(category.attribute("term").is_some_and(|term| !term.is_empty()), || "a category without a term".into(), say);
    }
    media(element, say);
}

/// What is wrong with an RSS 2.0 document.
pub fn rss(document: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(root) = read(document, &mut wrong) else { return wrong };
    let mut say = |what: String| wrong.push(what);
    expect(root.name == "rss" && root.attribute("version") == Some("2.0"), || format!("the root is {}", root.name), &mut say);
    let [channel] = root.children.as_slice() else {
        say(format!("{} channels", root.children.len()));
        return wrong;
    };
    children(channel, &RSS_CHANNEL, &mut say);
    absolute("the channel's link", channel.child("link"), &mut say);
    tag(channel.child("language"), &mut say);
    let own = channel.all("atom:link").filter(|link| link.attribute("rel") == Some("self")).count();
    expect(own == 1, || format!("{own} links to itself"), &mut say);
    for link in channel.all("atom:link") {
        absolute("a link", link.attribute("href").unwrap_or_default(), &mut say);
    }
    let mut guids = HashSet::new();
    for item in channel.all("item") {
        children(item, &RSS_ITEM, &mut say);
        for name in ["link", "comments"] {
            item.all(name).for_each(|link| absolute(name, &link.text, &mut say));
        }
        for guid in item.all("guid") {
            expect(guids.insert(&guid.text), || format!("a guid twice: {}", guid.text), &mut say);
            // Of one that is not an address it must be said.
            expect(guid.attribute("isPermaLink") == Some("false"), || "a guid that seems an address".into(), &mut say);
        }
        for at in item.all("pubDate").chain(channel.all("lastBuildDate")) {
            let parsed = chrono::DateTime::parse_from_rfc2822(&at.text);
            let is_date =
                parsed.is_ok_and(|parsed| parsed.format("%a, %d %b %Y %H:%M:%S").to_string() == at.text[..at.text.len().min(25)]);
            expect(is_date, || format!("a date is {}", at.text), &mut say);
        }
        item.all("atom:updated").for_each(|at| date(&at.text, &mut say));
        for enclosure in item.all("enclosure") {
            let of = |name: &str| enclosure.attribute(name).unwrap_or_default();
            absolute("an enclosure", of("url"), &mut say);
            expect(
                of("length").parse::<u64>().is_ok() && is_media_type(of("type")),
                || "an enclosure's length or type".into(),
                &mut say,
            );
        }
        for source in item.all("source") {
            absolute("a source", source.attribute("url").unwrap_or_default(), &mut say);
            expect(!source.text.trim().is_empty(), || "a source without a name".into(), &mut say);
        }
        for body in item.all("content:encoded").chain(item.all("description")) {
            html(&body.text, &mut say);
        }
        media(item, &mut say);
    }
    wrong
}

/// What is wrong with an OPML 2.0 list of feeds.
pub fn opml(document: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(root) = read(document, &mut wrong) else { return wrong };
    let mut say = |what: String| wrong.push(what);
    expect(root.name == "opml" && root.attribute("version") == Some("2.0"), || format!("the root is {}", root.name), &mut say);
    children(&root, &[("head", 1, 1), ("body", 1, 1)], &mut say);
    for head in root.all("head") {
        children(head, &[("title", 1, 1), ("dateCreated", 0, 1), ("dateModified", 0, 1)], &mut say);
    }
    let mut outlines: Vec<&Element> = root.all("body").flat_map(|body| &body.children).collect();
    while let Some(outline) = outlines.pop() {
        expect(outline.name == "outline", || format!("{} in the body", outline.name), &mut say);
        let text = outline.attribute("text").unwrap_or_default();
        expect(!text.trim().is_empty(), || "an outline without a text".into(), &mut say);
        if outline.attribute("type").is_some_and(|kind| kind == "rss") || outline.attribute("xmlUrl").is_some() {
            expect(outline.attribute("type") == Some("rss"), || format!("of no type: {text}"), &mut say);
            absolute("xmlUrl", outline.attribute("xmlUrl").unwrap_or_default(), &mut say);
            let title = outline.attribute("title").unwrap_or_default();
            expect(!title.trim().is_empty(), || format!("a feed without a title: {text}"), &mut say);
        }
        if let Some(page) = outline.attribute("htmlUrl") {
            absolute("htmlUrl", page, &mut say);
        }
        outlines.extend(&outline.children);
    }
    wrong
}

/// What is wrong with a JSON Feed 1.1 document.
pub fn json(document: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |what: String| wrong.push(what);
    let Ok(feed) = serde_json::from_str::<Value>(document) else { return vec!["it is not JSON".into()] };
    expect(feed["version"] == "https://jsonfeed.org/version/1.1", || format!("version {}", feed["version"]), &mut say);
    expect(feed["title"].as_str().is_some_and(|title| !title.is_empty()), || "no title".into(), &mut say);
    for key in ["home_page_url", "feed_url", "next_url"] {
        feed.get(key).into_iter().for_each(|url| absolute(key, url.as_str().unwrap_or_default(), &mut say));
    }
    tag(feed["language"].as_str().unwrap_or_default(), &mut say);
    let items = feed["items"].as_array().cloned().unwrap_or_default();
    expect(feed["items"].is_array(), || "no items".into(), &mut say);
    let mut ids = HashSet::new();
    for item in &items {
        let id = item["id"].as_str().unwrap_or_default();
        expect(!id.is_empty() && ids.insert(id.to_owned()), || format!("an id is missing, or there twice: {id}"), &mut say);
        let body = item["content_html"].as_str();
        expect(body.is_some() || item["content_text"].is_string(), || "neither HTML nor text".into(), &mut say);
        html(body.unwrap_or_default(), &mut say);
        for key in ["url", "external_url", "image", "banner_image"] {
            item.get(key).into_iter().for_each(|url| absolute(key, url.as_str().unwrap_or_default(), &mut say));
        }
        for key in ["date_published", "date_modified"] {
            item.get(key).into_iter().for_each(|at| date(at.as_str().unwrap_or_default(), &mut say));
        }
        item.get("language").into_iter().for_each(|language| tag(language.as_str().unwrap_or_default(), &mut say));
        for author in item["authors"].as_array().into_iter().flatten() {
            expect(author["name"].as_str().is_some_and(|name| !name.is_empty()), || "an author without a name".into(), &mut say);
        }
        let tags = item["tags"].as_array().cloned().unwrap_or_default();
        expect(tags.iter().all(Value::is_string), || "a tag that is no text".into(), &mut say);
        for attachment in item["attachments"].as_array().into_iter().flatten() {
            absolute("an attachment", attachment["url"].as_str().unwrap_or_default(), &mut say);
            expect(
                is_media_type(attachment["mime_type"].as_str().unwrap_or_default()),
                || "an attachment's type".into(),
                &mut say,
            );
        }
    }
    wrong
}

impl Element {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn links<'a>(&'a self, rel: &'a str) -> impl Iterator<Item = &'a Element> {
        self.all("atom:link").filter(move |link| link.attribute("rel") == Some(rel))
    }

    /// The text of the first child of this name.
    fn child<'a>(&'a self, name: &'a str) -> &'a str {
        self.all(name).next().map_or("", |child| &child.text)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The document as a tree; `None`: it is not well-formed.
fn read(document: &str, wrong: &mut Vec<String>) -> Option<Element> {
    let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if let Some(c) = document.chars().find(|c| forbidden(*c)) {
        wrong.push(format!("a character that XML forbids: {c:?}"));
    }
    let mut reader = NsReader::from_str(document);
    let mut open = vec![Element::default()];
    loop {
        let (namespace, event) = match reader.read_resolved_event() {
            Ok(read) => read,
            Err(error) => {
                wrong.push(format!("not well-formed: {error}"));
                return None;
            }
        };
        let prefix = match namespace {
            ResolveResult::Bound(namespace) => namespace.as_ref().to_owned(),
            _ => String::new(),
        };
        let prefix = NAMESPACES.iter().find(|(known, _)| *known == prefix).map_or("unknown:", |(_, prefix)| prefix);
        match event {
            Event::Start(tag) => open.push(begun(prefix, &tag)),
            Event::Empty(tag) => open.last_mut()?.children.push(begun(prefix, &tag)),
            Event::End(_) => {
                let ended = open.pop()?;
                open.last_mut()?.children.push(ended);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text),
            Event::GeneralRef(reference) => {
                open.last_mut()?.text.push_str(&quick_xml::escape::unescape(&format!("&{};", &*reference)).ok()?);
            }
            Event::CData(text) => open.last_mut()?.text.push_str(&text),
            Event::Eof => break,
            _ => {}
        }
    }
    open.pop()?.children.pop()
}

fn begun(prefix: &str, tag: &quick_xml::events::BytesStart) -> Element {
    let attributes = tag.attributes().filter_map(Result::ok).map(|attribute| {
        let value = quick_xml::escape::unescape(&attribute.value).map_or_else(|_| "?".into(), |value| value.into_owned());
        (attribute.key.as_ref().to_owned(), value)
    });
    Element { name: format!("{prefix}{}", tag.local_name().as_ref()), attributes: attributes.collect(), ..Element::default() }
}

fn expect(right: bool, otherwise: impl FnOnce() -> String, say: &mut impl FnMut(String)) {
    if !right {
        say(otherwise());
    }
}

fn children(element: &Element, known: &[Child], say: &mut impl FnMut(String)) {
    for (name, least, most) in known {
        let n = element.all(name).count();
        expect((*least..=*most).contains(&n), || format!("{n} {name} in {}", element.name), say);
    }
    for child in &element.children {
        expect(known.iter().any(|(name, ..)| *name == child.name), || format!("{} in {}", child.name, element.name), say);
    }
}

fn absolute(what: &str, address: &str, say: &mut impl FnMut(String)) {
    let is_uri = address.is_ascii() && !address.chars().any(|c| c.is_whitespace() || "<>\"{}|\\^`".contains(c));
    expect(is_uri && Url::parse(address).is_ok(), || format!("{what}: {address:?} is not a URI"), say);
}

fn date(text: &str, say: &mut impl FnMut(String)) {
    // Validators hold what is older than the web implausible.
    let plausible = chrono::DateTime::parse_from_rfc3339(text).is_ok_and(|at| at.timestamp() >= 631_152_000);
    expect(plausible && text.contains('T') && text.is_ascii(), || format!("{text:?} is not a date of RFC 3339"), say);
}

fn tag(language: &str, say: &mut impl FnMut(String)) {
    let mut parts = language.split('-');
    let is_tag =
        parts.next().is_some_and(|first| (2..=8).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic()))
            && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    expect(is_tag, || format!("{language:?} is not a tag of BCP 47"), say);
}

fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    text.split_once('/').is_some_and(|(kind, name)| is_name(kind) && is_name(name))
}

fn media(element: &Element, say: &mut impl FnMut(String)) {
    for found in element.all("media:thumbnail").chain(element.all("media:content")) {
        absolute(&found.name, found.attribute("url").unwrap_or_default(), say);
    }
}

/// Bodies: nothing that runs or styles, and no address that a reader cannot know the base of.
fn html(body: &str, say: &mut impl FnMut(String)) {
    const ACTIVE: [&str; 12] =
        ["script", "style", "iframe", "object", "embed", "form", "input", "button", "link", "meta", "base", "applet"];
    for element in scraper::Html::parse_fragment(body).root_element().descendent_elements() {
        let name = element.value().name();
        expect(!ACTIVE.contains(&name), || format!("<{name}> in a body"), say);
        for (key, value) in element.value().attrs() {
            let key = key.to_ascii_lowercase();
            expect(!key.starts_with("on") && key != "style", || format!("{key}= in a body"), say);
            let is_fragment = key == "href" && value.starts_with('#');
            if ["href", "src", "poster", "cite", "action", "data"].contains(&key.as_str()) && !is_fragment {
                let scheme = Url::parse(value).map(|url| url.scheme().to_owned()).unwrap_or_default();
                let fits = ["http", "https", "mailto", "tel"].contains(&scheme.as_str());
                expect(fits, || format!("{key}={:?} in a body", text::clip(value, 60)), say);
            }
        }
    }
}
