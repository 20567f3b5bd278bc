//! A story alone: its body, who has it, why they are one story, its neighbours.

use super::frame::{self, Frame, anchor, date, minute, story_path, time, time_of_day};
use super::item::item;
use super::river::talks;
use super::words;
use super::xml::{self, Escaped};
use super::{StoryPage, images, link};
use maud::{PreEscaped, html};

pub(super) fn page(page: &StoryPage) -> String {
    let site = &page.site;
    let story = item(page.story);
    let language = story.language.as_deref().unwrap_or(site.language);
    let words = words::of(Some(site.language));
    let own = link::language_tag(site.language).filter(|own| own != language);
    let own = own.as_deref().map(Escaped);
    let day = story.published.unwrap_or(story.updated);
    let body = html! {
        main id="main" { "\n"
            article class="alone" { "\n"
                h1 { (anchor(story.link.as_deref(), Escaped(&story.title))) } "\n"
                p class="meta" {
                    @if let Some(first) = story.sources.first() {
                        (anchor(first.site_url.as_deref(), Escaped(&first.name))) " · "
                    }
                    (time(day, &format!("{} {}", date(day, words), time_of_day(day))))
                    @if let Some(author) = &story.author { " · " (Escaped(author)) }
                    @if !story.discussions.is_empty() { " · " span lang=[own] { (words.discussed_at) } (talks(&story, words)) }
                    @if let Some(link) = &story.link {
                        " · " a class="away" lang=[own] href=(Escaped(link)) { (words.at_publisher) }
                    }
                } "\n"
                @if let Some(marks) = page.marks {
                    form method="post" action=(Escaped(&format!("{}/mark", story_path(site, story.id)))) lang=[own] {
                        input type="hidden" name="proof" value=(Escaped(marks.proof));
                        @let (word, value) = if marks.read { (words.mark_unread, "unread") } else { (words.mark_read, "read") };
                        button name="as" value=(value) { (word) } " "
                        @let (word, value) = if marks.starred { (words.unstar, "unstarred") } else { (words.star, "starred") };
                        button name="as" value=(value) { (word) }
                    } "\n"
                }
                div class="body" { "\n" (PreEscaped(images::shown(site, story.text()))) "\n" } "\n"
            } "\n"
            @if story.sources.len() > 1 {
                section lang=[own] { "\n"
                    h2 { (words.sources) } "\n"
                    ul class="carriers" { "\n"
                        @for source in &story.sources {
                            li {
                                (anchor(source.link.as_deref(), Escaped(&source.name)))
                                @if let Some(at) = source.published { " · " (time(at, &minute(at))) }
                                @if !source.title.is_empty() { br; (Escaped(&source.title)) }
                            } "\n"
                        }
                    } "\n"
                } "\n"
            }
            @if page.why.len() > 1 {
                section lang=[own] { "\n"
                    h2 { (words.why) } "\n"
                    ol class="why" { "\n"
                        @for joined in page.why {
                            li {
                                (Escaped(&xml::plain(&joined.name))) ": " (Escaped(&xml::plain(&joined.title)))
                                br; span class="meta" { (Escaped(&xml::plain(&joined.why))) }
                            } "\n"
                        }
                    } "\n"
                } "\n"
            }
            @if !story.related.is_empty() {
                section lang=[own] { "\n"
                    h2 { (words.related) } "\n"
                    ul class="related" { "\n"
                        @for related in &story.related {
                            li lang=(Escaped(language)) {
                                a href=(Escaped(&story_path(site, &related.id))) { (Escaped(&related.title)) }
                            } "\n"
                        }
                    } "\n"
                } "\n"
            }
            nav class="neighbours" lang=[own] aria-label=(words.neighbours) {
                @if let Some(newer) = page.newer { a rel="prev" href=(Escaped(&story_path(site, newer))) { "← " (words.newer) } }
                " "
                @if let Some(older) = page.older { a rel="next" href=(Escaped(&story_path(site, older))) { (words.older) " →" } }
            } "\n"
        } "\n"
    };
    frame::document(site, Frame { title: &story.title, language, query: "", body })
}
