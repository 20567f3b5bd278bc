//! The publishers of the demo, and what they publish: a story's text, and a line of a feed.

use crate::model::Timestamp;
use encoding_rs::{BIG5, Encoding, GBK, SHIFT_JIS, UTF_8};

/// How many publishers there are; the demo opens a listener for each.
pub const PUBLISHERS: usize = 10;

pub(super) struct Publisher {
    pub title: &'static str,
    pub language: &'static str,
    pub feed_path: &'static str,
    pub feed_type: &'static str,
    pub feed_encoding: &'static Encoding,
    pub page: &'static str,
    pub page_type: &'static str,
    pub page_encoding: &'static Encoding,
    /// What stands around a paragraph, and around a link in a list of links.
    pub paragraph: (&'static str, &'static str),
    pub link: (&'static str, &'static str),
    /// chrono's format of the date on the page.
    pub date: &'static str,
}

/// A story's text, as its file gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    pub publisher: usize,
    pub title: &'static str,
    pub author: &'static str,
    pub published: Timestamp,
    pub tags: Vec<&'static str>,
    pub summary: &'static str,
    /// Exactly what a clean body holds.
    pub paragraphs: Vec<&'static str>,
}

/// A line of a feed.
pub(super) struct Line {
    pub url: String,
    pub article: Article,
    /// A stable id, where the publisher gives one.
    pub id: String,
}

pub(super) const HARBOUR: usize = 0;
pub(super) const LOAM: usize = 1;
pub(super) const QINGSHI: usize = 2;
pub(super) const FUTAO: usize = 3;
pub(super) const WIRE: usize = 4;
pub(super) const BUGLE: usize = 5;
pub(super) const QUILLSTONE: usize = 6;
pub(super) const CHENGHU: usize = 7;
pub(super) const WURZELWERK: usize = 8;
pub(super) const MINATO: usize = 9;

pub(super) static WORLD: [Publisher; PUBLISHERS] = [
    Publisher {
        title: "The Harbour Ledger",
        language: "en",
        feed_path: "/rss.xml",
        feed_type: "application/rss+xml; charset=utf-8",
        feed_encoding: UTF_8,
        page: include_str!("content/harbour.html"),
        page_type: "text/html; charset=utf-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%-d %B %Y",
    },
    Publisher {
        title: "Circuit & Loam",
        language: "en-GB",
        feed_path: "/feed.atom",
        feed_type: "application/atom+xml",
        feed_encoding: UTF_8,
        page: include_str!("content/loam.html"),
        page_type: "text/html",
        page_encoding: UTF_8,
        paragraph: ("<div class=\"t\">", "</div>"),
        link: ("<div>", "</div>"),
        date: "%d %b %Y",
    },
    Publisher {
        title: "青石科技",
        language: "zh-CN",
        feed_path: "/rss/news.xml",
        // Wrong on purpose, as such servers are: browsers read GB2312 as GBK, and so must we.
        feed_type: "text/xml; charset=gb2312",
        feed_encoding: GBK,
        page: include_str!("content/qingshi.html"),
        page_type: "text/html",
        page_encoding: GBK,
        paragraph: ("　　", "<br><br>"),
        link: ("<li>", "</li>"),
        date: "%Y-%m-%d %H:%M",
    },
    Publisher {
        title: "浮濤日報",
        language: "zh-TW",
        feed_path: "/feed/",
        // The charset is in the XML declaration alone.
        feed_type: "application/rss+xml",
        feed_encoding: BIG5,
        page: include_str!("content/futao.html"),
        page_type: "text/html; charset=UTF-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%Y 年 %-m 月 %-d 日",
    },
    Publisher {
        title: "Northwire",
        language: "en",
        feed_path: "/wire.json",
        feed_type: "application/feed+json",
        feed_encoding: UTF_8,
        page: include_str!("content/northwire.html"),
        page_type: "text/html; charset=utf-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%b %-d, %Y %H:%M GMT",
    },
    Publisher {
        title: "Fennel Street Bugle",
        language: "en-GB",
        feed_path: "/feed/",
        feed_type: "application/rss+xml; charset=UTF-8",
        feed_encoding: UTF_8,
        page: include_str!("content/bugle.html"),
        page_type: "text/html; charset=UTF-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%B %-d, %Y",
    },
    Publisher {
        title: "Releases of quillstone",
        language: "en",
        feed_path: "/releases.atom",
        feed_type: "application/atom+xml; charset=utf-8",
        feed_encoding: UTF_8,
        page: include_str!("content/quillstone.html"),
        page_type: "text/html; charset=utf-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<li>", "</li>"),
        date: "%b %-d, %Y",
    },
    Publisher {
        title: "澄湖晚报",
        language: "zh-CN",
        feed_path: "/rss/local.xml",
        feed_type: "text/xml",
        feed_encoding: UTF_8,
        page: include_str!("content/chenghu.html"),
        page_type: "text/html",
        page_encoding: UTF_8,
        paragraph: ("<p>　　", "</p>"),
        link: ("<li>", "</li>"),
        date: "%Y-%m-%d %H:%M:%S",
    },
    Publisher {
        title: "Wurzelwerk",
        language: "de",
        feed_path: "/atom.xml",
        feed_type: "application/atom+xml",
        feed_encoding: UTF_8,
        page: include_str!("content/wurzelwerk.html"),
        page_type: "text/html; charset=utf-8",
        page_encoding: UTF_8,
        paragraph: ("<p>", "</p>"),
        link: ("<p>", "</p>"),
        date: "%d.%m.%Y",
    },
    Publisher {
        title: "みなと便り",
        language: "ja",
        feed_path: "/index.rdf",
        // The charset is in the XML declaration alone.
        feed_type: "application/rss+xml",
        feed_encoding: SHIFT_JIS,
        page: include_str!("content/minato.html"),
        page_type: "text/html",
        page_encoding: SHIFT_JIS,
        paragraph: ("　", "<br><br>"),
        link: ("<li>", "</li>"),
        date: "%Y年%-m月%-d日",
    },
];
