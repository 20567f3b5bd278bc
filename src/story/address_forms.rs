//! The forms of the site tables (`/a/{num}?id={lower}`), read against an address.

/// What the braces of a form stand for, in their order; `None`: the address is not of this form.
pub fn captures(pattern: &str, segments: &[&str], parameters: &[(String, String)]) -> Option<Vec<String>> {
    let (path, query) = pattern.split_once('?').unwrap_or((pattern, ""));
    let mut found = Vec::new();
    let mut wanted: Vec<&str> = path.split('/').collect();
    let mut given = segments;
    if wanted.first() == Some(&"**") {
        wanted.remove(0);
        given = given.get(given.len().checked_sub(wanted.len())?..)?;
    }
    if wanted.last() == Some(&"**") {
        wanted.pop();
        given = given.get(..wanted.len())?;
    }
    if given.len() != wanted.len() {
        return None;
    }
    for (wanted, given) in wanted.iter().zip(given) {
        match wanted.find('{') {
            Some(at) => {
                let (literal, kind) = wanted.split_at(at);
                found.push(capture(kind, given.strip_prefix(literal)?)?);
            }
            None if *wanted == "*" || wanted == given => {}
            None => return None,
        }
    }
    for wanted in query.split('&').filter(|wanted| !wanted.is_empty()) {
        let (name, kind) = wanted.split_once('=')?;
        let (_, value) = parameters.iter().find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        found.push(capture(kind, value)?);
    }
    Some(found)
}

fn capture(kind: &str, text: &str) -> Option<String> {
    let bare = text.split_once('.').map_or(text, |(bare, _)| bare);
    let found = match kind {
        "{lower}" => text.to_ascii_lowercase(),
        "{num}" => {
            let bare = bare.split('_').next().unwrap_or(bare);
            return (!bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit())).then(|| bare.to_owned());
        }
        "{tail}" => {
            let (_, tail) = text.rsplit_once('-')?;
            return (tail.len() >= 8 && tail.bytes().all(|b| b.is_ascii_hexdigit())).then(|| tail.to_owned());
        }
        "{paper}" => {
            let text = text.strip_suffix(".pdf").unwrap_or(text);
            match text.rsplit_once('v') {
                Some((paper, version)) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => paper.to_owned(),
                _ => text.to_owned(),
            }
        }
        _ => ["html", "htm", "shtml"]
            .iter()
            .find_map(|ending| text.strip_suffix(ending)?.strip_suffix('.'))
            .unwrap_or(text)
            .to_owned(),
    };
    (!found.is_empty()).then_some(found)
}
