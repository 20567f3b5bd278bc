//! Feed bodies of a plain shape, as a tree without a parser: a few elements, whole and well nested, with their usual
//! attributes. Most bodies that feeds carry are so, and html5ever takes several times as long for them.
//!
//! What is read here comes out as html5ever would read it; whatever might not is left to html5ever. It decides nothing
//! about safety: the tree goes the way of every tree.

use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use scraper::Html;
use scraper::node::{Element, Node, Text};

/// Larger bodies are left to the parser with its caps.
const MAX_BYTES: usize = 64 * 1024;
const MAX_DEPTH: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Holds blocks and inlines.
    Box,
    /// `<ul>`, `<ol>`: hold `<li>`, which stands nowhere else.
    List,
    Item,
    /// Holds inlines alone.
    Leaf,
    Inline,
    Void,
}

fn shape(name: &str) -> Option<Shape> {
    Some(match name {
        "blockquote" | "figure" | "figcaption" => Shape::Box,
        "ul" | "ol" => Shape::List,
        "li" => Shape::Item,
        "p" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" => Shape::Leaf,
        "a" | "b" | "code" | "em" | "i" | "strong" => Shape::Inline,
        "br" | "img" => Shape::Void,
        _ => return None,
    })
}

/// Attributes without a meaning for the parser.
const ATTRIBUTES: [&str; 10] = ["alt", "class", "height", "href", "id", "rel", "src", "target", "title", "width"];

/// The tree of a body of this shape; `None`: it has another.
pub fn parse(html: &str) -> Option<Html> {
    if html.len() > MAX_BYTES || memchr::memchr2(b'\r', b'\0', html.as_bytes()).is_some() {
        return None;
    }
    let mut document = Html::new_document();
    let mut root = document.tree.root_mut();
    let mut root = root.append(element(local_name!("html"), Vec::new()));
    root.append(element(local_name!("head"), Vec::new()));
    let body = root.append(element(local_name!("body"), Vec::new())).id();
    let mut open: Vec<(&str, Shape, ego_tree::NodeId)> = Vec::new();
    // Before the first element white space is nothing.
    let mut rest = html.trim_start_matches(['\t', '\n', '\x0c', ' ']);
    while !rest.is_empty() {
        let above = open.last().map_or(body, |(.., id)| *id);
        let end = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        if end > 0 {
            let mut text = scraper::StrTendril::new();
            unescape(&rest[..end], |part| text.push_slice(part))?;
            document.tree.get_mut(above)?.append(Node::Text(Text { text }));
            rest = &rest[end..];
            continue;
        }
        if let Some(closing) = rest.strip_prefix("</") {
            let (name, ..) = open.pop()?;
            rest = closing.strip_prefix(name)?.strip_prefix('>')?;
            continue;
        }
        let tag = Tag::read(&rest[1..])?;
        let shape = shape(tag.name)?;
        let outer = open.last().map(|(_, shape, _)| *shape);
        let fits = match shape {
            Shape::Item => outer == Some(Shape::List),
            Shape::Box | Shape::List | Shape::Leaf => matches!(outer, None | Some(Shape::Box | Shape::Item)),
            // Formatting that is open twice, or a link in a link, is closed by the parser.
            Shape::Inline => outer != Some(Shape::List) && open.iter().all(|(name, ..)| *name != tag.name),
            Shape::Void => outer != Some(Shape::List),
        };
        // The parser drops a line feed after `<pre>`.
        if !fits || open.len() >= MAX_DEPTH || tag.name == "pre" && tag.rest.starts_with('\n') {
            return None;
        }
        rest = tag.rest;
        let made = document.tree.get_mut(above)?.append(element(LocalName::from(tag.name), tag.attributes)).id();
        if shape != Shape::Void {
            open.push((tag.name, shape, made));
        }
    }
    open.is_empty().then_some(document)
}

fn element(name: LocalName, attributes: Vec<Attribute>) -> Node {
    Node::Element(Element::new(QualName::new(None, ns!(html), name), attributes))
}

struct Tag<'a> {
    name: &'a str,
    attributes: Vec<Attribute>,
    /// What follows it.
    rest: &'a str,
}

impl<'a> Tag<'a> {
    /// A start tag from its name on.
    fn read(text: &'a str) -> Option<Tag<'a>> {
        let (name, mut rest) = text.split_at(text.bytes().position(|b| !b.is_ascii_lowercase() && !b.is_ascii_digit())?);
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            if let Some(rest) = rest.strip_prefix('>') {
                return Some(Tag { name, attributes, rest });
            }
            if let Some(rest) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix(" />")) {
                // Of use on elements without content only.
                return (shape(name)? == Shape::Void).then_some(Tag { name, attributes, rest });
            }
            let (key, value) = rest.strip_prefix(' ')?.split_once("=\"")?;
            let (value, after) = value.split_once('"')?;
            if !ATTRIBUTES.contains(&key) || attributes.iter().any(|known| &*known.name.local == key) {
                return None;
            }
            let mut unescaped = html5ever::tendril::StrTendril::new();
            unescape(value, |part| unescaped.push_slice(part))?;
            attributes.push(Attribute { name: QualName::new(None, ns!(), LocalName::from(key)), value: unescaped });
            rest = after;
        }
    }
}

/// Hands out the text with its references read; `None`: it has others than the commonest.
fn unescape(text: &str, mut each: impl FnMut(&str)) -> Option<()> {
    const REFERENCES: [(&str, &str); 5] = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'")];
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        each(&rest[..at]);
        let (reference, read) = REFERENCES.iter().find(|(reference, _)| rest[at..].starts_with(reference))?;
        each(read);
        rest = &rest[at + reference.len()..];
    }
    each(rest);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_parser_reads() {
        let bodies = [
            "<p>One &amp; <b>two</b>, <a href=\"https://a.example/?a=1&amp;b=2\" rel=\"noopener\" class=\"x y\">three</a></p>\n<p>4</p>\n",
            " \n<figure><img src=\"/a.jpg\" alt=\"\" width=\"1\"/><figcaption>Photo: <i>x</i></figcaption></figure><h2>T</h2>",
            "text first <br>and <em>then</em><blockquote><p>q</p></blockquote><pre><code>a &lt; b\n\n  c</code></pre>",
            "<ul><li>1</li>\n<li><p>2</p><ul><li>3</li></ul></li></ul><img src=\"a\" alt=\"a &quot;b&quot;\" />",
        ];
        for body in bodies {
            assert_eq!(parse(body).unwrap().html(), Html::parse_document(body).html(), "{body}");
        }
    }

    #[test]
    fn other_shapes_are_left_to_the_parser() {
        for body in [
            "<p>1<p>2",
            "<p>1</b></p>",
            "<b><p>x</p></b>",
            "<p>&nbsp;</p>",
            "<p>a & b</p>",
            "<pre>\nx</pre>",
            "<p onclick=\"x\">y</p>",
            "<p class=x>y</p>",
            "<script>x</script>",
            "<a href=\"1\"><i><a href=\"2\">x</a></i></a>",
            "<p>x<!-- y --></p>",
            "<P>x</P>",
            "<p/>x",
            "a\rb<p>x</p>",
            "<li>x</li>",
            "<p>x",
        ] {
            assert!(parse(body).is_none(), "{body}");
        }
    }
}
