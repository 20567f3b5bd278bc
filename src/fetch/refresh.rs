//! Redirects that are no redirects of HTTP: a `Refresh` header, the same in a page's `meta`, an address for feed readers.
//! Pure. The only place of this room that looks into a page, and it looks for one element.

use http::HeaderMap;

/// A page that shows itself for longer than this before it leads on is a page.
const MAX_SECONDS: u32 = 30;

/// Where in a page the element is looked for, in bytes.
const HEAD_BYTES: usize = 8 * 1024;

/// The target of a `Refresh` header that leads elsewhere soon.
pub fn in_header(headers: &HeaderMap) -> Option<String> {
    target(&String::from_utf8_lossy(headers.get("refresh")?.as_bytes()))
}

/// The target of `<meta http-equiv="refresh" content="0; url=…">`, where the body is a page.
pub fn in_page(content_type: Option<&str>, body: &[u8]) -> Option<String> {
    let is_html = content_type.is_none_or(|kind| kind.to_ascii_lowercase().contains("html"));
    if !is_html {
        return None;
    }
    let head = String::from_utf8_lossy(&body[..body.len().min(HEAD_BYTES)]);
    let lower = head.to_ascii_lowercase();
    // A feed that is served as HTML is a feed, whatever it quotes.
    if ["<rss", "<feed", "<rdf:rdf", "<?xml-stylesheet"].iter().any(|root| lower.contains(root)) {
        return None;
    }
    let mut from = 0;
    while let Some(found) = lower[from..].find("<meta") {
        let start = from + found;
        let end = lower[start..].find('>').map_or(lower.len(), |end| start + end);
        // Lower case of ASCII letters moves no byte.
        let (tag, lower_tag) = (&head[start..end], &lower[start..end]);
        if attribute(tag, lower_tag, "http-equiv").is_some_and(|value| value.trim().eq_ignore_ascii_case("refresh")) {
            return target(&attribute(tag, lower_tag, "content")?.replace("&amp;", "&"));
        }
        from = end;
    }
    None
}

/// `0; url=/feed`, `0;URL='/feed'`, `5, /feed`; without an address it is a page that shows itself anew.
fn target(text: &str) -> Option<String> {
    let text = text.trim();
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let seconds: u32 = text[..n_digits].parse().ok()?;
    let rest = text[n_digits..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start();
    let is_named = rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("url"));
    let value = if is_named { rest[3..].trim_start().strip_prefix('=')?.trim_start() } else { rest };
    let value = value.trim().trim_matches(['"', '\'']).trim();
    (seconds <= MAX_SECONDS && !value.is_empty()).then(|| value.to_owned())
}

fn attribute<'a>(tag: &'a str, lower: &str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(found) = lower[from..].find(name) {
        let at = from + found + name.len();
        from = at;
        let is_whole = lower[..at - name.len()].ends_with(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '/'));
        let Some(value) = tag[at..].trim_start().strip_prefix('=').map(str::trim_start).filter(|_| is_whole) else { continue };
        return match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_ascii_whitespace() || c == '/').next(),
        };
    }
    None
}

/// An address that means: give this to a feed reader.
pub fn of_the_web(location: &str) -> String {
    if !location.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("feed:")) {
        return location.to_owned();
    }
    let rest = location[5..].trim_start_matches('/');
    let is_whole =
        ["http:", "https:"].iter().any(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if is_whole { rest.to_owned() } else { format!("http://{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_lead_on() {
        let page = |content: &str| format!("<html><META content=\"{content}\" HTTP-EQUIV = 'Refresh'><body>x");
        let cases = [
            ("0; url=/feed.xml", Some("/feed.xml")),
            ("0;URL='https://a.example/f?a=1&amp;b=2'", Some("https://a.example/f?a=1&b=2")),
            ("5, /feed", Some("/feed")),
            ("0.5; url = x", Some("x")),
            ("300; url=/feed", None),
            ("5", None),
            ("soon; url=/feed", None),
            ("é", None),
        ];
        for (content, want) in cases {
            assert_eq!(in_page(Some("text/html"), page(content).as_bytes()).as_deref(), want, "{content}");
        }
        assert_eq!(in_page(Some("text/xml"), page("0; url=/x").as_bytes()), None);
        assert_eq!(in_page(None, format!("<rss>{}", page("0; url=/x")).as_bytes()), None);
        for junk in ["<meta", "<meta http-equiv", "<meta http-equiv=refresh content", "<meta http-equiv=refresh content=é"] {
            let _ = in_page(None, junk.as_bytes());
        }
        assert_eq!(of_the_web("feed://a.example/f"), "http://a.example/f");
        assert_eq!(of_the_web("feed:https://a.example/f"), "https://a.example/f");
    }
}
