//! The database as a file of its own: backed up while it is in use, restored, exported and imported; and what is done about a
//! damaged one.

mod common;
#[path = "common/service.rs"]
mod service;
#[path = "common/tables.rs"]
mod tables;

use common::World;
use service::{Service, courant, run, said, until};
use std::path::{Path, PathBuf};

struct Home {
    _world: World,
    folder: tempfile::TempDir,
}

impl Home {
    /// A folder whose database holds the demo's world.
    fn new() -> Home {
        let home = Home { _world: World::start(), folder: tempfile::tempdir().unwrap() };
        home._world.files(home.path());
        let config = std::fs::read_to_string(home.path().join("courant.toml")).unwrap();
        std::fs::write(home.path().join("courant.toml"), format!("{config}[store]\nreserve = \"0B\"\n")).unwrap();
        home.ok(&["once", "--all"]);
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn database(&self) -> PathBuf {
        self.path().join("state/courant.db")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = run(self.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = run(self.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    fn outputs(&self) -> Vec<String> {
        ["atom", "rss", "json"].iter().map(|format| self.ok(&["render", "all", "--format", format])).collect()
    }
}

#[test]
fn an_export_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("courant.toml");
    std::fs::write(&config, "").unwrap();
    std::fs::write(folder.path().join("feeds.toml"), "").unwrap();
    let courant = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_courant"));
        command.args(["--config"]).arg(&config).env("XDG_STATE_HOME", folder.path());
        command
    };
    assert!(courant().arg("once").output().unwrap().status.success());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let exported = courant().args(["db", "export"]).stdout(full).output().unwrap();
    assert_eq!(exported.status.code(), Some(1), "{}", String::from_utf8_lossy(&exported.stderr));
    // Nobody hears what is said beside the stories, and they are printed all the same.
    let deaf = std::fs::File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(courant().args(["db", "check"]).stderr(deaf).status().unwrap().code(), Some(0));
}

#[test]
fn a_backup_is_made_in_use_and_put_back() {
    let home = Home::new();
    let before = home.outputs();
    let mut service = Service::start(courant(home.path(), &["run"]));
    let named = home.path().join("mine.db");
    home.ok(&["db", "backup", named.to_str().unwrap()]);
    let other = home.ok(&["db", "backup"]).trim().to_owned();
    assert!(Path::new(&other).starts_with(home.path().join("state/backups")), "{other}");
    assert!(home.refused(&["db", "backup", named.to_str().unwrap()]).contains("exists already"));
    assert!(home.refused(&["db", "restore", &other]).contains("owns the state folder"));
    let feed = home._world.feeds()[0].clone();
    home.ok(&["feed", "remove", &feed, "--purge"]);
    assert_ne!(home.outputs(), before);
    service.stop();
    assert!(home.ok(&["db", "restore", &other]).contains("replaced"));
    assert_eq!(home.outputs(), before, "to the byte");
    assert!(home.ok(&["db", "check"]).contains("whole"));
    // What is polled next brings only what is new: nothing.
    assert!(home.ok(&["once", "--all"]).contains(" 0 new entries"));
    // What is newer, damaged or not a database is refused, and all stays as it is.
    let newer = rusqlite::Connection::open(&named).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    drop(newer);
    assert!(home.refused(&["db", "restore", named.to_str().unwrap()]).contains("newer courant"));
    std::fs::write(&named, "this is not a database, whatever it is called").unwrap();
    home.refused(&["db", "restore", named.to_str().unwrap()]);
    home.refused(&["db", "restore", "/no/such/file"]);
    assert_eq!(home.outputs(), before);
}

#[test]
fn whoever_copies_a_database_of_another_only_reads_it() {
    let home = Home::new();
    let owner = rusqlite::Connection::open(home.database()).unwrap();
    owner.execute("UPDATE entries SET title = 'Another'", []).unwrap();
    let log = home.path().join("state/courant.db-wal");
    let files = || (std::fs::read(home.database()).unwrap(), std::fs::read(&log).unwrap());
    let before = files();
    let copy = home.ok(&["db", "backup"]);
    assert!(files() == before, "neither the database nor its log is written");
    let copied = rusqlite::Connection::open(copy.trim()).unwrap();
    let n: i64 = copied.query_row("SELECT count(*) FROM entries WHERE title <> 'Another'", [], |row| row.get(0)).unwrap();
    assert_eq!(n, 0, "what is in the log is in the copy");
}

#[test]
fn a_restore_that_was_cut_short_is_finished_by_whoever_comes_next() {
    let home = Home::new();
    let backup = PathBuf::from(home.ok(&["db", "backup"]).trim());
    let before = home.outputs();
    let state = home.path().join("state");
    let next: [&[&str]; 4] = [&["once"], &["db", "reindex"], &["db", "compact"], &["db", "prune"]];
    for (cut, next) in next.into_iter().enumerate() {
        // What is there now is another database than the backup, and part of it is in its log.
        let later = rusqlite::Connection::open(home.database()).unwrap();
        later.execute("UPDATE entries SET title = 'Another'", []).unwrap();
        assert_ne!(home.outputs(), before);
        std::fs::copy(state.join("courant.db-wal"), state.join("log")).unwrap();
        drop(later);
        std::fs::rename(state.join("log"), state.join("courant.db-wal")).unwrap();
        // Cut after 0, 1, 2 and 3 of its steps, behind the one that decides.
        let aside = format!("courant.db.replaced-{cut}");
        std::fs::copy(&backup, state.join(format!("courant.db.restoring.replaced-{cut}"))).unwrap();
        std::fs::write(state.join("courant.damaged"), "it was").unwrap();
        if cut >= 1 {
            std::fs::rename(home.database(), state.join(&aside)).unwrap();
        }
        if cut >= 2 {
            std::fs::rename(state.join("courant.db-wal"), state.join(format!("{aside}-wal"))).unwrap();
        }
        if cut >= 3 {
            std::fs::remove_file(state.join("courant.damaged")).unwrap();
        }
        home.ok(next);
        assert_eq!(home.outputs(), before, "after {cut} steps, `courant {}`", next.join(" "));
        assert!(state.join(&aside).exists() && state.join(format!("{aside}-wal")).exists(), "what was there is set aside whole");
        assert!(!state.join("courant.damaged").exists(), "and what was wrong with it");
        assert!(home.ok(&["db", "check"]).contains("whole"));
    }
    // A copy that was not whole yet decides nothing.
    std::fs::write(state.join("courant.db.part"), "half of a backup").unwrap();
    home.ok(&["once"]);
    assert_eq!(home.outputs(), before);
    assert!(!state.join("courant.db.part").exists(), "and goes");
}

#[test]
fn what_another_version_or_a_failing_disk_left_of_a_restore_replaces_nothing() {
    let home = Home::new();
    let backup = PathBuf::from(home.ok(&["db", "backup"]).trim());
    let later = rusqlite::Connection::open(home.database()).unwrap();
    later.execute("UPDATE entries SET title = 'Another'", []).unwrap();
    drop(later);
    let (before, state) = (home.outputs(), home.path().join("state"));
    // Of an older version, whose copies had no suffix and may be half; then a torn one, and one for which nothing can be set aside.
    let torn = std::fs::read(&backup).unwrap();
    std::fs::copy(&backup, state.join("courant.db.restoring")).unwrap();
    home.ok(&["once"]);
    assert_eq!(home.outputs(), before);
    let half = state.join("courant.db.restoring.replaced-1");
    std::fs::write(&half, &torn[..torn.len() / 2]).unwrap();
    std::fs::copy(&backup, state.join("courant.db.restoring.replaced-2")).unwrap();
    std::fs::write(state.join("courant.db.replaced-2"), "what was set aside").unwrap();
    assert!(home.ok(&["once"]).contains("is ignored"));
    assert_eq!(home.outputs(), before);
    assert_eq!(std::fs::read(state.join("courant.db.replaced-2")).unwrap(), b"what was set aside");
    // Where the database is set aside already, an empty one does not take its place.
    std::fs::remove_file(state.join("courant.db.restoring.replaced-2")).unwrap();
    let aside = state.join("courant.db.replaced-1");
    std::fs::rename(home.database(), &aside).unwrap();
    home.refused(&["once"]);
    assert!(!home.database().exists());
    std::fs::rename(aside, home.database()).unwrap();
    // A copy that cannot be finished goes.
    std::fs::remove_file(half).unwrap();
    let limited =
        format!("ulimit -f 64; exec {} --config courant.toml db restore {}", env!("CARGO_BIN_EXE_courant"), backup.display());
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(home.path()).env_clear().env("HOME", home.path());
    let failed = shell.args(["-c", &format!("trap '' XFSZ; {limited}")]).output().unwrap();
    assert!(!failed.status.success() && said(&failed).contains("courant.db.part: File too large"), "{}", said(&failed));
    assert!(std::fs::metadata(&backup).unwrap().len() > 64 * 1024);
    assert!(!state.join("courant.db.part").exists());
    assert_eq!(home.outputs(), before);
}

#[test]
fn what_was_exported_is_imported_as_it_was() {
    let home = Home::new();
    let stories = home.ok(&["stories", "--since", "9999d", "--limit", "100", "--format", "tsv"]);
    let ids: Vec<&str> =
        stories.lines().filter_map(|line| line.split('\t').next()).filter(|id| id.parse::<u64>().is_ok()).collect();
    home.ok(&["story", "merge", ids[0], ids[1]]);
    home.ok(&["db", "compact"]);
    let (before, searched) = (home.outputs(), home.ok(&["stories", "the", "--since", "9999d", "--format", "tsv"]));
    let export = home.path().join("all.jsonl");
    home.ok(&["db", "export", export.to_str().unwrap()]);
    let was = home.path().join("was.db");
    std::fs::rename(home.database(), &was).unwrap();
    home.ok(&["db", "import", export.to_str().unwrap()]);
    assert!(home.refused(&["db", "import", export.to_str().unwrap()]).contains("exists already"));
    assert_eq!(home.outputs(), before, "to the byte");
    assert_eq!(home.ok(&["stories", "the", "--since", "9999d", "--format", "tsv"]), searched);
    assert!(home.ok(&["db", "check"]).contains("whole"));
    let again = home.path().join("again.jsonl");
    home.ok(&["db", "export", again.to_str().unwrap()]);
    assert_eq!(std::fs::read(&export).unwrap(), std::fs::read(&again).unwrap());
    let (was, now) = (tables::rows(&was), tables::rows(&home.database()));
    for table in
        was.keys().filter(|table| !["bodies", "dictionaries", "entry_bodies", "article_bodies"].contains(&table.as_str()))
    {
        assert_eq!(was[table], now[table], "{table}");
    }
    assert!(home.ok(&["once", "--all"]).contains(" 0 new entries"));
}

#[test]
fn what_is_made_of_a_nodes_export_is_nobodys() {
    let home = Home::new();
    let before = home.outputs();
    rusqlite::Connection::open(home.database())
        .unwrap()
        .execute_batch(
            "INSERT INTO replica(id, cluster, node, seq, chain) VALUES(1, 'c', 'n1', 7, x'00');
             INSERT INTO members VALUES('n1', 1, ''); INSERT INTO forwarded VALUES('n1', 1, 2);
             INSERT INTO replies VALUES(1, 2, '{}'); INSERT INTO passed_over VALUES(1); INSERT INTO loans VALUES('a.example', 'n1');",
        )
        .unwrap();
    let export = home.path().join("all.jsonl");
    home.ok(&["db", "export", export.to_str().unwrap()]);
    let mut lines = std::fs::read_to_string(&export).unwrap();
    for table in ["replica", "members", "forwarded", "replies", "passed_over", "loans"] {
        assert!(!lines.contains(&format!("\"{table}\"")), "{table}");
    }
    std::fs::remove_file(home.database()).unwrap();
    // One that ends early leaves nothing.
    std::fs::write(&export, &lines[..lines.len() - 9]).unwrap();
    home.refused(&["db", "import", export.to_str().unwrap()]);
    let left = std::fs::read_dir(home.path().join("state")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains("import")).collect::<Vec<_>>(), [""; 0]);
    // An older version exported these tables, too.
    lines.push_str(
        "{\"table\":\"replica\",\"row\":{\"id\":1,\"cluster\":\"c\",\"node\":\"n1\",\"seq\":7,\"chain\":{\"hex\":\"00\"}}}\n",
    );
    std::fs::write(&export, lines).unwrap();
    home.ok(&["db", "import", export.to_str().unwrap()]);
    assert_eq!(home.outputs(), before);
    assert!(home.ok(&["once", "--all"]).contains(" 0 new entries"));
}

#[test]
fn backups_come_and_go() {
    let home = Home::new();
    let folder = home.path().join("state/backups");
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(PathBuf::from(home.ok(&["db", "backup"]).trim()));
        // Their names are seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    let there: Vec<bool> = all.iter().map(|file| file.exists()).collect();
    assert_eq!(there, [false, true, true]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    // What a killed process left goes, once nobody can be writing it any more; what is somebody else's stays.
    let parts = [
        ("courant-20260101T000000Z.db.part", true, false),
        ("courant-schema-13.db.part", true, false),
        ("courant-20260102T000000Z.db.part", false, true),
        ("mine.db.part", true, true),
    ];
    for (name, is_old, _) in parts {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        let hours = if is_old { 2 } else { 0 };
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600)).unwrap();
    }
    home.ok(&["once"]);
    assert_eq!(parts.map(|(name, ..)| folder.join(name).exists()), parts.map(|(.., stays)| stays));
}

/// Writes nonsense over pages in the middle of the file.
fn damage(database: &Path) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::options().write(true).open(database).unwrap();
    let n_pages = file.metadata().unwrap().len() / 4096;
    for page in (2..n_pages).step_by(3) {
        file.write_all_at(&[0x5a; 512], page * 4096).unwrap();
    }
}

#[test]
fn a_damaged_database_gives_way_to_the_last_good_backup() {
    let home = Home::new();
    let before = home.outputs();
    home.ok(&["db", "backup"]);
    damage(&home.database());
    home.refused(&["db", "check"]);
    // As a machine that lost its power leaves it.
    std::fs::write(home.path().join("state/courant.lock"), "1").unwrap();
    // The damage is found at once or behind the running service, and mended by the next start.
    until("it is mended", || {
        let mut child = courant(home.path(), &["run"]).stderr(std::process::Stdio::null()).spawn().unwrap();
        let started = std::time::Instant::now();
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(_) => break true,
                None if started.elapsed().as_secs() >= 3 => break false,
                None => std::thread::sleep(std::time::Duration::from_millis(50)),
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        !ended && run(home.path(), &["db", "check"]).status.success()
    });
    assert_eq!(home.outputs(), before);
    let aside = |file: std::fs::DirEntry| file.file_name().to_string_lossy().starts_with("courant.db.damaged-");
    assert!(std::fs::read_dir(home.path().join("state")).unwrap().any(|file| aside(file.unwrap())), "it is not deleted");
}

#[test]
fn a_damaged_database_without_a_backup_stays_and_the_next_step_is_said() {
    let home = Home::new();
    std::fs::write(home.database(), vec![0x5a; 40_960]).unwrap();
    let said = home.refused(&["once"]);
    assert!(said.contains("is damaged") && said.contains("no backup"), "{said}");
    assert_eq!(std::fs::read(home.database()).unwrap(), vec![0x5a; 40_960]);
}
