//! The feeds that the benchmarks read: entries of 4 KB, as blogs have them.

const BODY: &str = "<p>The compiler now says <code>which</code> borrow lives too long, and why. It took us three years &amp; \
    a rewrite of the region solver.</p>\n<ul><li><a href=\"https://example.org/notes\">Notes</a></li><li>More</li></ul>\n";

fn rss(n_entries: usize) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel><title>News</title><link>https://example.org/</link><description>d</description>\n",
    );
    for at in 0..n_entries {
        out += &format!(
            "<item><title>Entry {at}: what changed</title><link>https://example.org/{at}</link><guid isPermaLink=\"false\">{at}</guid>\
             <dc:creator>Ann</dc:creator><pubDate>Tue, 02 Mar 2021 23:39:15 +0100</pubDate><category>rust</category>\
             <description>Short.</description><content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            BODY.repeat(18)
        );
    }
    out + "</channel></rss>\n"
}

fn atom(n_entries: usize) -> String {
    let body = BODY.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").repeat(18);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>News</title><id>urn:x</id>\n",
    );
    for at in 0..n_entries {
        out += &format!(
            "<entry><id>urn:x:{at}</id><title>Entry {at}: what changed</title><link href=\"https://example.org/{at}\"/>\
             <updated>2021-03-02T23:39:15Z</updated><author><name>Ann</name></author><content type=\"html\">{body}</content></entry>\n"
        );
    }
    out + "</feed>\n"
}

/// The name of a format, and what makes a feed of so many entries in it.
type Format = (&'static str, fn(usize) -> String);

pub const FORMATS: [Format; 2] = [("rss", rss), ("atom", atom)];

/// Entries of a feed.
pub const SIZES: [usize; 3] = [50, 500, 5_000];

/// A bare `&` in every title: not well-formed, so that feed-rs cannot read it.
pub fn damage(feed: &str) -> String {
    feed.replace("what changed", "what & changed")
}
