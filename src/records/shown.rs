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
    /// The same without what is signed or counted anew each time: queries of pictures and enclosures, sessions in addresses.
    pub at_rest: Key,
}

impl EntryText {
    pub fn shown(&self) -> Shown {
        let mut resting = self.extra.clone();
        for enclosure in &mut resting.enclosures {
            enclosure.url = at_rest("src", &enclosure.url).concat();
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

/// A body with its addresses at rest. The article room has written it: each value stands between double quotes.
fn body_at_rest(html: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(html.len()), html);
    while let Some(at) = rest.find("=\"") {
        let (before, value) = (&rest[..at], &rest[at + 2..]);
        let Some(end) = value.find('"') else { break };
        let name = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        out.push_str(before);
        out.extend(at_rest(name, &value[..end]));
        rest = &value[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The parts of an attribute's value that stay the same from one request to the next.
fn at_rest<'a>(name: &str, value: &'a str) -> [&'a str; 2] {
    const SESSION: &str = ";jsessionid=";
    let value = match name {
        "src" | "poster" => value.split(['?', '#']).next().unwrap_or_default(),
        "href" => value,
        _ => return [value, ""],
    };
    match value.split_once(SESSION) {
        Some((path, session)) => [path, &session[session.find(['?', '#']).unwrap_or(session.len())..]],
        None => [value, ""],
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
        for (one, other) in [("<p>a</p>", "<p>b</p>"), ("<a href=\"/x?p=1\">a</a>", "<a href=\"/x?p=2\">a</a>")] {
            assert_ne!(body_at_rest(one), body_at_rest(other));
        }
    }
}
