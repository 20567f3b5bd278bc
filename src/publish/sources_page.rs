//! The page at `/sources`: how each feed is, in words, those first that need a person.

use super::frame::{self, Frame, anchor, counted, minute, time};
use super::words::{self, Words};
use super::xml::{self, Escaped};
use super::{FeedState, Site, link};
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
                (feed.n_entries) (counted(words.entries, feed.n_entries)) " · " (words.last_read)
                @match feed.last_read { Some(at) => (time(at, &minute(at))), None => (words.never) }
                " · " (words.next_poll)
                @match feed.next_poll { Some(at) => (time(at, &minute(at))), None => (words.never) }
                @if !feed.reasons.is_empty() { " (" (Escaped(&xml::plain(&feed.reasons.join("; ")))) ")" }
                @if let Some(address) = &feed_url { " · " a href=(Escaped(address)) { (Escaped(address)) } }
            }
        }
    }
}
