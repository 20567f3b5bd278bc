//! Values with units as people write them: `"1h30m"`, `"10MB"`, `"127.0.1.0/24:8900"`.

pub use crate::duration::{format as format_duration, parse as parse_duration};
use crate::fetch::address::Allowed;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::time::Duration;

/// `"10MB"` (10^6), `"512KB"`, `"1GB"`, `"100B"`.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is not a size; write it like \"10MB\" or \"512KB\"");
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: usize = text[..digits].parse().map_err(|_| wrong())?;
    let unit = match text[digits..].trim() {
        "B" => 1,
        "KB" | "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

/// An address or network, with or without a port: `127.0.0.1`, `10.0.0.0/8`, `127.0.1.0/24:8900`, `[::1]:8080`, `fd00::/8`.
pub fn parse_allowed(text: &str) -> Result<Allowed, String> {
    let wrong = || format!("{text:?} is not an address; write it like \"127.0.0.1:8900\", \"10.0.0.0/8\" or \"[::1]:8080\"");
    let trimmed = text.trim();
    let (network, port) = if let Some(rest) = trimmed.strip_prefix('[') {
        let (inside, after) = rest.split_once(']').ok_or_else(wrong)?;
        match after.split_once(':') {
            // The prefix may stand behind the bracket too: "[fd00::]/8:80".
            Some((prefix, port)) => (format!("{inside}{prefix}"), Some(port)),
            None => (format!("{inside}{after}"), None),
        }
    } else if trimmed.matches(':').count() == 1 {
        let (network, port) = trimmed.split_once(':').ok_or_else(wrong)?;
        (network.to_owned(), Some(port))
    } else {
        (trimmed.to_owned(), None)
    };
    let port = port.map(|port| port.parse::<u16>().map_err(|_| wrong())).transpose()?;
    let network = network
        .parse::<ipnet::IpNet>()
        .or_else(|_| network.parse::<std::net::IpAddr>().map(ipnet::IpNet::from))
        .map_err(|_| wrong())?;
    Ok(Allowed { network, port })
}

/// How long something is kept: a time, or `"forever"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    For(Duration),
    Forever,
}

impl<'de> Deserialize<'de> for Keep {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Keep, D::Error> {
        let text = from.deserialize_any(WithUnit { kind: "a time", instead: in_days })?;
        if text == "forever" {
            return Ok(Keep::Forever);
        }
        parse_duration(&text).map(Keep::For).map_err(|wrong| D::Error::custom(format!("{wrong}, or \"forever\"")))
    }
}

/// Takes a value with its unit, a text; of a bare number it says what to write instead.
struct WithUnit {
    /// What it is, for errors: "a duration".
    kind: &'static str,
    /// The text that was probably meant by a number.
    instead: fn(u64) -> String,
}

impl serde::de::Visitor<'_> for WithUnit {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.kind)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        match u64::try_from(number) {
            Ok(positive) => {
                let instead = (self.instead)(positive);
                Err(E::custom(format!("{number} is not {} without a unit; write \"{instead}\"", self.kind)))
            }
            Err(_) => Err(E::custom(format!("{number} is not {}; write one like \"{}\"", self.kind, (self.instead)(3600)))),
        }
    }
}

/// Programs that take bare numbers mean seconds.
fn in_seconds(number: u64) -> String {
    format_duration(Duration::from_secs(number))
}

fn in_days(number: u64) -> String {
    format!("{number}d")
}

/// The largest unit that says it without a fraction.
fn in_bytes(number: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB"), (1, "B")];
    let whole = units.iter().find(|(size, _)| number >= *size && number.is_multiple_of(*size));
    whole.map_or_else(|| format!("{number}B"), |(size, unit)| format!("{}{unit}", number / size))
}

impl Serialize for Keep {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Keep::For(time) => to.serialize_str(&format_duration(*time)),
            Keep::Forever => to.serialize_str("forever"),
        }
    }
}

/// `#[serde(with = "values::duration")]`
pub mod duration {
    use super::*;
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = from.deserialize_any(WithUnit { kind: "a duration", instead: in_seconds })?;
        parse_duration(&text).map_err(D::Error::custom)
    }
    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format_duration(*duration))
    }
}

/// `#[serde(with = "values::optional_duration")]`
pub mod optional_duration {
    use super::*;
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        duration::deserialize(from).map(Some)
    }
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => to.serialize_str(&format_duration(*duration)),
            None => to.serialize_none(),
        }
    }
}

/// `#[serde(deserialize_with = "values::size")]`
pub fn size<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let text = from.deserialize_any(WithUnit { kind: "a size", instead: in_bytes })?;
    parse_size(&text).map_err(D::Error::custom)
}

/// `#[serde(deserialize_with = "values::allowed")]`
pub fn allowed<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Allowed>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| parse_allowed(text).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("10MB"), Ok(10_000_000));
        assert!(parse_size("10").is_err());
        assert!(parse_size("99999999999999GB").is_err());
    }

    #[test]
    fn allowed_networks() {
        let show = |text: &str| parse_allowed(text).map(|a| format!("{} {:?}", a.network, a.port));
        assert_eq!(show("127.0.1.0/24:8900"), Ok("127.0.1.0/24 Some(8900)".into()));
        assert_eq!(show("127.0.0.1"), Ok("127.0.0.1/32 None".into()));
        assert_eq!(show("[::1]:80"), Ok("::1/128 Some(80)".into()));
        assert_eq!(show("fd00::/8"), Ok("fd00::/8 None".into()));
        for wrong in ["", "localhost", "127.0.0.1:x", "1.2.3.4/40", "[::1"] {
            assert!(parse_allowed(wrong).is_err(), "{wrong}");
        }
    }
}
