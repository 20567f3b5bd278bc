//! Trains the weights of the story rung, says what they are worth on data that they have not seen, and prints a new
//! `model.txt`.
//!
//!     cargo run --release --example train_story -- [--wrong N] [--kept N] [--penalty N] [--without NAME,…] DIR SET[:WEIGHT]...
//!
//! DIR holds `SET.jsonl` (the lines of `courant debug dedupe`) and `SET.gold.tsv` (id, duplicate group, story; `-` is
//! unknown). Candidates are the stories that the index itself scores, with each entry put where the shipped model puts it:
//! so the weights learn from the fragments that they will meet. Train twice, then. Pairs of one script that only a guard keeps
//! apart teach as well (`--kept`): what guards let through is so often one story that weights fitted on it alone fear little, and
//! join too much where words are used otherwise.
//!
//! The logistic is fitted by Newton's method with an L2 penalty on standardised features. A pair that is not of one story
//! weighs `--wrong` times one that is. What is chosen by hand (the penalty, that weight, the threshold, the features at all) is
//! chosen by the *left-out* figures that are printed first: each set is clustered by weights that were fitted on all other
//! sets, and the later half of each set by weights that were fitted on the earlier half of it and on all other sets. A wrong
//! join hides a post, a missed one shows a story twice: it counts five times as much. With `--wrong 1` and a high threshold
//! that costs less of what is right than with weights that fear every join. Printed last but for the model: the shipped
//! weights by threshold, and what each guard keeps apart.

#![allow(clippy::needless_range_loop)] // matrices read best by index

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::score::{CROSS_SCRIPT, FEATURES, Features, Model};
use courant::story::{Constraints, Guard, Index, Item, Prepared, Revision, prepare};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Against over-fitting: as if each weight had been seen at zero this often.
const PENALTY: f64 = 100.0;

/// What a pair of two stories weighs beside one of one.
const WRONG: f64 = 1.0;

/// What a pair that a guard keeps apart weighs beside one that none does.
const KEPT: f64 = 0.3;

const N: usize = FEATURES.len() + 1;

struct Set {
    name: String,
    weight: f64,
    items: Vec<Prepared>,
    /// By their numbers.
    feeds: Vec<String>,
    /// The true story of each entry, `None` where unknown.
    stories: Vec<Option<u32>>,
    samples: Vec<Sample>,
}

struct Sample {
    x: [f64; N],
    same: bool,
    weight: f64,
    /// In the earlier half of its set.
    early: bool,
}

/// Thresholds that are tried.
const THRESHOLDS: [f32; 7] = [0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9];

/// What is chosen by hand.
struct Choice {
    penalty: f64,
    wrong: f64,
    /// What a pair that a guard keeps apart weighs beside one that none does.
    kept: f64,
    /// Features that are weighed.
    used: [bool; N],
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = Choice { penalty: PENALTY, wrong: WRONG, kept: KEPT, used: [true; N] };
    while arguments.first().is_some_and(|first| first.starts_with("--")) && arguments.len() > 1 {
        let (name, value) = (arguments.remove(0), arguments.remove(0));
        match &*name {
            "--penalty" => choice.penalty = value.parse().expect("a number"),
            "--kept" => choice.kept = value.parse().expect("a number"),
            "--wrong" => choice.wrong = value.parse().expect("a number"),
            "--without" => {
                let all = FEATURES.iter().enumerate().filter(|(_, name)| value.split(',').any(|one| one == **name));
                all.for_each(|(i, _)| choice.used[i] = false);
            }
            _ => panic!("there is no {name}"),
        }
    }
    let Some((folder, names)) = arguments.split_first() else {
        eprintln!("usage: train_story [--penalty N] [--wrong N] [--kept N] [--without FEATURE,...] DIR SET[:WEIGHT]...");
        std::process::exit(2);
    };
    let mut sets: Vec<Set> = names.iter().map(|name| read(folder, name)).collect();
    for set in &mut sets {
        sample(set, &choice);
        let same = set.samples.iter().filter(|s| s.same).count();
        println!("# {}: {} pairs, {same} of one story", set.name, set.samples.len());
    }
    for left_out in 0..sets.len() {
        let others = sets.iter().enumerate().filter(|(n, _)| *n != left_out).flat_map(|(_, set)| &set.samples);
        curve("left out    ", &sets[left_out], &model(others.clone(), &choice), 0);
        let half = sets[left_out].items.len() / 2;
        let early = sets[left_out].samples.iter().filter(|s| s.early);
        curve("later half  ", &sets[left_out], &model(others.chain(early), &choice), half);
    }
    sets.iter().for_each(|set| curve("shipped     ", set, Model::shipped(), 0));
    sets.iter().for_each(guards);
    let model = model(sets.iter().flat_map(|set| &set.samples), &choice);
    sets.iter().for_each(|set| curve("fitted      ", set, &model, 0));
    println!("bias {:.3}", model.bias);
    for (name, weight) in FEATURES.iter().zip(model.weights).filter(|(_, weight)| *weight != 0.0) {
        println!("{name} {weight:.3}");
    }
    println!("threshold {}\nnear {}", model.threshold, model.near);
}

/// What each guard keeps apart of the pairs that score enough: those of one story, and those of two.
fn guards(set: &Set) {
    let model = Model::shipped();
    let mut index = Index::with_model(Duration::from_secs(96 * 3600), model.clone());
    let mut table: BTreeMap<Guard, (usize, usize)> = BTreeMap::new();
    for (i, item) in set.items.iter().enumerate() {
        index.expire(item.at);
        for j in 0..i {
            let (Some(mine), Some(theirs)) = (set.stories[i], set.stories[j]) else { continue };
            if let Some((Some(guard), score)) = index.guard(item, EntryId(j as i64))
                && score >= model.threshold
            {
                let row = table.entry(guard).or_default();
                *(if mine == theirs { &mut row.0 } else { &mut row.1 }) += 1;
            }
        }
        take_in(&mut index, item);
    }
    println!("# guards on {}: of one story, of two: {table:?}", set.name);
}

fn curve(what: &str, set: &Set, model: &Model, from: usize) {
    THRESHOLDS
        .iter()
        .for_each(|threshold| tell(&format!("{what} {threshold}"), set, &Model { threshold: *threshold, ..model.clone() }, from));
}

fn read(folder: &str, name: &str) -> Set {
    let (name, weight) = name.split_once(':').unwrap_or((name, "1"));
    let weight = weight.parse().expect("a weight is a number");
    let lines = std::fs::read_to_string(format!("{folder}/{name}.jsonl")).expect("the set's lines");
    let gold = std::fs::read_to_string(format!("{folder}/{name}.gold.tsv")).unwrap_or_default();
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
    let mut names: Vec<(i64, String)> = feeds.into_iter().map(|(name, number)| (number, name)).collect();
    names.sort();
    let feeds = names.into_iter().map(|(_, name)| name).collect();
    let mut stories = vec![None; items.len()];
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for line in gold.lines() {
        if let [id, _, story] = line.split('\t').collect::<Vec<_>>()[..]
            && story != "-"
        {
            let next = numbers.len() as u32;
            stories[position[id]] = Some(*numbers.entry(story.to_owned()).or_insert(next));
        }
    }
    Set { name: name.to_owned(), weight, items, feeds, stories, samples: Vec::new() }
}

/// Candidates of an entry that teach, of those that the guards let through and of those that they keep apart.
const CANDIDATES: usize = 12;

/// The candidates of each entry, with the truth.
fn sample(set: &mut Set, choice: &Choice) {
    let mut index = Index::with_model(Duration::from_secs(96 * 3600), Model::shipped().clone());
    let mut sizes: HashMap<u32, f64> = HashMap::new();
    for (i, item) in set.items.iter().enumerate() {
        index.expire(item.at);
        let Some(mine) = set.stories[i] else {
            take_in(&mut index, item);
            continue;
        };
        let likely = index.likely(item);
        let unguarded = index.likely_unguarded(item).into_iter();
        // Of two languages a guard keeps apart whatever shares a name: from that many they would learn that none are one story.
        let kept = unguarded
            .filter(|found| likely.iter().all(|known| known.story != found.story) && found.features[CROSS_SCRIPT] == 0.0)
            .take(CANDIDATES);
        let let_through = likely.iter().take(CANDIDATES).map(|found| (*found, 1.0));
        for (found, share) in let_through.chain(kept.map(|found| (found, choice.kept))) {
            let Some(theirs) = set.stories[found.entry.0 as usize] else { continue };
            // The tenth entry of a story teaches less than its second.
            let size = sizes.get(&theirs).copied().unwrap_or(1.0f64).max(1.0).sqrt();
            let weight = share * if mine == theirs { 1.0 } else { choice.wrong } / size;
            set.samples.push(Sample { x: row_of(&found.features), same: mine == theirs, weight, early: i * 2 < set.items.len() });
        }
        *sizes.entry(mine).or_default() += 1.0;
        take_in(&mut index, item);
    }
    // Each set weighs the same, whatever its size.
    let total: f64 = set.samples.iter().map(|s| s.weight).sum();
    set.samples.iter_mut().for_each(|sample| sample.weight *= set.weight * 1000.0 / total);
}

fn take_in(index: &mut Index, item: &Prepared) {
    let decision = index.decide(item, Dedupe::Story, &[], &Constraints::default());
    index.insert(item.clone(), decision.join.unwrap_or(StoryId(item.entry.0)));
}

fn row_of(features: &Features) -> [f64; N] {
    let mut x = [1.0; N];
    for (x, feature) in x.iter_mut().zip(features) {
        *x = f64::from(*feature);
    }
    x
}

/// What the weights make of a set's entries from the `from`th on, with the later looks: right and wrong joins, pairs, B³ over the entries of
/// stories of several entries.
fn tell(what: &str, set: &Set, model: &Model, from: usize) {
    let mut index = Index::with_model(Duration::from_secs(96 * 3600), model.clone());
    let mut found = Vec::with_capacity(set.items.len());
    // Right and wrong joins of a feed with itself.
    let mut own: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (i, item) in set.items.iter().enumerate() {
        index.expire(item.at);
        let decision = index.decide(item, Dedupe::Story, &[], &Constraints::default());
        if let Some(with) = decision.evidence.with.map(|with| with.0 as usize)
            && set.items[with].feed == item.feed
            && let (Some(mine), Some(theirs)) = (set.stories[i], set.stories[with])
        {
            let joins = own.entry(&set.feeds[item.feed.0 as usize]).or_default();
            *(if mine == theirs { &mut joins.0 } else { &mut joins.1 }) += 1;
        }
        let story = decision.join.unwrap_or(StoryId(i as i64));
        found.push(story.0);
        index.insert(item.clone(), story);
        if decision.join.is_some() && index.is_to_be_looked_at(story) {
            for revision in index.look_again(story, &|_| false) {
                let (moving, to): (Vec<usize>, i64) = match revision {
                    Revision::Merge { from, into, .. } => ((0..=i).filter(|at| found[*at] == from.0).collect(), into.0),
                    Revision::LetGo { entry, .. } => (vec![entry.0 as usize], set.items.len() as i64 + entry.0),
                };
                for at in moving {
                    found[at] = to;
                    index.reassign(EntryId(at as i64), StoryId(to));
                }
            }
        }
    }
    let known = set.stories.iter().zip(&found).skip(from).filter_map(|(truth, found)| Some(((*truth)?, *found)));
    let (mut truth, mut said, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (t, f) in known {
        *truth.entry(t).or_insert(0.0) += 1.0;
        *said.entry(f).or_insert(0.0) += 1.0;
        *both.entry((t, f)).or_insert(0.0) += 1.0;
    }
    let n_pairs = |n: &f64| n * (n - 1.0) / 2.0;
    let right: f64 = both.values().map(n_pairs).sum();
    let (all_said, all_true): (f64, f64) = (said.values().map(n_pairs).sum(), truth.values().map(n_pairs).sum());
    let (mut p, mut r, mut n) = (0.0, 0.0, 0.0);
    for ((t, f), k) in both.iter().filter(|((t, _), _)| truth[t] > 1.0) {
        p += k * k / said[f];
        r += k * k / truth[t];
        n += k;
    }
    let b3m = if n > 0.0 { 2.0 * p * r / (p + r) / n } else { 1.0 };
    let joins = truth.values().sum::<f64>() - said.len() as f64;
    let own = own.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!(
        "# {what} {:10} pairs P {:.3} R {:.3}, B³m {b3m:.3}, {joins} joins, own {own:?}",
        set.name,
        right / all_said.max(1.0),
        right / all_true.max(1.0),
    );
}

/// Fitted on standardised features, given back for raw ones.
fn model<'a>(samples: impl Iterator<Item = &'a Sample> + Clone, choice: &Choice) -> Model {
    let (mut means, mut deviations) = ([0.0; N], [1.0; N]);
    let total: f64 = samples.clone().map(|s| s.weight).sum();
    for i in 0..FEATURES.len() {
        means[i] = samples.clone().map(|s| s.x[i] * s.weight).sum::<f64>() / total;
        let variance = samples.clone().map(|s| (s.x[i] - means[i]).powi(2) * s.weight).sum::<f64>() / total;
        deviations[i] = variance.sqrt().max(1e-3);
    }
    let standard: Vec<Sample> = samples
        .map(|s| {
            let mut x = s.x;
            for i in 0..FEATURES.len() {
                x[i] = if choice.used[i] { (x[i] - means[i]) / deviations[i] } else { 0.0 };
            }
            Sample { x, ..*s }
        })
        .collect();
    let weights = fit(&standard, choice.penalty);
    let mut model = Model::shipped().clone();
    let mut bias = weights[FEATURES.len()];
    for i in 0..FEATURES.len() {
        let weight = weights[i] / deviations[i];
        bias -= weight * means[i];
        model.weights[i] = weight as f32;
    }
    model.bias = bias as f32;
    model
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Newton's method on the penalised likelihood; it is concave, so that thirty steps are plenty.
fn fit(samples: &[Sample], penalty: f64) -> [f64; N] {
    let mut weights = [0.0; N];
    for _ in 0..30 {
        let mut gradient = [0.0; N];
        let mut hessian = [[0.0; N]; N];
        for s in samples {
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
            let penalty = if i == FEATURES.len() { 1e-6 } else { penalty };
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
fn solve<const M: usize>(mut a: [[f64; M]; M], mut b: [f64; M]) -> [f64; M] {
    for i in 0..M {
        let pivot = (i..M).max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs())).unwrap_or(i);
        a.swap(i, pivot);
        b.swap(i, pivot);
        for row in i + 1..M {
            let factor = a[row][i] / a[i][i];
            for column in i..M {
                a[row][column] -= factor * a[i][column];
            }
            b[row] -= factor * b[i];
        }
    }
    for i in (0..M).rev() {
        let rest: f64 = (i + 1..M).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - rest) / a[i][i];
    }
    b
}
