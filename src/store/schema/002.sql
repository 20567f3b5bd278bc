-- What a person's correction moved, so that it can be undone: `said` is the correction's time, as in constraints. A
-- constraint that a newer correction contradicts has that correction's time in `undone`.
CREATE TABLE corrections(
  said INTEGER PRIMARY KEY, what TEXT NOT NULL, undone INTEGER
) STRICT;
CREATE TABLE moves(
  said INTEGER NOT NULL, entry_id INTEGER NOT NULL, from_story INTEGER NOT NULL,
  rung TEXT, evidence TEXT, duplicate_of INTEGER, PRIMARY KEY(said, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX constraints_said ON constraints(said);
