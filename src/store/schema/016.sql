-- What retention removed, ascending, in rows of 128 keys at most: a document asks for a few of them.
CREATE TABLE pruned_feeds(
  feed_id   INTEGER PRIMARY KEY,
  n_entries INTEGER NOT NULL,
  newest    INTEGER NOT NULL                    -- the latest date of these entries
) STRICT;
INSERT INTO pruned_feeds SELECT feed_id, sum(octet_length(keys)) / 16, max(newest) FROM pruned GROUP BY feed_id;
DROP INDEX pruned_of;
ALTER TABLE pruned RENAME TO pruned_before;
CREATE TABLE pruned(
  id      INTEGER PRIMARY KEY,
  feed_id INTEGER NOT NULL,
  keys    BLOB NOT NULL
) STRICT;
-- 0 stood where an entry had no link.
WITH RECURSIVE
  places(at) AS (
    SELECT 1 UNION ALL SELECT at + 8 FROM places WHERE at + 8 <= (SELECT max(octet_length(keys)) FROM pruned_before)),
  keys(feed_id, key) AS (
    SELECT DISTINCT feed_id, substr(keys, at, 8) FROM pruned_before JOIN places ON at < octet_length(keys)
    WHERE substr(keys, at, 8) <> x'0000000000000000'),
  numbered(feed_id, key, n) AS (
    SELECT feed_id, key, row_number() OVER (PARTITION BY feed_id ORDER BY key) - 1 FROM keys)
INSERT INTO pruned(feed_id, keys)
  SELECT feed_id, unhex(group_concat(hex(key), '' ORDER BY key)) FROM numbered GROUP BY feed_id, n / 96;
CREATE UNIQUE INDEX pruned_of ON pruned(feed_id, substr(keys, 1, 8));
DROP TABLE pruned_before;
