//! Fixture pairs: `NAME.EXTENSION` goes in, `NAME.expected` is what must come out. A bug report is one file here.

use std::path::{Path, PathBuf};

/// Compares what `run` makes of each file of a folder with the `.expected` beside it. `UPDATE_EXPECT=1` writes those
/// anew: read the difference before it is committed.
pub fn check(folder: &str, extension: &str, run: impl Fn(&Path) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut inputs: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|found| found == extension));
    inputs.sort();
    assert!(!inputs.is_empty(), "{} has no .{extension}", folder.display());
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for input in inputs {
        let (got, file) = (run(&input), input.with_extension("expected"));
        if update {
            std::fs::write(&file, &got).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if got != expected {
            wrong.push(format!("{}\n--- expected\n{expected}\n--- got\n{got}", input.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
