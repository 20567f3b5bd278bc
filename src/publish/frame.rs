//! What all pages share: head, header with search and the outputs, foot; links, times and dates. Semantic HTML and one
//! style sheet; all of it works without the script, and nothing is asked of anywhere else but the pictures of an article.

use super::words::{self, Script, Words};
use super::xml::{self, Escaped};
use super::{Format, OutputLink, STYLE, Site, link};
use crate::model::Timestamp;
use chrono::Datelike;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What one page puts into the frame.
pub(super) struct Frame<'a> {
    pub title: &'a str,
    /// Of its main part.
    pub language: &'a str,
    /// What stands in the search field.
    pub query: &'a str,
    pub body: Markup,
}

pub(super) fn document(site: &Site, frame: Frame) -> String {
    let words = words::of(Some(site.language));
    let language = link::language_tag(frame.language).unwrap_or_else(|| "en".to_owned());
    let own = link::language_tag(site.language).unwrap_or_else(|| "en".to_owned());
    let own = (own != language).then_some(own);
    let own = own.as_deref().map(Escaped);
    let document = html! {
        (DOCTYPE) "\n"
        html lang=(Escaped(&language)) { "\n"
            head { "\n"
                meta charset="utf-8"; "\n"
                title { (Escaped(frame.title)) } "\n"
                meta name="viewport" content="width=device-width, initial-scale=1"; "\n"
                meta name="color-scheme" content="light dark"; "\n"
                meta name="referrer" content="no-referrer"; "\n"
                meta name="robots" content="noindex"; "\n"
                link rel="icon" type="image/svg+xml" href=(Escaped(&site.path("/icon.svg"))); "\n"
                link rel="manifest" href=(Escaped(&site.path("/manifest.webmanifest"))); "\n"
                @for (output, format) in each_format(site.outputs) {
                    link rel="alternate" type=(format.media_type())
                        title=(Escaped(&format!("{} ({})", xml::plain(output.title), format.label())))
                        href=(Escaped(&site.path(&feed_path(output.name, format)))); "\n"
                }
                style { (PreEscaped(STYLE)) } "\n"
                script src=(Escaped(&site.path("/page.js"))) defer {} "\n"
            } "\n"
            body { "\n"
                a class="skip" href="#main" lang=[own] { (words.skip) } "\n"
                (header(site, frame.query, words, own))
                (troubles(site, words, own))
                (frame.body)
                (footer(site, words, own))
            } "\n"
        } "\n"
    };
    document.into_string()
}

fn header(site: &Site, query: &str, words: &Words, own: Option<Escaped>) -> Markup {
    html! {
        header lang=[own] { "\n"
            p class="site" { a href=(Escaped(&site.path("/"))) title=(words.home) { (Escaped(&xml::plain(site.title))) } } "\n"
            nav aria-label=(words.home) {
                a href=(Escaped(&view_path(site, FRONT_PAGE))) { (words.front_page) } " "
                a href=(Escaped(&site.path("/sources"))) { (words.sources) }
            } "\n"
            form role="search" action=(Escaped(&site.path("/"))) {
                input type="search" name="q" value=(Escaped(&xml::plain(query))) aria-label=(words.search) placeholder=(words.search); " "
                button { (words.search) }
            } "\n"
            @if !site.outputs.is_empty() { (outputs(site, words)) }
        } "\n"
    }
}

/// The query of the front page: the day's stories, those first that most sources tell.
const FRONT_PAGE: &str = "order:sources since:24h";

fn outputs(site: &Site, words: &Words) -> Markup {
    html! {
        details class="outputs" { "\n"
            summary { (words.feeds) } "\n"
            ul { "\n"
                @for output in site.outputs {
                    @let title = xml::plain(output.title);
                    li {
                        span { (Escaped(&title)) }
                        @for format in Format::ALL {
                            " "
                            // Twelve links called "Atom" do not help a person who hears them read out.
                            a href=(Escaped(&site.path(&feed_path(output.name, format)))) type=(format.media_type())
                                aria-label=(Escaped(&format!("{}: {title}", format.label()))) { (format.label()) }
                        }
                    } "\n"
                }
            } "\n"
        } "\n"
    }
}

/// Why nothing new comes, above everything.
fn troubles(site: &Site, words: &Words, own: Option<Escaped>) -> Markup {
    let standing = &site.standing;
    let all_fail = standing.n_feeds > 0 && standing.n_failing == standing.n_feeds;
    html! {
        @if let Some(disk) = standing.troubles.disk { p class="trouble" role="status" lang="en" { strong { (Escaped(disk)) } } "\n" }
        @if let Some(since) = standing.troubles.offline_since {
            p class="trouble" role="status" lang=[own] {
                strong { (words.offline.0) (time(since, &minute(since))) (words.offline.1) }
            } "\n"
        } @else if all_fail {
            p class="trouble" role="status" lang=[own] { strong { (words.no_feed_works) } } "\n"
        }
    }
}

fn footer(site: &Site, words: &Words, own: Option<Escaped>) -> Markup {
    let standing = &site.standing;
    html! {
        footer class="note" lang=[own] { "\n"
            p {
                (standing.n_feeds) (counted(words.n_feeds, standing.n_feeds))
                @if let Some(at) = standing.last_read { ", " (words.last_read) (time(at, &minute(at))) }
                @if standing.n_failing > 0 {
                    ", "
                    a href=(Escaped(&site.path("/sources"))) { (standing.n_failing) (counted(words.failing, standing.n_failing)) }
                }
                " · " a href=(Escaped(&site.path("/status"))) { (words.status) }
                " · " a href=(Escaped(&site.path("/opml"))) { "OPML" }
                @if let Some(node) = site.node {
                    " · " span lang="en" {
                        "node " (Escaped(node))
                        @if standing.troubles.n_behind > 0 { ", " (standing.troubles.n_behind) " records behind" }
                    }
                }
            } "\n"
            p class="keys" hidden { (words.keys) } "\n"
        } "\n"
    }
}

/// What is said of one, or of so many.
pub(super) fn counted((one, many): (&'static str, &'static str), n: u32) -> &'static str {
    if n == 1 { one } else { many }
}

fn each_format<'a>(outputs: &'a [OutputLink<'a>]) -> impl Iterator<Item = (&'a OutputLink<'a>, Format)> {
    outputs.iter().flat_map(|output| Format::ALL.map(|format| (output, format)))
}

pub(super) fn feed_path(name: &str, format: Format) -> String {
    format!("/feeds/{}.{}", link::segment(name), format.extension())
}

/// Where the stories of a query are shown.
pub(super) fn view_path(site: &Site, query: &str) -> String {
    site.path(&if query.is_empty() { "/".to_owned() } else { format!("/?q={}", link::segment(query)) })
}

pub(super) fn story_path(site: &Site, id: &str) -> String {
    site.path(&format!("/story/{}", link::segment(id.strip_prefix("urn:uuid:").unwrap_or(id))))
}

impl Site<'_> {
    /// A path of ours, as this server's pages link to it.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A link, or the bare text where there is nothing to link to.
pub(super) fn anchor(link: Option<&str>, text: impl maud::Render) -> Markup {
    html! {
        @if let Some(link) = link {
            a href=(Escaped(link)) { (text) }
        } @else {
            (text)
        }
    }
}

/// A moment; the script shows it in the reader's zone.
pub(super) fn time(at: Timestamp, shown: &str) -> Markup {
    html! { time datetime=(at.rfc3339()) { (shown) } }
}

pub(super) fn time_of_day(at: Timestamp) -> String {
    at.rfc3339().get(11..16).unwrap_or_default().to_owned()
}

/// "2026-11-26 10:47 UTC".
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.rfc3339();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

/// "Monday, 23 November 2026" or "2026年11月23日 星期一".
pub(super) fn date(at: Timestamp, words: &Words) -> String {
    let Some(day) = at.to_utc().map(|at| at.date_naive()) else {
        return at.rfc3339().get(..10).unwrap_or_default().to_owned();
    };
    match words.script {
        Script::Latin => day.format("%A, %-d %B %Y").to_string(),
        Script::Chinese => {
            const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
            let weekday = DAYS[day.weekday().num_days_from_monday() as usize];
            format!("{}年{}月{}日 星期{weekday}", day.year(), day.month(), day.day())
        }
    }
}
