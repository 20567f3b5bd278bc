//! Configurations that are wrong, each answered with the file, the line, the column, the key and what to write instead.

use courant::config::{Environment, parse, subscriptions};

/// What is written, where the fault is, the key that is named, and what the answer says to write.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const CONFIGURATIONS: [Row; 47] = [
    // Keys and sections that nobody knows.
    ("[poll]\nintervall = \"1h\"", "2:1", "\"intervall\"", "did you mean \"interval\""),
    ("[pool]\ninterval = \"1h\"", "1:2", "\"pool\"", "did you mean \"poll\""),
    ("intervall = \"1h\"", "1:1", "\"intervall\"", "known: "),
    ("[[outputs]]\nname = \"a\"", "1:3", "\"outputs\"", "did you mean \"output\""),
    ("[serve]\nport = 8080", "2:1", "\"port\"", "known: listen"),
    ("[[output]]\nname = \"a\"\ntag = [\"x\"]", "3:1", "\"tag\"", "did you mean \"tags\""),
    ("[log]\nlevel = \"verbose\"", "2:9", "\"verbose\"", "known: error, warn"),
    ("[article]\nmode = \"allways\"", "2:8", "\"allways\"", "did you mean \"always\""),
    ("[story]\ndedupe = \"storry\"", "2:10", "\"storry\"", "did you mean \"story\""),
    ("[backup]\nrecover = \"yes\"", "2:11", "\"yes\"", "known: backup, stop"),
    // Values without their unit, or of another kind.
    ("[poll]\ninterval = 3600", "2:12", "poll.interval", "write \"1h\""),
    ("[poll]\nmin_interval = 900", "2:16", "poll.min_interval", "write \"15m\""),
    ("[poll]\ninterval = \"60\"", "2:12", "poll.interval", "like \"30s\""),
    ("[poll]\ninterval = \"soon\"", "2:12", "poll.interval", "like \"30s\""),
    ("[poll]\ninterval = -5", "2:12", "poll.interval", "write one like \"1h\""),
    ("[poll]\ninterval = 1.5", "2:12", "poll.interval", "with its unit"),
    ("[fetch]\nmax_feed_bytes = 10000000", "2:18", "fetch.max_feed_bytes", "write \"10MB\""),
    ("[fetch]\nmax_page_bytes = \"5 megabytes\"", "2:18", "fetch.max_page_bytes", "like \"10MB\""),
    ("[store]\nkeep = 365", "2:8", "store.keep", "write \"365d\""),
    ("[store]\nkeep = \"always\"", "2:8", "store.keep", "\"forever\""),
    ("[poll]\nadaptive = \"yes\"", "2:12", "poll.adaptive", "true or false"),
    ("[poll]\nconcurrency = \"128\"", "2:15", "poll.concurrency", "without quotes"),
    ("[poll]\nconcurrency = -1", "2:15", "poll.concurrency", "0 or more"),
    ("[poll]\njitter = \"0.1\"", "2:10", "poll.jitter", "without quotes"),
    ("[serve]\nlisten = 8080", "2:10", "serve.listen", "in quotes"),
    ("[serve]\nhosts = \"news.example\"", "2:9", "serve.hosts", "[\"a\", \"b\"]"),
    ("poll = 5", "1:8", "poll", "a line [name]"),
    ("feeds = [\"feeds.toml\"]", "1:9", "feeds", "in quotes"),
    ("[fetch]\nallow_private = [\"localhost\"]", "2:17", "fetch.allow_private", "like \"127.0.0.1:8900\""),
    ("[[output]]\nname = \"a\"\nquery = \"lang:english\"", "3:9", "output[0].query", "like en, zh"),
    // What the types cannot say.
    ("[poll]\njitter = 5", "2:10", "poll.jitter", "write 0.1"),
    ("[poll]\nper_host = 0", "2:12", "poll.per_host", "by default it is 1"),
    ("[fetch]\nmax_redirects = 99", "2:17", "fetch.max_redirects", "write 20"),
    ("[fetch]\nproxy = \"proxy.example:3128\"", "2:9", "fetch.proxy", "like \"http://"),
    ("[fetch]\ncontact = \"écrivez@a.example\"", "2:11", "fetch.contact", "plain ASCII"),
    ("[serve]\nlisten = \"8080\"", "2:10", "serve.listen", "like \"127.0.0.1:8080\""),
    ("[serve]\nbase_url = \"news.example\"", "2:12", "serve.base_url", "like \"https://"),
    ("[serve]\nhub = \"hub.example\"", "2:7", "serve.hub", "like \"https://"),
    ("[serve]\nhub = \"https://hub.example/>\"", "2:7", "serve.hub", "like \"https://"),
    ("[[output]]\nname = \"A b\"", "2:8", "output[0].name", "as \"ai-news\""),
    ("[[output]]\nname = \"a\"\n[[output]]\nname = \"a\"", "4:8", "output[1].name", "give one another name"),
    ("[[output]]\nname = \"a\"\nlanguages = [\"Chinese\"]", "3:14", "output[0].languages[0]", "\"zh-Hant\""),
    // What is not TOML.
    ("[poll]\ninterval = 1h", "2:12", "poll.interval", "in quotes"),
    ("[poll\ninterval = \"1h\"", "1:6", "", "ends with a bracket"),
    ("[poll]\ninterval", "2:9", "", "write `key = value`"),
    ("[serve]\nhosts = [\"a\" \"b\"]", "2:14", "serve.hosts", "between commas"),
    ("[poll]\njitter = 0.1\njitter = 0.2", "3:1", "jitter", "keep one"),
];

#[rustfmt::skip]
const LISTS: [Row; 19] = [
    ("[[feed]]\ntitle = \"A\"", "1:1", "\"url\"", "write url = "),
    ("[[feed]]\nurl = \"example.org/feed\"", "2:7", "url", "like \"https://example.org/feed.xml\""),
    ("[[feed]]\nurl = \"ftp://a.example/feed\"", "2:7", "url", "write http, https"),
    ("[[feed]]\nurl = \"https://a.example/\"\nintervall = \"1h\"", "3:1", "\"intervall\"", "did you mean \"interval\""),
    ("[[feed]]\nurl = \"https://a.example/\"\ninterval = 1800", "3:12", "feed[0].interval", "write \"30m\""),
    ("[[feed]]\nurl = \"https://a.example/\"\ninterval = \"0s\"", "3:12", "interval", "as \"30m\""),
    ("[[feed]]\nurl = \"https://a.example/\"\ntags = \"ai\"", "3:8", "feed[0].tags", "[\"a\", \"b\"]"),
    ("[[feed]]\nurl = \"https://a.example/\"\narticle = \"full\"", "3:11", "\"full\"", "known: auto"),
    ("[[feed]]\nurl = \"https://a.example/\"\nselect = [\"p[\"]", "3:11", "select[0]", "like \"article .text\""),
    ("[[feed]]\nurl = \"https://a.example/\"\npage = { title = \"h2\" }", "3:8", "\"item\"", "write item = "),
    ("[[feed]]\nurl = \"https://a.example/\"\npage = { item = \"<<\" }", "3:17", "page.item", "like \"article .text\""),
    ("[[feed]]\nurl = \"https://a.example/\"\nauth = { user = \"me\" }", "3:8", "\"secret\"", "write secret = "),
    ("[[feed]]\nurl = \"https://a.example/\"\nauth = { secret = \"../x\" }", "3:8", "auth", "letters, digits"),
    ("[[feed]]\nurl = \"https://a.example/\"\nheaders = { Cookie = \"a=b\" }", "3:11", "headers", "write auth = "),
    ("[[feed]]\nurl = \"exec:/bin/echo\"\nheaders = { X = \"a\" }", "3:11", "headers", "delete it"),
    ("[[feed]]\nurl = \"exec:echo a\"", "2:7", "url", "whole path"),
    ("[[feed]]\nurl = \"https://a.example/\"\n[[feed]]\nurl = \"https://a.example/#x\"", "4:7", "url", "delete one"),
    ("[[feeds]]\nurl = \"https://a.example/\"", "1:3", "\"feeds\"", "did you mean \"feed\""),
    ("[[feed]]\nurl = https://a.example/", "2:7", "feed.url", "in quotes"),
];

#[test]
fn sixty_broken_configurations_are_answered_with_what_to_write() {
    let mut wrong = Vec::new();
    let configurations =
        CONFIGURATIONS.iter().map(|row| (row, "courant.toml", parse("courant.toml", row.0, &Environment::default()).err()));
    let lists = LISTS.iter().map(|row| (row, "feeds.toml", subscriptions::parse("feeds.toml", row.0).err()));
    let mut n_rows = 0;
    for ((text, place, key, instead), file, error) in configurations.chain(lists) {
        n_rows += 1;
        let answer = error.map_or_else(|| "it is taken".to_owned(), |error| error.0);
        let says = answer.starts_with(&format!("{file}:{place}: ")) && answer.contains(key) && answer.contains(instead);
        if !says || answer.lines().count() != 1 {
            wrong.push(format!("{text:?}\n  should: {file}:{place}: … {key} … {instead}\n  does:   {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {n_rows}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n_rows >= 60);
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    let set = |name: &str, value: &str| Environment { variables: vec![(name.into(), value.into())] };
    for (name, value, says) in [
        ("COURANT_POLL_JITTER", "5", "write 0.1"),
        ("COURANT_POLL_INTERVAL", "3600", "write \"1h\""),
        ("COURANT_SERVE_LISTEN", "8080:80", "like \"127.0.0.1:8080\""),
    ] {
        let answer = parse("courant.toml", "[poll]\njitter = 0.2\n", &set(name, value)).unwrap_err().0;
        assert!(answer.starts_with(&format!("{name}: ")) && answer.contains(says), "{answer}");
    }
}
