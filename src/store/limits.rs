//! How far a question for stories goes one way before it thinks of another, or stops.

/// What these are does not change what is found, but for where a page ends that could not be filled.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Stories whose text is checked at most for one search, and rows that are looked at: beyond it an unselective one stops
    /// instead of reading the whole database, and goes on with the next page.
    pub checked: usize,
    pub rows: usize,
    /// So many entries a search looks up before the walk is thought of.
    pub looked_up_first: usize,
    /// So many entries the index tells for the walk; the texts of all others are read.
    pub told: usize,
    /// After so many it is known about how many hold the words …
    pub told_first: usize,
    /// … and whether it is less work to ask for the rest or to read texts, one of which costs as much as so many entries.
    pub text_cost: usize,
    /// So many stories that were seen since a time are sorted rather than met in a walk through all.
    pub few_since: i64,
    /// … and all of them, where so long a walk did not meet enough.
    pub walked_since: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            checked: 20_000,
            rows: 200_000,
            looked_up_first: 500,
            told: 200_000,
            told_first: 5_000,
            text_cost: 200,
            few_since: 3_000,
            walked_since: 10_000,
        }
    }
}
