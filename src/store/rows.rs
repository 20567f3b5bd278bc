//! How single columns are read, wherever they are.

use crate::config::subscriptions::Subscription;
use crate::health::Trouble;
use crate::model::Timestamp;
use crate::text;

/// An entry is pending (0) until it is published without its article, or is done.
pub const PROVISIONAL: i64 = 1;
pub const SETTLED: i64 = 2;

/// The host that a URL is asked of, lower case; empty for a file.
pub fn host_of(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Settings that an older or newer version wrote, read as far as they go: a key that this version does not know, or a
/// value that it cannot read, loses that key alone.
pub fn settings_of(json: &str, url: &str) -> Subscription {
    if let Ok(settings) = serde_json::from_str(json) {
        return settings;
    }
    let serde_json::Value::Object(stored) = serde_json::from_str(json).unwrap_or_default() else {
        return Subscription::new(url);
    };
    let mut read = Subscription::new(stored.get("url").and_then(|url| url.as_str()).unwrap_or(url));
    for (key, value) in stored {
        let Ok(serde_json::Value::Object(mut known)) = serde_json::to_value(&read) else { continue };
        known.insert(key, value);
        if let Ok(better) = serde_json::from_value(serde_json::Value::Object(known)) {
            read = better;
        }
    }
    read
}

pub fn trouble_name(trouble: Trouble) -> Option<String> {
    serde_json::to_value(trouble).ok()?.as_str().map(str::to_owned)
}

/// One that another version wrote is none that this one knows.
pub fn trouble_of(name: Option<String>) -> Option<Trouble> {
    serde_json::from_value(serde_json::Value::String(name?)).ok()
}

pub fn earlier(claimed: Option<i64>, first_seen: i64) -> Timestamp {
    Timestamp(claimed.unwrap_or(first_seen).min(first_seen))
}

/// What a person calls a feed: its title, else its host.
pub fn feed_name(title: Option<&str>, url: &str) -> String {
    match title.map(text::one_line).filter(|title| !title.is_empty()) {
        Some(title) => title,
        None => match host_of(url) {
            // What a command is given, and where a file lies, is nobody's business.
            host if host.is_empty() => match url.split_once(':') {
                Some((scheme @ ("exec" | "file"), _)) => format!("{scheme}:…"),
                _ => text::redact_url(url),
            },
            host => host,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_far_as_they_go() {
        let stored =
            r#"{"url":"https://a.example/feed","title":"A","tags":["x"],"priority":7,"colour":"red","dedupe":"perhaps"}"#;
        let read = settings_of(stored, "https://other.example/");
        assert_eq!((read.url.as_str(), read.title.as_deref()), ("https://a.example/feed", Some("A")));
        assert_eq!((read.tags, read.priority, read.dedupe), (vec!["x".to_owned()], 7, None));
        assert_eq!(settings_of("not json", "https://b.example/").url, "https://b.example/");
    }
}
