-- Rules as they are configured, in their order; which of them hold for which story; and stories that are still to be judged, of
-- which those that are new are in no output until then.
CREATE TABLE rules(name TEXT PRIMARY KEY, position INTEGER NOT NULL, rule TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE rule_effects(story_id INTEGER NOT NULL, rule TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(story_id, rule)) STRICT, WITHOUT ROWID;
CREATE INDEX rule_effects_of ON rule_effects(rule);
CREATE TABLE unruled(
  story_id INTEGER PRIMARY KEY, is_new INTEGER NOT NULL,
  turn INTEGER NOT NULL                         -- grows each time it is to be judged: what was found before is not taken
) STRICT;
-- Who is told of what, since when; what is to be told, each thing once; and what is on its way, which a restart tries again
-- under the same id.
CREATE TABLE notifiers(name TEXT PRIMARY KEY, what TEXT NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE notices(
  id INTEGER PRIMARY KEY, notifier TEXT NOT NULL, subject TEXT NOT NULL, said TEXT NOT NULL, made INTEGER NOT NULL,
  delivery INTEGER,                             -- NULL: waits to be sent
  sent INTEGER,
  UNIQUE(notifier, subject)
) STRICT;
CREATE INDEX notices_waiting ON notices(notifier, id) WHERE delivery IS NULL;
CREATE INDEX notices_delivery ON notices(delivery) WHERE sent IS NULL;
CREATE TABLE deliveries(
  id INTEGER PRIMARY KEY AUTOINCREMENT, notifier TEXT NOT NULL, token TEXT NOT NULL UNIQUE, made INTEGER NOT NULL,
  n_tries INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL, error TEXT
) STRICT;
CREATE TRIGGER story_gone AFTER DELETE ON stories BEGIN
  DELETE FROM rule_effects WHERE story_id = old.id;
  DELETE FROM unruled WHERE story_id = old.id;
END;
CREATE TRIGGER story_redirected AFTER UPDATE OF redirect_to ON stories WHEN new.redirect_to IS NOT NULL BEGIN
  DELETE FROM rule_effects WHERE story_id = new.id;
  DELETE FROM unruled WHERE story_id = new.id;
END;
