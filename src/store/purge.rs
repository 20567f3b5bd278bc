//! A feed's entries removed for good, because a person wants that.

use super::base::{SearchChange, Store};
use super::faces::refresh_story;
use crate::model::{EntryId, FeedId, StoryId, Timestamp};
use crate::records::StoryChange;
use rusqlite::params;
use std::collections::HashSet;

/// Removes a feed's entries and the stories that nobody else carried; returns how many stories went.
pub(super) fn remove_entries(store: &mut Store, feed: FeedId, now: Timestamp) -> rusqlite::Result<usize> {
    let gone: Vec<(i64, Option<i64>)> = {
        let mut all = store.connection.prepare("SELECT id, story_id FROM entries WHERE feed_id = ?")?;
        all.query_map([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?
    };
    let mut stories: Vec<i64> = gone.iter().filter_map(|(_, story)| *story).collect();
    stories.sort_unstable();
    stories.dedup();
    let ids: HashSet<i64> = gone.iter().map(|(entry, _)| *entry).collect();
    store.searchable.retain(|text| !ids.contains(&text.entry.0));
    // An index that is being built from the tables may have read them before this.
    store.epoch += 1;
    for (entry, _) in &gone {
        store.search(SearchChange::Delete(EntryId(*entry)))?;
        for sql in [
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
    // Numbers of entries are given again: what a person said of those that are gone must not be said of others.
    store.connection.execute_batch(
        "DELETE FROM constraints WHERE entry_a NOT IN (SELECT id FROM entries) OR entry_b NOT IN (SELECT id FROM entries);
         DELETE FROM moves WHERE entry_id NOT IN (SELECT id FROM entries);
         DELETE FROM article_bodies WHERE article_id NOT IN (SELECT article_id FROM entries WHERE article_id IS NOT NULL);
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
        store.forget_items(StoryId(story))?;
        store.connection.execute("DELETE FROM stories WHERE id = ? OR redirect_to = ?", [story, story])?;
        store.changed.stories.push((StoryId(story), StoryChange::Removed));
        n_stories += 1;
    }
    Ok(n_stories)
}
