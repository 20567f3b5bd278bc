//! The page at `/`: stories in a dense river, two lines each; of a day, of a search, or the most covered first.

use super::frame::{self, Frame, anchor, story_path, time, time_of_day, view_path};
use super::item::{Item, by_feed, items};
use super::words::{self, Words};
use super::xml::Escaped;
use super::{Format, Page, link, xml};
use crate::model::Timestamp;
use crate::text;
use chrono::NaiveDate;
use maud::{Markup, html};

/// Sources of a story that are named on its line.
const NAMED_SOURCES: usize = 4;
/// Tags of a story that are shown.
const SHOWN_TAGS: usize = 3;
/// Characters of a summary on a line.
const LINE_CHARS: usize = 140;
const LINE_CJK_CHARS: usize = 60;

pub(super) fn page(page: &Page) -> String {
    let words = words::of(Some(page.site.language));
    let title = xml::plain(page.site.title);
    let title = if page.query.is_empty() { title } else { format!("{} – {title}", xml::plain(page.query)) };
    let body = html! {
        main id="main" { "\n"
            h1 class="skip" { (Escaped(&title)) } "\n"
            (view(page, words))
            @if let Some(wrong) = page.wrong { p role="alert" { (Escaped(&xml::plain(wrong))) } "\n" }
            (stories(page, words))
            @if let Some(older) = page.older {
                p class="older" { a rel="next" href=(Escaped(&older_path(page, older))) { (words.older) } } "\n"
            }
        } "\n"
    };
    frame::document(&page.site, Frame { title: &title, language: page.site.language, query: page.query, body })
}

/// Which stories these are, in which other order they can be had, and as which feed.
fn view(page: &Page, words: &Words) -> Markup {
    let asked: Vec<&str> = page.query.split_whitespace().filter(|part| !part.starts_with("order:")).collect();
    let newest = asked.join(" ");
    let covered = [newest.as_str(), "order:sources"].join(" ").trim().to_owned();
    html! {
        p class="view" data-here=(words.open_here) data-away=(words.open_away) {
            (choice(page, &newest, words.newest, page.by_date)) " "
            (choice(page, &covered, words.most_covered, !page.by_date)) " · "
            (words.of_this_view)
            @for format in Format::ALL {
                " "
                a href=(Escaped(&feed_of(page, format))) type=(format.media_type()) { (format.label()) }
            }
        } "\n"
    }
}

fn choice(page: &Page, query: &str, label: &str, is_current: bool) -> Markup {
    html! {
        a href=(Escaped(&view_path(&page.site, query))) aria-current=[is_current.then_some("true")] { (label) }
    }
}

fn feed_of(page: &Page, format: Format) -> String {
    page.site.path(&format!("/feed.{}?q={}", format.extension(), link::segment(page.query)))
}

fn older_path(page: &Page, older: &str) -> String {
    page.site.path(&format!("/?q={}&before={}", link::segment(page.query), link::segment(older)))
}

/// The stories as given; by date, a heading stands wherever the day changes.
fn stories(page: &Page, words: &Words) -> Markup {
    let at = |story: &Item| story.published.unwrap_or(story.updated);
    let day = |story: &Item| -> Option<NaiveDate> { at(story).to_utc().map(|at| at.date_naive()) };
    let stories = items(page.stories);
    html! {
        @if stories.is_empty() && page.wrong.is_none() {
            p { @if page.query.is_empty() { (words.nothing_yet) } @else { (words.nothing_found) } } "\n"
        }
        @if page.by_date {
            @for stories in stories.chunk_by(|a, b| day(a) == day(b)) {
                @let first = at(&stories[0]);
                section class="day" { "\n"
                    h2 { time datetime=(first.rfc3339().get(..10).unwrap_or_default()) { (frame::date(first, words)) } } "\n"
                    @for story in stories { (entry(page, story, at(story), words)) }
                } "\n"
            }
        } @else {
            section class="day" { "\n"
                h2 class="skip" { (words.most_covered) } "\n"
                @for story in &stories { (entry(page, story, at(story), words)) }
            } "\n"
        }
    }
}

fn entry(page: &Page, story: &Item, at: Timestamp, words: &Words) -> Markup {
    // Our own words inside a story in another language say which language they are in.
    let foreign = story.language.as_deref().filter(|language| *language != page.site.language);
    let own_language = foreign.and(link::language_tag(page.site.language));
    let own_language = own_language.as_deref().map(Escaped);
    let own_page = story_path(&page.site, story.id);
    // A heading's weight is how many tell it.
    let weight = match by_feed(&story.sources).len() {
        0..=2 => None,
        3..=4 => Some("large"),
        _ => Some("largest"),
    };
    html! {
        article lang=[foreign.map(Escaped)] class=[weight] { "\n"
            h3 {
                @let away = story.link.as_deref().unwrap_or(&own_page);
                a class="headline" href=(Escaped(away)) data-away=(Escaped(away)) data-here=(Escaped(&own_page)) {
                    (marked(&story.title, page.marked))
                }
            } "\n"
            p class="meta" {
                span class="who" {
                    (carriers(story)) " · " (time(at, &time_of_day(at)))
                    @if !story.discussions.is_empty() { " · " span lang=[own_language] { (words.discussed_at) } (talks(story, words)) }
                }
                @if story.summary != story.title { " · " span class="summary" { (marked(&line(&story.summary), page.marked)) } }
                @for tag in story.tags.iter().take(SHOWN_TAGS) {
                    " "
                    @if story.own_tags.contains(tag) {
                        a class="tag" href=(Escaped(&view_path(&page.site, &asks_for("tag", tag)))) { (Escaped(tag)) }
                    } @else {
                        span class="tag" { (Escaped(tag)) }
                    }
                }
                @if let Some(language) = foreign {
                    " " a class="lang" href=(Escaped(&view_path(&page.site, &asks_for("lang", language)))) { (Escaped(language)) }
                }
                " "
                a class="here" lang=[own_language] href=(Escaped(&own_page))
                    aria-label=(Escaped(&format!("{}: {}", words.read_here, story.title))) { (words.read_here) }
            } "\n"
        } "\n"
    }
}

/// Who has a story: "Northwire + Harbour Ledger, 青石科技 +2".
fn carriers(story: &Item) -> Markup {
    let feeds = by_feed(&story.sources);
    html! {
        @for (at, (source, _)) in feeds.iter().take(NAMED_SOURCES).enumerate() {
            @match at { 0 => "", 1 => " + ", _ => ", " }
            (anchor(source.link.as_deref().or(source.site_url.as_deref()), Escaped(&source.name)))
        }
        @if feeds.len() > NAMED_SOURCES { " +" (feeds.len() - NAMED_SOURCES) }
    }
}

/// The query for what has this.
fn asks_for(key: &str, value: &str) -> String {
    let is_plain = value.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    if is_plain { format!("{key}:{value}") } else { format!("{key}:\"{}\"", value.replace('"', " ")) }
}

/// Where a story is discussed.
pub(super) fn talks(story: &Item, words: &Words) -> Markup {
    html! {
        @for (at, talk) in story.discussions.iter().enumerate() {
            @if at > 0 { (words.between) }
            (anchor(Some(&talk.url), Escaped(&talk.name)))
        }
    }
}

/// The beginning of a summary that fits a line, cut behind a word.
fn line(summary: &str) -> String {
    let n_cjk = summary.chars().filter(|c| text::is_cjk(*c)).count();
    if n_cjk * 3 > summary.chars().count() {
        return text::excerpt(summary, LINE_CJK_CHARS);
    }
    match summary.char_indices().nth(LINE_CHARS) {
        None => summary.to_owned(),
        Some((end, _)) => format!("{}…", summary[..end].rsplit_once(' ').map_or(&summary[..end], |(words, _)| words)),
    }
}

/// Text with the phrases marked that were searched for; none where its small letters are not one for one.
fn marked(text: &str, phrases: &[String]) -> Markup {
    html! {
        @for (part, is_hit) in parts(text, phrases) {
            @if is_hit { mark { (Escaped(part)) } } @else { (Escaped(part)) }
        }
    }
}

/// The parts of a text, and which of them are what was searched for.
fn parts<'a>(text: &'a str, phrases: &[String]) -> Vec<(&'a str, bool)> {
    if phrases.is_empty() {
        return vec![(text, false)];
    }
    let folded = text::fold(text);
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if folded.chars().count() + 1 != starts.len() {
        return vec![(text, false)];
    }
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for phrase in phrases {
        let n_chars = phrase.chars().count();
        spans.extend(folded.match_indices(phrase.as_str()).map(|(at, _)| {
            let first = folded[..at].chars().count();
            (starts[first], starts[first + n_chars])
        }));
    }
    spans.sort_unstable();
    let (mut parts, mut done) = (Vec::new(), 0);
    for (from, to) in spans {
        if from >= done {
            parts.extend([(&text[done..from], false), (&text[from..to], true)]);
            done = to;
        }
    }
    parts.push((&text[done..], false));
    parts
}
