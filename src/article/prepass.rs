//! A linear pass over the page before the parser: what makes html5ever quadratic is cut, what no article
//! needs is left out.
//!
//! html5ever walks its stack of open elements at most tags and compares each attribute with all before it:
//! 1.9 MB of attributes took 59 s (measured). A cap in the tree sink comes too late, because the builder keeps
//! its own stack, so the caps are applied to the bytes. The pass need not agree with the parser in every
//! corner: it decides how much is parsed, never what is safe.
//!
//! Scripts, styles, comments and drawings are most of a modern page's bytes; dropping them here halves the
//! parse, as do attributes that nobody asks for. JSON-LD is set aside as evidence.

use std::borrow::Cow;

/// Half of what browsers allow: the parser walks the open elements at each item of a list, and real pages stay below 100.
const MAX_DEPTH: usize = 256;
const MAX_ATTRIBUTES: usize = 256;
/// Open formatting elements: each is reopened in every later paragraph, which multiplies nodes.
const MAX_FORMATTING: usize = 16;
/// Nodes that the parser may make (about 150 bytes each); the largest real pages have about 40,000.
pub const MAX_NODES: usize = 75_000;
/// `<noscript>` longer than this holds no mere image.
const MAX_NOSCRIPT: usize = 4096;
/// Hidden HTML shorter than this holds no article.
const MIN_HIDDEN: usize = 400;

/// Scripts with data that are kept, and as many attributes: a page may have many of these before the script with its state.
const MAX_DATA: usize = 32;

pub struct Prepared<'a> {
    pub html: String,
    /// The contents of `<script type="application/ld+json">`.
    pub json_ld: Vec<&'a str>,
    /// HTML that only a script (or its absence) would show: templates and long `<noscript>`s.
    pub hidden: Vec<&'a str>,
    /// Scripts that hold data: the state of an application, JSON.
    pub data: Vec<&'a str>,
    /// Attributes that hold JSON, as written in the page: with `&quot;` for its quotes.
    pub attributes: Vec<&'a str>,
}

const VOID: [&str; 16] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "source",
    "track", "wbr",
];
/// Elements that a later tag closes, so that leaving them open makes no depth.
const SELF_CLOSING: [&str; 12] = ["p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "optgroup"];
const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const PREFORMATTED: [&str; 2] = ["pre", "listing"];
/// Left out with all they hold: no text of an article is in them.
const DROPPED: [&str; 8] = ["script", "style", "svg", "template", "noembed", "noframes", "xmp", "object"];

/// Named references that are read one by one: the parser takes 5 µs for each (measured), 2 s for a page that is full of them.
const MAX_REFERENCES: usize = 5_000;

/// The same page with quicker references, where it has very many. By number they cost a fifteenth.
pub fn with_few_references(text: Cow<'_, str>) -> Cow<'_, str> {
    const NUMBERED: [(&str, &str); 6] = [
        ("&lt;", "&#60;"),
        ("&gt;", "&#62;"),
        ("&quot;", "&#34;"),
        ("&nbsp;", "&#160;"),
        ("&apos;", "&#39;"),
        // Last, so that what it escapes is not taken for a reference.
        ("&amp;", "&#38;"),
    ];
    if memchr::memchr_iter(b'&', text.as_bytes()).take(MAX_REFERENCES).count() < MAX_REFERENCES {
        return text;
    }
    let mut out = text.into_owned();
    for (named, numbered) in NUMBERED {
        out = out.replace(named, numbered);
    }
    // All others are told by name only so often.
    let mut n_named = 0;
    let mut capped = String::with_capacity(out.len());
    let mut rest = out.as_str();
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        capped.push_str(before);
        rest = &from[1..];
        n_named += usize::from(!rest.starts_with('#'));
        capped.push_str(if rest.starts_with('#') || n_named <= MAX_REFERENCES { "&" } else { "&#38;" });
    }
    capped.push_str(rest);
    capped.into()
}

/// Cuts `text` down to what the parser may see, at most `max_nodes` nodes of it.
pub fn prepare(text: &str, max_nodes: usize) -> Prepared<'_> {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len().min(1 << 20));
    let mut pass = Pass::default();
    let mut json_ld = Vec::new();
    let mut hidden = Vec::new();
    let mut data = Vec::new();
    let mut attributes = Vec::new();
    // Elements whose end tag was looked for in vain: a second look would make the pass quadratic.
    let mut unended = [false; 4];
    let mut useless = Vec::new();
    let mut at = 0;
    // Everything before `kept` is already copied or dropped.
    let mut kept = 0;
    while let Some(found) = find(bytes, b'<', at) {
        if pass.nodes > max_nodes {
            out.push_str(&text[kept..found]);
            return Prepared { html: out, json_ld, hidden, data, attributes };
        }
        let Some(&next) = bytes.get(found + 1) else { break };
        // Indentation before a tag is as good as one space of it, and the parser reads it character by character.
        let indent = bytes[at.max(kept)..found].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        if indent > 1 && pass.preformatted == 0 {
            out.push_str(&text[kept..found - indent + 1]);
            kept = found;
        }
        if next == b'!' || next == b'?' {
            let end = match bytes[found..].starts_with(b"<!--") {
                // `<!-->` and `<!--->` are whole comments.
                true => text[found + 2..].find("-->").map_or(text.len(), |e| found + 2 + e + 3),
                false => text[found..].find('>').map_or(text.len(), |e| found + e + 1),
            };
            if bytes[found..].len() < 9 || !bytes[found + 2..found + 9].eq_ignore_ascii_case(b"doctype") {
                out.push_str(&text[kept..found]);
                kept = end;
            }
            at = end;
            continue;
        }
        let closing = next == b'/';
        let name_at = found + 1 + usize::from(closing);
        if !bytes.get(name_at).is_some_and(u8::is_ascii_alphabetic) {
            at = found + 1;
            continue;
        }
        let name_end = name_at + bytes[name_at..].iter().take_while(|b| !b" \t\r\n\x0c/>".contains(b)).count();
        let name = lower(&text[name_at..name_end]);
        useless.clear();
        let tag = scan_tag(bytes, name_end, &mut useless);
        at = tag.end;
        if closing {
            // Of a shadow root, whose start tag is left out too.
            if &*name == "template" || !pass.close(&name) {
                out.push_str(&text[kept..found]);
                kept = tag.end;
            }
            continue;
        }
        // A shadow root that the page declares is shown where it stands; what is put into its slots follows it.
        if &*name == "template" && contains_ignore_case(&bytes[found..tag.end], b"shadowroot") {
            out.push_str(&text[kept..found]);
            kept = tag.end;
            continue;
        }
        if DROPPED.contains(&&*name) {
            out.push_str(&text[kept..found]);
            let (content, end) = match &*name {
                // Without its end tag the element would swallow the page.
                "svg" | "template" | "object" if text[found..tag.end].ends_with("/>") => (tag.end, tag.end),
                "svg" => end_once(text, tag.end, &name, &mut unended[0]),
                "template" => end_once(text, tag.end, &name, &mut unended[1]),
                "object" => end_once(text, tag.end, &name, &mut unended[2]),
                _ => end_tag(text, tag.end, &name).unwrap_or((text.len(), text.len())),
            };
            if &*name == "script" && contains_ignore_case(&bytes[found..tag.end], b"ld+json") && json_ld.len() < 16 {
                json_ld.push(&text[tag.end..content]);
            }
            if &*name == "script" && contains_ignore_case(&bytes[found..tag.end], b"math/tex") {
                // A formula that a script draws here.
                out.push_str("<code>");
                super::markup::escape(&mut out, &text[tag.end..content]);
                out.push_str("</code>");
                pass.nodes += 3;
            }
            if &*name == "script" && content - tag.end >= MIN_HIDDEN && data.len() < MAX_DATA {
                let start = crate::text::clip(&text[tag.end..content], MAX_START).as_bytes();
                let holds_html = || {
                    let inside = &bytes[tag.end..content];
                    [&b"</p>"[..], b"\\u003c/p"].iter().any(|end| memchr::memmem::find(inside, end).is_some())
                };
                if holds_data(&bytes[found..tag.end], start) || holds_html() {
                    data.push(&text[tag.end..content]);
                }
            }
            let template = &*name == "template" || (&*name == "script" && is_template(&bytes[found..tag.end]));
            if template && content - tag.end >= MIN_HIDDEN && hidden.len() < 16 {
                hidden.push(&text[tag.end..content]);
            }
            kept = end;
            at = end;
            continue;
        }
        if &*name == "noscript" {
            out.push_str(&text[kept..found]);
            let (content, end) = end_once(text, tag.end, &name, &mut unended[3]);
            let inner = &bytes[tag.end..content];
            // The real image behind a lazy one; its tags are parsed like the page's own.
            let image = pass.in_body && inner.len() < MAX_NOSCRIPT && contains_ignore_case(inner, b"<img");
            if !image && inner.len() >= MIN_HIDDEN && hidden.len() < 16 {
                hidden.push(&text[tag.end..content]);
            }
            kept = if image { tag.end } else { end };
            at = kept;
            continue;
        }
        if matches!(&*name, "textarea" | "title" | "iframe") {
            // Raw text: the parser sees it, the pass must not read tags in it.
            at = end_tag(text, tag.end, &name).map_or(text.len(), |(_, end)| end);
        }
        if &*name == "plaintext" || !pass.open(&name) {
            out.push_str(&text[kept..found]);
            kept = tag.end;
            continue;
        }
        let left = MAX_DATA.saturating_sub(attributes.len());
        attributes.extend(useless.iter().filter_map(|&(from, to)| data_of(&text[from..to])).take(left));
        for &(from, to) in useless.iter().filter(|(from, _)| tag.cut.is_none_or(|cut| *from < cut)) {
            out.push_str(&text[kept..from]);
            kept = to;
        }
        if let Some(cut) = tag.cut {
            out.push_str(&text[kept..cut.max(kept)]);
            out.push('>');
            kept = tag.end;
        }
    }
    out.push_str(&text[kept.min(text.len())..]);
    Prepared { html: out, json_ld, hidden, data, attributes }
}

#[derive(Default)]
struct Pass {
    depth: usize,
    formatting: usize,
    nodes: usize,
    n_roots: usize,
    /// Open elements that keep their white space.
    preformatted: usize,
    in_body: bool,
}

impl Pass {
    /// Whether the start tag may stay. Only what stays makes nodes: text that is buried below the caps is still read.
    fn open(&mut self, name: &str) -> bool {
        let before = self.nodes;
        let stays = self.may_open(name);
        if !stays {
            self.nodes = before;
        }
        stays
    }

    fn may_open(&mut self, name: &str) -> bool {
        self.nodes += 2 + if SELF_CLOSING.contains(&name) { self.formatting.min(MAX_FORMATTING) } else { 0 };
        if matches!(name, "html" | "body") {
            // Their attributes are merged into the first one, each compared with all.
            self.n_roots += 1;
            self.in_body |= name == "body";
            return self.n_roots <= 4;
        }
        if VOID.contains(&name) || SELF_CLOSING.contains(&name) {
            return true;
        }
        if FORMATTING.contains(&name) {
            self.formatting += 1;
            if self.formatting > MAX_FORMATTING {
                return false;
            }
        }
        self.preformatted += usize::from(PREFORMATTED.contains(&name));
        self.depth += 1;
        self.depth <= MAX_DEPTH
    }

    /// Whether the end tag may stay.
    fn close(&mut self, name: &str) -> bool {
        let stays = self.may_close(name);
        self.nodes += usize::from(stays);
        stays
    }

    fn may_close(&mut self, name: &str) -> bool {
        if matches!(name, "html" | "body") {
            return true;
        }
        if VOID.contains(&name) {
            return name == "br";
        }
        if SELF_CLOSING.contains(&name) {
            return true;
        }
        if FORMATTING.contains(&name) {
            let over = self.formatting > MAX_FORMATTING;
            self.formatting = self.formatting.saturating_sub(1);
            if over {
                return false;
            }
        }
        self.preformatted = self.preformatted.saturating_sub(usize::from(PREFORMATTED.contains(&name)));
        let over = self.depth > MAX_DEPTH;
        self.depth = self.depth.saturating_sub(1);
        !over
    }
}

struct TagEnd {
    end: usize,
    /// Where the attribute after the last allowed one starts.
    cut: Option<usize>,
}

/// Shorter attributes cost less to parse than to cut.
const MIN_USELESS: usize = 16;
/// `data-` attributes that hold addresses of late images, or names as classes do, have one of these in their names.
const ASKED_FOR: [&[u8]; 18] = [
    b"permalink",
    b"videoid",
    b"tweetid",
    b"shortcode",
    b"href",
    b"src",
    b"image",
    b"url",
    b"file",
    b"original",
    b"lazy",
    b"echo",
    b"test",
    b"component",
    b"module",
    b"type",
    b"block",
    b"role",
];

/// Whether no step asks for an attribute: handlers, data of scripts, styles that hide nothing.
fn is_useless(name: &[u8], value: &[u8]) -> bool {
    let starts = |with: &[u8]| name.len() >= with.len() && name[..with.len()].eq_ignore_ascii_case(with);
    match name.first().map(u8::to_ascii_lowercase) {
        Some(b'o') => starts(b"on"),
        Some(b'd') => starts(b"data-") && !ASKED_FOR.iter().any(|word| contains_ignore_case(name, word)),
        Some(b's') => {
            name.eq_ignore_ascii_case(b"sizes")
                || (name.eq_ignore_ascii_case(b"style")
                    && !contains_ignore_case(value, b"none")
                    && !contains_ignore_case(value, b"hidden"))
        }
        Some(b'a') => starts(b"aria-") && !name.eq_ignore_ascii_case(b"aria-hidden"),
        Some(b'j') => starts(b"js"),
        Some(b'p') => name.eq_ignore_ascii_case(b"props"),
        _ => false,
    }
}

/// The JSON that an attribute holds, of which an application makes the page.
fn data_of(attribute: &str) -> Option<&str> {
    if attribute.len() < MIN_HIDDEN || !(attribute.starts_with("data-") || attribute.starts_with("props")) {
        return None;
    }
    let (_, value) = attribute.split_once('=')?;
    let value = value.trim().trim_matches(['"', '\'']);
    value.starts_with(['{', '[']).then_some(value)
}

/// From after the tag's name to after its `>`; quotes as the HTML tokenizer reads them. What nobody asks for is added to
/// `useless`.
fn scan_tag(bytes: &[u8], mut at: usize, useless: &mut Vec<(usize, usize)>) -> TagEnd {
    let mut n_attributes = 0;
    let mut cut = None;
    loop {
        while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
            at += 1;
        }
        match bytes.get(at) {
            None => return TagEnd { end: bytes.len(), cut },
            Some(b'>') => return TagEnd { end: at + 1, cut },
            Some(_) => {}
        }
        n_attributes += 1;
        if n_attributes > MAX_ATTRIBUTES && cut.is_none() {
            cut = Some(at);
        }
        let start = at;
        at += 1; // a name may start with `=`
        while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace() && !b"/>=".contains(b)) {
            at += 1;
        }
        let name = start..at;
        let mut value = at;
        while bytes.get(value).is_some_and(u8::is_ascii_whitespace) {
            value += 1;
        }
        if bytes.get(value) != Some(&b'=') {
            continue;
        }
        value += 1;
        while bytes.get(value).is_some_and(u8::is_ascii_whitespace) {
            value += 1;
        }
        at = match bytes.get(value) {
            Some(&quote @ (b'"' | b'\'')) => find(bytes, quote, value + 1).map_or(bytes.len(), |e| e + 1),
            _ => value + bytes[value.min(bytes.len())..].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b'>').count(),
        };
        if at - start >= MIN_USELESS && is_useless(&bytes[name], &bytes[value.min(at)..at]) {
            useless.push((start, at));
        }
    }
}

/// The part of a script that says whether it is data.
const MAX_START: usize = 400;

/// Whether a script is JSON, or sets the state of an application.
fn holds_data(tag: &[u8], start: &[u8]) -> bool {
    const STATES: [&[u8]; 7] = [
        b"__next_data__",
        b"__nuxt__",
        b"__initial_state__",
        b"__apollo_state__",
        b"__preloaded_state__",
        b"window.__",
        b"self.__next_f",
    ];
    let json = contains_ignore_case(tag, b"application/json") || contains_ignore_case(tag, b"__next_data__");
    json || STATES.iter().any(|state| contains_ignore_case(start, state)) || assigns_data(start)
}

/// Whether a script begins by giving a name to an object, a list or a JSON text: `var post = {…}`.
fn assigns_data(start: &[u8]) -> bool {
    let Some(at) = start.iter().position(|&b| b == b'=') else { return false };
    let name = &start[..at];
    let value = start[at + 1..].trim_ascii_start();
    let is_name = name.iter().all(|b| b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"_$.[]\"'".contains(b));
    is_name
        && (value.starts_with(b"{")
            || value.starts_with(b"[")
            || value.starts_with(b"JSON.parse(\"")
            || value.starts_with(b"JSON.parse('"))
}

/// `<script type="text/template">` and its like: HTML that a script puts into the page.
fn is_template(tag: &[u8]) -> bool {
    [&b"text/template"[..], b"text/x-template", b"text/html"].iter().any(|kind| contains_ignore_case(tag, kind))
}

fn end_once(text: &str, from: usize, name: &str, unended: &mut bool) -> (usize, usize) {
    let found = if *unended { None } else { end_tag(text, from, name) };
    *unended |= found.is_none();
    found.unwrap_or((from, from))
}

/// Where the content ends and where the end tag ends.
fn end_tag(text: &str, from: usize, name: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(found) = find(bytes, b'<', at) {
        let rest = &bytes[found + 1..];
        if rest.first() == Some(&b'/')
            && rest.len() > name.len()
            && rest[1..=name.len()].eq_ignore_ascii_case(name.as_bytes())
            && rest.get(name.len() + 1).is_none_or(|b| b" \t\r\n\x0c/>".contains(b))
        {
            return Some((found, find(bytes, b'>', found).map_or(bytes.len(), |e| e + 1)));
        }
        at = found + 1;
    }
    None
}

fn find(bytes: &[u8], wanted: u8, from: usize) -> Option<usize> {
    memchr::memchr(wanted, bytes.get(from..)?).map(|at| from + at)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

/// `needle` is in lower case.
fn contains_ignore_case(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((&first, rest)) = needle.split_first() else { return true };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), haystack)
        .any(|at| haystack[at + 1..].get(..rest.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest)))
}
