//! Whether the database is whole: as SQLite sees it, and as we do.

use super::read::Reader;
use crate::records::BodyOf;

/// Lines that are said of one thing that is wrong.
const MOST: usize = 10;

/// What must be true of the rows, each as a query that finds what breaks it.
const INVARIANTS: [(&str, &str); 13] = [
    (
        "an entry is settled, and in no story that can be seen",
        "SELECT e.id FROM entries e LEFT JOIN stories s ON s.id = e.story_id WHERE (e.state > 0 OR e.story_id IS NOT NULL) AND (s.id IS NULL OR s.redirect_to IS NOT NULL)",
    ),
    ("a story has no entry", "SELECT id FROM stories s WHERE redirect_to IS NULL AND NOT EXISTS(SELECT 1 FROM entries WHERE story_id = s.id)"),
    (
        "a story is represented by an entry that is not its own",
        "SELECT s.id FROM stories s LEFT JOIN entries e ON e.id = s.representative WHERE s.redirect_to IS NULL AND e.story_id IS NOT s.id",
    ),
    (
        "a redirect does not end",
        "SELECT s.id FROM stories s LEFT JOIN stories t ON t.id = s.redirect_to WHERE s.redirect_to IS NOT NULL AND (t.id IS NULL OR t.redirect_to IS NOT NULL)",
    ),
    (
        "a story and its item for apps do not agree",
        "SELECT s.id FROM stories s LEFT JOIN items i ON i.story_id = s.id WHERE i.story_id IS NULL OR i.hidden <> (s.redirect_to IS NOT NULL)
         UNION ALL SELECT story_id FROM items WHERE story_id NOT IN (SELECT id FROM stories)",
    ),
    ("an entry is of no feed", "SELECT id FROM entries WHERE feed_id NOT IN (SELECT id FROM feeds)"),
    ("an entry has no body", "SELECT id FROM entries WHERE id NOT IN (SELECT entry_id FROM entry_bodies)"),
    ("a body is of no entry", "SELECT entry_id FROM entry_bodies WHERE entry_id NOT IN (SELECT id FROM entries)"),
    ("an entry waits for a page that nobody wants", "SELECT id FROM entries WHERE article_id IS NOT NULL AND article_id NOT IN (SELECT id FROM articles)"),
    ("an article is here without its body", "SELECT id FROM articles WHERE state = 1 AND id NOT IN (SELECT article_id FROM article_bodies)"),
    ("an address is of no entry", "SELECT entry_id FROM entry_addresses WHERE entry_id NOT IN (SELECT id FROM entries)"),
    (
        "an entry is in a story and not in the text index, or the other way round",
        "SELECT id FROM (SELECT id FROM entries WHERE story_id IS NOT NULL EXCEPT SELECT id FROM search_docsize)
         UNION ALL SELECT id FROM (SELECT id FROM search_docsize EXCEPT SELECT id FROM entries WHERE story_id IS NOT NULL)",
    ),
    (
        "a packed body is counted wrong",
        "SELECT b.id FROM bodies b LEFT JOIN (SELECT body, count(*) AS n FROM (SELECT body FROM entry_bodies UNION ALL SELECT body FROM article_bodies) GROUP BY body) u
         ON u.body = b.id WHERE coalesce(u.n, 0) <> b.n_uses
         UNION ALL SELECT body FROM (SELECT body FROM entry_bodies UNION ALL SELECT body FROM article_bodies) WHERE body IS NOT NULL AND body NOT IN (SELECT id FROM bodies)",
    ),
];

impl Reader {
    /// What is wrong with the database, in sentences; empty, as a rule. Reads all of it.
    pub fn broken(&self) -> rusqlite::Result<Vec<String>> {
        let mut broken = Vec::new();
        let mut all = self.connection.prepare("PRAGMA integrity_check(10)")?;
        let found = all.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        broken.extend(found.into_iter().filter(|line| line != "ok"));
        for (wrong, sql) in INVARIANTS {
            let mut all = self.connection.prepare(sql)?;
            let ids = all.query_map([], |row| row.get::<_, Option<i64>>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            let named: Vec<String> = ids.iter().take(MOST).map(|id| id.unwrap_or_default().to_string()).collect();
            if !named.is_empty() {
                broken.push(format!("{wrong}: {} of them, {}", ids.len(), named.join(", ")));
            }
        }
        let mut packed = self.connection.prepare(
            "SELECT 0, entry_id, body FROM entry_bodies WHERE body IS NOT NULL UNION ALL SELECT 1, article_id, body FROM article_bodies WHERE body IS NOT NULL",
        )?;
        let mut rows = packed.query([])?;
        let mut n_unread = 0;
        while let Some(row) = rows.next()? {
            if !self.is_as_it_was(row.get(2)?) {
                n_unread += 1;
                if n_unread <= MOST {
                    let id = row.get(1)?;
                    let of = match row.get::<_, i64>(0)? {
                        0 => BodyOf::Entry(crate::model::EntryId(id)),
                        _ => BodyOf::Article(crate::model::ArticleId(id)),
                    };
                    broken.push(format!("a packed body cannot be read: {of:?}"));
                }
            }
        }
        Ok(broken)
    }
}
