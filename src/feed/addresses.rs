//! The address of a feed in its one normal form: two addresses with one form are one subscription.
//!
//! Case of scheme and host, the usual port, dot segments, spellings of numbers (`127.1`), punycode, the fragment and the
//! schemes of feed readers (`feed:`) make no difference. User, password, path and query do.

use url::Url;

/// `None`: neither an address of http or https nor one of `file:` or `exec:`, which are as they are.
pub(super) fn normal(address: &str) -> Option<String> {
    let address = of_the_web(address.trim());
    let Ok(mut url) = Url::parse(&address) else { return refused(&address) };
    match url.scheme() {
        "http" | "https" if url.has_host() => {
            url.set_fragment(None);
            Some(url.into())
        }
        "file" => Some(url.into()),
        "exec" => Some(address),
        _ => None,
    }
}

/// Schemes that mean: give this to a feed reader. What stands behind them is the address, whole or without its scheme.
const SCHEMES: [&str; 5] = ["feed:", "feeds:", "rss:", "itpc:", "pcast:"];

/// An address with a scheme of the web, where it had one of feed readers.
pub(super) fn of_the_web(address: &str) -> String {
    let starts = |scheme: &&str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let Some(scheme) = SCHEMES.into_iter().find(starts) else { return address.to_owned() };
    let rest = &address[scheme.len()..];
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    // `feed:https://…`, `feed://https://…`; browsers make `https//` of the latter.
    let whole = ["http://", "https://"]
        .into_iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if whole.is_some() {
        return rest.to_owned();
    }
    for (broken, mended) in [("https//", "https://"), ("http//", "http://")] {
        if let Some(rest) = rest.strip_prefix(broken) {
            return format!("{mended}{rest}");
        }
    }
    format!("{}://{rest}", if scheme == "feeds:" { "https" } else { "http" })
}

/// The form of an address whose host the URL library refuses (a name that is no valid IDN): the same as far as letters go.
fn refused(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let n_authority = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(n_authority);
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let host = host.strip_suffix(usual_port).unwrap_or(host).to_lowercase();
    if host.is_empty() {
        return None;
    }
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some(format!("{scheme}://{user}{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        let same = [
            "http://127.0.0.1:18100/f/u.xml",
            "HTTP://127.0.0.1:18100/f/u.xml",
            "http://127.0.0.1:18100/f/./u.xml",
            "http://127.0.0.1:18100/x/../f/u.xml",
            "http://127.1:18100/f/u.xml",
            "http://2130706433:18100/f/u.xml",
            " http://127.0.0.1:18100/f/u.xml#top",
            "feed://127.0.0.1:18100/f/u.xml",
            "feed:http://127.0.0.1:18100/f/u.xml",
            "FEED://http://127.0.0.1:18100/f/u.xml",
            "feed://http//127.0.0.1:18100/f/u.xml",
        ];
        for address in same {
            assert_eq!(normal(address).as_deref(), Some(same[0]), "{address}");
        }
        assert_eq!(normal("https://BÜCHER.example:443"), normal("https://xn--bcher-kva.example/"));
        assert_eq!(normal("https://XN--BCHER-KVA.example/"), normal("https://bücher.example/"));
        assert_eq!(normal("feed:https://a.example/f").as_deref(), Some("https://a.example/f"));
        // A name that is no valid one is compared as it is written.
        assert!(Url::parse("http://xn--a-ecp.ru/f").is_err());
        assert_eq!(normal("HTTP://XN--a-ecp.RU:80/f#x"), normal("http://xn--a-ecp.ru/f"));
        assert_ne!(normal("https://a.example/f"), normal("http://a.example/f"));
        assert_ne!(normal("https://a.example/f?x=1"), normal("https://a.example/f"));
        for none in ["", "mailto:a@b.example", "ftp://a.example/f", "nonsense"] {
            assert_eq!(normal(none), None, "{none}");
        }
    }
}
