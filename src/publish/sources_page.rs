//! The page at `/sources`: how each feed is, in words, those first that need a person.

use super::frame::{self, Frame, anchor, counted, minute, time};
use super::words::{self, Words};
use super::xml::{self, Escaped};
use super::{FeedState, Lately, Site, link};
use maud::{Markup, html};

pub(super) fn page(site: &Site, feeds: &[FeedState]) -> String {
    let words = words::of(Some(site.language));
    let mut feeds: Vec<&FeedState> = feeds.iter().collect();
    feeds.sort_by_key(|feed| (!feed.needs_attention, feed.name.to_lowercase()));
    let body = html! {
        main id="main" { "\n"
            h1 { (words.sources) } "\n"
            ul class="feeds" { "\n"
                @for feed in feeds { (row(feed, words)) "\n" }
            } "\n"
        } "\n"
    };
    let title = format!("{} – {}", words.sources, xml::plain(site.title));
    frame::document(site, Frame { title: &title, language: site.language, query: "", body })
}

fn row(feed: &FeedState, words: &Words) -> Markup {
    let site_url = feed.site_url.as_deref().and_then(link::web_url);
    let feed_url = link::web_url(&feed.feed_url);
    html! {
        li class=[feed.needs_attention.then_some("trouble")] {
            strong { (anchor(site_url.as_deref(), Escaped(&xml::plain(&feed.name)))) }
            " " (Escaped(&xml::plain(&feed.sentence)))
            @if !feed.advice.is_empty() { "; " em { (Escaped(&xml::plain(&feed.advice))) } }
            br;
            span class="meta" {
                (feed.n_entries) (counted(words.entries, feed.n_entries)) " · "
                (lately(&feed.lately, words))
                (words.last_read)
                @match feed.last_read { Some(at) => (time(at, &minute(at))), None => (words.never) }
                " · " (words.next_poll)
                @match feed.next_poll { Some(at) => (time(at, &minute(at))), None => (words.never) }
                @if !feed.reasons.is_empty() { " (" (Escaped(&xml::plain(&feed.reasons.join("; ")))) ")" }
                @if let Some(address) = &feed_url { " · " a href=(Escaped(address)) { (Escaped(address)) } }
            }
        }
    }
}

/// A bar a day, and what kind of entries they are.
fn lately(lately: &Lately, words: &Words) -> Markup {
    let most = lately.days.iter().copied().max().unwrap_or(0);
    let n_days = u32::try_from(lately.days.len()).unwrap_or(u32::MAX);
    let per_cent = |n: u32| (f64::from(n) * 100.0 / f64::from(lately.n_entries.max(1))).round();
    html! {
        @if most > 0 {
            svg class="days" viewBox=(format!("0 0 {} 16", 3 * lately.days.len())) preserveAspectRatio="none" aria-hidden="true" {
                path d=(bars(&lately.days, most)) {}
            }
            " " (lately.n_entries) (words.in_days) (n_days) (counted(words.days, n_days)) " · "
            (per_cent(lately.n_whole)) " %" (words.whole) " · "
            (per_cent(lately.n_copies)) " %" (words.copies) " · "
        }
    }
}

/// Two wide, one apart; a day that brought anything is seen.
fn bars(days: &[u32], most: u32) -> String {
    let bar = |(at, n): (usize, &u32)| {
        let height = (f64::from(*n) * 16.0 / f64::from(most)).max(1.0);
        (*n > 0).then(|| format!("M{} 16v-{height:.1}h2V16z", 3 * at))
    };
    days.iter().enumerate().filter_map(bar).collect()
}
