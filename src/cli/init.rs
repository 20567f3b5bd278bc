//! `courant init`: the commented configuration and the starter subscriptions, where there are none.

use super::failure::Outcome;
use crate::config::subscriptions::{STARTER, write};
use crate::config::{ConfigError, Environment, reference};
use std::path::{Path, PathBuf};

pub fn run(named: Option<&Path>) -> Outcome {
    let folder = Environment::of_process().config_dirs().into_iter().next();
    let file = match (named, folder) {
        (Some(named), _) => named.to_owned(),
        (None, Some(folder)) => folder.join("courant.toml"),
        (None, None) => return Err(ConfigError("no configuration folder is known; name one with --config".into()).into()),
    };
    let feeds: PathBuf = file.parent().unwrap_or(Path::new("")).join("feeds.toml");
    for (file, text) in [(&file, reference::EXAMPLE), (&feeds, STARTER)] {
        if file.exists() {
            say!("{} is there already and stays as it is", file.display());
        } else {
            write(file, text)?;
            say!("wrote {}", file.display());
        }
    }
    Ok(())
}
