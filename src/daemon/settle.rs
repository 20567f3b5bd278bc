//! Settling: entries that wait no more are prepared off the writer's thread and assigned on it, in batches.

use super::engine::{Engine, Stats, clock};
use crate::model::{Dedupe, EntryId, FeedId, Timestamp};
use crate::store::{Ready, Settled, ToSettle};
use crate::story::{self, Index, Item, Prepared};
use crate::{article, store, text};
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
        let prepared = engine.on_cpu(move || batch.iter().map(|entry| settled(entry, default)).collect::<Vec<_>>()).await?;
        let n = engine.writer.write(move |store| store.settle(prepared, clock())).await?;
        Stats::add(&engine.stats.settled, n);
        n_settled += n;
        if n == 0 {
            // All of them were edited in this instant, or the index was lost: the next call finds them again.
            return Ok(n_settled);
        }
    }
}

fn settled(entry: &ToSettle, default: Dedupe) -> Settled {
    let ready = Compared::from(entry).ready(entry.dedupe.unwrap_or(default));
    Settled { entry: entry.entry, version: entry.version, provisional: entry.provisional, ready }
}

/// An entry as far as it is compared with others.
pub(super) struct Compared<'a> {
    pub entry: EntryId,
    pub feed: FeedId,
    pub title: &'a str,
    pub html: &'a str,
    pub language: Option<&'a str>,
    /// The earlier of claimed and first seen.
    pub at: Timestamp,
    pub link: Option<&'a str>,
    pub final_url: Option<&'a str>,
    pub canonical_url: Option<&'a str>,
    pub og_url: Option<&'a str>,
}

impl<'a> From<&'a ToSettle> for Compared<'a> {
    fn from(entry: &'a ToSettle) -> Compared<'a> {
        Compared {
            entry: entry.entry,
            feed: entry.feed,
            title: &entry.title,
            html: &entry.html,
            language: entry.language.as_deref(),
            at: entry.at,
            link: entry.link.as_deref(),
            final_url: entry.final_url.as_deref(),
            canonical_url: entry.canonical_url.as_deref(),
            og_url: entry.og_url.as_deref(),
        }
    }
}

impl Compared<'_> {
    /// Everything that can be computed before its turn.
    pub fn ready(&self, dedupe: Dedupe) -> Ready {
        let body = article::plain_text(self.html);
        // What it says of itself, else what its script tells.
        let language = self.language.map(str::to_owned).or_else(|| guess_language(self.title, &body));
        Ready {
            dedupe,
            // With Off nothing is looked up; the link's key is stored with the entry in any case.
            keys: match dedupe {
                Dedupe::Off => Vec::new(),
                _ => story::address_keys(self.link, self.final_url, self.canonical_url, self.og_url),
            },
            prepared: (dedupe >= Dedupe::Text).then(|| self.prepared(&body)),
            terms: store::search::terms(self.title, &body),
            language,
        }
    }

    fn prepared(&self, body: &str) -> Prepared {
        story::prepare(&Item {
            entry: self.entry,
            feed: self.feed,
            title: self.title,
            link: self.final_url.or(self.link),
            text: body,
            at: self.at,
        })
    }
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
            if !reader.compares_texts(default)? {
                return Ok((index, n_entries));
            }
            reader.settled(since, |entry, story, _| {
                if entry.dedupe.unwrap_or(default) >= Dedupe::Text {
                    let entry = Compared::from(&entry);
                    index.insert(entry.prepared(&article::plain_text(entry.html)), story);
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
            engine.indexed.store(true, Ordering::Relaxed);
            engine.writer.write(handed_over).await.map_err(anyhow::Error::from)
        }
        Err(error) => Err(error),
    };
    engine.rebuilding.store(false, Ordering::SeqCst);
    done
}
