//! How likely two entries report the same event: named features of a pair and a small logistic over them.
//!
//! The weights are trained (`tools/train_story.rs`) and live in `model.txt`; a feature that is not named there
//! weighs nothing, so that a new feature changes no decision before it is trained.

use super::words::{Kind, Token};
use std::sync::LazyLock;

/// One term of an entry, and how often it stands in the title and in the start of the text: the 25 upper bits of the
/// term's hash, then two for its kind, three for the text and two for the title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Term(u32);

const MOST_IN_TITLE: u32 = 3;
const MOST_IN_TEXT: u32 = 7;

impl Term {
    fn new(token: &Token) -> Term {
        Term((token.term & !0x7f) | ((token.kind as u32) << 5))
    }

    /// Equal for equal terms.
    pub fn key(self) -> u32 {
        self.0 >> 7
    }

    pub fn kind(self) -> Kind {
        match (self.0 >> 5) & 3 {
            0 => Kind::Word,
            1 => Kind::Number,
            2 => Kind::Name,
            _ => Kind::Model,
        }
    }

    /// How often it stands in the title, as far as was counted.
    pub fn in_title(self) -> u32 {
        self.0 & MOST_IN_TITLE
    }

    pub fn in_text(self) -> u32 {
        (self.0 >> 2) & MOST_IN_TEXT
    }

    fn count(&mut self, token: &Token, in_title: bool) {
        if in_title {
            self.0 += u32::from(self.in_title() < MOST_IN_TITLE);
        } else {
            self.0 += u32::from(self.in_text() < MOST_IN_TEXT) << 2;
        }
        let kind = self.kind().max(token.kind) as u32;
        self.0 = self.0 & !(3 << 5) | kind << 5;
    }
}

/// What [`Term::key`] is for a term's hash.
pub fn key(term: u32) -> u32 {
    term >> 7
}

/// Terms that an entry keeps; all of a title, and as many of the text as fit.
const MAX_TERMS: usize = 112;

/// `start`: of the text.
pub fn terms(title: &[Token], start: &[Token]) -> Box<[Term]> {
    let mut all: Vec<Term> = Vec::new();
    let add = |all: &mut Vec<Term>, token: &Token, in_title: bool| {
        let at = match all.iter().position(|known| known.key() == key(token.term)) {
            Some(at) => at,
            None if all.len() < MAX_TERMS => {
                all.push(Term::new(token));
                all.len() - 1
            }
            None => return,
        };
        all[at].count(token, in_title);
    };
    title.iter().for_each(|token| add(&mut all, token, true));
    start.iter().for_each(|token| add(&mut all, token, false));
    all.sort_unstable();
    all.into()
}

/// The lengths of an entry's vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Norms {
    pub title: f32,
    pub text: f32,
    pub all: f32,
}

/// 1 + ln *n*, and nothing for none.
static DAMPED: LazyLock<[f32; (2 * MOST_IN_TITLE + MOST_IN_TEXT + 1) as usize]> =
    LazyLock::new(|| std::array::from_fn(|n| if n == 0 { 0.0 } else { 1.0 + (n as f32).ln() }));

impl Term {
    fn title_weight(self, idf: f32) -> f32 {
        DAMPED[self.in_title() as usize] * idf
    }

    fn text_weight(self, idf: f32) -> f32 {
        DAMPED[self.in_text() as usize] * idf
    }

    /// Title words count twice.
    fn all_weight(self, idf: f32) -> f32 {
        DAMPED[(2 * self.in_title() + self.in_text()) as usize] * idf
    }
}

pub fn norms(terms: &[Term], idf: &[f32]) -> Norms {
    let mut norms = Norms::default();
    for (term, idf) in terms.iter().zip(idf) {
        norms.title += term.title_weight(*idf).powi(2);
        norms.text += term.text_weight(*idf).powi(2);
        norms.all += term.all_weight(*idf).powi(2);
    }
    Norms { title: norms.title.sqrt(), text: norms.text.sqrt(), all: norms.all.sqrt() }
}

/// What an entry and a story are judged by, in the order of [`FEATURES`].
pub type Features = [f32; FEATURES.len()];

/// What a pair of entries is judged by: the first part of [`FEATURES`].
pub type PairFeatures = [f32; N_PAIR];

const N_PAIR: usize = 22;

/// First those of the story's member that is most like the newcomer, then those of the story as a whole.
pub const FEATURES: [&str; 25] = [
    "title_cosine",
    "all_cosine",
    "title_names",
    "title_models",
    "title_numbers",
    "all_names",
    "all_numbers",
    "rarest_shared",
    "title_contained",
    "days_apart",
    "cross_script",
    "cross_title_names",
    "cross_all_names",
    "same_feed",
    "other_numbers",
    "other_names",
    "text_cosine",
    "rare_shared",
    "texts_tell",
    "told_by_one",
    "told_by_both",
    "all_contained",
    "mean_cosine",
    "core",
    "centroid",
];

pub const TITLE_COSINE: usize = 0;
pub const ALL_COSINE: usize = 1;
pub const TITLE_NAMES: usize = 2;
pub const TITLE_MODELS: usize = 3;
pub const TITLE_NUMBERS: usize = 4;
pub const RAREST_SHARED: usize = 7;
pub const ALL_NAMES: usize = 5;
pub const ALL_NUMBERS: usize = 6;
pub const CROSS_SCRIPT: usize = 10;
pub const SAME_FEED: usize = 13;
pub const TEXT_COSINE: usize = 16;
pub const RARE_SHARED: usize = 17;
pub const TEXTS_TELL: usize = 18;

/// Titles of one script that share less tell two stories, if the texts do not tell otherwise.
pub const UNLIKE_TITLES: f32 = 0.03;

/// Texts under such titles have at least so many rare terms in common, of them so many names and numbers by rarity, and are
/// so much alike.
const RARE_OF_TEXTS: f32 = 5.0;
const NAMED_IN_TEXTS: f32 = 2.0;
const TEXTS_ALIKE: f32 = 0.2;

/// One side of a pair.
pub struct Side<'a> {
    pub terms: &'a [Term],
    pub norms: Norms,
    pub han: bool,
    /// Whether there is a text that can be judged.
    pub has_text: bool,
    pub feed: i64,
    pub at: i64,
}

/// The newer side, which is compared with many.
pub struct Newer<'a> {
    pub side: Side<'a>,
    /// Of the terms: 1 is a term never seen before, 0 one that all texts have.
    pub idf: Vec<f32>,
    /// The least idf of a rare term.
    pub rare: f32,
    /// Where the terms are, one behind the other's place if that is taken: one more than a term's number, 0 for none.
    places: [u8; PLACES],
    /// Of the title: its length squared, the squares of its terms' idf, and how many numbers and names it has.
    title_square: f32,
    idf_square: f32,
    n_numbers: u32,
    n_names: u32,
}

/// A power of two, and so many that a term of another entry seldom finds its place taken.
const PLACES: usize = 2048;

impl<'a> Newer<'a> {
    pub fn new(side: Side<'a>, idf: Vec<f32>, rare: f32) -> Newer<'a> {
        let mut places = [0; PLACES];
        for (n, term) in side.terms.iter().enumerate() {
            let mut at = term.key() as usize % PLACES;
            while places[at] != 0 {
                at = (at + 1) % PLACES;
            }
            places[at] = n as u8 + 1;
        }
        let title = || side.terms.iter().zip(&idf).filter(|(term, _)| term.in_title() > 0);
        let of_kind = |kind: Kind| title().filter(|(term, _)| term.kind() == kind).count() as u32;
        Newer {
            title_square: title().map(|(term, idf)| term.title_weight(*idf).powi(2)).sum(),
            idf_square: title().map(|(_, idf)| idf * idf).sum(),
            n_numbers: of_kind(Kind::Number),
            n_names: of_kind(Kind::Name),
            side,
            idf,
            rare,
            places,
        }
    }

    /// The same term of this side, and its idf.
    fn find(&self, key: u32) -> Option<(Term, f32)> {
        let mut at = key as usize % PLACES;
        loop {
            let n = usize::from(self.places[at]).checked_sub(1)?;
            if self.side.terms[n].key() == key {
                return Some((self.side.terms[n], self.idf[n]));
            }
            at = (at + 1) % PLACES;
        }
    }
}

pub fn pair(newer: &Newer, old: &Side) -> PairFeatures {
    let new = &newer.side;
    let (mut title, mut text, mut all) = (0.0f32, 0.0f32, 0.0f32);
    let (mut title_names, mut title_models, mut title_numbers) = (0.0f32, 0.0f32, 0.0f32);
    let (mut names, mut numbers, mut rarest) = (0.0f32, 0.0f32, 0.0f32);
    let mut rare_shared = 0.0f32;
    let (mut contained_new, mut contained_old) = (0.0f32, 0.0f32);
    // What of either title the other entry tells anywhere.
    let (mut told_new, mut told_old) = (0.0f32, 0.0f32);
    let (mut old_numbers, mut shared_numbers, mut old_names, mut shared_names) = (0, 0, 0, 0);
    for other in old.terms {
        let in_old_title = other.in_title() > 0;
        old_numbers += u32::from(in_old_title && other.kind() == Kind::Number);
        old_names += u32::from(in_old_title && other.kind() == Kind::Name);
        let Some((term, idf)) = newer.find(other.key()) else { continue };
        title += term.title_weight(idf) * other.title_weight(idf);
        text += term.text_weight(idf) * other.text_weight(idf);
        all += term.all_weight(idf) * other.all_weight(idf);
        rare_shared += f32::from(u8::from(idf >= newer.rare));
        told_new += term.title_weight(idf).powi(2);
        told_old += other.title_weight(idf).powi(2);
        let in_title = term.in_title() > 0;
        let both_titles = in_title && in_old_title;
        let kind = term.kind().max(other.kind());
        if both_titles {
            contained_new += term.title_weight(idf).powi(2);
            contained_old += other.title_weight(idf).powi(2);
            shared_numbers += u32::from(kind == Kind::Number);
            shared_names += u32::from(kind == Kind::Name);
        }
        if in_title || in_old_title {
            rarest = rarest.max(idf);
        }
        match kind {
            Kind::Name => {
                names += idf;
                title_names += if both_titles { idf } else { 0.0 };
            }
            Kind::Number => {
                numbers += idf;
                title_numbers += if both_titles { idf } else { 0.0 };
            }
            Kind::Model => {
                names += idf;
                title_models += if both_titles { idf } else { 0.0 };
            }
            Kind::Word => {}
        }
    }
    let share = |part: f32, whole: f32| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    let cross = f32::from(u8::from(new.han != old.han));
    let differ = |a: u32, b: u32, shared: u32| f32::from(u8::from(a > 0 && b > 0 && shared == 0));
    let title_cosine = cosine(title, new.norms.title, old.norms.title);
    let flag = |is: bool| f32::from(u8::from(is));
    let text_cosine = cosine(text, new.norms.text, old.norms.text);
    let (told_new, told_old) = (share(told_new, newer.title_square), share(told_old, old.norms.title.powi(2)));
    let texts_tell = rare_shared >= RARE_OF_TEXTS && names + numbers >= NAMED_IN_TEXTS && text_cosine >= TEXTS_ALIKE;
    [
        title_cosine,
        cosine(all, new.norms.all, old.norms.all),
        title_names.min(3.0),
        title_models.min(2.0),
        title_numbers.min(2.0),
        names.min(5.0),
        numbers.min(4.0),
        rarest,
        share(contained_new, newer.title_square).max(share(contained_old, old.norms.title.powi(2))),
        // Within a day is at the same time: newsrooms sleep.
        (new.at.abs_diff(old.at) as f32 / 86_400_000.0 - 1.0).clamp(0.0, 4.0),
        cross,
        cross * title_names.min(3.0),
        cross * names.min(5.0),
        f32::from(u8::from(new.feed == old.feed)),
        differ(newer.n_numbers, old_numbers, shared_numbers),
        differ(newer.n_names, old_names, shared_names),
        text_cosine,
        rare_shared,
        flag(title_cosine < UNLIKE_TITLES && texts_tell),
        told_new.max(told_old),
        told_new.min(told_old),
        share(all, new.norms.all.min(old.norms.all).powi(2)),
    ]
}

fn cosine(dot: f32, a: f32, b: f32) -> f32 {
    if a > 0.0 && b > 0.0 { (dot / (a * b)).min(1.0) } else { 0.0 }
}

/// The title cosine of [`pair`] alone.
pub fn title_cosine(newer: &Newer, old: &Side) -> f32 {
    let title = old.terms.iter().filter(|other| other.in_title() > 0);
    let shared = title.filter_map(|other| Some((newer.find(other.key())?, other)));
    let dot = shared.map(|((term, idf), other)| term.title_weight(idf) * other.title_weight(idf)).sum();
    cosine(dot, newer.side.norms.title, old.norms.title)
}

/// How near a pair is before anything is weighed: which member of a story speaks for it.
pub fn nearness(pair: &PairFeatures) -> f32 {
    pair[TITLE_COSINE] + pair[ALL_COSINE] + 0.2 * (pair[2] + pair[3]).min(2.0)
}

/// A story seen from a newcomer: its nearest member, the mean cosine of its top members (one without a scored pair
/// counts nothing), and its core: how much of the newcomer's title its members' titles share, member by member.
pub fn features(best: &PairFeatures, mean_cosine: f32, core: f32, centroid: f32) -> Features {
    let mut features = [0.0; FEATURES.len()];
    features[..N_PAIR].copy_from_slice(best);
    features[N_PAIR..].copy_from_slice(&[mean_cosine, core, centroid]);
    features
}

/// The middle of a story's youngest members: the sum of their vectors, each of length one; its heaviest terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Centroid {
    /// Keys of terms, sorted …
    terms: Box<[u32]>,
    /// … and their weights, in parts of `unit`.
    weights: Box<[u16]>,
    unit: f32,
    norm: f32,
}

/// Terms that a centroid keeps; the rest stand in one member only.
const CENTROID_TERMS: usize = 64;

impl Centroid {
    /// Of members with the rarity of their terms.
    pub fn of<'a>(members: impl Iterator<Item = (&'a [Term], Vec<f32>)>) -> Centroid {
        let mut all: Vec<(u32, f32)> = Vec::new();
        for (terms, idf) in members {
            let length = norms(terms, &idf).all.max(f32::MIN_POSITIVE);
            all.extend(terms.iter().zip(idf).map(|(term, idf)| (term.key(), term.all_weight(idf) / length)));
        }
        all.sort_by_key(|(term, _)| *term);
        let mut sums: Vec<(u32, f32)> = Vec::new();
        for (term, weight) in all {
            match sums.last_mut() {
                Some((known, sum)) if *known == term => *sum += weight,
                _ => sums.push((term, weight)),
            }
        }
        let norm = sums.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        sums.truncate(CENTROID_TERMS);
        sums.sort_by_key(|(term, _)| *term);
        let unit = sums.iter().map(|(_, weight)| *weight).fold(f32::MIN_POSITIVE, f32::max) / f32::from(u16::MAX);
        Centroid {
            terms: sums.iter().map(|(term, _)| *term).collect(),
            weights: sums.iter().map(|(_, weight)| (weight / unit).round() as u16).collect(),
            unit,
            norm,
        }
    }

    pub fn cosine(&self, new: &Newer) -> f32 {
        let weighed = self.terms.iter().zip(&self.weights);
        let shared = weighed.filter_map(|(key, weight)| Some((new.find(*key)?, weight)));
        let dot: f32 = shared.map(|((term, idf), weight)| term.all_weight(idf) * f32::from(*weight) * self.unit).sum();
        if dot > 0.0 { (dot / (self.norm * new.side.norms.all)).min(1.0) } else { 0.0 }
    }
}

/// The share of the newcomer's title that a member's title holds, weighed by rarity.
pub fn title_share(new: &Newer, old: &[Term]) -> f32 {
    let title = old.iter().filter(|other| other.in_title() > 0).filter_map(|other| new.find(other.key()));
    let shared: f32 = title.filter(|(term, _)| term.in_title() > 0).map(|(_, idf)| idf * idf).sum();
    if new.idf_square > 0.0 { shared / new.idf_square } else { 0.0 }
}

/// How many terms two titles share.
pub fn n_shared_titles(new: &Newer, old: &[Term]) -> usize {
    let title = old.iter().filter(|other| other.in_title() > 0).filter_map(|other| new.find(other.key()));
    title.filter(|(term, _)| term.in_title() > 0).count()
}

/// Weights and thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub bias: f32,
    pub weights: Features,
    /// The least score with which an entry joins a story …
    pub threshold: f32,
    /// … and is at least said to be near one.
    pub near: f32,
}

impl Model {
    /// Lines `name value`, `#` comments.
    pub fn parse(text: &str) -> Model {
        let value = |wanted: &str| {
            text.lines()
                .filter_map(|line| line.split_once(' '))
                .find(|(name, _)| *name == wanted)
                .and_then(|(_, value)| value.trim().parse().ok())
        };
        Model {
            bias: value("bias").unwrap_or(-6.0),
            weights: FEATURES.map(|name| value(name).unwrap_or(0.0)),
            threshold: value("threshold").unwrap_or(0.5),
            near: value("near").unwrap_or(0.25),
        }
    }

    /// The model that ships.
    pub fn shipped() -> &'static Model {
        static MODEL: LazyLock<Model> = LazyLock::new(|| Model::parse(include_str!("model.txt")));
        &MODEL
    }

    /// From 0 to 1.
    pub fn score(&self, features: &Features) -> f32 {
        let sum: f32 = self.bias + features.iter().zip(self.weights).map(|(x, w)| x * w).sum::<f32>();
        1.0 / (1.0 + (-sum).exp())
    }
}
