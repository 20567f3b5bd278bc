//! What somebody outside is told, and in which form: notices of stories and feeds → one message.

use crate::text;
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A receiver that takes nothing is asked at least so often.
pub const LONGEST_RETRY: Duration = Duration::from_secs(3600);

/// One thing that somebody is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The published id of a story; empty: it is about a feed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who tells the story; of a feed, what is wrong with it.
    pub sources: Vec<String>,
}

/// What a receiver reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// All of each notice, for a program.
    #[default]
    Json,
    /// A few lines for a person.
    Text,
    /// The same, with a title in a header.
    Ntfy,
    Gotify,
    /// An event of a room, sent under an id of its own.
    Matrix,
    /// A message as sendmail reads it.
    Mail,
}

/// Of several notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Plain ASCII.
    pub title: String,
    pub content_type: &'static str,
    pub body: String,
}

/// Notices that are named one by one in a message for people.
const NAMED: usize = 20;

/// Writes the message of a delivery to `name`, known by its token; `to`: who gets mail.
pub fn message(format: Format, name: &str, to: &str, token: &str, notices: &[Notice]) -> Message {
    let title = title(notices);
    let lines = lines(notices);
    let json = |value: serde_json::Value| ("application/json", value.to_string());
    let (content_type, body) = match format {
        Format::Json => json(serde_json::json!({
            "id": token, "notifier": name, "title": title, "count": notices.len(), "notices": notices,
        })),
        Format::Text | Format::Ntfy => ("text/plain; charset=utf-8", lines),
        Format::Gotify => json(serde_json::json!({"title": title, "message": lines})),
        Format::Matrix => json(serde_json::json!({"msgtype": "m.text", "body": format!("{title}\n{lines}")})),
        Format::Mail => (
            "message/rfc822",
            // The same delivery is the same message, however often it is handed over.
            format!(
                "To: {to}\nSubject: {title}\nMessage-ID: <{token}@courant.invalid>\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
                 Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{lines}"
            ),
        ),
    };
    Message { title, content_type, body }
}

/// What a receiver that shares the secret checks: `sha256=` and the HMAC of the body, in hex (RFC 2104).
pub fn signature(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

fn title(notices: &[Notice]) -> String {
    let n_feeds = notices.iter().filter(|notice| notice.id.is_empty()).count();
    let number = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts = [number(notices.len() - n_feeds, "story", "stories"), number(n_feeds, "feed in trouble", "feeds in trouble")];
    format!("courant: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn lines(notices: &[Notice]) -> String {
    let mut lines = String::new();
    for notice in notices.iter().take(NAMED) {
        // What a stranger wrote is one line, and cannot begin another header or command.
        let sources: Vec<String> = notice.sources.iter().map(|source| text::one_line(source)).collect();
        lines.push_str(&format!("{} ({})\n", text::one_line(&notice.title), sources.join(", ")));
        if let Some(link) = &notice.link {
            lines.push_str(&format!("{}\n", text::one_line(link)));
        }
    }
    if notices.len() > NAMED {
        lines.push_str(&format!("… and {} more\n", notices.len() - NAMED));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_for_people_or_for_programs() {
        let story = |n: usize| Notice {
            id: format!("urn:uuid:{n}"),
            title: format!("Crab\nSubject: {n}"),
            link: Some("https://a.example/1".into()),
            sources: vec!["A".into(), "B".into()],
        };
        let feed = Notice { title: "https://x.example/".into(), sources: vec!["HTTP 410".into()], ..Notice::default() };
        let mail = message(Format::Mail, "m", "me@example.org", "t1", &[story(1), feed.clone()]);
        assert!(
            mail.body.starts_with("To: me@example.org\nSubject: courant: 1 story, 1 feed in trouble\nMessage-ID: <t1@"),
            "{}",
            mail.body
        );
        assert!(
            mail.body.ends_with("\n\nCrab Subject: 1 (A, B)\nhttps://a.example/1\nhttps://x.example/ (HTTP 410)\n"),
            "{}",
            mail.body
        );
        let many: Vec<Notice> = (0..25).map(story).collect();
        assert!(message(Format::Text, "m", "", "t", &many).body.ends_with("… and 5 more\n"));
        let json: serde_json::Value = serde_json::from_str(&message(Format::Json, "m", "", "t", &many).body).unwrap();
        assert_eq!((json["count"].as_i64(), json["notices"].as_array().unwrap().len()), (Some(25), 25));
    }
}
