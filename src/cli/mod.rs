//! The command line: one file a command. Data on stdout, everything else on stderr.

mod article;
mod config;
mod copies;
mod db;
pub mod debug;
mod demo;
mod doctor;
mod failure;
mod feed;
mod find;
mod init;
mod logging;
mod once;
mod output;
mod progress;
mod reload;
mod render;
mod rules;
mod run;
pub mod service;
mod setup;
mod status;
mod stories;
mod story;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::path::PathBuf;
use std::process::ExitCode;

/// Many feeds in, one clean feed out: every story once, in full, with every source that has it.
#[derive(Debug, Parser)]
#[command(name = "courant", version = env!("PROGRAM_VERSION"), max_term_width = 100)]
#[command(after_help = "Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration, 4 nothing found, 5 some feeds failed.")]
struct Arguments {
    /// The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Poll, extract, merge and serve until told to stop
    Run(run::Options),
    /// Let the running service read its configuration and subscriptions again
    Reload,
    /// One pass: poll what is due, settle what can be settled, say what was done
    Once(once::Options),
    /// The whole program on a small built-in world: no network, no configuration
    Demo(demo::Options),
    /// Write the commented configuration and the starter subscriptions
    Init,
    /// Recent stories, newest first, or those that hold the words of QUERY
    Stories(stories::Options),
    /// One story in full; stories split and merged by hand
    #[command(subcommand)]
    Story(story::Command),
    /// Why a story's entries are one story
    Why(story::Id),
    /// Subscriptions
    #[command(subcommand)]
    Feed(feed::Command),
    /// The database in figures, and feeds that need attention
    Status(status::Options),
    /// Check the installation and every feed, and say what to do; changes nothing
    Doctor,
    /// The database as a whole
    #[command(subcommand)]
    Db(db::Command),
    /// What the extractor makes of one page
    Article(article::Options),
    /// The configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Rules: what they would do, and what they do
    #[command(subcommand)]
    Rules(rules::Command),
    /// Print an output as the server would serve it
    Render(render::Options),
    /// Run one stage alone: JSON lines in, JSON lines out
    Debug {
        stage: debug::Stage,
        /// Add to each answer what was decided and why
        #[arg(long)]
        explain: bool,
    },
}

/// Parses the arguments, runs the command and says how it ended.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_deref();
    let outcome = match arguments.command {
        Command::Run(options) => run::run(config, &options),
        Command::Reload => reload::run(config),
        Command::Once(options) => once::run(config, &options),
        Command::Demo(options) => demo::run(&options),
        Command::Init => init::run(config),
        Command::Stories(options) => stories::run(config, &options),
        Command::Story(command) => story::run(config, &command),
        Command::Why(id) => story::why(config, &id),
        Command::Feed(command) => feed::run(config, &command),
        Command::Status(options) => status::run(config, &options),
        Command::Doctor => doctor::run(config),
        Command::Db(command) => db::run(config, &command),
        Command::Article(options) => article::run(config, &options),
        Command::Config(command) => config::run(config, &command),
        Command::Rules(command) => rules::run(config, &command),
        Command::Render(options) => render::run(config, &options),
        Command::Debug { stage, explain } => debug::run(stage, explain).map_err(Failure::from),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
