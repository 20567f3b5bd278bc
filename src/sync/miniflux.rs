//! The answers of the part of Miniflux's API that clients use: https://miniflux.app/docs/api.html

use super::account::{Account, FullItem, numbers};
use super::icon::{icon, icon_path};
use super::numbers::folder_number;
use crate::model::{FeedId, StoryId, Timestamp};
use crate::records::{Item, ListedFeed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The one user.
const USER: i64 = 1;

/// What we say that we are: clients ask it before they use what came later.
const VERSION: &str = "2.2.14";

/// The folder of feeds without a tag: there a feed is always in one.
const NO_FOLDER: &str = "All";

/// Letters and markup that are read in a minute, about.
const BYTES_A_MINUTE: usize = 1500;

pub fn error(message: &str) -> String {
    json!({"error_message": message}).to_string()
}

pub fn version() -> String {
    json!({"version": VERSION, "commit": "courant", "build_date": "", "go_version": "", "compiler": "", "arch": "", "os": ""})
        .to_string()
}

pub fn me(account: &Account, now: Timestamp) -> String {
    json!({
        "id": USER, "username": account.name, "is_admin": false, "theme": "light_serif", "language": "en_US", "timezone": "UTC",
        "entry_sorting_direction": "desc", "entry_sorting_order": "published_at", "stylesheet": "", "custom_js": "", "google_id": "",
        "openid_connect_id": "", "entries_per_page": 100, "keyboard_shortcuts": true, "show_reading_time": true, "entry_swipe": true,
        "gesture_nav": "tap", "last_login_at": now.rfc3339(), "display_mode": "standalone", "default_reading_speed": 265,
        "cjk_reading_speed": 500, "default_home_page": "unread", "categories_sorting_order": "unread_count",
        "mark_read_on_view": true, "media_playback_rate": 1, "block_filter_entry_rules": "", "keep_filter_entry_rules": "",
    })
    .to_string()
}

/// The name of the folder in which a feed is: its first tag.
fn folder_of(feed: &ListedFeed) -> &str {
    feed.tags.first().map_or(NO_FOLDER, String::as_str)
}

/// All folders by name: a feed without a tag is in one, too.
fn folders<'a>(account: &Account<'a>) -> Vec<&'a str> {
    let mut folders = account.folders();
    if (folders.is_empty() || account.feeds.iter().any(|feed| feed.tags.is_empty())) && !folders.contains(&NO_FOLDER) {
        folders.insert(0, NO_FOLDER);
    }
    folders
}

/// The folder of a number, and the tag that it stands for: none, for feeds that have none.
pub fn folder<'a>(account: &Account<'a>, number: i64) -> Option<(&'a str, Option<&'a str>)> {
    let name = folders(account).into_iter().find(|name| folder_number(name) == number)?;
    Some((name, account.folders().into_iter().find(|tag| *tag == name)))
}

/// The feeds of the folder of a number, as this protocol has them: each in one.
pub fn feeds_in(account: &Account, number: i64) -> HashSet<FeedId> {
    account.feeds.iter().filter(|feed| folder_number(folder_of(feed)) == number).map(|feed| feed.id).collect()
}

pub fn category(name: &str) -> Value {
    json!({"id": folder_number(name), "title": name, "user_id": USER, "hide_globally": false})
}

pub fn categories(account: &Account) -> String {
    Value::from(folders(account).into_iter().map(category).collect::<Vec<_>>()).to_string()
}

pub fn feed(account: &Account, feed: &ListedFeed) -> Value {
    json!({
        "id": feed.id, "user_id": USER, "title": feed.name, "site_url": account.site_url(feed), "feed_url": account.feed_url(feed),
        "description": "", "checked_at": feed.last_ok.unwrap_or_default().rfc3339(), "next_check_at": feed.last_ok.unwrap_or_default().rfc3339(),
        "etag_header": "", "last_modified_header": "", "parsing_error_count": feed.n_errors,
        "parsing_error_message": feed.error.as_deref().unwrap_or_default(), "scraper_rules": "", "rewrite_rules": "",
        "blocklist_rules": "", "keeplist_rules": "", "block_filter_entry_rules": "", "keep_filter_entry_rules": "",
        "urlrewrite_rules": "", "user_agent": "", "cookie": "", "username": "", "password": "", "disabled": feed.paused,
        "no_media_player": false, "ignore_http_cache": false, "allow_self_signed_certificates": false, "fetch_via_proxy": false,
        "hide_globally": false, "disable_http2": false, "crawler": true, "category": category(folder_of(feed)),
        "icon": {"feed_id": feed.id, "icon_id": feed.id, "external_icon_id": ""},
    })
}

/// All, or those that are named.
pub fn feeds(account: &Account, only: Option<&HashSet<FeedId>>) -> String {
    let wanted = account.feeds.iter().filter(|feed| only.is_none_or(|only| only.contains(&feed.id)));
    Value::from(wanted.map(|one| feed(account, one)).collect::<Vec<_>>()).to_string()
}

/// A data address without its scheme.
pub(super) fn icon_data(feed: &ListedFeed) -> String {
    let svg = icon(&icon_path(&feed.name)).unwrap_or_default();
    format!("image/svg+xml;base64,{}", STANDARD.encode(svg))
}

pub fn feed_icon(feed: &ListedFeed) -> String {
    json!({"id": feed.id, "mime_type": "image/svg+xml", "data": icon_data(feed)}).to_string()
}

pub fn counters(unread: &HashMap<FeedId, usize>, read: &HashMap<FeedId, usize>) -> String {
    let named = |counts: &HashMap<FeedId, usize>| -> serde_json::Map<String, Value> {
        counts.iter().map(|(feed, n)| (feed.to_string(), json!(n))).collect()
    };
    json!({"reads": named(read), "unreads": named(unread)}).to_string()
}

pub fn entries(account: &Account, total: usize, items: &[FullItem]) -> String {
    json!({"total": total, "entries": items.iter().map(|full| entry(account, full)).collect::<Vec<_>>()}).to_string()
}

pub fn entry_ids(total: usize, items: &[Item]) -> String {
    json!({"total": total, "entry_ids": numbers(items)}).to_string()
}

pub fn entry(account: &Account, full: &FullItem) -> Value {
    let (told, item) = (account.tell(full), &full.item);
    let StoryId(number) = item.story;
    let enclosures: Vec<Value> = told
        .enclosures
        .iter()
        .zip(1_i64..)
        .map(|(enclosure, n)| {
            json!({
                "id": n, "user_id": USER, "entry_id": number, "url": enclosure.url,
                "mime_type": enclosure.media_type.as_deref().unwrap_or("application/octet-stream"),
                "size": enclosure.length.unwrap_or(0), "media_progression": 0,
            })
        })
        .collect();
    let of = match account.feed(item.feed) {
        Some(known) => feed(account, known),
        // Starred, and its feed is no longer in the list.
        None => {
            let name = account.feed_name(full);
            let site = format!("{}/", account.base_url);
            feed(account, &ListedFeed { site_url: None, public_url: Some(site), ..gone(item.feed, name) })
        }
    };
    json!({
        "id": number, "user_id": USER, "feed_id": item.feed, "status": if item.read { "read" } else { "unread" },
        "hash": full.story.id.trim_start_matches("urn:uuid:"), "title": told.title, "url": told.link, "comments_url": "",
        "published_at": told.published.rfc3339(), "created_at": Timestamp(item.shown / 1000).rfc3339_millis(),
        "changed_at": full.changed.rfc3339_millis(), "content": told.html, "author": told.author, "share_code": "",
        "starred": item.starred, "reading_time": told.html.len() / BYTES_A_MINUTE + 1, "enclosures": enclosures, "feed": of,
        "tags": full.story.tags,
    })
}

/// A feed of which only its name is known.
fn gone(id: FeedId, name: String) -> ListedFeed {
    ListedFeed {
        id,
        name,
        url: String::new(),
        public_url: None,
        site_url: None,
        tags: Vec::new(),
        last_ok: None,
        n_errors: 0,
        error: None,
        paused: true,
    }
}

/// What PUT entries says: of which items, what is to hold of them.
pub struct Marked {
    pub items: Vec<StoryId>,
    pub read: Option<bool>,
    pub starred: Option<bool>,
}

/// Reads it; what is not understood changes nothing.
pub fn marked(body: &[u8]) -> Result<Marked, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the body is not JSON")?;
    let ids = body["entry_ids"].as_array().filter(|ids| !ids.is_empty()).ok_or("entry_ids is missing or empty")?;
    let items: Option<Vec<StoryId>> = ids.iter().map(|id| id.as_i64().map(StoryId)).collect();
    let read = match body["status"].as_str() {
        Some("read" | "removed") => Some(true),
        Some("unread") => Some(false),
        Some(_) => return Err("status is neither read nor unread"),
        None => None,
    };
    let starred = body["starred"].as_bool();
    if read.is_none() && starred.is_none() {
        return Err("neither status nor starred is given");
    }
    Ok(Marked { items: items.ok_or("an id of entry_ids is not a number")?, read, starred })
}
