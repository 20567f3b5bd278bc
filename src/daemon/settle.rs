//! Settling: entries that wait no more are prepared off the writer's thread and assigned on it, in batches.

use super::engine::{Engine, Stats, clock};
use crate::store::{Settled, ToSettle};
use crate::story::{self, Index, Item};
use crate::{article, model::Dedupe, store, text};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Entries in one commit: more make the text index cheaper and hold the writer longer, for which 100 ms are the limit.
const BATCH: usize = 192;

/// A story is open for this long at most, so the index never needs older entries.
const MAX_WINDOW: Duration = Duration::from_secs(14 * 86_400);

/// Settles everything that can be settled now; returns how many entries that was.
pub async fn settle_ready(engine: &Arc<Engine>) -> anyhow::Result<usize> {
    let now = clock();
    engine.writer.write(move |store| store.end_waits(now)).await?;
    let mut n_settled = 0;
    loop {
        let batch = engine.read(|reader| reader.to_settle(BATCH)).await?;
        if batch.is_empty() {
            return Ok(n_settled);
        }
        if !engine.writer.write(|store| Ok(store.has_index())).await? {
            rebuild_index(engine).await?;
        }
        let default = engine.config.story.dedupe;
        let prepared = engine.on_cpu(move || batch.iter().map(|entry| prepare(entry, default)).collect::<Vec<_>>()).await?;
        let n = engine.writer.write(move |store| store.settle(prepared, clock())).await?;
        Stats::add(&engine.stats.settled, n);
        n_settled += n;
        if n == 0 {
            // All of them were edited in this instant, or the index was lost: the next call finds them again.
            return Ok(n_settled);
        }
    }
}

pub(super) fn prepare(entry: &ToSettle, default: Dedupe) -> Settled {
    let dedupe = entry.dedupe.unwrap_or(default);
    let body = article::plain_text(&entry.html);
    let (terms, language) = searchable(&entry.title, &body, entry.language.as_deref());
    Settled {
        entry: entry.entry,
        version: entry.version,
        provisional: entry.provisional,
        dedupe,
        // With Off nothing is looked up; the link's key is stored with the entry in any case.
        keys: match dedupe {
            Dedupe::Off => Vec::new(),
            _ => story::address_keys(
                entry.link.as_deref(),
                entry.final_url.as_deref(),
                entry.canonical_url.as_deref(),
                entry.og_url.as_deref(),
            ),
        },
        prepared: (dedupe >= Dedupe::Text).then(|| story::prepare(&item(entry, &body, language.as_deref()))),
        terms,
        language,
    }
}

/// The terms of a text for the text index, and its language: what it says of itself, else what its script tells.
pub(super) fn searchable(title: &str, body: &str, language: Option<&str>) -> (String, Option<String>) {
    let language = language.map(str::to_owned).or_else(|| guess_language(title, body));
    (store::search::terms(title, body), language)
}

fn item<'a>(entry: &'a ToSettle, text: &'a str, language: Option<&'a str>) -> Item<'a> {
    Item { entry: entry.entry, feed: entry.feed, title: &entry.title, text, language, at: entry.at }
}

/// By script alone, which is right for the languages that matter most here and silent on the rest.
fn guess_language(title: &str, body: &str) -> Option<String> {
    let sample = title.chars().chain(text::clip(body, 4000).chars());
    let (mut n_letters, mut n_han, mut n_kana, mut n_hangul) = (0, 0, 0, 0);
    for c in sample.filter(|c| c.is_alphabetic()) {
        n_letters += 1;
        match c {
            '\u{3040}'..='\u{30ff}' => n_kana += 1,
            '\u{ac00}'..='\u{d7af}' => n_hangul += 1,
            c if text::is_cjk(c) => n_han += 1,
            _ => {}
        }
    }
    if n_letters == 0 {
        None
    } else if n_kana * 10 > n_letters {
        Some("ja".into())
    } else if n_hangul * 4 > n_letters {
        Some("ko".into())
    } else if n_han * 4 > n_letters {
        Some("zh".into())
    } else {
        None
    }
}

/// Builds the index of the window from the database and hands it to the writer. The writer settles nothing meanwhile,
/// so that nothing can be missing from it.
pub async fn rebuild_index(engine: &Arc<Engine>) -> anyhow::Result<()> {
    if engine.rebuilding.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    let window = engine.config.story.window;
    let since = clock().minus(window.max(MAX_WINDOW));
    let default = engine.config.story.dedupe;
    let built = engine
        .read(move |reader| {
            let mut index = Index::new(window);
            let mut n_entries = 0;
            reader.settled(since, |entry, story, _| {
                if entry.dedupe.unwrap_or(default) >= Dedupe::Text {
                    let body = article::plain_text(&entry.html);
                    index.insert(story::prepare(&item(&entry, &body, entry.language.as_deref())), story);
                    n_entries += 1;
                }
            })?;
            Ok((index, n_entries))
        })
        .await;
    let done = match built {
        Ok((index, n_entries)) => {
            tracing::debug!(n_entries, "the story index is built");
            let handed_over = move |store: &mut store::Store| {
                store.set_index(index);
                Ok(())
            };
            engine.writer.write(handed_over).await.map_err(anyhow::Error::from)
        }
        Err(error) => Err(error),
    };
    engine.rebuilding.store(false, Ordering::SeqCst);
    done
}
