//! The manual and the completions that packages carry are what the program writes. `UPDATE_EXPECT=1 cargo test --test manual`
//! writes them anew.

use std::path::Path;
use std::process::Command;

fn written(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_courant")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn what_packages_carry_is_what_the_program_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    let manifest = std::fs::read_to_string(folder.join("../Cargo.toml")).unwrap();
    for (file, arguments) in [
        ("man/courant.1", ["man", "courant"]),
        ("man/courant.toml.5", ["man", "courant.toml"]),
        ("man/courant-feeds.5", ["man", "courant-feeds"]),
        ("completions/courant", ["completions", "bash"]),
        ("completions/_courant", ["completions", "zsh"]),
        ("completions/courant.fish", ["completions", "fish"]),
    ] {
        let (path, now) = (folder.join(file), written(&arguments));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(kept == now, "packaging/{file} is another than the program writes; UPDATE_EXPECT=1 writes it anew");
        assert!(manifest.contains(&format!("[\"packaging/{file}\", ")), "the deb carries {file}");
    }
}
