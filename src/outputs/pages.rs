//! Pages for people, and all that can be served from files.

use super::edition::{Asked, Imprint, LIMIT, PageImages, SEARCHES};
use crate::model::{Content, Timestamp};
use crate::publish::{self, FeedState, Format, Images, Joined, Marks, Page, Site, Standing, StoryPage, Troubles};
use crate::query::{Order, Query};
use crate::store::{Reader, Selection};
use std::time::Duration;

/// For whom a page is written, and when.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Of the page's own words.
    pub language: &'a str,
    pub now: Timestamp,
    pub troubles: Troubles,
}

/// How long a page is shown that tells how polling stands.
pub const STANDING_LASTS: Duration = Duration::from_secs(60);

impl Imprint {
    /// What all pages have in common, given to the page that is written.
    fn page<T>(&self, reader: &Reader, view: &View, write: impl FnOnce(Site) -> T) -> rusqlite::Result<T> {
        let site = Site {
            title: "courant",
            language: view.language,
            base: self.path(),
            outputs: &self.links(),
            node: self.node.as_deref(),
            standing: Standing { troubles: view.troubles, ..reader.standing_kept()? },
            images: match &self.images {
                PageImages::Linked => Images::Linked,
                PageImages::Proxied(key) => Images::Proxied { key },
                PageImages::Off => Images::Off,
            },
        };
        Ok(write(site))
    }

    /// The page at `/`; what cannot be understood of the query is said on it.
    pub fn river(&self, reader: &Reader, asked: &Asked, view: &View) -> rusqlite::Result<String> {
        let (query, wrong) = match asked.query.parse::<Query>() {
            Ok(query) => (query, None),
            Err(wrong) => (Query::default(), Some(wrong.to_string())),
        };
        let (by_date, marked) = (query.order != Order::Sources, query.words.wanted.clone());
        let selected = match wrong {
            Some(_) => Default::default(),
            None => {
                let output = Some(String::new());
                let selection = Selection { after: asked.after, output, ..Selection::of(query, asked.limit, view.now) };
                reader.selected_on(&selection, 1, SEARCHES)?
            }
        };
        let stories = reader.published(&selected.stories)?;
        let older = selected.next.filter(|_| self.is_served).map(|next| next.to_string());
        self.page(reader, view, |site| {
            publish::page(&Page {
                site,
                stories: &stories,
                query: &asked.query,
                by_date,
                marked: &marked,
                wrong: wrong.as_deref(),
                older: older.as_deref(),
            })
        })
    }

    /// The page on which a person logs in.
    pub fn login(&self, reader: &Reader, failed: bool, view: &View) -> rusqlite::Result<String> {
        self.page(reader, view, |site| publish::login_page(&site, failed))
    }

    /// A story's own page; `None`: there is no such story. `proof`: of a person who may mark it there.
    pub fn story(&self, reader: &Reader, id: &str, proof: Option<&str>, view: &View) -> rusqlite::Result<Option<String>> {
        let Some(id) = reader.find_story(id)? else { return Ok(None) };
        let Some(detail) = reader.story(id)? else { return Ok(None) };
        let why: Vec<Joined> = detail
            .members
            .iter()
            .filter(|member| !member.private)
            .map(|member| Joined {
                name: member.feed_name.clone(),
                title: member.title.clone(),
                why: member.evidence.why.clone(),
            })
            .collect();
        let item = if proof.is_some() { reader.item(id)? } else { None };
        let marks = proof.zip(item).map(|(proof, item)| Marks { read: item.read, starred: item.starred, proof });
        let (newer, older) = reader.neighbours(id)?;
        let (newer, older) = (newer.map(|id| id.to_string()), older.map(|id| id.to_string()));
        let page = self.page(reader, view, |site| {
            publish::story_page(&StoryPage {
                site,
                story: &detail.published,
                why: &why,
                marks,
                newer: newer.as_deref(),
                older: older.as_deref(),
            })
        })?;
        Ok(Some(page))
    }

    /// All that can be served from files: paths below a folder, and texts. The page's search and older stories need a server.
    pub fn everything(&self, reader: &Reader, now: Timestamp) -> rusqlite::Result<Vec<(String, String)>> {
        let mut files = Vec::new();
        for output in &self.outputs {
            for format in Format::ALL {
                let path = publish::feed_path(&output.name, format).trim_start_matches('/').to_owned();
                files.push((path, self.feed(reader, output, format, None, now)?));
            }
        }
        let asked = Asked { query: String::new(), limit: LIMIT, content: Content::Full, after: None };
        let view = View { language: "en", now, troubles: Troubles::default() };
        files.push(("index.html".into(), self.river(reader, &asked, &view)?));
        files.push(("sources/index.html".into(), self.sources(reader, &view)?));
        for story in reader.published(&reader.select(&Selection {
            limit: LIMIT,
            output: Some(String::new()),
            ..Selection::default()
        })?)? {
            let id = story.id.trim_start_matches("urn:uuid:");
            if let Some(page) = self.story(reader, id, None, &view)? {
                files.push((format!("story/{id}/index.html"), page));
            }
        }
        files.push(("opml".into(), self.subscriptions(reader)?));
        files.push(("page.js".into(), publish::SCRIPT.to_owned()));
        files.push(("icon.svg".into(), publish::ICON.to_owned()));
        files.push(("manifest.webmanifest".into(), publish::MANIFEST.to_owned()));
        files.push(("robots.txt".into(), publish::ROBOTS.to_owned()));
        Ok(files)
    }

    /// The page at `/status`.
    pub fn status(&self, reader: &Reader, view: &View) -> rusqlite::Result<String> {
        let samples = reader.samples()?;
        self.page(reader, view, |site| publish::status_page(&site, &samples, self.tells_sizes))
    }

    /// The page at `/sources`.
    pub fn sources(&self, reader: &Reader, view: &View) -> rusqlite::Result<String> {
        let mut lately = reader.lately_about(view.now)?;
        let feeds: Vec<FeedState> = reader
            .feeds()?
            .into_iter()
            .filter(|feed| feed.subscribed && !feed.settings.private)
            .map(|feed| {
                let health = feed.health(view.now);
                FeedState {
                    name: feed.name(),
                    feed_url: crate::text::redact_url(&feed.url),
                    site_url: feed.site_url.clone(),
                    needs_attention: health.needs_attention(),
                    sentence: health.sentence,
                    advice: health.advice,
                    last_read: feed.last_ok,
                    next_poll: feed.next_poll,
                    reasons: feed.reasons,
                    n_entries: u32::try_from(feed.n_entries).unwrap_or(0),
                    lately: lately.remove(&feed.id).unwrap_or_default(),
                }
            })
            .collect();
        self.page(reader, view, |site| publish::sources_page(&site, &feeds))
    }
}
