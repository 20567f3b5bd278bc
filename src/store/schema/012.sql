-- What retention removed is remembered, so that nothing old is new again: 8 bytes for the entry's key and 8 for its link with
-- its title, at the end of a feed's latest row until that holds some thousand.
CREATE TABLE pruned(
  id INTEGER PRIMARY KEY,
  feed_id INTEGER NOT NULL,
  keys    BLOB NOT NULL,
  newest  INTEGER NOT NULL                      -- the latest date of these entries
) STRICT;
CREATE INDEX pruned_of ON pruned(feed_id);
-- Which stories lead to one that goes.
CREATE INDEX stories_redirect ON stories(redirect_to) WHERE redirect_to IS NOT NULL;
