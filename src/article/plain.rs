//! Sanitised HTML → plain text, in one pass over the bytes and without a parser: the writer of the HTML is
//! ours, so its shape is known. Any other input gives some text and never a panic.

/// A line a block; captions are no text; `<pre>` keeps its white space.
pub fn plain_text(html: &str) -> String {
    let bytes = html.as_bytes();
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    let mut pre = 0usize;
    let mut space = false;
    while at < bytes.len() {
        if bytes[at] == b'<' {
            let Some(end) = html[at..].find('>').map(|e| at + e) else { break };
            let inner = &html[at + 1..end];
            let closing = inner.starts_with('/');
            let name = inner.trim_start_matches('/');
            let name = &name[..name.bytes().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(name.len())];
            at = end + 1;
            match name {
                "figcaption" if !closing => {
                    at = html[at..].find("</figcaption>").map_or(bytes.len(), |e| at + e + "</figcaption>".len());
                    space = false;
                    end_line(&mut out);
                }
                // Readings of ruby text say the same twice.
                "rt" | "rp" if !closing => {
                    let end = if name == "rt" { "</rt>" } else { "</rp>" };
                    at = html[at..].find(end).map_or(bytes.len(), |e| at + e + end.len());
                }
                "pre" => {
                    pre = if closing { pre.saturating_sub(1) } else { pre + 1 };
                    space = false;
                    end_line(&mut out);
                }
                "td" | "th" => space = true,
                "p" | "div" | "br" | "hr" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "li" | "dl" | "dt" | "dd"
                | "table" | "tr" | "caption" | "blockquote" | "figure" | "section" | "article" => {
                    space = false;
                    end_line(&mut out);
                }
                _ => {}
            }
            continue;
        }
        let end = html[at..].find('<').map_or(bytes.len(), |e| at + e);
        text(&html[at..end], pre > 0, &mut space, &mut out);
        at = end;
    }
    out.truncate(out.trim_end().len());
    out
}

fn end_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn text(mut rest: &str, pre: bool, space: &mut bool, out: &mut String) {
    while !rest.is_empty() {
        // Whole stretches without an entity or white space that must be folded are copied at once.
        let bytes = rest.as_bytes();
        let stop = first_stop(bytes, stops(bytes, pre));
        if stop > 0 {
            push(&rest[..stop], space, out);
            rest = &rest[stop..];
            continue;
        }
        if rest.starts_with('&') {
            let (decoded, len) = entity(rest);
            let mut buffer = [0; 4];
            push(decoded.encode_utf8(&mut buffer), space, out);
            rest = &rest[len..];
        } else {
            *space = true;
            rest = &rest[1..];
        }
    }
}

/// Whether a byte is an entity's first, or white space that must be folded.
fn stops(bytes: &[u8], pre: bool) -> impl Fn((usize, &u8)) -> bool {
    let folds = |at: usize| bytes.get(at + 1).is_none_or(|next| matches!(next, b' ' | b'\n' | b'\t' | b'\r'));
    move |(at, byte)| match byte {
        b'&' => true,
        b'\n' | b'\t' | b'\r' => !pre,
        b' ' => !pre && (at == 0 || folds(at)),
        _ => false,
    }
}

/// Where the first byte stops. Some bytes at a time are seen to hold none, as most of most texts do.
fn first_stop(bytes: &[u8], stops: impl Fn((usize, &u8)) -> bool) -> usize {
    const LOOKED_AT: usize = 64;
    let mut at = 0;
    while at < bytes.len() {
        let ahead = &bytes[at..bytes.len().min(at + LOOKED_AT)];
        // No `&`, and no white space but a blank before something else. The first byte is always looked at.
        let is_calm = |(b, next): (&u8, &u8)| (*b > b' ') & (*b != b'&') | (*b == b' ') & (*next > b' ');
        let calm = at > 0
            && bytes.len() > at + LOOKED_AT
            && ahead.iter().zip(&bytes[at + 1..]).fold(true, |calm, pair| calm & is_calm(pair));
        if !calm && let Some(stop) = ahead.iter().enumerate().position(|(n, byte)| stops((at + n, byte))) {
            return at + stop;
        }
        at += ahead.len();
    }
    bytes.len()
}

fn push(text: &str, space: &mut bool, out: &mut String) {
    if *space && !out.is_empty() && !out.ends_with('\n') {
        out.push(' ');
    }
    *space = false;
    out.push_str(text);
}

/// The entities that the writer makes, and numeric ones; anything else is an ampersand.
fn entity(rest: &str) -> (char, usize) {
    const NAMED: [(&str, char); 7] =
        [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\''), ("&apos;", '\''), ("&nbsp;", '\u{a0}')];
    for (name, c) in NAMED {
        if rest.starts_with(name) {
            return (c, name.len());
        }
    }
    let numeric = rest.strip_prefix("&#").and_then(|digits| {
        let end = digits.as_bytes().iter().take(10).position(|&b| b == b';')?;
        let (number, radix) = match digits[..end].strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16),
            None => (&digits[..end], 10),
        };
        let c = u32::from_str_radix(number, radix).ok().and_then(char::from_u32).filter(|&c| !crate::text::is_hostile(c))?;
        Some((c, end + 3))
    });
    numeric.unwrap_or(('&', 1))
}

/// Text without markup as HTML: a paragraph a line. Entities in it are what feeds mean by them.
pub fn paragraphs(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + 16);
    for line in plain.lines() {
        let mut decoded = String::with_capacity(line.len());
        let mut space = false;
        text(line, false, &mut space, &mut decoded);
        if decoded.trim().is_empty() {
            continue;
        }
        out.push_str("<p>");
        super::markup::escape(&mut out, decoded.trim());
        out.push_str("</p>");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{first_stop, stops};
    use proptest::prelude::*;

    proptest! {
        /// What is seen at a glance is what byte by byte is seen.
        #[test]
        fn stops_are_where_they_are(text in "([a-zé ]{0,80}[&\\t\\n ]{0,2}){0,5}", pre in any::<bool>()) {
            let bytes = text.as_bytes();
            let slow = bytes.iter().enumerate().position(stops(bytes, pre)).unwrap_or(bytes.len());
            prop_assert_eq!(first_stop(bytes, stops(bytes, pre)), slow);
        }
    }
}
