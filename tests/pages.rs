//! Pages in our own words, each of a kind that came out wrong once, and what must be made of them. The first line of a
//! page is a comment with its address.

use courant::article::{Page, extract, plain_text};

#[path = "common/fixtures.rs"]
mod fixtures;

#[test]
fn pages_come_out_as_written_beside_them() {
    fixtures::check("pages", "html", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let (head, html) = text.split_once("-->\n").unwrap();
        let url = head.trim_start_matches("<!--").trim();
        let page =
            Page { bytes: html.as_bytes(), content_type: Some("text/html; charset=utf-8"), url, title: None, summary: None };
        let found = match extract(&page) {
            Ok(found) => found,
            Err(why) => return format!("no article: {why}\n"),
        };
        let told = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let named = [
            ("canonical", found.canonical_url),
            ("lead image", found.lead_image),
            ("language", found.language),
            ("next page", found.next_page),
        ];
        let more: String = named.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\n", value?))).collect();
        format!(
            "title: {}\nauthor: {}\npublished: {}\n{more}\n{}\n\n{}\n",
            told(found.title),
            told(found.author),
            told(found.published.map(|at| at.rfc3339())),
            plain_text(&found.html),
            found.html.replace("</p>", "</p>\n").trim_end(),
        )
    });
}
