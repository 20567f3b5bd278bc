//! What an element's tag, class, id, role and schema say about what it holds.
//!
//! Class *tokens* are compared, never substrings: `header` is not in `shareholder`. A token after a word like
//! `has` or `no` (`has-sidebar`) speaks about something else and is skipped.

use super::tag::Tag;
use scraper::node::Element;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A set of facts about an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u32);

/// What may not stand in an article, wherever it is found in one.
pub const JUNK: Marks = Marks::COMMENTS
    .and(Marks::SHARE)
    .and(Marks::RELATED)
    .and(Marks::NAVIGATION)
    .and(Marks::NEWSLETTER)
    .and(Marks::ADVERT)
    .and(Marks::NOTICE)
    .and(Marks::CONSENT)
    .and(Marks::SIDEBAR)
    .and(Marks::FOOTER)
    .and(Marks::AUTHOR_BOX)
    .and(Marks::TAGS)
    .and(Marks::BYLINE)
    .and(Marks::THREAD)
    .and(Marks::FORM);

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
    /// The numbers of the lines of a listing.
    pub const LINE_NUMBERS: Marks = Marks(1 << 24);
    /// Repeats what stands beside it for the eye: a formula as drawn.
    pub const DRAWN: Marks = Marks(1 << 25);
    /// Readers' comments, by their shape ([`super::threads`]).
    pub const THREAD: Marks = Marks(1 << 26);
    /// Opens when it is clicked: what is hidden in it is text.
    pub const FOLDED: Marks = Marks(1 << 27);
    /// Asks for several things to be filled in.
    pub const FORM: Marks = Marks(1 << 28);

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
        const NAMES: [&str; 28] = [
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
            "line numbers",
            "drawn",
            "thread",
            "folded",
        ];
        let set: Vec<&str> =
            NAMES.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name).collect();
        f.write_str(&set.join(" "))
    }
}

/// Tokens, and pairs of neighbouring tokens joined, with what they say.
#[rustfmt::skip]
const TOKENS: &[(Marks, &[&str])] = &[
    (Marks::COMMENTS, &[
        "comentarios", "comment", "commentaires", "commentbox", "commentform", "commentlist", "comments", "commentsection",
        "coral", "discussion", "disqus", "disqusthread", "fbcomments", "gentie", "kommentar", "kommentare", "leserkommentare",
        "livefyre", "openweb", "pingback", "pinglun", "plun", "postcomment", "replies", "reply", "respond", "responses",
        "spotim", "tiepost", "trackback", "trackbacks", "usercomments", "viafoura",
        // Pairs: one word of them alone is also what a newspaper calls its op-eds.
        "dodajkomentarz", "dodajopinie", "komentarzelista", "kommentarerlista", "listacommenti", "listakomentarzy", "listaopinii",
        "opinieczytelnikow", "opinieuzytkownikow", "reacties", "spisokkommentariev", "yorumlar",
    ]),
    (Marks::SHARE, &[
        "a2a", "actions", "addthis", "addtoany", "articletools", "bdshare", "bdsharebuttonbox", "erweima", "ewm", "fenxiang",
        "follow", "followus", "heateor", "jiathis", "jplikes", "likes", "partager", "posttools", "qrcode", "rating", "ratings",
        "reactions", "share", "shareaholic", "sharebar", "sharebox", "sharebuttons", "sharedaddy", "sharelinks", "shares",
        "sharethis", "sharetools", "shariff", "sharing", "sns", "social", "socialbar", "socialmedia", "socials", "ssba",
        "teilen", "toolbar", "tools", "utility", "voting", "wpulike",
        "compartilhar", "compartir", "condividi", "paylas", "podelitsya", "podzielsie", "polub", "udostepnij",
    ]),
    (Marks::RELATED, &[
        "aboutmore", "alsoread", "backlinks", "breakingnews", "crp", "editorspicks", "furtherreading", "hotnews", "inlinerelated",
        "jprelatedposts", "kanren", "latestnews", "linkbox", "linklist", "mehrzumthema", "mgid", "mightlike", "morefrom",
        "moreinfo", "morenews", "moreon", "morestories", "mostpopular", "mostread", "nextpost", "onward", "onwardjourney",
        "outbrain", "popular", "prevpost", "promolink", "ranking", "readalso", "readmore", "readnext", "recirc",
        "recirculation", "recommend", "recommendation", "recommendations", "recommended", "recommends", "related",
        "relatedarticles", "relatedcontent", "relatedlinks", "relatednews", "relatedposts", "relateds", "relatedstories",
        "revcontent", "seealso", "similar", "storypromo", "suggested", "suggestions", "taboola", "teaser", "teasers",
        "topstories", "trending", "tuijian", "upnext", "verwandte", "webmentions", "weiterlesen", "xiangguan", "yarpp",
        "youmaylike", "zergnet",
        "alsoin", "czytajtakze", "leesook", "leggianche", "leiatambem", "lireaussi", "poteme", "powiazane", "przeczytajtakze", "zobacztakze",
    ]),
    (Marks::NAVIGATION, &[
        "breadcrumb", "breadcrumbs", "crumb", "crumbs", "dropdown", "eztoc", "fenye", "indexmenu", "jumplink", "lwptoc",
        "masthead", "mbx", "megamenu", "menu", "menus", "nav", "navbar", "navi", "navigation", "pagebar", "pageheader",
        "pagelinks", "pagenav", "pager", "pagination", "paging", "postnav", "postnavigation", "prenext", "prevnext",
        "siteheader", "sitemap", "skiplink", "subnav", "tableofcontents", "toc", "tocbox", "topbar", "weizhi",
    ]),
    (Marks::BYLINE, &[
        "articleauthor", "articlebyline", "articledate", "articleinfo", "articlemeta", "artinfo", "authordate", "authorinfo",
        "authorname", "byline", "bylines", "contributors", "dateline", "dates", "datetime", "entryauthor", "entrydate",
        "entrydetails", "entrymeta", "infobar", "lastupdated", "metadata", "modified", "postauthor", "postdate", "posted",
        "postedon", "postinfo", "postmeta", "postmetadata", "pubdate", "publicationdate", "publishdate", "published", "publishtime", "pubtime",
        "readingtime", "readtime", "singlepostmeta", "storybyline", "storymeta", "timeago", "timestamp", "updated", "viewcount",
    ]),
    (Marks::TAGS, &[
        "articlefooter", "articletags", "biaoqian", "categories", "category", "catlinks", "entryfooter", "entrytags",
        "eyebrow", "filedunder", "hashtags", "keywords", "kicker", "labels", "overline", "postcategories", "postfooter",
        "posttags", "schlagworte", "storyfooter", "tagbox", "tagcloud", "taglinks", "taglist", "tags", "tagslist", "topics",
        "topictags",
        "etiketler", "etiquetas", "motscles", "tagi", "tegi",
    ]),
    (Marks::AUTHOR_BOX, &[
        "aboutauthor", "abouttheauthor", "authorabout", "authorarea", "authorbio", "authorblock", "authorbox", "authorcard",
        "authordesc", "authordescription", "authordetails", "authorpanel", "authorprofile", "authors", "authorsection",
        "authorwrap", "autor", "autorbox", "autorenbox", "bio", "biography", "bios", "boxauthor", "molongui", "ppmulti",
        "profilecard", "saboxplugin", "saboxwrap", "writtenby",
    ]),
    (Marks::NEWSLETTER, &[
        "abo", "appbanner", "appdownload", "calltoaction", "convertkit", "cta", "ctabox", "dingyue", "donate", "donation",
        "downloadapp", "emailsignup", "giveaway", "leadmagnet", "mailchimp", "mailpoet", "mc4wp", "mcembed", "membership",
        "newsletter", "newsletters", "newslettersignup", "optin", "signup", "subscribe", "subscribebox", "subscription",
        "subscriptions", "supportus",
    ]),
    (Marks::ADVERT, &[
        "ad", "adblock", "adbox", "adcontainer", "adlabel", "ads", "adsbox", "adsbygoogle", "adsense", "adslot", "adunit",
        "adv", "advert", "advertisement", "advertisements", "advertising", "advertorial", "adverts", "adwrapper", "affiliate",
        "affiliates", "anzeige", "anzeigen", "banner", "banners", "buybox", "dfp", "ggao", "ggbox", "gpt",
        "guanggao", "marketing", "productbox", "promo", "promos", "promoted", "promotion", "promotions", "pub", "publi",
        "publicidad", "shopping", "sponsor", "sponsored", "sponsors", "textad", "werbung",
        "advertentie", "pubblicita", "publicite", "reklam", "reklama",
    ]),
    (Marks::CAPTION, &[
        "bildtext", "bildunterschrift", "bildunterschriften", "caption", "captions", "captiontext", "copyright", "credit",
        "credits", "cutline", "figcaption", "imageattribution", "imagecaption", "imagecopyright", "imagecredit",
        "imagecredits", "imagedescription", "imagesource", "imgcaption", "imgdesc", "legende", "photocaption", "photocredit",
        "photographer", "picdesc", "picturesource", "wpcaptiontext",
        "bildnachweis", "bildquelle", "didascalia", "fotoautor", "fotopodpis", "opisfoto", "picby", "podpiszdjecia",
    ]),
    (Marks::CONSENT, &[
        "cmp", "consent", "cookie", "cookiebar", "cookielaw", "cookienotice", "cookies", "donationbox", "gdpr", "hovercard",
        "lightbox", "login", "modal", "onetrust", "overlay", "popover", "popup", "privacyoverview", "register", "registration", "rolloverblock", "signin",
        "tooltip", "tooltips", "truste",
    ]),
    (Marks::NOTICE, &[
        "alertbar", "audioplayer", "controlbar", "jwcontrols", "mediacontrols", "mejs", "playercontrols", "plyr", "videocontrols", "vjs", "bianji", "copyrightnotice", "correction", "declaration", "disclaimer", "disclosure",
        "editer", "editsection", "errorreport", "factbox", "feedback", "infobox", "jumptonav", "loader", "loading", "mwjump",
        "noexcerpt", "noprint", "poll", "polls", "printfooter", "printonly", "quiz", "readaloud", "screenreader",
        "screenreadertext", "shengming", "snackbar", "sronly", "subscriberonly", "survey", "texttospeech", "toast",
        "trinityplayer", "visuallyhidden", "widgetarea", "zeren",
        "orphus",
    ]),
    (Marks::SIDEBAR, &[
        "aside", "complementary", "leftrail", "rail", "rightcol", "rightcolumn", "rightrail", "rightside", "secondary",
        "seitenleiste", "sidebar", "sidebars", "sidecol", "sidecolumn",
    ]),
    (Marks::FOOTER, &[
        "bottombar", "colophon", "copyrights", "footer", "footermenu", "footers", "globalfooter", "pagefooter", "sitefooter",
        "siteinfo",
    ]),
    (Marks::PAYWALL, &[
        "meteredcontent", "paygate", "paywall", "piano", "premiumwall", "regwall", "tppaywall",
    ]),
    (Marks::BODY, &[
        "artcontent", "artibody", "articlebody", "articlebodytext", "articlecontainer", "articlecontent", "articlecontentbody",
        "articlecontents", "articlecopy", "articledetail", "articlemain", "articlesection", "articletext", "artikelinhalt",
        "artikeltext", "blogbody", "blogcontent", "blogpostcontent", "bodycontent", "bodycopy", "bodymain", "bodytext",
        "cnbloggerbody", "contentarticle", "contentbody", "contentdetail", "contentmain", "contenttext", "conttext", "econtent",
        "detailcontent", "ebody", "endtext", "entrybody", "entrycontent", "entrytext", "fulltext", "jscontent", "longform",
        "maincontent", "maintext", "neirong", "newsarticle", "newsbody", "newscontent", "newsdetail", "newstext",
        "postarticle", "postbody", "postcontent", "postentry", "postfull", "posttext", "prose", "richmediacontent", "richtext",
        "singlecontent", "storyarticlebody", "storybody", "storycontent", "storytext", "tdpostcontent", "textbody",
        "textcontent", "thecontent", "theiarticlecontent", "txtcontent", "wzcontent", "zhengwen",
    ]),
    (Marks::ARTICLE, &[
        "article", "articles", "artikel", "body", "content", "entry", "hentry", "main", "post", "single", "story", "text",
    ]),
    (Marks::HEADLINE, &[
        "articleheadline", "articletitle", "entrytitle", "headline", "maintitle", "newstitle", "pageheadline", "pagetitle",
        "posttitle", "storytitle",
    ]),
    (Marks::SUMMARY, &[
        "abstract", "articleintro", "articlelead", "articlesubtitle", "articlesummary", "chapo", "deck", "dek", "entradilla",
        "excerpt", "intro", "keypoints", "lead", "leadtext", "lede", "standfirst", "storysummary", "strapline", "subhead",
        "subheadline", "subtitle", "summary", "teasertext", "vorspann", "zhaiyao",
        "artlead", "chapeau", "copete", "ingress", "occhiello", "preface", "sottotitolo", "volanta", "wstep",
    ]),
    (Marks::MEDIA, &[
        "brightcove", "carousel", "galleries", "gallery", "imagegallery", "jwplayer", "slick", "slider", "slides", "slideshow",
        "swiper", "video", "videoplayer",
    ]),
    (Marks::PICTURE, &[
        "image", "imagewrap", "img", "inlineimage", "leadimage", "photo", "pic", "picture", "thumbnail", "wpcaption",
    ]),
    (Marks::EMBED, &[
        "blockquote", "embed", "embedded", "endnotes", "footnote", "footnotes", "instagrammedia", "oembed", "pullquote", "tweet",
        "twittertweet",
    ]),
    (Marks::CODE, &[
        "code", "codeblock", "crayon", "highlight", "hljs", "prism", "sourcecode", "syntaxhighlighter",
    ]),
    (Marks::LINE_NUMBERS, &[
        "blobnum", "gutter", "linenodiv", "lineno", "linenos", "linenumber", "linenumbers", "lnnumbers", "lnt",
    ]),
    (Marks::DRAWN, &["katexhtml"]),
    (Marks::FOLDED, &["accordion", "collapsible", "expander", "faq", "faqs", "spoiler"]),
    (Marks::HIDDEN, &["conditioninvisible", "popovercontent", "popoverbody", "tooltipbody", "tooltipcontent", "tooltiptext"]),
];

/// `has-sidebar`, `no-comments`: the next token is about something else.
const NEGATING: [&str; 11] = ["has", "no", "not", "with", "without", "hide", "is", "open", "closed", "enable", "if"];

/// What blogs put before the topics of an article among its classes.
const ABOUT: [&str; 5] = ["tag", "category", "topic", "term", "keyword"];

type Table = HashMap<&'static [u8], Marks, std::hash::BuildHasherDefault<ShortHasher>>;

static BY_TOKEN: LazyLock<Table> = LazyLock::new(|| {
    let mut map = Table::default();
    for (marks, tokens) in TOKENS {
        for token in *tokens {
            let entry = map.entry(token.as_bytes()).or_default();
            *entry = entry.and(*marks);
        }
    }
    map
});

/// Classes by which frameworks and site builders hide an element.
#[rustfmt::skip]
const HIDING: [&str; 11] = [
    "hide", "hidden", "d-none", "is-hidden", "uk-hidden", "u-hidden", "js-hidden", "is-invisible", "element-invisible", "sqs-hidden", "display-none",
];
/// The same, from sight alone: who listens to a page hears it. A heading among them is one of the text.
const HIDING_FROM_SIGHT: [&str; 5] = ["visually-hidden", "visuallyhidden", "sr-only", "screen-reader-text", "hidden-text"];
/// The same, where all of them stand together: each hides on screens of one width.
const HIDING_TOGETHER: [&str; 2] = ["elementor-hidden-desktop", "elementor-hidden-mobile"];

/// `md:block`, `d-lg-flex`: on wider screens it is shown. On paper, or under a pointer, says nothing of the screen.
fn shows(word: &str) -> bool {
    const ELSEWHERE: [&str; 6] = ["print", "hover", "focus", "active", "group-hover", "focus-within"];
    if word.split(':').rev().skip(1).any(|variant| ELSEWHERE.contains(&variant))
        || word.starts_with("d-print-")
        || word.starts_with("visible-print")
    {
        return false;
    }
    let display = ["block", "flex", "grid", "inline", "table", "visible", "show", "contents"];
    let last = word.rsplit([':', '-', '@']).next().unwrap_or_default();
    (word.contains(':') || word.starts_with("d-") || word.starts_with("visible-"))
        && (display.contains(&last) || word.starts_with("visible-"))
}

/// Names longer than this are machine-made.
const MAX_NAME: usize = 100;

/// What classes and the like of a page say; the items of its lists have the same ones.
#[derive(Default)]
pub struct Names<'a>(HashMap<&'a str, Marks>);

impl<'a> Names<'a> {
    fn marks(&mut self, value: &'a str) -> Marks {
        let marks = || {
            let words = || value.split_ascii_whitespace().take(24);
            let marks =
                words().filter(|word| word.len() <= MAX_NAME).fold(Marks::NONE, |marks, word| marks.and(word_marks(word)));
            let hides = words().any(|word| HIDING.contains(&word) || HIDING_FROM_SIGHT.contains(&word))
                || HIDING_TOGETHER.iter().all(|hiding| words().any(|word| word == *hiding));
            if hides && !words().any(shows) { marks.and(Marks::HIDDEN) } else { marks }
        };
        if value.len() > MAX_NAME { marks() } else { *self.0.entry(value).or_insert_with(marks) }
    }
}

/// What is known of an element before its text is looked at.
pub fn marks<'a>(tag: Tag, element: &'a Element, names: &mut Names<'a>) -> Marks {
    marks_of(tag, element, names, true)
}

/// [`marks`], where the id says nothing.
pub fn marks_without_id(tag: Tag, element: &Element) -> Marks {
    marks_of(tag, element, &mut Names::default(), false)
}

fn marks_of<'a>(tag: Tag, element: &'a Element, names: &mut Names<'a>, id: bool) -> Marks {
    let mut marks = Marks::NONE;
    for (name, value) in &element.attrs {
        match &*name.local {
            // That of a heading is made from its words.
            "id" if tag.is_heading() || !id => {}
            "class" | "id" | "data-testid" | "data-component" | "data-module" | "data-type" | "data-block" | "data-role" => {
                let told = names.marks(value);
                let heard = tag.is_heading() && !value.split_ascii_whitespace().any(|word| HIDING.contains(&word));
                marks = marks.and(if heard { told.without(Marks::HIDDEN) } else { told });
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
        "dialog" | "alertdialog" => Marks::CONSENT,
        "tooltip" => Marks::HIDDEN,
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
    // The letters of the token before and of this one, beside each other: what is compared is a slice of them.
    let mut letters = [0; MAX_NAME];
    let (mut before, mut start, mut end) = (0, 0, 0);
    let mut skip = false;
    let mut last_lower = false;
    let bytes = &word.as_bytes()[..word.len().min(MAX_NAME)];
    let mut segment_end = 0;
    let mut hashed = false;
    for (at, byte) in bytes.iter().copied().chain(std::iter::once(b'-')).enumerate() {
        if at >= segment_end {
            hashed = is_hash(&bytes[at.min(bytes.len())..], &mut segment_end);
            segment_end += at;
        }
        let boundary = hashed || !byte.is_ascii_alphabetic() || (byte.is_ascii_uppercase() && last_lower);
        if boundary && end > start {
            let token = &letters[start..end];
            if NEGATING.iter().any(|word| word.as_bytes() == token) {
                skip = true;
                before = end;
            } else {
                if !skip {
                    let pair = &letters[before..end];
                    marks = marks.and(BY_TOKEN.get(pair).copied().unwrap_or_default());
                    // `category-newsletter` says what an article is about.
                    if !ABOUT.iter().any(|word| word.as_bytes() == &letters[before..start]) {
                        marks = marks.and(BY_TOKEN.get(token).copied().unwrap_or_default());
                    }
                }
                skip = false;
                before = start;
            }
            start = end;
        }
        last_lower = byte.is_ascii_lowercase();
        if byte.is_ascii_alphabetic() && !hashed {
            letters[end] = byte.to_ascii_lowercase();
            end += 1;
        }
    }
    marks
}

/// Whether the name starts with a part (up to a `-` or the like; `len` gets its length) that is a machine's: letters and
/// digits in turns, as in `elementor-element-ad3e790` or `block-20a388fd-…-00ad`, which is no advertisement.
fn is_hash(name: &[u8], len: &mut usize) -> bool {
    let part = &name[..name.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(name.len())];
    *len = part.len() + 1;
    let changes = part.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    changes >= 2 || (changes == 1 && part[0].is_ascii_digit() && part.len() <= 4)
}

/// FNV-1a: names are short, and their table is ours.
#[derive(Default)]
struct ShortHasher(u64);

impl std::hash::Hasher for ShortHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
