//! The pieces of markup that the writer puts together: escaped text, checked addresses, the few attributes.

use super::tree::{Node, Tag, attribute};
use crate::text::is_hostile;
use url::Url;

pub fn close(out: &mut String, tag: Tag) {
    out.push_str("</");
    out.push_str(tag.name());
    out.push('>');
}

pub fn block_attributes(tag: Tag, node: &Node) -> String {
    let Some(element) = node.element else { return String::new() };
    let number = |name: &str, max: u32| {
        let n = attribute(element, name)?.trim().parse::<u32>().ok()?;
        (n != 1 && n <= max).then(|| format!(" {name}=\"{n}\""))
    };
    match tag {
        Tag::Td | Tag::Th => [number("colspan", 1000), number("rowspan", 1000)].into_iter().flatten().collect(),
        Tag::Ol => number("start", 100_000).unwrap_or_default(),
        Tag::Pre => language(element),
        _ => String::new(),
    }
}

/// `class="language-rust"` is the one class that says something.
pub fn language(element: &scraper::node::Element) -> String {
    let classes = attribute(element, "class").unwrap_or_default();
    let name = classes.split_ascii_whitespace().find_map(|c| c.strip_prefix("language-").or_else(|| c.strip_prefix("lang-")));
    match name {
        Some(name)
            if !name.is_empty()
                && name.len() <= 24
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+#-_".contains(&b)) =>
        {
            format!(" class=\"language-{name}\"")
        }
        _ => String::new(),
    }
}

/// Starts of query parameters that only tell who clicked.
const TRACKERS: [&str; 12] = [
    "utm_",
    "fbclid=",
    "gclid=",
    "dclid=",
    "msclkid=",
    "mc_cid=",
    "mc_eid=",
    "igshid=",
    "yclid=",
    "_hsenc=",
    "_hsmi=",
    "at_medium=",
];

/// An address for `href`: absolute, http, https or mailto, not within the page.
pub fn link(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let mut url = absolute(href, base)?;
    if url.query().is_some_and(|query| TRACKERS.iter().any(|tracker| query.contains(tracker))) {
        let tracks = |pair: &str| TRACKERS.iter().any(|tracker| pair.starts_with(tracker));
        let kept: Vec<&str> = url.query().unwrap_or_default().split('&').filter(|pair| !tracks(pair)).collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&kept));
    }
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into())
}

pub fn absolute(address: &str, base: Option<&Url>) -> Option<Url> {
    if address.len() > 8192 {
        return None;
    }
    match base {
        Some(base) => base.join(address).ok(),
        None => Url::parse(address).ok(),
    }
}

pub fn escape(out: &mut String, text: &str) {
    if is_plain(text) {
        return out.push_str(text);
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if is_hostile(c) => {}
            c => out.push(c),
        }
    }
}

/// Printable ASCII without markup: most words, and copied at once.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'&' | b'<' | b'>' | b'"'))
}

pub fn escape_attribute(out: &mut String, text: &str) {
    if is_plain(text) {
        return out.push_str(text);
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            c if is_hostile(c) => {}
            c => out.push(c),
        }
    }
}
