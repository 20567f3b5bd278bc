//! Arrows point downward only: what each room may use is read off its sources.

use std::path::{Path, PathBuf};

fn sources(path: &Path, all: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), all);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        all.push(path.to_owned());
    }
}

/// A source without its comments and its unit tests.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn assert_free_of(rooms: &[&str], forbidden: &[&str]) {
    let mut wrong = Vec::new();
    for room in rooms {
        let mut files = Vec::new();
        sources(&root().join(room), &mut files);
        assert!(!files.is_empty(), "{room} has moved");
        for file in files {
            let code = code(&file);
            wrong.extend(
                forbidden.iter().filter(|word| code.contains(**word)).map(|word| format!("{} uses {word}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PURE: [&str; 13] = [
    "model.rs",
    "text.rs",
    "tracking.rs",
    "date_words.rs",
    "feed",
    "article",
    "listing.rs",
    "story",
    "schedule.rs",
    "health.rs",
    "websub.rs",
    "publish",
    "demo",
];

#[test]
fn pure_rooms_touch_nothing() {
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::io::stdin",
        "SystemTime",
        "Instant::now",
        "Utc::now",
        "Local::now",
        "new_v4",
        "thread_rng",
        "tokio",
        "async fn",
        "tracing::",
        "reqwest",
        "rusqlite",
        "axum",
        "println!",
    ];
    assert_free_of(&PURE, &outside);
}

#[test]
fn pure_rooms_do_not_know_the_shell() {
    let shell = ["crate::config", "crate::fetch", "crate::store", "crate::serve", "crate::daemon", "crate::cli"];
    assert_free_of(&PURE, &shell);
}

#[test]
fn each_outside_thing_has_one_home() {
    let homes: [(&str, &[&str]); 3] = [("reqwest", &["fetch"]), ("SELECT ", &["store"]), ("INSERT ", &["store"])];
    let mut files = Vec::new();
    sources(&root(), &mut files);
    for (word, rooms) in homes {
        for file in &files {
            let inside = rooms.iter().any(|room| file.starts_with(root().join(room)));
            assert!(inside || !code(file).contains(word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn the_shell_points_downward() {
    assert_free_of(
        &["fetch"],
        &["crate::feed", "crate::article", "crate::story", "crate::store", "crate::serve", "crate::daemon", "crate::cli"],
    );
    assert_free_of(&["store"], &["crate::serve", "crate::daemon", "crate::cli", "reqwest", "tokio::net"]);
    assert_free_of(&["serve"], &["crate::cli", "crate::fetch"]);
    assert_free_of(&["daemon"], &["crate::cli"]);
}
