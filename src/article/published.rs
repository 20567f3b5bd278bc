//! When an article was published: every date that its page tells, with where it stands, and the choice among them.
//!
//! The page's data come first, but not blindly. Databases write universal time, so the day that readers saw is taken
//! from whoever else tells it. A plain date beside the headline beats the data, which often keep the day of the first
//! draft or of an import; one that is called an update does so only where it is the earlier one.

use super::classes::{JUNK, Marks};
use super::dates::{self, Told, Zone};
use super::lines::Line;
use super::select::Selection;
use super::tag::Tag;
use super::tree::{Tree, weight};
use crate::model::Timestamp;
use crate::text::fold;
use chrono::{NaiveDate, Timelike};
use url::Url;

/// Where a date stands, in the order in which they are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Where the site's rule says.
    Rule,
    /// JSON-LD of the article.
    LinkedData,
    /// `<meta>` that names publication.
    Meta,
    /// `itemprop=datePublished`.
    Property,
    /// `<time>` that calls itself the publication.
    Time,
    Address,
    /// A line beside the headline that is a date and little else.
    Seen,
    /// Any other `<time>`.
    OtherTime,
    /// A line beside the headline that holds a date.
    SeenInText,
    /// `BERLIN, 25 January 2022 – …`: the start of the text.
    Dateline,
    /// A line anywhere else that is a date and little else.
    SeenElsewhere,
    Description,
    /// Said to be of the last change.
    Modified,
    SeenModified,
    /// Among the data of the page's scripts.
    Script,
    /// The address of the lead image.
    Image,
}

pub type Dates = Vec<(Source, Told)>;

/// The day of publication and its moment, as well as they are known.
pub fn choose(dates: &Dates, language: Option<&str>) -> Option<Timestamp> {
    let of = |source: Source| dates.iter().find(|(s, _)| *s == source).map(|(_, told)| *told);
    let best = *dates.iter().min_by_key(|(source, _)| *source)?;
    let (source, told) = best;
    if source >= Source::Seen {
        // A day and a month that changed places: who has the time of day as well knows better.
        let other = of(Source::OtherTime).filter(|other| source == Source::Seen && swapped(told.day()) == Some(other.day()));
        return Some(local(other.unwrap_or(told), dates, language));
    }
    let seen = of(Source::Seen);
    let confirmed = of(Source::Address).is_some_and(|address| (address.day() - told.day()).num_days().abs() <= 1);
    if let Some(seen) = seen.filter(|seen| !confirmed && is_other_day(told, *seen)) {
        return Some(seen.timestamp());
    }
    let updated = of(Source::SeenModified).filter(|seen| seen.day() < told.day() && is_other_day(told, *seen));
    if let Some(updated) = updated.filter(|_| seen.is_none() && !confirmed) {
        return Some(updated.timestamp());
    }
    Some(local(told, dates, language))
}

/// Whether a date that readers see cannot be the same day as the data's, said in another zone or another order.
fn is_other_day(data: Told, seen: Told) -> bool {
    let apart = (data.day() - seen.day()).num_days().abs();
    let same = apart == 0 || swapped(seen.day()) == Some(data.day());
    // A day later than a moment whose zone is known is that of the printed issue.
    !same && (apart > 1 || data.zone == Zone::Unknown)
}

fn swapped(day: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike;
    NaiveDate::from_ymd_opt(day.year(), day.day(), day.month())
}

/// The moment, on the day that readers of the page saw.
fn local(told: Told, dates: &Dates, language: Option<&str>) -> Timestamp {
    if told.zone != Zone::Utc {
        return told.timestamp();
    }
    // The clock on the wall is at most 14 hours ahead and 12 behind; in Europe 3 ahead.
    let ahead = if is_european(language) { 21 } else { 10 };
    let near = |other: &Told| match (other.day() - told.day()).num_days() {
        0 => true,
        1 => told.local.hour() >= ahead,
        -1 => told.local.hour() < 12,
        _ => false,
    };
    let zoned = dates
        .iter()
        .map(|(_, other)| other)
        .find(|other| matches!(other.zone, Zone::Offset(_)) && (other.utc() - told.local).num_seconds().abs() <= 60);
    let dated = |source: Source| dates.iter().find(|(s, _)| *s == source).map(|(_, other)| other).filter(|other| near(other));
    let day = zoned.or_else(|| dated(Source::Address)).or_else(|| dated(Source::Seen)).map(|other| other.day());
    let day =
        day.unwrap_or_else(|| if is_midnight(told, language) { told.day().succ_opt().unwrap_or_default() } else { told.day() });
    told.on(day)
}

/// A day without a time, kept as midnight where the page was written: 22:00 or 23:00 in universal time for most of
/// Europe, 15:00 or 16:00 for East Asia.
fn is_midnight(told: Told, language: Option<&str>) -> bool {
    let hour = told.local.hour();
    let exact = told.local.minute() == 0 && told.local.second() == 0;
    exact
        && match primary(language).as_str() {
            "zh" => hour == 16,
            "ja" | "ko" => hour == 15,
            _ => (hour == 22 || hour == 23) && is_european(language),
        }
}

fn primary(language: Option<&str>) -> String {
    language.unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// Languages that are spoken between 0 and 3 hours east of Greenwich, and hardly elsewhere.
fn is_european(language: Option<&str>) -> bool {
    const LANGUAGES: [&str; 12] = ["de", "fr", "it", "nl", "pl", "sv", "da", "nb", "no", "cs", "hu", "sk"];
    LANGUAGES.contains(&primary(language).as_str())
}

/// The language of most sites below a country's domain, for pages that do not tell theirs.
pub fn spoken_at(address: &Url) -> Option<&'static str> {
    const COUNTRIES: [(&str, &str); 16] = [
        ("at", "de"),
        ("cn", "zh"),
        ("cz", "cs"),
        ("de", "de"),
        ("dk", "da"),
        ("fr", "fr"),
        ("hk", "zh"),
        ("hu", "hu"),
        ("it", "it"),
        ("jp", "ja"),
        ("kr", "ko"),
        ("nl", "nl"),
        ("no", "no"),
        ("pl", "pl"),
        ("se", "sv"),
        ("tw", "zh"),
    ];
    let domain = address.host_str()?.rsplit('.').next()?;
    COUNTRIES.iter().find(|(country, _)| *country == domain).map(|(_, language)| *language)
}

/// Lines around the headline in which a date is looked for: before it, and after it or after the start of the text.
const LINES_BEFORE: usize = 5;
const LINES_AFTER: usize = 14;
/// A line that is a date, a name and a reading time weighs less.
const MAX_PLAIN: u32 = 50;
/// The same, where its class says what it is.
const MAX_BYLINE: u32 = 80;
/// A line that holds a date among other things.
const MAX_WEIGHT: u32 = 160;
/// The part of a paragraph that can be a dateline.
const MAX_DATELINE: usize = 60;
/// Lines of the page that are looked through where nothing beside the headline is a date.
const MAX_LINES: usize = 4000;

/// What stands before a date that is not the day of publication.
const UPDATED: [&str; 27] = [
    "обновл",
    "изменен",
    "оновлен",
    "aktualizac",
    "zaktualizow",
    "ενημέρωση",
    "ενημερώθηκε",
    "updat",
    "last modified",
    "last edited",
    "last change",
    "modified",
    "edited",
    "aktualisiert",
    "stand",
    "letzte änderung",
    "zuletzt",
    "geändert",
    "mis à jour",
    "mise à jour",
    "modifié",
    "actualizado",
    "aggiornat",
    "更新",
    "修改",
    "編集",
    "수정",
];
const OTHER_DAY: [&str; 14] = [
    "termin",
    "beginn",
    "veranstaltung",
    "ausgabe",
    "einsendeschluss",
    "event",
    "when:",
    "wann:",
    "deadline",
    "expires",
    "issue",
    "born",
    "geboren",
    "geb.",
];

/// What begins another part of a line of dates.
const PARTS: [&str; 14] = [
    "updated",
    "published",
    "posted",
    "modified",
    "aktualisiert",
    "veröffentlicht",
    "mis à jour",
    "publié",
    "обновлено",
    "опубликовано",
    "aktualizacja",
    "opublikowano",
    "发布",
    "更新",
];

/// `Updated 3 March | Published 1 March` in its parts, folded.
fn parts(folded: &str) -> Vec<&str> {
    let mut cuts: Vec<usize> = folded.match_indices(['|', '•', '·', '–', '—', '｜']).map(|(at, _)| at).collect();
    cuts.extend(PARTS.iter().flat_map(|word| folded.match_indices(word)).map(|(at, _)| at));
    cuts.extend([0, folded.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &folded[pair[0]..pair[1]]).filter(|part| !part.is_empty()).collect()
}

/// The dates that readers see.
pub fn seen(tree: &Tree, lines: &[Line], selection: &Selection) -> Dates {
    let mut found = Dates::new();
    let Some(first) = lines.iter().position(|line| tree.holds(selection.container, line.first)) else { return found };
    let anchor = selection.headline.unwrap_or(first);
    let text = |i: usize| tree.line_text(lines[i].first, lines[i].end, 200);
    let to = (anchor.max(first) + LINES_AFTER).min(lines.len());
    let mut add = |source: Source, told: Told| {
        if !found.iter().any(|(s, _)| *s == source) {
            found.push((source, told));
        }
    };
    let from = anchor.saturating_sub(LINES_BEFORE);
    for i in (anchor..to).chain((from..anchor).rev()) {
        let line = &lines[i];
        if line.is_prose() {
            if let Some(told) =
                (i >= anchor).then(|| text(i)).and_then(|text| dates::find(crate::text::clip(&text, MAX_DATELINE)))
            {
                add(Source::Dateline, told);
            }
            continue;
        }
        // A quoted post has a day of its own.
        if line.weight >= MAX_WEIGHT || line.marks.has(Marks::EMBED) || line.tag == Tag::Blockquote {
            continue;
        }
        let text = text(i);
        let Some(told) = dates::find(&text) else { continue };
        let folded = fold(&text);
        let beside = i + LINES_BEFORE >= anchor && i <= anchor + LINES_BEFORE && selection.headline.is_some();
        let byline = line.marks.has(Marks::BYLINE);
        let junk = line.marks.has(JUNK.without(Marks::BYLINE.and(Marks::TAGS).and(Marks::AUTHOR_BOX)));
        let is_plain = |weight: u32| weight <= if byline { MAX_BYLINE } else { MAX_PLAIN } && !line.tag.is_heading();
        let several = dates::count(&text) > 1;
        let dated: Vec<(&str, Told)> = if several {
            parts(&folded).into_iter().filter_map(|part| Some((part, dates::find(part)?))).collect()
        } else {
            Vec::new()
        };
        let dated = if dated.len() > 1 && !junk { dated } else { vec![(folded.as_str(), told)] };
        let several = several && dated.len() == 1;
        for (folded, told) in dated {
            let plain = is_plain(if several || folded.len() == text.len() { line.weight } else { weight(folded) });
            match () {
                () if OTHER_DAY.iter().any(|word| folded.contains(word)) => {}
                () if junk => add(Source::SeenElsewhere, told),
                () if several => add(Source::SeenInText, told),
                () if UPDATED.iter().any(|word| folded.contains(word)) => add(Source::SeenModified, told),
                () if plain && beside => add(Source::Seen, told),
                () => add(Source::SeenInText, told),
            }
        }
    }
    if found.is_empty() {
        for line in lines.iter().take(MAX_LINES).filter(|line| line.weight <= MAX_PLAIN * 2 && !line.is_linky()) {
            let text = tree.line_text(line.first, line.end, 200);
            let Some(told) = dates::find(&text) else { continue };
            let folded = fold(&text);
            let updated = UPDATED.iter().any(|word| folded.contains(word));
            if updated {
                found.push((Source::SeenModified, told));
            } else if line.weight <= MAX_PLAIN && (line.marks.has(Marks::BYLINE) || dates::is_dateline(&folded)) {
                found.push((Source::SeenElsewhere, told));
                break;
            }
        }
    }
    found
}

/// Names that programs give to the day of publication among the data of a page.
const KEYS: [&str; 9] = [
    "\"datePublished\"",
    "\"publishedDate\"",
    "\"published_at\"",
    "\"publishedAt\"",
    "\"publishDate\"",
    "\"publicationDate\"",
    "\"dateCreated\"",
    "\"createdAt\"",
    "\"created_at\"",
];

/// The first day of publication among the data of the page's scripts; for pages that tell it nowhere else.
pub fn in_scripts(page: &str) -> Option<Told> {
    KEYS.iter().find_map(|key| {
        let at = memchr::memmem::find(page.as_bytes(), key.as_bytes())? + key.len();
        let rest = page.get(at..)?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        dates::parse(rest.get(..rest.bytes().take(40).position(|b| b == b'"')?)?)
    })
}
