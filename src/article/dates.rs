//! Dates as pages write them: ISO in metadata, words in the text, digits in addresses.

use crate::date_words;
use crate::model::Timestamp;
use crate::text::fold;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Years in which a web page can have been published.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// A date with what was said of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// As it was written: the clock of whoever wrote it.
    pub local: NaiveDateTime,
    pub zone: Zone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A day, or a time of a day without a zone.
    Unknown,
    /// Universal time: what databases write, whatever the clock on the wall was.
    Utc,
    /// Seconds east of Greenwich: what the clock on the wall was.
    Offset(i32),
}

impl Told {
    fn bare(local: NaiveDateTime) -> Told {
        Told { local, zone: Zone::Unknown }
    }

    fn zoned(at: DateTime<chrono::FixedOffset>) -> Told {
        match at.offset().local_minus_utc() {
            0 => Told { local: at.naive_utc(), zone: Zone::Utc },
            east => Told { local: at.naive_local(), zone: Zone::Offset(east) },
        }
    }

    pub fn day(self) -> NaiveDate {
        self.local.date()
    }

    pub fn utc(self) -> NaiveDateTime {
        match self.zone {
            Zone::Offset(east) => self.local - chrono::TimeDelta::seconds(i64::from(east)),
            _ => self.local,
        }
    }

    /// The moment. An output shows the day in universal time, and readers of the page saw the local one: where they
    /// differ, it is the nearest moment of the day that readers saw.
    pub fn timestamp(self) -> Timestamp {
        self.on(self.day())
    }

    /// The moment of `day` that is nearest.
    pub fn on(self, day: NaiveDate) -> Timestamp {
        let first = day.and_time(chrono::NaiveTime::MIN);
        let at = self.utc().clamp(first, first + chrono::TimeDelta::seconds(86_399));
        Timestamp(at.and_utc().timestamp_millis())
    }
}

/// A date from metadata: RFC 3339 and the many things that nearly are, RFC 2822, or words.
pub fn parse(text: &str) -> Option<Told> {
    let text = text.trim();
    if text.len() > 200 {
        return None;
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return checked(Told::zoned(at));
    }
    const ZONED: [&str; 8] = [
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f %z",
        "%Y-%m-%dT%H:%M%z",
        "%Y-%m-%d %H:%M %z",
        "%a, %d %b %Y %H:%M:%S %z",
        "%d %b %Y %H:%M:%S %z",
        "%a %b %d %H:%M:%S %z %Y",
    ];
    if let Some(at) = ZONED.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
        return checked(Told::zoned(at));
    }
    let bare = text.trim_end_matches(" UTC").trim_end_matches(" GMT").trim_end_matches('Z');
    const NAIVE: [&str; 7] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%a, %d %b %Y %H:%M:%S",
    ];
    if let Some(at) = NAIVE.iter().find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok()) {
        let zone = if bare.len() < text.len() { Zone::Utc } else { Zone::Unknown };
        return checked(Told { local: at, zone });
    }
    find(text)
}

fn checked(told: Told) -> Option<Told> {
    use chrono::Datelike;
    YEARS.contains(&told.local.year()).then_some(told)
}

/// Whether a folded word is the name of a month.
pub fn is_month(word: &str) -> bool {
    date_words::month(word).is_some()
}

/// The first day named in a text.
pub fn find(text: &str) -> Option<Told> {
    all(text).next()
}

/// Whether a text names a day, with its year or without.
pub fn names_day(text: &str) -> bool {
    let n_numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).count();
    find(text).is_some()
        || (n_numbers >= 2 && fold(text).split(|c: char| !c.is_alphabetic()).any(|word| word.len() > 2 && is_month(word)))
}

/// How many days a text names.
pub fn count(text: &str) -> usize {
    all(text).count()
}

fn all(text: &str) -> impl Iterator<Item = Told> {
    use chrono::Datelike;
    // Soft hyphens stand inside words. Without a digit there is no date, and most lines have none.
    let dated = text.bytes().any(|b| b.is_ascii_digit());
    let lower = if dated { text.to_lowercase().replace('\u{ad}', "") } else { String::new() };
    let mut words: Vec<Word> = Vec::new();
    // Where each begins and ends in the text.
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut rest = lower.as_str();
    while let Some(c) = rest.chars().next() {
        if words.len() > 64 {
            break;
        }
        let len = if c.is_ascii_digit() {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        } else if c.is_alphabetic() && !crate::text::is_cjk(c) {
            rest.chars().take_while(|c| c.is_alphabetic() && !crate::text::is_cjk(*c)).map(char::len_utf8).sum()
        } else {
            c.len_utf8()
        };
        let (word, after) = rest.split_at(len);
        if c.is_ascii_digit() {
            words.push(Word::Number(word.parse().unwrap_or(u32::MAX), len, after.chars().next().unwrap_or(' ')));
        } else if c.is_alphabetic() {
            // The day before, the year after or a point make a month of a word that is also another (`mar`, `set`).
            if let Some(month) = date_words::month(word) {
                words.push(Word::Month(month));
            } else if !matches!(word, "de" | "of" | "st" | "nd" | "rd" | "th" | "年" | "月" | "日" | "년" | "월" | "일") {
                words.push(Word::Other);
            }
        }
        let start = lower.len() - rest.len();
        spans.resize(words.len(), (start, start + len));
        rest = after;
    }
    (0..words.len().saturating_sub(2)).filter_map(move |at| match &words[at..at + 3] {
        // 2023, 10:15 is a year and a time.
        [Word::Number(y, 4, _), Word::Number(m, _, sign), Word::Number(d, ..)] if *sign != ':' => day(*y, *m, *d),
        // 31.12.1912:30 is two elements without a blank between them: 31.12.19 and 12:30.
        [Word::Number(d, 1 | 2, '.'), Word::Number(m, 1 | 2, '.'), Word::Number(y, 4, ':')] if *y % 100 < 24 => {
            day(*y, *m, *d).or_else(|| day(2000 + *y / 100, *m, *d))
        }
        [Word::Number(d, 1 | 2, '.'), Word::Number(m, 1 | 2, '.'), Word::Number(y, 4, _)] => day(*y, *m, *d),
        // 31/12/2019 is told from 12/31/2019 only where one cannot be a month; else day first, as most of the world.
        [Word::Number(a, 1 | 2, '/' | '-'), Word::Number(b, 1 | 2, '/' | '-'), Word::Number(y, 4, _)] => {
            let (day_first, month_first) = (day(*y, *b, *a), day(*y, *a, *b));
            // `Thu, 05/02/2024`: the weekday knows.
            let weekday = weekday_beside(&lower[..spans[at].0], &lower[spans[at + 2].1..]);
            let falls_on = |told: &Told| weekday == Some(told.day().weekday().num_days_from_monday());
            if month_first.as_ref().is_some_and(falls_on) && !day_first.as_ref().is_some_and(falls_on) {
                month_first
            } else {
                day_first.or(month_first)
            }
        }
        [Word::Number(d, 1 | 2, '.'), Word::Number(m, 1 | 2, '.'), Word::Number(y, 2, _)] => day(2000 + *y, *m, *d),
        [Word::Number(d, 1 | 2, _), Word::Month(m), Word::Number(y, 4, _)] => day(*y, *m, *d),
        [Word::Month(m), Word::Number(d, 1 | 2, _), Word::Number(y, 4, _)] => day(*y, *m, *d),
        [Word::Number(y, 4, _), Word::Month(m), Word::Number(d, 1 | 2, _)] => day(*y, *m, *d),
        _ => None,
    })
}

/// The weekday (Monday is 0) right before or right after a day, with a sign or `on` on its other side: `Mon-Sat` and `The Sun` say
/// nothing. English alone: no other language writes the month first.
fn weekday_beside(before: &str, after: &str) -> Option<u32> {
    let named = |word: &str| WEEKDAYS.iter().position(|names| names.contains(&word)).map(|day| day as u32);
    let gap: &[char] = &[' ', '\u{a0}', ',', '(', ')'];
    let ends = |rest: &str| {
        let rest = rest.trim_end();
        rest.is_empty() || rest.ends_with(['|', '·', '•', ':', '(', '[', ',']) || rest.ends_with(" on")
    };
    let begins = |rest: &str| rest.trim_start().is_empty() || rest.trim_start().starts_with(['|', '·', '•', ')', ']', ',']);
    let before = before.trim_end_matches(gap);
    let head = before.trim_end_matches(char::is_alphabetic);
    let after = after.trim_start_matches(gap);
    let tail = after.trim_start_matches(char::is_alphabetic);
    named(&before[head.len()..])
        .filter(|_| ends(head))
        .or_else(|| named(&after[..after.len() - tail.len()]).filter(|_| begins(tail)))
}

const WEEKDAYS: [&[&str]; 7] = [
    &["monday", "mon"],
    &["tuesday", "tue", "tues"],
    &["wednesday", "wed"],
    &["thursday", "thu", "thur", "thurs"],
    &["friday", "fri"],
    &["saturday", "sat"],
    &["sunday", "sun"],
];

enum Word {
    Number(u32, usize, char),
    Month(u32),
    Other,
}

fn day(year: u32, month: u32, day: u32) -> Option<Told> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    checked(Told::bare(date.and_hms_opt(0, 0, 0)?))
}

/// `/2019/10/19/`, `/20191019/`, `2019-10-19`, `19-10-2019`.
pub fn in_address(address: &str) -> Option<Told> {
    let bytes = address.as_bytes();
    (0..bytes.len()).find_map(|at| {
        let rest = &bytes[at..];
        let boundary = at == 0 || !bytes[at - 1].is_ascii_digit();
        if boundary && let Some(told) = day_first(rest) {
            return Some(told);
        }
        if !boundary || rest.len() < 8 || !(rest.starts_with(b"19") || rest.starts_with(b"20")) || !digits(&rest[..4]) {
            return None;
        }
        let number = |from: usize, to: usize| address.get(at + from..at + to)?.parse::<u32>().ok();
        let year = number(0, 4)?;
        if rest.len() >= 10
            && matches!(rest[4], b'/' | b'-' | b'_')
            && rest[7] == rest[4]
            && digits(&rest[5..7])
            && digits(&rest[8..10])
        {
            return day(year, number(5, 7)?, number(8, 10)?);
        }
        let packed = digits(&rest[..8]) && !rest.get(8).is_some_and(u8::is_ascii_digit);
        if packed { day(year, number(4, 6)?, number(6, 8)?) } else { None }
    })
}

/// `19-10-2019` and nothing more.
fn day_first(bytes: &[u8]) -> Option<Told> {
    let separated = bytes.len() >= 10 && bytes[2] == b'-' && bytes[5] == b'-' && !bytes.get(10).is_some_and(u8::is_ascii_digit);
    let number = |at: std::ops::Range<usize>| {
        bytes[at].iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
    };
    if !separated {
        return None;
    }
    let (one, two, year) = (number(0..2)?, number(3..5)?, number(6..10)?);
    day(year, two, one).or_else(|| day(year, one, two))
}

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// What is said of a text beside a day, in a line of few letters.
#[rustfmt::skip]
const UPDATED: [&str; 15] = [
    "updated", "published", "aktualisiert", "aktualizacja", "aktualizováno", "обновлено", "опубликовано", "оновлено", "mis à jour", "publié",
    "actualizado", "aggiornato", "atualizado", "bijgewerkt", "güncelleme",
];

/// Whether a line says of itself when it was written: the word begins it, or stands behind a sign and a name, and there are
/// numbers and the names of a day behind it. A sentence about a book that was published has words before and after.
fn is_said_of(folded: &str, word: &str) -> bool {
    let Some((before, after)) = folded.split_once(word) else { return false };
    let words = |text: &str| text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).count();
    let before = before.trim_end();
    let others = after.split(|c: char| !c.is_alphabetic());
    let mut others = others.filter(|w| w.chars().count() > 3 && date_words::month(w).is_none() && date_words::weekdays(w) == 0);
    let apart = before.is_empty() || before.ends_with(['|', '·', '•', '–', '—', ',']);
    // `Silt, published 3 May 2021 (QP)`
    let names_house = after.strip_suffix(')').is_some_and(|after| after.ends_with(char::is_alphabetic));
    apart && !names_house && words(before) <= 3 && !after.starts_with(char::is_alphabetic) && others.next().is_none()
}

/// A folded line that is a date, with little else.
pub fn is_dateline(folded: &str) -> bool {
    // A sentence of a script without spaces can be as short.
    if folded.chars().count() > 60 || !folded.bytes().any(|b| b.is_ascii_digit()) || folded.ends_with(['。', '！', '？']) {
        return false;
    }
    let cjk = ["年", "月", "日", "星期", "時間", "时间", "년", "월"].iter().filter(|w| folded.contains(**w)).count();
    if cjk >= 2 {
        return true;
    }
    // `Reuters | updated 2012-01-04 (02:36)`
    if !folded.ends_with(['.', '!']) && UPDATED.iter().any(|word| is_said_of(folded, word)) && find(folded).is_some() {
        return true;
    }
    let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let names_time = |w: &str| matches!(w, "uhr" | "ч" | "godz") || date_words::month(w).is_some();
    // A tour's dates name places too.
    if folded
        .split(|c: char| !c.is_alphabetic())
        .filter(|w| w.len() > 2 && !names_time(w) && date_words::weekdays(w) == 0)
        .count()
        > 4
    {
        return false;
    }
    let digits = folded.bytes().filter(u8::is_ascii_digit).count();
    digits >= 3 && words.any(names_time) || digits >= 6 && digits * 2 >= folded.chars().filter(|c| c.is_alphanumeric()).count()
}
