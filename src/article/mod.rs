//! Page → body. Pure: no files, network, clock, randomness, async or logging.
//!
//! The article is found in the page, cleaned of what is not article, sanitised, and goes to the story room
//! and the store as HTML; its plain text is always [`plain_text`] of that HTML.

mod allowed;
mod believed;
mod boxes;
mod byline;
mod classes;
mod cues;
mod dates;
mod decode;
mod ends;
mod evidence;
mod forms;
mod images;
mod lines;
mod loose;
mod markup;
pub mod memory;
mod meta;
mod pages;
mod plain;
mod players;
mod prepass;
mod prune;
mod published;
pub mod rules;
mod sanitize;
mod script_data;
mod select;
mod simple;
mod tables;
mod tag;
mod threads;
mod tree;
mod types;
mod voice;
mod wall;
mod write;

pub use sanitize::sanitize;
pub use types::{Article, Block, Explanation, Guide, NoArticle, Page, Removed};

use evidence::Evidence;
use lines::Trust;
use memory::Memory;
use published::Source;
use rules::Rule;
use tree::{Hidden, Tree};
use url::Url;

/// A page's tree, under the caps that keep the parser's work linear.
pub fn parse_page(bytes: &[u8], content_type: Option<&str>) -> scraper::Html {
    scraper::Html::parse_document(&prepass::prepare(&decode::decode(bytes, content_type), prepass::MAX_NODES).html)
}

/// Finds the article in a page. Never panics; the work is bounded by the page's size.
pub fn extract(page: &Page) -> Result<Article, NoArticle> {
    extract_with(page, &Guide::default())
}

/// [`extract`], with what is known of the site.
pub fn extract_with(page: &Page, guide: &Guide) -> Result<Article, NoArticle> {
    read(page, guide, Detail::Article, &mut Explanation::default())
}

/// [`extract_with`], and which reading of the page won, with every line and what became of it: the long form of
/// [`Article::removed`], for people who tune; also where none of it is an article.
pub fn explain(page: &Page, guide: &Guide) -> (Result<Article, NoArticle>, Explanation) {
    let mut explanation = Explanation::default();
    (read(page, guide, Detail::Lines, &mut explanation), explanation)
}

/// How much is told of a reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Article,
    Lines,
}

fn read(page: &Page, guide: &Guide, detail: Detail, explanation: &mut Explanation) -> Result<Article, NoArticle> {
    if let Some(kind) = page.content_type
        && !is_html(kind)
    {
        return Err(NoArticle::NotHtml);
    }
    let text = prepass::with_few_references(decode::decode(page.bytes, page.content_type));
    if text.trim().is_empty() {
        return Err(NoArticle::Empty);
    }
    let max_nodes = guide.max_nodes.unwrap_or(prepass::MAX_NODES);
    let prepared = prepass::prepare(&text, max_nodes);
    let html = scraper::Html::parse_document(&prepared.html);
    let mut found = meta::read(&html, &prepared.json_ld, page);
    let address = Url::parse(page.url).ok();
    let rule = guide.rule.or_else(|| rules::Rules::built_in().find(address.as_ref()?));
    if let Some(rule) = rule {
        found.article.title = rule.title(&html).or(found.article.title);
        found.article.author = rule.author(&html).or(found.article.author);
        found.dates.extend(rule.date(&html).map(|told| (Source::Rule, told)));
    }
    let title = found.article.title.clone();
    let told = [found.ld_body.as_deref(), page.summary].into_iter().flatten();
    let evidence = told.filter_map(Evidence::new).collect::<Vec<_>>();
    let site =
        Site { html: &html, title: title.as_deref(), base: found.base.as_ref(), rule, memory: guide.memory, evidence, detail };
    let mut best = best_body(&site);
    if let Some(empty) = best.take_if(|body| body.html.is_empty()) {
        *explanation = empty.explanation;
    }
    let poor = best.as_ref().map_or(0, Body::weight);
    let is_short = best.as_ref().is_some_and(|body| body.is_short);
    let hidden = (poor < MIN_WEIGHT && !is_short)
        .then(|| hidden_body(&site, &prepared, found.ld_body.as_deref(), page.summary, poor))
        .flatten();
    let seen = best.as_ref().map(|body| body.dates.clone()).unwrap_or_default();
    let Some(mut body) = hidden.filter(|body| body.weight() > poor * 2).or(best) else { return Err(NoArticle::Empty) };
    *explanation = body.explanation;
    // The page tells its date, whatever its template says.
    if !seen.is_empty() {
        body.dates = seen;
    }
    if let Some(headline) = body.headline.filter(|headline| is_headline_of(headline, found.article.title.as_deref())) {
        found.article.title = Some(headline);
    }
    found.article.author = found.article.author.or(body.author);
    found.dates.extend(body.dates);
    if found.dates.is_empty() {
        found.dates.extend(published::in_scripts(&text).map(|told| (Source::Script, told)));
    }
    let spoken = found.article.language.as_deref().or_else(|| published::spoken_at(address.as_ref()?));
    found.article.published = published::choose(&found.dates, spoken);
    if let Some(wall) = wall::wall(&body.text, found.article.title.as_deref(), found.says_paid) {
        return Err(wall);
    }
    if body.is_index && is_front(found.article.title.as_deref(), found.article.site_name.as_deref(), address.as_ref()) {
        return Err(NoArticle::Index);
    }
    found.article.next_page =
        address.and_then(|address| pages::next(&html, rule.and_then(|rule| rule.next(&html)), &address, found.base.as_ref()));
    found.article.html = body.html;
    found.article.removed = body.removed;
    found.article.blocks = body.blocks;
    Ok(found.article)
}

/// The bodies of an article's pages as one; what a page repeats of those before it goes.
pub fn join_pages(bodies: &[String]) -> String {
    pages::join(bodies)
}

/// A body lighter than this is not trusted to be the whole article.
const MIN_WEIGHT: u32 = 150;

struct Body {
    html: String,
    /// Of the HTML.
    text: String,
    /// The dates that readers see.
    dates: published::Dates,
    /// As the byline has it.
    author: Option<String>,
    /// The line that was taken for it.
    headline: Option<String>,
    /// Whether it is a short post in an element that says what it is.
    is_short: bool,
    /// Whether it is a row of other articles.
    is_index: bool,
    /// Whether a line of running text is in it: forms and lists have none, however much they say.
    has_prose: bool,
    removed: Vec<Removed>,
    blocks: Vec<u64>,
    explanation: Explanation,
}

impl Body {
    fn weight(&self) -> u32 {
        tree::weight(&self.text)
    }

    /// Whether it may be the whole article.
    fn is_enough(&self) -> bool {
        self.is_short || self.has_prose && self.weight() >= MIN_WEIGHT
    }
}

/// A parsed page with what is known of it.
struct Site<'a> {
    html: &'a scraper::Html,
    title: Option<&'a str>,
    base: Option<&'a Url>,
    rule: Option<&'a Rule>,
    memory: Option<&'a Memory>,
    evidence: Vec<Evidence>,
    detail: Detail,
}

impl Site<'_> {
    /// Each line with its fate; `gone` says why a line went, from the first line inside `outer` on.
    fn explanation(
        &self,
        reading: &'static str,
        tree: &Tree,
        lines: &[lines::Line],
        outer: u32,
        gone: &[Option<prune::Why>],
    ) -> Explanation {
        if self.detail == Detail::Article {
            return Explanation::default();
        }
        let inside = |line: &lines::Line| tree.holds(outer, line.first);
        let first = lines.iter().position(inside).unwrap_or(0);
        let why = |i: usize, line: &lines::Line| {
            if inside(line) { gone.get(i - first).copied().flatten() } else { Some(prune::OUTSIDE) }
        };
        let blocks = lines.iter().enumerate().map(|(i, line)| Block {
            text: crate::text::excerpt(&tree.line_text(line.first, line.end, 400), 80),
            path: tree.path(line.first),
            score: select::score(line),
            marks: line.marks.to_string(),
            removed: why(i, line).map(|why| why.what),
            rule: why(i, line).map(|why| why.rule),
        });
        Explanation { reading, blocks: blocks.collect() }
    }
}

/// What the rule names, else the best reading, which may be empty. Never so where there is text: at last with less belief in classes,
/// then with what styles hide.
fn best_body(site: &Site) -> Option<Body> {
    if let Some(body) = named_body(site) {
        return Some(body);
    }
    let mut best = body(site, Hidden::Drop, Trust::Normal, Threads::Drop);
    for (hidden, trust) in [(Hidden::Drop, Trust::Little), (Hidden::Keep, Trust::Little)] {
        if best.as_ref().is_some_and(Body::is_enough) {
            break;
        }
        let have = best.as_ref().map_or(0, Body::weight);
        // A short item has comments and notices below it at every reading; where they took all text they were none.
        let threads = if best.as_ref().is_some_and(|body| body.has_prose) { Threads::Drop } else { Threads::Keep };
        let other = body(site, hidden, trust, threads);
        if other.as_ref().is_some_and(|b| b.weight() > have * 2) {
            best = other;
        }
    }
    best
}

/// The text of a page that shows it by script only: from the template that its script fills in, or from its data.
fn hidden_body(site: &Site, page: &prepass::Prepared, data: Option<&str>, summary: Option<&str>, seen: u32) -> Option<Body> {
    let read = |text: &str| {
        let prepared = prepass::prepare(text, prepass::MAX_NODES);
        let html = scraper::Html::parse_document(&prepared.html);
        best_body(&Site { html: &html, rule: None, evidence: Vec::new(), ..*site }).filter(|body| body.weight() >= MIN_WEIGHT)
    };
    let from_template = || page.hidden.iter().max_by_key(|text| text.len()).and_then(|text| read(text));
    let from_scripts = || {
        let told = [site.title, data, summary];
        // Where readers see a text, be it short, another must be about the same.
        let least = if seen > 0 { 0.5 } else { 0.3 };
        let mut body = read(&script_data::article(&page.data, &page.attributes, &told, least)?)?;
        body.explanation.reading = "the data of the page's scripts";
        Some(body)
    };
    let from_data = || {
        let html = plain::paragraphs(data?);
        Some(Body {
            text: plain::plain_text(&html),
            html,
            dates: Vec::new(),
            author: None,
            headline: None,
            is_short: false,
            is_index: false,
            has_prose: true,
            removed: Vec::new(),
            blocks: Vec::new(),
            explanation: Explanation { reading: "the articleBody of the page's data", blocks: Vec::new() },
        })
    };
    let full = data.map_or(0, tree::weight);
    from_template().or_else(|| from_scripts().filter(|body| body.weight() * 2 > full)).or_else(from_data)
}

fn stripped(site: &Site) -> Vec<*const scraper::node::Element> {
    site.rule.map(|rule| rule.stripped(site.html)).unwrap_or_default()
}

/// The body where the site's rule says it is. Some sites show it by script only, so what is hidden counts.
fn named_body(site: &Site) -> Option<Body> {
    let rule = site.rule.filter(|rule| rule.names_body())?;
    let tree = Tree::new(site.html, Hidden::Keep, &stripped(site));
    let parts = rule.body(site.html, &tree);
    if parts.is_empty() {
        return None;
    }
    let mut lines = lines::lines(&tree);
    let believed = lines::mark(&tree, &mut lines, site.title, Trust::Normal);
    threads::mark(&tree, &mut lines, site.title);
    let pruned = prune::prune_to(&tree, &lines, &believed, &parts, site.title);
    let html = write::write(&tree, 0, &pruned.fates, site.base);
    let explanation = site.explanation("the rule for the site", &tree, &lines, 0, &pruned.why);
    let selection = select::select(&tree, &lines, site.title);
    let dates = selection.as_ref().map(|s| published::seen(&tree, &lines, s)).unwrap_or_default();
    let author = selection.as_ref().and_then(|s| byline::author(&tree, &lines, s));
    (!html.is_empty()).then_some(Body {
        text: plain::plain_text(&html),
        html,
        dates,
        author,
        headline: None,
        is_short: false,
        is_index: false,
        has_prose: true,
        removed: pruned.removed,
        blocks: pruned.blocks,
        explanation,
    })
}

/// What becomes of what looks like readers' comments, boxes of other articles and notices.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Threads {
    Drop,
    Keep,
}

fn body(site: &Site, hidden: Hidden, trust: Trust, threads: Threads) -> Option<Body> {
    let tree = Tree::new(site.html, hidden, &stripped(site));
    let mut lines = lines::lines(&tree);
    let believed = lines::mark(&tree, &mut lines, site.title, trust);
    if threads == Threads::Drop {
        threads::mark(&tree, &mut lines, site.title);
    }
    let known = prune::Known { title: site.title, base: site.base, memory: site.memory, evidence: &site.evidence };
    let read = |selection: &select::Selection, reading: &'static str| {
        let pruned = prune::prune(&tree, &lines, &believed, selection, &known);
        let html = write::write(&tree, selection.outer, &pruned.fates, site.base);
        let dates = published::seen(&tree, &lines, selection);
        let is_short = selection.is_short && !html.is_empty();
        Body {
            text: plain::plain_text(&html),
            html,
            dates,
            author: byline::author(&tree, &lines, selection),
            headline: selection.headline.map(|i| tree.line_text(lines[i].first, lines[i].end, 300)),
            has_prose: pruned.has_prose,
            is_short,
            is_index: pruned.is_index,
            removed: pruned.removed,
            blocks: pruned.blocks,
            explanation: site.explanation(reading, &tree, &lines, selection.outer, &pruned.why),
        }
    };
    let selection = select::select(&tree, &lines, site.title)?;
    let scored = match (hidden, trust) {
        (Hidden::Drop, Trust::Normal) => "the scores of the lines",
        (Hidden::Drop, Trust::Little) => "the scores of the lines, with little belief in classes",
        (Hidden::Keep, _) => "the scores of the lines, with what styles hide",
    };
    let body = read(&selection, scored);
    let missing = site.evidence.iter().find(|evidence| evidence.is_missing_in(&body.text));
    let other = missing.and_then(|evidence| {
        let told = select::with_container(&tree, &lines, evidence.container(&tree, &lines)?, site.title);
        Some((evidence, read(&told, "the words of the feed's summary or of the page's data")))
    });
    // The words are on the page and not in the body: the other element is the article if it does better.
    Some(match other {
        Some((evidence, other)) if !evidence.is_missing_in(&other.text) => other,
        _ => body,
    })
}

/// Whether the title is a headline with the names of sections and of the site before or behind it.
fn is_headline_of(headline: &str, title: Option<&str>) -> bool {
    const MARKS: &str = "-–—|·»«:•/｜_‹›";
    let Some(title) = title else { return false };
    let rest = title.strip_prefix(headline).map(str::trim_start).filter(|rest| rest.starts_with(|c| MARKS.contains(c)));
    let before = || title.strip_suffix(headline).map(str::trim_end).filter(|rest| rest.ends_with(|c| MARKS.contains(c)));
    tree::weight(headline) >= MIN_HEADLINE && (rest.is_some() || before().is_some())
}

/// A heading that says less may be a section's.
const MIN_HEADLINE: u32 = 20;

/// Whether a page is a site's own: without a path, or called as the site is.
fn is_front(title: Option<&str>, site: Option<&str>, address: Option<&Url>) -> bool {
    let is_root = |path: &str| path.is_empty() || path.split_once('.').map_or(path, |(name, _)| name) == "index";
    let root = address.is_some_and(|address| is_root(address.path().trim_matches('/')) && address.query().is_none());
    let host = lines::squash(address.and_then(Url::host_str).unwrap_or_default());
    let of_host = title.map(lines::squash).is_some_and(|title| title.len() >= 6 && host.contains(&title));
    root || of_host || title.zip(site).is_some_and(|(title, site)| lines::squash(title) == lines::squash(site))
}

fn is_html(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty() || kind.contains("html") || kind.contains("xml") || kind == "text/plain" || kind == "application/octet-stream"
}

/// A body that a feed gave, cleaned and sanitised by the same steps as an extracted one: links absolute
/// against `base_url`, placeholders and tracking pixels gone, the repeated headline gone. May be plain text.
pub fn clean(html: &str, base_url: &str, title: Option<&str>) -> String {
    clean_with(html, base_url, title, None)
}

/// [`clean`], without what a person's rule for the feed strips.
pub fn clean_with(html: &str, base_url: &str, title: Option<&str>, rule: Option<&Rule>) -> String {
    if !html.contains('<') {
        return plain::paragraphs(html);
    }
    let parsed = simple::parse(html).unwrap_or_else(|| {
        let html = prepass::with_few_references(html.into());
        scraper::Html::parse_document(&prepass::prepare(&html, prepass::MAX_NODES).html)
    });
    let without = rule.map(|rule| rule.stripped(&parsed)).unwrap_or_default();
    let tree = Tree::new(&parsed, Hidden::Drop, &without);
    if tree.nodes.is_empty() {
        return String::new();
    }
    let base = Url::parse(base_url).ok();
    let mut lines = lines::lines(&tree);
    // A feed's own text carries no readers' comments: their shapes are not looked for.
    let believed = lines::mark(&tree, &mut lines, title, Trust::Normal);
    let pruned = prune::prune_feed_body(&tree, &lines, &believed, title);
    let cleaned = write::write(&tree, 0, &pruned.fates, base.as_ref());
    // A body that is nothing but a caption or a link is still what the feed has to say.
    if cleaned.is_empty() { write::write(&tree, 0, &[], base.as_ref()) } else { cleaned }
}

/// The text of sanitised HTML, a line a block; captions and placeholders are no text. Linear and cheap: it
/// is computed whenever it is needed instead of being stored.
pub fn plain_text(html: &str) -> String {
    plain::plain_text(html)
}
