//! The pieces of markup that the writer puts together: escaped text, checked addresses, the few attributes.

use super::tag::Tag;
use super::tree::{Tree, attribute};
use crate::text::{any_byte, harmless, is_hostile};
use crate::tracking::is_tracking;
use scraper::node::Element;
use url::Url;

pub fn close(out: &mut String, tag: Tag) {
    out.push_str("</");
    out.push_str(tag.name());
    out.push('>');
}

pub fn block_attributes(tree: &Tree, at: u32, tag: Tag) -> String {
    let Some(element) = tree.nodes[at as usize].element else { return String::new() };
    let number = |name: &str, max: u32| {
        let n = attribute(element, name)?.trim().parse::<u32>().ok()?;
        (n != 1 && n <= max).then(|| format!(" {name}=\"{n}\""))
    };
    match tag {
        Tag::Td | Tag::Th => [number("colspan", 1000), number("rowspan", 1000)].into_iter().flatten().collect(),
        Tag::Ol => number("start", 100_000).unwrap_or_default(),
        Tag::Pre => language_of_listing(tree, at),
        _ => String::new(),
    }
}

/// `class="language-rust"` is the one class that says something.
pub fn language(element: &Element) -> String {
    named_language(element, &["language-", "lang-"]).unwrap_or_default()
}

/// That of a `<pre>`, which many highlighters give to a box around it.
fn language_of_listing(tree: &Tree, pre: u32) -> String {
    let own = tree.nodes[pre as usize].element.map(language).unwrap_or_default();
    let code_has_it = || tree.children(pre).filter_map(|c| tree.nodes[c as usize].element).any(|e| !language(e).is_empty());
    if !own.is_empty() || code_has_it() {
        return own;
    }
    let around = tree.ancestors(pre).skip(1).take(2).filter_map(|at| tree.nodes[at as usize].element);
    around.filter_map(|e| named_language(e, &["language-", "highlight-source-"])).next().unwrap_or_default()
}

/// The attribute, from the first class that starts with one of `prefixes`.
fn named_language(element: &Element, prefixes: &[&str]) -> Option<String> {
    let mut classes = attribute(element, "class")?.split_ascii_whitespace();
    let name = classes.find_map(|class| prefixes.iter().find_map(|prefix| class.strip_prefix(prefix)))?;
    let is_name = (1..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+#-_".contains(&b));
    is_name.then(|| format!(" class=\"language-{name}\""))
}

/// An address for `href`: absolute, http, https or mailto, not within the page, and without the parameters that only tell
/// who clicked.
pub fn link(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let mut url = absolute(href, base)?;
    let tracks = |pair: &&str| is_tracking(pair.split('=').next().unwrap_or_default());
    if let Some(query) = url.query().filter(|query| query.split('&').any(|pair| tracks(&pair))) {
        let kept = query.split('&').filter(|pair| !tracks(pair)).collect::<Vec<_>>().join("&");
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
    let text = harmless(text);
    // What stands for itself is copied in stretches.
    let mut rest = &*text;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'>', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &from[1..];
    }
    out.push_str(rest);
}

/// Printable ASCII without markup: most words, and copied at once.
pub fn is_plain(text: &str) -> bool {
    !any_byte(text.as_bytes(), |b| !(b' '..=b'~').contains(&b) | (b == b'&') | (b == b'<') | (b == b'>') | (b == b'"'))
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
