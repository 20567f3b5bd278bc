//! The version that `courant --version` says: Cargo's, and the commit where there is one. `PROGRAM_COMMIT` says it where the
//! build sees no repository (a name with COURANT_ would be a key of the configuration); without either the version stands alone.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PROGRAM_COMMIT");
    let version = env!("CARGO_PKG_VERSION");
    let said = std::env::var("PROGRAM_COMMIT").ok().filter(|commit| !commit.is_empty());
    let version = match said.or_else(commit) {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    println!("cargo:rustc-env=PROGRAM_VERSION={version}");
}

/// The commit of our own repository: sources inside another one have none.
fn commit() -> Option<String> {
    let home = env!("CARGO_MANIFEST_DIR");
    if Path::new(&git(&["rev-parse", "--show-toplevel"])?) != Path::new(home) {
        return None;
    }
    // It moves with each commit and each change of branch.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo:rerun-if-changed={}", Path::new(home).join(log).display());
    let date = git(&["log", "-1", "--format=%cs"])?;
    Some(format!("{} {date}", git(&["rev-parse", "--short=12", "HEAD"])?))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !said.is_empty()).then_some(said)
}
