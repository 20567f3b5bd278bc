//! Which documents feed-rs may read: one pass over the tokens, which says yes only to what it is known to read
//! as well as our own reader does. Everything else is ours.
//!
//! feed-rs 3.0 refuses `<rss>` of odd versions, loses a feed for one bare `&`, keeps HTML entities as written,
//! panics on mail addresses beside other scripts and on long durations, and carries neither `source`, nor most
//! hints, nor `xml:base`. An answer from it is no proof, so the list below is one of permissions.

use super::MAX_ENTRIES;
use super::markup::lacks_its_scheme;
use super::tokens::{Token, Tokens, attribute};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Rss,
    Atom,
}

/// What a clean document is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clean<'a> {
    pub root: Root,
    /// The root's `xml:lang`.
    pub language: Option<&'a str>,
    /// Where the first entry begins: before it stands all that the feed says about itself.
    pub head: usize,
}

/// Namespaces by the only spelling that feed-rs knows.
const NAMESPACES: &[(&str, &str)] = &[
    ("atom", "http://www.w3.org/2005/Atom"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("sy", "http://purl.org/rss/1.0/modules/syndication/"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
];

/// Children of an RSS item, each at most once but for the first.
const ITEM: &[&str] = &[
    "category",
    "title",
    "link",
    "description",
    "guid",
    "pubDate",
    "author",
    "comments",
    "enclosure",
    "content:encoded",
    "dc:creator",
    "slash:comments",
    "wfw:commentRss",
];
/// Children of an Atom entry, each at most once but for the first three.
const ENTRY: &[&str] = &["category", "link", "author", "id", "title", "updated", "published", "content", "summary", "rights"];

/// `None`: the document is for our own reader.
pub(super) fn clean(text: &str) -> Option<Clean<'_>> {
    let start = text.trim_start();
    let body = match start.strip_prefix("<?xml") {
        Some(rest) => {
            let (declaration, body) = rest.split_once("?>")?;
            if declaration.contains("encoding") && !declaration.to_ascii_lowercase().contains("utf-8") {
                return None;
            }
            body
        }
        None => start,
    };
    if memchr::memmem::find(body.as_bytes(), b"<?").is_some() {
        return None;
    }
    let offset = text.len() - body.len();
    let mut tokens = Tokens::new(body);
    let root = loop {
        match tokens.next()? {
            Token::Text(text) if text.trim().is_empty() => {}
            Token::Open { name: "rss", closed: false } if attribute(&tokens.attributes, "version") == Some("2.0") => {
                break Root::Rss;
            }
            Token::Open { name: "feed", closed: false } => break Root::Atom,
            _ => return None,
        }
    };
    let language = attribute(&tokens.attributes, "xml:lang");
    if !root_attributes_are_known(&tokens, root) {
        return None;
    }
    let prefixes = tokens.attributes.iter().filter_map(|a| a.name.strip_prefix("xmlns:")).collect();
    let name = if root == Root::Rss { "rss" } else { "feed" };
    let mut scan = Scan { stack: vec![name], root, prefixes, seen: 0, n_entries: 0, head: None };
    loop {
        let at = tokens.position();
        let Some(token) = tokens.next() else { break };
        if !scan.allows(token, &tokens, at) {
            return None;
        }
    }
    let is_whole = scan.stack.is_empty() && tokens.faults == Default::default();
    (is_whole && scan.n_entries <= MAX_ENTRIES).then_some(Clean { root, language, head: offset + scan.head? })
}

fn root_attributes_are_known(tokens: &Tokens, root: Root) -> bool {
    let is_atom = attribute(&tokens.attributes, "xmlns") == Some("http://www.w3.org/2005/Atom");
    is_atom == (root == Root::Atom)
        && tokens.attributes.iter().all(|a| match a.name {
            "version" | "xml:lang" => true,
            "xmlns" => is_atom,
            // A prefix that we know must mean what we know; another one is not used, or its element is refused.
            name => name.strip_prefix("xmlns:").is_some_and(|prefix| {
                let by_prefix = NAMESPACES.iter().find(|(known, _)| *known == prefix);
                by_prefix.map_or(!a.value.contains("Atom"), |(_, uri)| *uri == a.value)
            }),
        })
}

struct Scan<'a> {
    stack: Vec<&'a str>,
    root: Root,
    /// Those that the root declares.
    prefixes: Vec<&'a str>,
    /// Children that the entry already has, a bit for each row of its list.
    seen: u32,
    n_entries: usize,
    head: Option<usize>,
}

impl<'a> Scan<'a> {
    fn allows(&mut self, token: Token<'a>, tokens: &Tokens<'a>, at: usize) -> bool {
        match token {
            Token::Doctype(_) => false,
            Token::Text(text) => match self.stack.as_slice() {
                // Between elements stands nothing; where something does it was meant for one of them.
                [] | [_] | [.., "item" | "entry" | "channel"] => text.trim().is_empty(),
                _ => references_are_plain(text) && self.may_hold(text),
            },
            Token::Cdata(text) => {
                self.stack.len() > 2 && !matches!(self.stack.last(), Some(&("item" | "entry"))) && self.may_hold(text)
            }
            Token::Close { name } => {
                let fits = self.stack.pop() == Some(name);
                let is_entry = self.stack.len() == self.entry_depth() - 1 && matches!(name, "item" | "entry");
                fits && (!is_entry || self.entry_is_whole())
            }
            Token::Open { name, closed } => {
                if !(self.allows_element(name, tokens, at)
                    && tokens.attributes.iter().all(|a| is_plain_attribute(a.name, a.value)))
                {
                    return false;
                }
                if !closed {
                    self.stack.push(name);
                }
                // An empty element may mean "missing" to one reader and "empty" to the other.
                match name {
                    // The link of an RSS item is its text; where that is empty its guid may be the link.
                    "link" => !closed || self.root == Root::Atom || self.stack.len() < self.entry_depth(),
                    name => !closed || matches!(name, "atom:link" | "category" | "enclosure"),
                }
            }
        }
    }

    fn entry_depth(&self) -> usize {
        if self.root == Root::Rss { 3 } else { 2 }
    }

    /// feed-rs reads persons by a pattern that cuts between characters: no mail addresses. It takes a host without its scheme
    /// for a file.
    fn may_hold(&self, text: &str) -> bool {
        match self.stack.last() {
            Some(&"link") => !lacks_its_scheme(text.trim()),
            Some(&("author" | "dc:creator" | "managingEditor" | "webMaster")) => memchr::memchr(b'@', text.as_bytes()).is_none(),
            _ => true,
        }
    }

    /// The link must be written: feed-rs does not take it from the guid.
    fn entry_is_whole(&self) -> bool {
        let required = if self.root == Root::Rss { 1 << 2 } else { 1 << 3 };
        self.seen & required != 0
    }

    fn allows_element(&mut self, name: &'a str, tokens: &Tokens<'a>, at: usize) -> bool {
        let depth = self.stack.len();
        let entry_depth = self.entry_depth();
        if depth == 1 && self.root == Root::Rss {
            return name == "channel" && self.n_entries == 0;
        }
        if depth + 1 == entry_depth {
            let is_entry = name == if self.root == Root::Rss { "item" } else { "entry" };
            if is_entry {
                self.head.get_or_insert(at);
                self.seen = 0;
                self.n_entries += 1;
                return tokens.attributes.is_empty();
            }
            // What stands behind the entries would not be in the head.
            return self.n_entries == 0 && name != "entry" && name != "item";
        }
        if self.n_entries == 0 {
            // The head is read by our own reader; feed-rs only has to survive it.
            return depth < 8 && !name.starts_with("itunes:") && !name.starts_with("podcast:") && !name.starts_with("media:");
        }
        if depth == entry_depth {
            let (list, n_free) = if self.root == Root::Rss { (ITEM, 1) } else { (ENTRY, 3) };
            let Some(row) = list.iter().position(|known| *known == name) else { return false };
            // feed-rs leaves out what has a prefix that nobody declared.
            if name.split_once(':').is_some_and(|(prefix, _)| !self.prefixes.contains(&prefix)) {
                return false;
            }
            let is_second = self.seen & (1 << row) != 0;
            self.seen |= 1 << row;
            return (!is_second || row < n_free) && (self.root == Root::Rss || self.is_plain_text_type(name, tokens));
        }
        // Persons of Atom have children, nothing else has.
        self.root == Root::Atom
            && depth == entry_depth + 1
            && self.stack.last() == Some(&"author")
            && matches!(name, "name" | "uri" | "email")
    }

    fn is_plain_text_type(&self, name: &str, tokens: &Tokens) -> bool {
        match name {
            "title" | "summary" | "content" | "rights" => {
                tokens.attributes.iter().all(|a| a.name == "type" && matches!(a.value, "text" | "html"))
            }
            _ => true,
        }
    }
}

fn is_plain_attribute(name: &str, value: &str) -> bool {
    let is_of_xml = name.starts_with("xmlns") || name.starts_with("xml:");
    let is_hidden_host = name == "href" && lacks_its_scheme(value.trim());
    !is_of_xml && !is_hidden_host && references_are_plain(value)
}

/// Only the five references of XML, and numbers of characters that text may hold.
fn references_are_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'&', bytes).all(|at| {
        let rest = &bytes[at + 1..];
        let known: [&[u8]; 5] = [b"lt;", b"gt;", b"amp;", b"quot;", b"apos;"];
        if known.iter().any(|name| rest.starts_with(name)) {
            return true;
        }
        let Some(number) = rest.strip_prefix(b"#") else { return false };
        let (digits, radix) = match number.strip_prefix(b"x") {
            Some(hex) => (hex, 16),
            None => (number, 10),
        };
        let n_digits = digits.iter().take(8).take_while(|b| b.is_ascii_hexdigit()).count();
        let value = std::str::from_utf8(&digits[..n_digits]).ok().and_then(|digits| u32::from_str_radix(digits, radix).ok());
        let is_char = value.is_some_and(|value| value > 0x9f || (0x20..0x7f).contains(&value) || matches!(value, 9 | 10));
        is_char && digits.get(n_digits) == Some(&b';') && value.and_then(char::from_u32).is_some_and(super::entities::is_xml_char)
    })
}
