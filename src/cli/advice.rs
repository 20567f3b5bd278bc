//! What is right as text and will still not work, or not as was meant: for `config check` and `doctor`.

use super::setup;
use crate::config::subscriptions::Subscription;
use crate::config::{Config, ConfigError, Loaded, secrets, site_rules, sources};
use crate::query::{Filter, Query};
use crate::text;
use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// A feed, an output or a secret that cannot work as it is.
    Wrong,
    /// It works, and perhaps not as was meant.
    Note,
}

/// A sentence that names the place and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub weight: Weight,
    pub sentence: String,
}

/// All that is to be said of a configuration and its list; what the database knows of languages is asked where it is there.
pub fn all(loaded: &Loaded, listed: &[Subscription]) -> Vec<Advice> {
    let config = &loaded.config;
    let mut advice = of_feeds(config, listed);
    // What is wrong with the database itself is said by `doctor`, and by whoever opens it.
    let languages = setup::reader(config).and_then(|reader| Ok(reader.languages()?)).unwrap_or_default();
    advice.extend(of_outputs(config, listed, &languages));
    if let Err(ConfigError(why)) = site_rules::read(&config.article.site_rules) {
        advice.push(wrong(text::one_line(&why)));
    }
    advice.extend(of_notify(config));
    advice.extend(of_service(config));
    advice
}

fn wrong(sentence: String) -> Advice {
    Advice { weight: Weight::Wrong, sentence }
}

fn note(sentence: String) -> Advice {
    Advice { weight: Weight::Note, sentence }
}

fn of_feeds(config: &Config, listed: &[Subscription]) -> Vec<Advice> {
    let mut advice = Vec::new();
    let mut seen: HashMap<String, &Subscription> = HashMap::new();
    for feed in listed {
        let url = text::redact_url(&feed.url);
        if let Some(login) = &feed.auth
            && let Err(why) = secrets::read(&login.secret, &config.secrets)
        {
            advice.push(wrong(format!("{url}: {why}")));
        }
        if feed.url.starts_with("exec:")
            && let Ok(words) = sources::command(&feed.url)
            && let Err(why) = program(&words)
        {
            advice.push(wrong(format!("{url}: {why}")));
        }
        if let Some(first) = seen.insert(bare(&feed.url), feed) {
            let first = text::redact_url(&first.url);
            advice.push(note(format!("{url}: probably the same feed as {first}; delete one of the two")));
        }
    }
    advice
}

/// An address without what often differs between two ways to one feed.
fn bare(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    rest.trim_end_matches('/').to_owned()
}

/// Secrets and programs of those who are told.
fn of_notify(config: &Config) -> Vec<Advice> {
    let mut advice = Vec::new();
    for notify in &config.notify {
        let secrets = notify.auth.iter().map(|login| login.secret.as_str()).chain([notify.sign.as_str()]);
        let unread = secrets.filter(|name| !name.is_empty()).filter_map(|name| secrets::read(name, &config.secrets).err());
        let unread: Vec<String> = unread.map(|why| why.to_string()).collect();
        for why in unread.into_iter().chain(program(&notify.command).err()) {
            advice.push(wrong(format!("notify {:?}: {why}", notify.name)));
        }
    }
    advice
}

/// Whether the first of these words names a program that can be run; without any there is nothing to run.
fn program(words: &[String]) -> Result<(), String> {
    let Some(program) = words.first() else { return Ok(()) };
    match std::fs::metadata(Path::new(program)) {
        Ok(file) if !file.is_file() => Err(format!("{program} is not a program")),
        Ok(file) if file.permissions().mode() & 0o111 == 0 => Err(format!("{program} cannot be run: chmod +x {program}")),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

fn of_outputs(config: &Config, listed: &[Subscription], languages: &[String]) -> Vec<Advice> {
    let mut advice = Vec::new();
    // Rules give tags too.
    let tags: BTreeSet<&String> =
        listed.iter().flat_map(|feed| &feed.tags).chain(config.rules.iter().flat_map(|rule| &rule.tags)).collect();
    for output in &config.outputs {
        let query = output.whole_query();
        for group in &query.tags.wanted {
            let asked = Query { tags: Filter::any_of(group.clone()), ..Query::default() };
            if !listed.is_empty() && !tags.iter().any(|tag| asked.tags_hold(&[tag.as_str()])) {
                let there = if tags.is_empty() {
                    "none".into()
                } else {
                    tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>().join(", ")
                };
                advice.push(wrong(format!(
                    "output {:?}: no feed has the tag {}; tags: {there}",
                    output.name,
                    group.join(" or ")
                )));
            }
        }
        for group in &query.languages.wanted {
            let asked = Query { languages: Filter::any_of(group.clone()), ..Query::default() };
            if !languages.is_empty() && !languages.iter().any(|language| asked.language_holds(Some(language))) {
                let there = languages.iter().map(|language| text::one_line(language)).collect::<Vec<_>>().join(", ");
                advice.push(note(format!("output {:?}: no story is in {}; languages: {there}", output.name, group.join(" or "))));
            }
        }
    }
    advice
}

fn of_service(config: &Config) -> Vec<Advice> {
    let mut advice = Vec::new();
    if let Some(names) = config.asked_hosts() {
        let names = if names.is_empty() { "no name is in serve.hosts".to_owned() } else { names.join(", ") };
        advice.push(note(format!(
            "serve.listen is every address of this machine, and serve.base_url is not set: readers are told the host that they asked where it is an IP address, localhost or in serve.hosts ({names})"
        )));
    }
    if !config.serve.hub.is_empty() && config.hub().is_none() {
        advice.push(wrong("serve.hub is told nothing without serve.base_url, under which it fetches the outputs".into()));
    }
    if config.fetch.contact == Config::default().fetch.contact {
        advice.push(note("fetch.contact is the program's own page: put yours there, so that publishers can reach you".into()));
    }
    advice
}
