//! The orders of stories, and the indexes that have them in these orders.

use crate::query::Order;
use std::fmt;
use std::str::FromStr;

/// A story's place in the order in which it was given; one that was given by date leads on by sources too, from the sources
/// that its story has by then. As text (`3_1795500000000_17`) it is part of addresses. By date it stays good whatever comes
/// before it; a story that gains sources meanwhile may move past one by sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// 0: by date nobody asked.
    pub(super) n_sources: i64,
    pub(super) sort_at: i64,
    pub(super) story: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}_{}_{}", self.n_sources, self.sort_at, self.story)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        let mut numbers = text.split('_').map(|number| number.parse::<i64>().map_err(|_| NotACursor));
        let mut next = || numbers.next().unwrap_or(Err(NotACursor));
        let cursor = Cursor { n_sources: next()?, sort_at: next()?, story: next()? };
        numbers.next().is_none().then_some(cursor).ok_or(NotACursor)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list of ours")]
pub struct NotACursor;

/// A place in an order: what comes first is the greatest.
pub(super) type Rank = (i64, i64, i64);

pub(super) fn rank(order: Order, place: Cursor) -> Rank {
    match order {
        Order::Newest => (0, place.sort_at, place.story),
        // The complement turns the order of all numbers round.
        Order::Oldest => (0, !place.sort_at, !place.story),
        Order::Sources => (place.n_sources, place.sort_at, place.story),
    }
}

/// The place again; how many tell it is 0 where the order does not ask.
pub(super) fn of_rank(order: Order, (n_sources, sort_at, story): Rank) -> Cursor {
    match order {
        Order::Oldest => Cursor { n_sources, sort_at: !sort_at, story: !story },
        Order::Newest | Order::Sources => Cursor { n_sources, sort_at, story },
    }
}

/// Stories that follow one another in an order, as an index has them: parts of a query of stories `s`.
pub(super) struct Stretch {
    pub index: &'static str,
    pub condition: String,
    pub values: Vec<i64>,
    pub order: &'static str,
}

/// All stories behind a place, in an order: in one stretch, or in several one after the other.
pub(super) fn stretches(order: Order, behind: Option<Rank>) -> Vec<Stretch> {
    let by_date = |order: &'static str, more: &str, than: &str, place: Option<(i64, i64)>| Stretch {
        index: "stories_recent",
        condition: format!(
            "s.redirect_to IS NULL{more}{}",
            if place.is_some() { format!(" AND (s.sort_at, s.id) {than} (?, ?)") } else { String::new() }
        ),
        values: place.map_or_else(Vec::new, |(sort_at, story)| vec![sort_at, story]),
        order,
    };
    let newest = "s.sort_at DESC, s.id DESC";
    match order {
        Order::Newest => vec![by_date(newest, "", "<", behind.map(|(_, sort_at, story)| (sort_at, story)))],
        Order::Oldest => {
            vec![by_date("s.sort_at, s.id", "", ">", behind.map(|(_, sort_at, story)| (!sort_at, !story)))]
        }
        Order::Sources => {
            // Those that only one tells, which most are, are in no index of their own.
            let alone = |place| by_date(newest, " AND s.n_sources < 2", "<", place);
            match behind {
                Some((..1, _, _)) => Vec::new(),
                Some((1, sort_at, story)) => vec![alone(Some((sort_at, story)))],
                _ => {
                    let behind_it = if behind.is_some() { " AND (s.n_sources, s.sort_at, s.id) < (?, ?, ?)" } else { "" };
                    let covered = Stretch {
                        index: "stories_covered",
                        condition: format!("s.redirect_to IS NULL AND s.n_sources > 1{behind_it}"),
                        values: behind.map_or_else(Vec::new, |(n_sources, sort_at, story)| vec![n_sources, sort_at, story]),
                        order: "s.n_sources DESC, s.sort_at DESC, s.id DESC",
                    };
                    vec![covered, alone(None)]
                }
            }
        }
    }
}
