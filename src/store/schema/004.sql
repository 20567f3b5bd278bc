-- WebSub: what a feed's hub was asked for. The token is in the callback's address, the secret signs what is pushed.
CREATE TABLE websub(
  feed_id INTEGER PRIMARY KEY, hub TEXT NOT NULL, topic TEXT NOT NULL, token TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
  next_ask    INTEGER NOT NULL,                 -- when the hub is asked, again
  asked       INTEGER,
  lease_until INTEGER,                          -- verified, and until when; NULL: not yet
  last_push   INTEGER,
  n_errors    INTEGER NOT NULL DEFAULT 0,
  error       TEXT                              -- why the hub does not serve us
) STRICT;
CREATE INDEX websub_due ON websub(next_ask);
-- What kept the last poll from its feed, in one word; and the turns of a feed's life, bounded a feed.
ALTER TABLE feeds ADD COLUMN trouble TEXT;
CREATE TABLE feed_events(feed_id INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, PRIMARY KEY(feed_id, at)) STRICT, WITHOUT ROWID;
