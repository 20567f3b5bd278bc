//! The answers of Fever's API: always one object, in which is what the questions asked for.

use super::account::{Account, FullItem, joined, numbers};
use super::miniflux::icon_data;
use super::numbers::folder_number;
use crate::records::Item;
use serde_json::{Map, Value, json};

/// What every answer begins with.
pub fn greeting(account: Option<&Account>) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("api_version".into(), json!(3));
    answer.insert("auth".into(), json!(i64::from(account.is_some())));
    if let Some(account) = account {
        let last = account.feeds.iter().filter_map(|feed| feed.last_ok).max().unwrap_or_default();
        answer.insert("last_refreshed_on_time".into(), json!(last.0 / 1000));
    }
    answer
}

/// Which feeds are in which folder stands beside the folders and beside the feeds.
fn feeds_groups(account: &Account) -> Value {
    let groups = account.folders().into_iter().filter_map(|name| {
        let mut feeds: Vec<i64> = account.feeds_in(name).into_iter().map(|feed| feed.0).collect();
        feeds.sort_unstable();
        (!feeds.is_empty()).then(|| json!({"group_id": folder_number(name), "feed_ids": joined(feeds)}))
    });
    groups.collect()
}

pub fn groups(account: &Account, answer: &mut Map<String, Value>) {
    let groups = account.folders().into_iter().map(|name| json!({"id": folder_number(name), "title": name}));
    answer.insert("groups".into(), groups.collect());
    answer.insert("feeds_groups".into(), feeds_groups(account));
}

pub fn feeds(account: &Account, answer: &mut Map<String, Value>) {
    let feeds = account.feeds.iter().map(|feed| {
        json!({
            "id": feed.id, "favicon_id": feed.id, "title": feed.name, "url": account.feed_url(feed),
            "site_url": account.site_url(feed), "is_spark": 0, "last_updated_on_time": feed.last_ok.unwrap_or_default().0 / 1000,
        })
    });
    answer.insert("feeds".into(), feeds.collect());
    answer.insert("feeds_groups".into(), feeds_groups(account));
}

pub fn favicons(account: &Account, answer: &mut Map<String, Value>) {
    let icons = account.feeds.iter().map(|feed| json!({"id": feed.id, "data": icon_data(feed)}));
    answer.insert("favicons".into(), icons.collect());
}

pub fn items(account: &Account, total: usize, items: &[FullItem], answer: &mut Map<String, Value>) {
    let items = items.iter().map(|full| {
        let told = account.tell(full);
        json!({
            "id": full.item.story, "feed_id": full.item.feed, "title": told.title, "author": told.author, "html": told.html,
            "url": told.link, "is_saved": i64::from(full.item.starred), "is_read": i64::from(full.item.read),
            "created_on_time": told.published.0.div_euclid(1000),
        })
    });
    answer.insert("total_items".into(), json!(total));
    answer.insert("items".into(), items.collect());
}

/// `name`: `unread_item_ids` or `saved_item_ids`.
pub fn item_ids(name: &str, items: &[Item], answer: &mut Map<String, Value>) {
    answer.insert(name.into(), json!(joined(numbers(items))));
}
