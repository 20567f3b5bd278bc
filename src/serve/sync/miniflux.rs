//! The part of Miniflux's API that clients use. What it answers is spelt by `sync::miniflux`.

use super::desk::{Answer, Asking, Call, Inner, Visitor};
use crate::model::{FeedId, StoryId, Timestamp};
use crate::records::{Item, ListEdit, ListReply, Marking};
use crate::store::{ItemFilter, ItemOrder};
use crate::sync::{self, Fields, folder_number};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Entries of a page where nothing is said.
const PAGE: usize = 100;
/// Bodies of one answer at most; ids have no limit.
const MAX_ENTRIES: usize = 1000;

pub async fn answer(desk: &Inner, call: Call) -> anyhow::Result<Answer> {
    let Call { visitor, method, path, fields, body } = call;
    let visitor = &visitor;
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["version"]) => Ok(Answer::json(sync::miniflux::version())),
        ("GET", ["me"]) => desk.ask(visitor, |asking| Ok(Answer::json(sync::miniflux::me(&asking.account, asking.now)))).await,
        ("GET", ["integrations", "status"]) => Ok(Answer::json(json!({"has_integrations": false}).to_string())),
        ("GET", ["categories"]) => {
            desk.ask(visitor, |asking| Ok(Answer::list(sync::miniflux::categories(&asking.account)))).await
        }
        ("GET", ["feeds"]) => desk.ask(visitor, |asking| Ok(Answer::list(sync::miniflux::feeds(&asking.account, None)))).await,
        ("GET", ["feeds", "counters"]) => desk.ask(visitor, counters).await,
        ("GET", ["export"]) => desk.ask(visitor, |asking| Ok(Answer::opml(super::desk::export(&asking.account)))).await,
        ("GET", ["entries"]) => entries(desk, visitor, fields, Of::All, false).await,
        ("GET", ["entries", "ids"]) => entries(desk, visitor, fields, Of::All, true).await,
        ("GET", ["feeds", id, "entries"]) => numbered(id, |id| entries(desk, visitor, fields, Of::Feed(id), false)).await,
        ("GET", ["categories", id, "entries"]) => numbered(id, |id| entries(desk, visitor, fields, Of::Folder(id), false)).await,
        ("GET", ["categories", id, "feeds"]) => {
            numbered(id, |id| {
                desk.ask(visitor, move |asking| {
                    let feeds = sync::miniflux::feeds_in(&asking.account, id);
                    Ok(Answer::json(sync::miniflux::feeds(&asking.account, Some(&feeds))))
                })
            })
            .await
        }
        ("GET", ["feeds", id]) => numbered(id, |id| feed(desk, visitor, FeedId(id), StatusCode::OK)).await,
        ("GET", ["feeds", id, "icon"] | ["icons", id]) => {
            numbered(id, |id| {
                desk.ask(visitor, move |asking| {
                    let feed = asking.account.feed(FeedId(id));
                    Ok(feed.map_or_else(not_found, |feed| Answer::json(sync::miniflux::feed_icon(feed))))
                })
            })
            .await
        }
        ("GET", ["entries", id] | ["feeds", _, "entries", id] | ["categories", _, "entries", id]) => {
            numbered(id, |id| entry(desk, visitor, id, |asking, full| sync::miniflux::entry(&asking.account, full))).await
        }
        // Bodies are whole already.
        ("GET", ["entries", id, "fetch-content"]) => {
            numbered(id, |id| {
                entry(desk, visitor, id, |asking, full| {
                    let entry = sync::miniflux::entry(&asking.account, full);
                    json!({"content": entry["content"], "reading_time": entry["reading_time"]})
                })
            })
            .await
        }
        ("PUT", ["entries"]) => mark(desk, &body).await,
        ("PUT", ["entries", id, "bookmark" | "star"]) => numbered(id, |id| bookmark(desk, visitor, id)).await,
        ("PUT", ["feeds", id, "mark-all-as-read"]) => numbered(id, |id| mark_all(desk, visitor, Of::Feed(id))).await,
        ("PUT", ["categories", id, "mark-all-as-read"]) => numbered(id, |id| mark_all(desk, visitor, Of::Folder(id))).await,
        ("PUT", ["users", _, "mark-all-as-read"]) => mark_all(desk, visitor, Of::All).await,
        // Feeds are polled when it is their turn, which no app changes.
        ("PUT", ["feeds", "refresh"] | ["feeds" | "categories", _, "refresh"]) => Ok(done()),
        ("POST", ["entries", _, "save"]) => Ok(refused(StatusCode::BAD_REQUEST, "no other service is set up to save entries to")),
        ("POST", ["feeds"]) => subscribe(desk, visitor, &body).await,
        ("PUT", ["feeds", id]) => numbered(id, |id| change_feed(desk, visitor, FeedId(id), &body)).await,
        ("DELETE", ["feeds", id]) => numbered(id, |id| unsubscribe(desk, visitor, FeedId(id))).await,
        ("POST", ["discover"]) => discover(desk, &body).await,
        ("POST", ["import"]) => Ok(match desk.edit(ListEdit::Import { opml: body.to_vec() }).await? {
            ListReply::Done => {
                Answer::json(json!({"message": "Feeds imported successfully"}).to_string()).with(StatusCode::CREATED)
            }
            other => said(other),
        }),
        ("POST", ["categories"]) => make_folder(desk, &body).await,
        ("PUT", ["categories", id]) => numbered(id, |id| rename_folder(desk, visitor, id, &body)).await,
        ("DELETE", ["categories", id]) => numbered(id, |id| remove_folder(desk, visitor, id)).await,
        _ => Ok(not_found()),
    }
}

fn refused(status: StatusCode, why: &str) -> Answer {
    Answer::json(sync::miniflux::error(why)).with(status)
}

fn wrong(why: &str) -> Answer {
    refused(StatusCode::BAD_REQUEST, why)
}

fn not_found() -> Answer {
    refused(StatusCode::NOT_FOUND, "Resource Not Found")
}

/// What clients wait for after a change: nothing, and that it is nothing.
fn done() -> Answer {
    Answer::json("").with(StatusCode::NO_CONTENT)
}

/// The list's answer in this protocol's words.
fn said(reply: ListReply) -> Answer {
    match reply {
        ListReply::Done | ListReply::Added { .. } | ListReply::Found(_) => done(),
        ListReply::ReadOnly(why) => refused(StatusCode::FORBIDDEN, &why),
        ListReply::Refused(why) => wrong(&why),
    }
}

/// A number of a path; what is not one means nothing.
async fn numbered<F: Future<Output = anyhow::Result<Answer>>>(
    text: &str,
    answer: impl FnOnce(i64) -> F,
) -> anyhow::Result<Answer> {
    match text.parse() {
        Ok(number) => answer(number).await,
        Err(_) => Ok(wrong("an id is not a number")),
    }
}

/// Of which feeds entries are asked for.
#[derive(Clone, Copy)]
enum Of {
    All,
    Feed(i64),
    Folder(i64),
}

impl Of {
    /// `None`: of all. What is not there has none.
    fn feeds(self, asking: &Asking) -> Option<HashSet<FeedId>> {
        match self {
            Of::All => None,
            Of::Feed(id) => Some(asking.account.feed(FeedId(id)).into_iter().map(|feed| feed.id).collect()),
            Of::Folder(id) => Some(sync::miniflux::feeds_in(&asking.account, id)),
        }
    }
}

fn counters(asking: &Asking) -> rusqlite::Result<Answer> {
    let (mut unread, mut read): (HashMap<FeedId, usize>, HashMap<FeedId, usize>) = Default::default();
    let filter = asking.filter();
    asking.reader.each_item(&filter, asking.now, |item| {
        let counts = if item.read { &mut read } else { &mut unread };
        *counts.entry(item.feed).or_default() += 1;
        true
    })?;
    Ok(Answer::json(sync::miniflux::counters(&unread, &read)))
}

/// Which entries, from which on, and how many.
struct Page {
    filter: ItemFilter,
    offset: usize,
    limit: Option<usize>,
}

fn page(asking: &Asking, fields: &Fields, of: Of) -> Result<Page, String> {
    let mut query = asking.query.clone();
    for word in fields.get("search").unwrap_or_default().split_whitespace() {
        query.words.add(false, word);
    }
    let mut states = HashSet::new();
    for status in fields.all("status") {
        match status {
            "read" => states.insert(true),
            "unread" => states.insert(false),
            // Nothing is ever removed from an account.
            "removed" => false,
            _ => return Err("status is not read, unread or removed".into()),
        };
    }
    // Only what was removed is none; both others are all.
    let is_none = states.is_empty() && fields.all("status").next().is_some();
    let read = if states.len() == 1 { states.into_iter().next() } else { None };
    let order = match fields.get("order") {
        None | Some("" | "id" | "created_at" | "changed_at" | "status") => ItemOrder::Number,
        Some("published_at" | "category_title" | "category_id" | "title" | "author") => ItemOrder::Published,
        Some(_) => return Err("order is not id, published_at, created_at, changed_at or status".into()),
    };
    let ascending = match fields.get("direction") {
        None | Some("" | "asc") => true,
        Some("desc") => false,
        Some(_) => return Err("direction is not asc or desc".into()),
    };
    let starred = match fields.get("starred") {
        None | Some("") => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => return Err("starred is not true or false".into()),
    };
    let mut feeds = of.feeds(asking);
    for narrower in [fields.number("feed_id")?.map(Of::Feed), fields.number("category_id")?.map(Of::Folder)] {
        if let Some(named) = narrower.and_then(|of| of.feeds(asking)) {
            feeds = Some(feeds.map_or(named.clone(), |known| known.intersection(&named).copied().collect()));
        }
    }
    if is_none {
        feeds = Some(HashSet::new());
    }
    let seconds = |name: &str| -> Result<Option<Timestamp>, String> { Ok(fields.number(name)?.map(Timestamp::from_secs)) };
    // "After" a second means after its end, as dates of answers have no part of one.
    let after = |at: Option<Timestamp>| at.map(|at| at.plus(std::time::Duration::from_millis(999)));
    let filter = ItemFilter {
        query,
        read,
        starred,
        feeds,
        above: fields.number("after_entry_id")?.filter(|id| *id > 0).map(StoryId),
        below: fields.number("before_entry_id")?.filter(|id| *id > 0).map(StoryId),
        published_after: after(seconds("published_after")?.or(seconds("after")?)),
        published_before: seconds("published_before")?.or(seconds("before")?),
        changed_after: seconds("changed_after")?,
        changed_before: seconds("changed_before")?,
        order,
        ascending,
        ..asking.filter()
    };
    let size = |name: &str| -> Result<Option<usize>, String> {
        fields.number(name)?.map(|n| usize::try_from(n).map_err(|_| format!("{name} is negative"))).transpose()
    };
    Ok(Page { filter, offset: size("offset")?.unwrap_or(0), limit: size("limit")? })
}

async fn entries(desk: &Inner, visitor: &Visitor, fields: Fields, of: Of, only_ids: bool) -> anyhow::Result<Answer> {
    desk.ask(visitor, move |asking| {
        let page = match page(asking, &fields, of) {
            Ok(page) => page,
            Err(why) => return Ok(wrong(&why)),
        };
        // newsboat asks a feed for everything without a limit; nobody else leaves it out.
        let limit = match (only_ids, page.limit) {
            (true, limit) => limit.unwrap_or(usize::MAX),
            (false, Some(0)) => MAX_ENTRIES,
            (false, limit) => limit.unwrap_or(PAGE).min(MAX_ENTRIES),
        };
        let (mut total, mut items): (usize, Vec<Item>) = Default::default();
        asking.reader.each_item(&page.filter, asking.now, |item| {
            if total >= page.offset && items.len() < limit {
                items.push(item);
            }
            total += 1;
            true
        })?;
        Ok(Answer::json(match only_ids {
            true => sync::miniflux::entry_ids(total, &items),
            false => sync::miniflux::entries(&asking.account, total, &asking.reader.full_items(&items)?),
        }))
    })
    .await
}

async fn entry(
    desk: &Inner,
    visitor: &Visitor,
    id: i64,
    spell: impl FnOnce(&Asking, &sync::FullItem) -> Value + Send + 'static,
) -> anyhow::Result<Answer> {
    desk.ask(visitor, move |asking| {
        let item: Vec<Item> = asking.reader.item(StoryId(id))?.into_iter().collect();
        let full = asking.reader.full_items(&item)?;
        Ok(full.first().map_or_else(not_found, |full| Answer::json(spell(asking, full).to_string())))
    })
    .await
}

async fn feed(desk: &Inner, visitor: &Visitor, id: FeedId, status: StatusCode) -> anyhow::Result<Answer> {
    desk.ask(visitor, move |asking| {
        let feed = asking.account.feed(id);
        Ok(feed.map_or_else(not_found, |feed| Answer::json(sync::miniflux::feed(&asking.account, feed).to_string()).with(status)))
    })
    .await
}

async fn mark(desk: &Inner, body: &[u8]) -> anyhow::Result<Answer> {
    let marked = match sync::miniflux::marked(body) {
        Ok(marked) => marked,
        Err(why) => return Ok(wrong(why)),
    };
    desk.mark(marked.items, Marking { read: marked.read, starred: marked.starred }).await?;
    Ok(done())
}

async fn bookmark(desk: &Inner, visitor: &Visitor, id: i64) -> anyhow::Result<Answer> {
    let Some(item) = desk.ask(visitor, move |asking| asking.reader.item(StoryId(id))).await? else { return Ok(not_found()) };
    desk.mark(vec![item.story], if item.starred { Marking::UNSTARRED } else { Marking::STARRED }).await?;
    Ok(done())
}

async fn mark_all(desk: &Inner, visitor: &Visitor, of: Of) -> anyhow::Result<Answer> {
    let unread = desk
        .ask(visitor, move |asking| {
            let filter = ItemFilter { read: Some(false), feeds: of.feeds(asking), ..asking.filter() };
            let (items, _) = asking.reader.items(&filter, usize::MAX, asking.now)?;
            Ok(items.into_iter().map(|item| item.story).collect::<Vec<_>>())
        })
        .await?;
    desk.mark(unread, Marking::READ).await?;
    Ok(done())
}

fn object(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().filter(Value::is_object)
}

/// The tags that the folder of a number stands for; an error where there is none.
async fn tags_of(desk: &Inner, visitor: &Visitor, number: Option<i64>) -> anyhow::Result<Result<Vec<String>, Answer>> {
    let Some(number) = number else { return Ok(Ok(Vec::new())) };
    desk.ask(visitor, move |asking| {
        let found = sync::miniflux::folder(&asking.account, number);
        Ok(match found {
            Some((_, tag)) => Ok(tag.into_iter().map(str::to_owned).collect()),
            None => Err(wrong("no category has this number")),
        })
    })
    .await
}

async fn subscribe(desk: &Inner, visitor: &Visitor, body: &[u8]) -> anyhow::Result<Answer> {
    let Some(body) = object(body) else { return Ok(wrong("the body is not a JSON object")) };
    let Some(url) = body["feed_url"].as_str() else { return Ok(wrong("feed_url is missing")) };
    let tags = match tags_of(desk, visitor, body["category_id"].as_i64()).await? {
        Ok(tags) => tags,
        Err(answer) => return Ok(answer),
    };
    match desk.edit(ListEdit::Add { url: url.to_owned(), title: None, tags }).await? {
        ListReply::Added { url } => {
            let id = desk.ask(visitor, move |asking| Ok(asking.account.feed_at(&url).map(|feed| feed.id))).await?;
            Ok(id.map_or_else(not_found, |id| Answer::json(json!({"feed_id": id}).to_string()).with(StatusCode::CREATED)))
        }
        other => Ok(said(other)),
    }
}

/// The address in the list, and the tags, of a feed.
async fn listed(desk: &Inner, visitor: &Visitor, id: FeedId) -> anyhow::Result<Option<(String, Vec<String>)>> {
    desk.ask(visitor, move |asking| Ok(asking.account.feed(id).map(|feed| (feed.url.clone(), feed.tags.clone())))).await
}

async fn change_feed(desk: &Inner, visitor: &Visitor, id: FeedId, body: &[u8]) -> anyhow::Result<Answer> {
    let Some(body) = object(body) else { return Ok(wrong("the body is not a JSON object")) };
    let Some((url, mut tags)) = listed(desk, visitor, id).await? else { return Ok(not_found()) };
    let title = body["title"].as_str().map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned);
    let folder = match tags_of(desk, visitor, body["category_id"].as_i64()).await? {
        Ok(folder) => folder,
        Err(answer) => return Ok(answer),
    };
    let is_moved = body["category_id"].is_i64() && tags.first() != folder.first();
    if is_moved {
        // The folder of this protocol is the first tag; the others stay.
        tags = folder.iter().cloned().chain(tags.into_iter().skip(1).filter(|tag| !folder.contains(tag))).collect();
    }
    match desk.edit(ListEdit::Change { url, title, tags: is_moved.then_some(tags) }).await? {
        ListReply::Done => feed(desk, visitor, id, StatusCode::CREATED).await,
        other => Ok(said(other)),
    }
}

async fn unsubscribe(desk: &Inner, visitor: &Visitor, id: FeedId) -> anyhow::Result<Answer> {
    let Some((url, _)) = listed(desk, visitor, id).await? else { return Ok(not_found()) };
    Ok(said(desk.edit(ListEdit::Remove { url }).await?))
}

async fn discover(desk: &Inner, body: &[u8]) -> anyhow::Result<Answer> {
    let Some(url) = object(body).and_then(|body| body["url"].as_str().map(str::to_owned)) else {
        return Ok(wrong("url is missing"));
    };
    Ok(match desk.edit(ListEdit::Discover { url }).await? {
        ListReply::Found(feeds) => {
            let feeds = feeds.into_iter().map(|(url, title)| json!({"url": url, "title": title, "type": "rss"}));
            Answer::json(Value::from(feeds.collect::<Vec<_>>()).to_string())
        }
        other => said(other),
    })
}

fn title_of(body: &[u8]) -> Option<String> {
    let body = object(body)?;
    let title = body["title"].as_str().map(str::trim).filter(|title| !title.is_empty())?;
    Some(title.to_owned())
}

/// A folder is a tag, and there as long as a feed has it: until then it is remembered that it was made.
async fn make_folder(desk: &Inner, body: &[u8]) -> anyhow::Result<Answer> {
    let Some(title) = title_of(body) else { return Ok(wrong("title is missing")) };
    desk.make_folder(&title);
    Ok(Answer::json(sync::miniflux::category(&title).to_string()).with(StatusCode::CREATED))
}

/// The name of the folder of a number, and whether a feed is in it.
async fn folder(desk: &Inner, visitor: &Visitor, id: i64) -> anyhow::Result<Option<(String, bool)>> {
    let renamed = desk.name_of_renamed(id);
    desk.ask(visitor, move |asking| {
        let is_meant = |name: &&str| folder_number(name) == id || renamed.as_deref() == Some(name);
        let name = asking.account.folders().into_iter().find(is_meant);
        Ok(name.map(|name| (name.to_owned(), !asking.account.feeds_in(name).is_empty())))
    })
    .await
}

async fn rename_folder(desk: &Inner, visitor: &Visitor, id: i64, body: &[u8]) -> anyhow::Result<Answer> {
    let Some(to) = title_of(body) else { return Ok(wrong("title is missing")) };
    let Some((from, is_used)) = folder(desk, visitor, id).await? else { return Ok(not_found()) };
    if is_used {
        match desk.edit(ListEdit::Retag { from: from.clone(), to: Some(to.clone()) }).await? {
            ListReply::Done => {}
            other => return Ok(said(other)),
        }
    }
    if desk.forget_folder(&from) {
        desk.make_folder(&to);
    }
    // A number is made of a name: the app that renamed it knows the folder by the old one.
    desk.renamed_folder(id, &to);
    Ok(Answer::json(sync::miniflux::category(&to).to_string()).with(StatusCode::CREATED))
}

/// The tag goes; the feeds that have it stay.
async fn remove_folder(desk: &Inner, visitor: &Visitor, id: i64) -> anyhow::Result<Answer> {
    let Some((name, is_used)) = folder(desk, visitor, id).await? else { return Ok(not_found()) };
    desk.forget_folder(&name);
    if is_used { Ok(said(desk.edit(ListEdit::Retag { from: name, to: None }).await?)) } else { Ok(done()) }
}
