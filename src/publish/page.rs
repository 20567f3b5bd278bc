//! Pages for people: the outputs with the latest stories, and a story alone. Semantic HTML and one style
//! sheet, no script, no request to anywhere else but the pictures of an article.

use super::item::{Item, anchor, item, items};
use super::words::{self, Script, Words};
use super::{Format, OutputLink, Page, PublishedStory, STYLE, link, xml};
use crate::model::Timestamp;
use chrono::{Datelike, NaiveDate};

pub(super) fn page(page: &Page) -> String {
    let words = words::of(Some(page.language));
    let title = xml::plain(page.title);
    let mut out = head(&title, page.language, page.outputs);
    open_tag(&mut out, "a", &[("class", "skip"), ("href", "#stories")]);
    out.push_str(words.skip);
    out.push_str("</a>\n<header><h1>");
    xml::push_escaped(&mut out, &title);
    out.push_str("</h1></header>\n");
    outputs(&mut out, page.outputs, words);
    out.push_str("<main id=\"stories\">\n");
    days(&mut out, page, words);
    if let Some(older) = page.older {
        out.push_str("<p>");
        open_tag(&mut out, "a", &[("rel", "next"), ("href", older)]);
        out.push_str(words.older);
        out.push_str("</a></p>\n");
    }
    out.push_str("</main>\n<footer class=\"note\"><p>");
    out.push_str(words.times);
    out.push_str("</p></footer>\n</body>\n</html>\n");
    out
}

pub(super) fn story_page(site_title: &str, language: &str, story: &PublishedStory) -> String {
    let story = item(story);
    let language = story.language.as_deref().unwrap_or(language);
    let words = words::of(Some(language));
    let mut out = head(&story.title, language, &[]);
    out.push_str("<header><p class=\"note\"><a href=\"/\" title=\"");
    out.push_str(words.home);
    out.push_str("\">");
    xml::push_escaped(&mut out, &xml::plain(site_title));
    out.push_str("</a></p></header>\n<main>\n<article>\n<h1>");
    anchor(&mut out, story.link.as_deref(), &story.title);
    out.push_str("</h1>\n");
    let day = story.published.unwrap_or(story.updated);
    meta(&mut out, &story, &format!("{} {}", date(day, words), time_of_day(day)));
    out.push_str("<div class=\"body\">\n");
    out.push_str(&story.html);
    out.push_str("\n</div>\n</article>\n</main>\n<footer class=\"note\"><p>");
    out.push_str(words.times);
    out.push_str("</p></footer>\n</body>\n</html>\n");
    out
}

fn head(title: &str, language: &str, outputs: &[OutputLink]) -> String {
    let language = link::language_tag(language).unwrap_or_else(|| "en".to_owned());
    let mut out = String::from("<!DOCTYPE html>\n");
    open_tag(&mut out, "html", &[("lang", &language)]);
    out.push_str("\n<head>\n<meta charset=\"utf-8\">\n<title>");
    xml::push_escaped(&mut out, title);
    out.push_str("</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    // An empty icon: browsers ask for /favicon.ico otherwise.
    out.push_str("<link rel=\"icon\" href=\"data:,\">\n");
    for output in outputs {
        for format in Format::ALL {
            let name = format!("{} ({})", xml::plain(output.title), format.label());
            let href = feed_path(output.name, format);
            open_tag(&mut out, "link", &[("rel", "alternate"), ("type", format.media_type()), ("title", &name), ("href", &href)]);
            out.push('\n');
        }
    }
    out.push_str("<style>");
    out.push_str(STYLE);
    out.push_str("</style>\n</head>\n<body>\n");
    out
}

pub(super) fn feed_path(name: &str, format: Format) -> String {
    format!("/feeds/{}.{}", link::segment(name), format.extension())
}

fn outputs(out: &mut String, outputs: &[OutputLink], words: &Words) {
    if outputs.is_empty() {
        return;
    }
    open_tag(out, "nav", &[("class", "outputs"), ("aria-labelledby", "outputs")]);
    out.push_str("\n<h2 id=\"outputs\">");
    out.push_str(words.feeds);
    out.push_str("</h2>\n<ul>\n");
    for output in outputs {
        let title = xml::plain(output.title);
        out.push_str("<li><span>");
        xml::push_escaped(out, &title);
        out.push_str("</span>");
        for format in Format::ALL {
            out.push(' ');
            // Twelve links called "Atom" do not help a person who hears them read out.
            let label = format!("{title}: {}", format.label());
            let href = feed_path(output.name, format);
            open_tag(out, "a", &[("href", &href), ("type", format.media_type()), ("aria-label", &label)]);
            out.push_str(format.label());
            out.push_str("</a>");
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n</nav>\n");
}

/// The stories as given, a heading wherever the day changes.
fn days(out: &mut String, page: &Page, words: &Words) {
    let stories = items(page.stories);
    if stories.is_empty() {
        out.push_str("<h2>");
        out.push_str(words.latest);
        out.push_str("</h2>\n<p>");
        out.push_str(words.nothing_yet);
        out.push_str("</p>\n");
        return;
    }
    let mut open_day: Option<Option<NaiveDate>> = None;
    for story in &stories {
        let at = story.published.unwrap_or(story.updated);
        let day = at.to_utc().map(|at| at.date_naive());
        if open_day != Some(day) {
            if open_day.is_some() {
                out.push_str("</section>\n");
            }
            open_day = Some(day);
            out.push_str("<section class=\"day\">\n<h2>");
            open_tag(out, "time", &[("datetime", at.rfc3339().get(..10).unwrap_or_default())]);
            out.push_str(&date(at, words));
            out.push_str("</time></h2>\n");
        }
        entry(out, page, story, at, words);
    }
    out.push_str("</section>\n");
}

fn entry(out: &mut String, page: &Page, story: &Item, at: Timestamp, words: &Words) {
    // Our own words inside a story in another language say which language they are in.
    let foreign = story.language.as_deref().filter(|language| *language != page.language);
    let own_language = foreign.and(link::language_tag(page.language)).map(|language| format!(" lang=\"{language}\""));
    let own_language = own_language.as_deref().unwrap_or_default();
    match foreign {
        Some(language) => open_tag(out, "article", &[("lang", language)]),
        None => out.push_str("<article>"),
    }
    let own_page = page.story_base.map(|base| format!("{base}{}", link::segment(uuid_of(story.id))));
    out.push_str("\n<h3>");
    anchor(out, story.link.as_deref().or(own_page.as_deref()), &story.title);
    out.push_str("</h3>\n");
    meta(out, story, &time_of_day(at));
    if story.summary != story.title {
        out.push_str("<p>");
        xml::push_escaped(out, &story.summary);
        out.push_str("</p>\n");
    }
    if story.sources.len() > 1 {
        out.push_str("<details");
        out.push_str(own_language);
        out.push_str("><summary>");
        out.push_str(words.also_count.0);
        out.push_str(&(story.sources.len() - 1).to_string());
        out.push_str(words.also_count.1);
        out.push_str("</summary>\n<ul>\n");
        for source in &story.sources[1..] {
            out.push_str("<li>");
            anchor(out, source.link.as_deref(), &source.name);
            if !source.title.is_empty() && source.title != story.title {
                out.push_str(": ");
                xml::push_escaped(out, &source.title);
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n</details>\n");
    }
    if let Some(own_page) = own_page {
        out.push_str("<p class=\"note\"");
        out.push_str(own_language);
        out.push('>');
        let label = format!("{}: {}", words.read_here, story.title);
        open_tag(out, "a", &[("href", &own_page), ("aria-label", &label)]);
        out.push_str(words.read_here);
        out.push_str("</a></p>\n");
    }
    out.push_str("</article>\n");
}

/// Where a story is from, when, by whom, about what.
fn meta(out: &mut String, story: &Item, when: &str) {
    out.push_str("<p class=\"meta\">");
    if let Some(first) = story.sources.first() {
        anchor(out, first.site_url.as_deref(), &first.name);
        out.push_str(" · ");
    }
    open_tag(out, "time", &[("datetime", &story.published.unwrap_or(story.updated).rfc3339())]);
    out.push_str(when);
    out.push_str("</time>");
    if let Some(author) = &story.author {
        out.push_str(" · ");
        xml::push_escaped(out, author);
    }
    for tag in story.tags.iter().take(6) {
        out.push_str(" <span class=\"tag\">");
        xml::push_escaped(out, tag);
        out.push_str("</span>");
    }
    out.push_str("</p>\n");
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

fn open_tag(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    out.push('<');
    out.push_str(name);
    for (attribute, value) in attributes {
        out.push(' ');
        out.push_str(attribute);
        out.push_str("=\"");
        xml::push_escaped(out, value);
        out.push('"');
    }
    out.push('>');
}
