//! Entries: what a poll read is compared with what is known, and taken in.

use super::feeds::FeedChange;
use super::settle::{Founder, Ready, refresh_story, rung_name};
use super::{Key, Store};
use crate::feed::{Attribution, Enclosure};
use crate::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use crate::story::Decision;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// An entry as a poll read it, its body cleaned.
#[derive(Clone, Debug)]
pub struct Draft {
    /// By which it is known inside its feed.
    pub key: Key,
    /// Of its link, by which it is known again where its feed gave it a new id.
    pub link_key: Option<Key>,
    pub link: Option<String>,
    pub title: String,
    pub author: Option<String>,
    pub language: Option<String>,
    pub claimed: Option<Timestamp>,
    /// Sanitised. `None`: the entry is known and its `content_hash` is the stored one, so that nothing was cleaned.
    pub html: Option<String>,
    /// Of what a reader sees: it decides whether an entry was edited. Dates are not in it.
    pub content_hash: Key,
    pub extra: Extra,
    /// The page to fetch, where one is wanted.
    pub article: Option<WantedArticle>,
    /// Where nothing is waited for: the entry is settled in the commit that brings it, if it can be.
    pub ready: Option<Ready>,
}

/// The page behind an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedArticle {
    /// Of its normalised address.
    pub key: Key,
    pub url: String,
    /// Until when the entry waits for it before it is published without.
    pub wait_until: Timestamp,
}

/// What is kept of an entry beside the columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enclosure: Option<StoredEnclosure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredEnclosure {
    pub url: String,
    pub media_type: Option<String>,
    pub length: Option<u64>,
}

impl Extra {
    pub fn new(
        categories: Vec<String>,
        enclosure: Option<&Enclosure>,
        comments: Option<String>,
        source: Option<&Attribution>,
    ) -> Extra {
        Extra {
            categories,
            enclosure: enclosure.map(|e| StoredEnclosure {
                url: e.url.clone(),
                media_type: e.media_type.clone(),
                length: e.length,
            }),
            comments,
            source_title: source.and_then(|s| s.title.clone()),
            source_url: source.and_then(|s| s.url.clone()),
        }
    }
}

/// An entry whose text changes with every poll (a counter in it) is updated this often and then left alone.
const MAX_EDITS: i64 = 24;

/// An entry is pending (0) until it is published without its article, or is done.
pub(super) const PROVISIONAL: i64 = 1;
pub(super) const SETTLED: i64 = 2;

/// Takes in what a feed holds now: new entries are added, edited ones updated, the rest left as it is.
pub(super) fn save(store: &mut Store, feed: FeedId, drafts: &[Draft], at: Timestamp) -> rusqlite::Result<FeedChange> {
    let mut change = FeedChange::default();
    let feed = Feed::read(store, feed)?;
    let present: HashSet<Key> = drafts.iter().map(|draft| draft.key).collect();
    // One id twice in one document: the one that stands last counts, on every poll.
    let mut taken = HashSet::new();
    let mut drafts: Vec<&Draft> = drafts.iter().rev().filter(|draft| taken.insert(draft.key)).collect();
    // The earliest is the first to have been there; of those without a date, the one that stands last.
    drafts.sort_by_key(|draft| draft.claimed.map_or(at, |claimed| claimed.min(at)));
    if let Some(index) = &mut store.index {
        index.expire(at);
    }
    for draft in drafts {
        let known = match feed.is_empty {
            true => None,
            false => match find(store, feed.id, &draft.key)? {
                None => find_renamed(store, feed.id, draft, &present)?,
                found => found,
            },
        };
        match (known, &draft.html) {
            (None, Some(html)) => {
                insert(store, &feed, draft, html, at, &mut change)?;
                change.n_new += 1;
            }
            (Some(known), Some(html)) if known.content_hash != draft.content_hash && known.n_edits < MAX_EDITS => {
                update(store, &known, draft, html, at)?;
                change.n_edited += 1;
                change.n_ready += 1;
            }
            _ => {}
        }
    }
    Ok(change)
}

/// The feed whose entries are taken in.
struct Feed {
    id: FeedId,
    key: String,
    /// It had no entry when this commit began: none of its entries can be known.
    is_empty: bool,
}

impl Feed {
    fn read(store: &Store, id: FeedId) -> rusqlite::Result<Feed> {
        store
            .connection
            .prepare_cached("SELECT key, NOT EXISTS(SELECT 1 FROM entries WHERE feed_id = ?1) FROM feeds WHERE id = ?1")?
            .query_row([id.0], |row| Ok(Feed { id, key: row.get(0)?, is_empty: row.get(1)? }))
    }
}

struct Known {
    id: EntryId,
    content_hash: Key,
    n_edits: i64,
    state: i64,
    claimed: Option<i64>,
}

fn find(store: &Store, feed: FeedId, key: &Key) -> rusqlite::Result<Option<Known>> {
    store
        .connection
        .prepare_cached("SELECT id, content_hash, n_edits, state, claimed FROM entries WHERE feed_id = ? AND key = ?")?
        .query_row(params![feed.0, key], known)
        .optional()
}

fn known(row: &rusqlite::Row) -> rusqlite::Result<Known> {
    Ok(Known {
        id: EntryId(row.get(0)?),
        content_hash: row.get(1)?,
        n_edits: row.get(2)?,
        state: row.get(3)?,
        claimed: row.get(4)?,
    })
}

/// An entry that came back under a new id: the same feed, the same link, and the old id is in the feed no more. Only
/// where one known entry has that link: on a feed whose entries all link to one page a link says nothing.
fn find_renamed(store: &Store, feed: FeedId, draft: &Draft, present: &HashSet<Key>) -> rusqlite::Result<Option<Known>> {
    let Some(link_key) = draft.link_key else { return Ok(None) };
    let mut of_link = store.connection.prepare_cached(
        "SELECT e.id, e.content_hash, e.n_edits, e.state, e.claimed, e.key FROM entry_addresses a JOIN entries e ON e.id = a.entry_id
         WHERE a.key = ? AND a.kind = 0 AND e.feed_id = ? LIMIT 2",
    )?;
    let found: Vec<(Known, Key)> =
        of_link.query_map(params![link_key, feed.0], |row| Ok((known(row)?, row.get(5)?)))?.collect::<rusqlite::Result<_>>()?;
    match <[_; 1]>::try_from(found) {
        Ok([(entry, old_key)]) if !present.contains(&old_key) => {
            store
                .connection
                .prepare_cached("UPDATE entries SET key = ? WHERE id = ?")?
                .execute(params![draft.key, entry.id.0])?;
            Ok(Some(entry))
        }
        _ => Ok(None),
    }
}

fn insert(
    store: &mut Store,
    feed: &Feed,
    draft: &Draft,
    html: &str,
    at: Timestamp,
    change: &mut FeedChange,
) -> rusqlite::Result<()> {
    let first_seen = store.stamp(at);
    let article = match &draft.article {
        Some(wanted) => want_article(store, wanted, at)?,
        None => None,
    };
    // An article that another entry already brought is here at once.
    let waits = matches!(article, Some((_, super::articles::WANTED)));
    let wait_until = draft.article.as_ref().filter(|_| waits).map(|wanted| wanted.wait_until.0);
    change.n_wanted += usize::from(waits);
    if let (Some(ready), None) = (&draft.ready, article)
        && (store.index.is_some() || ready.dedupe == Dedupe::Off)
    {
        return insert_settled(store, feed, draft, html, ready, first_seen, change);
    }
    change.n_ready += usize::from(!waits);
    store
        .connection
        .prepare_cached(
            "INSERT INTO entries(feed_id, key, link, title, author, language, claimed, first_seen, updated, content_hash, extra, state, ready, wait_until, article_id)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, 0, ?11, ?12, ?13)",
        )?
        .execute(params![
            feed.id.0,
            draft.key,
            draft.link,
            draft.title,
            draft.author,
            draft.language,
            draft.claimed.map(|at| at.0),
            first_seen.0,
            draft.content_hash,
            serde_json::to_string(&draft.extra).unwrap_or_default(),
            !waits,
            wait_until,
            article.map(|(id, _)| id),
        ])?;
    insert_rest(store, draft, html, store.connection.last_insert_rowid())
}

/// An entry that waits for nothing, with its story: written once, as settling would leave it.
fn insert_settled(
    store: &mut Store,
    feed: &Feed,
    draft: &Draft,
    html: &str,
    ready: &Ready,
    first_seen: Timestamp,
    change: &mut FeedChange,
) -> rusqlite::Result<()> {
    let last: Option<i64> = store.connection.prepare_cached("SELECT max(id) FROM entries")?.query_row([], |row| row.get(0))?;
    let entry = EntryId(last.unwrap_or(0) + 1);
    let at = draft.claimed.map_or(first_seen, |claimed| claimed.min(first_seen));
    let prepared = ready.prepared.clone().map(|mut prepared| {
        (prepared.entry, prepared.at) = (entry, at);
        prepared
    });
    let decision = match ready.dedupe {
        Dedupe::Off => Decision::alone(),
        _ => store.decide((entry, feed.id, at), ready, prepared.as_ref())?.unwrap_or_else(Decision::alone),
    };
    let founder = Founder { entry, feed_key: &feed.key, key: &draft.key, at, first_seen };
    let story = match decision.join {
        Some(story) => story,
        None => store.create_story(&founder, ready.language.as_deref(), first_seen)?,
    };
    store
        .connection
        .prepare_cached(
            "INSERT INTO entries(id, feed_id, key, link, title, author, language, claimed, first_seen, settled, updated, content_hash, extra, state,
               ready, story_id, rung, evidence, duplicate_of, model, joined)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?9, ?10, ?11, 2, 0, ?12, ?13, ?14, ?15, ?16, ?9)",
        )?
        .execute(params![
            entry.0,
            feed.id.0,
            draft.key,
            draft.link,
            draft.title,
            draft.author,
            ready.language,
            draft.claimed.map(|at| at.0),
            first_seen.0,
            draft.content_hash,
            serde_json::to_string(&draft.extra).unwrap_or_default(),
            story.0,
            rung_name(decision.rung),
            serde_json::to_string(&decision.evidence).unwrap_or_default(),
            decision.duplicate_of.map(|entry| entry.0),
            crate::story::MODEL_VERSION,
        ])?;
    insert_rest(store, draft, html, entry.0)?;
    store.save_addresses(entry, &ready.keys)?;
    if decision.join.is_some() {
        refresh_story(store, story, first_seen)?;
    }
    if let (Some(index), Some(prepared)) = (&mut store.index, prepared) {
        index.insert(prepared, story);
    }
    store.unindexed.push((entry, ready.terms.clone()));
    store.generation += 1;
    change.n_settled += 1;
    Ok(())
}

/// What is kept of an entry beside its row.
fn insert_rest(store: &Store, draft: &Draft, html: &str, id: i64) -> rusqlite::Result<()> {
    store.connection.prepare_cached("INSERT INTO entry_bodies(entry_id, html) VALUES(?, ?)")?.execute(params![id, html])?;
    if let Some(link_key) = draft.link_key {
        store
            .connection
            .prepare_cached("INSERT INTO entry_addresses(key, entry_id, kind) VALUES(?, ?, 0) ON CONFLICT DO NOTHING")?
            .execute(params![link_key, id])?;
    }
    Ok(())
}

/// The article of an address, asked for if it is not there yet: its id and state.
fn want_article(store: &Store, wanted: &WantedArticle, at: Timestamp) -> rusqlite::Result<Option<(i64, i64)>> {
    let host = super::feeds::host_of(&wanted.url);
    store
        .connection
        .prepare_cached(
            "INSERT INTO articles(key, url, host, state, next_try) VALUES(?, ?, ?, 0, ?)
             ON CONFLICT DO UPDATE SET url = url RETURNING id, state",
        )?
        .query_row(params![wanted.key, wanted.url, host, at.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// An edited entry keeps its identity, its place and its article; its own assignment is made again.
fn update(store: &mut Store, known: &Known, draft: &Draft, html: &str, at: Timestamp) -> rusqlite::Result<()> {
    let updated = store.stamp(at);
    // The first date that a feed claims stays: one that moves with every poll would pin its entry to the top.
    let claimed = known.claimed.or(draft.claimed.map(|at| at.0));
    store
        .connection
        .prepare_cached(
            "UPDATE entries SET link = ?2, title = ?3, author = ?4, language = ?5, claimed = ?6, updated = ?7, content_hash = ?8, extra = ?9,
               n_edits = n_edits + 1, ready = iif(state = 2, 1, ready) WHERE id = ?1",
        )?
        .execute(params![
            known.id.0,
            draft.link,
            draft.title,
            draft.author,
            draft.language,
            claimed,
            updated.0,
            draft.content_hash,
            serde_json::to_string(&draft.extra).unwrap_or_default(),
        ])?;
    store.connection.prepare_cached("UPDATE entry_bodies SET html = ? WHERE entry_id = ?")?.execute(params![html, known.id.0])?;
    if known.state == PROVISIONAL {
        store.connection.prepare_cached("UPDATE entries SET ready = 1 WHERE id = ?")?.execute([known.id.0])?;
    }
    if let Some(link_key) = draft.link_key {
        store
            .connection
            .prepare_cached("INSERT INTO entry_addresses(key, entry_id, kind) VALUES(?, ?, 0) ON CONFLICT DO NOTHING")?
            .execute(params![link_key, known.id.0])?;
    }
    Ok(())
}

/// Removes a feed's entries and the stories that nobody else carried; returns how many stories went.
pub(super) fn purge(store: &mut Store, feed: FeedId, now: Timestamp) -> rusqlite::Result<usize> {
    let gone: Vec<(i64, Option<i64>)> = {
        let mut all = store.connection.prepare("SELECT id, story_id FROM entries WHERE feed_id = ?")?;
        all.query_map([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?
    };
    let mut stories: Vec<i64> = gone.iter().filter_map(|(_, story)| *story).collect();
    stories.sort_unstable();
    stories.dedup();
    store.unindexed.retain(|(entry, _)| gone.iter().all(|(gone, _)| *gone != entry.0));
    for (entry, _) in &gone {
        for sql in [
            "DELETE FROM search WHERE rowid = ?",
            "DELETE FROM entry_addresses WHERE entry_id = ?",
            "DELETE FROM entry_bodies WHERE entry_id = ?",
            "DELETE FROM entries WHERE id = ?",
        ] {
            store.connection.prepare_cached(sql)?.execute([entry])?;
        }
        if let Some(index) = &mut store.index {
            index.remove(EntryId(*entry));
        }
    }
    store.connection.execute_batch(
        "DELETE FROM article_bodies WHERE article_id NOT IN (SELECT article_id FROM entries WHERE article_id IS NOT NULL);
         DELETE FROM articles WHERE id NOT IN (SELECT article_id FROM entries WHERE article_id IS NOT NULL);",
    )?;
    let mut n_stories = 0;
    for story in stories {
        let left: i64 =
            store.connection.query_row("SELECT count(*) FROM entries WHERE story_id = ?", [story], |row| row.get(0))?;
        if left > 0 {
            refresh_story(store, StoryId(story), now)?;
            continue;
        }
        let urn: Vec<u8> = store.connection.query_row("SELECT urn FROM stories WHERE id = ?", [story], |row| row.get(0))?;
        store.connection.execute(
            "INSERT INTO tombstones(kind, id, removed) VALUES('story', ?, ?) ON CONFLICT DO UPDATE SET removed = excluded.removed",
            params![urn, now.0],
        )?;
        store.connection.execute("DELETE FROM stories WHERE id = ? OR redirect_to = ?", [story, story])?;
        n_stories += 1;
    }
    Ok(n_stories)
}
