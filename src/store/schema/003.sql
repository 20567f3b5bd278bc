-- Lines that stood at the ends of a host's articles, and in how many: what a host repeats is its own. Bounded a host.
CREATE TABLE host_lines(host TEXT NOT NULL, line INTEGER NOT NULL, n INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY(host, line)) STRICT, WITHOUT ROWID;
