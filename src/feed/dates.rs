//! Dates as feeds write them → a moment.
//!
//! First the two forms that nearly all feeds use (RFC 3339, RFC 2822); then a scan that takes the text apart into
//! numbers and words, and asks which is the time, the zone, the month, the year and the day ([`super::calendar`]). A date
//! that does not exist gives none; nor does a zero (see [`is_zero`]); a date in the future is given as it is.

use super::calendar::{self, Order};
use super::zones;
use crate::date_words::{AFTERNOON, MORNING, ZONES};
use crate::model::Timestamp;
use chrono::{Days, NaiveDate, Weekday};

/// No date that means something is longer.
const MAX_BYTES: usize = 120;

/// What a text says of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    pub at: Timestamp,
    /// What the numbers prove of their order: the day cannot be the other one, or the weekday would be wrong.
    pub order: Option<Order>,
    /// Day and month could be exchanged, and nothing but habit says which is which.
    pub is_ambiguous: bool,
}

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NoDate {
    Unreadable,
    /// The zero of some clock, which a program wrote where it had no date.
    Zero,
}

/// The moment that a text names; without a zone it is UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    read(text, None).ok().map(|reading| reading.at)
}

/// As [`parse`]; `habit` is the order in which the feed's other dates have day and month.
pub(super) fn read(text: &str, habit: Option<Order>) -> Result<Reading, NoDate> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return Err(NoDate::Unreadable);
    }
    let plain = |at| Reading { at, order: None, is_ambiguous: false };
    let found = rfc3339(text).or_else(|| rfc2822(text)).map(plain).or_else(|| scan(text, habit));
    let reading = found.ok_or(NoDate::Unreadable)?;
    if is_zero(reading.at) { Err(NoDate::Zero) } else { Ok(reading) }
}

/// Beginnings and ends of calendars of computers, at midnight: (year, month, day).
#[rustfmt::skip]
const EPOCHS: [(i32, u32, u32); 8] = [
    (1601, 1, 1), // Windows
    (1753, 1, 1), // SQL Server
    (1899, 12, 30), // OLE, spreadsheets
    (1900, 1, 1), // NTP, C
    (1904, 1, 1), // the Macintosh
    (1970, 1, 1), // Unix
    (1980, 1, 1), // MS-DOS
    (9999, 12, 31), // the greatest date of .NET and of SQL
];

/// Whether a moment is no date but the zero of a clock: within a day of an epoch (the zone may have moved it), or of a
/// year before two (`0001-01-01` of Go and .NET, `-0001-11-30` of PHP).
pub(super) fn is_zero(at: Timestamp) -> bool {
    const DAY_MS: i64 = 86_400_000;
    let midnight = |(year, month, day)| {
        let midnight = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(0, 0, 0)?;
        Some(midnight.and_utc().timestamp_millis())
    };
    midnight((2, 1, 1)).is_none_or(|first| at.0 <= first)
        || EPOCHS.iter().filter_map(|epoch| midnight(*epoch)).any(|epoch| at.0.abs_diff(epoch) <= DAY_MS as u64)
}

/// `Www, D Mon YYYY hh:mm:ss zone` in English: by far the most frequent form of RSS.
fn rfc2822(text: &str) -> Option<Timestamp> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (weekday, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (clock, zone) = (words.next()?, words.next()?);
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.parse::<u32>().ok()).flatten()
    };
    if !DAYS.contains(&weekday) || words.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? as u32 + 1;
    let date = NaiveDate::from_ymd_opt(number(year, 4..=4)? as i32, month, number(day, 1..=2)?)?;
    let (hour, clock) = clock.split_once(':')?;
    let (minute, second) = clock.split_once(':')?;
    let clock = Clock { hour: number(hour, 2..=2)?, minute: number(minute, 2..=2)?, second: number(second, 2..=2)?, millis: 0 };
    let offset = match zone.as_bytes() {
        b"GMT" | b"UTC" | b"Z" => 0,
        [sign @ (b'+' | b'-'), digits @ ..] => {
            let value = i64::from(number(std::str::from_utf8(digits).ok()?, 4..=4)?);
            let minutes = value / 100 * 60 + value % 100;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    moment(date, clock, offset)
}

/// `YYYY-MM-DDThh:mm:ss` with optional fraction and `Z` or `±hh:mm`: by far the most frequent form of Atom.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !(bytes[4] == b'-' && bytes[7] == b'-' && bytes[13] == b':' && bytes[16] == b':') {
        return None;
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u32> {
        bytes[from..to].iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
    let mut clock = Clock { hour: number(11, 13)?, minute: number(14, 16)?, second: number(17, 19)?, millis: 0 };
    let mut at = 19;
    if bytes[at] == b'.' {
        let n_digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        clock.millis = fraction(&text[at + 1..at + 1 + n_digits]);
        at += 1 + n_digits;
    }
    let offset = match &bytes[at..] {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let minutes = i64::from(number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    moment(date, clock, offset)
}

#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    millis: u32,
}

/// `None` where the time of day does not exist. 24:00 is the next day's beginning; a leap second is the one before.
fn moment(date: NaiveDate, clock: Clock, offset_minutes: i64) -> Option<Timestamp> {
    if clock.minute > 59 || clock.second > 60 || clock.hour > 24 || offset_minutes.abs() > 24 * 60 {
        return None;
    }
    let date = if clock.hour == 24 { date.checked_add_days(Days::new(1))? } else { date };
    let time = date.and_hms_milli_opt(clock.hour % 24, clock.minute, clock.second.min(59), clock.millis)?;
    Some(Timestamp(time.and_utc().timestamp_millis() - offset_minutes * 60_000))
}

fn fraction(digits: &str) -> u32 {
    digits.bytes().chain(*b"000").take(3).fold(0, |sum, b| sum * 10 + u32::from(b.saturating_sub(b'0')))
}

fn zone(word: &str) -> Option<i64> {
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == word) {
        return Some(*minutes);
    }
    // Military letters mean nothing since RFC 2822, § 4.3: RFC 822 had their signs wrong.
    matches!(word.as_bytes(), [b'a'..=b'i' | b'k'..=b'y']).then_some(0)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part<'a> {
    Number { digits: &'a str, value: i64 },
    Word(&'a str),
    Mark(char),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_ideograph = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
        let length = if first.is_ascii_digit() {
            rest.find(|c: char| !c.is_ascii_digit())
        } else if first.is_alphabetic() {
            // 年 and 月 are words even where no blank parts them from others.
            if is_unit(first) && rest.chars().nth(1).is_none_or(|c| c != '曜') {
                Some(first.len_utf8())
            } else {
                rest.find(|c: char| !c.is_alphabetic() || (is_unit(c) && is_ideograph(first) && !is_numeral(first)))
            }
        } else {
            Some(first.len_utf8())
        }
        .unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        rest = after;
        if first.is_ascii_digit() {
            // 19 digits and more are no part of a date.
            parts.push(Part::Number { digits: part, value: part.parse().unwrap_or(i64::MAX) });
        } else if first.is_alphabetic() {
            parts.push(Part::Word(part));
        } else if !first.is_whitespace() {
            parts.push(Part::Mark(first));
        }
    }
    parts
}

fn is_unit(c: char) -> bool {
    matches!(
        c,
        '年' | '月' | '日' | '号' | '號' | '時' | '时' | '点' | '點' | '分' | '秒' | '년' | '월' | '일' | '시' | '분' | '초'
    )
}

fn is_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十')
}

/// Full-width digits and the like made plain, letters made small.
fn normal(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
            '\u{660}'..='\u{669}' => char::from(b'0' + (c as u32 - 0x660) as u8),
            '：' => ':',
            '－' | '–' | '−' => '-',
            '／' => '/',
            '，' | '、' => ',',
            other => other,
        })
        .flat_map(char::to_lowercase)
        // Accents that stand apart, and the dot of the Turkish İ.
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))
        .collect()
}

fn scan(text: &str, habit: Option<Order>) -> Option<Reading> {
    let mut text = normal(text);
    let mut place = None;
    if let Some((range, name)) = zones::find(&text) {
        place = Some(name.to_owned());
        text.replace_range(range, " ");
    }
    let mut parts = parts(&text);
    if let Some(at) = joined(&parts) {
        return at.map(|at| Reading { at, order: None, is_ambiguous: false });
    }
    let week = take_week(&mut parts);
    let (clock, offset) = take_time(&mut parts)?;
    let found = match week {
        Some(week) => calendar::Found { date: week?, order: None, is_ambiguous: false },
        None => calendar::find(&parts, habit)?,
    };
    let offset = match (offset, place) {
        (Some(offset), _) => offset,
        (None, Some(place)) => {
            let local = found.date.and_hms_opt(clock.hour % 24, clock.minute.min(59), 0)?;
            zones::offset(&place, local).unwrap_or(0)
        }
        (None, None) => 0,
    };
    Some(Reading { at: moment(found.date, clock, offset)?, order: found.order, is_ambiguous: found.is_ambiguous })
}

/// `2024-W10-1`, `2024W101`, `2024-W10` at the start, taken out; the inner `None`: a week that does not exist.
fn take_week(parts: &mut Vec<Part>) -> Option<Option<NaiveDate>> {
    let mut rest = parts.as_slice();
    let [Part::Number { digits, value: year }, after @ ..] = rest else { return None };
    if digits.len() != 4 {
        return None;
    }
    rest = after.strip_prefix(&[Part::Mark('-')]).unwrap_or(after);
    let [Part::Word("w"), Part::Number { digits, value }, after @ ..] = rest else { return None };
    let (week, day, rest) = match (digits.len(), after) {
        (3, _) => (value / 10, value % 10, after),
        (2, [Part::Mark('-'), Part::Number { digits, value: day }, after @ ..]) if digits.len() == 1 => (*value, *day, after),
        (2, _) => (*value, 1, after),
        _ => return None,
    };
    let weekday = usize::try_from(day - 1).ok().and_then(|day| WEEK.get(day));
    let date = weekday.and_then(|day| NaiveDate::from_isoywd_opt(i32::try_from(*year).ok()?, u32::try_from(week).ok()?, *day));
    let n_taken = parts.len() - rest.len();
    parts.drain(..n_taken);
    Some(date)
}

const WEEK: [Weekday; 7] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Texts that begin with one long number: `20240131`, `20240131T100000Z`, epoch seconds. The outer `None` says
/// that it is not one of them.
fn joined(parts: &[Part]) -> Option<Option<Timestamp>> {
    let Part::Number { digits, value } = *parts.first()? else { return None };
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<u32>().ok()).unwrap_or(99);
    let date = || NaiveDate::from_ymd_opt(digits.get(..4)?.parse().ok()?, number(4, 6), number(6, 8));
    let rest = &parts[1..];
    match (digits.len(), rest) {
        (14 | 12, _) => {
            let second = if digits.len() == 14 { number(12, 14) } else { 0 };
            let clock = Clock { hour: number(8, 10), minute: number(10, 12), second, millis: 0 };
            Some(date().and_then(|date| moment(date, clock, offset_at(rest).map_or(0, |(offset, _)| offset))))
        }
        (13, []) => Some(Some(Timestamp(value))),
        (9 | 10, []) => Some(Some(Timestamp::from_secs(value))),
        (8 | 7, _) => {
            let date = if digits.len() == 8 {
                date()
            } else {
                digits.get(..4).and_then(|year| year.parse().ok()).and_then(|year| NaiveDate::from_yo_opt(year, number(4, 7)))
            };
            let mut rest = rest.to_vec();
            if rest.first() == Some(&Part::Word("t")) {
                rest.remove(0);
            }
            // hhmmss in one number
            if let Some(Part::Number { digits: time, .. }) = rest.first().copied().filter(|_| !has_colon(&rest)) {
                let part = |from: usize, to: usize| time.get(from..to).map_or(Some(0), |part| part.parse().ok());
                let clock = Clock { hour: part(0, 2)?, minute: part(2, 4)?, second: part(4, 6)?, millis: 0 };
                return Some(date.and_then(|date| moment(date, clock, offset_at(&rest[1..]).map_or(0, |(offset, _)| offset))));
            }
            let (clock, offset) = take_time(&mut rest)?;
            Some(date.and_then(|date| moment(date, clock, offset.unwrap_or(0))))
        }
        _ => None,
    }
}

fn has_colon(parts: &[Part]) -> bool {
    let number_then_colon =
        |pair: &[Part]| matches!(pair, [Part::Number { .. }, Part::Mark(':') | Part::Word("時" | "时" | "点" | "點" | "시")]);
    // An offset has a colon too, but after its sign.
    parts
        .windows(2)
        .enumerate()
        .any(|(at, pair)| number_then_colon(pair) && !(at > 0 && matches!(parts[at - 1], Part::Mark('+' | '-')) && at > 1))
}

/// Takes the time of day and the zone out of the parts; midnight where there is none, no offset where it is not said.
fn take_time(parts: &mut Vec<Part>) -> Option<(Clock, Option<i64>)> {
    let is_sign = |part: Option<&Part>| matches!(part, Some(Part::Mark('+' | '-')));
    let starts_clock = |parts: &[Part], at: usize| {
        matches!(parts[at], Part::Number { .. })
            && matches!(parts.get(at + 1), Some(Part::Mark(':') | Part::Word("時" | "时" | "点" | "點" | "시" | "h")))
            && !(is_sign(at.checked_sub(1).and_then(|before| parts.get(before)))
                && at > 1
                && !matches!(parts[at - 2], Part::Number { .. }))
    };
    // `T192030`
    let joined = parts
        .windows(2)
        .position(|pair| matches!(pair, [Part::Word("t"), Part::Number { digits, .. }] if matches!(digits.len(), 4 | 6)));
    if let Some(at) = joined
        && let Part::Number { value, digits } = parts[at + 1]
    {
        let seconds = u32::try_from(if digits.len() == 4 { value * 100 } else { value }).ok()?;
        let clock = Clock { hour: seconds / 10_000, minute: seconds / 100 % 100, second: seconds % 100, millis: 0 };
        let zone = offset_at(&parts[at + 2..]);
        parts.drain(at..at + 2 + zone.map_or(0, |(_, n_parts)| n_parts));
        return Some((clock, zone.map(|(offset, _)| offset)));
    }
    let Some(start) = (0..parts.len()).find(|at| starts_clock(parts, *at)) else {
        // A zone may follow a date alone.
        if let Some((at, offset)) = parts.iter().enumerate().skip(1).find_map(|(at, part)| match part {
            Part::Word(word) => ZONES.iter().find(|(name, _)| name == word).map(|(_, offset)| (at, *offset)),
            _ => None,
        }) {
            parts.remove(at);
            return Some((Clock::default(), Some(offset)));
        }
        return Some((Clock::default(), None));
    };
    let number = |parts: &[Part], at: usize| match parts.get(at) {
        Some(Part::Number { value, .. }) => u32::try_from(*value).ok(),
        _ => None,
    };
    let is_unit = |parts: &[Part], at: usize| {
        matches!(
            parts.get(at),
            Some(Part::Mark(':') | Part::Word("分" | "분" | "秒" | "초" | "時" | "时" | "点" | "點" | "시" | "h"))
        )
    };
    let mut clock = Clock { hour: number(parts, start)?, ..Clock::default() };
    let mut end = start + 2;
    if let Some(minute) = number(parts, end) {
        clock.minute = minute;
        end += 1;
        if is_unit(parts, end) {
            if let Some(second) = number(parts, end + 1) {
                clock.second = second;
                end += 2;
                if matches!(parts.get(end), Some(Part::Mark('.' | ','))) {
                    if let Some(Part::Number { digits, .. }) = parts.get(end + 1) {
                        clock.millis = fraction(digits);
                        end += 2;
                    }
                } else if matches!(parts.get(end), Some(Part::Word("秒" | "초"))) {
                    end += 1;
                }
            } else {
                end += 1;
            }
        }
    }
    // Half of the day: after the time, or before it.
    let half = |part: Option<&Part>| match part {
        Some(Part::Word(word)) if AFTERNOON.contains(word) => Some(12),
        Some(Part::Word(word)) if MORNING.contains(word) => Some(0),
        _ => None,
    };
    let mut begin = start;
    let mut found = None;
    if let Some(add) = half(parts.get(end)) {
        // `p.m.` is four parts, `a` alone is a military letter.
        let dotted = matches!(parts.get(end + 1), Some(Part::Mark('.'))) && matches!(parts.get(end + 2), Some(Part::Word("m")));
        let single = matches!(parts.get(end), Some(Part::Word("a" | "p")));
        if dotted {
            found = Some(add);
            end += 3 + usize::from(matches!(parts.get(end + 3), Some(Part::Mark('.'))));
        } else if !single {
            found = Some(add);
            end += 1;
        }
    } else if let Some(add) = start.checked_sub(1).and_then(|before| half(parts.get(before))) {
        found = Some(add);
        begin = start - 1;
    }
    if let Some(add) = found.filter(|_| clock.hour <= 12) {
        clock.hour = clock.hour % 12 + add;
    }
    let zone = offset_at(&parts[end..]);
    end += zone.map_or(0, |(_, n_parts)| n_parts);
    let offset = zone.map(|(offset, _)| offset);
    parts.drain(begin..end);
    // What is left of ISO's `T`.
    parts.retain(|part| *part != Part::Word("t"));
    Some((clock, offset))
}

/// A zone at the start of the parts, and how many parts it is.
fn offset_at(parts: &[Part]) -> Option<(i64, usize)> {
    match parts {
        [Part::Mark('('), rest @ ..] => offset_at(rest).map(|(offset, n)| (offset, n + 1)),
        [Part::Word(word), rest @ ..] => {
            let minutes = zone(word)?;
            // `GMT+0100`
            match (minutes, offset_at(rest)) {
                (0, Some((offset, n))) if matches!(rest.first(), Some(Part::Mark('+' | '-'))) => Some((offset, n + 1)),
                _ => Some((minutes, 1)),
            }
        }
        [Part::Mark(sign @ ('+' | '-')), Part::Number { digits, value }, rest @ ..] => {
            let (minutes, n) = match (digits.len(), rest) {
                (1 | 2, [Part::Mark(':'), Part::Number { value: minutes, .. }, ..]) => (value * 60 + minutes, 4),
                (1 | 2, _) => (value * 60, 2),
                (3 | 4, _) => (value / 100 * 60 + value % 100, 2),
                _ => return None,
            };
            Some((if *sign == '-' { -minutes } else { minutes }, n))
        }
        _ => None,
    }
}
