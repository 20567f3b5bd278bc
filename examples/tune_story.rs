//! Tunes the weights of the story rung on what they are for, whole clusterings, and prints a `model.txt`.
//!
//!     cargo run --release --example tune_story -- MODEL DIR SECONDS SET...
//!
//! Starts from MODEL and moves one weight at a time while the mean of the sets' figures grows: B³ F1 over the entries
//! of stories of several entries, pair F with precision counting three times, and F1 over labelled pairs. Each weight's
//! size is charged, so that a weight which earns nothing goes back to zero. DIR as for `train_story`.

#![allow(clippy::needless_range_loop)] // matrices read best by index

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::score::{FEATURES, Model};
use courant::story::{Constraints, Index, Item, Prepared, prepare};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What a unit of weight costs, after scaling by [`SCALE`].
const CHARGE: f64 = 0.0004;

struct Set {
    name: String,
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
    let mut best = value(&model, &sets, true);
    let mut steps = [1.0f32; FEATURES.len() + 1];
    'tuning: loop {
        let mut moved = false;
        for i in 0..=FEATURES.len() {
            for direction in [1.0, -1.0] {
                if Instant::now() > until {
                    break 'tuning;
                }
                let mut tried = model.clone();
                match tried.weights.get_mut(i) {
                    Some(weight) => *weight += direction * steps[i],
                    None => tried.bias += direction * steps[i],
                }
                let got = value(&tried, &sets, false);
                if got > best {
                    (model, best, moved) = (tried, got, true);
                    steps[i] *= 1.5;
                    break;
                }
                if direction < 0.0 {
                    steps[i] *= 0.6;
                }
            }
        }
        if !moved && steps.iter().all(|step| *step < 0.1) {
            break;
        }
    }
    value(&model, &sets, true);
    println!("bias {:.3}", model.bias);
    for (name, weight) in FEATURES.iter().zip(model.weights) {
        if weight != 0.0 {
            println!("{name} {weight:.3}");
        }
    }
}

fn value(model: &Model, sets: &[Set], tell: bool) -> f64 {
    let mut sum = 0.0;
    for set in sets {
        let found = cluster(model, set);
        let figure = if set.pairs.is_empty() { whole(set, &found, tell) } else { labelled(set, &found, tell) };
        sum += figure;
    }
    let size: f64 = model.weights.iter().map(|weight| f64::from(weight.abs()).min(8.0)).sum();
    sum / sets.len() as f64 - CHARGE * size
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

fn labelled(set: &Set, found: &[i64], tell: bool) -> f64 {
    let (mut right, mut wrong, mut missed) = (0.0, 0.0, 0.0);
    for (a, b, same) in &set.pairs {
        match (found[*a] == found[*b], same) {
            (true, true) => right += 1.0,
            (true, false) => wrong += 1.0,
            (false, true) => missed += 1.0,
            (false, false) => {}
        }
    }
    let f = f1(right / (right + wrong + 1e-9), right / (right + missed + 1e-9));
    if tell {
        println!("# {}: F1 {f:.3}", set.name);
    }
    f
}

fn whole(set: &Set, found: &[i64], tell: bool) -> f64 {
    let known: Vec<(u32, i64)> = set.stories.iter().zip(found).filter_map(|(s, f)| s.map(|s| (s, *f))).collect();
    let (mut truth, mut said, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (s, f) in &known {
        *truth.entry(*s).or_insert(0.0) += 1.0;
        *said.entry(*f).or_insert(0.0) += 1.0;
        *both.entry((*s, *f)).or_insert(0.0) += 1.0;
    }
    let n_pairs = |n: &f64| n * (n - 1.0) / 2.0;
    let right: f64 = both.values().map(n_pairs).sum();
    let (all_said, all_true): (f64, f64) = (said.values().map(n_pairs).sum(), truth.values().map(n_pairs).sum());
    let (pair_p, pair_r) = (right / all_said.max(1.0), right / all_true.max(1.0));
    let (mut p, mut r, mut n) = (0.0, 0.0, 0.0);
    for ((s, f), k) in &both {
        if truth[s] > 1.0 {
            p += k * k / said[f];
            r += k * k / truth[s];
            n += k;
        }
    }
    let b3m = f1(p / n, r / n);
    if tell {
        println!("# {}: B3m {b3m:.3}, pairs P {pair_p:.3} R {pair_r:.3} F1 {:.3}", set.name, f1(pair_p, pair_r));
    }
    // F with precision counting three times.
    let pair = if right > 0.0 { 1.11 * pair_p * pair_r / (0.11 * pair_p + pair_r) } else { 0.0 };
    (b3m + pair) / 2.0
}

fn read(folder: &str, name: &str) -> Set {
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
        items.push(prepare(&Item { entry, feed, title: &title, text: &body, language: None, at: Timestamp(at) }));
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
    Set { name: name.to_owned(), items, stories, pairs }
}
