//! Which vocabulary an element belongs to, however its namespace is spelled.

/// The vocabularies that the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ns {
    Rss,
    Atom,
    Rdf,
    DublinCore,
    Content,
    Itunes,
    Media,
    Syndication,
    WellFormedWeb,
    Feedburner,
    Xhtml,
    /// The Atom Publishing Protocol and its like.
    Other,
}

/// Starts of namespace names, without scheme and `www.`, in lower case → vocabulary. The first match holds.
const SPELLINGS: &[(&str, Ns)] = &[
    ("purl.org/atom/app", Ns::Other),
    ("w3.org/2007/app", Ns::Other),
    ("w3.org/2005/atom", Ns::Atom),
    ("purl.org/atom/ns", Ns::Atom),
    ("purl.org/echo", Ns::Atom),
    ("uri/of/echo/namespace", Ns::Atom),
    ("purl.org/pie", Ns::Atom),
    ("intertwingly.net/blog/2003/echo", Ns::Atom),
    ("purl.org/rss/1.0/modules/content", Ns::Content),
    ("purl.org/rss/1.0/modules/syndication", Ns::Syndication),
    ("purl.org/rss/1.0/modules/", Ns::Other),
    ("purl.org/rss/modules/content", Ns::Content),
    ("purl.org/rss/1.", Ns::Rss),
    ("purl.org/net/rss1.1", Ns::Rss),
    ("my.netscape.com/rdf/simple", Ns::Rss),
    ("my.netscape.com/publish/formats/rss", Ns::Rss),
    ("channel.netscape.com/rdf/simple", Ns::Rss),
    ("backend.userland.com/rss", Ns::Rss),
    ("blogs.law.harvard.edu/tech/rss", Ns::Rss),
    ("cyber.law.harvard.edu/rss", Ns::Rss),
    ("rssboard.org/rss", Ns::Rss),
    ("purl.org/rss/2.0", Ns::Rss),
    ("purl.org/rss/", Ns::Rss),
    ("rssnamespace.org/feedburner/ext", Ns::Feedburner),
    ("rssnamespace", Ns::Rss),
    ("w3.org/1999/02/22-rdf-syntax-ns", Ns::Rdf),
    ("purl.org/dc/", Ns::DublinCore),
    ("itunes.com/dtds/podcast", Ns::Itunes),
    ("search.yahoo.com/mrss", Ns::Media),
    ("tools.search.yahoo.com/mrss", Ns::Media),
    ("video.search.yahoo.com/mrss", Ns::Media),
    ("rssboard.org/media-rss", Ns::Media),
    ("wellformedweb.org/commentapi", Ns::WellFormedWeb),
    ("w3.org/1999/xhtml", Ns::Xhtml),
];

/// What a prefix means where nobody declared it.
const PREFIXES: &[(&str, Ns)] = &[
    ("atom", Ns::Atom),
    ("atom10", Ns::Atom),
    ("a10", Ns::Atom),
    ("rss", Ns::Rss),
    ("rdf", Ns::Rdf),
    ("dc", Ns::DublinCore),
    ("dcterms", Ns::DublinCore),
    ("content", Ns::Content),
    ("itunes", Ns::Itunes),
    ("media", Ns::Media),
    ("sy", Ns::Syndication),
    ("wfw", Ns::WellFormedWeb),
    ("feedburner", Ns::Feedburner),
    ("xhtml", Ns::Xhtml),
    ("html", Ns::Xhtml),
];

/// Names of elements that mean something to the reader, in lower case and sorted: feeds write them in any case.
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "abstract", "author", "body", "category", "channel", "comments", "content", "contributor", "copyright", "created",
    "creator", "credit", "date", "day", "description", "docs", "email", "enclosure", "encoded", "entry", "feed",
    "fullitem", "generator", "group", "guid", "homepage", "hour", "id", "identifier", "image", "info", "issued", "item",
    "items", "keywords", "language", "lastbuilddate", "li", "link", "managingeditor", "modified", "name", "pubdate",
    "published", "rdf", "rights", "rss", "seq", "skipdays", "skiphours", "source", "subject", "subtitle", "summary",
    "tagline", "title", "ttl", "updated", "updatefrequency", "updateperiod", "uri", "url", "webmaster",
];

/// The name as the table has it, empty where it does not.
pub(super) fn element(local: &str) -> &'static str {
    let mut lower = [0; 16];
    let Some(lower) = lower.get_mut(..local.len()) else { return "" };
    lower.copy_from_slice(local.as_bytes());
    lower.make_ascii_lowercase();
    ELEMENTS.binary_search_by(|known| known.as_bytes().cmp(lower)).map_or("", |at| ELEMENTS[at])
}

/// Elements whose inside is text: only these may have been left open by mistake.
#[rustfmt::skip]
const TEXT_FIELDS: &[&str] = &[
    "category", "comments", "content", "copyright", "created", "creator", "date", "description", "docs", "encoded",
    "generator", "guid", "id", "issued", "language", "lastbuilddate", "link", "managingeditor", "modified", "pubdate",
    "published", "rights", "subtitle", "summary", "tagline", "title", "ttl", "updated", "webmaster",
];

/// Elements of feeds that are never part of a text: one that starts inside a text says that the text has ended.
#[rustfmt::skip]
const NEVER_IN_TEXT: &[&str] = &[
    "author", "category", "comments", "content", "copyright", "created", "description", "docs", "enclosure", "entry",
    "generator", "guid", "id", "issued", "item", "language", "lastbuilddate", "managingeditor", "modified", "pubdate",
    "published", "rights", "subtitle", "tagline", "ttl", "updated", "webmaster",
];

/// Elements that hold others, although other vocabularies have texts of the same name.
const HOLDERS: [(Ns, &str); 3] = [(Ns::Media, "content"), (Ns::Media, "comments"), (Ns::Itunes, "category")];

pub(super) fn is_text_field(ns: Ns, name: &str) -> bool {
    TEXT_FIELDS.binary_search(&name).is_ok() && !HOLDERS.contains(&(ns, name))
}

pub(super) fn is_never_in_text(name: &str) -> bool {
    NEVER_IN_TEXT.binary_search(&name).is_ok()
}

/// `None`: a name that the table does not have.
pub(super) fn by_uri(uri: &str) -> Option<Ns> {
    let uri = uri.trim().to_ascii_lowercase();
    let bare = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or(&uri);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    SPELLINGS.iter().find(|(start, _)| bare.starts_with(start)).map(|(_, ns)| *ns)
}

pub(super) fn by_prefix(prefix: &str) -> Ns {
    PREFIXES.iter().find(|(known, _)| prefix.eq_ignore_ascii_case(known)).map_or(Ns::Other, |(_, ns)| *ns)
}

/// Elements of HTML, sorted: what is markup in a title, and what an end tag inside a text may close.
#[rustfmt::skip]
const HTML: &[&str] = &[
    "a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b", "base", "basefont", "bdi",
    "bdo", "big", "blink", "blockquote", "body", "br", "button", "canvas", "caption", "center", "cite", "code", "col",
    "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl", "dt", "em", "embed",
    "fieldset", "figcaption", "figure", "font", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hr", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "link", "main",
    "map", "mark", "marquee", "math", "menu", "meta", "meter", "nav", "nobr", "noembed", "noframes", "noscript", "object",
    "ol", "optgroup", "option", "output", "p", "param", "picture", "plaintext", "pre", "progress", "q", "rb", "rp", "rt",
    "rtc", "ruby", "s", "samp", "script", "section", "select", "slot", "small", "source", "span", "strike", "strong",
    "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead",
    "time", "title", "tr", "track", "tt", "u", "ul", "var", "video", "wbr", "xmp",
];

pub(super) fn is_html_element(name: &str) -> bool {
    if name.len() > 10 {
        return false;
    }
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        return HTML.binary_search(&name.to_ascii_lowercase().as_str()).is_ok();
    }
    HTML.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for table in [HTML, ELEMENTS, TEXT_FIELDS, NEVER_IN_TEXT] {
            assert!(table.is_sorted());
        }
    }
}
