//! Pages for people: the outputs with the latest stories, and a story alone. Semantic HTML and one style
//! sheet, no script, no request to anywhere else but the pictures of an article.

use super::item::{Item, by_feed, item, items};
use super::words::{self, Script, Words};
use super::xml::Escaped;
use super::{Format, OutputLink, Page, PublishedStory, STYLE, link, xml};
use crate::model::Timestamp;
use chrono::{Datelike, NaiveDate};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) fn page(page: &Page) -> String {
    let words = words::of(Some(page.language));
    let title = xml::plain(page.title);
    let body = html! {
        a class="skip" href="#stories" { (words.skip) } "\n"
        header { h1 { (Escaped(&title)) } } "\n"
        @if !page.outputs.is_empty() { (outputs(page.outputs, words)) }
        main id="stories" { "\n"
            (days(page, words))
            @if let Some(older) = page.older {
                p { a rel="next" href=(Escaped(older)) { (words.older) } } "\n"
            }
        } "\n"
    };
    document(&title, page.language, page.outputs, words, &body)
}

pub(super) fn story_page(site_title: &str, language: &str, story: &PublishedStory) -> String {
    let story = item(story);
    let language = story.language.as_deref().unwrap_or(language);
    let words = words::of(Some(language));
    let day = story.published.unwrap_or(story.updated);
    let body = html! {
        header { p class="note" { a href="/" title=(words.home) { (Escaped(&xml::plain(site_title))) } } } "\n"
        main { "\n"
            article { "\n"
                h1 { (anchor(story.link.as_deref(), &story.title)) } "\n"
                (meta(&story, &format!("{} {}", date(day, words), time_of_day(day))))
                div class="body" { "\n" (PreEscaped(&story.html)) "\n" } "\n"
            } "\n"
            @if !story.related.is_empty() { (related(&story, words)) }
        } "\n"
    };
    document(&story.title, language, &[], words, &body)
}

/// Stories that are near, on their own pages.
fn related(story: &Item, words: &Words) -> Markup {
    html! {
        aside class="related" aria-labelledby="related" { "\n"
            h2 id="related" { (words.related) } "\n"
            ul { "\n"
                @for related in &story.related {
                    @let page = format!("/story/{}", link::segment(uuid_of(&related.id)));
                    li { a href=(Escaped(&page)) { (Escaped(&related.title)) } } "\n"
                }
            } "\n"
        } "\n"
    }
}

fn document(title: &str, language: &str, outputs: &[OutputLink], words: &Words, body: &Markup) -> String {
    let language = link::language_tag(language).unwrap_or_else(|| "en".to_owned());
    let document = html! {
        (DOCTYPE) "\n"
        html lang=(Escaped(&language)) { "\n"
            head { "\n"
                meta charset="utf-8"; "\n"
                title { (Escaped(title)) } "\n"
                meta name="viewport" content="width=device-width, initial-scale=1"; "\n"
                meta name="color-scheme" content="light dark"; "\n"
                meta name="referrer" content="no-referrer"; "\n"
                // An empty icon: browsers ask for /favicon.ico otherwise.
                link rel="icon" href="data:,"; "\n"
                @for (output, format) in each_format(outputs) {
                    link rel="alternate" type=(format.media_type())
                        title=(Escaped(&format!("{} ({})", xml::plain(output.title), format.label())))
                        href=(Escaped(&feed_path(output.name, format))); "\n"
                }
                style { (PreEscaped(STYLE)) } "\n"
            } "\n"
            body { "\n"
                (body)
                footer class="note" { p { (words.times) } } "\n"
            } "\n"
        } "\n"
    };
    document.into_string()
}

fn each_format<'a>(outputs: &'a [OutputLink<'a>]) -> impl Iterator<Item = (&'a OutputLink<'a>, Format)> {
    outputs.iter().flat_map(|output| Format::ALL.map(|format| (output, format)))
}

pub(super) fn feed_path(name: &str, format: Format) -> String {
    format!("/feeds/{}.{}", link::segment(name), format.extension())
}

fn outputs(outputs: &[OutputLink], words: &Words) -> Markup {
    html! {
        nav class="outputs" aria-labelledby="outputs" { "\n"
            h2 id="outputs" { (words.feeds) } "\n"
            ul { "\n"
                @for output in outputs {
                    @let title = xml::plain(output.title);
                    li {
                        span { (Escaped(&title)) }
                        @for format in Format::ALL {
                            " "
                            // Twelve links called "Atom" do not help a person who hears them read out.
                            a href=(Escaped(&feed_path(output.name, format))) type=(format.media_type())
                                aria-label=(Escaped(&format!("{title}: {}", format.label()))) { (format.label()) }
                        }
                    } "\n"
                }
            } "\n"
        } "\n"
    }
}

/// The stories as given, a heading wherever the day changes.
fn days(page: &Page, words: &Words) -> Markup {
    let at = |story: &Item| story.published.unwrap_or(story.updated);
    let day = |story: &Item| -> Option<NaiveDate> { at(story).to_utc().map(|at| at.date_naive()) };
    let stories = items(page.stories);
    html! {
        @if stories.is_empty() {
            h2 { (words.latest) } "\n"
            p { (words.nothing_yet) } "\n"
        }
        @for stories in stories.chunk_by(|a, b| day(a) == day(b)) {
            @let first = at(&stories[0]);
            section class="day" { "\n"
                h2 { time datetime=(first.rfc3339().get(..10).unwrap_or_default()) { (date(first, words)) } } "\n"
                @for story in stories { (entry(page, story, at(story), words)) }
            } "\n"
        }
    }
}

fn entry(page: &Page, story: &Item, at: Timestamp, words: &Words) -> Markup {
    // Our own words inside a story in another language say which language they are in.
    let foreign = story.language.as_deref().filter(|language| *language != page.language);
    let own_language = foreign.and(link::language_tag(page.language));
    let own_language = own_language.as_deref().map(Escaped);
    let own_page = page.story_base.map(|base| format!("{base}{}", link::segment(uuid_of(story.id))));
    html! {
        article lang=[foreign.map(Escaped)] { "\n"
            h3 { (anchor(story.link.as_deref().or(own_page.as_deref()), &story.title)) } "\n"
            (meta(story, &time_of_day(at)))
            @if story.summary != story.title { p { (Escaped(&story.summary)) } "\n" }
            // What the same feed brought again is on the story's own page.
            @if let [_, others @ ..] = &by_feed(&story.sources)[..] && !others.is_empty() {
                details lang=[own_language] {
                    summary { (words.also_count.0) (others.len()) (words.also_count.1) } "\n"
                    ul { "\n"
                        @for source in others.iter().flat_map(|(first, further)| std::iter::once(first).chain(further)) {
                            li {
                                (anchor(source.link.as_deref(), &source.name))
                                @if !source.title.is_empty() && source.title != story.title { ": " (Escaped(&source.title)) }
                            } "\n"
                        }
                    } "\n"
                } "\n"
            }
            @if let Some(own_page) = &own_page {
                p class="note" lang=[own_language] {
                    a href=(Escaped(own_page)) aria-label=(Escaped(&format!("{}: {}", words.read_here, story.title))) {
                        (words.read_here)
                    }
                } "\n"
            }
        } "\n"
    }
}

/// Where a story is from, when, by whom, about what.
fn meta(story: &Item, when: &str) -> Markup {
    html! {
        p class="meta" {
            @if let Some(first) = story.sources.first() { (anchor(first.site_url.as_deref(), &first.name)) " · " }
            time datetime=(story.published.unwrap_or(story.updated).rfc3339()) { (when) }
            @if let Some(author) = &story.author { " · " (Escaped(author)) }
            @for tag in story.tags.iter().take(6) { " " span class="tag" { (Escaped(tag)) } }
        } "\n"
    }
}

/// A link, or the bare text where there is nothing to link to.
fn anchor(link: Option<&str>, text: &str) -> Markup {
    html! {
        @if let Some(link) = link {
            a href=(Escaped(link)) { (Escaped(text)) }
        } @else {
            (Escaped(text))
        }
    }
}

/// The part of a published id that goes into an address.
pub(super) fn uuid_of(id: &str) -> &str {
    id.strip_prefix("urn:uuid:").unwrap_or(id)
}

fn time_of_day(at: Timestamp) -> String {
    at.rfc3339().get(11..16).unwrap_or_default().to_owned()
}

/// "Monday, 23 November 2026" or "2026年11月23日 星期一".
fn date(at: Timestamp, words: &Words) -> String {
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
