-- Stories as reading apps have them: each is an item under its story's number, which is never given twice. `shown` is when
-- it could first be seen, in microseconds, strictly increasing with the number; `feed_id` the feed under which apps list it,
-- the one that told it first.
CREATE TABLE items(
  story_id   INTEGER PRIMARY KEY,
  shown      INTEGER NOT NULL,
  feed_id    INTEGER NOT NULL,
  hidden     INTEGER NOT NULL DEFAULT 0,        -- its story was merged into another
  read_at    INTEGER,
  starred_at INTEGER,
  marked     INTEGER,                           -- when either changed last
  gave       INTEGER NOT NULL DEFAULT 0         -- what the story it was merged into got by that: 1 read, 2 starred
) STRICT;
INSERT INTO items(story_id, shown, feed_id, hidden)
  SELECT s.id, 1000 * max(s.first_seen) OVER before + row_number() OVER before, coalesce(e.feed_id, 0), s.redirect_to IS NOT NULL
  FROM stories s LEFT JOIN entries e ON e.id = s.representative WINDOW before AS (ORDER BY s.id);
CREATE INDEX items_feed ON items(feed_id, story_id);
CREATE INDEX items_unread ON items(story_id, feed_id, shown, starred_at) WHERE read_at IS NULL AND hidden = 0;
CREATE INDEX items_starred ON items(story_id) WHERE starred_at IS NOT NULL;
-- Apps that may read and mark: of their passwords, and of what is made of those, the SHA-256 only.
CREATE TABLE apps(name TEXT PRIMARY KEY, password BLOB NOT NULL, auth BLOB NOT NULL, fever BLOB NOT NULL, added INTEGER NOT NULL) STRICT, WITHOUT ROWID;
