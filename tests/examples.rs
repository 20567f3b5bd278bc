//! The examples do what they say, on the demo's world.

#[path = "../examples/cluster_file.rs"]
mod cluster_file;
#[path = "../examples/extract_page.rs"]
mod extract_page;
#[path = "../examples/parse_feed.rs"]
mod parse_feed;

use courant::demo::world;

/// The first publisher's answer, as a file would hold it.
fn answer(path: &str) -> Vec<u8> {
    let bases: Vec<String> = (0..world::PUBLISHERS).map(|n| format!("http://{n}.example")).collect();
    world::answer(0, path, &bases).unwrap().1
}

#[test]
fn a_feed_is_parsed() {
    let lines = parse_feed::lines(&answer(world::feed_path(0)), "http://0.example/rss.xml").unwrap();
    let articles: Vec<_> = world::articles().into_iter().filter(|article| article.publisher == 0).collect();
    assert_eq!(lines.len(), articles.len());
    assert!(articles.iter().all(|article| lines.iter().any(|line| line.contains(article.title))), "{lines:?}");
    assert!(lines[0].contains("\thttp://0.example/"), "{lines:?}");
    assert!(parse_feed::lines(b"no feed", "").is_err());
}

#[test]
fn a_page_is_extracted() {
    let address = "http://0.example/2026/11/open-cranes.html";
    let (title, text) = extract_page::article(&answer("/2026/11/open-cranes.html"), address).unwrap();
    let articles = world::articles();
    let article = articles.iter().find(|article| article.title == title).unwrap();
    assert!(article.paragraphs.iter().all(|paragraph| text.contains(paragraph)), "{text}");
}

#[test]
fn a_file_is_clustered() {
    let lines = [
        ("a", "Harbour of Penrose opens its cranes to public", "2026-11-24T08:00:00Z"),
        ("b", "Compiler Quillstone 3 is released with faster builds", "2026-11-24T09:00:00Z"),
        ("c", "Harbour of Penrose opens its cranes to public", "2026-11-24T10:00:00Z"),
    ];
    let lines = lines.map(|(feed, title, at)| serde_json::json!({"feed": feed, "title": title, "published": at}).to_string());
    let stories = cluster_file::stories(&lines.join("\n")).unwrap();
    assert_eq!(stories.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1], "{stories:?}");
    assert!(cluster_file::stories("{}").is_err());
}
