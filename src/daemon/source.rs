//! Where a feed comes from: over HTTP with what feeds.toml adds to the request, from a file, or from a command.
//!
//! Files and commands are named by feeds.toml alone: no redirect, page, OPML file or hub leads here, because the client
//! fetches http and https only.

use super::parts::clock;
use crate::config::subscriptions::Subscription;
use crate::config::{Config, secrets, sources};
use crate::fetch::{Client, FetchError, Head, Kind, Outcome, OwnHeaders, Request, Validators};
use std::process::Stdio;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Semaphore;

/// Commands that run at one time: they are somebody's scripts, and this machine has other work.
const MAX_COMMANDS: usize = 4;
/// Of what a command says on its error output this much is read, and the first line is shown.
const MAX_STDERR_BYTES: usize = 4 * 1024;
const MAX_STDERR_LINE: usize = 200;

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
        match (&login.user, &login.header) {
            (Some(user), _) => own.set_basic(user, &secret)?,
            (None, Some(header)) => own.set(header, &secret)?,
            (None, None) => own.set_bearer(&secret)?,
        }
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
    let (limit, patience) = (config.fetch.max_feed_bytes, config.fetch.timeout);
    // The semaphore is never closed.
    let _turn = commands.0.acquire().await;
    let mut command = tokio::process::Command::new(&words[0]);
    command.args(&words[1..]).current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Nothing of our own environment: it may hold secrets.
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    command.process_group(0).kill_on_drop(true);
    let cannot = |error: std::io::Error| FetchError::Local(format!("the command cannot be started: {error}"));
    let mut child = command.spawn().map_err(cannot)?;
    let mut group = Group::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let run = async {
        // Too much output ends both: a command whose output is not read waits for ever.
        let whole =
            async { Some(read(stdout, limit, Rest::Stop).await).filter(|o| o.len() <= limit).ok_or_else(|| too_large(limit)) };
        let said = async { Ok(read(stderr, MAX_STDERR_BYTES, Rest::Drop).await) };
        let (output, said) = tokio::try_join!(whole, said)?;
        let status = child.wait().await.map_err(cannot)?;
        if status.success() {
            Ok(output)
        } else {
            Err(FetchError::Local(format!("the command failed ({status}){}", first_line(&said))))
        }
    };
    let ended = tokio::time::timeout(patience, run).await;
    let result = ended.unwrap_or(Err(FetchError::Timeout(patience)));
    if child.id().is_none() {
        group.let_go();
    }
    result
}

/// A command with all that it started: killed when this is dropped, so also where the poll itself is given up. The
/// number is the command's and nobody else's until it was waited for; then it is let go.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &tokio::process::Child) -> Group {
        Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw))
    }

    fn let_go(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Fails only where it has ended by itself.
            _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// What becomes of output beyond the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// One byte more than the limit is read, and no more.
    Stop,
    /// Read and dropped, so that the command is not held up.
    Drop,
}

async fn read(from: Option<impl AsyncRead + Unpin>, limit: usize, rest: Rest) -> Vec<u8> {
    let Some(mut from) = from else { return Vec::new() };
    let mut bytes = Vec::new();
    // An output that cannot be read has ended; the exit status says whether that was right.
    _ = (&mut from).take(limit as u64 + 1).read_to_end(&mut bytes).await;
    if rest == Rest::Drop {
        _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    }
    bytes
}

fn first_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(crate::text::one_line).find(|line| !line.is_empty());
    line.map(|line| format!(": {}", crate::text::clip(&line, MAX_STDERR_LINE))).unwrap_or_default()
}
