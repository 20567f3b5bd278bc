//! `feeds.toml`: the list of subscriptions, which belongs to a person. We read it, and edit it only where a
//! person commands it, keeping comments and order.

use super::sources::{self, Headers, Login};
use super::{ConfigError, diagnose, values};
use crate::listing::Selectors;
use crate::model::{ArticleMode, Dedupe, is_default};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// One `[[feed]]`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "values::optional_duration")]
    pub interval: Option<Duration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArticleMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe: Option<Dedupe>,
    /// CSS selectors: where on its pages the article is; the first that finds text counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
    /// CSS selectors: what is cut out of its pages and of its own text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strip: Vec<String>,
    /// Sent with each of its polls, to its own origin only.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// As `headers`, with a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Box<Login>>,
    /// The address is a page's, whose elements are the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Box<Selectors>>,
    /// How long its entries are kept, where it is not as long as others'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<values::Keep>,
    /// Of several copies of a story, the feed of higher priority is shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: i32,
    /// Never named to anyone else.
    #[serde(default, skip_serializing_if = "is_default")]
    pub private: bool,
    /// Kept in the list, not polled.
    #[serde(default, skip_serializing_if = "is_default")]
    pub paused: bool,
}

impl Subscription {
    /// A feed of which nothing but the address is said.
    pub fn new(url: impl Into<String>) -> Subscription {
        Subscription {
            url: url.into(),
            title: None,
            tags: Vec::new(),
            interval: None,
            article: None,
            dedupe: None,
            select: Vec::new(),
            strip: Vec::new(),
            headers: Headers::new(),
            auth: None,
            page: None,
            keep: None,
            priority: 0,
            private: false,
            paused: false,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default, rename = "feed")]
    feeds: Vec<toml::Spanned<Subscription>>,
}

/// The subscriptions that a new user starts with.
pub const STARTER: &str = include_str!("../../config/feeds.toml");

/// Parses the list; `file` is its name in errors.
pub fn parse(file: &str, text: &str) -> Result<Vec<Subscription>, ConfigError> {
    let n_feeds = text.matches(FEED).count() + 1;
    let mut checked = Checked { file, text, feeds: Vec::with_capacity(n_feeds), seen: HashMap::with_capacity(n_feeds) };
    let mut starts = text.match_indices(FEED).map(|(at, _)| at + 1);
    let mut from = Some(0);
    while let Some(start) = from {
        from = starts.nth(FEEDS_AT_ONCE - 1);
        match toml::from_str(&text[start..from.unwrap_or(text.len())]) {
            Ok(list) => checked.add(start, list)?,
            // Where it is wrong, and about what, is said of the whole. If that is right, the piece ended inside a text.
            Err(_) => {
                let list = toml::from_str(text).map_err(|error| ConfigError(diagnose::diagnose(file, text, &error)))?;
                checked.feeds.clear();
                checked.seen.clear();
                checked.add(0, list)?;
                break;
            }
        }
    }
    Ok(checked.feeds)
}

/// The list is read in pieces that end before such a line …
const FEED: &str = "\n[[feed]]";

/// … of so many feeds: of ten thousand the reader's own tables would take twenty megabytes.
const FEEDS_AT_ONCE: usize = 256;

/// What was read of a list so far.
struct Checked<'a> {
    file: &'a str,
    text: &'a str,
    feeds: Vec<Subscription>,
    /// Where each address stands.
    seen: HashMap<u128, usize>,
}

impl Checked<'_> {
    /// `from`: where the piece begins.
    fn add(&mut self, from: usize, list: List) -> Result<(), ConfigError> {
        for feed in list.feeds {
            let start = from + feed.span().start;
            let mut feed = feed.into_inner();
            // What feed readers call by a scheme of their own. All else stays as a person wrote it.
            feed.url = crate::feed::web_address(&feed.url);
            let url = || crate::text::redact_url(&feed.url);
            // Lines are counted for errors only: for each of ten thousand feeds it would take seconds.
            let (file, text) = (self.file, self.text);
            let at = |key: &str| diagnose::place(file, text, find_key(text, start, key));
            check_url(&feed.url).map_err(|wrong| ConfigError(format!("{}: {wrong}", at("url"))))?;
            check(&feed).map_err(|(key, wrong)| ConfigError(format!("{}: {key}: {wrong}, for {}", at(&key), url())))?;
            if let Some(first) = self.seen.insert(xxhash_rust::xxh3::xxh3_128(same(&feed.url).as_bytes()), start) {
                let (first, _) = diagnose::position(self.text, first);
                return Err(ConfigError(format!(
                    "{}: url: {} is listed twice (first in line {first}); delete one of the two",
                    at("url"),
                    url()
                )));
            }
            self.feeds.push(feed);
        }
        Ok(())
    }
}

/// Where a key of the feed that begins at `start` has its value; where it has none, `start` itself.
fn find_key(text: &str, start: usize, key: &str) -> usize {
    let rest = &text[start..];
    let end = rest.find(FEED).unwrap_or(rest.len());
    diagnose::find(&rest[..end], &format!("feed[0].{key}")).map_or(start, |at| start + at)
}

/// What two addresses of one feed have in common.
fn same(url: &str) -> String {
    crate::feed::normal_address(url).unwrap_or_else(|| url.to_owned())
}

/// The one of a list that is at this address, however the two are written.
pub fn find<'a>(listed: &'a [Subscription], url: &str) -> Option<&'a Subscription> {
    let wanted = same(url);
    listed.iter().find(|feed| feed.url == url || same(&feed.url) == wanted)
}

/// What the types cannot say; the error comes with the key that it is about.
fn check(feed: &Subscription) -> Result<(), (String, String)> {
    for (key, selectors) in [("select", &feed.select), ("strip", &feed.strip)] {
        for (n, selector) in selectors.iter().enumerate() {
            crate::article::rules::selector(selector).map_err(|wrong| (format!("{key}[{n}]"), wrong))?;
        }
    }
    let is_local = feed.url.starts_with("file:") || feed.url.starts_with("exec:");
    if is_local && (feed.auth.is_some() || !feed.headers.is_empty()) {
        let key = if feed.auth.is_some() { "auth" } else { "headers" };
        return Err((key.into(), "it is for http and https; delete it".into()));
    }
    if feed.interval.is_some_and(|interval| interval.is_zero()) {
        return Err(("interval".into(), "must be more than zero, as \"30m\"; paused = true keeps a feed unpolled".into()));
    }
    if feed.tags.iter().any(|tag| tag.trim().is_empty()) {
        return Err(("tags".into(), "a tag is empty; write it like [\"ai\"]".into()));
    }
    sources::check_headers(&feed.headers).map_err(|wrong| ("headers".into(), wrong))?;
    feed.auth.as_deref().map_or(Ok(()), sources::check_login).map_err(|wrong| ("auth".into(), wrong))?;
    feed.page.as_deref().map_or(Ok(()), sources::check_page)
}

/// http, https, and (in this list only) file and exec.
pub fn check_url(address: &str) -> Result<url::Url, String> {
    let shown = crate::text::redact_url(address);
    let whole = || format!("url = {shown:?} is not a whole address; write it like \"https://example.org/feed.xml\"");
    let url = url::Url::parse(address).map_err(|_| whole())?;
    match url.scheme() {
        "http" | "https" if url.host().is_some() => Ok(url),
        "file" if url.to_file_path().is_ok() => Ok(url),
        "exec" => {
            sources::command(address).map(|_| url).map_err(|wrong| format!("url = {:?}: {wrong}", crate::text::one_line(address)))
        }
        "http" | "https" | "file" => Err(whole()),
        scheme => Err(format!("url = {shown:?}: {scheme} is not a way to a feed; write http, https, file or exec")),
    }
}

/// The list with edits made, all or none, written back.
pub fn change(file: &Path, edits: &[Edit]) -> Result<(), ConfigError> {
    let read = || match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        // The first subscription of somebody who starts with an empty list of their own.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(ConfigError(format!("{}: {error}", file.display()))),
    };
    // One courant edits after another: the service, and `courant feed add` beside it.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| ConfigError::reading(file, &error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let turn = std::fs::File::open(folder).map_err(failed)?;
    // Some file systems know no locks: there the comparison alone guards.
    let _ = turn.lock();
    let before = read()?;
    let after = edit(&file.display().to_string(), &before, edits)?;
    // What an editor saved meanwhile is not written over.
    if read()? != before {
        return Err(ConfigError(format!("{}: it was changed meanwhile; nothing is changed now, try again", file.display())));
    }
    write(file, &after)
}

/// An address as it is kept; `example.org` means `https://example.org`.
pub fn written(address: &str) -> Result<String, String> {
    let address = crate::feed::web_address(address.trim());
    let has_scheme = address.contains("://") || ["file:", "exec:"].iter().any(|scheme| address.starts_with(scheme));
    let whole = if has_scheme { address } else { format!("https://{address}") };
    let whole = crate::feed::normal_address(&whole).unwrap_or(whole);
    // A line that somebody pasted must not become a program that runs every hour.
    match check_url(&whole)?.scheme() {
        "exec" => Err("write exec: sources into feeds.toml yourself".into()),
        _ => Ok(whole),
    }
}

/// Reads the list; `Ok(None)` where the file does not exist.
pub fn read(file: &Path) -> Result<Option<Vec<Subscription>>, ConfigError> {
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&file.display().to_string(), &text).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::reading(file, &error)),
    }
}

/// A change that a person commanded.
#[derive(Clone, Debug)]
pub enum Edit<'a> {
    /// At the end of the list.
    Add(&'a Subscription),
    Remove(&'a str),
    Pause(&'a str, bool),
    /// A key of the feed at this address, and its value as TOML writes it; `None`: as by default.
    Set(&'a str, &'a str, Option<&'a str>),
    /// The title of the feed at this address.
    Title(&'a str, &'a str),
    /// Its tags; without any the key goes.
    Tags(&'a str, &'a [String]),
}

/// The text with the changes made, one after the other, all else as it was. `Err` names what is not there, or already is.
pub fn edit(file: &str, text: &str, edits: &[Edit]) -> Result<String, ConfigError> {
    let wrong = |message: String| ConfigError(format!("{file}: {message}"));
    parse(file, text)?;
    let mut document: toml_edit::DocumentMut = text.parse().map_err(|error| wrong(format!("{error}")))?;
    let (is_bare, trailing) = (document.is_empty(), document.trailing().as_str().unwrap_or_default().to_owned());
    let list = document.entry("feed").or_insert_with(|| toml_edit::Item::ArrayOfTables(toml_edit::ArrayOfTables::new()));
    let list =
        list.as_array_of_tables_mut().ok_or_else(|| wrong("write each feed as [[feed]] to let courant edit the list".into()))?;
    let mut places = Places::of(list);
    for edit in edits {
        make(list, &mut places, edit).map_err(wrong)?;
    }
    if is_bare && let Some(first) = list.get_mut(0) {
        // What a person wrote in a list without feeds is the end of the document: it stays above what is added.
        let above = trailing.trim_end();
        first.decor_mut().set_prefix(if above.is_empty() { String::new() } else { format!("{above}\n\n") });
        document.set_trailing("");
    }
    let edited = document.to_string();
    // Whatever was set, what is written can be read.
    parse(file, &edited)?;
    Ok(edited)
}

/// Where each feed of a list stands, by its address however that is written.
struct Places(HashMap<String, usize>);

impl Places {
    fn of(list: &toml_edit::ArrayOfTables) -> Places {
        Places(list.iter().enumerate().map(|(at, feed)| (same(address(feed)), at)).collect())
    }

    fn find(&self, url: &str) -> Option<usize> {
        self.0.get(&same(url)).copied()
    }

    fn at(&self, url: &str) -> Result<usize, String> {
        self.find(url).ok_or_else(|| format!("{} is not in the list", crate::text::redact_url(url)))
    }
}

fn address(feed: &toml_edit::Table) -> &str {
    feed.get("url").and_then(|item| item.as_str()).unwrap_or_default()
}

/// Makes one change, and keeps the places.
fn make(list: &mut toml_edit::ArrayOfTables, places: &mut Places, edit: &Edit) -> Result<(), String> {
    let mut set = |url: &str, key: &str, value: Option<toml_edit::Value>| {
        match (list.get_mut(places.at(url)?), value) {
            (Some(feed), Some(value)) => drop(feed.insert(key, toml_edit::value(value))),
            (Some(feed), None) => drop(feed.remove(key)),
            (None, _) => {}
        }
        Ok::<(), String>(())
    };
    match edit {
        Edit::Add(feed) => {
            if let Some(listed) = places.find(&feed.url).and_then(|at| list.get(at)).map(address) {
                let (new, listed) = (crate::text::redact_url(&feed.url), crate::text::redact_url(listed));
                let spelling = if new == listed { String::new() } else { format!(", as {listed}") };
                return Err(format!("{new} is already there{spelling}"));
            }
            places.0.insert(same(&feed.url), list.len());
            list.push(to_table(feed));
            Ok(())
        }
        Edit::Remove(url) => {
            list.remove(places.at(url)?);
            // All behind it moved up.
            *places = Places::of(list);
            Ok(())
        }
        Edit::Title(url, title) => set(url, "title", Some((*title).into())),
        Edit::Tags(url, tags) => {
            let tags = Some(tags).filter(|tags| !tags.is_empty());
            set(url, "tags", tags.map(|tags| tags.iter().collect::<toml_edit::Array>().into()))
        }
        Edit::Pause(url, paused) => set(url, "paused", paused.then(|| true.into())),
        // What is not TOML is a text: `title=The Daily Crab`.
        Edit::Set(url, key, value) => {
            set(url, key, value.map(|value| value.parse::<toml_edit::Value>().unwrap_or_else(|_| value.into())))?;
            // It may be the address that was set.
            if *key == "url" {
                *places = Places::of(list);
            }
            Ok(())
        }
    }
}

fn to_table(feed: &Subscription) -> toml_edit::Table {
    let mut table = toml_edit::Table::new();
    table.insert("url", toml_edit::value(&feed.url));
    if let Some(title) = &feed.title {
        table.insert("title", toml_edit::value(title));
    }
    if !feed.tags.is_empty() {
        table.insert("tags", toml_edit::value(feed.tags.iter().collect::<toml_edit::Array>()));
    }
    if feed.private {
        table.insert("private", toml_edit::value(true));
    }
    if feed.paused {
        table.insert("paused", toml_edit::value(true));
    }
    table.decor_mut().set_prefix("\n");
    table
}

/// Replaces a file by way of a temporary one beside it, so that a crash leaves the old or the new one whole.
pub fn write(file: &Path, text: &str) -> Result<(), ConfigError> {
    use std::io::Write;
    let failed = |error: std::io::Error| ConfigError::reading(file, &error);
    // A list that is a link into somebody's version control stays a link.
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    // A bare name lies in the folder that is worked in.
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = folder.join(name);
    let written = (|| {
        let mut new = std::fs::File::create(&temporary)?;
        if let Ok(old) = std::fs::metadata(&target) {
            new.set_permissions(old.permissions())?;
        }
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        std::fs::rename(&temporary, &target)?;
        std::fs::File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // Nothing else can be done about a temporary file that cannot be removed.
        let _ = std::fs::remove_file(&temporary);
    }
    written.map_err(failed)
}
