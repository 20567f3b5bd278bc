//! Where a feed comes from: over HTTP with what feeds.toml adds to the request, from a file, or from a command.
//!
//! Files and commands are named by feeds.toml alone: no redirect, page, OPML file or hub leads here, because the client
//! fetches http and https only.

use super::parts::clock;
use super::process::{self, Bounds};
use crate::config::subscriptions::Subscription;
use crate::config::{Config, secrets, sources};
use crate::fetch::{Client, FetchError, Head, Kind, Outcome, OwnHeaders, Request, Validators};
use tokio::sync::Semaphore;

/// Commands that run at one time: they are somebody's scripts, and this machine has other work.
const MAX_COMMANDS: usize = 4;
/// The turns of commands.
pub struct Commands(Semaphore);

impl Default for Commands {
    fn default() -> Commands {
        Commands(Semaphore::new(MAX_COMMANDS))
    }
}

/// Gets a feed's document from `url`, which is the subscription's address or where it has moved to.
pub async fn get(
    client: &Client,
    commands: &Commands,
    config: &Config,
    feed: &Subscription,
    url: &str,
    validators: Option<&Validators>,
) -> Outcome {
    let got = match url.split(':').next() {
        Some("file") => Box::pin(file(url, config.fetch.max_feed_bytes)).await,
        Some("exec") => Box::pin(command(commands, config, url)).await,
        _ => match Box::pin(own_headers(config, feed)).await {
            Ok(own) => {
                // A page of a site is asked for as pages are: robots.txt may forbid it.
                let kind = if feed.page.is_some() { Kind::Page } else { Kind::Feed };
                return client.get(Request { url, kind, validators, own: own.as_ref() }, clock()).await;
            }
            Err(wrong) => Err(FetchError::Local(wrong)),
        },
    };
    match got {
        Ok(bytes) => Outcome::Fetched(Head { status: 200, final_url: url.to_owned(), ..Head::default() }, bytes.into()),
        Err(error) => Outcome::Failed(error),
    }
}

/// What the subscription adds to its requests; a secret is read anew each time, so that a new one holds at once.
async fn own_headers(config: &Config, feed: &Subscription) -> Result<Option<OwnHeaders>, String> {
    if feed.headers.is_empty() && feed.auth.is_none() {
        return Ok(None);
    }
    // To the origin that the person wrote: a feed that moved elsewhere is asked there without them.
    let mut own = OwnHeaders::new(&feed.url);
    for (name, value) in &feed.headers {
        own.set(name, value)?;
    }
    if let Some(login) = &feed.auth {
        let (name, places) = (login.secret.clone(), config.secrets.clone());
        let secret = tokio::task::spawn_blocking(move || secrets::read(&name, &places)).await;
        let secret = secret.map_err(|_| "the secret could not be read".to_owned())??;
        own.set_login(login.user.as_deref(), login.header.as_deref(), &secret)?;
    }
    Ok(Some(own))
}

fn too_large(limit: usize) -> FetchError {
    FetchError::TooLarge { limit, key: "fetch.max_feed_bytes" }
}

async fn file(url: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
    let path = url::Url::parse(url).ok().and_then(|url| url.to_file_path().ok());
    let path = path.ok_or_else(|| FetchError::Local("not a file's address".into()))?;
    let read = tokio::task::spawn_blocking(move || {
        use std::io::Read;
        let failed = |error: std::io::Error| FetchError::Local(error.to_string());
        // A pipe that nobody writes to would hold the thread for ever.
        if !std::fs::metadata(&path).map_err(failed)?.is_file() {
            return Err(FetchError::Local("not a file".into()));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&path).and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes)).map_err(failed)?;
        if bytes.len() > limit { Err(too_large(limit)) } else { Ok(bytes) }
    });
    read.await.unwrap_or_else(|_| Err(FetchError::Local("the file could not be read".into())))
}

/// What a command writes on its output, whole, with a good exit status, in time.
async fn command(commands: &Commands, config: &Config, url: &str) -> Result<Vec<u8>, FetchError> {
    let words = sources::command(url).map_err(FetchError::Local)?;
    // The semaphore is never closed.
    let _turn = commands.0.acquire().await;
    let bounds = Bounds { patience: config.fetch.timeout, limit: config.fetch.max_feed_bytes, too_large };
    process::run(&words, None, bounds).await
}
