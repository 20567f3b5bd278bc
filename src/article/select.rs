//! Which element holds the article.
//!
//! Two readings: the subtree whose lines sum up highest (prose counts for, links and short lines against), and
//! the element that the page itself calls the article body. The second wins where it holds most of the prose
//! of the first.

use super::classes::{JUNK, Marks};
use super::lines::{Line, Sums, squash};
use super::tag::Tag;
use super::tree::{Tree, attribute};

/// Prose beyond this in one line counts no further: a single huge line is a list or a licence.
const MAX_LINE: u32 = 1500;

/// What the page's headline says for the elements that hold it.
const HEADLINE_SCORE: i64 = 250;

/// Letters of a text of a few short sentences.
const MIN_SAID: i64 = 30;

pub struct Selection {
    /// Holds the text.
    pub container: u32,
    /// Holds the text and the headline, where there is one above it: a lead may stand between them.
    pub outer: u32,
    /// The line of the headline.
    pub headline: Option<usize>,
    /// A short post in an element that says what it is: no longer text of the page outweighs it.
    pub is_short: bool,
}

pub fn select(tree: &Tree, lines: &[Line], title: Option<&str>) -> Option<Selection> {
    let headline = headline(tree, lines, title);
    let is_title =
        |i: &usize| title.is_some_and(|title| squash(&tree.line_text(lines[*i].first, lines[*i].end, 600)) == squash(title));
    let found = container(tree, lines, headline, headline.filter(is_title));
    let short = short_post(tree, lines, headline, found);
    let container = short.or(found)?;
    Some(Selection { is_short: short.is_some(), ..around(tree, lines, container, headline) })
}

/// The selection with a container that was found otherwise.
pub fn with_container(tree: &Tree, lines: &[Line], container: u32, title: Option<&str>) -> Selection {
    around(tree, lines, container, headline(tree, lines, title))
}

fn around(tree: &Tree, lines: &[Line], container: u32, headline: Option<usize>) -> Selection {
    let above = headline.filter(|&i| lines[i].first < container);
    let outer = above.and_then(|i| tree.ancestors(container).find(|&at| tree.holds(at, lines[i].first)));
    Selection { container, outer: outer.unwrap_or(container), headline, is_short: false }
}

/// The line that repeats the page's title: a first-level heading before other headings before other lines.
pub(super) fn headline(tree: &Tree, lines: &[Line], title: Option<&str>) -> Option<usize> {
    let title = squash(title?);
    if title.is_empty() {
        return None;
    }
    let weight = super::tree::weight(&title);
    let rank = |line: &Line| {
        // Only an <h1> can be the headline with more than the title in it; no other line's text need be looked at.
        let (least, most) =
            if line.tag == Tag::H1 { (0, title.len() as u32 * 2) } else { (weight - weight / 4, weight + weight / 4) };
        if line.weight < least || line.weight > most {
            return 0;
        }
        let text = squash(&tree.line_text(line.first, line.end, 600));
        let same = text == title;
        match line.tag {
            Tag::H1 if same => 4,
            // With a kicker in the same element.
            Tag::H1 if text.ends_with(&title) => 3,
            tag if tag.is_heading() && same => 3,
            _ if same && !line.is_linky() => 2,
            Tag::H1 => 1,
            _ => 0,
        }
    };
    let ranked = lines.iter().enumerate().map(|(i, line)| (rank(line), i)).filter(|(rank, _)| *rank > 0);
    let best = ranked.max_by_key(|&(rank, i)| (rank, std::cmp::Reverse(i)));
    best.filter(|(rank, _)| *rank > 1).map(|(_, i)| i).or_else(|| part_of_title(tree, lines, &title)).or(best.map(|(_, i)| i))
}

/// The heading that the page's title begins or ends with, beside the names of the site and of its sections.
fn part_of_title(tree: &Tree, lines: &[Line], title: &str) -> Option<usize> {
    let is_part = |line: &Line| {
        let heads = line.tag.is_heading() || line.marks.has(Marks::HEADLINE);
        heads && line.weight >= MIN_PART && line.weight as usize <= title.len() && {
            let text = squash(&tree.line_text(line.first, line.end, 600));
            title.starts_with(&text) || title.ends_with(&text)
        }
    };
    lines.iter().position(is_part)
}

/// `title`: the headline, where it is the page's title to the letter.
fn container(tree: &Tree, lines: &[Line], headline: Option<usize>, title: Option<usize>) -> Option<u32> {
    let mut prose = Sums::new(tree, lines, |line| if counts(line) { i64::from(line.own().min(MAX_LINE)) } else { 0 });
    let at_headline = headline.map(|i| lines[i].first);
    let after = title.map_or(0, |i| lines[i].first);
    let score = Sums::new(tree, lines, |line| if Some(line.first) == at_headline { HEADLINE_SCORE } else { score(line) });
    let elements = || (0..tree.nodes.len() as u32).filter(|&at| tree.nodes[at as usize].tag != Tag::Text);
    // Later and deeper wins at equal sums: the smallest element with that sum.
    let mut best = elements().max_by_key(|&at| (score.of(tree, at), at))?;
    let said = |line: &Line| if line.is_sentence() && !line.marks.has(JUNK) { i64::from(line.own()) } else { 0 };
    // A text of short sentences below its headline is one.
    let few = (prose.of(tree, best) == 0)
        .then(|| Sums::new(tree, lines, |line| if line.first > after { said(line) } else { 0 }))
        .filter(|few| title.is_some_and(|i| tree.holds(best, lines[i].first)) && few.of(tree, best) >= MIN_SAID);
    if let Some(few) = few {
        prose = few;
    }
    if prose.of(tree, best) == 0 {
        // No prose where the headline is, or none at all: the element with the most text of its own.
        let text = Sums::new(tree, lines, |line| if line.marks.has(JUNK) { 0 } else { i64::from(line.own()) });
        best = elements().max_by_key(|&at| (text.of(tree, at), at))?;
        return (text.of(tree, best) > 0).then_some(best);
    }
    if let Some(near) = near_headline(tree, lines, at_headline, best, &prose) {
        best = near;
    }
    // A paragraph alone holds no article: what it stands in does.
    while matches!(tree.nodes[best as usize].tag, Tag::P | Tag::Li | Tag::Br | Tag::A | Tag::B | Tag::Strong | Tag::Em | Tag::I)
        && best > 0
    {
        best = tree.nodes[best as usize].parent;
    }
    // A quotation in a text is not the text: what introduces it, and what is said of it, stand beside it.
    if let Some(whole) = around_quotation(tree, lines, best) {
        best = whole;
    }
    // Down, while one child holds nearly all.
    while let Some(child) = tree.children(best).find(|&c| {
        is_container(tree.nodes[c as usize].tag)
            && prose.of(tree, c) * 100 >= prose.of(tree, best) * 92
            && around_quotation(tree, lines, c).is_none()
    }) {
        best = child;
    }
    // Of several whole posts it is the one with the page's headline.
    let mut inside = 0..tree.nodes.len() as u32;
    let inside_best = at_headline.filter(|&line| tree.holds(best, line));
    if let Some(post) = inside_best.and_then(|line| post_of(tree, lines, line, title, best, &prose)) {
        best = post;
        inside = post..tree.nodes[post as usize].end;
    }
    let elements = || inside.clone().filter(|&at| tree.nodes[at as usize].tag != Tag::Text);
    let named = elements()
        .filter(|&at| tree.nodes[at as usize].marks.has(Marks::BODY) && is_container(tree.nodes[at as usize].tag))
        .filter(|&at| prose.of(tree, at) * 100 >= prose.of(tree, best) * 60)
        .min_by_key(|&at| (tree.nodes[at as usize].end - at, at));
    Some(named.unwrap_or(best))
}

/// What holds a quotation, where paragraphs beside it introduce it and say less than it does, and nothing to readers. Old pages
/// indent all their text with `<blockquote>`, and put the site's own lines beside it.
fn around_quotation(tree: &Tree, lines: &[Line], at: u32) -> Option<u32> {
    let quote = tree.ancestors(at).take(2).find(|&at| tree.nodes[at as usize].tag == Tag::Blockquote)?;
    let around = tree.nodes[quote as usize].parent;
    let beside: Vec<&Line> = lines
        .iter()
        .filter(|line| tree.holds(around, line.first) && !tree.holds(quote, line.first))
        .filter(|line| !line.marks.has(JUNK) && !line.tag.is_heading() && (line.ends_sentence || line.own() >= MIN_BESIDE))
        .take(MAX_SHORT + 1)
        .collect();
    let is_paragraph = |line: &&Line| {
        let block = tree.ancestors(line.first).find(|&at| tree.nodes[at as usize].tag.is_block());
        let of_it = |at: u32| tree.nodes[at as usize].tag == Tag::P && tree.nodes[at as usize].parent == around;
        block.is_some_and(of_it)
            && !super::voice::speaks_to_readers(&crate::text::fold(&tree.line_text(line.first, line.end, 400)))
    };
    let quoted: u32 = lines.iter().filter(|line| tree.holds(quote, line.first)).map(Line::own).sum();
    let (own, link) = beside.iter().fold((0, 0), |(own, link), line| (own + line.own(), link + line.link));
    let says = beside.iter().any(|line| line.ends_sentence && line.own() >= MIN_BESIDE);
    let introduces = beside.iter().any(|line| line.end <= quote);
    (says && introduces && link * 2 <= own && own <= quoted && beside.len() <= MAX_SHORT && beside.iter().all(is_paragraph))
        .then_some(around)
}

/// Letters of a sentence beside a quotation.
const MIN_BESIDE: u32 = 20;

/// Prose that is a short item.
const MIN_ITEM: i64 = 160;

/// The smallest element with the headline and an item's text below it, where what was chosen instead is mostly links: the rest of the
/// page, with its sidebars and notices, outweighs a short item.
fn near_headline(tree: &Tree, lines: &[Line], headline: Option<u32>, chosen: u32, prose: &Sums) -> Option<u32> {
    let headline = headline?;
    let below = |at: u32| {
        let end = tree.nodes[at as usize].end;
        let after = lines.iter().filter(|line| headline < line.first && line.first < end && counts(line));
        after.map(|line| i64::from(line.own().min(MAX_LINE))).sum::<i64>()
    };
    let near = tree.ancestors(headline).take(MAX_CLIMB).find(|&at| prose.of(tree, at) >= MIN_ITEM && below(at) >= MIN_ITEM)?;
    if near == chosen || tree.holds(near, chosen) {
        return None;
    }
    let (mut own, mut link) = (0, 0);
    for line in lines.iter().filter(|line| tree.holds(chosen, line.first) && !tree.holds(near, line.first)) {
        own += line.own();
        link += line.link;
    }
    (tree.holds(chosen, headline) && link * 2 > own).then_some(near)
}

/// More than a site says of itself beside its posts.
const MAX_DESCRIPTION: u32 = 600;
/// Lines of a post that is no running text.
const MAX_SHORT: usize = 8;

/// A post of a few short lines, in an element that says what it is, under the page's headline: the running text beside it is the
/// site's, not the post's.
fn short_post(tree: &Tree, lines: &[Line], headline: Option<usize>, chosen: Option<u32>) -> Option<u32> {
    let Some(headline) = headline else { return lone_post(tree, lines, chosen) };
    let at = lines[headline].first;
    let prose = |of: u32| lines.iter().filter(|line| tree.holds(of, line.first) && line.is_prose()).map(Line::own).sum::<u32>();
    if chosen.is_some_and(|chosen| prose(chosen) > MAX_DESCRIPTION) {
        return None;
    }
    let article = tree.ancestors(at).find(|&at| tree.nodes[at as usize].tag == Tag::Article);
    let below = lines[headline + 1..].iter().take(MAX_SHORT).filter(|line| line.marks.has(Marks::BODY) && !line.marks.has(JUNK));
    let mut named = below.filter_map(|line| {
        tree.ancestors(line.first)
            .find(|&at| tree.nodes[at as usize].marks.has(Marks::BODY) && is_container(tree.nodes[at as usize].tag))
    });
    let post = article.or_else(|| named.next())?;
    let inside = || lines.iter().filter(|line| tree.holds(post, line.first) && line.first != at && !line.marks.has(JUNK));
    let tells_date = |line: &Line| super::dates::is_dateline(&crate::text::fold(&tree.line_text(line.first, line.end, 200)));
    let says = inside().filter(|line| !line.is_linky() && !tells_date(line)).map(|line| line.own()).sum::<u32>();
    // What outweighs it stands elsewhere: no running text is in the part of the page that the headline is in.
    let part = tree.ancestors(at).find(|&at| matches!(tree.nodes[at as usize].tag, Tag::Article | Tag::Main)).unwrap_or(post);
    let apart = chosen.is_none_or(|chosen| !tree.holds(post, chosen)) && prose(part) == 0;
    (apart && says >= 8 && inside().count() <= MAX_SHORT).then_some(post)
}

/// The same without a headline: the one element that calls itself the text, above what the site says of itself.
fn lone_post(tree: &Tree, lines: &[Line], chosen: Option<u32>) -> Option<u32> {
    let is_named = |&at: &u32| {
        let node = &tree.nodes[at as usize];
        node.marks.has(Marks::BODY) && !node.marks.has(JUNK) && is_container(node.tag)
    };
    let mut named = (0..tree.nodes.len() as u32).filter(is_named);
    let post = named.next().filter(|_| named.next().is_none())?;
    let inside = |of: u32| lines.iter().filter(move |line| tree.holds(of, line.first) && !line.marks.has(JUNK));
    let says = inside(post).filter(|line| !line.is_linky()).map(Line::own).sum::<u32>();
    let apart = |chosen: u32| {
        let prose = inside(chosen).filter(|line| line.is_prose()).map(Line::own).sum::<u32>();
        let of_site =
            tree.ancestors(chosen).any(|at| matches!(tree.nodes[at as usize].tag, Tag::Header | Tag::Footer | Tag::Aside));
        prose <= MAX_DESCRIPTION && (post < chosen || of_site) && !tree.holds(post, chosen) && !tree.holds(chosen, post)
    };
    (chosen.is_some_and(apart) && says >= 8 && inside(post).count() <= MAX_SHORT).then_some(post)
}

/// A heading that says less may be a section's.
const MIN_PART: u32 = 20;

/// Elements around the headline that are asked for the text.
const MAX_CLIMB: usize = 8;

/// Prose of a whole post.
const MIN_POST: i64 = 150;

/// The post that holds the headline, where elements of the same kind beside it are posts too: a blog's page, or the next
/// articles that a site puts below. Elements without a name that says so are posts where each begins with a heading like the
/// page's headline.
fn post_of(tree: &Tree, lines: &[Line], headline: u32, title: Option<usize>, best: u32, prose: &Sums) -> Option<u32> {
    let whole = prose.of(tree, best);
    let class = |at: u32| {
        tree.nodes[at as usize]
            .element
            .and_then(|element| attribute(element, "class"))
            .map(|class| class.split_ascii_whitespace().next())
    };
    let heading = title.map(|i| lines[i].tag).filter(|tag| tag.is_heading());
    let is_headed = |at: u32| {
        heading.is_some() && {
            let first = lines.partition_point(|line| line.first < at);
            lines[first..].iter().take(MAX_ABOVE).any(|line| Some(line.tag) == heading && tree.holds(at, line.first))
        }
    };
    let is_post = |at: u32| {
        let node = &tree.nodes[at as usize];
        let has_class = class(at).flatten().is_some();
        let named = has_class && node.tag == Tag::Div && node.marks.has(Marks::ARTICLE.and(Marks::BODY));
        let headed = || has_class && matches!(node.tag, Tag::Div | Tag::Section) && is_headed(at);
        prose.of(tree, at) >= MIN_POST && (node.tag == Tag::Article || named || headed())
    };
    tree.ancestors(headline).take_while(|&at| at != best && at != 0).filter(|&at| is_post(at)).find(|&at| {
        let node = &tree.nodes[at as usize];
        let alike = |&other: &u32| tree.nodes[other as usize].tag == node.tag && class(other) == class(at) && is_post(other);
        let posts: Vec<u32> = tree.children(node.parent).take(MAX_POSTS).filter(alike).collect();
        let sum = posts.iter().map(|&at| prose.of(tree, at)).sum::<i64>();
        // A page has more posts than slides, which a part of an article each is.
        let most = if posts.iter().all(|&at| is_headed(at)) { 20 } else { 6 };
        posts.len() > 1 && sum * 10 >= whole * 9 && prose.of(tree, at) * most >= whole
    })
}

/// Lines of a post up to its heading.
const MAX_ABOVE: usize = 4;

/// Children of an element that are looked through.
const MAX_POSTS: usize = 200;

fn is_container(tag: Tag) -> bool {
    use Tag::*;
    matches!(
        tag,
        Other
            | Article
            | Aside
            | Blockquote
            | Body
            | Center
            | Div
            | Details
            | Fieldset
            | Font
            | Form
            | Html
            | Main
            | Section
            | Span
            | Table
            | Tbody
            | Td
            | Tr
            | Dd
            | Dl
    )
}

fn counts(line: &Line) -> bool {
    line.is_prose() && !line.marks.has(JUNK)
}

/// What a line says for its being article (positive) or not.
pub fn score(line: &Line) -> i64 {
    let own = i64::from(line.own().min(MAX_LINE));
    let link = i64::from(line.link);
    if line.marks.has(JUNK) {
        return -20 - link / 4;
    }
    if line.is_prose() {
        return own - link;
    }
    if line.is_linky() {
        return -20 - link / 2;
    }
    match line.tag {
        tag if tag.is_heading() => -5,
        Tag::Pre => own / 2,
        _ if line.ends_sentence => own / 2 - 5,
        _ => -12,
    }
}
