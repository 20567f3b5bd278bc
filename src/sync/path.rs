//! An address → which account is meant, in which protocol, and which call.

/// What apps speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    GoogleReader,
    Miniflux,
    Fever,
}

/// A call of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The output whose stories the account has; `None`: all stories.
    pub output: Option<String>,
    pub protocol: Protocol,
    /// What comes behind the protocol's own path, each segment decoded where it stands: `stream/contents/feed/7`.
    pub call: String,
}

/// Where people and apps look for Google Reader's API, beside an account's own address.
const GREADER: &str = "/api/greader.php";

/// What a path means; `None`: no call of any protocol.
pub fn path(path: &str) -> Option<Asked> {
    let (output, rest) = match path.strip_prefix("/sync/") {
        Some(rest) => {
            let (output, _) = rest.split_once('/')?;
            (Some(output.to_owned()), &rest[output.len()..])
        }
        None => (None, path),
    };
    let greader = rest.strip_prefix(GREADER).unwrap_or(rest);
    let (protocol, call) = if let Some(call) = greader.strip_prefix("/reader/api/0/") {
        (Protocol::GoogleReader, call)
    } else if greader == "/accounts/ClientLogin" {
        (Protocol::GoogleReader, "accounts/ClientLogin")
    } else if let Some(call) = rest.strip_prefix("/v1/") {
        (Protocol::Miniflux, call)
    } else if matches!(rest, "/fever" | "/fever/" | "/fever/index.php") {
        (Protocol::Fever, "")
    } else {
        return None;
    };
    let call = percent_encoding::percent_decode_str(call).decode_utf8_lossy().into_owned();
    Some(Asked { output, protocol, call })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_protocols_and_calls() {
        let told = |asked: &str| path(asked).map(|asked| (asked.output.unwrap_or_default(), asked.protocol, asked.call));
        let is = |output: &str, protocol, call: &str| Some((output.to_owned(), protocol, call.to_owned()));
        assert_eq!(told("/reader/api/0/token"), is("", Protocol::GoogleReader, "token"));
        assert_eq!(
            told("/api/greader.php/reader/api/0/stream/contents/feed%2F7"),
            is("", Protocol::GoogleReader, "stream/contents/feed/7")
        );
        assert_eq!(told("/sync/dev/accounts/ClientLogin"), is("dev", Protocol::GoogleReader, "accounts/ClientLogin"));
        assert_eq!(told("/sync/dev/api/greader.php/reader/api/0/token"), is("dev", Protocol::GoogleReader, "token"));
        assert_eq!(told("/sync/dev/v1/entries"), is("dev", Protocol::Miniflux, "entries"));
        assert_eq!(told("/fever/"), is("", Protocol::Fever, ""));
        for none in ["/", "/sync/dev", "/sync/dev/", "/v1", "/reader/api/1/token", "/fever/x", "/accounts/Other"] {
            assert_eq!(path(none), None, "{none}");
        }
    }
}
