//! Lengths of time as people write them: `"90s"`, `"1h30m"`, `"7d"`. Used by the configuration, the command line and
//! queries, so that one spelling means one thing everywhere.

use std::time::Duration;

/// `"90s"`, `"15m"`, `"1h30m"`, `"7d"`, `"7 days"`, `"500ms"`; a bare number is refused because its unit would be a guess.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration; write it like \"30s\", \"15m\", \"1h30m\" or \"7d\"");
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let milliseconds = match rest[digits..unit_end].trim() {
            "ms" => 1,
            "s" | "sec" | "second" | "seconds" => 1_000,
            "m" | "min" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "w" | "week" | "weeks" => 604_800_000,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = &rest[unit_end..];
    }
    // A hundred years: beyond it sums of times would leave the calendar.
    if total > Duration::from_secs(100 * 366 * 86_400) {
        return Err(format!("{text:?} is longer than a hundred years"));
    }
    Ok(total)
}

/// The shortest spelling that [`parse`] reads back: `1h30m`.
pub fn format(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    if rest == 0 {
        return "0s".into();
    }
    let mut out = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        // Up to two days are read more easily in hours: "36h".
        if unit == "d" && rest < 2 * 86_400_000 {
            continue;
        }
        if rest >= size {
            out.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
        assert_eq!((parse("7days"), parse("1 hour 30 minutes")), (parse("7d"), parse("1h30m")));
        for wrong in ["", "15", "h", "1y", "1h30", "-1s", "99999999999999999999s", "9999999w"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for text in ["1h30m", "15m", "36h", "2d", "500ms", "0s"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }
}
