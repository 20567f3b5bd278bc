//! Stories as they are read: how they are published, who is in them and why.

use super::dictionaries::BEST_BODY;
use super::read::Reader;
use super::rows::{earlier, feed_name, settings_of};
use crate::feed::Enclosure;
use crate::model::{EntryId, StoryId, Timestamp};
use crate::publish::{Discussion, PublishedStory, Related, Source};
use crate::records::{Extra, StoredEnclosure};
use crate::rules::Rule;
use crate::story::{Evidence, Nearest};
use crate::text;
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// A member of a story, with the reason why it is one.
#[derive(Clone, Debug)]
pub struct Member {
    pub entry: EntryId,
    pub feed_name: String,
    pub private: bool,
    pub title: String,
    pub link: Option<String>,
    pub claimed: Option<Timestamp>,
    pub first_seen: Timestamp,
    pub settled: Option<Timestamp>,
    pub rung: String,
    pub evidence: Evidence,
    pub article: Option<ArticleRow>,
}

/// What is known of an entry's article.
#[derive(Clone, Debug)]
pub struct ArticleRow {
    pub here: bool,
    pub why: Option<String>,
}

/// A story with all its members.
#[derive(Clone, Debug)]
pub struct StoryDetail {
    pub id: StoryId,
    pub published: PublishedStory,
    pub members: Vec<Member>,
    /// Rules that hold for it, and since when.
    pub rules: Vec<(Rule, Timestamp)>,
}

/// Of a feed what is told with its stories.
struct FeedFace {
    name: String,
    tags: Vec<String>,
    /// Without what is secret in it.
    address: String,
    site_url: Option<String>,
    language: Option<String>,
    private: bool,
}

type Feeds = HashMap<i64, FeedFace>;

/// Of the evidence of an entry what it was found near; each is read by itself, for an older version may have written it.
#[derive(Default, serde::Deserialize)]
struct Near {
    related: Vec<serde_json::Value>,
}

fn enclosure(stored: StoredEnclosure) -> Enclosure {
    Enclosure { url: stored.url, media_type: stored.media_type, length: stored.length }
}
/// Related stories that are published.
const MAX_RELATED: usize = 5;

/// Categories of an entry that are published beside its feed's tags.
const MAX_TAGS: usize = 12;

impl Reader {
    /// The stories as they are published, in the order of `ids`; one that is gone is left out.
    pub fn published(&self, ids: &[StoryId]) -> rusqlite::Result<Vec<PublishedStory>> {
        self.published_in(ids, "")
    }

    /// The same in an output of this name, for which a person may have rules.
    pub fn published_in(&self, ids: &[StoryId], output: &str) -> rusqlite::Result<Vec<PublishedStory>> {
        let rules = self.rules()?;
        let mut feeds = Feeds::new();
        let mut stories = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(mut story) = self.published_one(*id, &mut feeds)? else { continue };
            for (rule, _) in self.rules_of(*id, &rules)?.into_iter().filter(|(rule, _)| rule.is_for(output)) {
                rewrite(&mut story, rule);
            }
            stories.push(story);
        }
        Ok(stories)
    }

    fn published_one(&self, id: StoryId, feeds: &mut Feeds) -> rusqlite::Result<Option<PublishedStory>> {
        let face = self
            .connection
            .prepare_cached(&format!(
                "SELECT s.urn, s.sort_at, s.updated, coalesce(a.language, e.language), e.title, e.link, coalesce(a.author, e.author),
                   {BEST_BODY}, a.lead_image, e.extra, e.feed_id, e.id, a.title
                 FROM stories s JOIN entries e ON e.id = s.representative
                 LEFT JOIN entry_bodies b ON b.entry_id = e.id LEFT JOIN articles a ON a.id = e.article_id AND a.state = 1
                 LEFT JOIN article_bodies ab ON ab.article_id = a.id WHERE s.id = ? AND s.redirect_to IS NULL",
            ))?
            .query_row([id.0], |row| {
                let urn: [u8; 16] = row.get(0)?;
                let extra: Extra = serde_json::from_str(row.get_ref(9)?.as_str()?).unwrap_or_default();
                let (title, article_title): (String, Option<String>) = (row.get(4)?, row.get(12)?);
                let feed = self.feed(row.get(10)?, feeds)?;
                let own_tags = feed.tags.clone();
                let mut tags = own_tags.clone();
                for category in extra.categories.iter().take(MAX_TAGS) {
                    if !tags.contains(category) {
                        tags.push(category.clone());
                    }
                }
                let story = PublishedStory {
                    id: Uuid::from_bytes(urn).urn().to_string(),
                    title: if title.is_empty() { article_title.unwrap_or_default() } else { title },
                    link: row.get(5)?,
                    author: row.get(6)?,
                    published: Timestamp(row.get(1)?),
                    updated: Timestamp(row.get(2)?),
                    language: row.get::<_, Option<String>>(3)?.or_else(|| feed.language.clone()),
                    tags,
                    own_tags,
                    html: self.body(row.get_ref(7)?)?,
                    lead_image: row.get(8)?,
                    enclosures: extra.enclosures.into_iter().map(enclosure).collect(),
                    sources: Vec::new(),
                    discussions: Vec::new(),
                    related: Vec::new(),
                };
                Ok((story, EntryId(row.get(11)?)))
            })
            .optional()?;
        let Some((mut story, representative)) = face else { return Ok(None) };
        let mut members = self.connection.prepare_cached(
            "SELECT e.feed_id, e.link, e.title, e.claimed, e.first_seen, e.extra ->> '$.comments',
               iif(e.evidence LIKE '%\"related\":[%', e.evidence, NULL), e.id
             FROM entries e WHERE e.story_id = ?1 ORDER BY e.id <> ?2, min(coalesce(e.claimed, e.first_seen), e.first_seen), e.id",
        )?;
        let mut rows = members.query(params![id.0, representative.0])?;
        let mut near: Vec<(i64, Near)> = Vec::new();
        while let Some(row) = rows.next()? {
            if let Some(evidence) = row.get_ref(6)?.as_str_or_null()? {
                near.push((row.get(7)?, serde_json::from_str(evidence).unwrap_or_default()));
            }
            let feed = self.feed(row.get(0)?, feeds)?;
            if feed.private {
                continue;
            }
            let source = Source {
                feed_title: feed.name.clone(),
                feed_url: feed.address.clone(),
                site_url: feed.site_url.clone(),
                link: row.get(1)?,
                title: row.get(2)?,
                published: earlier(row.get(3)?, row.get(4)?),
            };
            let comments: Option<String> = row.get(5)?;
            if let Some(url) = comments.filter(|url| is_elsewhere(url, source.link.as_deref()))
                && !story.discussions.iter().any(|other| other.url == url)
            {
                story.discussions.push(Discussion { feed_title: source.feed_title.clone(), url });
            }
            if !story.sources.iter().any(|other| other.feed_url == source.feed_url && other.link == source.link) {
                story.sources.push(source);
            }
        }
        near.sort_unstable_by_key(|(entry, _)| *entry);
        let near = near.into_iter().flat_map(|(_, near)| near.related);
        story.related = self.related(id, near.filter_map(|near| serde_json::from_value(near).ok()))?;
        Ok(Some(story))
    }

    /// A feed as its stories tell it, looked up once.
    fn feed<'a>(&self, id: i64, feeds: &'a mut Feeds) -> rusqlite::Result<&'a FeedFace> {
        match feeds.entry(id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let face = self
                    .connection
                    .prepare_cached("SELECT url, settings, title, site_url, language, private FROM feeds WHERE id = ?")?
                    .query_row([id], |row| {
                        let (url, settings, title): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
                        let settings = settings_of(&settings, &url);
                        Ok(FeedFace {
                            name: feed_name(settings.title.as_deref().or(title.as_deref()), &url),
                            tags: settings.tags,
                            address: text::redact_url(&url),
                            site_url: row.get(3)?,
                            language: row.get(4)?,
                            private: row.get(5)?,
                        })
                    })?;
                Ok(new.insert(face))
            }
        }
    }

    /// The stories that the members of a story were found near and did not join, as they are now: each once, nearest first;
    /// those of private feeds are left out.
    fn related(&self, id: StoryId, near: impl Iterator<Item = Nearest>) -> rusqlite::Result<Vec<Related>> {
        let mut other = self.connection.prepare_cached(
            "SELECT t.id, t.urn, e.title, e.link FROM stories s JOIN stories t ON t.id = coalesce(s.redirect_to, s.id)
             JOIN entries e ON e.id = t.representative JOIN feeds f ON f.id = e.feed_id WHERE s.id = ? AND f.private = 0",
        )?;
        let mut seen = vec![id];
        let mut related = Vec::new();
        for near in near {
            let found = other.query_row([near.story.0], |row| {
                let urn: [u8; 16] = row.get(1)?;
                let urn = Uuid::from_bytes(urn).urn().to_string();
                Ok((StoryId(row.get(0)?), Related { id: urn, title: row.get(2)?, link: row.get(3)? }))
            });
            if let Some((story, found)) = found.optional()?
                && related.len() < MAX_RELATED
                && !seen.contains(&story)
            {
                seen.push(story);
                related.push(found);
            }
        }
        Ok(related)
    }

    /// The story that an id means: its number, or its published id, also of one that was merged into another.
    pub fn find_story(&self, id: &str) -> rusqlite::Result<Option<StoryId>> {
        let by_urn = id.strip_prefix("urn:uuid:").unwrap_or(id);
        let found: Option<(i64, Option<i64>)> = match (by_urn.parse::<i64>(), Uuid::parse_str(by_urn)) {
            (Ok(number), _) => self
                .connection
                .query_row("SELECT id, redirect_to FROM stories WHERE id = ?", [number], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?,
            (_, Ok(urn)) => self
                .connection
                .query_row("SELECT id, redirect_to FROM stories WHERE urn = ?", [urn.as_bytes()], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?,
            _ => None,
        };
        Ok(found.map(|(id, redirect)| StoryId(redirect.unwrap_or(id))))
    }

    /// A story with its members and the evidence of each.
    pub fn story(&self, id: StoryId) -> rusqlite::Result<Option<StoryDetail>> {
        let Some(published) = self.published(&[id])?.pop() else { return Ok(None) };
        let mut members = self.connection.prepare_cached(
            "SELECT e.id, f.settings, f.url, f.title, f.private, e.title, e.link, e.claimed, e.first_seen, e.settled, e.rung, e.evidence, a.state, a.why
             FROM entries e JOIN feeds f ON f.id = e.feed_id LEFT JOIN articles a ON a.id = e.article_id WHERE e.story_id = ?
             ORDER BY e.joined, e.id",
        )?;
        let rows = members.query_map([id.0], |row| {
            let (settings, url): (String, String) = (row.get(1)?, row.get(2)?);
            let title: Option<String> = row.get(3)?;
            Ok(Member {
                entry: EntryId(row.get(0)?),
                feed_name: feed_name(settings_of(&settings, &url).title.as_deref().or(title.as_deref()), &url),
                private: row.get(4)?,
                title: row.get(5)?,
                link: row.get(6)?,
                claimed: row.get::<_, Option<i64>>(7)?.map(Timestamp),
                first_seen: Timestamp(row.get(8)?),
                settled: row.get::<_, Option<i64>>(9)?.map(Timestamp),
                rung: row.get::<_, Option<String>>(10)?.unwrap_or_default(),
                evidence: evidence_of(row.get(11)?),
                article: row
                    .get::<_, Option<i64>>(12)?
                    .map(|state| Ok::<_, rusqlite::Error>(ArticleRow { here: state == 1, why: row.get(13)? }))
                    .transpose()?,
            })
        })?;
        let members = rows.collect::<rusqlite::Result<_>>()?;
        let rules = self.rules()?;
        let rules = self.rules_of(id, &rules)?.into_iter().map(|(rule, since)| (rule.clone(), since)).collect();
        Ok(Some(StoryDetail { id, published, members, rules }))
    }
}

/// Whether an entry is discussed on another page than its own.
fn is_elsewhere(comments: &str, link: Option<&str>) -> bool {
    let page = |address: &str| address.split('#').next().unwrap_or_default().trim_end_matches('/').to_owned();
    link.is_some_and(|link| page(link) != page(comments))
}

/// Does to a story what a rule says.
fn rewrite(story: &mut PublishedStory, rule: &Rule) {
    if let Some(title) = rule.title_of(&story.title) {
        story.title = title;
    }
    if let Some(link) = story.link.as_deref().and_then(|link| rule.address_of(link)) {
        story.link = Some(link);
    }
    for tag in &rule.tags {
        for tags in [&mut story.tags, &mut story.own_tags] {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
    }
}

/// Stored evidence; what an older version wrote otherwise is shown as far as it can be read.
fn evidence_of(json: Option<String>) -> Evidence {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}
