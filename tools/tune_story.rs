//! Tunes the weights of the story rung on what they are for, whole clusterings, and prints a `model.txt`.
//!
//!     cargo run --release --example tune_story -- MODEL DIR SECONDS SET[:WEIGHT]...
//!
//! Starts from MODEL and moves one weight at a time, now and then three at once, while the sum of the sets' figures grows:
//! right joins less five times the wrong ones, over the entries that should have joined, and B³ F1 over the entries of stories of
//! several entries and pair precision. The stories of each set are split in two halves, and a step that makes either half
//! worse is not taken: what helps the one and harms the other is a single item, not a class. Each weight's size is
//! charged, so that a weight which earns nothing goes back to zero. DIR as for `train_story`.

#![allow(clippy::needless_range_loop)] // matrices read best by index

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::score::{FEATURES, Model};
use courant::story::{Constraints, Index, Item, Prepared, prepare};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// What a unit of weight costs, after scaling by [`SCALE`].
const CHARGE: f64 = 0.0006;

/// How much worse a step may make one half of the stories.
const SLACK: f64 = 0.002;

/// Steps of three weights at once, tried after each round of single ones.
const TRIPLES: usize = 8;

struct Set {
    name: String,
    /// What it counts beside the others.
    weight: f64,
    items: Vec<Prepared>,
    /// The true story of each entry, `None` where unknown.
    stories: Vec<Option<u32>>,
    pairs: Vec<(usize, usize, bool)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, folder, seconds, sets @ ..] = &arguments[..] else {
        eprintln!("usage: tune_story MODEL DIR SECONDS SET...");
        std::process::exit(2);
    };
    let until = Instant::now() + Duration::from_secs(seconds.parse().expect("seconds"));
    let mut model = Model::parse(&std::fs::read_to_string(model).expect("the model"));
    let sets: Vec<Set> = sets.iter().map(|name| read(folder, name)).collect();
    let mut best = value(&model, &sets);
    tell(&model, &sets);
    let mut steps = [0.8f32; FEATURES.len() + 1];
    let mut state = 7u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    'tuning: loop {
        for k in 0..=FEATURES.len() + TRIPLES {
            let moves: Vec<(usize, f32)> = if k <= FEATURES.len() {
                vec![(k, 1.0)]
            } else {
                (0..3).map(|_| (draw(FEATURES.len() + 1), if draw(2) == 0 { 1.0 } else { -1.0 })).collect()
            };
            for direction in [1.0, -1.0] {
                if Instant::now() > until {
                    break 'tuning;
                }
                let mut tried = model.clone();
                for (i, sign) in &moves {
                    let step = sign * direction * steps[*i];
                    match tried.weights.get_mut(*i) {
                        Some(weight) => *weight += step,
                        None => tried.bias += step,
                    }
                }
                let got = value(&tried, &sets);
                if got.all > best.all && got.halves.iter().zip(best.halves).all(|(got, best)| *got >= best - SLACK) {
                    (model, best) = (tried, got);
                    moves.iter().for_each(|(i, _)| steps[*i] = (steps[*i] * 1.4).min(4.0));
                    break;
                }
                if direction < 0.0 && moves.len() == 1 {
                    steps[k] = (steps[k] * 0.6).max(0.05);
                }
            }
        }
    }
    tell(&model, &sets);
    println!("bias {:.3}", model.bias);
    for (name, weight) in FEATURES.iter().zip(model.weights) {
        if weight != 0.0 {
            println!("{name} {weight:.3}");
        }
    }
}

/// What a model is worth on all stories, and on each half of them.
#[derive(Clone, Copy)]
struct Value {
    all: f64,
    halves: [f64; 2],
}

fn value(model: &Model, sets: &[Set]) -> Value {
    let size: f64 = model.weights.iter().map(|weight| f64::from(weight.abs()).min(8.0)).sum();
    let mut value = Value { all: -CHARGE * size, halves: [-CHARGE * size; 2] };
    for set in sets {
        let found = cluster(model, set);
        value.all += set.weight * worth(figures(set, &found, |_| true));
        for (half, sum) in value.halves.iter_mut().enumerate() {
            *sum +=
                set.weight * worth(figures(set, &found, |story| (story.wrapping_mul(0x9e37_79b1) >> 20) as usize % 2 == half));
        }
    }
    value
}

/// A wrong join hides a post, a missed one shows a story twice: it weighs five times as much.
const WRONG: f64 = 5.0;

fn worth(figures: Figures) -> f64 {
    // Joins alone would not tell a story in two large halves from a whole one.
    (figures.right - WRONG * figures.wrong) / figures.late + 3.0 * figures.b3m.unwrap_or(0.0) + figures.pair_p
}

fn tell(model: &Model, sets: &[Set]) {
    for set in sets {
        let f = figures(set, &cluster(model, set), |_| true);
        let b3m = f.b3m.map(|b3m| format!(", B3m {b3m:.3}")).unwrap_or_default();
        println!(
            "# {}: joins {} right, {} wrong; pairs P {:.3} R {:.3} F1 {:.3}{b3m}",
            set.name,
            f.right,
            f.wrong,
            f.pair_p,
            f.pair_r,
            f1(f.pair_p, f.pair_r)
        );
    }
}

fn cluster(model: &Model, set: &Set) -> Vec<i64> {
    let mut index = Index::with_model(Duration::from_secs(96 * 3600), model.clone());
    let mut out = Vec::with_capacity(set.items.len());
    for (i, item) in set.items.iter().enumerate() {
        index.expire(item.at);
        let decision = index.decide(item, Dedupe::Story, &[], &Constraints::default());
        let story = decision.join.unwrap_or(StoryId(i as i64));
        out.push(story.0);
        index.insert(item.clone(), story);
    }
    out
}

fn f1(p: f64, r: f64) -> f64 {
    if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
}

struct Figures {
    pair_p: f64,
    pair_r: f64,
    /// Where whole stories are known.
    b3m: Option<f64>,
    /// Entries that joined a story with an entry of their own story in it, and with none; entries that are not their story's
    /// first, a quarter of all at least.
    right: f64,
    wrong: f64,
    late: f64,
}

/// Over the stories (or, of labelled pairs, their numbers) that are `of_part`.
fn figures(set: &Set, found: &[i64], of_part: impl Fn(u32) -> bool) -> Figures {
    if !set.pairs.is_empty() {
        let (mut right, mut wrong, mut missed) = (0.0, 0.0, 0.0);
        for (_, (a, b, same)) in set.pairs.iter().enumerate().filter(|(i, _)| of_part(*i as u32)) {
            match (found[*a] == found[*b], same) {
                (true, true) => right += 1.0,
                (true, false) => wrong += 1.0,
                (false, true) => missed += 1.0,
                (false, false) => {}
            }
        }
        let late = f64::max(right + missed, 1.0);
        return Figures {
            pair_p: right / (right + wrong + 1e-9),
            pair_r: right / (right + missed + 1e-9),
            b3m: None,
            right,
            wrong,
            late,
        };
    }
    let stories = set.stories.iter().zip(found);
    let known: Vec<(u32, i64)> = stories.filter_map(|(s, f)| s.filter(|s| of_part(*s)).map(|s| (s, *f))).collect();
    let (mut truth, mut said, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (s, f) in &known {
        *truth.entry(*s).or_insert(0.0) += 1.0;
        *said.entry(*f).or_insert(0.0) += 1.0;
        *both.entry((*s, *f)).or_insert(0.0) += 1.0;
    }
    let (mut joins_right, mut joins_wrong) = (0.0, 0.0);
    let (mut seen_story, mut seen_both) = (HashSet::new(), HashSet::new());
    for (s, f) in &known {
        let joined = !seen_story.insert(*f);
        let own = !seen_both.insert((*s, *f));
        joins_right += f64::from(u8::from(own));
        joins_wrong += f64::from(u8::from(joined && !own));
    }
    let late = f64::max((known.len() - truth.len()) as f64, known.len() as f64 / 4.0).max(1.0);
    let n_pairs = |n: &f64| n * (n - 1.0) / 2.0;
    let right: f64 = both.values().map(n_pairs).sum();
    let (all_said, all_true): (f64, f64) = (said.values().map(n_pairs).sum(), truth.values().map(n_pairs).sum());
    let (mut p, mut r, mut n) = (0.0, 0.0, 0.0);
    for ((s, f), k) in &both {
        if truth[s] > 1.0 {
            p += k * k / said[f];
            r += k * k / truth[s];
            n += k;
        }
    }
    Figures {
        pair_p: right / all_said.max(1.0),
        pair_r: right / all_true.max(1.0),
        b3m: Some(if n > 0.0 { f1(p / n, r / n) } else { 1.0 }),
        right: joins_right,
        wrong: joins_wrong,
        late,
    }
}

fn read(folder: &str, name: &str) -> Set {
    let (name, weight) = name.split_once(':').unwrap_or((name, "1"));
    let weight = weight.parse().expect("a weight is a number");
    let lines = std::fs::read_to_string(format!("{folder}/{name}.jsonl")).expect("the set's lines");
    let table = |ending: &str| std::fs::read_to_string(format!("{folder}/{name}.{ending}.tsv")).unwrap_or_default();
    let (mut items, mut position, mut feeds) = (Vec::new(), HashMap::new(), HashMap::new());
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let at = chrono::DateTime::parse_from_rfc3339(&text("published")).map_or(0, |at| at.timestamp_millis());
        let next = feeds.len() as i64;
        let feed = FeedId(*feeds.entry(text("feed")).or_insert(next));
        position.insert(text("id"), items.len());
        let (title, body) = (text("title"), text("text"));
        let entry = EntryId(items.len() as i64);
        items.push(prepare(&Item { entry, feed, title: &title, link: row["url"].as_str(), text: &body, at: Timestamp(at) }));
    }
    let mut stories = vec![None; items.len()];
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for line in table("gold").lines() {
        if let [id, _, story] = line.split('\t').collect::<Vec<_>>()[..]
            && story != "-"
        {
            let next = numbers.len() as u32;
            stories[position[id]] = Some(*numbers.entry(story.to_owned()).or_insert(next));
        }
    }
    let mut pairs = Vec::new();
    for line in table("pairs").lines() {
        if let [a, b, label] = line.split('\t').collect::<Vec<_>>()[..] {
            pairs.push((position[a], position[b], label == "1"));
        }
    }
    Set { name: name.to_owned(), weight, items, stories, pairs }
}
