//! A story's face: who represents it, when it began, how many tell it. What decides that is the story room's.

use super::base::Store;
use super::rows::earlier;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::records::StoryChange;
use crate::story::{Completeness, Face, representative};
use rusqlite::params;
use std::collections::HashSet;

/// A member, as far as the story's face goes.
struct Member {
    face: Face,
    feed: i64,
    is_copy: bool,
    language: Option<String>,
    first_seen: i64,
}

/// Computes a story's face anew from its members; one without members stays as it is.
pub(super) fn refresh_story(store: &mut Store, story: StoryId, now: Timestamp) -> rusqlite::Result<()> {
    let stamp = store.stamp(now);
    let members = members(store, story)?;
    let faces: Vec<Face> = members.iter().map(|member| member.face).collect();
    let Some(best) = representative(&faces) else { return Ok(()) };
    let language = members.iter().find(|member| member.face.entry == best).and_then(|member| member.language.as_deref());
    // A copy counts with its original.
    let tellers: HashSet<i64> = members.iter().filter(|member| !member.is_copy).map(|member| member.feed).collect();
    store
        .connection
        .prepare_cached(
            "UPDATE stories SET representative = ?2, language = ?3, updated = ?4, sort_at = ?5, first_seen = ?6, n_sources = ?7 WHERE id = ?1",
        )?
        .execute(params![
            story.0,
            best.0,
            language,
            stamp.0,
            faces.iter().map(|face| face.at.0).min(),
            members.iter().map(|member| member.first_seen).min(),
            tellers.len().max(1) as i64,
        ])?;
    store.changed.stories.push((story, StoryChange::Changed));
    Ok(())
}

fn members(store: &Store, story: StoryId) -> rusqlite::Result<Vec<Member>> {
    let mut all = store.connection.prepare_cached(
        "SELECT e.id, e.feed_id, e.duplicate_of IS NOT NULL, e.language, e.claimed, e.first_seen, f.priority, f.private, a.state IS 1,
           coalesce((SELECT n_bytes FROM bodies WHERE id = b.body), octet_length(b.html), 0)
         FROM entries e JOIN feeds f ON f.id = e.feed_id LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN entry_bodies b ON b.entry_id = e.id
         WHERE e.story_id = ?",
    )?;
    let rows = all.query_map([story.0], |row| {
        let (first_seen, own_bytes): (i64, i64) = (row.get(5)?, row.get(9)?);
        Ok(Member {
            face: Face {
                entry: EntryId(row.get(0)?),
                private: row.get(7)?,
                priority: row.get(6)?,
                completeness: Completeness::of(row.get(8)?, usize::try_from(own_bytes).unwrap_or(0)),
                at: earlier(row.get(4)?, first_seen),
            },
            feed: row.get(1)?,
            is_copy: row.get(2)?,
            language: row.get(3)?,
            first_seen,
        })
    })?;
    rows.collect()
}
