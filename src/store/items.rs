//! Stories as reading apps list them, the feeds under which they do, and the apps.

use super::read::Reader;
use super::rows::{feed_name, settings_of};
use super::select::{Asked, Selection};
use crate::model::{FeedId, StoryId, Timestamp};
use crate::query::Query;
use crate::records::{App, Item, ListedFeed};
use crate::sync::FullItem;
use crate::text;
use rusqlite::{OptionalExtension, Row, params_from_iter};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Which items are wanted. What is `None` asks nothing.
#[derive(Clone, Debug, Default)]
pub struct ItemFilter {
    /// The output by whose rules stories are muted; "" for what is none.
    pub output: String,
    /// What a story must be and hold: an output's whole query.
    pub query: Query,
    pub read: Option<bool>,
    pub starred: Option<bool>,
    pub feeds: Option<HashSet<FeedId>>,
    /// In microseconds, both included.
    pub shown_from: Option<i64>,
    pub shown_until: Option<i64>,
    /// Both left out.
    pub above: Option<StoryId>,
    pub below: Option<StoryId>,
    pub changed_after: Option<Timestamp>,
    pub changed_before: Option<Timestamp>,
    pub published_after: Option<Timestamp>,
    pub published_before: Option<Timestamp>,
    pub order: ItemOrder,
    /// The lowest number, or the earliest date, first.
    pub ascending: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ItemOrder {
    /// By number, which is that in which they were shown.
    #[default]
    Number,
    Published,
}

/// What `sync::published` says, as an expression on the stories `s`.
const PUBLISHED: &str = "iif(s.sort_at >= 631152000000, s.sort_at, s.first_seen)";
const CHANGED: &str = "max(s.updated, coalesce(i.marked, 0))";

/// The columns of [`item`], of the items `i`; where it is known what is unread, no row of the table is read for that.
const ITEM: &str = "i.story_id, i.shown, i.feed_id, i.read_at IS NOT NULL, i.starred_at IS NOT NULL";
const UNREAD_ITEM: &str = "i.story_id, i.shown, i.feed_id, 0, i.starred_at IS NOT NULL";

fn item(row: &Row) -> rusqlite::Result<Item> {
    Ok(Item {
        story: StoryId(row.get(0)?),
        shown: row.get(1)?,
        feed: FeedId(row.get(2)?),
        read: row.get(3)?,
        starred: row.get(4)?,
    })
}

impl Reader {
    /// The items of a filter in its order, until `each` says `false`. An item of a feed that is no longer subscribed is
    /// listed among the starred alone.
    pub fn each_item(&self, filter: &ItemFilter, now: Timestamp, mut each: impl FnMut(Item) -> bool) -> rusqlite::Result<()> {
        let listed: HashSet<FeedId> = self.subscribed_feeds()?;
        let (sql, values) = statement(filter);
        let asked = self.membership(filter, now)?;
        let mut all = self.connection.prepare_cached(&sql)?;
        let mut rows = all.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let item = item(row)?;
            if filter.ends_by_time() && filter.shown_from.is_some_and(|from| item.shown < from) {
                break;
            }
            let is_there = match &filter.feeds {
                Some(feeds) => feeds.contains(&item.feed),
                None => true,
            };
            let is_listed = listed.contains(&item.feed) || (item.starred && filter.starred == Some(true));
            // What a person starred is there, muted or not.
            let is_kept = item.starred && filter.query == Query::default();
            let is_asked_for = || asked.as_ref().map_or(Ok(true), |asked| self.is_selected(item.story, asked));
            if is_there && is_listed && (is_kept || is_asked_for()?) && !each(item) {
                break;
            }
        }
        Ok(())
    }

    /// Up to so many, and whether there are more.
    pub fn items(&self, filter: &ItemFilter, limit: usize, now: Timestamp) -> rusqlite::Result<(Vec<Item>, bool)> {
        let (mut items, mut more) = (Vec::new(), false);
        self.each_item(filter, now, |item| {
            more = items.len() >= limit;
            if !more {
                items.push(item);
            }
            !more
        })?;
        Ok((items, more))
    }

    /// The item of a number; that of a merged story is the survivor's.
    pub fn item(&self, story: StoryId) -> rusqlite::Result<Option<Item>> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {ITEM} FROM stories s JOIN items i ON i.story_id = coalesce(s.redirect_to, s.id) WHERE s.id = ?"
            ))?
            .query_row([story.0], item)
            .optional()
    }

    /// The same with what the story says. An item that is gone is left out.
    pub fn full_items(&self, items: &[Item]) -> rusqlite::Result<Vec<FullItem>> {
        let mut times = self.connection.prepare_cached(&format!(
            "SELECT {CHANGED}, s.first_seen, s.urn FROM items i JOIN stories s ON s.id = i.story_id WHERE i.story_id = ?"
        ))?;
        let stories: Vec<StoryId> = items.iter().map(|item| item.story).collect();
        // In the order of the items, without those that are gone.
        let mut stories = self.published(&stories)?.into_iter().peekable();
        let mut full = Vec::with_capacity(items.len());
        for item in items {
            let found: Option<(i64, i64, [u8; 16])> =
                times.query_row([item.story.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
            let Some((changed, first_seen, urn)) = found else { continue };
            let urn = Uuid::from_bytes(urn).urn().to_string();
            let Some(story) = stories.next_if(|story| story.id == urn) else { continue };
            full.push(FullItem { item: *item, changed: Timestamp(changed), first_seen: Timestamp(first_seen), story });
        }
        Ok(full)
    }

    /// How many unread items each feed has, and when the newest of them was shown (microseconds).
    pub fn unread_counts(&self, of: ItemFilter, now: Timestamp) -> rusqlite::Result<HashMap<FeedId, (usize, i64)>> {
        let mut counts: HashMap<FeedId, (usize, i64)> = HashMap::new();
        self.each_item(&ItemFilter { read: Some(false), ..of }, now, |item| {
            let (n, newest) = counts.entry(item.feed).or_default();
            *n += 1;
            *newest = (*newest).max(item.shown);
            true
        })?;
        Ok(counts)
    }

    /// The subscriptions, in order of subscription.
    pub fn listed_feeds(&self) -> rusqlite::Result<Vec<ListedFeed>> {
        let mut all = self.connection.prepare_cached(
            "SELECT id, url, settings, title, site_url, last_ok, n_errors, error, private, paused FROM feeds WHERE subscribed = 1 ORDER BY id",
        )?;
        let rows = all.query_map([], |row| {
            let (url, settings): (String, String) = (row.get(1)?, row.get(2)?);
            let (title, settings) = (row.get::<_, Option<String>>(3)?, settings_of(&settings, &url));
            let is_private: bool = row.get(8)?;
            let is_public = !is_private && url.starts_with("http") && text::redact_url(&url) == plain(&url);
            Ok(ListedFeed {
                id: FeedId(row.get(0)?),
                name: feed_name(settings.title.as_deref().or(title.as_deref()), &url),
                public_url: is_public.then(|| url.clone()),
                url: settings.url,
                site_url: row.get(4)?,
                tags: settings.tags,
                last_ok: row.get::<_, Option<i64>>(5)?.map(Timestamp),
                n_errors: row.get(6)?,
                // What a command or a file system says has paths in it.
                error: row.get::<_, Option<String>>(7)?.map(|why| if is_public { why } else { "its last poll failed".into() }),
                paused: row.get(9)?,
            })
        })?;
        rows.collect()
    }

    pub fn apps(&self) -> rusqlite::Result<Vec<App>> {
        let mut all = self.connection.prepare_cached("SELECT name, password, auth, fever FROM apps ORDER BY name")?;
        let rows =
            all.query_map([], |row| Ok(App { name: row.get(0)?, password: row.get(1)?, auth: row.get(2)?, fever: row.get(3)? }))?;
        rows.collect()
    }

    fn subscribed_feeds(&self) -> rusqlite::Result<HashSet<FeedId>> {
        let mut all = self.connection.prepare_cached("SELECT id FROM feeds WHERE subscribed = 1")?;
        all.query_map([], |row| row.get(0).map(FeedId))?.collect()
    }

    /// What each story is asked by; `None`: all of them are the output's.
    fn membership(&self, filter: &ItemFilter, now: Timestamp) -> rusqlite::Result<Option<Asked>> {
        let rules = self.rules()?;
        if filter.query == Query::default() && !rules.iter().any(|rule| rule.mute) {
            return Ok(None);
        }
        let selection = Selection { output: Some(filter.output.clone()), ..Selection::of(filter.query.clone(), usize::MAX, now) };
        self.asked(selection, rules).map(Some)
    }
}

impl ItemFilter {
    /// Items come the latest shown first: what was shown too early ends the list.
    fn ends_by_time(&self) -> bool {
        self.order == ItemOrder::Number && !self.ascending
    }
}

/// An address as `redact_url` writes one in which there is nothing to hide.
fn plain(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.to_string())
}

/// The statement of a filter, but for its query and its feeds where they are several.
fn statement(filter: &ItemFilter) -> (String, Vec<i64>) {
    let mut conditions = vec!["i.hidden = 0".to_owned()];
    let mut values = Vec::new();
    conditions.extend(filter.read.map(|read| format!("i.read_at IS {}NULL", if read { "NOT " } else { "" })));
    conditions.extend(filter.starred.map(|starred| format!("i.starred_at IS {}NULL", if starred { "NOT " } else { "" })));
    let of_story = [
        (format!("{CHANGED} > ?"), filter.changed_after),
        (format!("{CHANGED} < ?"), filter.changed_before),
        (format!("{PUBLISHED} > ?"), filter.published_after),
        (format!("{PUBLISHED} < ?"), filter.published_before),
    ];
    let one_feed = filter.feeds.as_ref().filter(|feeds| feeds.len() == 1).and_then(|feeds| feeds.iter().next());
    let of_item = [
        ("i.feed_id = ?", one_feed.map(|feed| feed.0)),
        ("i.shown >= ?", filter.shown_from.filter(|_| !filter.ends_by_time())),
        ("i.shown <= ?", filter.shown_until),
        ("i.story_id > ?", filter.above.map(|story| story.0)),
        ("i.story_id < ?", filter.below.map(|story| story.0)),
    ];
    for (condition, value) in of_item {
        if let Some(value) = value {
            conditions.push(condition.to_owned());
            values.push(value);
        }
    }
    let mut needs_story = filter.order == ItemOrder::Published;
    for (condition, value) in of_story {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(value.0);
            needs_story = true;
        }
    }
    let direction = if filter.ascending { "ASC" } else { "DESC" };
    let order = match filter.order {
        ItemOrder::Number => format!("i.story_id {direction}"),
        ItemOrder::Published => format!("{PUBLISHED} {direction}, i.story_id {direction}"),
    };
    let columns = if filter.read == Some(false) { UNREAD_ITEM } else { ITEM };
    let join = if needs_story { " JOIN stories s ON s.id = i.story_id" } else { "" };
    (format!("SELECT {columns} FROM items i{join} WHERE {} ORDER BY {order}", conditions.join(" AND ")), values)
}
