//! A query and a body → fields, in every form that apps send. A name may come more than once, and what is said in the query
//! counts as what is said in the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pairs: Vec<(String, String)>,
}

impl Fields {
    /// A body is read as a form, unless its type says another thing. What it says that is no form at all is no field.
    pub fn read(query: &str, content_type: &str, body: &[u8]) -> Fields {
        let mut pairs: Vec<(String, String)> = form(query.as_bytes());
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "multipart/form-data" => {
                pairs.extend(boundary(content_type).map(|boundary| multipart(body, boundary)).unwrap_or_default())
            }
            "" | "application/x-www-form-urlencoded" | "text/plain" => pairs.extend(form(body)),
            _ => {}
        }
        Fields { pairs }
    }

    /// The first of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All of a name, in their order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A number; `None` where there is none of the name. What is not a number is an error that names it.
    pub fn number(&self, name: &str) -> Result<Option<i64>, String> {
        let read = |text: &str| text.trim().parse().map_err(|_| format!("{name} is not a number"));
        self.get(name).filter(|text| !text.is_empty()).map(read).transpose()
    }
}

fn form(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

fn boundary(content_type: &str) -> Option<&str> {
    let parameter = content_type.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    Some(parameter.trim().trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// The text fields of a `multipart/form-data` body (RFC 7578).
fn multipart(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let mut pairs = Vec::new();
    for part in text.split(&format!("--{boundary}")).skip(1) {
        let part = part.strip_prefix("\r\n").or_else(|| part.strip_prefix('\n')).unwrap_or(part);
        let Some((head, value)) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n")) else { continue };
        let Some((_, named)) = head.split_once("name=\"") else { continue };
        let Some((name, _)) = named.split_once('"') else { continue };
        let value = value.strip_suffix("\r\n").or_else(|| value.strip_suffix('\n')).unwrap_or(value);
        pairs.push((name.to_owned(), value.to_owned()));
    }
    pairs
}

/// Name and password of an `Authorization: Basic …` header.
pub fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, word) = header.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(word.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (name.to_owned(), password.to_owned()))
}

/// The word of an `Authorization: GoogleLogin auth=…` header.
pub fn google_login(header: &str) -> Option<&str> {
    let (scheme, word) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("googlelogin").then(|| word.trim().strip_prefix("auth="))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_body_are_one() {
        let fields = Fields::read("output=json&i=1", "application/x-www-form-urlencoded; charset=utf-8", b"i=2&s=a%2Fb+c&T=x\n");
        assert_eq!(fields.all("i").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((fields.get("s"), fields.get("none")), (Some("a/b c"), None));
        assert_eq!(fields.number("i"), Ok(Some(1)));
        assert!(fields.number("T").is_err());
    }

    #[test]
    fn multipart_is_a_form_too() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nabc\r\n--b\r\nContent-Disposition: form-data; name=\"as\"\r\n\r\nread\r\n--b--\r\n";
        let fields = Fields::read("api", "multipart/form-data; boundary=b", body);
        assert_eq!((fields.get("api_key"), fields.get("as"), fields.get("api")), (Some("abc"), Some("read"), Some("")));
    }

    #[test]
    fn headers() {
        assert_eq!(basic("Basic YTpiOmM="), Some(("a".into(), "b:c".into())));
        assert_eq!(basic("Basic !!"), None);
        assert_eq!(google_login("GoogleLogin auth=a/b"), Some("a/b"));
        for wrong in ["GoogleLogin", "Bearer auth=x", "GoogleLogin x"] {
            assert_eq!(google_login(wrong), None, "{wrong}");
        }
    }
}
