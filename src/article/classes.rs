//! What an element's tag, class, id, role and schema say about what it holds.
//!
//! Class *tokens* are compared, never substrings: `header` is not in `shareholder`. A token after a word like
//! `has` or `no` (`has-sidebar`) speaks about something else and is skipped.

use super::tree::Tag;
use scraper::node::Element;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A set of facts about an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u32);

impl Marks {
    pub const NONE: Marks = Marks(0);
    pub const HIDDEN: Marks = Marks(1);
    pub const COMMENTS: Marks = Marks(1 << 1);
    pub const SHARE: Marks = Marks(1 << 2);
    pub const RELATED: Marks = Marks(1 << 3);
    pub const NAVIGATION: Marks = Marks(1 << 4);
    pub const BYLINE: Marks = Marks(1 << 5);
    pub const TAGS: Marks = Marks(1 << 6);
    pub const AUTHOR_BOX: Marks = Marks(1 << 7);
    pub const NEWSLETTER: Marks = Marks(1 << 8);
    pub const ADVERT: Marks = Marks(1 << 9);
    pub const CAPTION: Marks = Marks(1 << 10);
    pub const NOTICE: Marks = Marks(1 << 11);
    pub const SIDEBAR: Marks = Marks(1 << 12);
    pub const FOOTER: Marks = Marks(1 << 13);
    pub const BODY: Marks = Marks(1 << 14);
    pub const ARTICLE: Marks = Marks(1 << 15);
    pub const HEADLINE: Marks = Marks(1 << 16);
    pub const SUMMARY: Marks = Marks(1 << 17);
    pub const PAYWALL: Marks = Marks(1 << 18);
    pub const MEDIA: Marks = Marks(1 << 19);
    pub const CODE: Marks = Marks(1 << 20);
    pub const CONSENT: Marks = Marks(1 << 21);
    pub const EMBED: Marks = Marks(1 << 22);
    pub const PICTURE: Marks = Marks(1 << 23);

    pub fn has(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    pub const fn and(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }
}

impl std::fmt::Display for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: [&str; 24] = [
            "hidden",
            "comments",
            "share",
            "related",
            "navigation",
            "byline",
            "tags",
            "author",
            "newsletter",
            "advert",
            "caption",
            "notice",
            "sidebar",
            "footer",
            "body",
            "article",
            "headline",
            "summary",
            "paywall",
            "media",
            "code",
            "consent",
            "embed",
            "picture",
        ];
        let set: Vec<&str> =
            NAMES.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name).collect();
        f.write_str(&set.join(" "))
    }
}

/// Tokens, and pairs of neighbouring tokens joined, with what they say.
const TOKENS: &[(Marks, &[&str])] = &[
    (
        Marks::COMMENTS,
        &[
            "comment",
            "comments",
            "commentlist",
            "commentform",
            "commentbox",
            "commentsection",
            "respond",
            "reply",
            "replies",
            "disqus",
            "disqusthread",
            "livefyre",
            "viafoura",
            "coral",
            "openweb",
            "spotim",
            "discussion",
            "kommentare",
            "kommentar",
            "commentaires",
            "comentarios",
            "pinglun",
            "plun",
            "trackback",
            "trackbacks",
            "pingback",
            "fbcomments",
            "responses",
            "usercomments",
            "leserkommentare",
            "gentie",
            "tiepost",
            "postcomment",
        ],
    ),
    (
        Marks::SHARE,
        &[
            "share",
            "sharing",
            "sharebar",
            "sharedaddy",
            "sharethis",
            "addthis",
            "addtoany",
            "a2a",
            "social",
            "socials",
            "socialbar",
            "socialmedia",
            "shareaholic",
            "sharebuttons",
            "sharebox",
            "sharetools",
            "sharelinks",
            "sns",
            "jiathis",
            "bdsharebuttonbox",
            "bdshare",
            "fenxiang",
            "teilen",
            "shariff",
            "partager",
            "followus",
            "follow",
            "ssba",
            "heateor",
            "likes",
            "reactions",
            "voting",
            "rating",
            "ratings",
            "jplikes",
            "wpulike",
            "articletools",
            "posttools",
            "toolbar",
            "tools",
            "utility",
            "actions",
            "qrcode",
            "erweima",
            "ewm",
            "shares",
        ],
    ),
    (
        Marks::RELATED,
        &[
            "related",
            "relateds",
            "relatedposts",
            "relatedarticles",
            "relatedcontent",
            "relatednews",
            "relatedlinks",
            "relatedstories",
            "recommend",
            "recommended",
            "recommendation",
            "recommendations",
            "recommends",
            "recirc",
            "recirculation",
            "readmore",
            "readnext",
            "readalso",
            "alsoread",
            "morefrom",
            "moreon",
            "morestories",
            "morenews",
            "seealso",
            "youmaylike",
            "mightlike",
            "trending",
            "popular",
            "mostread",
            "mostpopular",
            "outbrain",
            "taboola",
            "zergnet",
            "revcontent",
            "mgid",
            "upnext",
            "nextpost",
            "prevpost",
            "yarpp",
            "crp",
            "jprelatedposts",
            "teaser",
            "teasers",
            "xiangguan",
            "tuijian",
            "aboutmore",
            "verwandte",
            "weiterlesen",
            "mehrzumthema",
            "similar",
            "suggested",
            "suggestions",
            "promolink",
            "inlinerelated",
            "furtherreading",
            "moreinfo",
            "latestnews",
            "linklist",
            "hotnews",
            "ranking",
            "onwardjourney",
            "onward",
            "topstories",
            "editorspicks",
            "storypromo",
            "linkbox",
            "backlinks",
            "webmentions",
            "kanren",
        ],
    ),
    (
        Marks::NAVIGATION,
        &[
            "nav",
            "navigation",
            "navbar",
            "navi",
            "menu",
            "menus",
            "breadcrumb",
            "breadcrumbs",
            "crumb",
            "crumbs",
            "pagination",
            "pager",
            "paging",
            "pagenav",
            "pagelinks",
            "postnavigation",
            "prevnext",
            "prenext",
            "postnav",
            "toc",
            "tableofcontents",
            "skiplink",
            "topbar",
            "sitemap",
            "mbx",
            "weizhi",
            "dropdown",
            "megamenu",
            "masthead",
            "subnav",
            "eztoc",
            "lwptoc",
            "tocbox",
            "indexmenu",
            "pagebar",
            "jumplink",
            "fenye",
            "siteheader",
            "pageheader",
        ],
    ),
    (
        Marks::BYLINE,
        &[
            "byline",
            "bylines",
            "dateline",
            "timestamp",
            "postmeta",
            "entrymeta",
            "articlemeta",
            "metadata",
            "publishdate",
            "pubdate",
            "postdate",
            "articledate",
            "entrydate",
            "published",
            "datetime",
            "postinfo",
            "articleinfo",
            "posted",
            "postedon",
            "infobar",
            "pubtime",
            "publishtime",
            "artinfo",
            "entrydetails",
            "readingtime",
            "readtime",
            "dates",
            "lastupdated",
            "modified",
            "updated",
            "storymeta",
            "timeago",
            "storybyline",
            "viewcount",
            "authorname",
            "authordate",
            "authorinfo",
            "publicationdate",
            "articleauthor",
            "postauthor",
            "entryauthor",
            "articlebyline",
            "contributors",
        ],
    ),
    (
        Marks::TAGS,
        &[
            "tags",
            "taglist",
            "tagcloud",
            "posttags",
            "entrytags",
            "articletags",
            "keywords",
            "topics",
            "categories",
            "category",
            "catlinks",
            "postcategories",
            "biaoqian",
            "schlagworte",
            "hashtags",
            "tagslist",
            "taglinks",
            "filedunder",
            "eyebrow",
            "kicker",
            "postfooter",
            "entryfooter",
            "articlefooter",
            "overline",
            "topictags",
            "labels",
            "storyfooter",
            "tagbox",
        ],
    ),
    (
        Marks::AUTHOR_BOX,
        &[
            "authorbox",
            "authorbio",
            "aboutauthor",
            "abouttheauthor",
            "bio",
            "authorcard",
            "authorprofile",
            "authordescription",
            "authorblock",
            "biography",
            "authors",
            "authorabout",
            "autor",
            "autorenbox",
            "autorbox",
            "authorpanel",
            "authorarea",
            "profilecard",
            "writtenby",
            "authorwrap",
            "authorsection",
            "saboxplugin",
            "saboxwrap",
            "bios",
            "authordetails",
            "authordesc",
            "ppmulti",
            "molongui",
            "boxauthor",
        ],
    ),
    (
        Marks::NEWSLETTER,
        &[
            "newsletter",
            "newsletters",
            "subscribe",
            "subscription",
            "subscriptions",
            "signup",
            "optin",
            "mailchimp",
            "mc4wp",
            "mailpoet",
            "convertkit",
            "emailsignup",
            "mcembed",
            "ctabox",
            "cta",
            "calltoaction",
            "donate",
            "donation",
            "membership",
            "dingyue",
            "leadmagnet",
            "newslettersignup",
            "abo",
            "subscribebox",
            "downloadapp",
            "appdownload",
            "appbanner",
            "supportus",
            "giveaway",
        ],
    ),
    (
        Marks::ADVERT,
        &[
            "ad",
            "ads",
            "adv",
            "advert",
            "adverts",
            "advertisement",
            "advertisements",
            "advertising",
            "adsense",
            "adsbygoogle",
            "sponsor",
            "sponsored",
            "sponsors",
            "promo",
            "promos",
            "promotion",
            "promotions",
            "promoted",
            "banner",
            "banners",
            "adslot",
            "adunit",
            "adbox",
            "adcontainer",
            "adwrapper",
            "gpt",
            "dfp",
            "werbung",
            "anzeige",
            "anzeigen",
            "guanggao",
            "ggao",
            "affiliate",
            "affiliates",
            "adblock",
            "advertorial",
            "commercial",
            "shopping",
            "buybox",
            "productbox",
            "ggbox",
            "publicidad",
            "pub",
            "publi",
            "marketing",
            "adsbox",
            "textad",
            "adlabel",
        ],
    ),
    (
        Marks::CAPTION,
        &[
            "caption",
            "captions",
            "figcaption",
            "imagecaption",
            "photocaption",
            "wpcaptiontext",
            "imgcaption",
            "credit",
            "credits",
            "imagecredit",
            "photocredit",
            "copyright",
            "bildunterschrift",
            "bildunterschriften",
            "bildtext",
            "legende",
            "imgdesc",
            "imagecopyright",
            "picturesource",
            "imagesource",
            "photographer",
            "cutline",
            "imagedescription",
            "picdesc",
            "imageattribution",
            "imagecredits",
            "captiontext",
        ],
    ),
    (
        Marks::CONSENT,
        &[
            "cookie",
            "cookies",
            "cookiebar",
            "consent",
            "gdpr",
            "popup",
            "modal",
            "overlay",
            "lightbox",
            "login",
            "signin",
            "register",
            "registration",
            "cmp",
            "onetrust",
            "truste",
            "privacyoverview",
            "cookielaw",
            "cookienotice",
            "tooltip",
            "tooltips",
            "hovercard",
            "donationbox",
        ],
    ),
    (
        Marks::NOTICE,
        &[
            "disclaimer",
            "disclosure",
            "screenreader",
            "visuallyhidden",
            "sronly",
            "screenreadertext",
            "noprint",
            "printonly",
            "printfooter",
            "toast",
            "alertbar",
            "loading",
            "loader",
            "snackbar",
            "editsection",
            "mwjump",
            "jumptonav",
            "noexcerpt",
            "correction",
            "feedback",
            "errorreport",
            "copyrightnotice",
            "declaration",
            "shengming",
            "bianji",
            "zeren",
            "subscriberonly",
            "audioplayer",
            "readaloud",
            "texttospeech",
            "trinityplayer",
            "survey",
            "poll",
            "polls",
            "quiz",
            "infobox",
            "factbox",
            "widgetarea",
            "editer",
        ],
    ),
    (
        Marks::SIDEBAR,
        &[
            "sidebar",
            "sidebars",
            "aside",
            "rail",
            "rightrail",
            "leftrail",
            "rightcolumn",
            "sidecolumn",
            "rightcol",
            "secondary",
            "complementary",
            "sidecol",
            "rightside",
            "seitenleiste",
        ],
    ),
    (
        Marks::FOOTER,
        &[
            "footer",
            "footers",
            "sitefooter",
            "colophon",
            "copyrights",
            "bottombar",
            "pagefooter",
            "globalfooter",
            "footermenu",
            "siteinfo",
        ],
    ),
    (Marks::PAYWALL, &["paywall", "regwall", "piano", "tppaywall", "meteredcontent", "paygate", "premiumwall"]),
    (
        Marks::BODY,
        &[
            "articlebody",
            "articlecontent",
            "articletext",
            "articlemain",
            "entrycontent",
            "postcontent",
            "postbody",
            "storybody",
            "storycontent",
            "storytext",
            "newscontent",
            "newsbody",
            "newstext",
            "bodytext",
            "contenttext",
            "maincontent",
            "postentry",
            "blogcontent",
            "blogbody",
            "posttext",
            "articlebodytext",
            "bodycontent",
            "textcontent",
            "contentbody",
            "articledetail",
            "newsdetail",
            "detailcontent",
            "artcontent",
            "artibody",
            "endtext",
            "jscontent",
            "richmediacontent",
            "contentarticle",
            "articlecontents",
            "entrybody",
            "entrytext",
            "wzcontent",
            "conttext",
            "maintext",
            "storyarticlebody",
            "richtext",
            "postarticle",
            "contentdetail",
            "articlecopy",
            "bodycopy",
            "txtcontent",
            "tdpostcontent",
            "blogpostcontent",
            "postfull",
            "fulltext",
            "zhengwen",
            "neirong",
            "articlecontentbody",
            "artikeltext",
            "artikelinhalt",
            "articlesection",
            "contentmain",
            "textbody",
            "theiarticlecontent",
            "articlecontainer",
            "cnbloggerbody",
            "newsarticle",
            "singlecontent",
            "longform",
            "prose",
            "ebody",
            "bodymain",
            "thecontent",
        ],
    ),
    (
        Marks::ARTICLE,
        &["article", "post", "story", "entry", "hentry", "content", "main", "artikel", "body", "text", "articles", "single"],
    ),
    (
        Marks::HEADLINE,
        &[
            "headline",
            "entrytitle",
            "posttitle",
            "articletitle",
            "pagetitle",
            "storytitle",
            "newstitle",
            "maintitle",
            "articleheadline",
            "pageheadline",
        ],
    ),
    (
        Marks::SUMMARY,
        &[
            "standfirst",
            "dek",
            "subtitle",
            "subheadline",
            "subhead",
            "lede",
            "summary",
            "deck",
            "excerpt",
            "lead",
            "articlelead",
            "teasertext",
            "vorspann",
            "intro",
            "articleintro",
            "abstract",
            "zhaiyao",
            "articlesummary",
            "articlesubtitle",
            "chapo",
            "entradilla",
            "keypoints",
            "strapline",
            "storysummary",
            "leadtext",
        ],
    ),
    (
        Marks::MEDIA,
        &[
            "gallery",
            "galleries",
            "slideshow",
            "carousel",
            "slider",
            "video",
            "videoplayer",
            "swiper",
            "jwplayer",
            "brightcove",
            "slick",
            "slides",
            "imagegallery",
        ],
    ),
    (
        Marks::PICTURE,
        &["image", "img", "photo", "picture", "pic", "wpcaption", "thumbnail", "inlineimage", "leadimage", "imagewrap"],
    ),
    (Marks::EMBED, &["tweet", "twittertweet", "embed", "embedded", "oembed", "instagrammedia", "pullquote", "blockquote"]),
    (Marks::CODE, &["code", "highlight", "sourcecode", "codeblock", "syntaxhighlighter", "crayon", "hljs", "prism"]),
];

/// `has-sidebar`, `no-comments`: the next token is about something else.
const NEGATING: [&str; 11] = ["has", "no", "not", "with", "without", "hide", "is", "open", "closed", "enable", "if"];

static BY_TOKEN: LazyLock<HashMap<&'static str, Marks>> = LazyLock::new(|| {
    let mut map: HashMap<&'static str, Marks> = HashMap::new();
    for (marks, tokens) in TOKENS {
        for token in *tokens {
            let entry = map.entry(token).or_default();
            *entry = entry.and(*marks);
        }
    }
    map
});

/// Names longer than this are machine-made.
const MAX_NAME: usize = 100;

/// What is known of an element before its text is looked at.
pub fn marks(tag: Tag, element: &Element) -> Marks {
    let mut marks = Marks::NONE;
    for (name, value) in &element.attrs {
        match &*name.local {
            "class" | "id" | "data-testid" | "data-component" | "data-module" | "data-type" | "data-block" | "data-role" => {
                for word in value.split_ascii_whitespace().take(24) {
                    if word == "hide" {
                        marks = marks.and(Marks::HIDDEN);
                    } else if word.len() <= MAX_NAME {
                        marks = marks.and(word_marks(word));
                    }
                }
            }
            "role" => marks = marks.and(role(value)),
            "itemprop" => marks = marks.and(itemprop(value)),
            "hidden" if !value.eq_ignore_ascii_case("until-found") => marks = marks.and(Marks::HIDDEN),
            "aria-hidden" if value.eq_ignore_ascii_case("true") && tag != Tag::Img => marks = marks.and(Marks::NOTICE),
            "style" if hides(value) => marks = marks.and(Marks::HIDDEN),
            _ => {}
        }
    }
    match tag {
        Tag::Nav | Tag::Menu => marks.and(Marks::NAVIGATION),
        Tag::Footer => marks.and(Marks::FOOTER),
        Tag::Aside => marks.and(Marks::SIDEBAR),
        Tag::Article | Tag::Main => marks.and(Marks::ARTICLE),
        Tag::Figcaption | Tag::Caption => marks.and(Marks::CAPTION),
        _ => marks,
    }
}

fn role(value: &str) -> Marks {
    match value.trim() {
        "navigation" | "menu" | "menubar" | "banner" | "search" | "tablist" => Marks::NAVIGATION,
        "complementary" => Marks::SIDEBAR,
        "contentinfo" => Marks::FOOTER,
        "dialog" | "alertdialog" | "tooltip" => Marks::CONSENT,
        "alert" | "status" => Marks::NOTICE,
        "article" | "main" => Marks::ARTICLE,
        _ => Marks::NONE,
    }
}

fn itemprop(value: &str) -> Marks {
    value.split_ascii_whitespace().fold(Marks::NONE, |marks, word| {
        marks.and(match word {
            "articleBody" | "text" | "reviewBody" => Marks::BODY,
            "headline" => Marks::HEADLINE,
            "datePublished" | "dateModified" | "author" => Marks::BYLINE,
            "comment" => Marks::COMMENTS,
            "keywords" | "articleSection" => Marks::TAGS,
            "caption" => Marks::CAPTION,
            _ => Marks::NONE,
        })
    })
}

fn hides(style: &str) -> bool {
    let packed: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).take(400).collect();
    packed.contains("display:none") || packed.contains("visibility:hidden")
}

fn word_marks(word: &str) -> Marks {
    let mut marks = Marks::NONE;
    let mut before = String::new();
    let mut token = String::new();
    let mut skip = false;
    let mut last_lower = false;
    for c in word.chars().chain(std::iter::once('-')) {
        let boundary = !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && last_lower);
        if boundary && !token.is_empty() {
            if NEGATING.contains(&token.as_str()) {
                skip = true;
                before.clear();
            } else {
                if !skip {
                    let both = format!("{before}{token}");
                    if let Some(found) = BY_TOKEN.get(both.as_str()) {
                        marks = marks.and(*found);
                    }
                    if let Some(found) = BY_TOKEN.get(token.as_str()) {
                        marks = marks.and(*found);
                    }
                }
                skip = false;
                before.clone_from(&token);
            }
            token.clear();
        }
        last_lower = c.is_ascii_lowercase();
        if c.is_ascii_alphabetic() {
            token.push(c.to_ascii_lowercase());
        }
    }
    marks
}
