//! What all answers need to know of the account that is asked, and a story as apps get it.

use super::icon::icon_path;
use super::numbers::folder_number;
use crate::model::{FeedId, StoryId, Timestamp};
use crate::publish::{self, PublishedStory};
use crate::records::{Item, ListedFeed};
use std::collections::HashSet;

/// An account, as far as answers go.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Of the app that asks: its user name.
    pub name: &'a str,
    /// The address of this server, without a slash at the end.
    pub base_url: &'a str,
    pub feeds: &'a [ListedFeed],
    /// Folders that an app made and that no feed is in yet.
    pub empty_folders: &'a [String],
}

/// An item with its story.
#[derive(Clone, Debug)]
pub struct FullItem {
    pub item: Item,
    /// The later of the story's last change and the last marking.
    pub changed: Timestamp,
    pub first_seen: Timestamp,
    pub story: PublishedStory,
}

/// A story as apps get it: nothing that they crash without is missing.
pub(super) struct Told {
    pub title: String,
    pub link: String,
    pub author: String,
    pub html: String,
    pub published: Timestamp,
    pub enclosures: Vec<crate::feed::Enclosure>,
}

impl<'a> Account<'a> {
    pub fn feed(&self, id: FeedId) -> Option<&'a ListedFeed> {
        self.feeds.iter().find(|feed| feed.id == id)
    }

    /// The address of a feed, as far as anybody may know it; else one of ours, which leads nowhere.
    pub fn feed_url(&self, feed: &ListedFeed) -> String {
        feed.public_url.clone().unwrap_or_else(|| format!("{}/sync/feed/{}", self.base_url, feed.id))
    }

    /// The feed that an address of the above means.
    pub fn feed_at(&self, url: &str) -> Option<&'a ListedFeed> {
        self.feeds.iter().find(|feed| self.feed_url(feed) == url || feed.url == url)
    }

    pub fn site_url(&self, feed: &ListedFeed) -> String {
        let site = feed.site_url.as_deref().and_then(publish::web_url).map(|url| crate::text::redact_url(&url));
        site.unwrap_or_else(|| format!("{}/", self.base_url))
    }

    pub(super) fn icon_url(&self, feed: &ListedFeed) -> String {
        format!("{}{}", self.base_url, icon_path(&feed.name))
    }

    /// All tags, in the order in which the list has them.
    pub fn folders(&self) -> Vec<&'a str> {
        let mut seen = HashSet::new();
        let all = self.feeds.iter().flat_map(|feed| &feed.tags).chain(self.empty_folders);
        all.map(String::as_str).filter(|tag| seen.insert(*tag)).collect()
    }

    /// The folder of a number.
    pub fn folder(&self, number: i64) -> Option<&'a str> {
        self.folders().into_iter().find(|name| folder_number(name) == number)
    }

    pub fn all_feeds(&self) -> HashSet<FeedId> {
        self.feeds.iter().map(|feed| feed.id).collect()
    }

    /// The feeds that have a tag.
    pub fn feeds_in(&self, folder: &str) -> HashSet<FeedId> {
        self.feeds.iter().filter(|feed| feed.tags.iter().any(|tag| tag == folder)).map(|feed| feed.id).collect()
    }

    pub(super) fn tell(&self, full: &FullItem) -> Told {
        let reading = publish::reading(&full.story);
        let own = || format!("{}/story/{}", self.base_url, full.story.id.trim_start_matches("urn:uuid:"));
        Told {
            title: reading.title,
            link: reading.link.unwrap_or_else(own),
            author: reading.author.unwrap_or_default(),
            html: reading.html,
            published: reading.published.unwrap_or(full.first_seen),
            enclosures: reading.enclosures,
        }
    }

    /// What a feed is called that is no longer in the list: as the story's first source is.
    pub(super) fn feed_name(&self, full: &FullItem) -> String {
        match self.feed(full.item.feed) {
            Some(feed) => feed.name.clone(),
            None => full.story.sources.first().map_or_else(|| "…".to_owned(), |source| source.feed_title.clone()),
        }
    }
}

/// Numbers with commas between.
pub(super) fn joined(numbers: impl IntoIterator<Item = i64>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

/// Of items.
pub(super) fn numbers(items: &[Item]) -> Vec<i64> {
    items.iter().map(|Item { story: StoryId(number), .. }| *number).collect()
}
