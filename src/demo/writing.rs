//! How the publishers of the demo write: their feeds, and their pages around an article.
//!
//! Deliberately separate from `publish`: this is what strangers send us, not what we send.

use super::publishers::{Article, Line, Publisher};
use encoding_rs::{Encoding, GBK};

pub(super) fn rss(world: &Publisher, base: &str, lines: &[Line]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"{}\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>{base}/</link>\
         <description>{1}</description><language>{}</language><ttl>60</ttl>\n",
        world.feed_encoding.name(),
        escaped(world.title),
        world.language,
    );
    for line in lines {
        let article = &line.article;
        // The publisher in GBK gives no ids: its entries are known by their links.
        let guid =
            if world.feed_encoding == GBK { String::new() } else { format!("<guid isPermaLink=\"false\">{}</guid>", line.id) };
        let categories: String = article.tags.iter().map(|tag| format!("<category>{}</category>", escaped(tag))).collect();
        out.push_str(&format!(
            "<item><title>{}</title><link>{}</link>{guid}<pubDate>{}</pubDate><author>{}</author>{categories}\
             <description>{}</description></item>\n",
            escaped(article.title),
            escaped(&line.url),
            article.published.rfc822(),
            escaped(article.author),
            escaped(&format!("<p>{}</p>", escaped(article.summary))),
        ));
    }
    out + "</channel></rss>\n"
}

pub(super) fn atom(world: &Publisher, base: &str, lines: &[Line]) -> String {
    let updated = lines.iter().map(|line| line.article.published).max().unwrap_or_default();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\
         <id>tag:demo.invalid,2026:{2}</id><title>{}</title><link href=\"{base}/\"/><link rel=\"self\" href=\"{base}{}\"/>\
         <updated>{}</updated>\n",
        world.language,
        escaped(world.title),
        world.feed_path,
        updated.rfc3339(),
    );
    for line in lines {
        let article = &line.article;
        let at = article.published.rfc3339();
        let categories: String = article.tags.iter().map(|tag| format!("<category term=\"{}\"/>", escaped(tag))).collect();
        out.push_str(&format!(
            "<entry><id>tag:demo.invalid,2026:{}</id><title>{}</title><link href=\"{}\"/><published>{at}</published>\
             <updated>{at}</updated><author><name>{}</name></author>{categories}<summary>{}</summary></entry>\n",
            line.id,
            escaped(article.title),
            escaped(&line.url),
            escaped(article.author),
            escaped(article.summary),
        ));
    }
    out + "</feed>\n"
}

pub(super) fn json(world: &Publisher, base: &str, lines: &[Line]) -> String {
    let items: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            let article = &line.article;
            serde_json::json!({
                "id": line.id,
                "url": line.url,
                "title": article.title,
                "summary": article.summary,
                "content_text": format!("NORTHWIRE — {}", article.summary),
                "date_published": article.published.rfc3339(),
                "authors": [{"name": article.author}],
                "tags": article.tags,
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": world.title,
        "home_page_url": format!("{base}/"),
        "feed_url": format!("{base}{}", world.feed_path),
        "language": world.language,
        "items": items,
    })
    .to_string()
}

/// An article page: the publisher's template with the text in it.
pub(super) fn page(
    world: &Publisher,
    links: &[(&str, &str)],
    base: &str,
    path: &str,
    article: &Article,
    agency: Option<&str>,
) -> String {
    let paragraphs: Vec<String> = article
        .paragraphs
        .iter()
        .enumerate()
        .map(|(n, paragraph)| {
            let agency = agency.filter(|_| n == 0).unwrap_or_default();
            format!("{}{agency}{}{}", world.paragraph.0, escaped(paragraph), world.paragraph.1)
        })
        .collect();
    let (first, rest) = paragraphs.split_at(paragraphs.len().min(2));
    let date = article.published.to_utc().map(|at| at.format(world.date).to_string()).unwrap_or_default();
    let values = [
        ("title", escaped(article.title)),
        ("author", escaped(article.author)),
        ("summary", escaped(article.summary)),
        ("iso", article.published.rfc3339()),
        ("date", date),
        ("base", base.to_owned()),
        ("path", path.to_owned()),
        ("related", list(world, links)),
        ("first", first.join("\n")),
        ("rest", rest.join("\n")),
    ];
    fill(world.page, &values)
}

pub(super) fn home(world: &Publisher, links: &[(&str, &str)]) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"{}\"><title>{}</title>\
         <link rel=\"alternate\" type=\"{}\" href=\"{}\"></head><body><h1>{2}</h1><ul>\n{}\n</ul></body></html>\n",
        world.language,
        world.page_encoding.name(),
        escaped(world.title),
        world.feed_type.split(';').next().unwrap_or_default(),
        world.feed_path,
        list(world, links),
    )
}

fn list(world: &Publisher, links: &[(&str, &str)]) -> String {
    let line =
        |&(path, title): &(&str, &str)| format!("{}<a href=\"{path}\">{}</a>{}", world.link.0, escaped(title), world.link.1);
    links.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Replaces `{name}` by its value, once over the template: values are not looked at again.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let value = values.iter().find(|(name, _)| rest[1..].strip_prefix(name).is_some_and(|after| after.starts_with('}')));
        match value {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len() + 2..];
            }
            // A brace of a script or a style sheet.
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// What cannot be said in the charset becomes a numeric reference, as publishers do it.
pub(super) fn encode(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
