//! What a person wants done with stories: rules that hide, keep, tag and rewrite, and what is to be told when it happens.
//!
//! A rule changes nothing that is stored of a story: which rules hold for it is stored beside it, and what they do is done
//! when it is read. So a rule that goes leaves no trace. A star alone is a mark of the story, since apps ask for it as one;
//! whose it is is stored with it (`store/marks.rs`): a rule's goes with the rule, a person's word beats it for good.

use crate::query::{Order, Query};
use regex::Regex;
use serde::{Deserialize, Serialize};

/// One `[[rule]]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    pub name: String,
    /// The stories for which it holds: also `tag:` of rules before it.
    pub query: Query,
    /// Only in these outputs; empty: everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Not in outputs, nor on the page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mute: bool,
    /// Whatever mutes it, and however old it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
    /// Starred, until a person takes the star away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub star: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Rewrite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Rewrite>,
}

/// Every place in a text where a pattern is found, replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    pub replace: Pattern,
    /// `$1` is what the first group found.
    #[serde(default)]
    pub by: String,
}

/// A regular expression: the syntax of the crate `regex`, whose time grows with the text and not with the pattern.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Pattern, String> {
        // The crate draws a picture of the place over several lines; its last line says what is wrong.
        let wrong = |error: regex::Error| {
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("{text:?} is not a regular expression: {last}")
        };
        Regex::new(&text).map(Pattern).map_err(wrong)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.0.as_str().to_owned()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Rewrite {
    fn of(&self, text: &str) -> Option<String> {
        self.replace.0.is_match(text).then(|| self.replace.0.replace_all(text, self.by.as_str()).into_owned())
    }
}

impl Rule {
    /// `output`: the name of an output, or empty for what is none (the page, a query's document).
    pub fn is_for(&self, output: &str) -> bool {
        self.outputs.is_empty() || self.outputs.iter().any(|name| name == output)
    }

    /// A title as the rule has it; one that would be empty stays.
    pub fn title_of(&self, title: &str) -> Option<String> {
        let new = self.title.as_ref()?.of(title)?.trim().to_owned();
        (!new.is_empty()).then_some(new)
    }

    /// An address as the rule has it; what would be none stays.
    pub fn address_of(&self, address: &str) -> Option<String> {
        let new = url::Url::parse(&self.address.as_ref()?.of(address)?).ok()?;
        (matches!(new.scheme(), "http" | "https") && new.has_host()).then(|| new.into())
    }

    /// What it does, in a few words.
    pub fn deeds(&self) -> String {
        let mut deeds = Vec::new();
        if self.mute {
            deeds.push("mutes".to_owned());
        }
        if self.keep {
            deeds.push("keeps".to_owned());
        }
        if self.star {
            deeds.push("stars".to_owned());
        }
        if !self.tags.is_empty() {
            deeds.push(format!("tags {}", self.tags.join(", ")));
        }
        if self.title.is_some() {
            deeds.push("rewrites the title".to_owned());
        }
        if self.address.is_some() {
            deeds.push("rewrites the address".to_owned());
        }
        let place = if self.outputs.is_empty() { String::new() } else { format!(" in {}", self.outputs.join(", ")) };
        format!("{}{place}", deeds.join(", "))
    }

    /// What is wrong with it, and what to write instead.
    pub fn check(&self) -> Result<(), String> {
        check_query(&self.query)?;
        if !(self.mute || self.keep || self.star || self.title.is_some() || self.address.is_some()) && self.tags.is_empty() {
            return Err("does nothing; say mute, keep, star, tags, title or address".into());
        }
        if self.star && !self.outputs.is_empty() {
            return Err("stars in some outputs only; a star is the story's: leave outputs out, or make it two rules".into());
        }
        if self.mute && self.keep {
            return Err("mutes and keeps; one of them".into());
        }
        if self.mute && self.query == Query::default() {
            return Err("would mute every story; say which in query".into());
        }
        match self.tags.iter().find(|tag| tag.trim().is_empty() || tag.chars().any(|c| c == ',' || c.is_control())) {
            Some(tag) => Err(format!("{tag:?} cannot be a tag: it is empty, or holds a comma")),
            None => Ok(()),
        }
    }
}

/// Whether it holds for a story must not change while the story does not.
pub fn check_query(query: &Query) -> Result<(), String> {
    if query.since.is_some() {
        return Err("query: since: is for looking, not for rules: a story would change while nothing happens".into());
    }
    if !query.states.is_empty() || query.order != Order::default() {
        return Err("query: is: and order: are for looking, not for rules".into());
    }
    Ok(())
}

/// Of what somebody is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trigger {
    pub name: String,
    /// A story for which this comes to hold.
    pub query: Option<Query>,
    /// A feed that needs a person.
    pub feeds: bool,
}

/// What rules and triggers say of one story.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The names of rules that hold.
    pub rules: Vec<String>,
    /// The names of triggers that hold.
    pub triggers: Vec<String>,
}

/// Whether rules hide a story in an output.
pub fn is_muted<'a>(rules: impl Iterator<Item = &'a Rule> + Clone, output: &str) -> bool {
    let mut of_output = rules.filter(|rule| rule.is_for(output));
    let mutes = of_output.clone().any(|rule| rule.mute);
    mutes && !of_output.any(|rule| rule.keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn what_would_be_nothing_stays() {
        let rule = rule("title = { replace = '^(Show|Ask) HN: ', by = '' }\naddress = { replace = '//old\\.', by = '//www.' }");
        assert_eq!(rule.title_of("Show HN: A crab"), Some("A crab".into()));
        assert_eq!((rule.title_of("Show HN: "), rule.title_of("A crab")), (None, None));
        assert_eq!(rule.address_of("https://old.reddit.example/r"), Some("https://www.reddit.example/r".into()));
        let evil = Rule {
            address: Some(Rewrite { replace: "^https:".to_owned().try_into().unwrap(), by: "javascript:".into() }),
            ..rule
        };
        assert_eq!(evil.address_of("https://a.example/"), None);
    }

    #[test]
    fn what_is_kept_is_not_muted() {
        let rules =
            [rule("name = 'a'\nquery = 'x'\nmute = true\noutputs = ['ai']"), rule("name = 'b'\nquery = 'y'\nkeep = true")];
        assert!(is_muted(rules[..1].iter(), "ai") && !is_muted(rules[..1].iter(), "all") && !is_muted(rules[..1].iter(), ""));
        assert!(!is_muted(rules.iter(), "ai"));
    }

    #[test]
    fn a_rule_says_what_is_wrong_with_it() {
        let wrong = |text: &str| rule(text).check().unwrap_err();
        assert!(wrong("query = 'x'").contains("does nothing"));
        assert!(wrong("query = ''\nmute = true").contains("every story"));
        assert!(wrong("query = 'since:1d'\nmute = true").contains("since:"));
        assert!(wrong("query = 'x'\nmute = true\nkeep = true").contains("one of them"));
        assert!(wrong("tags = ['a,b']").contains("comma"));
        let regex = toml::from_str::<Rule>("title = { replace = '(' }").unwrap_err().to_string();
        assert!(regex.contains("\"(\" is not a regular expression: unclosed group"), "{regex}");
    }
}
