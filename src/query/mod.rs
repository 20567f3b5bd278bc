//! What a person asks for among stories: words and what is known of a story, in one line of text.
//!
//! `rust "memory safety" -game tag:dev,security lang:zh-Hant sources:>=3 since:24h`: each part must hold, a comma means
//! or, a minus turns a part round. One parser for the command line, outputs, the page, rules and APIs; a [`Query`] and
//! its text say the same, so it is stored and sent as its text. Pure: the store looks up what a part is asked of, and
//! asks here whether it holds.

mod language;
mod parse;
mod terms;
mod words;

pub use language::range as language_range;
pub use parse::QueryError;
pub use terms::terms;
pub use words::Words;

use crate::text;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Query {
    pub words: Words,
    /// `tag:`: tags of the story's feeds, in any letter case.
    pub tags: Filter<String>,
    /// `lang:`: BCP 47 ranges.
    pub languages: Filter<String>,
    /// `feed:`: a feed's address or its host, or words of its name.
    pub feeds: Filter<String>,
    /// `is:`: what a person has done with it.
    pub states: Filter<State>,
    /// `sources:`: feeds that tell the story in words of their own.
    pub sources: Count,
    /// `since:`: first seen within this time.
    pub since: Option<Duration>,
    /// `order:`
    pub order: Order,
}

/// What may be said of a story more than once: of each group of `wanted` at least one must hold, of `unwanted` none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter<T> {
    pub wanted: Vec<Vec<T>>,
    pub unwanted: Vec<T>,
}

impl<T> Default for Filter<T> {
    fn default() -> Filter<T> {
        Filter { wanted: Vec::new(), unwanted: Vec::new() }
    }
}

impl<T> Filter<T> {
    /// One of these must hold.
    pub fn any_of(of: Vec<T>) -> Filter<T> {
        Filter { wanted: vec![of], unwanted: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// One of these must hold; none of them given asks nothing.
    pub fn want_any(&mut self, of: impl IntoIterator<Item = T>) {
        let group: Vec<T> = of.into_iter().collect();
        if !group.is_empty() {
            self.wanted.push(group);
        }
    }

    /// Whether all that is asked holds, where `is` says it of one.
    pub fn holds(&self, is: impl Fn(&T) -> bool) -> bool {
        self.wanted.iter().all(|group| group.iter().any(&is)) && !self.unwanted.iter().any(&is)
    }
}

/// What a reader has done with a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Unread,
    Read,
    Starred,
    /// A rule keeps it out of outputs.
    Muted,
}

impl State {
    /// Told by a person, and not by what is published.
    pub fn is_personal(self) -> bool {
        matches!(self, State::Unread | State::Read | State::Starred)
    }
}

/// A number between two, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub least: u32,
    pub most: u32,
}

impl Default for Count {
    fn default() -> Count {
        Count { least: 0, most: u32::MAX }
    }
}

impl Count {
    pub fn holds(self, number: u32) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    #[default]
    Newest,
    Oldest,
    /// The stories with the most sources first, the newest of those that have equally many.
    Sources,
}

impl Query {
    /// `tags`: those of all feeds of a story.
    pub fn tags_hold(&self, tags: &[impl AsRef<str>]) -> bool {
        let is = |wanted: &String| tags.iter().any(|tag| text::fold(tag.as_ref()) == text::fold(wanted));
        self.tags.holds(is)
    }

    /// `language`: the story's, as its feed or page calls it.
    pub fn language_holds(&self, language: Option<&str>) -> bool {
        self.languages.holds(|range| language::is_in(range, language.unwrap_or_default()))
    }

    /// `feeds`: name and address of each feed of a story.
    pub fn feeds_hold(&self, feeds: &[(impl AsRef<str>, impl AsRef<str>)]) -> bool {
        let is = |wanted: &String| feeds.iter().any(|(name, address)| is_feed(wanted, name.as_ref(), address.as_ref()));
        self.feeds.holds(is)
    }
}

/// Whether a feed is meant: its address with or without a scheme and a slash at the end, its host or a domain that this
/// is in, or whole words of its name.
fn is_feed(wanted: &str, name: &str, address: &str) -> bool {
    let bare = |address: &str| {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        text::fold(rest.trim_end_matches('/'))
    };
    let (wanted, address) = (bare(wanted), bare(address));
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let in_domain = || host.strip_suffix(wanted.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    !wanted.is_empty() && (wanted == address || in_domain() || words::holds(&text::fold(name), &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        text.parse().unwrap()
    }

    #[test]
    fn each_part_must_hold_and_a_comma_means_or() {
        let holds = |asked: &str, tags: &[&str]| query(asked).tags_hold(tags);
        assert!(holds("tag:dev,security", &["Security"]));
        assert!(!holds("tag:dev tag:security", &["security"]));
        assert!(holds("tag:dev tag:security", &["security", "dev"]));
        assert!(!holds("tag:dev -tag:games", &["dev", "games"]));
        assert!(holds("-tag:games", &[]));
    }

    #[test]
    fn feeds_are_known_by_address_host_and_name() {
        let holds = |asked: &str| query(asked).feeds_hold(&[("The Daily Crab", "https://feeds.crab.example/rss.xml")]);
        for asked in
            ["feed:crab", "feed:\"daily crab\"", "feed:crab.example", "feed:https://feeds.crab.example/rss.xml/", "-feed:rab"]
        {
            assert!(holds(asked), "{asked}");
        }
        for asked in ["feed:rab.example", "feed:\"crab daily\"", "feed:https://rab.example/", "feed:rss.xml", "-feed:crab"] {
            assert!(!holds(asked), "{asked}");
        }
    }

    #[test]
    fn languages_and_counts() {
        assert!(query("lang:zh-hant,en").language_holds(Some("zh-TW")));
        assert!(!query("lang:en").language_holds(None));
        assert!(query("-lang:en").language_holds(None));
        let sources = query("sources:>=2 sources:<5").sources;
        assert_eq!([1, 2, 4, 5].map(|number| sources.holds(number)), [false, true, true, false]);
    }
}
