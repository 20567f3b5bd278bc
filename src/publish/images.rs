//! Pictures of articles on our own pages: as the publishers have them, by us, or not at all. Outputs always link them.

use super::xml::push_escaped;
use super::{Images, Site, link};
use ring::hmac;
use std::borrow::Cow;

/// The end of `/image?url=…&key=…`: that we ask for this address ourselves.
pub fn image_key(key: &[u8; 32], address: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), address.as_bytes());
    tag.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A body, with its pictures as this site shows them. Bodies are written by the article room, attribute by attribute in quotes.
pub(super) fn shown<'a>(site: &Site, body: &'a str) -> Cow<'a, str> {
    if site.images == Images::Linked || !body.contains("<img") {
        return Cow::Borrowed(body);
    }
    let mut out = String::with_capacity(body.len() + 256);
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("<img ") {
        out.push_str(before);
        // Inside quotes a bracket is written as a reference.
        let Some((attributes, behind)) = after.split_once('>') else { break };
        rest = behind;
        picture(&mut out, site, attributes);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn picture(out: &mut String, site: &Site, attributes: &str) {
    let value = |name: &str| attribute(attributes, name).unwrap_or_default();
    let address = value("src").replace("&amp;", "&");
    let (Images::Proxied { key }, Some(address)) = (site.images, link::web_url(&address)) else {
        // Escaped already: it stood in an attribute.
        out.push_str(value("alt"));
        return;
    };
    let path = site.path(&format!("/image?url={}&key={}", link::segment(&address), image_key(key, &address)));
    out.push_str("<img src=\"");
    push_escaped(out, &path);
    out.push_str("\" alt=\"");
    out.push_str(value("alt"));
    out.push('"');
    for name in ["width", "height"] {
        if let Some(size) = attribute(attributes, name) {
            out.push_str(&format!(" {name}=\"{size}\""));
        }
    }
    out.push('>');
}

/// The value of an attribute as it is written.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let begin = format!("{name}=\"");
    let at = attributes.match_indices(&begin).map(|(at, _)| at).find(|at| *at == 0 || attributes[..*at].ends_with(' '))?;
    attributes[at + begin.len()..].split('"').next()
}
