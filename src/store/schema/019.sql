-- What people's commands that nodes of a cluster submitted came to, by the number of the submission: for who leads next, where
-- this leader's answer does not arrive. `id` grows with each.
CREATE TABLE replies(id INTEGER PRIMARY KEY, n INTEGER NOT NULL UNIQUE, reply TEXT NOT NULL) STRICT;

-- Domains that another node than their owner asks now.
CREATE TABLE loans(domain TEXT PRIMARY KEY, node TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Submissions that were not carried out while a later one of the same node was.
CREATE TABLE passed_over(n INTEGER PRIMARY KEY) STRICT;
