//! Who represents a story: whose title, link and body people see first.

use crate::model::{EntryId, Timestamp};

/// How much of an article there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Completeness {
    /// A teaser, or nothing.
    Teaser,
    /// The feed gave a body of some length.
    Own,
    /// The article of its page is here.
    Article,
}

/// A feed's own body is more than a teaser from so many bytes of HTML on.
const OWN_BODY_BYTES: usize = 2000;

impl Completeness {
    /// `article`: whether the page's article is here; `own_bytes`: of the body as the feed gave it.
    pub fn of(article: bool, own_bytes: usize) -> Completeness {
        match article {
            true => Completeness::Article,
            false if own_bytes > OWN_BODY_BYTES => Completeness::Own,
            false => Completeness::Teaser,
        }
    }
}

/// A member of a story, as far as it matters for who represents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    pub entry: EntryId,
    /// Its feed is not for everybody.
    pub private: bool,
    /// Its feed's, the greater the sooner.
    pub priority: i64,
    pub completeness: Completeness,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
}

/// The entry that represents a story: one that everybody may see, of the feed that a person prefers, with the most to read,
/// the earliest, the first that was stored. `None` for a story without members.
pub fn representative(members: &[Face]) -> Option<EntryId> {
    let order = |face: &&Face| {
        let Face { entry, private, priority, completeness, at } = **face;
        (private, std::cmp::Reverse(priority), std::cmp::Reverse(completeness), at, entry)
    };
    members.iter().min_by_key(order).map(|face| face.entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_counts_before_the_next() {
        let plain =
            Face { entry: EntryId(5), private: false, priority: 0, completeness: Completeness::Teaser, at: Timestamp(50) };
        let better = [
            Face { entry: EntryId(4), ..plain },
            Face { entry: EntryId(6), at: Timestamp(40), ..plain },
            Face { entry: EntryId(7), completeness: Completeness::Own, at: Timestamp(90), ..plain },
            Face { entry: EntryId(8), completeness: Completeness::Article, at: Timestamp(95), ..plain },
            Face { entry: EntryId(9), priority: 1, at: Timestamp(99), ..plain },
        ];
        let mut members = vec![Face { private: true, priority: 9, completeness: Completeness::Article, ..plain }];
        assert_eq!(representative(&members), Some(EntryId(5)));
        members[0].entry = EntryId(1);
        members.push(plain);
        assert_eq!(representative(&members), Some(EntryId(5)), "not the private one");
        for face in better {
            members.push(face);
            assert_eq!(representative(&members), Some(face.entry));
            let mut turned = members.clone();
            turned.reverse();
            assert_eq!(representative(&turned), Some(face.entry), "in whatever order they come");
        }
        assert_eq!(representative(&[]), None);
    }

    #[test]
    fn an_article_is_more_than_a_long_body_and_that_more_than_a_teaser() {
        assert!(Completeness::of(true, 0) > Completeness::of(false, 2001));
        assert!(Completeness::of(false, 2001) > Completeness::of(false, 2000));
    }
}
