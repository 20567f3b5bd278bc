//! The words of a query: what the index is asked, and whether a text really holds them.

use super::terms::for_each_term;
use crate::text;

/// Every wanted phrase must be there, no unwanted one may be. A phrase is folded ([`text::fold`]), with single blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub wanted: Vec<String>,
    pub unwanted: Vec<String>,
}

impl Words {
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// Takes a phrase in, however it is written; one without a letter or digit could be found nowhere and asks nothing.
    pub fn add(&mut self, unwanted: bool, phrase: &str) {
        let phrase = text::fold(phrase).split_whitespace().collect::<Vec<_>>().join(" ");
        if phrase.chars().any(char::is_alphanumeric) {
            if unwanted { self.unwanted.push(phrase) } else { self.wanted.push(phrase) }
        }
    }

    /// The index's own expression: every term quoted, so that no text is syntax. `None` where no term can be
    /// looked up (a single CJK character): then all entries must be checked.
    pub fn expression(&self) -> Option<String> {
        let mut out = String::new();
        for phrase in &self.wanted {
            for_each_term(phrase, true, |term| {
                if !out.is_empty() {
                    out.push_str(" AND ");
                }
                out.push('"');
                out.push_str(term);
                out.push('"');
            });
        }
        if out.is_empty() { None } else { Some(out) }
    }

    /// Whether title and text really hold what was asked.
    pub fn matches(&self, title: &str, body: &str) -> bool {
        let (title, body) = (text::fold(title), text::fold(body));
        let found = |phrase: &String| holds(&title, phrase) || holds(&body, phrase);
        self.wanted.iter().all(found) && !self.unwanted.iter().any(found)
    }
}

/// Whether a folded `phrase` stands in a folded `text`, with word boundaries at its ends, which CJK does not have.
pub(super) fn holds(text: &str, phrase: &str) -> bool {
    let joined = |a: Option<char>, b: Option<char>| match (a, b) {
        (Some(a), Some(b)) => a.is_alphanumeric() && b.is_alphanumeric() && !text::is_cjk(a) && !text::is_cjk(b),
        _ => false,
    };
    text.match_indices(phrase).any(|(at, found)| {
        let before = joined(text[..at].chars().next_back(), phrase.chars().next());
        let after = joined(phrase.chars().next_back(), text[at + found.len()..].chars().next());
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    fn words(text: &str) -> Words {
        text.parse::<Query>().unwrap().words
    }

    #[test]
    fn words_are_never_syntax() {
        let query = words("Rust -\"memory  leak\" 谷歌 OR \" ) NEAR(");
        assert_eq!(query.wanted, ["rust", "谷歌", "or", ") near("]);
        assert_eq!(query.unwanted, ["memory leak"]);
        assert_eq!(query.expression().unwrap(), "\"rust\" AND \"谷歌\" AND \"or\" AND \"near\"");
        assert_eq!(words("谷").expression(), None);
    }

    #[test]
    fn hits_are_checked() {
        assert!(words("歌一").matches("谷歌一劍", ""));
        assert!(!words("谷一").matches("谷歌一劍", ""));
        assert!(words("rust").matches("", "In Rust, of course"));
        assert!(!words("rust").matches("trust", "rusty"));
        assert!(words("gpt4").matches("用GPT4寫", ""));
        assert!(words("").matches("", ""));
        assert!(!words("rust -game").matches("Rust", "a game"));
    }
}
