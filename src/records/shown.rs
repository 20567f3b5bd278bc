//! What is shown of an entry, as numbers: by them an edit is told from what a server writes anew at each request.

use super::poll::{EntryText, Extra};
use crate::model::Key;
use crate::story;

/// Of all that is kept and shown of an entry. Dates are not in it, nor is the language, which is found out later where the feed
/// does not name it, nor what of the link names no other page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where it is the same, nothing was edited.
    pub exact: Key,
    /// The same without what is signed anew each time: in the addresses of pictures and enclosures, and sessions in any.
    pub at_rest: Key,
}

impl EntryText {
    pub fn shown(&self) -> Shown {
        let mut resting = self.extra.clone();
        for enclosure in &mut resting.enclosures {
            enclosure.url = at_rest(&enclosure.url);
        }
        Shown { exact: self.hash(&self.extra, &self.html), at_rest: self.hash(&resting, &body_at_rest(&self.html)) }
    }

    fn hash(&self, extra: &Extra, html: &str) -> Key {
        let extra = serde_json::to_string(extra).unwrap_or_default();
        let link = self.link.as_deref().map(story::link_key);
        let parts = [&link, &Some(self.title.clone()), &self.author, &Some(extra)];
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        for part in parts.into_iter().map(|part| part.as_deref().unwrap_or_default()).chain([html]) {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        hash.digest128().to_be_bytes()
    }
}

/// A body with its addresses at rest. The article room has written it: `<` and `>` stand for tags alone, and each value between
/// double quotes.
fn body_at_rest(html: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(html.len()), html);
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at]);
        tag_at_rest(&mut out, &rest[at..end]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn tag_at_rest(out: &mut String, tag: &str) {
    let mut rest = tag;
    while let Some(at) = rest.find("=\"") {
        let (before, value) = (&rest[..at], &rest[at + 2..]);
        let Some(end) = value.find('"') else { break };
        let name = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        out.push_str(before);
        match name {
            "src" | "poster" => out.push_str(&at_rest(&value[..end])),
            "href" => out.push_str(&without_session(&value[..end])),
            _ => out.push_str(&value[..end]),
        }
        rest = &value[end + 1..];
    }
    out.push_str(rest);
}

/// An address without the parameters by which a server lets it be opened for a while.
fn at_rest(address: &str) -> String {
    let address = without_session(address);
    let Some((path, query)) = address.split_once('?') else { return address };
    let kept = query.split('&').filter(|part| {
        let name = part.trim_start_matches("amp;").split('=').next().unwrap_or_default().to_ascii_lowercase();
        !SIGNS.contains(&name.as_str()) && !SIGNING.iter().any(|begin| name.starts_with(begin))
    });
    let kept: Vec<&str> = kept.map(|part| part.trim_start_matches("amp;")).collect();
    format!("{path}?{}", kept.join("&"))
}

/// Parameters of addresses that are signed, by the names that large stores and their imitators give them.
const SIGNS: [&str; 17] = [
    "auth_key",
    "exp",
    "expires",
    "expiry",
    "hdnea",
    "hdnts",
    "hmac",
    "key-pair-id",
    "nonce",
    "policy",
    "se",
    "sig",
    "sign",
    "signature",
    "timestamp",
    "token",
    "ts",
];
const SIGNING: [&str; 5] = ["x-amz-", "x-goog-", "x-oss-", "x-cos-", "q-"];

fn without_session(address: &str) -> String {
    match address.split_once(";jsessionid=") {
        Some((path, session)) => format!("{path}{}", &session[session.find(['?', '#']).unwrap_or(session.len())..]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::body_at_rest;

    #[test]
    fn what_is_written_anew_at_each_request_is_left_out_and_nothing_else() {
        let body = |n: u32| {
            format!(
                "<p><a href=\"https://a.example/x;jsessionid={n}F?p=2\">a</a><img src=\"https://cdn.example/p.jpg?sig={n}&amp;e=1\" \
                 alt=\"{n}\"></p>"
            )
        };
        let rest = body_at_rest(&body(1).replace("alt=\"1\"", "alt=\"\""));
        assert_eq!(rest, body_at_rest(&body(2).replace("alt=\"2\"", "alt=\"\"")));
        assert!(rest.contains("/x?p=2") && rest.ends_with("></p>"), "{rest}");
        assert_ne!(body_at_rest(&body(1)), body_at_rest(&body(2)), "what a picture shows is said");
        for (one, other) in [
            ("<p>a</p>", "<p>b</p>"),
            ("<a href=\"/x?p=1\">a</a>", "<a href=\"/x?p=2\">a</a>"),
            ("<img src=\"/i.php?id=1&amp;sig=a\">", "<img src=\"/i.php?id=2&amp;sig=b\">"),
            ("<pre>&lt;img src=\"a.png?sig=1\"&gt;</pre>", "<pre>&lt;img src=\"a.png?sig=2\"&gt;</pre>"),
            ("<p>src=\"x ? one</p><p>a\"</p>", "<p>src=\"x ? two</p><p>a\"</p>"),
        ] {
            assert_ne!(body_at_rest(one), body_at_rest(other));
        }
        assert_eq!(body_at_rest("a < b <"), "a < b <", "nothing is lost of what is no tag");
    }
}
