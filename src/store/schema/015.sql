-- A database that is a node's of a cluster (docs/cluster.md); empty elsewhere.

-- Which cluster, which node, and the last record of the log that is in here. The node's own: in no record.
CREATE TABLE replica(
  id      INTEGER PRIMARY KEY CHECK(id = 1),
  cluster TEXT NOT NULL,
  node    TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  chain   BLOB NOT NULL,                        -- over all records so far
  list    BLOB                                  -- hash of the shared list as this node's file had it last
) STRICT;

-- Who polls and serves, as all nodes agree by the log.
CREATE TABLE members(node TEXT PRIMARY KEY, session INTEGER NOT NULL, url TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The last command of each node that was carried out for it: none is done twice.
CREATE TABLE forwarded(node TEXT PRIMARY KEY, session INTEGER NOT NULL, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Texts that all nodes share: the list of subscriptions.
CREATE TABLE texts(name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
