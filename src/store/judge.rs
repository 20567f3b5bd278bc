//! Questions about rules: what they say of a story, which stories are still to be judged.

use super::held::Tellers;
use super::read::Reader;
use super::select::Face;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::notify::Notice;
use crate::query::Query;
use crate::records::Judged;
use crate::rules::{Rule, Trigger, Verdict};
use crate::{article, text};
use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;
use uuid::Uuid;

impl Reader {
    /// For how many stories a rule holds, and since when it holds for the last of them.
    pub fn reach_of(&self, rule: &str) -> rusqlite::Result<(i64, Option<Timestamp>)> {
        self.connection
            .prepare_cached("SELECT count(*), max(at) FROM rule_effects WHERE rule = ?")?
            .query_row([rule], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(Timestamp))))
    }

    /// Stories that are still to be judged.
    pub fn n_unruled(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("SELECT count(*) FROM unruled")?.query_row([], |row| row.get(0))
    }

    /// Judges so many of the stories that wait for it: new ones in the order of their numbers, by which apps page, then the
    /// others, the newest first.
    pub fn judge(&self, n: usize) -> rusqlite::Result<Vec<Judged>> {
        self.judge_waiting(n, Texts::Read)
    }

    /// The same as if they had no texts.
    pub fn judge_by_titles(&self, n: usize) -> rusqlite::Result<Vec<Judged>> {
        self.judge_waiting(n, Texts::Left)
    }

    fn judge_waiting(&self, n: usize, texts: Texts) -> rusqlite::Result<Vec<Judged>> {
        // Turns are read before anything that is judged: what changes after that makes them stale.
        let waiting: Vec<(StoryId, i64)> = {
            let mut all = self.connection.prepare_cached(
                "SELECT story_id, turn FROM unruled ORDER BY is_new DESC, iif(is_new, story_id, -story_id) LIMIT ?",
            )?;
            all.query_map([n as i64], |row| Ok((StoryId(row.get(0)?), row.get(1)?)))?.collect::<rusqlite::Result<_>>()?
        };
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let (rules, triggers) = (self.rules()?, self.triggers()?);
        let mut judged = Vec::with_capacity(waiting.len());
        for (story, turn) in waiting {
            let found = self.judge_with(story, &rules, &triggers, texts)?;
            judged.extend(found.map(|found| Judged { turn, ..found }));
        }
        Ok(judged)
    }

    /// What rules and triggers say of a story as it is now; `None`: it is gone.
    pub fn judge_one(&self, story: StoryId, rules: &[Rule], triggers: &[Trigger]) -> rusqlite::Result<Option<Judged>> {
        self.judge_with(story, rules, triggers, Texts::Read)
    }

    fn judge_with(&self, story: StoryId, rules: &[Rule], triggers: &[Trigger], how: Texts) -> rusqlite::Result<Option<Judged>> {
        let Some((face, representative, version)) = self.face(story)? else { return Ok(None) };
        let tellers = self.tellers(story)?;
        let mut subject = Subject { reader: self, face: &face, representative, tellers: &tellers, how, texts: None };
        let mut tags = tellers.tags.clone();
        let mut verdict = Verdict::default();
        let mut is_muted = (false, false);
        for rule in rules {
            if subject.holds(&rule.query, &tags)? {
                verdict.rules.push(rule.name.clone());
                if rule.outputs.is_empty() {
                    tags.extend(rule.tags.iter().cloned());
                    is_muted = (is_muted.0 || rule.mute, is_muted.1 || rule.keep);
                }
            }
        }
        // Nobody is told of what nobody is shown.
        let is_muted = is_muted.0 && !is_muted.1;
        for trigger in triggers.iter().filter(|_| !is_muted) {
            if let Some(query) = &trigger.query
                && subject.holds(query, &tags)?
            {
                verdict.triggers.push(trigger.name.clone());
            }
        }
        let notice = if verdict.triggers.is_empty() { None } else { self.notice(story, representative, &tellers)? };
        Ok(Some(Judged { story, turn: 0, version, verdict, notice }))
    }

    fn triggers(&self) -> rusqlite::Result<Vec<Trigger>> {
        let mut all = self.connection.prepare_cached("SELECT what FROM notifiers ORDER BY name")?;
        let triggers = all.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(triggers.iter().filter_map(|trigger| serde_json::from_str(trigger).ok()).collect())
    }

    /// What is said of a story to somebody outside; `None`: only private feeds have it.
    fn notice(&self, story: StoryId, representative: EntryId, tellers: &Tellers) -> rusqlite::Result<Option<Notice>> {
        if tellers.public.is_empty() {
            return Ok(None);
        }
        let (urn, title, link): ([u8; 16], String, Option<String>) = self
            .connection
            .prepare_cached("SELECT s.urn, e.title, e.link FROM stories s JOIN entries e ON e.id = ?2 WHERE s.id = ?1")?
            .query_row([story.0, representative.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let sources = tellers.public.clone();
        Ok(Some(Notice { id: Uuid::from_bytes(urn).urn().to_string(), title: text::one_line(&title), link, sources }))
    }
}

/// Whether texts are looked at.
#[derive(Clone, Copy)]
enum Texts {
    Read,
    Left,
}

/// A story that is being judged, with the texts of its entries where they are needed.
struct Subject<'a> {
    reader: &'a Reader,
    face: &'a Face,
    representative: EntryId,
    tellers: &'a Tellers,
    how: Texts,
    texts: Option<Vec<(EntryId, String, String)>>,
}

impl Subject<'_> {
    fn holds(&mut self, query: &Query, tags: &[String]) -> rusqlite::Result<bool> {
        let n_sources = u32::try_from(self.face.n_sources).unwrap_or(0);
        if !query.sources.holds(n_sources)
            || !query.language_holds(self.face.language.as_deref())
            || !query.tags_hold(tags)
            || !query.feeds_hold(&self.tellers.names)
        {
            return Ok(false);
        }
        if query.words.is_empty() {
            return Ok(true);
        }
        if self.texts.is_none() {
            self.texts = Some(self.reader.texts(self.face.story, self.how)?);
        }
        // As a search does: in any entry; where nothing but words is unwanted, in the one that represents the story.
        let anywhere = query.words.expression().is_some();
        let texts = self.texts.iter().flatten();
        Ok(texts
            .filter(|(entry, ..)| anywhere || *entry == self.representative)
            .any(|(_, title, text)| query.words.matches(title, text)))
    }
}

impl Reader {
    fn face(&self, story: StoryId) -> rusqlite::Result<Option<(Face, EntryId, Timestamp)>> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {}, s.representative, s.updated FROM stories s WHERE s.id = ? AND s.redirect_to IS NULL",
                super::select::FACE
            ))?
            .query_row([story.0], |row| {
                let at = super::select::FACE_COLUMNS;
                Ok((Face::read(row)?, EntryId(row.get(at)?), Timestamp(row.get(at + 1)?)))
            })
            .optional()
    }

    /// Number, title and text of each of a story's entries; a text that is damaged is empty.
    fn texts(&self, story: StoryId, how: Texts) -> rusqlite::Result<Vec<(EntryId, String, String)>> {
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT e.id, e.title, {} FROM entries e LEFT JOIN entry_bodies b ON b.entry_id = e.id
             LEFT JOIN article_bodies ab ON ab.article_id = e.article_id WHERE e.story_id = ?",
            super::dictionaries::BEST_BODY
        ))?;
        let rows = all.query_map([story.0], |row| {
            let text = match how {
                Texts::Read => article::plain_text(&self.readable(story, row.get_ref(2)?)?),
                Texts::Left => String::new(),
            };
            Ok((EntryId(row.get(0)?), row.get(1)?, text))
        })?;
        rows.collect()
    }

    /// A body, empty where it is damaged. What ails the database as a whole is an error as everywhere.
    fn readable(&self, story: StoryId, column: ValueRef) -> rusqlite::Result<String> {
        match self.body(column) {
            Err(error) if error.sqlite_error().is_none() => {
                tracing::warn!(%story, %error, "a text is damaged: its story is judged without it");
                Ok(String::new())
            }
            body => body,
        }
    }
}
