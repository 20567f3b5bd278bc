//! Tokens → events that are always balanced: the repair of structure.
//!
//! A stack of open elements decides what an end tag closes, which start tag shows that an end tag was forgotten,
//! and which vocabulary, base address and language hold. The readers above may rely on this: every
//! [`Event::Open`] has its [`Event::Close`], and depth never exceeds [`MAX_DEPTH`].

use super::names::{self, Ns};
use super::tokens::{Attribute, Token, Tokens, attribute};
use url::Url;

/// Elements nested deeper are taken out; their text stays.
const MAX_DEPTH: usize = 256;
/// Namespace declarations in force at once.
const MAX_BINDINGS: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event<'a> {
    /// `name` is empty where the reader has no use for the element.
    Open {
        ns: Ns,
        name: &'static str,
    },
    Close {
        ns: Ns,
        raw: &'a str,
    },
    /// References not yet decoded.
    Text(&'a str),
    Cdata(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// What holds entries, and everything outside a feed.
    Container,
    Entry,
    /// A child of the two above.
    Field {
        is_text: bool,
    },
    Inner,
}

#[derive(Clone, Copy)]
struct Element<'a> {
    raw: &'a str,
    ns: Ns,
    name: &'static str,
    role: Role,
    /// It may hold a whole document, entries included.
    is_document: bool,
    n_bindings: usize,
}

/// What was repaired, at which byte first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Repairs {
    pub stray_end: Option<usize>,
    pub unclosed: Option<usize>,
    pub too_deep: Option<usize>,
    pub truncated: Option<usize>,
    pub bare_ampersand: Option<usize>,
}

pub(super) struct Events<'a> {
    pub tokens: Tokens<'a>,
    pub repairs: Repairs,
    pub declared: super::entities::Declared,
    stack: Vec<Element<'a>>,
    /// Where on the stack the entry and the field are that are open: at most one of each.
    entry_at: Option<usize>,
    field_at: Option<usize>,
    bindings: Vec<(&'a str, Option<Ns>)>,
    document_base: Option<Url>,
    bases: Vec<(usize, Url)>,
    languages: Vec<(usize, &'a str)>,
    held: Option<Token<'a>>,
    /// Elements above this depth are being closed.
    close_to: usize,
    has_root: bool,
}

impl<'a> Events<'a> {
    /// `base` is the address of the document.
    pub fn new(text: &'a str, base: Option<Url>) -> Events<'a> {
        Events {
            tokens: Tokens::new(text),
            repairs: Repairs::default(),
            declared: Default::default(),
            stack: Vec::new(),
            entry_at: None,
            field_at: None,
            bindings: Vec::new(),
            document_base: base,
            bases: Vec::new(),
            languages: Vec::new(),
            held: None,
            close_to: usize::MAX,
            has_root: false,
        }
    }

    /// How many elements are open, the one that an `Open` just gave included.
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The name of the innermost open element as written.
    pub fn raw_name(&self) -> &'a str {
        self.stack.last().map_or("", |element| element.raw)
    }

    pub fn is_entry(&self) -> bool {
        self.stack.last().is_some_and(|element| element.role == Role::Entry)
    }

    pub fn is_container(&self) -> bool {
        self.stack.last().is_some_and(|element| element.role == Role::Container)
    }

    /// Whether the root of a feed was met.
    pub fn has_root(&self) -> bool {
        self.has_root
    }

    /// The attributes of the element that an `Open` just gave.
    pub fn attributes(&self) -> &[Attribute<'a>] {
        &self.tokens.attributes
    }

    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        attribute(&self.tokens.attributes, name)
    }

    /// Whether the element that an `Open` just gave has nothing in it: `<name/>`.
    pub fn is_closed(&self) -> bool {
        self.close_to < self.stack.len()
    }

    /// What relative addresses are relative to.
    pub fn base(&self) -> Option<&Url> {
        self.own_base().or(self.document_base.as_ref())
    }

    /// The `xml:base` in force.
    pub fn own_base(&self) -> Option<&Url> {
        self.bases.last().map(|(_, base)| base)
    }

    /// The `xml:base` in force, where an element inside the one at `depth` has set it.
    pub fn inner_base(&self, depth: usize) -> Option<&Url> {
        self.bases.last().filter(|(at, _)| *at >= depth).map(|(_, base)| base)
    }

    /// The `xml:lang` in force.
    pub fn language(&self) -> Option<&'a str> {
        self.languages.last().map(|(_, language)| *language)
    }

    pub fn next(&mut self) -> Option<Event<'a>> {
        loop {
            if self.close_to < self.stack.len() {
                return self.pop();
            }
            self.close_to = usize::MAX;
            let at = self.tokens.position();
            let Some(token) = self.held.take().or_else(|| self.tokens.next()) else {
                if !self.stack.is_empty() {
                    self.repairs.truncated.get_or_insert(at);
                }
                return self.pop();
            };
            match token {
                Token::Text(text) => return Some(Event::Text(text)),
                Token::Cdata(text) => return Some(Event::Cdata(text)),
                Token::Doctype(text) => self.declared.add_doctype(text),
                Token::Close { name } => match self.closed_by(name) {
                    Some(depth) => {
                        if depth + 1 < self.stack.len() {
                            self.repairs.unclosed.get_or_insert(at);
                        }
                        self.close_to = depth;
                    }
                    None => {
                        self.repairs.stray_end.get_or_insert(at);
                    }
                },
                Token::Open { name, closed } => {
                    let n_bindings = self.bindings.len();
                    let element = self.resolve(name);
                    if let Some(depth) = self.ended_by(&element) {
                        self.bindings.truncate(n_bindings);
                        self.repairs.unclosed.get_or_insert(at);
                        self.held = Some(token);
                        self.close_to = depth;
                        continue;
                    }
                    if self.stack.len() >= MAX_DEPTH {
                        self.bindings.truncate(n_bindings);
                        self.repairs.too_deep.get_or_insert(at);
                        continue;
                    }
                    self.push(Element { n_bindings, ..element });
                    if closed {
                        self.close_to = self.stack.len() - 1;
                    }
                    return Some(Event::Open { ns: element.ns, name: element.name });
                }
            }
        }
    }

    /// Everything up to the close of the element at `depth`, thrown away.
    pub fn skip(&mut self, depth: usize) {
        while self.depth() >= depth && self.next().is_some() {}
    }

    fn push(&mut self, element: Element<'a>) {
        if let Some(language) = self.attribute("xml:lang") {
            self.languages.push((self.stack.len(), language));
        }
        if let Some(base) = self.attribute("xml:base") {
            let base = super::entities::decode(base.trim(), super::entities::Dialect::Xml, &self.declared);
            let base = match self.base() {
                Some(outer) => outer.join(&base).ok(),
                None => Url::parse(&base).ok(),
            };
            if let Some(base) = base.filter(|base| !base.cannot_be_a_base()) {
                self.bases.push((self.stack.len(), base));
            }
        }
        self.has_root |= element.role == Role::Container && self.is_root(&element);
        match element.role {
            Role::Entry => self.entry_at = Some(self.stack.len()),
            Role::Field { .. } => self.field_at = Some(self.stack.len()),
            Role::Container | Role::Inner => {}
        }
        self.stack.push(element);
        self.tokens.parent = element.raw;
    }

    /// A `channel` is a root only where nothing is around it; a feed may stand in a wrapper.
    fn is_root(&self, element: &Element) -> bool {
        match element.name {
            "rss" | "feed" | "rdf" => true,
            "channel" => self.stack.is_empty(),
            _ => false,
        }
    }

    fn pop(&mut self) -> Option<Event<'a>> {
        let element = self.stack.pop()?;
        let depth = self.stack.len();
        self.entry_at = self.entry_at.filter(|at| *at < depth);
        self.field_at = self.field_at.filter(|at| *at < depth);
        self.bindings.truncate(element.n_bindings);
        self.bases.truncate(self.bases.partition_point(|(at, _)| *at < depth));
        self.languages.truncate(self.languages.partition_point(|(at, _)| *at < depth));
        self.tokens.parent = self.raw_name();
        Some(Event::Close { ns: element.ns, raw: element.raw })
    }

    /// Reads the namespaces of the tag that was just tokenised and says what it is.
    fn resolve(&mut self, raw: &'a str) -> Element<'a> {
        for index in 0..self.tokens.attributes.len() {
            let Attribute { name, value } = self.tokens.attributes[index];
            let prefix = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
            if let Some(prefix) = prefix.filter(|_| self.bindings.len() < MAX_BINDINGS) {
                let ns = if value.trim().is_empty() { Some(Ns::Rss) } else { names::by_uri(value) };
                self.bindings.push((prefix, ns));
            }
        }
        let (prefix, local) = raw.split_once(':').unwrap_or(("", raw));
        let mut name = names::element(local);
        let bound = self.bindings.iter().rposition(|(known, _)| *known == prefix);
        let ns = match bound.map(|at| self.bindings[at].1) {
            Some(Some(ns)) => ns,
            // A namespace that nobody knows on a root that everybody knows: made up, but meant.
            Some(None) if prefix.is_empty() => match name {
                "rss" | "channel" if !self.has_root => Ns::Rss,
                "feed" | "entry" if !self.has_root => Ns::Atom,
                _ => Ns::Other,
            },
            None if prefix.is_empty() => Ns::Rss,
            _ => names::by_prefix(prefix),
        };
        if let Some(at) = bound.filter(|at| self.bindings[*at] == ("", None) && ns != Ns::Other) {
            self.bindings[at].1 = Some(ns);
        }
        if matches!(ns, Ns::Other | Ns::Xhtml) && name != "body" {
            name = "";
        }
        let is_document = name == "content" && {
            let kind = self.attribute("type").unwrap_or_default().trim_end();
            kind.ends_with("/xml") || kind.ends_with("+xml")
        };
        Element { raw, ns, name, role: self.role(ns, name), is_document, n_bindings: 0 }
    }

    fn role(&self, ns: Ns, name: &str) -> Role {
        match self.stack.last().map(|parent| parent.role) {
            Some(Role::Inner | Role::Field { .. }) => Role::Inner,
            Some(Role::Entry) => Role::Field { is_text: names::is_text_field(ns, name) },
            None | Some(Role::Container) => match (ns, name) {
                (Ns::Rss | Ns::Atom, "item" | "entry") if self.has_root => Role::Entry,
                (Ns::Rss | Ns::Atom, "entry") if self.stack.is_empty() => Role::Entry,
                (Ns::Rss | Ns::Atom, "rss" | "feed" | "channel" | "items") | (Ns::Rdf, "rdf") => Role::Container,
                (Ns::Rss, "rdf") => Role::Container,
                _ if self.has_root => Role::Field { is_text: names::is_text_field(ns, name) },
                _ => Role::Container,
            },
        }
    }

    /// The depth to which elements must be closed before this one can start.
    fn ended_by(&self, next: &Element<'a>) -> Option<usize> {
        let innermost = self.stack.last()?;
        if !matches!(innermost.role, Role::Field { .. } | Role::Inner | Role::Entry) {
            return None;
        }
        let field_at = self.field_at;
        let field = field_at.map(|at| &self.stack[at]);
        let is_core = matches!(next.ns, Ns::Rss | Ns::Atom);
        if is_core && matches!(next.name, "item" | "entry") && !field.is_some_and(|field| field.is_document) {
            return self.entry_at.or(field_at);
        }
        let (at, field) = (field_at?, field?);
        if !(field.role == Role::Field { is_text: true }) || field.is_document {
            return None;
        }
        let is_extension =
            matches!(next.ns, Ns::DublinCore | Ns::Content | Ns::Itunes | Ns::Media | Ns::Syndication | Ns::WellFormedWeb);
        let is_bare = innermost.role != Role::Inner;
        // A drawing has its own metadata; HTML has none.
        let is_extension = is_extension && (is_bare || names::is_html_element(innermost.raw));
        let never = is_core && names::is_never_in_text(next.name);
        let rarely = is_bare && is_core && matches!(next.name, "title" | "link" | "summary") && short_text(field.name);
        (is_extension || never || rarely).then_some(at)
    }

    /// The depth to which an end tag closes; `None`: it closes nothing.
    fn closed_by(&self, raw: &str) -> Option<usize> {
        let local = raw.split_once(':').map_or(raw, |(_, local)| local);
        let is_structural = matches!(names::element(local), "item" | "entry" | "channel" | "rss" | "feed" | "rdf");
        for (at, element) in self.stack.iter().enumerate().rev() {
            if element.raw == raw || element.raw.eq_ignore_ascii_case(raw) {
                return Some(at);
            }
            if element.role == Role::Entry && !is_structural {
                break;
            }
        }
        if is_structural || names::is_html_element(local) {
            return None;
        }
        // A misspelt end: `</descriptionx>`, or any other that nothing else can have meant.
        let at = self.stack.iter().rposition(|element| matches!(element.role, Role::Field { is_text: true }))?;
        let open = self.stack[at].raw;
        let alike = open.bytes().zip(raw.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        (alike >= 3 || at + 1 == self.stack.len()).then_some(at)
    }
}

fn short_text(name: &str) -> bool {
    !matches!(name, "description" | "content" | "summary" | "encoded" | "subtitle" | "rights" | "tagline")
}
