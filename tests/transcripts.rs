//! What the program says, word for word: `transcripts/NAME.commands` are run one after the other on a small world, and what
//! they print is `NAME.expected`. `UPDATE_EXPECT=1 cargo test --test transcripts` writes it anew; read the difference.
//!
//! A line is a command without `courant`; `@80 ` before it runs it on a terminal of 80 columns (`@80x5 `: and 5 rows), `NAME=VALUE ` with a
//! variable, `< FILE ` with its input. `| N ` shows the first N lines alone. Lines of stderr are marked with `!`, an exit code
//! other than 0 with `?`; escape characters are shown as `␛`.

mod common;

#[path = "common/fixtures.rs"]
mod fixtures;

use common::World;
use rustix::termios::Winsize;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn commands_say_what_is_written_beside_them() {
    fixtures::check("transcripts", "commands", |file| {
        let home = Home::new();
        let text = std::fs::read_to_string(file).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        lines.map(|line| home.run(line)).collect::<Vec<_>>().join("\n")
    });
}

/// Whatever the width, no line is wider; an address is never cut where it can be copied.
#[test]
fn lines_fit_terminals_of_40_to_200_columns() {
    use unicode_width::UnicodeWidthStr;
    let home = Home::new();
    home.run("once --all");
    for columns in [40, 60, 80, 120, 200] {
        for command in ["stories", "search the", "feed list", "story show 1", "story show 3", "demo --once --listen 127.0.0.1:0"]
        {
            let shown = home.run(&format!("@{columns} NO_COLOR=1 TERM=dumb {command}"));
            assert!(shown.lines().count() > 3 && !shown.contains("? "), "{shown}");
            for line in shown.lines().skip(1).filter(|line| !line.starts_with("! ") && !line.contains("http://")) {
                assert!(line.width() <= columns, "{columns}: {command}: {line}");
            }
        }
    }
}

/// A long answer goes to the pager of the person's choice, a short one does not.
#[test]
fn what_is_longer_than_the_terminal_is_paged() {
    let home = Home::new();
    home.run("once --all");
    let paged = |rows: &str| home.run(&format!("@80x{rows} NO_COLOR=1 TERM=dumb PAGER='sed s/^/paged:/' stories"));
    assert!(paged("4").lines().skip(1).all(|line| line.starts_with("paged:")), "{}", paged("4"));
    assert!(!paged("60").lines().skip(1).any(|line| line.contains("paged:")));
    let missing = home.run("@80x4 NO_COLOR=1 TERM=dumb PAGER=/no/such/pager stories");
    assert!(missing.contains("Quillstone") && !missing.contains("? "), "{missing}");
}

/// Three feeds on loopback, in English and in Chinese; two of them tell one story, and one is by a stranger with bad manners.
fn answer(host: usize, path: &str, bases: &[String]) -> Option<(&'static str, Vec<u8>)> {
    let (title, language, items) = match host {
        0 => (
            "The Harbour Ledger",
            "en",
            serde_json::json!([
                {"id": "1", "url": format!("{}/quillstone", bases[0]), "title": "Quillstone 3.0 compiles half a million lines before the kettle boils",
                 "date_published": "2024-03-01T10:00:00Z", "authors": [{"name": "Ada Quill"}], "content_html": BODY},
                {"id": "2", "url": format!("{}/tides", bases[0]), "title": "Tide tables are wrong in four harbours",
                 "date_published": "2024-03-02T10:00:00Z", "content_html": "<p>Four harbours print the tables of another year, and nobody had noticed since spring.</p>"},
            ]),
        ),
        1 => (
            "青石科技",
            "zh-Hans",
            serde_json::json!([
                {"id": "1", "url": format!("{}/1", bases[1]), "title": "青石发布新一代输入法，并宣布全部开源，社区反应热烈",
                 "date_published": "2024-03-03T10:00:00Z",
                 "content_html": "<p>青石周四发布了新一代输入法，并宣布将其全部开源。这一消息在社区引发了广泛讨论，Rust 与 C++ 的开发者反应不一。</p>"},
            ]),
        ),
        _ => (
            "Northwire",
            "en",
            serde_json::json!([
                {"id": "1", "url": format!("{}/quillstone", bases[0]), "title": "Quillstone 3.0 is here", "date_published": "2024-03-01T11:00:00Z",
                 "content_html": "<p>It is fast, says the Ledger.</p>"},
                {"id": "2", "url": format!("{}/evil", bases[2]), "title": "Red \u{1b}[31mletters\u{202e} and a bell\u{7}",
                 "date_published": "2024-03-04T10:00:00Z", "content_html": "<p>Nothing \u{1b}]0;owned\u{7}to see.</p>"},
            ]),
        ),
    };
    let feed =
        serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": title, "language": language, "items": items});
    (path == "/feed").then(|| ("application/feed+json", feed.to_string().into_bytes()))
}

const BODY: &str = "<p>The compiler is <b>twice as fast</b>, says <a href=\"https://quillstone.example/notes\">its team</a> in a note of four lines.</p>\
    <h2>What is new</h2><ul><li>parallel code generation</li><li>a cache that is shared by all who work on one tree, over the network</li></ul>\
    <pre><code>quill build --fast\n    --cache shared</code></pre><blockquote><p>I had no time to make tea.</p></blockquote>";

/// A folder with a configuration, and the world that it subscribes to.
struct Home {
    folder: tempfile::TempDir,
    world: World,
}

impl Home {
    fn new() -> Home {
        let (folder, world) = (tempfile::tempdir().unwrap(), World::of(3, answer));
        let path = folder.path();
        std::fs::create_dir_all(path.join(".config/courant")).unwrap();
        let tags = ["[\"dev\"]", "[\"dev\", \"cn\"]", "[]"];
        let feeds =
            world.bases.iter().zip(tags).map(|(base, tags)| format!("[[feed]]\nurl = \"{base}/feed\"\ntags = {tags}\n\n"));
        std::fs::write(path.join(".config/courant/feeds.toml"), feeds.collect::<String>()).unwrap();
        let text = "[poll]\nhost_spacing = \"0s\"\njitter = 0.0\n[fetch]\nallow_private = [\"127.0.0.1\"]\n[article]\nmode = \"never\"\n[serve]\nlisten = \"127.0.0.1:0\"\n";
        std::fs::write(path.join(".config/courant/courant.toml"), text).unwrap();
        let opml = "<opml version=\"2.0\"><body><outline text=\"A\" xmlUrl=\"https://a.example/feed\"/></body></opml>";
        std::fs::write(path.join("feeds.opml"), opml).unwrap();
        std::fs::write(path.join("not.opml"), "<html><body>Hello</body></html>").unwrap();
        std::fs::write(path.join("nope.toml"), "feeds = \"nowhere.toml\"\n").unwrap();
        std::fs::write(path.join("damaged.toml"), "state_dir = \"damaged\"\n[backup]\nrecover = \"stop\"\n").unwrap();
        let page = format!(
            "<title>Kettles</title><article><h1>Kettles</h1>{}</article>",
            "<p>A kettle is a vessel, with a lid, a spout, and a handle.</p>".repeat(4)
        );
        std::fs::write(path.join("page.html"), page).unwrap();
        std::fs::write(path.join("addresses.jsonl"), "{\"id\": 1, \"url\": \"http://127.0.0.1/\"}\nnonsense\n").unwrap();
        std::fs::create_dir(path.join("damaged")).unwrap();
        std::fs::write(path.join("damaged/courant.db"), "this is not a database, whatever it is called, and it is long enough")
            .unwrap();
        Home { folder, world }
    }

    /// A line of a script, and what came of it.
    fn run(&self, line: &str) -> String {
        let (mut size, mut input, mut most, mut variables) = (None, None, usize::MAX, Vec::new());
        let mut words = words(line).into_iter().peekable();
        while let Some(word) = words.peek().cloned() {
            let mut next = || words.nth(1).unwrap();
            if let Some(width) = word.strip_prefix('@') {
                let (columns, rows) = width.split_once('x').unwrap_or((width, "60"));
                size = Some((columns.parse().unwrap(), rows.parse().unwrap()));
            } else if word == "<" {
                input = Some(next());
                continue;
            } else if word == "|" {
                most = next().parse().unwrap();
                continue;
            } else if let Some((name, value)) =
                word.split_once('=').filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            {
                variables.push((name.to_owned(), value.to_owned()));
            } else {
                break;
            }
            words.next();
        }
        let arguments: Vec<String> = words.map(|word| self.real(&word)).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
        command.args(&arguments).env_clear().env("HOME", self.folder.path()).env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
        command.envs(variables).current_dir(self.folder.path()).stderr(Stdio::piped());
        command.stdin(input.map_or(Stdio::null(), |file| File::open(self.folder.path().join(file)).unwrap().into()));
        let (out, err, code) = match size {
            Some(size) => on_terminal(command, size),
            None => {
                let output = command.stdout(Stdio::piped()).output().unwrap();
                (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code())
            }
        };
        let mut shown = format!("$ {line}\n");
        for line in out.lines().take(most) {
            shown.push_str(&format!("{}\n", self.lasting(line)));
        }
        if out.lines().nth(most).is_some() {
            shown.push_str("…\n");
        }
        for line in err.lines() {
            shown.push_str(&format!("! {}\n", self.lasting(line)));
        }
        if code != Some(0) {
            shown.push_str(&format!("? {}\n", code.unwrap_or(-1)));
        }
        shown
    }

    /// Places of a script: `[HARBOUR]` is the address of the first host.
    fn real(&self, word: &str) -> String {
        ["[HARBOUR]", "[QINGSHI]", "[NORTHWIRE]"]
            .iter()
            .zip(&self.world.bases)
            .fold(word.to_owned(), |word, (name, base)| word.replace(name, base))
    }

    /// What is another the next time is replaced, by as many characters where it stands in tables.
    fn lasting(&self, line: &str) -> String {
        let mut line = line.replace(&self.folder.path().display().to_string(), "[HOME]");
        for (base, name) in self.world.bases.iter().zip(["h", "q", "n"]) {
            let host = base.strip_prefix("http://").unwrap();
            line = line.replace(host, &host.replace(|c: char| c.is_ascii_digit(), name));
        }
        for year in ["2025", "2026", "2027", "2028", "2029", "203"] {
            for shape in ["9999-99-99T99:99:99.999Z", "9999-99-99T99:99:99Z", "9999-99-99 99:99", "9999-99-99"] {
                line = mask(&line, year, shape);
            }
        }
        // Numbers are given in the order in which answers came.
        line = mask(&line, "entry ", "entry 9 of");
        // How long a feed has been silent.
        line = mask(&line, "for ", "for 9 years");
        mask(&line, "urn:uuid:", "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx").replace('\x1b', "␛")
    }
}

/// Replaces what begins so and has this shape (`9`: a digit, `x`: a hexadecimal one) by the shape.
fn mask(line: &str, begins: &str, shape: &str) -> String {
    let fits = |text: &str| {
        text.len() >= shape.len()
            && text.bytes().zip(shape.bytes()).all(|(c, s)| match s {
                b'9' => c.is_ascii_digit(),
                b'x' => c.is_ascii_hexdigit(),
                other => c == other,
            })
    };
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(begins) {
        out.push_str(&rest[..at]);
        if fits(&rest[at..]) {
            out.push_str(shape);
            rest = &rest[at + shape.len()..];
        } else {
            out.push_str(begins);
            rest = &rest[at + begins.len()..];
        }
    }
    out + rest
}

/// Words between blanks; `'…'` is one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Runs a command whose output is a terminal, and gives what came to it.
fn on_terminal(mut command: Command, (columns, rows): (u16, u16)) -> (String, String, Option<i32>) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = File::options().read(true).write(true).open(Path::new(name.to_str().unwrap())).unwrap();
    rustix::termios::tcsetwinsize(&theirs, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut child = command.stdout(theirs).spawn().unwrap();
    // The command holds the other end: what comes ends with it.
    drop(command);
    let mut errors = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).unwrap();
        text
    });
    let (mut terminal, mut shown) = (File::from(ours), Vec::new());
    // Linux says EIO when the last one has closed the other end.
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = terminal.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..n]);
    }
    let code = child.wait().unwrap().code();
    (String::from_utf8(shown).unwrap().replace("\r\n", "\n"), errors.join().unwrap(), code)
}
