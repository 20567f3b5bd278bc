//! `courant feed edit`: keys of one feed set from the command line, or the list in an editor, taken only if it is right.

use super::failure::{Failure, Outcome};
use super::{list, names, setup};
use crate::config::subscriptions::{self, Edit};
use crate::config::{ConfigError, Loaded};
use crate::text;
use anyhow::Context;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  courant feed edit lobste.rs --set interval=2h --set 'tags=[\"dev\", \"links\"]'
  courant feed edit lobste.rs --unset title
  courant feed edit                    # the whole list, in $VISUAL or $EDITOR")]
pub struct Options {
    /// The feed: its address, its title, or a part of either that no other feed has
    #[arg(value_name = "FEED", requires = "change")]
    feed: Option<String>,
    /// Set a key; the value is a text, or written as in feeds.toml: true, 10, ["a", "b"]
    #[arg(long, value_name = "KEY=VALUE", group = "change", requires = "feed")]
    set: Vec<String>,
    /// Take a key out, so that what it says by default holds again
    #[arg(long, value_name = "KEY", group = "change", requires = "feed")]
    unset: Vec<String>,
}

pub fn run(loaded: &Loaded, options: &Options) -> Outcome {
    match &options.feed {
        Some(feed) => set(loaded, feed, options)?,
        None => in_editor(loaded)?,
    }
    list::tell_owner(&loaded.config)
}

fn set(loaded: &Loaded, wanted: &str, options: &Options) -> Outcome {
    let called = names::find(loaded, wanted)?;
    let mut edits = Vec::new();
    for change in &options.set {
        let (key, value) = change
            .split_once('=')
            .ok_or_else(|| Failure::Usage(format!("--set {change:?} has no value; write it like --set interval=2h")))?;
        edits.push(Edit::Set(&called.url, key.trim(), Some(value.trim())));
    }
    edits.extend(options.unset.iter().map(|key| Edit::Set(&called.url, key.trim(), None)));
    list::change(loaded, &edits)?;
    say!("changed {}", text::redact_url(&called.url));
    Ok(())
}

/// What was edited is a copy: the list is never half-written or wrong.
fn in_editor(loaded: &Loaded) -> Outcome {
    let file = setup::feeds_file(loaded);
    let before = std::fs::read_to_string(&file).map_err(|error| ConfigError::reading(&file, &error))?;
    let copy = file.with_extension("edited.toml");
    // What was wrong the last time can be corrected.
    if !copy.exists() {
        // With the permissions of the list: addresses may hold secrets.
        std::fs::copy(&file, &copy).map_err(|error| ConfigError::reading(&copy, &error))?;
    }
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    // As git calls it: the variable may hold arguments.
    let mut command = std::process::Command::new("/bin/sh");
    command.arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(&copy);
    let ended = command.status().with_context(|| format!("the editor {editor:?} cannot be started"))?;
    if !ended.success() {
        std::fs::remove_file(&copy)?;
        return Err(Failure::Error(anyhow::anyhow!("the editor {editor:?} ended with an error; the list is as it was")));
    }
    let after = std::fs::read_to_string(&copy).map_err(|error| ConfigError::reading(&copy, &error))?;
    if let Err(ConfigError(wrong)) = subscriptions::parse(&copy.display().to_string(), &after) {
        let again = format!("{wrong}\nthe list is as it was; `courant feed edit` opens {} again", copy.display());
        return Err(ConfigError(again).into());
    }
    if after == before {
        say!("nothing is changed");
    } else {
        if std::fs::read_to_string(&file).is_ok_and(|now| now != before) {
            let why = format!("{} was changed meanwhile; what you edited is {}", file.display(), copy.display());
            return Err(Failure::Error(anyhow::anyhow!(why)));
        }
        subscriptions::write(&file, &after)?;
        say!("{} is changed", file.display());
    }
    std::fs::remove_file(&copy)?;
    Ok(())
}
