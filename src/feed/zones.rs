//! Zones by the names of the tz database (`America/Los_Angeles`): which offset holds there at a local time.
//!
//! The rules of the present, which have held since 2007 or longer in nearly all zones; of older dates an hour may be
//! wrong. The whole database would be a thousand times as large for feeds that are a handful.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};

#[derive(Clone, Copy, PartialEq)]
enum Summer {
    Never,
    /// From the last Sunday of March to that of October, at 01:00 UTC.
    Europe,
    /// From the second Sunday of March to the first of November, at 02:00 local time; before 2007 from April to October.
    America,
    /// From the first Sunday of October to the first of April.
    Australia,
    /// From the last Sunday of September to the first of April.
    NewZealand,
    /// From the first Sunday of September to the first of April.
    Chile,
}

/// Standard time in minutes east of UTC, the rule of its summer time, the zones.
#[rustfmt::skip]
const ZONES: &[(i64, Summer, &str)] = &[
    (0, Summer::Never, "Etc/UTC Etc/GMT Etc/UCT Africa/Abidjan Africa/Accra Africa/Dakar Atlantic/Reykjavik"),
    (0, Summer::Europe, "Europe/London Europe/Dublin Europe/Lisbon Europe/Belfast Europe/Jersey Europe/Guernsey \
        Europe/Isle_of_Man Atlantic/Canary Atlantic/Madeira Atlantic/Faroe"),
    (-60, Summer::Europe, "Atlantic/Azores"),
    (60, Summer::Never, "Africa/Lagos Africa/Algiers Africa/Tunis Africa/Kinshasa Africa/Casablanca Africa/Luanda"),
    (60, Summer::Europe, "Europe/Berlin Europe/Paris Europe/Madrid Europe/Rome Europe/Vienna Europe/Zurich Europe/Brussels \
        Europe/Amsterdam Europe/Luxembourg Europe/Monaco Europe/Copenhagen Europe/Oslo Europe/Stockholm Europe/Warsaw \
        Europe/Prague Europe/Bratislava Europe/Budapest Europe/Ljubljana Europe/Zagreb Europe/Belgrade Europe/Sarajevo \
        Europe/Skopje Europe/Podgorica Europe/Tirane Europe/Malta Europe/Andorra Europe/Gibraltar Europe/Vaduz \
        Europe/San_Marino Europe/Vatican Europe/Busingen Arctic/Longyearbyen Africa/Ceuta"),
    (120, Summer::Never, "Africa/Johannesburg Africa/Harare Africa/Maputo Africa/Lusaka Africa/Khartoum Africa/Tripoli \
        Africa/Windhoek Europe/Kaliningrad"),
    (120, Summer::Europe, "Europe/Helsinki Europe/Athens Europe/Bucharest Europe/Sofia Europe/Kiev Europe/Kyiv Europe/Riga \
        Europe/Tallinn Europe/Vilnius Europe/Chisinau Europe/Mariehamn Asia/Nicosia Africa/Cairo Asia/Beirut Asia/Jerusalem \
        Asia/Tel_Aviv"),
    (180, Summer::Never, "Europe/Moscow Europe/Istanbul Asia/Istanbul Europe/Minsk Europe/Simferopol Africa/Nairobi \
        Africa/Addis_Ababa Africa/Kampala Asia/Baghdad Asia/Riyadh Asia/Kuwait Asia/Qatar Asia/Amman Asia/Damascus"),
    (210, Summer::Never, "Asia/Tehran"),
    (240, Summer::Never, "Asia/Dubai Asia/Baku Asia/Tbilisi Asia/Yerevan Europe/Samara Asia/Muscat Indian/Mauritius"),
    (270, Summer::Never, "Asia/Kabul"),
    (300, Summer::Never, "Asia/Karachi Asia/Tashkent Asia/Yekaterinburg Asia/Almaty Indian/Maldives"),
    (330, Summer::Never, "Asia/Kolkata Asia/Calcutta Asia/Colombo"),
    (345, Summer::Never, "Asia/Kathmandu Asia/Katmandu"),
    (360, Summer::Never, "Asia/Dhaka Asia/Omsk Asia/Bishkek Asia/Thimphu"),
    (390, Summer::Never, "Asia/Yangon Asia/Rangoon"),
    (420, Summer::Never, "Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh Asia/Saigon Asia/Hanoi Asia/Phnom_Penh Asia/Vientiane \
        Asia/Novosibirsk Asia/Krasnoyarsk"),
    (480, Summer::Never, "Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Singapore Asia/Manila Asia/Kuala_Lumpur Asia/Macau \
        Asia/Chongqing Asia/Harbin Asia/Beijing Asia/Makassar Asia/Irkutsk Asia/Ulaanbaatar Australia/Perth"),
    (540, Summer::Never, "Asia/Tokyo Asia/Seoul Asia/Pyongyang Asia/Yakutsk Asia/Jayapura"),
    (570, Summer::Never, "Australia/Darwin"),
    (570, Summer::Australia, "Australia/Adelaide"),
    (600, Summer::Never, "Australia/Brisbane Asia/Vladivostok Pacific/Guam Pacific/Port_Moresby"),
    (600, Summer::Australia, "Australia/Sydney Australia/Melbourne Australia/Canberra Australia/Hobart"),
    (660, Summer::Never, "Asia/Magadan Pacific/Noumea"),
    (720, Summer::Never, "Pacific/Fiji Asia/Kamchatka"),
    (720, Summer::NewZealand, "Pacific/Auckland"),
    (780, Summer::Never, "Pacific/Tongatapu Pacific/Apia"),
    (-180, Summer::Never, "America/Sao_Paulo America/Buenos_Aires America/Argentina/Buenos_Aires America/Montevideo \
        America/Bahia America/Fortaleza America/Recife America/Belem"),
    (-210, Summer::America, "America/St_Johns"),
    (-240, Summer::Never, "America/Caracas America/La_Paz America/Manaus America/Puerto_Rico America/Santo_Domingo \
        America/Asuncion"),
    (-240, Summer::America, "America/Halifax America/Moncton Atlantic/Bermuda"),
    (-240, Summer::Chile, "America/Santiago"),
    (-300, Summer::Never, "America/Bogota America/Lima America/Panama America/Jamaica America/Guayaquil America/Cancun"),
    (-300, Summer::America, "America/New_York America/Toronto America/Montreal America/Detroit US/Eastern America/Havana \
        America/Indiana/Indianapolis America/Kentucky/Louisville America/Port-au-Prince Canada/Eastern"),
    (-360, Summer::Never, "America/Mexico_City America/Guatemala America/Costa_Rica America/El_Salvador America/Regina \
        America/Tegucigalpa America/Managua America/Monterrey"),
    (-360, Summer::America, "America/Chicago America/Winnipeg US/Central America/Menominee Canada/Central"),
    (-420, Summer::Never, "America/Phoenix America/Hermosillo US/Arizona"),
    (-420, Summer::America, "America/Denver America/Edmonton America/Boise US/Mountain America/Ciudad_Juarez"),
    (-480, Summer::America, "America/Los_Angeles America/Vancouver America/Tijuana US/Pacific Canada/Pacific"),
    (-540, Summer::America, "America/Anchorage America/Juneau US/Alaska"),
    (-600, Summer::Never, "Pacific/Honolulu US/Hawaii Pacific/Tahiti"),
];

/// A name of the tz database inside a text, in any case: where it stands, brackets included. Whether it is known or
/// not it is no word of the date.
pub(super) fn find(text: &str) -> Option<(std::ops::Range<usize>, &str)> {
    let slash = text.match_indices('/').find(|(at, _)| {
        text[..*at].ends_with(|c: char| c.is_ascii_alphabetic()) && text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic())
    })?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '-' | '+');
    let start = text[..slash.0].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| text.ceil_char_boundary(at + 1));
    let end = text[slash.0..].find(|c| !is_part(c)).map_or(text.len(), |end| slash.0 + end);
    let name = &text[start..end];
    let has_brackets = text[..start].ends_with(['[', '(']) && text[end..].starts_with([']', ')']);
    Some(if has_brackets { (start - 1..end + 1, name) } else { (start..end, name) })
}

/// The offset from UTC in minutes at a local time; `None` for a zone that the table does not have.
pub(super) fn offset(name: &str, local: NaiveDateTime) -> Option<i64> {
    let (standard, summer, _) =
        ZONES.iter().find(|(_, _, names)| names.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name)))?;
    Some(if is_summer(*summer, *standard, local)? { standard + 60 } else { *standard })
}

fn is_summer(rule: Summer, standard: i64, local: NaiveDateTime) -> Option<bool> {
    let year = local.year();
    let sunday = |month: u32, nth: u8| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, nth);
    let last = |month: u32| sunday(month, 5).or_else(|| sunday(month, 4));
    let at = |date: Option<NaiveDate>, hour: u32| date?.and_hms_opt(hour, 0, 0);
    Some(match rule {
        Summer::Never => false,
        Summer::Europe => {
            let utc = local - chrono::TimeDelta::minutes(standard);
            (at(last(3), 1)?..at(last(10), 1)?).contains(&utc)
        }
        Summer::America if year < 2007 => (at(sunday(4, 1), 2)?..at(last(10), 2)?).contains(&local),
        Summer::America => (at(sunday(3, 2), 2)?..at(sunday(11, 1), 2)?).contains(&local),
        Summer::Australia => !(at(sunday(4, 1), 3)?..at(sunday(10, 1), 2)?).contains(&local),
        Summer::NewZealand => !(at(sunday(4, 1), 3)?..at(last(9), 2)?).contains(&local),
        Summer::Chile => !(at(sunday(4, 1), 0)?..at(sunday(9, 1), 0)?).contains(&local),
    })
}
