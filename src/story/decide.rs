//! The order in which an entry's rungs are tried, and what comes of it. Candidates and comparisons are `copies`' and
//! `likeness`'; the words are `evidence`'s. Changes nothing: the caller stores the decision and then takes the entry in.

use super::index::{Index, Slot};
use super::likeness::Likeness;
use super::prepare::Prepared;
use super::{AddressHit, Constraints, Decision, Evidence, Nearest, Rung, evidence, score};
use crate::model::{Dedupe, StoryId};

/// Related stories that are told of.
const MOST_RELATED: usize = 5;

impl Decision {
    /// On an entry whose feed is compared with nothing: a story by itself, whatever else there is.
    pub fn alone() -> Decision {
        Decision { join: None, duplicate_of: None, rung: Rung::First, evidence: evidence::first(Dedupe::Off, false, None) }
    }
}

impl Index {
    /// Decides where an entry belongs; changes nothing. `hits` are what the store found for its addresses.
    pub fn decide(&self, new: &Prepared, dedupe: Dedupe, hits: &[AddressHit], constraints: &Constraints) -> Decision {
        let cannot = |story: StoryId| constraints.cannot.contains(&story);
        let must = constraints.must.iter().copied().filter(|story| !cannot(*story));
        if let Some(story) = must.clone().find(|story| self.stories.contains_key(story)).or_else(|| must.clone().next()) {
            let evidence = Evidence { why: "a person put it there".to_owned(), ..Evidence::default() };
            return Decision { join: Some(story), duplicate_of: None, rung: Rung::Person, evidence };
        }
        let newcomer = self.newcomer(new);
        if dedupe >= Dedupe::Address
            && let Some(hit) = self.believed(&newcomer, hits, &cannot)
        {
            return Decision {
                join: Some(hit.story),
                duplicate_of: Some(hit.entry),
                rung: Rung::Address,
                evidence: evidence::address(hit),
            };
        }
        let mut pairs = Vec::new();
        let (mut nearest, mut related) = (None, Vec::new());
        if dedupe >= Dedupe::Text {
            pairs = self.pairs_of(&newcomer);
            let mut forms = Vec::new();
            let copy = self.copy_of(&newcomer, &pairs, &cannot, &mut forms);
            // Who fills in the same form reports something else, however alike the words.
            pairs.retain(|pair| !forms.contains(&pair.slot));
            match copy {
                Ok(copy) => {
                    return Decision {
                        join: Some(copy.of.story),
                        duplicate_of: Some(copy.of.entry),
                        rung: Rung::Text,
                        evidence: evidence::text(copy.of.entry, &copy.overlap, copy.by_title),
                    };
                }
                Err(near) => nearest = near,
            }
        }
        if dedupe >= Dedupe::Story && !new.roundup && !new.advice {
            let likely = self.stories_of(&newcomer, &pairs);
            related = self.related(&likely, None, &cannot);
            if let Some(found) = likely.iter().find(|found| !cannot(found.story)) {
                let threshold = self.model.threshold;
                if found.score >= threshold {
                    let names = self.slot(found.entry).map(|other| shared_names(new, other)).unwrap_or_default();
                    let evidence = evidence::story(found, threshold, &names);
                    let related = self.related(&likely, Some(found.story), &cannot);
                    return Decision {
                        join: Some(found.story),
                        duplicate_of: None,
                        rung: Rung::Story,
                        evidence: Evidence { related, ..evidence },
                    };
                }
                if nearest.is_none() && found.score >= self.model.near {
                    let missing = evidence::missing(found, threshold);
                    nearest = Some(Nearest { story: found.story, entry: found.entry, missing });
                }
            }
        }
        let evidence = Evidence { related, ..evidence::first(dedupe, new.roundup, nearest) };
        Decision { join: None, duplicate_of: None, rung: Rung::First, evidence }
    }

    /// The grey band: stories near enough to be told of, but not joined.
    fn related(&self, likely: &[Likeness], joined: Option<StoryId>, cannot: &dyn Fn(StoryId) -> bool) -> Vec<Nearest> {
        let near =
            likely.iter().filter(|found| found.score >= self.model.near && Some(found.story) != joined && !cannot(found.story));
        let told = |found: &Likeness| Nearest {
            story: found.story,
            entry: found.entry,
            missing: evidence::missing(found, self.model.threshold),
        };
        near.take(MOST_RELATED).map(told).collect()
    }

    /// The stories that an entry may belong to, likeliest first: for training and for explaining.
    pub fn likely(&self, new: &Prepared) -> Vec<Likeness> {
        let newcomer = self.newcomer(new);
        self.stories_of(&newcomer, &self.pairs_of(&newcomer))
    }
}

/// The names that both titles hold, as the newcomer writes them.
pub(super) fn shared_names(new: &Prepared, old: &Slot) -> Vec<String> {
    let in_title = |wanted: u32| {
        let found = old.terms.binary_search_by_key(&score::key(wanted), |term| term.key());
        found.is_ok_and(|at| old.terms[at].in_title() > 0)
    };
    let mut names: Vec<String> = Vec::new();
    for (term, name) in &new.shown {
        if in_title(*term) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}
