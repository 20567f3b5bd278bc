//! What `[[feed]]` says beyond an address: headers, a login, a page's selectors, a command. Checked when the list is
//! read, so that a poll meets only what can be sent and run.

use super::secrets;
use crate::listing::Selectors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Headers of a person's own; their values are not secrets.
pub type Headers = BTreeMap<String, String>;

/// How a feed is asked for with a secret, which is named here and kept in a file (see [`secrets`]).
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// With a user: `Authorization: Basic`. Without: `Authorization: Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The secret goes into this header as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The secret's name.
    pub secret: String,
}

/// Headers that a person cannot set, and why.
#[rustfmt::skip]
const NOT_OURS: [(&str, &str); 25] = [
    ("host", "it is the address's"),
    ("content-length", "a feed is asked for without a body"),
    ("content-type", "a feed is asked for without a body"),
    ("transfer-encoding", "a feed is asked for without a body"),
    ("expect", "a feed is asked for without a body"),
    ("connection", "it is the connection's"),
    ("keep-alive", "it is the connection's"),
    ("proxy-connection", "it is the connection's"),
    ("proxy-authorization", "it is the proxy's"),
    ("te", "it is the connection's"),
    ("trailer", "it is the connection's"),
    ("upgrade", "it is the connection's"),
    ("http2-settings", "it is the connection's"),
    ("user-agent", "a publisher is told who asks; set fetch.contact"),
    ("referer", "none is ever sent"),
    ("accept-encoding", "only these encodings can be read"),
    ("a-im", "it goes with our validators"),
    ("range", "half a feed is not a feed"),
    ("if-range", "half a feed is not a feed"),
    ("if-match", "validators are the server's"),
    ("if-none-match", "validators are the server's"),
    ("if-modified-since", "validators are the server's"),
    ("if-unmodified-since", "validators are the server's"),
    ("forwarded", "it is a proxy's"),
    ("x-forwarded-for", "it is a proxy's"),
];

/// Headers that hold secrets, which must not stand in the list.
const SECRET: [&str; 4] = ["authorization", "cookie", "x-api-key", "x-auth-token"];

fn check_header(name: &str) -> Result<(), String> {
    http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is not the name of a header"))?;
    match NOT_OURS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
        Some((_, why)) => Err(format!("the header {name} cannot be set: {why}")),
        None => Ok(()),
    }
}

pub(super) fn check_headers(headers: &Headers) -> Result<(), String> {
    for (name, value) in headers {
        check_header(name)?;
        if SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
            return Err(format!(
                "the header {name} holds a secret: keep it in a file, and write auth = {{ header = \"{name}\", secret = \"name of the file\" }}"
            ));
        }
        if value.len() > 1024 || !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return Err(format!("the header {name} must be one line of plain ASCII"));
        }
    }
    Ok(())
}

pub(super) fn check_login(login: &Login) -> Result<(), String> {
    secrets::check_name(&login.secret)?;
    match (&login.user, &login.header) {
        (Some(_), Some(_)) => Err("has a user and a header; keep one of the two".into()),
        // RFC 7617: the first colon ends the user's name.
        (Some(user), None) if user.contains(':') || user.chars().any(char::is_control) => {
            Err("the user holds a colon or a control character; servers know such a name by no login".into())
        }
        (None, Some(header)) => check_header(header),
        _ => Ok(()),
    }
}

/// The error comes with the key that it is about.
pub(super) fn check_page(page: &Selectors) -> Result<(), (String, String)> {
    let selectors = [
        ("page.item", Some(&page.item)),
        ("page.title", page.title.as_ref()),
        ("page.link", page.link.as_ref()),
        ("page.date", page.date.as_ref()),
        ("page.summary", page.summary.as_ref()),
    ];
    for (key, selector) in selectors {
        selector
            .map_or(Ok(()), |selector| crate::article::rules::selector(selector).map(drop))
            .map_err(|wrong| (key.into(), wrong))?;
    }
    Ok(())
}

/// The program and the arguments of an `exec:` address, split as a shell splits them; no shell is run.
pub fn command(address: &str) -> Result<Vec<String>, String> {
    let line = address.strip_prefix("exec:").ok_or("not an exec: address")?;
    let words = words(line)?;
    match words.first() {
        Some(program) if program.starts_with('/') => Ok(words),
        Some(program) => Err(format!("exec: needs the program's whole path, not {program:?}")),
        None => Err("exec: names no program".into()),
    }
}

/// Words between blanks; `'…'` as it is, `"…"` with `\"` and `\\`, and `\` before any character. Nothing is expanded.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if c.is_control() {
            return Err("exec: holds a control character".into());
        }
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None | Some('"'), '\\') => {
                let next = characters.next().ok_or("exec: ends in a backslash")?;
                let word = word.get_or_insert_default();
                if quote.is_some() && !matches!(next, '"' | '\\') {
                    word.push('\\');
                }
                word.push(next);
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("exec: has a quote without its end".into());
    }
    words.extend(word);
    Ok(words)
}
