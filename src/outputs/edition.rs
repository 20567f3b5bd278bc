//! A query's stories, rendered.

use crate::config::Output;
use crate::model::Timestamp;
use crate::publish::{self, Channel, Format, OutputLink, Page, PublishedStory};
use crate::store::{Reader, Selection};
use uuid::Uuid;

/// An output's document, also for `courant render`.
pub fn feed(reader: &Reader, output: &Output, format: Format, base_url: &str, now: Timestamp) -> rusqlite::Result<String> {
    let stories = reader.published(&reader.select(&Selection::of(output.whole_query(), output.limit, now))?)?;
    let instance = Uuid::parse_str(&reader.instance()?).unwrap_or_default();
    let channel = Channel {
        name: &output.name,
        title: title(output),
        id: &Uuid::new_v5(&instance, format!("output\n{}", output.name).as_bytes()).urn().to_string(),
        self_url: &format!("{base_url}{}", publish::feed_path(&output.name, format)),
        home_url: &format!("{base_url}/"),
        language: &language(&stories),
        updated: match stories.iter().map(|story| story.updated).max() {
            Some(updated) => updated,
            None => reader.begun()?,
        },
    };
    Ok(publish::render(&channel, &stories, format))
}

/// The language of most stories.
fn language(stories: &[PublishedStory]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for language in stories.iter().filter_map(|story| story.language.as_deref()) {
        match counts.iter_mut().find(|(known, _)| *known == language) {
            Some((_, n)) => *n += 1,
            None => counts.push((language, 1)),
        }
    }
    // On a tie the first in the alphabet, so that the same stories give the same document.
    counts.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    counts.first().map_or("en", |(language, _)| language).to_owned()
}

/// Stories on the page.
const PAGE_STORIES: usize = 100;

/// The page at `/`. `notice`: why it may not show the latest.
pub fn page(reader: &Reader, outputs: &[Output], notice: Option<&str>) -> rusqlite::Result<String> {
    let stories = reader.published(&reader.select(&Selection { limit: PAGE_STORIES, ..Selection::default() })?)?;
    let outputs: Vec<OutputLink> = outputs.iter().map(|output| OutputLink { name: &output.name, title: title(output) }).collect();
    let language = language(&stories);
    Ok(publish::page(&Page {
        title: "courant",
        language: &language,
        notice,
        outputs: &outputs,
        stories: &stories,
        story_base: Some("/story/"),
        older: None,
    }))
}

/// A story's own page; `None`: there is no such story.
pub fn story(reader: &Reader, id: &str) -> rusqlite::Result<Option<String>> {
    let Some(id) = reader.find_story(id)? else { return Ok(None) };
    Ok(reader.published(&[id])?.first().map(|story| publish::story_page("courant", "en", story)))
}

fn title(output: &Output) -> &str {
    if output.title.is_empty() { &output.name } else { &output.title }
}
