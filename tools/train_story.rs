//! Trains the weights of the story rung and prints a new `model.txt`.
//!
//!     cargo run --release --example train_story -- DIR SET[:WEIGHT]...
//!
//! DIR holds `SET.jsonl` (the lines of `courant debug dedupe`) and `SET.gold.tsv` (id, duplicate group, story; `-`
//! is unknown) or `SET.pairs.tsv` (id, id, 1 or 0). Candidates are the stories that the index itself scores,
//! with each entry put where the shipped
//! model puts it: so the weights learn from the fragments that they will meet. Train twice, then. The logistic is fitted by Newton's method with an L2 penalty on standardised features; the figures printed as
//! comments are from five-fold cross-validation by story, so that no story is in both parts.

#![allow(clippy::needless_range_loop)] // matrices read best by index

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::score::{FEATURES, Features, Model};
use courant::story::{Constraints, Index, Item, prepare};
use std::collections::HashMap;
use std::time::Duration;

/// Against over-fitting: as if each weight had been seen at zero this often.
const PENALTY: f64 = 3.0;

const FOLDS: u64 = 5;

struct Sample {
    x: [f64; FEATURES.len() + 1],
    same: bool,
    weight: f64,
    fold: u64,
    set: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, sets)) = arguments.split_first() else {
        eprintln!("usage: train_story DIR SET[:WEIGHT]...");
        std::process::exit(2);
    };
    let mut samples = Vec::new();
    for (set, name) in sets.iter().enumerate() {
        let (name, weight) = name.split_once(':').unwrap_or((name, "1"));
        let weight: f64 = weight.parse().expect("a weight is a number");
        let from = samples.len();
        read(folder, name, set, &mut samples);
        // Each set weighs the same, whatever its size, and a pair of a large story less.
        let total: f64 = samples[from..].iter().map(|s: &Sample| s.weight).sum();
        for sample in &mut samples[from..] {
            sample.weight *= weight * 1000.0 / total;
        }
        let same = samples[from..].iter().filter(|s| s.same).count();
        println!("# {name}: {} pairs, {same} of one story", samples.len() - from);
    }
    let (means, deviations) = standardise(&mut samples);
    for fold in 0..FOLDS {
        let weights = fit(samples.iter().filter(|s| s.fold != fold));
        for set in 0..sets.len() {
            let (mut right, mut found, mut all) = (0.0, 0.0, 0.0);
            for s in samples.iter().filter(|s| s.fold == fold && s.set == set) {
                let says = dot(&weights, &s.x) > 0.0;
                right += f64::from(u8::from(says && s.same)) * s.weight;
                found += f64::from(u8::from(says)) * s.weight;
                all += f64::from(u8::from(s.same)) * s.weight;
            }
            println!("# fold {fold} {}: P {:.3} R {:.3}", sets[set], right / found, right / all);
        }
    }
    let weights = fit(samples.iter());
    let mut bias = weights[FEATURES.len()];
    let mut lines = Vec::new();
    for (i, name) in FEATURES.iter().enumerate() {
        let weight = weights[i] / deviations[i];
        bias -= weight * means[i];
        lines.push(format!("{name} {weight:.4}"));
    }
    println!("bias {bias:.4}\n{}", lines.join("\n"));
}

fn read(folder: &str, name: &str, set: usize, samples: &mut Vec<Sample>) {
    let lines = std::fs::read_to_string(format!("{folder}/{name}.jsonl")).expect("the set's lines");
    let table = |ending: &str| std::fs::read_to_string(format!("{folder}/{name}.{ending}.tsv")).ok();
    let mut story_of: HashMap<String, String> = HashMap::new();
    let mut apart: HashMap<String, Vec<String>> = HashMap::new();
    for line in table("gold").unwrap_or_default().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if let [id, _, story] = fields[..]
            && story != "-"
        {
            story_of.insert(id.to_owned(), story.to_owned());
        }
    }
    let pairs = table("pairs");
    for line in pairs.as_deref().unwrap_or_default().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [a, b, label] = fields[..] else { continue };
        if label == "1" {
            let a_story = story_of.entry(a.to_owned()).or_insert_with(|| a.to_owned()).clone();
            let b_story = story_of.entry(b.to_owned()).or_insert_with(|| b.to_owned()).clone();
            story_of.values_mut().filter(|story| **story == b_story).for_each(|story| story.clone_from(&a_story));
        } else {
            apart.entry(a.to_owned()).or_default().push(b.to_owned());
            apart.entry(b.to_owned()).or_default().push(a.to_owned());
        }
    }
    let mut numbers: HashMap<String, i64> = HashMap::new();
    let mut sizes: HashMap<i64, f64> = HashMap::new();
    let mut index = Index::with_model(Duration::from_secs(96 * 3600), Model::shipped().clone());
    let mut feeds: HashMap<String, i64> = HashMap::new();
    let (mut ids, mut truths): (Vec<String>, Vec<i64>) = (Vec::new(), Vec::new());
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let id = text("id");
        let next = feeds.len() as i64;
        let feed = FeedId(*feeds.entry(text("feed")).or_insert(next));
        let at = chrono::DateTime::parse_from_rfc3339(&text("published")).map_or(0, |at| at.timestamp_millis());
        let entry = EntryId(ids.len() as i64);
        let (title, body) = (text("title"), text("text"));
        let item = Item { entry, feed, title: &title, text: &body, at: Timestamp(at) };
        let prepared = prepare(&item);
        index.expire(Timestamp(at));
        // An entry without a label is a story of its own, and no sample.
        let own = story_of.get(&id).cloned().unwrap_or_else(|| format!("only {id}"));
        let next = numbers.len() as i64;
        let truth = *numbers.entry(own.clone()).or_insert(next);
        for likeness in index.likely(&prepared).into_iter().take(12) {
            let other = &ids[likeness.entry.0 as usize];
            let same = truths[likeness.entry.0 as usize] == truth;
            let known = match &pairs {
                None => story_of.contains_key(&id) && story_of.contains_key(other),
                Some(_) => {
                    let told = |apart: &String| story_of.get(apart).unwrap_or(apart) == story_of.get(other).unwrap_or(other);
                    same || apart.get(&id).into_iter().flatten().any(told)
                }
            };
            if known {
                let fold = own.bytes().fold(7u64, |h, b| h.wrapping_mul(31) + u64::from(b)) % FOLDS;
                // The tenth entry of a story teaches less than its second.
                let size = |story: i64| sizes.get(&story).copied().unwrap_or(1.0f64).max(1.0).sqrt();
                let weight = 1.0 / if same { size(truth) } else { size(truths[likeness.entry.0 as usize]) };
                samples.push(Sample { x: row_of(&likeness.features), same, weight, fold, set });
            }
        }
        *sizes.entry(truth).or_default() += 1.0;
        truths.push(truth);
        let decision = index.decide(&prepared, Dedupe::Story, &[], &Constraints::default());
        index.insert(prepared, decision.join.unwrap_or(StoryId(entry.0)));
        ids.push(id);
    }
}

fn row_of(features: &Features) -> [f64; FEATURES.len() + 1] {
    let mut x = [1.0; FEATURES.len() + 1];
    for (x, feature) in x.iter_mut().zip(features) {
        *x = f64::from(*feature);
    }
    x
}

fn standardise(samples: &mut [Sample]) -> ([f64; FEATURES.len()], [f64; FEATURES.len()]) {
    let (mut means, mut deviations) = ([0.0; FEATURES.len()], [0.0; FEATURES.len()]);
    let total: f64 = samples.iter().map(|s| s.weight).sum();
    for i in 0..FEATURES.len() {
        means[i] = samples.iter().map(|s| s.x[i] * s.weight).sum::<f64>() / total;
        let variance = samples.iter().map(|s| (s.x[i] - means[i]).powi(2) * s.weight).sum::<f64>() / total;
        deviations[i] = variance.sqrt().max(1e-6);
        for s in samples.iter_mut() {
            s.x[i] = (s.x[i] - means[i]) / deviations[i];
        }
    }
    (means, deviations)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Newton's method on the penalised likelihood; it is concave, so that thirty steps are plenty.
fn fit<'a>(samples: impl Iterator<Item = &'a Sample> + Clone) -> [f64; FEATURES.len() + 1] {
    const N: usize = FEATURES.len() + 1;
    let mut weights = [0.0; N];
    for _ in 0..30 {
        let mut gradient = [0.0; N];
        let mut hessian = [[0.0; N]; N];
        for s in samples.clone() {
            let p = 1.0 / (1.0 + (-dot(&weights, &s.x)).exp());
            let error = (f64::from(u8::from(s.same)) - p) * s.weight;
            let spread = p * (1.0 - p) * s.weight;
            for i in 0..N {
                gradient[i] += error * s.x[i];
                for j in 0..=i {
                    hessian[i][j] += spread * s.x[i] * s.x[j];
                }
            }
        }
        for i in 0..N {
            let penalty = if i == FEATURES.len() { 1e-6 } else { PENALTY };
            gradient[i] -= penalty * weights[i];
            hessian[i][i] += penalty;
            for j in i + 1..N {
                hessian[i][j] = hessian[j][i];
            }
        }
        let step = solve(hessian, gradient);
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step.clamp(-2.0, 2.0));
    }
    weights
}

/// Gauss with pivoting.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> [f64; N] {
    for i in 0..N {
        let pivot = (i..N).max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs())).unwrap_or(i);
        a.swap(i, pivot);
        b.swap(i, pivot);
        for row in i + 1..N {
            let factor = a[row][i] / a[i][i];
            for column in i..N {
                a[row][column] -= factor * a[i][column];
            }
            b[row] -= factor * b[i];
        }
    }
    for i in (0..N).rev() {
        let rest: f64 = (i + 1..N).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - rest) / a[i][i];
    }
    b
}
