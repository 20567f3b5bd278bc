//! Dates as pages write them: ISO in metadata, words in the text, digits in addresses.

use crate::model::Timestamp;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Years in which a web page can have been published.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// A date from metadata: RFC 3339 and the many things that nearly are, RFC 2822, or words.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > 200 {
        return None;
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return checked(local(at));
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
        return checked(local(at));
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
        return checked(at);
    }
    find(text)
}

/// The day that readers of the page saw: an output shows the local date of publication, so the offset is not
/// applied when it would move the day. The moment itself is kept where it does not.
fn local(at: DateTime<chrono::FixedOffset>) -> NaiveDateTime {
    let utc = at.naive_utc();
    if utc.date() == at.naive_local().date() { utc } else { at.naive_local() }
}

fn checked(at: NaiveDateTime) -> Option<Timestamp> {
    use chrono::Datelike;
    YEARS.contains(&at.year()).then(|| Timestamp(at.and_utc().timestamp_millis()))
}

const MONTHS: [(&str, u32); 75] = [
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("sept", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
    ("januar", 1),
    ("jänner", 1),
    ("februar", 2),
    ("märz", 3),
    ("mai", 5),
    ("juni", 6),
    ("juli", 7),
    ("oktober", 10),
    ("okt", 10),
    ("dezember", 12),
    ("dez", 12),
    ("mär", 3),
    ("janvier", 1),
    ("février", 2),
    ("mars", 3),
    ("avril", 4),
    ("juin", 6),
    ("juillet", 7),
    ("août", 8),
    ("septembre", 9),
    ("octobre", 10),
    ("novembre", 11),
    ("décembre", 12),
    ("enero", 1),
    ("febrero", 2),
    ("marzo", 3),
    ("abril", 4),
    ("mayo", 5),
    ("junio", 6),
    ("julio", 7),
    ("agosto", 8),
    ("septiembre", 9),
    ("octubre", 10),
    ("noviembre", 11),
    ("diciembre", 12),
    ("gennaio", 1),
    ("febbraio", 2),
    ("aprile", 4),
    ("maggio", 5),
    ("giugno", 6),
    ("luglio", 7),
    ("settembre", 9),
    ("ottobre", 10),
    ("dicembre", 12),
    ("janeiro", 1),
    ("fevereiro", 2),
    ("março", 3),
    ("setembro", 9),
    ("outubro", 10),
    ("novembro", 11),
    ("dezembro", 12),
];

/// The first day named in a text.
pub fn find(text: &str) -> Option<Timestamp> {
    let lower = text.to_lowercase();
    let mut words: Vec<Word> = Vec::new();
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
            if let Some((_, month)) = MONTHS.iter().find(|(name, _)| *name == word) {
                words.push(Word::Month(*month));
            } else if !matches!(word, "de" | "of" | "st" | "nd" | "rd" | "th" | "年" | "月" | "日" | "년" | "월" | "일") {
                words.push(Word::Other);
            }
        }
        rest = after;
    }
    words.windows(3).find_map(|w| match w {
        [Word::Number(y, 4, _), Word::Number(m, ..), Word::Number(d, ..)] => day(*y, *m, *d),
        [Word::Number(d, 1 | 2, '.'), Word::Number(m, 1 | 2, '.'), Word::Number(y, 4, _)] => day(*y, *m, *d),
        // 31/12/2019 is told from 12/31/2019 only where one cannot be a month; else day first, as most of the world.
        [Word::Number(a, 1 | 2, '/' | '-'), Word::Number(b, 1 | 2, '/' | '-'), Word::Number(y, 4, _)] => {
            day(*y, *b, *a).or_else(|| day(*y, *a, *b))
        }
        [Word::Number(d, 1 | 2, '.'), Word::Number(m, 1 | 2, '.'), Word::Number(y, 2, _)] => day(2000 + *y, *m, *d),
        [Word::Number(d, 1 | 2, _), Word::Month(m), Word::Number(y, 4, _)] => day(*y, *m, *d),
        [Word::Month(m), Word::Number(d, 1 | 2, _), Word::Number(y, 4, _)] => day(*y, *m, *d),
        [Word::Number(y, 4, _), Word::Month(m), Word::Number(d, 1 | 2, _)] => day(*y, *m, *d),
        _ => None,
    })
}

enum Word {
    Number(u32, usize, char),
    Month(u32),
    Other,
}

fn day(year: u32, month: u32, day: u32) -> Option<Timestamp> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    checked(date.and_hms_opt(0, 0, 0)?)
}

/// `/2019/10/19/`, `/20191019/`, `2019-10-19`.
pub fn in_address(address: &str) -> Option<Timestamp> {
    let bytes = address.as_bytes();
    (0..bytes.len()).find_map(|at| {
        let rest = &bytes[at..];
        let boundary = at == 0 || !bytes[at - 1].is_ascii_digit();
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

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// A folded line that is a date, with little else.
pub fn is_dateline(folded: &str) -> bool {
    const WORDS: [&str; 44] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "januar",
        "februar",
        "märz",
        "mai",
        "juni",
        "juli",
        "oktober",
        "dezember",
        "janvier",
        "février",
        "mars",
        "avril",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "décembre",
        "enero",
        "uhr",
    ];
    if folded.chars().count() > 60 || !folded.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let cjk = ["年", "月", "日", "星期", "時間", "时间", "년", "월"].iter().filter(|w| folded.contains(**w)).count();
    if cjk >= 2 {
        return true;
    }
    let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    // A tour's dates name places too.
    if folded.split(|c: char| !c.is_alphabetic()).filter(|w| w.len() > 2 && !WORDS.contains(w)).count() > 4 {
        return false;
    }
    let digits = folded.bytes().filter(u8::is_ascii_digit).count();
    words.any(|w| WORDS.contains(&w)) && digits >= 3
        || digits >= 6 && digits * 2 >= folded.chars().filter(|c| c.is_alphanumeric()).count()
}
