//! Articles' pages: the second, persistent queue. A page is fetched once, however many entries link to it.

use super::base::Store;
use super::rows::host_of;
use crate::model::{ArticleId, Timestamp};
use crate::records::{PageOutcome, WantedArticle};
use rusqlite::{OptionalExtension, params};

pub(super) const WANTED: i64 = 0;
const HERE: i64 = 1;
const NEVER: i64 = 2;

/// Lines that are remembered of a host: some hundred articles' ends.
const MAX_HOST_LINES: i64 = 2000;

impl Store {
    /// The article of an address, asked for if it is not there yet: its id and state.
    pub(super) fn want_page(&self, wanted: &WantedArticle, at: Timestamp) -> rusqlite::Result<Option<(i64, i64)>> {
        self.connection
            .prepare_cached(
                "INSERT INTO articles(key, url, host, state, next_try) VALUES(?, ?, ?, 0, ?)
                 ON CONFLICT DO UPDATE SET url = url RETURNING id, state",
            )?
            .query_row(params![wanted.key, wanted.url, host_of(&wanted.url), at.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    /// Commits what came of a page, and makes the entries that waited for it ready.
    pub(super) fn save_page(&mut self, id: ArticleId, url: &str, outcome: &PageOutcome, now: Timestamp) -> rusqlite::Result<()> {
        let is_there: bool = self
            .connection
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM articles WHERE id = ? AND url = ?)")?
            .query_row(params![id.0, url], |row| row.get(0))?;
        if !is_there {
            return Ok(());
        }
        match outcome {
            PageOutcome::Later(why, at) => {
                self.connection
                    .prepare_cached("UPDATE articles SET next_try = ?, n_tries = n_tries + 1, why = ? WHERE id = ?")?
                    .execute(params![at.0, why, id.0])?;
                return Ok(());
            }
            PageOutcome::Never(why) => {
                self.connection
                    .prepare_cached("UPDATE articles SET state = ?, next_try = NULL, n_tries = n_tries + 1, why = ?, fetched = ? WHERE id = ?")?
                    .execute(params![NEVER, why, now.0, id.0])?;
                self.changed.pages.n_never += 1;
            }
            PageOutcome::Found(page) => {
                self.connection
                    .prepare_cached(
                        "UPDATE articles SET state = ?, next_try = NULL, n_tries = n_tries + 1, why = NULL, fetched = ?,
                           title = ?, author = ?, published = ?, language = ?, site_name = ?, final_url = ?, canonical_url = ?, og_url = ?, lead_image = ?
                         WHERE id = ?",
                    )?
                    .execute(params![
                        HERE,
                        now.0,
                        page.title,
                        page.author,
                        page.published.map(|at| at.0),
                        page.language,
                        page.site_name,
                        page.final_url,
                        page.canonical_url,
                        page.og_url,
                        page.lead_image,
                        id.0
                    ])?;
                self.connection
                    .prepare_cached("INSERT INTO article_bodies(article_id, html) VALUES(?, ?) ON CONFLICT DO UPDATE SET html = excluded.html, body = NULL")?
                    .execute(params![id.0, page.html])?;
                self.count_lines(id, &page.lines, now)?;
                self.changed.pages.n_found += 1;
            }
        }
        let n_ready = self.connection.prepare_cached("UPDATE entries SET ready = 1 WHERE article_id = ?")?.execute([id.0])?;
        self.changed.n_ready += n_ready;
        Ok(())
    }

    /// Counts the lines at the ends of an article for its host; the rarest and oldest make room.
    fn count_lines(&mut self, id: ArticleId, lines: &[u64], now: Timestamp) -> rusqlite::Result<()> {
        let mut count = self.connection.prepare_cached(
            "INSERT INTO host_lines(host, line, n, seen) SELECT host, ?1, 1, ?2 FROM articles WHERE id = ?3
             ON CONFLICT DO UPDATE SET n = n + 1, seen = excluded.seen",
        )?;
        for line in lines {
            count.execute(params![line.cast_signed(), now.0, id.0])?;
        }
        self.connection
            .prepare_cached(
                "DELETE FROM host_lines WHERE (host, line) IN (
                   SELECT host, line FROM host_lines WHERE host = (SELECT host FROM articles WHERE id = ?1)
                   ORDER BY n > 1 DESC, seen DESC LIMIT -1 OFFSET ?2)",
            )?
            .execute(params![id.0, MAX_HOST_LINES])?;
        Ok(())
    }
}
