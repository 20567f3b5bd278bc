//! What a process wrote down of its work, done again: the same database, the same outputs.

mod common;
#[path = "common/recording.rs"]
mod recording;
#[path = "common/tables.rs"]
mod tables;

use courant::daemon;
use courant::outputs::Imprint;
use courant::store::{Reader, Selection};
use recording::recorded;
use std::path::Path;

fn replay(record: &str, database: &Path) -> anyhow::Result<usize> {
    daemon::replay(record.as_bytes(), database)
}

#[test]
fn the_same_commands_give_the_same_database_and_the_same_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let (record, config) = recorded(folder.path());
    let record = std::fs::read_to_string(record).unwrap();
    let again = folder.path().join("again.db");
    let n_commands = replay(&record, &again).unwrap();
    assert!(n_commands > 20, "{n_commands}");
    let opened = |line: &&str| line.starts_with("{\"opened\"");
    assert_eq!(record.lines().filter(opened).count(), 3);

    assert_eq!(tables::differences(&config.database(), &again), [""; 0]);
    let (first, second) = (Reader::open(&config.database()).unwrap(), Reader::open(&again).unwrap());
    let imprint = Imprint {
        outputs: config.outputs.clone(),
        base_url: config.base_url(),
        is_served: true,
        images: Default::default(),
        hub: None,
        node: None,
        tells_sizes: false,
    };
    let files = |reader| imprint.everything(reader, courant::model::Timestamp(0)).unwrap();
    assert!(files(&first).len() > 10);
    assert_eq!(files(&first), files(&second));
    // The text index, by asking it: every first word of a title, which in Chinese is the whole title.
    let ids = first.select(&Selection { limit: 1000, ..Selection::default() }).unwrap();
    let titles = first.published(&ids).unwrap().into_iter().map(|story| story.title);
    let words = titles.map(|title| title.split(' ').next().unwrap_or_default().to_owned());
    for word in words.chain(["the", "nobody-says-this"].map(String::from)) {
        let find = |reader: &Reader| {
            reader.select(&Selection { query: word.parse().unwrap(), limit: 1000, ..Selection::default() }).unwrap()
        };
        assert_eq!(find(&first), find(&second), "{word}");
        assert_eq!(find(&first).is_empty(), word == "nobody-says-this", "{word}");
    }
    let refused = replay(&record, &again).unwrap_err().to_string();
    assert!(refused.contains("exists already"), "{refused}");
}

#[test]
fn a_record_with_a_damaged_line_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let opened = r#"{"opened":{"at":1790000000000,"instance":"00000000-0000-0000-0000-000000000007"}}"#;
    let beat = r#"{"command":{"heartbeat":{"at":1790000000001}}}"#;
    let whole = format!("{opened}\n{beat}\n{beat}\n");
    let to = |name: &str| folder.path().join(name);
    assert_eq!(replay(&whole, &to("whole.db")).unwrap(), 2);
    for (name, record, line) in [
        // As a full disk or a kill leaves it.
        ("cut.db", whole[..whole.len() - 10].to_owned(), "line 3"),
        ("strange.db", format!("{opened}\n{beat}\n{{\"command\":{{\"fly\":{{}}}}}}\n{beat}\n"), "line 3"),
        ("empty.db", format!("{opened}\n\n{beat}\n"), "line 2"),
        ("headless.db", format!("{beat}\n{opened}\n"), "line 1"),
        ("refused.db", format!("{opened}\n{}\n", r#"{"command":{"remove":{"feed":9,"purge":true,"at":1}}}"#), "line 2"),
    ] {
        let said = format!("{:#}", replay(&record, &to(name)).unwrap_err());
        assert!(said.contains(&format!("{line} of the record")), "{name}: {said}");
    }
}
