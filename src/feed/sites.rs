//! Feeds that known sites are known to have, as a table: a page's address says where its feed is.
//!
//! A row gives candidates; whoever asked still has to fetch one and see that it is a feed.

use url::Url;

struct Site {
    /// `example.com` (also with `www.`), `*.example.com` (any subdomain), `*` (any host).
    hosts: &'static [&'static str],
    /// Segments of the path: words, `{a}` (one segment, also with a word before it), `*` at the end (any rest);
    /// then `?name={b}` for a parameter that must be there.
    page: &'static str,
    /// `{origin}` is scheme and host of the page.
    feeds: &'static [&'static str],
}

const fn row(hosts: &'static [&'static str], page: &'static str, feeds: &'static [&'static str]) -> Site {
    Site { hosts, page, feeds }
}

const YOUTUBE: &[&str] = &["youtube.com", "m.youtube.com"];
const REDDIT: &[&str] = &["reddit.com", "old.reddit.com", "new.reddit.com"];
const GITHUB: &[&str] = &["github.com"];
const GITLAB: &[&str] = &["gitlab.com", "gitlab.gnome.org", "gitlab.freedesktop.org", "salsa.debian.org", "invent.kde.org"];
const GITEA: &[&str] = &["codeberg.org", "gitea.com"];
const STACK: &[&str] =
    &["stackoverflow.com", "serverfault.com", "superuser.com", "askubuntu.com", "mathoverflow.net", "*.stackexchange.com"];

/// The first row that fits holds.
#[rustfmt::skip]
const SITES: &[Site] = &[
    row(YOUTUBE, "/channel/UC{a}/*", &[
        "https://www.youtube.com/feeds/videos.xml?channel_id=UC{a}",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UULF{a}",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UUSH{a}",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UULV{a}",
    ]),
    row(YOUTUBE, "/channel/{a}/*", &["https://www.youtube.com/feeds/videos.xml?channel_id={a}"]),
    row(YOUTUBE, "/user/{a}/*", &["https://www.youtube.com/feeds/videos.xml?user={a}"]),
    row(YOUTUBE, "/*?list={a}", &["https://www.youtube.com/feeds/videos.xml?playlist_id={a}"]),
    // A handle's page declares its feed; its address does not hold the channel.
    row(YOUTUBE, "/*", &[]),
    row(REDDIT, "/", &["{origin}/.rss"]),
    row(REDDIT, "/r/{a}", &["{origin}/r/{a}.rss"]),
    row(REDDIT, "/r/{a}/comments/{b}/*", &["{origin}/r/{a}/comments/{b}/.rss"]),
    row(REDDIT, "/r/{a}/{b}", &["{origin}/r/{a}/{b}.rss", "{origin}/r/{a}.rss"]),
    row(REDDIT, "/user/{a}/m/{b}", &["{origin}/user/{a}/m/{b}.rss"]),
    row(REDDIT, "/user/{a}/*", &["{origin}/user/{a}.rss"]),
    row(REDDIT, "/u/{a}/*", &["{origin}/user/{a}.rss"]),
    row(REDDIT, "/domain/{a}/*", &["{origin}/domain/{a}.rss"]),
    row(GITHUB, "/", &[]),
    row(GITHUB, "/{a}", &["https://github.com/{a}.atom"]),
    row(GITHUB, "/{a}/{b}", &[
        "https://github.com/{a}/{b}/releases.atom", "https://github.com/{a}/{b}/tags.atom", "https://github.com/{a}/{b}/commits.atom",
    ]),
    row(GITHUB, "/{a}/{b}/releases/*", &["https://github.com/{a}/{b}/releases.atom"]),
    row(GITHUB, "/{a}/{b}/tags/*", &["https://github.com/{a}/{b}/tags.atom"]),
    row(GITHUB, "/{a}/{b}/commits", &["https://github.com/{a}/{b}/commits.atom"]),
    row(GITHUB, "/{a}/{b}/commits/{c}", &["https://github.com/{a}/{b}/commits/{c}.atom"]),
    row(GITHUB, "/{a}/{b}/tree/{c}/*", &["https://github.com/{a}/{b}/commits/{c}.atom"]),
    row(GITHUB, "/{a}/{b}/discussions/categories/{c}", &["https://github.com/{a}/{b}/discussions/categories/{c}.atom"]),
    row(GITHUB, "/{a}/{b}/discussions/*", &["https://github.com/{a}/{b}/discussions.atom"]),
    row(GITHUB, "/{a}/{b}/wiki/*", &["https://github.com/{a}/{b}/wiki.atom"]),
    row(GITHUB, "/{a}/{b}/*", &["https://github.com/{a}/{b}/releases.atom", "https://github.com/{a}/{b}/commits.atom"]),
    row(&["gist.github.com"], "/{a}/*", &["https://gist.github.com/{a}.atom"]),
    row(GITLAB, "/{a}", &["{origin}/{a}.atom"]),
    row(GITLAB, "/{a}/{b}/-/tags/*", &["{origin}/{a}/{b}/-/tags?format=atom"]),
    row(GITLAB, "/{a}/{b}/-/commits/{c}", &["{origin}/{a}/{b}/-/commits/{c}?format=atom"]),
    row(GITLAB, "/{a}/{b}/*", &["{origin}/{a}/{b}/-/releases.atom", "{origin}/{a}/{b}/-/tags?format=atom", "{origin}/{a}/{b}.atom"]),
    row(GITEA, "/{a}", &["{origin}/{a}.rss"]),
    row(GITEA, "/{a}/{b}/tags", &["{origin}/{a}/{b}/tags.rss"]),
    row(GITEA, "/{a}/{b}/*", &["{origin}/{a}/{b}/releases.rss", "{origin}/{a}/{b}/tags.rss", "{origin}/{a}/{b}.rss"]),
    row(&["git.sr.ht"], "/{a}/{b}/*", &["https://git.sr.ht/{a}/{b}/refs/rss.xml", "https://git.sr.ht/{a}/{b}/log/rss.xml"]),
    row(&["bitbucket.org"], "/{a}/{b}/*", &["https://bitbucket.org/{a}/{b}/rss"]),
    row(&["sourceforge.net"], "/projects/{a}/*", &["https://sourceforge.net/projects/{a}/rss"]),
    row(&["launchpad.net"], "/{a}/*", &["https://feeds.launchpad.net/{a}/announcements.atom"]),
    row(&["pypi.org"], "/project/{a}/*", &["https://pypi.org/rss/project/{a}/releases.xml"]),
    row(&["crates.io"], "/crates/{a}/*", &["https://static.crates.io/rss/crates/{a}.xml"]),
    row(&["news.ycombinator.com"], "/", &["https://news.ycombinator.com/rss", "https://hnrss.org/frontpage"]),
    row(&["news.ycombinator.com"], "/news", &["https://news.ycombinator.com/rss", "https://hnrss.org/frontpage"]),
    row(&["news.ycombinator.com"], "/newest", &["https://hnrss.org/newest"]),
    row(&["news.ycombinator.com"], "/best", &["https://hnrss.org/best"]),
    row(&["news.ycombinator.com"], "/ask", &["https://hnrss.org/ask"]),
    row(&["news.ycombinator.com"], "/show", &["https://hnrss.org/show"]),
    row(&["news.ycombinator.com"], "/jobs", &["https://hnrss.org/jobs"]),
    row(&["news.ycombinator.com"], "/user?id={a}", &["https://hnrss.org/user?id={a}"]),
    row(&["news.ycombinator.com"], "/item?id={a}", &["https://hnrss.org/item?id={a}"]),
    row(&["lobste.rs"], "/", &["https://lobste.rs/rss"]),
    row(&["lobste.rs"], "/t/{a}", &["https://lobste.rs/t/{a}.rss"]),
    row(&["lobste.rs"], "/~{a}/*", &["https://lobste.rs/~{a}/stories.rss"]),
    row(STACK, "/", &["{origin}/feeds"]),
    row(STACK, "/questions", &["{origin}/feeds"]),
    row(STACK, "/questions/tagged/{a}", &["{origin}/feeds/tag?tagnames={a}&sort=newest"]),
    row(STACK, "/questions/{a}/*", &["{origin}/feeds/question/{a}"]),
    row(STACK, "/users/{a}/*", &["{origin}/feeds/user/{a}"]),
    row(&["medium.com"], "/tag/{a}/*", &["https://medium.com/feed/tag/{a}"]),
    row(&["medium.com"], "/{a}/tagged/{b}", &["https://medium.com/feed/{a}/tagged/{b}"]),
    row(&["medium.com"], "/{a}/*", &["https://medium.com/feed/{a}"]),
    row(&["*.medium.com"], "/*", &["{origin}/feed"]),
    row(&["substack.com"], "/@{a}/*", &["https://{a}.substack.com/feed"]),
    row(&["*.substack.com"], "/*", &["{origin}/feed"]),
    row(&["*.wordpress.com"], "/*", &["{origin}/feed/"]),
    row(&["*.blogspot.com"], "/*", &["{origin}/feeds/posts/default"]),
    row(&["*.ghost.io"], "/*", &["{origin}/rss/"]),
    row(&["*.tumblr.com"], "/tagged/{a}", &["{origin}/tagged/{a}/rss"]),
    row(&["tumblr.com"], "/{a}/*", &["https://{a}.tumblr.com/rss"]),
    row(&["*.tumblr.com"], "/*", &["{origin}/rss"]),
    row(&["*.livejournal.com", "*.dreamwidth.org"], "/*", &["{origin}/data/rss", "{origin}/data/atom"]),
    row(&["*.hatenablog.com", "*.hatenablog.jp", "*.hateblo.jp"], "/*", &["{origin}/feed", "{origin}/rss"]),
    row(&["*.bearblog.dev"], "/*", &["{origin}/feed/"]),
    row(&["*.micro.blog"], "/*", &["{origin}/feed.xml"]),
    row(&["buttondown.com", "buttondown.email"], "/{a}/*", &["https://buttondown.com/{a}/rss"]),
    row(&["write.as"], "/{a}/*", &["https://write.as/{a}/feed/"]),
    row(&["dev.to"], "/", &["https://dev.to/feed"]),
    row(&["dev.to"], "/t/{a}/*", &["https://dev.to/feed/tag/{a}"]),
    row(&["dev.to"], "/{a}/*", &["https://dev.to/feed/{a}"]),
    row(&["note.com"], "/{a}/*", &["https://note.com/{a}/rss"]),
    row(&["zenn.dev"], "/topics/{a}/*", &["https://zenn.dev/topics/{a}/feed"]),
    row(&["zenn.dev"], "/p/{a}/*", &["https://zenn.dev/p/{a}/feed"]),
    row(&["zenn.dev"], "/{a}/*", &["https://zenn.dev/{a}/feed"]),
    row(&["qiita.com"], "/tags/{a}/*", &["https://qiita.com/tags/{a}/feed"]),
    row(&["qiita.com"], "/{a}/*", &["https://qiita.com/{a}/feed.atom"]),
    row(&["habr.com"], "/{a}/hubs/{b}/*", &["https://habr.com/{a}/rss/hubs/{b}/"]),
    row(&["habr.com"], "/{a}/*", &["https://habr.com/{a}/rss/articles/"]),
    row(&["v2ex.com"], "/go/{a}", &["https://www.v2ex.com/feed/{a}.xml"]),
    row(&["v2ex.com"], "/*", &["https://www.v2ex.com/index.xml"]),
    row(&["bsky.app"], "/profile/{a}/*", &["https://bsky.app/profile/{a}/rss"]),
    row(&["vimeo.com"], "/channels/{a}/*", &["https://vimeo.com/channels/{a}/videos/rss"]),
    row(&["vimeo.com"], "/groups/{a}/*", &["https://vimeo.com/groups/{a}/videos/rss"]),
    row(&["vimeo.com"], "/{a}/*", &["https://vimeo.com/{a}/videos/rss"]),
    row(&["dailymotion.com"], "/{a}", &["https://www.dailymotion.com/rss/user/{a}"]),
    row(&["deviantart.com"], "/{a}/*", &["https://backend.deviantart.com/rss.xml?type=deviation&q=by%3A{a}"]),
    row(&["letterboxd.com"], "/{a}/*", &["https://letterboxd.com/{a}/rss/"]),
    row(&["pinboard.in"], "/u:{a}/*", &["https://feeds.pinboard.in/rss/u:{a}/"]),
    row(&["store.steampowered.com"], "/app/{a}/*", &["https://store.steampowered.com/feeds/news/app/{a}/"]),
    row(&["arxiv.org"], "/list/{a}/*", &["https://rss.arxiv.org/rss/{a}"]),
    row(&["tiktok.com", "instagram.com", "x.com", "twitter.com", "facebook.com", "threads.net"], "/*", &[]),
    // Software that runs on many hosts.
    row(&["*"], "/@{a}", &["{origin}/@{a}.rss"]),
    row(&["*"], "/@{a}/*", &["{origin}/@{a}.rss"]),
    row(&["*"], "/users/{a}", &["{origin}/users/{a}.rss"]),
    row(&["*"], "/c/{a}/videos", &["{origin}/feeds/videos.xml?videoChannelName={a}"]),
    row(&["*"], "/video-channels/{a}/*", &["{origin}/feeds/videos.xml?videoChannelName={a}"]),
    row(&["*"], "/a/{a}/*", &["{origin}/feeds/videos.xml?accountName={a}"]),
    row(&["*"], "/accounts/{a}/*", &["{origin}/feeds/videos.xml?accountName={a}"]),
    row(&["*"], "/c/{a}", &["{origin}/feeds/c/{a}.xml", "{origin}/c/{a}.rss", "{origin}/feeds/videos.xml?videoChannelName={a}"]),
    row(&["*"], "/c/{a}/{b}", &["{origin}/c/{a}/{b}.rss"]),
    row(&["*"], "/t/{a}/{b}", &["{origin}/t/{a}/{b}.rss"]),
];

pub(super) fn known_feeds(page_url: &str) -> Vec<String> {
    let Ok(page) = Url::parse(page_url) else { return Vec::new() };
    if !matches!(page.scheme(), "http" | "https") {
        return Vec::new();
    }
    for site in SITES {
        if !site.hosts.iter().any(|host| is_host(&page, host)) {
            continue;
        }
        if let Some(found) = matches(&page, site.page) {
            let origin = page.origin().ascii_serialization();
            let filled = site.feeds.iter().map(|feed| {
                let start = feed.replace("{origin}", &origin);
                found.iter().fold(start, |feed, (name, value)| feed.replace(&format!("{{{name}}}"), value))
            });
            return filled.filter(|feed| feed != page_url).collect();
        }
    }
    Vec::new()
}

fn is_host(page: &Url, pattern: &str) -> bool {
    let Some(host) = page.host_str() else { return false };
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(domain) => host.strip_suffix(domain).is_some_and(|sub| !sub.is_empty() && sub != "www"),
        None => host.strip_prefix("www.").unwrap_or(host) == pattern,
    }
}

/// What the placeholders of a pattern stand for; `None` where it does not fit.
fn matches<'a>(page: &Url, pattern: &'a str) -> Option<Vec<(&'a str, String)>> {
    let (path, query) = pattern.split_once('?').unwrap_or((pattern, ""));
    let mut found = Vec::new();
    let mut segments = page.path_segments()?.filter(|segment| !segment.is_empty());
    let mut is_open = false;
    for wanted in path.split('/').filter(|wanted| !wanted.is_empty()) {
        if wanted == "*" {
            is_open = true;
            break;
        }
        found.extend(fits(segments.next()?, wanted)?);
    }
    if !is_open && segments.next().is_some() {
        return None;
    }
    if let Some((name, wanted)) = query.split_once('=') {
        let (_, value) = page.query_pairs().find(|(known, _)| known == name)?;
        // What goes into another address must not bring its own delimiters.
        if !value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
            return None;
        }
        found.extend(fits(&value, wanted)?);
    }
    Some(found)
}

/// One segment against a word, or a word and a placeholder behind it.
fn fits<'a>(segment: &str, wanted: &'a str) -> Option<Option<(&'a str, String)>> {
    let Some((word, name)) = wanted.strip_suffix('}').and_then(|wanted| wanted.split_once('{')) else {
        return segment.eq_ignore_ascii_case(wanted).then_some(None);
    };
    let value = segment.strip_prefix(word).filter(|value| !value.is_empty())?;
    Some(Some((name, value.to_owned())))
}
