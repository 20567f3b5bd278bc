//! The program as people and scripts call it.

mod common;

use common::World;
use std::path::Path;
use std::process::{Command, Output};

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
    command.args(arguments).env_clear().env("HOME", home).env("TZ", "UTC");
    command
}

fn courant(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_demo_shows_the_main_job() {
    let home = tempfile::tempdir().unwrap();
    let demo = courant(home.path(), &["demo", "--once", "--listen", "127.0.0.1:0"]);
    assert_eq!(code(&demo), 0, "{}", stderr(&demo));
    let shown = stdout(&demo);
    let (entries, stories) = courant::demo::world::expected();
    assert!(shown.contains(&format!("{entries} entries became {stories} stories, {entries} with their articles")), "{shown}");
    for part in ["Polled", "Stripped from the pages", "Merged, and why", "same address"] {
        assert!(shown.contains(part), "{part}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "the demo leaves nothing behind");
}

#[test]
fn wrong_use_is_answered_with_the_right_code() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| courant(home.path(), arguments);
    assert_eq!(code(&run(&["--help"])), 0);
    assert_eq!(code(&run(&["no-such-command"])), 2);
    assert_eq!(code(&run(&["stories", "--since", "soon"])), 2);
    assert_eq!(code(&run(&["feed", "add", "ftp://a.example/", "--no-check"])), 2);
    assert_eq!(code(&run(&["--config", "/no/such/file", "status"])), 3);
    let none = run(&["status"]);
    assert_eq!(code(&none), 1);
    assert!(stderr(&none).contains("courant run"), "{}", stderr(&none));
    let config = home.path().join("bad.toml");
    std::fs::write(&config, "[poll]\nintervall = \"1h\"\n").unwrap();
    let bad = run(&["--config", config.to_str().unwrap(), "config", "check"]);
    assert_eq!(code(&bad), 3);
    assert!(stderr(&bad).contains("bad.toml:2:1: unknown key \"intervall\"; did you mean \"interval\"?"), "{}", stderr(&bad));
}

#[test]
fn init_writes_a_configuration_that_checks() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(code(&courant(home.path(), &["init"])), 0);
    let check = courant(home.path(), &["config", "check"]);
    assert_eq!(code(&check), 0, "{}", stderr(&check));
    assert!(stdout(&check).contains("ok, "));
    let again = courant(home.path(), &["init"]);
    assert!(stderr(&again).contains("stays as it is"));
}

#[test]
fn a_pass_and_its_stories() {
    let (world, home) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.files(home.path());
    let run = |arguments: &[&str]| courant(home.path(), &[&["--config", config.to_str().unwrap()], arguments].concat());
    let once = run(&["once", "--all"]);
    assert_eq!(code(&once), 0, "{}{}", stdout(&once), stderr(&once));
    let (entries, stories) = courant::demo::world::expected();
    let status: serde_json::Value = serde_json::from_str(&stdout(&run(&["status", "--format", "json"]))).unwrap();
    assert_eq!((status["entries"].as_u64(), status["stories"].as_u64()), (Some(entries as u64), Some(stories as u64)));
    assert_eq!(
        (status["feeds"].as_u64(), status["articles"].as_u64()),
        (Some(courant::demo::world::PUBLISHERS as u64), Some(entries as u64))
    );

    let all: serde_json::Value =
        serde_json::from_str(&stdout(&run(&["stories", "--since", "9999d", "--limit", "100", "--format", "json"]))).unwrap();
    assert_eq!(all.as_array().unwrap().len(), stories);
    let merged = all.as_array().unwrap().iter().find(|story| story["sources"].as_array().unwrap().len() > 1).unwrap();
    let id = merged["id"].to_string();
    let why = stdout(&run(&["why", &id]));
    assert_eq!(why.matches("\nentry ").count(), 2, "{why}");
    assert!(stdout(&run(&["story", "show", &id])).contains(merged["title"].as_str().unwrap()));
    assert_eq!(stdout(&run(&["story", "show", merged["urn"].as_str().unwrap()])), stdout(&run(&["story", "show", &id])));
    assert_eq!(code(&run(&["story", "show", "999999"])), 4);
    let chinese = stdout(&run(&["stories", "输入法", "--since", "9999d", "--format", "tsv"]))
        + &stdout(&run(&["stories", "輸入法", "--since", "9999d", "--format", "tsv"]));
    assert!(chinese.lines().count() > 1, "{chinese}");
    assert_eq!(code(&run(&["stories", "zzzzzz", "--since", "9999d"])), 4);
    for (format, start) in [("atom", "<?xml"), ("rss", "<?xml"), ("json", "{")] {
        assert!(stdout(&run(&["render", "all", "--format", format])).starts_with(start));
    }
    let files = home.path().join("www");
    assert!(run(&["render", "--all", files.to_str().unwrap()]).status.success());
    for file in ["feeds/all.atom", "feeds/all.rss", "feeds/all.json", "index.html", "page.js"] {
        assert!(files.join(file).is_file(), "{file}");
    }
    assert_eq!(code(&run(&["render"])), 2);
    assert_eq!(code(&run(&["render", "nobody"])), 4);

    // Subscriptions: the list, its feeds, in and out.
    let feed = world.feeds()[0].clone();
    let shown = stdout(&run(&["feed", "show", &feed]));
    assert!(shown.contains("because: ") && shown.contains("articles   auto: of the latest 4 entries"), "{shown}");
    let doctor = run(&["doctor"]);
    let all_well = format!("0 feeds need attention, of {}", courant::demo::world::PUBLISHERS);
    assert_eq!((code(&doctor), stdout(&doctor).contains(&all_well)), (0, true), "{}", stdout(&doctor));
    // Whoever reads has seen enough before the first line.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = command(home.path(), &["--config", config.to_str().unwrap(), "feed", "show", &feed]);
    assert_eq!(code(&command.stdout(writer).output().unwrap()), 0);
    let again = run(&["feed", "refetch", &feed]);
    assert!(code(&again) == 0 && stderr(&again).contains("everything anew; 4 entries"), "{}", stderr(&again));
    assert_eq!(code(&run(&["feed", "refetch", "https://nobody.example/"])), 4);
    assert_eq!(stdout(&run(&["feed", "list", "--format", "jsonl"])).lines().count(), world.feeds().len());
    assert_eq!(code(&run(&["feed", "pause", &feed])), 0);
    run(&["once"]);
    assert_eq!(code(&run(&["feed", "refetch", &feed])), 4, "a paused feed is not asked");
    assert!(stdout(&run(&["feed", "list", "--format", "tsv"])).contains("paused"));
    assert_eq!(code(&run(&["feed", "resume", &feed])), 0);
    let opml = home.path().join("out.opml");
    std::fs::write(&opml, run(&["feed", "export"]).stdout).unwrap();
    let import = run(&["feed", "import", opml.to_str().unwrap()]);
    assert!(stderr(&import).contains(&format!("skipped {}", world.feeds().len())), "{}", stderr(&import));
    assert_eq!(code(&run(&["feed", "remove", &feed, "--purge"])), 0);
    assert_eq!(stdout(&run(&["feed", "list", "--format", "jsonl"])).lines().count(), world.feeds().len() - 1);
    let add = run(&["feed", "add", &feed, "--tag", "back"]);
    assert_eq!(code(&add), 0, "{}", stderr(&add));
    assert_eq!(code(&run(&["once"])), 0);
    let status: serde_json::Value = serde_json::from_str(&stdout(&run(&["status", "--format", "json"]))).unwrap();
    assert_eq!(status["entries"].as_u64(), Some(entries as u64));
}

#[test]
fn no_control_byte_reaches_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let evil = ["\u{1b}[31mred", "\u{9b}2J", "a\rb", "\u{202e}olleh", "]0;title\u{7}", "\u{7f}del"];
    let items: Vec<serde_json::Value> =
        evil.iter().enumerate().map(|(n, title)| serde_json::json!({"id": n.to_string(), "title": title, "content_text": format!("{title} body {n}"), "authors": [{"name": title}]})).collect();
    let feed = serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": evil[0], "items": items});
    let file = home.path().join("evil.json");
    std::fs::write(&file, feed.to_string()).unwrap();
    std::fs::write(home.path().join("feeds.toml"), format!("[[feed]]\nurl = \"file://{}\"\n", file.display())).unwrap();
    let config = home.path().join("courant.toml");
    std::fs::write(&config, "state_dir = \"state\"\n[log]\nlevel = \"debug\"\n").unwrap();
    let run = |arguments: &[&str]| courant(home.path(), &[&["--config", config.to_str().unwrap()], arguments].concat());
    let page = home.path().join("evil.html");
    let text = "<p>A paragraph of some length, with commas, so that it is an article for the extractor.</p>".repeat(3);
    std::fs::write(&page, format!("<title>{}</title><h1>{}</h1>{text}<p>{}</p>", evil.join(" "), evil.join(" "), evil.join(" ")))
        .unwrap();
    let page = page.to_str().unwrap();
    let commands: [&[&str]; 12] = [
        &["once", "--all"],
        &["stories", "--since", "9999d"],
        &["stories", "--since", "9999d", "--format", "tsv"],
        &["stories", "--since", "9999d", "--format", "md"],
        &["feed", "list"],
        &["status"],
        &["story", "show", "1"],
        &["why", "1"],
        &["render", "all", "--format", "rss"],
        &["article", page],
        &["article", page, "--html"],
        &["article", page, "--explain"],
    ];
    for command in commands {
        let output = run(command);
        assert_eq!(code(&output), 0, "{command:?} {}", stderr(&output));
        assert_harmless(command, &output);
    }
}

fn assert_harmless(command: &[&str], output: &Output) {
    for text in [stdout(output), stderr(output)] {
        let hostile = text.chars().find(|c| *c != '\n' && *c != '\t' && courant::text::is_hostile(*c));
        assert!(hostile.is_none(), "{command:?}: {hostile:?} in {text:?}");
    }
}

/// A server whose answers are evil in every place that HTTP has: reason, types, validators, addresses, hubs, rules for robots.
fn evil_server() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let n = stream.read(&mut request).unwrap_or(0);
            let head = String::from_utf8_lossy(&request[..n]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let evil = "\u{9b}31m\u{202e}";
            let text = "A paragraph of some length, with commas, so that it is an article for the extractor.";
            let item = format!(
                "<item><title>{evil}one</title><guid>{evil}1</guid><link>/page/{evil}</link><category>{evil}</category>\
                 <author>{evil}@x.example ({evil})</author><description>{evil} {text}</description></item>"
            );
            let (status, headers, body) = match path {
                "/feed" => (
                    format!("200 {evil}"),
                    format!(
                        "Content-Type: application/rss+xml; x={evil}\r\nETag: \"{evil}\"\r\nLast-Modified: {evil}\r\nLink: <http://hub.example/{evil}>; rel=hub\r\n"
                    ),
                    format!(
                        "<rss version='2.0'><channel><title>{evil}</title><link>/{evil}</link><ttl>{evil}</ttl>{item}</channel></rss>"
                    ),
                ),
                "/gone" => (format!("410 {evil}"), String::new(), evil.to_owned()),
                "/moved" => ("301 Moved".to_owned(), format!("Location: /{evil}\r\n"), String::new()),
                "/elsewhere" => ("302 Found".to_owned(), format!("Location: javascript:{evil}\r\n"), String::new()),
                "/web" => {
                    (format!("200 {evil}"), format!("Content-Type: text/html{evil}\r\n"), format!("<title>{evil}</title>{evil}"))
                }
                "/login" => (format!("401 {evil}"), format!("WWW-Authenticate: Basic realm=\"{evil}\"\r\n"), evil.to_owned()),
                "/later" => (format!("503 {evil}"), format!("Retry-After: {evil}\r\n"), evil.to_owned()),
                "/coded" => ("200 OK".to_owned(), format!("Content-Encoding: {evil}\r\n"), evil.to_owned()),
                "/robots.txt" => {
                    ("200 OK".to_owned(), String::new(), format!("User-agent: *\nDisallow: /page/{evil}\n{evil}: {evil}\n"))
                }
                _ => (
                    "200 OK".to_owned(),
                    "Content-Type: text/html\r\n".to_owned(),
                    format!("<title>{evil}</title><h1>{evil}</h1><p>{text}</p>"),
                ),
            };
            let answer =
                format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    base
}

#[test]
fn no_control_byte_of_a_server_reaches_a_terminal_or_the_log() {
    let (home, base) = (tempfile::tempdir().unwrap(), evil_server());
    let paths = ["/feed", "/gone", "/moved", "/elsewhere", "/web", "/login", "/later", "/coded"];
    let feeds: String = paths.iter().map(|path| format!("[[feed]]\nurl = \"{base}{path}\"\n")).collect();
    std::fs::write(home.path().join("feeds.toml"), feeds).unwrap();
    let config = home.path().join("courant.toml");
    let text = "state_dir = \"state\"\n[poll]\nhost_spacing = \"0s\"\n[fetch]\nallow_private = [\"127.0.0.1\"]\n[log]\nlevel = \"trace\"\n";
    std::fs::write(&config, text).unwrap();
    let run = |arguments: &[&str]| {
        let output = courant(home.path(), &[&["--config", config.to_str().unwrap()], arguments].concat());
        assert_harmless(arguments, &output);
        (stdout(&output), stderr(&output))
    };
    let (_, log) = run(&["once", "--all"]);
    assert!(paths.iter().all(|path| log.contains(path)), "the log tells of every feed: {log}");
    let (listed, _) = run(&["feed", "list"]);
    assert!(listed.contains("/gone") && listed.contains("/login"), "{listed}");
    for path in paths {
        let address = format!("{base}{path}");
        run(&["feed", "show", &address]);
        run(&["feed", "test", &address]);
        run(&["article", &address, "--explain"]);
    }
    for format in ["json", "jsonl", "tsv", "md"] {
        run(&["feed", "list", "--format", format]);
        run(&["stories", "--since", "9999d", "--format", format]);
    }
    for format in ["atom", "rss", "json", "opml"] {
        run(&["render", "all", "--format", format]);
    }
    let commands: [&[&str]; 9] = [
        &["status"],
        &["status", "--format", "json"],
        &["doctor"],
        &["why", "1"],
        &["story", "show", "1"],
        &["feed", "export"],
        &["db", "recluster", "--dry-run"],
        &["feed", "add", "http://127.0.0.1:9/\u{9b}31m"],
        &["feed", "show", "\u{9b}31m"],
    ];
    for command in commands {
        run(command);
    }
    assert!(run(&["stories", "--since", "9999d"]).0.contains("one"), "the story itself is there");
}

#[test]
fn killed_anywhere_nothing_is_lost_and_nothing_is_twice() {
    let (world, home) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.files(home.path());
    let (entries, stories) = courant::demo::world::expected();
    for n in 0..10u64 {
        let mut process = Command::new(env!("CARGO_BIN_EXE_courant"))
            .args(["--config", config.to_str().unwrap(), "once", "--all"])
            .env_clear()
            .env("HOME", home.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // A different moment each time: what is found there is what is tested.
        std::thread::sleep(std::time::Duration::from_millis(20 + 45 * n));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let last = courant(home.path(), &["--config", config.to_str().unwrap(), "once", "--all", "--json"]);
    assert_eq!(code(&last), 0, "{}", stderr(&last));
    let report: serde_json::Value = serde_json::from_str(&stdout(&last)).unwrap();
    assert_eq!((report["entries"].as_u64(), report["stories"].as_u64()), (Some(entries as u64), Some(stories as u64)));
    assert_eq!(report["held_back"], 0);
}

/// Every command that the README shows is one that the program knows.
#[test]
fn the_readme_shows_commands_that_exist() {
    let home = tempfile::tempdir().unwrap();
    let readme = std::fs::read_to_string("README.md").unwrap();
    let mut n_checked = 0;
    // Every second piece between fences is a block of code.
    let blocks = readme.split("```").skip(1).step_by(2);
    for line in blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("courant ")) {
        let words: Vec<&str> =
            line.split_whitespace().take_while(|word| word.chars().all(|c| c.is_ascii_lowercase())).take(2).collect();
        let known = (1..=words.len()).rev().any(|n| code(&courant(home.path(), &[&words[..n], &["--help"]].concat())) == 0);
        assert!(known && !words.is_empty(), "{line}");
        n_checked += 1;
    }
    assert!(n_checked >= 8, "{n_checked}");
}

#[test]
fn who_may_not_read_the_database_is_told_so() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let close = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    close(home.path(), 0o755);
    close(&state, 0o000);
    std::fs::write(home.path().join("courant.toml"), "state_dir = \"state\"\n").unwrap();
    let file = home.path().join("courant.toml");
    // Nothing is closed to root: somebody else asks.
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    for arguments in [["stories", "--limit=1"], ["feed", "list"], ["status", "--format=json"], ["once", "--all"], ["db", "check"]]
    {
        let mut command = command(home.path(), &[&["--config", file.to_str().unwrap()], &arguments[..]].concat());
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        let output = command.output().unwrap();
        let said = stderr(&output);
        assert!(
            code(&output) == 1 && said.contains("ermission denied") && said.contains("group courant"),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("no database yet"), "{said}");
    }
    close(&state, 0o700);
}

#[test]
fn what_cannot_work_is_named_by_check_and_doctor() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    std::fs::write(path("script"), "").unwrap();
    std::fs::create_dir(path("site-rules")).unwrap();
    std::fs::write(path("site-rules/mine.toml"), "[[site]]\nhosts = [\"a.example\"]\nbody = [\"p[\"]\n").unwrap();
    let text = "state_dir = \"state\"\n[serve]\nlisten = \"0.0.0.0:0\"\n[[output]]\nname = \"ai\"\ntags = [\"ia\"]\n";
    std::fs::write(path("courant.toml"), text).unwrap();
    let feeds = format!(
        "[[feed]]\nurl = \"https://a.example/feed\"\ntags = [\"ai\"]\nauth = {{ secret = \"acme\" }}\n[[feed]]\nurl = \"http://www.a.example/feed/\"\n\
         [[feed]]\nurl = \"exec:/no/such/program\"\n[[feed]]\nurl = \"exec:{}\"\n",
        path("script").display()
    );
    std::fs::write(path("feeds.toml"), feeds).unwrap();
    for command in [&["config", "check"][..], &["doctor"][..]] {
        let output = courant(home.path(), &[&["--config", path("courant.toml").to_str().unwrap()], command].concat());
        let said = stdout(&output);
        assert_eq!(code(&output), 3, "{said}{}", stderr(&output));
        for part in [
            "the secret \"acme\" is not there",
            "probably the same feed as https://a.example/feed",
            "/no/such/program: No such file",
            "chmod +x",
            "mine.toml: \"p[\" is not a CSS selector",
            "no feed has the tag ia; tags: ai",
            "serve.base_url is not set",
            "fetch.contact is the program's own page",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn a_watch_prints_what_comes() {
    use std::io::{BufRead, BufReader};
    let (world, home) = (World::start(), tempfile::tempdir().unwrap());
    let config = world.files(home.path());
    let config = config.to_str().unwrap();
    assert_eq!(code(&courant(home.path(), &["--config", config, "once", "--all"])), 0);
    let mut command = command(home.path(), &["--config", config, "stories", "--watch", "--limit", "3", "--format", "jsonl"]);
    let mut watching = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let title = |line: Option<std::io::Result<String>>| {
        serde_json::from_str::<serde_json::Value>(&line.unwrap().unwrap()).unwrap()["title"].as_str().unwrap().to_owned()
    };
    let before: Vec<String> = (0..3).map(|_| title(lines.next())).collect();
    let file = home.path().join("new.json");
    let items = serde_json::json!([{"id": "1", "title": "Something quite new", "content_text": "Text."}]);
    std::fs::write(
        &file,
        serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": "New", "items": items}).to_string(),
    )
    .unwrap();
    let address = format!("file://{}", file.display());
    assert_eq!(code(&courant(home.path(), &["--config", config, "feed", "add", &address])), 0);
    assert_eq!(code(&courant(home.path(), &["--config", config, "once"])), 0);
    assert_eq!(title(lines.next()), "Something quite new");
    assert!(!before.contains(&"Something quite new".to_owned()));
    watching.kill().unwrap();
    watching.wait().unwrap();
}
