//! Google Reader's API. What it answers is spelt by `sync::greader`.

use super::desk::{Answer, Asking, Call, Inner, Visitor};
use crate::model::{FeedId, StoryId};
use crate::records::{Item, ListEdit, ListReply, Marking};
use crate::store::ItemFilter;
use crate::sync::{self, Fields, Stream, item_number, microseconds};
use axum::http::{Method, StatusCode};
use std::collections::HashSet;

/// Items of a page where nothing is said.
const PAGE: usize = 20;
/// Bodies of one answer at most.
const MAX_CONTENTS: usize = 1000;

pub async fn answer(desk: &Inner, call: Call) -> anyhow::Result<Answer> {
    let Call { visitor, fields, .. } = &call;
    // Clients send what they change as a form; whatever else they send by mistake changes nothing.
    let changes = call.method == Method::POST;
    match call.path.trim_end_matches('/') {
        // Every token is taken where the header is right: there are no cookies, so nothing can be forged by another site.
        "token" => Ok(Answer::text(StatusCode::OK, "courant\n")),
        "user-info" => desk.ask(visitor, |asking| Ok(Answer::json(sync::greader::user_info(&asking.account)))).await,
        "subscription/list" => desk.ask(visitor, |asking| Ok(Answer::list(sync::greader::subscriptions(&asking.account)))).await,
        "tag/list" => desk.ask(visitor, |asking| Ok(Answer::list(sync::greader::tags(&asking.account)))).await,
        "unread-count" => desk.ask(visitor, unread_count).await,
        "stream/items/ids" => {
            let fields = fields.clone();
            desk.ask(visitor, move |asking| ids(asking, &fields)).await
        }
        "stream/items/contents" => {
            let fields = fields.clone();
            desk.ask(visitor, move |asking| items_contents(asking, &fields)).await
        }
        "stream/contents" => stream(desk, visitor, fields, None).await,
        "edit-tag" if changes => edit_tag(desk, fields).await,
        "mark-all-as-read" if changes => mark_all(desk, visitor, fields).await,
        "subscription/quickadd" if changes => quick_add(desk, visitor, fields).await,
        "subscription/edit" if changes => edit(desk, visitor, fields).await,
        "subscription/export" => desk.ask(visitor, |asking| Ok(Answer::opml(super::desk::export(&asking.account)))).await,
        "subscription/import" if changes => {
            let edit = ListEdit::Import { opml: call.body.to_vec() };
            Ok(said(desk.edit(edit).await?))
        }
        "rename-tag" if changes => rename_tag(desk, visitor, fields, fields.get("dest")).await,
        "disable-tag" if changes => rename_tag(desk, visitor, fields, None).await,
        path => match path.strip_prefix("stream/contents/") {
            Some(name) => stream(desk, visitor, fields, Some(name)).await,
            None => Ok(refused(StatusCode::NOT_FOUND, "no such call")),
        },
    }
}

fn ok() -> Answer {
    Answer::text(StatusCode::OK, "OK")
}

fn refused(status: StatusCode, why: &str) -> Answer {
    Answer::text(status, format!("{why}\n"))
}

fn wrong(why: &str) -> Answer {
    refused(StatusCode::BAD_REQUEST, why)
}

/// The list's answer in this protocol's words.
fn said(reply: ListReply) -> Answer {
    match reply {
        ListReply::Done | ListReply::Added { .. } | ListReply::Found(_) => ok(),
        ListReply::ReadOnly(why) => refused(StatusCode::FORBIDDEN, &why),
        ListReply::Refused(why) => wrong(&why),
    }
}

fn unread_count(asking: &Asking) -> rusqlite::Result<Answer> {
    let counts = asking.reader.unread_counts(asking.filter(), asking.now)?;
    Ok(Answer::json(sync::greader::unread_counts(&asking.account, &counts)))
}

/// A page of a stream.
struct Page {
    filter: ItemFilter,
    n_items: usize,
}

/// Adds to a filter that items must be in a stream, or must not.
fn narrow(filter: &mut ItemFilter, stream: &Stream, asking: &Asking, wanted: bool) {
    let mut nothing = false;
    let mut state = |known: &mut Option<bool>, value: bool| match *known {
        Some(other) => nothing |= other != value,
        None => *known = Some(value),
    };
    match stream {
        Stream::ReadingList if wanted => {}
        Stream::Read => state(&mut filter.read, wanted),
        Stream::Unread => state(&mut filter.read, !wanted),
        Stream::Starred => state(&mut filter.starred, wanted),
        // Nothing is in a list that is not kept.
        Stream::Other => nothing = wanted,
        Stream::ReadingList => nothing = true,
        Stream::Label(_) | Stream::Feed(_) | Stream::FeedAt(_) => {
            let named = stream.feeds(&asking.account).unwrap_or_default();
            let known = filter.feeds.take().unwrap_or_else(|| asking.account.all_feeds());
            filter.feeds = Some(known.into_iter().filter(|feed| named.contains(feed) == wanted).collect());
        }
    }
    if nothing {
        filter.feeds = Some(HashSet::new());
    }
}

/// `named`: the stream that the path names. An unknown one has nothing in it, and is never everything.
fn page(asking: &Asking, fields: &Fields, named: Option<&str>) -> Result<Page, String> {
    let mut filter = asking.filter();
    let stream = |name: &str| Stream::read(name).unwrap_or(Stream::Other);
    narrow(&mut filter, &named.or(fields.get("s")).map_or(Stream::ReadingList, stream), asking, true);
    for name in fields.all("it") {
        narrow(&mut filter, &stream(name), asking, true);
    }
    for name in fields.all("xt") {
        narrow(&mut filter, &stream(name), asking, false);
    }
    let seconds = |number: Option<i64>| number.map(|seconds| seconds.saturating_mul(1_000_000));
    filter.shown_from = seconds(fields.number("ot")?);
    filter.shown_until = seconds(fields.number("nt")?.filter(|until| *until > 0));
    filter.ascending = fields.get("r") == Some("o");
    // An item's number, not a place in a list: nothing is lost however the list changes between two pages.
    let next = fields.number("c")?.map(StoryId);
    if filter.ascending {
        filter.above = next
    } else {
        filter.below = next
    }
    let n_items = fields.number("n").ok().flatten().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    Ok(Page { filter, n_items: n_items.unwrap_or(PAGE) })
}

/// A page's items, and where the next one goes on.
fn items(asking: &Asking, page: &Page, limit: usize) -> rusqlite::Result<(Vec<Item>, Option<StoryId>)> {
    let (items, more) = asking.reader.items(&page.filter, page.n_items.min(limit), asking.now)?;
    let next = items.last().filter(|_| more).map(|item| item.story);
    Ok((items, next))
}

fn ids(asking: &Asking, fields: &Fields) -> rusqlite::Result<Answer> {
    let page = match page(asking, fields, None) {
        Ok(page) => page,
        Err(why) => return Ok(wrong(&why)),
    };
    let (items, next) = items(asking, &page, usize::MAX)?;
    Ok(Answer::json(sync::greader::ids(&items, next)))
}

async fn stream(desk: &Inner, visitor: &Visitor, fields: &Fields, named: Option<&str>) -> anyhow::Result<Answer> {
    let (fields, named) = (fields.clone(), named.map(str::to_owned));
    desk.ask(visitor, move |asking| {
        let page = match page(asking, &fields, named.as_deref()) {
            Ok(page) => page,
            Err(why) => return Ok(wrong(&why)),
        };
        let (items, next) = items(asking, &page, MAX_CONTENTS)?;
        let name = named.as_deref().or(fields.get("s")).unwrap_or("user/-/state/com.google/reading-list");
        contents(asking, name, &items, next)
    })
    .await
}

fn contents(asking: &Asking, name: &str, items: &[Item], next: Option<StoryId>) -> rusqlite::Result<Answer> {
    let full = asking.reader.full_items(items)?;
    Ok(Answer::json(sync::greader::contents(&asking.account, name, &full, next, asking.now.0 / 1000)))
}

/// The items of a list of ids, in its order; what is unknown is left out.
fn items_contents(asking: &Asking, fields: &Fields) -> rusqlite::Result<Answer> {
    let Some(stories) = fields.all("i").map(item_number).collect::<Option<Vec<_>>>() else {
        return Ok(wrong("an id is not one"));
    };
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    for story in stories {
        if seen.insert(story) && items.len() < MAX_CONTENTS {
            items.extend(asking.reader.item(story)?);
        }
    }
    contents(asking, "user/-/state/com.google/reading-list", &items, None)
}

/// What states that begin (`a`) and end (`r`) mean; an error for what is none of ours.
fn marking(fields: &Fields) -> Result<Marking, &'static str> {
    let streams = |name: &'static str| -> Result<Vec<Stream>, &'static str> {
        fields.all(name).map(|text| Stream::read(text).ok_or("a state is not one")).collect()
    };
    let (added, removed) = (streams("a")?, streams("r")?);
    if added.is_empty() && removed.is_empty() {
        return Err("neither a nor r is given");
    }
    if added.iter().chain(&removed).any(|stream| matches!(stream, Stream::Label(_))) {
        return Err("labels of single items are not kept; a feed's folders are its tags");
    }
    let has = |streams: &[Stream], wanted: Stream| streams.contains(&wanted);
    let mut marking = Marking::default();
    if has(&added, Stream::Read) {
        marking.read = Some(true);
    } else if has(&removed, Stream::Read) || has(&added, Stream::Unread) {
        marking.read = Some(false);
    }
    if has(&added, Stream::Starred) {
        marking.starred = Some(true);
    } else if has(&removed, Stream::Starred) {
        marking.starred = Some(false);
    }
    Ok(marking)
}

async fn edit_tag(desk: &Inner, fields: &Fields) -> anyhow::Result<Answer> {
    let marking = match marking(fields) {
        Ok(marking) => marking,
        Err(why) => return Ok(wrong(why)),
    };
    let Some(stories) = fields.all("i").map(item_number).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty()) else {
        return Ok(wrong("i is missing, or an id is not one"));
    };
    if marking != Marking::default() {
        desk.mark(stories, marking).await?;
    }
    Ok(ok())
}

async fn mark_all(desk: &Inner, visitor: &Visitor, fields: &Fields) -> anyhow::Result<Answer> {
    let until = match microseconds(fields.get("ts")) {
        Ok(until) => until,
        Err(why) => return Ok(wrong(&why)),
    };
    let Some(stream) = fields.get("s").and_then(Stream::read).filter(|stream| *stream != Stream::Other) else {
        return Ok(wrong("s names no stream"));
    };
    let unread = desk
        .ask(visitor, move |asking| {
            let mut filter = ItemFilter { read: Some(false), shown_until: until, ..asking.filter() };
            narrow(&mut filter, &stream, asking, true);
            let (items, _) = asking.reader.items(&filter, usize::MAX, asking.now)?;
            Ok(items.into_iter().map(|item| item.story).collect::<Vec<_>>())
        })
        .await?;
    desk.mark(unread, Marking::READ).await?;
    Ok(ok())
}

async fn quick_add(desk: &Inner, visitor: &Visitor, fields: &Fields) -> anyhow::Result<Answer> {
    let given = fields.get("quickadd").unwrap_or_default();
    let url = given.strip_prefix("feed/").unwrap_or(given).to_owned();
    let reply = desk.edit(ListEdit::Add { url, title: None, tags: Vec::new() }).await?;
    let query = given.to_owned();
    desk.ask(visitor, move |asking| {
        Ok(Answer::json(match &reply {
            ListReply::Added { url } => match asking.account.feed_at(url) {
                Some(feed) => sync::greader::added(&query, Ok(feed)),
                None => sync::greader::added(&query, Err("it is in feeds.toml, but not taken over yet")),
            },
            ListReply::ReadOnly(why) | ListReply::Refused(why) => sync::greader::added(&query, Err(why)),
            ListReply::Done | ListReply::Found(_) => sync::greader::added(&query, Err("nothing was added")),
        }))
    })
    .await
}

/// A feed as an edit needs it: its address in the list, and its tags.
async fn listed(desk: &Inner, visitor: &Visitor, stream: Stream) -> anyhow::Result<Option<(String, Vec<String>)>> {
    desk.ask(visitor, move |asking| {
        let feed: Option<FeedId> = stream.feeds(&asking.account).and_then(|feeds| feeds.into_iter().next());
        Ok(feed.and_then(|feed| asking.account.feed(feed)).map(|feed| (feed.url.clone(), feed.tags.clone())))
    })
    .await
}

/// The folders of these streams.
fn labels(fields: &Fields, name: &str) -> Vec<String> {
    let label = |text: &str| match Stream::read(text) {
        Some(Stream::Label(label)) if !label.trim().is_empty() => Some(label),
        _ => None,
    };
    fields.all(name).filter_map(label).collect()
}

/// A feed's tags after folders were added and removed. An app that says only where a feed is to be (RSS Guard) knows one
/// folder, the first tag: the new one takes its place.
fn retagged(known: &[String], added: &[String], removed: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = known.iter().filter(|tag| !removed.contains(tag)).cloned().collect();
    let new: Vec<&String> = added.iter().filter(|tag| !known.contains(tag)).collect();
    if removed.is_empty() && !new.is_empty() && !tags.is_empty() {
        tags.remove(0);
    }
    tags.splice(0..0, new.into_iter().cloned());
    tags
}

async fn edit(desk: &Inner, visitor: &Visitor, fields: &Fields) -> anyhow::Result<Answer> {
    let title = fields.get("t").map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned);
    let (added, removed) = (labels(fields, "a"), labels(fields, "r"));
    let streams: Vec<Stream> = fields.all("s").filter_map(Stream::read).collect();
    if streams.is_empty() {
        return Ok(wrong("s names no feed"));
    }
    for stream in streams {
        let edit = match (fields.get("ac"), listed(desk, visitor, stream.clone()).await?) {
            (Some("subscribe"), None) => match stream {
                Stream::FeedAt(url) => ListEdit::Add { url, title: title.clone(), tags: added.clone() },
                _ => return Ok(wrong("s is not the address of a feed")),
            },
            (Some("unsubscribe"), Some((url, _))) => ListEdit::Remove { url },
            (Some("edit" | "subscribe"), Some((url, known))) => {
                let tags = Some(retagged(&known, &added, &removed)).filter(|tags| *tags != known);
                ListEdit::Change { url, title: title.clone(), tags }
            }
            (Some("unsubscribe" | "edit"), None) => return Ok(refused(StatusCode::NOT_FOUND, "no subscription is called so")),
            _ => return Ok(wrong("ac is not subscribe, unsubscribe or edit")),
        };
        match desk.edit(edit).await? {
            ListReply::Done | ListReply::Added { .. } => {}
            other => return Ok(said(other)),
        }
    }
    Ok(ok())
}

async fn rename_tag(desk: &Inner, visitor: &Visitor, fields: &Fields, to: Option<&str>) -> anyhow::Result<Answer> {
    let label = |text: &str| match Stream::read(text) {
        Some(Stream::Label(label)) => label,
        // Some clients send the bare name.
        _ => text.to_owned(),
    };
    let Some(from) = fields.get("s").or(fields.get("t")).map(label) else { return Ok(wrong("s is missing")) };
    let to = to.map(label);
    if fields.has("dest") && to.as_deref().is_none_or(|to| to.trim().is_empty()) {
        return Ok(wrong("dest is empty"));
    }
    let name = from.clone();
    let is_there = desk.ask(visitor, move |asking| Ok(!asking.account.feeds_in(&name).is_empty())).await?;
    if !is_there {
        return Ok(refused(StatusCode::NOT_FOUND, "no feed has this tag"));
    }
    Ok(said(desk.edit(ListEdit::Retag { from, to }).await?))
}
