-- Times are milliseconds since 1970 (UTC). Keys are 128-bit xxh3 hashes, as 16 bytes.

CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

CREATE TABLE feeds(
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  key           TEXT NOT NULL UNIQUE,           -- the address of the first subscription: part of every published id
  url           TEXT NOT NULL,                  -- where it is polled now
  host          TEXT NOT NULL,
  subscribed    INTEGER NOT NULL,               -- feeds.toml lists it
  paused        INTEGER NOT NULL,
  private       INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  settings      TEXT NOT NULL,                  -- JSON: its [[feed]]
  title         TEXT,                           -- what the feed calls itself
  site_url      TEXT,
  language      TEXT,
  state         TEXT NOT NULL DEFAULT '{}',     -- JSON of the schedule room
  reasons       TEXT NOT NULL DEFAULT '[]',     -- JSON: why next_poll
  next_poll     INTEGER,                        -- NULL: never again
  hold_until    INTEGER,                        -- Retry-After: not before, whatever else
  lease_until   INTEGER,
  lease_owner   BLOB,
  added         INTEGER NOT NULL,
  last_polled   INTEGER,
  last_ok       INTEGER,
  last_new      INTEGER,
  n_errors      INTEGER NOT NULL DEFAULT 0,
  error         TEXT,                           -- of the last poll; NULL: it was well
  body_hash     BLOB                            -- of the last body that was read
) STRICT;
CREATE INDEX feeds_due ON feeds(next_poll) WHERE subscribed = 1 AND paused = 0;

-- Where a feed was and is: a list that names an old address still means the same feed.
CREATE TABLE feed_addresses(url TEXT PRIMARY KEY, feed_id INTEGER NOT NULL, since INTEGER NOT NULL, why TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX feed_addresses_of ON feed_addresses(feed_id);

-- Opaque, and bound to the URL that gave them.
CREATE TABLE validators(feed_id INTEGER PRIMARY KEY, url TEXT NOT NULL, etag BLOB, last_modified BLOB) STRICT;

CREATE TABLE entries(
  id            INTEGER PRIMARY KEY,
  feed_id       INTEGER NOT NULL,
  key           BLOB NOT NULL,                  -- its id, else its link, else its content; never its date
  link          TEXT,
  title         TEXT NOT NULL,
  author        TEXT,
  language      TEXT,
  claimed       INTEGER,                        -- what the feed says, unchanged
  first_seen    INTEGER NOT NULL,               -- strictly increasing
  settled       INTEGER,
  updated       INTEGER NOT NULL,
  content_hash  BLOB NOT NULL,
  n_edits       INTEGER NOT NULL DEFAULT 0,
  extra         TEXT NOT NULL DEFAULT '{}',     -- JSON: categories, enclosure, comments, source
  state         INTEGER NOT NULL,               -- 0 pending, 1 provisional, 2 settled
  ready         INTEGER NOT NULL,               -- 1: to be settled now
  wait_until    INTEGER,                        -- when a pending entry becomes provisional
  article_id    INTEGER,
  story_id      INTEGER,
  rung          TEXT,
  evidence      TEXT,
  duplicate_of  INTEGER,
  model         INTEGER,
  joined        INTEGER
) STRICT;
CREATE UNIQUE INDEX entries_key ON entries(feed_id, key);
CREATE INDEX entries_ready ON entries(min(coalesce(claimed, first_seen), first_seen), id) WHERE ready = 1;
CREATE INDEX entries_waiting ON entries(wait_until) WHERE state = 0 AND wait_until IS NOT NULL;
CREATE INDEX entries_article ON entries(article_id) WHERE article_id IS NOT NULL;
CREATE INDEX entries_story ON entries(story_id) WHERE story_id IS NOT NULL;

-- Apart from the entry, which is updated often while its body is not.
CREATE TABLE entry_bodies(entry_id INTEGER PRIMARY KEY, html TEXT NOT NULL) STRICT;

CREATE TABLE entry_addresses(key BLOB NOT NULL, entry_id INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY(key, entry_id)) STRICT, WITHOUT ROWID;
CREATE INDEX entry_addresses_of ON entry_addresses(entry_id);

CREATE TABLE articles(
  id            INTEGER PRIMARY KEY,
  key           BLOB NOT NULL UNIQUE,           -- of the normalised address: entries share it
  url           TEXT NOT NULL,
  host          TEXT NOT NULL,
  state         INTEGER NOT NULL,               -- 0 wanted, 1 here, 2 never
  next_try      INTEGER,
  n_tries       INTEGER NOT NULL DEFAULT 0,
  lease_until   INTEGER,
  lease_owner   BLOB,
  why           TEXT,                           -- of the last failure
  fetched       INTEGER,
  title         TEXT,
  author        TEXT,
  published     INTEGER,
  language      TEXT,
  site_name     TEXT,
  final_url     TEXT,
  canonical_url TEXT,
  og_url        TEXT,
  lead_image    TEXT
) STRICT;
CREATE INDEX articles_due ON articles(next_try) WHERE state = 0;
CREATE TABLE article_bodies(article_id INTEGER PRIMARY KEY, html TEXT NOT NULL) STRICT;

CREATE TABLE stories(
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  urn            BLOB NOT NULL UNIQUE,          -- the published id: 16 bytes of a UUID
  representative INTEGER NOT NULL,
  sort_at        INTEGER NOT NULL,              -- the earlier of claimed and first seen, of its earliest member
  first_seen     INTEGER NOT NULL,
  updated        INTEGER NOT NULL,              -- strictly increasing
  n_sources      INTEGER NOT NULL,
  language       TEXT,
  redirect_to    INTEGER                        -- merged: the story that has its members now
) STRICT;
CREATE INDEX stories_recent ON stories(sort_at, id) WHERE redirect_to IS NULL;
CREATE INDEX stories_seen ON stories(first_seen) WHERE redirect_to IS NULL;

-- What a person said; beats the program for ever. Never deleted, only undone.
CREATE TABLE constraints(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK(kind IN ('must', 'cannot')),
  entry_a INTEGER NOT NULL, entry_b INTEGER NOT NULL, said INTEGER NOT NULL, undone INTEGER
) STRICT;
CREATE INDEX constraints_a ON constraints(entry_a) WHERE undone IS NULL;
CREATE INDEX constraints_b ON constraints(entry_b) WHERE undone IS NULL;

-- How many entries of a day hold a term: what "rare" means.
CREATE TABLE term_days(day INTEGER NOT NULL, term BLOB NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(day, term)) STRICT, WITHOUT ROWID;

-- What was removed, so that nothing brings it back and readers that sync can be told.
CREATE TABLE tombstones(kind TEXT NOT NULL, id BLOB NOT NULL, removed INTEGER NOT NULL, PRIMARY KEY(kind, id)) STRICT, WITHOUT ROWID;

CREATE TABLE hosts(origin TEXT PRIMARY KEY, robots TEXT, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE poll_hours(
  hour INTEGER PRIMARY KEY, n_polls INTEGER NOT NULL, n_unchanged INTEGER NOT NULL, n_failed INTEGER NOT NULL,
  n_new INTEGER NOT NULL, wire_bytes INTEGER NOT NULL
) STRICT;

-- Words and character pairs of title and text: no copy of the text, no positions; hits are checked against the text.
CREATE VIRTUAL TABLE search USING fts5(terms, content='', contentless_delete=1, detail=none, tokenize='ascii');
