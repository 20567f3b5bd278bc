//! Articles: the second, persistent queue. A page is fetched once, however many entries link to it.

use super::Store;
use crate::model::{ArticleId, Timestamp};
use rusqlite::params;

pub(super) const WANTED: i64 = 0;
const HERE: i64 = 1;
const NEVER: i64 = 2;

/// Lines that are remembered of a host: some hundred articles' ends.
const MAX_HOST_LINES: i64 = 2000;

/// A page that was handed out to be fetched.
#[derive(Clone, Debug)]
pub struct DueArticle {
    pub id: ArticleId,
    pub url: String,
    pub n_tries: u32,
    /// The headline and the summary (as HTML) of the first entry that asked for it.
    pub title: String,
    pub summary: String,
    /// What a person said of that entry's feed: `select` and `strip`.
    pub select: Vec<String>,
    pub strip: Vec<String>,
}

/// What was found on a page.
#[derive(Clone, Debug)]
pub struct FoundArticle {
    pub article: crate::article::Article,
    pub final_url: String,
}

/// How the fetch of a page ended.
#[derive(Clone, Debug)]
pub enum ArticleResult {
    Found(Box<FoundArticle>),
    /// There is none and never will be; why.
    Never(String),
    /// Again later; why.
    Later(String, Timestamp),
}

impl Store {
    /// Hands out pages that are due, the newest entries' first.
    pub fn claim_articles(&mut self, claim: &super::Claim, now: Timestamp) -> rusqlite::Result<Vec<DueArticle>> {
        let not_hosts = serde_json::to_string(&claim.not_hosts).unwrap_or_default();
        let mut taken = claim.begin();
        let mut due: Vec<DueArticle> = Vec::new();
        let mut all = self.connection.prepare_cached(
            "SELECT a.id, a.url, a.n_tries, coalesce(e.title, ''), coalesce(b.html, ''), coalesce(f.settings, ''), a.host FROM articles a
             LEFT JOIN entries e ON e.id = (SELECT min(id) FROM entries WHERE article_id = a.id)
             LEFT JOIN entry_bodies b ON b.entry_id = e.id
             LEFT JOIN feeds f ON f.id = e.feed_id
             WHERE a.state = 0 AND a.next_try <= ?1
               AND (a.lease_until IS NULL OR a.lease_until <= ?1 OR a.lease_owner <> ?2)
               AND a.host NOT IN (SELECT value FROM json_each(?3))
             ORDER BY a.next_try",
        )?;
        let mut rows = all.query(params![now.0, self.boot.as_bytes(), not_hosts])?;
        while let Some(row) = rows.next()? {
            if taken.is_full() {
                break;
            }
            if !taken.take(row.get_ref(6)?.as_str()?) {
                continue;
            }
            let url: String = row.get(1)?;
            let settings = super::feeds::settings_of(&row.get::<_, String>(5)?, &url);
            due.push(DueArticle {
                id: ArticleId(row.get(0)?),
                url,
                select: settings.select,
                strip: settings.strip,
                n_tries: row.get(2)?,
                title: row.get(3)?,
                summary: row.get(4)?,
            });
        }
        let mut lease = self.connection.prepare_cached("UPDATE articles SET lease_until = ?, lease_owner = ? WHERE id = ?")?;
        for article in &due {
            lease.execute(params![now.plus(claim.lease).0, self.boot.as_bytes(), article.id.0])?;
        }
        Ok(due)
    }

    /// When the next page is due, leased ones left out.
    pub fn next_article_due(&self) -> rusqlite::Result<Option<Timestamp>> {
        let at: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(next_try) FROM articles WHERE state = 0 AND (lease_owner IS NULL OR lease_owner <> ?)")?
            .query_row([self.boot.as_bytes()], |row| row.get(0))?;
        Ok(at.map(Timestamp))
    }

    /// Commits what came of a page, and makes the entries that waited for it ready. Returns how many.
    pub fn save_article(&mut self, id: ArticleId, result: &ArticleResult, now: Timestamp) -> rusqlite::Result<usize> {
        match result {
            ArticleResult::Later(why, at) => {
                self.connection
                    .prepare_cached("UPDATE articles SET next_try = ?, n_tries = n_tries + 1, why = ?, lease_until = NULL, lease_owner = NULL WHERE id = ?")?
                    .execute(params![at.0, why, id.0])?;
                return Ok(0);
            }
            ArticleResult::Never(why) => {
                self.connection
                    .prepare_cached("UPDATE articles SET state = ?, next_try = NULL, n_tries = n_tries + 1, why = ?, fetched = ?, lease_until = NULL, lease_owner = NULL WHERE id = ?")?
                    .execute(params![NEVER, why, now.0, id.0])?;
            }
            ArticleResult::Found(found) => {
                let article = &found.article;
                self.connection
                    .prepare_cached(
                        "UPDATE articles SET state = ?, next_try = NULL, n_tries = n_tries + 1, why = NULL, fetched = ?, lease_until = NULL, lease_owner = NULL,
                           title = ?, author = ?, published = ?, language = ?, site_name = ?, final_url = ?, canonical_url = ?, og_url = ?, lead_image = ?
                         WHERE id = ?",
                    )?
                    .execute(params![
                        HERE,
                        now.0,
                        article.title,
                        article.author,
                        article.published.map(|at| at.0),
                        article.language,
                        article.site_name,
                        found.final_url,
                        article.canonical_url,
                        article.og_url,
                        article.lead_image,
                        id.0
                    ])?;
                self.connection
                    .prepare_cached("INSERT INTO article_bodies(article_id, html) VALUES(?, ?) ON CONFLICT DO UPDATE SET html = excluded.html")?
                    .execute(params![id.0, article.html])?;
                self.count_lines(id, &article.blocks, now)?;
            }
        }
        self.connection.prepare_cached("UPDATE entries SET ready = 1 WHERE article_id = ?")?.execute([id.0])
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
