//! Rules, at the program's door: what they do, that it is told, and that nothing is left of it when they go.

mod common;
#[path = "common/service.rs"]
mod service;

use common::World;
use serde_json::Value;
use service::{Service, courant, json, run, said, until};
use std::path::Path;

struct Home {
    folder: tempfile::TempDir,
    _world: World,
    base: String,
}

const OUTPUTS: &str = "[[output]]\nname = \"all\"\n[[output]]\nname = \"crabs\"\ntags = [\"crab\"]\n";

impl Home {
    fn new(rules: &str) -> Home {
        let (world, folder) = (World::start(), tempfile::tempdir().unwrap());
        let base = std::fs::read_to_string(world.files(folder.path())).unwrap();
        let home = Home { folder, _world: world, base };
        home.configure(rules);
        let once = run(home.path(), &["once", "--all"]);
        assert!(once.status.success(), "{}", said(&once));
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn configure(&self, rules: &str) {
        std::fs::write(self.path().join("courant.toml"), format!("{}{OUTPUTS}{rules}", self.base)).unwrap();
    }

    /// Titles of an output.
    fn output(&self, name: &str) -> Vec<String> {
        let document = json(self.path(), &["render", name, "--format", "json"]);
        titles(&document["items"])
    }

    fn stories(&self, query: &str) -> Value {
        let output = run(self.path(), &["stories", "--since", "9999d", "--limit", "100", "--format", "json", "--", query]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }
}

fn titles(items: &Value) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

fn has(titles: &[String], word: &str) -> bool {
    titles.iter().any(|title| title.contains(word))
}

const MUTE: &str = "[[rule]]\nname = \"no-quillstone\"\nquery = \"quillstone\"\nmute = true\n";

#[test]
fn what_is_muted_is_in_no_output_and_is_told_everywhere_else() {
    let home = Home::new("");
    let all = home.output("all");
    assert!(has(&all, "Quillstone"));

    home.configure(MUTE);
    run(home.path(), &["once"]);
    let muted = home.stories("is:muted");
    let n_muted = muted.as_array().unwrap().len();
    assert!(n_muted > 0 && muted[0]["muted"][0] == "no-quillstone", "{muted}");
    assert_eq!(home.output("all").len(), all.len() - n_muted);
    assert!(!has(&home.output("all"), "Quillstone"));
    assert_eq!(home.stories("").as_array().unwrap().len(), all.len(), "a person who looks sees everything");
    assert_eq!(home.stories("-is:muted").as_array().unwrap().len(), all.len() - n_muted);
    let why = said(&run(home.path(), &["why", &muted[0]["id"].to_string()]));
    assert!(why.contains("rule no-quillstone (quillstone) mutes, since "), "{why}");
    let table = said(&run(home.path(), &["stories", "--since", "9999d"]));
    assert!(table.contains("MUTED BY") && table.contains("no-quillstone"), "{table}");

    // The rule goes, and all that it did.
    home.configure("");
    run(home.path(), &["once"]);
    assert_eq!(home.output("all"), all);
    assert!(home.stories("is:muted").as_array().unwrap().is_empty());
    let check = run(home.path(), &["db", "check"]);
    assert!(check.status.success(), "{}", said(&check));
}

#[test]
fn rules_tag_rewrite_and_hold_in_their_outputs_alone() {
    let rules = "[[rule]]\nname = \"crab\"\nquery = \"quillstone\"\ntags = [\"crab\"]\n\
        [[rule]]\nname = \"short\"\nquery = \"tag:crab\"\ntitle = { replace = '^Quillstone (\\S+) .*', by = 'Q $1' }\noutputs = [\"crabs\"]\n";
    let home = Home::new(rules);
    let crabs = home.output("crabs");
    assert!(has(&crabs, "Q 3.0"), "a tag of a rule is found by outputs and by later rules: {crabs:?}");
    assert!(has(&home.output("all"), "Quillstone 3.0 compiles"), "only in its output");
    let tagged = home.stories("tag:crab");
    assert_eq!(tagged.as_array().unwrap().len(), crabs.len());
    assert!(tagged[0]["tags"].as_array().unwrap().contains(&"crab".into()), "{tagged}");
    // Another rewrite takes the place of the first.
    home.configure(&rules.replace("Q $1", "R $1"));
    run(home.path(), &["once"]);
    assert!(has(&home.output("crabs"), "R 3.0") && !has(&home.output("crabs"), "Q 3.0"));
}

#[test]
fn what_is_kept_is_not_muted_and_does_not_age() {
    let keep = "[[rule]]\nname = \"keep\"\nquery = \"quillstone\"\nkeep = true\n";
    let home = Home::new(&format!("{MUTE}{keep}"));
    assert!(has(&home.output("all"), "Quillstone"));
    home.configure(&format!("{MUTE}{keep}[store]\nkeep = \"1s\"\nkeep_stories = 0\n"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let pruned = run(home.path(), &["db", "prune"]);
    assert!(pruned.status.success(), "{}", said(&pruned));
    let left = titles(&home.stories(""));
    assert!(!left.is_empty() && left.iter().all(|title| title.contains("Quillstone")), "{left:?}");
}

#[test]
fn a_rules_star_goes_with_the_rule_and_a_persons_word_stays() {
    let star = "[[rule]]\nname = \"crabs\"\nquery = \"the\"\nstar = true\n";
    let home = Home::new(star);
    let ids = |query: &str| -> Vec<String> {
        home.stories(query).as_array().unwrap().iter().map(|story| story["id"].to_string()).collect()
    };
    let all = ids("the");
    assert!(all.len() >= 3 && ids("is:starred") == all && ids("").len() > all.len(), "{all:?}");
    let why = said(&run(home.path(), &["why", &all[0]]));
    assert!(why.contains("rule crabs (the) stars, since "), "{why}");
    // A person takes one away, and means another.
    assert!(run(home.path(), &["story", "unstar", &all[0]]).status.success());
    assert!(run(home.path(), &["story", "star", &all[1]]).status.success());
    home.configure(&star.replace("\"the\"", "\"the -zebrafish\""));
    run(home.path(), &["once"]);
    assert_eq!(ids("is:starred"), all[1..], "what was taken away stays away");
    home.configure("");
    run(home.path(), &["once"]);
    assert_eq!(ids("is:starred"), all[1..2]);
    home.configure(star);
    run(home.path(), &["once"]);
    assert_eq!(ids("is:starred"), all[1..]);

    // The word holds for the story that it is part of, and only as long.
    assert!(run(home.path(), &["story", "merge", &all[2], &all[0]]).status.success());
    run(home.path(), &["once"]);
    assert!(!ids("is:starred").contains(&all[2]));
    assert!(run(home.path(), &["story", "undo"]).status.success());
    run(home.path(), &["once"]);
    assert_eq!(ids("is:starred"), all[1..]);
    // A star by hand beats it, and goes with who brought it.
    assert!(run(home.path(), &["story", "merge", &all[0], &all[1]]).status.success());
    assert!(ids("is:starred").contains(&all[0]));
    assert!(run(home.path(), &["story", "undo"]).status.success());
    run(home.path(), &["once"]);
    assert_eq!(ids("is:starred"), all[1..]);
}

#[test]
fn a_test_changes_nothing_and_says_what_would_be() {
    let home = Home::new("");
    home.configure(&format!("{MUTE}[[rule]]\nname = \"none\"\nquery = \"zebrafish\"\ntags = [\"z\"]\n"));
    let tested = json(home.path(), &["rules", "test", "--json"]);
    assert!(tested[0]["stories"].as_i64().unwrap() > 0 && tested[1]["stories"] == 0, "{tested}");
    assert!(tested[0]["newest"][0]["title"].as_str().unwrap().contains("Quillstone"), "{tested}");
    assert!(has(&home.output("all"), "Quillstone"), "nothing has changed");
    assert_eq!(run(home.path(), &["rules", "test", "nosuch"]).status.code(), Some(4));
    assert_eq!(run(home.path(), &["rules", "list"]).status.code(), Some(4), "none is in force yet");
    run(home.path(), &["once"]);
    let listed = json(home.path(), &["rules", "list", "--json"]);
    assert_eq!((listed[0]["rule"].as_str(), listed[0]["stories"].clone()), (Some("no-quillstone"), tested[0]["stories"].clone()));
}

#[test]
fn a_running_service_takes_rules_at_a_reload() {
    let home = Home::new("");
    let mut service = Service::start(courant(home.path(), &["run"]));
    assert!(service.get("/feeds/all.atom").contains("Quillstone 3.0 compiles"));
    home.configure(MUTE);
    run(home.path(), &["reload"]);
    until("muted", || !service.get("/feeds/all.atom").contains("Quillstone 3.0 compiles"));
    assert!(!service.get("/").contains("Quillstone 3.0 compiles"));
    assert!(service.get("/?q=is:muted").contains("Quillstone"));
    home.configure("");
    run(home.path(), &["reload"]);
    until("there again", || service.get("/feeds/all.atom").contains("Quillstone 3.0 compiles"));
    service.stop();
}

#[test]
fn a_rule_that_is_wrong_is_refused_by_its_name() {
    let home = Home::new("");
    let wrong = |rules: &str| {
        home.configure(rules);
        let check = run(home.path(), &["config", "check"]);
        assert_eq!(check.status.code(), Some(3));
        said(&check)
    };
    assert!(wrong("[[rule]]\nname = \"a\"\nquery = \"x\"\n").contains("rule[0]: \"a\" does nothing"));
    assert!(wrong("[[rule]]\nname = \"a\"\nquery = \"x\"\nstar = true\noutputs = [\"all\"]\n").contains("a star is the story's"));
    assert!(
        wrong("[[rule]]\nname = \"a\"\nquery = \"x\"\nmute = true\noutputs = [\"al\"]\n").contains("no output is named \"al\"")
    );
    assert!(wrong(&format!("{MUTE}{MUTE}")).contains("two rules are named"));
    assert!(wrong("[[rule]]\nname = \"a\"\nquery = \"tagg:x\"\nmute = true\n").contains("courant.toml:"));
    assert!(
        wrong("[[rule]]\nname = \"a\"\nquery = \"x\"\ntitle = { replace = \"(\" }\n").contains("is not a regular expression")
    );
}
