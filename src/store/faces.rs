//! A story's face: who represents it, when it began, how many carried it.

use super::base::Store;
use crate::model::{StoryId, Timestamp};
use crate::records::StoryChange;
use rusqlite::params;

/// Computes a story's face anew from its members: who represents it, when it began, how many carried it.
pub(super) fn refresh_story(store: &mut Store, story: StoryId, now: Timestamp) -> rusqlite::Result<()> {
    let stamp = store.stamp(now);
    store
        .connection
        .prepare_cached(
            "WITH members AS (
               SELECT e.id, e.feed_id, e.duplicate_of, e.language, e.first_seen, min(coalesce(e.claimed, e.first_seen), e.first_seen) AS at, f.priority, f.private,
                 CASE WHEN a.state = 1 THEN 2 WHEN octet_length(b.html) > 2000 THEN 1 ELSE 0 END AS completeness
               FROM entries e JOIN feeds f ON f.id = e.feed_id LEFT JOIN articles a ON a.id = e.article_id LEFT JOIN entry_bodies b ON b.entry_id = e.id
               WHERE e.story_id = ?1),
             best AS (SELECT id, language FROM members ORDER BY private, priority DESC, completeness DESC, at, id LIMIT 1)
             UPDATE stories SET representative = (SELECT id FROM best), language = (SELECT language FROM best), updated = ?2,
               sort_at = (SELECT min(at) FROM members), first_seen = (SELECT min(first_seen) FROM members),
               n_sources = (SELECT max(count(DISTINCT feed_id), 1) FROM members WHERE duplicate_of IS NULL) WHERE id = ?1 AND EXISTS(SELECT 1 FROM members)",
        )?
        .execute(params![story.0, stamp.0])?;
    store.changed.stories.push((story, StoryChange::Changed));
    Ok(())
}
