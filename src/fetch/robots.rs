//! robots.txt → may this page be fetched (RFC 9309). Pure.
//!
//! Only what concerns us is kept of a file: the groups that name us, else those for everyone.

use std::time::Duration;

/// Our name in robots.txt, matched without regard to case.
pub const PRODUCT_TOKEN: &str = "courant";

/// What is read of a robots.txt; RFC 9309 asks for at least 500 KiB.
pub const MAX_BYTES: usize = 500 * 1024;

/// A longer delay would stop articles for hours; a site that means it says `Disallow`.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(60);

/// The rules that hold for us.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    /// The least time from one request to the next.
    pub crawl_delay: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    allow: bool,
    /// Percent-encoded alike on both sides of the comparison.
    pattern: Box<str>,
}

/// Which group a line belongs to: the rules under the last run of `User-agent` lines.
#[derive(Clone, Copy, Default)]
struct Group {
    names_us: bool,
    names_all: bool,
    /// A rule was seen: the next `User-agent` starts a new group.
    closed: bool,
}

impl Rules {
    /// Reads what it can; lines that are no rules are skipped.
    pub fn parse(text: &str) -> Rules {
        let (mut ours, mut everyones) = (Rules::default(), Rules::default());
        let mut we_are_named = false;
        let mut group = Group::default();
        for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim(), value.trim());
            if key.eq_ignore_ascii_case("user-agent") {
                if group.closed {
                    group = Group::default();
                }
                group.names_all |= value == "*";
                let name = value.split(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_'))).next();
                let names_us = name.is_some_and(|name| name.eq_ignore_ascii_case(PRODUCT_TOKEN));
                group.names_us |= names_us;
                we_are_named |= names_us;
                continue;
            }
            let what = match key.to_ascii_lowercase().as_str() {
                "allow" => Some(true),
                "disallow" => Some(false),
                "crawl-delay" => None,
                _ => continue, // Sitemap and the like belong to no group
            };
            group.closed = true;
            for (applies, rules) in [(group.names_us, &mut ours), (group.names_all, &mut everyones)] {
                match what {
                    _ if !applies => {}
                    None => rules.crawl_delay = rules.crawl_delay.max(delay(value)),
                    // An empty pattern matches nothing: `Disallow:` allows everything.
                    Some(_) if value.is_empty() => {}
                    Some(allow) => rules.rules.push(Rule { allow, pattern: normalize(value).into() }),
                }
            }
        }
        if we_are_named { ours } else { everyones }
    }

    /// Nothing may be fetched.
    pub fn deny_all() -> Rules {
        Rules { rules: vec![Rule { allow: false, pattern: "/".into() }], crawl_delay: None }
    }

    /// Whether the path (with its query, starting with `/`) may be fetched: the longest pattern that matches
    /// decides, `Allow` where two are equally long.
    pub fn allows(&self, path_and_query: &str) -> bool {
        if self.rules.is_empty() || path_and_query == "/robots.txt" {
            return true;
        }
        let path = normalize(path_and_query);
        let hit =
            self.rules.iter().filter(|rule| matches(&rule.pattern, &path)).max_by_key(|rule| (rule.pattern.len(), rule.allow));
        hit.is_none_or(|rule| rule.allow)
    }
}

fn delay(value: &str) -> Option<Duration> {
    let seconds: f64 = value.parse().ok().filter(|s: &f64| s.is_finite() && *s >= 0.0)?;
    Some(Duration::from_secs_f64(seconds.min(MAX_CRAWL_DELAY.as_secs_f64())))
}

/// `*` stands for anything, a `$` at the end for the end. Each literal piece is looked for once, leftmost:
/// linear, where backtracking would let a hostile pattern run for hours.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(previous) = last.replace(piece) {
            match rest.find(previous) {
                None => return false,
                Some(at) => rest = &rest[at + previous.len()..],
            }
        }
    }
    match (last, anchored) {
        (None, true) => rest.is_empty(),
        (None, false) => true,
        (Some(piece), true) => rest.ends_with(piece),
        (Some(piece), false) => rest.contains(piece),
    }
}

/// One spelling: what is not ASCII is percent-encoded, and an encoded letter, digit, `-`, `.`, `_` or `~` is
/// decoded (RFC 9309 2.2.2).
fn normalize(text: &str) -> String {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let encode = |out: &mut String, byte: u8| {
        out.push('%');
        out.push(HEX[usize::from(byte >> 4)].into());
        out.push(HEX[usize::from(byte & 15)].into());
    };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'%'
            && let Some(hex) = bytes.get(at..at + 2)
            && let Some(decoded) = std::str::from_utf8(hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            at += 2;
            match decoded {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(decoded.into()),
                _ => encode(&mut out, decoded),
            }
        } else if byte.is_ascii_graphic() {
            out.push(byte.into());
        } else {
            encode(&mut out, byte);
        }
    }
    out
}
