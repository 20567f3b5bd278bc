-- Bodies packed: compressed behind the running service, each text once however many entries and articles have it. `html` is
-- empty where `body` says which it is.
CREATE TABLE dictionaries(id INTEGER PRIMARY KEY, made INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE bodies(
  id INTEGER PRIMARY KEY,
  hash       INTEGER NOT NULL,                  -- of the text: 64-bit xxh3
  n_uses     INTEGER NOT NULL,
  n_bytes    INTEGER NOT NULL,                  -- of the text
  dictionary INTEGER,                           -- NULL: none
  data       BLOB NOT NULL                      -- zstd
) STRICT;
CREATE INDEX bodies_hash ON bodies(hash);
ALTER TABLE entry_bodies ADD COLUMN body INTEGER;
ALTER TABLE article_bodies ADD COLUMN body INTEGER;
-- What is still to be packed.
CREATE INDEX entry_bodies_plain ON entry_bodies(entry_id) WHERE body IS NULL;
CREATE INDEX article_bodies_plain ON article_bodies(article_id) WHERE body IS NULL;
CREATE TRIGGER entry_body_left AFTER UPDATE OF body ON entry_bodies WHEN old.body IS NOT NULL AND new.body IS NOT old.body BEGIN
  UPDATE bodies SET n_uses = n_uses - 1 WHERE id = old.body;
  DELETE FROM bodies WHERE id = old.body AND n_uses = 0;
END;
CREATE TRIGGER entry_body_gone AFTER DELETE ON entry_bodies WHEN old.body IS NOT NULL BEGIN
  UPDATE bodies SET n_uses = n_uses - 1 WHERE id = old.body;
  DELETE FROM bodies WHERE id = old.body AND n_uses = 0;
END;
CREATE TRIGGER article_body_left AFTER UPDATE OF body ON article_bodies WHEN old.body IS NOT NULL AND new.body IS NOT old.body BEGIN
  UPDATE bodies SET n_uses = n_uses - 1 WHERE id = old.body;
  DELETE FROM bodies WHERE id = old.body AND n_uses = 0;
END;
CREATE TRIGGER article_body_gone AFTER DELETE ON article_bodies WHEN old.body IS NOT NULL BEGIN
  UPDATE bodies SET n_uses = n_uses - 1 WHERE id = old.body;
  DELETE FROM bodies WHERE id = old.body AND n_uses = 0;
END;
