-- How polling went and how things stood, every quarter of an hour of some days: for pictures.
CREATE TABLE samples(at INTEGER PRIMARY KEY, sample TEXT NOT NULL) STRICT;

-- What stayed of feeds that were purged.
DELETE FROM pruned_feeds WHERE feed_id NOT IN (SELECT id FROM feeds);
