//! `--since`: a length of time, a day by its name or its date.

use crate::duration;
use chrono::{DateTime, Days, Local, NaiveDate, TimeZone};
use std::time::Duration;

/// How long before now: `24h`, `7days`, `today`, `yesterday`, `2026-11-20`. A day begins at midnight of the machine's zone.
pub fn parse(text: &str) -> Result<Duration, String> {
    parse_at(text, Local::now())
}

fn parse_at<Zone: TimeZone>(text: &str, now: DateTime<Zone>) -> Result<Duration, String> {
    let word = text.trim().to_ascii_lowercase();
    let today = now.date_naive();
    let day = match word.as_str() {
        "today" => Some(today),
        "yesterday" => today.checked_sub_days(Days::new(1)),
        date => NaiveDate::parse_from_str(date, "%Y-%m-%d").ok(),
    };
    let Some(day) = day else {
        return duration::parse(&word)
            .map_err(|wrong| format!("{wrong}, or a day: \"today\", \"yesterday\", \"{}\"", today.format("%Y-%m-%d")));
    };
    // Where a clock is put forward at midnight, the day begins an hour later.
    let midnight = [0, 1].iter().find_map(|&hour| now.timezone().from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest());
    let begun = midnight.ok_or_else(|| format!("{text:?} is not a day here"))?;
    now.signed_duration_since(begun).to_std().map_err(|_| format!("{text:?} is still to come"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    #[test]
    fn times_and_days() {
        let now = Utc.with_ymd_and_hms(2026, 11, 26, 10, 30, 0).unwrap();
        let hours = |text: &str| parse_at(text, now).map(|age| age.as_secs_f64() / 3600.0);
        for (text, expected) in [
            ("24h", 24.0),
            ("7days", 168.0),
            ("2 Weeks", 336.0),
            ("today", 10.5),
            ("Yesterday", 34.5),
            ("2026-11-26", 10.5),
            ("2026-11-20", 154.5),
        ] {
            assert_eq!(hours(text), Ok(expected), "{text}");
        }
        for (wrong, says) in [("soon", "yesterday"), ("7", "7d"), ("2026-11-27", "still to come"), ("2026-13-40", "2026-11-26")] {
            assert!(hours(wrong).unwrap_err().contains(says), "{wrong}: {:?}", hours(wrong));
        }
    }
}
