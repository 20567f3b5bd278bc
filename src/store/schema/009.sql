-- What an entry says, title and text without markup, as a number of 32 bits (`ingest/said.rs`): by it an entry is known again
-- whose feed changed its id and its link. Some 20 bytes an entry, with the index. Entries of before have none, and get one when
-- they are edited.
ALTER TABLE entries ADD COLUMN content INTEGER;
CREATE INDEX entries_content ON entries(feed_id, content) WHERE content IS NOT NULL;
-- How often a feed gave an entry another date.
ALTER TABLE entries ADD COLUMN n_dates INTEGER NOT NULL DEFAULT 0;
