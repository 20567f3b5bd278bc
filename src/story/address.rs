//! An address → the key under which every spelling of it is found.
//!
//! Wrappers are taken off first (redirectors, AMP caches, archives), then the host, path and query are written
//! in one way, then the site's own rules apply. What is known about sites is in `address_tables`.

use super::address_forms::captures;
use super::address_tables::{
    CHANNEL_VALUES, FAMILIES, HOST_ALIASES, INDEX_FILES, INNER_MOBILE, LOGS, ONLY_PARAMETERS, PARTS, RENDERING_LABELS,
    WEAK_TRACKING,
};
use super::address_wrappers::{is_or_under, path_starts, unwrap};
use super::{AddressKey, AddressKind};
use crate::tracking::is_tracking;
use std::fmt::Write;
use url::{Host, Url};

/// Longer addresses are data, not names of pages.
const MAX_ADDRESS_BYTES: usize = 4096;

/// A wrapper in a wrapper in a wrapper is somebody's joke.
const MAX_UNWRAPS: usize = 4;

/// A query with more parameters than this is kept as it is, unsorted.
const MAX_PARAMETERS: usize = 64;

/// By what two links are the same page: the key of the address, or the link itself where it has none.
pub fn link_key(link: &str) -> String {
    address_key(link).unwrap_or_else(|| link.to_owned())
}

/// The key of an address, `None` where it cannot identify an article (not http, a home page).
pub fn address_key(address: &str) -> Option<String> {
    let address = address.trim();
    if address.len() > MAX_ADDRESS_BYTES {
        return None;
    }
    let mut text = unescape(address);
    if text.starts_with("//") {
        text.insert_str(0, "https:");
    }
    let Ok(mut url) = Url::parse(&text) else { return refused(&text) };
    for _ in 0..MAX_UNWRAPS {
        match host(&url).and_then(|host| unwrap(&url, &host)) {
            Some(inner) => url = inner,
            None => break,
        }
    }
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = host(&url)?;
    let path = path(&url);
    let parameters = parameters(&url);
    if let Some(key) = family(&host, &path, &parameters) {
        return Some(key);
    }
    let query = query(&host, &path, parameters);
    let fragment = fragment(&url, &path);
    if path.is_empty() && query.is_empty() && fragment.is_empty() {
        return None; // a home page
    }
    let mut key = host;
    match url.port() {
        Some(port) if !matches!(port, 80 | 443) => {
            let _ = write!(key, ":{port}"); // writing to a String cannot fail
        }
        _ => {}
    }
    key.push('/');
    key.push_str(&path);
    if !query.is_empty() {
        key.push('?');
        key.push_str(&query);
    }
    key.push_str(&fragment);
    Some(key)
}

/// The key of an address whose name the library refuses (`a..b.example`, a label of 70 letters): without scheme, fragment
/// and the name's case.
fn refused(address: &str) -> Option<String> {
    let scheme = address.get(..8).filter(|start| start.eq_ignore_ascii_case("https://"));
    let rest = match scheme.or(address.get(..7).filter(|start| start.eq_ignore_ascii_case("http://"))) {
        Some(scheme) => &address[scheme.len()..],
        None => return None,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = path.trim_end_matches('/');
    let named = !host.is_empty() && !path.is_empty() && !rest.contains(char::is_whitespace);
    named.then(|| format!("{}{path}", host.to_lowercase()))
}

/// The keys of an entry's addresses, each once; distrusted ones are left out.
pub fn address_keys(
    link: Option<&str>,
    final_url: Option<&str>,
    canonical: Option<&str>,
    og_url: Option<&str>,
) -> Vec<AddressKey> {
    // Relative canonicals are resolved against the page that says them.
    let base = final_url.or(link).and_then(|base| Url::parse(base.trim()).ok());
    let given = [
        (AddressKind::Link, link),
        (AddressKind::Final, final_url),
        (AddressKind::Canonical, canonical),
        (AddressKind::OpenGraph, og_url),
    ];
    let mut keys: Vec<AddressKey> = Vec::new();
    for (kind, address) in given {
        let Some(address) = address.map(str::trim).filter(|address| !address.is_empty()) else { continue };
        let claimed = matches!(kind, AddressKind::Canonical | AddressKind::OpenGraph);
        let absolute = match (&base, claimed) {
            (Some(base), true) => base.join(address).map_or_else(|_| address.to_owned(), String::from),
            _ => address.to_owned(),
        };
        if claimed && is_placeholder(&absolute) {
            continue;
        }
        if let Some(key) = address_key(&absolute)
            && keys.iter().all(|known| known.key != key)
        {
            keys.push(AddressKey { key, kind });
        }
    }
    keys
}

/// Canonicals that templates leave behind: they name no page anybody can open.
fn is_placeholder(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return true };
    match url.host() {
        Some(Host::Domain(host)) => host == "localhost" || !host.contains('.') || host.ends_with(".local"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => false,
        None => true,
    }
}

/// Feeds escape twice: `&amp;amp;`.
fn unescape(address: &str) -> String {
    let mut text = address.to_owned();
    for _ in 0..3 {
        if !text.contains("&amp;") && !text.contains("&#38;") && !text.contains("&#038;") {
            break;
        }
        text = text.replace("&amp;", "&").replace("&#38;", "&").replace("&#038;", "&");
    }
    text
}

/// Lower case, without the labels that only name a rendering. Addresses of machines stay as they are.
fn host(url: &Url) -> Option<String> {
    let name = match url.host()? {
        Host::Domain(name) => name.trim_end_matches('.').to_ascii_lowercase(),
        Host::Ipv4(address) => return Some(address.to_string()),
        Host::Ipv6(address) => return Some(format!("[{address}]")),
    };
    let mut name = alias(&name).to_owned();
    for _ in 0..2 {
        let Some((label, rest)) = name.split_once('.') else { break };
        let numbered = label.strip_prefix("www").is_some_and(|n| n.len() <= 2 && n.bytes().all(|b| b.is_ascii_digit()));
        if !(rest.contains('.') && (numbered || RENDERING_LABELS.contains(&label))) {
            break;
        }
        name = alias(rest).to_owned();
    }
    if let Some((language, rest)) = name.split_once('.')
        && let Some(site) = rest.strip_prefix("m.")
        && INNER_MOBILE.contains(&site)
    {
        name = format!("{language}.{site}");
    }
    (!name.is_empty()).then_some(name)
}

fn alias(host: &str) -> &str {
    HOST_ALIASES.iter().find(|(from, _)| *from == host).map_or(host, |(_, to)| to)
}

/// Without slashes at the ends, empty segments, session ids, renderings and default documents; percent-encoding in
/// one way. Case stays: on most servers it matters.
fn path(url: &Url) -> String {
    let mut segments: Vec<String> = Vec::new();
    for segment in url.path().split('/') {
        let segment = match segment.split_once(';') {
            Some((before, after)) if is_session(after) => before,
            _ => segment,
        };
        if !segment.is_empty() {
            segments.push(one_encoding(segment));
        }
    }
    if let Some(last) = segments.last_mut() {
        for ending in [".amp", ".amp.html", ".amp.htm"] {
            if let Some(stem) = last.strip_suffix(ending) {
                let stem = stem.len();
                let html = if ending == ".amp" { "" } else { &ending[4..] };
                last.truncate(stem);
                last.push_str(html);
                break;
            }
        }
    }
    if segments.last().is_some_and(|last| matches!(last.as_str(), "amp" | "amp.html" | "amp.htm")) {
        let before = &segments[..segments.len() - 1];
        // `/amp` alone is a rendering of the home page.
        if before.is_empty() || names_an_article(before) {
            segments.pop();
        }
    } else if segments.first().is_some_and(|first| first == "amp") && names_an_article(&segments[1..]) {
        segments.remove(0);
    }
    if segments.last().is_some_and(|last| INDEX_FILES.contains(&last.to_ascii_lowercase().as_str())) {
        segments.pop();
    }
    segments.join("/")
}

fn is_session(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    matches!(name.as_str(), "jsessionid" | "phpsessid" | "sessionid" | "sid")
}

/// Whether the path alone says which article is meant, as `/2026/08/a-new-thing` does and `/guitar` does not.
fn names_an_article(segments: &[String]) -> bool {
    segments.len() >= 3
        || segments.last().is_some_and(|last| {
            last.len() >= 12 || last.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'%'))
        })
}

/// Unreserved characters bare, all others as `%XX` in capitals (RFC 3986, 6.2.2).
fn one_encoding(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16));
        let (byte, escaped) = match (bytes[i], hex(bytes.get(i + 1)), hex(bytes.get(i + 2))) {
            (b'%', Some(high), Some(low)) => {
                i += 2;
                ((high * 16 + low) as u8, true)
            }
            (byte, ..) => (byte, false),
        };
        i += 1;
        let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if unreserved || (byte.is_ascii_graphic() && !escaped && byte != b'%') {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}"); // writing to a String cannot fail
        }
    }
    out
}

fn parameters(url: &Url) -> Vec<(String, String)> {
    let Some(query) = url.query() else { return Vec::new() };
    query
        .split(['&', ';'])
        .filter(|pair| !pair.is_empty())
        .take(MAX_PARAMETERS)
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (one_encoding(name), one_encoding(&value.replace('+', "%20")))
        })
        .collect()
}

/// The parameters that say which page is meant, in order of name.
fn query(host: &str, path: &str, mut parameters: Vec<(String, String)>) -> String {
    let only = ONLY_PARAMETERS.iter().find(|(site, _)| match site.split_once('/') {
        Some((site, prefix)) => is_or_under(host, site) && path_starts(path, prefix),
        None => is_or_under(host, site),
    });
    let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    let script = segments.last().is_some_and(|last| {
        [".php", ".asp", ".aspx", ".jsp", ".cgi", ".do", ".pl", ".cfm"].iter().any(|ending| last.ends_with(ending))
    });
    let named = !path.is_empty() && !script && names_an_article(&segments);
    let n_given = parameters.len();
    parameters.retain(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        if let Some((_, names)) = only {
            return names.contains(&lower.as_str()) || is_later_part(&lower, value);
        }
        if value.is_empty() && n_given > 1 {
            return false;
        }
        let channel = CHANNEL_VALUES.contains(&value.to_ascii_lowercase().as_str());
        let weak = WEAK_TRACKING.contains(&lower.as_str()) && (named || channel);
        // Boards put the session beside the topic; elsewhere `sid` is the story itself.
        let session = lower == "sid" && n_given > 1 && looks_random(value);
        !(is_tracking(&lower) || weak || session)
    });
    parameters.sort();
    parameters.dedup();
    let mut out = String::new();
    for (name, value) in parameters {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&name);
        if !value.is_empty() {
            out.push('=');
            out.push_str(&value);
        }
    }
    out
}

/// Whether a parameter names the second part of a page or a later one.
fn is_later_part(name: &str, value: &str) -> bool {
    PARTS.contains(&name) && value.parse::<u32>().is_ok_and(|part| (2..1000).contains(&part))
}

fn looks_random(value: &str) -> bool {
    let hex = value.bytes().all(|b| b.is_ascii_hexdigit());
    let mixed = value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
    value.len() >= 5 && hex && mixed || value.len() >= 24
}

/// Whether a page is a list of releases.
fn is_log(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    LOGS.iter().any(|log| last.contains(log))
}

/// Fragments name a place in a page, except where a script reads the page's name from them, and in lists of releases.
fn fragment(url: &Url, path: &str) -> String {
    match url.fragment() {
        Some(fragment) if fragment.starts_with('!') && fragment.len() > 2 => format!("#{fragment}"),
        Some(fragment) if is_log(path) && fragment.bytes().any(|b| b.is_ascii_digit()) => format!("#{fragment}"),
        Some(fragment) if path.is_empty() && fragment.starts_with('/') && fragment.len() > 2 => format!("#{fragment}"),
        _ => String::new(),
    }
}

fn family(host: &str, path: &str, parameters: &[(String, String)]) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    FAMILIES.iter().filter(|(site, ..)| is_or_under(host, site)).find_map(|(_, pattern, key, ..)| {
        let captures = captures(pattern.trim_start_matches('/'), &segments, parameters)?;
        let mut captures = captures.iter();
        let mut out = String::new();
        let key = key.replace("{host}", host);
        let mut parts = key.split("{}");
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            out.push_str(captures.next().map_or("", String::as_str));
            out.push_str(part);
        }
        let later = parameters.iter().find(|(name, value)| is_later_part(&name.to_ascii_lowercase(), value));
        if let Some((_, part)) = later {
            let _ = write!(out, "#{part}"); // writing to a String cannot fail
        }
        Some(out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::address_tables::{PATH_WRAPPERS, REDIRECTORS};

    #[test]
    fn each_family_keeps_its_examples() {
        for row in FAMILIES {
            let (site, pattern, _, [one, also], other) = *row;
            let key = address_key(one);
            assert!(key.is_some(), "{one}");
            assert_ne!(one, also);
            assert_eq!(key, address_key(also), "{one} {also}");
            assert_ne!(key, address_key(other), "{one} {other}");
            let url = Url::parse(one).unwrap();
            let (host, path) = (host(&url).unwrap(), path(&url));
            let segments: Vec<&str> = path.split('/').collect();
            let read =
                is_or_under(&host, site) && captures(pattern.trim_start_matches('/'), &segments, &parameters(&url)).is_some();
            assert!(read, "{site} {pattern} does not read {one}");
        }
    }

    #[test]
    fn each_row_of_the_other_tables_does_what_it_says() {
        let page = "https://paper.example/2026/08/one-long-story-7";
        let other = "https://paper.example/2026/08/one-long-story-8";
        let same = |a: &str, b: &str| assert_eq!(address_key(a).unwrap(), address_key(b).unwrap(), "{a} {b}");
        let differ = |a: &str, b: &str| assert_ne!(address_key(a).unwrap(), address_key(b).unwrap(), "{a} {b}");
        for (site, path, names) in REDIRECTORS {
            for name in *names {
                let to = |page: &str| format!("https://{site}{path}?{name}={}", page.replace(':', "%3A").replace('/', "%2F"));
                same(&to(page), page);
                differ(&to(page), &to(other));
            }
        }
        for (site, path) in PATH_WRAPPERS {
            let to = |page: &str| format!("https://{site}{path}{}", page.trim_start_matches("https://"));
            same(&to(page), page);
            differ(&to(page), &to(other));
        }
        for (from, to) in HOST_ALIASES {
            same(&format!("https://{from}/2026/one-long-story-7"), &format!("https://{to}/2026/one-long-story-7"));
            differ(&format!("https://{from}/2026/one-long-story-7"), &format!("https://{to}/2026/one-long-story-8"));
        }
        for (site, names) in ONLY_PARAMETERS {
            let base = format!("https://{site}{}", if site.contains('/') { "" } else { "/deep/page-of-a-site-7" });
            let given = |value: &str| names.iter().map(|name| format!("{name}={value}&")).collect::<String>();
            same(&format!("{base}?{}whatever=5", given("7")), &format!("{base}?{}", given("7")));
            if !names.is_empty() {
                differ(&format!("{base}?{}", given("7")), &format!("{base}?{}", given("8")));
            }
        }
        for label in RENDERING_LABELS {
            same(&page.replace("paper", &format!("{label}.paper")), page);
            differ(&page.replace("paper", &format!("{label}s.paper")), page);
        }
        for site in INNER_MOBILE {
            same(&format!("https://en.m.{site}/wiki/Courant"), &format!("https://en.{site}/wiki/Courant"));
            differ(&format!("https://en.m.{site}/wiki/Courant"), &format!("https://fr.{site}/wiki/Courant"));
        }
        for value in CHANNEL_VALUES {
            same(&format!("https://paper.example/story.php?id=7&from={value}"), "https://paper.example/story.php?id=7");
            differ(&format!("https://paper.example/story.php?id={value}"), "https://paper.example/story.php");
        }
        for file in INDEX_FILES {
            same(&format!("https://paper.example/2026/one-long-story-7/{file}"), "https://paper.example/2026/one-long-story-7/");
            differ(&format!("https://paper.example/2026/a-{file}"), "https://paper.example/2026/");
        }
        for part in PARTS {
            differ(&format!("{page}?{part}=2"), page);
            same(&format!("{page}?utm_source=x&{part}=2"), &format!("{page}?{part}=2"));
        }
        for log in LOGS {
            differ(&format!("https://quill.example/{log}#v1-2"), &format!("https://quill.example/{log}#v1-3"));
            same(
                &format!("https://quill.example/about-{}#top", log.len()),
                &format!("https://quill.example/about-{}", log.len()),
            );
        }
        for name in WEAK_TRACKING {
            same(&format!("{page}?{name}=elsewhere"), page);
            differ(&format!("https://paper.example/story.php?{name}=7"), &format!("https://paper.example/story.php?{name}=8"));
        }
    }

    #[test]
    fn two_pages_are_two() {
        for (a, b) in [
            ("https://www.ithome.com/0/810/335.htm", "https://www.ithome.com/0/811/335.htm"),
            ("https://quill.example/changelog#v1-2", "https://quill.example/changelog#v1-3"),
            ("https://www.bilibili.com/video/BV1xx411c7mD?p=2", "https://www.bilibili.com/video/BV1xx411c7mD"),
            ("https://36kr.com/p/1234567890?p=2", "https://36kr.com/p/1234567890"),
            ("http://a..b.example/one", "http://a..b.example/two"),
            ("https://conf.example/talk.php?sessionid=12", "https://conf.example/talk.php?sessionid=13"),
            ("https://market.example/view.php?ad_id=4711", "https://market.example/view.php?ad_id=4712"),
            ("https://www.linkedin.com/jobs/search?currentJobId=1", "https://www.linkedin.com/jobs/search?currentJobId=2"),
        ] {
            assert!(address_key(a).is_some() && address_key(a) != address_key(b), "{a} {b}");
        }
        for (a, b) in [
            ("https://www.ithome.com/0/810/335.htm", "https://m.ithome.com/html/810335.htm"),
            ("HTTP://A..B.example/one/", "https://a..b.example/one#top"),
            ("https://onlinelibrary.wiley.com/doi/abs/10.1002/anie.202600123?af=R", "https://doi.org/10.1002/anie.202600123"),
            ("https://journals.example/doi/full/10.1177/123456?af=R", "https://journals.example/doi/full/10.1177/123456"),
            ("https://quill.example/guide-to-quill#v1-2", "https://quill.example/guide-to-quill"),
        ] {
            assert!(
                address_key(a).is_some() && address_key(a) == address_key(b),
                "{a} {b}: {:?} {:?}",
                address_key(a),
                address_key(b)
            );
        }
        for home in
            ["https://paper.example/amp", "https://paper.example/amp/?utm_source=rss", "https://paper.example/?utm_medium=feed"]
        {
            assert_eq!(address_key(home), None, "{home}");
        }
    }
}
