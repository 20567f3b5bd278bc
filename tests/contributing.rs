//! The recipes of CONTRIBUTING.md name files and tests that exist, and few files.

use std::path::Path;

/// In capitals: what a reader chooses.
fn is_placeholder(part: &str) -> bool {
    ["NAME", "FOLDER"].iter().any(|placeholder| part.contains(placeholder))
}

fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Heading and text of each recipe.
fn recipes(text: &str) -> Vec<(&str, &str)> {
    let recipes = text.split("\n## Recipes\n").nth(1).unwrap();
    recipes.split("\n### ").skip(1).map(|recipe| recipe.split_once('\n').unwrap()).collect()
}

fn line<'a>(recipe: &'a str, start: &str) -> &'a str {
    recipe.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("no line {start:?} in {recipe}"))
}

#[test]
fn recipes_name_files_and_tests_that_exist() {
    let text = std::fs::read_to_string("CONTRIBUTING.md").unwrap();
    let recipes = recipes(&text);
    assert_eq!(recipes.len(), 10);
    let mut n_files = 0;
    for (heading, recipe) in recipes {
        for file in quoted(line(recipe, "Files: ")) {
            n_files += 1;
            let exists = if is_placeholder(file) {
                let chosen = file.split('/').position(is_placeholder).unwrap();
                file.split('/').take(chosen).collect::<std::path::PathBuf>().is_dir()
            } else {
                Path::new(file).is_file()
            };
            assert!(exists, "{heading}: {file}");
            let n_named = recipe.matches(file).count();
            assert!(
                n_named > 1 || is_placeholder(file) || file.starts_with("tests/"),
                "{heading}: no step says what to do in {file}"
            );
        }
        let names = quoted(line(recipe, "Test: "));
        let code = std::fs::read_to_string(names[0]).unwrap_or_else(|error| panic!("{heading}: {}: {error}", names[0]));
        for name in &names[1..] {
            assert!(code.contains(&format!("fn {name}(")), "{heading}: {} has no {name}", names[0]);
        }
    }
    assert!(n_files <= 45, "{n_files}");
}

#[test]
fn the_table_of_steps_is_that_of_the_gate() {
    let text = std::fs::read_to_string("CONTRIBUTING.md").unwrap();
    let gate = std::fs::read_to_string(".ci/run").unwrap();
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let known = |start: &str| -> Vec<&str> {
        let line = gate.lines().find_map(|line| line.strip_prefix(start)).unwrap();
        line.trim_end_matches(')').split(' ').collect()
    };
    assert_eq!(told, [known("everywhere=("), vec!["build", "unit", "deb"], known("with_data=(")].concat());
    let workflow = std::fs::read_to_string(".github/workflows/ci.yml").unwrap();
    assert!(workflow.contains(".ci/run"));
    for line in workflow.lines().filter_map(|line| line.trim().strip_prefix("steps: ")) {
        assert!(line.split(' ').all(|step| told.contains(&step)), "{line}");
    }
}
