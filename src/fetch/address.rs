//! Which addresses may be dialled. Pure: no DNS, no dialling.
//!
//! [`check`] judges a URL before anything is asked of the network; [`classify`] judges every address that a
//! name resolved to. Both are tables: a network or a name is a row with its reason.

use crate::text::{clip, one_line};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not an address: {0}")]
    Malformed(String),
    #[error("an address of {0} bytes is too long")]
    TooLong(usize),
    #[error("only http and https are fetched, not {0}")]
    Scheme(String),
    #[error("the address names no host")]
    NoHost,
    #[error("the user name in the address looks like a host")]
    UserName,
    #[error("port {0} is not one that feeds are served on")]
    Port(u16),
    #[error("{host} is {what}: not a public name")]
    Name { host: String, what: &'static str },
    #[error("{ip} is {what}: not a public address")]
    Network { ip: IpAddr, what: &'static str },
}

/// An exception to the rule that only public addresses are dialled: a network, with or without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub network: ipnet::IpNet,
    pub port: Option<u16>,
}

impl Allowed {
    fn covers(&self, ip: IpAddr, port: u16) -> bool {
        self.port.is_none_or(|p| p == port) && self.network.contains(&ip)
    }
}

/// Longer addresses are refused: servers refuse more than 8 KB as a rule, and nobody links to them.
pub const MAX_URL_BYTES: usize = 8 * 1024;

/// Ports at or above 1024 that belong to services which would take an HTTP request for something else, or act
/// on it: databases, queues, control planes, and what browsers block.
const SERVICE_PORTS: [u16; 48] = [
    1080, 1433, 1434, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3128, 3260, 3306, 3389, 3659, 4045, 4190, 4369, 5060,
    5061, 5432, 5433, 5672, 5900, 5901, 5984, 5985, 5986, 6000, 6379, 6443, 6566, 6667, 6679, 6697, 9042, 9092, 9200, 9300,
    10080, 10250, 10255, 11211, 27017, 27018, 50070,
];

/// The domain that whoever runs a public host has registered: `example.co.uk` of `feeds.example.co.uk`. `None` for IP
/// addresses, for names of no public suffix, and for the suffixes themselves (every `*.github.io` is somebody else's).
pub fn registrable_domain(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let Some(Host::Domain(host)) = url.host() else { return None };
    let domain = psl::domain(host.as_bytes()).filter(|domain| domain.suffix().is_known())?;
    std::str::from_utf8(domain.as_bytes()).ok().map(str::to_owned)
}

/// Whose requests are counted together: the registrable domain, else the host itself. Empty for what has none.
pub fn asked_domain(url: &str) -> String {
    registrable_domain(url).or_else(|| Url::parse(url).ok()?.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Names that never mean a public host, as the last labels of a name.
const LOCAL_NAMES: [(&str, &str); 6] = [
    ("localhost", "this machine (RFC 6761)"),
    ("local", "a name of the local network (RFC 6762)"),
    ("internal", "a private-use name"),
    ("home.arpa", "a name of the home network (RFC 8375)"),
    ("onion", "a hidden service (RFC 7686)"),
    ("localdomain", "this machine"),
];

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    Ipv4Addr::new(a, b, c, d).to_bits()
}

/// IPv4 networks that are not public: network, prefix length, what it is (IANA special-purpose registry).
const LOCAL_V4: [(u32, u32, &str); 17] = [
    (v4(0, 0, 0, 0), 8, "\"this network\""),
    (v4(10, 0, 0, 0), 8, "a private network"),
    (v4(100, 64, 0, 0), 10, "carrier-grade NAT, where clouds keep their metadata"),
    (v4(127, 0, 0, 0), 8, "this machine"),
    (v4(169, 254, 0, 0), 16, "link-local, where clouds keep their metadata"),
    (v4(172, 16, 0, 0), 12, "a private network"),
    (v4(192, 0, 0, 0), 24, "a protocol assignment"),
    (v4(192, 0, 2, 0), 24, "for documentation"),
    (v4(192, 88, 99, 0), 24, "a 6to4 relay"),
    (v4(192, 168, 0, 0), 16, "a private network"),
    (v4(198, 18, 0, 0), 15, "for benchmarks"),
    (v4(198, 51, 100, 0), 24, "for documentation"),
    (v4(203, 0, 113, 0), 24, "for documentation"),
    (v4(224, 0, 0, 0), 4, "multicast"),
    (v4(255, 255, 255, 255), 32, "broadcast"),
    (v4(240, 0, 0, 0), 4, "reserved"),
    (v4(168, 63, 129, 16), 32, "a cloud's own service"),
];

const fn v6(a: u16, b: u16, c: u16) -> u128 {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_bits()
}

/// IPv6 networks inside the global range (2000::/3) that are not public all the same.
const LOCAL_V6: [(u128, u32, &str); 4] = [
    (v6(0x2001, 0, 0), 23, "a protocol assignment (Teredo, ORCHID, benchmarks)"),
    (v6(0x2001, 0xdb8, 0), 32, "for documentation"),
    (v6(0x3fff, 0, 0), 20, "for documentation"),
    (v6(0x2620, 0x4f, 0x8000), 48, "a protocol assignment"),
];

/// Checks scheme, port, host name and literal address of a URL.
pub fn check(address: &str, allowed: &[Allowed]) -> Result<Url, Refusal> {
    if address.len() > MAX_URL_BYTES {
        return Err(Refusal::TooLong(address.len()));
    }
    let url = Url::parse(address).map_err(|error| Refusal::Malformed(error.to_string()))?;
    check_url(&url, allowed)?;
    Ok(url)
}

/// The same for what is parsed already (the target of a redirect).
pub fn check_url(url: &Url, allowed: &[Allowed]) -> Result<(), Refusal> {
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(Refusal::TooLong(url.as_str().len()));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme(one_line(clip(url.scheme(), 32))));
    }
    // `http://127.0.0.1%2f@public.example/`: other parsers take the first part for the host.
    let user = url.username().to_ascii_lowercase();
    if ["%2f", "%5c", "%3f", "%23"].iter().any(|hidden| user.contains(hidden)) {
        return Err(Refusal::UserName);
    }
    let Some(port) = url.port_or_known_default() else {
        return Err(Refusal::NoHost);
    };
    match url.host() {
        None => Err(Refusal::NoHost),
        Some(Host::Ipv4(ip)) => classify(ip.into(), port, allowed),
        Some(Host::Ipv6(ip)) => classify(ip.into(), port, allowed),
        Some(Host::Domain(name)) => {
            // A name of the local network can be meant only where a rule lets something private be dialled;
            // then what it resolves to is judged.
            if !allowed.iter().any(|rule| rule.port.is_none_or(|p| p == port)) {
                check_name(name)?;
            }
            if port_is_usual(port) || allowed.iter().any(|rule| rule.port == Some(port)) {
                Ok(())
            } else {
                Err(Refusal::Port(port))
            }
        }
    }
}

/// Checks an address that would be dialled: a literal, or one that a name resolved to.
pub fn classify(ip: IpAddr, port: u16, allowed: &[Allowed]) -> Result<(), Refusal> {
    let ip = ip.to_canonical(); // `::ffff:127.0.0.1` dials 127.0.0.1
    if allowed.iter().any(|rule| rule.covers(ip, port)) {
        return Ok(());
    }
    let what = match ip {
        IpAddr::V4(ip) => what_v4(ip),
        IpAddr::V6(ip) => what_v6(ip),
    };
    match what {
        Some(what) => Err(Refusal::Network { ip, what }),
        None if port_is_usual(port) => Ok(()),
        None => Err(Refusal::Port(port)),
    }
}

/// Whether a host, as [`Url::host_str`] gives it, is a public name or address; what a name leads to is not asked.
pub fn is_public_host(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(ip)) => classify(ip.into(), 80, &[]).is_ok(),
        Ok(Host::Ipv6(ip)) => classify(ip.into(), 80, &[]).is_ok(),
        Ok(Host::Domain(name)) => check_name(&name).is_ok(),
        Err(_) => false,
    }
}

fn port_is_usual(port: u16) -> bool {
    matches!(port, 80 | 443) || (port >= 1024 && !SERVICE_PORTS.contains(&port))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let name = name.strip_suffix('.').unwrap_or(name); // lower case already: the URL parser saw to it
    let refuse = |what| Err(Refusal::Name { host: one_line(clip(name, 253)), what });
    for (local, what) in LOCAL_NAMES {
        if name.strip_suffix(local).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) {
            return refuse(what);
        }
    }
    if name.contains('.') { Ok(()) } else { refuse("a single word") }
}

fn what_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let bits = ip.to_bits();
    LOCAL_V4.iter().find(|&&(network, length, _)| (bits ^ network) >> (32 - length) == 0).map(|row| row.2)
}

/// Only the global range is public, and in it an address that wraps an IPv4 one is what it wraps.
fn what_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let bits = ip.to_bits();
    let wrapped = |shift: u32| what_v4(Ipv4Addr::from_bits((bits >> shift) as u32));
    match ip.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => wrapped(0), // NAT64 (RFC 6052)
        [0x2002, ..] => wrapped(80),                  // 6to4 (RFC 3056)
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("no address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine"),
        [0, ..] => Some("an IPv4 address in disguise"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xfc00..=0xfdff, ..] => Some("a private network"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x2000..=0x3fff, ..] => {
            LOCAL_V6.iter().find(|&&(network, length, _)| (bits ^ network) >> (128 - length) == 0).map(|row| row.2)
        }
        _ => Some("reserved"),
    }
}
