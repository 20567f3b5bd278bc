//! The configuration as people write it.

use courant::config::subscriptions::{self, Edit};
use courant::config::{Config, Environment, parse};
use std::time::{Duration, Instant};

fn wrong(text: &str) -> String {
    parse("courant.toml", text, &Environment::default()).unwrap_err().0
}

#[test]
fn the_example_shows_every_default() {
    let text = std::fs::read_to_string("config/courant.toml").unwrap();
    let example = parse("courant.toml", &text, &Environment::default()).unwrap();
    assert_eq!(example, Config::default());
}

#[test]
fn the_example_shows_every_key() {
    // Each key that a misspelling is answered with stands in the example.
    let text = std::fs::read_to_string("config/courant.toml").unwrap();
    for section in ["", "[poll]\n", "[fetch]\n", "[article]\n", "[story]\n", "[serve]\n", "[[output]]\n", "[log]\n"] {
        let answer = wrong(&format!("{section}zzzzzzzzzz = 1\n"));
        let known = answer.split("known: ").nth(1).unwrap_or_else(|| panic!("{answer}"));
        for key in known.split(", ") {
            assert!(text.contains(&format!("{key} =")) || text.contains(&format!("[{key}]")), "{section}{key} is missing");
        }
    }
}

#[test]
fn the_schema_is_that_of_the_example_and_of_the_code() {
    use courant::config::reference::{about_feeds, feed_keys, feeds_schema, schema};
    let schema = schema();
    let of = |path: &str| schema.pointer(&format!("/properties/{path}")).unwrap_or_else(|| panic!("{path}: {schema:#}"));
    assert_eq!(of("poll/properties/interval")["default"], "1h");
    assert_eq!(of("poll/properties/adaptive")["type"], "boolean");
    assert_eq!(of("poll/properties/concurrency")["type"], "integer");
    assert_eq!(of("poll/properties/jitter")["type"], "number");
    assert_eq!(of("article/properties/mode")["enum"], serde_json::json!(["auto", "always", "never"]));
    assert_eq!(of("serve/properties/hosts")["type"], "array");
    assert_eq!(of("output")["items"]["properties"]["limit"]["default"], 100);
    assert!(of("state_dir")["description"].as_str().unwrap().contains("courant.db"));
    // Every key that a misspelling is answered with.
    for section in ["poll", "fetch", "article", "story", "store", "backup", "serve", "log"] {
        for key in wrong(&format!("[{section}]\nzzzzzzzzzz = 1\n")).split("known: ").nth(1).unwrap().split(", ") {
            of(&format!("{section}/properties/{key}"));
        }
    }
    let about: String = about_feeds().map(|line| format!("{line}\n")).collect();
    for key in feed_keys() {
        let known = feeds_schema()["properties"]["feed"]["items"]["properties"][&key].is_object();
        assert!(known && about.contains(&format!("{key} = ")), "{key}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_place() {
    assert_eq!(
        wrong("[poll]\n  intervall = \"1h\"\n"),
        "courant.toml:2:3: unknown key \"intervall\"; did you mean \"interval\"?"
    );
    assert!(wrong("[pool]\n").starts_with("courant.toml:1:2: unknown key \"pool\"; did you mean \"poll\"?"));
}

#[test]
fn a_wrong_value_is_named_with_its_place() {
    let message = wrong("[poll]\ninterval = \"soon\"\n");
    assert!(message.starts_with("courant.toml:2:12: poll.interval: \"soon\" is not a duration"), "{message}");
    assert!(wrong("[story]\ndedupe = \"storry\"\n").contains("unknown value \"storry\"; did you mean \"story\"?"));
    assert!(wrong("[serve]\nlisten = \"8080\"\n").contains("serve.listen = \"8080\" is not an address"));
    assert!(wrong("[[output]]\nname = \"A b\"\n").contains("must be of a–z"));
    assert!(wrong("[poll]\nmin_interval = \"2d\"\n").contains("longer than poll.max_interval"));
    assert!(wrong("[poll\n").starts_with("courant.toml:1:"));
}

#[test]
fn variables_override_the_file() {
    let environment =
        |pairs: &[(&str, &str)]| Environment { variables: pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect() };
    let set = environment(&[
        ("COURANT_POLL_INTERVAL", "2h"),
        ("COURANT_POLL_HOST_SPACING", "0s"),
        ("COURANT_SERVE_LISTEN", "127.0.0.1:9"),
        ("COURANT_POLL_CONCURRENCY", "3"),
        ("COURANT_CLUSTER_NODE", "n1"),
    ]);
    let config = parse("courant.toml", "[poll]\ninterval = \"3h\"\n", &set).unwrap();
    assert_eq!(config.poll.interval, Duration::from_secs(7200));
    assert_eq!((config.poll.concurrency, config.serve.listen.as_str()), (3, "127.0.0.1:9"));
    assert_eq!(config.cluster.node, "n1");
    // Where it is built in, this is a cluster; else it is said what is missing.
    let cluster = [("COURANT_CLUSTER_NODE", "n1"), ("COURANT_CLUSTER_URL", "postgresql://db.example/courant")];
    match parse("courant.toml", "", &environment(&cluster)) {
        Ok(config) => assert_eq!(config.cluster.url, "postgresql://db.example/courant"),
        Err(error) => assert!(cfg!(not(feature = "cluster")) && error.0.contains("built without it"), "{error}"),
    }
    let message = parse("courant.toml", "", &environment(&[("COURANT_POLL_INTERVALL", "2h")])).unwrap_err().0;
    assert!(message.starts_with("COURANT_POLL_INTERVALL: unknown key \"intervall\""), "{message}");
}

#[test]
fn a_level_that_nobody_knows_keeps_nothing_from_its_work() {
    let environment = |level: &str| Environment { variables: vec![("COURANT_LOG".to_owned(), level.to_owned())] };
    let text = "[log]\nlevel = \"debug\"\n";
    for (variable, level) in [("Trace", courant::config::Level::Trace), ("bogus", courant::config::Level::Debug)] {
        assert_eq!(parse("courant.toml", text, &environment(variable)).unwrap().log.level, level, "{variable}");
    }
    let wrong = environment("courant=debug").wrong_level().unwrap();
    assert!(wrong.starts_with("COURANT_LOG: unknown value \"courant=debug\"; known: error, warn"), "{wrong}");
    assert_eq!(environment("bogus").set_by("log.level"), None);
    assert!(environment("Trace").wrong_level().is_none() && environment("").wrong_level().is_none());
}

const LIST: &str = "# mine\n[[feed]]\nurl = \"https://a.example/feed\" # the first\ntags = [\"x\"]\n\n[[feed]]\nurl = \"https://b.example/feed\"\n";

#[test]
fn edits_keep_what_a_person_wrote() {
    let new = courant::config::subscriptions::parse("feeds.toml", "[[feed]]\nurl = \"https://c.example/feed\"\ntitle = \"C\"\n")
        .unwrap();
    let added = subscriptions::edit("feeds.toml", LIST, &[Edit::Add(&new[0])]).unwrap();
    assert!(added.starts_with(LIST), "{added}");
    assert_eq!(subscriptions::parse("feeds.toml", &added).unwrap().len(), 3);
    let first = subscriptions::edit("feeds.toml", "# Mine.\n", &[Edit::Add(&new[0])]).unwrap();
    assert!(first.starts_with("# Mine.\n\n[[feed]]\n") && first.ends_with("title = \"C\"\n"), "{first}");
    let removed = subscriptions::edit("feeds.toml", &added, &[Edit::Remove("https://c.example/feed")]).unwrap();
    assert_eq!(removed.trim_end(), LIST.trim_end());
    let paused = subscriptions::edit("feeds.toml", LIST, &[Edit::Pause("https://a.example/feed", true)]).unwrap();
    assert!(paused.contains("# the first") && subscriptions::parse("feeds.toml", &paused).unwrap()[0].paused);
    assert_eq!(subscriptions::edit("feeds.toml", &paused, &[Edit::Pause("https://a.example/feed", false)]).unwrap(), LIST);
}

#[test]
fn edits_are_made_one_after_the_other_or_none_is() {
    let new = subscriptions::Subscription::new("https://c.example/feed");
    let tags = ["new".to_owned()];
    // What one adds or moves, the next finds.
    let edits = [
        Edit::Add(&new),
        Edit::Remove("https://a.example/feed"),
        Edit::Tags("https://c.example/feed", &tags),
        Edit::Set("https://b.example/feed", "url", Some("https://d.example/feed")),
        Edit::Title("https://d.example/feed", "D"),
    ];
    let edited = subscriptions::parse("feeds.toml", &subscriptions::edit("feeds.toml", LIST, &edits).unwrap()).unwrap();
    let told: Vec<_> = edited.iter().map(|feed| (feed.url.as_str(), feed.title.as_deref(), feed.tags.len())).collect();
    assert_eq!(told, [("https://d.example/feed", Some("D"), 0), ("https://c.example/feed", None, 1)]);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("feeds.toml");
    std::fs::write(&file, LIST).unwrap();
    let twice = subscriptions::change(&file, &[Edit::Add(&new), Edit::Add(&new)]).unwrap_err().0;
    assert!(twice.contains("is already there"), "{twice}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), LIST);
}

/// A list of so many is read and checked twice, however many edits there are: else it takes minutes.
#[test]
fn edits_at_one_time_are_made_one_after_the_other() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("feeds.toml");
    std::fs::write(&file, "").unwrap();
    let feeds: Vec<_> = (0..40).map(|n| subscriptions::Subscription::new(format!("https://{n}.example/"))).collect();
    let made: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            feeds.iter().map(|feed| scope.spawn(|| subscriptions::change(&file, &[Edit::Add(feed)]).is_ok())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let listed = subscriptions::read(&file).unwrap().unwrap();
    for (feed, made) in feeds.iter().zip(made) {
        assert!(made && subscriptions::find(&listed, &feed.url).is_some(), "{} was written over", feed.url);
    }
}

#[test]
fn what_an_editor_saves_while_a_long_list_is_edited_stays() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("feeds.toml");
    let list: String = (0..5000).map(|n| format!("[[feed]]\nurl = \"https://a.example/{n}\"\n")).collect();
    std::fs::write(&file, &list).unwrap();
    let mut saved = 0;
    std::thread::scope(|scope| {
        // Which of the two comes out is chance: it is made, or refused.
        let change = scope.spawn(|| subscriptions::change(&file, &[Edit::Remove("https://a.example/7")]));
        let (started, new) = (Instant::now(), home.path().join("new"));
        while started.elapsed() < Duration::from_millis(20) {
            saved += 1;
            std::fs::write(&new, format!("{list}# saved {saved}\n")).unwrap();
            std::fs::rename(&new, &file).unwrap();
        }
        if let Err(refused) = change.join().unwrap() {
            assert!(refused.0.contains("changed meanwhile"), "{}", refused.0);
        }
    });
    assert!(std::fs::read_to_string(&file).unwrap().ends_with(&format!("# saved {saved}\n")));
}

#[test]
fn a_long_list_is_read_as_a_short_one() {
    let feed = |n: usize| format!("[[feed]]\nurl = \"https://a.example/{n}\"\n");
    let list: String = (0..1000).map(feed).collect();
    let read = subscriptions::parse("feeds.toml", &list).unwrap();
    assert!(read.iter().enumerate().all(|(n, feed)| feed.url == format!("https://a.example/{n}")) && read.len() == 1000);
    // The lines of errors are those of the file, wherever it is cut for reading.
    let twice = subscriptions::parse("feeds.toml", &format!("{list}{}", feed(700))).unwrap_err().0;
    assert!(twice.starts_with("feeds.toml:2002:") && twice.contains("line 1401"), "{twice}");
    let wrong = subscriptions::parse("feeds.toml", &format!("{list}{}colour = 1\n{}", feed(1000), feed(1001))).unwrap_err().0;
    assert!(wrong.contains("2003") && wrong.contains("colour"), "{wrong}");
    // Lines that look like feeds, inside a text.
    let inside = format!("{}title = \"\"\"\n{list}\"\"\"\n{}", feed(1), feed(2));
    let read = subscriptions::parse("feeds.toml", &inside).unwrap();
    assert_eq!((read.len(), read[0].title.as_deref(), read[1].url.as_str()), (2, Some(list.as_str()), "https://a.example/2"));
}

#[test]
fn one_feed_is_one_subscription_however_it_is_written() {
    use subscriptions::{Subscription, edit, find, parse};
    let list = "[[feed]]\nurl = \"http://127.0.0.1:8100/f/u.xml\"\n";
    let spellings = [
        "HTTP://127.0.0.1:8100/f/u.xml",
        "http://127.1:8100/f/./u.xml",
        "http://127.0.0.1:8100/f/u.xml#top",
        "feed://127.0.0.1:8100/f/u.xml",
        "feed:http://127.0.0.1:8100/f/u.xml",
    ];
    for spelling in spellings {
        let added = edit("feeds.toml", list, &[Edit::Add(&Subscription::new(spelling))]).unwrap_err().0;
        assert!(added.contains("is already there"), "{added}");
        let twice = parse("feeds.toml", &format!("{list}[[feed]]\nurl = \"{spelling}\"\n")).unwrap_err().0;
        assert!(twice.starts_with("feeds.toml:4:") && twice.contains("listed twice (first in line 1)"), "{twice}");
        assert_eq!(edit("feeds.toml", list, &[Edit::Remove(spelling)]).unwrap().trim(), "");
        let listed = parse("feeds.toml", list).unwrap();
        assert!(find(&listed, spelling).is_some());
    }
    // What a person wrote stays so, but for schemes that only feed readers know.
    let url = |url: &str| parse("feeds.toml", &format!("[[feed]]\nurl = \"{url}\"\n")).unwrap().remove(0).url;
    assert_eq!(url("HTTPS://A.example:443/f#x"), "HTTPS://A.example:443/f#x");
    assert_eq!(url("feed:https://a.example/f"), "https://a.example/f");
    assert!(parse("feeds.toml", &format!("{list}[[feed]]\nurl = \"https://127.0.0.1:8100/f/u.xml\"\n")).is_ok());
}

#[test]
fn a_list_says_what_is_wrong_with_it() {
    let wrong = |text: &str| subscriptions::parse("feeds.toml", text).unwrap_err().0;
    assert!(wrong(&format!("{LIST}\n[[feed]]\nurl = \"https://a.example/feed\"\n")).contains("listed twice"));
    assert!(wrong("[[feed]]\nurl = \"ftp://a.example/\"\n").starts_with("feeds.toml:2:7: "));
    assert!(wrong("[[feed]]\nurl = \"https://a.example/\"\nintervall = \"1h\"\n").contains("did you mean \"interval\""));
    assert!(
        subscriptions::edit("feeds.toml", LIST, &[Edit::Remove("https://z.example/")]).unwrap_err().0.contains("not in the list")
    );
}

#[test]
fn the_starter_list_is_a_list() {
    assert!(subscriptions::parse("feeds.toml", subscriptions::STARTER).unwrap().len() >= 30);
}

#[test]
fn a_source_says_what_is_wrong_with_it() {
    let parse = |more: &str| subscriptions::parse("feeds.toml", &format!("[[feed]]\nurl = \"https://a.example/feed\"\n{more}\n"));
    for right in [
        "auth = { user = \"me\", secret = \"acme\" }",
        "auth = { secret = \"acme\" }",
        "auth = { header = \"X-Api-Key\", secret = \"acme\" }",
        "headers = { \"Accept-Language\" = \"zh-TW\" }",
        "page = { item = \"article.card\" }",
        "[feed.page]\nitem = \"li\"\ntitle = \"h2\"",
    ] {
        assert!(parse(right).is_ok(), "{right}: {:?}", parse(right));
    }
    for (wrong, says) in [
        ("auth = { user = \"me\" }", "secret"),
        ("auth = { secret = \"../x\" }", "not the name of a file"),
        ("auth = { user = \"me\", header = \"X-Key\", secret = \"x\" }", "one of the two"),
        ("auth = { header = \"Host\", secret = \"x\" }", "cannot be set"),
        ("headers = { Authorization = \"Bearer abc\" }", "holds a secret"),
        ("headers = { \"User-Agent\" = \"Mozilla\" }", "fetch.contact"),
        ("headers = { \"X-A\" = \"a\\r\\nHost: b\" }", "one line"),
        ("page = { item = \"<<\" }", "not a CSS selector"),
        ("page = { title = \"h2\" }", "item"),
    ] {
        let message = parse(wrong).unwrap_err().0;
        assert!(message.contains(says) && message.starts_with("feeds.toml:"), "{wrong}: {message}");
        assert!(!message.contains("abc"), "{message}");
    }
    let exec = |line: &str| subscriptions::check_url(line).map(|_| courant::config::sources::command(line).unwrap());
    assert_eq!(exec("exec:/bin/echo 'a b' \"c \\\" d\" e\\ f").unwrap(), ["/bin/echo", "a b", "c \" d", "e f"]);
    for wrong in ["exec:echo a", "exec:", "exec:/bin/echo 'a", "exec:/bin/echo \\"] {
        assert!(exec(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_secret_is_a_file_that_not_everybody_reads() {
    use courant::config::secrets::{Places, read};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (own, credentials) = (folder.path().join("secrets"), folder.path().join("credentials"));
    let places = Places { credentials: Some(credentials.clone()), folder: own.clone() };
    for folder in [&own, &credentials] {
        std::fs::create_dir(folder).unwrap();
    }
    let write = |file: &std::path::Path, text: &str, mode| {
        std::fs::write(file, text).unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let missing = read("acme", &places).unwrap_err();
    assert!(missing.contains("acme") && missing.contains("secrets") && missing.contains("credentials"), "{missing}");
    write(&own.join("acme"), "s3cret\n", 0o644);
    assert!(read("acme", &places).unwrap_err().contains("chmod o="));
    write(&own.join("acme"), "s3cret\n", 0o640);
    assert_eq!(read("acme", &places).unwrap(), "s3cret");
    write(&credentials.join("acme"), "better", 0o444);
    assert_eq!(read("acme", &places).unwrap(), "better");
    for (wrong, says) in [("\n", "is empty"), ("a\nb", "more than one line"), (&"a".repeat(5000), "too long")] {
        write(&own.join("odd"), wrong, 0o600);
        assert!(read("odd", &places).unwrap_err().contains(says));
    }
}
