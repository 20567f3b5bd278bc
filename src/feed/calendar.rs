//! The day among the numbers and words of a date: every way to read them is tried, and the one that most speaks for is
//! taken.
//!
//! What speaks: a month's name beside numbers for day and year, with none left over; a weekday that agrees with the day.
//! What speaks against: a word that would have to be a second month. A weekday that disagrees says little, because
//! many are computed wrongly.

use super::dates::Part;
use crate::date_words::{months, weekdays};
use chrono::{Datelike, NaiveDate};

/// Which of two small numbers is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

pub(super) struct Found {
    pub date: NaiveDate,
    /// Proven by the numbers themselves, or by the weekday.
    pub order: Option<Order>,
    pub is_ambiguous: bool,
}

/// A word that may belong to the date.
struct Word {
    months: Vec<u32>,
    weekdays: u8,
    is_short: bool,
}

/// One way to read the parts.
struct Way {
    date: NaiveDate,
    score: i32,
    order: Option<Order>,
    /// Which word is the month.
    month: Option<usize>,
}

/// More words than this are no date.
const MAX_WORDS: usize = 8;

/// The date among parts that have no time any more.
pub(super) fn find(parts: &[Part], habit: Option<Order>) -> Option<Found> {
    let mut numbers: Vec<(i64, usize)> = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    let (mut year, mut day, mut unit_month) = (None, None, None);
    let mut dotted = false;
    for (at, part) in parts.iter().enumerate() {
        match *part {
            Part::Number { digits, value } => match parts.get(at + 1) {
                Some(Part::Word("年" | "년")) => year = Some(value),
                Some(Part::Word("月" | "월")) => unit_month = u32::try_from(value).ok(),
                Some(Part::Word("日" | "일" | "号" | "號")) => day = Some(value),
                next => {
                    dotted |= numbers.is_empty() && matches!(next, Some(Part::Mark('.')));
                    numbers.push((value, digits.len()));
                }
            },
            Part::Word(word) if words.len() < MAX_WORDS => {
                let (months, weekdays) = (months(word), weekdays(word));
                if !months.is_empty() || weekdays != 0 {
                    words.push(Word { months, weekdays, is_short: word.chars().count() < 3 });
                }
            }
            _ => {}
        }
    }
    let first_number = numbers.first().map(|(value, _)| *value);
    let mut ways = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for (rank, month) in word.months.iter().enumerate() {
            let date = match year {
                Some(year) if unit_month.is_none() => date(year, *month, day.or(first_number).unwrap_or(1)),
                Some(_) => None,
                None => beside_month(&numbers, *month),
            };
            let n_left = numbers.len().saturating_sub(2) as i32;
            ways.extend(date.map(|date| Way { date, score: -2 * n_left - rank as i32, order: None, month: Some(at) }));
        }
    }
    match (year, unit_month) {
        (Some(year), Some(month)) => {
            let date = date(year, month, day.or(first_number).unwrap_or(1));
            ways.extend(date.map(|date| Way { date, score: 0, order: None, month: None }));
        }
        // Numbers alone need three: a month's name that is there is not passed over for less.
        _ if numbers.len() >= 3 || ways.is_empty() => numeric(parts, &numbers, dotted, &mut ways),
        _ => {}
    }
    for way in &mut ways {
        way.score += words
            .iter()
            .enumerate()
            .filter(|(at, _)| way.month != Some(*at))
            .map(|(_, word)| verdict(word, way.date))
            .sum::<i32>();
        // Where nothing else decides: the feed's habit, else the month first, as most that write so are American.
        let usual = habit.unwrap_or(Order::MonthFirst);
        way.score = 2 * way.score + i32::from(way.order == Some(usual));
    }
    let best = ways.iter().map(|way| way.score).max()?;
    let way = ways.iter().find(|way| way.score == best)?;
    // The same numbers the other way round.
    let other = ways.iter().find(|other| other.month.is_none() && other.order.is_some() && other.order != way.order);
    let other = other.filter(|other| way.order.is_some() && other.date != way.date);
    let is_ambiguous = other.is_some_and(|other| (other.score - way.score).abs() <= 1);
    let is_same = way.order.is_some() && ways.iter().any(|other| other.order != way.order && other.date == way.date);
    let order = way.order.filter(|_| !is_ambiguous && !is_same && !dotted);
    Some(Found { date: way.date, order, is_ambiguous })
}

/// What a word that is not the month says of a date.
fn verdict(word: &Word, date: NaiveDate) -> i32 {
    let agrees = word.weekdays & 1 << date.weekday().num_days_from_monday() != 0;
    match (word.weekdays != 0, word.months.is_empty()) {
        (true, _) if agrees => 4,
        (true, true) => {
            if word.is_short {
                0
            } else {
                -1
            }
        }
        // It would have to be a weekday, and a wrong one.
        (true, false) => -3,
        // A month that is not taken for one.
        (false, _) => -4,
    }
}

/// Day and year beside a month's name: the number with four digits, or one that no month has as a day, is the year;
/// else the second.
fn beside_month(numbers: &[(i64, usize)], month: u32) -> Option<NaiveDate> {
    match *numbers {
        [(a, n_a), (b, n_b), ..] if n_a >= 3 || (a > 31 && n_b <= 2) => date(full_year(a, n_a), month, b),
        [(a, _), (b, n_b), ..] => date(full_year(b, n_b), month, a),
        [(a, 4)] => date(a, month, 1),
        _ => None,
    }
}

fn numeric(parts: &[Part], numbers: &[(i64, usize)], dotted: bool, ways: &mut Vec<Way>) {
    let mut add = |date: Option<NaiveDate>, order| ways.extend(date.map(|date| Way { date, score: 0, order, month: None }));
    let month = |value: i64| u32::try_from(value).unwrap_or(0);
    match *numbers {
        [(year, 4), (day, 3)] => {
            let year = i32::try_from(year).unwrap_or(-1);
            add(NaiveDate::from_yo_opt(year, u32::try_from(day).unwrap_or(0)).filter(|_| year >= 0), None);
        }
        [(year, 4)] => add(date(year, 1, 1), None),
        [(year, 4), (in_year, 1 | 2)] => add(date(year, month(in_year), 1), None),
        [(year, 4), (in_year, _), (day, _), ..] => add(date(year, month(in_year), day), None),
        [(a, n_a), (b, _), (c, n_c), ..] => {
            let is_iso = n_c == 2 && n_a == 2 && matches!(parts, [_, Part::Mark('-'), ..]);
            if is_iso && a > 31 {
                return add(date(full_year(a, n_a), month(b), c), None);
            }
            let year = full_year(c, n_c);
            add(date(year, month(b), a), Some(Order::DayFirst));
            // With dots the day comes first everywhere.
            if !dotted {
                add(date(year, month(a), b), Some(Order::MonthFirst));
            }
        }
        _ => {}
    }
}

/// Two digits mean the years 1970 to 2069.
fn full_year(value: i64, n_digits: usize) -> i64 {
    match value {
        0..70 if n_digits <= 2 => value + 2000,
        70..100 if n_digits <= 2 => value + 1900,
        // Year 2000 counted as the 100th.
        100..200 if n_digits == 3 => value + 1900,
        _ => value,
    }
}

fn date(year: i64, month: u32, day: i64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| (0..=9999).contains(year))?, month, u32::try_from(day).ok()?)
}
