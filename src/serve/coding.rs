//! `Accept-Encoding`: which of our codings a reader takes (RFC 9110 12.5.3).

use crate::outputs::Coding;
use axum::http::{HeaderMap, header};

/// The coding that a reader likes best of `ours`, which stand in our own order; `None`: it gets the text as it is, which is
/// also what one gets that takes nothing at all.
pub(super) fn best(asked: &HeaderMap, ours: &[Coding]) -> Option<Coding> {
    let asked: Vec<(String, u16)> = asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(weighed)
        .collect();
    let of = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, weight)| *weight);
    let any = of("*");
    let plain = of("identity").unwrap_or(0);
    let mut best = None;
    for coding in ours {
        let weight = of(coding.name()).or(any).unwrap_or(0);
        if weight > 0 && weight >= plain && best.is_none_or(|(_, most)| weight > most) {
            best = Some((*coding, weight));
        }
    }
    best.map(|(coding, _)| coding)
}

/// A coding in small letters, and its weight in thousandths; `None`: it is not spelt as one.
fn weighed(element: &str) -> Option<(String, u16)> {
    let mut parts = element.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
    let name = name.strip_prefix("x-").filter(|name| *name == "gzip").map(str::to_owned).unwrap_or(name);
    let mut weight = 1000;
    for parameter in parts {
        let (key, value) = parameter.split_once('=')?;
        if key.trim().eq_ignore_ascii_case("q") {
            weight = thousandths(value.trim())?;
        }
    }
    Some((name, weight))
}

/// `0`, `0.5`, `1.000`: at most three digits behind the point, and never more than one.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let is_part = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let part: u16 = is_part.then(|| format!("{part:0<3}"))?.parse().ok()?;
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1000),
        _ => None,
    }
}
