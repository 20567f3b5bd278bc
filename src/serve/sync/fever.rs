//! Fever's API: several questions in one request, each a field of the query; what is marked stands in query or body. What it
//! answers is spelt by `sync::fever`.

use super::desk::{Answer, Asking, Call, Inner, Visitor};
use crate::model::{FeedId, StoryId};
use crate::records::{Item, Marking};
use crate::store::ItemFilter;
use crate::sync::{self, Fields};
use std::collections::HashSet;

/// Items of an answer.
const PAGE: usize = 50;

pub async fn answer(desk: &Inner, call: Call) -> anyhow::Result<Answer> {
    let Call { visitor, fields, .. } = call;
    if fields.has("mark") {
        mark(desk, &visitor, &fields).await?;
    }
    desk.ask(&visitor, move |asking| {
        let mut answer = sync::fever::greeting(Some(&asking.account));
        if fields.has("groups") {
            sync::fever::groups(&asking.account, &mut answer);
        }
        if fields.has("feeds") {
            sync::fever::feeds(&asking.account, &mut answer);
        }
        if fields.has("favicons") {
            sync::fever::favicons(&asking.account, &mut answer);
        }
        if fields.has("links") {
            // Hot links are its own invention, which nobody else makes.
            answer.insert("links".into(), serde_json::json!([]));
        }
        if fields.has("items") {
            let full = asking.reader.full_items(&items(asking, &fields)?)?;
            sync::fever::items(&asking.account, all(asking, None, None)?.len(), &full, &mut answer);
        }
        for (name, read, starred) in [("unread_item_ids", Some(false), None), ("saved_item_ids", None, Some(true))] {
            if fields.has(name) {
                sync::fever::item_ids(name, &all(asking, read, starred)?, &mut answer);
            }
        }
        Ok(Answer::json(serde_json::Value::Object(answer).to_string()))
    })
    .await
}

fn all(asking: &Asking, read: Option<bool>, starred: Option<bool>) -> rusqlite::Result<Vec<Item>> {
    let filter = ItemFilter { read, starred, ascending: true, ..asking.filter() };
    Ok(asking.reader.items(&filter, usize::MAX, asking.now)?.0)
}

/// The page that is asked for: after a number upwards, before one downwards, or those of a list.
fn items(asking: &Asking, fields: &Fields) -> rusqlite::Result<Vec<Item>> {
    if let Some(ids) = fields.get("with_ids") {
        let stories = ids.split(',').filter_map(|id| id.trim().parse().ok()).map(StoryId).take(PAGE);
        return stories.filter_map(|story| asking.reader.item(story).transpose()).collect();
    }
    let number = |name: &str| fields.number(name).ok().flatten().map(StoryId);
    let (above, below) = (number("since_id"), number("max_id").filter(|id| id.0 > 0));
    let ascending = below.is_none();
    let filter = ItemFilter { above, below, ascending, ..asking.filter() };
    Ok(asking.reader.items(&filter, PAGE, asking.now)?.0)
}

/// What is not understood marks nothing: this protocol has no word for it.
async fn mark(desk: &Inner, visitor: &Visitor, fields: &Fields) -> anyhow::Result<()> {
    let Ok(Some(id)) = fields.number("id") else { return Ok(()) };
    let marking = match fields.get("as") {
        Some("read") => Marking::READ,
        Some("unread") => Marking::UNREAD,
        Some("saved") => Marking::STARRED,
        Some("unsaved") => Marking::UNSTARRED,
        _ => return Ok(()),
    };
    let what = fields.get("mark").unwrap_or_default().to_owned();
    if what == "item" {
        return desk.mark(vec![StoryId(id)], marking).await;
    }
    let Ok(before) = fields.number("before") else { return Ok(()) };
    if marking != Marking::READ {
        return Ok(());
    }
    let unread = desk
        .ask(visitor, move |asking| {
            let feeds: HashSet<FeedId> = match what.as_str() {
                "feed" => asking.account.feed(FeedId(id)).into_iter().map(|feed| feed.id).collect(),
                // "Kindling": everything.
                "group" if id == 0 => asking.account.all_feeds(),
                "group" => asking.account.folder(id).map(|folder| asking.account.feeds_in(folder)).unwrap_or_default(),
                _ => HashSet::new(),
            };
            let filter = ItemFilter {
                read: Some(false),
                feeds: Some(feeds),
                // When it came, not when it was written: what came since nobody has seen.
                shown_until: before.map(|seconds| seconds.saturating_mul(1_000_000)),
                ..asking.filter()
            };
            let (items, _) = asking.reader.items(&filter, usize::MAX, asking.now)?;
            Ok(items.into_iter().map(|item| item.story).collect::<Vec<_>>())
        })
        .await?;
    desk.mark(unread, marking).await
}
