//! Images and players: which address is the real one, and which are only placeholders or counters.

use super::classes::Marks;
use super::lines::squash;
use super::markup::absolute;
use super::players::{CUSTOM, PLAYERS, WRAPPED};
use super::tag::Tag;
use super::tree::{Tree, attribute};
use scraper::node::Element;
use url::Url;

pub enum Image<'a> {
    Nothing,
    /// An emoji drawn as an image.
    Text(&'a str),
    Real {
        src: String,
        alt: &'a str,
        width: Option<u32>,
        height: Option<u32>,
    },
}

/// Where scripts that load images late keep the address, best first.
const LAZY: [&str; 14] = [
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-actualsrc",
    "data-original-src",
    "data-src-large",
    "data-large-file",
    "data-full-src",
    "data-image",
    "data-url",
    "data-hi-res-src",
    "data-echo",
    "_src",
    "file",
];
const LAZY_SETS: [&str; 3] = ["srcset", "data-srcset", "data-lazy-srcset"];

/// Parts of addresses of images that show nothing.
const PLACEHOLDERS: [&str; 16] = [
    "blank.",
    "spacer",
    "placeholder",
    "lazyload",
    "loading.",
    "loader.",
    "1x1",
    "transparent.",
    "grey.gif",
    "gray.gif",
    "pixel.gif",
    "clear.gif",
    "empty.gif",
    "dot.gif",
    "trans.gif",
    "lazy_",
];
/// Parts of addresses of images that count readers.
const COUNTERS: [&str; 14] = [
    "doubleclick.net",
    "facebook.com/tr",
    "scorecardresearch",
    "quantserve",
    "google-analytics",
    "stats.wordpress.com",
    "pixel.wp.com",
    "feedburner.com/~r",
    "feedsportal.com",
    "/tracking/",
    "/pixel?",
    "pixel.gif",
    "vg04.met.vgwort",
    "vgwort.de",
];

/// The image that an `<img>` stands for.
pub fn image<'a>(tree: &Tree<'a>, at: u32, base: Option<&Url>) -> Image<'a> {
    let node = &tree.nodes[at as usize];
    let Some(element) = node.element else { return Image::Nothing };
    let alt = attribute(element, "alt").unwrap_or_default().trim();
    let class = attribute(element, "class").unwrap_or_default();
    if class.contains("emoji") || class.contains("wp-smiley") || class.contains("smilies") {
        let short = alt.chars().count() <= 8 && !alt.is_empty();
        return if short { Image::Text(alt) } else { Image::Nothing };
    }
    let width = attribute(element, "width").and_then(pixels);
    let height = attribute(element, "height").and_then(pixels);
    if width.is_some_and(|w| w <= 2) || height.is_some_and(|h| h <= 2) {
        return Image::Nothing;
    }
    let Some(src) = source(tree, at, element).and_then(|src| absolute(src, base)) else { return Image::Nothing };
    if !matches!(src.scheme(), "http" | "https") || COUNTERS.iter().any(|c| src.as_str().contains(c)) {
        return Image::Nothing;
    }
    Image::Real { src: src.into(), alt, width, height }
}

fn source<'a>(tree: &Tree<'a>, at: u32, element: &'a Element) -> Option<&'a str> {
    let own = LAZY
        .iter()
        .filter_map(|name| attribute(element, name))
        .map(str::trim)
        .find(|src| is_real(src) && looks_like_address(src));
    let sets = || LAZY_SETS.iter().filter_map(|name| attribute(element, name)).filter_map(largest);
    // A set that names widths knows the picture in full; the address beside it may be a small one.
    let wide = || {
        let wide = LAZY_SETS.iter().filter_map(|name| attribute(element, name)).filter(|set| widest(set) >= WIDE);
        wide.filter_map(largest).find(|src| is_real(src))
    };
    // The address may be with the box around the picture.
    let around = || {
        let boxes = tree
            .ancestors(at)
            .skip(1)
            .take(2)
            .filter(|&at| matches!(tree.nodes[at as usize].tag, Tag::Figure | Tag::Div | Tag::Picture));
        let told = boxes.filter_map(|at| {
            let element = tree.nodes[at as usize].element?;
            attribute(element, "data-src").or_else(|| attribute(element, "data-original"))
        });
        told.map(str::trim).find(|src| is_real(src) && looks_like_address(src))
    };
    let found = wide()
        .or(own)
        .or_else(|| attribute(element, "src").map(str::trim).filter(|src| is_real(src)))
        .or_else(|| sets().find(|src| is_real(src)))
        .or_else(|| {
            // `<picture><source srcset=…><img>`: the sources before it.
            let parent = tree.nodes[at as usize].parent;
            if tree.nodes[parent as usize].tag != Tag::Picture {
                return None;
            }
            let mut children = tree.children(parent).filter_map(|c| tree.nodes[c as usize].element);
            children
                .find_map(|e| LAZY_SETS.iter().filter_map(|name| attribute(e, name)).filter_map(largest).find(|src| is_real(src)))
        });
    found.or_else(around)
}

fn is_real(src: &str) -> bool {
    if src.is_empty() || src.starts_with('#') || src.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("data:")) {
        return false;
    }
    let path = src.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    !PLACEHOLDERS.iter().any(|p| path.contains(p))
}

fn looks_like_address(src: &str) -> bool {
    !src.contains([' ', '{', '<']) && (src.contains('/') || src.contains('.'))
}

/// Pixels of a picture that fills a column.
const WIDE: f32 = 600.0;

fn widest(set: &str) -> f32 {
    let widths = set.split([' ', ',']).filter_map(|word| word.strip_suffix('w')?.parse::<f32>().ok());
    widths.filter(|width| *width <= 2600.0).fold(0.0, f32::max)
}

/// Whether the image is a small one that stands in for another right beside it until that is loaded: the same file.
pub fn is_stand_in(tree: &Tree, at: u32) -> bool {
    let file = |at: u32| {
        let element = tree.nodes[at as usize].element?;
        let src = source(tree, at, element)?;
        src.split(['?', '#']).next()?.rsplit('/').next().filter(|name| name.len() >= 6)
    };
    let Some(own) = file(at) else { return false };
    let parent = tree.nodes[at as usize].parent;
    let end = tree.nodes[parent as usize].end.min(at + MAX_APART);
    (at + 1..end).any(|other| tree.nodes[other as usize].tag == Tag::Img && file(other) == Some(own))
}

/// Nodes between a picture and what stands in for it.
const MAX_APART: u32 = 8;

/// The largest candidate of a `srcset` that is not absurdly large.
fn largest(set: &str) -> Option<&str> {
    let mut best: Option<(f32, &str)> = None;
    for candidate in set.split(", ").flat_map(|part| if part.contains(' ') { vec![part] } else { part.split(',').collect() }) {
        let mut words = candidate.split_ascii_whitespace();
        let Some(address) = words.next().map(|a| a.trim_matches(',')) else { continue };
        let size = words.next().and_then(|d| d.trim_end_matches(['w', 'x', ',']).parse::<f32>().ok()).unwrap_or(1.0);
        if size <= 2600.0 && best.is_none_or(|(s, _)| size > s) {
            best = Some((size, address));
        }
    }
    best.map(|(_, address)| address)
}

fn pixels(value: &str) -> Option<u32> {
    let value = value.trim().trim_end_matches("px");
    value.parse::<f32>().ok().filter(|v| (0.0..=20_000.0).contains(v)).map(|v| v as u32)
}

fn custom(element: &Element) -> Option<Url> {
    let (_, attributes, page) = CUSTOM.iter().find(|(custom, ..)| *custom == element.name())?;
    let told = attributes.iter().find_map(|name| attribute(element, name)).map(str::trim)?;
    if told.starts_with("https://") {
        return Url::parse(told).ok();
    }
    let is_id = !told.is_empty() && told.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if page.is_empty() || !is_id { None } else { Url::parse(&format!("{page}{told}")).ok() }
}

/// The page that such a frame shows.
fn unwrapped(url: &Url) -> Option<Url> {
    let (_, key) = WRAPPED.iter().find(|(host, _)| url.host_str() == Some(host))?;
    let (_, told) = url.query_pairs().find(|(name, _)| name == key)?;
    Url::parse(&told).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

pub struct Link {
    pub href: String,
    pub label: String,
}

/// The page behind a player.
pub fn embed(element: &Element, base: Option<&Url>) -> Option<Link> {
    let name = element.name().trim_start_matches("amp-");
    let of_page = |url: Url| {
        let host = url.host_str()?.trim_start_matches("www.").to_owned();
        Some(Link { label: format!("Video ({host})"), href: url.into() })
    };
    if let Some(page) = custom(element) {
        return of_page(page);
    }
    // `about:blank` until a script puts the address there.
    let told = ["src", "data-src", "data-lazy-src", "cite", "data-instgrm-permalink", "data-href"]
        .iter()
        .filter_map(|n| attribute(element, n));
    let url = told.filter_map(|src| absolute(src.trim(), base)).find(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let label = |kind: &str| format!("{kind} ({})", host.trim_start_matches("www."));
    if let Some(page) = unwrapped(&url) {
        return of_page(page);
    }
    if name == "blockquote" || name == "div" {
        return Some(Link { label: label("Post"), href: url.into() });
    }
    if name == "video" || name == "audio" {
        let kind = if name == "video" { "Video" } else { "Audio" };
        return Some(Link { label: label(kind), href: url.into() });
    }
    let fits =
        |player: &str, path: &str| (host == player || host.ends_with(&format!(".{player}"))) && url.path().starts_with(path);
    let plain = |player: &str| host == player || host.ends_with(&format!(".{player}"));
    let known =
        PLAYERS.iter().find(|(player, path, _)| fits(player, path)).or_else(|| PLAYERS.iter().find(|(player, ..)| plain(player)));
    // A player of a site that nobody knows says so in its address, and may fill the screen. So may a map or slides.
    let path = url.path().to_ascii_lowercase();
    let says = ["embed", "player"].iter().any(|word| path.contains(word));
    if known.is_none() && name == "iframe" && says && attribute(element, "allowfullscreen").is_some() {
        let kind = if host.contains("video") || path.contains("video") { "Video" } else { "Embedded page" };
        return Some(Link { label: label(kind), href: url.into() });
    }
    let (_, path, page) = known?;
    let id = url.path().strip_prefix(path).filter(|_| !path.is_empty()).map(|id| id.trim_matches('/'));
    let href = match id {
        Some(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') => {
            format!("{page}{id}")
        }
        _ => url.as_str().to_owned(),
    };
    Some(Link { label: label("Video"), href })
}

/// Whether the caption of the figure around an image says what the image's own text does, or more.
pub fn is_caption(tree: &Tree, at: u32, alt: &str) -> bool {
    let is_figure = |at: &u32| {
        let node = &tree.nodes[*at as usize];
        node.tag == Tag::Figure || node.marks.has(Marks::PICTURE)
    };
    let Some(figure) = tree.ancestors(at).skip(1).take(6).find(is_figure) else { return false };
    let end = tree.nodes[figure as usize].end.min(figure + MAX_FIGURE);
    let is_caption = |at: &u32| {
        let node = &tree.nodes[*at as usize];
        node.tag == Tag::Figcaption || node.marks.has(Marks::CAPTION)
    };
    let caption = (figure + 1..end).find(is_caption);
    let alt = squash(alt);
    caption.is_some_and(|at| !alt.is_empty() && squash(&tree.line_text(at, tree.nodes[at as usize].end, 600)).starts_with(&alt))
}

/// Nodes of a figure.
const MAX_FIGURE: u32 = 60;
