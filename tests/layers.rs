//! Arrows point downward only, and never in a circle: who uses whom is read off the sources (`layers/arrows.rs`) and held
//! against the table of rooms in ARCHITECTURE.md.

#[path = "layers/arrows.rs"]
mod arrows;
#[path = "layers/tokens.rs"]
mod tokens;

use arrows::Uses;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Paths that say what is not pure: a test would have to fake what they bring.
const IMPURE: [&str; 19] = [
    "async",
    "axum",
    "chrono::Local",
    "chrono::Utc::now",
    "eprintln!",
    "getrandom",
    "print!",
    "println!",
    "rand",
    "reqwest",
    "rusqlite",
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::process",
    "std::thread",
    "tokio",
    "tracing",
];

/// Beside them: the clock and chance, which hide behind types that pure code may hold.
const IMPURE_CALLS: [&str; 3] = ["std::time::SystemTime", "std::time::Instant", "uuid::Uuid::new_v4"];

/// What has one home; so has SQL, of SQLite and of PostgreSQL. The demo command serves its world with axum too.
const HOMES: [(&str, &[&str]); 3] = [("reqwest", &["fetch"]), ("axum", &["serve", "cli"]), ("tokio_postgres", &["cluster"])];

/// A row of the table: rooms that stand on one floor.
struct Row {
    rooms: Vec<String>,
    may_use: Vec<String>,
    pure: bool,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn table() -> Vec<Row> {
    let text = read("ARCHITECTURE.md");
    let section = text.split("\n## Rooms\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let quoted = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = section.lines().filter(|line| line.starts_with("| `src/"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        Row {
            rooms: quoted(cells[1]).iter().map(|path| room_of(path.trim_start_matches("src/"))).collect(),
            may_use: quoted(cells[3]),
            pure: cells[3].contains("pure"),
        }
    })
    .collect()
}

/// `feed/dates.rs`, `feed/` → `feed`; `text.rs` → `text`
fn room_of(file: &str) -> String {
    file.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

fn house() -> BTreeMap<String, Uses> {
    fn collect(root: &Path, folder: &Path, all: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, all);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                all.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    collect(&root, &root, &mut sources);
    arrows::read(&sources)
}

#[test]
fn the_table_knows_every_room_and_points_upward_in_itself() {
    let mut above: BTreeSet<String> = BTreeSet::new();
    for row in table() {
        for used in &row.may_use {
            assert!(above.contains(used), "ARCHITECTURE.md: {:?} may use `{used}`, which does not stand above", row.rooms);
        }
        above.extend(row.rooms);
    }
    let rooms: BTreeSet<String> = house().keys().map(|file| room_of(file)).filter(|room| room != "lib").collect();
    assert_eq!(rooms, above, "the rooms of src (left) and of ARCHITECTURE.md (right)");
}

#[test]
fn arrows_point_downward_and_in_no_circle() {
    let house = house();
    let mut wrong: BTreeSet<String> = BTreeSet::new();
    let table = table();
    for (file, uses) in &house {
        let room = room_of(file);
        let Some(row) = table.iter().find(|row| row.rooms.contains(&room)) else { continue };
        let used = uses.files.iter().chain(&uses.modules).map(|used| room_of(used));
        let allowed = |used: &String| row.rooms.contains(used) || row.may_use.contains(used);
        wrong.extend(used.filter(|used| !allowed(used)).map(|used| format!("{file} may not use {used}")));
    }
    wrong.extend(arrows::cycles(&house).into_iter().map(|files| format!("circle: {}", files.join(" "))));
    wrong.extend(arrows::doors(&house).into_iter().map(|door| format!("circle through {door}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn begins(path: &str, with: &str) -> bool {
    path.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn pure_rooms_touch_nothing() {
    let pure: Vec<String> = table().into_iter().filter(|row| row.pure).flat_map(|row| row.rooms).collect();
    assert!(pure.len() >= 10, "{pure:?}");
    for (file, uses) in house().iter().filter(|(file, _)| pure.contains(&room_of(file))) {
        let impure = IMPURE.iter().chain(&IMPURE_CALLS);
        let found: Vec<_> = impure.filter(|impure| uses.outside.iter().any(|path| begins(path, impure))).collect();
        assert!(found.is_empty(), "{file} uses {found:?}");
    }
}

#[test]
fn each_outside_thing_has_one_home() {
    for (file, uses) in house() {
        let room = room_of(&file);
        for (name, homes) in HOMES {
            assert!(homes.contains(&room.as_str()) || !uses.outside.iter().any(|path| begins(path, name)), "{file} uses {name}");
        }
        let is_sql = |text: &&String| ["SELECT ", "INSERT ", "UPDATE ", "DELETE FROM "].iter().any(|word| text.contains(word));
        let sql = uses.strings.iter().find(is_sql);
        assert!(room == "store" || file.starts_with("cluster/postgres/") || sql.is_none(), "{file} holds SQL: {sql:?}");
    }
}
