//! Changes of the list of subscriptions that a person commands from an app: `feeds.toml` is edited as `courant feed` does, and
//! taken over again. One after the other: two apps never write over each other.

use super::discover::{Discovered, discover};
use super::engine::Engine;
use super::reload::reload;
use crate::config::subscriptions::{self, Edit, Subscription};
use crate::config::{ConfigError, sync};
use crate::feed;
use crate::publish;
use crate::records::{ListEdit, ListReply};
use crate::text;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// A change that is asked for, and where its answer goes.
pub type ListCall = (ListEdit, oneshot::Sender<ListReply>);

/// How long a new feed's first poll is waited for: longer an app does not wait for its answer.
const FIRST_POLL: Duration = Duration::from_secs(10);
/// While it is, it is looked again so often.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Answers what is asked, until nothing can come.
pub async fn answer_all(engine: &Arc<Engine>, mut coming: mpsc::Receiver<ListCall>) {
    while let Some((edit, answer)) = coming.recv().await {
        let reply = carry_out(engine, edit).await.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "the list of subscriptions could not be changed");
            ListReply::Refused("the list could not be changed; see the log".into())
        });
        // Who asked may have gone.
        let _ = answer.send(reply);
    }
}

async fn carry_out(engine: &Arc<Engine>, edit: ListEdit) -> anyhow::Result<ListReply> {
    if let ListEdit::Discover { url } = &edit {
        return found(engine, url).await;
    }
    if engine.config.get().sync.subscriptions == sync::Subscriptions::ReadOnly {
        return Ok(ListReply::ReadOnly("subscriptions are changed in feeds.toml (sync.subscriptions is \"read-only\")".into()));
    }
    let file = engine.config.get().feeds_file();
    if !tokio::task::spawn_blocking(move || is_writable(&file)).await? {
        return Ok(ListReply::ReadOnly("feeds.toml cannot be written here: change subscriptions there by hand".into()));
    }
    match edit {
        ListEdit::Add { url, title, tags } => add(engine, &url, title, tags).await,
        other => write(engine, other).await,
    }
}

/// Whether the list can be replaced by a new one.
fn is_writable(file: &Path) -> bool {
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = target.parent().unwrap_or(Path::new("."));
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

/// Edits the file and takes it over.
async fn write(engine: &Arc<Engine>, edit: ListEdit) -> anyhow::Result<ListReply> {
    let file = engine.config.get().feeds_file();
    if let Err(ConfigError(why)) = tokio::task::spawn_blocking(move || edit_file(&file, &edit)).await? {
        tracing::warn!(why, "an app asked for a change of the list that cannot be made");
        // Where the file lies is nobody's business.
        let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why);
        return Ok(ListReply::Refused(why.to_owned()));
    }
    // What is wrong is another file, or another's line: the watch over the files takes it over when that is right again.
    if let Err(error) = reload(engine).await {
        tracing::warn!(error = format!("{error:#}"), "an app's change is in feeds.toml, but the files could not be taken over");
        let why =
            "feeds.toml is changed, but not taken over yet: that is done when the configuration is right again; see the log";
        return Ok(ListReply::Refused(why.into()));
    }
    Ok(ListReply::Done)
}

fn edit_file(file: &Path, edit: &ListEdit) -> Result<(), ConfigError> {
    let listed = subscriptions::read(file)?.unwrap_or_default();
    match edit {
        ListEdit::Change { url, title, tags } => {
            let title = title.as_deref().map(|title| Edit::Title(url, title));
            let tags = tags.as_deref().map(|tags| Edit::Tags(url, tags));
            subscriptions::change(file, &title.into_iter().chain(tags).collect::<Vec<_>>())
        }
        ListEdit::Remove { url } => subscriptions::change(file, &[Edit::Remove(url)]),
        ListEdit::Retag { from, to } => {
            let has = |feed: &&Subscription| feed.tags.contains(from);
            let changed: Vec<(&str, Vec<String>)> =
                listed.iter().filter(has).map(|feed| (feed.url.as_str(), retagged(&feed.tags, from, to.as_ref()))).collect();
            let edits: Vec<Edit> = changed.iter().map(|(url, tags)| Edit::Tags(url, tags)).collect();
            subscriptions::change(file, &edits)
        }
        ListEdit::Import { opml } => {
            let (found, skipped) = publish::read_opml(opml);
            if found.is_empty() {
                return Err(ConfigError(format!("import: {}", skipped.first().map_or("no subscriptions in it", String::as_str))));
            }
            let normal = |url: &str| feed::normal_address(url).unwrap_or_else(|| url.to_owned());
            let mut known: HashSet<String> = listed.iter().map(|feed| normal(&feed.url)).collect();
            let mut new: Vec<Subscription> = Vec::new();
            for feed in found {
                let Ok(url) = web_address(&feed.url) else { continue };
                if known.insert(normal(&url)) {
                    new.push(Subscription { title: feed.title, tags: feed.tags, ..Subscription::new(url) });
                }
            }
            subscriptions::change(file, &new.iter().map(Edit::Add).collect::<Vec<_>>())
        }
        // They are made by whoever found the address.
        ListEdit::Add { url, title, tags } => {
            let feed = Subscription { title: title.clone(), tags: tags.clone(), ..Subscription::new(url) };
            subscriptions::change(file, &[Edit::Add(&feed)])
        }
        ListEdit::Discover { .. } => Ok(()),
    }
}

fn retagged(tags: &[String], from: &str, to: Option<&String>) -> Vec<String> {
    let mut new: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = if tag == from { to } else { Some(tag) };
        new.extend(tag.filter(|tag| !new.contains(tag)).cloned());
    }
    new
}

/// As it is kept; of the web alone, for what comes from an app must not read files.
fn web_address(address: &str) -> Result<String, String> {
    let url = subscriptions::written(address)?;
    if url.starts_with("http") { Ok(url) } else { Err("only http and https addresses can be subscribed to from an app".into()) }
}

async fn add(engine: &Arc<Engine>, address: &str, title: Option<String>, tags: Vec<String>) -> anyhow::Result<ListReply> {
    let url = match web_address(address) {
        Ok(url) => url,
        Err(why) => return Ok(ListReply::Refused(why)),
    };
    let url = match discover(&engine.client, Some(&engine.duties), &url).await {
        Discovered::Feed(_) => url,
        Discovered::Page(found) => match found.into_iter().next() {
            // The best of several: an app has no way to ask which.
            Some(found) => found.url,
            None => return Ok(ListReply::Refused("no feed there, and none named by the page".into())),
        },
        Discovered::Nothing(problem) => return Ok(ListReply::Refused(text::one_line(&problem.to_string()))),
    };
    match write(engine, ListEdit::Add { url: url.clone(), title, tags }).await? {
        ListReply::Done => {}
        other => return Ok(other),
    }
    wait_for_first_poll(engine, &url).await?;
    Ok(ListReply::Added { url })
}

/// Until it was polled once: then an app finds its name and its stories.
async fn wait_for_first_poll(engine: &Arc<Engine>, url: &str) -> anyhow::Result<()> {
    let started = Instant::now();
    while started.elapsed() < FIRST_POLL {
        let feeds = engine.readers.ask(|reader| reader.listed_feeds()).await?;
        let is_polled = |feed: &&crate::records::ListedFeed| feed.url == url && (feed.last_ok.is_some() || feed.error.is_some());
        if feeds.iter().find(is_polled).is_some() {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

async fn found(engine: &Arc<Engine>, address: &str) -> anyhow::Result<ListReply> {
    let url = match web_address(address) {
        Ok(url) => url,
        Err(why) => return Ok(ListReply::Refused(why)),
    };
    let title = |feed: &crate::feed::ParsedFeed| text::one_line(feed.title.as_deref().unwrap_or_default());
    Ok(match discover(&engine.client, Some(&engine.duties), &url).await {
        Discovered::Feed(feed) => ListReply::Found(vec![(url, title(&feed))]),
        Discovered::Page(found) => ListReply::Found(
            found
                .into_iter()
                .map(|found| {
                    let title = title(&found.feed);
                    (found.url, title)
                })
                .collect(),
        ),
        Discovered::Nothing(_) => ListReply::Found(Vec::new()),
    })
}
