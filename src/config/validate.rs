//! What a configuration may not say although it can be read.

use super::{Config, values};
use crate::query::language_range;
use std::collections::HashSet;

/// As many as browsers follow.
const MOST_REDIRECTS: usize = 20;

impl Config {
    /// What the types cannot say. An error begins with the key that it is about.
    pub(super) fn check(&self) -> Result<(), String> {
        check(self)
    }
}

fn check(config: &Config) -> Result<(), String> {
    let (poll, fetch, serve) = (&config.poll, &config.fetch, &config.serve);
    let zero = [
        ("poll.interval", poll.interval.is_zero(), "\"1h\""),
        ("poll.concurrency", poll.concurrency == 0, "128"),
        ("poll.per_host", poll.per_host == 0, "1"),
        ("fetch.timeout", fetch.timeout.is_zero(), "\"30s\""),
        ("fetch.connect_timeout", fetch.connect_timeout.is_zero(), "\"5s\""),
        ("fetch.header_timeout", fetch.header_timeout.is_zero(), "\"10s\""),
        ("fetch.max_feed_bytes", fetch.max_feed_bytes == 0, "\"10MB\""),
        ("fetch.max_page_bytes", fetch.max_page_bytes == 0, "\"5MB\""),
        ("fetch.max_wire_bytes", fetch.max_wire_bytes == 0, "\"5MB\""),
        ("fetch.max_ratio", fetch.max_ratio == 0, "200"),
        ("serve.idle_timeout", serve.idle_timeout.is_zero(), "\"15s\""),
        ("serve.per_peer", serve.per_peer == 0, "64"),
        ("story.window", config.story.window.is_zero(), "\"96h\"; story.dedupe = \"off\" joins nothing"),
    ];
    if let Some((key, _, usual)) = zero.into_iter().find(|(_, is_zero, _)| *is_zero) {
        return Err(format!("{key} must be more than zero; by default it is {usual}"));
    }
    config.cluster.check()?;
    if poll.min_interval > poll.max_interval {
        let longest = values::format_duration(poll.max_interval);
        return Err(format!("poll.min_interval is longer than poll.max_interval; write {longest:?} or less"));
    }
    if !(0.0..=1.0).contains(&poll.jitter) {
        return Err(format!(
            "poll.jitter = {} is not a share between 0 and 1; write 0.1 for a tenth of the interval",
            poll.jitter
        ));
    }
    if fetch.max_redirects > MOST_REDIRECTS {
        return Err(format!(
            "fetch.max_redirects = {} is more than {MOST_REDIRECTS}; write {MOST_REDIRECTS} or less",
            fetch.max_redirects
        ));
    }
    if !fetch.proxy.is_empty() {
        match url::Url::parse(&fetch.proxy) {
            Ok(url) if ["http", "https", "socks5"].contains(&url.scheme()) && url.host().is_some() => {}
            _ => return Err("fetch.proxy is not the address of a proxy; write it like \"http://proxy.example:3128\"".into()),
        }
    }
    if fetch.contact.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err("fetch.contact must be plain ASCII: it is sent in a header; write a page's address or a mailbox".into());
    }
    if serve.listen.parse::<std::net::SocketAddr>().is_err() {
        return Err(format!("serve.listen = {:?} is not an address; write it like \"127.0.0.1:8080\"", serve.listen));
    }
    if config.backup.keep == 0 {
        return Err("backup.keep must be more than zero; backup.every = \"0s\" makes none".into());
    }
    if !serve.base_url.is_empty() {
        match url::Url::parse(&serve.base_url) {
            Ok(url) if ["http", "https"].contains(&url.scheme()) && url.query().is_none() && url.fragment().is_none() => {
                let first = url.path().split('/').nth(1).unwrap_or_default();
                let is_plain = url.path().chars().all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c));
                if OWN_PATHS.contains(&first) || !is_plain {
                    return Err(format!(
                        "serve.base_url = {:?}: its path must begin with another word than {}, and be of letters, digits and -_.~",
                        serve.base_url,
                        OWN_PATHS.join(", ")
                    ));
                }
            }
            _ => {
                return Err(format!(
                    "serve.base_url = {:?} is not an http address; write it like \"https://news.example.org\"",
                    serve.base_url
                ));
            }
        }
    }
    // It stands in a header, between brackets.
    let is_plain = |hub: &str| hub.chars().all(|c| c.is_ascii_graphic() && !"<>\"".contains(c));
    let is_hub = |hub: &str| is_plain(hub) && url::Url::parse(hub).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if !serve.hub.is_empty() && !is_hub(&serve.hub) {
        return Err(format!(
            "serve.hub = {:?} is not the address of a hub; write it like \"https://hub.example.org/\"",
            serve.hub
        ));
    }
    config.log.check()?;
    validate_rules(config)?;
    let mut names = HashSet::new();
    for (n, output) in config.outputs.iter().enumerate() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if output.name.is_empty() || !output.name.chars().all(plain) {
            return Err(format!(
                "output[{n}].name = {:?} must be of a–z, 0–9, - and _, as \"ai-news\": it is part of an address",
                output.name
            ));
        }
        if !names.insert(&output.name) {
            return Err(format!("output[{n}].name: two outputs are named {:?}; give one another name", output.name));
        }
        if !(1..=1000).contains(&output.limit) {
            return Err(format!("output[{n}].limit = {} is not between 1 and 1000; by default it is 100", output.limit));
        }
        // An output's languages are those of a query.
        for (m, language) in output.languages.iter().enumerate() {
            if language_range(language).is_none() {
                return Err(format!(
                    "output[{n}].languages[{m}] = {language:?} is not a language; write it like \"en\", \"zh\" or \"zh-Hant\""
                ));
            }
        }
    }
    Ok(())
}

fn validate_rules(config: &Config) -> Result<(), String> {
    let mut names = HashSet::new();
    for (n, rule) in config.rules.iter().enumerate() {
        check_name(&format!("rule[{n}]"), &rule.name)?;
        if !names.insert(&rule.name) {
            return Err(format!("rule[{n}].name: two rules are named {:?}; give one another name", rule.name));
        }
        rule.check().map_err(|wrong| format!("rule[{n}]: {:?} {wrong}", rule.name))?;
        let is_unknown = |name: &&String| !config.outputs.iter().any(|output| output.name == **name);
        if let Some(unknown) = rule.outputs.iter().find(is_unknown) {
            return Err(format!("rule[{n}].outputs: no output is named {unknown:?}"));
        }
    }
    let mut names = HashSet::new();
    for (n, notify) in config.notify.iter().enumerate() {
        check_name(&format!("notify[{n}]"), &notify.name)?;
        if !names.insert(&notify.name) {
            return Err(format!("notify[{n}].name: two [[notify]] are named {:?}; give one another name", notify.name));
        }
        notify.check().map_err(|wrong| format!("notify[{n}]: {:?}: {wrong}", notify.name))?;
    }
    Ok(())
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!("{what}.name = {name:?} must be of a–z, 0–9, - and _"));
    }
    Ok(())
}

/// With what the server's own paths begin.
const OWN_PATHS: [&str; 15] = [
    "feeds", "story", "sources", "status", "image", "opml", "websub", "metrics", "login", "accounts", "reader", "api", "v1",
    "fever", "sync",
];
