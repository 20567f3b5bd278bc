//! Reading apps at the door of the whole program: who gets in, what they are told, and what they must never be told.

mod common;

#[path = "common/service.rs"]
mod service;

use common::World;
use service::{Service, courant, json, run, said};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

const SECRET: &str = "s3cr3t-w0rd";
const PRIVATE: &str = "private-lane";

/// The service on the demo's world, with a private feed, one whose address holds a password, one of a file and one of a
/// command; everything polled.
fn serving(more: &str) -> (World, tempfile::TempDir, Service) {
    let (world, home) = (World::start(), tempfile::tempdir().unwrap());
    world.files(home.path());
    let mut feeds = std::fs::read_to_string(home.path().join("feeds.toml")).unwrap();
    feeds = feeds.replacen("[[feed]]\n", "[[feed]]\ntags = [\"Coast & co\", \"news\"]\n", 1);
    let rss = |name: &str| {
        format!(
            "<rss version=\"2.0\"><channel><title>{name}</title><item><title>{name} &amp; more</title><guid>{name}</guid>\
             <description>&lt;p onclick=\"x()\"&gt;of {name}&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description></item></channel></rss>"
        )
    };
    let (file, script) = (home.path().join("hidden-file.xml"), home.path().join("hidden-command.xml"));
    std::fs::write(&file, rss("Filed")).unwrap();
    std::fs::write(&script, rss("Commanded")).unwrap();
    let first = &world.bases[0];
    feeds += &format!("[[feed]]\nurl = \"{first}/{PRIVATE}.xml\"\nprivate = true\ntitle = \"Mine\"\n");
    feeds += &format!("[[feed]]\nurl = \"{first}/rss.xml?token={SECRET}\"\ntitle = \"Paid\"\n");
    feeds += &format!("[[feed]]\nurl = \"file://{}\"\n[[feed]]\nurl = \"exec:/bin/cat {}\"\n", file.display(), script.display());
    // What is wrong with these is said with their addresses, in the log and by `courant feed show`.
    feeds += &format!(
        "[[feed]]\nurl = \"file://{}.gone\"\n[[feed]]\nurl = \"exec:/bin/cat {}.gone\"\n",
        file.display(),
        script.display()
    );
    std::fs::write(home.path().join("feeds.toml"), feeds).unwrap();
    let config = home.path().join("courant.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        format!("{text}{more}\n[[output]]\nname = \"all\"\n[[output]]\nname = \"many\"\nquery = \"tag:news\"\n"),
    )
    .unwrap();
    let service = Service::start(courant(home.path(), &["run"]));
    let polled = run(home.path(), &["once", "--all"]);
    assert!(said(&polled).contains("polled"), "{}", said(&polled));
    (world, home, service)
}

/// Lets an app in; returns its password.
fn add(home: &Path, name: &str) -> String {
    let added = run(home, &["sync", "add", name]);
    let shown = String::from_utf8(added.stdout).unwrap();
    let line = shown.lines().find_map(|line| line.strip_prefix("password ")).unwrap_or_else(|| panic!("{shown}"));
    line.split_whitespace().next().unwrap().to_owned()
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }
}

fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|header| header.starts_with("Content-Type")) && method == "POST" {
        head += "Content-Type: application/x-www-form-urlencoded\r\n";
    }
    head += &headers.iter().map(|header| format!("{header}\r\n")).collect::<String>();
    write!(stream, "{head}\r\n").unwrap();
    // A body that is refused is not read to its end.
    _ = stream.write_all(body.as_bytes());
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let body = match head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        true => body.split("\r\n").skip(1).step_by(2).collect(),
        false => body.to_owned(),
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body }
}

/// One app, logged in.
struct App {
    address: SocketAddr,
    name: &'static str,
    password: String,
    word: String,
}

impl App {
    fn of(service: &Service, home: &Path, name: &'static str) -> App {
        let password = add(home, name);
        let form = format!("Email={name}&Passwd={password}");
        let login = ask(service.address, "POST", "/accounts/ClientLogin", &[], &form);
        let word = login.body.lines().find_map(|line| line.strip_prefix("Auth=")).unwrap_or_else(|| panic!("{}", login.body));
        App { address: service.address, name, word: word.to_owned(), password }
    }

    fn headers(&self) -> [String; 2] {
        [format!("Authorization: GoogleLogin auth={}", self.word), format!("X-Auth-Token: {}", self.password)]
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = self.headers();
        ask(self.address, method, path, &[&headers[0], &headers[1]], body)
    }

    fn get(&self, path: &str) -> serde_json::Value {
        let answer = self.ask("GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    fn fever(&self, query: &str) -> serde_json::Value {
        use md5::{Digest, Md5};
        let key = Md5::digest(format!("{}:{}", self.name, self.password));
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        ask(self.address, "POST", &format!("/fever/?api{query}"), &[], &format!("api_key={key}")).json()
    }

    fn unread(&self) -> Vec<String> {
        let found = self
            .get("/reader/api/0/stream/items/ids?s=user/-/state/com.google/reading-list&xt=user/-/state/com.google/read&n=9999");
        found["itemRefs"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// Every call that there is, with something in the place of a number.
const CALLS: [(&str, &str); 45] = [
    ("GET", "/reader/api/0/token"),
    ("GET", "/reader/api/0/user-info"),
    ("GET", "/reader/api/0/subscription/list"),
    ("GET", "/reader/api/0/tag/list"),
    ("GET", "/reader/api/0/unread-count"),
    ("GET", "/reader/api/0/stream/items/ids?s=user/-/state/com.google/reading-list&n=999"),
    ("GET", "/reader/api/0/stream/contents?n=999"),
    ("GET", "/reader/api/0/stream/contents/user/-/state/com.google/reading-list?n=999"),
    ("GET", "/api/greader.php/reader/api/0/stream/contents?n=999"),
    ("GET", "/sync/all/reader/api/0/stream/contents?n=999"),
    ("GET", "/sync/many/v1/entries?limit=999"),
    ("POST", "/reader/api/0/stream/items/contents?i=1&i=2&i=3"),
    ("GET", "/reader/api/0/subscription/export"),
    ("POST", "/reader/api/0/edit-tag?i=1&a=user/-/state/com.google/kept-unread"),
    ("POST", "/reader/api/0/mark-all-as-read?s=feed/999"),
    ("POST", "/reader/api/0/subscription/quickadd?quickadd=ftp://a.example/"),
    ("POST", "/reader/api/0/subscription/edit?ac=edit&s=feed/999&t=x"),
    ("POST", "/reader/api/0/subscription/import"),
    ("POST", "/reader/api/0/rename-tag?s=none&dest=x"),
    ("POST", "/reader/api/0/disable-tag?s=none"),
    ("GET", "/reader/api/0/none/such"),
    ("GET", "/v1/me"),
    ("GET", "/v1/version"),
    ("GET", "/v1/categories"),
    ("GET", "/v1/categories/1/feeds"),
    ("GET", "/v1/categories/1/entries"),
    ("GET", "/v1/feeds"),
    ("GET", "/v1/feeds/counters"),
    ("GET", "/v1/feeds/1"),
    ("GET", "/v1/feeds/1/icon"),
    ("GET", "/v1/feeds/1/entries"),
    ("GET", "/v1/icons/1"),
    ("GET", "/v1/entries?limit=999"),
    ("GET", "/v1/entries/ids"),
    ("GET", "/v1/entries/1"),
    ("GET", "/v1/entries/1/fetch-content"),
    ("GET", "/v1/integrations/status"),
    ("GET", "/v1/export"),
    ("POST", "/v1/entries/1/save"),
    ("POST", "/v1/feeds"),
    ("POST", "/v1/discover"),
    ("PUT", "/v1/entries"),
    ("PUT", "/v1/feeds/999"),
    ("DELETE", "/v1/categories/999"),
    ("GET", "/v1/none/such"),
];

const FEVER: &str = "&groups&feeds&favicons&items&links&unread_item_ids&saved_item_ids";

#[test]
fn nothing_is_there_before_a_first_app_is_added() {
    let (_world, home, service) = serving("");
    for (method, path) in
        CALLS.iter().chain(&[("GET", "/fever/?api"), ("POST", "/accounts/ClientLogin"), ("GET", "/sync/icon/41-1.svg")])
    {
        assert_eq!(ask(service.address, method, path, &[], "").status, 404, "{path}");
    }
    assert!(said(&run(home.path(), &["sync", "list"])).contains("no app"));
    let app = App::of(&service, home.path(), "phone");
    assert_eq!(app.ask("GET", "/v1/me", "").status, 200);
    assert_eq!(String::from_utf8(run(home.path(), &["sync", "list"]).stdout).unwrap(), "phone\n");
    // Shut out, it gets nowhere, and there is nothing again.
    assert!(run(home.path(), &["sync", "remove", "phone"]).status.success());
    assert_eq!(app.ask("GET", "/v1/me", "").status, 404);
}

#[test]
fn nobody_gets_in_without_a_password_of_his_own() {
    let (_world, home, service) = serving("");
    let (phone, desk) = (App::of(&service, home.path(), "phone"), App::of(&service, home.path(), "desk"));
    assert_ne!(phone.password, desk.password);
    // The name of one with the password of the other; a word with another's name; nothing.
    let crossed = format!("{}/{}", desk.name, phone.word.split_once('/').unwrap().1);
    let strangers: [&[&str]; 3] = [&[], &["X-Auth-Token: "], &[&format!("Authorization: GoogleLogin auth={crossed}")]];
    for (method, path) in CALLS {
        for headers in &strangers[..2] {
            let answer = ask(service.address, method, path, headers, "");
            assert_eq!(answer.status, 401, "{method} {path}");
            assert!(answer.body.len() < 50, "{path}: {}", answer.body);
        }
    }
    for path in ["/reader/api/0/subscription/list", "/reader/api/0/stream/contents"] {
        let answer = ask(service.address, "GET", path, strangers[2], "");
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.head.to_lowercase().contains("x-reader-google-bad-token: true"), "{}", answer.head);
    }
    let basic = |name: &str, password: &str| {
        use base64::Engine;
        format!("Authorization: Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
    };
    assert_eq!(ask(service.address, "GET", "/v1/feeds", &[&basic("phone", &phone.password)], "").status, 200);
    assert_eq!(ask(service.address, "GET", "/v1/feeds", &[&basic("desk", &phone.password)], "").status, 401);
    let fever = ask(service.address, "POST", &format!("/fever/?api{FEVER}"), &[], "api_key=0123456789abcdef0123456789abcdef");
    assert_eq!((fever.status, fever.json()), (200, serde_json::json!({"api_version": 3, "auth": 0})));
    // Another app goes on when one is shut out.
    assert!(run(home.path(), &["sync", "remove", "phone"]).status.success());
    assert_eq!(phone.ask("GET", "/reader/api/0/token", "").status, 401);
    assert_eq!(desk.ask("GET", "/reader/api/0/token", "").status, 200);
    // What is kept lets nobody in, and what is logged names nobody's secret.
    let stored = std::fs::read(home.path().join("state/courant.db")).unwrap();
    let log = service.log().join("\n");
    for secret in [&phone.password, &desk.password, &desk.word.split_once('/').unwrap().1.to_owned()] {
        assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "a secret is stored");
        assert!(!log.contains(secret.as_str()), "a secret is logged");
    }
}

#[test]
fn who_guesses_is_not_listened_to() {
    let (_world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let login =
        |password: &str| ask(service.address, "POST", "/accounts/ClientLogin", &[], &format!("Email=phone&Passwd={password}"));
    for n in 0..10 {
        assert_eq!(login("wrong").status, 401, "{n}");
    }
    let shut = login("wrong");
    assert_eq!(shut.status, 429);
    assert!(shut.head.to_lowercase().contains("retry-after: 60"), "{}", shut.head);
    // Also who guesses right now learns nothing; who has been let in before goes on.
    assert_eq!(login(&app.password).status, 429);
    assert_eq!(ask(service.address, "GET", "/v1/me", &["X-Auth-Token: guess"], "").status, 429);
    assert_eq!(app.ask("GET", "/reader/api/0/token", "").status, 200);
    assert!(service.logged("wrong name or password") >= 10);
}

#[test]
fn no_call_tells_what_is_nobodys_business() {
    let (_world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let mut told: Vec<(String, String)> =
        CALLS.iter().map(|(method, path)| (format!("{method} {path}"), app.ask(method, path, "").body)).collect();
    told.push(("fever".into(), app.fever(FEVER).to_string()));
    let n_feeds = app.get("/v1/feeds").as_array().unwrap().len();
    for feed in 1..=n_feeds {
        for path in [format!("/v1/feeds/{feed}"), format!("/v1/feeds/{feed}/entries"), format!("/v1/feeds/{feed}/icon")] {
            told.push((path.clone(), app.ask("GET", &path, "").body));
        }
    }
    for (call, body) in &told {
        for secret in [PRIVATE, SECRET, "hidden-file", "hidden-command", "exec:/", "file:/", &app.password] {
            assert!(!body.contains(secret), "{call} tells {secret}: {body}");
        }
        assert!(!body.contains("<script") && !body.contains("onclick"), "{call}: {body}");
    }
    // The feeds themselves are there, by their names, and their stories.
    let feeds = app.get("/reader/api/0/subscription/list");
    let named = |name: &str| feeds["subscriptions"].as_array().unwrap().iter().find(|feed| feed["title"] == name).cloned();
    for name in ["Mine", "Paid", "Filed", "Commanded"] {
        let feed = named(name).unwrap_or_else(|| panic!("no {name} in {feeds}"));
        assert!(feed["url"].as_str().unwrap().contains("/sync/feed/"), "{feed}");
    }
    let stories = app.get("/reader/api/0/stream/contents?n=999").to_string();
    assert!(stories.contains("Filed & more") && stories.contains("of Commanded"), "{stories}");
    // An address of ours in the place of one that is a secret leads nowhere.
    assert_eq!(ask(service.address, "GET", "/sync/feed/1", &[], "").status, 404);
}

#[test]
fn bodies_are_capped() {
    let (_world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let form = |bytes: usize| format!("x={}", "y".repeat(bytes));
    assert_eq!(app.ask("POST", "/reader/api/0/edit-tag", &form(5 << 20)).status, 413);
    assert_eq!(app.ask("POST", "/reader/api/0/edit-tag", &form(3 << 20)).status, 400);
    // Strangers are heard less long.
    assert_eq!(ask(service.address, "POST", "/accounts/ClientLogin", &[], &form(1 << 20)).status, 413);
}

#[test]
fn one_state_for_every_app_the_page_and_the_command_line() {
    let (_world, home, service) = serving("");
    let (phone, desk) = (App::of(&service, home.path(), "phone"), App::of(&service, home.path(), "desk"));
    let all = phone.unread();
    assert!(all.len() > 10 && all == desk.unread());
    let (one, two) = (&all[0], &all[1]);
    let edit = format!("i={one}&a=user/-/state/com.google/read&a=user/-/state/com.google/starred");
    assert_eq!(phone.ask("POST", "/reader/api/0/edit-tag", &edit).body, "OK");
    assert_eq!(desk.get(&format!("/v1/entries/{one}"))["status"], "read");
    assert_eq!(desk.fever("&saved_item_ids")["saved_item_ids"], one.as_str());
    let shown = json(home.path(), &["stories", "is:starred", "is:read", "--since", "9999d", "--format", "json"]);
    assert_eq!(shown[0]["id"].to_string(), *one, "{shown}");
    // … and the other way round.
    assert!(said(&run(home.path(), &["story", "read", two])).contains("it is read"));
    assert!(said(&run(home.path(), &["story", "read", two])).contains("already"));
    assert!(said(&run(home.path(), &["story", "unstar", one])).contains("no longer starred"));
    assert!(!phone.unread().contains(two));
    assert_eq!(phone.get("/v1/entries?starred=true")["total"], 0);
    let marked = run(home.path(), &["stories", "--since", "9999d", "--limit", "999", "--mark-read"]);
    assert!(said(&marked).contains("marked"), "{}", said(&marked));
    assert_eq!(phone.unread(), Vec::<String>::new());
    assert!(said(&run(home.path(), &["story", "unread", one, two])).contains("2 stories are unread"));
    assert_eq!(desk.get("/v1/entries?status=unread")["total"], 2);
    assert_eq!(service.logged("ERROR"), 0, "{:?}", service.log());
}

#[test]
fn pages_of_the_unread_lose_nothing_while_they_are_read() {
    let (_world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let all = app.unread();
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!(
            "/reader/api/0/stream/items/ids?s=user/-/state/com.google/reading-list&xt=user/-/state/com.google/read&n=3{next}"
        ));
        let ids: Vec<&str> = page["itemRefs"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        let form: String = ids.iter().map(|id| format!("i={id}&")).collect();
        assert_eq!(app.ask("POST", "/reader/api/0/edit-tag", &format!("{form}a=user/-/state/com.google/read")).body, "OK");
        seen.extend(ids.into_iter().map(str::to_owned));
        match page["continuation"].as_str() {
            Some(continuation) => next = format!("&c={continuation}"),
            None => break,
        }
    }
    assert_eq!(seen, all);
    assert_eq!(app.unread(), Vec::<String>::new());
}

#[test]
fn an_account_of_an_output_has_its_stories_alone() {
    let (_world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let shown = json(home.path(), &["stories", "tag:news", "--since", "9999d", "--limit", "999", "--format", "json"]);
    let expected = shown.as_array().unwrap().len();
    assert!(expected > 0 && expected < app.unread().len());
    for path in ["/sync/many/v1/entries", "/sync/many/v1/entries/ids"] {
        assert_eq!(app.get(path)["total"], expected, "{path}");
    }
    assert_eq!(app.get("/v1/entries?status=removed")["total"], 0, "nothing is ever removed");
    assert_eq!(app.get("/sync/many/v1/entries?status=removed&status=unread")["total"], expected);
    let ids = app.get("/sync/many/reader/api/0/stream/items/ids?n=999");
    assert_eq!(ids["itemRefs"].as_array().unwrap().len(), expected);
    // What is marked all read there is so everywhere, and nothing else is.
    let before = app.unread().len();
    let all = "s=user/-/state/com.google/reading-list";
    assert_eq!(app.ask("POST", "/sync/many/reader/api/0/mark-all-as-read", all).body, "OK");
    assert_eq!(app.unread().len(), before - expected);
    assert_eq!(app.ask("GET", "/sync/none/v1/entries", "").status, 404);
}

#[test]
fn subscribing_edits_the_list_or_is_refused_in_plain_words() {
    let (world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let list = || std::fs::read_to_string(home.path().join("feeds.toml")).unwrap();
    let before = format!("# kept\n{}", list());
    std::fs::write(home.path().join("feeds.toml"), &before).unwrap();
    let feeds = app.get("/reader/api/0/subscription/list");
    let second = world.feeds()[1].clone();
    let feed =
        feeds["subscriptions"].as_array().unwrap().iter().find(|feed| feed["url"] == second.as_str()).unwrap()["id"].clone();
    let edit = format!("ac=edit&s={}&t=My%20name&a=user/-/label/Folder", feed.as_str().unwrap());
    assert_eq!(app.ask("POST", "/reader/api/0/subscription/edit", &edit).body, "OK");
    assert!(
        list().starts_with("# kept") && list().contains("title = \"My name\"") && list().contains("tags = [\"Folder\"]"),
        "{}",
        list()
    );
    assert_eq!(app.ask("POST", "/reader/api/0/rename-tag", "s=user/-/label/Folder&dest=user/-/label/Other").body, "OK");
    assert!(list().contains("tags = [\"Other\"]"), "{}", list());
    let gone = format!("ac=unsubscribe&s={}", feed.as_str().unwrap());
    assert_eq!(app.ask("POST", "/reader/api/0/subscription/edit", &gone).body, "OK");
    assert!(!list().contains(&second), "{}", list());
    let again = app.ask("POST", "/reader/api/0/subscription/quickadd", &format!("quickadd={second}")).json();
    assert_eq!((&again["numResults"], &again["streamId"]), (&1.into(), &feed), "the same feed: {again}");
    // Of the web alone, never a file or a command; nor what is not allowed to be dialled.
    for address in ["file:///etc/passwd", "exec:id", "http://10.0.0.1/feed", "http://169.254.169.254/"] {
        let refused = app.ask("POST", "/reader/api/0/subscription/quickadd", &format!("quickadd={address}")).json();
        assert_eq!(refused["numResults"], 0, "{address}: {refused}");
    }
    assert!(!list().contains("passwd") && !list().contains("exec:id") && !list().contains("10.0.0.1"));
    // What is written is never said to have failed, though it waits for another file to be right.
    let config = home.path().join("courant.toml");
    std::fs::write(&config, format!("{}\n[broken", std::fs::read_to_string(&config).unwrap())).unwrap();
    let edit = format!("ac=edit&s={}&t=Waiting", feed.as_str().unwrap());
    let said = app.ask("POST", "/reader/api/0/subscription/edit", &edit).body;
    assert!(said.contains("feeds.toml is changed") && list().contains("title = \"Waiting\""), "{said}\n{}", list());
}

#[test]
fn where_the_list_is_the_persons_alone_an_app_is_told() {
    let (world, home, service) = serving("[sync]\nsubscriptions = \"read-only\"\n");
    let app = App::of(&service, home.path(), "phone");
    let before = std::fs::read_to_string(home.path().join("feeds.toml")).unwrap();
    let added = app.ask("POST", "/reader/api/0/subscription/quickadd", &format!("quickadd={}/x", world.bases[0])).json();
    assert!(added["numResults"] == 0 && added["error"].as_str().unwrap().contains("feeds.toml"), "{added}");
    let edit = app.ask("POST", "/reader/api/0/subscription/edit", "ac=edit&s=feed/1&t=x");
    assert!(edit.status == 403 && edit.body.contains("feeds.toml"), "{} {}", edit.status, edit.body);
    let feed = app.ask("DELETE", "/v1/feeds/1", "");
    assert!(feed.status == 403 && feed.json()["error_message"].as_str().unwrap().contains("feeds.toml"));
    assert_eq!(std::fs::read_to_string(home.path().join("feeds.toml")).unwrap(), before);
}

#[test]
fn passwords_pass_no_network_in_clear() {
    let (_world, home, service) = serving("");
    let config = home.path().join("courant.toml");
    drop(service);
    let text = std::fs::read_to_string(&config).unwrap().replace("127.0.0.1:0", "0.0.0.0:0");
    for (more, expected) in [("", 403), ("behind_proxy = true\n", 200)] {
        std::fs::write(&config, text.replace("[serve]\n", &format!("[serve]\n{more}"))).unwrap();
        let service = Service::start(courant(home.path(), &["run"]));
        let name = if more.is_empty() { "one" } else { "two" };
        let added = said(&run(home.path(), &["sync", "add", name]));
        assert_eq!(added.contains("no app is listened to"), expected == 403, "{added}");
        let password = added.split("password ").nth(1).unwrap().split_whitespace().next().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], service.address.port()));
        let answer = ask(address, "GET", "/v1/me", &[&format!("X-Auth-Token: {password}")], "");
        assert_eq!(answer.status, expected, "{}", answer.body);
        assert!(expected == 200 || answer.body.contains("behind_proxy"), "{}", answer.body);
        if expected == 200 {
            // Who guesses behind the proxy shuts the door for himself alone; what he says of himself before it does not count.
            let guess = |from: &str| {
                let headers = ["X-Auth-Token: guess", &format!("X-Forwarded-For: 192.0.2.1, {from}")];
                ask(address, "GET", "/v1/me", &headers, "").status
            };
            (0..10).for_each(|_| assert_eq!(guess("192.0.2.7"), 401));
            assert_eq!((guess("192.0.2.7"), guess("192.0.2.8")), (429, 401));
        }
    }
}

#[test]
fn a_person_marks_stories_on_their_pages() {
    let (_world, home, service) = serving("");
    let app = App::of(&service, home.path(), "phone");
    let entry = app.get(&format!("/v1/entries/{}", app.unread()[0]));
    let page = format!("/story/{}", entry["hash"].as_str().unwrap());
    let mark = format!("{page}/mark");
    // Who is nobody sees no form, and marks nothing.
    assert!(!service.get(&page).contains("<form method=\"post\""));
    let nobody = ask(service.address, "POST", &mark, &[], "as=starred&proof=x");
    assert!(nobody.status == 303 && nobody.head.to_lowercase().contains("location: /login"), "{}", nobody.head);
    let wrong = ask(service.address, "POST", "/login", &[], "name=phone&password=guess");
    assert!(wrong.status == 200 && !wrong.head.to_lowercase().contains("set-cookie"), "{}", wrong.head);
    let form = format!("name=phone&password={}", app.password);
    let login = ask(service.address, "POST", "/login", &[], &form);
    let cookie =
        login.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_else(|| panic!("{}", login.head));
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = format!("Cookie: other=1; {}", cookie.split(';').next().unwrap());
    let own = ask(service.address, "GET", &page, &[&cookie], "");
    assert!(own.head.to_lowercase().contains("cache-control: private, no-store"), "{}", own.head);
    let proof = own.body.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // A form that is not of our page changes nothing, whatever cookie comes with it.
    let forged = ask(service.address, "POST", &mark, &[&cookie], "as=starred&proof=0123");
    assert_eq!((forged.status, app.get("/v1/entries?starred=true")["total"].clone()), (403, 0.into()));
    for (word, path) in [("starred", "/v1/entries?starred=true"), ("read", "/v1/entries?status=read")] {
        let marked = ask(service.address, "POST", &mark, &[&cookie], &format!("as={word}&proof={proof}"));
        assert!(marked.status == 303 && marked.head.to_lowercase().contains(&format!("location: {page}")), "{}", marked.head);
        assert_eq!(app.get(path)["entries"][0]["id"], entry["id"], "{word}");
    }
    let own = ask(service.address, "GET", &page, &[&cookie], "").body;
    assert!(own.contains("value=\"unread\"") && own.contains("value=\"unstarred\""), "{own}");
    // Everybody's page is as it was, and the cookie dies with the password.
    assert!(!service.get(&page).contains(&proof));
    assert!(run(home.path(), &["sync", "remove", "phone"]).status.success());
    assert!(!ask(service.address, "GET", &page, &[&cookie], "").body.contains("<form method=\"post\""));
    assert_eq!(ask(service.address, "GET", "/login", &[], "").status, 404);
}

mod parsers {
    use courant::model::StoryId;
    use courant::sync::{self, Fields, Stream};
    use proptest::prelude::*;

    proptest! {
        /// What apps send is anything at all: it is read, or refused.
        #[test]
        fn nothing_that_is_sent_ends_the_reader(head in "\\PC{0,80}", kind in "(multipart/form-data; boundary=\\PC{0,5})?", body in prop::collection::vec(any::<u8>(), 0..300)) {
            sync::path(&head);
            sync::icon(&format!("/sync/icon/{head}"));
            sync::basic(&head);
            sync::google_login(&head);
            let fields = Fields::read(&head, &kind, &body);
            for value in fields.all("i").chain([head.as_str()]) {
                Stream::read(value);
                sync::item_number(value);
                _ = sync::microseconds(Some(value));
            }
            _ = sync::miniflux::marked(&body);
        }

        #[test]
        fn a_number_of_ours_is_one_number_in_every_spelling(number in 0_i64..1_000_000_000_000_000) {
            for spelling in [number.to_string(), format!("{number:016x}"), format!("tag:google.com,2005:reader/item/{number:x}")] {
                prop_assert_eq!(sync::item_number(&spelling), Some(StoryId(number)), "{}", spelling);
            }
        }
    }
}
