//! The answers of Google Reader's API, as its clients need them: https://feedhq.readthedocs.io/en/latest/api/ describes it.

use super::account::{Account, FullItem};
use super::numbers::long_id;
use crate::model::{FeedId, StoryId};
use crate::records::{Item, ListedFeed};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What stands before the names of states.
const STATE: &str = "user/-/state/com.google/";

/// Of a folder.
fn label(name: &str) -> String {
    format!("user/-/label/{name}")
}

/// The answer to a login, as lines or as JSON.
pub fn login(auth: &str, as_json: bool) -> String {
    match as_json {
        true => json!({"SID": auth, "LSID": auth, "Auth": auth}).to_string(),
        false => format!("SID={auth}\nLSID={auth}\nAuth={auth}\n"),
    }
}

pub fn user_info(account: &Account) -> String {
    let name = account.name;
    json!({"userId": name, "userName": name, "userProfileId": name, "userEmail": ""}).to_string()
}

pub fn subscriptions(account: &Account) -> String {
    let folders =
        |feed: &ListedFeed| -> Vec<Value> { feed.tags.iter().map(|tag| json!({"id": label(tag), "label": tag})).collect() };
    let feeds = account.feeds.iter().map(|feed| {
        json!({
            "id": format!("feed/{}", feed.id),
            "title": feed.name,
            "categories": folders(feed),
            "url": account.feed_url(feed),
            "htmlUrl": account.site_url(feed),
            "iconUrl": account.icon_url(feed),
        })
    });
    json!({"subscriptions": feeds.collect::<Vec<_>>()}).to_string()
}

pub fn tags(account: &Account) -> String {
    let mut tags = vec![json!({"id": format!("{STATE}starred")})];
    tags.extend(account.folders().into_iter().map(|name| json!({"id": label(name), "type": "folder"})));
    json!({"tags": tags}).to_string()
}

/// `counts`: of each feed that has unread items, how many, and when the newest was shown (microseconds).
pub fn unread_counts(account: &Account, counts: &HashMap<FeedId, (usize, i64)>) -> String {
    let row =
        |id: String, (n, newest): (usize, i64)| json!({"id": id, "count": n, "newestItemTimestampUsec": newest.to_string()});
    let sum = |feeds: &mut dyn Iterator<Item = FeedId>| {
        let counted = feeds.filter_map(|feed| counts.get(&feed));
        counted.fold((0, 0), |(n, newest), (more, other)| (n + more, newest.max(*other)))
    };
    let mut rows = vec![row(format!("{STATE}reading-list"), sum(&mut account.feeds.iter().map(|feed| feed.id)))];
    for folder in account.folders() {
        rows.push(row(label(folder), sum(&mut account.feeds_in(folder).into_iter())));
    }
    for feed in account.feeds {
        if let Some(count) = counts.get(&feed.id) {
            rows.push(row(format!("feed/{}", feed.id), *count));
        }
    }
    // What clients show as "so many and more": nothing of ours ends there.
    json!({"max": 1_000_000, "unreadcounts": rows}).to_string()
}

/// `next`: where the next page goes on.
pub fn ids(items: &[Item], next: Option<StoryId>) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        item_refs: Vec<Reference>,
        #[serde(skip_serializing_if = "Option::is_none")]
        continuation: Option<String>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Reference {
        id: String,
        direct_stream_ids: [String; 0],
        timestamp_usec: String,
    }
    let reference =
        |item: &Item| Reference { id: item.story.to_string(), direct_stream_ids: [], timestamp_usec: item.shown.to_string() };
    let answer = Answer { item_refs: items.iter().map(reference).collect(), continuation: next.map(|next| next.to_string()) };
    // Plain data; an empty text would only be an error at the client.
    serde_json::to_string(&answer).unwrap_or_default()
}

/// `stream`: its name, as it was asked for.
pub fn contents(account: &Account, stream: &str, items: &[FullItem], next: Option<StoryId>, updated: i64) -> String {
    let items: Vec<Value> = items.iter().map(|full| item(account, full)).collect();
    let mut answer = json!({"direction": "ltr", "id": stream, "title": "courant", "updated": updated, "items": items});
    if let Some(next) = next {
        answer["continuation"] = json!(next.to_string());
    }
    answer.to_string()
}

fn item(account: &Account, full: &FullItem) -> Value {
    let (told, feed) = (account.tell(full), account.feed(full.item.feed));
    let mut categories = vec![format!("{STATE}reading-list")];
    categories.extend(full.item.read.then(|| format!("{STATE}read")));
    categories.extend(full.item.starred.then(|| format!("{STATE}starred")));
    categories.extend(feed.iter().flat_map(|feed| &feed.tags).map(|tag| label(tag)));
    let enclosures: Vec<Value> = told
        .enclosures
        .iter()
        .map(|enclosure| {
            let mut out =
                json!({"href": enclosure.url, "type": enclosure.media_type.as_deref().unwrap_or("application/octet-stream")});
            if let Some(length) = enclosure.length {
                out["length"] = json!(length.to_string());
            }
            out
        })
        .collect();
    let mut out = json!({
        "id": long_id(full.item.story),
        "crawlTimeMsec": (full.item.shown / 1000).to_string(),
        "timestampUsec": full.item.shown.to_string(),
        "published": told.published.0.div_euclid(1000),
        "updated": full.story.updated.0.div_euclid(1000),
        "title": told.title,
        "canonical": [{"href": told.link}],
        "alternate": [{"href": told.link, "type": "text/html"}],
        "categories": categories,
        "origin": {
            "streamId": format!("feed/{}", full.item.feed),
            "title": account.feed_name(full),
            "htmlUrl": feed.map_or_else(|| format!("{}/", account.base_url), |feed| account.site_url(feed)),
        },
        "summary": {"direction": "ltr", "content": told.html},
    });
    if !told.author.is_empty() {
        out["author"] = json!(told.author);
    }
    if !enclosures.is_empty() {
        out["enclosure"] = json!(enclosures);
    }
    out
}

/// The answer to a subscription: the feed's number and name, or why there is none.
pub fn added(query: &str, feed: Result<&ListedFeed, &str>) -> String {
    match feed {
        Ok(feed) => json!({"query": query, "numResults": 1, "streamId": format!("feed/{}", feed.id), "streamName": feed.name}),
        Err(why) => json!({"query": query, "numResults": 0, "error": why}),
    }
    .to_string()
}
