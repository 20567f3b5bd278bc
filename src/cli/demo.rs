//! `courant demo`: the whole program on a small built-in world on loopback, with no network and no configuration.

use super::failure::{Failure, Outcome};
use super::table::{cut, fit};
use super::terminal::Terminal;
use super::typeset;
use super::{logging, service, setup};
use crate::config::subscriptions::Subscription;
use crate::config::{Config, Level, Log};
use crate::daemon::{self, Engine, Owner};
use crate::demo::world;
use crate::fetch::address::Allowed;
use crate::store::{Reader, Selection, StoryDetail};
use crate::{article, text};
use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Show what was done and end, instead of serving the merged feed until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Where the merged feed is served
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub fn run(options: &Options) -> Outcome {
    logging::start(&Log { level: Level::Warn, ..Log::default() });
    let folder = Folder::new()?;
    let runtime = setup::runtime()?;
    let outcome = runtime.block_on(show(options, &folder.0));
    let writer = outcome?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    if writer.join().is_err() {
        return Err(Failure::Error(anyhow::anyhow!("the writer's thread died")));
    }
    Ok(())
}

async fn show(options: &Options, state_dir: &Path) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let started = Instant::now();
    let bases = serve_world().await?;
    let _owner = Owner::take(state_dir)??;
    let config = config(options, state_dir, &bases).await?;
    let database = config.database();
    let subscriptions: Vec<Subscription> =
        bases.iter().enumerate().map(|(publisher, base)| subscription(publisher, base)).collect();
    let (engine, writer) = Engine::start(config, subscriptions, None)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}\n", set(&format!("A world of {} publishers on loopback; one pass over it:", bases.len())))?;
    let report = daemon::once(&engine, true).await?;
    let reader = Reader::open(&database)?;
    writeln!(out, "Polled")?;
    for feed in reader.feeds()? {
        let name = fit(&text::one_line(&feed.name()), NAMES);
        writeln!(out, "{}", fitted(&format!("  {name} {} entries  {}", feed.n_entries, feed.url)))?;
        if let Some(error) = feed.error {
            writeln!(out, "    failed: {}", text::one_line(&error))?;
        }
    }
    let ids = reader.select(&Selection { limit: 1000, ..Selection::default() })?;
    let mut stories = Vec::new();
    for id in ids {
        stories.extend(reader.story(id)?);
    }
    print_stripped(&mut out, &stories, &bases)?;
    print_merged(&mut out, &stories)?;
    let took = started.elapsed().as_secs_f32();
    let n_articles = reader.counts()?.articles;
    let sum = format!(
        "{} entries became {} stories, {n_articles} with their articles, in {took:.1} s.",
        report.entries, report.stories
    );
    writeln!(out, "\n{}", set(&sum))?;
    if options.once {
        return Ok(writer);
    }
    let base_url = engine.config.get().base_url();
    writeln!(
        out,
        "\nThe merged feed: {base_url}/feeds/all.atom (also .rss and .json); the page: {base_url}/\nCtrl-C ends the demo."
    )?;
    let listener = service::handle(&service::listener(&engine.config.get().serve.listen)?)?;
    service::run(engine, listener, setup::stop_signal()?, |_| {}).await?;
    Ok(writer)
}

async fn config(options: &Options, state_dir: &Path, bases: &[String]) -> anyhow::Result<Config> {
    let mut config = Config { state_dir: state_dir.to_owned(), ..Config::default() };
    // The port may be taken by the real service: the demo then takes a free one.
    let free = |address: SocketAddr| tokio::net::TcpListener::bind(address);
    let listen = match free(options.listen).await {
        Ok(listener) => listener.local_addr()?,
        Err(_) => free(SocketAddr::new(options.listen.ip(), 0)).await?.local_addr()?,
    };
    config.serve.listen = listen.to_string();
    config.backup.folder = state_dir.join("backups");
    config.poll.host_spacing = Duration::ZERO;
    config.poll.per_host = 4;
    for base in bases {
        let port = url::Url::parse(base)?.port();
        config.fetch.allow_private.push(Allowed { network: std::net::IpAddr::from([127, 0, 0, 1]).into(), port });
    }
    Ok(config)
}

fn subscription(publisher: usize, base: &str) -> Subscription {
    Subscription { tags: vec!["demo".into()], ..Subscription::new(format!("{base}{}", world::feed_path(publisher))) }
}

/// Serves each publisher on a port of its own; returns their addresses.
async fn serve_world() -> anyhow::Result<Vec<String>> {
    let mut listeners = Vec::new();
    for _ in 0..world::PUBLISHERS {
        listeners.push(tokio::net::TcpListener::bind("127.0.0.1:0").await?);
    }
    let bases =
        listeners.iter().map(|listener| Ok(format!("http://{}", listener.local_addr()?))).collect::<std::io::Result<Vec<_>>>()?;
    for (publisher, listener) in listeners.into_iter().enumerate() {
        let bases = bases.clone();
        let app = Router::new().fallback(move |uri: Uri| {
            let answer = answer(publisher, &uri, &bases);
            async move { answer }
        });
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, publisher, "a publisher of the demo's world died");
            }
        });
    }
    Ok(bases)
}

fn answer(publisher: usize, uri: &Uri, bases: &[String]) -> Response {
    match world::answer(publisher, uri.path(), bases) {
        Some((content_type, body)) => ([(header::CONTENT_TYPE, content_type)], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What was taken out of the pages: counted over all of them, with the first words of one of each kind.
fn print_stripped(out: &mut impl Write, stories: &[StoryDetail], bases: &[String]) -> std::io::Result<()> {
    let mut stripped: BTreeMap<&'static str, (usize, String)> = BTreeMap::new();
    for link in stories.iter().flat_map(|story| &story.members).filter_map(|member| member.link.as_deref()) {
        let Some(publisher) = bases.iter().position(|base| link.starts_with(base.as_str())) else { continue };
        let path = link[bases[publisher].len()..].split('?').next().unwrap_or_default();
        let Some((content_type, body)) = world::answer(publisher, path, bases) else { continue };
        let page = article::Page { bytes: &body, content_type: Some(content_type), url: link, title: None, summary: None };
        for removed in article::extract(&page).map(|found| found.removed).unwrap_or_default() {
            let entry = stripped.entry(removed.what).or_insert_with(|| (0, removed.excerpt.clone()));
            entry.0 += 1;
        }
    }
    writeln!(out, "\nStripped from the pages")?;
    for (what, (n, excerpt)) in stripped {
        let line = format!("  {n:>3} × {what:<20} {}", text::one_line(&text::excerpt(&excerpt, 60)));
        writeln!(out, "{}", fitted(&line))?;
    }
    Ok(())
}

fn print_merged(out: &mut impl Write, stories: &[StoryDetail]) -> std::io::Result<()> {
    writeln!(out, "\nMerged, and why")?;
    for story in stories.iter().filter(|story| story.members.len() > 1) {
        writeln!(out, "{}", fitted(&format!("  {}", text::one_line(&story.published.title))))?;
        for member in &story.members {
            let why = if member.evidence.why.is_empty() { "the first of its story" } else { &member.evidence.why };
            let name = fit(&text::one_line(&member.feed_name), NAMES);
            writeln!(out, "{}", fitted(&format!("    {name} {}: {}", member.rung, text::one_line(why))))?;
        }
    }
    Ok(())
}

/// Columns of the publishers' names.
const NAMES: usize = 20;

/// A sentence on as many lines as the terminal needs for it.
fn set(sentence: &str) -> String {
    let lines = typeset::wrap(sentence, Terminal::of_stdout().width.unwrap_or(usize::MAX));
    lines.into_iter().map(|line| &sentence[line]).collect::<Vec<_>>().join("\n")
}

/// A line as the terminal has room for it.
fn fitted(line: &str) -> String {
    Terminal::of_stdout().width.map_or_else(|| line.to_owned(), |width| cut(line, width))
}

/// A state folder that goes with the demo.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Folder> {
        let folder = std::env::temp_dir().join(format!("courant-demo-{}-{}", std::process::id(), uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder)?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the demo's folder stays behind");
        }
    }
}
