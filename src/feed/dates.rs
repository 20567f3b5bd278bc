//! Dates as feeds write them → a moment.
//!
//! First the two forms that nearly all feeds use (RFC 3339, RFC 2822); then a scan that takes the text apart into
//! numbers and words and asks which is the time, the zone, the month, the year and the day. A date that does not
//! exist gives none; a date in the future is given as it is.

use super::date_words::{AFTERNOON, MONTHS, MORNING, NO_MONTHS, ZONES};
use crate::model::Timestamp;
use chrono::{Days, NaiveDate};

/// No date that means something is longer.
const MAX_BYTES: usize = 120;

/// The moment that a text names; without a zone it is UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    rfc3339(text).or_else(|| scan(text))
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

fn month(word: &str) -> Option<u32> {
    if NO_MONTHS.contains(&word) {
        return None;
    }
    MONTHS.iter().filter(|(start, _)| word.starts_with(start)).max_by_key(|(start, _)| start.len()).map(|(_, month)| *month)
}

fn zone(word: &str) -> Option<i64> {
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == word) {
        return Some(*minutes);
    }
    // Military letters mean nothing since RFC 2822, § 4.3: RFC 822 had their signs wrong.
    matches!(word.as_bytes(), [b'a'..=b'i' | b'k'..=b'y']).then_some(0)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
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
        .collect()
}

fn scan(text: &str) -> Option<Timestamp> {
    let text = normal(text);
    let mut parts = parts(&text);
    if let Some(at) = joined(&parts) {
        return at;
    }
    let (clock, offset) = take_time(&mut parts)?;
    let date = take_date(&parts)?;
    moment(date, clock, offset)
}

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
            Some(date.and_then(|date| moment(date, clock, offset)))
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

/// Takes the time of day and the zone out of the parts; midnight UTC where there is none.
fn take_time(parts: &mut Vec<Part>) -> Option<(Clock, i64)> {
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
        let (offset, n_parts) = offset_at(&parts[at + 2..]).unwrap_or((0, 0));
        parts.drain(at..at + 2 + n_parts);
        return Some((clock, offset));
    }
    let Some(start) = (0..parts.len()).find(|at| starts_clock(parts, *at)) else {
        // A zone may follow a date alone.
        if let Some((at, offset)) = parts.iter().enumerate().skip(1).find_map(|(at, part)| match part {
            Part::Word(word) => ZONES.iter().find(|(name, _)| name == word).map(|(_, offset)| (at, *offset)),
            _ => None,
        }) {
            parts.remove(at);
            return Some((Clock::default(), offset));
        }
        return Some((Clock::default(), 0));
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
    let offset = match offset_at(&parts[end..]) {
        Some((offset, n_parts)) => {
            end += n_parts;
            offset
        }
        None => 0,
    };
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

/// The date among parts that have no time any more.
fn take_date(parts: &[Part]) -> Option<NaiveDate> {
    let mut numbers: Vec<(i64, usize)> = Vec::new();
    let mut named = None;
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
            Part::Word(word) if named.is_none() => named = month(word),
            _ => {}
        }
    }
    if let (Some(year), Some(month)) = (year, unit_month.or(named)) {
        return date(year, month, day.or_else(|| numbers.first().map(|(value, _)| *value)).unwrap_or(1));
    }
    if let Some(month) = named {
        return match *numbers.as_slice() {
            // The number with four digits, or one that no month has as a day, is the year; else the second.
            [(a, n_a), (b, n_b), ..] if n_a >= 3 || (a > 31 && n_b <= 2) => date(full_year(a, n_a), month, b),
            [(a, _), (b, n_b), ..] => date(full_year(b, n_b), month, a),
            [(a, 4)] => date(a, month, 1),
            _ => None,
        };
    }
    match *numbers.as_slice() {
        [(year, 4), (day, 3)] => NaiveDate::from_yo_opt(i32::try_from(year).ok()?, u32::try_from(day).ok()?),
        [(year, 4)] => date(year, 1, 1),
        [(year, 4), (month, 1 | 2)] => date(year, u32::try_from(month).ok()?, 1),
        [(year, 4), (month, _), (day, _), ..] => date(year, u32::try_from(month).ok()?, day),
        [(a, n_a), (b, _), (c, n_c), ..] => {
            let is_iso = n_c == 2 && n_a == 2 && matches!(parts, [_, Part::Mark('-'), ..]);
            if is_iso && a > 31 {
                return date(full_year(a, n_a), u32::try_from(b).ok()?, c);
            }
            let (day, month) = if dotted || a > 12 { (a, b) } else { (b, a) };
            date(full_year(c, n_c), u32::try_from(month).ok()?, day)
        }
        _ => None,
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
