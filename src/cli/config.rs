//! `courant config …`

use super::failure::Outcome;
use super::setup;
use crate::config::subscriptions;
use std::io::Write;
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say whether the configuration and the subscriptions are right
    Check,
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let Command::Check = command;
    let loaded = setup::config(named)?;
    let mut out = std::io::stdout().lock();
    match &loaded.file {
        Some(file) => writeln!(out, "{}: ok", file.display())?,
        None => writeln!(out, "no configuration file: the built-in defaults")?,
    }
    let feeds = setup::feeds_file(&loaded.config);
    match subscriptions::read(&feeds)? {
        Some(list) => writeln!(out, "{}: ok, {} feeds", feeds.display(), list.len())?,
        None => writeln!(out, "{}: not there yet; the first start writes the starter subscriptions", feeds.display())?,
    }
    writeln!(out, "state folder: {}", loaded.config.state_dir.display())?;
    if let Some(names) = loaded.config.asked_hosts() {
        let names = if names.is_empty() { "no name is in serve.hosts".to_owned() } else { names.join(", ") };
        writeln!(
            out,
            "serve.base_url is not set: readers are told the host that they asked where it is an IP address, localhost or in serve.hosts ({names})"
        )?;
    }
    Ok(())
}
