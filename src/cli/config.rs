//! `courant config …`

use super::failure::Outcome;
use super::setup;
use crate::config::subscriptions;
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say whether the configuration and the subscriptions are right
    Check,
}

pub fn run(named: Option<&Path>, command: &Command) -> Outcome {
    let Command::Check = command;
    let loaded = setup::config(named)?;
    match &loaded.file {
        Some(file) => println!("{}: ok", file.display()),
        None => println!("no configuration file: the built-in defaults"),
    }
    let feeds = setup::feeds_file(&loaded.config);
    match subscriptions::read(&feeds)? {
        Some(list) => println!("{}: ok, {} feeds", feeds.display(), list.len()),
        None => println!("{}: not there yet; the first start writes the starter subscriptions", feeds.display()),
    }
    println!("state folder: {}", loaded.config.state_dir.display());
    Ok(())
}
